/* SPDX-License-Identifier: GPL-2.0-only */
/* Records the vehicles of a running SUMO simulation. */
#ifndef BAC_TOOLS_BAC_TRACE_RECORDER_H
#define BAC_TOOLS_BAC_TRACE_RECORDER_H

#include <array>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "models.h"
#include "trace/trace.h"

namespace bac_trace_tool {

struct Vehicle {
  std::string id, type, model;
  uint32_t capacity_wh = 0;
  double charge_wh = 0;
  int64_t first_instant = 0;
  std::string lane;
  uint32_t lane_string = 0;
  std::vector<bac_trace_sample> samples;
};

class Recorder {
 public:
  Recorder(const Options &options, std::vector<Model> models) : m_options(options), m_models(std::move(models)) {}

  /* After a SUMO step. `instant`: of the window, negative before it. */
  void Step(int64_t instant, double step_s);

  /* Takes the scenario's buildings: polygons of type "building" or "building.WHATEVER", as SUMO's polyconvert names them. */
  void AddBuildings();

  size_t Seen() const { return m_present; }
  uint64_t Samples() const { return m_samples; }

  /* Fills in and saves the trace. */
  void Save(bac_trace trace, const std::string &scenario, const std::string &producer,
            const std::filesystem::path &path);

 private:
  std::unique_ptr<Vehicle> Admit(const std::string &id);
  std::string ElectricType(const std::string &type, const Model &model);
  void Observe(Vehicle &v, bool is_new, int64_t instant, double step_s);

  uint32_t String(const std::string &text) {
    auto [entry, is_new] = m_string_index.try_emplace(OneLine(text).substr(0, BAC_TRACE_STRING_MAX), 0);
    if (is_new) {
      entry->second = static_cast<uint32_t>(m_strings.size());
      m_strings.push_back(entry->first);
    }
    return entry->second;
  }

  const Options &m_options;
  std::vector<Model> m_models;
  std::unordered_map<std::string, std::unique_ptr<Vehicle>> m_vehicles; /* null: no EV */
  std::map<std::string, bool> m_electric_types;
  std::vector<std::string> m_strings;
  std::unordered_map<std::string, uint32_t> m_string_index;
  size_t m_present = 0;
  uint64_t m_samples = 0;
  std::vector<uint32_t> m_building_corners;
  std::vector<std::array<int32_t, 2>> m_corners;
};

}  // namespace bac_trace_tool

#endif
