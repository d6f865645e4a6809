/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE /* ppoll, pipe2, sched_getaffinity, wait4 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

#define ERRORS_KEPT ((size_t)8192)
#define TICK_NS 200000000L
#define GRACE_S 2.0

struct child {
  pid_t pid;
  int output_fd, errors_fd; /* -1 after their end */
  struct bac_text line, output, errors;
  double started;
  bool overflow;
};

struct runner {
  const struct bac_runner *of;
  struct child *children;           /* `active` of them, in the order of `view` */
  struct bac_runner_active *view;
  struct pollfd *polls;
  size_t active, next, finished;
  bool ending, stopped;
  double ending_since;
  int interrupts_seen;
};

static volatile sig_atomic_t interrupts;

static void on_interrupt(int number) {
  (void)number;
  if (interrupts < 100) interrupts = interrupts + 1;
}

static void on_child(int number) { (void)number; }

void bac_runner_catch_signals(void) {
  struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  struct sigaction hangup;
  sigaction(SIGHUP, NULL, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, NULL); /* else nohup started us */
}

bool bac_runner_interrupted(void) { return interrupts > 0; }

unsigned bac_runner_processors(void) {
  cpu_set_t set;
  int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
  return count < 1 ? 1u : (unsigned)count;
}

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The record's own lines never begin with '%'. */
void bac_runner_report(FILE *out, double done) {
  static double last; /* of this process, which runs one job */
  double now = now_s();
  if (last > 0 && now - last < 0.1) return;
  last = now;
  fprintf(out, "%%%.9g\n", done);
  fflush(out);
}

static _Noreturn void child_main(const struct bac_runner *of, size_t job, const int output[2], const int errors[2],
                                 pid_t parent, const sigset_t *mask) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127); /* it died before that */
  signal(SIGINT, SIG_IGN); /* a terminal sends it to all: the parent decides */
  signal(SIGTERM, SIG_DFL);
  signal(SIGHUP, SIG_DFL);
  signal(SIGCHLD, SIG_DFL);
  sigprocmask(SIG_SETMASK, mask, NULL);
  int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, STDIN_FILENO);
  dup2(errors[1], STDOUT_FILENO);
  dup2(errors[1], STDERR_FILENO);
  FILE *out = fdopen(output[1], "w");
  if (!out) _exit(127);
  exit(of->run(of->context, job, out) & 0xff); /* not _exit: sanitizers and coverage report at exit */
}

/* 0, or an errno. */
static int start(struct runner *r, size_t job, const sigset_t *mask) {
  int output[2], errors[2];
  if (pipe2(output, O_CLOEXEC) != 0) return errno;
  if (pipe2(errors, O_CLOEXEC) != 0) {
    int error = errno;
    close(output[0]);
    close(output[1]);
    return error;
  }
  fflush(NULL); /* or a child would print it again */
  pid_t parent = getpid(), pid = fork();
  int error = errno;
  if (pid == 0) child_main(r->of, job, output, errors, parent, mask);
  close(output[1]);
  close(errors[1]);
  if (pid < 0) {
    close(output[0]);
    close(errors[0]);
    return error;
  }
  fcntl(output[0], F_SETFL, O_NONBLOCK);
  fcntl(errors[0], F_SETFL, O_NONBLOCK);
  r->view[r->active] = (struct bac_runner_active){.job = job};
  r->children[r->active++] =
      (struct child){.pid = pid, .output_fd = output[0], .errors_fd = errors[0], .started = now_s()};
  return 0;
}

static void take_output(struct child *child, double *done, const char *bytes, size_t length) {
  while (length > 0 && !child->overflow) {
    const char *newline = memchr(bytes, '\n', length);
    size_t part = newline ? (size_t)(newline - bytes) + 1 : length;
    bac_text_add(&child->line, bytes, part);
    bytes += part;
    length -= part;
    child->overflow = child->output.length + child->line.length > BAC_RUNNER_OUTPUT_MAX;
    if (!newline) continue;
    if (child->line.data[0] == '%') *done = strtod(child->line.data + 1, NULL);
    else bac_text_add(&child->output, child->line.data, child->line.length);
    bac_text_clear(&child->line);
  }
}

static void take_errors(const struct bac_runner *of, struct child *child, const char *bytes, size_t length) {
  if (of->relay) fwrite(bytes, 1, length, stderr);
  struct bac_text *text = &child->errors;
  bac_text_add(text, bytes, length);
  if (text->length <= 2 * ERRORS_KEPT) return;
  memmove(text->data, text->data + text->length - ERRORS_KEPT, ERRORS_KEPT + 1);
  text->length = ERRORS_KEPT;
}

