/* SPDX-License-Identifier: GPL-2.0-only */
#include "node/recovery.h"

#include <stdlib.h>

#include "node/node_internal.h"

#define CROWD_TIMEOUTS 4 /* that a crowd waits for its committee */
#define ENTRY_BYTES (2u + 4u + 8u + BAC_HASH_BYTES + BAC_SIGNATURE_BYTES)
#define DOUBLINGS_MAX 6
#define LOOKS 4 /* at the committee, within its time */

static uint32_t leader(const struct bac_node *node, uint64_t view) { return (uint32_t)((node->roster->epoch + view) % node->roster->count); }
static bool concerns(const struct bac_node *node) {
  return node->kind == BAC_NODE_MEMBER && node->roster->epoch_blocks > 0 && node->engine && node->protocol->vouches;
}
static bool same(const struct bac_recovery_vote *a, uint64_t view, uint64_t height, const uint8_t digest[BAC_HASH_BYTES]) {
  return a->view == view && a->height == height && memcmp(a->digest, digest, BAC_HASH_BYTES) == 0;
}

/* The committed block of this epoch, or its base, that is meant; NULL: not here. */
static struct bac_entry *held(const struct bac_node *node, uint64_t height, const uint8_t digest[BAC_HASH_BYTES]) {
  struct bac_entry *at = height >= bac_chain_base(node->chain)->block->header.height ? bac_chain_at(node->chain, height) : NULL;
  return at && memcmp(at->block->digest, digest, BAC_HASH_BYTES) == 0 ? at : NULL;
}

uint32_t bac_recovery_choose(const struct bac_recovery_report *reports, uint32_t count) {
  uint32_t best = 0, best_same = 0;
  for (uint32_t i = 0; i < count; i++) {
    const struct bac_recovery_report *a = &reports[i], *b = &reports[best];
    uint32_t alike = 0;
    for (uint32_t k = 0; k < count; k++)
      alike += reports[k].step == a->step && reports[k].height == a->height && memcmp(reports[k].digest, a->digest, BAC_HASH_BYTES) == 0;
    bool better = i == 0;
    if (a->step != b->step)
      better = better || a->step > b->step;
    else if (a->height != b->height)
      better = better || a->height > b->height;
    else if (alike != best_same)
      better = better || alike > best_same;
    else
      better = better || memcmp(a->digest, b->digest, BAC_HASH_BYTES) < 0;
    if (!better) continue;
    best = i;
    best_same = alike;
  }
  return best;
}

/* ---- Durable: u64 epoch || u64 view || u64 bound view || u64 bound height || digest || proof. ---- */

static void persist(struct bac_node *node) {
  const struct bac_recovery *r = &node->epochs.recovery;
  const size_t proof = r->bound_proof ? r->bound_proof->length : 0;
  struct bac_buf *bytes = bac_buf_new(NULL, 4 * 8 + BAC_HASH_BYTES + proof);
  struct bac_writer w = bac_writer_over(bytes->data, bytes->length);
  bac_write_u64(&w, node->roster->epoch);
  bac_write_u64(&w, r->view);
  bac_write_u64(&w, r->bound_view);
  bac_write_u64(&w, r->bound_height);
  bac_write_bytes(&w, r->bound_digest, BAC_HASH_BYTES);
  if (proof > 0) bac_write_bytes(&w, r->bound_proof->data, proof);
  bac_epoch_persist(node, BAC_EPOCH_STALLED, bytes);
  bac_buf_unref(bytes);
}

int bac_recovery_restore(struct bac_node *node, const uint8_t *bytes, size_t length) {
  struct bac_recovery *r = &node->epochs.recovery;
  struct bac_reader in = bac_reader_over(bytes, length);
  const uint64_t epoch = bac_read_u64(&in), view = bac_read_u64(&in), bound_view = bac_read_u64(&in), height = bac_read_u64(&in);
  const uint8_t *digest = bac_read_bytes(&in, BAC_HASH_BYTES);
  if (!digest || epoch != node->roster->epoch) return BAC_ECORRUPT;
  /* It may have said more in this view than it knows: it goes on with the next one. */
  r->view = r->agreed = r->closed = r->proposed = view;
  r->bound_view = bound_view;
  r->bound_height = height;
  memcpy(r->bound_digest, digest, BAC_HASH_BYTES);
  const size_t proof = bac_reader_left(&in);
  bac_buf_unref(r->bound_proof);
  r->bound_proof = bound_view > 0 ? bac_buf_new(bac_read_bytes(&in, proof), proof) : NULL;
  return BAC_OK;
}

