/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT, the normal case rule by rule: quorums, one vote for each sender, windows, durability. */
#include <gtest/gtest.h>

#include "pbft_case.h"

using mock::Digest;
using mock::Engine;
using mock::Message;
using mock::Net;

namespace {

TEST(PbftRules, OneBlockTakesOneProposalThreePreparesFourCommits) {
  PbftCase c(4);
  Net net(&c.world, &bac_pbft);
  net.Start();
  net.SubmitAll(c.world.Tx(2));
  net.Run(1500 * BAC_MS);
  size_t proposals = 0, prepares = 0, commits = 0;
  for (const Message &m : net.log) {
    proposals += m.head.type == BAC_MSG_PRE_PREPARE;
    prepares += m.head.type == BAC_MSG_PREPARE;
    commits += m.head.type == BAC_MSG_COMMIT;
    EXPECT_EQ(m.spread, m.head.type != BAC_MSG_PRE_PREPARE);
    EXPECT_EQ(m.to, BAC_INDEX_NONE);
  }
  EXPECT_EQ(proposals, 1u);
  EXPECT_EQ(prepares, 3u);
  EXPECT_EQ(commits, 4u);
  EXPECT_EQ(net.log.size(), 8u);
  for (auto &e : net.engines) {
    EXPECT_EQ(e->Height(), 1u);
    EXPECT_EQ(e->At(1), net[0].At(1));
    EXPECT_TRUE(e->env.rejects.empty());
    EXPECT_FALSE(e->env.blocks[0].second.empty()) << "kept with its certificate, for others";
  }
  EXPECT_EQ(net[0].env.roles, std::vector<enum bac_role>{BAC_ROLE_PRIMARY});
  EXPECT_EQ(net[1].env.roles, std::vector<enum bac_role>{BAC_ROLE_CS});
  EXPECT_EQ(net[0].env.proposed.size(), 1u);
  net.Run(20 * BAC_SECOND);
  EXPECT_EQ(net[0].Height(), 1u) << "no empty blocks";
}

/* n = 7: Q = 5, so 4 PREPAREs of others than the primary, and 5 COMMITs. */
TEST(PbftRules, PreparedAndCommittedAtTheirQuorums) {
  PbftCase c(7);
  Engine e(&c.world, &bac_pbft, 3);
  e.Start();
  Message p = c.Proposal();
  Digest d = p.digest();
  ASSERT_TRUE(e.Deliver(p));
  ASSERT_EQ(e.Sent(BAC_MSG_PREPARE).size(), 1u);
  EXPECT_EQ(e.Sent(BAC_MSG_PREPARE)[0].persists, 1u) << "durable before it leaves";
  e.Deliver(c.Vote(BAC_MSG_PREPARE, 1, 0, 1, d));
  e.Deliver(c.Vote(BAC_MSG_PREPARE, 1, 0, 1, d));
  e.Deliver(c.Vote(BAC_MSG_PREPARE, 2, 0, 1, d));
  e.Deliver(c.Vote(BAC_MSG_PREPARE, 0, 0, 1, d));
  EXPECT_EQ(e.Rejects(BAC_REJECT_WRONG_ROLE), 1u) << "the primary sends no PREPARE";
  e.Deliver(c.Vote(BAC_MSG_PREPARE, 5, 1, 1, d));
  EXPECT_EQ(e.Sent(BAC_MSG_COMMIT).size(), 0u) << "3 PREPAREs and one of another view";
  e.Deliver(c.Vote(BAC_MSG_PREPARE, 4, 0, 1, d));
  ASSERT_EQ(e.Sent(BAC_MSG_COMMIT).size(), 1u);
  EXPECT_EQ(e.Sent(BAC_MSG_COMMIT)[0].persists, 2u);
  EXPECT_EQ(e.Sent(BAC_MSG_COMMIT)[0].digest(), d);
  for (uint32_t i : {0, 1, 2}) e.Deliver(c.Vote(BAC_MSG_COMMIT, i, 0, 1, d));
  e.Deliver(c.Vote(BAC_MSG_COMMIT, 2, 0, 1, d));
  e.Deliver(c.Vote(BAC_MSG_COMMIT, 5, 1, 1, d));
  EXPECT_EQ(e.Height(), 0u) << "4 COMMITs and one of another view";
  e.Deliver(c.Vote(BAC_MSG_COMMIT, 4, 0, 1, d));
  EXPECT_EQ(e.Height(), 1u);
  EXPECT_EQ(e.At(1), d);
}

TEST(PbftRules, ASecondDifferentVoteIsRejectedAndDoesNotCount) {
  PbftCase c(7);
  Engine e(&c.world, &bac_pbft, 3);
  e.Start();
  Message a = c.Proposal(), b = c.Proposal();
  ASSERT_NE(a.digest(), b.digest());
  e.Deliver(a);
  for (uint32_t i : {1, 2}) e.Deliver(c.Vote(BAC_MSG_PREPARE, i, 0, 1, a.digest()));
  e.Deliver(c.Vote(BAC_MSG_PREPARE, 4, 0, 1, b.digest()));
  e.Deliver(c.Vote(BAC_MSG_PREPARE, 4, 0, 1, a.digest()));
  EXPECT_EQ(e.Rejects(BAC_REJECT_EQUIVOCATION), 1u);
  EXPECT_EQ(e.Sent(BAC_MSG_COMMIT).size(), 0u);
  for (uint32_t type : {BAC_MSG_COMMIT}) {
    e.Deliver(c.Vote(type, 5, 0, 1, b.digest()));
    e.Deliver(c.Vote(type, 5, 0, 1, a.digest()));
  }
  EXPECT_EQ(e.Rejects(BAC_REJECT_EQUIVOCATION), 2u);
}

TEST(PbftRules, AnEquivocatingPrimaryGetsOneBlockPreparedAtMost) {
  PbftCase c(4);
  Message a = c.Proposal(), b = c.Proposal();
  Net net(&c.world, &bac_pbft);
  net.down[0] = true;
  net.Start();
  net[1].Deliver(a);
  net[2].Deliver(b);
  net[3].Deliver(b);
  net.Pump();
  net[1].Deliver(b);
  net[2].Deliver(a);
  net[3].Deliver(a);
  net.Pump();
  for (uint32_t i = 1; i < 4; i++) EXPECT_EQ(net[i].Rejects(BAC_REJECT_EQUIVOCATION), 1u) << i;
  size_t prepares_of_1 = 0;
  for (const Message &m : net.log) {
    if (m.head.type == BAC_MSG_COMMIT) {
      EXPECT_EQ(m.digest(), b.digest());
    }
    prepares_of_1 += m.head.type == BAC_MSG_PREPARE && m.head.sender == c.world.Id(1);
  }
  EXPECT_EQ(prepares_of_1, 1u);
}

TEST(PbftRules, WhatAProposalMustBe) {
  PbftCase c(4);
  Engine e(&c.world, &bac_pbft, 3);
  e.Start();
  Message p = c.Proposal();
  Message from_other = p;
  c.world.Sign(&from_other, 2, &bac_pbft);
  e.Deliver(from_other);
  EXPECT_EQ(e.Rejects(BAC_REJECT_WRONG_ROLE), 1u) << "not the primary of the view";
  Message wrong_role = p;
  wrong_role.head.role = BAC_ROLE_CS;
  c.world.Sign(&wrong_role, 0, &bac_pbft);
  e.Deliver(wrong_role);
  EXPECT_EQ(e.Rejects(BAC_REJECT_WRONG_ROLE), 2u);
  Message stolen = c.Proposal(0);
  stolen.head.height = 2;
  c.world.Sign(&stolen, 0, &bac_pbft);
  e.Deliver(stolen); /* kept for later, with a header of height 1 */
  EXPECT_TRUE(e.Sent(BAC_MSG_PREPARE).empty());
  /* A block of view 0's primary in another view, or a block cut by somebody else: in both the header does not fit. */
  struct bac_buf *payload = bac_buf_new(p.payload.data(), p.payload.size());
  struct bac_cost cost = {};
  struct bac_block *block = bac_block_decode(payload, 100000, &cost);
  for (int variant = 0; variant < 3; variant++) {
    Engine other(&c.world, &bac_pbft, 0);
    other.Start();
    struct bac_header h = block->header;
    if (variant == 0) h.round = 4;
    if (variant == 1) h.proposer = c.world.Id(2);
    struct bac_state *state = bac_state_genesis(&c.world.roster);
    if (variant < 2) other.Submit(c.world.Tx(1));
    struct bac_block *made = bac_block_build(&h, other.env.pool, state, nullptr, 0, 100000, &cost);
    bac_state_free(state);
    Message m;
    m.head.type = BAC_MSG_PRE_PREPARE;
    m.head.role = BAC_ROLE_PRIMARY;
    m.head.height = 1;
    memcpy(m.head.digest, made->digest, BAC_HASH_BYTES);
    m.payload.assign(made->payload->data, made->payload->data + made->payload->length);
    c.world.Sign(&m, 0, &bac_pbft);
    ASSERT_TRUE(e.Deliver(m));
    EXPECT_EQ(e.Rejects(BAC_REJECT_BLOCK), size_t(variant) + 1) << variant;
    bac_block_free(made);
  }
  bac_block_free(block);
  bac_buf_unref(payload);
  EXPECT_TRUE(e.Sent(BAC_MSG_PREPARE).empty());
  e.Deliver(p);
  EXPECT_EQ(e.Sent(BAC_MSG_PREPARE).size(), 1u);
}

/* Member 3 hears proposals, but no votes. */
TEST(PbftRules, ABackupPreparesAHeightAfterItHasCommittedTheOneBelow) {
  PbftCase c(4);
  Net net(&c.world, &bac_pbft);
  net.Start();
  auto deaf = [](uint32_t, uint32_t to, const Message &m) { return to != 3 || m.head.type == BAC_MSG_PRE_PREPARE; };
  net.SubmitAll(c.world.Tx(1));
  net.Run(1500 * BAC_MS, deaf);
  net.SubmitAll(c.world.Tx(1));
  net.Run(3000 * BAC_MS, deaf);
  ASSERT_EQ(net[0].Height(), 2u);
  EXPECT_EQ(net[3].Height(), 0u);
  for (const Message &m : net.log)
    if (m.head.sender == c.world.Id(3) && m.head.type == BAC_MSG_PREPARE) {
      EXPECT_EQ(m.head.height, 1u);
    }
  net[3].Forget();
  ASSERT_TRUE(net[3].Certified(net[0].env.blocks[0].first, net[0].env.blocks[0].second));
  EXPECT_EQ(net[3].Height(), 1u);
  ASSERT_EQ(net[3].Sent(BAC_MSG_PREPARE).size(), 1u);
  EXPECT_EQ(net[3].Sent(BAC_MSG_PREPARE)[0].head.height, 2u);
}

TEST(PbftRules, WatermarksAndCheckpoints) {
  PbftCase c(4);
  c.world.config.checkpoint_interval = 2;
  Engine e(&c.world, &bac_pbft, 3);
  e.Start();
  Digest any = {};
  e.Deliver(c.Vote(BAC_MSG_PREPARE, 1, 0, 4, any));
  EXPECT_EQ(e.Rejects(BAC_REJECT_WINDOW), 0u);
  e.Deliver(c.Vote(BAC_MSG_PREPARE, 1, 0, 5, any));
  e.Deliver(c.Vote(BAC_MSG_COMMIT, 1, 0, 5, any));
  EXPECT_EQ(e.Rejects(BAC_REJECT_WINDOW), 2u);
  e.Deliver(c.Vote(BAC_MSG_CHECKPOINT, 1, 0, 3, any));
  e.Deliver(c.Vote(BAC_MSG_CHECKPOINT, 1, 1, 2, any));
  EXPECT_EQ(e.Rejects(BAC_REJECT_MALFORMED), 2u) << "not a multiple of K; a view";

  Net net(&c.world, &bac_pbft);
  net.Start();
  /* Two CHECKPOINTs are not Q(4) = 3: those of 2 and 3 are lost. */
  auto lossy = [](uint32_t from, uint32_t, const Message &m) { return m.head.type != BAC_MSG_CHECKPOINT || from < 2; };
  for (int i = 0; i < 3; i++) {
    net.SubmitAll(c.world.Tx(1));
    net.Run(net.now + 1500 * BAC_MS, lossy);
  }
  ASSERT_EQ(net[0].Height(), 3u);
  auto *p = reinterpret_cast<struct pbft *>(net[0].state.get());
  EXPECT_EQ(p->stable.height, 0u);
  net.SubmitAll(c.world.Tx(1));
  net.Run(net.now + 1500 * BAC_MS, lossy);
  ASSERT_EQ(net[0].Height(), 4u);
  net.SubmitAll(c.world.Tx(1));
  net.Run(net.now + 1500 * BAC_MS, lossy);
  EXPECT_EQ(net[0].Height(), 4u) << "the primary stops at the high watermark";
  net.Run(net.now + 3 * BAC_SECOND);
  EXPECT_EQ(p->stable.height, 4u) << "sent again while it holds up the next block";
  EXPECT_NE(p->stable.certificate, nullptr);
  net.Run(net.now + 3 * BAC_SECOND);
  EXPECT_EQ(net[0].Height(), 5u);
  net[0].Forget();
  net[0].Deliver(c.Vote(BAC_MSG_COMMIT, 1, 0, 4, any));
  EXPECT_EQ(net[0].Rejects(BAC_REJECT_STALE), 1u);
  net[0].Deliver(c.Vote(BAC_MSG_COMMIT, 1, 0, 8, any));
  EXPECT_EQ(net[0].Rejects(BAC_REJECT_WINDOW), 0u);
  net[0].Deliver(c.Vote(BAC_MSG_COMMIT, 1, 0, 9, any));
  EXPECT_EQ(net[0].Rejects(BAC_REJECT_WINDOW), 1u);
}

/* A member that has got the blocks, but not the CHECKPOINTs on its way, rejects the next proposal: nobody can know (bac-sim, `pbft`, seed
 * 305280). */
TEST(PbftRules, SaysItsCheckpointAgainWhenAProposalComesToNothing) {
  PbftCase c(4);
  c.world.config.checkpoint_interval = 2;
  c.world.config.request_timeout = 60 * BAC_SECOND;
  Net net(&c.world, &bac_pbft);
  net.Start();
  for (int i = 0; i < 3; i++) {
    net.SubmitAll(c.world.Tx(1));
    net.Run(net.now + 1500 * BAC_MS);
  }
  ASSERT_EQ(net[0].Height(), 3u);
  ASSERT_EQ(reinterpret_cast<struct pbft *>(net[0].state.get())->stable.height, 2u);
  bool proposed = false;
  std::vector<uint64_t> again; /* heights */
  net.SubmitAll(c.world.Tx(1));
  net.Run(net.now + 59 * BAC_SECOND, [&](uint32_t from, uint32_t, const Message &m) {
    proposed = proposed || m.head.type == BAC_MSG_PRE_PREPARE;
    if (from == 0 && proposed && m.head.type == BAC_MSG_CHECKPOINT) again.push_back(m.head.height);
    return false;
  });
  ASSERT_TRUE(proposed);
  ASSERT_FALSE(again.empty());
  EXPECT_EQ(again[0], 2u);
}

/* Only what cannot be had otherwise: f members may say what they like. */
TEST(PbftRules, AsksForBlocksWhenMoreThanFMembersHaveThem) {
  PbftCase c(7);
  Engine e(&c.world, &bac_pbft, 3);
  e.Start();
  Digest any = {};
  for (uint32_t i : {1, 2}) e.Deliver(c.Vote(BAC_MSG_PREPARE, i, 0, 9, any));
  EXPECT_TRUE(e.env.wanted.empty());
  e.Deliver(c.Vote(BAC_MSG_PREPARE, 4, 0, 7, any));
  ASSERT_FALSE(e.env.wanted.empty());
  EXPECT_EQ(e.env.wanted.back(), 6u);
}

TEST(PbftRules, CertifiedBlocksNeedACertificateThatHoldsAndMayComeOutOfOrder) {
  PbftCase c(4);
  Net net(&c.world, &bac_pbft);
  net.Start();
  for (int i = 0; i < 3; i++) {
    net.SubmitAll(c.world.Tx(1));
    net.Run(net.now + 1500 * BAC_MS, [](uint32_t, uint32_t to, const Message &) { return to != 3; });
  }
  ASSERT_EQ(net[0].Height(), 3u);
  auto &blocks = net[0].env.blocks;
  Engine e(&c.world, &bac_pbft, 3);
  e.Start();
  e.Certified(blocks[0].first, c.Certificate(BAC_MSG_COMMIT, 0, 1, net[0].At(1), 0, 2));
  e.Certified(blocks[0].first, c.Certificate(BAC_MSG_PREPARE, 0, 1, net[0].At(1), 1, 3));
  e.Certified(blocks[0].first, c.Certificate(BAC_MSG_COMMIT, 0, 1, net[0].At(2), 0, 3));
  e.Certified(blocks[0].first, blocks[1].second);
  e.Certified(blocks[0].first, {});
  EXPECT_EQ(e.Rejects(BAC_REJECT_CERTIFICATE), 5u);
  EXPECT_EQ(e.Height(), 0u);
  e.Certified(blocks[2].first, blocks[2].second);
  e.Certified(blocks[1].first, blocks[1].second);
  EXPECT_EQ(e.Height(), 0u);
  e.Certified(blocks[0].first, blocks[0].second);
  EXPECT_EQ(e.Height(), 3u);
}

/* ---- Crash and restart ---- */

TEST(PbftRestore, ABackupNeverVotesForASecondBlock) {
  PbftCase c(4);
  Engine e(&c.world, &bac_pbft, 3);
  Message a = c.Proposal(), b = c.Proposal();
  e.Start();
  e.Deliver(a);
  ASSERT_EQ(e.Take(BAC_MSG_PREPARE).size(), 1u);
  e.Restart();
  e.Deliver(b);
  EXPECT_EQ(e.Rejects(BAC_REJECT_EQUIVOCATION), 1u);
  for (uint32_t i : {1, 2}) e.Deliver(c.Vote(BAC_MSG_PREPARE, i, 0, 1, b.digest()));
  for (const Message &m : e.env.sent) EXPECT_EQ(m.digest(), a.digest());
  EXPECT_TRUE(e.Sent(BAC_MSG_COMMIT).empty());
}

TEST(PbftRestore, WhatWasPreparedIsStillPrepared) {
  PbftCase c(4);
  Engine e(&c.world, &bac_pbft, 3);
  Message a = c.Proposal();
  e.Start();
  e.Deliver(a);
  e.Deliver(c.Vote(BAC_MSG_PREPARE, 1, 0, 1, a.digest()));
  ASSERT_EQ(e.Take(BAC_MSG_COMMIT).size(), 1u);
  e.Restart();
  ASSERT_EQ(e.Take(BAC_MSG_COMMIT).size(), 1u) << "sent again";
  for (uint32_t i : {1, 2}) e.Deliver(c.Change(i, 1));
  auto changes = e.Sent(BAC_MSG_VIEW_CHANGE);
  ASSERT_EQ(changes.size(), 1u);
  struct bac_reader r = bac_reader_over(changes[0].payload.data(), changes[0].payload.size());
  struct pbft_summary s;
  ASSERT_TRUE(pbft_summary_read(&r, &s));
  ASSERT_EQ(s.count, 1u);
  EXPECT_EQ(mock::DigestOf(s.claims[0].digest), a.digest());
  /* The body is there too: Q(n) COMMITs are all that it takes. */
  for (uint32_t i : {0, 1, 2}) e.Deliver(c.Vote(BAC_MSG_COMMIT, i, 0, 1, a.digest()));
  EXPECT_EQ(e.Height(), 1u);
}

TEST(PbftRestore, APrimaryProposesTheSameBlockAgain) {
  PbftCase c(4);
  Engine e(&c.world, &bac_pbft, 0);
  e.Start();
  e.Submit(c.world.Tx(1));
  e.Run(BAC_SECOND);
  auto first = e.Take(BAC_MSG_PRE_PREPARE);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].persists, 1u);
  e.Restart();
  e.Submit(c.world.Tx(2));
  e.Run(3 * BAC_SECOND);
  auto again = e.Sent(BAC_MSG_PRE_PREPARE);
  ASSERT_GE(again.size(), 1u);
  for (const Message &m : again) EXPECT_EQ(m.digest(), first[0].digest());
}

