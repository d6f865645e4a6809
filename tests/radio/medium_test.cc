/* SPDX-License-Identifier: GPL-2.0-only */
/* What stations do to each other on the medium: range, hidden terminals, capture, half duplex, leakage, contention, queues, unicast. */
#include "radio_net.h"

#include <cmath>
#include <map>
#include <set>

#include "radio/error_rate.h"

namespace {

constexpr bac_time kStart = 10 * BAC_MS;

TEST(Medium, PowersFollowTheLoss) {
  RadioNet net;
  const uint32_t a = net.Add(0), b = net.Add(100), c = net.Add(0, 10, 174), d = net.Add(0, 10, 176), e = net.Add(0, 10, 178);
  EXPECT_NEAR(bac_medium_power_dbm(net.m, a, b), 20 - 47.86 - 27.5 * 2, 1e-4);
  EXPECT_NEAR(bac_medium_power_dbm(net.m, a, c), 20 - 47.86 - 27.5 - 25, 1e-4);
  EXPECT_EQ(bac_medium_power_dbm(net.m, a, d), -INFINITY) << "-112 dBm is below the floor";
  EXPECT_EQ(bac_medium_power_dbm(net.m, a, e), -INFINITY);
  const double near[3] = {50, 0, 1.5};
  bac_medium_move(net.m, b, near);
  EXPECT_NEAR(bac_medium_power_dbm(net.m, a, b), 20 - 47.86 - 27.5 * std::log10(50), 1e-4);
}

TEST(Medium, OneFrame) {
  RadioNet net;
  const uint32_t a = net.Add(0), b = net.Add(50);
  ASSERT_EQ(net.Send(kStart, a, 338), BAC_OK);
  net.Run(kStart + 5 * BAC_MS);
  ASSERT_EQ(net.begins.size(), 1u);
  const RadioNet::Begin begin = net.begins[0];
  EXPECT_EQ((begin.at - BAC_AIR_SIFS) % BAC_AIR_SLOT, 0) << "at a slot boundary of a channel idle since 0";
  EXPECT_GE(begin.at, kStart);
  EXPECT_LE(begin.at, kStart + BAC_AIR_SLOT) << "an idle channel needs no backoff";
  EXPECT_EQ(begin.duration, bac_air_duration(338, BAC_MODE_6));
  ASSERT_EQ(net.decoded.size(), 1u);
  EXPECT_EQ(net.decoded[0].station, b);
  EXPECT_EQ(net.decoded[0].at, begin.at + begin.duration);
  const double noise_dbm = 10 * std::log10(1.3803e-23 * 290 * 10e6) + 30 + 7;
  EXPECT_NEAR(10 * std::log10(net.decoded[0].sinr), 20 - 47.86 - 27.5 * std::log10(50) - noise_dbm, 1e-4);
  EXPECT_EQ(net.Outcomes(BAC_OUTCOME_SENT), 1u);
  EXPECT_EQ(bac_medium_busy(net.m, kStart + 5 * BAC_MS, a), begin.duration);
  EXPECT_EQ(bac_medium_busy(net.m, kStart + 5 * BAC_MS, b), begin.duration - BAC_AIR_DETECT);
}

/* Alone on the channel, frames arrive as often as the SNR says. */
TEST(Medium, Range) {
  const double noise_dbm = 10 * std::log10(1.3803e-23 * 290 * 10e6) + 30 + 7;
  RadioNet net;
  const uint32_t a = net.Add(0);
  const double metres[] = {170, 180, 184, 188, 192, 200};
  for (const double x : metres) net.Add(x);
  const int count = 1000;
  for (int i = 0; i < count; i++) net.Send(kStart + i * 5 * BAC_MS, a, 2334);
  net.Run(6 * BAC_SECOND);
  uint32_t receiver = a;
  for (const double x : metres) {
    const double snr = std::pow(10, (20 - 47.86 - 27.5 * std::log10(x) - noise_dbm) / 10);
    const double success = std::exp(24 * bac_error_ln_success(BAC_MODE_3, snr) + 3120 * 6 * bac_error_ln_success(BAC_MODE_6, snr));
    EXPECT_NEAR(static_cast<double>(net.Heard(++receiver, a)) / count, success, 0.06) << x;
  }
  EXPECT_GT(net.Heard(1, a), net.Heard(6, a) + count / 2) << "from most to few";
}

/* Two who do not hear each other send at once; at 6.23 dB the stronger frame is lost as often as NIST says. */
TEST(Medium, HiddenTerminals) {
  RadioNet net;
  const uint32_t a = net.Add(-100), receiver = net.Add(0), b = net.Add(179.7);
  const int count = 3000;
  for (int i = 0; i < count; i++) {
    net.Send(kStart + i * 10 * BAC_MS, a, 1418);
    net.Send(kStart + i * 10 * BAC_MS, b, 1418);
  }
  net.Run(kStart + count * 10 * BAC_MS);
  ASSERT_EQ(net.begins.size(), 2u * count);
  EXPECT_EQ(net.Heard(b, a) + net.Heard(a, b), 0u);
  EXPECT_EQ(net.Heard(receiver, b), 0u);
  EXPECT_NEAR(1 - static_cast<double>(net.Heard(receiver, a)) / count, 0.730, 0.03);
}

/* A signal of -104.5 dBm, which nobody can detect, adds 0.7 dB to the noise of a frame at the edge of its range: as often lost as NIST says,
 * if such signals count. */
TEST(Medium, WeakSignalsInterfere) {
  const double noise = 1.3803e-23 * 290 * 10e6 * std::pow(10, 0.7);
  const auto watt = [](double metres) { return std::pow(10, (20 - 47.86 - 27.5 * std::log10(metres) - 30) / 10); };
  for (const bool weak : {false, true}) {
    bac_medium_config config = RadioNet::Config();
    config.weak_signals = weak;
    RadioNet net(config);
    const uint32_t a = net.Add(0), receiver = net.Add(182), b = net.Add(792), far = net.Add(2000);
    const int count = 3000;
    for (int i = 0; i < count; i++)
      for (const uint32_t from : {a, b, far}) net.Send(kStart + i * 10 * BAC_MS, from, 1066);
    net.Run(kStart + count * 10 * BAC_MS);
    ASSERT_EQ(net.begins.size(), 3u * count);
    const double sinr = watt(182) / (noise + (weak ? watt(610) : 0)); /* the far one: -117.5 dBm, below the other floor */
    const double success = std::exp(24 * bac_error_ln_success(BAC_MODE_3, sinr) + 179 * 48 * bac_error_ln_success(BAC_MODE_6, sinr));
    EXPECT_NEAR(static_cast<double>(net.Heard(receiver, a)) / count, success, 0.03) << weak;
    EXPECT_EQ(bac_medium_power_dbm(net.m, b, receiver) > -200, weak);
    EXPECT_EQ(bac_medium_power_dbm(net.m, far, receiver), -INFINITY);
    EXPECT_EQ(bac_medium_busy(net.m, kStart + count * 10 * BAC_MS, far), count * bac_air_duration(1066, BAC_MODE_6)) << "its own frames";
  }
}

/* SINR counts piece by piece: interference over a third of a frame does a third of the harm, in the exponent. */
TEST(Medium, InterferenceCountsWhileItLasts) {
  RadioNet net;
  const uint32_t a = net.Add(-100), receiver = net.Add(0), b = net.Add(179.7);
  const int count = 3000;
  for (int i = 0; i < count; i++) {
    net.Send(kStart + i * 10 * BAC_MS, a, 1418);
    net.Send(kStart + i * 10 * BAC_MS, b, 482); /* 96 slots shorter: the two stay aligned */
  }
  net.Run(kStart + count * 10 * BAC_MS);
  const double overlap = static_cast<double>(bac_air_duration(482, BAC_MODE_6) - 40 * BAC_US) * 6e-3;
  const double success = std::exp(overlap * bac_error_ln_success(BAC_MODE_6, std::pow(10, 0.623)));
  EXPECT_NEAR(static_cast<double>(net.Heard(receiver, a)) / count, success, 0.03);
}

/* A frame 23 dB stronger is received when it begins within 4 us of the first, and not once the receiver has locked on the first. */
TEST(Medium, StrongestWithinFourMicroseconds) {
  int within = 0, after = 0;
  for (uint32_t bytes = 20; bytes < 600; bytes += 3) {
    RadioNet net;
    const uint32_t strong = net.Add(-30), receiver = net.Add(0), weak = net.Add(212);
    net.Send(kStart, strong, bytes); /* moves its slots against those of the other, who does not hear it */
    net.Run(kStart + 5 * BAC_MS);
    net.begins.clear();
    net.decoded.clear();
    net.Send(30 * BAC_MS + 7 * BAC_US, strong, 400);
    net.Send(30 * BAC_MS + 7 * BAC_US, weak, 400);
    net.Run(kStart + 40 * BAC_MS);
    ASSERT_EQ(net.begins.size(), 2u);
    const bac_time later = net.begins[0].station == strong ? net.begins[0].at - net.begins[1].at : net.begins[1].at - net.begins[0].at;
    if (later == 4 * BAC_US) continue; /* in whatever order the two events come */
    EXPECT_EQ(net.Heard(receiver, strong), later < 4 * BAC_US) << later << " ns after the weak one";
    EXPECT_EQ(net.Heard(receiver, weak), 0u);
    within += later > 0 && later < 4 * BAC_US;
    after += later > 4 * BAC_US;
  }
  EXPECT_GT(within, 5);
  EXPECT_GT(after, 5);
}

/* A jammer waits for nobody: what is on the air is lost, who would begin waits; nobody is told of its frames. */
TEST(Medium, AJammerSpoilsAndSilences) {
  RadioNet net;
  const uint32_t a = net.Add(0), b = net.Add(50), jammer = net.Add(25);
  net.Send(kStart, a, 1000);
  net.Run(kStart + 200 * BAC_US);
  ASSERT_EQ(net.begins.size(), 1u);
  EXPECT_EQ(bac_medium_jam(net.m, kStart + 200 * BAC_US, jammer, 2000, BAC_MODE_3), BAC_OK); /* into it */
  EXPECT_EQ(bac_medium_jam(net.m, kStart + 201 * BAC_US, jammer, 2000, BAC_MODE_3), BAC_ESTATE); /* it is sending */
  net.Run(kStart + 2 * BAC_MS);
  EXPECT_EQ(net.Heard(b, a), 0u);
  net.Send(kStart + 3 * BAC_MS, a, 100);
  net.Run(kStart + 30 * BAC_MS);
  ASSERT_EQ(net.begins.size(), 2u);
  EXPECT_GT(net.begins[1].at, kStart + 200 * BAC_US + bac_air_duration(2000, BAC_MODE_3));
  EXPECT_EQ(net.Heard(b, a), 1u);
  EXPECT_EQ(net.Heard(b, jammer) + net.Heard(a, jammer), 0u);
  EXPECT_EQ(bac_medium_sum(net.m).jams, 1u);
  EXPECT_EQ(bac_medium_sum(net.m).transmissions, 2u);
  bac_medium_set_on(net.m, kStart + 31 * BAC_MS, jammer, false);
  EXPECT_EQ(bac_medium_jam(net.m, kStart + 32 * BAC_MS, jammer, 2000, BAC_MODE_3), BAC_ESTATE);
  EXPECT_EQ(bac_medium_jam(net.m, kStart + 32 * BAC_MS, 9, 2000, BAC_MODE_3), BAC_EINVAL);
}

TEST(Medium, AStationsPowerIsItsOwn) {
  RadioNet net;
  const uint32_t a = net.Add(0), b = net.Add(50);
  const double before = bac_medium_power_dbm(net.m, a, b), back = bac_medium_power_dbm(net.m, b, a);
  bac_medium_set_power(net.m, a, 5);
  EXPECT_NEAR(bac_medium_power_dbm(net.m, a, b), before - 15, 0.01);
  EXPECT_NEAR(bac_medium_power_dbm(net.m, b, a), back, 1e-9);
}

TEST(Medium, HalfDuplex) {
  RadioNet net;
  const uint32_t a = net.Add(0), b = net.Add(50), c = net.Add(49);
  net.Send(kStart, a, 338);
  net.Send(kStart, b, 338);
  net.Run(kStart + 10 * BAC_MS);
  ASSERT_EQ(net.begins.size(), 2u);
  EXPECT_EQ(net.begins[0].at, net.begins[1].at);
  EXPECT_EQ(net.Heard(b, a) + net.Heard(a, b), 0u) << "who sends does not hear";
  EXPECT_EQ(net.Heard(c, b), 1u) << "1 m against 49 m";
}

TEST(Medium, CarrierSense) {
  RadioNet net;
  const uint32_t a = net.Add(0), locked = net.Add(170), sensing = net.Add(100), deaf = net.Add(260);
  net.Send(kStart, a, 2334);
  net.Run(kStart + BAC_MS);
  for (const uint32_t s : {locked, sensing, deaf}) net.Send(kStart + BAC_MS, s, 100, BAC_MODE_6, BAC_AC_VO);
  net.Run(kStart + 20 * BAC_MS);
  std::map<uint32_t, bac_time> begin;
  for (const RadioNet::Begin &b : net.begins) begin[b.station] = b.at;
  const bac_time end = begin[a] + bac_air_duration(2334, BAC_MODE_6);
  EXPECT_GE(begin[sensing], end + BAC_AIR_SIFS + 2 * BAC_AIR_SLOT);
  EXPECT_GE(begin[locked], end + BAC_AIR_SIFS + 2 * BAC_AIR_SLOT);
  EXPECT_LT(begin[deaf], kStart + BAC_MS + 2 * BAC_AIR_SLOT);
}

/* Whoever could not decode a frame waits for EIFS, in case others acknowledge it. */
TEST(Medium, Eifs) {
  int with = 0, without = 0;
  for (int i = 0; i < 40; i++) {
    bac_medium_config config = RadioNet::Config();
    config.seed = static_cast<uint64_t>(i) + 1;
    RadioNet net(config);
    const uint32_t a = net.Add(0), b = net.Add(182);
    net.Send(kStart, a, 2334);
    net.Run(kStart + BAC_MS);
    net.Send(kStart + BAC_MS, b, 100, BAC_MODE_6, BAC_AC_VO);
    net.Run(kStart + 20 * BAC_MS);
    ASSERT_EQ(net.begins.size(), 2u);
    const bac_time gap = net.begins[1].at - (net.begins[0].at + net.begins[0].duration);
    const bool heard = net.Heard(b, a) > 0;
    const bac_time least = BAC_AIR_SIFS + 2 * BAC_AIR_SLOT + (heard ? 0 : BAC_AIR_EIFS_WAIT);
    EXPECT_EQ((gap - least) % BAC_AIR_SLOT, 0);
    EXPECT_GE(gap, least);
    EXPECT_LE(gap, least + 3 * BAC_AIR_SLOT);
    (heard ? without : with)++;
  }
  EXPECT_GT(with, 5);
  EXPECT_GT(without, 5);
}

TEST(Medium, AdjacentChannels) {
  for (const uint32_t channel : {174u, 176u, 178u}) {
    RadioNet net;
    const uint32_t a = net.Add(0, 0, 172), b = net.Add(150, 0, 172), c = net.Add(150, 10, channel), d = net.Add(150, 11, channel);
    for (int i = 0; i < 50; i++) {
      net.Send(kStart + i * 10 * BAC_MS, a, 1000);
      net.Send(kStart + i * 10 * BAC_MS, c, 1000);
    }
    net.Run(BAC_SECOND);
    EXPECT_EQ(net.Heard(b, a), channel == 174 ? 0u : 50u) << channel;
    EXPECT_EQ(net.Heard(d, c), 50u) << channel;
    EXPECT_EQ(net.Heard(a, c) + net.Heard(b, c) + net.Heard(c, a) + net.Heard(d, a), 0u) << "nobody decodes another channel";
  }
}

/* Leaking power makes a channel busy from -62 dBm on: 1 m away on the next channel, not 10 m away. */
TEST(Medium, AdjacentChannelSense) {
  RadioNet net;
  const uint32_t a = net.Add(0, 0, 172), near = net.Add(0, 1, 174), far = net.Add(0, 10, 174), next = net.Add(1, 0, 176);
  net.Send(kStart, a, 1000);
  net.Run(kStart + 10 * BAC_MS);
  EXPECT_EQ(bac_medium_busy(net.m, kStart + 10 * BAC_MS, near), bac_air_duration(1000, BAC_MODE_6) - BAC_AIR_DETECT);
  EXPECT_EQ(bac_medium_busy(net.m, kStart + 10 * BAC_MS, far), 0);
  EXPECT_EQ(bac_medium_busy(net.m, kStart + 10 * BAC_MS, next), 0);
}

TEST(Medium, StricterMasksLeakLess) {
  const double leaks[BAC_MASKS] = {-25, -25, -36.5, -50};
  for (int mask = 0; mask < BAC_MASKS; mask++) {
    bac_medium_config config = RadioNet::Config();
    config.mask = static_cast<bac_mask>(mask);
    RadioNet net(config);
    const uint32_t a = net.Add(0, 0, 172), b = net.Add(0, 1, 174), own = net.Add(0, 1, 172);
    EXPECT_NEAR(bac_medium_power_dbm(net.m, a, b), 20 - 47.86 + leaks[mask], 1e-3);
    EXPECT_NEAR(bac_medium_power_dbm(net.m, a, own), 20 - 47.86, 1e-3);
  }
}

/* With weak signals it does as in ns-3's SpectrumWifiPhy: power of 802.11 frames from next door counts from -85 dBm on (10 m: -80 dBm), unless
 * the frame is too weak to be one (next but one, 10 m: -112 dBm). */
TEST(Medium, AdjacentChannelSenseWithWeakSignals) {
  bac_medium_config config = RadioNet::Config();
  config.weak_signals = true;
  RadioNet net(config);
  const uint32_t a = net.Add(0, 0, 172), near = net.Add(0, 10, 174), far = net.Add(0, 20, 174), next = net.Add(10, 0, 176);
  net.Send(kStart, a, 1000);
  net.Run(kStart + 10 * BAC_MS);
  EXPECT_EQ(bac_medium_busy(net.m, kStart + 10 * BAC_MS, near), bac_air_duration(1000, BAC_MODE_6) - BAC_AIR_DETECT);
  EXPECT_EQ(bac_medium_busy(net.m, kStart + 10 * BAC_MS, far), 0);
  EXPECT_EQ(bac_medium_busy(net.m, kStart + 10 * BAC_MS, next), 0);
}

/* Bianchi: saturated stations with a constant window transmit in a slot with probability 2 / (W + 1), here W = 16. */
TEST(Medium, Saturation) {
  bac_medium_config config = RadioNet::Config();
  config.loss.exponent[0] = 0; /* equal powers: who collides is lost everywhere */
  for (const int n : {5, 20}) {
    RadioNet net(config);
    for (int i = 0; i < n; i++) net.Add(i);
    const bac_medium_frame frame = {0, BAC_TO_ALL, 338, BAC_MODE_6, BAC_AC_BE};
    net.again = &frame;
    for (int i = 0; i < n; i++) net.Send(kStart, static_cast<uint32_t>(i), 338), net.Send(kStart, static_cast<uint32_t>(i), 338);
    net.Run(20 * BAC_SECOND);
    double slots = 0, collided = 0, transmissions = 0;
    size_t i = 0;
    for (bac_time end = 0; i < net.begins.size();) {
      size_t together = 1;
      while (i + together < net.begins.size() && net.begins[i + together].at < net.begins[i].at + BAC_AIR_DETECT) together++;
      if (i > 1000) { /* the start is not stationary */
        slots += 1 + static_cast<double>((net.begins[i].at - end - BAC_AIR_SIFS) / BAC_AIR_SLOT - 6);
        transmissions += static_cast<double>(together);
        collided += together > 1 ? static_cast<double>(together) : 0;
      }
      end = net.begins[i].at + net.begins[i].duration;
      i += together;
    }
    const double tau = 2.0 / 17;
    EXPECT_NEAR(transmissions / n / slots, tau, 0.02 * tau) << n;
    EXPECT_NEAR(collided / transmissions, 1 - std::pow(1 - tau, n - 1), 0.02) << n;
    EXPECT_NEAR(static_cast<double>(net.decoded.size()) / (n - 1) / static_cast<double>(net.begins.size()), std::pow(1 - tau, n - 1), 0.02) << n;
  }
}

TEST(Medium, HigherAccessCategoriesGoFirst) {
  RadioNet net;
  const uint32_t vo = net.Add(0), bk = net.Add(10);
  net.Send(kStart - BAC_MS, vo, 2000); /* keeps the channel busy while the others queue */
  net.Run(kStart);
  for (int i = 0; i < 100; i++) net.Send(kStart, bk, 338, BAC_MODE_6, BAC_AC_BK);
  for (int i = 0; i < 100; i++) net.Send(kStart, vo, 338, BAC_MODE_6, BAC_AC_VO);
  net.Run(BAC_SECOND);
  int first = 0;
  for (size_t i = 1; i <= 100; i++) first += net.begins[i].station == vo;
  EXPECT_GT(first, 90);
  EXPECT_EQ(net.begins.size(), 201u);
  EXPECT_EQ(bac_access_of(0), BAC_AC_BE);
  EXPECT_EQ(bac_access_of(1), BAC_AC_BK);
  EXPECT_EQ(bac_access_of(5), BAC_AC_VI);
  EXPECT_EQ(bac_access_of(7), BAC_AC_VO);
}

TEST(Medium, InternalCollisions) {
  RadioNet net;
  const uint32_t a = net.Add(0), b = net.Add(10);
  for (int i = 0; i < 200; i++) {
    net.Send(kStart, a, 338, BAC_MODE_6, BAC_AC_VO);
    net.Send(kStart, a, 338, BAC_MODE_6, BAC_AC_VI);
    net.Send(kStart, a, 338, BAC_MODE_6, BAC_AC_BE);
  }
  net.Run(BAC_SECOND);
  EXPECT_GT(bac_medium_sum(net.m).internal_collisions, 10u);
  EXPECT_EQ(net.Heard(b, a), net.begins.size()) << "one frame at a time";
  EXPECT_EQ(net.done.size(), 600u);
}

TEST(Medium, QueueLimits) {
  RadioNet net;
  const uint32_t a = net.Add(0);
  int taken = 0, refused = 0;
  for (int i = 0; i < 600; i++) (net.Send(kStart, a, 2334, BAC_MODE_3) == BAC_OK ? taken : refused)++;
  EXPECT_EQ(taken, 500);
  EXPECT_EQ(refused, 100);
  EXPECT_EQ(bac_medium_queued(net.m, a), 500u);
  net.Run(10 * BAC_SECOND);
  const size_t sent = net.Outcomes(BAC_OUTCOME_SENT);
  EXPECT_NEAR(static_cast<double>(sent), 500.0 / 6.4, 3) << "6.28 ms each, for 500 ms";
  EXPECT_EQ(net.Outcomes(BAC_OUTCOME_EXPIRED), 500 - sent);
  EXPECT_EQ(bac_medium_queued(net.m, a), 0u);
}

TEST(Medium, Unicast) {
  RadioNet net;
  const uint32_t a = net.Add(0), b = net.Add(50), c = net.Add(60);
  net.Send(kStart, a, 338, BAC_MODE_6, BAC_AC_BE, b);
  net.Run(kStart + 20 * BAC_MS);
  EXPECT_EQ(net.begins.size(), 1u);
  EXPECT_EQ(bac_medium_sum(net.m).acks, 1u);
  ASSERT_EQ(net.done.size(), 1u);
  EXPECT_EQ(net.done[0].outcome, BAC_OUTCOME_ACKED);
  EXPECT_EQ(net.done[0].at, net.begins[0].at + net.begins[0].duration + BAC_AIR_SIFS + 64 * BAC_US);
  ASSERT_EQ(net.decoded.size(), 2u);
  for (const RadioNet::Decoded &d : net.decoded) EXPECT_EQ(d.deliver, d.station == b);
  (void)c;
}

TEST(Medium, UnicastToNobodyIsGivenUp) {
  RadioNet net;
  const uint32_t a = net.Add(0), b = net.Add(50);
  bac_medium_set_on(net.m, BAC_MS, b, false);
  net.Send(kStart, a, 338, BAC_MODE_6, BAC_AC_BE, b);
  net.Run(BAC_SECOND);
  EXPECT_EQ(net.begins.size(), 7u);
  ASSERT_EQ(net.done.size(), 1u);
  EXPECT_EQ(net.done[0].outcome, BAC_OUTCOME_GIVEN_UP);
}

/* Hidden from both, somebody talks over the acknowledgements: frames are repeated, but delivered once. */
TEST(Medium, RepetitionsAreDeliveredOnce) {
  RadioNet net;
  const uint32_t jammer = net.Add(-245), a = net.Add(0), b = net.Add(170);
  for (int i = 0; i < 400; i++) {
    net.Send(kStart + i * 2500 * BAC_US, jammer, 1700);
    if (i % 8 == 0) net.Send(kStart + i * 2500 * BAC_US, a, 100, BAC_MODE_6, BAC_AC_BE, b);
  }
  net.Run(BAC_SECOND * 4);
  std::map<uint64_t, int> delivered, repeated;
  for (const RadioNet::Decoded &d : net.decoded)
    if (d.station == b && d.from == a) (d.deliver ? delivered : repeated)[d.cookie]++;
  for (const auto &[cookie, times] : delivered) EXPECT_EQ(times, 1) << cookie;
  for (const auto &[cookie, times] : repeated) EXPECT_EQ(delivered[cookie], 1) << cookie;
  EXPECT_EQ(delivered.size(), 50u);
  EXPECT_GT(repeated.size(), 20u);
  EXPECT_GT(net.Outcomes(BAC_OUTCOME_ACKED), 10u) << "between the jammer's frames";
}

/* Who overhears a unicast frame leaves room for its acknowledgement. */
TEST(Medium, Nav) {
  RadioNet net;
  const uint32_t a = net.Add(0), b = net.Add(150), c = net.Add(-100); /* c does not hear b's acknowledgement */
  net.Send(kStart, a, 338, BAC_MODE_6, BAC_AC_BE, b);
  net.Run(kStart + 100 * BAC_US);
  net.Send(kStart + 100 * BAC_US, c, 338, BAC_MODE_6, BAC_AC_VO);
  net.Run(kStart + 20 * BAC_MS);
  ASSERT_EQ(net.begins.size(), 2u);
  const bac_time nav_end = net.begins[0].at + net.begins[0].duration + BAC_AIR_SIFS + 64 * BAC_US;
  EXPECT_GE(net.begins[1].at, nav_end + BAC_AIR_SIFS + 2 * BAC_AIR_SLOT);
  EXPECT_EQ(net.Outcomes(BAC_OUTCOME_ACKED), 1u);
}

TEST(Medium, RadioOff) {
  RadioNet net;
  const uint32_t a = net.Add(0), b = net.Add(50);
  for (int i = 0; i < 3; i++) net.Send(kStart, a, 2334);
  bac_medium_set_on(net.m, kStart + BAC_MS, a, false); /* during the first */
  EXPECT_EQ(net.Send(kStart + BAC_MS, a, 100), BAC_ESTATE);
  net.Run(kStart + 50 * BAC_MS);
  EXPECT_EQ(net.begins.size(), 1u);
  EXPECT_EQ(net.Outcomes(BAC_OUTCOME_FLUSHED), 3u);
  EXPECT_EQ(net.Heard(b, a), 1u) << "a frame that is on the air ends as if on";
  bac_medium_set_on(net.m, kStart + 50 * BAC_MS, a, true);
  bac_medium_set_on(net.m, kStart + 50 * BAC_MS, b, false);
  net.Send(kStart + 50 * BAC_MS, a, 100);
  net.Run(kStart + 60 * BAC_MS);
  EXPECT_EQ(net.begins.size(), 2u);
  EXPECT_EQ(net.Heard(b, a), 1u);
}

TEST(Medium, BadInput) {
  RadioNet net;
  const uint32_t a = net.Add(0);
  EXPECT_EQ(net.Send(0, a + 1, 100), BAC_EINVAL);
  EXPECT_EQ(net.Send(0, a, 0), BAC_EINVAL);
  EXPECT_EQ(net.Send(0, a, 5000), BAC_EINVAL);
  EXPECT_EQ(net.Send(0, a, 100, BAC_MODE_6, BAC_AC_BE, a), BAC_EINVAL);
  EXPECT_EQ(net.Send(0, a, 100, BAC_MODE_6, BAC_AC_BE, 7), BAC_EINVAL);
  const double at[3] = {0, 0, 0};
  EXPECT_EQ(bac_medium_add(net.m, 173, at), BAC_EINVAL);
  bac_medium_config config = RadioNet::Config();
  config.eirp_dbm = 90;
  char why[160];
  EXPECT_EQ(bac_medium_check(&config, why, sizeof why), BAC_EINVAL);
  EXPECT_STREQ(why, "EIRP (dBm) is 90: give a value from -50 to 44.8");
}

TEST(Medium, ARetunedRadioHearsItsNewChannelOnly) {
  RadioNet net;
  const uint32_t west = net.Add(0, 0, 172), east = net.Add(50, 0, 180), mover = net.Add(20, 10, 172);
  const auto both = [&](bac_time at) {
    ASSERT_EQ(net.Send(at, west, 338), BAC_OK);
    ASSERT_EQ(net.Send(at, east, 338), BAC_OK);
    net.Run(at + 5 * BAC_MS);
  };
  both(kStart);
  EXPECT_EQ(net.Heard(mover, west), 1u);
  EXPECT_EQ(net.Heard(mover, east), 0u);
  bac_time now = kStart + 6 * BAC_MS;
  EXPECT_EQ(bac_medium_tune(net.m, now, mover, 180), BAC_ESTATE) << "it is on";
  ASSERT_EQ(net.Send(now, mover, 2334), BAC_OK);
  net.Run(now + BAC_MS);
  now += BAC_MS;
  bac_medium_set_on(net.m, now, mover, false);
  EXPECT_EQ(bac_medium_tune(net.m, now, mover, 180), BAC_ESTATE) << "its frame is on the air";
  now += 5 * BAC_MS;
  EXPECT_EQ(bac_medium_tune(net.m, now, mover, 181), BAC_EINVAL);
  ASSERT_EQ(bac_medium_tune(net.m, now, mover, 180), BAC_OK);
  both(now);
  EXPECT_EQ(net.Heard(mover, east), 0u) << "it is off";
  now += 6 * BAC_MS;
  bac_medium_set_on(net.m, now, mover, true);
  both(now);
  EXPECT_EQ(net.Heard(mover, west), 1u);
  EXPECT_EQ(net.Heard(mover, east), 1u);
  ASSERT_EQ(net.Send(now + 6 * BAC_MS, mover, 338), BAC_OK);
  net.Run(now + 12 * BAC_MS);
  EXPECT_EQ(net.Heard(east, mover), 1u);
  EXPECT_EQ(net.Heard(west, mover), 1u) << "what it sent before";
}

}  // namespace
