/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-link-metrics.h"

#include "bac-wave-phy.h"

#include "sim/radio_stats.h"

#include "ns3/callback.h"
#include "ns3/ocb-wifi-mac.h"
#include "ns3/pointer.h"
#include "ns3/qos-txop.h"
#include "ns3/simulator.h"
#include "ns3/wifi-mac-queue.h"
#include "ns3/wifi-phy-state-helper.h"
#include "ns3/wifi-psdu.h"
#include "ns3/wifi-utils.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace ns3 {

namespace {

const Time WINDOW = NanoSeconds(BAC_BUSY_WINDOW);

void Keep(std::vector<uint32_t>& ids, uint32_t station, uint32_t id) {
  ids.resize(std::max<size_t>(ids.size(), station + 1), UINT32_MAX);
  ids[station] = id;
}

bac_fate FateOf(WifiPhyRxfailureReason reason) {
  switch (reason) {
    case TXING:
    case RECEPTION_ABORTED_BY_TX: return BAC_FATE_SENDING;
    case RXING:
    case BUSY_DECODING_PREAMBLE:
    case PREAMBLE_DETECTION_PACKET_SWITCH:
    case FRAME_CAPTURE_PACKET_SWITCH: return BAC_FATE_BUSY;
    case PREAMBLE_DETECT_FAILURE: return BAC_FATE_COLLISION; // too weak ones are known by their power
    case L_SIG_FAILURE: return BAC_FATE_HEADER;
    default: return BAC_FATE_OFF; // its radio was off or between channels, in the words of this version; others do not come to 802.11p
  }
}

} // namespace

BacLinkMetrics::BacLinkMetrics(bac_radio_stats* radio, Time begin, Time end, double preamble_dbm)
    : m_radio(radio), m_links(bac_radio_links(radio)), m_begin(begin), m_end(end), m_preamble_w(DbmToW(preamble_dbm)) {
  Simulator::Schedule(std::max(begin - Simulator::Now(), Time(0)), &BacLinkMetrics::Tick, this);
}

void BacLinkMetrics::AddWave(uint32_t station, uint32_t id, Ptr<WaveNetDevice> device) {
  Keep(m_ids, station, id);
  Ptr<WifiPhy> phy = device->GetPhy(0);
  PointerValue value;
  phy->GetAttribute("State", value);
  Ptr<WifiPhyStateHelper> state = value.Get<WifiPhyStateHelper>();
  m_powers = DynamicCast<BacWavePhy>(phy) != nullptr;
  phy->TraceConnectWithoutContext("Arrives", MakeBoundCallback(&BacLinkMetrics::Arrives, this, station));
  phy->TraceConnectWithoutContext("PhyRxBegin", MakeBoundCallback(&BacLinkMetrics::Locked, this, station));
  phy->TraceConnectWithoutContext("PhyRxDrop", MakeBoundCallback(&BacLinkMetrics::Dropped, this, station));
  phy->TraceConnectWithoutContext("PhyTxPsduBegin", MakeBoundCallback(&BacLinkMetrics::Begins, this));
  state->TraceConnectWithoutContext("RxError", MakeBoundCallback(&BacLinkMetrics::Failed, this, station));
  state->TraceConnectWithoutContext("RxOk", MakeBoundCallback(&BacLinkMetrics::Decoded, this, station));
  state->TraceConnectWithoutContext("State", MakeBoundCallback(&BacLinkMetrics::State, this, station));
  for (const auto& [channel, mac] : device->GetMacs()) {
    for (const Ptr<QosTxop>& txop : BacMacPacer::TxopsOf(mac)) {
      Ptr<WifiMacQueue> queue = txop->GetWifiMacQueue();
      queue->TraceConnectWithoutContext("Enqueue", MakeBoundCallback(&BacLinkMetrics::Enqueued, this));
      queue->TraceConnectWithoutContext("Drop", MakeBoundCallback(&BacLinkMetrics::Dequeued, this));
      queue->TraceConnectWithoutContext("Expired", MakeBoundCallback(&BacLinkMetrics::Dequeued, this));
    }
  }
}

void BacLinkMetrics::AddFast(uint32_t station, uint32_t id, Ptr<BacFastNetDevice> device) {
  Keep(m_ids, station, id);
  if (m_fast.empty())
    device->GetMedium()->Watch([this](uint64_t uid, const uint8_t* fate, const int16_t* sinr, uint32_t stations) { Fates(uid, fate, sinr, stations); });
  m_fast.push_back({station, device, Time(0)});
  Keep(m_station, device->GetStation(), station);
  device->TraceConnectWithoutContext("Access", MakeBoundCallback(&BacLinkMetrics::Waited, this));
}

void BacLinkMetrics::UseModel(const bac_link_model& model, const std::string& file) {
  bac_radio_set_model(m_radio, &model, file.empty() ? nullptr : Pair, this);
  if (file.empty()) return;
  m_pairsName = file;
  m_pairs.reset(std::fopen(file.c_str(), "w"));
  if (!m_pairs) throw std::runtime_error(file + " cannot be written: " + std::strerror(errno));
  std::fputs("time_s,from,to,distance_m,sinr_db,rate_mbps\n", m_pairs.get());
}

void BacLinkMetrics::Finish() {
  // Events of the very end do not happen any more: the simulation is stopped there.
  if (Simulator::Now() == m_end && (m_end - m_begin).GetNanoSeconds() % BAC_BUSY_WINDOW == 0) Tick();
  FILE* pairs = m_pairs.release();
  if (!pairs) return;
  const bool failed = std::ferror(pairs) != 0;
  if (std::fclose(pairs) != 0 || failed) throw std::runtime_error(m_pairsName + " cannot be written: mend that (a full disk, say), then repeat the command");
}

