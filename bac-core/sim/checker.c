/* SPDX-License-Identifier: GPL-2.0-only */
#include "checker.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/quorum.h"
#include "consensus/qc.h"
#include "crypto/hash.h"
#include "election/committee.h"
#include "election/elect.h"
#include "election/sortition.h"
#include "identity/roster.h"
#include "ledger/block.h"
#include "node/epoch.h"
#include "recount.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

/* A block that an honest node has committed. */
struct seen_block {
  uint8_t digest[BAC_HASH_BYTES];
  struct bac_header header;
  struct seen_block *parent; /* NULL: genesis */
  struct bac_state *state;   /* after it; NULL: it does not execute */
  struct bac_recount_note *notes; /* its records that bear on rosters */
  uint32_t note_count;
  uint32_t first;            /* node that committed it first */
  uint8_t certificate[BAC_HASH_BYTES]; /* hash of the last one that held */
  UT_hash_handle hh;
};

struct slot {
  uint64_t epoch, height, recovery;
};

/* The one block of a slot, by the first that was committed there. */
struct seen_slot {
  struct slot at;
  struct seen_block *block;
  UT_hash_handle hh;
};

struct seen_tx {
  uint8_t id[BAC_HASH_BYTES];
  bool submitted;           /* its owner said so */
  struct seen_block *block; /* last one that holds it */
  UT_hash_handle hh;
};

struct seen_epoch {
  uint64_t epoch, base;
  uint8_t digest[BAC_HASH_BYTES];
  struct bac_buf *encoded;
  struct bac_roster *roster;
  uint32_t first; /* node that was in it first */
  bool unfounded; /* no honest node has committed the block that it stands on */
  UT_hash_handle hh;
};

struct watched {
  bool honest;
  uint64_t height;
  struct seen_block *last;
};

struct bac_checker {
  const struct bac_config *config;
  struct watched *nodes;
  uint32_t count;
  struct seen_block *blocks;
  struct seen_slot *slots;
  struct seen_tx *txs;
  struct seen_epoch *epochs;
  uint8_t genesis[BAC_HASH_BYTES];
  int64_t supply_each;
  bool certificates;
  enum bac_check verdict;
  char text[320];
  uint8_t digest[BAC_HASH_BYTES];
  uint64_t height_max;
};

const char *bac_check_name(enum bac_check check) {
  static const char *const names[BAC_CHECKS] = {"none",    "agreement", "order",       "submitted",  "twice",  "execution", "balance",
                                                "supply",  "certificate", "rule", "promise", "conviction", "election", "roster", "memory", "progress", "crash"};
  return (unsigned)check < BAC_CHECKS ? names[check] : "?";
}

static void violation(struct bac_checker *c, bac_time now, enum bac_check check, const char *format, ...) __attribute__((format(printf, 4, 5)));

static void violation(struct bac_checker *c, bac_time now, enum bac_check check, const char *format, ...) {
  if (c->verdict != BAC_CHECK_NONE) return;
  c->verdict = check;
  const int at = snprintf(c->text, sizeof c->text, "%.3f s: ", (double)now * 1e-9);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(c->text + at, sizeof c->text - (size_t)at, format, arguments);
  va_end(arguments);
}

void bac_checker_violation(struct bac_checker *c, bac_time now, enum bac_check check, const char *text) { violation(c, now, check, "%s", text); }

