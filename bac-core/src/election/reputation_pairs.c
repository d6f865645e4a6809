/* SPDX-License-Identifier: GPL-2.0-only */
#include "election/reputation_pairs.h"

#include "base/bytes.h"

struct bac_reputation_pairs *bac_reputation_pairs_new(uint32_t n) {
  BAC_ASSERT(n > 0 && n <= BAC_ROSTER_MAX);
  struct bac_reputation_pairs *pairs = bac_alloc(1, sizeof *pairs + (size_t)n * n * sizeof pairs->cells[0]);
  pairs->count = n;
  return pairs;
}

int bac_reputation_pairs_add(struct bac_reputation_pairs *pairs, uint32_t i, uint32_t j, enum bac_behaviour kind) {
  if (i >= pairs->count || j >= pairs->count || i == j || (unsigned)kind >= BAC_BEHAVIOUR_COUNT) return BAC_EINVAL;
  uint32_t *count = &pairs->cells[(size_t)i * pairs->count + j].behaviours[kind];
  if (*count < BAC_PAIR_COUNT_MAX) (*count)++;
  return BAC_OK;
}

struct bac_opinion bac_reputation_pairs_opinion(const struct bac_reputation_pairs *pairs, uint32_t i, uint32_t j) {
  BAC_ASSERT(i < pairs->count && j < pairs->count);
  const uint32_t *b = pairs->cells[(size_t)i * pairs->count + j].behaviours;
  struct bac_opinion o = {.belief = b[BAC_BEHAVIOUR_HONEST],
                          .distrust = b[BAC_BEHAVIOUR_DISHONEST],
                          .uncertainty = b[BAC_BEHAVIOUR_DOUBTFUL]};
  o.total = o.belief + o.distrust + o.uncertainty;
  if (o.total == 0) o.uncertainty = o.total = 1;
  return o;
}

uint64_t bac_reputation_pairs_rho(const struct bac_reputation_pairs *pairs, uint32_t l) {
  const uint32_t n = pairs->count;
  BAC_ASSERT(l < n);
  if (n == 1) return (uint64_t)1 << 31;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (i == l) continue;
    const struct bac_opinion o = bac_reputation_pairs_opinion(pairs, i, l);
    /* Counts are below 2^31: 2^63 + 2^62 at most. */
    sum += ((o.belief << 32) + (o.uncertainty << 31)) / o.total;
  }
  return sum / (n - 1);
}
