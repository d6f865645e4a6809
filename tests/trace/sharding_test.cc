/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/sharding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "bac/limits.h"
#include "bac/types.h"
#include "sample_trace.h"
#include "trace/rsu.h"

namespace {

constexpr bac_box kTown = {0, 0, 2164.41, 2123.22};
constexpr bac_box kHighway = {0, 0, 12000, 0};

bac_sharding_want Want(bac_sharding sharding, uint32_t shards = 4) {
  bac_sharding_want want{};
  want.sharding = sharding;
  want.area = kTown;
  want.shards = shards;
  want.rsus = -1;
  want.seed = 1;
  return want;
}

using MapPointer = std::unique_ptr<bac_shard_map, decltype(&bac_shard_map_free)>;

MapPointer Map(const bac_sharding_want &want, std::string *why = nullptr) {
  bac_shard_map *map = nullptr;
  char text[BAC_TRACE_WHY_SIZE] = "";
  const int status = bac_shard_map_new(&want, &map, text, sizeof text);
  EXPECT_EQ(status, map ? BAC_OK : BAC_EINVAL);
  if (why) *why = text;
  return {map, &bac_shard_map_free};
}

bac_trace_state State(double x, double y, double speed = 0, double heading = 0) {
  bac_trace_state s{};
  s.x_m = x;
  s.y_m = y;
  s.speed_mps = speed;
  s.heading_deg = heading;
  return s;
}

std::vector<uint32_t> Assign(const bac_sharding_want &want, const std::vector<bac_trace_state> &states) {
  std::vector<uint32_t> of(states.size());
  char why[BAC_TRACE_WHY_SIZE] = "";
  EXPECT_EQ(bac_sharding_assign(&want, states.data(), static_cast<uint32_t>(states.size()), of.data(), why, sizeof why), BAC_OK) << why;
  return of;
}

TEST(Sharding, NamesThere) {
  bac_sharding found;
  for (bac_sharding s : {BAC_SHARDING_QUADRANT, BAC_SHARDING_RSU, BAC_SHARDING_KMEANS}) {
    ASSERT_TRUE(bac_sharding_find(bac_sharding_name(s), &found));
    EXPECT_EQ(found, s);
  }
  EXPECT_STREQ(bac_sharding_name(BAC_SHARDING_KMEANS), "kmeans");
  EXPECT_EQ(bac_sharding_name(static_cast<bac_sharding>(3)), nullptr);
  EXPECT_FALSE(bac_sharding_find("strip", &found));
}

TEST(Sharding, QuadrantIsTheCellOfThePlace) {
  for (uint32_t shards : {1u, 4u, 6u}) {
    MapPointer map = Map(Want(BAC_SHARDING_QUADRANT, shards));
    for (double x = -100; x < 2300; x += 97) {
      for (double y = -100; y < 2300; y += 89)
        ASSERT_EQ(bac_shard_map_at(map.get(), x, y), bac_shards_by_position(BAC_SHARDS_QUADRANT, &kTown, x, y, shards));
    }
  }
}

/* Units are where a plan sets them up: in the shard's cell, by the grid. */
uint32_t NearestUnit(const bac_sharding_want &want, double x, double y) {
  double least = std::numeric_limits<double>::infinity();
  uint32_t shard = 0;
  for (uint32_t s = 0; s < want.shards; s++) {
    bac_box cell = bac_shards_box(want.policy, &want.area, want.shards, s);
    const uint32_t count = want.rsus < 0 ? bac_rsu_default(&cell) : static_cast<uint32_t>(want.rsus);
    std::vector<double> ux(count), uy(count);
    EXPECT_EQ(bac_rsu_grid(&cell, count, ux.data(), uy.data()), BAC_OK);
    for (uint32_t i = 0; i < count; i++) {
      const double away = (ux[i] - x) * (ux[i] - x) + (uy[i] - y) * (uy[i] - y);
      if (away < least) least = away, shard = s;
    }
  }
  return shard;
}

TEST(Sharding, RsuIsTheShardOfTheNearestUnit) {
  int unlike = 0;
  for (int32_t rsus : {-1, 1, 3, 5}) {
    bac_sharding_want want = Want(BAC_SHARDING_RSU);
    want.rsus = rsus;
    MapPointer map = Map(want);
    for (double x = -100; x < 2300; x += 97) {
      for (double y = -100; y < 2300; y += 89) {
        ASSERT_EQ(bac_shard_map_at(map.get(), x, y), NearestUnit(want, x, y)) << rsus << " " << x << " " << y;
        unlike += NearestUnit(want, x, y) != bac_shards_by_position(BAC_SHARDS_QUADRANT, &kTown, x, y, 4);
      }
    }
  }
  EXPECT_GT(unlike, 0) << "rows of 2 and 1 do not end where the cell does";
}

TEST(Sharding, BetweenTwoUnitsTheLowerShard) {
  bac_sharding_want want = Want(BAC_SHARDING_RSU, 2);
  want.area = {0, 0, 1000, 1000};
  want.rsus = 1;
  MapPointer map = Map(want);
  EXPECT_EQ(bac_shard_map_at(map.get(), 500, 3), 0u);
  EXPECT_EQ(bac_shard_map_at(map.get(), 500.001, 3), 1u);
}

TEST(Sharding, AStayIsWhereMostOfTheWindowIs) {
  SampleTrace town;
  std::vector<bac_trace_sample> samples;
  for (int i = 0; i < 11; i++) samples.push_back(i == 8 ? SampleTrace::Absent() : town.At(i < 5 ? 20000 : 80000, 50000));
  const uint32_t v = town.AddVehicle("v", 0, samples);
  const bac_trace &t = town.trace();
  for (bac_sharding sharding : {BAC_SHARDING_QUADRANT, BAC_SHARDING_RSU}) {
    bac_sharding_want want = Want(sharding, 2);
    want.area = bac_trace_area(&t);
    MapPointer map = Map(want);
    const auto stay = [&](int from, int to) {
      uint32_t shard = 9, instants = 9;
      const bool there = bac_shard_map_stay(map.get(), &t, v, (300 + from) * kSecond, (300 + to) * kSecond, &shard, &instants);
      return there ? std::pair{shard, instants} : std::pair{99u, instants};
    };
    EXPECT_EQ(stay(0, 10), (std::pair{0u, 10u})) << "5 to 5";
    EXPECT_EQ(stay(1, 10), (std::pair{1u, 9u}));
    EXPECT_EQ(stay(0, 6), (std::pair{0u, 7u}));
    EXPECT_EQ(stay(4, 6), (std::pair{1u, 3u}));
    EXPECT_EQ(stay(8, 8), (std::pair{99u, 0u}));
  }
}

TEST(Sharding, AHighwayKeepsItsSections) {
  for (bac_sharding sharding : {BAC_SHARDING_QUADRANT, BAC_SHARDING_RSU}) {
    bac_sharding_want want = Want(sharding);
    want.area = kHighway;
    want.policy = bac_shards_policy_for(&want.area);
    MapPointer map = Map(want);
    for (double km = 0.1; km < 12; km += 0.2) EXPECT_EQ(bac_shard_map_at(map.get(), km * 1000, -4.8), static_cast<uint32_t>(km / 3));
  }
}

TEST(Sharding, AssignFollowsTheMap) {
  for (bac_sharding sharding : {BAC_SHARDING_QUADRANT, BAC_SHARDING_RSU}) {
    EXPECT_EQ(Assign(Want(sharding), {State(1, 1), State(2000, 1), State(1, 2000), State(2000, 2000), State(3, 3)}),
              (std::vector<uint32_t>{0, 1, 2, 3, 0}));
  }
}

/* On one road: same places, opposite headings. */
TEST(Sharding, KmeansTellsDirectionsApart) {
  for (const auto &[there, back] : {std::pair{0.0, 180.0}, {90.0, 270.0}, {45.0, 225.0}, {300.0, 120.0}}) {
    std::vector<bac_trace_state> states;
    for (int i = 0; i < 40; i++) states.push_back(State(50 * (i / 2), 0, 14, i % 2 ? there : back));
    const std::vector<uint32_t> of = Assign(Want(BAC_SHARDING_KMEANS, 2), states);
    for (size_t i = 0; i < 40; i++) EXPECT_EQ(of[i] == of[0], i % 2 == 0) << there << " " << i;
  }
}

/* Speed and heading as the velocity that they are: vehicles that drive alike lie together whatever the heading's number, 359 or 1. */
TEST(Sharding, KmeansSeesVelocityNotHeading) {
  std::vector<bac_trace_state> states;
  for (int i = 0; i < 20; i++) states.push_back(State(500 + i, 500, 20, i % 2 ? 359 : 1));
  for (int i = 0; i < 20; i++) states.push_back(State(500 + i, 500, 20, i % 2 ? 179 : 181));
  const std::vector<uint32_t> of = Assign(Want(BAC_SHARDING_KMEANS, 2), states);
  for (size_t i = 0; i < 40; i++) EXPECT_EQ(of[i] == of[0], i < 20) << i;
  states.clear();
  for (int i = 0; i < 40; i++) states.push_back(State(500, 500, 20, i < 20 ? 152 + i : 170 + i)); /* to either side of south */
  const std::vector<uint32_t> south = Assign(Want(BAC_SHARDING_KMEANS, 2), states);
  for (size_t i = 0; i < 40; i++) EXPECT_EQ(south[i] == south[0], i < 20) << i;
  /* And standing still is nobody's direction. */
  states.clear();
  for (int i = 0; i < 20; i++) states.push_back(State(500 + i, 500, 0, 18.0 * i));
  for (int i = 0; i < 20; i++) states.push_back(State(500 + i, 500, 20, 77));
  const std::vector<uint32_t> standing = Assign(Want(BAC_SHARDING_KMEANS, 2), states);
  for (size_t i = 0; i < 40; i++) EXPECT_EQ(standing[i] == standing[0], i < 20) << i;
}

TEST(Sharding, KmeansKeepsShardsUsable) {
  std::vector<bac_trace_state> states(2 * BAC_ROSTER_MAX + 200, State(5, 5));
  for (int i = 0; i < 6; i++) states[static_cast<size_t>(i)] = State(2000, 300.0 * i, 10, 60 * i);
  for (uint32_t shards : {3u, 4u, 7u}) {
    std::vector<uint32_t> sizes(shards);
    for (uint32_t s : Assign(Want(BAC_SHARDING_KMEANS, shards), states)) sizes.at(s)++;
    EXPECT_GE(*std::min_element(sizes.begin(), sizes.end()), 4u) << shards;
    EXPECT_LE(*std::max_element(sizes.begin(), sizes.end()), uint32_t{BAC_ROSTER_MAX}) << shards;
  }
  std::vector<uint32_t> of(states.size());
  char why[BAC_TRACE_WHY_SIZE] = "";
  bac_sharding_want want = Want(BAC_SHARDING_KMEANS, 2);
  EXPECT_EQ(bac_sharding_assign(&want, states.data(), static_cast<uint32_t>(states.size()), of.data(), why, sizeof why), BAC_ELIMIT);
  EXPECT_NE(std::string(why).find("2200 vehicles in 2 shards"), std::string::npos) << why;
  EXPECT_EQ(bac_sharding_assign(&want, states.data(), 1, of.data(), why, sizeof why), BAC_EINVAL);
}

/* Sites are where the shards' vehicles were, and how they drove; velocities weigh what evens out both spreads. */
TEST(Sharding, SitesAreTheMeansOfClusters) {
  const std::vector<bac_trace_state> states = {State(0, 10, 10, 90), State(20, 30, 10, 90), State(100, 10, 10, 270), State(120, 30, 10, 270),
                                               State(110, 20, 10, 270)};
  const uint32_t of[] = {1, 1, 0, 0, 0};
  bac_site sites[2];
  uint32_t weight_ms;
  bac_sharding_sites(states.data(), 5, of, 2, sites, &weight_ms);
  EXPECT_EQ(sites[0].shard, 0u);
  EXPECT_EQ(sites[0].at.x_cm, 11000);
  EXPECT_EQ(sites[0].at.y_cm, 2000);
  EXPECT_NEAR(sites[0].at.vx_cm_s, -1000, 1);
  EXPECT_NEAR(sites[0].at.vy_cm_s, 0, 1);
  EXPECT_EQ(sites[1].shard, 1u);
  EXPECT_EQ(sites[1].at.x_cm, 1000);
  EXPECT_NEAR(sites[1].at.vx_cm_s, 1000, 1);
  /* By hand: places 4900 + 2500 + 900 + 2500 + 1600 + 4 * 100 = 12800 m^2; velocities 2 * 12^2 + 3 * 8^2 = 480 m^2/s^2. */
  EXPECT_NEAR(weight_ms, std::sqrt(12800.0 / 480) * 1000, 5);
  const std::vector<bac_trace_state> alike = {State(0, 0, 7, 90), State(50, 0, 7, 90)};
  const uint32_t both[] = {0, 1};
  bac_sharding_sites(alike.data(), 2, both, 2, sites, &weight_ms);
  EXPECT_EQ(weight_ms, 0u) << "velocities tell nobody apart";
  const std::vector<bac_trace_state> far = {State(-9e6, 0, 0.01, 90), State(9e6, 0, 0, 90)};
  bac_sharding_sites(far.data(), 2, both, 2, sites, &weight_ms);
  EXPECT_EQ(weight_ms, uint32_t{BAC_SHARDING_WEIGHT_MS_MAX});
}

TEST(Sharding, NoNumberBreaksIt) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), huge = 1e300;
  std::vector<bac_trace_state> states;
  for (int i = 0; i < 8; i++) {
    states.push_back(State(i % 2 ? nan : huge, -huge, i % 3 ? huge : nan, i % 2 ? -huge : huge));
    states.push_back(State(10 * i, 10, huge, 45 * i));
    states.push_back(State(1e12, -1e12, 1e8, -45 * i));
  }
  for (bac_sharding sharding : {BAC_SHARDING_QUADRANT, BAC_SHARDING_RSU, BAC_SHARDING_KMEANS}) {
    for (uint32_t s : Assign(Want(sharding), states)) EXPECT_LT(s, 4u);
  }
}

