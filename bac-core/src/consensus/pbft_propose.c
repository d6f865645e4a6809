/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT: proposals. What a PRE_PREPARE may carry, and the primary's next block. */
#include <stdlib.h>

#include "consensus/pbft_internal.h"

/* A block for the height in progress that the chain can take, inserted; else NULL. */
static struct bac_entry *take_block(struct pbft *p, const struct bac_msg *msg) {
  struct bac_entry *at = bac_chain_find(p->chain, msg->digest), *tip = bac_chain_tip(p->chain);
  if (!at) {
    struct bac_block *block = bac_env_decode(p->env, msg->payload, msg->payload_length, msg->sender);
    if (!block) return NULL;
    if (block->header.height != msg->height || memcmp(block->digest, msg->digest, BAC_HASH_BYTES) != 0 ||
        memcmp(block->header.prev_hash, tip->block->digest, BAC_HASH_BYTES) != 0) {
      bac_env_reject(p->env, BAC_REJECT_BLOCK, msg->sender);
      bac_block_free(block);
      return NULL;
    }
    at = bac_env_insert(p->env, block, msg->sender);
  }
  return at && at->parent == tip ? at : NULL;
}

/* What a PRE_PREPARE of view v may carry: the block that NEW_VIEW prescribes for the height, whoever proposed it first;
 * else a block that the view's primary cut in this view, empty if and only if NEW_VIEW prescribes null. */
static bool may_carry(const struct pbft *p, const struct pbft_prescribed *prescribed, const struct bac_header *h) {
  if (prescribed && !prescribed->null) return true; /* the digest was compared */
  return h->round == p->view && h->proposer == p->roster->members[pbft_primary(p, p->view)].id &&
         (h->tx_count == 0) == (prescribed != NULL);
}

static void accept(struct pbft *p, const struct bac_msg *msg) {
  struct pbft_current *c = &p->current;
  if (pbft_active(p)) {
    if (memcmp(c->digest, msg->digest, BAC_HASH_BYTES) != 0)
      bac_env_reject(p->env, BAC_REJECT_EQUIVOCATION, msg->sender);
    else if (!pbft_current_entry(p))
      take_block(p, msg);
    return;
  }
  if (msg->height <= p->base_height) return; /* decided: it comes with its certificate */
  const struct pbft_prescribed *prescribed = pbft_prescription(p, msg->height);
  if (prescribed && !prescribed->null && memcmp(prescribed->digest, msg->digest, BAC_HASH_BYTES) != 0) {
    bac_env_reject(p->env, BAC_REJECT_BLOCK, msg->sender);
    return;
  }
  struct bac_entry *at = take_block(p, msg);
  if (!at) return;
  if (!may_carry(p, prescribed, &at->block->header)) {
    bac_env_reject(p->env, BAC_REJECT_BLOCK, msg->sender);
    return;
  }
  pbft_current_clear(p);
  *c = (struct pbft_current){
      .valid = true, .prepare_sent = true, .view = p->view, .height = msg->height, .accepted_at = bac_env_now(p->env)};
  memcpy(c->digest, msg->digest, BAC_HASH_BYTES);
  memcpy(c->signature, msg->signature, BAC_SIGNATURE_BYTES);
  p->ticks = 0;
  pbft_persist(p);
  pbft_send_vote(p, BAC_MSG_PREPARE);
}

/* A proposal of an earlier view, or one that this member may not vote on, is worth its body only: NEW_VIEW prescribes
 * it, COMMITs of the others may decide it, or (while this member waits for a new view) the others may be at work on it.
 */
static void take_body(struct pbft *p, const struct bac_msg *msg) {
  if (bac_chain_find(p->chain, msg->digest)) return;
  const struct pbft_prescribed *prescribed = pbft_prescription(p, msg->height);
  const struct pbft_slot *slot = pbft_slot(p, msg->height);
  bool wanted = prescribed && !prescribed->null && memcmp(prescribed->digest, msg->digest, BAC_HASH_BYTES) == 0;
  wanted = wanted || pbft_vote_count(p, slot->commit, msg->view, msg->digest, BAC_INDEX_NONE) > p->f;
  if (!wanted && ((!p->in_change && !p->follower) || p->passive >= PBFT_PASSIVE_MAX)) {
    bac_env_reject(p->env, BAC_REJECT_STALE, msg->sender);
    return;
  }
  p->passive += !wanted;
  take_block(p, msg);
}

