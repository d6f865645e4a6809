/* SPDX-License-Identifier: GPL-2.0-only */
/* The paper's literal rules, and what they lead to (protocols.md, section 1, table rows 1, 2 and 5). */
#include <gtest/gtest.h>

#include "sim/byzantine.h"
#include "sim/solo.h"

using namespace bac_test;

namespace {

constexpr bac_time kSoon = 100 * BAC_MS;

struct Paper : World {
  Paper(uint32_t n, bac_mode mode) : World(n) { config.mode = mode; }
};

/* The node leads round 2 of seven and collects the CS votes of round 1: CS are 2..6, P is 1, the CP is 0. */
TEST(BacPaper, Alg1CommitsOnOneToNothingTextNeedsMoreThanHalfOfCs) {
  for (bac_mode mode : {BAC_MODE_ALG1, BAC_MODE_TEXT}) {
    Paper w(7, mode);
    bac_entry *b1 = w.build(w.genesis(), 1, {});
    Solo s(&w, 2);
    s.start();
    s.propose(b1);
    s.say(3, w.vote(b1, 3)); /* one accept, no reject */
    EXPECT_EQ(mode == BAC_MODE_ALG1 ? 2u : 1u, s.round());
    s.say(4, w.vote(b1, 4));
    EXPECT_EQ(mode == BAC_MODE_ALG1 ? 2u : 1u, s.round());
    s.say(5, w.vote(b1, 5)); /* three of five */
    EXPECT_EQ(2u, s.round());
  }
}

TEST(BacPaper, Alg1WeighsRejects) {
  Paper w(7, BAC_MODE_ALG1);
  bac_entry *b1 = w.build(w.genesis(), 1, {});
  Solo s(&w, 2);
  s.start();
  s.say(3, w.vote(b1, 3, kReject)); /* before the block */
  s.propose(b1);
  s.say(4, w.vote(b1, 4));
  EXPECT_EQ(1u, s.round()); /* 1 to 1 */
  s.say(5, w.vote(b1, 5));
  EXPECT_EQ(2u, s.round());
}

TEST(BacPaper, ACsVotesOnlyOnceTheCandidatesAccept) {
  Paper w(7, BAC_MODE_TEXT);
  bac_entry *b1 = w.build(w.genesis(), 1, {});
  Solo s(&w, 4);
  s.start();
  s.propose(b1);
  s.run(5 * BAC_SECOND);
  EXPECT_FALSE(s.voted(1));
  s.validate(b1, 0);
  s.run(6 * BAC_SECOND);
  EXPECT_TRUE(s.voted(1));
}

TEST(BacPaper, ABlockIsPublishedWhenTheNextIsValidated) {
  Paper w(7, BAC_MODE_TEXT);
  bac_entry *b1 = w.build(w.genesis(), 1, {}), *b2 = w.build(b1, 2, {});
  Solo s(&w, 4);
  s.start();
  s.propose(b1);
  s.validate(b1, 0);
  s.propose(b2);
  EXPECT_EQ(0u, s.height());
  s.validate(b2, 0);
  EXPECT_EQ(1u, s.height());
}

TEST(BacPaper, ADeadPrimaryStopsTheShard) {
  Paper w(7, BAC_MODE_TEXT);
  Solo s(&w, 4);
  s.start();
  s.run(200 * BAC_SECOND);
  EXPECT_EQ(1u, s.round());
  EXPECT_FALSE(s.said(BAC_MSG_TIMEOUT));
}

/* Without view changes a round makes a block: no primary of a round far away can drag the others there. */
TEST(BacPaper, ARoundFarAwayIsRefused) {
  Paper w(7, BAC_MODE_TEXT);
  for (uint64_t round : {uint64_t{8}, uint64_t{1} << 40, (uint64_t{1} << 62) - 1, UINT64_MAX - 7, UINT64_MAX - 1}) {
    Solo s(&w, 4);
    s.start();
    s.propose(w.build(w.genesis(), round, {}));
    EXPECT_EQ(1u, s.round()) << round;
  }
}

/* The predicted violation: P proposes two blocks, one CS (n odd) or two (n even) vote for both, and each half commits
 * its own. Safe mode: the same traitors get nowhere. */
struct Split {
  uint64_t commits[2] = {0, 0}; /* conflicting commits seen by honest members of each half */
  uint64_t conflicts = 0;
};

void split(World *w, const std::vector<uint32_t> &left, const std::vector<uint32_t> &right, Split *result) {
  const bool safe = w->config.mode == BAC_MODE_SAFE;
  const uint32_t cp = w->with_role(1, BAC_ROLE_CP);
  auto just = [&](const bac_entry *parent) {
    return safe ? World::justification(parent ? w->qc(parent) : Bytes()) : Bytes();
  };
  bac_entry *first[2], *second[2];
  for (int side = 0; side < 2; side++) {
    first[side] = w->build(w->genesis(), 1, just(nullptr), side);
    second[side] = w->build(first[side], 2, safe ? Bytes() : just(first[side]), 10 + side);
  }
  std::map<uint64_t, Bytes> seen;
  for (int side = 0; side < 2; side++) {
    for (uint32_t honest : side == 0 ? left : right) {
      Solo s(w, honest);
      s.start();
      s.propose(first[side]);
      s.validate(first[side], cp); /* the candidate has seen this side's block only */
      /* everybody of this half accepts, and so do the traitors, as often as they are asked */
      for (uint32_t i : side == 0 ? left : right)
        if (i != honest && w->role(1, i) == BAC_ROLE_CS) s.say(i, w->vote(first[side], i));
      for (uint32_t i = 0; i < w->n(); i++) {
        bool is_left = std::find(left.begin(), left.end(), i) != left.end();
        bool is_right = std::find(right.begin(), right.end(), i) != right.end();
        if (!is_left && !is_right && w->role(1, i) == BAC_ROLE_CS) s.say(i, w->vote(first[side], i));
      }
      s.run(kSoon);
      if (!safe) { /* the primary of round 2 builds on what passed */
        s.propose(second[side]);
        s.validate(second[side], w->with_role(2, BAC_ROLE_CP));
      }
      for (auto &c : s.commits) {
        result->commits[side]++;
        auto known = seen.emplace(c.first, c.second);
        result->conflicts += known.first->second != c.second;
      }
      if (safe) result->commits[side] += s.round() > 1;
    }
  }
}

/* n = 11, f = 3. The traitors: P of round 1 (member 1), the CP (0) and one CS (2, who leads round 2), CS are 2..10.
 * Each half with the traitor has 5 of the 9 CS; of the roster it has 7, and Q(11) = 8. */
TEST(BacPaper, TwoConflictingCommitsUnderOneDoubleVoter) {
  for (bac_mode mode : {BAC_MODE_TEXT, BAC_MODE_ALG1}) {
    Paper w(11, mode);
    Split result;
    split(&w, {3, 4, 5, 6}, {7, 8, 9, 10}, &result);
    EXPECT_GT(result.commits[0], 0u);
    EXPECT_GT(result.commits[1], 0u);
    EXPECT_GT(result.conflicts, 0u) << "mode " << mode;
  }
}

TEST(BacPaper, SafeModeCertifiesNeitherUnderTheSameTraitors) {
  Paper w(11, BAC_MODE_SAFE);
  Split result;
  split(&w, {3, 4, 5, 6}, {7, 8, 9, 10}, &result);
  EXPECT_EQ(0u, result.commits[0]);
  EXPECT_EQ(0u, result.commits[1]);
}

TEST(BacPaper, BothModesRunWithoutFaults) {
  for (bac_mode mode : {BAC_MODE_TEXT, BAC_MODE_ALG1}) {
    for (int k = 0; k < 4; k++) {
      const bac_delivery delivery = k % 2 == 0 ? BAC_DELIVERY_BROADCAST : BAC_DELIVERY_UNICAST;
      bac_sim_config c = bac_sim_config_default("bac", 3);
      c.node.election = k < 2 ? BAC_ELECTION_SORTITION : BAC_ELECTION_ROUND_ROBIN;
      c.nodes = 7;
      c.node.mode = mode;
      c.node.delivery = delivery;
      c.loss_permille = 50;
      Arena a(c, Evil::kNone);
      a.run(30 * BAC_SECOND);
      EXPECT_EQ(0u, a.conflicts);
      EXPECT_GE(a.height_min(), 15u) << "mode " << mode << " delivery " << delivery << " election " << c.node.election;
    }
  }
}

}  // namespace
