/* SPDX-License-Identifier: GPL-2.0-only */
/* The step function: an event in, the effects out. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/hash.h"
#include "node/node_internal.h"

struct bac_effect *bac_node_effect(struct bac_node *node, enum bac_effect_type type) {
  if (node->effect_count == node->effect_capacity) {
    node->effect_capacity = node->effect_capacity ? node->effect_capacity * 2 : 16;
    node->effects = bac_realloc(node->effects, node->effect_capacity, sizeof *node->effects);
  }
  struct bac_effect *effect = &node->effects[node->effect_count++];
  *effect = (struct bac_effect){.type = type};
  return effect;
}

const uint8_t *bac_node_keep(struct bac_node *node, const void *bytes, size_t length) {
  if (node->arena_count == node->arena_capacity) {
    node->arena_capacity = node->arena_capacity ? node->arena_capacity * 2 : 16;
    node->arena = bac_realloc(node->arena, node->arena_capacity, sizeof *node->arena);
  }
  struct bac_buf *buf = bac_buf_new(bytes, length);
  node->arena[node->arena_count++] = buf;
  return buf->data;
}

void bac_node_reject(struct bac_node *node, enum bac_reject reason, uint32_t from) {
  struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_REJECT);
  effect->reject.reason = reason;
  effect->reject.from = from;
  node->counters.rejects[reason]++;
}

static void output_clear(struct bac_node *node) {
  for (size_t i = 0; i < node->arena_count; i++) bac_buf_unref(node->arena[i]);
  node->arena_count = node->effect_count = 0;
  node->cost = (struct bac_cost){0};
}

static void link_rejected(void *ctx, enum bac_reject reason, uint32_t from) { bac_node_reject(ctx, reason, from); }

static void link_hash(uint8_t out[BAC_HASH_BYTES], const void *bytes, size_t length) { bac_hash(out, BAC_DOMAIN_OBJECT, bytes, length); }

static struct bac_link *make_link(struct bac_node *node) {
  const struct bac_config *c = node->config;
  const struct bac_link_config lc = {
      .self = node->id,
      .shard = node->roster->shard,
      .kind = node->kind == BAC_NODE_RSU ? BAC_LINK_RSU : node->kind == BAC_NODE_MBS ? BAC_LINK_MBS : BAC_LINK_EV,
      .frame_bytes_max = c->frame_bytes_max,
      .bit_rate_bps = c->bit_rate_bps,
      .frame_overhead_ns = c->frame_overhead_ns,
      .population = node->roster->count,
      .seed = c->seed,
      .relay = c->relay,
      .backhaul = c->backhaul,
      .hash = link_hash,
  };
  static const struct bac_link_callbacks callbacks = {.deliver = bac_node_deliver, .reject = link_rejected};
  return bac_link_new(&lc, &callbacks, node);
}

/* Whether this member keeps whole blocks: a share of the members do, and candidates of the epoch (bac_env_role). */
static bool keeps_bodies(const struct bac_node *node) {
  if (!node->protocol->light_members) return true;
  struct bac_random r = bac_random_stream(node->config->seed, node->id, BAC_PURPOSE_NODE);
  return bac_random_chance(&r, node->config->full_permille, 1000);
}