void BacLinkMetrics::Pair(void* of, const bac_model_pair* pair) {
  auto* self = static_cast<BacLinkMetrics*>(of);
  std::fprintf(self->m_pairs.get(), "%.9g,%u,%u,%.2f,%.3f,%.4f\n", static_cast<double>(pair->at) * 1e-9, self->m_ids[pair->from],
               self->m_ids[pair->to], pair->distance_m, pair->sinr_db, pair->rate_bps * 1e-6);
}

void BacLinkMetrics::Tick() {
  const Time now = Simulator::Now();
  for (Fast& fast : m_fast) {
    const Time busy = fast.device->GetMedium()->GetBusyTime(fast.device->GetStation());
    if (now > m_begin)
      bac_busy_windows_busy(bac_radio_windows(m_radio), fast.station, (now - WINDOW).GetNanoSeconds(), (busy - fast.busy).GetNanoSeconds());
    fast.busy = busy;
  }
  if (now > m_begin) {
    bac_radio_sample_ages(m_radio, now.GetNanoSeconds());
    if ((now - m_begin).GetNanoSeconds() % BAC_MODEL_INTERVAL == 0) bac_radio_sample_model(m_radio, now.GetNanoSeconds());
  }
  if (now + WINDOW < m_end) Simulator::Schedule(WINDOW, &BacLinkMetrics::Tick, this);
}

void BacLinkMetrics::Fates(uint64_t uid, const uint8_t* fate, const int16_t* sinr, uint32_t stations) {
  m_station.resize(std::max<size_t>(m_station.size(), stations), UINT32_MAX); // a jammer is nobody's
  bac_link_fates(m_links, uid, fate, sinr, m_station.data(), stations);
}

void BacLinkMetrics::Arrives(BacLinkMetrics* self, uint32_t station, Ptr<const WifiPpdu> ppdu, double power_w) {
  if (power_w >= self->m_preamble_w) bac_link_arrives(self->m_links, station, ppdu->GetPsdu()->GetPayload(0)->GetUid());
}

void BacLinkMetrics::Locked(BacLinkMetrics* self, uint32_t station, Ptr<const Packet> packet, RxPowerWattPerChannelBand) {
  const double tenths = 100 * std::log10(BacPreambleDetection::GetLastSinr());
  bac_link_locked(self->m_links, station, packet->GetUid(), static_cast<int16_t>(std::lround(std::clamp(tenths, -3000.0, 3000.0))));
}

void BacLinkMetrics::Ended(uint32_t station, uint64_t uid, int fate) {
  if (!m_powers) bac_link_arrives(m_links, station, uid);
  bac_link_fate(m_links, station, uid, static_cast<bac_fate>(fate));
}

void BacLinkMetrics::Dropped(BacLinkMetrics* self, uint32_t station, Ptr<const Packet> packet, WifiPhyRxfailureReason reason) {
  self->Ended(station, packet->GetUid(), FateOf(reason));
}

void BacLinkMetrics::Failed(BacLinkMetrics* self, uint32_t station, Ptr<const Packet> packet, double) {
  self->Ended(station, packet->GetUid(), BAC_FATE_PAYLOAD);
}

void BacLinkMetrics::Decoded(BacLinkMetrics* self, uint32_t station, Ptr<const Packet> packet, double, WifiMode, WifiPreamble) {
  self->Ended(station, packet->GetUid(), BAC_FATE_DECODED);
}

bool BacBusyTimes::IsNew(uint32_t station, WifiPhyState state, Time& start, Time& duration) {
  if (state != WifiPhyState::TX && state != WifiPhyState::RX && state != WifiPhyState::CCA_BUSY) return false;
  Time& until = m_until[station];
  const Time end = start + duration;
  start = std::max(start, until);
  duration = end - start;
  if (!duration.IsStrictlyPositive()) return false;
  until = end;
  return true;
}

void BacLinkMetrics::State(BacLinkMetrics* self, uint32_t station, Time start, Time duration, WifiPhyState state) {
  if (self->m_busy.IsNew(station, state, start, duration))
    bac_busy_windows_busy(bac_radio_windows(self->m_radio), station, start.GetNanoSeconds(), duration.GetNanoSeconds());
}

void BacLinkMetrics::Begins(BacLinkMetrics* self, WifiConstPsduMap psdus, WifiTxVector, double) {
  const WifiPsdu& psdu = *psdus.begin()->second;
  if (!psdu.GetHeader(0).IsData()) return;
  const uint64_t uid = psdu.GetPayload(0)->GetUid();
  const auto found = self->m_queued.find(uid);
  if (found == self->m_queued.end()) return; // a retry
  const Time queued = found->second;
  self->m_queued.erase(found);
  Waited(self, uid, Simulator::Now() - queued);
}

void BacLinkMetrics::Enqueued(BacLinkMetrics* self, Ptr<const BacMpdu> mpdu) {
  self->m_queued[mpdu->GetPacket()->GetUid()] = Simulator::Now();
}

void BacLinkMetrics::Dequeued(BacLinkMetrics* self, Ptr<const BacMpdu> mpdu) { self->m_queued.erase(mpdu->GetPacket()->GetUid()); }

void BacLinkMetrics::Waited(BacLinkMetrics* self, uint64_t uid, Time waited) { bac_link_access(self->m_links, uid, waited.GetNanoSeconds()); }

} // namespace ns3
