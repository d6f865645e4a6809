/* SPDX-License-Identifier: GPL-2.0-only */
/* BAC's primaries by sortition, rule by rule: one node among members that say what the test wants. */
#include <gtest/gtest.h>

#include "sim/solo.h"

using namespace bac_test;

namespace {

constexpr bac_time kSoon = 100 * BAC_MS;

struct Twelve : World {
  explicit Twelve(uint64_t seed = 1, uint32_t members = 12) : World(members, seed) { sortition(); }
  /* A block by an elected member, or whoever else, with its proof. */
  bac_entry *by(uint32_t who, bac_entry *parent, uint64_t round, bac_time at = 0) {
    Bytes certificate = proof(round, who), rest = justification(parent->block->header.height > 0 ? qc(parent) : Bytes());
    certificate.insert(certificate.end(), rest.begin(), rest.end());
    return build(parent, round, certificate, at, who);
  }
  /* A member in this role that is none of these. */
  uint32_t bystander(bac_role r, const std::vector<uint32_t> &but) const {
    for (uint32_t i = 0; i < n(); i++)
      if (bac_electorate_role(&electorate, 1, i) == r && std::find(but.begin(), but.end(), i) == but.end()) return i;
    abort();
  }
};

/* A world of which the first round elects at least two, with a CP and a CS among the others. */
uint64_t seed_of_two() {
  for (uint64_t seed = 1;; seed++) {
    Twelve w(seed);
    if (w.elected(1).size() < 2 || w.elected(1).size() > 5) continue;
    uint32_t cps = 0, css = 0;
    auto who = w.elected(1);
    for (uint32_t i = 0; i < w.n(); i++)
      if (std::find(who.begin(), who.end(), i) == who.end()) (bac_electorate_role(&w.electorate, 1, i) == BAC_ROLE_CP ? cps : css)++;
    if (cps > 0 && css > 0) return seed;
  }
}

void say_claim(Solo *s, uint64_t round, uint32_t i, std::function<void(Bytes *)> spoil = nullptr) {
  bac_claim c = s->w->claim(round, i);
  Bytes payload(BAC_CLAIM_BYTES);
  bac_claim_write(&c, payload.data());
  if (spoil) spoil(&payload);
  bac_msg m = {};
  m.protocol = kBac;
  m.type = BAC_MSG_CLAIM;
  m.role = BAC_ROLE_PRIMARY;
  m.view = round;
  s->w->sign(&m, i);
  s->say(i, m, payload);
}

TEST(BacElection, WhoIsElectedClaimsAndTheWinnerProposes) {
  Twelve w(seed_of_two());
  auto who = w.elected(1);
  Solo winner(&w, who[0]), second(&w, who[1]), informed(&w, who[1]), other(&w, w.bystander(BAC_ROLE_CS, who));
  for (Solo *s : {&winner, &second, &informed, &other}) s->start();
  say_claim(&winner, 1, who[1]);
  say_claim(&informed, 1, who[0]);
  for (Solo *s : {&winner, &second, &informed, &other}) s->run(2 * BAC_SECOND);
  EXPECT_TRUE(winner.said(BAC_MSG_CLAIM, 1));
  EXPECT_TRUE(informed.said(BAC_MSG_CLAIM, 1));
  EXPECT_FALSE(other.said(BAC_MSG_CLAIM));
  EXPECT_TRUE(winner.said(BAC_MSG_BLOCK_REQUEST, 1));
  EXPECT_FALSE(informed.said(BAC_MSG_BLOCK_REQUEST));
  EXPECT_TRUE(second.said(BAC_MSG_BLOCK_REQUEST, 1)); /* it knows of no better one */
  EXPECT_FALSE(other.said(BAC_MSG_BLOCK_REQUEST));
  EXPECT_EQ(1u, winner.counters().claims);
  EXPECT_EQ(0u, winner.counters().fallbacks);
  EXPECT_EQ(1u, other.counters().draws);
  /* What it proposes proves that it leads, to anybody. */
  auto p = winner.of(BAC_MSG_BLOCK_REQUEST, 1);
  Solo cp(&w, w.bystander(BAC_ROLE_CP, who));
  cp.start();
  cp.now = winner.now;
  cp.say(who[0], p[0].msg, p[0].payload);
  cp.run(cp.now + kSoon);
  EXPECT_TRUE(cp.voted(1));
}

TEST(BacElection, ClaimsAreAwaitedForTwoDelta) {
  Twelve w(seed_of_two());
  w.config.block_interval = 10 * BAC_MS; /* a block is due long before */
  auto who = w.elected(1);
  Solo s(&w, who[1]);
  s.start();
  s.run(2 * w.config.delta - 20 * BAC_MS);
  EXPECT_FALSE(s.said(BAC_MSG_BLOCK_REQUEST));
  say_claim(&s, 1, who[0]); /* just in time */
  s.run(2 * BAC_SECOND);
  EXPECT_FALSE(s.said(BAC_MSG_BLOCK_REQUEST));
}

TEST(BacElection, AProposalWithoutAProofIsRefused) {
  Twelve w(seed_of_two());
  auto who = w.elected(1);
  const uint32_t voter = w.bystander(BAC_ROLE_CP, who), fallback = bac_electorate_fallback(&w.electorate, 1);
  uint32_t outsider = 0;
  while (outsider == voter || outsider == fallback || w.claim(1, outsider).lambda > 0) outsider++;
  auto refused = [&](uint32_t by, const Bytes &proof) {
    Solo s(&w, voter);
    s.start();
    Bytes certificate = proof, rest = World::justification({});
    certificate.insert(certificate.end(), rest.begin(), rest.end());
    s.propose(w.build(w.genesis(), 1, certificate, static_cast<bac_time>(w.cost.signs), by));
    s.run(kSoon);
    return !s.voted(1) && s.rejects(BAC_REJECT_CERTIFICATE) + s.rejects(BAC_REJECT_WRONG_ROLE) == 1;
  };
  EXPECT_TRUE(refused(outsider, {0}));                        /* it is not its turn */
  EXPECT_TRUE(refused(outsider, w.proof(1, who[0])));         /* somebody else's claim */
  EXPECT_TRUE(refused(who[0], w.proof(2, who[0])));           /* of another round, if it holds for that one at all */
  EXPECT_TRUE(refused(outsider, {}));                         /* torn */
  EXPECT_TRUE(refused(outsider, {2}));
  Bytes inflated = w.proof(1, who[0]);
  inflated[1]++; /* more units than were elected: a better priority */
  EXPECT_TRUE(refused(who[0], inflated));
  Bytes forged = w.proof(1, who[0]);
  forged.back() ^= 1;
  EXPECT_TRUE(refused(who[0], forged));
  EXPECT_FALSE(refused(who[0], w.proof(1, who[0])));
}

/* The block's seed is the primary's VRF output over its parent's: it can neither choose another one nor leave the proof out. */
TEST(BacElection, AProposalWhoseSeedIsNotItsVrfOutputIsNotVotedFor) {
  Twelve w(seed_of_two());
  auto who = w.elected(1);
  const uint32_t voter = w.bystander(BAC_ROLE_CP, who);
  auto voted = [&](std::function<void(bac_header *)> spoil) {
    Solo s(&w, voter);
    s.start();
    Bytes certificate = w.proof(1, who[0]), rest = World::justification({});
    certificate.insert(certificate.end(), rest.begin(), rest.end());
    bac_entry at = {};
    at.block = w.pack(w.genesis(), 1, certificate, static_cast<bac_time>(w.cost.signs), who[0], spoil);
    s.propose(&at);
    s.run(kSoon);
    bac_block_free(at.block);
    EXPECT_EQ(s.voted(1) ? 0u : 1u, s.rejects(BAC_REJECT_BLOCK));
    return s.voted(1);
  };
  const uint8_t *genesis = w.genesis()->block->header.seed;
  EXPECT_TRUE(voted([](bac_header *) {}));
  EXPECT_FALSE(voted([](bac_header *h) { h->seed[0] ^= 1; }));
  EXPECT_FALSE(voted([](bac_header *h) { h->seed_proof[79] ^= 1; }));
  EXPECT_FALSE(voted([&](bac_header *h) { bac_seed_prove(h, genesis, w.keys[who[1]].vrf_secret, &w.cost); })); /* another member's */
  EXPECT_FALSE(voted([&](bac_header *h) {
    uint8_t other[BAC_HASH_BYTES] = {1};
    bac_seed_prove(h, other, w.keys[who[0]].vrf_secret, &w.cost);
  }));
  EXPECT_FALSE(voted([&](bac_header *h) { /* the hash, which a proposer knows beforehand and would choose where it suits it better */
    *h = bac_header{h->shard, h->epoch, h->height, h->round, h->proposer, h->proposed_at, 0, 0, {}, {}, {}, {}, {}, false, {}, {}};
    memcpy(h->prev_hash, w.genesis()->block->digest, BAC_HASH_BYTES);
    bac_block_seed(h->seed, genesis, 1);
  }));
}

TEST(BacElection, SeedsOfPrimariesCostThemAProofAndEachVoterAVerification) {
  Twelve w(seed_of_two());
  auto who = w.elected(1);
  Solo winner(&w, who[0]), voter(&w, w.bystander(BAC_ROLE_CP, who));
  winner.start();
  winner.run(2 * BAC_SECOND);
  auto p = winner.of(BAC_MSG_BLOCK_REQUEST, 1);
  ASSERT_FALSE(p.empty());
  EXPECT_GE(winner.cost.vrf_proves, 2u); /* its draw, its seed */
  voter.start();
  voter.now = winner.now;
  const uint32_t before = voter.cost.vrf_verifies;
  voter.say(who[0], p[0].msg, p[0].payload);
  EXPECT_EQ(2u, voter.cost.vrf_verifies - before); /* that it is elected, and the seed */
}

TEST(BacElection, AForgedClaimIsRefusedAndATrueOneKept) {
  Twelve w(seed_of_two());
  auto who = w.elected(1);
  Solo s(&w, who[1]);
  s.start();
  say_claim(&s, 1, who[0], [](Bytes *p) { (*p)[0]++; });
  say_claim(&s, 1, who[0], [](Bytes *p) { p->back() ^= 1; });
  say_claim(&s, 1, w.bystander(BAC_ROLE_CS, who)); /* lambda 0 */
  EXPECT_EQ(3u, s.rejects(BAC_REJECT_CERTIFICATE));
  say_claim(&s, 1, who[0], [](Bytes *p) { p->pop_back(); });
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_MALFORMED));
  say_claim(&s, 1, who[0]);
  s.run(2 * BAC_SECOND);
  EXPECT_FALSE(s.said(BAC_MSG_BLOCK_REQUEST));
}

