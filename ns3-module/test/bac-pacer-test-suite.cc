/* SPDX-License-Identifier: GPL-2.0-only */
/* Pacing: every frame handed to a WaveNetDevice is reported done, once, whatever becomes of it. */
#include "bac-helper.h"
#include "bac-wsmp-header.h"

#include "ns3/constant-position-mobility-model.h"
#include "ns3/ocb-wifi-mac.h"
#include "ns3/pointer.h"
#include "ns3/qos-txop.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/wave-helper.h"
#include "ns3/wifi-mac-queue.h"

#include <cstdlib>
#include <memory>

using namespace ns3;

namespace {

/// Stations on a line, 50 m apart, on the first service channel.
class Line {
 public:
  explicit Line(uint32_t count) : m_helper(Options()) {
    for (uint32_t i = 0; i < count; i++) {
      Ptr<Node> node = CreateObject<Node>();
      Ptr<ConstantPositionMobilityModel> mobility = CreateObject<ConstantPositionMobilityModel>();
      mobility->SetPosition(Vector(50.0 * i, 0, 1.5));
      node->AggregateObject(mobility);
      devices.push_back(m_helper.InstallRadio(node, i, 0));
      node->RegisterProtocolHandler(MakeCallback(&Line::Receive, this), BacWsmpHeader::ETHERTYPE, devices.back());
    }
    m_helper.AssignStreams(0);
    pacer = CreateObject<BacMacPacer>();
    pacer->Attach(devices[0]);
    pacer->SetDoneCallback(MakeCallback(&Line::Done, this));
  }

  ~Line() {
    Simulator::Destroy();
    pacer->Dispose();
  }

  /// Hand over frames at a time.
  void SendAt(Time at, uint32_t count, uint32_t to, uint32_t bytes = 1000) {
    Simulator::Schedule(at, &Line::Send, this, count, to, bytes);
  }

  std::vector<Ptr<WaveNetDevice>> devices;
  Ptr<BacMacPacer> pacer;
  uint32_t done{0};
  uint32_t received{0};
  uint32_t more{0}; ///< frames to send as others are done, one for each
  uint32_t lastSize{0};
  uint32_t lastFrom{0};

 private:
  static BacRadioOptions Options() {
    BacRadioOptions options;
    options.nakagami = false;
    return options;
  }

  void Send(uint32_t count, uint32_t to, uint32_t bytes) {
    const TxInfo info(BacHelper::ServiceChannel(0), 0, m_helper.GetMode(), WIFI_PREAMBLE_LONG, 0);
    for (uint32_t i = 0; i < count; i++) {
      Ptr<Packet> packet = Create<Packet>(bytes);
      BacWsmpHeader header;
      header.SetLength(bytes);
      packet->AddHeader(header);
      pacer->Send(packet, BacApplication::AddressOf(to), BacWsmpHeader::ETHERTYPE, info);
    }
  }

  void Receive(Ptr<NetDevice>, Ptr<const Packet> packet, uint16_t, const Address& from, const Address&, NetDevice::PacketType) {
    received++;
    lastSize = packet->GetSize();
    lastFrom = BacApplication::IdOf(Mac48Address::ConvertFrom(from));
  }

  void Done(uint32_t count) {
    done += count;
    for (; count > 0 && more > 0; count--, more--) Send(1, BAC_BROADCAST, 1000);
  }

  BacHelper m_helper;
};

class BacPacerTest : public TestCase {
 public:
  explicit BacPacerTest(const std::string& name) : TestCase(name) {}

 protected:
  /// All frames are done; none is left.
  void CheckDone(const Line& line, uint32_t frames) {
    NS_TEST_EXPECT_MSG_EQ(line.done, frames, "frames reported done");
    NS_TEST_EXPECT_MSG_EQ(line.pacer->GetInFlight(), 0, "frames left");
    NS_TEST_EXPECT_MSG_EQ(line.pacer->GetCounts().timedOut, 0, "frames without notice");
  }
};

class BacPacerBroadcastTest : public BacPacerTest {
 public:
  BacPacerBroadcastTest() : BacPacerTest("broadcast: done when sent") {}

 private:
  void DoRun() override {
    Line line(3);
    line.SendAt(Seconds(0.1), 20, BAC_BROADCAST);
    Simulator::Stop(Seconds(0.2));
    Simulator::Run();
    CheckDone(line, 20);
    NS_TEST_EXPECT_MSG_EQ(line.pacer->GetCounts().broadcast, 20, "sent by the PHY");
    NS_TEST_EXPECT_MSG_EQ(line.received, 40, "received by both others");
    NS_TEST_EXPECT_MSG_EQ(line.lastSize, 1005, "payload and WSMP header");
    NS_TEST_EXPECT_MSG_EQ(line.lastFrom, 0, "sender's id from its address");
  }
};

class BacPacerUnicastTest : public BacPacerTest {
 public:
  BacPacerUnicastTest() : BacPacerTest("unicast: done when acknowledged") {}

