/* SPDX-License-Identifier: GPL-2.0-only */
/* What the radio does in a run, whatever its model: data frames, their delivery, their SINR, and how long channels are busy.
 * All of it counts within the measured window [begin, end), a frame when its transmission begins. */
#ifndef BAC_SIM_RADIO_STATS_H
#define BAC_SIM_RADIO_STATS_H

#include <stdbool.h>

#include "bac/types.h"
#include "columns.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_radio_stats;

/* Writes the present position of a station, in metres. */
typedef void (*bac_radio_where)(void *ctx, uint32_t station, double at[3]);

/* range_m: delivery is expected between stations of one channel that are on and this near. */
struct bac_radio_stats *bac_radio_stats_new(bac_time begin, bac_time end, double range_m, bac_radio_where where, void *ctx);
void bac_radio_stats_free(struct bac_radio_stats *stats); /* NULL is ignored */

/* The next station: 0, 1, ... It is on from time 0.  vehicle: it counts for the busy ratio. */
uint32_t bac_radio_add_station(struct bac_radio_stats *stats, uint32_t channel, bool vehicle);
void bac_radio_set_on(struct bac_radio_stats *stats, uint32_t station, bac_time now, bool on);

/* It is on another channel from now on. */
void bac_radio_tune(struct bac_radio_stats *stats, uint32_t station, uint32_t channel);

/* A data frame begins. uid names it to receivers; a retry has that of the first attempt. */
void bac_radio_sent(struct bac_radio_stats *stats, bac_time now, uint32_t station, uint64_t uid, uint32_t bytes);
/* A station decoded a frame; one that was not told of as sent is ignored.  sinr: a ratio. */
void bac_radio_heard(struct bac_radio_stats *stats, uint32_t station, uint64_t uid, double sinr);
/* A station sees its channel busy for a while, through its own transmission if `sending`. */
void bac_radio_busy(struct bac_radio_stats *stats, uint32_t station, bac_time start, bac_time duration, bool sending);

/* Seconds of transmissions on a channel since the last call for it. */
double bac_radio_take_airtime(struct bac_radio_stats *stats, uint32_t channel);

/* Columns of results.  blocks: among which the airtime is divided. */
void bac_radio_columns(const struct bac_radio_stats *stats, bac_time now, size_t blocks, const struct bac_columns *to);

#ifdef __cplusplus
}
#endif

#endif
