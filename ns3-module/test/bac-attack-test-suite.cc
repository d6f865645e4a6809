/* SPDX-License-Identifier: GPL-2.0-only */
/* Attacks: a jammed primary hurts, on both radios, and breaks no agreement; many identities win what their units are worth. */
#include "bac-test-result.h"

#include "ns3/test.h"

#include <stdexcept>

using namespace ns3;

namespace {

class BacDosTest : public TestCase {
 public:
  BacDosTest(const std::string& radio, const std::string& protocol, const std::string& on)
      : TestCase("jammed primaries of " + protocol + ", on " + on + ", radio " + radio),
        m_radio(radio),
        m_protocol(protocol),
        m_on(on) {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 10, false);
    trace.Save();
    BacRunOptions options = SmallRun(trace, 8);
    options.protocol = m_protocol;
    options.radio.radio = m_radio;
    const BacRunResult calm = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(TextOf(calm, "attacks"), "0", "nobody attacks");
    NS_TEST_EXPECT_MSG_EQ(TextOf(calm, "attack_on"), "", "and there is nothing to say about it");
    options.attack = "dos";
    options.dos.on = m_on;
    options.dos.duration_s = 3;
    const BacRunResult result = BacRun(options);
    NS_TEST_EXPECT_MSG_EQ(result.conflicts, 0, result.conflictText);
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "attack"), "dos", "results say so");
    NS_TEST_EXPECT_MSG_EQ(TextOf(result, "attack_on"), m_on, "and how");
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "attacks"), 1, "primaries were jammed");
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "jam_airtime_s"), 2, "for long");
    NS_TEST_EXPECT_MSG_LT(ValueOf(result, "blocks_committed"), 0.8 * ValueOf(calm, "blocks_committed"), "and it hurts");
    NS_TEST_EXPECT_MSG_GT(ValueOf(result, "cbr"), ValueOf(calm, "cbr") + 0.1, "others hear it, too");
  }

  std::string m_radio;
  std::string m_protocol;
  std::string m_on;
};

/// Claims show who leads before its block does; a weak jammer does less.
class BacDosParametersTest : public TestCase {
 public:
  BacDosParametersTest() : TestCase("what an attacker goes by, and how strong it is, matters") {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 10, false);
    trace.Save();
    BacRunOptions options = SmallRun(trace, 8);
    options.radio.radio = "fast";
    options.attack = "dos";
    options.dos.duration_s = 3;
    const BacRunResult block = BacRun(options);
    options.dos.on = "claim";
    const BacRunResult claim = BacRun(options);
    NS_TEST_EXPECT_MSG_LT(ValueOf(claim, "blocks_committed"), ValueOf(block, "blocks_committed") + 1, "earlier is no better for the attacked");
    NS_TEST_EXPECT_MSG_NE(TextOf(claim, "jam_airtime_s"), TextOf(block, "jam_airtime_s"), "it is another attack");
    options.dos.eirp_dbm = -50;
    const BacRunResult weak = BacRun(options);
    NS_TEST_EXPECT_MSG_GT(ValueOf(weak, "blocks_committed"), ValueOf(claim, "blocks_committed"), "hardly heard");
    options.protocol = "hashgraph";
    NS_TEST_EXPECT_MSG_EQ(TextOf(BacRun(options), "attacks"), "0", "nobody leads");
  }
};

/// With a second radio on the CCH.
class BacDosTwoRadiosTest : public TestCase {
 public:
  explicit BacDosTwoRadiosTest(const std::string& radio) : TestCase("jammed primaries with two radios each, radio " + radio), m_radio(radio) {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 10, false);
    trace.Save();
    BacRunOptions options = SmallRun(trace, 8);
    options.radio.radio = m_radio;
    options.radio.channels = "per-shard+cch";
    options.time_s = 5;
    const BacRunResult calm = BacRun(options);
    options.attack = "dos";
    options.dos.duration_s = 3;
    const BacRunResult block = BacRun(options);
    options.dos.on = "claim"; // which is on the CCH
    const BacRunResult claim = BacRun(options);
    for (const BacRunResult* result : {&block, &claim}) {
      NS_TEST_EXPECT_MSG_EQ(result->conflicts, 0, result->conflictText);
      NS_TEST_EXPECT_MSG_GT(ValueOf(*result, "attacks"), 0, "primaries were jammed");
      NS_TEST_EXPECT_MSG_GT(ValueOf(*result, "jam_airtime_s"), 5.1, "for longer than one channel has");
      NS_TEST_EXPECT_MSG_LT(ValueOf(*result, "blocks_committed"), 0.8 * ValueOf(calm, "blocks_committed"), "and it hurts");
    }
    NS_TEST_EXPECT_MSG_NE(TextOf(claim, "jam_airtime_s"), TextOf(block, "jam_airtime_s"), "claims were heard");
  }

  std::string m_radio;
};

class BacSybilTest : public TestCase {
 public:
  BacSybilTest() : TestCase("identities that share one member's units, and fresh ones") {}

 private:
  void DoRun() override {
    BacTestTrace trace(20, 20, false);
    trace.Save();
    BacRunOptions options = SmallRun(trace, 8);
    options.radio.radio = "fast";
    options.attack = "sybil";
    options.time_s = 15;
    BacRunResult results[2];
    for (int fresh = 0; fresh < 2; fresh++) {
      options.sybilUnits = fresh == 0 ? "split" : "fresh";
      results[fresh] = BacRun(options);
      NS_TEST_EXPECT_MSG_EQ(results[fresh].conflicts, 0, results[fresh].conflictText);
      NS_TEST_EXPECT_MSG_EQ(TextOf(results[fresh], "sybil_identities"), "4", "in results");
    }
    NS_TEST_EXPECT_MSG_EQ_TOL(ValueOf(results[0], "sybil_units_share"), 1.0 / 5, 1e-9, "four honest members and one, four times");
    NS_TEST_EXPECT_MSG_EQ_TOL(ValueOf(results[1], "sybil_units_share"), 1.0 / 2, 1e-9, "four and four");
    NS_TEST_EXPECT_MSG_LT(ValueOf(results[0], "sybil_blocks_share"), ValueOf(results[1], "sybil_blocks_share"), "only certificates help");
    options.identities = 6;
    try {
      BacRunCheck(options);
      NS_TEST_EXPECT_MSG_EQ(true, false, "fewer than four honest members are refused");
    } catch (const std::runtime_error& error) {
      NS_TEST_EXPECT_MSG_NE(std::string(error.what()).find("identities is 6"), std::string::npos, error.what());
    }
  }
};

class BacAttackSuite : public TestSuite {
 public:
  BacAttackSuite() : TestSuite("bac-attack", SYSTEM) {
    for (const char* radio : {"wave", "fast"}) {
      AddTestCase(new BacDosTest(radio, "bac", "block"), TestCase::QUICK);
      AddTestCase(new BacDosTest(radio, "pbft", "block"), TestCase::QUICK);
    }
    for (const char* radio : {"wave", "fast"}) AddTestCase(new BacDosTwoRadiosTest(radio), TestCase::QUICK);
    AddTestCase(new BacDosTest("fast", "bac", "claim"), TestCase::QUICK);
    AddTestCase(new BacDosTest("fast", "pbft", "schedule"), TestCase::QUICK);
    AddTestCase(new BacDosParametersTest, TestCase::QUICK);
    AddTestCase(new BacSybilTest, TestCase::QUICK);
  }
};

BacAttackSuite g_suite;

} // namespace
