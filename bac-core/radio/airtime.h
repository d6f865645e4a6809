/* SPDX-License-Identifier: GPL-2.0-only */
/* Rates and durations of 802.11p frames in a 10 MHz channel.
 * Source: IEEE 802.11-2016, clause 17.3.2 and tables 17-4, 17-5, 17-21; the same values as ns-3's OfdmPhy and WifiPhy::Configure80211p. */
#ifndef BAC_RADIO_AIRTIME_H
#define BAC_RADIO_AIRTIME_H

#include "bac/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_AIR_SLOT (13 * BAC_US)
#define BAC_AIR_SIFS (32 * BAC_US)
#define BAC_AIR_PREAMBLE (32 * BAC_US)
#define BAC_AIR_HEADER (8 * BAC_US) /* the SIGNAL field, always at 3 Mb/s */
#define BAC_AIR_SYMBOL (8 * BAC_US)
#define BAC_AIR_DETECT (4 * BAC_US) /* in which a preamble is found, or not */
#define BAC_AIR_EIFS_WAIT (BAC_AIR_SIFS + 88 * BAC_US) /* EIFS less DIFS: SIFS and an ACK at 3 Mb/s */
#define BAC_ACK_BYTES 14
#define BAC_PSDU_OVERHEAD 38 /* QoS data header 26, LLC 8, FCS 4 */

enum bac_air_mode { /* Mb/s */
  BAC_MODE_3, BAC_MODE_4_5, BAC_MODE_6, BAC_MODE_9, BAC_MODE_12, BAC_MODE_18, BAC_MODE_24, BAC_MODE_27, BAC_AIR_MODES
};

/* The mode of a rate in bit/s, or -1. */
int bac_air_mode_of(uint64_t bits_per_second);
uint64_t bac_air_rate(enum bac_air_mode mode); /* bit/s */
/* Coded bits per subcarrier (1, 2, 4, 6) and the code rate's numerator; its denominator is one more. */
int bac_air_bits_per_subcarrier(enum bac_air_mode mode);
int bac_air_code_numerator(enum bac_air_mode mode);
/* The rate at which a frame is acknowledged: the highest mandatory one (3, 6, 12 Mb/s) not above its own.
 * Source: IEEE 802.11-2016, 10.7.6.5; ns-3's WifiRemoteStationManager::GetControlAnswerMode. */
enum bac_air_mode bac_air_ack_mode(enum bac_air_mode mode);
/* From the first sample of the preamble to the end.  psdu_bytes: MAC header, LLC, payload and FCS. */
bac_time bac_air_duration(uint32_t psdu_bytes, enum bac_air_mode mode);

#ifdef __cplusplus
}
#endif

#endif
