/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/surroundings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/random.h"
#include "trace/trace.h"

/* Far beyond any node id: choosing bystanders shifts no other draw. */
#define BYSTANDER_STREAM ((uint64_t)0x62797374 << 32)

/* Vehicles that are there and not cast, ascending; returns how many. */
static uint32_t uncast(const struct bac_plan *plan, uint32_t *pool) {
  bool *cast = bac_alloc(plan->trace->vehicle_count, sizeof *cast);
  for (uint32_t s = 0; s < plan->shard_count; s++)
    for (uint32_t i = 0; i < plan->shards[s].everybody.count; i++) cast[plan->shards[s].vehicles[i]] = true;
  uint32_t count = 0;
  bac_time begin, end;
  for (uint32_t v = 0; v < plan->trace->vehicle_count; v++)
    if (!cast[v] && bac_plan_stay(plan, v, 0, &begin, &end)) pool[count++] = v;
  free(cast);
  return count;
}

int bac_plan_bystanders(const struct bac_plan *plan, uint64_t seed, uint32_t count, uint32_t *vehicles, char *why, size_t why_size) {
  uint32_t *pool = bac_alloc(plan->trace->vehicle_count, sizeof *pool);
  const uint32_t left = uncast(plan, pool);
  if (count > left) {
    snprintf(why, why_size, "%u bystanders are more than the %u other vehicles that the trace has in the run: choose fewer, or fewer members",
             count, left);
    free(pool);
    return BAC_ELIMIT;
  }
  struct bac_random random = bac_random_stream(seed, BYSTANDER_STREAM, BAC_PURPOSE_NODE);
  for (uint32_t i = 0; i < count; i++) { /* the begin of a shuffle (Fisher, Yates; Knuth 3.4.2 P) */
    const uint32_t from = i + (uint32_t)bac_random_below(&random, left - i);
    vehicles[i] = pool[from];
    pool[from] = pool[i];
  }
  free(pool);
  return BAC_OK;
}

static bool first_place(const struct bac_plan *plan, uint32_t vehicle, double at_m[2]) {
  struct bac_trace_state state;
  if (!bac_sharding_first(plan->trace, vehicle, plan->begin_ns, plan->begin_ns + plan->duration_ns, &state)) return false;
  at_m[0] = state.x_m;
  at_m[1] = state.y_m;
  return true;
}

void bac_plan_centre(const struct bac_plan *plan, uint32_t shard, double at_m[2]) {
  const struct bac_plan_shard *s = &plan->shards[shard];
  double sum[2] = {0, 0}, at[2];
  uint32_t count = 0;
  for (uint32_t i = 0; i < s->everybody.count; i++) {
    if (!first_place(plan, s->vehicles[i], at)) continue;
    sum[0] += at[0];
    sum[1] += at[1];
    count++;
  }
  at_m[0] = count > 0 ? sum[0] / count : 0;
  at_m[1] = count > 0 ? sum[1] / count : 0;
}

uint32_t bac_plan_nearest(const struct bac_plan *plan, uint32_t vehicle) {
  double at[2] = {0, 0}, least = INFINITY;
  uint32_t nearest = 0;
  first_place(plan, vehicle, at);
  for (uint32_t s = 0; s < plan->shard_count; s++) {
    double centre[2];
    bac_plan_centre(plan, s, centre);
    const double dx = centre[0] - at[0], dy = centre[1] - at[1], distance2 = dx * dx + dy * dy;
    if (!(distance2 < least)) continue;
    least = distance2;
    nearest = s;
  }
  return nearest;
}
