/* SPDX-License-Identifier: GPL-2.0-only */
/* bac-hashgraph: how many events a second one core orders, on random gossip graphs of several sizes, alone and with each event
 * hashed and its Ed25519 signature verified. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "consensus/hashgraph.h"
#include "crypto/sign.h"

enum { PRUNE_EVERY = 2048, KEEP_ROUNDS = 2, REPEATS = 3 };

/* Of this process, whatever else the machine does. */
static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *allocate(size_t count, size_t size) {
  void *p = calloc(count, size);
  if (!p) exit(1);
  return p;
}

struct graph {
  uint32_t n, count;
  uint8_t (*roots)[BAC_HASH_BYTES];
  struct bac_keypair *keys;
  struct bac_hashgraph_event *events;
};

/* Every event: a random member hears the head of another. Signed when asked to, else with random bits in the signature's place. */
static void graph_draw(struct graph *g, bool sign) {
  struct bac_random random = bac_random_stream(1, g->n, BAC_PURPOSE_NETWORK);
  struct bac_cost cost = {0};
  const uint8_t boundary[BAC_HASH_BYTES] = {1};
  uint32_t *heads = allocate(g->n, sizeof *heads);
  for (uint32_t c = 0; c < g->n; c++) {
    bac_keypair_derive(&g->keys[c], 1, c);
    bac_hashgraph_root(g->roots[c], boundary, g->keys[c].public_key);
  }
  for (uint32_t i = 0; i < g->count; i++) {
    struct bac_hashgraph_event *e = &g->events[i];
    const uint32_t c = i < g->n ? i : (uint32_t)bac_random_below(&random, g->n);
    *e = (struct bac_hashgraph_event){.creator = c, .timestamp = (bac_time)i + 1};
    memcpy(e->self_parent, i < g->n ? g->roots[c] : g->events[heads[c]].id, BAC_HASH_BYTES);
    if (i >= g->n) {
      const uint32_t other = (c + 1 + (uint32_t)bac_random_below(&random, g->n - 1)) % g->n;
      memcpy(e->other_parent, g->events[heads[other]].id, BAC_HASH_BYTES);
    }
    uint8_t digest[BAC_HASH_BYTES];
    bac_hashgraph_event_digest(digest, e);
    if (sign) {
      bac_sign(e->signature, digest, &g->keys[c], &cost);
    } else {
      for (size_t b = 0; b < sizeof e->signature; b += 8) {
        const uint64_t bits = bac_random_u64(&random);
        memcpy(e->signature + b, &bits, sizeof bits);
      }
    }
    bac_hashgraph_event_identify(e);
    heads[c] = i;
  }
  free(heads);
}

struct run {
  double seconds;
  size_t peak_bytes;
  struct bac_hashgraph_statistics statistics;
};

static struct run graph_order(const struct graph *g, bool verify) {
  const struct bac_hashgraph_config config = {.members = g->n, .roots = (const uint8_t(*)[BAC_HASH_BYTES])g->roots};
  struct bac_hashgraph_dag *dag = bac_hashgraph_dag_new(&config);
  struct bac_hashgraph *view = bac_hashgraph_new(dag);
  struct bac_cost cost = {0};
  struct run run = {0};
  const double start = seconds();
  for (uint32_t i = 0; i < g->count; i++) {
    struct bac_hashgraph_event e = g->events[i];
    if (verify) {
      uint8_t digest[BAC_HASH_BYTES];
      bac_hashgraph_event_digest(digest, &e);
      if (!bac_verify(NULL, e.signature, digest, g->keys[e.creator].public_key, &cost)) exit(1);
      bac_hashgraph_event_identify(&e);
    }
    if (bac_hashgraph_add(view, &e, NULL) != BAC_HASHGRAPH_ADDED) exit(1);
    while (bac_hashgraph_next(view)) {
    }
    if (i % PRUNE_EVERY != PRUNE_EVERY - 1) continue;
    struct bac_hashgraph_dag_statistics s;
    bac_hashgraph_dag_statistics(dag, &s);
    if (s.bytes > run.peak_bytes) run.peak_bytes = s.bytes;
    bac_hashgraph_prune(dag, KEEP_ROUNDS);
  }
  run.seconds = seconds() - start;
  bac_hashgraph_statistics(view, &run.statistics);
  bac_hashgraph_free(view);
  bac_hashgraph_dag_unref(dag);
  return run;
}

static double verify_alone(const struct graph *g) {
  struct bac_cost cost = {0};
  const double start = seconds();
  for (uint32_t i = 0; i < g->count; i++) {
    uint8_t digest[BAC_HASH_BYTES] = {0};
    bac_hashgraph_event_digest(digest, &g->events[i]);
    if (!bac_verify(NULL, g->events[i].signature, digest, g->keys[g->events[i].creator].public_key, &cost)) exit(1);
  }
  return seconds() - start;
}

static struct graph graph_new(uint32_t n, uint32_t count, bool sign) {
  struct graph g = {.n = n, .count = count};
  g.roots = allocate(n, sizeof *g.roots);
  g.keys = allocate(n, sizeof *g.keys);
  g.events = allocate(count, sizeof *g.events);
  graph_draw(&g, sign);
  return g;
}

static void graph_free(struct graph *g) {
  free(g->roots);
  free(g->keys);
  free(g->events);
}

static void measure(uint32_t n, uint32_t count, uint32_t signed_count) {
  struct graph g = graph_new(n, count, false);
  struct run best = graph_order(&g, false);
  for (int i = 1; i < REPEATS; i++) {
    const struct run run = graph_order(&g, false);
    if (run.seconds < best.seconds) best = run;
  }
  graph_free(&g);
  g = graph_new(n, signed_count, true);
  double alone = verify_alone(&g), with = graph_order(&g, true).seconds;
  for (int i = 1; i < REPEATS; i++) {
    const double again = verify_alone(&g), both = graph_order(&g, true).seconds;
    if (again < alone) alone = again;
    if (both < with) with = both;
  }
  graph_free(&g);
  const struct bac_hashgraph_statistics *s = &best.statistics;
  printf("%6u %9u %10.0f %12.0f %12.0f %8.1f %10zu %10.1f %8.1f %8.1f\n", n, count, count / best.seconds, signed_count / with,
         signed_count / alone, 100 * (1 - alone / with), bac_hashgraph_event_bytes(n), (double)best.peak_bytes / 1e6,
         s->rounds_decided > 0 ? (double)s->ordered / (double)s->rounds_decided : 0.0,
         (double)(s->events - s->ordered) / (double)n);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    int help = strcmp(argv[1], "--help") == 0;
    fprintf(help ? stdout : stderr,
            "usage: bac-hashgraph\nMeasures how many hashgraph events a second of CPU time this machine orders (random gossip, one "
            "view, pruned as it goes; best of %d runs): alone, and with each event hashed and its Ed25519 signature verified, beside "
            "hashing and verification alone and the share that ordering adds; bytes an event's rows take, peak of the store, events "
            "a round, and events a member that wait for their place at the end.\n",
            REPEATS);
    return help ? 0 : 2;
  }
  printf("%6s %9s %10s %12s %12s %8s %10s %10s %8s %8s\n", "n", "events", "events/s", "signed/s", "verified/s", "adds (%)",
         "bytes/ev", "peak (MB)", "ev/round", "waiting");
  measure(16, 400000, 10000);
  measure(64, 200000, 10000);
  measure(128, 150000, 10000);
  measure(512, 60000, 20000);
  return 0;
}
