/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-fast-net-device.h"

#include "radio/medium.h"

#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <stdexcept>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacFastNetDevice");
NS_OBJECT_ENSURE_REGISTERED(BacFastChannel);
NS_OBJECT_ENSURE_REGISTERED(BacFastNetDevice);

namespace {

const Time REFUSED_DELAY = MilliSeconds(10); // as BacMacPacer's RefusedDelay
const Time FLUSHED_ON_AIR = MilliSeconds(10); // longer than any frame lasts

} // namespace

TypeId BacFastChannel::GetTypeId() {
  static TypeId tid = TypeId("ns3::BacFastChannel")
                          .SetParent<Object>()
                          .SetGroupName("Bac")
                          .AddConstructor<BacFastChannel>()
                          .AddAttribute("RefreshInterval", "Positions are taken anew after this time (s).", TimeValue(MilliSeconds(100)),
                                        MakeTimeAccessor(&BacFastChannel::m_refresh), MakeTimeChecker(MicroSeconds(1)));
  return tid;
}

void BacFastChannel::Configure(const bac_medium_config& config) {
  NS_ASSERT_MSG(!m_medium, "a channel is configured once");
  char why[160];
  if (bac_medium_check(&config, why, sizeof why) != BAC_OK) throw std::runtime_error(why);
  bac_medium_host host{};
  host.ctx = this;
  host.begins = [](void* self, bac_time, uint32_t station, const bac_medium_frame* frame, bac_time duration) {
    static_cast<BacFastChannel*>(self)->Begins(station, frame->cookie, NanoSeconds(duration));
  };
  host.acknowledges = [](void* self, bac_time, uint32_t station, bac_time duration) {
    static_cast<BacFastChannel*>(self)->m_devices[station]->m_ackTrace(NanoSeconds(duration));
  };
  host.decoded = [](void* self, bac_time, uint32_t station, uint32_t from, uint64_t cookie, double sinr, bool deliver) {
    static_cast<BacFastChannel*>(self)->Decoded(station, from, cookie, sinr, deliver);
  };
  host.done = [](void* self, bac_time, uint32_t station, uint64_t cookie, bac_medium_outcome outcome) {
    static_cast<BacFastChannel*>(self)->Done(station, cookie, outcome);
  };
  m_medium = bac_medium_new(&config, &host);
}

void BacFastChannel::DoDispose() {
  m_happen.Cancel();
  m_refreshEvent.Cancel();
  bac_medium_free(m_medium);
  m_medium = nullptr;
  m_devices.clear();
  m_mobilities.clear();
  m_frames.clear();
  Object::DoDispose();
}

void BacFastChannel::Add(Ptr<BacFastNetDevice> device, uint32_t channel) {
  Ptr<MobilityModel> mobility = device->GetNode()->GetObject<MobilityModel>();
  NS_ASSERT_MSG(mobility, "a station needs a mobility model");
  const Vector at = mobility->GetPosition();
  const double where[3] = {at.x, at.y, at.z};
  const int64_t station = bac_medium_add(m_medium, channel, where);
  NS_ASSERT_MSG(station >= 0, "no channel " << channel);
  bac_medium_set_site(m_medium, static_cast<uint32_t>(station), device->GetNode()->GetId()); // as BacV2vLossModel names it
  device->SetStation(this, static_cast<uint32_t>(station));
  m_devices.push_back(device);
  m_mobilities.push_back(mobility);
  m_on.push_back(true);
  m_stations[Mac48Address::ConvertFrom(device->GetAddress())] = static_cast<uint32_t>(station);
  if (!m_refreshEvent.IsRunning()) m_refreshEvent = Simulator::Schedule(m_refresh, &BacFastChannel::Refresh, this);
}

int64_t BacFastChannel::Send(uint32_t station, Ptr<Packet> packet, uint16_t protocol, Mac48Address to, uint64_t rate, uint32_t priority) {
  const int mode = bac_air_mode_of(rate);
  const auto found = m_stations.find(to);
  if (mode < 0 || (!to.IsGroup() && found == m_stations.end())) return -1;
  const uint32_t size = packet->GetSize() + BAC_PSDU_OVERHEAD;
  const bac_medium_frame frame{m_cookie++, to.IsGroup() ? BAC_TO_ALL : found->second, size, static_cast<bac_air_mode>(mode),
                               bac_access_of(priority)};
  m_frames[frame.cookie] = {packet, protocol, to, size, Simulator::Now(), false};
  const int error = bac_medium_send(m_medium, Simulator::Now().GetNanoSeconds(), station, &frame);
  if (error != BAC_OK) m_frames.erase(frame.cookie);
  Arm();
  return error == BAC_OK ? static_cast<int64_t>(frame.cookie) : -1;
}

