/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

extern "C" {
#include "identity/revocation.h"
}

using namespace bac_test;

namespace {

struct Revocation : ::testing::Test {
  bac_keypair ca, ev;
  bac_cost cost = {};
  Revocation() {
    bac_ca_derive(&ca, 1);
    bac_keypair_derive(&ev, 1, 7);
  }
  bac_revocation issued(uint64_t number, const std::vector<uint64_t> &serials) {
    bac_revocation list;
    EXPECT_EQ(BAC_OK, bac_revocation_issue(&list, number, serials.data(), static_cast<uint32_t>(serials.size()), &ca, &cost));
    return list;
  }
  /* Signed by a CA that does not look. */
  bac_revocation careless(uint64_t number, const std::vector<uint64_t> &serials) {
    bac_revocation list = {};
    list.number = number;
    list.count = static_cast<uint32_t>(serials.size());
    std::copy(serials.begin(), serials.end(), list.serials);
    uint8_t digest[32];
    bac_revocation_digest(digest, &list);
    bac_sign(list.signature, digest, &ca, &cost);
    return list;
  }
  bac_reject verify(const bac_revocation &list) { return bac_revocation_verify(&list, ca.public_key, nullptr, &cost); }
  bac_reject merge(bac_revocation *held, const bac_revocation &list, uint64_t epoch) {
    return bac_revocation_merge(held, &list, epoch, ca.public_key, nullptr, &cost);
  }
  static Bytes encode(const bac_revocation &list) {
    Bytes out(BAC_REVOCATION_BYTES_MAX);
    out.resize(bac_revocation_encode(&list, out.data()));
    return out;
  }
  static bool decodes(const Bytes &b) {
    bac_revocation list;
    return bac_revocation_decode(&list, b.data(), b.size());
  }
  static std::vector<uint64_t> first(size_t n) {
    std::vector<uint64_t> serials(n);
    for (size_t i = 0; i < n; i++) serials[i] = 10 + 2 * i;
    return serials;
  }
};

TEST_F(Revocation, EverySizeIsIssuedReadBelievedAndLookedUp) {
  for (size_t n = 0; n <= BAC_REVOCATION_MAX; n++) {
    const bac_revocation list = issued(3, first(n));
    const Bytes b = encode(list);
    ASSERT_EQ(76 + 8 * n, b.size());
    bac_revocation back;
    ASSERT_TRUE(bac_revocation_decode(&back, b.data(), b.size()));
    EXPECT_EQ(b, encode(back));
    EXPECT_EQ(BAC_REJECT_COUNT, verify(back));
    for (size_t i = 0; i < n; i++) ASSERT_TRUE(bac_revocation_has(&back, 10 + 2 * i)) << n << " " << i;
    for (size_t i = 0; i <= n; i++) ASSERT_FALSE(bac_revocation_has(&back, 9 + 2 * i)) << n << " " << i;
    EXPECT_FALSE(bac_revocation_has(&back, 0));
    EXPECT_FALSE(bac_revocation_has(&back, UINT64_MAX));
  }
  EXPECT_EQ(588u, encode(issued(3, first(64))).size()) << "the stated bound, below 900";
}

TEST_F(Revocation, FieldsStandInTheirOrder) {
  bac_revocation list = issued(0x0102, {3, 0x0405});
  memset(list.signature, 0xa1, 64);
  Bytes expected = {2, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 5, 4, 0, 0, 0, 0, 0, 0};
  expected.insert(expected.end(), 64, 0xa1);
  EXPECT_EQ(expected, encode(list));
}

TEST_F(Revocation, CannotBeIssuedOutOfRange) {
  const auto issue = [&](uint64_t number, const std::vector<uint64_t> &serials) {
    bac_revocation list;
    memset(&list, 0xff, sizeof list);
    const int status = bac_revocation_issue(&list, number, serials.data(), static_cast<uint32_t>(serials.size()), &ca, &cost);
    if (status != BAC_OK) {
      const bac_revocation zero = {};
      EXPECT_EQ(0, memcmp(&zero, &list, sizeof list));
    }
    return status;
  };
  EXPECT_EQ(BAC_OK, issue(1, {}));
  EXPECT_EQ(BAC_EINVAL, issue(0, {}));
  EXPECT_EQ(BAC_EINVAL, issue(1, {0, 1}));
  EXPECT_EQ(BAC_EINVAL, issue(1, {2, 2}));
  EXPECT_EQ(BAC_EINVAL, issue(1, {3, 2}));
  EXPECT_EQ(BAC_OK, issue(1, first(64)));
  EXPECT_EQ(BAC_ELIMIT, issue(1, first(65)));
}

TEST_F(Revocation, WhatTheCaShouldNotHaveSignedIsMalformed) {
  for (const bac_revocation &bad : {careless(0, {}), careless(1, {0, 1}), careless(1, {2, 2}), careless(1, {3, 2})}) {
    EXPECT_EQ(BAC_REJECT_MALFORMED, verify(bad));
    EXPECT_FALSE(decodes(encode(bad)));
    bac_revocation held = {};
    EXPECT_EQ(BAC_REJECT_MALFORMED, merge(&held, bad, 9));
  }
  bac_revocation long_one = issued(1, first(64));
  long_one.count = 65;
  EXPECT_EQ(BAC_REJECT_MALFORMED, verify(long_one));
}

TEST_F(Revocation, AnotherLengthOrCountIsRefused) {
  const Bytes b = encode(issued(3, first(5)));
  for (size_t length = 0; length < b.size(); length++) {
    const Bytes cut(b.begin(), b.begin() + static_cast<long>(length));
    EXPECT_FALSE(decodes(cut)) << length;
  }
  Bytes longer = b;
  longer.push_back(0);
  EXPECT_FALSE(decodes(longer));
  for (uint8_t count : {4, 6, 65, 255}) {
    Bytes bad = b;
    bad[8] = count;
    EXPECT_FALSE(decodes(bad)) << int{count};
  }
  Bytes huge = b; /* 8 * count would wrap in 32 bits */
  huge[11] = 0x20;
  EXPECT_FALSE(decodes(huge));
  EXPECT_FALSE(decodes(Bytes(BAC_REVOCATION_BYTES_MAX + 8)));
}

TEST_F(Revocation, NoBitCanBeChanged) {
  const Bytes b = encode(issued(3, first(5)));
  for (size_t bit = 0; bit < b.size() * 8; bit++) {
    Bytes bad = b;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1u << bit % 8);
    bac_revocation list;
    if (!bac_revocation_decode(&list, bad.data(), bad.size())) continue; /* a field left its range */
    ASSERT_EQ(BAC_REJECT_SIGNATURE, verify(list)) << bit;
  }
  const bac_revocation list = issued(3, {4});
  EXPECT_EQ(BAC_REJECT_SIGNATURE, bac_revocation_verify(&list, ev.public_key, nullptr, &cost)) << "a vehicle is no CA";
}

