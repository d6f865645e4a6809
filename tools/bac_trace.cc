/* SPDX-License-Identifier: GPL-2.0-only */
/* bac-trace: runs a SUMO scenario and writes where its electric vehicles are and what charge they have
 * left, as one compact trace (bac-core/src/trace/trace.h).
 *
 * Every road vehicle is an EV (or a share of them: --ev-share), with a model that SUMO's MMPEVEM or Energy emission
 * class computes the consumption of, regenerative braking included. Driving stays exactly the scenario's own. The
 * initial charge is drawn from seed and vehicle id. Charging is out of scope: charge only falls, but for regeneration.
 */
#include <libsumo/libsumo.h>

#include <iostream>
#include <sstream>

#include "bac_trace/info.h"
#include "bac_trace/options.h"
#include "bac_trace/run.h"
#include "trace/trace_file.h"

namespace fs = std::filesystem;
using namespace bac_trace_tool;

namespace {

/* Everything that the trace depends on. */
uint64_t DigestOf(const Options &o, const Scenario &s) {
  std::ostringstream text;
  text << BAC_TRACE_FORMAT << ' ' << libsumo::Simulation::getVersion().second << ' ' << s.name << ' ' << s.digest << ' '
       << o.begin_ms.value_or(s.begin_ms.value_or(-1)) << ' ' << o.step_ms.value_or(-1) << ' ' << o.duration_ms << ' '
       << o.seed << ' ' << o.ev_share_permille << ' ' << o.scale;
  return Hash(text.str());
}

bool IsCurrent(const std::string &path, uint64_t digest) {
  bac_trace *trace = nullptr;
  bool current = bac_trace_load(path.c_str(), &trace, nullptr, 0) == 0 && trace->inputs_digest == digest;
  bac_trace_free(trace);
  return current;
}

int Build(const Options &o) {
  if (o.out.empty()) throw Failure("--out is missing: name the trace to write, as in --out=bologna.trace");
  SumoHome();
  Scenario scenario = FindScenario(o.scenario);
  scenario.digest = DigestOf(o, scenario);
  fs::path out = fs::absolute(o.out);
  std::error_code error;
  if (fs::is_directory(out, error) || !out.has_filename()) {
    throw Failure("--out=" + OneLine(o.out) + " is a folder: name a file in it, as in --out=" + OneLine(o.out) + "/" +
                  scenario.name + ".trace");
  }
  if (!o.reuse || !IsCurrent(out.string(), scenario.digest)) {
    int status = RunScenario(o, scenario, out);
    if (status != 0) return status;
  }
  PrintInfo(o.out, o.shards);
  return 0;
}

int Main(int argc, char **argv) {
  Options o = ParseOptions(argc, argv);
  if (!o.info.empty()) {
    PrintInfo(o.info, o.shards);
  } else if (!o.csv.empty()) {
    PrintCsv(o.csv);
  } else if (o.scenario == "help") {
    for (const auto &[name, build] : ListScenarios()) std::cout << name << "\n";
  } else {
    return Build(o);
  }
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  try {
    return Main(argc, argv);
  } catch (const std::exception &error) {
    std::cerr << "bac-trace: " << error.what() << "\n";
    return 2;
  }
}