TEST(Sharding, RefusesInOneLine) {
  const auto refused = [](bac_sharding_want want, const std::string &part) {
    std::string why;
    EXPECT_FALSE(Map(want, &why)) << part;
    EXPECT_NE(why.find(part), std::string::npos) << why;
    EXPECT_NE(why.find(": choose "), std::string::npos) << why;
  };
  refused(Want(BAC_SHARDING_QUADRANT, 0), "shards is 0");
  refused(Want(BAC_SHARDING_RSU, BAC_SHARDS_MAX + 1), "shards is 1025");
  refused(Want(BAC_SHARDING_KMEANS), "no map");
  refused(Want(static_cast<bac_sharding>(9)), "no map");
  bac_sharding_want want = Want(BAC_SHARDING_RSU);
  want.rsus = 0;
  refused(want, "rsus is 0");
  want.rsus = BAC_RSU_MAX + 1;
  refused(want, "rsus is 1025");
}

TEST(Sharding, FirstIsWhereAVehicleAppears) {
  SampleTrace town;
  std::vector<bac_trace_sample> samples;
  for (int i = 0; i < 6; i++) samples.push_back(town.At(1000 * i, 5000));
  const uint32_t v = town.AddVehicle("late", 3, samples); /* there from 303 to 308 s */
  const bac_trace &t = town.trace();
  bac_trace_state state;
  ASSERT_TRUE(bac_sharding_first(&t, v, 300 * kSecond, 310 * kSecond, &state));
  EXPECT_DOUBLE_EQ(state.x_m, 0);
  ASSERT_TRUE(bac_sharding_first(&t, v, 305 * kSecond + kSecond / 2, 310 * kSecond, &state));
  EXPECT_DOUBLE_EQ(state.x_m, 25);
  EXPECT_FALSE(bac_sharding_first(&t, v, 300 * kSecond, 302 * kSecond, &state));
  EXPECT_FALSE(bac_sharding_first(&t, v, 309 * kSecond, 310 * kSecond, &state));
}

}  // namespace
