/* SPDX-License-Identifier: GPL-2.0-only */
/* The books of what becomes of a frame at each station. They follow the passes of flight.c and change none of them. */
#include "base/bytes.h"
#include "internal.h"

void bac_fate_begin(struct bac_medium *m, struct bac_flight *f) {
  f->fate_count = m->host.fates && f->kind == BAC_FLIGHT_DATA ? m->station_count : 0;
  if (f->fate_count == 0) return;
  if (f->fate_capacity < f->fate_count) {
    f->fate_capacity = m->station_capacity;
    f->fate = bac_realloc(f->fate, f->fate_capacity, sizeof *f->fate);
    f->sinr = bac_realloc(f->sinr, f->fate_capacity, sizeof *f->sinr);
  }
  memset(f->fate, BAC_FATE_WEAK, f->fate_count);
  for (uint32_t i = 0; i < f->fate_count; i++) f->sinr[i] = BAC_SINR_NONE;
}

void bac_fate_judge(struct bac_medium *m, struct bac_flight *f, struct bac_pass *p) {
  if (f->fate_count == 0) return;
  p->judged = m->judged;
  m->kernels->judge(p);
  for (size_t i = 0; i < f->count; i++) {
    if (!f->own[i]) continue;
    const struct bac_lanes *l = &m->lanes[f->blocks[i]];
    for (size_t k = 0; k < BAC_LANES; k++) {
      const int64_t id = l->id[k], judged = m->judged[i * BAC_LANES + k];
      if (id < 0 || id >= f->fate_count) continue;
      int64_t fate = judged & 0xffff;
      /* Its own frame may have ended within the 4 us. */
      if (fate == BAC_FATE_BUSY && l->free_since[k] > (double)f->start && m->stations[id].tx_end > f->start) fate = BAC_FATE_SENDING;
      f->fate[id] = (uint8_t)fate;
      if (fate == BAC_FATE_OPEN) f->sinr[id] = (int16_t)(judged >> 16);
    }
  }
  f->fate[f->from] = BAC_FATE_SENDING;
}

void bac_fate_settle(struct bac_medium *m, struct bac_flight *f, const struct bac_pass *p, enum bac_fate cause) {
  if (f->fate_count == 0) return;
  for (size_t i = 0; i < p->hit_count; i++) {
    const struct bac_lanes *l = &m->lanes[f->blocks[p->hits[i]]];
    for (size_t k = 0; k < BAC_LANES; k++) {
      const int64_t event = l->event[k] & (BAC_LANE_DECODED | BAC_LANE_FAILED);
      if (event != 0 && l->id[k] < f->fate_count) f->fate[l->id[k]] = (uint8_t)(event & BAC_LANE_DECODED ? BAC_FATE_DECODED : cause);
    }
  }
}

void bac_fate_unlock(struct bac_medium *m, uint32_t station, enum bac_fate cause) {
  const struct bac_station *s = &m->stations[station];
  const int64_t lock = bac_lanes_of(m, s)->lock[bac_lane_of(s)];
  if (lock >= 0 && station < m->flights[lock].fate_count) m->flights[lock].fate[station] = (uint8_t)cause;
}
