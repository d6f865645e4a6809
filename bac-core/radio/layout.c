/* SPDX-License-Identifier: GPL-2.0-only */
/* Where stations sit among the blocks of eight, and the rows of mean powers from one station to those in its reach.
 * Stations are sorted by channel, then along a Z-order curve, so that those in reach of a transmission fill few blocks. The order has no
 * bearing on results: draws go by station, sums are exact (a test compares). */
#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "channel_plan.h"
#include "internal.h"
#include "v2v_pair.h"

struct sorted {
  uint64_t key;
  uint32_t station;
};

static int by_key(const void *a, const void *b) {
  const struct sorted *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return x->station < y->station ? -1 : x->station > y->station;
}

/* The bits of v, each followed by a zero. */
static uint64_t spread(uint32_t v) {
  uint64_t x = v & 0xffffff;
  x = (x | x << 16) & 0x0000ffff0000ffffULL;
  x = (x | x << 8) & 0x00ff00ff00ff00ffULL;
  x = (x | x << 4) & 0x0f0f0f0f0f0f0f0fULL;
  x = (x | x << 2) & 0x3333333333333333ULL;
  return (x | x << 1) & 0x5555555555555555ULL;
}

static uint32_t grid(double metres) { /* of 4 m, from -33,000 km to 33,000 km */
  const double cell = metres / 4 + 8388608;
  return cell > 0 ? cell < 16777215 ? (uint32_t)cell : 16777215 : 0;
}

static void clear_block(struct bac_lanes *l) {
  *l = (struct bac_lanes){0};
  for (int k = 0; k < BAC_LANES; k++) l->lock[k] = l->id[k] = -1;
}

static void copy_lane(struct bac_lanes *to, size_t t, const struct bac_lanes *from, size_t f) {
  double *const *reals_to = (double *const[]){to->power, to->signal, to->from, to->rate, to->score, to->strongest, to->free_since,
                                             to->busy_since, to->idle_since, to->busy_sum, to->eifs_end, to->sinr};
  const double *const *reals_from =
      (const double *const[]){from->power, from->signal, from->from, from->rate, from->score, from->strongest, from->free_since,
                              from->busy_since, from->idle_since, from->busy_sum, from->eifs_end, from->sinr};
  for (int i = 0; i < 12; i++) reals_to[i][t] = reals_from[i][f];
  int64_t *const *whole_to = (int64_t *const[]){to->lock, to->table, to->payload, to->on, to->sending, to->energy, to->busy,
                                                to->waits, to->id, to->event};
  const int64_t *const *whole_from = (const int64_t *const[]){from->lock, from->table, from->payload, from->on, from->sending,
                                                              from->energy, from->busy, from->waits, from->id, from->event};
  for (int i = 0; i < 10; i++) whole_to[i][t] = whole_from[i][f];
}

static void reserve(struct bac_medium *m, size_t blocks) {
  if (blocks <= m->block_capacity) return;
  m->block_capacity = blocks + blocks / 4;
  m->x = bac_realloc(m->x, m->block_capacity * BAC_LANES, sizeof *m->x);
  m->y = bac_realloc(m->y, m->block_capacity * BAC_LANES, sizeof *m->y);
  m->z = bac_realloc(m->z, m->block_capacity * BAC_LANES, sizeof *m->z);
  m->sites = bac_realloc(m->sites, m->block_capacity * BAC_LANES, sizeof *m->sites);
  m->scratch = bac_realloc(m->scratch, m->block_capacity * BAC_LANES, sizeof *m->scratch);
  m->ids = bac_realloc(m->ids, m->block_capacity * BAC_LANES, sizeof *m->ids);
  m->judged = bac_realloc(m->judged, m->block_capacity * BAC_LANES, sizeof *m->judged);
  m->block_channel = bac_realloc(m->block_channel, m->block_capacity, sizeof *m->block_channel);
  m->hits = bac_realloc(m->hits, m->block_capacity, sizeof *m->hits);
}

