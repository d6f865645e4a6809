/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/trace.h"

#include "base/bytes.h"

struct bac_box bac_trace_area(const struct bac_trace *trace) {
  return (struct bac_box){.min_x = trace->west_cm / 100.0,
                          .min_y = trace->south_cm / 100.0,
                          .max_x = trace->east_cm / 100.0,
                          .max_y = trace->north_cm / 100.0};
}

static int64_t instant_ns(const struct bac_trace *trace, uint64_t instant) {
  return trace->begin_ns + (int64_t)instant * trace->step_ns;
}

static const struct bac_trace_sample *samples_of(const struct bac_trace *trace, const struct bac_trace_vehicle *v) {
  return trace->samples + v->first_sample;
}

static double between(double a, double b, double share) { return a + (b - a) * share; }

static double heading_between(double a, double b, double share) {
  double turn = b - a;
  if (turn > 180) turn -= 360;
  if (turn < -180) turn += 360;
  double heading = a + turn * share;
  if (heading < 0) heading += 360;
  return heading >= 360 ? heading - 360 : heading;
}

/* Farther apart than 100 m and 100 m/s for a step: SUMO moved the vehicle, it did not drive there. */
static bool is_jump(const struct bac_trace *trace, const struct bac_trace_sample *a, const struct bac_trace_sample *b) {
  double dx = ((double)b->x_cm - a->x_cm) / 100, dy = ((double)b->y_cm - a->y_cm) / 100;
  double reach = 100 + 100 * ((double)trace->step_ns / 1e9);
  return dx * dx + dy * dy > reach * reach;
}

bool bac_trace_position(const struct bac_trace *trace, uint32_t vehicle, int64_t t_ns, struct bac_trace_state *state) {
  BAC_ASSERT(vehicle < trace->vehicle_count);
  *state = (struct bac_trace_state){0};
  const struct bac_trace_vehicle *v = &trace->vehicles[vehicle];
  int64_t first_ns = instant_ns(trace, v->first_instant);
  if (t_ns < first_ns || t_ns > instant_ns(trace, (uint64_t)v->first_instant + v->sample_count - 1)) return false;

  int64_t index = (t_ns - first_ns) / trace->step_ns, rest_ns = (t_ns - first_ns) % trace->step_ns;
  const struct bac_trace_sample *a = samples_of(trace, v) + index, *b = rest_ns > 0 ? a + 1 : a;
  if (a->x_cm == BAC_TRACE_ABSENT || b->x_cm == BAC_TRACE_ABSENT) return false;
  if (is_jump(trace, a, b)) b = a;

  double share = (double)rest_ns / (double)trace->step_ns;
  state->x_m = between(a->x_cm, b->x_cm, share) / 100;
  state->y_m = between(a->y_cm, b->y_cm, share) / 100;
  state->speed_mps = between(a->speed_cm_s, b->speed_cm_s, share) / 100;
  state->heading_deg = heading_between(a->heading_cdeg / 100.0, b->heading_cdeg / 100.0, share);
  state->charge_wh = between(a->charge_dwh, b->charge_dwh, share) / 10;
  state->capacity_wh = v->capacity_wh;
  state->lane = a->lane;
  return true;
}

bool bac_trace_presence(const struct bac_trace *trace, uint32_t vehicle, int64_t from_ns, int64_t *begin_ns,
                        int64_t *end_ns) {
  BAC_ASSERT(vehicle < trace->vehicle_count);
  const struct bac_trace_vehicle *v = &trace->vehicles[vehicle];
  const struct bac_trace_sample *samples = samples_of(trace, v);
  for (uint64_t i = 0; i < v->sample_count;) {
    if (samples[i].x_cm == BAC_TRACE_ABSENT) {
      i++;
      continue;
    }
    uint64_t last = i;
    while (last + 1 < v->sample_count && samples[last + 1].x_cm != BAC_TRACE_ABSENT) last++;
    *begin_ns = instant_ns(trace, v->first_instant + i);
    *end_ns = instant_ns(trace, v->first_instant + last);
    if (*end_ns >= from_ns) return true;
    i = last + 1;
  }
  *begin_ns = *end_ns = 0;
  return false;
}

bool bac_trace_stays(const struct bac_trace *trace, uint32_t vehicle, int64_t begin_ns, int64_t end_ns) {
  int64_t first_ns, last_ns;
  return begin_ns <= end_ns && bac_trace_presence(trace, vehicle, begin_ns, &first_ns, &last_ns) &&
         first_ns <= begin_ns && last_ns >= end_ns;
}

bool bac_trace_shard(const struct bac_trace *trace, uint32_t vehicle, int64_t begin_ns, int64_t end_ns,
                     enum bac_shard_policy policy, uint32_t shards, uint32_t *shard, uint32_t *instants) {
  BAC_ASSERT(vehicle < trace->vehicle_count && shards >= 1 && shards <= BAC_SHARDS_MAX);
  const struct bac_trace_vehicle *v = &trace->vehicles[vehicle];
  const struct bac_trace_sample *samples = samples_of(trace, v);
  struct bac_box area = bac_trace_area(trace);
  uint32_t spent[BAC_SHARDS_MAX];
  memset(spent, 0, shards * sizeof spent[0]);
  *shard = *instants = 0;
  for (uint64_t i = 0; i < v->sample_count; i++) {
    int64_t t_ns = instant_ns(trace, v->first_instant + i);
    if (t_ns < begin_ns || samples[i].x_cm == BAC_TRACE_ABSENT) continue;
    if (t_ns > end_ns) break;
    spent[bac_shards_by_position(policy, &area, samples[i].x_cm / 100.0, samples[i].y_cm / 100.0, shards)]++;
    ++*instants;
  }
  for (uint32_t s = 1; s < shards; s++) {
    if (spent[s] > spent[*shard]) *shard = s;
  }
  return *instants > 0;
}
