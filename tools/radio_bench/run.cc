/* SPDX-License-Identifier: GPL-2.0-only */
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <unordered_map>

#include "script.h"
#include "spectrum.h"

#include "ns3/bac-helper.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/pointer.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/wifi-phy-state-helper.h"
#include "ns3/wifi-psdu.h"

namespace {

constexpr bac_time TAIL = 10 * BAC_MS; // longer than any frame

/// Wall and processor time since its making. On a busy machine the latter says more.
class Watch {
 public:
  void Stop(Cost& cost) const {
    cost.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - m_wall).count();
    cost.cpu_s = static_cast<double>(std::clock() - m_cpu) / CLOCKS_PER_SEC;
  }

 private:
  std::chrono::steady_clock::time_point m_wall = std::chrono::steady_clock::now();
  std::clock_t m_cpu = std::clock();
};

class FastRun {
 public:
  FastRun(const Script& script, Observer& observer, int vector) : m_script(script), m_observer(observer), m_next(script.sendings.size()) {
    bac_medium_config config = bac_medium_default();
    config.seed = script.seed;
    ns3::BacRadioOptions options;
    options.loss = script.loss;
    options.loss_from_m = script.loss_from_m;
    config.loss = ns3::BacHelper::LossOf(options);
    config.nakagami = script.nakagami;
    config.weak_signals = script.weak;
    config.eirp_dbm = script.eirp_dbm;
    config.vector = vector;
    bac_medium_host host{};
    host.ctx = this;
    host.begins = [](void* self, bac_time now, uint32_t station, const bac_medium_frame* frame, bac_time) {
      static_cast<FastRun*>(self)->Begins(now, station, frame->cookie);
    };
    host.decoded = [](void* self, bac_time, uint32_t station, uint32_t from, uint64_t cookie, double, bool) {
      static_cast<FastRun*>(self)->m_observer.Decoded(station, from, cookie);
    };
    m_medium = bac_medium_new(&config, &host);
    if (m_medium == nullptr) std::exit(2);
    for (const Station& s : script.stations) {
      const double at[3] = {s.x, s.y, 1.5};
      bac_medium_add(m_medium, ns3::BacHelper::ServiceChannel(s.shard), at);
    }
    m_saturated.resize(script.stations.size());
    for (const uint32_t s : script.saturated) m_saturated[s] = true;
  }
  ~FastRun() { bac_medium_free(m_medium); }

  Cost Run() {
    Cost cost;
    size_t i = 0;
    const auto until = [&](bac_time end) {
      for (; i < m_script.sendings.size() && m_script.sendings[i].at < end; i++) {
        MoveUntil(m_script.sendings[i].at);
        Send(m_script.sendings[i].at, m_script.sendings[i].station, i);
      }
      MoveUntil(end - 1);
      bac_medium_run(m_medium, end - 1);
    };
    until(m_script.begin);
    for (uint32_t s = 0; s < m_saturated.size(); s++)
      if (m_saturated[s]) Send(m_script.begin, s, m_next++);
    std::vector<bac_time> busy;
    for (uint32_t s = 0; s < m_saturated.size(); s++) busy.push_back(bac_medium_busy(m_medium, m_script.begin, s));
    const Watch watch;
    until(m_script.end);
    watch.Stop(cost);
    for (uint32_t s = 0; s < busy.size(); s++) cost.busy.push_back(static_cast<double>(bac_medium_busy(m_medium, m_script.end, s) - busy[s]));
    m_saturated.assign(m_saturated.size(), false);
    bac_medium_run(m_medium, m_script.end + TAIL);
    cost.vector = bac_medium_sum(m_medium).vector;
    return cost;
  }

