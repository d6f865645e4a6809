/* SPDX-License-Identifier: GPL-2.0-only */
#include "node/epoch.h"

#include <pb_encode.h>
#include <stdlib.h>

#include "bac.pb.h"
#include "ledger/passport.h"
#include "ledger/record.h"
#include "node/node_internal.h"
#include "shard/assignment.h"

#define ASK_INTERVAL BAC_SECOND
#define JOIN_INTERVAL (2 * BAC_SECOND) /* doubled each time */
#define SERVE_INTERVAL (BAC_SECOND / 4)
#define SILENCE (8 * BAC_SECOND) /* doubled each time, to 16 times as long */
#define PATIENCE 3
#define UNANSWERED_MAX 3 /* times asked: whoever spoke of a later epoch may have lied */
#define CLOSE_DELTAS 8 /* after which a CLOSE is sent again */

static bool enabled(const struct bac_node *node) { return node->kind == BAC_NODE_MEMBER && node->roster->epoch_blocks > 0; }

/* ---- Durable: u8 how || u32 length || boundary || state, if it jumped there. ---- */

static void persist(struct bac_node *node, uint8_t how, const struct bac_buf *boundary, const struct bac_buf *state) {
  struct bac_buf *record = bac_buf_new(NULL, 5 + boundary->length + (state ? state->length : 0));
  struct bac_writer w = bac_writer_over(record->data, record->length);
  bac_write_u8(&w, how);
  bac_write_u32(&w, (uint32_t)boundary->length);
  bac_write_bytes(&w, boundary->data, boundary->length);
  if (state) bac_write_bytes(&w, state->data, state->length);
  bac_node_persist(node, BAC_RECORD_EPOCH, record->data, record->length);
  bac_buf_unref(record);
}

void bac_epoch_persist(struct bac_node *node, enum bac_epoch_record how, const struct bac_buf *bytes) { persist(node, (uint8_t)how, bytes, NULL); }

/* ---- Boundaries: u16 length || header || u32 length || certificate || roster of the next epoch. ---- */

static struct bac_buf *boundary_encode(const struct bac_header *header, const struct bac_qc *certificate, const struct bac_roster *next) {
  uint8_t bytes[BAC_HEADER_BYTES_MAX];
  const size_t length = bac_header_encode(header, bytes);
  struct bac_buf *qc = bac_qc_encode(certificate), *roster = bac_roster_encode(next);
  struct bac_buf *out = bac_buf_new(NULL, 2 + length + 4 + qc->length + roster->length);
  struct bac_writer w = bac_writer_over(out->data, out->length);
  bac_write_u16(&w, (uint16_t)length);
  bac_write_bytes(&w, bytes, length);
  bac_write_u32(&w, (uint32_t)qc->length);
  bac_write_bytes(&w, qc->data, qc->length);
  bac_write_bytes(&w, roster->data, roster->length);
  BAC_ASSERT(w.ok && w.length == out->length);
  bac_buf_unref(qc);
  bac_buf_unref(roster);
  return out;
}

struct boundary {
  struct bac_header header;
  uint8_t digest[BAC_HASH_BYTES];
  struct bac_qc certificate;
  struct bac_roster *next;
};

static void boundary_clear(struct boundary *b) {
  bac_qc_clear(&b->certificate);
  bac_roster_free(b->next);
}

/* What was read fits together; the certificate's signatures are not checked. On success the caller clears it. */
static bool boundary_decode(struct boundary *b, const uint8_t *bytes, size_t length, struct bac_cost *cost) {
  struct bac_reader r = bac_reader_over(bytes, length);
  *b = (struct boundary){0};
  const size_t header_length = bac_read_u16(&r);
  const uint8_t *header = bac_read_bytes(&r, header_length);
  const size_t qc_length = bac_read_u32(&r);
  const uint8_t *qc = bac_read_bytes(&r, qc_length);
  const size_t roster_length = bac_reader_left(&r);
  const uint8_t *roster = bac_read_bytes(&r, roster_length);
  uint8_t hash[BAC_HASH_BYTES];
  if (!header || !qc || !roster || !bac_header_decode(&b->header, header, header_length) || !bac_qc_decode(&b->certificate, qc, qc_length))
    return false;
  bac_header_digest(b->digest, header, header_length);
  b->next = bac_roster_decode(roster, roster_length);
  if (b->next) bac_roster_hash(hash, b->next, cost);
  if (b->next && memcmp(hash, b->header.next_roster, sizeof hash) == 0 && b->next->epoch == b->header.epoch + 1 &&
      b->next->shard == b->header.shard && b->certificate.height == b->header.height && b->certificate.epoch == b->header.epoch &&
      memcmp(b->certificate.digest, b->digest, sizeof b->digest) == 0)
    return true;
  boundary_clear(b);
  return false;
}

static bool close_of(const void *context, const struct bac_qc *qc, uint32_t index, struct bac_msg *msg) {
  (void)context;
  (void)qc;
  (void)index;
  (void)msg; /* as they stand: role and step are 0 */
  return true;
}

