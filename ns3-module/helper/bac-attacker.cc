/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-attacker.h"

#include "radio/airtime.h"
#include "radio/medium.h"
#include "sim/attacker.h"

#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/simulator.h"
#include "ns3/wifi-mac-header.h"
#include "ns3/wifi-phy-state-helper.h"
#include "ns3/wifi-phy.h"
#include "ns3/wifi-psdu.h"

#include <cmath>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacAttacker");

namespace {

constexpr uint32_t JAM_BYTES = 2000; // 5.4 ms at 3 Mb/s
constexpr double BESIDE_M = 5;
const Time GAP = MicroSeconds(1); // between two frames: no receiver's channel is idle for as long as it takes to begin one

} // namespace

/// Beside another node.
class BacAttacker::Shadow : public MobilityModel {
 public:
  Ptr<MobilityModel> m_target; ///< whom, or null: far away from everybody

 private:
  Vector DoGetPosition() const override {
    const Vector at = m_target ? m_target->GetPosition() : Vector(-1e6, -1e6, 0);
    return Vector(at.x + BESIDE_M, at.y, at.z);
  }
  void DoSetPosition(const Vector& /* position */) override {}
  Vector DoGetVelocity() const override { return m_target ? m_target->GetVelocity() : Vector(); }
};

void BacAttacker::Check(const BacDosOptions& options) {
  BacCheck::Choice("attack on", options.on, {"block", "claim", "schedule"});
  BacCheck::Range("attack delay (s)", options.delay_s, 0, 3600);
  BacCheck::Range("attack duration (s)", options.duration_s, 0.001, 3600);
  BacCheck::Range("attack power (dBm)", options.eirp_dbm, -50, 44.8);
}

BacAttacker::BacAttacker(BacHelper& helper, const BacDosOptions& options, uint32_t shard, uint32_t id, bool fast, const std::string& election)
    : m_options(options), m_election(election), m_attacker(nullptr, &bac_attacker_free), m_shadow(CreateObject<Shadow>()), m_shard(shard) {
  Check(options);
  const bac_attack attack{static_cast<bac_attack_on>(BacCheck::Choice("attack on", options.on, {"block", "claim", "schedule"})),
                          static_cast<bac_time>(std::llround(options.delay_s * 1e9)), static_cast<bac_time>(std::llround(options.duration_s * 1e9))};
  m_attacker.reset(bac_attacker_new(&attack));
  Ptr<Node> node = CreateObject<Node>();
  node->AggregateObject(m_shadow);
  if (fast) {
    m_fast = helper.InstallFastRadio(node, id, shard);
    m_fast->GetMedium()->SetPower(m_fast->GetStation(), options.eirp_dbm);
  } else {
    m_wave = helper.InstallRadio(node, id, shard);
    m_wave->GetPhy(0)->SetTxPowerStart(options.eirp_dbm);
    m_wave->GetPhy(0)->SetTxPowerEnd(options.eirp_dbm);
  }
}

BacAttacker::~BacAttacker() { m_next.Cancel(); }

void BacAttacker::Watch(Ptr<BacApplication> app) {
  m_members[app->GetId()] = app;
  app->TraceConnectWithoutContext("FrameTx", MakeCallback(&BacAttacker::FrameTx, this));
  app->TraceConnectWithoutContext("Role", MakeCallback(&BacAttacker::Role, this));
  if (Ptr<BacFastNetDevice> fast = app->GetFastRadio())
    fast->TraceConnectWithoutContext("TxBegin", MakeBoundCallback(&BacAttacker::FastTx, this));
  else
    app->GetRadio()->GetPhy(0)->TraceConnectWithoutContext("PhyTxPsduBegin", MakeBoundCallback(&BacAttacker::WaveTx, this));
}

void BacAttacker::FrameTx(uint32_t id, const bac_effect& effect, uint64_t uid) {
  if (effect.frame.port != 0 || m_members.at(id)->GetShard() != m_shard) return;
  bac_overheard heard[8];
  const size_t count = bac_overhear(effect.frame.bytes, effect.frame.length, heard, 8);
  if (count > 0) m_waiting[uid].assign(heard, heard + count);
}

