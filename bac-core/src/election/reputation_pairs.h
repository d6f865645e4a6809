/* SPDX-License-Identifier: GPL-2.0-only */
/* Paper mode: reputation from plain counts of behaviours per pair of EVs, without decay, averaged over the pairs (paper,
 * eqs. 8-10, which leave open how rho_l follows from b_ij and u_ij: the mean over all raters here). For reports. */
#ifndef BAC_ELECTION_REPUTATION_PAIRS_H
#define BAC_ELECTION_REPUTATION_PAIRS_H

#include "bac/limits.h"
#include "election/reputation.h"

enum bac_behaviour { BAC_BEHAVIOUR_HONEST, BAC_BEHAVIOUR_DISHONEST, BAC_BEHAVIOUR_DOUBTFUL, BAC_BEHAVIOUR_COUNT };

#define BAC_PAIR_COUNT_MAX INT32_MAX /* a count stops here */

/* Phi, eta, phi of eq. 8 of each ordered pair {i, j}: what i counted of j's behaviour, at cells[i * count + j]. */
struct bac_reputation_pairs {
  uint32_t count;
  struct bac_pair {
    uint32_t behaviours[BAC_BEHAVIOUR_COUNT];
  } cells[];
};

/* No behaviours among n members, 1 <= n <= BAC_ROSTER_MAX: 12 n^2 bytes. The caller frees it with free(). */
struct bac_reputation_pairs *bac_reputation_pairs_new(uint32_t n);
/* i counts a behaviour of j. Errors: BAC_EINVAL (an index or kind out of range, i == j). */
int bac_reputation_pairs_add(struct bac_reputation_pairs *pairs, uint32_t i, uint32_t j, enum bac_behaviour kind);
/* Eq. 8 for i, j < count, exact; (0, 0, 1) of a pair that has met no behaviour. */
struct bac_opinion bac_reputation_pairs_opinion(const struct bac_reputation_pairs *pairs, uint32_t i, uint32_t j);
/* rho_l: mean of b_il + u_il / 2 over all i != l, as Q32 in [0, 2^32], less than 2^-31 below the exact value. A single
 * member, whom nobody rates, has 1/2. */
uint64_t bac_reputation_pairs_rho(const struct bac_reputation_pairs *pairs, uint32_t l);

#endif
