/* SPDX-License-Identifier: GPL-2.0-only */
/* How long one large object takes to its last receiver, against the bound of an ideal erasure code. */
#include <gtest/gtest.h>

#include <cstdio>

#include "link/bound.h"
#include "medium.h"

using namespace bac_test;

namespace {

struct Result {
  double ratio = 0, needs = 0, repair = 0, adverts = 0, others = 0;
};

Result disseminate(size_t bytes, uint32_t receivers, double loss, uint64_t seeds, Medium::Mode mode = Medium::SERIAL) {
  double bound = bac_link_bound_frames(static_cast<uint32_t>((bytes + 1399) / 1400), receivers, loss) *
                 (40000 + 58000 + 97500 + (1400 + 50) * 8e3 / 6);
  Result mean;
  for (uint64_t seed = 1; seed <= seeds; seed++) {
    Medium medium(seed, loss, mode);
    medium.config.population = receivers + 1;
    for (uint32_t id = 0; id <= receivers; id++) medium.add(id);
    Bytes object = object_of(bytes, seed);
    size_t got = 0;
    for (uint32_t id = 1; id <= receivers; id++) {
      medium.station(id).on_deliver = [&](const uint8_t *, size_t, uint32_t) { got++; };
    }
    medium.run(3 * BAC_SECOND);
    bac_time start = medium.now;
    EXPECT_EQ(medium.send(0, BAC_BROADCAST, object), 0);
    EXPECT_TRUE(medium.run(start + 60 * BAC_SECOND, [&] { return got == receivers; })) << got;
    double weight = 1.0 / static_cast<double>(seeds);
    mean.ratio += weight * static_cast<double>(medium.now - start) / bound;
    mean.needs += weight * static_cast<double>(medium.sum([](auto &c) { return c.needs_sent; }));
    mean.repair += weight * static_cast<double>(medium.sum([](auto &c) { return c.repair_symbols_sent; }));
    mean.adverts += weight * static_cast<double>(medium.sum([](auto &c) { return c.adverts_sent; }));
    mean.others += weight * static_cast<double>(medium.sum([](auto &c) { return c.symbols_sent; }) -
                                                bac_link_counters(medium.station(0).link)->symbols_sent);
    for (uint32_t id = 1; id <= receivers; id++) EXPECT_EQ(medium.count(id, object), 1);
  }
  std::printf(
      "%s %8zu B %4u receivers, loss %.2f: %.3f of the bound (%.1f needs, %.1f repair symbols, %.1f adverts, %.1f "
      "symbols by others)\n",
      mode == Medium::CSMA ? "contention" : "serial    ", bytes, receivers, loss, mean.ratio, mean.needs, mean.repair,
      mean.adverts, mean.others);
  std::fflush(stdout);
  return mean;
}

#if defined(__SANITIZE_ADDRESS__)
constexpr uint64_t kSeeds = 1;
#else
constexpr uint64_t kSeeds = 10;
#endif

TEST(Dissemination, SmallBlockStaysNearTheBound) { EXPECT_LE(disseminate(100000, 50, 0.2, 2 * kSeeds).ratio, 1.30); }
TEST(Dissemination, MediumBlockStaysNearTheBound) { EXPECT_LE(disseminate(500000, 50, 0.2, kSeeds).ratio, 1.20); }
TEST(Dissemination, LargeBlockStaysNearTheBound) {
  EXPECT_LE(disseminate(2000000, 50, 0.2, (kSeeds + 1) / 2).ratio, 1.15);
}

/* Many receivers cost little more, and so does real contention, where frames of equal backoff collide. */
TEST(Dissemination, TwoHundredReceivers) {
  EXPECT_LE(disseminate(100000, 200, 0.2, kSeeds).ratio, 1.30);
  EXPECT_LE(disseminate(500000, 200, 0.2, (kSeeds + 2) / 3).ratio, 1.20);
}
TEST(Dissemination, Contention) {
  EXPECT_LE(disseminate(100000, 50, 0.2, kSeeds, Medium::CSMA).ratio, 1.30);
  EXPECT_LE(disseminate(500000, 50, 0.2, (kSeeds + 2) / 3, Medium::CSMA).ratio, 1.20);
  EXPECT_LE(disseminate(100000, 200, 0.2, kSeeds, Medium::CSMA).ratio, 1.40);
}
TEST(Dissemination, LittleLoss) { EXPECT_LE(disseminate(500000, 50, 0.02, kSeeds).ratio, 1.20); }
TEST(Dissemination, HeavyLoss) { EXPECT_LE(disseminate(500000, 50, 0.5, (kSeeds + 2) / 3).ratio, 1.30); }

/* Not part of every run: --gtest_also_run_disabled_tests. */
TEST(Dissemination, DISABLED_TwoHundredReceiversLarge) {
  EXPECT_LE(disseminate(2000000, 200, 0.2, 5).ratio, 1.20);
  EXPECT_LE(disseminate(2000000, 50, 0.2, 5, Medium::CSMA).ratio, 1.20);
  EXPECT_LE(disseminate(500000, 200, 0.2, 5, Medium::CSMA).ratio, 1.30);
}

} // namespace
