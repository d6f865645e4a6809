/* SPDX-License-Identifier: GPL-2.0-only */
/* bac-radio-bench: the same static scenes in stock ns-3 (WaveNetDevice on its Yans channel) and in the fast medium (bac-core/radio), for
 * speed, memory, packet delivery by distance and busy ratio. EVs stand in a disc of 3 km and broadcast 300 bytes ten times a second. */
#include <getopt.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

extern "C" {
#include "base/random.h"
}
#include "radio/lanes.h"
#include "radio/medium.h"

#include "ns3/bac-helper.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/pointer.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/wifi-phy-state-helper.h"
#include "ns3/wifi-phy-state.h"
#include "ns3/wifi-phy.h"
#include "ns3/wifi-psdu.h"

namespace {

constexpr double RADIUS_M = 1500, BIN_M = 50;
constexpr int BINS = 24;                       // up to 1,200 m
constexpr bac_time BEGIN = 300 * BAC_MS;       // of the measured window; radios reach their channel at 10 ms
constexpr uint32_t PSDU_BYTES = 300 + BAC_PSDU_OVERHEAD;

struct Scene {
  std::string loss;
  bool nakagami;
  uint32_t evs;
  double eirp_dbm;
};

struct Sending {
  bac_time at;
  uint32_t station;
};

/// What a run measured; passed through a pipe.
struct Result {
  double wall_s, cpu_s, simulated_s, cbr, memory_mb;
  uint64_t sent, received[BINS], expected[BINS];
  char vector[16];
};

/// Everything random of a scene: the same for both.
struct Layout {
  std::vector<std::array<double, 3>> at;
  std::vector<uint8_t> bin; // of a pair
  std::vector<Sending> sendings;

  Layout(const Scene& scene, uint64_t seed, bac_time end) {
    bac_random place = bac_random_stream(1, scene.evs, BAC_PURPOSE_WORKLOAD);
    const auto uniform = [](bac_random& r) { return static_cast<double>(bac_random_u64(&r) >> 11) * 0x1p-53; };
    for (uint32_t i = 0; i < scene.evs; i++) {
      const double r = RADIUS_M * std::sqrt(uniform(place)), phi = 2 * M_PI * uniform(place);
      at.push_back({r * std::cos(phi), r * std::sin(phi), 1.5});
    }
    bin.resize(size_t(scene.evs) * scene.evs);
    for (uint32_t i = 0; i < scene.evs; i++)
      for (uint32_t j = 0; j < scene.evs; j++) {
        const double d = std::hypot(at[i][0] - at[j][0], at[i][1] - at[j][1]);
        bin[size_t(i) * scene.evs + j] = i == j ? 255 : static_cast<uint8_t>(std::min(d / BIN_M, 250.0));
      }
    bac_random when = bac_random_stream(seed, scene.evs, BAC_PURPOSE_LINK);
    for (bac_time period = BEGIN - 200 * BAC_MS; period < end; period += 100 * BAC_MS)
      for (uint32_t i = 0; i < scene.evs; i++) sendings.push_back({period + bac_time(bac_random_below(&when, 100 * BAC_MS)), i});
    std::sort(sendings.begin(), sendings.end(), [](const Sending& a, const Sending& b) { return a.at < b.at; });
  }
};

/// Counts of either side.
class Counter {
 public:
  Counter(const Layout& layout, Result& result) : m_layout(layout), m_result(result), m_evs(static_cast<uint32_t>(layout.at.size())) {
    m_population.resize(size_t(m_evs) * BINS);
    for (uint32_t i = 0; i < m_evs; i++)
      for (uint32_t j = 0; j < m_evs; j++)
        if (const uint8_t b = Bin(i, j); b < BINS) m_population[size_t(i) * BINS + b]++;
  }
  void Begins(uint32_t from) {
    m_result.sent++;
    for (int b = 0; b < BINS; b++) m_result.expected[b] += m_population[size_t(from) * BINS + b];
  }
  void Decoded(uint32_t from, uint32_t to) {
    if (const uint8_t b = Bin(from, to); b < BINS) m_result.received[b]++;
  }

 private:
  uint8_t Bin(uint32_t i, uint32_t j) const { return m_layout.bin[size_t(i) * m_evs + j]; }
  const Layout& m_layout;
  Result& m_result;
  uint32_t m_evs;
  std::vector<uint32_t> m_population;
};

/// Wall and processor time since its making. On a busy machine the latter says more.
class Watch {
 public:
  void Stop(Result& result) const {
    result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - m_wall).count();
    result.cpu_s = static_cast<double>(std::clock() - m_cpu) / CLOCKS_PER_SEC;
  }

