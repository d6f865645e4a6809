/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/kmeans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "bac/types.h"

extern "C" {
#include "base/random.h"
}

namespace {

using Points = std::vector<bac_kmeans_point>;

struct Clusters {
  int status;
  std::vector<uint32_t> of;
  std::vector<uint32_t> Sizes(uint32_t clusters) const {
    std::vector<uint32_t> sizes(clusters);
    for (uint32_t c : of) sizes.at(c)++;
    return sizes;
  }
};

Clusters Group(const Points &points, uint32_t clusters, uint32_t least = 0, uint32_t most = UINT32_MAX, uint64_t seed = 1) {
  const bac_kmeans_want want = {clusters, least, most, seed};
  Clusters c{0, std::vector<uint32_t>(points.size(), 77)};
  c.status = bac_kmeans(points.data(), static_cast<uint32_t>(points.size()), &want, c.of.data());
  return c;
}

/* `each` points around every given place, with the velocity of that place. */
Points Around(const std::vector<bac_kmeans_point> &places, int each, uint32_t spread) {
  Points points;
  bac_random r = bac_random_stream(3, 0, BAC_PURPOSE_NETWORK);
  for (const bac_kmeans_point &place : places) {
    for (int i = 0; i < each; i++) {
      bac_kmeans_point p = place;
      for (int d = 0; d < 2; d++) p.value[d] += static_cast<int32_t>(bac_random_below(&r, 2 * spread)) - static_cast<int32_t>(spread);
      points.push_back(p);
    }
  }
  return points;
}

Points Scattered(uint32_t count) {
  Points points(count);
  bac_random r = bac_random_stream(4, 0, BAC_PURPOSE_NETWORK);
  for (bac_kmeans_point &p : points) {
    for (int32_t &v : p.value) v = static_cast<int32_t>(bac_random_below(&r, 300000));
  }
  return points;
}

/* In one place after the other, so that clusters are runs of equal numbers. */
void ExpectRuns(const Clusters &c, size_t places, size_t each) {
  ASSERT_EQ(c.status, BAC_OK);
  std::vector<uint32_t> seen;
  for (size_t p = 0; p < places; p++) {
    for (size_t i = 0; i < each; i++) EXPECT_EQ(c.of[p * each + i], c.of[p * each]) << p << " " << i;
    seen.push_back(c.of[p * each]);
  }
  std::sort(seen.begin(), seen.end());
  for (uint32_t p = 0; p < places; p++) EXPECT_EQ(seen[p], p);
}

TEST(Kmeans, FindsGroupsThatStandApart) {
  const std::vector<bac_kmeans_point> places = {
      {{0, 0, 0, 0}}, {{100000, 0, 0, 0}}, {{0, 100000, 0, 0}}, {{100000, 100000, 0, 0}}};
  for (uint64_t seed = 0; seed < 20; seed++) ExpectRuns(Group(Around(places, 25, 5000), 4, 0, UINT32_MAX, seed), 4, 25);
}

/* Two streams of one road, 1 cm/s against 100 m of place: only standardised values tell them apart. */
TEST(Kmeans, EveryDimensionWeighsTheSame) {
  Points points;
  for (int i = 0; i < 40; i++) points.push_back({{10000 * (i % 20), 0, i < 20 ? 1 : -1, 0}});
  ExpectRuns(Group(points, 2), 2, 20);
  for (bac_kmeans_point &p : points) p.value[2] *= 2000;
  ExpectRuns(Group(points, 2), 2, 20);
}

/* No point is nearer to the mean of another cluster: checked here in floating point, with a margin for the rounding. */
TEST(Kmeans, PointsBelongToTheNearestMean) {
  const Points points = Scattered(300);
  const Clusters c = Group(points, 7);
  ASSERT_EQ(c.status, BAC_OK);
  double mean[4] = {}, deviation[4] = {}, centre[7][4] = {};
  for (int d = 0; d < 4; d++) {
    for (const auto &p : points) mean[d] += p.value[d] / 300.0;
    for (const auto &p : points) deviation[d] += (p.value[d] - mean[d]) * (p.value[d] - mean[d]) / 300;
    deviation[d] = std::sqrt(deviation[d]);
  }
  const std::vector<uint32_t> sizes = c.Sizes(7);
  for (size_t i = 0; i < 300; i++) {
    for (int d = 0; d < 4; d++) centre[c.of[i]][d] += (points[i].value[d] - mean[d]) / deviation[d] / sizes[c.of[i]];
  }
  const auto away = [&](size_t i, uint32_t to) {
    double sum = 0;
    for (int d = 0; d < 4; d++) {
      const double off = (points[i].value[d] - mean[d]) / deviation[d] - centre[to][d];
      sum += off * off;
    }
    return sum;
  };
  for (size_t i = 0; i < 300; i++) {
    for (uint32_t k = 0; k < 7; k++) EXPECT_LE(away(i, c.of[i]), away(i, k) + 0.01) << i << " " << k;
  }
}

/* Not one byte of these may change: a run of the same options would give other results. */
TEST(Kmeans, TheSamePointsAndSeedGiveTheSameClustersForever) {
  const Points points = Scattered(24);
  const std::vector<uint32_t> first = Group(points, 3).of;
  EXPECT_EQ(Group(points, 3).of, first);
  EXPECT_EQ(first, (std::vector<uint32_t>{0, 0, 2, 2, 2, 1, 0, 1, 0, 0, 1, 1, 0, 0, 2, 0, 2, 0, 1, 2, 1, 2, 1, 2}));
  bool differs = false;
  for (uint64_t seed = 2; seed < 6; seed++) differs = differs || Group(points, 3, 0, UINT32_MAX, seed).of != first;
  EXPECT_TRUE(differs);
}

TEST(Kmeans, SizesStayWithinTheirBounds) {
  /* 90 in one place, 3 in each of two others. */
  Points points = Around({{{0, 0, 0, 0}}}, 90, 100);
  for (const bac_kmeans_point &p : Around({{{90000, 0, 0, 0}}, {{0, 90000, 0, 0}}}, 3, 100)) points.push_back(p);
  EXPECT_EQ(Group(points, 3).Sizes(3)[Group(points, 3).of[0]], 90u);
  for (uint32_t least : {0u, 4u, 20u, 32u}) {
    for (uint32_t most : {32u, 33u, 50u, 89u, 1000u}) {
      const Clusters c = Group(points, 3, least, most);
      ASSERT_EQ(c.status, BAC_OK);
      for (uint32_t size : c.Sizes(3)) {
        EXPECT_GE(size, least) << most;
        EXPECT_LE(size, most) << least;
      }
    }
  }
  /* Those that come and go are the nearest: the three stay together. */
  const Clusters c = Group(points, 3, 4);
  EXPECT_EQ(c.of[90], c.of[91]);
  EXPECT_EQ(c.of[90], c.of[92]);
  EXPECT_EQ(c.of[93], c.of[95]);
}

TEST(Kmeans, TheNearestAreMovedFirst) {
  Points points;
  for (int i = 0; i < 10; i++) points.push_back({{i, 0, 0, 0}});
  for (int i = 0; i < 3; i++) points.push_back({{1000 + i, 0, 0, 0}});
  const std::vector<uint32_t> fewer = Group(points, 2, 0, 8).of, more = Group(points, 2, 5).of;
  for (size_t i = 0; i < 13; i++) {
    EXPECT_EQ(fewer[i] == fewer[0], i < 8) << i;
    EXPECT_EQ(more[i] == more[0], i < 8) << i;
  }
}

TEST(Kmeans, OfEqualsTheLowest) { EXPECT_EQ(Group(Points(10), 3).of, std::vector<uint32_t>(10)); }

TEST(Kmeans, TooFewPointsAreSharedOut) {
  for (uint32_t count = 5; count < 25; count++) {
    for (const Points &points : {Scattered(count), Points(count, bac_kmeans_point{})}) {
      const Clusters c = Group(points, 5, 4, 512);
      ASSERT_EQ(c.status, BAC_OK);
      for (uint32_t size : c.Sizes(5)) EXPECT_GE(size, std::min(4u, count / 5)) << count;
    }
  }
}

TEST(Kmeans, ManyPointsAndExtremeValues) {
  Points points = Scattered(3000);
  for (size_t i = 0; i < points.size(); i += 100) {
    points[i] = {{BAC_KMEANS_VALUE_MAX, -BAC_KMEANS_VALUE_MAX, BAC_KMEANS_VALUE_MAX, -BAC_KMEANS_VALUE_MAX}};
    points[i + 1] = {{-BAC_KMEANS_VALUE_MAX, BAC_KMEANS_VALUE_MAX, -BAC_KMEANS_VALUE_MAX, BAC_KMEANS_VALUE_MAX}};
  }
  const Clusters c = Group(points, 6, 4, 512);
  ASSERT_EQ(c.status, BAC_OK);
  for (uint32_t size : c.Sizes(6)) {
    EXPECT_GE(size, 4u);
    EXPECT_LE(size, 512u);
  }
}

TEST(Kmeans, Refuses) {
  const Points points = Scattered(10);
  EXPECT_EQ(Group(points, 0).status, BAC_EINVAL);
  EXPECT_EQ(Group(points, 11).status, BAC_EINVAL);
  EXPECT_EQ(Group(points, 10).status, BAC_OK);
  EXPECT_EQ(Group(points, 2, 6, 5).status, BAC_EINVAL);
  EXPECT_EQ(Group(points, 2, 0, 4).status, BAC_ELIMIT);
  EXPECT_EQ(Group(points, 2, 0, 5).status, BAC_OK);
  EXPECT_EQ(Group(Points(BAC_KMEANS_POINTS_MAX + 1), 2).status, BAC_EINVAL);
  for (int32_t far : {BAC_KMEANS_VALUE_MAX + 1, -BAC_KMEANS_VALUE_MAX - 1}) {
    Points bad = points;
    bad[9].value[3] = far;
    EXPECT_EQ(Group(bad, 2).status, BAC_EINVAL);
  }
}

}  // namespace
