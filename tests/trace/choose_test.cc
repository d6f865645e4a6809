/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/choose.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bac/types.h"
#include "sample_trace.h"

namespace {

struct Chosen {
  int status;
  std::vector<uint32_t> vehicles, shard;
  std::string why;
};

Chosen Choose(SampleTrace &town, const bac_trace_want &want) {
  Chosen c{0, std::vector<uint32_t>(want.evs), std::vector<uint32_t>(want.evs), ""};
  char why[BAC_TRACE_WHY_SIZE] = "";
  c.status = bac_trace_choose(&town.trace(), &want, c.vehicles.data(), c.shard.data(), why, sizeof why);
  c.why = why;
  return c;
}

/* 30, 40, 50 and 60 vehicles that stand in the four quadrants of 1 km, and 5 in each that leave after 4 s. */
SampleTrace Town() {
  SampleTrace town;
  for (int q = 0; q < 4; q++) {
    int32_t x = q % 2 == 0 ? 20000 : 70000, y = q < 2 ? 20000 : 70000;
    for (int i = 0; i < 30 + 10 * q; i++) town.AddStanding("s" + std::to_string(q) + "." + std::to_string(i), x, y);
    for (int i = 0; i < 5; i++) {
      town.AddVehicle("l" + std::to_string(q) + "." + std::to_string(i), 0,
                      std::vector<bac_trace_sample>(5, town.At(x, y)));
    }
  }
  return town;
}

bac_trace_want Want(uint32_t evs, uint32_t shards) {
  bac_trace_want want{};
  want.evs = evs;
  want.shards = shards;
  want.begin_ns = 300 * kSecond;
  want.end_ns = 310 * kSecond;
  want.seed = 1;
  return want;
}

TEST(TraceChoose, IsBalancedAndStays) {
  SampleTrace town = Town();
  bac_trace_want want = Want(82, 4);
  Chosen c = Choose(town, want);
  ASSERT_EQ(c.status, BAC_OK) << c.why;
  EXPECT_EQ(std::count(c.shard.begin(), c.shard.end(), 0u), 21);
  EXPECT_EQ(std::count(c.shard.begin(), c.shard.end(), 1u), 21);
  EXPECT_EQ(std::count(c.shard.begin(), c.shard.end(), 2u), 20);
  EXPECT_EQ(std::count(c.shard.begin(), c.shard.end(), 3u), 20);
  EXPECT_EQ(std::set<uint32_t>(c.vehicles.begin(), c.vehicles.end()).size(), 82u);
  for (size_t i = 0; i < c.vehicles.size(); i++) {
    uint32_t shard, instants;
    EXPECT_TRUE(bac_trace_stays(&town.trace(), c.vehicles[i], want.begin_ns, want.end_ns));
    bac_trace_shard(&town.trace(), c.vehicles[i], want.begin_ns, want.end_ns, want.policy, 4, &shard, &instants);
    EXPECT_EQ(shard, c.shard[i]);
    if (i > 0 && c.shard[i] == c.shard[i - 1]) {
      EXPECT_LT(c.vehicles[i - 1], c.vehicles[i]);
    }
  }
}

TEST(TraceChoose, DependsOnTheSeedAlone) {
  SampleTrace town = Town();
  bac_trace_want want = Want(80, 4);
  std::vector<uint32_t> first = Choose(town, want).vehicles;
  EXPECT_EQ(Choose(town, want).vehicles, first);
  want.seed = 2;
  EXPECT_NE(Choose(town, want).vehicles, first);
}

TEST(TraceChoose, EveryVehicleIsAsLikely) {
  SampleTrace town = Town();
  std::vector<int> hits(town.m_vehicles.size());
  bac_trace_want want = Want(40, 4);
  for (want.seed = 0; want.seed < 2000; want.seed++) {
    for (uint32_t v : Choose(town, want).vehicles) hits[v]++;
  }
  for (int v = 0; v < 30; v++) EXPECT_NEAR(hits[static_cast<size_t>(v)], 2000 * 10 / 30, 120) << v; /* 5.7 sigma */
}

TEST(TraceChoose, ChurnTakesThoseThatLeave) {
  SampleTrace town = Town();
  bac_trace_want want = Want(140, 4);
  EXPECT_EQ(Choose(town, want).status, BAC_ELIMIT);
  want.churn = true;
  Chosen c = Choose(town, want);
  ASSERT_EQ(c.status, BAC_OK) << c.why; /* 35 in shard 0: all, leavers included */
  size_t leavers = 0;
  for (uint32_t v : c.vehicles) leavers += !bac_trace_stays(&town.trace(), v, want.begin_ns, want.end_ns);
  EXPECT_GE(leavers, 5u);
  EXPECT_LT(leavers, 20u);
}

TEST(TraceChoose, TooFewIsOneLineWithTheRemedy) {
  SampleTrace town = Town();
  Chosen c = Choose(town, Want(200, 4));
  EXPECT_EQ(c.status, BAC_ELIMIT);
  EXPECT_EQ(
      c.why,
      "scenario town has only 30 vehicles in shard 0 (of 0..3) for the whole of 300 s to 310 s, 50 needed: choose "
      "--evs=120 or fewer, fewer --shards, or a shorter --time");
  EXPECT_EQ(Choose(town, Want(120, 4)).status, BAC_OK);
  EXPECT_EQ(Choose(town, Want(121, 4)).status, BAC_ELIMIT);
  EXPECT_EQ(Choose(town, Want(180, 1)).status, BAC_OK);
  c = Choose(town, Want(30, 9)); /* cells without any vehicle: no number of EVs helps */
  EXPECT_EQ(c.status, BAC_ELIMIT);
  EXPECT_EQ(c.why.find("--evs"), std::string::npos);
}

TEST(TraceChoose, BadArguments) {
  SampleTrace town = Town();
  EXPECT_NE(Choose(town, Want(3, 4)).why.find("--evs=3 is less than --shards=4"), std::string::npos);
  EXPECT_NE(Choose(town, Want(3, 0)).why.find("--shards=0 is out of range"), std::string::npos);
  EXPECT_NE(Choose(town, Want(3, BAC_SHARDS_MAX + 1)).why.find("out of range"), std::string::npos);
  bac_trace_want want = Want(8, 4);
  want.end_ns = 311 * kSecond;
  EXPECT_EQ(Choose(town, want).status, BAC_EINVAL);
  EXPECT_NE(Choose(town, want).why.find("covers 300 s to 310 s"), std::string::npos) << Choose(town, want).why;
  want = Want(8, 4);
  want.begin_ns = want.end_ns + 1;
  EXPECT_EQ(Choose(town, want).status, BAC_EINVAL);
  want = Want(8, 4); /* a window between two samples */
  want.begin_ns += 1, want.end_ns = want.begin_ns + 1;
  EXPECT_EQ(Choose(town, want).status, BAC_OK) << Choose(town, want).why;
}

TEST(TraceAvailable, Counts) {
  SampleTrace town = Town();
  bac_trace_want want = Want(0, 4);
  uint32_t available[4];
  ASSERT_EQ(bac_trace_available(&town.trace(), &want, available, nullptr, 0), BAC_OK);
  EXPECT_EQ(available[0], 30u);
  EXPECT_EQ(available[3], 60u);
  want.churn = true;
  ASSERT_EQ(bac_trace_available(&town.trace(), &want, available, nullptr, 0), BAC_OK);
  EXPECT_EQ(available[0], 35u);
}

}  // namespace
