/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-run.h"

#include "bac-channels.h"
#include "bac-animation.h"
#include "bac-trace-mobility.h"

#include "bac/cost.h"
#include "radio/link_model.h"
#include "radio/obstacles.h"
#include "sim/columns.h"
#include "sim/controller.h"
#include "trace/plan.h"
#include "trace/trace_file.h"

#include "ns3/boolean.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/log.h"
#include "ns3/node-container.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"

#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacRun");

namespace {

constexpr int64_t NODES_START_NS = 100000000; // the radios reach their channel at 10 ms
constexpr double RSU_HEIGHT_M = 5;
constexpr uint64_t ANNOUNCEMENTS_PERMILLE = 5; // of the channel's bit rate, as the base station says them; RSUs, repairs and relays take some ten times as much
constexpr int64_t ANNOUNCEMENTS_PER_EPOCH = 4; // an order takes effect at the end of the epoch in which it is given
const Time RETUNING = MilliSeconds(10);        // a radio that changes over is off for so long: any frame of its own is over
constexpr uint32_t ATTACKERS_BEGIN = 65500; // ids of jamming stations, one a shard: nobody else's
constexpr size_t SHARED_VERDICTS = 1 << 18;

[[noreturn]] void Refuse(const std::string& line) { throw std::runtime_error(line); }

bac_time Nanoseconds(double seconds) { return static_cast<bac_time>(std::llround(seconds * 1e9)); }

/// The part of the input that needs no trace.
bac_config ConfigOf(const BacRunOptions& o) {
  BacCheck::Range("evs", o.evs, 1, BAC_PLAN_EV_END);
  BacCheck::Range("shards", o.shards, 1, BacHelper::SHARDS_MAX);
  BacCheck::Range("time (s)", o.time_s, 0.001, 1e6);
  BacCheck::Range("warmup (s)", o.warmup_s, 0, 1e6);
  BacCheck::Range("tx rate (1/s)", o.tx_rate, 0, 1e6);
  BacCheck::Range("tx bytes", o.tx_bytes, 0, BAC_TX_BYTES_MAX);
  BacCheck::Range("block bytes", o.block_bytes, 1000, BAC_BLOCK_BYTES_MAX);
  BacCheck::Range("block interval (s)", o.block_interval_s, 0.001, 3600);
  BacCheck::Range("rsus", o.rsus, -1, static_cast<double>(BAC_PLAN_MBS_BEGIN - BAC_PLAN_RSU_BEGIN) / o.shards);
  std::vector<std::string> costs;
  for (size_t i = 0; bac_cost_model_at(i) != nullptr; i++) costs.emplace_back(bac_cost_model_at(i)->name);
  BacCheck::Choice("cost model", o.cost, costs);
  bac_config config = bac_config_default();
  config.protocol = o.protocol.c_str();
  config.mode = static_cast<bac_mode>(BacCheck::Choice("mode", o.mode, {"safe", "text", "alg1"}));
  config.delivery = static_cast<bac_delivery>(BacCheck::Choice("delivery", o.delivery, {"broadcast", "unicast"}));
  config.vote_rule = static_cast<bac_vote_rule>(BacCheck::Choice("vote rule", o.voteRule, {"full", "light"}));
  config.election = static_cast<bac_election>(BacCheck::Choice("election", o.election, {"sortition", "round-robin"}));
  config.early_claims = o.earlyClaims;
  config.seed = o.seed;
  config.block_bytes_max = o.block_bytes;
  config.block_interval = Nanoseconds(o.block_interval_s);
  config.bit_rate_bps = static_cast<uint64_t>(o.radio.rate_mbps * 1e6);
  config.relay = o.relay;
  BacCheck::Choice("attack", o.attack, {"none", "dos", "sybil"});
  BacAttacker::Check(o.dos);
  BacCheck::Range("identities", o.identities, 2, BAC_ROSTER_MAX);
  BacCheck::Choice("sybil units", o.sybilUnits, {"split", "fresh"});
  if (!o.pcap.empty() && o.radio.radio != "wave") Refuse("pcap with radio=" + o.radio.radio + ": captures are ns-3's, give radio=wave");
  char why[256];
  if (bac_config_check(&config, why, sizeof why) != BAC_OK) Refuse(why);
  BacHelper checked(o.radio);
  return config;
}

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
  void MakeIdentities(bac_plan_shard& shard);
  Ptr<BacApplication> BuildMembers(const bac_plan_shard& shard);
  Ptr<BacApplication> BuildBackhaul(const bac_plan_shard& shard);
  Ptr<BacApplication> BuildNode(const bac_plan_shard& shard, uint32_t id, bac_node_kind kind, Ptr<MobilityModel> mobility);
  void PlanPresence(Ptr<BacApplication> app, uint32_t vehicle);
  void SetPresent(Ptr<BacApplication> app, bool present);
  void Announce();
  void EpochBegins(uint32_t id, const bac_effect& effect);
  void HandedOver(uint32_t id, const bac_effect& effect);
  void Retuned(Ptr<BacApplication> app);
  void Tick(const std::function<void(double)>* progress);
  BacRow GetConfiguration() const;

