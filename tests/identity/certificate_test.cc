/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include <set>

#include "sim/world.h"

extern "C" {
#include "identity/certificate.h"
}

using namespace bac_test;

namespace {

struct Certificate : ::testing::Test {
  bac_keypair ca, ev;
  bac_cost cost = {};
  Certificate() {
    bac_ca_derive(&ca, 1);
    bac_keypair_derive(&ev, 1, 7);
  }
  bac_certificate blank() {
    bac_certificate c = {};
    c.ev_id = 7;
    memcpy(c.sign_key, ev.public_key, 32);
    memcpy(c.vrf_key, ev.vrf_public, 32);
    c.roles = BAC_CERTIFICATE_MEMBER;
    c.serial = 1;
    c.not_before = 10;
    c.not_after = 20;
    c.balance_milli = 1000;
    c.home = 3;
    return c;
  }
  bac_certificate issued() {
    bac_certificate c = blank();
    EXPECT_EQ(BAC_OK, bac_certificate_issue(&c, &ca, &cost));
    return c;
  }
  /* Signed by a CA that does not look. */
  bac_certificate careless(const std::function<void(bac_certificate &)> &change) {
    bac_certificate c = blank();
    change(c);
    uint8_t digest[32];
    bac_certificate_digest(digest, &c);
    bac_sign(c.signature, digest, &ca, &cost);
    return c;
  }
  bac_reject verify(const bac_certificate &c) { return bac_certificate_verify(&c, ca.public_key, nullptr, &cost); }
  static Bytes encode(const bac_certificate &c) {
    Bytes out(BAC_CERTIFICATE_BYTES);
    bac_certificate_encode(&c, out.data());
    return out;
  }
};

TEST_F(Certificate, IsIssuedReadAndBelieved) {
  const bac_certificate c = issued();
  EXPECT_EQ(1u, cost.signs);
  EXPECT_EQ(BAC_REJECT_COUNT, verify(c));
  EXPECT_EQ(1u, cost.verifies);
  const Bytes b = encode(c);
  EXPECT_EQ(172u, b.size());
  bac_certificate back;
  ASSERT_TRUE(bac_certificate_decode(&back, b.data(), b.size()));
  EXPECT_EQ(b, encode(back));
  EXPECT_EQ(7u, back.ev_id);
  EXPECT_EQ(uint32_t{BAC_CERTIFICATE_MEMBER}, back.roles);
  EXPECT_EQ(1u, back.serial);
  EXPECT_EQ(10, back.not_before);
  EXPECT_EQ(20, back.not_after);
  EXPECT_EQ(1000, back.balance_milli);
  EXPECT_EQ(3u, back.home);
  bac_shared *shared = bac_shared_new(64);
  for (int i = 0; i < 2; i++) EXPECT_EQ(BAC_REJECT_COUNT, bac_certificate_verify(&back, ca.public_key, shared, &cost));
  bac_shared_free(shared);
}

/* Byte for byte: another layout would be another format. */
TEST_F(Certificate, FieldsStandInTheirOrder) {
  bac_certificate c = blank();
  c.ev_id = 0x0102;
  memset(c.sign_key, 0xa1, 32);
  memset(c.vrf_key, 0xa2, 32);
  c.serial = 0x0304;
  c.balance_milli = 0x0506;
  memset(c.signature, 0xa3, 64);
  Bytes expected = {2, 1, 0, 0};
  expected.insert(expected.end(), 32, 0xa1);
  expected.insert(expected.end(), 32, 0xa2);
  for (Bytes number : {Bytes{1, 0, 0, 0}, Bytes{4, 3, 0, 0, 0, 0, 0, 0}, Bytes{10, 0, 0, 0, 0, 0, 0, 0}, Bytes{20, 0, 0, 0, 0, 0, 0, 0},
                       Bytes{6, 5, 0, 0, 0, 0, 0, 0}, Bytes{3, 0, 0, 0}})
    expected.insert(expected.end(), number.begin(), number.end());
  expected.insert(expected.end(), 64, 0xa3);
  EXPECT_EQ(expected, encode(c));
}

TEST_F(Certificate, NoBitCanBeChanged) {
  const Bytes b = encode(issued());
  for (size_t bit = 0; bit < b.size() * 8; bit++) {
    Bytes bad = b;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1u << bit % 8);
    bac_certificate c;
    if (!bac_certificate_decode(&c, bad.data(), bad.size())) continue; /* a field left its range */
    ASSERT_EQ(BAC_REJECT_SIGNATURE, verify(c)) << bit;
  }
}

TEST_F(Certificate, AnotherLengthIsRefused) {
  Bytes b = encode(issued());
  bac_certificate c;
  for (size_t length = 0; length < b.size(); length++) {
    const Bytes cut(b.begin(), b.begin() + static_cast<long>(length));
    EXPECT_FALSE(bac_certificate_decode(&c, cut.data(), cut.size())) << length;
  }
  b.push_back(0);
  EXPECT_FALSE(bac_certificate_decode(&c, b.data(), b.size()));
}

TEST_F(Certificate, OfAnotherCaOrARunsOtherSeedIsRefused) {
  const bac_certificate c = issued();
  bac_keypair other;
  bac_ca_derive(&other, 2);
  EXPECT_EQ(BAC_REJECT_SIGNATURE, bac_certificate_verify(&c, other.public_key, nullptr, &cost));
  EXPECT_EQ(BAC_REJECT_SIGNATURE, bac_certificate_verify(&c, ev.public_key, nullptr, &cost)) << "a vehicle is no CA";
  bac_certificate own = blank();
  ASSERT_EQ(BAC_OK, bac_certificate_issue(&own, &ev, &cost));
  EXPECT_EQ(BAC_REJECT_SIGNATURE, verify(own));
}

