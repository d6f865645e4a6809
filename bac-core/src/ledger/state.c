/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/state.h"

#include <stdlib.h>

#include "crypto/hash.h"
#include "identity/roster.h"
#include "ledger/merkle.h"
#include "ledger/record.h"

static struct bac_account *open_account(struct bac_state *state, uint32_t id) {
  if (state->count == state->capacity) {
    state->capacity = state->capacity + state->capacity / 2 + 4;
    state->accounts = bac_realloc(state->accounts, state->capacity, sizeof *state->accounts);
  }
  uint32_t at = state->count++;
  for (; at > 0 && state->accounts[at - 1].id > id; at--) state->accounts[at] = state->accounts[at - 1];
  state->accounts[at] = (struct bac_account){.id = id};
  return &state->accounts[at];
}

struct bac_state *bac_state_genesis(const struct bac_roster *roster) {
  struct bac_state *state = bac_alloc(1, sizeof *state);
  state->epoch = roster->epoch;
  state->epoch_blocks = roster->epoch_blocks;
  state->last = roster->epoch_blocks > 0 ? roster->epoch_blocks : UINT64_MAX;
  memcpy(state->ca_key, roster->ca_key, sizeof state->ca_key);
  memcpy(state->seed, roster->seed, sizeof state->seed);
  memcpy(state->next_seed, roster->seed, sizeof state->next_seed);
  state->capacity = roster->count;
  state->accounts = bac_alloc(state->capacity, sizeof *state->accounts);
  for (uint32_t i = 0; i < roster->count; i++) {
    const struct bac_member *m = &roster->members[i];
    struct bac_account *a = open_account(state, m->id);
    a->membership = BAC_MEMBER;
    a->balance_milli = m->balance_milli;
    a->turn = roster->epoch;
    a->serial = m->serial;
    a->certificate_ends = BAC_NEVER;
    memcpy(a->sign_key, m->sign_key, sizeof a->sign_key);
    memcpy(a->vrf_key, m->vrf_key, sizeof a->vrf_key);
    bac_reputation_init(&a->reputation, 0, true);
  }
  return state;
}

struct bac_state *bac_state_copy(const struct bac_state *state) {
  struct bac_state *copy = bac_alloc(1, sizeof *copy);
  *copy = *state;
  copy->capacity = state->count;
  copy->accounts = bac_alloc(copy->capacity, sizeof *copy->accounts);
  memcpy(copy->accounts, state->accounts, state->count * sizeof *copy->accounts);
  return copy;
}

void bac_state_free(struct bac_state *state) {
  if (!state) return;
  free(state->accounts);
  free(state);
}

