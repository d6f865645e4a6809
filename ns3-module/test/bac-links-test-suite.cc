/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of frames at each receiver: every cause in a scene that leaves no other, and both radios in the same scene. */
#include "bac-helper.h"
#include "bac-link-metrics.h"

#include "radio/airtime.h"
#include "sim/radio_stats.h"

#include "ns3/constant-position-mobility-model.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/wifi-psdu.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace ns3;

namespace {

using Row = std::map<std::string, std::string>;

/// Stations on one channel of either radio, and the books of what they hear.
class LinkScene {
 public:
  LinkScene(const std::string& radio, const std::string& loss, bool nakagami) : m_helper(OptionsOf(radio, loss, nakagami)), m_fast(radio == "fast") {
    RngSeedManager::SetSeed(1);
    RngSeedManager::SetRun(3);
    m_links = std::make_unique<BacLinkMetrics>(m_stats.get(), Time(0), Seconds(20), -95);
  }
  ~LinkScene() { Simulator::Destroy(); }
  LinkScene(const LinkScene&) = delete;
  LinkScene& operator=(const LinkScene&) = delete;

  uint32_t Add(double x, double y = 0) {
    Ptr<Node> node = CreateObject<Node>();
    Ptr<ConstantPositionMobilityModel> mobility = CreateObject<ConstantPositionMobilityModel>();
    mobility->SetPosition(Vector(x, y, 1.5));
    node->AggregateObject(mobility);
    m_at.push_back(mobility);
    const uint32_t station = bac_radio_add_station(m_stats.get(), 0, true);
    if (m_fast) {
      Ptr<BacFastNetDevice> device = m_helper.InstallFastRadio(node, station + 1, 0);
      device->TraceConnectWithoutContext("TxBegin", MakeBoundCallback(&LinkScene::FastBegins, this, station));
      m_links->AddFast(station, station + 1, device);
      m_fasts.push_back(device);
    } else {
      Ptr<WaveNetDevice> device = m_helper.InstallRadio(node, station + 1, 0);
      device->GetPhy(0)->TraceConnectWithoutContext("PhyTxPsduBegin", MakeBoundCallback(&LinkScene::WaveBegins, this, station));
      m_links->AddWave(station, station + 1, device);
      m_waves.push_back(device);
    }
    return station;
  }
  void SendAt(Time at, uint32_t station, uint32_t bytes) { Simulator::Schedule(at, &LinkScene::Send, this, station, bytes); }
  void SetOnAt(Time at, uint32_t station, bool on) { Simulator::Schedule(at, &LinkScene::SetOn, this, station, on); }
  void Run(Time until) {
    m_helper.AssignStreams(0);
    Simulator::Stop(until + MilliSeconds(1));
    Simulator::Run();
    bac_link_sent(bac_radio_links(m_stats.get()), (until + Seconds(1)).GetNanoSeconds(), 0, UINT64_MAX); // settles what was sent before
  }
  Row Bin(uint32_t bin) const {
    Row row;
    const bac_columns to{[](void* of, const char* name, const char* value) { (*static_cast<Row*>(of))[name] = value; }, &row};
    bac_link_bin_columns(bac_radio_links(m_stats.get()), bin, &to);
    return row;
  }
  Row Columns() const {
    Row row;
    const bac_columns to{[](void* of, const char* name, const char* value) { (*static_cast<Row*>(of))[name] = value; }, &row};
    bac_link_columns(bac_radio_links(m_stats.get()), &to);
    bac_busy_windows_columns(bac_radio_windows(m_stats.get()), Simulator::Now().GetNanoSeconds(), &to);
    return row;
  }

 private:
  static BacRadioOptions OptionsOf(const std::string& radio, const std::string& loss, bool nakagami) {
    BacRadioOptions options;
    options.radio = radio;
    options.loss = loss;
    options.nakagami = nakagami;
    options.eirp_dbm = loss == "threelog" ? 23 : 20;
    return options;
  }
  static void Where(void* self, uint32_t station, double at[3]) {
    const Vector position = static_cast<LinkScene*>(self)->m_at[station]->GetPosition();
    at[0] = position.x;
    at[1] = position.y;
    at[2] = position.z;
  }
  static void FastBegins(LinkScene* self, uint32_t station, uint64_t uid, uint32_t bytes, Time) {
    bac_radio_sent(self->m_stats.get(), Simulator::Now().GetNanoSeconds(), station, uid, bytes);
  }
  static void WaveBegins(LinkScene* self, uint32_t station, WifiConstPsduMap psdus, WifiTxVector, double) {
    const WifiPsdu& psdu = *psdus.begin()->second;
    bac_radio_sent(self->m_stats.get(), Simulator::Now().GetNanoSeconds(), station, psdu.GetPayload(0)->GetUid(), psdu.GetSize());
  }
  void Send(uint32_t station, uint32_t bytes) {
    Ptr<Packet> packet = Create<Packet>(bytes);
    if (m_fast)
      m_fasts[station]->SendFrame(packet, Mac48Address::GetBroadcast(), 0x88dc, 6000000, 0);
    else
      m_waves[station]->SendX(packet, Mac48Address::GetBroadcast(), 0x88dc, TxInfo(BacHelper::ServiceChannel(0), 0, m_helper.GetMode(), WIFI_PREAMBLE_LONG, 0));
  }
  void SetOn(uint32_t station, bool on) {
    if (m_fast)
      m_fasts[station]->GetMedium()->SetOn(m_fasts[station]->GetStation(), on);
    else
      BacHelper::SetRadioOn(m_waves[station], on);
  }

