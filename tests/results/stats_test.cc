/* SPDX-License-Identifier: GPL-2.0-only */
#include "stats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

/* Two-sided 95 % and 99 % quantiles as printed in statistical tables. */
TEST(Stats, StudentTMatchesTables) {
  const struct {
    double df, t95, t99;
  } rows[] = {{1, 12.706, 63.657}, {2, 4.303, 9.925}, {4, 2.776, 4.604}, {9, 2.262, 3.250}, {29, 2.045, 2.756}, {1000, 1.962, 2.581}};
  for (const auto &row : rows) {
    EXPECT_NEAR(bac_stats_student_t(0.95, row.df), row.t95, 6e-4) << row.df;
    EXPECT_NEAR(bac_stats_student_t(0.99, row.df), row.t99, 6e-4) << row.df;
  }
}

TEST(Stats, StudentTRefusesNonsense) {
  EXPECT_TRUE(std::isnan(bac_stats_student_t(0, 3)));
  EXPECT_TRUE(std::isnan(bac_stats_student_t(1, 3)));
  EXPECT_TRUE(std::isnan(bac_stats_student_t(0.95, 0)));
  EXPECT_TRUE(std::isnan(bac_stats_student_t(NAN, 3)));
}

/* 2, 4, 4, 4, 5, 5, 7, 9: mean 5, sum of squares 32, s = sqrt(32 / 7), t(7) = 2.364624. */
TEST(Stats, KnownSample) {
  const std::vector<double> values = {2, 4, 4, 4, 5, 5, 7, 9};
  bac_stats s = bac_stats_over(values.data(), values.size(), 0.95);
  EXPECT_EQ(s.count, 8u);
  EXPECT_DOUBLE_EQ(s.mean, 5);
  EXPECT_DOUBLE_EQ(s.deviation, std::sqrt(32.0 / 7));
  EXPECT_NEAR(s.half_width, 2.364624 * std::sqrt(32.0 / 7 / 8), 1e-6);
}

TEST(Stats, TwoValues) {
  const double values[] = {1, 3};
  bac_stats s = bac_stats_over(values, 2, 0.95);
  EXPECT_DOUBLE_EQ(s.mean, 2);
  EXPECT_NEAR(s.half_width, 12.7062047, 1e-6); /* t(1) * sqrt(2) / sqrt(2) */
}

TEST(Stats, OneValueHasNoInterval) {
  const double value = 7;
  bac_stats s = bac_stats_over(&value, 1, 0.95);
  EXPECT_EQ(s.count, 1u);
  EXPECT_DOUBLE_EQ(s.mean, 7);
  EXPECT_TRUE(std::isnan(s.deviation));
  EXPECT_TRUE(std::isnan(s.half_width));
}

TEST(Stats, NoValueHasNoMean) {
  const double values[] = {NAN, INFINITY};
  bac_stats s = bac_stats_over(values, 2, 0.95);
  EXPECT_EQ(s.count, 0u);
  EXPECT_TRUE(std::isnan(s.mean));
  EXPECT_EQ(bac_stats_over(nullptr, 0, 0.95).count, 0u);
}

TEST(Stats, MissingValuesAreLeftOut) {
  const double values[] = {NAN, 2, NAN, 4};
  bac_stats s = bac_stats_over(values, 4, 0.95);
  EXPECT_EQ(s.count, 2u);
  EXPECT_DOUBLE_EQ(s.mean, 3);
}

TEST(Stats, SmallSpreadOnALargeMean) {
  const double values[] = {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};
  EXPECT_DOUBLE_EQ(bac_stats_over(values, 4, 0.95).deviation, std::sqrt(30));
}