/* u64 height || state there. */
int bac_recovery_restore_rewind(struct bac_node *node, const uint8_t *bytes, size_t length) {
  const uint64_t base = bac_chain_base(node->chain)->block->header.height, tip = bac_chain_tip(node->chain)->block->header.height;
  const uint64_t height = length >= 8 ? bac_get_u64(bytes) : UINT64_MAX;
  struct bac_state *state = height >= base && height < tip ? bac_state_decode(bytes + 8, length - 8) : NULL;
  if (!state) return BAC_ECORRUPT;
  bac_chain_rewind(node->chain, height, state);
  return BAC_OK;
}

/* ---- STALL. ---- */

/* u16 length || header || committee's certificate; nothing for the base, which all know. */
static struct bac_buf *proof_of(const struct bac_node *node, const struct bac_entry *at) {
  if (at == bac_chain_base(node->chain)) return bac_buf_new(NULL, 0);
  uint8_t header[BAC_HEADER_BYTES_MAX];
  const size_t length = bac_header_encode(&at->block->header, header), certificate = at->certificate ? at->certificate->length : 0;
  struct bac_buf *proof = bac_buf_new(NULL, 2 + length + certificate);
  struct bac_writer w = bac_writer_over(proof->data, proof->length);
  bac_write_u16(&w, (uint16_t)length);
  bac_write_bytes(&w, header, length);
  if (certificate > 0) bac_write_bytes(&w, at->certificate->data, certificate);
  return proof;
}

static bool agree_of(const void *context, const struct bac_qc *qc, uint32_t index, struct bac_msg *msg) {
  (void)context;
  (void)qc;
  (void)index;
  (void)msg;
  return true;
}

static bool proven(struct bac_node *node, const struct bac_recovery_report *report, const uint8_t *proof, size_t length) {
  if (report->step == 0) {
    if (held(node, report->height, report->digest)) return true;
    struct bac_reader in = bac_reader_over(proof, length);
    struct bac_header header;
    uint8_t digest[BAC_HASH_BYTES];
    const size_t header_length = bac_read_u16(&in);
    const uint8_t *bytes = bac_read_bytes(&in, header_length);
    if (!bytes || !bac_header_decode(&header, bytes, header_length)) return false;
    bac_header_digest(digest, bytes, header_length);
    const size_t left = bac_reader_left(&in);
    return header.epoch == node->roster->epoch && header.height == report->height && memcmp(digest, report->digest, sizeof digest) == 0 &&
           node->protocol->vouches(node->engine, &header, digest, bac_read_bytes(&in, left), left);
  }
  struct bac_qc qc;
  if (!bac_qc_decode(&qc, proof, length)) return false;
  const bool holds = qc.protocol == 0 && qc.type == BAC_MSG_AGREE && qc.view == report->step && qc.height == report->height &&
                     memcmp(qc.digest, report->digest, BAC_HASH_BYTES) == 0 &&
                     bac_qc_verify(&qc, node->roster, bac_quorum(node->roster->count), agree_of, NULL, node->shared, &node->cost);
  bac_qc_clear(&qc);
  return holds;
}

static void keep_report(struct bac_node *node, uint32_t index, const struct bac_msg *msg) {
  struct bac_recovery_report *report = &node->epochs.recovery.reports[index];
  bac_buf_unref(report->proof);
  *report = (struct bac_recovery_report){
      .view = msg->view, .height = msg->height, .step = msg->step, .proof = bac_buf_new(msg->payload, msg->payload_length)};
  memcpy(report->digest, msg->digest, BAC_HASH_BYTES);
  memcpy(report->signature, msg->signature, BAC_SIGNATURE_BYTES);
}

