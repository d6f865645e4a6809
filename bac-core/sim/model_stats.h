/* SPDX-License-Identifier: GPL-2.0-only */
/* The paper's link model (radio/link_model.h) over the pairs of a run, by distance, sampled once a second. */
#ifndef BAC_SIM_MODEL_STATS_H
#define BAC_SIM_MODEL_STATS_H

#include "bac/types.h"
#include "columns.h"
#include "radio/link_model.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_MODEL_INTERVAL BAC_SECOND

struct bac_model_stats;

/* A station that is on. */
struct bac_model_station {
  uint32_t station, channel;
  double at_m[3];
  double duty; /* share of time that it sent since the last sample */
};

/* A pair in a sample. */
struct bac_model_pair {
  bac_time at;
  uint32_t from, to;
  double distance_m, sinr_db, rate_bps;
};
typedef void (*bac_model_row)(void *ctx, const struct bac_model_pair *pair);

struct bac_model_stats *bac_model_stats_new(const struct bac_link_model *model);
void bac_model_stats_free(struct bac_model_stats *stats); /* NULL is ignored */
/* All ordered pairs of a channel below 1 km count, and go to `row` (NULL: nowhere). The receiver's own sending is no interference to it. */
void bac_model_sample(struct bac_model_stats *stats, bac_time now, const struct bac_model_station *stations, size_t count, bac_model_row row, void *ctx);
/* Columns behind those of bac_link_bin_columns: model_pairs (in all samples), model_sinr_mean_db (mean of dB), model_rate_mean_mbps,
 * model_eligible (share with the paper's 5 dB or more). */
void bac_model_bin_columns(const struct bac_model_stats *stats, uint32_t bin, const struct bac_columns *to);

#ifdef __cplusplus
}
#endif

#endif