 private:
  std::chrono::steady_clock::time_point m_wall = std::chrono::steady_clock::now();
  std::clock_t m_cpu = std::clock();
};

/// The fast medium.
void RunFast(const Scene& scene, const Layout& layout, bac_time end, uint64_t seed, int vector, Result& result) {
  bac_medium_config config = bac_medium_default();
  config.seed = seed;
  config.loss = bac_loss_default(scene.loss == "threelog" ? BAC_LOSS_THREE_LOG : BAC_LOSS_LOG_DISTANCE);
  config.nakagami = scene.nakagami;
  config.eirp_dbm = scene.eirp_dbm;
  config.vector = vector;
  struct Context {
    Counter counter;
    bac_time end;
    std::vector<uint8_t> counts; // of a cookie: it began within the window
  } context{Counter(layout, result), end, std::vector<uint8_t>(layout.sendings.size())};
  bac_medium_host host{};
  host.ctx = &context;
  host.begins = [](void* ctx, bac_time now, uint32_t station, const bac_medium_frame* frame, bac_time) {
    Context& c = *static_cast<Context*>(ctx);
    if (now < BEGIN || now >= c.end) return;
    c.counts[frame->cookie] = 1;
    c.counter.Begins(station);
  };
  host.decoded = [](void* ctx, bac_time, uint32_t station, uint32_t from, uint64_t cookie, double, bool) {
    Context& c = *static_cast<Context*>(ctx);
    if (c.counts[cookie]) c.counter.Decoded(from, station);
  };
  bac_medium* medium = bac_medium_new(&config, &host);
  if (medium == nullptr) std::exit(2);
  for (const auto& at : layout.at) bac_medium_add(medium, 172, at.data());
  std::vector<bac_time> busy(layout.at.size());
  Watch watch;
  bool measuring = false;
  const auto measure = [&] {
    bac_medium_run(medium, BEGIN);
    for (uint32_t i = 0; i < busy.size(); i++) busy[i] = bac_medium_busy(medium, BEGIN, i);
    watch = Watch();
    measuring = true;
  };
  for (size_t i = 0; i < layout.sendings.size() && layout.sendings[i].at < end; i++) {
    const Sending& s = layout.sendings[i];
    if (!measuring && s.at >= BEGIN) measure();
    const bac_medium_frame frame{i, BAC_TO_ALL, PSDU_BYTES, BAC_MODE_6, BAC_AC_BE};
    bac_medium_send(medium, s.at, s.station, &frame);
  }
  bac_medium_run(medium, end);
  for (uint32_t i = 0; i < busy.size(); i++)
    result.cbr += static_cast<double>(bac_medium_busy(medium, end, i) - busy[i]) / static_cast<double>(end - BEGIN) / static_cast<double>(busy.size());
  watch.Stop(result);
  bac_medium_run(medium, end + 10 * BAC_MS); // what began within
  std::snprintf(result.vector, sizeof result.vector, "%s", bac_medium_sum(medium).vector);
  bac_medium_free(medium);
}

/// Stock ns-3.
class Stock {
 public:
  Stock(const Scene& scene, const Layout& layout, bac_time end, uint64_t seed, Result& result)
      : m_layout(layout), m_end(end), m_counter(layout, result), m_result(result) {
    ns3::RngSeedManager::SetRun(seed);
    ns3::BacRadioOptions options;
    options.loss = scene.loss;
    options.nakagami = scene.nakagami;
    options.eirp_dbm = scene.eirp_dbm;
    m_helper = std::make_unique<ns3::BacHelper>(options);
    for (uint32_t i = 0; i < scene.evs; i++) {
      ns3::Ptr<ns3::Node> node = ns3::CreateObject<ns3::Node>();
      ns3::Ptr<ns3::ConstantPositionMobilityModel> mobility = ns3::CreateObject<ns3::ConstantPositionMobilityModel>();
      mobility->SetPosition(ns3::Vector(layout.at[i][0], layout.at[i][1], layout.at[i][2]));
      node->AggregateObject(mobility);
      m_devices.push_back(m_helper->InstallRadio(node, i + 1, 0));
      ns3::Ptr<ns3::WifiPhy> phy = m_devices.back()->GetPhy(0);
      ns3::PointerValue state;
      phy->GetAttribute("State", state);
      ns3::Ptr<ns3::WifiPhyStateHelper> helper = state.Get<ns3::WifiPhyStateHelper>();
      phy->TraceConnectWithoutContext("PhyTxPsduBegin", ns3::MakeBoundCallback(&Stock::TxBegin, this, i));
      helper->TraceConnectWithoutContext("RxOk", ns3::MakeBoundCallback(&Stock::RxOk, this, i));
      helper->TraceConnectWithoutContext("State", ns3::MakeBoundCallback(&Stock::State, this, i));
    }
    m_helper->AssignStreams(0);
    m_info = ns3::TxInfo(ns3::BacHelper::ChannelOf(0), 0, m_helper->GetMode(), ns3::WIFI_PREAMBLE_LONG, 0);
  }

