/* SPDX-License-Identifier: GPL-2.0-only */
/* One node on one machine: a CPU that takes its time over each step, events that wait for it, durable records, crashes. The clock,
 * the devices and who carries out effects are the caller's.
 *
 * CPU time is part of the model: a step at time t that costs d keeps the CPU busy until t + d; only then are the effects carried
 * out, and events that come meanwhile wait in order. So a caller, after each event that it adds, goes
 *
 *   while (bac_host_step(host, now, &cost, ...) > 0) { once `cost` has passed: carry out bac_host_finish(host, ...); bac_host_done(host); }
 */
#ifndef BAC_SIM_HOST_H
#define BAC_SIM_HOST_H

#include "bac/bac.h"
#include "bac/cost.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_host;
struct bac_store;

struct bac_host_limits {
  uint32_t radios;      /* as bac_node_set_radios */
  uint32_t frames;      /* that each takes at a time; UINT32_MAX: no limit */
  uint32_t queue;       /* frames and transactions that may wait for the CPU; more are lost */
  bool keep_records;    /* for a restart */
};

/* A host whose node is down.  config: copied, what it points to is borrowed.  NULL with a line in `why` when it does not hold. */
struct bac_host *bac_host_new(const struct bac_node_config *config, const struct bac_cost_model *cost, char *why,
                              size_t why_size);
void bac_host_free(struct bac_host *host); /* NULL is ignored */
/* Where the records go (store/store.h), borrowed, while the node is down; NULL, at first, and in each shard that
 * the EV is handed over to: into memory of the host's own. */
void bac_host_use_store(struct bac_host *host, struct bac_store *store);

/* The node, which is down, starts anew from the durable records. */
void bac_host_boot(struct bac_host *host, const struct bac_host_limits *limits);
/* Loses all but the durable records, as in a power cut. */
void bac_host_crash(struct bac_host *host);
bool bac_host_is_up(const struct bac_host *host);

/* Events. They are lost while the node is down. */

/* Room for the bytes of a frame that comes in on a port, to be filled before the next call; NULL when it is lost. */
uint8_t *bac_host_frame(struct bac_host *host, uint32_t port, size_t length);
void bac_host_submit(struct bac_host *host, const struct bac_submit *submit);
/* The EV means to leave the shard then, for nowhere; BAC_NEVER: it does not. Said again after each boot. */
void bac_host_depart(struct bac_host *host, bac_time at);
/* The controller's announcement (controller.h), and where the EV finds itself. */
void bac_host_assign(struct bac_host *host, const uint8_t *bytes, size_t length, const struct bac_motion *own);
/* A radio is done with as many frames; waits past the limit. */
void bac_host_sent(struct bac_host *host, uint32_t radio, uint32_t count);
/* The time of bac_host_wakeup has come; waits past the limit. */
void bac_host_wake(struct bac_host *host);

/* Hands the node the next event that waits, unless the CPU is busy. 1: it is now, for *cost; 0: there is nothing to do; else a
 * negative bac_error, a bug or records that cannot be read, and a line in `why`. A transaction for which the pool has no room is dropped. */
int bac_host_step(struct bac_host *host, bac_time now, bac_time *cost, char *why, size_t why_size);
/* The step is over: what it persists is durable. Its effects are to be carried out; borrowed until bac_host_done, and empty from a
 * crash on. NULL and a line in `why`: the store failed, and the node is down, since no frame may leave before its records are durable. */
const struct bac_output *bac_host_finish(struct bac_host *host, char *why, size_t why_size);
/* They are: the CPU is free. True: the EV has been handed over. Its node is down, and boots in its new shard (bac_host_shard) with what it
 * takes along; records of its time in the old one are kept, should it come back. */
bool bac_host_done(struct bac_host *host);
/* When the node wants to be woken; BAC_NEVER when it does not or is about to be. */
bac_time bac_host_wakeup(const struct bac_host *host);

/* All shards by the rosters of their first epochs; borrowed, with the list. Without, the EV is never handed over. */
void bac_host_set_shards(struct bac_host *host, const struct bac_roster *const *shards, uint32_t count);
uint32_t bac_host_shard(const struct bac_host *host);
/* As bac_node_account. False: there is none, or the node is down. */
bool bac_host_account(const struct bac_host *host, uint32_t id, struct bac_account_view *out);

struct bac_host_totals {
  struct bac_counters counters; /* over all lives; what is no total: of the present one */
  uint64_t overflows;           /* events lost because too many waited */
  bac_time busy;                /* CPU time of steps */
};
struct bac_host_totals bac_host_sum(const struct bac_host *host);
/* Of the present life; false: there is none. */
bool bac_host_storage(const struct bac_host *host, struct bac_storage *out);

#ifdef __cplusplus
}
#endif

#endif
