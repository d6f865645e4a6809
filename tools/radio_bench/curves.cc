/* SPDX-License-Identifier: GPL-2.0-only */
#include "curves.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "disc.h"
#include "script.h"

extern "C" {
#include "base/random.h"
}

namespace {

constexpr bac_time BEGIN = 300 * BAC_MS;
constexpr uint32_t BYTES = 300;
const double FRAME_S = static_cast<double>(bac_air_duration(BYTES + BAC_PSDU_OVERHEAD, BAC_MODE_6)) * 1e-9;

/// Frames that began in the window: when, after whom, heard by whom.
class Log : public Observer {
 public:
  explicit Log(const Script& script) : m_script(script) {}
  void Begins(bac_time now, uint32_t station, size_t frame) override {
    if (now < m_script.begin || now >= m_script.end) return;
    m_begun[frame] = station;
    m_sent[station]++;
    if (frame < m_script.sendings.size()) waits.push_back(static_cast<double>(now - m_script.sendings[frame].at) * 1e-3);
  }
  void Decoded(uint32_t station, uint32_t from, size_t frame) override {
    if (m_begun.count(frame) > 0) m_heard[{station, from}]++;
  }
  double Sent(uint32_t station) { return static_cast<double>(m_sent[station]); }
  double Heard(uint32_t station, uint32_t from) { return static_cast<double>(m_heard[{station, from}]); }
  std::vector<double> waits; ///< from queue to air, us

