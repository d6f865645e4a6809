/* SPDX-License-Identifier: GPL-2.0-only */
/* BAC 2.0 when its committee falls silent: the roster ends the epoch by itself, at a block that all agree on. */
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "sim/byzantine.h"

extern "C" {
#include "base/bitset.h"
#include "base/random.h"
#include "election/committee.h"
#include "ledger/block.h"
#include "node/recovery.h"
}

namespace {

/* One shard under BAC 2.0 whose epochs are too long to end by themselves. */
class Stall : public ::testing::Test {
 protected:
  ~Stall() override {
    if (sim) bac_sim_free(sim);
  }
  void start(uint32_t nodes, uint64_t seed, uint32_t rate_milli = 500, bool crowd = false) {
    bac_sim_config c = bac_sim_config_default("bac2", seed);
    c.nodes = n = nodes;
    c.epoch_blocks = 1000;
    c.tx_rate_milli = rate_milli;
    c.node.gossip_period = 200 * BAC_MS;
    c.node.stall_timeout = 3 * BAC_SECOND;
    if (crowd) c.node.crowd_members = nodes - 1;
    c.tx_stop = 60 * BAC_SECOND;
    char why[200] = "";
    sim = bac_sim_new(&c, why, sizeof why);
    ASSERT_NE(nullptr, sim) << why;
    committee_of(seed);
  }
  /* Of epoch 0, which has nobody before it to elect. */
  void committee_of(uint64_t seed) {
    std::vector<uint32_t> ids(n);
    for (uint32_t i = 0; i < n; i++) ids[i] = i;
    std::vector<bac_member> members(n);
    ASSERT_EQ(BAC_OK, bac_members_derive(seed, ids.data(), n, members.data()));
    bac_roster roster = {};
    roster.count = n;
    roster.members = members.data();
    roster.epoch_blocks = 1000;
    roster.candidates_permille = bac_config_default().candidates_permille;
    bac_ca_derive_key(seed, roster.ca_key);
    bac_block *genesis = bac_block_genesis(&roster);
    memcpy(base, genesis->digest, sizeof base);
    bac_bitset set;
    bac_committee_fallback(&roster, genesis->digest, bac_committee_size(n, 100), &set);
    bac_block_free(genesis);
    for (uint32_t i = 0; i < n; i++)
      if (bac_bitset_has(&set, i)) committee.push_back(i);
    ASSERT_EQ(4u, committee.size());
  }
  void run(bac_time seconds) { bac_sim_run(sim, now += seconds * BAC_SECOND); }
  struct bac_sim_report report() const { return bac_sim_report(sim); }
  uint64_t epoch(uint32_t i) const {
    uint64_t e;
    bool member;
    bac_sim_epoch(sim, i, &e, &member);
    return e;
  }
  void expect_agreement() const {
    EXPECT_EQ(0u, report().conflicts) << bac_sim_conflict(sim);
    EXPECT_EQ(0u, report().gaps);
  }

