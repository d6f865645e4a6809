/* SPDX-License-Identifier: GPL-2.0-only */
#include "model_stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "link_stats.h"

struct bin {
  uint64_t pairs, eligible;
  double sinr_db, rate_bps; /* sums */
};

struct bac_model_stats {
  struct bac_link_model model;
  struct bin bins[BAC_LINK_BINS];
};

struct bac_model_stats *bac_model_stats_new(const struct bac_link_model *model) {
  struct bac_model_stats *s = bac_alloc(1, sizeof *s);
  s->model = *model;
  return s;
}

void bac_model_stats_free(struct bac_model_stats *s) { free(s); }

/* All that a receiver is told by the model; power: scratch. */
static void receiver(struct bac_model_stats *s, bac_time now, const struct bac_model_station *stations, size_t count, size_t to, double *power,
                     bac_model_row row, void *ctx) {
  double all = 0;
  for (size_t i = 0; i < count; i++) {
    if (i == to || stations[i].channel != stations[to].channel) continue;
    power[i] = bac_link_model_power_w(&s->model, bac_link_model_distance_m(stations[i].at_m, stations[to].at_m));
    all += power[i] * stations[i].duty;
  }
  for (size_t i = 0; i < count; i++) {
    if (i == to || stations[i].channel != stations[to].channel) continue;
    const double metres = bac_link_model_distance_m(stations[i].at_m, stations[to].at_m);
    if (metres >= (double)BAC_LINK_BINS * BAC_LINK_BIN_M) continue;
    const double others = all - power[i] * stations[i].duty;
    const struct bac_model_pair pair = {now,    stations[i].station, stations[to].station,
                                        metres, 10 * log10(bac_link_model_sinr(power[i], others > 0 ? others : 0, &s->model)),
                                        bac_link_model_rate_bps(power[i], &s->model)};
    struct bin *b = &s->bins[(size_t)(metres / BAC_LINK_BIN_M)];
    b->pairs++;
    b->eligible += pair.sinr_db >= BAC_LINK_MODEL_SINR_DB;
    b->sinr_db += pair.sinr_db;
    b->rate_bps += pair.rate_bps;
    if (row) row(ctx, &pair);
  }
}

void bac_model_sample(struct bac_model_stats *s, bac_time now, const struct bac_model_station *stations, size_t count, bac_model_row row, void *ctx) {
  double *power = bac_alloc(count + 1, sizeof *power);
  for (size_t to = 0; to < count; to++) receiver(s, now, stations, count, to, power, row, ctx);
  free(power);
}

void bac_model_bin_columns(const struct bac_model_stats *s, uint32_t bin, const struct bac_columns *to) {
  const struct bin *b = &s->bins[bin];
  const double pairs = b->pairs > 0 ? (double)b->pairs : NAN;
  bac_columns_count(to, "model_pairs", b->pairs);
  bac_columns_real(to, "model_sinr_mean_db", b->sinr_db / pairs);
  bac_columns_real(to, "model_rate_mean_mbps", b->rate_bps / pairs * 1e-6);
  bac_columns_real(to, "model_eligible", (double)b->eligible / pairs);
}
