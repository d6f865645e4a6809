/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/sharding.h"

#include <stdio.h>
#include <stdlib.h>

#include "bac/limits.h"
#include "bac/types.h"
#include "base/bytes.h"
#include "trace/kmeans.h"
#include "trace/rsu.h"

static const char *const names[] = {"quadrant", "rsu", "kmeans"};
#define NAMES (sizeof names / sizeof names[0])

struct unit {
  double x_m, y_m;
  uint32_t shard;
};

struct bac_shard_map {
  enum bac_sharding sharding;
  enum bac_shard_policy policy;
  struct bac_box area;
  uint32_t shards;
  struct unit *units; /* RSU: shard by shard */
  uint32_t unit_count;
};

const char *bac_sharding_name(enum bac_sharding sharding) { return (size_t)sharding < NAMES ? names[sharding] : NULL; }

bool bac_sharding_find(const char *name, enum bac_sharding *sharding) {
  for (size_t i = 0; i < NAMES; i++) {
    if (strcmp(name, names[i]) != 0) continue;
    *sharding = (enum bac_sharding)i;
    return true;
  }
  return false;
}

/* ---- Fixed geometry ---- */

static int check_want(const struct bac_sharding_want *want, char *why, size_t why_size) {
  if (want->shards < 1 || want->shards > BAC_SHARDS_MAX) {
    if (why) snprintf(why, why_size, "shards is %u: choose 1 to %d", want->shards, BAC_SHARDS_MAX);
    return BAC_EINVAL;
  }
  if (want->sharding == BAC_SHARDING_RSU && (want->rsus == 0 || want->rsus > BAC_RSU_MAX)) {
    if (why)
      snprintf(why, why_size, "rsus is %d with sharding by rsu: choose 1 to %d, or another sharding", want->rsus, BAC_RSU_MAX);
    return BAC_EINVAL;
  }
  return BAC_OK;
}

static void add_units(struct bac_shard_map *map, uint32_t shard, int32_t wanted) {
  const struct bac_box cell = bac_shards_box(map->policy, &map->area, map->shards, shard);
  const uint32_t count = wanted < 0 ? bac_rsu_default(&cell) : (uint32_t)wanted;
  double *x = bac_alloc(count, sizeof *x), *y = bac_alloc(count, sizeof *y);
  const int status = bac_rsu_grid(&cell, count, x, y);
  BAC_ASSERT(status == BAC_OK);
  map->units = bac_realloc(map->units, (size_t)map->unit_count + count, sizeof *map->units);
  for (uint32_t i = 0; i < count; i++) map->units[map->unit_count++] = (struct unit){x[i], y[i], shard};
  free(x);
  free(y);
}

int bac_shard_map_new(const struct bac_sharding_want *want, struct bac_shard_map **map, char *why, size_t why_size) {
  const int status = check_want(want, why, why_size);
  if (status != BAC_OK) return status;
  if (want->sharding != BAC_SHARDING_QUADRANT && want->sharding != BAC_SHARDING_RSU) {
    if (why) snprintf(why, why_size, "sharding by k-means has no map: choose quadrant or rsu");
    return BAC_EINVAL;
  }
  struct bac_shard_map *made = bac_alloc(1, sizeof *made);
  *made = (struct bac_shard_map){.sharding = want->sharding, .policy = want->policy, .area = want->area, .shards = want->shards};
  for (uint32_t s = 0; s < want->shards && want->sharding == BAC_SHARDING_RSU; s++) add_units(made, s, want->rsus);
  *map = made;
  return BAC_OK;
}

void bac_shard_map_free(struct bac_shard_map *map) {
  if (!map) return;
  free(map->units);
  free(map);
}

uint32_t bac_shard_map_at(const struct bac_shard_map *map, double x_m, double y_m) {
  if (map->sharding == BAC_SHARDING_QUADRANT) return bac_shards_by_position(map->policy, &map->area, x_m, y_m, map->shards);
  uint32_t shard = 0;
  double least = -1;
  for (uint32_t i = 0; i < map->unit_count; i++) {
    const double dx = map->units[i].x_m - x_m, dy = map->units[i].y_m - y_m, away = dx * dx + dy * dy;
    if (least >= 0 && !(away < least)) continue;
    least = away;
    shard = map->units[i].shard;
  }
  return shard;
}

