/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/buildings.h"

#include <gtest/gtest.h>

#include "sample_trace.h"
#include "trace/plan.h"

namespace {

/* A house with a yard that is open to the north, a tower, and a vehicle that parks in the tower. */
SampleTrace Town() {
  SampleTrace town;
  town.AddStanding("in the tower", 5000, 5000);
  for (int i = 0; i < 9; i++) town.AddStanding("west" + std::to_string(i), 1000, 40000 + 100 * i);
  for (int i = 0; i < 9; i++) town.AddStanding("east" + std::to_string(i), 99000, 40000 + 100 * i);
  town.AddBuilding({{0, 0}, {3000, 0}, {3000, 3000}, {2000, 3000}, {2000, 1000}, {1000, 1000}, {1000, 3000}, {0, 3000}});
  town.AddBuilding({{4500, 4500}, {5500, 4500}, {5500, 5500}, {4500, 5500}});
  return town;
}

TEST(Buildings, Indoors) {
  SampleTrace town = Town();
  const double wing[2] = {5, 20}, yard[2] = {15, 20}, hall[2] = {15, 5}, tower[2] = {50, 50}, street[2] = {60, 50}, beyond[2] = {-5, 20};
  for (const double *in : {wing, hall, tower}) EXPECT_TRUE(bac_trace_indoors(&town.trace(), in)) << in[0];
  for (const double *out : {yard, street, beyond}) EXPECT_FALSE(bac_trace_indoors(&town.trace(), out)) << out[0];
}

TEST(Buildings, OutsideIsWhereAVehicleWas) {
  SampleTrace town = Town();
  double street[2] = {60, 50}, tower[2] = {51, 50};
  bac_trace_outside(&town.trace(), street);
  EXPECT_EQ(street[0], 60) << "it is outside";
  bac_trace_outside(&town.trace(), tower);
  EXPECT_EQ(tower[0], 10) << "not in the tower, though a vehicle is there";
  EXPECT_EQ(tower[1], 400);
  SampleTrace indoors;
  indoors.AddStanding("only", 5000, 5000);
  indoors.AddBuilding({{0, 0}, {9000, 0}, {9000, 9000}, {0, 9000}});
  double lost[2] = {51, 50};
  bac_trace_outside(&indoors.trace(), lost);
  EXPECT_EQ(lost[0], 51) << "there is no outside";
}

TEST(Buildings, RoadsideUnitsStandOnTheStreet) {
  for (const bool built : {false, true}) {
    SampleTrace town;
    for (int i = 0; i < 10; i++) town.AddStanding("v" + std::to_string(i), 10000, 40000 + 100 * i);
    if (built) town.AddBuilding({{20000, 20000}, {80000, 20000}, {80000, 80000}, {20000, 80000}});
    bac_plan_want want{};
    want.name = "town.trace";
    want.evs = 8;
    want.shards = 1;
    want.rsus = 1;
    want.begin_ns = 300 * kSecond;
    want.duration_ns = 4 * kSecond;
    want.seed = 1;
    bac_plan *plan = nullptr;
    char why[BAC_TRACE_WHY_SIZE];
    ASSERT_EQ(bac_plan_new(&town.trace(), &want, &plan, why, sizeof why), 0) << why;
    ASSERT_EQ(plan->shards[0].rsu_count, 1u);
    EXPECT_EQ(plan->shards[0].rsus[0].x_m, built ? 100 : 500);
    bac_plan_free(plan);
  }
}

}  // namespace
