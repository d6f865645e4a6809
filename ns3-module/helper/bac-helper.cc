/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-helper.h"

#include "bac-channels.h"

#include "ns3/bac-alternating-scheduler.h"

#include "radio/medium.h"

#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/drop-tail-queue.h"
#include "ns3/frame-exchange-manager.h"
#include "ns3/log.h"
#include "ns3/ocb-wifi-mac.h"
#include "ns3/point-to-point-channel.h"
#include "ns3/point-to-point-net-device.h"
#include "ns3/pointer.h"
#include "ns3/propagation-delay-model.h"
#include "ns3/propagation-loss-model.h"
#include "ns3/qos-txop.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"
#include "ns3/wave-helper.h"
#include "ns3/wave-mac-helper.h"
#include "ns3/wifi-phy-state-helper.h"
#include "ns3/yans-wifi-helper.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacHelper");

namespace {

const std::vector<uint32_t> SERVICE = {SCH1, SCH2, SCH3, SCH4, SCH5, SCH6};

const std::vector<std::string> RATES = {"3", "4.5", "6", "9", "12", "18", "24", "27"};

std::string ModeName(double rate) {
  std::string name = RATES[BacCheck::Choice("rate (Mb/s)", BacCheck::Text(rate), RATES)];
  std::replace(name.begin(), name.end(), '.', '_');
  return "OfdmRate" + name + "MbpsBW10MHz";
}

/// Distance (m) beyond which the loss is greater for certain: both models grow with distance, and a metre makes up for rounding.
double ReachOf(const bac_loss_pieces& pieces, double loss_db) {
  double low = 0, high = 1;
  while (bac_loss_db(&pieces, high) <= loss_db && high < 1e9) high *= 2;
  for (int i = 0; i < 60; i++) (bac_loss_db(&pieces, (low + high) / 2) <= loss_db ? low : high) = (low + high) / 2;
  return high * 1.001 + 1;
}

/// YansWifiPhyHelper that makes a BacWavePhy.
class WavePhyHelper : public YansWifiPhyHelper {
 public:
  WavePhyHelper() { Factory(m_phy).SetTypeId(BacWavePhy::GetTypeId()); }

 private:
  static ObjectFactory& Factory(ObjectFactory& phy) { return phy; } // 3.35
  static ObjectFactory& Factory(std::vector<ObjectFactory>& phys) { return phys.at(0); }
};

/// \return what makes it alternate, or null
Ptr<BacAlternatingScheduler> ClockOf(Ptr<WaveNetDevice> device) { return DynamicCast<BacAlternatingScheduler>(device->GetChannelScheduler()); }

void StartChannel(Ptr<WaveNetDevice> device, uint32_t channel) {
  if (device->GetPhy(0)->IsStateOff()) { // its vehicle has left meanwhile
    Simulator::Schedule(MilliSeconds(10), &StartChannel, device, channel);
    return;
  }
  if (Ptr<BacAlternatingScheduler> clock = ClockOf(device)) clock->Wake(); // a PHY that sleeps is not tuned
  device->StartSch(SchInfo(channel, true, EXTENDED_CONTINUOUS));
  if (Ptr<BacAlternatingScheduler> clock = ClockOf(device)) clock->Settle();
}

} // namespace

std::string BacCheck::Text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

void BacCheck::Range(const std::string& option, double value, double low, double high) {
  if (!(value >= low && value <= high))
    throw std::runtime_error(option + " is " + Text(value) + ": give a value from " + Text(low) + " to " + Text(high));
}

uint32_t BacCheck::Choice(const std::string& option, const std::string& value, const std::vector<std::string>& names) {
  std::string all;
  for (uint32_t i = 0; i < names.size(); i++) {
    if (names[i] == value) return i;
    all += (i == 0 ? "" : i + 1 < names.size() ? ", " : " or ") + names[i];
  }
  throw std::runtime_error(option + " is \"" + value + "\": give " + all);
}