/* Makes the rows of frames that are on the air follow their receivers into new slots. */
static void move_flights(struct bac_medium *m, const uint32_t *old_slot, size_t old_blocks) {
  double *dense = bac_alloc(old_blocks * BAC_LANES + 1, sizeof *dense);
  for (size_t f = 0; f < m->flight_count; f++) {
    struct bac_flight *flight = &m->flights[f];
    if (!flight->used) continue;
    for (size_t i = 0; i < old_blocks * BAC_LANES; i++) dense[i] = 0;
    for (size_t i = 0; i < flight->count; i++)
      for (size_t k = 0; k < BAC_LANES; k++) dense[flight->blocks[i] * BAC_LANES + k] = flight->power[i * BAC_LANES + k];
    if (flight->capacity < m->block_count) {
      flight->capacity = m->block_capacity;
      flight->blocks = bac_realloc(flight->blocks, flight->capacity, sizeof *flight->blocks);
      flight->power = bac_realloc(flight->power, flight->capacity * BAC_LANES, sizeof *flight->power);
      flight->own = bac_realloc(flight->own, flight->capacity, sizeof *flight->own);
    }
    for (size_t i = 0; i < m->block_count; i++) {
      flight->blocks[i] = (uint32_t)i;
      flight->own[i] = m->block_channel[i] == m->stations[flight->from].channel;
      for (size_t k = 0; k < BAC_LANES; k++) flight->power[i * BAC_LANES + k] = 0;
    }
    flight->count = m->block_count;
    for (uint32_t s = 0; s < m->station_count; s++)
      if (old_slot[s] != UINT32_MAX) flight->power[m->stations[s].slot] = dense[old_slot[s]];
  }
  free(dense);
}

/* Gives every station a slot, in order. */
static void place(struct bac_medium *m) {
  struct sorted *order = bac_alloc(m->station_count, sizeof *order);
  for (uint32_t s = 0; s < m->station_count; s++) {
    const struct bac_station *at = &m->stations[s];
    order[s] = (struct sorted){(uint64_t)at->channel << 48 | spread(grid(at->at[0])) | spread(grid(at->at[1])) << 1, s};
  }
  qsort(order, m->station_count, sizeof *order, by_key);
  size_t slot = 0;
  for (uint32_t i = 0; i < m->station_count; i++) {
    struct bac_station *at = &m->stations[order[i].station];
    if (i > 0 && at->channel != m->stations[order[i - 1].station].channel) slot = (slot + BAC_LANES - 1) / BAC_LANES * BAC_LANES;
    at->slot = (uint32_t)slot++;
  }
  m->block_count = (slot + BAC_LANES - 1) / BAC_LANES;
  reserve(m, m->block_count);
  free(order);
}

void bac_layout_ensure(struct bac_medium *m) {
  if (m->laid_out) return;
  m->laid_out = true;
  m->row_version++;
  const size_t old_blocks = m->block_count;
  struct bac_lanes *old = m->lanes;
  uint32_t *old_slot = bac_alloc(m->station_count, sizeof *old_slot);
  for (uint32_t s = 0; s < m->station_count; s++) old_slot[s] = m->stations[s].slot;
  place(m);
  m->lanes = aligned_alloc(64, (m->block_count + 1) * sizeof *m->lanes);
  BAC_ASSERT(m->lanes != NULL);
  for (size_t b = 0; b < m->block_count; b++) {
    clear_block(&m->lanes[b]);
    for (size_t k = 0; k < BAC_LANES; k++) {
      m->x[b * BAC_LANES + k] = m->y[b * BAC_LANES + k] = m->z[b * BAC_LANES + k] = INFINITY;
      m->sites[b * BAC_LANES + k] = -1;
    }
  }
  for (uint32_t s = 0; s < m->station_count; s++) {
    struct bac_station *at = &m->stations[s];
    struct bac_lanes *l = bac_lanes_of(m, at);
    if (old_slot[s] != UINT32_MAX) {
      copy_lane(l, bac_lane_of(at), &old[old_slot[s] / BAC_LANES], old_slot[s] % BAC_LANES);
    } else {
      l->id[bac_lane_of(at)] = s;
      l->on[bac_lane_of(at)] = 1;
    }
    m->x[at->slot] = at->at[0];
    m->y[at->slot] = at->at[1];
    m->z[at->slot] = at->at[2];
    m->sites[at->slot] = at->site;
    m->block_channel[at->slot / BAC_LANES] = at->channel;
  }
  move_flights(m, old_slot, old_blocks);
  free(old);
  free(old_slot);
}

void bac_layout_free(struct bac_medium *m) {
  free(m->lanes);
  free(m->x);
  free(m->y);
  free(m->z);
  free(m->sites);
  free(m->scratch);
  free(m->ids);
  free(m->judged);
  free(m->block_channel);
  free(m->hits);
}

