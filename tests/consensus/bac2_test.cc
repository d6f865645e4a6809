/* SPDX-License-Identifier: GPL-2.0-only */
/* BAC 2.0's rules, one node at a time: what a member outside the committee believes, and whom. */
#include <gtest/gtest.h>

#include <set>

#include "sim/solo.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "consensus/gossip.h"
#include "consensus/microblock.h"
#include "election/committee.h"
#include "node/node_internal.h"
}
#pragma GCC diagnostic pop

using namespace bac_test;

namespace {

constexpr uint32_t kBac2 = 5;

/* Ten members, a committee of four, one node under test that is outside it (or in it). */
struct Bac2 : ::testing::Test {
  World w{10};
  std::vector<uint32_t> committee, others;

  Bac2() {
    w.config.protocol = "bac2";
    uint16_t order[BAC_ROSTER_MAX];
    bac_committee_order(&w.roster, w.genesis()->block->digest, order);
    for (uint32_t i = 0; i < w.n(); i++) (i < 4 ? committee : others).push_back(order[i]);
    std::sort(committee.begin(), committee.end());
  }
  bac_msg vote(const bac_entry *at, uint32_t i) {
    bac_msg m = {};
    m.protocol = kBac2;
    m.type = BAC_MSG_COMMITTEE_VOTE;
    m.role = BAC_ROLE_CP;
    m.view = at->block->header.round;
    m.height = at->block->header.height;
    memcpy(m.digest, at->block->digest, BAC_HASH_BYTES);
    w.sign(&m, i);
    return m;
  }
  Bytes certificate(const bac_entry *at, std::vector<uint32_t> signers, uint64_t view = 0) {
    std::sort(signers.begin(), signers.end());
    bac_qc qc = {};
    qc.protocol = kBac2;
    qc.type = BAC_MSG_COMMITTEE_VOTE;
    qc.view = view ? view : at->block->header.round;
    qc.height = at->block->header.height;
    memcpy(qc.digest, at->block->digest, BAC_HASH_BYTES);
    Bytes signatures;
    for (uint32_t i : signers) {
      bac_bitset_add(&qc.signers, i);
      bac_msg m = vote(at, i);
      signatures.insert(signatures.end(), m.signature, m.signature + BAC_SIGNATURE_BYTES);
    }
    qc.signatures = bac_buf_new(signatures.data(), signatures.size());
    Bytes bytes = take(bac_qc_encode(&qc));
    bac_qc_clear(&qc);
    return bytes;
  }
  bac_entry *block(bac_entry *parent, uint64_t round) {
    w.pooled(w.tx(1, 2, parent->block->header.height + 1));
    return w.build(parent, round, {});
  }
};

TEST_F(Bac2, AQuorumOfTheCommitteeMakesABlockFinal) {
  Solo s(&w, others[0]);
  s.start();
  bac_entry *b = block(w.genesis(), 3);
  s.certified(committee[0], b, certificate(b, {committee[0], committee[1], committee[3]}));
  EXPECT_EQ(1u, s.height());
  ASSERT_EQ(1u, s.commits.size());
  EXPECT_EQ(0, memcmp(s.commits[0].second.data(), b->block->digest, BAC_HASH_BYTES));
}

TEST_F(Bac2, FewerThanAQuorumDoNot) {
  Solo s(&w, others[0]);
  s.start();
  bac_entry *b = block(w.genesis(), 3);
  s.certified(committee[0], b, certificate(b, {committee[0], committee[1]}));
  EXPECT_EQ(0u, s.height());
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_CERTIFICATE));
}

TEST_F(Bac2, SignaturesOfOthersDoNotCount) {
  Solo s(&w, others[0]);
  s.start();
  bac_entry *b = block(w.genesis(), 3);
  s.certified(committee[0], b, certificate(b, {committee[0], committee[1], others[1]}));
  s.certified(committee[0], b, certificate(b, {others[1], others[2], others[3], others[4], others[5]}));
  EXPECT_EQ(0u, s.height());
  EXPECT_EQ(2u, s.rejects(BAC_REJECT_CERTIFICATE));
}