namespace {

constexpr double HALF_DB = -3.0102999566398120; // of 10 MHz against 20, by which ns-3's PHY scales two of its thresholds

void CheckThresholds(const BacRadioOptions& o) {
  BacCheck::Range("sensitivity (dBm)", o.sensitivity_dbm, -114, 0);
  BacCheck::Range("CCA threshold (dBm)", o.cca_dbm, -110, 0);
  BacCheck::Range("energy detection threshold (dBm)", o.energy_detect_dbm, -110, 0);
  BacCheck::Range("preamble threshold (dBm)", o.preamble_dbm, -110, 0);
  BacCheck::Range("preamble SINR (dB)", o.preamble_sinr_db, -20, 60);
  for (const double m : o.nakagami_m) BacCheck::Range("Nakagami m", m, 0.1, 100);
  BacCheck::Range("Nakagami distance (m)", o.nakagami_from_m[0], 0, 1e6);
  BacCheck::Range("Nakagami distance, not before the first (m),", o.nakagami_from_m[1], o.nakagami_from_m[0], 1e6);
  for (const double exponent : o.exponents) BacCheck::Range("loss exponent", exponent, 0, 20);
  BacCheck::Range("loss distance (m)", o.loss_from_m[0], 0.001, 1e6);
  for (int i = 1; i < 3; i++) BacCheck::Range("loss distance, not before the one before (m),", o.loss_from_m[i], o.loss_from_m[i - 1], 1e6);
}

Ptr<PropagationLossModel> NakagamiOf(const BacRadioOptions& options) {
  Ptr<PropagationLossModel> fading = CreateObject<NakagamiPropagationLossModel>();
  fading->SetAttribute("m0", DoubleValue(options.nakagami_m[0]));
  fading->SetAttribute("m1", DoubleValue(options.nakagami_m[1]));
  fading->SetAttribute("m2", DoubleValue(options.nakagami_m[2]));
  fading->SetAttribute("Distance1", DoubleValue(options.nakagami_from_m[0]));
  fading->SetAttribute("Distance2", DoubleValue(options.nakagami_from_m[1]));
  return fading;
}

} // namespace

BacHelper::BacHelper(const BacRadioOptions& options)
    : m_options(options),
      m_mode(ModeName(options.rate_mbps)),
      m_channel(options.unculled ? CreateObject<YansWifiChannel>() : Ptr<YansWifiChannel>(CreateObject<BacWaveChannel>())),
      m_wave(DynamicCast<BacWaveChannel>(m_channel)),
      m_channels(SERVICE) {
  BacCheck::Range("EIRP (dBm)", options.eirp_dbm, -50, 44.8);
  CheckThresholds(options);
  BacCheck::Range("noise figure (dB)", options.noise_figure_db, 0, 50);
  BacCheck::Range("reference loss (dB)", options.reference_loss_db, 0, 200);
  BacCheck::Range("wire rate (Gb/s)", options.wire_gbps, 0.001, 1000);
  BacCheck::Range("wire delay (ms)", options.wire_delay_ms, 0, 10000);
  BacCheck::Range("control priority", options.control_priority, 0, 7);
  BacCheck::Range("vote priority", options.vote_priority, 0, 7);
  BacCheck::Range("bulk priority", options.bulk_priority, 0, 7);
  BacCheck::Choice("error model", options.error_model, {"nist", "table"});
  if (BacCheck::Choice("radio", options.radio, {"wave", "fast"}) == 1 && options.error_model != "nist")
    throw std::runtime_error("error model is \"" + options.error_model + "\" with the fast radio: give nist");
  BacCheck::Choice("mask", options.mask, Masks());
  BacCheck::Choice("loss model", options.loss, Losses());
  if (BacCheck::Choice("access", options.access, Accesses()) == 1 && options.unculled) throw std::runtime_error("access is \"alternating\" on ns-3's own channel: give continuous");
  static const char* const NAMES[] = {"VO", "VI", "BE", "BK"}; // in the order of bac_access
  for (size_t a = 0; a < options.edca.size(); a++)
    for (const double value : options.edca[a])
      if (!(value >= 0 && value <= 32767) || value != std::floor(value))
        throw std::runtime_error(std::string("EDCA of ") + NAMES[a] + " is " + BacCheck::Text(options.edca[a][0]) + ", " + BacCheck::Text(options.edca[a][1]) + ", " +
                                 BacCheck::Text(options.edca[a][2]) + ": give whole numbers from 0 to 32767");
  char why[160];
  const bac_medium_config medium = MediumOf(options, 1);
  if (bac_medium_check(&medium, why, sizeof why) != BAC_OK) throw std::runtime_error(why);
  const Ptr<PropagationLossModel> loss = MakeLoss();
  if (options.nakagami) loss->SetNext(NakagamiOf(options));
  m_channel->SetPropagationLossModel(loss);
  m_channel->SetPropagationDelayModel(CreateObject<ConstantSpeedPropagationDelayModel>());
  if (!m_wave) return;
  m_wave->SetAttribute("WeakSignals", BooleanValue(options.weak_signals));
  m_wave->SetAttribute("DetectionThreshold", DoubleValue(options.preamble_dbm));
  m_wave->SetMask(BacCheck::Choice("mask", options.mask, Masks()));
  if (m_byPair) return; // shadowing has no bound
  const bac_loss_config config = LossOf(options);
  const bac_loss_pieces pieces = bac_loss_pieces_of(&config);
  m_wave->SetReach([pieces](double loss_db) { return ReachOf(pieces, loss_db); }, options.nakagami);
}