/* A CP that knows of a better claim waits for its block, 2 delta, and then takes the one that came; it votes once. */
TEST(BacElection, AVoterWaitsForTheBestClaimItKnows) {
  Twelve w(seed_of_two());
  auto who = w.elected(1);
  bac_entry *best = w.by(who[0], w.genesis(), 1), *worse = w.by(who[1], w.genesis(), 1);
  const uint32_t cp = w.bystander(BAC_ROLE_CP, who);
  auto votes_for = [](const Solo &s) {
    auto v = s.of(BAC_MSG_CP_VALIDATE, 1);
    return v.empty() ? Bytes() : Bytes(v[0].msg.digest, v[0].msg.digest + BAC_HASH_BYTES);
  };
  const Bytes a(best->block->digest, best->block->digest + BAC_HASH_BYTES), b(worse->block->digest, worse->block->digest + BAC_HASH_BYTES);
  { /* it knows of no better one: at once, and then never again */
    Solo s(&w, cp);
    s.start();
    s.propose(worse);
    s.run(kSoon);
    EXPECT_EQ(b, votes_for(s));
    s.propose(best);
    s.run(3 * BAC_SECOND);
    for (auto &v : s.of(BAC_MSG_CP_VALIDATE, 1)) EXPECT_EQ(0, memcmp(v.msg.digest, b.data(), b.size()));
  }
  { /* the better one comes in time */
    Solo s(&w, cp);
    s.start();
    say_claim(&s, 1, who[0]);
    s.propose(worse);
    s.run(4 * kSoon);
    EXPECT_TRUE(votes_for(s).empty());
    s.propose(best);
    s.run(5 * kSoon);
    EXPECT_EQ(a, votes_for(s));
  }
  { /* it does not come */
    Solo s(&w, cp);
    s.start();
    say_claim(&s, 1, who[0]);
    s.propose(worse);
    s.run(2 * w.config.delta - 10 * BAC_MS);
    EXPECT_TRUE(votes_for(s).empty());
    s.run(2 * w.config.delta + 10 * BAC_MS);
    EXPECT_EQ(b, votes_for(s));
    EXPECT_TRUE(s.durable_first);
  }
}