  BacRunOptions m_options;
  bac_config m_config;
  int64_t m_measureBegin; ///< simulation time, ns
  int64_t m_end;          ///< simulation time, ns
  std::unique_ptr<bac_trace, decltype(&bac_trace_free)> m_trace{nullptr, &bac_trace_free};
  std::unique_ptr<bac_plan, decltype(&bac_plan_free)> m_plan{nullptr, &bac_plan_free};
  std::unique_ptr<bac_shared, decltype(&bac_shared_free)> m_shared{nullptr, &bac_shared_free};
  std::unique_ptr<bac_controller, decltype(&bac_controller_free)> m_controller{nullptr, &bac_controller_free}; ///< null: no handovers
  int64_t m_announceInterval;                   ///< ns
  std::map<uint32_t, Ptr<BacApplication>> m_evs; ///< by id
  std::map<uint32_t, Ptr<BacApplication>> m_relays; ///< the base station's, by shard; none without RSUs
  std::set<uint32_t> m_absent;                  ///< of them, those that have left
  std::vector<uint32_t> m_channels;             ///< by shard
  std::unique_ptr<bac_obstacles, decltype(&bac_obstacles_free)> m_obstacles{nullptr, &bac_obstacles_free}; ///< the trace's buildings
  std::unique_ptr<BacHelper> m_helper;
  std::unique_ptr<BacStatistics> m_statistics;
  std::unique_ptr<BacInterference> m_interference; ///< what else is on the air
  std::unique_ptr<BacAnimation> m_animation; ///< null: none
  std::vector<std::unique_ptr<BacAttacker>> m_attackers; ///< with dos: one a shard
  std::set<uint32_t> m_identities; ///< with sybil: ids of attackers' members
  uint64_t m_units{0};             ///< with sybil: of all members at genesis
  uint64_t m_identityUnits{0};     ///< with sybil: of attackers' members
  double m_wall_s{0};
  uint64_t m_events{0};
};