struct bac_node *bac_node_new(const struct bac_node_config *nc, char *why, size_t why_size) {
  if (!nc || !nc->config || !bac_roster_check(nc->roster)) {
    snprintf(why, why_size, "the roster is empty, too large or not ordered by id: give 1 to %d members", BAC_ROSTER_MAX);
    return NULL;
  }
  if (bac_config_check(nc->config, why, why_size) != BAC_OK) return NULL;
  uint32_t index = bac_roster_index(nc->roster, nc->id);
  struct bac_certificate own;
  if (nc->certificate && (!bac_certificate_decode(&own, nc->certificate, BAC_CERTIFICATE_BYTES) || own.ev_id != nc->id)) {
    snprintf(why, why_size, "the certificate of node %u is torn or another EV's", nc->id);
    return NULL;
  }
  if (nc->kind == BAC_NODE_MEMBER && index == BAC_INDEX_NONE && (!nc->certificate || nc->roster->epoch_blocks == 0)) {
    snprintf(why, why_size, "node %u is not in the roster of shard %u and cannot join: it has no certificate, or there are no epochs", nc->id,
             nc->roster->shard);
    return NULL;
  }
  if (nc->id > BAC_NODE_ID_MAX || nc->roster->shard > UINT16_MAX || (unsigned)nc->kind > BAC_NODE_MBS) {
    snprintf(why, why_size, "node %u of kind %d in shard %u: ids go up to %d, shards to 65535", nc->id, (int)nc->kind, nc->roster->shard,
             BAC_NODE_ID_MAX);
    return NULL;
  }
  if (sodium_init() < 0) {
    snprintf(why, why_size, "libsodium does not start");
    return NULL;
  }
  struct bac_node *node = bac_alloc(1, sizeof *node);
  node->env.node = node;
  node->config = nc->config;
  node->roster = nc->roster;
  node->id = nc->id;
  node->self = index;
  node->kind = nc->kind;
  node->shared = nc->shared;
  node->random = bac_random_stream(nc->config->seed, nc->id, BAC_PURPOSE_ENGINE);
  bac_node_set_radios(node, 1, 4);
  node->maintenance_at = BAC_NEVER;
  node->next_nonce = 1;
  for (int i = 0; i < BAC_ENGINE_TIMERS; i++) node->timers[i] = BAC_NEVER;
  node->link = make_link(node);
  bac_fetch_reset(node);
  if (node->kind == BAC_NODE_MEMBER) {
    bac_keypair_derive(&node->keys, nc->config->seed, nc->id);
    node->pool = bac_pool_new(nc->config->pool_txs_max);
    struct bac_roster genesis = *nc->roster;
    if (genesis.epoch_blocks > 0 && genesis.candidates_permille == 0) genesis.candidates_permille = nc->config->candidates_permille;
    node->protocol = bac_protocol_find(nc->config->protocol);
    node->chain = bac_chain_new(&genesis, bac_protocol_seeds(node->protocol, nc->config), node->pool, nc->shared);
    node->keeps_bodies = keeps_bodies(node);
    if (nc->certificate) {
      node->epochs.has_certificate = true;
      bac_certificate_decode(&node->epochs.own, nc->certificate, BAC_CERTIFICATE_BYTES); /* looked at above */
    }
    node->epochs.first = nc->roster;
    if (nc->passport) bac_membership_bring(node, nc->passport, nc->passport_length);
    bac_epoch_init(node);
  }
  return node;
}

static struct bac_block *decode_block(struct bac_node *node, const uint8_t *bytes, size_t length) {
  struct bac_buf *buf = bac_buf_new(bytes, length);
  struct bac_block *block = bac_block_decode(buf, node->config->block_bytes_max, &node->cost);
  bac_buf_unref(buf);
  return block;
}

/* What was voted for is back in its place, if it still has one. */
static void place_bodies(struct bac_node *node) {
  for (size_t i = 0; i < node->body_count; i++) {
    struct bac_entry *at = NULL;
    struct bac_block *block = node->engine ? decode_block(node, node->bodies[i]->data, node->bodies[i]->length) : NULL;
    if (block && bac_chain_insert(node->chain, block, node->now, &node->cost, &at) == BAC_REJECT_COUNT) at->durable = true;
    bac_buf_unref(node->bodies[i]);
  }
  free(node->bodies);
  node->bodies = NULL;
  node->body_count = 0;
}

static void heard_clear(struct bac_node *node) {
  while (node->heard_count > 0) bac_buf_unref(node->heard[--node->heard_count]);
  free(node->heard);
  node->heard = NULL;
  node->heard_capacity = 0;
}

/* False: they are torn. Those of earlier epochs are of no use any more. */
static bool replay_heard(struct bac_node *node) {
  bool good = true;
  for (size_t i = 0; i < node->heard_count && good; i++) {
    const struct bac_buf *record = node->heard[i];
    const uint64_t epoch = bac_get_u64(record->data);
    if (epoch == node->roster->epoch) good = node->protocol->replay && node->protocol->replay(node->engine, record->data + 8, record->length - 8);
    if (epoch > node->roster->epoch) good = false;
  }
  heard_clear(node);
  return good;
}

