/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/choose.h"

#include <stdio.h>
#include <stdlib.h>

#include "bac/types.h"
#include "base/bytes.h"
#include "base/random.h"

/* Streams of the node purpose far beyond any node id: choosing vehicles shifts no other draw. */
#define CHOICE_STREAM ((uint64_t)0x74726163 << 32)

#define NO_SHARD UINT32_MAX

static double seconds(int64_t ns) { return (double)ns / 1e9; }

static uint32_t quota(uint32_t evs, uint32_t shards, uint32_t shard) { return evs / shards + (shard < evs % shards); }

/* The shard of every vehicle that may be chosen, NO_SHARD for the others. */
static uint32_t *candidates(const struct bac_trace *trace, const struct bac_trace_want *want, const struct bac_shard_map *map) {
  uint32_t *shards = bac_alloc(trace->vehicle_count, sizeof *shards);
  for (uint32_t v = 0; v < trace->vehicle_count; v++) {
    uint32_t shard, instants;
    shards[v] = NO_SHARD;
    if (!want->churn && !bac_trace_stays(trace, v, want->begin_ns, want->end_ns)) continue;
    /* Present for a single instant of a longer window: nothing could be sent. */
    bool momentary = want->churn && want->end_ns > want->begin_ns;
    bool seen = bac_shard_map_stay(map, trace, v, want->begin_ns, want->end_ns, &shard, &instants);
    /* A window shorter than a step can hold no instant at all: the vehicle is where it is at the beginning. */
    if (!seen && !want->churn) {
      struct bac_trace_state state;
      bac_trace_position(trace, v, want->begin_ns, &state);
      shard = bac_shard_map_at(map, state.x_m, state.y_m);
      seen = true;
    }
    if (seen && !(momentary && instants < 2)) shards[v] = shard;
  }
  return shards;
}

static int check_want(const struct bac_trace *trace, const struct bac_trace_want *want, char *why, size_t why_size) {
  const char *name = trace->strings[trace->scenario];
  if (want->shards < 1 || want->shards > BAC_SHARDS_MAX) {
    if (why) snprintf(why, why_size, "--shards=%u is out of range: choose 1 to %d", want->shards, BAC_SHARDS_MAX);
    return BAC_EINVAL;
  }
  if (want->begin_ns > want->end_ns || want->begin_ns < trace->begin_ns || want->end_ns > bac_trace_end(trace)) {
    if (why) {
      snprintf(why, why_size,
               "the window %g s to %g s is outside the trace of scenario %.100s, which covers %g s to %g s: choose a "
               "window within it or rebuild it with: bac-trace --begin=... --duration=...",
               seconds(want->begin_ns), seconds(want->end_ns), name, seconds(trace->begin_ns),
               seconds(bac_trace_end(trace)));
    }
    return BAC_EINVAL;
  }
  return BAC_OK;
}

static struct bac_sharding_want sharding_of(const struct bac_trace *trace, const struct bac_trace_want *want) {
  return (struct bac_sharding_want){.sharding = want->sharding,
                                    .policy = want->policy,
                                    .area = bac_trace_area(trace),
                                    .shards = want->shards,
                                    .rsus = want->rsus,
                                    .seed = want->seed};
}

int bac_trace_available(const struct bac_trace *trace, const struct bac_trace_want *want, uint32_t *available,
                        char *why, size_t why_size) {
  const struct bac_sharding_want sharding = sharding_of(trace, want);
  struct bac_shard_map *map;
  int status = check_want(trace, want, why, why_size);
  if (status == BAC_OK) status = bac_shard_map_new(&sharding, &map, why, why_size);
  if (status != BAC_OK) return status;
  uint32_t *of = candidates(trace, want, map);
  bac_shard_map_free(map);
  for (uint32_t s = 0; s < want->shards; s++) available[s] = 0;
  for (uint32_t v = 0; v < trace->vehicle_count; v++) {
    if (of[v] != NO_SHARD) available[of[v]]++;
  }
  free(of);
  return BAC_OK;
}

/* The largest number of EVs that the shards have vehicles for; 0 when one shard has none. */
static uint32_t largest_choice(const uint32_t *available, uint32_t shards) {
  uint32_t least = available[0];
  for (uint32_t s = 1; s < shards; s++) {
    if (available[s] < least) least = available[s];
  }
  if (least == 0) return 0;
  uint32_t extra = 0; /* the leading shards that have one more */
  while (extra < shards && available[extra] > least) extra++;
  return least * shards + extra;
}

static int refuse_want(const struct bac_trace *trace, const struct bac_trace_want *want, const uint32_t *available,
                       uint32_t shard, char *why, size_t why_size) {
  char remedy[64] = "";
  uint32_t largest = largest_choice(available, want->shards);
  if (largest > 0) snprintf(remedy, sizeof remedy, "--evs=%u or fewer, ", largest);
  const char *span = want->churn ? "in any part of" : "for the whole of";
  if (why) {
    snprintf(why, why_size,
             "scenario %.100s has only %u vehicles in shard %u (of 0..%u) %s %g s to %g s, %u needed: choose %s%s%s",
             trace->strings[trace->scenario], available[shard], shard, want->shards - 1, span, seconds(want->begin_ns),
             seconds(want->end_ns), quota(want->evs, want->shards, shard), remedy,
             want->shards > 1 ? "fewer --shards" : "another --scenario",
             want->churn ? "" : ", or a shorter --time");
  }
  return BAC_ELIMIT;
}

