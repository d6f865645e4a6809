/* SPDX-License-Identifier: GPL-2.0-only */
/* bac-sim: runs consensus engines through worlds full of faults, one world a seed, and says what broke.
 *
 * A range of seeds is spread over forked workers, each with a pipe to the parent: a record per seed before it starts and one after, so that
 * a worker that dies is known by its seed. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bac_sim/options.h"
#include "campaign.h"
#include "fast_crypto.h"
#include "swarm.h"

enum { EXIT_GOOD = 0, EXIT_VIOLATION = 1, EXIT_USAGE = 2 };
#define REPORTED_MAX 50 /* violations printed in a range without an end */

static _Noreturn void usage(const char *format, const char *value, const char *remedy) {
  fprintf(stderr, "bac-sim: ");
  fprintf(stderr, format, value);
  fprintf(stderr, ": %s\n", remedy);
  exit(EXIT_USAGE);
}

/* The i-th of the protocols that were asked for, or NULL. */
static const char *protocol_at(const struct bac_sim_options *o, size_t i) {
  if (strcmp(o->protocol, "all") != 0) return i == 0 ? o->protocol : NULL;
  for (size_t k = 0;; k++) {
    const struct bac_protocol_info *info = bac_protocol_info_at(k);
    if (!info) return NULL;
    if (strcmp(info->name, "leader") == 0) continue; /* an example without fault tolerance */
    if (!(info->modes >> o->plan.mode & 1)) continue;
    if (i-- == 0) return info->name;
  }
}

static size_t protocol_count(const struct bac_sim_options *o) {
  size_t count = 0;
  while (protocol_at(o, count)) count++;
  return count;
}

static void print_verdict(const struct bac_sim_options *o, const char *protocol, uint64_t seed, const struct bac_verdict *v) {
  printf("%s %s seed %" PRIu64 ": ", protocol, bac_sim_mode_name(o->plan.mode), seed);
  if (v->check == BAC_CHECK_NONE)
    printf("ok, ");
  else
    printf("VIOLATION of %s: %s; ", bac_check_name(v->check), v->text);
  printf("height %" PRIu64 ", epoch %" PRIu64 ", healed in %.1f s, %" PRIu64 " crashes, txs %" PRIu64 "/%" PRIu64 ", digest %02x%02x%02x%02x%02x%02x%02x%02x; %s\n", v->height, v->epochs,
         (double)v->healed_in * 1e-9, v->crashes, v->txs_committed, v->txs_submitted, v->digest[0], v->digest[1], v->digest[2], v->digest[3], v->digest[4], v->digest[5],
         v->digest[6], v->digest[7], v->plan);
  if (v->check == BAC_CHECK_NONE) return;
  char repeat[200];
  bac_sim_options_repeat(o, protocol, seed, repeat, sizeof repeat);
  printf("  repeat: %s --trace\n", repeat);
}

static void run_one(const struct bac_sim_options *o, const char *protocol, uint64_t seed, struct bac_verdict *v) {
  struct bac_plan_options plan = o->plan;
  char why[200] = "";
  plan.protocol = protocol;
  plan.seed = seed;
  if (bac_swarm_run(&plan, o->trace ? stdout : NULL, v, why, sizeof why) != BAC_OK) {
    fprintf(stderr, "bac-sim: %s\n", why);
    exit(EXIT_USAGE);
  }
}

/* ---- A range. ---- */

struct record {
  uint64_t index; /* of the run: seed and protocol follow */
  bool done;
  struct bac_verdict verdict;
};

struct worker {
  pid_t pid;
  int from;
  bool alive, busy;
  uint64_t next, current; /* indices: next, next + jobs, ... */
};

static volatile sig_atomic_t stopped;
static void stop(int signal_number) {
  (void)signal_number;
  stopped = 1;
}

static uint64_t seed_of(const struct bac_sim_options *o, uint64_t index) { return o->plan.seed + index / protocol_count(o); }
static const char *protocol_of(const struct bac_sim_options *o, uint64_t index) { return protocol_at(o, (size_t)(index % protocol_count(o))); }

static void send_record(int to, const struct record *r) {
  const char *bytes = (const char *)r;
  for (size_t sent = 0; sent < sizeof *r;) {
    const ssize_t n = write(to, bytes + sent, sizeof *r - sent);
    if (n <= 0) _exit(3);
    sent += (size_t)n;
  }
}

