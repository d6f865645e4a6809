/* SPDX-License-Identifier: GPL-2.0-only */
/* A handover as hosts carry it out: two shards of EVs on one clock, the controller above them, one EV that drives from one into the other. */
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "audit.h"
#include "controller.h"
#include "host.h"
#include "observer.h"

extern "C" {
#include "bac/workload.h"
}

namespace {

constexpr uint32_t SHARDS = 2, EACH = 6, EVS = SHARDS * EACH, EV = 2;
constexpr bac_site SITES[SHARDS] = {{0, {0, 0, 0, 0}}, {1, {100000, 0, 0, 0}}};

/* Frames reach everybody of the shard after 2 ms. */
class Town {
 public:
  explicit Town(const char *protocol, uint64_t seed = 1) {
    config.protocol = protocol;
    config.seed = seed;
    config.gossip_period = 200 * BAC_MS;
    observer.reset(bac_observer_new(seed, 0, BAC_NEVER));
    const bac_controller_config cc = {seed, 65000, 5000, 0};
    controller.reset(bac_controller_new(&cc));
    bac_controller_set_sites(controller.get(), SITES, SHARDS, 0);
    for (uint32_t s = 0; s < SHARDS; s++) {
      uint32_t ids[EACH];
      for (uint32_t i = 0; i < EACH; i++) ids[i] = s * EACH + i;
      bac_members_derive(seed, ids, EACH, members[s]);
      rosters[s] = {};
      rosters[s].shard = s;
      rosters[s].count = EACH;
      rosters[s].members = members[s];
      rosters[s].epoch_blocks = 5;
      bac_ca_derive_key(seed, rosters[s].ca_key);
      list[s] = &rosters[s];
    }
    for (uint32_t s = 0; s < SHARDS; s++) bac_neighbour_derive(&known[1 - s], &rosters[s]);
    for (uint32_t s = 0; s < SHARDS; s++) rosters[s].neighbours = &known[s], rosters[s].neighbour_count = 1;
    for (uint32_t id = 0; id < EVS; id++) {
      const uint32_t s = id / EACH;
      bac_certificate_derive(seed, id, s, 0, BAC_NEVER, certificates[id]);
      const bac_node_config node = {&config, &rosters[s], id, BAC_NODE_MEMBER, shared.get(), certificates[id], nullptr, 0};
      char why[200] = "";
      hosts[id].reset(bac_host_new(&node, bac_cost_model_find("none"), why, sizeof why), bac_host_free);
      bac_host_set_shards(hosts[id].get(), list, SHARDS);
      motions[id] = finds[id] = SITES[s].at;
      const bac_workload_config wc = {seed, 1000, 300, 0, BAC_NEVER};
      workloads[id].reset(bac_workload_new(&wc, &rosters[s], id), bac_workload_free);
      plan(id);
    }
    for (uint32_t id = 0; id < EVS; id++) boot(id);
  }

