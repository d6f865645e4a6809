/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_RUN_H
#define BAC_RUN_H

#include "ns3/bac-attacker.h"
#include "ns3/bac-helper.h"
#include "ns3/bac-interference.h"
#include "ns3/bac-statistics.h"

#include <functional>

namespace ns3 {

/// \ingroup bac
/// \brief What to simulate.
struct BacRunOptions {
  std::string protocol = "bac";       ///< a registered protocol
  std::string mode = "safe";          ///< safe, text or alg1
  std::string delivery = "broadcast"; ///< broadcast or unicast
  std::string voteRule = "full";      ///< full or light
  std::string election = "sortition"; ///< of BAC's primaries: sortition or round-robin
  bool earlyClaims = false;           ///< sortition: claims of the next round travel with the votes of this one
  std::string traceFile;              ///< a built trace
  std::string scenario;               ///< its name in results; empty: the trace's own
  uint32_t evs = 80;                  ///< electric vehicles, over all shards
  uint32_t shards = 4;                ///< at most BacHelper::SHARDS_MAX
  std::string sharding = "quadrant";  ///< what makes a vehicle a shard's: quadrant, rsu or kmeans
  uint64_t seed = 1;                  ///< of everything random
  double begin_s = -1;                ///< trace time at which the simulation begins; negative: the trace's begin
  double warmup_s = 1;                ///< from the start of the nodes (at 0.1 s) to the measured window
  double time_s = 60;                 ///< the measured window
  bool churn = true;                  ///< take vehicles that come and go
  uint32_t epoch_blocks = 20;         ///< with churn: blocks after which members join and leave; 0: leavers count as crashed
  bool handover = true;               ///< with epochs: vehicles that drive into another shard change over
  double tx_rate = 0.5;               ///< transactions a second and EV
  uint32_t tx_bytes = 300;            ///< size of a transaction
  uint32_t block_bytes = 100000;      ///< transactions of a block, at most
  double block_interval_s = 1;        ///< a block is cut when full or after this long
  int32_t rsus = -1;                  ///< for each shard; negative: as many as its area needs
  bool relay = true;                  ///< members relay for each other
  std::string cost = "automotive";    ///< name of the CPU cost model
  std::string pcap;                   ///< captures begin with this name, one a shard, of what its first RSU hears, else its first EV; empty: none
  std::string linkModel;              ///< the paper's link model goes there, a row for each pair and second; empty: to the links' rows alone
  std::string netanim;                ///< an animation for NetAnim goes there; empty: none
  BacRadioOptions radio;              ///< the radio
  BacInterferenceOptions interference; ///< what else is on the air
  std::string attack = "none";        ///< none, dos or sybil
  BacDosOptions dos;                  ///< with dos
  uint32_t identities = 4;            ///< with sybil: of one attacker in each shard
  std::string sybilUnits = "split";   ///< with sybil: split (they share one member's units at genesis) or fresh (each has a member's)
};

/// \ingroup bac
/// \brief What came out.
struct BacRunResult {
  BacRow columns;             ///< a row for the run: configuration, then measurements
  std::vector<BacRow> blocks; ///< a row for each block
  std::vector<BacRow> reputations; ///< a row for each member whenever an epoch of its shard begins
  std::vector<BacRow> links;  ///< a row for each bin of distance
  uint64_t conflicts = 0;     ///< heights at which honest nodes disagree
  std::string conflictText;   ///< the first of them
};

/**
 * \ingroup bac
 * \brief One run in this process, from the scene to the results.
 *
 * The same options give the same columns and blocks, but for the columns wall_s, events_per_s and peak_memory_mb.
 *
 * \param options what to simulate
 * \param progress called with the simulated seconds passed, once a simulated second; may be empty
 * \return the results
 * \throws std::runtime_error with one line, value and remedy, for bad input
 */
BacRunResult BacRun(const BacRunOptions& options, const std::function<void(double)>& progress = {});

/// \ingroup bac
/// \brief Checks options and trace without running. \param options to check \throws std::runtime_error as BacRun
void BacRunCheck(const BacRunOptions& options);

} // namespace ns3

#endif /* BAC_RUN_H */
