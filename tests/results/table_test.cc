/* SPDX-License-Identifier: GPL-2.0-only */
#include "table.h"

#include <gtest/gtest.h>

#include <string>

namespace {

std::string Print(const bac_table *table) {
  bac_text text{};
  bac_table_print(table, &text);
  std::string result = bac_text_string(&text);
  bac_text_free(&text);
  return result;
}

}  // namespace

TEST(Table, AlignsAndEndsHeadersAtTheRule) {
  bac_table *table = bac_table_new();
  bac_table_column(table, "name", BAC_ALIGN_LEFT);
  bac_table_column(table, "time\n[s]", BAC_ALIGN_RIGHT);
  for (const char *cell : {"a", "1.50±0.10", "long name", "2"}) bac_table_cell(table, cell);
  EXPECT_EQ(Print(table),
            "                time\n"
            "name             [s]\n"
            "--------------------\n"
            "a          1.50±0.10\n"
            "long name          2\n");
  bac_table_free(table);
}

TEST(Table, MissingAndEmptyCells) {
  bac_table *table = bac_table_new();
  EXPECT_EQ(Print(table), "");
  bac_table_column(table, "a", BAC_ALIGN_LEFT);
  bac_table_column(table, "b", BAC_ALIGN_LEFT);
  EXPECT_EQ(Print(table), "a  b\n----\n");
  bac_table_cell(table, "");
  bac_table_cell(table, "");
  bac_table_cell(table, "x");
  EXPECT_EQ(Print(table), "a  b\n----\n\nx\n");
  bac_table_free(table);
}

TEST(Text, GrowsAndCountsCharacters) {
  bac_text text{};
  EXPECT_STREQ(bac_text_string(&text), "");
  for (int i = 0; i < 1000; i++) bac_text_printf(&text, "%d,", i % 10);
  EXPECT_EQ(text.length, 2000u);
  bac_text_free(&text);
  EXPECT_EQ(bac_text_width("1±2"), 3u);
}