TEST_F(Bac2, ACertificateIsForOneBlockAndOneRound) {
  Solo s(&w, others[0]);
  s.start();
  bac_entry *b = block(w.genesis(), 3), *c = w.build(w.genesis(), 3, {}, 1);
  s.certified(committee[0], c, certificate(b, {committee[0], committee[1], committee[2]}));
  s.certified(committee[0], b, certificate(b, {committee[0], committee[1], committee[2]}, 9));
  EXPECT_EQ(0u, s.height());
  EXPECT_EQ(2u, s.rejects(BAC_REJECT_CERTIFICATE));
}

TEST_F(Bac2, AGapIsFetched) {
  Solo s(&w, others[0]);
  s.start();
  bac_entry *b1 = block(w.genesis(), 3), *b2 = block(b1, 5);
  const std::vector<uint32_t> three(committee.begin(), committee.begin() + 3);
  s.certified(committee[0], b2, certificate(b2, three));
  EXPECT_EQ(0u, s.height());
  s.run(s.now + BAC_SECOND);
  EXPECT_TRUE(s.said(BAC_MSG_FETCH));
  s.certified(committee[1], b1, certificate(b1, three));
  s.certified(committee[2], b2, certificate(b2, three));
  EXPECT_EQ(2u, s.height());
}

TEST_F(Bac2, OnlyTheCommitteeVotes) {
  Solo s(&w, committee[0]);
  s.start();
  bac_entry *b = block(w.genesis(), 3);
  s.say(others[0], vote(b, others[0]));
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_WRONG_ROLE));
}

TEST_F(Bac2, TwoVotesAtOneHeightAreEquivocation) {
  Solo s(&w, committee[0]);
  s.start();
  bac_entry *b = block(w.genesis(), 3), *c = w.build(w.genesis(), 4, {});
  s.say(committee[1], vote(b, committee[1]));
  s.say(committee[1], vote(b, committee[1]));
  EXPECT_EQ(0u, s.rejects(BAC_REJECT_EQUIVOCATION));
  s.say(committee[1], vote(c, committee[1]));
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_EQUIVOCATION));
}

TEST_F(Bac2, MembersOutsideTheCommitteeMakeNoEvents) {
  Solo s(&w, others[0]);
  s.start();
  s.run(10 * BAC_SECOND);
  EXPECT_EQ(0u, s.counters().consensus_sent);
  EXPECT_TRUE(s.records.empty());
  Solo member(&w, committee[0]);
  member.start();
  member.run(10 * BAC_SECOND);
  EXPECT_GT(member.counters().consensus_sent, 0u);
  ASSERT_FALSE(member.records.empty()) << "an event left before it was durable";
  EXPECT_EQ(static_cast<uint32_t>(BAC_RECORD_EVENT), member.records[0].first);
}

TEST(Committee, SizeIsATenthButFourAtLeast) {
  EXPECT_EQ(4u, bac_committee_size(10, 100));
  EXPECT_EQ(4u, bac_committee_size(40, 100));
  EXPECT_EQ(20u, bac_committee_size(200, 100));
  EXPECT_EQ(3u, bac_committee_size(3, 100));
}

TEST(Committee, OrderIsAPermutationThatTheSeedDecides) {
  World w(30);
  uint8_t seed[BAC_HASH_BYTES] = {1};
  uint16_t a[BAC_ROSTER_MAX], b[BAC_ROSTER_MAX];
  bac_committee_order(&w.roster, seed, a);
  seed[0] = 2;
  bac_committee_order(&w.roster, seed, b);
  EXPECT_NE(0, memcmp(a, b, 30 * sizeof *a));
  std::sort(a, a + 30);
  for (uint16_t i = 0; i < 30; i++) EXPECT_EQ(i, a[i]);
}

/* ---- Gossip: what a member takes from whom. ---- */

struct HashgraphNode : ::testing::Test {
  World w;
  explicit HashgraphNode(uint32_t members = 4) : w(members) { w.config.protocol = "hashgraph"; }

