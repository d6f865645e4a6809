/* SPDX-License-Identifier: GPL-2.0-only */
/* The cast of a run over a trace: which vehicles are the members of which shard, where its road-side units stand, which node ids
 * all of them have, and when each vehicle is there. Host side; times of a plan are simulation time, 0 at the run's begin. */
#ifndef BAC_TRACE_PLAN_H
#define BAC_TRACE_PLAN_H

#include "bac/bac.h"
#include "trace/sharding.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Node ids: vehicles are 0 .. evs - 1, shard by shard; the others come from here. */
enum {
  BAC_PLAN_EV_END = 60000,    /* one past the last vehicle */
  BAC_PLAN_RSU_BEGIN = 60000, /* RSUs of shard 0, then of shard 1, ... */
  BAC_PLAN_MBS_BEGIN = 65000, /* one relay of the macro base station for each shard */
};

/* Fewer tolerate no fault. */
#define BAC_PLAN_FOUNDERS_MIN 4

struct bac_plan_want {
  const char *name;    /* of the trace, for messages: its file */
  uint32_t evs;        /* shards .. BAC_PLAN_EV_END, at most BAC_ROSTER_MAX in each shard */
  uint32_t shards;     /* 1 .. BAC_SHARDS_MAX */
  int32_t rsus;        /* in each shard; negative: as many as its area needs */
  bool from_begin;     /* from the trace's begin, else */
  int64_t begin_ns;    /* from this trace time */
  int64_t duration_ns; /* of the run */
  uint64_t seed;
  bool churn;          /* also vehicles that come and go */
  uint32_t epoch_blocks; /* with churn: after as many, members join and leave; 0: all are members from the begin, there or not */
  int64_t stay_ns;       /* with epochs: who leaves sooner founds nothing, where at least BAC_PLAN_FOUNDERS_MIN stay longer */
  /* What makes a vehicle a shard's. By k-means, evs are of the whole area, shards differ in size, and a shard's RSUs stand where
   * its vehicles are when they are first there. */
  enum bac_sharding sharding;
  bool handover; /* with epochs: shards know each other; up to BAC_PLAN_HANDOVER_SHARDS */
};

#define BAC_PLAN_HANDOVER_SHARDS (BAC_NEIGHBOURS_MAX + 1) /* each knows all the others */

struct bac_plan_rsu {
  uint32_t id;
  double x_m, y_m;
};

struct bac_plan_shard {
  struct bac_roster roster;  /* of epoch 0: with epochs, those who are there at the begin; else everybody */
  struct bac_roster everybody;
  struct bac_member *founders, *members;
  uint32_t *vehicles;        /* of the trace: vehicles[i] is everybody.members[i] */
  uint8_t (*certificates)[BAC_CERTIFICATE_BYTES]; /* of everybody; NULL without epochs */
  struct bac_neighbour *neighbours; /* with handovers: the other shards */
  struct bac_plan_rsu *rsus;
  uint32_t rsu_count;        /* without any there is no MBS relay either */
  uint32_t mbs;              /* id of the relay */
};

struct bac_plan {
  const struct bac_trace *trace; /* borrowed */
  int64_t begin_ns;              /* trace time at simulation time 0 */
  int64_t duration_ns;
  struct bac_plan_shard *shards;
  uint32_t shard_count, rsu_count; /* rsu_count: over all shards */
  const struct bac_roster **rosters; /* of all shards, epoch 0: &shards[i].roster */
  struct bac_site *sites;            /* with handovers: where vehicles belong, as the controller announces it; else NULL */
  uint32_t site_count, weight_ms;    /* weight_ms: of velocities; 0: places alone count */
};

/* A plan in *out, to be released with bac_plan_free before its trace; the same for the same trace and want.
 * Errors: BAC_EINVAL (an argument out of range), BAC_ELIMIT (the trace has too little); one line with the remedy in `why`. */
int bac_plan_new(const struct bac_trace *trace, const struct bac_plan_want *want, struct bac_plan **out, char *why,
                 size_t why_size);
void bac_plan_free(struct bac_plan *plan); /* NULL is ignored */

/* How the vehicle of a node id drives at a time. False: it is not there, or the id is no vehicle's. */
bool bac_plan_motion(const struct bac_plan *plan, bac_time now, uint32_t id, struct bac_motion *motion);

/* The first stay of a vehicle of the trace that ends at `from` or later and begins within the run: it is there at every time of
 * [*begin, *end].  False when there is none. To list all, go on from *end + 1. */
bool bac_plan_stay(const struct bac_plan *plan, uint32_t vehicle, bac_time from, bac_time *begin, bac_time *end);

#ifdef __cplusplus
}
#endif

#endif
