/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-channels.h"

#include "bac-helper.h"

#include "radio/channel_plan.h"
#include "trace/surroundings.h"

#include <algorithm>
#include <array>

namespace ns3 {

const std::vector<std::string>& BacChannels::Names() {
  static const std::vector<std::string> names = {"per-shard", "single", "per-shard+cch"};
  return names;
}

std::vector<uint32_t> BacChannels::Of(const std::string& name, const bac_plan* plan) {
  std::vector<uint32_t> channels(plan->shard_count, BacHelper::ServiceChannel(0));
  if (BacCheck::Choice("channels", name, Names()) == 1) return channels;
  std::vector<uint32_t> service;
  for (uint32_t i = 0; i < BacHelper::SERVICE_CHANNELS; i++) service.push_back(BacHelper::ServiceChannel(i));
  std::vector<std::array<double, 2>> centres(plan->shard_count);
  for (uint32_t s = 0; s < plan->shard_count; s++) bac_plan_centre(plan, s, centres[s].data());
  const auto places = reinterpret_cast<const double(*)[2]>(centres.data());
  bac_channel_reuse(places, plan->shard_count, service.data(), BacHelper::SERVICE_CHANNELS, channels.data());
  return channels;
}

std::vector<uint32_t> BacChannels::FreeNeighbours(const std::vector<uint32_t>& used) {
  const auto uses = [&used](uint32_t channel) { return std::find(used.begin(), used.end(), channel) != used.end(); };
  std::vector<uint32_t> free;
  for (uint32_t c = BAC_CHANNEL_FIRST; c <= BAC_CHANNEL_LAST; c += 2)
    if (!uses(c) && (uses(c - 2) || uses(c + 2))) free.push_back(c);
  return free;
}

} // namespace ns3