  /* An event of member i, as it travels; e keeps it for those that build on it. */
  Bytes object(bac_hashgraph_event *e, uint32_t signer, const Bytes &payload = {}, uint8_t protocol = 4, uint64_t epoch = 0) {
    bac_payload_digest(e->payload_digest, payload.data(), payload.size(), &w.cost);
    uint8_t digest[BAC_HASH_BYTES];
    bac_hashgraph_event_digest(digest, e);
    bac_sign(e->signature, digest, &w.keys[signer], &w.cost);
    bac_hashgraph_event_identify(e);
    Bytes out(400 + payload.size());
    bac_writer writer = bac_writer_over(out.data(), out.size());
    bac_write_u8(&writer, BAC_OBJECT_GOSSIP);
    bac_write_u8(&writer, protocol);
    bac_write_u16(&writer, 0);
    bac_write_u64(&writer, epoch);
    bac_write_u64(&writer, 0);
    bac_write_u16(&writer, static_cast<uint16_t>(e->creator));
    bac_write_bytes(&writer, e->self_parent, BAC_HASH_BYTES);
    bac_write_bytes(&writer, e->other_parent, BAC_HASH_BYTES);
    bac_write_u64(&writer, static_cast<uint64_t>(e->timestamp));
    bac_write_bytes(&writer, e->signature, BAC_SIGNATURE_BYTES);
    bac_write_u32(&writer, static_cast<uint32_t>(payload.size()));
    bac_write_bytes(&writer, payload.data(), payload.size());
    out.resize(writer.length);
    return out;
  }
  bac_hashgraph_event first_event(uint32_t i) {
    bac_hashgraph_event e = {};
    e.creator = i;
    bac_hashgraph_root(e.self_parent, w.genesis()->block->digest, w.members[i % w.n()].sign_key);
    e.timestamp = 5;
    return e;
  }
  /* The next event of the same member, which has heard another's. */
  static bac_hashgraph_event next_event(const bac_hashgraph_event &own, const bac_hashgraph_event &other, bac_time at) {
    bac_hashgraph_event e = {};
    e.creator = own.creator;
    memcpy(e.self_parent, own.id, BAC_HASH_BYTES);
    memcpy(e.other_parent, other.id, BAC_HASH_BYTES);
    e.timestamp = at;
    return e;
  }
  bac_hashgraph_event first_identified(uint32_t i) {
    bac_hashgraph_event e = first_event(i);
    object(&e, i);
    return e;
  }
  /* Member i's first event. */
  Bytes object(uint32_t i, uint32_t signer, uint8_t protocol = 4, uint64_t epoch = 0) {
    bac_hashgraph_event e = first_event(i);
    return object(&e, signer, {}, protocol, epoch);
  }
};

TEST_F(HashgraphNode, RefusesForgedTornAndForeignEvents) {
  Solo s(&w, 0);
  s.start();
  s.raw(1, object(1, 1));
  s.raw(1, object(1, 1)); /* the link drops it */
  for (int r = 0; r < BAC_REJECT_COUNT; r++) EXPECT_EQ(0u, s.rejects(static_cast<bac_reject>(r))) << bac_reject_name(static_cast<bac_reject>(r));
  s.raw(2, object(2, 1)); /* signed by another */
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_SIGNATURE));
  s.raw(2, object(2, 2, 4, 7));
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_WRONG_EPOCH));
  s.raw(2, object(2, 2, 5));
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_MALFORMED));
  s.raw(2, object(9, 2)); /* no such member */
  EXPECT_EQ(1u, s.rejects(BAC_REJECT_UNKNOWN_SENDER));
  Bytes torn = object(3, 3);
  for (size_t length = torn.size() - 1; length > 20; length -= 7) {
    const uint64_t before = s.rejects(BAC_REJECT_MALFORMED);
    s.raw(3, Bytes(torn.begin(), torn.begin() + static_cast<long>(length)));
    EXPECT_EQ(before + 1, s.rejects(BAC_REJECT_MALFORMED)) << length;
  }
}

