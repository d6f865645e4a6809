/* SPDX-License-Identifier: GPL-2.0-only */
#include "figure.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "temporary_folder.h"

namespace {

const char kSummary[] =
    "protocol,mode,delivery,runs,failed,conflicts,block_latency_p50_s_mean,block_latency_p50_s_ci95,throughput_tps_mean,"
    "throughput_tps_ci95,cbr_mean,cbr_ci95\n"
    "bac,safe,broadcast,3,0,0,0.9,0.1,38,1.5,0.3,0.02\n"
    "pbft,safe,unicast,1,0,0,,,,,,\n";

/* A template that needs nothing: what is tested is how it is run. */
const char kTemplate[] =
    "if (!exists('prefix')) prefix = 'figure'\n"
    "set terminal dumb\nset print prefix . '.png'\nprint figure_title . '..............IEND'\nset print prefix . '.pdf'\nprint figure_subtitle . '............%%EOF'\n";

}  // namespace

TEST(Figure, TitlesAreTextWhateverTheyHold) {
  TemporaryFolder folder;
  folder.Write("summary.csv", kSummary);
  folder.Write("template", kTemplate);
  char why[500] = "";
  ASSERT_EQ(bac_figure_draw(folder.path.c_str(), (folder / "template").c_str(), "it's `date` \"x\" \\n", "two\nlines", why, sizeof why), 0) << why;
  EXPECT_EQ(folder.Read("figure.png"), "it's `date` \"x\" \\n..............IEND\n");
  EXPECT_EQ(folder.Read("figure.pdf"), "two lines............%%EOF\n");
  EXPECT_EQ(folder.Count(), 5u); /* with figure.gp: no draft is left */
}

TEST(Figure, FailuresAreToldAndKeepTheOldPicture) {
  TemporaryFolder folder;
  folder.Write("figure.png", "old");
  char why[500] = "";
  EXPECT_EQ(bac_figure_draw(folder.path.c_str(), "/no/such/template", "", "", why, sizeof why), -1);
  EXPECT_NE(std::string(why).find("/no/such/template"), std::string::npos);
  folder.Write("template", "this is no gnuplot\n");
  EXPECT_EQ(bac_figure_draw(folder.path.c_str(), (folder / "template").c_str(), "", "", why, sizeof why), -1);
  EXPECT_NE(std::string(why).find("gnuplot failed"), std::string::npos) << why;
  folder.Write("template", "set print prefix . '.png'\nprint 'torn, with no end of its format'\n");
  EXPECT_EQ(bac_figure_draw(folder.path.c_str(), (folder / "template").c_str(), "", "", why, sizeof why), -1);
  EXPECT_NE(std::string(why).find("no whole picture"), std::string::npos) << why;
  const std::string path = getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  EXPECT_EQ(bac_figure_draw(folder.path.c_str(), (folder / "template").c_str(), "", "", why, sizeof why), -1);
  setenv("PATH", path.c_str(), 1);
  EXPECT_NE(std::string(why).find("gnuplot-nox"), std::string::npos) << why;
  EXPECT_EQ(folder.Read("figure.png"), "old");
  EXPECT_EQ(folder.Count(), 3u);
}
