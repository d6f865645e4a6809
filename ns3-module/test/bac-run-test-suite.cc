/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole runs: blocks get through a real channel, reruns are identical, vehicles come and go, bad input is refused. */
#include "bac-test-result.h"

#include "ns3/test.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <vector>

using namespace ns3;

namespace {

BacRunOptions OptionsFor(const BacTestTrace& trace) {
  BacRunOptions options = SmallRun(trace, 6);
  options.churn = true;
  return options;
}

/// All that must not depend on the machine, of the run and its blocks.
std::string EverythingOf(const BacRunResult& result) {
  std::string text = AllOf(result);
  for (const auto& block : result.blocks)
    for (const BacColumn& column : block) text += column.first + "=" + column.second + "\n";
  return text;
}

class BacRunBlocksTest : public TestCase {
 public:
  BacRunBlocksTest(const std::string& protocol, const std::string& delivery, int32_t rsus)
      : TestCase(protocol + " commits, " + delivery + ", " + std::to_string(rsus) + " RSUs"),
        m_protocol(protocol),
        m_delivery(delivery),
        m_rsus(rsus) {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 10, false);
    trace.Save();
    BacRunOptions options = OptionsFor(trace);
    options.protocol = m_protocol;
    options.delivery = m_delivery;
    options.rsus = m_rsus;
    int ticks = 0;
    const BacRunResult result = BacRun(options, [&ticks](double) { ticks++; });
    NS_TEST_EXPECT_MSG_EQ(ticks, 6, "progress");
    NS_TEST_EXPECT_MSG_EQ(result.conflicts, 0, result.conflictText);
    NS_TEST_EXPECT_MSG_GT(result.blocks.size(), 2, "blocks");
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "blocks_committed"), std::to_string(result.blocks.size()), "rows and sum");
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "rsus"), std::to_string(m_rsus), "RSUs");
    NS_TEST_EXPECT_MSG_EQ((std::stoul(TextOf(result, "wired_frames")) > 0), (m_rsus > 1), "frames over the backhaul");
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "pdr"), 0.5, "most are near");
    NS_TEST_EXPECT_MSG_LT(ValueOf(result, "pdr"), 1.0001, "a ratio");
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "cbr"), 0.001, "the channel was used");
    NS_TEST_EXPECT_MSG_LT(ValueOf(result, "cbr"), 0.9, "and free at times");
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "tx_latency_p50_s"), 0, "latency");
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "mac_timeouts"), "0", "frames without notice");
    double airtime = 0;
    for (const auto& block : result.blocks) airtime += std::stod(block.back().second);
    NS_TEST_EXPECT_MSG_LT(airtime, ValueOf(result, "airtime_s") + 1e-6, "airtime of blocks within the sum");
  }

  std::string m_protocol;
  std::string m_delivery;
  int32_t m_rsus;
};

/// Medians over seeds, of both radios: a lost proposal makes one run's latency many times the others'.
class BacRunRadiosTest : public TestCase {
 public:
  BacRunRadiosTest(const std::string& protocol, const std::string& delivery)
      : TestCase("the fast radio tells what ns-3's tells: " + protocol + ", " + delivery),
        m_protocol(protocol),
        m_delivery(delivery) {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 10, false);
    trace.Save();
    BacRunOptions options = OptionsFor(trace);
    options.protocol = m_protocol;
    options.delivery = m_delivery;
    options.time_s = 8;
    const char* names[] = {"pdr", "cbr", "block_latency_p50_s", "blocks_committed", "airtime_s", "frames"};
    constexpr int COUNT = 6, SEEDS = 16;
    std::vector<double> values[2][COUNT];
    for (int radio = 0; radio < 2; radio++) {
      options.radio.radio = radio == 0 ? "wave" : "fast";
      for (options.seed = 1; options.seed <= SEEDS; options.seed++) {
        const BacRunResult result = BacRun(options);
        NS_TEST_EXPECT_MSG_EQ(result.conflicts, 0, result.conflictText);
        NS_TEST_EXPECT_MSG_EQ(TextOf(result, "radio"), options.radio.radio, "results say which");
        for (int i = 0; i < COUNT; i++) {
          const std::string value = TextOf(result, names[i]);
          values[radio][i].push_back(value.empty() ? options.time_s : std::stod(value)); // no block: no latency within the run
        }
      }
    }
    const double relative[] = {0.03, 0.08, 0.2, 0, 0.08, 0.08}; // latency of so few blocks varies most
    for (int i = 0; i < COUNT; i++) {
      for (auto& of : values) std::sort(of[i].begin(), of[i].end());
      const double wave = values[0][i][SEEDS / 2], fast = values[1][i][SEEDS / 2];
      const double slack = i == 3 ? 1 : relative[i] * wave; // blocks: a whole one
      NS_TEST_EXPECT_MSG_EQ_TOL(fast, wave, slack, names[i]);
    }
  }

  std::string m_protocol;
  std::string m_delivery;
};