void BacFastChannel::Tune(uint32_t station, uint32_t channel) {
  const int tuned = bac_medium_tune(m_medium, Simulator::Now().GetNanoSeconds(), station, channel);
  NS_ASSERT_MSG(tuned == BAC_OK, "station " << station << " cannot be tuned to channel " << channel << " now");
  Arm();
}

void BacFastChannel::Alternate(uint32_t station, bool control) {
  const int error = bac_medium_alternate(m_medium, Simulator::Now().GetNanoSeconds(), station, control ? BAC_INTERVAL_CCH : BAC_INTERVAL_SCH);
  NS_ASSERT_MSG(error == BAC_OK, "station " << station << " has frames already");
  Arm();
}

void BacFastChannel::SetOn(uint32_t station, bool on) {
  m_on[station] = on;
  bac_medium_set_on(m_medium, Simulator::Now().GetNanoSeconds(), station, on);
  Arm();
}

bool BacFastChannel::Jam(uint32_t station, uint32_t bytes) {
  const int error = bac_medium_jam(m_medium, Simulator::Now().GetNanoSeconds(), station, bytes, BAC_MODE_3);
  Arm();
  return error == BAC_OK;
}

void BacFastChannel::SetPower(uint32_t station, double eirp_dbm) { bac_medium_set_power(m_medium, station, eirp_dbm); }

void BacFastChannel::Moved(uint32_t station) {
  const Vector at = m_mobilities[station]->GetPosition();
  const double where[3] = {at.x, at.y, at.z};
  bac_medium_move(m_medium, station, where);
}

double BacFastChannel::GetPower(uint32_t from, uint32_t to) { return bac_medium_power_dbm(m_medium, from, to); }

void BacFastChannel::Watch(FatesCallback fates) {
  m_fates = std::move(fates);
  bac_medium_watch(m_medium, [](void* self, bac_time, uint32_t, uint64_t cookie, const uint8_t* fate, const int16_t* sinr, uint32_t stations) {
    const auto* channel = static_cast<BacFastChannel*>(self);
    const auto found = channel->m_frames.find(cookie);
    if (found != channel->m_frames.end()) channel->m_fates(found->second.packet->GetUid(), fate, sinr, stations);
  });
}

Time BacFastChannel::GetBusyTime(uint32_t station) {
  return NanoSeconds(bac_medium_busy(m_medium, Simulator::Now().GetNanoSeconds(), station));
}

void BacFastChannel::Arm() {
  const bac_time next = bac_medium_next(m_medium);
  if (next == BAC_NEVER || (m_happen.IsRunning() && m_happen.GetTs() <= static_cast<uint64_t>(next))) return;
  m_happen.Cancel();
  m_happen = Simulator::Schedule(std::max(NanoSeconds(next) - Simulator::Now(), Time(0)), &BacFastChannel::Happen, this);
}

void BacFastChannel::Happen() {
  bac_medium_run(m_medium, Simulator::Now().GetNanoSeconds());
  Arm();
}

void BacFastChannel::Refresh() {
  for (uint32_t i = 0; i < m_mobilities.size(); i++) {
    const Vector at = m_mobilities[i]->GetPosition();
    const double where[3] = {at.x, at.y, at.z};
    bac_medium_move(m_medium, i, where);
  }
  m_refreshEvent = Simulator::Schedule(m_refresh, &BacFastChannel::Refresh, this);
}

void BacFastChannel::Begins(uint32_t station, uint64_t cookie, Time duration) {
  Frame& frame = m_frames.at(cookie);
  m_devices[station]->m_txTrace(frame.packet->GetUid(), frame.size, duration);
  if (!frame.begun) m_devices[station]->m_accessTrace(frame.packet->GetUid(), Simulator::Now() - frame.queued);
  frame.begun = true;
}

void BacFastChannel::Decoded(uint32_t station, uint32_t from, uint64_t cookie, double sinr, bool deliver) {
  const auto found = m_frames.find(cookie);
  if (found == m_frames.end()) return;
  const Frame frame = found->second; // what the receiver does may move it
  m_devices[station]->m_rxTrace(frame.packet->GetUid(), sinr);
  if (deliver)
    m_devices[station]->Deliver(frame.packet->Copy(), frame.protocol, frame.to, Mac48Address::ConvertFrom(m_devices[from]->GetAddress()));
}