/* Three of four members decide rounds among themselves; what one of them puts into its events is its own affair. */
TEST_F(HashgraphNode, PassesOverTransactionsThatCannotStandInABlock) {
  w.config.block_bytes_max = 1000;
  Solo s(&w, 0);
  s.start();
  Bytes good = w.tx(1, 2, 1), forged = w.tx(2, 3, 1), large = w.tx(3, 1, 1, 1000, 10, 1020), payload;
  forged.back() ^= 1; /* the signature stands last */
  ASSERT_GT(large.size(), 1000u);
  for (const Bytes *wire : {&large, &forged, &good, &good}) {
    payload.push_back(static_cast<uint8_t>(wire->size()));
    payload.push_back(static_cast<uint8_t>(wire->size() >> 8));
    payload.insert(payload.end(), wire->begin(), wire->end());
  }
  payload.insert(payload.end(), {9, 9, 9}); /* and a tear */
  bac_hashgraph_event last[4] = {};
  for (uint32_t i = 1; i <= 3; i++) {
    last[i] = first_event(i);
    s.raw(i, object(&last[i], i, i == 2 ? payload : Bytes()));
  }
  for (uint32_t k = 0; k < 60; k++) {
    const uint32_t i = 1 + k % 3, before = 1 + (k + 2) % 3;
    bac_hashgraph_event e = next_event(last[i], last[before], 6 + k);
    s.raw(i, object(&e, i));
    last[i] = e;
  }
  EXPECT_EQ(1u, s.height());
  EXPECT_EQ(1u, s.counters().txs_committed);
}

TEST_F(HashgraphNode, DoesNotForkAfterARestart) {
  Solo s(&w, 0);
  s.start();
  ASSERT_FALSE(s.records.empty());
  const auto first = s.records;
  s.restart();
  s.run(s.now + 3 * BAC_SECOND);
  EXPECT_EQ(first, s.records) << "a second first event";
}

TEST_F(HashgraphNode, IsSilentWithATornRecord) {
  Solo s(&w, 0);
  s.start();
  ASSERT_FALSE(s.records.empty());
  s.records[0].second.pop_back();
  const auto torn = s.records;
  s.restart();
  s.run(s.now + 3 * BAC_SECOND);
  EXPECT_EQ(torn, s.records);
}

struct HashgraphMember : HashgraphNode {
  HashgraphMember() : HashgraphNode(10) {}
  static constexpr uint8_t kByName = 1, kByHeights = 2; /* step of a SYNC */
  uint8_t missing[BAC_HASH_BYTES];

  /* The members say their first events, then three of them `count` more, one after the other; the first of these is lost, or none. */
  void speak(Solo &s, uint32_t self, uint32_t count, bool lost, bac_time at = 0) {
    s.start();
    s.run(at);
    bac_hashgraph_event last[10] = {};
    for (uint32_t i = 0; i < 10; i++) {
      if (i == self) continue;
      last[i] = first_event(i);
      s.raw(i, object(&last[i], i));
    }
    for (uint32_t k = 0; k < count; k++) {
      const uint32_t i = 1 + k % 3, before = 1 + (k + 2) % 3;
      bac_hashgraph_event e = next_event(last[i], last[before], 6 + k);
      const Bytes wire = object(&e, i);
      if (k == 0) memcpy(missing, e.id, BAC_HASH_BYTES);
      if (k > 0 || !lost) s.raw(i, wire);
      last[i] = e;
    }
  }
  /* What a member asks for that lacks the event on which so many others stand, within `time`. */
  std::vector<Heard> asked(uint32_t self, uint32_t others, bac_time time, bac_time at = 0) {
    Solo s(&w, self);
    speak(s, self, 1 + others, true, at);
    s.heard.clear();
    s.run(s.now + time);
    return s.of(BAC_MSG_SYNC);
  }
  std::vector<Heard> asked(uint32_t self) { return asked(self, 9, 5 * w.config.delta); }
  /* Bytes of the longest object with which it answers a member that knows nothing. */
  size_t answered() {
    Solo s(&w, 0);
    speak(s, 0, 150, false);
    const Bytes nothing(4 * w.n(), 0);
    bac_msg m = {};
    m.protocol = 4;
    m.type = BAC_MSG_SYNC;
    m.step = kByHeights;
    m.height = 1;
    bac_payload_digest(m.digest, nothing.data(), nothing.size(), &w.cost);
    w.sign(&m, 5);
    s.say(5, m, nothing);
    s.run(s.now + BAC_SECOND);
    size_t longest = 0;
    for (const auto &[to, bytes] : s.gossiped)
      if (to == 5) longest = std::max(longest, bytes);
    return longest;
  }
};

