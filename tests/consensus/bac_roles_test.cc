/* SPDX-License-Identifier: GPL-2.0-only */
/* BAC: what candidates check and carry, the light vote, publishing, and the ways back after losses. */
#include <gtest/gtest.h>

#include "sim/solo.h"

using namespace bac_test;

namespace {

constexpr bac_time kSoon = 100 * BAC_MS;

struct Seven : World {
  Seven() : World(7) {}
  bac_entry *next(bac_entry *parent, uint64_t round, bac_time at = 0) {
    Bytes qc_bytes = parent->block->header.height > 0 ? qc(parent) : Bytes();
    return build(parent, round, justification(qc_bytes), at);
  }
};

/* A request with a header that was changed after the block was built, signed by its primary. */
void propose_spoilt(Solo *s, const bac_entry *at, const std::function<void(bac_header *)> &spoil) {
  bac_header h = at->block->header;
  Bytes old = World::payload(at);
  size_t old_length = bac_get_u16(old.data());
  spoil(&h);
  uint8_t header[BAC_HEADER_BYTES_MAX];
  size_t length = bac_header_encode(&h, header);
  Bytes payload(2);
  bac_put_u16(payload.data(), static_cast<uint16_t>(length));
  payload.insert(payload.end(), header, header + length);
  payload.insert(payload.end(), old.begin() + 2 + static_cast<long>(old_length), old.end());
  bac_msg m = s->w->vote(at, at->block->header.proposer);
  bac_header_digest(m.digest, header, length);
  m.view = h.round;
  m.height = h.height;
  s->w->sign(&m, at->block->header.proposer);
  s->say(at->block->header.proposer, m, payload);
}

TEST(BacCandidate, RefusesWhatDoesNotHold) {
  struct Case {
    const char *what;
    std::function<void(bac_header *)> spoil;
  };
  const std::vector<Case> cases = {
      {"state root", [](bac_header *h) { h->state_root[0] ^= 1; }},
      {"transaction root", [](bac_header *h) { h->tx_root[0] ^= 1; }},
      {"transaction count", [](bac_header *h) { h->tx_count++; }},
      {"absurd transaction count", [](bac_header *h) { h->tx_count = UINT32_MAX; }},
      {"body size", [](bac_header *h) { h->body_bytes--; }},
      {"oversized", [](bac_header *h) { h->body_bytes = BAC_BLOCK_BYTES_MAX + 1; }},
      {"previous hash", [](bac_header *h) { h->prev_hash[0] ^= 1; }},
      {"certificate hash", [](bac_header *h) { h->parent_certificate[0] ^= 1; }},
      {"height", [](bac_header *h) { h->height = 7; }},
      {"round", [](bac_header *h) { h->round = 8; }},
      {"proposer", [](bac_header *h) { h->proposer = 3; }},
      {"shard", [](bac_header *h) { h->shard = 1; }},
      {"epoch", [](bac_header *h) { h->epoch = 1; }},
      {"seed", [](bac_header *h) { h->seed[0] ^= 1; }},
      {"the future", [](bac_header *h) { h->proposed_at = 2 * BAC_SECOND; }},
  };
  for (auto &c : cases) {
    Seven w;
    w.pooled(w.tx(3, 4, 1));
    bac_entry *b1 = w.next(w.genesis(), 1);
    Solo s(&w, 0);
    s.start();
    propose_spoilt(&s, b1, c.spoil);
    s.run(kSoon);
    EXPECT_FALSE(s.voted(1)) << c.what;
    EXPECT_GE(s.rejects(BAC_REJECT_BLOCK) + s.rejects(BAC_REJECT_CERTIFICATE) + s.rejects(BAC_REJECT_WRONG_EPOCH) +
                  s.rejects(BAC_REJECT_MALFORMED),
              1u)
        << c.what;
  }
  Seven w;
  w.pooled(w.tx(3, 4, 1));
  Solo s(&w, 0);
  s.start();
  propose_spoilt(&s, w.next(w.genesis(), 1), [](bac_header *) {});
  s.run(kSoon);
  EXPECT_TRUE(s.voted(1));
}

TEST(BacCandidate, RefusesATransactionWithAForgedSignature) {
  Seven w;
  Bytes wire = w.tx(3, 4, 1);
  wire.back() ^= 1;
  w.pooled(wire); /* the world's pool believes anything */
  bac_entry *b1 = w.next(w.genesis(), 1);
  Solo s(&w, 0);
  s.start();
  s.propose(b1);
  s.run(kSoon);
  EXPECT_FALSE(s.voted(1));
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_TRANSACTION));
  auto votes = s.of(BAC_MSG_CP_VALIDATE, 1);
  ASSERT_FALSE(votes.empty()); /* it says so */
  EXPECT_EQ(0u, votes[0].msg.step);
}

