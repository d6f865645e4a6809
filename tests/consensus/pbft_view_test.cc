/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT, leaving a view: when, what survives, and what a NEW_VIEW must show. */
#include <gtest/gtest.h>

#include "pbft_case.h"

using mock::Bytes;
using mock::Digest;
using mock::Engine;
using mock::Message;
using mock::Net;

namespace {

bool Not(const Message &m, uint32_t type) { return m.head.type != type; }

TEST(PbftTimer, ForwardsOnceThenLeavesTheView) {
  PbftCase c(4);
  Engine e(&c.world, &bac_pbft, 3);
  e.Start();
  e.Submit(c.world.Tx(1));
  e.Run(1900 * BAC_MS);
  EXPECT_TRUE(e.env.forwarded.empty());
  e.Run(3900 * BAC_MS);
  EXPECT_EQ(e.env.forwarded.size(), 1u);
  EXPECT_EQ(e.Round(), 0u);
  e.Run(4 * BAC_SECOND);
  EXPECT_EQ(e.Round(), 1u);
  auto changes = e.Sent(BAC_MSG_VIEW_CHANGE);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].persists, 1u);
  EXPECT_EQ(e.env.forwarded.size(), 1u);
  e.Run(600 * BAC_SECOND);
  EXPECT_EQ(e.Round(), 1u) << "alone it does not run away";
  EXPECT_GT(e.Sent(BAC_MSG_VIEW_CHANGE).size(), 5u) << "but keeps asking";
}

TEST(PbftTimer, TimeoutsDoubleWithoutProgress) {
  PbftCase c(4);
  Engine e(&c.world, &bac_pbft, 3);
  e.Start();
  e.Submit(c.world.Tx(1));
  e.Run(4 * BAC_SECOND);
  ASSERT_EQ(e.Round(), 1u);
  bac_time wait = 8 * BAC_SECOND;
  for (uint64_t view = 1; view <= 4; view++, wait *= 2) {
    /* Q(4) VIEW_CHANGEs, but the primary of the view is silent. */
    for (uint32_t i : {1, 2}) e.Deliver(c.Change(i, view));
    bac_time start = e.env.now;
    e.Run(start + wait - 1);
    EXPECT_EQ(e.Round(), view);
    e.Run(start + wait);
    EXPECT_EQ(e.Round(), view + 1);
  }
}

/* A member that went on counts for those behind it: else they would wait for its VIEW_CHANGE for ever. */
TEST(PbftTimer, LaterViewChangesCountForEarlierViews) {
  PbftCase c(4);
  Engine e(&c.world, &bac_pbft, 3);
  e.Start();
  e.Submit(c.world.Tx(1));
  e.Run(4 * BAC_SECOND);
  e.Deliver(c.Change(2, 1));
  e.Deliver(c.Change(1, 2));
  e.Run(12 * BAC_SECOND);
  EXPECT_EQ(e.Round(), 2u);
}

TEST(PbftView, JoinsTheSmallestViewThatFPlusOneAskFor) {
  PbftCase c(7);
  Engine e(&c.world, &bac_pbft, 6);
  e.Start();
  e.Deliver(c.Change(1, 5));
  e.Deliver(c.Change(2, 3));
  e.Deliver(c.Change(2, 3, 1));
  EXPECT_EQ(e.Round(), 0u);
  e.Deliver(c.Change(4, 9));
  EXPECT_EQ(e.Round(), 3u);
  EXPECT_EQ(e.Sent(BAC_MSG_VIEW_CHANGE).size(), 1u);
}

TEST(PbftView, ADeadPrimaryIsReplaced) {
  PbftCase c(4);
  Net net(&c.world, &bac_pbft);
  net.down[0] = true;
  net.Start();
  net.SubmitAll(c.world.Tx(1));
  net.Run(8 * BAC_SECOND);
  for (uint32_t i = 1; i < 4; i++) {
    EXPECT_EQ(net[i].Height(), 1u);
    EXPECT_EQ(net[i].Round(), 1u);
    EXPECT_EQ(net[i].env.view_changes, 1u);
    EXPECT_EQ(net[i].env.roles.back(), i == 1 ? BAC_ROLE_PRIMARY : BAC_ROLE_CS);
  }
  auto *p = reinterpret_cast<struct pbft *>(net[2].state.get());
  EXPECT_EQ(p->failures, 0u) << "progress brings the timeout back";
  /* Who was away finds out and takes part again. */
  net.down[0] = false;
  for (int i = 0; i < 4; i++) {
    net.SubmitAll(c.world.Tx(1));
    net.Run(net.now + 3 * BAC_SECOND);
  }
  EXPECT_EQ(net[0].Round(), 1u);
  EXPECT_FALSE(net[0].env.wanted.empty());
}

