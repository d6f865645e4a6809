/* SPDX-License-Identifier: GPL-2.0-only */
/* One seed, one world: draws its plan, runs it through faults and healing, and says what the checkers saw. */
#ifndef BAC_SIM_SWARM_H
#define BAC_SIM_SWARM_H

#include <stdio.h>

#include "checker.h"
#include "plan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* After the faults every honest member that is up commits BAC_HEAL_HEIGHTS more blocks within BAC_HEAL_TIME. */
#define BAC_HEAL_TIME (300 * BAC_SECOND)
#define BAC_HEAL_HEIGHTS 2

struct bac_verdict {
  enum bac_check check; /* BAC_CHECK_NONE: all is well */
  char text[320];
  char plan[400];
  uint64_t height, epochs, frames, steps, crashes, txs_submitted, txs_committed;
  bac_time healed_in; /* until that progress was made */
  uint8_t digest[BAC_HASH_BYTES]; /* over what honest nodes committed, in its order */
};

/* trace: a readable log, or NULL.  BAC_OK, or BAC_EINVAL with a line in why. */
int bac_swarm_run(const struct bac_plan_options *options, FILE *trace, struct bac_verdict *verdict, char *why, size_t why_size);

#ifdef __cplusplus
}
#endif

#endif
