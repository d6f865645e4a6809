/* SPDX-License-Identifier: GPL-2.0-only */
#define _POSIX_C_SOURCE 200809L /* clock_gettime, strcasecmp */
#include "results_store.h"

#include <math.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "csv.h"
#include "text.h"

#define APPLICATION_ID 0x42414352 /* "BACR" */
#define SCHEMA_VERSION 3

/* The columns of a table as they stand in the database, in order. */
struct columns {
  char **names;
  size_t count;
};

struct bac_store {
  sqlite3 *db;
  struct columns runs, sheets[BAC_SHEETS];
  size_t identity;
  struct bac_text error;
  double csv_written, csv_cost; /* monotonic seconds */
};

static const char *const status_names[] = {"", "failed", "ok", "conflict"};

/* ---- Values ---- */

enum bac_value_kind bac_value_kind(const char *value) {
  const char *s = value + (*value == '-' || *value == '+');
  if (*value == '\0' || strcasecmp(s, "nan") == 0 || strcasecmp(s, "inf") == 0) return BAC_VALUE_NONE;
  if (*value == '+') return BAC_VALUE_TEXT;
  size_t whole = strspn(s, "0123456789");
  if (whole == 0 || (s[0] == '0' && whole > 1)) return BAC_VALUE_TEXT;
  const char *at = s + whole;
  if (*at == '\0') return whole <= 18 ? BAC_VALUE_INTEGER : BAC_VALUE_TEXT;
  if (*at == '.') {
    size_t part = strspn(at + 1, "0123456789");
    if (part == 0) return BAC_VALUE_TEXT;
    at += 1 + part;
    if (*at == '\0') return BAC_VALUE_REAL;
  }
  if ((*at == 'e' || *at == 'E') && (at[1] == '+' || at[1] == '-')) {
    size_t power = strspn(at + 2, "0123456789");
    if (power > 0 && power <= 3 && at[2 + power] == '\0' && isfinite(strtod(value, NULL))) return BAC_VALUE_REAL;
  }
  return BAC_VALUE_TEXT;
}

void bac_value_print_real(double value, char out[32]) {
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(out, 32, "%.*g", digits, value);
    if (strtod(out, NULL) == value) return;
  }
}

static void bind(sqlite3_stmt *statement, int at, const char *value) {
  switch (bac_value_kind(value)) {
    case BAC_VALUE_NONE: sqlite3_bind_null(statement, at); break;
    case BAC_VALUE_INTEGER: sqlite3_bind_int64(statement, at, strtoll(value, NULL, 10)); break;
    case BAC_VALUE_REAL: sqlite3_bind_double(statement, at, strtod(value, NULL)); break;
    case BAC_VALUE_TEXT: sqlite3_bind_text(statement, at, value, -1, SQLITE_TRANSIENT); break;
  }
}

static const char *value_of(sqlite3_stmt *statement, int at, char number[32]) {
  if (sqlite3_column_type(statement, at) == SQLITE_NULL) return "";
  if (sqlite3_column_type(statement, at) != SQLITE_FLOAT) return (const char *)sqlite3_column_text(statement, at);
  bac_value_print_real(sqlite3_column_double(statement, at), number);
  return number;
}

/* ---- Errors, statements, transactions ---- */

const char *bac_store_error(const struct bac_store *store) { return bac_text_string(&store->error); }

__attribute__((format(printf, 2, 3))) static int fail(struct bac_store *store, const char *format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  bac_text_clear(&store->error);
  bac_text_puts(&store->error, line);
  return -1;
}

static int fail_db(struct bac_store *store) {
  int code = sqlite3_errcode(store->db) & 0xff;
  const char *path = sqlite3_db_filename(store->db, "main");
  if (code == SQLITE_FULL) return fail(store, "%s: the disk is full", path);
  if (code == SQLITE_IOERR) return fail(store, "%s: cannot be written: a full disk, a quota or a limit on file sizes", path);
  return fail(store, "%s: %s", path, sqlite3_errmsg(store->db));
}

static int execute(struct bac_store *store, const char *sql) {
  return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail_db(store);
}

static sqlite3_stmt *prepare(struct bac_store *store, const char *sql) {
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK) fail_db(store);
  return statement;
}