void bac_node_engine_start(struct bac_node *node) {
  BAC_ASSERT(!node->engine);
  if (node->self == BAC_INDEX_NONE || node->epochs.behind) return;
  node->keeps_bodies = keeps_bodies(node);
  node->engine = bac_alloc(1, node->protocol->engine_size);
  node->protocol->init(node->engine, &node->env);
  struct bac_buf *record = node->engine_record;
  if (!replay_heard(node)) node->protocol->restore(node->engine, NULL, 0);
  if (record && (record->length < 8 || bac_get_u64(record->data) >= node->roster->epoch)) {
    /* Of this epoch; or torn, and the engine has to know. */
    const bool ours = record->length >= 8 && bac_get_u64(record->data) == node->roster->epoch;
    node->protocol->restore(node->engine, ours ? record->data + 8 : NULL, ours ? record->length - 8 : 0);
  }
  bac_buf_unref(record);
  node->engine_record = NULL;
  place_bodies(node);
  node->protocol->start(node->engine);
}

void bac_node_engine_stop(struct bac_node *node) {
  if (!node->engine) return;
  node->protocol->destroy(node->engine);
  free(node->engine);
  node->engine = NULL;
  for (int i = 0; i < BAC_ENGINE_TIMERS; i++) node->timers[i] = BAC_NEVER;
  bac_fetch_reset(node);
}

void bac_node_free(struct bac_node *node) {
  if (!node) return;
  bac_node_engine_stop(node);
  bac_epoch_free(node);
  bac_buf_unref(node->engine_record);
  place_bodies(node);
  heard_clear(node);
  output_clear(node);
  free(node->effects);
  free(node->arena);
  bac_buf_unref(node->last_object);
  bac_pool_free(node->pool);
  bac_chain_free(node->chain);
  bac_link_free(node->link);
  sodium_memzero(&node->keys, sizeof node->keys);
  free(node);
}

void bac_node_set_radios(struct bac_node *node, uint32_t radios, uint32_t frames) {
  BAC_ASSERT(radios >= 1 && radios <= BAC_RADIOS_MAX);
  node->radios = radios;
  for (uint32_t r = 0; r < radios; r++) node->frame_credit[r] = frames;
}

/* u64 height || block. */
static int restore_body(struct bac_node *node, const uint8_t *bytes, size_t length) {
  struct bac_block *block = length > 8 ? decode_block(node, bytes + 8, length - 8) : NULL;
  const bool good = block && block->header.height == bac_get_u64(bytes);
  bac_block_free(block);
  if (!good) return BAC_ECORRUPT;
  node->bodies = bac_realloc(node->bodies, node->body_count + 1, sizeof(struct bac_buf *));
  node->bodies[node->body_count++] = bac_buf_new(bytes + 8, length - 8);
  return BAC_OK;
}

/* u64 epoch || what the engine wrote. */
static int restore_heard(struct bac_node *node, const uint8_t *bytes, size_t length) {
  if (length < 8) return BAC_ECORRUPT;
  if (node->heard_count > 0 && bac_get_u64(node->heard[0]->data) < bac_get_u64(bytes)) heard_clear(node);
  if (node->heard_count == node->heard_capacity) {
    node->heard_capacity = node->heard_capacity ? 2 * node->heard_capacity : 64;
    node->heard = bac_realloc(node->heard, node->heard_capacity, sizeof(struct bac_buf *));
  }
  node->heard[node->heard_count++] = bac_buf_new(bytes, length);
  return BAC_OK;
}

