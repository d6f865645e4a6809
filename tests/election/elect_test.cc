/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

namespace {

TEST(Elect, EveryRoundHasOnePrimaryAndAllItsCandidates) {
  for (uint32_t n = 1; n <= 60; n++)
    for (uint32_t permille : {0u, 1u, 100u, 333u, 999u, 1000u}) {
      uint32_t c = bac_elect_candidate_count(n, permille);
      if (n > 1) {
        ASSERT_GE(c, 1u);
        ASSERT_LT(c, n);
      }
      for (uint64_t epoch : {uint64_t{0}, uint64_t{3}, UINT64_MAX / 2})
        for (uint64_t round = 0; round < 2 * n; round++) {
          uint32_t count[3] = {0, 0, 0};
          for (uint32_t i = 0; i < n; i++) count[bac_elect_role(n, permille, epoch, round, i)]++;
          ASSERT_EQ(1u, count[BAC_ROLE_PRIMARY]) << n << " " << permille << " " << epoch << " " << round;
          ASSERT_EQ(c, count[BAC_ROLE_CP]) << n << " " << permille << " " << epoch << " " << round;
          ASSERT_EQ(BAC_ROLE_PRIMARY, bac_elect_role(n, permille, epoch, round, bac_elect_primary(n, epoch, round)));
        }
    }
  EXPECT_EQ(0u, bac_elect_candidate_count(1, 1000));
}

TEST(Elect, EverybodyLeadsInTurn) {
  for (uint32_t n : {1u, 4u, 7u}) {
    std::vector<int> turns(n);
    for (uint64_t round = 1; round <= 3 * n; round++) turns[bac_elect_primary(n, 5, round)]++;
    for (int t : turns) EXPECT_EQ(3, t);
  }
}

}  // namespace
