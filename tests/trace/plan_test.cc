/* SPDX-License-Identifier: GPL-2.0-only */
/* Who takes part in a run: members, their ids and vehicles, road-side units, stays. */
#include "trace/plan.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "sample_trace.h"

extern "C" {
#include "shard/assignment.h"
}

namespace {

using PlanPointer = std::unique_ptr<bac_plan, decltype(&bac_plan_free)>;

/* 12 vehicles in the west, 8 in the east, and one in the east that is away from 304 to 306 s. */
SampleTrace Town() {
  SampleTrace town;
  for (int i = 0; i < 20; i++) town.AddStanding("v" + std::to_string(i), i < 12 ? 10000 : 90000, 50000);
  std::vector<bac_trace_sample> samples(11, town.At(90000, 50000));
  samples[5] = SampleTrace::Absent();
  town.AddVehicle("away", 0, samples);
  return town;
}

bac_plan_want Want(uint32_t evs, uint32_t shards) {
  bac_plan_want want{};
  want.name = "town.trace";
  want.evs = evs;
  want.shards = shards;
  want.from_begin = true;
  want.duration_ns = 10 * kSecond;
  want.seed = 1;
  return want;
}

PlanPointer Plan(SampleTrace &town, const bac_plan_want &want, std::string *why = nullptr) {
  bac_plan *plan = nullptr;
  char text[BAC_TRACE_WHY_SIZE] = "";
  bac_plan_new(&town.trace(), &want, &plan, text, sizeof text);
  if (why) *why = text;
  return {plan, &bac_plan_free};
}

TEST(TracePlan, IdsAscendShardByShardAndVehiclesBelongThere) {
  SampleTrace town = Town();
  PlanPointer plan = Plan(town, Want(11, 2));
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->shard_count, 2u);
  EXPECT_EQ(plan->begin_ns, 300 * kSecond);
  uint32_t id = 0;
  std::set<uint32_t> vehicles;
  for (uint32_t s = 0; s < 2; s++) {
    const bac_plan_shard &shard = plan->shards[s];
    EXPECT_EQ(shard.roster.shard, s);
    EXPECT_EQ(shard.roster.count, s == 0 ? 6u : 5u);
    for (uint32_t i = 0; i < shard.roster.count; i++) {
      EXPECT_EQ(shard.roster.members[i].id, id++);
      EXPECT_EQ(shard.vehicles[i] >= 12, s == 1) << "shard 1 is the east";
      vehicles.insert(shard.vehicles[i]);
    }
    EXPECT_EQ(shard.rsu_count, 0u);
  }
  EXPECT_EQ(vehicles.size(), 11u) << "each once";
  EXPECT_EQ(plan->rsu_count, 0u);
}

TEST(TracePlan, RsusStandInTheirShardAndHaveIdsInARow) {
  SampleTrace town = Town();
  bac_plan_want want = Want(4, 2);
  want.rsus = 3;
  PlanPointer plan = Plan(town, want);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->rsu_count, 6u);
  uint32_t id = BAC_PLAN_RSU_BEGIN;
  for (uint32_t s = 0; s < 2; s++) {
    const bac_plan_shard &shard = plan->shards[s];
    ASSERT_EQ(shard.rsu_count, 3u);
    EXPECT_EQ(shard.mbs, BAC_PLAN_MBS_BEGIN + s);
    for (uint32_t i = 0; i < 3; i++) {
      EXPECT_EQ(shard.rsus[i].id, id++);
      EXPECT_EQ(shard.rsus[i].x_m > 500, s == 1);
    }
  }
  want.rsus = -1;
  EXPECT_EQ(Plan(town, want)->rsu_count, 4u) << "1 km by 1 km takes four of 300 m";
}

