/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_JAMMER_H
#define BAC_JAMMER_H

#include "ns3/bac-helper.h"

#include "ns3/event-id.h"
#include "ns3/mobility-model.h"

namespace ns3 {

/**
 * \ingroup bac
 * \brief Where a station is that stays five metres beside another one.
 */
class BacBesideMobility : public MobilityModel {
 public:
  void SetTarget(Ptr<MobilityModel> target) { m_target = target; } ///< \param target beside whom; null: far away from everybody

 private:
  Vector DoGetPosition() const override;
  void DoSetPosition(const Vector& /* position */) override {}
  Vector DoGetVelocity() const override;

  Ptr<MobilityModel> m_target; ///< beside whom
};

/**
 * \ingroup bac
 * \brief A station that jams one channel: frames for nobody, one after the other, whatever its channel is like.
 *
 * Frames are of 2000 bytes at 3 Mb/s (5.4 ms), 1 us apart: no receiver's channel is idle for as long as it takes to begin one.
 */
class BacJammer {
 public:
  /// \param helper builds the station \param id protocol node id, nobody's else; determines its MAC address \param channel WAVE channel number
  /// \param eirp_dbm transmit power, antenna included \param mobility where it is
  BacJammer(BacHelper& helper, uint32_t id, uint32_t channel, double eirp_dbm, Ptr<MobilityModel> mobility);
  ~BacJammer();
  BacJammer(const BacJammer&) = delete;
  BacJammer& operator=(const BacJammer&) = delete;

  static constexpr double LEAST_S = 0.0002; ///< for so long JamExactly has a frame that fits

  void Moved();              ///< its position has jumped: take it anew
  void JamUntil(Time until); ///< The frame that is on the air then ends later. \param until simulation time; in place of the last one
  /// The last frame is the shorter, so that it ends within the last 16 us before the time. \param until simulation time
  void JamExactly(Time until);
  bool IsJamming() const { return m_next.IsRunning(); } ///< \return whether a frame of its is on the air
  /// Airtime counts from now on within a window only. \param begin of it \param end of it
  void SetWindow(Time begin, Time end);
  Time GetAirtime() const { return m_airtime; } ///< \return of its frames

 private:
  void Jam();                    ///< one frame, then the next
  bool Send(uint32_t bytes);     ///< \param bytes of a PSDU \return whether it is on the air

  Ptr<WaveNetDevice> m_wave;     ///< its radio
  Ptr<BacFastNetDevice> m_fast;  ///< its radio on the fast medium, in place of the above
  Time m_until;                  ///< end of the jam
  bool m_exact{false};           ///< see JamExactly
  Time m_begin{Time::Min()};     ///< of the window in which airtime counts
  Time m_end{Time::Max()};       ///< end of it
  Time m_airtime;                ///< of frames
  EventId m_next;                ///< the next frame
};

} // namespace ns3

#endif /* BAC_JAMMER_H */
