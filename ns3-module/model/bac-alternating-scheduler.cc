/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-alternating-scheduler.h"

#include "bac-mac-pacer.h"
#include "bac-wave-phy.h"

#include "ns3/log.h"
#include "ns3/ocb-wifi-mac.h"
#include "ns3/qos-txop.h"
#include "ns3/simulator.h"
#include "ns3/wave-net-device.h"

#include <algorithm>

namespace ns3 {

NS_LOG_COMPONENT_DEFINE("BacAlternatingScheduler");
NS_OBJECT_ENSURE_REGISTERED(BacAlternatingScheduler);

namespace {

/// The link's number came with 3.36.
template <class T>
auto StartBackoff(T& txop, uint32_t slots, int) -> decltype(txop.StartBackoffNow(slots, 0)) {
  txop.StartBackoffNow(slots, 0);
}
template <class T>
auto StartBackoff(T& txop, uint32_t slots, long) -> decltype(txop.StartBackoffNow(slots)) {
  txop.StartBackoffNow(slots);
}

template <class Q>
auto DropExpired(Q& queue, int) -> decltype(queue.WipeAllExpiredMpdus()) {
  queue.WipeAllExpiredMpdus();
}
template <class Q>
void DropExpired(Q& /* queue */, long) {} // 3.35's queues count no frame that is too old

} // namespace

/// Hears of intervals.
class BacAlternatingScheduler::Listener : public ChannelCoordinationListener {
 public:
  explicit Listener(BacAlternatingScheduler* scheduler) : m_scheduler(scheduler) {}
  void NotifyCchSlotStart(Time /* duration */) override { m_scheduler->Open(true); }
  void NotifySchSlotStart(Time /* duration */) override { m_scheduler->Open(false); }
  void NotifyGuardSlotStart(Time duration, bool control) override { m_scheduler->Begin(duration, control); }

 private:
  BacAlternatingScheduler* m_scheduler;
};

TypeId BacAlternatingScheduler::GetTypeId() {
  static TypeId tid =
      TypeId("ns3::BacAlternatingScheduler").SetParent<DefaultChannelScheduler>().SetGroupName("Bac").AddConstructor<BacAlternatingScheduler>();
  return tid;
}

BacAlternatingScheduler::BacAlternatingScheduler() : m_backoff(CreateObject<UniformRandomVariable>()) {}

BacAlternatingScheduler::~BacAlternatingScheduler() = default;

int64_t BacAlternatingScheduler::AssignStreams(int64_t stream) {
  m_backoff->SetStream(stream);
  return 1;
}

Ptr<BacWavePhy> BacAlternatingScheduler::GetPhy() const { return DynamicCast<BacWavePhy>(m_device->GetPhy(0)); }

/// The MAC asks before it begins a frame, and begins none then that would not be over before the guard interval. ns-3.37's MAC follows a null pointer
/// when all frames of its queue are too old, so those go first.
ChannelAccess BacAlternatingScheduler::GetAssignedAccessType(uint32_t channel) const {
  const ChannelAccess access = DefaultChannelScheduler::GetAssignedAccessType(channel);
  if (access == NoAccess || !IsAlternating()) return access;
  for (const Ptr<QosTxop>& txop : BacMacPacer::TxopsOf(m_device->GetMac(channel))) DropExpired(*txop->GetWifiMacQueue(), 0);
  return AlternatingAccess;
}

void BacAlternatingScheduler::Alternate(bool control) {
  NS_LOG_FUNCTION(this << control);
  NS_ABORT_MSG_IF(m_device || IsAlternating(), "to be said once, before the device is initialized");
  m_control = control;
  m_listener = Create<Listener>(this);
}

void BacAlternatingScheduler::SetWaveNetDevice(Ptr<WaveNetDevice> device) {
  DefaultChannelScheduler::SetWaveNetDevice(device);
  if (!IsAlternating()) return;
  NS_ABORT_MSG_UNLESS(GetPhy(), "who alternates needs a BacWavePhy");
  device->GetChannelCoordinator()->RegisterListener(m_listener);
}

bool BacAlternatingScheduler::IsItsTurn() const { return !IsAlternating() || m_device->GetChannelCoordinator()->IsCchInterval() == m_control; }

void BacAlternatingScheduler::Begin(Time guard, bool control) {
  NS_LOG_FUNCTION(this << guard << control);
  if (Simulator::Now().IsZero()) return; // devices are being initialized
  if (control != m_control) {
    Settle();
  } else if (!GetPhy()->IsStateOff()) {
    KeepQuiet(guard); // before it wakes and asks for access
    if (GetPhy()->IsStateSleep()) GetPhy()->ResumeFromSleep();
  }
}

/// The MAC starts anew, since access that was granted in the guard interval was refused for lack of time and would be lost until the next one: ns-3's busy
/// channel is over as soon as something else that makes it busy is.
void BacAlternatingScheduler::Open(bool control) {
  Ptr<BacWavePhy> phy = GetPhy();
  if (control != m_control || phy->IsStateOff() || phy->IsStateSleep() || phy->IsStateSwitching()) return;
  KeepQuiet(NanoSeconds(1)); // so that it asks, and waits for SIFS and AIFS
  const Ptr<OcbWifiMac> mac = m_device->GetMac(phy->GetChannelNumber());
  mac->Resume();
  for (const Ptr<QosTxop>& txop : BacMacPacer::TxopsOf(mac))
    if (!txop->GetWifiMacQueue()->IsEmpty()) StartBackoff(*txop, m_backoff->GetInteger(0, static_cast<const Txop&>(*txop).GetMinCw()), 0);
}

void BacAlternatingScheduler::KeepQuiet(Time duration) {
  Ptr<BacWavePhy> phy = GetPhy();
  if (!phy->IsStateSleep()) duration = std::max(duration, phy->GetDelayUntilIdle()); // ns-3 forgets what it was told before
  m_device->GetMac(phy->GetChannelNumber())->MakeVirtualBusy(duration);
}

void BacAlternatingScheduler::Wake() {
  Ptr<BacWavePhy> phy = GetPhy();
  if (!IsAlternating() || phy->IsStateOff()) return;
  ChannelCoordinator& clock = *m_device->GetChannelCoordinator();
  const Time wait = m_control ? clock.NeedTimeToCchInterval() : clock.NeedTimeToSchInterval(); // zero: it is its turn
  if (wait.IsStrictlyPositive()) KeepQuiet(wait);
  if (phy->IsStateSleep()) phy->ResumeFromSleep(); // in its turn, too, where that begins at this very moment
}

void BacAlternatingScheduler::Settle() {
  if (!IsAlternating() || IsItsTurn()) return;
  Ptr<BacWavePhy> phy = GetPhy();
  if (phy->IsStateOff() || phy->IsStateSleep()) return;
  if (phy->IsStateTx() || phy->IsStateRx() || phy->IsStateSwitching())
    Simulator::Schedule(phy->GetDelayUntilIdle() + NanoSeconds(1), &BacAlternatingScheduler::Settle, this); // a frame of who does not alternate
  else
    phy->Doze();
}

} // namespace ns3
