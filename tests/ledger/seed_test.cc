/* SPDX-License-Identifier: GPL-2.0-only */
/* The seed chain: what each rule takes, and what it refuses. */
#include <gtest/gtest.h>

#include "sim/world.h"

using namespace bac_test;

namespace {

struct Seed : ::testing::Test {
  bac_keypair one = {}, two = {};
  uint8_t parent[BAC_HASH_BYTES] = {7};
  bac_header header = {};
  bac_cost cost = {};
  Seed() {
    bac_keypair_derive(&one, 1, 1);
    bac_keypair_derive(&two, 1, 2);
    header.height = 5;
    header.round = 9;
  }
  bool holds(bac_seed_rule rule, const bac_keypair &of, bac_shared *shared = nullptr) {
    return bac_seed_holds(rule, &header, parent, of.vrf_public, shared, &cost);
  }
};

TEST_F(Seed, IsTheProposersVrfOutput) {
  bac_seed_prove(&header, parent, one.vrf_secret, &cost);
  EXPECT_EQ(1u, cost.vrf_proves);
  EXPECT_TRUE(holds(BAC_SEED_VRF, one));
  EXPECT_EQ(1u, cost.vrf_verifies);
  EXPECT_FALSE(holds(BAC_SEED_VRF, two));
  uint8_t alpha[40], beta[BAC_VRF_OUTPUT_BYTES], seed[BAC_HASH_BYTES];
  memcpy(alpha, parent, sizeof parent);
  bac_put_u64(alpha + 32, 5);
  ASSERT_EQ(0, bac_vrf_verify(beta, one.vrf_public, header.seed_proof, alpha, sizeof alpha));
  bac_hash(seed, BAC_DOMAIN_SEED, beta, sizeof beta);
  EXPECT_EQ(0, memcmp(seed, header.seed, sizeof seed));
  bac_header other = header;
  other.height = 6;
  bac_seed_prove(&other, parent, one.vrf_secret, &cost);
  EXPECT_NE(0, memcmp(other.seed, header.seed, sizeof seed));
}

TEST_F(Seed, EveryBitOfItAndOfItsProofCounts) {
  bac_seed_prove(&header, parent, one.vrf_secret, &cost);
  for (size_t bit = 0; bit < 8 * BAC_HASH_BYTES; bit += 7) {
    header.seed[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(holds(BAC_SEED_VRF, one)) << bit;
    header.seed[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
  for (size_t bit = 0; bit < 8 * BAC_VRF_PROOF_BYTES; bit += 7) {
    header.seed_proof[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(holds(BAC_SEED_VRF, one)) << bit;
    header.seed_proof[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
  EXPECT_TRUE(holds(BAC_SEED_VRF, one));
  header.height++;
  EXPECT_FALSE(holds(BAC_SEED_VRF, one));
  header.height--;
  parent[31] ^= 1;
  EXPECT_FALSE(holds(BAC_SEED_VRF, one));
}

TEST_F(Seed, WhatIsKnownIsCountedAllTheSame) {
  bac_shared *shared = bac_shared_new(64);
  bac_seed_prove(&header, parent, one.vrf_secret, &cost);
  EXPECT_TRUE(holds(BAC_SEED_VRF, one, shared));
  EXPECT_TRUE(holds(BAC_SEED_VRF, one, shared));
  EXPECT_EQ(2u, cost.vrf_verifies);
  header.seed_proof[0] ^= 1;
  EXPECT_FALSE(holds(BAC_SEED_VRF, one, shared));
  EXPECT_FALSE(holds(BAC_SEED_VRF, one, shared));
  bac_shared_free(shared);
}

TEST_F(Seed, NoRuleTakesWhatAnotherOneDemands) {
  bac_block_seed(header.seed, parent, header.height);
  EXPECT_TRUE(holds(BAC_SEED_HASH, one));
  EXPECT_FALSE(holds(BAC_SEED_VRF, one)); /* a proposer has no choice of two seeds */
  EXPECT_TRUE(holds(BAC_SEED_AGREED, one));
  header.seed[3] ^= 1;
  EXPECT_FALSE(holds(BAC_SEED_HASH, one));
  EXPECT_TRUE(holds(BAC_SEED_AGREED, one)); /* the certificate's to judge */
  bac_seed_prove(&header, parent, one.vrf_secret, &cost);
  EXPECT_FALSE(holds(BAC_SEED_HASH, one));
  EXPECT_FALSE(holds(BAC_SEED_AGREED, one));
}

TEST_F(Seed, ABlockThatNobodyProposesHasTheHash) {
  header.round = BAC_ROUND_RECOVERY;
  bac_block_seed(header.seed, parent, header.height);
  for (bac_seed_rule rule : {BAC_SEED_HASH, BAC_SEED_VRF, BAC_SEED_AGREED}) EXPECT_TRUE(holds(rule, one));
  header.seed[0] ^= 1;
  for (bac_seed_rule rule : {BAC_SEED_HASH, BAC_SEED_VRF, BAC_SEED_AGREED}) EXPECT_FALSE(holds(rule, one));
  bac_seed_prove(&header, parent, one.vrf_secret, &cost);
  for (bac_seed_rule rule : {BAC_SEED_HASH, BAC_SEED_VRF, BAC_SEED_AGREED}) EXPECT_FALSE(holds(rule, one));
}

TEST_F(Seed, TheAgreedOneHashesTheWitnessesSignatures) {
  uint8_t signatures[2][BAC_SIGNATURE_BYTES] = {{1}, {2}}, seed[BAC_HASH_BYTES], expected[BAC_HASH_BYTES], bytes[128] = {1};
  bytes[64] = 2;
  bac_seed_agree(seed, parent, signatures, 2, &cost);
  bac_hash2(expected, BAC_DOMAIN_SEED, parent, sizeof parent, bytes, sizeof bytes);
  EXPECT_EQ(0, memcmp(expected, seed, sizeof seed));
}

TEST_F(Seed, TheProofStandsInTheHeaderWholeOrNotAtAll) {
  uint8_t without[BAC_HEADER_BYTES_MAX], with[BAC_HEADER_BYTES_MAX];
  const size_t short_length = bac_header_encode(&header, without);
  bac_seed_prove(&header, parent, one.vrf_secret, &cost);
  const size_t length = bac_header_encode(&header, with);
  EXPECT_EQ(short_length + 2 + BAC_VRF_PROOF_BYTES, length);
  bac_header back;
  ASSERT_TRUE(bac_header_decode(&back, with, length));
  EXPECT_TRUE(back.seed_proved);
  EXPECT_EQ(0, memcmp(back.seed_proof, header.seed_proof, sizeof back.seed_proof));
  ASSERT_TRUE(bac_header_decode(&back, without, short_length));
  EXPECT_FALSE(back.seed_proved);
  /* The proof is the last field: a byte less of it, its length told rightly. */
  with[length - BAC_VRF_PROOF_BYTES - 1]--;
  EXPECT_FALSE(bac_header_decode(&back, with, length - 1));
}

TEST(SeedChain, ChainsRefuseWhatTheirRuleDoes) {
  World w(5);
  w.sortition();
  EXPECT_EQ(BAC_SEED_VRF, bac_chain_seeds(w.chain));
  auto insert = [&](uint64_t round, std::function<void(bac_header *)> spoil) {
    bac_entry *where = nullptr;
    return bac_chain_insert(w.chain, w.pack(w.genesis(), round, {}, 0, 1, spoil), 0, &w.cost, &where);
  };
  EXPECT_EQ(BAC_REJECT_COUNT, insert(1, [](bac_header *) {}));
  EXPECT_EQ(BAC_REJECT_BLOCK, insert(2, [](bac_header *h) { h->seed[5] ^= 4; }));
  EXPECT_EQ(BAC_REJECT_BLOCK, insert(3, [](bac_header *h) { h->seed_proof[40] ^= 4; }));
  EXPECT_EQ(BAC_REJECT_BLOCK, insert(4, [&](bac_header *h) {
    h->seed_proved = false;
    memset(h->seed_proof, 0, sizeof h->seed_proof);
    bac_block_seed(h->seed, w.genesis()->block->header.seed, 1);
  }));
  EXPECT_EQ(BAC_REJECT_BLOCK, insert(5, [](bac_header *h) { h->proposer = 77; })); /* whose key nobody knows */
}

TEST(SeedChain, WhereNothingIsDrawnAHashWillDo) {
  World w(4);
  EXPECT_EQ(BAC_SEED_HASH, w.seeds());
  for (const char *protocol : {"pbft", "hashgraph", "leader"}) {
    w.config.protocol = protocol;
    EXPECT_EQ(BAC_SEED_HASH, w.seeds()) << protocol;
  }
  w.config.protocol = "bac2"; /* its committees are drawn, whatever `election` says of BAC's primaries */
  EXPECT_EQ(BAC_SEED_AGREED, w.seeds());
}

}  // namespace
