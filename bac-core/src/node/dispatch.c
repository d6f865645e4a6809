/* SPDX-License-Identifier: GPL-2.0-only */
/* Objects from the link: shape, sender, binding and signature are checked here, before any engine sees a message. */
#include "node/node_internal.h"

/* Messages that every protocol shares. */
static const struct bac_msg_rule shared_rules[] = {
    {BAC_MSG_FETCH, BAC_BIND_HASH, 64},
    {BAC_MSG_CERTIFIED, BAC_BIND_HASH, BAC_OBJECT_BYTES_MAX},
};

static const struct bac_msg_rule *rule_of(const struct bac_protocol *protocol, const struct bac_msg *msg) {
  const struct bac_msg_rule *rules = protocol->rules;
  size_t count = protocol->rule_count;
  if (msg->protocol == 0) {
    rules = shared_rules;
    count = sizeof shared_rules / sizeof *shared_rules;
  } else if (msg->protocol != protocol->id) {
    return NULL;
  }
  for (size_t i = 0; i < count; i++)
    if (rules[i].type == msg->type) return &rules[i];
  return NULL;
}

static void deliver_message(struct bac_node *node, const uint8_t *object, size_t length, uint32_t source) {
  struct bac_msg msg;
  enum bac_reject reason = BAC_REJECT_COUNT;
  if (!bac_msg_decode(&msg, object, length)) {
    bac_node_reject(node, BAC_REJECT_MALFORMED, source);
    return;
  }
  if (msg.sender == node->id) return; /* an own message, heard again after a restart */
  const struct bac_msg_rule *rule = rule_of(node->protocol, &msg);
  uint32_t index = bac_roster_index(node->roster, msg.sender);
  uint8_t digest[BAC_HASH_BYTES];
  if (!rule || msg.shard != node->roster->shard)
    reason = BAC_REJECT_MALFORMED;
  else if (msg.payload_length > rule->payload_max)
    reason = BAC_REJECT_OVERSIZED;
  else if (index == BAC_INDEX_NONE)
    reason = BAC_REJECT_UNKNOWN_SENDER;
  else if (msg.epoch != node->roster->epoch)
    reason = BAC_REJECT_WRONG_EPOCH;
  else if (!bac_msg_bound(&msg, rule->binding, &node->cost))
    reason = BAC_REJECT_MALFORMED;
  if (reason == BAC_REJECT_COUNT) {
    bac_msg_signing_digest(digest, &msg);
    if (!bac_verify(node->shared, msg.signature, digest, node->roster->members[index].sign_key, &node->cost))
      reason = BAC_REJECT_SIGNATURE;
  }
  if (reason != BAC_REJECT_COUNT) {
    bac_node_reject(node, reason, msg.sender);
    return;
  }
  node->counters.messages_received++;
  if (msg.protocol != 0)
    node->protocol->receive(node->engine, &msg);
  else if (msg.type == BAC_MSG_FETCH)
    bac_fetch_request(node, &msg);
  else
    bac_fetch_certified(node, &msg);
}

/* kind || protocol || shard || epoch || what the engine makes of it. */
static void deliver_gossip(struct bac_node *node, const uint8_t *object, size_t length, uint32_t source) {
  struct bac_reader r = bac_reader_over(object + 1, length - 1);
  const uint32_t protocol = bac_read_u8(&r), shard = bac_read_u16(&r);
  const uint64_t epoch = bac_read_u64(&r);
  if (!r.ok || !node->protocol->gossip || protocol != node->protocol->id || shard != node->roster->shard) {
    bac_node_reject(node, BAC_REJECT_MALFORMED, source);
  } else if (epoch != node->roster->epoch) {
    bac_node_reject(node, BAC_REJECT_WRONG_EPOCH, source);
  } else {
    node->counters.messages_received++;
    node->protocol->gossip(node->engine, &r, source);
  }
}

