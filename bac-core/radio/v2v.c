/* SPDX-License-Identifier: GPL-2.0-only */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=off") /* the same bytes on every machine */
#elif defined(__clang__)
#pragma clang fp contract(off)
#endif

#include "v2v.h"

#include "v2v_pair.h"

double bac_v2v_path_db(enum bac_v2v_place place, enum bac_v2v_state state, double distance_m) {
  return bac_v2v_path(place == BAC_V2V_URBAN, state, BAC_V2V_LOG10_OF(bac_v2v_least(distance_m, 1)));
}

double bac_v2v_los_probability(enum bac_v2v_place place, double ground_m) { return bac_v2v_share_of_los(place == BAC_V2V_URBAN, ground_m); }

void bac_v2v_salts(uint64_t seed, uint64_t *salts) {
  for (uint64_t field = 0; field < BAC_V2V_FIELDS; field++) salts[field] = bac_v2v_salt(seed, field);
}

static struct bac_v2v_view view(const struct bac_v2v_station *a, const struct bac_v2v_station *b) {
  return (struct bac_v2v_view){b->at[0] - a->at[0], b->at[1] - a->at[1], b->at[2] - a->at[2], a->at[2], b->at[2], a->id, b->id};
}

enum bac_v2v_state bac_v2v_state_of(const struct bac_v2v *m, const struct bac_v2v_station *a, const struct bac_v2v_station *b) {
  uint64_t salts[BAC_V2V_FIELDS];
  bac_v2v_salts(m->seed, salts);
  const struct bac_v2v_view v = view(a, b);
  return (enum bac_v2v_state)bac_v2v_state_in(salts, m->place == BAC_V2V_URBAN, &v, bac_obstacles_between(m->obstacles, a->at, b->at));
}

double bac_v2v_blockage_db(const struct bac_v2v *m, const struct bac_v2v_station *a, const struct bac_v2v_station *b) {
  uint64_t salts[BAC_V2V_FIELDS];
  bac_v2v_salts(m->seed, salts);
  const struct bac_v2v_view v = view(a, b);
  return bac_v2v_blockage_in(salts, &v, BAC_V2V_LOG10_OF(bac_v2v_least(bac_v2v_distance(&v), 1)));
}

double bac_v2v_shadowing_db(const struct bac_v2v *m, const struct bac_v2v_station *a, const struct bac_v2v_station *b, enum bac_v2v_state state) {
  uint64_t salts[BAC_V2V_FIELDS];
  bac_v2v_salts(m->seed, salts);
  const struct bac_v2v_view v = view(a, b);
  return bac_v2v_shadowing_in(salts, &v, state);
}

double bac_v2v_loss_db(const struct bac_v2v *m, const struct bac_v2v_station *a, const struct bac_v2v_station *b) {
  uint64_t salts[BAC_V2V_FIELDS];
  bac_v2v_salts(m->seed, salts);
  const struct bac_v2v_view v = view(a, b);
  return bac_v2v_loss_in(salts, m->place == BAC_V2V_URBAN, &v, bac_obstacles_between(m->obstacles, a->at, b->at));
}
