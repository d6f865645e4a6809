/* SPDX-License-Identifier: GPL-2.0-only */
/* Channels of the 5.9 GHz band and what leaks from one into another.
 * Source: IEEE 802.11-2016, table E-4 (172 to 184, 10 MHz each); leakage: ns-3's SpectrumWifiPhy at 10 MHz with the default transmit
 * mask of its WifiSpectrumValueHelper, where `bac-radio-bench --reference` measures -24.7 and -57.3 dB. */
#ifndef BAC_RADIO_CHANNEL_PLAN_H
#define BAC_RADIO_CHANNEL_PLAN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_CHANNEL_FIRST 172
#define BAC_CHANNEL_LAST 184
#define BAC_CHANNELS 7

/* Whether a number names a 10 MHz channel: 172, 174, ... 184. */
int bac_channel_valid(uint32_t number);
/* Share of the power of a transmission on one channel that a receiver on another takes in: 1 on the same, -25 dB on the next,
 * -57 dB on the next but one, 0 beyond. */
double bac_channel_leakage(uint32_t from, uint32_t to);

/* A channel for each of several places, of[count], each one of channels[channel_count]. Where there are enough, the first place has the first
 * channel, and so on. Beyond that, one place after the other takes the channel whose nearest user so far is the farthest away, of equals the
 * first: places that share a channel are far from each other.  centres_m: x, y of each place.  channel_count > 0.  Pure. */
void bac_channel_reuse(const double (*centres_m)[2], uint32_t count, const uint32_t *channels, uint32_t channel_count, uint32_t *of);

#ifdef __cplusplus
}
#endif

#endif
