/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

namespace {

TEST(Roster, IndexOfEveryId) {
  for (uint32_t n : {1u, 2u, 3u, 64u, 512u}) {
    std::vector<bac_member> members(n);
    for (uint32_t i = 0; i < n; i++) members[i].id = 3 + 2 * i;
    bac_roster r = {};
    r.count = n;
    r.members = members.data();
    EXPECT_TRUE(bac_roster_check(&r));
    for (uint32_t i = 0; i < n; i++) {
      EXPECT_EQ(i, bac_roster_index(&r, 3 + 2 * i));
      EXPECT_EQ(BAC_INDEX_NONE, bac_roster_index(&r, 4 + 2 * i));
    }
    EXPECT_EQ(BAC_INDEX_NONE, bac_roster_index(&r, 0));
    EXPECT_EQ(BAC_INDEX_NONE, bac_roster_index(&r, UINT32_MAX));
  }
}

TEST(Roster, CheckRefuses) {
  std::vector<bac_member> members(BAC_ROSTER_MAX + 1);
  for (uint32_t i = 0; i < BAC_ROSTER_MAX + 1; i++) members[i].id = i;
  bac_roster r = {};
  r.count = 2;
  EXPECT_FALSE(bac_roster_check(&r));
  r.members = members.data();
  EXPECT_TRUE(bac_roster_check(&r));
  r.count = 0;
  EXPECT_FALSE(bac_roster_check(&r));
  r.count = BAC_ROSTER_MAX + 1;
  EXPECT_FALSE(bac_roster_check(&r));
  r.count = 3;
  members[2].id = 65535;
  EXPECT_FALSE(bac_roster_check(&r));
  members[2].id = 1;
  EXPECT_FALSE(bac_roster_check(&r));
  EXPECT_FALSE(bac_roster_check(nullptr));
}

}  // namespace