static void tables(struct bac_node *node) {
  struct bac_recovery *r = &node->epochs.recovery;
  if (r->reports) return;
  r->reports = bac_alloc(node->roster->count, sizeof *r->reports);
  r->votes = bac_alloc(node->roster->count, sizeof *r->votes);
}

/* Long enough for all reports, the proposal and two rounds of votes. */
static bac_time patience(const struct bac_node *node, uint64_t view) {
  const uint64_t doublings = view - 1 < DOUBLINGS_MAX ? view - 1 : DOUBLINGS_MAX;
  const bac_time once = 8 * node->config->delta + 3 * bac_env_vote_window(&node->env, 1) +
                        2 * bac_env_airtime(&node->env, (size_t)bac_quorum(node->roster->count) * ENTRY_BYTES);
  return once << doublings;
}

static void lead(struct bac_node *node);

static void say_stall(struct bac_node *node, uint64_t view) {
  struct bac_recovery *r = &node->epochs.recovery;
  const struct bac_entry *tip = bac_chain_tip(node->chain);
  struct bac_msg msg = {.type = BAC_MSG_STALL, .view = view};
  struct bac_buf *proof;
  tables(node);
  r->view = view;
  r->due_at = node->now + patience(node, view);
  persist(node);
  if (r->bound_view > 0) {
    msg.height = r->bound_height;
    msg.step = (uint32_t)r->bound_view;
    memcpy(msg.digest, r->bound_digest, BAC_HASH_BYTES);
    proof = bac_buf_ref(r->bound_proof);
  } else {
    msg.height = tip->block->header.height;
    memcpy(msg.digest, tip->block->digest, BAC_HASH_BYTES);
    proof = proof_of(node, tip);
  }
  msg.payload = proof->data;
  msg.payload_length = proof->length;
  bac_env_broadcast(&node->env, &msg, true);
  bac_buf_unref(r->said);
  r->said = bac_buf_ref(bac_env_last_object(&node->env));
  keep_report(node, node->self, &msg);
  bac_buf_unref(proof);
  lead(node);
}

/* Others have gone on: the greatest view that f+1 have reached at least. */
static void join(struct bac_node *node) {
  const struct bac_recovery *r = &node->epochs.recovery;
  uint64_t view = 0;
  for (uint32_t i = 0; i < node->roster->count; i++) {
    uint32_t there = 0;
    for (uint32_t k = 0; k < node->roster->count; k++) there += r->reports[k].view >= r->reports[i].view;
    if (r->reports[i].view > r->view && there > bac_faults_max(node->roster->count) && r->reports[i].view > view) view = r->reports[i].view;
  }
  if (view > 0) say_stall(node, view);
}

static void receive_stall(struct bac_node *node, const struct bac_msg *msg, uint32_t index) {
  struct bac_recovery *r = &node->epochs.recovery;
  struct bac_recovery_report report = {.view = msg->view, .height = msg->height, .step = msg->step};
  memcpy(report.digest, msg->digest, BAC_HASH_BYTES);
  if (msg->view <= r->reports[index].view) return;
  if (msg->step >= msg->view || !proven(node, &report, msg->payload, msg->payload_length)) {
    bac_node_reject(node, BAC_REJECT_CERTIFICATE, msg->sender);
    return;
  }
  keep_report(node, index, msg);
  if (msg->height > bac_chain_tip(node->chain)->block->header.height) bac_env_want_from(&node->env, msg->height, index);
  join(node);
  lead(node);
}

/* ---- RECOVER. ---- */

static void agree(struct bac_node *node);

static void take_proposal(struct bac_node *node, const struct bac_recovery_report *best) {
  struct bac_recovery *r = &node->epochs.recovery;
  r->proposal = (struct bac_recovery_proposal){.view = best->view, .height = best->height, .bound = best->step > 0};
  memcpy(r->proposal.digest, best->digest, BAC_HASH_BYTES);
  if (!held(node, best->height, best->digest)) bac_env_want_from(&node->env, best->height, leader(node, best->view));
  agree(node);
}

