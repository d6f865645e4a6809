/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_LINK_METRICS_H
#define BAC_LINK_METRICS_H

#include "ns3/bac-fast-net-device.h"
#include "ns3/bac-mac-pacer.h"
#include "ns3/wave-net-device.h"
#include "ns3/wifi-mode.h"
#include "ns3/wifi-phy-state.h"
#include "ns3/wifi-phy.h"
#include "ns3/wifi-ppdu.h"

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

struct bac_link_model;
struct bac_link_stats;
struct bac_model_pair;
struct bac_radio_stats;

namespace ns3 {

/// \ingroup bac
/// \brief Busy times of ns-3's PHYs, once each: after a sleep ns-3 tells of the last one before it again.
class BacBusyTimes {
 public:
  /// \param station whose PHY \param state it was in \param start of that, then of what is new of it \param duration the same \return whether it was busy, and
  /// anything of it is new
  bool IsNew(uint32_t station, WifiPhyState state, Time& start, Time& duration);

 private:
  std::map<uint32_t, Time> m_until; ///< by station: told up to here
};

/**
 * \ingroup bac
 * \brief Tells bac-core/sim/link_stats.h and busy_windows.h what becomes of each frame at each receiver, on either radio.
 *
 * On ns-3's PHY each reception is a trace; on the fast medium one call tells of all receivers of a frame. Who is to hear a frame, and who has
 * sent it, BacStatistics says.
 */
class BacLinkMetrics {
 public:
  /// \param radio borrowed \param begin of the measured window \param end of it \param preamble_dbm weakest that is detected
  BacLinkMetrics(bac_radio_stats* radio, Time begin, Time end, double preamble_dbm);

  void AddWave(uint32_t station, uint32_t id, Ptr<WaveNetDevice> device);    ///< \param station its number \param id of its node \param device of ns-3
  void AddFast(uint32_t station, uint32_t id, Ptr<BacFastNetDevice> device); ///< \param station its number \param id of its node \param device of the medium
  /// The paper's link model beside the radio, sampled once a second. \param model which \param file a row for each pair and sample goes there;
  /// empty: none \throws std::runtime_error of one line when it cannot be written
  void UseModel(const bac_link_model& model, const std::string& file);
  void Finish(); ///< At the end. \throws std::runtime_error of one line when the file could not be written

 private:
  /// A station of the fast medium.
  struct Fast {
    uint32_t station;             ///< its number
    Ptr<BacFastNetDevice> device; ///< its device
    Time busy;                    ///< how long it had seen its channel busy at the last tick
  };

  void Ended(uint32_t station, uint64_t uid, int fate); ///< \param station where \param uid which \param fate a bac_fate
  void Tick(); ///< a window of 100 ms begins or ends
  /// \param uid of a packet \param fate by station of the medium \param sinr likewise \param stations their number
  void Fates(uint64_t uid, const uint8_t* fate, const int16_t* sinr, uint32_t stations);

  // Sinks. Bound functions: sources call them without looking anything up.
  /// \param self this \param station at which \param ppdu what \param power_w how strong
  static void Arrives(BacLinkMetrics* self, uint32_t station, Ptr<const WifiPpdu> ppdu, double power_w);
  /// \param self this \param station which \param packet that it is locked on \param powers received
  static void Locked(BacLinkMetrics* self, uint32_t station, Ptr<const Packet> packet, RxPowerWattPerChannelBand powers);
  /// \param self this \param station which \param packet lost \param reason why
  static void Dropped(BacLinkMetrics* self, uint32_t station, Ptr<const Packet> packet, WifiPhyRxfailureReason reason);
  /// \param self this \param station which \param packet in error \param snr of it
  static void Failed(BacLinkMetrics* self, uint32_t station, Ptr<const Packet> packet, double snr);
  /// \param self this \param station receiver \param packet frame \param snr ratio \param mode rate \param preamble its
  static void Decoded(BacLinkMetrics* self, uint32_t station, Ptr<const Packet> packet, double snr, WifiMode mode, WifiPreamble preamble);
  /// \param self this \param station whose \param start begin \param duration of it \param state which
  static void State(BacLinkMetrics* self, uint32_t station, Time start, Time duration, WifiPhyState state);
  /// \param self this \param psdus that begin \param vector parameters \param watt power
  static void Begins(BacLinkMetrics* self, WifiConstPsduMap psdus, WifiTxVector vector, double watt);
  static void Enqueued(BacLinkMetrics* self, Ptr<const BacMpdu> mpdu); ///< \param self this \param mpdu queued
  static void Dequeued(BacLinkMetrics* self, Ptr<const BacMpdu> mpdu); ///< \param self this \param mpdu dropped
  static void Pair(void* self, const bac_model_pair* pair);            ///< \param self this \param pair of a sample of the model
  /// \param self this \param uid of the packet, which BacStatistics has been told of if it counts \param waited from the queue to the air
  static void Waited(BacLinkMetrics* self, uint64_t uid, Time waited);

  bac_radio_stats* m_radio;                       ///< borrowed
  bac_link_stats* m_links;                        ///< its
  Time m_begin;                                   ///< of the measured window
  Time m_end;                                     ///< of it
  double m_preamble_w;                            ///< weakest preamble, W
  bool m_powers{true};                            ///< the PHYs are ours; ns-3's own tell no powers: too weak frames count as lost preambles
  std::vector<uint32_t> m_ids;                    ///< of nodes, by station
  std::string m_pairsName;                        ///< of the file of pairs
  std::unique_ptr<FILE, int (*)(FILE*)> m_pairs{nullptr, &std::fclose}; ///< null: none
  std::vector<Fast> m_fast;                       ///< stations of the fast medium
  std::vector<uint32_t> m_station;                ///< by its numbers
  BacBusyTimes m_busy;                            ///< of ns-3's radios
  std::unordered_map<uint64_t, Time> m_queued;    ///< since when, by the packet's uid: until it is on the air for the first time
};

} // namespace ns3

#endif /* BAC_LINK_METRICS_H */