class BacRunIdenticalTest : public TestCase {
 public:
  explicit BacRunIdenticalTest(const std::string& radio)
      : TestCase("the same seed gives the same bytes, another seed others: " + radio),
        m_radio(radio) {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 10, true);
    trace.Save();
    BacRunOptions options = OptionsFor(trace);
    options.radio.radio = m_radio;
    options.time_s = 4;
    options.shards = 2;
    options.evs = 8;
    options.rsus = 2;
    options.churn = true;
    const std::string first = EverythingOf(BacRun(options));
    const std::string second = EverythingOf(BacRun(options));
    NS_TEST_EXPECT_MSG_EQ(first, second, "rerun");
    options.seed = 2;
    NS_TEST_EXPECT_MSG_NE(EverythingOf(BacRun(options)), first, "another seed");
  }

  std::string m_radio;
};

class BacRunChurnTest : public TestCase {
 public:
  BacRunChurnTest() : TestCase("vehicles that leave crash, and restart on return") {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 12, true);
    trace.Save();
    BacRunOptions options = OptionsFor(trace);
    options.evs = 20;
    options.churn = true;
    options.time_s = 11;
    const BacRunResult result = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(result.conflicts, 0, result.conflictText);
    NS_TEST_EXPECT_MSG_GT(result.blocks.size(), 4, "blocks");
    bool late = false;
    for (const auto& block : result.blocks) late = late || std::stod(block[6].second) > 7;
    NS_TEST_EXPECT_MSG_EQ(late, true, "blocks after the return");
  }
};

/// Seven vehicles stand in the west, seven in the east; one of the west drives over after 28 s.  By k-means: two streams of seven on one
/// road, and one vehicle turns round (all stay where they are: places tell nobody apart).
class BacRunHandoverTest : public TestCase {
 public:
  BacRunHandoverTest(const std::string& radio, const std::string& protocol, const std::string& sharding)
      : TestCase("a vehicle that crosses is handed over once, with its money: " + radio + ", " + protocol + ", " + sharding),
        m_radio(radio),
        m_protocol(protocol),
        m_sharding(sharding) {}

 private:
  void DoRun() override {
    constexpr uint32_t SECONDS = 60;
    BacTestTrace trace(14, SECONDS, false);
    for (uint32_t v = 0; v < 14; v++) {
      for (uint32_t t = 0; t <= SECONDS; t++) {
        bac_trace_sample& at = trace.Samples()[v * (SECONDS + 1) + t];
        at.x_cm = v < 7 ? 20000 : 40000;
        at.y_cm = static_cast<int32_t>(25000 + 1000 * (v % 7));
        const bool drives = v == 3 && t >= 28 && t < 38;
        at.speed_cm_s = drives ? 2000 : 0;
        if (m_sharding == "kmeans") {
          at.x_cm = 30000;
          at.speed_cm_s = 1400;
          at.heading_cdeg = v < 7 && (v != 3 || t < 28) ? 9000 : 27000;
        } else if (v == 3 && t >= 28)
          at.x_cm = std::min<int32_t>(20000 + 2000 * static_cast<int32_t>(t - 28), 40000);
      }
    }
    trace.Save();
    BacRunOptions options = OptionsFor(trace);
    options.radio.radio = m_radio;
    options.protocol = m_protocol;
    options.sharding = m_sharding;
    options.evs = 14;
    options.shards = 2;
    options.rsus = 1;
    options.block_interval_s = 0.5;
    options.epoch_blocks = 6;
    options.time_s = SECONDS - 1;
    const BacRunResult result = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(result.conflicts, 0, result.conflictText);
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "handover"), "1", "possible");
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "handovers"), "1", "one crosses");
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "handovers_open"), "0", "and arrives");
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "accounts_travelling"), "0", "with its account");
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "money_excess"), "0", "nothing is minted or lost");
    const std::string seconds = TextOf(result, "handover_s_mean");
    NS_TEST_EXPECT_MSG_NE(seconds, "", "it is measured");
    if (seconds.empty()) return;
    NS_TEST_EXPECT_MSG_GT(std::stod(seconds), 0.01, "it takes its time");
    NS_TEST_EXPECT_MSG_LT(std::stod(seconds), 25, "a few epochs");
    NS_TEST_EXPECT_MSG_EQ(EverythingOf(BacRun(options)), EverythingOf(result), "rerun");
    if (m_radio != "fast" || m_protocol != "bac" || m_sharding == "kmeans") return;
    options.handover = false;
    const BacRunResult without = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(TextOf(without, "handover"), "0", "not possible");
    NS_TEST_EXPECT_MSG_EQ(TextOf(without, "handovers"), "0", "it keeps its shard");
    NS_TEST_EXPECT_MSG_EQ(TextOf(without, "money_excess"), "0", "of course");
  }

  std::string m_radio;
  std::string m_protocol;
  std::string m_sharding;
};

