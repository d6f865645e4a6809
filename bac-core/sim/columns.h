/* SPDX-License-Identifier: GPL-2.0-only */
/* Results as named texts, the same on every machine; the host says where they go. */
#ifndef BAC_SIM_COLUMNS_H
#define BAC_SIM_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bac_columns {
  void (*add)(void *ctx, const char *name, const char *value); /* both borrowed for the call */
  void *ctx;
};

void bac_columns_text(const struct bac_columns *to, const char *name, const char *value);
void bac_columns_count(const struct bac_columns *to, const char *name, uint64_t value);
/* Nine digits at most; "" for what is no finite number, such as a mean of nothing. */
void bac_columns_real(const struct bac_columns *to, const char *name, double value);
/* NAME_mean_s, NAME_p50_s, NAME_p95_s and NAME_p99_s of times in seconds, quantiles linear between the two nearest ranks.
 * Sorts the values. */
void bac_columns_latency(const struct bac_columns *to, const char *name, double *values, size_t count);

#ifdef __cplusplus
}
#endif

#endif
