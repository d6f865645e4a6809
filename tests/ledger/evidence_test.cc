/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "ledger/evidence.h"
}
#pragma GCC diagnostic pop

using namespace bac_test;

namespace {

struct Evidence : ::testing::Test {
  World w{5};
  bac_msg message(uint8_t what, uint32_t type = BAC_MSG_CS_CONSENSUS, uint32_t sender = 3) {
    bac_msg m = {};
    m.protocol = kBac;
    m.type = type;
    m.role = 1;
    m.shard = 0;
    m.view = 8;
    m.height = 7;
    m.step = 1;
    m.digest[0] = what;
    w.sign(&m, sender);
    return m;
  }
  static bool make(bac_evidence *e, const bac_msg &a, const bac_msg &b) {
    return bac_evidence_make(e, &a, &b, bac_evidence_exempt_default, nullptr);
  }
  bac_reject verify(const bac_evidence &e) {
    return bac_evidence_verify(&e, &w.roster, bac_evidence_exempt_default, nullptr, nullptr, &w.cost);
  }
  bac_evidence evidence() {
    bac_evidence e;
    EXPECT_TRUE(make(&e, message(1), message(2)));
    return e;
  }
  static Bytes encode(const bac_evidence &e) {
    Bytes out(BAC_EVIDENCE_BYTES);
    bac_evidence_encode(&e, out.data());
    return out;
  }
  static Bytes id(const bac_evidence &e) {
    Bytes out(BAC_HASH_BYTES);
    bac_evidence_id(out.data(), &e);
    return out;
  }
};

TEST_F(Evidence, TwoDigestsInOneSlotConvict) {
  bac_evidence e = evidence(), swapped;
  EXPECT_EQ(BAC_REJECT_COUNT, verify(e));
  EXPECT_TRUE(make(&swapped, message(2), message(1)));
  EXPECT_EQ(encode(e), encode(swapped)); /* whichever came first */
  EXPECT_LT(memcmp(e.said[0].digest, e.said[1].digest, 32), 0);
  Bytes b = encode(e);
  ASSERT_EQ(240u, b.size());
  bac_evidence back;
  ASSERT_TRUE(bac_evidence_decode(&back, b.data(), b.size()));
  EXPECT_EQ(BAC_REJECT_COUNT, verify(back));
  EXPECT_EQ(b, encode(back));
}

TEST_F(Evidence, OneDigestTwiceIsNone) {
  bac_evidence e;
  EXPECT_FALSE(make(&e, message(1), message(1)));
  bac_msg other = message(1);
  other.signature[0] ^= 1;
  EXPECT_FALSE(make(&e, message(1), other));
}

TEST_F(Evidence, AnotherSlotIsNone) {
  auto differs = [&](auto change) {
    bac_msg b = message(2);
    change(b);
    w.sign(&b, b.sender);
    bac_evidence e;
    return !make(&e, message(1), b);
  };
  EXPECT_FALSE(differs([](bac_msg &) {}));
  EXPECT_TRUE(differs([](bac_msg &m) { m.protocol++; }));
  EXPECT_TRUE(differs([](bac_msg &m) { m.type = BAC_MSG_CP_VALIDATE; }));
  EXPECT_TRUE(differs([](bac_msg &m) { m.role++; }));
  EXPECT_TRUE(differs([](bac_msg &m) { m.shard++; }));
  EXPECT_TRUE(differs([](bac_msg &m) { m.epoch++; }));
  EXPECT_TRUE(differs([](bac_msg &m) { m.view++; }));
  EXPECT_TRUE(differs([](bac_msg &m) { m.height++; }));
  EXPECT_TRUE(differs([](bac_msg &m) { m.step = 0; })); /* rejects one block, accepts another */
  EXPECT_TRUE(differs([](bac_msg &m) { m.sender = 2; }));
}

TEST_F(Evidence, ExemptTypesConvictNobody) {
  for (uint32_t type = 0; type <= BAC_MSG_TYPE_MAX; type++) {
    bool vote = (type >= BAC_MSG_PRE_PREPARE && type <= BAC_MSG_NEW_VIEW && type != BAC_MSG_VIEW_CHANGE) ||
                (type >= BAC_MSG_BLOCK_REQUEST && type <= BAC_MSG_CS_CONSENSUS) ||
                type == BAC_MSG_COMMITTEE_VOTE || type == BAC_MSG_CLOSE || type == BAC_MSG_AGREE;
    bac_evidence e;
    ASSERT_EQ(vote, make(&e, message(1, type), message(2, type))) << type;
    /* Nor does evidence that somebody made up by hand. */
    e = evidence();
    bac_msg a = message(1, type), b = message(2, type);
    e.type = type;
    memcpy(e.said[0].signature, a.signature, 64);
    memcpy(e.said[1].signature, b.signature, 64);
    ASSERT_EQ(vote ? BAC_REJECT_COUNT : BAC_REJECT_MALFORMED, verify(e)) << type;
  }
  bac_evidence_exempt by_context = [](const void *context, uint32_t protocol, uint32_t type) {
    return protocol != kBac || type == *static_cast<const uint32_t *>(context);
  };
  uint32_t exempt = BAC_MSG_CS_CONSENSUS;
  bac_evidence e = evidence();
  EXPECT_EQ(BAC_REJECT_MALFORMED, bac_evidence_verify(&e, &w.roster, by_context, &exempt, nullptr, &w.cost));
  exempt = BAC_MSG_TIMEOUT;
  EXPECT_EQ(BAC_REJECT_COUNT, bac_evidence_verify(&e, &w.roster, by_context, &exempt, nullptr, &w.cost));
}

TEST_F(Evidence, NeedsTheRosterOfItsEpochAndBothSignatures) {
  bac_evidence e = evidence();
  w.roster.epoch = 1;
  EXPECT_EQ(BAC_REJECT_WRONG_EPOCH, verify(e));
  w.roster.epoch = 0;
  w.roster.shard = 1;
  EXPECT_EQ(BAC_REJECT_WRONG_EPOCH, verify(e));
  w.roster.shard = 0;
  w.roster.count = 3;
  EXPECT_EQ(BAC_REJECT_UNKNOWN_SENDER, verify(e));
  w.roster.count = 5;
  EXPECT_EQ(BAC_REJECT_COUNT, verify(e));
  for (int i = 0; i < 2; i++) {
    bac_evidence bad = e;
    bad.said[i].signature[5] ^= 1;
    EXPECT_EQ(BAC_REJECT_SIGNATURE, verify(bad));
    bac_msg framed = message(static_cast<uint8_t>(i + 1));
    framed.sender = 3;
    bac_msg_sign(&framed, &w.keys[1], &w.cost); /* another member's signature under this one's name */
    bad = e;
    memcpy(bad.said[i].signature, framed.signature, 64);
    EXPECT_EQ(BAC_REJECT_SIGNATURE, verify(bad));
  }
  bac_evidence same = e;
  same.said[1] = same.said[0];
  EXPECT_EQ(BAC_REJECT_MALFORMED, verify(same));
  std::swap(e.said[0], e.said[1]);
  EXPECT_EQ(BAC_REJECT_MALFORMED, verify(e));
}

TEST_F(Evidence, DecodingIsStrictAndNoFlipConvicts) {
  const Bytes good = encode(evidence());
  bac_evidence back;
  for (size_t length = 0; length < good.size(); length++) EXPECT_FALSE(bac_evidence_decode(&back, good.data(), length));
  Bytes more = good;
  more.push_back(0);
  EXPECT_FALSE(bac_evidence_decode(&back, more.data(), more.size()));
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1 << bit % 8);
    if (!bac_evidence_decode(&back, bad.data(), bad.size())) continue;
    ASSERT_EQ(bad, encode(back)) << bit;
    ASSERT_NE(BAC_REJECT_COUNT, verify(back)) << bit;
  }
  bac_evidence e = evidence();
  std::swap(e.said[0], e.said[1]);
  EXPECT_FALSE(bac_evidence_decode(&back, encode(e).data(), BAC_EVIDENCE_BYTES));
  e.said[1] = e.said[0];
  EXPECT_FALSE(bac_evidence_decode(&back, encode(e).data(), BAC_EVIDENCE_BYTES));
}

