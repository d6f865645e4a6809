/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/shards.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "bac/types.h"
#include "trace/rsu.h"

namespace {

constexpr bac_box kTown = {0, 0, 2164.41, 2123.22};
constexpr bac_box kHighway = {0, 0, 12000, 0};

uint32_t Town(double x, double y, uint32_t shards = 4) {
  return bac_shards_by_position(BAC_SHARDS_QUADRANT, &kTown, x, y, shards);
}

TEST(Shards, Quadrants) {
  EXPECT_EQ(Town(1, 1), 0u);
  EXPECT_EQ(Town(2000, 1), 1u);
  EXPECT_EQ(Town(1, 2000), 2u);
  EXPECT_EQ(Town(2000, 2000), 3u);
}

TEST(Shards, OutsideIsTheNearestCell) {
  EXPECT_EQ(Town(-1e9, -5), 0u);
  EXPECT_EQ(Town(1e9, 1e9), 3u);
  EXPECT_EQ(Town(kTown.max_x, kTown.min_y), 1u);
  EXPECT_EQ(Town(std::numeric_limits<double>::quiet_NaN(), 5), 0u);
}

TEST(Shards, CellsAreAsSquareAsTheNumberAllows) {
  const uint32_t expect[][3] = {{1, 1, 1}, {2, 2, 1}, {3, 3, 1},  {4, 2, 2},
                                {6, 3, 2}, {9, 3, 3}, {12, 4, 3}, {16, 4, 4}};
  for (const auto &[shards, columns, rows] : expect) {
    uint32_t c, r;
    bac_shards_cells(BAC_SHARDS_QUADRANT, &kTown, shards, &c, &r);
    EXPECT_EQ(c, columns) << shards;
    EXPECT_EQ(r, rows) << shards;
  }
}

TEST(Shards, Strips) {
  for (double km = 0.5; km < 12; km++) {
    EXPECT_EQ(bac_shards_by_position(BAC_SHARDS_STRIP, &kHighway, km * 1000, -4.8, 4), static_cast<uint32_t>(km / 3));
  }
  bac_box upright = {0, 0, 10, 900};
  EXPECT_EQ(bac_shards_by_position(BAC_SHARDS_STRIP, &upright, 5, 650, 3), 2u);
}

TEST(Shards, PolicyFollowsTheShape) {
  EXPECT_EQ(bac_shards_policy_for(&kTown), BAC_SHARDS_QUADRANT);
  EXPECT_EQ(bac_shards_policy_for(&kHighway), BAC_SHARDS_STRIP);
  bac_box point = {5, 5, 5, 5};
  EXPECT_EQ(bac_shards_policy_for(&point), BAC_SHARDS_QUADRANT);
  EXPECT_STREQ(bac_shards_policy_name(BAC_SHARDS_STRIP), "strip");
}

TEST(Shards, BoxesHoldTheirPositions) {
  for (uint32_t shards = 1; shards <= 30; shards++) {
    for (uint32_t s = 0; s < shards; s++) {
      bac_box cell = bac_shards_box(BAC_SHARDS_QUADRANT, &kTown, shards, s);
      EXPECT_EQ(Town((cell.min_x + cell.max_x) / 2, (cell.min_y + cell.max_y) / 2, shards), s);
      EXPECT_EQ(Town(cell.min_x + 0.01, cell.max_y - 0.01, shards), s);
    }
  }
  bac_box second = bac_shards_box(BAC_SHARDS_STRIP, &kHighway, 4, 1);
  EXPECT_DOUBLE_EQ(second.min_x, 3000);
  EXPECT_DOUBLE_EQ(second.max_x, 6000);
}

/* Metres from the farthest point of the cell to its nearest RSU. */
double Reach(const bac_box &cell, uint32_t count) {
  std::vector<double> x(count), y(count);
  EXPECT_EQ(bac_rsu_grid(&cell, count, x.data(), y.data()), BAC_OK);
  double worst = 0;
  for (double px = cell.min_x; px <= cell.max_x; px += 10) {
    for (double py = cell.min_y; py <= cell.max_y; py += 10) {
      double nearest = 1e18;
      for (uint32_t i = 0; i < count; i++) nearest = std::min(nearest, std::hypot(px - x[i], py - y[i]));
      worst = std::max(worst, nearest);
    }
  }
  return worst;
}

TEST(Rsu, DefaultsCoverTheCell) {
  bac_box quadrant = bac_shards_box(BAC_SHARDS_QUADRANT, &kTown, 4, 3);
  EXPECT_EQ(bac_rsu_default(&quadrant), 4u);
  EXPECT_LE(Reach(quadrant, 4), 1.42 * BAC_RSU_RADIUS_M);
  bac_box segment = bac_shards_box(BAC_SHARDS_STRIP, &kHighway, 4, 2);
  EXPECT_EQ(bac_rsu_default(&segment), 5u);
  EXPECT_LE(Reach(segment, 5), BAC_RSU_RADIUS_M);
  bac_box point = {5, 5, 5, 5}, huge = {0, 0, 1e9, 1e9};
  EXPECT_EQ(bac_rsu_default(&point), 1u);
  EXPECT_EQ(bac_rsu_default(&huge), static_cast<uint32_t>(BAC_RSU_MAX));
}

TEST(Rsu, AnyNumberIsSpread) {
  double last = 1e9;
  for (uint32_t count : {1u, 2u, 4u, 9u, 16u, 25u}) {
    double reach = Reach(kTown, count);
    EXPECT_LT(reach, last) << count;
    last = reach;
  }
  for (uint32_t count = 1; count <= 40; count++) {
    std::vector<double> x(count), y(count);
    ASSERT_EQ(bac_rsu_grid(&kTown, count, x.data(), y.data()), BAC_OK);
    for (uint32_t i = 0; i < count; i++) {
      EXPECT_TRUE(x[i] > 0 && x[i] < kTown.max_x && y[i] > 0 && y[i] < kTown.max_y);
      for (uint32_t k = 0; k < i; k++) EXPECT_GT(std::hypot(x[i] - x[k], y[i] - y[k]), 100);
    }
  }
  for (uint32_t count : {4u, 5u, 9u, 16u}) { /* neighbours take turns by number */
    const bac_box cell = {0, 0, count == 5 ? 3000. : 2000., count == 5 ? 100. : 2000.};
    std::vector<double> x(count), y(count);
    ASSERT_EQ(bac_rsu_grid(&cell, count, x.data(), y.data()), BAC_OK);
    const double spacing = count == 5 ? 600 : 2000 / std::sqrt(count);
    uint32_t neighbours = 0;
    for (uint32_t i = 0; i < count; i++) {
      for (uint32_t k = 0; k < i; k++) {
        if (std::hypot(x[i] - x[k], y[i] - y[k]) > 1.1 * spacing) continue;
        neighbours++;
        EXPECT_EQ((i + k) % 2, 1u) << i << " and " << k << " of " << count;
      }
    }
    EXPECT_GE(neighbours, count - 1);
  }
  double x, y;
  EXPECT_EQ(bac_rsu_grid(&kTown, 0, &x, &y), BAC_EINVAL);
  EXPECT_EQ(bac_rsu_grid(&kTown, BAC_RSU_MAX + 1, &x, &y), BAC_EINVAL);
}

}  // namespace
