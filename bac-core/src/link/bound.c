/* SPDX-License-Identifier: GPL-2.0-only */
#include "link/bound.h"

#include <math.h>

double bac_link_bound_frames(uint32_t symbols, uint32_t receivers, double loss) {
  if (symbols == 0 || symbols > BAC_LINK_BOUND_SYMBOLS_MAX || receivers == 0 || !(loss >= 0 && loss <= 0.99)) return -1;
  double k = symbols;
  if (loss <= 0) return k;
  /* E[max] = sum over n >= 0 of P(max > n) = k + sum over n >= k of 1 - F(n)^R, F the negative binomial's distribution.
   * The terms C(n-1, k-1) q^k p^(n-k) are advanced as logarithms, since q^k alone underflows. */
  double log_term = k * log1p(-loss), distribution = 0, sum = k;
  for (double n = k;; n += 1) {
    double term = exp(log_term);
    distribution += term;
    double tail = distribution < 1 ? -expm1(receivers * log(distribution)) : 0;
    sum += tail;
    /* By the term, not by the tail: rounding may leave the distribution just short of 1 for ever. */
    if (n > k / (1 - loss) && receivers * term < 1e-15) break;
    log_term += log(n / (n - k + 1)) + log(loss);
  }
  return sum;
}
