/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-test-trace.h"

#include "trace/trace_file.h"

#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

namespace ns3 {

BacTestTrace::BacTestTrace(uint32_t vehicles, uint32_t seconds, bool gaps) : m_strings{"test", "ev", "bac-ns3-tests", "lane"} {
  for (uint32_t v = 0; v < vehicles; v++) {
    m_vehicles.push_back({1, 1, 1, 60000, 0, seconds + 1, m_samples.size()});
    for (uint32_t t = 0; t <= seconds; t++) {
      const bool absent = gaps && v % 4 == 3 && t >= 4 && t < 6;
      const auto x = static_cast<int32_t>(1000 * t + 4000 * (v % 10));
      const auto y = static_cast<int32_t>(3000 * (v / 10));
      bac_trace_sample sample{x, y, 1000, 9000, 3, 300000};
      if (absent) sample = {BAC_TRACE_ABSENT, 0, 0, 0, 0, 0};
      m_samples.push_back(sample);
    }
  }
  m_trace.seed = 1;
  m_trace.begin_ns = 100 * INT64_C(1000000000);
  m_trace.duration_ns = seconds * INT64_C(1000000000);
  m_trace.step_ns = 1000000000;
  m_trace.inputs_digest = 7;
  m_trace.east_cm = 60000;
  m_trace.north_cm = 60000;
  m_trace.ev_share_permille = 1000;
  m_trace.producer = 2;
  m_trace.string_count = static_cast<uint32_t>(m_strings.size());
  m_trace.strings = m_strings.data();
  m_trace.vehicle_count = vehicles;
  m_trace.vehicles = m_vehicles.data();
  m_trace.sample_count = m_samples.size();
  m_trace.samples = m_samples.data();
  const char* folder = std::getenv("TMPDIR");
  m_file = std::string(folder != nullptr ? folder : "/tmp") + "/bac-test-" + std::to_string(getpid()) + ".trace";
}

BacTestTrace::~BacTestTrace() { unlink(m_file.c_str()); }

void BacTestTrace::AddBuilding(const std::vector<std::array<int32_t, 2>>& corners) {
  m_buildingCorners.push_back(static_cast<uint32_t>(corners.size()));
  m_corners.insert(m_corners.end(), corners.begin(), corners.end());
  m_trace.building_count = static_cast<uint32_t>(m_buildingCorners.size());
  m_trace.building_corners = m_buildingCorners.data();
  m_trace.corner_count = m_corners.size();
  m_trace.corners_cm = reinterpret_cast<const int32_t(*)[2]>(m_corners.data());
}

void BacTestTrace::Save() {
  char why[BAC_TRACE_WHY_SIZE];
  if (bac_trace_save(&m_trace, m_file.c_str(), why, sizeof why) != 0) throw std::runtime_error(why);
}

} // namespace ns3
