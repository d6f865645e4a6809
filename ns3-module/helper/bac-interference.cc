/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-interference.h"

#include "bac-channels.h"
#include "bac-trace-mobility.h"

#include "radio/channel_plan.h"
#include "sim/columns.h"
#include "trace/buildings.h"
#include "trace/surroundings.h"
#include "trace/trace.h"

#include "ns3/constant-position-mobility-model.h"
#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <stdexcept>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacInterference");

namespace {

constexpr uint32_t BYSTANDERS_BEGIN = 0x10000; // ids of stations that are no nodes: the addresses of nodes end below
constexpr uint32_t JAMMERS_BEGIN = 0x20000;
constexpr uint32_t VEHICLES_MAX = JAMMERS_BEGIN - BYSTANDERS_BEGIN;
constexpr int64_t PHASE_STREAM = INT64_C(1) << 40; // far beyond those of channels, PHYs and MACs
constexpr double JAMMER_HEIGHT_M = 5;              // as roadside units: vehicles drive past, not through

Time TimeOf(double seconds) { return NanoSeconds(std::llround(seconds * 1e9)); }

double Share(double part, double all) { return all > 0 ? part / all : NAN; }

std::vector<uint32_t> NeighboursOf(std::vector<uint32_t> used, bool control) {
  if (control) used.push_back(BacChannels::CONTROL);
  return BacChannels::FreeNeighbours(used);
}

} // namespace

BacInterference::BacInterference(const BacInterferenceOptions& options, const BacRadioOptions& radio, const bac_plan* plan, const std::vector<uint32_t>& channels,
                                 uint64_t seed)
    : m_options(options),
      m_plan(plan),
      m_channels(channels),
      m_neighbours(NeighboursOf(channels, BacChannels::HasControl(radio.channels))),
      m_eirp_dbm(radio.eirp_dbm),
      m_on(options.beacon_hz > 0 || options.bystanders > 0 || options.adjacent > 0 || options.jammer != "none"),
      m_vehicles(options.bystanders + options.adjacent) {
  Check(radio);
  char tail;
  if (m_options.jammer_at != "centre" && m_options.jammer_at != "drives" &&
      std::sscanf(m_options.jammer_at.c_str(), "%lf,%lf%c", &m_at[0], &m_at[1], &tail) != 2)
    throw std::runtime_error("jammer at is \"" + m_options.jammer_at + "\": give centre, drives or X,Y in metres");
  BacCheck::Range("jammer at (m)", m_at[0], -1e6, 1e6);
  BacCheck::Range("jammer at (m)", m_at[1], -1e6, 1e6);
  char why[256];
  if (bac_plan_bystanders(plan, seed, static_cast<uint32_t>(m_vehicles.size()), m_vehicles.data(), why, sizeof why) != BAC_OK) throw std::runtime_error(why);
}

BacInterference::~BacInterference() = default;