/* This member's view: with Q(n) reports of blocks that it holds, so that others can have them from it. */
static void lead(struct bac_node *node) {
  struct bac_recovery *r = &node->epochs.recovery;
  const uint32_t n = node->roster->count, q = bac_quorum(n);
  if (r->view == 0 || leader(node, r->view) != node->self || r->proposed >= r->view) return;
  struct bac_recovery_report *chosen = bac_alloc(q, sizeof *chosen);
  struct bac_buf *payload = bac_buf_new(NULL, 2 + (size_t)q * ENTRY_BYTES);
  struct bac_writer w = bac_writer_over(payload->data, payload->length);
  uint32_t count = 0;
  bac_write_u16(&w, (uint16_t)q);
  for (uint32_t i = 0; i < n && count < q; i++) {
    const struct bac_recovery_report *report = &r->reports[i];
    if (report->view != r->view || !held(node, report->height, report->digest)) continue;
    chosen[count++] = *report;
    bac_write_u16(&w, (uint16_t)i);
    bac_write_u32(&w, report->step);
    bac_write_u64(&w, report->height);
    bac_write_bytes(&w, report->digest, BAC_HASH_BYTES);
    bac_write_bytes(&w, report->signature, BAC_SIGNATURE_BYTES);
  }
  if (count == q) {
    const struct bac_recovery_report *best = &chosen[bac_recovery_choose(chosen, q)];
    struct bac_buf *whole = bac_buf_new(NULL, payload->length + best->proof->length);
    memcpy(whole->data, payload->data, payload->length);
    memcpy(whole->data + payload->length, best->proof->data, best->proof->length);
    struct bac_msg msg = {
        .type = BAC_MSG_RECOVER, .view = r->view, .height = best->height, .payload = whole->data, .payload_length = whole->length};
    r->proposed = r->view;
    bac_env_broadcast(&node->env, &msg, false);
    take_proposal(node, best);
    bac_buf_unref(whole);
  }
  bac_buf_unref(payload);
  free(chosen);
}

/* Whether the proposal's reports were signed, Q(n) by different members, and what it says follows from them. */
static bool follows(struct bac_node *node, const struct bac_msg *msg, struct bac_recovery_report *best) {
  const uint32_t n = node->roster->count, q = bac_quorum(n);
  struct bac_reader in = bac_reader_over(msg->payload, msg->payload_length);
  struct bac_recovery_report *reports = bac_alloc(q, sizeof *reports);
  bool good = bac_read_u16(&in) == q;
  uint32_t after = 0;
  for (uint32_t i = 0; good && i < q; i++) {
    const uint32_t index = bac_read_u16(&in);
    struct bac_msg stall = {.type = BAC_MSG_STALL, .shard = node->roster->shard, .epoch = node->roster->epoch, .view = msg->view};
    stall.step = bac_read_u32(&in);
    stall.height = bac_read_u64(&in);
    const uint8_t *digest = bac_read_bytes(&in, BAC_HASH_BYTES), *signature = bac_read_bytes(&in, BAC_SIGNATURE_BYTES);
    good = signature && index >= after && index < n && stall.step < msg->view;
    if (!good) break;
    after = index + 1;
    stall.sender = node->roster->members[index].id;
    memcpy(stall.digest, digest, BAC_HASH_BYTES);
    uint8_t covered[BAC_HASH_BYTES];
    bac_msg_signing_digest(covered, &stall);
    good = bac_verify(node->shared, signature, covered, node->roster->members[index].sign_key, &node->cost);
    reports[i] = (struct bac_recovery_report){.view = msg->view, .height = stall.height, .step = stall.step};
    memcpy(reports[i].digest, digest, BAC_HASH_BYTES);
  }
  if (good) {
    *best = reports[bac_recovery_choose(reports, q)];
    const size_t left = bac_reader_left(&in);
    good = best->height == msg->height && proven(node, best, bac_read_bytes(&in, left), left);
  }
  free(reports);
  return good;
}

