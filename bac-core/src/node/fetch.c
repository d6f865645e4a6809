/* SPDX-License-Identifier: GPL-2.0-only */
/* Catching up: a member that knows of blocks it lacks asks one member after the other for them, certificates included. */
#include <pb_decode.h>
#include <pb_encode.h>
#include <stdlib.h>

#include "bac.pb.h"
#include "node/node_internal.h"

/* Nobody is served more often than this, whatever it asks. */
#define SERVE_INTERVAL (BAC_SECOND / 4)
#define DOUBLINGS_MAX 3

/* Nothing is wanted, nobody was served. */
void bac_fetch_reset(struct bac_node *node) {
  node->fetch = (struct bac_fetch_state){.retry_at = BAC_NEVER, .server = BAC_INDEX_NONE};
  for (int i = 0; i < BAC_EPOCH_SERVED; i++) node->fetch.served_at[i] = -SERVE_INTERVAL;
}

static uint64_t tip_height(const struct bac_node *node) { return bac_chain_tip(node->chain)->block->header.height; }

/* Height up to which this member holds the blocks: what is certified above the tip is not asked for again while it waits. */
static uint64_t reached(const struct bac_node *node) {
  const struct bac_entry *head = node->fetch.has_head ? bac_chain_find(node->chain, node->fetch.head) : NULL;
  uint64_t tip = tip_height(node);
  return head && head->block->header.height > tip ? head->block->header.height : tip;
}

/* A member drawn at random, so that those who are behind do not all ask the same one. */
static uint32_t any_other(struct bac_node *node) {
  const uint32_t n = node->roster->count;
  return (node->self + 1 + (uint32_t)bac_random_below(&node->random, n - 1)) % n;
}

/* Among a crowd that is told things by broadcast: for what is on its way to all, and so that not all ask at once. */
static bac_time patience(struct bac_node *node, uint32_t tries) {
  const struct bac_config *c = node->config;
  if (!bac_env_tells_crowd(&node->env)) return 0;
  const bac_time once = c->block_interval < 8 * c->delta ? c->block_interval : 8 * c->delta; /* a block may be due once an hour */
  const bac_time least = once << (tries < DOUBLINGS_MAX ? tries : DOUBLINGS_MAX);
  return least + (bac_time)bac_random_below(&node->random, (uint64_t)least + 1);
}

static void ask(struct bac_node *node, uint32_t member) {
  struct bac_fetch_state *f = &node->fetch;
  if (node->roster->count < 2) return;
  if (member == BAC_INDEX_NONE || member == node->self) member = any_other(node);
  if (f->from <= tip_height(node) || f->from > f->wanted) f->from = tip_height(node) + 1;
  f->tries = f->received > 0 ? 1 : f->tries + 1;
  f->received = 0;
  f->received_bytes = 0;
  f->server = BAC_INDEX_NONE;
  uint64_t count = f->wanted - f->from + 1;
  bac_Fetch request = {.what = BAC_FETCH_BLOCKS, .from_height = f->from, .count = count < BAC_FETCH_COUNT_MAX ? (uint32_t)count : BAC_FETCH_COUNT_MAX};
  uint8_t payload[bac_Fetch_size];
  pb_ostream_t stream = pb_ostream_from_buffer(payload, sizeof payload);
  BAC_ASSERT(pb_encode(&stream, bac_Fetch_fields, &request));
  /* The time makes each asking another object: the link delivers equal bytes once. */
  struct bac_msg msg = {.type = BAC_MSG_FETCH, .view = (uint64_t)node->now, .payload = payload, .payload_length = stream.bytes_written};
  bac_env_send(&node->env, &msg, member);
  f->retry_at = node->now + 2 * node->config->delta + 2 * bac_env_airtime(&node->env, BAC_FETCH_BYTES) + patience(node, f->tries - 1);
}

void bac_env_want_from(struct bac_env *env, uint64_t height, uint32_t member) {
  struct bac_node *node = env->node;
  if (height > node->fetch.wanted) node->fetch.wanted = height;
  if (node->fetch.retry_at != BAC_NEVER || node->fetch.wanted <= reached(node)) return;
  node->fetch.from = reached(node) + 1;
  node->fetch.tries = 0;
  node->fetch.server = member;
  const bac_time wait = patience(node, 0);
  if (wait > 0)
    node->fetch.retry_at = node->now + wait;
  else
    ask(node, member);
}

void bac_env_want(struct bac_env *env, uint64_t height) { bac_env_want_from(env, height, BAC_INDEX_NONE); }

void bac_env_serve(struct bac_env *env, const struct bac_entry *head) {
  struct bac_fetch_state *f = &env->node->fetch;
  f->has_head = head != NULL;
  if (head) memcpy(f->head, head->block->digest, BAC_HASH_BYTES);
}

void bac_fetch_timer(struct bac_node *node) {
  if (node->fetch.retry_at > node->now || !node->engine) return;
  node->fetch.retry_at = BAC_NEVER;
  /* Nobody could go on from there: this member may stand on another branch. */
  if (node->fetch.tries == 0)
    node->fetch.from = reached(node) + 1; /* more may have come while it waited */
  else if (node->fetch.received == 0)
    node->fetch.from = tip_height(node) + 1;
  /* Who has answered is asked for the rest: in a large shard few members keep old bodies. */
  if (node->fetch.wanted > reached(node)) ask(node, node->fetch.server);
}

