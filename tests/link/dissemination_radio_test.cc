/* SPDX-License-Identifier: GPL-2.0-only */
/* How long a block takes to everybody on the 802.11p medium, and the votes of many to one: beside beacons, over wired RSUs. */
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <set>

#include "link/bound.h"
#include "link/erasure.h"
#include "medium.h"
#include "sim/air.h"

extern "C" {
#include "base/quorum.h"
#include "base/random.h"
}

using namespace bac_test;

namespace {

/* Three log with the project's distances, and with those of ns-3's ThreeLogDistancePropagationLossModel, where a frame reaches one and a half times as far. */
enum class Channel { OURS, NS3 };

const char *name_of(Channel channel) { return channel == Channel::OURS ? "three log from 80, 200 m" : "three log from 200, 500 m"; }

/* Links on the medium. RSUs are wired to each other through an MBS that is not on the air; every station hands its MAC four frames at most. */
class RadioLinks {
 public:
  explicit RadioLinks(uint64_t seed, Channel channel = Channel::OURS, uint32_t beacon_hz = 0) : seed_(seed) {
    bac_air_config c = bac_air_default(seed);
    if (channel == Channel::NS3) c.medium.loss.distance_m[1] = 200, c.medium.loss.distance_m[2] = 500;
    c.beacon_millihz = beacon_hz * 1000;
    bac_air_host host = {};
    host.ctx = this;
    host.heard = [](void *ctx, bac_time now, uint32_t station, uint32_t, const uint8_t *bytes, size_t length) {
      RadioLinks &self = *static_cast<RadioLinks *>(ctx);
      self.now = now;
      bac_link_receive(self.nodes_[station]->link, now, BAC_LINK_AIR, bytes, length);
      self.dirty_.push_back(station);
    };
    host.sent = [](void *ctx, bac_time now, uint32_t station) {
      RadioLinks &self = *static_cast<RadioLinks *>(ctx);
      self.now = now;
      self.nodes_[station]->in_mac--;
      self.dirty_.push_back(station);
    };
    char why[200];
    air_ = bac_air_new(&c, &host, why, sizeof why);
  }
  ~RadioLinks() {
    for (auto &n : nodes_) bac_link_free(n->link);
    bac_air_free(air_);
  }

  bac_link_config config = Medium::default_config();
  bac_time now = 0;
  std::function<void(uint32_t, const uint8_t *, size_t)> on_deliver, on_send; /* of a station; the latter: a frame on the air */

  uint32_t add(double x, double y, bac_link_kind kind = BAC_LINK_EV) {
    const uint32_t id = static_cast<uint32_t>(nodes_.size());
    auto n = std::make_unique<Node>();
    n->net = this;
    n->id = id;
    n->kind = kind;
    bac_link_config c = config;
    c.self = id;
    c.kind = kind;
    c.seed = seed_;
    bac_link_callbacks callbacks{};
    callbacks.deliver = [](void *ctx, const uint8_t *bytes, size_t length, uint32_t) {
      Node &node = *static_cast<Node *>(ctx);
      if (node.net->on_deliver) node.net->on_deliver(node.id, bytes, length);
    };
    n->link = bac_link_new(&c, &callbacks, n.get());
    nodes_.push_back(std::move(n));
    dirty_.push_back(id);
    if (kind != BAC_LINK_MBS) {
      const double at[3] = {x, y, kind == BAC_LINK_RSU ? 5.0 : 1.5};
      EXPECT_EQ(static_cast<int64_t>(id), bac_air_add(air_, 172, at)); /* the MBS comes last, its id is no station's */
    }
    return id;
  }

  void send(uint32_t from, uint32_t to, const Bytes &object, bac_link_class traffic, bac_time delay = 0) {
    EXPECT_EQ(0, bac_link_send(nodes_[from]->link, now, to, traffic, object.data(), object.size(), delay));
    dirty_.push_back(from);
  }

  template <class F>
  uint64_t sum(bac_link_kind kind, F counter) const {
    uint64_t total = 0;
    for (auto &n : nodes_) total += n->kind == kind ? counter(*bac_link_counters(n->link)) : 0;
    return total;
  }

