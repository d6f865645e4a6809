/* SPDX-License-Identifier: GPL-2.0-only */
#include "observer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "attendance.h"
#include "audit.h"
#include "base/bytes.h"
#include "base/quorum.h"
#include "elections.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

struct place {
  uint64_t shard, height;
};

/* The block on which an epoch of a shard stands. */
struct boundary {
  struct place at; /* height: the epoch */
  uint64_t base;
  uint8_t digest[BAC_HASH_BYTES];
  uint32_t quorum; /* of the roster that ended with it */
  uint32_t nodes;  /* that have begun the epoch */
  bool conflict;
  UT_hash_handle hh;
};

/* What is known of one height of one shard. */
struct height {
  struct place at;
  uint8_t digest[BAC_HASH_BYTES]; /* first seen */
  uint64_t epoch;
  bool recovery;
  bool gone;        /* revoked somewhere */
  uint32_t quorum;
  uint32_t first;   /* node that committed it first */
  uint32_t *nodes;  /* that committed at this height */
  uint32_t node_count, node_capacity;
  bool conflict;    /* counted already */
  size_t block;     /* index, or SIZE_MAX */
  UT_hash_handle hh;
};

struct shard {
  uint32_t shard;
  uint64_t blocks;
  uint64_t view_changes; /* of the node that saw most */
  bool member;           /* blocks count for the minimum */
  UT_hash_handle hh;
};

struct node {
  uint32_t id;
  uint32_t shard;  /* of its last effect: height and epoch are of that one */
  bool seen;
  uint64_t height; /* last committed */
  uint64_t epoch;  /* last begun */
  bool skip;       /* the next commit may have any height */
  UT_hash_handle hh;
};

struct bac_observer {
  uint64_t seed;
  bac_time begin, end;
  struct height *heights;
  struct boundary *boundaries;
  struct shard *shards;
  struct node *nodes;
  struct bac_observed_block *blocks;
  size_t block_capacity;
  double *tx_latency_s;
  size_t tx_latency_count, tx_latency_capacity;
  uint64_t proposals, pending;
  struct bac_observer_report report;
  char conflict[320];
  struct bac_observed_totals totals; /* sums */
  uint64_t members;
  uint64_t storing[2], stored_bytes[2]; /* members at the end, what they keep; [1]: of those that keep whole blocks */
  struct bac_attendance *attendance;
  struct bac_elections *elections;
  struct bac_audit *audit;
  bool minted; /* counted as a conflict */
  uint64_t jumps;
};

struct bac_observer *bac_observer_new(uint64_t seed, bac_time begin, bac_time end) {
  struct bac_observer *o = bac_alloc(1, sizeof *o);
  o->seed = seed;
  o->begin = begin;
  o->end = end;
  o->attendance = bac_attendance_new();
  o->elections = bac_elections_new();
  o->audit = bac_audit_new();
  return o;
}

void bac_observer_free(struct bac_observer *o) {
  if (!o) return;
  struct height *h, *next_height;
  struct shard *s, *next_shard;
  struct node *n, *next_node;
  struct boundary *b, *next_boundary;
  HASH_ITER(hh, o->boundaries, b, next_boundary) {
    HASH_DEL(o->boundaries, b);
    free(b);
  }
  HASH_ITER(hh, o->heights, h, next_height) {
    HASH_DEL(o->heights, h);
    free(h->nodes);
    free(h);
  }
  HASH_ITER(hh, o->shards, s, next_shard) {
    HASH_DEL(o->shards, s);
    free(s);
  }
  HASH_ITER(hh, o->nodes, n, next_node) {
    HASH_DEL(o->nodes, n);
    free(n);
  }
  free(o->blocks);
  free(o->tx_latency_s);
  bac_attendance_free(o->attendance);
  bac_elections_free(o->elections);
  bac_audit_free(o->audit);
  free(o);
}

/* ---- Tables ---- */

static struct shard *shard_at(struct bac_observer *o, uint32_t shard) {
  struct shard *s;
  HASH_FIND(hh, o->shards, &shard, sizeof shard, s);
  if (s) return s;
  s = bac_alloc(1, sizeof *s);
  s->shard = shard;
  HASH_ADD(hh, o->shards, shard, sizeof s->shard, s);
  return s;
}

