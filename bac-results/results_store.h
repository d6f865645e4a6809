/* SPDX-License-Identifier: GPL-2.0-only */
/* The results of a comparison: one SQLite file, and the same rows as CSV.
 *
 * Table `runs` has a row per run: what was asked for (the planned columns), `status` (ok, conflict or failed), `error`, what the
 * run found, and `command`, which repeats it. Table `blocks` has a row per block of a run. Columns come from the runs themselves.
 * Every change is one transaction: whatever happens to this process, finished rows stay and unfinished ones say "failed".
 *
 * Order never depends on which run finished first: rows are sorted by `position`, a text that the caller gives each run. */
#ifndef BAC_RESULTS_STORE_H
#define BAC_RESULTS_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "result.h"

#ifdef __cplusplus
extern "C" {
#endif

enum bac_run_status { BAC_RUN_ABSENT, BAC_RUN_FAILED, BAC_RUN_OK, BAC_RUN_CONFLICT };

struct bac_store;

/* Opens a store, or creates one: `planned` are the columns every run of it has, in order; the first `identity` of them also
 * stand in each row of the other sheets.  NULL with a line in `why`.
 * With planned == NULL the store must exist. */
struct bac_store *bac_store_open(const char *path, const struct bac_fields *planned, size_t identity, char *why,
                                 size_t why_size);
void bac_store_close(struct bac_store *store); /* NULL is ignored */

/* The functions below return 0, or -1; then this is a line that says why, and nothing of the call was stored. */
const char *bac_store_error(const struct bac_store *store);

/* Named texts about the whole store, e.g. its configuration. */
int bac_store_set_facts(struct bac_store *store, const char *kind, const struct bac_fields *facts);
int bac_store_get_facts(struct bac_store *store, const char *kind, struct bac_fields *facts);

struct bac_planned_run {
  const char *position;
  const char *command;
  struct bac_fields columns; /* the planned columns */
};

/* Rows for runs to come, marked as failed with `error`. A run that has a row with status ok or conflict keeps it. */
int bac_store_plan(struct bac_store *store, const struct bac_planned_run *runs, size_t count, const char *error);
enum bac_run_status bac_store_status(struct bac_store *store, const char *position);

/* Stores what became of a planned run. `record` may be NULL when it failed. An older result of it is replaced. */
int bac_store_put(struct bac_store *store, const char *position, enum bac_run_status status, const char *error,
                  const struct bac_result *record);

/* Calls `row` for each run, sorted, with the values of `names` as text; "" where the run or the table has none. */
int bac_store_each_run(struct bac_store *store, const char *const *names, size_t count,
                       void (*row)(void *context, const char *const *values), void *context);

/* Writes runs.csv and a CSV of each sheet (blocks, reputation, links) into the folder. Unless `now`, skips it while the time since the last writing is less than
 * 20 times what that took. */
int bac_store_write_csv(struct bac_store *store, const char *folder, bool now);

/* How a value is stored: "12" and "0.5" are numbers; "", "nan" and "inf" are nothing; the rest is text. A digest made of digits
 * alone that has a leading zero or more than 18 of them, or an 'e' without a sign, stays text. */
enum bac_value_kind { BAC_VALUE_NONE, BAC_VALUE_INTEGER, BAC_VALUE_REAL, BAC_VALUE_TEXT };
enum bac_value_kind bac_value_kind(const char *value);
/* The shortest decimal that reads back as the same number. */
void bac_value_print_real(double value, char out[32]);

#ifdef __cplusplus
}
#endif

#endif