struct bac_checker *bac_checker_new(const struct bac_config *config, const struct bac_roster *genesis, const bool *honest, uint32_t count) {
  struct bac_checker *c = bac_alloc(1, sizeof *c);
  struct bac_roster roster = *genesis;
  if (roster.epoch_blocks > 0 && roster.candidates_permille == 0) roster.candidates_permille = config->candidates_permille;
  c->config = config;
  c->count = count;
  c->nodes = bac_alloc(count, sizeof *c->nodes);
  for (uint32_t i = 0; i < count; i++) c->nodes[i].honest = honest[i];
  c->supply_each = genesis->members[0].balance_milli;
  c->certificates = config->mode == BAC_MODE_SAFE && strcmp(config->protocol, "leader") != 0;
  struct seen_block *b = bac_alloc(1, sizeof *b);
  struct bac_block *block = bac_block_genesis(&roster);
  b->header = block->header;
  memcpy(b->digest, block->digest, BAC_HASH_BYTES);
  memcpy(c->genesis, block->digest, BAC_HASH_BYTES);
  b->state = bac_state_genesis(&roster);
  bac_block_free(block);
  HASH_ADD(hh, c->blocks, digest, BAC_HASH_BYTES, b);
  return c;
}

void bac_checker_free(struct bac_checker *c) {
  if (!c) return;
  struct seen_block *b, *next_block;
  struct seen_slot *s, *next_slot;
  struct seen_tx *t, *next_tx;
  struct seen_epoch *e, *next_epoch;
  HASH_ITER(hh, c->slots, s, next_slot) {
    HASH_DEL(c->slots, s);
    free(s);
  }
  HASH_ITER(hh, c->txs, t, next_tx) {
    HASH_DEL(c->txs, t);
    free(t);
  }
  HASH_ITER(hh, c->epochs, e, next_epoch) {
    HASH_DEL(c->epochs, e);
    bac_buf_unref(e->encoded);
    bac_roster_free(e->roster);
    free(e);
  }
  HASH_ITER(hh, c->blocks, b, next_block) {
    HASH_DEL(c->blocks, b);
    bac_state_free(b->state);
    free(b->notes);
    free(b);
  }
  free(c->nodes);
  free(c);
}

/* ---- A block. ---- */

static struct seen_tx *tx_at(struct bac_checker *c, const uint8_t id[BAC_HASH_BYTES]) {
  struct seen_tx *t;
  HASH_FIND(hh, c->txs, id, BAC_HASH_BYTES, t);
  if (t) return t;
  t = bac_alloc(1, sizeof *t);
  memcpy(t->id, id, BAC_HASH_BYTES);
  HASH_ADD(hh, c->txs, id, BAC_HASH_BYTES, t);
  return t;
}

/* Whether the lottery gave a member what its credential claims, by the state before the block. */
static void check_credential(struct bac_checker *c, bac_time now, const struct seen_block *b, const struct bac_tx *tx) {
  const struct bac_state *state = b->parent->state;
  const struct bac_account *a = bac_state_account(state, tx->from);
  const struct bac_lottery lottery = bac_state_lottery(state);
  struct bac_credential credential;
  struct bac_ticket ticket = {0};
  struct bac_cost cost = {0};
  uint8_t alpha[BAC_SORTITION_ALPHA_BYTES];
  bool good = a && lottery.total_units > 0 && bac_credential_read(&credential, tx);
  if (good) {
    ticket.lambda = credential.lambda;
    memcpy(ticket.pi, credential.pi, sizeof ticket.pi);
    bac_sortition_alpha(alpha, BAC_ROLE_CP, state->next_seed, state->shard, credential.epoch, 0);
    good = bac_vrf_proof_to_hash(ticket.beta, ticket.pi) == 0 && bac_sortition_verify(&ticket, &lottery, a->units, a->vrf_key, alpha, NULL, &cost) == 0;
  }
  if (!good) violation(c, now, BAC_CHECK_ELECTION, "block %" PRIu64 " holds a credential of node %u that its lottery does not bear out", b->header.height, tx->from);
}

static bool descends(const struct seen_block *from, const struct seen_block *ancestor) {
  while (from && from->header.height > ancestor->header.height) from = from->parent;
  return from == ancestor;
}

