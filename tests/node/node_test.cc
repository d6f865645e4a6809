/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sim/solo.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include <pb_decode.h>

#include "bac.pb.h"
#include "bac/cost.h"
#include "bac/workload.h"
#include "node/node_internal.h"
}
#pragma GCC diagnostic pop

using namespace bac_test;

namespace {

TEST(Config, DefaultHoldsAndEveryFieldIsChecked) {
  char why[300];
  bac_config good = bac_config_default();
  EXPECT_EQ(BAC_OK, bac_config_check(&good, why, sizeof why));
  struct Case {
    const char *field;
    std::function<void(bac_config *)> spoil;
  };
  const std::vector<Case> cases = {
      {"protocol", [](bac_config *c) { c->protocol = "pow"; }},
      {"protocol", [](bac_config *c) { c->protocol = nullptr; }},
      {"mode", [](bac_config *c) { c->mode = static_cast<bac_mode>(3); }},
      {"delivery", [](bac_config *c) { c->delivery = static_cast<bac_delivery>(2); }},
      {"election", [](bac_config *c) { c->election = static_cast<bac_election>(2); }},
      {"vote_rule", [](bac_config *c) { c->vote_rule = static_cast<bac_vote_rule>(2); }},
      {"block_bytes_max", [](bac_config *c) { c->block_bytes_max = BAC_BLOCK_BYTES_MAX + 1; }},
      {"block_bytes_max", [](bac_config *c) { c->block_bytes_max = 0; }},
      {"block_interval", [](bac_config *c) { c->block_interval = -1; }},
      {"candidates_permille", [](bac_config *c) { c->candidates_permille = 1001; }},
      {"full_permille", [](bac_config *c) { c->full_permille = 1001; }},
      {"checkpoint_interval", [](bac_config *c) { c->checkpoint_interval = 0; }},
      {"pool_txs_max", [](bac_config *c) { c->pool_txs_max = 0; }},
      {"bodies_kept", [](bac_config *c) { c->bodies_kept = 1; }},
      {"delta", [](bac_config *c) { c->delta = 0; }},
      {"request_timeout", [](bac_config *c) { c->request_timeout = 0; }},
      {"bit_rate_bps", [](bac_config *c) { c->bit_rate_bps = 0; }},
      {"frame_overhead_ns", [](bac_config *c) { c->frame_overhead_ns = -1; }},
      {"frame_bytes_max", [](bac_config *c) { c->frame_bytes_max = 1401; }},
  };
  for (auto &k : cases) {
    bac_config c = good;
    k.spoil(&c);
    EXPECT_EQ(BAC_EINVAL, bac_config_check(&c, why, sizeof why)) << k.field;
    EXPECT_NE(nullptr, strstr(why, k.field)) << why;
    EXPECT_EQ(nullptr, strchr(why, '\n')) << why;
  }
}

TEST(Names, EveryReasonHasOne) {
  for (int i = 0; i < BAC_REJECT_COUNT; i++) {
    ASSERT_NE(nullptr, bac_reject_name(static_cast<bac_reject>(i)));
    EXPECT_STRNE("?", bac_reject_name(static_cast<bac_reject>(i)));
  }
  EXPECT_STREQ("?", bac_reject_name(BAC_REJECT_COUNT));
  EXPECT_STREQ("bac", bac_protocol_info_at(0)->name);
  EXPECT_EQ(nullptr, bac_protocol_info_at(100));
}

TEST(Cost, AddsUp) {
  bac_cost c = {};
  c.signs = 2;
  c.verifies = 3;
  c.vrf_proves = 5;
  c.vrf_verifies = 7;
  c.hashed_bytes = 1000;
  c.coded_bytes = 500;
  const bac_cost_model *m = bac_cost_model_find("automotive");
  ASSERT_EQ(bac_cost_model_at(0), m);
  EXPECT_EQ(2 * m->sign_ns + 3 * m->verify_ns + 5 * m->vrf_prove_ns + 7 * m->vrf_verify_ns + m->hash_ps_per_byte +
                m->code_ps_per_byte / 2,
            bac_cost_time(m, &c));
  EXPECT_EQ(0, bac_cost_time(bac_cost_model_find("none"), &c));
  EXPECT_EQ(nullptr, bac_cost_model_find("abacus"));
  EXPECT_EQ(nullptr, bac_cost_model_at(2));
}

TEST(Workload, OfAnEvThatHasMovedIsForItsNewShard) {
  World w(10);
  bac_workload_config c = {};
  c.seed = 5;
  c.rate_milli = 500;
  c.stop = 1000 * BAC_SECOND;
  bac_roster west = w.roster, east = w.roster;
  west.count = 4;
  east.members += 4;
  east.count = 6;
  bac_workload *a = bac_workload_new(&c, &west, 3);
  bac_submit s;
  for (int i = 0; i < 50; i++) {
    bac_workload_next(a, &s);
    EXPECT_LT(s.to, 3u);
  }
  bac_workload_move(a, &east);
  std::set<uint32_t> to;
  for (int i = 0; i < 50; i++) bac_workload_next(a, &s), to.insert(s.to);
  EXPECT_EQ(6u, to.size());
  EXPECT_EQ(4u, *to.begin());
  bac_workload_move(a, &west);
  for (int i = 0; i < 50; i++) {
    bac_workload_next(a, &s);
    EXPECT_LT(s.to, 3u);
  }
  bac_workload_free(a);
}

TEST(Workload, IsAPoissonProcessThatOnlySeedAndIdChoose) {
  World w(10);
  bac_workload_config c = {};
  c.seed = 5;
  c.rate_milli = 500;
  c.tx_bytes = 300;
  c.start = BAC_SECOND;
  c.stop = 10000 * BAC_SECOND;
  bac_workload *a = bac_workload_new(&c, &w.roster, 3), *b = bac_workload_new(&c, &w.roster, 3);
  EXPECT_EQ(nullptr, bac_workload_new(&c, &w.roster, 77));
  bac_submit s, t;
  bac_time last = c.start;
  int count = 0;
  std::map<uint32_t, int> to;
  for (;;) {
    bac_time at = bac_workload_next(a, &s);
    EXPECT_EQ(at, bac_workload_next(b, &t));
    if (at == BAC_NEVER) break;
    ASSERT_GT(at, last);
    ASSERT_LT(at, c.stop);
    ASSERT_NE(3u, s.to);
    ASSERT_EQ(s.to, t.to);
    ASSERT_GT(s.amount_milli, 0);
    ASSERT_EQ(300u, s.bytes);
    to[s.to]++;
    last = at;
    count++;
  }
  EXPECT_NEAR(5000, count, 300);
  EXPECT_EQ(9u, to.size());
  EXPECT_EQ(BAC_NEVER, bac_workload_next(a, &s));
  bac_workload_free(a);
  bac_workload_free(b);
}

TEST(Node, RefusesWhatCannotBe) {
  World w(4);
  char why[300];
  bac_node_config nc = {};
  nc.config = &w.config;
  nc.roster = &w.roster;
  nc.id = 9;
  EXPECT_EQ(nullptr, bac_node_new(&nc, why, sizeof why));
  EXPECT_NE(nullptr, strstr(why, "9"));
  nc.id = 65535;
  nc.kind = BAC_NODE_RSU;
  EXPECT_EQ(nullptr, bac_node_new(&nc, why, sizeof why));
  nc.id = 100;
  bac_node *rsu = bac_node_new(&nc, why, sizeof why);
  EXPECT_NE(nullptr, rsu);
  bac_node_free(rsu);
  bac_roster far = w.roster;
  far.shard = 65536;
  nc.roster = &far;
  EXPECT_EQ(nullptr, bac_node_new(&nc, why, sizeof why));
  nc.roster = nullptr;
  EXPECT_EQ(nullptr, bac_node_new(&nc, why, sizeof why));
  bac_node_free(nullptr);
}

TEST(Node, MisuseByTheHostIsAnError) {
  World w(4);
  Solo s(&w, 0);
  bac_event e = {};
  e.type = BAC_EVENT_FRAME;
  EXPECT_EQ(BAC_ESTATE, s.step(e));
  e.type = BAC_EVENT_SUBMIT;
  EXPECT_EQ(BAC_ESTATE, s.step(e));
  e.type = BAC_EVENT_WAKE;
  EXPECT_EQ(BAC_ESTATE, s.step(e));
  e.type = BAC_EVENT_RESTORE;
  e.restore.kind = 7;
  EXPECT_EQ(BAC_EINVAL, s.step(e));
  uint8_t torn[] = {1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1};
  e.restore.bytes = torn;
  for (uint32_t kind : {BAC_RECORD_BLOCK, BAC_RECORD_BODY})
    for (size_t length = 0; length <= sizeof torn; length++) {
      e.restore.kind = kind;
      e.restore.length = length;
      EXPECT_EQ(BAC_ECORRUPT, s.step(e)) << length;
    }
  s.start();
  e = {};
  e.type = BAC_EVENT_START;
  EXPECT_EQ(BAC_ESTATE, s.step(e));
  e.type = BAC_EVENT_RESTORE;
  EXPECT_EQ(BAC_ESTATE, s.step(e));
  e.type = static_cast<bac_event_type>(99);
  EXPECT_EQ(BAC_EINVAL, s.step(e));
  e.type = BAC_EVENT_FRAME;
  e.frame.port = 2;
  EXPECT_EQ(BAC_EINVAL, s.step(e));
  e.frame.port = 0;
  e.frame.length = 5;
  EXPECT_EQ(BAC_EINVAL, s.step(e)); /* bytes NULL */
  s.run(5);
  bac_output out;
  e = {};
  e.type = BAC_EVENT_WAKE;
  e.now = 4;
  EXPECT_EQ(BAC_EINVAL, bac_node_step(s.node, &e, &out)); /* back in time */
  EXPECT_EQ(BAC_EINVAL, bac_node_step(nullptr, &e, &out));
  EXPECT_EQ(BAC_EINVAL, bac_node_step(s.node, nullptr, &out));
  EXPECT_EQ(BAC_EINVAL, bac_node_step(s.node, &e, nullptr));
  e.type = BAC_EVENT_SUBMIT;
  e.submit.to = 0; /* itself */
  e.submit.amount_milli = 5;
  EXPECT_EQ(BAC_EINVAL, s.step(e));
  e.submit.to = 77;
  EXPECT_EQ(BAC_EINVAL, s.step(e));
  e.submit.to = 1;
  e.submit.amount_milli = 0;
  EXPECT_EQ(BAC_EINVAL, s.step(e));
  e.submit.amount_milli = 5;
  EXPECT_EQ(BAC_OK, s.step(e));
  EXPECT_EQ(1u, s.counters().pool_txs);
}

/* The base station's word goes over the wire to an RSU and by air to the vehicles; what they make of it, they say with where they are. */
TEST(Node, TheBaseStationAnnouncesToItsShard) {
  World w(4);
  w.config.bit_rate_bps = 6000000;
  struct Station {
    Station(World *w, uint32_t id, bac_node_kind kind) {
      bac_node_config nc = {};
      nc.config = &w->config;
      nc.roster = &w->roster;
      nc.id = id;
      nc.kind = kind;
      char why[300];
      node = bac_node_new(&nc, why, sizeof why);
      bac_event e = {};
      e.type = BAC_EVENT_START;
      EXPECT_EQ(BAC_OK, step(e));
    }
    ~Station() { bac_node_free(node); }
    /* Frames of the port go to `heard`, announcements to `announced`. */
    int step(const bac_event &e) {
      bac_output out = {};
      const int error = bac_node_step(node, &e, &out);
      for (size_t i = 0; error == BAC_OK && i < out.effect_count; i++) {
        const bac_effect &f = out.effects[i];
        if (f.type == BAC_EFFECT_FRAME) heard[f.frame.port].emplace_back(f.frame.bytes, f.frame.bytes + f.frame.length);
        if (f.type == BAC_EFFECT_ANNOUNCED) announced.emplace_back(f.announced.bytes, f.announced.bytes + f.announced.length);
      }
      next = out.wakeup;
      return error;
    }
    void run(bac_time until) {
      while (next <= until) {
        bac_event e = {};
        e.type = BAC_EVENT_WAKE;
        e.now = next;
        ASSERT_EQ(BAC_OK, step(e));
      }
    }
    int give(uint32_t port, const Bytes &frame, bac_time now) {
      bac_event e = {};
      e.type = BAC_EVENT_FRAME;
      e.now = now;
      e.frame.port = port;
      e.frame.bytes = frame.data();
      e.frame.length = frame.size();
      return step(e);
    }
    bac_node *node;
    std::vector<Bytes> heard[2], announced;
    bac_time next = 0;
  };
  Station mbs(&w, 101, BAC_NODE_MBS), rsu(&w, 100, BAC_NODE_RSU), ev(&w, 2, BAC_NODE_MEMBER);
  Bytes said(300, 7);
  bac_event e = {};
  e.type = BAC_EVENT_ASSIGN;
  e.assign.bytes = said.data();
  e.assign.length = said.size();
  EXPECT_EQ(BAC_EINVAL, rsu.step(e)) << "it only relays";
  ASSERT_EQ(BAC_OK, mbs.step(e));
  mbs.run(BAC_SECOND);
  ASSERT_FALSE(mbs.heard[1].empty());
  EXPECT_TRUE(mbs.heard[0].empty()) << "it has no radio";
  for (const Bytes &frame : mbs.heard[1]) ASSERT_EQ(BAC_OK, rsu.give(1, frame, BAC_SECOND));
  rsu.run(2 * BAC_SECOND);
  ASSERT_FALSE(rsu.heard[0].empty());
  EXPECT_TRUE(rsu.announced.empty());
  for (const Bytes &frame : rsu.heard[0]) ASSERT_EQ(BAC_OK, ev.give(0, frame, 2 * BAC_SECOND));
  ASSERT_EQ(1u, ev.announced.size());
  EXPECT_EQ(said, ev.announced[0]);
}

/* Where all is said to members alone nobody tells one who was away that they have gone on (bac-sim, `bac2`, seed 2516). */
TEST(Node, AMemberThatHearsNobodyAsksForTheEndOfItsEpoch) {
  World w(4);
  w.roster.epoch_blocks = 5;
  bac_ca_derive_key(1, w.roster.ca_key);
  Solo s(&w, 0);
  s.start();
  const auto asked = [&s] {
    size_t times = 0;
    for (auto &h : s.heard) {
      bac_Fetch request = bac_Fetch_init_zero;
      pb_istream_t stream = pb_istream_from_buffer(h.payload.data(), h.payload.size());
      times += h.msg.type == BAC_MSG_FETCH && pb_decode(&stream, bac_Fetch_fields, &request) && request.what == BAC_FETCH_BOUNDARY;
    }
    return times;
  };
  s.run(7900 * BAC_MS);
  EXPECT_EQ(0u, asked());
  s.run(10 * BAC_SECOND);
  EXPECT_EQ(1u, asked());
  s.run(100 * BAC_SECOND);
  EXPECT_EQ(3u, asked()) << "after 8, 24 and 56 s";
  s.validate(w.build(w.genesis(), 1, w.justification({}), 0), 1); /* there is somebody */
  s.run(107 * BAC_SECOND);
  EXPECT_EQ(3u, asked());
  s.run(109 * BAC_SECOND);
  EXPECT_EQ(4u, asked());
}

/* Who hears of a later epoch asks for the end of its own; among a crowd it is told with the others, and asks if it was not. */
TEST(Node, AmongACrowdAMemberThatIsBehindAsksLater) {
  for (bool crowd : {false, true}) {
    World w(5);
    w.roster.epoch_blocks = 1000;
    if (crowd) w.config.crowd_members = 4;
    Solo s(&w, 0);
    s.start();
    bac_msg m = w.vote(w.build(w.genesis(), 1, w.justification({}), 0), 1);
    m.epoch = 1;
    s.say(1, m);
    s.run(5 * BAC_SECOND);
    EXPECT_EQ(crowd, !s.said(BAC_MSG_FETCH));
    s.run(13 * BAC_SECOND);
    EXPECT_TRUE(s.said(BAC_MSG_FETCH));
  }
}

/* It was told its epoch by the host and has no boundary to say. */
TEST(Node, AmongACrowdWhoHasNoBoundarySaysNone) {
  World w(5);
  w.roster.epoch_blocks = 1000;
  w.roster.epoch = 1;
  w.config.crowd_members = 4;
  Solo s(&w, 0);
  s.start();
  for (uint32_t i = 1; i < 5; i++) {
    bac_msg m = {};
    m.type = BAC_MSG_CLOSE;
    w.sign(&m, i);
    s.say(i, m, Bytes(8, 1));
  }
  s.run(5 * BAC_SECOND);
  EXPECT_EQ(0u, s.rejects(BAC_REJECT_SIGNATURE));
  EXPECT_FALSE(s.said(BAC_MSG_BOUNDARY));
}

TEST(Node, SubmissionsStopAtTheNonceWindow) {
  World w(4);
  Solo s(&w, 0);
  s.start();
  bac_event e = {};
  e.type = BAC_EVENT_SUBMIT;
  e.submit.to = 1;
  e.submit.amount_milli = 5;
  for (int i = 0; i < 100; i++) EXPECT_EQ(BAC_OK, s.step(e));
  EXPECT_EQ(static_cast<uint32_t>(BAC_NONCE_WINDOW), s.counters().pool_txs);
}

/* Nobody else is there: it is never committed. */
TEST(Node, ATransactionIsSaidAgainAfterLongerAndLonger) {
  World w(4);
  w.config.protocol = "bac2";
  Solo s(&w, 0);
  Bytes object; /* as it travels */
  std::set<bac_time> seconds;
  s.on_effect = [&](const bac_effect &e) {
    if (e.type != BAC_EFFECT_FRAME || object.empty()) return;
    const uint8_t *end = e.frame.bytes + e.frame.length;
    if (std::search(e.frame.bytes, end, object.begin(), object.end()) != end) seconds.insert(s.now / BAC_SECOND);
  };
  s.start();
  bac_event e = {};
  e.type = BAC_EVENT_SUBMIT;
  e.submit.to = 1;
  e.submit.amount_milli = 5;
  ASSERT_EQ(BAC_OK, s.step(e));
  const bac_tx &tx = bac_pool_next(s.node->pool, nullptr)->tx;
  object.push_back(BAC_OBJECT_TRANSACTION);
  object.insert(object.end(), tx.wire, tx.wire + tx.wire_length);
  s.run(100 * BAC_SECOND);
  seconds.erase(0);
  EXPECT_EQ((std::set<bac_time>{4, 8, 16, 32, 64}), seconds);
}

TEST(Node, FrameCreditIsRespected) {
  World w(4);
  Solo s(&w, 0);
  s.start();
  bac_node_set_radios(s.node, 1, 0);
  uint64_t before = s.counters().frames_sent[0] + s.counters().frames_sent[1] + s.counters().frames_sent[2];
  s.run(6 * BAC_SECOND);
  EXPECT_EQ(before, s.counters().frames_sent[0] + s.counters().frames_sent[1] + s.counters().frames_sent[2]);
  bac_event e = {};
  e.type = BAC_EVENT_SENT;
  e.sent.count = 1;
  s.step(e);
  EXPECT_EQ(before + 1, s.counters().frames_sent[0] + s.counters().frames_sent[1] + s.counters().frames_sent[2]);
}

/* A radio whose MAC is full does not hold up the other. */
TEST(Node, EachRadioHasItsOwnCredit) {
  World w(4);
  Solo s(&w, 0);
  uint32_t held[BAC_RADIOS_MAX] = {}, bulk[BAC_RADIOS_MAX] = {};
  s.on_effect = [&](const bac_effect &e) {
    if (e.type != BAC_EFFECT_FRAME) return;
    ASSERT_LT(e.frame.radio, 2u);
    held[e.frame.radio]++;
    bulk[e.frame.radio] += e.frame.frame_class == BAC_CLASS_BULK;
  };
  bac_node_set_radios(s.node, 2, 2);
  s.start();
  bac_event e = {};
  e.type = BAC_EVENT_SUBMIT;
  e.submit.to = 1;
  e.submit.amount_milli = 5;
  for (int i = 0; i < 100; i++) EXPECT_EQ(BAC_OK, s.step(e)); /* more than two frames of bulk */
  e = {};
  e.type = BAC_EVENT_SENT;
  e.sent.radio = 1;
  e.sent.count = 1;
  for (int second = 1; second < 8; second++) { /* claims and votes go on */
    s.run(second * BAC_SECOND);
    s.step(e);
  }
  EXPECT_EQ(2u, held[0]) << "its frames are never sent";
  EXPECT_EQ(2u, bulk[0]);
  EXPECT_GT(held[1], 2u);
  EXPECT_EQ(0u, bulk[1]);
  e.sent.radio = 0;
  s.step(e);
  EXPECT_EQ(3u, held[0]);
  e.sent.radio = 2;
  EXPECT_EQ(BAC_EINVAL, s.step(e));
}

}  // namespace
