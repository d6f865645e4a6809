/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-application.h"

#include "bac-wsmp-header.h"

#include "sim/host.h"

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
          .AddAttribute("FrameCredit", "Frames that the MAC of each radio may hold at a time.", UintegerValue(4),
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
          .AddTraceSource("Epoch", "The next epoch has begun for this node.", MakeTraceSourceAccessor(&BacApplication::m_epochTrace),
                          "ns3::BacApplication::EffectTracedCallback")
          .AddTraceSource("Revoke", "Blocks that the committee had made final are not, after a stall.",
                          MakeTraceSourceAccessor(&BacApplication::m_revokeTrace), "ns3::BacApplication::EffectTracedCallback")
          .AddTraceSource("Handover", "This EV has left for another shard (the passport is not shown). Its node is down: whoever listens tunes its radio and restarts it.",
                          MakeTraceSourceAccessor(&BacApplication::m_handoverTrace), "ns3::BacApplication::EffectTracedCallback")
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
  size_t handlers = m_wires.size();
  for (Radio& radio : m_radios) {
    handlers += radio.wave ? 1 : 0;
    if (radio.pacer) radio.pacer->Dispose();
    radio = Radio();
  }
  for (; GetNode() && handlers > 0; handlers--) GetNode()->UnregisterProtocolHandler(MakeCallback(&BacApplication::Receive, this));
  m_wires.clear();
  Application::DoDispose();
}

Mac48Address BacApplication::AddressOf(uint32_t id) {
  if (id == BAC_BROADCAST) return Mac48Address::GetBroadcast();
  const uint8_t octets[6] = {2, 0, 0, static_cast<uint8_t>(id >> 16), static_cast<uint8_t>(id >> 8), static_cast<uint8_t>(id)};
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
  const bac_cost_model* cost = bac_cost_model_find(m_costName.c_str());
  if (cost == nullptr) throw std::runtime_error("no cost model is called \"" + m_costName + "\"");
  char why[256];
  m_host = {bac_host_new(&m_config, cost, why, sizeof why), &bac_host_free};
  if (!m_host) throw std::runtime_error(why);
}

void BacApplication::AddRadio(uint32_t radio, Ptr<NetDevice> device, uint32_t channel) {
  NS_LOG_FUNCTION(this << radio << device << channel);
  Radio& r = m_radios[radio];
  r.channel = channel;
  r.wave = DynamicCast<WaveNetDevice>(device);
  r.fast = DynamicCast<BacFastNetDevice>(device);
  const Callback<void, uint32_t> done = radio == 0 ? MakeCallback(&BacApplication::FramesDone, this) : MakeCallback(&BacApplication::ControlDone, this);
  if (r.fast) {
    r.fast->SetDoneCallback(done);
    r.fast->SetHandler(MakeCallback(&BacApplication::ReceiveFast, this));
    return;
  }
  r.pacer = CreateObject<BacMacPacer>();
  r.pacer->Attach(r.wave);
  r.pacer->SetDoneCallback(done);
  GetNode()->RegisterProtocolHandler(MakeCallback(&BacApplication::Receive, this), BacWsmpHeader::ETHERTYPE, r.wave);
}

void BacApplication::SetRadio(Ptr<WaveNetDevice> device, uint32_t channel, WifiMode mode) {
  m_mode = mode;
  AddRadio(0, device, channel);
}

void BacApplication::SetFastRadio(Ptr<BacFastNetDevice> device, uint32_t channel, uint64_t rate) {
  m_fastRate = rate;
  AddRadio(0, device, channel);
}

void BacApplication::SetControlRadio(Ptr<NetDevice> radio, uint32_t channel) { AddRadio(1, radio, channel); }

void BacApplication::SetChannel(uint32_t channel) { m_radios[0].channel = channel; }

void BacApplication::AddWire(uint32_t peer, Ptr<NetDevice> device) {
  NS_LOG_FUNCTION(this << peer << device);
  m_wires[peer] = device;
  GetNode()->RegisterProtocolHandler(MakeCallback(&BacApplication::Receive, this), IPV4, device);
}

void BacApplication::SetWorkload(const bac_workload_config& config, const bac_roster& among) {
  m_workload.reset(bac_workload_new(&config, &among, m_config.id));
  if (!m_workload) throw std::runtime_error("no workload for node " + std::to_string(m_config.id) + ": it is not among its receivers");
}

void BacApplication::SetDeparture(Time at) {
  m_departure = at;
  if (!IsRunning()) return; // said when it starts
  bac_host_depart(m_host.get(), at.GetNanoSeconds());
  Run();
}

void BacApplication::SetShards(const bac_roster* const* shards, uint32_t count) { bac_host_set_shards(m_host.get(), shards, count); }