/* Found by the simulator (`bac`, seed 301034): two signed refusals of one round are an equivocation to all who see them. */
TEST(BacCandidate, ARefusalIsNotFollowedByAnotherAfterARestart) {
  Seven w;
  Bytes wire = w.tx(3, 4, 1);
  wire.back() ^= 1;
  w.pooled(wire);
  bac_entry *a = w.build(w.genesis(), 1, w.justification({}), 0), *b = w.build(w.genesis(), 1, w.justification({}), 1);
  Solo s(&w, 0);
  s.start();
  s.propose(a);
  s.run(kSoon);
  ASSERT_FALSE(s.of(BAC_MSG_CP_VALIDATE, 1).empty());
  EXPECT_TRUE(s.durable_first);
  s.heard.clear();
  s.restart();
  s.propose(b);
  s.run(2 * kSoon);
  EXPECT_TRUE(s.of(BAC_MSG_CP_VALIDATE, 1).empty());
}

TEST(BacCandidate, RefusesABlockOlderThanItsParent) {
  Seven w;
  bac_entry *b1 = w.next(w.genesis(), 1, 50 * BAC_MS), *b2 = w.next(b1, 2, 49 * BAC_MS);
  Solo s(&w, 0);
  s.start();
  s.now = 60 * BAC_MS;
  s.propose(b1);
  s.propose(b2);
  s.run(s.now + kSoon);
  EXPECT_FALSE(s.voted(2));
}

TEST(BacCandidate, ParentCertificateIsVerified) {
  Seven w;
  bac_entry *b1 = w.next(w.genesis(), 1);
  auto refuses = [&](const Bytes &justification) {
    Solo s(&w, 0);
    s.start();
    s.propose(b1);
    s.propose(w.build(b1, 2, justification, static_cast<bac_time>(w.cost.signs)));
    s.run(kSoon);
    return !s.voted(2) && s.rejects(BAC_REJECT_CERTIFICATE) == 1 && s.round() == 1;
  };
  EXPECT_TRUE(refuses(World::justification({})));                     /* none */
  EXPECT_TRUE(refuses(World::justification(w.qc(b1, {0, 1, 2, 3})))); /* too few */
  Bytes forged = w.qc(b1);
  forged.back() ^= 1;
  EXPECT_TRUE(refuses(World::justification(forged)));
  bac_qc foreign = w.qc_struct(b1, w.quorum_of()); /* a bit outside the roster, a signature more */
  bac_bitset_add(&foreign.signers, 400);
  Bytes more(foreign.signatures->data, foreign.signatures->data + foreign.signatures->length);
  more.insert(more.end(), more.begin(), more.begin() + 64);
  bac_buf_unref(foreign.signatures);
  foreign.signatures = bac_buf_new(more.data(), more.size());
  EXPECT_TRUE(refuses(World::justification(take(bac_qc_encode(&foreign)))));
  bac_qc_clear(&foreign);
  bac_qc other = w.qc_struct(b1, w.quorum_of()); /* signatures under another digest */
  other.digest[0] ^= 1;
  EXPECT_TRUE(refuses(World::justification(take(bac_qc_encode(&other)))));
  bac_qc_clear(&other);
  Bytes tail = World::justification(w.qc(b1));
  tail.push_back(0);
  EXPECT_TRUE(refuses(tail));
  for (size_t cut = 0; cut < 4; cut++) EXPECT_TRUE(refuses(Bytes(cut, 0)));
  EXPECT_TRUE(refuses({255, 255, 255, 255}));
}

TEST(BacCandidate, AnEquivocatingPrimaryIsSeenThroughTwoCandidates) {
  World w(20); /* two candidates: 0 and 1, who leads round 1 and hands its place to 2 */
  bac_entry *a = w.build(w.genesis(), 1, World::justification({}), 0),
            *b = w.build(w.genesis(), 1, World::justification({}), 1);
  Solo s(&w, 9);
  s.start();
  s.validate(a, w.with_role(1, BAC_ROLE_CP, 0));
  EXPECT_EQ(0u, s.rejects(BAC_REJECT_EQUIVOCATION));
  s.validate(b, w.with_role(1, BAC_ROLE_CP, 1));
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_EQUIVOCATION));
}

