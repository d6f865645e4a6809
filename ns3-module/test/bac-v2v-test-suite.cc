/* SPDX-License-Identifier: GPL-2.0-only */
/* TR 37.885 on both radios against ns-3's own models, state by state: mean loss by distance, shadowing; and a street corner. */
#include "bac-helper.h"

#include "radio/medium.h"
#include "radio/obstacles.h"
#include "radio/v2v.h"

#include "ns3/channel-condition-model.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/double.h"
#include "ns3/pointer.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/three-gpp-v2v-propagation-loss-model.h"
#include "ns3/wifi-phy-state-helper.h"

#include <array>
#include <cmath>
#include <memory>
#include <vector>

using namespace ns3;

namespace {

constexpr uint32_t PAIRS = 3000;

/// Mean and standard deviation of numbers.
struct Moments {
  double sum = 0, squares = 0;
  uint32_t count = 0;
  void Add(double x) {
    sum += x;
    squares += x * x;
    count++;
  }
  double Mean() const { return sum / count; }
  double Deviation() const { return std::sqrt(squares / count - Mean() * Mean()); }
};

Ptr<MobilityModel> NodeAt(const Vector& at) {
  Ptr<Node> node = CreateObject<Node>();
  Ptr<ConstantPositionMobilityModel> mobility = CreateObject<ConstantPositionMobilityModel>();
  mobility->SetPosition(at);
  node->AggregateObject(mobility);
  return mobility;
}

/// Somebody in the middle and others in a circle about it.
std::vector<Ptr<MobilityModel>> Circle(double metres) {
  std::vector<Ptr<MobilityModel>> nodes = {NodeAt(Vector(0, 0, 1.5))};
  for (uint32_t i = 0; i < PAIRS; i++) nodes.push_back(NodeAt(Vector(metres * std::cos(i), metres * std::sin(i), 1.5)));
  return nodes;
}

/// A house around the one in the middle: everybody else is behind a wall.
struct House {
  std::array<std::array<double, 2>, 4> corners{{{-4, -4}, {4, -4}, {4, 4}, {-4, 4}}};
  std::unique_ptr<bac_obstacles, void (*)(bac_obstacles*)> obstacles;
  House() : obstacles(nullptr, &bac_obstacles_free) {
    const uint32_t count = 4;
    obstacles.reset(bac_obstacles_new(reinterpret_cast<const double(*)[2]>(corners.data()), &count, 1));
  }
};

using States = std::array<Moments, BAC_V2V_STATES>; ///< by state

/// ns-3's own, in one state after the other.
States StockLoss(bool urban, double metres) {
  States states;
  const Ptr<ChannelConditionModel> conditions[BAC_V2V_STATES] = {CreateObject<AlwaysLosChannelConditionModel>(), CreateObject<NeverLosVehicleChannelConditionModel>(),
                                                                 CreateObject<NeverLosChannelConditionModel>()};
  const std::vector<Ptr<MobilityModel>> nodes = Circle(metres);
  for (uint32_t state = 0; state < BAC_V2V_STATES; state++) {
    Ptr<ThreeGppPropagationLossModel> loss;
    if (urban)
      loss = CreateObject<ThreeGppV2vUrbanPropagationLossModel>();
    else
      loss = CreateObject<ThreeGppV2vHighwayPropagationLossModel>();
    loss->SetAttribute("Frequency", DoubleValue(5.9e9));
    loss->SetChannelConditionModel(conditions[state]);
    loss->AssignStreams(100 * state);
    for (uint32_t i = 1; i < nodes.size(); i++) states[state].Add(-loss->CalcRxPower(0, nodes[0], nodes[i]));
  }
  return states;
}

BacRadioOptions OptionsOf(bool urban, const std::string& radio) {
  BacRadioOptions options;
  options.radio = radio;
  options.loss = urban ? "tr37885-urban" : "tr37885-highway";
  options.nakagami = false;
  return options;
}

/// The radio wave, in the states that it finds.
States WaveLoss(bool urban, double metres, const House* house) {
  States states;
  RngSeedManager::SetRun(5);
  BacHelper helper(OptionsOf(urban, "wave"));
  helper.SetObstacles(house ? house->obstacles.get() : nullptr);
  helper.GetChannel()->AssignStreams(7);
  PointerValue value;
  helper.GetChannel()->GetAttribute("PropagationLossModel", value);
  const Ptr<BacV2vLossModel> loss = DynamicCast<BacV2vLossModel>(value.Get<PropagationLossModel>());
  const std::vector<Ptr<MobilityModel>> nodes = Circle(metres);
  for (uint32_t i = 1; i < nodes.size(); i++) {
    const Ptr<ChannelCondition> condition = loss->GetCondition()->GetChannelCondition(nodes[0], nodes[i]);
    const double received = loss->CalcRxPower(0, nodes[0], nodes[i]);
    states[condition->IsLos() ? BAC_V2V_LOS : condition->IsNlosv() ? BAC_V2V_NLOSV : BAC_V2V_NLOS].Add(-received);
  }
  return states;
}

/// The fast medium, likewise.
States FastLoss(bool urban, double metres, const House* house) {
  States states;
  bac_medium_config config = bac_medium_default();
  config.loss = BacHelper::LossOf(OptionsOf(urban, "fast"));
  config.obstacles = house ? house->obstacles.get() : nullptr;
  config.nakagami = false;
  config.seed = 5;
  config.eirp_dbm = 44;
  config.floor_dbm = -140;
  const bac_medium_host host{};
  bac_medium* medium = bac_medium_new(&config, &host);
  const bac_v2v model{urban ? BAC_V2V_URBAN : BAC_V2V_HIGHWAY, config.seed, config.obstacles};
  const bac_v2v_station middle{0, {0, 0, 1.5}};
  bac_medium_add(medium, 172, middle.at);
  for (uint32_t i = 1; i <= PAIRS; i++) {
    const bac_v2v_station other{i, {metres * std::cos(i - 1), metres * std::sin(i - 1), 1.5}};
    bac_medium_add(medium, 172, other.at);
  }
  for (uint32_t i = 1; i <= PAIRS; i++) {
    const bac_v2v_station other{i, {metres * std::cos(i - 1), metres * std::sin(i - 1), 1.5}};
    states[bac_v2v_state_of(&model, &middle, &other)].Add(config.eirp_dbm - bac_medium_power_dbm(medium, 0, i));
  }
  bac_medium_free(medium);
  return states;
}

class BacV2vLossTest : public TestCase {
 public:
  explicit BacV2vLossTest(bool urban) : TestCase(std::string("loss and shadowing by distance, as ns-3 has them: ") + (urban ? "urban" : "highway")), m_urban(urban) {}

