/* SPDX-License-Identifier: GPL-2.0-only */
/* Access to channels: alternating (IEEE 1609.4), and the parameters of EDCA, on both radios. */
#include "bac-test-result.h"
#include "bac-test-trace.h"

#include "ns3/bac-beacons.h"
#include "ns3/bac-channels.h"
#include "ns3/bac-helper.h"
#include "ns3/bac-jammer.h"
#include "ns3/bac-run.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/test.h"

#include <memory>
#include <stdexcept>

using namespace ns3;

namespace {

const Time INTERVAL = MilliSeconds(50), GUARD = MilliSeconds(4);

BacRadioOptions Options(const std::string& radio) {
  BacRadioOptions options;
  options.radio = radio;
  options.nakagami = false;
  return options;
}

Ptr<MobilityModel> StandingAt(double x, double y) {
  Ptr<MobilityModel> mobility = CreateObject<ConstantPositionMobilityModel>();
  mobility->SetPosition(Vector(x, y, 1.5));
  return mobility;
}

Ptr<Node> NodeAt(double x, double y) {
  Ptr<Node> node = CreateObject<Node>();
  node->AggregateObject(StandingAt(x, y));
  return node;
}

/// What came of beacons on both channels of 20 vehicles.
struct Alternation {
  uint64_t sent[2] = {}, wrong = 0; ///< service channel, CCH; out of turn
  double delivery[2] = {};
  Time first; ///< when the first vehicle's first frame, which was queued in a guard interval, was on the CCH
};

/// \param jam the CCH when each of its intervals begins, until the guard interval is nearly over
Alternation RunAlternation(const std::string& radio, bool jam) {
  RngSeedManager::SetRun(1);
  BacRadioOptions options = Options(radio);
  options.access = "alternating";
  BacHelper helper(options);
  const uint32_t channels[2] = {helper.ChannelOf(0), BacChannels::CONTROL};
  const Time end = Seconds(6);
  BacBeacons service(Seconds(0.1), end, helper.GetMode(), helper.GetRate()), control(Seconds(0.1), end, helper.GetMode(), helper.GetRate());
  BacBeacons* beacons[2] = {&service, &control};
  Alternation result;
  for (BacBeacons* b : beacons)
    b->SetOnAir([&result](const Vector& at, uint32_t channel) {
      const Time within = NanoSeconds(Simulator::Now().GetNanoSeconds() % (2 * INTERVAL).GetNanoSeconds());
      const bool cch = channel == BacChannels::CONTROL;
      result.sent[cch ? 1 : 0]++;
      if (cch && at.x == 0 && at.y == 0 && result.first.IsZero()) result.first = Simulator::Now();
      if ((within < INTERVAL) != cch || (cch ? within : within - INTERVAL) <= GUARD) result.wrong++;
    });
  for (uint32_t i = 0; i < 20; i++) {
    Ptr<Node> node = NodeAt(37 * i % 200, 71 * i % 200);
    for (uint32_t c = 0; c < 2; c++) {
      Ptr<NetDevice> device = helper.InstallRadioOn(node, i + c * BacApplication::CONTROL_ADDRESSES, {channels[c]});
      helper.Alternate(device, channels[c]);
      const uint32_t station = beacons[c]->AddStation(device, BacBeacons::EV, channels[c]);
      beacons[c]->Send(station, Seconds(0.2) + MicroSeconds(4930 * i + 1700 * c), MilliSeconds(100), 300, 0);
      if (i % 4 == 3) // away for a while, at times when the one or the other is asleep
        for (const bool on : {false, true}) {
          const Time at = Seconds(on ? 3 : 2) + MilliSeconds(13 * i + (on ? 0 : 50 * c));
          Simulator::Schedule(at, &BacHelper::SetDeviceOn, device, on);
          Simulator::Schedule(at, [b = beacons[c], station, on] { b->SetPresent(station, on); });
        }
    }
  }
  std::unique_ptr<BacJammer> jammer;
  if (jam) jammer = std::make_unique<BacJammer>(helper, 1000, BacChannels::CONTROL, 40, StandingAt(100, 100));
  for (Time begin = MilliSeconds(200); jam && begin < end; begin += 2 * INTERVAL)
    Simulator::Schedule(begin - MilliSeconds(3), [&jammer, begin] { jammer->JamExactly(begin + GUARD - MilliSeconds(1)); });
  helper.AssignStreams(0);
  Simulator::Stop(end);
  Simulator::Run();
  for (int c = 0; c < 2; c++) result.delivery[c] = beacons[c]->GetDelivery();
  Simulator::Destroy();
  return result;
}

class BacAlternationTest : public TestCase {
 public:
  explicit BacAlternationTest(bool jam) : TestCase(jam ? "alternating access: a busy channel in the guard interval holds nobody up" : "alternating access: everyone in its interval, and both radios agree"), m_jam(jam) {}

 private:
  void DoRun() override {
    const Alternation wave = RunAlternation("wave", m_jam), fast = RunAlternation("fast", m_jam);
    for (const Alternation* radio : {&wave, &fast}) {
      NS_TEST_EXPECT_MSG_EQ(radio->wrong, 0, "frames out of turn");
      NS_TEST_EXPECT_MSG_LT(radio->first, Seconds(0.2) + INTERVAL, "within the same interval");
      for (const uint64_t sent : radio->sent) NS_TEST_EXPECT_MSG_EQ_TOL(static_cast<double>(sent), 15 * 58 + 5 * 48, 30, "ten a second, unless away");
    }
    for (int c = 0; c < 2; c++) {
      NS_TEST_EXPECT_MSG_EQ_TOL(wave.delivery[c], fast.delivery[c], 0.03, "on channel " << c);
      NS_TEST_EXPECT_MSG_GT(fast.delivery[c], 0.7, "who waited backs off");
      NS_TEST_EXPECT_MSG_LT(fast.delivery[c], 0.99, "yet those of half a period come together");
    }
  }