static void drain(struct runner *r, size_t i) {
  struct child *child = &r->children[i];
  int *fds[2] = {&child->output_fd, &child->errors_fd};
  for (int which = 0; which < 2; which++) {
    char bytes[16384];
    while (*fds[which] >= 0) {
      ssize_t got = read(*fds[which], bytes, sizeof bytes);
      if (got > 0 && which == 0) take_output(child, &r->view[i].done, bytes, (size_t)got);
      if (got > 0 && which == 1) take_errors(r->of, child, bytes, (size_t)got);
      if (got > 0 || (got < 0 && errno == EINTR)) continue;
      if (got < 0 && errno == EAGAIN) break;
      close(*fds[which]);
      *fds[which] = -1;
    }
  }
  if (child->overflow) kill(child->pid, SIGKILL);
}

static void report(struct runner *r, size_t job, const struct bac_runner_outcome *outcome) {
  r->finished++;
  if (!r->stopped && r->of->finished(r->of->context, job, outcome) != 0) r->stopped = true;
}

static void finish(struct runner *r, size_t i, int status, const struct rusage *usage) {
  struct child child = r->children[i];
  size_t job = r->view[i].job;
  r->active--;
  memmove(&r->children[i], &r->children[i + 1], (r->active - i) * sizeof *r->children);
  memmove(&r->view[i], &r->view[i + 1], (r->active - i) * sizeof *r->view);
  if (child.output_fd >= 0) close(child.output_fd);
  if (child.errors_fd >= 0) close(child.errors_fd);
  bac_text_add(&child.output, bac_text_string(&child.line), child.line.length);
  if (child.overflow) bac_text_puts(&child.errors, "\nits result is larger than 256 MiB\n");
  if (child.errors.length > ERRORS_KEPT) {
    memmove(child.errors.data, child.errors.data + child.errors.length - ERRORS_KEPT, ERRORS_KEPT + 1);
  }
  bool exited = WIFEXITED(status);
  struct bac_runner_outcome outcome = {
      .end = exited ? BAC_RUNNER_EXITED : r->ending ? BAC_RUNNER_INTERRUPTED : BAC_RUNNER_KILLED,
      .code = exited ? WEXITSTATUS(status) : WTERMSIG(status),
      .output = bac_text_string(&child.output),
      .output_length = child.output.length,
      .errors = bac_text_string(&child.errors),
      .wall_s = now_s() - child.started,
      .peak_rss_mb = (double)usage->ru_maxrss / 1024,
  };
  report(r, job, &outcome);
  bac_text_free(&child.line);
  bac_text_free(&child.output);
  bac_text_free(&child.errors);
}

static void reap(struct runner *r) {
  for (size_t i = 0; i < r->active;) {
    int status;
    struct rusage usage;
    pid_t pid = wait4(r->children[i].pid, &status, WNOHANG, &usage);
    drain(r, i); /* after wait4: all that a dead child wrote is there */
    if (pid == r->children[i].pid) finish(r, i, status, &usage);
    else i++;
  }
}

static void end_children(struct runner *r) {
  double now = now_s();
  bool again = interrupts > r->interrupts_seen && r->ending;
  if (!r->ending) {
    r->ending = true;
    r->ending_since = now;
    for (size_t i = 0; i < r->active; i++) kill(r->children[i].pid, SIGTERM);
  } else if (again || now - r->ending_since > GRACE_S) {
    for (size_t i = 0; i < r->active; i++) kill(r->children[i].pid, SIGKILL);
  }
  r->interrupts_seen = interrupts;
}

static void wait_for_something(struct runner *r, const sigset_t *mask) {
  nfds_t count = 0;
  for (size_t i = 0; i < r->active; i++) {
    if (r->children[i].output_fd >= 0) r->polls[count++] = (struct pollfd){r->children[i].output_fd, POLLIN, 0};
    if (r->children[i].errors_fd >= 0) r->polls[count++] = (struct pollfd){r->children[i].errors_fd, POLLIN, 0};
  }
  struct timespec timeout = {.tv_nsec = TICK_NS};
  ppoll(r->polls, count, &timeout, mask);
}