void BacApplication::SetMotion(std::function<bool(bac_motion&)> motion) { m_motion = std::move(motion); }

void BacApplication::Assign(const uint8_t* bytes, size_t length) {
  QueueAssignment(bytes, length);
  Run();
}

void BacApplication::QueueAssignment(const uint8_t* bytes, size_t length) {
  bac_motion own{};
  if (m_config.kind == BAC_NODE_MBS || (m_motion && m_motion(own))) bac_host_assign(m_host.get(), bytes, length, &own);
}

void BacApplication::SetReceivers(const bac_roster& among) { bac_workload_move(m_workload.get(), &among); }

uint32_t BacApplication::GetShard() const { return bac_host_shard(m_host.get()); }
bool BacApplication::GetAccount(uint32_t id, bac_account_view& view) const { return bac_host_account(m_host.get(), id, &view); }
bool BacApplication::IsRunning() const { return m_host && bac_host_is_up(m_host.get()); }
bool BacApplication::GetStorage(bac_storage& storage) const { return bac_host_storage(m_host.get(), &storage); }
uint64_t BacApplication::GetOverflows() const { return bac_host_sum(m_host.get()).overflows; }
Time BacApplication::GetBusyTime() const { return NanoSeconds(bac_host_sum(m_host.get()).busy); }
bac_counters BacApplication::GetCounters() const { return bac_host_sum(m_host.get()).counters; }

void BacApplication::StartApplication() {
  NS_LOG_FUNCTION(this);
  Restart();
  if (m_workload && !m_submitEvent.IsRunning()) PlanSubmit();
}

void BacApplication::StopApplication() {
  NS_LOG_FUNCTION(this);
  Crash();
  m_submitEvent.Cancel();
}

void BacApplication::Crash() {
  NS_LOG_FUNCTION(this);
  if (m_host) bac_host_crash(m_host.get());
  m_finishEvent.Cancel();
  m_wakeEvent.Cancel();
  for (const Radio& radio : m_radios) {
    if (radio.pacer) radio.pacer->Reset();
    if (radio.fast) radio.fast->Forget();
  }
}

void BacApplication::Restart() {
  NS_LOG_FUNCTION(this);
  if (!m_host || IsRunning()) return; // without a node to host there is nothing to start
  const bac_host_limits limits{m_radios[1].Exists() ? 2U : 1U, m_radios[0].Exists() ? m_frameCredit : UINT32_MAX, m_queueLimit, m_keepRecords};
  bac_host_boot(m_host.get(), &limits);
  if (!m_departure.IsZero()) bac_host_depart(m_host.get(), m_departure.GetNanoSeconds());
  Run();
}

void BacApplication::Run() {
  char why[256];
  bac_time cost = 0;
  int more;
  while ((more = bac_host_step(m_host.get(), Simulator::Now().GetNanoSeconds(), &cost, why, sizeof why)) > 0) {
    if (cost > 0) {
      m_finishEvent = Simulator::Schedule(NanoSeconds(cost), &BacApplication::FinishAndRun, this);
      return;
    }
    Finish();
  }
  if (more < 0) throw std::runtime_error(why);
}

void BacApplication::FinishAndRun() {
  Finish();
  Run();
}

void BacApplication::Finish() {
  char why[512];
  const bac_output* output = bac_host_finish(m_host.get(), why, sizeof why);
  if (output == nullptr) throw std::runtime_error(why);
  bac_effect handover{};
  for (size_t i = 0; i < output->effect_count; i++) {
    const bac_effect& effect = output->effects[i];
    switch (effect.type) {
      case BAC_EFFECT_PERSIST: break; // the host has done it
      case BAC_EFFECT_HANDOVER: handover = effect; break;
      case BAC_EFFECT_FRAME: effect.frame.port == 0 ? SendRadio(effect) : SendWired(effect); break;
      case BAC_EFFECT_COMMIT: m_commitTrace(m_config.id, effect); break;
      case BAC_EFFECT_TX_STATUS: m_txStatusTrace(m_config.id, effect); break;
      case BAC_EFFECT_PROPOSE: m_proposeTrace(m_config.id, effect); break;
      case BAC_EFFECT_ROLE: m_roleTrace(m_config.id, effect); break;
      case BAC_EFFECT_REJECT: m_rejectTrace(m_config.id, effect); break;
      case BAC_EFFECT_EPOCH: m_epochTrace(m_config.id, effect); break;
      case BAC_EFFECT_REVOKE: m_revokeTrace(m_config.id, effect); break;
      case BAC_EFFECT_ANNOUNCED: QueueAssignment(effect.announced.bytes, effect.announced.length); break; // the next step's
    }
  }
  if (bac_host_done(m_host.get())) {
    Crash(); // the host's node is down: timers and frames of its life are void
    handover.handover.passport = nullptr;
    handover.handover.length = 0;
    m_handoverTrace(m_config.id, handover);
    return;
  }
  ArmWake();
}

