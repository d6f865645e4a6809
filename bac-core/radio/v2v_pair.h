/* SPDX-License-Identifier: GPL-2.0-only */
/* The loss of one pair by v2v.h without a branch, so that kernels.inc makes vector code of it. Exact operations alone, as in approx.h: both
 * come to the same bits. */
#ifndef BAC_RADIO_V2V_PAIR_H
#define BAC_RADIO_V2V_PAIR_H

#include "approx.h"
#include "v2v.h"

enum bac_v2v_field { BAC_V2V_STATE, BAC_V2V_BLOCKAGE, BAC_V2V_SHADOWING /* and that of each state behind it */ };
#define BAC_V2V_FIELDS (BAC_V2V_SHADOWING + BAC_V2V_STATES)

/* One end, seen from the other. */
struct bac_v2v_view {
  double dx, dy, dz, z_from, z_to; /* m */
  uint64_t from, to;               /* ids */
};

#define BAC_V2V_LOG10_OF(x) (bac_ln(x) * 0.43429448190325182765)
#define BAC_V2V_CARRIER_LOG10 0.77085201164214418 /* of BAC_V2V_CARRIER_GHZ; a test compares */
#define BAC_V2V_CELLS(correlation_m) (0.9001688514575985 / (correlation_m)) /* a metre, for a correlation of 1/e there along an axis */

void bac_v2v_salts(uint64_t seed, uint64_t *salts /* [BAC_V2V_FIELDS] */);

BAC_APPROX double bac_v2v_least(double x, double least) { return x > least ? x : least; }

/* As SplitMix64 does. */
BAC_APPROX uint64_t bac_v2v_mix(uint64_t z) {
  z += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/* The seed's part of a pair's key, for one field. */
BAC_APPROX uint64_t bac_v2v_salt(uint64_t seed, uint64_t field) { return bac_v2v_mix(bac_v2v_mix(seed) ^ (field + 1)); }

/* A number below 2^52. */
BAC_APPROX double bac_v2v_real(uint64_t n) { return bac_of_bits(n | 0x4330000000000000ULL) - 4503599627370496.0; }

/* Nearly normal (at most 4.9 deviations), mean 0, standard deviation BAC_V2V_DEVIATION: the sum of eight bytes. */
#define BAC_V2V_DEVIATION 209.02153
BAC_APPROX double bac_v2v_normal(uint64_t key) {
  const uint64_t h = bac_v2v_mix(key), pairs = (h & 0x00ff00ff00ff00ffULL) + ((h >> 8) & 0x00ff00ff00ff00ffULL);
  const uint64_t fours = pairs + (pairs >> 32);
  return bac_v2v_real((fours + (fours >> 16)) & 0xffff) - 1020;
}

/* A standard normal field over the vector from the lower id to the higher, drawn for the pair: numbers at the corners of square cells, each weighted by
 * how near it is, the weights' squares adding up to 1. Each pair's cells begin elsewhere. */
BAC_APPROX double bac_v2v_field(uint64_t salt, const struct bac_v2v_view *v, double cells) {
  const double shift = 6755399441055744.0; /* 1.5 * 2^52, as in bac_exp */
  const uint64_t low = v->from < v->to ? v->from : v->to, high = v->from < v->to ? v->to : v->from;
  const uint64_t key = bac_v2v_mix(salt ^ (low << 32 | high)), phase = bac_v2v_mix(~key);
  const double x = (v->from < v->to ? v->dx : -v->dx) * cells + bac_v2v_real(phase & 0xffffffff) * 0x1p-32;
  const double y = (v->from < v->to ? v->dy : -v->dy) * cells + bac_v2v_real(phase >> 32) * 0x1p-32;
  const double near_x = (x + shift) - shift, near_y = (y + shift) - shift;
  const double cell_x = near_x > x ? near_x - 1 : near_x, cell_y = near_y > y ? near_y - 1 : near_y; /* rounded down */
  const double px = x - cell_x, py = y - cell_y, qx = 1 - px, qy = 1 - py;
  const uint64_t step_x = 0xd6e8feb86659fd93ULL, step_y = 0xa3b195354a39b70dULL;
  const uint64_t x0 = (bac_bits_of(cell_x + shift) - 0x4338000000000000ULL) * step_x, x1 = x0 + step_x;
  const uint64_t y0 = (bac_bits_of(cell_y + shift) - 0x4338000000000000ULL) * step_y, y1 = y0 + step_y;
  const double sum = qx * (qy * bac_v2v_normal(key ^ (x0 + y0)) + py * bac_v2v_normal(key ^ (x0 + y1))) +
                     px * (qy * bac_v2v_normal(key ^ (x1 + y0)) + py * bac_v2v_normal(key ^ (x1 + y1)));
  return sum * (1 / BAC_V2V_DEVIATION) * bac_rsqrt((qx * qx + px * px) * (qy * qy + py * py));
}

/* Of a standard normal number being less than x, within 1e-7. Source: Abramowitz, Stegun, Handbook of Mathematical Functions, 26.2.17. */
BAC_APPROX double bac_v2v_normal_share(double x) {
  const double size = x < 0 ? -x : x, t = 1 / (1 + 0.2316419 * size);
  const double tail = 0.3989422804014327 * bac_exp(-0.5 * size * size) *
                      (t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))));
  return x < 0 ? tail : 1 - tail;
}

