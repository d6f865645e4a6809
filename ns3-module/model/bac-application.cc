/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-application.h"

#include "bac-wsmp-header.h"

#include "ns3/boolean.h"
#include "ns3/ipv4-header.h"
#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/udp-header.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <stdexcept>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacApplication");
NS_OBJECT_ENSURE_REGISTERED(BacApplication);

namespace {

/// PointToPointNetDevice carries IP and nothing else, so the wired side speaks UDP over IPv4.
constexpr uint16_t IPV4 = 0x0800;

Ipv4Address WiredAddress(uint32_t id) { return Ipv4Address((10U << 24) | id); }

} // namespace

TypeId BacApplication::GetTypeId() {
  static TypeId tid =
      TypeId("ns3::BacApplication")
          .SetParent<Application>()
          .SetGroupName("Bac")
          .AddConstructor<BacApplication>()
          .AddAttribute("CostModel", "Name of the times of cryptographic operations (see bac/cost.h).", StringValue("automotive"),
                        MakeStringAccessor(&BacApplication::m_costName), MakeStringChecker())
          .AddAttribute("FrameCredit", "Frames that the MAC may hold at a time.", UintegerValue(4),
                        MakeUintegerAccessor(&BacApplication::m_frameCredit), MakeUintegerChecker<uint32_t>(1))
          .AddAttribute("QueueLimit", "Frames and transactions that may wait for the CPU; more are lost.", UintegerValue(4096),
                        MakeUintegerAccessor(&BacApplication::m_queueLimit), MakeUintegerChecker<uint32_t>(1))
          .AddAttribute("ControlPriority", "EDCA user priority (0..7) of control frames.", UintegerValue(0),
                        MakeUintegerAccessor(&BacApplication::m_controlPriority), MakeUintegerChecker<uint32_t>(0, 7))
          .AddAttribute("VotePriority", "EDCA user priority (0..7) of votes.", UintegerValue(0),
                        MakeUintegerAccessor(&BacApplication::m_votePriority), MakeUintegerChecker<uint32_t>(0, 7))
          .AddAttribute("BulkPriority", "EDCA user priority (0..7) of bodies and transactions.", UintegerValue(0),
                        MakeUintegerAccessor(&BacApplication::m_bulkPriority), MakeUintegerChecker<uint32_t>(0, 7))
          .AddAttribute("KeepRecords", "Keep the node's durable records, for Restart.", BooleanValue(true),
                        MakeBooleanAccessor(&BacApplication::m_keepRecords), MakeBooleanChecker())
          .AddTraceSource("Commit", "A block is final.", MakeTraceSourceAccessor(&BacApplication::m_commitTrace),
                          "ns3::BacApplication::EffectTracedCallback")
          .AddTraceSource("Propose", "This node, as primary, cut a block.",
                          MakeTraceSourceAccessor(&BacApplication::m_proposeTrace), "ns3::BacApplication::EffectTracedCallback")
          .AddTraceSource("Role", "The node's role changed.", MakeTraceSourceAccessor(&BacApplication::m_roleTrace),
                          "ns3::BacApplication::EffectTracedCallback")
          .AddTraceSource("Reject", "Something that a peer sent was dropped.",
                          MakeTraceSourceAccessor(&BacApplication::m_rejectTrace), "ns3::BacApplication::EffectTracedCallback")
          .AddTraceSource("TxStatus", "A transaction of this EV was pooled, committed or refused.",
                          MakeTraceSourceAccessor(&BacApplication::m_txStatusTrace), "ns3::BacApplication::EffectTracedCallback")
          .AddTraceSource("FrameTx", "A frame was handed to a device.", MakeTraceSourceAccessor(&BacApplication::m_frameTxTrace),
                          "ns3::BacApplication::FrameTxTracedCallback")
          .AddTraceSource("FrameRx", "A frame came in.", MakeTraceSourceAccessor(&BacApplication::m_frameRxTrace),
                          "ns3::BacApplication::FrameRxTracedCallback");
  return tid;
}

void BacApplication::DoDispose() {
  NS_LOG_FUNCTION(this);
  Crash();
  m_submitEvent.Cancel();
  m_workload.reset();
  if (GetNode()) {
    GetNode()->UnregisterProtocolHandler(MakeCallback(&BacApplication::ReceiveRadio, this));
    GetNode()->UnregisterProtocolHandler(MakeCallback(&BacApplication::ReceiveWired, this));
  }
  if (m_pacer) m_pacer->Dispose();
  m_pacer = nullptr;
  m_radio = nullptr;
  m_wires.clear();
  Application::DoDispose();
}

