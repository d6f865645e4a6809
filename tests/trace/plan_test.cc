/* SPDX-License-Identifier: GPL-2.0-only */
/* Who takes part in a run: members, their ids and vehicles, road-side units, stays. */
#include "trace/plan.h"

#include <gtest/gtest.h>

#include <set>

#include "sample_trace.h"

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