static bool certificate_holds(struct bac_node *node, const struct bac_qc *qc) {
  return qc->protocol == 0 && qc->type == BAC_MSG_CLOSE &&
         bac_qc_verify(qc, node->roster, bac_quorum(node->roster->count), close_of, NULL, node->shared, &node->cost);
}

static void boundary_keep(struct bac_epoch_state *e, struct bac_buf *boundary) {
  if (e->boundary_count == e->boundary_capacity) {
    e->boundary_capacity = e->boundary_capacity ? 2 * e->boundary_capacity : 8;
    e->boundaries = bac_realloc(e->boundaries, e->boundary_capacity, sizeof *e->boundaries);
  }
  e->boundaries[e->boundary_count++] = bac_buf_ref(boundary);
}

/* ---- The roster of an epoch takes the place of the one before. ---- */

static void roster_set(struct bac_node *node, struct bac_roster *roster) {
  struct bac_epoch_state *e = &node->epochs;
  bac_recovery_clear(node);
  bac_roster_free(e->roster);
  e->roster = roster;
  node->roster = roster;
  node->self = bac_roster_index(roster, node->id);
  free(e->closes);
  e->closes = bac_alloc(roster->count, sizeof *e->closes);
  bac_qc_clear(&e->certificate);
  e->certificate = (struct bac_qc){0};
  e->turns = e->left = false;
  if (node->self != BAC_INDEX_NONE) e->towards = 0; /* an order of the epoch before has lapsed */
  e->patience = PATIENCE;
  e->unanswered = e->joins = 0;
  bac_witness_clear(&node->witness);
  e->close_at = BAC_NEVER;
  e->length = node->now - e->began_at;
  e->began_at = node->now;
}

/* A copy that lasts as long as the effect: another epoch may begin in this very step. */
static const struct bac_roster *roster_for_effect(struct bac_node *node) {
  struct bac_roster copy = *node->roster;
  copy.members = (const void *)bac_node_keep(node, copy.members, copy.count * sizeof *copy.members);
  return (const void *)bac_node_keep(node, &copy, sizeof copy);
}

static void report(struct bac_node *node, bool jumped) {
  const struct bac_epoch_state *e = &node->epochs;
  struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_EPOCH);
  effect->epoch.epoch = node->roster->epoch;
  const struct bac_header *base = e->behind ? &e->base : &bac_chain_base(node->chain)->block->header;
  uint8_t bytes[BAC_HEADER_BYTES_MAX];
  bac_header_digest(effect->epoch.base_digest, bytes, bac_header_encode(base, bytes));
  effect->epoch.base = base->height;
  effect->epoch.recovered = base->round == BAC_ROUND_RECOVERY;
  effect->epoch.roster = roster_for_effect(node);
  effect->epoch.member = node->self != BAC_INDEX_NONE;
  effect->epoch.jumped = jumped;
}

/* ---- Records of this EV. ---- */

/* Longer than two epochs from now on: shorter stays are not worth a place in the roster. */
static bool stays(const struct bac_node *node) {
  const struct bac_epoch_state *e = &node->epochs;
  return e->departs_at == BAC_NEVER || e->departs_at - node->now > 2 * e->length;
}

/* A member that stays draws whether it is in the next epoch's committee. */
static void draw(struct bac_node *node) {
  const struct bac_state *state = bac_chain_tip(node->chain)->state;
  const struct bac_account *own = bac_state_account(state, node->id);
  const struct bac_lottery lottery = bac_state_lottery(state);
  const bool in_turn = node->protocol->elects_primary && node->config->election == BAC_ELECTION_ROUND_ROBIN;
  if (!node->protocol->elects_committee || in_turn || !node->engine || own->membership != BAC_MEMBER || lottery.total_units == 0 || !stays(node)) return;
  uint8_t alpha[BAC_SORTITION_ALPHA_BYTES], memo[BAC_CREDENTIAL_BYTES];
  struct bac_ticket ticket;
  bac_sortition_alpha(alpha, BAC_ROLE_CP, state->next_seed, state->shard, state->epoch + 1, 0);
  if (bac_sortition_prove(&ticket, &lottery, own->units, node->keys.vrf_secret, alpha, &node->cost) != BAC_OK || ticket.lambda == 0) return;
  struct bac_credential credential = {.epoch = state->epoch + 1, .lambda = ticket.lambda};
  memcpy(credential.pi, ticket.pi, sizeof credential.pi);
  bac_credential_write(&credential, memo);
  bac_node_record(node, BAC_TX_CREDENTIAL, memo, sizeof memo);
}

