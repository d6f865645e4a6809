/* SPDX-License-Identifier: GPL-2.0-only */
#include "election/elect.h"

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
