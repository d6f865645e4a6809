/* SPDX-License-Identifier: GPL-2.0-only */
/* A small trace for tests, in memory and on disk. */
#ifndef BAC_TEST_TRACE_H
#define BAC_TEST_TRACE_H

#include "trace/trace.h"

#include <array>
#include <string>
#include <vector>

namespace ns3 {

/// Vehicles on parallel streets, 10 m/s to the east; each fourth leaves from 4 s to 6 s when asked to. Begins at 100 s.
class BacTestTrace {
 public:
  /// \param vehicles how many \param seconds how long \param gaps whether some are absent for a while
  BacTestTrace(uint32_t vehicles, uint32_t seconds, bool gaps);
  ~BacTestTrace();
  BacTestTrace(const BacTestTrace&) = delete;
  BacTestTrace& operator=(const BacTestTrace&) = delete;

  const bac_trace* Get() const { return &m_trace; }              ///< \return the trace
  const std::string& GetFile() const { return m_file; }          ///< \return its file
  /// \param corners of a building, x, y in cm
  void AddBuilding(const std::vector<std::array<int32_t, 2>>& corners);
  std::vector<bac_trace_sample>& Samples() { return m_samples; } ///< \return to change before Save
  void Save();                                                   ///< write the file

 private:
  bac_trace m_trace{};
  std::vector<const char*> m_strings;
  std::vector<bac_trace_vehicle> m_vehicles;
  std::vector<bac_trace_sample> m_samples;
  std::vector<uint32_t> m_buildingCorners;
  std::vector<std::array<int32_t, 2>> m_corners;
  std::string m_file;
};

} // namespace ns3

#endif /* BAC_TEST_TRACE_H */
