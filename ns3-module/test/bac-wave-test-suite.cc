/* SPDX-License-Identifier: GPL-2.0-only */
/* The culled channel: not one reception differs from those on ns-3's own; with weak signals, interference from afar and from next door. */
#include "bac-helper.h"

#include "ns3/constant-position-mobility-model.h"
#include "ns3/constant-velocity-mobility-model.h"
#include "ns3/pointer.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/wifi-phy-state-helper.h"

#include <cmath>
#include <cstring>
#include <vector>

using namespace ns3;

namespace {

constexpr uint32_t EVS = 60;
constexpr int64_t STEP_US = 2000;
constexpr int FRAMES = 700;

/// What a scene came to.
struct Heard {
  uint64_t hash = 0;       ///< of all receptions: when, by whom, of what, with which SNR; and of all changes of state
  uint64_t receptions = 0; ///< their number
  uint64_t events = 0;     ///< of the simulator
};

/// EVs in a square; one after the other sends, at times two at once.
class WaveScene {
 public:
  WaveScene(const std::string& kind, const BacRadioOptions& options) : m_helper(options) {
    RngSeedManager::SetSeed(1);
    RngSeedManager::SetRun(7);
    const double side = options.loss == "threelog" ? 2500 : 1400; // farther than the reach of either, with receptions all the same
    uint64_t state = 1;
    const auto uniform = [&state] {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      return static_cast<double>(state >> 11) * 0x1p-53;
    };
    for (uint32_t i = 0; i < EVS; i++) {
      Ptr<Node> node = CreateObject<Node>();
      const Vector at(side * uniform(), side * uniform(), 1.5);
      if (kind == "moving" && i % 3 != 0) {
        Ptr<ConstantVelocityMobilityModel> mobility = CreateObject<ConstantVelocityMobilityModel>();
        mobility->SetPosition(at);
        mobility->SetVelocity(Vector(60 * uniform() - 30, 60 * uniform() - 30, 0));
        node->AggregateObject(mobility);
      } else {
        Ptr<ConstantPositionMobilityModel> mobility = CreateObject<ConstantPositionMobilityModel>();
        mobility->SetPosition(at);
        node->AggregateObject(mobility);
        if (kind == "moving") // a jump, for which there is a notice
          Simulator::Schedule(MilliSeconds(300 + i), &MobilityModel::SetPosition, PeekPointer(mobility), Vector(side - at.x, at.y, 1.5));
      }
      m_devices.push_back(m_helper.InstallRadio(node, i + 1, kind == "two channels" ? i % 2 : 0));
      PointerValue value;
      m_devices[i]->GetPhy(0)->GetAttribute("State", value);
      Ptr<WifiPhyStateHelper> phy = value.Get<WifiPhyStateHelper>();
      phy->TraceConnectWithoutContext("RxOk", MakeBoundCallback(&WaveScene::RxOk, this, i));
      phy->TraceConnectWithoutContext("State", MakeBoundCallback(&WaveScene::State, this, i));
    }
    m_helper.AssignStreams(0);
    for (int f = 0; f < FRAMES; f++) {
      const uint32_t sender = static_cast<uint32_t>(uniform() * EVS);
      const uint32_t channel = BacHelper::ServiceChannel(kind == "two channels" ? sender % 2 : 0);
      Simulator::Schedule(MilliSeconds(50) + MicroSeconds(STEP_US * (f / 3)), &WaveScene::Send, this, sender, channel);
    }
  }
  ~WaveScene() { Simulator::Destroy(); }

  Heard Run() {
    Simulator::Stop(MilliSeconds(100) + MicroSeconds(STEP_US * FRAMES / 3));
    Simulator::Run();
    m_heard.events = Simulator::GetEventCount();
    return m_heard;
  }

 private:
  void Send(uint32_t sender, uint32_t channel) {
    const TxInfo info(channel, 0, m_helper.GetMode(), WIFI_PREAMBLE_LONG, 0);
    Ptr<Packet> packet = Create<Packet>(400 + sender); // its sender, in its size: uids go on from run to run
    m_devices[sender]->SendX(packet, Mac48Address::GetBroadcast(), 0x88dc, info);
  }
  void Mix(uint64_t value) { m_heard.hash = (m_heard.hash ^ value) * 1099511628211ULL + 3; }
  static void RxOk(WaveScene* self, uint32_t station, Ptr<const Packet> packet, double snr, WifiMode, WifiPreamble) {
    uint64_t bits;
    std::memcpy(&bits, &snr, sizeof bits);
    for (const uint64_t value : {static_cast<uint64_t>(Simulator::Now().GetNanoSeconds()), uint64_t(station), uint64_t(packet->GetSize()), bits}) self->Mix(value);
    self->m_heard.receptions++;
  }
  static void State(WaveScene* self, uint32_t station, Time start, Time duration, WifiPhyState state) {
    for (const int64_t value : {int64_t(station), start.GetNanoSeconds(), duration.GetNanoSeconds(), int64_t(state)}) self->Mix(static_cast<uint64_t>(value));
  }

  BacHelper m_helper;
  std::vector<Ptr<WaveNetDevice>> m_devices;
  Heard m_heard;
};

Heard HeardIn(const std::string& kind, const BacRadioOptions& options) { return WaveScene(kind, options).Run(); }

class BacWaveSameTest : public TestCase {
 public:
  BacWaveSameTest(const std::string& kind, const std::string& loss, bool nakagami)
      : TestCase("every reception is stock ns-3's: " + kind + ", " + loss + (nakagami ? ", Nakagami" : "")),
        m_kind(kind) {
    m_options.loss = loss;
    m_options.nakagami = nakagami;
    m_options.eirp_dbm = loss == "threelog" ? 23 : 20;
  }