TEST(TracePlan, TheSameSeedGivesTheSamePlan) {
  SampleTrace town = Town();
  bac_plan_want want = Want(8, 1);
  PlanPointer a = Plan(town, want), b = Plan(town, want);
  want.seed = 2;
  PlanPointer c = Plan(town, want);
  ASSERT_TRUE(a && b && c);
  const auto key = [](const bac_plan &p) { return std::string(reinterpret_cast<const char *>(p.shards[0].members[0].sign_key), 32); };
  EXPECT_EQ(key(*a), key(*b));
  EXPECT_NE(key(*a), key(*c));
  EXPECT_TRUE(std::equal(a->shards[0].vehicles, a->shards[0].vehicles + 8, b->shards[0].vehicles));
}

/* 12 in the west drive north, of 8 in the east half drive south. */
SampleTrace Streams() {
  SampleTrace town;
  for (int i = 0; i < 20; i++) {
    std::vector<bac_trace_sample> samples(11, town.At(i < 12 ? 10000 : 90000, 50000 + 100 * i));
    for (bac_trace_sample &s : samples) {
      s.speed_cm_s = 1400;
      s.heading_cdeg = i >= 16 ? 18000 : 0;
    }
    town.AddVehicle("v" + std::to_string(i), 0, samples);
  }
  return town;
}

TEST(TracePlan, ByKmeansGroupsWhatDrivesAlike) {
  SampleTrace town = Streams();
  bac_plan_want want = Want(20, 3);
  want.sharding = BAC_SHARDING_KMEANS;
  want.rsus = 2;
  PlanPointer plan = Plan(town, want), again = Plan(town, want);
  ASSERT_TRUE(plan && again);
  uint32_t id = 0;
  std::set<uint32_t> sizes;
  for (uint32_t s = 0; s < 3; s++) {
    const bac_plan_shard &shard = plan->shards[s];
    const uint32_t count = shard.roster.count;
    sizes.insert(count);
    const auto kind = [](uint32_t v) { return v < 12 ? 0 : v < 16 ? 1 : 2; };
    for (uint32_t i = 0; i < count; i++) {
      EXPECT_EQ(shard.roster.members[i].id, id++);
      EXPECT_EQ(kind(shard.vehicles[i]), kind(shard.vehicles[0]));
      if (i > 0) { EXPECT_LT(shard.vehicles[i - 1], shard.vehicles[i]); }
    }
    EXPECT_TRUE(std::equal(shard.vehicles, shard.vehicles + count, again->shards[s].vehicles));
    ASSERT_EQ(shard.rsu_count, 2u);
    for (uint32_t i = 0; i < 2; i++) { /* where the shard's vehicles are, not in a cell of the map */
      EXPECT_DOUBLE_EQ(shard.rsus[i].x_m, kind(shard.vehicles[0]) == 0 ? 100 : 900);
      EXPECT_GT(shard.rsus[i].y_m, 500 + shard.vehicles[0]);
      EXPECT_LT(shard.rsus[i].y_m, 500 + shard.vehicles[count - 1]);
    }
  }
  EXPECT_EQ(sizes, (std::set<uint32_t>{4, 12})) << "no quota";
}

TEST(TracePlan, ByKmeansChoosesFromTheWholeArea) {
  SampleTrace town = Town();
  bac_plan_want want = Want(18, 4);
  want.sharding = BAC_SHARDING_KMEANS;
  PlanPointer plan = Plan(town, want);
  ASSERT_TRUE(plan) << "the south has no vehicle at all";
  std::set<uint32_t> vehicles;
  for (uint32_t s = 0; s < 4; s++) {
    EXPECT_GE(plan->shards[s].roster.count, 4u);
    for (uint32_t i = 0; i < plan->shards[s].roster.count; i++) vehicles.insert(plan->shards[s].vehicles[i]);
  }
  EXPECT_EQ(vehicles.size(), 18u);
  EXPECT_EQ(vehicles.count(20), 0u) << "away is not there all the time";
  want.evs = 21;
  std::string why;
  EXPECT_FALSE(Plan(town, want, &why));
  EXPECT_NE(why.find("--evs=20 or fewer"), std::string::npos) << why;
  want.churn = true;
  EXPECT_TRUE(Plan(town, want));
}

