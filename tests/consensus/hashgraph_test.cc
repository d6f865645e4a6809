/* SPDX-License-Identifier: GPL-2.0-only */
/* The hashgraph's rules one by one, on graphs made by hand. */
#include <gtest/gtest.h>

#include "consensus/hashgraph_graph.h"

using namespace bac_test;

namespace {

struct Hashgraph : ::testing::Test {
  Graph g{4};
  bac_hashgraph_dag *dag = nullptr;
  std::unique_ptr<View> view;
  int64_t now = 0;

  void SetUp() override { start(g.n); }
  void start(uint32_t n, uint32_t events_max = 0) {
    view.reset();
    bac_hashgraph_dag_unref(dag);
    g = Graph(n);
    dag = g.dag(events_max);
    view = std::make_unique<View>(g, dag);
    now = 0;
  }
  void TearDown() override {
    view.reset();
    bac_hashgraph_dag_unref(dag);
  }
  int make(uint32_t creator, int self_parent, int other_parent) { return g.add(creator, self_parent, other_parent, now += 10); }
  int put(uint32_t creator, int self_parent, int other_parent) {
    const int x = make(creator, self_parent, other_parent);
    EXPECT_EQ(BAC_HASHGRAPH_ADDED, view->add(x));
    return x;
  }
  bac_hashgraph_verdict offer(bac_hashgraph_event e) {
    bac_hashgraph_event_identify(&e);
    return bac_hashgraph_add(view->view, &e, nullptr);
  }
  /* The members speak in turn, each hearing the one before: the plainest graph that makes progress. */
  std::vector<int> heads;
  void turns(size_t count, std::vector<uint32_t> members) {
    if (heads.empty())
      for (uint32_t c = 0; c < g.n; c++) heads.push_back(-1);
    for (uint32_t c : members)
      if (heads[c] < 0) heads[c] = put(c, -1, -1);
    for (size_t i = 0; i < count; i++) {
      const uint32_t c = members[(i + 1) % members.size()], p = members[i % members.size()];
      heads[c] = put(c, heads[c], heads[p]);
    }
    view->take();
  }
};

TEST_F(Hashgraph, WhatIsRefused) {
  const int a = put(0, -1, -1), b = put(1, -1, -1);
  const int c = make(0, a, b);
  const bac_hashgraph_event good = g.events[static_cast<size_t>(c)];
  bac_hashgraph_event e = good;
  e.epoch = 4;
  EXPECT_EQ(BAC_HASHGRAPH_WRONG_EPOCH, offer(e));
  e = good;
  e.creator = 4;
  EXPECT_EQ(BAC_HASHGRAPH_WRONG_CREATOR, offer(e));
  e.creator = 2; /* a's successor, said by another */
  EXPECT_EQ(BAC_HASHGRAPH_WRONG_SELF_PARENT, offer(e));
  memcpy(e.self_parent, g.roots[3].data(), 32);
  EXPECT_EQ(BAC_HASHGRAPH_WRONG_SELF_PARENT, offer(e));
  memcpy(e.self_parent, g.roots[2].data(), 32); /* a first event has no other parent */
  EXPECT_EQ(BAC_HASHGRAPH_WRONG_OTHER_PARENT, offer(e));
  e = good;
  memset(e.other_parent, 0, 32); /* and a later one has */
  EXPECT_EQ(BAC_HASHGRAPH_WRONG_OTHER_PARENT, offer(e));
  memcpy(e.other_parent, e.self_parent, 32); /* its own */
  EXPECT_EQ(BAC_HASHGRAPH_WRONG_OTHER_PARENT, offer(e));
  memcpy(e.other_parent, g.roots[1].data(), 32);
  EXPECT_EQ(BAC_HASHGRAPH_WRONG_OTHER_PARENT, offer(e));
  e = good;
  e.self_parent[0] ^= 1;
  EXPECT_EQ(BAC_HASHGRAPH_UNKNOWN_SELF_PARENT, offer(e));
  e.other_parent[0] ^= 1;
  EXPECT_EQ(BAC_HASHGRAPH_UNKNOWN_SELF_PARENT, offer(e));
  e.self_parent[0] ^= 1;
  EXPECT_EQ(BAC_HASHGRAPH_UNKNOWN_OTHER_PARENT, offer(e));
  e = good;
  for (int64_t t : {int64_t{-1}, int64_t{0}, g.events[static_cast<size_t>(a)].timestamp, INT64_MAX}) {
    e.timestamp = t;
    EXPECT_EQ(BAC_HASHGRAPH_WRONG_TIMESTAMP, offer(e)) << t;
  }
  EXPECT_EQ(BAC_HASHGRAPH_ADDED, offer(good));
  EXPECT_EQ(BAC_HASHGRAPH_DUPLICATE, offer(good));
  e = good;
  e.timestamp = g.events[static_cast<size_t>(a)].timestamp + 1;
  EXPECT_EQ(BAC_HASHGRAPH_ADDED, offer(e)); /* one nanosecond later is later; a fork, and forks are taken in */
}

TEST_F(Hashgraph, NothingOfTheConfigurationIsTakenOnTrust) {
  bac_hashgraph_config c = {};
  EXPECT_FALSE(bac_hashgraph_dag_new(nullptr));
  std::vector<std::array<uint8_t, 32>> roots(BAC_HASHGRAPH_MEMBERS_MAX + 1);
  c.roots = reinterpret_cast<const uint8_t(*)[32]>(roots.data());
  EXPECT_FALSE(bac_hashgraph_dag_new(&c));
  c.members = BAC_HASHGRAPH_MEMBERS_MAX + 1;
  EXPECT_FALSE(bac_hashgraph_dag_new(&c));
  c.members = 4;
  for (uint32_t period : {1u, 2u}) {
    c.coin_period = period;
    EXPECT_FALSE(bac_hashgraph_dag_new(&c));
  }
  c.coin_period = 3;
  bac_hashgraph_dag *small = bac_hashgraph_dag_new(&c);
  EXPECT_TRUE(small);
  bac_hashgraph_dag_unref(small);
}

/* The id covers every field, the signature too; the signed digest covers all but the signature. */
TEST_F(Hashgraph, IdsAndDigests) {
  const int x = make(0, put(0, -1, -1), put(1, -1, -1));
  bac_hashgraph_event e = g.events[static_cast<size_t>(x)], f;
  uint8_t digest[32], other[32];
  bac_hashgraph_event_digest(digest, &e);
  uint8_t *fields[] = {reinterpret_cast<uint8_t *>(&f.epoch), reinterpret_cast<uint8_t *>(&f.creator), f.self_parent, f.other_parent,
                       f.payload_digest, reinterpret_cast<uint8_t *>(&f.timestamp), f.signature};
  for (uint8_t *field : fields) {
    f = e;
    *field ^= 1;
    bac_hashgraph_event_digest(other, &f);
    EXPECT_EQ(field == f.signature, memcmp(digest, other, 32) == 0);
    bac_hashgraph_event_identify(&f);
    EXPECT_NE(0, memcmp(e.id, f.id, 32));
  }
  uint8_t boundary[32] = {1}, key[32] = {2}, root[32];
  bac_hashgraph_root(root, boundary, key);
  bac_hashgraph_root(other, key, boundary);
  EXPECT_NE(0, memcmp(root, other, 32));
}

/* n = 4: a quorum is three. */
TEST_F(Hashgraph, ARoundNeedsAQuorumOfWitnessesStronglySeen) {
  const int a = put(0, -1, -1), b = put(1, -1, -1), c = put(2, -1, -1), d = put(3, -1, -1);
  for (int x : {a, b, c, d}) {
    EXPECT_EQ(1u, view->facts(x).round);
    EXPECT_TRUE(view->facts(x).witness);
  }
  const int b1 = put(1, b, a), c1 = put(2, c, b1); /* c1 knows a, b, c */
  const int a1 = put(0, a, c1);                    /* a: seen by a, b1, c1; b: by b1, c1, a1; c: by c1, a1 only */
  EXPECT_EQ(1u, view->facts(a1).round);
  EXPECT_FALSE(view->facts(a1).witness);
  const int b2 = put(1, b1, a1); /* c: by c1, a1, b2: three witnesses, each seen by three */
  EXPECT_EQ(2u, view->facts(b2).round);
  EXPECT_TRUE(view->facts(b2).witness);
  const int b3 = put(1, b2, a1);
  EXPECT_EQ(2u, view->facts(b3).round);
  EXPECT_FALSE(view->facts(b3).witness);
  const int d1 = put(3, d, b3); /* the round comes with the parent */
  EXPECT_EQ(2u, view->facts(d1).round);
  EXPECT_TRUE(view->facts(d1).witness);
}

/* Of six, a quorum is five. */
TEST_F(Hashgraph, TwoThirdsAreNotMoreThanTwoThirds) {
  start(6);
  turns(200, {0, 1, 2, 3}); /* four of six: exactly 2n/3 */
  struct bac_hashgraph_statistics s;
  bac_hashgraph_statistics(view->view, &s);
  EXPECT_EQ(1u, s.round_max);
  heads.clear();
  start(6);
  turns(200, {0, 1, 2, 3, 4});
  bac_hashgraph_statistics(view->view, &s);
  EXPECT_GT(s.round_max, 5u);
  EXPECT_GT(s.rounds_decided, 2u);
}

TEST_F(Hashgraph, AForkIsShownAndBlinds) {
  const int a = put(0, -1, -1), b = put(1, -1, -1), c = put(2, -1, -1);
  const int a1 = put(0, a, b), twin = put(0, a, c);
  bac_hashgraph_fork fork;
  EXPECT_TRUE(bac_hashgraph_forked(view->view, 0));
  ASSERT_TRUE(bac_hashgraph_next_fork(view->view, &fork));
  EXPECT_EQ(0u, fork.creator);
  EXPECT_EQ(a1, g.index_of(fork.first));
  EXPECT_EQ(twin, g.index_of(fork.second));
  put(0, a, b); /* a third: reported once */
  EXPECT_FALSE(bac_hashgraph_next_fork(view->view, &fork));
  /* Another node that has one branch only knows of no fork, and the first events of a member may fork as well. */
  View other(g, dag);
  for (int x : {a, b, c, twin}) EXPECT_EQ(BAC_HASHGRAPH_ADDED, other.add(x));
  EXPECT_FALSE(bac_hashgraph_forked(other.view, 0));
  const int b_again = put(1, -1, -1);
  ASSERT_TRUE(bac_hashgraph_next_fork(view->view, &fork));
  EXPECT_EQ(b, g.index_of(fork.first));
  EXPECT_EQ(b_again, g.index_of(fork.second));
  EXPECT_EQ(2u, bac_hashgraph_known(view->view, 0));
  EXPECT_EQ(a1, g.index_of(bac_hashgraph_head(view->view, 0)));
  uint8_t tips[8][32];
  EXPECT_EQ(3u, bac_hashgraph_tips(view->view, 0, tips, 8));
  EXPECT_EQ(3u, bac_hashgraph_tips(view->view, 0, tips, 1));
}

/* Same content, another valid signature: coins and whitening would differ, so it is another event. */
TEST_F(Hashgraph, ASecondSignatureIsAFork) {
  const int a = put(0, -1, -1), b = put(1, -1, -1), x = put(0, a, b);
  g.add(0, a, b, g.events[static_cast<size_t>(x)].timestamp);
  EXPECT_EQ(BAC_HASHGRAPH_ADDED, view->add(x + 1));
  EXPECT_TRUE(bac_hashgraph_forked(view->view, 0));
}

/* An event that hears, through another, of a longer branch beside itself stands on a fork, even while the other branch goes
 * through its own self-parent. */
TEST_F(Hashgraph, AnEventBesideItsOwnBranch) {
  Graph &graph = g;
  const int a = put(0, -1, -1), b = put(1, -1, -1), c = put(2, -1, -1);
  const int a1 = put(0, a, b), b1 = put(1, b, a1), c1 = put(2, c, b1), b2 = put(1, b1, c1);
  const int beside = put(0, a, b2), on_top = put(0, a1, b2);
  Brute brute(graph.n, graph.coin_period, graph.plain);
  EXPECT_TRUE(brute.sees_fork(beside, 0));
  EXPECT_FALSE(brute.sees_fork(on_top, 0));
  EXPECT_EQ(brute.round(beside), view->facts(beside).round);
  EXPECT_EQ(brute.round(on_top), view->facts(on_top).round);
  EXPECT_EQ(2u, view->facts(on_top).round);
  EXPECT_EQ(1u, view->facts(beside).round); /* 0's events count no more: two creators are no quorum */
}

TEST_F(Hashgraph, AWitnessThatComesTooLateIsNotFamous) {
  turns(60, {0, 1, 2});
  const size_t rounds = view->rounds.size(), ordered = view->order.size();
  ASSERT_GT(rounds, 3u);
  const int late = put(3, -1, -1);
  EXPECT_TRUE(view->facts(late).witness);
  EXPECT_EQ(1u, view->facts(late).round);
  EXPECT_EQ(0, view->facts(late).famous);
  view->take();
  EXPECT_EQ(ordered, view->order.size());
  EXPECT_EQ((std::vector<uint32_t>{0, 1, 2}), view->rounds[0].unique);
  heads[3] = late;
  turns(80, {0, 1, 2, 3}); /* once others build on it, it is ordered: late, and not in its own round */
  EXPECT_GT(view->facts(late).received, rounds);
  EXPECT_GT(view->rounds.size(), rounds + 3);
  EXPECT_EQ(4u, view->rounds.back().unique.size());
  /* Who knew it in time, but heard no more of it than the others, says the same. */
  View early(g, dag);
  EXPECT_EQ(BAC_HASHGRAPH_ADDED, early.add(late));
  for (size_t x = 0; x < g.events.size(); x++)
    if (static_cast<int>(x) != late) {
      EXPECT_EQ(BAC_HASHGRAPH_ADDED, early.add(static_cast<int>(x)));
    }
  early.take();
  EXPECT_EQ(0, early.facts(late).famous);
  EXPECT_EQ(view->rounds, early.rounds);
}

TEST_F(Hashgraph, WhatTheSeedIsMadeOf) {
  turns(60, {0, 1, 2, 3});
  View other(g, dag);
  for (size_t x = 0; x < g.events.size(); x++) other.add(static_cast<int>(x));
  uint64_t position = 0;
  while (const bac_hashgraph_round *r = bac_hashgraph_next(other.view)) {
    EXPECT_EQ(position, r->first);
    position += r->event_count;
    for (size_t i = 0; i < r->witness_count; i++) {
      if (i > 0) {
        EXPECT_LT(r->witness_creators[i - 1], r->witness_creators[i]);
      }
      bool found = false;
      for (size_t x = 0; x < g.events.size(); x++) {
        const struct bac_hashgraph_facts f = other.facts(static_cast<int>(x));
        if (f.round != r->round || f.famous != 1 || g.events[x].creator != r->witness_creators[i]) continue;
        found = memcmp(g.events[x].signature, r->witness_signatures[i], 64) == 0;
      }
      EXPECT_TRUE(found);
    }
  }
  struct bac_hashgraph_statistics s;
  bac_hashgraph_statistics(other.view, &s);
  EXPECT_EQ(position, s.ordered);
  uint64_t closed = 0, decided = 0;
  for (uint32_t d = 0; d < BAC_HASHGRAPH_DISTANCE_MAX; d++) {
    closed += s.rounds_to_close[d];
    decided += s.rounds_to_decide[d];
  }
  EXPECT_EQ(s.rounds_decided, closed);
  EXPECT_EQ(s.witnesses_decided, decided);
  EXPECT_EQ(0u, s.rounds_to_decide[0] + s.rounds_to_decide[1]); /* two rounds later at the earliest */
}

TEST_F(Hashgraph, PayloadsAreShared) {
  bac_buf *payload = bac_buf_new("tx", 2);
  make(0, -1, -1);
  View other(g, dag);
  EXPECT_EQ(BAC_HASHGRAPH_ADDED, other.add(0)); /* stored without */
  g.events[0].payload = payload;
  const bac_hashgraph_event *stored = nullptr;
  EXPECT_EQ(BAC_HASHGRAPH_ADDED, bac_hashgraph_add(view->view, &g.events[0], &stored));
  ASSERT_TRUE(stored);
  EXPECT_EQ(payload, stored->payload);
  EXPECT_EQ(2u, payload->references);
  EXPECT_EQ(stored, bac_hashgraph_find(view->view, g.events[0].id));
  view.reset();
  bac_hashgraph_dag_unref(dag);
  dag = nullptr;
  EXPECT_EQ(2u, payload->references); /* the other view holds the dag */
  bac_hashgraph_free(other.view);
  other.view = nullptr;
  EXPECT_EQ(1u, payload->references);
  bac_buf_unref(payload);
}

TEST_F(Hashgraph, AFullStoreSaysSoAndPruningMakesRoom) {
  start(4, 40);
  turns(30, {0, 1, 2, 3});
  while (g.events.size() < 40) turns(1, {3, 0, 1, 2});
  const int extra = make(2, heads[2], heads[1]);
  EXPECT_EQ(BAC_HASHGRAPH_FULL, view->add(extra));
  EXPECT_EQ(BAC_HASHGRAPH_DUPLICATE, view->add(0));
  View other(g, dag); /* what the store has costs another view nothing */
  EXPECT_EQ(BAC_HASHGRAPH_ADDED, other.add(0));
  EXPECT_EQ(0u, bac_hashgraph_prune(dag, 0)); /* the other view has decided nothing: nobody can let go */
  for (int x = 0; x < 40; x++) other.add(x);
  other.take();
  EXPECT_GT(bac_hashgraph_prune(dag, 0), 5u);
  EXPECT_EQ(BAC_HASHGRAPH_ADDED, view->add(extra));
  struct bac_hashgraph_dag_statistics s;
  bac_hashgraph_dag_statistics(dag, &s);
  EXPECT_EQ(41u, s.events);
  EXPECT_LT(s.events_live, 40u);
}

TEST_F(Hashgraph, BelowTheFloor) {
  turns(60, {0, 1, 2, 3});
  const int silent = heads[3];
  turns(60, {0, 1, 2});
  View behind(g, dag);
  EXPECT_EQ(0u, bac_hashgraph_prune(dag, 0)); /* the new view has decided nothing */
  EXPECT_EQ(BAC_HASHGRAPH_ADDED, behind.add(0));
  bac_hashgraph_free(behind.view);
  behind.view = nullptr;
  EXPECT_GT(bac_hashgraph_prune(dag, 0), 50u);
  EXPECT_EQ(nullptr, bac_hashgraph_find(view->view, g.events[0].id));
  EXPECT_EQ(BAC_HASHGRAPH_STALE, view->add(0)); /* not a second first event */
  EXPECT_FALSE(bac_hashgraph_forked(view->view, 0));
  EXPECT_EQ(BAC_HASHGRAPH_UNKNOWN_SELF_PARENT, view->add(6));
  EXPECT_EQ(silent, g.index_of(bac_hashgraph_head(view->view, 3))); /* its last event is kept */
  /* A view that begins now begins at the floor, and goes on like the others. */
  View fresh(g, dag);
  const size_t rounds = view->rounds.size();
  for (size_t x = 0; x < g.events.size(); x++) fresh.add(static_cast<int>(x)); /* those still held */
  heads[3] = put(3, silent, heads[0]);
  fresh.add(heads[3]);
  turns(60, {0, 1, 2, 3});
  EXPECT_GT(view->rounds.size(), rounds + 3);
  for (size_t x = 0; x < g.events.size(); x++) fresh.add(static_cast<int>(x));
  size_t r = 0;
  while (const bac_hashgraph_round *got = bac_hashgraph_next(fresh.view)) {
    const Round &expected = view->rounds[got->round - 1];
    ASSERT_EQ(expected.events.size(), got->event_count);
    for (size_t i = 0; i < got->event_count; i++) ASSERT_EQ(expected.events[i].event, g.index_of(got->events[i].event));
    r = got->round;
  }
  EXPECT_EQ(view->rounds.size(), r);
}

/* A forker's branches cost what other events cost, and hold nobody up. */
TEST_F(Hashgraph, ManyForks) {
  turns(40, {0, 1, 2, 3});
  for (int i = 0; i < 300; i++) {
    const int branch = put(3, i % 2 ? -1 : heads[3], i % 2 ? -1 : heads[static_cast<size_t>(i) % 3]);
    if (i % 3 == 0) heads[0] = put(0, heads[0], branch);
    if (i % 3 == 1) heads[1] = put(1, heads[1], heads[0]);
    if (i % 3 == 2) heads[2] = put(2, heads[2], heads[1]);
  }
  turns(100, {0, 1, 2});
  EXPECT_GT(view->rounds.size(), 20u);
  struct bac_hashgraph_dag_statistics s;
  bac_hashgraph_dag_statistics(dag, &s);
  EXPECT_EQ(1u, s.forkers);
  EXPECT_LT(s.bytes, s.events * (bac_hashgraph_event_bytes(4) + 100) + 10000);
  bac_hashgraph_dag *own = g.dag();
  View other(g, own), third(g, dag), fourth(g, own);
  bac_hashgraph_dag_unref(own);
  std::mt19937_64 random(1);
  for (int x : arrival(g, random, 1.0, true)) ASSERT_EQ(BAC_HASHGRAPH_ADDED, other.add(x));
  other.take();
  EXPECT_EQ(view->rounds, other.rounds);
  /* Who hears of all first events before anything else has many undecided witnesses at once; others voted before those came. */
  for (bool first : {true, false})
    for (size_t x = 0; x < g.events.size(); x++)
      if ((g.plain[x].self_parent < 0) == first) {
        ASSERT_EQ(BAC_HASHGRAPH_ADDED, third.add(static_cast<int>(x)));
        ASSERT_EQ(BAC_HASHGRAPH_ADDED, fourth.add(static_cast<int>(x)));
      }
  third.take();
  fourth.take();
  EXPECT_EQ(view->rounds, third.rounds);
  EXPECT_EQ(view->rounds, fourth.rounds);
}

/* More forkers than agreement survives: histories part, and each view keeps its own, in one dag or in two. */
TEST_F(Hashgraph, PartedHistories) {
  turns(22, {0, 1, 2, 3});
  const std::vector<int> common = heads;
  const int prefix = static_cast<int>(g.events.size());
  std::vector<int> worlds[2];
  for (std::vector<int> &world : worlds) {
    std::vector<int> at = common;
    for (uint32_t i = 0; i < 80; i++) {
      const uint32_t c = (&world == worlds ? i : 3 * i) % 4, p = (c + (&world == worlds ? 3 : 1)) % 4;
      at[c] = make(c, at[c], at[p]);
      world.push_back(at[c]);
    }
  }
  bac_hashgraph_dag *dags[3] = {dag, g.dag(), g.dag()};
  View a(g, dags[0]), b(g, dags[0]), alone_a(g, dags[1]), alone_b(g, dags[2]);
  View *views[] = {&a, &b, &alone_a, &alone_b};
  for (int x = 0; x < prefix; x++)
    for (View *v : views) v->add(x);
  for (size_t i = 0; i < 80; i++)
    for (size_t v = 0; v < 4; v++) {
      ASSERT_EQ(BAC_HASHGRAPH_ADDED, views[v]->add(worlds[v % 2][i]));
      views[v]->take();
    }
  EXPECT_EQ(alone_a.rounds, a.rounds);
  EXPECT_EQ(alone_b.rounds, b.rounds);
  EXPECT_FALSE(a.rounds == b.rounds);
  EXPECT_GT(a.rounds.size(), 5u);
  EXPECT_GT(b.rounds.size(), 5u);
  view.reset();
  bac_hashgraph_prune(dag, 0); /* no further than where they parted */
  for (int x : worlds[0]) EXPECT_EQ(BAC_HASHGRAPH_DUPLICATE, a.add(x));
  bac_hashgraph_free(b.view);
  b.view = nullptr;
  EXPECT_GT(bac_hashgraph_prune(dag, 0), 10u); /* the other's history is nobody's now */
  for (bac_hashgraph_dag *d : {dags[1], dags[2]}) bac_hashgraph_dag_unref(d);
}

TEST_F(Hashgraph, BothParentsBelowTheFloor) {
  start(7);
  turns(70, {0, 1, 2, 3, 4, 5, 6});
  const int one = heads[5], other = heads[6];
  turns(200, {0, 1, 2, 3, 4});
  const int old = make(5, one, other), recent = make(5, one, heads[0]);
  EXPECT_GT(bac_hashgraph_prune(dag, 0), 100u);
  EXPECT_EQ(BAC_HASHGRAPH_STALE, view->add(old));
  EXPECT_EQ(BAC_HASHGRAPH_ADDED, view->add(recent));
}

/* Heights of a forker do not tell which branch: tips do. */
TEST_F(Hashgraph, WhatTheOtherLacksOfAForker) {
  const int a = put(0, -1, -1), b = put(1, -1, -1), c = put(2, -1, -1);
  const int left = put(0, a, b), right = put(0, a, c), right2 = put(0, right, b);
  View other(g, dag);
  for (int x : {a, b, c, right, right2}) other.add(x);
  uint32_t heights[4];
  for (uint32_t m = 0; m < 4; m++) heights[m] = bac_hashgraph_known(other.view, m);
  uint8_t tips[4][32];
  const size_t count = bac_hashgraph_tips(other.view, 0, tips, 4);
  ASSERT_EQ(1u, count); /* it knows of no fork */
  bac_hashgraph_have have = {heights, tips, count, false};
  const bac_hashgraph_event *out[8];
  ASSERT_EQ(1u, bac_hashgraph_missing(view->view, &have, out, 8));
  EXPECT_EQ(left, g.index_of(out[0]));
  have = {heights, nullptr, 0, false}; /* without tips: all of the forker, for want of knowing */
  EXPECT_EQ(4u, bac_hashgraph_missing(view->view, &have, out, 8));
  other.add(left);
  EXPECT_EQ(2u, bac_hashgraph_tips(other.view, 0, tips, 4));
  have = {heights, tips, 2, false};
  EXPECT_EQ(0u, bac_hashgraph_missing(view->view, &have, out, 8));
}

/* Found by the simulator (hashgraph, seeds 161 and 250): a forker's events, said again in every answer, left no room for what was new. */
TEST_F(Hashgraph, AForkersBranchesLeaveRoomForWhatIsNew) {
  const int a = put(0, -1, -1), b = put(1, -1, -1), c = put(2, -1, -1);
  std::vector<int> branches;
  for (int i = 0; i < 300; i++) branches.push_back(put(0, a, b));
  const int left = put(0, a, b), later = put(1, b, left); /* one was built on before the fork was known */
  const int last = put(2, c, later);
  View other(g, dag);
  for (int x : {a, b, c}) other.add(x);
  for (int x : branches) other.add(x);
  uint32_t heights[4];
  for (uint32_t m = 0; m < 4; m++) heights[m] = bac_hashgraph_known(other.view, m);
  bac_hashgraph_have have = {heights, nullptr, 0, true};
  const bac_hashgraph_event *out[8];
  const size_t count = bac_hashgraph_missing(view->view, &have, out, 8);
  std::vector<int> got;
  for (size_t i = 0; i < count; i++) got.push_back(g.index_of(out[i]));
  EXPECT_EQ((std::vector<int>{a, left, later, last}), got) << "what it stands on, and no other branch";
  have.needed_only = false;
  EXPECT_EQ(8u, bac_hashgraph_missing(view->view, &have, out, 8));
  EXPECT_EQ(last, g.index_of(out[3])) << "what is needed goes first";
}

TEST_F(Hashgraph, WhatTheOtherLacks) {
  turns(40, {0, 1, 2, 3});
  View other(g, dag);
  for (int x = 0; x < 20; x++) other.add(x);
  uint32_t heights[4];
  for (uint32_t c = 0; c < 4; c++) heights[c] = bac_hashgraph_known(other.view, c);
  const bac_hashgraph_have have = {heights, nullptr, 0, false};
  const bac_hashgraph_event *out[64];
  EXPECT_EQ(24u, bac_hashgraph_missing(view->view, &have, out, 64));
  for (int i = 0; i < 24; i++) {
    EXPECT_GE(g.index_of(out[i]), 20);
    EXPECT_EQ(BAC_HASHGRAPH_ADDED, bac_hashgraph_add(other.view, out[i], nullptr)); /* parents first */
  }
  EXPECT_EQ(5u, bac_hashgraph_missing(view->view, &have, out, 5));
  for (uint32_t c = 0; c < 4; c++) {
    EXPECT_EQ(bac_hashgraph_head(view->view, c), bac_hashgraph_head(other.view, c));
    heights[c] = bac_hashgraph_known(other.view, c);
  }
  EXPECT_EQ(0u, bac_hashgraph_missing(view->view, &have, out, 64));
  EXPECT_EQ(0u, bac_hashgraph_known(view->view, 4));
  EXPECT_EQ(nullptr, bac_hashgraph_head(view->view, 4));
}

}  // namespace