Scene::Scene(const BacRunOptions& options)
    : m_options(options),
      m_config(ConfigOf(m_options)),
      m_measureBegin(NODES_START_NS + Nanoseconds(options.warmup_s)),
      m_end(m_measureBegin + Nanoseconds(options.time_s)),
      m_announceInterval(std::max<int64_t>(Nanoseconds(options.block_interval_s) * options.epoch_blocks / ANNOUNCEMENTS_PER_EPOCH, 1000000)) {
  const BacRunOptions& o = m_options;
  char why[BAC_TRACE_WHY_SIZE];
  bac_trace* trace = nullptr;
  if (bac_trace_load(o.traceFile.c_str(), &trace, why, sizeof why) != BAC_OK) Refuse(why);
  m_trace.reset(trace);
  bac_sharding sharding;
  if (!bac_sharding_find(o.sharding.c_str(), &sharding)) Refuse("sharding=" + o.sharding + " is unknown: give quadrant, rsu or kmeans");
  const bac_plan_want want{o.traceFile.c_str(),    o.evs, o.shards, o.rsus, o.begin_s < 0, Nanoseconds(o.begin_s), m_end,
                           o.seed, o.churn, o.epoch_blocks,
                           2 * o.epoch_blocks * Nanoseconds(o.block_interval_s), sharding,
                           o.handover && o.attack != "sybil"}; // one car's identities have one shard
  bac_plan* plan = nullptr;
  if (bac_plan_new(trace, &want, &plan, why, sizeof why) != BAC_OK) Refuse(why);
  m_plan.reset(plan);
  m_channels = BacChannels::Of(o.radio.channels, plan);
  std::vector<std::array<double, 2>> corners;
  for (uint64_t i = 0; i < trace->corner_count; i++) corners.push_back({trace->corners_cm[i][0] / 100.0, trace->corners_cm[i][1] / 100.0});
  m_obstacles.reset(bac_obstacles_new(reinterpret_cast<const double(*)[2]>(corners.data()), trace->building_corners, trace->building_count));
  m_interference = std::make_unique<BacInterference>(o.interference, o.radio, plan, m_channels, o.seed);
  m_config.backhaul = plan->rsu_count > 0;
  if (o.attack == "sybil")
    for (uint32_t shard = 0; shard < plan->shard_count; shard++) MakeIdentities(plan->shards[shard]);
  if (plan->site_count == 0) return;
  const int64_t horizon_ms = std::min<int64_t>(m_announceInterval / 1000000, 600000);
  const auto share = static_cast<uint32_t>(m_config.bit_rate_bps / 8 * ANNOUNCEMENTS_PERMILLE / 1000);
  const bac_controller_config controller{o.seed, BAC_PLAN_MBS_BEGIN, static_cast<uint32_t>(horizon_ms), share};
  m_controller.reset(bac_controller_new(&controller));
  bac_controller_set_sites(m_controller.get(), plan->sites, plan->site_count, plan->weight_ms);
}

/// The last members of a shard that are there from the beginning are one attacker's.
void Scene::MakeIdentities(bac_plan_shard& s) {
  const uint32_t k = m_options.identities;
  if (k + BAC_PLAN_FOUNDERS_MIN > s.roster.count)
    Refuse("identities is " + std::to_string(k) + " and shard " + std::to_string(s.roster.shard) + " begins with " +
           std::to_string(s.roster.count) + " members: leave " + std::to_string(BAC_PLAN_FOUNDERS_MIN) + " of them honest");
  bac_member* members = s.roster.members == s.founders ? s.founders : s.members;
  const uint32_t first = s.roster.count - k;
  const uint32_t units = members[first].units;
  uint32_t vehicle = UINT32_MAX;
  for (uint32_t i = first; i < s.roster.count; i++) {
    if (m_options.sybilUnits == "split") members[i].units = units / k + (i - first < units % k);
    m_identities.insert(members[i].id);
    for (uint32_t v = 0; v < s.everybody.count; v++) {
      if (s.everybody.members[v].id != members[i].id) continue;
      if (i == first) vehicle = s.vehicles[v];
      s.vehicles[v] = vehicle; // they drive in one car
    }
  }
  for (uint32_t i = 0; i < s.roster.count; i++) {
    m_units += members[i].units;
    if (i >= first) m_identityUnits += members[i].units;
  }
}

Scene::~Scene() {
  Simulator::Destroy(); // before what the nodes borrow
}

