/* SPDX-License-Identifier: GPL-2.0-only */
#include "options.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "trace/shards.h"

namespace bac_trace_tool {

namespace {

const char kHelp[] = R"(bac-trace: turn a SUMO scenario into a trace of electric vehicles

  bac-trace --scenario=NAME|FILE.sumocfg --out=FILE [options]    build a trace
  bac-trace --info=FILE [--shards=N]                             what a trace holds
  bac-trace --csv=FILE                                           the samples of a trace as CSV

  --scenario=NAME    bologna, highway, grid, manhattan, or your own .sumocfg (default bologna; help: list them)
  --begin=S          start of the window, simulated seconds (default: the scenario's; your own: its begin)
  --duration=S       length of the window in seconds (default 60)
  --step=S           SUMO's step and the distance of samples (default: the scenario's, as a rule 1)
  --seed=N           seed of SUMO and of the initial charges (default 1)
  --ev-share=X       share of the vehicles that are electric, 0 to 1 (default 1)
  --scale=X          multiply the scenario's demand (default 1)
  --shards=N         shards of the printed counts (default 4)
  --reuse            do nothing when FILE already comes from the same scenario, options and SUMO version
  --verbose          show what SUMO prints

Polygons of type building in the scenario's additional files become the trace's buildings (bac-compare --loss=tr37885-urban).

SUMO_HOME defaults to /usr/share/sumo. BAC_SCENARIOS names another folder of scenarios.
)";

double ParseNumber(const std::string &name, const std::string &text, double low, double high) {
  char *end = nullptr;
  double value = strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(value >= low && value <= high)) {
    char range[96];
    snprintf(range, sizeof range, " is out of range: choose a number from %g to %g", low, high);
    throw Failure("--" + name + "=" + OneLine(text) + range);
  }
  return value;
}

}  // namespace

int64_t ParseMilliseconds(const std::string &name, const std::string &text, double low) {
  return std::llround(ParseNumber(name, text, low, 1e6) * 1000);
}

namespace {

uint64_t ParseCount(const std::string &name, const std::string &text, uint64_t low, uint64_t high) {
  errno = 0;
  char *end = nullptr;
  uint64_t value = strtoull(text.c_str(), &end, 10);
  if (text.empty() || text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < low || value > high) {
    throw Failure("--" + name + "=" + OneLine(text) + " is out of range: choose a whole number from " +
                  std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

void SetOption(Options &o, const std::string &name, const std::string &value) {
  if (name == "scenario")
    o.scenario = value;
  else if (name == "out")
    o.out = value;
  else if (name == "info")
    o.info = value;
  else if (name == "csv")
    o.csv = value;
  else if (name == "begin")
    o.begin_ms = ParseMilliseconds(name, value, 0);
  else if (name == "duration")
    o.duration_ms = ParseMilliseconds(name, value, 0.001);
  else if (name == "step")
    o.step_ms = ParseMilliseconds(name, value, 0.001);
  else if (name == "seed")
    o.seed = ParseCount(name, value, 0, INT32_MAX); /* SUMO's range */
  else if (name == "shards")
    o.shards = static_cast<uint32_t>(ParseCount(name, value, 1, BAC_SHARDS_MAX));
  else if (name == "ev-share") {
    o.ev_share_permille = static_cast<uint32_t>(std::lround(ParseNumber(name, value, 0, 1) * 1000));
  } else if (name == "scale")
    o.scale = ParseNumber(name, value, 0.001, 1000);
  else
    throw Failure("there is no option --" + OneLine(name) + ": see bac-trace --help");
}

}  // namespace

Options ParseOptions(int argc, char **argv) {
  Options o;
  for (int i = 1; i < argc; i++) {
    std::string text = argv[i];
    if (text == "--help" || text == "-h") {
      std::cout << kHelp;
      exit(0);
    }
    if (text == "--reuse")
      o.reuse = true;
    else if (text == "--verbose")
      o.verbose = true;
    else if (text.rfind("--", 0) != 0)
      throw Failure("'" + OneLine(text) + "' is no option: see bac-trace --help");
    else if (size_t equals = text.find('='); equals != std::string::npos) {
      SetOption(o, text.substr(2, equals - 2), text.substr(equals + 1));
    } else if (i + 1 < argc) {
      SetOption(o, text.substr(2), argv[++i]);
    } else {
      throw Failure("the option " + OneLine(text) + " needs a value, as in " + OneLine(text) +
                    "=...: see bac-trace --help");
    }
  }
  return o;
}

}  // namespace bac_trace_tool
