/* SPDX-License-Identifier: GPL-2.0-only */
/* Epochs under every protocol in the in-process network: members join, leave, vanish and come back, in the middle of everything.
 * Agreement always, one roster per epoch, no transaction lost or doubled. Every failure names its seed. */
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "network.h"

extern "C" {
#include "base/random.h"
#include "base/bytes.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "link/link.h"
#include "wire/message.h"
}

namespace {

struct Case {
  const char *protocol;
  bac_mode mode = BAC_MODE_SAFE;
};

std::ostream &operator<<(std::ostream &out, const Case &c) { return out << c.protocol; }

uint64_t seeds_last() {
  const char *more = getenv("BAC_SEEDS"); /* a longer hunt */
  return more ? strtoull(more, nullptr, 10) : 4;
}

/* A network and what each node said of its epochs. */
class Shard {
 public:
  explicit Shard(const bac_sim_config &c) {
    char why[200] = "";
    sim = bac_sim_new(&c, why, sizeof why);
    if (!sim) ADD_FAILURE() << why;
    nodes = c.nodes;
  }
  ~Shard() { bac_sim_free(sim); }
  Shard(const Shard &) = delete;
  Shard &operator=(const Shard &) = delete;

  bool up(uint32_t i) const {
    uint64_t epoch;
    bool member;
    return bac_sim_epoch(sim, i, &epoch, &member);
  }
  bool member(uint32_t i) const {
    uint64_t epoch;
    bool member;
    return bac_sim_epoch(sim, i, &epoch, &member) && member;
  }
  uint64_t epoch(uint32_t i) const {
    uint64_t epoch;
    bool member;
    bac_sim_epoch(sim, i, &epoch, &member);
    return epoch;
  }
  uint64_t epoch_max() const { return bac_sim_report(sim).epoch_max; }
  uint32_t members() const {
    uint32_t count = 0;
    for (uint32_t i = 0; i < nodes; i++) count += member(i) && epoch(i) == epoch_max();
    return count;
  }
  std::string show() const {
    std::string text;
    for (uint32_t i = 0; i < nodes; i++) {
      struct bac_counters c;
      bac_sim_counters(sim, i, &c);
      text += "\n  node " + std::to_string(i) + (up(i) ? "" : " down") + (member(i) ? " member" : "") + " in epoch " + std::to_string(epoch(i)) +
              ", height " + std::to_string(c.chain_height) + ", round " + std::to_string(c.round) + ", waiting " + std::to_string(c.pool_txs);
    }
    return text;
  }
  void run(bac_time seconds) { bac_sim_run(sim, now += seconds * BAC_SECOND); }
  /* Until it holds, or seconds have passed. */
  template <typename Holds>
  bool until(Holds holds, bac_time seconds) {
    const bac_time end = now + seconds * BAC_SECOND;
    while (!holds() && now < end) bac_sim_run(sim, now += BAC_SECOND / 2);
    return holds();
  }