void BacAttacker::WaveTx(BacAttacker* self, WifiConstPsduMap psdus, WifiTxVector vector, double /* watt */) {
  const WifiPsdu& psdu = *psdus.begin()->second;
  if (psdu.GetHeader(0).IsData())
    self->OnAir(psdu.GetPayload(0)->GetUid(), WifiPhy::CalculateTxDuration(psdu.GetSize(), vector, WIFI_PHY_BAND_5GHZ));
}

void BacAttacker::FastTx(BacAttacker* self, uint64_t uid, uint32_t /* bytes */, Time duration) { self->OnAir(uid, duration); }

void BacAttacker::OnAir(uint64_t uid, Time duration) {
  if (m_waiting.count(uid) > 0) Simulator::Schedule(duration, &BacAttacker::Heard, this, uid);
}

void BacAttacker::Heard(uint64_t uid) {
  const auto found = m_waiting.find(uid);
  if (found == m_waiting.end()) return;
  const std::vector<bac_overheard> said = std::move(found->second);
  m_waiting.erase(found);
  bac_jam jam;
  for (const bac_overheard& heard : said)
    if (bac_attacker_hears(m_attacker.get(), Simulator::Now().GetNanoSeconds(), &heard, &jam))
      Simulator::Schedule(NanoSeconds(jam.from) - Simulator::Now(), &BacAttacker::Start, this, jam.target, NanoSeconds(jam.until));
}

void BacAttacker::Role(uint32_t id, const bac_effect& effect) {
  if (m_members.at(id)->GetShard() != m_shard) return;
  bac_jam jam;
  if (bac_attacker_effect(m_attacker.get(), Simulator::Now().GetNanoSeconds(), m_election.c_str(), id, &effect, &jam))
    Simulator::Schedule(NanoSeconds(jam.from) - Simulator::Now(), &BacAttacker::Start, this, jam.target, NanoSeconds(jam.until));
}

void BacAttacker::Start(uint32_t target, Time until) {
  NS_LOG_INFO("jams node " << target << " until " << until.GetSeconds() << " s");
  m_shadow->m_target = m_members.at(target)->GetNode()->GetObject<MobilityModel>();
  if (m_fast) m_fast->GetMedium()->Moved(m_fast->GetStation());
  m_until = until;
  m_jams++;
  if (!m_next.IsRunning()) Jam(); // else the frame on the air ends first
}

void BacAttacker::Jam() {
  if (Simulator::Now() >= m_until) return;
  Time duration = NanoSeconds(bac_air_duration(JAM_BYTES, BAC_MODE_3));
  if (m_fast) {
    m_fast->GetMedium()->Jam(m_fast->GetStation(), JAM_BYTES);
  } else {
    WifiMacHeader header(WIFI_MAC_DATA);
    header.SetAddr1(Mac48Address("02:00:00:ff:ff:ff")); // nobody's: whoever decodes it drops it
    header.SetAddr2(Mac48Address::ConvertFrom(m_wave->GetAddress()));
    header.SetAddr3(header.GetAddr1());
    header.SetDsNotFrom();
    header.SetDsNotTo();
    Ptr<Packet> packet = Create<Packet>(JAM_BYTES - header.GetSerializedSize() - 4); // FCS
    WifiTxVector vector;
    vector.SetMode(WifiMode("OfdmRate3MbpsBW10MHz"));
    vector.SetPreambleType(WIFI_PREAMBLE_LONG);
    vector.SetChannelWidth(10);
    vector.SetNss(1);
    vector.SetTxPowerLevel(0);
    Ptr<WifiPhy> phy = m_wave->GetPhy(0);
    if (!phy->IsStateTx() && !phy->IsStateSwitching() && !phy->IsStateOff()) phy->Send(Create<WifiPsdu>(packet, header), vector);
  }
  m_jamTime += duration;
  m_next = Simulator::Schedule(duration + GAP, &BacAttacker::Jam, this);
}

} // namespace ns3
