/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>
#include <sodium.h>

#include <set>

#include "sim/world.h"

using bac_test::Bytes;

namespace {

Bytes hex(const std::string &s) {
  Bytes b(s.size() / 2);
  for (size_t i = 0; i < b.size(); i++) b[i] = static_cast<uint8_t>(std::stoul(s.substr(2 * i, 2), nullptr, 16));
  return b;
}

/* RFC 8032, section 7.1, test 3. */
TEST(Sign, Rfc8032) {
  Bytes seed = hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
  Bytes expected =
      hex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716e"
          "d28dc027beceea1ec40a");
  uint8_t pk[32], sk[64], signature[64];
  crypto_sign_seed_keypair(pk, sk, seed.data());
  EXPECT_EQ(hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"), Bytes(pk, pk + 32));
  Bytes message = hex("af82");
  crypto_sign_detached(signature, nullptr, message.data(), message.size(), sk);
  EXPECT_EQ(expected, Bytes(signature, signature + 64));
}

TEST(Sign, DerivationIsDeterministicAndSeparates) {
  std::set<std::string> keys;
  for (uint64_t seed = 0; seed < 4; seed++)
    for (uint32_t id : {0u, 1u, 2u, 255u, 65534u}) {
      bac_keypair a, b;
      bac_keypair_derive(&a, seed, id);
      bac_keypair_derive(&b, seed, id);
      EXPECT_EQ(0, memcmp(&a, &b, sizeof a));
      keys.emplace(reinterpret_cast<char *>(a.public_key), 32);
    }
  EXPECT_EQ(20u, keys.size());
}

TEST(Sign, EveryFlippedBitIsRefusedWithAndWithoutTheStore) {
  bac_keypair pair, other;
  bac_keypair_derive(&pair, 1, 1);
  bac_keypair_derive(&other, 1, 2);
  bac_cost cost = {};
  uint8_t digest[32] = {1, 2, 3}, signature[64];
  bac_sign(signature, digest, &pair, &cost);
  EXPECT_EQ(1u, cost.signs);
  bac_shared *tiny = bac_shared_new(1); /* every verdict displaces the one before */
  bac_shared *large = bac_shared_new(1 << 12);
  for (int round = 0; round < 2; round++) {
    for (bac_shared *store : {static_cast<bac_shared *>(nullptr), tiny, large}) {
      EXPECT_TRUE(bac_verify(store, signature, digest, pair.public_key, &cost));
      EXPECT_FALSE(bac_verify(store, signature, digest, other.public_key, &cost));
      for (int bit = 0; bit < 512; bit += 3) {
        signature[bit / 8] = static_cast<uint8_t>(signature[bit / 8] ^ 1 << bit % 8);
        ASSERT_FALSE(bac_verify(store, signature, digest, pair.public_key, &cost)) << bit;
        signature[bit / 8] = static_cast<uint8_t>(signature[bit / 8] ^ 1 << bit % 8);
      }
      digest[31] ^= 1;
      EXPECT_FALSE(bac_verify(store, signature, digest, pair.public_key, &cost));
      digest[31] ^= 1;
    }
  }
  EXPECT_EQ(6u * 174, cost.verifies); /* counted whether the store knew the verdict or not */
  bac_shared_free(tiny);
  bac_shared_free(large);
  bac_shared_free(nullptr);
}

TEST(Sign, MembersAreChecked) {
  bac_member m[3];
  const uint32_t good[] = {0, 5, 65534}, twice[] = {1, 1, 2}, down[] = {3, 2, 1}, high[] = {1, 2, 65535};
  EXPECT_EQ(BAC_OK, bac_members_derive(1, good, 3, m));
  EXPECT_EQ(65534u, m[2].id);
  EXPECT_GT(m[2].balance_milli, 0);
  for (const uint32_t *bad : {twice, down, high}) EXPECT_EQ(BAC_EINVAL, bac_members_derive(1, bad, 3, m));
  EXPECT_EQ(BAC_EINVAL, bac_members_derive(1, good, 0, m));
  EXPECT_EQ(BAC_EINVAL, bac_members_derive(1, good, BAC_ROSTER_MAX + 1, m));
  EXPECT_EQ(BAC_EINVAL, bac_members_derive(1, nullptr, 1, m));
}

}  // namespace
