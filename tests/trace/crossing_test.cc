/* SPDX-License-Identifier: GPL-2.0-only */
/* The sample trace's town is 1 km by 1 km, sampled once a second from 300 to 310 s; its quadrants meet at (500, 500). */
#include "trace/crossing.h"

#include <gtest/gtest.h>

#include "bac/types.h"
#include "sample_trace.h"

namespace {

constexpr int64_t kMs = kSecond / 1000;

struct Crossing {
  int64_t ms; /* after 300 s */
  uint32_t from, to;
  bool operator==(const Crossing &o) const { return ms == o.ms && from == o.from && to == o.to; }
};
void PrintTo(const Crossing &c, std::ostream *out) { *out << c.ms << " ms " << c.from << "->" << c.to; }
using List = std::vector<Crossing>;

struct Drive {
  SampleTrace town;
  uint32_t vehicle = 0, home = 77;
  bool there = false;
  bac_sharding sharding = BAC_SHARDING_QUADRANT;
  uint32_t shards = 4;

  explicit Drive(const std::vector<std::pair<int, int>> &metres, uint32_t first_instant = 0) {
    std::vector<bac_trace_sample> samples;
    for (const auto &[x, y] : metres) samples.push_back(x < 0 ? SampleTrace::Absent() : town.At(100 * x, 100 * y));
    vehicle = town.AddVehicle("v", first_instant, samples);
  }

