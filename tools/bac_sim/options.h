/* SPDX-License-Identifier: GPL-2.0-only */
/* bac-sim's command line. */
#ifndef BAC_TOOLS_BAC_SIM_OPTIONS_H
#define BAC_TOOLS_BAC_SIM_OPTIONS_H

#include "plan.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_SIM_JOBS_MAX 64

struct bac_sim_options {
  struct bac_plan_options plan; /* protocol: not set */
  const char *protocol;         /* or "all"; borrowed from argv */
  uint64_t seeds;               /* 0: until stopped */
  bool range, trace, first, help;
  unsigned jobs;
  uint64_t committees;    /* > 0: no world, but so many epochs of elections (campaign.h) */
  uint32_t lost_permille; /* of honest members' credentials in them */
};

extern const char bac_sim_usage[];

/* jobs: what --jobs is if nobody says. BAC_OK, or BAC_EINVAL with one line in why. */
int bac_sim_options_parse(int argc, char *const *argv, unsigned jobs, struct bac_sim_options *o, char *why, size_t why_size);
/* The command that runs one seed of them again: parsed, it fixes the same plan. */
void bac_sim_options_repeat(const struct bac_sim_options *o, const char *protocol, uint64_t seed, char *text, size_t size);
const char *bac_sim_mode_name(enum bac_mode mode);

#ifdef __cplusplus
}
#endif

#endif