static int restore(struct bac_node *node, uint32_t kind, const uint8_t *bytes, size_t length) {
  if (node->kind != BAC_NODE_MEMBER) return BAC_EINVAL;
  if (kind == BAC_RECORD_STATE) {
    bac_buf_unref(node->engine_record);
    node->engine_record = bac_buf_new(bytes, length);
    return BAC_OK;
  }
  if (kind == BAC_RECORD_EPOCH) return bac_epoch_restore(node, bytes, length);
  if (kind == BAC_RECORD_BODY) return restore_body(node, bytes, length);
  if (kind == BAC_RECORD_EVENT) return restore_heard(node, bytes, length);
  if (kind != BAC_RECORD_BLOCK) return BAC_EINVAL;
  struct bac_reader r = bac_reader_over(bytes, length);
  bac_read_u64(&r);
  size_t block_length = bac_read_u32(&r);
  const uint8_t *payload = bac_read_bytes(&r, block_length);
  if (!payload) return BAC_ECORRUPT;
  struct bac_block *block = decode_block(node, payload, block_length);
  struct bac_entry *at = NULL;
  if (!block || bac_chain_insert(node->chain, block, node->now, &node->cost, &at) != BAC_REJECT_COUNT ||
      at->parent != bac_chain_tip(node->chain))
    return BAC_ECORRUPT;
  size_t certificate_length = bac_reader_left(&r);
  bac_chain_certify(at, bac_read_bytes(&r, certificate_length), certificate_length);
  node->restoring = true;
  bac_env_commit(&node->env, at);
  node->restoring = false;
  return BAC_OK;
}

/* Sends own transactions again that nobody has committed, each time after twice as long: where blocks are slow it is not because of them. */
static void maintenance(struct bac_node *node) {
  node->maintenance_at = node->now + BAC_SECOND;
  for (struct bac_pool_entry *e = bac_pool_next(node->pool, NULL); e; e = bac_pool_next(node->pool, e)) {
    const bac_time age = e->resent_at - e->arrived_at, wait = age > BAC_TX_RESEND ? age : BAC_TX_RESEND;
    if (e->tx.from != node->id || node->now - e->resent_at < wait) continue;
    e->resent_at = node->now;
    bac_node_send_tx(node, &e->tx, BAC_INDEX_NONE);
  }
}

static void run_timers(struct bac_node *node) {
  if (node->kind != BAC_NODE_MEMBER) return;
  for (uint32_t i = 0; i < BAC_ENGINE_TIMERS; i++) {
    if (node->timers[i] > node->now) continue;
    node->timers[i] = BAC_NEVER;
    node->protocol->timer(node->engine, i);
  }
  bac_epoch_timer(node);
  bac_fetch_timer(node);
  if (node->maintenance_at <= node->now) maintenance(node);
}

static void emit_frame(struct bac_node *node, const struct bac_link_frame *f, uint32_t radio) {
  const uint8_t *bytes = bac_node_keep(node, f->bytes, f->length);
  struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_FRAME);
  effect->frame.port = f->port;
  effect->frame.radio = radio;
  effect->frame.destination = f->destination;
  effect->frame.except = f->except;
  effect->frame.frame_class = (enum bac_frame_class)f->traffic;
  effect->frame.bytes = bytes;
  effect->frame.length = f->length;
  if (f->port == BAC_LINK_WIRE) {
    node->counters.wired_frames_sent++;
  } else {
    node->counters.frames_sent[f->traffic]++;
    node->counters.frame_bytes_sent[f->traffic] += f->length;
  }
}

/* What a radio carries, as bits 1 << enum bac_link_class. */
static unsigned classes_of(const struct bac_node *node, uint32_t radio) {
  const unsigned bulk = 1u << BAC_LINK_BULK;
  return node->radios == 1 ? BAC_LINK_ALL : radio == 0 ? bulk : BAC_LINK_ALL & ~bulk;
}

static void emit_frames(struct bac_node *node) {
  struct bac_link_frame f;
  while (bac_link_next_frame(node->link, node->now, BAC_LINK_WIRE, BAC_LINK_ALL, &f)) emit_frame(node, &f, 0);
  for (uint32_t r = 0; r < node->radios; r++) {
    while (node->frame_credit[r] > 0 && bac_link_next_frame(node->link, node->now, BAC_LINK_AIR, classes_of(node, r), &f)) {
      emit_frame(node, &f, r);
      if (node->frame_credit[r] != UINT32_MAX) node->frame_credit[r]--;
    }
  }
}