void Scene::Build() {
  RngSeedManager::SetSeed(1);
  RngSeedManager::SetRun(m_options.seed);
  m_shared.reset(bac_shared_new(SHARED_VERDICTS));
  m_helper = std::make_unique<BacHelper>(m_options.radio);
  m_helper->SetChannels(m_channels);
  m_helper->SetObstacles(m_obstacles.get());
  m_statistics = std::make_unique<BacStatistics>(m_options.seed, NanoSeconds(m_measureBegin), NanoSeconds(m_end), 300,
                                                 m_options.radio.preamble_dbm, m_options.radio.rate_mbps);
  m_statistics->SetShards(m_plan->shard_count);
  m_interference->Begin(*m_helper, NanoSeconds(NODES_START_NS), NanoSeconds(m_measureBegin), NanoSeconds(m_end));
  if (m_interference->IsOn()) m_statistics->SetBeside([this](uint64_t uid) { return m_interference->IsBeacon(uid); });
  const bac_loss_config loss = BacHelper::LossOf(m_options.radio);
  m_statistics->UseModel(bac_link_model_of(&loss, m_options.radio.eirp_dbm, m_options.radio.noise_figure_db), m_options.linkModel);
  if (!m_options.netanim.empty()) m_animation = std::make_unique<BacAnimation>(m_options.netanim, m_trace->west_cm / 100.0, m_trace->north_cm / 100.0);
  for (uint32_t shard = 0; shard < m_plan->shard_count && m_options.attack == "dos"; shard++)
    m_attackers.push_back(std::make_unique<BacAttacker>(*m_helper, m_options.dos, shard, ATTACKERS_BEGIN + shard,
                                                        bac_election_name(&m_config), BacChannels::HasControl(m_options.radio.channels)));
  for (uint32_t shard = 0; shard < m_plan->shard_count; shard++) {
    const Ptr<BacApplication> ev = BuildMembers(m_plan->shards[shard]);
    const Ptr<BacApplication> rsu = BuildBackhaul(m_plan->shards[shard]);
    if (m_options.pcap.empty()) continue;
    const Ptr<BacApplication> listener = rsu ? rsu : ev;
    BacHelper::Capture(listener->GetRadio(), m_options.pcap + "-shard" + std::to_string(shard) + "-node" + std::to_string(listener->GetId()) + ".pcap");
  }
  m_interference->BuildOthers();
  if (m_controller) Simulator::Schedule(NanoSeconds(NODES_START_NS + m_announceInterval), &Scene::Announce, this);
  m_helper->AssignStreams(0);
}

/// Without mobility: without a radio.
Ptr<BacApplication> Scene::BuildNode(const bac_plan_shard& s, uint32_t id, bac_node_kind kind, Ptr<MobilityModel> mobility) {
  Ptr<Node> node = CreateObject<Node>();
  Ptr<NetDevice> radio;
  if (mobility) {
    node->AggregateObject(mobility);
    if (m_options.radio.radio == "fast")
      radio = m_helper->InstallFastRadio(node, id, s.roster.shard);
    else
      radio = m_helper->InstallRadio(node, id, s.roster.shard, m_controller && kind == BAC_NODE_MEMBER ? m_plan->shard_count : 0);
  }
  const uint8_t* certificate = s.certificates && kind == BAC_NODE_MEMBER ? s.certificates[id - s.everybody.members[0].id] : nullptr;
  const bac_node_config config{&m_config, &s.roster, id, kind, m_shared.get(), certificate, nullptr, 0};
  Ptr<BacApplication> app = m_helper->Install(node, config, m_options.cost, radio, s.roster.shard);
  if (radio && BacChannels::HasControl(m_options.radio.channels)) m_helper->InstallControlRadio(app, node);
  app->SetAttribute("KeepRecords", BooleanValue(kind == BAC_NODE_MEMBER && m_options.churn));
  app->SetStartTime(NanoSeconds(NODES_START_NS));
  if (kind == BAC_NODE_MEMBER) m_statistics->AddMember(app, s.roster.shard);
  for (size_t i = 0; kind == BAC_NODE_MEMBER && i < m_attackers.size(); i++) m_attackers[i]->Watch(app); // it may change over
  if (radio) m_statistics->AddStation(app, s.roster.shard, kind == BAC_NODE_MEMBER);
  if (radio) m_interference->AddNode(app, kind == BAC_NODE_MEMBER);
  if (radio && m_animation) m_animation->Add(app, kind == BAC_NODE_MEMBER);
  return app;
}

