/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines of sight among buildings, against a look at every wall. */
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "radio/obstacles.h"

namespace {

struct Town {
  std::vector<std::array<double, 2>> corners;
  std::vector<uint32_t> counts;

  void Add(const std::vector<std::array<double, 2>> &building) {
    corners.insert(corners.end(), building.begin(), building.end());
    counts.push_back(static_cast<uint32_t>(building.size()));
  }
  bac_obstacles *Build() const {
    return bac_obstacles_new(reinterpret_cast<const double(*)[2]>(corners.data()), counts.data(), static_cast<uint32_t>(counts.size()));
  }
  /* Whether the parameters of the crossing are within both lines, wall by wall. */
  bool Between(const double a[2], const double b[2]) const {
    size_t first = 0;
    for (const uint32_t count : counts) {
      for (uint32_t i = 0; i < count; i++) {
        const auto &p = corners[first + i], &q = corners[first + (i + 1) % count];
        const double rx = b[0] - a[0], ry = b[1] - a[1], sx = q[0] - p[0], sy = q[1] - p[1], cross = rx * sy - ry * sx;
        if (cross == 0) continue;
        const double t = ((p[0] - a[0]) * sy - (p[1] - a[1]) * sx) / cross, u = ((p[0] - a[0]) * ry - (p[1] - a[1]) * rx) / cross;
        if (t >= 0 && t <= 1 && u >= 0 && u <= 1) return true;
      }
      first += count;
    }
    return false;
  }
};

TEST(Obstacles, OneHouse) {
  Town town;
  town.Add({{10, 10}, {20, 10}, {20, 30}, {10, 30}});
  bac_obstacles *o = town.Build();
  EXPECT_EQ(bac_obstacles_count(o), 1u);
  const double west[2] = {0, 20}, east[2] = {300, 20}, north[2] = {0, 40}, farNorth[2] = {300, 40}, inside[2] = {15, 20}, near[2] = {9, 20};
  EXPECT_TRUE(bac_obstacles_between(o, west, east));
  EXPECT_TRUE(bac_obstacles_between(o, east, west));
  EXPECT_FALSE(bac_obstacles_between(o, north, farNorth)) << "past it";
  EXPECT_FALSE(bac_obstacles_between(o, west, near)) << "before it";
  EXPECT_TRUE(bac_obstacles_between(o, inside, east)) << "out of it";
  EXPECT_FALSE(bac_obstacles_between(o, west, west));
  bac_obstacles_free(o);
}

/* A trace may come from anywhere: walls across the whole earth, all in the one row of cells. */
TEST(Obstacles, WallsWithoutMeasure) {
  Town town;
  for (int i = 0; i < 6000; i++) town.Add({{-2.1e7, i * 0.005}, {2.1e7, i * 0.005}, {2.1e7, 40 - i * 0.001}});
  bac_obstacles *o = town.Build();
  const double below[2] = {0, -1}, above[2] = {5, 41}, far[2] = {1000, -1};
  EXPECT_TRUE(bac_obstacles_between(o, below, above));
  EXPECT_FALSE(bac_obstacles_between(o, below, far));
  bac_obstacles_free(o);
}

TEST(Obstacles, None) {
  const double a[2] = {0, 0}, b[2] = {100, 100};
  EXPECT_FALSE(bac_obstacles_between(nullptr, a, b));
  EXPECT_EQ(bac_obstacles_count(nullptr), 0u);
  bac_obstacles *o = Town().Build();
  EXPECT_FALSE(bac_obstacles_between(o, a, b));
  bac_obstacles_free(o);
  bac_obstacles_free(nullptr);
}

TEST(Obstacles, AsEveryWallSays) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> place(-700, 700), size(5, 60), turn(0, 6.28);
  Town town;
  for (int i = 0; i < 60; i++) { /* some reach over many cells of the grid */
    const double x = place(random), y = place(random), r = i % 10 == 0 ? 300 : size(random), at = turn(random);
    std::vector<std::array<double, 2>> corners;
    for (int k = 0; k < 3 + i % 4; k++) corners.push_back({x + r * std::cos(at + k), y + 0.2 * r * std::sin(at + k)});
    town.Add(corners);
  }
  /* Walls on the lines between cells, and corners on theirs. */
  town.Add({{0, 0}, {100, 0}, {100, 50}, {0, 50}});
  bac_obstacles *o = town.Build();
  std::uniform_real_distribution<double> wide(-1500, 1500);
  int blocked = 0;
  for (int i = 0; i < 20000; i++) {
    const double a[2] = {wide(random), wide(random)};
    const double length = i % 2 ? 1 : 0.05; /* the short ones are mostly free */
    double b[2] = {a[0] + length * wide(random), a[1] + length * wide(random)};
    if (i % 50 == 0) b[0] = a[0]; /* along the axes */
    if (i % 50 == 1) b[1] = a[1];
    const bool expected = town.Between(a, b);
    blocked += expected;
    ASSERT_EQ(bac_obstacles_between(o, a, b), expected) << a[0] << "," << a[1] << " to " << b[0] << "," << b[1];
    ASSERT_EQ(bac_obstacles_between(o, b, a), expected);
  }
  EXPECT_GT(blocked, 2000);
  EXPECT_LT(blocked, 17000);
  bac_obstacles_free(o);
}

/* A town of 100 km: cells grow instead of becoming too many. */
TEST(Obstacles, FarApart) {
  Town town;
  town.Add({{-50000, -50000}, {-49990, -50000}, {-49990, -49990}});
  town.Add({{50000, 50000}, {50010, 50000}, {50000, 50010}});
  bac_obstacles *o = town.Build();
  const double a[2] = {49990, 50002}, b[2] = {50020, 50002}, c[2] = {-50010, -49995}, d[2] = {0, 0}, e[2] = {-49980, -49995};
  EXPECT_TRUE(bac_obstacles_between(o, a, b));
  EXPECT_FALSE(bac_obstacles_between(o, d, a));
  EXPECT_TRUE(bac_obstacles_between(o, c, e));
  bac_obstacles_free(o);
}

} // namespace
