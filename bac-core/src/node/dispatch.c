/* SPDX-License-Identifier: GPL-2.0-only */
/* Objects from the link: shape, sender, binding and signature are checked here, before any engine sees a message. */
#include "node/node_internal.h"

/* Messages that every protocol shares. `proves_itself`: the content is checked, whoever sends it, since those who need it may not know
 * anybody yet; `any_epoch`: between members of different epochs. */
static const struct shared_rule {
  struct bac_msg_rule rule;
  bool any_epoch, proves_itself;
} shared_rules[] = {
    {{BAC_MSG_FETCH, BAC_BIND_HASH, 64}, true, false},
    {{BAC_MSG_CERTIFIED, BAC_BIND_HASH, BAC_OBJECT_BYTES_MAX}, true, false},
    {{BAC_MSG_CLOSE, BAC_BIND_NONE, 8}, true, false},
    {{BAC_MSG_BOUNDARY, BAC_BIND_HASH, BAC_OBJECT_BYTES_MAX}, true, true},
    {{BAC_MSG_STALL, BAC_BIND_NONE, BAC_OBJECT_BYTES_MAX}, false, false},
    {{BAC_MSG_RECOVER, BAC_BIND_HASH, BAC_OBJECT_BYTES_MAX}, false, false},
    {{BAC_MSG_AGREE, BAC_BIND_NONE, 0}, false, false},
    {{BAC_MSG_SNAPSHOT, BAC_BIND_HASH, BAC_OBJECT_BYTES_MAX}, true, true},
};

static const struct bac_msg_rule *rule_of(const struct bac_protocol *protocol, const struct bac_msg *msg, bool *any_epoch, bool *proves_itself) {
  *any_epoch = *proves_itself = false;
  for (size_t i = 0; msg->protocol == 0 && i < sizeof shared_rules / sizeof *shared_rules; i++) {
    if (shared_rules[i].rule.type != msg->type) continue;
    *any_epoch = shared_rules[i].any_epoch;
    *proves_itself = shared_rules[i].proves_itself;
    return &shared_rules[i].rule;
  }
  for (size_t i = 0; msg->protocol == protocol->id && i < protocol->rule_count; i++)
    if (protocol->rules[i].type == msg->type) return &protocol->rules[i];
  return NULL;
}

/* Key of a member of this epoch, or, where epochs do not matter, of anybody with an account. */
static const uint8_t *key_of(const struct bac_node *node, uint32_t sender, bool any_epoch) {
  const uint32_t index = bac_roster_index(node->roster, sender);
  if (index != BAC_INDEX_NONE) return node->roster->members[index].sign_key;
  const struct bac_account *account = any_epoch ? bac_state_account(bac_chain_tip(node->chain)->state, sender) : NULL;
  return account ? account->sign_key : NULL;
}

/* A newcomer's requests for what brings it here; its name is not known yet. */
static bool from_outside(const struct bac_node *node, const struct bac_msg *msg) {
  return msg->type == BAC_MSG_FETCH && node->roster->epoch_blocks > 0;
}

static void deliver_message(struct bac_node *node, const uint8_t *object, size_t length, uint32_t source) {
  struct bac_msg msg;
  enum bac_reject reason = BAC_REJECT_COUNT;
  if (!bac_msg_decode(&msg, object, length)) {
    bac_node_reject(node, BAC_REJECT_MALFORMED, source);
    return;
  }
  if (msg.sender == node->id) return; /* an own message, heard again after a restart */
  bool any_epoch, proves_itself;
  const struct bac_msg_rule *rule = rule_of(node->protocol, &msg, &any_epoch, &proves_itself);
  const bool early = rule && node->engine && !any_epoch && msg.epoch == node->roster->epoch + 1;
  const uint8_t *key = rule ? key_of(node, msg.sender, any_epoch || early) : NULL;
  const bool unsigned_ok = proves_itself || (!key && rule && from_outside(node, &msg));
  uint8_t digest[BAC_HASH_BYTES];
  if (!rule || msg.shard != node->roster->shard)
    reason = BAC_REJECT_MALFORMED;
  else if (msg.payload_length > rule->payload_max)
    reason = BAC_REJECT_OVERSIZED;
  else if (bac_epoch_heard(node, msg.epoch, msg.sender), !node->engine && !any_epoch) {
    bac_link_decline(node->link); /* outside: what members say to each other is not for this node, yet */
    return;
  }
  else if (!any_epoch && !(early && key) && msg.epoch != node->roster->epoch)
    reason = key ? BAC_REJECT_WRONG_EPOCH : BAC_REJECT_UNKNOWN_SENDER;
  else if (!key && !unsigned_ok)
    reason = BAC_REJECT_UNKNOWN_SENDER;
  else if (!bac_msg_bound(&msg, rule->binding, &node->cost))
    reason = BAC_REJECT_MALFORMED;
  if (reason == BAC_REJECT_COUNT && !unsigned_ok) {
    bac_msg_signing_digest(digest, &msg);
    if (!bac_verify(node->shared, msg.signature, digest, key, &node->cost)) reason = BAC_REJECT_SIGNATURE;
  }
  if (rule && msg.epoch < node->roster->epoch && msg.type != BAC_MSG_FETCH) bac_epoch_help(node, msg.epoch, msg.sender, &msg);
  if (reason == BAC_REJECT_COUNT && early && bac_epoch_hold(node, msg.epoch, object, length, source)) return;
  if (reason == BAC_REJECT_COUNT && early) reason = BAC_REJECT_WRONG_EPOCH;
  if (reason != BAC_REJECT_COUNT) {
    if (rule && msg.epoch > node->roster->epoch) bac_link_decline(node->link);
    bac_node_reject(node, reason, msg.sender);
    return;
  }
  node->counters.messages_received++;
  if (!any_epoch) bac_epoch_among_others(node, bac_roster_index(node->roster, msg.sender));
  if (!unsigned_ok && msg.epoch == node->roster->epoch) bac_membership_witness(node, &msg);
  if (msg.protocol != 0)
    node->protocol->receive(node->engine, &msg);
  else if (msg.type == BAC_MSG_FETCH)
    bac_fetch_request(node, &msg, key != NULL);
  else if (msg.type == BAC_MSG_CERTIFIED)
    bac_fetch_certified(node, &msg);
  else if (msg.type == BAC_MSG_CLOSE)
    bac_epoch_close(node, &msg);
  else if (msg.type == BAC_MSG_STALL || msg.type == BAC_MSG_RECOVER || msg.type == BAC_MSG_AGREE)
    bac_recovery_receive(node, &msg);
  else if (msg.type == BAC_MSG_BOUNDARY)
    bac_epoch_boundary(node, &msg);
  else
    bac_epoch_snapshot(node, &msg);
}

