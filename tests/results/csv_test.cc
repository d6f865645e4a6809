/* SPDX-License-Identifier: GPL-2.0-only */
#include "csv.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "temporary_folder.h"

namespace {

std::string Row(const std::vector<std::string> &cells) {
  char *bytes = nullptr;
  size_t length = 0;
  FILE *out = open_memstream(&bytes, &length);
  bool first = true;
  for (const std::string &cell : cells) {
    bac_csv_cell(out, first, cell.c_str());
    first = false;
  }
  fclose(out);
  std::string row(bytes, length);
  free(bytes);
  return row;
}

}  // namespace

TEST(Csv, PlainCellsStayPlain) { EXPECT_EQ(Row({"a", "", "1.5", "b c", "é"}), "a,,1.5,b c,é"); }

TEST(Csv, QuotesAsInRfc4180) {
  EXPECT_EQ(Row({"a,b"}), "\"a,b\"");
  EXPECT_EQ(Row({"say \"no\"", "x"}), "\"say \"\"no\"\"\",x");
  EXPECT_EQ(Row({"two\nlines", "cr\r"}), "\"two\nlines\",\"cr\r\"");
  EXPECT_EQ(Row({"\""}), "\"\"\"\"");
}

TEST(NewFile, AppearsWholeOrNotAtAll) {
  TemporaryFolder folder;
  folder.Write("a.csv", "old");
  bac_new_file file;
  char why[200];
  ASSERT_EQ(bac_new_file_open(&file, folder.path.c_str(), "a.csv", why, sizeof why), 0);
  fputs("new", file.stream);
  fflush(file.stream);
  EXPECT_EQ(folder.Read("a.csv"), "old");
  ASSERT_EQ(bac_new_file_commit(&file, why, sizeof why), 0);
  EXPECT_EQ(folder.Read("a.csv"), "new");
  EXPECT_EQ(folder.Count(), 1u);

  ASSERT_EQ(bac_new_file_open(&file, folder.path.c_str(), "a.csv", why, sizeof why), 0);
  fputs("never", file.stream);
  bac_new_file_discard(&file);
  EXPECT_EQ(folder.Read("a.csv"), "new");
  EXPECT_EQ(folder.Count(), 1u);
}

TEST(NewFile, TellsAFolderThatIsNotThere) {
  bac_new_file file;
  char why[200] = "";
  EXPECT_EQ(bac_new_file_open(&file, "/no/such/folder", "a.csv", why, sizeof why), -1);
  EXPECT_NE(std::string(why).find("/no/such/folder"), std::string::npos);
}

TEST(NewFile, AFullDiskLeavesTheOldFile) {
  TemporaryFolder folder;
  folder.Write("a.csv", "old");
  bac_new_file file;
  char why[200] = "";
  ASSERT_EQ(bac_new_file_open(&file, folder.path.c_str(), "a.csv", why, sizeof why), 0);
  FILE *full = fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  fclose(file.stream);
  file.stream = full;
  fputs("too much", file.stream);
  EXPECT_EQ(bac_new_file_commit(&file, why, sizeof why), -1);
  EXPECT_NE(std::string(why).find("No space left on device"), std::string::npos) << why;
  EXPECT_EQ(folder.Read("a.csv"), "old");
  EXPECT_EQ(folder.Count(), 1u);
}
