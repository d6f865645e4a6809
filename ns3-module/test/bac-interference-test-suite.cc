/* SPDX-License-Identifier: GPL-2.0-only */
/* What else is on the air: beacons, vehicles that take no part, traffic on adjacent channels, jammers; all on both radios. */
#include "bac-test-result.h"
#include "bac-wsmp-header.h"

#include "trace/shards.h"

#include "ns3/constant-position-mobility-model.h"
#include "ns3/node.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/test.h"

#include <set>
#include <stdexcept>

using namespace ns3;

namespace {

BacRunOptions OptionsFor(const BacTestTrace& trace, const std::string& radio) {
  BacRunOptions options = SmallRun(trace, 6);
  options.radio.radio = radio;
  options.protocol = "pbft";
  return options;
}

double BlocksOf(const BacRunResult& result, const std::string& shard) {
  double count = 0;
  for (const BacRow& block : result.blocks)
    for (const BacColumn& column : block) count += column.first == "shard" && column.second == shard;
  return count;
}

/// Two stations, 50 m apart: one sends frames of a host and beacons through one radio.
class BacBeaconsTest : public TestCase {
 public:
  explicit BacBeaconsTest(const std::string& radio) : TestCase("beacons have their rate, arrive and give no host notice: " + radio), m_radio(radio) {}

 private:
  void DoRun() override;
  void Done(uint32_t count) { m_done += count; }

