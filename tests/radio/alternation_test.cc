/* SPDX-License-Identifier: GPL-2.0-only */
/* Alternating access and the parameters of EDCA. */
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "radio_net.h"

namespace {

constexpr bac_time kCycle = BAC_CCH_INTERVAL + BAC_SCH_INTERVAL;
constexpr bac_time kStart = 10 * kCycle; /* a CCH interval begins */
constexpr uint32_t kCch = 178;

bac_time Within(bac_time at) { return at % BAC_CCH_INTERVAL; }

/* One EV: a station for each interval. */
struct Ev {
  uint32_t control, service;
};

Ev AddEv(RadioNet &net, double x) {
  const Ev ev = {net.Add(x, 0, kCch), net.Add(x, 0, 172)};
  EXPECT_EQ(bac_medium_alternate(net.m, 0, ev.control, BAC_INTERVAL_CCH), BAC_OK);
  EXPECT_EQ(bac_medium_alternate(net.m, 0, ev.service, BAC_INTERVAL_SCH), BAC_OK);
  return ev;
}

TEST(Alternation, FramesWaitForTheirInterval) {
  RadioNet net;
  const Ev a = AddEv(net, 0), b = AddEv(net, 50);
  const uint32_t other = net.Add(20, 0, kCch); /* continuous */
  net.Run(kStart);
  ASSERT_EQ(net.Send(kStart + 10 * BAC_MS, a.control, 338), BAC_OK);
  ASSERT_EQ(net.Send(kStart + 10 * BAC_MS, a.service, 338), BAC_OK);
  net.Run(kStart + 49 * BAC_MS);
  ASSERT_EQ(net.begins.size(), 1u);
  EXPECT_EQ(net.begins[0].station, a.control);
  EXPECT_LT(net.begins[0].at, kStart + 11 * BAC_MS) << "within its interval nothing is different";
  net.Run(kStart + kCycle - 1);
  ASSERT_EQ(net.begins.size(), 2u);
  EXPECT_EQ(net.begins[1].station, a.service);
  const bac_time earliest = kStart + BAC_CCH_INTERVAL + BAC_GUARD_INTERVAL + BAC_AIR_SIFS + 6 * BAC_AIR_SLOT;
  EXPECT_GE(net.begins[1].at, earliest);
  EXPECT_LE(net.begins[1].at, earliest + 15 * BAC_AIR_SLOT);
  EXPECT_EQ(net.Heard(b.control, a.control), 1u);
  EXPECT_EQ(net.Heard(b.service, a.service), 1u);
  /* Deaf, and not made busy, while it is elsewhere. */
  const bac_time now = kStart + kCycle + 60 * BAC_MS, busy = bac_medium_busy(net.m, now, b.control);
  ASSERT_EQ(net.Send(now, other, 338), BAC_OK);
  net.Run(now + 5 * BAC_MS);
  EXPECT_EQ(net.begins.size(), 3u);
  EXPECT_EQ(net.Heard(b.control, other), 0u);
  EXPECT_EQ(bac_medium_busy(net.m, now + 5 * BAC_MS, b.control), busy);
  ASSERT_EQ(net.Send(kStart + 2 * kCycle + 60 * BAC_MS - BAC_SCH_INTERVAL, other, 338), BAC_OK);
  net.Run(kStart + 3 * kCycle);
  EXPECT_EQ(net.Heard(b.control, other), 1u);
}

TEST(Alternation, NothingCrossesTheEndOfAnInterval) {
  RadioNet net;
  const Ev a = AddEv(net, 0);
  AddEv(net, 50);
  const bac_time late = kStart + BAC_CCH_INTERVAL - 2 * BAC_MS;
  net.Run(late - 1);
  ASSERT_EQ(net.Send(late, a.control, 2334, BAC_MODE_6, BAC_AC_VO), BAC_OK); /* 3.2 ms */
  ASSERT_EQ(net.Send(late, a.control, 338), BAC_OK);                         /* 0.5 ms: of a lower category */
  ASSERT_EQ(net.Send(late, a.control, 338, BAC_MODE_6, BAC_AC_VO), BAC_OK);  /* behind the long one */
  net.Run(kStart + BAC_CCH_INTERVAL);
  ASSERT_EQ(net.begins.size(), 1u);
  EXPECT_EQ(net.begins[0].cookie, 1u);
  net.Run(kStart + 2 * kCycle);
  ASSERT_EQ(net.begins.size(), 3u);
  EXPECT_EQ(net.begins[1].cookie, 0u);
  EXPECT_GE(net.begins[1].at, kStart + kCycle + BAC_GUARD_INTERVAL);
  EXPECT_EQ(net.Outcomes(BAC_OUTCOME_SENT), 3u);
  /* Saturated: all day. */
  const bac_medium_frame frame = {0, BAC_TO_ALL, 1000, BAC_MODE_6, BAC_AC_BE};
  net.again = &frame;
  for (const uint32_t station : {a.control, a.service}) net.Send(kStart + 2 * kCycle, station, 1000);
  net.Run(kStart + 12 * kCycle);
  EXPECT_GT(net.begins.size(), 500u);
  for (const auto &f : net.begins) {
    EXPECT_EQ(f.station == a.control, f.at % kCycle < BAC_CCH_INTERVAL);
    EXPECT_GT(Within(f.at), BAC_GUARD_INTERVAL);
    EXPECT_LT(Within(f.at) + f.duration, BAC_CCH_INTERVAL);
  }
}

/* An acknowledgement belongs to its frame. */
TEST(Alternation, AnAcknowledgementFitsIn) {
  for (const bac_time margin : {BAC_AIR_SIFS + 100 * BAC_US, BAC_AIR_SIFS + 20 * BAC_US}) {
    RadioNet net;
    const Ev a = AddEv(net, 0), b = AddEv(net, 50);
    const bac_time at = kStart + BAC_CCH_INTERVAL - bac_air_duration(338, BAC_MODE_6) - margin;
    net.Run(at - 1);
    ASSERT_EQ(net.Send(at, a.control, 338, BAC_MODE_6, BAC_AC_BE, b.control), BAC_OK);
    net.Run(kStart + 2 * kCycle);
    ASSERT_EQ(net.begins.size(), 1u);
    EXPECT_EQ(net.begins[0].at < kStart + BAC_CCH_INTERVAL, margin > BAC_AIR_SIFS + 64 * BAC_US) << "an acknowledgement lasts 64 us";
    EXPECT_EQ(net.Outcomes(BAC_OUTCOME_ACKED), 1u);
  }
}

/* Who has waited draws a backoff: without, all of them would begin together. */
TEST(Alternation, WhoHasWaitedBacksOff) {
  RadioNet net;
  std::vector<Ev> evs;
  for (int i = 0; i < 5; i++) evs.push_back(AddEv(net, 10 * i));
  for (int round = 0; round < 40; round++) {
    const bac_time at = kStart + round * kCycle + 60 * BAC_MS;
    net.Run(at - 1);
    for (const Ev &ev : evs) ASSERT_EQ(net.Send(at, ev.control, 338), BAC_OK);
  }
  net.Run(kStart + 50 * kCycle);
  EXPECT_EQ(net.begins.size(), 200u);
  size_t alone = 0;
  for (size_t i = 0; i < net.begins.size(); i++) {
    const auto together = [&](size_t j) { return j < net.begins.size() && std::abs(net.begins[i].at - net.begins[j].at) < BAC_AIR_SLOT; };
    alone += !together(i + 1) && !(i > 0 && together(i - 1));
  }
  EXPECT_GT(alone, 100u) << "(15/16)^4 and more of 200, were the window never narrower";
}

TEST(Alternation, QueuesKeepTheirLimits) {
  bac_medium_config config = RadioNet::Config();
  config.queue_frames = 3;
  config.queue_lifetime = 20 * BAC_MS;
  RadioNet net(config);
  const Ev a = AddEv(net, 0);
  net.Run(kStart + 60 * BAC_MS);
  for (int i = 0; i < 3; i++) EXPECT_EQ(net.Send(kStart + 60 * BAC_MS, a.control, 338), BAC_OK);
  EXPECT_EQ(net.Send(kStart + 60 * BAC_MS, a.control, 338), BAC_ELIMIT);
  net.Run(kStart + 90 * BAC_MS);
  ASSERT_EQ(net.Send(kStart + 90 * BAC_MS, a.control, 338), BAC_OK) << "the first three are too old";
  net.Run(kStart + 2 * kCycle);
  EXPECT_EQ(net.Outcomes(BAC_OUTCOME_EXPIRED), 3u);
  EXPECT_EQ(net.Outcomes(BAC_OUTCOME_SENT), 1u);
}

TEST(Alternation, OffAndOnWhileElsewhere) {
  RadioNet net;
  const Ev a = AddEv(net, 0), b = AddEv(net, 50);
  const bac_time now = kStart + 60 * BAC_MS;
  net.Run(now);
  EXPECT_EQ(bac_medium_tune(net.m, now, a.control, 180), BAC_ESTATE) << "it is on, if elsewhere";
  ASSERT_EQ(net.Send(now, a.control, 338), BAC_OK);
  EXPECT_EQ(bac_medium_alternate(net.m, now, a.control, BAC_INTERVAL_ANY), BAC_ESTATE) << "a frame waits";
  bac_medium_set_on(net.m, now, a.control, false);
  EXPECT_EQ(net.Outcomes(BAC_OUTCOME_FLUSHED), 1u);
  EXPECT_EQ(net.Send(now, a.control, 338), BAC_ESTATE);
  bac_medium_set_on(net.m, now + BAC_MS, a.control, true);
  ASSERT_EQ(net.Send(now + BAC_MS, a.control, 338), BAC_OK);
  net.Run(kStart + kCycle);
  EXPECT_TRUE(net.begins.empty()) << "it is not its turn yet";
  net.Run(kStart + 2 * kCycle);
  EXPECT_EQ(net.Heard(b.control, a.control), 1u);
  EXPECT_EQ(bac_medium_alternate(net.m, kStart + 2 * kCycle, a.control + 100, BAC_INTERVAL_CCH), BAC_EINVAL);
  EXPECT_EQ(bac_medium_alternate(net.m, kStart + 2 * kCycle, a.service, BAC_INTERVAL_ANY), BAC_OK);
  ASSERT_EQ(net.Send(kStart + 2 * kCycle + BAC_MS, a.service, 338), BAC_OK);
  net.Run(kStart + 2 * kCycle + 10 * BAC_MS);
  EXPECT_EQ(net.begins.size(), 2u) << "continuous again";
}

/* Who comes in the midst of the guard interval, or learns of it then, keeps it. */
TEST(Alternation, NobodyComesTooLateForTheGuardInterval) {
  RadioNet net;
  const Ev a = AddEv(net, 0);
  const uint32_t late = net.Add(50, 0, kCch);
  bac_medium_set_on(net.m, kStart - BAC_MS, a.control, false);
  bac_medium_set_on(net.m, kStart + BAC_MS, a.control, true);
  EXPECT_EQ(bac_medium_alternate(net.m, kStart + BAC_MS, late, BAC_INTERVAL_CCH), BAC_OK);
  for (const uint32_t station : {a.control, late}) ASSERT_EQ(net.Send(kStart + 2 * BAC_MS, station, 338), BAC_OK);
  net.Run(kStart + 10 * BAC_MS);
  ASSERT_EQ(net.begins.size(), 2u);
  for (const auto &f : net.begins) EXPECT_GT(Within(f.at), BAC_GUARD_INTERVAL);
}

/* Of each category its own: when a frame begins that came while the channel was busy. */
TEST(Edca, ParametersAreOptions) {
  const bac_edca_parameters fixed[BAC_ACS] = {{2, 0, 0}, {4, 0, 0}, {7, 0, 0}, {15, 0, 0}};
  bac_medium_config config = RadioNet::Config();
  for (int a = 0; a < BAC_ACS; a++) config.edca[a] = fixed[a];
  for (int a = 0; a < BAC_ACS; a++) {
    RadioNet net(config);
    const uint32_t one = net.Add(0), two = net.Add(10);
    net.Send(kStart, one, 2334);
    net.Run(kStart + BAC_MS);
    net.Send(kStart + BAC_MS, two, 338, BAC_MODE_6, static_cast<bac_access>(a));
    net.Run(kStart + 20 * BAC_MS);
    ASSERT_EQ(net.begins.size(), 2u);
    EXPECT_EQ(net.begins[1].at, net.begins[0].at + net.begins[0].duration + BAC_AIR_SIFS + fixed[a].aifsn * BAC_AIR_SLOT) << a;
  }
}

TEST(Edca, AWiderWindowCollidesLess) {
  double collided[2];
  for (int wide = 0; wide < 2; wide++) {
    bac_medium_config config = RadioNet::Config();
    config.loss.exponent[0] = 0; /* who collides is lost everywhere */
    if (wide) config.edca[BAC_AC_BE].window_min = 127;
    RadioNet net(config);
    for (int i = 0; i < 10; i++) net.Add(i);
    const bac_medium_frame frame = {0, BAC_TO_ALL, 338, BAC_MODE_6, BAC_AC_BE};
    net.again = &frame;
    for (uint32_t i = 0; i < 10; i++) net.Send(kStart, i, 338);
    net.Run(kStart + 2 * BAC_SECOND);
    collided[wide] = 1 - static_cast<double>(net.decoded.size()) / 9 / static_cast<double>(net.begins.size());
  }
  EXPECT_NEAR(collided[0], 1 - std::pow(1 - 2.0 / 17, 9), 0.05);
  EXPECT_NEAR(collided[1], 1 - std::pow(1 - 2.0 / 129, 9), 0.03);
}

TEST(Edca, RefusesWhatTheStandardDoes) {
  char why[160];
  for (const bac_edca_parameters bad : {bac_edca_parameters{1, 3, 7}, {16, 3, 7}, {2, 4, 7}, {2, 7, 3}, {2, 3, 65535}}) {
    bac_medium_config config = RadioNet::Config();
    config.edca[BAC_AC_VI] = bad;
    EXPECT_EQ(bac_medium_check(&config, why, sizeof why), BAC_EINVAL);
    EXPECT_EQ(std::string(why).find("EDCA of VI is "), 0u) << why;
  }
}

}  // namespace