TEST(BacCandidate, AValidationMustCarryThePrimarysSignature) {
  Seven w;
  bac_entry *b1 = w.next(w.genesis(), 1);
  Solo s(&w, 5), p(&w, 1);
  s.start();
  p.start();
  Bytes payload = w.validation(b1);
  payload.back() ^= 1;
  s.say(0, w.vote(b1, 0), payload);
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_CERTIFICATE));
  p.say(0, w.vote(b1, 0), w.validation(b1)); /* the primary itself knows that it proposed nothing like this */
  EXPECT_EQ(1u, p.rejects(BAC_REJECT_CERTIFICATE));
  payload.pop_back();
  s.say(0, w.vote(b1, 0), payload);
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_MALFORMED));
}

/* n = 40: c = 4, Q(c + 1) = 4: P's own and three candidates'. */
TEST(BacLight, VotesOnHeaderAndEnoughValidations) {
  World w(40);
  w.config.vote_rule = BAC_VOTE_LIGHT;
  bac_entry *b1 = w.build(w.genesis(), 1, World::justification({}));
  Solo s(&w, 20);
  s.start();
  for (uint32_t k = 0; k < 2; k++) s.validate(b1, w.with_role(1, BAC_ROLE_CP, k));
  s.run(kSoon);
  EXPECT_FALSE(s.voted(1));
  s.validate(b1, w.with_role(1, BAC_ROLE_CP, 2));
  s.run(2 * kSoon);
  EXPECT_TRUE(s.voted(1));
  EXPECT_TRUE(s.durable_first);
}

TEST(BacLight, NotUnderTheFullRuleNorOnAnUnknownParent) {
  World w(40);
  bac_entry *b1 = w.build(w.genesis(), 1, World::justification({})),
            *b2 = w.build(b1, 2, World::justification(w.qc(b1)));
  Solo full(&w, 20);
  full.start();
  for (uint32_t k = 0; k < 4; k++) full.validate(b1, w.with_role(1, BAC_ROLE_CP, k));
  full.run(kSoon);
  EXPECT_FALSE(full.voted(1));
  w.config.vote_rule = BAC_VOTE_LIGHT;
  Solo light(&w, 20); /* it has not seen the certificate that b2 stands on */
  light.start();
  for (uint32_t k = 0; k < 4; k++) light.validate(b2, w.with_role(2, BAC_ROLE_CP, k));
  light.run(2 * kSoon);
  EXPECT_FALSE(light.voted(2));
}

/* Whoever validated it, the seed shows in the header. */
TEST(BacLight, NotOnASeedThatDoesNotHold) {
  World w(40);
  w.config.vote_rule = BAC_VOTE_LIGHT;
  for (bool good : {true, false}) {
    bac_entry b1 = {};
    b1.block = w.pack(w.genesis(), 1, World::justification({}), 0, UINT32_MAX, [good](bac_header *h) { h->seed[0] ^= good ? 0 : 1; });
    Solo s(&w, 20);
    s.start();
    for (uint32_t k = 0; k < 4; k++) s.validate(&b1, w.with_role(1, BAC_ROLE_CP, k));
    s.run(2 * kSoon);
    EXPECT_EQ(good, s.voted(1));
    bac_block_free(b1.block);
  }
}

/* Where the header alone does not show that the voting rule holds, the body is needed, whoever validated it. */
TEST(BacLight, NotOnAnOlderCertificateNorAfterAGap) {
  World w(40);
  w.config.vote_rule = BAC_VOTE_LIGHT;
  bac_entry *b1 = w.build(w.genesis(), 1, World::justification({}));
  bac_entry *older = w.build(w.genesis(), 2, World::justification({})),
            *gap = w.build(b1, 3, World::justification(w.qc(b1)));
  Solo s(&w, 20);
  s.start();
  s.hashed(1, BAC_MSG_QC, 1, w.qc(b1));
  ASSERT_EQ(2u, s.round());
  for (uint32_t k = 0; k < 4; k++) s.validate(older, w.with_role(2, BAC_ROLE_CP, k));
  s.run(kSoon);
  EXPECT_FALSE(s.voted(2));
  s.hashed(3, BAC_MSG_TC, 3, World::justification(w.qc(b1), w.tc(2, b1, w.quorum_of())));
  ASSERT_EQ(3u, s.round());
  for (uint32_t k = 0; k < 4; k++) s.validate(gap, w.with_role(3, BAC_ROLE_CP, k));
  s.run(2 * kSoon);
  EXPECT_FALSE(s.voted(3));
}

