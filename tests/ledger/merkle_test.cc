/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

extern "C" {
#include "ledger/merkle.h"
}

using namespace bac_test;

namespace {

Bytes leaves_of(size_t count) {
  Bytes leaves(count * 32);
  for (size_t i = 0; i < count; i++) {
    uint8_t b[8];
    bac_put_u64(b, i);
    bac_hash(&leaves[i * 32], BAC_DOMAIN_LEAF, b, 8);
  }
  return leaves;
}

Bytes inner(const Bytes &a, const Bytes &b) {
  Bytes out(32);
  bac_hash2(out.data(), BAC_DOMAIN_INNER, a.data(), 32, b.data(), 32);
  return out;
}

/* RFC 6962, section 2.1, in its own words: k is the largest power of two smaller than n. */
Bytes reference(const Bytes &leaves, size_t from, size_t count) {
  if (count == 1)
    return Bytes(leaves.begin() + static_cast<long>(from * 32), leaves.begin() + static_cast<long>(from * 32 + 32));
  size_t k = 1;
  while (k < count) k <<= 1;
  k >>= 1;
  return inner(reference(leaves, from, k), reference(leaves, from + k, count - k));
}

TEST(Merkle, RootAndEveryProofUpTo70) {
  uint8_t empty[32], root[32];
  bac_hash(empty, BAC_DOMAIN_LEAF, nullptr, 0);
  bac_merkle_root(root, nullptr, 0);
  EXPECT_EQ(0, memcmp(empty, root, 32));
  for (size_t n = 1; n <= 70; n++) {
    Bytes leaves = leaves_of(n);
    bac_merkle_root(root, leaves.data(), n);
    ASSERT_EQ(reference(leaves, 0, n), Bytes(root, root + 32)) << n;
    for (size_t i = 0; i < n; i++) {
      uint8_t path[BAC_MERKLE_DEPTH_MAX + 1][32] = {{0}};
      size_t length = bac_merkle_proof(path, leaves.data(), n, i);
      ASSERT_TRUE(bac_merkle_verify(root, &leaves[i * 32], i, n, path, length)) << n << " " << i;
      for (size_t other = 0; other < n + 2; other++) {
        if (other == i) continue;
        ASSERT_FALSE(bac_merkle_verify(root, &leaves[i * 32], other, n, path, length)) << n << " " << i << " " << other;
      }
      if (n > 1) {
        ASSERT_FALSE(bac_merkle_verify(root, &leaves[(i + 1) % n * 32], i, n, path, length));
        ASSERT_FALSE(bac_merkle_verify(root, &leaves[i * 32], i, n, path, length - 1));
        path[length - 1][0] ^= 1;
        ASSERT_FALSE(bac_merkle_verify(root, &leaves[i * 32], i, n, path, length));
        path[length - 1][0] ^= 1;
      }
      ASSERT_FALSE(bac_merkle_verify(root, &leaves[i * 32], i, n, path, length + 1));
      ASSERT_FALSE(bac_merkle_verify(root, &leaves[i * 32], i, 0, path, length));
    }
  }
}

}  // namespace