void BacInterference::Check(const BacRadioOptions& radio) const {
  const BacInterferenceOptions& o = m_options;
  BacCheck::Range("beacon rate (1/s)", o.beacon_hz, 0, 1000);
  if (o.beacon_hz > 0) BacCheck::Range("beacon rate (1/s), unless 0,", o.beacon_hz, 0.001, 1000);
  BacCheck::Range("beacon bytes", o.beacon_bytes, BacBeacons::LEAST_BYTES, BacBeacons::MOST_BYTES);
  BacCheck::Range("beacon priority", o.beacon_priority, 0, 7);
  BacCheck::Range("bystanders", o.bystanders, 0, VEHICLES_MAX / 2);
  BacCheck::Range("bystander rate (1/s)", o.bystander_hz, 0.001, 1000);
  BacCheck::Range("adjacent", o.adjacent, 0, VEHICLES_MAX / 2);
  BacCheck::Range("adjacent rate (1/s)", o.adjacent_hz, 0.001, 1000);
  BacCheck::Range("adjacent bytes", o.adjacent_bytes, BacBeacons::LEAST_BYTES, BacBeacons::MOST_BYTES);
  BacCheck::Choice("jammer", o.jammer, {"none", "constant", "duty", "reactive"});
  BacCheck::Range("jammer shard", o.jammer_shard, -1, static_cast<double>(m_plan->shard_count) - 1);
  BacCheck::Range("jammer power (dBm)", o.jammer_eirp_dbm, -50, 44.8);
  BacCheck::Range("jammer period (s)", o.jammer_period_s, 0.001, 3600);
  BacCheck::Range("jammer share", o.jammer_share, 0, 1);
  if (o.jammer == "duty") BacCheck::Range("jammer period times share (s)", o.jammer_period_s * o.jammer_share, BacJammer::LEAST_S, 3600);
  BacCheck::Range("jammer delay (s)", o.jammer_delay_s, 0, 1);
  BacCheck::Range("jammer burst (s)", o.jammer_burst_s, BacJammer::LEAST_S, 3600);
  BacCheck::Range("jammer sense (dBm)", o.jammer_sense_dbm, -110, 0);
  CheckJammerChannels(radio);
  if (o.adjacent == 0) return;
  if (radio.radio == "wave" && !radio.weak_signals)
    throw std::runtime_error("adjacent is " + std::to_string(o.adjacent) + " with radio=wave, where channels do not hear each other: give weak signals, too");
  if (m_neighbours.empty())
    throw std::runtime_error("adjacent is " + std::to_string(o.adjacent) + " and shards use all channels: give fewer shards");
}

std::vector<uint32_t> BacInterference::JammerChannels(uint32_t own) const {
  std::vector<uint32_t> channels;
  std::stringstream items(m_options.jammer_channel);
  for (std::string item; std::getline(items, item, ',');) {
    const bool number = !item.empty() && item.size() <= 3 && item.find_first_not_of("0123456789") == std::string::npos;
    const uint32_t channel = item == "shard" ? own : item == "cch" ? BacChannels::CONTROL : number ? static_cast<uint32_t>(std::stoul(item)) : 0;
    if (!bac_channel_valid(channel))
      throw std::runtime_error("jammer channel has \"" + item + "\": give some of shard, cch, 172, 174, ... 184, with commas");
    if (std::find(channels.begin(), channels.end(), channel) == channels.end()) channels.push_back(channel);
  }
  if (channels.empty()) throw std::runtime_error("jammer channel is \"\": give some of shard, cch, 172, 174, ... 184, with commas");
  return channels;
}

void BacInterference::CheckJammerChannels(const BacRadioOptions& radio) const {
  for (const uint32_t own : m_channels)
    for (const uint32_t channel : JammerChannels(own)) {
      if (m_options.jammer == "none") continue;
      const bool control = BacChannels::HasControl(radio.channels);
      if (std::find(m_channels.begin(), m_channels.end(), channel) != m_channels.end() || (control && channel == BacChannels::CONTROL)) continue;
      if (radio.radio == "wave" && !radio.weak_signals)
        throw std::runtime_error("jammer channel is " + m_options.jammer_channel + ", and nobody is on " + std::to_string(channel) +
                                 " with radio=wave, where channels do not hear each other: give weak signals, too");
      if (m_options.jammer == "reactive")
        throw std::runtime_error("jammer channel is " + m_options.jammer_channel + ", and nobody sends on " + std::to_string(channel) +
                                 ", where a reactive jammer would listen: give constant or duty");
    }
}

void BacInterference::Begin(BacHelper& helper, Time start, Time begin, Time end) {
  m_helper = &helper;
  m_start = start;
  m_begin = begin;
  m_end = end;
  m_phase = CreateObject<UniformRandomVariable>();
  m_phase->SetStream(PHASE_STREAM);
  if (!m_on) return;
  m_beacons = std::make_unique<BacBeacons>(begin, end, helper.GetMode(), helper.GetRate());
  if (m_options.jammer == "reactive") m_beacons->SetOnAir([this](const Vector& from, uint32_t channel) { OnAir(from, channel); });
}

Time BacInterference::DrawPhase(Time period) { return NanoSeconds(std::llround(m_phase->GetValue(0, 1) * static_cast<double>(period.GetNanoSeconds()))); }

