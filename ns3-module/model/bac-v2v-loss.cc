/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-v2v-loss.h"

#include "radio/v2v.h"

#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/mobility-model.h"
#include "ns3/node.h"
#include "ns3/three-gpp-v2v-propagation-loss-model.h"

#include <utility>

namespace ns3 {

NS_OBJECT_ENSURE_REGISTERED(BacV2vCondition);
NS_OBJECT_ENSURE_REGISTERED(BacV2vLossModel);

namespace {

constexpr double ABOVE_ALL_M = 1e6;
constexpr double NEAR_M = 1;

/// ns-3's, for which a vehicle in between is no loss: it thinks that both antennas look over it.
template <class Base>
class WithoutBlockage : public Base {
 private:
  std::pair<double, double> GetUtAndBsHeights(double, double) const override { return {ABOVE_ALL_M, ABOVE_ALL_M}; }
};

} // namespace

TypeId BacV2vCondition::GetTypeId() {
  static TypeId tid = TypeId("ns3::BacV2vCondition").SetParent<ChannelConditionModel>().SetGroupName("Bac").AddConstructor<BacV2vCondition>();
  return tid;
}

BacV2vCondition::BacV2vCondition() : m_model(std::make_unique<bac_v2v>()) {
  for (const auto value : {ChannelCondition::LOS, ChannelCondition::NLOSv, ChannelCondition::NLOS}) m_conditions.push_back(CreateObject<ChannelCondition>(value));
}

BacV2vCondition::~BacV2vCondition() = default;

void BacV2vCondition::Configure(bool urban, uint64_t seed, const bac_obstacles* obstacles) {
  *m_model = {urban ? BAC_V2V_URBAN : BAC_V2V_HIGHWAY, seed, obstacles};
}

void BacV2vCondition::SetObstacles(const bac_obstacles* obstacles) { m_model->obstacles = obstacles; }

bac_v2v_station BacV2vCondition::StationOf(Ptr<const MobilityModel> mobility) {
  const Vector at = mobility->GetPosition();
  return {mobility->GetObject<Node>()->GetId(), {at.x, at.y, at.z}};
}

Ptr<ChannelCondition> BacV2vCondition::GetChannelCondition(Ptr<const MobilityModel> a, Ptr<const MobilityModel> b) const {
  const bac_v2v_station from = StationOf(a), to = StationOf(b);
  return m_conditions[bac_v2v_state_of(m_model.get(), &from, &to)];
}

double BacV2vCondition::GetBlockage(Ptr<const MobilityModel> a, Ptr<const MobilityModel> b) const {
  const bac_v2v_station from = StationOf(a), to = StationOf(b);
  return bac_v2v_blockage_db(m_model.get(), &from, &to);
}

double BacV2vCondition::GetNearLoss() const { return bac_v2v_path_db(m_model->place, BAC_V2V_LOS, NEAR_M); }

TypeId BacV2vLossModel::GetTypeId() {
  static TypeId tid = TypeId("ns3::BacV2vLossModel").SetParent<PropagationLossModel>().SetGroupName("Bac").AddConstructor<BacV2vLossModel>();
  return tid;
}

BacV2vLossModel::BacV2vLossModel() = default;

BacV2vLossModel::~BacV2vLossModel() = default;

void BacV2vLossModel::Configure(bool urban, uint64_t seed) {
  m_condition = CreateObject<BacV2vCondition>();
  m_condition->Configure(urban, seed, nullptr);
  if (urban)
    m_threeGpp = CreateObject<WithoutBlockage<ThreeGppV2vUrbanPropagationLossModel>>();
  else
    m_threeGpp = CreateObject<WithoutBlockage<ThreeGppV2vHighwayPropagationLossModel>>();
  m_threeGpp->SetAttribute("Frequency", DoubleValue(BAC_V2V_CARRIER_GHZ * 1e9));
  m_threeGpp->SetAttribute("ShadowingEnabled", BooleanValue(true));
  m_threeGpp->SetChannelConditionModel(m_condition);
}

void BacV2vLossModel::DoDispose() {
  if (m_threeGpp) m_threeGpp->Dispose();
  m_threeGpp = nullptr;
  m_condition = nullptr;
  PropagationLossModel::DoDispose();
}

double BacV2vLossModel::DoCalcRxPower(double dbm, Ptr<MobilityModel> a, Ptr<MobilityModel> b) const {
  if (a->GetDistanceFrom(b) < NEAR_M) return dbm - m_condition->GetNearLoss();
  const double received = m_threeGpp->CalcRxPower(dbm, a, b);
  return m_condition->GetChannelCondition(a, b)->IsNlosv() ? received - m_condition->GetBlockage(a, b) : received;
}

int64_t BacV2vLossModel::DoAssignStreams(int64_t stream) { return m_threeGpp->AssignStreams(stream); }

} // namespace ns3