TEST_F(HashgraphMember, AGapIsFilledByHeights) {
  const auto found = asked(0);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(kByHeights, found[0].msg.step);
  EXPECT_GE(found[0].at, w.config.delta) << "it may be on its way";
}

TEST_F(HashgraphMember, AmongACrowdWhatIsMissingIsAskedForByNameAndNotByAllAtOnce) {
  w.config.crowd_members = 9;
  std::set<bac_time> times;
  for (uint32_t self : {0u, 4u, 5u, 6u}) {
    const auto found = asked(self);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(kByName, found[0].msg.step);
    EXPECT_EQ(Bytes(missing, missing + BAC_HASH_BYTES), found[0].payload);
    EXPECT_GE(found[0].at, 2 * w.config.delta);
    times.insert(found[0].at);
  }
  EXPECT_EQ(4u, times.size());
  const bac_time free = 2 * 3 * w.config.gossip_period; /* heights could be told again: they were when nobody had spoken for three periods */
  for (const Heard &h : asked(0, 9, w.config.gossip_period * 5 / 2, free - w.config.delta)) EXPECT_EQ(kByName, h.msg.step) << "nine wait, no more than there are members";
}

TEST_F(HashgraphMember, AmongACrowdUnicastHasNoPatience) {
  w.config.crowd_members = 9;
  w.config.delivery = BAC_DELIVERY_UNICAST;
  const auto found = asked(0);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(kByHeights, found[0].msg.step);
}

TEST_F(HashgraphMember, AmongACrowdHeightsAreToldSeldomAndAnswersAreShort) {
  const auto told = [this] {
    std::vector<bac_time> times;
    for (const Heard &h : asked(0, 30, 30 * w.config.gossip_period))
      if (h.msg.step == kByHeights) times.push_back(h.at);
    return times;
  };
  EXPECT_GT(told().size(), 20u);
  EXPECT_GT(answered(), 20000u);
  w.config.crowd_members = 9;
  const auto times = told();
  EXPECT_GT(times.size(), 2u);
  for (size_t i = 1; i < times.size(); i++) EXPECT_GE(times[i] - times[i - 1], 2 * w.config.gossip_period);
  EXPECT_GT(answered(), 8000u);
  EXPECT_LE(answered(), 17000u);
}

/* Each of several members' events stands on another one that was lost. */
TEST_F(HashgraphMember, AmongACrowdOneRequestNamesWhatSeveralSendersBuiltOn) {
  const auto named = [this](uint32_t lost) {
    Solo s(&w, 0);
    speak(s, 0, 0, false);
    for (uint32_t i = 1; i <= lost; i++) {
      const bac_hashgraph_event other = first_identified(9);
      bac_hashgraph_event lost_one = next_event(first_identified(i), other, 6);
      object(&lost_one, i);
      bac_hashgraph_event next = next_event(lost_one, other, 7);
      s.raw(i, object(&next, i));
    }
    s.run(s.now + 5 * w.config.delta);
    const auto found = s.of(BAC_MSG_SYNC);
    EXPECT_FALSE(found.empty());
    return found.empty() ? 0 : found[0].payload.size() / BAC_HASH_BYTES;
  };
  EXPECT_EQ(1u, named(3));
  w.config.crowd_members = 9;
  EXPECT_EQ(3u, named(3));
  EXPECT_EQ(5u, named(8)) << "the answer fits a frame";
}

TEST_F(HashgraphMember, AmongACrowdALongAnswerIsContinuedLater) {
  const auto asks = [this] {
    Solo s(&w, 0);
    s.start();
    Bytes whole;
    bac_hashgraph_event last[10] = {};
    for (uint32_t k = 0; k < 40; k++) {
      const uint32_t i = 1 + k % 3;
      bac_hashgraph_event e = k < 3 ? first_event(i) : next_event(last[i], last[1 + (k + 2) % 3], 6 + k);
      const Bytes one = object(&e, i);
      whole.insert(whole.end(), one.begin() + (k == 0 ? 0 : 20), one.end()); /* one header */
      last[i] = e;
    }
    s.raw(1, whole);
    s.run(s.now + 2 * w.config.gossip_period);
    return s.said(BAC_MSG_SYNC);
  };
  EXPECT_TRUE(asks());
  w.config.crowd_members = 9;
  EXPECT_FALSE(asks());
}