/* For the last checkpoint: not all in the same moment. */
static void acknowledge(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  const uint64_t height = bac_chain_tip(node->chain)->block->header.height, checkpoint = height - height % BAC_RECEIPT_STRETCH;
  const struct bac_entry *at = bac_chain_at(node->chain, checkpoint);
  if (!node->engine || checkpoint == 0 || checkpoint <= e->receipt_height || !at || height < checkpoint + node->self % 3) return;
  struct bac_checkpoint_receipt receipt = {.height = checkpoint};
  uint8_t memo[BAC_RECEIPT_BYTES];
  memcpy(receipt.digest, at->block->digest, BAC_HASH_BYTES);
  bac_receipt_write(&receipt, memo);
  e->receipt_height = checkpoint;
  bac_node_record(node, BAC_TX_RECEIPT, memo, sizeof memo);
}

void bac_epoch_witness(struct bac_node *node, const struct bac_msg *msg) {
  struct bac_evidence evidence;
  /* As printed, BAC promises nothing over a crash: an honest member may contradict itself. */
  if (!enabled(node) || !node->engine || node->config->mode != BAC_MODE_SAFE || !bac_witness_hear(&node->witness, msg, &evidence)) return;
  node->counters.contradictions++;
  const struct bac_account *accused = bac_state_account(bac_chain_tip(node->chain)->state, msg->sender);
  if (!accused || accused->convicted_epoch == msg->epoch + 1) return;
  uint8_t memo[BAC_EVIDENCE_BYTES];
  bac_evidence_encode(&evidence, memo);
  bac_node_record(node, BAC_TX_EVIDENCE, memo, sizeof memo);
}

int bac_epoch_revoke(struct bac_node *node, const uint8_t *bytes, size_t length) {
  struct bac_revocation list;
  if (!enabled(node) || !bac_revocation_decode(&list, bytes, length)) return BAC_EINVAL;
  if (node->engine) bac_node_record(node, BAC_TX_REVOKE, bytes, length);
  return BAC_OK;
}

/* It is no member any more, since it has left for another shard: it may go there. */
static void hand_over(struct bac_node *node) {
  size_t length;
  const struct bac_account *own = node->epochs.behind ? NULL : bac_state_account(bac_chain_tip(node->chain)->state, node->id);
  if (!own || own->membership != BAC_OUTSIDE || own->towards == 0 || own->moves <= node->epochs.passport_moves) return; /* it may just be back */
  node->epochs.towards = own->towards;
  uint8_t *passport = bac_node_passport(node, &length);
  if (!passport) return;
  struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_HANDOVER);
  effect->handover.shard = own->towards - 1;
  effect->handover.passport = bac_node_keep(node, passport, length);
  effect->handover.length = length;
  free(passport);
}

/* The chain stands on the epoch's base: this node takes part, if it is a member. */
static void begin(struct bac_node *node, bool jumped) {
  struct bac_epoch_state *e = &node->epochs;
  bac_buf_unref(e->snapshot);
  e->snapshot = bac_state_encode(bac_chain_tip(node->chain)->state);
  bac_recovery_init(node);
  bac_node_settle(node);
  if (node->started) {
    report(node, jumped);
    bac_node_engine_start(node);
    draw(node);
    hand_over(node);
  }
}

void bac_epoch_turn(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  if (!enabled(node)) return;
  bac_recovery_finish(node);
  if (!e->turns) return;
  const struct bac_entry *base = bac_chain_tip(node->chain);
  BAC_ASSERT(bac_chain_closed(node->chain) && e->certificate.signatures);
  struct bac_roster *next = bac_state_roster(base->state, node->roster->shard);
  struct bac_buf *boundary = boundary_encode(&base->block->header, &e->certificate, next);
  persist(node, BAC_EPOCH_TURNED, boundary, NULL);
  boundary_keep(e, boundary);
  bac_buf_unref(boundary);
  bac_node_engine_stop(node);
  bac_chain_turn(node->chain);
  roster_set(node, next);
  begin(node, false);
}

/* ---- CLOSE. ---- */

static void weigh(struct bac_node *node);

void bac_epoch_say_close(struct bac_node *node, uint64_t view, uint64_t height, const uint8_t digest[BAC_HASH_BYTES]) {
  struct bac_epoch_state *e = &node->epochs;
  struct bac_msg msg = {.type = BAC_MSG_CLOSE, .view = view, .height = height};
  struct bac_close *own = &e->closes[node->self];
  memcpy(msg.digest, digest, BAC_HASH_BYTES);
  if (own->said && own->view == view) { /* again, for those who have not heard it: payload tells the link that it is another object */
    uint8_t again[8];
    bac_put_u64(again, (uint64_t)node->now);
    msg.payload = again;
    msg.payload_length = sizeof again;
    bac_env_broadcast(&node->env, &msg, true);
  } else {
    bac_env_broadcast(&node->env, &msg, true);
  }
  own->said = true;
  own->view = view;
  own->height = msg.height;
  memcpy(own->digest, msg.digest, BAC_HASH_BYTES);
  memcpy(own->signature, msg.signature, BAC_SIGNATURE_BYTES);
  if (view > 0) weigh(node);
  e->close_at = node->now + CLOSE_DELTAS * node->config->delta + bac_env_vote_window(&node->env, 1);
}

