/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT: leaving a view. A VIEW_CHANGE is a signed summary (what this member has committed and prepared) with
 * certificates beside it: summary || u32 length || certificate of the base || for each claim: PRE_PREPARE's signature,
 * u32 length || PREPAREs A length of 0 leaves a certificate out. Signatures cover the summary alone, so a NEW_VIEW
 * repeats summaries, not certificates. */
#include <stdlib.h>

#include "consensus/pbft_internal.h"

/* ---- Sending ---- */

/* False while this member cannot show what it has committed: a claim without a base would hide decided blocks. */
static bool own_summary(const struct pbft *p, struct pbft_summary *s) {
  const struct bac_entry *tip = bac_chain_tip(p->chain);
  *s = (struct pbft_summary){.view = p->view, .base_height = tip->block->header.height};
  memcpy(s->base_digest, tip->block->digest, BAC_HASH_BYTES);
  if (s->base_height != p->origin && !pbft_base_certificate(p, s->base_height)) return false;
  if (p->prepared.valid && p->prepared.height == s->base_height + 1 && p->prepared.view < p->view) {
    s->count = 1;
    s->claims[0] = (struct pbft_claim){.height = p->prepared.height, .view = p->prepared.view};
    memcpy(s->claims[0].digest, p->prepared.digest, BAC_HASH_BYTES);
  }
  return true;
}

static bool same_claims(const struct pbft_summary *a, const struct pbft_summary *b) {
  uint8_t da[BAC_HASH_BYTES], db[BAC_HASH_BYTES];
  pbft_summary_digest(da, a);
  pbft_summary_digest(db, b);
  return memcmp(da, db, BAC_HASH_BYTES) == 0;
}

/* The first time, certificates that f+1 others have sent for the same claims are left out: at n = 200 they are 17 kB.
 */
static bool proofs_needed(const struct pbft *p, const struct pbft_summary *s) {
  uint32_t heard = 0;
  if (p->change_step > 0) return true;
  for (uint32_t i = 0; i < p->n; i++) {
    const struct pbft_change *c = &p->changes[i];
    heard += i != p->self && c->used && c->with_proofs && same_claims(&c->summary, s);
  }
  return heard <= p->f;
}

static struct bac_buf *encode_change(const struct pbft *p, const struct pbft_summary *s, bool proofs) {
  struct bac_buf *base = proofs ? pbft_base_certificate(p, s->base_height) : NULL;
  struct bac_buf *qc = proofs && s->count > 0 ? bac_qc_encode(&p->prepared.qc) : NULL;
  size_t base_length = base ? base->length : 0, qc_length = qc ? qc->length : 0;
  struct bac_buf *out = bac_buf_new(NULL, PBFT_SUMMARY_MAX + 4 + base_length + BAC_SIGNATURE_BYTES + 4 + qc_length);
  struct bac_writer w = bac_writer_over(out->data, out->length);
  pbft_summary_write(&w, s);
  bac_write_u32(&w, (uint32_t)base_length);
  if (base) bac_write_bytes(&w, base->data, base_length);
  if (s->count > 0) {
    bac_write_bytes(&w, p->prepared.signature, BAC_SIGNATURE_BYTES);
    bac_write_u32(&w, (uint32_t)qc_length);
    if (qc) bac_write_bytes(&w, qc->data, qc_length);
  }
  BAC_ASSERT(w.ok);
  out->length = w.length;
  bac_buf_unref(qc);
  return out;
}

/* The step counts retransmissions: each is heard anew, so that those in the view already can answer it. */
void pbft_send_change(struct pbft *p) {
  struct pbft_summary s;
  if (!own_summary(p, &s)) return;
  bool proofs = proofs_needed(p, &s);
  struct bac_buf *payload = encode_change(p, &s, proofs);
  uint8_t digest[BAC_HASH_BYTES];
  pbft_summary_digest(digest, &s);
  struct bac_msg msg = pbft_message(p, BAC_MSG_VIEW_CHANGE, s.view, s.base_height, digest);
  msg.step = p->change_step++;
  msg.payload = payload->data;
  msg.payload_length = payload->length;
  bac_env_broadcast(p->env, &msg, true);
  bac_buf_unref(payload);
  struct pbft_change *own = &p->changes[p->self];
  *own = (struct pbft_change){.used = true, .with_proofs = proofs, .step = msg.step, .summary = s};
  memcpy(own->signature, msg.signature, BAC_SIGNATURE_BYTES);
}

