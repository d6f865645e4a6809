/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_ANIMATION_H
#define BAC_ANIMATION_H

#include "ns3/bac-application.h"
#include "ns3/mobility-model.h"
#include "ns3/nstime.h"

#include <cstdio>
#include <map>
#include <memory>
#include <string>

namespace ns3 {

/**
 * \ingroup bac
 * \brief Writes a run as an animation that NetAnim plays: where stations are once a second, their shard (colour), their role (size, text).
 *
 * The format is that of ns-3's AnimationInterface (netanim-3.108), whose module is not needed for it. Frames on the air are not in it. NetAnim's
 * y axis points down, the network's up: they are flipped.
 */
class BacAnimation {
 public:
  /// \param file to write \param west_m where x is 0 \param north_m where y is 0 \throws std::runtime_error of one line
  BacAnimation(const std::string& file, double west_m, double north_m);

  void Add(Ptr<BacApplication> app, bool ev); ///< before the run begins \param app of a station \param ev or RSU
  void SetPresent(uint32_t id, bool present); ///< \param id of an EV \param present else it is grey
  void Finish();                              ///< At the end, once. \throws std::runtime_error of one line when the file could not be written

 private:
  /// What is shown of a station.
  struct Shown {
    Ptr<BacApplication> app; ///< the station's
    bool ev;                 ///< or RSU
    bool present;            ///< it is there
    bac_role role;           ///< in its shard
    Vector at;               ///< as it was written last
  };

  void Tick();                                    ///< once a second
  Vector PositionOf(const Shown& shown) const;    ///< \param shown station \return on the screen
  void Paint(uint32_t id, const Shown& shown);    ///< colour, size and text. \param id of the node \param shown the station
  void Role(uint32_t id, const bac_effect& role); ///< \param id of a node \param role that it has now
  void Handover(uint32_t id, const bac_effect&);  ///< \param id of a node, which is in another shard now

  std::string m_name;                                            ///< of the file
  std::unique_ptr<FILE, int (*)(FILE*)> m_file{nullptr, &std::fclose}; ///< it
  double m_west;                                                 ///< x 0
  double m_north;                                                ///< y 0
  std::map<uint32_t, Shown> m_shown;                             ///< by id
};

} // namespace ns3

#endif /* BAC_ANIMATION_H */
