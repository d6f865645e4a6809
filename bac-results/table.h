/* SPDX-License-Identifier: GPL-2.0-only */
/* A table on a terminal: columns as wide as their widest cell, numbers to the right, a header of several lines. */
#ifndef BAC_RESULTS_TABLE_H
#define BAC_RESULTS_TABLE_H

#include <stddef.h>

#include "text.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_table;

enum bac_align { BAC_ALIGN_LEFT, BAC_ALIGN_RIGHT };

struct bac_table *bac_table_new(void);
void bac_table_free(struct bac_table *table);
/* All columns come before the first cell. The header may hold newlines; its lines end at the rule below. */
void bac_table_column(struct bac_table *table, const char *header, enum bac_align align);
/* Cells go row by row, from left to right. */
void bac_table_cell(struct bac_table *table, const char *cell);
/* Appends the table to `out`. Cells missing in the last row are empty. */
void bac_table_print(const struct bac_table *table, struct bac_text *out);

#ifdef __cplusplus
}
#endif

#endif
