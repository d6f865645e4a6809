/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a scenario in SUMO, in a child process: whatever SUMO does, nothing half-written stays. */
#ifndef BAC_TOOLS_BAC_TRACE_RUN_H
#define BAC_TOOLS_BAC_TRACE_RUN_H

#include "scenario.h"

namespace bac_trace_tool {

/* Builds the trace of a scenario and moves it to `out`. The exit status: 0; 2 when the child has told why; 128 and the
 * signal's number when interrupted. Throws a Failure for the rest. Whatever happens, `out` is whole or as it was. */
int RunScenario(const Options &o, const Scenario &scenario, const std::filesystem::path &out);

}  // namespace bac_trace_tool

#endif
