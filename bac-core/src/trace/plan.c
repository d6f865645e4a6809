/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "trace/buildings.h"
#include "trace/choose.h"
#include "trace/rsu.h"

static double seconds(int64_t ns) { return (double)ns * 1e-9; }

static int check_want(const struct bac_trace *trace, const struct bac_plan_want *want, int64_t begin_ns, char *why,
                      size_t why_size) {
  const int64_t end_ns = begin_ns + want->duration_ns;
  if (want->shards == 0 || want->shards > want->evs) {
    snprintf(why, why_size, "shards is %u with %u vehicles: give at most one shard for each vehicle", want->shards, want->evs);
    return BAC_EINVAL;
  }
  if ((want->evs - 1) / want->shards + 1 > BAC_ROSTER_MAX) {
    snprintf(why, why_size, "evs is %u in %u shards: a shard holds at most %d, so give fewer vehicles or more shards", want->evs,
             want->shards, BAC_ROSTER_MAX);
    return BAC_EINVAL;
  }
  if (want->evs > BAC_PLAN_EV_END) {
    snprintf(why, why_size, "evs is %u: give at most %d", want->evs, BAC_PLAN_EV_END);
    return BAC_EINVAL;
  }
  if (want->handover && want->shards > BAC_PLAN_HANDOVER_SHARDS) {
    snprintf(why, why_size, "handover among %u shards: give at most %d, or handover=false", want->shards, BAC_PLAN_HANDOVER_SHARDS);
    return BAC_EINVAL;
  }
  if (begin_ns < trace->begin_ns || end_ns > bac_trace_end(trace)) {
    snprintf(why, why_size,
             "the run needs the trace from %.9g to %.9g s, \"%s\" has %.9g to %.9g s: shorten the time or build a longer trace",
             seconds(begin_ns), seconds(end_ns), want->name, seconds(trace->begin_ns), seconds(bac_trace_end(trace)));
    return BAC_ELIMIT;
  }
  return BAC_OK;
}

/* Of epoch 0: who is there at the begin. The others have certificates, and join. */
static int add_founders(const struct bac_plan *plan, struct bac_plan_shard *s, const struct bac_plan_want *want, char *why, size_t why_size) {
  s->roster = s->everybody;
  if (!want->churn || want->epoch_blocks == 0) return BAC_OK;
  const uint32_t count = s->everybody.count;
  s->founders = bac_alloc(count, sizeof *s->founders);
  s->certificates = bac_alloc(count, sizeof *s->certificates);
  s->roster.members = s->founders;
  s->roster.count = 0;
  s->roster.epoch_blocks = want->epoch_blocks;
  bac_ca_derive_key(want->seed, s->roster.ca_key);
  for (uint32_t i = 0; i < count; i++) bac_certificate_derive(want->seed, s->members[i].id, s->everybody.shard, 0, BAC_NEVER, s->certificates[i]);
  /* Those who stay as long as a newcomer has to; if these are too few, those who stay half as long, and so on. */
  for (int64_t stay = want->stay_ns;; stay = stay > BAC_SECOND ? stay / 2 : 0) {
    s->roster.count = 0;
    for (uint32_t i = 0; i < count; i++) {
      bac_time begin, end;
      if (bac_plan_stay(plan, s->vehicles[i], 0, &begin, &end) && begin <= 0 && end >= stay) s->founders[s->roster.count++] = s->members[i];
    }
    if (s->roster.count >= BAC_PLAN_FOUNDERS_MIN || stay == 0) break;
  }
  if (s->roster.count > 0) return BAC_OK;
  snprintf(why, why_size, "none of the %u vehicles of shard %u is there at %.9g s: choose another begin, or more vehicles", count,
           s->roster.shard, seconds(plan->begin_ns));
  return BAC_ELIMIT;
}

static int sites_of_map(struct bac_plan *plan, const struct bac_sharding_want *sharding, char *why, size_t why_size) {
  struct bac_shard_map *map;
  const int status = bac_shard_map_new(sharding, &map, why, why_size);
  if (status != BAC_OK) return status;
  plan->site_count = bac_shard_map_sites(map, NULL, 0);
  plan->sites = bac_alloc(plan->site_count, sizeof *plan->sites);
  bac_shard_map_sites(map, plan->sites, plan->site_count);
  bac_shard_map_free(map);
  return BAC_OK;
}

/* When each of a shard's vehicles is first there, as k-means saw it. */
static void first_states(const struct bac_plan *plan, const uint32_t *vehicles, uint32_t count, struct bac_trace_state *states) {
  for (uint32_t i = 0; i < count; i++) {
    const bool there = bac_sharding_first(plan->trace, vehicles[i], plan->begin_ns, plan->begin_ns + plan->duration_ns, &states[i]);
    BAC_ASSERT(there); /* only such vehicles are chosen */
  }
}

