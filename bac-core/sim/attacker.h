/* SPDX-License-Identifier: GPL-2.0-only */
/* The denial of service of the paper on a real radio: an attacker that listens to one shard's channel and jams its primary from `delay` after
 * that one's first frame, for `duration`. It reads what anybody can read off the air, and decides; stations and powers are the host's. (In
 * process, where frames are lost by decision, sim/jammer.h does for it.)
 *
 * It has one jammer a shard: a new target takes the place of the last one. Engines without a primary that speaks first (hashgraph, bac2) give it
 * none. */
#ifndef BAC_SIM_ATTACKER_H
#define BAC_SIM_ATTACKER_H

#include "bac/bac.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What shows the attacker who leads; each includes the one before it. */
enum bac_attack_on {
  BAC_ATTACK_ON_BLOCK,    /* the first frame of a proposal */
  BAC_ATTACK_ON_CLAIM,    /* sortition: the first frame of a claim that is the best of its round so far: 2 delta before the proposal */
  BAC_ATTACK_ON_SCHEDULE, /* without sortition: the turn that everybody knows beforehand, before anything is on the air */
};

struct bac_attack {
  enum bac_attack_on on;
  bac_time delay, duration; /* >= 0, > 0 */
};

/* What a listener reads in a frame: who proposes, or claims, in which round. */
struct bac_overheard {
  uint32_t sender;
  uint64_t epoch, view, height;
  bool claims;
  uint8_t priority[BAC_HASH_BYTES]; /* of a claim: the lowest wins */
};
/* Proposals and claims of the frame's own transmitter whose first bytes stand in it (those that it relays are others'), at most `max`; returns
 * how many. Any bytes will do. */
size_t bac_overhear(const uint8_t *frame, size_t length, struct bac_overheard *out, size_t max);

/* Whom to jam from when to when. */
struct bac_jam {
  uint32_t target;
  bac_time from, until;
};

struct bac_attacker;

struct bac_attacker *bac_attacker_new(const struct bac_attack *attack); /* copied */
void bac_attacker_free(struct bac_attacker *attacker);                  /* NULL is ignored */
/* A frame with this in it has ended. True: it shows a target; *jam says when. */
bool bac_attacker_hears(struct bac_attacker *attacker, bac_time now, const struct bac_overheard *heard, struct bac_jam *jam);
/* A node is told its role (BAC_EFFECT_ROLE; other effects are ignored). election: bac_election_name of the run. True: that follows from a
 * schedule that the attacker knows, too, and it goes by it. */
bool bac_attacker_effect(struct bac_attacker *attacker, bac_time now, const char *election, uint32_t id, const struct bac_effect *effect,
                         struct bac_jam *jam);

#ifdef __cplusplus
}
#endif

#endif
