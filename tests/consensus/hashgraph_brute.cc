/* SPDX-License-Identifier: GPL-2.0-only */
#include "consensus/hashgraph_brute.h"

#include <algorithm>

namespace bac_test {

Brute::Brute(uint32_t n, uint32_t coin_period, std::vector<BruteEvent> events)
    : n_(n), c_(coin_period), events_(std::move(events)) {
  const std::vector<std::vector<signed char>> unknown(events_.size(), std::vector<signed char>(events_.size(), -2));
  ancestor_ = see_ = strong_ = vote_ = decides_ = unknown;
  fork_.assign(events_.size(), std::vector<signed char>(n, -2));
  round_.assign(events_.size(), 0);
}

bool Brute::ancestor(int x, int y) {
  if (x < 0 || y > x) return false;
  if (x == y) return true;
  signed char &known = ancestor_[x][y];
  if (known == -2) known = ancestor(events_[x].self_parent, y) || ancestor(events_[x].other_parent, y);
  return known;
}

bool Brute::self_ancestor(int x, int y) {
  for (; x >= 0; x = events_[x].self_parent)
    if (x == y) return true;
  return false;
}

/* "fork: two events of one creator, neither a self-ancestor of the other" */
bool Brute::sees_fork(int x, uint32_t creator) {
  signed char &known = fork_[x][creator];
  if (known != -2) return known;
  known = false;
  for (int a = 0; a <= x; a++)
    for (int b = 0; b < a && events_[a].creator == creator; b++)
      if (events_[b].creator == creator && ancestor(x, a) && ancestor(x, b) && !self_ancestor(a, b)) known = true;
  return known;
}

/* "see(x,y): y is an ancestor of x, and x's ancestors hold no fork by y's creator" */
bool Brute::see(int x, int y) {
  signed char &known = see_[x][y];
  if (known == -2) known = ancestor(x, y) && !sees_fork(x, events_[y].creator);
  return known;
}

/* "strongly see(x,y): x sees events of more than 2n/3 distinct creators, each of which sees y" */
bool Brute::strongly_see(int x, int y) {
  signed char &known = strong_[x][y];
  if (known != -2) return known;
  std::set<uint32_t> creators;
  for (int z = 0; z <= x; z++)
    if (see(x, z) && see(z, y)) creators.insert(events_[z].creator);
  known = more_than_two_thirds(creators.size());
  return known;
}

/* procedure divideRounds */
uint32_t Brute::round(int x) {
  if (round_[x] != 0) return round_[x];
  uint32_t r = 1;
  if (events_[x].self_parent >= 0) r = std::max(round(events_[x].self_parent), round(events_[x].other_parent));
  size_t count = 0;
  for (int w = 0; w < x; w++)
    if (witness(w) && round(w) == r && strongly_see(x, w)) count++;
  round_[x] = more_than_two_thirds(count) ? r + 1 : r;
  return round_[x];
}

bool Brute::witness(int x) { return events_[x].self_parent < 0 || round(x) > round(events_[x].self_parent); }

void Brute::tally(int y, int x, bool *v, size_t *t) {
  size_t yes = 0, no = 0;
  for (int s = 0; s < y; s++)
    if (witness(s) && round(s) == round(y) - 1 && strongly_see(y, s)) (vote(s, x) ? yes : no)++;
  *v = yes >= no;
  *t = *v ? yes : no;
}

/* procedure decideFame, the body of its loops */
bool Brute::vote(int y, int x) {
  signed char &known = vote_[y][x];
  if (known != -2) return known;
  const uint32_t d = round(y) - round(x);
  bool v;
  size_t t;
  if (d == 1) {
    v = see(y, x);
  } else {
    tally(y, x, &v, &t);
    if (d % c_ == 0 && !more_than_two_thirds(t)) v = events_[y].signature[32] & 1;
  }
  known = v;
  return v;
}

int Brute::decides(int y, int x) {
  signed char &known = decides_[y][x];
  if (known != -2) return known;
  const uint32_t d = round(y) - round(x);
  known = -1;
  if (d > 1 && d % c_ != 0) {
    bool v;
    size_t t;
    tally(y, x, &v, &t);
    if (more_than_two_thirds(t)) known = v;
  }
  return known;
}

void BruteView::decide_fame() {
  for (;;) {
    const uint32_t open = closed() + 1;
    std::vector<int> witnesses;
    uint32_t newest = 0;
    for (int x : known_) {
      newest = std::max(newest, g_.round(x));
      if (g_.witness(x)) witnesses.push_back(x);
    }
    std::stable_sort(witnesses.begin(), witnesses.end(), [&](int a, int b) { return g_.round(a) < g_.round(b); });
    bool all = true, any = false;
    for (int x : witnesses) {
      if (g_.round(x) < open) continue; /* a late witness of a closed round is not famous */
      for (int y : witnesses)
        if (g_.round(y) > g_.round(x) && !fame_.count(x) && g_.decides(y, x) >= 0) fame_[x] = g_.decides(y, x);
      if (g_.round(x) != open) continue;
      any = true;
      all = all && fame_.count(x);
    }
    if (!any || !all || newest < open + 2) return;
    std::map<uint32_t, std::vector<int>> famous;
    for (int x : witnesses)
      if (g_.round(x) == open && fame_[x] == 1) famous[g_.events()[x].creator].push_back(x);
    std::vector<int> unique;
    for (auto &f : famous)
      if (f.second.size() == 1) unique.push_back(f.second[0]);
    unique_.push_back(unique);
  }
}

void BruteView::add(int x) {
  known_.insert(x);
  if (g_.witness(x) && g_.round(x) <= closed()) fame_[x] = 0;
  if (g_.witness(x)) decide_fame();
}

/* procedure findOrder */
std::vector<BrutePlace> BruteView::order() {
  std::vector<BrutePlace> places;
  for (int x : known_) {
    for (uint32_t r = 1; r <= closed(); r++) {
      const std::vector<int> &unique = unique_[r - 1];
      if (unique.empty() || !std::all_of(unique.begin(), unique.end(), [&](int u) { return g_.ancestor(u, x); })) continue;
      std::vector<int64_t> s;
      for (int u : unique) {
        int z = u;
        while (g_.ancestor(g_.events()[z].self_parent, x)) z = g_.events()[z].self_parent;
        s.push_back(g_.events()[z].timestamp);
      }
      std::sort(s.begin(), s.end());
      places.push_back({x, r, s[(s.size() - 1) / 2]});
      break;
    }
  }
  auto whitened = [&](const BrutePlace &p) {
    Signature s = g_.events()[p.event].signature;
    for (int u : unique_[p.round - 1])
      for (size_t i = 0; i < s.size(); i++) s[i] = static_cast<uint8_t>(s[i] ^ g_.events()[u].signature[i]);
    return s;
  };
  std::sort(places.begin(), places.end(), [&](const BrutePlace &a, const BrutePlace &b) {
    if (a.round != b.round) return a.round < b.round;
    if (a.timestamp != b.timestamp) return a.timestamp < b.timestamp;
    const Signature p = whitened(a), q = whitened(b);
    return p != q ? p < q : g_.events()[a.event].id < g_.events()[b.event].id;
  });
  return places;
}

}  // namespace bac_test
