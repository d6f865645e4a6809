/* SPDX-License-Identifier: GPL-2.0-only */
#include "summary.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "temporary_folder.h"

namespace {

/* A store with runs of bac and pbft; a latency "" means that nothing was committed, "x" that the run failed. */
struct Runs : TemporaryFolder {
  bac_store *s;
  bac_summary summary{};

  explicit Runs(const std::vector<std::vector<std::string>> &latencies) {
    char why[200];
    for (size_t p = 0; p < latencies.size(); p++) {
      for (size_t seed = 0; seed < latencies[p].size(); seed++) {
        bac_fields planned{};
        bac_fields_set(&planned, "protocol", p == 0 ? "bac" : "pbft");
        bac_fields_set(&planned, "mode", "safe");
        bac_fields_set(&planned, "delivery", "broadcast");
        if (p + seed == 0) s = bac_store_open((*this / "r.sqlite").c_str(), &planned, 3, why, sizeof why);
        const std::string position = std::to_string(p) + "/" + std::to_string(seed);
        bac_planned_run run{position.c_str(), "", planned};
        bac_store_plan(s, &run, 1, "not finished");
        bac_fields_free(&planned);
        if (latencies[p][seed] == "x") continue;
        bac_result result{};
        bac_fields_set(&result.columns, "block_latency_p50_s", latencies[p][seed].c_str());
        bac_fields_set(&result.columns, "conflicts", "1");
        bac_store_put(s, position.c_str(), BAC_RUN_CONFLICT, "", &result);
        bac_result_free(&result);
      }
    }
    EXPECT_EQ(bac_summary_read(s, &summary), 0);
  }
  ~Runs() {
    bac_summary_free(&summary);
    bac_store_close(s);
  }
  std::string Print() {
    bac_text text{};
    bac_summary_print(&summary, &text);
    std::string out = bac_text_string(&text);
    bac_text_free(&text);
    return out;
  }
};

constexpr size_t kLatency = 2;

}  // namespace

TEST(Summary, MeansAndIntervalsPerRow) {
  Runs runs({{"1", "2", "3"}, {"5", "5", "x"}});
  ASSERT_STREQ(bac_summary_metrics[kLatency].column, "block_latency_p50_s");
  ASSERT_EQ(runs.summary.count, 2u);
  const bac_summary_row &bac = runs.summary.rows[0], &pbft = runs.summary.rows[1];
  EXPECT_STREQ(bac.protocol, "bac");
  EXPECT_EQ(bac.finished, 3u);
  EXPECT_EQ(bac.conflicts, 3u);
  EXPECT_DOUBLE_EQ(bac.stats[kLatency].mean, 2);
  EXPECT_NEAR(bac.stats[kLatency].half_width, 4.302653 / std::sqrt(3.0), 1e-5);
  EXPECT_EQ(pbft.failed, 1u);
  EXPECT_DOUBLE_EQ(pbft.stats[kLatency].half_width, 0);
  const std::string text = runs.Print();
  EXPECT_NE(text.find("2.00±2.48"), std::string::npos) << text;
  EXPECT_NE(text.find("2 of 3"), std::string::npos) << text;
  EXPECT_NE(text.find("over the finished ones alone"), std::string::npos) << text;
  EXPECT_EQ(text.find("one seed"), std::string::npos) << text;
}

TEST(Summary, OneSeedHasNoInterval) {
  Runs runs({{"1.25"}});
  const std::string text = runs.Print();
  EXPECT_NE(text.find("one seed, no interval"), std::string::npos);
  EXPECT_EQ(text.find("±"), std::string::npos);
  EXPECT_NE(text.find("1.25"), std::string::npos);
}

TEST(Summary, RunsWithoutALatencyAreLeftOutAndSaidSo) {
  Runs runs({{"1", "", "3"}, {"", "", ""}});
  EXPECT_EQ(runs.summary.rows[0].stats[kLatency].count, 2u);
  EXPECT_EQ(runs.summary.rows[1].stats[kLatency].count, 0u);
  EXPECT_NE(runs.Print().find("over the runs that have one"), std::string::npos);
}

TEST(Summary, Csv) {
  Runs runs({{"1", "3"}, {"x"}});
  char why[200];
  ASSERT_EQ(bac_summary_write_csv(&runs.summary, runs.path.c_str(), why, sizeof why), 0) << why;
  const std::string csv = runs.Read("summary.csv");
  EXPECT_EQ(csv.rfind("protocol,mode,delivery,runs,failed,conflicts,blocks_committed_mean,blocks_committed_ci95,", 0), 0u);
  EXPECT_NE(csv.find("\nbac,safe,broadcast,2,0,2,,,,,2,12.706"), std::string::npos) << csv;
  EXPECT_NE(csv.find("\npbft,safe,broadcast,0,1,0,,,,,,,"), std::string::npos) << csv;
}
