/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT: the normal case. PRE_PREPARE, PREPARE, COMMIT, CHECKPOINT for one block at a time. */
#include <stdlib.h>

#include "consensus/pbft_internal.h"

uint64_t pbft_tip(const struct pbft *p) { return bac_chain_tip(p->chain)->block->header.height; }

bool pbft_above_window(const struct pbft *p, uint64_t height) {
  return height > p->stable.height &&
         height - p->stable.height > 2 * (uint64_t)bac_env_config(p->env)->checkpoint_interval;
}

bool pbft_active(const struct pbft *p) {
  return p->current.valid && p->current.view == p->view && !p->in_change && p->current.height == pbft_tip(p) + 1;
}

const struct pbft_prescribed *pbft_prescription(const struct pbft *p, uint64_t height) {
  for (uint32_t i = 0; i < p->prescribed_count; i++)
    if (p->prescribed[i].height == height) return &p->prescribed[i];
  return NULL;
}

struct bac_msg pbft_message(const struct pbft *p, uint32_t type, uint64_t view, uint64_t height,
                            const uint8_t *digest) {
  struct bac_msg msg = {.protocol = bac_pbft.id,
                        .type = type,
                        .role = BAC_ROLE_CS,
                        .shard = p->roster->shard,
                        .epoch = p->roster->epoch,
                        .view = view,
                        .height = height,
                        .sender = p->roster->members[p->self].id};
  memcpy(msg.digest, digest, BAC_HASH_BYTES);
  return msg;
}

/* ---- Sending ---- */

struct bac_entry *pbft_current_entry(const struct pbft *p) {
  struct bac_entry *at = bac_chain_find(p->chain, p->current.digest);
  return at && at->parent == bac_chain_tip(p->chain) ? at : NULL;
}

void pbft_send_vote(struct pbft *p, uint32_t type) {
  struct bac_msg msg = pbft_message(p, type, p->current.view, p->current.height, p->current.digest);
  bac_env_broadcast(p->env, &msg, true);
  struct pbft_slot *slot = pbft_slot(p, msg.height);
  pbft_vote_add(p, type == BAC_MSG_PREPARE ? slot->prepare : slot->commit, p->self, &msg);
}

/* What was persisted as sent; sending it again gives the same bytes. */
void pbft_send_votes(struct pbft *p) {
  if (p->current.prepare_sent) pbft_send_vote(p, BAC_MSG_PREPARE);
  if (p->current.commit_sent) pbft_send_vote(p, BAC_MSG_COMMIT);
}

void pbft_send_proposal(struct pbft *p) {
  struct bac_entry *at = pbft_current_entry(p);
  if (p->current.object) {
    bac_env_resend(p->env, p->current.object);
  } else if (at) {
    struct bac_msg msg = pbft_message(p, BAC_MSG_PRE_PREPARE, p->current.view, p->current.height, p->current.digest);
    msg.role = BAC_ROLE_PRIMARY;
    msg.payload = at->block->payload->data;
    msg.payload_length = at->block->payload->length;
    bac_env_broadcast(p->env, &msg, false);
    memcpy(p->current.signature, msg.signature, BAC_SIGNATURE_BYTES);
    p->current.object = bac_buf_ref(bac_env_last_object(p->env));
  }
}

/* ---- Committing ---- */

void pbft_current_clear(struct pbft *p) {
  bac_buf_unref(p->current.object);
  p->current = (struct pbft_current){0};
}

