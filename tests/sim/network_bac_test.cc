/* SPDX-License-Identifier: GPL-2.0-only */
/* BAC (safe mode) in the in-process network: seeds, faults and byzantine members; agreement always, progress after
 * healing. Every failure names its seed. */
#include <gtest/gtest.h>

#include "sim/byzantine.h"

using namespace bac_test;

namespace {

/* After the last fault every honest node that is up commits this many more heights within this long. */
constexpr bac_time kHealBound = 120 * BAC_SECOND;
constexpr uint64_t kHealHeights = 3;

struct Plan {
  uint64_t seed;
  uint32_t nodes;
  Evil evil;
};

std::string name_of(const Plan &p) {
  static const char *const kinds[] = {"honest", "silent", "twin", "liar"};
  return "seed " + std::to_string(p.seed) + ", " + std::to_string(p.nodes) +
         " nodes, byzantine: " + kinds[static_cast<int>(p.evil)];
}

/* What each member looks like, for whoever reads a failure. */
std::string picture(const Arena &a) {
  std::string text;
  for (uint32_t i = 0; i < a.world.n(); i++) {
    bac_counters c;
    bac_sim_counters(a.sim, i, &c);
    text += "\n  " + std::to_string(i) + ": height " + std::to_string(a.heights[i]) + ", round " +
            std::to_string(c.round) + ", pool " + std::to_string(c.pool_txs) + ", received " +
            std::to_string(c.messages_received);
    for (int k = 0; k < BAC_REJECT_COUNT; k++)
      if (c.rejects[k] > 0)
        text += std::string(", ") + bac_reject_name(static_cast<bac_reject>(k)) + " " + std::to_string(c.rejects[k]);
  }
  return text;
}

bac_time slowest = 0;

/* Faults for 12 s, then healing, then progress. */
void run_plan(const Plan &plan) {
  SCOPED_TRACE(name_of(plan));
  bac_random r = bac_random_stream(plan.seed, plan.nodes, BAC_PURPOSE_FAULTS);
  bac_sim_config c = bac_sim_config_default("bac", plan.seed);
  c.nodes = plan.nodes;
  c.loss_permille = static_cast<uint32_t>(bac_random_below(&r, 301));
  c.duplicate_permille = static_cast<uint32_t>(bac_random_below(&r, 100));
  c.corrupt_permille = static_cast<uint32_t>(bac_random_below(&r, 6)); /* a bad frame spoils a large object */
  c.delay_max = BAC_MS * static_cast<bac_time>(2 + bac_random_below(&r, 60));
  c.node.delivery = bac_random_chance(&r, 1, 4) ? BAC_DELIVERY_UNICAST : BAC_DELIVERY_BROADCAST;
  c.node.vote_rule = bac_random_chance(&r, 1, 4) ? BAC_VOTE_LIGHT : BAC_VOTE_FULL;
  c.node.election = plan.seed % 4 == 0 ? BAC_ELECTION_ROUND_ROBIN : BAC_ELECTION_SORTITION;
  c.node.early_claims = plan.seed % 3 == 0;
  if (plan.seed % 5 == 4) c.node.crowd_members = 3;
  Arena arena(c, plan.evil);
  uint32_t f = bac_faults_max(plan.nodes), evil = plan.evil == Evil::kNone ? 0 : f;
  for (int phase = 0; phase < 4; phase++) {
    std::vector<uint8_t> group(plan.nodes, 0);
    uint32_t victim = evil + static_cast<uint32_t>(bac_random_below(&r, plan.nodes - evil));
    switch (bac_random_below(&r, 3)) {
      case 0: /* a cut */
        for (auto &g : group) g = static_cast<uint8_t>(bac_random_below(&r, 2));
        bac_sim_partition(arena.sim, group.data());
        break;
      case 1: /* a crash */
        bac_sim_crash(arena.sim, victim);
        arena.run(arena.now + BAC_MS * static_cast<bac_time>(bac_random_below(&r, 2500)));
        bac_sim_restart(arena.sim, victim);
        break;
      default:
        bac_sim_set_loss(arena.sim, static_cast<uint32_t>(bac_random_below(&r, 301)));
    }
    arena.run(arena.now + 3 * BAC_SECOND);
    bac_sim_partition(arena.sim, nullptr);
  }
  bac_sim_set_loss(arena.sim, static_cast<uint32_t>(bac_random_below(&r, 101)));
  uint64_t before = arena.height_max(), goal = before + kHealHeights;
  bac_time healed = arena.now;
  while (arena.height_min() < goal && arena.now < healed + kHealBound) arena.run(arena.now + BAC_SECOND / 2);
  if (arena.now - healed > slowest) {
    slowest = arena.now - healed;
    if (getenv("BAC_SEEDS"))
      printf("slowest healing so far: %lld ms, %s\n", static_cast<long long>(slowest / BAC_MS), name_of(plan).c_str());
  }
  EXPECT_EQ(0u, arena.conflicts);
  EXPECT_EQ(0u, arena.gaps);
  EXPECT_GE(arena.height_min(), goal) << "no progress after healing; highest " << arena.height_max() << ", before "
                                      << before << picture(arena);
}

class Network : public ::testing::TestWithParam<std::tuple<uint32_t, Evil>> {};

TEST_P(Network, AgreesAndRecovers) {
  const char *more = getenv("BAC_SEEDS"); /* a longer hunt */
  const char *first = getenv("BAC_FIRST_SEED");
  for (uint64_t seed = first ? strtoull(first, nullptr, 10) : 1, last = more ? strtoull(more, nullptr, 10) : 13;
       seed <= last; seed++) {
    run_plan({seed, std::get<0>(GetParam()), std::get<1>(GetParam())});
    if (HasFailure()) break;
  }
}

INSTANTIATE_TEST_SUITE_P(Bac, Network,
                         ::testing::Combine(::testing::Values(4u, 7u, 10u),
                                            ::testing::Values(Evil::kNone, Evil::kSilent, Evil::kTwin, Evil::kLiar)));

}  // namespace