/* Whether the committed tip is the boundary that the certificate names. */
static bool reached(const struct bac_node *node) {
  return !node->epochs.behind && bac_chain_closed(node->chain) &&
         memcmp(bac_chain_tip(node->chain)->block->digest, node->epochs.certificate.digest, BAC_HASH_BYTES) == 0;
}

bool bac_epoch_covers(const struct bac_node *node, const struct bac_header *header) {
  const struct bac_epoch_state *e = &node->epochs;
  /* After a stall, blocks come with the committee's word, and the last one is derived. */
  return enabled(node) && e->certificate.signatures && e->certificate.view == 0 && header->epoch == node->roster->epoch && header->height <= e->certificate.height;
}

void bac_epoch_approach(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  if (e->behind) return;
  if (e->certificate.view > 0 && !reached(node)) { /* recovery.c goes there */
    const bool near = bac_chain_tip(node->chain)->block->header.height + 1 >= e->certificate.height;
    if (node->engine) bac_env_want(&node->env, near ? e->certificate.height : e->certificate.height - 1);
    return;
  }
  struct bac_entry *at = bac_chain_find(node->chain, e->certificate.digest);
  while (at && !at->committed) {
    struct bac_entry *next = at;
    while (!next->parent->committed) next = next->parent;
    if (next->parent != bac_chain_tip(node->chain)) break;
    bac_env_commit(&node->env, next);
  }
  if (reached(node))
    e->turns = true;
  else if (node->engine)
    bac_env_want(&node->env, e->certificate.height);
}

static void weigh(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  const uint32_t n = node->roster->count, q = bac_quorum(n);
  for (uint32_t i = 0; i < n && !e->certificate.signatures; i++) {
    if (!e->closes[i].said) continue;
    struct bac_votes votes = {0};
    for (uint32_t k = i; k < n; k++)
      if (e->closes[k].said && e->closes[k].view == e->closes[i].view && e->closes[k].height == e->closes[i].height &&
          memcmp(e->closes[k].digest, e->closes[i].digest, BAC_HASH_BYTES) == 0)
        bac_votes_add(&votes, n, k, e->closes[k].signature);
    if (votes.count >= q) {
      struct bac_qc what = {.type = BAC_MSG_CLOSE, .shard = node->roster->shard, .epoch = node->roster->epoch, .view = e->closes[i].view, .height = e->closes[i].height};
      memcpy(what.digest, e->closes[i].digest, BAC_HASH_BYTES);
      bac_votes_certificate(&votes, n, q, &what, &e->certificate);
    }
    bac_votes_clear(&votes);
  }
  if (!e->certificate.signatures) return;
  bac_epoch_approach(node);
  if (!e->turns && e->ask_at > node->now + ASK_INTERVAL) e->ask_at = node->now + (node->engine ? 4 * ASK_INTERVAL : 0);
}

void bac_epoch_committed(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  if (!enabled(node) || node->restoring) return;
  acknowledge(node);
  bac_recovery_committed(node);
  if (!bac_chain_closed(node->chain)) return;
  const struct bac_block *last = bac_chain_tip(node->chain)->block;
  if (node->self != BAC_INDEX_NONE && !e->closes[node->self].said && e->recovery.view == 0)
    bac_epoch_say_close(node, 0, last->header.height, last->digest);
  if (e->certificate.signatures && reached(node))
    e->turns = true;
  else
    weigh(node);
}

void bac_epoch_help(struct bac_node *node, uint64_t epoch, uint32_t id) {
  if (!enabled(node) || epoch >= node->roster->epoch || bac_random_below(&node->random, node->roster->count) >= 3) return;
  bac_epoch_serve(node, BAC_FETCH_BOUNDARY, epoch, id);
}

void bac_epoch_close(struct bac_node *node, const struct bac_msg *msg) {
  struct bac_epoch_state *e = &node->epochs;
  if (!enabled(node)) return;
  const uint32_t index = bac_roster_index(node->roster, msg->sender);
  if (msg->epoch != node->roster->epoch || index == BAC_INDEX_NONE || msg->role != 0 || msg->step != 0) return;
  struct bac_close *c = &e->closes[index];
  if (c->said && msg->view <= c->view) {
    if (msg->view == c->view && (c->height != msg->height || memcmp(c->digest, msg->digest, BAC_HASH_BYTES) != 0))
      bac_node_reject(node, BAC_REJECT_EQUIVOCATION, msg->sender);
    return;
  }
  c->said = true;
  c->view = msg->view;
  c->height = msg->height;
  memcpy(c->digest, msg->digest, BAC_HASH_BYTES);
  memcpy(c->signature, msg->signature, BAC_SIGNATURE_BYTES);
  weigh(node);
  /* No block may follow from which a member that lags would learn that it does. */
  if (e->certificate.signatures || !node->engine || bac_chain_closed(node->chain)) return;
  uint32_t said = 0;
  for (uint32_t i = 0; i < node->roster->count; i++) said += e->closes[i].said;
  if (said > bac_faults_max(node->roster->count) && msg->height > 0) bac_env_want_from(&node->env, msg->height - (msg->view > 0), index);
}