/* Runs a statement that returns no row; it stays prepared. */
static int step(struct bac_store *store, sqlite3_stmt *statement) {
  int code = sqlite3_step(statement);
  int result = code == SQLITE_DONE ? 0 : fail_db(store);
  sqlite3_reset(statement);
  return result;
}

static void forget_columns(struct columns *columns) {
  for (size_t i = 0; i < columns->count; i++) free(columns->names[i]);
  free(columns->names);
  *columns = (struct columns){0};
}

static int load_columns(struct bac_store *store, const char *table, struct columns *columns) {
  forget_columns(columns);
  sqlite3_stmt *statement = prepare(store, "SELECT name FROM pragma_table_info(?) ORDER BY cid");
  if (!statement) return -1;
  sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    columns->names = bac_results_realloc(columns->names, columns->count + 1, sizeof *columns->names);
    columns->names[columns->count++] = bac_results_strdup((const char *)sqlite3_column_text(statement, 0));
  }
  int result = code == SQLITE_DONE ? 0 : fail_db(store);
  sqlite3_finalize(statement);
  return result;
}

static int load_all_columns(struct bac_store *store) {
  int result = load_columns(store, "runs", &store->runs);
  for (int i = 0; i < BAC_SHEETS && result == 0; i++) result = load_columns(store, bac_sheet_name((enum bac_sheet)i), &store->sheets[i]);
  return result;
}

static size_t find_column(const struct columns *columns, const char *name) {
  size_t i = 0;
  while (i < columns->count && strcasecmp(columns->names[i], name) != 0) i++;
  return i;
}

/* Ends a transaction: keeps it if `result` is 0, else forgets all of it. */
static int end(struct bac_store *store, int result) {
  if (result == 0) result = execute(store, "COMMIT");
  if (result == 0) return 0;
  struct bac_text error = store->error; /* of the first failure */
  store->error = (struct bac_text){0};
  if (!sqlite3_get_autocommit(store->db)) execute(store, "ROLLBACK");
  load_all_columns(store);
  bac_text_free(&store->error);
  store->error = error;
  return -1;
}

/* ---- Opening ---- */

static const char schema[] =
    "CREATE TABLE facts(kind TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL);"
    "CREATE TABLE layouts(run INTEGER NOT NULL, sheet TEXT NOT NULL, columns TEXT NOT NULL, PRIMARY KEY(run, sheet));";

static int create(struct bac_store *store, const struct bac_fields *planned, size_t identity) {
  struct bac_text runs = {0}, rows = {0}, sql = {0};
  bac_text_puts(&runs, "CREATE TABLE runs(run INTEGER PRIMARY KEY, position TEXT NOT NULL UNIQUE");
  for (size_t i = 0; i < planned->count; i++) {
    const struct bac_field *f = &planned->items[i];
    const char *type = bac_value_kind(f->value) == BAC_VALUE_TEXT ? "TEXT" : "NUMERIC";
    bac_text_printf(&runs, ", \"%s\" %s", f->name, type);
    if (i < identity) bac_text_printf(&rows, ", \"%s\" %s", f->name, type);
  }
  bac_text_puts(&runs, ", status TEXT NOT NULL, error TEXT, command TEXT)");
  bac_text_printf(&sql, "PRAGMA application_id=%d; PRAGMA user_version=%d; %s; ", APPLICATION_ID, SCHEMA_VERSION, runs.data);
  for (int sheet = 0; sheet < BAC_SHEETS; sheet++) {
    const char *name = bac_sheet_name((enum bac_sheet)sheet);
    bac_text_printf(&sql, "CREATE TABLE %s(run INTEGER NOT NULL REFERENCES runs(run)%s); CREATE INDEX %s_run ON %s(run); ", name,
                    bac_text_string(&rows), name, name);
  }
  bac_text_puts(&sql, schema);
  bac_text_printf(&sql, "INSERT INTO facts VALUES('store', 0, 'identity', '%zu');", identity);
  int result = execute(store, "BEGIN IMMEDIATE");
  if (result == 0) result = end(store, execute(store, sql.data));
  bac_text_free(&runs);
  bac_text_free(&rows);
  bac_text_free(&sql);
  return result;
}

static int64_t pragma(struct bac_store *store, const char *sql) {
  sqlite3_stmt *statement = prepare(store, sql);
  int64_t value = -1;
  if (statement && sqlite3_step(statement) == SQLITE_ROW) value = sqlite3_column_int64(statement, 0);
  else if (statement) fail_db(store);
  sqlite3_finalize(statement);
  return value;
}

