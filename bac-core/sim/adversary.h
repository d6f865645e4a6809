/* SPDX-License-Identifier: GPL-2.0-only */
/* The brain behind the byzantine members: hears what they hear and what their own nodes say, holds all their keys, and signs what could do
 * harm. It knows the message header, transactions and records, no protocol: what it says is made of what it heard, so every engine that is
 * registered is attacked. (That members stay silent, tell some only, or live twice is the channel's and the network's part.) */
#ifndef BAC_SIM_ADVERSARY_H
#define BAC_SIM_ADVERSARY_H

#include "channel.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_adversary;

/* Borrows all four. */
struct bac_adversary *bac_adversary_new(const struct bac_plan *plan, struct bac_sim *sim, const struct bac_channel *channel, const struct bac_roster *genesis);
void bac_adversary_free(struct bac_adversary *adversary); /* NULL is ignored */
/* A frame on its way from host to host. */
void bac_adversary_hear(struct bac_adversary *adversary, uint32_t from, uint32_t to, const uint8_t *bytes, size_t length);
/* Says what it has to say by now; to be called every few milliseconds. */
void bac_adversary_run(struct bac_adversary *adversary);

#ifdef __cplusplus
}
#endif

#endif
