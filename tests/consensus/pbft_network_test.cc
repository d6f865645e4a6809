/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT over the in-process network: no two members commit different blocks, whatever the network does, and all of them
 * go on once it has healed. */
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "network.h"

namespace {

/* 10, 7 and 4 seeds for 4, 7 and 10 members and each kind of fault, 105 runs in all; BAC_TEST_SEEDS=50 for a long one.
 */
std::vector<int> Seeds(uint32_t nodes) {
  const char *wish = getenv("BAC_TEST_SEEDS");
  int count = wish ? atoi(wish) : nodes == 4 ? 10 : nodes == 7 ? 7 : 4;
  std::vector<int> seeds;
  for (int i = 1; i <= count; i++) seeds.push_back(wish ? i : i * 10 + int(nodes));
  return seeds;
}

struct Sim {
  explicit Sim(uint32_t nodes, uint64_t seed, uint32_t checkpoint = 100) {
    config = bac_sim_config_default("pbft", seed);
    config.nodes = nodes;
    config.tx_rate_milli = 2000;
    config.node.block_interval = 200 * BAC_MS;
    config.node.request_timeout = 2 * BAC_SECOND;
    config.node.checkpoint_interval = checkpoint;
    config.node.full_permille =
        1000; /* PBFT has no CPs: somebody must be able to serve blocks to those who were away */
  }
  ~Sim() { bac_sim_free(sim); }
  void Start() {
    char why[200] = "";
    sim = bac_sim_new(&config, why, sizeof why);
    ASSERT_NE(sim, nullptr) << why;
  }
  void Run(bac_time until) {
    bac_sim_run(sim, until);
    sim_now = until;
  }
  struct bac_sim_report Report() {
    return bac_sim_report(sim);
  }
  std::string Where() {
    struct bac_sim_report r = Report();
    std::string s = "heights " + std::to_string(r.height_min) + ".." + std::to_string(r.height_max) + " txs " +
                    std::to_string(r.txs_committed) + "/" + std::to_string(r.txs_submitted) + " views";
    for (uint32_t i = 0; i < config.nodes; i++) {
      bac_counters c;
      if (down != int(i)) bac_sim_counters(sim, i, &c), s += " " + std::to_string(c.round);
    }
    return s;
  }
  /* Healed: every member that is up commits new blocks, the slowest keeps up, and nothing was forked on the way. */
  void ExpectProgress(bac_time until, uint64_t blocks) {
    struct bac_sim_report before = Report(), after = before;
    for (bac_time at = sim_now; at < until && after.height_min < before.height_max + blocks; after = Report())
      Run(at += BAC_SECOND);
    EXPECT_EQ(after.conflicts, 0u);
    EXPECT_EQ(after.gaps, 0u);
    EXPECT_GE(after.height_min, before.height_max + blocks) << Where();
  }
  bac_sim_config config;
  bac_sim *sim = nullptr;
  bac_time sim_now = 0;
  int down = -1;
};

class PbftNetwork : public testing::TestWithParam<uint32_t> {};

TEST_P(PbftNetwork, CommitsWithoutFaults) {
  Sim s(GetParam(), 1);
  s.config.tx_stop = 15 * BAC_SECOND;
  s.Start();
  s.Run(25 * BAC_SECOND);
  struct bac_sim_report r = s.Report();
  EXPECT_EQ(r.conflicts, 0u);
  EXPECT_EQ(r.height_min, r.height_max);
  EXPECT_GE(r.height_min, 40u) << s.Where();
  EXPECT_EQ(r.txs_committed, r.txs_submitted);
  bac_counters c;
  bac_sim_counters(s.sim, 0, &c);
  EXPECT_EQ(c.view_changes, 0u);
}

TEST_P(PbftNetwork, LossDelayAndDuplication) {
  for (int seed : Seeds(GetParam())) {
    SCOPED_TRACE(seed);
    Sim s(GetParam(), seed, 10);
    s.config.loss_permille = 250;
    s.config.duplicate_permille = 100;
    s.config.corrupt_permille = 10;
    s.config.delay_max = 300 * BAC_MS;
    s.Start();
    s.Run(20 * BAC_SECOND);
    bac_sim_set_loss(s.sim, 0);
    s.ExpectProgress(60 * BAC_SECOND, 5);
  }
}

TEST_P(PbftNetwork, PrimaryCrashesAndComesBack) {
  for (int seed : Seeds(GetParam())) {
    SCOPED_TRACE(seed);
    Sim s(GetParam(), seed, 10);
    s.config.loss_permille = 50;
    s.Start();
    s.Run(4 * BAC_SECOND + seed * 37 * BAC_MS);
    bac_sim_crash(s.sim, 0);
    s.down = 0;
    s.ExpectProgress(25 * BAC_SECOND, 5);
    bac_sim_restart(s.sim, 0);
    s.down = -1;
    s.ExpectProgress(60 * BAC_SECOND, 5);
  }
}

TEST_P(PbftNetwork, PartitionHeals) {
  for (int seed : Seeds(GetParam())) {
    SCOPED_TRACE(seed);
    uint32_t n = GetParam();
    Sim s(n, seed, 10);
    s.Start();
    s.Run(3 * BAC_SECOND + seed * 53 * BAC_MS);
    /* The sizes differ by seed: with and without a quorum on one side. */
    std::vector<uint8_t> group(n);
    for (uint32_t i = 0; i < n; i++) group[i] = (i + seed) % n < 1 + uint32_t(seed) % (n - 1);
    bac_sim_partition(s.sim, group.data());
    s.Run(15 * BAC_SECOND);
    EXPECT_EQ(s.Report().conflicts, 0u);
    bac_sim_partition(s.sim, nullptr);
    s.ExpectProgress(90 * BAC_SECOND, 5);
  }
}

/* Everyone loses power at some moment, again and again: what was prepared or decided is still there. */
TEST_P(PbftNetwork, EverybodyRestarts) {
  for (int seed : Seeds(GetParam())) {
    SCOPED_TRACE(seed);
    uint32_t n = GetParam();
    Sim s(n, seed, 10);
    s.config.loss_permille = 100;
    s.Start();
    bac_time at = 3 * BAC_SECOND;
    for (int round = 0; round < 4; round++) {
      at += BAC_SECOND + (seed * 7 + round * 13) % 40 * 11 * BAC_MS;
      s.Run(at);
      for (uint32_t i = 0; i < n; i++)
        if (round < 3 || i % 2 == 0) bac_sim_crash(s.sim, i);
      for (uint32_t i = 0; i < n; i++)
        if (round < 3 || i % 2 == 0) bac_sim_restart(s.sim, i);
    }
    bac_sim_set_loss(s.sim, 0);
    s.ExpectProgress(60 * BAC_SECOND, 5);
  }
}

/* One after the other crashes and comes back, while frames are lost. */
TEST_P(PbftNetwork, RollingCrashes) {
  for (int seed : Seeds(GetParam())) {
    SCOPED_TRACE(seed);
    uint32_t n = GetParam();
    Sim s(n, seed, 10);
    s.config.loss_permille = 100;
    s.config.delay_max = 50 * BAC_MS;
    s.Start();
    bac_time at = BAC_SECOND;
    for (uint32_t round = 0; round < 2 * n; round++) {
      s.Run(at += 700 * BAC_MS);
      bac_sim_crash(s.sim, (round * 3 + seed) % n);
      s.Run(at += 900 * BAC_MS);
      bac_sim_restart(s.sim, (round * 3 + seed) % n);
    }
    bac_sim_set_loss(s.sim, 0);
    s.ExpectProgress(at + 60 * BAC_SECOND, 5);
  }
}

TEST_P(PbftNetwork, SameSeedSameBytes) {
  uint8_t digest[2][BAC_HASH_BYTES];
  for (auto &d : digest) {
    Sim s(GetParam(), 7);
    s.config.loss_permille = 150;
    s.Start();
    s.Run(10 * BAC_SECOND);
    bac_sim_crash(s.sim, 0);
    s.Run(20 * BAC_SECOND);
    bac_sim_digest(s.sim, d);
  }
  EXPECT_EQ(memcmp(digest[0], digest[1], BAC_HASH_BYTES), 0);
}

TEST_P(PbftNetwork, UnicastDeliveryAgrees) {
  Sim s(GetParam(), 3);
  s.config.node.delivery = BAC_DELIVERY_UNICAST;
  s.config.loss_permille = 20;
  s.Start();
  s.Run(5 * BAC_SECOND);
  s.ExpectProgress(25 * BAC_SECOND, 5);
}

INSTANTIATE_TEST_SUITE_P(Sizes, PbftNetwork, testing::Values(4u, 7u, 10u));

}  // namespace