static int open_tables(struct bac_store *store, const struct bac_fields *planned, size_t identity) {
  int64_t id = pragma(store, "PRAGMA application_id");
  if (id == -1) return -1;
  bool empty = id == 0 && pragma(store, "SELECT count(*) FROM sqlite_schema") == 0;
  if (empty && planned && create(store, planned, identity) != 0) return -1;
  if (!(empty && planned) && id != APPLICATION_ID) return fail(store, "not a results file of bac-compare");
  if (pragma(store, "PRAGMA user_version") != SCHEMA_VERSION) return fail(store, "made by another version of bac-compare");
  struct bac_fields facts = {0};
  if (bac_store_get_facts(store, "store", &facts) != 0) return -1;
  const char *text = bac_fields_get(&facts, "identity");
  store->identity = text ? (size_t)strtoul(text, NULL, 10) : 0;
  bac_fields_free(&facts);
  return load_all_columns(store);
}

struct bac_store *bac_store_open(const char *path, const struct bac_fields *planned, size_t identity, char *why,
                                 size_t why_size) {
  struct bac_store *store = bac_results_realloc(NULL, 1, sizeof *store);
  *store = (struct bac_store){0};
  int flags = SQLITE_OPEN_READWRITE | (planned ? SQLITE_OPEN_CREATE : 0);
  int result = sqlite3_open_v2(path, &store->db, flags, NULL) == SQLITE_OK ? 0 : -1;
  if (result != 0) fail(store, "%s", store->db ? sqlite3_errmsg(store->db) : "out of memory");
  if (result == 0) sqlite3_busy_timeout(store->db, 60000); /* somebody reads it meanwhile */
  if (result == 0) result = open_tables(store, planned, identity);
  if (result == 0) return store;
  const char *error = bac_store_error(store);
  bool named = strncmp(error, path, strlen(path)) == 0;
  snprintf(why, why_size, "%s%s%s", named ? "" : path, named ? "" : ": ", error);
  bac_store_close(store);
  return NULL;
}

void bac_store_close(struct bac_store *store) {
  if (!store) return;
  forget_columns(&store->runs);
  for (int i = 0; i < BAC_SHEETS; i++) forget_columns(&store->sheets[i]);
  sqlite3_close(store->db);
  bac_text_free(&store->error);
  free(store);
}

/* ---- Facts ---- */

int bac_store_set_facts(struct bac_store *store, const char *kind, const struct bac_fields *facts) {
  if (execute(store, "BEGIN IMMEDIATE") != 0) return -1;
  int result = 0;
  sqlite3_stmt *clear = prepare(store, "DELETE FROM facts WHERE kind = ?");
  sqlite3_stmt *insert = prepare(store, "INSERT INTO facts VALUES(?, ?, ?, ?)");
  if (!clear || !insert) result = -1;
  if (result == 0) {
    sqlite3_bind_text(clear, 1, kind, -1, SQLITE_STATIC);
    result = step(store, clear);
  }
  for (size_t i = 0; i < facts->count && result == 0; i++) {
    sqlite3_bind_text(insert, 1, kind, -1, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 2, (sqlite3_int64)i);
    sqlite3_bind_text(insert, 3, facts->items[i].name, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 4, facts->items[i].value, -1, SQLITE_STATIC);
    result = step(store, insert);
  }
  sqlite3_finalize(clear);
  sqlite3_finalize(insert);
  return end(store, result);
}

int bac_store_get_facts(struct bac_store *store, const char *kind, struct bac_fields *facts) {
  *facts = (struct bac_fields){0};
  sqlite3_stmt *select = prepare(store, "SELECT name, value FROM facts WHERE kind = ? ORDER BY position");
  if (!select) return -1;
  sqlite3_bind_text(select, 1, kind, -1, SQLITE_STATIC);
  int code;
  while ((code = sqlite3_step(select)) == SQLITE_ROW) {
    bac_fields_set(facts, (const char *)sqlite3_column_text(select, 0), (const char *)sqlite3_column_text(select, 1));
  }
  int result = code == SQLITE_DONE ? 0 : fail_db(store);
  sqlite3_finalize(select);
  return result;
}

/* ---- Runs ---- */

