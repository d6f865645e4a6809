/* SPDX-License-Identifier: GPL-2.0-only */
/* What an EV puts on the chain of its own accord: joining, leaving and moving between shards (protocols.md, "Epochs" and section 7), its ticket for
 * the next committee, receipts, and evidence. What it keeps for it is in struct bac_epoch_state. */
#ifndef BAC_NODE_MEMBERSHIP_H
#define BAC_NODE_MEMBERSHIP_H

#include "bac/bac.h"
#include "wire/message.h"

struct bac_node;

/* ---- Records. ---- */

/* Whether it means to stay longer than two epochs from now on: shorter stays are not worth a place in the roster. */
bool bac_membership_stays(const struct bac_node *node);
/* A member that stays draws whether it is in the next epoch's committee. */
void bac_membership_draw(struct bac_node *node);
/* A receipt for the last checkpoint: not all in the same moment. */
void bac_membership_acknowledge(struct bac_node *node);
/* A message of this epoch whose signature holds: a contradiction goes to the chain. */
void bac_membership_witness(struct bac_node *node, const struct bac_msg *msg);
/* The authority's list, handed to this EV. BAC_OK, or BAC_EINVAL if it is none. */
int bac_membership_revoke(struct bac_node *node, const uint8_t *bytes, size_t length);

/* ---- Joining, leaving, moving. ---- */

/* A JOIN; with a passport, the account from the other shard. */
void bac_membership_join(struct bac_node *node);
/* When it means to leave; its LEAVE follows in the last epoch before. */
void bac_membership_depart(struct bac_node *node, bac_time at);
void bac_membership_consider_leaving(struct bac_node *node);
/* The controller's announcement: if it holds, and this EV finds itself where it says, it leaves for the shard that it is sent to. */
void bac_membership_assign(struct bac_node *node, const uint8_t *bytes, size_t length, const struct bac_motion *own);
/* It is no member any more, since it has left for another shard: it may go there, and its host is told. */
void bac_membership_hand_over(struct bac_node *node);
/* The passport with which this EV comes from another shard; copied. */
void bac_membership_bring(struct bac_node *node, const uint8_t *passport, size_t length);

#endif
