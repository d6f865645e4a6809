/* SPDX-License-Identifier: GPL-2.0-only */
/* The medium's formulas against published values and closed forms. */
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

extern "C" {
#include "radio/approx.h"
}
#include "radio/airtime.h"
#include "radio/channel_plan.h"
#include "radio/error_rate.h"
#include "radio/fading.h"
#include "radio/propagation.h"

namespace {

TEST(Airtime, FramesOfPayload2296) {
  EXPECT_EQ(bac_air_duration(2296 + BAC_PSDU_OVERHEAD, BAC_MODE_6), 3160 * BAC_US);
  EXPECT_EQ(bac_air_duration(2296 + BAC_PSDU_OVERHEAD, BAC_MODE_12), 1600 * BAC_US);
  EXPECT_EQ(bac_air_duration(2296 + BAC_PSDU_OVERHEAD, BAC_MODE_27), 736 * BAC_US);
}

TEST(Airtime, AcknowledgementsAndRates) {
  EXPECT_EQ(bac_air_duration(BAC_ACK_BYTES, BAC_MODE_3), 88 * BAC_US); // ns-3: m_ackTxTime
  EXPECT_EQ(bac_air_duration(BAC_ACK_BYTES, BAC_MODE_6), 64 * BAC_US);
  EXPECT_EQ(bac_air_ack_mode(BAC_MODE_4_5), BAC_MODE_3);
  EXPECT_EQ(bac_air_ack_mode(BAC_MODE_9), BAC_MODE_6);
  EXPECT_EQ(bac_air_ack_mode(BAC_MODE_27), BAC_MODE_12);
  EXPECT_EQ(bac_air_mode_of(4500000), BAC_MODE_4_5);
  EXPECT_EQ(bac_air_mode_of(5000000), -1);
}

double Loss(bac_air_mode mode, uint32_t bytes, double sinr_db) {
  return 1 - std::exp(8.0 * bytes * bac_error_ln_success(mode, std::pow(10, sinr_db / 10)));
}

/* The point that ns-3's hidden-node run reproduced: 0.730 at 6.23 dB. */
TEST(ErrorRate, Nist) { EXPECT_NEAR(Loss(BAC_MODE_6, 1418, 6.23), 0.730, 0.001); }

TEST(ErrorRate, TenPercentLossOf2296Bytes) {
  for (const auto &[mode, db] : std::vector<std::pair<bac_air_mode, double>>{{BAC_MODE_6, 7.1}, {BAC_MODE_12, 13.7}, {BAC_MODE_27, 22.8}}) {
    EXPECT_GT(Loss(mode, 2334, db - 0.1), 0.1);
    EXPECT_LT(Loss(mode, 2334, db + 0.1), 0.1);
  }
}

TEST(ErrorRate, TableFollowsTheFormula) {
  std::vector<double> table(BAC_ERROR_SIZE);
  for (int mode = 0; mode < BAC_AIR_MODES; mode++) {
    bac_error_table(static_cast<bac_air_mode>(mode), table.data());
    for (double db = -14; db < 40; db += 0.037) {
      const double sinr = std::pow(10, db / 10);
      const double exact = std::exp(2334 * 8 * bac_error_ln_success(static_cast<bac_air_mode>(mode), sinr));
      const double near = std::exp(2334 * 8 * bac_table_at(table.data(), 0, BAC_ERROR_LOW, BAC_ERROR_SIZE, sinr));
      ASSERT_NEAR(near, exact, 0.003) << mode << " at " << db;
    }
    EXPECT_LE(bac_table_at(table.data(), 0, BAC_ERROR_LOW, BAC_ERROR_SIZE, 0), -49) << "no signal, no success";
    EXPECT_EQ(bac_table_at(table.data(), 0, BAC_ERROR_LOW, BAC_ERROR_SIZE, 1e9), 0);
  }
}

TEST(Approx, LogarithmAndExponential) {
  for (double x = 1e-30; x < 1e30; x *= 1.037) ASSERT_NEAR(bac_ln(x), std::log(x), 1e-12 * std::fabs(std::log(x)) + 1e-14) << x;
  for (double x = 1e-30; x < 1e30; x *= 1.037) ASSERT_NEAR(bac_rsqrt(x) * std::sqrt(x), 1, 1e-14) << x;
  EXPECT_EQ(bac_sqrt(0), 0);
  for (double x = -690; x < 690; x += 0.0917) ASSERT_NEAR(bac_exp(x) / std::exp(x), 1, 1e-12) << x;
}

TEST(Approx, DrawsAreUniform) {
  double sum = 0, square = 0;
  const int count = 100000;
  for (int i = 0; i < count; i++) {
    const double u = bac_uniform(static_cast<uint64_t>(i % 1000), 0x9e3779b97f4a7c15ULL * static_cast<uint64_t>(i / 1000 + 1));
    ASSERT_GT(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    square += u * u;
  }
  EXPECT_NEAR(sum / count, 0.5, 4 / std::sqrt(12.0 * count));
  EXPECT_NEAR(square / count, 1.0 / 3, 0.004);
}

TEST(Fading, ShapeOneIsExponential) {
  for (const double e : {1e-6, 0.01, 0.7, 3.0, 20.0}) EXPECT_NEAR(bac_fading_gain(1, e) / e, 1, 1e-9);
}

/* A gamma distribution of mean 1 has the variance 1/m. */
TEST(Fading, Moments) {
  std::vector<double> table(BAC_FADING_SIZE);
  for (const double m : {0.75, 1.5, 3.0}) {
    bac_fading_table(m, table.data());
    double mean = 0, square = 0;
    const int count = 1000000;
    for (int i = 0; i < count; i++) {
      const double gain = bac_table_at(table.data(), 0, BAC_FADING_LOW, BAC_FADING_SIZE, -bac_ln((i + 0.5) / count));
      mean += gain / count;
      square += gain * gain / count;
    }
    EXPECT_NEAR(mean, 1, 2e-4) << m;
    EXPECT_NEAR(square - mean * mean, 1 / m, 2e-3) << m;
  }
}

TEST(Propagation, LogDistance) {
  const bac_loss_config c = bac_loss_default(BAC_LOSS_LOG_DISTANCE);
  const bac_loss_pieces p = bac_loss_pieces_of(&c);
  EXPECT_NEAR(bac_loss_db(&p, 0.3), 47.86, 1e-9);
  EXPECT_NEAR(bac_loss_db(&p, 100), 47.86 + 27.5 * 2, 1e-9);
}

TEST(Propagation, ThreeLog) {
  const bac_loss_config c = bac_loss_default(BAC_LOSS_THREE_LOG);
  const bac_loss_pieces p = bac_loss_pieces_of(&c);
  EXPECT_NEAR(bac_loss_db(&p, 0.5), 0, 1e-9) << "as ns-3 has it";
  EXPECT_NEAR(bac_loss_db(&p, 50), 47.86 + 19 * std::log10(50), 1e-9);
  EXPECT_NEAR(bac_loss_db(&p, 150), 47.86 + 19 * std::log10(80) + 38 * std::log10(150.0 / 80), 1e-9);
  EXPECT_NEAR(bac_loss_db(&p, 500), 47.86 + 19 * std::log10(80) + 38 * std::log10(200.0 / 80) + 38 * std::log10(500.0 / 200), 1e-9);
}

TEST(ChannelPlan, Leakage) {
  EXPECT_NEAR(10 * std::log10(bac_channel_leakage(BAC_MASK_A, 174, 172)), -25, 1e-9);
  EXPECT_NEAR(10 * std::log10(bac_channel_leakage(BAC_MASK_A, 176, 180)), -57, 1e-9);
  for (int mask = 0; mask < BAC_MASKS; mask++) {
    const auto m = static_cast<bac_mask>(mask);
    EXPECT_EQ(bac_channel_leakage(m, 178, 178), 1);
    EXPECT_EQ(bac_mask_leakage_db(m, 0), 0);
    EXPECT_EQ(bac_channel_leakage(m, 172, 178), 0);
    EXPECT_EQ(bac_mask_leakage_db(m, 3), -INFINITY);
    for (uint32_t apart = 1; apart < BAC_CHANNELS_APART; apart++) {
      EXPECT_NEAR(10 * std::log10(bac_channel_leakage(m, 172 + 2 * apart, 172)), bac_mask_leakage_db(m, apart), 1e-9);
      if (mask > 0) {
        EXPECT_LE(bac_mask_leakage_db(m, apart), bac_mask_leakage_db(static_cast<bac_mask>(mask - 1), apart)) << "stricter by class";
      }
    }
  }
  EXPECT_TRUE(bac_channel_valid(184));
  EXPECT_FALSE(bac_channel_valid(173));
  EXPECT_FALSE(bac_channel_valid(186));
}

const uint32_t kService[] = {172, 174, 176, 180, 182, 184};

std::vector<uint32_t> Reuse(const std::vector<std::vector<double>> &centres, uint32_t channels) {
  std::vector<double> flat;
  for (const auto &at : centres) flat.insert(flat.end(), at.begin(), at.end());
  std::vector<uint32_t> of(centres.size());
  bac_channel_reuse(reinterpret_cast<const double(*)[2]>(flat.data()), static_cast<uint32_t>(of.size()), kService, channels, of.data());
  return of;
}

/* The least distance of two places that share a channel. */
double Separation(const std::vector<std::vector<double>> &centres, const std::vector<uint32_t> &of) {
  double least = INFINITY;
  for (size_t i = 0; i < of.size(); i++)
    for (size_t j = 0; j < i; j++)
      if (of[i] == of[j]) least = std::min(least, std::hypot(centres[i][0] - centres[j][0], centres[i][1] - centres[j][1]));
  return least;
}

TEST(ChannelPlan, UpToSixPlacesHaveAChannelEach) {
  std::vector<std::vector<double>> centres;
  for (int i = 0; i < 6; i++) {
    centres.push_back({i * 10.0, 3.0});
    EXPECT_EQ(Reuse(centres, 6), std::vector<uint32_t>(kService, kService + i + 1));
  }
}

TEST(ChannelPlan, PlacesThatShareAChannelAreFarApart) {
  std::vector<std::vector<double>> line, grid;
  for (int i = 0; i < 18; i++) line.push_back({100.0 * i, 0});
  const std::vector<uint32_t> of = Reuse(line, 6);
  EXPECT_EQ(Separation(line, of), 600) << "each channel again after six";
  EXPECT_EQ(std::vector<uint32_t>(of.begin() + 6, of.begin() + 12), std::vector<uint32_t>(kService, kService + 6));
  for (int i = 0; i < 16; i++) grid.push_back({100.0 * (i % 4), 100.0 * (i / 4)});
  EXPECT_GE(Separation(grid, Reuse(grid, 6)), 200) << "neighbours never share one, not even across corners";
  std::vector<std::vector<double>> moved = line; /* the seventh is where the first is */
  moved[6] = {0, 0};
  EXPECT_EQ(Reuse(moved, 6)[6], 184u) << "the farthest of the six";
}

TEST(ChannelPlan, OneChannelIsEverybodys) { EXPECT_EQ(Reuse({{0, 0}, {1, 1}, {2, 2}}, 1), std::vector<uint32_t>(3, 172)); }

}  // namespace
