/* SPDX-License-Identifier: GPL-2.0-only */
#define _DEFAULT_SOURCE /* winsize, fileno */
#include "progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

#define PLAIN_EVERY_S 10.0
#define SHOWN_MAX 4 /* jobs */

struct bac_progress {
  FILE *out;
  const char *noun, *unit;
  double amount;
  unsigned jobs;
  const char *(*label)(void *context, size_t job);
  void *context;
  bool terminal, shown;
  double wall_sum, last_plain;
  size_t wall_count;
};

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct bac_progress *bac_progress_new(FILE *out, const char *noun, double amount, const char *unit, unsigned jobs,
                                      const char *(*label)(void *context, size_t job), void *context) {
  struct bac_progress *p = bac_results_realloc(NULL, 1, sizeof *p);
  *p = (struct bac_progress){.out = out, .noun = noun, .unit = unit, .amount = amount, .jobs = jobs, .label = label,
                             .context = context, .terminal = isatty(fileno(out)) == 1, .last_plain = now_s()};
  return p;
}

static void clear_line(struct bac_progress *p) {
  if (p->shown) fputs("\r\033[K", p->out);
  p->shown = false;
}

void bac_progress_free(struct bac_progress *p) {
  if (!p) return;
  clear_line(p);
  fflush(p->out);
  free(p);
}

void bac_progress_finished(struct bac_progress *p, double wall_s) {
  p->wall_sum += wall_s;
  p->wall_count++;
}

double bac_progress_left_s(const struct bac_progress *p, const struct bac_runner_state *state) {
  double sum = p->wall_sum;
  size_t known = p->wall_count;
  for (size_t i = 0; i < state->active_count; i++) {
    const struct bac_runner_active *a = &state->active[i];
    if (p->amount <= 0 || a->done < 0.01 * p->amount) continue;
    sum += a->elapsed_s * p->amount / a->done;
    known++;
  }
  if (known == 0) return -1;
  double typical = sum / (double)known, longest = 0;
  double work = typical * (double)(state->count - state->finished - state->active_count);
  for (size_t i = 0; i < state->active_count; i++) {
    const struct bac_runner_active *a = &state->active[i];
    bool tells = p->amount > 0 && a->done >= 0.01 * p->amount;
    double left = tells ? a->elapsed_s * (p->amount / a->done - 1) : typical - a->elapsed_s;
    if (left < 0) left = 0;
    work += left;
    if (left > longest) longest = left;
  }
  double shared = work / (p->jobs > 0 ? p->jobs : 1);
  return shared > longest ? shared : longest;
}

static void print_duration(struct bac_text *line, double s) {
  long whole = (long)(s + 0.5);
  if (whole < 100) bac_text_printf(line, "%ld s", whole);
  else if (whole < 6000) bac_text_printf(line, "%ld min %02ld s", whole / 60, whole % 60);
  else bac_text_printf(line, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
}

static void compose(struct bac_progress *p, const struct bac_runner_state *state, size_t shown, struct bac_text *line) {
  bac_text_clear(line);
  size_t current = state->finished + (state->active_count > 0);
  bac_text_printf(line, "%s %zu of %zu", p->noun, current, state->count);
  if (state->active_count > 1) bac_text_printf(line, " (%zu at once)", state->active_count);
  for (size_t i = 0; i < state->active_count; i++) {
    const struct bac_runner_active *a = &state->active[i];
    if (i == shown) {
      bac_text_puts(line, "; ...");
      break;
    }
    bac_text_printf(line, "%s %s", i == 0 ? ":" : ";", p->label(p->context, a->job));
    if (p->amount > 0) bac_text_printf(line, " %.1f/%g %s", a->done, p->amount, p->unit);
  }
  double left = bac_progress_left_s(p, state);
  if (left >= 0) {
    bac_text_puts(line, "; about ");
    print_duration(line, left);
    bac_text_puts(line, " left");
  }
}

/* As many jobs as the terminal has room for. */
static void fit(struct bac_progress *p, const struct bac_runner_state *state, struct bac_text *line) {
  struct winsize size;
  size_t width = ioctl(fileno(p->out), TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col - 1u : 79;
  for (size_t shown = SHOWN_MAX; shown > 0; shown--) {
    compose(p, state, shown, line);
    if (line->length <= width) return;
  }
  line->data[width] = '\0';
}

void bac_progress_tick(struct bac_progress *p, const struct bac_runner_state *state) {
  double now = now_s();
  if (!p->terminal && now - p->last_plain < PLAIN_EVERY_S) return;
  p->last_plain = now;
  struct bac_text line = {0};
  if (p->terminal) {
    fit(p, state, &line);
    clear_line(p);
    fputs(line.data, p->out);
    p->shown = true;
  } else {
    compose(p, state, SHOWN_MAX, &line);
    fprintf(p->out, "%s\n", line.data);
  }
  fflush(p->out);
  bac_text_free(&line);
}

void bac_progress_note(struct bac_progress *p, const char *format, ...) {
  clear_line(p);
  va_list arguments;
  va_start(arguments, format);
  vfprintf(p->out, format, arguments);
  va_end(arguments);
  fputc('\n', p->out);
  fflush(p->out);
}