static void deliver_transaction(struct bac_node *node, const uint8_t *wire, size_t length, uint32_t source) {
  struct bac_tx tx;
  if (!bac_tx_decode(&tx, wire, length, &node->cost)) {
    bac_node_reject(node, BAC_REJECT_MALFORMED, source);
    return;
  }
  uint32_t from = bac_roster_index(node->roster, tx.from);
  if (from == BAC_INDEX_NONE) {
    bac_node_reject(node, BAC_REJECT_UNKNOWN_SENDER, source);
    return;
  }
  if (bac_pool_has(node->pool, tx.id)) return;
  struct bac_state *state = bac_chain_tip(node->chain)->state;
  if (bac_state_spent(state, &tx)) return; /* committed already, or never to be */
  /* Twice the window, since this node may be behind: so that no sender can take more than its share of the pool. */
  if (tx.nonce > bac_state_account(state, tx.from)->nonce_top + 2 * BAC_NONCE_WINDOW) {
    bac_node_reject(node, BAC_REJECT_WINDOW, tx.from);
    return;
  }
  if (!bac_tx_verify(&tx, node->roster->members[from].sign_key, node->shared, &node->cost)) {
    bac_node_reject(node, BAC_REJECT_TRANSACTION, tx.from);
    return;
  }
  bool full = false;
  if (bac_pool_add(node->pool, &tx, node->now, &full))
    node->protocol->pool_changed(node->engine);
  else if (full)
    bac_node_reject(node, BAC_REJECT_POOL_FULL, tx.from);
}

void bac_node_deliver(void *ctx, const uint8_t *object, size_t length, uint32_t source) {
  struct bac_node *node = ctx;
  if (node->kind != BAC_NODE_MEMBER || length == 0) return; /* RSUs and the MBS relay, they do not read */
  if (object[0] == BAC_OBJECT_MESSAGE)
    deliver_message(node, object, length, source);
  else if (object[0] == BAC_OBJECT_TRANSACTION)
    deliver_transaction(node, object + 1, length - 1, source);
  else if (object[0] == BAC_OBJECT_GOSSIP)
    deliver_gossip(node, object, length, source);
  else
    bac_node_reject(node, BAC_REJECT_MALFORMED, source);
}

/* Requesters broadcast transactions in both delivery modes, as in the paper: these differ in what the consensus sends. */
void bac_node_send_tx(struct bac_node *node, const struct bac_tx *tx, uint32_t to) {
  uint8_t object[1 + BAC_TX_BYTES_MAX];
  object[0] = BAC_OBJECT_TRANSACTION;
  memcpy(object + 1, tx->wire, tx->wire_length);
  size_t length = 1 + (size_t)tx->wire_length;
  if (to != BAC_INDEX_NONE) {
    bac_link_send(node->link, node->now, node->roster->members[to].id, BAC_LINK_BULK, object, length, 0);
  } else {
    bac_link_send(node->link, node->now, BAC_BROADCAST, BAC_LINK_BULK, object, length, 0);
  }
  node->counters.messages_sent++;
  node->counters.message_bytes_sent += length;
}

static void tx_status(struct bac_node *node, const struct bac_tx *tx, enum bac_tx_status status) {
  struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_TX_STATUS);
  memcpy(effect->tx_status.id, tx->id, BAC_HASH_BYTES);
  effect->tx_status.status = status;
  effect->tx_status.created_at = tx->created_at;
}

int bac_node_submit(struct bac_node *node, const struct bac_submit *submit) {
  struct bac_tx tx;
  uint8_t wire[BAC_TX_BYTES_MAX];
  if (bac_roster_index(node->roster, submit->to) == BAC_INDEX_NONE) return BAC_EINVAL;
  int result = bac_tx_make(&tx, wire, submit, node->id, node->next_nonce, node->now, &node->keys, &node->cost);
  if (result != BAC_OK) return result;
  bool full = false;
  const struct bac_account *own = bac_state_account(bac_chain_tip(node->chain)->state, node->id);
  if (node->next_nonce > own->nonce_top + BAC_NONCE_WINDOW || !bac_pool_add(node->pool, &tx, node->now, &full)) {
    tx_status(node, &tx, BAC_TX_REFUSED);
    return BAC_OK;
  }
  node->next_nonce++;
  tx_status(node, &tx, BAC_TX_POOLED);
  if (!node->protocol->carries_transactions) bac_node_send_tx(node, &tx, BAC_INDEX_NONE);
  node->protocol->pool_changed(node->engine);
  return BAC_OK;
}