 private:
  void DoRun() override {
    m_options.unculled = true;
    const Heard stock = HeardIn(m_kind, m_options);
    m_options.unculled = false;
    const Heard culled = HeardIn(m_kind, m_options);
    NS_TEST_EXPECT_MSG_GT(stock.receptions, 1000, "a scene with receptions");
    NS_TEST_EXPECT_MSG_EQ(culled.receptions, stock.receptions, "receptions");
    NS_TEST_EXPECT_MSG_EQ(culled.hash, stock.hash, "their hash");
    NS_TEST_EXPECT_MSG_LT(culled.events, stock.events - 5000, "events that were spared");
    m_options.weak_signals = true; // what the comparison would show
    NS_TEST_EXPECT_MSG_NE(HeardIn(m_kind, m_options).hash, stock.hash, "weak signals change receptions");
  }

  std::string m_kind;
  BacRadioOptions m_options;
};

/// A frame at the edge of its range, a second sender out of everybody's detection or next door.
class BacWaveWeakTest : public TestCase {
 public:
  BacWaveWeakTest() : TestCase("weak signals and adjacent channels spoil frames at the edge of their range, only if asked to") {}

 private:
  /// \return frames of 100 that arrived over 182 m, where most do alone
  uint32_t Arrived(bool weak, double interferer_m, uint32_t shard, const std::string& mask = "A") {
    BacRadioOptions options;
    options.loss = "logdistance";
    options.nakagami = false;
    options.eirp_dbm = 20;
    options.weak_signals = weak;
    options.mask = mask;
    BacHelper helper(options);
    std::vector<Ptr<WaveNetDevice>> devices;
    const double at[3] = {0, 182, interferer_m};
    for (uint32_t i = 0; i < 3; i++) {
      Ptr<Node> node = CreateObject<Node>();
      Ptr<ConstantPositionMobilityModel> mobility = CreateObject<ConstantPositionMobilityModel>();
      mobility->SetPosition(Vector(at[i], 0, 1.5));
      node->AggregateObject(mobility);
      devices.push_back(helper.InstallRadio(node, i + 1, i == 2 ? shard : 0));
    }
    helper.AssignStreams(0);
    uint32_t arrived = 0;
    PointerValue value;
    devices[1]->GetPhy(0)->GetAttribute("State", value);
    value.Get<WifiPhyStateHelper>()->TraceConnectWithoutContext("RxOk", MakeBoundCallback(&BacWaveWeakTest::Count, &arrived));
    for (int f = 0; f < 100; f++)
      for (const uint32_t i : {0, 2}) {
        const TxInfo info(BacHelper::ServiceChannel(i == 2 ? shard : 0), 0, helper.GetMode(), WIFI_PREAMBLE_LONG, 0);
        Simulator::Schedule(MilliSeconds(50 + 20 * f), &BacWaveWeakTest::Send, devices[i], info);
      }
    Simulator::Stop(Seconds(2.2));
    Simulator::Run();
    Simulator::Destroy();
    return arrived;
  }
  static void Send(Ptr<WaveNetDevice> device, TxInfo info) { device->SendX(Create<Packet>(1000), Mac48Address::GetBroadcast(), 0x88dc, info); }
  static void Count(uint32_t* count, Ptr<const Packet>, double, WifiMode, WifiPreamble) { ++*count; }

  void DoRun() override {
    const uint32_t alone = Arrived(true, 1e5, 0);
    NS_TEST_EXPECT_MSG_GT(alone, 55, "most arrive");
    NS_TEST_EXPECT_MSG_EQ(Arrived(false, 792, 0), Arrived(false, 1e5, 0), "stock: -104.5 dBm is nothing");
    NS_TEST_EXPECT_MSG_LT(Arrived(true, 792, 0), alone * 2 / 3, "it is 0.7 dB over the noise");
    NS_TEST_EXPECT_MSG_EQ(Arrived(false, 232, 1), Arrived(false, 1e5, 0), "stock: nothing leaks");
    NS_TEST_EXPECT_MSG_LT(Arrived(true, 232, 1), alone / 4, "next door, 50 m away: -99.6 dBm");
    NS_TEST_EXPECT_MSG_EQ(Arrived(true, 232, 1, "D"), alone, "next door with a strict mask: -124.6 dBm");
    NS_TEST_EXPECT_MSG_LT(Arrived(true, 187, 2), alone * 2 / 3, "next but one, 5 m away: -104.1 dBm");
    NS_TEST_EXPECT_MSG_EQ(Arrived(true, 187, 3), alone, "beyond, 5 m away");
  }
};

class BacWaveTestSuite : public TestSuite {
 public:
  BacWaveTestSuite() : TestSuite("bac-wave", UNIT) {
    AddTestCase(new BacWaveSameTest("static", "logdistance", false), TestCase::QUICK);
    AddTestCase(new BacWaveSameTest("static", "threelog", false), TestCase::QUICK);
    AddTestCase(new BacWaveSameTest("moving", "logdistance", false), TestCase::QUICK);
    AddTestCase(new BacWaveSameTest("moving", "threelog", true), TestCase::QUICK);
    AddTestCase(new BacWaveSameTest("static", "logdistance", true), TestCase::QUICK);
    AddTestCase(new BacWaveSameTest("two channels", "threelog", true), TestCase::QUICK);
    AddTestCase(new BacWaveSameTest("two channels", "logdistance", false), TestCase::QUICK);
    AddTestCase(new BacWaveWeakTest(), TestCase::QUICK);
  }
} g_bacWaveTestSuite;

} // namespace
