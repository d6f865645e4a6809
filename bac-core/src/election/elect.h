/* SPDX-License-Identifier: GPL-2.0-only */
/* Who leads a round and who validates in an epoch. Round-robin until sortition takes its place behind these calls:
 * results say "round-robin". */
#ifndef BAC_ELECTION_ELECT_H
#define BAC_ELECTION_ELECT_H

#include "base/bitset.h"
#include "bac/bac.h"

#define BAC_ELECTION_NAME "round-robin"

/* Candidates (CP) of an epoch: permille of n, at least one, fewer than n (none when n is 1). */
uint32_t bac_elect_candidate_count(uint32_t n, uint32_t permille);
/* Roster index of the primary of a round. */
uint32_t bac_elect_primary(uint32_t n, uint64_t epoch, uint64_t round);
/* Role of a member in a round: the primary of the round is P even if it is a candidate of the epoch. */
enum bac_role bac_elect_role(uint32_t n, uint32_t permille, uint64_t epoch, uint64_t round, uint32_t index);

#endif
