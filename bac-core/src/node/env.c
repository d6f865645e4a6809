/* SPDX-License-Identifier: GPL-2.0-only */
/* What engines call. */
#include <stdlib.h>

#include "ledger/proof.h"
#include "node/node_internal.h"

/* A vote without payload with its link, WSMP, LLC and MAC headers. */
#define VOTE_FRAME_BYTES 256

bac_time bac_env_now(const struct bac_env *env) { return env->node->now; }
const struct bac_config *bac_env_config(const struct bac_env *env) { return env->node->config; }
const struct bac_roster *bac_env_roster(const struct bac_env *env) { return env->node->roster; }
uint32_t bac_env_self(const struct bac_env *env) { return env->node->self; }
struct bac_chain *bac_env_chain(struct bac_env *env) { return env->node->chain; }
struct bac_pool *bac_env_pool(struct bac_env *env) { return env->node->pool; }
struct bac_shared *bac_env_shared(struct bac_env *env) { return env->node->shared; }
struct bac_cost *bac_env_cost(struct bac_env *env) { return &env->node->cost; }
struct bac_random *bac_env_random(struct bac_env *env) { return &env->node->random; }

bac_time bac_env_airtime(const struct bac_env *env, size_t bytes) {
  const struct bac_config *c = env->node->config;
  size_t frames = (bytes + c->frame_bytes_max - 1) / c->frame_bytes_max;
  return (bac_time)frames * c->frame_overhead_ns + (bac_time)((unsigned __int128)bytes * 8 * BAC_SECOND / c->bit_rate_bps);
}

bool bac_env_crowded(const struct bac_env *env) { return env->node->roster->count > env->node->config->crowd_members; }
bool bac_env_tells_crowd(const struct bac_env *env) { return bac_env_crowded(env) && env->node->config->delivery == BAC_DELIVERY_BROADCAST; }

bac_time bac_env_vote_window(const struct bac_env *env, uint32_t receivers) {
  uint32_t frames_each = receivers > 1 ? receivers : 1;
  return 2 * (bac_time)env->node->roster->count * frames_each * bac_env_airtime(env, VOTE_FRAME_BYTES);
}

/* This member's place in the window, turning with the message's slot so that nobody is always last. A crowd, whose votes RSUs relay in slots of their own, leaves the
 * window's last quarter to relays. */
static bac_time vote_delay(const struct bac_env *env, const struct bac_msg *msg, uint32_t receivers) {
  uint64_t n = env->node->roster->count, place = (env->node->self + msg->height + msg->view) % n;
  const bac_time window = bac_env_vote_window(env, receivers);
  return (bac_env_tells_crowd(env) ? window * 3 / 4 : window) * (bac_time)place / (bac_time)n;
}

static const struct bac_msg_rule *rule_of(const struct bac_protocol *protocol, uint32_t type) {
  for (size_t i = 0; i < protocol->rule_count; i++)
    if (protocol->rules[i].type == type) return &protocol->rules[i];
  return NULL;
}

/* Fills in who and where, signs, encodes. The node keeps the object until the next one. */
static struct bac_buf *seal(struct bac_env *env, struct bac_msg *msg) {
  struct bac_node *node = env->node;
  msg->protocol = msg->type >= BAC_MSG_PRE_PREPARE ? node->protocol->id : 0;
  msg->shard = node->roster->shard;
  msg->epoch = node->roster->epoch;
  msg->sender = node->id;
  const struct bac_msg_rule *rule = rule_of(node->protocol, msg->type);
  const bool unbound = msg->type == BAC_MSG_CLOSE || msg->type == BAC_MSG_STALL || msg->type == BAC_MSG_AGREE;
  if (rule ? rule->binding == BAC_BIND_HASH : !unbound) bac_payload_digest(msg->digest, msg->payload, msg->payload_length, &node->cost);
  bac_msg_sign(msg, &node->keys, &node->cost);
  bac_buf_unref(node->last_object);
  node->last_object = bac_msg_encode(msg);
  return node->last_object;
}

static enum bac_link_class class_of(const struct bac_node *node, const struct bac_buf *object, bool spread) {
  if (object->length > node->config->frame_bytes_max) return BAC_LINK_BULK;
  return spread ? BAC_LINK_VOTE : BAC_LINK_CONTROL;
}

static void count_sent(struct bac_node *node, const struct bac_msg *msg, size_t bytes, uint32_t copies) {
  node->counters.messages_sent += copies;
  node->counters.message_bytes_sent += bytes * copies;
  if (msg->type >= BAC_MSG_PRE_PREPARE) node->counters.consensus_sent += copies;
}

