/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-v2v-loss.h"

#include "radio/v2v.h"

#include "ns3/mobility-model.h"
#include "ns3/node.h"

namespace ns3 {

NS_OBJECT_ENSURE_REGISTERED(BacV2vLossModel);

namespace {

bac_v2v_station StationOf(Ptr<const MobilityModel> mobility) {
  const Vector at = mobility->GetPosition();
  return {mobility->GetObject<Node>()->GetId(), {at.x, at.y, at.z}};
}

} // namespace

TypeId BacV2vLossModel::GetTypeId() {
  static TypeId tid = TypeId("ns3::BacV2vLossModel").SetParent<PropagationLossModel>().SetGroupName("Bac").AddConstructor<BacV2vLossModel>();
  return tid;
}

BacV2vLossModel::BacV2vLossModel() : m_model(std::make_unique<bac_v2v>()) {}

BacV2vLossModel::~BacV2vLossModel() = default;

void BacV2vLossModel::Configure(bool urban, uint64_t seed) { *m_model = {urban ? BAC_V2V_URBAN : BAC_V2V_HIGHWAY, seed, m_model->obstacles}; }

void BacV2vLossModel::SetObstacles(const bac_obstacles* obstacles) { m_model->obstacles = obstacles; }

double BacV2vLossModel::DoCalcRxPower(double dbm, Ptr<MobilityModel> a, Ptr<MobilityModel> b) const {
  const bac_v2v_station from = StationOf(a), to = StationOf(b);
  return dbm - bac_v2v_loss_db(m_model.get(), &from, &to);
}

} // namespace ns3