/* kind || protocol || shard || epoch || what the engine makes of it. */
static void deliver_gossip(struct bac_node *node, const uint8_t *object, size_t length, uint32_t source) {
  struct bac_reader r = bac_reader_over(object + 1, length - 1);
  const uint32_t protocol = bac_read_u8(&r), shard = bac_read_u16(&r);
  const uint64_t epoch = bac_read_u64(&r);
  if (!r.ok || !node->protocol->gossip || protocol != node->protocol->id || shard != node->roster->shard) {
    bac_node_reject(node, BAC_REJECT_MALFORMED, source);
    return;
  }
  /* Events may be all that members say to each other: they tell who has missed a boundary, too. */
  bac_epoch_heard(node, epoch, source);
  bac_epoch_help(node, epoch, source, NULL);
  if (!node->engine || epoch > node->roster->epoch) bac_link_decline(node->link);
  if (!node->engine) {
    return;
  } else if (epoch != node->roster->epoch) {
    bac_node_reject(node, BAC_REJECT_WRONG_EPOCH, source);
  } else {
    node->counters.messages_received++;
    bac_epoch_among_others(node, BAC_INDEX_NONE);
    node->protocol->gossip(node->engine, &r, source);
  }
}

static void deliver_transaction(struct bac_node *node, const uint8_t *wire, size_t length, uint32_t source) {
  struct bac_tx tx;
  if (!bac_tx_decode(&tx, wire, length, &node->cost)) {
    bac_node_reject(node, BAC_REJECT_MALFORMED, source);
    return;
  }
  if (!node->engine) bac_link_decline(node->link);
  if (!node->engine || bac_pool_has(node->pool, tx.id)) return;
  const struct bac_state *state = bac_chain_tip(node->chain)->state;
  const struct bac_account *from = bac_state_account(state, tx.from);
  const bool arrives = tx.kind == BAC_TX_JOIN || tx.kind == BAC_TX_HANDOVER;
  if (tx.wire_length > node->config->block_bytes_max) {
    bac_node_reject(node, BAC_REJECT_OVERSIZED, source);
    return;
  }
  if (!from && !arrives) {
    bac_node_reject(node, BAC_REJECT_UNKNOWN_SENDER, source);
    return;
  }
  if (bac_state_spent(state, &tx)) return; /* committed already, or never to be */
  /* Twice the window, since this node may be behind: so that no sender can take more than its share of the pool. */
  if (!arrives && tx.nonce > from->nonce_top + 2 * BAC_NONCE_WINDOW) {
    bac_node_reject(node, BAC_REJECT_WINDOW, tx.from);
    return;
  }
  if (!bac_state_authentic(state, &tx, node->shared, &node->cost)) {
    bac_node_reject(node, BAC_REJECT_TRANSACTION, tx.from);
    return;
  }
  bool full = false;
  if (bac_pool_add(node->pool, &tx, state, node->now, &full))
    node->protocol->pool_changed(node->engine);
  else if (full)
    bac_node_reject(node, BAC_REJECT_POOL_FULL, tx.from);
}

/* It is looked at when the host has said where this EV is (bac_membership_assign). */
static void deliver_announcement(struct bac_node *node, const uint8_t *bytes, size_t length) {
  if (!node->engine) return; /* outside: nobody orders it anywhere */
  const uint8_t *kept = bac_node_keep(node, bytes, length);
  struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_ANNOUNCED);
  effect->announced.bytes = kept;
  effect->announced.length = length;
}

