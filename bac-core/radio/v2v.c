/* SPDX-License-Identifier: GPL-2.0-only */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=off") /* the same bytes on every machine */
#elif defined(__clang__)
#pragma clang fp contract(off)
#endif

#include "v2v.h"

#include <math.h>

#include "approx.h"

enum field { FIELD_STATE = 1, FIELD_BLOCKAGE, FIELD_SHADOWING /* and that of each state behind it */ };

#define CELLS_TO_1_E 0.9001688514575985 /* where the correlation of field() along an axis is 1/e */
#define LOG10_OF(x) (bac_ln(x) * 0.43429448190325182765)
#define CARRIER_LOG10 0.77085201164214418 /* of BAC_V2V_CARRIER_GHZ; a test compares */

static double at_least(double x, double least) { return x > least ? x : least; }

/* d: log10 of the distance. */
static double path_db(enum bac_v2v_place place, enum bac_v2v_state state, double d) {
  if (state == BAC_V2V_NLOS) return 36.85 + 18.9 * CARRIER_LOG10 + 30 * d;
  return place == BAC_V2V_URBAN ? 38.77 + 18.2 * CARRIER_LOG10 + 16.7 * d : 32.4 + 20 * CARRIER_LOG10 + 20 * d;
}

double bac_v2v_path_db(enum bac_v2v_place place, enum bac_v2v_state state, double distance_m) {
  return path_db(place, state, LOG10_OF(at_least(distance_m, 1)));
}

double bac_v2v_los_probability(enum bac_v2v_place place, double ground_m) {
  if (ground_m > 60000) return 0;
  const double d = ground_m;
  const double p = place == BAC_V2V_URBAN ? 1.05 * bac_exp(-0.0114 * d)
                   : d <= 475             ? 2.1013e-6 * d * d - 0.002 * d + 1.0193
                                          : 0.54 - 0.001 * (d - 475);
  return p < 0 ? 0 : p > 1 ? 1 : p;
}

/* As SplitMix64 does. */
static uint64_t mix(uint64_t z) {
  z += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/* Nearly standard normal (at most 4.9): the sum of eight bytes. */
static double normal(uint64_t key) {
  const uint64_t h = mix(key), pairs = (h & 0x00ff00ff00ff00ffULL) + ((h >> 8) & 0x00ff00ff00ff00ffULL);
  return ((double)((pairs * 0x0001000100010001ULL) >> 48) - 1020) / 209.02153;
}

/* A standard normal field over the vector from the lower id to the higher, drawn for the pair: numbers at the corners of square cells, each weighted by
 * how near it is, the weights' squares adding up to 1. */
static double field(const struct bac_v2v *m, const struct bac_v2v_station *a, const struct bac_v2v_station *b, uint64_t which, double correlation_m) {
  const struct bac_v2v_station *low = a->id < b->id ? a : b, *high = low == a ? b : a;
  const uint64_t key = mix(mix(mix(m->seed) ^ which) ^ ((uint64_t)low->id << 32 | high->id)), phase = mix(~key);
  const double cell = correlation_m / CELLS_TO_1_E;
  double weight[2][2];
  int64_t corner[2];
  for (int i = 0; i < 2; i++) { /* each pair's cells begin elsewhere */
    const double at = (high->at[i] - low->at[i]) / cell + (double)(phase >> (32 * i) & 0xffffffff) * 0x1p-32;
    const int64_t cut = (int64_t)at, cells = cut - (at < (double)cut); /* rounded down */
    const double part = at - (double)cells;
    const double norm = sqrt((1 - part) * (1 - part) + part * part);
    corner[i] = cells;
    weight[i][0] = (1 - part) / norm;
    weight[i][1] = part / norm;
  }
  double sum = 0;
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++) {
      const uint64_t x = (uint64_t)(corner[0] + i) * 0xd6e8feb86659fd93ULL, y = (uint64_t)(corner[1] + j) * 0xa3b195354a39b70dULL;
      sum += weight[0][i] * weight[1][j] * normal(key ^ (x + y));
    }
  return sum;
}

