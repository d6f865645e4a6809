/* SPDX-License-Identifier: GPL-2.0-only */
#include "scenario.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <vector>

#include "options.h"

#ifndef BAC_SCENARIO_DIR
#define BAC_SCENARIO_DIR ""
#endif

namespace bac_trace_tool {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> ScenarioFolders() {
  std::error_code ignored;
  fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  std::vector<fs::path> folders;
  if (const char *given = getenv("BAC_SCENARIOS")) folders.emplace_back(given);
  for (const char *beside :
       {"sumo-scenarios", "../sumo-scenarios", "../../sumo-scenarios", "../share/bac/sumo-scenarios"}) {
    folders.push_back(program / beside);
  }
  if (*BAC_SCENARIO_DIR != '\0') folders.emplace_back(BAC_SCENARIO_DIR);
  return folders;
}

}  // namespace

/* Scenarios by name: every folder with an executable `build`. Earlier folders win. */
std::map<std::string, fs::path> ListScenarios() {
  std::map<std::string, fs::path> found;
  for (const fs::path &folder : ScenarioFolders()) {
    std::error_code error;
    for (const fs::directory_entry &entry : fs::directory_iterator(folder, error)) {
      fs::path build = entry.path() / "build";
      if (access(build.c_str(), R_OK) == 0) found.emplace(entry.path().filename().string(), fs::absolute(build));
    }
  }
  return found;
}

namespace {

/* The contents of a configuration and of the files that it names. */
uint64_t DigestOfConfiguration(const fs::path &sumocfg) {
  std::string text = ReadFile(sumocfg);
  uint64_t hash = Hash(text);
  static const std::regex quoted("[\"']([^\"'<>]+)[\"']");
  for (std::sregex_iterator i(text.begin(), text.end(), quoted), end; i != end; ++i) {
    std::istringstream list((*i)[1].str());
    for (std::string item; std::getline(list, item, ',');) {
      item.erase(0, item.find_first_not_of(" \t\n"));
      std::error_code error;
      if (fs::is_regular_file(sumocfg.parent_path() / item, error)) {
        const std::string contents = ReadFile(sumocfg.parent_path() / item);
        hash = Hash(contents, hash);
        if (contents.find("<poly ") != std::string::npos) hash = Hash("buildings", hash); /* traces made before they had any are stale */
      }
    }
  }
  return hash;
}

std::string Join(const std::map<std::string, fs::path> &scenarios) {
  std::string names;
  for (const auto &[name, build] : scenarios) names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace

Scenario FindScenario(const std::string &given) {
  Scenario s;
  bool is_path = given.find('/') != std::string::npos || fs::path(given).extension() == ".sumocfg" ||
                 fs::path(given).extension() == ".cfg";
  if (is_path) {
    std::error_code error;
    if (!fs::is_regular_file(given, error)) {
      throw Failure("--scenario=" + OneLine(given) +
                    ": there is no such file: give the path of a .sumocfg, or one of " + Join(ListScenarios()));
    }
    s.sumocfg = fs::absolute(given);
    s.name = OneLine(s.sumocfg.stem().string());
    s.digest = DigestOfConfiguration(s.sumocfg);
    return s;
  }
  std::map<std::string, fs::path> all = ListScenarios();
  auto found = all.find(given);
  if (found == all.end()) {
    throw Failure("--scenario=" + OneLine(given) + " is unknown: choose " +
                  (all.empty() ? "the path of a .sumocfg (no folder of scenarios was found: set BAC_SCENARIOS)"
                               : Join(all) + ", or the path of a .sumocfg"));
  }
  s.name = given;
  s.build = found->second;
  s.digest = Hash(ReadFile(s.build));
  fs::path defaults = s.build.parent_path() / "defaults";
  if (std::ifstream file(defaults); file) {
    for (std::string line; std::getline(file, line);) {
      if (line.rfind("begin=", 0) == 0) s.begin_ms = ParseMilliseconds("begin", line.substr(6), 0);
    }
  }
  return s;
}

std::string SumoHome() {
  const char *given = getenv("SUMO_HOME");
  std::string home = given && *given ? given : "/usr/share/sumo";
  std::error_code error;
  if (!fs::is_directory(fs::path(home) / "data", error)) {
    throw Failure("there is no SUMO at SUMO_HOME=" + OneLine(home) +
                  ": install the packages sumo and sumo-tools, or set SUMO_HOME to SUMO's folder");
  }
  setenv("SUMO_HOME", home.c_str(), 1);
  return home;
}

}  // namespace bac_trace_tool
