/* SPDX-License-Identifier: GPL-2.0-only */
/* Graphs for tests: made by hand or drawn from a seed, in the library's form and in that of the brute-force transcription. */
#ifndef BAC_TESTS_CONSENSUS_HASHGRAPH_GRAPH_H
#define BAC_TESTS_CONSENSUS_HASHGRAPH_GRAPH_H

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "consensus/hashgraph_brute.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* C lets a function and a struct share a name */
extern "C" {
#include "consensus/hashgraph.h"
}
#pragma GCC diagnostic pop

namespace bac_test {

struct Graph {
  uint32_t n, coin_period;
  std::vector<std::array<uint8_t, 32>> roots;
  std::vector<bac_hashgraph_event> events;
  std::vector<BruteEvent> plain;
  std::map<std::string, int> by_id;
  uint64_t next_signature = 1;

  explicit Graph(uint32_t members, uint32_t coin = 12) : n(members), coin_period(coin), roots(members) {
    const uint8_t boundary[32] = {9};
    for (uint32_t c = 0; c < n; c++) {
      uint8_t key[32] = {static_cast<uint8_t>(c), static_cast<uint8_t>(c >> 8)};
      bac_hashgraph_root(roots[c].data(), boundary, key);
    }
  }

  /* A signature that nobody made: the library does not check them. */
  Signature make_signature() {
    Signature s;
    for (size_t i = 0; i < s.size(); i++) {
      uint64_t z = (next_signature * 64 + i) * 0x9e3779b97f4a7c15u; /* SplitMix64's mixing */
      z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
      z = (z ^ z >> 27) * 0x94d049bb133111ebu;
      s[i] = static_cast<uint8_t>(z >> 56);
    }
    next_signature++;
    return s;
  }

  int add(uint32_t creator, int self_parent, int other_parent, int64_t timestamp) {
    return add(creator, self_parent, other_parent, timestamp, make_signature());
  }

  int add(uint32_t creator, int self_parent, int other_parent, int64_t timestamp, const Signature &signature) {
    bac_hashgraph_event e = {};
    e.epoch = 3;
    e.creator = creator;
    memcpy(e.self_parent, self_parent < 0 ? roots[creator].data() : events[static_cast<size_t>(self_parent)].id, 32);
    if (other_parent >= 0) memcpy(e.other_parent, events[static_cast<size_t>(other_parent)].id, 32);
    e.timestamp = timestamp;
    memcpy(e.signature, signature.data(), 64);
    bac_hashgraph_event_identify(&e);
    const int index = static_cast<int>(events.size());
    events.push_back(e);
    BruteEvent b = {creator, self_parent, other_parent, timestamp, signature, {}};
    memcpy(b.id.data(), e.id, 32);
    plain.push_back(b);
    by_id[std::string(reinterpret_cast<char *>(e.id), 32)] = index;
    return index;
  }

  int index_of(const bac_hashgraph_event *e) const {
    return by_id.at(std::string(reinterpret_cast<const char *>(e->id), 32));
  }

  bac_hashgraph_dag *dag(uint32_t events_max = 0) const {
    bac_hashgraph_config config = {};
    config.members = n;
    config.epoch = 3;
    config.roots = reinterpret_cast<const uint8_t(*)[32]>(roots.data());
    config.coin_period = coin_period;
    config.events_max = events_max;
    return bac_hashgraph_dag_new(&config);
  }
};

struct Round {
  std::vector<uint32_t> unique; /* creators */
  std::vector<BrutePlace> events;
  bool operator==(const Round &o) const { return unique == o.unique && events == o.events; }
};

/* A view, and the rounds it has handed out. */
struct View {
  const Graph &graph;
  bac_hashgraph *view;
  std::vector<Round> rounds;
  std::vector<BrutePlace> order;
  bool sound = true; /* positions and rounds follow each other */

  View(const Graph &g, bac_hashgraph_dag *dag) : graph(g), view(bac_hashgraph_new(dag)) {}
  View(const View &) = delete;
  ~View() { bac_hashgraph_free(view); }

  bac_hashgraph_verdict add(int x) { return bac_hashgraph_add(view, &graph.events[static_cast<size_t>(x)], nullptr); }
  void take() {
    while (const bac_hashgraph_round *r = bac_hashgraph_next(view)) {
      Round round;
      sound = sound && r->first == order.size() && r->round == rounds.size() + 1;
      round.unique.assign(r->witness_creators, r->witness_creators + r->witness_count);
      for (size_t i = 0; i < r->event_count; i++)
        round.events.push_back({graph.index_of(r->events[i].event), static_cast<uint32_t>(r->round), r->events[i].timestamp});
      order.insert(order.end(), round.events.begin(), round.events.end());
      rounds.push_back(round);
    }
  }
  struct bac_hashgraph_facts facts(int x) const {
    struct bac_hashgraph_facts f = {};
    if (!bac_hashgraph_facts(view, graph.events[static_cast<size_t>(x)].id, &f)) f.round = 0;
    return f;
  }
};

/* How a graph is drawn. */
struct Draw {
  uint64_t seed;
  uint32_t n, events, forkers, coin_period;
  bool partitions, sleepers, coarse_time;
  bool prunable; /* nobody starts again from nothing */
  bool skewed;   /* some hear others often, some never: votes split, and coins are tossed */
};

inline std::string show(const Draw &d) {
  return "seed " + std::to_string(d.seed) + " n " + std::to_string(d.n) + " events " + std::to_string(d.events) + " forkers " +
         std::to_string(d.forkers) + " coin " + std::to_string(d.coin_period) + (d.partitions ? " partitions" : "") +
         (d.sleepers ? " sleepers" : "") + (d.coarse_time ? " coarse" : "") + (d.skewed ? " skewed" : "");
}

/* Gossip among members who hear of each other's heads: forkers build on any of their events and start again; partitions hear
 * only their own half for a while; sleepers stay silent for long; coarse time makes timestamps tie. */
class Drawing {
 public:
  explicit Drawing(const Draw &d)
      : d_(d), random_(d.seed), graph_(d.n, d.coin_period), own_(d.n), half_(d.n), favour_((d.n + 1) * d.n), asleep_(d.n) {}