/* Neither does the CA issue them, nor does anybody believe them when it did. */
TEST_F(Certificate, FieldsOutOfRangeAreMalformed) {
  const std::vector<std::pair<const char *, std::function<void(bac_certificate &)>>> changes = {
      {"id", [](bac_certificate &c) { c.ev_id = BAC_NODE_ID_MAX + 1; }},
      {"no role", [](bac_certificate &c) { c.roles = 0; }},
      {"unknown role", [](bac_certificate &c) { c.roles |= 16; }},
      {"high role", [](bac_certificate &c) { c.roles |= 1u << 31; }},
      {"serial", [](bac_certificate &c) { c.serial = 0; }},
      {"swapped times", [](bac_certificate &c) { std::swap(c.not_before, c.not_after); }},
      {"negative time", [](bac_certificate &c) { c.not_before = -1; }},
      {"no time at all", [](bac_certificate &c) { c.not_after = c.not_before; }},
      {"debts", [](bac_certificate &c) { c.balance_milli = -1; }},
      {"riches", [](bac_certificate &c) { c.balance_milli = BAC_CERTIFICATE_BALANCE_MAX + 1; }}};
  for (const auto &[what, change] : changes) {
    bac_certificate c = careless(change), back;
    EXPECT_EQ(BAC_REJECT_MALFORMED, verify(c)) << what;
    const Bytes b = encode(c);
    EXPECT_FALSE(bac_certificate_decode(&back, b.data(), b.size())) << what;
    EXPECT_EQ(BAC_EINVAL, bac_certificate_issue(&c, &ca, &cost)) << what;
    EXPECT_EQ(Bytes(64), Bytes(c.signature, c.signature + 64)) << what;
  }
  bac_certificate widest = careless([](bac_certificate &c) {
    c.ev_id = BAC_NODE_ID_MAX;
    c.roles = BAC_CERTIFICATE_ROLES_ALL;
    c.serial = UINT64_MAX;
    c.not_before = 0;
    c.not_after = BAC_NEVER;
    c.balance_milli = BAC_CERTIFICATE_BALANCE_MAX;
  });
  EXPECT_EQ(BAC_REJECT_COUNT, verify(widest));
}

TEST_F(Certificate, VrfKeysThatLetTheirOwnerChooseAreRefused) {
  const std::vector<std::pair<const char *, std::function<void(bac_certificate &)>>> changes = {
      {"small order", [](bac_certificate &c) { memset(c.vrf_key, 0, 32); }},
      {"identity", [](bac_certificate &c) { memset(c.vrf_key, 0, 32), c.vrf_key[0] = 1; }},
      {"no canonical point", [](bac_certificate &c) { memset(c.vrf_key, 0xff, 32); }},
      {"the signing key", [](bac_certificate &c) { memcpy(c.vrf_key, c.sign_key, 32); }}};
  for (const auto &[what, change] : changes) {
    bac_certificate c = careless(change);
    EXPECT_EQ(BAC_REJECT_CERTIFICATE, verify(c)) << what;
    EXPECT_EQ(BAC_EINVAL, bac_certificate_issue(&c, &ca, &cost)) << what;
  }
}

TEST_F(Certificate, HoldsFromItsFirstNanosecondUntilItsEnd) {
  const bac_certificate c = issued();
  EXPECT_FALSE(bac_certificate_valid_at(&c, 9));
  EXPECT_TRUE(bac_certificate_valid_at(&c, 10));
  EXPECT_TRUE(bac_certificate_valid_at(&c, 19));
  EXPECT_FALSE(bac_certificate_valid_at(&c, 20));
  EXPECT_FALSE(bac_certificate_valid_at(&c, -1));
}

/* A message's digest that the CA's key also signed must never pass as a certificate: the domains differ. */
TEST_F(Certificate, IsSignedInADomainOfItsOwn) {
  const bac_certificate c = issued();
  const Bytes b = encode(c);
  uint8_t digest[32], other[32];
  bac_certificate_digest(digest, &c);
  for (int domain = 1; domain < 256; domain++) {
    bac_hash(other, static_cast<bac_domain>(domain), b.data(), BAC_CERTIFICATE_BYTES - 64);
    ASSERT_EQ(domain == BAC_DOMAIN_CERTIFICATE, memcmp(digest, other, 32) == 0) << domain;
  }
}

TEST(Ca, KeyIsDeterministicAndNobodyElses) {
  std::set<std::string> keys;
  for (uint64_t seed = 0; seed < 4; seed++) {
    bac_keypair a, b;
    bac_ca_derive(&a, seed);
    bac_ca_derive(&b, seed);
    EXPECT_EQ(0, memcmp(&a, &b, sizeof a));
    keys.emplace(reinterpret_cast<char *>(a.public_key), 32);
    EXPECT_EQ(Bytes(32), Bytes(a.vrf_public, a.vrf_public + 32));
    for (uint32_t id = 0; id < 50; id++) {
      bac_keypair_derive(&b, seed, id);
      EXPECT_NE(0, memcmp(a.public_key, b.public_key, 32));
      EXPECT_NE(0, memcmp(a.public_key, b.vrf_public, 32));
    }
  }
  EXPECT_EQ(4u, keys.size());
}

}  // namespace
