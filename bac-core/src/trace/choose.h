/* SPDX-License-Identifier: GPL-2.0-only */
/* The choice of a run's electric vehicles from a trace, and the shard of each. */
#ifndef BAC_TRACE_CHOOSE_H
#define BAC_TRACE_CHOOSE_H

#include "trace/sharding.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_trace_want {
  uint32_t evs;    /* >= shards */
  uint32_t shards; /* 1..BAC_SHARDS_MAX */
  enum bac_shard_policy policy;
  int64_t begin_ns, end_ns; /* the run's window, within the trace */
  uint64_t seed;
  bool churn; /* also those that come and go; else only those present at every time of the window */
  enum bac_sharding sharding;
  int32_t rsus; /* sharding by RSU: as in struct bac_sharding_want */
};

/* Chooses want->evs vehicles, evs / shards in each shard (one more in the first evs % shards): pseudo-random, the same
 * for the same trace and want. A vehicle belongs to the shard where it spends most of the window. Under churn every
 * vehicle that is present for more than one instant of the window is as likely as any other of its shard.
 * Sharding by k-means: evs vehicles of the whole area, each as likely as any other, then grouped as they are when first
 * there in the window. Shards differ in size, within the bounds of bac_sharding_assign.
 * vehicles[evs], shard[evs]: filled shard by shard, vehicle indices ascending within each.
 * Errors: BAC_EINVAL (an argument out of range), BAC_ELIMIT (a shard has too few); one line with the remedy in `why`.
 */
int bac_trace_choose(const struct bac_trace *trace, const struct bac_trace_want *want, uint32_t *vehicles,
                     uint32_t *shard, char *why, size_t why_size);

/* How many vehicles each shard has to choose from: available[want->shards]. want->evs and want->seed are ignored.
 * Errors: BAC_EINVAL, as above, and sharding by k-means: its shards exist among chosen vehicles only. */
int bac_trace_available(const struct bac_trace *trace, const struct bac_trace_want *want, uint32_t *available,
                        char *why, size_t why_size);

#ifdef __cplusplus
}
#endif

#endif
