/* SPDX-License-Identifier: GPL-2.0-only */
/* What the suites of whole runs share: a small run, and what its result says. */
#ifndef BAC_TEST_RESULT_H
#define BAC_TEST_RESULT_H

#include "bac-run.h"
#include "bac-test-trace.h"

#include <set>
#include <string>

namespace ns3 {

/// \return eight EVs of the trace in one shard without RSUs, all of which stay
inline BacRunOptions SmallRun(const BacTestTrace& trace, double time_s) {
  BacRunOptions options;
  options.traceFile = trace.GetFile();
  options.evs = 8;
  options.shards = 1;
  options.rsus = 0;
  options.time_s = time_s;
  options.warmup_s = 0.5;
  options.churn = false;
  return options;
}

/// \return a column of the run
inline std::string TextOf(const BacRunResult& result, const std::string& name) {
  for (const BacColumn& column : result.columns)
    if (column.first == name) return column.second;
  return "(no column " + name + ")";
}

/// \return the same as a number
inline double ValueOf(const BacRunResult& result, const std::string& name) { return std::stod(TextOf(result, name)); }

/// \return all columns of the run that must not depend on the machine
inline std::string AllOf(const BacRunResult& result) {
  const std::set<std::string> machine = {"wall_s", "events_per_s", "peak_memory_mb"};
  std::string text;
  for (const BacColumn& column : result.columns)
    if (machine.count(column.first) == 0) text += column.first + "=" + column.second + "\n";
  return text;
}

} // namespace ns3

#endif /* BAC_TEST_RESULT_H */
