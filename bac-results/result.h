/* SPDX-License-Identifier: GPL-2.0-only */
/* What one run found: named values, and rows of named values for its blocks, for reputations over time, and for its links by distance. It travels from the run's process to the parent as
 * lines of text; a record that was cut short is recognised. */
#ifndef BAC_RESULTS_RESULT_H
#define BAC_RESULTS_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bac_field {
  char *name, *value;
};

/* Ordered, one value per name. All zero is the empty list. */
struct bac_fields {
  struct bac_field *items;
  size_t count;
};

void bac_fields_set(struct bac_fields *fields, const char *name, const char *value); /* copies; replaces in place */
const char *bac_fields_get(const struct bac_fields *fields, const char *name);       /* NULL if absent; borrowed */
void bac_fields_free(struct bac_fields *fields);

/* A column's name in SQLite and CSV: a letter or '_', then letters, digits and '_', at most 63. */
bool bac_field_name_ok(const char *name);

/* What has rows of its own beside the run: a table and a CSV each. */
enum bac_sheet { BAC_SHEET_BLOCKS, BAC_SHEET_REPUTATION, BAC_SHEET_LINKS, BAC_SHEETS };

struct bac_rows {
  struct bac_fields *rows;
  size_t count;
};

struct bac_result {
  struct bac_fields columns;
  struct bac_rows sheets[BAC_SHEETS];
  uint64_t conflicts;
  char *conflict_text; /* NULL: none */
};

/* The name of a sheet's table; that of its CSV is the same with ".csv" behind. */
const char *bac_sheet_name(enum bac_sheet sheet);
struct bac_fields *bac_result_add(struct bac_result *record, enum bac_sheet sheet); /* a row; borrowed until the next one is added */
void bac_result_set_conflicts(struct bac_result *record, uint64_t conflicts, const char *text);
void bac_result_free(struct bac_result *record);

/* 0, or -1 when the stream failed (errno). */
int bac_result_write(const struct bac_result *record, FILE *out);
/* 0, or -1 with a line in `why`; `record` is to be freed in both cases. */
int bac_result_read(const char *bytes, size_t length, struct bac_result *record, char *why, size_t why_size);

#ifdef __cplusplus
}
#endif

#endif
