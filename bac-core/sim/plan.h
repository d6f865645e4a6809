/* SPDX-License-Identifier: GPL-2.0-only */
/* What a seed makes of its world: size, protocol options, which faults and attacks are on (a swarm: each seed a random subset, so that
 * no fault hides another), and how strong each is. All is drawn from the seed, or fixed by options. */
#ifndef BAC_SIM_PLAN_H
#define BAC_SIM_PLAN_H

#include "air.h"
#include "network.h"

#ifdef __cplusplus
extern "C" {
#endif

enum bac_fault {
  BAC_FAULT_LOSS,      /* independent, per receiver */
  BAC_FAULT_BURST,     /* per receiver, in bursts (Gilbert and Elliott's two states) */
  BAC_FAULT_DELAY,     /* all frames late */
  BAC_FAULT_REORDER,   /* some frames much later than others */
  BAC_FAULT_DUPLICATE,
  BAC_FAULT_CORRUPT,   /* one byte */
  BAC_FAULT_REPLAY,    /* frames of long ago again */
  BAC_FAULT_PARTITION, /* two groups for a time */
  BAC_FAULT_ONE_WAY,   /* one group hears the other, which does not hear it */
  BAC_FAULT_HIDDEN,    /* pairs that never hear each other: what they say must be relayed */
  BAC_FAULT_SKEW,      /* clocks off by up to half a second, and drifting */
  BAC_FAULT_CRASH,     /* between steps; later a restart from the records */
  BAC_FAULT_CUT,       /* in the middle of a step: its last record torn, or some of its frames not sent */
  BAC_FAULT_SLOW,      /* a node that takes long for each step */
  BAC_FAULT_CHURN,     /* epochs; EVs join and leave */
  BAC_FAULT_ISOLATE,   /* who commits a height first is cut off for a time: what it knows, the others must find again */
  BAC_FAULT_BLACKOUT,  /* as somebody commits a height first, all others lose power, or all do: what they know is what their records say */
  BAC_FAULTS
};

/* What byzantine members do; one brain, all their keys. */
enum bac_attack {
  BAC_ATTACK_SILENT,   /* say nothing */
  BAC_ATTACK_WITHHOLD, /* say it to some */
  BAC_ATTACK_TWIN,     /* two live copies of each, in touch with one half of the others each */
  BAC_ATTACK_ECHO,     /* sign what others say: vote for all there is to vote for */
  BAC_ATTACK_LIE,      /* sign messages changed in a field or in their content */
  BAC_ATTACK_OLD,      /* sign what was said earlier, in another round or epoch */
  BAC_ATTACK_SPEND,    /* transactions that spend twice, or what is not there */
  BAC_ATTACK_CENSOR,   /* pass nothing on that others say */
  BAC_ATTACK_SPEAK,    /* say what their nodes mean to say, or what breaks one rule instead (speaker.h) */
  BAC_ATTACKS
};

#define BAC_PLAN_DRAW UINT32_MAX

/* What the caller fixes; BAC_PLAN_DRAW, or 0 time: the seed says. */
struct bac_plan_options {
  const char *protocol;
  enum bac_mode mode;
  uint64_t seed;
  uint32_t nodes, byzantine;
  bac_time time; /* of the faults */
  bool radio;    /* on the 802.11p medium (air.h), nobody has a twin there */
};

struct bac_plan {
  uint64_t seed;
  struct bac_sim_config config; /* clocks, air and at_m: into those below */
  struct bac_sim_clock clocks[BAC_ROSTER_MAX];
  struct bac_air_config air;
  double at_m[BAC_ROSTER_MAX][3];
  uint32_t disc_m;              /* they stand in; 0: no radio */
  bool real_crypto;             /* 1 in 16 */
  bac_time time;                /* faults end here */
  uint32_t faults, attacks;     /* sets: 1 << one of the above */
  uint32_t loss_permille, burst_permille, burst_frames, reorder_permille, replay_permille, hidden_permille;
  bac_time reorder_max;
  bac_time event_mean;          /* between crashes, cuts, comings and goings */
  uint32_t faults_max;          /* byzantine members that the protocol is made for */
  bool beyond;                  /* there are more of them */
  bool instead;                 /* BAC_ATTACK_SPEAK: only the speaker is heard, not the nodes themselves */
};

/* BAC_OK, or BAC_EINVAL with a line in why. */
int bac_plan_draw(struct bac_plan *plan, const struct bac_plan_options *options, char *why, size_t why_size);
/* In words: "7 nodes, 2 byzantine (twin, lie), loss crash, epochs of 5, 20.0 s". */
void bac_plan_describe(const struct bac_plan *plan, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
