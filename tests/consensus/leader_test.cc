// SPDX-License-Identifier: GPL-2.0-only
// The example engine of ns3-module/doc/add-a-protocol.rst, on the in-process network.
#include <gtest/gtest.h>

#include "network.h"

namespace {

struct bac_sim_report RunNetwork(uint64_t seed, uint32_t nodes, uint32_t loss_permille, enum bac_delivery delivery) {
  struct bac_sim_config config = bac_sim_config_default("leader", seed);
  config.nodes = nodes;
  config.loss_permille = loss_permille;
  config.node.delivery = delivery;
  char why[200];
  struct bac_sim *sim = bac_sim_new(&config, why, sizeof why);
  EXPECT_NE(sim, nullptr) << why;
  bac_sim_run(sim, 20 * BAC_SECOND);
  struct bac_sim_report report = bac_sim_report(sim);
  bac_sim_free(sim);
  return report;
}

TEST(Leader, EveryoneFollows) {
  for (uint64_t seed = 1; seed <= 10; seed++) {
    for (uint32_t loss : {0u, 200u}) {
      struct bac_sim_report report = RunNetwork(seed, 7, loss, BAC_DELIVERY_BROADCAST);
      EXPECT_EQ(report.conflicts, 0u) << "seed " << seed;
      EXPECT_EQ(report.gaps, 0u) << "seed " << seed;
      EXPECT_GE(report.height_min, 15u) << "seed " << seed << " loss " << loss;
    }
  }
}

TEST(Leader, UnicastToo) { EXPECT_GE(RunNetwork(3, 5, 100, BAC_DELIVERY_UNICAST).height_min, 15u); }

TEST(Leader, DeadLeaderStopsTheShard) {
  struct bac_sim_config config = bac_sim_config_default("leader", 1);
  char why[200];
  struct bac_sim *sim = bac_sim_new(&config, why, sizeof why);
  ASSERT_NE(sim, nullptr) << why;
  bac_sim_run(sim, 5 * BAC_SECOND);
  bac_sim_crash(sim, 0);
  uint64_t before = bac_sim_report(sim).height_max;
  bac_sim_run(sim, 20 * BAC_SECOND);
  EXPECT_LE(bac_sim_report(sim).height_max, before + 1);
  bac_sim_free(sim);
}

}  // namespace
