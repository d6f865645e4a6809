/* SPDX-License-Identifier: GPL-2.0-only */
/* The paper's equations 3 to 5 against values computed by hand. */
#include <gtest/gtest.h>

#include <cmath>

#include "radio/link_model.h"

namespace {

/* 20 dBm, 47.86 dB + 27.5 dB a decade: -82.86 dBm at 100 m. Noise: 10 log10(1.3803e-23 * 290 * 1e7) + 30 + 7 = -96.976 dBm. */
bac_link_model Model() {
  const bac_loss_config loss = bac_loss_default(BAC_LOSS_LOG_DISTANCE);
  return bac_link_model_of(&loss, 20, 7);
}

TEST(LinkModel, Distance) {
  const double a[3] = {1, 2, 0}, b[3] = {4, -2, 99};
  EXPECT_DOUBLE_EQ(bac_link_model_distance_m(a, b), 5) << "in the plane";
  EXPECT_DOUBLE_EQ(bac_link_model_distance_m(b, a), 5);
}

TEST(LinkModel, Sinr) {
  const bac_link_model m = Model();
  EXPECT_NEAR(10 * std::log10(m.noise_w) + 30, -96.976, 0.001);
  const double power = bac_link_model_power_w(&m, 100);
  EXPECT_NEAR(power, 5.1761e-12, 1e-16); /* 10^(-11.286) W */
  EXPECT_NEAR(10 * std::log10(bac_link_model_sinr(power, 0, &m)), 14.116, 0.001);
  /* Interference as strong as the signal: below 0 dB by what the noise adds, 10 log10(1 + 10^-1.4116) = 0.165 dB. */
  EXPECT_NEAR(10 * std::log10(bac_link_model_sinr(power, power, &m)), -0.165, 0.001);
}

TEST(LinkModel, Rate) {
  bac_link_model m = Model();
  const double power = bac_link_model_power_w(&m, 100);
  /* 10 MHz * log2(1 + 25.8005) */
  EXPECT_NEAR(bac_link_model_rate_bps(power, &m) / 1e6, 47.442, 0.001);
  m.gap = 10; /* 10 MHz * log2(1 + 2.58005) */
  EXPECT_NEAR(bac_link_model_rate_bps(power, &m) / 1e6, 18.400, 0.001);
  EXPECT_EQ(bac_link_model_rate_bps(0, &m), 0);
}

}  // namespace
