/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-run.h"

#include "bac-trace-mobility.h"

#include "bac/cost.h"
#include "sim/columns.h"
#include "trace/choose.h"
#include "trace/rsu.h"
#include "trace/trace_file.h"

#include "ns3/boolean.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/log.h"
#include "ns3/node-container.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"

#include <sys/resource.h>

#include <chrono>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacRun");

namespace {

constexpr int64_t NODES_START_NS = 100000000; // the radios reach their channel at 10 ms
constexpr double RSU_HEIGHT_M = 5;
constexpr size_t SHARED_VERDICTS = 1 << 18;

[[noreturn]] void Refuse(const std::string& line) { throw std::runtime_error(line); }

std::string Text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

bac_time Nanoseconds(double seconds) { return static_cast<bac_time>(std::llround(seconds * 1e9)); }

void CheckRange(const std::string& option, double value, double low, double high) {
  if (!(value >= low && value <= high))
    Refuse(option + " is " + Text(value) + ": give a value from " + Text(low) + " to " + Text(high));
}

uint32_t IndexOf(const std::string& option, const std::string& value, const std::vector<std::string>& names) {
  std::string all;
  for (uint32_t i = 0; i < names.size(); i++) {
    if (names[i] == value) return i;
    all += (i == 0 ? "" : i + 1 < names.size() ? ", " : " or ") + names[i];
  }
  Refuse(option + " is \"" + value + "\": give " + all);
}

/// The part of the input that needs no trace.
bac_config ConfigOf(const BacRunOptions& o) {
  CheckRange("evs", o.evs, 1, BacIds::EV_END);
  CheckRange("shards", o.shards, 1, BacHelper::SHARDS_MAX);
  if (o.shards > o.evs) {
    Refuse("shards is " + std::to_string(o.shards) + " with " + std::to_string(o.evs) +
           " vehicles: give at most one shard for each vehicle");
  }
  if ((o.evs + o.shards - 1) / o.shards > BAC_ROSTER_MAX) {
    Refuse("evs is " + std::to_string(o.evs) + " in " + std::to_string(o.shards) + " shards: a shard holds at most " +
           std::to_string(BAC_ROSTER_MAX) + ", so give fewer vehicles or more shards");
  }
  CheckRange("time (s)", o.time_s, 0.001, 1e6);
  CheckRange("warmup (s)", o.warmup_s, 0, 1e6);
  CheckRange("tx rate (1/s)", o.tx_rate, 0, 1e6);
  CheckRange("tx bytes", o.tx_bytes, 0, BAC_TX_BYTES_MAX);
  CheckRange("block bytes", o.block_bytes, 1000, BAC_BLOCK_BYTES_MAX);
  CheckRange("block interval (s)", o.block_interval_s, 0.001, 3600);
  CheckRange("rsus", o.rsus, -1, (BacIds::MBS_BEGIN - BacIds::RSU_BEGIN) / o.shards);
  if (bac_cost_model_find(o.cost.c_str()) == nullptr) {
    std::string all;
    for (size_t i = 0; bac_cost_model_at(i) != nullptr; i++) all += std::string(i == 0 ? "" : ", ") + bac_cost_model_at(i)->name;
    Refuse("cost model is \"" + o.cost + "\": give one of " + all);
  }
  bac_config config = bac_config_default();
  config.protocol = o.protocol.c_str();
  config.mode = static_cast<bac_mode>(IndexOf("mode", o.mode, {"safe", "text", "alg1"}));
  config.delivery = static_cast<bac_delivery>(IndexOf("delivery", o.delivery, {"broadcast", "unicast"}));
  config.vote_rule = static_cast<bac_vote_rule>(IndexOf("vote rule", o.voteRule, {"full", "light"}));
  config.seed = o.seed;
  config.block_bytes_max = o.block_bytes;
  config.block_interval = Nanoseconds(o.block_interval_s);
  config.bit_rate_bps = static_cast<uint64_t>(o.radio.rate_mbps * 1e6);
  config.relay = o.relay;
  char why[256];
  if (bac_config_check(&config, why, sizeof why) != BAC_OK) Refuse(why);
  BacHelper checked(o.radio);
  return config;
}

/// What stands in a shard.
struct Shard {
  bac_roster roster{};                   ///< its members
  std::vector<bac_member> members;       ///< of the roster
  std::vector<uint32_t> vehicles;        ///< in the trace, by member
  bac_box cell{};                        ///< its area
  std::vector<Ptr<BacApplication>> apps; ///< of its members
};

/// All of a run. Its simulation ends with it.
class Scene {
 public:
  explicit Scene(const BacRunOptions& options);
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  void Build();
  void Run(const std::function<void(double)>& progress);
  BacRunResult GetResult();

