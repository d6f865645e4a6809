/* SPDX-License-Identifier: GPL-2.0-only */
/* Real runs of each engine whose power goes: at every record and every frame of one member, and of all members at once. They start again from
 * what their disks hold: nobody contradicts itself, nothing committed is lost, and they go on. */
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "checker.h"
#include "fast_crypto.h"
#include "network.h"
}
#pragma GCC diagnostic pop

namespace {

constexpr uint32_t kNodes = 4, kVictim = 1;

/* Four members on disks, all honest, and the checkers that watch them. */
class Shard {
 public:
  Shard(const std::string &protocol, uint64_t seed) : config(bac_sim_config_default(protocol.c_str(), seed)), protocol_(protocol) {
    config.node.protocol = protocol_.c_str();
    config.node.block_interval = 200 * BAC_MS;
    config.node.gossip_period = 200 * BAC_MS;
    config.node.delta = 50 * BAC_MS;
    config.tx_rate_milli = 2000;
    config.disks = true;
    const uint32_t ids[kNodes] = {0, 1, 2, 3};
    const bool honest[kNodes] = {true, true, true, true};
    bac_fast_crypto(true);
    bac_members_derive(seed, ids, kNodes, members_);
    genesis_.count = kNodes;
    genesis_.members = members_;
    checker = bac_checker_new(&config.node, &genesis_, honest, kNodes);
    char why[200] = "";
    sim = bac_sim_new(&config, why, sizeof why);
    EXPECT_TRUE(sim) << why;
    bac_sim_on_effect(sim, effect, this);
  }
  ~Shard() {
    bac_sim_free(sim);
    bac_checker_free(checker);
    bac_fast_crypto(false);
  }
  Shard(const Shard &) = delete;
  Shard &operator=(const Shard &) = delete;

  void run(bac_time time) { bac_sim_run(sim, bac_sim_now(sim) + time); }
  uint64_t height(uint32_t node) const { return bac_checker_height(checker, node); }
  uint64_t height_max() const { return bac_checker_height_max(checker); }
  /* The chain that a node stands on, whether it has said so or not. */
  uint64_t held(uint32_t node) const {
    bac_counters c;
    bac_sim_counters(sim, node, &c);
    return c.chain_height;
  }
  bool until_all_reach(uint64_t goal, bac_time time) {
    for (const bac_time end = bac_sim_now(sim) + time; bac_sim_now(sim) < end; run(50 * BAC_MS)) {
      bool all = true;
      for (uint32_t i = 0; i < kNodes; i++) all = all && bac_sim_up(sim, i) && height(i) >= goal;
      if (all) return true;
    }
    return false;
  }
  /* "" or what is wrong. */
  std::string verdict() const {
    const char *text;
    if (bac_checker_verdict(checker, &text) != BAC_CHECK_NONE) return text;
    if (bac_sim_report(sim).conflicts > 0) return bac_sim_conflict(sim);
    if (contradictions > 0) return std::to_string(contradictions) + " votes contradict earlier ones";
    return "";
  }

  bac_sim_config config;
  bac_sim *sim;
  bac_checker *checker;
  uint32_t writes = 0; /* records and frames of the victim */
  uint32_t contradictions = 0;

 private:
  static void effect(void *ctx, bac_time now, uint32_t host, const bac_effect *e) {
    Shard *r = static_cast<Shard *>(ctx);
    bac_checker_effect(r->checker, now, host, e);
    r->writes += host == kVictim && (e->type == BAC_EFFECT_PERSIST || e->type == BAC_EFFECT_FRAME);
    r->contradictions += e->type == BAC_EFFECT_REJECT && e->reject.reason == BAC_REJECT_EQUIVOCATION;
  }
  std::string protocol_;
  bac_member members_[kNodes] = {};
  bac_roster genesis_ = {};
};

class Restart : public ::testing::TestWithParam<const char *> {};

TEST_P(Restart, OfOneMemberAfterAPowerCutAtEveryWrite) {
  constexpr bac_time kTime = 2500 * BAC_MS;
  uint32_t writes;
  {
    Shard whole(GetParam(), 1);
    whole.run(kTime);
    writes = whole.writes;
    EXPECT_GT(whole.height_max(), 1u);
  }
  ASSERT_GT(writes, 20u);
  uint32_t cuts = 0;
  for (uint32_t at = 1; at <= writes; at++) {
    Shard r(GetParam(), 1);
    bac_sim_crash_within(r.sim, kVictim, at);
    while (bac_sim_up(r.sim, kVictim) && bac_sim_now(r.sim) < 2 * kTime) r.run(10 * BAC_MS);
    if (bac_sim_up(r.sim, kVictim)) continue; /* what was sent at the very start is no fuse's */
    cuts++;
    r.run(100 * BAC_MS);
    const uint64_t had = r.height(kVictim);
    bac_sim_restart(r.sim, kVictim);
    ASSERT_GE(r.held(kVictim), had) << "write " << at;
    ASSERT_TRUE(r.until_all_reach(r.height_max() + 2, 20 * BAC_SECOND)) << "write " << at << ": no progress";
    ASSERT_EQ("", r.verdict()) << "write " << at;
  }
  EXPECT_GT(cuts, writes / 2);
}

TEST_P(Restart, OfAllMembersAtOnce) {
  for (int i = 1; i <= 30; i++) {
    Shard r(GetParam(), 2);
    r.run(i * 331 * BAC_MS);
    uint64_t had[kNodes];
    for (uint32_t k = 0; k < kNodes; k++) {
      had[k] = r.height(k);
      bac_sim_crash(r.sim, k);
    }
    r.run(100 * BAC_MS);
    for (uint32_t k = 0; k < kNodes; k++) {
      bac_sim_restart(r.sim, k);
      ASSERT_GE(r.held(k), had[k]) << "cut " << i << ", node " << k;
    }
    ASSERT_TRUE(r.until_all_reach(r.height_max() + 2, 20 * BAC_SECOND)) << "cut " << i << ": no progress";
    ASSERT_EQ("", r.verdict()) << "cut " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, Restart, ::testing::Values("bac", "pbft", "hashgraph", "bac2"),
                         [](const ::testing::TestParamInfo<const char *> &info) { return std::string(info.param); });

}  // namespace