static sqlite3_int64 run_id(struct bac_store *store, const char *position, enum bac_run_status *status) {
  sqlite3_stmt *select = prepare(store, "SELECT run, status FROM runs WHERE position = ?");
  sqlite3_int64 id = 0;
  *status = BAC_RUN_ABSENT;
  if (!select) return 0;
  sqlite3_bind_text(select, 1, position, -1, SQLITE_STATIC);
  if (sqlite3_step(select) == SQLITE_ROW) {
    id = sqlite3_column_int64(select, 0);
    const char *name = (const char *)sqlite3_column_text(select, 1);
    *status = strcmp(name, "ok") == 0         ? BAC_RUN_OK
              : strcmp(name, "conflict") == 0 ? BAC_RUN_CONFLICT
                                              : BAC_RUN_FAILED;
  }
  sqlite3_finalize(select);
  return id;
}

enum bac_run_status bac_store_status(struct bac_store *store, const char *position) {
  enum bac_run_status status;
  run_id(store, position, &status);
  return status;
}

static int forget_result(struct bac_store *store, sqlite3_int64 id) {
  struct bac_text sql = {0};
  for (int i = 0; i < BAC_SHEETS; i++)
    bac_text_printf(&sql, "DELETE FROM %s WHERE run = %lld; ", bac_sheet_name((enum bac_sheet)i), (long long)id);
  bac_text_printf(&sql, "DELETE FROM layouts WHERE run = %lld", (long long)id);
  const int result = execute(store, sql.data);
  bac_text_free(&sql);
  return result;
}

static int plan_one(struct bac_store *store, const struct bac_planned_run *run, const char *error) {
  enum bac_run_status status;
  sqlite3_int64 id = run_id(store, run->position, &status);
  if (status == BAC_RUN_OK || status == BAC_RUN_CONFLICT) return 0;
  if (id != 0 && forget_result(store, id) != 0) return -1;
  struct bac_text sql = {0};
  bac_text_puts(&sql, "INSERT OR REPLACE INTO runs(run");
  for (size_t i = 0; i < run->columns.count; i++) bac_text_printf(&sql, ", \"%s\"", run->columns.items[i].name);
  bac_text_puts(&sql, ", position, status, error, command) VALUES(?");
  for (size_t i = 0; i < run->columns.count; i++) bac_text_puts(&sql, ", ?");
  bac_text_puts(&sql, ", ?, 'failed', ?, ?)");
  sqlite3_stmt *insert = prepare(store, sql.data);
  bac_text_free(&sql);
  if (!insert) return -1;
  int at = (int)run->columns.count + 2;
  sqlite3_bind_text(insert, at, run->position, -1, SQLITE_STATIC);
  sqlite3_bind_text(insert, at + 1, error, -1, SQLITE_STATIC);
  sqlite3_bind_text(insert, at + 2, run->command, -1, SQLITE_STATIC);
  for (size_t i = 0; i < run->columns.count; i++) bind(insert, (int)i + 2, run->columns.items[i].value);
  if (id != 0) sqlite3_bind_int64(insert, 1, id);
  int result = step(store, insert);
  sqlite3_finalize(insert);
  return result;
}

int bac_store_plan(struct bac_store *store, const struct bac_planned_run *runs, size_t count, const char *error) {
  if (execute(store, "BEGIN IMMEDIATE") != 0) return -1;
  int result = 0;
  for (size_t i = 0; i < count && result == 0; i++) result = plan_one(store, &runs[i], error);
  return end(store, result);
}

static int add_columns(struct bac_store *store, const char *table, struct columns *columns, const struct bac_fields *row) {
  for (size_t i = 0; i < row->count; i++) {
    const struct bac_field *f = &row->items[i];
    if (!bac_field_name_ok(f->name)) return fail(store, "a result column has the name \"%s\"", f->name);
    if (find_column(columns, f->name) < columns->count) continue;
    struct bac_text sql = {0};
    const char *type = bac_value_kind(f->value) == BAC_VALUE_TEXT ? "TEXT" : "NUMERIC";
    bac_text_printf(&sql, "ALTER TABLE %s ADD COLUMN \"%s\" %s", table, f->name, type);
    int result = execute(store, sql.data);
    bac_text_free(&sql);
    if (result != 0) return -1;
    columns->names = bac_results_realloc(columns->names, columns->count + 1, sizeof *columns->names);
    columns->names[columns->count++] = bac_results_strdup(f->name);
  }
  return 0;
}

