/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "ledger/proof.h"
}
#pragma GCC diagnostic pop

using namespace bac_test;

namespace {

/* Leaves of different bytes and lengths, and the root over them. */
struct Tree {
  std::vector<Bytes> leaves;
  Bytes hashes;
  uint8_t root[32];
  explicit Tree(std::vector<Bytes> of) : leaves(std::move(of)), hashes(leaves.size() * 32) {
    for (size_t i = 0; i < leaves.size(); i++) bac_proof_leaf(&hashes[i * 32], leaves[i].data(), leaves[i].size());
    bac_merkle_root(root, hashes.data(), leaves.size());
  }
  static Tree of(uint32_t n) {
    std::vector<Bytes> leaves(n);
    for (uint32_t i = 0; i < n; i++) leaves[i] = Bytes(1 + i % 70, static_cast<uint8_t>(i)), leaves[i][0] = static_cast<uint8_t>(i / 70);
    return Tree(leaves);
  }
  uint32_t count() const { return static_cast<uint32_t>(leaves.size()); }
  bac_proof proof(uint32_t i) const {
    bac_proof p;
    bac_cost cost = {};
    EXPECT_EQ(BAC_OK, bac_proof_make(&p, leaves[i].data(), leaves[i].size(), hashes.data(), count(), i, &cost));
    return p;
  }
  bool holds(const bac_proof &p) const { return holds(p, count()); }
  bool holds(const bac_proof &p, uint32_t n) const {
    bac_cost cost = {};
    return bac_proof_verify(&p, root, n, &cost);
  }
};

Bytes encode(const bac_proof &p) {
  Bytes out(BAC_PROOF_BYTES_MAX);
  out.resize(bac_proof_encode(&p, out.data()));
  EXPECT_EQ(bac_proof_bytes(&p), out.size());
  return out;
}

/* The length of bytes is exact: a read past them is seen by the sanitizer. */
bool decodes(const Bytes &b, bac_proof *p) {
  return bac_proof_decode(p, b.data(), b.size());
}

TEST(Proof, EveryLeafOfEveryTreeUpTo70) {
  for (uint32_t n = 1; n <= 70; n++) {
    const Tree tree = Tree::of(n);
    for (uint32_t i = 0; i < n; i++) {
      const Bytes b = encode(tree.proof(i));
      bac_proof back;
      ASSERT_TRUE(decodes(b, &back)) << n << " " << i;
      ASSERT_EQ(b, encode(back));
      ASSERT_TRUE(tree.holds(back)) << n << " " << i;
    }
  }
}

TEST(Proof, WrongIndexOrCountIsRefused) {
  for (uint32_t n : {1u, 2u, 3u, 5u, 8u, 13u, 64u}) {
    const Tree tree = Tree::of(n);
    for (uint32_t i = 0; i < n; i++) {
      const bac_proof good = tree.proof(i);
      for (uint32_t other = 0; other < n + 2; other++) {
        bac_proof bad = good;
        bad.index = other;
        ASSERT_EQ(other == i, tree.holds(bad)) << n << " " << i << " as " << other;
      }
      for (uint32_t count = 0; count < 2 * n + 2; count++) {
        /* Another count than the header's is refused even where both trees share the path. */
        bac_proof bad = good;
        bad.count = count;
        ASSERT_EQ(count == n, tree.holds(bad)) << n << " " << i << " of " << count;
        ASSERT_EQ(count == n, tree.holds(good, count)) << n << " " << i << " of " << count;
      }
    }
  }
}

TEST(Proof, AnotherLeafRootOrPathIsRefused) {
  const Tree tree = Tree::of(13), other = Tree::of(12);
  const bac_proof good = tree.proof(6);
  bac_cost cost = {};
  EXPECT_TRUE(bac_proof_verify(&good, tree.root, 13, &cost));
  EXPECT_EQ(good.leaf_length + 64u * good.path_length, cost.hashed_bytes);
  EXPECT_FALSE(bac_proof_verify(&good, other.root, 13, &cost));
  const Bytes b = encode(good);
  for (size_t bit = 0; bit < 8 * b.size(); bit++) {
    Bytes changed = b;
    changed[bit / 8] = static_cast<uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
    bac_proof bad;
    if (!decodes(changed, &bad)) continue;
    ASSERT_FALSE(tree.holds(bad)) << bit;
  }
  bac_proof bad = good;
  bad.path_length--;
  EXPECT_FALSE(tree.holds(bad));
  bad.path_length = 33; /* made by hand: the path itself ends at 32 */
  EXPECT_FALSE(tree.holds(bad));
  bad = good;
  bad.leaf_length = 0;
  EXPECT_FALSE(tree.holds(bad));
}

TEST(Proof, ShortenedLengthenedOrOutOfRangeIsNotRead) {
  const Tree tree = Tree::of(13);
  const Bytes b = encode(tree.proof(6));
  bac_proof p;
  for (size_t length = 0; length < b.size(); length++) {
    const Bytes cut(b.begin(), b.begin() + static_cast<long>(length));
    EXPECT_FALSE(decodes(cut, &p)) << length;
  }
  for (size_t more : {1, 31, 32, 64}) {
    Bytes longer = b;
    longer.resize(b.size() + more);
    EXPECT_FALSE(decodes(longer, &p)) << more;
  }
  Bytes bad = b;
  bad[0] = 13; /* index == count */
  EXPECT_FALSE(decodes(bad, &p));
  bad = b;
  bad[4] = 0; /* none at all */
  EXPECT_FALSE(decodes(bad, &p));
  /* A leaf of nothing, or one byte too long, with all that the rest needs. */
  const auto alone = [](size_t length) {
    Bytes one = {0, 0, 0, 0, 1, 0, 0, 0, static_cast<uint8_t>(length), static_cast<uint8_t>(length >> 8)};
    one.resize(one.size() + length);
    return one;
  };
  EXPECT_FALSE(decodes(alone(0), &p));
  EXPECT_TRUE(decodes(alone(1), &p));
  EXPECT_TRUE(decodes(alone(BAC_PROOF_LEAF_BYTES_MAX), &p));
  EXPECT_FALSE(decodes(alone(BAC_PROOF_LEAF_BYTES_MAX + 1), &p));
  Bytes deepest(10 + 1 + 32 * 32); /* index 0 of 2^32 - 1 */
  memset(&deepest[4], 0xff, 4);
  deepest[8] = 1;
  EXPECT_TRUE(decodes(deepest, &p));
  EXPECT_EQ(32u, p.path_length);
  bac_cost cost = {};
  EXPECT_FALSE(bac_proof_verify(&p, tree.root, UINT32_MAX, &cost));
}

TEST(Proof, AnInnerNodeIsNoLeaf) {
  const Tree tree = Tree::of(4);
  /* The two hashes under the left inner node as the bytes of leaf 0 of 2: in one domain, the path would lead to the root. */
  const Bytes pretended(tree.hashes.begin(), tree.hashes.begin() + 64);
  bac_proof p = {};
  p.index = 0;
  p.count = 2;
  p.leaf = pretended.data();
  p.leaf_length = 64;
  p.path_length = 1;
  bac_hash2(p.path[0], BAC_DOMAIN_INNER, &tree.hashes[64], 32, &tree.hashes[96], 32);
  EXPECT_FALSE(tree.holds(p, 2));
  uint8_t left[32], root[32];
  bac_hash2(left, BAC_DOMAIN_INNER, pretended.data(), 32, &pretended[32], 32);
  bac_hash2(root, BAC_DOMAIN_INNER, left, 32, p.path[0], 32);
  EXPECT_EQ(0, memcmp(root, tree.root, 32)) << "the attempt is built as it should be";
}

TEST(Proof, IsNotMadeOutOfRange) {
  const Tree tree = Tree::of(3);
  bac_proof p;
  bac_cost cost = {};
  const Bytes leaf(BAC_PROOF_LEAF_BYTES_MAX + 1);
  EXPECT_EQ(BAC_EINVAL, bac_proof_make(&p, leaf.data(), 1, tree.hashes.data(), 3, 3, &cost));
  EXPECT_EQ(BAC_EINVAL, bac_proof_make(&p, leaf.data(), 1, tree.hashes.data(), 0, 0, &cost));
  EXPECT_EQ(BAC_EINVAL, bac_proof_make(&p, leaf.data(), 0, tree.hashes.data(), 3, 0, &cost));
  EXPECT_EQ(BAC_EINVAL, bac_proof_make(&p, leaf.data(), leaf.size(), tree.hashes.data(), 3, 0, &cost));
  EXPECT_EQ(BAC_EINVAL, bac_proof_make_tx(&p, nullptr, 0, 0, &cost));
}

TEST(Proof, OfTransactionsOfABlock) {
  World w(4);
  for (uint64_t nonce = 1; nonce <= 11; nonce++) w.pooled(w.tx(0, 1, nonce, 1000, 10, 300));
  const bac_block *block = w.build(w.genesis(), 1, {})->block;
  ASSERT_EQ(11u, block->header.tx_count);
  for (uint32_t i = 0; i < 11; i++) {
    bac_proof p;
    ASSERT_EQ(BAC_OK, bac_proof_make_tx(&p, block->txs, 11, i, &w.cost));
    EXPECT_EQ(Bytes(block->txs[i].wire, block->txs[i].wire + 300), Bytes(p.leaf, p.leaf + p.leaf_length));
    EXPECT_TRUE(bac_proof_verify_tx(&p, &block->header, &w.cost));
    bac_header other = block->header;
    other.tx_root[0] ^= 1;
    EXPECT_FALSE(bac_proof_verify_tx(&p, &other, &w.cost));
    other = block->header;
    other.tx_count++;
    EXPECT_FALSE(bac_proof_verify_tx(&p, &other, &w.cost));
    const bac_header &before = w.genesis()->block->header;
    EXPECT_FALSE(bac_proof_verify_tx(&p, &before, &w.cost));
  }
}

/* What one takes for a 1 MB block of 300 B transactions. */
TEST(Proof, GrowsWithTheLogarithmOfTheBlock) {
  const uint32_t count = 1000000 / 300;
  uint32_t least = UINT32_MAX, most = 0;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t depth = bac_proof_depth(i, count);
    least = std::min(least, depth);
    most = std::max(most, depth);
    sum += 10 + 300 + 32 * depth;
  }
  EXPECT_EQ(3333u, count);
  EXPECT_EQ(12u, most);
  EXPECT_EQ(4u, least) << "the last leaves stand higher";
  EXPECT_NEAR(691.2, static_cast<double>(sum) / count, 0.1) << "bytes, of them 300 for the transaction";
}

}  // namespace