TEST(BacElection, WhereNobodyIsElectedACandidateLeadsInTurnAfterTheClaimsHadTime) {
  Twelve w;
  for (uint32_t i = 2; i < w.n(); i++) w.members[i].units = 0; /* two with 50 units each, tau 5: nobody in one round of 170 */
  for (uint64_t seed = 1;; seed++) {
    memcpy(w.roster.seed, &seed, sizeof seed);
    w.sortition();
    if (w.elected(1).empty()) break;
  }
  w.config.block_interval = 10 * BAC_MS;
  const uint32_t turn = bac_electorate_fallback(&w.electorate, 1);
  Solo s(&w, turn), next(&w, bac_electorate_fallback(&w.electorate, 2));
  s.start();
  next.start();
  s.run(3 * w.config.delta - 10 * BAC_MS);
  EXPECT_FALSE(s.said(BAC_MSG_BLOCK_REQUEST));
  s.run(3 * w.config.delta + 60 * BAC_MS);
  ASSERT_TRUE(s.said(BAC_MSG_BLOCK_REQUEST, 1));
  EXPECT_EQ(1u, s.counters().fallbacks);
  next.run(s.now);
  EXPECT_FALSE(next.said(BAC_MSG_BLOCK_REQUEST));
  auto p = s.of(BAC_MSG_BLOCK_REQUEST, 1);
  next.say(turn, p[0].msg, p[0].payload);
  next.run(next.now + kSoon);
  EXPECT_TRUE(next.voted(1));
}