/// A wall between two streets.
class BacRunBuildingsTest : public TestCase {
 public:
  explicit BacRunBuildingsTest(const std::string& radio) : TestCase("a trace's buildings are in the way with loss=tr37885-urban: " + radio), m_radio(radio) {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 10, false);
    trace.Save();
    BacRunOptions options = OptionsFor(trace);
    options.evs = 16;
    options.radio.radio = m_radio;
    options.radio.loss = "tr37885-urban";
    options.radio.nakagami = false;
    options.radio.eirp_dbm = 0;
    const BacRunResult open = BacRun(options);
    BacTestTrace town(20, 10, false);
    town.AddBuilding({{-100000, 1000}, {100000, 1000}, {100000, 2000}, {-100000, 2000}});
    town.Save();
    const BacRunResult built = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(TextOf(open, "buildings"), "0", "results say so");
    NS_TEST_EXPECT_MSG_EQ(TextOf(built, "buildings"), "1", "results say so");
    NS_TEST_EXPECT_MSG_EQ(TextOf(built, "reference_loss_db"), "", "it has none");
    NS_TEST_EXPECT_MSG_LT(ValueOf(built, "pdr"), 0.8 * ValueOf(open, "pdr"), "half of them are behind the wall");
    NS_TEST_EXPECT_MSG_EQ(EverythingOf(BacRun(options)), EverythingOf(built), "rerun");
    options.radio.loss = "threelog";
    NS_TEST_EXPECT_MSG_EQ(TextOf(BacRun(options), "buildings"), "", "which is all the same to it");
  }

  std::string m_radio;
};