 private:
  void DoRun() override {
    const House house;
    for (const double metres : {20.0, 100.0, 400.0, 700.0}) {
      const States stock = StockLoss(m_urban, metres);
      const double los = bac_v2v_los_probability(m_urban ? BAC_V2V_URBAN : BAC_V2V_HIGHWAY, metres);
      for (const bool built : {false, true}) {
        const States ours[2] = {WaveLoss(m_urban, metres, built ? &house : nullptr), FastLoss(m_urban, metres, built ? &house : nullptr)};
        for (int radio = 0; radio < 2; radio++) {
          const States& states = ours[radio];
          const char* name = radio == 0 ? "wave" : "fast";
          const uint32_t behind = built ? PAIRS : 0;
          NS_TEST_EXPECT_MSG_EQ(states[BAC_V2V_NLOS].count, behind, name << " at " << metres << " m: a building is between them, or not");
          if (!built) NS_TEST_EXPECT_MSG_EQ_TOL(states[BAC_V2V_LOS].count / static_cast<double>(PAIRS), los, 0.035, name << " at " << metres << " m: LOS");
          for (uint32_t s = 0; s < BAC_V2V_STATES; s++) {
            if (states[s].count < 200) continue;
            const double tolerance = 4.5 * stock[s].Deviation() / std::sqrt(states[s].count) + 4.5 * stock[s].Deviation() / std::sqrt(PAIRS);
            NS_TEST_EXPECT_MSG_EQ_TOL(states[s].Mean(), stock[s].Mean(), tolerance, name << " at " << metres << " m, state " << s << ": mean loss");
            NS_TEST_EXPECT_MSG_EQ_TOL(states[s].Deviation(), stock[s].Deviation(), 0.12 * stock[s].Deviation(),
                                      name << " at " << metres << " m, state " << s << ": deviation");
          }
        }
      }
    }
  }

