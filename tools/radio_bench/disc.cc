/* SPDX-License-Identifier: GPL-2.0-only */
#include "disc.h"

#include <algorithm>
#include <cmath>

extern "C" {
#include "base/random.h"
}

Disc::Disc(uint32_t evs, uint32_t shards, uint64_t seed, double time_s) {
  script.seed = seed;
  script.begin = 300 * BAC_MS; // radios reach their channel at 10 ms
  script.end = script.begin + static_cast<bac_time>(time_s * 1e9);
  bac_random place = bac_random_stream(1, evs, BAC_PURPOSE_WORKLOAD);
  const auto uniform = [](bac_random& r) { return static_cast<double>(bac_random_u64(&r) >> 11) * 0x1p-53; };
  for (uint32_t i = 0; i < evs; i++) {
    const double r = RADIUS_M * std::sqrt(uniform(place)), phi = 2 * M_PI * uniform(place);
    script.stations.push_back({r * std::cos(phi), r * std::sin(phi), i % shards});
  }
  m_bin.resize(size_t(evs) * evs);
  m_population.resize(size_t(evs) * BINS);
  for (uint32_t i = 0; i < evs; i++)
    for (uint32_t j = 0; j < evs; j++) {
      const Station &a = script.stations[i], &b = script.stations[j];
      const double bin = std::hypot(a.x - b.x, a.y - b.y) / BIN_M;
      const bool counts_here = i != j && a.shard == b.shard && bin < BINS;
      m_bin[size_t(i) * evs + j] = counts_here ? static_cast<uint8_t>(bin) : BINS;
      if (counts_here) m_population[size_t(i) * BINS + static_cast<uint8_t>(bin)]++;
    }
  bac_random when = bac_random_stream(seed, evs, BAC_PURPOSE_LINK);
  for (bac_time period = script.begin - 200 * BAC_MS; period < script.end; period += 100 * BAC_MS)
    for (uint32_t i = 0; i < evs; i++) script.sendings.push_back({period + bac_time(bac_random_below(&when, 100 * BAC_MS)), i});
  std::sort(script.sendings.begin(), script.sendings.end(), [](const Sending& a, const Sending& b) { return a.at < b.at; });
  m_counts.resize(script.sendings.size());
}

void Disc::Begins(bac_time now, uint32_t station, size_t frame) {
  if (now < script.begin || now >= script.end) return;
  m_counts[frame] = true;
  counts.sent++;
  for (int b = 0; b < BINS; b++) counts.expected[b] += m_population[size_t(station) * BINS + static_cast<size_t>(b)];
}

void Disc::Decoded(uint32_t station, uint32_t from, size_t frame) {
  if (!m_counts[frame]) return;
  counts.receptions++;
  const uint8_t b = m_bin[size_t(from) * script.stations.size() + station];
  if (b < BINS) counts.received[b]++;
}

double Disc::BusyRatio(const Cost& cost) const {
  double sum = 0;
  for (const double busy : cost.busy) sum += busy;
  return sum / static_cast<double>(script.end - script.begin) / static_cast<double>(cost.busy.size());
}