/* view: of the certificate. */
static void commit(struct pbft *p, struct bac_entry *at, uint64_t view, const uint8_t *certificate, size_t length) {
  const struct bac_config *config = bac_env_config(p->env);
  bac_chain_certify(at, certificate, length);
  p->last_block_full = at->block->header.body_bytes + BAC_TX_BYTES_MAX > config->block_bytes_max;
  bac_env_commit(p->env, at);
  p->last_commit_at = bac_env_now(p->env);
  p->tick_at = BAC_NEVER;
  p->ticks = p->passive = 0;
  uint64_t tip = pbft_tip(p), own = tip - tip % config->checkpoint_interval;
  if (p->current.valid && p->current.height <= tip) pbft_current_clear(p);
  if (p->prepared.valid && p->prepared.height <= tip) pbft_proof_clear(&p->prepared);
  if (!p->in_change && view == p->view) {
    p->works = true;
    p->failures = 0;
  }
  if (p->follower) return;
  uint64_t step = config->checkpoint_interval / 8 + 1;
  if (own > 0 && own > p->stable.height && (tip - own) % step == 0) pbft_send_checkpoint(p, own);
}

/* Q(n) COMMITs are a certificate: they decide the block whether or not its PREPAREs came through here. */
static bool try_commit(struct pbft *p) {
  uint64_t height = pbft_tip(p) + 1;
  const struct pbft_slot *slot = pbft_slot(p, height);
  const struct pbft_vote *v = pbft_vote_quorum(p, slot->commit, p->q);
  if (!v) return false;
  struct bac_entry *at = bac_chain_find(p->chain, v->digest);
  bool here = at && at->parent == bac_chain_tip(p->chain);
  if (!here && p->best_base.height >= height) return false;
  struct bac_qc qc = {.protocol = bac_pbft.id,
                      .type = BAC_MSG_COMMIT,
                      .shard = p->roster->shard,
                      .epoch = p->roster->epoch,
                      .view = v->view,
                      .height = height};
  memcpy(qc.digest, v->digest, BAC_HASH_BYTES);
  pbft_vote_certificate(p, slot->commit, p->q, BAC_INDEX_NONE, &qc);
  struct bac_buf *certificate = bac_qc_encode(&qc);
  if (here) {
    commit(p, at, qc.view, certificate->data, certificate->length);
    bac_buf_unref(certificate);
  } else {
    pbft_base_set(&p->best_base, height, qc.digest, certificate);
    bac_env_want(p->env, height);
  }
  bac_qc_clear(&qc);
  return here;
}

static void decided_clear(struct pbft_decided *d) {
  bac_block_free(d->block);
  bac_buf_unref(d->certificate);
  *d = (struct pbft_decided){0};
}

/* The next block has come with its certificate. */
static bool try_decided(struct pbft *p) {
  uint64_t height = pbft_tip(p) + 1;
  struct pbft_decided d = p->decided[height % PBFT_DECIDED];
  if (!d.block || d.block->header.height > height) return false;
  p->decided[height % PBFT_DECIDED] = (struct pbft_decided){0};
  struct bac_qc qc;
  BAC_ASSERT(bac_qc_decode(&qc, d.certificate->data, d.certificate->length)); /* it was checked when it came */
  struct bac_entry *at = NULL;
  if (d.block->header.height == height)
    at = bac_env_insert(p->env, d.block, BAC_BROADCAST);
  else
    bac_block_free(d.block);
  bool committed = at && at->parent == bac_chain_tip(p->chain);
  if (committed) commit(p, at, qc.view, d.certificate->data, d.certificate->length);
  bac_qc_clear(&qc);
  bac_buf_unref(d.certificate);
  return committed;
}

/* A VIEW_CHANGE, a NEW_VIEW or CHECKPOINTs have shown that the next block is decided, and its body is here: perhaps nobody else who has
 * committed it will send it. */
static bool try_base(struct pbft *p) {
  const struct pbft_base *base = &p->best_base;
  if (base->height != pbft_tip(p) + 1 || !base->certificate) return false;
  struct bac_entry *at = bac_chain_find(p->chain, base->digest);
  struct bac_qc qc;
  if (!at || at->parent != bac_chain_tip(p->chain)) return false;
  BAC_ASSERT(bac_qc_decode(&qc, base->certificate->data, base->certificate->length)); /* it was checked when it came */
  struct bac_buf *certificate = bac_buf_ref(base->certificate);
  commit(p, at, qc.view, certificate->data, certificate->length);
  bac_buf_unref(certificate);
  bac_qc_clear(&qc);
  return true;
}

