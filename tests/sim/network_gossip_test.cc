/* SPDX-License-Identifier: GPL-2.0-only */
/* Hashgraph and BAC 2.0 in the in-process network: agreement always, progress after healing, no transaction lost or doubled.
 * Every failure names its seed. */
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "sim/byzantine.h"

extern "C" {
#include "election/committee.h"
}

using namespace bac_test;

namespace {

struct Case {
  const char *protocol;
  uint32_t nodes;
};

std::ostream &operator<<(std::ostream &out, const Case &c) { return out << c.protocol << " " << c.nodes; }

uint64_t seeds_last() {
  const char *more = getenv("BAC_SEEDS"); /* a longer hunt */
  return more ? strtoull(more, nullptr, 10) : 8;
}

bac_sim_config base(const Case &c, uint64_t seed) {
  bac_sim_config config = bac_sim_config_default(c.protocol, seed);
  config.nodes = c.nodes;
  config.node.gossip_period = 200 * BAC_MS;
  return config;
}

class Gossip : public ::testing::TestWithParam<Case> {};

TEST_P(Gossip, CommitsEachTransactionOnceWithoutFaults) {
  for (bac_delivery delivery : {BAC_DELIVERY_BROADCAST, BAC_DELIVERY_UNICAST}) {
    bac_sim_config c = base(GetParam(), 3);
    c.node.delivery = delivery;
    c.tx_stop = 15 * BAC_SECOND;
    Arena a(c, Evil::kNone);
    a.run(40 * BAC_SECOND);
    struct bac_sim_report r = bac_sim_report(a.sim);
    EXPECT_EQ(0u, r.conflicts);
    EXPECT_EQ(0u, r.gaps);
    EXPECT_GT(r.txs_submitted, 10u);
    EXPECT_EQ(r.txs_submitted, r.txs_committed) << "delivery " << delivery;
    EXPECT_EQ(r.height_min, r.height_max);
  }
}

/* Loss, cuts and crashes for 12 s, then healing, then progress. */
TEST_P(Gossip, AgreesAndRecovers) {
  for (uint64_t seed = 1; seed <= seeds_last() && !HasFailure(); seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    bac_random r = bac_random_stream(seed, GetParam().nodes, BAC_PURPOSE_FAULTS);
    bac_sim_config c = base(GetParam(), seed);
    c.loss_permille = static_cast<uint32_t>(bac_random_below(&r, 301));
    c.duplicate_permille = static_cast<uint32_t>(bac_random_below(&r, 100));
    c.corrupt_permille = static_cast<uint32_t>(bac_random_below(&r, 6));
    c.delay_max = BAC_MS * static_cast<bac_time>(2 + bac_random_below(&r, 60));
    c.node.delivery = bac_random_chance(&r, 1, 3) ? BAC_DELIVERY_UNICAST : BAC_DELIVERY_BROADCAST;
    Arena a(c, Evil::kNone);
    for (int phase = 0; phase < 4; phase++) {
      std::vector<uint8_t> group(c.nodes, 0);
      uint32_t victim = static_cast<uint32_t>(bac_random_below(&r, c.nodes));
      switch (bac_random_below(&r, 3)) {
        case 0:
          for (auto &g : group) g = static_cast<uint8_t>(bac_random_below(&r, 2));
          bac_sim_partition(a.sim, group.data());
          break;
        case 1:
          bac_sim_crash(a.sim, victim);
          a.run(a.now + BAC_MS * static_cast<bac_time>(bac_random_below(&r, 2500)));
          bac_sim_restart(a.sim, victim);
          break;
        default:
          bac_sim_set_loss(a.sim, static_cast<uint32_t>(bac_random_below(&r, 301)));
      }
      a.run(a.now + 3 * BAC_SECOND);
      bac_sim_partition(a.sim, nullptr);
    }
    bac_sim_set_loss(a.sim, static_cast<uint32_t>(bac_random_below(&r, 101)));
    const uint64_t before = a.height_max(), goal = before + 3;
    const bac_time healed = a.now;
    while (a.height_min() < goal && a.now < healed + 60 * BAC_SECOND) a.run(a.now + BAC_SECOND / 2);
    EXPECT_EQ(0u, a.conflicts);
    EXPECT_EQ(0u, a.gaps);
    EXPECT_GE(a.height_min(), goal) << "no progress after healing; highest " << a.height_max() << ", before " << before;
  }
}

/* Members of the electorate that never speak, as many as f, hold up nobody. */
TEST_P(Gossip, GoesOnWithoutFMembers) {
  bac_sim_config c = base(GetParam(), 5);
  Arena a(c, Evil::kNone);
  const uint32_t electorate = std::string(c.node.protocol) == "bac2" ? bac_committee_size(c.nodes, c.node.candidates_permille) : c.nodes;
  const uint32_t f = bac_faults_max(electorate);
  uint16_t order[BAC_ROSTER_MAX];
  World w(c.nodes, 5);
  bac_committee_order(&w.roster, w.genesis()->block->digest, order);
  for (uint32_t i = 0; i < f; i++) bac_sim_crash(a.sim, order[i]);
  a.run(30 * BAC_SECOND);
  struct bac_sim_report r = bac_sim_report(a.sim);
  EXPECT_EQ(0u, r.conflicts);
  EXPECT_GE(r.height_min, 5u);
}

/* One more than f and nothing is committed: what was agreed needs a quorum. */
TEST_P(Gossip, StopsWithoutAQuorum) {
  bac_sim_config c = base(GetParam(), 5);
  Arena a(c, Evil::kNone);
  const uint32_t electorate = std::string(c.node.protocol) == "bac2" ? bac_committee_size(c.nodes, c.node.candidates_permille) : c.nodes;
  uint16_t order[BAC_ROSTER_MAX];
  World w(c.nodes, 5);
  bac_committee_order(&w.roster, w.genesis()->block->digest, order);
  for (uint32_t i = 0; i <= bac_faults_max(electorate); i++) bac_sim_crash(a.sim, order[i]);
  a.run(20 * BAC_SECOND);
  EXPECT_EQ(0u, bac_sim_report(a.sim).height_max);
}

INSTANTIATE_TEST_SUITE_P(Engines, Gossip,
                         ::testing::Values(Case{"hashgraph", 4}, Case{"hashgraph", 7}, Case{"hashgraph", 10}, Case{"bac2", 4},
                                           Case{"bac2", 10}, Case{"bac2", 20}));

}  // namespace
