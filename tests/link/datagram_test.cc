/* SPDX-License-Identifier: GPL-2.0-only */
/* Small objects: bundles, delivery once, retransmission, flooding with suppression, routes. */
#include <gtest/gtest.h>

#include <cstdio>
#include <set>

#include "medium.h"

using namespace bac_test;

namespace {

std::function<bool(uint32_t, uint32_t)> line(uint32_t reach = 1) {
  return [reach](uint32_t a, uint32_t b) { return (a > b ? a - b : b - a) <= reach; };
}

uint64_t items_sent(Medium &m) {
  return m.sum([](auto &c) { return c.items_sent; });
}

TEST(Datagram, RejectsMisuse) {
  Medium m(1);
  m.add(1);
  bac_link *l = m.station(1).link;
  Bytes big(BAC_OBJECT_BYTES_MAX + 1);
  EXPECT_EQ(bac_link_send(l, 0, 1, BAC_LINK_VOTE, big.data(), 10, 0), BAC_EINVAL); /* to itself */
  EXPECT_EQ(bac_link_send(l, 0, 65536, BAC_LINK_VOTE, big.data(), 10, 0), BAC_EINVAL);
  EXPECT_EQ(bac_link_send(l, 0, 2, BAC_LINK_VOTE, big.data(), 0, 0), BAC_EINVAL);
  EXPECT_EQ(bac_link_send(l, 0, 2, BAC_LINK_VOTE, nullptr, 10, 0), BAC_EINVAL);
  EXPECT_EQ(bac_link_send(l, 0, 2, BAC_LINK_VOTE, big.data(), 10, -1), BAC_EINVAL);
  EXPECT_EQ(bac_link_send(l, 0, 2, static_cast<bac_link_class>(3), big.data(), 10, 0), BAC_EINVAL);
  EXPECT_EQ(bac_link_send(l, 0, BAC_BROADCAST, BAC_LINK_BULK, big.data(), big.size(), 0), BAC_EINVAL);
  bac_link_callbacks none{};
  bac_link_config c = Medium::default_config();
  EXPECT_EQ(bac_link_new(&c, &none, nullptr), nullptr);
  bac_link_callbacks some{};
  some.deliver = [](void *, const uint8_t *, size_t, uint32_t) {};
  for (int bad = 0; bad < 6; bad++) {
    c = Medium::default_config();
    if (bad == 0) c.hash = nullptr;
    if (bad == 1) c.self = BAC_BROADCAST;
    if (bad == 2) c.shard = 65536;
    if (bad == 3) c.frame_bytes_max = BAC_FRAME_BYTES_MAX + 1;
    if (bad == 4) c.dedup_entries = 1000;
    if (bad == 5) c.objects_complete = 1000;
    EXPECT_EQ(bac_link_new(&c, &some, nullptr), nullptr) << bad;
  }
}

TEST(Datagram, BundlesWhatWaitsForTheSameHop) {
  Medium m(1);
  m.config.relay = false;
  m.config.hello_interval = -1;
  m.add(1), m.add(2);
  std::vector<Bytes> objects;
  for (uint64_t i = 0; i < 20; i++) objects.push_back(object_of(100, i));
  for (auto &o : objects) ASSERT_EQ(m.send(1, BAC_BROADCAST, o, BAC_LINK_VOTE), 0);
  m.run(BAC_SECOND);
  for (auto &o : objects) EXPECT_EQ(m.count(2, o), 1);
  EXPECT_EQ(bac_link_counters(m.station(1).link)->frames_sent[BAC_LINK_AIR][BAC_LINK_BUNDLE],
            2u); /* 11 of 117 B in each */
  EXPECT_EQ(m.station(2).deliveries[0].source, 1u);
}

TEST(Datagram, ServesClassesInOrderAndHoldsBackUntilDue) {
  Medium m(1);
  m.config.relay = false;
  m.add(1), m.add(2);
  Bytes bulk = object_of(1300, 1), vote = object_of(1300, 2), control = object_of(1300, 3), late = object_of(50, 4);
  m.mac_depth = 1;
  m.send(1, BAC_BROADCAST, late, BAC_LINK_CONTROL, 500 * BAC_MS);
  m.send(1, BAC_BROADCAST, bulk, BAC_LINK_BULK);
  m.send(1, BAC_BROADCAST, vote, BAC_LINK_VOTE);
  m.send(1, BAC_BROADCAST, control, BAC_LINK_CONTROL);
  m.run(BAC_SECOND);
  auto &d = m.station(2).deliveries;
  ASSERT_EQ(d.size(), 4u);
  EXPECT_EQ(d[0].digest, digest_of(control.data(), control.size()));
  EXPECT_EQ(d[1].digest, digest_of(vote.data(), vote.size()));
  EXPECT_EQ(d[2].digest, digest_of(bulk.data(), bulk.size()));
  EXPECT_GE(d[3].at, 500 * BAC_MS);
  EXPECT_LE(d[3].at, 510 * BAC_MS);
}

/* Two radios: what one of them carries neither waits for what the other carries, nor goes along with it. */
TEST(Datagram, ServesEachRadioItsClasses) {
  Medium m(1);
  m.config.relay = false;
  m.config.hello_interval = -1;
  m.add(1), m.add(2);
  const unsigned bulk = 1u << BAC_LINK_BULK, rest = BAC_LINK_ALL & ~bulk;
  const Bytes small[BAC_LINK_CLASSES] = {object_of(50, 1), object_of(50, 2), object_of(50, 3)}, large = object_of(5000, 4);
  bac_link *from = m.station(1).link;
  const auto poll = [&](unsigned classes) {
    bac_link_frame f;
    if (!bac_link_next_frame(from, 0, BAC_LINK_AIR, classes, &f)) return -1;
    bac_link_receive(m.station(2).link, 0, BAC_LINK_AIR, f.bytes, f.length);
    return static_cast<int>(f.traffic);
  };
  for (int traffic = 0; traffic < BAC_LINK_CLASSES; traffic++)
    ASSERT_EQ(bac_link_send(from, 0, BAC_BROADCAST, static_cast<bac_link_class>(traffic), small[traffic].data(), 50, 0), BAC_OK);
  ASSERT_EQ(bac_link_send(from, 0, BAC_BROADCAST, BAC_LINK_BULK, large.data(), large.size(), 0), BAC_OK);
  EXPECT_LE(bac_link_wakeup(from, BAC_LINK_AIR, bulk), 0);
  EXPECT_EQ(poll(bulk), BAC_LINK_BULK);
  EXPECT_EQ(m.count(2, small[BAC_LINK_CONTROL]) + m.count(2, small[BAC_LINK_VOTE]), 0);
  while (poll(bulk) >= 0) continue;
  EXPECT_EQ(m.count(2, small[BAC_LINK_BULK]), 1);
  EXPECT_GT(bac_link_counters(from)->symbols_sent, 0u);
  EXPECT_GT(bac_link_wakeup(from, BAC_LINK_AIR, bulk), 0) << "the other radio's is not waited for";
  EXPECT_LE(bac_link_wakeup(from, BAC_LINK_AIR, rest), 0);
  EXPECT_EQ(poll(rest), BAC_LINK_CONTROL) << "with the vote in it, and the advert";
  EXPECT_EQ(poll(rest), -1);
  EXPECT_EQ(m.count(2, small[BAC_LINK_CONTROL]) + m.count(2, small[BAC_LINK_VOTE]), 2);
}

/* What its owner has no use for yet is not had: a vote of a later window must count once the window is there. */
TEST(Datagram, DeliversAgainWhatCameTooEarly) {
  for (size_t length : {100u, 20000u}) {
    Medium m(4);
    m.add(1), m.add(2);
    bool early = true;
    m.station(2).on_deliver = [&](const uint8_t *, size_t, uint32_t) {
      if (early) bac_link_decline(m.station(2).link);
    };
    Bytes object = object_of(length, 5);
    const auto grows_by = [&] {
      const int before = m.count(2, object);
      m.send(1, BAC_BROADCAST, object, BAC_LINK_VOTE);
      m.run(m.now + 2 * BAC_SECOND);
      return m.count(2, object) - before;
    };
    for (int i = 0; i < 2; i++) EXPECT_GE(grows_by(), 1) << length << ": a large one with each of its adverts";
    early = false;
    EXPECT_EQ(grows_by(), 1) << length;
    EXPECT_EQ(grows_by(), 0) << length;
  }
}

TEST(Datagram, DeliversOnceAndSuppressesRelays) {
  Medium m(3);
  m.config.population = 24;
  for (uint32_t id = 0; id < 24; id++) m.add(id);
  m.run(3 * BAC_SECOND);
  const int items = 20;
  std::vector<Bytes> objects;
  for (int i = 0; i < items; i++) {
    objects.push_back(object_of(200, 100 + static_cast<uint64_t>(i)));
    m.send(static_cast<uint32_t>(i), BAC_BROADCAST, objects.back(), BAC_LINK_VOTE);
    m.run(m.now + 200 * BAC_MS);
  }
  for (uint32_t id = 0; id < 24; id++) {
    for (int i = 0; i < items; i++)
      EXPECT_EQ(m.count(id, objects[static_cast<size_t>(i)]), id == static_cast<uint32_t>(i) ? 0 : 1);
  }
  double per_item = static_cast<double>(items_sent(m)) / items;
  std::printf("transmissions per flooded item, 24 stations in one domain: %.2f\n", per_item);
  EXPECT_LE(per_item, 5);
  EXPECT_GE(per_item, 3);
  EXPECT_GT(m.sum([](auto &c) { return c.items_suppressed; }), 0u);
}

TEST(Datagram, RetransmissionIsFloodedAnewButDeliveredOnce) {
  Medium m(1);
  m.hears = line();
  for (uint32_t id = 0; id < 4; id++) m.add(id);
  Bytes object = object_of(120, 5);
  m.send(0, BAC_BROADCAST, object, BAC_LINK_VOTE);
  m.run(BAC_SECOND);
  uint64_t once = items_sent(m);
  EXPECT_EQ(once, 4u);
  m.add(4); /* came too late to hear it */
  m.run(3 * BAC_SECOND);
  m.send(0, BAC_BROADCAST, object, BAC_LINK_VOTE);
  m.run(4 * BAC_SECOND);
  EXPECT_EQ(items_sent(m), 2 * once + 1);
  for (uint32_t id = 1; id < 5; id++) EXPECT_EQ(m.count(id, object), 1) << id;
  EXPECT_EQ(bac_link_counters(m.station(0).link)->attempts, 1u);
}

TEST(Datagram, ReachesTheEndOfALineWithinTheHopLimit) {
  Medium m(1);
  m.hears = line();
  for (uint32_t id = 0; id < 10; id++) m.add(id);
  Bytes object = object_of(120, 5);
  m.send(0, BAC_BROADCAST, object, BAC_LINK_VOTE);
  m.run(3 * BAC_SECOND);
  for (uint32_t id = 1; id < 10; id++) EXPECT_EQ(m.count(id, object), id <= 6 ? 1 : 0) << id;
}

TEST(Datagram, WithoutRelayOnlyNeighboursHearIt) {
  Medium m(1);
  m.hears = line();
  m.config.relay = false;
  for (uint32_t id = 0; id < 3; id++) m.add(id);
  Bytes object = object_of(120, 5);
  m.send(0, BAC_BROADCAST, object, BAC_LINK_VOTE);
  m.run(BAC_SECOND);
  EXPECT_EQ(m.count(1, object), 1);
  EXPECT_EQ(m.count(2, object), 0);
}

/* Stations at random in a 700 m square hear each other within 300 m; 20 % of the frames are lost, hidden terminals
 * collide. */
TEST(Datagram, FloodingCoversSeveralHopsDespiteLossAndHiddenTerminals) {
  uint64_t wanted = 0, missed = 0, sent = 0, items = 0, collisions = 0;
  for (uint64_t seed = 1; seed <= 4; seed++) {
    const uint32_t n = 30;
    std::vector<std::pair<double, double>> at(n);
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> side(0, 700);
    auto hears = [&](uint32_t a, uint32_t b) {
      return std::hypot(at[a].first - at[b].first, at[a].second - at[b].second) <= 300;
    };
    std::set<uint32_t> reached;
    do {
      for (auto &p : at) p = {side(random), side(random)};
      reached = {0};
      for (uint32_t pass = 0; pass < n; pass++) {
        for (uint32_t a = 0; a < n; a++) {
          for (uint32_t b = 0; b < n; b++) {
            if (reached.count(a) && hears(a, b)) reached.insert(b);
          }
        }
      }
    } while (reached.size() < n);
    Medium m(seed, 0.2, Medium::CSMA);
    m.hears = hears;
    m.config.population = n;
    for (uint32_t id = 0; id < n; id++) m.add(id);
    m.run(3 * BAC_SECOND);
    uint64_t before = items_sent(m);
    for (uint32_t id = 0; id < n; id++) {
      for (uint64_t i = 0; i < 4; i++) {
        Bytes object = object_of(200, seed * 1000 + id * 10 + i);
        m.send(id, BAC_BROADCAST, object, BAC_LINK_VOTE);
        m.run(m.now + 30 * BAC_MS); /* 33 votes a second */
        items++;
      }
    }
    m.run(m.now + 2 * BAC_SECOND);
    sent += items_sent(m) - before;
    collisions += m.collisions;
    for (uint32_t id = 0; id < n; id++) {
      wanted += 4 * (n - 1);
      missed += 4 * (n - 1) - m.station(id).deliveries.size();
    }
  }
  double share = static_cast<double>(missed) / static_cast<double>(wanted);
  std::printf(
      "flooding, 30 stations, 700 m square, 20 %% loss: %.2f %% missed, %.1f transmissions an item, %llu collisions\n",
      100 * share, static_cast<double>(sent) / static_cast<double>(items), static_cast<unsigned long long>(collisions));
  EXPECT_LE(share, 0.01);
}

/* ---- Routes ---- */

/* EVs 1..4 around RSU 100, EVs 5..8 around RSU 101, MBS 200; the two groups do not hear each other. */
struct TwoCells {
  Medium m;
  explicit TwoCells(uint64_t seed, double loss = 0) : m(seed, loss) {
    m.config.backhaul = true;
    m.hears = [](uint32_t a, uint32_t b) { return cell(a) == cell(b); };
    for (uint32_t id = 1; id <= 8; id++) m.add(id);
    m.add(100, BAC_LINK_RSU), m.add(101, BAC_LINK_RSU), m.add(200, BAC_LINK_MBS);
    m.run(3 * BAC_SECOND);
  }
  static int cell(uint32_t id) { return id <= 4 || id == 100; }
};

TEST(Route, BroadcastCrossesTheWire) {
  TwoCells t(1);
  Bytes object = object_of(120, 5);
  t.m.send(1, BAC_BROADCAST, object, BAC_LINK_VOTE);
  t.m.run(t.m.now + BAC_SECOND);
  for (uint32_t id : {2u, 3u, 4u, 5u, 6u, 7u, 8u, 100u, 101u, 200u}) EXPECT_EQ(t.m.count(id, object), 1) << id;
  Bytes back = object_of(120, 6);
  t.m.send(200, BAC_BROADCAST, back, BAC_LINK_VOTE);
  t.m.run(t.m.now + BAC_SECOND);
  for (uint32_t id : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 100u, 101u}) EXPECT_EQ(t.m.count(id, back), 1) << id;
}

