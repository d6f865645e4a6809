/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-statistics.h"

#include "sim/elections.h"
#include "sim/observer.h"
#include "sim/radio_stats.h"

#include "ns3/callback.h"
#include "ns3/node.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/wifi-phy-state-helper.h"
#include "ns3/wifi-psdu.h"

#include <algorithm>

namespace ns3 {

namespace {

bac_time NowNs() { return Simulator::Now().GetNanoSeconds(); }

} // namespace

bac_columns BacColumnsOf(BacRow& row) {
  return {[](void* to, const char* name, const char* value) { static_cast<BacRow*>(to)->emplace_back(name, value); }, &row};
}

BacStatistics::BacStatistics(uint64_t seed, Time begin, Time end, double range_m, double preamble_dbm, double rate_mbps)
    : m_observer(bac_observer_new(seed, begin.GetNanoSeconds(), end.GetNanoSeconds()), &bac_observer_free),
      m_radio(bac_radio_stats_new(begin.GetNanoSeconds(), end.GetNanoSeconds(), range_m, &BacStatistics::Where, this),
              &bac_radio_stats_free),
      m_links(m_radio.get(), begin, end, preamble_dbm),
      m_rate_mbps(rate_mbps),
      m_begin(begin),
      m_end(end) {}

void BacStatistics::AddMember(Ptr<BacApplication> app, uint32_t shard) {
  m_watched[app->GetId()] = {app, shard, true, 0, NONE};
  bac_observer_add_shard(m_observer.get(), shard);
  for (const char* source : {"Commit", "Propose", "TxStatus", "Epoch", "Revoke", "Handover"})
    app->TraceConnectWithoutContext(source, MakeCallback(&BacStatistics::Effect, this));
}

void BacStatistics::AddStation(Ptr<BacApplication> app, uint32_t shard, bool isEv) {
  Watched& watched = m_watched.try_emplace(app->GetId(), Watched{app, shard, false, 0, NONE}).first->second;
  watched.station = AddRadio(app, app->GetRadio(), app->GetFastRadio(), shard, isEv);
  if (app->GetControlRadio() || app->GetControlFastRadio())
    watched.control = AddRadio(app, app->GetControlRadio(), app->GetControlFastRadio(), shard + m_controlGroup, isEv);
}

uint32_t BacStatistics::AddRadio(Ptr<BacApplication> app, Ptr<WaveNetDevice> wave, Ptr<BacFastNetDevice> fast, uint32_t group, bool isEv) {
  const uint32_t station = bac_radio_add_station(m_radio.get(), group, isEv);
  m_stations.push_back(app->GetNode()->GetObject<MobilityModel>());
  if (fast) {
    if (m_fast.empty()) Simulator::Schedule(m_begin - Simulator::Now(), &BacStatistics::BeginFast, this);
    m_fastIndex[station] = m_fast.size();
    m_fast.push_back({station, fast, Time(0), Time(0)});
    fast->TraceConnectWithoutContext("TxBegin", MakeBoundCallback(&BacStatistics::FastTxBegin, this, station));
    fast->TraceConnectWithoutContext("AckBegin", MakeBoundCallback(&BacStatistics::FastSends, this, station));
    fast->TraceConnectWithoutContext("RxOk", MakeBoundCallback(&BacStatistics::FastRxOk, this, station));
    m_links.AddFast(station, app->GetId(), fast);
    return station;
  }
  Ptr<WifiPhy> phy = wave->GetPhy(0);
  PointerValue state;
  phy->GetAttribute("State", state);
  Ptr<WifiPhyStateHelper> helper = state.Get<WifiPhyStateHelper>();
  // Bound functions: sources call them without looking anything up.
  phy->TraceConnectWithoutContext("PhyTxPsduBegin", MakeBoundCallback(&BacStatistics::TxBegin, this, station));
  helper->TraceConnectWithoutContext("RxOk", MakeBoundCallback(&BacStatistics::RxOk, this, station));
  helper->TraceConnectWithoutContext("State", MakeBoundCallback(&BacStatistics::PhyState, this, station));
  m_links.AddWave(station, app->GetId(), wave); // after TxBegin, which names a frame's receivers
  return station;
}

void BacStatistics::SetPresent(uint32_t id, bool present) {
  const Watched& watched = m_watched.at(id);
  bac_radio_set_on(m_radio.get(), watched.station, NowNs(), present);
  if (watched.control != NONE) bac_radio_set_on(m_radio.get(), watched.control, NowNs(), present);
  bac_observer_present(m_observer.get(), NowNs(), id, present);
}

void BacStatistics::Effect(uint32_t id, const bac_effect& effect) {
  Watched& watched = m_watched.at(id);
  const bac_observed_node node{id, watched.shard};
  if (bac_observed_block* block = bac_observer_effect(m_observer.get(), NowNs(), &node, &effect))
    block->airtime_s = bac_radio_take_airtime(m_radio.get(), watched.shard) + bac_radio_take_airtime(m_radio.get(), watched.shard + m_controlGroup);
  if (effect.type == BAC_EFFECT_EPOCH) KeepReputations(watched, effect);
  if (effect.type != BAC_EFFECT_HANDOVER) return;
  watched.shard = effect.handover.shard;
  bac_radio_tune(m_radio.get(), watched.station, NowNs(), watched.shard);
  if (watched.control != NONE) bac_radio_tune(m_radio.get(), watched.control, NowNs(), watched.shard + m_controlGroup);
}

void BacStatistics::KeepReputations(const Watched& watched, const bac_effect& effect) {
  if (!effect.epoch.member || effect.epoch.epoch < m_epochs[watched.shard]) return;
  m_epochs[watched.shard] = effect.epoch.epoch + 1; // the first node to say so stands for all
  const bac_roster& roster = *effect.epoch.roster;
  for (uint32_t i = 0; i < roster.count; i++) {
    bac_account_view account;
    if (!watched.app->GetAccount(roster.members[i].id, account)) continue;
    m_reputations.emplace_back();
    const bac_columns columns = BacColumnsOf(m_reputations.back());
    bac_reputation_columns(effect.epoch.epoch, watched.shard, roster.members[i].id, &account, &columns);
  }
}

void BacStatistics::Where(void* self, uint32_t station, double at[3]) {
  const Vector position = static_cast<BacStatistics*>(self)->m_stations[station]->GetPosition();
  at[0] = position.x;
  at[1] = position.y;
  at[2] = position.z;
}

void BacStatistics::TxBegin(BacStatistics* self, uint32_t station, WifiConstPsduMap psdus, WifiTxVector vector, double) {
  const WifiPsdu& psdu = *psdus.begin()->second;
  if (!psdu.GetHeader(0).IsData()) return;
  const uint64_t uid = psdu.GetPayload(0)->GetUid();
  if (self->m_beside && self->m_beside(uid)) {
    const Time duration = WifiPhy::CalculateTxDuration(psdu.GetSize(), vector, WIFI_PHY_BAND_5GHZ);
    bac_radio_beside(self->m_radio.get(), station, NowNs(), duration.GetNanoSeconds());
  } else {
    bac_radio_sent(self->m_radio.get(), NowNs(), station, uid, psdu.GetSize());
  }
}

void BacStatistics::RxOk(BacStatistics* self, uint32_t station, Ptr<const Packet> packet, double sinr, WifiMode, WifiPreamble) {
  bac_radio_heard(self->m_radio.get(), station, packet->GetUid(), sinr);
}

void BacStatistics::PhyState(BacStatistics* self, uint32_t station, Time start, Time duration, WifiPhyState state) {
  if (self->m_busy.IsNew(station, state, start, duration))
    bac_radio_busy(self->m_radio.get(), station, start.GetNanoSeconds(), duration.GetNanoSeconds(), state == WifiPhyState::TX);
}

void BacStatistics::FastTxBegin(BacStatistics* self, uint32_t station, uint64_t uid, uint32_t bytes, Time duration) {
  if (self->m_beside && self->m_beside(uid))
    bac_radio_beside(self->m_radio.get(), station, NowNs(), duration.GetNanoSeconds());
  else
    bac_radio_sent(self->m_radio.get(), NowNs(), station, uid, bytes);
  FastSends(self, station, duration);
}

void BacStatistics::FastSends(BacStatistics* self, uint32_t station, Time duration) {
  bac_radio_busy(self->m_radio.get(), station, NowNs(), duration.GetNanoSeconds(), true);
  const Time now = Simulator::Now(), within = std::min(now + duration, self->m_end) - std::max(now, self->m_begin);
  if (within.IsStrictlyPositive()) self->m_fast[self->m_fastIndex.at(station)].sending += within;
}

void BacStatistics::FastRxOk(BacStatistics* self, uint32_t station, uint64_t uid, double sinr) {
  bac_radio_heard(self->m_radio.get(), station, uid, sinr);
}

void BacStatistics::BeginFast() {
  for (FastStation& fast : m_fast) fast.before = fast.device->GetMedium()->GetBusyTime(fast.device->GetStation());
}

void BacStatistics::EndFast() {
  // What its own data frames took has been counted as they were sent.
  for (const FastStation& fast : m_fast) {
    const Time busy = fast.device->GetMedium()->GetBusyTime(fast.device->GetStation()) - fast.before - fast.sending;
    bac_radio_busy(m_radio.get(), fast.station, m_begin.GetNanoSeconds(), std::max<int64_t>(busy.GetNanoSeconds(), 0), false);
  }
}

uint64_t BacStatistics::GetConflicts() const { return bac_observer_sum(m_observer.get()).conflicts; }

double BacStatistics::GetAirtime() const { return bac_radio_airtime(m_radio.get()); }

std::string BacStatistics::GetConflictText() const { return bac_observer_conflict(m_observer.get()); }

std::vector<BacRow> BacStatistics::GetBlocks() const {
  std::vector<BacRow> rows(bac_observer_sum(m_observer.get()).blocks);
  for (size_t i = 0; i < rows.size(); i++) {
    const bac_columns columns = BacColumnsOf(rows[i]);
    bac_observer_block_columns(bac_observer_blocks(m_observer.get()) + i, &columns);
  }
  return rows;
}

std::vector<BacRow> BacStatistics::GetLinks() const {
  std::vector<BacRow> rows(BAC_LINK_BINS);
  for (uint32_t bin = 0; bin < BAC_LINK_BINS; bin++) {
    const bac_columns columns = BacColumnsOf(rows[bin]);
    bac_radio_bin_columns(m_radio.get(), bin, &columns);
  }
  return rows;
}

BacRow BacStatistics::GetColumns() {
  m_links.Finish();
  EndFast();
  for (const auto& [id, watched] : m_watched) {
    const Ptr<BacMacPacer> pacer = watched.app->GetPacer();
    const BacMacPacer::Counts mac = pacer ? pacer->GetCounts() : BacMacPacer::Counts{};
    const Ptr<BacFastNetDevice> fast = watched.app->GetFastRadio();
    const Ptr<BacMacPacer> controlPacer = watched.app->GetControlPacer();
    const BacMacPacer::Counts control = controlPacer ? controlPacer->GetCounts() : BacMacPacer::Counts{};
    const Ptr<BacFastNetDevice> controlFast = watched.app->GetControlFastRadio();
    const uint64_t dropped = (fast ? fast->GetCounts().dropped : mac.dropped) + (controlFast ? controlFast->GetCounts().dropped : control.dropped);
    bac_storage storage{};
    watched.app->GetStorage(storage);
    const bac_observed_totals totals{watched.shard, watched.member, watched.app->GetCounters(), dropped, mac.timedOut + control.timedOut,
                                     watched.app->GetOverflows(), watched.app->GetBusyTime().GetNanoSeconds(), storage};
    bac_observer_add_totals(m_observer.get(), &totals);
    const auto account = [](void* app, uint32_t whose, bac_account_view* view) { return static_cast<BacApplication*>(app)->GetAccount(whose, *view); };
    if (watched.member && watched.app->IsRunning())
      bac_observer_add_state(m_observer.get(), watched.shard, totals.counters.chain_height, account, PeekPointer(watched.app));
  }
  BacRow row;
  const bac_columns columns = BacColumnsOf(row);
  bac_observer_columns(m_observer.get(), &columns);
  bac_radio_columns(m_radio.get(), NowNs(), bac_observer_sum(m_observer.get()).blocks, &columns);
  bac_observer_totals_columns(m_observer.get(), &columns);
  bac_busy_windows_columns(bac_radio_windows(m_radio.get()), NowNs(), &columns);
  bac_link_columns(bac_radio_links(m_radio.get()), &columns);
  bac_radio_efficiency_columns(m_radio.get(), bac_observer_blocks(m_observer.get()), bac_observer_sum(m_observer.get()).blocks, m_rate_mbps * 1e6, &columns);
  return row;
}

} // namespace ns3
