/* SPDX-License-Identifier: GPL-2.0-only */
/* Committees elected against adversaries drawn at random fail as often as the hypergeometric distribution says, and where the election is
 * not what it takes for granted, the campaign shows it. Fixed seeds: no test can fail by chance. */
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "campaign.h"

extern "C" {
#include "fast_crypto.h"
}

namespace {

struct Campaign : ::testing::Test {
  void SetUp() override { bac_fast_crypto(true); }
  void TearDown() override { bac_fast_crypto(false); }
  bac_campaign_report run(uint32_t members, uint32_t byzantine, uint64_t epochs, uint32_t lost = 0, bool favoured = false, uint64_t seed = 1) {
    bac_campaign_options o = {};
    o.seed = seed;
    o.epochs = epochs;
    o.members = members;
    o.byzantine = byzantine;
    o.permille = 100;
    o.lost_permille = lost;
    o.favoured = favoured;
    bac_campaign_report r = {};
    char why[200] = "";
    EXPECT_EQ(BAC_OK, bac_campaign_run(&o, &r, why, sizeof why)) << why;
    return r;
  }
};

TEST_F(Campaign, FailsAsOftenAsPredicted) {
  for (const auto &[members, byzantine] : {std::pair<uint32_t, uint32_t>{40, 8}, {40, 16}, {100, 20}}) {
    const bac_campaign_report r = run(members, byzantine, 1500);
    EXPECT_EQ(std::max(4u, members / 10), r.size);
    EXPECT_GT(r.failed, 0u);
    EXPECT_GT(r.p_value, 1e-3) << members << ", " << byzantine << ": " << r.failed << " of " << r.epochs << ", expected " << r.expected * static_cast<double>(r.epochs);
    const double share = static_cast<double>(r.malicious) / static_cast<double>(r.places), fair = static_cast<double>(byzantine) / members;
    EXPECT_NEAR(fair, share, 5 * std::sqrt(fair * (1 - fair) / static_cast<double>(r.places)));
    EXPECT_GT(2 * r.credentials, r.places) << "most are there by credential, not by the fallback order";
    EXPECT_LT(r.credentials, r.places) << "and some are not";
  }
}

TEST_F(Campaign, NobodyMaliciousNobodyFails) {
  EXPECT_EQ(0u, run(40, 0, 50).failed);
  const bac_campaign_report all = run(8, 8, 50);
  EXPECT_EQ(50u, all.failed);
  EXPECT_EQ(1.0, all.p_value);
}

TEST_F(Campaign, ShowsWhatThePredictionTakesForGranted) {
  /* Honest members' credentials that come too late leave places to malicious ones. */
  const bac_campaign_report late = run(100, 20, 600, 900);
  EXPECT_LT(late.p_value, 1e-6) << late.failed << " of " << late.epochs << ", expected " << late.expected * 600;
  EXPECT_GT(static_cast<double>(late.failed), 600 * late.expected);
  /* So do units: the same members malicious all the time, with more of them than the others have. */
  const bac_campaign_report rich = run(40, 8, 600, 0, true);
  EXPECT_LT(rich.p_value, 1e-6) << rich.failed << " of " << rich.epochs << ", expected " << rich.expected * 600;
}

TEST_F(Campaign, SameSeedSameNumbers) {
  const bac_campaign_report a = run(20, 5, 60), b = run(20, 5, 60), c = run(20, 5, 60, 0, false, 2);
  EXPECT_EQ(a.failed, b.failed);
  EXPECT_EQ(a.malicious, b.malicious);
  EXPECT_NE(a.malicious * 1000 + a.credentials, c.malicious * 1000 + c.credentials);
}

TEST_F(Campaign, RefusesWhatIsNoRoster) {
  bac_campaign_options o = {};
  bac_campaign_report r;
  char why[200] = "";
  o.permille = 100;
  o.members = 3;
  EXPECT_EQ(BAC_EINVAL, bac_campaign_run(&o, &r, why, sizeof why));
  EXPECT_NE(std::string::npos, std::string(why).find("3 members"));
  o.members = 10;
  o.byzantine = 11;
  EXPECT_EQ(BAC_EINVAL, bac_campaign_run(&o, &r, why, sizeof why));
}

TEST(CampaignPValue, IsTheBinomialsTwoTails) {
  EXPECT_NEAR(2 * (1.0 + 10 + 45) / 1024, bac_campaign_p_value(10, 0.5, 2), 1e-12);
  EXPECT_NEAR(2 * (1.0 + 10 + 45) / 1024, bac_campaign_p_value(10, 0.5, 8), 1e-12);
  EXPECT_EQ(1.0, bac_campaign_p_value(10, 0.5, 5));
  EXPECT_EQ(0.0, bac_campaign_p_value(10, 0, 1));
  EXPECT_EQ(1.0, bac_campaign_p_value(10, 1, 10));
}

}  // namespace
