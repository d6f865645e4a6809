/* SPDX-License-Identifier: GPL-2.0-only */
/* bac-scale: wall time and memory of many EVs in one process, on the in-process network, with the 802.11p medium or without. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "air.h"
#include "base/bytes.h"
#include "base/random.h"
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
  uint32_t evs, shards, seconds, rate_milli, gossip_ms, share, relay, disc_m, beacon_millihz;
};

static int usage(FILE *to) {
  fprintf(to, "usage: bac-scale [--protocol=bac2] [--evs=2000] [--shards=4] [--seconds=10] [--rate=0.5] [--gossip-ms=1000] [--share=1] [--relay=0] [--disc=0] [--beacons=0]\n"
              "Runs as many EVs, each in one of the shards, on the in-process network and prints wall time and peak memory.\n"
              "--rate: transactions a second and EV.  --share=0: each node works everything out for itself.\n"
              "--relay=1: members relay for each other, though everybody hears everybody here.\n"
              "--disc=METRES: the EVs of each shard stand in a disc of that radius and talk over 802.11p on a channel of their own (6 Mb/s, three\n"
              "log, Nakagami, 23 dBm); 0: no radio, every frame takes its airtime for its sender alone. --beacons: of each EV there, 300 B, in Hz.\n");
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
         number(a, "--relay", 0, 1, 1, &o->relay) || number(a, "--disc", 0, 10000, 1, &o->disc_m) ||
         number(a, "--beacons", 0, 50, 1000, &o->beacon_millihz);
}

static void print_air(struct bac_sim *const *sims, const struct options *o) {
  double busy = 0, airtime = 0;
  for (uint32_t s = 0; s < o->shards; s++) {
    struct bac_medium *m = bac_sim_medium(sims[s]);
    const uint32_t n = bac_medium_stations(m);
    for (uint32_t i = 0; i < n; i++) busy += (double)bac_medium_busy(m, bac_sim_now(sims[s]), i) / n;
    airtime += (double)bac_medium_sum(m).airtime;
  }
  const double time = (double)o->seconds * (double)BAC_SECOND * o->shards;
  printf("channel busy ratio %.4f (mean over EVs and shards), airtime of frames %.4f of the time\n", busy / time, airtime / time);
}

int main(int argc, char **argv) {
  struct options o = {.protocol = "bac2", .evs = 2000, .shards = 4, .seconds = 10, .rate_milli = 500, .gossip_ms = 1000, .share = 1};
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0) return usage(stdout);
    if (!option(&o, argv[i])) return usage(stderr);
  }
  if (o.beacon_millihz > 0 && o.disc_m == 0) {
    fprintf(stderr, "bac-scale: --beacons need a radio: give --disc=300, too\n");
    return 2;
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
    struct bac_air_config air = bac_air_default(c.node.seed);
    double(*at_m)[3] = NULL;
    if (o.disc_m > 0) {
      struct bac_random places = bac_random_stream(c.node.seed, 2, BAC_PURPOSE_NETWORK);
      c.at_m = at_m = bac_alloc(c.nodes, sizeof *at_m);
      for (uint32_t i = 0; i < c.nodes; i++) bac_air_place(&places, o.disc_m, at_m[i]);
      air.beacon_millihz = o.beacon_millihz;
      c.air = &air;
      c.delay_min = c.delay_max = 0; /* the medium's are enough */
    }
    sims[s] = bac_sim_new(&c, why, sizeof why);
    free(at_m);
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
  if (o.disc_m > 0) print_air(sims, &o);
  for (uint32_t s = 0; s < o.shards; s++) bac_sim_free(sims[s]);
  free(sims);
  return 0;
}
