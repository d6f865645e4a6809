/* SPDX-License-Identifier: GPL-2.0-only */
/* An attacker that listens: what it reads in frames, whom it jams when. */
#include <gtest/gtest.h>

#include "sim/solo.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "attacker.h"
#include "link/internal.h"
}
#pragma GCC diagnostic pop

using namespace bac_test;

namespace {

/* A bundle of one data item. */
Bytes bundle(uint32_t transmitter, const Bytes &object) {
  Bytes f(LINK_HEADER_BYTES + LINK_ITEM_BYTES);
  f[0] = LINK_VERSION;
  f[1] = BAC_LINK_BUNDLE;
  bac_put_u16(&f[4], static_cast<uint16_t>(transmitter));
  f[LINK_HEADER_BYTES] = LINK_ITEM_DATA;
  bac_put_u16(&f[LINK_HEADER_BYTES + 7], static_cast<uint16_t>(object.size()));
  f.insert(f.end(), object.begin(), object.end());
  return f;
}

Bytes symbol(uint32_t transmitter, uint8_t generation, uint8_t index, const Bytes &object) {
  Bytes f(LINK_SYMBOL_HEADER_BYTES);
  f[0] = LINK_VERSION;
  f[1] = BAC_LINK_SYMBOL;
  bac_put_u16(&f[4], static_cast<uint16_t>(transmitter));
  f[LINK_SYMBOL_HEADER_BYTES - 2] = index;
  f[LINK_SYMBOL_HEADER_BYTES - 1] = static_cast<uint8_t>(generation << 4);
  f.insert(f.end(), object.begin(), object.end());
  return f;
}

Bytes message(World *w, uint32_t type, uint32_t sender, uint64_t view, uint64_t height, const Bytes &payload = {}) {
  bac_msg m = {};
  m.protocol = kBac;
  m.type = type;
  m.view = view;
  m.height = height;
  w->sign(&m, sender);
  m.payload = payload.data();
  m.payload_length = payload.size();
  return take(bac_msg_encode(&m));
}

Bytes claim(World *w, uint64_t round, uint32_t i) {
  Bytes payload(BAC_CLAIM_BYTES);
  bac_claim c = w->claim(round, i);
  bac_claim_write(&c, payload.data());
  return message(w, BAC_MSG_CLAIM, i, round, 0, payload);
}

size_t overhear(const Bytes &frame, bac_overheard *out) { return bac_overhear(frame.data(), frame.size(), out, 4); }

TEST(Attacker, ReadsProposalsAndClaimsOffTheAir) {
  World w(12);
  w.sortition();
  bac_overheard h[4];
  const Bytes body(900, 7);
  for (uint32_t type : {BAC_MSG_BLOCK_REQUEST, BAC_MSG_PRE_PREPARE}) {
    ASSERT_EQ(1u, overhear(bundle(3, message(&w, type, 3, 7, 9)), h));
    EXPECT_EQ(3u, h[0].sender);
    EXPECT_EQ(7u, h[0].view);
    EXPECT_EQ(9u, h[0].height);
    EXPECT_FALSE(h[0].claims);
    EXPECT_EQ(1u, overhear(symbol(3, 0, 0, message(&w, type, 3, 7, 9, body)), h));
  }
  EXPECT_EQ(0u, overhear(symbol(3, 0, 1, message(&w, BAC_MSG_BLOCK_REQUEST, 3, 7, 9, body)), h)); /* another part of the body */
  EXPECT_EQ(0u, overhear(symbol(3, 1, 0, message(&w, BAC_MSG_BLOCK_REQUEST, 3, 7, 9, body)), h));
  EXPECT_EQ(0u, overhear(bundle(4, message(&w, BAC_MSG_BLOCK_REQUEST, 3, 7, 9)), h)); /* a relay */
  EXPECT_EQ(0u, overhear(bundle(3, message(&w, BAC_MSG_CS_CONSENSUS, 3, 7, 9)), h));
  const uint32_t winner = w.elected(1)[0];
  ASSERT_EQ(1u, overhear(bundle(winner, claim(&w, 1, winner)), h));
  EXPECT_TRUE(h[0].claims);
  EXPECT_EQ(0, memcmp(h[0].priority, w.claim(1, winner).priority, sizeof h[0].priority));
  Bytes two = bundle(winner, claim(&w, 1, winner)), more = bundle(winner, message(&w, BAC_MSG_BLOCK_REQUEST, winner, 1, 1));
  two.insert(two.end(), more.begin() + LINK_HEADER_BYTES, more.end());
  EXPECT_EQ(2u, overhear(two, h));
  for (size_t cut = 0; cut < two.size(); cut++) EXPECT_LE(overhear(Bytes(two.begin(), two.begin() + static_cast<long>(cut)), h), 1u) << cut;
}

struct Attack : ::testing::Test {
  bac_attacker *a = nullptr;
  bac_jam jam = {};
  ~Attack() override { bac_attacker_free(a); }
  void with(bac_attack_on on) {
    const bac_attack attack = {on, 10 * BAC_MS, 500 * BAC_MS};
    a = bac_attacker_new(&attack);
  }
  bool proposal(bac_time now, uint32_t sender, uint64_t view, uint64_t height, uint64_t epoch = 0) {
    bac_overheard h = {};
    h.sender = sender;
    h.epoch = epoch;
    h.view = view;
    h.height = height;
    return bac_attacker_hears(a, now, &h, &jam);
  }
  bool claims(bac_time now, uint32_t sender, uint64_t view, uint8_t priority, uint64_t epoch = 0) {
    bac_overheard h = {};
    h.sender = sender;
    h.epoch = epoch;
    h.view = view;
    h.claims = true;
    h.priority[0] = priority;
    return bac_attacker_hears(a, now, &h, &jam);
  }
};

TEST_F(Attack, JamsWhoProposesAndNobodyTwiceForOneBlock) {
  with(BAC_ATTACK_ON_BLOCK);
  ASSERT_TRUE(proposal(BAC_SECOND, 3, 1, 1));
  EXPECT_EQ(3u, jam.target);
  EXPECT_EQ(BAC_SECOND + 10 * BAC_MS, jam.from);
  EXPECT_EQ(BAC_SECOND + 510 * BAC_MS, jam.until);
  EXPECT_FALSE(proposal(BAC_SECOND, 3, 1, 1)); /* said again */
  EXPECT_TRUE(proposal(BAC_SECOND, 3, 1, 2));  /* PBFT: the same view, another block */
  EXPECT_TRUE(proposal(BAC_SECOND, 3, 1, 1, 1)); /* the next epoch's */
  EXPECT_TRUE(proposal(BAC_SECOND, 4, 1, 1));
  EXPECT_FALSE(claims(BAC_SECOND, 5, 2, 1));
}

TEST_F(Attack, JamsWhoClaimsBest) {
  with(BAC_ATTACK_ON_CLAIM);
  EXPECT_TRUE(claims(BAC_SECOND, 3, 5, 40));
  EXPECT_FALSE(claims(BAC_SECOND, 3, 5, 40));
  EXPECT_FALSE(claims(BAC_SECOND, 4, 5, 50));
  ASSERT_TRUE(claims(2 * BAC_SECOND, 5, 5, 30));
  EXPECT_EQ(5u, jam.target);
  EXPECT_EQ(2 * BAC_SECOND + 10 * BAC_MS, jam.from);
  EXPECT_FALSE(claims(BAC_SECOND, 6, 4, 1)); /* of a round that is over */
  EXPECT_TRUE(claims(BAC_SECOND, 6, 6, 90));
  EXPECT_TRUE(proposal(BAC_SECOND, 7, 6, 1)); /* a fallback */
  EXPECT_TRUE(claims(BAC_SECOND, 6, 1, 90, 1));
  EXPECT_FALSE(claims(BAC_SECOND, 6, 9, 1, 0));
}

TEST_F(Attack, GoesByTheScheduleWhereThereIsOne) {
  with(BAC_ATTACK_ON_SCHEDULE);
  bac_effect e = {};
  e.type = BAC_EFFECT_ROLE;
  e.role.role = BAC_ROLE_PRIMARY;
  ASSERT_TRUE(bac_attacker_effect(a, BAC_SECOND, "round-robin", 9, &e, &jam));
  EXPECT_EQ(9u, jam.target);
  EXPECT_EQ(BAC_SECOND + 10 * BAC_MS, jam.from);
  EXPECT_TRUE(bac_attacker_effect(a, BAC_SECOND, "view mod n", 9, &e, &jam));
  EXPECT_FALSE(bac_attacker_effect(a, BAC_SECOND, "sortition", 9, &e, &jam)); /* nobody else knows */
  e.role.role = BAC_ROLE_CP;
  EXPECT_FALSE(bac_attacker_effect(a, BAC_SECOND, "round-robin", 9, &e, &jam));
  bac_attacker_free(a);
  with(BAC_ATTACK_ON_CLAIM);
  e.role.role = BAC_ROLE_PRIMARY;
  EXPECT_FALSE(bac_attacker_effect(a, BAC_SECOND, "round-robin", 9, &e, &jam));
}

}  // namespace
