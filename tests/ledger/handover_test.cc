/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may open an account where, and who may leave for another shard: rules of the state alone. */
#include <gtest/gtest.h>

#include "sim/world.h"

extern "C" {
#include "ledger/record.h"
}

using namespace bac_test;

namespace {

constexpr uint32_t HOME = 0, OTHER = 1, THIRD = 2, CONTROLLER = 65000;

struct Shard : ::testing::Test {
  World w{4};
  bac_neighbour neighbours[1] = {};
  bac_state *state = nullptr;
  bac_keypair controller;
  Shard() {
    bac_keypair_derive(&controller, 1, CONTROLLER);
    neighbours[0].shard = OTHER;
    w.roster.epoch_blocks = 10;
    w.roster.neighbours = neighbours;
    w.roster.neighbour_count = 1;
    bac_ca_derive_key(1, w.roster.ca_key);
    state = bac_state_genesis(&w.roster);
  }
  ~Shard() override { bac_state_free(state); }

  /* As a node takes it: off the air, signatures and all. */
  bool takes(const Bytes &wire, bool apply = true) {
    bac_tx tx;
    if (!bac_tx_decode(&tx, wire.data(), wire.size(), &w.cost)) return false;
    if (!bac_state_authentic(state, &tx, nullptr, &w.cost)) return false;
    return apply ? bac_state_apply(state, &tx, 0) : bac_state_accepts(state, &tx);
  }
  bool spent(const Bytes &wire) {
    bac_tx tx;
    return bac_tx_decode(&tx, wire.data(), wire.size(), &w.cost) && bac_state_spent(state, &tx);
  }
  Bytes join(uint32_t ev, uint32_t home, uint32_t roles = BAC_CERTIFICATE_MEMBER) {
    bac_keypair keys, ca;
    bac_certificate c;
    uint8_t bytes[BAC_CERTIFICATE_BYTES], wire[BAC_TX_BYTES_MAX];
    bac_keypair_derive(&keys, 1, ev);
    bac_ca_derive(&ca, 1);
    bac_certificate_derive(1, ev, home, 0, BAC_NEVER, bytes);
    EXPECT_TRUE(bac_certificate_decode(&c, bytes, sizeof bytes));
    c.roles = roles;
    EXPECT_EQ(BAC_OK, bac_certificate_issue(&c, &ca, &w.cost));
    bac_tx tx;
    EXPECT_EQ(BAC_OK, bac_join_make(&tx, wire, state->epoch, &c, 1, &keys, &w.cost));
    return Bytes(wire, wire + tx.wire_length);
  }
  bac_order order(uint32_t ev, uint32_t to = OTHER) {
    bac_order o = {ev, state->shard, to, state->epoch, {}, {}};
    uint8_t bytes[BAC_CERTIFICATE_BYTES];
    bac_controller_certificate_derive(1, CONTROLLER, bytes);
    EXPECT_TRUE(bac_certificate_decode(&o.controller, bytes, sizeof bytes));
    bac_order_sign(&o, &controller, &w.cost);
    return o;
  }
  Bytes leave(uint32_t ev, const bac_order *o, uint64_t nonce = 1) {
    uint8_t memo[BAC_ORDER_BYTES], wire[BAC_TX_BYTES_MAX];
    if (o) bac_order_encode(o, memo);
    bac_tx tx;
    EXPECT_EQ(BAC_OK, bac_tx_make_record(&tx, wire, BAC_TX_LEAVE, memo, o ? sizeof memo : 0, ev, nonce, 1, &w.keys[ev], &w.cost));
    return Bytes(wire, wire + tx.wire_length);
  }
  /* Drawn on the seed of the next epoch's elections, for an epoch of the caller's choice; lambda 0: what the draw says. */
  Bytes credential(uint32_t ev, uint64_t epoch, uint32_t lambda = 0) {
    const bac_lottery lottery = bac_state_lottery(state);
    uint8_t alpha[BAC_SORTITION_ALPHA_BYTES], memo[BAC_CREDENTIAL_BYTES], wire[BAC_TX_BYTES_MAX];
    bac_ticket ticket;
    bac_sortition_alpha(alpha, BAC_ROLE_CP, state->next_seed, state->shard, epoch, 0);
    EXPECT_EQ(BAC_OK, bac_sortition_prove(&ticket, &lottery, account(ev)->units, w.keys[ev].vrf_secret, alpha, &w.cost));
    if (ticket.lambda == 0 && lambda == 0) return {};
    bac_credential c = {epoch, {}, lambda > 0 ? lambda : ticket.lambda};
    memcpy(c.pi, ticket.pi, sizeof c.pi);
    bac_credential_write(&c, memo);
    bac_tx tx;
    EXPECT_EQ(BAC_OK, bac_tx_make_record(&tx, wire, BAC_TX_CREDENTIAL, memo, sizeof memo, ev, 1, 1, &w.keys[ev], &w.cost));
    return Bytes(wire, wire + tx.wire_length);
  }
  void turn() {
    const uint8_t seed[BAC_HASH_BYTES] = {};
    state->height = state->last;
    bac_state_turn(state, seed, state->last, 1);
  }
  bac_account *account(uint32_t ev) { return bac_state_account(state, ev); }
};

TEST_F(Shard, FundsOfACertificateArePaidOutAtItsHomeAlone) {
  const int64_t before = bac_state_supply(state);
  EXPECT_FALSE(takes(join(9, THIRD))) << "its account is another shard's, or will be";
  EXPECT_EQ(nullptr, account(9));
  EXPECT_EQ(before, bac_state_supply(state));
  EXPECT_TRUE(takes(join(9, HOME)));
  EXPECT_EQ(before + BAC_GENESIS_BALANCE, bac_state_supply(state));
}

TEST_F(Shard, WhoComesBackGetsNothingMore) {
  for (uint32_t ev : {9u, 10u}) ASSERT_TRUE(takes(join(ev, HOME))); /* for enough members without it */
  turn();
  const int64_t before = bac_state_supply(state);
  ASSERT_TRUE(takes(leave(3, nullptr)));
  turn();
  EXPECT_EQ(BAC_OUTSIDE, account(3)->membership);
  EXPECT_TRUE(takes(join(3, HOME)));
  EXPECT_EQ(before, bac_state_supply(state));
}

TEST_F(Shard, OnlyAMembersCertificateLetsJoin) {
  EXPECT_FALSE(takes(join(9, HOME, BAC_CERTIFICATE_CONTROLLER)));
  EXPECT_FALSE(takes(join(9, HOME, BAC_CERTIFICATE_RELAY | BAC_CERTIFICATE_STANDING)));
  EXPECT_TRUE(takes(join(9, HOME)));
}

TEST_F(Shard, WhoLeavesForAnotherShardNeedsTheControllersOrder) {
  const bac_order good = order(2);
  bac_order o = order(2);
  o.to = THIRD; /* the signature is the other's */
  EXPECT_FALSE(takes(leave(2, &o)));
  o = order(2, THIRD);
  EXPECT_FALSE(takes(leave(2, &o))) << "no neighbour: nobody there would know what it brings";
  o = order(1);
  EXPECT_FALSE(takes(leave(2, &o))) << "another EV's";
  o = order(2);
  o.epoch = 1;
  bac_order_sign(&o, &controller, &w.cost);
  EXPECT_FALSE(takes(leave(2, &o))) << "of the next epoch";
  o = order(2);
  o.from = THIRD;
  bac_order_sign(&o, &controller, &w.cost);
  EXPECT_FALSE(takes(leave(2, &o))) << "out of another shard";
  o = order(2);
  bac_order_sign(&o, &w.keys[2], &w.cost);
  EXPECT_FALSE(takes(leave(2, &o))) << "signed by itself";
  EXPECT_TRUE(takes(leave(2, &good)));
  EXPECT_EQ(BAC_LEAVING, account(2)->membership);
  EXPECT_EQ(OTHER + 1, account(2)->towards);
}

TEST_F(Shard, OrdersOfARevokedControllerAreNone) {
  const bac_order o = order(2);
  state->revoked.number = 1;
  state->revoked.count = 1;
  state->revoked.serials[0] = o.controller.serial;
  EXPECT_FALSE(takes(leave(2, &o)));
}

TEST_F(Shard, AnOrderLapsesWithItsEpochAndNothingIsOwedToTheGone) {
  for (uint32_t ev : {9u, 10u}) ASSERT_TRUE(takes(join(ev, HOME)));
  const bac_order late = order(1), o = order(2);
  const Bytes lapsed = leave(1, &late), payment = w.tx(0, 2, 1);
  EXPECT_FALSE(spent(lapsed));
  EXPECT_FALSE(spent(payment));
  ASSERT_TRUE(takes(leave(2, &o)));
  EXPECT_TRUE(takes(payment, false)) << "it is a member up to the end of the epoch";
  turn();
  EXPECT_TRUE(spent(lapsed));
  EXPECT_FALSE(takes(lapsed));
  EXPECT_EQ(BAC_OUTSIDE, account(2)->membership);
  EXPECT_EQ(1u, account(2)->moves);
  EXPECT_TRUE(spent(payment)) << "no pool keeps it";
  EXPECT_FALSE(takes(join(2, HOME))) << "its account is elsewhere now";
}

/* The pool does not ask again whether it is authentic: then one drawn now for a later epoch would be good to those who have it, and to no
 * others. */
TEST_F(Shard, ACredentialIsGoodInTheEpochBeforeItsOwnAlone) {
  uint32_t drawn = 0;
  for (uint32_t ev = 0; ev < 4; ev++) {
    const Bytes later = credential(ev, state->epoch + 2), now = credential(ev, state->epoch + 1);
    bac_tx tx;
    if (!later.empty()) {
      drawn++;
      ASSERT_TRUE(bac_tx_decode(&tx, later.data(), later.size(), &w.cost));
      EXPECT_FALSE(bac_state_authentic(state, &tx, nullptr, &w.cost)) << ev;
    }
    if (!now.empty()) {
      EXPECT_TRUE(takes(now)) << ev;
    }
  }
  EXPECT_GT(drawn, 0u);
}

TEST_F(Shard, ACredentialOfMoreUnitsThanItsMemberHasIsNotApplied) {
  const Bytes wire = credential(1, state->epoch + 1, UINT32_MAX);
  bac_tx tx;
  ASSERT_TRUE(bac_tx_decode(&tx, wire.data(), wire.size(), &w.cost));
  EXPECT_FALSE(bac_state_accepts(state, &tx)) << "its priority would be the least of four billion hashes";
}

}  // namespace
