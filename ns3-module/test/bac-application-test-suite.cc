/* SPDX-License-Identifier: GPL-2.0-only */
/* The host of one protocol node: CPU time, frames over a real channel, the wired relay, crash and restart, the observer. */
#include "bac-helper.h"
#include "bac-statistics.h"

#include "trace/plan.h"

#include "ns3/boolean.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/test.h"

#include <memory>
#include <stdexcept>

using namespace ns3;

namespace {

/// A shard of stations at given places on a line (m), with optional RSUs that a wire connects.
class Scene {
 public:
  Scene(const std::vector<double>& members, const std::vector<double>& rsus, const std::string& cost = "automotive");
  ~Scene() { Simulator::Destroy(); }

  void Run(double until) {
    Simulator::Stop(Seconds(until) - Simulator::Now());
    Simulator::Run();
  }

  std::vector<Ptr<BacApplication>> apps;     ///< of the members
  std::vector<Ptr<BacApplication>> roadside; ///< of the RSUs
  Ptr<BacApplication> mbs;
  std::map<uint32_t, uint64_t> height;  ///< by member, last committed
  std::map<uint32_t, Time> committedAt; ///< by member, first block with transactions
  uint64_t frames{0};                   ///< received by any, radio and wire

 private:
  Ptr<BacApplication> Add(uint32_t id, bac_node_kind kind, double x, const std::string& cost);
  void Commit(uint32_t id, const bac_effect& effect) {
    height[id] = effect.commit.height;
    if (effect.commit.tx_count > 0) committedAt.emplace(id, Simulator::Now());
  }
  void FrameRx(uint32_t, uint32_t, Ptr<const Packet>) { frames++; }

  BacHelper m_helper{BacRadioOptions()};
  bac_config m_config{bac_config_default()};
  std::vector<bac_member> m_members;
  bac_roster m_roster{};
};

Scene::Scene(const std::vector<double>& members, const std::vector<double>& rsus, const std::string& cost) {
  const auto count = static_cast<uint32_t>(members.size());
  std::vector<uint32_t> ids(count);
  for (uint32_t i = 0; i < count; i++) ids[i] = i;
  m_members.resize(count);
  bac_members_derive(1, ids.data(), count, m_members.data());
  m_roster.count = count;
  m_roster.members = m_members.data();
  m_config.backhaul = !rsus.empty();
  const bac_workload_config workload{1, 1000, 300, BAC_SECOND / 10, 60 * BAC_SECOND};
  for (uint32_t i = 0; i < count; i++) {
    apps.push_back(Add(i, BAC_NODE_MEMBER, members[i], cost));
    apps.back()->SetWorkload(workload, m_roster);
    apps.back()->TraceConnectWithoutContext("Commit", MakeCallback(&Scene::Commit, this));
  }
  if (!rsus.empty()) mbs = Add(BAC_PLAN_MBS_BEGIN, BAC_NODE_MBS, 0, cost);
  for (uint32_t i = 0; i < rsus.size(); i++) {
    roadside.push_back(Add(BAC_PLAN_RSU_BEGIN + i, BAC_NODE_RSU, rsus[i], cost));
    m_helper.Wire(roadside.back(), mbs);
  }
  m_helper.AssignStreams(0);
}

Ptr<BacApplication> Scene::Add(uint32_t id, bac_node_kind kind, double x, const std::string& cost) {
  Ptr<Node> node = CreateObject<Node>();
  Ptr<WaveNetDevice> radio;
  if (kind != BAC_NODE_MBS) {
    Ptr<ConstantPositionMobilityModel> mobility = CreateObject<ConstantPositionMobilityModel>();
    mobility->SetPosition(Vector(x, 0, 1.5));
    node->AggregateObject(mobility);
    radio = m_helper.InstallRadio(node, id, 0);
  }
  const bac_node_config config{&m_config, &m_roster, id, kind, nullptr, nullptr, nullptr, 0};
  Ptr<BacApplication> app = m_helper.Install(node, config, cost, radio, 0);
  app->SetStartTime(Seconds(0.1));
  app->TraceConnectWithoutContext("FrameRx", MakeCallback(&Scene::FrameRx, this));
  return app;
}

class BacExchangeTest : public TestCase {
 public:
  BacExchangeTest() : TestCase("two nodes agree over a real channel") {}

 private:
  void DoRun() override {
    Scene scene({0, 60}, {});
    scene.Run(4);
    NS_TEST_EXPECT_MSG_GT(scene.frames, 10, "frames");
    NS_TEST_EXPECT_MSG_GT(scene.height[0], 0, "node 0 commits");
    NS_TEST_EXPECT_MSG_GT(scene.height[1], 0, "node 1 commits");
    NS_TEST_EXPECT_MSG_EQ(scene.apps[0]->GetOverflows(), 0, "events lost");
  }
};

class BacCpuTest : public TestCase {
 public:
  BacCpuTest() : TestCase("CPU time is spent, and none when operations cost nothing") {}

