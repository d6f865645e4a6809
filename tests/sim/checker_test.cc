/* SPDX-License-Identifier: GPL-2.0-only */
/* Each checker of the fault simulator fires on what it is for, and on nothing else. */
#include <gtest/gtest.h>

#include "sim/world.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "checker.h"
#include "fast_crypto.h"
#include "ledger/record.h"
#include "swarm.h"
}
#pragma GCC diagnostic pop

using namespace bac_test;

namespace {

class Checker : public ::testing::Test {
 protected:
  Checker() { begin(); }
  void begin() {
    const bool honest[4] = {false, true, true, true}; /* node 0 is byzantine */
    c = bac_checker_new(&w.config, &w.roster, honest, 4);
  }
  /* From now on primaries are elected; the first round to which somebody is. */
  uint64_t elect() {
    w.sortition();
    bac_checker_free(c);
    begin();
    uint64_t round = 1;
    while (w.elected(round).empty()) round++;
    return round;
  }
  ~Checker() override { bac_checker_free(c); }
  static Bytes record(const bac_entry *at, const Bytes &certificate = {}) {
    Bytes bytes(12), payload = World::payload(at);
    bac_put_u64(bytes.data(), at->block->header.height);
    bac_put_u32(bytes.data() + 8, static_cast<uint32_t>(payload.size()));
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    bytes.insert(bytes.end(), certificate.begin(), certificate.end());
    return bytes;
  }
  void persist(uint32_t node, const Bytes &bytes) {
    bac_effect e = {};
    e.type = BAC_EFFECT_PERSIST;
    e.persist.kind = BAC_RECORD_BLOCK;
    e.persist.bytes = bytes.data();
    e.persist.length = bytes.size();
    bac_checker_effect(c, 0, node, &e);
  }
  void submitted(const Bytes &wire) {
    bac_tx tx;
    ASSERT_TRUE(bac_tx_decode(&tx, wire.data(), wire.size(), &w.cost));
    bac_effect e = {};
    e.type = BAC_EFFECT_TX_STATUS;
    e.tx_status.status = BAC_TX_POOLED;
    memcpy(e.tx_status.id, tx.id, BAC_HASH_BYTES);
    bac_checker_effect(c, 0, tx.from, &e);
  }
  void epoch(uint32_t node, const bac_roster *roster, uint64_t number, const bac_entry *base, bool recovered = false) {
    bac_effect e = {};
    e.type = BAC_EFFECT_EPOCH;
    e.epoch.epoch = number;
    e.epoch.base = base->block->header.height;
    memcpy(e.epoch.base_digest, base->block->digest, BAC_HASH_BYTES);
    e.epoch.roster = roster;
    e.epoch.recovered = recovered;
    bac_checker_effect(c, 0, node, &e);
  }
  std::string verdict() const {
    const char *text;
    return bac_check_name(bac_checker_verdict(c, &text));
  }

