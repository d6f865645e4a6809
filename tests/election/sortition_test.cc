/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>
#include <sodium.h>

#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <set>
#include <string>
#include <vector>

extern "C" {
#include "crypto/hash.h"
#include "election/sortition.h"
}

namespace {

using Beta = std::array<uint8_t, 64>;

/* In place of VRF outputs, which take a thousand times longer. */
Beta hashed(uint64_t experiment, uint64_t a, uint64_t b = 0) {
  const uint64_t key[3] = {experiment, a, b};
  Beta beta;
  crypto_generichash(beta.data(), beta.size(), reinterpret_cast<const uint8_t *>(key), sizeof key, nullptr, 0);
  return beta;
}

uint32_t draw(const bac_lottery &l, uint32_t units, const Beta &beta) {
  uint32_t lambda = UINT32_MAX;
  EXPECT_EQ(BAC_OK, bac_sortition_draw(&l, units, beta.data(), &lambda));
  return lambda;
}

std::array<uint8_t, 32> priority(const Beta &beta, uint32_t lambda) {
  bac_cost cost = {};
  std::array<uint8_t, 32> out;
  bac_sortition_priority(out.data(), beta.data(), lambda, &cost);
  EXPECT_EQ(68u * lambda, cost.hashed_bytes);
  return out;
}

const Beta kLowest = {}, kHighest = [] {
  Beta b;
  b.fill(0xff);
  return b;
}();

/* ---- Draws ---- */

TEST(Sortition, EdgesOfTheLottery) {
  const bac_lottery l = {5, 1, 100};
  for (const Beta &beta : {kLowest, kHighest, hashed(1, 1)}) {
    EXPECT_EQ(0u, draw(l, 0, beta));
    EXPECT_EQ(0u, draw({0, 1, 100}, 100, beta));  /* nobody is wanted */
    EXPECT_EQ(70u, draw({100, 1, 100}, 70, beta)); /* tau = R: everybody is elected */
    EXPECT_EQ(70u, draw({101, 1, 100}, 70, beta));
    EXPECT_EQ(70u, draw({UINT64_MAX, 1, 100}, 70, beta));
    EXPECT_EQ(100u, draw({201, 2, 100}, 100, beta));
  }
  EXPECT_EQ(0u, draw(l, 100, kLowest));
  EXPECT_EQ(100u, draw(l, 100, kHighest)); /* w = R, and F(99) = 1 - 20^-100 */
  EXPECT_EQ(0u, draw({199, 2, 100}, 70, kLowest)); /* just below R */
  EXPECT_EQ(1u, draw({1, 1, 1}, 1, kLowest));
  EXPECT_EQ(0u, draw({UINT64_MAX, UINT64_MAX, UINT64_MAX}, 100, kLowest)); /* tau_den * R needs 128 bits */
}

TEST(Sortition, ArgumentsAreChecked) {
  uint32_t lambda = 7;
  const uint32_t most = BAC_SORTITION_UNITS_MAX;
  const bac_lottery no_units = {5, 1, 0}, no_denominator = {5, 0, 100}, good = {5, 1, 100}, large = {5, 1, uint64_t{1} << 40};
  EXPECT_EQ(BAC_EINVAL, bac_sortition_draw(&no_units, 0, kLowest.data(), &lambda));
  EXPECT_EQ(0u, lambda);
  EXPECT_EQ(BAC_EINVAL, bac_sortition_draw(&no_denominator, 1, kLowest.data(), &lambda));
  EXPECT_EQ(BAC_EINVAL, bac_sortition_draw(&good, 101, kLowest.data(), &lambda));
  EXPECT_EQ(BAC_OK, bac_sortition_draw(&good, 100, kLowest.data(), &lambda));
  EXPECT_EQ(BAC_EINVAL, bac_sortition_draw(&large, most + 1, kLowest.data(), &lambda));
  EXPECT_EQ(BAC_OK, bac_sortition_draw(&large, most, kLowest.data(), &lambda));
}

/* One unit at p = 1/20: elected iff h >= 19/20 = 0xf333...; the first byte is the most significant, the last one counts. */
TEST(Sortition, BetaIsBigEndianAndCountsToItsLastByte) {
  const bac_lottery l = {5, 1, 100};
  Beta beta;
  beta.fill(0x33);
  beta[0] = 0xf3;
  EXPECT_EQ(0u, draw(l, 1, beta));
  beta[63] = 0x34;
  EXPECT_EQ(1u, draw(l, 1, beta));
  beta.fill(0xff);
  beta[0] = 0xf2;
  EXPECT_EQ(0u, draw(l, 1, beta));
}

TEST(Sortition, TauIsARational) {
  for (uint64_t i = 0; i < 2000; i++) {
    const Beta beta = hashed(2, i);
    ASSERT_EQ(draw({47, 10, 300}, 60, beta), draw({470, 100, 300}, 60, beta)); /* 0.1 n for n = 47 */
    ASSERT_LE(draw({47, 10, 300}, 60, beta), draw({48, 10, 300}, 60, beta));   /* monotone in tau ... */
    ASSERT_LE(draw({47, 10, 300}, 59, beta), draw({47, 10, 300}, 60, beta));   /* ... and in the units */
  }
}

/* ---- Tickets ---- */

struct Member {
  uint8_t pk[32], sk[64];
  explicit Member(uint8_t id) {
    uint8_t seed[32] = {id};
    bac_vrf_keypair(pk, sk, seed);
  }
};

TEST(Sortition, AlphaIsUnambiguous) {
  using Alpha = std::array<uint8_t, BAC_SORTITION_ALPHA_BYTES>;
  auto alpha = [](bac_role role, uint8_t seed, uint32_t shard, uint64_t epoch, uint64_t round) {
    uint8_t bytes[32];
    memset(bytes, seed, sizeof bytes);
    Alpha out;
    bac_sortition_alpha(out.data(), role, bytes, shard, epoch, round);
    return out;
  };
  Alpha expected = {};
  memset(expected.data(), 9, 32);
  expected[32] = 'P';
  expected[34] = 1;
  expected[38] = 2;
  expected[46] = 3;
  expected[47] = 4;
  EXPECT_EQ(expected, alpha(BAC_ROLE_PRIMARY, 9, 1, 2, 4 * 256 + 3));
  expected[33] = 'P', expected[32] = 'C', expected[46] = expected[47] = 0;
  EXPECT_EQ(expected, alpha(BAC_ROLE_CP, 9, 1, 2, 4 * 256 + 3)); /* a committee is elected once per epoch */
  std::set<Alpha> all;
  for (bac_role role : {BAC_ROLE_PRIMARY, BAC_ROLE_CP})
    for (uint8_t seed : {1, 2})
      for (uint32_t shard : {0u, 1u, UINT32_MAX})
        for (uint64_t epoch : {uint64_t{0}, uint64_t{1}, UINT64_MAX})
          for (uint64_t round : {uint64_t{0}, uint64_t{1}, UINT64_MAX}) all.insert(alpha(role, seed, shard, epoch, round));
  EXPECT_EQ(2u * 3 * 3 * (3 + 1), all.size());
}

TEST(Sortition, TicketsHoldForTheirMemberAndElectionAlone) {
  const bac_lottery l = {30, 1, 100}, other_tau = {60, 1, 100};
  Member a(1), b(2);
  int elected = 0;
  for (uint64_t round = 0; round < 12; round++) {
    uint8_t seed[32] = {5}, alpha[BAC_SORTITION_ALPHA_BYTES], other[BAC_SORTITION_ALPHA_BYTES];
    bac_sortition_alpha(alpha, BAC_ROLE_PRIMARY, seed, 0, 1, round);
    bac_sortition_alpha(other, BAC_ROLE_PRIMARY, seed, 1, 1, round);
    bac_ticket t;
    bac_cost cost = {};
    ASSERT_EQ(BAC_OK, bac_sortition_prove(&t, &l, 10, a.sk, alpha, &cost));
    EXPECT_EQ(1u, cost.vrf_proves);
    Beta beta;
    std::copy(t.beta, t.beta + 64, beta.begin());
    EXPECT_EQ(draw(l, 10, beta), t.lambda);
    elected += t.lambda > 0;
    EXPECT_EQ(BAC_OK, bac_sortition_verify(&t, &l, 10, a.pk, alpha, nullptr, &cost));
    EXPECT_EQ(1u, cost.vrf_verifies);
    EXPECT_EQ(BAC_VRF_EMISMATCH, bac_sortition_verify(&t, &l, 10, b.pk, alpha, nullptr, &cost));
    EXPECT_EQ(BAC_VRF_EMISMATCH, bac_sortition_verify(&t, &l, 10, a.pk, other, nullptr, &cost));
    EXPECT_EQ(BAC_EINVAL, bac_sortition_verify(&t, &l, 101, a.pk, alpha, nullptr, &cost));
    EXPECT_EQ(draw(other_tau, 10, beta) == t.lambda ? BAC_OK : BAC_SORTITION_ECLAIM,
              bac_sortition_verify(&t, &other_tau, 10, a.pk, alpha, nullptr, &cost));
    for (uint32_t lie : {t.lambda + 1, t.lambda - 1, 10u + t.lambda}) { /* 0 - 1 is UINT32_MAX */
      bac_ticket liar = t;
      liar.lambda = lie;
      EXPECT_EQ(BAC_SORTITION_ECLAIM, bac_sortition_verify(&liar, &l, 10, a.pk, alpha, nullptr, &cost));
    }
    bac_ticket bad = t;
    bad.beta[63] ^= 1;
    EXPECT_EQ(BAC_VRF_EMISMATCH, bac_sortition_verify(&bad, &l, 10, a.pk, alpha, nullptr, &cost));
    bad = t;
    bad.pi[79] ^= 0xf0;
    EXPECT_EQ(BAC_VRF_EPROOF, bac_sortition_verify(&bad, &l, 10, a.pk, alpha, nullptr, &cost));
    uint8_t small[32] = {1};
    EXPECT_EQ(BAC_VRF_EKEY, bac_sortition_verify(&t, &l, 10, small, alpha, nullptr, &cost));
  }
  EXPECT_GT(elected, 6); /* 1 - 0.7^10 of 12; and with 10 units of 100 others are not */
  bac_ticket t;
  bac_cost cost = {};
  uint8_t alpha[BAC_SORTITION_ALPHA_BYTES] = {};
  EXPECT_EQ(BAC_EINVAL, bac_sortition_prove(&t, &l, 101, a.sk, alpha, &cost));
  EXPECT_EQ(0u, cost.vrf_proves);
}

TEST(Sortition, PriorityIsTheLowestOfItsHashes) {
  const Beta beta = hashed(3, 0);
  std::array<uint8_t, 32> lowest, hash;
  lowest.fill(0xff);
  EXPECT_EQ(lowest, priority(beta, 0)); /* not elected: loses */
  int improved = 0;
  for (uint32_t j = 1; j <= 300; j++) {
    uint8_t message[1 + 64 + 4] = {12}; /* domain || beta || j */
    std::copy(beta.begin(), beta.end(), message + 1);
    message[65] = static_cast<uint8_t>(j);
    message[66] = static_cast<uint8_t>(j >> 8);
    crypto_generichash(hash.data(), 32, message, sizeof message, nullptr, 0);
    if (hash < lowest) {
      lowest = hash;
      improved++;
    }
    ASSERT_EQ(lowest, priority(beta, j)) << j;
  }
  EXPECT_GT(improved, 2);
}

/* ---- Statistics, with fixed seeds: each threshold is one that a correct draw exceeds once in ten thousand seeds. ---- */

/* P(Binomial(w, p) = k) in floating point: good enough to compare counts with. */
double chance(uint32_t w, double p, uint32_t k) {
  return std::exp(std::lgamma(w + 1.0) - std::lgamma(k + 1.0) - std::lgamma(w - k + 1.0) + k * std::log(p) + (w - k) * std::log1p(-p));
}

/* Upper 10^-4 quantile of chi-square (Wilson and Hilferty). */
double critical(size_t freedom) {
  const double n = static_cast<double>(freedom), t = 2 / (9 * n);
  return n * std::pow(1 - t + 3.719 * std::sqrt(t), 3);
}

/* Chi-square of the counts of 0..w against Binomial(w, p), values pooled until each bin expects 10. */
void expect_binomial(const std::vector<uint64_t> &counts, uint32_t w, double p) {
  const double n = static_cast<double>(std::accumulate(counts.begin(), counts.end(), uint64_t{0}));
  double chi2 = 0, want = 0, seen = 0, want_rest = n, seen_rest = n;
  size_t bins = 0;
  for (uint32_t k = 0; k <= w; k++) {
    want += n * chance(w, p, k);
    seen += k < counts.size() ? static_cast<double>(counts[k]) : 0;
    if (want < 10 || want_rest - want < 10) continue;
    chi2 += (seen - want) * (seen - want) / want;
    want_rest -= want, seen_rest -= seen;
    want = seen = 0;
    bins++;
  }
  chi2 += (seen_rest - want_rest) * (seen_rest - want_rest) / want_rest;
  ASSERT_GE(bins, 1u);
  EXPECT_LT(chi2, critical(bins)) << "w " << w << " p " << p << " bins " << bins + 1;
}

TEST(SortitionStatistics, AMillionDrawsAreBinomial) {
  const struct {
    bac_lottery lottery;
    uint32_t units;
    uint64_t draws;
  } cases[] = {{{5, 1, 10000}, 100, 500000}, {{26, 1, 1000}, 100, 300000}, {{1, 2, 4}, 3, 150000},
               {{200000, 1, 1000000}, 10000, 25000}, {{9, 10, 1}, 1, 25000}};
  uint64_t total = 0;
  for (const auto &c : cases) {
    std::vector<uint64_t> counts(c.units + 1);
    for (uint64_t i = 0; i < c.draws; i++) counts[draw(c.lottery, c.units, hashed(10 + total, i))]++;
    expect_binomial(counts, c.units,
                    static_cast<double>(c.lottery.tau_num) / static_cast<double>(c.lottery.tau_den) / static_cast<double>(c.lottery.total_units));
    total += c.draws;
  }
  EXPECT_EQ(1000000u, total);
}

/* Ten members of 10, 20, ..., 100 units, tau = 5: elected units and won rounds are in proportion to them. */
TEST(SortitionStatistics, ElectionsAreInProportionToReputation) {
  const int members = 10;
  const uint64_t rounds = 20000, total = 550;
  const bac_lottery l = {5, 1, total};
  std::vector<double> units(members), wins(members);
  double decided = 0, nobody = 0;
  for (uint64_t round = 0; round < rounds; round++) {
    std::array<uint8_t, 32> best;
    best.fill(0xff);
    int winner = -1;
    for (int i = 0; i < members; i++) {
      const Beta beta = hashed(20, round, static_cast<uint64_t>(i));
      const uint32_t lambda = draw(l, static_cast<uint32_t>(10 * (i + 1)), beta);
      units[static_cast<size_t>(i)] += lambda;
      const auto mine = priority(beta, lambda);
      if (lambda > 0 && mine < best) best = mine, winner = i;
    }
    if (winner < 0)
      nobody++;
    else
      wins[static_cast<size_t>(winner)]++, decided++;
  }
  double chi2 = 0;
  const double p = 5.0 / total, empty = rounds * std::pow(1 - p, total);
  for (int i = 0; i < members; i++) {
    const double w = 10 * (i + 1), mean = static_cast<double>(rounds) * w * p, share = decided * w / total;
    EXPECT_LT(std::fabs(units[static_cast<size_t>(i)] - mean), 4 * std::sqrt(mean * (1 - p))) << w;
    chi2 += (wins[static_cast<size_t>(i)] - share) * (wins[static_cast<size_t>(i)] - share) / share;
  }
  EXPECT_LT(chi2, critical(members - 1));
  EXPECT_LT(std::fabs(nobody - empty), 4 * std::sqrt(empty)); /* rounds for the fallback order: 0.7 % at tau = 5 */
}

/* Sybil, first experiment: one member of 200 units in 2,000 splits them among k identities. What it gets elected is Binomial(200, p)
 * as before. (Each identity has its own key, hence its own beta.) */
TEST(SortitionStatistics, SplittingUnitsGainsNothing) {
  const uint32_t units = 200;
  const bac_lottery l = {20, 1, 2000};
  for (uint32_t k : {1u, 2u, 7u, 20u}) {
    std::vector<uint64_t> counts(units + 1);
    for (uint64_t i = 0; i < 40000 / k + 5000; i++) {
      uint32_t elected = 0;
      for (uint32_t id = 0; id < k; id++) elected += draw(l, units / k + (id < units % k), hashed(30 + k, i, id));
      counts[elected]++;
    }
    expect_binomial(counts, units, 0.01);
  }
}

/* Sybil, second experiment: 100 members of 100 units; one of them obtains k certificates, each with 100 fresh units. Its share of the
 * elected units grows from 1/100 to k/(99 + k): sortition does not help against that, only the CA does. */
TEST(SortitionStatistics, FreshCertificatesGain) {
  const uint64_t rounds = 20000;
  double share_before = 0;
  for (uint32_t k : {1u, 2u, 5u, 10u}) {
    const uint64_t total = 100 * (99 + k);
    const bac_lottery l = {5, 1, total};
    double attacker = 0;
    for (uint64_t round = 0; round < rounds; round++)
      for (uint32_t id = 0; id < k; id++) attacker += draw(l, 100, hashed(40 + k, round, id));
    const double share = k / (99.0 + k), mean = static_cast<double>(rounds) * 5 * share;
    EXPECT_LT(std::fabs(attacker - mean), 4 * std::sqrt(mean)) << k;
    const double seen = attacker / (static_cast<double>(rounds) * 5);
    RecordProperty("share_in_millionths_" + std::to_string(k), static_cast<int>(seen * 1e6));
    if (k == 1) share_before = seen;
    EXPECT_GT(seen, share_before * k * 0.85); /* 10 certificates: 9.2 times the share, not once */
  }
}

}  // namespace