/* Among a crowd EVs are silent about what an RSU on the wire has said, but for whom a weak station hears. */
TEST(Route, AWeakStationOfACrowdGetsWhatAnRsuSays) {
  constexpr uint32_t weak = 60, neighbour = 59;
  Medium m(3);
  m.config.population = 61;
  m.config.backhaul = true;
  m.hears = [](uint32_t a, uint32_t b) { return (a != weak && b != weak) || a == neighbour || b == neighbour; };
  for (uint32_t id = 0; id <= weak; id++) m.add(id);
  m.add(100, BAC_LINK_RSU), m.add(200, BAC_LINK_MBS);
  m.run(10 * BAC_SECOND);
  for (uint64_t i = 0; i < 10; i++) {
    const Bytes object = object_of(160, 100 + i);
    const uint64_t before = m.sum([](auto &c) { return c.items_relayed; });
    m.send(200, BAC_BROADCAST, object, BAC_LINK_VOTE);
    EXPECT_TRUE(m.run(m.now + 5 * BAC_SECOND, [&] { return m.count(weak, object) == 1; })) << i;
    EXPECT_LE(m.sum([](auto &c) { return c.items_relayed; }), before + 6) << i;
  }
}

TEST(Route, UnicastGoesDirectlyWhenHeard) {
  TwoCells t(1);
  uint64_t wired = t.m.wire_frames, before = items_sent(t.m);
  Bytes object = object_of(120, 5);
  t.m.send(1, 2, object, BAC_LINK_VOTE);
  t.m.run(t.m.now + 100 * BAC_MS);
  EXPECT_EQ(t.m.count(2, object), 1);
  EXPECT_EQ(items_sent(t.m) - before, 1u);
  EXPECT_LE(t.m.wire_frames - wired, 2u); /* reports only */
}

