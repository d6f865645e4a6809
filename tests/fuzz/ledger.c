/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzz target: records and transfers of four members, of two EVs outside and of one that comes from the other shard, each signed well, one
 * after the other on one state. So the bytes reach what stands behind the signatures.
 *
 * Each step: u8 what || u8 who || u8 fields to make good (bits) || u16 length || memo; or the end of the epoch. */
#include "targets.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "identity/roster.h"
#include "ledger/passport.h"
#include "ledger/state.h"

#define STEPS_MAX 24
#define EVS 7u
#define HOME 0u
#define OTHER 1u
#define CONTROLLER 65000u

static struct bac_cost cost;

/* The same in every run. */
struct fixed {
  struct bac_state *genesis;
  struct bac_keypair keys[EVS], ca, controller;
  uint8_t certificates[EVS][BAC_CERTIFICATE_BYTES];
  struct bac_buf *passport; /* of EV 6, which has left the neighbour for here */
};

struct world {
  const struct fixed *fixed;
  struct bac_reader in;
  struct bac_state *state;
  int64_t minted; /* brought in by those who came */
};

/* The neighbour's state after an epoch in which EV 6 left it, as a passport without boundaries proves it. */
static struct bac_buf *passport(struct bac_neighbour *n) {
  struct bac_member m[5];
  const uint32_t ids[5] = {6, 20, 21, 22, 23};
  bac_members_derive(1, ids, 5, m);
  struct bac_roster roster = {.count = 5, .members = m, .shard = OTHER, .epoch_blocks = 20};
  bac_ca_derive_key(1, roster.ca_key);
  struct bac_state *state = bac_state_genesis(&roster);
  struct bac_account *a = bac_state_account(state, 6);
  a->membership = BAC_OUTSIDE;
  a->towards = HOME + 1;
  a->moves = 1;
  state->epoch = 1;
  struct bac_roster *next = bac_state_roster(state, OTHER);
  struct bac_buf *bytes = bac_passport_make(next, NULL, 0, state, 6, &cost);
  *n = (struct bac_neighbour){.shard = OTHER, .epoch = 1};
  bac_state_root(n->roots[1], state, &cost);
  bac_roster_hash(n->roster_hash, next, &cost);
  bac_roster_free(next);
  bac_state_free(state);
  return bytes;
}

static const struct fixed *fixed(void) {
  static struct fixed f;
  if (f.genesis) return &f;
  struct bac_neighbour n;
  for (uint32_t ev = 0; ev < EVS; ev++) {
    bac_keypair_derive(&f.keys[ev], 1, ev);
    bac_certificate_derive(1, ev, HOME, 0, BAC_NEVER, f.certificates[ev]);
  }
  bac_ca_derive(&f.ca, 1);
  bac_keypair_derive(&f.controller, 1, CONTROLLER);
  f.passport = passport(&n);
  struct bac_roster roster = *fuzz_members();
  roster.neighbours = &n;
  roster.neighbour_count = 1;
  f.genesis = bac_state_genesis(&roster);
  return &f;
}