void pbft_start_change(struct pbft *p, uint64_t view) {
  BAC_ASSERT(view > p->view);
  p->view = view;
  p->in_change = true;
  p->works = false;
  p->failures++;
  p->change_step = p->ticks = 0;
  p->tick_at = p->new_view_deadline = BAC_NEVER;
  p->base_height = p->prescribed_count = 0;
  bac_buf_unref(p->new_view);
  p->new_view = NULL;
  pbft_persist(p);
  bac_env_role(p->env, BAC_ROLE_CS, view);
  pbft_send_change(p);
}

/* ---- Receiving ---- */

/* Those in the view already tell a member that asks for it: one of them, in turn, sends NEW_VIEW again. A member that
 * missed blocks is shown COMMITs of the newest by 2f+1 others, so that it asks for what it lacks. Not more often than
 * once a tick. */
static void help(struct pbft *p, uint32_t index, const struct bac_msg *msg) {
  bac_time now = bac_env_now(p->env);
  if (p->answered_at[index] >= 0 && now - p->answered_at[index] < pbft_tick_interval(p) / 2) return;
  bool has_view = !p->in_change && p->new_view && msg->view <= p->view;
  bool turn = (index + 1 + msg->step) % p->n == p->self || (pbft_is_primary(p) && msg->step % 4 == 0);
  bool behind = msg->height < pbft_tip(p) && p->last_commit.height == pbft_tip(p);
  bool near = (p->self + p->n - index - 1) % p->n < 2 * p->f + 1;
  if (has_view && turn) bac_env_resend(p->env, p->new_view);
  if (behind && near) {
    struct bac_msg vote =
        pbft_message(p, BAC_MSG_COMMIT, p->last_commit.view, p->last_commit.height, p->last_commit.digest);
    bac_env_send(p->env, &vote, index);
  }
  if ((has_view && turn) || (behind && near)) p->answered_at[index] = now;
}

/* Whether a verified proof at the claim's height makes this one superfluous. */
static bool covered(const struct pbft *p, const struct pbft_claim *c) {
  const struct pbft_proof *k = pbft_known_proof(p, c->height);
  return c->height <= pbft_tip(p) ||
         (k && (k->view > c->view || (k->view == c->view && memcmp(k->digest, c->digest, BAC_HASH_BYTES) == 0)));
}

/* Checks the certificates that tell something new, and keeps them. False: one does not hold. */
static bool take_proofs(struct pbft *p, const struct pbft_summary *s, struct bac_reader *r, bool *complete) {
  size_t length;
  const uint8_t *bytes = pbft_read_sized(r, &length);
  const struct bac_entry *at = bac_chain_at(p->chain, s->base_height);
  if (!bytes || (at && memcmp(at->block->digest, s->base_digest, BAC_HASH_BYTES) != 0)) return false;
  *complete = s->base_height == p->origin || length > 0;
  if (!at && s->base_height > p->best_base.height && length > 0) {
    if (!pbft_check_base(p, s->base_height, s->base_digest, bytes, length)) return false;
    pbft_base_set(&p->best_base, s->base_height, s->base_digest, bac_buf_new(bytes, length));
  }
  for (uint32_t i = 0; i < s->count; i++) {
    const uint8_t *signature = bac_read_bytes(r, BAC_SIGNATURE_BYTES);
    bytes = pbft_read_sized(r, &length);
    if (!bytes) return false;
    if (length == 0) *complete = false;
    if (length == 0 || covered(p, &s->claims[i])) continue;
    struct pbft_proof proof;
    if (!pbft_check_proof(p, &s->claims[i], signature, bytes, length, &proof)) return false;
    pbft_know_proof(p, &proof);
    pbft_proof_clear(&proof);
  }
  return r->ok && bac_reader_left(r) == 0;
}