 private:
  void Send(bac_time at, uint32_t station, size_t frame) {
    const bac_medium_frame f{frame, BAC_TO_ALL, m_script.bytes + BAC_PSDU_OVERHEAD, BAC_MODE_6, bac_access_of(m_script.priority)};
    bac_medium_send(m_medium, at, station, &f);
  }
  void MoveUntil(bac_time now) {
    for (; m_script.speed_m_s > 0 && m_moved <= now; m_moved += MOVE_EVERY) {
      bac_medium_run(m_medium, m_moved - 1);
      for (uint32_t s = 0; s < m_script.stations.size(); s++) {
        const double way = std::fmod(m_script.speed_m_s * static_cast<double>(m_moved) / 1e9, 200), from = way < 100 ? way : 200 - way, heading = s;
        const double at[3] = {m_script.stations[s].x + from * std::cos(heading), m_script.stations[s].y + from * std::sin(heading), 1.5};
        bac_medium_move(m_medium, s, at);
      }
    }
  }
  void Begins(bac_time now, uint32_t station, size_t frame) {
    m_observer.Begins(now, station, frame);
    if (m_saturated[station]) Send(now, station, m_next++);
  }

  const Script& m_script;
  Observer& m_observer;
  size_t m_next; // frame of a saturated station
  std::vector<bool> m_saturated;
  bac_time m_moved = MOVE_EVERY; // when stations move next
  bac_medium* m_medium;
};

class Ns3Run {
 public:
  Ns3Run(Radio radio, const Script& script, Observer& observer) : m_script(script), m_observer(observer), m_next(script.sendings.size()) {
    ns3::RngSeedManager::SetRun(script.seed);
    ns3::BacRadioOptions options;
    options.loss = script.loss;
    options.loss_from_m = script.loss_from_m;
    options.nakagami = script.nakagami;
    options.eirp_dbm = script.eirp_dbm;
    options.weak_signals = script.weak;
    options.unculled = radio == Radio::STOCK;
    m_helper = std::make_unique<ns3::BacHelper>(options);
    std::unique_ptr<SpectrumHelper> spectrum;
    if (radio == Radio::SPECTRUM) spectrum = std::make_unique<SpectrumHelper>(*m_helper);
    m_cost.busy.resize(script.stations.size());
    m_saturated.resize(script.stations.size());
    for (const uint32_t s : script.saturated) m_saturated[s] = true;
    for (uint32_t i = 0; i < script.stations.size(); i++) {
      const Station& s = script.stations[i];
      ns3::Ptr<ns3::Node> node = ns3::CreateObject<ns3::Node>();
      ns3::Ptr<ns3::ConstantPositionMobilityModel> mobility = ns3::CreateObject<ns3::ConstantPositionMobilityModel>();
      mobility->SetPosition(ns3::Vector(s.x, s.y, 1.5));
      node->AggregateObject(mobility);
      m_devices.push_back(spectrum ? m_helper->InstallRadio(*spectrum, node, i + 1, s.shard, 0) : m_helper->InstallRadio(node, i + 1, s.shard));
      Watch_(i);
    }
    m_helper->AssignStreams(0);
  }
  ~Ns3Run() { ns3::Simulator::Destroy(); }

  Cost Run() {
    Next(0);
    for (uint32_t s = 0; s < m_saturated.size(); s++)
      if (m_saturated[s]) ns3::Simulator::Schedule(ns3::NanoSeconds(m_script.begin), &Ns3Run::SendNext, this, s);
    ns3::Simulator::Stop(ns3::NanoSeconds(m_script.begin));
    ns3::Simulator::Run();
    const Watch watch;
    ns3::Simulator::Stop(ns3::NanoSeconds(m_script.end - m_script.begin));
    ns3::Simulator::Run();
    watch.Stop(m_cost);
    m_saturated.assign(m_saturated.size(), false);
    ns3::Simulator::Stop(ns3::NanoSeconds(TAIL));
    ns3::Simulator::Run();
    return m_cost;
  }