  std::string m_radio;
  uint32_t m_done{0};
};

void BacBeaconsTest::DoRun() {
  RngSeedManager::SetRun(1);
  BacRadioOptions options;
  options.radio = m_radio;
  options.nakagami = false;
  BacHelper helper(options);
  const uint32_t channel = helper.ChannelOf(0);
  Ptr<NetDevice> radios[2];
  for (uint32_t i = 0; i < 2; i++) {
    Ptr<Node> node = CreateObject<Node>();
    Ptr<ConstantPositionMobilityModel> mobility = CreateObject<ConstantPositionMobilityModel>();
    mobility->SetPosition(Vector(50 * i, 0, 1));
    node->AggregateObject(mobility);
    radios[i] = helper.InstallRadioOn(node, i, {channel});
  }
  BacBeacons beacons(Seconds(0.1), Seconds(2.1), helper.GetMode(), helper.GetRate());
  for (uint32_t i = 0; i < 2; i++) beacons.AddStation(radios[i], BacBeacons::BYSTANDER, channel);
  beacons.Send(0, Seconds(0.15), MilliSeconds(100), 300, 0);
  Simulator::Schedule(Seconds(1.12), &BacHelper::SetDeviceOn, radios[0], false); // away for half a second
  Simulator::Schedule(Seconds(1.62), &BacHelper::SetDeviceOn, radios[0], true);
  Ptr<BacMacPacer> pacer = CreateObject<BacMacPacer>();
  Ptr<BacFastNetDevice> fast = DynamicCast<BacFastNetDevice>(radios[0]);
  if (fast)
    fast->SetDoneCallback(MakeCallback(&BacBeaconsTest::Done, this));
  else {
    pacer->Attach(DynamicCast<WaveNetDevice>(radios[0]));
    pacer->SetDoneCallback(MakeCallback(&BacBeaconsTest::Done, this));
  }
  const TxInfo info(channel, 0, helper.GetMode(), WIFI_PREAMBLE_LONG, 0);
  for (int i = 0; i < 3; i++)
    Simulator::Schedule(Seconds(0.25 + 0.1 * i), [fast, pacer, info] { // each behind a beacon in the same queue
      Ptr<Packet> packet = Create<Packet>(500);
      if (fast)
        fast->SendFrame(packet, Mac48Address::GetBroadcast(), BacWsmpHeader::ETHERTYPE, 6000000, 0);
      else
        pacer->Send(packet, Mac48Address::GetBroadcast(), BacWsmpHeader::ETHERTYPE, info);
    });
  Simulator::Stop(Seconds(2.1));
  Simulator::Run();
  NS_TEST_EXPECT_MSG_EQ(beacons.GetSent(BacBeacons::BYSTANDER), 15, "ten a second while the radio is on");
  NS_TEST_EXPECT_MSG_EQ(beacons.GetSent(BacBeacons::EV), 0, "they are whose they are");
  NS_TEST_EXPECT_MSG_EQ_TOL(beacons.GetDelivery(), 1, 1e-9, "the neighbour hears all");
  NS_TEST_EXPECT_MSG_EQ_TOL(beacons.GetAirtime(BacBeacons::BYSTANDER).GetMicroSeconds(), 15 * (40 + 8 * 57), 1, "338 bytes at 6 Mb/s, 57 symbols");
  NS_TEST_EXPECT_MSG_EQ(m_done, 3, "the host is told of its own frames");
  const uint64_t sent = fast ? fast->GetCounts().done : pacer->GetCounts().broadcast;
  NS_TEST_EXPECT_MSG_EQ(sent, 3, "and they alone are counted");
  NS_TEST_EXPECT_MSG_EQ(pacer->GetCounts().timedOut, 0, "none was missed");
  pacer->Dispose();
  Simulator::Destroy();
}

/// A run with beacons of all.
class BacBeaconRunTest : public TestCase {
 public:
  explicit BacBeaconRunTest(const std::string& radio) : TestCase("beacons of EVs and bystanders beside consensus: " + radio), m_radio(radio) {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 10, true); // some are away from 4 s to 6 s
    trace.Save();
    BacRunOptions options = OptionsFor(trace, m_radio);
    options.churn = true;
    options.evs = 12;
    options.interference.beacon_hz = 10;
    options.interference.bystanders = 6;
    const BacRunResult result = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(result.conflicts, 0, result.conflictText);
    NS_TEST_EXPECT_MSG_GT(result.blocks.size(), 1, "blocks go on");
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "mac_timeouts"), "0", "frames without notice");
    NS_TEST_EXPECT_MSG_LT(ValueOf(result, "beacons_sent"), 12 * 60 + 13, "at most ten a second");
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "beacons_sent"), 12 * 60 - 12 * 20 - 13, "unless away");
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "bystander_beacons_sent"), 6 * 60 - 6 * 20 - 9, "theirs, too");
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "beacon_pdr"), 0.8, "all are near");
    NS_TEST_EXPECT_MSG_LT(ValueOf(result, "beacon_pdr"), 1.0001, "a ratio");
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "beacon_airtime_share"), 0.05, "airtime");
    // The protocol's frames alone make bytes and airtime: 40 us and symbols of 8 us, 48 bits each, 22 bits more than the bytes.
    const double frames = ValueOf(result, "frames"), bytes = ValueOf(result, "bytes"), least = frames * 40e-6 + (8 * bytes + 22 * frames) / 6e6;
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "airtime_s"), least - 0.005, "frames that straddle the window's end count in part");
    NS_TEST_EXPECT_MSG_LT(ValueOf(result, "airtime_s"), least + frames * 8e-6, "beacons are left out");
    NS_TEST_EXPECT_MSG_EQ(AllOf(BacRun(options)), AllOf(result), "rerun");
    options.interference.beacon_hz = 0;
    options.interference.bystanders = 0;
    const BacRunResult quiet = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(TextOf(quiet, "beacons_sent"), "0", "none");
    NS_TEST_EXPECT_MSG_EQ(TextOf(quiet, "beacon_pdr"), "", "nothing to say");
    NS_TEST_EXPECT_MSG_LT(ValueOf(quiet, "cbr"), ValueOf(result, "cbr"), "beacons make channels busy");
  }

  std::string m_radio;
};

/// How long jammers jam.
class BacJammerAirtimeTest : public TestCase {
 public:
  explicit BacJammerAirtimeTest(const std::string& radio) : TestCase("jammers jam as long as they are told to: " + radio), m_radio(radio) {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 10, false);
    trace.Save();
    BacRunOptions options = OptionsFor(trace, m_radio);
    options.interference.jammer_eirp_dbm = 0; // somewhere, hardly heard
    options.interference.jammer_at = "-5000,0";
    options.interference.jammer = "constant";
    NS_TEST_EXPECT_MSG_EQ_TOL(ValueOf(BacRun(options), "jammer_airtime_s"), options.time_s, 0.01 * options.time_s, "all the time");
    options.interference.jammer = "duty";
    for (const double share : {0.02, 0.3, 0.9}) {
      options.interference.jammer_share = share;
      const double airtime = ValueOf(BacRun(options), "jammer_airtime_s"), period = options.interference.jammer_period_s;
      NS_TEST_EXPECT_MSG_EQ_TOL(airtime, share * options.time_s, 0.02 * share * options.time_s + period * share, "its share");
    }
    options.interference.jammer = "reactive";
    const BacRunResult far = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(TextOf(far, "jammer_bursts"), "0", "it hears nobody");
    NS_TEST_EXPECT_MSG_EQ(TextOf(far, "jammer_airtime_s"), "0", "and is silent");
    options.interference.jammer_at = "centre";
    const BacRunResult near = BacRun(options);
    const double bursts = ValueOf(near, "jammer_bursts");
    NS_TEST_EXPECT_MSG_GT(bursts, 20, "it hears all");
    NS_TEST_EXPECT_MSG_EQ_TOL(ValueOf(near, "jammer_airtime_s"), bursts * 0.001, bursts * 16e-6 + 0.001, "a burst each");
  }

  std::string m_radio;
};

