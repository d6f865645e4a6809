/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_INTERFERENCE_H
#define BAC_INTERFERENCE_H

#include "ns3/bac-beacons.h"
#include "ns3/bac-helper.h"
#include "ns3/bac-jammer.h"

#include "ns3/event-id.h"
#include "ns3/random-variable-stream.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

struct bac_columns;
struct bac_plan;

namespace ns3 {

/// \ingroup bac
/// \brief What else is on the air. By default nothing.
struct BacInterferenceOptions {
  double beacon_hz = 0;           ///< beacons of every EV, a second; 0: none. CAM: 1 to 10 (ETSI EN 302 637-2), BSM: 10 (SAE J2945/1)
  uint32_t beacon_bytes = 300;    ///< of any beacon, WSMP header included (3GPP TR 37.885, periodic traffic)
  uint32_t beacon_priority = 0;   ///< EDCA user priority of any beacon; 0: best effort, as CAM (ETSI TS 102 636-4-2)
  uint32_t bystanders = 0;        ///< vehicles of the trace that take no part and send beacons, on the channel of the shard that is the nearest
  double bystander_hz = 10;       ///< their beacons a second
  uint32_t adjacent = 0;          ///< vehicles of the trace that take no part and send on free channels next to the shards'
  double adjacent_hz = 10;        ///< their frames a second
  uint32_t adjacent_bytes = 300;  ///< of such a frame
  std::string jammer = "none";    ///< none, constant, duty (on for a share of each period) or reactive (a burst when a frame is on the air)
  int32_t jammer_shard = -1;      ///< who is jammed; negative: every shard, by a jammer each
  std::string jammer_channel = "shard"; ///< of a jammer's radios, with commas: shard (its shard's), cch, or numbers of channels
  std::string jammer_at = "centre"; ///< centre (of the shard), drives (beside the shard's first EV) or X,Y (m)
  double jammer_eirp_dbm = 23;    ///< transmit power, antenna included
  double jammer_period_s = 0.1;   ///< duty
  double jammer_share = 0.5;      ///< duty: of each period
  double jammer_delay_s = 40e-6;  ///< reactive: from the begin of a frame; preamble and SIGNAL field take so long at 10 MHz (IEEE 802.11-2016, 17.3)
  double jammer_burst_s = 0.001;  ///< reactive: length of a burst
  double jammer_sense_dbm = -85;  ///< reactive: weakest mean power of a frame that it answers (IEEE 802.11-2016, 17.3.10.6: CCA at 10 MHz)
};

/**
 * \ingroup bac
 * \brief Beacons of EVs, vehicles that take no part, traffic on adjacent channels, jammers.
 *
 * A reactive jammer knows every frame on its channel whose mean power, fading left out, reaches its threshold, unless it is jamming.
 */
class BacInterference {
 public:
  /// \param options what there is \param radio of all stations \param plan who takes part, borrowed
  /// \param channels of the shards \param seed of the run
  /// \throws std::runtime_error of one line for options that do not hold, or a trace with too few vehicles
  BacInterference(const BacInterferenceOptions& options, const BacRadioOptions& radio, const bac_plan* plan, const std::vector<uint32_t>& channels,
                  uint64_t seed);
  ~BacInterference();
  BacInterference(const BacInterference&) = delete;
  BacInterference& operator=(const BacInterference&) = delete;

  bool IsOn() const { return m_on; } ///< \return whether there is any
  /// Before the stations are built. \param helper builds stations, borrowed \param start when nodes start \param begin of the measured window
  /// \param end of it
  void Begin(BacHelper& helper, Time start, Time begin, Time end);
  void AddNode(Ptr<BacApplication> app, bool isEv);  ///< \param app of a node with a radio \param isEv whether it is a vehicle
  void SetPresent(uint32_t id, bool present);        ///< An EV's radio goes on or off. \param id of its node \param present whether it is on
  void BuildOthers();                                ///< all stations that are nobody's, after the nodes
  bool IsBeacon(uint64_t uid) const;                 ///< \param uid of a packet \return whether it is one of ours
  void GetConfiguration(const bac_columns& to) const; ///< \param to gets the options' columns, empty or 0 for what is off
  /// \param airtime_s of the protocol's frames \param to gets what came of it
  void GetColumns(double airtime_s, const bac_columns& to) const;

 private:
  /// A jammer's radio and what it does.
  struct Jammer {
    std::unique_ptr<BacJammer> station; ///< the station
    Ptr<MobilityModel> mobility;        ///< where it is
    uint32_t channel;                   ///< WAVE channel number
    bool there;                         ///< it drives, or stands
    uint64_t bursts;                    ///< reactive: how often it has answered
    EventId answer;                     ///< reactive: the burst to come
  };

  void Check(const BacRadioOptions& radio) const;
  Ptr<NetDevice> BuildBystander(uint32_t index, uint32_t channel); ///< \param index among m_vehicles \param channel its \return radio
  void PlanStays(uint32_t vehicle, std::function<void(bool)> present); ///< \param vehicle of the trace \param present called when it comes and goes
  void CheckJammerChannels(const BacRadioOptions& radio) const;
  /// \param own channel of its shard \return channels of a jammer's radios, each once
  std::vector<uint32_t> JammerChannels(uint32_t own) const;
  void BuildJammer(uint32_t shard);                   ///< \param shard who is jammed
  Ptr<MobilityModel> MakeJammerMobility(uint32_t shard) const; ///< \param shard who is jammed \return where a radio of its jammer is
  /// \param id of the station \param shard who is jammed \param channel of the radio \param phase duty: of its periods
  void BuildJammerRadio(uint32_t id, uint32_t shard, uint32_t channel, Time phase);
  Time DrawPhase(Time period);                        ///< \param period to be within \return phase
  void StartJammer(size_t jammer);                    ///< begin, or go on
  void Duty(size_t jammer);                           ///< a period begins
  void OnAir(const Vector& from, uint32_t channel);   ///< A frame begins. \param from where \param channel on which
  void Answer(size_t jammer);                         ///< a burst
  void HandedOver(uint32_t id, const bac_effect& effect); ///< \param id of an EV \param effect its new shard

  BacInterferenceOptions m_options;             ///< what there is
  const bac_plan* m_plan;                       ///< who takes part
  std::vector<uint32_t> m_channels;             ///< by shard
  std::vector<uint32_t> m_neighbours;           ///< channels that no shard uses, next to one that a shard uses
  double m_eirp_dbm;                            ///< of all other stations
  bool m_on{false};                             ///< any of it
  double m_at[2]{};                             ///< where jammers stand, with X,Y
  std::vector<uint32_t> m_vehicles;             ///< bystanders, then those on adjacent channels
  BacHelper* m_helper{nullptr};                 ///< builds stations
  Time m_start;                                 ///< when all of it starts
  Time m_begin;                                 ///< of the measured window
  Time m_end;                                   ///< of it
  std::unique_ptr<BacBeacons> m_beacons;        ///< stations that send, or are to receive
  std::map<uint32_t, uint32_t> m_stations;      ///< their numbers, by node id
  std::map<uint32_t, uint32_t> m_controls;      ///< numbers of second radios, by node id
  std::vector<Jammer> m_jammers;                ///< all of them
  Ptr<UniformRandomVariable> m_phase;           ///< of beacons and periods
};

} // namespace ns3

#endif /* BAC_INTERFERENCE_H */
