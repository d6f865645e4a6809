/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

namespace {

TEST(Quorum, ByDefinitionForEveryRoster) {
  for (uint32_t n = 1; n <= BAC_ROSTER_MAX; n++) {
    uint32_t q = 0;
    while (3 * q <= 2 * n) q++;
    ASSERT_EQ(q, bac_quorum(n)) << n;
    uint32_t f = bac_faults_max(n);
    ASSERT_EQ((n - 1) / 3, f) << n;
    ASSERT_GT(2 * q, n + f) << "two quorums share an honest member, n = " << n;
    ASSERT_LE(q, n - f) << "the honest are enough, n = " << n;
    uint32_t m = 0;
    while (2 * m <= n) m++;
    ASSERT_EQ(m, bac_majority(n)) << n;
  }
  EXPECT_EQ(0u, bac_faults_max(0));
}

TEST(Bitset, HoldsWhatItHoldsAndNothingOutside) {
  bac_bitset s;
  bac_bitset_clear(&s);
  EXPECT_EQ(0u, bac_bitset_count(&s));
  for (uint32_t i : {0u, 7u, 8u, 999u, 8u}) bac_bitset_add(&s, i);
  EXPECT_EQ(4u, bac_bitset_count(&s));
  for (uint32_t i = 0; i < 1100; i++) EXPECT_EQ(i == 0 || i == 7 || i == 8 || i == 999, bac_bitset_has(&s, i)) << i;
  bac_bitset_add(&s, BAC_ROSTER_MAX);
  bac_bitset_add(&s, UINT32_MAX);
  EXPECT_EQ(4u, bac_bitset_count(&s));
  for (uint32_t i = 0; i < BAC_ROSTER_MAX; i++) bac_bitset_add(&s, i);
  EXPECT_EQ(uint32_t{BAC_ROSTER_MAX}, bac_bitset_count(&s));
}

}  // namespace