/// Every threshold of the radio reaches either radio: delivery or busy ratio tells.
class BacRunThresholdsTest : public TestCase {
 public:
  explicit BacRunThresholdsTest(const std::string& radio) : TestCase("every threshold of the radio is an option: " + radio), m_radio(radio) {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 10, false);
    trace.Save();
    BacRunOptions options = OptionsFor(trace);
    options.radio.radio = m_radio;
    options.time_s = 3;
    const auto value = [](const BacRunResult& result, const char* name) { return ValueOf(result, name); };
    const BacRunResult usual = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(TextOf(usual, "sensitivity_dbm"), "-101", "ns-3's RxSensitivity");
    NS_TEST_EXPECT_MSG_EQ(TextOf(usual, "cca_dbm"), "-82", "ns-3's CcaSensitivity");
    NS_TEST_EXPECT_MSG_EQ(TextOf(usual, "energy_detect_dbm"), "-62", "ns-3's CcaEdThreshold");
    NS_TEST_EXPECT_MSG_EQ(TextOf(usual, "preamble_sinr_db"), "4", "ns-3's Threshold");
    const double pdr = value(usual, "pdr");
    const auto with = [&options](auto change) {
      BacRunOptions changed = options;
      change(changed.radio);
      return BacRun(changed);
    };
    NS_TEST_EXPECT_MSG_LT(value(with([](auto& o) { o.sensitivity_dbm = -60; }), "pdr"), pdr - 0.2, "deaf to what is weaker");
    NS_TEST_EXPECT_MSG_LT(value(with([](auto& o) { o.preamble_sinr_db = 45; }), "pdr"), pdr - 0.2, "preambles that are far above the noise");
    NS_TEST_EXPECT_MSG_LT(value(with([](auto& o) { o.nakagami_m = {0.2, 0.2, 0.2}; }), "pdr"), pdr - 0.02, "deep fades");
    const BacRunResult fades = with([](auto& o) { o.nakagami_m = {50, 0.2, 0.2}, o.nakagami_from_m = {5, 10}; });
    NS_TEST_EXPECT_MSG_LT(value(fades, "pdr"), pdr - 0.02, "from 5 m on");
    NS_TEST_EXPECT_MSG_LT(value(with([](auto& o) { o.exponents = {6, 6, 6}; }), "pdr"), pdr - 0.2, "steep");
    const BacRunResult near = with([](auto& o) { o.exponents = {1.9, 9, 9}, o.loss_from_m = {1, 10, 20}; });
    NS_TEST_EXPECT_MSG_LT(value(near, "pdr"), pdr - 0.2, "steep from 10 m on");
    options.radio.preamble_dbm = -10; // nobody locks on anything: power alone makes a channel busy
    const double sensed = value(with([](auto&) {}), "cbr");
    NS_TEST_EXPECT_MSG_LT(value(with([](auto& o) { o.cca_dbm = 0; }), "cbr"), 0.6 * sensed, "or does not");
    options.radio.preamble_dbm = -95;
    BacRunOptions log = options;
    log.radio.loss = "logdistance";
    log.radio.exponents = {5, 0, 0};
    const double steep = value(BacRun(log), "pdr");
    log.radio.exponents = {2, 0, 0};
    NS_TEST_EXPECT_MSG_LT(steep, value(BacRun(log), "pdr") - 0.2, "log-distance, too");
  }

  std::string m_radio;
};

class BacRunBadInputTest : public TestCase {
 public:
  BacRunBadInputTest() : TestCase("bad input is refused in one line with value and remedy") {}

 private:
  void DoRun() override;
  /// \param what of the input is bad \param options with it \param value that the line must name
  void Refused(const std::string& what, const BacRunOptions& options, const std::string& value);
};

void BacRunBadInputTest::Refused(const std::string& what, const BacRunOptions& options, const std::string& value) {
  std::string line;
  try {
    BacRunCheck(options);
  } catch (const std::runtime_error& error) {
    line = error.what();
  }
  NS_TEST_EXPECT_MSG_NE(line, "", what << " is accepted");
  NS_TEST_EXPECT_MSG_EQ((line.find(value) != std::string::npos), true, what << ": no \"" << value << "\" in: " << line);
  NS_TEST_EXPECT_MSG_EQ((line.find(':') != std::string::npos), true, what << ": no remedy in: " << line);
  NS_TEST_EXPECT_MSG_EQ((line.find('\n') == std::string::npos), true, what << ": one line");
}

