/* SPDX-License-Identifier: GPL-2.0-only */
/* TR 37.885 against ns-3's own models, state by state: path loss, mean loss by distance, shadowing; the same power on both radios; and a street corner. */
#include "bac-helper.h"

#include "radio/obstacles.h"
#include "radio/v2v.h"

#include "ns3/boolean.h"
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

/// \return ns-3's own in this state
Ptr<ThreeGppPropagationLossModel> StockIn(bool urban, uint32_t state) {
  Ptr<ThreeGppPropagationLossModel> loss;
  if (urban)
    loss = CreateObject<ThreeGppV2vUrbanPropagationLossModel>();
  else
    loss = CreateObject<ThreeGppV2vHighwayPropagationLossModel>();
  loss->SetAttribute("Frequency", DoubleValue(5.9e9));
  if (state == BAC_V2V_LOS)
    loss->SetChannelConditionModel(CreateObject<AlwaysLosChannelConditionModel>());
  else if (state == BAC_V2V_NLOSV)
    loss->SetChannelConditionModel(CreateObject<NeverLosVehicleChannelConditionModel>());
  else
    loss->SetChannelConditionModel(CreateObject<NeverLosChannelConditionModel>());
  return loss;
}

/// ns-3's own, in one state after the other.
States StockLoss(bool urban, double metres) {
  States states;
  const std::vector<Ptr<MobilityModel>> nodes = Circle(metres);
  for (uint32_t state = 0; state < BAC_V2V_STATES; state++) {
    const Ptr<ThreeGppPropagationLossModel> loss = StockIn(urban, state);
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

Ptr<BacV2vLossModel> LossOf(BacHelper& helper) {
  PointerValue value;
  helper.GetChannel()->GetAttribute("PropagationLossModel", value);
  return DynamicCast<BacV2vLossModel>(value.Get<PropagationLossModel>());
}

bac_v2v_station StationOf(Ptr<MobilityModel> mobility) {
  const Vector at = mobility->GetPosition();
  return {mobility->GetObject<Node>()->GetId(), {at.x, at.y, at.z}};
}

bac_v2v_state StateOf(const BacV2vLossModel& loss, Ptr<MobilityModel> a, Ptr<MobilityModel> b) {
  const bac_v2v_station from = StationOf(a), to = StationOf(b);
  return bac_v2v_state_of(loss.GetModel(), &from, &to);
}

/// Ours, in the states that it finds.
States OurLoss(bool urban, double metres, const House* house) {
  States states;
  RngSeedManager::SetRun(5);
  BacHelper helper(OptionsOf(urban, "wave"));
  helper.SetObstacles(house ? house->obstacles.get() : nullptr);
  const Ptr<BacV2vLossModel> loss = LossOf(helper);
  const std::vector<Ptr<MobilityModel>> nodes = Circle(metres);
  for (uint32_t i = 1; i < nodes.size(); i++) states[StateOf(*loss, nodes[0], nodes[i])].Add(-loss->CalcRxPower(0, nodes[0], nodes[i]));
  return states;
}

/// The formulas alone: antennas look over every vehicle.
class BacV2vPathTest : public TestCase {
 public:
  explicit BacV2vPathTest(bool urban) : TestCase(std::string("path loss is ns-3's in each state: ") + (urban ? "urban" : "highway")), m_urban(urban) {}

 private:
  void DoRun() override {
    for (const double metres : {2.0, 20.0, 100.0, 400.0, 3000.0}) {
      const Ptr<MobilityModel> a = NodeAt(Vector(0, 0, 1.7)), b = NodeAt(Vector(metres, 0, 1.7));
      for (uint32_t state = 0; state < BAC_V2V_STATES; state++) {
        const Ptr<ThreeGppPropagationLossModel> stock = StockIn(m_urban, state);
        stock->SetAttribute("ShadowingEnabled", BooleanValue(false));
        NS_TEST_EXPECT_MSG_EQ_TOL(bac_v2v_path_db(m_urban ? BAC_V2V_URBAN : BAC_V2V_HIGHWAY, static_cast<bac_v2v_state>(state), metres), -stock->CalcRxPower(0, a, b), 1e-6,
                                  metres << " m, state " << state);
      }
    }
  }

  bool m_urban;
};

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
        const States ours = OurLoss(m_urban, metres, built ? &house : nullptr);
        const uint32_t behind = built ? PAIRS : 0;
        NS_TEST_EXPECT_MSG_EQ(ours[BAC_V2V_NLOS].count, behind, metres << " m: a building is between them, or not");
        if (!built) NS_TEST_EXPECT_MSG_EQ_TOL(ours[BAC_V2V_LOS].count / static_cast<double>(PAIRS), los, 0.035, metres << " m: LOS");
        for (uint32_t s = 0; s < BAC_V2V_STATES; s++) {
          if (ours[s].count < 200) continue;
          const double tolerance = 4.5 * stock[s].Deviation() / std::sqrt(ours[s].count) + 4.5 * stock[s].Deviation() / std::sqrt(PAIRS);
          NS_TEST_EXPECT_MSG_EQ_TOL(ours[s].Mean(), stock[s].Mean(), tolerance, metres << " m, state " << s << ": mean loss");
          NS_TEST_EXPECT_MSG_EQ_TOL(ours[s].Deviation(), stock[s].Deviation(), 0.12 * stock[s].Deviation(), metres << " m, state " << s << ": deviation");
        }
      }
    }
  }

  bool m_urban;
};