  bac_sim *sim;
  uint32_t nodes;
  bac_time now = 0;
};

bac_sim_config base(const Case &c, uint64_t seed, uint32_t founders, uint32_t joiners) {
  bac_sim_config config = bac_sim_config_default(c.protocol, seed);
  config.node.mode = c.mode;
  config.nodes = founders + joiners;
  config.founders = founders;
  config.epoch_blocks = 5;
  config.tx_rate_milli = 1000;
  config.node.gossip_period = 200 * BAC_MS;
  return config;
}

class Epochs : public ::testing::TestWithParam<Case> {};

TEST_P(Epochs, FollowEachOtherAndLoseNoTransaction) {
  for (bac_delivery delivery : {BAC_DELIVERY_BROADCAST, BAC_DELIVERY_UNICAST}) {
    bac_sim_config c = base(GetParam(), 3, 7, 0);
    c.node.delivery = delivery;
    c.tx_stop = 40 * BAC_SECOND;
    Shard s(c);
    s.run(60);
    struct bac_sim_report r;
    s.until([&] { return r = bac_sim_report(s.sim), r.height_min == r.height_max; }, 5); /* a block may be on its way */
    EXPECT_EQ(0u, r.conflicts) << bac_sim_conflict(s.sim);
    EXPECT_EQ(0u, r.gaps);
    EXPECT_GE(r.epoch_max, 4u);
    EXPECT_EQ(r.turns, 7 * r.epoch_max);
    EXPECT_EQ(r.height_min, r.height_max);
    EXPECT_GT(r.txs_submitted, 150u);
    EXPECT_EQ(r.txs_submitted, r.txs_committed) << "delivery " << delivery;
  }
}

TEST_P(Epochs, ANewcomerJoinsAndALeaverGoes) {
  Shard s(base(GetParam(), 5, 7, 2));
  s.run(8);
  bac_sim_restart(s.sim, 7);
  EXPECT_TRUE(s.until([&] { return s.member(7) && s.epoch(7) == s.epoch_max(); }, 40));
  EXPECT_EQ(8u, s.members());
  bac_sim_depart(s.sim, 2, s.now + 5 * BAC_SECOND);
  EXPECT_TRUE(s.until([&] { return !s.member(2); }, 40));
  bac_sim_crash(s.sim, 2);
  bac_sim_restart(s.sim, 8);
  EXPECT_TRUE(s.until([&] { return s.member(8) && s.epoch(8) == s.epoch_max(); }, 40));
  EXPECT_EQ(8u, s.members());
  /* The newcomer's transactions are committed, and it follows all blocks. */
  const uint64_t before = bac_sim_report(s.sim).height_max;
  s.run(10);
  const struct bac_sim_report r = bac_sim_report(s.sim);
  EXPECT_GT(r.height_min, before);
  EXPECT_EQ(0u, r.conflicts) << bac_sim_conflict(s.sim);
  EXPECT_EQ(0u, r.gaps);
}

TEST_P(Epochs, WhoWasAwayForEpochsGetsTheState) {
  Shard s(base(GetParam(), 6, 7, 0));
  s.run(7);
  bac_sim_crash(s.sim, 3);
  const uint64_t then = s.epoch_max();
  EXPECT_TRUE(s.until([&] { return s.epoch_max() >= then + 3; }, 60));
  bac_sim_restart(s.sim, 3);
  EXPECT_TRUE(s.until([&] { return s.epoch(3) == s.epoch_max(); }, 30));
  const uint64_t before = bac_sim_report(s.sim).height_max;
  EXPECT_TRUE(s.until([&] { return bac_sim_report(s.sim).height_min > before; }, 30));
  /* And from its own records. */
  bac_sim_crash(s.sim, 3);
  s.run(1);
  bac_sim_restart(s.sim, 3);
  const uint64_t again = bac_sim_report(s.sim).height_max;
  EXPECT_TRUE(s.until([&] { return bac_sim_report(s.sim).height_min > again + 3; }, 40));
  EXPECT_EQ(0u, bac_sim_report(s.sim).conflicts) << bac_sim_conflict(s.sim);
}

/* Says again and again, to some, that an epoch goes on that does not exist, in the name of ids that do not. */
class Rumour {
 public:
  explicit Rumour(const Shard &shard) : shard_(shard) {
    bac_link_config c = {};
    c.self = 100;
    c.population = 200;
    c.hello_interval = -1;
    c.hash = [](uint8_t out[BAC_HASH_BYTES], const void *bytes, size_t length) { bac_hash(out, BAC_DOMAIN_OBJECT, bytes, length); };
    bac_link_callbacks deaf = {};
    deaf.deliver = [](void *, const uint8_t *, size_t, uint32_t) {};
    link_ = bac_link_new(&c, &deaf, nullptr);
  }
  ~Rumour() { bac_link_free(link_); }
  Rumour(const Rumour &) = delete;
  Rumour &operator=(const Rumour &) = delete;

  void tell(uint32_t to) {
    bac_msg m = {};
    m.type = BAC_MSG_CLOSE;
    m.epoch = UINT64_MAX;
    m.sender = 100 + count_ % 50;
    m.view = ++count_; /* equal objects are delivered once */
    bac_buf *object = bac_msg_encode(&m);
    bac_link_send(link_, shard_.now, BAC_BROADCAST, BAC_LINK_CONTROL, object->data, object->length, 0);
    bac_buf_unref(object);
    bac_link_frame f;
    while (bac_link_next_frame(link_, shard_.now, BAC_LINK_AIR, BAC_LINK_ALL, &f)) bac_sim_inject(shard_.sim, to, f.bytes, f.length);
  }