  void Run() {
    Next(0);
    ns3::Simulator::Stop(ns3::NanoSeconds(BEGIN));
    ns3::Simulator::Run();
    const Watch watch;
    ns3::Simulator::Stop(ns3::NanoSeconds(m_end - BEGIN));
    ns3::Simulator::Run();
    watch.Stop(m_result);
    ns3::Simulator::Stop(ns3::MilliSeconds(10)); // what began within
    ns3::Simulator::Run();
    m_result.cbr = static_cast<double>(m_busy) / static_cast<double>(m_end - BEGIN) / static_cast<double>(m_devices.size());
  }

 private:
  void Next(size_t i) {
    if (i >= m_layout.sendings.size() || m_layout.sendings[i].at >= m_end) return;
    ns3::Simulator::Schedule(ns3::NanoSeconds(m_layout.sendings[i].at) - ns3::Simulator::Now(), &Stock::Send, this, i);
  }
  void Send(size_t i) {
    ns3::Ptr<ns3::Packet> packet = ns3::Create<ns3::Packet>(300);
    m_devices[m_layout.sendings[i].station]->SendX(packet, ns3::Mac48Address::GetBroadcast(), 0x88dc, m_info);
    Next(i + 1);
  }
  static void TxBegin(Stock* self, uint32_t station, ns3::WifiConstPsduMap psdus, ns3::WifiTxVector, double) {
    const bac_time now = ns3::Simulator::Now().GetNanoSeconds();
    if (now < BEGIN || now >= self->m_end) return;
    self->m_from[psdus.begin()->second->GetPayload(0)->GetUid()] = station;
    self->m_counter.Begins(station);
  }
  static void RxOk(Stock* self, uint32_t station, ns3::Ptr<const ns3::Packet> packet, double, ns3::WifiMode, ns3::WifiPreamble) {
    const auto found = self->m_from.find(packet->GetUid());
    if (found != self->m_from.end()) self->m_counter.Decoded(found->second, station);
  }
  static void State(Stock* self, uint32_t, ns3::Time start, ns3::Time duration, WifiPhyState state) {
    if (state != WifiPhyState::TX && state != WifiPhyState::RX && state != WifiPhyState::CCA_BUSY) return;
    const int64_t from = std::max<int64_t>(start.GetNanoSeconds(), BEGIN), to = std::min<int64_t>((start + duration).GetNanoSeconds(), self->m_end);
    if (to > from) self->m_busy += to - from;
  }

  const Layout& m_layout;
  bac_time m_end;
  Counter m_counter;
  Result& m_result;
  std::unique_ptr<ns3::BacHelper> m_helper;
  std::vector<ns3::Ptr<ns3::WaveNetDevice>> m_devices;
  ns3::TxInfo m_info;
  std::unordered_map<uint64_t, uint32_t> m_from;
  int64_t m_busy{0};
};