/* 500 m of town are the border of the cells, 3 units stand in rows of 2 and 1. */
TEST(TracePlan, ByRsuFollowsTheUnits) {
  SampleTrace town;
  for (int i = 0; i < 8; i++) town.AddStanding("v" + std::to_string(i), i < 4 ? 10000 : 90000, 20000);
  const uint32_t between = town.AddStanding("between", 48000, 51000);
  bac_plan_want want = Want(9, 4);
  want.rsus = 3;
  std::string why;
  EXPECT_FALSE(Plan(town, want, &why)) << "the north is empty";
  want.sharding = BAC_SHARDING_RSU;
  want.shards = 2; /* west and east: 2 cells of 500 m by 1 km */
  PlanPointer plan = Plan(town, want);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->shards[0].vehicles[plan->shards[0].roster.count - 1], between);
  EXPECT_EQ(plan->rsu_count, 6u);
  want.rsus = 0;
  EXPECT_FALSE(Plan(town, want, &why));
  EXPECT_NE(why.find("rsus is 0 with sharding by rsu"), std::string::npos) << why;
}

/* Sites say of every place what the map says; borders, where either may be right, apart. */
TEST(TracePlan, HandoversKnowWhoseAPlaceIs) {
  SampleTrace town = Town();
  for (const bac_sharding sharding : {BAC_SHARDING_QUADRANT, BAC_SHARDING_RSU}) {
    bac_plan_want want = Want(8, 2);
    want.churn = true;
    want.epoch_blocks = 5;
    want.handover = true;
    want.rsus = 3;
    want.sharding = sharding;
    PlanPointer plan = Plan(town, want);
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->site_count, sharding == BAC_SHARDING_QUADRANT ? 2u : 6u);
    const bac_box area = bac_trace_area(&town.trace());
    const bac_sharding_want map_want = {sharding, bac_shards_policy_for(&area), area, 2, 3, 1};
    bac_shard_map *map;
    ASSERT_EQ(BAC_OK, bac_shard_map_new(&map_want, &map, nullptr, 0));
    for (int x = -50; x < 1100; x += 70) {
      for (int y = -50; y < 1100; y += 70) {
        double least = 1e30;
        uint32_t shard = 9;
        for (uint32_t i = 0; i < plan->site_count; i++) {
          const double dx = plan->sites[i].at.x_cm / 100.0 - x, dy = plan->sites[i].at.y_cm / 100.0 - y;
          if (dx * dx + dy * dy < least) least = dx * dx + dy * dy, shard = plan->sites[i].shard;
        }
        ASSERT_EQ(shard, bac_shard_map_at(map, x, y)) << x << " " << y;
      }
    }
    bac_shard_map_free(map);
    for (uint32_t s = 0; s < 2; s++) {
      const bac_roster &roster = *plan->rosters[s];
      ASSERT_EQ(roster.neighbour_count, 1u);
      bac_neighbour other;
      bac_neighbour_derive(&other, plan->rosters[1 - s]);
      EXPECT_EQ(roster.neighbours[0].shard, 1 - s);
      EXPECT_EQ(0, memcmp(&other, &roster.neighbours[0], sizeof other));
    }
    bac_motion motion;
    const uint32_t east = plan->shards[1].everybody.members[0].id;
    ASSERT_TRUE(bac_plan_motion(plan.get(), kSecond, east, &motion));
    EXPECT_EQ(motion.x_cm, 90000);
    EXPECT_EQ(motion.y_cm, 50000);
    EXPECT_FALSE(bac_plan_motion(plan.get(), kSecond, 8, &motion));
    want.handover = false;
    plan = Plan(town, want);
    EXPECT_EQ(plan->sites, nullptr);
    EXPECT_EQ(plan->rosters[0]->neighbour_count, 0u);
    want.handover = true;
    want.epoch_blocks = 0;
    EXPECT_EQ(Plan(town, want)->sites, nullptr) << "nobody leaves";
  }
  bac_plan_want want = Want(20, 10);
  want.handover = true;
  std::string why;
  EXPECT_FALSE(Plan(town, want, &why));
  EXPECT_NE(why.find("handover among 10 shards: give at most 9"), std::string::npos) << why;
}

