/* SPDX-License-Identifier: GPL-2.0-only */
#include <gmpxx.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

extern "C" {
#include "base/random.h"
#include "election/binomial.h"
}

namespace {

using Beta = std::array<uint8_t, 64>;

Beta beta_of(const mpz_class &h) {
  Beta b = {};
  size_t bytes = (mpz_sizeinbase(h.get_mpz_t(), 2) + 7) / 8;
  if (h > 0) mpz_export(b.data() + 64 - bytes, nullptr, 1, 1, 0, 0, h.get_mpz_t());
  return b;
}

mpz_class wide(unsigned __int128 v) {
  return (mpz_class(static_cast<unsigned long>(v >> 64)) << 64) + mpz_class(static_cast<unsigned long>(v));
}

const mpz_class kOne = mpz_class(1) << 512;

/* bounds[j]: the smallest integer h with h/2^512 >= F(j), from the plain sum of exact terms. */
struct Table {
  bac_binomial d;
  std::vector<mpz_class> bounds;

  Table(uint32_t w, uint64_t a, unsigned __int128 b) : d{w, a, b}, bounds(w + 1) {
    mpz_class A = mpz_class(static_cast<unsigned long>(a)), B = wide(b), C = B - A, term, whole, sum = 0;
    mpz_pow_ui(term.get_mpz_t(), C.get_mpz_t(), w);
    mpz_pow_ui(whole.get_mpz_t(), B.get_mpz_t(), w);
    for (uint32_t k = 0; k <= w; k++) {
      sum += term;
      mpz_class scaled = sum << 512;
      mpz_cdiv_q(bounds[k].get_mpz_t(), scaled.get_mpz_t(), whole.get_mpz_t());
      term *= (w - k) * A;
      term /= (k + 1) * C; /* exact */
    }
    EXPECT_EQ(sum, whole);
  }

  uint32_t expected(const mpz_class &h) const {
    return static_cast<uint32_t>(std::upper_bound(bounds.begin(), bounds.end(), h) - bounds.begin());
  }

  /* True if the fast way answered. It may give up, but with a bound that holds. */
  bool fast(const mpz_class &h) const {
    uint32_t j = UINT32_MAX;
    bool sure = bac_binomial_quantile_fast(&d, beta_of(h).data(), &j);
    EXPECT_TRUE(sure ? j == expected(h) : j <= expected(h)) << sure << " w " << d.w << " " << j << " not " << expected(h);
    return sure;
  }