static void check_transactions(struct bac_checker *c, bac_time now, struct seen_block *b, const struct bac_block *block) {
  for (uint32_t i = 0; i < block->header.tx_count; i++) {
    const struct bac_tx *tx = &block->txs[i];
    struct seen_tx *t = tx_at(c, tx->id);
    if (t->block && descends(b, t->block))
      violation(c, now, BAC_CHECK_TWICE, "a transaction of node %u stands in blocks %" PRIu64 " and %" PRIu64 " of one chain", tx->from,
                t->block->header.height, b->header.height);
    t->block = b;
    const bool honest = tx->from < c->count && c->nodes[tx->from].honest;
    if (honest && tx->kind == BAC_TX_TRANSFER && !t->submitted)
      violation(c, now, BAC_CHECK_SUBMITTED, "block %" PRIu64 " holds a transfer that node %u never submitted", b->header.height, tx->from);
    if (tx->kind == BAC_TX_CREDENTIAL) check_credential(c, now, b, tx);
  }
}

void bac_checker_state(struct bac_checker *c, bac_time now, uint64_t height, const struct bac_state *state) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < state->count; i++) {
    const struct bac_account *a = &state->accounts[i];
    sum += a->balance_milli;
    if (a->balance_milli < 0)
      violation(c, now, BAC_CHECK_BALANCE, "node %u has %" PRId64 " after block %" PRIu64, a->id, a->balance_milli, height);
    if (a->convicted_epoch != 0 && a->id < c->count && c->nodes[a->id].honest)
      violation(c, now, BAC_CHECK_CONVICTION, "honest node %u is convicted in block %" PRIu64, a->id, height);
  }
  if (sum != c->supply_each * state->count)
    violation(c, now, BAC_CHECK_SUPPLY, "%" PRId64 " in %u accounts after block %" PRIu64 ", each came with %" PRId64, sum, state->count,
              height, c->supply_each);
}

/* Whether a member signed some vote for the block: what its type and role are is the engine's business. */
bool bac_checker_signed(const struct bac_qc *qc, const struct bac_member *m, const uint8_t *signature) {
  const struct {
    uint32_t type, role;
  } kinds[] = {{qc->type, BAC_ROLE_CS}, {qc->type, BAC_ROLE_CP}, {BAC_MSG_CP_VALIDATE, BAC_ROLE_CP}, {BAC_MSG_BLOCK_REQUEST, BAC_ROLE_PRIMARY}};
  struct bac_cost cost = {0};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    for (uint32_t step = 0; step < 2; step++) {
      struct bac_msg msg = {.protocol = qc->protocol, .type = kinds[k].type, .role = kinds[k].role, .shard = qc->shard, .epoch = qc->epoch, .view = qc->view, .height = qc->height, .step = 1 - step, .sender = m->id};
      uint8_t digest[BAC_HASH_BYTES];
      memcpy(msg.digest, qc->digest, BAC_HASH_BYTES);
      bac_msg_signing_digest(digest, &msg);
      if (bac_verify(NULL, signature, digest, m->sign_key, &cost)) return true;
    }
  return false;
}

/* Members whose signatures decide, and how many of them: BAC 2.0's committee, which the first epoch takes from the genesis block. */
static uint32_t deciders(const struct bac_checker *c, const struct bac_roster *roster, struct bac_bitset *who) {
  uint32_t committee = 0;
  bac_bitset_clear(who);
  for (uint32_t i = 0; i < roster->count; i++) {
    committee += roster->members[i].place > 0;
    if (roster->members[i].place > 0) bac_bitset_add(who, i);
  }
  if (strcmp(c->config->protocol, "bac2") != 0) {
    for (uint32_t i = 0; i < roster->count; i++) bac_bitset_add(who, i);
    return bac_quorum(roster->count);
  }
  if (committee > 0) return bac_quorum(committee);
  committee = bac_committee_size(roster->count, c->config->candidates_permille);
  bac_committee_fallback(roster, c->genesis, committee, who);
  return bac_quorum(committee);
}