/* ---- Getting there from outside. ---- */

void bac_epoch_heard(struct bac_node *node, uint64_t epoch, uint32_t id) {
  struct bac_epoch_state *e = &node->epochs;
  if (!enabled(node) || epoch < node->roster->epoch) return;
  if (epoch > e->heard_epoch) e->heard_epoch = epoch;
  bool known = false;
  for (uint32_t i = 0; i < BAC_EPOCH_HEARD && i < e->heard_count; i++) known = known || e->heard[i] == id;
  if (!known) e->heard[e->heard_count++ % BAC_EPOCH_HEARD] = id;
  if ((epoch > node->roster->epoch || !node->engine) && e->ask_at == BAC_NEVER) e->ask_at = node->now + node->config->delta;
}

void bac_epoch_among_others(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  if (!enabled(node)) return;
  e->silences = 0;
  e->silent_at = node->now + SILENCE;
}

/* First one of those heard; they may be made up: if nobody answers, every other time one of the roster. */
static uint32_t someone(struct bac_node *node) {
  const struct bac_epoch_state *e = &node->epochs;
  const uint32_t n = e->heard_count < BAC_EPOCH_HEARD ? e->heard_count : BAC_EPOCH_HEARD;
  if (n > 0 && e->unanswered % 2 == 0) return e->heard[bac_random_below(&node->random, n)];
  const uint32_t count = node->roster->count, own = node->self != BAC_INDEX_NONE && count > 1;
  return node->roster->members[(own * (node->self + 1) + bac_random_below(&node->random, count - own)) % count].id;
}

static void ask(struct bac_node *node, uint32_t what) {
  bac_Fetch request = {.what = what, .from_height = node->roster->epoch, .count = 1};
  uint8_t payload[bac_Fetch_size];
  pb_ostream_t stream = pb_ostream_from_buffer(payload, sizeof payload);
  BAC_ASSERT(pb_encode(&stream, bac_Fetch_fields, &request));
  struct bac_msg msg = {.type = BAC_MSG_FETCH, .view = (uint64_t)node->now, .payload = payload, .payload_length = stream.bytes_written};
  const uint32_t to = someone(node);
  if (to != node->id) bac_node_send(node, &msg, to);
}

void bac_epoch_serve(struct bac_node *node, uint32_t what, uint64_t epoch, uint32_t to) {
  struct bac_epoch_state *e = &node->epochs;
  const uint64_t first = node->roster->epoch - e->boundary_count; /* of this node's time */
  struct bac_buf *bytes = NULL;
  if (what == BAC_FETCH_BOUNDARY && epoch >= first && epoch < node->roster->epoch)
    bytes = e->boundaries[epoch - first];
  else if (what == BAC_FETCH_SNAPSHOT && epoch == node->roster->epoch && !e->behind)
    bytes = e->snapshot;
  bac_time *served = &e->served_at[to % BAC_EPOCH_SERVED];
  if (!bytes || node->now - *served < SERVE_INTERVAL) return;
  *served = node->now;
  struct bac_msg msg = {.type = what == BAC_FETCH_BOUNDARY ? BAC_MSG_BOUNDARY : BAC_MSG_SNAPSHOT,
                        .view = (uint64_t)node->now, /* equal objects are delivered once */
                        .height = epoch,
                        .payload = bytes->data,
                        .payload_length = bytes->length};
  bac_node_send(node, &msg, to);
}

void bac_epoch_boundary(struct bac_node *node, const struct bac_msg *msg) {
  struct bac_epoch_state *e = &node->epochs;
  struct boundary b;
  if (!enabled(node) || msg->height != node->roster->epoch || e->turns) return;
  if (!boundary_decode(&b, msg->payload, msg->payload_length, &node->cost)) {
    bac_node_reject(node, BAC_REJECT_MALFORMED, msg->sender);
    return;
  }
  if (b.header.epoch != node->roster->epoch || !certificate_holds(node, &b.certificate)) {
    bac_node_reject(node, BAC_REJECT_CERTIFICATE, msg->sender);
    boundary_clear(&b);
    return;
  }
  if (!e->certificate.signatures) bac_qc_copy(&e->certificate, &b.certificate);
  bac_epoch_approach(node);
  /* A member that lacks a few blocks gets them; for one that has waited long enough, or was away, the state is the shorter way. */
  const bool outside = !node->engine || e->heard_epoch > node->roster->epoch + 1 || e->patience == 0;
  if (!e->turns && outside) {
    struct bac_buf *boundary = bac_buf_new(msg->payload, msg->payload_length);
    persist(node, BAC_EPOCH_FOLLOWED, boundary, NULL);
    boundary_keep(e, boundary);
    bac_buf_unref(boundary);
    bac_node_engine_stop(node);
    if (!e->behind && b.header.round == BAC_ROUND_RECOVERY && bac_chain_tip(node->chain)->block->header.height >= b.header.height)
      bac_recovery_revoke(node, b.header.height - 1);
    e->behind = true;
    e->base = b.header;
    roster_set(node, b.next);
    b.next = NULL;
    report(node, false);
    e->ask_at = node->now;
    e->join_at = node->now + ASK_INTERVAL;
  } else if (!e->turns) {
    e->patience--;
  }
  boundary_clear(&b);
}

