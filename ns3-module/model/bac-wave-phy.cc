/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-wave-phy.h"

#include "radio/channel_plan.h"

#include "ns3/abort.h"
#include "ns3/boolean.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/double.h"
#include "ns3/log.h"
#include "ns3/net-device.h"
#include "ns3/node.h"
#include "ns3/pointer.h"
#include "ns3/propagation-delay-model.h"
#include "ns3/propagation-loss-model.h"
#include "ns3/simulator.h"
#include "ns3/trace-source-accessor.h"
#include "ns3/wifi-net-device.h"
#include "ns3/wifi-utils.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacWavePhy");
NS_OBJECT_ENSURE_REGISTERED(BacWavePhy);
NS_OBJECT_ENSURE_REGISTERED(BacWaveChannel);
NS_OBJECT_ENSURE_REGISTERED(BacPreambleDetection);

namespace {

// Fading above this over the mean has a probability below 3e-4 at m = 0.75 (as in bac-core/radio/medium.c).
constexpr double FADING_MARGIN_DB = 10;

static_assert(BacWaveChannel::CHANNELS_APART == BAC_CHANNELS_APART, "one idea of which channels hear each other");

// What differs from version to version: the type of a member says which this is.
[[maybe_unused]] InterferenceHelper& HelperOf(InterferenceHelper& helper) { return helper; } // 3.35
[[maybe_unused]] InterferenceHelper& HelperOf(Ptr<InterferenceHelper>& helper) { return *helper; }

using Power = RxPowerWattPerChannelBand;
using Receive36 = void (WifiPhy::*)(Ptr<WifiPpdu>, Power&, Time); // 3.35, 3.36
using Receive37 = void (WifiPhy::*)(Ptr<const WifiPpdu>, Power&, Time);

[[maybe_unused]] void StartReceive(Receive36 start, WifiPhy* phy, Ptr<const WifiPpdu> ppdu, Power& power) {
  (phy->*start)(ppdu->Copy(), power, ppdu->GetTxDuration()); // a copy for each receiver, as there
}
[[maybe_unused]] void StartReceive(Receive37 start, WifiPhy* phy, Ptr<const WifiPpdu> ppdu, Power& power) {
  (phy->*start)(ppdu, power, ppdu->GetTxDuration());
}

// What a frame's width adds to RxSensitivity, which is that of 20 MHz since 3.37.
[[maybe_unused]] double WidthDb(Receive36, Ptr<const WifiPpdu>) { return 0; }
[[maybe_unused]] double WidthDb(Receive37, Ptr<const WifiPpdu> ppdu) { return RatioToDb(ppdu->GetTransmissionChannelWidth() / 20.0); }

[[maybe_unused]] void Sense(void (WifiPhy::*look)(uint16_t), WifiPhy* phy, Ptr<const WifiPpdu>) { (phy->*look)(phy->GetChannelWidth()); }
[[maybe_unused]] void Sense(void (WifiPhy::*look)(Ptr<const WifiPpdu>), WifiPhy* phy, Ptr<const WifiPpdu> ppdu) { (phy->*look)(ppdu); }

} // namespace

TypeId BacWavePhy::GetTypeId() {
  static TypeId tid = TypeId("ns3::BacWavePhy")
                          .SetParent<YansWifiPhy>()
                          .SetGroupName("Bac")
                          .AddConstructor<BacWavePhy>()
                          .AddTraceSource("Arrives", "A frame arrives that is not too weak for ns-3, whether it can be received or not.",
                                          MakeTraceSourceAccessor(&BacWavePhy::m_arrivesTrace), "ns3::BacWavePhy::ArrivesTracedCallback");
  return tid;
}

double BacPreambleDetection::s_sinr = 0;

TypeId BacPreambleDetection::GetTypeId() {
  static TypeId tid = TypeId("ns3::BacPreambleDetection")
                          .SetParent<ThresholdPreambleDetectionModel>()
                          .SetGroupName("Bac")
                          .AddConstructor<BacPreambleDetection>();
  return tid;
}

