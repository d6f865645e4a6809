/* SPDX-License-Identifier: GPL-2.0-only */
#include "oracle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bitset.h"
#include "base/quorum.h"
#include "checker.h"
#include "consensus/qc.h"
#include "election/elect.h"
#include "identity/roster.h"
#include "ledger/block.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

/* A block that somebody has proposed. */
struct seen {
  uint8_t digest[BAC_HASH_BYTES];
  struct bac_header header;
  const char *wrong;      /* why nobody may vote for it; NULL: it holds */
  struct bac_bitset votes; /* honest members by id, which is below BAC_ROSTER_MAX in this simulator */
  struct seen *sibling;   /* the next child of the same parent */
  struct seen *children;
  UT_hash_handle hh;
};

/* Children that came before anybody proposed their parent hang on one without a header. */
struct epoch {
  uint64_t epoch;
  struct bac_roster *roster;
  UT_hash_handle hh;
};

struct last {
  bool commits;
  uint64_t step;
  uint8_t digest[BAC_HASH_BYTES];
};

struct bac_oracle {
  const struct bac_config *config;
  bool *honest;
  uint32_t count;
  struct seen *blocks;
  struct epoch *epochs;
  struct last *last; /* by node */
};

static void add_epoch(struct bac_oracle *o, const struct bac_roster *roster) {
  struct epoch *e;
  HASH_FIND(hh, o->epochs, &roster->epoch, sizeof roster->epoch, e);
  if (e) return;
  e = bac_alloc(1, sizeof *e);
  e->epoch = roster->epoch;
  struct bac_buf *encoded = bac_roster_encode(roster);
  e->roster = bac_roster_decode(encoded->data, encoded->length);
  bac_buf_unref(encoded);
  HASH_ADD(hh, o->epochs, epoch, sizeof e->epoch, e);
}

struct bac_oracle *bac_oracle_new(const struct bac_config *config, const struct bac_roster *genesis, const bool *honest, uint32_t count) {
  if (strcmp(config->protocol, "bac") != 0 || config->mode != BAC_MODE_SAFE) return NULL;
  struct bac_oracle *o = bac_alloc(1, sizeof *o);
  *o = (struct bac_oracle){.config = config, .honest = bac_alloc(count, sizeof *o->honest), .count = count, .last = bac_alloc(count, sizeof *o->last)};
  memcpy(o->honest, honest, count * sizeof *honest);
  add_epoch(o, genesis);
  return o;
}

void bac_oracle_free(struct bac_oracle *o) {
  if (!o) return;
  struct seen *s, *next;
  struct epoch *e, *next_epoch;
  HASH_ITER(hh, o->blocks, s, next) {
    HASH_DEL(o->blocks, s);
    free(s);
  }
  HASH_ITER(hh, o->epochs, e, next_epoch) {
    HASH_DEL(o->epochs, e);
    bac_roster_free(e->roster);
    free(e);
  }
  free(o->honest);
  free(o->last);
  free(o);
}

static struct seen *seen_at(struct bac_oracle *o, const uint8_t digest[BAC_HASH_BYTES]) {
  struct seen *s;
  HASH_FIND(hh, o->blocks, digest, BAC_HASH_BYTES, s);
  if (s) return s;
  s = bac_alloc(1, sizeof *s);
  memcpy(s->digest, digest, BAC_HASH_BYTES);
  HASH_ADD(hh, o->blocks, digest, BAC_HASH_BYTES, s);
  return s;
}

/* ---- What a block stands on: [ u8 elected || claim ] || u32 length || QC || TC. ---- */

static bool qc_holds(const struct bac_qc *qc, const struct bac_roster *roster) {
  const uint8_t *signature = qc->signatures->data;
  uint32_t good = 0;
  for (uint32_t i = 0; i < BAC_ROSTER_MAX; i++) {
    if (!bac_bitset_has(&qc->signers, i)) continue;
    good += i < roster->count && bac_checker_signed(qc, &roster->members[i], signature);
    signature += BAC_SIGNATURE_BYTES;
  }
  return good >= bac_quorum(roster->count);
}

/* u64 round || u16 count || count times { u16 index || u64 round of its highest certificate || digest || signature }. */
static bool read_timeouts(struct bac_reader *r, const struct bac_roster *roster, uint64_t *round, uint64_t *highest) {
  struct bac_bitset who;
  struct bac_cost cost = {0};
  bac_bitset_clear(&who);
  *round = bac_read_u64(r);
  *highest = 0;
  for (uint32_t left = bac_read_u16(r); left > 0 && r->ok; left--) {
    const uint32_t index = bac_read_u16(r);
    struct bac_msg m = {.protocol = 2, .type = BAC_MSG_TIMEOUT, .shard = roster->shard, .epoch = roster->epoch, .view = *round, .height = bac_read_u64(r)};
    const uint8_t *digest = bac_read_bytes(r, BAC_HASH_BYTES), *signature = bac_read_bytes(r, BAC_SIGNATURE_BYTES);
    uint8_t of[BAC_HASH_BYTES];
    if (!signature || index >= roster->count) return false;
    memcpy(m.digest, digest, BAC_HASH_BYTES);
    m.sender = roster->members[index].id;
    bac_msg_signing_digest(of, &m);
    if (!bac_verify(NULL, signature, of, roster->members[index].sign_key, &cost)) return false;
    bac_bitset_add(&who, index);
    if (m.height > *highest) *highest = m.height;
  }
  return r->ok && bac_reader_left(r) == 0 && bac_bitset_count(&who) >= bac_quorum(roster->count);
}

