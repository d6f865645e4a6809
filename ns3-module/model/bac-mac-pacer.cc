/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-mac-pacer.h"

#include "ns3/log.h"
#include "ns3/ocb-wifi-mac.h"
#include "ns3/pointer.h"
#include "ns3/qos-txop.h"
#include "ns3/simulator.h"
#include "ns3/wifi-mac-queue.h"
#include "ns3/wifi-phy.h"

#include <algorithm>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacMacPacer");
NS_OBJECT_ENSURE_REGISTERED(BacMacPacer);

TypeId BacMacPacer::GetTypeId() {
  static TypeId tid =
      TypeId("ns3::BacMacPacer")
          .SetParent<Object>()
          .SetGroupName("Bac")
          .AddConstructor<BacMacPacer>()
          .AddAttribute("Timeout", "A frame without notice counts as done after this time (s).", TimeValue(Seconds(1)),
                        MakeTimeAccessor(&BacMacPacer::m_timeout), MakeTimeChecker(NanoSeconds(1)))
          .AddAttribute("RefusedDelay", "A frame that the device refuses counts as done after this time (s).",
                        TimeValue(MilliSeconds(10)), MakeTimeAccessor(&BacMacPacer::m_refusedDelay),
                        MakeTimeChecker(NanoSeconds(1)));
  return tid;
}

std::array<Ptr<QosTxop>, 4> BacMacPacer::TxopsOf(Ptr<OcbWifiMac> mac) {
  static const std::array<const char*, 4> NAMES = {"VO_Txop", "VI_Txop", "BE_Txop", "BK_Txop"};
  std::array<Ptr<QosTxop>, 4> txops;
  for (size_t i = 0; i < NAMES.size(); i++) {
    PointerValue value;
    mac->GetAttribute(NAMES[i], value);
    txops[i] = value.Get<QosTxop>();
  }
  return txops;
}

void BacMacPacer::Attach(Ptr<WaveNetDevice> device) {
  NS_LOG_FUNCTION(this << device);
  NS_ASSERT_MSG(!m_device, "a pacer watches one device");
  m_device = device;
  for (const Ptr<WifiPhy>& phy : device->GetPhys())
    phy->TraceConnectWithoutContext("PhyTxEnd", MakeCallback(&BacMacPacer::PhyTxEnd, this));
  for (const auto& [channel, mac] : device->GetMacs()) {
    for (const Ptr<QosTxop>& txop : TxopsOf(mac)) {
      Ptr<WifiMacQueue> queue = txop->GetWifiMacQueue();
      queue->TraceConnectWithoutContext("Enqueue", MakeCallback(&BacMacPacer::QueueEnqueue, this));
      queue->TraceConnectWithoutContext("Dequeue", MakeCallback(&BacMacPacer::QueueDequeue, this));
      queue->TraceConnectWithoutContext("Drop", MakeCallback(&BacMacPacer::QueueDrop, this));
      queue->TraceConnectWithoutContext("Expired", MakeCallback(&BacMacPacer::QueueDrop, this));
    }
  }
}

void BacMacPacer::DoDispose() {
  Reset();
  m_device = nullptr;
  m_done = Callback<void, uint32_t>();
  Object::DoDispose();
}

void BacMacPacer::Send(Ptr<Packet> packet, Mac48Address to, uint16_t protocol, const TxInfo& info) {
  NS_LOG_FUNCTION(this << packet << to << protocol);
  const uint64_t uid = packet->GetUid();
  m_frames.push_back({uid, Simulator::Now() + m_timeout, to.IsGroup(), false});
  m_counts.sent++;
  m_device->SendX(packet, to, protocol, info);
  const size_t i = Find(uid);
  if (i < m_frames.size() && !m_frames[i].queued) { // a full queue drops it without a trace
    NS_LOG_INFO("the device refuses frame " << uid);
    m_frames[i].deadline = Simulator::Now() + m_refusedDelay;
    m_check.Cancel();
  }
  if (!m_check.IsRunning()) CheckDeadlines();
}

void BacMacPacer::Reset() {
  NS_LOG_FUNCTION(this);
  m_frames.clear();
  m_unreported = 0;
  m_report.Cancel();
  m_check.Cancel();
}

size_t BacMacPacer::Find(uint64_t uid) const {
  auto it = std::find_if(m_frames.begin(), m_frames.end(), [uid](const Frame& f) { return f.uid == uid; });
  return static_cast<size_t>(it - m_frames.begin());
}

void BacMacPacer::Done(size_t index, uint64_t& count) {
  m_frames.erase(m_frames.begin() + static_cast<std::ptrdiff_t>(index));
  count++;
  // Later, not now: the queue that drops frames is being walked over and must not get another.
  if (m_unreported++ == 0) m_report = Simulator::ScheduleNow(&BacMacPacer::Report, this);
}

void BacMacPacer::Report() {
  const uint32_t count = m_unreported;
  m_unreported = 0;
  if (!m_done.IsNull()) m_done(count);
}

void BacMacPacer::PhyTxEnd(Ptr<const Packet> packet) {
  const size_t i = Find(packet->GetUid());
  if (i < m_frames.size() && m_frames[i].broadcast) Done(i, m_counts.broadcast);
}

void BacMacPacer::QueueEnqueue(Ptr<const BacMpdu> mpdu) {
  const size_t i = Find(mpdu->GetPacket()->GetUid());
  if (i < m_frames.size()) m_frames[i].queued = true;
}

void BacMacPacer::QueueDequeue(Ptr<const BacMpdu> mpdu) {
  const size_t i = Find(mpdu->GetPacket()->GetUid());
  if (i < m_frames.size() && !m_frames[i].broadcast) Done(i, m_counts.unicast);
}

void BacMacPacer::QueueDrop(Ptr<const BacMpdu> mpdu) {
  const size_t i = Find(mpdu->GetPacket()->GetUid());
  if (i < m_frames.size()) Done(i, m_counts.dropped);
}

void BacMacPacer::CheckDeadlines() {
  Time next = Time::Max();
  for (size_t i = 0; i < m_frames.size();) {
    if (m_frames[i].deadline <= Simulator::Now()) {
      NS_LOG_INFO("no notice of frame " << m_frames[i].uid);
      Done(i, m_frames[i].queued ? m_counts.timedOut : m_counts.refused);
    } else {
      next = std::min(next, m_frames[i++].deadline);
    }
  }
  if (next != Time::Max()) m_check = Simulator::Schedule(next - Simulator::Now(), &BacMacPacer::CheckDeadlines, this);
}

} // namespace ns3
