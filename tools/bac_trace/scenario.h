/* SPDX-License-Identifier: GPL-2.0-only */
/* Scenarios: by name from the folders of scenarios, or a user's own .sumocfg. */
#ifndef BAC_TOOLS_BAC_TRACE_SCENARIO_H
#define BAC_TOOLS_BAC_TRACE_SCENARIO_H

#include <map>

#include "common.h"

namespace bac_trace_tool {

struct Scenario {
  std::string name;
  std::filesystem::path build, sumocfg; /* one of them: a script that makes the scenario, or the user's own */
  std::optional<int64_t> begin_ms;
  uint64_t digest = 0; /* of its files and of everything that the trace depends on */
};

/* Scenarios by name, with their build script. */
std::map<std::string, std::filesystem::path> ListScenarios();

/* A name or the path of a .sumocfg, or a Failure. Its digest covers its files only. */
Scenario FindScenario(const std::string &given);

/* SUMO's folder, or a Failure; sets SUMO_HOME for SUMO when the user did not. */
std::string SumoHome();

}  // namespace bac_trace_tool

#endif
