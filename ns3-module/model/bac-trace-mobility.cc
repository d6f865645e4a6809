/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-trace-mobility.h"

#include "trace/trace.h"

#include "ns3/abort.h"
#include "ns3/simulator.h"

#include <cmath>

namespace ns3 {

NS_OBJECT_ENSURE_REGISTERED(BacTraceMobility);

TypeId BacTraceMobility::GetTypeId() {
  static TypeId tid =
      TypeId("ns3::BacTraceMobility").SetParent<MobilityModel>().SetGroupName("Bac").AddConstructor<BacTraceMobility>();
  return tid;
}

void BacTraceMobility::SetTrace(const bac_trace* trace, uint32_t vehicle, Time begin) {
  NS_ABORT_MSG_IF(vehicle >= trace->vehicle_count, "vehicle " << vehicle << " is not in the trace");
  m_trace = trace;
  m_vehicle = vehicle;
  m_begin = begin.GetNanoSeconds();
  m_time = INT64_MIN;
}

void BacTraceMobility::Update() const {
  const int64_t now = m_begin + Simulator::Now().GetNanoSeconds();
  if (now == m_time || m_trace == nullptr) return;
  m_time = now;
  bac_trace_state state;
  m_present = bac_trace_position(m_trace, m_vehicle, now, &state);
  if (m_present) {
    const double heading = state.heading_deg * M_PI / 180;
    m_position = Vector(state.x_m, state.y_m, 1.5);
    m_velocity = Vector(state.speed_mps * std::sin(heading), state.speed_mps * std::cos(heading), 0);
  } else {
    m_velocity = Vector();
  }
}

bool BacTraceMobility::IsPresent() const {
  Update();
  return m_present;
}

bool BacTraceMobility::GetPresence(Time from, Time& begin, Time& end) const {
  int64_t first = 0;
  int64_t last = 0;
  if (m_trace == nullptr || !bac_trace_presence(m_trace, m_vehicle, m_begin + from.GetNanoSeconds(), &first, &last)) return false;
  begin = NanoSeconds(first - m_begin);
  end = NanoSeconds(last - m_begin);
  return true;
}

Vector BacTraceMobility::DoGetPosition() const {
  Update();
  return m_position;
}

Vector BacTraceMobility::DoGetVelocity() const {
  Update();
  return m_velocity;
}

void BacTraceMobility::DoSetPosition(const Vector& position) {
  NS_ABORT_MSG("the trace sets the position of a BacTraceMobility, not " << position);
}

} // namespace ns3