  BacHelper m_helper;
  bool m_fast;
  std::vector<Ptr<MobilityModel>> m_at;
  std::vector<Ptr<BacFastNetDevice>> m_fasts;
  std::vector<Ptr<WaveNetDevice>> m_waves;
  std::unique_ptr<bac_radio_stats, void (*)(bac_radio_stats*)> m_stats{bac_radio_stats_new(0, BAC_NEVER, 300, Where, this), &bac_radio_stats_free};
  std::unique_ptr<BacLinkMetrics> m_links;
};

const char* const CAUSES[] = {"lost_weak", "lost_half_duplex", "lost_busy", "lost_preamble", "lost_header", "lost_payload"};

class BacLinksCauseTest : public TestCase {
 public:
  explicit BacLinksCauseTest(const std::string& radio) : TestCase("each cause of loss by itself, radio " + radio), m_radio(radio) {}

 private:
  /// All that a bin has, but for what is said. \param scene to look at \param bin of it \param wanted columns that are not 0
  void Expect(const LinkScene& scene, uint32_t bin, const std::map<std::string, int>& wanted) {
    Row row = scene.Bin(bin);
    std::vector<std::string> names(std::begin(CAUSES), std::end(CAUSES));
    names.push_back("received");
    for (const std::string& name : names) {
      const auto found = wanted.find(name);
      NS_TEST_EXPECT_MSG_EQ(row[name], std::to_string(found == wanted.end() ? 0 : found->second), m_radio << ", bin " << bin << ", " << name);
    }
  }

  void DoRun() override {
    const Time t = MilliSeconds(50);
    {
      LinkScene hidden(m_radio, "logdistance", false); // the two do not hear each other
      const uint32_t a = hidden.Add(-150), b = hidden.Add(160);
      hidden.Add(0);
      hidden.SendAt(t, a, 1400);
      hidden.SendAt(t + MicroSeconds(300), b, 300); // the receiver is locked on the first, and loses it
      hidden.Run(MilliSeconds(100));
      Expect(hidden, 3, {{"lost_payload", 1}, {"lost_busy", 1}});
      Expect(hidden, 6, {{"lost_weak", 2}});
    }
    {
      LinkScene once(m_radio, "logdistance", false); // two preambles at once, 0.8 dB apart
      const uint32_t a = once.Add(-150), b = once.Add(160);
      once.Add(0);
      once.SendAt(t, a, 300);
      once.SendAt(t, b, 300);
      once.Run(MilliSeconds(100));
      Expect(once, 3, {{"lost_preamble", 2}});
    }
    {
      LinkScene both(m_radio, "logdistance", false);
      const uint32_t a = both.Add(0), b = both.Add(60);
      both.SendAt(t, a, 1400);
      both.SendAt(t, b, 300);
      both.Run(MilliSeconds(100));
      Expect(both, 1, {{"lost_half_duplex", 2}});
      NS_TEST_EXPECT_MSG_EQ(both.Columns()["aoi_mean_s"], "", "nobody has heard anything");
    }
    {
      LinkScene far(m_radio, "logdistance", false);
      const uint32_t a = far.Add(0), off = far.Add(20), late = far.Add(30);
      for (const double x : {60.0, 290.0, 700.0}) far.Add(x); // the second is above ns-3's floor, the third is not
      far.SetOnAt(MilliSeconds(20), off, false);
      far.SetOnAt(t + MicroSeconds(400), late, false);
      far.SendAt(t, a, 1400);
      far.Run(MilliSeconds(100));
      Expect(far, 0, {});
      Expect(far, 1, {{"received", 1}});
      Expect(far, 5, {{"lost_weak", 1}});
      Expect(far, 14, {{"lost_weak", 1}});
      NS_TEST_EXPECT_MSG_EQ_TOL(std::stod(far.Bin(1)["sinr_lock_mean_db"]), 20 - 47.86 - 27.5 * std::log10(60) + 97, 0.1, "SINR at lock");
    }
    {
      LinkScene queue(m_radio, "logdistance", false);
      const uint32_t a = queue.Add(0);
      queue.Add(60);
      for (int i = 0; i < 2; i++) queue.SendAt(t, a, 1400); // the second waits for the first, and AIFS and its backoff
      queue.Run(MilliSeconds(100));
      Expect(queue, 1, {{"received", 2}});
      Row row = queue.Columns();
      const double airtime = static_cast<double>(bac_air_duration(1400 + BAC_PSDU_OVERHEAD, BAC_MODE_6)) * 1e-9;
      const double waited = 2 * std::stod(row["access_delay_mean_s"]); // of two frames, the first of which did not wait
      NS_TEST_EXPECT_MSG_GT(waited, airtime + 58e-6, "the second");
      NS_TEST_EXPECT_MSG_LT(waited, airtime + 32e-6 + 21 * 13e-6 + 3 * 13e-6, "at most AIFS, 15 slots, and each at a slot's boundary");
      NS_TEST_EXPECT_MSG_EQ_TOL(std::stod(queue.Bin(1)["pir_mean_s"]), waited, 27e-6, "as far apart as they were sent");
      NS_TEST_EXPECT_MSG_EQ_TOL(std::stod(row["cbr100_max"]), 2 * airtime / 0.1, 1e-3, "busy for two frames");
      NS_TEST_EXPECT_MSG_EQ_TOL(std::stod(row["aoi_mean_s"]), 0.1 - 0.05 - waited, 1e-4, "one sample, at 100 ms, of the second frame");
    }
  }

