/* SPDX-License-Identifier: GPL-2.0-only */
/* Many jobs, one process each, so many at a time. A job that crashes, hangs or is killed ends alone. POSIX; the caller has one
 * thread. Children read nothing from stdin, what they print is kept, and they die with the parent (Linux). */
#ifndef BAC_RESULTS_RUNNER_H
#define BAC_RESULTS_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_RUNNER_JOBS_MAX 1024u
#define BAC_RUNNER_OUTPUT_MAX ((size_t)256 << 20) /* bytes of one job; more ends it */

enum bac_runner_end {
  BAC_RUNNER_EXITED,      /* code: exit status */
  BAC_RUNNER_KILLED,      /* code: signal */
  BAC_RUNNER_INTERRUPTED, /* ended by us after SIGINT, SIGTERM or SIGHUP */
  BAC_RUNNER_NOT_STARTED, /* code: 0 after an interrupt, else the errno of fork or pipe */
};

struct bac_runner_outcome {
  enum bac_runner_end end;
  int code;
  const char *output; /* what it wrote to `out`; all borrowed until the callback returns */
  size_t output_length;
  const char *errors; /* end of what it printed to stdout and stderr, at most 8 kB */
  double wall_s, peak_rss_mb;
};

struct bac_runner_active {
  size_t job;
  double done, elapsed_s; /* done: as bac_runner_report was told, 0 before */
};

struct bac_runner_state {
  size_t finished, count;
  const struct bac_runner_active *active; /* ordered by start */
  size_t active_count;
};

struct bac_runner {
  size_t count;  /* jobs, started in the order 0, 1, 2, ... */
  unsigned jobs; /* processes at a time, 1..BAC_RUNNER_JOBS_MAX */
  bool relay;    /* copy what jobs print to stderr as it comes */
  void *context;
  /* In the child. Its result is the exit status. It may also call exec; `out` is closed then. */
  int (*run)(void *context, size_t job, FILE *out);
  /* In the parent, once per job in any order. Not 0: end the running jobs and start no more; no further call follows. */
  int (*finished)(void *context, size_t job, const struct bac_runner_outcome *outcome);
  /* In the parent, about five times a second; may be NULL. */
  void (*tick)(void *context, const struct bac_runner_state *state);
};

enum bac_runner_result { BAC_RUNNER_DONE, BAC_RUNNER_WAS_INTERRUPTED, BAC_RUNNER_STOPPED };

/* After an interrupt running jobs get SIGTERM, after 2 s or a second interrupt SIGKILL; every job is reported. */
enum bac_runner_result bac_runner_execute(const struct bac_runner *runner);

/* Why a job did not end well, in one line: its own error message where there is one. */
void bac_runner_describe(const struct bac_runner_outcome *outcome, char *out, size_t out_size);

/* In the child: how far the job is. Passed on at most ten times a second. */
void bac_runner_report(FILE *out, double done);

/* From here on SIGINT, SIGTERM and SIGHUP (unless ignored: nohup) only set what bac_runner_interrupted returns. */
void bac_runner_catch_signals(void);
bool bac_runner_interrupted(void);

/* Processors this process may use, at least 1. */
unsigned bac_runner_processors(void);

#ifdef __cplusplus
}
#endif

#endif