/// One run in a process of its own, for its memory.  vector < 0: stock.
Result Measure(const Scene& scene, double time_s, uint64_t seed, int vector) {
  int ends[2];
  if (pipe(ends) != 0) std::exit(1);
  const pid_t child = fork();
  if (child == 0) {
    Result result{};
    const bac_time end = BEGIN + static_cast<bac_time>(time_s * 1e9);
    result.simulated_s = time_s;
    const Layout layout(scene, seed, end);
    if (vector < 0) {
      Stock stock(scene, layout, end, seed, result);
      stock.Run();
    } else {
      RunFast(scene, layout, end, seed, vector, result);
    }
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

double Pdr(const Result& r, int bin) { return r.expected[bin] > 0 ? static_cast<double>(r.received[bin]) / static_cast<double>(r.expected[bin]) : NAN; }

void PrintFast(const char* name, const Result& r) {
  std::printf("  %-8s %9.4f wall s, %9.4f CPU s per simulated s (of %.0f), CBR %.4f, %.0f MB\n", name, r.wall_s / r.simulated_s,
              r.cpu_s / r.simulated_s, r.simulated_s, r.cbr, r.memory_mb);
}

/// \return whether the two agree within 2 %
bool Compare(const Scene& scene, double stock_s, double fast_s, uint64_t seed, bool all_vectors) {
  std::printf("%s %.0f dBm, %s, %u EVs\n", scene.loss.c_str(), scene.eirp_dbm, scene.nakagami ? "Nakagami" : "no fading", scene.evs);
  std::fflush(stdout);
  const Result fast = Measure(scene, fast_s, seed, BAC_VECTOR_BEST);
  PrintFast(fast.vector, fast);
  for (int kind = BAC_VECTOR_NONE; all_vectors && kind < BAC_VECTOR_KINDS; kind++)
    if (bac_kernels_of(static_cast<bac_vector>(kind)) != nullptr) {
      const Result other = Measure(scene, fast_s, seed, kind);
      PrintFast(other.vector, other);
      if (std::memcmp(other.received, fast.received, sizeof fast.received) != 0) std::printf("  DIFFERENT RECEPTIONS\n");
    }
  std::fflush(stdout);
  if (stock_s <= 0) {
    for (int b = 0; b < BINS; b++) std::printf("  %4.0f m  %.4f\n", b * BIN_M, Pdr(fast, b));
    return true;
  }
  const Result stock = Measure(scene, stock_s, seed, -1);
  PrintFast("stock", stock);
  double worst = 0;
  for (int b = 0; b < BINS; b++) {
    const double s = Pdr(stock, b), f = Pdr(fast, b);
    if (stock.received[b] + fast.received[b] > 0) std::printf("  %4.0f m  stock %.4f  fast %.4f  %+.4f\n", b * BIN_M, s, f, f - s);
    worst = std::max(worst, std::fabs(f - s));
  }
  const double cbr = std::fabs(fast.cbr - stock.cbr);
  std::printf("  ratio %.0f of wall, %.0f of CPU; largest PDR difference %.4f, CBR difference %.4f\n\n",
              stock.wall_s / stock.simulated_s / (fast.wall_s / fast.simulated_s),
              stock.cpu_s / stock.simulated_s / (fast.cpu_s / fast.simulated_s), worst, cbr);
  std::fflush(stdout);
  return worst <= 0.02 && cbr <= 0.02;
}

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

[[noreturn]] void Usage(int status) {
  std::fprintf(status == 0 ? stdout : stderr,
               "bac-radio-bench [--evs=200,1000] [--loss=threelog,logdistance] [--nakagami=0,1] [--time=10] [--stock-time=1] [--seed=1] [--vectors]\n"
               "Compares the fast medium with stock ns-3 on static scenes: wall time, memory, delivery by distance, busy ratio.\n"
               "  --time        simulated seconds of the fast medium\n"
               "  --stock-time  simulated seconds of stock ns-3 (2,000 EVs with three log take minutes for each); 0: without\n"
               "  --vectors     also with every other set of instructions of this processor\n"
               "Exit status 1 when delivery or busy ratio differ by more than 0.02.\n");
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

} // namespace

int main(int argc, char** argv) {
  std::string evs = "200,1000", loss = "threelog,logdistance", nakagami = "0,1";
  double time_s = 10, stock_s = 1;
  uint64_t seed = 1;
  bool vectors = false;
  const option options[] = {{"evs", 1, nullptr, 'e'},        {"loss", 1, nullptr, 'l'}, {"nakagami", 1, nullptr, 'n'}, {"time", 1, nullptr, 't'},
                            {"stock-time", 1, nullptr, 's'}, {"seed", 1, nullptr, 'r'}, {"vectors", 0, nullptr, 'v'},  {"help", 0, nullptr, 'h'},
                            {nullptr, 0, nullptr, 0}};
  for (int c; (c = getopt_long(argc, argv, "", options, nullptr)) != -1;) switch (c) {
      case 'e': evs = optarg; break;
      case 'l': loss = optarg; break;
      case 'n': nakagami = optarg; break;
      case 't': time_s = Number("time", optarg, 0.1, 1e5); break;
      case 's': stock_s = Number("stock-time", optarg, 0, 1e5); break;
      case 'r': seed = static_cast<uint64_t>(Number("seed", optarg, 1, 1e9)); break;
      case 'v': vectors = true; break;
      case 'h': Usage(0);
      default: Usage(2);
    }
  if (optind < argc) Usage(2);
  bool good = true;
  for (const std::string& l : Split(loss)) {
    if (l != "threelog" && l != "logdistance") {
      std::fprintf(stderr, "bac-radio-bench: --loss=%s: give threelog or logdistance\n", l.c_str());
      return 2;
    }
    for (const std::string& f : Split(nakagami))
      for (const std::string& n : Split(evs)) {
        const Scene scene{l, Number("nakagami", f.c_str(), 0, 1) > 0, static_cast<uint32_t>(Number("evs", n.c_str(), 2, 10000)), l == "threelog" ? 23.0 : 20.0};
        good &= Compare(scene, stock_s, time_s, seed, vectors);
      }
  }
  return good ? 0 : 1;
}
