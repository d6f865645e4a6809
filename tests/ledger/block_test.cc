/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

using namespace bac_test;

namespace {

bac_block *decode(const Bytes &bytes, bac_cost *cost, uint32_t bytes_max = 100000) {
  bac_buf *b = bac_buf_new(bytes.data(), bytes.size());
  bac_block *block = bac_block_decode(b, bytes_max, cost);
  bac_buf_unref(b);
  return block;
}

struct Block : ::testing::Test {
  World w{4};
  Bytes payload;
  bac_entry *at = nullptr;
  void SetUp() override {
    for (uint64_t k = 1; k <= 3; k++) w.pooled(w.tx(1, 2, k));
    at = w.build(w.genesis(), 1, {9, 9, 9});
    payload = World::payload(at);
  }
};

TEST_F(Block, RoundTrip) {
  bac_block *b = decode(payload, &w.cost);
  ASSERT_NE(nullptr, b);
  EXPECT_EQ(3u, b->header.tx_count);
  EXPECT_EQ(0, memcmp(b->digest, at->block->digest, 32));
  EXPECT_EQ((Bytes{9, 9, 9}), Bytes(b->certificate, b->certificate + b->certificate_length));
  for (uint32_t i = 0; i < 3; i++) EXPECT_EQ(i + 1, b->txs[i].nonce);
  bac_state *state = bac_state_genesis(&w.roster);
  EXPECT_EQ(BAC_REJECT_COUNT, bac_block_execute(b, state, nullptr, nullptr, &w.cost));
  bac_state_free(state);
  bac_block_free(b);
}

TEST_F(Block, EveryTruncationAndFlipIsRefusedOrAnotherBlock) {
  for (size_t length = 0; length < payload.size(); length++)
    ASSERT_EQ(nullptr, decode(Bytes(payload.begin(), payload.begin() + static_cast<long>(length)), &w.cost)) << length;
  Bytes more = payload;
  more.push_back(0);
  EXPECT_EQ(nullptr, decode(more, &w.cost));
  for (size_t bit = 0; bit < payload.size() * 8; bit++) {
    Bytes bad = payload;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1 << bit % 8);
    bac_block *b = decode(bad, &w.cost);
    if (!b) continue;
    ASSERT_NE(0, memcmp(b->digest, at->block->digest, 32)) << bit; /* the header changed: nobody signed that one */
    bac_block_free(b);
  }
}

TEST_F(Block, SizeLimits) {
  EXPECT_EQ(nullptr, decode(payload, &w.cost, at->block->header.body_bytes - 1));
  bac_block *b = decode(payload, &w.cost, at->block->header.body_bytes);
  EXPECT_NE(nullptr, b);
  bac_block_free(b);
  World x(4);
  x.config.block_bytes_max = 1000;
  for (uint64_t k = 1; k <= 10; k++) x.pooled(x.tx(1, 2, k, 5, 1, 300));
  bac_entry *e = x.build(x.genesis(), 1, {});
  EXPECT_EQ(3u, e->block->header.tx_count);
  EXPECT_EQ(900u, e->block->header.body_bytes);
}

TEST_F(Block, ExecutionRefuses) {
  bac_block *b = decode(payload, &w.cost);
  bac_state *state = bac_state_genesis(&w.roster);
  b->header.state_root[0] ^= 1;
  EXPECT_EQ(BAC_REJECT_BLOCK, bac_block_execute(b, state, nullptr, nullptr, &w.cost));
  EXPECT_EQ(BAC_REJECT_TRANSACTION,
            bac_block_execute(b, state, nullptr, nullptr, &w.cost)); /* nonces are used now */
  bac_state_free(state);
  bac_block_free(b);
}