static bac_time next_wakeup(const struct bac_node *node) {
  bac_time at = bac_link_wakeup(node->link, BAC_LINK_WIRE, BAC_LINK_ALL);
  for (uint32_t r = 0; r < node->radios; r++) { /* a full MAC is waited for, not polled */
    const bac_time air = node->frame_credit[r] > 0 ? bac_link_wakeup(node->link, BAC_LINK_AIR, classes_of(node, r)) : BAC_NEVER;
    if (air < at) at = air;
  }
  for (int i = 0; i < BAC_ENGINE_TIMERS; i++)
    if (node->timers[i] < at) at = node->timers[i];
  if (node->fetch.retry_at < at) at = node->fetch.retry_at;
  if (node->maintenance_at < at) at = node->maintenance_at;
  if (node->kind == BAC_NODE_MEMBER && bac_epoch_wakeup(node) < at) at = bac_epoch_wakeup(node);
  return at > node->now || at == BAC_NEVER ? at : node->now + 1;
}

static int handle(struct bac_node *node, const struct bac_event *event) {
  switch (event->type) {
    case BAC_EVENT_RESTORE:
      return node->started ? BAC_ESTATE : restore(node, event->restore.kind, event->restore.bytes, event->restore.length);
    case BAC_EVENT_START:
      if (node->started) return BAC_ESTATE;
      node->started = true;
      if (node->kind == BAC_NODE_MEMBER) {
        if (!node->protocol->carries_transactions) node->maintenance_at = node->now + BAC_SECOND;
        bac_node_engine_start(node);
        bac_epoch_start(node);
      }
      return BAC_OK;
    case BAC_EVENT_FRAME:
      if (event->frame.port > BAC_LINK_WIRE || (!event->frame.bytes && event->frame.length > 0)) return BAC_EINVAL;
      bac_link_receive(node->link, node->now, (enum bac_link_port)event->frame.port, event->frame.bytes, event->frame.length);
      return BAC_OK;
    case BAC_EVENT_SENT:
      if (event->sent.radio >= node->radios) return BAC_EINVAL;
      if (node->frame_credit[event->sent.radio] < UINT32_MAX - event->sent.count) node->frame_credit[event->sent.radio] += event->sent.count;
      return BAC_OK;
    case BAC_EVENT_WAKE:
      return BAC_OK;
    case BAC_EVENT_SUBMIT:
      return node->kind == BAC_NODE_MEMBER ? bac_node_submit(node, &event->submit) : BAC_EINVAL;
    case BAC_EVENT_REVOKE:
      if (node->kind != BAC_NODE_MEMBER || !event->revoke.bytes) return BAC_EINVAL;
      return bac_membership_revoke(node, event->revoke.bytes, event->revoke.length);
    case BAC_EVENT_DEPART:
      if (node->kind == BAC_NODE_MEMBER) bac_membership_depart(node, event->depart.at);
      return BAC_OK;
    case BAC_EVENT_ASSIGN:
      if (node->kind == BAC_NODE_RSU || !event->assign.bytes) return BAC_EINVAL;
      if (node->kind == BAC_NODE_MBS) return bac_node_announce(node, event->assign.bytes, event->assign.length);
      bac_membership_assign(node, event->assign.bytes, event->assign.length, &event->assign.own);
      return BAC_OK;
  }
  return BAC_EINVAL;
}

int bac_node_step(struct bac_node *node, const struct bac_event *event, struct bac_output *out) {
  if (!node || !event || !out || event->now < node->now) return BAC_EINVAL;
  if (!node->started && event->type != BAC_EVENT_START && event->type != BAC_EVENT_RESTORE) return BAC_ESTATE;
  output_clear(node);
  node->now = event->now;
  int result = handle(node, event);
  if (node->started) {
    run_timers(node);
    bac_epoch_turn(node);
    emit_frames(node);
  }
  const struct bac_link_counters *l = bac_link_counters(node->link);
  node->cost.hashed_bytes += l->hashed_bytes - node->link_hashed;
  node->cost.coded_bytes += l->coded_bytes - node->link_coded;
  node->link_hashed = l->hashed_bytes;
  node->link_coded = l->coded_bytes;
  *out = (struct bac_output){
      .effects = node->effects, .effect_count = node->effect_count, .wakeup = next_wakeup(node), .cost = node->cost};
  return result;
}