/* NULL: an honest member may vote for the block. */
static const char *judge(const struct bac_oracle *o, const struct bac_block *block, const struct bac_roster *roster) {
  struct bac_reader r = bac_reader_over(block->certificate, block->certificate_length);
  if (o->config->election == BAC_ELECTION_SORTITION && bac_read_u8(&r) == 1) bac_read_bytes(&r, BAC_CLAIM_BYTES);
  const size_t length = bac_read_u32(&r);
  const uint8_t *bytes = bac_read_bytes(&r, length);
  const uint64_t round = block->header.round;
  uint64_t qc_round = 0, tc_round, highest;
  if (!bytes) return "its certificates do not decode";
  if (length > 0) {
    struct bac_qc qc;
    if (!bac_qc_decode(&qc, bytes, length)) return "its certificate does not decode";
    const bool holds = qc.epoch == roster->epoch && qc.shard == roster->shard && qc_holds(&qc, roster);
    const bool parent = memcmp(qc.digest, block->header.prev_hash, BAC_HASH_BYTES) == 0 && qc.height + 1 == block->header.height;
    qc_round = qc.view;
    bac_qc_clear(&qc);
    if (!holds) return "its certificate does not hold";
    if (!parent) return "its parent is another block than its certificate is for";
  }
  if (round == qc_round + 1) return NULL;
  if (bac_reader_left(&r) == 0) return "its round does not follow its certificate's";
  if (!read_timeouts(&r, roster, &tc_round, &highest)) return "its timeout certificate does not hold";
  if (round != tc_round + 1) return "its timeout certificate is for another round";
  return qc_round < highest ? "a member of its timeout certificate knew a higher certificate" : NULL;
}

static void propose(struct bac_oracle *o, const struct bac_msg *m) {
  struct seen *s = seen_at(o, m->digest);
  struct bac_cost cost = {0};
  struct epoch *e;
  if (s->header.height > 0) return;
  HASH_FIND(hh, o->epochs, &m->epoch, sizeof m->epoch, e);
  struct bac_buf *payload = bac_buf_new(m->payload, m->payload_length);
  struct bac_block *block = e ? bac_block_decode(payload, o->config->block_bytes_max, &cost) : NULL;
  bac_buf_unref(payload);
  if (!block) return;
  if (memcmp(block->digest, m->digest, BAC_HASH_BYTES) == 0 && block->header.height > 0) {
    s->header = block->header;
    s->wrong = judge(o, block, e->roster);
    struct seen *parent = seen_at(o, s->header.prev_hash);
    s->sibling = parent->children;
    parent->children = s;
  }
  bac_block_free(block);
}

bool bac_oracle_signed(struct bac_oracle *o, const struct bac_msg *m, char *text, size_t text_size) {
  if (!o || m->protocol != 2) return false;
  if (m->type == BAC_MSG_BLOCK_REQUEST && m->payload_length > 0) propose(o, m);
  const bool vote = m->type == BAC_MSG_BLOCK_REQUEST || m->type == BAC_MSG_CP_VALIDATE || m->type == BAC_MSG_CS_CONSENSUS;
  if (!vote || m->step != 1 || m->sender >= o->count || !o->honest[m->sender]) return false;
  struct seen *s = seen_at(o, m->digest);
  bac_bitset_add(&s->votes, m->sender);
  /* A light vote relies on the CPs for what is not in the header. */
  if (!s->wrong || (m->type == BAC_MSG_CS_CONSENSUS && o->config->vote_rule == BAC_VOTE_LIGHT)) return false;
  snprintf(text, text_size, "node %u votes for block %" PRIu64 " of round %" PRIu64 ": %s", m->sender, s->header.height, s->header.round, s->wrong);
  return true;
}

/* ---- Commits. ---- */

/* Honest votes without which no certificate can be. */
static uint32_t votes_needed(const struct bac_oracle *o, const struct bac_roster *roster) {
  uint32_t byzantine = 0;
  for (uint32_t i = 0; i < roster->count; i++) byzantine += roster->members[i].id >= o->count || !o->honest[roster->members[i].id];
  const uint32_t quorum = bac_quorum(roster->count);
  return quorum > byzantine ? quorum - byzantine : 0;
}

/* Whether the block, or one that stands on it, has a child of the next round, and both can be certified. What is above decides what is below. */
static bool decided(const struct seen *s, uint32_t needed, uint32_t depth) {
  const bool certified = bac_bitset_count(&s->votes) >= needed;
  for (const struct seen *c = s->children; c && depth > 0; c = c->sibling) {
    if (bac_bitset_count(&c->votes) < needed) continue;
    if (certified && c->header.round == s->header.round + 1) return true;
    if (decided(c, needed, depth - 1)) return true;
  }
  return false;
}

#define DEPTH_MAX 200 /* blocks above one that is committed, far more than there are at a time */

bool bac_oracle_effect(struct bac_oracle *o, uint32_t node, uint64_t step, const struct bac_effect *effect, char *text, size_t text_size) {
  if (!o || node >= o->count) return false;
  struct last *l = &o->last[node];
  bool bad = false;
  if (effect->type == BAC_EFFECT_EPOCH) add_epoch(o, effect->epoch.roster);
  if (l->commits && l->step != step) {
    struct seen *s = seen_at(o, l->digest);
    struct epoch *e;
    l->commits = false;
    HASH_FIND(hh, o->epochs, &s->header.epoch, sizeof s->header.epoch, e);
    bad = s->header.height > 0 && e && !decided(s, votes_needed(o, e->roster), DEPTH_MAX);
    if (bad) snprintf(text, text_size, "node %u commits block %" PRIu64 " of round %" PRIu64 ", and no certified child of the next round decides it", node, s->header.height, s->header.round);
  }
  if (effect->type == BAC_EFFECT_COMMIT) {
    l->commits = true;
    l->step = step;
    memcpy(l->digest, effect->commit.digest, BAC_HASH_BYTES);
  }
  return bad;
}