void bac_node_deliver(void *ctx, const uint8_t *object, size_t length, uint32_t source) {
  struct bac_node *node = ctx;
  if (node->kind != BAC_NODE_MEMBER || length == 0) return; /* RSUs and the MBS relay, they do not read */
  if (node->epochs.turns) return; /* the epoch is over, the next one begins with the next step */
  if (object[0] == BAC_OBJECT_MESSAGE)
    deliver_message(node, object, length, source);
  else if (object[0] == BAC_OBJECT_TRANSACTION)
    deliver_transaction(node, object + 1, length - 1, source);
  else if (object[0] == BAC_OBJECT_GOSSIP)
    deliver_gossip(node, object, length, source);
  else if (object[0] == BAC_OBJECT_ANNOUNCEMENT)
    deliver_announcement(node, object + 1, length - 1);
  else
    bac_node_reject(node, BAC_REJECT_MALFORMED, source);
}

int bac_node_announce(struct bac_node *node, const uint8_t *bytes, size_t length) {
  struct bac_buf *whole = bac_buf_new(NULL, 1 + length);
  whole->data[0] = BAC_OBJECT_ANNOUNCEMENT;
  memcpy(whole->data + 1, bytes, length);
  const int error = bac_link_send(node->link, node->now, BAC_BROADCAST, BAC_LINK_CONTROL, whole->data, whole->length, 0);
  bac_buf_unref(whole);
  if (error == BAC_ELIMIT) return BAC_OK; /* too much waits already: lost, and the next one says it again */
  if (error != BAC_OK) return error;
  node->counters.messages_sent++;
  node->counters.message_bytes_sent += 1 + length;
  return BAC_OK;
}

/* Requesters broadcast transactions in both delivery modes, as in the paper: these differ in what the consensus sends. */
void bac_node_send_tx(struct bac_node *node, const struct bac_tx *tx, uint32_t to) {
  const size_t length = 1 + (size_t)tx->wire_length;
  struct bac_buf *whole = bac_buf_new(NULL, length);
  uint8_t *object = whole->data;
  object[0] = BAC_OBJECT_TRANSACTION;
  memcpy(object + 1, tx->wire, tx->wire_length);
  if (to != BAC_INDEX_NONE) {
    bac_link_send(node->link, node->now, node->roster->members[to].id, BAC_LINK_BULK, object, length, 0);
  } else {
    bac_link_send(node->link, node->now, BAC_BROADCAST, BAC_LINK_BULK, object, length, 0);
  }
  bac_buf_unref(whole);
  node->counters.messages_sent++;
  node->counters.message_bytes_sent += length;
}

static void tx_status(struct bac_node *node, const struct bac_tx *tx, enum bac_tx_status status) {
  struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_TX_STATUS);
  memcpy(effect->tx_status.id, tx->id, BAC_HASH_BYTES);
  effect->tx_status.status = status;
  effect->tx_status.created_at = tx->created_at;
}

/* Into the pool and on the air. False: there is no place for it. */
static bool take_own(struct bac_node *node, const struct bac_tx *tx) {
  bool full = false;
  const struct bac_state *state = bac_chain_tip(node->chain)->state;
  const struct bac_account *own = bac_state_account(state, node->id);
  if (!own || node->next_nonce > own->nonce_top + BAC_NONCE_WINDOW || !bac_pool_add(node->pool, tx, state, node->now, &full)) return false;
  node->next_nonce++;
  if (!node->protocol->carries_transactions || !node->engine) bac_node_send_tx(node, tx, BAC_INDEX_NONE);
  if (node->engine) node->protocol->pool_changed(node->engine);
  return true;
}

bool bac_node_record(struct bac_node *node, enum bac_tx_kind kind, const uint8_t *memo, size_t length) {
  struct bac_tx tx;
  uint8_t wire[BAC_TX_BYTES_MAX];
  return bac_tx_make_record(&tx, wire, kind, memo, length, node->id, node->next_nonce, node->now, &node->keys, &node->cost) == BAC_OK &&
         take_own(node, &tx);
}

int bac_node_submit(struct bac_node *node, const struct bac_submit *submit) {
  struct bac_tx tx;
  uint8_t wire[BAC_TX_BYTES_MAX];
  int result = bac_tx_make(&tx, wire, submit, node->id, node->next_nonce, node->now, &node->keys, &node->cost);
  if (result != BAC_OK) return result;
  /* Of an EV that is not there yet, or to one that is not or has gone into another shard: nobody could commit it. */
  const struct bac_account *to = node->epochs.behind ? NULL : bac_state_account(bac_chain_tip(node->chain)->state, submit->to);
  const bool known = to && !(to->membership == BAC_OUTSIDE && to->towards > 0);
  if (!known && node->roster->epoch_blocks == 0) return BAC_EINVAL;
  const bool pooled = known && take_own(node, &tx);
  tx_status(node, &tx, pooled ? BAC_TX_POOLED : BAC_TX_REFUSED);
  return BAC_OK;
}