static bool too_early(const struct pbft *p, const struct bac_msg *msg) {
  return msg->height > pbft_tip(p) + 1 || msg->view > p->view || (msg->view == p->view && p->in_change);
}

void pbft_on_pre_prepare(struct pbft *p, uint32_t index, const struct bac_msg *msg) {
  uint64_t tip = pbft_tip(p);
  if (index != pbft_primary(p, msg->view))
    bac_env_reject(p->env, BAC_REJECT_WRONG_ROLE, msg->sender);
  else if (pbft_above_window(p, msg->height))
    bac_env_reject(p->env, BAC_REJECT_WINDOW, msg->sender);
  else if (msg->height <= p->stable.height)
    bac_env_reject(p->env, BAC_REJECT_STALE, msg->sender);
  else if (msg->height <= tip || msg->height - tip > PBFT_AHEAD || bac_chain_closed(p->chain))
    return;
  else if (too_early(p, msg))
    pbft_early_keep(p, msg);
  else if (msg->view == p->view && !p->follower)
    accept(p, msg);
  else
    take_body(p, msg);
}

bool pbft_drain_early(struct pbft *p) {
  for (uint32_t i = 0; i < PBFT_EARLY; i++) {
    struct pbft_early e = p->early[i];
    if (!e.payload || too_early(p, &e.msg)) continue;
    p->early[i] = (struct pbft_early){0};
    pbft_on_pre_prepare(p, bac_roster_index(p->roster, e.msg.sender), &e.msg);
    bac_buf_unref(e.payload);
    return true;
  }
  return false;
}

/* An empty block on the committed tip, for a gap that NEW_VIEW fills. */
static struct bac_entry *build_null(struct pbft *p) {
  const struct bac_entry *tip = bac_chain_tip(p->chain);
  struct bac_header h = {.shard = p->roster->shard,
                         .epoch = p->roster->epoch,
                         .height = pbft_tip(p) + 1,
                         .round = p->view,
                         .proposer = p->roster->members[p->self].id,
                         .proposed_at = bac_env_now(p->env)};
  memcpy(h.prev_hash, tip->block->digest, BAC_HASH_BYTES);
  bac_block_seed(h.seed, tip->block->header.seed, h.height);
  struct bac_pool *nothing = bac_pool_new(1);
  struct bac_state *state = bac_state_copy(tip->state);
  struct bac_block *block = bac_block_build(&h, nothing, state, NULL, 0, 0, bac_env_cost(p->env));
  bac_state_free(state);
  bac_pool_free(nothing);
  return bac_env_insert(p->env, block, h.proposer);
}

static struct bac_entry *cut_block(struct pbft *p) {
  const struct bac_pool_entry *oldest = pbft_oldest(p);
  if (!oldest) return NULL;
  if (bac_env_block_due(p->env, pbft_block_since(p, oldest)) > bac_env_now(p->env)) return NULL;
  struct bac_entry *at = bac_env_build(p->env, bac_chain_tip(p->chain), p->view, NULL);
  if (!at || at->block->header.tx_count == 0) { /* nothing fits: try again an interval later */
    p->built_at = bac_env_now(p->env);
    return NULL;
  }
  return at;
}

bool pbft_propose(struct pbft *p) {
  uint64_t height = pbft_tip(p) + 1;
  if (p->follower || p->in_change || !pbft_is_primary(p) || pbft_active(p) || bac_chain_closed(p->chain)) return false;
  if (height <= p->base_height || pbft_above_window(p, height)) return false;
  const struct pbft_prescribed *prescribed = pbft_prescription(p, height);
  struct bac_entry *at;
  if (!prescribed)
    at = cut_block(p);
  else if (prescribed->null)
    at = build_null(p);
  else
    at = bac_chain_find(p->chain, prescribed->digest); /* missing: others who prepared it send it again */
  if (!at || at->parent != bac_chain_tip(p->chain)) return false;
  pbft_current_clear(p);
  p->current =
      (struct pbft_current){.valid = true, .view = p->view, .height = height, .accepted_at = bac_env_now(p->env)};
  memcpy(p->current.digest, at->block->digest, BAC_HASH_BYTES);
  p->ticks = 0;
  pbft_persist(p);
  pbft_send_proposal(p);
  if (!prescribed || prescribed->null) bac_env_proposed(p->env, at->block);
  return true;
}
