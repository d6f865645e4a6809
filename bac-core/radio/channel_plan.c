/* SPDX-License-Identifier: GPL-2.0-only */
#include "channel_plan.h"

int bac_channel_valid(uint32_t number) { return number >= BAC_CHANNEL_FIRST && number <= BAC_CHANNEL_LAST && number % 2 == 0; }

double bac_channel_leakage(uint32_t from, uint32_t to) {
  static const double LEAKAGE[] = {1, 3.1622776601683795e-3 /* -25 dB */, 1.9952623149688797e-6 /* -57 dB */};
  const uint32_t apart = (from > to ? from - to : to - from) / 2;
  return apart < sizeof LEAKAGE / sizeof LEAKAGE[0] ? LEAKAGE[apart] : 0;
}