static void receive_recover(struct bac_node *node, const struct bac_msg *msg, uint32_t index) {
  struct bac_recovery *r = &node->epochs.recovery;
  struct bac_recovery_report best;
  if (index != leader(node, msg->view)) {
    bac_node_reject(node, BAC_REJECT_WRONG_ROLE, msg->sender);
    return;
  }
  if (msg->view < r->view || msg->view <= r->agreed || r->proposal.view >= msg->view) return;
  if (!follows(node, msg, &best)) {
    bac_node_reject(node, BAC_REJECT_CERTIFICATE, msg->sender);
    return;
  }
  if (msg->view > r->view) say_stall(node, msg->view);
  take_proposal(node, &best);
}

/* ---- AGREE and CLOSE. ---- */

/* The block with which the epoch ends early after `at`; NULL: bodies are missing to derive it. With the state before and after it; the
 * caller owns them all. */
static struct bac_block *ending(struct bac_node *node, const struct bac_entry *at, struct bac_state **before, struct bac_state **after) {
  struct bac_state *state;
  *before = *after = NULL;
  if (at == bac_chain_tip(node->chain))
    state = bac_state_copy(at->state);
  else
    state = bac_chain_replay(node->chain, bac_state_decode(node->epochs.snapshot->data, node->epochs.snapshot->length),
                             at->block->header.height, &node->cost);
  if (!state) return NULL;
  *before = bac_state_copy(state);
  *after = state;
  return bac_block_recovery(&at->block->header, at->block->digest, state, &node->cost);
}

static void say_close(struct bac_node *node, const struct bac_entry *at) {
  struct bac_recovery *r = &node->epochs.recovery;
  if (at == bac_chain_tip(node->chain) && bac_chain_closed(node->chain)) { /* the epoch's last block */
    r->closed = r->view;
    bac_epoch_say_close(node, r->view, at->block->header.height, at->block->digest);
    return;
  }
  struct bac_state *before, *after;
  struct bac_block *block = ending(node, at, &before, &after);
  if (!block) return;
  r->closed = r->view;
  bac_epoch_say_close(node, r->view, block->header.height, block->digest);
  bac_block_free(block);
  bac_state_free(before);
  bac_state_free(after);
}

static void weigh(struct bac_node *node) {
  struct bac_recovery *r = &node->epochs.recovery;
  const uint32_t n = node->roster->count, q = bac_quorum(n);
  if (r->view == 0 || r->closed >= r->view) return;
  for (uint32_t i = 0; i < n; i++) {
    const struct bac_recovery_vote *v = &r->votes[i];
    if (v->view != r->view) continue;
    struct bac_votes votes = {0};
    for (uint32_t k = i; k < n; k++)
      if (same(&r->votes[k], v->view, v->height, v->digest)) bac_votes_add(&votes, n, k, r->votes[k].signature);
    if (votes.count >= q) {
      struct bac_qc qc, what = {.type = BAC_MSG_AGREE, .shard = node->roster->shard, .epoch = node->roster->epoch, .view = v->view, .height = v->height};
      memcpy(what.digest, v->digest, BAC_HASH_BYTES);
      if (r->bound_view < v->view) {
        bac_votes_certificate(&votes, n, q, &what, &qc);
        r->bound_view = v->view;
        r->bound_height = v->height;
        memcpy(r->bound_digest, v->digest, BAC_HASH_BYTES);
        bac_buf_unref(r->bound_proof);
        r->bound_proof = bac_qc_encode(&qc);
        bac_qc_clear(&qc);
        persist(node);
      }
      const struct bac_entry *at = held(node, v->height, v->digest);
      if (at) say_close(node, at);
      i = n;
    }
    bac_votes_clear(&votes);
  }
}

