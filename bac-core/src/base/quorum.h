/* SPDX-License-Identifier: GPL-2.0-only */
/* Quorum arithmetic (design rules: f = floor((n-1)/3), Q(n) the smallest count with 3*count > 2*n). */
#ifndef BAC_BASE_QUORUM_H
#define BAC_BASE_QUORUM_H

#include <stdint.h>

/* Most byzantine members that n members tolerate. */
static inline uint32_t bac_faults_max(uint32_t n) { return n > 0 ? (n - 1) / 3 : 0; }
/* Byzantine quorum: two of them share more than f members. */
static inline uint32_t bac_quorum(uint32_t n) { return (uint32_t)((uint64_t)2 * n / 3 + 1); }
/* Smallest count above half of n (the paper's "more than 50 %"). */
static inline uint32_t bac_majority(uint32_t n) { return n / 2 + 1; }

#endif
