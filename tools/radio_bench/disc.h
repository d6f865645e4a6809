/* SPDX-License-Identifier: GPL-2.0-only */
/* EVs uniform in a disc of 3 km that broadcast ten times a second, each at a random time of its own in every period. */
#ifndef BAC_RADIO_BENCH_DISC_H
#define BAC_RADIO_BENCH_DISC_H

#include "script.h"

class Disc : public Observer {
 public:
  static constexpr double RADIUS_M = 1500, BIN_M = 50;
  static constexpr int BINS = 24; // of distance, up to 1,200 m

  struct Counts {
    uint64_t sent, receptions;
    uint64_t received[BINS], expected[BINS]; // within the sender's channel
  };

  /* shards: EVs take turns among their channels. time_s: measured. */
  Disc(uint32_t evs, uint32_t shards, uint64_t seed, double time_s);
  void Begins(bac_time now, uint32_t station, size_t frame) override;
  void Decoded(uint32_t station, uint32_t from, size_t frame) override;
  double BusyRatio(const Cost& cost) const; // mean over EVs

  Script script;
  Counts counts{};

 private:
  std::vector<uint8_t> m_bin; // of a pair
  std::vector<uint32_t> m_population; // of a sender's bins
  std::vector<bool> m_counts; // of a frame: it began within the window
};

#endif