static void check_certificate(struct bac_checker *c, bac_time now, const struct bac_roster *roster, const struct bac_header *header,
                              const uint8_t block[BAC_HASH_BYTES], const uint8_t *bytes, size_t length, const struct bac_bitset *who, uint32_t needed) {
  struct bac_qc qc;
  uint32_t good = 0;
  if (!bac_qc_decode(&qc, bytes, length)) {
    violation(c, now, BAC_CHECK_CERTIFICATE, "the certificate of block %" PRIu64 " does not decode", header->height);
    return;
  }
  const uint8_t *signature = qc.signatures->data;
  for (uint32_t i = 0; i < BAC_ROSTER_MAX; i++) {
    if (!bac_bitset_has(&qc.signers, i)) continue;
    good += i < roster->count && bac_bitset_has(who, i) && bac_checker_signed(&qc, &roster->members[i], signature);
    signature += BAC_SIGNATURE_BYTES;
  }
  if (good < needed || qc.epoch != header->epoch || memcmp(qc.digest, block, BAC_HASH_BYTES) != 0)
    violation(c, now, BAC_CHECK_CERTIFICATE, "the certificate of block %" PRIu64 " has %u good signatures of %u%s", header->height, good, needed,
              memcmp(qc.digest, block, BAC_HASH_BYTES) != 0 ? ", and names another block" : "");
  bac_qc_clear(&qc);
}

/* Each member's own: one of them may have taken what the others have not. */
static void check_block_certificate(struct bac_checker *c, bac_time now, struct seen_block *b, const uint8_t *bytes, size_t length) {
  struct bac_bitset who;
  uint8_t hash[BAC_HASH_BYTES];
  if (!c->certificates || length == 0 || !b->parent || !b->parent->state) return;
  bac_hash(hash, BAC_DOMAIN_PAYLOAD, bytes, length);
  if (memcmp(hash, b->certificate, sizeof hash) == 0) return;
  memcpy(b->certificate, hash, sizeof hash);
  struct bac_roster *roster = bac_state_roster(b->parent->state, b->header.shard);
  const uint32_t needed = deciders(c, roster, &who);
  check_certificate(c, now, roster, &b->header, b->digest, bytes, length, &who, needed);
  bac_roster_free(roster);
}

static struct seen_epoch *epoch_at(struct bac_checker *c, uint64_t epoch) {
  struct seen_epoch *e;
  HASH_FIND(hh, c->epochs, &epoch, sizeof epoch, e);
  return e;
}

static bool was_elected(const struct bac_electorate *electorate, const struct bac_block *block) {
  struct bac_reader r = bac_reader_over(block->certificate, block->certificate_length);
  const uint32_t proposer = bac_roster_index(electorate->roster, block->header.proposer);
  struct bac_claim claim;
  struct bac_cost cost = {0};
  if (bac_read_u8(&r) == 0) return r.ok && proposer == bac_electorate_fallback(electorate, block->header.round);
  const uint8_t *bytes = bac_read_bytes(&r, BAC_CLAIM_BYTES);
  return bytes && proposer != BAC_INDEX_NONE && bac_claim_check(electorate, block->header.round, proposer, bytes, &claim, NULL, &cost) == BAC_OK;
}

/* BAC: the proof in each block that its primary was elected, or is the CP whose turn it is. */
static void check_primary(struct bac_checker *c, bac_time now, const struct bac_block *block) {
  if (strcmp(c->config->protocol, "bac") != 0 || !c->certificates || c->config->election != BAC_ELECTION_SORTITION || block->header.round == BAC_ROUND_RECOVERY) return;
  const struct seen_epoch *e = epoch_at(c, block->header.epoch);
  const uint8_t *digest = block->header.epoch == 0 ? c->genesis : e ? e->digest : NULL;
  struct seen_block *base = NULL;
  if (digest) HASH_FIND(hh, c->blocks, digest, BAC_HASH_BYTES, base);
  if (!base || !base->state) return; /* reported where the epoch began */
  struct bac_roster *roster = bac_state_roster(base->state, block->header.shard);
  struct bac_electorate electorate = {0};
  bac_electorate_init(&electorate, roster, c->config->election, c->config->candidates_permille, digest);
  if (!was_elected(&electorate, block))
    violation(c, now, BAC_CHECK_ELECTION, "node %u was not elected to lead round %" PRIu64 " of epoch %" PRIu64 ", and did", block->header.proposer, block->header.round,
              block->header.epoch);
  bac_electorate_clear(&electorate);
  bac_roster_free(roster);
}