  bool m_jam;
};

/// When a frame begins that was queued while the channel was busy.
Time BeginsAfterBusy(const std::string& radio, uint32_t aifsn) {
  RngSeedManager::SetRun(1);
  BacRadioOptions options = Options(radio);
  options.edca[2] = {static_cast<double>(aifsn), 0, 0};
  BacHelper helper(options);
  BacBeacons beacons(Seconds(0), Seconds(1), helper.GetMode(), helper.GetRate());
  std::vector<Time> begins;
  beacons.SetOnAir([&begins](const Vector&, uint32_t) { begins.push_back(Simulator::Now()); });
  for (uint32_t i = 0; i < 2; i++) {
    const uint32_t station = beacons.AddStation(helper.InstallRadioOn(NodeAt(30 * i, 0), i, {helper.ChannelOf(0)}), BacBeacons::EV, helper.ChannelOf(0));
    beacons.Send(station, MilliSeconds(100 + i), Seconds(10), i == 0 ? 1998 : 100, i == 0 ? 7 : 0); // 680 half symbols, in which ns-3 counts
  }
  helper.AssignStreams(0);
  Simulator::Stop(Seconds(1));
  Simulator::Run();
  Simulator::Destroy();
  return begins.size() == 2 ? begins[1] - begins[0] : Time(0);
}

class BacEdcaTest : public TestCase {
 public:
  BacEdcaTest() : TestCase("EDCA's parameters reach both radios") {}

 private:
  void DoRun() override {
    const Time wave = BeginsAfterBusy("wave", 2), fast = BeginsAfterBusy("fast", 2);
    NS_TEST_EXPECT_MSG_GT(wave, MilliSeconds(2), "after the first frame");
    NS_TEST_EXPECT_MSG_EQ_TOL(wave.GetNanoSeconds(), fast.GetNanoSeconds(), 200, "but for the propagation delay");
    for (const uint32_t aifsn : {6U, 15U}) {
      NS_TEST_EXPECT_MSG_EQ((BeginsAfterBusy("wave", aifsn) - wave).GetMicroSeconds(), (aifsn - 2) * 13, "slots of 13 us");
      NS_TEST_EXPECT_MSG_EQ((BeginsAfterBusy("fast", aifsn) - fast).GetMicroSeconds(), (aifsn - 2) * 13, "slots of 13 us");
    }
  }
};

/// A run in which EVs come and go, with one radio each.
class BacAlternatingRunTest : public TestCase {
 public:
  explicit BacAlternatingRunTest(const std::string& radio) : TestCase("consensus with alternating access: " + radio), m_radio(radio) {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 10, true); // some are away from 4 s to 6 s
    trace.Save();
    BacRunOptions options = SmallRun(trace, 6);
    options.protocol = "pbft";
    options.evs = 12;
    options.churn = true;
    options.radio.radio = m_radio;
    options.radio.channels = "per-shard+cch";
    options.radio.access = "alternating";
    const BacRunResult result = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(result.conflicts, 0, result.conflictText);
    NS_TEST_EXPECT_MSG_GT(result.blocks.size(), 2, "blocks go on");
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "access"), "alternating", "what was asked for");
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "mac_timeouts"), "0", "frames without notice");
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "access_delay_mean_s"), 0.005, "frames wait for their interval");
    NS_TEST_EXPECT_MSG_LT(ValueOf(result, "access_delay_mean_s"), 0.1, "and not for the one after");
  }

  std::string m_radio;
};

class BacAccessInputTest : public TestCase {
 public:
  BacAccessInputTest() : TestCase("access that cannot be is refused") {}

 private:
  void DoRun() override {
    BacRadioOptions options;
    options.access = "sometimes";
    Refuse(options, "access is \"sometimes\": give continuous or alternating");
    options.access = "alternating";
    options.unculled = true;
    Refuse(options, "access is \"alternating\" on ns-3's own channel: give continuous");
    options = BacRadioOptions();
    options.edca[0] = {2, 4, 7};
    Refuse(options, "EDCA of VO is 2, 4, 7: give an AIFSN from 2 to 15 and two windows, 0, 1, 3, 7, ... 32767, the smaller first");
    options.edca[0] = {2.5, 3, 7};
    Refuse(options, "EDCA of VO is 2.5, 3, 7: give whole numbers from 0 to 32767");
  }
  void Refuse(const BacRadioOptions& options, const std::string& why) {
    std::string said;
    try {
      BacHelper helper(options);
    } catch (const std::runtime_error& error) {
      said = error.what();
    }
    NS_TEST_EXPECT_MSG_EQ(said, why, "one line");
  }
};

class BacAccessSuite : public TestSuite {
 public:
  BacAccessSuite() : TestSuite("bac-access", SYSTEM) {
    for (const bool jam : {false, true}) AddTestCase(new BacAlternationTest(jam), TestCase::QUICK);
    AddTestCase(new BacEdcaTest, TestCase::QUICK);
    for (const char* radio : {"wave", "fast"}) AddTestCase(new BacAlternatingRunTest(radio), TestCase::QUICK);
    AddTestCase(new BacAccessInputTest, TestCase::QUICK);
  }
};

BacAccessSuite g_suite;

} // namespace