/// Cars with two radios each on the fast medium, as wave's loss sees them: standing and after they have moved.
class BacV2vOneWorldTest : public TestCase {
 public:
  BacV2vOneWorldTest() : TestCase("a pair of vehicles has the same mean power on both radios") {}

 private:
  static constexpr uint32_t CARS = 16;
  using Cars = std::vector<Ptr<MobilityModel>>;

  static Cars Grid() {
    Cars cars;
    for (uint32_t i = 0; i < 5; i++) CreateObject<Node>(); // so that a node is not named as its station is
    for (uint32_t i = 0; i < CARS; i++) cars.push_back(NodeAt(Vector(60.0 * (i % 4), 45.0 * (i / 4), i % 5 == 0 ? 5 : 1.5)));
    return cars;
  }

  void Compare(const Cars& cars, const std::array<std::vector<Ptr<BacFastNetDevice>>, 2>& radios, const BacV2vLossModel& loss, double eirp_dbm, const char* when) {
    std::array<uint32_t, BAC_V2V_STATES> pairs{};
    for (uint32_t i = 0; i < CARS; i++)
      for (uint32_t j = 0; j < CARS; j++) {
        if (i == j) continue;
        const double wave = loss.CalcRxPower(eirp_dbm, cars[i], cars[j]);
        if (wave < -103) continue; // beyond its floor the fast one has none
        for (const auto& radio : radios)
          NS_TEST_EXPECT_MSG_EQ_TOL(radio[i]->GetMedium()->GetPower(radio[i]->GetStation(), radio[j]->GetStation()), wave, 1e-3, when << ": from " << i << " to " << j);
        pairs[StateOf(loss, cars[i], cars[j])]++;
      }
    for (uint32_t s = 0; s < BAC_V2V_STATES; s++) NS_TEST_EXPECT_MSG_GT(pairs[s], 20, when << ": pairs in state " << s);
  }

  void DoRun() override {
    const double corners[4][2] = {{100, 10}, {140, 10}, {140, 100}, {100, 100}};
    const uint32_t count = 4;
    const std::unique_ptr<bac_obstacles, void (*)(bac_obstacles*)> house(bac_obstacles_new(corners, &count, 1), &bac_obstacles_free);
    RngSeedManager::SetRun(6);
    BacHelper wave(OptionsOf(true, "wave")), fast(OptionsOf(true, "fast"));
    wave.SetObstacles(house.get());
    fast.SetObstacles(house.get());
    const Cars cars = Grid();
    std::array<std::vector<Ptr<BacFastNetDevice>>, 2> radios;
    for (uint32_t i = 0; i < CARS; i++)
      for (uint32_t radio = 0; radio < 2; radio++)
        radios[radio].push_back(DynamicCast<BacFastNetDevice>(fast.InstallRadioOn(cars[i]->GetObject<Node>(), 2 * i + radio + 1, {radio == 0 ? 172U : 178U})));
    const Ptr<BacV2vLossModel> loss = LossOf(wave);
    const double eirp_dbm = OptionsOf(true, "wave").eirp_dbm;
    Compare(cars, radios, *loss, eirp_dbm, "standing");
    Simulator::Schedule(MilliSeconds(10), [&cars] {
      for (uint32_t i = 0; i < CARS; i++) cars[i]->SetPosition(cars[i]->GetPosition() + Vector(5.0 * (i % 3), 4.0 * (i % 7), 0));
    });
    Simulator::Schedule(MilliSeconds(110), [&] { Compare(cars, radios, *loss, eirp_dbm, "moved"); });
    Simulator::Stop(MilliSeconds(120));
    Simulator::Run();
    Simulator::Destroy();
  }
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
    for (const bool urban : {false, true}) AddTestCase(new BacV2vPathTest(urban), TestCase::QUICK);
    for (const bool urban : {false, true}) AddTestCase(new BacV2vLossTest(urban), TestCase::QUICK);
    AddTestCase(new BacV2vOneWorldTest, TestCase::QUICK);
    for (const char* radio : {"wave", "fast"}) AddTestCase(new BacV2vCornerTest(radio), TestCase::QUICK);
  }
} g_bacV2vTestSuite;

} // namespace
