/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "election/reputation_pairs.h"
}
#pragma GCC diagnostic pop

using namespace bac_test;

namespace {

constexpr uint64_t kOne = uint64_t{1} << 32;

struct Pairs : ::testing::Test {
  bac_reputation_pairs *p = bac_reputation_pairs_new(3);
  ~Pairs() override { free(p); }
  void add(uint32_t i, uint32_t j, bac_behaviour kind, int times = 1) {
    for (; times > 0; times--) ASSERT_EQ(BAC_OK, bac_reputation_pairs_add(p, i, j, kind));
  }
};

TEST_F(Pairs, OpinionOfEachOrderedPair) {
  add(0, 1, BAC_BEHAVIOUR_HONEST, 5);
  add(0, 1, BAC_BEHAVIOUR_DISHONEST, 2);
  add(0, 1, BAC_BEHAVIOUR_DOUBTFUL, 3);
  bac_opinion o = bac_reputation_pairs_opinion(p, 0, 1);
  EXPECT_EQ(5u, o.belief);
  EXPECT_EQ(2u, o.distrust);
  EXPECT_EQ(3u, o.uncertainty);
  EXPECT_EQ(10u, o.total);
  for (auto [i, j] : {std::pair<uint32_t, uint32_t>{1, 0}, {2, 1}, {0, 2}}) { /* nothing met: (0, 0, 1) */
    o = bac_reputation_pairs_opinion(p, i, j);
    EXPECT_EQ(0u, o.belief + o.distrust);
    EXPECT_EQ(1u, o.uncertainty);
    EXPECT_EQ(1u, o.total);
  }
}

TEST_F(Pairs, ReputationIsTheMeanOverRaters) {
  EXPECT_EQ(kOne / 2, bac_reputation_pairs_rho(p, 1));
  add(0, 1, BAC_BEHAVIOUR_HONEST, 4);
  EXPECT_EQ(kOne / 4 * 3, bac_reputation_pairs_rho(p, 1)); /* (1 + 1/2) / 2 */
  add(2, 1, BAC_BEHAVIOUR_DISHONEST, 9);
  EXPECT_EQ(kOne / 2, bac_reputation_pairs_rho(p, 1)); /* (1 + 0) / 2, however many each has counted */
  add(2, 1, BAC_BEHAVIOUR_DOUBTFUL, 9);
  EXPECT_EQ(kOne / 8 * 5, bac_reputation_pairs_rho(p, 1)); /* (1 + 1/4) / 2 */
  EXPECT_EQ(kOne / 2, bac_reputation_pairs_rho(p, 0));
  bac_reputation_pairs *one = bac_reputation_pairs_new(1);
  EXPECT_EQ(kOne / 2, bac_reputation_pairs_rho(one, 0));
  free(one);
}

TEST_F(Pairs, Refuses) {
  EXPECT_EQ(BAC_EINVAL, bac_reputation_pairs_add(p, 1, 1, BAC_BEHAVIOUR_HONEST));
  EXPECT_EQ(BAC_EINVAL, bac_reputation_pairs_add(p, 3, 1, BAC_BEHAVIOUR_HONEST));
  EXPECT_EQ(BAC_EINVAL, bac_reputation_pairs_add(p, 1, 3, BAC_BEHAVIOUR_HONEST));
  EXPECT_EQ(BAC_EINVAL, bac_reputation_pairs_add(p, 0, 1, BAC_BEHAVIOUR_COUNT));
}

TEST(PairsLarge, CountsStopAndTheMeanIsWithinItsError) {
  const uint64_t seed = 2;
  SCOPED_TRACE(seed);
  bac_random random = bac_random_stream(seed, 0, BAC_PURPOSE_NETWORK);
  bac_reputation_pairs *p = bac_reputation_pairs_new(BAC_ROSTER_MAX);
  long double exact = 0;
  for (uint32_t i = 1; i < BAC_ROSTER_MAX; i++) {
    uint32_t *b = p->cells[i * BAC_ROSTER_MAX].behaviours;
    for (int k = 0; k < 3; k++)
      b[k] = i < 9 ? uint32_t{BAC_PAIR_COUNT_MAX} * (i >> k & 1) : static_cast<uint32_t>(bac_random_below(&random, 50));
    long double sum = static_cast<long double>(b[0]) + b[1] + b[2];
    exact += sum > 0 ? (b[0] + b[2] / 2.0L) / sum : 0.5L;
  }
  exact /= BAC_ROSTER_MAX - 1;
  long double got = static_cast<long double>(bac_reputation_pairs_rho(p, 0)) / static_cast<long double>(kOne);
  EXPECT_LE(got, exact + 1e-15L);
  EXPECT_LT(exact - got, 1.0L / (uint64_t{1} << 31));
  EXPECT_EQ(BAC_OK, bac_reputation_pairs_add(p, 1, 0, BAC_BEHAVIOUR_HONEST));
  EXPECT_EQ(uint32_t{BAC_PAIR_COUNT_MAX}, p->cells[BAC_ROSTER_MAX].behaviours[0]);
  free(p);
}

}  // namespace
