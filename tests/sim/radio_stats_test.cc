/* SPDX-License-Identifier: GPL-2.0-only */
/* Delivery ratio, busy ratio, airtime and SINR of hand-made transmissions. */
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "link/bound.h"
}
#include "observer.h"
#include "radio_stats.h"

namespace {

constexpr bac_time kBegin = 1 * BAC_SECOND, kEnd = 11 * BAC_SECOND;

class RadioStatsTest : public testing::Test {
 protected:
  static void Where(void *ctx, uint32_t station, double at[3]) {
    at[0] = static_cast<RadioStatsTest *>(ctx)->x[station];
    at[1] = 0;
    at[2] = 1.5;
  }
  uint32_t Station(double where, uint32_t channel = 0, bool vehicle = true) {
    x.push_back(where);
    return bac_radio_add_station(s.get(), channel, vehicle);
  }
  std::string Value(const std::string &name, bac_time now = kEnd, size_t blocks = 0) {
    std::map<std::string, std::string> all;
    const bac_columns to = {[](void *ctx, const char *n, const char *value) {
                              (*static_cast<std::map<std::string, std::string> *>(ctx))[n] = value;
                            },
                            &all};
    bac_radio_columns(s.get(), now, blocks, &to);
    return all.count(name) ? all[name] : "(no column " + name + ")";
  }

