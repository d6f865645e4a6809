/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_WSMP_HEADER_H
#define BAC_WSMP_HEADER_H

#include "ns3/header.h"

#include <cstdint>

namespace ns3 {

/**
 * \ingroup bac
 * \brief WAVE Short Message header of IEEE Std 1609.3-2016 (WSMP version 3).
 *
 * Its octets are those of wire/wsmp.h in the core. A header that does not follow that form is marked invalid and to be dropped.
 */
class BacWsmpHeader : public Header {
 public:
  static constexpr uint16_t ETHERTYPE = 0x88DC;  ///< of WSMP
  static constexpr uint32_t PSID_TESTING = 0x7F; ///< the registry's PSID for tests and research, p-encoded 0p7F

  static TypeId GetTypeId(); ///< \return the TypeId
  TypeId GetInstanceTypeId() const override { return GetTypeId(); }

  void SetPsid(uint32_t psid);                    ///< \param psid provider service identifier, up to BAC_WSMP_PSID_MAX
  uint32_t GetPsid() const { return m_psid; }     ///< \return the provider service identifier
  void SetLength(uint32_t length);                ///< \param length octets of the message that follows, up to BAC_WSMP_LENGTH_MAX
  uint32_t GetLength() const { return m_length; } ///< \return octets of the message that follows
  bool IsValid() const { return m_valid; }        ///< \return whether the octets read were a WSMP header of this form

  void Print(std::ostream& os) const override;
  uint32_t GetSerializedSize() const override;
  void Serialize(Buffer::Iterator start) const override;
  uint32_t Deserialize(Buffer::Iterator start) override;

 private:
  uint32_t m_psid{PSID_TESTING}; ///< provider service identifier
  uint32_t m_length{0};          ///< octets of the message
  bool m_valid{true};            ///< false after reading something else
};

} // namespace ns3

#endif /* BAC_WSMP_HEADER_H */