 private:
  void DoRun() override {
    {
      Scene scene({0, 60, 120}, {}, "none");
      scene.Run(3);
      NS_TEST_EXPECT_MSG_EQ(scene.apps[0]->GetBusyTime(), Seconds(0), "free");
      NS_TEST_EXPECT_MSG_GT(scene.height[0], 0, "commits");
    }
    {
      Scene scene({0, 60, 120}, {});
      scene.Run(3);
      NS_TEST_EXPECT_MSG_GT(scene.apps[0]->GetBusyTime(), MicroSeconds(100), "busy");
      NS_TEST_EXPECT_MSG_LT(scene.apps[0]->GetBusyTime(), Seconds(2.9), "not all the time");
    }
    bool refused = false;
    try {
      Scene scene({0, 60}, {}, "abacus");
    } catch (const std::runtime_error&) {
      refused = true;
    }
    NS_TEST_EXPECT_MSG_EQ(refused, true, "an unknown cost model");
  }
};

/// Two groups 20 km apart: only the RSUs' wires lead from one to the other.
class BacBackhaulTest : public TestCase {
 public:
  BacBackhaulTest() : TestCase("RSUs and MBS relay between places that no radio connects") {}

 private:
  void DoRun() override {
    {
      Scene scene({0, 50, 20000, 20050}, {});
      scene.Run(6);
      NS_TEST_EXPECT_MSG_EQ(scene.committedAt.size(), 0, "no quorum on either side");
    }
    {
      Scene scene({0, 50, 20000, 20050}, {25, 20025});
      scene.Run(6);
      NS_TEST_EXPECT_MSG_EQ(scene.committedAt.size(), 4, "all commit");
      NS_TEST_EXPECT_MSG_GT(scene.mbs->GetCounters().wired_frames_sent, 10, "through the MBS");
      NS_TEST_EXPECT_MSG_GT(scene.roadside[0]->GetCounters().wired_frames_sent, 10, "from the west");
      NS_TEST_EXPECT_MSG_GT(scene.roadside[1]->GetCounters().wired_frames_sent, 10, "from the east");
    }
  }
};

class BacRestartTest : public TestCase {
 public:
  BacRestartTest() : TestCase("a node crashes, comes back from its records and catches up") {}

 private:
  void DoRun() override {
    Scene scene({0, 50, 100, 150, 200}, {});
    scene.Run(4);
    const uint64_t before = scene.height[2];
    NS_TEST_EXPECT_MSG_GT(before, 0, "commits before");
    scene.apps[2]->Crash();
    NS_TEST_EXPECT_MSG_EQ(scene.apps[2]->IsRunning(), false, "down");
    const uint64_t sent = scene.apps[2]->GetCounters().messages_sent;
    NS_TEST_EXPECT_MSG_GT(sent, 0, "totals stay");
    scene.Run(7);
    NS_TEST_EXPECT_MSG_EQ(scene.height[2], before, "silent while down");
    NS_TEST_EXPECT_MSG_EQ(scene.apps[2]->GetCounters().messages_sent, sent, "sends nothing while down");
    scene.apps[2]->Restart();
    scene.Run(14);
    NS_TEST_EXPECT_MSG_EQ(scene.apps[2]->IsRunning(), true, "up");
    NS_TEST_EXPECT_MSG_GT(scene.height[2], before, "commits again");
    NS_TEST_EXPECT_MSG_GT(scene.height[2] + 3, scene.height[0], "caught up");
  }
};

/// The observer itself is the core's and tested there.
class BacStatisticsTest : public TestCase {
 public:
  BacStatisticsTest() : TestCase("members' commits reach the observer with their shard") {}

 private:
  void DoRun() override;
  static bac_effect Block(uint64_t height, uint8_t digest) {
    bac_effect effect{};
    effect.type = BAC_EFFECT_COMMIT;
    effect.commit.height = height;
    effect.commit.digest[0] = digest;
    effect.commit.tx_count = 5;
    effect.commit.members = 4;
    return effect;
  }
};

void BacStatisticsTest::DoRun() {
  Scene scene({0, 50, 100, 150}, {});
  BacStatistics statistics(1, Seconds(0), Seconds(10));
  for (const auto& app : scene.apps) statistics.AddMember(app, 7);
  statistics.Effect(0, Block(1, 0xAA));
  statistics.Effect(1, Block(1, 0xAA));
  NS_TEST_EXPECT_MSG_EQ(statistics.GetBlocks().size(), 0, "two of four are no quorum");
  statistics.Effect(2, Block(1, 0xAA));
  NS_TEST_ASSERT_MSG_EQ(statistics.GetBlocks().size(), 1, "three of four are");
  const BacRow row = statistics.GetBlocks()[0];
  NS_TEST_EXPECT_MSG_EQ(row.front().first + "=" + row.front().second, "shard=7", "a row of text");
  NS_TEST_EXPECT_MSG_EQ(statistics.GetConflictText(), "", "no conflict so far");
  statistics.Effect(3, Block(1, 0xDD));
  NS_TEST_EXPECT_MSG_EQ(statistics.GetConflicts(), 1, "one height");
  NS_TEST_EXPECT_MSG_EQ((statistics.GetConflictText().find("shard 7") == 0), true, statistics.GetConflictText());
}

class BacApplicationTestSuite : public TestSuite {
 public:
  BacApplicationTestSuite() : TestSuite("bac-application", SYSTEM) {
    AddTestCase(new BacExchangeTest, TestCase::QUICK);
    AddTestCase(new BacCpuTest, TestCase::QUICK);
    AddTestCase(new BacBackhaulTest, TestCase::QUICK);
    AddTestCase(new BacRestartTest, TestCase::QUICK);
    AddTestCase(new BacStatisticsTest, TestCase::QUICK);
  }
};

BacApplicationTestSuite g_bacApplicationTestSuite; ///< registers itself

} // namespace
