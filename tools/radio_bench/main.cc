/* SPDX-License-Identifier: GPL-2.0-only */
/* bac-radio-bench: the same static scenes on several radios (script.h), for speed, memory, packet delivery by distance and busy ratio. EVs
 * stand in a disc of 3 km and broadcast 300 bytes ten times a second. */
#include <getopt.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "curves.h"
#include "disc.h"
#include "radio/channel_plan.h"
#include "radio/lanes.h"
#include "script.h"

#include "ns3/bac-helper.h"

namespace {

struct Scene {
  std::string loss;
  bool nakagami;
  uint32_t evs;
  double eirp_dbm;
  std::array<double, 3> loss_from_m;
  double speed_m_s;
};

/// What a run measured; passed through a pipe.
struct Result {
  double wall_s, cpu_s, simulated_s, cbr, memory_mb;
  Disc::Counts counts;
  char vector[16];
};

/// One run in a process of its own, for its memory.
Result Measure(Radio radio, const Scene& scene, uint32_t shards, bool weak, double time_s, uint64_t seed, int vector = 0) {
  int ends[2];
  if (pipe(ends) != 0) std::exit(1);
  const pid_t child = fork();
  if (child == 0) {
    Disc disc(scene.evs, shards, seed, time_s);
    disc.script.loss = scene.loss;
    disc.script.nakagami = scene.nakagami;
    disc.script.eirp_dbm = scene.eirp_dbm;
    disc.script.weak = weak;
    disc.script.loss_from_m = scene.loss_from_m;
    disc.script.speed_m_s = scene.speed_m_s;
    const Cost cost = Run(radio, disc.script, disc, vector);
    Result result{cost.wall_s, cost.cpu_s, time_s, disc.BusyRatio(cost), 0, disc.counts, {}};
    std::snprintf(result.vector, sizeof result.vector, "%s", cost.vector.c_str());
    if (write(ends[1], &result, sizeof result) != static_cast<ssize_t>(sizeof result)) _exit(1);
    _exit(0);
  }
  close(ends[1]);
  Result result{};
  const ssize_t got = read(ends[0], &result, sizeof result);
  close(ends[0]);
  rusage usage{};
  int status = 0;
  wait4(child, &status, 0, &usage);
  if (got != static_cast<ssize_t>(sizeof result) || status != 0) {
    std::fprintf(stderr, "bac-radio-bench: a run failed (status %d)\n", status);
    std::exit(1);
  }
  result.memory_mb = static_cast<double>(usage.ru_maxrss) / 1024;
  return result;
}

double Pdr(const Result& r, int bin) {
  return r.counts.expected[bin] > 0 ? static_cast<double>(r.counts.received[bin]) / static_cast<double>(r.counts.expected[bin]) : NAN;
}

void Print(const char* name, const Result& r) {
  std::printf("  %-10s %9.4f wall s, %9.4f CPU s per simulated s (of %.1f), %" PRIu64 " receptions, CBR %.4f, %.0f MB\n", name,
              r.wall_s / r.simulated_s, r.cpu_s / r.simulated_s, r.simulated_s, r.counts.receptions, r.cbr, r.memory_mb);
  std::fflush(stdout);
}

double CpuRatio(const Result& of, const Result& by) { return of.cpu_s / of.simulated_s / (by.cpu_s / by.simulated_s); }

struct Wish {
  double fast_s = 10, stock_s = 1;
  uint64_t seed = 1;
  bool vectors = false, wave = false;
};

/// The culled radio beside stock ns-3. \return whether every reception is the same
bool CompareWave(const Scene& scene, const Wish& wish, const Result& stock) {
  const Result wave = Measure(Radio::WAVE, scene, 1, false, wish.stock_s, wish.seed);
  Print("wave", wave);
  const Result weak = Measure(Radio::WAVE, scene, 1, true, wish.stock_s, wish.seed);
  Print("wave, weak", weak);
  const bool same = std::memcmp(&wave.counts, &stock.counts, sizeof stock.counts) == 0 && wave.cbr == stock.cbr;
  std::printf("  stock takes %.2f times the CPU time of wave%s, %.2f times that of wave with weak signals (receptions %+.1f %%)\n", CpuRatio(stock, wave),
              same ? " (the same receptions)" : " (DIFFERENT RECEPTIONS)", CpuRatio(stock, weak),
              100 * (static_cast<double>(weak.counts.receptions) / static_cast<double>(stock.counts.receptions) - 1));
  return same;
}

std::string Describe(const Scene& scene) {
  char text[160];
  const std::array<double, 3>& from = scene.loss_from_m;
  int n = std::snprintf(text, sizeof text, "%s", scene.loss.c_str());
  if (scene.loss == "threelog") n += std::snprintf(text + n, sizeof text - n, " from %g, %g, %g m", from[0], from[1], from[2]);
  std::snprintf(text + n, sizeof text - n, ", %.0f dBm, %s, %u EVs", scene.eirp_dbm, scene.nakagami ? "Nakagami" : "no fading", scene.evs);
  return text;
}

/// What it costs that a loss holds for 100 ms only.
void CompareMoving(Scene scene, const Wish& wish) {
  const double speed = scene.speed_m_s;
  scene.speed_m_s = 0;
  std::printf("%s\n", Describe(scene).c_str());
  const Result standing = Measure(Radio::FAST, scene, 1, false, wish.fast_s, wish.seed);
  Print("standing", standing);
  scene.speed_m_s = speed;
  const Result moving = Measure(Radio::FAST, scene, 1, false, wish.fast_s, wish.seed);
  Print("moving", moving);
  std::printf("  moving takes %.2f times the CPU time\n\n", CpuRatio(moving, standing));
  std::fflush(stdout);
}

/// \return whether the two agree within 2 %
bool Compare(const Scene& scene, const Wish& wish) {
  std::printf("%s\n", Describe(scene).c_str());
  std::fflush(stdout);
  const Result fast = Measure(Radio::FAST, scene, 1, false, wish.fast_s, wish.seed);
  Print(fast.vector, fast);
  bool good = true;
  for (int kind = BAC_VECTOR_NONE; wish.vectors && kind < BAC_VECTOR_KINDS; kind++)
    if (bac_kernels_of(static_cast<bac_vector>(kind)) != nullptr) {
      const Result other = Measure(Radio::FAST, scene, 1, false, wish.fast_s, wish.seed, kind);
      Print(other.vector, other);
      if (std::memcmp(&other.counts, &fast.counts, sizeof fast.counts) == 0) continue;
      std::printf("  DIFFERENT RECEPTIONS\n");
      good = false;
    }
  if (wish.stock_s <= 0) {
    for (int b = 0; b < Disc::BINS; b++) std::printf("  %4.0f m  %.4f\n", b * Disc::BIN_M, Pdr(fast, b));
    return good;
  }
  const Result stock = Measure(Radio::STOCK, scene, 1, false, wish.stock_s, wish.seed);
  Print("stock", stock);
  if (wish.wave) good &= CompareWave(scene, wish, stock);
  double worst = 0;
  for (int b = 0; b < Disc::BINS; b++) {
    const double s = Pdr(stock, b), f = Pdr(fast, b);
    if (stock.counts.received[b] + fast.counts.received[b] > 0)
      std::printf("  %4.0f m  stock %.4f  fast %.4f  %+.4f\n", b * Disc::BIN_M, s, f, f - s);
    worst = std::max(worst, std::fabs(f - s));
  }
  const double cbr = std::fabs(fast.cbr - stock.cbr);
  std::printf("  ratio %.0f of wall, %.0f of CPU; largest PDR difference %.4f, CBR difference %.4f\n\n",
              stock.wall_s / stock.simulated_s / (fast.wall_s / fast.simulated_s), CpuRatio(stock, fast), worst, cbr);
  std::fflush(stdout);
  return good && worst <= 0.02 && cbr <= 0.02;
}

/// Receptions on every radio, in one channel and in three side by side, against SpectrumWifiPhy. \return whether wave with weak signals is
/// within 1 % of it
bool CompareReference(const Scene& scene, const Wish& wish) {
  bool good = true;
  for (const uint32_t shards : {1u, 3u}) {
    std::printf("%s on %s\n", Describe(scene).c_str(), shards == 1 ? "channel 172" : "channels 172, 174, 176");
    const Result spectrum = Measure(Radio::SPECTRUM, scene, shards, false, wish.stock_s, wish.seed);
    const Result stock = Measure(Radio::STOCK, scene, shards, false, wish.stock_s, wish.seed);
    const Result wave = Measure(Radio::WAVE, scene, shards, true, wish.stock_s, wish.seed);
    const Result fast = Measure(Radio::FAST, scene, shards, true, wish.stock_s, wish.seed);
    const auto against = [&](const Result& r) {
      return static_cast<double>(r.counts.receptions) / static_cast<double>(spectrum.counts.receptions) - 1;
    };
    Print("spectrum", spectrum);
    Print("stock", stock);
    Print("wave, weak", wave);
    Print("fast, weak", fast);
    std::printf("  receptions against spectrum: stock %+.2f %%, wave %+.2f %%, fast %+.2f %%; spectrum takes %.1f times the CPU time of wave\n\n",
                100 * against(stock), 100 * against(wave), 100 * against(fast), CpuRatio(spectrum, wave));
    std::fflush(stdout);
    good &= std::fabs(against(wave)) <= 0.01;
  }
  return good;
}

/// \return whether the tables of leakage say what SpectrumWifiPhy does, within 0.5 dB
bool CompareLeakage() {
  bool good = true;
  for (uint32_t mask = 0; mask < BAC_MASKS; mask++)
    for (uint32_t apart = 0; apart < BAC_CHANNELS_APART; apart++) {
      const double spectrum = SpectrumLeakage(mask, apart), ours = bac_mask_leakage_db(static_cast<bac_mask>(mask), apart);
      std::printf("mask %s, leakage %u channels away: SpectrumWifiPhy %.2f dB, ours %.1f dB\n", ns3::BacHelper::Masks()[mask].c_str(), apart, spectrum, ours);
      good &= std::fabs(spectrum - ours) <= 0.5;
    }
  return good;
}

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

[[noreturn]] void Usage(int status) {
  std::fprintf(status == 0 ? stdout : stderr,
               "bac-radio-bench [--evs=200,1000] [--loss=threelog,logdistance,tr37885-urban,...] [--nakagami=0,1] [--time=10] [--stock-time=1] [--seed=1]\n"
               "                [--loss-from=1,80,200] [--vectors] [--wave] [--reference] [--speed=M_S]\n"
               "bac-radio-bench --curves=SCALE --out=DIR [--seed=1]\n"
               "Compares the fast medium with stock ns-3 on static scenes: CPU time, memory, delivery by distance, busy ratio.\n"
               "  --time        simulated seconds of the fast medium\n"
               "  --stock-time  simulated seconds of stock ns-3 (2,000 EVs with three log take minutes for each); 0: without\n"
               "  --loss-from   where threelog's pieces begin, m, rising (ns-3's own: 1,200,500)\n"
               "  --vectors     also with every other set of instructions of this processor\n"
               "  --wave        also --radio=wave of bac-compare, without and with --weak-signals\n"
               "  --reference   instead: receptions on ns-3's SpectrumWifiPhy (mended for 10 MHz), on stock ns-3, and on both radios with weak\n"
               "                signals, in one channel and in three; and what leaks from channel to channel\n"
               "  --speed       instead: the fast medium alone, with EVs that stand and with EVs that drive so fast, hence have another loss every 100 ms\n"
               "  --curves      instead: the fast medium beside --radio=wave, both with weak signals, in many scenes, for SCALE (1: as in doc/radio.md) of\n"
               "                the time there; writes curves.csv, curves.gp and curves.png (gnuplot) into DIR, which must be there\n"
               "Exit status 1 when delivery or busy ratio differ by more than 0.02; with --wave, when a reception differs from stock ns-3's;\n"
               "with --reference, when the number of receptions on wave with weak signals differs by more than 1 %% from SpectrumWifiPhy's;\n"
               "with --curves, when two points differ by more than 0.02 (0.04 with SCALE below 0.5).\n");
  std::exit(status);
}

double Number(const char* name, const char* text, double low, double high) {
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  if (end == text || *end != 0 || !(value >= low && value <= high)) {
    std::fprintf(stderr, "bac-radio-bench: --%s=%s: give a number from %g to %g\n", name, text, low, high);
    std::exit(2);
  }
  return value;
}

std::array<double, 3> Distances(const char* text) {
  std::array<double, 3> m{};
  const std::vector<std::string> parts = Split(text);
  for (size_t i = 0; i < parts.size() && i < m.size(); i++) m[i] = Number("loss-from", parts[i].c_str(), i > 0 ? m[i - 1] : 0.001, 1e6);
  if (parts.size() == m.size()) return m;
  std::fprintf(stderr, "bac-radio-bench: --loss-from=%s: give three distances in m, with commas\n", text);
  std::exit(2);
}

/* What is done instead of comparing scenes takes some of the options; none of the others is to be ignored without a word. given: letters. */
void RefuseWhatDoesNotGoTogether(const option* options, const std::string& given) {
  const auto name = [options](char letter) {
    const option* o = options;
    while (o->val != letter) o++;
    return o->name;
  };
  for (const std::string mode : {"Selntrf", "Relnsrf", "cor"}) {
    if (given.find(mode[0]) == std::string::npos) continue;
    const size_t other = given.find_first_not_of(mode);
    if (other == std::string::npos) continue;
    std::fprintf(stderr, "bac-radio-bench: --%s has no bearing on --%s: leave one of them out\n", name(given[other]), name(mode[0]));
    std::exit(2);
  }
}

} // namespace