TEST_F(Evidence, OnePenaltyForASenderAndSlot) {
  bac_evidence e = evidence(), third;
  ASSERT_TRUE(make(&third, message(1), message(9)));
  EXPECT_NE(encode(e), encode(third));
  EXPECT_EQ(id(e), id(third));
  bac_evidence resigned = e;
  resigned.said[0].signature[0] ^= 1;
  EXPECT_EQ(id(e), id(resigned));
  std::vector<Bytes> ids = {id(e)};
  auto add = [&](auto change) {
    bac_evidence other = e;
    change(other);
    ids.push_back(id(other));
  };
  add([](bac_evidence &o) { o.protocol++; });
  add([](bac_evidence &o) { o.type++; });
  add([](bac_evidence &o) { o.role++; });
  add([](bac_evidence &o) { o.shard++; });
  add([](bac_evidence &o) { o.epoch++; });
  add([](bac_evidence &o) { o.view++; });
  add([](bac_evidence &o) { o.height++; });
  add([](bac_evidence &o) { o.step++; });
  add([](bac_evidence &o) { o.sender++; });
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids.end(), std::unique(ids.begin(), ids.end()));
}

TEST_F(Evidence, NoSequenceOfHonestVotesConvicts) {
  /* One vote a slot, repeated, retransmitted and mixed with timeouts: nothing pairs up. */
  const uint64_t seed = 4;
  SCOPED_TRACE(seed);
  bac_random random = bac_random_stream(seed, 0, BAC_PURPOSE_NETWORK);
  std::vector<bac_msg> all;
  for (int k = 0; k < 120; k++) {
    bac_msg m = message(0, k % 4 ? BAC_MSG_CS_CONSENSUS : BAC_MSG_TIMEOUT);
    m.view = bac_random_below(&random, 30);
    m.digest[0] = static_cast<uint8_t>(k % 4 ? m.view * 3 : bac_random_below(&random, 256)); /* one block a round */
    w.sign(&m, 3);
    all.push_back(m);
  }
  bac_evidence e;
  for (const bac_msg &a : all)
    for (const bac_msg &b : all) ASSERT_FALSE(make(&e, a, b));
}

}  // namespace