/* Chooses `count` of the vehicles whose shard is `shard`, ascending. `pool` has room for every vehicle. */
static void choose_in_shard(const struct bac_trace *trace, const struct bac_trace_want *want, const uint32_t *of,
                            uint32_t shard, uint32_t count, uint32_t *pool, uint32_t *vehicles) {
  uint32_t left = 0;
  for (uint32_t v = 0; v < trace->vehicle_count; v++) {
    if (of[v] == shard) pool[left++] = v;
  }
  struct bac_random random = bac_random_stream(want->seed, CHOICE_STREAM + shard, BAC_PURPOSE_NODE);
  /* Selection sampling (Knuth 3.4.2 S): keeps the order, every subset is equally likely. */
  uint32_t chosen = 0;
  for (uint32_t i = 0; chosen < count; i++) {
    if (bac_random_below(&random, left - i) < count - chosen) vehicles[chosen++] = pool[i];
  }
}

/* A map decides where each vehicle belongs; then as many are chosen in each shard. */
static int choose_on_map(const struct bac_trace *trace, const struct bac_trace_want *want, const struct bac_shard_map *map,
                         uint32_t *vehicles, uint32_t *shard, char *why, size_t why_size) {
  int status = BAC_OK;
  uint32_t *available = bac_alloc(want->shards, sizeof *available);
  uint32_t *pool = bac_alloc(trace->vehicle_count, sizeof *pool);
  uint32_t *of = candidates(trace, want, map);
  for (uint32_t v = 0; v < trace->vehicle_count; v++) {
    if (of[v] != NO_SHARD) available[of[v]]++;
  }
  for (uint32_t s = 0; s < want->shards && status == BAC_OK; s++) {
    if (available[s] < quota(want->evs, want->shards, s))
      status = refuse_want(trace, want, available, s, why, why_size);
  }
  uint32_t next = 0;
  for (uint32_t s = 0; s < want->shards && status == BAC_OK; s++) {
    uint32_t count = quota(want->evs, want->shards, s);
    choose_in_shard(trace, want, of, s, count, pool, vehicles + next);
    for (uint32_t i = 0; i < count; i++) shard[next++] = s;
  }
  free(available);
  free(pool);
  free(of);
  return status;
}

/* Groups the chosen vehicles, ascending, and sorts them shard by shard. */
static int group(const struct bac_trace *trace, const struct bac_trace_want *want, uint32_t *vehicles, uint32_t *shard, char *why,
                 size_t why_size) {
  const struct bac_sharding_want sharding = sharding_of(trace, want);
  struct bac_trace_state *states = bac_alloc(want->evs, sizeof *states);
  uint32_t *of = bac_alloc(want->evs, sizeof *of), *chosen = bac_alloc(want->evs, sizeof *chosen), next = 0;
  memcpy(chosen, vehicles, want->evs * sizeof *chosen);
  for (uint32_t i = 0; i < want->evs; i++) bac_sharding_first(trace, chosen[i], want->begin_ns, want->end_ns, &states[i]);
  const int status = bac_sharding_assign(&sharding, states, want->evs, of, why, why_size);
  for (uint32_t s = 0; s < want->shards && status == BAC_OK; s++) {
    for (uint32_t i = 0; i < want->evs; i++) {
      if (of[i] != s) continue;
      vehicles[next] = chosen[i];
      shard[next++] = s;
    }
  }
  free(states);
  free(of);
  free(chosen);
  return status;
}

int bac_trace_choose(const struct bac_trace *trace, const struct bac_trace_want *want, uint32_t *vehicles,
                     uint32_t *shard, char *why, size_t why_size) {
  int status = check_want(trace, want, why, why_size);
  if (status != BAC_OK) return status;
  if (want->evs < want->shards) {
    if (why) {
      snprintf(why, why_size, "--evs=%u is less than --shards=%u: choose at least one vehicle for each shard",
               want->evs, want->shards);
    }
    return BAC_EINVAL;
  }
  /* k-means sees the whole area as one until its vehicles are chosen. */
  const bool whole = want->sharding == BAC_SHARDING_KMEANS;
  struct bac_trace_want placed = *want;
  if (whole) placed.sharding = BAC_SHARDING_QUADRANT, placed.shards = 1;
  const struct bac_sharding_want sharding = sharding_of(trace, &placed);
  struct bac_shard_map *map;
  status = bac_shard_map_new(&sharding, &map, why, why_size);
  if (status != BAC_OK) return status;
  status = choose_on_map(trace, &placed, map, vehicles, shard, why, why_size);
  bac_shard_map_free(map);
  return status == BAC_OK && whole ? group(trace, want, vehicles, shard, why, why_size) : status;
}
