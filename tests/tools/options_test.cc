/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines of bac-sim and bac-bound: what they take, and that anything else gets one line with the word and a remedy. */
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../../tools/bac_bound/options.h"
#include "../../tools/bac_sim/options.h"
#include "../../tools/words.h"

namespace {

struct Line {
  std::vector<std::string> words;
  std::vector<char *> argv;
  Line(const char *program, std::vector<std::string> given) : words(std::move(given)) {
    words.insert(words.begin(), program);
    for (auto &w : words) argv.push_back(&w[0]);
  }
  int argc() const { return static_cast<int>(argv.size()); }
};

/* "", or why it is refused. */
std::string sim(std::vector<std::string> given, bac_sim_options *o) {
  static std::vector<Line> lines; /* options borrow their words */
  lines.reserve(1000);
  lines.emplace_back("bac-sim", std::move(given));
  char why[300] = "";
  const int result = bac_sim_options_parse(lines.back().argc(), lines.back().argv.data(), 3, o, why, sizeof why);
  EXPECT_EQ(result == BAC_OK, why[0] == '\0');
  return why;
}

std::string bound(std::vector<std::string> given, bac_bound_options *o) {
  Line line("bac-bound", std::move(given));
  char why[300] = "";
  const int result = bac_bound_options_parse(line.argc(), line.argv.data(), o, why, sizeof why);
  EXPECT_EQ(result == 0, why[0] == '\0');
  return why;
}

TEST(BacSimOptions, Defaults) {
  bac_sim_options o;
  ASSERT_EQ("", sim({}, &o));
  EXPECT_STREQ("bac", o.protocol);
  EXPECT_EQ(1u, o.plan.seed);
  EXPECT_EQ(BAC_PLAN_DRAW, o.plan.nodes);
  EXPECT_EQ(BAC_PLAN_DRAW, o.plan.byzantine);
  EXPECT_EQ(0, o.plan.time);
  EXPECT_EQ(3u, o.jobs);
  EXPECT_FALSE(o.range || o.trace || o.first || o.help);
}

TEST(BacSimOptions, TakesWhatHelpSays) {
  bac_sim_options o;
  ASSERT_EQ("", sim({"--protocol=all", "--mode=alg1", "--seed=9223372036854775000", "--seeds=800", "--first", "--jobs=64", "--nodes=7", "--byzantine=0", "--time=3600"}, &o));
  EXPECT_STREQ("all", o.protocol);
  EXPECT_EQ(BAC_MODE_ALG1, o.plan.mode);
  EXPECT_EQ(9223372036854775000u, o.plan.seed);
  EXPECT_TRUE(o.range && o.first);
  EXPECT_EQ(800u, o.seeds);
  EXPECT_EQ(64u, o.jobs);
  EXPECT_EQ(7u, o.plan.nodes);
  EXPECT_EQ(0u, o.plan.byzantine);
  EXPECT_EQ(3600 * BAC_SECOND, o.plan.time);
  ASSERT_EQ("", sim({"--help", "--nonsense"}, &o));
  EXPECT_TRUE(o.help);
  ASSERT_EQ("", sim({"--seeds=0"}, &o));
  EXPECT_TRUE(o.range);
}

TEST(BacSimOptions, RefusesTheRestInOneLine) {
  bac_sim_options o;
  const std::vector<std::pair<std::string, std::string>> lines = {
      {"--seed=-1", "\"-1\""},       {"--seed=", "\"\""},          {"--seed= 7", "\" 7\""},        {"--seed=0x10", "\"0x10\""},
      {"--seed=7x", "\"7x\""},       {"--seed=1e3", "\"1e3\""},    {"--seed=+7", "\"+7\""},        {"--seed=9223372036854775808", "9223372036854775807"},
      {"--jobs=0", "1 to 64"},       {"--jobs=65", "1 to 64"},     {"--nodes=0", "from 1 to"},     {"--nodes=4294967297", "4294967297"},
      {"--time=0", "1 to 3600"},     {"--time=3601", "1 to 3600"}, {"--time=1s", "\"1s\""},        {"--mode=fast", "safe, text or alg1"},
      {"--mode=", "safe"},           {"--seed", "--help"},         {"--trace=yes", "--help"},      {"--first=", "--help"},
      {"nodes=4", "\"nodes=4\""},    {"--node=4", "\"--node=4\""}, {"--nodess=4", "--help"},       {"", "\"\""},
      {"--protocol=", "use all, "},   {"--protocol=pbft\n", "\"pbft?\": use all, "},
      {"--seeds=99999999999", "1000000000"}, {"--seed=1\n2", "\"1?2\""}, {"--seed=" + std::string(5000, '9'), "..."}};
  for (const auto &[word, told] : lines) {
    const std::string why = sim({word}, &o);
    EXPECT_NE(std::string::npos, why.find(told)) << word << ": " << why;
    EXPECT_EQ(std::string::npos, why.find('\n')) << word;
    EXPECT_LT(why.size(), 250u) << word;
  }
  EXPECT_NE("", sim({"--lost=5"}, &o)) << "of no elections";
  EXPECT_EQ("", sim({"--lost=5", "--committees=10"}, &o));
  EXPECT_EQ(10u, o.committees);
  EXPECT_EQ(5u, o.lost_permille);
  EXPECT_NE("", sim({"--trace", "--seeds=2"}, &o)) << "a log of many";
  EXPECT_NE("", sim({"--seed=9223372036854775807", "--seeds=2"}, &o)) << "the second seed is no number that --seed takes";
  EXPECT_EQ("", sim({"--seed=9223372036854775807", "--seeds=1"}, &o));
}

TEST(BacSimOptions, TheCommandThatRepeatsASeedFixesTheSamePlan) {
  for (const std::vector<std::string> &given :
       {std::vector<std::string>{}, {"--mode=text", "--nodes=4"}, {"--byzantine=2", "--time=9"}, {"--nodes=10", "--byzantine=0", "--mode=alg1", "--time=1"}, {"--radio"}}) {
    bac_sim_options o, again;
    ASSERT_EQ("", sim(given, &o));
    char text[200];
    bac_sim_options_repeat(&o, "pbft", 77, text, sizeof text);
    std::vector<std::string> words;
    std::string all = text;
    for (size_t at = all.find(' '); at != std::string::npos;) {
      const size_t next = all.find(' ', at + 1);
      words.push_back(all.substr(at + 1, next == std::string::npos ? next : next - at - 1));
      at = next;
    }
    ASSERT_EQ("", sim(words, &again)) << text;
    EXPECT_STREQ("pbft", again.protocol);
    EXPECT_EQ(77u, again.plan.seed);
    EXPECT_EQ(o.plan.mode, again.plan.mode);
    EXPECT_EQ(o.plan.nodes, again.plan.nodes);
    EXPECT_EQ(o.plan.byzantine, again.plan.byzantine);
    EXPECT_EQ(o.plan.time, again.plan.time);
    EXPECT_EQ(o.plan.radio, again.plan.radio);
  }
}

TEST(BacBoundOptions, TakesNumbers) {
  bac_bound_options o;
  ASSERT_EQ("", bound({}, &o));
  EXPECT_EQ(1429u, o.symbols) << "2 MB in frames of 1400 B, rounded up";
  EXPECT_EQ(50u, o.receivers);
  EXPECT_DOUBLE_EQ(195.5 + 8 * 1400 / 6.0, o.frame_us);
  ASSERT_EQ("", bound({"--bytes=1e3", "--frame=1000", "--receivers=1", "--loss=0.5", "--rate=1000", "--header=24"}, &o));
  EXPECT_EQ(1u, o.symbols);
  EXPECT_EQ(0.5, o.loss);
  EXPECT_DOUBLE_EQ(195.5 + 8 * 1.024, o.frame_us);
  ASSERT_EQ("", bound({"--help"}, &o));
  EXPECT_TRUE(o.help);
}

TEST(BacBoundOptions, RefusesTheRestInOneLine) {
  bac_bound_options o;
  for (const char *word : {"--bytes=0", "--bytes=1.5", "--bytes=1e10", "--bytes=nan", "--bytes=inf", "--bytes=0x10", "--bytes= 1", "--bytes=", "--bytes", "--bytes=1e", "--loss=1",
                           "--loss=-0.1", "--rate=0", "--frame=65536", "--header=1001", "--receivers=0", "loss=0.1", "--los=0.1", "", "--loss=0.1\n"}) {
    const std::string why = bound({word}, &o);
    EXPECT_NE("", why) << word;
    EXPECT_EQ(std::string::npos, why.find('\n')) << word;
  }
  EXPECT_NE(std::string::npos, bound({"--bytes=1e9", "--frame=1"}, &o).find("--frame")) << "more symbols than are added up";
}

TEST(Words, AreShownOnOneLine) {
  char out[BAC_WORD_BYTES];
  EXPECT_STREQ("a?b?", bac_word_show("a\tb\x7f", out));
  EXPECT_STREQ("\xc3\xa4", bac_word_show("\xc3\xa4", out)) << "UTF-8 stays";
  EXPECT_EQ(std::string(BAC_WORD_BYTES - 1, 'x'), bac_word_show(std::string(BAC_WORD_BYTES - 1, 'x').c_str(), out));
  EXPECT_EQ(std::string(BAC_WORD_BYTES - 4, 'x') + "...", bac_word_show(std::string(BAC_WORD_BYTES, 'x').c_str(), out));
}

}  // namespace
