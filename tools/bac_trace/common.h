/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of bac-trace share. */
#ifndef BAC_TOOLS_BAC_TRACE_COMMON_H
#define BAC_TOOLS_BAC_TRACE_COMMON_H

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace bac_trace_tool {

/* Raised by anything that the user can mend: one line that names the value and the remedy; exit status 2. */
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Options {
  std::string scenario = "bologna", out, info, csv;
  std::optional<int64_t> begin_ms, step_ms;
  int64_t duration_ms = 60'000;
  uint64_t seed = 1;
  uint32_t shards = 4, ev_share_permille = 1000;
  double scale = 1;
  bool reuse = false, verbose = false;
};

/* A time in milliseconds as seconds, shortest form. */
std::string Seconds(int64_t ms);

/* One line: control characters become spaces, runs of spaces one. */
std::string OneLine(const std::string &text);

/* The contents of a file, or a Failure. */
std::string ReadFile(const std::filesystem::path &path);

/* FNV-1a, and SplitMix64's mixing step: neither may ever change, or the same seed gives other traces. */
uint64_t Hash(const std::string &bytes, uint64_t hash = 0xcbf29ce484222325u);
uint64_t Mix(uint64_t z);

}  // namespace bac_trace_tool

#endif
