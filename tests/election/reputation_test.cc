/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include <cmath>

#include "sim/world.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "election/reputation.h"
}
#pragma GCC diagnostic pop

using namespace bac_test;

namespace {

constexpr uint64_t kTask = BAC_REPUTATION_TASK;

bac_reputation fresh(uint64_t height = 0, bool genesis = false) {
  bac_reputation r;
  bac_reputation_init(&r, height, genesis);
  return r;
}

/* A record with these sums at height 0. */
bac_reputation with(uint64_t honest, uint64_t dishonest, uint64_t doubtful) {
  bac_reputation r = {};
  r.honest = honest;
  r.dishonest = dishonest;
  r.doubtful = doubtful;
  return r;
}

Bytes bytes_of(const bac_reputation &r, uint64_t height) {
  Bytes out(BAC_REPUTATION_BYTES);
  bac_reputation_encode(&r, height, out.data());
  return out;
}

long double tasks(uint64_t q32) { return static_cast<long double>(q32) / static_cast<long double>(kTask); }

uint32_t units(const bac_reputation &r, uint64_t height = 0, bac_reputation_rule rule = BAC_REPUTATION_RHO) {
  return bac_reputation_units(&r, height, rule);
}

TEST(Reputation, ANewcomerIsUncertainAndWaitsForSixteenTasks) {
  bac_reputation r = fresh(1000);
  bac_opinion o = bac_reputation_opinion(&r, 1000);
  EXPECT_EQ(0u, o.belief);
  EXPECT_EQ(0u, o.distrust);
  EXPECT_EQ(o.total, o.uncertainty);
  EXPECT_EQ(50u, units(r, 1000));
  for (uint64_t i = 0; i < 100; i++) bac_reputation_absent(&r, 1000 + i); /* being away earns nothing */
  for (uint64_t i = 0; i < BAC_REPUTATION_TASKS_MIN; i++) {
    EXPECT_FALSE(bac_reputation_eligible(&r, 7)) << i;
    bac_reputation_honest(&r, 1100 + i);
  }
  EXPECT_TRUE(bac_reputation_eligible(&r, 7));
  bac_reputation g = fresh(0, true);
  EXPECT_TRUE(bac_reputation_eligible(&g, 0));
  EXPECT_EQ(50u, units(g));
}

TEST(Reputation, OpinionAndUnitsAreThoseOfTheEquations) {
  bac_reputation r = with(7 * kTask, 2 * kTask, 3 * kTask);
  bac_opinion o = bac_reputation_opinion(&r, 0);
  EXPECT_EQ(o.total, o.belief + o.distrust + o.uncertainty); /* eq. 9 */
  EXPECT_EQ(7 * o.total, 12 * o.belief);
  EXPECT_EQ(2 * o.total, 12 * o.distrust);
  bac_ratio rho = bac_reputation_rho(&r, 0);
  EXPECT_EQ(17 * rho.denominator, 24 * rho.numerator); /* (7 + 3/2) / 12 */
  EXPECT_EQ(70u, units(r));                            /* 70.83 */
  EXPECT_EQ(100u, units(with(5 * kTask, 0, 0)));
  EXPECT_EQ(0u, units(with(0, 5 * kTask, 0)));
  EXPECT_EQ(50u, units(with(0, 0, 5 * kTask)));
  /* On the edge of a unit, and one part in 2^32 below. */
  EXPECT_EQ(29u, units(with(29 * kTask, 71 * kTask, 0)));
  EXPECT_EQ(28u, units(with(29 * kTask - 1, 71 * kTask + 1, 0)));
}

TEST(Reputation, UnitsAreExactEverywhere) {
  const uint64_t seed = 11;
  SCOPED_TRACE(seed);
  bac_random random = bac_random_stream(seed, 0, BAC_PURPOSE_NETWORK);
  for (int k = 0; k < 200000; k++) {
    auto draw = [&] { return bac_random_u64(&random) >> (9 + bac_random_below(&random, 48)); };
    bac_reputation r = with(draw(), draw(), draw());
    if (k % 3 == 0) r = with(r.honest % 200, r.dishonest % 200, r.doubtful % 200 + BAC_REPUTATION_EVIDENCE_MIN);
    r.tasks = static_cast<uint32_t>(bac_random_u64(&random) >> (32 + bac_random_below(&random, 32)));
    r.participated = static_cast<uint32_t>(bac_random_below(&random, uint64_t{r.tasks} + 1));
    r.convictions = static_cast<uint32_t>(bac_random_below(&random, 4));
    unsigned __int128 sum = static_cast<unsigned __int128>(r.honest) + r.dishonest + r.doubtful;
    unsigned __int128 top = static_cast<unsigned __int128>(r.honest) * 2 + r.doubtful;
    if (sum < BAC_REPUTATION_EVIDENCE_MIN) {
      top = 1;
      sum = 1;
    }
    ASSERT_EQ(static_cast<uint32_t>(top * 100 / (sum * 2)), units(r)) << k;
    bac_ratio pi = bac_reputation_participation(&r), zeta = bac_reputation_success(&r);
    ASSERT_LE(pi.numerator, pi.denominator);
    ASSERT_LE(zeta.numerator, zeta.denominator);
    /* pi * zeta reduces to successes over tasks when there are both: 128 bits hold the product. */
    uint64_t s = zeta.numerator, t = pi.denominator;
    if (pi.numerator == 0) s = 0;
    ASSERT_EQ(static_cast<uint32_t>(top * 100 * s / (sum * 2 * t)), units(r, 0, BAC_REPUTATION_RHO_PI_ZETA)) << k;
  }
}

TEST(Reputation, ParticipationAndSuccess) {
  bac_reputation r = fresh();
  bac_ratio pi = bac_reputation_participation(&r), zeta = bac_reputation_success(&r);
  EXPECT_EQ(pi.numerator, pi.denominator);
  EXPECT_EQ(zeta.numerator, zeta.denominator);
  EXPECT_EQ(50u, units(r, 0, BAC_REPUTATION_RHO_PI_ZETA));
  for (int i = 0; i < 6; i++) bac_reputation_honest(&r, 1);
  for (int i = 0; i < 2; i++) bac_reputation_absent(&r, 1);
  bac_reputation_punish(&r, 1, 0);
  pi = bac_reputation_participation(&r);
  zeta = bac_reputation_success(&r);
  EXPECT_EQ(6u, pi.numerator);
  EXPECT_EQ(8u, pi.denominator);
  EXPECT_EQ(5u, zeta.numerator);
  EXPECT_EQ(6u, zeta.denominator);
  for (int i = 0; i < 9; i++) bac_reputation_punish(&r, 1, 0);
  EXPECT_EQ(0u, bac_reputation_success(&r).numerator);
  EXPECT_EQ(0u, units(r, 1, BAC_REPUTATION_RHO_PI_ZETA));
  bac_reputation away = fresh();
  bac_reputation_absent(&away, 1);
  EXPECT_EQ(0u, units(away, 1, BAC_REPUTATION_RHO_PI_ZETA));
  EXPECT_EQ(50u, units(away, 1));
}

TEST(Reputation, AbsenceIsDoubtNeverDishonesty) {
  bac_reputation r = fresh(0, true);
  for (uint64_t h = 1; h < 5000; h++) {
    bac_reputation_absent(&r, h);
    ASSERT_EQ(0u, r.dishonest);
    ASSERT_EQ(50u, units(r, h));
    ASSERT_TRUE(bac_reputation_eligible(&r, h));
  }
}

TEST(Reputation, ProvenMisbehaviourCountsTenTimesAndBansForTheEpoch) {
  bac_reputation r = fresh(0, true);
  bac_reputation_punish(&r, 37, 4);
  uint64_t counts[3];
  bac_reputation_counts(&r, 37, counts);
  EXPECT_NEAR(10.0, static_cast<double>(tasks(counts[1])), 1e-8);
  EXPECT_EQ(0u, counts[0]);
  EXPECT_FALSE(bac_reputation_eligible(&r, 4));
  EXPECT_FALSE(bac_reputation_eligible(&r, 3));
  EXPECT_TRUE(bac_reputation_eligible(&r, 5));
  bac_reputation_punish(&r, 38, 2); /* an older epoch does not shorten it */
  EXPECT_FALSE(bac_reputation_eligible(&r, 4));
  bac_reputation_punish(&r, 39, UINT64_MAX);
  EXPECT_EQ(UINT64_MAX, r.banned_until_epoch);
  EXPECT_EQ(3u, r.convictions);
  EXPECT_EQ(0u, r.tasks);
}

TEST(Reputation, TheTableIsExactlyRounded) {
  /* grow of one task is the table; 2^(k/64) in 64 bits of mantissa leaves no doubt about the 33rd. */
  for (uint64_t k = 0; k < 64; k++) {
    bac_reputation r = with(0, 0, 0);
    bac_reputation_honest(&r, k);
    long double exact = exp2l(static_cast<long double>(k) / 64) * 4294967296.0L;
    ASSERT_EQ(static_cast<uint64_t>(floorl(exact + 0.5L)), r.honest) << k;
  }
}

TEST(Reputation, EvidenceHalvesIn64Blocks) {
  for (uint64_t at : {uint64_t{0}, uint64_t{1}, uint64_t{63}, uint64_t{64}, uint64_t{1000}}) {
    bac_reputation r = fresh(at);
    bac_reputation_honest(&r, at);
    for (uint64_t later = 0; later <= 1000; later++) {
      uint64_t counts[3];
      bac_reputation_counts(&r, at + later, counts);
      long double exact = exp2l(-static_cast<long double>(later) / 64);
      ASSERT_NEAR(static_cast<double>(exact), static_cast<double>(tasks(counts[0])), 1.0 / (1 << 24)) << at << " " << later;
      ASSERT_NEAR(static_cast<double>(exact), static_cast<double>(tasks(counts[2])), 1.0 / (1 << 24));
    }
  }
}

/* What happens to a member at a height, drawn. */
void happen(bac_random *random, bac_reputation *r, uint64_t h) {
  switch (bac_random_below(random, 20)) {
    case 0: bac_reputation_punish(r, h, h / 20); break;
    case 1:
    case 2:
    case 3: bac_reputation_absent(r, h); break;
    default: bac_reputation_honest(r, h);
  }
}

TEST(Reputation, LazyDecayEqualsEagerDecayBitForBit) {
  for (uint64_t seed = 1; seed <= 40; seed++) {
    SCOPED_TRACE(seed);
    bac_random events = bac_random_stream(seed, 0, BAC_PURPOSE_NETWORK), twin = events;
    bac_random gaps = bac_random_stream(seed, 1, BAC_PURPOSE_NETWORK);
    uint64_t h = bac_random_below(&gaps, 1000);
    bac_reputation lazy = fresh(h), eager = lazy;
    for (int k = 0; k < 300; k++) {
      uint64_t next = h + bac_random_below(&gaps, k % 10 == 0 ? 3000 : 40);
      for (; h < next; h++) {
        bac_reputation_advance(&eager, h);
        if (h % 7) continue;
        ASSERT_EQ(bytes_of(eager, h), bytes_of(lazy, h)) << h;
        ASSERT_EQ(units(eager, h), units(lazy, h)) << h;
        ASSERT_EQ(units(eager, h, BAC_REPUTATION_RHO_PI_ZETA), units(lazy, h, BAC_REPUTATION_RHO_PI_ZETA)) << h;
        uint64_t a[3], b[3];
        bac_reputation_counts(&eager, h, a);
        bac_reputation_counts(&lazy, h, b);
        ASSERT_EQ(0, memcmp(a, b, sizeof a));
      }
      happen(&events, &lazy, h);
      happen(&twin, &eager, h);
    }
    bac_reputation jump = lazy;
    bac_reputation_advance(&jump, h + 100000);
    for (uint64_t k = 0; k <= 100000; k++) bac_reputation_advance(&eager, h + k);
    EXPECT_EQ(0, memcmp(&jump, &eager, sizeof jump));
  }
}

TEST(Reputation, TenMillionBlocksStayWithinTheErrorAndNeverOverflow) {
  const uint64_t seed = 5;
  SCOPED_TRACE(seed);
  bac_random random = bac_random_stream(seed, 0, BAC_PURPOSE_NETWORK);
  bac_reputation r = fresh();
  long double exact[3] = {0, 0, 1}, worst = 0;
  const long double step = exp2l(-1.0L / 64);
  for (uint64_t h = 1; h <= 10000000; h++) {
    for (long double &e : exact) e *= step;
    uint64_t what = bac_random_below(&random, 1000);
    if (what < 5) {
      bac_reputation_punish(&r, h, h / 20);
      exact[1] += 10;
    } else if (what < 100) {
      bac_reputation_absent(&r, h);
      exact[2] += 1;
    } else {
      bac_reputation_honest(&r, h);
      exact[0] += 1;
    }
    ASSERT_LT(r.honest, 200 * kTask);
    if (h % 61) continue;
    uint64_t counts[3];
    bac_reputation_counts(&r, h, counts);
    for (int i = 0; i < 3; i++) worst = std::max(worst, fabsl(tasks(counts[i]) - exact[i]));
  }
  EXPECT_LT(worst, 1.0L / (1 << 24));
  EXPECT_GT(r.tasks, 9900000u);
}

TEST(Reputation, Converges) {
  /* One task a block tends to 1 / (1 - 2^(-1/64)) of them; the past is forgotten. */
  bac_reputation good = fresh(), bad = fresh();
  for (uint64_t h = 1; h <= 64; h++) bac_reputation_punish(&bad, h, 0);
  for (uint64_t h = 1; h <= 4000; h++) {
    bac_reputation_honest(&good, h);
    if (h > 64) bac_reputation_honest(&bad, h);
    if (h == 64) {
      EXPECT_EQ(0u, units(bad, h));
    }
    if (h == 128) { /* 1 honest to 5 dishonest, a half-life later */
      EXPECT_NEAR(16.0, units(bad, h), 1.0);
    }
    if (h == 1000) {
      EXPECT_EQ(99u, units(bad, h));
    }
  }
  uint64_t counts[3];
  bac_reputation_counts(&good, 4000, counts);
  EXPECT_NEAR(static_cast<double>(1 / (1 - exp2l(-1.0L / 64))), static_cast<double>(tasks(counts[0])), 1e-6);
  EXPECT_EQ(100u, units(good, 4000));
  EXPECT_EQ(100u, units(bad, 4000));
  bac_reputation mixed = fresh();
  uint32_t low = 100, high = 0;
  for (uint64_t h = 1; h <= 4000; h++) {
    h % 4 ? bac_reputation_honest(&mixed, h) : bac_reputation_absent(&mixed, h);
    if (h < 1000) continue;
    low = std::min(low, units(mixed, h));
    high = std::max(high, units(mixed, h));
  }
  EXPECT_GE(low, 86u); /* 3/4 + 1/8 = 0.875 */
  EXPECT_LE(high, 88u);
}

TEST(Reputation, WaitingAloneChangesNoOpinionUntilNothingIsLeft) {
  bac_reputation r = fresh();
  for (uint64_t h = 1; h <= 200; h++) bac_reputation_honest(&r, h);
  bac_reputation_punish(&r, 200, 3);
  const uint32_t now = units(r, 200);
  EXPECT_LT(now, 95u);
  EXPECT_GT(now, 80u);
  uint64_t h = 200;
  for (; h <= 200 + 64 * 21; h++) ASSERT_EQ(now, units(r, h)) << h;
  h = 200 + 64 * 30;
  EXPECT_EQ(50u, units(r, h)); /* (0, 0, 1) */
  EXPECT_EQ(1u, bac_reputation_opinion(&r, h).uncertainty);
  EXPECT_EQ(50u, units(r, UINT64_MAX));
  bac_reputation_honest(&r, h);
  EXPECT_EQ(99u, units(r, h));
}

TEST(Reputation, SumsAndCountersSaturate) {
  bac_reputation r = with(BAC_REPUTATION_EVIDENCE_MAX - 1, BAC_REPUTATION_EVIDENCE_MAX, BAC_REPUTATION_EVIDENCE_MAX);
  r.tasks = r.participated = r.convictions = UINT32_MAX;
  bac_reputation_honest(&r, 63);
  bac_reputation_punish(&r, 63, 1);
  bac_reputation_absent(&r, 63);
  EXPECT_EQ(BAC_REPUTATION_EVIDENCE_MAX, r.honest);
  EXPECT_EQ(BAC_REPUTATION_EVIDENCE_MAX, r.dishonest);
  EXPECT_EQ(BAC_REPUTATION_EVIDENCE_MAX, r.doubtful);
  EXPECT_EQ(UINT32_MAX, r.tasks);
  EXPECT_EQ(UINT32_MAX, r.participated);
  EXPECT_EQ(UINT32_MAX, r.convictions);
  EXPECT_EQ(50u, units(r, 63));
  Bytes b = bytes_of(r, 63);
  EXPECT_TRUE(bac_reputation_decode(&r, b.data(), b.size()));
  r.convictions = 0;
  EXPECT_EQ(50u, units(r, 63, BAC_REPUTATION_RHO_PI_ZETA));
}

TEST(Reputation, EncodingIsCanonicalAndStrict) {
  const uint64_t seed = 3;
  SCOPED_TRACE(seed);
  bac_random random = bac_random_stream(seed, 0, BAC_PURPOSE_NETWORK);
  bac_reputation r = fresh(100, true), back;
  for (uint64_t h = 100; h < 600; h++) happen(&random, &r, h);
  const Bytes good = bytes_of(r, 599);
  ASSERT_TRUE(bac_reputation_decode(&back, good.data(), good.size()));
  EXPECT_EQ(good, bytes_of(back, 599));
  EXPECT_EQ(0, memcmp(&r, &back, sizeof r));
  for (size_t length = 0; length < good.size(); length++) EXPECT_FALSE(bac_reputation_decode(&back, good.data(), length));
  Bytes more = good;
  more.push_back(0);
  EXPECT_FALSE(bac_reputation_decode(&back, more.data(), more.size()));
  int accepted = 0;
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1 << bit % 8);
    if (!bac_reputation_decode(&back, bad.data(), bad.size())) continue;
    accepted++;
    ASSERT_EQ(bad, bytes_of(back, back.decayed_at)) << bit; /* another record, and nothing else */
  }
  EXPECT_LT(accepted, 56 * 8);
  auto refused = [&](bac_reputation bad) {
    /* written field by field: encode would apply decay */
    Bytes b(BAC_REPUTATION_BYTES);
    bac_writer w = bac_writer_over(b.data(), b.size());
    for (uint64_t v : {bad.honest, bad.dishonest, bad.doubtful, bad.decayed_at, bad.banned_until_epoch})
      bac_write_u64(&w, v);
    for (uint32_t v : {bad.tasks, bad.participated, bad.convictions, bad.genesis}) bac_write_u32(&w, v);
    return !bac_reputation_decode(&back, b.data(), b.size());
  };
  EXPECT_FALSE(refused(r));
  bac_reputation bad = r;
  bad.honest = BAC_REPUTATION_EVIDENCE_MAX + 1;
  EXPECT_TRUE(refused(bad));
  bad = r;
  bad.dishonest = BAC_REPUTATION_EVIDENCE_MAX + 1;
  EXPECT_TRUE(refused(bad));
  bad = r;
  bad.doubtful = BAC_REPUTATION_EVIDENCE_MAX + 1;
  EXPECT_TRUE(refused(bad));
  bad = r;
  bad.decayed_at++;
  EXPECT_TRUE(refused(bad));
  bad = r;
  bad.participated = bad.tasks + 1;
  EXPECT_TRUE(refused(bad));
  bad = r;
  bad.genesis = 2;
  EXPECT_TRUE(refused(bad));
}

