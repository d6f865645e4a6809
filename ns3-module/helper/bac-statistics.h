/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_STATISTICS_H
#define BAC_STATISTICS_H

#include "ns3/bac-application.h"
#include "ns3/bac-link-metrics.h"
#include "ns3/mobility-model.h"
#include "ns3/wifi-phy-state.h"
#include "ns3/wifi-phy.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

struct bac_columns;
struct bac_observer;
struct bac_radio_stats;

namespace ns3 {

/// \ingroup bac
/// \brief A named value of a results table.
using BacColumn = std::pair<std::string, std::string>;
/// \ingroup bac
/// \brief A row of a results table.
using BacRow = std::vector<BacColumn>;

/// \ingroup bac
/// \brief What functions of the core fill a row through. \param row to append to, borrowed \return columns of it
bac_columns BacColumnsOf(BacRow& row);

/**
 * \ingroup bac
 * \brief Connects a run to those who watch it from outside the nodes.
 *
 * The observer (bac-core/sim/observer.h) compares and times what the nodes commit, the radio statistics
 * (bac-core/sim/radio_stats.h) tell what became of frames. Here they only get to know.
 */
class BacStatistics {
 public:
  /// \param seed of the run \param begin of the measured window \param end of it \param range_m packet delivery counts between
  /// stations this near \param preamble_dbm weakest preamble that radios detect \param rate_mbps of data frames
  BacStatistics(uint64_t seed, Time begin, Time end, double range_m = 300, double preamble_dbm = -95, double rate_mbps = 6);

  /// Report the paper's link model beside the radio. \param model which \param file for its pairs, or empty: see BacLinkMetrics::UseModel
  void UseModel(const bac_link_model& model, const std::string& file) { m_links.UseModel(model, file); }
  /// Observe the commits of a member. \param app its application \param shard its shard
  void AddMember(Ptr<BacApplication> app, uint32_t shard);
  /// Observe a station's radio. \param app its application \param shard whose channel \param isEv for the busy ratio
  void AddStation(Ptr<BacApplication> app, uint32_t shard, bool isEv);
  /// \param beside tells whether a packet, by its uid, is sent beside the protocol's: its frames make channels busy and count for nothing else
  void SetBeside(std::function<bool(uint64_t)> beside) { m_beside = std::move(beside); }
  /// \param shards how many there are: stations' second radios, on the CCH, are groups of their own after those of the shards
  void SetShards(uint32_t shards) { m_controlGroup = shards; }
  /// A station's radio goes on or off. \param id its node id \param present whether it is on
  void SetPresent(uint32_t id, bool present);
  /// A member commits, proposes, or hears of its transaction. Public for tests. \param id of the node \param effect what it did
  void Effect(uint32_t id, const bac_effect& effect);

  uint64_t GetConflicts() const;         ///< \return heights with different blocks
  std::string GetConflictText() const;   ///< \return the first in words, or empty
  std::vector<BacRow> GetBlocks() const; ///< \return blocks committed by a quorum within the window, in that order
  const std::vector<BacRow>& GetReputations() const { return m_reputations; } ///< \return every member's, whenever an epoch of a shard begins
  std::vector<BacRow> GetLinks() const;  ///< \return what became of frames, a row for each bin of distance
  double GetAirtime() const;             ///< \return of the protocol's frames, s
  BacRow GetColumns();                   ///< \return all results; once, at the end of the simulation

 private:
  /// A node with an application.
  struct Watched {
    Ptr<BacApplication> app; ///< its application
    uint32_t shard;          ///< its shard
    bool member;             ///< an EV
    uint32_t station;        ///< its radio among the stations
    uint32_t control;        ///< its second radio among them, or NONE
  };

  static constexpr uint32_t NONE = UINT32_MAX;       ///< no station
  /// \param app whose \param wave its radio, or \param fast its radio \param group of stations that are to hear it \param isEv for the busy
  /// ratio \return the radio's number among the stations
  uint32_t AddRadio(Ptr<BacApplication> app, Ptr<WaveNetDevice> wave, Ptr<BacFastNetDevice> fast, uint32_t group, bool isEv);
  /// Sink. \param self this \param station transmitter \param uid frame \param bytes its size \param duration of it
  static void FastTxBegin(BacStatistics* self, uint32_t station, uint64_t uid, uint32_t bytes, Time duration);
  /// Sink. \param self this \param station of an acknowledgement \param duration of it
  static void FastSends(BacStatistics* self, uint32_t station, Time duration);
  /// Sink. \param self this \param station receiver \param uid frame \param sinr ratio
  static void FastRxOk(BacStatistics* self, uint32_t station, uint64_t uid, double sinr);
  /// An epoch begins. \param watched a node that says so \param effect with its roster
  void KeepReputations(const Watched& watched, const bac_effect& effect);
  void BeginFast(); ///< the measured window begins: keep how long channels have been busy
  void EndFast();   ///< it is over: count how long they have been busy within

  static void Where(void* self, uint32_t station, double at[3]); ///< \param self this \param station which \param at position
  /// Sink. \param self this \param station transmitter \param psdus frame \param vector parameters \param watt power
  static void TxBegin(BacStatistics* self, uint32_t station, WifiConstPsduMap psdus, WifiTxVector vector, double watt);
  /// Sink. \param self this \param station receiver \param packet frame \param sinr ratio \param mode rate \param preamble its
  static void RxOk(BacStatistics* self, uint32_t station, Ptr<const Packet> packet, double sinr, WifiMode mode,
                   WifiPreamble preamble);
  /// Sink. \param self this \param station whose \param start begin \param duration of it \param state which
  static void PhyState(BacStatistics* self, uint32_t station, Time start, Time duration, WifiPhyState state);

  std::unique_ptr<bac_observer, void (*)(bac_observer*)> m_observer;    ///< of commits
  std::unique_ptr<bac_radio_stats, void (*)(bac_radio_stats*)> m_radio; ///< of frames
  BacLinkMetrics m_links;                                               ///< of frames by distance
  double m_rate_mbps;                                                   ///< of data frames
  std::map<uint32_t, Watched> m_watched;                                ///< by id
  std::vector<Ptr<MobilityModel>> m_stations;                           ///< where each station is
  /// A station of the fast medium.
  struct FastStation {
    uint32_t station;             ///< its radio among the stations
    Ptr<BacFastNetDevice> device; ///< its device
    Time before;                  ///< how long it had seen its channel busy when the window began
    Time sending;                 ///< how long it has been sending since
  };
  std::vector<FastStation> m_fast;          ///< all of them
  BacBusyTimes m_busy;                      ///< of ns-3's radios
  std::map<uint32_t, size_t> m_fastIndex;   ///< among them, by station
  std::vector<BacRow> m_reputations;        ///< rows
  std::map<uint32_t, uint64_t> m_epochs;    ///< by shard: the first that has not begun
  std::function<bool(uint64_t)> m_beside;   ///< see SetBeside
  uint32_t m_controlGroup{0};               ///< see SetShards
  Time m_begin;                             ///< of the measured window
  Time m_end;                               ///< of the measured window
};

} // namespace ns3

#endif /* BAC_STATISTICS_H */
