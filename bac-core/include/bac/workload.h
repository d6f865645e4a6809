/* SPDX-License-Identifier: GPL-2.0-only */
/* The transactions that an EV's owner asks for: a Poisson process, the same for every protocol and host under one seed. */
#ifndef BAC_WORKLOAD_H
#define BAC_WORKLOAD_H

#include "bac/bac.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_workload_config {
  uint64_t seed;
  uint32_t rate_milli;        /* transactions per 1000 s and EV; default 500 (0.5 a second) */
  uint32_t tx_bytes;          /* default 300 */
  bac_time start, stop;       /* submissions fall into [start, stop) */
};

struct bac_workload; /* of one EV */
/* The roster is borrowed. Errors: NULL when id is not in it. */
struct bac_workload *bac_workload_new(const struct bac_workload_config *config, const struct bac_roster *roster, uint32_t id);
/* The EV is in another shard from now on: the receivers are those of this roster, borrowed, it being one of them or not. */
void bac_workload_move(struct bac_workload *workload, const struct bac_roster *roster);
void bac_workload_free(struct bac_workload *workload);
/* Time of the next submission and what it is; BAC_NEVER at the end. */
bac_time bac_workload_next(struct bac_workload *workload, struct bac_submit *submit);

#ifdef __cplusplus
}
#endif

#endif
