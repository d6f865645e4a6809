/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_TRACE_MOBILITY_H
#define BAC_TRACE_MOBILITY_H

#include "ns3/mobility-model.h"
#include "ns3/nstime.h"

struct bac_trace;

namespace ns3 {

/**
 * \ingroup bac
 * \brief The movement of one vehicle of a compact trace, interpolated at the time asked for: no events.
 *
 * An absent vehicle stands where it was last asked for while present (at first, the origin); its radio is to be off.
 */
class BacTraceMobility : public MobilityModel {
 public:
  static TypeId GetTypeId(); ///< \return the TypeId

  /// \param trace borrowed for the model's lifetime \param vehicle its index \param begin trace time at simulation time 0
  void SetTrace(const bac_trace* trace, uint32_t vehicle, Time begin);
  bool IsPresent() const; ///< \return whether the vehicle is in the scenario now
  /// The first presence that ends at a time or later, in simulation time. \param from time \param begin its begin
  /// \param end its end \return whether there is one
  bool GetPresence(Time from, Time& begin, Time& end) const;

 private:
  Vector DoGetPosition() const override;
  void DoSetPosition(const Vector& position) override;
  Vector DoGetVelocity() const override;
  void Update() const; ///< bring m_state to now

  const bac_trace* m_trace{nullptr}; ///< the trace
  uint32_t m_vehicle{0};             ///< index in the trace
  int64_t m_begin{0};                ///< trace time at simulation time 0, ns
  mutable int64_t m_time{INT64_MIN}; ///< trace time of m_state, ns
  mutable bool m_present{false};     ///< at m_time
  mutable Vector m_position;         ///< at m_time, or last seen
  mutable Vector m_velocity;         ///< at m_time
};

} // namespace ns3

#endif /* BAC_TRACE_MOBILITY_H */
