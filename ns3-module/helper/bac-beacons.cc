/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-beacons.h"

#include "bac-helper.h"
#include "bac-wsmp-header.h"

#include "sim/radio_stats.h"

#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/wifi-phy-state-helper.h"
#include "ns3/wifi-psdu.h"

#include <algorithm>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacBeacons");

namespace {

constexpr double RANGE_M = 300;           // as BacStatistics
const Time LONGEST_LIFE = Seconds(1);     // the MAC drops what has waited for 0.5 s

bac_time NowNs() { return Simulator::Now().GetNanoSeconds(); }

/// What a station without an application does with what it hears.
bool Ignore(Ptr<NetDevice> /* device */, Ptr<const Packet> /* packet */, uint16_t /* protocol */, const Address& /* from */) { return true; }

} // namespace

BacBeacons::BacBeacons(Time begin, Time end, WifiMode mode, uint64_t rate)
    : m_stats(bac_radio_stats_new(begin.GetNanoSeconds(), end.GetNanoSeconds(), RANGE_M, &BacBeacons::Where, this), &bac_radio_stats_free),
      m_begin(begin),
      m_end(end),
      m_mode(mode),
      m_rate(rate) {}

BacBeacons::~BacBeacons() = default;

uint32_t BacBeacons::AddStation(Ptr<NetDevice> radio, Kind kind, uint32_t channel) {
  const uint32_t number = bac_radio_add_station(m_stats.get(), channel, false);
  Station station{radio, DynamicCast<WaveNetDevice>(radio), DynamicCast<BacFastNetDevice>(radio), radio->GetNode()->GetObject<MobilityModel>(), kind, channel};
  m_stations.push_back(station);
  if (station.fast) {
    if (kind != EV) station.fast->SetHandler(MakeCallback(&Ignore));
    station.fast->TraceConnectWithoutContext("TxBegin", MakeBoundCallback(&BacBeacons::FastTx, this, number));
    station.fast->TraceConnectWithoutContext("RxOk", MakeBoundCallback(&BacBeacons::FastRx, this, number));
    return number;
  }
  Ptr<WifiPhy> phy = station.wave->GetPhy(0);
  PointerValue state;
  phy->GetAttribute("State", state);
  phy->TraceConnectWithoutContext("PhyTxPsduBegin", MakeBoundCallback(&BacBeacons::WaveTx, this, number));
  state.Get<WifiPhyStateHelper>()->TraceConnectWithoutContext("RxOk", MakeBoundCallback(&BacBeacons::WaveRx, this, number));
  return number;
}

void BacBeacons::Send(uint32_t station, Time first, Time period, uint32_t bytes, uint32_t priority) {
  const uint32_t node = m_stations[station].radio->GetNode()->GetId();
  Simulator::ScheduleWithContext(node, first - Simulator::Now(), &BacBeacons::Tick, this, station, period, bytes, priority);
}

void BacBeacons::Tick(uint32_t station, Time period, uint32_t bytes, uint32_t priority) {
  Simulator::Schedule(period, &BacBeacons::Tick, this, station, period, bytes, priority);
  const Station& s = m_stations[station];
  if (!BacHelper::IsOn(s.radio)) return;
  BacWsmpHeader wsmp;
  wsmp.SetPsid(PSID);
  wsmp.SetLength(bytes);
  wsmp.SetLength(bytes - wsmp.GetSerializedSize());
  Ptr<Packet> packet = Create<Packet>(wsmp.GetLength());
  packet->AddHeader(wsmp);
  Remember(packet->GetUid());
  if (s.fast)
    s.fast->SendBeside(packet, Mac48Address::GetBroadcast(), BacWsmpHeader::ETHERTYPE, m_rate, priority);
  else
    s.wave->SendX(packet, Mac48Address::GetBroadcast(), BacWsmpHeader::ETHERTYPE, TxInfo(s.channel, priority, m_mode, WIFI_PREAMBLE_LONG, 0));
}

void BacBeacons::Remember(uint64_t uid) {
  const Time now = Simulator::Now();
  while (!m_remembered.empty() && m_remembered.front().first + LONGEST_LIFE < now) {
    m_uids.erase(m_remembered.front().second);
    m_remembered.pop_front();
  }
  m_remembered.emplace_back(now, uid);
  m_uids.insert(uid);
}

void BacBeacons::SetChannel(uint32_t station, uint32_t channel) {
  m_stations[station].channel = channel;
  bac_radio_tune(m_stats.get(), station, NowNs(), channel);
}

void BacBeacons::SetPresent(uint32_t station, bool present) { bac_radio_set_on(m_stats.get(), station, NowNs(), present); }

double BacBeacons::GetDelivery() const { return bac_radio_delivery(m_stats.get()); }

void BacBeacons::Where(void* self, uint32_t station, double at[3]) {
  const Vector position = static_cast<BacBeacons*>(self)->m_stations[station].mobility->GetPosition();
  at[0] = position.x;
  at[1] = position.y;
  at[2] = position.z;
}

void BacBeacons::OnAir(uint32_t station, uint64_t uid, uint32_t bytes, Time duration) {
  const Station& s = m_stations[station];
  const Time now = Simulator::Now();
  if (IsBeacon(uid) && now >= m_begin && now < m_end) {
    m_sent[s.kind]++;
    m_airtime[s.kind] += std::min(now + duration, m_end) - now;
    if (s.kind != ADJACENT) bac_radio_sent(m_stats.get(), NowNs(), station, uid, bytes);
  }
  if (m_onAir) m_onAir(s.mobility->GetPosition(), s.channel);
}

void BacBeacons::WaveTx(BacBeacons* self, uint32_t station, WifiConstPsduMap psdus, WifiTxVector vector, double /* watt */) {
  const WifiPsdu& psdu = *psdus.begin()->second;
  if (psdu.GetHeader(0).IsData())
    self->OnAir(station, psdu.GetPayload(0)->GetUid(), psdu.GetSize(), WifiPhy::CalculateTxDuration(psdu.GetSize(), vector, WIFI_PHY_BAND_5GHZ));
}

void BacBeacons::WaveRx(BacBeacons* self, uint32_t station, Ptr<const Packet> packet, double sinr, WifiMode /* mode */, WifiPreamble /* preamble */) {
  bac_radio_heard(self->m_stats.get(), station, packet->GetUid(), sinr);
}

void BacBeacons::FastTx(BacBeacons* self, uint32_t station, uint64_t uid, uint32_t bytes, Time duration) { self->OnAir(station, uid, bytes, duration); }

void BacBeacons::FastRx(BacBeacons* self, uint32_t station, uint64_t uid, double sinr) { bac_radio_heard(self->m_stats.get(), station, uid, sinr); }

} // namespace ns3
