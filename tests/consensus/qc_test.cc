/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

using namespace bac_test;

namespace {

bool as_cs(const void *, const bac_qc *, uint32_t, bac_msg *m) {
  m->role = BAC_ROLE_CS;
  m->step = 1;
  return true;
}

struct Qc : ::testing::Test {
  World w{7};
  bac_qc what = {};
  bac_votes votes = {};
  void SetUp() override {
    what.protocol = kBac;
    what.type = BAC_MSG_CS_CONSENSUS;
    what.view = 5;
    what.height = 4;
    what.digest[0] = 1;
  }
  ~Qc() override { bac_votes_clear(&votes); }
  bool add(uint32_t i) {
    bac_msg m = {};
    m.protocol = kBac;
    m.type = what.type;
    m.view = what.view;
    m.height = what.height;
    memcpy(m.digest, what.digest, 32);
    as_cs(nullptr, nullptr, i, &m);
    w.sign(&m, i);
    return bac_votes_add(&votes, 7, i, m.signature);
  }
  bool verify(const bac_qc *qc, uint32_t needed = 5) {
    return bac_qc_verify(qc, &w.roster, needed, as_cs, nullptr, nullptr, &w.cost);
  }
};

TEST_F(Qc, OneVoteASenderAndTheFirstQ) {
  for (uint32_t i : {6u, 5u, 4u, 3u, 2u, 1u}) EXPECT_TRUE(add(i));
  EXPECT_FALSE(add(3));
  EXPECT_EQ(6u, votes.count);
  bac_qc qc = {};
  bac_votes_certificate(&votes, 7, 5, &what, &qc);
  EXPECT_EQ(5u, bac_bitset_count(&qc.signers));
  EXPECT_FALSE(bac_bitset_has(&qc.signers, 6));
  EXPECT_TRUE(verify(&qc));
  EXPECT_FALSE(verify(&qc, 6)); /* too few */
  Bytes bytes = take(bac_qc_encode(&qc));
  bac_qc back;
  ASSERT_TRUE(bac_qc_decode(&back, bytes.data(), bytes.size()));
  EXPECT_TRUE(verify(&back));
  bac_qc_clear(&back);
  for (size_t length = 0; length < bytes.size(); length++) {
    if (!bac_qc_decode(&back, bytes.data(), length))
      continue; /* without its last fields it is one that nobody signed */
    EXPECT_FALSE(verify(&back)) << length;
    bac_qc_clear(&back);
  }
  for (size_t bit = 0; bit < bytes.size() * 8; bit++) {
    Bytes bad = bytes;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1 << bit % 8);
    if (!bac_qc_decode(&back, bad.data(), bad.size())) continue;
    ASSERT_EQ(bad, take(bac_qc_encode(&back)));
    ASSERT_FALSE(verify(&back)) << bit;
    bac_qc_clear(&back);
  }
  bac_qc_clear(&qc);
}

TEST_F(Qc, ForeignRosterBitsAndRefusedVotes) {
  for (uint32_t i = 0; i < 5; i++) add(i);
  bac_qc qc = {};
  bac_votes_certificate(&votes, 7, 5, &what, &qc);
  bac_qc foreign = {};
  bac_qc_copy(&foreign, &qc);
  bac_bitset_add(&foreign.signers, 7);
  EXPECT_FALSE(verify(&foreign));
  bac_qc_clear(&foreign);
  bac_qc_copy(&foreign, &qc);
  foreign.epoch = 1;
  EXPECT_FALSE(verify(&foreign));
  foreign.epoch = 0;
  foreign.shard = 1;
  EXPECT_FALSE(verify(&foreign));
  bac_qc_clear(&foreign);
  bac_qc_vote never = [](const void *, const bac_qc *, uint32_t, bac_msg *) { return false; };
  EXPECT_FALSE(bac_qc_verify(&qc, &w.roster, 5, never, nullptr, nullptr, &w.cost));
  bac_qc_vote other_role = [](const void *, const bac_qc *, uint32_t, bac_msg *m) {
    m->role = BAC_ROLE_CP;
    m->step = 1;
    return true;
  };
  EXPECT_FALSE(bac_qc_verify(&qc, &w.roster, 5, other_role, nullptr, nullptr, &w.cost));
  bac_qc_clear(&qc);
}

TEST(QcLarge, TheLargestRosterFits) {
  bac_qc qc = {};
  for (uint32_t i = 0; i < BAC_ROSTER_MAX; i++) bac_bitset_add(&qc.signers, i);
  qc.signatures = bac_buf_new(nullptr, BAC_ROSTER_MAX * 64);
  Bytes bytes = take(bac_qc_encode(&qc));
  EXPECT_LT(bytes.size(), BAC_ROSTER_MAX * 64u + 300);
  bac_qc back;
  ASSERT_TRUE(bac_qc_decode(&back, bytes.data(), bytes.size()));
  bac_qc_clear(&back);
  bac_qc_clear(&qc);
}

}  // namespace
