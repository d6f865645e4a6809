/* SPDX-License-Identifier: GPL-2.0-only */
/* The node's own parts. env.c, dispatch.c and fetch.c work on them; nobody outside node/ does. */
#ifndef BAC_NODE_INTERNAL_H
#define BAC_NODE_INTERNAL_H

#include "consensus/env.h"
#include "node/epoch.h"
#include "node/membership.h"
#include "node/witness.h"
#include "link/link.h"

/* A member's own transaction goes on the air again if it is not committed after this long. */
#define BAC_TX_RESEND (4 * BAC_SECOND)
/* Blocks a peer may ask for at a time, and the bytes after which an answer ends. */
#define BAC_FETCH_COUNT_MAX 16
#define BAC_FETCH_BYTES 100000

enum bac_fetch_what { BAC_FETCH_BLOCKS = 1, BAC_FETCH_BOUNDARY = 2, BAC_FETCH_SNAPSHOT = 3 }; /* the last two: of epoch from_height */

struct bac_env {
  struct bac_node *node;
};

struct bac_fetch_state {
  uint64_t wanted;     /* highest height known to exist */
  uint64_t from;       /* height to ask for next */
  uint32_t received;   /* blocks and bytes that came in answer to the last request */
  size_t received_bytes;
  uint32_t server;     /* who sent a new one of them, or is to be asked first */
  uint32_t tries;      /* requests in a row without an answer; 0: none yet since something has been wanted */
  bac_time retry_at;   /* BAC_NEVER: nothing asked */
  bac_time served_at[BAC_EPOCH_SERVED]; /* by id modulo: when it was last served */
  uint8_t head[BAC_HASH_BYTES];
  bool has_head;
};

struct bac_node {
  struct bac_env env;
  const struct bac_config *config;
  const struct bac_roster *roster; /* of this epoch */
  uint32_t id, self; /* node id, roster index (BAC_INDEX_NONE: outside) */
  enum bac_node_kind kind;
  struct bac_shared *shared;
  struct bac_keypair keys;
  struct bac_random random;

  struct bac_link *link;
  struct bac_chain *chain;
  struct bac_pool *pool;
  const struct bac_protocol *protocol;
  void *engine;               /* NULL: not started, outside, or behind */
  struct bac_buf *engine_record; /* its durable state, until the engine starts */
  struct bac_buf **bodies; /* blocks that votes cover, restored; they take their places at START, when all below them are there */
  size_t body_count;
  struct bac_buf **heard; /* EVENT records of one epoch, restored, until the engine starts */
  size_t heard_count, heard_capacity;

  bool started;
  bool restoring;
  bac_time now;
  bac_time timers[BAC_ENGINE_TIMERS];
  bac_time maintenance_at;
  uint64_t next_nonce;
  uint32_t radios, frame_credit[BAC_RADIOS_MAX];
  bool keeps_bodies;
  struct bac_fetch_state fetch;
  struct bac_epoch_state epochs;
  struct bac_witness witness;
  struct bac_buf *last_object;

  /* Output of the current step; kept until the next one. */
  struct bac_effect *effects;
  size_t effect_count, effect_capacity;
  struct bac_buf **arena; /* what effects point to */
  size_t arena_count, arena_capacity;
  struct bac_cost cost;
  uint64_t link_hashed, link_coded; /* of the link's totals, charged so far */
  struct bac_counters counters;
};

/* node.c */
struct bac_effect *bac_node_effect(struct bac_node *node, enum bac_effect_type type);
/* A copy that lives until the next step. */
const uint8_t *bac_node_keep(struct bac_node *node, const void *bytes, size_t length);
void bac_node_reject(struct bac_node *node, enum bac_reject reason, uint32_t from);

/* Makes the engine of this epoch and starts it, if this node is a member whose chain stands where it should; ends it. */
void bac_node_engine_start(struct bac_node *node);
void bac_node_engine_stop(struct bac_node *node);
/* env.c */
void bac_node_persist(struct bac_node *node, enum bac_record kind, const uint8_t *bytes, size_t length);
/* Seals and sends a message to a node id. */
void bac_node_send(struct bac_node *node, struct bac_msg *msg, uint32_t to);
/* The chain has moved by more than a commit: cleans the pool by the state at its tip. */
void bac_node_settle(struct bac_node *node);

/* dispatch.c: what comes out of the link */
void bac_node_deliver(void *node, const uint8_t *object, size_t length, uint32_t source);
int bac_node_submit(struct bac_node *node, const struct bac_submit *submit);
/* Puts a record of this EV into the pool and on the air. False: it would not apply, or the pool is full. */
bool bac_node_record(struct bac_node *node, enum bac_tx_kind kind, const uint8_t *memo, size_t length);
/* The MBS to all. Errors: BAC_EINVAL (longer than an object). */
int bac_node_announce(struct bac_node *node, const uint8_t *bytes, size_t length);
void bac_node_send_tx(struct bac_node *node, const struct bac_tx *tx, uint32_t to);

/* fetch.c */
void bac_fetch_reset(struct bac_node *node);
void bac_fetch_timer(struct bac_node *node);
void bac_fetch_progress(struct bac_node *node); /* the chain has grown */
void bac_fetch_request(struct bac_node *node, const struct bac_msg *msg, bool known); /* known: its signature holds */
void bac_fetch_certified(struct bac_node *node, const struct bac_msg *msg);

#endif