static void sites_of_clusters(struct bac_plan *plan, const struct bac_plan_want *want) {
  struct bac_trace_state *states = bac_alloc(want->evs, sizeof *states);
  uint32_t *shard_of = bac_alloc(want->evs, sizeof *shard_of), next = 0;
  for (uint32_t s = 0; s < want->shards; s++) {
    const struct bac_plan_shard *shard = &plan->shards[s];
    first_states(plan, shard->vehicles, shard->everybody.count, states + next);
    for (uint32_t i = 0; i < shard->everybody.count; i++) shard_of[next++] = s;
  }
  plan->site_count = want->shards;
  plan->sites = bac_alloc(plan->site_count, sizeof *plan->sites);
  bac_sharding_sites(states, next, shard_of, want->shards, plan->sites, &plan->weight_ms);
  free(states);
  free(shard_of);
}

/* Shards know each other, by the rosters with which they begin; the controller knows what is whose. */
static int add_handovers(struct bac_plan *plan, const struct bac_plan_want *want, const struct bac_sharding_want *sharding, char *why,
                         size_t why_size) {
  if (want->sharding == BAC_SHARDING_KMEANS) {
    sites_of_clusters(plan, want);
  } else {
    const int status = sites_of_map(plan, sharding, why, why_size);
    if (status != BAC_OK) return status;
  }
  for (uint32_t s = 0; s < want->shards; s++) {
    struct bac_plan_shard *shard = &plan->shards[s];
    shard->neighbours = bac_alloc(want->shards, sizeof *shard->neighbours);
    for (uint32_t i = 0; i < want->shards; i++)
      if (i != s) bac_neighbour_derive(&shard->neighbours[shard->roster.neighbour_count++], &plan->shards[i].roster);
    shard->roster.neighbours = shard->neighbours;
  }
  return BAC_OK;
}

/* vehicles[count]: chosen for the shard. */
static void add_members(struct bac_plan_shard *s, uint32_t shard, uint32_t first_id, const uint32_t *vehicles, uint32_t count,
                        uint64_t seed) {
  uint32_t *ids = bac_alloc(count, sizeof *ids);
  for (uint32_t i = 0; i < count; i++) ids[i] = first_id + i;
  s->members = bac_alloc(count, sizeof *s->members);
  s->vehicles = bac_alloc(count, sizeof *s->vehicles);
  memcpy(s->vehicles, vehicles, count * sizeof *vehicles);
  const int status = bac_members_derive(seed, ids, count, s->members);
  BAC_ASSERT(status == BAC_OK); /* counts and ids were checked */
  s->everybody = (struct bac_roster){.shard = shard, .count = count, .members = s->members};
  free(ids);
}

static int add_rsus(struct bac_plan *plan, uint32_t shard, const struct bac_box *cell, int32_t wanted, char *why,
                    size_t why_size) {
  struct bac_plan_shard *s = &plan->shards[shard];
  const uint32_t count = wanted < 0 ? bac_rsu_default(cell) : (uint32_t)wanted;
  const uint32_t first_id = BAC_PLAN_RSU_BEGIN + plan->rsu_count;
  if (count > BAC_RSU_MAX) {
    snprintf(why, why_size, "rsus is %u: give at most %d", count, BAC_RSU_MAX);
    return BAC_EINVAL;
  }
  if (first_id + count > BAC_PLAN_MBS_BEGIN || BAC_PLAN_MBS_BEGIN + shard > BAC_NODE_ID_MAX) {
    snprintf(why, why_size, "rsus is %u in shard %u, and %u before it: give fewer, or fewer shards", count, shard, plan->rsu_count);
    return BAC_EINVAL;
  }
  if (count == 0) return BAC_OK;
  double *x = bac_alloc(count, sizeof *x), *y = bac_alloc(count, sizeof *y);
  const int status = bac_rsu_grid(cell, count, x, y);
  BAC_ASSERT(status == BAC_OK);
  s->rsus = bac_alloc(count, sizeof *s->rsus);
  for (uint32_t i = 0; i < count; i++) {
    double at[2] = {x[i], y[i]};
    bac_trace_outside(plan->trace, at);
    s->rsus[i] = (struct bac_plan_rsu){.id = first_id + i, .x_m = at[0], .y_m = at[1]};
  }
  s->rsu_count = count;
  s->mbs = BAC_PLAN_MBS_BEGIN + shard;
  plan->rsu_count += count;
  free(x);
  free(y);
  return BAC_OK;
}

/* Around the shard's vehicles as k-means saw them. */
static struct bac_box box_of(const struct bac_plan *plan, const uint32_t *vehicles, uint32_t count) {
  struct bac_box box = {0};
  struct bac_trace_state *states = bac_alloc(count, sizeof *states);
  first_states(plan, vehicles, count, states);
  for (uint32_t i = 0; i < count; i++) {
    const struct bac_trace_state at = states[i];
    if (i == 0) box = (struct bac_box){at.x_m, at.y_m, at.x_m, at.y_m};
    if (at.x_m < box.min_x) box.min_x = at.x_m;
    if (at.y_m < box.min_y) box.min_y = at.y_m;
    if (at.x_m > box.max_x) box.max_x = at.x_m;
    if (at.y_m > box.max_y) box.max_y = at.y_m;
  }
  free(states);
  return box;
}

