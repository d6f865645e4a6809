/* SPDX-License-Identifier: GPL-2.0-only */
#include "node/epoch.h"

#include <pb_encode.h>
#include <stdlib.h>

#include "bac.pb.h"
#include "node/boundary.h"
#include "node/node_internal.h"

#define ASK_INTERVAL BAC_SECOND
#define JOIN_INTERVAL (2 * BAC_SECOND) /* doubled each time */
#define SERVE_INTERVAL (BAC_SECOND / 4)
#define SILENCE (8 * BAC_SECOND) /* doubled each time, to 16 times as long */
#define PATIENCE 3
#define UNANSWERED_MAX 3 /* times asked: whoever spoke of a later epoch may have lied */
#define TELL_INTERVAL (6 * BAC_SECOND) /* among a crowd: in which TELLERS members, on average, tell each of those who are behind */
#define TELLERS 2
#define PUBLISH_BEHIND 8 /* among a crowd: if more than one member in so many is behind, all are told at once, after a wait drawn from so long for each */
#define PUBLISH_EACH (BAC_SECOND / 4) /* member of the crowd, so that one or two do it before the others hear them */
#define CLOSE_DELTAS 8 /* after which a CLOSE is sent again */

bool bac_epoch_enabled(const struct bac_node *node) { return node->kind == BAC_NODE_MEMBER && node->roster->epoch_blocks > 0; }

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
  e->publish_at = BAC_NEVER;
  e->published = false;
  bac_bitset_clear(&e->lagging);
  if (node->self != BAC_INDEX_NONE) e->towards = 0; /* an order of the epoch before has lapsed */
  bac_bitset_clear(&e->here);
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

bool bac_epoch_hold(struct bac_node *node, uint64_t epoch, const uint8_t *object, size_t length, uint32_t source) {
  return bac_epoch_enabled(node) && bac_early_hold(&node->epochs.early, epoch, object, length, source);
}

static void take_in_early(struct bac_node *node) {
  struct bac_early early = node->epochs.early;
  node->epochs.early = (struct bac_early){0};
  for (size_t i = 0; early.epoch == node->roster->epoch && node->engine && i < early.count; i++)
    bac_node_deliver(node, early.objects[i].object->data, early.objects[i].object->length, early.objects[i].source);
  bac_early_clear(&early);
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
    bac_membership_draw(node);
    bac_membership_hand_over(node);
    take_in_early(node);
  }
}

