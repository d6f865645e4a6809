/* SPDX-License-Identifier: GPL-2.0-only */
/* Around the cast of a run: vehicles that take no part, and where shards are. Host side. */
#ifndef BAC_TRACE_SURROUNDINGS_H
#define BAC_TRACE_SURROUNDINGS_H

#include "trace/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Vehicles of the trace that are there at some time of the run and that the plan has not cast: count of them, pseudo-random, the same for the
 * same plan and seed, and those of a smaller count come first. vehicles: room for `count`.
 * Errors: BAC_ELIMIT (there are too few); one line with the remedy in `why`. */
int bac_plan_bystanders(const struct bac_plan *plan, uint64_t seed, uint32_t count, uint32_t *vehicles, char *why, size_t why_size);

/* Where a shard is: the mean place of its vehicles, each when it is first there. at_m: x, y.  shard < plan->shard_count. */
void bac_plan_centre(const struct bac_plan *plan, uint32_t shard, double at_m[2]);

/* The shard whose centre is the nearest to where a vehicle is when it is first there in the run; of equals the lowest. It is there at some time. */
uint32_t bac_plan_nearest(const struct bac_plan *plan, uint32_t vehicle);

#ifdef __cplusplus
}
#endif

#endif