/* ---- Who puts a transaction into an event. ---- */

/* Four members, all of them the committee; three say an event after the other, the fourth is under test. */
struct Bac2Member : HashgraphNode {
  static constexpr uint32_t kMembers = 4;
  Bac2Member() { w.config.protocol = "bac2"; }

  /* A transaction whose first turn is `rank` members before member 0's. */
  Bytes transaction(uint32_t rank, uint64_t nonce = 1, uint32_t bytes = 0) {
    for (;;) {
      Bytes wire = w.tx(1, 2, nonce, 1000 + ++drawn, 10, bytes);
      bac_tx tx;
      EXPECT_TRUE(bac_tx_decode(&tx, wire.data(), wire.size(), &w.cost));
      if ((kMembers - bac_get_u32(tx.id) % kMembers) % kMembers == rank) return wire;
    }
  }
  /* Member 0's events with transactions, within 10 s: time since the transactions came, bytes of the event. */
  std::vector<std::pair<bac_time, size_t>> events(const std::vector<Bytes> &txs) {
    Solo s(&w, 0);
    s.start();
    bac_hashgraph_event last[kMembers] = {};
    for (uint32_t i = 1; i < kMembers; i++) {
      last[i] = first_event(i);
      s.raw(i, object(&last[i], i, {}, kBac2));
    }
    for (const Bytes &tx : txs) s.transaction(1, tx);
    const bac_time begin = s.now;
    for (uint32_t k = 0; k < 50; k++) {
      const uint32_t i = 1 + k % 3, before = 1 + (k + 2) % 3;
      bac_hashgraph_event e = next_event(last[i], last[before], 6 + k);
      s.raw(i, object(&e, i, {}, kBac2));
      last[i] = e;
      s.run(begin + (k + 1) * 200 * BAC_MS);
    }
    std::vector<std::pair<bac_time, size_t>> found;
    for (const auto &[kind, record] : s.records) {
      if (kind != BAC_RECORD_EVENT) continue;
      bac_reader r = bac_reader_over(record.data(), record.size());
      bac_read_u64(&r); /* epoch */
      if (bac_read_u16(&r) != 0) continue;
      bac_read_bytes(&r, 2 * BAC_HASH_BYTES);
      const bac_time at = static_cast<bac_time>(bac_read_u64(&r));
      bac_read_bytes(&r, BAC_SIGNATURE_BYTES);
      if (bac_read_u32(&r) > 0) found.push_back({at - begin, record.size()});
    }
    return found;
  }
  int64_t drawn = 0;
};

TEST_F(Bac2Member, EverybodyTakesWhatWasLeftOut) {
  for (uint32_t rank = 0; rank < kMembers; rank++) {
    const auto made = events({transaction(rank)});
    ASSERT_EQ(1u, made.size()) << rank;
    EXPECT_GE(made[0].first, rank == 0 ? 0 : BAC_GOSSIP_TAKEOVER) << rank;
    EXPECT_LE(made[0].first, (rank == 0 ? 0 : BAC_GOSSIP_TAKEOVER) + w.config.gossip_period) << rank;
  }
}

TEST_F(Bac2Member, AmongACrowdOneMoreMemberEachTime) {
  w.config.crowd_members = kMembers - 1;
  for (uint32_t rank = 0; rank < kMembers; rank++) {
    const auto made = events({transaction(rank)});
    ASSERT_EQ(1u, made.size()) << rank;
    EXPECT_GE(made[0].first, rank * BAC_GOSSIP_TAKEOVER) << rank;
    EXPECT_LE(made[0].first, rank * BAC_GOSSIP_TAKEOVER + w.config.gossip_period) << rank;
  }
}

