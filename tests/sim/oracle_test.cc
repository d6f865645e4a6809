/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules of BAC, looked at from outside the engine: each fires where it is broken, and nowhere else. */
#include <gtest/gtest.h>

#include "sim/world.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "oracle.h"
#include "recount.h"
}
#pragma GCC diagnostic pop

using namespace bac_test;

namespace {

class Oracle : public ::testing::Test {
 protected:
  Oracle() {
    const bool honest[4] = {false, true, true, true}; /* node 0 is byzantine */
    w.config.protocol = "bac";
    o = bac_oracle_new(&w.config, &w.roster, honest, 4);
  }
  ~Oracle() override { bac_oracle_free(o); }
  /* Its proposer says it, whoever that is. */
  void propose(const bac_entry *at, uint32_t i) {
    Bytes payload = World::payload(at);
    bac_msg m = w.vote(at, i);
    m.type = BAC_MSG_BLOCK_REQUEST;
    m.payload = payload.data();
    m.payload_length = payload.size();
    bac_oracle_signed(o, &m, text, sizeof text);
  }
  bool vote(const bac_entry *at, uint32_t i) {
    text[0] = '\0';
    bac_msg m = w.vote(at, i);
    return bac_oracle_signed(o, &m, text, sizeof text);
  }
  /* What an honest member that votes for a block on that certificate is told. */
  std::string verdict(bac_entry *parent, uint64_t round, const Bytes &certificate) {
    bac_entry *at = w.build(parent, round, certificate, bac_time(round));
    propose(at, 0);
    const bool bad = vote(at, 1);
    EXPECT_EQ(bad, text[0] != '\0');
    return text;
  }
  bool commits(uint32_t node, const bac_entry *at) {
    bac_effect e = {};
    e.type = BAC_EFFECT_COMMIT;
    memcpy(e.commit.digest, at->block->digest, BAC_HASH_BYTES);
    bac_oracle_effect(o, node, ++step, &e, text, sizeof text);
    e.type = BAC_EFFECT_ROLE; /* whatever the node does next */
    return bac_oracle_effect(o, node, ++step, &e, text, sizeof text);
  }
  World w{4};
  bac_oracle *o;
  uint64_t step = 0;
  char text[200] = "";
};

TEST_F(Oracle, AVoteForWhatFollowsItsCertificate) {
  bac_entry *one = w.build(w.genesis(), 1, World::justification({}));
  EXPECT_EQ("", verdict(one, 2, World::justification(w.qc(one))));
}

TEST_F(Oracle, AVoteBehindATimeoutCertificate) {
  bac_entry *one = w.build(w.genesis(), 1, World::justification({})), *two = w.build(one, 2, World::justification(w.qc(one)));
  EXPECT_EQ("", verdict(one, 3, World::justification(w.qc(one), w.tc(2, one, {0, 1, 2}))));
  EXPECT_NE("", verdict(one, 4, World::justification(w.qc(one), w.tc(3, two, {0, 1, 2})))) << "they knew a higher certificate";
  EXPECT_NE("", verdict(one, 6, World::justification(w.qc(one), w.tc(4, one, {0, 1, 2})))) << "of another round";
  EXPECT_NE("", verdict(one, 5, World::justification(w.qc(one), w.tc(4, one, {0, 1})))) << "of too few";
  Bytes spoilt = w.tc(6, one, {0, 1, 2});
  spoilt.back() ^= 1;
  EXPECT_NE("", verdict(one, 7, World::justification(w.qc(one), spoilt)));
}

TEST_F(Oracle, AVoteAcrossAGap) {
  bac_entry *one = w.build(w.genesis(), 1, World::justification({}));
  EXPECT_NE("", verdict(one, 3, World::justification(w.qc(one))));
}

TEST_F(Oracle, AVoteOnAnotherParent) {
  bac_entry *one = w.build(w.genesis(), 1, World::justification({})), *other = w.build(w.genesis(), 2, World::justification({}));
  EXPECT_NE("", verdict(other, 2, World::justification(w.qc(one))));
}

TEST_F(Oracle, AVoteOnACertificateThatDoesNotHold) {
  bac_entry *one = w.build(w.genesis(), 1, World::justification({}));
  Bytes spoilt = w.qc(one);
  spoilt.back() ^= 1;
  EXPECT_NE("", verdict(one, 2, World::justification(spoilt)));
  bac_entry *other = w.build(w.genesis(), 3, World::justification({}), 1);
  EXPECT_NE("", verdict(other, 4, World::justification(w.qc(other, {0, 1}))));
}

TEST_F(Oracle, ACommitNeedsACertifiedChildOfTheNextRound) {
  bac_entry *one = w.build(w.genesis(), 1, World::justification({})), *gap = w.build(one, 3, World::justification(w.qc(one), w.tc(2, one, {0, 1, 2})));
  for (const bac_entry *at : {one, gap}) {
    propose(at, 0);
    for (uint32_t i = 1; i < 4; i++) EXPECT_FALSE(vote(at, i));
  }
  EXPECT_TRUE(commits(1, one));
  bac_entry *four = w.build(gap, 4, World::justification(w.qc(gap)));
  propose(four, 0);
  EXPECT_FALSE(vote(four, 1));
  EXPECT_TRUE(commits(2, one)) << "one vote is no certificate, with one byzantine member at most";
  EXPECT_FALSE(vote(four, 2));
  EXPECT_FALSE(commits(3, one)) << "the two above decide it, too";
}

TEST(Recount, ABodyThatIsNotTheHeaders) {
  World w(4);
  w.pooled(w.tx(1, 2, 1));
  bac_block *block = w.pack(w.genesis(), 1, {}, 0, UINT32_MAX, [](bac_header *) {});
  EXPECT_TRUE(bac_recount_body(block));
  block->header.tx_root[0] ^= 1;
  EXPECT_FALSE(bac_recount_body(block));
  bac_block_free(block);
}

TEST(Recount, WhoLeftIsGone) {
  World four(4), five(5);
  EXPECT_FALSE(bac_recount_stays(&five.roster, 2));
  EXPECT_TRUE(bac_recount_stays(&five.roster, 7));
  EXPECT_TRUE(bac_recount_stays(&four.roster, 2)) << "nobody could be let go";
}

TEST(Recount, AConvictionCosts) {
  EXPECT_GT(10u, bac_recount_units_max(0, 9)) << "half of all units, without";
  EXPECT_LT(40u, bac_recount_units_max(0, 30)) << "what was missed is doubtful, ten tasks at a time (bac-sim, hashgraph, seed 300512)";
  EXPECT_GT(50u, bac_recount_units_max(0, 1000)) << "and never as good as a newcomer's";
  EXPECT_GT(75u, bac_recount_units_max(1, 12));
  EXPECT_LT(50u, bac_recount_units_max(1, 12)) << "and honest work counts on";
}

}  // namespace
