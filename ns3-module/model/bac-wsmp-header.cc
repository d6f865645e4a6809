/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-wsmp-header.h"

#include "wire/wsmp.h"

#include "ns3/assert.h"

#include <algorithm>
#include <ostream>

namespace ns3 {

NS_OBJECT_ENSURE_REGISTERED(BacWsmpHeader);

TypeId BacWsmpHeader::GetTypeId() {
  static TypeId tid = TypeId("ns3::BacWsmpHeader").SetParent<Header>().SetGroupName("Bac").AddConstructor<BacWsmpHeader>();
  return tid;
}

void BacWsmpHeader::SetPsid(uint32_t psid) {
  NS_ASSERT_MSG(psid <= BAC_WSMP_PSID_MAX, "PSID " << psid << " has no p-encoding");
  m_psid = psid;
}

void BacWsmpHeader::SetLength(uint32_t length) {
  NS_ASSERT_MSG(length <= BAC_WSMP_LENGTH_MAX, "WSM of " << length << " octets, at most " << BAC_WSMP_LENGTH_MAX);
  m_length = length;
}

void BacWsmpHeader::Print(std::ostream& os) const {
  os << "psid=" << m_psid << " length=" << m_length << (m_valid ? "" : " invalid");
}

uint32_t BacWsmpHeader::GetSerializedSize() const {
  uint8_t bytes[BAC_WSMP_BYTES_MAX];
  return static_cast<uint32_t>(bac_wsmp_encode(m_psid, m_length, bytes));
}

void BacWsmpHeader::Serialize(Buffer::Iterator start) const {
  uint8_t bytes[BAC_WSMP_BYTES_MAX];
  start.Write(bytes, static_cast<uint32_t>(bac_wsmp_encode(m_psid, m_length, bytes)));
}

uint32_t BacWsmpHeader::Deserialize(Buffer::Iterator start) {
  uint8_t bytes[BAC_WSMP_BYTES_MAX];
  const uint32_t size = std::min<uint32_t>(sizeof bytes, start.GetRemainingSize());
  start.Read(bytes, size);
  size_t used = 0;
  m_valid = bac_wsmp_decode(bytes, size, &m_psid, &m_length, &used);
  return static_cast<uint32_t>(used);
}

} // namespace ns3
