/* SPDX-License-Identifier: GPL-2.0-only */
#include "spectrum.h"

#include <cmath>

#include "radio/channel_plan.h"
#include "script.h"

#include "ns3/double.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/multi-model-spectrum-channel.h"
#include "ns3/pointer.h"
#include "ns3/propagation-delay-model.h"
#include "ns3/propagation-loss-model.h"
#include "ns3/simulator.h"
#include "ns3/spectrum-wifi-phy.h"

namespace {

/// ns-3.37's own asks for energy in a band of 20 MHz, which at 10 MHz is none of its bands, and goes deaf.
class SpectrumPhy : public ns3::SpectrumWifiPhy {
 public:
  static ns3::TypeId GetTypeId() {
    static ns3::TypeId tid = ns3::TypeId("bac::SpectrumPhy").SetParent<ns3::SpectrumWifiPhy>().AddConstructor<SpectrumPhy>();
    return tid;
  }

 protected:
  ns3::WifiSpectrumBand GetBand(uint16_t width, uint8_t index) override {
    return ns3::SpectrumWifiPhy::GetBand(std::min(width, GetChannelWidth()), index);
  }
};

} // namespace

SpectrumHelper::SpectrumHelper(const ns3::BacHelper& helper) {
  m_phy.at(0).SetTypeId(SpectrumPhy::GetTypeId());
  ns3::Ptr<ns3::MultiModelSpectrumChannel> channel = ns3::CreateObject<ns3::MultiModelSpectrumChannel>();
  ns3::PointerValue value;
  helper.GetChannel()->GetAttribute("PropagationLossModel", value);
  channel->AddPropagationLossModel(value.Get<ns3::PropagationLossModel>());
  helper.GetChannel()->GetAttribute("PropagationDelayModel", value);
  channel->SetPropagationDelayModel(value.Get<ns3::PropagationDelayModel>());
  SetChannel(channel);
  helper.Configure(*this);
}

double SpectrumLeakage(uint32_t mask, uint32_t apart) {
  static const double DBR[BAC_MASKS][3] = {{-20, -28, -40}, {-20, -28, -40}, {-32, -40, -50}, {-45, -55, -65}}; // at 5.5, 10 and 15 MHz: channel_plan.h
  ns3::BacRadioOptions options;
  options.nakagami = false;
  ns3::BacHelper helper(options);
  SpectrumHelper phy(helper);
  phy.Set("TxMaskInnerBandMinimumRejection", ns3::DoubleValue(DBR[mask][0]));
  phy.Set("TxMaskOuterBandMinimumRejection", ns3::DoubleValue(DBR[mask][1]));
  phy.Set("TxMaskOuterBandMaximumRejection", ns3::DoubleValue(DBR[mask][2]));
  static double arrived; // dBm, of the last signal
  ns3::Ptr<ns3::WaveNetDevice> devices[2];
  const uint32_t shards[2] = {0, apart}; // 172, 174, 176
  for (uint32_t i = 0; i < 2; i++) {
    ns3::Ptr<ns3::Node> node = ns3::CreateObject<ns3::Node>();
    ns3::Ptr<ns3::ConstantPositionMobilityModel> mobility = ns3::CreateObject<ns3::ConstantPositionMobilityModel>();
    mobility->SetPosition(ns3::Vector(i, 0, 1.5));
    node->AggregateObject(mobility);
    devices[i] = helper.InstallRadio(phy, node, i + 1, shards[i], 0);
  }
  const auto heard = +[](bool, uint32_t, double dbm, ns3::Time) { arrived = dbm; };
  devices[1]->GetPhy(0)->TraceConnectWithoutContext("SignalArrival", ns3::MakeCallback(heard));
  const ns3::TxInfo info(ns3::BacHelper::ServiceChannel(0), 0, helper.GetMode(), ns3::WIFI_PREAMBLE_LONG, 0);
  const auto send = +[](ns3::Ptr<ns3::WaveNetDevice> device, ns3::TxInfo how) {
    device->SendX(ns3::Create<ns3::Packet>(100), ns3::Mac48Address::GetBroadcast(), 0x88dc, how);
  };
  arrived = -INFINITY;
  ns3::Simulator::Schedule(ns3::MilliSeconds(100), send, devices[0], info);
  ns3::Simulator::Stop(ns3::MilliSeconds(200));
  ns3::Simulator::Run();
  ns3::Simulator::Destroy();
  return arrived - (options.eirp_dbm - options.reference_loss_db);
}