bool bac_shard_map_stay(const struct bac_shard_map *map, const struct bac_trace *trace, uint32_t vehicle, int64_t begin_ns,
                        int64_t end_ns, uint32_t *shard, uint32_t *instants) {
  if (map->sharding == BAC_SHARDING_QUADRANT)
    return bac_trace_shard(trace, vehicle, begin_ns, end_ns, map->policy, map->shards, shard, instants);
  BAC_ASSERT(vehicle < trace->vehicle_count);
  const struct bac_trace_vehicle *v = &trace->vehicles[vehicle];
  uint32_t spent[BAC_SHARDS_MAX];
  memset(spent, 0, map->shards * sizeof spent[0]);
  *shard = *instants = 0;
  for (uint32_t i = 0; i < v->sample_count; i++) {
    const struct bac_trace_sample *sample = &trace->samples[v->first_sample + i];
    const int64_t t_ns = trace->begin_ns + (int64_t)(v->first_instant + (uint64_t)i) * trace->step_ns;
    if (t_ns < begin_ns || t_ns > end_ns || sample->x_cm == BAC_TRACE_ABSENT) continue;
    spent[bac_shard_map_at(map, sample->x_cm / 100.0, sample->y_cm / 100.0)]++;
    ++*instants;
  }
  for (uint32_t s = 1; s < map->shards; s++)
    if (spent[s] > spent[*shard]) *shard = s;
  return *instants > 0;
}

/* ---- Any policy, at one time ---- */

#define ONE ((int64_t)1 << 30)

/* Sine of 0 to 90 degrees in 1/2^30, by its series up to x^13 / 13!: the next term is below 1e-9. The C library's sine may differ in
 * its last bit from machine to machine. */
static int64_t sine_of_quarter(int64_t cdeg) {
  const int64_t x = cdeg * 1686629713 / 9000, square = x * x / ONE; /* pi / 2 * 2^30 */
  int64_t sum = ONE;
  for (int64_t n = 12; n >= 2; n -= 2) sum = ONE - square * sum / ONE / (n * (n + 1));
  const int64_t result = x * sum / ONE;
  return result < ONE ? result : ONE;
}

/* cdeg: 1/100 degree, 0..35999. */
static int64_t sine(int64_t cdeg) {
  const int64_t half = cdeg % 18000, quarter = half <= 9000 ? half : 18000 - half;
  return cdeg < 18000 ? sine_of_quarter(quarter) : -sine_of_quarter(quarter);
}

