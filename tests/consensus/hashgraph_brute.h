/* SPDX-License-Identifier: GPL-2.0-only */
/* The published pseudocode of the hashgraph (L. Baird, SWIRLDS-TR-2016-01: divideRounds, decideFame, findOrder) and the rules
 * of design/protocols.md, section 2, read aloud: every definition is one function, results are remembered, nothing is clever.
 * What it must agree with knows nothing of it, and it knows nothing of that. */
#ifndef BAC_TESTS_CONSENSUS_HASHGRAPH_BRUTE_H
#define BAC_TESTS_CONSENSUS_HASHGRAPH_BRUTE_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace bac_test {

using Signature = std::array<uint8_t, 64>;

struct BruteEvent {
  uint32_t creator;
  int self_parent, other_parent; /* -1: none */
  int64_t timestamp;
  Signature signature;
  std::array<uint8_t, 32> id; /* last resort of the order */
};

struct BrutePlace {
  int event;
  uint32_t round;
  int64_t timestamp;
  bool operator==(const BrutePlace &o) const { return event == o.event && round == o.round && timestamp == o.timestamp; }
};

/* Functions of ancestry, over all events that exist. Parents come before children. */
class Brute {
 public:
  Brute(uint32_t n, uint32_t coin_period, std::vector<BruteEvent> events);
  bool ancestor(int x, int y);      /* y is an ancestor of x (or x) */
  bool self_ancestor(int x, int y); /* y is a self-ancestor of x (or x) */
  bool sees_fork(int x, uint32_t creator);
  bool see(int x, int y);
  bool strongly_see(int x, int y);
  uint32_t round(int x);
  bool witness(int x);
  bool vote(int y, int x);
  int decides(int y, int x); /* -1: not, 0: not famous, 1: famous */
  bool more_than_two_thirds(size_t count) const { return 3 * count > 2 * n_; }
  const std::vector<BruteEvent> &events() const { return events_; }

  const uint32_t n_, c_;

 private:
  void tally(int y, int x, bool *v, size_t *t);
  std::vector<BruteEvent> events_;
  std::vector<std::vector<signed char>> ancestor_, see_, strong_, vote_, decides_;
  std::vector<std::vector<signed char>> fork_;
  std::vector<uint32_t> round_;
};

/* What one node makes of the events it was given, in their sequence. */
class BruteView {
 public:
  explicit BruteView(Brute &graph) : g_(graph) {}
  void add(int x);
  int famous(int x) const { return fame_.count(x) ? fame_.at(x) : -1; }
  std::vector<BrutePlace> order(); /* findOrder over the closed rounds */
  uint32_t closed() const { return static_cast<uint32_t>(unique_.size()); }
  const std::vector<int> &unique(uint32_t round) const { return unique_[round - 1]; }

 private:
  void decide_fame();
  Brute &g_;
  std::set<int> known_;
  std::map<int, int> fame_;
  std::vector<std::vector<int>> unique_; /* unique famous witnesses of each closed round */
};

}  // namespace bac_test

#endif