/* Blocks may come out of order: a few are held, all of them decided. */
static void pbft_certified(void *engine, struct bac_block *block, const uint8_t *certificate, size_t length) {
  struct pbft *p = engine;
  uint64_t height = block->header.height, tip = pbft_tip(p);
  struct pbft_decided *d = &p->decided[height % PBFT_DECIDED];
  bool wanted = height > tip && height - tip <= PBFT_DECIDED && !(d->block && d->block->header.height == height);
  bool holds = wanted && pbft_check_base(p, height, block->digest, certificate, length);
  if (wanted && !holds) bac_env_reject(p->env, BAC_REJECT_CERTIFICATE, BAC_BROADCAST);
  if (!holds) {
    bac_block_free(block);
    return;
  }
  decided_clear(d);
  *d = (struct pbft_decided){.block = block, .certificate = bac_buf_new(certificate, length)};
  pbft_progress(p);
}

/* Prepared: the PRE_PREPARE and Q(n)-1 PREPAREs of others than its primary. */
static bool try_prepared(struct pbft *p) {
  struct pbft_current *c = &p->current;
  if (p->follower || !pbft_active(p) || c->commit_sent || !pbft_current_entry(p)) return false;
  const struct pbft_slot *slot = pbft_slot(p, c->height);
  uint32_t primary = pbft_primary(p, p->view);
  if (pbft_vote_count(p, slot->prepare, c->view, c->digest, primary) < p->q - 1) return false;
  struct pbft_proof proof = {.valid = true, .height = c->height, .view = c->view};
  memcpy(proof.digest, c->digest, BAC_HASH_BYTES);
  memcpy(proof.signature, c->signature, BAC_SIGNATURE_BYTES);
  proof.qc = (struct bac_qc){.protocol = bac_pbft.id,
                             .type = BAC_MSG_PREPARE,
                             .shard = p->roster->shard,
                             .epoch = p->roster->epoch,
                             .view = c->view,
                             .height = c->height};
  memcpy(proof.qc.digest, c->digest, BAC_HASH_BYTES);
  pbft_vote_certificate(p, slot->prepare, p->q - 1, primary, &proof.qc);
  pbft_proof_clear(&p->prepared);
  p->prepared = proof;
  c->commit_sent = true;
  p->last_commit = (struct pbft_claim){.height = c->height, .view = c->view};
  memcpy(p->last_commit.digest, c->digest, BAC_HASH_BYTES);
  pbft_persist(p);
  pbft_send_vote(p, BAC_MSG_COMMIT);
  return true;
}

void pbft_progress(struct pbft *p) {
  if (!p->started) return;
  while (pbft_drain_early(p) || try_prepared(p) || try_commit(p) || try_decided(p) || try_base(p) || pbft_view_progress(p) ||
         pbft_propose(p))
    continue;
  pbft_arm(p);
}

/* ---- Receiving ---- */

static void note(const struct pbft *p, uint64_t *values, uint64_t *vouched, uint32_t index, uint64_t value) {
  if (value <= values[index]) return;
  values[index] = value;
  if (value > *vouched) {
    uint64_t now = pbft_vouched(p, values);
    if (now > *vouched) *vouched = now;
  }
}

static void on_vote(struct pbft *p, uint32_t index, const struct bac_msg *msg) {
  bool prepare = msg->type == BAC_MSG_PREPARE;
  if (prepare && index == pbft_primary(p, msg->view)) {
    bac_env_reject(p->env, BAC_REJECT_WRONG_ROLE, msg->sender);
    return;
  }
  if (pbft_above_window(p, msg->height)) {
    bac_env_reject(p->env, BAC_REJECT_WINDOW, msg->sender);
    return;
  }
  struct pbft_slot *slot = pbft_slot(p, msg->height);
  if (msg->height <= p->stable.height || (slot && prepare && msg->view < p->view))
    bac_env_reject(p->env, BAC_REJECT_STALE, msg->sender);
  else if (slot)
    pbft_vote_add(p, prepare ? slot->prepare : slot->commit, index, msg);
}