  void whole(const mpz_class &h) const {
    ASSERT_EQ(expected(h), bac_binomial_quantile(&d, beta_of(h).data())) << "w " << d.w;
  }
};

struct Parameters {
  uint32_t w;
  uint64_t a;
  unsigned __int128 b;
};

const unsigned __int128 kHuge = static_cast<unsigned __int128>(0xfedcba9876543210u) << 64 | 0x0123456789abcdefu;

/* The realistic ones, halves and quarters (where F(j) is a multiple of 2^-512, so that h can be equal to it), both sides of where
 * Stirling's formula takes over, chances close to 0 and 1, and numbers that fill their types. */
const Parameters kParameters[] = {
    {1, 1, 2},      {2, 1, 3},        {9, 1, 2},          {40, 3, 8},      {100, 5, 10000},         {100, 26, 10000},
    {100, 1, 2},    {60, UINT64_MAX, kHuge}, {60, 1, kHuge}, {33, UINT64_MAX - 1, UINT64_MAX}, {250, 1, 4}, {256, 255, 256},
    {300, 9, 10},   {400, 1, 2},      {450, 2, 3},        {700, 1, 3},     {900, 999, 1000},        {1000, 3, 10},
};

TEST(Binomial, EveryBoundaryToTheLastBit) {
  for (const Parameters &p : kParameters) {
    Table t(p.w, p.a, p.b);
    const uint32_t step = std::max(1u, p.w / 40);
    for (uint32_t j = 0; j < p.w; j += step)
      for (int ulp : {-1, 0, 1}) {
        mpz_class h = t.bounds[j] + ulp;
        if (h < 0 || h >= kOne) continue;
        t.whole(h);
        if (j % (3 * step) == 0) {
          ASSERT_EQ(t.expected(h), bac_binomial_quantile_exact(&t.d, beta_of(h).data(), 0)) << p.w << " " << j;
        }
        t.fast(h);
      }
    t.whole(0);
    t.whole(kOne - 1);
  }
}

/* F(4) = 1/2 at w = 9, p = 1/2: h = 1/2 is no longer below it. */
TEST(Binomial, EqualIsNotBelow) {
  const bac_binomial d = {9, 1, 2};
  EXPECT_EQ(5u, bac_binomial_quantile(&d, beta_of(kOne / 2).data()));
  EXPECT_EQ(4u, bac_binomial_quantile(&d, beta_of(kOne / 2 - 1).data()));
  /* F(0) = 2^-9 */
  EXPECT_EQ(0u, bac_binomial_quantile(&d, beta_of(kOne / 512 - 1).data()));
  EXPECT_EQ(1u, bac_binomial_quantile(&d, beta_of(kOne / 512).data()));
  EXPECT_EQ(9u, bac_binomial_quantile(&d, beta_of(kOne - 1).data()));
}

/* Around each F(j), from far outside of the fast way's band to deep inside of it: it never answers wrongly, and it does answer when
 * h is 2^-33 away. */
TEST(Binomial, TheFastWayIsRightOrSilent) {
  uint32_t silent = 0, asked = 0;
  std::vector<Parameters> all(std::begin(kParameters), std::end(kParameters));
  for (Parameters p : {Parameters{2000, 1, 5}, {10000, 1, 5}, {10000, 5, 10000}, {10000, 1, 2}, {5000, 99, 100}}) all.push_back(p);
  for (const Parameters &p : all) {
    Table t(p.w, p.a, p.b);
    const uint32_t step = std::max(1u, p.w / 2000);
    for (uint32_t j = 0; j < p.w; j += step) {
      if (t.bounds[j] < kOne >> 33 || t.bounds[j] > kOne - (kOne >> 33)) continue;
      for (int bits = 33; bits <= 63; bits += 2)
        for (int sign : {-1, 1}) {
          mpz_class h = t.bounds[j] + sign * (kOne >> bits);
          if (h < 0 || h >= kOne) continue;
          bool sure = t.fast(h);
          asked++;
          silent += !sure;
          if (bits == 33) {
            ASSERT_TRUE(sure || j == 0 || t.bounds[j] - t.bounds[j - 1] < kOne >> 32) << p.w << " " << j;
          }
        }
    }
  }
  EXPECT_GT(silent, asked / 10);
  EXPECT_LT(silent, asked * 7 / 10);
}

TEST(Binomial, LargeTrials) {
  for (const Parameters &p : {Parameters{10000, 1, 5}, {10000, 5, 10000}, {4000, 399, 400}}) {
    Table t(p.w, p.a, p.b);
    const uint32_t mean = static_cast<uint32_t>(p.w * p.a / static_cast<uint64_t>(p.b));
    for (uint32_t j : {mean / 2, mean - mean / 20, mean, mean + 1, std::min(mean + mean / 20 + 3, p.w - 1)})
      for (int ulp : {-1, 0}) {
        mpz_class h = t.bounds[j] + ulp;
        if (h >= 0 && h < kOne) t.whole(h);
      }
    t.whole(0);
    t.whole(kOne - 1);
  }
}

/* Random parameters over all scales: the fast way answers, and as the exact one. */
TEST(Binomial, FastAgreesWithExact) {
  bac_random r = bac_random_stream(7, 0, BAC_PURPOSE_NODE);
  int silent = 0;
  for (int i = 0; i < 1500; i++) {
    const uint32_t w = 1 + static_cast<uint32_t>(bac_random_below(&r, uint64_t{1} << (1 + bac_random_below(&r, i < 1450 ? 10 : 13))));
    const unsigned __int128 b = 2 + (static_cast<unsigned __int128>(bac_random_u64(&r)) >> bac_random_below(&r, 62)) *
                                        (1 + (bac_random_u64(&r) >> (i % 4 == 0 ? 0 : 63)));
    uint64_t below = b > UINT64_MAX ? UINT64_MAX : static_cast<uint64_t>(b);
    const uint64_t a = 1 + (bac_random_below(&r, below - 1) >> bac_random_below(&r, 6));
    const bac_binomial d = {w, a, b};
    Beta beta;
    for (uint8_t &byte : beta) byte = static_cast<uint8_t>(bac_random_u64(&r));
    uint32_t j;
    if (bac_binomial_quantile_fast(&d, beta.data(), &j)) {
      const uint32_t guess = j - std::min(j, static_cast<uint32_t>(bac_random_below(&r, 4)));
      ASSERT_EQ(j, bac_binomial_quantile_exact(&d, beta.data(), guess)) << i << " w " << w << " a " << a;
      if (j > 0) {
        ASSERT_EQ(j, bac_binomial_quantile_exact(&d, beta.data(), j - 1)) << i << " w " << w << " a " << a;
      }
    } else {
      silent++;
    }
  }
  EXPECT_EQ(0, silent);
}

}  // namespace