  bool m_urban;
};

/// Frames along a street and around its corner.
class BacV2vCornerTest : public TestCase {
 public:
  explicit BacV2vCornerTest(const std::string& radio) : TestCase("a building keeps frames out that go along the street: " + radio), m_radio(radio) {}

 private:
  static void Count(uint32_t* count, Ptr<const Packet>, double, WifiMode, WifiPreamble) { ++*count; }
  static void CountFast(uint32_t* count, uint64_t, double) { ++*count; }

  /// \return receivers of 40 that decode a frame
  uint32_t Heard(const bac_obstacles* obstacles) {
    RngSeedManager::SetRun(3);
    BacRadioOptions options = OptionsOf(true, m_radio);
    options.eirp_dbm = 10;
    BacHelper helper(options);
    helper.SetObstacles(obstacles);
    std::vector<Ptr<NetDevice>> devices;
    uint32_t heard = 0;
    for (uint32_t i = 0; i <= 40; i++) {
      Ptr<MobilityModel> mobility = NodeAt(i == 0 ? Vector(0, 0, 1.5) : Vector(110, 3.0 * i, 1.5));
      devices.push_back(helper.InstallRadioOn(mobility->GetObject<Node>(), i + 1, {172}));
      if (Ptr<BacFastNetDevice> fast = DynamicCast<BacFastNetDevice>(devices.back())) {
        fast->TraceConnectWithoutContext("RxOk", MakeBoundCallback(&BacV2vCornerTest::CountFast, &heard));
        continue;
      }
      PointerValue value;
      DynamicCast<WaveNetDevice>(devices.back())->GetPhy(0)->GetAttribute("State", value);
      value.Get<WifiPhyStateHelper>()->TraceConnectWithoutContext("RxOk", MakeBoundCallback(&BacV2vCornerTest::Count, &heard));
    }
    helper.AssignStreams(0);
    Simulator::Schedule(MilliSeconds(50), &BacV2vCornerTest::Send, this, &helper, devices[0]);
    Simulator::Stop(MilliSeconds(100));
    Simulator::Run();
    Simulator::Destroy();
    return heard;
  }
  void Send(BacHelper* helper, Ptr<NetDevice> device) {
    Ptr<Packet> packet = Create<Packet>(400);
    if (Ptr<BacFastNetDevice> fast = DynamicCast<BacFastNetDevice>(device))
      fast->SendFrame(packet, Mac48Address::GetBroadcast(), 0x88dc, helper->GetRate(), 0);
    else
      DynamicCast<WaveNetDevice>(device)->SendX(packet, Mac48Address::GetBroadcast(), 0x88dc, TxInfo(172, 0, helper->GetMode(), WIFI_PREAMBLE_LONG, 0));
  }

  void DoRun() override {
    const double corners[4][2] = {{10, 10}, {100, 10}, {100, 200}, {10, 200}}; // in the way of all but the first
    const uint32_t count = 4;
    bac_obstacles* house = bac_obstacles_new(corners, &count, 1);
    const uint32_t open = Heard(nullptr), built = Heard(house);
    NS_TEST_EXPECT_MSG_GT(open, 25, "most");
    NS_TEST_EXPECT_MSG_LT(built, 12, "hardly any");
    bac_obstacles_free(house);
  }

  std::string m_radio;
};

class BacV2vTestSuite : public TestSuite {
 public:
  BacV2vTestSuite() : TestSuite("bac-v2v", UNIT) {
    for (const bool urban : {false, true}) AddTestCase(new BacV2vLossTest(urban), TestCase::QUICK);
    for (const char* radio : {"wave", "fast"}) AddTestCase(new BacV2vCornerTest(radio), TestCase::QUICK);
  }
} g_bacV2vTestSuite;

} // namespace
