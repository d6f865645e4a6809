/* SPDX-License-Identifier: GPL-2.0-only */
/* TR 37.885: its formulas, how often which state, shadowing's and blockage's distributions, what stays when vehicles stay; and all of it on the medium. */
#include "radio_net.h"

#include <cmath>

#include "radio/lanes.h"
#include "radio/v2v.h"

namespace {

bac_v2v_station At(uint32_t id, double x, double y = 0, double z = 1.5) { return {id, {x, y, z}}; }

TEST(V2v, PathLoss) { /* by hand, at 5.9 GHz: 20 log10 5.9 = 15.4170, 18.2 log10 5.9 = 14.0295, 18.9 log10 5.9 = 14.5691 */
  EXPECT_NEAR(bac_v2v_path_db(BAC_V2V_HIGHWAY, BAC_V2V_LOS, 100), 32.4 + 40 + 15.4170, 1e-3);
  EXPECT_NEAR(bac_v2v_path_db(BAC_V2V_URBAN, BAC_V2V_LOS, 100), 38.77 + 33.4 + 14.0295, 1e-3);
  EXPECT_NEAR(bac_v2v_path_db(BAC_V2V_URBAN, BAC_V2V_NLOSV, 1000), 38.77 + 50.1 + 14.0295, 1e-3);
  EXPECT_NEAR(bac_v2v_path_db(BAC_V2V_URBAN, BAC_V2V_NLOS, 200), 36.85 + 69.0309 + 14.5691, 1e-3);
  EXPECT_NEAR(bac_v2v_path_db(BAC_V2V_HIGHWAY, BAC_V2V_NLOS, 200), 36.85 + 69.0309 + 14.5691, 1e-3);
  EXPECT_NEAR(bac_v2v_path_db(BAC_V2V_HIGHWAY, BAC_V2V_LOS, 1), 32.4 + 20 * std::log10(BAC_V2V_CARRIER_GHZ), 1e-9);
  EXPECT_EQ(bac_v2v_path_db(BAC_V2V_URBAN, BAC_V2V_LOS, 0), bac_v2v_path_db(BAC_V2V_URBAN, BAC_V2V_LOS, 1));
}

TEST(V2v, LineOfSightAsPieces) {
  for (const bac_loss model : {BAC_LOSS_V2V_URBAN, BAC_LOSS_V2V_HIGHWAY}) {
    const bac_loss_config config = bac_loss_default(model);
    const bac_loss_pieces pieces = bac_loss_pieces_of(&config);
    const bac_v2v_place place = model == BAC_LOSS_V2V_URBAN ? BAC_V2V_URBAN : BAC_V2V_HIGHWAY;
    for (const double d : {0.5, 1.0, 30.0, 900.0}) EXPECT_NEAR(bac_loss_db(&pieces, d), bac_v2v_path_db(place, BAC_V2V_LOS, d), 1e-9);
  }
}

TEST(V2v, ProbabilityOfLineOfSight) {
  EXPECT_EQ(bac_v2v_los_probability(BAC_V2V_URBAN, 0), 1);
  EXPECT_NEAR(bac_v2v_los_probability(BAC_V2V_URBAN, 100), 1.05 * std::exp(-1.14), 1e-12);
  EXPECT_EQ(bac_v2v_los_probability(BAC_V2V_HIGHWAY, 5), 1);
  EXPECT_NEAR(bac_v2v_los_probability(BAC_V2V_HIGHWAY, 200), 0.703352, 1e-9);
  EXPECT_NEAR(bac_v2v_los_probability(BAC_V2V_HIGHWAY, 600), 0.415, 1e-12);
  EXPECT_EQ(bac_v2v_los_probability(BAC_V2V_HIGHWAY, 1100), 0);
  EXPECT_EQ(bac_v2v_los_probability(BAC_V2V_URBAN, 1e9), 0);
}

TEST(V2v, EitherEndAlike) {
  const bac_v2v model = {BAC_V2V_URBAN, 7, nullptr}, other = {BAC_V2V_URBAN, 8, nullptr};
  int different = 0;
  for (uint32_t i = 0; i < 200; i++) {
    const bac_v2v_station a = At(i, 3 * i, -7), b = At(500 - 2 * i, 40 + i, 11 * i, 5);
    EXPECT_EQ(bac_v2v_loss_db(&model, &a, &b), bac_v2v_loss_db(&model, &b, &a));
    different += bac_v2v_loss_db(&model, &a, &b) != bac_v2v_loss_db(&other, &a, &b);
  }
  EXPECT_GT(different, 190) << "another seed";
}

/* Over many pairs at one distance, in any direction. */
TEST(V2v, Distributions) {
  for (const bac_v2v_place place : {BAC_V2V_URBAN, BAC_V2V_HIGHWAY}) {
    const bac_v2v model = {place, 3, nullptr};
    const double metres[] = {30, 120, 300, 700};
    for (const double d : metres) {
      const uint32_t pairs = 20000;
      uint32_t los = 0;
      double sum[BAC_V2V_STATES] = {}, squares[BAC_V2V_STATES] = {}, blockage = 0, blockage2 = 0;
      for (uint32_t i = 0; i < pairs; i++) {
        const bac_v2v_station a = At(2 * i, 0), b = At(2 * i + 1, d * std::cos(i), d * std::sin(i));
        los += bac_v2v_state_of(&model, &a, &b) == BAC_V2V_LOS;
        for (int s = 0; s < BAC_V2V_STATES; s++) {
          const double x = bac_v2v_shadowing_db(&model, &a, &b, static_cast<bac_v2v_state>(s));
          sum[s] += x / pairs;
          squares[s] += x * x / pairs;
        }
        const double x = bac_v2v_blockage_db(&model, &a, &b);
        ASSERT_GE(x, 0);
        blockage += x / pairs;
        blockage2 += x * x / pairs;
      }
      EXPECT_NEAR(static_cast<double>(los) / pairs, bac_v2v_los_probability(place, d), 0.015) << d; /* four deviations and half a per cent */
      for (int s = 0; s < BAC_V2V_STATES; s++) {
        EXPECT_NEAR(sum[s], 0, 0.12) << s;
        EXPECT_NEAR(std::sqrt(squares[s]), s == BAC_V2V_NLOS ? 4 : 3, 0.1) << s;
      }
      EXPECT_NEAR(blockage, 9 + std::max(0.0, 15 * std::log10(d) - 41), 0.2) << d;
      EXPECT_NEAR(std::sqrt(blockage2 - blockage * blockage), 4.5, 0.25) << d;
    }
  }
}

TEST(V2v, BlockageByHeight) {
  const bac_v2v model = {BAC_V2V_URBAN, 3, nullptr};
  double roadside = 0;
  for (uint32_t i = 0; i < 20000; i++) {
    const bac_v2v_station a = At(2 * i, 0), b = At(2 * i + 1, 100, 0, 5), c = At(2 * i, 0, 0, 2);
    roadside += bac_v2v_blockage_db(&model, &a, &b) / 20000;
    EXPECT_EQ(bac_v2v_blockage_db(&model, &c, &b), 0) << "both see over it";
  }
  EXPECT_NEAR(roadside, 5, 0.15) << "one of them above";
}

double Correlation(bac_v2v_state state, double moved_m, bool vertical) {
  const bac_v2v model = {BAC_V2V_URBAN, 5, nullptr};
  const uint32_t pairs = 20000;
  double product = 0;
  for (uint32_t i = 0; i < pairs; i++) {
    const bac_v2v_station a = At(i, 0), b = At(100000, 100, 0.1 * i), c = At(100000, 100 + (vertical ? 0 : moved_m), 0.1 * i + (vertical ? moved_m : 0));
    product += bac_v2v_shadowing_db(&model, &a, &b, state) * bac_v2v_shadowing_db(&model, &a, &c, state) / pairs;
  }
  return product / (state == BAC_V2V_NLOS ? 16 : 9);
}

TEST(V2v, ShadowingFollowsTheMotion) {
  for (const bool vertical : {false, true}) {
    EXPECT_NEAR(Correlation(BAC_V2V_LOS, 0, vertical), 1, 0.05);
    EXPECT_NEAR(Correlation(BAC_V2V_LOS, 10, vertical), std::exp(-1), 0.04);
    EXPECT_NEAR(Correlation(BAC_V2V_NLOS, 13, vertical), std::exp(-1), 0.04);
    EXPECT_NEAR(Correlation(BAC_V2V_LOS, 25, vertical), 0, 0.04);
    EXPECT_GT(Correlation(BAC_V2V_LOS, 1, vertical), 0.95);
  }
  const bac_v2v model = {BAC_V2V_URBAN, 5, nullptr};
  double between = 0; /* of two states */
  for (uint32_t i = 0; i < 20000; i++) {
    const bac_v2v_station a = At(i, 0), b = At(100000, 100, 0.1 * i);
    between += bac_v2v_shadowing_db(&model, &a, &b, BAC_V2V_NLOSV) * bac_v2v_shadowing_db(&model, &a, &b, BAC_V2V_NLOS) / 12 / 20000;
  }
  EXPECT_NEAR(between, 0, 0.04);
  for (uint32_t i = 0; i < 100; i++) { /* side by side, wherever */
    const bac_v2v_station a = At(i, 0), b = At(200, 60), c = At(i, 512, 256), d = At(200, 572, 256);
    EXPECT_NEAR(bac_v2v_loss_db(&model, &a, &b), bac_v2v_loss_db(&model, &c, &d), 1e-6);
  }
}

TEST(V2v, StateStaysForAWhile) {
  const bac_v2v model = {BAC_V2V_URBAN, 5, nullptr};
  int changes = 0, later = 0;
  for (uint32_t i = 0; i < 2000; i++) {
    const bac_v2v_station a = At(i, 0), b = At(9999, 60), c = At(9999, 61), d = At(9999, 60, 130);
    changes += bac_v2v_state_of(&model, &a, &b) != bac_v2v_state_of(&model, &a, &c);
    later += bac_v2v_state_of(&model, &a, &b) != bac_v2v_state_of(&model, &a, &d);
  }
  EXPECT_LT(changes, 100) << "within a metre";
  EXPECT_GT(later, 600) << "far from there";
}

TEST(V2v, OneCarsStationsHearEachOther) {
  const bac_v2v model = {BAC_V2V_URBAN, 1, nullptr};
  const bac_v2v_station a = At(1, 10), b = At(2, 10);
  EXPECT_EQ(bac_v2v_loss_db(&model, &a, &b), bac_v2v_path_db(BAC_V2V_URBAN, BAC_V2V_LOS, 1));
}

bac_medium_config City(const bac_obstacles *obstacles) {
  bac_medium_config config = RadioNet::Config();
  config.loss = bac_loss_default(BAC_LOSS_V2V_URBAN);
  config.eirp_dbm = 23;
  config.obstacles = obstacles;
  return config;
}

TEST(V2v, PowersOnTheMedium) {
  const double corners[4][2] = {{40, -10}, {60, -10}, {60, 10}, {40, 10}};
  const uint32_t count = 4;
  bac_obstacles *house = bac_obstacles_new(corners, &count, 1);
  const bac_medium_config config = City(house);
  RadioNet net(config);
  for (uint32_t i = 0; i < 60; i++) net.Add(0, i, i % 3 == 1 ? 174 : 172);
  for (uint32_t i = 0; i < 60; i++) net.Add(100, i, 172);
  const bac_v2v model = {BAC_V2V_URBAN, config.seed, house};
  double behind = 0, beside = 0;
  for (uint32_t i = 0; i < 60; i++)
    for (uint32_t j = 60; j < 120; j++) {
      const bac_v2v_station a = At(i, 0, i), b = At(j, 100, j - 60);
      const double power = bac_medium_power_dbm(net.m, i, j);
      const double expected = 23 - bac_v2v_loss_db(&model, &a, &b) - (i % 3 == 1 ? 25 : 0);
      ASSERT_EQ(bac_medium_power_dbm(net.m, j, i), power) << "from either end";
      if (expected < config.floor_dbm)
        ASSERT_EQ(power, -INFINITY);
      else
        ASSERT_NEAR(power, expected, 1e-3) << i << " " << j;
      if (i % 3 == 1) continue;
      const bool blocked = bac_obstacles_between(house, a.at, b.at);
      EXPECT_EQ(blocked, bac_v2v_state_of(&model, &a, &b) == BAC_V2V_NLOS);
      (blocked ? behind : beside) += power;
    }
  EXPECT_NE(behind, 0);
  EXPECT_NE(beside, 0);
  const double near[3] = {0, 100.25, 1.5};
  const double before = bac_medium_power_dbm(net.m, 0, 60);
  bac_medium_move(net.m, 0, near);
  EXPECT_NE(bac_medium_power_dbm(net.m, 0, 60), before) << "it follows the motion";
  bac_obstacles_free(house);
}

/* Two radios of each car on two channels: what is between two cars is the same for both. */
TEST(V2v, SitesNameThePair) {
  const bac_medium_config config = City(nullptr);
  RadioNet net(config);
  const auto site = [](uint32_t car) { return 1000 - 7 * car; };
  const auto at = [](uint32_t car) { return 25.0 * car; };
  for (uint32_t car = 0; car < 20; car++)
    for (uint32_t radio = 0; radio < 2; radio++) {
      const uint32_t station = net.Add(at(car), 3 * car, 172 + 6 * radio);
      const double unnamed = car == 1 && radio == 0 ? bac_medium_power_dbm(net.m, 0, station) : 0;
      bac_medium_set_site(net.m, station, site(car));
      if (unnamed != 0) { EXPECT_NE(bac_medium_power_dbm(net.m, 0, station), unnamed) << "another pair"; }
    }
  const bac_v2v model = {BAC_V2V_URBAN, config.seed, nullptr};
  for (uint32_t i = 0; i < 20; i++)
    for (uint32_t j = 0; j < 20; j++) {
      if (i == j) continue;
      const bac_v2v_station a = At(site(i), at(i), 3 * i), b = At(site(j), at(j), 3 * j);
      const double expected = 23 - bac_v2v_loss_db(&model, &a, &b), power = bac_medium_power_dbm(net.m, 2 * i, 2 * j);
      if (expected < config.floor_dbm)
        ASSERT_EQ(power, -INFINITY);
      else
        ASSERT_NEAR(power, expected, 1e-3) << i << " " << j;
      ASSERT_EQ(power, bac_medium_power_dbm(net.m, 2 * i + 1, 2 * j + 1)) << i << " " << j;
    }
  const double away[3] = {30, 0, 1.5}; /* one of a car's radios is taken there first */
  bac_medium_set_site(net.m, 1, 77);
  bac_medium_set_site(net.m, 3, 77);
  bac_medium_move(net.m, 1, away);
  EXPECT_NEAR(bac_medium_power_dbm(net.m, 1, 3), 23 - bac_v2v_path_db(BAC_V2V_URBAN, BAC_V2V_LOS, 1), 1e-3);
}

/* Frames over one wall: the power decides, whatever the distance. */
TEST(V2v, AWallKeepsFramesOut) {
  const double corners[4][2] = {{-1000, 5}, {1000, 5}, {1000, 6}, {-1000, 6}};
  const uint32_t count = 4;
  bac_obstacles *wall = bac_obstacles_new(corners, &count, 1);
  bac_medium_config config = City(wall);
  config.eirp_dbm = 10;
  RadioNet net(config);
  const uint32_t sender = net.Add(0, 0);
  for (uint32_t i = 0; i < 100; i++) net.Add(100 + 0.3 * i, 0);
  for (uint32_t i = 0; i < 100; i++) net.Add(100 + 0.3 * i, 10);
  ASSERT_EQ(net.Send(10 * BAC_MS, sender, 400), BAC_OK);
  net.Run(20 * BAC_MS);
  size_t open = 0, closed = 0;
  for (uint32_t i = 1; i <= 100; i++) open += net.Heard(i, sender), closed += net.Heard(100 + i, sender);
  EXPECT_GT(open, 70u);
  EXPECT_LT(closed, 20u);
  bac_obstacles_free(wall);
}

TEST(V2v, TheSameBytesWithAllInstructions) {
  const double corners[4][2] = {{140, 90}, {160, 90}, {160, 310}, {140, 310}};
  const uint32_t count = 4;
  bac_obstacles *house = bac_obstacles_new(corners, &count, 1);
  std::string plain;
  for (const bac_vector kind : {BAC_VECTOR_NONE, BAC_VECTOR_BASE, BAC_VECTOR_AVX2, BAC_VECTOR_AVX512}) {
    if (!bac_kernels_of(kind)) continue;
    bac_medium_config config = City(house);
    config.nakagami = true;
    config.vector = kind;
    RadioNet net(config);
    for (uint32_t s = 0; s < 40; s++) net.Add(37 * s % 500, 53 * s % 400, 172 + 2 * (s % 2));
    for (uint32_t s = 0; s < 200; s++) net.Send(10 * BAC_MS + s * BAC_MS / 4, s % 40, 300);
    net.Run(BAC_SECOND);
    EXPECT_GT(net.decoded.size(), 500u);
    if (kind == BAC_VECTOR_NONE) plain = net.Log();
    EXPECT_TRUE(net.Log() == plain) << kind;
  }
  bac_obstacles_free(house);
}

} // namespace
