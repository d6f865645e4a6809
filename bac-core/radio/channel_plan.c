/* SPDX-License-Identifier: GPL-2.0-only */
#include "channel_plan.h"

#include <math.h>

int bac_channel_valid(uint32_t number) { return number >= BAC_CHANNEL_FIRST && number <= BAC_CHANNEL_LAST && number % 2 == 0; }

static const struct {
  double db, share;
} LEAKAGE[BAC_MASKS][BAC_CHANNELS_APART] = {{{0, 1}, {-25, 3.1622776601683795e-3}, {-57, 1.9952623149688797e-6}},
                                            {{0, 1}, {-25, 3.1622776601683795e-3}, {-57, 1.9952623149688797e-6}},
                                            {{0, 1}, {-36.5, 2.2387211385683396e-4}, {-67, 1.9952623149688797e-7}},
                                            {{0, 1}, {-50, 1e-5}, {-82, 6.3095734448019325e-9}}};

double bac_mask_leakage_db(enum bac_mask mask, uint32_t apart) { return apart < BAC_CHANNELS_APART ? LEAKAGE[mask][apart].db : -INFINITY; }

double bac_channel_leakage(enum bac_mask mask, uint32_t from, uint32_t to) {
  const uint32_t apart = (from > to ? from - to : to - from) / 2;
  return apart < BAC_CHANNELS_APART ? LEAKAGE[mask][apart].share : 0;
}

/* Squared distance (m^2) from a place to the nearest one before it on a channel. */
static double nearest_user(const double (*centres_m)[2], const uint32_t *of, uint32_t place, uint32_t channel) {
  double least = INFINITY;
  for (uint32_t i = 0; i < place; i++) {
    const double dx = centres_m[i][0] - centres_m[place][0], dy = centres_m[i][1] - centres_m[place][1];
    if (of[i] == channel && dx * dx + dy * dy < least) least = dx * dx + dy * dy;
  }
  return least;
}

void bac_channel_reuse(const double (*centres_m)[2], uint32_t count, const uint32_t *channels, uint32_t channel_count, uint32_t *of) {
  for (uint32_t place = 0; place < count; place++) {
    of[place] = channels[place < channel_count ? place : 0];
    if (place < channel_count) continue;
    double farthest = -1;
    for (uint32_t c = 0; c < channel_count; c++) {
      const double distance2 = nearest_user(centres_m, of, place, channels[c]);
      if (distance2 <= farthest) continue;
      farthest = distance2;
      of[place] = channels[c];
    }
  }
}