static bool set_onto(struct bac_node *node, const uint8_t *bytes, size_t length) {
  struct bac_epoch_state *e = &node->epochs;
  struct bac_state *state = bac_state_decode(bytes, length);
  uint8_t root[BAC_HASH_BYTES];
  if (state) bac_state_root(root, state, &node->cost);
  if (!state || memcmp(root, e->base.state_root, sizeof root) != 0) {
    bac_state_free(state);
    return false;
  }
  bac_chain_jump(node->chain, &e->base, state);
  e->behind = false;
  return true;
}

void bac_epoch_snapshot(struct bac_node *node, const struct bac_msg *msg) {
  struct bac_epoch_state *e = &node->epochs;
  if (!enabled(node) || !e->behind || msg->height != node->roster->epoch) return;
  if (!set_onto(node, msg->payload, msg->payload_length)) {
    bac_node_reject(node, BAC_REJECT_CERTIFICATE, msg->sender);
    return;
  }
  struct bac_buf *state = bac_buf_new(msg->payload, msg->payload_length), *none = bac_buf_new(NULL, 0);
  persist(node, BAC_EPOCH_JUMPED, none, state);
  bac_buf_unref(state);
  bac_buf_unref(none);
  begin(node, true);
}

/* With the account from the other shard, from what this one knows of it on. False: it cannot be, now or ever. */
static bool send_handover(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  const struct bac_state *state = bac_chain_tip(node->chain)->state;
  struct bac_tx tx;
  for (uint32_t i = 0; i < state->neighbour_count; i++) {
    if (e->passport->length < 4 || state->neighbours[i].shard != bac_get_u32(e->passport->data)) continue;
    struct bac_buf *rest = bac_passport_trim(e->passport->data, e->passport->length, state->neighbours[i].epoch);
    struct bac_buf *wire = rest ? bac_handover_make(&tx, node->roster->epoch, &e->own, rest->data, rest->length, node->now, &node->keys, &node->cost) : NULL;
    const bool good = wire && wire->length <= node->config->block_bytes_max && bac_state_accepts(state, &tx);
    if (good) bac_node_send_tx(node, &tx, BAC_INDEX_NONE);
    bac_buf_unref(rest);
    bac_buf_unref(wire);
    return good;
  }
  return false;
}

static void send_join(struct bac_node *node) {
  struct bac_tx tx;
  uint8_t wire[BAC_TX_BYTES_MAX];
  struct bac_epoch_state *e = &node->epochs;
  if (e->passport && e->behind) return; /* the state says what this shard knows of the other */
  if (e->towards > 0) return; /* it is expected elsewhere */
  if (e->passport && send_handover(node)) {
    e->joins++;
    return;
  }
  if (bac_join_make(&tx, wire, node->roster->epoch, &e->own, node->now, &node->keys, &node->cost) == BAC_OK)
    bac_node_send_tx(node, &tx, BAC_INDEX_NONE);
  e->joins++;
}

static void consider_leaving(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  if (!node->engine || e->left || e->departs_at == BAC_NEVER || bac_chain_closed(node->chain)) return;
  /* In the epoch in which it goes at the latest, counting on the next one to be as long as the last. */
  const bac_time ends = e->began_at + e->length;
  if (e->departs_at > (ends > node->now ? ends : node->now) + e->length) return;
  e->left = bac_node_record(node, BAC_TX_LEAVE, NULL, 0);
}

void bac_epoch_depart(struct bac_node *node, bac_time at) {
  node->epochs.departs_at = at;
  if (enabled(node)) consider_leaving(node);
}

/* Goes, if it finds itself there too, and for so long that it is worth it. */
static void follow_order(struct bac_node *node, const struct bac_assignment *a, const struct bac_assigned *row, const struct bac_motion *own) {
  struct bac_epoch_state *e = &node->epochs;
  if (e->left || bac_chain_closed(node->chain) || !stays(node) || !bac_motion_check(own) || bac_assign(&a->rule, own, a->from) != row->to) return;
  const struct bac_order order = bac_assignment_order(a, row);
  uint8_t memo[BAC_ORDER_BYTES];
  bac_order_encode(&order, memo);
  e->left = bac_node_record(node, BAC_TX_LEAVE, memo, sizeof memo);
  if (e->left) e->towards = row->to + 1;
}