/* Vehicles and their shards to members, RSUs beside them. */
static int cast(struct bac_plan *plan, const struct bac_plan_want *want, char *why, size_t why_size) {
  const struct bac_box area = bac_trace_area(plan->trace);
  const enum bac_shard_policy policy = bac_shards_policy_for(&area);
  const struct bac_trace_want choice = {.evs = want->evs,
                                        .shards = want->shards,
                                        .policy = policy,
                                        .begin_ns = plan->begin_ns,
                                        .end_ns = plan->begin_ns + plan->duration_ns,
                                        .seed = want->seed,
                                        .churn = want->churn,
                                        .sharding = want->sharding,
                                        .rsus = want->rsus};
  uint32_t *vehicles = bac_alloc(want->evs, sizeof *vehicles), *shard_of = bac_alloc(want->evs, sizeof *shard_of);
  int status = bac_trace_choose(plan->trace, &choice, vehicles, shard_of, why, why_size);
  uint32_t first = 0;
  for (uint32_t s = 0; s < want->shards && status == BAC_OK; s++) {
    uint32_t end = first;
    while (end < want->evs && shard_of[end] == s) end++;
    add_members(&plan->shards[s], s, first, vehicles + first, end - first, want->seed);
    status = add_founders(plan, &plan->shards[s], want, why, why_size);
    if (status != BAC_OK) break;
    const struct bac_box cell = want->sharding == BAC_SHARDING_KMEANS ? box_of(plan, vehicles + first, end - first)
                                                                      : bac_shards_box(policy, &area, want->shards, s);
    status = add_rsus(plan, s, &cell, want->rsus, why, why_size);
    first = end;
  }
  free(vehicles);
  free(shard_of);
  const struct bac_sharding_want sharding = {want->sharding, policy, area, want->shards, want->rsus, want->seed};
  const bool handover = want->handover && want->churn && want->epoch_blocks > 0 && want->shards > 1;
  if (status == BAC_OK && handover) status = add_handovers(plan, want, &sharding, why, why_size);
  return status;
}

int bac_plan_new(const struct bac_trace *trace, const struct bac_plan_want *want, struct bac_plan **out, char *why,
                 size_t why_size) {
  const int64_t begin_ns = want->from_begin ? trace->begin_ns : want->begin_ns;
  int status = check_want(trace, want, begin_ns, why, why_size);
  if (status != BAC_OK) return status;
  struct bac_plan *plan = bac_alloc(1, sizeof *plan);
  plan->trace = trace;
  plan->begin_ns = begin_ns;
  plan->duration_ns = want->duration_ns;
  plan->shard_count = want->shards;
  plan->shards = bac_alloc(want->shards, sizeof *plan->shards);
  plan->rosters = bac_alloc(want->shards, sizeof *plan->rosters);
  for (uint32_t s = 0; s < want->shards; s++) plan->rosters[s] = &plan->shards[s].roster;
  status = cast(plan, want, why, why_size);
  if (status == BAC_OK)
    *out = plan;
  else
    bac_plan_free(plan);
  return status;
}

void bac_plan_free(struct bac_plan *plan) {
  if (!plan) return;
  for (uint32_t s = 0; s < plan->shard_count; s++) {
    free(plan->shards[s].members);
    free(plan->shards[s].founders);
    free(plan->shards[s].certificates);
    free(plan->shards[s].vehicles);
    free(plan->shards[s].rsus);
    free(plan->shards[s].neighbours);
  }
  free(plan->rosters);
  free(plan->sites);
  free(plan->shards);
  free(plan);
}

bool bac_plan_motion(const struct bac_plan *plan, bac_time now, uint32_t id, struct bac_motion *motion) {
  struct bac_trace_state state;
  for (uint32_t s = 0; s < plan->shard_count; s++) {
    const struct bac_plan_shard *shard = &plan->shards[s];
    const uint32_t first = shard->everybody.members[0].id;
    if (id < first || id - first >= shard->everybody.count) continue;
    if (!bac_trace_position(plan->trace, shard->vehicles[id - first], plan->begin_ns + now, &state)) return false;
    bac_sharding_motion(&state, motion);
    return true;
  }
  return false;
}

bool bac_plan_stay(const struct bac_plan *plan, uint32_t vehicle, bac_time from, bac_time *begin, bac_time *end) {
  if (!bac_trace_presence(plan->trace, vehicle, plan->begin_ns + from, begin, end)) return false;
  *begin -= plan->begin_ns;
  *end -= plan->begin_ns;
  return *begin < plan->duration_ns;
}