/// \return the first of them
Ptr<BacApplication> Scene::BuildMembers(const bac_plan_shard& s) {
  Ptr<BacApplication> first;
  const bac_workload_config workload{m_options.seed, static_cast<uint32_t>(std::lround(m_options.tx_rate * 1000)),
                                     m_options.tx_bytes, NODES_START_NS, m_end};
  for (uint32_t i = 0; i < s.everybody.count; i++) {
    Ptr<BacTraceMobility> mobility = CreateObject<BacTraceMobility>();
    mobility->SetTrace(m_trace.get(), s.vehicles[i], NanoSeconds(m_plan->begin_ns));
    Ptr<BacApplication> app = BuildNode(s, s.everybody.members[i].id, BAC_NODE_MEMBER, mobility);
    app->SetWorkload(workload, s.everybody);
    m_evs[app->GetId()] = app;
    if (m_controller) {
      app->SetShards(m_plan->rosters, m_plan->shard_count);
      const uint32_t id = app->GetId();
      app->SetMotion([this, id](bac_motion& own) { return bac_plan_motion(m_plan.get(), Simulator::Now().GetNanoSeconds(), id, &own); });
      app->TraceConnectWithoutContext("Epoch", MakeCallback(&Scene::EpochBegins, this));
      app->TraceConnectWithoutContext("Handover", MakeCallback(&Scene::HandedOver, this));
    }
    PlanPresence(app, s.vehicles[i]);
    if (!first) first = app;
  }
  return first;
}

/// \return the first RSU, or null if there is none
Ptr<BacApplication> Scene::BuildBackhaul(const bac_plan_shard& s) {
  Ptr<BacApplication> first;
  if (s.rsu_count == 0) return first;
  Ptr<BacApplication> relay = BuildNode(s, s.mbs, BAC_NODE_MBS, nullptr);
  m_relays[s.roster.shard] = relay;
  for (uint32_t i = 0; i < s.rsu_count; i++) {
    Ptr<ConstantPositionMobilityModel> mobility = CreateObject<ConstantPositionMobilityModel>();
    mobility->SetPosition(Vector(s.rsus[i].x_m, s.rsus[i].y_m, RSU_HEIGHT_M));
    const Ptr<BacApplication> rsu = BuildNode(s, s.rsus[i].id, BAC_NODE_RSU, mobility);
    m_helper->Wire(rsu, relay);
    if (!first) first = rsu;
  }
  return first;
}

void Scene::PlanPresence(Ptr<BacApplication> app, uint32_t vehicle) {
  const uint32_t context = app->GetNode()->GetId();
  bac_time begin = 0;
  bac_time end = 0;
  for (bac_time from = 0; bac_plan_stay(m_plan.get(), vehicle, from, &begin, &end); from = end + 1) {
    if (begin > NODES_START_NS) {
      if (from == 0) { // the first: until then it is not there
        m_statistics->SetPresent(app->GetId(), false);
        m_interference->SetPresent(app->GetId(), false);
        Simulator::ScheduleWithContext(context, MilliSeconds(20), &BacHelper::SetOn, m_helper.get(), app, false);
        if (m_animation) m_animation->SetPresent(app->GetId(), false);
        app->SetStartTime(NanoSeconds(begin) + MilliSeconds(1));
      }
      Simulator::ScheduleWithContext(context, NanoSeconds(begin), &Scene::SetPresent, this, app, true);
    }
    const Time departure = NanoSeconds(end < m_end ? end : BAC_NEVER); // the run's end is nobody's
    Simulator::ScheduleWithContext(context, NanoSeconds(std::max<bac_time>(begin, 0)), &BacApplication::SetDeparture, app, departure);
    if (end < m_end) Simulator::ScheduleWithContext(context, NanoSeconds(end), &Scene::SetPresent, this, app, false);
  }
}