TEST(Route, UnicastCrossesRsuMbsRsu) {
  TwoCells t(1);
  uint64_t before = items_sent(t.m);
  Bytes object = object_of(120, 5), up = object_of(120, 6), down = object_of(120, 7), rsu = object_of(120, 8);
  t.m.send(1, 7, object, BAC_LINK_VOTE);
  t.m.run(t.m.now + 200 * BAC_MS);
  EXPECT_EQ(t.m.count(7, object), 1);
  EXPECT_EQ(items_sent(t.m) - before, 4u); /* EV, RSU, MBS, RSU */
  for (uint32_t id : {2u, 5u, 6u, 100u, 101u, 200u}) EXPECT_EQ(t.m.count(id, object), 0) << id;
  t.m.send(1, 200, up, BAC_LINK_VOTE);
  t.m.send(200, 1, down, BAC_LINK_VOTE);
  t.m.send(8, 100, rsu, BAC_LINK_VOTE);
  t.m.run(t.m.now + 200 * BAC_MS);
  EXPECT_EQ(t.m.count(200, up), 1);
  EXPECT_EQ(t.m.count(1, down), 1);
  EXPECT_EQ(t.m.count(100, rsu), 1);
  EXPECT_EQ(t.m.sum([](auto &c) { return c.no_route; }), 0u);
}

