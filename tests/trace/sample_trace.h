/* SPDX-License-Identifier: GPL-2.0-only */
/* Traces made by hand for the tests. */
#ifndef BAC_TESTS_SAMPLE_TRACE_H
#define BAC_TESTS_SAMPLE_TRACE_H

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "trace/trace.h"

constexpr int64_t kSecond = 1'000'000'000;

/* A trace under construction; trace() stays valid while it lives. */
class SampleTrace {
 public:
  SampleTrace() {
    m_trace.seed = 42;
    m_trace.begin_ns = 300 * kSecond;
    m_trace.duration_ns = 10 * kSecond;
    m_trace.step_ns = kSecond;
    m_trace.inputs_digest = 0x0123456789abcdefu;
    m_trace.east_cm = m_trace.north_cm = 100000;
    m_trace.ev_share_permille = 1000;
    m_trace.scenario = Add("town");
    m_trace.producer = Add("by hand");
    m_type = Add("car");
    m_model = Add("VW_ID3");
    m_lane = Add("lane_0");
  }

  uint32_t Add(const std::string &text) {
    m_strings.push_back(text);
    return static_cast<uint32_t>(m_strings.size() - 1);
  }

  static bac_trace_sample Absent() {
    bac_trace_sample s{};
    s.x_cm = BAC_TRACE_ABSENT;
    return s;
  }

  bac_trace_sample At(int32_t x_cm, int32_t y_cm) const {
    bac_trace_sample s{};
    s.x_cm = x_cm;
    s.y_cm = y_cm;
    s.lane = m_lane;
    s.charge_dwh = 290000;
    return s;
  }

  uint32_t AddVehicle(const std::string &id, uint32_t first_instant, const std::vector<bac_trace_sample> &samples) {
    bac_trace_vehicle v{};
    v.id = Add(id);
    v.type = m_type;
    v.model = m_model;
    v.capacity_wh = 58000;
    v.first_instant = first_instant;
    v.sample_count = static_cast<uint32_t>(samples.size());
    v.first_sample = m_samples.size();
    m_vehicles.push_back(v);
    m_samples.insert(m_samples.end(), samples.begin(), samples.end());
    return static_cast<uint32_t>(m_vehicles.size() - 1);
  }

  /* Stands at one place for the whole window. */
  uint32_t AddStanding(const std::string &id, int32_t x_cm, int32_t y_cm) {
    return AddVehicle(id, 0, std::vector<bac_trace_sample>(11, At(x_cm, y_cm)));
  }

  void AddBuilding(const std::vector<std::array<int32_t, 2>> &corners) {
    m_building_corners.push_back(static_cast<uint32_t>(corners.size()));
    m_corners.insert(m_corners.end(), corners.begin(), corners.end());
  }

  bac_trace &trace() {
    m_pointers.clear();
    for (const std::string &text : m_strings) m_pointers.push_back(text.c_str());
    m_trace.strings = m_pointers.data();
    m_trace.string_count = static_cast<uint32_t>(m_pointers.size());
    m_trace.vehicles = m_vehicles.data();
    m_trace.vehicle_count = static_cast<uint32_t>(m_vehicles.size());
    m_trace.samples = m_samples.data();
    m_trace.sample_count = m_samples.size();
    m_trace.building_count = static_cast<uint32_t>(m_building_corners.size());
    m_trace.building_corners = m_building_corners.data();
    m_trace.corner_count = m_corners.size();
    m_trace.corners_cm = reinterpret_cast<const int32_t(*)[2]>(m_corners.data());
    return m_trace;
  }

  std::vector<uint8_t> Bytes() {
    uint8_t *bytes = nullptr;
    size_t length = 0;
    if (bac_trace_encode(&trace(), &bytes, &length, nullptr, 0) != 0) return {};
    std::vector<uint8_t> copy(bytes, bytes + length);
    free(bytes);
    return copy;
  }

  std::vector<bac_trace_vehicle> m_vehicles;
  std::vector<bac_trace_sample> m_samples;
  std::vector<std::string> m_strings;
  std::vector<uint32_t> m_building_corners;
  std::vector<std::array<int32_t, 2>> m_corners;

 private:
  bac_trace m_trace{};
  std::vector<const char *> m_pointers;
  uint32_t m_type, m_model, m_lane;
};

using TracePointer = std::unique_ptr<bac_trace, decltype(&bac_trace_free)>;

/* Null when refused; then *why tells. */
inline TracePointer Parse(const std::vector<uint8_t> &bytes, std::string *why = nullptr) {
  bac_trace *trace = nullptr;
  char text[BAC_TRACE_WHY_SIZE] = "";
  bac_trace_parse(bytes.data(), bytes.size(), "test.trace", &trace, text, sizeof text);
  if (why) *why = text;
  return {trace, &bac_trace_free};
}

#endif
