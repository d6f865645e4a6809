/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

using namespace bac_test;

namespace {

struct Message : ::testing::Test {
  World w{4};
  bac_msg msg = {};
  Bytes payload = {1, 2, 3, 4, 5};
  Bytes object;
  void SetUp() override {
    msg.protocol = 2;
    msg.type = BAC_MSG_QC;
    msg.role = 1;
    msg.shard = 3;
    msg.epoch = 300;
    msg.view = 1ull << 40;
    msg.height = UINT64_MAX;
    msg.step = 1;
    msg.payload = payload.data();
    msg.payload_length = payload.size();
    bac_payload_digest(msg.digest, payload.data(), payload.size(), &w.cost);
    w.sign(&msg, 2);
    object = take(bac_msg_encode(&msg));
  }
  /* What the node checks before an engine sees anything. */
  bool holds(const Bytes &bytes) {
    bac_msg m;
    uint8_t digest[32];
    if (!bac_msg_decode(&m, bytes.data(), bytes.size()) || !bac_msg_bound(&m, BAC_BIND_HASH, &w.cost) || m.sender >= 4)
      return false;
    bac_msg_signing_digest(digest, &m);
    return bac_verify(nullptr, m.signature, digest, w.members[m.sender].sign_key, &w.cost);
  }
};

TEST_F(Message, RoundTrip) {
  bac_msg m;
  ASSERT_TRUE(bac_msg_decode(&m, object.data(), object.size()));
  EXPECT_EQ(msg.protocol, m.protocol);
  EXPECT_EQ(msg.type, m.type);
  EXPECT_EQ(msg.role, m.role);
  EXPECT_EQ(msg.shard, m.shard);
  EXPECT_EQ(msg.epoch, m.epoch);
  EXPECT_EQ(msg.view, m.view);
  EXPECT_EQ(msg.height, m.height);
  EXPECT_EQ(msg.step, m.step);
  EXPECT_EQ(msg.sender, m.sender);
  EXPECT_EQ(0, memcmp(msg.digest, m.digest, 32));
  EXPECT_EQ(0, memcmp(msg.signature, m.signature, 64));
  EXPECT_EQ(payload, Bytes(m.payload, m.payload + m.payload_length));
  EXPECT_TRUE(holds(object));
}

TEST_F(Message, EveryTruncationIsRefused) {
  for (size_t length = 0; length < object.size(); length++) {
    bac_msg m;
    bool decodes = bac_msg_decode(&m, object.data(), length);
    EXPECT_EQ(length >= object.size() - payload.size(), decodes) << length; /* a shorter payload is one, */
    EXPECT_FALSE(holds(Bytes(object.begin(), object.begin() + static_cast<long>(length))))
        << length; /* but not the signed one */
  }
  Bytes more = object;
  more.push_back(0);
  EXPECT_FALSE(holds(more));
}

TEST_F(Message, EveryFlippedBitIsRefused) {
  for (size_t bit = 0; bit < object.size() * 8; bit++) {
    Bytes bad = object;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1 << bit % 8);
    ASSERT_FALSE(holds(bad)) << "bit " << bit;
    bac_msg m;
    if (!bac_msg_decode(&m, bad.data(), bad.size())) continue;
    ASSERT_EQ(bad, take(bac_msg_encode(&m))) << "bit " << bit; /* one encoding for one message */
  }
}

TEST_F(Message, OneEncodingForOneMessage) {
  auto with = [&](const Bytes &envelope) {
    Bytes o = {BAC_OBJECT_MESSAGE, static_cast<uint8_t>(envelope.size()), static_cast<uint8_t>(envelope.size() >> 8)};
    o.insert(o.end(), envelope.begin(), envelope.end());
    bac_msg m;
    return bac_msg_decode(&m, o.data(), o.size());
  };
  Bytes digest = {0x4a, 32}, signature = {0x5a, 64};
  digest.resize(34, 7);
  signature.resize(66, 7);
  auto cat = [](std::initializer_list<Bytes> parts) {
    Bytes all;
    for (auto &p : parts) all.insert(all.end(), p.begin(), p.end());
    return all;
  };
  const Bytes type = {0x10, 36};
  EXPECT_TRUE(with(cat({type, digest, signature})));
  EXPECT_FALSE(with(cat({digest, type, signature})));               /* another order */
  EXPECT_FALSE(with(cat({type, type, digest, signature})));         /* a field twice */
  EXPECT_FALSE(with(cat({{0x08, 0}, type, digest, signature})));    /* a zero that could be left out */
  EXPECT_FALSE(with(cat({{0x10, 0xa4, 0x00}, digest, signature}))); /* a longer varint of the same number */
  EXPECT_FALSE(with(cat({{0x10, 0xa4, 0x80, 0x80, 0x80, 0x80, 0x01}, digest, signature}))); /* beyond 32 bits */
  EXPECT_FALSE(with(cat({type, digest, signature, {0x78, 1}})));                            /* an unknown field */
  EXPECT_FALSE(with(cat({type, {0x4a, 31}, Bytes(31, 7), signature})));                     /* a short digest */
  EXPECT_FALSE(with(cat({type, digest, {0x5a, 65}, Bytes(65, 7)})));                        /* a long signature */
  EXPECT_FALSE(with(Bytes(300, 0)));
}

TEST_F(Message, TheSignatureCoversEveryField) {
  uint8_t reference[32], changed[32];
  bac_msg_signing_digest(reference, &msg);
  const std::vector<std::function<void(bac_msg *)>> changes = {
      [](bac_msg *m) { m->protocol++; },     [](bac_msg *m) { m->type++; },  [](bac_msg *m) { m->role++; },
      [](bac_msg *m) { m->shard++; },        [](bac_msg *m) { m->epoch++; }, [](bac_msg *m) { m->view++; },
      [](bac_msg *m) { m->height++; },       [](bac_msg *m) { m->step++; },  [](bac_msg *m) { m->sender++; },
      [](bac_msg *m) { m->digest[31] ^= 1; }};
  for (size_t i = 0; i < changes.size(); i++) {
    bac_msg m = msg;
    changes[i](&m);
    bac_msg_signing_digest(changed, &m);
    EXPECT_NE(0, memcmp(reference, changed, 32)) << i;
  }
}

TEST_F(Message, Binding) {
  bac_msg m = msg;
  EXPECT_TRUE(bac_msg_bound(&m, BAC_BIND_HASH, &w.cost));
  m.digest[0] ^= 1;
  EXPECT_FALSE(bac_msg_bound(&m, BAC_BIND_HASH, &w.cost));
  EXPECT_TRUE(bac_msg_bound(&m, BAC_BIND_NONE, &w.cost));
  Bytes headed = {3, 0, 'a', 'b', 'c', 'd'};
  m.payload = headed.data();
  m.payload_length = headed.size();
  bac_header_digest(m.digest, headed.data() + 2, 3);
  EXPECT_TRUE(bac_msg_bound(&m, BAC_BIND_HEADER, &w.cost));
  for (size_t length : {0u, 1u, 2u, 4u}) {
    m.payload_length = length;
    EXPECT_FALSE(bac_msg_bound(&m, BAC_BIND_HEADER, &w.cost)) << length;
  }
}

}  // namespace