 private:
  void ChooseVehicles();
  void FillShard(uint32_t shard, uint32_t firstId);
  void BuildMembers(uint32_t shard);
  void BuildBackhaul(uint32_t shard);
  void PlanPresence(Ptr<BacApplication> app, Ptr<BacTraceMobility> mobility);
  void Arrive(Ptr<BacApplication> app);
  void Leave(Ptr<BacApplication> app);
  void Tick(const std::function<void(double)>* progress);
  uint32_t RsusOf(const Shard& shard) const;
  BacRow GetConfiguration() const;

  BacRunOptions m_options;
  bac_config m_config;
  int64_t m_measureBegin;  ///< simulation time, ns
  int64_t m_end;           ///< simulation time, ns
  int64_t m_traceBegin{0}; ///< trace time at simulation time 0, ns
  std::unique_ptr<bac_trace, decltype(&bac_trace_free)> m_trace{nullptr, &bac_trace_free};
  std::unique_ptr<bac_shared, decltype(&bac_shared_free)> m_shared{nullptr, &bac_shared_free};
  std::vector<Shard> m_shards;
  uint32_t m_rsus{0}; ///< over all shards
  std::unique_ptr<BacHelper> m_helper;
  std::unique_ptr<BacStatistics> m_statistics;
  double m_wall_s{0};
  uint64_t m_events{0};
};

Scene::Scene(const BacRunOptions& options)
    : m_options(options),
      m_config(ConfigOf(m_options)),
      m_measureBegin(NODES_START_NS + Nanoseconds(options.warmup_s)),
      m_end(m_measureBegin + Nanoseconds(options.time_s)) {
  char why[BAC_TRACE_WHY_SIZE];
  bac_trace* trace = nullptr;
  if (bac_trace_load(m_options.traceFile.c_str(), &trace, why, sizeof why) != BAC_OK) Refuse(why);
  m_trace.reset(trace);
  ChooseVehicles();
}

Scene::~Scene() {
  Simulator::Destroy(); // before what the nodes borrow
}

void Scene::ChooseVehicles() {
  const BacRunOptions& o = m_options;
  m_traceBegin = o.begin_s < 0 ? m_trace->begin_ns : Nanoseconds(o.begin_s);
  if (m_traceBegin < m_trace->begin_ns || m_traceBegin + m_end > bac_trace_end(m_trace.get())) {
    Refuse("the run needs the trace from " + Text(static_cast<double>(m_traceBegin) * 1e-9) + " to " +
           Text(static_cast<double>(m_traceBegin + m_end) * 1e-9) + " s, \"" + o.traceFile + "\" has " +
           Text(static_cast<double>(m_trace->begin_ns) * 1e-9) + " to " +
           Text(static_cast<double>(bac_trace_end(m_trace.get())) * 1e-9) +
           " s: shorten the time or build a longer trace");
  }
  const bac_box area = bac_trace_area(m_trace.get());
  const bac_shard_policy policy = bac_shards_policy_for(&area);
  const bac_trace_want want{o.evs, o.shards, policy, m_traceBegin, m_traceBegin + m_end, o.seed, o.churn};
  std::vector<uint32_t> vehicles(o.evs);
  std::vector<uint32_t> shardOf(o.evs);
  char why[BAC_TRACE_WHY_SIZE];
  if (bac_trace_choose(m_trace.get(), &want, vehicles.data(), shardOf.data(), why, sizeof why) != BAC_OK) Refuse(why);
  m_shards.resize(o.shards);
  for (uint32_t i = 0; i < o.evs; i++) m_shards[shardOf[i]].vehicles.push_back(vehicles[i]);
  uint32_t id = 0;
  for (uint32_t s = 0; s < o.shards; s++) {
    m_shards[s].cell = bac_shards_box(policy, &area, o.shards, s);
    FillShard(s, id);
    id += m_shards[s].roster.count;
    m_rsus += RsusOf(m_shards[s]);
  }
  m_config.backhaul = m_rsus > 0;
}

void Scene::FillShard(uint32_t shard, uint32_t firstId) {
  Shard& s = m_shards[shard];
  const auto count = static_cast<uint32_t>(s.vehicles.size());
  std::vector<uint32_t> ids(count);
  for (uint32_t i = 0; i < count; i++) ids[i] = firstId + i;
  s.members.resize(count);
  if (bac_members_derive(m_options.seed, ids.data(), count, s.members.data()) != BAC_OK)
    Refuse("shard " + std::to_string(shard) + " has " + std::to_string(count) + " members: no roster for them");
  s.roster = {shard, 0, count, s.members.data()};
}

uint32_t Scene::RsusOf(const Shard& shard) const {
  return m_options.rsus < 0 ? bac_rsu_default(&shard.cell) : static_cast<uint32_t>(m_options.rsus);
}

void Scene::Build() {
  RngSeedManager::SetSeed(1);
  RngSeedManager::SetRun(m_options.seed);
  m_shared.reset(bac_shared_new(SHARED_VERDICTS));
  m_helper = std::make_unique<BacHelper>(m_options.radio);
  m_statistics = std::make_unique<BacStatistics>(m_options.seed, NanoSeconds(m_measureBegin), NanoSeconds(m_end));
  for (uint32_t shard = 0; shard < m_shards.size(); shard++) {
    BuildMembers(shard);
    BuildBackhaul(shard);
  }
  m_helper->AssignStreams(0);
}

void Scene::BuildMembers(uint32_t shard) {
  Shard& s = m_shards[shard];
  const bac_workload_config workload{m_options.seed, static_cast<uint32_t>(std::lround(m_options.tx_rate * 1000)),
                                     m_options.tx_bytes, NODES_START_NS, m_end};
  for (uint32_t i = 0; i < s.roster.count; i++) {
    const uint32_t id = s.members[i].id;
    Ptr<Node> node = CreateObject<Node>();
    Ptr<BacTraceMobility> mobility = CreateObject<BacTraceMobility>();
    mobility->SetTrace(m_trace.get(), s.vehicles[i], NanoSeconds(m_traceBegin));
    node->AggregateObject(mobility);
    Ptr<WaveNetDevice> radio = m_helper->InstallRadio(node, id, shard);
    const bac_node_config config{&m_config, &s.roster, id, BAC_NODE_MEMBER, m_shared.get()};
    Ptr<BacApplication> app = m_helper->Install(node, config, m_options.cost, radio, shard);
    app->SetAttribute("KeepRecords", BooleanValue(m_options.churn));
    app->SetWorkload(workload);
    app->SetStartTime(NanoSeconds(NODES_START_NS));
    s.apps.push_back(app);
    m_statistics->AddMember(app, shard, s.roster.count);
    m_statistics->AddStation(app, shard, true);
    PlanPresence(app, mobility);
  }
}

void Scene::BuildBackhaul(uint32_t shard) {
  Shard& s = m_shards[shard];
  const uint32_t count = RsusOf(s);
  if (count == 0) return;
  uint32_t id = BacIds::RSU_BEGIN;
  for (uint32_t before = 0; before < shard; before++) id += RsusOf(m_shards[before]);
  if (id + count > BacIds::MBS_BEGIN) Refuse("rsus is " + std::to_string(m_rsus) + " over all shards: give fewer");
  std::vector<double> x(count);
  std::vector<double> y(count);
  if (bac_rsu_grid(&s.cell, count, x.data(), y.data()) != BAC_OK)
    Refuse("rsus is " + std::to_string(count) + ": give at most " + std::to_string(BAC_RSU_MAX));
  const bac_node_config mbs{&m_config, &s.roster, BacIds::MBS_BEGIN + shard, BAC_NODE_MBS, m_shared.get()};
  Ptr<BacApplication> relay = m_helper->Install(CreateObject<Node>(), mbs, m_options.cost, nullptr, shard);
  relay->SetAttribute("KeepRecords", BooleanValue(false));
  relay->SetStartTime(NanoSeconds(NODES_START_NS));
  for (uint32_t i = 0; i < count; i++) {
    Ptr<Node> node = CreateObject<Node>();
    Ptr<ConstantPositionMobilityModel> mobility = CreateObject<ConstantPositionMobilityModel>();
    mobility->SetPosition(Vector(x[i], y[i], RSU_HEIGHT_M));
    node->AggregateObject(mobility);
    Ptr<WaveNetDevice> radio = m_helper->InstallRadio(node, id + i, shard);
    const bac_node_config config{&m_config, &s.roster, id + i, BAC_NODE_RSU, m_shared.get()};
    Ptr<BacApplication> app = m_helper->Install(node, config, m_options.cost, radio, shard);
    app->SetAttribute("KeepRecords", BooleanValue(false));
    app->SetStartTime(NanoSeconds(NODES_START_NS));
    m_helper->Wire(app, relay);
    m_statistics->AddStation(app, shard, false);
  }
}

void Scene::PlanPresence(Ptr<BacApplication> app, Ptr<BacTraceMobility> mobility) {
  const uint32_t context = app->GetNode()->GetId();
  Time from;
  Time begin;
  Time end;
  bool first = true;
  while (mobility->GetPresence(from, begin, end) && begin.GetNanoSeconds() < m_end) {
    if (begin.GetNanoSeconds() > NODES_START_NS) {
      if (first) {
        m_statistics->SetPresent(app->GetId(), false);
        Simulator::ScheduleWithContext(context, MilliSeconds(20), &BacHelper::SetRadioOn, app->GetRadio(), false);
        app->SetStartTime(begin + MilliSeconds(1));
      }
      Simulator::ScheduleWithContext(context, begin, &Scene::Arrive, this, app);
    }
    first = false;
    if (end.GetNanoSeconds() < m_end) Simulator::ScheduleWithContext(context, end, &Scene::Leave, this, app);
    from = end + NanoSeconds(1);
  }
}

void Scene::Arrive(Ptr<BacApplication> app) {
  NS_LOG_INFO("node " << app->GetId() << " arrives");
  BacHelper::SetRadioOn(app->GetRadio(), true);
  m_statistics->SetPresent(app->GetId(), true);
  app->Restart();
}

void Scene::Leave(Ptr<BacApplication> app) {
  NS_LOG_INFO("node " << app->GetId() << " leaves");
  app->Crash();
  m_statistics->SetPresent(app->GetId(), false);
  BacHelper::SetRadioOn(app->GetRadio(), false);
}

void Scene::Tick(const std::function<void(double)>* progress) {
  (*progress)(Simulator::Now().GetSeconds());
  Simulator::Schedule(Seconds(1), &Scene::Tick, this, progress);
}

void Scene::Run(const std::function<void(double)>& progress) {
  if (progress) Simulator::Schedule(Seconds(1), &Scene::Tick, this, &progress);
  const auto begin = std::chrono::steady_clock::now();
  Simulator::Stop(NanoSeconds(m_end));
  Simulator::Run();
  m_wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  m_events = Simulator::GetEventCount();
}

BacRow Scene::GetConfiguration() const {
  const BacRunOptions& o = m_options;
  char digest[24];
  std::snprintf(digest, sizeof digest, "%016" PRIx64, m_trace->inputs_digest);
  BacRow row;
  const bac_columns columns = BacColumnsOf(row);
  const auto text = [&columns](const char* name, const std::string& value) { bac_columns_text(&columns, name, value.c_str()); };
  const auto count = [&columns](const char* name, uint64_t value) { bac_columns_count(&columns, name, value); };
  const auto real = [&columns](const char* name, double value) { bac_columns_real(&columns, name, value); };
  text("version", bac_version());
  text("protocol", o.protocol);
  text("mode", o.mode);
  text("delivery", o.delivery);
  text("vote_rule", o.voteRule);
  text("election", "round_robin");
  text("radio", "wave");
  text("scenario", o.scenario.empty() ? m_trace->strings[m_trace->scenario] : o.scenario);
  text("trace_digest", digest);
  count("evs", o.evs);
  count("shards", o.shards);
  count("rsus", m_rsus);
  count("churn", o.churn);
  count("seed", o.seed);
  real("begin_s", static_cast<double>(m_traceBegin) * 1e-9);
  real("warmup_s", o.warmup_s);
  real("time_s", o.time_s);
  real("tx_rate", o.tx_rate);
  count("tx_bytes", o.tx_bytes);
  count("block_bytes_max", o.block_bytes);
  real("block_interval_s", o.block_interval_s);
  count("relay", o.relay);
  text("cost_model", o.cost);
  real("rate_mbps", o.radio.rate_mbps);
  real("eirp_dbm", o.radio.eirp_dbm);
  text("loss_model", o.radio.loss);
  real("reference_loss_db", o.radio.reference_loss_db);
  count("nakagami", o.radio.nakagami);
  text("error_model", o.radio.error_model);
  real("preamble_dbm", o.radio.preamble_dbm);
  count("control_priority", o.radio.control_priority);
  count("vote_priority", o.radio.vote_priority);
  count("bulk_priority", o.radio.bulk_priority);
  real("wire_gbps", o.radio.wire_gbps);
  real("wire_delay_ms", o.radio.wire_delay_ms);
  return row;
}

BacRunResult Scene::GetResult() {
  BacRunResult result;
  result.columns = GetConfiguration();
  const BacRow measured = m_statistics->GetColumns();
  result.columns.insert(result.columns.end(), measured.begin(), measured.end());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const bac_columns columns = BacColumnsOf(result.columns);
  bac_columns_count(&columns, "events", m_events);
  bac_columns_real(&columns, "wall_s", m_wall_s);
  bac_columns_real(&columns, "events_per_s", static_cast<double>(m_events) / m_wall_s);
  bac_columns_real(&columns, "peak_memory_mb", static_cast<double>(usage.ru_maxrss) / 1024);
  result.blocks = m_statistics->GetBlocks();
  result.conflicts = m_statistics->GetConflicts();
  result.conflictText = m_statistics->GetConflictText();
  return result;
}

} // namespace

BacRunResult BacRun(const BacRunOptions& options, const std::function<void(double)>& progress) {
  Scene scene(options);
  scene.Build();
  scene.Run(progress);
  return scene.GetResult();
}

void BacRunCheck(const BacRunOptions& options) { Scene scene(options); }

} // namespace ns3
