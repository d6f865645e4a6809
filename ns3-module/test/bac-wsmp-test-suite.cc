/* SPDX-License-Identifier: GPL-2.0-only */
/* The WSMP header: its octets, that it reads back, and that nothing else is taken for one. */
#include "bac-wsmp-header.h"

#include "ns3/packet.h"
#include "ns3/test.h"

#include <vector>

using namespace ns3;

namespace {

std::vector<uint8_t> BytesOf(Ptr<const Packet> packet) {
  std::vector<uint8_t> bytes(packet->GetSize());
  packet->CopyData(bytes.data(), packet->GetSize());
  return bytes;
}

/// The octets of IEEE Std 1609.3 (header) and 1609.12 (PSID).
class BacWsmpBytesTest : public TestCase {
 public:
  BacWsmpBytesTest() : TestCase("octets and round trip") {}

 private:
  void DoRun() override;
  void Check(uint32_t psid, uint32_t length, const std::vector<uint8_t>& expected);
};

void BacWsmpBytesTest::Check(uint32_t psid, uint32_t length, const std::vector<uint8_t>& expected) {
  BacWsmpHeader header;
  header.SetPsid(psid);
  header.SetLength(length);
  Ptr<Packet> packet = Create<Packet>(length);
  packet->AddHeader(header);
  std::vector<uint8_t> bytes = BytesOf(packet);
  NS_TEST_ASSERT_MSG_EQ(bytes.size(), expected.size() + length, "size for PSID " << psid << ", length " << length);
  bytes.resize(expected.size());
  NS_TEST_EXPECT_MSG_EQ((bytes == expected), true, "octets for PSID " << psid << ", length " << length);

  BacWsmpHeader back;
  const uint32_t used = packet->RemoveHeader(back);
  NS_TEST_EXPECT_MSG_EQ(used, expected.size(), "octets read");
  NS_TEST_EXPECT_MSG_EQ(back.IsValid(), true, "valid");
  NS_TEST_EXPECT_MSG_EQ(back.GetPsid(), psid, "PSID");
  NS_TEST_EXPECT_MSG_EQ(back.GetLength(), length, "length");
}

void BacWsmpBytesTest::DoRun() {
  Check(BacWsmpHeader::PSID_TESTING, 0, {0x03, 0x00, 0x7F, 0x00});
  Check(0x20, 127, {0x03, 0x00, 0x20, 0x7F});
  Check(0x20, 128, {0x03, 0x00, 0x20, 0x80, 0x80});
  Check(0x7F, 1400, {0x03, 0x00, 0x7F, 0x85, 0x78});
  Check(0x7F, 0x3FFF, {0x03, 0x00, 0x7F, 0xBF, 0xFF});
  // p-encoding: the last of each length and the first of the next (IEEE Std 1609.12, table of ranges)
  Check(0x80, 1, {0x03, 0x00, 0x80, 0x00, 0x01});
  Check(0x407F, 1, {0x03, 0x00, 0xBF, 0xFF, 0x01});
  Check(0x4080, 1, {0x03, 0x00, 0xC0, 0x00, 0x00, 0x01});
  Check(0x20407F, 1, {0x03, 0x00, 0xDF, 0xFF, 0xFF, 0x01});
  Check(0x204080, 1, {0x03, 0x00, 0xE0, 0x00, 0x00, 0x00, 0x01});
  Check(0x1020407F, 1, {0x03, 0x00, 0xEF, 0xFF, 0xFF, 0xFF, 0x01});
}

/// Foreign, older and torn headers.
class BacWsmpInvalidTest : public TestCase {
 public:
  BacWsmpInvalidTest() : TestCase("other octets are marked invalid") {}

 private:
  void DoRun() override;
};

void BacWsmpInvalidTest::DoRun() {
  const std::vector<std::vector<uint8_t>> inputs = {
      {},                                         // nothing
      {0x03},                                     // torn after the version
      {0x03, 0x00},                               // torn before the PSID
      {0x03, 0x00, 0x7F},                         // torn before the length
      {0x03, 0x00, 0xC0, 0x00},                   // torn within the PSID
      {0x03, 0x00, 0x7F, 0x85},                   // torn within the length
      {0x02, 0x00, 0x7F, 0x00},                   // WSMP version 2
      {0x0B, 0x00, 0x7F, 0x00},                   // with N-header extensions
      {0x03, 0x01, 0x7F, 0x00},                   // another TPID
      {0x03, 0x00, 0xF0, 0x00, 0x00, 0x00, 0x00}, // no p-encoding begins with 1111
      {0x03, 0x00, 0x7F, 0x80, 0x05},             // a short length in the long form
      {0x03, 0x00, 0x7F, 0xC0, 0x05},             // no length begins with 11
  };
  for (size_t i = 0; i < inputs.size(); i++) {
    Ptr<Packet> packet = Create<Packet>(inputs[i].data(), static_cast<uint32_t>(inputs[i].size()));
    BacWsmpHeader header;
    packet->RemoveHeader(header);
    NS_TEST_EXPECT_MSG_EQ(header.IsValid(), false, "input " << i);
  }
}

class BacWsmpTestSuite : public TestSuite {
 public:
  BacWsmpTestSuite() : TestSuite("bac-wsmp", UNIT) {
    AddTestCase(new BacWsmpBytesTest, TestCase::QUICK);
    AddTestCase(new BacWsmpInvalidTest, TestCase::QUICK);
  }
};

BacWsmpTestSuite g_bacWsmpTestSuite; ///< registers itself

} // namespace
