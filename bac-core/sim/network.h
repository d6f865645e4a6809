/* SPDX-License-Identifier: GPL-2.0-only */
/* The in-process host: a deterministic network of nodes, on an 802.11p medium or without a radio, with loss, delay, duplication, corruption,
 * partitions and crashes, watched by the observer (observer.h). One seed, one run, the same bytes out. */
#ifndef BAC_SIM_NETWORK_H
#define BAC_SIM_NETWORK_H

#include "bac/bac.h"
#include "bac/cost.h"
#include "bac/workload.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_air_config;
struct bac_medium;

/* A host's clock against the world's, and its speed. */
struct bac_sim_clock {
  bac_time offset;   /* >= 0 */
  int32_t drift_ppm; /* at least 0 where the offset is 0 */
  bac_time slowness; /* CPU time that each step takes on top of its cost */
};

struct bac_sim_config {
  struct bac_config node;     /* its seed is the run's seed */
  uint32_t nodes;             /* ids 0..nodes-1 */
  uint32_t founders;          /* of them, the members at genesis: ids below; 0: all. The others are down until bac_sim_restart */
  uint32_t epoch_blocks;      /* 0: members neither join nor leave */
  uint32_t shard;
  const struct bac_neighbour *neighbours; /* of the shard; borrowed for bac_sim_new */
  uint32_t neighbour_count;
  uint32_t loss_permille;     /* independent, per receiver */
  uint32_t duplicate_permille;
  uint32_t corrupt_permille;  /* one byte of the frame is changed */
  bac_time delay_min, delay_max; /* added to a frame's airtime, uniform */
  uint32_t tx_rate_milli;     /* per 1000 s and node */
  uint32_t tx_bytes;
  bac_time tx_stop;           /* no submissions from then on */
  bac_time jam_after;         /* primaries are jammed (jammer.h); BAC_NEVER: they are not */
  const struct bac_cost_model *cost; /* NULL: CPU time is free */
  uint32_t byzantine;         /* ids below are not honest: nobody watches what they commit, and they hear frames when down */
  uint32_t twins;             /* hosts nodes..nodes+twins-1 are live copies of ids 0.., with the same keys */
  const struct bac_sim_clock *clocks; /* of each node, copied; NULL: all exact */
  bool disks;                 /* records go into files on simulated disks (disk.h), which a crash tears; else into memory */
  bool share;                 /* one store of signature verdicts for all nodes */
  const struct bac_air_config *air; /* frames contend, collide and fade on this medium (air.h), and what is above comes on top; borrowed for
                                       bac_sim_new. NULL: every frame takes its airtime, for its sender alone, and everybody hears it */
  const double (*at_m)[3];    /* with air: where each node stands; borrowed for bac_sim_new */
};

/* Defaults: 4 nodes, no faults, 1 to 5 ms delay, workload of protocols.md, free CPU. */
struct bac_sim_config bac_sim_config_default(const char *protocol, uint64_t seed);

struct bac_sim;
/* NULL with a line in `why` when the configuration does not hold. */
struct bac_sim *bac_sim_new(const struct bac_sim_config *config, char *why, size_t why_size);
void bac_sim_free(struct bac_sim *sim); /* NULL is ignored */

/* Runs until the simulated time; may be called again with a later one. */
void bac_sim_run(struct bac_sim *sim, bac_time until);

bac_time bac_sim_now(const struct bac_sim *sim);
/* Steps so far; lives of a node: a crash ends one. */
uint64_t bac_sim_steps(const struct bac_sim *sim);
uint32_t bac_sim_life(const struct bac_sim *sim, uint32_t node);
bool bac_sim_up(const struct bac_sim *sim, uint32_t host);

/* Faults, from now on. */
void bac_sim_set_loss(struct bac_sim *sim, uint32_t loss_permille);
/* Neither loss, duplication, corruption, long delays nor slow nodes any longer; clocks stay as they are. */
void bac_sim_calm(struct bac_sim *sim);
/* group[i] of each node: frames pass within a group only. NULL heals. */
void bac_sim_partition(struct bac_sim *sim, const uint8_t *group);
void bac_sim_crash(struct bac_sim *sim, uint32_t node);
/* The node crashes at its `writes`-th record or frame from now on (1: the next), in the middle of a step: while the record is written, so
 * that the step is lost, or before the frame leaves, those before it sent and the step's records durable. 0: no longer. */
