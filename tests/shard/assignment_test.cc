/* SPDX-License-Identifier: GPL-2.0-only */
/* The controller's announcement: the rule, and that nobody takes one that is forged, torn or not what the rule says. */
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <vector>

extern "C" {
#include "crypto/hash.h"
#include "shard/assignment.h"
}

namespace {

using Bytes = std::vector<uint8_t>;

bac_motion at(int32_t x, int32_t y = 0, int32_t vx = 0, int32_t vy = 0) { return {x, y, vx, vy}; }

/* Two shards side by side, the border at x = 0. */
struct Assignment : ::testing::Test {
  std::vector<bac_site> sites = {{4, at(-1000)}, {7, at(1000)}};
  std::vector<bac_assigned> rows;
  bac_keypair controller;
  uint8_t ca_key[BAC_PUBLIC_KEY_BYTES];
  bac_cost cost = {};
  Assignment() {
    bac_keypair_derive(&controller, 1, 65000);
    bac_ca_derive_key(1, ca_key);
    for (uint32_t ev : {2u, 5u, 6u}) {
      bac_assigned row = {};
      row.ev = ev;
      row.motion = at(-500);
      rows.push_back(row);
    }
    rows[1].motion = at(500);
  }
  uint32_t assign(const bac_motion &m, uint32_t from, uint32_t horizon_ms = 5000, uint32_t weight_ms = 0) {
    const bac_assign_rule rule = {horizon_ms, weight_ms, static_cast<uint32_t>(sites.size()), sites.data()};
    return bac_assign(&rule, &m, from);
  }
  bac_assignment blank() {
    bac_assignment a = {};
    a.from = 4;
    a.epoch = 9;
    a.at = 100;
    a.rule = {5000, 0, static_cast<uint32_t>(sites.size()), sites.data()};
    uint8_t certificate[BAC_CERTIFICATE_BYTES];
    bac_controller_certificate_derive(1, 65000, certificate);
    EXPECT_TRUE(bac_certificate_decode(&a.controller, certificate, sizeof certificate));
    a.count = static_cast<uint32_t>(rows.size());
    a.rows = rows.data();
    return a;
  }
  Bytes made(bac_assignment a, const bac_keypair &by) {
    bac_buf *buf = bac_assignment_make(&a, &by, &cost);
    Bytes bytes(buf->data, buf->data + buf->length);
    bac_buf_unref(buf);
    return bytes;
  }
  Bytes made() { return made(blank(), controller); }
  /* MALFORMED, or what the check says. */
  bac_reject check(const Bytes &bytes) {
    bac_assignment a;
    if (!bac_assignment_read(&a, bytes.data(), bytes.size(), &cost)) return BAC_REJECT_MALFORMED;
    const bac_reject reason = bac_assignment_check(&a, ca_key, nullptr, &cost);
    bac_assignment_clear(&a);
    return reason;
  }
  /* Signed anew after a change: by a controller that does not keep to the rule. */
  Bytes resigned(Bytes bytes) {
    uint8_t digest[BAC_HASH_BYTES];
    bac_hash(digest, BAC_DOMAIN_ASSIGNMENT, bytes.data(), bytes.size() - BAC_SIGNATURE_BYTES);
    bac_sign(bytes.data() + bytes.size() - BAC_SIGNATURE_BYTES, digest, &controller, &cost);
    return bytes;
  }
};

TEST_F(Assignment, SendsWhoIsThereAndWillBe) {
  EXPECT_EQ(4u, assign(at(-1), 4));
  EXPECT_EQ(7u, assign(at(1), 4)) << "it stands there";
  EXPECT_EQ(7u, assign(at(1, 0, 1000), 4)) << "it drives on there";
  EXPECT_EQ(4u, assign(at(1, 0, -1), 4)) << "it is about to come back";
  EXPECT_EQ(4u, assign(at(-1, 0, 1000), 4)) << "it is not there yet";
  EXPECT_EQ(4u, assign(at(0), 7)) << "on the border: the earlier site";
  EXPECT_EQ(7u, assign(at(1, 0, -1), 4, 999)) << "not within the horizon: less than a centimetre";
  EXPECT_EQ(4u, assign(at(1, 0, -1), 4, 2000));
}

TEST_F(Assignment, CountsVelocityWhereItHasWeight) {
  sites = {{0, at(0, 0, 1000)}, {1, at(0, 0, -1000)}}; /* two streams on one road */
  EXPECT_EQ(1u, assign(at(0, 0, -900), 0, 0, 1000));
  EXPECT_EQ(0u, assign(at(0, 0, -900), 0, 0, 0)) << "places alone: both as near, the first";
  sites[1].at = at(100000, 0, -1000);
  EXPECT_EQ(0u, assign(at(10000, 0, -900), 0, 0, 10000)) << "100 m from the one, 190 m/s times 10 s from the other";
  EXPECT_EQ(1u, assign(at(60000, 0, -900), 0, 0, 10000));
}

TEST_F(Assignment, FarthestPlacesDoNotOverflow) {
  sites = {{0, at(-BAC_ASSIGN_CM_MAX, -BAC_ASSIGN_CM_MAX, -BAC_ASSIGN_CM_S_MAX, -BAC_ASSIGN_CM_S_MAX)},
           {1, at(BAC_ASSIGN_CM_MAX, BAC_ASSIGN_CM_MAX, BAC_ASSIGN_CM_S_MAX, BAC_ASSIGN_CM_S_MAX)}};
  EXPECT_EQ(1u, assign(sites[1].at, 0, BAC_ASSIGN_MS_MAX, BAC_ASSIGN_MS_MAX));
  EXPECT_EQ(0u, assign(sites[0].at, 1, BAC_ASSIGN_MS_MAX, BAC_ASSIGN_MS_MAX));
}

TEST_F(Assignment, IsReadAndBelieved) {
  const Bytes bytes = made();
  bac_assignment a;
  ASSERT_TRUE(bac_assignment_read(&a, bytes.data(), bytes.size(), &cost));
  EXPECT_EQ(BAC_REJECT_COUNT, bac_assignment_check(&a, ca_key, nullptr, &cost));
  EXPECT_EQ(4u, a.from);
  EXPECT_EQ(9u, a.epoch);
  EXPECT_EQ(100, a.at);
  EXPECT_EQ(nullptr, bac_assignment_of(&a, 3));
  ASSERT_NE(nullptr, bac_assignment_of(&a, 2));
  EXPECT_EQ(4u, bac_assignment_of(&a, 2)->to);
  const bac_assigned *goes = bac_assignment_of(&a, 5);
  ASSERT_NE(nullptr, goes);
  EXPECT_EQ(7u, goes->to);
  bac_order order = bac_assignment_order(&a, goes);
  EXPECT_TRUE(bac_order_verify(&order, ca_key, nullptr, &cost)) << "the order in it holds by itself";
  for (auto change : {+[](bac_order &o) { o.ev++; }, +[](bac_order &o) { o.to++; }, +[](bac_order &o) { o.epoch++; }, +[](bac_order &o) { o.from++; }}) {
    bac_order other = order;
    change(other);
    EXPECT_FALSE(bac_order_verify(&other, ca_key, nullptr, &cost));
  }
  uint8_t encoded[BAC_ORDER_BYTES], again[BAC_ORDER_BYTES];
  bac_order back;
  bac_order_encode(&order, encoded);
  ASSERT_TRUE(bac_order_decode(&back, encoded, sizeof encoded));
  bac_order_encode(&back, again);
  EXPECT_EQ(0, memcmp(encoded, again, sizeof again));
  EXPECT_FALSE(bac_order_decode(&back, encoded, sizeof encoded - 1));
  bac_put_u32(encoded + 8, 4);
  EXPECT_FALSE(bac_order_decode(&back, encoded, sizeof encoded)) << "into the shard where it is";
  bac_assignment_clear(&a);
}

TEST_F(Assignment, IsRefusedWithAnyByteChangedOrMissing) {
  const Bytes bytes = made();
  for (size_t i = 0; i < bytes.size(); i++) {
    Bytes bad = bytes;
    bad[i] ^= 1;
    ASSERT_NE(BAC_REJECT_COUNT, check(bad)) << i;
  }
  for (size_t length = 0; length < bytes.size(); length += 7) ASSERT_EQ(BAC_REJECT_MALFORMED, check(Bytes(bytes.begin(), bytes.begin() + static_cast<long>(length)))) << length;
}

TEST_F(Assignment, IsRefusedWhereItBreaksTheRule) {
  const Bytes good = made();
  ASSERT_EQ(BAC_REJECT_COUNT, check(resigned(good)));
  const size_t row = 4 + 16 + 4, first = good.size() - BAC_SIGNATURE_BYTES - (3 * row + BAC_SIGNATURE_BYTES); /* the second goes */
  Bytes bad = good;
  bac_put_u32(&bad[first + 20], 7); /* sent away from where it is, with an order */
  bad.insert(bad.begin() + static_cast<long>(first + row), BAC_SIGNATURE_BYTES, 1);
  EXPECT_EQ(BAC_REJECT_CERTIFICATE, check(resigned(bad)));
  bad = good;
  bac_put_u32(&bad[first + row + 20], 4); /* kept */
  EXPECT_EQ(BAC_REJECT_MALFORMED, check(resigned(bad))) << "with an order all the same";
  bad.erase(bad.begin() + static_cast<long>(first + 2 * row), bad.begin() + static_cast<long>(first + 2 * row + BAC_SIGNATURE_BYTES));
  EXPECT_EQ(BAC_REJECT_CERTIFICATE, check(resigned(bad)));
  bad = good;
  bac_put_u32(&bad[first], 5); /* named twice */
  EXPECT_EQ(BAC_REJECT_MALFORMED, check(resigned(bad)));
  bad = good;
  bac_put_u32(&bad[first + 4], BAC_ASSIGN_CM_MAX + 1);
  EXPECT_EQ(BAC_REJECT_MALFORMED, check(resigned(bad)));
}

TEST_F(Assignment, IsTheControllersAlone) {
  bac_keypair ev;
  bac_keypair_derive(&ev, 1, 5);
  uint8_t certificate[BAC_CERTIFICATE_BYTES];
  bac_certificate_derive(1, 5, 4, 0, BAC_NEVER, certificate);
  bac_assignment a = blank();
  ASSERT_TRUE(bac_certificate_decode(&a.controller, certificate, sizeof certificate));
  EXPECT_EQ(BAC_REJECT_CERTIFICATE, check(made(a, ev))) << "an EV's certificate";
  bac_order order = {5, 4, 7, 9, a.controller, {}};
  bac_order_sign(&order, &ev, &cost);
  EXPECT_FALSE(bac_order_verify(&order, ca_key, nullptr, &cost));
  EXPECT_EQ(BAC_REJECT_SIGNATURE, check(made(blank(), ev))) << "another key";
  a = blank();
  bac_controller_certificate_derive(2, 65000, certificate);
  ASSERT_TRUE(bac_certificate_decode(&a.controller, certificate, sizeof certificate));
  bac_keypair other;
  bac_keypair_derive(&other, 2, 65000);
  EXPECT_EQ(BAC_REJECT_CERTIFICATE, check(made(a, other))) << "another authority's";
}

TEST_F(Assignment, RefusesWhatIsOutOfBounds) {
  const size_t site = 32 + BAC_CERTIFICATE_BYTES, row = site + 2 * 20; /* where the first of each begins */
  const auto with = [&](size_t at, uint32_t v, size_t width = 4) {
    Bytes bytes = made();
    for (size_t i = 0; i < width; i++) bytes[at + i] = static_cast<uint8_t>(v >> (8 * i));
    return check(resigned(bytes));
  };
  EXPECT_EQ(BAC_REJECT_COUNT, with(20, 5000)) << "the horizon as it was";
  EXPECT_EQ(BAC_REJECT_MALFORMED, with(16, 0x80000000u)) << "announced before time began";
  EXPECT_EQ(BAC_REJECT_MALFORMED, with(20, BAC_ASSIGN_MS_MAX + 1)) << "horizon";
  EXPECT_EQ(BAC_REJECT_MALFORMED, with(24, BAC_ASSIGN_MS_MAX + 1)) << "weight";
  EXPECT_EQ(BAC_REJECT_MALFORMED, with(28, 0, 2)) << "no site";
  EXPECT_EQ(BAC_REJECT_MALFORMED, with(28, BAC_SITES_MAX + 1, 2)) << "too many sites";
  EXPECT_EQ(BAC_REJECT_MALFORMED, with(30, 0, 2)) << "no row";
  EXPECT_EQ(BAC_REJECT_MALFORMED, with(30, BAC_ROSTER_MAX + 1, 2)) << "more rows than members";
  for (size_t place : {site + 4, row + 4})
    for (int k = 0; k < 4; k++) {
      const int32_t most = k < 2 ? BAC_ASSIGN_CM_MAX : BAC_ASSIGN_CM_S_MAX;
      EXPECT_EQ(BAC_REJECT_MALFORMED, with(place + 4 * static_cast<size_t>(k), static_cast<uint32_t>(most + 1))) << k;
      EXPECT_EQ(BAC_REJECT_MALFORMED, with(place + 4 * static_cast<size_t>(k), static_cast<uint32_t>(-most - 1))) << k;
    }
}

/* Few go: 24 bytes for each of the others, a shard of 500 hears this every few seconds. */
TEST_F(Assignment, OnlyOrdersAreSigned) {
  const size_t with_one = made().size();
  rows[1].motion = at(-500);
  EXPECT_EQ(BAC_REJECT_COUNT, check(made()));
  EXPECT_EQ(with_one - BAC_SIGNATURE_BYTES, made().size());
  rows.pop_back();
  EXPECT_EQ(with_one - BAC_SIGNATURE_BYTES - 24, made().size());
}

TEST_F(Assignment, IsAskedForOneEv) {
  bac_assignment a;
  const Bytes bytes = made();
  ASSERT_TRUE(bac_assignment_read(&a, bytes.data(), bytes.size(), &cost));
  EXPECT_EQ(&a.rows[1], bac_assignment_of(&a, 5));
  EXPECT_EQ(nullptr, bac_assignment_of(&a, 4));
  EXPECT_EQ(nullptr, bac_assignment_of(&a, 7));
  bac_assignment_clear(&a);
}

}  // namespace
