/* SPDX-License-Identifier: GPL-2.0-only */
/* Channel busy ratio as vehicles measure it: in windows of 100 ms, one value for each vehicle and window in which its radio was on throughout.
 * Source: ETSI TS 102 687 (CBR over 100 ms); thresholds are the radio's. */
#ifndef BAC_SIM_BUSY_WINDOWS_H
#define BAC_SIM_BUSY_WINDOWS_H

#include <stdbool.h>

#include "bac/types.h"
#include "columns.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_BUSY_WINDOW (100 * BAC_MS)

struct bac_busy_windows;

/* Windows fill [begin, end) from begin on; a part of one at the end is left out. */
struct bac_busy_windows *bac_busy_windows_new(bac_time begin, bac_time end);
void bac_busy_windows_free(struct bac_busy_windows *windows); /* NULL is ignored */
/* The next station: 0, 1, ... It is on from time 0.  vehicle: others do not count. */
void bac_busy_windows_add_station(struct bac_busy_windows *windows, uint32_t channel, bool vehicle);
void bac_busy_windows_set_on(struct bac_busy_windows *windows, uint32_t station, bac_time now, bool on);
/* To another channel. The window under way counts for none. */
void bac_busy_windows_tune(struct bac_busy_windows *windows, uint32_t station, bac_time now, uint32_t channel);
/* A station has seen its channel busy. Stretches of a station follow each other and do not overlap. */
void bac_busy_windows_busy(struct bac_busy_windows *windows, uint32_t station, bac_time start, bac_time duration);

/* Columns cbr100_mean, cbr100_p95, cbr100_max over all vehicles and windows, then the same of each channel with its number behind. Once, at
 * the end. */
void bac_busy_windows_columns(struct bac_busy_windows *windows, bac_time now, const struct bac_columns *to);

#ifdef __cplusplus
}
#endif

#endif
