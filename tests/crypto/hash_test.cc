/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>
#include <sodium.h>

#include <set>

#include "sim/world.h"

namespace {

TEST(Hash, IsBlake2bOverDomainAndBytes) {
  uint8_t ours[32], theirs[32];
  const uint8_t bytes[] = {BAC_DOMAIN_TX, 'a', 'b', 'c'};
  crypto_generichash(theirs, sizeof theirs, bytes, sizeof bytes, nullptr, 0);
  bac_hash(ours, BAC_DOMAIN_TX, "abc", 3);
  EXPECT_EQ(0, memcmp(ours, theirs, 32));
  bac_hash2(ours, BAC_DOMAIN_TX, "a", 1, "bc", 2);
  EXPECT_EQ(0, memcmp(ours, theirs, 32));
}

TEST(Hash, DomainsSeparate) {
  std::set<std::string> seen;
  for (int d = BAC_DOMAIN_TX; d <= BAC_DOMAIN_NODE; d++) {
    uint8_t h[32];
    bac_hash(h, static_cast<bac_domain>(d), nullptr, 0);
    seen.emplace(reinterpret_cast<char *>(h), 32);
  }
  EXPECT_EQ(static_cast<size_t>(BAC_DOMAIN_NODE), seen.size());
}

/* RFC 7693, appendix A gives BLAKE2b-512("abc"): the library is the right one. */
TEST(Hash, Rfc7693) {
  uint8_t h[64];
  crypto_generichash(h, 64, reinterpret_cast<const uint8_t *>("abc"), 3, nullptr, 0);
  const uint8_t expected[] = {0xba, 0x80, 0xa5, 0x3f, 0x98, 0x1c, 0x4d, 0x0d};
  EXPECT_EQ(0, memcmp(h, expected, sizeof expected));
}

}  // namespace