int main(int argc, char** argv) {
  std::string evs = "200,1000", loss = "threelog,logdistance", nakagami = "0,1";
  std::array<double, 3> from{1, 80, 200};
  double speed = 0;
  Wish wish;
  bool reference = false;
  double curves = 0;
  std::string out, given;
  const option options[] = {{"evs", 1, nullptr, 'e'},        {"loss", 1, nullptr, 'l'}, {"nakagami", 1, nullptr, 'n'}, {"time", 1, nullptr, 't'},
                            {"stock-time", 1, nullptr, 's'}, {"seed", 1, nullptr, 'r'}, {"vectors", 0, nullptr, 'v'},  {"wave", 0, nullptr, 'w'},
                            {"reference", 0, nullptr, 'R'}, {"loss-from", 1, nullptr, 'f'}, {"speed", 1, nullptr, 'S'},  {"curves", 1, nullptr, 'c'}, {"out", 1, nullptr, 'o'}, {"help", 0, nullptr, 'h'}, {nullptr, 0, nullptr, 0}};
  for (int c; (c = getopt_long(argc, argv, "", options, nullptr)) != -1; given += static_cast<char>(c)) switch (c) {
      case 'e': evs = optarg; break;
      case 'l': loss = optarg; break;
      case 'n': nakagami = optarg; break;
      case 't': wish.fast_s = Number("time", optarg, 0.1, 1e5); break;
      case 's': wish.stock_s = Number("stock-time", optarg, 0, 1e5); break;
      case 'r': wish.seed = static_cast<uint64_t>(Number("seed", optarg, 1, 1e9)); break;
      case 'v': wish.vectors = true; break;
      case 'w': wish.wave = true; break;
      case 'R': reference = true; break;
      case 'f': from = Distances(optarg); break;
      case 'S': speed = Number("speed", optarg, 0.1, 1000); break;
      case 'c': curves = Number("curves", optarg, 0.01, 100); break;
      case 'o': out = optarg; break;
      case 'h': Usage(0);
      default: Usage(2);
    }
  if (optind < argc || (curves > 0) != !out.empty()) Usage(2);
  RefuseWhatDoesNotGoTogether(options, given);
  if (curves > 0) {
    const int agrees = ReportCurves(MeasureCurves(curves, wish.seed), out, curves < 0.5 ? 0.04 : 0.02);
    return agrees < 0 ? 2 : agrees ? 0 : 1;
  }
  bool good = !reference || CompareLeakage();
  for (const std::string& l : Split(loss)) {
    const std::vector<std::string>& losses = ns3::BacHelper::Losses();
    if (std::find(losses.begin(), losses.end(), l) == losses.end()) {
      std::fprintf(stderr, "bac-radio-bench: --loss=%s: give threelog, logdistance, tr37885-urban or tr37885-highway\n", l.c_str());
      return 2;
    }
    for (const std::string& f : Split(nakagami))
      for (const std::string& n : Split(evs)) {
        const Scene scene{l, Number("nakagami", f.c_str(), 0, 1) > 0, static_cast<uint32_t>(Number("evs", n.c_str(), 2, 10000)), l == "logdistance" ? 20.0 : 23.0, from, speed};
        if (speed > 0)
          CompareMoving(scene, wish);
        else
          good &= reference ? CompareReference(scene, wish) : Compare(scene, wish);
      }
  }
  return good ? 0 : 1;
}
