/* SPDX-License-Identifier: GPL-2.0-only */
#include "table.h"

#include <stdlib.h>
#include <string.h>

struct column {
  char *header;
  enum bac_align align;
};

struct bac_table {
  struct column *columns;
  char **cells;
  size_t column_count, cell_count;
};

struct bac_table *bac_table_new(void) {
  struct bac_table *table = bac_results_realloc(NULL, 1, sizeof *table);
  *table = (struct bac_table){0};
  return table;
}

void bac_table_free(struct bac_table *table) {
  if (!table) return;
  for (size_t i = 0; i < table->column_count; i++) free(table->columns[i].header);
  for (size_t i = 0; i < table->cell_count; i++) free(table->cells[i]);
  free(table->columns);
  free(table->cells);
  free(table);
}

void bac_table_column(struct bac_table *table, const char *header, enum bac_align align) {
  table->columns = bac_results_realloc(table->columns, table->column_count + 1, sizeof *table->columns);
  table->columns[table->column_count++] = (struct column){.header = bac_results_strdup(header), .align = align};
}

void bac_table_cell(struct bac_table *table, const char *cell) {
  table->cells = bac_results_realloc(table->cells, table->cell_count + 1, sizeof *table->cells);
  table->cells[table->cell_count++] = bac_results_strdup(cell);
}

static void spaces(struct bac_text *out, size_t count) {
  while (count-- > 0) bac_text_add(out, " ", 1);
}

/* Without spaces at the end of the line: `pending` are written before the next visible character. */
static void put(struct bac_text *out, size_t *pending, const char *cell, size_t width, enum bac_align align) {
  size_t pad = width - bac_text_width(cell);
  if (align == BAC_ALIGN_RIGHT) *pending += pad;
  if (*cell) {
    spaces(out, *pending);
    *pending = 0;
    bac_text_puts(out, cell);
  }
  if (align == BAC_ALIGN_LEFT) *pending += pad;
}

/* Copies line `index` of a header, counted so that the last lines of all headers meet; empty above its first. */
static void header_line(const char *header, size_t lines, size_t index, struct bac_text *out) {
  bac_text_clear(out);
  size_t own = 1;
  for (const char *c = header; *c; c++) own += *c == '\n';
  if (index < lines - own) return;
  for (size_t skip = index - (lines - own); skip > 0; skip--) header = strchr(header, '\n') + 1;
  bac_text_add(out, header, strcspn(header, "\n"));
}

static size_t column_width(const struct bac_table *table, size_t column) {
  size_t width = 0;
  for (const char *line = table->columns[column].header; line;) {
    struct bac_text one = {0};
    bac_text_add(&one, line, strcspn(line, "\n"));
    if (bac_text_width(one.data) > width) width = bac_text_width(one.data);
    bac_text_free(&one);
    line = strchr(line, '\n');
    if (line) line++;
  }
  for (size_t i = column; i < table->cell_count; i += table->column_count) {
    size_t w = bac_text_width(table->cells[i]);
    if (w > width) width = w;
  }
  return width;
}

static size_t header_lines(const struct bac_table *table) {
  size_t lines = 1;
  for (size_t i = 0; i < table->column_count; i++) {
    size_t own = 1;
    for (const char *c = table->columns[i].header; *c; c++) own += *c == '\n';
    if (own > lines) lines = own;
  }
  return lines;
}

void bac_table_print(const struct bac_table *table, struct bac_text *out) {
  if (table->column_count == 0) return;
  size_t *widths = bac_results_realloc(NULL, table->column_count, sizeof *widths);
  size_t total = 0;
  for (size_t i = 0; i < table->column_count; i++) {
    widths[i] = column_width(table, i);
    total += widths[i] + (i > 0 ? 2 : 0);
  }
  size_t lines = header_lines(table);
  struct bac_text line = {0};
  for (size_t l = 0; l < lines; l++) {
    size_t pending = 0;
    for (size_t i = 0; i < table->column_count; i++, pending += 2) {
      header_line(table->columns[i].header, lines, l, &line);
      put(out, &pending, bac_text_string(&line), widths[i], table->columns[i].align);
    }
    bac_text_puts(out, "\n");
  }
  bac_text_free(&line);
  for (size_t i = 0; i < total; i++) bac_text_puts(out, "-");
  bac_text_puts(out, "\n");
  for (size_t row = 0; row < table->cell_count; row += table->column_count) {
    size_t pending = 0;
    for (size_t i = 0; i < table->column_count; i++, pending += 2) {
      const char *cell = row + i < table->cell_count ? table->cells[row + i] : "";
      put(out, &pending, cell, widths[i], table->columns[i].align);
    }
    bac_text_puts(out, "\n");
  }
  free(widths);
}