void bac_epoch_turn(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  if (!bac_epoch_enabled(node)) return;
  bac_recovery_finish(node);
  if (!e->turns) return;
  const struct bac_entry *base = bac_chain_tip(node->chain);
  BAC_ASSERT(bac_chain_closed(node->chain) && e->certificate.signatures);
  struct bac_roster *next = bac_state_roster(base->state, node->roster->shard);
  struct bac_buf *boundary = bac_boundary_encode(&base->block->header, &e->certificate, next);
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
  return bac_epoch_enabled(node) && e->certificate.signatures && e->certificate.view == 0 && header->epoch == node->roster->epoch && header->height <= e->certificate.height;
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

/* Until this member asks, itself alone; among a crowd it may be told before. */
static bac_time ask_wait(struct bac_node *node, bac_time wait) {
  return bac_env_tells_crowd(&node->env) ? TELL_INTERVAL + (bac_time)bac_random_below(&node->random, (uint64_t)TELL_INTERVAL) : wait;
}

static void weigh(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  const bool known = e->certificate.signatures != NULL;
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
  if (!known && !e->turns && e->ask_at > node->now + ASK_INTERVAL) e->ask_at = node->now + ask_wait(node, node->engine ? 4 * ASK_INTERVAL : 0);
}

void bac_epoch_committed(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  if (!bac_epoch_enabled(node) || node->restoring) return;
  bac_membership_acknowledge(node);
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

static void say(struct bac_node *node, uint32_t type, uint64_t epoch, const uint8_t *payload, size_t length, uint32_t to) {
  struct bac_msg msg = {.type = type, .view = (uint64_t)node->now, /* equal objects are delivered once */ .height = epoch, .payload = payload, .payload_length = length};
  bac_node_send(node, &msg, to);
}

/* Somebody else has not got there and says CLOSE of the epoch before again. When many do, each member of a crowd would have to hear more than two thirds
 * of it, and one of those who have says what certifies the boundary to all. */
static void note_lagging(struct bac_node *node, const struct bac_msg *msg, uint32_t index) {
  struct bac_epoch_state *e = &node->epochs;
  const bool again = msg->epoch + 1 == node->roster->epoch && msg->payload_length > 0 && !bac_bitset_has(&e->here, index);
  if (!again || e->published || e->boundary_count == 0 || !bac_env_tells_crowd(&node->env)) return;
  bac_bitset_add(&e->lagging, index);
  const uint32_t n = node->roster->count;
  if (e->publish_at == BAC_NEVER && bac_bitset_count(&e->lagging) > n / PUBLISH_BEHIND)
    e->publish_at = node->now + (bac_time)bac_random_below(&node->random, n * (uint64_t)PUBLISH_EACH);
}

static void publish(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  const struct bac_buf *boundary = e->boundaries[e->boundary_count - 1];
  e->publish_at = BAC_NEVER;
  e->published = true;
  say(node, BAC_MSG_BOUNDARY, node->roster->epoch - 1, boundary->data, bac_boundary_without_roster(boundary), BAC_BROADCAST);
}

/* known: to a member of that epoch, which derives the next roster itself. */
static void serve(struct bac_node *node, uint32_t what, uint64_t epoch, uint32_t to, bool known) {
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
  say(node, what == BAC_FETCH_BOUNDARY ? BAC_MSG_BOUNDARY : BAC_MSG_SNAPSHOT, epoch, bytes->data, known ? bac_boundary_without_roster(bytes) : bytes->length, to);
}

void bac_epoch_serve(struct bac_node *node, uint32_t what, uint64_t epoch, uint32_t to) { serve(node, what, epoch, to, false); }

/* Among a crowd many are behind at first, most of whom get there by themselves. Drawn anew each interval and for each of them, so that faulty members cannot
 * stand in the way. Only a member that is behind sets it off: what anybody could make up is not to fill the air. */
static bool tells_now(struct bac_node *node, const struct bac_msg *msg) {
  struct bac_epoch_state *e = &node->epochs;
  const uint32_t index = bac_roster_index(node->roster, msg ? msg->sender : BAC_BROADCAST);
  if (index == BAC_INDEX_NONE || node->now - e->began_at < TELL_INTERVAL / 2 || node->now - e->served_at[msg->sender % BAC_EPOCH_SERVED] < TELL_INTERVAL) return false;
  struct bac_random draw = bac_random_stream((uint64_t)(node->now / TELL_INTERVAL) << 16 | index, node->id, BAC_PURPOSE_NODE);
  uint8_t digest[BAC_HASH_BYTES];
  if (bac_random_below(&draw, node->roster->count) >= TELLERS) return false;
  bac_msg_signing_digest(digest, msg);
  return bac_verify(node->shared, msg->signature, digest, node->roster->members[index].sign_key, &node->cost);
}

void bac_epoch_help(struct bac_node *node, uint64_t epoch, uint32_t id, const struct bac_msg *msg) {
  if (!bac_epoch_enabled(node) || epoch >= node->roster->epoch) return;
  const uint32_t index = bac_roster_index(node->roster, id);
  if (index != BAC_INDEX_NONE && bac_bitset_has(&node->epochs.here, index)) return; /* it is not behind: its message has been on its way for long */
  if (epoch + 1 == node->roster->epoch && bac_env_tells_crowd(&node->env)) {
    if (tells_now(node, msg)) serve(node, BAC_FETCH_BOUNDARY, epoch, id, true);
    return;
  }
  if (bac_random_below(&node->random, node->roster->count) < 3) bac_epoch_serve(node, BAC_FETCH_BOUNDARY, epoch, id);
}

void bac_epoch_close(struct bac_node *node, const struct bac_msg *msg) {
  struct bac_epoch_state *e = &node->epochs;
  if (!bac_epoch_enabled(node)) return;
  const uint32_t index = bac_roster_index(node->roster, msg->sender);
  if (index != BAC_INDEX_NONE) note_lagging(node, msg, index);
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
  if (!bac_epoch_enabled(node) || epoch < node->roster->epoch) return;
  if (epoch > e->heard_epoch) e->heard_epoch = epoch;
  bool known = false;
  for (uint32_t i = 0; i < BAC_EPOCH_HEARD && i < e->heard_count; i++) known = known || e->heard[i] == id;
  if (!known) e->heard[e->heard_count++ % BAC_EPOCH_HEARD] = id;
  if ((epoch > node->roster->epoch || !node->engine) && e->ask_at == BAC_NEVER) e->ask_at = node->now + ask_wait(node, node->config->delta);
}

void bac_epoch_among_others(struct bac_node *node, uint32_t signer) {
  struct bac_epoch_state *e = &node->epochs;
  if (!bac_epoch_enabled(node)) return;
  if (signer != BAC_INDEX_NONE) bac_bitset_add(&e->here, signer);
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

void bac_epoch_boundary(struct bac_node *node, const struct bac_msg *msg) {
  struct bac_epoch_state *e = &node->epochs;
  struct bac_boundary b;
  if (!bac_epoch_enabled(node)) return;
  if (msg->height + 1 == node->roster->epoch) { /* somebody has said it */
    e->publish_at = BAC_NEVER;
    e->published = true;
  }
  if (msg->height != node->roster->epoch || e->turns) return;
  if (!bac_boundary_decode(&b, msg->payload, msg->payload_length, &node->cost)) {
    bac_node_reject(node, BAC_REJECT_MALFORMED, msg->sender);
    return;
  }
  if (b.header.epoch != node->roster->epoch || !certificate_holds(node, &b.certificate)) {
    bac_node_reject(node, BAC_REJECT_CERTIFICATE, msg->sender);
    bac_boundary_clear(&b);
    return;
  }
  if (!e->certificate.signatures) bac_qc_copy(&e->certificate, &b.certificate);
  bac_epoch_approach(node);
  bac_recovery_finish(node); /* whoever can derive the last block needs nobody's state */
  /* A member that lacks a few blocks gets them; for one that has waited long enough, or was away, the state is the shorter way. */
  const bool outside = !node->engine || e->heard_epoch > node->roster->epoch + 1 || e->patience == 0;
  if (!e->turns && outside && b.next) {
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
  } else if (!e->turns && e->patience > 0) {
    e->patience--;
  }
  bac_boundary_clear(&b);
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
  if (!bac_epoch_enabled(node) || !e->behind || msg->height != node->roster->epoch) return;
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

void bac_epoch_timer(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  if (!bac_epoch_enabled(node)) return;
  if (e->close_at <= node->now) {
    const struct bac_close own = e->closes[node->self];
    bac_epoch_say_close(node, own.view, own.height, own.digest);
  }
  if (e->publish_at <= node->now) publish(node);
  bac_recovery_timer(node);
  if (node->engine) bac_membership_consider_leaving(node);
  if (e->ask_at <= node->now) {
    e->ask_at = BAC_NEVER;
    const bool known_over = e->certificate.signatures, over = known_over || e->heard_epoch > node->roster->epoch;
    const bool member = node->self != BAC_INDEX_NONE, outside = !member && e->has_certificate && (e->joins > 0 || e->towards > 0 || bac_membership_stays(node));
    const bool wants_state = e->behind && (member || e->passport || e->towards > 0); /* it has its account, or is needed to show it */
    /* Who spoke of a later epoch may have lied, so both are asked for: nobody can answer more than one. */
    if (wants_state && !known_over) ask(node, BAC_FETCH_SNAPSHOT);
    if ((over && member) || outside) ask(node, BAC_FETCH_BOUNDARY); /* who is outside may not hear it when an epoch ends */
    if ((over || wants_state) && ++e->unanswered > UNANSWERED_MAX) {
      e->heard_epoch = node->roster->epoch;
      e->unanswered = 0;
    }
    if (over || !node->engine) e->ask_at = node->now + ask_wait(node, (over || member ? 1 : 2) * ASK_INTERVAL);
  }
  if (e->silent_at <= node->now) {
    /* Where all is said to members alone, who was away for an epoch hears nothing of the next one: nobody knows that it is here. */
    if (node->self != BAC_INDEX_NONE) ask(node, BAC_FETCH_BOUNDARY);
    if (e->silences < 4) e->silences++;
    e->silent_at = node->now + (SILENCE << e->silences);
  }
  if (e->join_at <= node->now) {
    const bool outside = node->self == BAC_INDEX_NONE && e->has_certificate;
    if (outside && bac_membership_stays(node)) bac_membership_join(node);
    e->join_at = outside ? node->now + (JOIN_INTERVAL << (e->joins < 4 ? e->joins : 4)) : BAC_NEVER;
  }
}

bac_time bac_epoch_wakeup(const struct bac_node *node) {
  const struct bac_epoch_state *e = &node->epochs;
  bac_time at = e->close_at < e->ask_at ? e->close_at : e->ask_at;
  if (e->recovery.due_at < at) at = e->recovery.due_at;
  if (e->silent_at < at) at = e->silent_at;
  if (e->publish_at < at) at = e->publish_at;
  return e->join_at < at ? e->join_at : at;
}

/* ---- Life. ---- */

void bac_epoch_init(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  e->close_at = e->ask_at = e->join_at = e->silent_at = e->departs_at = e->publish_at = BAC_NEVER;
  e->recovery.due_at = BAC_NEVER;
  e->patience = PATIENCE;
  e->length = (bac_time)node->roster->epoch_blocks * node->config->block_interval;
  e->heard_epoch = node->roster->epoch;
  for (int i = 0; i < BAC_EPOCH_SERVED; i++) e->served_at[i] = -TELL_INTERVAL;
  if (!bac_epoch_enabled(node)) return;
  e->closes = bac_alloc(node->roster->count, sizeof *e->closes);
  e->snapshot = bac_state_encode(bac_chain_tip(node->chain)->state);
}

void bac_epoch_free(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  bac_recovery_clear(node);
  bac_early_clear(&e->early);
  bac_buf_unref(e->passport);
  for (size_t i = 0; i < e->boundary_count; i++) bac_buf_unref(e->boundaries[i]);
  free(e->boundaries);
  free(e->closes);
  bac_qc_clear(&e->certificate);
  bac_buf_unref(e->snapshot);
  bac_roster_free(e->roster);
  bac_witness_clear(&node->witness);
}

void bac_epoch_start(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  if (!bac_epoch_enabled(node)) return;
  e->began_at = node->now;
  e->silent_at = node->now + SILENCE;
  bac_recovery_init(node);
  if (e->behind || node->self == BAC_INDEX_NONE) {
    e->ask_at = node->now + ASK_INTERVAL;
    e->join_at = node->now + 2 * ASK_INTERVAL; /* first hear where the others are */
  }
  report(node, false);
  bac_membership_draw(node);
  const struct bac_account *own = bac_state_account(bac_chain_tip(node->chain)->state, node->id);
  if (own && own->membership == BAC_LEAVING) e->towards = own->towards;
  bac_membership_hand_over(node); /* it had left when it went down */
  bac_epoch_committed(node); /* a restart after the last block */
}

int bac_epoch_restore(struct bac_node *node, const uint8_t *bytes, size_t length) {
  struct bac_epoch_state *e = &node->epochs;
  struct bac_reader r = bac_reader_over(bytes, length);
  const uint8_t how = bac_read_u8(&r);
  const size_t boundary_length = bac_read_u32(&r);
  const uint8_t *boundary = bac_read_bytes(&r, boundary_length);
  if (!boundary || !bac_epoch_enabled(node)) return BAC_ECORRUPT;
  if (how == BAC_EPOCH_STALLED) return bac_recovery_restore(node, boundary, boundary_length);
  if (how == BAC_EPOCH_REWOUND) return bac_recovery_restore_rewind(node, boundary, boundary_length);
  if (how == BAC_EPOCH_JUMPED) {
    const size_t left = bac_reader_left(&r);
    if (!e->behind || !set_onto(node, bac_read_bytes(&r, left), left)) return BAC_ECORRUPT;
    begin(node, true);
    return BAC_OK;
  }
  struct bac_boundary b;
  if (!bac_boundary_decode(&b, boundary, boundary_length, &node->cost)) return BAC_ECORRUPT;
  bool good = b.next && b.header.epoch == node->roster->epoch && how <= BAC_EPOCH_FOLLOWED;
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
  bac_boundary_clear(&b);
  return good ? BAC_OK : BAC_ECORRUPT;
}
