/* SPDX-License-Identifier: GPL-2.0-only */
#include "link/erasure.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "link/bound.h"

extern "C" {
#include "base/random.h"
}

namespace {

struct Code {
  uint32_t k;
  size_t bytes;
  std::vector<std::vector<uint8_t>> symbols; /* all there are */

  Code(uint32_t k_, size_t bytes_, uint64_t seed) : k(k_), bytes(bytes_), symbols(bac_link_code_symbols(k_)) {
    std::mt19937_64 random(seed);
    std::vector<uint8_t *> data;
    for (auto &s : symbols) s.resize(bytes);
    for (uint32_t i = 0; i < k; i++) {
      for (auto &b : symbols[i]) b = static_cast<uint8_t>(random());
      data.push_back(symbols[i].data());
    }
    for (uint32_t i = k; i < bac_link_code_symbols(k); i++)
      bac_link_erasure_encode(k, i, bytes, data.data(), symbols[i].data());
  }

  /* Decodes from the symbols of `present` and says whether all data came back. */
  bool recovers(const std::vector<uint32_t> &present) const {
    std::vector<uint8_t *> have(bac_link_code_symbols(k), nullptr);
    for (uint32_t i : present) {
      have[i] = static_cast<uint8_t *>(std::malloc(bytes));
      std::memcpy(have[i], symbols[i].data(), bytes);
    }
    bool ok = bac_link_erasure_decode(k, bytes, have.data());
    for (uint32_t i = 0; ok && i < k; i++) ok = have[i] && std::memcmp(have[i], symbols[i].data(), bytes) == 0;
    for (auto *p : have) std::free(p);
    return ok;
  }
};

std::vector<uint32_t> range(uint32_t from, uint32_t to) {
  std::vector<uint32_t> r;
  for (uint32_t i = from; i < to; i++) r.push_back(i);
  return r;
}

/* They are part of the format on the air: stations of any build must draw the same. */
TEST(Erasure, CoefficientsAreTheSameEverywhere) {
  const uint32_t k = 9;
  std::vector<std::vector<uint8_t>> unit(k, std::vector<uint8_t>(64, 0));
  std::vector<uint8_t *> data;
  for (uint32_t column = 0; column < k; column++) {
    unit[column][column] = 1;
    data.push_back(unit[column].data());
  }
  for (uint32_t row : {9u, 10u, 163u}) {
    uint8_t parity[64];
    bac_link_erasure_encode(k, row, sizeof parity, data.data(), parity);
    bac_random random = bac_random_stream(row, 0, BAC_PURPOSE_LINK);
    const uint64_t first = bac_random_u64(&random), second = bac_random_u64(&random);
    for (uint32_t column = 0; column < k; column++) {
      const uint64_t byte = (column < 8 ? first >> 8 * column : second) & 0xff;
      EXPECT_EQ(parity[column], 1 + byte % 255) << "row " << row << ", column " << column;
    }
  }
}

/* k symbols suffice but for one time in 255, one more then suffices but for one time in 65,000. */
TEST(Erasure, KSymbolsSufficeMostly) {
  std::mt19937_64 random(7);
  for (uint32_t k : {1u, 2u, 3u, 17u, 64u, 128u, 160u, 400u}) {
    Code code(k, 96, k);
    const uint32_t all = bac_link_code_symbols(k), trials = k > 200 ? 10 : k > 100 ? 40 : 200;
    uint32_t dependent = 0;
    EXPECT_TRUE(code.recovers(range(0, k))) << "nothing lost, k " << k;
    for (uint32_t lost = 0; lost < k; lost += k > 100 ? 17 : 1) { /* single losses, with the first and the last parity symbol */
      for (uint32_t with : {k, all - 1}) {
        auto present = range(0, k);
        present.erase(present.begin() + lost);
        present.push_back(with);
        EXPECT_TRUE(code.recovers(present)) << "k " << k << " lost " << lost << " with " << with;
      }
    }
    EXPECT_TRUE(code.recovers(range(all - k - 1, all))) << "parity alone, k " << k;
    for (uint32_t trial = 0; trial < trials; trial++) {
      auto present = range(0, all);
      std::shuffle(present.begin(), present.end(), random);
      present.resize(k + 1);
      EXPECT_TRUE(code.recovers(present)) << "random, k " << k << " trial " << trial;
      present.pop_back();
      dependent += code.recovers(present) ? 0 : 1;
    }
    EXPECT_LE(dependent, 5u) << "k " << k;
  }
}

/* Which rows are dependent is found, wherever they stand: with two columns lost, some two of the parity symbols are multiples of each other. */
TEST(Erasure, DependentSymbolsArePassedOver) {
  const uint32_t k = 20;
  Code code(k, 64, 2);
  uint32_t pairs = 0;
  for (uint32_t i = k; i < bac_link_code_symbols(k); i++)
    for (uint32_t j = i + 1; j < bac_link_code_symbols(k); j++) {
      auto present = range(2, k);
      present.insert(present.end(), {i, j});
      if (code.recovers(present)) continue;
      pairs++;
      for (uint32_t other : {k + 3, k + 90, bac_link_code_symbols(k) - 2})
        if (other != i && other != j) present.push_back(other);
      EXPECT_TRUE(code.recovers(present)) << i << ", " << j;
    }
  EXPECT_GT(pairs, 20u);
  EXPECT_LT(pairs, 200u);
}

TEST(Erasure, OddSymbolSizes) {
  for (size_t bytes : {64u, 65u, 127u, 1361u, 1362u, 1400u}) {
    Code code(20, bytes, bytes);
    auto present = range(5, 25);
    EXPECT_TRUE(code.recovers(present)) << bytes;
  }
}

TEST(Erasure, FewerThanKDoNot) {
  Code code(20, 64, 1);
  EXPECT_FALSE(code.recovers(range(1, 20)));
  EXPECT_FALSE(code.recovers(range(40, 59)));
  EXPECT_FALSE(code.recovers({}));
}

TEST(Erasure, LayoutCoversTheObjectInBalancedGenerations) {
  for (uint32_t length : {1u, 1362u, 1363u, 100000u, 217920u, 217921u, 500000u, 2000000u, 2200000u}) {
    bac_link_layout layout;
    ASSERT_TRUE(bac_link_layout_of(length, 1362, &layout)) << length;
    uint32_t symbols = 0, least = UINT32_MAX, most = 0;
    for (uint32_t g = 0; g < layout.generations; g++) {
      EXPECT_EQ(bac_link_layout_start(&layout, g), symbols);
      uint32_t size = bac_link_layout_size(&layout, g);
      symbols += size;
      least = std::min(least, size);
      most = std::max(most, size);
    }
    EXPECT_EQ(symbols, (length + 1361) / 1362);
    EXPECT_LE(most - least, 1u);
    EXPECT_LE(most, BAC_LINK_GENERATION_SYMBOLS);
  }
  bac_link_layout layout;
  EXPECT_FALSE(bac_link_layout_of(0, 1362, &layout));
  EXPECT_FALSE(bac_link_layout_of(2200001, 1362, &layout));
  EXPECT_FALSE(bac_link_layout_of(UINT32_MAX, 1362, &layout));
  EXPECT_FALSE(bac_link_layout_of(1000, 63, &layout));
  EXPECT_FALSE(bac_link_layout_of(1000, 1401, &layout));
  EXPECT_FALSE(bac_link_layout_of(2200000, 64, &layout));
}

TEST(Erasure, TwoMegabytesDecode) {
  /* Four generations of 368 symbols with 75 lost each. How long it takes is told, not judged. */
  Code code(368, 1361, 3);
  std::vector<std::vector<uint8_t *>> work(4, std::vector<uint8_t *>(bac_link_code_symbols(code.k), nullptr));
  for (auto &have : work) {
    for (uint32_t i : range(75, 368 + 75)) {
      have[i] = static_cast<uint8_t *>(std::malloc(code.bytes));
      std::memcpy(have[i], code.symbols[i].data(), code.bytes);
    }
  }
  const auto start = std::chrono::steady_clock::now();
  for (auto &have : work) ASSERT_TRUE(bac_link_erasure_decode(code.k, code.bytes, have.data()));
  std::printf("decoding 2 MB: %.1f ms\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() * 1e3);
  for (auto &have : work) {
    for (uint32_t i = 0; i < code.k; i++) EXPECT_EQ(0, std::memcmp(have[i], code.symbols[i].data(), code.bytes)) << "symbol " << i;
    for (auto *p : have) std::free(p);
  }
}

TEST(Bound, MatchesTheDesignsRatios) { /* with 1400 B frames; 2296 B give 1.29, 1.34, 1.46 */
  EXPECT_NEAR(bac_link_bound_frames(1429, 50, 0.2) / 1429, 1.28, 0.005);
  EXPECT_NEAR(bac_link_bound_frames(358, 50, 0.2) / 358, 1.32, 0.005);
  EXPECT_NEAR(bac_link_bound_frames(72, 50, 0.2) / 72, 1.41, 0.005);
}

TEST(Bound, MatchesClosedFormsAndSampling) {
  EXPECT_DOUBLE_EQ(bac_link_bound_frames(100, 50, 0), 100);
  EXPECT_NEAR(bac_link_bound_frames(100, 1, 0.2), 125, 1e-6);   /* k/q */
  EXPECT_NEAR(bac_link_bound_frames(1, 2, 0.5), 8.0 / 3, 1e-9); /* 2/q - 1/(1-p^2) */
  EXPECT_LT(bac_link_bound_frames(0, 1, 0.1), 0);
  EXPECT_LT(bac_link_bound_frames(1, 0, 0.1), 0);
  EXPECT_LT(bac_link_bound_frames(1, 1, 1.0), 0);
  EXPECT_LT(bac_link_bound_frames(1, 1, std::nan("")), 0);
  std::mt19937_64 random(11);
  std::negative_binomial_distribution<int> failures(30, 0.7);
  double sum = 0;
  for (int trial = 0; trial < 20000; trial++) {
    int most = 0;
    for (int r = 0; r < 20; r++) most = std::max(most, failures(random));
    sum += 30 + most;
  }
  EXPECT_NEAR(bac_link_bound_frames(30, 20, 0.3), sum / 20000, 0.15);
}

} // namespace