bool BacPreambleDetection::IsPreambleDetected(double rssi, double snr, double channelWidth) const {
  s_sinr = snr;
  return ThresholdPreambleDetectionModel::IsPreambleDetected(rssi, snr, channelWidth);
}

void BacWavePhy::StartTx(Ptr<WifiPpdu> ppdu) { Transmit(ppdu); }

void BacWavePhy::StartTx(Ptr<const WifiPpdu> ppdu, const WifiTxVector&) { Transmit(ppdu); }

void BacWavePhy::StartTx(Ptr<const WifiPpdu> ppdu) { Transmit(ppdu); }

void BacWavePhy::Transmit(Ptr<const WifiPpdu> ppdu) {
  Ptr<BacWaveChannel> channel = DynamicCast<BacWaveChannel>(GetChannel());
  NS_ABORT_MSG_UNLESS(channel, "a BacWavePhy needs a BacWaveChannel");
  channel->Transmit(this, ppdu, GetTxPowerForTransmission(ppdu) + GetTxGain());
}

void BacWavePhy::Arrive(Ptr<const WifiPpdu> ppdu, double power_w) {
  m_arrivesTrace(ppdu, power_w);
  Power power;
  power.insert({std::make_pair(0, 0), power_w}); // Yans has one band
  StartReceive(&BacWavePhy::StartReceivePreamble, this, ppdu, power);
}

void BacWavePhy::Disturb(Ptr<const WifiPpdu> ppdu, double power_w, Time duration, bool senses) {
  Power power;
  power.insert({std::make_pair(0, 0), power_w});
  HelperOf(m_interference).Add(ppdu, ppdu->GetTxVector(), duration, power);
  if (senses && !IsStateSleep()) Sense(&BacWavePhy::SwitchMaybeToCcaBusy, this, ppdu);
}

void BacWavePhy::Doze() {
  m_endPhyRxEvent.Cancel();
  const bool receives = m_currentEvent || !m_currentPreambleEvents.empty();
  if (receives) HelperOf(m_interference).NotifyRxEnd(Simulator::Now()); // asserts that something was heard
  Reset();
  SetSleepMode();
}

TypeId BacWaveChannel::GetTypeId() {
  static TypeId tid =
      TypeId("ns3::BacWaveChannel")
          .SetParent<YansWifiChannel>()
          .SetGroupName("Bac")
          .AddConstructor<BacWaveChannel>()
          .AddAttribute("WeakSignals", "Signals too weak to be detected, and those of other channels, count as interference.",
                        BooleanValue(false), MakeBooleanAccessor(&BacWaveChannel::m_weak), MakeBooleanChecker())
          .AddAttribute("DetectionThreshold",
                        "With WeakSignals: frames weaker than this cannot be detected (dBm; the PHYs' preamble detection says).",
                        DoubleValue(-95), MakeDoubleAccessor(&BacWaveChannel::m_detection_dbm), MakeDoubleChecker<double>())
          .AddAttribute("InterferenceFloor", "With WeakSignals: signals weaker than this are left out (dBm; noise is -97).",
                        DoubleValue(-117), MakeDoubleAccessor(&BacWaveChannel::m_floor_dbm), MakeDoubleChecker<double>());
  return tid;
}

void BacWaveChannel::DoDispose() {
  for (const Station& s : m_stations)
    if (s.still) s.mobility->TraceDisconnectWithoutContext("CourseChange", MakeCallback(&BacWaveChannel::Moved, this));
  m_stations.clear();
  m_untold.clear();
  m_loss = nullptr;
  m_delay = nullptr;
  YansWifiChannel::DoDispose();
}

BacWaveChannel::BacWaveChannel() { SetMask(BAC_MASK_A); }

