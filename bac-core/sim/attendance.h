/* SPDX-License-Identifier: GPL-2.0-only */
/* Rosters against the road: who is a member in which epoch, who of them is there, and when too few are for a quorum. */
#ifndef BAC_SIM_ATTENDANCE_H
#define BAC_SIM_ATTENDANCE_H

#include "bac/bac.h"
#include "columns.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_attendance;

struct bac_attendance *bac_attendance_new(void);
void bac_attendance_free(struct bac_attendance *attendance); /* NULL is ignored */

/* A node is in an epoch now. The first to say so begins it for its shard; others, and those of earlier epochs, change nothing. */
void bac_attendance_epoch(struct bac_attendance *attendance, bac_time now, const struct bac_roster *roster, bool recovered);
/* An EV comes or goes; before the first word of it, it is there. */
void bac_attendance_present(struct bac_attendance *attendance, bac_time now, uint32_t id, bool present);

struct bac_attendance_report {
  uint64_t epochs;         /* ended, over all shards */
  uint64_t joins, leaves;  /* at their ends */
  uint64_t stalls;         /* of them, ended early since the committee was silent */
  double members_mean;     /* of the rosters, over epochs */
  double epoch_s_mean;     /* length of those that ended */
  int64_t absent_over_f;   /* most members absent at a time, less f: more than 0, and the shard stood still */
  double quorumless_s;     /* time in which more than f were absent, summed over shards */
  uint64_t handovers;      /* EVs that were members of one shard, then of another one: each time */
  uint64_t handovers_open; /* under way at the end: members of none, the last order not yet fulfilled */
  double handover_s_mean;  /* of those done: from the end of the last epoch in the one to the beginning of the first in the other */
};
/* An EV has left for another shard, and is on its way. */
void bac_attendance_handover(struct bac_attendance *attendance, uint32_t id);

/* Up to `end`. */
struct bac_attendance_report bac_attendance_sum(const struct bac_attendance *attendance, bac_time end);
void bac_attendance_columns(const struct bac_attendance *attendance, bac_time end, const struct bac_columns *to);

#ifdef __cplusplus
}
#endif

#endif