Mac48Address BacApplication::AddressOf(uint32_t id) {
  if (id == BAC_BROADCAST) return Mac48Address::GetBroadcast();
  const uint8_t octets[6] = {2, 0, 0, 0, static_cast<uint8_t>(id >> 8), static_cast<uint8_t>(id)};
  Mac48Address address;
  address.CopyFrom(octets);
  return address;
}

uint32_t BacApplication::IdOf(Mac48Address address) {
  uint8_t octets[6];
  address.CopyTo(octets);
  return (static_cast<uint32_t>(octets[4]) << 8) | octets[5];
}

void BacApplication::SetNodeConfig(const bac_node_config& config) {
  m_config = config;
  char why[256];
  m_node.reset(bac_node_new(&m_config, why, sizeof why));
  m_cost = bac_cost_model_find(m_costName.c_str());
  if (!m_node || m_cost == nullptr) throw std::runtime_error(m_node ? "no cost model is called \"" + m_costName + "\"" : why);
  m_node.reset();
}

void BacApplication::SetRadio(Ptr<WaveNetDevice> device, uint32_t channel, WifiMode mode) {
  NS_LOG_FUNCTION(this << device << channel << mode);
  m_radio = device;
  m_pacer = CreateObject<BacMacPacer>();
  m_pacer->Attach(device, channel);
  m_pacer->SetDoneCallback(MakeCallback(&BacApplication::FramesDone, this));
  m_txInfo[BAC_CLASS_CONTROL] = TxInfo(channel, m_controlPriority, mode, WIFI_PREAMBLE_LONG, 0);
  m_txInfo[BAC_CLASS_VOTE] = TxInfo(channel, m_votePriority, mode, WIFI_PREAMBLE_LONG, 0);
  m_txInfo[BAC_CLASS_BULK] = TxInfo(channel, m_bulkPriority, mode, WIFI_PREAMBLE_LONG, 0);
  GetNode()->RegisterProtocolHandler(MakeCallback(&BacApplication::ReceiveRadio, this), BacWsmpHeader::ETHERTYPE, device);
}

void BacApplication::AddWire(uint32_t peer, Ptr<NetDevice> device) {
  NS_LOG_FUNCTION(this << peer << device);
  m_wires[peer] = device;
  GetNode()->RegisterProtocolHandler(MakeCallback(&BacApplication::ReceiveWired, this), IPV4, device);
}

void BacApplication::SetWorkload(const bac_workload_config& config) {
  m_workload.reset(bac_workload_new(&config, m_config.roster, m_config.id));
  if (!m_workload)
    throw std::runtime_error("no workload for node " + std::to_string(m_config.id) + ": it is not in its shard's roster");
}

bac_counters BacApplication::GetCounters() const {
  bac_counters now{};
  if (m_node) bac_node_counters(m_node.get(), &now);
  bac_counters sum = m_past;
  bac_counters_add(&sum, &now);
  return sum;
}

void BacApplication::StartApplication() {
  NS_LOG_FUNCTION(this);
  if (!m_node) Boot();
  if (m_workload && !m_submitEvent.IsRunning()) PlanSubmit();
}

void BacApplication::StopApplication() {
  NS_LOG_FUNCTION(this);
  Crash();
  m_submitEvent.Cancel();
}

void BacApplication::Crash() {
  NS_LOG_FUNCTION(this);
  m_past = GetCounters();
  m_node.reset();
  m_output = bac_output{};
  m_busy = false;
  m_queue.clear();
  m_sentFrames = 0;
  m_wakeQueued = false;
  m_wakeAt = BAC_NEVER;
  m_finishEvent.Cancel();
  m_wakeEvent.Cancel();
  if (m_pacer) m_pacer->Reset();
}

void BacApplication::Restart() {
  NS_LOG_FUNCTION(this);
  if (!m_node) Boot();
}

void BacApplication::Boot() {
  char why[256];
  m_node.reset(bac_node_new(&m_config, why, sizeof why));
  if (!m_node) throw std::runtime_error(why);
  bac_node_set_frame_credit(m_node.get(), m_radio ? m_frameCredit : UINT32_MAX);
  for (uint32_t i = 0; i < m_records.size(); i++) m_queue.push_back({BAC_EVENT_RESTORE, i, nullptr, {}});
  m_queue.push_back({BAC_EVENT_START, 0, nullptr, {}});
  RunQueue();
}