/* The certificate says whose proposal is among its votes; with another name it does not hold. */
TEST(BacElection, ACertificateNamesTheProposer) {
  Twelve w(seed_of_two());
  auto who = w.elected(1);
  bac_entry *b1 = w.by(who[0], w.genesis(), 1);
  std::vector<uint32_t> signers = w.quorum_of({who[0]});
  signers.pop_back();
  signers.push_back(who[0]);
  Solo s(&w, w.bystander(BAC_ROLE_CS, who));
  s.start();
  bac_qc qc = w.qc_struct(b1, signers);
  ASSERT_EQ(1 + who[0], qc.proposer);
  qc.proposer = 0;
  s.hashed(who[0], BAC_MSG_QC, 1, take(bac_qc_encode(&qc)));
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_CERTIFICATE));
  qc.proposer = 1 + who[1];
  s.hashed(who[0], BAC_MSG_QC, 1, take(bac_qc_encode(&qc)));
  EXPECT_EQ(2u, s.rejects(BAC_REJECT_CERTIFICATE));
  EXPECT_EQ(1u, s.round());
  qc.proposer = 1 + who[0];
  s.hashed(who[0], BAC_MSG_QC, 1, take(bac_qc_encode(&qc)));
  EXPECT_EQ(2u, s.round());
  bac_qc_clear(&qc);
}