static void agree(struct bac_node *node) {
  struct bac_recovery *r = &node->epochs.recovery;
  const struct bac_recovery_proposal *p = &r->proposal;
  if (r->view == 0 || p->view != r->view || r->agreed >= r->view || !held(node, p->height, p->digest)) return;
  /* The committee has gone on since: in the next view its blocks are reported. */
  if (!p->bound && bac_chain_tip(node->chain)->block->header.height > p->height) return;
  struct bac_msg msg = {.type = BAC_MSG_AGREE, .view = p->view, .height = p->height};
  memcpy(msg.digest, p->digest, BAC_HASH_BYTES);
  r->agreed = r->view;
  bac_env_broadcast(&node->env, &msg, true);
  struct bac_recovery_vote *own = &r->votes[node->self];
  own->view = p->view;
  own->height = p->height;
  memcpy(own->digest, p->digest, BAC_HASH_BYTES);
  memcpy(own->signature, msg.signature, BAC_SIGNATURE_BYTES);
  weigh(node);
}

void bac_recovery_receive(struct bac_node *node, const struct bac_msg *msg) {
  const uint32_t index = bac_roster_index(node->roster, msg->sender);
  if (!concerns(node) || index == BAC_INDEX_NONE || msg->role != 0 || msg->view == 0 || msg->view > UINT32_MAX) return;
  tables(node);
  if (msg->type == BAC_MSG_STALL) {
    receive_stall(node, msg, index);
  } else if (msg->type == BAC_MSG_RECOVER) {
    receive_recover(node, msg, index);
  } else {
    struct bac_recovery_vote *v = &node->epochs.recovery.votes[index];
    if (msg->view <= v->view || msg->step != 0) return;
    v->view = msg->view;
    v->height = msg->height;
    memcpy(v->digest, msg->digest, BAC_HASH_BYTES);
    memcpy(v->signature, msg->signature, BAC_SIGNATURE_BYTES);
    weigh(node);
  }
}

void bac_recovery_committed(struct bac_node *node) {
  struct bac_recovery *r = &node->epochs.recovery;
  r->progress_at = node->now;
  if (!concerns(node) || r->view == 0) return;
  agree(node); /* what was missing may be here now */
  weigh(node);
  lead(node);
}

/* ---- Time. ---- */

/* Since when something waits for the committee; BAC_NEVER: nothing does. */
static bac_time waiting_since(const struct bac_node *node) {
  const struct bac_recovery *r = &node->epochs.recovery;
  if (bac_chain_closed(node->chain)) return r->progress_at; /* for CLOSE messages of the others */
  const struct bac_state *state = bac_chain_tip(node->chain)->state;
  for (struct bac_pool_entry *p = bac_pool_next(node->pool, NULL); p; p = bac_pool_next(node->pool, p))
    if (bac_state_accepts(state, &p->tx)) return p->arrived_at > r->progress_at ? p->arrived_at : r->progress_at;
  return BAC_NEVER;
}

/* A crowd's committee is larger, and takes the longer to agree: with 50 members and an event a second the first block came after 17 to 20 s in three shards of four (doc/scale.md). */
static bac_time stall_timeout(const struct bac_node *node) {
  return (bac_env_crowded(&node->env) ? CROWD_TIMEOUTS : 1) * node->config->stall_timeout;
}

/* Whether Q(n) have reached this view: until then it is not its leader's fault that nothing comes of it. */
static bool quorum_stalls(const struct bac_node *node) {
  const struct bac_recovery *r = &node->epochs.recovery;
  uint32_t there = 0;
  for (uint32_t i = 0; i < node->roster->count; i++) there += r->reports[i].view >= r->view;
  return there >= bac_quorum(node->roster->count);
}

void bac_recovery_timer(struct bac_node *node) {
  struct bac_recovery *r = &node->epochs.recovery;
  if (r->due_at > node->now) return;
  r->due_at = BAC_NEVER;
  if (!concerns(node) || node->epochs.turns) return;
  const bac_time timeout = stall_timeout(node), since = waiting_since(node);
  if (node->epochs.certificate.signatures) {
    r->due_at = node->now + timeout; /* the end is known, only not reached */
  } else if (r->view > 0 && !bac_chain_closed(node->chain) && node->now - r->progress_at < timeout) {
    r->due_at = node->now + timeout / LOOKS; /* it is back; the epoch still has to end in a view */
  } else if (r->said && !quorum_stalls(node)) {
    bac_env_resend(&node->env, r->said);
    r->due_at = node->now + patience(node, 1);
  } else if (r->view > 0) {
    say_stall(node, r->view + 1);
  } else if (since != BAC_NEVER && node->now - since >= timeout) {
    say_stall(node, 1);
  } else {
    r->due_at = node->now + timeout / LOOKS;
  }
}