void bac_fetch_progress(struct bac_node *node) {
  if (node->fetch.wanted <= reached(node)) node->fetch.retry_at = BAC_NEVER;
}

/* to: node id, or BAC_BROADCAST. */
static size_t send_certified(struct bac_node *node, const struct bac_entry *at, uint32_t to) {
  const struct bac_buf *block = at->block->payload, *certificate = at->certificate;
  size_t certificate_length = certificate ? certificate->length : 0;
  struct bac_buf *payload = bac_buf_new(NULL, 4 + block->length + certificate_length);
  struct bac_writer w = bac_writer_over(payload->data, payload->length);
  bac_write_u32(&w, (uint32_t)block->length);
  bac_write_bytes(&w, block->data, block->length);
  if (certificate) bac_write_bytes(&w, certificate->data, certificate_length);
  struct bac_msg msg = {.type = BAC_MSG_CERTIFIED,
                        .view = (uint64_t)node->now,
                        .height = at->block->header.height,
                        .payload = payload->data,
                        .payload_length = payload->length};
  if (to == BAC_BROADCAST)
    bac_env_broadcast(&node->env, &msg, false);
  else
    bac_node_send(node, &msg, to);
  size_t length = payload->length;
  bac_buf_unref(payload);
  return length;
}

void bac_env_publish(struct bac_env *env, const struct bac_entry *at) { send_certified(env->node, at, BAC_BROADCAST); }

/* Block at a height on the certified path, committed or not; NULL if this member cannot serve it. */
static const struct bac_entry *servable(const struct bac_node *node, uint64_t height) {
  const struct bac_entry *at = bac_chain_at(node->chain, height);
  if (!at && node->fetch.has_head) {
    at = bac_chain_find(node->chain, node->fetch.head);
    while (at && !at->committed && at->block->header.height > height) at = at->parent;
    if (at && at->block->header.height != height) at = NULL;
  }
  return at && at->block->payload ? at : NULL;
}

void bac_fetch_request(struct bac_node *node, const struct bac_msg *msg, bool known) {
  bac_Fetch request = bac_Fetch_init_zero;
  pb_istream_t stream = pb_istream_from_buffer(msg->payload, msg->payload_length);
  if (!pb_decode(&stream, bac_Fetch_fields, &request) || request.what < BAC_FETCH_BLOCKS || request.count == 0 ||
      request.what > (node->roster->epoch_blocks > 0 ? BAC_FETCH_SNAPSHOT : BAC_FETCH_BLOCKS)) {
    bac_node_reject(node, BAC_REJECT_MALFORMED, msg->sender);
    return;
  }
  if (request.what != BAC_FETCH_BLOCKS) {
    bac_epoch_serve(node, request.what, request.from_height, msg->sender);
    return;
  }
  if (!known) {
    bac_node_reject(node, BAC_REJECT_UNKNOWN_SENDER, msg->sender);
    return;
  }
  bac_time *served = &node->fetch.served_at[msg->sender % BAC_EPOCH_SERVED];
  if (node->now - *served < SERVE_INTERVAL) return;
  *served = node->now;
  size_t sent = 0;
  for (uint32_t i = 0; i < request.count && i < BAC_FETCH_COUNT_MAX && sent < BAC_FETCH_BYTES; i++) {
    if (request.from_height > UINT64_MAX - i) return;
    const struct bac_entry *at = servable(node, request.from_height + i);
    if (!at) break;
    sent += send_certified(node, at, msg->sender);
  }
}

void bac_fetch_certified(struct bac_node *node, const struct bac_msg *msg) {
  struct bac_reader r = bac_reader_over(msg->payload, msg->payload_length);
  size_t length = bac_read_u32(&r);
  const uint8_t *payload = bac_read_bytes(&r, length);
  if (!payload) {
    bac_node_reject(node, BAC_REJECT_MALFORMED, msg->sender);
    return;
  }
  size_t certificate_length = bac_reader_left(&r);
  const uint8_t *certificate = bac_read_bytes(&r, certificate_length);
  if (!node->engine) return; /* outside: no use for blocks */
  struct bac_block *block = bac_env_decode(&node->env, payload, length, msg->sender);
  if (!block) return;
  uint8_t digest[BAC_HASH_BYTES];
  memcpy(digest, block->digest, sizeof digest);
  const uint64_t height = block->header.height;
  const bool known = bac_chain_find(node->chain, digest) != NULL;
  if (bac_epoch_covers(node, &block->header)) { /* the boundary's certificate vouches for what leads to it, whatever the engine has */
    bac_env_insert(&node->env, block, msg->sender);
    bac_epoch_approach(node);
  } else {
    node->protocol->certified(node->engine, block, certificate, certificate_length);
  }
  struct bac_fetch_state *f = &node->fetch;
  if (f->retry_at == BAC_NEVER || !bac_chain_find(node->chain, digest)) return;
  if (!known) f->server = bac_roster_index(node->roster, msg->sender);
  f->from = height + 1;
  f->received++;
  f->received_bytes += msg->payload_length;
  if (f->wanted <= reached(node))
    f->retry_at = BAC_NEVER;
  else if (f->received >= BAC_FETCH_COUNT_MAX || f->received_bytes >= BAC_FETCH_BYTES)
    /* The answer is through: the next part as soon as its server may answer again. */
    f->retry_at = node->now + SERVE_INTERVAL;
}
