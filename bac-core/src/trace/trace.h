/* SPDX-License-Identifier: GPL-2.0-only */
/* Traces of electric vehicles: where each one is, how fast it drives and how much charge it has left, sampled at a
 * fixed step, in one compact file. Host side: the protocol core never sees a trace.
 *
 * File, little-endian, format 1, or 2 where there are buildings:
 *   header    "BACTRACE", u32 format, u32 buildings, u64 length of the file, u64 seed, i64 begin, duration, step (ns),
 *             u64 digest of the inputs, i32 area (west, south, east, north; cm), u32 share of EVs (1/1000),
 *             u32 scenario, u32 producer (strings), u32 strings, u32 vehicles, u64 samples
 *   strings   for each: u16 length, bytes
 *   vehicles  for each: u32 id, type, model (strings), capacity (Wh), first instant, samples
 *   samples   of one vehicle after the other: i32 x, y (cm), u16 speed (cm/s), heading (1/100 degree),
 *             u32 lane (string), charge (Wh/10)
 *   buildings for each: u32 corners, i32 x, y (cm) of each corner
 *   trailer   u32 CRC-32 of all before
 *
 * Equal traces have equal bytes: there is one encoding, and the parser refuses every other. */
#ifndef BAC_TRACE_TRACE_H
#define BAC_TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/shards.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_TRACE_FORMAT 1
#define BAC_TRACE_FORMAT_BUILDINGS 2
#define BAC_TRACE_CORNERS_MIN 3 /* of a building */
#define BAC_TRACE_CORNERS_MAX (1u << 24) /* of all */
#define BAC_TRACE_ABSENT INT32_MIN     /* x_cm of an instant between two presences (a SUMO teleport) */
#define BAC_TRACE_INSTANTS_MAX 1000000 /* of one trace */
#define BAC_TRACE_STRING_MAX 1024      /* bytes of one string */
#define BAC_TRACE_WHY_SIZE 512         /* fits every message of this library */

struct bac_trace_sample {
  int32_t x_cm, y_cm;
  uint16_t speed_cm_s;
  uint16_t heading_cdeg; /* clockwise from north, < 36000 */
  uint32_t lane;         /* string */
  uint32_t charge_dwh;   /* state of charge, tenths of a watt-hour, <= 10 * capacity */
};

struct bac_trace_vehicle {
  uint32_t id, type,
      model; /* strings: SUMO's id, the scenario's vehicle type, the EV model that sets the consumption */
  uint32_t capacity_wh;
  uint32_t first_instant; /* of the samples; the first and the last one are present */
  uint32_t sample_count;  /* >= 1 */
  uint64_t first_sample;  /* index into the trace's samples: the sum of the counts before */
};

/* A whole trace. Reading one allocates it; a writer may fill in its own. */
struct bac_trace {
  uint64_t seed;
  int64_t begin_ns, duration_ns, step_ns; /* duration is a multiple of step: duration / step + 1 instants */
  uint64_t inputs_digest;                 /* of scenario, options and SUMO version: equal means nothing to rebuild */
  int32_t west_cm, south_cm, east_cm, north_cm; /* the road network's area */
  uint32_t ev_share_permille;
  uint32_t scenario, producer; /* strings */
  uint32_t string_count, vehicle_count;
  uint64_t sample_count;
  const char *const *strings; /* without control characters */
  const struct bac_trace_vehicle *vehicles;
  const struct bac_trace_sample *samples;
  uint32_t building_count; /* polygons, as seen from above */
  uint64_t corner_count;   /* of all of them */
  const uint32_t *building_corners; /* of each building */
  const int32_t (*corners_cm)[2];   /* x, y; one building's after the other's */
};

/* One vehicle at one time. */
struct bac_trace_state {
  double x_m, y_m, speed_mps;
  double heading_deg; /* clockwise from north, [0, 360) */
  double charge_wh, capacity_wh;
  uint32_t lane; /* string */
};

/* Reads a trace from bytes that need not be trusted. `name` stands for them in messages (a file name).
 * 0 and a trace in *out, to be released with bac_trace_free; else BAC_ECORRUPT and one line in `why`. */
int bac_trace_parse(const void *bytes, size_t length, const char *name, struct bac_trace **out, char *why,
                    size_t why_size);
void bac_trace_free(struct bac_trace *trace); /* NULL is ignored */

/* The bytes of a trace in *bytes, to be released with free().
 * Errors: BAC_EINVAL when a field breaks its documented range (named in `why`). */
int bac_trace_encode(const struct bac_trace *trace, uint8_t **bytes, size_t *length, char *why, size_t why_size);

/* Checks every documented range. 0, or BAC_EINVAL and the first broken rule in `why`. */
int bac_trace_check(const struct bac_trace *trace, char *why, size_t why_size);

/* The network's area in metres. */
struct bac_box bac_trace_area(const struct bac_trace *trace);
static inline int64_t bac_trace_end(const struct bac_trace *trace) { return trace->begin_ns + trace->duration_ns; }

/* The state of a vehicle at simulation time t_ns (the scenario's clock: a trace from 300 s begins at 300 s), linear
 * between samples; heading turns the shorter way, a jump farther than any vehicle drives stays at its old end until the
 * next sample. True when the vehicle is present then; otherwise *state is zeroed.  vehicle < trace->vehicle_count. */
bool bac_trace_position(const struct bac_trace *trace, uint32_t vehicle, int64_t t_ns, struct bac_trace_state *state);

/* The first presence of a vehicle that ends at from_ns or later: present at every time of [*begin_ns, *end_ns].
 * False when there is none. To list all, go on from *end_ns + 1. */
bool bac_trace_presence(const struct bac_trace *trace, uint32_t vehicle, int64_t from_ns, int64_t *begin_ns,
                        int64_t *end_ns);

/* Whether a vehicle is present at every time of [begin_ns, end_ns]. */
bool bac_trace_stays(const struct bac_trace *trace, uint32_t vehicle, int64_t begin_ns, int64_t end_ns);

/* The shard in which a vehicle spends most instants of [begin_ns, end_ns] (the lowest of equals), and in *instants how
 * many instants of the window it is present in any. False when it is present at none.  1 <= shards <= BAC_SHARDS_MAX.
 */
bool bac_trace_shard(const struct bac_trace *trace, uint32_t vehicle, int64_t begin_ns, int64_t end_ns,
                     enum bac_shard_policy policy, uint32_t shards, uint32_t *shard, uint32_t *instants);

#ifdef __cplusplus
}
#endif

#endif