/* ---- The end. ---- */

void bac_recovery_revoke(struct bac_node *node, uint64_t height) {
  const uint64_t tip = bac_chain_tip(node->chain)->block->header.height;
  for (uint64_t h = height + 1; h <= tip; h++) {
    const struct bac_block *block = bac_chain_at(node->chain, h)->block;
    for (uint32_t i = 0; block->payload && i < block->header.tx_count; i++) {
      const struct bac_tx *tx = &block->txs[i];
      bool full;
      bac_pool_add(node->pool, tx, bac_chain_tip(node->chain)->state, node->now, &full);
      if (tx->from != node->id || tx->kind != BAC_TX_TRANSFER) continue;
      struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_TX_STATUS);
      memcpy(effect->tx_status.id, tx->id, BAC_HASH_BYTES);
      effect->tx_status.status = BAC_TX_REVOKED;
      effect->tx_status.created_at = tx->created_at;
    }
  }
  node->counters.blocks_revoked += tip - height;
  struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_REVOKE);
  effect->revoke.height = height;
  effect->revoke.blocks = (uint32_t)(tip - height);
}

static void go_back(struct bac_node *node, uint64_t height, struct bac_state *state) {
  struct bac_buf *bytes = bac_state_encode(state), *record = bac_buf_new(NULL, 8 + bytes->length);
  bac_put_u64(record->data, height);
  memcpy(record->data + 8, bytes->data, bytes->length);
  bac_epoch_persist(node, BAC_EPOCH_REWOUND, record);
  bac_buf_unref(bytes);
  bac_buf_unref(record);
  bac_recovery_revoke(node, height);
  bac_chain_rewind(node->chain, height, state);
}

void bac_recovery_finish(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  const struct bac_qc *qc = &e->certificate;
  const struct bac_entry *tip = bac_chain_tip(node->chain);
  if (!qc->signatures || qc->view == 0 || e->turns || e->behind || !node->engine || memcmp(e->recovery.tried, tip->block->digest, BAC_HASH_BYTES) == 0)
    return;
  memcpy(e->recovery.tried, tip->block->digest, BAC_HASH_BYTES);
  const struct bac_entry *at = qc->height > bac_chain_base(node->chain)->block->header.height ? bac_chain_at(node->chain, qc->height - 1) : NULL;
  struct bac_state *before = NULL, *after = NULL;
  /* The chain may be closed already, by a block of the committee that came after the agreement: it goes like any other above. */
  struct bac_block *block = at && (at != tip || !bac_chain_closed(node->chain)) ? ending(node, at, &before, &after) : NULL;
  if (block && memcmp(block->digest, qc->digest, BAC_HASH_BYTES) == 0) {
    struct bac_entry *last = NULL;
    if (at != tip) {
      go_back(node, qc->height - 1, before);
      before = NULL;
    }
    const enum bac_reject reason = bac_chain_insert(node->chain, block, node->now, &node->cost, &last);
    BAC_ASSERT(reason == BAC_REJECT_COUNT);
    block = NULL;
    bac_env_commit(&node->env, last); /* and the epoch turns */
  }
  bac_block_free(block);
  bac_state_free(before);
  bac_state_free(after);
}

/* ---- Life. ---- */

void bac_recovery_init(struct bac_node *node) {
  struct bac_recovery *r = &node->epochs.recovery;
  r->progress_at = node->now;
  r->due_at = node->protocol->vouches ? node->now : BAC_NEVER;
}

void bac_recovery_clear(struct bac_node *node) {
  struct bac_recovery *r = &node->epochs.recovery;
  for (uint32_t i = 0; r->reports && i < node->roster->count; i++) bac_buf_unref(r->reports[i].proof);
  free(r->reports);
  free(r->votes);
  bac_buf_unref(r->bound_proof);
  bac_buf_unref(r->said);
  *r = (struct bac_recovery){.due_at = BAC_NEVER};
}