TEST(PbftRestore, AMemberThatLeftAViewDoesNotComeBackToIt) {
  PbftCase c(4);
  Engine e(&c.world, &bac_pbft, 3);
  e.Start();
  for (uint32_t i : {1, 2}) e.Deliver(c.Change(i, 1));
  ASSERT_EQ(e.Take(BAC_MSG_VIEW_CHANGE).size(), 1u);
  e.Restart();
  EXPECT_EQ(e.Round(), 1u);
  EXPECT_EQ(e.Sent(BAC_MSG_VIEW_CHANGE).size(), 1u);
  e.Deliver(c.Proposal());
  EXPECT_TRUE(e.Sent(BAC_MSG_PREPARE).empty());
}

TEST(PbftRestore, AMemberWhoseRecordIsBrokenFollowsAndNeverVotes) {
  PbftCase c(4);
  Engine e(&c.world, &bac_pbft, 3);
  Message a = c.Proposal();
  e.Start();
  e.Deliver(a);
  mock::Bytes whole = e.env.record;
  for (size_t cut : {size_t(0), size_t(1), size_t(30), whole.size() / 2, whole.size() - 1}) {
    e.env.record = whole;
    e.env.record.resize(cut);
    if (cut == 0) e.env.record = {9};
    e.Forget();
    e.Restart();
    e.Deliver(a);
    e.Deliver(c.Vote(BAC_MSG_PREPARE, 1, 0, 1, a.digest()));
    for (uint32_t i : {1, 2}) e.Deliver(c.Change(i, 1));
    e.Submit(c.world.Tx(2));
    e.Run(e.env.now + 30 * BAC_SECOND);
    EXPECT_TRUE(e.env.sent.empty()) << cut;
  }
  for (uint32_t i : {0, 1, 2}) e.Deliver(c.Vote(BAC_MSG_COMMIT, i, 0, 1, a.digest()));
  EXPECT_EQ(e.Height(), 1u);
}

TEST(PbftRules, TheDigestTellsStatesApart) {
  PbftCase c(4);
  Engine a(&c.world, &bac_pbft, 3), b(&c.world, &bac_pbft, 3);
  a.Start();
  b.Start();
  EXPECT_EQ(a.Hash(), b.Hash());
  Digest any = {};
  a.Deliver(c.Vote(BAC_MSG_PREPARE, 1, 0, 2, any));
  EXPECT_NE(a.Hash(), b.Hash());
  b.Deliver(c.Vote(BAC_MSG_PREPARE, 1, 0, 2, any));
  EXPECT_EQ(a.Hash(), b.Hash());
}

}  // namespace