void BacRunBadInputTest::DoRun() {
  BacTestTrace trace(20, 10, false);
  trace.Save();
  const BacRunOptions good = OptionsFor(trace);
  BacRunCheck(good);
  const auto with = [&good](auto change) {
    BacRunOptions options = good;
    change(options);
    return options;
  };
  Refused("no such trace", with([](auto& o) { o.traceFile = "/nowhere.trace"; }), "/nowhere.trace");
  Refused("no trace", with([](auto& o) { o.traceFile = "/proc/self/exe"; }), "/proc/self/exe");
  Refused("protocol", with([](auto& o) { o.protocol = "paxos"; }), "paxos");
  Refused("mode", with([](auto& o) { o.mode = "fast"; }), "fast");
  Refused("delivery", with([](auto& o) { o.delivery = "anycast"; }), "anycast");
  Refused("election", with([](auto& o) { o.election = "dice"; }), "dice");
  Refused("vote rule", with([](auto& o) { o.voteRule = "none"; }), "none");
  Refused("cost model", with([](auto& o) { o.cost = "abacus"; }), "abacus");
  Refused("vehicles", with([](auto& o) { o.evs = 21; }), "21");
  Refused("no vehicles", with([](auto& o) { o.evs = 0; }), "0");
  Refused("shards", with([](auto& o) { o.shards = 33; }), "33");
  Refused("sharding", with([](auto& o) { o.sharding = "strip"; }), "strip");
  Refused("sharding without RSUs", with([](auto& o) { o.sharding = "rsu", o.rsus = 0; }), "rsus is 0");
  Refused("shards and vehicles", with([](auto& o) { o.evs = 2, o.shards = 3; }), "3");
  Refused("time", with([](auto& o) { o.time_s = -1; }), "-1");
  Refused("time", with([](auto& o) { o.time_s = std::nan(""); }), "time");
  Refused("time beyond the trace", with([](auto& o) { o.time_s = 60; }), "160.6");
  Refused("begin before the trace", with([](auto& o) { o.begin_s = 3; }), "3");
  Refused("block size", with([](auto& o) { o.block_bytes = 3000000; }), "3000000");
  Refused("rate", with([](auto& o) { o.radio.rate_mbps = 7; }), "7");
  Refused("power", with([](auto& o) { o.radio.eirp_dbm = 90; }), "90");
  Refused("loss model", with([](auto& o) { o.radio.loss = "none"; }), "none");
  Refused("mask", with([](auto& o) { o.radio.mask = "E"; }), "\"E\"");
  Refused("sensitivity", with([](auto& o) { o.radio.sensitivity_dbm = -200; }), "-200");
  Refused("CCA", with([](auto& o) { o.radio.cca_dbm = 1; }), "1");
  Refused("energy detection", with([](auto& o) { o.radio.energy_detect_dbm = 1; }), "1");
  Refused("preamble SINR", with([](auto& o) { o.radio.preamble_sinr_db = 99; }), "99");
  Refused("Nakagami m", with([](auto& o) { o.radio.nakagami_m[2] = 0; }), "0");
  Refused("Nakagami distances", with([](auto& o) { o.radio.nakagami_from_m = {80, 70}; }), "70");
  Refused("exponent", with([](auto& o) { o.radio.exponents[0] = -1; }), "-1");
  Refused("distances of loss", with([](auto& o) { o.radio.loss_from_m = {1, 200, 80}; }), "80");
  Refused("error model", with([](auto& o) { o.radio.error_model = "none"; }), "none");
  Refused("priority", with([](auto& o) { o.radio.vote_priority = 8; }), "8");
  Refused("RSUs", with([](auto& o) { o.rsus = 9999; }), "9999");
}

class BacRunTestSuite : public TestSuite {
 public:
  BacRunTestSuite() : TestSuite("bac-run", SYSTEM) {
    for (const char* delivery : {"broadcast", "unicast"})
      for (int32_t rsus : {0, 3}) AddTestCase(new BacRunBlocksTest("bac", delivery, rsus), TestCase::QUICK);
    AddTestCase(new BacRunBlocksTest("pbft", "broadcast", 2), TestCase::QUICK);
    for (const char* delivery : {"broadcast", "unicast"}) AddTestCase(new BacRunRadiosTest("pbft", delivery), TestCase::QUICK);
    AddTestCase(new BacRunRadiosTest("bac", "broadcast"), TestCase::QUICK);
    for (const char* radio : {"wave", "fast"}) AddTestCase(new BacRunIdenticalTest(radio), TestCase::QUICK);
    AddTestCase(new BacRunChurnTest, TestCase::QUICK);
    AddTestCase(new BacRunHandoverTest("wave", "pbft", "quadrant"), TestCase::QUICK);
    AddTestCase(new BacRunHandoverTest("fast", "bac", "quadrant"), TestCase::QUICK);
    AddTestCase(new BacRunHandoverTest("fast", "bac2", "quadrant"), TestCase::QUICK);
    AddTestCase(new BacRunHandoverTest("wave", "bac", "kmeans"), TestCase::QUICK);
    AddTestCase(new BacRunHandoverTest("fast", "bac2", "kmeans"), TestCase::QUICK);
    for (const char* radio : {"wave", "fast"}) {
      AddTestCase(new BacRunBuildingsTest(radio), TestCase::QUICK);
      AddTestCase(new BacRunThresholdsTest(radio), TestCase::QUICK);
    }
    AddTestCase(new BacRunBadInputTest, TestCase::QUICK);
  }
};

BacRunTestSuite g_bacRunTestSuite; ///< registers itself

} // namespace