/* Remembers in which order a run named its columns: the order in CSV must not depend on which run finished first. */
static int put_layout(struct bac_store *store, sqlite3_int64 id, const char *sheet, const struct bac_fields *row) {
  sqlite3_stmt *insert = prepare(store, "INSERT OR REPLACE INTO layouts VALUES(?, ?, ?)");
  if (!insert) return -1;
  struct bac_text names = {0};
  for (size_t i = 0; i < row->count; i++) bac_text_printf(&names, "%s%s", i > 0 ? "," : "", row->items[i].name);
  sqlite3_bind_int64(insert, 1, id);
  sqlite3_bind_text(insert, 2, sheet, -1, SQLITE_STATIC);
  sqlite3_bind_text(insert, 3, bac_text_string(&names), -1, SQLITE_STATIC);
  int result = step(store, insert);
  sqlite3_finalize(insert);
  bac_text_free(&names);
  return result;
}

static int put_run(struct bac_store *store, sqlite3_int64 id, enum bac_run_status status, const char *error,
                   const struct bac_fields *found) {
  struct bac_text sql = {0};
  bac_text_puts(&sql, "UPDATE runs SET status = ?2, error = ?3");
  for (size_t i = 0; i < found->count; i++) bac_text_printf(&sql, ", \"%s\" = ?%zu", found->items[i].name, i + 4);
  bac_text_puts(&sql, " WHERE run = ?1");
  sqlite3_stmt *update = prepare(store, sql.data);
  bac_text_free(&sql);
  if (!update) return -1;
  sqlite3_bind_int64(update, 1, id);
  sqlite3_bind_text(update, 2, status_names[status], -1, SQLITE_STATIC);
  sqlite3_bind_text(update, 3, error, -1, SQLITE_STATIC);
  for (size_t i = 0; i < found->count; i++) bind(update, (int)i + 4, found->items[i].value);
  int result = step(store, update);
  sqlite3_finalize(update);
  return result;
}

/* The planned columns that stand in each block row. */
static int identity_of(struct bac_store *store, sqlite3_int64 id, struct bac_fields *identity) {
  *identity = (struct bac_fields){0};
  sqlite3_stmt *select = prepare(store, "SELECT * FROM runs WHERE run = ?");
  if (!select) return -1;
  sqlite3_bind_int64(select, 1, id);
  int result = sqlite3_step(select) == SQLITE_ROW ? 0 : fail_db(store);
  char number[32];
  for (size_t i = 0; i < store->identity && result == 0; i++) { /* after run and position */
    bac_fields_set(identity, store->runs.names[i + 2], value_of(select, (int)i + 2, number));
  }
  sqlite3_finalize(select);
  return result;
}

static bool same_names(const struct bac_fields *a, const struct bac_fields *b) {
  bool same = a->count == b->count;
  for (size_t i = 0; i < a->count && same; i++) same = strcmp(a->items[i].name, b->items[i].name) == 0;
  return same;
}

static sqlite3_stmt *prepare_row(struct bac_store *store, const char *sheet, const struct bac_fields *identity, const struct bac_fields *row) {
  struct bac_text names = {0}, marks = {0}, sql = {0};
  for (size_t i = 0; i < identity->count + row->count; i++) {
    const struct bac_field *f = i < identity->count ? &identity->items[i] : &row->items[i - identity->count];
    bac_text_printf(&names, ", \"%s\"", f->name);
    bac_text_puts(&marks, ", ?");
  }
  bac_text_printf(&sql, "INSERT INTO %s(run%s) VALUES(?%s)", sheet, bac_text_string(&names), bac_text_string(&marks));
  sqlite3_stmt *insert = prepare(store, sql.data);
  bac_text_free(&names);
  bac_text_free(&marks);
  bac_text_free(&sql);
  return insert;
}