void BacInterference::AddNode(Ptr<BacApplication> app, bool isEv) {
  if (!m_on) return;
  const Ptr<BacFastNetDevice> fast = app->GetFastRadio();
  const Ptr<NetDevice> radio = fast ? Ptr<NetDevice>(fast) : Ptr<NetDevice>(app->GetRadio());
  uint32_t station = m_beacons->AddStation(radio, BacBeacons::EV, app->GetChannel());
  m_stations[app->GetId()] = station;
  const Ptr<BacFastNetDevice> controlFast = app->GetControlFastRadio();
  const Ptr<NetDevice> control = controlFast ? Ptr<NetDevice>(controlFast) : Ptr<NetDevice>(app->GetControlRadio());
  if (control) station = m_controls[app->GetId()] = m_beacons->AddStation(control, BacBeacons::EV, BacChannels::CONTROL); // beacons go on the CCH
  app->TraceConnectWithoutContext("Handover", MakeCallback(&BacInterference::HandedOver, this));
  if (!isEv || m_options.beacon_hz == 0) return;
  const Time period = TimeOf(1 / m_options.beacon_hz);
  m_beacons->Send(station, m_start + DrawPhase(period), period, m_options.beacon_bytes, m_options.beacon_priority);
}

void BacInterference::HandedOver(uint32_t id, const bac_effect& effect) {
  m_beacons->SetChannel(m_stations.at(id), m_helper->ChannelOf(effect.handover.shard));
}

void BacInterference::SetPresent(uint32_t id, bool present) {
  if (!m_on) return;
  m_beacons->SetPresent(m_stations.at(id), present);
  if (m_controls.count(id) > 0) m_beacons->SetPresent(m_controls.at(id), present);
}

void BacInterference::BuildOthers() {
  if (!m_on) return;
  for (uint32_t i = 0; i < m_vehicles.size(); i++) {
    const bool beside = i >= m_options.bystanders;
    const uint32_t channel = beside ? m_neighbours[(i - m_options.bystanders) % m_neighbours.size()]
                                    : m_helper->ChannelOf(bac_plan_nearest(m_plan, m_vehicles[i]));
    const Ptr<NetDevice> radio = BuildBystander(i, channel);
    const uint32_t station = m_beacons->AddStation(radio, beside ? BacBeacons::ADJACENT : BacBeacons::BYSTANDER, channel);
    PlanStays(m_vehicles[i], [this, radio, station](bool present) {
      BacHelper::SetDeviceOn(radio, present);
      m_beacons->SetPresent(station, present);
    });
    const Time period = TimeOf(1 / (beside ? m_options.adjacent_hz : m_options.bystander_hz));
    m_beacons->Send(station, m_start + DrawPhase(period), period, beside ? m_options.adjacent_bytes : m_options.beacon_bytes, m_options.beacon_priority);
  }
  for (uint32_t shard = 0; m_options.jammer != "none" && shard < m_plan->shard_count; shard++)
    if (m_options.jammer_shard < 0 || m_options.jammer_shard == static_cast<int32_t>(shard)) BuildJammer(shard);
}

Ptr<NetDevice> BacInterference::BuildBystander(uint32_t index, uint32_t channel) {
  Ptr<Node> node = CreateObject<Node>();
  Ptr<BacTraceMobility> mobility = CreateObject<BacTraceMobility>();
  mobility->SetTrace(m_plan->trace, m_vehicles[index], NanoSeconds(m_plan->begin_ns));
  node->AggregateObject(mobility);
  const Ptr<NetDevice> radio = m_helper->InstallRadioOn(node, BYSTANDERS_BEGIN + index, {channel});
  m_helper->Alternate(radio, channel);
  return radio;
}

/// It starts as there; before anything is sent, who is not is told so.
void BacInterference::PlanStays(uint32_t vehicle, std::function<void(bool)> present) {
  bac_time begin = 0, end = 0, last = -1;
  for (bac_time from = 0; bac_plan_stay(m_plan, vehicle, from, &begin, &end); from = end + 1) {
    if (begin > m_start.GetNanoSeconds()) {
      if (last < 0) Simulator::Schedule(MilliSeconds(20), [present] { present(false); });
      Simulator::Schedule(NanoSeconds(begin), [present] { present(true); });
    }
    if (NanoSeconds(end) < m_end) Simulator::Schedule(std::max(NanoSeconds(end), MilliSeconds(20)), [present] { present(false); });
    last = end;
  }
}