/// Two shards in two places on two channels, one jammed.
class BacJammerChannelTest : public TestCase {
 public:
  BacJammerChannelTest(const std::string& radio, const std::string& jammer, const std::string& at)
      : TestCase("a jammer hurts on its channel only: " + radio + ", " + jammer + ", " + at),
        m_radio(radio),
        m_jammer(jammer),
        m_at(at) {}

 private:
  void DoRun() override {
    BacTestTrace trace(16, 10, false);
    for (uint32_t v = 0; v < 16; v++)
      for (uint32_t t = 0; t <= 10; t++) {
        trace.Samples()[v * 11 + t].x_cm = v % 2 == 0 ? 25000 : 35000; // west and east
        trace.Samples()[v * 11 + t].y_cm = static_cast<int32_t>(26000 + 1000 * (v / 2));
      }
    trace.Save();
    BacRunOptions options = OptionsFor(trace, m_radio);
    options.evs = 16;
    options.shards = 2;
    const BacRunResult calm = BacRun(options);
    options.interference.jammer = m_jammer;
    options.interference.jammer_at = m_at;
    options.interference.jammer_shard = 0;
    const BacRunResult result = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(result.conflicts, 0, result.conflictText);
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "jammers"), "1", "one");
    NS_TEST_EXPECT_MSG_LT(BlocksOf(result, "0"), 0.7 * BlocksOf(calm, "0"), "jammed");
    NS_TEST_EXPECT_MSG_GT(BlocksOf(result, "1"), BlocksOf(calm, "1") - 2, "the next shard, 100 m away");
    if (m_jammer == "reactive") // a constant one lets nobody send, so that nothing is lost
      NS_TEST_EXPECT_MSG_LT(ValueOf(result, "pdr"), ValueOf(calm, "pdr") - 0.02, "delivery");
    options.interference.jammer_shard = -1;
    const BacRunResult both = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(TextOf(both, "jammers"), "2", "one for each");
    NS_TEST_EXPECT_MSG_LT(BlocksOf(both, "1"), 0.7 * BlocksOf(calm, "1"), "jammed, too");
  }

  std::string m_radio;
  std::string m_jammer;
  std::string m_at;
};

/// Traffic beside the channel.
class BacAdjacentTest : public TestCase {
 public:
  explicit BacAdjacentTest(const std::string& radio) : TestCase("traffic on the next channel leaks in: " + radio), m_radio(radio) {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 10, false);
    trace.Save();
    BacRunOptions options = OptionsFor(trace, m_radio);
    options.radio.weak_signals = true;
    const BacRunResult calm = BacRun(options);
    options.interference.adjacent = 10;
    options.interference.adjacent_hz = 100;
    options.interference.adjacent_bytes = 1500;
    const BacRunResult result = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(result.conflicts, 0, result.conflictText);
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "adjacent_frames_sent"), 1500, "their channel is full");
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "adjacent_airtime_share"), 0.5, "airtime");
    NS_TEST_EXPECT_MSG_LT(ValueOf(result, "pdr"), ValueOf(calm, "pdr") - 0.02, "delivery");
    NS_TEST_EXPECT_MSG_EQ(AllOf(BacRun(options)), AllOf(result), "rerun");
    options.radio.mask = "D";
    const BacRunResult strict = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(TextOf(strict, "mask"), "D", "results say so");
    NS_TEST_EXPECT_MSG_GT(ValueOf(strict, "adjacent_frames_sent"), 1500, "their channel is as full");
    NS_TEST_EXPECT_MSG_GT(ValueOf(strict, "pdr"), ValueOf(result, "pdr") + 0.01, "a stricter mask keeps them out");
  }

  std::string m_radio;
};