static struct node *node_at(struct bac_observer *o, uint32_t id) {
  struct node *n;
  HASH_FIND(hh, o->nodes, &id, sizeof id, n);
  if (n) return n;
  n = bac_alloc(1, sizeof *n);
  n->id = id;
  HASH_ADD(hh, o->nodes, id, sizeof n->id, n);
  return n;
}

static void begin_height(struct height *h, const struct bac_observed_node *node, const struct bac_commit *commit) {
  memcpy(h->digest, commit->digest, BAC_HASH_BYTES);
  h->epoch = commit->epoch;
  h->recovery = commit->recovery;
  h->quorum = bac_quorum(commit->members);
  h->first = node->id;
}

/* New: with the node's digest and roster. */
static struct height *height_at(struct bac_observer *o, const struct bac_observed_node *node, const struct bac_commit *commit) {
  const struct place at = {.shard = node->shard, .height = commit->height};
  struct height *h;
  HASH_FIND(hh, o->heights, &at, sizeof at, h);
  if (h) return h;
  h = bac_alloc(1, sizeof *h);
  h->at = at;
  h->block = SIZE_MAX;
  begin_height(h, node, commit);
  HASH_ADD(hh, o->heights, at, sizeof h->at, h);
  return h;
}

static bool add_node(struct height *h, uint32_t id) {
  for (uint32_t i = 0; i < h->node_count; i++)
    if (h->nodes[i] == id) return false;
  if (h->node_count == h->node_capacity) {
    h->node_capacity = h->node_capacity ? h->node_capacity * 2 : 8;
    h->nodes = bac_realloc(h->nodes, h->node_capacity, sizeof *h->nodes);
  }
  h->nodes[h->node_count++] = id;
  return true;
}

/* ---- Events ---- */

static bool in_window(const struct bac_observer *o, bac_time now) { return now >= o->begin && now < o->end; }

