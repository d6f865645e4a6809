/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT: votes by height and member, and proposals that came too early. All bounded by roster size and fixed counts. */
#include <stdlib.h>

#include "consensus/pbft_internal.h"

static void slot_clear(struct pbft_slot *slot) {
  free(slot->prepare);
  free(slot->commit);
  *slot = (struct pbft_slot){0};
}

struct pbft_slot *pbft_slot(struct pbft *p, uint64_t height) {
  uint64_t tip = pbft_tip(p);
  if (height <= tip || height - tip > PBFT_AHEAD) return NULL;
  struct pbft_slot *slot = &p->slots[height % PBFT_AHEAD];
  if (slot->height != height) {
    slot_clear(slot);
    slot->height = height;
    slot->prepare = bac_alloc(p->n, sizeof *slot->prepare);
    slot->commit = bac_alloc(p->n, sizeof *slot->commit);
  }
  return slot;
}

void pbft_slots_free(struct pbft *p) {
  for (uint32_t i = 0; i < PBFT_AHEAD; i++) slot_clear(&p->slots[i]);
  for (uint32_t i = 0; i < PBFT_EARLY; i++) {
    bac_buf_unref(p->early[i].payload);
    p->early[i] = (struct pbft_early){0};
  }
}

bool pbft_vote_add(struct pbft *p, struct pbft_vote *votes, uint32_t index, const struct bac_msg *msg) {
  struct pbft_vote *v = &votes[index];
  if (v->used && v->view == msg->view) {
    bool same = memcmp(v->digest, msg->digest, BAC_HASH_BYTES) == 0;
    if (!same) bac_env_reject(p->env, BAC_REJECT_EQUIVOCATION, msg->sender);
    return false; /* a retransmission is no offence */
  }
  if (v->used && v->view > msg->view) {
    bac_env_reject(p->env, BAC_REJECT_STALE, msg->sender);
    return false;
  }
  v->used = true;
  v->view = msg->view;
  memcpy(v->digest, msg->digest, BAC_HASH_BYTES);
  memcpy(v->signature, msg->signature, BAC_SIGNATURE_BYTES);
  return true;
}

static bool matches(const struct pbft_vote *v, uint64_t view, const uint8_t *digest) {
  return v->used && v->view == view && memcmp(v->digest, digest, BAC_HASH_BYTES) == 0;
}

uint32_t pbft_vote_count(const struct pbft *p, const struct pbft_vote *votes, uint64_t view, const uint8_t *digest,
                         uint32_t except) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < p->n; i++) count += i != except && matches(&votes[i], view, digest);
  return count;
}

const struct pbft_vote *pbft_vote_quorum(const struct pbft *p, const struct pbft_vote *votes, uint32_t needed) {
  const struct pbft_vote *last = NULL;
  for (uint32_t i = 0; i + needed <= p->n; i++) { /* the first of `needed` voters stands here */
    const struct pbft_vote *v = &votes[i];
    if (!v->used || (last && matches(last, v->view, v->digest))) continue;
    if (pbft_vote_count(p, votes, v->view, v->digest, BAC_INDEX_NONE) >= needed) return v;
    last = v;
  }
  return NULL;
}

/* qc: the fields but signers and signatures are set; view and digest choose the votes. */
void pbft_vote_certificate(const struct pbft *p, const struct pbft_vote *votes, uint32_t needed, uint32_t except,
                           struct bac_qc *qc) {
  struct bac_votes set = {0};
  const struct bac_qc what = *qc;
  for (uint32_t i = 0; i < p->n; i++)
    if (i != except && matches(&votes[i], what.view, what.digest)) bac_votes_add(&set, p->n, i, votes[i].signature);
  bac_votes_certificate(&set, p->n, needed, &what, qc);
  bac_votes_clear(&set);
}

/* Keeps a PRE_PREPARE whose height or view has not come yet: one for each sender and height, PBFT_EARLY altogether.
 * When all places are taken the one furthest ahead goes. */
void pbft_early_keep(struct pbft *p, const struct bac_msg *msg) {
  struct pbft_early *place = NULL;
  for (uint32_t i = 0; i < PBFT_EARLY; i++) {
    struct pbft_early *e = &p->early[i];
    if (!e->payload || e->msg.sender != msg->sender || e->msg.height != msg->height) continue;
    if (e->msg.view == msg->view && memcmp(e->msg.digest, msg->digest, BAC_HASH_BYTES) != 0)
      bac_env_reject(p->env, BAC_REJECT_EQUIVOCATION, msg->sender);
    if (e->msg.view <= msg->view && e->msg.view >= p->view) return;
    place = e;
    break;
  }
  for (uint32_t i = 0; i < PBFT_EARLY && !place; i++)
    if (!p->early[i].payload) place = &p->early[i];
  if (!place) {
    place = &p->early[0];
    for (uint32_t i = 1; i < PBFT_EARLY; i++) {
      const struct bac_msg *e = &p->early[i].msg;
      if (e->view > place->msg.view || (e->view == place->msg.view && e->height > place->msg.height))
        place = &p->early[i];
    }
    if (msg->view > place->msg.view || (msg->view == place->msg.view && msg->height >= place->msg.height)) {
      bac_env_reject(p->env, BAC_REJECT_WINDOW, msg->sender);
      return;
    }
  }
  bac_buf_unref(place->payload);
  place->payload = bac_buf_new(msg->payload, msg->payload_length);
  place->msg = *msg;
  place->msg.payload = place->payload->data;
}

uint64_t pbft_vouched(const struct pbft *p, const uint64_t *values) {
  uint64_t best = 0;
  for (uint32_t i = 0; i < p->n; i++) {
    if (i == p->self || values[i] <= best) continue;
    uint32_t at_least = 0;
    for (uint32_t k = 0; k < p->n; k++) at_least += k != p->self && values[k] >= values[i];
    if (at_least > p->f) best = values[i];
  }
  return best;
}
