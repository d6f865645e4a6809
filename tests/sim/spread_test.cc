/* SPDX-License-Identifier: GPL-2.0-only */
/* Exact where it says so, 3 % elsewhere. */
#include <gtest/gtest.h>

#include <cmath>

#include "spread.h"

TEST(Spread, SmallNumbersAreExact) {
  bac_spread s = {};
  EXPECT_TRUE(std::isnan(bac_spread_mean(&s)));
  EXPECT_TRUE(std::isnan(bac_spread_quantile(&s, 0.5)));
  for (uint64_t i = 1; i <= 20; i++) bac_spread_add(&s, i);
  EXPECT_EQ(bac_spread_mean(&s), 10.5);
  EXPECT_EQ(bac_spread_quantile(&s, 0.5), 10);
  EXPECT_EQ(bac_spread_quantile(&s, 0.95), 19);
  EXPECT_EQ(bac_spread_quantile(&s, 1), 20);
  bac_spread_free(&s);
}

TEST(Spread, LargeOnesToThreePerCent) {
  for (const uint64_t unit : {uint64_t{1}, uint64_t{1000}, uint64_t{123456789}, uint64_t{1} << 50}) {
    bac_spread s = {};
    for (uint64_t i = 1; i <= 1000; i++) bac_spread_add(&s, i * unit);
    EXPECT_EQ(s.most, 1000 * unit);
    EXPECT_EQ(s.count, 1000u);
    for (const double q : {0.05, 0.5, 0.95}) EXPECT_NEAR(bac_spread_quantile(&s, q) / (q * 1000 * static_cast<double>(unit)), 1, 0.03) << unit;
    EXPECT_LE(bac_spread_quantile(&s, 1), 1000 * static_cast<double>(unit));
    bac_spread_free(&s);
  }
  bac_spread s = {};
  for (const uint64_t value : {UINT64_MAX, uint64_t{0}}) bac_spread_add(&s, value);
  EXPECT_EQ(bac_spread_quantile(&s, 0.5), 0);
  EXPECT_NEAR(bac_spread_quantile(&s, 1) / 18446744073709551615.0, 1, 0.03);
  bac_spread_free(&s);
}
