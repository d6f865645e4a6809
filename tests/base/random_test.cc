/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "sim/world.h"

namespace {

TEST(Random, GoldenValues) { /* the same on every machine: every recorded result hangs on them */
  bac_random r = bac_random_stream(1, 2, BAC_PURPOSE_ENGINE);
  EXPECT_EQ(2383719476265729892u, bac_random_u64(&r));
  EXPECT_EQ(12912736462436025402u, bac_random_u64(&r));
  EXPECT_EQ(892436231, bac_random_exponential(&r, BAC_SECOND));
}

/* Blackman and Vigna's reference: state 1, 2, 3, 4. */
TEST(Random, IsXoshiro256StarStar) {
  bac_random r = {{1, 2, 3, 4}};
  EXPECT_EQ(11520u, bac_random_u64(&r));
  EXPECT_EQ(0u, bac_random_u64(&r));
  EXPECT_EQ(1509978240u, bac_random_u64(&r));
  EXPECT_EQ(1215971899390074240u, bac_random_u64(&r));
}

TEST(Random, StreamsDiffer) {
  std::set<uint64_t> seen;
  size_t count = 0;
  for (uint64_t seed = 0; seed < 8; seed++)
    for (uint64_t node = 0; node < 64; node++)
      for (int p = 1; p <= 6; p++, count++) {
        bac_random r = bac_random_stream(seed, node, static_cast<bac_purpose>(p));
        seen.insert(bac_random_u64(&r));
      }
  EXPECT_EQ(count, seen.size());
}

TEST(Random, BelowIsUniform) {
  bac_random r = bac_random_stream(3, 0, BAC_PURPOSE_ENGINE);
  int counts[7] = {0};
  for (int i = 0; i < 70000; i++) counts[bac_random_below(&r, 7)]++;
  double chi = 0;
  for (int c : counts) chi += (c - 10000.0) * (c - 10000.0) / 10000.0;
  EXPECT_LT(chi, 22.5); /* 6 degrees of freedom, 0.1 % */
  EXPECT_EQ(0u, bac_random_below(&r, 0));
  EXPECT_EQ(0u, bac_random_below(&r, 1));
  for (int i = 0; i < 1000; i++) EXPECT_LT(bac_random_below(&r, (uint64_t{1} << 63) + 1), (uint64_t{1} << 63) + 1);
}

TEST(Random, Chance) {
  bac_random r = bac_random_stream(4, 0, BAC_PURPOSE_ENGINE);
  int hits = 0;
  for (int i = 0; i < 100000; i++) hits += bac_random_chance(&r, 300, 1000);
  EXPECT_NEAR(30000, hits, 600);
  EXPECT_FALSE(bac_random_chance(&r, 0, 1000));
  EXPECT_TRUE(bac_random_chance(&r, 1000, 1000));
}

TEST(Random, ExponentialHasItsMeanAndItsTail) {
  bac_random r = bac_random_stream(5, 0, BAC_PURPOSE_WORKLOAD);
  const int n = 200000;
  double sum = 0, square = 0;
  int above[4] = {0};
  for (int i = 0; i < n; i++) {
    int64_t x = bac_random_exponential(&r, BAC_SECOND);
    ASSERT_GE(x, 1);
    double s = static_cast<double>(x) / 1e9;
    sum += s;
    square += s * s;
    for (int k = 0; k < 4; k++) above[k] += s > k + 1;
  }
  EXPECT_NEAR(1.0, sum / n, 0.01);
  EXPECT_NEAR(2.0, square / n, 0.05);
  for (int k = 0; k < 4; k++) EXPECT_NEAR(std::exp(-(k + 1.0)), static_cast<double>(above[k]) / n, 0.004) << k;
  EXPECT_EQ(1, bac_random_exponential(&r, 0));
  EXPECT_EQ(1, bac_random_exponential(&r, -5));
}

}  // namespace