 private:
  const Shard &shard_;
  bac_link *link_;
  uint32_t count_ = 0;
};

/* Found by the simulator (hashgraph, seed 711411): members that were behind asked for the epoch that liars spoke of, and never for the
 * state of the one that there is. */
TEST_P(Epochs, ARumourOfALaterOneHoldsNobodyBack) {
  Shard s(base(GetParam(), 8, 7, 1));
  Rumour rumour(s);
  const auto told = [&](auto holds) {
    return [&rumour, holds] {
      for (int i = 0; i < 4; i++)
        for (uint32_t to : {3u, 7u}) rumour.tell(to);
      return holds();
    };
  };
  s.run(7);
  bac_sim_crash(s.sim, 3);
  const uint64_t then = s.epoch_max();
  EXPECT_TRUE(s.until([&] { return s.epoch_max() >= then + 3; }, 60));
  bac_sim_restart(s.sim, 3);
  bac_sim_restart(s.sim, 7);
  EXPECT_TRUE(s.until(told([&] { return s.epoch(3) == s.epoch_max() && s.member(7); }), 60)) << s.show();
  const uint64_t before = bac_sim_report(s.sim).height_max;
  EXPECT_TRUE(s.until(told([&] { return bac_sim_report(s.sim).height_min > before; }), 30)) << s.show();
}

/* Comings and goings, loss, crashes and cuts all at once; then quiet, and progress of all members. */
TEST_P(Epochs, AgreeThroughChurnAndFaults) {
  for (uint64_t seed = 1; seed <= seeds_last() && !HasFailure(); seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    bac_random r = bac_random_stream(seed, 77, BAC_PURPOSE_FAULTS);
    bac_sim_config c = base(GetParam(), seed, 8, 4);
    c.loss_permille = static_cast<uint32_t>(bac_random_below(&r, 150));
    c.delay_max = BAC_MS * static_cast<bac_time>(2 + bac_random_below(&r, 40));
    c.node.delivery = bac_random_chance(&r, 1, 4) ? BAC_DELIVERY_UNICAST : BAC_DELIVERY_BROADCAST;
    Shard s(c);
    uint32_t next = 8;
    for (int phase = 0; phase < 8; phase++) {
      const uint32_t victim = static_cast<uint32_t>(bac_random_below(&r, 8));
      switch (bac_random_below(&r, 4)) {
        case 0:
          if (next < 12) bac_sim_restart(s.sim, next++);
          break;
        case 1:
          if (s.up(victim)) bac_sim_depart(s.sim, victim, s.now + 4 * BAC_SECOND);
          break;
        case 2:
          if (!s.up(victim)) break;
          bac_sim_crash(s.sim, victim);
          bac_sim_run(s.sim, s.now += BAC_MS * static_cast<bac_time>(bac_random_below(&r, 3000)));
          bac_sim_restart(s.sim, victim);
          break;
        default: {
          std::vector<uint8_t> group(12, 0);
          for (auto &g : group) g = static_cast<uint8_t>(bac_random_below(&r, 4) == 0);
          bac_sim_partition(s.sim, group.data());
        }
      }
      s.run(4);
      bac_sim_partition(s.sim, nullptr);
    }
    bac_sim_set_loss(s.sim, static_cast<uint32_t>(bac_random_below(&r, 60)));
    const uint64_t epoch = s.epoch_max();
    EXPECT_TRUE(s.until(
        [&] {
          if (s.epoch_max() < epoch + 2) return false;
          for (uint32_t i = 0; i < s.nodes; i++)
            if (s.member(i) && s.epoch(i) + 1 < s.epoch_max()) return false;
          return true;
        },
        90))
        << "no progress: epoch " << s.epoch_max() << ", healed in " << epoch << s.show();
    const struct bac_sim_report report = bac_sim_report(s.sim);
    EXPECT_EQ(0u, report.conflicts) << bac_sim_conflict(s.sim);
    EXPECT_EQ(0u, report.gaps);
  }
}

/* Found by the simulator (hashgraph, seed 218): members that missed a boundary together kept each other busy, and neither they nor the others
 * ever said anything but events, which nobody read the epoch of. */
TEST(EpochsOfHashgraph, EventsTellWhoMissedABoundary) {
  bac_sim_config c = base({"hashgraph"}, 5, 7, 0);
  c.tx_stop = 15 * BAC_SECOND;
  Shard s(c);
  const uint8_t group[7] = {0, 0, 0, 0, 0, 1, 1};
  bac_sim_partition(s.sim, group);
  ASSERT_TRUE(s.until([&] { return s.epoch_max() > 0; }, 40)) << s.show();
  s.run(20);
  ASSERT_EQ(0u, s.epoch(5)) << s.show();
  ASSERT_EQ(0u, s.epoch(6)) << s.show();
  bac_sim_partition(s.sim, nullptr);
  EXPECT_TRUE(s.until([&] { return s.members() == 7; }, 20)) << s.show();
}

/* Calls see(origin, destination, object, message) for each message in a frame. */
template <typename See>
void each_message(uint8_t *frame, size_t length, See see) {
  if ((frame[1] & 15) != BAC_LINK_BUNDLE) return;
  bac_reader r = bac_reader_over(frame + 9, length - 9); /* link.h: a frame's header, then items */
  while (bac_reader_left(&r) > 0 && (bac_read_u8(&r) & 15) == 1) { /* of data */
    bac_read_u16(&r); /* attempt, hops */
    const uint32_t origin = bac_read_u16(&r), to = bac_read_u16(&r), size = bac_read_u16(&r);
    bac_read_bytes(&r, 8);
    const uint8_t *object = bac_read_bytes(&r, size);
    bac_msg m;
    if (object && object[0] == BAC_OBJECT_MESSAGE && bac_msg_decode(&m, object, size)) see(origin, to, frame + (object - frame), m);
  }
}

/* BOUNDARY messages that fit a frame, as their senders put them on the air. */
struct Boundaries {
  struct Said {
    bac_time at;
    uint32_t by, to;
    bool roster;
  };
  std::vector<Said> said;