Ptr<PropagationLossModel> BacHelper::MakeLoss() {
  if (IsByPair(m_options)) {
    m_byPair = CreateObject<BacV2vLossModel>();
    m_byPair->Configure(m_options.loss == "tr37885-urban", RngSeedManager::GetRun());
    return m_byPair;
  }
  const std::array<double, 3> exponents = ExponentsOf(m_options);
  Ptr<PropagationLossModel> loss;
  if (m_options.loss == "threelog") {
    loss = CreateObject<ThreeLogDistancePropagationLossModel>();
    loss->SetAttribute("Distance0", DoubleValue(m_options.loss_from_m[0]));
    loss->SetAttribute("Distance1", DoubleValue(m_options.loss_from_m[1]));
    loss->SetAttribute("Distance2", DoubleValue(m_options.loss_from_m[2]));
    loss->SetAttribute("Exponent0", DoubleValue(exponents[0]));
    loss->SetAttribute("Exponent1", DoubleValue(exponents[1]));
    loss->SetAttribute("Exponent2", DoubleValue(exponents[2]));
  } else {
    loss = CreateObject<LogDistancePropagationLossModel>();
    loss->SetAttribute("Exponent", DoubleValue(exponents[0]));
  }
  loss->SetAttribute("ReferenceLoss", DoubleValue(m_options.reference_loss_db));
  return loss;
}

void BacHelper::SetObstacles(const bac_obstacles* obstacles) {
  m_obstacles = obstacles;
  if (m_byPair) m_byPair->SetObstacles(obstacles);
}

const std::vector<std::string>& BacHelper::Losses() {
  static const std::vector<std::string> names = {"threelog", "logdistance", "tr37885-urban", "tr37885-highway"};
  return names;
}

const std::vector<std::string>& BacHelper::Accesses() {
  static const std::vector<std::string> names = {"continuous", "alternating"};
  return names;
}

const std::vector<std::string>& BacHelper::Masks() {
  static const std::vector<std::string> names = {"A", "B", "C", "D"}; // in the order of bac_mask
  return names;
}

uint32_t BacHelper::ServiceChannel(uint32_t index) {
  BacCheck::Range("service channel", index, 0, SERVICE_CHANNELS - 1);
  return SERVICE[index];
}

uint32_t BacHelper::ChannelOf(uint32_t shard) const {
  BacCheck::Range("shard", shard, 0, static_cast<double>(m_channels.size()) - 1);
  return m_channels[shard];
}

std::vector<uint32_t> BacHelper::ChannelsOf(uint32_t shard, uint32_t shards) const {
  std::vector<uint32_t> channels = {ChannelOf(shard)};
  for (uint32_t s = 0; s < shards; s++)
    if (std::find(channels.begin(), channels.end(), ChannelOf(s)) == channels.end()) channels.push_back(ChannelOf(s));
  return channels;
}

