/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/kmeans.h"

#include <stdlib.h>

#include "bac/types.h"
#include "base/bytes.h"
#include "base/random.h"

/* A stream of the node purpose far beyond any node id: clustering shifts no other draw. */
#define CLUSTER_STREAM ((uint64_t)0x6b6d6561 << 32)

/* Standardised coordinates are in 1/4096 of a standard deviation. None lies farther out than 2 * sqrt(BAC_KMEANS_POINTS_MAX)
 * deviations (2: the deviation is rounded down), 2^21 of these units: a squared distance is below 2^46, a sum of them below 2^62. */
#define UNIT 4096

struct kmeans {
  struct bac_kmeans_point *points; /* standardised */
  uint32_t count, clusters;
  struct bac_kmeans_point *centres;
  uint32_t *sizes;
  uint32_t *cluster_of;
};

struct move {
  int64_t cost; /* squared distance that it adds; below 0 when an earlier move made a detour */
  uint32_t point, to;
};

uint64_t bac_kmeans_root(uint64_t square) {
  uint64_t root = 0;
  for (uint64_t bit = (uint64_t)1 << 31; bit > 0; bit >>= 1)
    if ((root + bit) * (root + bit) <= square) root += bit;
  return root;
}

static void standardise(struct kmeans *k, const struct bac_kmeans_point *points, int dimension) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < k->count; i++) sum += points[i].value[dimension];
  const int64_t mean = sum / k->count;
  unsigned __int128 squares = 0;
  for (uint32_t i = 0; i < k->count; i++) {
    const int64_t off = points[i].value[dimension] - mean;
    squares += (uint64_t)(off * off);
  }
  const int64_t deviation = (int64_t)bac_kmeans_root((uint64_t)(squares / k->count));
  for (uint32_t i = 0; i < k->count; i++) {
    const int64_t off = points[i].value[dimension] - mean;
    /* No spread, nothing to tell points apart by. */
    k->points[i].value[dimension] = deviation > 0 ? (int32_t)(off * UNIT / deviation) : 0;
  }
}

static uint64_t distance(const struct bac_kmeans_point *a, const struct bac_kmeans_point *b) {
  uint64_t sum = 0;
  for (int d = 0; d < BAC_KMEANS_DIMENSIONS; d++) {
    const int64_t off = (int64_t)a->value[d] - b->value[d];
    sum += (uint64_t)(off * off);
  }
  return sum;
}

/* Each further centre is a point drawn with a chance that grows with the squared distance from the centres before it. */
static void start(struct kmeans *k, struct bac_random *random) {
  uint64_t *nearest = bac_alloc(k->count, sizeof *nearest);
  uint32_t pick = (uint32_t)bac_random_below(random, k->count);
  for (uint32_t c = 0; c < k->clusters; c++) {
    k->centres[c] = k->points[pick];
    uint64_t total = 0;
    for (uint32_t i = 0; i < k->count; i++) {
      const uint64_t away = distance(&k->points[i], &k->centres[c]);
      if (c == 0 || away < nearest[i]) nearest[i] = away;
      total += nearest[i];
    }
    /* total 0: fewer places than clusters. The centre doubles, and the bounds on sizes share the points out. */
    uint64_t target = bac_random_below(random, total);
    for (pick = 0; pick + 1 < k->count && nearest[pick] <= target; pick++) target -= nearest[pick];
  }
  free(nearest);
}

/* Every point to its nearest centre, the lowest of equals. True if one changed its cluster. */
static bool assign(struct kmeans *k) {
  bool changed = false;
  memset(k->sizes, 0, k->clusters * sizeof *k->sizes);
  for (uint32_t i = 0; i < k->count; i++) {
    uint32_t best = 0;
    uint64_t least = distance(&k->points[i], &k->centres[0]);
    for (uint32_t c = 1; c < k->clusters; c++) {
      const uint64_t away = distance(&k->points[i], &k->centres[c]);
      if (away < least) least = away, best = c;
    }
    changed = changed || k->cluster_of[i] != best;
    k->cluster_of[i] = best;
    k->sizes[best]++;
  }
  return changed;
}

/* Centres to the means of their points; one without points stays. */
static void centre(struct kmeans *k) {
  int64_t(*sums)[BAC_KMEANS_DIMENSIONS] = bac_alloc(k->clusters, sizeof *sums);
  for (uint32_t i = 0; i < k->count; i++)
    for (int d = 0; d < BAC_KMEANS_DIMENSIONS; d++) sums[k->cluster_of[i]][d] += k->points[i].value[d];
  for (uint32_t c = 0; c < k->clusters; c++)
    for (int d = 0; d < BAC_KMEANS_DIMENSIONS && k->sizes[c] > 0; d++)
      k->centres[c].value[d] = (int32_t)(sums[c][d] / k->sizes[c]);
  free(sums);
}

static uint64_t spread(const struct kmeans *k) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < k->count; i++) sum += distance(&k->points[i], &k->centres[k->cluster_of[i]]);
  return sum;
}