/* Puts into the memo what nobody could guess: bit 0 a certificate, 1 the epoch, 2 a signature, 3 a proof of the lottery, 4 a digest. */
static size_t make_good(struct world *w, uint32_t kind, uint32_t who, uint8_t bits, uint8_t memo[BAC_TX_MEMO_MAX], size_t length) {
  const bool joins = kind == BAC_TX_JOIN || kind == BAC_TX_HANDOVER;
  if (joins && bits & 1 && length >= 8 + BAC_CERTIFICATE_BYTES) memcpy(memo + 8, w->fixed->certificates[who], BAC_CERTIFICATE_BYTES);
  if (bits & 2 && length >= 8 && kind != BAC_TX_LEAVE && kind != BAC_TX_RECEIPT && kind != BAC_TX_EVIDENCE)
    bac_put_u64(memo, w->state->epoch + (kind == BAC_TX_CREDENTIAL || kind == BAC_TX_REVOKE));
  if (kind == BAC_TX_LEAVE && bits & 4 && length >= BAC_ORDER_BYTES) {
    struct bac_order order = {.ev = who, .from = memo[0] % 2, .to = memo[1] % 3, .epoch = w->state->epoch};
    uint8_t certificate[BAC_CERTIFICATE_BYTES];
    bac_controller_certificate_derive(1, CONTROLLER, certificate);
    bac_certificate_decode(&order.controller, certificate, sizeof certificate);
    bac_order_sign(&order, &w->fixed->controller, &cost);
    bac_order_encode(&order, memo);
    length = BAC_ORDER_BYTES;
  }
  struct bac_revocation list, issued;
  if (kind == BAC_TX_REVOKE && bits & 4 && bac_revocation_decode(&list, memo, length)) {
    struct bac_certificate c; /* of one alone: somebody there */
    bac_certificate_decode(&c, w->fixed->certificates[list.serials[0] % EVS], BAC_CERTIFICATE_BYTES);
    if (list.count == 1) list.serials[0] = c.serial;
    BAC_ASSERT(bac_revocation_issue(&issued, list.number, list.serials, list.count, &w->fixed->ca, &cost) == BAC_OK);
    length = bac_revocation_encode(&issued, memo);
  }
  if (kind == BAC_TX_CREDENTIAL && bits & 8 && length >= BAC_CREDENTIAL_BYTES) {
    const struct bac_account *a = bac_state_account(w->state, who);
    const struct bac_lottery lottery = bac_state_lottery(w->state);
    uint8_t alpha[BAC_SORTITION_ALPHA_BYTES];
    struct bac_ticket t;
    bac_sortition_alpha(alpha, BAC_ROLE_CP, w->state->next_seed, HOME, w->state->epoch + 1, 0);
    if (a && lottery.total_units > 0 && bac_sortition_prove(&t, &lottery, a->units, w->fixed->keys[who].vrf_secret, alpha, &cost) == BAC_OK && t.lambda > 0) {
      struct bac_credential c = {.epoch = w->state->epoch + 1, .lambda = t.lambda};
      memcpy(c.pi, t.pi, sizeof c.pi);
      bac_credential_write(&c, memo);
      length = BAC_CREDENTIAL_BYTES;
    }
  }
  if (kind == BAC_TX_RECEIPT && bits & 16 && length >= BAC_RECEIPT_BYTES)
    memcpy(memo + 8, w->state->recent[bac_get_u64(memo) % BAC_RECEIPT_WINDOW], BAC_HASH_BYTES);
  return length;
}

/* The state's bytes say all of it, and nothing leaves it in disorder. */
static void look(const struct world *w) {
  uint8_t a[BAC_HASH_BYTES], b[BAC_HASH_BYTES];
  struct bac_buf *bytes = bac_state_encode(w->state);
  struct bac_state *again = bac_state_decode(bytes->data, bytes->length);
  BAC_ASSERT(again);
  bac_state_root(a, w->state, &cost);
  bac_state_root(b, again, &cost);
  BAC_ASSERT(memcmp(a, b, sizeof a) == 0);
  bac_state_free(again);
  bac_buf_unref(bytes);
  int64_t sum = 0;
  for (uint32_t i = 0; i < w->state->count; i++) {
    BAC_ASSERT(w->state->accounts[i].balance_milli >= 0);
    BAC_ASSERT(i == 0 || w->state->accounts[i].id > w->state->accounts[i - 1].id);
    sum += w->state->accounts[i].balance_milli;
  }
  BAC_ASSERT(sum == 4 * (int64_t)BAC_GENESIS_BALANCE + w->minted);
}