std::array<double, 3> BacHelper::ExponentsOf(const BacRadioOptions& options) {
  const bac_loss_config own = bac_loss_default(options.loss == "threelog" ? BAC_LOSS_THREE_LOG : BAC_LOSS_LOG_DISTANCE);
  std::array<double, 3> exponents = options.exponents;
  for (int i = 0; i < 3; i++)
    if (exponents[i] == 0) exponents[i] = own.exponent[i];
  return exponents;
}

double BacHelper::GetMeanLoss(double distance_m) const {
  const bac_loss_config config = LossOf(m_options);
  const bac_loss_pieces pieces = bac_loss_pieces_of(&config);
  return bac_loss_db(&pieces, distance_m);
}

bac_loss_config BacHelper::LossOf(const BacRadioOptions& options) {
  static const bac_loss MODELS[] = {BAC_LOSS_THREE_LOG, BAC_LOSS_LOG_DISTANCE, BAC_LOSS_V2V_URBAN, BAC_LOSS_V2V_HIGHWAY}; // in the order of Losses()
  bac_loss_config config = bac_loss_default(MODELS[BacCheck::Choice("loss model", options.loss, Losses())]);
  config.reference_loss_db = options.reference_loss_db;
  if (IsByPair(options)) return config;
  const std::array<double, 3> exponents = ExponentsOf(options);
  const int pieces = config.model == BAC_LOSS_THREE_LOG ? 3 : 1;
  for (int i = 0; i < pieces; i++) config.exponent[i] = exponents[i];
  for (int i = 0; i < pieces && pieces == 3; i++) config.distance_m[i] = options.loss_from_m[i];
  return config;
}

bac_medium_config BacHelper::MediumOf(const BacRadioOptions& options, uint64_t seed) {
  bac_medium_config config = bac_medium_default();
  config.seed = seed;
  config.loss = LossOf(options);
  config.mask = static_cast<bac_mask>(BacCheck::Choice("mask", options.mask, Masks()));
  config.nakagami = options.nakagami;
  for (int i = 0; i < 3; i++) config.nakagami_m[i] = options.nakagami_m[i];
  for (int i = 0; i < 2; i++) config.nakagami_from_m[i] = options.nakagami_from_m[i];
  config.floor_dbm = options.sensitivity_dbm + HALF_DB;
  config.sense_dbm = options.cca_dbm + HALF_DB;
  config.energy_detect_dbm = options.energy_detect_dbm;
  config.preamble_sinr_db = options.preamble_sinr_db;
  config.eirp_dbm = options.eirp_dbm;
  config.preamble_dbm = options.preamble_dbm;
  config.noise_figure_db = options.noise_figure_db;
  config.weak_signals = options.weak_signals;
  for (int a = 0; a < BAC_ACS; a++)
    config.edca[a] = {static_cast<uint32_t>(options.edca[a][0]), static_cast<uint32_t>(options.edca[a][1]), static_cast<uint32_t>(options.edca[a][2])};
  return config;
}

void BacHelper::Configure(WifiPhyHelper& phy) const {
  phy.SetErrorRateModel(m_options.error_model == "nist" ? "ns3::NistErrorRateModel" : "ns3::TableBasedErrorRateModel");
  phy.Set("TxPowerStart", DoubleValue(m_options.eirp_dbm));
  phy.Set("TxPowerEnd", DoubleValue(m_options.eirp_dbm));
  phy.Set("RxNoiseFigure", DoubleValue(m_options.noise_figure_db));
  const BacRadioOptions usual;
  if (m_options.sensitivity_dbm != usual.sensitivity_dbm) phy.Set("RxSensitivity", DoubleValue(m_options.sensitivity_dbm));
  if (m_options.cca_dbm != usual.cca_dbm) phy.Set("CcaSensitivity", DoubleValue(m_options.cca_dbm)); // 3.35 has none
  if (m_options.energy_detect_dbm != usual.energy_detect_dbm) phy.Set("CcaEdThreshold", DoubleValue(m_options.energy_detect_dbm));
  phy.SetPreambleDetectionModel("ns3::BacPreambleDetection", "MinimumRssi", DoubleValue(m_options.preamble_dbm), "Threshold", DoubleValue(m_options.preamble_sinr_db));
}

