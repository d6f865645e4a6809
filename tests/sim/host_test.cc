/* SPDX-License-Identifier: GPL-2.0-only */
/* A node's machine: the CPU's time, events that wait for it and are lost, durable records, lives. */
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "host.h"
#include "store/store.h"

namespace {

class HostTest : public testing::Test {
 protected:
  void SetUp() override {
    const uint32_t ids[] = {0, 1, 2, 3};
    ASSERT_EQ(bac_members_derive(1, ids, 4, members), BAC_OK);
    roster.count = 4;
    roster.members = members;
    Make("automotive");
  }
  void Make(const char *cost) {
    const bac_node_config node = {&config, &roster, 0, BAC_NODE_MEMBER, nullptr};
    char why[256] = "";
    host.reset(bac_host_new(&node, bac_cost_model_find(cost), why, sizeof why));
    ASSERT_TRUE(host) << why;
  }
  int Step() {
    char why[256] = "";
    cost = 0;
    const int result = bac_host_step(host.get(), now, &cost, why, sizeof why);
    error = why;
    return result;
  }
  /* Steps until nothing waits; returns how many effects of each kind came out. */
  std::vector<size_t> Drain() {
    std::vector<size_t> kinds(BAC_EFFECT_REJECT + 1);
    while (Step() > 0) {
      now += cost;
      const bac_output *out = Finish();
      for (size_t i = 0; i < out->effect_count; i++) kinds[out->effects[i].type]++;
      bac_host_done(host.get());
    }
    return kinds;
  }
  const bac_output *Finish() {
    char why[256] = "";
    const bac_output *out = bac_host_finish(host.get(), why, sizeof why);
    error = why;
    return out;
  }
  void Submit() {
    bac_submit submit{};
    submit.to = 1;
    submit.amount_milli = 1000;
    bac_host_submit(host.get(), &submit);
  }

  bac_config config = bac_config_default();
  bac_member members[4];
  bac_roster roster{};
  bac_host_limits limits{2, 4, 3, true};
  std::unique_ptr<bac_host, decltype(&bac_host_free)> host{nullptr, &bac_host_free};
  bac_time now = 0, cost = 0;
  std::string error;
};

TEST_F(HostTest, RefusesWhatTheNodeRefuses) {
  config.protocol = "paxos";
  const bac_node_config node = {&config, &roster, 0, BAC_NODE_MEMBER, nullptr};
  char why[256] = "";
  EXPECT_EQ(bac_host_new(&node, bac_cost_model_find("none"), why, sizeof why), nullptr);
  EXPECT_NE(std::string(why).find("paxos"), std::string::npos);
}

TEST_F(HostTest, DownItHearsNothing) {
  EXPECT_FALSE(bac_host_is_up(host.get()));
  EXPECT_EQ(bac_host_frame(host.get(), 0, 10), nullptr);
  Submit();
  bac_host_sent(host.get(), 0, 1);
  bac_host_wake(host.get());
  EXPECT_EQ(Step(), 0);
  EXPECT_EQ(bac_host_wakeup(host.get()), BAC_NEVER);
  EXPECT_EQ(bac_host_sum(host.get()).overflows, 0u);
}

TEST_F(HostTest, NothingStepsWhileTheCpuIsBusy) {
  bac_host_boot(host.get(), &limits);
  Drain(); /* START */
  const bac_time start = bac_host_sum(host.get()).busy; /* it draws for the first round */
  Submit();
  Submit();
  ASSERT_EQ(Step(), 1);
  EXPECT_GT(cost, 0) << "a signature";
  EXPECT_EQ(bac_host_sum(host.get()).busy - start, cost);
  EXPECT_EQ(Step(), 0) << "busy";
  Finish();
  EXPECT_EQ(Step(), 0) << "its effects are being carried out";
  bac_host_done(host.get());
  EXPECT_EQ(Step(), 1) << "the second transaction";
  Make("none");
  bac_host_boot(host.get(), &limits);
  Submit();
  Drain();
  EXPECT_EQ(bac_host_sum(host.get()).busy, 0);
}

TEST_F(HostTest, QueueIsBoundedButForTimersAndNotices) {
  bac_host_boot(host.get(), &limits);
  ASSERT_EQ(Step(), 1); /* START; the CPU stays busy */
  for (int i = 0; i < 5; i++) Submit();
  EXPECT_EQ(bac_host_frame(host.get(), 0, 10), nullptr);
  EXPECT_EQ(bac_host_sum(host.get()).overflows, 3u) << "three wait, two and a frame are lost";
  bac_host_sent(host.get(), 0, 1);
  bac_host_sent(host.get(), 0, 2); /* with the first: one event */
  bac_host_sent(host.get(), 1, 1);
  bac_host_wake(host.get());
  bac_host_wake(host.get());
  EXPECT_EQ(bac_host_wakeup(host.get()), BAC_NEVER) << "it is about to be woken";
  Finish();
  bac_host_done(host.get());
  int steps = 0;
  for (; Step() > 0; steps++) {
    Finish();
    bac_host_done(host.get());
  }
  EXPECT_EQ(steps, 6) << "three transactions, a SENT of each radio, and WAKE";
}

TEST_F(HostTest, HostileFrameIsTheNodesToReject) {
  bac_host_boot(host.get(), &limits);
  Drain();
  uint8_t *bytes = bac_host_frame(host.get(), 0, 3);
  ASSERT_NE(bytes, nullptr);
  bytes[0] = 0xff;
  EXPECT_EQ(Drain()[BAC_EFFECT_REJECT], 1u);
}

TEST_F(HostTest, CrashLosesAllButRecordsAndTotals) {
  bac_host_boot(host.get(), &limits);
  Submit();
  const std::vector<size_t> kinds = Drain();
  EXPECT_GT(kinds[BAC_EFFECT_FRAME], 0u);
  const bac_host_totals before = bac_host_sum(host.get());
  Submit();
  ASSERT_EQ(Step(), 1);
  bac_host_crash(host.get());
  EXPECT_FALSE(bac_host_is_up(host.get()));
  EXPECT_EQ(Finish()->effect_count, 0u) << "cut off before its effects";
  EXPECT_EQ(Step(), 0);
  EXPECT_GE(bac_host_sum(host.get()).counters.frames_sent[BAC_CLASS_BULK], before.counters.frames_sent[BAC_CLASS_BULK]);
  bac_host_boot(host.get(), &limits);
  Drain();
  EXPECT_TRUE(bac_host_is_up(host.get()));
  EXPECT_GE(bac_host_sum(host.get()).busy, before.busy);
}

TEST_F(HostTest, BugOfTheHostIsTold) {
  bac_host_boot(host.get(), &limits);
  now = BAC_SECOND;
  Drain();
  Submit();
  now = 0; /* time went back */
  EXPECT_LT(Step(), 0);
  EXPECT_NE(error.find("node 0 fails with"), std::string::npos) << error;
}

}  // namespace