  Graph draw() {
    graph_.next_signature = d_.seed << 20 | 1;
    while (graph_.events.size() < d_.events) {
      change_the_weather();
      step();
    }
    return std::move(graph_);
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }

  void change_the_weather() {
    if (d_.partitions && below(40) == 0)
      for (auto &h : half_) h = split_ ? 0 : static_cast<uint32_t>(below(2));
    if (d_.partitions && below(40) == 0) split_ = !split_;
    if (d_.skewed && (graph_.events.empty() || below(30) == 0)) {
      static const uint32_t kSteps[] = {0, 1, 4, 12};
      for (auto &f : favour_) f = kSteps[below(4)];
    }
    if (d_.sleepers && below(60) == 0) asleep_[below(d_.n)] ^= 1;
  }

  /* A member, by how much `by` favours it (by itself: at random). */
  uint32_t pick(uint32_t by) {
    if (!d_.skewed) return static_cast<uint32_t>(below(d_.n));
    for (int tries = 0; tries < 50; tries++) {
      const uint32_t p = static_cast<uint32_t>(below(d_.n));
      if (below(12) < favour_[by * d_.n + p] + (by == d_.n)) return p; /* nobody is silent for long */
    }
    return static_cast<uint32_t>(below(d_.n));
  }

  int64_t later(int64_t than) {
    now_ += static_cast<int64_t>(below(1000));
    const int64_t at = now_ + static_cast<int64_t>(below(3000));
    const int64_t grain = d_.coarse_time ? 4000 : 1;
    return std::max(at / grain * grain, than + 1);
  }

  int first(uint32_t c) {
    const int e = graph_.add(c, -1, -1, later(0));
    own_[c].push_back(e);
    return e;
  }

  void step() {
    const uint32_t c = pick(d_.n);
    if (asleep_[c]) return;
    const bool forker = c < d_.forkers;
    if (own_[c].empty() || (forker && !d_.prunable && below(40) == 0)) {
      first(c);
      return;
    }
    int self = own_[c].back();
    if (forker && below(8) == 0) self = own_[c][own_[c].size() - 1 - below(std::min<size_t>(own_[c].size(), 8))];
    const uint32_t p = pick(c);
    if (p == c || own_[p].empty() || half_[p] != half_[c]) return;
    size_t back = below(8) == 0 ? below(std::min<size_t>(own_[p].size(), 4)) : 0;
    if (p < d_.forkers && below(2)) back = below(std::min<size_t>(own_[p].size(), 3));
    if (d_.prunable && asleep_[p]) back = 0;
    const int other = own_[p][own_[p].size() - 1 - back];
    own_[c].push_back(graph_.add(c, self, other, later(graph_.events[static_cast<size_t>(self)].timestamp)));
  }

  Draw d_;
  std::mt19937_64 random_;
  Graph graph_;
  std::vector<std::vector<int>> own_;
  std::vector<uint32_t> half_, favour_; /* favour_: of each member for each, and of the dice for who speaks next */
  std::vector<char> asleep_;
  bool split_ = false;
  int64_t now_ = 1000;
};

/* A random downward-closed part of the graph, in a random sequence that puts parents first; share 1: all of it. `late`: some
 * creators' events are held back as long as others do not need them. */
inline std::vector<int> arrival(const Graph &g, std::mt19937_64 &random, double share, bool late) {
  const size_t count = g.events.size();
  std::vector<char> wanted(count, 1);
  if (share < 1) {
    std::fill(wanted.begin(), wanted.end(), 0);
    std::vector<int> limit(g.n);
    for (auto &l : limit) l = static_cast<int>(static_cast<double>(count) * share * (0.7 + 0.003 * static_cast<double>(random() % 100)));
    for (size_t i = count; i-- > 0;) {
      if (static_cast<int>(i) < limit[g.plain[i].creator]) wanted[i] = 1;
      if (!wanted[i] || g.plain[i].self_parent < 0) continue;
      wanted[static_cast<size_t>(g.plain[i].self_parent)] = wanted[static_cast<size_t>(g.plain[i].other_parent)] = 1;
    }
  }
  std::vector<double> key(count);
  std::vector<double> shift(g.n, 0);
  if (late)
    for (auto &s : shift) s = random() % 3 == 0 ? static_cast<double>(count) : 0;
  for (size_t i = 0; i < count; i++) {
    key[i] = static_cast<double>(i) + static_cast<double>(random() % 20) + shift[g.plain[i].creator];
  }
  for (size_t i = count; i-- > 0;) { /* parents no later than their children */
    if (!wanted[i] || g.plain[i].self_parent < 0) continue;
    double &p = key[static_cast<size_t>(g.plain[i].self_parent)], &q = key[static_cast<size_t>(g.plain[i].other_parent)];
    p = std::min(p, key[i] - 1e-6);
    q = std::min(q, key[i] - 1e-6);
  }
  std::vector<int> sequence;
  for (size_t i = 0; i < count; i++)
    if (wanted[i]) sequence.push_back(static_cast<int>(i));
  std::stable_sort(sequence.begin(), sequence.end(),
                   [&](int a, int b) { return key[static_cast<size_t>(a)] < key[static_cast<size_t>(b)]; });
  return sequence;
}

}  // namespace bac_test

#endif