void BacFastChannel::Done(uint32_t station, uint64_t cookie, int outcome) {
  if (outcome == BAC_OUTCOME_FLUSHED) // it may be on the air
    Simulator::Schedule(FLUSHED_ON_AIR, &BacFastChannel::Forget, this, cookie);
  else
    m_frames.erase(cookie);
  m_devices[station]->FrameDone(cookie, outcome == BAC_OUTCOME_EXPIRED || outcome == BAC_OUTCOME_FLUSHED);
}

void BacFastChannel::Forget(uint64_t cookie) { m_frames.erase(cookie); }

TypeId BacFastNetDevice::GetTypeId() {
  static TypeId tid = TypeId("ns3::BacFastNetDevice")
                          .SetParent<SimpleNetDevice>()
                          .SetGroupName("Bac")
                          .AddConstructor<BacFastNetDevice>()
                          .AddTraceSource("TxBegin", "A data frame begins.", MakeTraceSourceAccessor(&BacFastNetDevice::m_txTrace),
                                          "ns3::BacFastNetDevice::TxTracedCallback")
                          .AddTraceSource("AckBegin", "An acknowledgement begins.",
                                          MakeTraceSourceAccessor(&BacFastNetDevice::m_ackTrace),
                                          "ns3::BacFastNetDevice::AckTracedCallback")
                          .AddTraceSource("Access", "A data frame begins for the first time after so long in the queue (s).",
                                          MakeTraceSourceAccessor(&BacFastNetDevice::m_accessTrace),
                                          "ns3::BacFastNetDevice::AccessTracedCallback")
                          .AddTraceSource("RxOk", "A data frame was decoded.", MakeTraceSourceAccessor(&BacFastNetDevice::m_rxTrace),
                                          "ns3::BacFastNetDevice::RxTracedCallback");
  return tid;
}

void BacFastNetDevice::DoDispose() {
  Forget();
  m_medium = nullptr;
  m_done = Callback<void, uint32_t>();
  m_handler = NetDevice::ReceiveCallback();
  SimpleNetDevice::DoDispose();
}

void BacFastNetDevice::SetStation(Ptr<BacFastChannel> channel, uint32_t station) {
  m_medium = channel;
  m_station = station;
}

void BacFastNetDevice::SendFrame(Ptr<Packet> packet, Mac48Address to, uint16_t protocol, uint64_t rate, uint32_t priority) {
  NS_LOG_FUNCTION(this << packet << to << protocol << rate << priority);
  m_counts.sent++;
  const int64_t cookie = m_medium->Send(m_station, packet, protocol, to, rate, priority);
  if (cookie >= 0) {
    m_pending.insert(static_cast<uint64_t>(cookie));
    return;
  }
  NS_LOG_INFO("the medium refuses a frame");
  m_counts.refused++;
  m_reports.push_back(Simulator::Schedule(REFUSED_DELAY, &BacFastNetDevice::Report, this, 1));
}

bool BacFastNetDevice::Send(Ptr<Packet> packet, const Address& to, uint16_t protocol) {
  return m_medium->Send(m_station, packet, protocol, Mac48Address::ConvertFrom(to), 6000000, 0) >= 0;
}

bool BacFastNetDevice::SendBeside(Ptr<Packet> packet, Mac48Address to, uint16_t protocol, uint64_t rate, uint32_t priority) {
  const int64_t cookie = m_medium->Send(m_station, packet, protocol, to, rate, priority);
  if (cookie >= 0) m_beside.insert(static_cast<uint64_t>(cookie));
  return cookie >= 0;
}

void BacFastNetDevice::Deliver(Ptr<Packet> packet, uint16_t protocol, Mac48Address to, Mac48Address from) {
  if (m_handler.IsNull())
    Simulator::ScheduleWithContext(GetNode()->GetId(), Time(0), &BacFastNetDevice::Receive, this, packet, protocol, to, from);
  else
    m_handler(this, packet, protocol, from);
}

void BacFastNetDevice::Forget() {
  for (EventId& report : m_reports) report.Cancel();
  m_reports.clear();
  m_pending.clear();
}

void BacFastNetDevice::FrameDone(uint64_t cookie, bool dropped) {
  if (m_beside.erase(cookie) > 0) return;
  (dropped ? m_counts.dropped : m_counts.done)++;
  if (m_pending.erase(cookie) == 0) return; // the host has crashed since
  // Later, not now: the medium is in the midst of it.
  m_reports.push_back(Simulator::ScheduleNow(&BacFastNetDevice::Report, this, 1));
}

void BacFastNetDevice::Report(uint32_t count) {
  m_reports.erase(std::remove_if(m_reports.begin(), m_reports.end(), [](const EventId& e) { return e.IsExpired(); }), m_reports.end());
  if (!m_done.IsNull()) m_done(count);
}

} // namespace ns3
