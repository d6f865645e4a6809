/* SPDX-License-Identifier: GPL-2.0-only */
/* Busy ratios of hand-made stretches. */
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "busy_windows.h"

namespace {

constexpr bac_time kBegin = 1 * BAC_SECOND, kEnd = kBegin + 250 * BAC_MS; /* two whole windows */

class BusyWindowsTest : public testing::Test {
 protected:
  std::map<std::string, std::string> Columns(bac_time now = kEnd) {
    std::map<std::string, std::string> all;
    const bac_columns to = {[](void *ctx, const char *n, const char *value) {
                              (*static_cast<std::map<std::string, std::string> *>(ctx))[n] = value;
                            },
                            &all};
    bac_busy_windows_columns(w.get(), now, &to);
    return all;
  }

  std::unique_ptr<bac_busy_windows, decltype(&bac_busy_windows_free)> w{bac_busy_windows_new(kBegin, kEnd), &bac_busy_windows_free};
};

TEST_F(BusyWindowsTest, StretchesAreDividedAmongWindows) {
  bac_busy_windows_add_station(w.get(), 0, true);
  bac_busy_windows_busy(w.get(), 0, kBegin - 10 * BAC_MS, 20 * BAC_MS); /* 10 ms of the first */
  bac_busy_windows_busy(w.get(), 0, kBegin + 50 * BAC_MS, 5 * BAC_MS);
  bac_busy_windows_busy(w.get(), 0, kBegin + 95 * BAC_MS, 150 * BAC_MS); /* 5 ms of it, all of the second, and no third */
  auto columns = Columns();
  EXPECT_EQ(columns["cbr100_mean"], "0.6");
  EXPECT_EQ(columns["cbr100_max"], "1");
  EXPECT_EQ(columns["cbr100_p95"], columns["cbr100_p95_0"]);
  EXPECT_NEAR(std::stod(columns["cbr100_p95"]), 1, 0.03);
}

TEST_F(BusyWindowsTest, EachChannelApartAndVehiclesAlone) {
  bac_busy_windows_add_station(w.get(), 0, true);
  bac_busy_windows_add_station(w.get(), 2, true);
  bac_busy_windows_add_station(w.get(), 2, false);
  bac_busy_windows_busy(w.get(), 1, kBegin, 40 * BAC_MS);
  bac_busy_windows_busy(w.get(), 2, kBegin, 100 * BAC_MS);
  auto columns = Columns();
  EXPECT_EQ(columns["cbr100_mean"], "0.1");
  EXPECT_EQ(columns["cbr100_mean_0"], "0");
  EXPECT_EQ(columns["cbr100_mean_1"], "") << "nobody was there";
  EXPECT_EQ(columns["cbr100_mean_2"], "0.2");
  EXPECT_EQ(columns["cbr100_max_2"], "0.4");
}

TEST_F(BusyWindowsTest, OnThroughoutOrNotAtAll) {
  for (int i = 0; i < 3; i++) bac_busy_windows_add_station(w.get(), 0, true);
  bac_busy_windows_set_on(w.get(), 0, kBegin + 150 * BAC_MS, false); /* one window */
  bac_busy_windows_set_on(w.get(), 1, 0, false);
  bac_busy_windows_set_on(w.get(), 1, kBegin + BAC_MS, true); /* the second */
  bac_busy_windows_tune(w.get(), 2, kBegin + 120 * BAC_MS, 1); /* the first, on channel 0 */
  bac_busy_windows_busy(w.get(), 1, kBegin + 110 * BAC_MS, 50 * BAC_MS);
  auto columns = Columns();
  EXPECT_EQ(columns["cbr100_mean"], "0.166666667") << "0, 0.5 and 0";
  EXPECT_EQ(columns["cbr100_mean_1"], "");
}

}  // namespace
