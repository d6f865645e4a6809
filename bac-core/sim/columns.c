/* SPDX-License-Identifier: GPL-2.0-only */
#include "columns.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void bac_columns_text(const struct bac_columns *to, const char *name, const char *value) { to->add(to->ctx, name, value); }

void bac_columns_count(const struct bac_columns *to, const char *name, uint64_t value) {
  char text[24];
  snprintf(text, sizeof text, "%" PRIu64, value);
  to->add(to->ctx, name, text);
}

void bac_columns_real(const struct bac_columns *to, const char *name, double value) {
  char text[32] = "";
  if (isfinite(value)) snprintf(text, sizeof text, "%.9g", value);
  to->add(to->ctx, name, text);
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t count, double q) {
  if (count == 0) return NAN;
  const double rank = q * (double)(count - 1);
  const size_t low = (size_t)rank, high = low + 1 < count ? low + 1 : low;
  return sorted[low] + (rank - (double)low) * (sorted[high] - sorted[low]);
}

void bac_columns_latency(const struct bac_columns *to, const char *name, double *values, size_t count) {
  static const struct {
    const char *suffix;
    double q;
  } quantiles[] = {{"p50_s", 0.50}, {"p95_s", 0.95}, {"p99_s", 0.99}};
  char full[64];
  double sum = 0;
  if (count > 0) qsort(values, count, sizeof *values, ascending);
  for (size_t i = 0; i < count; i++) sum += values[i];
  snprintf(full, sizeof full, "%s_mean_s", name);
  bac_columns_real(to, full, count > 0 ? sum / (double)count : NAN);
  for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
    snprintf(full, sizeof full, "%s_%s", name, quantiles[i].suffix);
    bac_columns_real(to, full, quantile(values, count, quantiles[i].q));
  }
}
