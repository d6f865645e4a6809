/* SPDX-License-Identifier: GPL-2.0-only */
#include "result.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

std::string Write(const bac_result &result) {
  char *bytes = nullptr;
  size_t length = 0;
  FILE *out = open_memstream(&bytes, &length);
  EXPECT_EQ(bac_result_write(&result, out), 0);
  fclose(out);
  std::string text(bytes, length);
  free(bytes);
  return text;
}

bac_result Sample() {
  bac_result r{};
  bac_fields_set(&r.columns, "protocol", "bac");
  bac_fields_set(&r.columns, "note", "a \\ b\nnext, \"line\"\r");
  bac_fields_set(&r.columns, "empty", "");
  for (int i = 0; i < 3; i++) {
    bac_fields *block = bac_result_add(&r, BAC_SHEET_BLOCKS);
    bac_fields_set(block, "height", std::to_string(i).c_str());
  }
  bac_fields_set(bac_result_add(&r, BAC_SHEET_REPUTATION), "rho", "0.5");
  bac_fields_set(bac_result_add(&r, BAC_SHEET_REPUTATION), "rho", "0.75");
  bac_fields_set(bac_result_add(&r, BAC_SHEET_LINKS), "pdr", "0.9");
  bac_result_set_conflicts(&r, 2, "height 1\nheight 2");
  return r;
}

}  // namespace

TEST(Result, ComesBackAsItWas) {
  bac_result r = Sample(), back;
  const std::string text = Write(r);
  char why[100];
  ASSERT_EQ(bac_result_read(text.data(), text.size(), &back, why, sizeof why), 0) << why;
  ASSERT_EQ(back.columns.count, 3u);
  EXPECT_STREQ(bac_fields_get(&back.columns, "note"), "a \\ b\nnext, \"line\"\r");
  EXPECT_STREQ(bac_fields_get(&back.columns, "empty"), "");
  ASSERT_EQ(back.sheets[BAC_SHEET_BLOCKS].count, 3u);
  EXPECT_STREQ(bac_fields_get(&back.sheets[BAC_SHEET_BLOCKS].rows[2], "height"), "2");
  ASSERT_EQ(back.sheets[BAC_SHEET_REPUTATION].count, 2u);
  EXPECT_STREQ(bac_fields_get(&back.sheets[BAC_SHEET_REPUTATION].rows[1], "rho"), "0.75");
  ASSERT_EQ(back.sheets[BAC_SHEET_LINKS].count, 1u);
  EXPECT_STREQ(bac_fields_get(&back.sheets[BAC_SHEET_LINKS].rows[0], "pdr"), "0.9");
  EXPECT_EQ(back.conflicts, 2u);
  EXPECT_STREQ(back.conflict_text, "height 1\nheight 2");
  bac_result_free(&r);
  bac_result_free(&back);
}

TEST(Result, EveryTornPrefixIsRefused) {
  bac_result r = Sample();
  const std::string text = Write(r);
  bac_result_free(&r);
  for (size_t length = 0; length < text.size(); length++) {
    bac_result back;
    char why[100] = "";
    EXPECT_EQ(bac_result_read(text.data(), length, &back, why, sizeof why), -1) << length;
    EXPECT_NE(*why, '\0');
    bac_result_free(&back);
  }
}

TEST(Result, ForeignLinesAreRefused) {
  for (const char *text : {"hello\nend 1\n", "c 1bad x\nend 1\n", "f height 1\nend 1\n", "c a\nend 1\n", "x many \nend 1\n",
                           "b\nend 2\n", "end 0\nmore\n", "\nend 1\n", "c a;drop 1\nend 1\n"}) {
    bac_result back;
    char why[100];
    EXPECT_EQ(bac_result_read(text, strlen(text), &back, why, sizeof why), -1) << text;
    bac_result_free(&back);
  }
}

TEST(Result, AFullPipeIsTold) {
  bac_result r = Sample();
  FILE *full = fopen("/dev/full", "w");
  EXPECT_EQ(bac_result_write(&r, full), -1);
  fclose(full);
  bac_result_free(&r);
}

TEST(Fields, ReplaceInPlace) {
  bac_fields f{};
  bac_fields_set(&f, "a", "1");
  bac_fields_set(&f, "b", "2");
  bac_fields_set(&f, "a", bac_fields_get(&f, "a")); /* its own value */
  bac_fields_set(&f, "a", "3");
  ASSERT_EQ(f.count, 2u);
  EXPECT_STREQ(f.items[0].value, "3");
  EXPECT_EQ(bac_fields_get(&f, "c"), nullptr);
  bac_fields_free(&f);
  EXPECT_TRUE(bac_field_name_ok("block_latency_p50_s"));
  for (const char *bad : {"", "1a", "a b", "a\"", "a-b", "é"}) EXPECT_FALSE(bac_field_name_ok(bad)) << bad;
}