void bac_env_multicast(struct bac_env *env, struct bac_msg *msg, const struct bac_bitset *to, bool spread) {
  struct bac_node *node = env->node;
  struct bac_buf *object = seal(env, msg);
  enum bac_link_class frame_class = class_of(node, object, spread);
  if (node->config->delivery == BAC_DELIVERY_BROADCAST) {
    bac_time delay = spread ? vote_delay(env, msg, 1) : 0;
    bac_link_send(node->link, node->now, BAC_BROADCAST, frame_class, object->data, object->length, delay);
    count_sent(node, msg, object->length, 1);
    return;
  }
  uint32_t receivers = 0;
  for (uint32_t i = 0; i < node->roster->count; i++) receivers += i != node->self && bac_bitset_has(to, i);
  bac_time delay = spread ? vote_delay(env, msg, receivers) : 0;
  for (uint32_t i = 0; i < node->roster->count; i++) {
    if (i == node->self || !bac_bitset_has(to, i)) continue;
    bac_link_send(node->link, node->now, node->roster->members[i].id, frame_class, object->data, object->length, delay);
  }
  count_sent(node, msg, object->length, receivers);
}

void bac_env_broadcast(struct bac_env *env, struct bac_msg *msg, bool spread) {
  struct bac_bitset all;
  memset(&all, 0xff, sizeof all);
  bac_env_multicast(env, msg, &all, spread);
}

void bac_node_send(struct bac_node *node, struct bac_msg *msg, uint32_t to) {
  struct bac_buf *object = seal(&node->env, msg);
  bac_link_send(node->link, node->now, to, class_of(node, object, false), object->data, object->length, 0);
  count_sent(node, msg, object->length, 1);
}

void bac_env_send(struct bac_env *env, struct bac_msg *msg, uint32_t to) { bac_node_send(env->node, msg, env->node->roster->members[to].id); }

void bac_env_resend(struct bac_env *env, const struct bac_buf *object) {
  struct bac_node *node = env->node;
  enum bac_link_class frame_class = class_of(node, object, true);
  uint32_t copies = 1;
  if (node->config->delivery == BAC_DELIVERY_BROADCAST) {
    bac_link_send(node->link, node->now, BAC_BROADCAST, frame_class, object->data, object->length, 0);
  } else {
    copies = node->roster->count - 1;
    for (uint32_t i = 0; i < node->roster->count; i++)
      if (i != node->self) bac_link_send(node->link, node->now, node->roster->members[i].id, frame_class, object->data, object->length, 0);
  }
  node->counters.messages_sent += copies;
  node->counters.consensus_sent += copies;
  node->counters.message_bytes_sent += object->length * copies;
}

void bac_env_gossip_header(const struct bac_env *env, struct bac_writer *w) {
  const struct bac_node *node = env->node;
  bac_write_u8(w, BAC_OBJECT_GOSSIP);
  bac_write_u8(w, (uint8_t)node->protocol->id);
  bac_write_u16(w, (uint16_t)node->roster->shard);
  bac_write_u64(w, node->roster->epoch);
}

void bac_env_gossip(struct bac_env *env, uint32_t to, const struct bac_buf *object) {
  struct bac_node *node = env->node;
  const uint32_t destination = to == BAC_INDEX_NONE ? BAC_BROADCAST : node->roster->members[to].id;
  bac_link_send(node->link, node->now, destination, class_of(node, object, true), object->data, object->length, 0);
  node->counters.messages_sent++;
  node->counters.consensus_sent++;
  node->counters.message_bytes_sent += object->length;
}

void bac_env_sign(struct bac_env *env, uint8_t signature[BAC_SIGNATURE_BYTES], const uint8_t digest[BAC_HASH_BYTES]) {
  bac_sign(signature, digest, &env->node->keys, &env->node->cost);
}

void bac_env_draw(struct bac_env *env, struct bac_ticket *ticket, const struct bac_lottery *lottery, const uint8_t alpha[BAC_SORTITION_ALPHA_BYTES]) {
  struct bac_node *node = env->node;
  bac_sortition_prove(ticket, lottery, node->roster->members[node->self].units, node->keys.vrf_secret, alpha, &node->cost);
}

struct bac_buf *bac_env_last_object(struct bac_env *env) { return env->node->last_object; }