  std::vector<double> x;
  std::unique_ptr<bac_radio_stats, decltype(&bac_radio_stats_free)> s{bac_radio_stats_new(kBegin, kEnd, 300, Where, this),
                                                                       &bac_radio_stats_free};
};

TEST_F(RadioStatsTest, DeliveryIsExpectedNearByOnTheSameChannelWhileOn) {
  const uint32_t from = Station(0), near = Station(300), far = Station(301), off = Station(10), other = Station(20, 1);
  bac_radio_set_on(s.get(), off, 0, false);
  bac_radio_sent(s.get(), kBegin, from, 77, 500);
  bac_radio_heard(s.get(), far, 77, 1);
  EXPECT_EQ(Value("pdr"), "0") << "luck at a distance does not count";
  bac_radio_heard(s.get(), near, 77, 1);
  EXPECT_EQ(Value("pdr"), "1");
  bac_radio_sent(s.get(), kBegin, from, 78, 500);
  EXPECT_EQ(Value("pdr"), "0.5");
  bac_radio_sent(s.get(), kBegin, other, 79, 500);
  EXPECT_EQ(Value("pdr"), "0.5") << "nobody else is on its channel";
  EXPECT_EQ(Value("frames"), "3");
  EXPECT_EQ(Value("bytes"), "1500");
}

TEST_F(RadioStatsTest, ARetunedStationBelongsToItsNewChannel) {
  const uint32_t west = Station(0), mover = Station(10), east = Station(20, 1);
  bac_radio_tune(s.get(), mover, 0, 1);
  bac_radio_sent(s.get(), kBegin, west, 1, 100);
  EXPECT_EQ(Value("pdr"), "") << "nobody is left to hear it";
  bac_radio_sent(s.get(), kBegin, east, 2, 100);
  bac_radio_heard(s.get(), mover, 2, 1);
  EXPECT_EQ(Value("pdr"), "1");
  bac_radio_busy(s.get(), mover, kBegin, BAC_SECOND, true);
  EXPECT_EQ(bac_radio_take_airtime(s.get(), 0), 0);
  EXPECT_EQ(bac_radio_take_airtime(s.get(), 1), 1);
}

TEST_F(RadioStatsTest, RetryIsExpectedAgainAndMovesOnlyItsOwnFrame) {
  const uint32_t from = Station(0), to = Station(10);
  bac_radio_sent(s.get(), kBegin, from, 1, 100);
  bac_radio_sent(s.get(), kBegin + 5 * BAC_MS, from, 1, 100);
  bac_radio_sent(s.get(), kBegin + 12 * BAC_MS, from, 2, 100); /* frame 1 would be forgotten but for the retry */
  bac_radio_heard(s.get(), to, 1, 1);
  bac_radio_heard(s.get(), to, 2, 1);
  EXPECT_EQ(Value("pdr"), "0.666666667");
  bac_radio_sent(s.get(), kBegin + 40 * BAC_MS, from, 3, 100);
  bac_radio_heard(s.get(), to, 1, 1);
  EXPECT_EQ(Value("pdr"), "0.5") << "frame 1 is long gone";
}

TEST_F(RadioStatsTest, FramesOutsideTheWindowAreNothing) {
  const uint32_t from = Station(0), to = Station(10);
  bac_radio_sent(s.get(), kBegin - 1, from, 1, 100);
  bac_radio_heard(s.get(), to, 1, 1);
  bac_radio_sent(s.get(), kEnd, from, 2, 100);
  EXPECT_EQ(Value("frames"), "0");
  EXPECT_EQ(Value("pdr"), "");
  EXPECT_EQ(Value("sinr_p50_db"), "");
}

TEST_F(RadioStatsTest, BusyTimeIsClippedToTheWindow) {
  const uint32_t a = Station(0);
  bac_radio_busy(s.get(), a, 0, 2 * BAC_SECOND, false);               /* one second within */
  bac_radio_busy(s.get(), a, 10 * BAC_SECOND, 5 * BAC_SECOND, true);  /* another */
  bac_radio_busy(s.get(), a, 20 * BAC_SECOND, BAC_SECOND, true);
  EXPECT_EQ(Value("cbr"), "0.2");
  EXPECT_EQ(Value("airtime_s"), "1");
  EXPECT_EQ(Value("airtime_per_block_s", kEnd, 4), "0.25");
  EXPECT_EQ(Value("airtime_per_block_s", kEnd, 0), "");
}

TEST_F(RadioStatsTest, BusyRatioIsTheMeanOverVehiclesWhileTheyAreOn) {
  const uint32_t a = Station(0), b = Station(1), rsu = Station(2, 0, false), late = Station(3);
  bac_radio_set_on(s.get(), late, 0, false);
  bac_radio_busy(s.get(), a, 2 * BAC_SECOND, BAC_SECOND, false); /* 0.1 of its ten seconds */
  bac_radio_set_on(s.get(), b, 3 * BAC_SECOND, false);           /* on for two seconds of the window */
  bac_radio_busy(s.get(), b, 2 * BAC_SECOND, BAC_SECOND, false); /* 0.5 */
  bac_radio_busy(s.get(), rsu, 2 * BAC_SECOND, BAC_SECOND, false);
  EXPECT_EQ(Value("cbr"), "0.3") << "neither the RSU nor the one that was never there";
  bac_radio_set_on(s.get(), late, 10 * BAC_SECOND, true);
  bac_radio_busy(s.get(), late, 9 * BAC_SECOND, 2 * BAC_SECOND, false); /* its radio saw more than it was on */
  EXPECT_EQ(Value("cbr"), "0.533333333") << "one at most";
}

TEST_F(RadioStatsTest, AirtimeIsTakenByChannel) {
  const uint32_t a = Station(0, 3), b = Station(0, 4);
  bac_radio_busy(s.get(), a, 2 * BAC_SECOND, BAC_MS, true);
  bac_radio_busy(s.get(), b, 2 * BAC_SECOND, 2 * BAC_MS, true);
  EXPECT_EQ(bac_radio_take_airtime(s.get(), 3), 0.001);
  EXPECT_EQ(bac_radio_take_airtime(s.get(), 3), 0);
  bac_radio_busy(s.get(), a, 3 * BAC_SECOND, 4 * BAC_MS, true);
  EXPECT_EQ(bac_radio_take_airtime(s.get(), 3), 0.004);
  EXPECT_EQ(bac_radio_take_airtime(s.get(), 4), 0.002);
  EXPECT_EQ(bac_radio_take_airtime(s.get(), 5), 0);
}

TEST_F(RadioStatsTest, WhatIsSentBesideIsBusyTimeAndNoAirtime) {
  const uint32_t a = Station(0, 3);
  bac_radio_busy(s.get(), a, 2 * BAC_SECOND, 3 * BAC_MS, true);
  bac_radio_beside(s.get(), a, 2 * BAC_SECOND, 3 * BAC_MS);
  bac_radio_busy(s.get(), a, 3 * BAC_SECOND, 4 * BAC_MS, true);
  EXPECT_EQ(bac_radio_airtime(s.get()), 0.004);
  EXPECT_EQ(bac_radio_take_airtime(s.get(), 3), 0.004);
  const double busy = std::stod(Value("cbr"));
  bac_radio_busy(s.get(), a, 500 * BAC_MS, 600 * BAC_MS, true); /* the window begins at 1 s */
  bac_radio_beside(s.get(), a, 500 * BAC_MS, 600 * BAC_MS);
  EXPECT_EQ(bac_radio_airtime(s.get()), 0.004) << "both of them only count within the window";
  EXPECT_GT(std::stod(Value("cbr")), busy);
  EXPECT_TRUE(std::isnan(bac_radio_delivery(s.get())));
}

TEST_F(RadioStatsTest, SinrQuantilesAreUpperEdgesOfTenthsOfADecibel) {
  const uint32_t from = Station(0), to = Station(10);
  bac_radio_sent(s.get(), kBegin, from, 1, 100);
  for (int i = 0; i < 90; i++) bac_radio_heard(s.get(), to, 1, 10.05); /* 10.02 dB */
  for (int i = 0; i < 10; i++) bac_radio_heard(s.get(), to, 1, 1e30);  /* beyond the histogram: its last bin */
  EXPECT_EQ(Value("sinr_p05_db"), "10.1");
  EXPECT_EQ(Value("sinr_p50_db"), "10.1");
  EXPECT_EQ(Value("sinr_p95_db"), "80");
  for (int i = 0; i < 200; i++) bac_radio_heard(s.get(), to, 1, 0); /* minus infinity: its first bin */
  EXPECT_EQ(Value("sinr_p50_db"), "-19.9");
}

TEST_F(RadioStatsTest, FramesAndAgesByDistance) {
  const uint32_t from = Station(0), near = Station(120), far = Station(320), other = Station(20, 1);
  bac_link_stats *links = bac_radio_links(s.get());
  bac_radio_sent(s.get(), kBegin, from, 77, 500);
  for (const uint32_t to : {near, far, other}) {
    bac_link_arrives(links, to, 77);
    bac_link_fate(links, to, 77, BAC_FATE_DECODED);
  }
  bac_radio_sent(s.get(), kBegin + BAC_SECOND, other, 78, 500);
  std::map<std::string, std::string> bin;
  const bac_columns to = {[](void *ctx, const char *n, const char *value) { (*static_cast<std::map<std::string, std::string> *>(ctx))[n] = value; }, &bin};
  bac_link_bin_columns(links, 2, &to);
  EXPECT_EQ(bin["received"], "1") << "120 m";
  bac_link_bin_columns(links, 6, &to);
  EXPECT_EQ(bin["received"], "1") << "320 m";
  bac_link_bin_columns(links, 0, &to);
  EXPECT_EQ(bin["expected"], "0") << "on another channel";
  bac_radio_sample_ages(s.get(), kBegin + 500 * BAC_MS); /* near of from 0.5 s; near of far, far of near and from of near unheard; far of from: 320 m */
  bac_link_columns(links, &to);
  EXPECT_EQ(bin["aoi_mean_s"], "0.5");
  EXPECT_EQ(bin["aoi_unheard"], "0.75");
}

TEST_F(RadioStatsTest, EfficiencyAgainstTheBound) {
  const uint32_t from = Station(0), near = Station(120);
  for (uint64_t uid = 0; uid < 5; uid++) {
    bac_radio_sent(s.get(), kBegin, from, uid, 1000);
    if (uid < 4) bac_radio_heard(s.get(), near, uid, 10);
  }
  bac_radio_busy(s.get(), from, kBegin, 10 * BAC_MS, true);
  bac_observed_block blocks[3] = {};
  blocks[0].bytes = 2800; /* two frames */
  blocks[0].members = 11;
  blocks[1] = blocks[0];
  blocks[2] = blocks[0];
  blocks[2].revoked = true;
  std::map<std::string, std::string> row;
  const bac_columns to = {[](void *ctx, const char *n, const char *value) { (*static_cast<std::map<std::string, std::string> *>(ctx))[n] = value; }, &row};
  bac_radio_efficiency_columns(s.get(), blocks, 3, 6e6, &to);
  const double frame = 195.5e-6 + 8 * 1400 / 6e6, bound = 2 * bac_link_bound_frames(2, 10, 0.2) * frame;
  EXPECT_NEAR(std::stod(row["air_per_block_byte"]), 5000.0 / 5600, 1e-8);
  EXPECT_NEAR(std::stod(row["air_per_useful_byte"]), 5000.0 / 56000, 1e-8);
  EXPECT_NEAR(std::stod(row["bound_airtime_s"]), bound, 1e-8);
  EXPECT_NEAR(std::stod(row["airtime_over_bound"]), 0.01 / bound, 1e-6);
  bac_radio_efficiency_columns(s.get(), blocks, 0, 6e6, &to);
  EXPECT_EQ(row["airtime_over_bound"], "");
}

}  // namespace
