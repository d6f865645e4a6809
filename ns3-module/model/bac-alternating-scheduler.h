/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_ALTERNATING_SCHEDULER_H
#define BAC_ALTERNATING_SCHEDULER_H

#include "ns3/channel-coordinator.h"
#include "ns3/default-channel-scheduler.h"
#include "ns3/random-variable-stream.h"

namespace ns3 {

class BacWavePhy;

/**
 * \ingroup bac
 * \brief A WaveNetDevice that is on its channel in CCH or in SCH intervals only (IEEE 1609.4-2016, 6.2).
 *
 * One radio that alternates between two channels is two of these devices, of which one is awake at a time, so that what is measured of two radios is
 * measured of it. ns-3's own way, one PHY between two MACs, is in ns-3.37 not up to this: a PHY that was switched off is tuned nonetheless, and frames that
 * waited all begin at once when the guard interval is over, since none of them draws a backoff.
 *
 * Until Alternate is called, this is a DefaultChannelScheduler.
 */
class BacAlternatingScheduler : public DefaultChannelScheduler {
 public:
  static TypeId GetTypeId(); ///< \return the TypeId

  BacAlternatingScheduler();
  ~BacAlternatingScheduler() override;

  /// Before the device is initialized. \param control be there in CCH intervals, not in SCH intervals
  void Alternate(bool control);
  bool IsAlternating() const { return m_listener != nullptr; } ///< \return whether it does
  void Wake();   ///< Someone is about to tune the PHY, or to switch it off: wake it, without letting the MAC send out of turn. Settle follows.
  void Settle(); ///< Fall asleep if it is not its turn.
  int64_t AssignStreams(int64_t stream); ///< \param stream of backoffs \return 1

  void SetWaveNetDevice(Ptr<WaveNetDevice> device) override;
  ChannelAccess GetAssignedAccessType(uint32_t channel) const override;

 private:
  class Listener;

  void Begin(Time guard, bool control);  ///< An interval begins. \param guard of its guard interval \param control whether it is a CCH interval
  void Open(bool control);               ///< Its guard interval is over. \param control as above
  bool IsItsTurn() const;                ///< \return whether it may be awake
  Ptr<BacWavePhy> GetPhy() const;        ///< \return the device's
  void KeepQuiet(Time duration);         ///< \param duration in which the MAC is to find its channel busy, at least

  Ptr<Listener> m_listener;               ///< of the device's coordinator, or null
  bool m_control{false};                  ///< see Alternate
  Ptr<UniformRandomVariable> m_backoff;   ///< of frames that waited
};

} // namespace ns3

#endif /* BAC_ALTERNATING_SCHEDULER_H */