/* Streams that stand apart: by the announced rule, each vehicle belongs where k-means put it. */
TEST(TracePlan, HandoversByKmeansKnowWhoDrivesAlike) {
  SampleTrace town = Streams();
  bac_plan_want want = Want(20, 3);
  want.churn = true;
  want.epoch_blocks = 5;
  want.handover = true;
  want.sharding = BAC_SHARDING_KMEANS;
  PlanPointer plan = Plan(town, want);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->site_count, 3u);
  ASSERT_GT(plan->weight_ms, 0u);
  const bac_assign_rule rule = {0, plan->weight_ms, plan->site_count, plan->sites};
  for (uint32_t s = 0; s < 3; s++) {
    EXPECT_EQ(plan->rosters[s]->neighbour_count, 2u);
    for (uint32_t i = 0; i < plan->rosters[s]->count; i++) {
      bac_motion motion;
      ASSERT_TRUE(bac_plan_motion(plan.get(), kSecond, plan->rosters[s]->members[i].id, &motion));
      EXPECT_EQ(bac_assign(&rule, &motion, s), s);
      motion.vy_cm_s = -motion.vy_cm_s;
      EXPECT_NE(bac_assign(&rule, &motion, s), s) << "turned round";
    }
  }
  want.handover = false;
  EXPECT_EQ(Plan(town, want)->sites, nullptr);
}

TEST(TracePlan, StaysAreInSimulationTime) {
  SampleTrace town = Town();
  bac_plan_want want = Want(21, 1);
  want.from_begin = false;
  want.begin_ns = 301 * kSecond;
  want.duration_ns = 8 * kSecond;
  want.churn = true;
  PlanPointer plan = Plan(town, want);
  ASSERT_TRUE(plan);
  bac_time begin = 0, end = 0;
  ASSERT_TRUE(bac_plan_stay(plan.get(), 20, 0, &begin, &end));
  EXPECT_EQ(begin, -kSecond) << "it was there before";
  EXPECT_EQ(end, 3 * kSecond);
  ASSERT_TRUE(bac_plan_stay(plan.get(), 20, end + 1, &begin, &end));
  EXPECT_EQ(begin, 5 * kSecond);
  EXPECT_EQ(end, 9 * kSecond);
  EXPECT_FALSE(bac_plan_stay(plan.get(), 20, end + 1, &begin, &end));
  plan->duration_ns = 5 * kSecond;
  EXPECT_FALSE(bac_plan_stay(plan.get(), 20, 4 * kSecond, &begin, &end)) << "it comes back when the run is over";
}

TEST(TracePlan, RefusesInOneLine) {
  SampleTrace town = Town();
  const auto refused = [&town](bac_plan_want want, const std::string &part) {
    std::string why;
    EXPECT_FALSE(Plan(town, want, &why)) << part;
    EXPECT_NE(why.find(part), std::string::npos) << why;
    EXPECT_NE(why.find(": "), std::string::npos) << "no remedy in " << why;
  };
  refused(Want(2, 3), "shards is 3 with 2");
  refused(Want(2, 0), "shards is 0");
  refused(Want(2000, 1), "2000 in 1 shards");
  refused(Want(60001, 1000), "60001");
  refused(Want(40, 2), "shard 0");
  bac_plan_want want = Want(4, 2);
  want.duration_ns = 11 * kSecond;
  refused(want, "from 300 to 311 s, \"town.trace\" has 300 to 310 s");
  want = Want(4, 2);
  want.from_begin = false;
  want.begin_ns = 299 * kSecond;
  refused(want, "from 299 to 309 s");
  want = Want(4, 2);
  want.rsus = 1025;
  refused(want, "1025");
  want = Want(12, 6);
  want.rsus = 1000;
  for (int i = 0; i < 60; i++) town.AddStanding("w" + std::to_string(i), 17000 + 33000 * (i % 3), i % 2 ? 25000 : 75000);
  refused(want, "in shard 5, and 5000 before it");
}

}  // namespace
