/* SPDX-License-Identifier: GPL-2.0-only */
/* What V2X papers report of a radio, whatever its model: what became of data frames by the receiver's distance, with causes of loss, packet
 * inter-reception time, age of information, SINR at lock, access delay.
 *
 * Frames begin within the measured window; who is to be told of them, and how far away it is when a frame begins, the caller says. */
#ifndef BAC_SIM_LINK_STATS_H
#define BAC_SIM_LINK_STATS_H

#include <stdbool.h>

#include "bac/types.h"
#include "columns.h"
#include "radio/fate.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_LINK_BINS 20
#define BAC_LINK_BIN_M 50 /* farther receivers, from 1 km on, are left out */

struct bac_link_stats;

struct bac_link_stats *bac_link_stats_new(void);
void bac_link_stats_free(struct bac_link_stats *links); /* NULL is ignored */
void bac_link_add_station(struct bac_link_stats *links); /* the next one: 0, 1, ... before the first frame */

/* A data frame begins; the attempt before of the same uid, if any, is over.  The caller then names its receivers, one by one: whoever is on and
 * on its channel. */
void bac_link_sent(struct bac_link_stats *links, bac_time now, uint32_t station, uint64_t uid);
void bac_link_expect(struct bac_link_stats *links, uint32_t station, double distance_m);

/* A radio that tells of each reception apart. Until `arrives` the frame is too weak there; then the last fate but DECODED counts. */
void bac_link_arrives(struct bac_link_stats *links, uint32_t station, uint64_t uid);
void bac_link_locked(struct bac_link_stats *links, uint32_t station, uint64_t uid, int16_t sinr_ddb); /* tenths of a dB */
void bac_link_fate(struct bac_link_stats *links, uint32_t station, uint64_t uid, enum bac_fate fate);
/* A radio that tells of all at the frame's end.  fate, sinr_ddb: of its stations, as in radio/medium.h; station_of: what they are here, or
 * UINT32_MAX. */
void bac_link_fates(struct bac_link_stats *links, uint64_t uid, const uint8_t *fate, const int16_t *sinr_ddb, const uint32_t *station_of,
                    uint32_t count);

/* It is off, or elsewhere: what it heard, and was heard of it, is no longer continued. */
void bac_link_forget_station(struct bac_link_stats *links, uint32_t station);
/* Age of information of what `to` knows from `from`: since the newest frame that it heard of it began. Each call is a sample. */
void bac_link_age(struct bac_link_stats *links, bac_time now, uint32_t to, uint32_t from);
/* A frame that has begun, told of as sent or not counted, waited so long from its MAC's queue to the air. */
void bac_link_access(struct bac_link_stats *links, uint64_t uid, bac_time waited);

/* Rows of links.csv, one for each bin. Frames of the last 10 ms are left out where receptions are told of apart.
 * from_m, to_m; expected = received + all lost_*; pdr; pir_mean_s, pir_p95_s: between the beginnings of successive frames of one sender that a
 * receiver decoded, in the bin where it is at the later one; sinr_lock_*_db of the frames that were locked on. */
void bac_link_bin_columns(const struct bac_link_stats *links, uint32_t bin, const struct bac_columns *to);
/* Columns access_delay_mean_s, access_delay_p95_s, aoi_mean_s, aoi_p95_s, aoi_unheard (share of samples without a frame yet). */
void bac_link_columns(const struct bac_link_stats *links, const struct bac_columns *to);

#ifdef __cplusplus
}
#endif

#endif