void bac_epoch_assign(struct bac_node *node, const uint8_t *bytes, size_t length, const struct bac_motion *own) {
  struct bac_epoch_state *e = &node->epochs;
  struct bac_assignment a;
  if (!enabled(node)) return;
  if (!bac_assignment_read(&a, bytes, length, &node->cost)) {
    bac_node_reject(node, BAC_REJECT_MALFORMED, BAC_BROADCAST);
    return;
  }
  enum bac_reject reason = BAC_REJECT_COUNT;
  if (a.from != node->roster->shard || a.epoch != node->roster->epoch)
    reason = BAC_REJECT_WRONG_EPOCH;
  else if (a.at <= e->assigned_at)
    reason = BAC_REJECT_STALE;
  else
    reason = bac_assignment_check(&a, node->roster->ca_key, node->shared, &node->cost);
  if (reason != BAC_REJECT_COUNT) {
    bac_node_reject(node, reason, a.controller.ev_id);
  } else {
    e->assigned_at = a.at;
    const struct bac_assigned *row = bac_assignment_of(&a, node->id);
    if (node->engine && row && row->to != a.from) follow_order(node, &a, row, own);
  }
  bac_assignment_clear(&a);
}

void bac_epoch_timer(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  if (!enabled(node)) return;
  if (e->close_at <= node->now) {
    const struct bac_close own = e->closes[node->self];
    bac_epoch_say_close(node, own.view, own.height, own.digest);
  }
  bac_recovery_timer(node);
  if (node->engine) consider_leaving(node);
  if (e->ask_at <= node->now) {
    e->ask_at = BAC_NEVER;
    const bool known_over = e->certificate.signatures, over = known_over || e->heard_epoch > node->roster->epoch;
    const bool member = node->self != BAC_INDEX_NONE, outside = !member && e->has_certificate && (e->joins > 0 || e->towards > 0 || stays(node));
    const bool wants_state = e->behind && (member || e->passport || e->towards > 0); /* it has its account, or is needed to show it */
    /* Who spoke of a later epoch may have lied, so both are asked for: nobody can answer more than one. */
    if (wants_state && !known_over) ask(node, BAC_FETCH_SNAPSHOT);
    if ((over && member) || outside) ask(node, BAC_FETCH_BOUNDARY); /* who is outside may not hear it when an epoch ends */
    if ((over || wants_state) && ++e->unanswered > UNANSWERED_MAX) {
      e->heard_epoch = node->roster->epoch;
      e->unanswered = 0;
    }
    if (over || !node->engine) e->ask_at = node->now + (over || member ? 1 : 2) * ASK_INTERVAL;
  }
  if (e->silent_at <= node->now) {
    /* Where all is said to members alone, who was away for an epoch hears nothing of the next one: nobody knows that it is here. */
    if (node->self != BAC_INDEX_NONE) ask(node, BAC_FETCH_BOUNDARY);
    if (e->silences < 4) e->silences++;
    e->silent_at = node->now + (SILENCE << e->silences);
  }
  if (e->join_at <= node->now) {
    const bool outside = node->self == BAC_INDEX_NONE && e->has_certificate;
    if (outside && stays(node)) send_join(node);
    e->join_at = outside ? node->now + (JOIN_INTERVAL << (e->joins < 4 ? e->joins : 4)) : BAC_NEVER;
  }
}

bac_time bac_epoch_wakeup(const struct bac_node *node) {
  const struct bac_epoch_state *e = &node->epochs;
  bac_time at = e->close_at < e->ask_at ? e->close_at : e->ask_at;
  if (e->recovery.due_at < at) at = e->recovery.due_at;
  if (e->silent_at < at) at = e->silent_at;
  return e->join_at < at ? e->join_at : at;
}

/* ---- Life. ---- */

void bac_epoch_init(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  e->close_at = e->ask_at = e->join_at = e->silent_at = e->departs_at = BAC_NEVER;
  e->recovery.due_at = BAC_NEVER;
  e->patience = PATIENCE;
  e->length = (bac_time)node->roster->epoch_blocks * node->config->block_interval;
  e->heard_epoch = node->roster->epoch;
  for (int i = 0; i < BAC_EPOCH_SERVED; i++) e->served_at[i] = -SERVE_INTERVAL;
  if (!enabled(node)) return;
  e->closes = bac_alloc(node->roster->count, sizeof *e->closes);
  e->snapshot = bac_state_encode(bac_chain_tip(node->chain)->state);
}

void bac_epoch_bring(struct bac_node *node, const uint8_t *passport, size_t length) {
  struct bac_passport *read = bac_alloc(1, sizeof *read);
  struct bac_cost unused = {0};
  node->epochs.passport = bac_buf_new(passport, length);
  if (bac_passport_read(read, passport, length, false, NULL, &unused)) node->epochs.passport_moves = read->account.moves;
  free(read);
}