/* All are prepared, no COMMIT gets through: the block of view 0 comes back in view 1 with its digest. */
TEST(PbftView, APreparedBlockSurvives) {
  PbftCase c(4);
  Net net(&c.world, &bac_pbft);
  net.Start();
  net.SubmitAll(c.world.Tx(1));
  net.Run(3 * BAC_SECOND, [](uint32_t, uint32_t, const Message &m) { return Not(m, BAC_MSG_COMMIT); });
  ASSERT_EQ(net[0].Height(), 0u);
  ASSERT_EQ(net[0].env.proposed.size(), 1u);
  Digest d = net[0].env.proposed[0];
  net.down[0] = true;
  net.Run(12 * BAC_SECOND,
          [](uint32_t, uint32_t, const Message &m) { return m.head.view > 0 || Not(m, BAC_MSG_COMMIT); });
  for (uint32_t i = 1; i < 4; i++) {
    ASSERT_EQ(net[i].Height(), 1u);
    EXPECT_EQ(net[i].At(1), d);
    EXPECT_EQ(net[i].Round(), 1u);
  }
  EXPECT_TRUE(net[1].env.proposed.empty()) << "it was proposed once";
}

/* The same, and the new primary has never seen the block: those who are prepared send it. */
TEST(PbftView, APreparedBlockReachesANewPrimaryThatLacksIt) {
  PbftCase c(4);
  Net net(&c.world, &bac_pbft);
  net.Start();
  net.SubmitAll(c.world.Tx(1));
  net.Run(3 * BAC_SECOND, [](uint32_t, uint32_t to, const Message &m) {
    return Not(m, BAC_MSG_COMMIT) && (to != 1 || Not(m, BAC_MSG_PRE_PREPARE));
  });
  Digest d = net[0].env.proposed.at(0);
  net.down[0] = true;
  net.log.clear();
  net.Run(20 * BAC_SECOND,
          [](uint32_t, uint32_t, const Message &m) { return m.head.view > 0 || Not(m, BAC_MSG_COMMIT); });
  size_t old = 0;
  for (const Message &m : net.log) old += m.head.type == BAC_MSG_PRE_PREPARE && m.head.view == 0 && m.again;
  EXPECT_EQ(old, 1u) << "one after the other, not all at once";
  for (uint32_t i = 1; i < 4; i++) {
    ASSERT_EQ(net[i].Height(), 1u);
    EXPECT_EQ(net[i].At(1), d);
  }
}

/* Decided at one member only: the new view starts from there. Who has the body needs nobody to send the block (bac-sim, seed 2252: only
 * byzantine members had committed it, and kept it to themselves); who has not asks for it. */
TEST(PbftView, ADecidedBlockIsTheBase) {
  PbftCase c(4);
  Net net(&c.world, &bac_pbft);
  net.Start();
  net.SubmitAll(c.world.Tx(1));
  net.Run(2 * BAC_SECOND, [](uint32_t, uint32_t to, const Message &m) {
    return to == 3 || (Not(m, BAC_MSG_COMMIT) && (to != 1 || Not(m, BAC_MSG_PRE_PREPARE)));
  });
  ASSERT_EQ(net[3].Height(), 1u);
  ASSERT_EQ(net[1].Height(), 0u);
  Digest d = net[3].At(1);
  net.down[0] = true;
  net.SubmitAll(c.world.Tx(2));
  net.Run(12 * BAC_SECOND, [](uint32_t, uint32_t, const Message &m) { return Not(m, BAC_MSG_COMMIT); });
  auto *p = reinterpret_cast<struct pbft *>(net[1].state.get());
  EXPECT_GE(net[1].Round(), 1u);
  EXPECT_EQ(p->best_base.height, 1u);
  EXPECT_EQ(mock::DigestOf(p->best_base.digest), d);
  EXPECT_EQ(net[1].Height(), 0u);
  EXPECT_FALSE(net[1].env.wanted.empty());
  ASSERT_EQ(net[2].Height(), 1u);
  EXPECT_EQ(net[2].At(1), d);
  net[1].Certified(net[3].env.blocks[0].first, net[3].env.blocks[0].second);
  net.Run(net.now + 60 * BAC_SECOND);
  for (uint32_t i = 1; i < 4; i++) {
    EXPECT_EQ(net[i].At(1), d);
    EXPECT_EQ(net[i].Height(), 2u);
  }
}