/* Frames of two radios overtake each other; none is lost, so that nobody may think so. */
TEST(Route, FramesOfTwoRadiosAreCountedApart) {
  Medium m(1);
  m.config.backhaul = true;
  m.config.relay = false;
  m.add(1), m.add(100, BAC_LINK_RSU);
  bac_link *ev = m.station(1).link, *rsu = m.station(100).link;
  bac_link_frame f;
  bac_time now = BAC_MS;
  for (int round = 0; round < 10; round++, now += 100 * BAC_MS) {
    std::vector<Bytes> late; /* of the service channel */
    for (uint64_t i = 0; i < 8; i++)
      for (const bac_link_class traffic : {BAC_LINK_BULK, BAC_LINK_VOTE}) {
        const Bytes object = object_of(1300, 100 * static_cast<uint64_t>(round) + 10 * i + static_cast<uint64_t>(traffic));
        ASSERT_EQ(bac_link_send(ev, now, BAC_BROADCAST, traffic, object.data(), object.size(), 0), BAC_OK);
      }
    while (bac_link_next_frame(ev, now, BAC_LINK_AIR, 1u << BAC_LINK_BULK, &f)) late.emplace_back(f.bytes, f.bytes + f.length);
    EXPECT_EQ(late.size(), 8u);
    while (bac_link_next_frame(ev, now, BAC_LINK_AIR, BAC_LINK_ALL & ~(1u << BAC_LINK_BULK), &f)) bac_link_receive(rsu, now, BAC_LINK_AIR, f.bytes, f.length);
    for (const Bytes &frame : late) bac_link_receive(rsu, now, BAC_LINK_AIR, frame.data(), frame.size());
  }
  now += 500 * BAC_MS;
  do ASSERT_TRUE(bac_link_next_frame(rsu, now, BAC_LINK_WIRE, BAC_LINK_ALL, &f));
  while ((f.bytes[1] & 15) != BAC_LINK_ROUTE);
  ASSERT_EQ(f.length, 12u) << "one neighbour";
  EXPECT_EQ(f.bytes[9], 1);
  EXPECT_GT(f.bytes[11], 250) << "quality, of 255";
}

