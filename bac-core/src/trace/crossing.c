/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/crossing.h"

#include "base/bytes.h"

#define NOWHERE UINT32_MAX

struct walk {
  const struct bac_shard_map *map;
  const struct bac_trace *trace;
  uint32_t vehicle;
  int64_t hold_ns;
  uint32_t member_of; /* the shard of the last stay that counts */
  uint32_t in;        /* where it is, or NOWHERE */
  int64_t since_ns;   /* in `in` */
  struct bac_crossing *crossings;
  uint32_t capacity, count;
};

static uint32_t shard_at(const struct walk *w, int64_t t_ns) {
  struct bac_trace_state state;
  const bool there = bac_trace_position(w->trace, w->vehicle, t_ns, &state);
  BAC_ASSERT(there); /* only asked within a presence */
  return bac_shard_map_at(w->map, state.x_m, state.y_m);
}

/* The stay in w->in ends, one in `next` begins. */
static void move_on(struct walk *w, int64_t t_ns, uint32_t next) {
  if (w->in != NOWHERE && w->in != w->member_of && t_ns - w->since_ns >= w->hold_ns) {
    if (w->count < w->capacity) w->crossings[w->count] = (struct bac_crossing){w->since_ns, w->member_of, w->in};
    w->count++;
    w->member_of = w->in;
  }
  w->in = next;
  w->since_ns = t_ns;
}

/* From from_ns, where w->in is known, to to_ns: at most one step of the trace, so one straight line. */
static void drive(struct walk *w, int64_t from_ns, int64_t to_ns) {
  const uint32_t end = shard_at(w, to_ns);
  while (w->in != end) { /* a corner may put a third shard between two */
    int64_t still = from_ns, left = to_ns;
    while (left - still > 1) {
      const int64_t middle = still + (left - still) / 2;
      if (shard_at(w, middle) == w->in)
        still = middle;
      else
        left = middle;
    }
    move_on(w, left, shard_at(w, left));
    from_ns = left;
  }
}

static int64_t next_instant(const struct bac_trace *trace, int64_t t_ns) {
  return t_ns + trace->step_ns - (t_ns - trace->begin_ns) % trace->step_ns;
}

bool bac_crossings(const struct bac_shard_map *map, const struct bac_trace *trace, uint32_t vehicle, int64_t begin_ns, int64_t end_ns,
                   int64_t hold_ns, uint32_t *home, struct bac_crossing *crossings, uint32_t capacity, uint32_t *count) {
  struct walk w = {map, trace, vehicle, hold_ns, NOWHERE, NOWHERE, 0, crossings, capacity, 0};
  int64_t first_ns, last_ns;
  *home = *count = 0;
  for (int64_t from = begin_ns; from <= end_ns && bac_trace_presence(trace, vehicle, from, &first_ns, &last_ns); from = last_ns + 1) {
    if (first_ns > end_ns) break;
    if (first_ns < begin_ns) first_ns = begin_ns;
    if (last_ns > end_ns) last_ns = end_ns;
    move_on(&w, first_ns, shard_at(&w, first_ns));
    if (w.member_of == NOWHERE) w.member_of = *home = w.in;
    for (int64_t t = first_ns; t < last_ns;) {
      const int64_t instant = next_instant(trace, t), next = instant < last_ns ? instant : last_ns;
      drive(&w, t, next);
      t = next;
    }
    move_on(&w, last_ns, NOWHERE);
  }
  *count = w.count;
  return w.member_of != NOWHERE;
}
