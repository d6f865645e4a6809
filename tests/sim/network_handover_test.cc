/* SPDX-License-Identifier: GPL-2.0-only */
/* An EV that drives from one shard into another: two networks, one passport. */
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include "controller.h"
#include "network.h"

extern "C" {
#include "ledger/passport.h"
#include "ledger/record.h"
}

namespace {

constexpr uint32_t EV = 6;

struct Account : bac_account_view {};

class Handover : public ::testing::TestWithParam<const char *> {
 protected:
  /* Shards 0 and 1 of the same vehicles' ids; EV 6 is a member of shard 0 alone. */
  void start(uint64_t seed) {
    for (uint32_t s = 0; s < 2; s++) { /* each is known to the other by its first roster, which knows nobody */
      bac_sim *draft = make(seed, s, nullptr);
      bac_sim_neighbour(draft, &known[s]);
      bac_sim_free(draft);
    }
    bac_controller_config config = {};
    config.seed = seed;
    config.id = 65000;
    config.horizon_ms = 5000;
    controller = bac_controller_new(&config);
    bac_controller_set_sites(controller, sites, 2, 0);
    for (uint32_t s = 0; s < 2; s++) {
      sims[s] = make(seed, s, &known[1 - s]);
      bac_sim_on_effect(sims[s], heard, controller);
    }
  }
  static void heard(void *ctx, bac_time, uint32_t, const bac_effect *e) {
    if (e->type == BAC_EFFECT_EPOCH) bac_controller_epoch(static_cast<bac_controller *>(ctx), e->epoch.roster);
  }
  static bac_sim *make(uint64_t seed, uint32_t shard, const bac_neighbour *neighbour) {
    bac_sim_config c = bac_sim_config_default(GetParam(), seed);
    c.nodes = 7;
    c.founders = shard == 0 ? 7 : 6;
    c.epoch_blocks = 5;
    c.shard = shard;
    c.tx_rate_milli = 1000;
    c.node.gossip_period = 200 * BAC_MS;
    c.neighbours = neighbour;
    c.neighbour_count = neighbour != nullptr;
    char why[200] = "";
    bac_sim *sim = bac_sim_new(&c, why, sizeof why);
    EXPECT_NE(nullptr, sim) << why;
    return sim;
  }
  ~Handover() override {
    for (bac_sim *sim : sims)
      if (sim) bac_sim_free(sim);
    bac_controller_free(controller);
  }
  void run(bac_time seconds) {
    now += seconds * BAC_SECOND;
    for (bac_sim *sim : sims) bac_sim_run(sim, now);
  }
  bool until(const std::function<bool()> &holds, int seconds) {
    for (int i = 0; i < seconds && !holds(); i++) run(1);
    return holds();
  }
  bool member(uint32_t shard) const {
    uint64_t epoch;
    bool is;
    return bac_sim_epoch(sims[shard], EV, &epoch, &is) && is;
  }
  /* The EV's account as node 0 of the shard has it. */
  Account account(uint32_t shard) const {
    Account a = {};
    bac_sim_account(sims[shard], 0, EV, &a);
    return a;
  }
  /* The controller sees everybody at the site of their shard, the EV at that of `to`. Everybody hears what it makes of that. */
  void announce(uint32_t from, uint32_t to) {
    struct View {
      uint32_t from, to;
    } view = {from, to};
    const auto where = [](void *ctx, uint32_t ev, bac_motion *m) {
      const View *v = static_cast<View *>(ctx);
      *m = sites[ev == EV ? v->to : v->from].at;
      return true;
    };
    size_t length;
    const uint8_t *bytes = bac_controller_announce(controller, now + 1, from, where, &view, &length);
    ASSERT_NE(nullptr, bytes);
    for (uint32_t i = 0; i < 7; i++) bac_sim_assign(sims[from], i, bytes, length, &sites[i == EV ? to : from].at);
  }
  std::vector<uint8_t> leave(uint32_t from, uint32_t to) {
    size_t length = 0;
    uint8_t *bytes = nullptr;
    const auto left = [&] {
      free(bytes);
      bytes = bac_sim_passport(sims[from], EV, &length);
      if (!bytes) announce(from, to);
      return bytes != nullptr;
    };
    EXPECT_TRUE(until(left, 60));
    std::vector<uint8_t> passport(bytes, bytes + length);
    free(bytes);
    run(2); /* the others see it, too */
    bac_sim_crash(sims[from], EV);
    return passport;
  }
  void expect_agreement() const {
    for (bac_sim *sim : sims) {
      EXPECT_EQ(0u, bac_sim_report(sim).conflicts) << bac_sim_conflict(sim);
      EXPECT_EQ(0u, bac_sim_report(sim).gaps);
    }
  }

