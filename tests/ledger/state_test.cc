/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

using namespace bac_test;

namespace {

struct State : ::testing::Test {
  World w{4};
  bac_state *state = bac_state_genesis(&w.roster);
  ~State() override { bac_state_free(state); }
  bac_tx tx(uint32_t from, uint32_t to, uint64_t nonce, int64_t amount = 1, int64_t fee = 0) {
    bac_tx t = {};
    t.from = from;
    t.to = to;
    t.nonce = nonce;
    t.amount_milli = amount;
    t.fee_milli = fee;
    return t;
  }
  bool apply(uint32_t from, uint32_t to, uint64_t nonce, int64_t amount = 1, int64_t fee = 0, uint32_t proposer = 3) {
    bac_tx t = tx(from, to, nonce, amount, fee);
    return bac_state_apply(state, &t, proposer);
  }
  int64_t balance(uint32_t id) { return bac_state_account(state, id)->balance_milli; }
};

TEST_F(State, MovesAmountAndFeeAndKeepsTheSupply) {
  int64_t supply = bac_state_supply(state), genesis = balance(0);
  EXPECT_TRUE(apply(0, 1, 1, 500, 7));
  EXPECT_EQ(genesis - 507, balance(0));
  EXPECT_EQ(genesis + 500, balance(1));
  EXPECT_EQ(genesis + 7, balance(3));
  EXPECT_TRUE(apply(0, 1, 2, 500, 7, 0)); /* the proposer pays itself */
  EXPECT_EQ(genesis - 1007, balance(0));
  EXPECT_EQ(supply, bac_state_supply(state));
}

TEST_F(State, NoOverdraftAndNothingChangedWhenRefused) {
  uint8_t before[32], after[32];
  bac_state_root(before, state, &w.cost);
  int64_t all = balance(0);
  EXPECT_FALSE(apply(0, 1, 1, all, 1));
  EXPECT_FALSE(apply(0, 1, 1, all + 1, 0));
  EXPECT_FALSE(apply(9, 1, 1)); /* unknown accounts */
  EXPECT_FALSE(apply(0, 9, 1));
  EXPECT_FALSE(apply(0, 1, 1, 1, 0, 9));
  bac_state_root(after, state, &w.cost);
  EXPECT_EQ(0, memcmp(before, after, 32));
  EXPECT_TRUE(apply(0, 1, 1, all - 1, 1));
  EXPECT_EQ(0, balance(0));
}

TEST_F(State, NonceWindow) {
  EXPECT_FALSE(apply(0, 1, 0));
  EXPECT_FALSE(apply(0, 1, BAC_NONCE_WINDOW + 1));
  EXPECT_TRUE(apply(0, 1, BAC_NONCE_WINDOW));
  EXPECT_FALSE(apply(0, 1, BAC_NONCE_WINDOW));
  for (uint64_t n = 1; n < BAC_NONCE_WINDOW; n++) EXPECT_TRUE(apply(0, 1, n)) << n;   /* out of order */
  for (uint64_t n = 0; n <= BAC_NONCE_WINDOW; n++) EXPECT_FALSE(apply(0, 1, n)) << n; /* each once */
  EXPECT_TRUE(apply(0, 1, 2 * BAC_NONCE_WINDOW));
  EXPECT_FALSE(apply(0, 1, BAC_NONCE_WINDOW)); /* fallen out, used */
  EXPECT_TRUE(apply(0, 1, BAC_NONCE_WINDOW + 1));
  EXPECT_TRUE(apply(0, 1, 2 * BAC_NONCE_WINDOW + 1));
  EXPECT_TRUE(apply(0, 1, 3 * BAC_NONCE_WINDOW));
  EXPECT_FALSE(apply(0, 1, BAC_NONCE_WINDOW + 2)); /* fallen out, never used */
  bac_tx old = tx(0, 1, BAC_NONCE_WINDOW + 2), next = tx(0, 1, 3 * BAC_NONCE_WINDOW + 1), far = tx(0, 1, UINT64_MAX);
  EXPECT_TRUE(bac_state_spent(state, &old));
  EXPECT_FALSE(bac_state_spent(state, &next));
  EXPECT_FALSE(bac_state_spent(state, &far));
  EXPECT_FALSE(bac_state_accepts(state, &far));
}

TEST_F(State, TheRootSeesEverything) {
  uint8_t roots[4][32];
  bac_state_root(roots[0], state, &w.cost);
  bac_state *copy = bac_state_copy(state);
  bac_state_root(roots[1], copy, &w.cost);
  EXPECT_EQ(0, memcmp(roots[0], roots[1], 32));
  copy->accounts[2].balance_milli++;
  bac_state_root(roots[1], copy, &w.cost);
  copy->accounts[2].balance_milli--;
  copy->accounts[2].nonce_top++;
  bac_state_root(roots[2], copy, &w.cost);
  copy->accounts[2].nonce_top--;
  copy->accounts[2].nonce_used ^= uint64_t{1} << 63;
  bac_state_root(roots[3], copy, &w.cost);
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < i; k++) EXPECT_NE(0, memcmp(roots[i], roots[k], 32)) << i << k;
  bac_state_free(copy);
}

