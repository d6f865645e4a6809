/* SPDX-License-Identifier: GPL-2.0-only */
/* The mobility model follows the trace between samples, knows absence, and schedules nothing. */
#include "bac-test-trace.h"
#include "bac-trace-mobility.h"

#include "ns3/simulator.h"
#include "ns3/test.h"

using namespace ns3;

namespace {

class BacMobilityTest : public TestCase {
 public:
  BacMobilityTest() : TestCase("interpolation and absence") {}

 private:
  void DoRun() override;
  /// Position and presence now.
  void Check(double x, double y, bool present);

  Ptr<BacTraceMobility> m_mobility;
};

void BacMobilityTest::Check(double x, double y, bool present) {
  NS_TEST_EXPECT_MSG_EQ(m_mobility->IsPresent(), present, "present at " << Simulator::Now());
  NS_TEST_EXPECT_MSG_EQ_TOL(m_mobility->GetPosition().x, x, 1e-6, "x at " << Simulator::Now());
  NS_TEST_EXPECT_MSG_EQ_TOL(m_mobility->GetPosition().y, y, 1e-6, "y at " << Simulator::Now());
  NS_TEST_EXPECT_MSG_EQ_TOL(m_mobility->GetVelocity().x, (present ? 10.0 : 0.0), 1e-6, "speed at " << Simulator::Now());
  NS_TEST_EXPECT_MSG_EQ_TOL(m_mobility->GetVelocity().y, 0.0, 1e-6, "it drives east");
}

void BacMobilityTest::DoRun() {
  BacTestTrace trace(20, 10, true);
  m_mobility = CreateObject<BacTraceMobility>();
  m_mobility->SetTrace(trace.Get(), 13, Seconds(101)); // 3 in its row: starts at 120 m; one second later 130 m
  const uint64_t before = Simulator::GetEventCount();
  for (double t : {0.0, 0.25, 1.5, 1.999})
    Simulator::Schedule(Seconds(t), &BacMobilityTest::Check, this, 130 + 10 * t, 30.0, true);
  Simulator::Schedule(Seconds(4), &BacMobilityTest::Check, this, 170.0, 30.0, true);
  Simulator::Run();
  NS_TEST_EXPECT_MSG_EQ(Simulator::GetEventCount() - before, 5, "events of our own only");
  Simulator::Destroy();

  m_mobility = CreateObject<BacTraceMobility>();
  m_mobility->SetTrace(trace.Get(), 3, Seconds(100)); // absent from 104 to 106 s
  Simulator::Schedule(Seconds(2.5), &BacMobilityTest::Check, this, 145.0, 0.0, true);
  Simulator::Schedule(Seconds(5), &BacMobilityTest::Check, this, 145.0, 0.0, false); // where it was last seen
  Simulator::Schedule(Seconds(6.5), &BacMobilityTest::Check, this, 185.0, 0.0, true);
  Simulator::Run();
  Simulator::Destroy();
  m_mobility = nullptr;
}

class BacMobilityTestSuite : public TestSuite {
 public:
  BacMobilityTestSuite() : TestSuite("bac-mobility", UNIT) { AddTestCase(new BacMobilityTest, TestCase::QUICK); }
};

BacMobilityTestSuite g_bacMobilityTestSuite; ///< registers itself

} // namespace