void BacApplication::Push(Pending&& event) {
  if (!m_node || m_queue.size() >= m_queueLimit + m_records.size()) {
    m_overflows += m_node ? 1 : 0;
    return;
  }
  m_queue.push_back(std::move(event));
  RunQueue();
}

void BacApplication::RunQueue() {
  while (!m_busy && !m_queue.empty()) {
    const Pending pending = std::move(m_queue.front());
    m_queue.pop_front();
    if (!Step(pending)) continue;
    const bac_time cost = bac_cost_time(m_cost, &m_output.cost);
    m_busy = true;
    m_busyTime += cost;
    if (cost > 0) {
      m_finishEvent = Simulator::Schedule(NanoSeconds(cost), &BacApplication::Finish, this);
      return;
    }
    CarryOut();
    m_busy = false;
  }
}

void BacApplication::Finish() {
  CarryOut();
  m_busy = false;
  RunQueue();
}

bool BacApplication::Step(const Pending& pending) {
  bac_event event{};
  event.now = Simulator::Now().GetNanoSeconds();
  event.type = pending.type;
  switch (pending.type) {
    case BAC_EVENT_RESTORE: {
      const Record& record = m_records[pending.port];
      event.restore = {record.kind, record.bytes.data(), record.bytes.size()};
      break;
    }
    case BAC_EVENT_FRAME:
      m_bytes.resize(pending.packet->GetSize());
      pending.packet->CopyData(m_bytes.data(), pending.packet->GetSize());
      event.frame = {pending.port, m_bytes.data(), m_bytes.size()};
      break;
    case BAC_EVENT_SENT:
      event.sent.count = m_sentFrames;
      m_sentFrames = 0;
      break;
    case BAC_EVENT_WAKE: m_wakeQueued = false; break;
    case BAC_EVENT_SUBMIT: event.submit = pending.submit; break;
    default: break;
  }
  const int error = bac_node_step(m_node.get(), &event, &m_output);
  if (error == BAC_ELIMIT && pending.type == BAC_EVENT_SUBMIT) {
    NS_LOG_INFO("node " << m_config.id << " has no room for a transaction");
    return false;
  }
  if (error != BAC_OK) {
    throw std::runtime_error("node " + std::to_string(m_config.id) + " fails with " + std::to_string(error) + " on event " +
                             std::to_string(pending.type) + " at " + std::to_string(event.now) + " ns: a bug, please report it");
  }
  return true;
}

void BacApplication::CarryOut() {
  for (size_t i = 0; i < m_output.effect_count; i++) {
    const bac_effect& effect = m_output.effects[i];
    switch (effect.type) {
      case BAC_EFFECT_PERSIST: Persist(effect); break;
      case BAC_EFFECT_FRAME: effect.frame.port == 0 ? SendRadio(effect) : SendWired(effect); break;
      case BAC_EFFECT_COMMIT: m_commitTrace(m_config.id, effect); break;
      case BAC_EFFECT_TX_STATUS: m_txStatusTrace(m_config.id, effect); break;
      case BAC_EFFECT_PROPOSE: m_proposeTrace(m_config.id, effect); break;
      case BAC_EFFECT_ROLE: m_roleTrace(m_config.id, effect); break;
      case BAC_EFFECT_REJECT: m_rejectTrace(m_config.id, effect); break;
    }
  }
  m_wakeAt = m_output.wakeup;
  ArmWake();
}

void BacApplication::ArmWake() {
  // A timer that is too early stays: waking early is harmless, and cancelled events would fill the scheduler.
  if (m_wakeAt == BAC_NEVER || m_wakeQueued ||
      (m_wakeEvent.IsRunning() && m_wakeEvent.GetTs() <= static_cast<uint64_t>(m_wakeAt)))
    return;
  m_wakeEvent.Cancel();
  const bac_time delay = std::max<bac_time>(0, m_wakeAt - Simulator::Now().GetNanoSeconds());
  m_wakeEvent = Simulator::Schedule(NanoSeconds(delay), &BacApplication::Wake, this);
}

void BacApplication::Wake() {
  if (m_wakeAt > Simulator::Now().GetNanoSeconds()) {
    ArmWake();
    return;
  }
  // Past the queue limit: one at most waits, and a timer must not be lost.
  m_wakeQueued = true;
  m_queue.push_back({BAC_EVENT_WAKE, 0, nullptr, {}});
  RunQueue();
}

void BacApplication::FramesDone(uint32_t count) {
  if (!m_node) return;
  m_sentFrames += count;
  if (m_sentFrames == count) m_queue.push_back({BAC_EVENT_SENT, 0, nullptr, {}});
  RunQueue();
}

