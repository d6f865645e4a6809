/* SPDX-License-Identifier: GPL-2.0-only */
#include "airtime.h"

static const struct {
  uint32_t kbps;
  int bits, numerator;
} MODES[BAC_AIR_MODES] = {{3000, 1, 1}, {4500, 1, 3}, {6000, 2, 1}, {9000, 2, 3}, {12000, 4, 1}, {18000, 4, 3}, {24000, 6, 2}, {27000, 6, 3}};

int bac_air_mode_of(uint64_t bits_per_second) {
  for (int i = 0; i < BAC_AIR_MODES; i++)
    if (MODES[i].kbps * UINT64_C(1000) == bits_per_second) return i;
  return -1;
}

uint64_t bac_air_rate(enum bac_air_mode mode) { return MODES[mode].kbps * UINT64_C(1000); }
int bac_air_bits_per_subcarrier(enum bac_air_mode mode) { return MODES[mode].bits; }
int bac_air_code_numerator(enum bac_air_mode mode) { return MODES[mode].numerator; }

enum bac_air_mode bac_air_ack_mode(enum bac_air_mode mode) {
  return mode >= BAC_MODE_12 ? BAC_MODE_12 : mode >= BAC_MODE_6 ? BAC_MODE_6 : BAC_MODE_3;
}

bac_time bac_air_duration(uint32_t psdu_bytes, enum bac_air_mode mode) {
  const uint64_t bits = 16 + 8 * (uint64_t)psdu_bytes + 6; /* SERVICE, PSDU, tail */
  const uint64_t per_symbol = MODES[mode].kbps * UINT64_C(8) / 1000;
  return BAC_AIR_PREAMBLE + BAC_AIR_HEADER + BAC_AIR_SYMBOL * (bac_time)((bits + per_symbol - 1) / per_symbol);
}