Ptr<MobilityModel> BacInterference::MakeJammerMobility(uint32_t shard) const {
  if (m_options.jammer_at == "drives") {
    Ptr<BacTraceMobility> car = CreateObject<BacTraceMobility>();
    car->SetTrace(m_plan->trace, m_plan->shards[shard].vehicles[0], NanoSeconds(m_plan->begin_ns));
    Ptr<BacBesideMobility> beside = CreateObject<BacBesideMobility>();
    beside->SetTarget(car);
    return beside;
  }
  double at[2] = {m_at[0], m_at[1]};
  if (m_options.jammer_at == "centre") {
    bac_plan_centre(m_plan, shard, at);
    bac_trace_outside(m_plan->trace, at);
  }
  Ptr<ConstantPositionMobilityModel> still = CreateObject<ConstantPositionMobilityModel>();
  still->SetPosition(Vector(at[0], at[1], JAMMER_HEIGHT_M));
  return still;
}

void BacInterference::BuildJammer(uint32_t shard) {
  const Time phase = m_options.jammer == "duty" ? DrawPhase(TimeOf(m_options.jammer_period_s)) : Time(0); // its radios jam together
  uint32_t id = JAMMERS_BEGIN + shard;
  for (const uint32_t channel : JammerChannels(m_helper->ChannelOf(shard))) {
    BuildJammerRadio(id, shard, channel, phase);
    id += BacHelper::SHARDS_MAX;
  }
}

void BacInterference::BuildJammerRadio(uint32_t id, uint32_t shard, uint32_t channel, Time phase) {
  const Ptr<MobilityModel> mobility = MakeJammerMobility(shard);
  const size_t index = m_jammers.size();
  m_jammers.push_back({std::make_unique<BacJammer>(*m_helper, id, channel, m_options.jammer_eirp_dbm, mobility), mobility, channel, true, 0, EventId()});
  m_jammers.back().station->SetWindow(m_begin, m_end);
  if (m_options.jammer_at == "drives")
    PlanStays(m_plan->shards[shard].vehicles[0], [this, index](bool present) {
      m_jammers[index].there = present;
      if (Simulator::Now() >= m_start) StartJammer(index);
    });
  if (m_options.jammer == "duty")
    Simulator::Schedule(m_start + phase, &BacInterference::Duty, this, index);
  else
    Simulator::Schedule(m_start, &BacInterference::StartJammer, this, index);
}

void BacInterference::StartJammer(size_t index) {
  const Jammer& jammer = m_jammers[index];
  if (m_options.jammer == "constant") jammer.station->JamUntil(jammer.there ? m_end : Simulator::Now());
}

void BacInterference::Duty(size_t index) {
  const Jammer& jammer = m_jammers[index];
  Simulator::Schedule(TimeOf(m_options.jammer_period_s), &BacInterference::Duty, this, index);
  if (jammer.there) jammer.station->JamExactly(Simulator::Now() + TimeOf(m_options.jammer_period_s * m_options.jammer_share));
}

void BacInterference::OnAir(const Vector& from, uint32_t channel) {
  for (size_t i = 0; i < m_jammers.size(); i++) {
    Jammer& jammer = m_jammers[i];
    if (jammer.channel != channel || !jammer.there || jammer.answer.IsRunning() || jammer.station->IsJamming()) continue;
    const double heard = m_eirp_dbm - m_helper->GetMeanLoss(CalculateDistance(from, jammer.mobility->GetPosition()));
    if (heard >= m_options.jammer_sense_dbm) jammer.answer = Simulator::Schedule(TimeOf(m_options.jammer_delay_s), &BacInterference::Answer, this, i);
  }
}

void BacInterference::Answer(size_t index) {
  Jammer& jammer = m_jammers[index];
  jammer.bursts += Simulator::Now() >= m_begin && Simulator::Now() < m_end;
  jammer.station->JamExactly(Simulator::Now() + TimeOf(m_options.jammer_burst_s));
}