TEST(Header, Strict) {
  bac_header h = {}, back;
  h.proposed_at = 77;
  h.epoch = UINT64_MAX;
  h.height = UINT64_MAX;
  h.round = UINT64_MAX;
  h.shard = h.proposer = h.tx_count = h.body_bytes = UINT32_MAX;
  memset(h.prev_hash, 0xff, 32);
  memset(h.parent_certificate, 0xff, 32);
  memset(h.tx_root, 0xff, 32);
  memset(h.state_root, 0xff, 32);
  memset(h.seed, 0xff, 32);
  uint8_t bytes[BAC_HEADER_BYTES_MAX];
  size_t length = bac_header_encode(&h, bytes);
  ASSERT_TRUE(bac_header_decode(&back, bytes, length));
  EXPECT_EQ(h.epoch, back.epoch);
  EXPECT_EQ(77, back.proposed_at);
  h.proposed_at = -1; /* would be beyond INT64_MAX on the wire */
  length = bac_header_encode(&h, bytes);
  EXPECT_FALSE(bac_header_decode(&back, bytes, length));
  EXPECT_FALSE(bac_header_decode(&back, bytes, 0)); /* fixed-length fields are always there */
}

TEST(Chain, CommitsPrunesAndDropsBodies) {
  World w(4);
  bac_entry *a = w.build(w.genesis(), 1, {}), *b = w.build(w.genesis(), 2, {}), *c = w.build(b, 3, {}),
            *d = w.build(a, 4, {});
  Bytes lost(c->block->digest, c->block->digest + 32);
  bac_chain_certify(a, reinterpret_cast<const uint8_t *>("qc"), 2);
  bac_chain_certify(a, reinterpret_cast<const uint8_t *>("other"), 5);
  EXPECT_EQ(2u, a->certificate->length);
  bac_chain_commit(w.chain, a);
  EXPECT_EQ(a, bac_chain_tip(w.chain));
  EXPECT_EQ(nullptr, bac_chain_find(w.chain, lost.data())); /* the other branch is gone */
  EXPECT_EQ(d, bac_chain_find(w.chain, d->block->digest));
  EXPECT_EQ(nullptr, bac_chain_at(w.chain, 2));
  EXPECT_EQ(nullptr, w.genesis()->state);
  bac_chain_commit(w.chain, d);
  bac_chain_drop_bodies(w.chain, 1);
  EXPECT_EQ(nullptr, a->block->payload);
  EXPECT_EQ(nullptr, a->certificate);
  EXPECT_NE(nullptr, d->block->payload);
  int64_t supply = bac_state_supply(d->state);
  EXPECT_EQ(4 * w.members[0].balance_milli, supply);
}

TEST(Chain, TheTreeIsBoundedAndTheOldestFailedProposalGivesWay) {
  World w(4);
  std::vector<bac_entry *> all;
  bac_entry *kept = w.build(w.genesis(), 1, {});
  bac_chain_certify(kept, reinterpret_cast<const uint8_t *>("qc"), 2);
  for (uint64_t r = 2; r <= BAC_CHAIN_PENDING_MAX; r++) all.push_back(w.build(w.genesis(), r, {}));
  Bytes oldest(all[0]->block->digest, all[0]->block->digest + 32);
  bac_entry *child = w.build(kept, 1000, {});
  EXPECT_EQ(nullptr, bac_chain_find(w.chain, oldest.data()));
  EXPECT_EQ(kept, child->parent);
  EXPECT_NE(nullptr, bac_chain_find(w.chain, all[1]->block->digest));
  bac_chain_commit(w.chain, kept);
  EXPECT_EQ(nullptr, bac_chain_at(w.chain, 2));
  bac_chain_commit(w.chain, child);
}

TEST(Chain, InsertRefuses) {
  World w(4), other(4);
  bac_entry *a = other.build(other.genesis(), 1, {}), *b = other.build(a, 2, {});
  auto insert = [&](const bac_entry *e) {
    bac_entry *where = nullptr;
    return bac_chain_insert(w.chain, decode(World::payload(e), &w.cost), 0, &w.cost, &where);
  };
  EXPECT_EQ(BAC_REJECT_WINDOW, insert(b)); /* parent unknown */
  EXPECT_EQ(BAC_REJECT_COUNT, insert(a));
  EXPECT_EQ(BAC_REJECT_COUNT, insert(a)); /* known */
  EXPECT_EQ(BAC_REJECT_COUNT, insert(b));
  bac_chain_commit(w.chain, bac_chain_find(w.chain, a->block->digest));
  bac_entry *late = other.build(other.genesis(), 9, {});
  EXPECT_EQ(BAC_REJECT_STALE, insert(late)); /* below the tip */
}

}  // namespace