static void found_epoch(struct bac_checker *c, bac_time now, const struct seen_block *b);

static struct seen_block *add_block(struct bac_checker *c, bac_time now, uint32_t node, const struct bac_block *block) {
  struct seen_block *b = bac_alloc(1, sizeof *b);
  struct bac_cost cost = {0};
  b->header = block->header;
  b->first = node;
  memcpy(b->digest, block->digest, BAC_HASH_BYTES);
  HASH_ADD(hh, c->blocks, digest, BAC_HASH_BYTES, b);
  HASH_FIND(hh, c->blocks, block->header.prev_hash, BAC_HASH_BYTES, b->parent);
  if (!b->parent || b->parent->header.height + 1 != b->header.height || !b->parent->state) {
    violation(c, now, BAC_CHECK_ORDER, "node %u commits block %" PRIu64 " on one that no honest node has committed", node, b->header.height);
    return b;
  }
  check_transactions(c, now, b, block);
  check_primary(c, now, block);
  b->state = bac_state_copy(b->parent->state);
  const enum bac_reject reason = bac_block_execute(block, b->state, NULL, NULL, &cost);
  if (reason != BAC_REJECT_COUNT) {
    violation(c, now, BAC_CHECK_EXECUTION, "block %" PRIu64 ", committed by node %u, does not execute (%s)", b->header.height, node,
              bac_reject_name(reason));
    bac_state_free(b->state);
    b->state = NULL;
    return b;
  }
  uint8_t root[BAC_HASH_BYTES];
  bac_state_root(root, b->state, &cost);
  if (memcmp(root, b->header.state_root, sizeof root) != 0)
    violation(c, now, BAC_CHECK_EXECUTION, "block %" PRIu64 ", committed by node %u, names another state than it leads to", b->header.height, node);
  b->notes = bac_recount_notes(block, &b->note_count);
  found_epoch(c, now, b);
  bac_checker_state(c, now, b->header.height, b->state);
  return b;
}

static void check_slot(struct bac_checker *c, bac_time now, uint32_t node, struct seen_block *b) {
  const struct slot at = {.epoch = b->header.epoch, .height = b->header.height, .recovery = b->header.round == BAC_ROUND_RECOVERY};
  struct seen_slot *s;
  HASH_FIND(hh, c->slots, &at, sizeof at, s);
  if (!s) {
    s = bac_alloc(1, sizeof *s);
    s->at = at;
    s->block = b;
    HASH_ADD(hh, c->slots, at, sizeof s->at, s);
  }
  if (s->block == b) return;
  violation(c, now, BAC_CHECK_AGREEMENT, "block %" PRIu64 " of epoch %" PRIu64 " is %02x%02x%02x%02x (round %" PRIu64 ") for node %u and %02x%02x%02x%02x (round %" PRIu64 ") for node %u",
            at.height, at.epoch, s->block->digest[0], s->block->digest[1], s->block->digest[2], s->block->digest[3], s->block->header.round, s->block->first, b->digest[0],
            b->digest[1], b->digest[2], b->digest[3], b->header.round, node);
}

