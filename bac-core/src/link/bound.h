/* SPDX-License-Identifier: GPL-2.0-only */
/* The dissemination bound: how many frames, and how much airtime, an ideal erasure code needs. */
#ifndef BAC_LINK_BOUND_H
#define BAC_LINK_BOUND_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_LINK_BOUND_SYMBOLS_MAX 1000000u

/* Expected number of frames sent until each of `receivers` has got `symbols` of them, when every receiver loses every
 * frame independently with probability `loss`: the expectation of the largest of `receivers` negative binomials.
 * A negative number if an argument is out of range (symbols 1..BAC_LINK_BOUND_SYMBOLS_MAX, receivers >= 1,
 * 0 <= loss <= 0.99). Takes time in proportion to symbols / (1 - loss).
 * Source: design/protocols.md, section 5. Doubles: this is a report, nothing that nodes agree on. */
double bac_link_bound_frames(uint32_t symbols, uint32_t receivers, double loss);

#ifdef __cplusplus
}
#endif

#endif
