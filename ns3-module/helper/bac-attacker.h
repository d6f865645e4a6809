/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_ATTACKER_H
#define BAC_ATTACKER_H

#include "ns3/bac-helper.h"
#include "ns3/bac-jammer.h"

#include "ns3/wifi-phy.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

struct bac_attacker;
struct bac_columns;
struct bac_overheard;

namespace ns3 {

/// \ingroup bac
/// \brief A denial-of-service attack on primaries.
struct BacDosOptions {
  std::string on = "block"; ///< what shows who leads: block, claim or schedule (bac-core/sim/attacker.h)
  double delay_s = 0.01;    ///< from then to the first jamming frame
  double duration_s = 0.5;  ///< of a jam
  double eirp_dbm = 23;     ///< transmit power, antenna included
};

/**
 * \ingroup bac
 * \brief A jamming station for one shard; where its members have a second radio on the CCH, it has one there, too, and listens on both.
 *
 * The attacker follows every vehicle with a station that listens; of these the one beside the target transmits: frames for nobody, one after the
 * other, whatever its channel is like. It is one ns-3 node, five metres beside the target of the moment. Whom to jam when is the core's to
 * decide, from what is on the air.
 */
class BacAttacker {
 public:
  /// \param helper builds the station \param options of the attack \param shard whose primaries \param id protocol node id of the station, nobody's
  /// else; determines its MAC address \param election how the shard's primaries come to be
  /// \param control whether members have a radio on the CCH \throws std::runtime_error when an option is out of range
  BacAttacker(BacHelper& helper, const BacDosOptions& options, uint32_t shard, uint32_t id, const std::string& election, bool control);
  ~BacAttacker();
  BacAttacker(const BacAttacker&) = delete;
  BacAttacker& operator=(const BacAttacker&) = delete;

  static void Check(const BacDosOptions& options); ///< \param options to check \throws std::runtime_error as the constructor
  void Watch(Ptr<BacApplication> app);             ///< Follow an EV while it is of the shard. \param app its application, with its radio
  Time GetJamTime() const { return m_jammer.GetAirtime() + (m_control ? m_control->GetAirtime() : Time(0)); } ///< \return airtime of jamming frames
  uint64_t GetJams() const { return m_jams; }      ///< \return targets that it has begun to jam

 private:
  void FrameTx(uint32_t id, const bac_effect& effect, uint64_t uid); ///< \param id of a member that queues \param effect a frame \param uid its packet
  void Role(uint32_t id, const bac_effect& effect);                  ///< \param id of a member \param effect its role
  void Listen(Ptr<WaveNetDevice> wave, Ptr<BacFastNetDevice> fast); ///< \param wave a radio of a member's, or null \param fast or null
  void OnAir(uint64_t uid, Time duration);                           ///< A member's frame begins. \param uid of its packet \param duration of it
  /// Sink of ns-3's radio. \param self this \param psdus frame \param vector parameters \param watt power
  static void WaveTx(BacAttacker* self, WifiConstPsduMap psdus, WifiTxVector vector, double watt);
  /// Sink of the fast radio. \param self this \param uid frame \param bytes its size \param duration of it
  static void FastTx(BacAttacker* self, uint64_t uid, uint32_t bytes, Time duration);
  void Heard(uint64_t uid);                           ///< A frame has ended. \param uid of its packet
  void Start(uint32_t target, Time until);            ///< Jam. \param target whom \param until when

  BacDosOptions m_options;                              ///< of the attack
  std::string m_election;                               ///< how primaries come to be
  std::unique_ptr<bac_attacker, void (*)(bac_attacker*)> m_attacker; ///< who decides
  Ptr<BacBesideMobility> m_shadow;                      ///< where the station is
  Ptr<BacBesideMobility> m_controlShadow;               ///< the same, of its radio on the CCH
  BacJammer m_jammer;                                   ///< the station
  std::unique_ptr<BacJammer> m_control;                 ///< its radio on the CCH, or null
  uint32_t m_shard;                                     ///< whose channel
  std::map<uint32_t, Ptr<BacApplication>> m_members;    ///< by id
  std::map<uint64_t, std::vector<bac_overheard>> m_waiting; ///< what queued frames say, by uid of their packets
  uint64_t m_jams{0};                                   ///< targets
};

} // namespace ns3

#endif /* BAC_ATTACKER_H */
