/* SPDX-License-Identifier: GPL-2.0-only */
#include "folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "fingerprint.h"
#include "temporary_folder.h"

namespace {

const char *const kOurs[] = {"traces", nullptr};
const char *const kFiles[] = {"a", "b", nullptr};

}  // namespace

TEST(Folder, IsMadeAndUndone) {
  TemporaryFolder base;
  char why[300];
  bac_folder *folder = bac_folder_open((base / "x/y/z").c_str(), "mark", kOurs, why, sizeof why);
  ASSERT_NE(folder, nullptr) << why;
  ASSERT_EQ(bac_folder_make(folder, (base / "x/y/z/traces").c_str(), why, sizeof why), 0);
  base.Write("x/y/z/traces/t", "1");
  bac_folder_track(folder, (base / "x/y/z/traces/t").c_str());
  bac_folder_undo(folder);
  bac_folder_close(folder);
  EXPECT_EQ(base.Count(), 0u);
}

TEST(Folder, UndoLeavesWhatWasThere) {
  TemporaryFolder base;
  std::filesystem::create_directories(base.path / "x/traces");
  base.Write("x/traces/old", "1");
  char why[300];
  bac_folder *folder = bac_folder_open((base / "x").c_str(), "mark", kOurs, why, sizeof why);
  ASSERT_NE(folder, nullptr) << why;
  bac_folder_undo(folder);
  bac_folder_close(folder);
  EXPECT_EQ(base.Read("x/traces/old"), "1");
}

TEST(Folder, OtherPeoplesFilesAreRefusedUnlessMarked) {
  TemporaryFolder base;
  base.Write("thesis.tex", "1");
  char why[300] = "";
  EXPECT_EQ(bac_folder_open(base.path.c_str(), "mark", kOurs, why, sizeof why), nullptr);
  EXPECT_NE(std::string(why).find("thesis.tex"), std::string::npos) << why;
  base.Write("mark", "");
  bac_folder *folder = bac_folder_open(base.path.c_str(), "mark", kOurs, why, sizeof why);
  EXPECT_NE(folder, nullptr) << why;
  bac_folder_close(folder);
  EXPECT_EQ(base.Count(), 2u);
}

TEST(Folder, OneAtATime) {
  TemporaryFolder base;
  char why[300] = "";
  bac_folder *first = bac_folder_open(base.path.c_str(), "mark", kOurs, why, sizeof why);
  ASSERT_NE(first, nullptr) << why;
  EXPECT_EQ(bac_folder_open(base.path.c_str(), "mark", kOurs, why, sizeof why), nullptr);
  EXPECT_NE(std::string(why).find("in use"), std::string::npos) << why;
  bac_folder_close(first);
  bac_folder *second = bac_folder_open(base.path.c_str(), "mark", kOurs, why, sizeof why);
  EXPECT_NE(second, nullptr) << why;
  bac_folder_close(second);
}

TEST(Folder, WhatCannotBeWrittenLeavesNothing) {
  char why[300] = "";
  for (const char *path : {"/proc/results", "/dev/null/results", "/dev/null"}) {
    EXPECT_EQ(bac_folder_open(path, "mark", kOurs, why, sizeof why), nullptr) << path;
    EXPECT_NE(std::string(why).find(path[1] == 'p' ? "/proc" : "/dev/null"), std::string::npos) << why;
  }
  if (geteuid() == 0) return; /* root writes anywhere */
  TemporaryFolder base;
  std::filesystem::create_directory(base.path / "locked");
  std::filesystem::permissions(base.path / "locked", std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  EXPECT_EQ(bac_folder_open((base / "locked").c_str(), "mark", kOurs, why, sizeof why), nullptr);
  EXPECT_EQ(bac_folder_open((base / "locked/x").c_str(), "mark", kOurs, why, sizeof why), nullptr);
}

TEST(Folder, PutAsideKeepsOneGeneration) {
  TemporaryFolder base;
  char why[300] = "";
  bac_folder *folder = bac_folder_open(base.path.c_str(), "mark", kOurs, why, sizeof why);
  ASSERT_NE(folder, nullptr) << why;
  base.Write("a", "1");
  base.Write("b", "1");
  ASSERT_EQ(bac_folder_put_aside(folder, "previous", kFiles, why, sizeof why), 0) << why;
  EXPECT_EQ(base.Read("previous/a"), "1");
  base.Write("a", "2");
  ASSERT_EQ(bac_folder_put_aside(folder, "previous", kFiles, why, sizeof why), 0) << why;
  EXPECT_EQ(base.Read("previous/a"), "2");
  EXPECT_FALSE(std::filesystem::exists(base.path / "previous/b"));
  EXPECT_EQ(base.Count(), 1u);
  bac_folder_close(folder);
}

TEST(Fingerprint, FollowsTheBytes) {
  TemporaryFolder base;
  base.Write("a", "one");
  base.Write("b", "one");
  uint64_t a = 0, b = 0;
  ASSERT_EQ(bac_fingerprint_file((base / "a").c_str(), &a), 0);
  ASSERT_EQ(bac_fingerprint_file((base / "b").c_str(), &b), 0);
  EXPECT_EQ(a, b);
  EXPECT_EQ(a, bac_fingerprint_text("one"));
  base.Write("b", "two");
  ASSERT_EQ(bac_fingerprint_file((base / "b").c_str(), &b), 0);
  EXPECT_NE(a, b);
  EXPECT_EQ(bac_fingerprint_file((base / "c").c_str(), &a), -1);
  EXPECT_EQ(bac_fingerprint_program(), bac_fingerprint_program());
}
