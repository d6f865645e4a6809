/* SPDX-License-Identifier: GPL-2.0-only */
/* What the radio does in a run, whatever its model: data frames, their delivery, their SINR, and how long channels are busy.
 * All of it counts within the measured window [begin, end), a frame when its transmission begins. */
#ifndef BAC_SIM_RADIO_STATS_H
#define BAC_SIM_RADIO_STATS_H

#include <stdbool.h>

#include "bac/types.h"
#include "busy_windows.h"
#include "columns.h"
#include "link_stats.h"
#include "model_stats.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_radio_stats;
struct bac_observed_block;

/* Writes the present position of a station, in metres. */
typedef void (*bac_radio_where)(void *ctx, uint32_t station, double at[3]);

/* range_m: delivery is expected, and counted, between stations of one channel that are on and this near. */
struct bac_radio_stats *bac_radio_stats_new(bac_time begin, bac_time end, double range_m, bac_radio_where where, void *ctx);
void bac_radio_stats_free(struct bac_radio_stats *stats); /* NULL is ignored */

/* The next station: 0, 1, ... It is on from time 0.  vehicle: it counts for the busy ratio. */
uint32_t bac_radio_add_station(struct bac_radio_stats *stats, uint32_t channel, bool vehicle);
void bac_radio_set_on(struct bac_radio_stats *stats, uint32_t station, bac_time now, bool on);

/* It is on another channel from now on. */
void bac_radio_tune(struct bac_radio_stats *stats, uint32_t station, bac_time now, uint32_t channel);

/* A data frame begins. uid names it to receivers; a retry has that of the first attempt. */
void bac_radio_sent(struct bac_radio_stats *stats, bac_time now, uint32_t station, uint64_t uid, uint32_t bytes);
/* A station decoded a frame; one that was not told of as sent is ignored.  sinr: a ratio. */
void bac_radio_heard(struct bac_radio_stats *stats, uint32_t station, uint64_t uid, double sinr);
/* A station sees its channel busy for a while, through its own transmission if `sending`. */
void bac_radio_busy(struct bac_radio_stats *stats, uint32_t station, bac_time start, bac_time duration, bool sending);
/* What a station sends from now on, and bac_radio_busy counts, is no frame of what is measured (a beacon beside it): it makes the channel busy, but
 * is not in the airtime. */
void bac_radio_beside(struct bac_radio_stats *stats, uint32_t station, bac_time now, bac_time duration);

/* What became of frames, and windows of busy time: told of by the host, frames and stations apart. Borrowed. */
struct bac_link_stats *bac_radio_links(struct bac_radio_stats *stats);
struct bac_busy_windows *bac_radio_windows(struct bac_radio_stats *stats);
/* Samples the age of what each vehicle knows of every station that is on, on its channel and within range_m. */
void bac_radio_sample_ages(struct bac_radio_stats *stats, bac_time now);

/* Of frames received over those expected; NaN without any. */
double bac_radio_delivery(const struct bac_radio_stats *stats);
/* Seconds of transmissions on all channels. */
double bac_radio_airtime(const struct bac_radio_stats *stats);

/* The paper's link model beside it, of all stations that are on: told of the model, to be sampled each BAC_MODEL_INTERVAL. row: as in model_stats.h. */
void bac_radio_set_model(struct bac_radio_stats *stats, const struct bac_link_model *model, bac_model_row row, void *row_ctx);
void bac_radio_sample_model(struct bac_radio_stats *stats, bac_time now);
/* A row of links.csv: what the radio did, then the model if there is one. */
void bac_radio_bin_columns(const struct bac_radio_stats *stats, uint32_t bin, const struct bac_columns *to);

/* Seconds of transmissions on a channel since the last call for it. */
double bac_radio_take_airtime(struct bac_radio_stats *stats, uint32_t channel);

/* How well the air was used. revoked blocks do not count.
 * air_per_block_byte: bytes of data frames on the air over bytes of committed blocks; air_per_useful_byte: over bytes of blocks times the members,
 * but for its proposer, that have committed it (so one broadcast to all is well below 1).  bound_airtime_s: what an ideal erasure code
 * would have needed to bring these blocks to those members in one hop at the loss that stations within range_m had (link/bound.h), in frames
 * of 1400 B at rate_bps with preamble, DIFS and mean backoff; airtime_over_bound: all airtime, of votes and transactions too, over it. */
void bac_radio_efficiency_columns(const struct bac_radio_stats *stats, const struct bac_observed_block *blocks, size_t count, double rate_bps,
                                  const struct bac_columns *to);

/* Columns of results.  blocks: among which the airtime is divided. */
void bac_radio_columns(const struct bac_radio_stats *stats, bac_time now, size_t blocks, const struct bac_columns *to);

#ifdef __cplusplus
}
#endif

#endif