/* d: log10 of the distance. */
BAC_APPROX double bac_v2v_path(int64_t urban, uint64_t state, double d) {
  const double los = urban ? 38.77 + 18.2 * BAC_V2V_CARRIER_LOG10 + 16.7 * d : 32.4 + 20 * BAC_V2V_CARRIER_LOG10 + 20 * d;
  return state == BAC_V2V_NLOS ? 36.85 + 18.9 * BAC_V2V_CARRIER_LOG10 + 30 * d : los;
}

BAC_APPROX double bac_v2v_share_of_los(int64_t urban, double ground_m) {
  const double d = ground_m < 60000 ? ground_m : 60000;
  const double highway = d <= 475 ? 2.1013e-6 * d * d - 0.002 * d + 1.0193 : 0.54 - 0.001 * (d - 475);
  double p = urban ? 1.05 * bac_exp(-0.0114 * d) : highway;
  p = p < 0 ? 0 : p;
  p = p > 1 ? 1 : p;
  return ground_m > 60000 ? 0 : p;
}

BAC_APPROX double bac_v2v_ground(const struct bac_v2v_view *v) { return bac_sqrt(v->dx * v->dx + v->dy * v->dy); }

BAC_APPROX double bac_v2v_distance(const struct bac_v2v_view *v) { return bac_sqrt(v->dx * v->dx + v->dy * v->dy + v->dz * v->dz); }

/* behind: a building. */
BAC_APPROX uint64_t bac_v2v_state_in(const uint64_t *salts, int64_t urban, const struct bac_v2v_view *v, uint64_t behind) {
  const double p = bac_v2v_share_of_los(urban, bac_v2v_ground(v));
  const double share = bac_v2v_normal_share(bac_v2v_field(salts[BAC_V2V_STATE], v, BAC_V2V_CELLS(50)));
  uint64_t open = share < p ? (uint64_t)BAC_V2V_LOS : (uint64_t)BAC_V2V_NLOSV;
  open = p >= 1 ? (uint64_t)BAC_V2V_LOS : open;
  return behind ? BAC_V2V_NLOS : open;
}

/* Were it NLOSv.  d: log10 of the distance. */
BAC_APPROX double bac_v2v_blockage_in(const uint64_t *salts, const struct bac_v2v_view *v, double d) {
  const double low = v->z_from < v->z_to ? v->z_from : v->z_to, high = v->z_from < v->z_to ? v->z_to : v->z_from;
  const double mean = (high < BAC_V2V_BLOCKER_M ? 9.0 : 5.0) + bac_v2v_least(15 * d - 41, 0), square = high < BAC_V2V_BLOCKER_M ? 4.5 * 4.5 : 4.0 * 4.0;
  const double variance = bac_ln(square / (mean * mean) + 1); /* of the logarithm */
  const double blockage = bac_exp(bac_ln(mean) - variance / 2 + bac_sqrt(variance) * bac_v2v_field(salts[BAC_V2V_BLOCKAGE], v, BAC_V2V_CELLS(50)));
  return low > BAC_V2V_BLOCKER_M ? 0.0 : blockage;
}

BAC_APPROX double bac_v2v_shadowing_in(const uint64_t *salts, const struct bac_v2v_view *v, uint64_t state) {
  uint64_t salt = state == BAC_V2V_LOS ? salts[BAC_V2V_SHADOWING + BAC_V2V_LOS] : salts[BAC_V2V_SHADOWING + BAC_V2V_NLOSV];
  salt = state == BAC_V2V_NLOS ? salts[BAC_V2V_SHADOWING + BAC_V2V_NLOS] : salt;
  return (state == BAC_V2V_NLOS ? 4.0 : 3.0) * bac_v2v_field(salt, v, state == BAC_V2V_LOS ? BAC_V2V_CELLS(10) : BAC_V2V_CELLS(13));
}

BAC_APPROX double bac_v2v_loss_in(const uint64_t *salts, int64_t urban, const struct bac_v2v_view *v, uint64_t behind) {
  const double metres = bac_v2v_distance(v), d = BAC_V2V_LOG10_OF(bac_v2v_least(metres, 1));
  const uint64_t state = bac_v2v_state_in(salts, urban, v, behind);
  const double blockage = bac_v2v_blockage_in(salts, v, d);
  double loss = bac_v2v_path(urban, state, d) + (state == BAC_V2V_NLOSV ? blockage : 0.0) + bac_v2v_shadowing_in(salts, v, state);
  const double near = bac_v2v_path(urban, BAC_V2V_LOS, 0); /* of one car: nothing is between them */
  loss = metres < 1 ? near : loss;
  return v->from == v->to ? near : loss;
}

#endif
