/* SPDX-License-Identifier: GPL-2.0-only */
/* A hostile member with a good key: nothing it says may crash a node, move it, or make it grow. */
#include <gtest/gtest.h>

#include "sim/byzantine.h"
#include "sim/solo.h"

using namespace bac_test;

namespace {

struct Seven : World {
  Seven() : World(7) {}
};

TEST(BacAttack, EveryTypeWithExtremeFields) {
  for (bac_mode mode : {BAC_MODE_SAFE, BAC_MODE_TEXT, BAC_MODE_ALG1}) {
    Seven w;
    w.config.mode = mode;
    bac_entry *b1 = w.build(w.genesis(), 1, mode == BAC_MODE_SAFE ? World::justification({}) : Bytes());
    const std::vector<Bytes> payloads = {{},
                                         {0},
                                         {255, 255},
                                         {0, 0},
                                         Bytes(2, 0),
                                         Bytes(64, 0xff),
                                         Bytes(500, 0),
                                         w.validation(b1),
                                         World::payload(b1),
                                         {0, 0, 0, 0},
                                         World::justification(w.qc(b1)),
                                         w.qc(b1)};
    const uint64_t numbers[] = {0,
                                1,
                                2,
                                3,
                                4,
                                5,
                                255,
                                uint64_t{1} << 32,
                                (uint64_t{1} << 62) - 1,
                                uint64_t{1} << 62,
                                INT64_MAX,
                                UINT64_MAX - 2,
                                UINT64_MAX - 1,
                                UINT64_MAX};
    Solo s(&w, 5);
    s.start();
    for (uint32_t type = 0; type <= 40; type++) {
      for (uint64_t view : numbers) {
        for (auto &payload : payloads) {
          for (uint32_t sender : {0u, 1u, static_cast<uint32_t>(view % 7 == 5 ? 2 : view % 7)}) {
            bac_msg m = {};
            m.protocol = type < 16 ? 0 : kBac;
            m.type = type;
            m.view = view;
            m.height = numbers[(view + payload.size()) % 14];
            m.role = view == 0 ? UINT32_MAX : static_cast<uint32_t>(w.role(view, sender));
            m.step = static_cast<uint32_t>(payload.size() % 3);
            bool headed = type == BAC_MSG_BLOCK_REQUEST || type == BAC_MSG_CP_VALIDATE;
            if (headed && payload.size() > 200)
              memcpy(m.digest, b1->block->digest, 32);
            else if (headed)
              bac_header_digest(m.digest, payload.data() + 2, 0);
            else
              bac_payload_digest(m.digest, payload.data(), payload.size(), &w.cost);
            w.sign(&m, sender);
            s.say(sender, m, payload);
          }
        }
      }
    }
    s.run(s.now + 10 * BAC_SECOND);
    EXPECT_LE(s.round(), 3u);
    EXPECT_LE(s.height(), 1u);
  }
}

TEST(BacAttack, VotesForRoundsFarAwayAreNotStored) {
  Seven w;
  Solo s(&w, 5);
  s.start();
  bac_entry *b1 = w.build(w.genesis(), 1, World::justification({}));
  for (uint64_t k = 1; k < 200; k++) {
    bac_msg m = w.vote(b1, 3);
    m.view = 4 + 7 * k; /* rounds in which member 3 is a CS */
    w.sign(&m, 3);
    s.say(3, m);
  }
  EXPECT_GE(s.rejects(BAC_REJECT_WINDOW), 100u);
  EXPECT_EQ(1u, s.round());
}

TEST(BacAttack, ALoneLiarCannotMakeOthersGiveUp) {
  Seven w;
  Solo s(&w, 5);
  s.start();
  for (uint64_t k = 1; k < 60; k++) s.say(3, w.timeout(3, k, w.genesis()));
  for (uint64_t k = 40; k < 62; k++) s.say(4, w.timeout(4, uint64_t{1} << k, w.genesis()));
  s.run(100 * BAC_MS);
  EXPECT_FALSE(s.said(BAC_MSG_TIMEOUT));
  EXPECT_EQ(1u, s.round());
}

TEST(BacAttack, AFloodOfFetchesIsServedAtAPace) {
  Seven w;
  bac_entry *at = w.genesis();
  Solo s(&w, 0);
  s.start();
  for (uint64_t r = 1; r <= 20; r++) {
    at = w.build(at, r, World::justification(r > 1 ? w.qc(at) : Bytes()));
    s.certified(4, at, w.qc(at));
  }
  s.heard.clear();
  for (int k = 0; k < 200; k++) {
    Bytes request = {8, 1, 24, static_cast<uint8_t>(1 + k % 100), 32, 100};
    s.shared_message(3, BAC_MSG_FETCH, request);
    s.run(s.now + 5 * BAC_MS);
  }
  EXPECT_LE(s.of(BAC_MSG_CERTIFIED).size(), 5u * 16);
  EXPECT_GE(s.of(BAC_MSG_CERTIFIED).size(), 16u);
  for (Bytes request : {Bytes{}, Bytes{8, 2, 24, 1, 32, 1}, Bytes{8, 1, 24, 1}, Bytes{255, 255},
                        Bytes{8, 1, 24, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 32, 100}}) {
    s.now += BAC_SECOND;
    s.shared_message(3, BAC_MSG_FETCH, request);
  }
  EXPECT_EQ(4u, s.rejects(BAC_REJECT_MALFORMED));
}

TEST(BacAttack, AStrangersCertificateDoesNotCertify) {
  Seven w;
  bac_entry *a = w.build(w.genesis(), 1, World::justification({}), 0),
            *b = w.build(w.genesis(), 1, World::justification({}), 1);
  Solo s(&w, 5);
  s.start();
  s.certified(3, b, w.qc(a));
  s.certified(3, b, {});
  s.certified(3, b, w.qc(b, {0, 1, 2, 3}));
  EXPECT_EQ(3u, s.rejects(BAC_REJECT_CERTIFICATE));
  EXPECT_EQ(1u, s.round());
  EXPECT_EQ(0u, s.height());
}

/* More failed proposals than the tree holds: the oldest give way, and the shard goes on. */
TEST(BacAttack, FailedProposalsDoNotFillTheTreeForEver) {
  Seven w;
  Solo s(&w, 0);
  s.start();
  bac_entry *last = nullptr;
  uint64_t round = 1;
  World *world = &w;
  for (; round <= BAC_CHAIN_PENDING_MAX + 20; round++) {
    Bytes just =
        round == 1 ? World::justification({}) : World::justification({}, w.tc(round - 1, w.genesis(), w.quorum_of()));
    if (w.primary(round) == 0) continue;
    last = world->build(w.genesis(), round, just, static_cast<bac_time>(round));
    s.propose(last);
  }
  ASSERT_NE(nullptr, last);
  s.run(s.now + 100 * BAC_MS);
  EXPECT_TRUE(s.voted(last->block->header.round));
  EXPECT_EQ(0u, s.rejects(BAC_REJECT_WINDOW));
}

/* A member floods pools with transactions that can never apply: others still get theirs in. */
TEST(BacAttack, OneMemberCannotFillThePool) {
  Seven w;
  w.config.pool_txs_max = 300;
  Solo s(&w, 5);
  s.start();
  for (uint64_t nonce = 1; nonce <= 400; nonce++) s.transaction(3, w.tx(3, 4, nonce));
  for (uint64_t k = 1; k <= 400; k++) s.transaction(3, w.tx(3, 4, 1, static_cast<int64_t>(1000 + k)));
  EXPECT_LT(s.counters().pool_txs, 200u);
  s.transaction(2, w.tx(2, 4, 1));
  uint32_t pooled = s.counters().pool_txs;
  s.transaction(2, w.tx(2, 4, 2));
  EXPECT_EQ(pooled + 1, s.counters().pool_txs);
}

TEST(BacAttack, RandomBytesAsObjectsAndFrames) {
  Seven w;
  Solo s(&w, 5);
  s.start();
  bac_random r = bac_random_stream(5, 5, BAC_PURPOSE_FAULTS);
  bac_entry *b1 = w.build(w.genesis(), 1, World::justification({}));
  bac_msg good = w.vote(b1, 1);
  Bytes payload = World::payload(b1);
  good.payload = payload.data();
  good.payload_length = payload.size();
  Bytes object = take(bac_msg_encode(&good));
  for (int k = 0; k < 3000; k++) {
    Bytes bytes = object;
    if (k % 3 == 0) bytes.resize(1 + bac_random_below(&r, bytes.size()));
    for (int i = 0; i < 1 + k % 4; i++)
      bytes[bac_random_below(&r, bytes.size())] = static_cast<uint8_t>(bac_random_u64(&r));
    if (bytes != object) s.raw(1, bytes);
    bac_event e = {};
    e.type = BAC_EVENT_FRAME;
    e.frame.bytes = bytes.data();
    e.frame.length = bytes.size();
    s.step(e);
  }
  EXPECT_FALSE(s.voted(1));
  EXPECT_EQ(1u, s.round());
  EXPECT_GT(s.rejects(BAC_REJECT_MALFORMED) + s.rejects(BAC_REJECT_SIGNATURE), 1000u);
}

}  // namespace
