/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_BEACONS_H
#define BAC_BEACONS_H

#include "ns3/bac-fast-net-device.h"

#include "ns3/mobility-model.h"
#include "ns3/nstime.h"
#include "ns3/wave-net-device.h"
#include "ns3/wifi-phy.h"

#include <deque>
#include <functional>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

struct bac_radio_stats;

namespace ns3 {

/**
 * \ingroup bac
 * \brief Beacons beside the consensus traffic: broadcast, periodic, of another service (PSID), through the stations' own radios and queues.
 *
 * A station whose radio is off leaves a beacon out. What comes of beacons on the air counts within the measured window.
 */
class BacBeacons {
 public:
  static constexpr uint32_t PSID = 0x20;       ///< vehicle to vehicle safety and awareness (IEEE 1609.12)
  static constexpr uint32_t LEAST_BYTES = 16;  ///< of a beacon
  static constexpr uint32_t MOST_BYTES = 2296; ///< of a beacon: the payload of a frame

  /// Whose beacon it is.
  enum Kind { EV, BYSTANDER, ADJACENT, KINDS };

  /// \param begin of the measured window \param end of it \param mode rate of all beacons \param rate the same in bit/s
  BacBeacons(Time begin, Time end, WifiMode mode, uint64_t rate);
  ~BacBeacons();
  BacBeacons(const BacBeacons&) = delete;
  BacBeacons& operator=(const BacBeacons&) = delete;

  /// Watch a radio: it counts among the receivers. \param radio of either kind, on its node \param kind of its beacons, should it send some
  /// \param channel WAVE channel number that it is on \return its number
  uint32_t AddStation(Ptr<NetDevice> radio, Kind kind, uint32_t channel);
  /// Let a station send, again and again. \param station number \param first time of the first \param period from each to the next
  /// \param bytes of a beacon, WSMP header included \param priority EDCA user priority
  void Send(uint32_t station, Time first, Time period, uint32_t bytes, uint32_t priority);
  void SetChannel(uint32_t station, uint32_t channel); ///< \param station number \param channel that it is on from now on
  void SetPresent(uint32_t station, bool present);     ///< \param station number \param present whether its radio is on
  /// \param onAir called when a watched station's data frame begins, a beacon or not, with the station's position and channel
  void SetOnAir(std::function<void(const Vector&, uint32_t)> onAir) { m_onAir = std::move(onAir); }

  bool IsBeacon(uint64_t uid) const { return m_uids.count(uid) > 0; } ///< \param uid of a packet \return whether it is one, queued or on the air
  uint64_t GetSent(Kind kind) const { return m_sent[kind]; }          ///< \param kind whose \return beacons on the air
  Time GetAirtime(Kind kind) const { return m_airtime[kind]; }        ///< \param kind whose \return theirs
  /// \return beacons of EVs and bystanders received over those that stations of their channel within 300 m should have received; NaN without any
  double GetDelivery() const;

 private:
  /// One radio.
  struct Station {
    Ptr<NetDevice> radio;        ///< of either kind
    Ptr<WaveNetDevice> wave;     ///< the same, or null
    Ptr<BacFastNetDevice> fast;  ///< the same, or null
    Ptr<MobilityModel> mobility; ///< where it is
    Kind kind;                   ///< of its beacons
    uint32_t channel;            ///< that it is on
  };

  void Tick(uint32_t station, Time period, uint32_t bytes, uint32_t priority); ///< one beacon, then the next; as Send
  void Remember(uint64_t uid);                                                ///< \param uid of a beacon
  void OnAir(uint32_t station, uint64_t uid, uint32_t bytes, Time duration); ///< A frame begins. \param station whose \param uid of it \param bytes \param duration
  static void Where(void* self, uint32_t station, double at[3]);             ///< \param self this \param station which \param at position
  /// Sink of ns-3's radio. \param self this \param station transmitter \param psdus frame \param vector parameters \param watt power
  static void WaveTx(BacBeacons* self, uint32_t station, WifiConstPsduMap psdus, WifiTxVector vector, double watt);
  /// Sink. \param self this \param station receiver \param packet frame \param sinr ratio \param mode rate \param preamble its
  static void WaveRx(BacBeacons* self, uint32_t station, Ptr<const Packet> packet, double sinr, WifiMode mode, WifiPreamble preamble);
  /// Sink of the fast radio. \param self this \param station transmitter \param uid frame \param bytes its size \param duration of it
  static void FastTx(BacBeacons* self, uint32_t station, uint64_t uid, uint32_t bytes, Time duration);
  /// Sink. \param self this \param station receiver \param uid frame \param sinr ratio
  static void FastRx(BacBeacons* self, uint32_t station, uint64_t uid, double sinr);

  std::unique_ptr<bac_radio_stats, void (*)(bac_radio_stats*)> m_stats; ///< of EVs' and bystanders' beacons
  std::vector<Station> m_stations;                     ///< by number
  std::unordered_set<uint64_t> m_uids;                 ///< of beacons, as long as they may be about
  std::deque<std::pair<Time, uint64_t>> m_remembered;  ///< the same, oldest first, and when they were sent
  std::function<void(const Vector&, uint32_t)> m_onAir; ///< see SetOnAir
  Time m_begin;                                        ///< of the measured window
  Time m_end;                                          ///< of it
  WifiMode m_mode;                                     ///< of beacons
  uint64_t m_rate;                                     ///< of beacons, bit/s
  uint64_t m_sent[KINDS]{};                            ///< on the air
  Time m_airtime[KINDS];                               ///< of them
};

} // namespace ns3

#endif /* BAC_BEACONS_H */
