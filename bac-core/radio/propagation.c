/* SPDX-License-Identifier: GPL-2.0-only */
#include "propagation.h"

#include "v2v.h"

#include <math.h>

static const double LN10 = 2.302585092994045684;

struct bac_loss_config bac_loss_default(enum bac_loss model) {
  if (model == BAC_LOSS_LOG_DISTANCE) return (struct bac_loss_config){model, 47.86, {2.75, 0, 0}, {1, 0, 0}};
  return (struct bac_loss_config){model, 47.86, {1.9, 3.8, 3.8}, {1, 80, 200}};
}

/* Within 1 m the loss is that at 1 m. */
static struct bac_loss_pieces line_of_sight(enum bac_v2v_place place) {
  const double at_1_m = bac_v2v_path_db(place, BAC_V2V_LOS, 1), decade = bac_v2v_path_db(place, BAC_V2V_LOS, 10) - at_1_m;
  return (struct bac_loss_pieces){.begin_m2 = {0, 1, INFINITY, INFINITY},
                                  .intercept = {-at_1_m / 10 * LN10, -at_1_m / 10 * LN10},
                                  .slope = {0, -decade / 20}};
}

struct bac_loss_pieces bac_loss_pieces_of(const struct bac_loss_config *c) {
  if (c->model == BAC_LOSS_V2V_URBAN || c->model == BAC_LOSS_V2V_HIGHWAY) return line_of_sight(c->model == BAC_LOSS_V2V_URBAN ? BAC_V2V_URBAN : BAC_V2V_HIGHWAY);
  struct bac_loss_pieces p = {.begin_m2 = {0, INFINITY, INFINITY, INFINITY}};
  const int count = c->model == BAC_LOSS_THREE_LOG ? 3 : 1;
  /* ns-3's three log has no loss at all within its first distance. */
  p.intercept[0] = c->model == BAC_LOSS_THREE_LOG ? 0 : -c->reference_loss_db / 10 * LN10;
  double ln_gain = -c->reference_loss_db / 10 * LN10; /* at the piece's begin */
  for (int i = 0; i < count; i++) {
    const double begin = 2 * log(c->distance_m[i]); /* ln d^2 */
    if (i > 0) ln_gain += p.slope[i] * (begin - 2 * log(c->distance_m[i - 1]));
    p.begin_m2[i + 1] = c->distance_m[i] * c->distance_m[i];
    p.slope[i + 1] = -c->exponent[i] / 2;
    p.intercept[i + 1] = ln_gain - p.slope[i + 1] * begin;
  }
  return p;
}

double bac_loss_db(const struct bac_loss_pieces *p, double distance_m) {
  const double m2 = distance_m * distance_m;
  int i = 0;
  while (i + 1 < BAC_LOSS_PIECES && m2 >= p->begin_m2[i + 1]) i++;
  return -10 / LN10 * (p->intercept[i] + (m2 > 0 ? p->slope[i] * log(m2) : 0));
}