TEST(PbftView, OSetTakesTheHighestViewAndFillsGapsWithNull) {
  struct pbft_summary a = {}, b = {}, c = {};
  a.count = 2;
  a.claims[0] = {6, 1, {0xa1}};
  a.claims[1] = {8, 1, {0xa2}};
  b.base_height = 5;
  b.count = 1;
  b.claims[0] = {6, 3, {0xb1}};
  c.count = 1;
  c.claims[0] = {4, 9, {0xc1}};
  const struct pbft_summary *all[] = {&a, &b, &c};
  struct pbft_prescribed o[PBFT_CLAIMS];
  ASSERT_EQ(pbft_o_set(all, 3, 5, o), 3u);
  EXPECT_EQ(o[0].height, 6u);
  EXPECT_FALSE(o[0].null);
  EXPECT_EQ(o[0].view, 3u);
  EXPECT_EQ(o[0].digest[0], 0xb1);
  EXPECT_TRUE(o[1].null);
  EXPECT_EQ(o[1].height, 7u);
  EXPECT_EQ(o[2].digest[0], 0xa2);
  EXPECT_EQ(pbft_o_set(all, 3, 8, o), 0u) << "all decided";
  EXPECT_EQ(pbft_o_set(all, 0, 0, o), 0u);
}

/* Member 1 makes the NEW_VIEW of view 1 with a prepared block in it; member 3, who missed that block, judges it and its
 * variations. */
struct Judged : PbftCase {
  Judged() : PbftCase(4), net(&world, &bac_pbft) {
    net.Start();
    net.SubmitAll(world.Tx(1));
    auto filter = [](uint32_t, uint32_t to, const Message &m) { return Not(m, BAC_MSG_COMMIT) && to != 3; };
    net.Run(3 * BAC_SECOND, filter);
    net.down[0] = true;
    net.Run(6 * BAC_SECOND, filter);
    for (const Message &m : net.log)
      if (m.head.type == BAC_MSG_NEW_VIEW) good = m;
  }
  /* Length of the i-th entry of the quorum, and where it starts. */
  size_t Entry(size_t i, size_t *length) {
    size_t at = 2;
    for (size_t k = 0;; k++) {
      size_t claims = good.payload[at + 70 + 48];
      *length = 70 + 49 + claims * 48;
      if (k == i) return at;
      at += *length;
    }
  }
  bool Accepts(Message m, uint32_t sender = 1) {
    Engine e(&world, &bac_pbft, 3);
    e.Start();
    world.Sign(&m, sender, &bac_pbft);
    EXPECT_TRUE(e.Deliver(m));
    return e.Round() == 1 && e.env.rejects.empty();
  }
  Net net;
  Message good;
};

TEST(PbftNewView, AcceptsWhatFollowsFromQuorum) {
  Judged j;
  ASSERT_EQ(j.good.head.type, uint32_t(BAC_MSG_NEW_VIEW));
  EXPECT_TRUE(j.Accepts(j.good));
  EXPECT_LT(j.good.payload.size(), 1500u) << "certificates once, not in every VIEW_CHANGE";
}