  void run(bac_time until) {
    while (!events.empty() && events.begin()->first.first <= until) {
      const auto next = events.begin();
      now = next->first.first;
      const Event e = next->second;
      events.erase(next);
      if (e.kind == ANNOUNCE) announce();
      if (e.kind == SUBMIT) bac_host_submit(host(e.id), &e.submit), plan(e.id);
      if (e.kind == WAKE && bac_host_wakeup(host(e.id)) <= now) bac_host_wake(host(e.id));
      if (e.kind == FRAME && bac_host_shard(host(e.id)) == e.shard)
        if (uint8_t *to = bac_host_frame(host(e.id), 0, e.bytes.size())) memcpy(to, e.bytes.data(), e.bytes.size());
      if (e.kind != ANNOUNCE) work(e.id);
    }
    now = until;
  }
  /* From now on every second. */
  void announce() {
    for (uint32_t s = 0; s < SHARDS; s++) {
      size_t length;
      const auto where = [](void *self, uint32_t ev, bac_motion *m) { return *m = static_cast<Town *>(self)->motions[ev], true; };
      const uint8_t *bytes = bac_controller_announce(controller.get(), now, s, where, this, &length);
      for (uint32_t id = 0; bytes && id < EVS; id++) {
        if (bac_host_shard(host(id)) != s) continue;
        bac_host_assign(host(id), bytes, length, &finds[id]);
        work(id);
      }
    }
    push(now + BAC_SECOND, {ANNOUNCE, 0, 0, {}, {}});
  }
  void drive(uint32_t id, uint32_t to) { motions[id] = finds[id] = SITES[to].at; }
  /* As another node of the shard has it. */
  bool account(uint32_t shard, uint32_t id, bac_account_view *view) {
    for (uint32_t by = 0; by < EVS; by++)
      if (by != id && bac_host_shard(host(by)) == shard && bac_host_account(host(by), id, view)) return true;
    return false;
  }
  bool member(uint32_t shard, uint32_t id) {
    bac_account_view view;
    return account(shard, id, &view) && view.member;
  }
  bac_audit_report audit() {
    std::unique_ptr<bac_audit, decltype(&bac_audit_free)> a(bac_audit_new(), &bac_audit_free);
    for (const auto &[shard, base] : bases) bac_audit_base(a.get(), shard, base);
    for (uint32_t by = 0; by < EVS; by++) {
      const uint32_t shard = bac_host_shard(host(by));
      if (!bac_audit_state(a.get(), shard, bac_host_sum(host(by)).counters.chain_height)) continue;
      bac_account_view view;
      for (uint32_t id = 0; id < EVS; id++)
        if (bac_host_account(host(by), id, &view)) bac_audit_account(a.get(), shard, id, &view);
    }
    return bac_audit_sum(a.get(), BAC_GENESIS_BALANCE);
  }
  bac_host *host(uint32_t id) { return hosts[id].get(); }

  void work(uint32_t id) {
    char why[200] = "";
    bac_time cost;
    int more;
    while ((more = bac_host_step(host(id), now, &cost, why, sizeof why)) > 0) {
      const bac_output *out = bac_host_finish(host(id), why, sizeof why);
      const uint32_t shard = bac_host_shard(host(id));
      for (size_t i = 0; i < out->effect_count; i++) carry_out(id, shard, out->effects[i]);
      if (!bac_host_done(host(id))) continue;
      trace += std::to_string(id) + " to " + std::to_string(bac_host_shard(host(id))) + " at " + std::to_string(now) + "\n";
      boot(id);
      return;
    }
    ASSERT_EQ(0, more) << why;
    const bac_time at = bac_host_wakeup(host(id));
    if (at != BAC_NEVER) push(at > now ? at : now + 1, {WAKE, id, 0, {}, {}});
  }

  bac_time now = 0;
  bac_motion motions[EVS], finds[EVS]; /* as the controller sees them, as they see themselves */
  std::unique_ptr<bac_observer, decltype(&bac_observer_free)> observer{nullptr, &bac_observer_free};
  std::unique_ptr<bac_controller, decltype(&bac_controller_free)> controller{nullptr, &bac_controller_free};
  std::string trace; /* of handovers */

 private:
  enum Kind { FRAME, WAKE, SUBMIT, ANNOUNCE };
  struct Event {
    Kind kind;
    uint32_t id, shard;
    std::vector<uint8_t> bytes;
    bac_submit submit;
  };
  void push(bac_time at, const Event &e) { events[{at, order++}] = e; }
  void plan(uint32_t id) {
    Event e = {SUBMIT, id, 0, {}, {}};
    const bac_time at = bac_workload_next(workloads[id].get(), &e.submit);
    if (at != BAC_NEVER) push(at, e);
  }
  void boot(uint32_t id) {
    const bac_host_limits limits = {1, UINT32_MAX, 4096, true};
    bac_host_boot(host(id), &limits);
    work(id);
  }
  void carry_out(uint32_t id, uint32_t shard, const bac_effect &e) {
    const bac_observed_node node = {id, shard};
    bac_observer_effect(observer.get(), now, &node, &e);
    if (e.type == BAC_EFFECT_EPOCH) {
      bac_controller_epoch(controller.get(), e.epoch.roster);
      if (e.epoch.base > bases[shard]) bases[shard] = e.epoch.base;
    }
    if (e.type != BAC_EFFECT_FRAME) return;
    for (uint32_t to = 0; to < EVS; to++)
      if (to != id && bac_host_shard(host(to)) == shard && (e.frame.destination == BAC_BROADCAST || e.frame.destination == to))
        push(now + 2 * BAC_MS, {FRAME, to, shard, std::vector<uint8_t>(e.frame.bytes, e.frame.bytes + e.frame.length), {}});
  }