static int put_rows(struct bac_store *store, sqlite3_int64 id, enum bac_sheet which, const struct bac_rows *of) {
  const char *sheet = bac_sheet_name(which);
  const struct bac_fields *rows = of->rows;
  const size_t count = of->count;
  struct columns *columns = &store->sheets[which];
  struct bac_fields identity, all = {0};
  int result = identity_of(store, id, &identity);
  sqlite3_stmt *insert = NULL;
  for (size_t i = 0; i < count && result == 0; i++) {
    const struct bac_fields *row = &rows[i];
    if (i == 0 || !same_names(row, &rows[i - 1])) {
      for (size_t j = 0; j < row->count; j++) bac_fields_set(&all, row->items[j].name, "");
      sqlite3_finalize(insert);
      result = add_columns(store, sheet, columns, row);
      insert = result == 0 ? prepare_row(store, sheet, &identity, row) : NULL;
      if (!insert) break;
    }
    for (size_t j = 0; j < identity.count; j++) bind(insert, (int)j + 2, identity.items[j].value);
    for (size_t j = 0; j < row->count; j++) bind(insert, (int)(identity.count + j) + 2, row->items[j].value);
    sqlite3_bind_int64(insert, 1, id);
    result = step(store, insert);
  }
  if (count > 0 && !insert) result = -1;
  sqlite3_finalize(insert);
  if (result == 0) result = put_layout(store, id, sheet, &all);
  bac_fields_free(&identity);
  bac_fields_free(&all);
  return result;
}

static int check_row_names(struct bac_store *store, enum bac_sheet sheet, const struct bac_rows *of) {
  const struct columns *columns = &store->sheets[sheet];
  for (size_t i = 0; i < of->count; i++) {
    for (size_t j = 0; j < of->rows[i].count; j++) {
      const size_t at = find_column(columns, of->rows[i].items[j].name);
      if (at <= store->identity) return fail(store, "a column of %s has the name \"%s\"", bac_sheet_name(sheet), columns->names[at]);
    }
  }
  return 0;
}

static int check_names(struct bac_store *store, const struct bac_result *record) {
  static const char *const reserved[] = {"run", "position", "status", "error", "command"};
  for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
    if (bac_fields_get(&record->columns, reserved[i])) return fail(store, "a result column has the name \"%s\"", reserved[i]);
  }
  int result = 0;
  for (int i = 0; i < BAC_SHEETS && result == 0; i++) result = check_row_names(store, (enum bac_sheet)i, &record->sheets[i]);
  return result;
}

int bac_store_put(struct bac_store *store, const char *position, enum bac_run_status status, const char *error,
                  const struct bac_result *record) {
  struct bac_result nothing = {0};
  if (!record) record = &nothing;
  if (check_names(store, record) != 0 || execute(store, "BEGIN IMMEDIATE") != 0) return -1;
  enum bac_run_status before;
  sqlite3_int64 id = run_id(store, position, &before);
  int result = id != 0 ? forget_result(store, id) : fail(store, "no run is planned at \"%s\"", position);
  if (result == 0) result = add_columns(store, "runs", &store->runs, &record->columns);
  if (result == 0) result = put_run(store, id, status, error, &record->columns);
  if (result == 0 && record->columns.count > 0) result = put_layout(store, id, "runs", &record->columns);
  for (int i = 0; i < BAC_SHEETS && result == 0; i++)
    if (record->sheets[i].count > 0) result = put_rows(store, id, (enum bac_sheet)i, &record->sheets[i]);
  return end(store, result);
}

/* ---- Reading ---- */

int bac_store_each_run(struct bac_store *store, const char *const *names, size_t count,
                       void (*row)(void *context, const char *const *values), void *context) {
  struct bac_text sql = {0};
  bac_text_puts(&sql, "SELECT run");
  for (size_t i = 0; i < count; i++) {
    bool there = find_column(&store->runs, names[i]) < store->runs.count;
    bac_text_printf(&sql, there ? ", \"%s\"" : ", NULL", names[i]);
  }
  bac_text_puts(&sql, " FROM runs ORDER BY position");
  sqlite3_stmt *select = prepare(store, sql.data);
  bac_text_free(&sql);
  if (!select) return -1;
  const char **values = bac_results_realloc(NULL, count, sizeof *values);
  char(*numbers)[32] = bac_results_realloc(NULL, count, sizeof *numbers);
  int code;
  while ((code = sqlite3_step(select)) == SQLITE_ROW) {
    for (size_t i = 0; i < count; i++) values[i] = value_of(select, (int)i + 1, numbers[i]);
    row(context, values);
  }
  free(values);
  free(numbers);
  int result = code == SQLITE_DONE ? 0 : fail_db(store);
  sqlite3_finalize(select);
  return result;
}