TEST(PbftNewView, RefusesEverythingElse) {
  Judged j;
  ASSERT_EQ(j.good.payload.at(0), 3);
  EXPECT_FALSE(j.Accepts(j.good, 2)) << "not the primary of view 1";
  size_t length, length1, at0 = j.Entry(0, &length), at1 = j.Entry(1, &length1);
  Message m = j.good;
  m.payload[0] = 2;
  m.payload.erase(m.payload.begin() + at1, m.payload.begin() + at1 + length1);
  EXPECT_FALSE(j.Accepts(m)) << "2 of 4";
  m = j.good;
  Bytes entry(j.good.payload.begin() + at0, j.good.payload.begin() + at0 + length);
  m.payload.erase(m.payload.begin() + at1, m.payload.begin() + at1 + length1);
  m.payload.insert(m.payload.begin() + at1, entry.begin(), entry.end());
  EXPECT_FALSE(j.Accepts(m)) << "one member twice";
  for (size_t offset : {size_t(0), size_t(2), size_t(6), size_t(69), size_t(70), size_t(78), size_t(86), length - 1}) {
    m = j.good;
    m.payload[at0 + offset] ^= 1;
    EXPECT_FALSE(j.Accepts(m)) << "forged VIEW_CHANGE, byte " << offset;
  }
  /* base: height, digest, no certificate; then the prescribed block. */
  size_t length2, at2 = j.Entry(2, &length2), base = at2 + length2, list = base + 8 + 32 + 4;
  ASSERT_EQ(j.good.payload.at(list), 1);
  m = j.good;
  m.payload.resize(list + 1);
  m.payload[list] = 0;
  EXPECT_FALSE(j.Accepts(m)) << "hides a prepared block";
  m.payload[list] = 1;
  m.payload.insert(m.payload.end(), {1, 0, 0, 0, 0, 0, 0, 0, 1});
  EXPECT_FALSE(j.Accepts(m)) << "null in its place";
  m = j.good;
  m.payload[base] = 1;
  EXPECT_FALSE(j.Accepts(m)) << "a base without a certificate";
  m.payload.resize(list + 1);
  m.payload[list] = 0;
  EXPECT_FALSE(j.Accepts(m)) << "a base without a certificate, to skip the prepared block";
  for (size_t offset : {1, 9, 10, 18, 50, 114, 118, 140}) {
    m = j.good;
    m.payload.at(list + offset) ^= 1;
    EXPECT_FALSE(j.Accepts(m)) << "prescribed block, byte " << offset;
  }
  m = j.good;
  m.payload.back() ^= 1;
  EXPECT_FALSE(j.Accepts(m)) << "a forged PREPARE";
  m = j.good;
  m.payload.push_back(0);
  EXPECT_FALSE(j.Accepts(m));
  m = j.good;
  m.head.view = 5;
  EXPECT_FALSE(j.Accepts(m)) << "VIEW_CHANGEs for another view";
}

/* What NEW_VIEW lays down for a height is the only block there. */
TEST(PbftNewView, BindsThePrimary) {
  Judged j;
  Engine e(&j.world, &bac_pbft, 3);
  e.Start();
  ASSERT_TRUE(e.Deliver(j.good));
  Engine other(&j.world, &bac_pbft, 1);
  auto *p = reinterpret_cast<struct pbft *>(other.state.get());
  p->view = 1;
  other.Start();
  other.Submit(j.world.Tx(2));
  other.Run(2 * BAC_SECOND);
  Message fresh = other.Sent(BAC_MSG_PRE_PREPARE).at(0);
  e.Deliver(fresh);
  EXPECT_TRUE(e.Sent(BAC_MSG_PREPARE).empty());
  EXPECT_EQ(e.Rejects(BAC_REJECT_BLOCK), 1u);
  e.Restart();
  e.Deliver(fresh);
  EXPECT_TRUE(e.Sent(BAC_MSG_PREPARE).empty())
      << "after a crash as well (nothing was persisted before the vote, or it was)";
}