/* Of a standard normal number being less than x, within 1e-7. Source: Abramowitz, Stegun, Handbook of Mathematical Functions, 26.2.17. */
static double normal_share(double x) {
  const double size = x < 0 ? -x : x, t = 1 / (1 + 0.2316419 * size);
  const double tail = 0.3989422804014327 * bac_exp(-0.5 * size * size) *
                      (t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))));
  return x < 0 ? tail : 1 - tail;
}

static double ground(const struct bac_v2v_station *a, const struct bac_v2v_station *b) {
  const double dx = a->at[0] - b->at[0], dy = a->at[1] - b->at[1];
  return sqrt(dx * dx + dy * dy);
}

static double distance(const struct bac_v2v_station *a, const struct bac_v2v_station *b) {
  const double flat = ground(a, b), dz = a->at[2] - b->at[2];
  return sqrt(flat * flat + dz * dz);
}

enum bac_v2v_state bac_v2v_state_of(const struct bac_v2v *m, const struct bac_v2v_station *a, const struct bac_v2v_station *b) {
  if (bac_obstacles_between(m->obstacles, a->at, b->at)) return BAC_V2V_NLOS;
  const double p = bac_v2v_los_probability(m->place, ground(a, b));
  if (p <= 0 || p >= 1) return p >= 1 ? BAC_V2V_LOS : BAC_V2V_NLOSV;
  return normal_share(field(m, a, b, FIELD_STATE, 50)) < p ? BAC_V2V_LOS : BAC_V2V_NLOSV;
}

/* d: log10 of the distance. */
static double blockage_db(const struct bac_v2v *m, const struct bac_v2v_station *a, const struct bac_v2v_station *b, double d) {
  const double low = a->at[2] < b->at[2] ? a->at[2] : b->at[2], high = a->at[2] < b->at[2] ? b->at[2] : a->at[2];
  if (low > BAC_V2V_BLOCKER_M) return 0;
  const double beyond = at_least(15 * d - 41, 0);
  const double mean = (high < BAC_V2V_BLOCKER_M ? 9 : 5) + beyond, deviation = high < BAC_V2V_BLOCKER_M ? 4.5 : 4;
  const double variance = bac_ln(deviation * deviation / (mean * mean) + 1); /* of the logarithm */
  return bac_exp(bac_ln(mean) - variance / 2 + sqrt(variance) * field(m, a, b, FIELD_BLOCKAGE, 50));
}

double bac_v2v_blockage_db(const struct bac_v2v *m, const struct bac_v2v_station *a, const struct bac_v2v_station *b) {
  return blockage_db(m, a, b, LOG10_OF(at_least(distance(a, b), 1)));
}

double bac_v2v_shadowing_db(const struct bac_v2v *m, const struct bac_v2v_station *a, const struct bac_v2v_station *b, enum bac_v2v_state state) {
  return (state == BAC_V2V_NLOS ? 4 : 3) * field(m, a, b, FIELD_SHADOWING + (uint64_t)state, state == BAC_V2V_LOS ? 10 : 13);
}

double bac_v2v_loss_db(const struct bac_v2v *m, const struct bac_v2v_station *a, const struct bac_v2v_station *b) {
  const double metres = distance(a, b);
  if (metres < 1 || a->id == b->id) return path_db(m->place, BAC_V2V_LOS, 0); /* of one car: nothing is between them */
  const double d = LOG10_OF(metres);
  const enum bac_v2v_state state = bac_v2v_state_of(m, a, b);
  const double blockage = state == BAC_V2V_NLOSV ? blockage_db(m, a, b, d) : 0;
  return path_db(m->place, state, d) + blockage + bac_v2v_shadowing_db(m, a, b, state);
}