/* Clusters and centres of the best start, the first of equals. */
static void settle(struct kmeans *k, uint64_t seed) {
  struct bac_random random = bac_random_stream(seed, CLUSTER_STREAM, BAC_PURPOSE_NODE);
  struct bac_kmeans_point *centres = bac_alloc(k->clusters, sizeof *centres);
  uint64_t least = UINT64_MAX;
  for (int s = 0; s < BAC_KMEANS_STARTS; s++) {
    start(k, &random);
    for (uint32_t i = 0; i < k->count; i++) k->cluster_of[i] = k->clusters; /* none yet */
    for (int i = 0; i < BAC_KMEANS_ITERATIONS && assign(k); i++) centre(k);
    const uint64_t sum = spread(k);
    if (sum >= least) continue;
    least = sum;
    memcpy(centres, k->centres, k->clusters * sizeof *centres);
  }
  memcpy(k->centres, centres, k->clusters * sizeof *centres);
  assign(k);
  free(centres);
}

static int64_t cost_of(const struct kmeans *k, uint32_t point, uint32_t to) {
  return (int64_t)distance(&k->points[point], &k->centres[to]) -
         (int64_t)distance(&k->points[point], &k->centres[k->cluster_of[point]]);
}

static void carry_out(struct kmeans *k, uint32_t point, uint32_t to) {
  k->sizes[k->cluster_of[point]]--;
  k->sizes[to]++;
  k->cluster_of[point] = to;
}

static int cheaper(const void *a, const void *b) {
  const struct move *x = a, *y = b;
  if (x->cost != y->cost) return x->cost < y->cost ? -1 : 1;
  return x->point < y->point ? -1 : 1;
}

/* Moves points out of a cluster that has too many, the cheapest first, each to the nearest cluster with room. */
static void shrink(struct kmeans *k, uint32_t from, uint32_t most) {
  struct move *moves = bac_alloc(k->sizes[from], sizeof *moves);
  while (k->sizes[from] > most) { /* once more for those whose cluster filled up meanwhile */
    uint32_t count = 0;
    for (uint32_t i = 0; i < k->count; i++) {
      if (k->cluster_of[i] != from) continue;
      struct move best = {.point = i, .to = from};
      for (uint32_t c = 0; c < k->clusters; c++) {
        if (k->sizes[c] >= most) continue; /* `from` is among these */
        const int64_t cost = cost_of(k, i, c);
        if (best.to == from || cost < best.cost) best.cost = cost, best.to = c;
      }
      BAC_ASSERT(best.to != from); /* clusters * most >= count */
      moves[count++] = best;
    }
    qsort(moves, count, sizeof *moves, cheaper);
    for (uint32_t m = 0; m < count && k->sizes[from] > most; m++)
      if (k->sizes[moves[m].to] < most) carry_out(k, moves[m].point, moves[m].to);
  }
  free(moves);
}

/* Takes points from clusters that can spare them, the cheapest first. */
static void fill(struct kmeans *k, uint32_t to, uint32_t least) {
  while (k->sizes[to] < least) {
    struct move best = {.to = k->clusters};
    for (uint32_t i = 0; i < k->count; i++) {
      if (k->sizes[k->cluster_of[i]] <= least) continue;
      const int64_t cost = cost_of(k, i, to);
      if (best.to != to || cost < best.cost) best = (struct move){cost, i, to};
    }
    BAC_ASSERT(best.to == to); /* clusters * least <= count */
    carry_out(k, best.point, to);
  }
}

static int check(const struct bac_kmeans_point *points, uint32_t count, const struct bac_kmeans_want *want) {
  if (want->clusters == 0 || count < want->clusters || count > BAC_KMEANS_POINTS_MAX || want->least > want->most) return BAC_EINVAL;
  for (uint32_t i = 0; i < count; i++)
    for (int d = 0; d < BAC_KMEANS_DIMENSIONS; d++)
      if (points[i].value[d] < -BAC_KMEANS_VALUE_MAX || points[i].value[d] > BAC_KMEANS_VALUE_MAX) return BAC_EINVAL;
  return (uint64_t)want->clusters * want->most < count ? BAC_ELIMIT : BAC_OK;
}

int bac_kmeans(const struct bac_kmeans_point *points, uint32_t count, const struct bac_kmeans_want *want, uint32_t *cluster_of) {
  const int status = check(points, count, want);
  if (status != BAC_OK) return status;
  struct kmeans k = {.points = bac_alloc(count, sizeof *k.points),
                     .count = count,
                     .clusters = want->clusters,
                     .centres = bac_alloc(want->clusters, sizeof *k.centres),
                     .sizes = bac_alloc(want->clusters, sizeof *k.sizes),
                     .cluster_of = cluster_of};
  for (int d = 0; d < BAC_KMEANS_DIMENSIONS; d++) standardise(&k, points, d);
  settle(&k, want->seed);
  const uint32_t share = count / want->clusters, least = want->least < share ? want->least : share;
  for (uint32_t c = 0; c < k.clusters; c++)
    if (k.sizes[c] > want->most) shrink(&k, c, want->most);
  for (uint32_t c = 0; c < k.clusters; c++) fill(&k, c, least);
  free(k.points);
  free(k.centres);
  free(k.sizes);
  return BAC_OK;
}