/* Nearest hundredth; what is no number, or too large for one, becomes the nearest end. */
static int32_t hundredths(double value) {
  const double scaled = value * 100;
  if (!(scaled > -BAC_KMEANS_VALUE_MAX)) return -BAC_KMEANS_VALUE_MAX;
  if (scaled >= BAC_KMEANS_VALUE_MAX) return BAC_KMEANS_VALUE_MAX;
  return (int32_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/* Headings run clockwise from north. */
void bac_sharding_motion(const struct bac_trace_state *state, struct bac_motion *motion) {
  const int64_t speed = hundredths(state->speed_mps);
  const int64_t heading = (hundredths(state->heading_deg) % 36000 + 36000) % 36000;
  *motion = (struct bac_motion){hundredths(state->x_m), hundredths(state->y_m), (int32_t)(speed * sine(heading) / ONE),
                                (int32_t)(speed * sine((heading + 9000) % 36000) / ONE)};
}

static struct bac_kmeans_point point_of(const struct bac_trace_state *state) {
  struct bac_motion m;
  bac_sharding_motion(state, &m);
  return (struct bac_kmeans_point){{m.x_cm, m.y_cm, m.vx_cm_s, m.vy_cm_s}};
}

uint32_t bac_shard_map_sites(const struct bac_shard_map *map, struct bac_site *sites, uint32_t capacity) {
  const bool cells = map->sharding == BAC_SHARDING_QUADRANT;
  const uint32_t count = cells ? map->shards : map->unit_count;
  for (uint32_t i = 0; i < count && i < capacity; i++) {
    /* Cells are a lattice: where one's centre is the nearest, there is that cell. */
    const struct bac_box box = bac_shards_box(map->policy, &map->area, map->shards, cells ? i : 0);
    const double x = cells ? (box.min_x + box.max_x) / 2 : map->units[i].x_m, y = cells ? (box.min_y + box.max_y) / 2 : map->units[i].y_m;
    sites[i] = (struct bac_site){.shard = cells ? i : map->units[i].shard, .at = {.x_cm = hundredths(x), .y_cm = hundredths(y)}};
  }
  return count;
}

static int group(const struct bac_sharding_want *want, const struct bac_trace_state *states, uint32_t count, uint32_t *shard_of,
                 char *why, size_t why_size) {
  const struct bac_kmeans_want clusters = {want->shards, BAC_SHARDING_LEAST, BAC_ROSTER_MAX, want->seed};
  struct bac_kmeans_point *points = bac_alloc(count, sizeof *points);
  for (uint32_t i = 0; i < count; i++) points[i] = point_of(&states[i]);
  const int status = bac_kmeans(points, count, &clusters, shard_of);
  free(points);
  if (status != BAC_OK && why)
    snprintf(why, why_size, "%u vehicles in %u shards: k-means takes 1 to %d for each shard, and at most %d: choose other numbers", count,
             want->shards, BAC_ROSTER_MAX, BAC_KMEANS_POINTS_MAX);
  return status;
}

int bac_sharding_assign(const struct bac_sharding_want *want, const struct bac_trace_state *states, uint32_t count,
                        uint32_t *shard_of, char *why, size_t why_size) {
  if (want->sharding == BAC_SHARDING_KMEANS) {
    const int status = check_want(want, why, why_size);
    return status == BAC_OK ? group(want, states, count, shard_of, why, why_size) : status;
  }
  struct bac_shard_map *map;
  const int status = bac_shard_map_new(want, &map, why, why_size);
  if (status != BAC_OK) return status;
  for (uint32_t i = 0; i < count; i++) shard_of[i] = bac_shard_map_at(map, states[i].x_m, states[i].y_m);
  bac_shard_map_free(map);
  return BAC_OK;
}

/* Squared distances from the mean of all points, summed over two dimensions. */
static unsigned __int128 spread(const struct bac_kmeans_point *points, uint32_t count, int first) {
  unsigned __int128 squares = 0;
  for (int d = first; d < first + 2; d++) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += points[i].value[d];
    for (uint32_t i = 0; i < count; i++) {
      const int64_t off = points[i].value[d] - sum / count;
      squares += (unsigned __int128)((__int128)off * off);
    }
  }
  return squares;
}

void bac_sharding_sites(const struct bac_trace_state *states, uint32_t count, const uint32_t *shard_of, uint32_t shards,
                        struct bac_site *sites, uint32_t *weight_ms) {
  struct bac_kmeans_point *points = bac_alloc(count, sizeof *points);
  int64_t(*sums)[BAC_KMEANS_DIMENSIONS] = bac_alloc(shards, sizeof *sums), *sizes = bac_alloc(shards, sizeof *sizes);
  for (uint32_t i = 0; i < count; i++) {
    points[i] = point_of(&states[i]);
    for (int d = 0; d < BAC_KMEANS_DIMENSIONS; d++) sums[shard_of[i]][d] += points[i].value[d];
    sizes[shard_of[i]]++;
  }
  for (uint32_t s = 0; s < shards; s++) {
    BAC_ASSERT(sizes[s] > 0);
    int32_t mean[BAC_KMEANS_DIMENSIONS];
    for (int d = 0; d < BAC_KMEANS_DIMENSIONS; d++) mean[d] = (int32_t)(sums[s][d] / sizes[s]);
    sites[s] = (struct bac_site){.shard = s, .at = {mean[0], mean[1], mean[2], mean[3]}};
  }
  const unsigned __int128 places = spread(points, count, 0), velocities = spread(points, count, 2);
  const uint64_t most = (uint64_t)BAC_SHARDING_WEIGHT_MS_MAX * BAC_SHARDING_WEIGHT_MS_MAX;
  const unsigned __int128 square = velocities > 0 ? places * 1000000 / velocities : 0; /* no spread, nothing to tell them apart by */
  *weight_ms = (uint32_t)bac_kmeans_root(square < most ? (uint64_t)square : most);
  free(points);
  free(sums);
  free(sizes);
}

bool bac_sharding_first(const struct bac_trace *trace, uint32_t vehicle, int64_t begin_ns, int64_t end_ns,
                        struct bac_trace_state *state) {
  int64_t first_ns, last_ns;
  if (!bac_trace_presence(trace, vehicle, begin_ns, &first_ns, &last_ns) || first_ns > end_ns) return false;
  return bac_trace_position(trace, vehicle, first_ns < begin_ns ? begin_ns : first_ns, state);
}
