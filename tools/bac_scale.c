/* SPDX-License-Identifier: GPL-2.0-only */
/* bac-scale: wall time and memory of many EVs in one process, on the in-process network. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "network.h"

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double peak_mb(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss / 1024;
}

struct options {
  const char *protocol;
  uint32_t evs, shards, seconds, rate_milli, gossip_ms, share, relay;
};

static int usage(FILE *to) {
  fprintf(to, "usage: bac-scale [--protocol=bac2] [--evs=2000] [--shards=4] [--seconds=10] [--rate=0.5] [--gossip-ms=1000] [--share=1] [--relay=0]\n"
              "Runs as many EVs, each in one of the shards, on the in-process network and prints wall time and peak memory.\n"
              "--rate: transactions a second and EV.  --share=0: each node works everything out for itself.\n"
              "--relay=1: members relay for each other, though everybody hears everybody here.\n");
  return to == stdout ? 0 : 2;
}

static bool number(const char *argument, const char *name, double low, double high, double scale, uint32_t *out) {
  const size_t length = strlen(name);
  if (strncmp(argument, name, length) != 0 || argument[length] != '=') return false;
  char *end;
  errno = 0;
  const double value = strtod(argument + length + 1, &end);
  if (*end || end == argument + length + 1 || errno || !(value >= low && value <= high)) {
    fprintf(stderr, "bac-scale: %s is no number from %g to %g\n", argument, low, high);
    exit(2);
  }
  *out = (uint32_t)(value * scale + 0.5);
  return true;
}

static bool option(struct options *o, const char *a) {
  if (strncmp(a, "--protocol=", 11) == 0) {
    o->protocol = a + 11;
    return true;
  }
  return number(a, "--evs", 1, 60000, 1, &o->evs) || number(a, "--shards", 1, 64, 1, &o->shards) ||
         number(a, "--seconds", 1, 3600, 1, &o->seconds) || number(a, "--rate", 0, 1000, 1000, &o->rate_milli) ||
         number(a, "--gossip-ms", 1, 60000, 1, &o->gossip_ms) || number(a, "--share", 0, 1, 1, &o->share) ||
         number(a, "--relay", 0, 1, 1, &o->relay);
}

int main(int argc, char **argv) {
  struct options o = {.protocol = "bac2", .evs = 2000, .shards = 4, .seconds = 10, .rate_milli = 500, .gossip_ms = 1000, .share = 1};
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0) return usage(stdout);
    if (!option(&o, argv[i])) return usage(stderr);
  }
  struct bac_sim **sims = calloc(o.shards, sizeof *sims);
  if (!sims) return 1;
  const double start = seconds();
  for (uint32_t s = 0; s < o.shards; s++) {
    struct bac_sim_config c = bac_sim_config_default(o.protocol, 1 + s);
    char why[256];
    c.nodes = o.evs / o.shards + (s < o.evs % o.shards);
    c.shard = s;
    c.tx_rate_milli = o.rate_milli;
    c.node.gossip_period = (bac_time)o.gossip_ms * BAC_MS;
    c.share = o.share;
    c.node.relay = o.relay;
    sims[s] = bac_sim_new(&c, why, sizeof why);
    if (!sims[s]) {
      fprintf(stderr, "bac-scale: %s\n", why);
      return 2;
    }
  }
  printf("%8s %8s %10s %12s %14s %10s %10s\n", "time (s)", "wall (s)", "peak (MB)", "steps", "height min/max", "txs", "conflicts");
  for (uint32_t t = 1; t <= o.seconds; t++) {
    struct bac_sim_report sum = {.height_min = UINT64_MAX};
    for (uint32_t s = 0; s < o.shards; s++) {
      bac_sim_run(sims[s], (bac_time)t * BAC_SECOND);
      const struct bac_sim_report r = bac_sim_report(sims[s]);
      sum.steps += r.steps;
      sum.txs_committed += r.txs_committed;
      sum.conflicts += r.conflicts;
      if (r.height_min < sum.height_min) sum.height_min = r.height_min;
      if (r.height_max > sum.height_max) sum.height_max = r.height_max;
    }
    printf("%8u %8.1f %10.0f %12" PRIu64 " %7" PRIu64 "/%-6" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n", t, seconds() - start, peak_mb(), sum.steps,
           sum.height_min, sum.height_max, sum.txs_committed, sum.conflicts);
    fflush(stdout);
  }
  for (uint32_t s = 0; s < o.shards; s++) bac_sim_free(sims[s]);
  free(sims);
  return 0;
}