void bac_env_forward_tx(struct bac_env *env, const struct bac_tx *tx, uint32_t to) { bac_node_send_tx(env->node, tx, to); }

void bac_env_timer(struct bac_env *env, uint32_t timer, bac_time at) {
  BAC_ASSERT(timer < BAC_ENGINE_TIMERS);
  env->node->timers[timer] = at;
}

void bac_node_persist(struct bac_node *node, enum bac_record kind, const uint8_t *record, size_t length) {
  const uint8_t *bytes = bac_node_keep(node, record, length);
  struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_PERSIST);
  effect->persist.kind = kind;
  effect->persist.bytes = bytes;
  effect->persist.length = length;
}

/* With the epoch in front: what an engine of another one promised is not this one's. */
void bac_env_persist(struct bac_env *env, const uint8_t *record, size_t length) {
  struct bac_buf *whole = bac_buf_new(NULL, 8 + length);
  bac_put_u64(whole->data, env->node->roster->epoch);
  if (length > 0) memcpy(whole->data + 8, record, length);
  bac_node_persist(env->node, BAC_RECORD_STATE, whole->data, whole->length);
  bac_buf_unref(whole);
}

void bac_env_remember(struct bac_env *env, const uint8_t *record, size_t length) {
  struct bac_buf *whole = bac_buf_new(NULL, 8 + length);
  bac_put_u64(whole->data, env->node->roster->epoch);
  if (length > 0) memcpy(whole->data + 8, record, length);
  bac_node_persist(env->node, BAC_RECORD_EVENT, whole->data, whole->length);
  bac_buf_unref(whole);
}

void bac_env_keep(struct bac_env *env, struct bac_entry *at) {
  if (at->committed || at->durable) return;
  bac_env_keep(env, at->parent); /* first the ancestors; there are BAC_CHAIN_PENDING_MAX at most */
  const struct bac_buf *block = at->block->payload;
  struct bac_buf *record = bac_buf_new(NULL, 8 + block->length);
  bac_put_u64(record->data, at->block->header.height);
  memcpy(record->data + 8, block->data, block->length);
  bac_node_persist(env->node, BAC_RECORD_BODY, record->data, record->length);
  bac_buf_unref(record);
  at->durable = true;
}

/* u64 height || u32 length || block || certificate. */
static void persist_block(struct bac_node *node, const struct bac_entry *at) {
  size_t certificate_length = at->certificate ? at->certificate->length : 0;
  struct bac_buf *record = bac_buf_new(NULL, 12 + at->block->payload->length + certificate_length);
  struct bac_writer w = bac_writer_over(record->data, record->length);
  bac_write_u64(&w, at->block->header.height);
  bac_write_u32(&w, (uint32_t)at->block->payload->length);
  bac_write_bytes(&w, at->block->payload->data, at->block->payload->length);
  if (at->certificate) bac_write_bytes(&w, at->certificate->data, certificate_length);
  bac_node_persist(node, BAC_RECORD_BLOCK, record->data, record->length);
  bac_buf_unref(record);
}

static uint32_t light_bytes(const struct bac_entry *at) {
  const struct bac_header *h = &at->block->header;
  uint8_t header[BAC_HEADER_BYTES_MAX];
  if (h->tx_count == 0 || !at->certificate) return 0;
  const struct bac_proof path = {.count = h->tx_count, .path_length = bac_proof_depth(0, h->tx_count)};
  return (uint32_t)(bac_header_encode(h, header) + at->certificate->length + bac_proof_bytes(&path));
}

static void report_commit(struct bac_node *node, const struct bac_entry *at) {
  const struct bac_block *block = at->block;
  const struct bac_header *h = &block->header;
  struct bac_tx_ref *refs = bac_alloc(h->tx_count, sizeof *refs);
  uint32_t count = 0;
  for (uint32_t i = 0; i < h->tx_count; i++) {
    if (block->txs[i].kind != BAC_TX_TRANSFER) continue;
    memcpy(refs[count].id, block->txs[i].id, BAC_HASH_BYTES);
    refs[count].from = block->txs[i].from;
    refs[count++].created_at = block->txs[i].created_at;
  }
  const void *kept = bac_node_keep(node, refs, count * sizeof *refs);
  free(refs);
  struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_COMMIT);
  effect->commit = (struct bac_commit){.epoch = h->epoch,
                                       .members = node->roster->count,
                                       .revocable = node->protocol->vouches && h->round != BAC_ROUND_RECOVERY,
                                       .recovery = h->round == BAC_ROUND_RECOVERY,
                                       .height = h->height,
                                       .round = h->round,
                                       .proposer = h->proposer,
                                       .proposed_at = h->proposed_at,
                                       .tx_count = count,
                                       .records = h->tx_count - count,
                                       .body_bytes = h->body_bytes,
                                       .light_bytes = light_bytes(at),
                                       .txs = kept};
  memcpy(effect->commit.digest, block->digest, BAC_HASH_BYTES);
  memcpy(effect->commit.state_root, h->state_root, BAC_HASH_BYTES);
}

