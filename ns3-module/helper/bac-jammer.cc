/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-jammer.h"

#include "radio/airtime.h"
#include "radio/medium.h"

#include "ns3/log.h"
#include "ns3/double.h"
#include "ns3/node.h"
#include "ns3/simulator.h"
#include "ns3/threshold-preamble-detection-model.h"
#include "ns3/wifi-mac-header.h"
#include "ns3/wifi-phy.h"
#include "ns3/wifi-psdu.h"

#include <algorithm>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacJammer");

namespace {

constexpr uint32_t JAM_BYTES = 2000; // 5.4 ms at 3 Mb/s
constexpr uint32_t LEAST_BYTES = 30; // header and FCS
constexpr double BESIDE_M = 5;
const Time GAP = MicroSeconds(1); // between two frames

Time DurationOf(uint32_t bytes) { return NanoSeconds(bac_air_duration(bytes, BAC_MODE_3)); }

/// \param time that a frame may take \return bytes of the longest one, at most JAM_BYTES; 0: none is as short
uint32_t BytesIn(Time time) {
  if (DurationOf(JAM_BYTES) <= time) return JAM_BYTES;
  if (DurationOf(LEAST_BYTES) > time) return 0;
  uint32_t low = LEAST_BYTES, high = JAM_BYTES; // low fits, high does not
  while (high - low > 1) (DurationOf((low + high) / 2) <= time ? low : high) = (low + high) / 2;
  return low;
}

bool Ignore(Ptr<NetDevice> /* device */, Ptr<const Packet> /* packet */, uint16_t /* protocol */, const Address& /* from */) { return true; }

} // namespace

Vector BacBesideMobility::DoGetPosition() const {
  const Vector at = m_target ? m_target->GetPosition() : Vector(-1e6, -1e6, 0);
  return Vector(at.x + BESIDE_M, at.y, at.z);
}

Vector BacBesideMobility::DoGetVelocity() const { return m_target ? m_target->GetVelocity() : Vector(); }

BacJammer::BacJammer(BacHelper& helper, uint32_t id, uint32_t channel, double eirp_dbm, Ptr<MobilityModel> mobility) {
  Ptr<Node> node = CreateObject<Node>();
  node->AggregateObject(mobility);
  const Ptr<NetDevice> radio = helper.InstallRadioOn(node, id, {channel});
  m_wave = DynamicCast<WaveNetDevice>(radio);
  m_fast = DynamicCast<BacFastNetDevice>(radio);
  if (m_fast) {
    m_fast->SetHandler(MakeCallback(&Ignore));
    m_fast->GetMedium()->SetPower(m_fast->GetStation(), eirp_dbm);
  } else {
    m_wave->GetPhy(0)->SetTxPowerStart(eirp_dbm);
    m_wave->GetPhy(0)->SetTxPowerEnd(eirp_dbm);
    // It locks onto nothing: its MAC does not expect frames that begin while another is received.
    Ptr<PreambleDetectionModel> deaf = CreateObjectWithAttributes<ThresholdPreambleDetectionModel>("Threshold", DoubleValue(1000));
    m_wave->GetPhy(0)->SetPreambleDetectionModel(deaf);
  }
}

BacJammer::~BacJammer() { m_next.Cancel(); }

void BacJammer::Moved() {
  if (m_fast) m_fast->GetMedium()->Moved(m_fast->GetStation());
}

void BacJammer::SetWindow(Time begin, Time end) {
  m_begin = begin;
  m_end = end;
}

void BacJammer::JamUntil(Time until) {
  m_until = until;
  m_exact = false;
  if (!m_next.IsRunning()) Jam(); // else the frame on the air ends first
}

void BacJammer::JamExactly(Time until) {
  m_until = until;
  m_exact = true;
  if (!m_next.IsRunning()) Jam();
}

void BacJammer::Jam() {
  const Time now = Simulator::Now();
  if (now >= m_until) return;
  const uint32_t bytes = m_exact ? BytesIn(m_until - now) : JAM_BYTES;
  if (bytes == 0) return;
  const Time duration = DurationOf(bytes);
  const Time within = std::min(now + duration, m_end) - std::max(now, m_begin);
  if (Send(bytes) && within.IsStrictlyPositive()) m_airtime += within;
  m_next = Simulator::Schedule(duration + GAP, &BacJammer::Jam, this);
}

bool BacJammer::Send(uint32_t bytes) {
  if (m_fast) return m_fast->GetMedium()->Jam(m_fast->GetStation(), bytes);
  WifiMacHeader header(WIFI_MAC_DATA);
  header.SetAddr1(Mac48Address("02:00:00:ff:ff:ff")); // nobody's: whoever decodes it drops it
  header.SetAddr2(Mac48Address::ConvertFrom(m_wave->GetAddress()));
  header.SetAddr3(header.GetAddr1());
  header.SetDsNotFrom();
  header.SetDsNotTo();
  Ptr<Packet> packet = Create<Packet>(bytes - header.GetSerializedSize() - 4); // FCS
  WifiTxVector vector;
  vector.SetMode(WifiMode("OfdmRate3MbpsBW10MHz"));
  vector.SetPreambleType(WIFI_PREAMBLE_LONG);
  vector.SetChannelWidth(10);
  vector.SetNss(1);
  vector.SetTxPowerLevel(0);
  Ptr<WifiPhy> phy = m_wave->GetPhy(0);
  if (phy->IsStateTx() || phy->IsStateSwitching() || phy->IsStateOff()) return false;
  phy->Send(Create<WifiPsdu>(packet, header), vector);
  return true;
}

} // namespace ns3
