/* SPDX-License-Identifier: GPL-2.0-only */
/* How long work is: one line that changes on a terminal, else a plain line now and then. */
#ifndef BAC_RESULTS_PROGRESS_H
#define BAC_RESULTS_PROGRESS_H

#include <stdio.h>

#include "runner.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_progress;

/* noun: what a job is ("run").  amount: what bac_runner_report says at a job's end, 0 if it never reports; unit: of it ("s
 * simulated").  label: names a job, borrowed until the next call. */
struct bac_progress *bac_progress_new(FILE *out, const char *noun, double amount, const char *unit, unsigned jobs,
                                      const char *(*label)(void *context, size_t job), void *context);
void bac_progress_free(struct bac_progress *progress); /* clears the line; NULL is ignored */

void bac_progress_tick(struct bac_progress *progress, const struct bac_runner_state *state);
/* A job took so long: for the estimate. */
void bac_progress_finished(struct bac_progress *progress, double wall_s);
/* A whole line that stays. */
__attribute__((format(printf, 2, 3))) void bac_progress_note(struct bac_progress *progress, const char *format, ...);

/* Seconds until all is done; negative if nothing is known yet. For tests. */
double bac_progress_left_s(const struct bac_progress *progress, const struct bac_runner_state *state);

#ifdef __cplusplus
}
#endif

#endif
