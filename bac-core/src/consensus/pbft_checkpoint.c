/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT: checkpoints. Q(n) members that name the same block at a multiple of K move the watermarks. */
#include "consensus/pbft_internal.h"

static void checkpoint_try(struct pbft *p, const struct pbft_checkpoint *c) {
  uint32_t count = 0;
  if (c->height <= p->stable.height) return;
  for (uint32_t i = 0; i < p->n; i++)
    count += p->checkpoints[i].height == c->height && memcmp(p->checkpoints[i].digest, c->digest, BAC_HASH_BYTES) == 0;
  if (count < p->q) return;
  struct bac_votes votes = {0};
  struct bac_qc qc = {0}, what = {.protocol = bac_pbft.id,
                                  .type = BAC_MSG_CHECKPOINT,
                                  .shard = p->roster->shard,
                                  .epoch = p->roster->epoch,
                                  .height = c->height};
  memcpy(what.digest, c->digest, BAC_HASH_BYTES);
  for (uint32_t i = 0; i < p->n; i++) {
    const struct pbft_checkpoint *o = &p->checkpoints[i];
    if (o->height == c->height && memcmp(o->digest, c->digest, BAC_HASH_BYTES) == 0)
      bac_votes_add(&votes, p->n, i, o->signature);
  }
  bac_votes_certificate(&votes, p->n, p->q, &what, &qc);
  bac_votes_clear(&votes);
  struct bac_buf *certificate = bac_qc_encode(&qc);
  bac_qc_clear(&qc);
  if (c->height > pbft_tip(p)) {
    if (c->height > p->best_base.height) pbft_base_set(&p->best_base, c->height, c->digest, bac_buf_ref(certificate));
    bac_env_want(p->env, c->height);
  }
  pbft_base_set(&p->stable, c->height, c->digest, certificate);
}

static void checkpoint_store(struct pbft *p, uint32_t index, const struct bac_msg *msg) {
  struct pbft_checkpoint *c = &p->checkpoints[index];
  c->height = msg->height;
  memcpy(c->digest, msg->digest, BAC_HASH_BYTES);
  memcpy(c->signature, msg->signature, BAC_SIGNATURE_BYTES);
  checkpoint_try(p, c);
}

void pbft_send_checkpoint(struct pbft *p, uint64_t height) {
  struct bac_msg msg = pbft_message(p, BAC_MSG_CHECKPOINT, 0, height, bac_chain_at(p->chain, height)->block->digest);
  bac_env_broadcast(p->env, &msg, true);
  if (p->checkpoints[p->self].height <= height) checkpoint_store(p, p->self, &msg);
}

/* There is no upper bound: this is how a member that lags learns of a later window, and one CHECKPOINT is kept for each
 * member. */
void pbft_on_checkpoint(struct pbft *p, uint32_t index, const struct bac_msg *msg) {
  const struct pbft_checkpoint *c = &p->checkpoints[index];
  if (msg->view != 0 || msg->height == 0 || msg->height % bac_env_config(p->env)->checkpoint_interval != 0)
    bac_env_reject(p->env, BAC_REJECT_MALFORMED, msg->sender);
  else if (c->height == msg->height && memcmp(c->digest, msg->digest, BAC_HASH_BYTES) != 0)
    bac_env_reject(p->env, BAC_REJECT_EQUIVOCATION, msg->sender);
  else if (msg->height < p->stable.height || msg->height < c->height)
    bac_env_reject(p->env, BAC_REJECT_STALE, msg->sender);
  else if (msg->height > c->height)
    checkpoint_store(p, index, msg);
}
