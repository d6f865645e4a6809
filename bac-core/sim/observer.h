/* SPDX-License-Identifier: GPL-2.0-only */
/* A run seen from outside the nodes: whether honest nodes ever commit different blocks, and what they commit when.
 *
 * Safety is watched from the first commit to the last. What is measured counts within the window [begin, end): a block when it is
 * committed at its Q(n)-th member, a transaction when its own sender sees it committed. Nodes need no introduction: they join,
 * leave and come back as they like, and each commit says of how many members its roster is. Nothing here is a protocol's. */
#ifndef BAC_SIM_OBSERVER_H
#define BAC_SIM_OBSERVER_H

#include "bac/bac.h"
#include "attendance.h"
#include "columns.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_observer;

/* seed: of the run, named with a conflict.  begin, end: of the measured window; BAC_NEVER: it has no end. */
struct bac_observer *bac_observer_new(uint64_t seed, bac_time begin, bac_time end);
void bac_observer_free(struct bac_observer *observer); /* NULL is ignored */

/* A shard counts for the shard with the fewest blocks from now on, even if it never commits one. */
void bac_observer_add_shard(struct bac_observer *observer, uint32_t shard);

/* The node an effect comes from, as it stands now. */
struct bac_observed_node {
  uint32_t id;
  uint32_t shard;
};

/* A block with transactions, committed by Q(n) members within the window. */
struct bac_observed_block {
  uint32_t shard;
  uint64_t height, round;
  uint32_t proposer;
  uint32_t txs, bytes;  /* of its body */
  bac_time proposed_at; /* by its proposer's clock */
  bac_time committed_q; /* at the Q(n)-th member */
  uint32_t members;     /* that have committed it so far */
  uint64_t epoch;
  bool revoked;         /* its committee had made it final, its roster has ended the epoch below it */
  bac_time roster_final; /* as committed_q, or under BAC 2.0 when the Q(n)-th has begun the next epoch on it; BAC_NEVER: not yet */
  uint32_t light_bytes; /* that prove a transaction of it (struct bac_commit); 0: nothing does */
  double airtime_s;     /* on the shard's channel since the block before; a host with a radio sets it */
};

/* COMMIT, PROPOSE, TX_STATUS and EPOCH are looked at, other effects ignored. A node that commits a height again, after a restart, counts
 * once there.  Returns the block that now has its Q(n)-th commit, to be completed; borrowed until the next call. Else NULL. */
struct bac_observed_block *bac_observer_effect(struct bac_observer *observer, bac_time now, const struct bac_observed_node *node,
                                               const struct bac_effect *effect);

/* The node's next commit may have any height: it replays its past, or got a later state from others, or joined another shard. */
void bac_observer_skip(struct bac_observer *observer, uint32_t id);

struct bac_observer_report {
  uint64_t conflicts;     /* heights of a shard at which two nodes committed different blocks */
  uint64_t gaps;          /* commits that did not follow the node's previous one, unless it may skip */
  uint64_t txs_pooled;    /* by their senders, in the window */
  uint64_t txs_refused;   /* in the window */
  uint64_t txs_confirmed; /* committed at their senders, in the window */
  uint64_t txs_committed; /* in blocks of the window */
  size_t blocks;          /* those that were revoked afterwards, too */
  uint64_t blocks_revoked; /* of all of the run, committed by one node or more */
  uint64_t txs_revoked;    /* at their senders, in the window: to be committed again */
};
struct bac_observer_report bac_observer_sum(const struct bac_observer *observer);
/* Up to `end` of the window, or of no window: of its epochs. */
struct bac_attendance_report bac_observer_attendance(const struct bac_observer *observer);
/* The first conflict in words, with the seed; "" when there is none. */
const char *bac_observer_conflict(const struct bac_observer *observer);
/* What the node committed last; 0 when nothing. */
uint64_t bac_observer_height(const struct bac_observer *observer, uint32_t id);
/* All that bac_observer_effect returned, in that order; borrowed until the next call of it. */
const struct bac_observed_block *bac_observer_blocks(const struct bac_observer *observer);

/* Whether an EV is there: a host that lets them come and go says so. From the first EPOCH effect on, all are taken to be. */
void bac_observer_present(struct bac_observer *observer, bac_time now, uint32_t id, bool present);

/* What one node did in all of the run. */
struct bac_observed_totals {
  uint32_t shard;
  bool member;
  struct bac_counters counters;
  uint64_t mac_drops, mac_timeouts, cpu_overflows;
  bac_time cpu_busy;
  struct bac_storage storage; /* at the end; all zero: the node is down */
};
/* At the end, once for each node. */
void bac_observer_add_totals(struct bac_observer *observer, const struct bac_observed_totals *node);

/* At the end, for each node that is up: `account` is asked for every node's account there, if its state is the newest of its shard. Money that
 * was minted or lost in sum over all shards, and accounts that are in two of them, are a conflict. */
typedef bool (*bac_observer_account)(void *ctx, uint32_t id, struct bac_account_view *out);
void bac_observer_add_state(struct bac_observer *observer, uint32_t shard, uint64_t height, bac_observer_account account, void *ctx);

/* Columns of results: of a block, of the window, and of the nodes' totals with the conflicts at the end. */
void bac_observer_block_columns(const struct bac_observed_block *block, const struct bac_columns *to);
void bac_observer_columns(const struct bac_observer *observer, const struct bac_columns *to);
void bac_observer_totals_columns(struct bac_observer *observer, const struct bac_columns *to);

#ifdef __cplusplus
}
#endif

#endif
