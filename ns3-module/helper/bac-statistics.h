/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_STATISTICS_H
#define BAC_STATISTICS_H

#include "ns3/bac-application.h"
#include "ns3/mobility-model.h"
#include "ns3/wifi-phy-state.h"
#include "ns3/wifi-phy.h"

#include <array>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ns3 {

/// \ingroup bac
/// \brief A named value of a results table.
using BacColumn = std::pair<std::string, std::string>;

/// \ingroup bac
/// \brief Values to text, the same on every machine.
struct BacText {
  static std::string Of(double value);   ///< \param value number \return nine digits at most
  static std::string Of(uint64_t value); ///< \param value number \return decimal
};

/**
 * \ingroup bac
 * \brief Watches a run from outside the nodes: what they commit, and what the radio does.
 *
 * The safety observer compares the digests that honest nodes commit at each height of each shard. The rest is counted within
 * the measured window [begin, end): a block when it is committed at its Q(n)-th member, Q(n) the smallest count with
 * 3 Q > 2 n; a transaction when its own sender sees it committed; a frame when its transmission begins.
 */
class BacStatistics {
 public:
  /// A block with transactions, committed by Q(n) members within the window.
  struct Block {
    uint32_t shard;       ///< its shard
    uint64_t height;      ///< its height
    uint64_t round;       ///< BAC's round, PBFT's view
    uint32_t proposer;    ///< node id
    uint32_t txs;         ///< transactions
    uint32_t bytes;       ///< of its body
    double proposed_s;    ///< by its proposer
    double committed_q_s; ///< at the Q(n)-th member
    uint32_t members;     ///< that committed it by the end
    double airtime_s;     ///< on the shard's channel since the block before
  };

  /// \param begin of the measured window \param end of it \param range_m packet delivery counts between stations this near
  BacStatistics(Time begin, Time end, double range_m = 300);

  /// Observe the commits of a member. \param app its application \param shard its shard \param members of that shard
  void AddMember(Ptr<BacApplication> app, uint32_t shard, uint32_t members);
  /// Observe a station's radio. \param app its application \param shard whose channel \param isEv for the busy ratio
  void AddStation(Ptr<BacApplication> app, uint32_t shard, bool isEv);
  /// A station's radio goes on or off. \param id its node id \param present whether it is on
  void SetPresent(uint32_t id, bool present);
  /// A member commits. Public for tests of the observer. \param id of the node \param effect COMMIT
  void Commit(uint32_t id, const bac_effect& effect);

  uint64_t GetConflicts() const { return m_conflicts; }                 ///< \return heights with different blocks
  const std::string& GetConflictText() const { return m_conflictText; } ///< \return the first in words, or empty
  std::vector<Block> GetBlocks() const;                                 ///< \return blocks in the order of their commits
  std::vector<BacColumn> GetColumns();                                  ///< \return all results, at the end of the simulation

 private:
  /// What is known of one height of one shard.
  struct Height {
    std::array<uint8_t, BAC_HASH_BYTES> digest; ///< first seen
    uint32_t first;                             ///< node that committed it first
    std::vector<uint32_t> members;              ///< that committed at this height
    bool conflict;                              ///< reported already
    size_t block;                               ///< index in m_blocks, or SIZE_MAX
  };

  /// A member or another node with an application.
  struct Member {
    Ptr<BacApplication> app; ///< its application
    uint32_t shard;          ///< its shard
    uint32_t members;        ///< number of members of the shard; 0: not a member
  };

  /// A radio.
  struct Station {
    Ptr<MobilityModel> mobility; ///< where it is
    uint32_t id;                 ///< node id
    uint32_t shard;              ///< whose channel
    bool ev;                     ///< counts for the busy ratio
    bool present;                ///< on
    double busy_s;               ///< not idle within the window
    double present_s;            ///< on within the window
    Time since;                  ///< on since
  };

  /// A transmission that is or was just on the air.
  struct Transmission {
    size_t station;  ///< transmitter
    Time end;        ///< of the frame, and some more
    Vector position; ///< of the transmitter at its begin
  };

  void Propose(uint32_t id, const bac_effect& effect);  ///< \param id of the node \param effect PROPOSE
  void TxStatus(uint32_t id, const bac_effect& effect); ///< \param id of the node \param effect TX_STATUS
  /// Sink. \param self observer \param station transmitter \param psdus frame \param vector parameters \param watt power
  static void OnTxBegin(BacStatistics* self, size_t station, WifiConstPsduMap psdus, WifiTxVector vector, double watt);
  void TxBegin(size_t station, const WifiPsdu& psdu); ///< \param station transmitter \param psdu on the air
  /// Sink. \param self observer \param station receiver \param packet frame \param sinr ratio \param mode rate \param preamble its
  static void OnRxOk(BacStatistics* self, size_t station, Ptr<const Packet> packet, double sinr, WifiMode mode,
                     WifiPreamble preamble);
  void RxOk(size_t station, uint64_t uid, double sinr); ///< \param station receiver \param uid of packet \param sinr ratio
  /// Sink. \param self observer \param station whose \param start begin \param duration of it \param state which
  static void OnPhyState(BacStatistics* self, size_t station, Time start, Time duration, WifiPhyState state);
  /// The PHY spent time in a state. \param station whose \param start begin \param duration of it \param state which
  void PhyState(Station& station, Time start, Time duration, WifiPhyState state);
  bool InWindow() const;                                   ///< \return whether it is now
  double Clip(Time from, Time to) const;                   ///< \param from begin \param to end \return seconds within the window
  double BusyRatio() const;                                ///< \return mean over EVs
  void AddCounters(std::vector<BacColumn>& columns) const; ///< \param columns to extend by the nodes' own counts

  Time m_begin;   ///< of the window
  Time m_end;     ///< of the window
  double m_range; ///< for packet delivery, m

  std::map<uint32_t, Member> m_members;                      ///< by id
  std::map<std::pair<uint32_t, uint64_t>, Height> m_heights; ///< by shard and height
  std::vector<Block> m_blocks;                               ///< by time of commit
  std::map<uint32_t, double> m_airtime;                      ///< by shard, so far
  std::map<uint32_t, double> m_airtimeAtBlock;               ///< by shard, at the block before
  uint64_t m_conflicts{0};                                   ///< heights
  std::string m_conflictText;                                ///< the first
  std::vector<double> m_txLatency;                           ///< s
  uint64_t m_pendingSum{0};                                  ///< over proposals
  uint64_t m_proposals{0};                                   ///< in the window
  uint64_t m_txPooled{0};                                    ///< in the window
  uint64_t m_txRefused{0};                                   ///< in the window
  uint64_t m_txCommitted{0};                                 ///< in blocks of the window

  std::vector<Station> m_stations;                    ///< all radios
  std::map<uint32_t, size_t> m_stationOf;             ///< by id
  std::unordered_map<uint64_t, Transmission> m_onAir; ///< by packet uid
  std::deque<uint64_t> m_onAirOrder;                  ///< uids, oldest first
  uint64_t m_frames{0};                               ///< data frames sent, retries included
  uint64_t m_bytes{0};                                ///< of them, MAC header included
  uint64_t m_expected{0};                             ///< receptions within range
  uint64_t m_received{0};                             ///< of these
  std::vector<uint64_t> m_sinr;                       ///< decoded data frames by tenths of a dB
  double m_windowAirtime{0};                          ///< all channels, s
};

} // namespace ns3

#endif /* BAC_STATISTICS_H */
