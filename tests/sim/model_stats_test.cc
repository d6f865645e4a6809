/* SPDX-License-Identifier: GPL-2.0-only */
/* The paper's link model over hand-made stations. */
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "model_stats.h"
#include "radio_stats.h"

namespace {

using Columns = std::map<std::string, std::string>;

bac_link_model Model() {
  const bac_loss_config loss = bac_loss_default(BAC_LOSS_LOG_DISTANCE);
  return bac_link_model_of(&loss, 20, 7);
}

double Db(double ratio) { return 10 * std::log10(ratio); }

TEST(ModelStats, EveryPairOfAChannelWithTheOthersInterference) {
  const bac_link_model m = Model();
  const double near = bac_link_model_power_w(&m, 60), far = bac_link_model_power_w(&m, 100), off = bac_link_model_power_w(&m, 160);
  /* c sends a tenth of the time, a half of it; d is on another channel, e beyond 1 km. */
  const bac_model_station stations[] = {{7, 0, {0, 0, 1}, 0.5}, {8, 0, {60, 0, 5}, 0}, {9, 0, {160, 0, 1}, 0.1}, {10, 1, {60, 0, 1}, 0.9}, {11, 0, {1160, 0, 1}, 0}};
  std::vector<bac_model_pair> pairs;
  bac_model_stats *s = bac_model_stats_new(&m);
  bac_model_sample(s, 3 * BAC_SECOND, stations, 5, [](void *to, const bac_model_pair *pair) { static_cast<std::vector<bac_model_pair> *>(to)->push_back(*pair); }, &pairs);
  ASSERT_EQ(pairs.size(), 6u);
  std::map<std::pair<uint32_t, uint32_t>, bac_model_pair> by;
  for (const bac_model_pair &p : pairs) by[{p.from, p.to}] = p;
  EXPECT_EQ(pairs[0].at, 3 * BAC_SECOND);
  EXPECT_DOUBLE_EQ((by[{7, 8}].distance_m), 60) << "in the plane";
  EXPECT_NEAR((by[{7, 8}].sinr_db), Db(near / (0.1 * far + m.noise_w)), 1e-9) << "c interferes; what a sends is the signal";
  EXPECT_NEAR((by[{9, 8}].sinr_db), Db(far / (0.5 * near + m.noise_w)), 1e-9);
  EXPECT_NEAR((by[{8, 7}].sinr_db), Db(near / (0.1 * off + m.noise_w)), 1e-9) << "its own sending is no interference";
  EXPECT_NEAR((by[{7, 8}].rate_bps), 10e6 * std::log2(1 + near / m.noise_w), 1) << "eq. 5 has no interference";
  Columns bin;
  const bac_columns to = {[](void *ctx, const char *n, const char *value) { (*static_cast<Columns *>(ctx))[n] = value; }, &bin};
  bac_model_bin_columns(s, 2, &to); /* 100 m, both ways */
  EXPECT_EQ(bin["model_pairs"], "2");
  const double there = by[{9, 8}].sinr_db, back = by[{8, 9}].sinr_db;
  EXPECT_LT(there, 5);
  EXPECT_GT(back, 5);
  EXPECT_NEAR(std::stod(bin["model_sinr_mean_db"]), (there + back) / 2, 1e-6);
  EXPECT_NEAR(std::stod(bin["model_rate_mean_mbps"]), 10 * std::log2(1 + far / m.noise_w), 1e-6);
  EXPECT_EQ(bin["model_eligible"], "0.5");
  bac_model_bin_columns(s, 19, &to);
  EXPECT_EQ(bin["model_pairs"], "0");
  EXPECT_EQ(bin["model_sinr_mean_db"], "");
  bac_model_stats_free(s);
}

/* Within a run: stations that are off are no pair, and duty is that of the second before. */
TEST(ModelStats, FromTheRadiosBooks) {
  static const double kAt[] = {0, 60, 160, 70};
  const bac_link_model m = Model();
  bac_radio_stats *s = bac_radio_stats_new(
      0, 10 * BAC_SECOND, 300,
      [](void *, uint32_t station, double at[3]) {
        at[0] = kAt[station];
        at[1] = at[2] = 0;
      },
      nullptr);
  for (int i = 0; i < 4; i++) bac_radio_add_station(s, 0, true);
  bac_radio_set_on(s, 3, 0, false);
  Columns bin;
  const bac_columns to = {[](void *ctx, const char *n, const char *value) { (*static_cast<Columns *>(ctx))[n] = value; }, &bin};
  bac_radio_bin_columns(s, 1, &to);
  EXPECT_EQ(bin.count("model_pairs"), 0u) << "no model";
  bac_radio_set_model(s, &m, nullptr, nullptr);
  bac_radio_busy(s, 2, 0, 250 * BAC_MS, true);
  bac_radio_busy(s, 2, 300 * BAC_MS, 500 * BAC_MS, false); /* somebody else's */
  bac_radio_sample_model(s, BAC_SECOND);
  bac_radio_bin_columns(s, 1, &to);
  EXPECT_EQ(bin["model_pairs"], "2");
  const double near = bac_link_model_power_w(&m, 60), far = bac_link_model_power_w(&m, 100), off = bac_link_model_power_w(&m, 160);
  EXPECT_NEAR(std::stod(bin["model_sinr_mean_db"]), (Db(near / (0.25 * far + m.noise_w)) + Db(near / (0.25 * off + m.noise_w))) / 2, 1e-6);
  bac_radio_sample_model(s, 2 * BAC_SECOND); /* nobody sent */
  bac_radio_bin_columns(s, 1, &to);
  EXPECT_NEAR(std::stod(bin["model_sinr_mean_db"]), (Db(near / (0.25 * far + m.noise_w)) + Db(near / (0.25 * off + m.noise_w)) + 2 * Db(near / m.noise_w)) / 4, 1e-6);
  bac_radio_stats_free(s);
}

}  // namespace
