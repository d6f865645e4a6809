/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines: "c NAME VALUE" (a column), "b" (a new block), "f NAME VALUE" (a field of that block), likewise for other sheets with the letters
 * below, "x COUNT TEXT" (conflicts), and at the end "end LINES". Backslash, newline and carriage return are escaped in values. */
#include "result.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

void bac_fields_set(struct bac_fields *fields, const char *name, const char *value) {
  for (size_t i = 0; i < fields->count; i++) {
    if (strcmp(fields->items[i].name, name) != 0) continue;
    char *copy = bac_results_strdup(value);
    free(fields->items[i].value);
    fields->items[i].value = copy;
    return;
  }
  fields->items = bac_results_realloc(fields->items, fields->count + 1, sizeof *fields->items);
  fields->items[fields->count++] =
      (struct bac_field){.name = bac_results_strdup(name), .value = bac_results_strdup(value)};
}

const char *bac_fields_get(const struct bac_fields *fields, const char *name) {
  for (size_t i = 0; i < fields->count; i++) {
    if (strcmp(fields->items[i].name, name) == 0) return fields->items[i].value;
  }
  return NULL;
}

void bac_fields_free(struct bac_fields *fields) {
  for (size_t i = 0; i < fields->count; i++) {
    free(fields->items[i].name);
    free(fields->items[i].value);
  }
  free(fields->items);
  *fields = (struct bac_fields){0};
}

bool bac_field_name_ok(const char *name) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  size_t length = strlen(name);
  return length > 0 && length <= 63 && strspn(name, letters) == length && !strchr("0123456789", name[0]);
}

static const struct {
  const char *name;
  char row, field; /* letters of lines */
} sheets[BAC_SHEETS] = {{"blocks", 'b', 'f'}, {"reputation", 'r', 'g'}, {"links", 'l', 'k'}};

const char *bac_sheet_name(enum bac_sheet sheet) { return sheets[sheet].name; }

struct bac_fields *bac_result_add(struct bac_result *record, enum bac_sheet sheet) {
  struct bac_rows *to = &record->sheets[sheet];
  const size_t n = to->count++;
  if ((n & (n - 1)) == 0) to->rows = bac_results_realloc(to->rows, n > 0 ? 2 * n : 1, sizeof *to->rows); /* room doubles at powers of two */
  to->rows[n] = (struct bac_fields){0};
  return &to->rows[n];
}

void bac_result_set_conflicts(struct bac_result *record, uint64_t conflicts, const char *text) {
  free(record->conflict_text);
  record->conflicts = conflicts;
  record->conflict_text = text && *text ? bac_results_strdup(text) : NULL;
}

void bac_result_free(struct bac_result *record) {
  bac_fields_free(&record->columns);
  for (int sheet = 0; sheet < BAC_SHEETS; sheet++) {
    for (size_t i = 0; i < record->sheets[sheet].count; i++) bac_fields_free(&record->sheets[sheet].rows[i]);
    free(record->sheets[sheet].rows);
  }
  free(record->conflict_text);
  *record = (struct bac_result){0};
}

static void write_value(const char *value, FILE *out) {
  for (; *value; value++) {
    if (*value == '\\') fputs("\\\\", out);
    else if (*value == '\n') fputs("\\n", out);
    else if (*value == '\r') fputs("\\r", out);
    else fputc(*value, out);
  }
  fputc('\n', out);
}

static void write_fields(char tag, const struct bac_fields *fields, FILE *out) {
  for (size_t i = 0; i < fields->count; i++) {
    fprintf(out, "%c %s ", tag, fields->items[i].name);
    write_value(fields->items[i].value, out);
  }
}

int bac_result_write(const struct bac_result *record, FILE *out) {
  size_t lines = record->columns.count + 1;
  write_fields('c', &record->columns, out);
  for (int sheet = 0; sheet < BAC_SHEETS; sheet++) {
    for (size_t i = 0; i < record->sheets[sheet].count; i++) {
      const struct bac_fields *row = &record->sheets[sheet].rows[i];
      fprintf(out, "%c\n", sheets[sheet].row);
      write_fields(sheets[sheet].field, row, out);
      lines += row->count + 1;
    }
  }
  fprintf(out, "x %" PRIu64 " ", record->conflicts);
  write_value(record->conflict_text ? record->conflict_text : "", out);
  fprintf(out, "end %zu\n", lines);
  return fflush(out) != 0 || ferror(out) ? -1 : 0;
}

static void unescape(char *s) {
  char *to = s;
  for (; *s; s++) {
    if (*s == '\\' && s[1]) {
      s++;
      *to++ = *s == 'n' ? '\n' : *s == 'r' ? '\r' : *s;
    } else {
      *to++ = *s;
    }
  }
  *to = '\0';
}

/* One line, without its newline, which it may change. */
static bool read_line(struct bac_result *record, char *line) {
  const char tag = line[0];
  const struct bac_rows *of = NULL; /* whose field this is */
  for (int sheet = 0; sheet < BAC_SHEETS; sheet++) {
    if (tag == sheets[sheet].row && line[1] == '\0') {
      bac_result_add(record, (enum bac_sheet)sheet);
      return true;
    }
    if (tag == sheets[sheet].field) of = &record->sheets[sheet];
  }
  if ((tag != 'c' && tag != 'x' && !of) || line[1] != ' ') return false;
  char *value = strchr(line + 2, ' ');
  if (!value) return false;
  *value++ = '\0';
  unescape(value);
  if (tag == 'x') {
    char *stop;
    errno = 0;
    uint64_t conflicts = strtoull(line + 2, &stop, 10);
    if (*stop || stop == line + 2 || errno) return false;
    bac_result_set_conflicts(record, conflicts, value);
    return true;
  }
  if (!bac_field_name_ok(line + 2) || (of && of->count == 0)) return false;
  bac_fields_set(of ? &of->rows[of->count - 1] : &record->columns, line + 2, value);
  return true;
}

int bac_result_read(const char *bytes, size_t length, struct bac_result *record, char *why, size_t why_size) {
  *record = (struct bac_result){0};
  size_t lines = 0;
  bool ended = false;
  for (size_t at = 0; at < length;) {
    const char *newline = memchr(bytes + at, '\n', length - at);
    if (!newline || ended) break;
    struct bac_text line = {0};
    bac_text_add(&line, bytes + at, (size_t)(newline - bytes) - at);
    at = (size_t)(newline - bytes) + 1;
    unsigned long long count;
    int used = 0;
    if (sscanf(line.data, "end %llu%n", &count, &used) == 1 && line.data[used] == '\0') {
      ended = count == lines && at == length;
      bac_text_free(&line);
      if (!ended) break;
      continue;
    }
    lines++;
    if (!read_line(record, line.data)) {
      snprintf(why, why_size, "its result has a line that cannot be read: \"%.40s\"", line.data);
      bac_text_free(&line);
      return -1;
    }
    bac_text_free(&line);
  }
  if (ended) return 0;
  snprintf(why, why_size, "its result is torn after %zu lines", lines);
  return -1;
}
