/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "bac/types.h"
#include "sample_trace.h"
#include "trace/trace_file.h"

namespace {

namespace fs = std::filesystem;

class TraceFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "bac trace XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    m_folder = name;
  }
  void TearDown() override { fs::remove_all(m_folder); }

  size_t Files() const { return static_cast<size_t>(std::distance(fs::directory_iterator(m_folder), {})); }

  fs::path m_folder;
  char m_why[BAC_TRACE_WHY_SIZE] = "";
};

TEST_F(TraceFile, SavesAndLoads) {
  SampleTrace town;
  town.AddStanding("v", 1, 2);
  std::string path = (m_folder / "a.trace").string();
  for (int i = 0; i < 2; i++)
    ASSERT_EQ(bac_trace_save(&town.trace(), path.c_str(), m_why, sizeof m_why), BAC_OK) << m_why;
  EXPECT_EQ(Files(), 1u);
  bac_trace *trace = nullptr;
  ASSERT_EQ(bac_trace_load(path.c_str(), &trace, m_why, sizeof m_why), BAC_OK) << m_why;
  EXPECT_EQ(trace->vehicle_count, 1u);
  bac_trace_free(trace);
}

TEST_F(TraceFile, ErrorsNameTheFile) {
  bac_trace *trace = nullptr;
  EXPECT_EQ(bac_trace_load((m_folder / "none").c_str(), &trace, m_why, sizeof m_why), BAC_EINVAL);
  EXPECT_NE(std::string(m_why).find("none': No such file"), std::string::npos) << m_why;
  EXPECT_EQ(bac_trace_load(m_folder.c_str(), &trace, m_why, sizeof m_why), BAC_EINVAL) << "a folder";
  std::ofstream(m_folder / "text") << "hello";
  EXPECT_EQ(bac_trace_load((m_folder / "text").c_str(), &trace, m_why, sizeof m_why), BAC_ECORRUPT);
  EXPECT_NE(std::string(m_why).find("text': it is no BAC trace"), std::string::npos) << m_why;
  EXPECT_EQ(trace, nullptr);
}

TEST_F(TraceFile, FailedSaveLeavesNothing) {
  SampleTrace town;
  town.AddStanding("v", 1, 2);
  EXPECT_EQ(bac_trace_save(&town.trace(), (m_folder / "none" / "a").c_str(), m_why, sizeof m_why), BAC_EINVAL);
  EXPECT_NE(std::string(m_why).find("No such file"), std::string::npos) << m_why;
  fs::create_directory(m_folder / "taken");
  EXPECT_EQ(bac_trace_save(&town.trace(), (m_folder / "taken").c_str(), m_why, sizeof m_why), BAC_EINVAL);
  EXPECT_EQ(Files(), 1u);
  if (fs::exists("/dev/full")) {
    fs::create_symlink("/dev/full", m_folder / "full.partial"); /* the disk is full */
    EXPECT_EQ(bac_trace_save(&town.trace(), (m_folder / "full").c_str(), m_why, sizeof m_why), BAC_EINVAL);
    EXPECT_NE(std::string(m_why).find("No space left"), std::string::npos) << m_why;
    EXPECT_FALSE(fs::exists(m_folder / "full"));
  }
}

TEST_F(TraceFile, TwoThousandVehiclesLoad) {
  SampleTrace town;
  town.trace().duration_ns = 300 * kSecond;
  std::vector<bac_trace_sample> samples(301, town.At(5, 5));
  for (int i = 0; i < 2000; i++) town.AddVehicle("v" + std::to_string(i), 0, samples);
  std::string path = (m_folder / "big").string();
  ASSERT_EQ(bac_trace_save(&town.trace(), path.c_str(), m_why, sizeof m_why), BAC_OK) << m_why;
  auto begin = std::chrono::steady_clock::now();
  bac_trace *trace = nullptr;
  ASSERT_EQ(bac_trace_load(path.c_str(), &trace, m_why, sizeof m_why), BAC_OK) << m_why;
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  EXPECT_EQ(trace->vehicle_count, 2000u);
  EXPECT_EQ(trace->sample_count, 2000u * 301);
  EXPECT_EQ(memcmp(trace->samples, town.trace().samples, trace->sample_count * sizeof *trace->samples), 0);
  bac_trace_free(trace);
  RecordProperty("load_ms", static_cast<int>(seconds * 1000)); /* told, not judged */
}

}  // namespace
