/* SPDX-License-Identifier: GPL-2.0-only */
/* Policies that give vehicles to shards. QUADRANT and RSU are maps of fixed geometry: a place belongs to a shard at all times, and a
 * vehicle that drives on crosses into another. KMEANS groups vehicles that are near each other and drive alike (the paper's
 * Ref. 30): a place belongs to no shard, and shards may overlap. Host side: floating point, metres. */
#ifndef BAC_TRACE_SHARDING_H
#define BAC_TRACE_SHARDING_H

#include "bac/bac.h"
#include "trace/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

enum bac_sharding {
  BAC_SHARDING_QUADRANT, /* the cells of trace/shards.h: quadrants of a town, sections of a highway */
  BAC_SHARDING_RSU,      /* the shard of the nearest roadside unit: other borders than QUADRANT only where the units' rows are unequal */
  BAC_SHARDING_KMEANS,   /* k-means over standardised position and velocity */
};

#define BAC_SHARDING_LEAST 4 /* vehicles of a k-means shard, when there are enough: fewer tolerate no fault */

/* "quadrant", "rsu" or "kmeans"; NULL past the last. */
const char *bac_sharding_name(enum bac_sharding sharding);
/* Whether there is a policy of this name; then it is in *sharding. */
bool bac_sharding_find(const char *name, enum bac_sharding *sharding);

struct bac_sharding_want {
  enum bac_sharding sharding;
  enum bac_shard_policy policy; /* of the cells: quadrants or sections. Each shard's roadside units stand in its cell */
  struct bac_box area;
  uint32_t shards; /* 1..BAC_SHARDS_MAX */
  int32_t rsus;    /* RSU: units of each shard, 1..BAC_RSU_MAX; negative: as many as the cell needs */
  uint64_t seed;   /* KMEANS */
};

/* ---- Fixed geometry ---- */

struct bac_shard_map;

/* A map in *map, to be released with bac_shard_map_free.
 * Errors: BAC_EINVAL (KMEANS, or an argument out of range); one line with the remedy in `why`. */
int bac_shard_map_new(const struct bac_sharding_want *want, struct bac_shard_map **map, char *why, size_t why_size);
void bac_shard_map_free(struct bac_shard_map *map); /* NULL is ignored */

/* The shard, 0..shards-1, at (x, y); of two roadside units at one distance that of the lower shard. */
uint32_t bac_shard_map_at(const struct bac_shard_map *map, double x_m, double y_m);

/* As bac_trace_shard: the shard in which a vehicle spends most instants of [begin_ns, end_ns] (the lowest of equals). The trace's
 * area is that of the map. */
bool bac_shard_map_stay(const struct bac_shard_map *map, const struct bac_trace *trace, uint32_t vehicle, int64_t begin_ns,
                        int64_t end_ns, uint32_t *shard, uint32_t *instants);

/* The map as sites (shard/assignment.h): a place belongs to the shard of the nearest one. Cells: their centres; roadside units: themselves.
 * sites: room for `capacity`. Returns how many there are; those beyond capacity are not written. */
uint32_t bac_shard_map_sites(const struct bac_shard_map *map, struct bac_site *sites, uint32_t capacity);
/* In centimetres, rounded to the nearest. */
void bac_sharding_motion(const struct bac_trace_state *state, struct bac_motion *motion);

/* ---- Any policy, at one time ---- */

/* shard_of[count]: the shard of each vehicle, from its position, speed and heading; the same for the same arguments on every machine.
 * KMEANS: no shard has more than BAC_ROSTER_MAX vehicles, none fewer than BAC_SHARDING_LEAST when count >= 4 * shards, and none is
 * empty. Fixed geometry bounds nothing.
 * Errors: BAC_EINVAL (an argument out of range, KMEANS with count not in shards..BAC_KMEANS_POINTS_MAX), BAC_ELIMIT (KMEANS with more
 * than shards * BAC_ROSTER_MAX); one line with the remedy in `why`. */
int bac_sharding_assign(const struct bac_sharding_want *want, const struct bac_trace_state *states, uint32_t count,
                        uint32_t *shard_of, char *why, size_t why_size);

#define BAC_SHARDING_WEIGHT_MS_MAX 600000

/* KMEANS as sites (shard/assignment.h): of each shard the mean place and velocity of its vehicles, which shard_of says; every shard has one.
 * *weight_ms: of velocities in distances, so that all vehicles spread as much by velocity as by place. Sites stay where they are: who
 * drives as another shard's vehicles did, where they were, is then nearer to that one. sites: room for want->shards. */
void bac_sharding_sites(const struct bac_trace_state *states, uint32_t count, const uint32_t *shard_of, uint32_t shards,
                        struct bac_site *sites, uint32_t *weight_ms);

/* The state of a vehicle when it is first there in [begin_ns, end_ns]: what KMEANS sees of it. False when it never is. */
bool bac_sharding_first(const struct bac_trace *trace, uint32_t vehicle, int64_t begin_ns, int64_t end_ns,
                        struct bac_trace_state *state);

#ifdef __cplusplus
}
#endif

#endif
