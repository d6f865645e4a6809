/* SPDX-License-Identifier: GPL-2.0-only */
/* Means and 95 % confidence intervals over seeds, a row per protocol, mode and delivery. */
#ifndef BAC_RESULTS_SUMMARY_H
#define BAC_RESULTS_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

#include "results_store.h"
#include "stats.h"
#include "text.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_SUMMARY_LEVEL 0.95

struct bac_metric {
  const char *column; /* of table runs */
  const char *header; /* with its unit; lines separated by newlines */
  int decimals;
};
/* What is summarised, in order; the list ends with a NULL column. */
extern const struct bac_metric bac_summary_metrics[];
#define BAC_SUMMARY_METRICS_MAX 16

struct bac_summary_row {
  char *protocol, *mode, *delivery;
  size_t finished, failed; /* runs; `finished` includes those with a conflict */
  unsigned long long conflicts;
  double *values[BAC_SUMMARY_METRICS_MAX]; /* of the finished runs, NAN where a run has none */
  struct bac_stats stats[BAC_SUMMARY_METRICS_MAX];
};

struct bac_summary {
  struct bac_summary_row *rows;
  size_t count;
};

/* 0, or -1 (bac_store_error). `summary` is to be freed in both cases. */
int bac_summary_read(struct bac_store *store, struct bac_summary *summary);
void bac_summary_free(struct bac_summary *summary);

/* The table for a terminal, and the lines that explain it. */
void bac_summary_print(const struct bac_summary *summary, struct bac_text *out);
/* Writes FOLDER/summary.csv. 0, or -1 with a line in `why`. */
int bac_summary_write_csv(const struct bac_summary *summary, const char *folder, char *why, size_t why_size);

#ifdef __cplusplus
}
#endif

#endif