 private:
  void DoRun() override {
    Line line(3);
    line.SendAt(Seconds(0.1), 10, 2);
    Simulator::Stop(Seconds(0.2));
    Simulator::Run();
    CheckDone(line, 10);
    NS_TEST_EXPECT_MSG_EQ(line.pacer->GetCounts().unicast, 10, "acknowledged");
    NS_TEST_EXPECT_MSG_EQ(line.received, 10, "received by one");
  }
};

class BacPacerFailedTest : public BacPacerTest {
 public:
  BacPacerFailedTest() : BacPacerTest("unicast to nobody: done when given up") {}

 private:
  void DoRun() override {
    Line line(2);
    line.SendAt(Seconds(0.1), 4, 77);
    line.SendAt(Seconds(0.11), 2, BAC_BROADCAST);
    Simulator::Stop(Seconds(0.9));
    Simulator::Run();
    CheckDone(line, 6);
    NS_TEST_EXPECT_MSG_EQ(line.pacer->GetCounts().unicast, 4, "given up");
    NS_TEST_EXPECT_MSG_EQ(line.pacer->GetCounts().broadcast, 2, "sent by the PHY");
  }
};

class BacPacerExpiryTest : public BacPacerTest {
 public:
  BacPacerExpiryTest() : BacPacerTest("waiting too long in the queue: done when expired") {}

 private:
  void DoRun() override {
    Line line(2);
    for (const char* name : {"BE_Txop", "VO_Txop"}) {
      PointerValue txop;
      line.devices[0]->GetMac(BacHelper::ServiceChannel(0))->GetAttribute(name, txop);
      txop.Get<QosTxop>()->GetWifiMacQueue()->SetMaxDelay(MilliSeconds(5));
    }
    line.SendAt(Seconds(0.1), 40, BAC_BROADCAST); // 1.5 ms each: the last would wait for 60 ms
    line.more = 50;                               // the host answers each notice with a new frame
    Simulator::Stop(Seconds(0.5));
    Simulator::Run();
    CheckDone(line, 90);
    NS_TEST_EXPECT_MSG_GT(line.pacer->GetCounts().dropped, 30, "expired");
    NS_TEST_EXPECT_MSG_GT(line.pacer->GetCounts().broadcast, 2, "sent before");
  }
};

class BacPacerFullTest : public BacPacerTest {
 public:
  BacPacerFullTest() : BacPacerTest("more than the queue holds: done at once") {}

 private:
  void DoRun() override {
    Line line(2);
    PointerValue txop;
    line.devices[0]->GetMac(BacHelper::ServiceChannel(0))->GetAttribute("BE_Txop", txop);
    txop.Get<QosTxop>()->GetWifiMacQueue()->SetMaxSize(QueueSize("5p"));
    line.SendAt(Seconds(0.1), 30, BAC_BROADCAST, 200);
    Simulator::Stop(Seconds(3));
    Simulator::Run();
    CheckDone(line, 30);
  }
};

class BacPacerRefusedTest : public BacPacerTest {
 public:
  BacPacerRefusedTest() : BacPacerTest("no channel access yet: done after a moment") {}

 private:
  void DoRun() override {
    Line line(2);
    line.SendAt(Seconds(0.001), 3, BAC_BROADCAST);
    Simulator::Stop(Seconds(0.05));
    Simulator::Run();
    NS_TEST_EXPECT_MSG_EQ(line.done, 3, "frames reported done");
    NS_TEST_EXPECT_MSG_EQ(line.pacer->GetCounts().refused, 3, "refused by the device");
    NS_TEST_EXPECT_MSG_EQ(line.received, 0, "on the air");
  }
};

class BacPacerOffTest : public BacPacerTest {
 public:
  BacPacerOffTest() : BacPacerTest("radio off and on again: flushed frames are done, later ones go out") {}