static void pbft_receive(void *engine, const struct bac_msg *msg) {
  struct pbft *p = engine;
  uint32_t index = bac_roster_index(p->roster, msg->sender);
  bool leads = msg->type == BAC_MSG_PRE_PREPARE || msg->type == BAC_MSG_NEW_VIEW;
  if (index == BAC_INDEX_NONE || index == p->self || (msg->step != 0 && msg->type != BAC_MSG_VIEW_CHANGE)) {
    bac_env_reject(p->env, BAC_REJECT_MALFORMED, msg->sender);
    return;
  }
  if (msg->role != (uint32_t)(leads ? BAC_ROLE_PRIMARY : BAC_ROLE_CS)) {
    bac_env_reject(p->env, BAC_REJECT_WRONG_ROLE, msg->sender);
    return;
  }
  if (msg->type <= BAC_MSG_COMMIT) {
    if (msg->height > 0)
      note(p, p->seen_height, &p->vouched_height, index, msg->height - (msg->type == BAC_MSG_COMMIT ? 0 : 1));
    if (index == pbft_primary(p, msg->view) || msg->type != BAC_MSG_PRE_PREPARE)
      note(p, p->seen_view, &p->vouched_view, index, msg->view);
  } else if (msg->type != BAC_MSG_NEW_VIEW) {
    note(p, p->seen_height, &p->vouched_height, index, msg->height);
  }
  if (msg->type == BAC_MSG_PRE_PREPARE)
    pbft_on_pre_prepare(p, index, msg);
  else if (msg->type == BAC_MSG_PREPARE || msg->type == BAC_MSG_COMMIT)
    on_vote(p, index, msg);
  else if (msg->type == BAC_MSG_CHECKPOINT)
    pbft_on_checkpoint(p, index, msg);
  else if (msg->type == BAC_MSG_VIEW_CHANGE)
    pbft_on_view_change(p, index, msg);
  else if (msg->type == BAC_MSG_NEW_VIEW)
    pbft_on_new_view(p, index, msg);
  if (p->vouched_height > pbft_tip(p) + 1) bac_env_want(p->env, p->vouched_height); /* decided below, surely */
  pbft_progress(p);
}

/* ---- Life ---- */

static void pbft_init(void *engine, struct bac_env *env) {
  struct pbft *p = engine;
  p->env = env;
  p->chain = bac_env_chain(env);
  p->roster = bac_env_roster(env);
  p->n = p->roster->count;
  p->q = bac_quorum(p->n);
  p->f = bac_faults_max(p->n);
  p->self = bac_env_self(env);
  p->checkpoints = bac_alloc(p->n, sizeof *p->checkpoints);
  p->changes = bac_alloc(p->n, sizeof *p->changes);
  p->seen_height = bac_alloc(p->n, sizeof *p->seen_height);
  p->seen_view = bac_alloc(p->n, sizeof *p->seen_view);
  p->answered_at = bac_alloc(p->n, sizeof *p->answered_at);
  const struct bac_block *base = bac_chain_base(p->chain)->block;
  p->origin = base->header.height;
  pbft_base_set(&p->stable, p->origin, base->digest, NULL);
  for (uint32_t i = 0; i < p->n; i++) p->answered_at[i] = -1;
  for (int i = 0; i < PBFT_TIMER_COUNT; i++) p->armed[i] = BAC_NEVER;
  p->new_view_deadline = p->tick_at = BAC_NEVER;
  p->forwarded_to = -1;
}

