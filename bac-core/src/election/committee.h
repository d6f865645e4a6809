/* SPDX-License-Identifier: GPL-2.0-only */
/* The committee of an epoch (protocols.md, section 3): for want of credentials on the chain, the fallback order. */
#ifndef BAC_ELECTION_COMMITTEE_H
#define BAC_ELECTION_COMMITTEE_H

#include "base/bitset.h"
#include "bac/bac.h"

#define BAC_COMMITTEE_MIN 4

/* Members of a committee: permille of n, at least BAC_COMMITTEE_MIN, at most n. */
uint32_t bac_committee_size(uint32_t n, uint32_t permille);
/* order[i]: roster index of the i-th member in the order of H(seed || key), all n of them. */
void bac_committee_order(const struct bac_roster *roster, const uint8_t seed[BAC_HASH_BYTES], uint16_t *order);
/* The first `size` of that order. */
void bac_committee_fallback(const struct bac_roster *roster, const uint8_t seed[BAC_HASH_BYTES], uint32_t size, struct bac_bitset *out);

#endif