static void work(const struct bac_sim_options *o, int to, uint64_t first, uint64_t count) {
  signal(SIGINT, SIG_IGN); /* the parent ends its workers */
  signal(SIGTERM, SIG_DFL);
  for (uint64_t i = first; count == 0 || i < count; i += o->jobs) {
    struct record r;
    memset(&r, 0, sizeof r);
    r.index = i;
    send_record(to, &r);
    run_one(o, protocol_of(o, i), seed_of(o, i), &r.verdict);
    r.done = true;
    send_record(to, &r);
  }
  exit(EXIT_GOOD);
}

static void start_worker(const struct bac_sim_options *o, struct worker *w, uint64_t count) {
  int ends[2];
  if (pipe(ends) != 0) usage("a pipe: %s", strerror(errno), "allow more open files");
  fflush(stdout);
  w->pid = fork();
  if (w->pid < 0) usage("a worker: %s", strerror(errno), "use fewer --jobs");
  if (w->pid == 0) {
    close(ends[0]);
    work(o, ends[1], w->next, count);
  }
  close(ends[1]);
  w->from = ends[0];
  w->alive = true;
  w->busy = false;
}

/* False: the worker has closed its end. */
static bool read_record(int from, struct record *r) {
  char *bytes = (char *)r;
  for (size_t got = 0; got < sizeof *r;) {
    const ssize_t n = read(from, bytes + got, sizeof *r - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    got += (size_t)n;
  }
  return true;
}

struct tally {
  uint64_t done, violations, by_check[BAC_CHECKS];
  uint64_t first; /* lowest index with a violation; UINT64_MAX: none */
  enum bac_check first_check;
  int status;
};

static void count(const struct bac_sim_options *o, struct tally *t, uint64_t index, const struct bac_verdict *v) {
  t->done++;
  if (v->check == BAC_CHECK_NONE) return;
  t->violations++;
  t->by_check[v->check]++;
  t->status = EXIT_VIOLATION;
  if (index < t->first) {
    t->first = index;
    t->first_check = v->check;
  }
  if (t->violations <= REPORTED_MAX) print_verdict(o, protocol_of(o, index), seed_of(o, index), v);
  fflush(stdout);
}

/* The worker is gone: at its end, or in the middle of a seed. */
static void ended(const struct bac_sim_options *o, struct worker *w, struct tally *t, uint64_t runs) {
  int status = 0;
  waitpid(w->pid, &status, 0);
  close(w->from);
  w->alive = false;
  if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_USAGE) exit(EXIT_USAGE);
  if (!w->busy) return;
  struct bac_verdict v = {.check = BAC_CHECK_CRASH};
  snprintf(v.text, sizeof v.text, "the process died (%s %d)", WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  count(o, t, w->current, &v);
  w->next = w->current + o->jobs;
  if ((runs == 0 || w->next < runs) && !stopped) start_worker(o, w, runs);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Whether no worker is still at a run before the first violation, so that it is the first whatever the number of workers. */
static bool settled(const struct bac_sim_options *o, const struct worker *workers, const struct tally *t) {
  for (unsigned i = 0; i < o->jobs; i++)
    if (workers[i].alive && workers[i].current < t->first) return false;
  return t->first != UINT64_MAX;
}

static int run_range(const struct bac_sim_options *o) {
  const uint64_t runs = o->seeds * protocol_count(o);
  struct worker workers[BAC_SIM_JOBS_MAX] = {{0}};
  struct tally t = {.first = UINT64_MAX};
  const double began = seconds();
  double told = began;
  signal(SIGINT, stop);
  signal(SIGTERM, stop);
  unsigned alive = 0;
  for (unsigned i = 0; i < o->jobs; i++) {
    workers[i].next = i;
    if (runs == 0 || i < runs) start_worker(o, &workers[i], runs);
  }
  do {
    struct pollfd polls[BAC_SIM_JOBS_MAX];
    alive = 0;
    for (unsigned i = 0; i < o->jobs; i++) {
      polls[i] = (struct pollfd){.fd = workers[i].alive ? workers[i].from : -1, .events = POLLIN};
      alive += workers[i].alive;
    }
    if (alive == 0 || stopped || (o->first && settled(o, workers, &t))) break;
    poll(polls, o->jobs, 1000);
    for (unsigned i = 0; i < o->jobs && !stopped; i++) {
      struct record r;
      if (!workers[i].alive || !(polls[i].revents & (POLLIN | POLLHUP))) continue;
      if (!read_record(workers[i].from, &r)) {
        ended(o, &workers[i], &t, runs);
      } else {
        workers[i].busy = !r.done;
        workers[i].current = r.index;
        if (r.done) count(o, &t, r.index, &r.verdict);
      }
    }
    if (seconds() - told >= 10) {
      told = seconds();
      fprintf(stderr, "bac-sim: %" PRIu64 " seeds, %" PRIu64 " violations, %.1f seeds/s\n", t.done, t.violations, (double)t.done / (told - began));
    }
  } while (!stopped);
  for (unsigned i = 0; i < o->jobs; i++)
    if (workers[i].alive) {
      kill(workers[i].pid, SIGKILL); /* one that has just been forked still has the parent's handler for SIGTERM, and would go on for good */
      waitpid(workers[i].pid, NULL, 0);
    }
  printf("%s %s: %" PRIu64 " seeds from %" PRIu64 ", %" PRIu64 " violations", o->protocol, bac_sim_mode_name(o->plan.mode), t.done, o->plan.seed, t.violations);
  for (int c = 1; c < BAC_CHECKS; c++)
    if (t.by_check[c] > 0) printf(", %s %" PRIu64, bac_check_name((enum bac_check)c), t.by_check[c]);
  if (o->first && t.first != UINT64_MAX)
    printf("; the first at seed %" PRIu64 ", %s", seed_of(o, t.first), bac_check_name(t.first_check));
  printf("\n");
  const double took = seconds() - began;
  fprintf(stderr, "bac-sim: %.1f s, %.1f seeds/s\n", took, took > 0 ? (double)t.done / took : 0);
  return t.status;
}

/* ---- Elections. ---- */

#define P_VALUE_MIN 1e-6 /* below, the prediction is wrong, or the election */

static int run_campaign(const struct bac_sim_options *o) {
  const uint32_t members = o->plan.nodes == BAC_PLAN_DRAW ? 100 : o->plan.nodes;
  const struct bac_campaign_options c = {.seed = o->plan.seed,
                                         .epochs = o->committees,
                                         .members = members,
                                         .byzantine = o->plan.byzantine == BAC_PLAN_DRAW ? members / 5 : o->plan.byzantine,
                                         .permille = bac_config_default().candidates_permille,
                                         .lost_permille = o->lost_permille};
  struct bac_campaign_report r;
  char why[200];
  bac_fast_crypto(true);
  if (bac_campaign_run(&c, &r, why, sizeof why) != BAC_OK) {
    fprintf(stderr, "bac-sim: %s\n", why);
    return EXIT_USAGE;
  }
  const double epochs = (double)r.epochs;
  printf("committees: %u members, %u byzantine, committee of %u (f = %u): %" PRIu64 " of %" PRIu64 " epochs failed, %.5f; expected %.5f; p-value %.3g; "
         "byzantine in the committee %.3f, by credential %.3f\n",
         c.members, c.byzantine, r.size, r.faults_max, r.failed, r.epochs, (double)r.failed / epochs, r.expected, r.p_value, (double)r.malicious / (double)r.places,
         (double)r.credentials / (double)r.places);
  return r.p_value < P_VALUE_MIN ? EXIT_VIOLATION : EXIT_GOOD;
}

int main(int argc, char **argv) {
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  struct bac_sim_options o;
  char why[300];
  if (bac_sim_options_parse(argc, argv, cores > 0 && cores <= BAC_SIM_JOBS_MAX ? (unsigned)cores : 1, &o, why, sizeof why) != BAC_OK) {
    fprintf(stderr, "bac-sim: %s\n", why);
    return EXIT_USAGE;
  }
  if (o.help) {
    fputs(bac_sim_usage, stdout);
    return EXIT_GOOD;
  }
  if (o.committees > 0) return run_campaign(&o);
  if (protocol_count(&o) == 0) usage("no engine offers mode %s", bac_sim_mode_name(o.plan.mode), "use --mode=safe");
  if (o.range) return run_range(&o);
  int status = EXIT_GOOD;
  for (size_t i = 0; protocol_at(&o, i); i++) {
    struct bac_verdict v;
    run_one(&o, protocol_at(&o, i), o.plan.seed, &v);
    print_verdict(&o, protocol_at(&o, i), o.plan.seed, &v);
    if (v.check != BAC_CHECK_NONE) status = EXIT_VIOLATION;
  }
  return status;
}
