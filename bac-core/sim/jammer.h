/* SPDX-License-Identifier: GPL-2.0-only */
/* The denial of service of the paper: an attacker with one radio beside every primary. It learns who leads a round as soon as that member
 * puts a frame on the air as its primary, and from `after` later on nobody hears that member's frames, until its next round (0: not even
 * the first one).
 *
 * It is told of a node's effects, in their order, and says which frames are lost; the channel is the host's. A member is a primary once its
 * node says so (BAC_EFFECT_ROLE): under round-robin as the round begins, under sortition when claims are weighed. Claims, by which a listener
 * could guess the winner earlier, do not start the clock. */
#ifndef BAC_SIM_JAMMER_H
#define BAC_SIM_JAMMER_H

#include "bac/bac.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_jammer;

/* after: >= 0. */
struct bac_jammer *bac_jammer_new(bac_time after);
void bac_jammer_free(struct bac_jammer *jammer); /* NULL is ignored */
/* The node's round, as its ROLE effects say. Other effects are ignored. */
void bac_jammer_effect(struct bac_jammer *jammer, uint32_t id, const struct bac_effect *effect);
/* A frame of the node begins now. Returns whether it is jammed. */
bool bac_jammer_frame(struct bac_jammer *jammer, bac_time now, uint32_t id);
/* Frames jammed so far. */
uint64_t bac_jammer_count(const struct bac_jammer *jammer);

#ifdef __cplusplus
}
#endif

#endif
