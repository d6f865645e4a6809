/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

using namespace bac_test;

namespace {

TEST(Transaction, IsPaddedToTheByte) {
  World w(4);
  for (uint64_t nonce : {uint64_t{1}, uint64_t{200}, uint64_t{1} << 40})
    for (int64_t amount : {1, 1000, 1 << 30}) EXPECT_EQ(300u, w.tx(1, 2, nonce, amount, 10, 300).size());
  int off = 0;
  for (uint32_t size = 130; size <= BAC_TX_BYTES_MAX; size++) off += w.tx(1, 2, 1, 1000, 10, size).size() != size;
  EXPECT_LE(off, 1); /* where the length prefix grows, one size does not exist */
  EXPECT_LT(w.tx(1, 2, 1).size(), 110u);
  EXPECT_LE(w.tx(0, 1, 1, 1, 0, BAC_TX_BYTES_MAX).size(), static_cast<size_t>(BAC_TX_BYTES_MAX));
}

TEST(Transaction, BoundsOfASubmission) {
  World w(4);
  auto make = [&](int64_t amount, int64_t fee, uint32_t to, uint32_t bytes, bac_time now) {
    bac_submit s = {};
    s.amount_milli = amount;
    s.fee_milli = fee;
    s.to = to;
    s.bytes = bytes;
    bac_tx t;
    uint8_t wire[BAC_TX_BYTES_MAX];
    return bac_tx_make(&t, wire, &s, 1, 1, now, &w.keys[1], &w.cost);
  };
  EXPECT_EQ(BAC_OK, make(1, 0, 2, 0, 0));
  EXPECT_EQ(BAC_OK, make(int64_t{1} << 48, int64_t{1} << 48, 2, 1024, 0));
  EXPECT_EQ(BAC_EINVAL, make(0, 0, 2, 0, 0));
  EXPECT_EQ(BAC_EINVAL, make(-1, 0, 2, 0, 0));
  EXPECT_EQ(BAC_EINVAL, make(1, -1, 2, 0, 0));
  EXPECT_EQ(BAC_EINVAL, make((int64_t{1} << 48) + 1, 0, 2, 0, 0));
  EXPECT_EQ(BAC_EINVAL, make(1, (int64_t{1} << 48) + 1, 2, 0, 0));
  EXPECT_EQ(BAC_EINVAL, make(1, 0, 1, 0, 0)); /* to itself */
  EXPECT_EQ(BAC_EINVAL, make(1, 0, 2, 1025, 0));
  EXPECT_EQ(BAC_EINVAL, make(1, 0, 2, 0, -1));
}

TEST(Transaction, EveryTruncationAndEveryFlippedBitIsRefused) {
  World w(4);
  Bytes wire = w.tx(1, 2, 7, 1000, 10, 200);
  auto holds = [&](const Bytes &b) {
    bac_tx t;
    return bac_tx_decode(&t, b.data(), b.size(), &w.cost) && t.from < 4 &&
           bac_tx_verify(&t, w.members[t.from].sign_key, nullptr, &w.cost);
  };
  ASSERT_TRUE(holds(wire));
  for (size_t length = 0; length < wire.size(); length++) {
    bac_tx t;
    EXPECT_FALSE(bac_tx_decode(&t, wire.data(), length, &w.cost)) << length;
  }
  for (size_t bit = 0; bit < wire.size() * 8; bit++) {
    Bytes bad = wire;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1 << bit % 8);
    ASSERT_FALSE(holds(bad)) << bit;
  }
  Bytes more = wire;
  more.push_back(0);
  EXPECT_FALSE(holds(more));
  EXPECT_FALSE(holds(Bytes(1025, 0)));
}

}  // namespace