  bac_config config = bac_config_default();
  bac_member members[SHARDS][EACH];
  bac_roster rosters[SHARDS];
  const bac_roster *list[SHARDS];
  bac_neighbour known[SHARDS];
  uint8_t certificates[EVS][BAC_CERTIFICATE_BYTES];
  std::unique_ptr<bac_shared, decltype(&bac_shared_free)> shared{bac_shared_new(1 << 14), &bac_shared_free};
  std::shared_ptr<bac_host> hosts[EVS];
  std::shared_ptr<bac_workload> workloads[EVS];
  std::map<std::pair<bac_time, uint64_t>, Event> events;
  std::map<uint32_t, uint64_t> bases;
  uint64_t order = 0;
};

class HostHandover : public ::testing::TestWithParam<const char *> {};

/* The channel is the shard's own: an announcement of so many bytes is followed by as long a silence as they cost. */
TEST(Controller, SaysNoMoreThanItsShare) {
  const bac_controller_config cc = {1, 65000, 5000, 1000};
  std::unique_ptr<bac_controller, decltype(&bac_controller_free)> controller(bac_controller_new(&cc), bac_controller_free);
  bac_controller_set_sites(controller.get(), SITES, SHARDS, 0);
  bac_member members[EACH];
  uint32_t ids[EACH];
  for (uint32_t i = 0; i < EACH; i++) ids[i] = i;
  bac_members_derive(1, ids, EACH, members);
  bac_roster roster = {};
  roster.count = EACH;
  roster.members = members;
  bac_controller_epoch(controller.get(), &roster);
  const auto where = [](void *, uint32_t, bac_motion *m) { return *m = SITES[0].at, true; };
  size_t length = 0, said = 0;
  for (bac_time now = 0; now < 20 * BAC_SECOND; now += 10 * BAC_MS)
    if (bac_controller_announce(controller.get(), now, 0, where, nullptr, &length)) said += length;
  EXPECT_LE(said, 20 * cc.bytes_per_s + length);
  EXPECT_GE(said, 20 * cc.bytes_per_s - length);
}

TEST_P(HostHandover, AnAccountArrivesOnceAndNothingIsMinted) {
  Town town(GetParam());
  town.announce();
  town.run(6 * BAC_SECOND);
  EXPECT_EQ("", town.trace) << "nobody has anywhere to go";
  town.drive(EV, 1);
  bool travelled = false;
  for (int i = 0; i < 60 && !town.member(1, EV); i++) {
    town.run(town.now + BAC_SECOND);
    const bac_audit_report r = town.audit();
    if (!r.complete) continue; /* some are a block behind */
    EXPECT_EQ(0, r.excess_milli) << town.now;
    EXPECT_EQ(0u, r.doubled);
    EXPECT_LE(r.travelling, 1u);
    travelled = travelled || r.travelling == 1;
  }
  ASSERT_TRUE(town.member(1, EV));
  EXPECT_TRUE(travelled);
  EXPECT_EQ(1u, bac_host_shard(town.host(EV)));
  EXPECT_FALSE(town.member(0, EV));
  bac_account_view left, here;
  ASSERT_TRUE(town.account(0, EV, &left));
  ASSERT_TRUE(town.account(1, EV, &here));
  EXPECT_TRUE(left.gone);
  EXPECT_EQ(1u, left.moves);
  EXPECT_EQ(1u, here.moves);
  EXPECT_GE(here.tasks, left.tasks) << "its reputation came along";
  town.run(town.now + 10 * BAC_SECOND);
  const bac_observer_report seen = bac_observer_sum(town.observer.get());
  EXPECT_EQ(0u, seen.conflicts) << bac_observer_conflict(town.observer.get());
  EXPECT_EQ(0u, seen.gaps);
  EXPECT_EQ(town.trace.find('\n'), town.trace.size() - 1) << "one handover: " << town.trace;
  EXPECT_GE(bac_controller_orders(town.controller.get()), 1u) << "again in the next epoch, if it did not get through";
  const bac_attendance_report attended = bac_observer_attendance(town.observer.get());
  EXPECT_EQ(1u, attended.handovers);
  EXPECT_EQ(0u, attended.handovers_open);
  EXPECT_GT(attended.handover_s_mean, 0.5);
  EXPECT_LT(attended.handover_s_mean, 40);
  Town again(GetParam());
  again.announce();
  again.run(6 * BAC_SECOND);
  again.drive(EV, 1);
  again.run(town.now);
  EXPECT_EQ(town.trace, again.trace) << "the same seed";
}

TEST(HostHandoverRules, GoesThereAndBackWithTheRecordsOfItsFirstStay) {
  Town town("bac", 2);
  town.announce();
  town.drive(EV, 1);
  for (int i = 0; i < 60 && !town.member(1, EV); i++) town.run(town.now + BAC_SECOND);
  ASSERT_TRUE(town.member(1, EV));
  town.drive(EV, 0);
  for (int i = 0; i < 60 && !town.member(0, EV); i++) town.run(town.now + BAC_SECOND);
  ASSERT_TRUE(town.member(0, EV));
  bac_account_view here;
  ASSERT_TRUE(town.account(0, EV, &here));
  EXPECT_EQ(2u, here.moves);
  EXPECT_FALSE(here.gone);
  town.run(town.now + 8 * BAC_SECOND);
  const bac_audit_report r = town.audit();
  EXPECT_EQ(0, r.excess_milli);
  EXPECT_EQ(0u, r.doubled);
  EXPECT_EQ(0u, bac_observer_sum(town.observer.get()).conflicts);
  EXPECT_EQ(2u, bac_observer_attendance(town.observer.get()).handovers);
}

/* The controller is mistaken, or lies, about where it is. */
TEST(HostHandoverRules, DoesNotGoWhereItIsNot) {
  Town town("bac");
  town.announce();
  town.motions[EV] = SITES[1].at;
  town.run(25 * BAC_SECOND);
  EXPECT_GT(bac_controller_orders(town.controller.get()), 0u);
  EXPECT_EQ("", town.trace);
  EXPECT_TRUE(town.member(0, EV));
}

/* Whatever it hears, unless the controller says so in this epoch, and it is new. */
TEST(HostHandoverRules, TakesNoForgedOrOldAnnouncement) {
  Town town("bac");
  town.run(2 * BAC_SECOND);
  town.drive(EV, 1);
  size_t length;
  const auto where = [](void *self, uint32_t ev, bac_motion *m) { return *m = static_cast<Town *>(self)->motions[ev], true; };
  const uint8_t *bytes = bac_controller_announce(town.controller.get(), town.now, 0, where, &town, &length);
  ASSERT_NE(nullptr, bytes);
  const std::vector<uint8_t> good(bytes, bytes + length);
  std::vector<uint8_t> bad = good;
  bad.back() ^= 1;
  bac_host_assign(town.host(EV), bad.data(), bad.size(), &town.finds[EV]);
  bac_host_assign(town.host(EV), good.data(), good.size() - 1, &town.finds[EV]);
  bac_host_assign(town.host(EV), good.data(), good.size(), &town.finds[0]); /* it is not there, and does not go */
  bac_host_assign(town.host(EV), good.data(), good.size(), &town.finds[EV]); /* the same again */
  town.work(EV);
  const bac_counters c = bac_host_sum(town.host(EV)).counters;
  EXPECT_EQ(1u, c.rejects[BAC_REJECT_SIGNATURE]);
  EXPECT_EQ(1u, c.rejects[BAC_REJECT_MALFORMED]);
  EXPECT_EQ(1u, c.rejects[BAC_REJECT_STALE]);
  town.run(12 * BAC_SECOND);
  const uint64_t before = bac_host_sum(town.host(EV)).counters.rejects[BAC_REJECT_WRONG_EPOCH];
  bac_host_assign(town.host(EV), good.data(), good.size(), &town.finds[EV]); /* another epoch */
  town.work(EV);
  EXPECT_EQ(before + 1, bac_host_sum(town.host(EV)).counters.rejects[BAC_REJECT_WRONG_EPOCH]);
  town.run(20 * BAC_SECOND);
  EXPECT_EQ("", town.trace);
}

INSTANTIATE_TEST_SUITE_P(Engines, HostHandover, ::testing::Values("bac", "bac2"), [](const auto &info) { return std::string(info.param); });

}  // namespace