/// A jammer beside the channel.
class BacAdjacentJammerTest : public TestCase {
 public:
  explicit BacAdjacentJammerTest(const std::string& radio) : TestCase("a jammer on the next channel leaks in: " + radio), m_radio(radio) {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 10, false);
    trace.Save();
    BacRunOptions options = OptionsFor(trace, m_radio);
    options.radio.weak_signals = true;
    const BacRunResult calm = BacRun(options);
    options.interference.jammer = "constant";
    options.interference.jammer_channel = "174";
    options.interference.jammer_eirp_dbm = 33;
    const BacRunResult next = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(next.conflicts, 0, next.conflictText);
    NS_TEST_EXPECT_MSG_EQ_TOL(ValueOf(next, "jammer_airtime_s"), options.time_s, 0.01 * options.time_s, "all the time");
    NS_TEST_EXPECT_MSG_GT(ValueOf(next, "cbr"), ValueOf(calm, "cbr") + 0.1, "and it is heard next door");
    options.interference.jammer_channel = "178";
    NS_TEST_EXPECT_MSG_LT(ValueOf(BacRun(options), "cbr"), ValueOf(calm, "cbr") + 0.05, "three channels away it is not");
    options.interference.jammer_channel = "174";
    options.radio.mask = "D";
    NS_TEST_EXPECT_MSG_LT(ValueOf(BacRun(options), "cbr"), ValueOf(next, "cbr") - 0.1, "nor as much with a strict mask");
  }

  std::string m_radio;
};

/// Vehicles that stand in the middle of their shards, four in each.
void Stand(BacTestTrace& trace, uint32_t shards, uint32_t seconds) {
  const bac_box area = bac_trace_area(trace.Get());
  for (uint32_t v = 0; v < 4 * shards; v++) {
    const bac_box box = bac_shards_box(BAC_SHARDS_QUADRANT, &area, shards, v / 4);
    for (uint32_t t = 0; t <= seconds; t++) {
      bac_trace_sample& at = trace.Samples()[v * (seconds + 1) + t];
      at.x_cm = static_cast<int32_t>(50.0 * (box.min_x + box.max_x)) + 500 * static_cast<int32_t>(v % 4);
      at.y_cm = static_cast<int32_t>(50.0 * (box.min_y + box.max_y));
    }
  }
}

/// Which shards hear each other.
class BacChannelsTest : public TestCase {
 public:
  explicit BacChannelsTest(const std::string& radio) : TestCase("shards on channels of their own, or all on one: " + radio), m_radio(radio) {}

 private:
  void DoRun() override {
    BacTestTrace trace(8, 10, false);
    Stand(trace, 2, 10);
    trace.Save();
    BacRunOptions options = OptionsFor(trace, m_radio);
    options.shards = 2;
    const BacRunResult own = BacRun(options);
    options.radio.channels = "single";
    const BacRunResult one = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(TextOf(own, "channels"), "per-shard", "results say so");
    NS_TEST_EXPECT_MSG_EQ(TextOf(one, "channels"), "single", "results say so");
    NS_TEST_EXPECT_MSG_EQ(one.conflicts, 0, one.conflictText);
    NS_TEST_EXPECT_MSG_GT(BlocksOf(one, "0"), 2, "blocks");
    NS_TEST_EXPECT_MSG_GT(BlocksOf(one, "1"), 2, "blocks");
    NS_TEST_EXPECT_MSG_GT(ValueOf(one, "cbr"), 1.5 * ValueOf(own, "cbr"), "twice as many on the channel");
    NS_TEST_EXPECT_MSG_LT(ValueOf(one, "pdr"), 1.0001, "others that hear a frame do not count");
    options.interference.jammer = "constant";
    options.interference.jammer_shard = 0;
    const BacRunResult jammed = BacRun(options);
    NS_TEST_EXPECT_MSG_LT(BlocksOf(jammed, "1"), 0.7 * BlocksOf(one, "1"), "one jammer is everybody's");
  }

  std::string m_radio;
};

/// A second radio has control frames and votes.
class BacTwoRadiosTest : public TestCase {
 public:
  explicit BacTwoRadiosTest(const std::string& radio) : TestCase("two radios each: control on the CCH, the rest on the shard's channel: " + radio), m_radio(radio) {}