 private:
  void DoRun() override {
    Line line(2);
    line.SendAt(Seconds(0.1), 10, BAC_BROADCAST);
    // In the midst of the first frame, and of the third.
    Simulator::Schedule(Seconds(0.1005), &BacHelper::SetRadioOn, line.devices[0], false);
    Simulator::Schedule(Seconds(0.2), &BacHelper::SetRadioOn, line.devices[0], true);
    line.SendAt(Seconds(0.3), 10, BAC_BROADCAST);
    Simulator::Schedule(Seconds(0.3035), &BacHelper::SetRadioOn, line.devices[0], false);
    Simulator::Schedule(Seconds(0.4), &BacHelper::SetRadioOn, line.devices[0], true);
    line.SendAt(Seconds(0.5), 10, BAC_BROADCAST);
    // The receiver goes off in the midst of a frame, too.
    Simulator::Schedule(Seconds(0.5101), &BacHelper::SetRadioOn, line.devices[1], false);
    Simulator::Stop(Seconds(2));
    Simulator::Run();
    NS_TEST_EXPECT_MSG_EQ(line.done, 30, "frames reported done");
    NS_TEST_EXPECT_MSG_EQ(line.pacer->GetInFlight(), 0, "frames left");
    NS_TEST_EXPECT_MSG_GT(line.pacer->GetCounts().dropped, 10, "flushed");
    NS_TEST_EXPECT_MSG_GT(line.received, 7, "received");
    NS_TEST_EXPECT_MSG_LT(line.received, 12, "not while off");
  }
};

class BacPacerTimeoutTest : public BacPacerTest {
 public:
  BacPacerTimeoutTest() : BacPacerTest("no notice at all: done after Timeout") {}

 private:
  void DoRun() override {
    Line line(2);
    line.pacer->SetAttribute("Timeout", TimeValue(MilliSeconds(300)));
    // A MAC that has another channel's PHY keeps the frame: nobody tells.
    Simulator::Schedule(Seconds(0.05), &BacHelper::SetRadioOn, line.devices[0], false);
    line.SendAt(Seconds(0.1), 3, BAC_BROADCAST);
    Simulator::Stop(Seconds(0.39));
    Simulator::Run();
    NS_TEST_EXPECT_MSG_EQ(line.done, 0, "too early");
    Simulator::Stop(Seconds(0.02));
    Simulator::Run();
    NS_TEST_EXPECT_MSG_EQ(line.done, 3, "frames reported done");
    NS_TEST_EXPECT_MSG_EQ(line.pacer->GetCounts().timedOut, 3, "after the timeout");
  }
};

/// Devices are destroyed while frames are on the air and queued. AddressSanitizer and valgrind look on.
class BacTeardownTest : public BacPacerTest {
 public:
  BacTeardownTest() : BacPacerTest("teardown in the midst of a transmission") {}

 private:
  void DoRun() override {
    for (double stop : {0.1, 0.1003, 0.101, 0.1020007}) {
      Line line(4);
      line.SendAt(Seconds(0.1), 6, BAC_BROADCAST);
      line.SendAt(Seconds(0.1), 6, 2);
      Simulator::Stop(Seconds(stop));
      Simulator::Run();
      NS_TEST_EXPECT_MSG_GT(line.pacer->GetInFlight(), 0, "frames in the device");
    }
  }
};

/// A capture for tshark, when BAC_TEST_PCAP names its file: see .ci/run.
class BacPcapTest : public BacPacerTest {
 public:
  BacPcapTest() : BacPacerTest("capture") {}

 private:
  void DoRun() override {
    const char* file = std::getenv("BAC_TEST_PCAP");
    if (file == nullptr) return;
    Line line(2);
    YansWavePhyHelper phy;
    phy.SetPcapDataLinkType(WifiPhyHelper::DLT_IEEE802_11_RADIO);
    phy.EnablePcap(file, line.devices[1], false, true);
    line.SendAt(Seconds(0.1), 3, BAC_BROADCAST, 1400);
    line.SendAt(Seconds(0.1), 3, 1, 60);
    Simulator::Stop(Seconds(0.2));
    Simulator::Run();
    NS_TEST_EXPECT_MSG_EQ(line.received, 6, "received");
  }
};

class BacPacerTestSuite : public TestSuite {
 public:
  BacPacerTestSuite() : TestSuite("bac-pacer", UNIT) {
    AddTestCase(new BacPacerBroadcastTest, TestCase::QUICK);
    AddTestCase(new BacPacerUnicastTest, TestCase::QUICK);
    AddTestCase(new BacPacerFailedTest, TestCase::QUICK);
    AddTestCase(new BacPacerExpiryTest, TestCase::QUICK);
    AddTestCase(new BacPacerFullTest, TestCase::QUICK);
    AddTestCase(new BacPacerRefusedTest, TestCase::QUICK);
    AddTestCase(new BacPacerOffTest, TestCase::QUICK);
    AddTestCase(new BacPacerTimeoutTest, TestCase::QUICK);
    AddTestCase(new BacTeardownTest, TestCase::QUICK);
    AddTestCase(new BacPcapTest, TestCase::QUICK);
  }
};

BacPacerTestSuite g_bacPacerTestSuite; ///< registers itself

} // namespace
