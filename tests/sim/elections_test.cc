/* SPDX-License-Identifier: GPL-2.0-only */
/* Elections as results see them, over many epochs against what the binomial law says, and under an attacker who silences every primary. */
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

#include "sim/world.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "elections.h"
#include "election/committee.h"
#include "jammer.h"
#include "network.h"
}
#pragma GCC diagnostic pop

using namespace bac_test;

namespace {

TEST(Elections, FailureBoundIsTheHypergeometricTail) {
  EXPECT_NEAR(28.0 / 210, bac_committee_failure(10, 4, 0.2), 1e-12);           /* both bad ones among four of ten */
  EXPECT_NEAR(1.0 - 0.8 * 0.75, bac_committee_failure(5, 2, 0.2), 1e-12);      /* f = 0: the one bad member is among two of five */
  EXPECT_EQ(0.0, bac_committee_failure(10, 10, 0.2));                          /* all: two of ten are no more than f = 3 */
  EXPECT_EQ(1.0, bac_committee_failure(10, 10, 0.4));
  EXPECT_EQ(0.0, bac_committee_failure(4, 4, 0.0));
  double sum = 0; /* n = 200, 40 bad, 20 drawn, f = 6: term by term */
  for (int k = 7; k <= 20; k++) {
    double term = 1;
    for (int i = 0; i < 20; i++) term *= i < k ? (40.0 - i) / (200 - i) * (20.0 - i) / (i + 1) : (160.0 - (i - k)) / (200 - i);
    double ways = 1; /* 20 over k stands in the product above as 20!/(20-k)!/k! */
    sum += term * ways;
  }
  EXPECT_NEAR(sum, bac_committee_failure(200, 20, 0.2), 1e-9);
}

TEST(Elections, ColumnsCountClaimsAndCommittees) {
  bac_elections *e = bac_elections_new();
  std::vector<bac_member> members(10);
  bac_roster roster = {};
  roster.members = members.data();
  roster.count = 10;
  roster.shard = 3;
  bac_elections_epoch(e, &roster); /* epoch 0: no committee yet */
  roster.epoch = 1;
  for (uint32_t i = 0; i < 4; i++) members[i].place = i + 1;
  members[0].lambda = members[1].lambda = members[2].lambda = 1;
  for (int again = 0; again < 3; again++) bac_elections_epoch(e, &roster);
  roster.epoch = 2;
  members[1].lambda = members[2].lambda = 0;
  bac_elections_epoch(e, &roster);
  bac_counters c = {};
  c.draws = 100;
  c.claims = 30;
  c.proposals = 15;
  c.fallbacks = 2;
  for (int i = 0; i < 10; i++) bac_elections_add_totals(e, 3, &c);
  std::map<std::string, std::string> all;
  const bac_columns to = {[](void *ctx, const char *name, const char *value) { (*static_cast<std::map<std::string, std::string> *>(ctx))[name] = value; },
                          &all};
  bac_elections_columns(e, &to);
  EXPECT_EQ("3", all["claims_per_round"]);
  EXPECT_EQ("1.5", all["proposals_per_round"]);
  EXPECT_EQ("20", all["fallback_proposals"]);
  EXPECT_EQ("4", all["committee_size"]);
  EXPECT_EQ("2", all["committee_elected"]);
  EXPECT_EQ("0.133333333", all["committee_failure"]);
  bac_elections_free(e);
}

/* 1,000 epochs of a shard of 40 with different units, drawn with pseudo-random outputs in place of proofs: the elected units of a round, the
 * rounds without any, and the members elected into a committee. Each within 4 standard deviations. */
TEST(Elections, ThousandEpochsAsTheBinomialLawSays) {
  constexpr uint32_t kMembers = 40, kEpochs = 1000;
  uint32_t units[kMembers], total = 0;
  for (uint32_t i = 0; i < kMembers; i++) total += units[i] = 30 + i;
  const bac_lottery primary = {BAC_ELECT_TAU, 1, total}, committee = {bac_committee_size(kMembers, 100), 1, total};
  double elected = 0, none = 0, seats = 0, expected_seats = 0, seats_variance = 0;
  for (uint32_t epoch = 0; epoch < kEpochs; epoch++) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < kMembers; i++) {
      uint8_t beta[BAC_VRF_OUTPUT_BYTES];
      uint32_t lambda, what[3] = {epoch, i, 0};
      for (what[2] = 0; what[2] < 2; what[2]++) bac_hash(beta + 32 * what[2], BAC_DOMAIN_SEED, what, sizeof what);
      ASSERT_EQ(BAC_OK, bac_sortition_draw(&primary, units[i], beta, &lambda));
      sum += lambda;
      beta[0] ^= 0x5a; /* another draw */
      ASSERT_EQ(BAC_OK, bac_sortition_draw(&committee, units[i], beta, &lambda));
      seats += lambda > 0;
    }
    elected += sum;
    none += sum == 0;
  }
  const double p = double(BAC_ELECT_TAU) / total, q = 4.0 / total, empty = std::pow(1 - p, total);
  for (uint32_t i = 0; i < kMembers; i++) {
    const double in = 1 - std::pow(1 - q, units[i]);
    expected_seats += in;
    seats_variance += in * (1 - in);
  }
  EXPECT_NEAR(kEpochs * BAC_ELECT_TAU, elected, 4 * std::sqrt(kEpochs * total * p * (1 - p)));
  EXPECT_NEAR(kEpochs * empty, none, 4 * std::sqrt(kEpochs * empty * (1 - empty)));
  EXPECT_NEAR(kEpochs * expected_seats, seats, 4 * std::sqrt(kEpochs * seats_variance));
}