void BacApplication::PlanSubmit() {
  const bac_time at = bac_workload_next(m_workload.get(), &m_nextSubmit);
  if (at != BAC_NEVER) {
    const bac_time delay = std::max<bac_time>(0, at - Simulator::Now().GetNanoSeconds());
    m_submitEvent = Simulator::Schedule(NanoSeconds(delay), &BacApplication::SubmitNext, this);
  }
}

void BacApplication::SubmitNext() {
  if (m_node) Push({BAC_EVENT_SUBMIT, 0, nullptr, m_nextSubmit});
  PlanSubmit();
}

void BacApplication::Persist(const bac_effect& effect) {
  if (!m_keepRecords) return;
  if (effect.persist.kind == BAC_RECORD_STATE) {
    m_records.erase(std::remove_if(
                        m_records.begin(), m_records.end(), [](const Record& r) { return r.kind == BAC_RECORD_STATE; }),
                    m_records.end());
  }
  const uint8_t* bytes = effect.persist.bytes;
  m_records.push_back({effect.persist.kind, {bytes, bytes + effect.persist.length}});
}

void BacApplication::SendRadio(const bac_effect& effect) {
  NS_ASSERT_MSG(m_radio, "node " << m_config.id << " has no radio");
  const auto length = static_cast<uint32_t>(effect.frame.length);
  Ptr<Packet> packet = Create<Packet>(effect.frame.bytes, length);
  BacWsmpHeader wsmp;
  wsmp.SetLength(length);
  packet->AddHeader(wsmp);
  m_frameTxTrace(m_config.id, effect, packet->GetUid());
  m_pacer->Send(packet, AddressOf(effect.frame.destination), BacWsmpHeader::ETHERTYPE, m_txInfo[effect.frame.frame_class]);
}

void BacApplication::SendWired(const bac_effect& effect) {
  const auto length = static_cast<uint32_t>(effect.frame.length);
  UdpHeader udp;
  udp.SetSourcePort(WIRED_PORT);
  udp.SetDestinationPort(WIRED_PORT);
  Ipv4Header ip;
  ip.SetSource(WiredAddress(m_config.id));
  ip.SetProtocol(17);
  ip.SetTtl(1);
  ip.SetPayloadSize(static_cast<uint16_t>(length + udp.GetSerializedSize()));
  for (const auto& [peer, device] : m_wires) {
    if (peer == effect.frame.except || (effect.frame.destination != BAC_BROADCAST && peer != effect.frame.destination)) continue;
    Ptr<Packet> packet = Create<Packet>(effect.frame.bytes, length);
    ip.SetDestination(WiredAddress(peer));
    packet->AddHeader(udp);
    packet->AddHeader(ip);
    m_frameTxTrace(m_config.id, effect, packet->GetUid());
    device->Send(packet, device->GetBroadcast(), IPV4);
  }
}

void BacApplication::ReceiveRadio(Ptr<NetDevice> /* device */, Ptr<const Packet> packet, uint16_t /* protocol */,
                                  const Address& from, const Address& /* to */, NetDevice::PacketType /* type */) {
  Ptr<Packet> payload = packet->Copy();
  BacWsmpHeader wsmp;
  payload->RemoveHeader(wsmp);
  if (!wsmp.IsValid() || wsmp.GetPsid() != BacWsmpHeader::PSID_TESTING || wsmp.GetLength() > payload->GetSize()) {
    NS_LOG_INFO("node " << m_config.id << " drops a frame that is not its service's: " << wsmp);
    return;
  }
  payload->RemoveAtEnd(payload->GetSize() - wsmp.GetLength());
  m_frameRxTrace(m_config.id, IdOf(Mac48Address::ConvertFrom(from)), payload);
  Push({BAC_EVENT_FRAME, 0, payload, {}});
}

void BacApplication::ReceiveWired(Ptr<NetDevice> /* device */, Ptr<const Packet> packet, uint16_t /* protocol */,
                                  const Address& /* from */, const Address& /* to */, NetDevice::PacketType /* type */) {
  Ptr<Packet> payload = packet->Copy();
  Ipv4Header ip;
  UdpHeader udp;
  payload->RemoveHeader(ip);
  payload->RemoveHeader(udp);
  if (udp.GetDestinationPort() != WIRED_PORT) return;
  m_frameRxTrace(m_config.id, ip.GetSource().Get() & 0xFFFF, payload);
  Push({BAC_EVENT_FRAME, 1, payload, {}});
}

} // namespace ns3