static void first_bytes(const uint8_t digest[BAC_HASH_BYTES], char out[17]) {
  for (size_t i = 0; i < 8; i++) snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void conflict(struct bac_observer *o, bac_time now, struct height *h, uint32_t id, const struct bac_commit *commit) {
  h->conflict = true;
  if (o->report.conflicts++ > 0) return;
  char before[17], after[17];
  first_bytes(h->digest, before);
  first_bytes(commit->digest, after);
  snprintf(o->conflict, sizeof o->conflict,
           "shard %llu, height %llu: node %u committed block %s, node %u block %s (round %llu) at %.9g s, seed %llu",
           (unsigned long long)h->at.shard, (unsigned long long)h->at.height, h->first, before, id, after,
           (unsigned long long)commit->round, (double)now * 1e-9, (unsigned long long)o->seed);
}

static struct bac_observed_block *add_block(struct bac_observer *o, bac_time now, struct height *h, uint32_t shard,
                                            const struct bac_commit *commit) {
  if (o->report.blocks == o->block_capacity) {
    o->block_capacity = o->block_capacity ? o->block_capacity * 2 : 64;
    o->blocks = bac_realloc(o->blocks, o->block_capacity, sizeof *o->blocks);
  }
  shard_at(o, shard)->blocks++;
  o->report.txs_committed += commit->tx_count;
  h->block = o->report.blocks++;
  o->blocks[h->block] = (struct bac_observed_block){.shard = shard,
                                                    .height = commit->height,
                                                    .round = commit->round,
                                                    .proposer = commit->proposer,
                                                    .txs = commit->tx_count,
                                                    .bytes = commit->body_bytes,
                                                    .proposed_at = commit->proposed_at,
                                                    .committed_q = now,
                                                    .members = h->node_count,
                                                    .epoch = commit->epoch,
                                                    .light_bytes = commit->light_bytes,
                                                    .roster_final = commit->revocable ? BAC_NEVER : now};
  return &o->blocks[h->block];
}

static struct boundary *boundary_find(struct bac_observer *o, uint32_t shard, uint64_t epoch) {
  const struct place at = {.shard = shard, .height = epoch};
  struct boundary *b;
  HASH_FIND(hh, o->boundaries, &at, sizeof at, b);
  return b;
}

/* Another block at this height: after a stall, that of the roster takes the place of the committee's. */
enum other { OTHER_CONFLICT, OTHER_LATER, OTHER_REVOKED };

static enum other other_block(struct bac_observer *o, const struct height *h, uint32_t shard, const struct bac_commit *commit) {
  const bool later = commit->epoch > h->epoch || (commit->epoch == h->epoch && commit->recovery && !h->recovery);
  const bool earlier = commit->epoch < h->epoch || (commit->epoch == h->epoch && h->recovery && !commit->recovery);
  if (earlier) return commit->revocable ? OTHER_REVOKED : OTHER_CONFLICT; /* a node that has not heard of it yet */
  if (!later) return OTHER_CONFLICT;
  const struct boundary *b = boundary_find(o, shard, h->epoch + 1);
  const bool held = b && (b->base > commit->height || (b->base == commit->height && memcmp(b->digest, commit->digest, BAC_HASH_BYTES) != 0));
  return held ? OTHER_CONFLICT : OTHER_LATER;
}

static void count_revoked(struct bac_observer *o, struct height *h, uint32_t shard) {
  if (h->gone) return;
  h->gone = true;
  o->report.blocks_revoked++;
  if (h->block == SIZE_MAX) return;
  struct bac_observed_block *block = &o->blocks[h->block];
  block->revoked = true;
  o->report.txs_committed -= block->txs;
  shard_at(o, shard)->blocks--;
}

static void observe_revoked(struct bac_observer *o, const struct bac_observed_node *node, const struct bac_effect *e) {
  struct node *n = node_at(o, node->id);
  n->height = e->revoke.height;
  for (uint32_t i = 1; i <= e->revoke.blocks; i++) {
    const struct place at = {.shard = node->shard, .height = e->revoke.height + i};
    struct height *h;
    HASH_FIND(hh, o->heights, &at, sizeof at, h);
    if (h && h->epoch == n->epoch && !h->recovery) count_revoked(o, h, node->shard);
  }
}

static void replace(struct bac_observer *o, struct height *h, const struct bac_observed_node *node, const struct bac_commit *commit) {
  count_revoked(o, h, node->shard);
  h->gone = false;
  h->block = SIZE_MAX;
  h->node_count = 0;
  begin_height(h, node, commit);
}

/* A node begins an epoch: what it stands on is the roster's word. */
static void observe_boundary(struct bac_observer *o, bac_time now, const struct bac_observed_node *node, const struct bac_effect *e) {
  struct node *n = node_at(o, node->id);
  if (e->epoch.epoch == 0 || e->epoch.epoch <= n->epoch) return; /* at the start, or again after a restart */
  n->epoch = e->epoch.epoch;
  struct boundary *b = boundary_find(o, node->shard, e->epoch.epoch);
  if (!b) {
    b = bac_alloc(1, sizeof *b);
    b->at = (struct place){.shard = node->shard, .height = e->epoch.epoch};
    b->base = e->epoch.base;
    memcpy(b->digest, e->epoch.base_digest, BAC_HASH_BYTES);
    const struct place last = {.shard = node->shard, .height = b->base};
    struct height *h;
    HASH_FIND(hh, o->heights, &last, sizeof last, h);
    b->quorum = h ? h->quorum : bac_quorum(e->epoch.roster->count);
    HASH_ADD(hh, o->boundaries, at, sizeof b->at, b);
  }
  if (!b->conflict && memcmp(b->digest, e->epoch.base_digest, BAC_HASH_BYTES) != 0) {
    b->conflict = true;
    if (o->report.conflicts++ == 0)
      snprintf(o->conflict, sizeof o->conflict, "shard %u: node %u begins epoch %llu on another block than the first, at %.9g s, seed %llu",
               node->shard, node->id, (unsigned long long)e->epoch.epoch, (double)now * 1e-9, (unsigned long long)o->seed);
  }
  if (++b->nodes != b->quorum) return;
  for (size_t i = 0; i < o->report.blocks; i++) {
    struct bac_observed_block *block = &o->blocks[i];
    if (block->shard == node->shard && block->roster_final == BAC_NEVER && !block->revoked && block->height <= b->base) block->roster_final = now;
  }
}

static struct bac_observed_block *observe_commit(struct bac_observer *o, bac_time now, const struct bac_observed_node *node,
                                                 const struct bac_commit *commit) {
  struct node *n = node_at(o, node->id);
  o->report.gaps += !n->skip && commit->height != n->height + 1;
  n->skip = false;
  n->height = commit->height;
  struct height *h = height_at(o, node, commit);
  if (!h->conflict && memcmp(h->digest, commit->digest, BAC_HASH_BYTES) != 0) {
    const enum other other = other_block(o, h, node->shard, commit);
    if (other == OTHER_CONFLICT) conflict(o, now, h, node->id, commit);
    if (other == OTHER_REVOKED) return NULL;
    if (other == OTHER_LATER) replace(o, h, node, commit);
  }
  if (!add_node(h, node->id)) return NULL;
  if (h->block != SIZE_MAX) o->blocks[h->block].members = h->node_count;
  if (h->gone || h->node_count != h->quorum || commit->tx_count == 0 || !in_window(o, now)) return NULL;
  return add_block(o, now, h, node->shard, commit);
}

static void observe_confirmed(struct bac_observer *o, bac_time latency) {
  if (o->tx_latency_count == o->tx_latency_capacity) {
    o->tx_latency_capacity = o->tx_latency_capacity ? o->tx_latency_capacity * 2 : 256;
    o->tx_latency_s = bac_realloc(o->tx_latency_s, o->tx_latency_capacity, sizeof *o->tx_latency_s);
  }
  o->tx_latency_s[o->tx_latency_count++] = (double)latency * 1e-9;
  o->report.txs_confirmed++;
}

/* What a node did in another shard before says nothing of this one's heights. */
static void enter(struct bac_observer *o, const struct bac_observed_node *node) {
  struct node *n = node_at(o, node->id);
  if (n->seen && n->shard != node->shard) {
    n->height = n->epoch = 0;
    n->skip = true;
  }
  n->seen = true;
  n->shard = node->shard;
}

struct bac_observed_block *bac_observer_effect(struct bac_observer *o, bac_time now, const struct bac_observed_node *node,
                                               const struct bac_effect *e) {
  enter(o, node);
  if (e->type == BAC_EFFECT_COMMIT) return observe_commit(o, now, node, &e->commit);
  if (e->type == BAC_EFFECT_EPOCH) {
    bac_elections_epoch(o->elections, e->epoch.roster);
    bac_attendance_epoch(o->attendance, now, e->epoch.roster, e->epoch.recovered);
    bac_audit_base(o->audit, node->shard, e->epoch.base);
    observe_boundary(o, now, node, e);
    o->jumps += e->epoch.jumped;
    if (e->epoch.jumped) bac_observer_skip(o, node->id);
  }
  if (e->type == BAC_EFFECT_REVOKE) observe_revoked(o, node, e);
  if (e->type == BAC_EFFECT_HANDOVER) bac_attendance_handover(o->attendance, node->id);
  if (!in_window(o, now)) return NULL;
  if (e->type == BAC_EFFECT_PROPOSE && e->propose.tx_count > 0) {
    o->proposals++;
    o->pending += e->propose.pending;
  } else if (e->type == BAC_EFFECT_TX_STATUS) {
    o->report.txs_pooled += e->tx_status.status == BAC_TX_POOLED;
    o->report.txs_refused += e->tx_status.status == BAC_TX_REFUSED;
    o->report.txs_revoked += e->tx_status.status == BAC_TX_REVOKED;
    if (e->tx_status.status == BAC_TX_COMMITTED) observe_confirmed(o, now - e->tx_status.created_at);
  }
  return NULL;
}

void bac_observer_add_shard(struct bac_observer *o, uint32_t shard) { shard_at(o, shard)->member = true; }

void bac_observer_present(struct bac_observer *o, bac_time now, uint32_t id, bool present) {
  bac_attendance_present(o->attendance, now, id, present);
}

void bac_observer_skip(struct bac_observer *o, uint32_t id) { node_at(o, id)->skip = true; }

void bac_observer_add_totals(struct bac_observer *o, const struct bac_observed_totals *node) {
  struct shard *s = shard_at(o, node->shard);
  if (node->counters.view_changes > s->view_changes) s->view_changes = node->counters.view_changes;
  bac_elections_add_totals(o->elections, node->shard, &node->counters);
  bac_counters_add(&o->totals.counters, &node->counters);
  o->totals.mac_drops += node->mac_drops;
  o->totals.mac_timeouts += node->mac_timeouts;
  o->totals.cpu_overflows += node->cpu_overflows;
  if (!node->member) return;
  if (node->storage.blocks + node->storage.headers > 0) {
    o->storing[node->storage.whole]++;
    o->stored_bytes[node->storage.whole] += node->storage.bytes + node->storage.header_bytes + node->storage.certificate_bytes;
  }
  o->totals.cpu_busy += node->cpu_busy;
  o->members++;
}

void bac_observer_add_state(struct bac_observer *o, uint32_t shard, uint64_t height, bac_observer_account account, void *ctx) {
  if (!bac_audit_state(o->audit, shard, height)) return;
  for (const struct node *n = o->nodes; n; n = n->hh.next) {
    struct bac_account_view view;
    if (account(ctx, n->id, &view)) bac_audit_account(o->audit, shard, n->id, &view);
  }
}

/* ---- Results ---- */

static void audit(struct bac_observer *o, const struct bac_columns *to) {
  const struct bac_audit_report r = bac_audit_sum(o->audit, BAC_GENESIS_BALANCE);
  bac_columns_real(to, "accounts_travelling", r.complete ? (double)r.travelling : NAN);
  bac_columns_real(to, "money_excess", r.complete ? (double)r.excess_milli / 1000 : NAN);
  if (!r.complete || (r.excess_milli == 0 && r.doubled == 0) || o->minted) return;
  o->minted = true;
  if (o->report.conflicts++ == 0)
    snprintf(o->conflict, sizeof o->conflict, "all shards: %.3f more money than was there, %u accounts in two shards, seed %llu",
             (double)r.excess_milli / 1000, r.doubled, (unsigned long long)o->seed);
}

struct bac_observer_report bac_observer_sum(const struct bac_observer *o) { return o->report; }

struct bac_attendance_report bac_observer_attendance(const struct bac_observer *o) { return bac_attendance_sum(o->attendance, o->end); }

const char *bac_observer_conflict(const struct bac_observer *o) { return o->conflict; }

uint64_t bac_observer_height(const struct bac_observer *o, uint32_t id) {
  struct node *n;
  HASH_FIND(hh, o->nodes, &id, sizeof id, n);
  return n ? n->height : 0;
}

const struct bac_observed_block *bac_observer_blocks(const struct bac_observer *o) { return o->blocks; }

/* Written with nine digits, times of this length show in their last one how they were rounded: to stay as it is. */
static double proposed_s(const struct bac_observed_block *b) { return (double)b->proposed_at * 1e-9; }
static double committed_s(const struct bac_observed_block *b) { return (double)b->committed_q / 1e9; }
static double latency_s(const struct bac_observed_block *b) { return committed_s(b) - proposed_s(b); }

void bac_observer_block_columns(const struct bac_observed_block *b, const struct bac_columns *to) {
  bac_columns_count(to, "shard", b->shard);
  bac_columns_count(to, "height", b->height);
  bac_columns_count(to, "round", b->round);
  bac_columns_count(to, "proposer", b->proposer);
  bac_columns_count(to, "txs", b->txs);
  bac_columns_count(to, "bytes", b->bytes);
  bac_columns_real(to, "proposed_at_s", proposed_s(b));
  bac_columns_real(to, "committed_q_s", committed_s(b));
  bac_columns_real(to, "latency_s", latency_s(b));
  bac_columns_count(to, "members_committed", b->members);
  bac_columns_count(to, "epoch", b->epoch);
  bac_columns_count(to, "revoked", b->revoked);
  bac_columns_real(to, "roster_final_s", b->roster_final == BAC_NEVER ? NAN : (double)b->roster_final / 1e9);
  bac_columns_real(to, "light_proof_bytes", b->light_bytes > 0 ? (double)b->light_bytes : (double)NAN);
  bac_columns_real(to, "airtime_s", b->airtime_s);
}

static double ratio(double sum, double count) { return count > 0 ? sum / count : NAN; }

void bac_observer_columns(const struct bac_observer *o, const struct bac_columns *to) {
  const struct bac_observer_report *r = &o->report;
  uint64_t least = UINT64_MAX, bytes = 0, proven = 0, proof_bytes = 0, proven_bytes = 0;
  for (const struct shard *s = o->shards; s; s = s->hh.next)
    if (s->member && s->blocks < least) least = s->blocks;
  double *latencies = bac_alloc(r->blocks + 1, sizeof *latencies);
  for (size_t i = 0; i < r->blocks; i++) {
    latencies[i] = latency_s(&o->blocks[i]);
    bytes += o->blocks[i].bytes;
    if (o->blocks[i].light_bytes == 0) continue;
    proven++;
    proof_bytes += o->blocks[i].light_bytes;
    proven_bytes += o->blocks[i].bytes;
  }
  bac_columns_count(to, "blocks_committed", r->blocks);
  bac_columns_count(to, "blocks_committed_shard_min", least == UINT64_MAX ? 0 : least);
  bac_columns_latency(to, "block_latency", latencies, r->blocks);
  size_t final = 0;
  for (size_t i = 0; i < r->blocks; i++)
    if (o->blocks[i].roster_final != BAC_NEVER) latencies[final++] = (double)o->blocks[i].roster_final / 1e9 - proposed_s(&o->blocks[i]);
  bac_columns_count(to, "blocks_roster_final", final);
  bac_columns_count(to, "blocks_revoked", r->blocks_revoked);
  bac_columns_latency(to, "roster_latency", latencies, final);
  bac_columns_latency(to, "tx_latency", o->tx_latency_s, o->tx_latency_count);
  bac_columns_real(to, "throughput_tps", (double)r->txs_committed / ((double)(o->end - o->begin) * 1e-9));
  bac_columns_count(to, "txs_pooled", r->txs_pooled);
  bac_columns_count(to, "txs_refused", r->txs_refused);
  bac_columns_count(to, "txs_committed", r->txs_committed);
  bac_columns_count(to, "txs_revoked", r->txs_revoked);
  bac_columns_real(to, "pending_txs", ratio((double)o->pending, (double)o->proposals));
  bac_columns_real(to, "block_txs_mean", ratio((double)r->txs_committed, (double)r->blocks));
  bac_columns_real(to, "block_bytes_mean", ratio((double)bytes, (double)r->blocks));
  bac_columns_real(to, "light_proof_bytes_mean", ratio((double)proof_bytes, (double)proven));
  bac_columns_real(to, "light_proof_share", ratio((double)proof_bytes, (double)proven_bytes));
  free(latencies);
}

void bac_observer_totals_columns(struct bac_observer *o, const struct bac_columns *to) {
  const struct bac_counters *c = &o->totals.counters;
  uint64_t view_changes = 0;
  for (const struct shard *s = o->shards; s; s = s->hh.next) view_changes += s->view_changes;
  bac_attendance_columns(o->attendance, o->end, to);
  bac_elections_columns(o->elections, to);
  bac_columns_real(to, "rounds_to_decide", ratio((double)c->decision_rounds, (double)c->decisions));
  bac_columns_count(to, "whole_nodes", o->storing[1]);
  bac_columns_real(to, "storage_whole_bytes", ratio((double)o->stored_bytes[1], (double)o->storing[1]));
  bac_columns_count(to, "light_nodes", o->storing[0]);
  bac_columns_real(to, "storage_light_bytes", ratio((double)o->stored_bytes[0], (double)o->storing[0]));
  bac_columns_count(to, "state_transfers", o->jumps);
  bac_columns_count(to, "view_changes", view_changes);
  bac_columns_count(to, "messages", c->messages_sent);
  bac_columns_count(to, "consensus_messages", c->consensus_sent);
  bac_columns_count(to, "message_bytes", c->message_bytes_sent);
  bac_columns_count(to, "wired_frames", c->wired_frames_sent);
  bac_columns_count(to, "relayed", c->relayed);
  bac_columns_count(to, "repair_symbols", c->repair_symbols);
  bac_columns_count(to, "mac_drops", o->totals.mac_drops);
  bac_columns_count(to, "mac_timeouts", o->totals.mac_timeouts);
  bac_columns_count(to, "cpu_overflows", o->totals.cpu_overflows);
  bac_columns_real(to, "cpu_busy_s_per_ev", ratio((double)o->totals.cpu_busy * 1e-9, (double)o->members));
  for (int i = 0; i < BAC_REJECT_COUNT; i++) {
    char name[64];
    snprintf(name, sizeof name, "reject_%s", bac_reject_name((enum bac_reject)i));
    bac_columns_count(to, name, c->rejects[i]);
  }
  audit(o, to);
  bac_columns_count(to, "conflicts", o->report.conflicts);
}
