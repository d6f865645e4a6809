/* SPDX-License-Identifier: GPL-2.0-only */
#include "common.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

namespace bac_trace_tool {

std::string Seconds(int64_t ms) {
  char text[32];
  snprintf(text, sizeof text, "%.10g", static_cast<double>(ms) / 1000);
  return text;
}

std::string OneLine(const std::string &text) {
  std::string line;
  for (char c : text) {
    char plain = (c >= 0 && c < 0x20) || c == 0x7f ? ' ' : c;
    if (plain != ' ' || (!line.empty() && line.back() != ' ')) line += plain;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string ReadFile(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Failure("cannot read '" + path.string() + "': " + strerror(errno));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

uint64_t Hash(const std::string &bytes, uint64_t hash) {
  for (char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

uint64_t Mix(uint64_t z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace bac_trace_tool