 private:
  const Script& m_script;
  std::map<size_t, uint32_t> m_begun;
  std::map<uint32_t, uint64_t> m_sent;
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> m_heard;
};

Script ScriptFor(double time_s, uint64_t seed) {
  Script script;
  script.weak = true;
  script.bytes = BYTES;
  script.begin = BEGIN;
  script.end = BEGIN + static_cast<bac_time>(time_s * 1e9);
  script.seed = seed;
  return script;
}

/// A number from each radio.
Point Both(double x, const Script& script, const std::function<double(Log&, const Cost&)>& value, double prediction = NAN) {
  double y[2];
  const Radio radios[2] = {Radio::WAVE, Radio::FAST};
  for (int i = 0; i < 2; i++) {
    Log log(script);
    const Cost cost = Run(radios[i], script, log);
    y[i] = value(log, cost);
  }
  return {x, y[0], y[1], prediction};
}

/// Poisson arrivals at stations. \param rate of each, 1/s
void Poisson(Script& script, const std::vector<uint32_t>& stations, double rate) {
  for (const uint32_t s : stations) {
    bac_random r = bac_random_stream(script.seed, s, BAC_PURPOSE_LINK);
    double t = static_cast<double>(BEGIN - 100 * BAC_MS) * 1e-9;
    while ((t -= std::log((static_cast<double>(bac_random_u64(&r) >> 11) + 1) * 0x1p-53) / rate) < static_cast<double>(script.end) * 1e-9)
      script.sendings.push_back({static_cast<bac_time>(t * 1e9), s});
  }
  std::sort(script.sendings.begin(), script.sendings.end(), [](const Sending& a, const Sending& b) { return a.at < b.at; });
}

/// Delivery by distance.
Curve Delivery(const std::string& loss, bool nakagami, double scale, uint64_t seed) {
  Curve curve{"delivery, " + loss + (nakagami ? ", Nakagami" : ""), "distance [m]", "packet delivery ratio", {}};
  const uint32_t evs = scale < 0.5 ? 120 : 300;
  Disc::Counts counts[2];
  const Radio radios[2] = {Radio::WAVE, Radio::FAST};
  for (int i = 0; i < 2; i++) {
    Disc disc(evs, 1, seed, std::max(6 * scale, 2.0));
    disc.script.loss = loss;
    disc.script.nakagami = nakagami;
    disc.script.weak = true;
    disc.script.eirp_dbm = loss == "threelog" ? 23 : 20;
    Run(radios[i], disc.script, disc);
    counts[i] = disc.counts;
  }
  const int step = scale < 0.5 ? 3 : 1; // bins in one
  for (int b = 0; b + step <= Disc::BINS; b += step) {
    double received[2] = {0, 0}, expected[2] = {0, 0};
    for (int i = 0; i < 2; i++)
      for (int k = b; k < b + step; k++) {
        received[i] += static_cast<double>(counts[i].received[k]);
        expected[i] += static_cast<double>(counts[i].expected[k]);
      }
    curve.points.push_back({(b + 0.5 * step) * Disc::BIN_M, received[0] / expected[0], received[1] / expected[1], NAN});
  }
  return curve;
}

Curve BusyRatio(double scale, uint64_t seed) {
  Curve curve{"busy ratio", "EVs in the disc", "channel busy ratio", {}};
  for (const uint32_t evs : {25u, 50u, 100u, 200u, 400u}) {
    if (scale < 0.5 && evs > 100) continue;
    double ratio[2];
    const Radio radios[2] = {Radio::WAVE, Radio::FAST};
    for (int i = 0; i < 2; i++) {
      Disc disc(evs, 1, seed, std::max(scale, 0.5));
      disc.script.weak = true;
      ratio[i] = disc.BusyRatio(Run(radios[i], disc.script, disc));
    }
    curve.points.push_back({static_cast<double>(evs), ratio[0], ratio[1], NAN});
  }
  return curve;
}

/// Stations on a circle about another, which only listens (the last).
void Ring(Script& script, uint32_t count, double radius) {
  for (uint32_t i = 0; i < count; i++) script.stations.push_back({radius * std::cos(2 * M_PI * i / count), radius * std::sin(2 * M_PI * i / count)});
  script.stations.push_back({0, 0});
}

/// From the queue to the air, for 20 stations who hear each other and fill half of the channel.
Curve AccessDelay(double scale, uint64_t seed) {
  Curve curve{"access delay", "access delay [ms]", "share of frames within", {}};
  Script script = ScriptFor(20 * scale, seed);
  Ring(script, 20, 60);
  std::vector<uint32_t> senders;
  for (uint32_t i = 0; i < 20; i++) senders.push_back(i);
  Poisson(script, senders, 40);
  std::vector<double> waits[2];
  const Radio radios[2] = {Radio::WAVE, Radio::FAST};
  for (int i = 0; i < 2; i++) {
    Log log(script);
    Run(radios[i], script, log);
    waits[i] = log.waits;
    std::sort(waits[i].begin(), waits[i].end());
  }
  const auto within = [](const std::vector<double>& of, double x) {
    return static_cast<double>(std::upper_bound(of.begin(), of.end(), x) - of.begin()) / static_cast<double>(of.size());
  };
  for (double us = 0; us <= 4000; us += us < 500 ? 20 : 100) curve.points.push_back({us * 1e-3, within(waits[0], us), within(waits[1], us), NAN});
  return curve;
}

/// Two senders, 640 m apart (-95.3 dBm), who do not hear each other, and a receiver between them.
Curve HiddenTerminals(double scale, uint64_t seed) {
  Curve curve{"hidden terminals", "frames of each sender [1/s]", "packet delivery ratio", {}};
  for (const double rate : {25.0, 50.0, 100.0, 200.0, 400.0, 800.0}) {
    Script script = ScriptFor(std::max(10000 * scale, 2000.0) / rate / 2, seed);
    script.stations = {{-320, 0}, {320, 0}, {0, 0}};
    Poisson(script, {0, 1}, rate);
    curve.points.push_back(Both(rate, script, [](Log& log, const Cost&) { return (log.Heard(2, 0) + log.Heard(2, 1)) / (log.Sent(0) + log.Sent(1)); },
                                std::exp(-2 * rate * FRAME_S)));
  }
  return curve;
}

/// Senders who always have another frame, all in earshot, at equal powers at the receiver. Bianchi: with a window W that stays, each sends in a
/// slot with probability 2 / (W + 1); a slot is 13 us, or a frame and AIFS. Source: G. Bianchi, "Performance analysis of the IEEE 802.11
/// distributed coordination function", IEEE JSAC 18(3), 2000.
void Saturation(double scale, uint64_t seed, std::vector<Curve>& curves) {
  Curve success{"saturation, delivery", "senders", "packet delivery ratio", {}}, throughput{"saturation, throughput", "senders", "payload over the rate of 6 Mb/s", {}};
  for (const uint32_t n : {1u, 2u, 5u, 10u, 20u, 30u, 50u}) {
    if (scale < 0.5 && n > 20) continue;
    Script script = ScriptFor(8 * scale, seed);
    Ring(script, n, 60);
    double sum[2][2]; // sent, heard
    const Radio radios[2] = {Radio::WAVE, Radio::FAST};
    for (uint32_t i = 0; i < n; i++) script.saturated.push_back(i);
    for (int i = 0; i < 2; i++) {
      Log log(script);
      Run(radios[i], script, log);
      sum[i][0] = sum[i][1] = 0;
      for (uint32_t s = 0; s < n; s++) sum[i][0] += log.Sent(s), sum[i][1] += log.Heard(n, s);
    }
    const double tau = 2.0 / 17, alone = std::pow(1 - tau, n - 1), idle = alone * (1 - tau), aifs = static_cast<double>(BAC_AIR_SIFS + 6 * BAC_AIR_SLOT) * 1e-9;
    const double slot_s = idle * static_cast<double>(BAC_AIR_SLOT) * 1e-9 + (1 - idle) * (FRAME_S + aifs);
    const double to_share = 8.0 * BYTES / 6e6, seconds = static_cast<double>(script.end - script.begin) * 1e-9;
    success.points.push_back({static_cast<double>(n), sum[0][1] / sum[0][0], sum[1][1] / sum[1][0], alone});
    throughput.points.push_back({static_cast<double>(n), sum[0][1] * to_share / seconds, sum[1][1] * to_share / seconds, n * tau * alone / slot_s * to_share});
  }
  curves.push_back(success);
  curves.push_back(throughput);
}

/// A sender at 320 m (-84 dBm), and one who does not hear it and always sends, weaker at the receiver.
Curve Capture(double scale, uint64_t seed) {
  Curve curve{"capture", "power over the interference [dB]", "packet delivery ratio", {}};
  for (double db = 0; db <= 20; db += scale < 0.5 ? 4 : 2) {
    Script script = ScriptFor(std::max(40 * scale, 12.0), seed);
    script.stations = {{-320, 0}, {320 * std::pow(10, db / 38), 0}, {0, 0}}; // three log falls by 38 dB a decade there
    script.saturated = {1};
    Poisson(script, {0}, 200);
    curve.points.push_back(Both(db, script, [](Log& log, const Cost&) { return log.Heard(2, 0) / log.Sent(0); }));
  }
  return curve;
}

/// A sender at 400 m and one on a channel nearby who always sends, near the receiver.
void AdjacentChannel(double scale, uint64_t seed, std::vector<Curve>& curves) {
  const double metres[2][7] = {{10, 40, 80, 120, 160, 200, 300}, {0.5, 1, 2, 4, 6, 8, 20}};
  for (uint32_t apart = 1; apart <= 2; apart++) {
    const std::string name = apart == 1 ? "next channel" : "next channel but one";
    Curve delivery{name + ", delivery", "distance of the interferer [m]", "packet delivery ratio", {}};
    Curve busy{name + ", busy", "distance of the interferer [m]", "channel busy ratio", {}};
    for (const double x : metres[apart - 1]) {
      Script script = ScriptFor(std::max(20 * scale, 12.0), seed);
      script.stations = {{-400, 0}, {0, x, apart}, {0, 0}};
      script.saturated = {1};
      Poisson(script, {0}, 200);
      double ratio[2];
      int i = 0;
      delivery.points.push_back(Both(x, script, [&](Log& log, const Cost& cost) {
        ratio[i++] = cost.busy[2] / static_cast<double>(script.end - script.begin);
        return log.Heard(2, 0) / log.Sent(0);
      }));
      busy.points.push_back({x, ratio[0], ratio[1], NAN});
    }
    curves.push_back(delivery);
    curves.push_back(busy);
  }
}

} // namespace

double Curve::Difference() const {
  double worst = 0;
  for (const Point& p : points) worst = std::max(worst, std::fabs(p.fast - p.reference));
  return worst;
}

std::vector<Curve> MeasureCurves(double scale, uint64_t seed) {
  std::vector<Curve> curves;
  for (const char* loss : {"threelog", "logdistance"})
    for (const bool nakagami : {false, true})
      if (scale >= 0.5 || nakagami == (loss[0] == 't')) curves.push_back(Delivery(loss, nakagami, scale, seed));
  curves.push_back(BusyRatio(scale, seed));
  curves.push_back(AccessDelay(scale, seed));
  curves.push_back(HiddenTerminals(scale, seed));
  Saturation(scale, seed, curves);
  curves.push_back(Capture(scale, seed));
  AdjacentChannel(scale, seed, curves);
  return curves;
}