static void tx_committed(struct bac_node *node, const struct bac_tx *tx) {
  if (tx->from != node->id || tx->kind != BAC_TX_TRANSFER || node->restoring) return;
  struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_TX_STATUS);
  memcpy(effect->tx_status.id, tx->id, BAC_HASH_BYTES);
  effect->tx_status.status = BAC_TX_COMMITTED;
  effect->tx_status.created_at = tx->created_at;
}

void bac_node_settle(struct bac_node *node) {
  const struct bac_state *state = bac_chain_tip(node->chain)->state;
  for (struct bac_pool_entry *p = bac_pool_next(node->pool, NULL); p; p = bac_pool_next(node->pool, p))
    if (bac_state_used(state, &p->tx)) tx_committed(node, &p->tx); /* in a block that passed this node by */
  bac_pool_purge(node->pool, state);
  const struct bac_account *own = bac_state_account(state, node->id);
  if (own && own->nonce_top >= node->next_nonce) node->next_nonce = own->nonce_top + 1;
}

static void settle_transactions(struct bac_node *node, const struct bac_block *block) {
  for (uint32_t i = 0; i < block->header.tx_count; i++) {
    tx_committed(node, &block->txs[i]);
    bac_pool_remove(node->pool, block->txs[i].id);
  }
  bac_node_settle(node);
}

void bac_env_commit(struct bac_env *env, struct bac_entry *at) {
  struct bac_node *node = env->node;
  if (!node->restoring) persist_block(node, at);
  bac_chain_commit(node->chain, at);
  if (!node->restoring) {
    report_commit(node, at);
    if (at->block->header.tx_count > 0)
      node->counters.blocks_committed++;
    else
      node->counters.empty_blocks++;
    node->counters.txs_committed += at->block->header.tx_count;
  }
  settle_transactions(node, at->block);
  /* What may be revoked is needed until the roster's word; and whether this member is a candidate, which keeps them, a restart knows once the
   * engine has started. */
  if (!node->keeps_bodies && !node->restoring) {
    const uint64_t open = at->block->header.height - bac_chain_base(node->chain)->block->header.height;
    const uint32_t kept = node->config->bodies_kept;
    bac_chain_drop_bodies(node->chain, node->protocol->vouches && open > kept ? (uint32_t)open : kept);
  }
  bac_fetch_progress(node);
  bac_epoch_committed(node);
}

void bac_env_reject(struct bac_env *env, enum bac_reject reason, uint32_t from) {
  if (reason == BAC_REJECT_WINDOW) bac_link_decline(env->node->link);
  bac_node_reject(env->node, reason, from);
}

void bac_env_proposed(struct bac_env *env, const struct bac_block *block) {
  struct bac_node *node = env->node;
  node->counters.proposals++;
  struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_PROPOSE);
  effect->propose.height = block->header.height;
  effect->propose.round = block->header.round;
  memcpy(effect->propose.digest, block->digest, BAC_HASH_BYTES);
  effect->propose.tx_count = block->header.tx_count;
  effect->propose.body_bytes = block->header.body_bytes;
  uint32_t waiting = bac_pool_count(node->pool);
  effect->propose.pending = waiting > block->header.tx_count ? waiting - block->header.tx_count : 0;
}

void bac_env_role(struct bac_env *env, enum bac_role role, uint64_t round) {
  struct bac_effect *effect = bac_node_effect(env->node, BAC_EFFECT_ROLE);
  effect->role.role = role;
  effect->role.epoch = env->node->roster->epoch;
  effect->role.round = round;
  if (role == BAC_ROLE_CP) env->node->keeps_bodies = true; /* to the end of the epoch */
}

void bac_env_view_change(struct bac_env *env) { env->node->counters.view_changes++; }

void bac_env_drawn(struct bac_env *env, bool elected) {
  env->node->counters.draws++;
  env->node->counters.claims += elected;
}

