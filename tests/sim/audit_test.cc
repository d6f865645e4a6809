/* SPDX-License-Identifier: GPL-2.0-only */
/* The money of all shards: what is counted where, and what is noticed. */
#include <gtest/gtest.h>

#include <memory>

#include "audit.h"

namespace {

struct Audit : ::testing::Test {
  std::unique_ptr<bac_audit, decltype(&bac_audit_free)> audit{bac_audit_new(), &bac_audit_free};
  void account(uint32_t shard, uint32_t id, int64_t balance, uint64_t moves = 0, bool gone = false) {
    bac_account_view view = {};
    view.balance_milli = balance;
    view.moves = moves;
    view.gone = gone;
    bac_audit_account(audit.get(), shard, id, &view);
  }
  bac_audit_report sum() { return bac_audit_sum(audit.get(), 100); }
};

TEST_F(Audit, CountsEachEvWhereItsNewestAccountIs) {
  ASSERT_TRUE(bac_audit_state(audit.get(), 0, 10));
  account(0, 1, 90, 1, true); /* went to shard 1 */
  account(0, 2, 110);
  account(0, 3, 70, 2); /* went and came back */
  account(0, 4, 120, 1, true); /* on its way */
  ASSERT_TRUE(bac_audit_state(audit.get(), 1, 20));
  account(1, 1, 95, 1);
  account(1, 3, 60, 2, true);
  account(1, 5, 105);
  bac_audit_report r = sum();
  EXPECT_TRUE(r.complete);
  EXPECT_EQ(5u, r.accounts);
  EXPECT_EQ(0u, r.doubled);
  EXPECT_EQ(1u, r.travelling);
  EXPECT_EQ(0, r.excess_milli);
}

TEST_F(Audit, NoticesMoneyThatIsMintedOrLost) {
  bac_audit_state(audit.get(), 0, 10);
  account(0, 1, 101);
  EXPECT_EQ(1, sum().excess_milli);
  account(0, 2, 98);
  EXPECT_EQ(-1, sum().excess_milli);
  bac_audit_state(audit.get(), 1, 10);
  account(1, 1, 100); /* opened again */
  EXPECT_EQ(1u, sum().doubled);
}

TEST_F(Audit, TakesTheNewestStateAndNoneBeforeTheBoundary) {
  EXPECT_TRUE(bac_audit_state(audit.get(), 0, 10));
  account(0, 1, 500);
  EXPECT_FALSE(bac_audit_state(audit.get(), 0, 10));
  EXPECT_TRUE(bac_audit_state(audit.get(), 0, 11));
  account(0, 1, 100);
  EXPECT_EQ(0, sum().excess_milli);
  bac_audit_base(audit.get(), 0, 11);
  bac_audit_base(audit.get(), 0, 4);
  EXPECT_TRUE(sum().complete);
  bac_audit_base(audit.get(), 0, 12);
  EXPECT_FALSE(sum().complete);
  bac_audit_base(audit.get(), 1, 0);
  EXPECT_TRUE(bac_audit_state(audit.get(), 0, 12));
  EXPECT_FALSE(sum().complete) << "nothing of shard 1 yet";
  EXPECT_TRUE(bac_audit_state(audit.get(), 1, 0));
  EXPECT_TRUE(sum().complete);
}

}  // namespace