/* The columns that runs found, each once, in the order of the first run that has it. */
static int found_columns(struct bac_store *store, const char *sheet, struct bac_fields *found) {
  sqlite3_stmt *select = prepare(store, "SELECT l.columns FROM layouts l JOIN runs r USING(run) WHERE l.sheet = ? "
                                        "GROUP BY l.columns ORDER BY min(r.position)");
  if (!select) return -1;
  sqlite3_bind_text(select, 1, sheet, -1, SQLITE_STATIC);
  int code;
  while ((code = sqlite3_step(select)) == SQLITE_ROW) {
    struct bac_text name = {0};
    for (const char *at = (const char *)sqlite3_column_text(select, 0); *at;) {
      size_t length = strcspn(at, ",");
      bac_text_clear(&name);
      bac_text_add(&name, at, length);
      bac_fields_set(found, name.data, "");
      at += length + (at[length] == ',');
    }
    bac_text_free(&name);
  }
  int result = code == SQLITE_DONE ? 0 : fail_db(store);
  sqlite3_finalize(select);
  return result;
}

static int write_rows(struct bac_store *store, const char *from, const struct bac_fields *columns, FILE *out) {
  struct bac_text sql = {0};
  bac_text_puts(&sql, "SELECT ");
  for (size_t i = 0; i < columns->count; i++) {
    bac_csv_cell(out, i == 0, columns->items[i].name);
    bac_text_printf(&sql, "%st.\"%s\"", i > 0 ? ", " : "", columns->items[i].name);
  }
  fputc('\n', out);
  bac_text_printf(&sql, " FROM %s", from);
  sqlite3_stmt *select = prepare(store, sql.data);
  bac_text_free(&sql);
  if (!select) return -1;
  int code = SQLITE_DONE;
  char number[32];
  while (!ferror(out) && (code = sqlite3_step(select)) == SQLITE_ROW) {
    for (size_t i = 0; i < columns->count; i++) bac_csv_cell(out, i == 0, value_of(select, (int)i, number));
    fputc('\n', out);
  }
  int result = code == SQLITE_DONE || code == SQLITE_ROW ? 0 : fail_db(store); /* a full disk shows at the commit */
  sqlite3_finalize(select);
  return result;
}

static int write_sheet(struct bac_store *store, const char *folder, const char *name, const char *from,
                       const struct bac_fields *columns) {
  struct bac_new_file file;
  char why[512];
  if (bac_new_file_open(&file, folder, name, why, sizeof why) != 0) return fail(store, "%s", why);
  if (write_rows(store, from, columns, file.stream) != 0) {
    bac_new_file_discard(&file);
    return -1;
  }
  return bac_new_file_commit(&file, why, sizeof why) == 0 ? 0 : fail(store, "%s", why);
}

/* The sheet of this name, with the columns that tell its runs apart in front. */
static int write_rows_of(struct bac_store *store, const char *folder, const char *name) {
  struct bac_fields columns = {0};
  char file[80], from[120];
  snprintf(file, sizeof file, "%s.csv", name);
  snprintf(from, sizeof from, "%s t JOIN runs r USING(run) ORDER BY r.position, t.rowid", name);
  for (size_t i = 0; i < store->identity; i++) bac_fields_set(&columns, store->runs.names[i + 2], "");
  int result = found_columns(store, name, &columns);
  if (result == 0) result = write_sheet(store, folder, file, from, &columns);
  bac_fields_free(&columns);
  return result;
}

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int bac_store_write_csv(struct bac_store *store, const char *folder, bool now) {
  double begun = now_s();
  if (!now && store->csv_cost > 0 && begun - store->csv_written < 20 * store->csv_cost) return 0;
  struct bac_fields runs = {0};
  for (size_t i = 2; strcmp(store->runs.names[i], "status") != 0; i++) bac_fields_set(&runs, store->runs.names[i], "");
  bac_fields_set(&runs, "status", "");
  bac_fields_set(&runs, "error", "");
  int result = found_columns(store, "runs", &runs);
  bac_fields_set(&runs, "command", "");
  if (result == 0) result = write_sheet(store, folder, "runs.csv", "runs t ORDER BY t.position", &runs);
  bac_fields_free(&runs);
  for (int i = 0; i < BAC_SHEETS && result == 0; i++) result = write_rows_of(store, folder, bac_sheet_name((enum bac_sheet)i));
  store->csv_written = now_s();
  store->csv_cost = store->csv_written - begun;
  return result;
}