static void start_more(struct runner *r, const sigset_t *mask) {
  while (!r->ending && r->active < r->of->jobs && r->next < r->of->count) {
    int error = start(r, r->next, mask);
    if (error != 0 && r->active > 0) return; /* too many processes just now: when one ends */
    size_t job = r->next++;
    struct bac_runner_outcome outcome = {.end = BAC_RUNNER_NOT_STARTED, .code = error, .output = "", .errors = ""};
    if (error != 0) report(r, job, &outcome);
    if (r->stopped) return;
  }
}

static void loop(struct runner *r, const sigset_t *mask) {
  double last_tick = 0;
  while (r->active > 0 || (r->next < r->of->count && !r->ending)) {
    if (interrupts > r->interrupts_seen || r->stopped || r->ending) end_children(r);
    start_more(r, mask);
    if (r->active > 0) wait_for_something(r, mask);
    reap(r);
    double now = now_s();
    for (size_t i = 0; i < r->active; i++) r->view[i].elapsed_s = now - r->children[i].started;
    if (r->of->tick && now - last_tick >= 1e-9 * TICK_NS && !r->ending) {
      last_tick = now;
      struct bac_runner_state state = {r->finished, r->of->count, r->view, r->active};
      r->of->tick(r->of->context, &state);
    }
  }
  struct bac_runner_outcome outcome = {.end = BAC_RUNNER_NOT_STARTED, .output = "", .errors = ""};
  while (r->next < r->of->count && !r->stopped) report(r, r->next++, &outcome);
}

enum bac_runner_result bac_runner_execute(const struct bac_runner *of) {
  struct runner r = {.of = of};
  size_t jobs = of->jobs;
  r.children = bac_results_realloc(NULL, jobs, sizeof *r.children);
  r.view = bac_results_realloc(NULL, jobs, sizeof *r.view);
  r.polls = bac_results_realloc(NULL, 2 * jobs, sizeof *r.polls);

  sigset_t ours, before;
  sigemptyset(&ours);
  sigaddset(&ours, SIGINT);
  sigaddset(&ours, SIGTERM);
  sigaddset(&ours, SIGHUP);
  sigaddset(&ours, SIGCHLD);
  struct sigaction action = {.sa_handler = on_child}, old;
  sigemptyset(&action.sa_mask);
  sigaction(SIGCHLD, &action, &old);
  sigprocmask(SIG_BLOCK, &ours, &before);
  loop(&r, &before);
  sigprocmask(SIG_SETMASK, &before, NULL);
  sigaction(SIGCHLD, &old, NULL);

  free(r.children);
  free(r.view);
  free(r.polls);
  return r.stopped ? BAC_RUNNER_STOPPED : r.ending ? BAC_RUNNER_WAS_INTERRUPTED : BAC_RUNNER_DONE;
}

/* The line that tells why a process failed: the first that looks like an error, else the last. */
static void telling_line(const char *said, char out[400]) {
  static const char *const signs[] = {"ERROR:", "runtime error:", "assert", "invariant", "msg=\"", "terminate called"};
  bool found = false;
  out[0] = '\0';
  for (const char *line = said; *line && !found;) {
    size_t length = strcspn(line, "\n"), kept = 0;
    char text[400];
    bool blank = true;
    for (size_t i = 0; i < length && kept + 1 < sizeof text; i++) {
      char c = (unsigned char)line[i] < 0x20 || line[i] == 0x7f ? ' ' : line[i];
      blank &= c == ' ';
      text[kept++] = c;
    }
    text[kept] = '\0';
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) found |= strstr(text, signs[i]) != NULL;
    if (!blank) memcpy(out, text, kept + 1);
    line += length + (line[length] == '\n');
  }
}

void bac_runner_describe(const struct bac_runner_outcome *outcome, char *out, size_t out_size) {
  char said[400];
  telling_line(outcome->errors, said);
  const char *colon = *said ? ": " : "";
  switch (outcome->end) {
    case BAC_RUNNER_INTERRUPTED: snprintf(out, out_size, "interrupted"); break;
    case BAC_RUNNER_NOT_STARTED:
      if (outcome->code == 0) snprintf(out, out_size, "interrupted before it began");
      else snprintf(out, out_size, "cannot start a process: %s", strerror(outcome->code));
      break;
    case BAC_RUNNER_KILLED:
      snprintf(out, out_size, "ended by signal %d (%s)%s%s", outcome->code, strsignal(outcome->code), colon, said);
      break;
    case BAC_RUNNER_EXITED:
      if (*said) snprintf(out, out_size, "%s", said);
      else snprintf(out, out_size, "ended with status %d", outcome->code);
      break;
  }
}