/* Casts accepting votes of so many CSs as make a quorum with those of P and one CP. */
void quorum_votes(Solo *s, const bac_entry *at, uint32_t self) {
  World &w = *s->w;
  const uint64_t round = at->block->header.round;
  for (uint32_t k = 0, said = 0; said < w.quorum_of().size(); k++) {
    if (w.role(round, k) != BAC_ROLE_CS || k == self) continue;
    s->say(k, w.vote(at, k));
    said++;
  }
}

/* A certificate of 100 members takes frames: CPs publish one after the other once the next block should have come, none while another's may be on its
 * way, and in another order each round. */
TEST(BacPublish, TheCandidatesOfALargeShardTakeTurns) {
  World w(100);
  bac_entry *b1 = w.build(w.genesis(), 1, w.justification({}), 0), *b2 = w.build(b1, 2, w.justification(w.qc(b1)), 0);
  const bac_time airtime = static_cast<bac_time>(w.qc(b1).size()) * 8 * BAC_SECOND / 6000000;
  std::vector<uint32_t> first; /* which of the CPs, by round */
  for (bac_entry *at : {b1, b2}) {
    const uint64_t round = at->block->header.round;
    std::vector<std::pair<bac_time, uint32_t>> said;
    uint32_t place = 0;
    for (uint32_t i = 0; i < w.n(); i++) {
      if (w.role(round, i) != BAC_ROLE_CP) continue;
      place++;
      if (i == 1 || w.role(round + 1, i) == BAC_ROLE_PRIMARY) continue; /* says more than is asked for here */
      Solo s(&w, i);
      s.start();
      s.propose(b1);
      if (at == b2) {
        s.hashed(1, BAC_MSG_QC, 1, w.qc(b1));
        s.propose(b2);
      }
      quorum_votes(&s, at, i);
      ASSERT_EQ(round + 1, s.round());
      const bac_time certified_at = s.now;
      while (!s.said(BAC_MSG_QC, round) && s.now < 10 * BAC_SECOND) s.run(s.now + BAC_MS);
      EXPECT_TRUE(s.said(BAC_MSG_QC, round)) << i;
      EXPECT_GE(s.now - certified_at, 2 * w.config.delta + w.config.block_interval / 2) << i;
      said.emplace_back(s.now - certified_at, place);
    }
    std::sort(said.begin(), said.end());
    ASSERT_LE(8u, said.size());
    for (size_t k = 1; k < said.size(); k++) EXPECT_GE(said[k].first - said[k - 1].first, (k == 1 ? 8 : 1) * airtime) << k;
    EXPECT_LE(said.back().first, 2 * w.config.delta + w.config.block_interval / 2 + 72 * airtime + 5 * BAC_MS) << "six turns of twelve airtimes";
    first.push_back(said[0].second);
  }
  EXPECT_NE(first[0], first[1]);
}

/* Votes in the next round of more than may be faulty tell that its block, which carries the certificate, is on its way. */
TEST(BacPublish, NoCandidateOfALargeShardPublishesWhenOthersGoOn) {
  World w(100);
  bac_entry *b1 = w.build(w.genesis(), 1, w.justification({}), 0);
  const uint32_t f = bac_faults_max(100);
  uint32_t cp = 3;
  while (w.role(1, cp) != BAC_ROLE_CP || w.role(2, cp) == BAC_ROLE_PRIMARY) cp++;
  for (uint32_t go_on : {0u, f, f + 1}) {
    Solo s(&w, cp);
    s.start();
    s.propose(b1);
    quorum_votes(&s, b1, cp);
    ASSERT_EQ(2u, s.round());
    const bac_entry *b2 = w.build(b1, 2, w.justification(w.qc(b1)), s.now);
    for (uint32_t k = 0, said = 0; said < go_on; k++) {
      if (w.role(2, k) != BAC_ROLE_CS || k == cp) continue;
      s.say(k, w.vote(b2, k));
      said++;
    }
    s.run(s.now + 3 * w.config.block_interval + 2 * w.config.delta);
    EXPECT_EQ(go_on <= f, s.said(BAC_MSG_QC, 1)) << go_on;
  }
}