TEST(PbftView, CertificatesBesideAViewChangeMustHold) {
  PbftCase c(4);
  Engine e(&c.world, &bac_pbft, 3);
  e.Start();
  Message p = c.Proposal();
  auto with = [&](const struct pbft_summary &s, const Bytes &base, const uint8_t *signature, const Bytes &qc) {
    Bytes proofs(4);
    bac_put_u32(proofs.data(), uint32_t(base.size()));
    proofs.insert(proofs.end(), base.begin(), base.end());
    if (s.count > 0) {
      proofs.insert(proofs.end(), signature, signature + BAC_SIGNATURE_BYTES);
      Bytes length(4);
      bac_put_u32(length.data(), uint32_t(qc.size()));
      proofs.insert(proofs.end(), length.begin(), length.end());
      proofs.insert(proofs.end(), qc.begin(), qc.end());
    }
    return c.Change(1, s, proofs);
  };
  struct pbft_summary s = {};
  s.view = 1;
  s.base_height = 7;
  Digest d = p.digest();
  memcpy(s.base_digest, d.data(), d.size());
  e.Deliver(with(s, c.Certificate(BAC_MSG_COMMIT, 0, 7, d, 0, 2), nullptr, {}));
  e.Deliver(with(s, c.Certificate(BAC_MSG_PREPARE, 0, 7, d, 1, 3), nullptr, {}));
  e.Deliver(with(s, c.Certificate(BAC_MSG_COMMIT, 0, 8, d, 0, 3), nullptr, {}));
  e.Deliver(with(s, c.Certificate(BAC_MSG_CHECKPOINT, 1, 7, d, 0, 3), nullptr, {}));
  EXPECT_EQ(e.Rejects(BAC_REJECT_CERTIFICATE), 4u);
  auto *state = reinterpret_cast<struct pbft *>(e.state.get());
  EXPECT_EQ(state->best_base.height, 0u);
  EXPECT_FALSE(state->changes[1].used);
  struct bac_block *genesis = bac_block_genesis(&c.world.roster);
  s = {};
  s.view = 1;
  memcpy(s.base_digest, genesis->digest, BAC_HASH_BYTES);
  bac_block_free(genesis);
  s.count = 1;
  s.claims[0] = {1, 0, {}};
  memcpy(s.claims[0].digest, d.data(), d.size());
  Bytes good = c.Certificate(BAC_MSG_PREPARE, 0, 1, d, 1, 2);
  Bytes few = c.Certificate(BAC_MSG_PREPARE, 0, 1, d, 1, 1), own = c.Certificate(BAC_MSG_PREPARE, 0, 1, d, 0, 2);
  uint8_t bad[BAC_SIGNATURE_BYTES] = {1};
  e.Deliver(with(s, {}, p.head.signature, few));
  e.Deliver(with(s, {}, p.head.signature, own)); /* counts the primary's PREPARE */
  e.Deliver(with(s, {}, bad, good));
  EXPECT_EQ(e.Rejects(BAC_REJECT_CERTIFICATE), 7u);
  EXPECT_FALSE(state->changes[1].used);
  e.Deliver(with(s, {}, p.head.signature, good));
  EXPECT_EQ(e.Rejects(BAC_REJECT_CERTIFICATE), 7u);
  EXPECT_TRUE(state->changes[1].used);
  EXPECT_NE(pbft_known_proof(state, 1), nullptr);
}

/* Claims that nobody proves do not get into a NEW_VIEW, and do not stop the others from making one. */
TEST(PbftView, UnprovenClaimsAreLeftOut) {
  PbftCase c(4);
  Engine e(&c.world, &bac_pbft, 1);
  e.Start();
  struct pbft_summary s = {};
  s.view = 1;
  s.base_height = 50;
  e.Deliver(c.Change(0, s, {0, 0, 0, 0}));
  e.Deliver(c.Change(2, 1));
  EXPECT_EQ(e.Round(), 1u);
  EXPECT_TRUE(e.Sent(BAC_MSG_NEW_VIEW).empty()) << "own, 2's and one without proof";
  e.Deliver(c.Change(3, 1));
  ASSERT_EQ(e.Sent(BAC_MSG_NEW_VIEW).size(), 1u);
  EXPECT_GE(e.Sent(BAC_MSG_NEW_VIEW)[0].persists, 2u) << "the view is durable before others learn of it";
}

TEST(PbftView, AMemberInTheViewHelpsOneThatAsksForIt) {
  PbftCase c(4);
  Engine e(&c.world, &bac_pbft, 1);
  e.Start();
  for (uint32_t i : {2, 3}) e.Deliver(c.Change(i, 1));
  ASSERT_EQ(e.Take(BAC_MSG_NEW_VIEW).size(), 1u);
  e.env.now += 10 * BAC_SECOND;
  e.Deliver(c.Change(0, 1, 4));
  e.Deliver(c.Change(0, 1, 8));
  EXPECT_EQ(e.Sent(BAC_MSG_NEW_VIEW).size(), 1u) << "and not for every message";
  EXPECT_TRUE(e.Sent(BAC_MSG_NEW_VIEW)[0].again);
}

}  // namespace
