/* SPDX-License-Identifier: GPL-2.0-only */
/* The distribution of many whole numbers in little memory: exact count, sum and greatest, quantiles to 3 %. Buckets are as wide as a 32nd of the power
 * of two below them (as in HdrHistogram). */
#ifndef BAC_SIM_SPREAD_H
#define BAC_SIM_SPREAD_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All zero is empty. */
struct bac_spread {
  uint64_t count, sum, most;
  uint64_t *buckets;
};

void bac_spread_free(struct bac_spread *spread);
void bac_spread_add(struct bac_spread *spread, uint64_t value);
double bac_spread_mean(const struct bac_spread *spread); /* NAN of nothing */
/* The middle of the bucket in which the share q of the values is reached, 0 < q <= 1, but never more than the greatest; NAN of nothing. */
double bac_spread_quantile(const struct bac_spread *spread, double q);

#ifdef __cplusplus
}
#endif

#endif