void pbft_on_view_change(struct pbft *p, uint32_t index, const struct bac_msg *msg) {
  struct pbft_summary s;
  struct bac_reader r = bac_reader_over(msg->payload, msg->payload_length);
  uint8_t digest[BAC_HASH_BYTES];
  bool ok = pbft_summary_read(&r, &s) && s.view == msg->view && s.base_height == msg->height && s.view > 0 &&
            s.view < BAC_ROUND_RECOVERY / 2; /* nobody gets there by timeouts, and views go on the blocks as rounds */
  if (ok) pbft_summary_digest(digest, &s);
  if (!ok || memcmp(digest, msg->digest, BAC_HASH_BYTES) != 0) {
    bac_env_reject(p->env, BAC_REJECT_MALFORMED, msg->sender);
    return;
  }
  help(p, index, msg);
  if (s.view < p->view || (s.view == p->view && !p->in_change)) return;
  struct pbft_change *c = &p->changes[index];
  if (c->used && (c->summary.view > s.view || (c->summary.view == s.view && c->summary.base_height > s.base_height))) {
    bac_env_reject(p->env, BAC_REJECT_STALE, msg->sender);
    return;
  }
  bool complete = false;
  if (!take_proofs(p, &s, &r, &complete)) {
    bac_env_reject(p->env, BAC_REJECT_CERTIFICATE, msg->sender);
    return;
  }
  *c = (struct pbft_change){.used = true, .with_proofs = complete, .step = msg->step, .summary = s};
  memcpy(c->signature, msg->signature, BAC_SIGNATURE_BYTES);
}

void pbft_enter_view(struct pbft *p, uint64_t view, const struct pbft_base *base,
                     const struct pbft_prescribed *prescribed, uint32_t count, struct bac_buf *object) {
  p->view = view;
  p->in_change = p->works = false;
  p->entered_at = bac_env_now(p->env);
  p->ticks = 0;
  p->tick_at = p->new_view_deadline = BAC_NEVER;
  p->forwarded_to = -1;
  p->base_height = base->height;
  p->prescribed_count = count;
  memcpy(p->prescribed, prescribed, sizeof p->prescribed);
  bac_buf_unref(p->new_view);
  p->new_view = object;
  if (base->height > pbft_tip(p)) {
    if (base->height > p->best_base.height)
      pbft_base_set(&p->best_base, base->height, base->digest, bac_buf_ref(base->certificate));
    bac_env_want(p->env, base->height);
  }
  pbft_persist(p);
  bac_env_view_change(p->env);
  bac_env_role(p->env, pbft_is_primary(p) ? BAC_ROLE_PRIMARY : BAC_ROLE_CS, view);
}

void pbft_on_new_view(struct pbft *p, uint32_t index, const struct bac_msg *msg) {
  if (index != pbft_primary(p, msg->view)) {
    bac_env_reject(p->env, BAC_REJECT_WRONG_ROLE, msg->sender);
    return;
  }
  if (p->follower || msg->view < p->view || (msg->view == p->view && !p->in_change)) return;
  struct pbft_base base = {0};
  struct pbft_prescribed prescribed[PBFT_CLAIMS] = {0};
  uint32_t count = 0;
  if (msg->view == 0 || msg->height != 0 ||
      !pbft_check_new_view(p, msg->view, msg->payload, msg->payload_length, &base, prescribed, &count))
    bac_env_reject(p->env, BAC_REJECT_CERTIFICATE, msg->sender);
  else
    pbft_enter_view(p, msg->view, &base, prescribed, count, bac_msg_encode(msg));
  bac_buf_unref(base.certificate);
}

/* ---- Moving on ---- */

/* Members that have left all views below this one: those that went on to a later view count, or the rest would wait for
 * them. */
uint32_t pbft_change_count(const struct pbft *p, uint64_t view) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < p->n; i++) count += p->changes[i].used && p->changes[i].summary.view >= view;
  return count;
}

/* f+1 members want out of this view: the smallest view that they ask for, else the current one. */
static uint64_t joined_view(const struct pbft *p) {
  uint64_t smallest = UINT64_MAX;
  uint32_t count = 0;
  for (uint32_t i = 0; i < p->n; i++) {
    const struct pbft_change *c = &p->changes[i];
    if (i == p->self || !c->used || c->summary.view <= p->view) continue;
    count++;
    if (c->summary.view < smallest) smallest = c->summary.view;
  }
  return count > p->f ? smallest : p->view;
}

bool pbft_view_progress(struct pbft *p) {
  if (p->follower) return false;
  uint64_t view = joined_view(p);
  if (p->vouched_view > view) view = p->vouched_view; /* its NEW_VIEW was lost on the way here: ask for it */
  if (view > p->view) {
    pbft_start_change(p, view);
    return true;
  }
  if (!p->in_change) return false;
  if (pbft_is_primary(p) && pbft_make_new_view(p)) return true;
  if (p->new_view_deadline == BAC_NEVER && pbft_change_count(p, p->view) >= p->q)
    p->new_view_deadline = bac_env_now(p->env) + pbft_timeout(p);
  return false;
}