void bac_epoch_free(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  bac_recovery_clear(node);
  bac_buf_unref(e->passport);
  for (size_t i = 0; i < e->boundary_count; i++) bac_buf_unref(e->boundaries[i]);
  free(e->boundaries);
  free(e->closes);
  bac_qc_clear(&e->certificate);
  bac_buf_unref(e->snapshot);
  bac_roster_free(e->roster);
  bac_witness_clear(&node->witness);
}

uint8_t *bac_node_passport(const struct bac_node *node, size_t *length) {
  const struct bac_epoch_state *e = &node->epochs;
  *length = 0;
  if (!enabled(node) || e->behind || node->self != BAC_INDEX_NONE) return NULL;
  const struct bac_state *state = bac_chain_tip(node->chain)->state;
  const struct bac_account *own = bac_state_account(state, node->id);
  if (!own || own->membership != BAC_OUTSIDE || own->towards == 0 || e->boundary_count == 0 || e->boundary_count > BAC_PASSPORT_BOUNDARIES_MAX)
    return NULL;
  struct boundary *b = bac_alloc(e->boundary_count, sizeof *b);
  struct bac_passport_boundary *shown = bac_alloc(e->boundary_count, sizeof *shown);
  struct bac_cost unused = {0};
  uint32_t count = 0;
  for (; count < e->boundary_count; count++) {
    const bool good = boundary_decode(&b[count], e->boundaries[count]->data, e->boundaries[count]->length, &unused);
    BAC_ASSERT(good); /* as it was when it was kept */
    shown[count] = (struct bac_passport_boundary){b[count].header, b[count].certificate.view, &b[count].certificate.signers,
                                                  b[count].certificate.signatures, b[count].next};
  }
  struct bac_buf *made = bac_passport_make(e->first, shown, count, state, node->id, &unused);
  uint8_t *out = made ? bac_alloc(made->length, 1) : NULL;
  if (made) memcpy(out, made->data, made->length);
  if (made) *length = made->length;
  bac_buf_unref(made);
  for (uint32_t i = 0; i < count; i++) boundary_clear(&b[i]);
  free(b);
  free(shown);
  return out;
}

void bac_epoch_start(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  if (!enabled(node)) return;
  e->began_at = node->now;
  e->silent_at = node->now + SILENCE;
  bac_recovery_init(node);
  if (e->behind || node->self == BAC_INDEX_NONE) {
    e->ask_at = node->now + ASK_INTERVAL;
    e->join_at = node->now + 2 * ASK_INTERVAL; /* first hear where the others are */
  }
  report(node, false);
  draw(node);
  const struct bac_account *own = bac_state_account(bac_chain_tip(node->chain)->state, node->id);
  if (own && own->membership == BAC_LEAVING) e->towards = own->towards;
  hand_over(node); /* it had left when it went down */
  bac_epoch_committed(node); /* a restart after the last block */
}

int bac_epoch_restore(struct bac_node *node, const uint8_t *bytes, size_t length) {
  struct bac_epoch_state *e = &node->epochs;
  struct bac_reader r = bac_reader_over(bytes, length);
  const uint8_t how = bac_read_u8(&r);
  const size_t boundary_length = bac_read_u32(&r);
  const uint8_t *boundary = bac_read_bytes(&r, boundary_length);
  if (!boundary || !enabled(node)) return BAC_ECORRUPT;
  if (how == BAC_EPOCH_STALLED) return bac_recovery_restore(node, boundary, boundary_length);
  if (how == BAC_EPOCH_REWOUND) return bac_recovery_restore_rewind(node, boundary, boundary_length);
  if (how == BAC_EPOCH_JUMPED) {
    const size_t left = bac_reader_left(&r);
    if (!e->behind || !set_onto(node, bac_read_bytes(&r, left), left)) return BAC_ECORRUPT;
    begin(node, true);
    return BAC_OK;
  }
  struct boundary b;
  if (!boundary_decode(&b, boundary, boundary_length, &node->cost)) return BAC_ECORRUPT;
  bool good = b.header.epoch == node->roster->epoch && how <= BAC_EPOCH_FOLLOWED;
  if (good && how == BAC_EPOCH_TURNED)
    good = !e->behind && bac_chain_closed(node->chain) && memcmp(bac_chain_tip(node->chain)->block->digest, b.digest, sizeof b.digest) == 0;
  if (good) {
    struct bac_buf *kept = bac_buf_new(boundary, boundary_length);
    boundary_keep(e, kept);
    bac_buf_unref(kept);
    if (how == BAC_EPOCH_TURNED) bac_chain_turn(node->chain);
    roster_set(node, b.next);
    b.next = NULL;
    e->behind = how == BAC_EPOCH_FOLLOWED;
    e->base = b.header;
    if (how == BAC_EPOCH_TURNED) begin(node, false);
  }
  boundary_clear(&b);
  return good ? BAC_OK : BAC_ECORRUPT;
}