Ptr<WaveNetDevice> BacHelper::InstallRadio(Ptr<Node> node, uint32_t id, uint32_t shard, uint32_t shards) {
  Ptr<WaveNetDevice> device = InstallWave(node, id, ChannelsOf(shard, shards));
  Alternate(device, ChannelOf(shard));
  return device;
}

Ptr<WaveNetDevice> BacHelper::InstallRadio(const WifiPhyHelper& phy, Ptr<Node> node, uint32_t id, uint32_t shard, uint32_t shards) {
  return Install80211p(phy, node, id, ChannelsOf(shard, shards));
}

Ptr<NetDevice> BacHelper::InstallRadioOn(Ptr<Node> node, uint32_t id, const std::vector<uint32_t>& channels) {
  if (IsFast()) return InstallFast(node, id, channels[0]);
  return InstallWave(node, id, channels);
}

Ptr<WaveNetDevice> BacHelper::InstallWave(Ptr<Node> node, uint32_t id, const std::vector<uint32_t>& channels) {
  YansWifiPhyHelper stock;
  WavePhyHelper culled;
  YansWifiPhyHelper& phy = m_wave ? culled : stock;
  phy.SetChannel(m_channel);
  Configure(phy);
  Ptr<WaveNetDevice> device = Install80211p(phy, node, id, channels);
  if (m_wave) m_wave->Join(DynamicCast<BacWavePhy>(device->GetPhy(0)));
  return device;
}

Ptr<WaveNetDevice> BacHelper::Install80211p(const WifiPhyHelper& phy, Ptr<Node> node, uint32_t id, const std::vector<uint32_t>& tunable) {
  const uint32_t channel = tunable[0];
  std::vector<uint32_t> channels = {CCH}; // of these it has a MAC each
  for (const uint32_t c : tunable)
    if (c != CCH) channels.push_back(c);

  // Continuous access takes the rate from the station manager and ignores that of TxInfo.
  WaveHelper wave;
  wave.CreateMacForChannel(channels);
  wave.CreatePhys(1);
  wave.SetChannelScheduler(m_options.access == "alternating" ? "ns3::BacAlternatingScheduler" : "ns3::DefaultChannelScheduler");
  wave.SetRemoteStationManager("ns3::ConstantRateWifiManager", "DataMode", StringValue(m_mode), "ControlMode",
                               StringValue("OfdmRate6MbpsBW10MHz"), "NonUnicastMode", StringValue(m_mode));
  NetDeviceContainer devices = wave.Install(phy, QosWaveMacHelper::Default(), NodeContainer(node));
  Ptr<WaveNetDevice> device = DynamicCast<WaveNetDevice>(devices.Get(0));
  // SetAddress does not reach the frame exchange managers of 3.37, and without them no unicast frame is received.
  device->SetAddress(BacApplication::AddressOf(id));
  for (const auto& [number, mac] : device->GetMacs()) mac->GetFrameExchangeManager()->SetAddress(BacApplication::AddressOf(id));
  SetEdca(device);
  const Time start = std::max(Seconds(0), MilliSeconds(10) - Simulator::Now());
  if (channel != CCH) Simulator::ScheduleWithContext(node->GetId(), start, &StartChannel, device, channel); // the CCH is open by itself
  m_devices.push_back(device);
  return device;
}

void BacHelper::SetEdca(Ptr<WaveNetDevice> device) const {
  for (size_t a = 0; a < m_options.edca.size(); a++) {
    if (m_options.edca[a] == BacRadioOptions().edca[a]) continue;
    for (const auto& [number, mac] : device->GetMacs()) {
      const Ptr<QosTxop> txop = BacMacPacer::TxopsOf(mac)[a];
      txop->SetAifsn(static_cast<uint8_t>(m_options.edca[a][0]));
      txop->SetMinCw(static_cast<uint32_t>(m_options.edca[a][1]));
      txop->SetMaxCw(static_cast<uint32_t>(m_options.edca[a][2]));
    }
  }
}