 private:
  void Watch_(uint32_t i) {
    ns3::Ptr<ns3::WifiPhy> phy = m_devices[i]->GetPhy(0);
    ns3::PointerValue value;
    phy->GetAttribute("State", value);
    ns3::Ptr<ns3::WifiPhyStateHelper> state = value.Get<ns3::WifiPhyStateHelper>();
    phy->TraceConnectWithoutContext("PhyTxPsduBegin", ns3::MakeBoundCallback(&Ns3Run::TxBegin, this, i));
    state->TraceConnectWithoutContext("RxOk", ns3::MakeBoundCallback(&Ns3Run::RxOk, this, i));
    state->TraceConnectWithoutContext("State", ns3::MakeBoundCallback(&Ns3Run::State, this, i));
  }
  void Next(size_t i) {
    if (i >= m_script.sendings.size() || m_script.sendings[i].at >= m_script.end) return;
    ns3::Simulator::Schedule(ns3::NanoSeconds(m_script.sendings[i].at) - ns3::Simulator::Now(), &Ns3Run::SendScripted, this, i);
  }
  void SendScripted(size_t i) {
    Send(m_script.sendings[i].station, i);
    Next(i + 1);
  }
  void SendNext(uint32_t station) { Send(station, m_next++); }
  void Send(uint32_t station, size_t frame) {
    ns3::Ptr<ns3::Packet> packet = ns3::Create<ns3::Packet>(m_script.bytes);
    m_frames[packet->GetUid()] = {frame, station};
    const ns3::TxInfo info(ns3::BacHelper::ServiceChannel(m_script.stations[station].shard), m_script.priority, m_helper->GetMode(),
                           ns3::WIFI_PREAMBLE_LONG, 0);
    m_devices[station]->SendX(packet, ns3::Mac48Address::GetBroadcast(), 0x88dc, info);
  }
  static void TxBegin(Ns3Run* self, uint32_t station, ns3::WifiConstPsduMap psdus, ns3::WifiTxVector, double) {
    const auto found = self->m_frames.find(psdus.begin()->second->GetPayload(0)->GetUid());
    if (found == self->m_frames.end()) return;
    self->m_observer.Begins(ns3::Simulator::Now().GetNanoSeconds(), station, found->second.number);
    if (self->m_saturated[station]) ns3::Simulator::ScheduleNow(&Ns3Run::SendNext, self, station);
  }
  static void RxOk(Ns3Run* self, uint32_t station, ns3::Ptr<const ns3::Packet> packet, double, ns3::WifiMode, ns3::WifiPreamble) {
    const auto found = self->m_frames.find(packet->GetUid());
    if (found != self->m_frames.end()) self->m_observer.Decoded(station, found->second.from, found->second.number);
  }
  static void State(Ns3Run* self, uint32_t station, ns3::Time start, ns3::Time duration, WifiPhyState state) {
    if (state != WifiPhyState::TX && state != WifiPhyState::RX && state != WifiPhyState::CCA_BUSY) return;
    const int64_t from = std::max<int64_t>(start.GetNanoSeconds(), self->m_script.begin),
                  to = std::min<int64_t>((start + duration).GetNanoSeconds(), self->m_script.end);
    if (to > from) self->m_cost.busy[station] += static_cast<double>(to - from);
  }

  struct Frame {
    size_t number;
    uint32_t from;
  };
  const Script& m_script;
  Observer& m_observer;
  size_t m_next; // frame of a saturated station
  std::vector<bool> m_saturated;
  Cost m_cost;
  std::unique_ptr<ns3::BacHelper> m_helper;
  std::vector<ns3::Ptr<ns3::WaveNetDevice>> m_devices;
  std::unordered_map<uint64_t, Frame> m_frames; // by uid
};

} // namespace

Cost Run(Radio radio, const Script& script, Observer& observer, int vector) {
  if (radio == Radio::FAST) return FastRun(script, observer, vector).Run();
  return Ns3Run(radio, script, observer).Run();
}