/* The block of round 1 that the node itself has said, in the world's chain; NULL: it has said none that fits there. */
bac_entry *said_block(Solo *s) {
  const auto own = s->of(BAC_MSG_BLOCK_REQUEST, 1);
  if (own.empty()) return nullptr;
  bac_buf *payload = bac_buf_new(own[0].payload.data(), own[0].payload.size());
  bac_block *block = bac_block_decode(payload, s->w->config.block_bytes_max, &s->w->cost);
  bac_buf_unref(payload);
  bac_entry *at = nullptr;
  return block && bac_chain_insert(s->w->chain, block, 0, &s->w->cost, &at) == BAC_REJECT_COUNT ? at : nullptr;
}

/* Those who lack votes hear from the primary at once that the round is over. */
TEST(BacPublish, ThePrimaryOfALargeShardPublishesAtOnce) {
  World w(100);
  Solo p(&w, 1);
  p.start();
  p.run(w.config.block_interval + BAC_MS);
  bac_entry *b1 = said_block(&p);
  ASSERT_NE(nullptr, b1);
  quorum_votes(&p, b1, 1);
  ASSERT_EQ(2u, p.round());
  p.run(p.now + kSoon);
  EXPECT_TRUE(p.said(BAC_MSG_QC, 1));
}

TEST(BacPublish, ThePrimaryPublishesAtOnceACandidateIfNobodyDoes) {
  Seven w;
  w.config.delta = 200 * BAC_MS;
  bac_entry *b1 = w.next(w.genesis(), 1);
  Solo cp(&w, 0), quiet(&w, 0), deceived(&w, 0);
  for (Solo *s : {&cp, &quiet, &deceived}) {
    s->start();
    s->propose(b1);
    for (uint32_t i : {3u, 4u, 5u}) s->say(i, w.vote(b1, i));
    EXPECT_EQ(2u, s->round());
    s->run(300 * BAC_MS);
    EXPECT_FALSE(s->said(BAC_MSG_QC));
  }
  quiet.hashed(1, BAC_MSG_QC, 1, w.qc(b1)); /* somebody did */
  Bytes forged = w.qc(b1);
  forged.back() ^= 1; /* of a signature */
  deceived.hashed(1, BAC_MSG_QC, 1, forged);
  EXPECT_EQ(1u, deceived.rejects(BAC_REJECT_CERTIFICATE));
  for (Solo *s : {&cp, &quiet, &deceived}) s->run(500 * BAC_MS);
  EXPECT_TRUE(cp.said(BAC_MSG_QC, 1));
  EXPECT_TRUE(deceived.said(BAC_MSG_QC, 1));
  EXPECT_FALSE(quiet.said(BAC_MSG_QC, 1));
  Solo p(&w, 1);
  p.start();
  p.run(1001 * BAC_MS);
  bac_entry *at = said_block(&p);
  ASSERT_NE(nullptr, at);
  for (uint32_t i : {3u, 4u, 5u, 6u}) p.say(i, w.vote(at, i));
  p.run(p.now + kSoon);
  EXPECT_TRUE(p.said(BAC_MSG_QC, 1));
}

TEST(BacPublish, AForgedOrRenamedCertificateChangesNothing) {
  Seven w;
  bac_entry *b1 = w.next(w.genesis(), 1);
  Solo s(&w, 5);
  s.start();
  s.propose(b1);
  Bytes qc = w.qc(b1);
  s.hashed(1, BAC_MSG_QC, 2, qc); /* another round's name on it */
  s.hashed(1, BAC_MSG_QC, 1, w.qc(b1, {0, 1, 2, 3}));
  EXPECT_EQ(2u, s.rejects(BAC_REJECT_CERTIFICATE));
  for (size_t i = 0; i < qc.size(); i += 7) {
    Bytes bad = qc;
    bad[i] ^= 4;
    s.hashed(1, BAC_MSG_QC, 1, bad);
  }
  EXPECT_EQ(1u, s.round());
  s.hashed(1, BAC_MSG_QC, 1, qc);
  EXPECT_EQ(2u, s.round());
}

