/* SPDX-License-Identifier: GPL-2.0-only */
/* Channels of the 5.9 GHz band and what leaks from one into another.
 * Source: IEEE 802.11-2016, table E-4 (172 to 184, 10 MHz each) and table D-5 (transmit spectrum masks for 10 MHz; dBr at 5.5, 10 and 15 MHz from the
 * centre: A and B -20, -28, -40; C -32, -40, -50; D -45, -55, -65). ETSI EN 302 571 asks for that of class C. Leakage: of ns-3's SpectrumWifiPhy at
 * 10 MHz with these three points, as `bac-radio-bench --reference` measures it. It knows no point at 5 MHz, where alone A differs from B, and its masks
 * end at 15 MHz. Its default mask is that of A. */
#ifndef BAC_RADIO_CHANNEL_PLAN_H
#define BAC_RADIO_CHANNEL_PLAN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_CHANNEL_FIRST 172
#define BAC_CHANNEL_LAST 184
#define BAC_CHANNELS 7

/* Class of the transmit spectrum mask. */
enum bac_mask { BAC_MASK_A, BAC_MASK_B, BAC_MASK_C, BAC_MASK_D, BAC_MASKS };

#define BAC_CHANNELS_APART 3 /* channels this far apart and farther do not hear each other */
/* What a receiver takes in from a transmission so many channels away, dB: 0 on its own; -INFINITY from BAC_CHANNELS_APART on. */
double bac_mask_leakage_db(enum bac_mask mask, uint32_t apart);

/* Whether a number names a 10 MHz channel: 172, 174, ... 184. */
int bac_channel_valid(uint32_t number);
/* The same as a share of the power, between two channels. */
double bac_channel_leakage(enum bac_mask mask, uint32_t from, uint32_t to);

/* A channel for each of several places, of[count], each one of channels[channel_count]. Where there are enough, the first place has the first
 * channel, and so on. Beyond that, one place after the other takes the channel whose nearest user so far is the farthest away, of equals the
 * first: places that share a channel are far from each other.  centres_m: x, y of each place.  channel_count > 0.  Pure. */
void bac_channel_reuse(const double (*centres_m)[2], uint32_t count, const uint32_t *channels, uint32_t channel_count, uint32_t *of);

#ifdef __cplusplus
}
#endif

#endif