 private:
  void DoRun() override {
    BacTestTrace trace(8, 10, true);
    Stand(trace, 2, 10);
    trace.Save();
    BacRunOptions options = OptionsFor(trace, m_radio);
    options.shards = 2;
    const BacRunResult one = BacRun(options);
    options.radio.channels = "per-shard+cch";
    const BacRunResult two = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(two.conflicts, 0, two.conflictText);
    NS_TEST_EXPECT_MSG_EQ(TextOf(two, "mac_timeouts"), "0", "frames without notice");
    NS_TEST_EXPECT_MSG_GT(ValueOf(two, "pdr"), 0.9, "all are near");
    NS_TEST_EXPECT_MSG_LT(ValueOf(two, "pdr"), 1.0001, "a ratio");
    for (const char* shard : {"0", "1"}) NS_TEST_EXPECT_MSG_GT(BlocksOf(two, shard), BlocksOf(one, shard) - 2, "blocks");
    options.delivery = "unicast";
    const BacRunResult unicast = BacRun(options);
    NS_TEST_EXPECT_MSG_GT(unicast.blocks.size(), 4, "acknowledged frames find the right radio");
    options.delivery = "broadcast";
    options.interference.beacon_hz = 10;
    const BacRunResult beacons = BacRun(options);
    NS_TEST_EXPECT_MSG_GT(ValueOf(beacons, "beacon_pdr"), 0.8, "beacons are on the CCH, where all hear them");
    options.interference.beacon_hz = 0;
    options.interference.jammer = "constant";
    options.interference.jammer_shard = 0;
    const BacRunResult jammed = BacRun(options);
    NS_TEST_EXPECT_MSG_LT(BlocksOf(jammed, "0"), BlocksOf(two, "0"), "bodies are on the shard's channel");
    NS_TEST_EXPECT_MSG_GT(BlocksOf(jammed, "1"), BlocksOf(two, "1") - 2, "and the CCH is free");
    options.interference.jammer_channel = "cch";
    const BacRunResult control = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(TextOf(control, "jammers"), "1", "one radio");
    NS_TEST_EXPECT_MSG_EQ(TextOf(control, "jammer_channel"), "cch", "results say where");
    for (const char* shard : {"0", "1"}) NS_TEST_EXPECT_MSG_LT(BlocksOf(control, shard), 0.7 * BlocksOf(two, shard), "votes of both shards are on the CCH");
    if (m_radio == "wave") return; // the rest is the same code, and slower
    options.interference.jammer_channel = "shard,cch,shard";
    const BacRunResult both = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(TextOf(both, "jammers"), "2", "a radio for each");
    NS_TEST_EXPECT_MSG_EQ_TOL(ValueOf(both, "jammer_airtime_s"), 2 * ValueOf(control, "jammer_airtime_s"), 0.1, "which jam together");
    options.interference.jammer = "reactive";
    options.interference.jammer_channel = "cch";
    NS_TEST_EXPECT_MSG_GT(ValueOf(BacRun(options), "jammer_bursts"), 20, "it hears what is sent on the CCH");
  }

  std::string m_radio;
};

/// More shards than channels.
class BacReuseTest : public TestCase {
 public:
  explicit BacReuseTest(const std::string& radio) : TestCase("eight shards share six channels: " + radio), m_radio(radio) {}

 private:
  void DoRun() override {
    BacTestTrace trace(32, 10, false);
    Stand(trace, 8, 10);
    trace.Save();
    BacRunOptions options = OptionsFor(trace, m_radio);
    options.evs = 32;
    options.shards = 8;
    const BacRunResult result = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(result.conflicts, 0, result.conflictText);
    for (uint32_t shard = 0; shard < 8; shard++) NS_TEST_EXPECT_MSG_GT(BlocksOf(result, std::to_string(shard)), 2, "blocks of shard " << shard);
    options.interference.jammer = "constant"; // on the channel of the first shard, which the seventh or the eighth has, too
    options.interference.jammer_shard = 0;
    options.interference.jammer_eirp_dbm = 40;
    const BacRunResult jammed = BacRun(options);
    uint32_t hurt = 0;
    for (uint32_t shard = 0; shard < 8; shard++)
      hurt += BlocksOf(jammed, std::to_string(shard)) < 0.5 * BlocksOf(result, std::to_string(shard));
    NS_TEST_EXPECT_MSG_EQ(hurt, 2, "those of its channel, and no others");
  }

  std::string m_radio;
};

class BacInterferenceInputTest : public TestCase {
 public:
  BacInterferenceInputTest() : TestCase("impossible interference is refused in one line") {}

