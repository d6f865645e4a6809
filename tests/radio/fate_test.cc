/* SPDX-License-Identifier: GPL-2.0-only */
/* Each cause of loss in a scene that leaves no other. */
#include "radio_net.h"

#include <cmath>

namespace {

constexpr bac_time kStart = 10 * BAC_MS;
const double kNoiseDbm = 10 * std::log10(1.3803e-23 * 290 * 10e6) + 30 + 7;

double PowerDbm(double metres) { return 20 - 47.86 - 27.5 * std::log10(metres); }

TEST(Fate, AloneOnTheChannel) {
  RadioNet net;
  const uint32_t a = net.Add(0), near = net.Add(100), edge = net.Add(270), weak = net.Add(281), deaf = net.Add(700), other = net.Add(10, 0, 174);
  net.Send(kStart, a, 300);
  net.Run(kStart + 5 * BAC_MS);
  ASSERT_EQ(net.fates.size(), 1u);
  const RadioNet::Fates &f = net.fates[0];
  EXPECT_EQ(f.at, net.begins[0].at + net.begins[0].duration);
  EXPECT_EQ(f.fate[near], BAC_FATE_DECODED);
  EXPECT_NEAR(f.sinr[near], 10 * (PowerDbm(100) - kNoiseDbm), 0.51) << "tenths of a dB";
  EXPECT_LT(PowerDbm(280), -95);
  EXPECT_GT(PowerDbm(270), -95);
  EXPECT_EQ(f.fate[edge], BAC_FATE_COLLISION) << "strong enough, but not 4 dB above noise";
  EXPECT_EQ(f.fate[weak], BAC_FATE_WEAK) << "known to the medium, below the weakest preamble";
  EXPECT_EQ(f.fate[deaf], BAC_FATE_WEAK) << "below the floor";
  EXPECT_EQ(f.fate[other], BAC_FATE_WEAK) << "on another channel";
  EXPECT_EQ(f.fate[a], BAC_FATE_SENDING) << "itself";
  for (const uint32_t station : {edge, weak, deaf, other, a}) EXPECT_EQ(f.sinr[station], BAC_SINR_NONE);
}

/* Two who do not hear each other: the second comes while the receiver is locked on the first, and spoils it. */
TEST(Fate, HiddenTerminals) {
  RadioNet net;
  const uint32_t a = net.Add(-150), receiver = net.Add(0), b = net.Add(150);
  net.Send(kStart, a, 1400);
  net.Send(kStart + 200 * BAC_US, b, 300);
  net.Run(kStart + 20 * BAC_MS);
  ASSERT_EQ(net.fates.size(), 2u);
  EXPECT_EQ(net.Fate(a, receiver, BAC_FATE_PAYLOAD), 1u);
  EXPECT_EQ(net.Fate(b, receiver, BAC_FATE_BUSY), 1u);
  EXPECT_EQ(net.Fate(a, b, BAC_FATE_WEAK) + net.Fate(b, a, BAC_FATE_WEAK), 2u) << "they would not have heard each other on an idle channel, either";
}

/* At once and equally strong: neither preamble is 4 dB above the other. */
TEST(Fate, PreamblesAtOnce) {
  RadioNet net;
  const uint32_t a = net.Add(-150), receiver = net.Add(0), b = net.Add(150), closer = net.Add(-60);
  net.Send(kStart, a, 300);
  net.Send(kStart, b, 300);
  net.Run(kStart + 20 * BAC_MS);
  ASSERT_EQ(net.begins.size(), 2u);
  ASSERT_EQ(net.begins[0].at, net.begins[1].at);
  EXPECT_EQ(net.Fate(a, receiver, BAC_FATE_COLLISION), 1u);
  EXPECT_EQ(net.Fate(b, receiver, BAC_FATE_COLLISION) + net.Fate(b, receiver, BAC_FATE_BUSY), 1u) << "or its preamble was the weaker by a rounding";
  EXPECT_EQ(net.Fate(a, closer, BAC_FATE_DECODED), 1u) << "10 dB stronger there";
  EXPECT_EQ(net.Fate(b, closer, BAC_FATE_BUSY), 1u) << "its preamble was the weaker of the two";
}

/* Both count down to the same slot. */
TEST(Fate, HalfDuplex) {
  RadioNet net;
  const uint32_t a = net.Add(0), b = net.Add(50), third = net.Add(25);
  net.Send(kStart, a, 1400);
  net.Send(kStart, b, 300);
  net.Run(kStart + 20 * BAC_MS);
  ASSERT_EQ(net.begins[0].at, net.begins[1].at);
  EXPECT_EQ(net.Fate(a, b, BAC_FATE_SENDING), 1u);
  EXPECT_EQ(net.Fate(b, a, BAC_FATE_SENDING), 1u);
  EXPECT_EQ(net.Fate(a, third, BAC_FATE_SENDING), 0u);
}

/* The channel is sensed busy after 4 us only, and a jammer does not care at all. */
TEST(Fate, SendingBeginsWhileLocked) {
  RadioNet net;
  const uint32_t a = net.Add(0), b = net.Add(50);
  net.Send(kStart, a, 1400);
  net.Run(kStart + 500 * BAC_US);
  ASSERT_EQ(net.begins.size(), 1u);
  ASSERT_EQ(bac_medium_jam(net.m, kStart + 500 * BAC_US, b, 100, BAC_MODE_3), BAC_OK);
  net.Run(kStart + 20 * BAC_MS);
  ASSERT_EQ(net.fates.size(), 1u) << "nothing of the jammer's";
  EXPECT_EQ(net.Fate(a, b, BAC_FATE_SENDING), 1u);
  EXPECT_NE(net.fates[0].sinr[b], BAC_SINR_NONE) << "it had been locked on";
}

TEST(Fate, Off) {
  RadioNet net;
  const uint32_t a = net.Add(0), off = net.Add(50), leaves = net.Add(60), comes = net.Add(70);
  bac_medium_set_on(net.m, 0, off, false);
  bac_medium_set_on(net.m, 0, comes, false);
  net.Send(kStart, a, 1400);
  bac_medium_set_on(net.m, kStart + 500 * BAC_US, leaves, false);
  bac_medium_set_on(net.m, kStart + 600 * BAC_US, comes, true);
  net.Run(kStart + 20 * BAC_MS);
  for (const uint32_t station : {off, leaves, comes}) EXPECT_EQ(net.Fate(a, station, BAC_FATE_OFF), 1u) << station;
}

/* At 2.5 dB the header, at 3 Mb/s, is lost at times, and a payload at 27 Mb/s always. */
TEST(Fate, Header) {
  bac_medium_config config = RadioNet::Config();
  config.preamble_sinr_db = -20;
  config.preamble_dbm = -110;
  config.floor_dbm = -110;
  RadioNet net(config);
  const double metres = std::pow(10, (20 - 47.86 - kNoiseDbm - 2.5) / 27.5); /* 2.5 dB */
  const uint32_t a = net.Add(0), receiver = net.Add(metres);
  const int count = 400;
  for (int i = 0; i < count; i++) net.Send(kStart + i * 5 * BAC_MS, a, 500, BAC_MODE_27);
  net.Run(kStart + count * 5 * BAC_MS);
  const bac_medium_totals totals = bac_medium_sum(net.m);
  EXPECT_EQ(net.Fate(a, receiver, BAC_FATE_HEADER), totals.header_errors);
  EXPECT_EQ(net.Fate(a, receiver, BAC_FATE_PAYLOAD), totals.payload_errors);
  EXPECT_EQ(totals.header_errors + totals.payload_errors, static_cast<uint64_t>(count));
  EXPECT_GT(totals.header_errors, 5u);
  EXPECT_GT(totals.payload_errors, 5u);
}

/* Whoever watches changes nothing. */
TEST(Fate, WatchingChangesNothing) {
  std::string logs[2];
  for (int watched = 0; watched < 2; watched++) {
    RadioNet net(bac_medium_default());
    for (int i = 0; i < 40; i++) net.Add(30 * i);
    if (watched == 0) bac_medium_watch(net.m, nullptr);
    for (int i = 0; i < 400; i++) net.Send(kStart + i * BAC_MS / 2, static_cast<uint32_t>(i * 7 % 40), 400);
    net.Run(BAC_SECOND);
    EXPECT_EQ(net.fates.size(), watched == 0 ? 0u : 400u);
    net.fates.clear();
    logs[watched] = net.Log();
  }
  EXPECT_TRUE(logs[0] == logs[1]);
}

}  // namespace
