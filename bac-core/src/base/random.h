/* SPDX-License-Identifier: GPL-2.0-only */
/* Seeded random streams: one per node and purpose, so that one more draw in one place never shifts another.
 * xoshiro256** seeded through SplitMix64 (Blackman, Vigna 2021). For jitter and simulation only: nothing here is secret. */
#ifndef BAC_BASE_RANDOM_H
#define BAC_BASE_RANDOM_H

#include <stdint.h>

struct bac_random {
  uint64_t state[4];
};

enum bac_purpose {
  BAC_PURPOSE_LINK = 1,
  BAC_PURPOSE_ENGINE = 2,
  BAC_PURPOSE_WORKLOAD = 3,
  BAC_PURPOSE_NETWORK = 4,
  BAC_PURPOSE_FAULTS = 5,
  BAC_PURPOSE_NODE = 6,
};

/* The stream of (seed, node, purpose). */
struct bac_random bac_random_stream(uint64_t seed, uint64_t node, enum bac_purpose purpose);
uint64_t bac_random_u64(struct bac_random *r);
/* Uniform in [0, bound), without bias; bound 0 returns 0. */
uint64_t bac_random_below(struct bac_random *r, uint64_t bound);
/* True with probability numerator/denominator. */
int bac_random_chance(struct bac_random *r, uint64_t numerator, uint64_t denominator);
/* Exponential waiting time with the given mean in ns (a Poisson process), at least 1 ns. Integer arithmetic only
 * (von Neumann's comparison method), so that every machine draws the same times. */
int64_t bac_random_exponential(struct bac_random *r, int64_t mean_ns);

#endif