TEST(Pool, BoundOrderPurgeAndOneForASenderAndNonce) {
  World w(4);
  bac_pool *pool = bac_pool_new(3);
  bac_state *state = bac_state_genesis(&w.roster);
  std::vector<Bytes> wires = {w.tx(1, 2, 1), w.tx(1, 2, 2), w.tx(2, 1, 1), w.tx(3, 1, 1), w.tx(1, 3, 1, 77)};
  bac_tx t[5];
  bool full;
  for (int i = 0; i < 5; i++) ASSERT_TRUE(bac_tx_decode(&t[i], wires[i].data(), wires[i].size(), &w.cost));
  EXPECT_TRUE(bac_pool_add(pool, &t[1], state, 5, &full));
  EXPECT_FALSE(bac_pool_add(pool, &t[1], state, 5, &full));
  EXPECT_FALSE(full);
  EXPECT_TRUE(bac_pool_add(pool, &t[0], state, 6, &full));
  EXPECT_FALSE(bac_pool_add(pool, &t[4], state, 6, &full)); /* the same sender and nonce */
  EXPECT_FALSE(full);
  EXPECT_TRUE(bac_pool_add(pool, &t[2], state, 7, &full));
  EXPECT_FALSE(bac_pool_add(pool, &t[3], state, 8, &full));
  EXPECT_TRUE(full);
  EXPECT_EQ(3u, bac_pool_count(pool));
  EXPECT_EQ(wires[0].size() + wires[1].size() + wires[2].size(), bac_pool_bytes(pool));
  std::vector<uint64_t> order;
  for (bac_pool_entry *e = bac_pool_next(pool, nullptr); e; e = bac_pool_next(pool, e))
    order.push_back(e->tx.nonce * 10 + e->tx.from);
  EXPECT_EQ((std::vector<uint64_t>{21, 11, 12}), order);
  EXPECT_TRUE(bac_pool_holds(pool, &t[0], state));
  Bytes forged = wires[0];
  forged.back() ^= 1;
  bac_tx f = t[0];
  f.wire = forged.data();
  EXPECT_FALSE(bac_pool_holds(pool, &f, state)); /* the same id, another signature */
  bac_account *sender = bac_state_account(state, t[0].from);
  sender->sign_key[0] ^= 1;
  EXPECT_FALSE(bac_pool_holds(pool, &t[0], state)) << "its sender is back with another key";
  sender->sign_key[0] ^= 1;
  EXPECT_TRUE(bac_pool_holds(pool, &t[0], state));
  ASSERT_TRUE(bac_state_apply(state, &t[0], 3));
  bac_pool_purge(pool, state);
  EXPECT_FALSE(bac_pool_has(pool, t[0].id));
  EXPECT_EQ(2u, bac_pool_count(pool));
  bac_pool_remove(pool, t[1].id);
  bac_pool_remove(pool, t[1].id);
  EXPECT_EQ(1u, bac_pool_count(pool));
  EXPECT_EQ(wires[2].size(), bac_pool_bytes(pool));
  EXPECT_TRUE(bac_pool_add(pool, &t[4], state, 9, &full)); /* its place is free again */
  bac_state_free(state);
  bac_pool_free(pool);
  bac_pool_free(nullptr);
}

}  // namespace