void bac_node_counters(const struct bac_node *node, struct bac_counters *out) {
  *out = node->counters;
  const struct bac_link_counters *l = bac_link_counters(node->link);
  out->relayed = l->items_relayed;
  out->suppressed = l->items_suppressed;
  out->repair_symbols = l->repair_symbols_sent;
  if (node->kind != BAC_NODE_MEMBER) return;
  out->chain_height = bac_chain_tip(node->chain)->block->header.height;
  out->round = node->engine ? node->protocol->round(node->engine) : 0;
  out->pool_txs = bac_pool_count(node->pool);
}

void bac_counters_add(struct bac_counters *sum, const struct bac_counters *one) {
  /* The totals come first in the structure, all of them 64 bits wide. */
  enum { TOTALS = offsetof(struct bac_counters, chain_height) / sizeof(uint64_t) };
  _Static_assert(offsetof(struct bac_counters, rejects) + sizeof sum->rejects == offsetof(struct bac_counters, chain_height),
                 "rejects are the last of the totals");
  uint64_t before[TOTALS], more[TOTALS];
  memcpy(before, sum, sizeof before);
  memcpy(more, one, sizeof more);
  for (size_t i = 0; i < TOTALS; i++) more[i] += before[i];
  *sum = *one;
  memcpy(sum, more, sizeof more);
}

static uint32_t ppm(uint64_t numerator, uint64_t denominator) { return (uint32_t)((unsigned __int128)numerator * 1000000 / denominator); }

bool bac_node_account(const struct bac_node *node, uint32_t id, struct bac_account_view *out) {
  const struct bac_state *state = node->kind == BAC_NODE_MEMBER ? bac_chain_tip(node->chain)->state : NULL;
  const struct bac_account *a = state ? bac_state_account(state, id) : NULL;
  if (!a) return false;
  const struct bac_ratio rho = bac_reputation_rho(&a->reputation, state->height);
  const struct bac_opinion o = bac_reputation_opinion(&a->reputation, state->height);
  *out = (struct bac_account_view){.member = a->membership == BAC_MEMBER || a->membership == BAC_LEAVING,
                                   .balance_milli = a->balance_milli,
                                   .units = a->units,
                                   .rho_ppm = ppm(rho.numerator, rho.denominator),
                                   .belief_ppm = ppm(o.belief, o.total),
                                   .distrust_ppm = ppm(o.distrust, o.total),
                                   .uncertainty_ppm = ppm(o.uncertainty, o.total),
                                   .tasks = a->reputation.tasks,
                                   .participated = a->reputation.participated,
                                   .convictions = a->reputation.convictions,
                                   .moves = a->moves,
                                   .gone = a->membership == BAC_OUTSIDE && a->towards > 0};
  return true;
}

void bac_node_storage(const struct bac_node *node, struct bac_storage *out) {
  *out = (struct bac_storage){.whole = node->keeps_bodies};
  if (node->kind == BAC_NODE_MEMBER) bac_chain_storage(node->chain, out);
}

void bac_node_digest(const struct bac_node *node, uint8_t out[BAC_HASH_BYTES]) {
  memset(out, 0, BAC_HASH_BYTES);
  if (node->kind != BAC_NODE_MEMBER) return;
  uint8_t parts[BAC_HASH_BYTES * 2 + 8];
  memcpy(parts, bac_chain_tip(node->chain)->block->digest, BAC_HASH_BYTES);
  memset(parts + BAC_HASH_BYTES, 0, BAC_HASH_BYTES);
  if (node->engine) node->protocol->digest(node->engine, parts + BAC_HASH_BYTES);
  bac_put_u64(parts + 2 * BAC_HASH_BYTES, bac_pool_count(node->pool));
  bac_hash(out, BAC_DOMAIN_NODE, parts, sizeof parts);
}
