/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT: what happens when nothing happens. The next block, the request timer, retransmission, forwarding to the
 * primary. */
#include "consensus/pbft_internal.h"

static bac_time max_time(bac_time a, bac_time b) { return a > b ? a : b; }
static bac_time min_time(bac_time a, bac_time b) { return a < b ? a : b; }

/* Doubled for each view change without progress in between. */
bac_time pbft_timeout(const struct pbft *p) {
  uint32_t doublings = p->failures < PBFT_BACKOFF_MAX ? p->failures : PBFT_BACKOFF_MAX;
  return bac_env_config(p->env)->request_timeout << doublings;
}

bac_time pbft_tick_interval(const struct pbft *p) {
  const struct bac_config *c = bac_env_config(p->env);
  uint32_t receivers = c->delivery == BAC_DELIVERY_BROADCAST ? 1 : p->n - 1;
  return max_time(c->request_timeout / 4, 2 * bac_env_vote_window(p->env, receivers));
}

struct bac_pool_entry *pbft_oldest(const struct pbft *p) {
  const struct bac_pool *pool = bac_env_pool(p->env);
  const struct bac_state *state = bac_chain_tip(p->chain)->state;
  if (bac_chain_closed(p->chain)) return NULL; /* what waits is the next epoch's */
  struct bac_pool_entry *e = bac_pool_next(pool, NULL);
  while (e && !bac_state_accepts(state, &e->tx)) e = bac_pool_next(pool, e);
  return e;
}

/* ---- When ---- */

bac_time pbft_block_since(const struct pbft *p, const struct bac_pool_entry *oldest) {
  return max_time(max_time(p->last_commit_at, oldest->arrived_at), p->built_at);
}

static bac_time block_at(const struct pbft *p) {
  uint64_t height = pbft_tip(p) + 1;
  if (p->follower || p->in_change || !pbft_is_primary(p) || pbft_active(p) || height <= p->base_height ||
      pbft_above_window(p, height) || pbft_prescription(p, height))
    return BAC_NEVER;
  const struct bac_pool_entry *e = pbft_oldest(p);
  return e ? bac_env_block_due(p->env, pbft_block_since(p, e)) : BAC_NEVER;
}

/* Since a transaction's arrival, with two allowances for an honest primary under load: while blocks are full it waits
 * for its turn; and a commit in between gives it longer, up to four times the timeout. */
static bac_time request_at(const struct pbft *p) {
  bac_time timeout = pbft_timeout(p);
  if (p->follower || p->n == 1) return BAC_NEVER;
  if (p->in_change) return p->new_view_deadline;
  if (p->vouched_height > pbft_tip(p) + 1) return BAC_NEVER; /* this member lags: not the primary's fault */
  if (pbft_active(p)) return p->current.accepted_at + timeout;
  if (pbft_prescription(p, pbft_tip(p) + 1)) return max_time(p->entered_at, p->last_commit_at) + timeout;
  const struct bac_pool_entry *e = pbft_oldest(p);
  if (!e) return BAC_NEVER;
  bac_time deadline = p->last_block_full ? max_time(e->arrived_at, p->last_commit_at) + timeout
                                         : max_time(e->arrived_at + timeout,
                                                    min_time(p->last_commit_at, e->arrived_at + 3 * timeout) + timeout);
  return max_time(deadline, p->entered_at + timeout);
}

static bac_time forward_base(const struct pbft *p, const struct bac_pool_entry *e) {
  bac_time since = max_time(e->arrived_at, p->entered_at);
  return p->last_block_full ? max_time(since, p->last_commit_at) : since;
}

static bool to_forward(const struct pbft *p, const struct bac_pool_entry *e) {
  return e->arrived_at > p->forwarded_to && bac_state_accepts(bac_chain_tip(p->chain)->state, &e->tx);
}

static bac_time forward_at(const struct pbft *p) {
  const struct bac_pool *pool = bac_env_pool(p->env);
  if (p->follower || p->in_change || pbft_is_primary(p) || pbft_active(p) || bac_chain_closed(p->chain)) return BAC_NEVER;
  struct bac_pool_entry *e = bac_pool_next(pool, NULL);
  while (e && !to_forward(p, e)) e = bac_pool_next(pool, e);
  return e ? forward_base(p, e) + bac_env_config(p->env)->request_timeout / 2 : BAC_NEVER;
}

static bool announces(const struct pbft *p) { return !p->in_change && pbft_is_primary(p) && p->new_view && !p->works; }

/* Nothing follows on a block that is due a checkpoint: perhaps somebody lacks CHECKPOINTs and is held up by the high
 * watermark. */
static bool checkpoint_waits(const struct pbft *p) {
  uint64_t tip = pbft_tip(p);
  return tip > 0 && tip % bac_env_config(p->env)->checkpoint_interval == 0 && !pbft_active(p) && pbft_oldest(p);
}

/* Nor does a proposal come to anything: whoever is held up by it has caught up since, as far as to the tip, without the CHECKPOINTs of its
 * way there. 0: there was none. */
static uint64_t checkpoint_lacked(const struct pbft *p) {
  uint64_t tip = pbft_tip(p), last = tip - tip % bac_env_config(p->env)->checkpoint_interval;
  return pbft_active(p) && p->ticks > 1 && last > p->origin ? last : 0;
}