static void restore_body(struct pbft *p, const struct bac_buf *payload) {
  struct bac_block *block = bac_env_decode(p->env, payload->data, payload->length, BAC_BROADCAST);
  if (!block) return;
  if (memcmp(block->header.prev_hash, bac_chain_tip(p->chain)->block->digest, BAC_HASH_BYTES) == 0)
    bac_env_insert(p->env, block, BAC_BROADCAST);
  else
    bac_block_free(block); /* committed meanwhile */
}

static void pbft_start(void *engine) {
  struct pbft *p = engine;
  p->started = true;
  p->last_commit_at = p->entered_at = bac_env_now(p->env);
  for (int i = 0; i < 2; i++) {
    if (p->bodies[i]) restore_body(p, p->bodies[i]);
    bac_buf_unref(p->bodies[i]);
    p->bodies[i] = NULL;
  }
  uint64_t tip = pbft_tip(p);
  if (p->current.valid && p->current.height <= tip) pbft_current_clear(p);
  if (p->prepared.valid && p->prepared.height <= tip) pbft_proof_clear(&p->prepared);
  bac_env_role(p->env, pbft_is_primary(p) && !p->in_change ? BAC_ROLE_PRIMARY : BAC_ROLE_CS, p->view);
  if (pbft_active(p)) {
    p->current.accepted_at = bac_env_now(p->env);
    if (pbft_is_primary(p)) pbft_send_proposal(p);
    pbft_send_votes(p);
  }
  if (p->in_change && !p->follower) pbft_send_change(p);
  pbft_progress(p);
}

static void pbft_pool_changed(void *engine) { pbft_progress(engine); }

static uint64_t pbft_round(const void *engine) { return ((const struct pbft *)engine)->view; }

static void pbft_destroy(void *engine) {
  struct pbft *p = engine;
  pbft_slots_free(p);
  pbft_current_clear(p);
  pbft_proof_clear(&p->prepared);
  for (uint32_t i = 0; i < PBFT_CLAIMS; i++) pbft_proof_clear(&p->known[i]);
  for (uint32_t i = 0; i < PBFT_DECIDED; i++) decided_clear(&p->decided[i]);
  bac_buf_unref(p->bodies[0]);
  bac_buf_unref(p->bodies[1]);
  bac_buf_unref(p->stable.certificate);
  bac_buf_unref(p->best_base.certificate);
  bac_buf_unref(p->new_view);
  free(p->checkpoints);
  free(p->changes);
  free(p->seen_height);
  free(p->seen_view);
  free(p->answered_at);
}

#define VIEW_CHANGE_BYTES_MAX 200000
#define NEW_VIEW_BYTES_MAX 400000

static const struct bac_msg_rule rules[] = {
    {BAC_MSG_PRE_PREPARE, BAC_BIND_HEADER, BAC_OBJECT_BYTES_MAX},
    {BAC_MSG_PREPARE, BAC_BIND_NONE, 0},
    {BAC_MSG_COMMIT, BAC_BIND_NONE, 0},
    {BAC_MSG_CHECKPOINT, BAC_BIND_NONE, 0},
    {BAC_MSG_VIEW_CHANGE, BAC_BIND_NONE,
     VIEW_CHANGE_BYTES_MAX}, /* digest = H(summary); certificates sign for themselves */
    {BAC_MSG_NEW_VIEW, BAC_BIND_HASH, NEW_VIEW_BYTES_MAX},
};

const struct bac_protocol bac_pbft = {
    .id = 1,
    .info = {.name = "pbft",
             .summary = "PBFT (Castro, Liskov 1999), one block at a time",
             .modes = 1u << BAC_MODE_SAFE},
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .election = "view mod n",
    .engine_size = sizeof(struct pbft),
    .init = pbft_init,
    .restore = pbft_restore,
    .start = pbft_start,
    .receive = pbft_receive,
    .timer = pbft_timer,
    .pool_changed = pbft_pool_changed,
    .certified = pbft_certified,
    .digest = pbft_digest,
    .round = pbft_round,
    .destroy = pbft_destroy,
};
