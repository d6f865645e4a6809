/* SPDX-License-Identifier: GPL-2.0-only */
/* A set of roster indices in a byte string, bit i of byte i/8; fixed capacity, no allocation. */
#ifndef BAC_BASE_BITSET_H
#define BAC_BASE_BITSET_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "bac/limits.h"

struct bac_bitset {
  uint8_t bytes[(BAC_ROSTER_MAX + 7) / 8];
};

static inline void bac_bitset_clear(struct bac_bitset *s) { memset(s, 0, sizeof *s); }
static inline bool bac_bitset_has(const struct bac_bitset *s, uint32_t i) {
  return i < BAC_ROSTER_MAX && (s->bytes[i / 8] >> (i % 8) & 1);
}
static inline void bac_bitset_add(struct bac_bitset *s, uint32_t i) {
  if (i < BAC_ROSTER_MAX) s->bytes[i / 8] = (uint8_t)(s->bytes[i / 8] | 1u << (i % 8));
}
static inline uint32_t bac_bitset_count(const struct bac_bitset *s) {
  uint32_t count = 0;
  for (size_t i = 0; i < sizeof s->bytes; i++) count += (uint32_t)__builtin_popcount(s->bytes[i]);
  return count;
}

#endif