  World w{4};
  bac_checker *c;
};

TEST_F(Checker, AcceptsAChainThatIsRight) {
  const Bytes tx = w.tx(1, 2, 1);
  submitted(tx);
  w.pooled(tx);
  bac_entry *one = w.build(w.genesis(), 1, {});
  for (uint32_t node = 1; node < 4; node++) persist(node, record(one, w.qc(one)));
  EXPECT_EQ("none", verdict());
  EXPECT_EQ(1u, bac_checker_height(c, 3));
}

TEST_F(Checker, TwoBlocksAtOneHeight) {
  persist(1, record(w.build(w.genesis(), 1, {})));
  persist(1, record(w.build(w.genesis(), 1, {}))); /* the same again */
  EXPECT_EQ("none", verdict());
  persist(2, record(w.build(w.genesis(), 2, {})));
  EXPECT_EQ("agreement", verdict());
}

TEST_F(Checker, ACommitThatIsNotInTheRecords) {
  bac_entry *one = w.build(w.genesis(), 1, {});
  persist(1, record(one));
  bac_effect e = {};
  e.type = BAC_EFFECT_COMMIT;
  e.commit.height = 1;
  memcpy(e.commit.digest, one->block->digest, BAC_HASH_BYTES);
  memcpy(e.commit.state_root, one->block->header.state_root, BAC_HASH_BYTES);
  bac_checker_effect(c, 0, 1, &e);
  EXPECT_EQ("none", verdict());
  e.commit.state_root[0] ^= 1;
  bac_checker_effect(c, 0, 1, &e);
  EXPECT_EQ("agreement", verdict());
}

TEST_F(Checker, TwoBasesOfOneEpoch) {
  bac_entry *one = w.build(w.genesis(), 1, {});
  epoch(1, &w.roster, 0, w.genesis());
  epoch(2, &w.roster, 0, w.genesis());
  EXPECT_EQ("none", verdict());
  epoch(3, &w.roster, 0, one);
  EXPECT_EQ("agreement", verdict());
}

TEST_F(Checker, AnEpochOnABlockThatNobodyCommitted) {
  epoch(1, &w.roster, 1, w.build(w.genesis(), 1, {}));
  EXPECT_EQ("agreement", verdict());
}

/* Where the roster ends an epoch a byzantine member may have Q(n) words first; it is looked at when an honest one has the block. */
TEST_F(Checker, ARecoveredEpochBeforeItsBlock) {
  for (bool right : {true, false}) {
    bac_checker_free(c);
    begin();
    bac_entry *one = w.build(w.genesis(), 1, {});
    persist(1, record(one));
    bac_roster *next = bac_state_roster(one->state, 0);
    if (!right) const_cast<bac_member *>(next->members)[2].units++;
    bac_checker_free(c);
    begin();
    epoch(1, next, 1, one, true);
    EXPECT_EQ("none", verdict());
    persist(2, record(one));
    EXPECT_EQ(right ? "none" : "roster", verdict());
    bac_roster_free(next);
  }
}

TEST_F(Checker, AHeightLeftOut) {
  bac_entry *one = w.build(w.genesis(), 1, {}), *two = w.build(one, 2, {});
  persist(1, record(one));
  persist(1, record(two));
  EXPECT_EQ("none", verdict());
  persist(2, record(two));
  EXPECT_EQ("order", verdict());
}

TEST_F(Checker, ABlockOnOneThatNobodyCommitted) {
  persist(1, record(w.build(w.build(w.genesis(), 1, {}), 2, {})));
  EXPECT_EQ("order", verdict());
}

TEST_F(Checker, ATransferThatNobodySubmitted) {
  w.pooled(w.tx(0, 2, 1)); /* of a byzantine member: its own business */
  bac_entry *one = w.build(w.genesis(), 1, {});
  persist(1, record(one));
  EXPECT_EQ("none", verdict());
  w.pooled(w.tx(1, 2, 1));
  persist(1, record(w.build(one, 2, {})));
  EXPECT_EQ("submitted", verdict());
}

TEST_F(Checker, ATransactionTwiceInOneChain) {
  const Bytes tx = w.tx(1, 2, 1);
  submitted(tx);
  w.pooled(tx);
  bac_entry *one = w.build(w.genesis(), 1, {});
  persist(1, record(one));
  EXPECT_EQ("none", verdict());
  /* The ledger refuses it: what it would be, had it not. */
  bac_header h = {};
  h.height = 2;
  h.round = 2;
  memcpy(h.prev_hash, one->block->digest, BAC_HASH_BYTES);
  bac_block_seed(h.seed, one->block->header.seed, 2);
  bac_state *genesis = bac_state_genesis(&w.roster);
  bac_block *again = bac_block_build(&h, w.pool, genesis, nullptr, 0, w.config.block_bytes_max, &w.cost);
  bac_entry at = {};
  at.block = again;
  ASSERT_EQ(1u, again->header.tx_count);
  persist(1, record(&at));
  EXPECT_EQ("twice", verdict());
  bac_block_free(again);
  bac_state_free(genesis);
}

TEST_F(Checker, ABlockThatExecutesToAnotherState) {
  bac_header h = w.build(w.genesis(), 1, {})->block->header;
  bac_state *other = bac_state_genesis(&w.roster);
  other->accounts[1].balance_milli -= 5; /* the proposer believes so */
  bac_block *block = bac_block_build(&h, w.pool, other, nullptr, 0, w.config.block_bytes_max, &w.cost);
  bac_entry at = {};
  at.block = block;
  persist(1, record(&at));
  EXPECT_EQ("execution", verdict());
  bac_block_free(block);
  bac_state_free(other);
}

TEST_F(Checker, LessThanNothing) {
  bac_state *s = bac_state_genesis(&w.roster);
  bac_checker_state(c, 0, 1, s);
  EXPECT_EQ("none", verdict());
  s->accounts[2].balance_milli = -1;
  bac_checker_state(c, 0, 1, s);
  EXPECT_EQ("balance", verdict());
  bac_state_free(s);
}

TEST_F(Checker, MoneyFromNowhere) {
  bac_state *s = bac_state_genesis(&w.roster);
  s->accounts[2].balance_milli++;
  bac_checker_state(c, 0, 1, s);
  EXPECT_EQ("supply", verdict());
  bac_state_free(s);
}

TEST_F(Checker, AnHonestMemberConvicted) {
  bac_state *s = bac_state_genesis(&w.roster);
  s->accounts[0].convicted_epoch = 1; /* rightly */
  bac_checker_state(c, 0, 1, s);
  EXPECT_EQ("none", verdict());
  s->accounts[1].convicted_epoch = 1;
  bac_checker_state(c, 0, 1, s);
  EXPECT_EQ("conviction", verdict());
  bac_state_free(s);
}

TEST_F(Checker, ACertificateWithOneSignatureTooFew) {
  bac_entry *one = w.build(w.genesis(), 1, {});
  persist(1, record(one, w.qc(one, {0, 1})));
  EXPECT_EQ("certificate", verdict());
}

TEST_F(Checker, ACertificateWithASpoiltSignature) {
  bac_entry *one = w.build(w.genesis(), 1, {});
  Bytes qc = w.qc(one);
  qc.back() ^= 1;
  persist(1, record(one, qc));
  EXPECT_EQ("certificate", verdict());
}

TEST_F(Checker, ACertificateOfAnotherBlock) {
  bac_entry *one = w.build(w.genesis(), 1, {}), *other = w.build(w.genesis(), 2, {});
  persist(1, record(one, w.qc(other)));
  EXPECT_EQ("certificate", verdict());
}

/* With sortition each block carries the proof that its primary was elected to the round. */
TEST_F(Checker, APrimaryThatWasNotElected) {
  const uint64_t round = elect();
  const uint32_t winner = w.elected(round)[0];
  persist(1, record(w.build(w.genesis(), round, w.proof(round, winner), 0, winner)));
  EXPECT_EQ("none", verdict());
  persist(2, record(w.build(w.genesis(), round + 1, w.proof(round, winner), 0, winner)));
  EXPECT_EQ("election", verdict()) << "the proof is another round's";
}

TEST_F(Checker, APrimaryWithAnothersProof) {
  const uint64_t round = elect();
  const uint32_t winner = w.elected(round)[0];
  persist(1, record(w.build(w.genesis(), round, w.proof(round, winner), 0, (winner + 1) % 4)));
  EXPECT_EQ("election", verdict());
}

TEST_F(Checker, ACredentialThatTheLotteryDoesNotBearOut) {
  bac_credential credential = {};
  credential.epoch = 1;
  credential.lambda = 3;
  uint8_t memo[BAC_CREDENTIAL_BYTES], wire[BAC_TX_BYTES_MAX];
  bac_credential_write(&credential, memo);
  bac_tx made;
  ASSERT_EQ(BAC_OK, bac_tx_make_record(&made, wire, BAC_TX_CREDENTIAL, memo, sizeof memo, 1, 1, 5, &w.keys[1], &w.cost));
  w.pooled(Bytes(wire, wire + made.wire_length));
  persist(1, record(w.build(w.genesis(), 1, {})));
  EXPECT_EQ("election", verdict());
}

TEST_F(Checker, RostersThatDiffer) {
  epoch(1, &w.roster, 0, w.genesis());
  bac_roster other = w.roster;
  std::vector<bac_member> members = w.members;
  members[2].units++; /* reputation */
  other.members = members.data();
  epoch(2, &other, 0, w.genesis());
  EXPECT_EQ("roster", verdict());
}

TEST_F(Checker, MoreTransactionsThanThePoolHolds) {
  bac_counters counters = {};
  counters.pool_txs = w.config.pool_txs_max;
  bac_checker_counters(c, 0, 1, &counters);
  EXPECT_EQ("none", verdict());
  counters.pool_txs++;
  bac_checker_counters(c, 0, 1, &counters);
  EXPECT_EQ("memory", verdict());
}

bac_verdict run(const char *protocol, uint64_t seed, uint32_t nodes, uint32_t byzantine, bac_mode mode = BAC_MODE_SAFE, FILE *trace = nullptr) {
  bac_plan_options o = {};
  o.protocol = protocol;
  o.seed = seed;
  o.nodes = nodes;
  o.byzantine = byzantine;
  o.mode = mode;
  bac_verdict v;
  char why[200] = "";
  EXPECT_EQ(BAC_OK, bac_swarm_run(&o, trace, &v, why, sizeof why)) << why;
  return v;
}

TEST(Swarm, SameSeedSameBytes) {
  for (uint64_t seed : {2u, 16u, 23u}) {
    char *text[2] = {};
    size_t length[2];
    bac_verdict v[2];
    for (int i = 0; i < 2; i++) {
      FILE *trace = open_memstream(&text[i], &length[i]);
      v[i] = run("bac", seed, 5, 1, BAC_MODE_SAFE, trace);
      fclose(trace);
    }
    EXPECT_EQ(std::string(text[0], length[0]), std::string(text[1], length[1])) << seed;
    EXPECT_GT(length[0], 1000u);
    EXPECT_EQ(0, memcmp(v[0].digest, v[1].digest, BAC_HASH_BYTES));
    free(text[0]);
    free(text[1]);
  }
}

TEST(Swarm, OtherSeedsOtherWorlds) { EXPECT_NE(0, memcmp(run("bac", 2, 5, 1).digest, run("bac", 3, 5, 1).digest, BAC_HASH_BYTES)); }

/* Found by the simulator: a primary whose clock is behind its parent's proposed blocks that everybody refused. */
TEST(Swarm, BacGoesOnWithClocksApart) {
  for (uint64_t seed : {37u, 88u, 175u}) EXPECT_EQ(BAC_CHECK_NONE, run("bac", seed, BAC_PLAN_DRAW, BAC_PLAN_DRAW).check) << seed;
}

/* A member that forks, heard last by all: each waited for another one to build on. */
TEST(Swarm, GossipGoesOnBesideAFork) {
  for (uint64_t seed : {25u, 37u, 51u, 52u, 56u}) EXPECT_EQ(BAC_CHECK_NONE, run("hashgraph", seed, BAC_PLAN_DRAW, BAC_PLAN_DRAW).check) << seed;
  for (uint64_t seed : {25u, 52u, 162u, 167u, 246u}) EXPECT_EQ(BAC_CHECK_NONE, run("bac2", seed, BAC_PLAN_DRAW, BAC_PLAN_DRAW).check) << seed;
}

/* A certified block's body that was lost with those who had voted for it. */
TEST(Swarm, WhatWasVotedForOutlivesCrashes) { EXPECT_EQ(BAC_CHECK_NONE, run("bac", 5042, BAC_PLAN_DRAW, BAC_PLAN_DRAW).check); }

/* Answers full of a forker's events, members that missed a boundary together. */
TEST(Swarm, GossipBringsWhatIsNewAndWhichEpochItIs) {
  for (uint64_t seed : {161u, 218u, 250u}) EXPECT_EQ(BAC_CHECK_NONE, run("hashgraph", seed, BAC_PLAN_DRAW, BAC_PLAN_DRAW).check) << seed;
}

/* Events that nobody but a member that crashed had heard: its later ones waited for them for good. */
TEST(Swarm, GossipGoesOnAfterCrashes) {
  for (uint64_t seed : {112u, 244u}) EXPECT_EQ(BAC_CHECK_NONE, run("bac2", seed, BAC_PLAN_DRAW, BAC_PLAN_DRAW).check) << seed;
}

/* The roster had agreed where the epoch ends, and then came the committee's own last block: it closed the chain above the agreed one, for good. */
TEST(Swarm, ALastBlockThatComesAfterTheAgreedEndGoes) {
  EXPECT_EQ(BAC_CHECK_NONE, run("bac2", 101321, BAC_PLAN_DRAW, BAC_PLAN_DRAW).check);
}

/* An epoch began in the step in which the next one did: what the host was told of its roster was that of the next. */
TEST(Swarm, EachEpochIsReportedWithItsOwnRoster) {
  EXPECT_EQ(BAC_CHECK_NONE, run("bac2", 300516, BAC_PLAN_DRAW, BAC_PLAN_DRAW).check);
}

/* A liar spoke of later epochs, and a member that could derive the agreed last block took the state from a byzantine one instead. */
TEST(Swarm, AByzantineMemberMayEndAnEpochFirst) { EXPECT_EQ(BAC_CHECK_NONE, run("bac2", 2001691, BAC_PLAN_DRAW, BAC_PLAN_DRAW).check); }

TEST(FastCrypto, NobodyForges) {
  bac_keypair a, b;
  bac_cost cost = {};
  uint8_t digest[BAC_HASH_BYTES] = {1}, signature[BAC_SIGNATURE_BYTES], beta[BAC_VRF_OUTPUT_BYTES], pi[BAC_VRF_PROOF_BYTES];
  bac_keypair_derive(&a, 1, 1);
  bac_keypair_derive(&b, 1, 2);
  bac_fast_crypto(true);
  bac_sign(signature, digest, &a, &cost);
  EXPECT_TRUE(bac_verify(nullptr, signature, digest, a.public_key, &cost));
  EXPECT_FALSE(bac_verify(nullptr, signature, digest, b.public_key, &cost));
  signature[40] ^= 1;
  EXPECT_FALSE(bac_verify(nullptr, signature, digest, a.public_key, &cost));
  EXPECT_EQ(0, bac_vrf_prove(pi, a.vrf_secret, digest, sizeof digest));
  EXPECT_EQ(0, bac_vrf_verify(beta, a.vrf_public, pi, digest, sizeof digest));
  EXPECT_NE(0, bac_vrf_verify(beta, b.vrf_public, pi, digest, sizeof digest));
  bac_fast_crypto(false);
  EXPECT_FALSE(bac_verify(nullptr, signature, digest, a.public_key, &cost));
}

}  // namespace