void Scene::SetPresent(Ptr<BacApplication> app, bool present) {
  NS_LOG_INFO("node " << app->GetId() << (present ? " arrives" : " leaves"));
  if (!present) app->Crash();
  present ? (void)m_absent.erase(app->GetId()) : (void)m_absent.insert(app->GetId());
  m_statistics->SetPresent(app->GetId(), present);
  m_interference->SetPresent(app->GetId(), present);
  m_helper->SetOn(app, present);
  if (m_animation) m_animation->SetPresent(app->GetId(), present);
  if (present) app->Restart();
}

/// Over the wire to the shard's RSUs and by air to its vehicles, like any other object. A shard without RSUs hears it over the base
/// station's own link, neither lost nor late and no part of the shard's channel.
void Scene::Announce() {
  const bac_time now = Simulator::Now().GetNanoSeconds();
  const auto where = [](void* plan, uint32_t ev, bac_motion* motion) {
    return bac_plan_motion(static_cast<bac_plan*>(plan), Simulator::Now().GetNanoSeconds(), ev, motion);
  };
  for (uint32_t shard = 0; shard < m_plan->shard_count; shard++) {
    size_t length;
    const uint8_t* bytes = bac_controller_announce(m_controller.get(), now, shard, where, m_plan.get(), &length);
    if (!bytes) continue;
    const auto relay = m_relays.find(shard);
    if (relay != m_relays.end()) {
      relay->second->Assign(bytes, length);
      continue;
    }
    for (const auto& [id, app] : m_evs)
      if (app->GetShard() == shard && app->IsRunning()) app->Assign(bytes, length);
  }
  Simulator::Schedule(NanoSeconds(m_announceInterval), &Scene::Announce, this);
}

void Scene::EpochBegins(uint32_t, const bac_effect& effect) { bac_controller_epoch(m_controller.get(), effect.epoch.roster); }

void Scene::HandedOver(uint32_t id, const bac_effect& effect) {
  NS_LOG_INFO("node " << id << " is handed over to shard " << effect.handover.shard);
  const Ptr<BacApplication> app = m_evs.at(id);
  app->SetReceivers(m_plan->shards[effect.handover.shard].everybody);
  m_helper->SetOn(app, false);
  Simulator::Schedule(RETUNING, &Scene::Retuned, this, app);
}

