/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-attacker.h"

#include "bac-channels.h"

#include "sim/attacker.h"

#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/simulator.h"
#include "ns3/wifi-phy-state-helper.h"
#include "ns3/wifi-phy.h"
#include "ns3/wifi-psdu.h"

#include <cmath>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacAttacker");

void BacAttacker::Check(const BacDosOptions& options) {
  BacCheck::Choice("attack on", options.on, {"block", "claim", "schedule"});
  BacCheck::Range("attack delay (s)", options.delay_s, 0, 3600);
  BacCheck::Range("attack duration (s)", options.duration_s, 0.001, 3600);
  BacCheck::Range("attack power (dBm)", options.eirp_dbm, -50, 44.8);
}

BacAttacker::BacAttacker(BacHelper& helper, const BacDosOptions& options, uint32_t shard, uint32_t id, const std::string& election, bool control)
    : m_options(options),
      m_election(election),
      m_attacker(nullptr, &bac_attacker_free),
      m_shadow(CreateObject<BacBesideMobility>()),
      m_controlShadow(CreateObject<BacBesideMobility>()),
      m_jammer(helper, id, helper.ChannelOf(shard), options.eirp_dbm, m_shadow),
      m_shard(shard) {
  Check(options);
  const bac_attack attack{static_cast<bac_attack_on>(BacCheck::Choice("attack on", options.on, {"block", "claim", "schedule"})),
                          static_cast<bac_time>(std::llround(options.delay_s * 1e9)), static_cast<bac_time>(std::llround(options.duration_s * 1e9))};
  m_attacker.reset(bac_attacker_new(&attack));
  if (control) m_control = std::make_unique<BacJammer>(helper, id + BacApplication::CONTROL_ADDRESSES, BacChannels::CONTROL, options.eirp_dbm, m_controlShadow);
}

BacAttacker::~BacAttacker() = default;

void BacAttacker::Watch(Ptr<BacApplication> app) {
  m_members[app->GetId()] = app;
  app->TraceConnectWithoutContext("FrameTx", MakeCallback(&BacAttacker::FrameTx, this));
  app->TraceConnectWithoutContext("Role", MakeCallback(&BacAttacker::Role, this));
  Listen(app->GetRadio(), app->GetFastRadio());
  if (m_control) Listen(app->GetControlRadio(), app->GetControlFastRadio());
}

void BacAttacker::Listen(Ptr<WaveNetDevice> wave, Ptr<BacFastNetDevice> fast) {
  if (fast)
    fast->TraceConnectWithoutContext("TxBegin", MakeBoundCallback(&BacAttacker::FastTx, this));
  else
    wave->GetPhy(0)->TraceConnectWithoutContext("PhyTxPsduBegin", MakeBoundCallback(&BacAttacker::WaveTx, this));
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
  m_shadow->SetTarget(m_members.at(target)->GetNode()->GetObject<MobilityModel>());
  m_jammer.Moved();
  m_jams++;
  m_jammer.JamUntil(until);
  if (!m_control) return;
  m_controlShadow->SetTarget(m_members.at(target)->GetNode()->GetObject<MobilityModel>());
  m_control->Moved();
  m_control->JamUntil(until);
}

} // namespace ns3
