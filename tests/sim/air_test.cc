/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames on the medium, and the in-process network on it. */
#include "sim/air.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "sim/network.h"
#include "sim/swarm.h"

namespace {

/* Stations on a line, without fading, so that near ones always hear each other. */
class Air : public ::testing::Test {
 protected:
  struct Heard {
    bac_time at;
    uint32_t station, from;
    std::string bytes;
  };

  ~Air() override { bac_air_free(air_); }

  void Open(double beacon_hz = 0) {
    bac_air_config c = bac_air_default(5);
    c.medium.nakagami = false;
    c.beacon_millihz = static_cast<uint32_t>(beacon_hz * 1000);
    bac_air_host host = {};
    host.ctx = this;
    host.heard = [](void *ctx, bac_time now, uint32_t station, uint32_t from, const uint8_t *bytes, size_t length) {
      static_cast<Air *>(ctx)->heard_.push_back({now, station, from, std::string(reinterpret_cast<const char *>(bytes), length)});
    };
    host.sent = [](void *ctx, bac_time now, uint32_t station) { static_cast<Air *>(ctx)->sent_.emplace_back(now, station); };
    char why[200];
    air_ = bac_air_new(&c, &host, why, sizeof why);
    ASSERT_NE(nullptr, air_) << why;
    for (double x : {0., 50., 100., 9000.}) {
      const double at[3] = {x, 0, 1.5};
      ASSERT_LE(0, bac_air_add(air_, 172, at));
    }
  }
  bool Send(bac_time now, uint32_t station, uint32_t to, const std::string &bytes) {
    return bac_air_send(air_, now, station, to, reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  }

  bac_air *air_ = nullptr;
  std::vector<Heard> heard_;
  std::vector<std::pair<bac_time, uint32_t>> sent_;
};

TEST_F(Air, ABroadcastComesToAllInReachOnce) {
  Open();
  ASSERT_TRUE(Send(0, 0, BAC_TO_ALL, "to all"));
  bac_air_run(air_, BAC_SECOND);
  ASSERT_EQ(2u, heard_.size()) << "the fourth is 9 km away";
  for (const Heard &h : heard_) {
    EXPECT_EQ("to all", h.bytes);
    EXPECT_EQ(0u, h.from);
    EXPECT_NE(0u, h.station);
  }
  ASSERT_EQ(1u, sent_.size());
  EXPECT_EQ(0u, sent_[0].second);
  /* DIFS, a backoff of 15 slots at most; the frame: MAC 26, LLC 8, FCS 4, WSMP 4 bytes. */
  const bac_time frame = bac_air_duration(6 + 38 + 4, BAC_MODE_6);
  EXPECT_GE(sent_[0].first, frame);
  EXPECT_LE(sent_[0].first, frame + 58 * BAC_US + 15 * 13 * BAC_US + BAC_MS);
  EXPECT_EQ(sent_[0].first, heard_[0].at);
}

TEST_F(Air, AFrameForOneIsRepeatedUntilItIsAcknowledged) {
  Open();
  ASSERT_TRUE(Send(0, 0, 1, "for one"));
  ASSERT_TRUE(Send(0, 0, 3, "too far"));
  bac_air_run(air_, BAC_SECOND);
  ASSERT_EQ(1u, heard_.size());
  EXPECT_EQ(1u, heard_[0].station);
  EXPECT_EQ(2u, sent_.size()) << "done with, both";
  EXPECT_EQ(1u + 7, bac_medium_sum(bac_air_medium(air_)).transmissions);
}

TEST_F(Air, ARadioThatIsOffNeitherHearsNorSays) {
  Open();
  bac_air_set_on(air_, 0, 1, false);
  EXPECT_FALSE(Send(0, 1, BAC_TO_ALL, "off"));
  ASSERT_TRUE(Send(0, 0, BAC_TO_ALL, "on"));
  bac_air_run(air_, BAC_SECOND);
  ASSERT_EQ(1u, heard_.size());
  EXPECT_EQ(2u, heard_[0].station);
}

/* Who crashes is not told what became of the frames of its former life; one that is on the air still comes. */
TEST_F(Air, WhatWaitsIsDroppedAsTheRadioGoesOffAndWhatIsOnTheAirEnds) {
  Open();
  ASSERT_TRUE(Send(0, 0, BAC_TO_ALL, std::string(1000, 'a')));
  ASSERT_TRUE(Send(0, 0, BAC_TO_ALL, "second"));
  bac_air_run(air_, BAC_MS); /* the first lasts 1.4 ms */
  ASSERT_EQ(1u, bac_medium_sum(bac_air_medium(air_)).transmissions);
  bac_air_set_on(air_, BAC_MS, 0, false);
  bac_air_set_on(air_, BAC_MS, 0, true);
  bac_air_run(air_, BAC_SECOND);
  ASSERT_EQ(2u, heard_.size());
  EXPECT_EQ(std::string(1000, 'a'), heard_[0].bytes);
  EXPECT_TRUE(sent_.empty());
  ASSERT_TRUE(Send(BAC_SECOND, 0, BAC_TO_ALL, "third"));
  bac_air_run(air_, 2 * BAC_SECOND);
  EXPECT_EQ(4u, heard_.size());
  EXPECT_EQ(1u, sent_.size());
}

TEST_F(Air, BeaconsTakeTheAirAndGoToNobody) {
  Open(10);
  bac_air_run(air_, 10 * BAC_SECOND);
  EXPECT_EQ(400u, bac_air_beacons(air_)) << "4 stations, 10 Hz, 10 s";
  EXPECT_TRUE(heard_.empty());
  EXPECT_TRUE(sent_.empty());
  const bac_medium_totals totals = bac_medium_sum(bac_air_medium(air_));
  EXPECT_NEAR(400, static_cast<double>(totals.transmissions), 1) << "the last one may wait";
  EXPECT_GT(totals.decoded, 500u);
}

TEST(AirConfig, RefusesWhatCannotBe) {
  const bac_air_host host = {};
  char why[200];
  bac_air_config c = bac_air_default(1);
  c.beacon_millihz = 1000;
  c.beacon_bytes = 0;
  EXPECT_EQ(nullptr, bac_air_new(&c, &host, why, sizeof why));
  EXPECT_NE(nullptr, strstr(why, "0 bytes"));
  c = bac_air_default(1);
  c.medium.eirp_dbm = 90;
  EXPECT_EQ(nullptr, bac_air_new(&c, &host, why, sizeof why));
}

/* ---- The network on it. ---- */

class NetworkOnAir : public ::testing::TestWithParam<const char *> {
 protected:
  ~NetworkOnAir() override { bac_sim_free(sim_); }
  void Open(double far_m) {
    bac_sim_config c = bac_sim_config_default(GetParam(), 4);
    const bac_air_config air = bac_air_default(4);
    double at[7][3];
    for (uint32_t i = 0; i < 7; i++) at[i][0] = i < 5 ? 30. * i : far_m + 30. * i, at[i][1] = 0, at[i][2] = 1.5;
    c.nodes = 7;
    c.delay_min = c.delay_max = 0;
    c.air = &air;
    c.at_m = at;
    char why[200];
    bac_sim_free(sim_);
    sim_ = bac_sim_new(&c, why, sizeof why);
    ASSERT_NE(nullptr, sim_) << why;
  }
  bac_sim *sim_ = nullptr;
};

TEST_P(NetworkOnAir, CommitsAndSaysTheSameTwice) {
  uint8_t digests[2][BAC_HASH_BYTES];
  for (auto &digest : digests) {
    Open(0);
    bac_sim_run(sim_, 20 * BAC_SECOND);
    bac_sim_digest(sim_, digest);
    const struct bac_sim_report r = bac_sim_report(sim_);
    EXPECT_EQ(0u, r.conflicts);
    EXPECT_GE(r.height_min, 4u);
    const bac_medium_totals totals = bac_medium_sum(bac_sim_medium(sim_));
    EXPECT_GT(totals.transmissions, 100u);
    EXPECT_LE(totals.transmissions - totals.acks, r.frames * 7) << "all that is on the air the nodes have said";
  }
  EXPECT_EQ(0, memcmp(digests[0], digests[1], BAC_HASH_BYTES));
}

/* Two of seven are out of reach and hear nothing; after a drive home they follow. The others go on, but for bac2, where the two may be half of
 * the committee. */
TEST_P(NetworkOnAir, WhoIsOutOfReachFollowsOnceItIsBack) {
  Open(20000);
  bac_sim_run(sim_, 15 * BAC_SECOND);
  EXPECT_EQ(0u, bac_sim_report(sim_).height_min);
  const uint64_t height = bac_sim_report(sim_).height_max;
  if (strcmp(GetParam(), "bac2") != 0) {
    EXPECT_GE(height, 3u);
  }
  for (uint32_t i = 5; i < 7; i++) {
    const double home[3] = {30. * i, 0, 1.5};
    bac_medium_move(bac_sim_medium(sim_), i, home);
  }
  bac_sim_run(sim_, 45 * BAC_SECOND);
  EXPECT_GE(bac_sim_report(sim_).height_min, std::max<uint64_t>(height, 3));
  EXPECT_EQ(0u, bac_sim_report(sim_).conflicts);
}

TEST_P(NetworkOnAir, AMemberThatCrashesComesBack) {
  Open(0);
  bac_sim_run(sim_, 5 * BAC_SECOND);
  bac_sim_crash(sim_, 2);
  bac_sim_run(sim_, 10 * BAC_SECOND);
  const uint64_t height = bac_sim_report(sim_).height_max;
  bac_sim_restart(sim_, 2);
  bac_sim_run(sim_, 30 * BAC_SECOND);
  EXPECT_GE(bac_sim_report(sim_).height_min, height);
  EXPECT_EQ(0u, bac_sim_report(sim_).conflicts);
}

INSTANTIATE_TEST_SUITE_P(Engines, NetworkOnAir, ::testing::Values("bac", "pbft", "hashgraph", "bac2"),
                         [](const auto &info) { return std::string(info.param); });

TEST(NetworkOnAirConfig, HasNoTwinsAndNoJammer) {
  bac_sim_config c = bac_sim_config_default("pbft", 1);
  const bac_air_config air = bac_air_default(1);
  const double at[4][3] = {};
  char why[200];
  c.air = &air;
  c.at_m = at;
  c.twins = 1;
  c.byzantine = 1;
  EXPECT_EQ(nullptr, bac_sim_new(&c, why, sizeof why));
  EXPECT_NE(nullptr, strstr(why, "twins"));
}

/* ---- Worlds of bac-sim on it. ---- */

TEST(SwarmOnAir, FaultsAndAdversariesBreakNothing) {
  for (const char *protocol : {"bac", "pbft", "hashgraph", "bac2"}) {
    for (uint64_t seed = 1; seed <= 4; seed++) {
      bac_plan_options o = {};
      o.protocol = protocol;
      o.seed = seed;
      o.nodes = o.byzantine = BAC_PLAN_DRAW;
      o.radio = true;
      bac_verdict v, again;
      char why[200];
      ASSERT_EQ(BAC_OK, bac_swarm_run(&o, nullptr, &v, why, sizeof why)) << why;
      EXPECT_EQ(BAC_CHECK_NONE, v.check) << protocol << " " << seed << ": " << v.text;
      EXPECT_NE(nullptr, strstr(v.plan, "802.11p within")) << v.plan;
      EXPECT_EQ(nullptr, strstr(v.plan, "twin")) << v.plan;
      if (seed > 1) continue;
      ASSERT_EQ(BAC_OK, bac_swarm_run(&o, nullptr, &again, why, sizeof why));
      EXPECT_EQ(0, memcmp(v.digest, again.digest, sizeof v.digest));
    }
  }
}

TEST(SwarmOnAir, RefusesWhatTakesTwins) {
  bac_plan plan;
  char why[300];
  for (bool beyond : {false, true}) {
    bac_plan_options o = {};
    o.protocol = "bac";
    o.seed = 1;
    o.mode = beyond ? BAC_MODE_SAFE : BAC_MODE_ALG1;
    o.nodes = beyond ? 4 : BAC_PLAN_DRAW;
    o.byzantine = beyond ? 2 : BAC_PLAN_DRAW;
    o.radio = true;
    EXPECT_EQ(BAC_EINVAL, bac_plan_draw(&plan, &o, why, sizeof why));
    EXPECT_NE(nullptr, strstr(why, "--radio"));
    o.radio = false;
    EXPECT_EQ(BAC_OK, bac_plan_draw(&plan, &o, why, sizeof why));
  }
}

} // namespace