/* The Sybil attack of protocols.md, section 3: an attacker that splits its units among K identities is elected as often as before; with K
 * fresh certificates, each with a newcomer's units, it is not: only the authority helps against that. */
TEST(Elections, SybilGainsByCertificatesAlone) {
  constexpr uint32_t kHonest = 19, kUnits = 50, kK = 5, kRounds = 20000;
  auto share = [&](const std::vector<uint32_t> &attacker) { /* of elected units */
    uint64_t total = kHonest * kUnits, mine = 0, all = 0;
    for (uint32_t u : attacker) total += u;
    const bac_lottery l = {BAC_ELECT_TAU, 1, total};
    for (uint32_t round = 0; round < kRounds; round++)
      for (uint32_t i = 0; i < kHonest + attacker.size(); i++) {
        uint8_t beta[BAC_VRF_OUTPUT_BYTES];
        uint32_t lambda, what[3] = {round, i, 0};
        for (what[2] = 0; what[2] < 2; what[2]++) bac_hash(beta + 32 * what[2], BAC_DOMAIN_NODE, what, sizeof what);
        bac_sortition_draw(&l, i < kHonest ? kUnits : attacker[i - kHonest], beta, &lambda);
        all += lambda;
        mine += i < kHonest ? 0 : lambda;
      }
    return static_cast<double>(mine) / static_cast<double>(all);
  };
  const double one = share({kUnits}), split = share(std::vector<uint32_t>(kK, kUnits / kK)), fresh = share(std::vector<uint32_t>(kK, kUnits));
  RecordProperty("share_one_identity", std::to_string(one));
  RecordProperty("share_split", std::to_string(split));
  RecordProperty("share_fresh_certificates", std::to_string(fresh));
  EXPECT_NEAR(0.05, one, 0.003); /* 50 of 1,000 units */
  EXPECT_NEAR(0.05, split, 0.003);
  EXPECT_NEAR(5.0 / 24, fresh, 0.006);
}

TEST(Jammer, SilencesAPrimaryFromAWhileAfterItsFirstFrameToItsNextRound) {
  bac_jammer *j = bac_jammer_new(50 * BAC_MS);
  bac_effect role = {};
  role.type = BAC_EFFECT_ROLE;
  role.role.role = BAC_ROLE_CP;
  bac_jammer_effect(j, 3, &role);
  EXPECT_FALSE(bac_jammer_frame(j, 0, 3));
  EXPECT_FALSE(bac_jammer_frame(j, BAC_SECOND, 3));
  role.role.role = BAC_ROLE_PRIMARY;
  bac_jammer_effect(j, 3, &role);
  EXPECT_FALSE(bac_jammer_frame(j, 2 * BAC_SECOND, 3));
  EXPECT_FALSE(bac_jammer_frame(j, 2 * BAC_SECOND + 49 * BAC_MS, 3));
  EXPECT_TRUE(bac_jammer_frame(j, 2 * BAC_SECOND + 50 * BAC_MS, 3));
  EXPECT_FALSE(bac_jammer_frame(j, 2 * BAC_SECOND + 50 * BAC_MS, 4));
  EXPECT_EQ(1u, bac_jammer_count(j));
  role.role.role = BAC_ROLE_CS;
  bac_jammer_effect(j, 3, &role);
  EXPECT_FALSE(bac_jammer_frame(j, 3 * BAC_SECOND, 3));
  bac_jammer_free(j);
}

/* Nobody ever disagrees under it; whom nobody knows until it proposes gets blocks out, whom all know does not. */
TEST(Jammer, ConflictsNeverAndElectedPrimariesGetBlocksOut) {
  uint64_t heights[2] = {0, 0};
  for (bac_election election : {BAC_ELECTION_SORTITION, BAC_ELECTION_ROUND_ROBIN})
    for (bac_time after : {bac_time{0}, 50 * BAC_MS}) {
      bac_sim_config c = bac_sim_config_default("bac", 5);
      c.nodes = 10;
      c.node.election = election;
      c.jam_after = after;
      char why[200];
      bac_sim *sim = bac_sim_new(&c, why, sizeof why);
      ASSERT_NE(nullptr, sim) << why;
      bac_sim_run(sim, 30 * BAC_SECOND);
      const struct bac_sim_report r = bac_sim_report(sim);
      EXPECT_EQ(0u, r.conflicts);
      if (after == 0)
        EXPECT_EQ(0u, r.height_max) << "no primary can say anything";
      else
        heights[election] = r.height_min;
      bac_sim_free(sim);
    }
  /* Of whom everybody knows that it leads, any frame will do: its transactions start the clock before its block. */
  EXPECT_GE(heights[BAC_ELECTION_SORTITION], 3u);
  EXPECT_LT(heights[BAC_ELECTION_ROUND_ROBIN], heights[BAC_ELECTION_SORTITION]);
}

}  // namespace
