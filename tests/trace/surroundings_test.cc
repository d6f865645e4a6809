/* SPDX-License-Identifier: GPL-2.0-only */
/* Vehicles that take no part, and centres of shards. */
#include "trace/surroundings.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "sample_trace.h"

namespace {

using PlanPointer = std::unique_ptr<bac_plan, decltype(&bac_plan_free)>;

/* 10 vehicles in the west and 10 in the east, each a metre north of the one before. */
SampleTrace Town() {
  SampleTrace town;
  for (int i = 0; i < 20; i++) town.AddStanding("v" + std::to_string(i), i < 10 ? 10000 : 90000, 50000 + 100 * i);
  return town;
}

PlanPointer Plan(SampleTrace &town, uint32_t evs, int64_t begin_ns) {
  bac_plan_want want{};
  want.name = "town.trace";
  want.evs = evs;
  want.shards = 2;
  want.begin_ns = begin_ns;
  want.duration_ns = 4 * kSecond;
  want.seed = 1;
  bac_plan *plan = nullptr;
  char why[BAC_TRACE_WHY_SIZE];
  EXPECT_EQ(bac_plan_new(&town.trace(), &want, &plan, why, sizeof why), 0) << why;
  return {plan, &bac_plan_free};
}

std::vector<uint32_t> Bystanders(const bac_plan *plan, uint64_t seed, uint32_t count, std::string *why = nullptr) {
  std::vector<uint32_t> vehicles(count, UINT32_MAX);
  char text[BAC_TRACE_WHY_SIZE] = "";
  const int status = bac_plan_bystanders(plan, seed, count, vehicles.data(), text, sizeof text);
  if (why) *why = text;
  return status == 0 ? vehicles : std::vector<uint32_t>();
}

TEST(Surroundings, BystandersAreOthersAndEachOnce) {
  SampleTrace town = Town();
  PlanPointer plan = Plan(town, 8, 300 * kSecond);
  ASSERT_TRUE(plan);
  std::set<uint32_t> seen;
  for (uint32_t s = 0; s < 2; s++)
    for (uint32_t i = 0; i < plan->shards[s].everybody.count; i++) seen.insert(plan->shards[s].vehicles[i]);
  ASSERT_EQ(seen.size(), 8u);
  const std::vector<uint32_t> all = Bystanders(plan.get(), 1, 12);
  ASSERT_EQ(all.size(), 12u);
  for (uint32_t v : all) {
    EXPECT_LT(v, 20u);
    EXPECT_TRUE(seen.insert(v).second) << "vehicle " << v << " twice, or cast";
  }
  std::string why;
  EXPECT_TRUE(Bystanders(plan.get(), 1, 13, &why).empty());
  EXPECT_NE(why.find("13"), std::string::npos) << why;
  EXPECT_NE(why.find("12"), std::string::npos) << why;
}

TEST(Surroundings, TheSeedChoosesAndMoreOnlyAdd) {
  SampleTrace town = Town();
  PlanPointer plan = Plan(town, 8, 300 * kSecond);
  const std::vector<uint32_t> six = Bystanders(plan.get(), 1, 6);
  EXPECT_EQ(six, Bystanders(plan.get(), 1, 6));
  EXPECT_NE(six, Bystanders(plan.get(), 2, 6));
  std::vector<uint32_t> nine = Bystanders(plan.get(), 1, 9);
  nine.resize(6);
  EXPECT_EQ(six, nine);
}

TEST(Surroundings, WhoIsNotThereIsNoBystander) {
  SampleTrace town = Town();
  town.AddVehicle("early", 0, {town.At(50000, 50000), town.At(50000, 50000)}); /* 300 and 301 s */
  town.AddVehicle("late", 9, {town.At(50000, 50000), town.At(50000, 50000)});  /* 309 and 310 s */
  PlanPointer plan = Plan(town, 20, 303 * kSecond);
  ASSERT_TRUE(plan);
  std::string why;
  EXPECT_TRUE(Bystanders(plan.get(), 1, 1, &why).empty()) << "303 to 307 s";
  EXPECT_NE(why.find("the 0 other"), std::string::npos) << why;
  PlanPointer later = Plan(town, 20, 306 * kSecond);
  EXPECT_EQ(Bystanders(later.get(), 1, 1), std::vector<uint32_t>{21}) << "306 to 310 s";
}

TEST(Surroundings, CentresAreMeansAndTheNearestOneIsFound) {
  SampleTrace town = Town();
  const uint32_t near_west = town.AddStanding("w", 45000, 50000), near_east = town.AddStanding("e", 55000, 50000);
  PlanPointer plan = Plan(town, 16, 300 * kSecond);
  ASSERT_TRUE(plan);
  double at[2];
  bac_plan_centre(plan.get(), 1, at);
  double y = 0, x = 0;
  const bac_plan_shard &east = plan->shards[1];
  for (uint32_t i = 0; i < east.everybody.count; i++) {
    bac_trace_state state;
    ASSERT_TRUE(bac_trace_position(&town.trace(), east.vehicles[i], 300 * kSecond, &state));
    x += state.x_m / east.everybody.count;
    y += state.y_m / east.everybody.count;
  }
  EXPECT_NEAR(at[0], x, 1e-9);
  EXPECT_NEAR(at[1], y, 1e-9);
  EXPECT_EQ(bac_plan_nearest(plan.get(), near_west), 0u);
  EXPECT_EQ(bac_plan_nearest(plan.get(), near_east), 1u);
}

} // namespace
