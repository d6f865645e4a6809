/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of a frame at a receiver: it is decoded, or lost, for the first of these causes that applies.
 * Source: the order of M. Sepulcre et al., "Analytical Models of the Performance of IEEE 802.11p Vehicle to Vehicle Communications", IEEE TVT
 * 2022 (sensing, receiver busy, propagation and collision), with the half duplex of 802.11's own transmissions in front, and the
 * header apart from the payload, as ns-3 has it. */
#ifndef BAC_RADIO_FATE_H
#define BAC_RADIO_FATE_H

#ifdef __cplusplus
extern "C" {
#endif

enum bac_fate {
  BAC_FATE_WEAK,      /* weaker than the weakest preamble that is detected: lost on an idle channel, too */
  BAC_FATE_OFF,       /* the receiver was off, or went off meanwhile */
  BAC_FATE_SENDING,   /* half duplex: the receiver was sending, or began to */
  BAC_FATE_BUSY,      /* the receiver was locked on another frame, or took a stronger preamble of the same 4 us */
  BAC_FATE_COLLISION, /* its preamble was strong enough, but not above interference */
  BAC_FATE_HEADER,    /* locked on it, header in error */
  BAC_FATE_PAYLOAD,   /* locked on it, payload in error */
  BAC_FATE_DECODED,
  BAC_FATES,
  BAC_FATE_OPEN = BAC_FATES /* not decided yet */
};

/* SINR in tenths of a dB: of what was never locked on. */
#define BAC_SINR_NONE INT16_MIN

#ifdef __cplusplus
}
#endif

#endif
