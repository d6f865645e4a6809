/* SPDX-License-Identifier: GPL-2.0-only */
/* The same bytes from every set of instructions, from every order of stations, from every run. */
#include "radio_net.h"

#include <cmath>

extern "C" {
#include "base/random.h"
}
#include "radio/lanes.h"

namespace {

/* 150 stations on three channels (under seed 3 with weak signals) that drive about, broadcast and unicast, two classes, radios that go off and on. */
std::string LogOf(int vector, uint64_t seed, bool nakagami, bool shuffle_layout) {
  bac_medium_config config = bac_medium_default();
  config.seed = seed;
  config.nakagami = nakagami;
  config.vector = vector;
  config.weak_signals = seed == 3;
  RadioNet net(config);
  bac_random r = bac_random_stream(5, 1, BAC_PURPOSE_WORKLOAD);
  const auto uniform = [&r](double low, double high) { return low + (high - low) * static_cast<double>(bac_random_below(&r, 1000000)) * 1e-6; };
  const uint32_t count = 150;
  std::vector<std::array<double, 3>> at(count);
  for (uint32_t i = 0; i < count; i++) {
    at[i] = {uniform(-500, 500), uniform(-500, 500), 1.5};
    net.Add(at[i][0], at[i][1], 172 + 2 * (i % 3));
  }
  const uint32_t bystander = net.Add(1e6, 0);
  for (bac_time t = 0; t < 400 * BAC_MS; t += BAC_MS / 4) {
    const auto s = static_cast<uint32_t>(bac_random_below(&r, count)), to = static_cast<uint32_t>(bac_random_below(&r, count));
    const bac_access access = bac_random_below(&r, 3) == 0 ? BAC_AC_VO : BAC_AC_BE;
    const bool unicast = bac_random_below(&r, 4) == 0 && to != s;
    net.Send(t, s, 100 + static_cast<uint32_t>(bac_random_below(&r, 1500)), BAC_MODE_6, access, unicast ? to : BAC_TO_ALL);
    net.Run(t + BAC_MS / 8);
    if (t % (20 * BAC_MS) == 0)
      for (uint32_t i = 0; i < count; i++) {
        at[i][0] += uniform(-5, 5);
        bac_medium_move(net.m, i, at[i].data());
      }
    if (shuffle_layout) { /* somebody far away moves all the time: everybody is laid out anew */
      const double away[3] = {1e6 + static_cast<double>(t), 0, 0};
      bac_medium_move(net.m, bystander, away);
    }
    if (t % (10 * BAC_MS) == 0) bac_medium_set_on(net.m, t + BAC_MS / 8, s, bac_random_below(&r, 2) == 0);
  }
  net.Run(BAC_SECOND);
  std::string log = net.Log();
  for (uint32_t i = 0; i < count; i++) log += std::to_string(bac_medium_busy(net.m, BAC_SECOND, i)) + " ";
  EXPECT_GT(net.decoded.size(), 5000u);
  EXPECT_GT(net.Outcomes(BAC_OUTCOME_ACKED), 20u);
  uint64_t fates[BAC_FATES + 1] = {};
  for (const RadioNet::Fates &f : net.fates)
    for (const uint8_t fate : f.fate) fates[fate]++;
  EXPECT_EQ(fates[BAC_FATE_DECODED], net.decoded.size()) << "the books of fates and the receptions";
  EXPECT_EQ(fates[BAC_FATE_OPEN], 0u);
  for (int fate = 0; fate < BAC_FATES; fate++) EXPECT_GT(fates[fate], 10u) << fate;
  return log;
}

TEST(Vector, SameBytes) {
  for (const bool nakagami : {false, true}) {
    const std::string plain = LogOf(BAC_VECTOR_NONE, 1, nakagami, false);
    for (int kind = BAC_VECTOR_BASE; kind < BAC_VECTOR_KINDS; kind++) {
      if (!bac_kernels_of(static_cast<bac_vector>(kind))) continue;
      EXPECT_TRUE(LogOf(kind, 1, nakagami, false) == plain) << bac_kernels_of(static_cast<bac_vector>(kind))->name;
    }
    EXPECT_TRUE(LogOf(BAC_VECTOR_BEST, 1, nakagami, true) == plain) << "the order of stations has no bearing";
    EXPECT_FALSE(LogOf(BAC_VECTOR_BEST, 2, nakagami, false) == plain) << "the seed has";
    const std::string weak = LogOf(BAC_VECTOR_NONE, 3, nakagami, false);
    for (int kind = BAC_VECTOR_BASE; kind < BAC_VECTOR_KINDS; kind++) {
      if (!bac_kernels_of(static_cast<bac_vector>(kind))) continue;
      EXPECT_TRUE(LogOf(kind, 3, nakagami, kind == BAC_VECTOR_BASE) == weak) << "weak signals, " << bac_kernels_of(static_cast<bac_vector>(kind))->name;
    }
  }
}

}  // namespace