TEST(Reputation, TheEncodingSeesEveryField) {
  bac_reputation r = fresh(64);
  std::vector<Bytes> all = {bytes_of(r, 64)};
  auto add = [&](auto change) {
    bac_reputation other = r;
    change(other);
    all.push_back(bytes_of(other, 64));
  };
  add([](bac_reputation &o) { o.honest++; });
  add([](bac_reputation &o) { o.dishonest++; });
  add([](bac_reputation &o) { o.doubtful++; });
  add([](bac_reputation &o) { o.banned_until_epoch++; });
  add([](bac_reputation &o) { o.tasks++; });
  add([](bac_reputation &o) { o.participated++; });
  add([](bac_reputation &o) { o.convictions++; });
  add([](bac_reputation &o) { o.genesis++; });
  all.push_back(bytes_of(r, 128));
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all.end(), std::unique(all.begin(), all.end()));
}

TEST(Reputation, HandoverKeepsCountsUnitsAndTheBan) {
  for (uint64_t seed = 1; seed <= 200; seed++) {
    SCOPED_TRACE(seed);
    bac_random random = bac_random_stream(seed, 0, BAC_PURPOSE_NETWORK);
    uint64_t from = bac_random_below(&random, 5000), to = bac_random_u64(&random) >> bac_random_below(&random, 60);
    bac_reputation r = fresh(from);
    for (int k = 0; k < 200; k++) happen(&random, &r, ++from);
    r.banned_until_epoch = 0;
    bac_reputation_punish(&r, from, 9);
    bac_reputation moved = r;
    bac_reputation_leave(&moved, from + 5, 9);
    Bytes b = bytes_of(moved, 0);
    ASSERT_TRUE(bac_reputation_decode(&moved, b.data(), b.size()));
    ASSERT_EQ(BAC_OK, bac_reputation_enter(&moved, to, 1000));
    uint64_t before[3], after[3];
    bac_reputation_counts(&r, from + 5, before);
    bac_reputation_counts(&moved, to, after);
    for (int i = 0; i < 3; i++)
      EXPECT_NEAR(static_cast<double>(tasks(before[i])), static_cast<double>(tasks(after[i])), 1e-8);
    bac_ratio p = bac_reputation_rho(&r, from + 5), q = bac_reputation_rho(&moved, to);
    EXPECT_NEAR(static_cast<double>(p.numerator) / static_cast<double>(p.denominator),
                static_cast<double>(q.numerator) / static_cast<double>(q.denominator), 1e-8);
    EXPECT_EQ(r.tasks, moved.tasks);
    EXPECT_EQ(r.participated, moved.participated);
    EXPECT_EQ(r.convictions, moved.convictions);
    EXPECT_FALSE(bac_reputation_eligible(&moved, 1000)); /* banned for the rest of epoch 9 there, epoch 1000 here */
    EXPECT_EQ(bac_reputation_eligible(&r, 10), bac_reputation_eligible(&moved, 1001));
    bac_reputation_leave(&r, from + 5, 10);
    EXPECT_EQ(0u, r.banned_until_epoch);
  }
  bac_reputation stranger = fresh(640);
  EXPECT_EQ(BAC_EINVAL, bac_reputation_enter(&stranger, 700, 0));
  bac_reputation full = with(BAC_REPUTATION_EVIDENCE_MAX, 0, 0); /* growing saturates */
  EXPECT_EQ(BAC_OK, bac_reputation_enter(&full, 63, 0));
  EXPECT_EQ(BAC_REPUTATION_EVIDENCE_MAX, full.honest);
}

TEST(ReputationDeathTest, HeightsDoNotGoBack) {
  bac_reputation r = fresh(128);
  EXPECT_DEATH(bac_reputation_honest(&r, 127), "broken invariant");
}

}  // namespace