void Scene::Retuned(Ptr<BacApplication> app) {
  if (m_absent.count(app->GetId()) > 0) return; // it is off, and starts there when it is back
  m_helper->SetOn(app, true);
  app->Restart();
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
  text("election", bac_election_name(&m_config));
  count("early_claims", o.earlyClaims);
  text("attack", o.attack);
  const bool dos = o.attack == "dos";
  const bool sybil = o.attack == "sybil";
  text("attack_on", dos ? o.dos.on : "");
  real("attack_delay_s", dos ? o.dos.delay_s : NAN);
  real("attack_duration_s", dos ? o.dos.duration_s : NAN);
  real("attack_power_dbm", dos ? o.dos.eirp_dbm : NAN);
  text("sybil_units", sybil ? o.sybilUnits : "");
  count("sybil_identities", sybil ? o.identities : 0);
  text("radio", o.radio.radio);
  text("channels", o.radio.channels);
  text("access", o.radio.access);
  text("scenario", o.scenario.empty() ? m_trace->strings[m_trace->scenario] : o.scenario);
  text("trace_digest", digest);
  count("evs", o.evs);
  count("shards", o.shards);
  text("sharding", o.sharding);
  count("rsus", m_plan->rsu_count);
  count("churn", o.churn);
  count("epoch_blocks", o.churn ? o.epoch_blocks : 0);
  count("handover", m_controller != nullptr);
  count("seed", o.seed);
  real("begin_s", static_cast<double>(m_plan->begin_ns) * 1e-9);
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
  const bool byPair = BacHelper::IsByPair(o.radio);
  real("reference_loss_db", byPair ? NAN : o.radio.reference_loss_db);
  const auto list = [](const double* values, size_t n) {
    std::string all;
    for (size_t i = 0; i < n; i++) all += (i == 0 ? "" : " ") + BacCheck::Text(values[i]);
    return all;
  };
  const std::array<double, 3> exponents = BacHelper::ExponentsOf(o.radio);
  text("exponents", byPair ? "" : list(exponents.data(), o.radio.loss == "threelog" ? 3 : 1));
  text("loss_from_m", o.radio.loss == "threelog" ? list(o.radio.loss_from_m.data(), 3) : "");
  real("buildings", byPair ? static_cast<double>(bac_obstacles_count(m_obstacles.get())) : NAN);
  count("nakagami", o.radio.nakagami);
  text("nakagami_m", o.radio.nakagami ? list(o.radio.nakagami_m.data(), 3) : "");
  text("nakagami_from_m", o.radio.nakagami ? list(o.radio.nakagami_from_m.data(), 2) : "");
  text("error_model", o.radio.error_model);
  real("sensitivity_dbm", o.radio.sensitivity_dbm);
  real("cca_dbm", o.radio.cca_dbm);
  real("energy_detect_dbm", o.radio.energy_detect_dbm);
  real("preamble_dbm", o.radio.preamble_dbm);
  real("preamble_sinr_db", o.radio.preamble_sinr_db);
  real("noise_figure_db", o.radio.noise_figure_db);
  count("weak_signals", o.radio.weak_signals);
  text("mask", o.radio.mask);
  count("control_priority", o.radio.control_priority);
  count("vote_priority", o.radio.vote_priority);
  count("bulk_priority", o.radio.bulk_priority);
  static const char* const EDCA[] = {"edca_vo", "edca_vi", "edca_be", "edca_bk"};
  for (size_t a = 0; a < o.radio.edca.size(); a++) text(EDCA[a], list(o.radio.edca[a].data(), 3));
  real("wire_gbps", o.radio.wire_gbps);
  real("wire_delay_ms", o.radio.wire_delay_ms);
  m_interference->GetConfiguration(columns);
  return row;
}

BacRunResult Scene::GetResult() {
  BacRunResult result;
  if (m_animation) m_animation->Finish();
  result.columns = GetConfiguration();
  const BacRow measured = m_statistics->GetColumns();
  result.columns.insert(result.columns.end(), measured.begin(), measured.end());
  uint64_t jams = 0;
  Time jamming;
  for (const auto& attacker : m_attackers) {
    jams += attacker->GetJams();
    jamming += attacker->GetJamTime();
  }
  const bac_columns attack = BacColumnsOf(result.columns);
  bac_columns_count(&attack, "attacks", jams);
  bac_columns_real(&attack, "jam_airtime_s", jamming.GetSeconds());
  m_interference->GetColumns(m_statistics->GetAirtime(), attack);
  uint64_t own = 0;
  const std::vector<BacRow> blocks = m_statistics->GetBlocks();
  for (const BacRow& block : blocks)
    for (const BacColumn& column : block) own += column.first == "proposer" && m_identities.count(static_cast<uint32_t>(std::stoul(column.second))) > 0;
  const bool sybil = !m_identities.empty();
  bac_columns_real(&attack, "sybil_units_share", sybil ? static_cast<double>(m_identityUnits) / static_cast<double>(m_units) : NAN);
  bac_columns_real(&attack, "sybil_blocks_share", sybil && !blocks.empty() ? static_cast<double>(own) / static_cast<double>(blocks.size()) : NAN);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const bac_columns columns = BacColumnsOf(result.columns);
  bac_columns_count(&columns, "events", m_events);
  bac_columns_real(&columns, "wall_s", m_wall_s);
  bac_columns_real(&columns, "events_per_s", static_cast<double>(m_events) / m_wall_s);
  bac_columns_real(&columns, "peak_memory_mb", static_cast<double>(usage.ru_maxrss) / 1024);
  result.blocks = blocks;
  result.reputations = m_statistics->GetReputations();
  result.links = m_statistics->GetLinks();
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