/* Off the air: signatures first. */
static void take(struct world *w, const uint8_t *wire, size_t length, uint32_t proposer) {
  struct bac_tx tx;
  BAC_ASSERT(bac_tx_decode(&tx, wire, length, &cost));
  if (!bac_state_authentic(w->state, &tx, NULL, &cost)) return;
  const struct bac_account *before = bac_state_account(w->state, tx.from);
  const int64_t held = before ? before->balance_milli : 0;
  const bool known = before != NULL, accepts = bac_state_accepts(w->state, &tx);
  BAC_ASSERT(!accepts || tx.kind == BAC_TX_RECEIPT || !bac_state_spent(w->state, &tx)); /* of a receipt, asked between blocks */
  BAC_ASSERT(bac_state_apply(w->state, &tx, proposer) == (accepts && bac_state_account(w->state, proposer)));
  if (!accepts || !bac_state_account(w->state, proposer)) return;
  if (tx.kind == BAC_TX_JOIN && !known) w->minted += bac_state_account(w->state, tx.from)->balance_milli;
  if (tx.kind == BAC_TX_HANDOVER) w->minted += bac_state_account(w->state, tx.from)->balance_milli - held;
  BAC_ASSERT(!bac_state_accepts(w->state, &tx)); /* once */
}

static void one(struct world *w, uint32_t kind) {
  const uint32_t who = bac_read_u8(&w->in) % EVS;
  const uint8_t bits = bac_read_u8(&w->in);
  size_t length = bac_read_u16(&w->in) % (BAC_TX_MEMO_MAX + 1);
  uint8_t memo[BAC_TX_MEMO_MAX] = {0}, wire[BAC_TX_BYTES_MAX];
  struct bac_tx tx;
  const size_t there = length < bac_reader_left(&w->in) ? length : bac_reader_left(&w->in);
  const uint8_t *given = bac_read_bytes(&w->in, there);
  if (given && there > 0) memcpy(memo, given, there);
  if (kind == BAC_TX_TRANSFER) {
    const struct bac_submit submit = {.to = memo[0] % EVS, .amount_milli = (int64_t)(bac_get_u64(memo + 1) >> 1), .fee_milli = memo[9], .bytes = 0};
    if (bac_tx_make(&tx, wire, &submit, who, 1 + memo[10] % 80, 1, &w->fixed->keys[who], &cost) == BAC_OK) take(w, wire, tx.wire_length, memo[11] % EVS);
    return;
  }
  length = make_good(w, kind, who, bits, memo, length);
  if (kind == BAC_TX_HANDOVER) {
    struct bac_certificate c;
    if (length < 8 + BAC_CERTIFICATE_BYTES || !bac_certificate_decode(&c, memo + 8, BAC_CERTIFICATE_BYTES)) return;
    const uint8_t *passport = bits & 32 ? w->fixed->passport->data : memo + 8 + BAC_CERTIFICATE_BYTES;
    const size_t size = bits & 32 ? w->fixed->passport->length : length - 8 - BAC_CERTIFICATE_BYTES;
    struct bac_buf *whole = bac_handover_make(&tx, bac_get_u64(memo), &c, passport, size, 1, &w->fixed->keys[who], &cost);
    if (!whole) return;
    take(w, whole->data, whole->length, 0);
    bac_buf_unref(whole);
    return;
  }
  const uint64_t nonce = kind == BAC_TX_JOIN ? BAC_JOIN_NONCE | bac_get_u64(memo) : 1u + bits % 80;
  if (bac_tx_make_record(&tx, wire, (enum bac_tx_kind)kind, memo, length, who, nonce, 1, &w->fixed->keys[who], &cost) == BAC_OK)
    take(w, wire, tx.wire_length, 0);
}

void fuzz_record(const uint8_t *bytes, size_t length) {
  struct world *w = bac_alloc(1, sizeof *w);
  w->fixed = fixed();
  w->in = bac_reader_over(bytes, length);
  w->state = bac_state_copy(w->fixed->genesis);
  uint8_t digest[BAC_HASH_BYTES] = {0};
  for (int i = 0; i < STEPS_MAX && bac_reader_left(&w->in) > 0; i++) {
    const uint32_t what = bac_read_u8(&w->in) % (BAC_TX_KINDS + 2);
    digest[0] = (uint8_t)i;
    if (what < BAC_TX_KINDS)
      one(w, what);
    else if (what == BAC_TX_KINDS && w->state->height + 1 < w->state->last)
      bac_state_begin(w->state, w->state->height + 1, digest);
    else
      bac_state_turn(w->state, digest, w->state->height = w->state->last, 1 + i);
    look(w);
  }
  bac_state_free(w->state);
  free(w);
}