Ptr<BacFastNetDevice> BacHelper::InstallFastRadio(Ptr<Node> node, uint32_t id, uint32_t shard) {
  Ptr<BacFastNetDevice> device = InstallFast(node, id, ChannelOf(shard));
  Alternate(device, ChannelOf(shard));
  return device;
}

void BacHelper::Alternate(Ptr<NetDevice> radio, uint32_t channel) const {
  if (m_options.access != "alternating") return;
  const bool control = channel == BacChannels::CONTROL;
  if (Ptr<BacFastNetDevice> fast = DynamicCast<BacFastNetDevice>(radio))
    fast->GetMedium()->Alternate(fast->GetStation(), control);
  else
    ClockOf(DynamicCast<WaveNetDevice>(radio))->Alternate(control);
}

Ptr<BacFastNetDevice> BacHelper::InstallFast(Ptr<Node> node, uint32_t id, uint32_t channel) {
  if (!m_fast) {
    bac_medium_config config = MediumOf(m_options, RngSeedManager::GetRun());
    config.obstacles = m_obstacles;
    m_fast = CreateObject<BacFastChannel>();
    m_fast->Configure(config);
  }
  Ptr<BacFastNetDevice> device = CreateObject<BacFastNetDevice>();
  device->SetAddress(BacApplication::AddressOf(id));
  node->AddDevice(device);
  m_fast->Add(device, channel);
  return device;
}

Ptr<BacApplication> BacHelper::Install(Ptr<Node> node, const bac_node_config& config, const std::string& costModel,
                                       Ptr<NetDevice> radio, uint32_t shard) {
  Ptr<BacApplication> app = CreateObject<BacApplication>();
  app->SetAttribute("CostModel", StringValue(costModel));
  app->SetAttribute("ControlPriority", UintegerValue(m_options.control_priority));
  app->SetAttribute("VotePriority", UintegerValue(m_options.vote_priority));
  app->SetAttribute("BulkPriority", UintegerValue(m_options.bulk_priority));
  node->AddApplication(app);
  app->SetNodeConfig(config);
  if (Ptr<BacFastNetDevice> fast = DynamicCast<BacFastNetDevice>(radio))
    app->SetFastRadio(fast, ChannelOf(shard), GetRate());
  else if (radio)
    app->SetRadio(DynamicCast<WaveNetDevice>(radio), ChannelOf(shard), GetMode());
  return app;
}

void BacHelper::InstallControlRadio(Ptr<BacApplication> app, Ptr<Node> node) {
  Ptr<NetDevice> radio = InstallRadioOn(node, app->GetId() + BacApplication::CONTROL_ADDRESSES, {BacChannels::CONTROL});
  Alternate(radio, BacChannels::CONTROL);
  app->SetControlRadio(radio, BacChannels::CONTROL);
}

void BacHelper::Wire(Ptr<BacApplication> rsu, Ptr<BacApplication> mbs) const {
  Ptr<PointToPointChannel> channel = CreateObject<PointToPointChannel>();
  channel->SetAttribute("Delay", TimeValue(NanoSeconds(static_cast<int64_t>(m_options.wire_delay_ms * 1e6))));
  const Ptr<BacApplication> ends[2] = {rsu, mbs};
  for (size_t i = 0; i < 2; i++) {
    Ptr<PointToPointNetDevice> device = CreateObject<PointToPointNetDevice>();
    device->SetDataRate(DataRate(static_cast<uint64_t>(m_options.wire_gbps * 1e9)));
    Ptr<DropTailQueue<Packet>> queue = CreateObject<DropTailQueue<Packet>>();
    queue->SetMaxSize(QueueSize("10000p"));
    device->SetQueue(queue);
    device->SetAddress(BacApplication::AddressOf(ends[i]->GetId()));
    ends[i]->GetNode()->AddDevice(device);
    device->Attach(channel);
    ends[i]->AddWire(ends[1 - i]->GetId(), device);
  }
}