static void nakagami_classes(const struct bac_medium *m, double class_m2[2]) {
  for (int i = 0; i < 2; i++) class_m2[i] = m->config.nakagami ? m->config.nakagami_from_m[i] * m->config.nakagami_from_m[i] : INFINITY;
}

/* Mean powers at all stations, by the distance alone, into the scratch. */
static void powers_by_distance(struct bac_medium *m, const struct bac_station *s) {
  struct bac_row_pass p = {.x = m->x, .y = m->y, .z = m->z, .count = m->block_count, .from = {s->at[0], s->at[1], s->at[2]},
                           .ln_power = s->ln_power, .out = m->scratch};
  for (int i = 0; i < BAC_LOSS_PIECES; i++) {
    if (i > 0) p.begin_m2[i - 1] = m->loss.begin_m2[i];
    p.intercept[i] = m->loss.intercept[i];
    p.slope[i] = m->loss.slope[i];
  }
  nakagami_classes(m, p.class_m2);
  m->kernels->row(&p);
}

/* The same where each pair has its own loss: TR 37.885. Blocks whose channel is out of reach are left as they are. */
static void powers_by_pair(struct bac_medium *m, const struct bac_station *s) {
  int64_t behind[BAC_LANES] = {0};
  struct bac_pair_pass p = {.behind = behind, .from = {s->at[0], s->at[1], s->at[2]}, .site_from = s->site, .urban = m->v2v.place == BAC_V2V_URBAN,
                            .ln_power = s->ln_power};
  _Static_assert(sizeof p.salts / sizeof p.salts[0] == BAC_V2V_FIELDS, "a salt for each field");
  bac_v2v_salts(m->v2v.seed, p.salts);
  nakagami_classes(m, p.class_m2);
  for (size_t b = 0; b < m->block_count; b++) {
    if (bac_channel_leakage(m->config.mask, s->channel * 2, m->block_channel[b] * 2) == 0) continue;
    const size_t slot = b * BAC_LANES;
    for (size_t k = 0; m->v2v.obstacles && k < BAC_LANES; k++)
      behind[k] = m->sites[slot + k] >= 0 && bac_obstacles_between(m->v2v.obstacles, s->at, (const double[]){m->x[slot + k], m->y[slot + k]});
    p.x = m->x + slot;
    p.y = m->y + slot;
    p.z = m->z + slot;
    p.site = m->sites + slot;
    p.out = m->scratch + slot;
    m->kernels->pair(&p);
  }
}

void bac_layout_row(struct bac_medium *m, struct bac_station *s) {
  if (s->row_version == m->row_version) return;
  s->row_version = m->row_version;
  m->by_pair ? powers_by_pair(m, s) : powers_by_distance(m, s);
  m->scratch[s->slot] = 0; /* it does not hear itself */
  s->row_count = 0;
  for (size_t b = 0; b < m->block_count; b++) {
    const double leakage = bac_channel_leakage(m->config.mask, s->channel * 2, m->block_channel[b] * 2);
    const double *w = m->scratch + b * BAC_LANES;
    bool reached = false;
    if (leakage > 0)
      for (int k = 0; k < BAC_LANES; k++) reached |= w[k] * leakage >= m->row_floor;
    if (!reached) continue;
    if (s->row_count == s->row_capacity) {
      s->row_capacity = s->row_capacity ? s->row_capacity * 2 : 16;
      s->row_blocks = bac_realloc(s->row_blocks, s->row_capacity, sizeof *s->row_blocks);
      s->row = bac_realloc(s->row, s->row_capacity * BAC_LANES, sizeof *s->row);
      s->row_own = bac_realloc(s->row_own, s->row_capacity, sizeof *s->row_own);
    }
    double *row = s->row + s->row_count * BAC_LANES;
    for (int k = 0; k < BAC_LANES; k++) {
      const uint64_t fading = m->config.nakagami ? bac_bits_of(w[k]) & 3 : 0;
      const double leaked = ((leakage < 1 ? w[k] * leakage : w[k]) + 1.5 * 0x1p-10) - 1.5 * 0x1p-10; /* as in kernels.c */
      row[k] = leaked >= m->row_floor ? bac_of_bits((bac_bits_of(leaked) & ~UINT64_C(3)) | fading) : 0;
    }
    s->row_blocks[s->row_count] = (uint32_t)b;
    s->row_own[s->row_count++] = leakage == 1;
  }
}