  bac_sim *sim = nullptr;
  uint32_t n = 0;
  bac_time now = 0;
  std::vector<uint32_t> committee;
  uint8_t base[BAC_HASH_BYTES];
};

TEST_F(Stall, DoesNotHappenWhileTheCommitteeWorksOrNothingWaits) {
  start(12, 1);
  run(90); /* transactions come for 60 s */
  EXPECT_EQ(0u, report().epoch_max);
  EXPECT_EQ(0u, report().stalls);
  EXPECT_EQ(report().txs_submitted, report().txs_committed);
}

TEST_F(Stall, TheRosterEndsTheEpochWhenTheCommitteeHasGone) {
  start(12, 1);
  run(5);
  const uint64_t before = report().height_max;
  EXPECT_GT(before, 0u);
  for (int i = 0; i < 2; i++) bac_sim_crash(sim, committee[i]); /* three of four are a quorum */
  run(40);
  EXPECT_GE(report().epoch_max, 1u);
  EXPECT_GE(report().stalls, 1u);
  EXPECT_GT(report().height_min, before + 3);
  expect_agreement();
  /* Those who come back follow; nobody's transactions are lost. */
  for (int i = 0; i < 2; i++) bac_sim_restart(sim, committee[i]);
  run(60);
  EXPECT_EQ(report().height_min, report().height_max);
  EXPECT_EQ(report().txs_submitted, report().txs_committed - report().txs_revoked);
  expect_agreement();
}

TEST_F(Stall, IsToldLaterAmongACrowd) {
  for (bool crowd : {false, true}) {
    if (sim) bac_sim_free(sim);
    committee.clear();
    now = 0;
    start(12, 1, 500, crowd);
    run(5);
    for (int i = 0; i < 2; i++) bac_sim_crash(sim, committee[i]);
    run(9); /* three timeouts */
    EXPECT_EQ(crowd ? 0u : 1u, report().stalls);
    run(20);
    EXPECT_EQ(1u, report().stalls);
    expect_agreement();
  }
}

/* Without Q(n) there is nobody to say so, and nobody does. */
TEST_F(Stall, LastsWithoutAQuorumAndEndsWithOne) {
  start(12, 1);
  run(5);
  std::vector<uint32_t> away(committee.begin(), committee.begin() + 2);
  for (uint32_t i = 0; i < n && away.size() < 4; i++)
    if (std::find(committee.begin(), committee.end(), i) == committee.end()) away.push_back(i);
  for (uint32_t i : away) bac_sim_crash(sim, i);
  run(40);
  EXPECT_EQ(0u, report().epoch_max);
  bac_sim_restart(sim, away[3]);
  run(60);
  EXPECT_GE(report().epoch_max, 1u);
  expect_agreement();
}

/* The committee works on among itself: its blocks are committee-final, and the roster takes them back. */
TEST_F(Stall, RevokesWhatOnlyTheCommitteeHas) {
  start(16, 3);
  run(5);
  std::vector<uint8_t> group(n, 0);
  for (uint32_t i : committee) group[i] = 1;
  bac_sim_partition(sim, group.data());
  run(25);
  EXPECT_EQ(0u, epoch(committee[0]));
  EXPECT_GE(report().epoch_max, 1u);
  bac_sim_partition(sim, nullptr);
  run(60);
  EXPECT_GE(report().stalls, 1u);
  EXPECT_GT(report().blocks_revoked, 0u);
  EXPECT_GT(report().txs_revoked, 0u);
  expect_agreement();
  EXPECT_EQ(report().height_min, report().height_max);
  EXPECT_EQ(report().txs_submitted, report().txs_committed - report().txs_revoked); /* each once, in the end */
  /* And its durable records say so. */
  for (uint32_t i : committee) {
    bac_sim_crash(sim, i);
    bac_sim_restart(sim, i);
    EXPECT_EQ(report().epoch_max, epoch(i));
  }
  run(5);
  expect_agreement();
}

/* Half the committee away for some time, others cut off and down now and then, frames lost. */
TEST_F(Stall, AgreesUnderFaults) {
  const char *more = getenv("BAC_SEEDS");
  const uint64_t last = more ? strtoull(more, nullptr, 10) : 4;
  for (uint64_t seed = 1; seed <= last && !HasFailure(); seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    if (sim) bac_sim_free(sim);
    sim = nullptr;
    now = 0;
    committee.clear();
    start(10, seed);
    bac_random r = bac_random_stream(seed, 78, BAC_PURPOSE_FAULTS);
    bac_sim_set_loss(sim, static_cast<uint32_t>(bac_random_below(&r, 150)));
    run(3);
    std::vector<bool> down(n, false);
    for (int phase = 0; phase < 10; phase++) {
      const uint32_t victim = bac_random_chance(&r, 1, 2) ? committee[bac_random_below(&r, 4)] : static_cast<uint32_t>(bac_random_below(&r, n));
      if (bac_random_chance(&r, 1, 3)) {
        std::vector<uint8_t> group(n, 0);
        for (uint32_t i = 0; i < n; i++) group[i] = bac_random_chance(&r, 1, 3);
        for (uint32_t i : committee) group[i] = bac_random_chance(&r, 1, 2) ? 1 : group[i];
        bac_sim_partition(sim, group.data());
      } else if (down[victim]) {
        bac_sim_restart(sim, victim);
        down[victim] = false;
      } else {
        bac_sim_crash(sim, victim);
        down[victim] = true;
      }
      bac_sim_run(sim, now += BAC_MS * static_cast<bac_time>(500 + bac_random_below(&r, 6000)));
      if (bac_random_chance(&r, 1, 2)) bac_sim_partition(sim, nullptr);
    }
    for (uint32_t i = 0; i < n; i++)
      if (down[i]) bac_sim_restart(sim, i);
    bac_sim_partition(sim, nullptr);
    bac_sim_set_loss(sim, 20);
    run(90);
    expect_agreement();
    EXPECT_EQ(report().height_min, report().height_max) << "epoch " << report().epoch_max;
    /* What waited at a node that crashed is gone with it. */
    EXPECT_LE(report().txs_committed - report().txs_revoked, report().txs_submitted);
  }
}

/* Member 1 leads view 1 of epoch 0, and is evil: what it says has to follow from what Q(n) members signed. */
TEST_F(Stall, IsNotEndedByALiar) {
  start(7, 5, 0);
  bac_sim_crash(sim, 1);
  bac_test::World world(7, 5);
  bac_test::Puppet liar;
  liar.init(&world, sim, 1);
  const auto rejects = [&] {
    bac_counters c;
    bac_sim_counters(sim, 0, &c);
    return c.rejects[BAC_REJECT_CERTIFICATE];
  };
  const auto say = [&](const bac_msg &m, const bac_test::Bytes &payload) {
    liar.say(now, BAC_BROADCAST, m, payload);
    liar.pump(now);
    run(1);
  };
  /* Reports of the base by the first `count` members; the last one says more. */
  const auto reports = [&](uint32_t count, uint64_t last_height, bool forge) {
    bac_test::Bytes out = {static_cast<uint8_t>(count), 0};
    for (uint32_t i = 0; i < count; i++) {
      bac_msg m = {};
      m.type = BAC_MSG_STALL;
      m.view = 1;
      m.height = i + 1 == count ? last_height : 0;
      memcpy(m.digest, base, sizeof base);
      world.sign(&m, forge && i == 2 ? 1 : i);
      uint8_t entry[14] = {};
      bac_put_u16(entry, static_cast<uint16_t>(i));
      bac_put_u64(entry + 6, m.height);
      out.insert(out.end(), entry, entry + sizeof entry);
      out.insert(out.end(), m.digest, m.digest + sizeof m.digest);
      out.insert(out.end(), m.signature, m.signature + sizeof m.signature);
    }
    return out;
  };
  run(1);
  uint64_t before = rejects();
  bac_msg stall = {};
  stall.type = BAC_MSG_STALL;
  stall.view = 1;
  stall.height = 999;
  say(stall, {1, 2, 3}); /* a block that nobody's certificate makes final */
  EXPECT_EQ(++before, rejects());
  bac_msg recover = {};
  recover.type = BAC_MSG_RECOVER;
  recover.view = 1;
  const auto propose = [&](const bac_test::Bytes &payload, uint64_t height) {
    recover.height = height;
    bac_payload_digest(recover.digest, payload.data(), payload.size(), &world.cost);
    say(recover, payload);
  };
  propose(reports(4, 0, false), 0); /* Q(7) = 5 */
  EXPECT_EQ(++before, rejects());
  propose(reports(5, 0, true), 0);
  EXPECT_EQ(++before, rejects());
  propose(reports(5, 3, false), 0); /* does not follow: the highest is 3 */
  EXPECT_EQ(++before, rejects());
  propose(reports(5, 3, false), 3); /* there is no proof of it */
  EXPECT_EQ(++before, rejects());
  EXPECT_EQ(0u, report().epoch_max);
  propose(reports(5, 0, false), 0); /* nothing wrong with this one */
  EXPECT_EQ(before, rejects());
  run(5);
  EXPECT_EQ(1u, report().epoch_max);
  expect_agreement();
}

bac_recovery_report report_of(uint32_t step, uint64_t height, uint8_t digest) {
  bac_recovery_report r = {};
  r.view = 9;
  r.step = step;
  r.height = height;
  memset(r.digest, digest, sizeof r.digest);
  return r;
}

TEST(RecoveryRule, AnAgreementBindsThenTheHighestBlockThenTheMajority) {
  const std::vector<bac_recovery_report> plain = {report_of(0, 4, 1), report_of(0, 6, 2), report_of(0, 5, 3)};
  EXPECT_EQ(1u, bac_recovery_choose(plain.data(), 3));
  const std::vector<bac_recovery_report> bound = {report_of(0, 9, 1), report_of(2, 4, 2), report_of(3, 3, 3)};
  EXPECT_EQ(2u, bac_recovery_choose(bound.data(), 3));
  const std::vector<bac_recovery_report> split = {report_of(0, 6, 1), report_of(0, 6, 2), report_of(0, 6, 2)};
  EXPECT_EQ(2, split[bac_recovery_choose(split.data(), 3)].digest[0]);
  const std::vector<bac_recovery_report> tie = {report_of(0, 6, 7), report_of(0, 6, 2)};
  EXPECT_EQ(2, tie[bac_recovery_choose(tie.data(), 2)].digest[0]);
}

}  // namespace