  List operator()(int64_t hold_ms, int64_t from_ms = 0, int64_t to_ms = 10000) {
    const bac_trace &t = town.trace();
    bac_sharding_want want{};
    want.sharding = sharding;
    want.area = bac_trace_area(&t);
    want.shards = shards;
    want.rsus = 1;
    bac_shard_map *map = nullptr;
    EXPECT_EQ(bac_shard_map_new(&want, &map, nullptr, 0), BAC_OK);
    bac_crossing found[32];
    uint32_t count = 99, again = 99;
    const int64_t begin = 300 * kSecond + from_ms * kMs, end = 300 * kSecond + to_ms * kMs;
    there = bac_crossings(map, &t, vehicle, begin, end, hold_ms * kMs, &home, found, 32, &count);
    EXPECT_LE(count, 32u);
    EXPECT_EQ(bac_crossings(map, &t, vehicle, begin, end, hold_ms * kMs, &home, nullptr, 0, &again), there);
    EXPECT_EQ(count, again) << "counted without room, too";
    bac_shard_map_free(map);
    List list;
    for (uint32_t i = 0; i < count; i++) {
      EXPECT_LE(found[i].at_ns % kMs, 1) << "whole ms, and 1 ns more westwards: the border belongs to the east";
      list.push_back({(found[i].at_ns - 300 * kSecond) / kMs, found[i].from, found[i].to});
    }
    return list;
  }
};

/* Over x = 500 from 455 m at 10 m/s. */
Drive Eastwards() {
  std::vector<std::pair<int, int>> metres;
  for (int i = 0; i < 11; i++) metres.push_back({455 + 10 * i, 200});
  return Drive(metres);
}

TEST(Crossing, TheBorderIsFoundBetweenTheSamples) {
  Drive drive = Eastwards();
  EXPECT_EQ(drive(0), (List{{4500, 0, 1}}));
  EXPECT_EQ(drive.home, 0u);
  EXPECT_TRUE(drive.there);
  /* One unit in the middle of each quadrant: the same border, but a place on it is the lower shard's. */
  const bac_trace &t = drive.town.trace();
  bac_sharding_want want{};
  want.sharding = BAC_SHARDING_RSU;
  want.area = bac_trace_area(&t);
  want.shards = 4;
  want.rsus = 1;
  bac_shard_map *map = nullptr;
  ASSERT_EQ(bac_shard_map_new(&want, &map, nullptr, 0), BAC_OK);
  bac_crossing found;
  uint32_t home, count;
  ASSERT_TRUE(bac_crossings(map, &t, drive.vehicle, 300 * kSecond, 310 * kSecond, 0, &home, &found, 1, &count));
  bac_shard_map_free(map);
  EXPECT_EQ(count, 1u);
  EXPECT_NEAR(static_cast<double>(found.at_ns - 304500 * kMs), 0, 2);
  EXPECT_EQ(found.to, 1u);
}

TEST(Crossing, TheWindowCounts) {
  Drive drive = Eastwards();
  EXPECT_EQ(drive(0, 4200, 4800), (List{{4500, 0, 1}})) << "within one step";
  EXPECT_EQ(drive(0, 0, 4499), List{});
  EXPECT_EQ(drive(0, 0, 4500), (List{{4500, 0, 1}}));
  EXPECT_EQ(drive(0, 4500, 10000), List{});
  EXPECT_EQ(drive.home, 1u);
}

TEST(Crossing, AStayMustLastUntilTheWindowEnds) {
  Drive drive = Eastwards();
  EXPECT_EQ(drive(5500), (List{{4500, 0, 1}}));
  EXPECT_EQ(drive(5501), List{});
  EXPECT_EQ(drive(1000, 0, 5500), (List{{4500, 0, 1}}));
  EXPECT_EQ(drive(1000, 0, 5499), List{});
}

/* 2 s in the east, 2 s back in the west, then east for good. */
TEST(Crossing, ShortStaysDoNotCount) {
  Drive drive({{490, 9}, {490, 9}, {510, 9}, {510, 9}, {490, 9}, {490, 9}, {510, 9}, {510, 9}, {510, 9}, {510, 9}, {510, 9}});
  EXPECT_EQ(drive(0).size(), 3u);
  EXPECT_EQ(drive(1999), (List{{1500, 0, 1}, {3500, 1, 0}, {5500, 0, 1}}));
  EXPECT_EQ(drive(2001), (List{{5500, 0, 1}}));
  EXPECT_EQ(drive(4500), (List{{5500, 0, 1}}));
  EXPECT_EQ(drive(4501), List{});
}

/* Through a corner of shard 1 in a second, on to 3. */
TEST(Crossing, AShortStayOnTheWayIsLeftOut) {
  Drive drive({{480, 420}, {480, 440}, {490, 460}, {510, 480}, {520, 520}, {530, 540}, {540, 560}, {540, 560}, {540, 560},
               {540, 560}, {540, 560}});
  EXPECT_EQ(drive(0), (List{{2500, 0, 1}, {3500, 1, 3}}));
  EXPECT_EQ(drive(1001), (List{{3500, 0, 3}}));
}

/* Two borders within one step: none of them is overlooked. */
TEST(Crossing, TwoBordersInOneStep) {
  Drive drive({{490, 478}, {510, 518}, {510, 518}, {510, 518}, {510, 518}, {510, 518}, {510, 518}, {510, 518},
               {510, 518}, {510, 518}, {510, 518}});
  EXPECT_EQ(drive(0), (List{{500, 0, 1}, {550, 1, 3}}));
  EXPECT_EQ(drive(51), (List{{550, 0, 3}}));
}

/* Home is where it is first, however short it stays. */
TEST(Crossing, HomeNeedsNoHold) {
  Drive drive({{499, 9}, {501, 9}, {501, 9}, {501, 9}, {501, 9}, {501, 9}, {501, 9}, {501, 9}, {501, 9}, {501, 9}, {501, 9}});
  EXPECT_EQ(drive(3000), (List{{500, 0, 1}}));
  EXPECT_EQ(drive.home, 0u);
}

TEST(Crossing, OneWhoComesBackElsewhereCrossesThen) {
  Drive drive({{100, 9}, {100, 9}, {-1, 0}, {-1, 0}, {900, 9}, {900, 9}, {900, 9}, {-1, 0}, {900, 900}}, 1);
  EXPECT_EQ(drive(0), (List{{5000, 0, 1}, {9000, 1, 3}}));
  EXPECT_EQ(drive(2000), (List{{5000, 0, 1}}));
  EXPECT_EQ(drive(2001), List{}) << "it goes away too soon";
  EXPECT_EQ(drive.home, 0u);
  EXPECT_EQ(drive(0, 3000, 4999), List{});
  EXPECT_FALSE(drive.there);
  EXPECT_EQ(drive(0, 3000, 5000), List{});
  EXPECT_TRUE(drive.there);
  EXPECT_EQ(drive.home, 1u);
  EXPECT_EQ(drive(0, 0, 500), List{});
  EXPECT_FALSE(drive.there);
}

TEST(Crossing, OneWhoComesBackToItsShardHasNotLeft) {
  Drive drive({{100, 9}, {100, 9}, {-1, 0}, {200, 9}, {200, 9}, {200, 9}, {200, 9}, {200, 9}, {200, 9}, {200, 9}, {200, 9}});
  EXPECT_EQ(drive(0), List{});
}

/* A place farther off than any vehicle drives in a step is reached at the next sample. */
TEST(Crossing, AJumpCrossesAtItsEnd) {
  Drive drive({{100, 9}, {100, 9}, {900, 9}, {900, 9}, {900, 9}, {900, 9}, {900, 9}, {900, 9}, {900, 9}, {900, 9}, {900, 9}});
  EXPECT_EQ(drive(0), (List{{2000, 0, 1}}));
}

TEST(Crossing, OneShardHasNoBorder) {
  Drive drive = Eastwards();
  drive.shards = 1;
  EXPECT_EQ(drive(0), List{});
  EXPECT_TRUE(drive.there);
}

/* Room for fewer: the first are written, all are counted. */
TEST(Crossing, MoreThanThereIsRoomFor) {
  Drive drive({{490, 9}, {510, 9}, {490, 9}, {510, 9}, {490, 9}, {510, 9}, {490, 9}, {510, 9}, {490, 9}, {510, 9}, {490, 9}});
  EXPECT_EQ(drive(0).size(), 10u);
  const bac_trace &t = drive.town.trace();
  bac_sharding_want want{};
  want.area = bac_trace_area(&t);
  want.shards = 4;
  bac_shard_map *map = nullptr;
  ASSERT_EQ(bac_shard_map_new(&want, &map, nullptr, 0), BAC_OK);
  std::vector<bac_crossing> two(2); /* the sanitizer sees a third */
  uint32_t home, count;
  EXPECT_TRUE(bac_crossings(map, &t, drive.vehicle, 300 * kSecond, 310 * kSecond, 0, &home, two.data(), 2, &count));
  EXPECT_EQ(count, 10u);
  EXPECT_EQ(two[1].at_ns, 301500 * kMs + 1);
  bac_shard_map_free(map);
}

}  // namespace
