/* SPDX-License-Identifier: GPL-2.0-only */
/* The WSMP header: round trips over all of both ranges' edges, and no octets that make the reader leave its bounds. */
#include "wire/wsmp.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

TEST(Wsmp, ReadsBackWhatItWrote) {
  for (uint32_t psid : {0u, 0x7Fu, 0x80u, 0x407Fu, 0x4080u, 0x20407Fu, 0x204080u, BAC_WSMP_PSID_MAX}) {
    for (uint32_t length : {0u, 0x7Fu, 0x80u, 0xFFu, 0x100u, 1400u, BAC_WSMP_LENGTH_MAX}) {
      uint8_t bytes[BAC_WSMP_BYTES_MAX] = {};
      const size_t size = bac_wsmp_encode(psid, length, bytes);
      uint32_t psid_read = 1, length_read = 1;
      size_t used = 0;
      ASSERT_TRUE(bac_wsmp_decode(bytes, size, &psid_read, &length_read, &used)) << psid << " " << length;
      EXPECT_EQ(psid_read, psid);
      EXPECT_EQ(length_read, length);
      EXPECT_EQ(used, size);
      for (size_t torn = 0; torn < size; torn++) {
        EXPECT_FALSE(bac_wsmp_decode(bytes, torn, &psid_read, &length_read, &used)) << "torn after " << torn;
        EXPECT_LE(used, torn);
      }
    }
  }
}

TEST(Wsmp, OctetsOfTheStandard) {
  uint8_t bytes[BAC_WSMP_BYTES_MAX] = {};
  const size_t size = bac_wsmp_encode(0x4080, 1400, bytes);
  EXPECT_EQ(std::vector<uint8_t>(bytes, bytes + size), (std::vector<uint8_t>{0x03, 0x00, 0xC0, 0x00, 0x00, 0x85, 0x78}));
}

/* Every pair of octets after the first two: the reader takes those it wrote itself and no others. */
TEST(Wsmp, OneEncodingOnly) {
  for (uint32_t a = 0; a < 0x10000; a++) {
    const uint8_t bytes[] = {0x03, 0x00, static_cast<uint8_t>(a >> 8), static_cast<uint8_t>(a), 0x55, 0x55, 0x55, 0x55};
    uint32_t psid = 0, length = 0;
    size_t used = 0;
    if (!bac_wsmp_decode(bytes, sizeof bytes, &psid, &length, &used)) continue;
    uint8_t again[BAC_WSMP_BYTES_MAX];
    ASSERT_EQ(bac_wsmp_encode(psid, length, again), used) << a;
    ASSERT_EQ(std::string(again, again + used), std::string(bytes, bytes + used)) << a;
  }
}

}  // namespace