  static constexpr bac_site sites[2] = {{0, {0, 0, 0, 0}}, {1, {100000, 0, 0, 0}}};
  bac_controller *controller = nullptr;
  bac_neighbour known[2] = {}; /* borrowed by the networks */
  bac_sim *sims[2] = {};
  bac_time now = 0;
};

TEST_P(Handover, ReputationAndBalanceFollow) {
  start(3);
  run(30);
  const std::vector<uint8_t> passport = leave(0, 1);
  const Account left = account(0);
  EXPECT_TRUE(left.gone);
  EXPECT_EQ(1u, left.moves);
  EXPECT_GT(left.participated, 0u);
  EXPECT_NE(BAC_GENESIS_BALANCE, left.balance_milli); /* it has paid and earned */
  bac_sim_arrive(sims[1], EV, passport.data(), passport.size());
  ASSERT_TRUE(until([&] { return member(1); }, 60));
  const Account here = account(1);
  EXPECT_EQ(1u, here.moves);
  EXPECT_GE(here.tasks, left.tasks); /* a newcomer would have none */
  EXPECT_GE(here.participated, left.participated);
  EXPECT_GT(here.units, 50u); /* what a newcomer has at most, and does not, before 16 tasks */
  EXPECT_TRUE(account(0).gone);
  EXPECT_EQ(left.balance_milli, account(0).balance_milli); /* frozen: nobody pays it there any more */
  run(10);
  expect_agreement();
}

TEST_P(Handover, GoesAndComesBackWithTheBoundariesSinceThenOnly) {
  start(4);
  run(20);
  const std::vector<uint8_t> first = leave(0, 1);
  bac_sim_arrive(sims[1], EV, first.data(), first.size());
  ASSERT_TRUE(until([&] { return member(1); }, 60));
  run(12);
  const std::vector<uint8_t> second = leave(1, 0);
  EXPECT_EQ(2u, account(1).moves);
  bac_sim_arrive(sims[0], EV, second.data(), second.size());
  ASSERT_TRUE(until([&] { return member(0); }, 60));
  EXPECT_EQ(2u, account(0).moves);
  EXPECT_FALSE(account(0).gone);
  /* Its first passport is worth nothing now. */
  run(12);
  leave(0, 1);
  bac_sim_arrive(sims[1], EV, first.data(), first.size());
  run(30);
  EXPECT_FALSE(member(1));
  expect_agreement();
}

INSTANTIATE_TEST_SUITE_P(Engines, Handover, ::testing::Values("bac", "bac2"), [](const auto &info) { return std::string(info.param); });

/* ---- The passport itself. ---- */

class Passport : public Handover {
 protected:
  bool read(const std::vector<uint8_t> &bytes, bac_passport *p) {
    bac_cost cost = {};
    return bac_passport_read(p, bytes.data(), bytes.size(), true, nullptr, &cost);
  }
};

TEST_P(Passport, HoldsAsAWholeAndTrimmedAndNotWithAnyByteChanged) {
  start(5);
  run(12);
  const std::vector<uint8_t> whole = leave(0, 1);
  auto p = std::make_unique<bac_passport>();
  ASSERT_TRUE(read(whole, p.get()));
  EXPECT_EQ(0u, p->first);
  ASSERT_GE(p->boundaries, 2u);
  EXPECT_EQ(EV, p->account.id);
  EXPECT_EQ(2u, p->account.towards);
  const uint64_t end = p->first + p->boundaries;
  uint8_t root[BAC_HASH_BYTES], first[BAC_HASH_BYTES];
  memcpy(first, p->epochs[0].roster_hash, sizeof first);
  memcpy(root, p->epochs[p->boundaries].root, sizeof root);
  for (uint64_t epoch = 0; epoch <= end + 1; epoch++) {
    bac_buf *rest = bac_passport_trim(whole.data(), whole.size(), epoch);
    ASSERT_NE(nullptr, rest);
    const std::vector<uint8_t> bytes(rest->data, rest->data + rest->length);
    bac_buf_unref(rest);
    ASSERT_TRUE(read(bytes, p.get())) << epoch;
    EXPECT_EQ(end, p->first + p->boundaries);
    EXPECT_EQ(0, memcmp(root, p->epochs[p->boundaries].root, sizeof root));
    if (epoch >= end) {
      EXPECT_LT(bytes.size(), 1000u);
    }
  }
  /* Index and number of accounts are not certified: the path leads to a leaf of this kind or to none. */
  const size_t counts = whole.size() - (10 + BAC_ACCOUNT_BYTES + 3 * BAC_HASH_BYTES);
  for (size_t i = 4; i < whole.size(); i += 7) { /* the shard's number is compared with what it names */
    if (i >= counts && i < counts + 8) continue;
    std::vector<uint8_t> bad = whole;
    bad[i] ^= 0x10;
    /* The first roster is who it is by its hash, which the other shard knows. */
    const bool other = read(bad, p.get()) && memcmp(p->epochs[0].roster_hash, first, sizeof first) == 0;
    ASSERT_FALSE(other) << "byte " << i << " of " << whole.size();
  }
  std::vector<uint8_t> shorter(whole.begin(), whole.end() - 1);
  EXPECT_FALSE(read(shorter, p.get()));
}

INSTANTIATE_TEST_SUITE_P(Engines, Passport, ::testing::Values("bac"), [](const auto &info) { return std::string(info.param); });

}  // namespace
