/* SPDX-License-Identifier: GPL-2.0-only */
/* Who leads a round and who validates in an epoch of BAC (protocols.md, section 3).
 *
 * sortition: the candidates (CP) of an epoch are its committee, elected by credentials on the chain and filled up by the fallback order;
 * the primary of a round is the member whose claim, a VRF output that elects lambda > 0 of its units at tau = 5, has the lowest priority.
 * Nobody can tell who that is before it says so; everybody can check it. Where nobody is elected, a CP leads, each in turn.
 * round-robin: everybody leads in turn, known to all for ever. */
#ifndef BAC_ELECTION_ELECT_H
#define BAC_ELECTION_ELECT_H

#include "base/bitset.h"
#include "bac/bac.h"
#include "election/sortition.h"

#define BAC_ELECT_TAU 5 /* expected elected units of a round */

/* ---- Round-robin. ---- */

/* Candidates (CP) of an epoch: permille of n, at least one, fewer than n (none when n is 1). */
uint32_t bac_elect_candidate_count(uint32_t n, uint32_t permille);
/* Roster index of the primary of a round. */
uint32_t bac_elect_primary(uint32_t n, uint64_t epoch, uint64_t round);
/* Role of a member in a round: the primary of the round is P even if it is a candidate of the epoch. */
enum bac_role bac_elect_role(uint32_t n, uint32_t permille, uint64_t epoch, uint64_t round, uint32_t index);

/* ---- Both, for one epoch. ---- */

struct bac_electorate {
  const struct bac_roster *roster; /* borrowed */
  enum bac_election how;
  uint32_t permille;
  /* sortition */
  struct bac_lottery lottery; /* total_units 0: nobody is eligible, nobody is ever elected */
  struct bac_bitset committee;
  uint32_t size;
  uint16_t *order; /* its members' indices in the order of H(seed || key); owned */
};

/* permille: of config, unless the roster says.  first_seed: orders the members in an epoch to which nobody was elected (the first). */
void bac_electorate_init(struct bac_electorate *e, const struct bac_roster *roster, enum bac_election how, uint32_t permille,
                         const uint8_t first_seed[BAC_HASH_BYTES]);
void bac_electorate_clear(struct bac_electorate *e);
/* Role of a member in a round. Under sortition only CP or CS: P is who proves to be it. */
enum bac_role bac_electorate_role(const struct bac_electorate *e, uint64_t round, uint32_t index);
/* CPs that validate a block beside its primary, at most. */
uint32_t bac_electorate_candidates(const struct bac_electorate *e);
/* sortition: the CP that leads a round in which nobody is elected. */
uint32_t bac_electorate_fallback(const struct bac_electorate *e, uint64_t round);

/* ---- Claims. ---- */

/* On the air: u32 lambda || pi. (beta follows from pi; role, epoch and round stand in the message around it.) */
#define BAC_CLAIM_BYTES (4 + BAC_VRF_PROOF_BYTES)

struct bac_claim {
  uint32_t index; /* roster index of who claims */
  uint32_t lambda;
  uint8_t pi[BAC_VRF_PROOF_BYTES];
  uint8_t priority[BAC_HASH_BYTES]; /* the lowest wins */
};

/* What the members draw on in a round. */
void bac_electorate_alpha(const struct bac_electorate *e, uint64_t round, uint8_t alpha[BAC_SORTITION_ALPHA_BYTES]);
/* The claim of member `index` from its own ticket, whose lambda is > 0. */
void bac_claim_of_ticket(struct bac_claim *claim, uint32_t index, const struct bac_ticket *ticket, struct bac_cost *cost);
void bac_claim_write(const struct bac_claim *claim, uint8_t out[BAC_CLAIM_BYTES]);
/* Reads and verifies what may come from a peer: BAC_OK, or why it does not hold: an error of bac_sortition_verify; BAC_SORTITION_ECLAIM also
 * where lambda is 0. Counts one VRF verification and the bytes hashed. */
int bac_claim_check(const struct bac_electorate *e, uint64_t round, uint32_t index, const uint8_t bytes[BAC_CLAIM_BYTES], struct bac_claim *claim,
                    struct bac_shared *shared, struct bac_cost *cost);
/* Whether a wins over b: by priority, ties by key. */
bool bac_claim_wins(const struct bac_electorate *e, const struct bac_claim *a, const struct bac_claim *b);

#endif