  bool run(bac_time until, const std::function<bool()> &done = nullptr) {
    for (;;) {
      poll();
      if (done && done()) return true;
      bac_time next = bac_air_next(air_);
      for (auto &w : wired_) next = std::min(next, w.at);
      for (auto &n : nodes_) next = std::min(next, n->wake_at);
      if (next > until) {
        now = until;
        return false;
      }
      now = std::max(now, next);
      for (auto &n : nodes_)
        if (n->wake_at <= now) dirty_.push_back(n->id);
      while (!wired_.empty() && wired_.front().at <= now) {
        Wired w = std::move(wired_.front());
        wired_.pop_front();
        bac_link_receive(nodes_[w.to]->link, now, BAC_LINK_WIRE, w.bytes.data(), w.bytes.size());
        dirty_.push_back(w.to);
      }
      bac_air_run(air_, now);
    }
  }

 private:
  struct Node {
    RadioLinks *net;
    uint32_t id, in_mac = 0;
    bac_link_kind kind;
    bac_link *link;
    bac_time wake_at = BAC_NEVER;
  };
  struct Wired {
    bac_time at;
    uint32_t to;
    Bytes bytes;
  };

  static constexpr uint32_t kMacDepth = 4;

  static bac_time wakeup(const Node &n) {
    bac_time next = n.in_mac < kMacDepth && n.kind != BAC_LINK_MBS ? bac_link_wakeup(n.link, BAC_LINK_AIR, BAC_LINK_ALL) : BAC_NEVER;
    return n.kind == BAC_LINK_EV ? next : std::min(next, bac_link_wakeup(n.link, BAC_LINK_WIRE, BAC_LINK_ALL));
  }

  void poll() {
    while (!dirty_.empty()) {
      Node &n = *nodes_[dirty_.back()];
      dirty_.pop_back();
      bac_link_frame frame;
      while (n.kind != BAC_LINK_MBS && n.in_mac < kMacDepth && bac_link_next_frame(n.link, now, BAC_LINK_AIR, BAC_LINK_ALL, &frame)) {
        const uint32_t to = frame.destination == BAC_BROADCAST ? BAC_TO_ALL : frame.destination;
        n.in_mac += bac_air_send(air_, now, n.id, to, frame.bytes, frame.length);
        if (on_send) on_send(n.id, frame.bytes, frame.length);
      }
      while (n.kind != BAC_LINK_EV && bac_link_next_frame(n.link, now, BAC_LINK_WIRE, BAC_LINK_ALL, &frame)) wire(n, frame);
      n.wake_at = wakeup(n);
    }
  }

  void wire(const Node &from, const bac_link_frame &frame) {
    for (auto &to : nodes_) {
      if (to->id == from.id || to->kind == BAC_LINK_EV || to->id == frame.except) continue;
      const bool up = from.kind == BAC_LINK_RSU;
      if (frame.destination == BAC_BROADCAST ? (to->kind == BAC_LINK_MBS) == up : to->id == frame.destination)
        wired_.push_back({now + BAC_MS, to->id, Bytes(frame.bytes, frame.bytes + frame.length)});
    }
  }

