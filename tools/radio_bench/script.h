/* SPDX-License-Identifier: GPL-2.0-only */
/* What stations do, and the radios that may do it: ns-3's in four kinds, and the fast medium. */
#ifndef BAC_RADIO_BENCH_SCRIPT_H
#define BAC_RADIO_BENCH_SCRIPT_H

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "radio/medium.h"

struct Station {
  double x, y;          // m
  uint32_t shard = 0;   // whose service channel: 172, 174, 176, 180, 182, 184
};

struct Sending {
  bac_time at;
  uint32_t station;
};

struct Script {
  std::string loss = "threelog"; // or another of --loss
  std::array<double, 3> loss_from_m{1, 80, 200}; // threelog: where its pieces begin
  double speed_m_s = 0;          // stations drive 100 m to and fro, on the fast medium only, and are elsewhere every MOVE_EVERY
  bool nakagami = false;
  bool weak = false;             // weak and adjacent signals interfere
  double eirp_dbm = 23;
  uint32_t bytes = 300;          // of a packet
  uint32_t priority = 0;         // EDCA
  std::vector<Station> stations;
  std::vector<Sending> sendings; // in order of time
  std::vector<uint32_t> saturated; // stations that have a frame waiting at all times, from `begin` on
  bac_time begin = 0, end = 0;   // measured; `sendings` may be before
  uint64_t seed = 1;             // of the radio
};

constexpr bac_time MOVE_EVERY = 100 * BAC_MS; // as BacFastChannel::RefreshInterval

/* What comes out, told while it happens. A frame's number: its index in `sendings`; of saturated stations: beyond. */
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void Begins(bac_time now, uint32_t station, size_t frame) = 0;
  virtual void Decoded(uint32_t station, uint32_t from, size_t frame) = 0;
};

enum class Radio {
  STOCK,    // ns-3's WaveNetDevice on YansWifiChannel
  WAVE,     // --radio=wave: the same, culled
  SPECTRUM, // ns-3's WaveNetDevice on SpectrumWifiPhy, mended for 10 MHz
  FAST      // --radio=fast
};

/* What a run cost, and how long each station saw its channel busy between begin and end, in ns. */
struct Cost {
  double wall_s = 0, cpu_s = 0;  // from begin to end
  std::vector<double> busy;
  std::string vector;            // instructions of the fast medium
};

/* `vector`: of the fast medium, enum bac_vector. Frames that began before `end` are followed to theirs. */
Cost Run(Radio radio, const Script& script, Observer& observer, int vector = 0);

/* What a receiver takes in of SpectrumWifiPhy's transmissions, `apart` channels away, dB. */
double SpectrumLeakage(uint32_t mask, uint32_t apart);

#endif