  std::string m_radio;
};

/// The same EVs, the same frames: bins and causes of both radios.
class BacLinksRadiosTest : public TestCase {
 public:
  BacLinksRadiosTest() : TestCase("both radios tell the same of each bin, with each cause") {}

 private:
  void DoRun() override {
    constexpr uint32_t EVS = 70;
    constexpr int ROUNDS = 30;
    std::vector<Row> bins[2];
    for (int radio = 0; radio < 2; radio++) {
      LinkScene scene(radio == 0 ? "wave" : "fast", "threelog", true);
      uint64_t state = 1;
      const auto uniform = [&state] {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<double>(state >> 11) * 0x1p-53;
      };
      for (uint32_t i = 0; i < EVS; i++) scene.Add(1100 * uniform(), 1100 * uniform());
      for (int round = 0; round < ROUNDS; round++)
        for (uint32_t i = 0; i < EVS; i++) scene.SendAt(MilliSeconds(50) + MicroSeconds(static_cast<int64_t>(60000 * (round + uniform()))), i, 500);
      scene.Run(Seconds(2));
      for (uint32_t bin = 0; bin < BAC_LINK_BINS; bin++) bins[radio].push_back(scene.Bin(bin));
    }
    double all[6] = {};
    for (uint32_t bin = 0; bin < BAC_LINK_BINS; bin++) {
      const double expected[2] = {std::stod(bins[0][bin]["expected"]), std::stod(bins[1][bin]["expected"])};
      NS_TEST_EXPECT_MSG_EQ_TOL(expected[0], expected[1], 0.005 * expected[0], "whom frames were for, bin " << bin);
      if (expected[0] < 3000) continue;
      // Five standard deviations of a difference of two shares are 0.065 at 3,000 frames; SINRs and gaps have no such bound.
      NS_TEST_EXPECT_MSG_EQ_TOL(std::stod(bins[0][bin]["pdr"]), std::stod(bins[1][bin]["pdr"]), 0.03, "delivery, bin " << bin);
      for (int i = 0; i < 6; i++) {
        const double wave = std::stod(bins[0][bin][CAUSES[i]]) / expected[0], fast = std::stod(bins[1][bin][CAUSES[i]]) / expected[1];
        NS_TEST_EXPECT_MSG_EQ_TOL(wave, fast, 0.02, CAUSES[i] << ", bin " << bin);
        all[i] += wave;
      }
      if (std::stod(bins[0][bin]["pdr"]) < 0.1) continue;
      NS_TEST_EXPECT_MSG_EQ_TOL(std::stod(bins[0][bin]["sinr_lock_p50_db"]), std::stod(bins[1][bin]["sinr_lock_p50_db"]), 0.6, "SINR at lock, bin " << bin);
      NS_TEST_EXPECT_MSG_EQ_TOL(std::stod(bins[0][bin]["pir_mean_s"]) / std::stod(bins[1][bin]["pir_mean_s"]), 1, 0.1, "gaps, bin " << bin);
    }
    for (int i = 0; i < 6; i++) NS_TEST_EXPECT_MSG_GT(all[i], 0.005, "the scene has " << CAUSES[i]);
  }
};

class BacBusyTimesTest : public TestCase {
 public:
  BacBusyTimesTest() : TestCase("busy times that are told twice count once") {}