void BacHelper::SetRadioOn(Ptr<WaveNetDevice> device, bool on) {
  Ptr<WifiPhy> phy = device->GetPhy(0);
  Ptr<BacAlternatingScheduler> clock = ClockOf(device);
  if (on) {
    phy->ResumeFromOff();
    if (clock) clock->Settle();
    return;
  }
  if (phy->IsStateOff()) return; // ns-3.37 switches no PHY off twice, nor one that sleeps
  if (clock) clock->Wake();
  // ns-3.37 dereferences null when the PHY goes off in the midst of a transmission.
  PointerValue state;
  phy->GetAttribute("State", state);
  Ptr<WifiPhyStateHelper> helper = state.Get<WifiPhyStateHelper>();
  if (helper->IsStateTx() || helper->IsStateSwitching()) {
    Simulator::Schedule(helper->GetDelayUntilIdle() + MicroSeconds(1), &BacHelper::SetRadioOn, device, false);
    return;
  }
  phy->SetOffMode();
}

void BacHelper::Capture(Ptr<WaveNetDevice> device, const std::string& file) {
  YansWavePhyHelper phy;
  phy.SetPcapDataLinkType(WifiPhyHelper::DLT_IEEE802_11_RADIO);
  phy.EnablePcap(file, device, false, true);
}

bool BacHelper::IsOn(Ptr<NetDevice> radio) {
  if (Ptr<BacFastNetDevice> fast = DynamicCast<BacFastNetDevice>(radio)) return fast->GetMedium()->IsOn(fast->GetStation());
  return !DynamicCast<WaveNetDevice>(radio)->GetPhy(0)->IsStateOff();
}

void BacHelper::SetDeviceOn(Ptr<NetDevice> radio, bool on) {
  if (Ptr<BacFastNetDevice> fast = DynamicCast<BacFastNetDevice>(radio))
    fast->GetMedium()->SetOn(fast->GetStation(), on);
  else
    SetRadioOn(DynamicCast<WaveNetDevice>(radio), on);
}

void BacHelper::SetOn(Ptr<BacApplication> app, bool on) const {
  if (app->GetControlRadio()) SetDeviceOn(app->GetControlRadio(), on);
  if (app->GetControlFastRadio()) SetDeviceOn(app->GetControlFastRadio(), on);
  const uint32_t before = app->GetChannel(), channel = ChannelOf(app->GetShard());
  const bool tune = on && channel != before;
  if (Ptr<BacFastNetDevice> fast = app->GetFastRadio()) {
    if (tune) fast->GetMedium()->Tune(fast->GetStation(), channel);
    fast->GetMedium()->SetOn(fast->GetStation(), on);
  } else {
    SetRadioOn(app->GetRadio(), on);
    if (tune) { // by way of the CCH: ns-3.37 refuses a switch in the midst of another
      if (Ptr<BacAlternatingScheduler> clock = ClockOf(app->GetRadio())) clock->Wake();
      app->GetRadio()->StopSch(before);
      Simulator::Schedule(MilliSeconds(1), &StartChannel, app->GetRadio(), channel);
    }
  }
  if (tune) app->SetChannel(channel);
}

int64_t BacHelper::AssignStreams(int64_t stream) {
  const int64_t begin = stream;
  stream += m_channel->AssignStreams(stream);
  // WaveHelper::AssignStreams of 3.37 dereferences the Txop that a QoS MAC lacks.
  for (const Ptr<WaveNetDevice>& device : m_devices) {
    stream += device->GetPhy(0)->AssignStreams(stream);
    if (Ptr<BacAlternatingScheduler> clock = ClockOf(device)) stream += clock->AssignStreams(stream);
    for (const auto& [channel, mac] : device->GetMacs())
      for (const Ptr<QosTxop>& txop : BacMacPacer::TxopsOf(mac)) stream += txop->AssignStreams(stream);
  }
  return stream - begin;
}

} // namespace ns3