/* A CP's word on a header whose author is not elected does not make it a proposal. */
TEST(BacElection, AValidationCarriesTheProof) {
  Twelve w(seed_of_two());
  auto who = w.elected(1);
  const uint32_t cp = w.bystander(BAC_ROLE_CP, who);
  bac_entry *b1 = w.by(who[0], w.genesis(), 1);
  Solo s(&w, w.bystander(BAC_ROLE_CS, who));
  s.start();
  Bytes payload = w.validation(b1);
  payload.back() ^= 1;
  s.say(cp, w.vote(b1, cp), payload);
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_CERTIFICATE));
  s.validate(b1, cp);
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_CERTIFICATE));
  s.propose(b1);
  s.run(kSoon);
  EXPECT_TRUE(s.voted(1));
}

TEST(BacElection, ClaimsMayTravelWithTheVotesOfTheRoundBefore) {
  Twelve w(seed_of_two());
  auto who = w.elected(1);
  for (bool early : {false, true}) {
    w.config.early_claims = early;
    uint32_t found = 0;
    for (uint32_t i = 0; i < w.n(); i++) {
      if (i == who[0] || w.claim(2, i).lambda == 0) continue;
      found++;
      bac_entry *b1 = w.by(who[0], w.genesis(), 1, static_cast<bac_time>(w.cost.signs % 1000));
      Solo s(&w, i);
      s.start();
      s.propose(b1);
      s.run(3 * w.config.delta); /* it has voted, the round has not ended */
      ASSERT_TRUE(s.voted(1));
      EXPECT_EQ(1u, s.round());
      EXPECT_EQ(early, s.said(BAC_MSG_CLAIM, 2));
    }
    EXPECT_GT(found, 0u);
  }
}

/* Where a claim takes its time to come to all and may be lost on its way, two blocks of a round would split the votes: it is said four times, early ones
 * too, and claims are awaited for the window of the votes that they follow. */
TEST(BacElection, AmongACrowdClaimsAreSaidAgainAndAwaitedLonger) {
  Twelve w(1, 60);
  w.config.block_interval = 10 * BAC_MS;
  auto who = w.elected(1);
  ASSERT_GE(who.size(), 2u);
  const bac_time votes = 2 * 60 * (w.config.frame_overhead_ns + 256 * 8 * BAC_SECOND / static_cast<bac_time>(w.config.bit_rate_bps));
  Solo winner(&w, who[0]), second(&w, who[1]);
  winner.start();
  winner.run(2 * w.config.delta + votes - 5 * BAC_MS);
  EXPECT_EQ(4u, winner.counters().consensus_sent);
  EXPECT_FALSE(winner.said(BAC_MSG_BLOCK_REQUEST));
  winner.run(2 * w.config.delta + votes + kSoon);
  EXPECT_TRUE(winner.said(BAC_MSG_BLOCK_REQUEST));
  second.start();
  second.run(2 * w.config.delta + votes - 5 * BAC_MS);
  say_claim(&second, 1, who[0]);
  second.run(2 * BAC_SECOND);
  EXPECT_FALSE(second.said(BAC_MSG_BLOCK_REQUEST));
  w.config.early_claims = true;
  uint32_t found = 0;
  for (uint32_t i = 0; i < w.n() && found == 0; i++) {
    if (i == who[0] || w.claim(1, i).lambda > 0 || w.claim(2, i).lambda == 0 || bac_electorate_role(&w.electorate, 1, i) != BAC_ROLE_CS) continue;
    found++;
    Solo s(&w, i);
    s.start();
    s.propose(w.by(who[0], w.genesis(), 1));
    s.run(4 * w.config.delta);
    ASSERT_TRUE(s.voted(1));
    EXPECT_EQ(1u, s.round());
    EXPECT_EQ(5u, s.counters().consensus_sent) << "its vote, and its claim four times";
  }
  EXPECT_EQ(1u, found);
}

}  // namespace