TEST(Route, RetransmittedUnicastIsForwardedAgainAndDeliveredOnce) {
  TwoCells t(1);
  Bytes object = object_of(120, 5);
  t.m.send(1, 7, object, BAC_LINK_VOTE);
  t.m.run(t.m.now + 200 * BAC_MS);
  uint64_t before = items_sent(t.m);
  t.m.send(1, 7, object, BAC_LINK_VOTE);
  t.m.run(t.m.now + 200 * BAC_MS);
  EXPECT_EQ(items_sent(t.m) - before, 4u);
  EXPECT_EQ(t.m.count(7, object), 1);
  t.m.send(1, 5, object, BAC_LINK_VOTE); /* the same bytes to another */
  t.m.run(t.m.now + 200 * BAC_MS);
  EXPECT_EQ(t.m.count(5, object), 1);
}

/* Votes of four EVs for one in the other cell leave its RSU in one frame. */
TEST(Route, RsuGathersWhatSeveralSendToOne) {
  TwoCells t(1);
  uint64_t frames = bac_link_counters(t.m.station(101).link)->frames_sent[BAC_LINK_AIR][BAC_LINK_BUNDLE];
  for (uint32_t id = 1; id <= 4; id++) {
    t.m.send(id, 7, object_of(120, id), BAC_LINK_VOTE);
    t.m.run(t.m.now + 10 * BAC_MS);
  }
  t.m.run(t.m.now + 200 * BAC_MS);
  for (uint32_t id = 1; id <= 4; id++) EXPECT_EQ(t.m.count(7, object_of(120, id)), 1) << id;
  EXPECT_EQ(bac_link_counters(t.m.station(101).link)->frames_sent[BAC_LINK_AIR][BAC_LINK_BUNDLE] - frames, 1u);
}

