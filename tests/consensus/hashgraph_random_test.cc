/* SPDX-License-Identifier: GPL-2.0-only */
/* Random graphs: the library against the transcription of the pseudocode, views against each other, one dag against many. */
#include <gtest/gtest.h>

#include "consensus/hashgraph_graph.h"

using namespace bac_test;

namespace {

Draw draw_of(uint64_t seed) {
  std::mt19937_64 random(seed);
  Draw d = {};
  d.seed = seed;
  d.n = 4 + static_cast<uint32_t>(seed % 7);
  d.events = (d.n <= 5 ? 110 : d.n <= 7 ? 170 : 230) + static_cast<uint32_t>(random() % 40);
  d.forkers = random() % 2 ? (d.n - 1) / 3 : 0;
  d.coin_period = random() % 3 == 0 ? 3 : 12;
  d.partitions = random() % 3 == 0;
  d.sleepers = random() % 3 == 0;
  d.coarse_time = random() % 2;
  d.skewed = seed % 4 == 1;
  return d;
}

std::vector<uint32_t> creators(const Graph &g, const std::vector<int> &events) {
  std::vector<uint32_t> c;
  for (int e : events) c.push_back(g.plain[static_cast<size_t>(e)].creator);
  return c;
}

/* Feeds one sequence to both and compares after every event. */
void compare(const Graph &g, Brute &brute, const std::vector<int> &sequence, bac_hashgraph_dag *dag, std::vector<BrutePlace> *order,
             uint64_t *coins) {
  View view(g, dag);
  BruteView plain(brute);
  uint32_t closed = 0;
  for (int x : sequence) {
    ASSERT_EQ(BAC_HASHGRAPH_ADDED, view.add(x));
    ASSERT_EQ(BAC_HASHGRAPH_DUPLICATE, view.add(x));
    plain.add(x);
    view.take();
    const struct bac_hashgraph_facts f = view.facts(x);
    ASSERT_EQ(brute.round(x), f.round) << "event " << x;
    ASSERT_EQ(brute.witness(x), f.witness) << "event " << x;
    ASSERT_EQ(plain.closed(), view.rounds.size()) << "after event " << x;
    for (; closed < plain.closed(); closed++)
      ASSERT_EQ(creators(g, plain.unique(closed + 1)), view.rounds[closed].unique) << "round " << closed + 1;
  }
  for (int x : sequence) {
    const struct bac_hashgraph_facts f = view.facts(x);
    if (f.witness) {
      ASSERT_EQ(plain.famous(x), f.famous) << "event " << x << " round " << f.round;
    }
  }
  ASSERT_TRUE(view.sound);
  const std::vector<BrutePlace> expected = plain.order();
  ASSERT_EQ(expected.size(), view.order.size());
  for (size_t i = 0; i < expected.size(); i++) {
    ASSERT_EQ(expected[i].event, view.order[i].event) << "position " << i;
    ASSERT_EQ(expected[i].round, view.order[i].round) << "position " << i;
    ASSERT_EQ(expected[i].timestamp, view.order[i].timestamp) << "position " << i;
  }
  *order = view.order;
  struct bac_hashgraph_statistics statistics;
  bac_hashgraph_statistics(view.view, &statistics);
  *coins += statistics.coins;
  ASSERT_EQ(view.order.size(), statistics.ordered);
  ASSERT_EQ(sequence.size(), statistics.events);
}

bool is_prefix(const std::vector<BrutePlace> &a, const std::vector<BrutePlace> &b) {
  return std::equal(a.begin(), a.begin() + static_cast<long>(std::min(a.size(), b.size())), b.begin());
}

TEST(HashgraphRandom, SameAsThePseudocode) {
  uint64_t ordered = 0, rounds = 0, coins = 0;
  for (uint64_t seed = 1; seed <= 280; seed++) {
    const Draw d = draw_of(seed);
    SCOPED_TRACE(show(d));
    const Graph g = Drawing(d).draw();
    Brute brute(g.n, g.coin_period, g.plain);
    std::mt19937_64 random(seed);
    std::vector<std::vector<BrutePlace>> orders;
    bac_hashgraph_dag *dag = g.dag();
    for (double share : {1.0, 0.5, 0.8, 1.0}) {
      orders.emplace_back();
      compare(g, brute, arrival(g, random, share, orders.size() % 2 == 0), dag, &orders.back(), &coins);
      if (::testing::Test::HasFatalFailure()) {
        bac_hashgraph_dag_unref(dag);
        return;
      }
    }
    for (const auto &order : orders) {
      ASSERT_TRUE(is_prefix(order, orders[0])) << "views disagree";
      rounds += order.empty() ? 0 : order.back().round;
      ordered += order.size();
    }
    bac_hashgraph_dag_unref(dag);
  }
  EXPECT_GT(ordered, 15000u); /* the graphs are no empty exercise */
  EXPECT_GT(rounds, 1000u);
}

/* Graphs in which votes stay split until the coin round: rare, so drawn until there are some. */
TEST(HashgraphRandom, Coins) {
  uint32_t found = 0;
  for (uint64_t seed = 5000; seed < 9000 && found < 16; seed++) {
    Draw d = {};
    d.seed = seed;
    d.n = 4 + static_cast<uint32_t>(seed % 3);
    d.events = 160;
    d.coin_period = 3;
    d.skewed = true;
    d.forkers = seed % 4 == 0;
    const Graph g = Drawing(d).draw();
    bac_hashgraph_dag *dag = g.dag();
    struct bac_hashgraph_statistics s;
    {
      View view(g, dag);
      for (size_t i = 0; i < g.events.size(); i++) view.add(static_cast<int>(i));
      bac_hashgraph_statistics(view.view, &s);
    }
    if (s.coins > 0) {
      SCOPED_TRACE(show(d));
      Brute brute(g.n, g.coin_period, g.plain);
      std::mt19937_64 random(seed);
      std::vector<BrutePlace> order, other;
      uint64_t coins = 0;
      compare(g, brute, arrival(g, random, 1.0, false), dag, &order, &coins);
      if (!::testing::Test::HasFatalFailure()) compare(g, brute, arrival(g, random, 1.0, true), dag, &other, &coins);
      if (!::testing::Test::HasFatalFailure()) found++;
      EXPECT_TRUE(is_prefix(order, other));
    }
    bac_hashgraph_dag_unref(dag);
    if (::testing::Test::HasFatalFailure()) return;
  }
  EXPECT_EQ(16u, found);
}

/* A tie makes two witnesses of one forker famous: neither is a unique famous one. */
TEST(HashgraphRandom, TwoFamousWitnessesOfOneCreator) {
  Draw d = {};
  d.seed = 9346;
  d.n = 5;
  d.events = 140;
  d.forkers = 1;
  d.coin_period = 12;
  const Graph g = Drawing(d).draw();
  Brute brute(g.n, g.coin_period, g.plain);
  BruteView plain(brute);
  bac_hashgraph_dag *dag = g.dag();
  {
    View view(g, dag);
    for (size_t x = 0; x < g.events.size(); x++) {
      view.add(static_cast<int>(x));
      plain.add(static_cast<int>(x));
    }
    view.take();
    std::map<uint64_t, int> famous; /* of the forker, by round */
    bool twice = false;
    for (size_t x = 0; x < g.events.size(); x++) {
      const struct bac_hashgraph_facts f = view.facts(static_cast<int>(x));
      if (g.plain[x].creator != 0 || f.famous != 1 || f.round > view.rounds.size()) continue;
      const std::vector<uint32_t> &unique = view.rounds[f.round - 1].unique;
      if (++famous[f.round] < 2) continue;
      twice = true;
      EXPECT_EQ(0, std::count(unique.begin(), unique.end(), 0u));
    }
    EXPECT_TRUE(twice);
    EXPECT_EQ(plain.order(), view.order);
  }
  bac_hashgraph_dag_unref(dag);
}

/* More members than a word has bits: rounds and witnesses. */
TEST(HashgraphRandom, SeveralWords) {
  Draw d = {};
  d.seed = 70;
  d.n = 67;
  d.events = 900;
  d.forkers = 4;
  d.coin_period = 12;
  SCOPED_TRACE(show(d));
  const Graph g = Drawing(d).draw();
  Brute brute(g.n, g.coin_period, g.plain);
  bac_hashgraph_dag *dag = g.dag();
  {
    View view(g, dag);
    uint64_t last = 0;
    for (size_t i = 0; i < g.events.size(); i++) {
      const int x = static_cast<int>(i);
      ASSERT_EQ(BAC_HASHGRAPH_ADDED, view.add(x));
      ASSERT_EQ(brute.round(x), view.facts(x).round) << "event " << x;
      ASSERT_EQ(brute.witness(x), view.facts(x).witness) << "event " << x;
      last = std::max(last, view.facts(x).round);
    }
    EXPECT_GE(last, 2u);
  }
  bac_hashgraph_dag_unref(dag);
}

/* Also with more forkers than agreement survives. */
TEST(HashgraphRandom, OneDagForAllOrOneForEach) {
  for (uint64_t seed = 1000; seed < 1080; seed++) {
    Draw d = draw_of(seed);
    d.events *= 3;
    if (seed % 2) d.forkers = d.n / 2;
    SCOPED_TRACE(show(d));
    const Graph g = Drawing(d).draw();
    std::mt19937_64 random(seed);
    bac_hashgraph_dag *shared = g.dag();
    std::vector<std::unique_ptr<View>> together, apart;
    std::vector<std::vector<int>> sequences;
    for (int v = 0; v < 4; v++) {
      bac_hashgraph_dag *own = g.dag();
      together.push_back(std::make_unique<View>(g, shared));
      apart.push_back(std::make_unique<View>(g, own));
      bac_hashgraph_dag_unref(own);
      sequences.push_back(arrival(g, random, v == 0 ? 0.6 : 1.0, v % 2));
    }
    for (size_t i = 0; i < g.events.size(); i++) { /* in turns */
      for (size_t v = 0; v < together.size(); v++) {
        if (i >= sequences[v].size()) continue;
        const int ahead = sequences[v][std::min(i + random() % 12, sequences[v].size() - 1)]; /* often with unknown parents */
        ASSERT_EQ(apart[v]->add(ahead), together[v]->add(ahead));
        ASSERT_EQ(apart[v]->add(sequences[v][i]), together[v]->add(sequences[v][i]));
        together[v]->take();
        apart[v]->take();
        ASSERT_EQ(apart[v]->rounds.size(), together[v]->rounds.size());
        bac_hashgraph_fork a, b;
        while (bac_hashgraph_next_fork(apart[v]->view, &a)) {
          ASSERT_TRUE(bac_hashgraph_next_fork(together[v]->view, &b));
          ASSERT_EQ(g.index_of(a.first), g.index_of(b.first));
          ASSERT_EQ(g.index_of(a.second), g.index_of(b.second));
          ASSERT_EQ(0, memcmp(a.first->self_parent, a.second->self_parent, 32));
          ASSERT_LT(a.creator, d.forkers);
        }
        ASSERT_FALSE(bac_hashgraph_next_fork(together[v]->view, &b));
      }
    }
    for (size_t v = 0; v < together.size(); v++) {
      ASSERT_EQ(apart[v]->rounds, together[v]->rounds);
      struct bac_hashgraph_statistics a, b;
      bac_hashgraph_statistics(apart[v]->view, &a);
      bac_hashgraph_statistics(together[v]->view, &b);
      ASSERT_EQ(0, memcmp(&a, &b, sizeof a));
      for (uint32_t c = 0; c < g.n; c++) {
        uint8_t one[64][32] = {}, other[64][32] = {};
        ASSERT_EQ(bac_hashgraph_known(apart[v]->view, c), bac_hashgraph_known(together[v]->view, c));
        const size_t count = bac_hashgraph_tips(apart[v]->view, c, one, 64);
        ASSERT_EQ(count, bac_hashgraph_tips(together[v]->view, c, other, 64));
        const bac_hashgraph_event *p = bac_hashgraph_head(apart[v]->view, c), *q = bac_hashgraph_head(together[v]->view, c);
        ASSERT_EQ(p == nullptr, q == nullptr);
        if (p) {
          ASSERT_EQ(g.index_of(p), g.index_of(q));
        }
      }
    }
    together.clear();
    bac_hashgraph_dag_unref(shared);
  }
}

/* Two nodes tell each other what the other lacks until both know everything, forks included. */
TEST(HashgraphRandom, GossipFillsTheGaps) {
  for (uint64_t seed = 2000; seed < 2060; seed++) {
    const Draw d = draw_of(seed);
    SCOPED_TRACE(show(d));
    const Graph g = Drawing(d).draw();
    std::mt19937_64 random(seed);
    bac_hashgraph_dag *dag = g.dag(), *other = g.dag();
    View a(g, dag), b(g, other), c(g, dag);
    bac_hashgraph_dag_unref(other);
    bac_hashgraph_dag_unref(dag);
    for (int x : arrival(g, random, 1.0, false)) a.add(x);
    for (int x : arrival(g, random, 0.5, false)) {
      b.add(x);
      c.add(x);
    }
    size_t rounds = 0, sent = 0, fetched = 0;
    for (; rounds < 50; rounds++) {
      std::vector<uint32_t> heights;
      std::vector<std::array<uint8_t, 32>> tips;
      for (uint32_t m = 0; m < g.n; m++) {
        heights.push_back(bac_hashgraph_known(b.view, m));
        if (!bac_hashgraph_forked(b.view, m)) continue;
        uint8_t ids[200][32];
        const size_t count = bac_hashgraph_tips(b.view, m, ids, 200);
        ASSERT_GT(count, 1u);
        for (size_t i = 0; i < count; i++) {
          tips.emplace_back();
          memcpy(tips.back().data(), ids[i], 32);
        }
      }
      bac_hashgraph_have have = {heights.data(), reinterpret_cast<const uint8_t(*)[32]>(tips.data()), tips.size(), false};
      const bac_hashgraph_event *out[64], *same[64];
      const size_t count = bac_hashgraph_missing(a.view, &have, out, 64);
      if (count == 0) break;
      if (rounds == 0) { /* what c knows does not show in what a says */
        ASSERT_EQ(count, bac_hashgraph_missing(a.view, &have, same, 64));
        ASSERT_EQ(0, memcmp(out, same, count * sizeof *out));
      }
      for (size_t i = 0; i < count; i++) {
        std::vector<const bac_hashgraph_event *> stack = {out[i]};
        while (!stack.empty()) {
          const bac_hashgraph_event *e = stack.back();
          const bac_hashgraph_verdict verdict = bac_hashgraph_add(b.view, e, nullptr);
          sent += verdict == BAC_HASHGRAPH_ADDED;
          if (verdict == BAC_HASHGRAPH_UNKNOWN_SELF_PARENT || verdict == BAC_HASHGRAPH_UNKNOWN_OTHER_PARENT) {
            const bool self = verdict == BAC_HASHGRAPH_UNKNOWN_SELF_PARENT;
            const bac_hashgraph_event *parent = bac_hashgraph_find(a.view, self ? e->self_parent : e->other_parent);
            ASSERT_TRUE(parent);
            stack.push_back(parent);
            fetched++;
            continue;
          }
          ASSERT_TRUE(verdict == BAC_HASHGRAPH_ADDED || (d.forkers > 0 && verdict == BAC_HASHGRAPH_DUPLICATE)) << verdict;
          stack.pop_back();
        }
      }
    }
    if (d.forkers == 0) {
      ASSERT_EQ(0u, fetched);
    }
    a.take();
    b.take();
    ASSERT_GT(sent, 0u);
    ASSERT_TRUE(is_prefix(b.order, a.order));
    struct bac_hashgraph_statistics sa, sb;
    bac_hashgraph_statistics(a.view, &sa);
    bac_hashgraph_statistics(b.view, &sb);
    if (d.forkers == 0) {
      ASSERT_EQ(sa.events, sb.events);
    } else {
      ASSERT_GE(sb.events + 8, sa.events); /* a branch that neither side tells of may stay behind until somebody builds on it */
    }
  }
}

/* Pruning changes nothing but memory. */
TEST(HashgraphRandom, PrunedOrNot) {
  for (uint64_t seed = 3000; seed < 3030; seed++) {
    Draw d = draw_of(seed);
    d.events *= 6;
    d.partitions = d.skewed = false;
    d.sleepers = seed % 3 == 0 && d.forkers == 0;
    d.prunable = true;
    SCOPED_TRACE(show(d));
    const Graph g = Drawing(d).draw();
    std::mt19937_64 random(seed);
    bac_hashgraph_dag *whole = g.dag(), *pruned = g.dag();
    View a(g, whole);
    std::vector<std::unique_ptr<View>> views;
    for (int v = 0; v < 3; v++) views.push_back(std::make_unique<View>(g, pruned));
    uint32_t dropped = 0;
    for (size_t i = 0; i < g.events.size(); i++) {
      ASSERT_EQ(BAC_HASHGRAPH_ADDED, a.add(static_cast<int>(i)));
      a.take();
      for (auto &view : views) {
        const bac_hashgraph_verdict verdict = view->add(static_cast<int>(i));
        ASSERT_TRUE(verdict == BAC_HASHGRAPH_ADDED) << "event " << i << " verdict " << verdict;
        view->take();
        ASSERT_EQ(a.rounds, view->rounds);
      }
      if (random() % 8 == 0) dropped += bac_hashgraph_prune(pruned, d.forkers > 0 || d.sleepers ? 6 : 2);
    }
    struct bac_hashgraph_dag_statistics s, t;
    bac_hashgraph_dag_statistics(pruned, &s);
    bac_hashgraph_dag_statistics(whole, &t);
    if (!d.sleepers && d.forkers == 0) {
      ASSERT_GT(dropped, d.events / 3);
    }
    ASSERT_LE(s.bytes, t.bytes);
    views.clear();
    bac_hashgraph_dag_unref(pruned);
    bac_hashgraph_dag_unref(whole);
  }
}

}  // namespace
