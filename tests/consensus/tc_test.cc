/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

using namespace bac_test;

namespace {

struct Tc : ::testing::Test {
  World w{7};
  std::vector<bac_timeout> t = std::vector<bac_timeout>(7);
  void give_up(uint32_t i, uint64_t round, uint64_t qc_round) {
    uint8_t digest[32] = {static_cast<uint8_t>(qc_round)};
    bac_msg m = w.timeout(i, round, qc_round, digest);
    t[i].round = round;
    t[i].qc_round = qc_round;
    memcpy(t[i].qc_digest, digest, 32);
    memcpy(t[i].signature, m.signature, 64);
  }
  bool read(const Bytes &bytes, bac_tc *tc, uint32_t needed = 5) {
    return bac_tc_read(tc, bytes.data(), bytes.size(), &w.roster, kBac, needed, nullptr, &w.cost);
  }
};

TEST_F(Tc, FormsFromAQuorumOfOneRoundAndNamesTheHighest) {
  bac_tc tc, back;
  for (uint32_t i = 0; i < 4; i++) give_up(i, 9, i);
  give_up(4, 8, 1);   /* another round */
  give_up(5, 9, 100); /* an unproven certificate */
  EXPECT_FALSE(bac_tc_form(&tc, t.data(), &w.roster, 5, 9, 8));
  give_up(6, 9, 8);
  ASSERT_TRUE(bac_tc_form(&tc, t.data(), &w.roster, 5, 9, 8));
  EXPECT_EQ(9u, tc.round);
  EXPECT_EQ(8u, tc.highest_qc_round);
  EXPECT_EQ(6u, tc.highest_holder);
  Bytes bytes(tc.encoded->data, tc.encoded->data + tc.encoded->length);
  ASSERT_TRUE(read(bytes, &back));
  EXPECT_EQ(8u, back.highest_qc_round);
  bac_tc_clear(&tc);
  EXPECT_FALSE(read(bytes, &tc, 6)); /* too few */
  bac_tc moved = {};
  bac_tc_take(&moved, &back);
  EXPECT_EQ(nullptr, back.encoded);
  bac_tc_clear(&moved);
  for (size_t length = 0; length < bytes.size(); length++)
    ASSERT_FALSE(read(Bytes(bytes.begin(), bytes.begin() + static_cast<long>(length)), &back)) << length;
  for (size_t bit = 0; bit < bytes.size() * 8; bit += 3) {
    Bytes bad = bytes;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1 << bit % 8);
    ASSERT_FALSE(read(bad, &back)) << bit;
  }
  /* the same member twice */
  Bytes twice = bytes;
  std::copy(bytes.begin() + 10, bytes.begin() + 10 + 106, twice.begin() + 10 + 106);
  EXPECT_FALSE(read(twice, &back));
}

}  // namespace