void BacWaveChannel::SetMask(uint32_t mask) {
  for (uint32_t apart = 0; apart < CHANNELS_APART; apart++) m_leakage_db[apart] = bac_mask_leakage_db(static_cast<bac_mask>(mask), apart);
}

void BacWaveChannel::Join(Ptr<BacWavePhy> phy) {
  Ptr<Node> node = phy->GetDevice()->GetNode();
  Ptr<MobilityModel> mobility = node->GetObject<MobilityModel>(); // ns-3.38 has not told the PHY of it yet
  NS_ABORT_MSG_UNLESS(mobility, "a station needs a mobility model");
  const bool still = DynamicCast<ConstantPositionMobilityModel>(mobility) != nullptr;
  const Vector at = mobility->GetPosition();
  m_x.push_back(at.x);
  m_y.push_back(at.y);
  m_z.push_back(at.z);
  if (still)
    mobility->TraceConnectWithoutContext("CourseChange", MakeCallback(&BacWaveChannel::Moved, this));
  else
    m_moving.push_back(m_stations.size());
  m_stations.push_back({phy, mobility, node->GetId(), still, Time()});
}

void BacWaveChannel::SetReach(std::function<double(double)> reach, bool fading) {
  m_reach = std::move(reach);
  m_fading = fading;
}

void BacWaveChannel::Moved(Ptr<const MobilityModel> mobility) {
  const Vector at = mobility->GetPosition();
  for (size_t i = 0; i < m_stations.size(); i++) {
    if (m_stations[i].mobility != mobility) continue;
    m_x[i] = at.x;
    m_y[i] = at.y;
    m_z[i] = at.z;
  }
}

const double* BacWaveChannel::Locate(const Vector& from) {
  for (const size_t i : m_moving) {
    const Vector at = m_stations[i].mobility->GetPosition();
    m_x[i] = at.x;
    m_y[i] = at.y;
    m_z[i] = at.z;
  }
  m_distance2.resize(m_stations.size());
  for (size_t i = 0; i < m_distance2.size(); i++) {
    const double dx = m_x[i] - from.x, dy = m_y[i] - from.y, dz = m_z[i] - from.z;
    m_distance2[i] = dx * dx + dy * dy + dz * dz;
  }
  return m_distance2.data();
}

double BacWaveChannel::ReachOf(double dbm, double floor, double margin) {
  if (!m_reach) return std::numeric_limits<double>::infinity();
  const double loss_db = dbm - floor + margin;
  const auto found = m_reaches.find(loss_db);
  if (found != m_reaches.end()) return found->second;
  const double metres = m_reach(loss_db);
  return m_reaches[loss_db] = metres * metres;
}

void BacWaveChannel::Transmit(const YansWifiPhy* sender, Ptr<const WifiPpdu> ppdu, double dbm) {
  NS_ABORT_MSG_UNLESS(m_stations.size() == GetNDevices(), "every PHY of a BacWaveChannel has to join it");
  if (!m_loss) {
    PointerValue value;
    GetAttribute("PropagationLossModel", value);
    m_loss = value.Get<PropagationLossModel>();
    GetAttribute("PropagationDelayModel", value);
    m_delay = value.Get<PropagationDelayModel>();
  }
  size_t index = 0;
  while (PeekPointer(m_stations[index].phy) != sender) index++;
  m_weak ? TransmitAll(index, ppdu, dbm) : TransmitStock(index, ppdu, dbm);
}

