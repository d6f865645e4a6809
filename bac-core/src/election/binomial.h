/* SPDX-License-Identifier: GPL-2.0-only */
/* Exact quantiles of the binomial distribution. F(j) is the chance of at most j successes in w trials of chance a/b each;
 * h = beta / 2^512, beta's first byte being the most significant. Wanted: the smallest j with h < F(j).
 *
 * Two ways: a fast one in 64-bit integers, which encloses each F(j) between bounds and gives up when h lies between them, and exact
 * rational arithmetic. Their answers are the same wherever the fast one answers, on every machine. It gives up on about one draw in
 * 2^45 while the mean is small, in 2^30 at w = 10,000, p = 1/2; with h beyond anybody's choice, speed is all that depends on it. */
#ifndef BAC_ELECTION_BINOMIAL_H
#define BAC_ELECTION_BINOMIAL_H

#include <stdbool.h>
#include <stdint.h>

#define BAC_BINOMIAL_H_BYTES 64
#define BAC_BINOMIAL_TRIALS_MAX 65536 /* bounds the time and memory of the exact way: b^w has 1 MB at most */

struct bac_binomial {
  uint32_t w;          /* 1 <= w <= BAC_BINOMIAL_TRIALS_MAX */
  uint64_t a;          /* 0 < a < b */
  unsigned __int128 b;
};

/* True and *j = the answer; or false, when the answer is *j or larger but not certain. No allocation. */
bool bac_binomial_quantile_fast(const struct bac_binomial *d, const uint8_t h[BAC_BINOMIAL_H_BYTES], uint32_t *j);

/* The answer, which must be `from` or larger. Allocates and frees through GMP; milliseconds at w = 10,000. */
uint32_t bac_binomial_quantile_exact(const struct bac_binomial *d, const uint8_t h[BAC_BINOMIAL_H_BYTES], uint32_t from);

static inline uint32_t bac_binomial_quantile(const struct bac_binomial *d, const uint8_t h[BAC_BINOMIAL_H_BYTES]) {
  uint32_t j;
  return bac_binomial_quantile_fast(d, h, &j) ? j : bac_binomial_quantile_exact(d, h, j);
}

#endif