/* Half of all frames are lost, so that no link counts as good: an RSU asks the MBS for a better RSU, gets the item back
 * and sends it itself. */
TEST(Route, BadLinksAreUsedWhenThereAreNoBetterOnes) {
  int delivered = 0, sent = 0;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    TwoCells t(seed, 0.5);
    for (uint64_t i = 0; i < 20; i++) {
      Bytes far = object_of(120, 2 * i), near = object_of(120, 2 * i + 1);
      for (uint32_t id = 1; id <= 8; id++)
        t.m.send(id, BAC_BROADCAST, object_of(50, 100 * i + id)); /* all are heard lately */
      t.m.run(t.m.now + 200 * BAC_MS);
      t.m.send(1, 7, far, BAC_LINK_VOTE);
      t.m.send(100, 2, near, BAC_LINK_VOTE);
      t.m.run(t.m.now + 200 * BAC_MS);
      EXPECT_LE(t.m.count(7, far), 1);
      EXPECT_LE(t.m.count(2, near), 1);
      delivered += t.m.count(7, far) + t.m.count(2, near);
      sent += 2;
    }
  }
  EXPECT_GE(delivered, sent * 95 / 100) << "of " << sent;
}

TEST(Route, WithoutBackhaulUnicastIsFlooded) {
  Medium m(1);
  m.hears = line();
  for (uint32_t id = 0; id < 4; id++) m.add(id);
  m.run(3 * BAC_SECOND);
  Bytes object = object_of(120, 5);
  m.send(0, 3, object, BAC_LINK_VOTE);
  m.run(m.now + BAC_SECOND);
  EXPECT_EQ(m.count(3, object), 1);
  EXPECT_EQ(m.count(1, object), 0);
  EXPECT_EQ(m.count(2, object), 0);
  EXPECT_GE(m.sum([](auto &c) { return c.no_route; }), 1u);
}

TEST(Datagram, CallbackMaySend) {
  Medium m(1);
  m.config.relay = false;
  m.add(1), m.add(2);
  Bytes ping = object_of(100, 1), pong = object_of(100, 2), large = object_of(300000, 3);
  m.station(2).on_deliver = [&](const uint8_t *, size_t, uint32_t) {
    for (uint64_t i = 0; i < 300; i++) m.send(2, BAC_BROADCAST, object_of(100, 1000 + i), BAC_LINK_VOTE);
    m.send(2, 1, pong);
    for (uint64_t i = 0; i < 12; i++) m.send(2, BAC_BROADCAST, object_of(30000, i)); /* more than the store holds */
  };
  m.send(1, 2, ping);
  m.send(1, BAC_BROADCAST, large);
  m.run(5 * BAC_SECOND);
  EXPECT_EQ(m.count(1, pong), 1);
  EXPECT_EQ(m.count(2, large), 1);
}

TEST(Datagram, QueueIsBoundedAndOwnItemsComeFirst) {
  Medium m(1);
  m.config.queue_items = 50;
  m.add(1);
  bac_link *l = m.station(1).link;
  int accepted = 0;
  for (uint64_t i = 0; i < 200; i++) {
    Bytes o = object_of(100, i);
    accepted += bac_link_send(l, 0, BAC_BROADCAST, BAC_LINK_VOTE, o.data(), o.size(), 0) == 0;
  }
  EXPECT_EQ(accepted, 50);
  EXPECT_EQ(bac_link_counters(l)->drops[BAC_LINK_DROP_QUEUE], 150u);
}

TEST(Datagram, IdleNodeIsSmall) {
  Medium m(1);
  for (uint32_t id = 0; id < 60; id++) m.add(id);
  m.run(10 * BAC_SECOND);
  EXPECT_LT(bac_link_memory(m.station(0).link), 100000u);
}

} // namespace