void bac_env_decided(struct bac_env *env, uint64_t decisions, uint64_t rounds) {
  env->node->counters.decisions += decisions;
  env->node->counters.decision_rounds += rounds;
}

void bac_env_fallback(struct bac_env *env) { env->node->counters.fallbacks++; }

/* A header on `parent`; what it does not set is derived when the block is packed. */
static struct bac_header header_on(struct bac_node *node, const struct bac_entry *parent, uint64_t round, uint32_t proposer, bac_time proposed_at) {
  struct bac_header header = {.shard = node->roster->shard,
                              .epoch = node->roster->epoch,
                              .height = parent->block->header.height + 1,
                              .round = round,
                              .proposer = proposer,
                              .proposed_at = proposed_at};
  memcpy(header.prev_hash, parent->block->digest, BAC_HASH_BYTES);
  if (bac_chain_seeds(node->chain) == BAC_SEED_VRF)
    bac_seed_prove(&header, parent->block->header.seed, node->keys.vrf_secret, &node->cost);
  else
    bac_block_seed(header.seed, parent->block->header.seed, header.height);
  return header;
}

static struct bac_entry *insert_own(struct bac_node *node, struct bac_block *block) {
  struct bac_entry *at = NULL;
  const uint32_t before = node->cost.vrf_verifies;
  enum bac_reject reason = bac_chain_insert(node->chain, block, node->now, &node->cost, &at);
  node->cost.vrf_verifies = before; /* the proof of its own seed is new to others only */
  BAC_ASSERT(reason == BAC_REJECT_COUNT || reason == BAC_REJECT_WINDOW);
  return at;
}

struct bac_entry *bac_env_build(struct bac_env *env, struct bac_entry *parent, uint64_t round, const struct bac_buf *certificate) {
  struct bac_node *node = env->node;
  /* Time never goes back along the chain, whatever a proposer's own clock shows. */
  const bac_time before = parent->block->header.proposed_at;
  const struct bac_header header = header_on(node, parent, round, node->id, node->now > before ? node->now : before);
  struct bac_state *state = bac_state_copy(parent->state);
  struct bac_block *block =
      bac_block_build(&header, node->pool, state, certificate ? certificate->data : NULL, certificate ? certificate->length : 0,
                      node->config->block_bytes_max, &node->cost);
  bac_state_free(state);
  return insert_own(node, block);
}

struct bac_entry *bac_env_pack(struct bac_env *env, const struct bac_header *order, const struct bac_tx *const *txs, uint32_t count) {
  struct bac_node *node = env->node;
  const struct bac_entry *tip = bac_chain_tip(node->chain);
  struct bac_header header = header_on(node, tip, order->round, order->proposer, order->proposed_at);
  if (bac_chain_seeds(node->chain) == BAC_SEED_AGREED) memcpy(header.seed, order->seed, sizeof header.seed);
  struct bac_state *state = bac_state_copy(tip->state);
  struct bac_block *block = bac_block_pack(&header, txs, count, state, NULL, 0, node->config->block_bytes_max, &node->cost);
  bac_state_free(state);
  if (block->header.tx_count > 0) return insert_own(node, block);
  bac_block_free(block);
  return NULL;
}

struct bac_block *bac_env_decode(struct bac_env *env, const uint8_t *payload, size_t length, uint32_t from) {
  struct bac_node *node = env->node;
  struct bac_buf *buf = bac_buf_new(payload, length);
  struct bac_block *block = bac_block_decode(buf, node->config->block_bytes_max, &node->cost);
  bac_buf_unref(buf);
  if (!block) bac_node_reject(node, BAC_REJECT_BLOCK, from);
  return block;
}

struct bac_entry *bac_env_insert(struct bac_env *env, struct bac_block *block, uint32_t from) {
  struct bac_entry *at = NULL;
  if (block->header.round == BAC_ROUND_RECOVERY) { /* nobody's to propose */
    bac_block_free(block);
    bac_node_reject(env->node, BAC_REJECT_BLOCK, from);
    return NULL;
  }
  enum bac_reject reason = bac_chain_insert(env->node->chain, block, env->node->now, &env->node->cost, &at);
  if (reason != BAC_REJECT_COUNT) bac_node_reject(env->node, reason, from);
  return at;
}

bac_time bac_env_block_due(const struct bac_env *env, bac_time since) {
  const struct bac_node *node = env->node;
  bac_time due = since + node->config->block_interval;
  if (due < node->now || bac_pool_bytes(node->pool) >= node->config->block_bytes_max) return node->now;
  return due;
}
