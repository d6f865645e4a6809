/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-wsmp-header.h"

#include "ns3/assert.h"

#include <ostream>

namespace ns3 {

NS_OBJECT_ENSURE_REGISTERED(BacWsmpHeader);

namespace {

constexpr uint8_t NULL_NETWORKING_VERSION_3 = 0x03; // subtype 0, no option indicator, version 3
constexpr uint8_t TPID_PSID = 0x00;

/// The PSIDs of n octets begin where those of n - 1 end; the leading one bits tell n (IEEE Std 1609.12, 4.2).
constexpr uint32_t PSID_BASE[] = {0x0, 0x80, 0x4080, 0x204080, 0x10204080};

uint32_t PsidOctets(uint32_t psid) {
  uint32_t octets = 1;
  while (psid >= PSID_BASE[octets]) octets++;
  return octets;
}

} // namespace

TypeId BacWsmpHeader::GetTypeId() {
  static TypeId tid = TypeId("ns3::BacWsmpHeader").SetParent<Header>().SetGroupName("Bac").AddConstructor<BacWsmpHeader>();
  return tid;
}

void BacWsmpHeader::SetPsid(uint32_t psid) {
  NS_ASSERT_MSG(psid <= PSID_MAX, "PSID " << psid << " has no p-encoding");
  m_psid = psid;
}

void BacWsmpHeader::SetLength(uint32_t length) {
  NS_ASSERT_MSG(length <= LENGTH_MAX, "WSM of " << length << " octets, at most " << LENGTH_MAX);
  m_length = length;
}

void BacWsmpHeader::Print(std::ostream& os) const {
  os << "psid=" << m_psid << " length=" << m_length << (m_valid ? "" : " invalid");
}

uint32_t BacWsmpHeader::GetSerializedSize() const { return 2 + PsidOctets(m_psid) + (m_length < 0x80 ? 1 : 2); }

void BacWsmpHeader::Serialize(Buffer::Iterator start) const {
  start.WriteU8(NULL_NETWORKING_VERSION_3);
  start.WriteU8(TPID_PSID);
  const uint32_t octets = PsidOctets(m_psid);
  const uint32_t marker = (0xFF00U >> (octets - 1)) & 0xFFU; // 0, 0x80, 0xC0, 0xE0
  const uint32_t code = (m_psid - PSID_BASE[octets - 1]) | (marker << (8 * (octets - 1)));
  for (uint32_t i = octets; i-- > 0;) start.WriteU8(static_cast<uint8_t>(code >> (8 * i)));
  if (m_length < 0x80)
    start.WriteU8(static_cast<uint8_t>(m_length));

  else
    start.WriteHtonU16(static_cast<uint16_t>(0x8000 | m_length));
}

uint32_t BacWsmpHeader::Deserialize(Buffer::Iterator start) {
  const Buffer::Iterator begin = start;
  auto octet = [&start, this]() -> uint32_t {
    if (start.GetRemainingSize() == 0) {
      m_valid = false;
      return 0;
    }
    return start.ReadU8();
  };
  m_valid = true;
  const uint32_t version = octet();
  const uint32_t tpid = octet();
  m_valid = m_valid && version == NULL_NETWORKING_VERSION_3 && tpid == TPID_PSID;

  uint32_t code = octet();
  uint32_t octets = 1;
  while (octets < 4 && (code & (0x80U >> (octets - 1))) != 0) octets++;
  m_valid = m_valid && code < 0xF0;
  code &= 0xFFU >> octets;
  for (uint32_t i = 1; i < octets; i++) code = (code << 8) | octet();
  m_psid = code + PSID_BASE[octets - 1];

  m_length = octet();
  if ((m_length & 0xC0U) == 0x80U) {
    m_length = ((m_length & 0x3FU) << 8) | octet();
    m_valid = m_valid && m_length >= 0x80;
  } else if (m_length >= 0x80) {
    m_valid = false;
  }
  return begin.GetDistanceFrom(start);
}

} // namespace ns3
