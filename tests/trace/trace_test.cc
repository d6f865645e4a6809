/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/trace.h"

#include <gtest/gtest.h>

#include "sample_trace.h"

namespace {

constexpr int64_t kBegin = 300 * kSecond;

TEST(TracePosition, IsLinearBetweenSamples) {
  SampleTrace town;
  bac_trace_sample a = town.At(0, 1000), b = town.At(1000, 3000);
  a.speed_cm_s = 1000, b.speed_cm_s = 2000;
  a.charge_dwh = 1000, b.charge_dwh = 980;
  uint32_t v = town.AddVehicle("v", 2, {a, b});
  const bac_trace &t = town.trace();
  bac_trace_state s;
  ASSERT_TRUE(bac_trace_position(&t, v, kBegin + 2 * kSecond + kSecond / 4, &s));
  EXPECT_DOUBLE_EQ(s.x_m, 2.5);
  EXPECT_DOUBLE_EQ(s.y_m, 15);
  EXPECT_DOUBLE_EQ(s.speed_mps, 12.5);
  EXPECT_DOUBLE_EQ(s.charge_wh, 99.5);
  EXPECT_DOUBLE_EQ(s.capacity_wh, 58000);
  EXPECT_STREQ(t.strings[s.lane], "lane_0");
  ASSERT_TRUE(bac_trace_position(&t, v, kBegin + 3 * kSecond, &s));
  EXPECT_DOUBLE_EQ(s.x_m, 10);
  EXPECT_FALSE(bac_trace_position(&t, v, kBegin + 3 * kSecond + 1, &s));
  EXPECT_DOUBLE_EQ(s.x_m, 0); /* zeroed */
  EXPECT_FALSE(bac_trace_position(&t, v, kBegin + 2 * kSecond - 1, &s));
  EXPECT_FALSE(bac_trace_position(&t, v, INT64_MIN, &s));
  EXPECT_FALSE(bac_trace_position(&t, v, INT64_MAX, &s));
}

TEST(TracePosition, HeadingTurnsTheShorterWay) {
  SampleTrace town;
  bac_trace_sample a = town.At(0, 0), b = town.At(0, 0);
  a.heading_cdeg = 35000, b.heading_cdeg = 2000;
  uint32_t right = town.AddVehicle("right", 0, {a, b}), left = town.AddVehicle("left", 0, {b, a});
  const bac_trace &t = town.trace();
  bac_trace_state s;
  bac_trace_position(&t, right, kBegin + kSecond / 4, &s);
  EXPECT_NEAR(s.heading_deg, 357.5, 1e-6);
  bac_trace_position(&t, right, kBegin + kSecond / 2, &s);
  EXPECT_NEAR(s.heading_deg, 5, 1e-6);
  bac_trace_position(&t, left, kBegin + kSecond * 9 / 10, &s);
  EXPECT_NEAR(s.heading_deg, 353, 1e-6);
}

TEST(TracePosition, AJumpIsNotDriven) {
  SampleTrace town;
  uint32_t v = town.AddVehicle("v", 0, {town.At(0, 0), town.At(90000, 0)});
  bac_trace_state s;
  ASSERT_TRUE(bac_trace_position(&town.trace(), v, kBegin + kSecond - 1, &s));
  EXPECT_DOUBLE_EQ(s.x_m, 0);
  ASSERT_TRUE(bac_trace_position(&town.trace(), v, kBegin + kSecond, &s));
  EXPECT_DOUBLE_EQ(s.x_m, 900);
}

TEST(TracePresence, HasGaps) {
  SampleTrace town;
  bac_trace_sample at = town.At(0, 0), no = SampleTrace::Absent();
  uint32_t v = town.AddVehicle("v", 1, {at, at, no, no, at, at, at});
  const bac_trace &t = town.trace();
  int64_t begin, end;
  ASSERT_TRUE(bac_trace_presence(&t, v, 0, &begin, &end));
  EXPECT_EQ(begin, kBegin + kSecond);
  EXPECT_EQ(end, kBegin + 2 * kSecond);
  ASSERT_TRUE(bac_trace_presence(&t, v, end + 1, &begin, &end));
  EXPECT_EQ(begin, kBegin + 5 * kSecond);
  EXPECT_EQ(end, kBegin + 7 * kSecond);
  EXPECT_FALSE(bac_trace_presence(&t, v, end + 1, &begin, &end));

  bac_trace_state s;
  EXPECT_TRUE(bac_trace_position(&t, v, kBegin + 2 * kSecond, &s));
  EXPECT_FALSE(bac_trace_position(&t, v, kBegin + 2 * kSecond + 1, &s));
  EXPECT_FALSE(bac_trace_position(&t, v, kBegin + 5 * kSecond - 1, &s));
  EXPECT_TRUE(bac_trace_position(&t, v, kBegin + 5 * kSecond, &s));

  EXPECT_TRUE(bac_trace_stays(&t, v, kBegin + kSecond, kBegin + 2 * kSecond));
  EXPECT_TRUE(bac_trace_stays(&t, v, kBegin + 5 * kSecond, kBegin + 7 * kSecond));
  EXPECT_FALSE(bac_trace_stays(&t, v, kBegin + kSecond, kBegin + 3 * kSecond));
  EXPECT_FALSE(bac_trace_stays(&t, v, kBegin + 2 * kSecond, kBegin + 5 * kSecond));
  EXPECT_FALSE(bac_trace_stays(&t, v, kBegin, kBegin + 2 * kSecond));
  EXPECT_FALSE(bac_trace_stays(&t, v, kBegin + 2 * kSecond, kBegin + kSecond));
}

/* Presence and position agree at every moment. */
TEST(TracePresence, AgreesWithPosition) {
  SampleTrace town;
  bac_trace_sample at = town.At(0, 0), no = SampleTrace::Absent();
  uint32_t v = town.AddVehicle("v", 0, {at, no, at, at, no, at});
  const bac_trace &t = town.trace();
  for (int64_t now = kBegin - kSecond; now < kBegin + 8 * kSecond; now += kSecond / 10) {
    bac_trace_state s;
    int64_t begin, end;
    bool present = bac_trace_presence(&t, v, now, &begin, &end) && begin <= now;
    EXPECT_EQ(bac_trace_position(&t, v, now, &s), present) << now;
  }
}

TEST(TraceShard, IsWhereMostTimeIsSpent) {
  SampleTrace town;
  bac_trace_sample west = town.At(10000, 10000), east = town.At(90000, 10000);
  uint32_t v = town.AddVehicle("v", 0, {west, west, west, east, east, east, east, SampleTrace::Absent(), west});
  const bac_trace &t = town.trace();
  uint32_t shard, instants;
  ASSERT_TRUE(bac_trace_shard(&t, v, kBegin, bac_trace_end(&t), BAC_SHARDS_QUADRANT, 4, &shard, &instants));
  EXPECT_EQ(shard, 0u); /* four each: the lower */
  EXPECT_EQ(instants, 8u);
  ASSERT_TRUE(
      bac_trace_shard(&t, v, kBegin + kSecond, kBegin + 7 * kSecond, BAC_SHARDS_QUADRANT, 4, &shard, &instants));
  EXPECT_EQ(shard, 1u);
  EXPECT_EQ(instants, 6u);
  EXPECT_FALSE(
      bac_trace_shard(&t, v, kBegin + 9 * kSecond, bac_trace_end(&t), BAC_SHARDS_QUADRANT, 4, &shard, &instants));
}

}  // namespace
