/* SPDX-License-Identifier: GPL-2.0-only */
/* The macro base station as the controller (the paper's SDN controller): it hears from the shards who is a member, knows where EVs are and how
 * they drive, and announces which EV belongs to which shard (shard/assignment.h). It has no vote, and carries no block. */
#ifndef BAC_SIM_CONTROLLER_H
#define BAC_SIM_CONTROLLER_H

#include "bac/bac.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_controller;

struct bac_controller_config {
  uint64_t seed;           /* of the run: its keys, and the authority's that certifies them */
  uint32_t id;             /* no other node's */
  uint32_t horizon_ms;     /* an EV is sent to another shard when it is there now and will be after so long; <= 600,000 */
  uint32_t bytes_per_s;    /* that announcements for one shard may take, on average; 0: any. The channel is the shard's for its own work */
};

struct bac_controller *bac_controller_new(const struct bac_controller_config *config);
void bac_controller_free(struct bac_controller *controller); /* NULL is ignored */

/* The shards' sites from now on, 1..5000; copied.  weight_ms: of velocities in distances, <= 600,000; 0: places alone count. */
void bac_controller_set_sites(struct bac_controller *controller, const struct bac_site *sites, uint32_t count, uint32_t weight_ms);
/* A shard is in this epoch now; an older one changes nothing. */
void bac_controller_epoch(struct bac_controller *controller, const struct bac_roster *roster);

/* Where an EV is. False: out of reach. */
typedef bool (*bac_controller_where)(void *ctx, uint32_t ev, struct bac_motion *motion);
/* The announcement for a shard's members; borrowed until the next one. NULL: there is none to make it for, or the last one was too long to follow it
 * so soon. */
const uint8_t *bac_controller_announce(struct bac_controller *controller, bac_time now, uint32_t shard, bac_controller_where where, void *ctx,
                                       size_t *length);
/* Orders given: rows of announcements that name another shard, each EV once an epoch. */
uint64_t bac_controller_orders(const struct bac_controller *controller);

#ifdef __cplusplus
}
#endif

#endif