TEST_F(Revocation, TheNewerReplacesWhole) {
  bac_revocation held = {};
  EXPECT_EQ(BAC_REJECT_COUNT, merge(&held, issued(1, {5, 7}), 1));
  EXPECT_TRUE(bac_revocation_has(&held, 5));
  EXPECT_EQ(BAC_REJECT_COUNT, merge(&held, issued(4, {7, 9}), 4));
  EXPECT_EQ(4u, held.number);
  EXPECT_FALSE(bac_revocation_has(&held, 5)) << "its certificate has expired";
  EXPECT_TRUE(bac_revocation_has(&held, 7));
  EXPECT_TRUE(bac_revocation_has(&held, 9));
  EXPECT_EQ(BAC_REJECT_COUNT, merge(&held, issued(5, {}), 8)) << "any epoch from its own on";
  EXPECT_FALSE(bac_revocation_has(&held, 7));
}

TEST_F(Revocation, OlderContradictingUnsignedAndEarlyListsChangeNothing) {
  bac_revocation held = {};
  ASSERT_EQ(BAC_REJECT_COUNT, merge(&held, issued(4, {5, 7}), 4));
  const Bytes before = encode(held);
  EXPECT_EQ(BAC_REJECT_STALE, merge(&held, issued(3, {5, 7, 9}), 9));
  EXPECT_EQ(BAC_REJECT_DUPLICATE, merge(&held, issued(4, {5, 7}), 9));
  EXPECT_EQ(BAC_REJECT_EQUIVOCATION, merge(&held, issued(4, {5, 8}), 9));
  EXPECT_EQ(BAC_REJECT_EQUIVOCATION, merge(&held, issued(4, {5}), 9));
  EXPECT_EQ(BAC_REJECT_EQUIVOCATION, merge(&held, issued(4, {5, 7, 9}), 9));
  EXPECT_EQ(BAC_REJECT_WINDOW, merge(&held, issued(6, {9}), 5));
  bac_revocation forged = issued(6, {9});
  forged.serials[0]++;
  EXPECT_EQ(BAC_REJECT_SIGNATURE, merge(&held, forged, 9));
  forged = issued(4, {5, 8});
  forged.signature[0] ^= 1;
  EXPECT_EQ(BAC_REJECT_SIGNATURE, merge(&held, forged, 9)) << "a contradiction only when the CA signed it";
  bac_revocation own;
  const uint64_t serial = 9;
  ASSERT_EQ(BAC_OK, bac_revocation_issue(&own, 6, &serial, 1, &ev, &cost));
  EXPECT_EQ(BAC_REJECT_SIGNATURE, merge(&held, own, 9));
  EXPECT_EQ(before, encode(held));
}

TEST_F(Revocation, IsSignedInADomainOfItsOwn) {
  const bac_revocation list = issued(3, {4});
  const Bytes b = encode(list);
  uint8_t digest[32], other[32];
  bac_revocation_digest(digest, &list);
  for (int domain = 1; domain < 256; domain++) {
    bac_hash(other, static_cast<bac_domain>(domain), b.data(), b.size() - 64);
    ASSERT_EQ(domain == BAC_DOMAIN_REVOCATION, memcmp(digest, other, 32) == 0) << domain;
  }
}

}  // namespace