bool BacInterference::IsBeacon(uint64_t uid) const { return m_beacons && m_beacons->IsBeacon(uid); }

void BacInterference::GetConfiguration(const bac_columns& to) const {
  const BacInterferenceOptions& o = m_options;
  const bool sends = o.beacon_hz > 0 || o.bystanders > 0 || o.adjacent > 0, jams = o.jammer != "none";
  const double none = NAN;
  bac_columns_real(&to, "beacon_hz", o.beacon_hz);
  bac_columns_real(&to, "beacon_bytes", sends ? o.beacon_bytes : none);
  bac_columns_real(&to, "beacon_priority", sends ? o.beacon_priority : none);
  bac_columns_count(&to, "bystanders", o.bystanders);
  bac_columns_real(&to, "bystander_hz", o.bystanders > 0 ? o.bystander_hz : none);
  bac_columns_count(&to, "adjacent", o.adjacent);
  bac_columns_real(&to, "adjacent_hz", o.adjacent > 0 ? o.adjacent_hz : none);
  bac_columns_real(&to, "adjacent_bytes", o.adjacent > 0 ? o.adjacent_bytes : none);
  bac_columns_text(&to, "jammer", o.jammer.c_str());
  bac_columns_real(&to, "jammer_shard", jams ? o.jammer_shard : none);
  bac_columns_text(&to, "jammer_channel", jams ? o.jammer_channel.c_str() : "");
  bac_columns_text(&to, "jammer_at", jams ? o.jammer_at.c_str() : "");
  bac_columns_real(&to, "jammer_power_dbm", jams ? o.jammer_eirp_dbm : none);
  bac_columns_real(&to, "jammer_period_s", o.jammer == "duty" ? o.jammer_period_s : none);
  bac_columns_real(&to, "jammer_share", o.jammer == "duty" ? o.jammer_share : none);
  const bool reacts = o.jammer == "reactive";
  bac_columns_real(&to, "jammer_delay_s", reacts ? o.jammer_delay_s : none);
  bac_columns_real(&to, "jammer_burst_s", reacts ? o.jammer_burst_s : none);
  bac_columns_real(&to, "jammer_sense_dbm", reacts ? o.jammer_sense_dbm : none);
}

void BacInterference::GetColumns(double airtime_s, const bac_columns& to) const {
  const auto sent = [this](BacBeacons::Kind kind) { return m_beacons ? m_beacons->GetSent(kind) : 0; };
  const auto airtime = [this](BacBeacons::Kind kind) { return m_beacons ? m_beacons->GetAirtime(kind).GetSeconds() : 0; };
  double jamming = 0;
  uint64_t bursts = 0;
  for (const Jammer& jammer : m_jammers) {
    jamming += jammer.station->GetAirtime().GetSeconds();
    bursts += jammer.bursts;
  }
  const double all = airtime_s + jamming + airtime(BacBeacons::EV) + airtime(BacBeacons::BYSTANDER) + airtime(BacBeacons::ADJACENT);
  bac_columns_count(&to, "beacons_sent", sent(BacBeacons::EV));
  bac_columns_count(&to, "bystander_beacons_sent", sent(BacBeacons::BYSTANDER));
  bac_columns_count(&to, "adjacent_frames_sent", sent(BacBeacons::ADJACENT));
  bac_columns_real(&to, "beacon_pdr", m_beacons ? m_beacons->GetDelivery() : NAN);
  bac_columns_real(&to, "beacon_airtime_share", Share(airtime(BacBeacons::EV), all));
  bac_columns_real(&to, "bystander_airtime_share", Share(airtime(BacBeacons::BYSTANDER), all));
  bac_columns_real(&to, "adjacent_airtime_share", Share(airtime(BacBeacons::ADJACENT), all));
  bac_columns_count(&to, "jammers", m_jammers.size());
  bac_columns_count(&to, "jammer_bursts", bursts);
  bac_columns_real(&to, "jammer_airtime_s", jamming);
  bac_columns_real(&to, "jammer_airtime_share", Share(jamming, all));
}

} // namespace ns3
