/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens to frames between hosts, as the plan has it: loss, bursts, reordering, replay, partitions, hidden terminals; and what
 * byzantine members let through of what their nodes say. (Delay, duplication and corruption are the network's own, network.h.) */
#ifndef BAC_SIM_CHANNEL_H
#define BAC_SIM_CHANNEL_H

#include "plan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_channel;

/* Borrows both. */
struct bac_channel *bac_channel_new(const struct bac_plan *plan, struct bac_sim *sim);
void bac_channel_free(struct bac_channel *channel);
/* As bac_sim_filter; ctx: the channel. */
bool bac_channel_pass(void *channel, uint32_t from, uint32_t to, uint8_t *bytes, size_t *length);
/* New partitions, one-way or both ways, as far as the plan has them; or none. */
void bac_channel_shuffle(struct bac_channel *channel);
void bac_channel_join(struct bac_channel *channel);
/* No faults from now on; byzantine members go on. */
void bac_channel_heal(struct bac_channel *channel);
/* Which of the two sides that twins keep apart a node is on: 0 or 1. */
/* Nobody hears the node, and it hears nobody, up to that time. */
void bac_channel_isolate(struct bac_channel *channel, uint32_t node, bac_time until);
uint32_t bac_channel_side(const struct bac_channel *channel, uint32_t node);

#ifdef __cplusplus
}
#endif

#endif
