/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-statistics.h"

#include "ns3/callback.h"
#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/wifi-phy-state-helper.h"
#include "ns3/wifi-psdu.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacStatistics");

namespace {

constexpr double SINR_LOW_DB = -20; // histogram of SINR: first bin, bins per dB, bins
constexpr double SINR_BINS_PER_DB = 10;
constexpr size_t SINR_BINS = 1000;

uint32_t Quorum(uint32_t members) { return 2 * members / 3 + 1; }

std::string Hex(const uint8_t* bytes) {
  char text[17];
  for (size_t i = 0; i < 8; i++) std::snprintf(text + 2 * i, 3, "%02x", bytes[i]);
  return text;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum / static_cast<double>(values.size()); // NaN when there are none
}

/// Linear between the two nearest ranks.
double Quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double rank = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(rank);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (rank - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

void AddLatency(std::vector<BacColumn>& columns, const std::string& name, std::vector<double> values) {
  std::sort(values.begin(), values.end());
  columns.insert(columns.end(), {{name + "_mean_s", BacText::Of(Mean(values))},
                                 {name + "_p50_s", BacText::Of(Quantile(values, 0.50))},
                                 {name + "_p95_s", BacText::Of(Quantile(values, 0.95))},
                                 {name + "_p99_s", BacText::Of(Quantile(values, 0.99))}});
}

/// Upper edge of the bin where the share q is reached.
double HistogramQuantile(const std::vector<uint64_t>& bins, double q) {
  uint64_t total = 0;
  for (uint64_t bin : bins) total += bin;
  uint64_t seen = 0;
  for (size_t i = 0; total > 0 && i < bins.size(); i++) {
    seen += bins[i];
    if (static_cast<double>(seen) >= q * static_cast<double>(total))
      return SINR_LOW_DB + static_cast<double>(i + 1) / SINR_BINS_PER_DB;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

} // namespace

std::string BacText::Of(double value) {
  if (!std::isfinite(value)) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string BacText::Of(uint64_t value) { return std::to_string(value); }

BacStatistics::BacStatistics(Time begin, Time end, double range_m)
    : m_begin(begin),
      m_end(end),
      m_range(range_m),
      m_sinr(SINR_BINS) {}

void BacStatistics::AddMember(Ptr<BacApplication> app, uint32_t shard, uint32_t members) {
  m_members[app->GetId()] = {app, shard, members};
  app->TraceConnectWithoutContext("Commit", MakeCallback(&BacStatistics::Commit, this));
  app->TraceConnectWithoutContext("Propose", MakeCallback(&BacStatistics::Propose, this));
  app->TraceConnectWithoutContext("TxStatus", MakeCallback(&BacStatistics::TxStatus, this));
}

void BacStatistics::AddStation(Ptr<BacApplication> app, uint32_t shard, bool isEv) {
  if (m_members.find(app->GetId()) == m_members.end()) m_members[app->GetId()] = {app, shard, 0};
  const size_t index = m_stations.size();
  m_stationOf[app->GetId()] = index;
  m_stations.push_back({app->GetNode()->GetObject<MobilityModel>(), app->GetId(), shard, isEv, true, 0, 0, Time()});
  Ptr<WifiPhy> phy = app->GetRadio()->GetPhy(0);
  PointerValue state;
  phy->GetAttribute("State", state);
  Ptr<WifiPhyStateHelper> helper = state.Get<WifiPhyStateHelper>();
  // Bound functions: sources call them without looking anything up.
  phy->TraceConnectWithoutContext("PhyTxPsduBegin", MakeBoundCallback(&BacStatistics::OnTxBegin, this, index));
  helper->TraceConnectWithoutContext("RxOk", MakeBoundCallback(&BacStatistics::OnRxOk, this, index));
  helper->TraceConnectWithoutContext("State", MakeBoundCallback(&BacStatistics::OnPhyState, this, index));
}

void BacStatistics::SetPresent(uint32_t id, bool present) {
  Station& station = m_stations[m_stationOf.at(id)];
  if (station.present) station.present_s += Clip(station.since, Simulator::Now());
  station.present = present;
  station.since = Simulator::Now();
}

bool BacStatistics::InWindow() const { return Simulator::Now() >= m_begin && Simulator::Now() < m_end; }

double BacStatistics::Clip(Time from, Time to) const {
  return std::max(Seconds(0), std::min(to, m_end) - std::max(from, m_begin)).GetSeconds();
}

void BacStatistics::Commit(uint32_t id, const bac_effect& effect) {
  const bac_commit& commit = effect.commit;
  const Member& member = m_members.at(id);
  auto [it, isNew] = m_heights.try_emplace({member.shard, commit.height});
  Height& height = it->second;
  if (isNew) {
    std::copy_n(commit.digest, BAC_HASH_BYTES, height.digest.begin());
    height.first = id;
    height.conflict = false;
    height.block = SIZE_MAX;
  } else if (std::memcmp(height.digest.data(), commit.digest, BAC_HASH_BYTES) != 0 && !height.conflict) {
    height.conflict = true;
    m_conflicts++;
    if (m_conflictText.empty()) {
      m_conflictText = "shard " + std::to_string(member.shard) + ", height " + std::to_string(commit.height) + ": node " +
                       std::to_string(height.first) + " committed block " + Hex(height.digest.data()) + ", node " +
                       std::to_string(id) + " block " + Hex(commit.digest) + " (round " + std::to_string(commit.round) + ") at " +
                       BacText::Of(Simulator::Now().GetSeconds()) + " s";
    }
  }
  if (std::find(height.members.begin(), height.members.end(), id) != height.members.end()) return; // again, after a restart
  height.members.push_back(id);
  if (height.members.size() != Quorum(member.members) || commit.tx_count == 0 || !InWindow()) return;
  height.block = m_blocks.size();
  const double airtime = m_airtime[member.shard];
  m_blocks.push_back({member.shard, commit.height, commit.round, commit.proposer, commit.tx_count, commit.body_bytes,
                      static_cast<double>(commit.proposed_at) * 1e-9, Simulator::Now().GetSeconds(), 0,
                      airtime - m_airtimeAtBlock[member.shard]});
  m_airtimeAtBlock[member.shard] = airtime;
  m_txCommitted += commit.tx_count;
}

void BacStatistics::Propose(uint32_t /* id */, const bac_effect& effect) {
  if (InWindow() && effect.propose.tx_count > 0) {
    m_proposals++;
    m_pendingSum += effect.propose.pending;
  }
}

void BacStatistics::TxStatus(uint32_t /* id */, const bac_effect& effect) {
  if (!InWindow()) return;
  switch (effect.tx_status.status) {
    case BAC_TX_POOLED: m_txPooled++; break;
    case BAC_TX_COMMITTED:
      m_txLatency.push_back(static_cast<double>(Simulator::Now().GetNanoSeconds() - effect.tx_status.created_at) * 1e-9);
      break;
    case BAC_TX_REFUSED: m_txRefused++; break;
  }
}

void BacStatistics::OnTxBegin(BacStatistics* self, size_t station, WifiConstPsduMap psdus, WifiTxVector, double) {
  self->TxBegin(station, *psdus.begin()->second);
}

void BacStatistics::TxBegin(size_t station, const WifiPsdu& psdu) {
  if (!psdu.GetHeader(0).IsData() || !InWindow()) return;
  m_frames++;
  m_bytes += psdu.GetSize();
  // Frames last 4 ms at most; a retry has the uid of the first attempt.
  const Time now = Simulator::Now();
  while (!m_onAirOrder.empty()) {
    auto oldest = m_onAir.find(m_onAirOrder.front());
    if (oldest != m_onAir.end() && oldest->second.end > now) break;
    if (oldest != m_onAir.end()) m_onAir.erase(oldest);
    m_onAirOrder.pop_front();
  }
  const Station& from = m_stations[station];
  const uint64_t uid = psdu.GetPayload(0)->GetUid();
  const Vector position = from.mobility->GetPosition();
  m_onAir[uid] = {station, now + MilliSeconds(10), position};
  m_onAirOrder.push_back(uid);
  for (const Station& to : m_stations)
    if (to.shard == from.shard && to.present && to.id != from.id &&
        CalculateDistance(to.mobility->GetPosition(), position) <= m_range)
      m_expected++;
}

void BacStatistics::OnRxOk(BacStatistics* self, size_t station, Ptr<const Packet> packet, double sinr, WifiMode, WifiPreamble) {
  self->RxOk(station, packet->GetUid(), sinr);
}

void BacStatistics::RxOk(size_t station, uint64_t uid, double sinr) {
  auto it = m_onAir.find(uid);
  if (it == m_onAir.end()) return; // an acknowledgement, or begun outside the window
  const double bin = (10 * std::log10(sinr) - SINR_LOW_DB) * SINR_BINS_PER_DB;
  m_sinr[static_cast<size_t>(std::clamp(bin, 0.0, static_cast<double>(SINR_BINS - 1)))]++;
  const Station& to = m_stations[station];
  if (to.present && CalculateDistance(to.mobility->GetPosition(), it->second.position) <= m_range) m_received++;
}

void BacStatistics::OnPhyState(BacStatistics* self, size_t station, Time start, Time duration, WifiPhyState state) {
  self->PhyState(self->m_stations[station], start, duration, state);
}

void BacStatistics::PhyState(Station& station, Time start, Time duration, WifiPhyState state) {
  if (state != WifiPhyState::TX && state != WifiPhyState::RX && state != WifiPhyState::CCA_BUSY) return;
  const double seconds = Clip(start, start + duration);
  station.busy_s += seconds;
  if (state == WifiPhyState::TX) {
    m_airtime[station.shard] += seconds;
    m_windowAirtime += seconds;
  }
}

std::vector<BacStatistics::Block> BacStatistics::GetBlocks() const {
  std::vector<Block> blocks = m_blocks;
  for (const auto& [key, height] : m_heights)
    if (height.block != SIZE_MAX) blocks[height.block].members = static_cast<uint32_t>(height.members.size());
  return blocks;
}

double BacStatistics::BusyRatio() const {
  double sum = 0;
  uint32_t count = 0;
  for (const Station& station : m_stations) {
    const double present = station.present_s + (station.present ? Clip(station.since, Simulator::Now()) : 0);
    if (station.ev && present > 0) {
      sum += std::min(1.0, station.busy_s / present);
      count++;
    }
  }
  return sum / count; // NaN when there are none
}

void BacStatistics::AddCounters(std::vector<BacColumn>& columns) const {
  bac_counters sum{};
  uint64_t overflows = 0;
  BacMacPacer::Counts mac{};
  double busy = 0;
  uint64_t members = 0;
  std::map<uint32_t, uint64_t> viewChanges;
  for (const auto& [id, member] : m_members) {
    const bac_counters one = member.app->GetCounters();
    sum.messages_sent += one.messages_sent;
    sum.message_bytes_sent += one.message_bytes_sent;
    sum.consensus_sent += one.consensus_sent;
    sum.wired_frames_sent += one.wired_frames_sent;
    sum.relayed += one.relayed;
    sum.repair_symbols += one.repair_symbols;
    for (size_t i = 0; i < BAC_REJECT_COUNT; i++) sum.rejects[i] += one.rejects[i];
    uint64_t& most = viewChanges[member.shard];
    most = std::max(most, one.view_changes);
    overflows += member.app->GetOverflows();
    if (member.members > 0) {
      busy += member.app->GetBusyTime().GetSeconds();
      members++;
    }
    if (Ptr<BacMacPacer> pacer = member.app->GetPacer()) {
      mac.dropped += pacer->GetCounts().dropped;
      mac.timedOut += pacer->GetCounts().timedOut;
    }
  }
  for (const auto& [shard, most] : viewChanges) sum.view_changes += most;
  columns.insert(columns.end(), {{"view_changes", BacText::Of(sum.view_changes)},
                                 {"messages", BacText::Of(sum.messages_sent)},
                                 {"consensus_messages", BacText::Of(sum.consensus_sent)},
                                 {"message_bytes", BacText::Of(sum.message_bytes_sent)},
                                 {"wired_frames", BacText::Of(sum.wired_frames_sent)},
                                 {"relayed", BacText::Of(sum.relayed)},
                                 {"repair_symbols", BacText::Of(sum.repair_symbols)},
                                 {"mac_drops", BacText::Of(mac.dropped)},
                                 {"mac_timeouts", BacText::Of(mac.timedOut)},
                                 {"cpu_overflows", BacText::Of(overflows)},
                                 {"cpu_busy_s_per_ev", BacText::Of(busy / static_cast<double>(members))}});
  for (size_t i = 0; i < BAC_REJECT_COUNT; i++)
    columns.emplace_back(std::string("reject_") + bac_reject_name(static_cast<bac_reject>(i)), BacText::Of(sum.rejects[i]));
}

std::vector<BacColumn> BacStatistics::GetColumns() {
  std::map<uint32_t, uint64_t> blocksOf;
  for (const auto& [id, member] : m_members)
    if (member.members > 0) blocksOf[member.shard] += 0;
  std::vector<double> latency;
  uint64_t bytes = 0;
  for (const Block& block : m_blocks) {
    blocksOf[block.shard]++;
    bytes += block.bytes;
    latency.push_back(block.committed_q_s - block.proposed_s);
  }
  uint64_t least = blocksOf.empty() ? 0 : UINT64_MAX;
  for (const auto& [shard, count] : blocksOf) least = std::min(least, count);
  const auto blocks = static_cast<double>(m_blocks.size());

  std::vector<BacColumn> columns;
  columns.emplace_back("blocks_committed", BacText::Of(m_blocks.size()));
  columns.emplace_back("blocks_committed_shard_min", BacText::Of(least));
  AddLatency(columns, "block_latency", latency);
  AddLatency(columns, "tx_latency", m_txLatency);
  columns.insert(columns.end(),
                 {{"throughput_tps", BacText::Of(static_cast<double>(m_txCommitted) / (m_end - m_begin).GetSeconds())},
                  {"txs_pooled", BacText::Of(m_txPooled)},
                  {"txs_refused", BacText::Of(m_txRefused)},
                  {"txs_committed", BacText::Of(m_txCommitted)},
                  {"pending_txs", BacText::Of(static_cast<double>(m_pendingSum) / static_cast<double>(m_proposals))},
                  {"block_txs_mean", BacText::Of(static_cast<double>(m_txCommitted) / blocks)},
                  {"block_bytes_mean", BacText::Of(static_cast<double>(bytes) / blocks)},
                  {"frames", BacText::Of(m_frames)},
                  {"bytes", BacText::Of(m_bytes)},
                  {"airtime_s", BacText::Of(m_windowAirtime)},
                  {"airtime_per_block_s", BacText::Of(m_windowAirtime / blocks)},
                  {"pdr", BacText::Of(static_cast<double>(m_received) / static_cast<double>(m_expected))},
                  {"pdr_range_m", BacText::Of(m_range)},
                  {"cbr", BacText::Of(BusyRatio())},
                  {"sinr_p05_db", BacText::Of(HistogramQuantile(m_sinr, 0.05))},
                  {"sinr_p50_db", BacText::Of(HistogramQuantile(m_sinr, 0.50))},
                  {"sinr_p95_db", BacText::Of(HistogramQuantile(m_sinr, 0.95))}});
  AddCounters(columns);
  columns.emplace_back("conflicts", BacText::Of(m_conflicts));
  return columns;
}

} // namespace ns3