 private:
  void DoRun() override {
    BacBusyTimes busy;
    Time start = Seconds(1), duration = MilliSeconds(3);
    NS_TEST_EXPECT_MSG_EQ(busy.IsNew(7, WifiPhyState::CCA_BUSY, start, duration), true, "busy");
    NS_TEST_EXPECT_MSG_EQ(busy.IsNew(7, WifiPhyState::CCA_BUSY, start, duration), false, "told before");
    start = Seconds(1);
    duration = MilliSeconds(3);
    NS_TEST_EXPECT_MSG_EQ(busy.IsNew(8, WifiPhyState::RX, start, duration), true, "of another");
    start = Seconds(1) + MilliSeconds(1);
    duration = MilliSeconds(5);
    NS_TEST_EXPECT_MSG_EQ(busy.IsNew(7, WifiPhyState::TX, start, duration), true, "partly new");
    NS_TEST_EXPECT_MSG_EQ(start, Seconds(1) + MilliSeconds(3), "what is new of it");
    NS_TEST_EXPECT_MSG_EQ(duration, MilliSeconds(3), "what is new of it");
    start = Seconds(2);
    NS_TEST_EXPECT_MSG_EQ(busy.IsNew(7, WifiPhyState::IDLE, start, duration), false, "idle");
  }
};

/// Whom a frame of the fast medium is handed to, and in whose context.
class BacFastDeliveryTest : public TestCase {
 public:
  BacFastDeliveryTest() : TestCase("a frame goes to its node in the node's context, or at once to the device's handler") {}

 private:
  void ToNode(Ptr<NetDevice> device, Ptr<const Packet> /* packet */, uint16_t protocol, const Address& /* from */, const Address& /* to */,
              NetDevice::PacketType /* type */) {
    m_nodes++;
    NS_TEST_EXPECT_MSG_EQ(protocol, 0x88dc, "protocol");
    NS_TEST_EXPECT_MSG_EQ(Simulator::GetContext(), device->GetNode()->GetId(), "context");
  }
  bool ToHandler(Ptr<NetDevice> /* device */, Ptr<const Packet> /* packet */, uint16_t protocol, const Address& from) {
    m_handled++;
    NS_TEST_EXPECT_MSG_EQ(protocol, 0x88dc, "protocol");
    NS_TEST_EXPECT_MSG_EQ(from, m_sender, "sender");
    return true;
  }
  void DoRun() override {
    BacRadioOptions options;
    options.radio = "fast";
    BacHelper helper(options);
    std::vector<Ptr<BacFastNetDevice>> devices;
    for (uint32_t i = 0; i < 3; i++) {
      Ptr<Node> node = CreateObject<Node>();
      Ptr<ConstantPositionMobilityModel> mobility = CreateObject<ConstantPositionMobilityModel>();
      mobility->SetPosition(Vector(10 * i, 0, 1.5));
      node->AggregateObject(mobility);
      devices.push_back(helper.InstallFastRadio(node, i + 1, 0));
      node->RegisterProtocolHandler(MakeCallback(&BacFastDeliveryTest::ToNode, this), 0x88dc, devices[i]);
    }
    m_sender = devices[0]->GetAddress();
    devices[2]->SetHandler(MakeCallback(&BacFastDeliveryTest::ToHandler, this));
    Simulator::Schedule(MilliSeconds(1), &BacFastNetDevice::SendFrame, devices[0], Create<Packet>(100), Mac48Address::GetBroadcast(), 0x88dc, 6000000, 0);
    Simulator::Stop(MilliSeconds(10));
    Simulator::Run();
    Simulator::Destroy();
    NS_TEST_EXPECT_MSG_EQ(m_nodes, 1, "the second station's node");
    NS_TEST_EXPECT_MSG_EQ(m_handled, 1, "the third's handler");
  }

  int m_nodes{0};
  int m_handled{0};
  Address m_sender;
};

class BacLinksTestSuite : public TestSuite {
 public:
  BacLinksTestSuite() : TestSuite("bac-links", UNIT) {
    for (const char* radio : {"wave", "fast"}) AddTestCase(new BacLinksCauseTest(radio), TestCase::QUICK);
    AddTestCase(new BacBusyTimesTest, TestCase::QUICK);
    AddTestCase(new BacFastDeliveryTest, TestCase::QUICK);
    AddTestCase(new BacLinksRadiosTest, TestCase::QUICK);
  }
};

BacLinksTestSuite g_bacLinksTestSuite; ///< the suite

} // namespace