static void persisted_block(struct bac_checker *c, bac_time now, uint32_t node, const uint8_t *bytes, size_t length) {
  struct watched *w = &c->nodes[node];
  struct bac_reader r = bac_reader_over(bytes, length);
  bac_read_u64(&r); /* its height */
  const size_t block_length = bac_read_u32(&r);
  const uint8_t *payload = bac_read_bytes(&r, block_length);
  struct bac_cost cost = {0};
  struct bac_buf *buf = bac_buf_new(payload, block_length);
  struct bac_block *block = payload ? bac_block_decode(buf, c->config->block_bytes_max, &cost) : NULL;
  bac_buf_unref(buf);
  if (!block) {
    violation(c, now, BAC_CHECK_EXECUTION, "node %u commits a block that does not decode", node);
    return;
  }
  struct seen_block *b;
  HASH_FIND(hh, c->blocks, block->digest, BAC_HASH_BYTES, b);
  const size_t certificate_length = bac_reader_left(&r);
  if (!bac_recount_body(block))
    violation(c, now, BAC_CHECK_EXECUTION, "node %u commits block %" PRIu64 " with transactions that are not its own", node, block->header.height);
  if (!b) b = add_block(c, now, node, block);
  check_block_certificate(c, now, b, bac_read_bytes(&r, certificate_length), certificate_length);
  check_slot(c, now, node, b);
  if (b->header.height > w->height + 1)
    violation(c, now, BAC_CHECK_ORDER, "node %u commits block %" PRIu64 " after %" PRIu64, node, b->header.height, w->height);
  w->height = b->header.height;
  w->last = b;
  if (w->height > c->height_max) c->height_max = w->height;
  bac_hash2(c->digest, BAC_DOMAIN_NODE, c->digest, BAC_HASH_BYTES, b->digest, BAC_HASH_BYTES);
  bac_block_free(block);
}

static void committed(struct bac_checker *c, bac_time now, uint32_t node, const struct bac_commit *commit) {
  const struct seen_block *last = c->nodes[node].last;
  if (!last || memcmp(last->digest, commit->digest, BAC_HASH_BYTES) != 0 || last->header.height != commit->height ||
      memcmp(last->header.state_root, commit->state_root, BAC_HASH_BYTES) != 0)
    violation(c, now, BAC_CHECK_AGREEMENT, "node %u reports block %" PRIu64 ", but its records hold another", node, commit->height);
}

/* ---- An epoch. ---- */

/* The seed of an epoch is that of the block which ended the epoch before the last: known before anybody could choose a key for it. */
static void check_seed(struct bac_checker *c, bac_time now, const struct seen_epoch *e) {
  const struct seen_epoch *before = e->epoch >= 2 ? epoch_at(c, e->epoch - 1) : NULL;
  struct seen_block *end = NULL;
  if (before) HASH_FIND(hh, c->blocks, before->digest, BAC_HASH_BYTES, end);
  if (end && memcmp(end->header.seed, e->roster->seed, BAC_HASH_BYTES) != 0)
    violation(c, now, BAC_CHECK_ELECTION, "epoch %" PRIu64 " is elected with another seed than that of block %" PRIu64, e->epoch, before->base);
}

static uint64_t receipts_of(const struct seen_block *b, uint32_t id) {
  uint64_t receipts = 0;
  for (; b; b = b->parent)
    for (uint32_t i = 0; i < b->note_count; i++) receipts += b->notes[i].kind == BAC_TX_RECEIPT && b->notes[i].id == id;
  return receipts;
}

/* Who left in the epoch that ends with the base is gone, who was convicted in it has paid. */
static void recount(struct bac_checker *c, bac_time now, const struct seen_epoch *e, const struct seen_block *base) {
  for (const struct seen_block *b = base; b && b->header.epoch == base->header.epoch && b->header.height > 0; b = b->parent)
    for (uint32_t i = 0; i < b->note_count; i++) {
      const uint32_t id = b->notes[i].id, index = bac_roster_index(e->roster, id);
      if (b->notes[i].kind == BAC_TX_LEAVE && !bac_recount_stays(e->roster, id))
        violation(c, now, BAC_CHECK_ROSTER, "node %u left in block %" PRIu64 " and is a member in epoch %" PRIu64, id, b->header.height, e->epoch);
      if (b->notes[i].kind != BAC_TX_EVIDENCE || index == BAC_INDEX_NONE || base->header.height - b->header.height >= 64) continue;
      const uint32_t most = bac_recount_units_max(receipts_of(base, id), base->header.height), units = e->roster->members[index].units;
      if (units > most)
        violation(c, now, BAC_CHECK_ROSTER, "node %u was convicted in block %" PRIu64 " and has %u units in epoch %" PRIu64 ", %u at most", id, b->header.height, units, e->epoch, most);
    }
}