TEST(BacRecovery, TheCertificateMayComeBeforeTheBody) {
  Seven w;
  bac_entry *b1 = w.next(w.genesis(), 1);
  Solo s(&w, 2); /* leads round 2: must build on b1 */
  s.start();
  s.hashed(1, BAC_MSG_QC, 1, w.qc(b1));
  EXPECT_EQ(2u, s.round());
  s.run(kSoon);
  EXPECT_TRUE(s.said(BAC_MSG_FETCH));
  s.propose(b1); /* late */
  s.run(2 * BAC_SECOND);
  EXPECT_TRUE(s.said(BAC_MSG_BLOCK_REQUEST, 2));
  s.heard.clear();
  Bytes request = {8, 1, 24, 1, 32, 1}; /* Fetch{what 1, from_height 1, count 1} */
  s.shared_message(4, BAC_MSG_FETCH, request);
  s.run(s.now + kSoon);
  auto served = s.of(BAC_MSG_CERTIFIED);
  ASSERT_EQ(1u, served.size()); /* with its certificate */
  EXPECT_GT(served[0].payload.size(), 4 + World::payload(b1).size() + 300);
}

TEST(BacRecovery, AProposalWithoutItsParentWaitsForIt) {
  Seven w;
  bac_entry *b1 = w.next(w.genesis(), 1), *b2 = w.next(b1, 2);
  Solo s(&w, 0);
  s.start();
  s.propose(b2);
  s.run(kSoon);
  EXPECT_FALSE(s.voted(2));
  EXPECT_TRUE(s.said(BAC_MSG_FETCH));
  s.certified(4, b1, w.qc(b1));
  s.run(2 * kSoon);
  EXPECT_TRUE(s.voted(2));
}

TEST(BacRecovery, AfterARestartTheTipsCertificateCounts) {
  Seven w;
  bac_entry *at = w.genesis();
  Solo s(&w, 3);
  s.start();
  for (uint64_t r = 1; r <= 6; r++) {
    at = w.next(at, r);
    s.certified(4, at, w.qc(at)); /* it votes for none of them: its last durable state is none */
  }
  ASSERT_EQ(5u, s.height());
  s.restart();
  EXPECT_EQ(5u, s.height());
  EXPECT_EQ(6u, s.round());
}

TEST(BacRecovery, AskingAgainIsAnotherMessage) {
  Seven w;
  bac_entry *b1 = w.next(w.genesis(), 1);
  Solo s(&w, 4);
  s.start();
  s.hashed(1, BAC_MSG_QC, 1, w.qc(b1));
  s.run(8 * BAC_SECOND);
  EXPECT_GE(s.of(BAC_MSG_FETCH).size(), 5u); /* each of them was delivered */
}

TEST(BacRecovery, WhoHasGoneOnHearsARepeatedTimeout) {
  Seven w;
  Solo s(&w, 6);
  s.start();
  s.run(20 * BAC_SECOND);
  size_t to_one = 0;
  for (auto &h : s.of(BAC_MSG_TIMEOUT, 1)) to_one += h.to == 3;
  EXPECT_GE(to_one, 5u);
}

TEST(BacRecovery, AnAnswerGoesOnWithTheSameServer) {
  Seven w;
  bac_entry *at = w.genesis();
  std::vector<bac_entry *> blocks;
  for (uint64_t r = 1; r <= 40; r++) blocks.push_back(at = w.next(at, r));
  Solo s(&w, 6);
  s.on_heard = [&](const Heard &h) { /* only member 3 keeps old bodies */
                                     if (h.msg.type != BAC_MSG_FETCH || h.to != 3) return;
                                     uint64_t tip = s.height();
                                     for (uint64_t k = tip; k < tip + 16 && k < 40; k++)
                                       s.certified(3, blocks[k], w.qc(blocks[k]));
  };
  s.start();
  s.hashed(5, BAC_MSG_QC, 40, w.qc(at));
  bac_time found = 0;
  while (s.height() < 39 && s.now < 60 * BAC_SECOND) {
    s.run(s.now + 50 * BAC_MS);
    if (found == 0 && s.height() > 0) found = s.now;
  }
  EXPECT_EQ(39u, s.height());
  EXPECT_LT(s.now - found, 2 * BAC_SECOND);
}

}  // namespace