void bac_sim_crash_within(struct bac_sim *sim, uint32_t node, uint32_t writes);
/* From the durable records alone; of an EV that was never there, its first start. */
void bac_sim_restart(struct bac_sim *sim, uint32_t node);
/* Where a node's records go (store/store.h), borrowed; NULL, and at first: into the host's own. When it fails, the node crashes. To be
 * called while the node is up. */
struct bac_store;
void bac_sim_use_store(struct bac_sim *sim, uint32_t node, struct bac_store *store);

/* The EV means to leave then. It goes when bac_sim_crash says so. */
void bac_sim_depart(struct bac_sim *sim, uint32_t node, bac_time at);

/* The controller's announcement (controller.h), and where the EV finds itself: it may send it into another shard. When it is no member any
 * more, what it takes along (NULL: it is one still), to be freed; in the other network, where it is a node that is down, it restarts with
 * that. */
void bac_sim_assign(struct bac_sim *sim, uint32_t node, const uint8_t *bytes, size_t length, const struct bac_motion *own);
uint8_t *bac_sim_passport(const struct bac_sim *sim, uint32_t node, size_t *length);
void bac_sim_arrive(struct bac_sim *sim, uint32_t node, const uint8_t *passport, size_t length);
/* How the shard is known to others at the beginning. */
void bac_sim_neighbour(const struct bac_sim *sim, struct bac_neighbour *out);
/* The account of an EV at a node; false: there is none, or the node is down. */
bool bac_sim_account(const struct bac_sim *sim, uint32_t node, uint32_t id, struct bac_account_view *out);

/* Every frame on its way to a receiver: may be changed in place (up to *length bytes), or dropped by returning false. */
typedef bool (*bac_sim_filter)(void *ctx, uint32_t from, uint32_t to, uint8_t *bytes, size_t *length);
void bac_sim_set_filter(struct bac_sim *sim, bac_sim_filter filter, void *ctx);
/* Feeds bytes to a node as if they had been received now (hostile frames in tests). */
void bac_sim_inject(struct bac_sim *sim, uint32_t to, const uint8_t *bytes, size_t length);
/* The same, after a delay: for frames that are late, or replayed. */
void bac_sim_inject_after(struct bac_sim *sim, uint32_t to, const uint8_t *bytes, size_t length, bac_time delay);
/* Every effect of every host, twins included, as it is carried out. */
typedef void (*bac_sim_effect)(void *ctx, bac_time now, uint32_t host, const struct bac_effect *effect);
void bac_sim_on_effect(struct bac_sim *sim, bac_sim_effect on_effect, void *ctx);
/* Every commit of every node, as it happens. */
typedef void (*bac_sim_commit)(void *ctx, bac_time now, uint32_t node, const struct bac_commit *commit);
void bac_sim_on_commit(struct bac_sim *sim, bac_sim_commit on_commit, void *ctx);

struct bac_sim_report {
  uint64_t conflicts;          /* heights at which two nodes committed different blocks */
  uint64_t gaps;               /* commits that did not follow the node's previous one */
  uint64_t height_min, height_max; /* over nodes that are up */
  uint64_t txs_submitted, txs_committed; /* committed: at the sender */
  uint64_t frames, frame_bytes;
  uint64_t steps;
  uint64_t epoch_max;          /* newest epoch that has begun somewhere */
  uint64_t stalls;             /* epochs that the roster ended since the committee was silent */
  uint64_t blocks_revoked, txs_revoked; /* txs: at the sender; committed once more than this they are in txs_committed */
  uint64_t turns, jumps;       /* epochs begun, summed over nodes; of them, by a state from others */
};
struct bac_sim_report bac_sim_report(const struct bac_sim *sim);
/* The first conflict in words, with the seed; "" when there is none. */
const char *bac_sim_conflict(const struct bac_sim *sim);
/* Epoch of a node and whether it is a member; false while it is down. */
bool bac_sim_epoch(const struct bac_sim *sim, uint32_t node, uint64_t *epoch, bool *member);
void bac_sim_counters(const struct bac_sim *sim, uint32_t node, struct bac_counters *out);
/* The medium, to move nodes (its stations) and to ask for busy times and totals; NULL: there is none. */
struct bac_medium *bac_sim_medium(struct bac_sim *sim);
/* Over the state of all nodes that are up. */
void bac_sim_digest(const struct bac_sim *sim, uint8_t out[BAC_HASH_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
