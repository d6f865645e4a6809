/* SPDX-License-Identifier: GPL-2.0-only */
#include "election/committee.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "crypto/hash.h"

struct place {
  uint8_t rank[BAC_HASH_BYTES];
  uint16_t index;
};

static int by_rank(const void *a, const void *b) { return memcmp(((const struct place *)a)->rank, ((const struct place *)b)->rank, BAC_HASH_BYTES); }

uint32_t bac_committee_size(uint32_t n, uint32_t permille) {
  uint32_t size = (uint32_t)((uint64_t)n * permille / 1000);
  if (size < BAC_COMMITTEE_MIN) size = BAC_COMMITTEE_MIN;
  return size < n ? size : n;
}

void bac_committee_order(const struct bac_roster *roster, const uint8_t seed[BAC_HASH_BYTES], uint16_t *order) {
  struct place *places = bac_alloc(roster->count, sizeof *places);
  for (uint32_t i = 0; i < roster->count; i++) {
    bac_hash2(places[i].rank, BAC_DOMAIN_SEED, seed, BAC_HASH_BYTES, roster->members[i].sign_key, BAC_PUBLIC_KEY_BYTES);
    places[i].index = (uint16_t)i;
  }
  qsort(places, roster->count, sizeof *places, by_rank); /* equal keys, and so equal ranks, do not occur in a roster */
  for (uint32_t i = 0; i < roster->count; i++) order[i] = places[i].index;
  free(places);
}

void bac_committee_fallback(const struct bac_roster *roster, const uint8_t seed[BAC_HASH_BYTES], uint32_t size, struct bac_bitset *out) {
  uint16_t order[BAC_ROSTER_MAX];
  bac_bitset_clear(out);
  bac_committee_order(roster, seed, order);
  for (uint32_t i = 0; i < size && i < roster->count; i++) bac_bitset_add(out, order[i]);
}
