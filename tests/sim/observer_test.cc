/* SPDX-License-Identifier: GPL-2.0-only */
/* The observer of commits: conflicts, the commit at the Q(n)-th member, the measured window, nodes that come, go and come back. */
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "observer.h"

namespace {

constexpr uint64_t kSeed = 4711;

class ObserverTest : public testing::Test {
 protected:
  static bac_effect Block(uint64_t height, uint8_t digest, uint32_t txs = 5) {
    bac_effect e{};
    e.type = BAC_EFFECT_COMMIT;
    e.commit.height = height;
    e.commit.round = height + 10;
    e.commit.digest[0] = digest;
    e.commit.proposer = 3;
    e.commit.proposed_at = BAC_SECOND;
    e.commit.tx_count = txs;
    e.commit.body_bytes = 100 * txs;
    return e;
  }
  bac_observed_block *Commit(uint32_t id, uint64_t height, uint8_t digest, uint32_t txs = 5) {
    bac_effect e = Block(height, digest, txs);
    e.commit.members = members;
    const bac_observed_node node = {id, shard};
    return bac_observer_effect(o.get(), now, &node, &e);
  }
  void Effect(const bac_effect &e) {
    const bac_observed_node node = {0, shard};
    EXPECT_EQ(bac_observer_effect(o.get(), now, &node, &e), nullptr);
  }
  void Tx(bac_tx_status status, bac_time created_at) {
    bac_effect e{};
    e.type = BAC_EFFECT_TX_STATUS;
    e.tx_status.status = status;
    e.tx_status.created_at = created_at;
    Effect(e);
  }
  void Propose(uint32_t txs, uint32_t pending) {
    bac_effect e{};
    e.type = BAC_EFFECT_PROPOSE;
    e.propose.tx_count = txs;
    e.propose.pending = pending;
    Effect(e);
  }
  bac_observer_report Sum() const { return bac_observer_sum(o.get()); }
  const bac_observed_block &At(size_t i) const { return bac_observer_blocks(o.get())[i]; }
  std::string Conflict() const { return bac_observer_conflict(o.get()); }

  using Columns = std::vector<std::pair<std::string, std::string>>;
  template <typename Write>
  static Columns Written(Write write) {
    Columns all;
    const bac_columns to = {[](void *ctx, const char *name, const char *value) {
                              static_cast<Columns *>(ctx)->emplace_back(name, value);
                            },
                            &all};
    write(&to);
    return all;
  }
  std::string Value(const std::string &name) const {
    const Columns all = Written([this](const bac_columns *to) {
      bac_observer_columns(o.get(), to);
      bac_observer_totals_columns(o.get(), to);
    });
    for (const auto &[n, value] : all)
      if (n == name) return value;
    return "(no column " + name + ")";
  }

