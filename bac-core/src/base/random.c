/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/random.h"

static uint64_t splitmix64(uint64_t *x) {
  uint64_t z = (*x += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

struct bac_random bac_random_stream(uint64_t seed, uint64_t node, enum bac_purpose purpose) {
  uint64_t x = seed;
  uint64_t mixed = splitmix64(&x) ^ node;
  mixed = splitmix64(&mixed) ^ (uint64_t)purpose;
  struct bac_random r;
  for (int i = 0; i < 4; i++) r.state[i] = splitmix64(&mixed);
  return r;
}

uint64_t bac_random_u64(struct bac_random *r) {
  uint64_t *s = r->state, result = rotate_left(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left(s[3], 45);
  return result;
}

uint64_t bac_random_below(struct bac_random *r, uint64_t bound) {
  if (bound < 2) return 0;
  uint64_t threshold = (0 - bound) % bound, x;
  do {
    x = bac_random_u64(r);
  } while (x < threshold);
  return x % bound;
}

int bac_random_chance(struct bac_random *r, uint64_t numerator, uint64_t denominator) {
  return bac_random_below(r, denominator) < numerator;
}

int64_t bac_random_exponential(struct bac_random *r, int64_t mean_ns) {
  if (mean_ns <= 0) return 1;
  /* Each trial draws a descending run of uniforms; a run of odd length accepts its first uniform as the fraction. */
  for (int64_t whole = 0;; whole++) {
    uint64_t first = bac_random_u64(r), previous = first;
    int length = 1;
    for (;;) {
      uint64_t next = bac_random_u64(r);
      if (next >= previous) break;
      previous = next;
      length++;
    }
    if (length % 2 == 1) {
      int64_t fraction = (int64_t)(((unsigned __int128)first * (uint64_t)mean_ns) >> 64);
      int64_t ns = whole * mean_ns + fraction;
      return ns > 0 ? ns : 1;
    }
  }
}