struct bac_account *bac_state_account(const struct bac_state *state, uint32_t id) {
  uint32_t low = 0, high = state->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (state->accounts[middle].id < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low < state->count && state->accounts[low].id == id ? &state->accounts[low] : NULL;
}

/* ---- Transactions. ---- */

static bool nonce_free(const struct bac_account *a, uint64_t nonce) {
  if (nonce == 0 || nonce > a->nonce_top + BAC_NONCE_WINDOW) return false;
  if (nonce > a->nonce_top) return true;
  uint64_t back = a->nonce_top - nonce;
  return back < BAC_NONCE_WINDOW && !(a->nonce_used >> back & 1);
}

static void nonce_use(struct bac_account *a, uint64_t nonce) {
  if (nonce > a->nonce_top) {
    uint64_t shift = nonce - a->nonce_top;
    a->nonce_used = shift < 64 ? a->nonce_used << shift : 0;
    a->nonce_top = nonce;
  }
  a->nonce_used |= (uint64_t)1 << (a->nonce_top - nonce);
}

bool bac_state_authentic(const struct bac_state *state, const struct bac_tx *tx, struct bac_shared *shared, struct bac_cost *cost) {
  if (tx->kind == BAC_TX_JOIN) {
    struct bac_join join;
    return bac_join_read(&join, tx) && bac_certificate_verify(&join.certificate, state->ca_key, shared, cost) == BAC_REJECT_COUNT &&
           bac_tx_verify(tx, join.certificate.sign_key, shared, cost);
  }
  const struct bac_account *from = bac_state_account(state, tx->from);
  return from && bac_tx_verify(tx, from->sign_key, shared, cost);
}

static bool may_join(const struct bac_state *state, const struct bac_join *join) {
  const struct bac_account *a = bac_state_account(state, join->certificate.ev_id);
  if (state->epoch_blocks == 0 || join->epoch != state->epoch) return false;
  return !a || (a->membership == BAC_OUTSIDE && !a->revoked && join->epoch >= a->turn);
}

bool bac_state_accepts(const struct bac_state *state, const struct bac_tx *tx) {
  if (tx->kind == BAC_TX_JOIN) {
    struct bac_join join;
    return bac_join_read(&join, tx) && may_join(state, &join);
  }
  const struct bac_account *from = bac_state_account(state, tx->from);
  if (!from || !nonce_free(from, tx->nonce) || tx->amount_milli + tx->fee_milli > from->balance_milli) return false;
  if (tx->kind == BAC_TX_LEAVE) return from->membership == BAC_MEMBER || from->membership == BAC_JOINING;
  return tx->kind == BAC_TX_TRANSFER && bac_state_account(state, tx->to);
}

static void join_apply(struct bac_state *state, const struct bac_tx *tx, uint32_t proposer) {
  struct bac_join join;
  BAC_ASSERT(bac_join_read(&join, tx)); /* it was accepted */
  struct bac_account *a = bac_state_account(state, join.certificate.ev_id);
  (void)proposer; /* a newcomer pays nothing: it has nothing yet */
  if (!a) { /* one that comes back keeps its balance, its nonces and its reputation */
    a = open_account(state, join.certificate.ev_id);
    a->balance_milli = join.certificate.balance_milli;
    bac_reputation_init(&a->reputation, state->last - state->epoch_blocks, false);
  }
  a->membership = BAC_JOINING;
  a->turn = state->epoch + 1;
  a->serial = join.certificate.serial;
  a->certificate_ends = join.certificate.not_after;
  memcpy(a->sign_key, join.certificate.sign_key, sizeof a->sign_key);
  memcpy(a->vrf_key, join.certificate.vrf_key, sizeof a->vrf_key);
}

bool bac_state_apply(struct bac_state *state, const struct bac_tx *tx, uint32_t proposer) {
  struct bac_account *earner = bac_state_account(state, proposer);
  if (!earner || !bac_state_accepts(state, tx)) return false;
  if (tx->kind == BAC_TX_JOIN) {
    join_apply(state, tx, proposer);
    return true;
  }
  struct bac_account *from = bac_state_account(state, tx->from), *to = bac_state_account(state, tx->to);
  from->balance_milli -= tx->amount_milli + tx->fee_milli;
  to->balance_milli += tx->amount_milli;
  earner->balance_milli += tx->fee_milli;
  nonce_use(from, tx->nonce);
  if (tx->kind == BAC_TX_LEAVE) {
    if (from->membership == BAC_JOINING) from->turn = state->epoch + 1;
    from->membership = from->membership == BAC_JOINING ? BAC_OUTSIDE : BAC_LEAVING;
  }
  return true;
}

bool bac_state_spent(const struct bac_state *state, const struct bac_tx *tx) {
  if (tx->kind == BAC_TX_JOIN) {
    struct bac_join join;
    return !bac_join_read(&join, tx) || (join.epoch <= state->epoch && !may_join(state, &join));
  }
  const struct bac_account *from = bac_state_account(state, tx->from);
  return !from || (tx->nonce <= from->nonce_top && !nonce_free(from, tx->nonce));
}

bool bac_state_used(const struct bac_state *state, const struct bac_tx *tx) {
  const struct bac_account *from = bac_state_account(state, tx->from);
  return from && tx->kind != BAC_TX_JOIN && tx->nonce <= from->nonce_top && from->nonce_top - tx->nonce < BAC_NONCE_WINDOW &&
         !nonce_free(from, tx->nonce);
}

/* ---- Epochs. ---- */

static bool stays(const struct bac_account *a, bac_time time) {
  return (a->membership == BAC_MEMBER || a->membership == BAC_JOINING) && !a->revoked && a->certificate_ends > time;
}

void bac_state_turn(struct bac_state *state, const uint8_t seed[BAC_HASH_BYTES], uint64_t height, bac_time time) {
  uint32_t staying = 0;
  for (uint32_t i = 0; i < state->count; i++) staying += stays(&state->accounts[i], time);
  for (uint32_t i = 0, members = 0; i < state->count; i++) {
    struct bac_account *a = &state->accounts[i];
    if (a->membership == BAC_OUTSIDE) continue;
    const bool in = (stays(a, time) || (staying < BAC_ROSTER_MIN && a->membership != BAC_JOINING)) && members < BAC_ROSTER_MAX;
    members += in;
    if (!in) {
      a->membership = BAC_OUTSIDE;
      a->turn = state->epoch + 1;
    } else if (a->membership == BAC_JOINING) {
      a->membership = BAC_MEMBER;
    }
  }
  state->epoch++;
  state->last = height + state->epoch_blocks;
  memcpy(state->seed, state->next_seed, sizeof state->seed);
  memcpy(state->next_seed, seed, sizeof state->next_seed);
}

struct bac_roster *bac_state_roster(const struct bac_state *state, uint32_t shard) {
  struct bac_roster *roster = bac_alloc(1, sizeof *roster);
  struct bac_member *members = bac_alloc(state->count, sizeof *members);
  *roster = (struct bac_roster){.shard = shard, .epoch = state->epoch, .members = members, .epoch_blocks = state->epoch_blocks};
  memcpy(roster->ca_key, state->ca_key, sizeof roster->ca_key);
  memcpy(roster->seed, state->seed, sizeof roster->seed);
  const uint64_t height = state->last - state->epoch_blocks;
  for (uint32_t i = 0; i < state->count; i++) {
    const struct bac_account *a = &state->accounts[i];
    if (a->membership != BAC_MEMBER && a->membership != BAC_LEAVING) continue;
    struct bac_member *m = &members[roster->count++];
    *m = (struct bac_member){.id = a->id, .balance_milli = a->balance_milli};
    memcpy(m->sign_key, a->sign_key, sizeof m->sign_key);
    memcpy(m->vrf_key, a->vrf_key, sizeof m->vrf_key);
    if (bac_reputation_eligible(&a->reputation, state->epoch)) m->units = bac_reputation_units(&a->reputation, height, BAC_REPUTATION_RHO);
  }
  return roster;
}

/* ---- Encoding. ---- */

#define FIXED_BYTES (2 * 8 + 4 + 3 * 32 + 4)

static void write_fixed(struct bac_writer *w, const struct bac_state *s) {
  bac_write_u64(w, s->epoch);
  bac_write_u64(w, s->last);
  bac_write_u32(w, s->epoch_blocks);
  bac_write_bytes(w, s->ca_key, sizeof s->ca_key);
  bac_write_bytes(w, s->seed, sizeof s->seed);
  bac_write_bytes(w, s->next_seed, sizeof s->next_seed);
  bac_write_u32(w, s->count);
}

static void write_account(struct bac_writer *w, const struct bac_account *a) {
  uint8_t reputation[BAC_REPUTATION_BYTES];
  bac_reputation_encode(&a->reputation, a->reputation.decayed_at, reputation);
  bac_write_u32(w, a->id);
  bac_write_u8(w, (uint8_t)a->membership);
  bac_write_u8(w, a->revoked);
  bac_write_u64(w, (uint64_t)a->balance_milli);
  bac_write_u64(w, a->nonce_top);
  bac_write_u64(w, a->nonce_used);
  bac_write_u64(w, a->turn);
  bac_write_bytes(w, a->sign_key, sizeof a->sign_key);
  bac_write_bytes(w, a->vrf_key, sizeof a->vrf_key);
  bac_write_u64(w, a->serial);
  bac_write_u64(w, (uint64_t)a->certificate_ends);
  bac_write_bytes(w, reputation, sizeof reputation);
}

void bac_state_root(uint8_t root[BAC_HASH_BYTES], const struct bac_state *state, struct bac_cost *cost) {
  uint8_t fixed[FIXED_BYTES], account[BAC_ACCOUNT_BYTES];
  uint8_t *leaves = bac_alloc(state->count + 1, BAC_HASH_BYTES);
  struct bac_writer w = bac_writer_over(fixed, sizeof fixed);
  write_fixed(&w, state);
  bac_hash(leaves, BAC_DOMAIN_LEAF, fixed, w.length);
  for (uint32_t i = 0; i < state->count; i++) {
    w = bac_writer_over(account, sizeof account);
    write_account(&w, &state->accounts[i]);
    bac_hash(leaves + (size_t)(i + 1) * BAC_HASH_BYTES, BAC_DOMAIN_LEAF, account, w.length);
  }
  bac_merkle_root(root, leaves, state->count + 1);
  cost->hashed_bytes += sizeof fixed + (uint64_t)state->count * (sizeof account + 2 * BAC_HASH_BYTES);
  free(leaves);
}

struct bac_buf *bac_state_encode(const struct bac_state *state) {
  struct bac_buf *bytes = bac_buf_new(NULL, FIXED_BYTES + (size_t)state->count * BAC_ACCOUNT_BYTES);
  struct bac_writer w = bac_writer_over(bytes->data, bytes->length);
  write_fixed(&w, state);
  for (uint32_t i = 0; i < state->count; i++) write_account(&w, &state->accounts[i]);
  BAC_ASSERT(w.ok && w.length == bytes->length);
  return bytes;
}

static bool read_account(struct bac_reader *r, struct bac_account *a) {
  *a = (struct bac_account){.id = bac_read_u32(r)};
  const uint32_t membership = bac_read_u8(r), revoked = bac_read_u8(r);
  a->membership = (enum bac_membership)membership;
  a->revoked = revoked == 1;
  a->balance_milli = (int64_t)bac_read_u64(r);
  a->nonce_top = bac_read_u64(r);
  a->nonce_used = bac_read_u64(r);
  a->turn = bac_read_u64(r);
  const uint8_t *sign_key = bac_read_bytes(r, BAC_PUBLIC_KEY_BYTES), *vrf_key = bac_read_bytes(r, BAC_PUBLIC_KEY_BYTES);
  a->serial = bac_read_u64(r);
  a->certificate_ends = (bac_time)bac_read_u64(r);
  const uint8_t *reputation = bac_read_bytes(r, BAC_REPUTATION_BYTES);
  if (!reputation || membership > BAC_LEAVING || revoked > 1 || !bac_reputation_decode(&a->reputation, reputation, BAC_REPUTATION_BYTES))
    return false;
  memcpy(a->sign_key, sign_key, sizeof a->sign_key);
  memcpy(a->vrf_key, vrf_key, sizeof a->vrf_key);
  return true;
}

struct bac_state *bac_state_decode(const uint8_t *bytes, size_t length) {
  struct bac_reader r = bac_reader_over(bytes, length);
  struct bac_state *s = bac_alloc(1, sizeof *s);
  s->epoch = bac_read_u64(&r);
  s->last = bac_read_u64(&r);
  s->epoch_blocks = bac_read_u32(&r);
  const uint8_t *fixed = bac_read_bytes(&r, 3 * 32);
  s->count = s->capacity = bac_read_u32(&r);
  bool good = fixed && r.ok && bac_reader_left(&r) == (size_t)s->count * BAC_ACCOUNT_BYTES && s->last >= s->epoch_blocks;
  if (good) {
    memcpy(s->ca_key, fixed, 32);
    memcpy(s->seed, fixed + 32, 32);
    memcpy(s->next_seed, fixed + 64, 32);
    s->accounts = bac_alloc(s->count, sizeof *s->accounts);
  }
  for (uint32_t i = 0; good && i < s->count; i++)
    good = read_account(&r, &s->accounts[i]) && (i == 0 || s->accounts[i].id > s->accounts[i - 1].id);
  if (good) return s;
  bac_state_free(s);
  return NULL;
}

int64_t bac_state_supply(const struct bac_state *state) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < state->count; i++) sum += state->accounts[i].balance_milli;
  return sum;
}