static void check_roster(struct bac_checker *c, bac_time now, const struct seen_epoch *e, const struct seen_block *base) {
  check_seed(c, now, e);
  struct bac_roster *roster = bac_state_roster(base->state, e->roster->shard);
  struct bac_buf *encoded = bac_roster_encode(roster);
  recount(c, now, e, base);
  if (encoded->length != e->encoded->length || memcmp(encoded->data, e->encoded->data, encoded->length) != 0)
    violation(c, now, BAC_CHECK_ROSTER, "the roster of epoch %" PRIu64 " at node %u is not what block %" PRIu64 " says", e->epoch, e->first, e->base);
  bac_buf_unref(encoded);
  bac_roster_free(roster);
}

/* Q(n) have signed an epoch's last block: each commits it first, except where the roster ends the epoch. What it agreed on there is signed
 * before anybody has Q(n) of it, and a byzantine member may be the first. */
static void check_base(struct bac_checker *c, bac_time now, struct seen_epoch *e, bool recovered) {
  struct seen_block *base;
  HASH_FIND(hh, c->blocks, e->digest, BAC_HASH_BYTES, base);
  if (base && base->state)
    check_roster(c, now, e, base);
  else if (recovered)
    e->unfounded = true;
  else
    violation(c, now, BAC_CHECK_AGREEMENT, "epoch %" PRIu64 " of node %u stands on a block that no honest node has committed", e->epoch, e->first);
}

static void found_epoch(struct bac_checker *c, bac_time now, const struct seen_block *b) {
  struct seen_epoch *e = epoch_at(c, b->header.epoch + 1);
  if (!e || !e->unfounded || memcmp(e->digest, b->digest, BAC_HASH_BYTES) != 0) return;
  e->unfounded = false;
  check_roster(c, now, e, b);
}

static void epoch_began(struct bac_checker *c, bac_time now, uint32_t node, const struct bac_effect *effect) {
  struct watched *w = &c->nodes[node];
  const struct bac_roster *roster = effect->epoch.roster;
  struct bac_buf *encoded = bac_roster_encode(roster);
  struct seen_epoch *e = epoch_at(c, effect->epoch.epoch);
  if (effect->epoch.jumped || effect->epoch.base > w->height) w->height = effect->epoch.base;
  if (!e) {
    e = bac_alloc(1, sizeof *e);
    e->epoch = effect->epoch.epoch;
    e->base = effect->epoch.base;
    e->first = node;
    memcpy(e->digest, effect->epoch.base_digest, BAC_HASH_BYTES);
    e->encoded = bac_buf_ref(encoded);
    e->roster = bac_roster_decode(encoded->data, encoded->length);
    HASH_ADD(hh, c->epochs, epoch, sizeof e->epoch, e);
    if (e->epoch > 0) check_base(c, now, e, effect->epoch.recovered);
  } else if (e->base != effect->epoch.base || memcmp(e->digest, effect->epoch.base_digest, BAC_HASH_BYTES) != 0) {
    violation(c, now, BAC_CHECK_AGREEMENT, "epoch %" PRIu64 " stands on block %" PRIu64 " and, for node %u, on another block %" PRIu64, e->epoch, e->base, node,
              effect->epoch.base);
  } else if (e->encoded->length != encoded->length || memcmp(e->encoded->data, encoded->data, encoded->length) != 0) {
    violation(c, now, BAC_CHECK_ROSTER, "the roster of epoch %" PRIu64 " is another one for node %u", e->epoch, node);
  }
  bac_hash2(c->digest, BAC_DOMAIN_NODE, c->digest, BAC_HASH_BYTES, encoded->data, encoded->length);
  bac_buf_unref(encoded);
}