/// In the order of YansWifiChannel::Send and with its draws.
void BacWaveChannel::TransmitStock(size_t sender, Ptr<const WifiPpdu> ppdu, double dbm) {
  const Station& from = m_stations[sender];
  const uint8_t number = from.phy->GetChannelNumber();
  double floor = std::numeric_limits<double>::infinity(); // of the most sensitive receiver
  const double width = WidthDb(&BacWavePhy::StartReceivePreamble, ppdu);
  for (const Station& to : m_stations) floor = std::min(floor, to.phy->GetRxSensitivity() + width - to.phy->GetRxGain());
  const double* distance2 = Locate(from.mobility->GetPosition());
  const double reach2 = m_fading ? std::numeric_limits<double>::infinity() : ReachOf(dbm, floor, 0);
  for (size_t i = 0; i < m_stations.size(); i++) {
    const Station& to = m_stations[i];
    if (distance2[i] > reach2 || i == sender || to.phy->GetChannelNumber() != number) continue;
    const double received = m_loss->CalcRxPower(dbm, from.mobility, to.mobility);
    if (received + to.phy->GetRxGain() < to.phy->GetRxSensitivity() + width) continue;
    Simulator::ScheduleWithContext(to.node, m_delay->GetDelay(from.mobility, to.mobility), &BacWavePhy::Arrive, to.phy, ppdu,
                                   DbmToW(received + to.phy->GetRxGain()));
  }
}

BacWaveChannel::Untold& BacWaveChannel::NewUntold(Ptr<const WifiPpdu> ppdu) {
  const Time now = Simulator::Now();
  auto free = std::find_if(m_untold.begin(), m_untold.end(), [now](const Untold& u) { return u.end <= now; });
  if (free == m_untold.end()) free = m_untold.insert(free, Untold());
  free->ppdu = ppdu;
  free->end = now + ppdu->GetTxDuration();
  free->power.assign(m_stations.size(), 0);
  return *free;
}

void BacWaveChannel::TransmitAll(size_t sender, Ptr<const WifiPpdu> ppdu, double dbm) {
  const Station& from = m_stations[sender];
  const int number = from.phy->GetChannelNumber();
  const Time now = Simulator::Now();
  const double* distance2 = Locate(from.mobility->GetPosition());
  const double sensitivity = from.phy->GetRxSensitivity() + WidthDb(&BacWavePhy::StartReceivePreamble, ppdu);
  const double detectable = std::max(sensitivity, m_detection_dbm);
  double reach2[CHANNELS_APART];
  for (uint32_t apart = 0; apart < CHANNELS_APART; apart++)
    reach2[apart] = ReachOf(dbm + m_leakage_db[apart], m_floor_dbm, m_fading ? FADING_MARGIN_DB : 0);
  Untold& untold = NewUntold(ppdu);
  for (size_t i = 0; i < m_stations.size(); i++) {
    if (distance2[i] > reach2[0] || i == sender) continue;
    const Station& to = m_stations[i];
    const uint32_t apart = static_cast<uint32_t>(std::abs(to.phy->GetChannelNumber() - number)) / 2;
    if (apart >= CHANNELS_APART || distance2[i] > reach2[apart]) continue;
    const double received = m_loss->CalcRxPower(dbm + m_leakage_db[apart], from.mobility, to.mobility) + to.phy->GetRxGain();
    if (received < m_floor_dbm) continue;
    if (received < detectable && to.told <= now)
      untold.power[i] = DbmToW(received);
    else if (received < detectable || apart > 0)
      to.phy->Disturb(ppdu, DbmToW(received), ppdu->GetTxDuration(), received >= sensitivity);
    else
      Simulator::ScheduleWithContext(to.node, m_delay->GetDelay(from.mobility, to.mobility), &BacWaveChannel::Arrive, this, i, ppdu, DbmToW(received));
  }
}

void BacWaveChannel::Arrive(size_t station, Ptr<const WifiPpdu> ppdu, double power_w) {
  const Time now = Simulator::Now();
  Station& to = m_stations[station];
  if (to.told <= now)
    for (Untold& u : m_untold) {
      if (u.end <= now || u.power[station] == 0) continue;
      to.phy->Disturb(u.ppdu, u.power[station], u.end - now, false);
      u.power[station] = 0;
    }
  to.told = std::max(to.told, now + ppdu->GetTxDuration());
  to.phy->Arrive(ppdu, power_w);
}

} // namespace ns3