static bool tick_needed(const struct pbft *p) {
  uint64_t tip = pbft_tip(p);
  if (p->vouched_height > tip || p->base_height > tip || p->best_base.height > tip) return true;
  if (p->follower) return false;
  return p->in_change || pbft_active(p) || pbft_prescription(p, tip + 1) || announces(p) || checkpoint_waits(p);
}

static void arm(struct pbft *p, enum pbft_timer timer, bac_time at) {
  if (p->armed[timer] == at) return;
  p->armed[timer] = at;
  bac_env_timer(p->env, timer, at);
}

void pbft_arm(struct pbft *p) {
  if (!tick_needed(p))
    p->tick_at = BAC_NEVER;
  else if (p->tick_at == BAC_NEVER)
    p->tick_at = bac_env_now(p->env) + pbft_tick_interval(p);
  arm(p, PBFT_TIMER_BLOCK, block_at(p));
  arm(p, PBFT_TIMER_REQUEST, request_at(p));
  arm(p, PBFT_TIMER_TICK, p->tick_at);
  arm(p, PBFT_TIMER_FORWARD, forward_at(p));
}

/* ---- What ---- */

/* A new primary may lack the body that NEW_VIEW prescribes: those who are prepared send the old PRE_PREPARE again, one
 * after the other. */
static void resend_body(struct pbft *p) {
  const struct pbft_prescribed *o = pbft_prescription(p, pbft_tip(p) + 1);
  uint32_t primary = pbft_primary(p, p->view), rank = (p->self + p->n - primary - 1) % p->n;
  if (!o || o->null || p->self == primary || !p->prepared.valid ||
      memcmp(o->digest, p->prepared.digest, BAC_HASH_BYTES) != 0)
    return;
  const struct bac_entry *at = bac_chain_find(p->chain, o->digest);
  if (!at || (p->ticks - 1) % (p->n - 1) != rank) return;
  uint32_t first = pbft_primary(p, p->prepared.view);
  struct bac_msg msg = pbft_message(p, BAC_MSG_PRE_PREPARE, p->prepared.view, p->prepared.height, p->prepared.digest);
  msg.role = BAC_ROLE_PRIMARY;
  msg.sender = p->roster->members[first].id;
  memcpy(msg.signature, p->prepared.signature, BAC_SIGNATURE_BYTES);
  msg.payload = at->block->payload->data;
  msg.payload_length = at->block->payload->length;
  struct bac_buf *object = bac_msg_encode(&msg);
  bac_env_resend(p->env, object);
  bac_buf_unref(object);
}

static uint64_t highest(uint64_t a, uint64_t b) { return a > b ? a : b; }

static void want(struct pbft *p) {
  uint64_t tip = pbft_tip(p), height = highest(p->vouched_height, highest(p->base_height, p->best_base.height));
  if (pbft_active(p) && p->ticks >= (p->current.commit_sent ? 2u : 4u))
    height = highest(height, tip + 1); /* perhaps the others got through */
  if (height > tip) bac_env_want(p->env, height);
}

static void tick(struct pbft *p) {
  p->tick_at = BAC_NEVER;
  p->ticks++;
  bool seldom = (p->ticks & (p->ticks - 1)) == 0 || p->ticks % 8 == 0; /* large messages: 1, 2, 4, 8, 16, 24 ... */
  want(p);
  if (p->follower) return;
  if (p->in_change) {
    if (seldom) pbft_send_change(p);
    return;
  }
  if (announces(p) && seldom) bac_env_resend(p->env, p->new_view);
  if (pbft_active(p)) {
    if (pbft_is_primary(p) && seldom) pbft_send_proposal(p);
    pbft_send_votes(p);
  } else {
    resend_body(p);
  }
  if (checkpoint_waits(p)) pbft_send_checkpoint(p, pbft_tip(p));
  if (checkpoint_lacked(p) > 0 && seldom) pbft_send_checkpoint(p, checkpoint_lacked(p));
}

static void forward(struct pbft *p) {
  const struct bac_pool *pool = bac_env_pool(p->env);
  bac_time late = bac_env_now(p->env) - bac_env_config(p->env)->request_timeout / 2;
  bac_time reached = p->forwarded_to;
  uint32_t count = 0;
  if (p->in_change || pbft_is_primary(p)) return;
  for (struct bac_pool_entry *e = bac_pool_next(pool, NULL); e && count < PBFT_FORWARD_MAX;
       e = bac_pool_next(pool, e)) {
    if (!to_forward(p, e) || forward_base(p, e) > late) continue;
    bac_env_forward_tx(p->env, &e->tx, pbft_primary(p, p->view));
    reached = max_time(reached, e->arrived_at);
    count++;
  }
  p->forwarded_to = reached;
}

void pbft_timer(void *engine, uint32_t timer) {
  struct pbft *p = engine;
  if (timer >= PBFT_TIMER_COUNT) return;
  p->armed[timer] = BAC_NEVER;
  bac_time now = bac_env_now(p->env);
  if (timer == PBFT_TIMER_TICK && p->tick_at <= now) tick(p);
  if (timer == PBFT_TIMER_FORWARD) forward(p);
  if (timer == PBFT_TIMER_REQUEST && request_at(p) <= now) pbft_start_change(p, p->view + 1);
  pbft_progress(p);
}
