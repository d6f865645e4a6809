/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_CHANNELS_H
#define BAC_CHANNELS_H

#include <cstdint>
#include <string>
#include <vector>

struct bac_plan;

namespace ns3 {

/**
 * \ingroup bac
 * \brief The channel of each shard.
 *
 * Names: single (one service channel for all shards), per-shard (a service channel each; beyond six shards those far from each other share
 * one), and per-shard+cch (the same, and a second radio on the CCH for control frames and votes).
 */
struct BacChannels {
  static const std::vector<std::string>& Names(); ///< \return the plans there are
  /// \param name of a plan \param plan who takes part and where shards are \return WAVE channel numbers, by shard
  static std::vector<uint32_t> Of(const std::string& name, const bac_plan* plan);
  static bool HasControl(const std::string& name) { return name == "per-shard+cch"; } ///< \param name of a plan \return whether stations have a radio on the CCH
  static constexpr uint32_t CONTROL = 178;                                            ///< the CCH
  /// \param used channels \return those that are not, next to one that is, ascending
  static std::vector<uint32_t> FreeNeighbours(const std::vector<uint32_t>& used);
};

} // namespace ns3

#endif /* BAC_CHANNELS_H */