  uint64_t seed_;
  bac_air *air_ = nullptr;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<uint32_t> dirty_;
  std::deque<Wired> wired_;
};

constexpr double kFrameNs = 40000 + 58000 + 97500 + (1400 + 50) * 8e3 / 6; /* of a full frame: preamble, DIFS, mean backoff, bits at 6 Mb/s */

double loss_free_ns(size_t bytes) { return std::ceil(static_cast<double>(bytes) / 1400) * kFrameNs; }

struct Place {
  double x, y;
};

/* Uniform in a disc, deterministic. */
std::vector<Place> disc(uint32_t count, double radius, uint64_t seed) {
  bac_random random = bac_random_stream(seed, 3, BAC_PURPOSE_NETWORK);
  std::vector<Place> places;
  for (uint32_t i = 0; i < count; i++) {
    double at[3];
    bac_air_place(&random, static_cast<uint32_t>(radius), at);
    places.push_back({at[0], at[1]});
  }
  return places;
}

/* Mean over seeds of the time until the last of `receivers` has the block, over its loss-free airtime. */
double spread(Channel channel, size_t bytes, uint32_t receivers, double radius, uint32_t beacon_hz, uint64_t seeds) {
  double mean = 0;
  for (uint64_t seed = 1; seed <= seeds; seed++) {
    RadioLinks net(seed, channel, beacon_hz);
    net.config.population = receivers + 1;
    net.add(0, 0);
    for (const Place &p : disc(receivers, radius, seed)) net.add(p.x, p.y);
    size_t got = 0;
    const Bytes block = object_of(bytes, seed);
    net.on_deliver = [&](uint32_t, const uint8_t *, size_t length) { got += length == bytes; };
    net.run(3 * BAC_SECOND); /* HELLOs are over */
    const bac_time start = net.now;
    net.send(0, BAC_BROADCAST, block, BAC_LINK_BULK);
    EXPECT_TRUE(net.run(start + 60 * BAC_SECOND, [&] { return got == receivers; })) << got << " of " << receivers << ", seed " << seed;
    mean += static_cast<double>(net.now - start) / loss_free_ns(bytes) / static_cast<double>(seeds);
  }
  std::printf("%s: %zu B to %u receivers within %.0f m, beacons at %u Hz: %.3f times the loss-free airtime\n", name_of(channel), bytes, receivers,
              radius, beacon_hz, mean);
  std::fflush(stdout);
  return mean;
}

#if defined(__SANITIZE_ADDRESS__)
constexpr uint64_t kSeeds = 1;
constexpr uint32_t kVoters = 200; /* whose votes are over before relays' windows are */
constexpr double kHalfMost = 2.2, kAllMost = 4.5, kRoadMost = 2.3;
#else
constexpr uint64_t kSeeds = 3;
constexpr uint32_t kVoters = 500;
constexpr double kHalfMost = 1.5, kAllMost = 2, kRoadMost = 2.1;
#endif

TEST(DisseminationRadio, OneHopBesideBeacons) { EXPECT_LE(spread(Channel::OURS, 500000, 50, 150, 10, kSeeds), 1.7); }
TEST(DisseminationRadio, OneHopBesideBeaconsWithNs3sDistances) { EXPECT_LE(spread(Channel::NS3, 500000, 50, 250, 10, 3), 1.7); }

/* A road of 3 km with RSUs that a wire joins, numbered along it. */
struct Road {
  double evs = 0, most = 0, rsu = 0, wired = 0; /* until the last EV has the block, two thirds have, an RSU has; from then to the last station on the wire; s */
  uint32_t parity = 0, twice = 0; /* parity symbols that RSUs say, and those of them that the RSU before along the road says, too */
  uint32_t late = 0; /* data symbols that RSUs say though they have the block */
};

/* EVs on four lanes, then the RSUs, then their MBS. */
void road_of(RadioLinks &net, uint32_t evs, uint32_t rsus, uint64_t seed) {
  bac_random random = bac_random_stream(seed, 4, BAC_PURPOSE_NETWORK);
  for (uint32_t i = 0; i < evs; i++) {
    const double x = static_cast<double>(bac_random_below(&random, 3000));
    net.add(x, 4.0 * static_cast<double>(bac_random_below(&random, 4)));
  }
  for (uint32_t i = 0; i < rsus; i++) net.add(3000.0 * (i + 0.5) / rsus, -5, BAC_LINK_RSU);
  net.add(0, 0, BAC_LINK_MBS);
}

Road along_road(Channel channel, size_t bytes, uint32_t evs, uint32_t rsus, uint64_t seed) {
  Road road;
  RadioLinks net(seed, channel);
  net.config.population = evs;
  net.config.backhaul = true;
  net.add(1500, 0);
  road_of(net, evs - 1, rsus, seed);
  uint32_t got = 0, wired = 0;
  bac_time start = 0, first = 0;
  const Bytes block = object_of(bytes, seed);
  bac_link_layout layout;
  EXPECT_TRUE(bac_link_layout_of(static_cast<uint32_t>(bytes), kSymbolBytes, &layout));
  std::vector<bool> has(evs + rsus + 1);
  std::set<std::array<uint32_t, 3>> said; /* station, generation, index */
  net.on_send = [&](uint32_t id, const uint8_t *frame, size_t length) {
    if (id < evs || (frame[1] & 15) != BAC_LINK_SYMBOL || length < 1400) return;
    const uint32_t place = frame[kSymbolIndexAt] | static_cast<uint32_t>(frame[kSymbolIndexAt + 1]) << 8, g = place >> 12, index = place & 0xfff;
    const bool parity = index >= bac_link_layout_size(&layout, g);
    road.late += !parity && has[id];
    if (parity) said.insert({id, g, index});
  };
  net.on_deliver = [&](uint32_t id, const uint8_t *, size_t length) {
    if (length != bytes) return;
    has[id] = true;
    if (id < evs && ++got == evs - 1) road.evs = static_cast<double>(net.now - start) / 1e9;
    if (id < evs && got == evs * 2 / 3) road.most = static_cast<double>(net.now - start) / 1e9;
    if (id < evs) return;
    if (wired++ == 0) first = net.now, road.rsu = static_cast<double>(net.now - start) / 1e9;
    road.wired = static_cast<double>(net.now - first) / 1e9;
  };
  net.run(20 * BAC_SECOND); /* stations know how well they hear each other */
  start = net.now;
  net.send(0, BAC_BROADCAST, block, BAC_LINK_BULK);
  EXPECT_TRUE(net.run(start + 60 * BAC_SECOND, [&] { return got == evs - 1 && wired == rsus + 1; })) << got << " EVs, " << wired << " wired, seed " << seed;
  road.parity = static_cast<uint32_t>(said.size());
  for (const auto &[id, g, index] : said) road.twice += said.count({id - 1, g, index}) > 0;
  return road;
}

/* Whoever asks two RSUs on the wire gets what it lacks, whatever each of them has heard on the air. */
TEST(DisseminationRadio, WhatOneRsuHasAllHaveAtOnce) {
  for (uint64_t seed = 1; seed <= kSeeds; seed++) EXPECT_LE(along_road(Channel::OURS, 500000, 60, 6, seed).wired, 0.5) << "seed " << seed;
}

/* What RSUs lack when the source is through they ask it for at once, though others go on saying what all of them have had by wire. */
TEST(DisseminationRadio, RsusDoNotWaitForEachOther) {
  for (uint64_t seed = 1; seed <= 4 * kSeeds; seed++) {
    const Road road = along_road(Channel::OURS, 500000, 60, 5, seed);
    EXPECT_LE(road.rsu * 1e9 / loss_free_ns(500000), 1.3) << "seed " << seed;
  }
}

/* RSUs pass symbols on as they come, and take turns, so that who is halfway between two of them hears each. At 600 m, as the ns-3 module sets them
 * up: on our channel they do not hear each other, on ns-3's they do, and share the air. Without either rule it takes more than four times. */
TEST(DisseminationRadio, WiredRsusServeAllCellsAtOnce) {
  for (Channel channel : {Channel::OURS, Channel::NS3}) { /* on the latter 2.08 in the mean of 20 seeds */
    double mean = 0;
    for (uint64_t seed = 1; seed <= 2 * kSeeds; seed++) mean += along_road(channel, 500000, 100, 5, seed).evs * 1e9 / loss_free_ns(500000) / (2. * kSeeds);
    std::printf("%s: 500000 B to 100 EVs along 3 km, 5 RSUs: %.3f times the loss-free airtime\n", name_of(channel), mean);
    EXPECT_LE(mean, channel == Channel::OURS ? kRoadMost : kRoadMost + 0.03);
  }
}

/* Halfway between two RSUs each symbol counts once, whoever says it. Were parity to begin anywhere, the next one would say every third, too. */
TEST(DisseminationRadio, WiredRsusSayWhatTheNextOneHasNotSaid) {
  uint32_t parity = 0, twice = 0, late = 0;
  for (Channel channel : {Channel::OURS, Channel::NS3}) {
    const Road road = along_road(channel, 500000, 60, 5, 1);
    parity += road.parity;
    twice += road.twice;
    late += road.late;
  }
  std::printf("RSUs say %u parity symbols, %u of which the next one says, too, and %u data symbols though they have the block\n", parity, twice, late);
  EXPECT_GT(parity, 600u);
  EXPECT_EQ(0u, late);
  EXPECT_LE(twice, parity / 10);
}

/* Votes of all, spread by roster index over so many times their summed airtime, as the node does in a crowd (vote_delay in node/env.c), on their way to one member. */
constexpr double kSpread = 1.5;

TEST(DisseminationRadio, VotesOfMany) {
  const double summed = kVoters * (195500 + (200 + 50) * 8e3 / 6);
  RadioLinks net(1);
  net.config.population = kVoters;
  for (const Place &p : disc(kVoters, 200, 1)) net.add(p.x, p.y);
  size_t got = 0;
  bac_time quorum_at = 0;
  net.on_deliver = [&](uint32_t id, const uint8_t *, size_t length) {
    if (id == 0 && length == 160 && ++got == bac_quorum(kVoters)) quorum_at = net.now;
  };
  net.run(5 * BAC_SECOND);
  const bac_time start = net.now;
  for (uint32_t i = 1; i < kVoters; i++)
    net.send(i, BAC_BROADCAST, object_of(160, 1000 + i), BAC_LINK_VOTE, static_cast<bac_time>(kSpread * summed * i / kVoters));
  EXPECT_TRUE(net.run(start + 5 * BAC_SECOND, [&] { return got == kVoters - 1; })) << "relays bring them all: " << got;
  const double quorum = static_cast<double>(quorum_at - start) / summed, all = static_cast<double>(net.now - start) / summed;
  std::printf("votes of %u EVs within 200 m: a quorum after %.2f, all after %.2f times their summed airtime\n", kVoters, quorum, all);
  EXPECT_LE(quorum, 2.0);
}

/* Of so many EVs' votes, in times of their summed airtime. */
struct Votes {
  double half = 0, all = 0; /* until half of the EVs, and all, have a quorum */
  double relays = 0;        /* of EVs, a vote */
};

Votes votes_along_road(bac_time after, uint64_t seed) {
  const double summed = kVoters * (195500 + (200 + 50) * 8e3 / 6);
  RadioLinks net(seed);
  net.config.population = kVoters;
  net.config.backhaul = true;
  road_of(net, kVoters, 5, seed);
  std::vector<uint32_t> got(kVoters);
  uint32_t quorums = 0;
  net.on_deliver = [&](uint32_t id, const uint8_t *, size_t length) { quorums += length == 160 && id < kVoters && ++got[id] + 1 == bac_quorum(kVoters); };
  net.run(after);
  const bac_time start = net.now;
  for (uint32_t i = 0; i < kVoters; i++)
    net.send(i, BAC_BROADCAST, object_of(160, 1000 + i), BAC_LINK_VOTE, static_cast<bac_time>(kSpread * summed * i / kVoters));
  bac_time half = 0;
  EXPECT_TRUE(net.run(start + 10 * BAC_SECOND, [&] {
    if (half == 0 && 2 * quorums >= kVoters) half = net.now;
    return quorums == kVoters;
  })) << quorums << " EVs have a quorum, seed " << seed;
  const uint64_t relays = net.sum(BAC_LINK_EV, [](auto &c) { return c.items_relayed; });
  return {static_cast<double>(half - start) / summed, static_cast<double>(net.now - start) / summed, static_cast<double>(relays) / kVoters};
}

/* A shard of 500 EVs on a road of 3 km: RSUs bring each vote to all cells, in slots in turn, and EVs who hear them are silent. Stations know soon how many
 * they are. With votes spread over twice their airtime it takes 2.1, without slots 2.7 and with RSUs that hold back, as EVs do, 6.6 times that airtime. */
TEST(DisseminationRadio, VotesOfManyAlongARoad) {
  for (bac_time after : {BAC_SECOND, 20 * BAC_SECOND}) {
    Votes mean;
    for (uint64_t seed = 1; seed <= kSeeds; seed++) {
      const Votes v = votes_along_road(after, seed);
      mean.half += v.half / static_cast<double>(kSeeds);
      mean.all += v.all / static_cast<double>(kSeeds);
      mean.relays += v.relays / static_cast<double>(kSeeds);
    }
    std::printf("votes of %u EVs along 3 km, 5 RSUs, after %ld s: half of them have a quorum after %.2f, all after %.2f times the votes' summed airtime, "
                "%.1f relays of a vote by EVs\n", kVoters, after / BAC_SECOND, mean.half, mean.all, mean.relays);
    EXPECT_LE(mean.half, kHalfMost);
    EXPECT_LE(mean.all, after > BAC_SECOND ? kAllMost : kAllMost * 1.25);
  }
}

/* Several large objects at once, as when a round has more than one proposal and certificate. RSUs repair, EVs leave it to them, and few ask. */
TEST(DisseminationRadio, SeveralObjectsAmongManyAlongARoad) {
  const uint32_t objects = 6;
  RadioLinks net(1);
  net.config.population = kVoters;
  net.config.backhaul = true;
  road_of(net, kVoters, 5, 1);
  uint32_t got = 0;
  net.on_deliver = [&](uint32_t id, const uint8_t *, size_t length) { got += length == 25000 && id < kVoters; };
  net.run(20 * BAC_SECOND);
  const bac_time start = net.now;
  for (uint32_t i = 0; i < objects; i++) net.send(i * kVoters / objects, BAC_BROADCAST, object_of(25000, 2000 + i), BAC_LINK_BULK);
  EXPECT_TRUE(net.run(start + 20 * BAC_SECOND, [&] { return got == objects * (kVoters - 1); })) << got;
  const double ratio = static_cast<double>(net.now - start) / (objects * loss_free_ns(25000));
  const uint64_t needs = net.sum(BAC_LINK_EV, [](auto &c) { return c.needs_sent; });
  const uint64_t repairs = net.sum(BAC_LINK_EV, [](auto &c) { return c.repair_symbols_sent; });
  std::printf("%u objects of 25000 B at once to %u EVs along 3 km, 5 RSUs: %.2f times their loss-free airtime, %lu requests and %lu repair symbols of EVs\n", objects,
              kVoters, ratio, needs, repairs);
  EXPECT_LE(ratio, 9);
  EXPECT_LE(needs, 6000u);
  EXPECT_LE(repairs, 2000u);
}

/* The tables of doc/radio.md: --gtest_also_run_disabled_tests. */
void tables(Channel channel) {
  for (double radius : {100., 150., 200., 250., 300.})
    for (uint32_t hz : {0u, 10u}) spread(channel, 500000, 50, radius, hz, 5);
  for (size_t bytes : {size_t{100000}, size_t{2000000}})
    for (double radius : {150., 300.})
      for (uint32_t hz : {0u, 10u}) spread(channel, bytes, 50, radius, hz, 5);
  const std::pair<size_t, uint32_t> roads[] = {{500000, 3}, {500000, 5}, {500000, 6}, {500000, 10}, {2000000, 5}};
  for (const auto &[bytes, rsus] : roads) {
    double all = 0, most = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
      const Road road = along_road(channel, bytes, 100, rsus, seed);
      all += road.evs * 1e9 / loss_free_ns(bytes) / 10;
      most += road.most * 1e9 / loss_free_ns(bytes) / 10;
    }
    std::printf("%s: %zu B to 100 EVs along 3 km, %u RSUs: %.2f times the loss-free airtime, two thirds of them after %.2f\n", name_of(channel), bytes, rsus, all,
                most);
    std::fflush(stdout);
  }
}

TEST(DisseminationRadio, DISABLED_TableOfVotes) {
  for (bac_time after : {BAC_SECOND, 20 * BAC_SECOND})
    for (uint64_t seed = 1; seed <= 5; seed++) {
      const Votes v = votes_along_road(after, seed);
      std::printf("%u EVs along 3 km, 5 RSUs, after %ld s, seed %lu: half have a quorum after %.2f, all after %.2f times the votes' summed airtime, %.1f relays of a vote by EVs\n",
                  kVoters, after / BAC_SECOND, seed, v.half, v.all, v.relays);
    }
}

TEST(DisseminationRadio, DISABLED_Table) { tables(Channel::OURS); }
TEST(DisseminationRadio, DISABLED_TableOfNs3sDistances) { tables(Channel::NS3); }

} // namespace