/* u8 how || u32 length || boundary: u16 length || header || u32 length || certificate || next roster. */
static void persisted_epoch(struct bac_checker *c, bac_time now, const uint8_t *bytes, size_t length) {
  struct bac_reader r = bac_reader_over(bytes, length);
  const uint8_t how = bac_read_u8(&r);
  if (how != BAC_EPOCH_TURNED && how != BAC_EPOCH_FOLLOWED) return; /* a state, whose root is in a boundary, or a step of recovery */
  bac_read_u32(&r);
  const size_t header_length = bac_read_u16(&r);
  const uint8_t *encoded = bac_read_bytes(&r, header_length);
  const size_t qc_length = bac_read_u32(&r);
  const uint8_t *qc = bac_read_bytes(&r, qc_length);
  struct bac_header header;
  uint8_t digest[BAC_HASH_BYTES];
  if (!qc || !bac_header_decode(&header, encoded, header_length)) {
    violation(c, now, BAC_CHECK_CERTIFICATE, "an epoch's record does not decode");
    return;
  }
  bac_header_digest(digest, encoded, header_length);
  const struct seen_epoch *e = epoch_at(c, header.epoch);
  struct bac_bitset who;
  bac_bitset_clear(&who);
  for (uint32_t i = 0; e && i < e->roster->count; i++) bac_bitset_add(&who, i);
  if (e && c->config->mode == BAC_MODE_SAFE) check_certificate(c, now, e->roster, &header, digest, qc, qc_length, &who, bac_quorum(e->roster->count));
}

/* ---- Effects. ---- */

void bac_checker_effect(struct bac_checker *c, bac_time now, uint32_t node, const struct bac_effect *e) {
  BAC_ASSERT(node < c->count && c->nodes[node].honest);
  switch (e->type) {
    case BAC_EFFECT_PERSIST:
      if (e->persist.kind == BAC_RECORD_BLOCK) persisted_block(c, now, node, e->persist.bytes, e->persist.length);
      if (e->persist.kind == BAC_RECORD_EPOCH) persisted_epoch(c, now, e->persist.bytes, e->persist.length);
      break;
    case BAC_EFFECT_COMMIT:
      committed(c, now, node, &e->commit);
      break;
    case BAC_EFFECT_EPOCH:
      epoch_began(c, now, node, e);
      break;
    case BAC_EFFECT_REVOKE:
      c->nodes[node].height = e->revoke.height;
      break;
    case BAC_EFFECT_TX_STATUS:
      if (e->tx_status.status == BAC_TX_POOLED) tx_at(c, e->tx_status.id)->submitted = true;
      break;
    case BAC_EFFECT_FRAME:
    case BAC_EFFECT_PROPOSE:
    case BAC_EFFECT_ROLE:
    case BAC_EFFECT_REJECT:
    case BAC_EFFECT_HANDOVER: /* its worlds have one shard */
    case BAC_EFFECT_ANNOUNCED:
      break;
  }
}

void bac_checker_counters(struct bac_checker *c, bac_time now, uint32_t node, const struct bac_counters *counters) {
  if (counters->pool_txs > c->config->pool_txs_max)
    violation(c, now, BAC_CHECK_MEMORY, "node %u holds %u transactions, more than %u", node, counters->pool_txs, c->config->pool_txs_max);
}

enum bac_check bac_checker_verdict(const struct bac_checker *c, const char **text) {
  *text = c->text;
  return c->verdict;
}

uint64_t bac_checker_height(const struct bac_checker *c, uint32_t node) { return c->nodes[node].height; }
uint64_t bac_checker_height_max(const struct bac_checker *c) { return c->height_max; }
void bac_checker_digest(const struct bac_checker *c, uint8_t digest[BAC_HASH_BYTES]) { memcpy(digest, c->digest, BAC_HASH_BYTES); }