  static bool with_roster(const bac_msg &m) {
    bac_reader r = bac_reader_over(m.payload, m.payload_length); /* node/boundary.c */
    bac_read_bytes(&r, bac_read_u16(&r));
    bac_read_bytes(&r, bac_read_u32(&r));
    return r.ok && bac_reader_left(&r) > 0;
  }

  static void look(void *ctx, bac_time now, uint32_t host, const struct bac_effect *effect) {
    if (effect->type != BAC_EFFECT_FRAME) return;
    std::vector<uint8_t> frame(effect->frame.bytes, effect->frame.bytes + effect->frame.length);
    each_message(frame.data(), frame.size(), [&](uint32_t origin, uint32_t to, uint8_t *, const bac_msg &m) {
      if (origin == host && m.type == BAC_MSG_BOUNDARY) static_cast<Boundaries *>(ctx)->said.push_back({now, host, to, with_roster(m)});
    });
  }
};

/* Who turns last has what the others said of the next epoch meanwhile, and need not ask: it is never told a certified block. Among a crowd the boundary
 * without the roster is enough. */
TEST(EpochsOfACrowd, WhoTurnsLateHasHeardWhatTheOthersSaid) {
  struct Filter {
    bool late, crowd;
  };
  for (uint64_t seed = 1; seed < 7; seed++) {
    Filter filter = {true, seed % 2 == 0};
    bac_sim_config c = base({"bac"}, seed, 5, 0);
    if (filter.crowd) c.node.crowd_members = 4;
    c.epoch_blocks = 40;
    c.tx_rate_milli = 4000;
    Shard s(c);
    bac_sim_set_filter(
        s.sim,
        [](void *ctx, uint32_t, uint32_t to, uint8_t *frame, size_t *length) {
          const Filter f = *static_cast<Filter *>(ctx);
          if (to == 4)
            each_message(frame, *length, [f](uint32_t, uint32_t, uint8_t *object, const bac_msg &m) {
              const bool boundary = m.type == BAC_MSG_BOUNDARY && (f.late || (f.crowd && Boundaries::with_roster(m)));
              if (m.protocol == 0 && (m.type == BAC_MSG_CERTIFIED || boundary || (f.late && m.type == BAC_MSG_CLOSE))) object[0] = 0xff;
            });
          return true;
        },
        &filter);
    ASSERT_TRUE(s.until([&] { return s.epoch_max() > 0; }, 100)) << s.show();
    s.run(2);
    ASSERT_EQ(0u, s.epoch(4)) << s.show();
    ASSERT_GT(bac_sim_report(s.sim).height_max, c.epoch_blocks) << s.show();
    filter.late = false;
    ASSERT_TRUE(s.until([&] { return s.epoch(4) == 1; }, 30)) << "seed " << seed << s.show();
    struct bac_counters last;
    bac_sim_counters(s.sim, 4, &last);
    EXPECT_GT(last.chain_height, c.epoch_blocks) << "seed " << seed << s.show();
  }
}

/* A member hears nobody, and is heard: it stays behind. */
TEST(EpochsOfACrowd, AFewTellWhoIsBehindAndNotAtOnce) {
  for (bool crowd : {false, true}) {
    uint32_t early = 0, whole = 0, told = 0;
    for (uint64_t seed = 5; seed < 9; seed++) {
      bac_sim_config c = base({"bac"}, seed, 5, 0);
      if (crowd) c.node.crowd_members = 4;
      c.epoch_blocks = 40; /* the next epoch is longer than the test */
      c.tx_rate_milli = 4000;
      Shard s(c);
      bac_sim_set_filter(s.sim, [](void *, uint32_t, uint32_t to, uint8_t *, size_t *) { return to != 4; }, nullptr);
      ASSERT_TRUE(s.until([&] { return s.epoch_max() > 0; }, 100)) << s.show();
      const bac_time turned = s.now;
      Boundaries boundaries;
      bac_sim_on_effect(s.sim, Boundaries::look, &boundaries);
      s.run(30);
      ASSERT_EQ(1u, s.epoch_max());
      std::set<std::pair<uint32_t, bac_time>> all;
      for (const auto &b : boundaries.said) {
        EXPECT_EQ(4u, b.to);
        early += b.at < turned + 2 * BAC_SECOND;
        whole += b.roster;
        if (!b.roster) all.insert({b.by, b.at / BAC_SECOND}); /* the link may say it again */
      }
      for (const auto &[by, at] : all)
        for (bac_time later = 2; later < 5; later++) EXPECT_FALSE(all.count({by, at + later})) << by << " at " << at << " s, seed " << seed;
      told += static_cast<uint32_t>(all.size());
    }
    EXPECT_EQ(crowd, early == 0) << early << ": its messages may have been on their way";
    EXPECT_EQ(crowd, told > 8) << told;
    EXPECT_LT(told, 40u) << "two of five in an interval, on average";
    EXPECT_EQ(crowd, whole <= 32) << whole << ": only when it asks, since it hears nobody";
  }
}

/* Those who have not heard enough CLOSE messages say theirs again: where they are many, what certifies the boundary is said to all. */
TEST(EpochsOfACrowd, WhatCertifiesABoundaryIsSaidToAll) {
  uint32_t published = 0;
  for (uint64_t seed = 1; seed < 5; seed++) {
    bac_sim_config c = base({"bac"}, seed, 5, 0);
    c.node.crowd_members = 4;
    c.epoch_blocks = 40;
    c.tx_rate_milli = 4000;
    Shard s(c);
    bac_sim_set_filter(
        s.sim,
        [](void *, uint32_t, uint32_t to, uint8_t *frame, size_t *length) {
          if (to == 4)
            each_message(frame, *length, [](uint32_t, uint32_t receiver, uint8_t *object, const bac_msg &m) {
              const bool told = m.type == BAC_MSG_BOUNDARY && receiver == 4;
              if (m.protocol == 0 && (m.type == BAC_MSG_CLOSE || told)) object[0] = 0xff;
            });
          return true;
        },
        nullptr);
    ASSERT_TRUE(s.until([&] { return s.epoch_max() > 0; }, 100)) << s.show();
    EXPECT_EQ(0u, s.epoch(4));
    const bac_time turned = s.now;
    Boundaries boundaries;
    bac_sim_on_effect(s.sim, Boundaries::look, &boundaries);
    s.run(6);
    EXPECT_EQ(1u, s.epoch(4)) << "seed " << seed << s.show();
    std::set<uint32_t> publishers;
    for (const auto &b : boundaries.said) {
      if (b.to != BAC_BROADCAST) continue;
      publishers.insert(b.by);
      EXPECT_FALSE(b.roster);
      EXPECT_GT(b.at, turned + BAC_SECOND) << "it may still get there by itself";
    }
    published += static_cast<uint32_t>(publishers.size());
  }
  EXPECT_LE(published, 5u) << "by one in each of four runs, seldom by two at once";
}

/* Who is outside asks for the boundary as soon as it has heard that the epoch is over; among a crowd, where many may be, not at once. */
TEST(EpochsOfACrowd, WhoIsOutsideDoesNotAskAtOnce) {
  for (bool crowd : {false, true}) {
    uint32_t asked = 0;
    for (uint64_t seed = 1; seed < 5; seed++) {
      bac_sim_config c = base({"bac"}, seed, 10, 1);
      if (crowd) c.node.crowd_members = 4;
      c.epoch_blocks = 40;
      Shard s(c);
      std::vector<bac_time> fetches; /* of the newcomer, which cannot join before the epoch's end */
      bac_sim_on_effect(
          s.sim,
          [](void *ctx, bac_time now, uint32_t host, const struct bac_effect *effect) {
            if (effect->type != BAC_EFFECT_FRAME || host != 10) return;
            std::vector<uint8_t> frame(effect->frame.bytes, effect->frame.bytes + effect->frame.length);
            each_message(frame.data(), frame.size(), [&](uint32_t origin, uint32_t, uint8_t *, const bac_msg &m) {
              if (origin == 10 && m.protocol == 0 && m.type == BAC_MSG_FETCH) static_cast<std::vector<bac_time> *>(ctx)->push_back(now);
            });
          },
          &fetches);
      s.run(20);
      bac_sim_restart(s.sim, 10);
      while (s.epoch_max() == 0 && s.now < 100 * BAC_SECOND) bac_sim_run(s.sim, s.now += 10 * BAC_MS);
      ASSERT_EQ(1u, s.epoch_max()) << s.show();
      const bac_time turned = s.now;
      s.run(1);
      for (bac_time at : fetches) asked += at > turned - BAC_SECOND / 4;
    }
    EXPECT_EQ(crowd, asked == 0) << asked;
  }
}

/* A frame of the last member's with a message, which it has signed if there is a seed. */
std::vector<uint8_t> injected(uint32_t protocol, uint32_t type, uint64_t epoch, uint64_t view, uint64_t seed = 0) {
  bac_link_config c = {};
  c.self = 4;
  c.frame_bytes_max = BAC_FRAME_BYTES_MAX;
  c.bit_rate_bps = 6000000;
  c.population = 5;
  c.hello_interval = -1;
  c.hash = [](uint8_t out[BAC_HASH_BYTES], const void *bytes, size_t length) { bac_hash(out, BAC_DOMAIN_OBJECT, bytes, length); };
  bac_link_callbacks callbacks = {};
  callbacks.deliver = [](void *, const uint8_t *, size_t, uint32_t) {};
  bac_link *link = bac_link_new(&c, &callbacks, nullptr);
  bac_msg m = {};
  m.protocol = static_cast<decltype(m.protocol)>(protocol);
  m.type = static_cast<decltype(m.type)>(type);
  m.epoch = epoch;
  m.sender = 4;
  m.view = view;
  if (seed > 0) {
    bac_keypair keys;
    bac_cost cost = {};
    uint8_t digest[BAC_HASH_BYTES];
    bac_keypair_derive(&keys, seed, m.sender);
    bac_msg_signing_digest(digest, &m);
    bac_sign(m.signature, digest, &keys, &cost);
  }
  bac_buf *object = bac_msg_encode(&m);
  bac_link_send(link, 0, BAC_BROADCAST, BAC_LINK_CONTROL, object->data, object->length, 0);
  bac_buf_unref(object);
  bac_link_frame frame;
  std::vector<uint8_t> bytes;
  if (bac_link_next_frame(link, 0, BAC_LINK_AIR, BAC_LINK_ALL, &frame)) bytes.assign(frame.bytes, frame.bytes + frame.length);
  bac_link_free(link);
  return bytes;
}

TEST(EpochsOfACrowd, NobodyTellsItForAForgedMessage) {
  bac_sim_config c = base({"bac"}, 5, 5, 0);
  c.node.crowd_members = 4;
  c.epoch_blocks = 40;
  c.tx_rate_milli = 4000;
  Shard s(c);
  const uint8_t group[5] = {0, 0, 0, 0, 1};
  bac_sim_partition(s.sim, group);
  ASSERT_TRUE(s.until([&] { return s.epoch_max() > 0; }, 100)) << s.show();
  Boundaries boundaries;
  bac_sim_on_effect(s.sim, Boundaries::look, &boundaries);
  struct bac_counters before, after;
  bac_sim_counters(s.sim, 0, &before);
  for (uint64_t k = 0; k < 25; k++) {
    const std::vector<uint8_t> frame = injected(0, BAC_MSG_CLOSE, 0, k);
    ASSERT_FALSE(frame.empty());
    for (uint32_t i = 0; i < 4; i++) bac_sim_inject(s.sim, i, frame.data(), frame.size());
    s.run(1);
  }
  bac_sim_counters(s.sim, 0, &after);
  EXPECT_GE(after.rejects[BAC_REJECT_SIGNATURE], before.rejects[BAC_REJECT_SIGNATURE] + 20) << "they came in";
  for (const auto &b : boundaries.said) EXPECT_TRUE(b.roster || b.to == BAC_BROADCAST) << "told at " << b.at;
}

/* What a member said in the epoch before may come late: whoever has heard it in this one knows that it is not behind. */
TEST(EpochsOfACrowd, NobodyTellsItWhoIsThere) {
  for (bool crowd : {false, true}) {
    bac_sim_config c = base({"bac"}, 5, 5, 0);
    if (crowd) c.node.crowd_members = 4;
    c.epoch_blocks = 40;
    c.tx_rate_milli = 4000;
    Shard s(c);
    ASSERT_TRUE(s.until([&] { return s.members() == 5 && s.epoch_max() == 1; }, 100)) << s.show();
    s.run(4);
    ASSERT_EQ(1u, s.epoch_max());
    Boundaries boundaries;
    bac_sim_on_effect(s.sim, Boundaries::look, &boundaries);
    struct bac_counters before, after;
    bac_sim_counters(s.sim, 0, &before);
    for (uint64_t k = 0; k < 20; k++) {
      const std::vector<uint8_t> frame = injected(0, BAC_MSG_CLOSE, 0, k, 5);
      ASSERT_FALSE(frame.empty());
      for (uint32_t i = 0; i < 4; i++) bac_sim_inject(s.sim, i, frame.data(), frame.size());
      s.run(1);
    }
    ASSERT_EQ(1u, s.epoch_max());
    bac_sim_counters(s.sim, 0, &after);
    EXPECT_EQ(before.rejects[BAC_REJECT_SIGNATURE], after.rejects[BAC_REJECT_SIGNATURE]);
    for (const auto &b : boundaries.said)
      if (b.to != BAC_BROADCAST || !crowd) ADD_FAILURE() << b.by << " tells " << b.to << " at " << static_cast<double>(b.at) / BAC_SECOND << " s" << (crowd ? ", crowd" : "");
  }
}

/* Of the next epoch, too, only what a member has signed is held. */
TEST(EpochsOfACrowd, WhatNobodySignedIsNotHeld) {
  Shard s(base({"bac"}, 5, 5, 0));
  s.run(1);
  struct bac_counters before, after;
  bac_sim_counters(s.sim, 0, &before);
  for (uint64_t k = 1; k < 20; k++) {
    const std::vector<uint8_t> frame = injected(2, BAC_MSG_CS_CONSENSUS, 1, k);
    ASSERT_FALSE(frame.empty());
    bac_sim_inject(s.sim, 0, frame.data(), frame.size());
    bac_sim_run(s.sim, s.now += 10 * BAC_MS);
  }
  ASSERT_EQ(0u, s.epoch(0));
  bac_sim_counters(s.sim, 0, &after);
  EXPECT_GE(after.rejects[BAC_REJECT_SIGNATURE], before.rejects[BAC_REJECT_SIGNATURE] + 15);
}

INSTANTIATE_TEST_SUITE_P(Engines, Epochs, ::testing::Values(Case{"bac"}, Case{"pbft"}, Case{"hashgraph"}, Case{"bac2"}),
                         [](const auto &info) { return std::string(info.param.protocol); });

}  // namespace