void BacApplication::ArmWake() {
  // A timer that is too early stays: waking early is harmless, and cancelled events would fill the scheduler.
  const bac_time at = bac_host_wakeup(m_host.get());
  if (at == BAC_NEVER || (m_wakeEvent.IsRunning() && m_wakeEvent.GetTs() <= static_cast<uint64_t>(at))) return;
  m_wakeEvent.Cancel();
  const bac_time delay = std::max<bac_time>(0, at - Simulator::Now().GetNanoSeconds());
  m_wakeEvent = Simulator::Schedule(NanoSeconds(delay), &BacApplication::Wake, this);
}

void BacApplication::Wake() {
  if (bac_host_wakeup(m_host.get()) > Simulator::Now().GetNanoSeconds()) {
    ArmWake();
    return;
  }
  bac_host_wake(m_host.get());
  Run();
}

void BacApplication::RadioDone(uint32_t radio, uint32_t count) {
  bac_host_sent(m_host.get(), radio, count);
  Run();
}

void BacApplication::PlanSubmit() {
  const bac_time at = bac_workload_next(m_workload.get(), &m_nextSubmit);
  if (at != BAC_NEVER) {
    const bac_time delay = std::max<bac_time>(0, at - Simulator::Now().GetNanoSeconds());
    m_submitEvent = Simulator::Schedule(NanoSeconds(delay), &BacApplication::SubmitNext, this);
  }
}

void BacApplication::SubmitNext() {
  bac_host_submit(m_host.get(), &m_nextSubmit);
  Run();
  PlanSubmit();
}

void BacApplication::SendRadio(const bac_effect& effect) {
  const uint32_t radio = effect.frame.radio;
  const Radio& by = m_radios[radio];
  NS_ASSERT_MSG(by.Exists(), "node " << m_config.id << " has no radio " << radio);
  const auto length = static_cast<uint32_t>(effect.frame.length);
  Ptr<Packet> packet = Create<Packet>(effect.frame.bytes, length);
  BacWsmpHeader wsmp;
  wsmp.SetLength(length);
  packet->AddHeader(wsmp);
  m_frameTxTrace(m_config.id, effect, packet->GetUid());
  const uint32_t destination = effect.frame.destination;
  const Mac48Address to = AddressOf(radio == 1 && destination != BAC_BROADCAST ? destination + CONTROL_ADDRESSES : destination);
  const uint32_t priorities[] = {m_controlPriority, m_votePriority, m_bulkPriority}; // by frame class
  const uint32_t priority = priorities[effect.frame.frame_class];
  if (by.fast)
    by.fast->SendFrame(packet, to, BacWsmpHeader::ETHERTYPE, m_fastRate, priority);
  else
    by.pacer->Send(packet, to, BacWsmpHeader::ETHERTYPE, TxInfo(by.channel, priority, m_mode, WIFI_PREAMBLE_LONG, 0));
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

bool BacApplication::ReceiveFast(Ptr<NetDevice> device, Ptr<const Packet> packet, uint16_t protocol, const Address& from) {
  if (protocol == BacWsmpHeader::ETHERTYPE) Receive(device, packet, protocol, from, device->GetAddress(), NetDevice::PACKET_HOST);
  return true;
}

void BacApplication::Receive(Ptr<NetDevice> /* device */, Ptr<const Packet> packet, uint16_t protocol, const Address& from,
                             const Address& /* to */, NetDevice::PacketType /* type */) {
  const uint32_t port = protocol == IPV4 ? 1 : 0;
  uint32_t sender = IdOf(Mac48Address::ConvertFrom(from));
  Ptr<Packet> frame = packet->Copy();
  if (port == 0) {
    BacWsmpHeader wsmp;
    frame->RemoveHeader(wsmp);
    if (!wsmp.IsValid() || wsmp.GetPsid() != BacWsmpHeader::PSID_TESTING || wsmp.GetLength() > frame->GetSize()) {
      NS_LOG_INFO("node " << m_config.id << " drops a frame that is not its service's: " << wsmp);
      return;
    }
    frame->RemoveAtEnd(frame->GetSize() - wsmp.GetLength());
  } else {
    Ipv4Header ip;
    UdpHeader udp;
    frame->RemoveHeader(ip);
    frame->RemoveHeader(udp);
    if (udp.GetDestinationPort() != WIRED_PORT) return;
    sender = ip.GetSource().Get() & 0xFFFF;
  }
  m_frameRxTrace(m_config.id, sender, frame);
  if (uint8_t* bytes = bac_host_frame(m_host.get(), port, frame->GetSize())) frame->CopyData(bytes, frame->GetSize());
  Run();
}

} // namespace ns3
