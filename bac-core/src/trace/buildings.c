/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/buildings.h"

/* A ray to the east leaves a polygon that it begins in through an odd number of walls. */
static bool within(const int32_t (*corners)[2], uint32_t count, double x_cm, double y_cm) {
  bool inside = false;
  for (uint32_t i = 0, last = count - 1; i < count; last = i++) {
    const double ax = corners[i][0], ay = corners[i][1], bx = corners[last][0], by = corners[last][1];
    if ((ay > y_cm) != (by > y_cm) && x_cm < ax + (y_cm - ay) / (by - ay) * (bx - ax)) inside = !inside;
  }
  return inside;
}

bool bac_trace_indoors(const struct bac_trace *trace, const double at_m[2]) {
  uint64_t first = 0;
  for (uint32_t i = 0; i < trace->building_count; i++) {
    if (within(trace->corners_cm + first, trace->building_corners[i], at_m[0] * 100, at_m[1] * 100)) return true;
    first += trace->building_corners[i];
  }
  return false;
}

void bac_trace_outside(const struct bac_trace *trace, double at_m[2]) {
  if (!bac_trace_indoors(trace, at_m)) return;
  double least = -1, best[2] = {at_m[0], at_m[1]};
  for (uint64_t i = 0; i < trace->sample_count; i++) {
    const struct bac_trace_sample *s = &trace->samples[i];
    if (s->x_cm == BAC_TRACE_ABSENT) continue;
    const double place[2] = {s->x_cm / 100.0, s->y_cm / 100.0}, dx = place[0] - at_m[0], dy = place[1] - at_m[1], distance2 = dx * dx + dy * dy;
    if ((least >= 0 && distance2 >= least) || bac_trace_indoors(trace, place)) continue;
    least = distance2;
    best[0] = place[0];
    best[1] = place[1];
  }
  at_m[0] = best[0];
  at_m[1] = best[1];
}
