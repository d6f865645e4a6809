/* SPDX-License-Identifier: GPL-2.0-only */
/* Large objects: several hops, latecomers, the wire, unicast, pollution, bounds. */
#include <gtest/gtest.h>

#include <cstdio>

#include "link/erasure.h"
#include "medium.h"

/* Of base/bytes.h, which is C only. */
extern "C" bac_buf *bac_buf_ref(bac_buf *buf);
extern "C" void bac_buf_unref(bac_buf *buf);

using namespace bac_test;

namespace {

std::function<bool(uint32_t, uint32_t)> line() {
  return [](uint32_t a, uint32_t b) { return (a > b ? a - b : b - a) <= 1; };
}

bool all_have(Medium &m, const Bytes &object, uint32_t from, uint32_t to) {
  for (uint32_t id = from; id <= to; id++) {
    if (m.count(id, object) != 1) return false;
  }
  return true;
}

TEST(Transfer, EverySizeAroundTheLimits) {
  /* one frame and two; one symbol more or less; one generation and two; the largest */
  const size_t whole = BAC_LINK_GENERATION_SYMBOLS * kSymbolBytes;
  for (size_t length :
       {size_t{1}, size_t{kItemMost}, size_t{kItemMost} + 1, 2 * size_t{kSymbolBytes}, 2 * size_t{kSymbolBytes} + 1,
        whole, whole + 1, whole + 2, 2 * whole + 1, size_t{BAC_OBJECT_BYTES_MAX}}) {
    Medium m(length, length > 1000000 ? 0.05 : 0.3);
    for (uint32_t id = 0; id < 4; id++) m.add(id);
    Bytes object = object_of(length, length);
    ASSERT_EQ(m.send(0, BAC_BROADCAST, object), 0);
    m.run(20 * BAC_SECOND, [&] { return all_have(m, object, 1, 3); });
    if (length > kItemMost) { /* single items are not repaired */
      EXPECT_TRUE(all_have(m, object, 1, 3)) << length;
    }
    EXPECT_EQ(m.sum([](auto &c) { return c.objects_polluted; }), 0u);
  }
}

TEST(Transfer, LossFreeNeedsNoRepair) {
  Medium m(1);
  for (uint32_t id = 0; id < 20; id++) m.add(id);
  Bytes object = object_of(300000, 1);
  m.send(0, BAC_BROADCAST, object);
  EXPECT_TRUE(m.run(5 * BAC_SECOND, [&] { return all_have(m, object, 1, 19); }));
  m.run(m.now + BAC_SECOND);
  EXPECT_EQ(m.sum([](auto &c) { return c.needs_sent; }), 0u);
  EXPECT_EQ(m.sum([](auto &c) { return c.symbols_sent; }), 221u);
}

TEST(Transfer, CrossesALineHopByHop) {
  Medium m(4, 0.1);
  m.hears = line();
  for (uint32_t id = 0; id < 6; id++) m.add(id);
  Bytes object = object_of(200000, 1);
  m.send(0, BAC_BROADCAST, object);
  EXPECT_TRUE(m.run(30 * BAC_SECOND, [&] { return all_have(m, object, 1, 5); }));
  std::printf("200 kB over 5 hops, 10 %% loss: %.2f s, %llu symbols of %u\n", static_cast<double>(m.now) * 1e-9,
              static_cast<unsigned long long>(m.sum([](auto &c) { return c.symbols_sent; })), 5 * 147);
  EXPECT_LT(m.sum([](auto &c) { return c.symbols_sent; }), 2u * 5 * 147);
}

TEST(Transfer, WhoHeardNoSymbolLearnsFromAnAdvert) {
  Medium m(5, 0.2);
  bool away = true;
  m.hears = [&](uint32_t a, uint32_t b) { return !away || (a != 9 && b != 9); };
  for (uint32_t id = 0; id < 10; id++) m.add(id);
  Bytes object = object_of(150000, 1);
  m.send(0, BAC_BROADCAST, object);
  ASSERT_TRUE(m.run(10 * BAC_SECOND, [&] { return all_have(m, object, 1, 8); }));
  m.run(m.now + 100 * BAC_MS);
  EXPECT_EQ(m.count(9, object), 0);
  away = false;
  EXPECT_TRUE(m.run(m.now + 6 * BAC_SECOND, [&] { return all_have(m, object, 1, 9); }));
}

TEST(Transfer, RetransmissionServesLatecomersAndDeliversOnce) {
  Medium m(6);
  m.config.relay = false;
  for (uint32_t id = 0; id < 3; id++) m.add(id);
  Bytes object = object_of(150000, 1);
  m.send(0, BAC_BROADCAST, object);
  m.run(8 * BAC_SECOND);
  uint64_t symbols = m.sum([](auto &c) { return c.symbols_sent; });
  EXPECT_EQ(symbols, 111u);
  m.add(3);
  m.run(9 * BAC_SECOND);
  EXPECT_EQ(m.count(3, object), 0);
  m.send(0, BAC_BROADCAST, object);
  m.run(11 * BAC_SECOND);
  EXPECT_TRUE(all_have(m, object, 1, 3));
  EXPECT_LE(m.sum([](auto &c) { return c.symbols_sent; }), 2 * symbols + 30);
  m.send(0, BAC_BROADCAST, object); /* and with nobody lacking it, it costs an advert */
  symbols = m.sum([](auto &c) { return c.symbols_sent; });
  m.run(13 * BAC_SECOND);
  EXPECT_EQ(m.sum([](auto &c) { return c.symbols_sent; }), symbols);
  EXPECT_TRUE(all_have(m, object, 1, 3));
}

TEST(Transfer, AnotherHolderRepairsWhenTheOriginatorIsGone) {
  Medium m(7, 0.3);
  bool gone = false;
  m.hears = [&](uint32_t a, uint32_t b) { return !gone || (a != 0 && b != 0); };
  for (uint32_t id = 0; id < 8; id++) m.add(id);
  Bytes object = object_of(150000, 1);
  m.send(0, BAC_BROADCAST, object);
  m.run(20 * BAC_SECOND, [&] {
    for (uint32_t id = 1; id < 8; id++) {
      if (m.count(id, object)) return true;
    }
    return false;
  });
  gone = true; /* the first receiver is complete, the others are not */
  EXPECT_FALSE(all_have(m, object, 1, 7));
  EXPECT_TRUE(m.run(m.now + 5 * BAC_SECOND, [&] { return all_have(m, object, 1, 7); }));
}

/* Whoever takes over sends what was not on the air before: the one receiver that lacks symbols can use all it hears. */
TEST(Transfer, TheNextHolderSendsFreshSymbols) {
  for (uint64_t seed = 1; seed <= 6; seed++) {
    Medium m(seed);
    std::mt19937_64 random(seed);
    bool gone = false;
    m.hears = [&](uint32_t a, uint32_t b) { return !(gone && (a == 0 || b == 0)) && (b != 3 || random() % 10 < 7); };
    for (uint32_t id = 0; id < 4; id++) m.add(id);
    Bytes object = object_of(217000, seed);
    m.send(0, BAC_BROADCAST, object);
    m.run(10 * BAC_SECOND, [&] { return bac_link_counters(m.station(0).link)->repair_symbols_sent >= 30; });
    gone = true;
    EXPECT_TRUE(m.run(m.now + 5 * BAC_SECOND, [&] { return m.count(3, object) == 1; }));
    EXPECT_GT(m.sum([](auto &c) { return c.repair_symbols_sent; }),
              bac_link_counters(m.station(0).link)->repair_symbols_sent);
    EXPECT_EQ(bac_link_counters(m.station(3).link)->symbols_duplicate, 0u) << seed;
  }
}

/* Two cells of 4 EVs with an RSU each; see datagram_test.cc. */
void two_cells(Medium &m) {
  m.config.backhaul = true;
  m.hears = [](uint32_t a, uint32_t b) { return (a <= 4 || a == 100) == (b <= 4 || b == 100); };
  for (uint32_t id = 1; id <= 8; id++) m.add(id);
  m.add(100, BAC_LINK_RSU), m.add(101, BAC_LINK_RSU), m.add(200, BAC_LINK_MBS);
  m.run(3 * BAC_SECOND);
}

TEST(Transfer, RsusCarryItOverTheWire) {
  Medium m(8, 0.2);
  two_cells(m);
  Bytes object = object_of(300000, 1);
  bac_time start = m.now;
  m.send(1, BAC_BROADCAST, object);
  EXPECT_TRUE(m.run(start + 10 * BAC_SECOND, [&] { return all_have(m, object, 2, 8) && m.count(200, object) == 1; }));
  std::printf("300 kB to two cells over the wire: %.2f s\n", static_cast<double>(m.now - start) * 1e-9);
  EXPECT_LT(m.now - start, 2500 * BAC_MS); /* two passes of 0.7 s at this loss, and the handing over */
  EXPECT_EQ(m.count(100, object) + m.count(101, object), 2);
}

/* What one RSU hears leaves the other within the same pass: it begins with half of the block, since its id is odd, and there is no third pass. On
 * the wire each symbol goes up once and down once. */
TEST(Transfer, RsusPassSymbolsOnAsTheyCome) {
  Medium m(8, 0, Medium::CSMA);
  two_cells(m);
  Bytes object = object_of(300000, 1);
  const bac_time start = m.now, pass = 221 * (97500 + 58000 + 40000 + 1450 * 8000 / 6);
  const uint64_t wired = m.wire_frames;
  m.send(1, BAC_BROADCAST, object);
  EXPECT_TRUE(m.run(start + 10 * BAC_SECOND, [&] { return all_have(m, object, 2, 8) && m.count(200, object) == 1; }));
  EXPECT_LT(m.now - start, pass * 19 / 10); /* the RSU of odd id begins after three fifths */
  EXPECT_LT(m.wire_frames - wired, 2 * 221 + 40u);
  EXPECT_EQ(bac_link_counters(m.station(100).link)->symbols_duplicate + bac_link_counters(m.station(100).link)->symbols_surplus, 0u);
}

/* RSUs that hear the originator well only fill each other's gaps: on the air they would be in its way. */
TEST(Transfer, RsusInEarshotOfTheOriginatorAreSilent) {
  Medium m(8, 0.1, Medium::CSMA);
  m.config.backhaul = true;
  for (uint32_t id = 1; id <= 4; id++) m.add(id);
  m.add(100, BAC_LINK_RSU), m.add(101, BAC_LINK_RSU), m.add(200, BAC_LINK_MBS);
  m.run(10 * BAC_SECOND);
  m.send(1, BAC_BROADCAST, object_of(300000, 1));
  m.run(m.now + 400 * BAC_MS);
  EXPECT_GT(bac_link_counters(m.station(1).link)->symbols_sent, 150u);
  for (uint32_t id : {100u, 101u}) {
    EXPECT_EQ(bac_link_counters(m.station(id).link)->frames_sent[BAC_LINK_AIR][BAC_LINK_SYMBOL], 0u);
    EXPECT_GT(bac_link_counters(m.station(id).link)->symbols_useful, 0.94 * static_cast<double>(bac_link_counters(m.station(1).link)->symbols_sent));
  }
}

/* Whoever sends a false symbol reaches all cells with it; they start again, and get the block when an RSU has it whole. */
TEST(Transfer, AFalseSymbolThatWasPassedOnIsGotOver) {
  for (uint64_t seed = 1; seed <= 5; seed++) {
    Medium m(seed, 0.1, Medium::CSMA);
    two_cells(m);
    uint32_t symbols = 0;
    m.tamper = [&](uint32_t from, Bytes &frame) {
      if (from == 1 && (frame[1] & 15) == BAC_LINK_SYMBOL && ++symbols == 20) frame.back() ^= 1;
    };
    Bytes object = object_of(300000, 1);
    m.send(1, BAC_BROADCAST, object);
    EXPECT_TRUE(m.run(m.now + 10 * BAC_SECOND, [&] { return all_have(m, object, 2, 8) && m.count(200, object) == 1; })) << seed;
    EXPECT_GT(m.sum([](auto &c) { return c.objects_polluted; }), 1u);
  }
}

TEST(Transfer, MbsSendsToAll) {
  Medium m(9, 0.1);
  two_cells(m);
  Bytes object = object_of(100000, 1);
  m.send(200, BAC_BROADCAST, object);
  EXPECT_TRUE(m.run(m.now + 5 * BAC_SECOND, [&] { return all_have(m, object, 1, 8); }));
}

TEST(Transfer, UnicastDirectAndOverTheWire) {
  Medium m(10, 0.2);
  two_cells(m);
  Bytes near = object_of(100000, 1), far = object_of(100000, 2), up = object_of(100000, 3), down = object_of(100000, 4);
  m.send(1, 2, near);
  m.send(1, 7, far);
  m.send(3, 200, up);
  m.send(200, 6, down);
  EXPECT_TRUE(m.run(m.now + 10 * BAC_SECOND, [&] {
    return m.count(2, near) == 1 && m.count(7, far) == 1 && m.count(200, up) == 1 && m.count(6, down) == 1;
  }));
  m.run(m.now + 2 * BAC_SECOND);
  size_t deliveries = 0;
  for (auto &s : m.stations()) deliveries += s->deliveries.size();
  EXPECT_EQ(deliveries, 4u); /* nobody else got any, nobody got one twice */
}

TEST(Transfer, UnicastWithoutARouteIsCarriedByRelays) {
  Medium m(16, 0.1);
  m.hears = line();
  for (uint32_t id = 0; id < 4; id++) m.add(id);
  m.run(3 * BAC_SECOND);
  Bytes object = object_of(50000, 1);
  m.send(0, 3, object);
  EXPECT_TRUE(m.run(m.now + 10 * BAC_SECOND, [&] { return m.count(3, object) == 1; }));
  m.run(m.now + 2 * BAC_SECOND);
  for (uint32_t id = 0; id < 4; id++) EXPECT_EQ(m.station(id).deliveries.size(), id == 3 ? 1u : 0u) << id;
}

TEST(Transfer, SameObjectToSeveralReceivers) {
  Medium m(11, 0.2);
  two_cells(m);
  Bytes object = object_of(60000, 1);
  for (uint32_t id = 2; id <= 8; id++) ASSERT_EQ(m.send(1, id, object), 0);
  EXPECT_TRUE(m.run(m.now + 10 * BAC_SECOND, [&] { return all_have(m, object, 2, 8); }));
}

TEST(Transfer, PollutionIsDetectedAndSurvived) {
  Medium m(12, 0.1);
  for (uint32_t id = 0; id < 6; id++) m.add(id);
  Bytes object = object_of(150000, 1);
  int spoiled = 0;
  m.tamper = [&](uint32_t, Bytes &frame) { /* flips a bit in three symbols */
                                           if ((frame[1] & 15) == BAC_LINK_SYMBOL && spoiled < 3 &&
                                               frame[kSymbolIndexAt] % 40 == 7 && frame[kSymbolIndexAt + 1] == 0) {
                                             frame[100] ^= 1;
                                             spoiled++;
                                           }
  };
  m.send(0, BAC_BROADCAST, object);
  EXPECT_TRUE(m.run(20 * BAC_SECOND, [&] { return all_have(m, object, 1, 5); }));
  EXPECT_EQ(spoiled, 3);
  EXPECT_GE(m.sum([](auto &c) { return c.objects_polluted; }), 3u);
  int rejects = 0;
  for (auto &s : m.stations()) {
    rejects += s->rejects[BAC_REJECT_OBJECT_POLLUTED];
    for (auto &d : s->deliveries) EXPECT_EQ(d.digest, digest_of(object.data(), object.size()));
  }
  EXPECT_GE(rejects, 3);
}

TEST(Transfer, OneNodePollutingForeverDoesNotStopTheOthers) {
  Medium m(13, 0.1);
  for (uint32_t id = 0; id < 6; id++) m.add(id);
  Bytes object = object_of(150000, 1);
  Bytes last;
  m.tamper = [&](uint32_t from, Bytes &frame) {
    if (from == 0 && (frame[1] & 15) == BAC_LINK_SYMBOL) last = frame;
  };
  m.send(0, BAC_BROADCAST, object);
  /* Station 5's place is taken by one that injects a false symbol of the object every 20 ms. */
  bac_time next = 0;
  EXPECT_TRUE(m.run(30 * BAC_SECOND, [&] {
    if (!last.empty() && m.now >= next) {
      next = m.now + 20 * BAC_MS;
      Bytes forged = last;
      forged[4] = 5, forged[5] = 0;
      forged[kSymbolIndexAt] = static_cast<uint8_t>(111 + (m.now / BAC_MS) % 140);
      forged[200] ^= 0xff;
      for (uint32_t id = 1; id < 5; id++)
        bac_link_receive(m.station(id).link, m.now, BAC_LINK_AIR, forged.data(), forged.size());
    }
    return all_have(m, object, 1, 4);
  }));
  EXPECT_GE(m.sum([](auto &c) { return c.objects_polluted; }), 1u);
}

TEST(Transfer, StoreIsBoundedAndExpires) {
  Medium m(14);
  m.config.relay = false;
  for (uint32_t id = 0; id < 2; id++) m.add(id);
  for (uint64_t i = 0; i < 30; i++) {
    while (m.send(0, BAC_BROADCAST, object_of(1000000, i)) == BAC_ELIMIT) m.run(m.now + 100 * BAC_MS);
    m.run(m.now + BAC_SECOND);
    EXPECT_LT(bac_link_memory(m.station(0).link), 17000000u);
    EXPECT_LT(bac_link_memory(m.station(1).link), 17000000u);
  }
  m.run(m.now + 5 * BAC_SECOND);
  EXPECT_EQ(m.station(1).deliveries.size(), 30u);
  m.run(m.now + 40 * BAC_SECOND);
  EXPECT_LT(bac_link_memory(m.station(0).link), 100000u);
  EXPECT_LT(bac_link_memory(m.station(1).link), 100000u);
}

TEST(Transfer, LearnsTheLossAndRepairsAhead) {
  double time[2] = {0, 0}, needs[2] = {0, 0};
  for (uint64_t seed = 0; seed < 20; seed++) {
    Medium m(seed, 0.2);
    for (uint32_t id = 0; id < 30; id++) m.add(id);
    m.run(3 * BAC_SECOND);
    for (uint64_t i = 0; i < 2; i++) {
      Bytes object = object_of(100000, i);
      bac_time start = m.now;
      double before = static_cast<double>(m.sum([](auto &c) { return c.needs_sent; }));
      m.send(0, BAC_BROADCAST, object);
      ASSERT_TRUE(m.run(start + 5 * BAC_SECOND, [&] { return all_have(m, object, 1, 29); }));
      time[i] += static_cast<double>(m.now - start) * 1e-6 / 20;
      needs[i] += (static_cast<double>(m.sum([](auto &c) { return c.needs_sent; })) - before) / 20;
      m.run(m.now + BAC_SECOND);
    }
  }
  std::printf("100 kB, 30 stations: %.1f ms with %.1f needs, the second object %.1f ms with %.1f\n", time[0], needs[0],
              time[1], needs[1]);
  EXPECT_LT(time[1], 1.05 * time[0]);
  EXPECT_LT(needs[1], needs[0]);
}

/* What is still being sent for the first time is not pushed out of the store by what comes in. */
TEST(Transfer, AFirstPassOutlivesWhatComesIn) {
  Medium m(17);
  for (uint32_t id = 0; id < 16; id++) m.add(id);
  Bytes object = object_of(400000, 1);
  m.send(0, BAC_BROADCAST, object);
  for (uint32_t id = 1; id < 16; id++) m.send(id, BAC_BROADCAST, object_of(3000, 100 + id));
  EXPECT_TRUE(m.run(10 * BAC_SECOND, [&] { return all_have(m, object, 1, 15); }));
}

TEST(Transfer, CompletedObjectsMayBeShared) {
  struct Node {
    bac_link *link = nullptr;
    int delivered = 0;
  };
  static bac_buf *kept; /* a host's store, of one object here */
  static int shared;
  kept = nullptr, shared = 0;
  bac_link_callbacks callbacks{};
  callbacks.deliver = [](void *ctx, const uint8_t *bytes, size_t length, uint32_t) {
    EXPECT_EQ(Bytes(bytes, bytes + length), object_of(20000, 1));
    static_cast<Node *>(ctx)->delivered++;
  };
  callbacks.share = [](void *, const uint8_t *, bac_buf *own) {
    if (!kept) return kept = bac_buf_ref(own);
    bac_buf_unref(own);
    shared++;
    return bac_buf_ref(kept);
  };
  bac_link_config config = Medium::default_config();
  Node nodes[3];
  for (uint32_t id = 0; id < 3; id++) {
    config.self = id;
    nodes[id].link = bac_link_new(&config, &callbacks, &nodes[id]);
  }
  Bytes object = object_of(20000, 1);
  ASSERT_EQ(bac_link_send(nodes[0].link, 0, BAC_BROADCAST, BAC_LINK_BULK, object.data(), object.size(), 0), 0);
  bac_link_frame frame;
  while (bac_link_next_frame(nodes[0].link, 0, BAC_LINK_AIR, BAC_LINK_ALL, &frame)) {
    for (uint32_t id = 1; id < 3; id++) bac_link_receive(nodes[id].link, 0, BAC_LINK_AIR, frame.bytes, frame.length);
  }
  EXPECT_EQ(nodes[1].delivered + nodes[2].delivered, 2);
  EXPECT_EQ(shared, 2);
  for (auto &n : nodes) bac_link_free(n.link);
  bac_buf_unref(kept);
}

} // namespace