 private:
  void DoRun() override;
};

void BacInterferenceInputTest::DoRun() {
  BacTestTrace trace(20, 10, false);
  trace.Save();
  const BacRunOptions good = OptionsFor(trace, "wave");
  BacRunCheck(good);
  const auto refused = [&](const std::string& words, auto change) {
    BacRunOptions options = good;
    change(options, options.interference);
    std::string line;
    try {
      BacRunCheck(options);
    } catch (const std::runtime_error& error) {
      line = error.what();
    }
    NS_TEST_EXPECT_MSG_NE(line.find(words), std::string::npos, "no \"" << words << "\" in: " << line);
    NS_TEST_EXPECT_MSG_EQ((line.find(": ") != std::string::npos && line.find('\n') == std::string::npos), true, "one line with a remedy: " << line);
  };
  refused("beacon rate", [](auto&, auto& i) { i.beacon_hz = -1; });
  refused("beacon bytes", [](auto&, auto& i) { i.beacon_bytes = 3000; });
  refused("beacon priority", [](auto&, auto& i) { i.beacon_priority = 8; });
  refused("13 bystanders", [](auto&, auto& i) { i.bystanders = 13; });
  refused("13 bystanders", [](auto& o, auto& i) { o.radio.radio = "fast", i.bystanders = 6, i.adjacent = 7; });
  refused("weak signals", [](auto&, auto& i) { i.adjacent = 1; });
  refused("jammer is \"loud\"", [](auto&, auto& i) { i.jammer = "loud"; });
  refused("jammer shard is 1", [](auto&, auto& i) { i.jammer_shard = 1; });
  refused("\"here\"", [](auto&, auto& i) { i.jammer_at = "here"; });
  refused("\"1,2,3\"", [](auto&, auto& i) { i.jammer_at = "1,2,3"; });
  refused("jammer power", [](auto&, auto& i) { i.jammer_eirp_dbm = 90; });
  refused("jammer share", [](auto&, auto& i) { i.jammer_share = 1.5; });
  refused("period times share", [](auto&, auto& i) { i.jammer = "duty", i.jammer_period_s = 0.001, i.jammer_share = 0.1; });
  refused("channels is \"two\"", [](auto& o, auto&) { o.radio.channels = "two"; });
  refused("\"here\"", [](auto&, auto& i) { i.jammer_channel = "shard,here"; });
  refused("\"173\"", [](auto&, auto& i) { i.jammer_channel = "173"; });
  refused("\"\"", [](auto&, auto& i) { i.jammer_channel = ""; });
  refused("nobody is on 178", [](auto&, auto& i) { i.jammer = "constant", i.jammer_channel = "cch"; });
  refused("nobody sends on 174", [](auto& o, auto& i) { o.radio.radio = "fast", i.jammer = "reactive", i.jammer_channel = "174"; });
  refused("noise figure", [](auto& o, auto&) { o.radio.noise_figure_db = -1; });
  refused("jammer burst", [](auto&, auto& i) { i.jammer_burst_s = 0; });
}

class BacInterferenceSuite : public TestSuite {
 public:
  BacInterferenceSuite() : TestSuite("bac-interference", SYSTEM) {
    for (const char* radio : {"wave", "fast"}) {
      AddTestCase(new BacBeaconsTest(radio), TestCase::QUICK);
      AddTestCase(new BacBeaconRunTest(radio), TestCase::QUICK);
      AddTestCase(new BacJammerAirtimeTest(radio), TestCase::QUICK);
      AddTestCase(new BacJammerChannelTest(radio, "constant", "centre"), TestCase::QUICK);
      AddTestCase(new BacAdjacentTest(radio), TestCase::QUICK);
      AddTestCase(new BacAdjacentJammerTest(radio), TestCase::QUICK);
      AddTestCase(new BacChannelsTest(radio), TestCase::QUICK);
      AddTestCase(new BacReuseTest(radio), TestCase::QUICK);
      AddTestCase(new BacTwoRadiosTest(radio), TestCase::QUICK);
    }
    AddTestCase(new BacJammerChannelTest("wave", "reactive", "centre"), TestCase::QUICK);
    AddTestCase(new BacJammerChannelTest("fast", "reactive", "drives"), TestCase::QUICK);
    AddTestCase(new BacInterferenceInputTest, TestCase::QUICK);
  }
};

BacInterferenceSuite g_suite;

} // namespace
