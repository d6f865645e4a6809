/* SPDX-License-Identifier: GPL-2.0-only */
#include "election/elect.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "election/committee.h"

/* ---- Round-robin. ---- */

uint32_t bac_elect_candidate_count(uint32_t n, uint32_t permille) {
  uint32_t count = (uint32_t)((uint64_t)n * permille / 1000);
  if (count == 0) count = 1;
  return count < n ? count : n - 1;
}

uint32_t bac_elect_primary(uint32_t n, uint64_t epoch, uint64_t round) { return (uint32_t)((epoch + round) % n); }

enum bac_role bac_elect_role(uint32_t n, uint32_t permille, uint64_t epoch, uint64_t round, uint32_t index) {
  uint32_t primary = bac_elect_primary(n, epoch, round);
  if (index == primary) return BAC_ROLE_PRIMARY;
  uint32_t count = bac_elect_candidate_count(n, permille);
  uint32_t first = (uint32_t)(epoch * count % n);
  /* A candidate that leads the round leaves its place to the next in line: every round has the same number of CPs. */
  if ((primary + n - first) % n < count) count++;
  return (index + n - first) % n < count ? BAC_ROLE_CP : BAC_ROLE_CS;
}

/* ---- Both. ---- */

void bac_electorate_init(struct bac_electorate *e, const struct bac_roster *roster, enum bac_election how, uint32_t permille,
                         const uint8_t first_seed[BAC_HASH_BYTES]) {
  *e = (struct bac_electorate){.roster = roster, .how = how, .permille = roster->candidates_permille > 0 ? roster->candidates_permille : permille};
  if (how == BAC_ELECTION_ROUND_ROBIN) return;
  e->lottery = (struct bac_lottery){.tau_num = BAC_ELECT_TAU, .tau_den = 1};
  for (uint32_t i = 0; i < roster->count; i++) {
    e->lottery.total_units += roster->members[i].units;
    if (roster->members[i].place > 0) bac_bitset_add(&e->committee, i);
  }
  const bool elected = bac_bitset_count(&e->committee) > 0;
  if (!elected) bac_committee_fallback(roster, first_seed, bac_committee_size(roster->count, e->permille), &e->committee);
  e->size = bac_bitset_count(&e->committee);
  e->order = bac_alloc(e->size, sizeof *e->order);
  uint16_t all[BAC_ROSTER_MAX];
  bac_committee_order(roster, elected ? roster->seed : first_seed, all);
  for (uint32_t i = 0, k = 0; i < roster->count; i++)
    if (bac_bitset_has(&e->committee, all[i])) e->order[k++] = all[i];
}

void bac_electorate_clear(struct bac_electorate *e) {
  free(e->order);
  e->order = NULL;
}

enum bac_role bac_electorate_role(const struct bac_electorate *e, uint64_t round, uint32_t index) {
  if (e->how == BAC_ELECTION_SORTITION) return bac_bitset_has(&e->committee, index) ? BAC_ROLE_CP : BAC_ROLE_CS;
  return bac_elect_role(e->roster->count, e->permille, e->roster->epoch, round, index);
}

uint32_t bac_electorate_candidates(const struct bac_electorate *e) {
  return e->how == BAC_ELECTION_SORTITION ? e->size : bac_elect_candidate_count(e->roster->count, e->permille);
}

uint32_t bac_electorate_fallback(const struct bac_electorate *e, uint64_t round) {
  BAC_ASSERT(e->how == BAC_ELECTION_SORTITION);
  return e->order[round % e->size];
}

/* ---- Claims. ---- */

void bac_electorate_alpha(const struct bac_electorate *e, uint64_t round, uint8_t alpha[BAC_SORTITION_ALPHA_BYTES]) {
  bac_sortition_alpha(alpha, BAC_ROLE_PRIMARY, e->roster->seed, e->roster->shard, e->roster->epoch, round);
}

void bac_claim_of_ticket(struct bac_claim *claim, uint32_t index, const struct bac_ticket *ticket, struct bac_cost *cost) {
  BAC_ASSERT(ticket->lambda > 0);
  *claim = (struct bac_claim){.index = index, .lambda = ticket->lambda};
  memcpy(claim->pi, ticket->pi, sizeof claim->pi);
  bac_sortition_priority(claim->priority, ticket->beta, ticket->lambda, cost);
}

void bac_claim_write(const struct bac_claim *claim, uint8_t out[BAC_CLAIM_BYTES]) {
  bac_put_u32(out, claim->lambda);
  memcpy(out + 4, claim->pi, sizeof claim->pi);
}

int bac_claim_check(const struct bac_electorate *e, uint64_t round, uint32_t index, const uint8_t bytes[BAC_CLAIM_BYTES], struct bac_claim *claim,
                    struct bac_shared *shared, struct bac_cost *cost) {
  const struct bac_member *member = &e->roster->members[index];
  struct bac_ticket ticket = {.lambda = bac_get_u32(bytes)};
  uint8_t alpha[BAC_SORTITION_ALPHA_BYTES];
  if (ticket.lambda == 0) return BAC_SORTITION_ECLAIM;
  memcpy(ticket.pi, bytes + 4, sizeof ticket.pi);
  int code = bac_vrf_proof_to_hash(ticket.beta, ticket.pi);
  if (code != 0) return code;
  bac_electorate_alpha(e, round, alpha);
  code = bac_sortition_verify(&ticket, &e->lottery, member->units, member->vrf_key, alpha, shared, cost);
  if (code == BAC_OK) bac_claim_of_ticket(claim, index, &ticket, cost);
  return code;
}

bool bac_claim_wins(const struct bac_electorate *e, const struct bac_claim *a, const struct bac_claim *b) {
  const int order = memcmp(a->priority, b->priority, BAC_HASH_BYTES);
  if (order != 0) return order < 0;
  return memcmp(e->roster->members[a->index].sign_key, e->roster->members[b->index].sign_key, BAC_PUBLIC_KEY_BYTES) < 0;
}