  std::unique_ptr<bac_observer, decltype(&bac_observer_free)> o{bac_observer_new(kSeed, BAC_SECOND, 11 * BAC_SECOND),
                                                                 &bac_observer_free};
  bac_time now = 2 * BAC_SECOND;
  uint32_t shard = 7, members = 4;
};

TEST_F(ObserverTest, BlockCountsAtItsQuorumthMember) {
  EXPECT_EQ(Commit(0, 1, 0xaa), nullptr);
  now += BAC_MS;
  EXPECT_EQ(Commit(1, 1, 0xaa), nullptr) << "two of four are no quorum";
  now += BAC_MS;
  bac_observed_block *block = Commit(2, 1, 0xaa);
  ASSERT_NE(block, nullptr) << "three of four are";
  block->airtime_s = 0.25;
  now += BAC_MS;
  EXPECT_EQ(Commit(3, 1, 0xaa), nullptr);
  ASSERT_EQ(Sum().blocks, 1u);
  EXPECT_EQ(At(0).committed_q, 2 * BAC_SECOND + 2 * BAC_MS);
  EXPECT_EQ(At(0).members, 4u);
  const Columns want = {{"shard", "7"},          {"height", "1"},          {"round", "11"},      {"proposer", "3"},
                        {"txs", "5"},            {"bytes", "500"},         {"proposed_at_s", "1"}, {"committed_q_s", "2.002"},
                        {"latency_s", "1.002"},  {"members_committed", "4"}, {"epoch", "0"},
                        {"revoked", "0"},        {"roster_final_s", "2.002"}, {"light_proof_bytes", ""},
                        {"airtime_s", "0.25"}};
  EXPECT_EQ(Written([this](const bac_columns *to) { bac_observer_block_columns(&At(0), to); }), want);
}

TEST_F(ObserverTest, QuorumIsTheSmallestAboveTwoThirds) {
  const uint32_t quorum[] = {0, 1, 2, 3, 3, 4, 5, 5, 6, 7};
  for (members = 1; members < 10; members++) {
    for (uint32_t id = 0; id < members; id++) EXPECT_EQ(Commit(id, members, 1) != nullptr, id + 1 == quorum[members]) << members;
  }
}

TEST_F(ObserverTest, EmptyBlockIsWatchedAndNotCounted) {
  for (uint32_t id = 0; id < 4; id++) EXPECT_EQ(Commit(id, 1, 0xbb, 0), nullptr);
  EXPECT_EQ(Sum().blocks, 0u);
  Commit(0, 1, 0xcc, 0);
  EXPECT_EQ(Sum().conflicts, 1u);
}

TEST_F(ObserverTest, ReplayAfterARestartCountsOnce) {
  Commit(0, 1, 0xaa);
  Commit(1, 1, 0xaa);
  bac_observer_skip(o.get(), 1);
  for (int i = 0; i < 3; i++) EXPECT_EQ(Commit(1, 1, 0xaa), nullptr) << "the same node again is no third";
  EXPECT_NE(Commit(2, 1, 0xaa), nullptr);
  bac_observer_skip(o.get(), 2);
  EXPECT_EQ(Commit(2, 1, 0xaa), nullptr);
  EXPECT_EQ(At(0).members, 3u);
  EXPECT_EQ(Sum().blocks, 1u);
  EXPECT_EQ(Sum().txs_committed, 5u);
  EXPECT_EQ(Sum().conflicts, 0u);
}

TEST_F(ObserverTest, ConflictIsCountedOncePerHeightAndTheFirstToldWithTheSeed) {
  Commit(0, 3, 0xcc);
  EXPECT_EQ(Conflict(), "");
  Commit(1, 3, 0xdd);
  Commit(2, 3, 0xdd);
  EXPECT_EQ(Sum().conflicts, 1u) << "one height";
  EXPECT_EQ(Conflict(), "shard 7, height 3: node 0 committed block cc00000000000000, node 1 block dd00000000000000 (round 13) "
                        "at 2 s, seed 4711");
  Commit(0, 1, 0xaa);
  Commit(0, 1, 0xee);
  EXPECT_EQ(Sum().conflicts, 2u) << "a node that goes back on its own word";
  EXPECT_NE(Conflict().find("height 3"), std::string::npos);
}

TEST_F(ObserverTest, ConflictsAreSeenOutsideTheWindowToo) {
  now = 0;
  Commit(0, 1, 1);
  now = 20 * BAC_SECOND;
  Commit(1, 1, 2);
  EXPECT_EQ(Sum().conflicts, 1u);
}

TEST_F(ObserverTest, ShardsAreApart) {
  for (shard = 0; shard < 3; shard++) {
    bac_observer_add_shard(o.get(), shard);
    for (uint32_t id = 0; shard < 2 && id < 4; id++) Commit(10 * shard + id, 1, static_cast<uint8_t>(shard));
  }
  EXPECT_EQ(Sum().conflicts, 0u) << "the same height of another shard";
  EXPECT_EQ(Sum().blocks, 2u);
  EXPECT_EQ(Value("blocks_committed"), "2");
  EXPECT_EQ(Value("blocks_committed_shard_min"), "0") << "shard 2 stands still";
  shard = 2;
  for (uint32_t id = 0; id < 4; id++) Commit(20 + id, 1, 9);
  EXPECT_EQ(Value("blocks_committed_shard_min"), "1");
}

TEST_F(ObserverTest, RosterMayGrowAndShrinkFromHeightToHeight) {
  Commit(0, 1, 1);
  members = 7; /* these have begun the next epoch; height 1 is of the last one */
  Commit(1, 1, 1);
  EXPECT_NE(Commit(2, 1, 1), nullptr) << "three of four, as at the height's first commit";
  for (uint32_t id = 0; id < 7; id++) EXPECT_EQ(Commit(id, 2, 2) != nullptr, id == 4) << "five of seven";
  members = 1;
  EXPECT_NE(Commit(40, 3, 3), nullptr) << "a newcomer alone";
}

TEST_F(ObserverTest, GapsAreCommitsThatSkip) {
  Commit(0, 1, 1);
  Commit(0, 2, 2);
  EXPECT_EQ(Sum().gaps, 0u);
  Commit(0, 4, 4);
  EXPECT_EQ(Sum().gaps, 1u);
  EXPECT_EQ(bac_observer_height(o.get(), 0), 4u);
  bac_observer_skip(o.get(), 0); /* a restart that took a later state from others */
  Commit(0, 9, 9);
  Commit(0, 10, 10);
  EXPECT_EQ(Sum().gaps, 1u) << "where it came in, and on from there";
  Commit(0, 12, 12);
  EXPECT_EQ(Sum().gaps, 2u) << "leave for one skip only";
  bac_observer_skip(o.get(), 5); /* joins at height 8 */
  Commit(5, 8, 8);
  EXPECT_EQ(Sum().gaps, 2u);
  EXPECT_EQ(bac_observer_height(o.get(), 5), 8u);
  EXPECT_EQ(bac_observer_height(o.get(), 6), 0u);
}

TEST_F(ObserverTest, WindowClipsWhatIsMeasured) {
  members = 1;
  now = BAC_SECOND - 1;
  EXPECT_EQ(Commit(0, 1, 1), nullptr) << "before";
  Tx(BAC_TX_POOLED, 0);
  Propose(3, 100);
  now = BAC_SECOND;
  EXPECT_NE(Commit(0, 2, 2), nullptr) << "at its begin";
  Tx(BAC_TX_POOLED, 0);
  Tx(BAC_TX_REFUSED, 0);
  Tx(BAC_TX_COMMITTED, BAC_SECOND / 2);
  Propose(3, 10);
  Propose(0, 99); /* an empty block */
  now = 11 * BAC_SECOND - 1;
  EXPECT_NE(Commit(0, 3, 3), nullptr) << "the last instant";
  Tx(BAC_TX_COMMITTED, now - 2 * BAC_SECOND);
  Propose(3, 20);
  now = 11 * BAC_SECOND;
  EXPECT_EQ(Commit(0, 4, 4), nullptr) << "its end is outside";
  Tx(BAC_TX_COMMITTED, 0);
  EXPECT_EQ(Sum().blocks, 2u);
  EXPECT_EQ(Sum().txs_pooled, 1u);
  EXPECT_EQ(Sum().txs_refused, 1u);
  EXPECT_EQ(Sum().txs_confirmed, 2u);
  EXPECT_EQ(Value("txs_committed"), "10");
  EXPECT_EQ(Value("throughput_tps"), "1") << "10 in 10 s";
  EXPECT_EQ(Value("pending_txs"), "15");
  EXPECT_EQ(Value("tx_latency_mean_s"), "1.25");
  EXPECT_EQ(Value("tx_latency_p50_s"), "1.25") << "between 0.5 and 2";
  EXPECT_EQ(Value("tx_latency_p95_s"), "1.925");
}

TEST_F(ObserverTest, NothingHappened) {
  EXPECT_EQ(Value("blocks_committed"), "0");
  EXPECT_EQ(Value("blocks_committed_shard_min"), "0");
  EXPECT_EQ(Value("block_latency_p50_s"), "") << "no number";
  EXPECT_EQ(Value("block_txs_mean"), "");
  EXPECT_EQ(Value("cpu_busy_s_per_ev"), "");
  EXPECT_EQ(Value("conflicts"), "0");
}

TEST_F(ObserverTest, TotalsAreSums) {
  bac_observed_totals one{};
  one.member = true;
  one.counters.messages_sent = 5;
  one.counters.rejects[BAC_REJECT_POOL_FULL] = 2;
  one.counters.view_changes = 3;
  one.mac_drops = 1;
  one.cpu_busy = BAC_SECOND;
  bac_observer_add_totals(o.get(), &one);
  one.counters.view_changes = 4; /* the same view changes, seen by another member */
  one.cpu_busy = 2 * BAC_SECOND;
  bac_observer_add_totals(o.get(), &one);
  one.shard = 1;
  one.member = false; /* an RSU */
  bac_observer_add_totals(o.get(), &one);
  EXPECT_EQ(Value("messages"), "15");
  EXPECT_EQ(Value("reject_pool_full"), "6");
  EXPECT_EQ(Value("mac_drops"), "3");
  EXPECT_EQ(Value("view_changes"), "8") << "the most of each shard";
  EXPECT_EQ(Value("cpu_busy_s_per_ev"), "1.5") << "members only";
}

TEST_F(ObserverTest, WhatMembersKeepByWhetherItIsWhole) {
  bac_observed_totals one{};
  one.member = true;
  one.storage = {true, 3, 300, 0, 0, 30};
  one.counters.decisions = 4;
  one.counters.decision_rounds = 9;
  bac_observer_add_totals(o.get(), &one);
  one.storage = {true, 5, 500, 0, 0, 50};
  one.counters.decision_rounds = 11;
  bac_observer_add_totals(o.get(), &one);
  one.storage = {false, 1, 100, 9, 90, 10};
  bac_observer_add_totals(o.get(), &one);
  one.storage = {}; /* down */
  bac_observer_add_totals(o.get(), &one);
  EXPECT_EQ(Value("whole_nodes"), "2");
  EXPECT_EQ(Value("storage_whole_bytes"), "440");
  EXPECT_EQ(Value("light_nodes"), "1");
  EXPECT_EQ(Value("storage_light_bytes"), "200");
  EXPECT_EQ(Value("rounds_to_decide"), "2.625");
}

TEST(Counters, AddKeepsWhatIsNoTotal) {
  bac_counters sum{}, one{};
  sum.messages_sent = 1;
  sum.rejects[BAC_REJECT_COUNT - 1] = 2;
  sum.chain_height = 50;
  one.messages_sent = 10;
  one.rejects[BAC_REJECT_COUNT - 1] = 20;
  one.chain_height = 7;
  one.pool_txs = 3;
  bac_counters_add(&sum, &one);
  EXPECT_EQ(sum.messages_sent, 11u);
  EXPECT_EQ(sum.rejects[BAC_REJECT_COUNT - 1], 22u);
  EXPECT_EQ(sum.chain_height, 7u);
  EXPECT_EQ(sum.pool_txs, 3u);
}

TEST_F(ObserverTest, ANodeInAnotherShardBeginsAnew) {
  for (uint64_t height = 1; height <= 5; height++) Commit(1, height, 1);
  shard = 1;
  Commit(1, 9, 2);
  Commit(1, 10, 2);
  EXPECT_EQ(Sum().gaps, 0u);
  EXPECT_EQ(bac_observer_height(o.get(), 1), 10u);
  Commit(1, 12, 2);
  EXPECT_EQ(Sum().gaps, 1u);
  EXPECT_EQ(Sum().conflicts, 0u);
}

TEST_F(ObserverTest, MintedMoneyIsAConflict) {
  Commit(1, 1, 1);
  struct Books {
    int64_t balance;
  } good = {BAC_GENESIS_BALANCE}, bad = {BAC_GENESIS_BALANCE + 1500};
  const auto account = [](void *ctx, uint32_t, bac_account_view *view) {
    *view = {};
    view->balance_milli = static_cast<Books *>(ctx)->balance;
    return true;
  };
  bac_observer_add_state(o.get(), 0, 7, account, &good);
  EXPECT_EQ(Value("money_excess"), "0");
  EXPECT_EQ(Value("conflicts"), "0");
  bac_observer_add_state(o.get(), 0, 7, account, &bad); /* no newer state: not looked at */
  EXPECT_EQ(Value("money_excess"), "0");
  bac_observer_add_state(o.get(), 0, 8, account, &bad);
  EXPECT_EQ(Value("money_excess"), "1.5");
  EXPECT_EQ(Sum().conflicts, 1u);
  EXPECT_NE(std::string(bac_observer_conflict(o.get())).find("1.500 more money"), std::string::npos) << bac_observer_conflict(o.get());
}

}  // namespace