TEST_F(Bac2Member, AmongACrowdAnEventFitsAFrame) {
  std::vector<Bytes> txs;
  for (uint64_t nonce = 1; nonce <= 40; nonce++) txs.push_back(transaction(0, nonce));
  EXPECT_EQ(1u, events(txs).size());
  w.config.crowd_members = kMembers - 1;
  const auto made = events(txs);
  EXPECT_GT(made.size(), 1u);
  const size_t headers = 20 + 17 + 9; /* of the gossip object, of an item of a bundle, of a frame (link.h) */
  for (const auto &[at, bytes] : made) EXPECT_LE(bytes + headers, w.config.frame_bytes_max);
  w.config.frame_bytes_max = 400;
  EXPECT_FALSE(events({transaction(0, 1, 350)}).empty()) << "longer than a frame, and still said";
}

/* ---- Micro blocks. ---- */

TEST(Microblock, RoundTripsAndStopsAtATear) {
  World w(4);
  std::vector<Bytes> wires = {w.tx(0, 1, 1), w.tx(1, 2, 1, 500, 10, 300), w.tx(2, 3, 1)};
  std::vector<bac_tx> txs(3);
  std::vector<const bac_tx *> list;
  for (size_t i = 0; i < 3; i++) {
    ASSERT_TRUE(bac_tx_decode(&txs[i], wires[i].data(), wires[i].size(), &w.cost));
    list.push_back(&txs[i]);
  }
  EXPECT_EQ(nullptr, bac_microblock_encode(list.data(), 0));
  Bytes payload = take(bac_microblock_encode(list.data(), 3));
  for (size_t cut = 0; cut <= payload.size(); cut++) {
    bac_reader r = bac_reader_over(payload.data(), cut);
    bac_tx tx;
    bool torn = false;
    size_t count = 0, end = 0;
    while (bac_microblock_next(&r, &tx, &torn, &w.cost)) {
      EXPECT_EQ(0, memcmp(tx.id, txs[count].id, BAC_HASH_BYTES));
      end += 2 + wires[count++].size();
    }
    EXPECT_EQ(torn, end != cut) << cut;
  }
}

/* Section 2, row 2: seed_k = H(seed_(k-1) || signatures of the unique famous witnesses of the round): the publisher has no say in it. */
TEST_F(Bac2, TheSeedFollowsFromTheParentsAndTheFamousWitnesses) {
  Solo s(&w, committee[0]);
  s.start();
  std::vector<Bytes> wires = {w.tx(0, 1, 1), w.tx(2, 1, 1)};
  std::vector<Bytes> seeds;
  auto seed_of = [&](uint8_t signature, uint32_t proposer, const Bytes &wire) {
    bac_env *env = &s.node->env;
    bac_tx tx;
    EXPECT_TRUE(bac_tx_decode(&tx, wire.data(), wire.size(), &w.cost));
    const bac_tx *list[] = {&tx};
    bac_hashgraph_event event = {};
    event.payload = bac_microblock_encode(list, 1);
    const bac_hashgraph_ordered ordered = {&event, 5};
    const uint8_t signatures[2][BAC_SIGNATURE_BYTES] = {{9}, {signature}};
    bac_hashgraph_round round = {};
    round.round = 3;
    round.event_count = 1;
    round.events = &ordered;
    round.witness_count = 2;
    round.witness_signatures = signatures;
    bac_sequence sequence = {};
    bac_sequence_append(&sequence, env, &round);
    bac_entry *at = bac_sequence_pack(&sequence, env, round.round, w.members[proposer].id);
    EXPECT_NE(nullptr, at);
    bac_sequence_clear(&sequence);
    bac_buf_unref(event.payload);
    uint8_t expected[BAC_HASH_BYTES], bytes[2 * BAC_SIGNATURE_BYTES] = {9};
    bytes[BAC_SIGNATURE_BYTES] = signature;
    bac_hash2(expected, BAC_DOMAIN_SEED, w.genesis()->block->header.seed, BAC_HASH_BYTES, bytes, sizeof bytes);
    EXPECT_EQ(0, memcmp(expected, at->block->header.seed, BAC_HASH_BYTES));
    EXPECT_FALSE(at->block->header.seed_proved);
    return Bytes(at->block->header.seed, at->block->header.seed + BAC_HASH_BYTES);
  };
  const Bytes one = seed_of(1, committee[0], wires[0]);
  EXPECT_EQ(one, seed_of(1, committee[1], wires[1])); /* neither on who sends it out nor on what stands in it */
  EXPECT_NE(one, seed_of(2, committee[0], wires[0]));
}

}  // namespace
