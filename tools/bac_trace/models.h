/* SPDX-License-Identifier: GPL-2.0-only */
/* Electric vehicle models: what SUMO computes the consumption of a vehicle from. */
#ifndef BAC_TOOLS_BAC_TRACE_MODELS_H
#define BAC_TOOLS_BAC_TRACE_MODELS_H

#include <map>
#include <vector>

#include "common.h"

namespace bac_trace_tool {

enum class Group { kCar, kBus, kTruck, kMotorcycle };

struct Model {
  std::string name;
  Group group;
  uint32_t weight; /* among the models of its group: a plausible mix, not statistics */
  std::string emission_class;
  std::map<std::string, std::string> parameters;
};

/* Every model. The cars' come from SUMO's data/emissions/MMPEVEM. */
std::vector<Model> LoadModels(const std::string &sumo_home);

/* The group of a SUMO vehicle class; none for what is no road EV (on foot, bicycles, rail, ships). */
std::optional<Group> GroupOf(const std::string &vehicle_class);

/* Whether SUMO reports electricity for this emission class. */
bool IsElectric(const std::string &emission_class);

}  // namespace bac_trace_tool

#endif
