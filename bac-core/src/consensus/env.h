/* SPDX-License-Identifier: GPL-2.0-only */
/* What a consensus engine is given: the table of functions it fills in, and the only calls it may make.
 * Adding a protocol: one engine file, its message types, one line in registry.c, its tests. */
#ifndef BAC_CONSENSUS_ENV_H
#define BAC_CONSENSUS_ENV_H

#include "base/bitset.h"
#include "base/quorum.h"
#include "base/random.h"
#include "election/sortition.h"
#include "identity/roster.h"
#include "ledger/chain.h"
#include "wire/message.h"

struct bac_env; /* implemented by node/ */

/* Describes one message type of a protocol to the node, which checks shape, binding and signature before the engine sees it. */
struct bac_msg_rule {
  uint32_t type;
  enum bac_binding binding;
  uint32_t payload_max; /* 0: must be empty */
};

#define BAC_ENGINE_TIMERS 8

struct bac_protocol {
  uint32_t id; /* on the air; never reused */
  struct bac_protocol_info info;
  const struct bac_msg_rule *rules;
  size_t rule_count;
  size_t engine_size; /* bytes of the engine's own struct, zeroed before init */
  bool carries_transactions; /* in the engine's own messages: the node does not broadcast them */
  const char *election;  /* who leads, in results */
  enum bac_seed_rule seeds; /* BAC_SEED_VRF: under sortition; else nothing is drawn from them, and a hash will do */
  bool elects_primary;   /* by sortition or round-robin, as config says */
  bool elects_committee; /* of each epoch, by credentials on the chain of the one before (not under round-robin) */
  bool light_members; /* members that are never CP drop bodies once applied (config full_permille, bodies_kept) */

  void (*init)(void *engine, struct bac_env *env);
  /* What bac_env_remember wrote in this epoch, one at a time in its order; before restore. False: it cannot be read. NULL: it writes none. */
  bool (*replay)(void *engine, const uint8_t *record, size_t length);
  void (*restore)(void *engine, const uint8_t *record, size_t length); /* last persisted state; before start */
  void (*start)(void *engine);
  /* A message whose sender is a member other than this one, whose signature holds and whose payload is bound to its digest. */
  void (*receive)(void *engine, const struct bac_msg *msg);
  void (*timer)(void *engine, uint32_t timer); /* 0..BAC_ENGINE_TIMERS-1 */
  void (*pool_changed)(void *engine);          /* a transaction was added to the pool */
  /* Self-signed objects (hashgraph events) of this protocol, shard and epoch; nothing is checked. NULL: it has none. */
  void (*gossip)(void *engine, struct bac_reader *body, uint32_t from);
  /* A block and its certificate that a peer sent on request, in ascending height; the engine checks both. */
  void (*certified)(void *engine, struct bac_block *block, const uint8_t *certificate, size_t length);
  /* elects_committee: whether the committee's certificate for a block of this epoch holds. */
  bool (*vouches)(void *engine, const struct bac_header *header, const uint8_t digest[BAC_HASH_BYTES], const uint8_t *certificate,
                  size_t length);
  void (*digest)(const void *engine, uint8_t out[BAC_HASH_BYTES]);
  uint64_t (*round)(const void *engine); /* current view or round, for results */
  void (*destroy)(void *engine);
};

/* All registered protocols; ends with NULL. */
extern const struct bac_protocol *const bac_protocol_table[];
const struct bac_protocol *bac_protocol_find(const char *name);
/* The rule of its chain's seeds in a run of this config. */
static inline enum bac_seed_rule bac_protocol_seeds(const struct bac_protocol *protocol, const struct bac_config *config) {
  const bool draws = !protocol->elects_primary || config->election == BAC_ELECTION_SORTITION;
  return protocol->seeds == BAC_SEED_VRF && !draws ? BAC_SEED_HASH : protocol->seeds;
}

/* ---- Facts ---- */
bac_time bac_env_now(const struct bac_env *env);
const struct bac_config *bac_env_config(const struct bac_env *env);
const struct bac_roster *bac_env_roster(const struct bac_env *env);
uint32_t bac_env_self(const struct bac_env *env); /* roster index */
struct bac_chain *bac_env_chain(struct bac_env *env);
struct bac_pool *bac_env_pool(struct bac_env *env);
struct bac_shared *bac_env_shared(struct bac_env *env);
struct bac_cost *bac_env_cost(struct bac_env *env); /* of this step, to be added to */
struct bac_random *bac_env_random(struct bac_env *env);
/* How long votes of the whole roster take on the air, each to `receivers` members (1 in broadcast delivery): the window over
 * which they are spread. */
bac_time bac_env_vote_window(const struct bac_env *env, uint32_t receivers);
/* Airtime of `bytes` in frames of the configured size. */
bac_time bac_env_airtime(const struct bac_env *env, size_t bytes);

/* More members than config's crowd_members: what they send each other one by one, certificates of tens of kilobytes, would leave the air to nothing else. So
 * what several need is said once for all, and what may be on its way anyway is waited for. */
bool bac_env_crowded(const struct bac_env *env);
/* A crowd under broadcast delivery: it hears at once what this member says, and what is lost on the way is lost to many. */
bool bac_env_tells_crowd(const struct bac_env *env);

/* ---- Sending. Fields set by the engine: type, role, epoch, view, height, step, digest (BAC_BIND_HASH: computed here), payload.
 * The rest is filled in and signed. `spread`: delayed by this member's slot of the vote window. A node does not hear itself. ---- */
void bac_env_broadcast(struct bac_env *env, struct bac_msg *msg, bool spread);
/* To the members in `to`; in broadcast delivery one frame that all hear. */
void bac_env_multicast(struct bac_env *env, struct bac_msg *msg, const struct bac_bitset *to, bool spread);
/* To one member, in either delivery mode. */
void bac_env_send(struct bac_env *env, struct bac_msg *msg, uint32_t to);
/* Sends an object again, byte for byte (whoever made it): receivers that have it drop it. */
void bac_env_resend(struct bac_env *env, const struct bac_buf *object);
/* The object of the last broadcast, multicast or send, borrowed until the next: for resending. */
struct bac_buf *bac_env_last_object(struct bac_env *env);
/* Objects that carry their own signatures: the header that dispatch looks at, the sending (to: roster index, or BAC_INDEX_NONE for all),
 * this member's signature under a digest. */
void bac_env_gossip_header(const struct bac_env *env, struct bac_writer *w);
void bac_env_gossip(struct bac_env *env, uint32_t to, const struct bac_buf *object);
void bac_env_sign(struct bac_env *env, uint8_t signature[BAC_SIGNATURE_BYTES], const uint8_t digest[BAC_HASH_BYTES]);
/* This member's ticket in a lottery, drawn with its VRF key; lambda 0: not elected. */
void bac_env_draw(struct bac_env *env, struct bac_ticket *ticket, const struct bac_lottery *lottery, const uint8_t alpha[BAC_SORTITION_ALPHA_BYTES]);
/* Puts a transaction of the pool on the air towards one member (PBFT: a request is forwarded to the primary). */
void bac_env_forward_tx(struct bac_env *env, const struct bac_tx *tx, uint32_t to);

/* ---- Time and durability ---- */
void bac_env_timer(struct bac_env *env, uint32_t timer, bac_time at); /* BAC_NEVER cancels */
/* Replaces the durable state of this engine. Written before any frame of the same step leaves. */
void bac_env_persist(struct bac_env *env, const uint8_t *record, size_t length);
/* Adds to the durable state of this engine, for this epoch. Written before any frame of the same step leaves. */
void bac_env_remember(struct bac_env *env, const uint8_t *record, size_t length);
/* Makes a block's body durable, with those of its uncommitted ancestors, before a vote for it leaves: what Q(n) voted for must not be lost
 * with those who crash. They are in the chain again at `start`. */
void bac_env_keep(struct bac_env *env, struct bac_entry *at);

/* ---- Results ---- */
/* Commits in the chain, tells the host, writes the durable record, cleans the pool. The block's parent is the committed tip. */
void bac_env_commit(struct bac_env *env, struct bac_entry *at);
void bac_env_reject(struct bac_env *env, enum bac_reject reason, uint32_t from);
void bac_env_proposed(struct bac_env *env, const struct bac_block *block);
void bac_env_role(struct bac_env *env, enum bac_role role, uint64_t round);
void bac_env_view_change(struct bac_env *env); /* counted */
void bac_env_drawn(struct bac_env *env, bool elected); /* counted: once a round */
/* Counted: decisions, and the rounds that they took in sum. */
void bac_env_decided(struct bac_env *env, uint64_t decisions, uint64_t rounds);
void bac_env_fallback(struct bac_env *env); /* counted: the block proposed has no claim behind it */

/* ---- Catching up ---- */
/* Blocks up to this height exist: ask one member after the other for what lies between, with certificates, until they arrive (among a crowd that is
 * told them by broadcast: after a while). */
void bac_env_want(struct bac_env *env, uint64_t height);
/* The same, asking this member first: it has shown that it holds them. */
void bac_env_want_from(struct bac_env *env, uint64_t height, uint32_t member);
/* Sends a committed or certified block with its certificate to everyone, as in answer to a request. */
void bac_env_publish(struct bac_env *env, const struct bac_entry *at);
/* The block at the head of the certified path above the committed tip that this node can serve to others (BAC: the block of its highest
 * certificate); NULL: committed blocks only. */
void bac_env_serve(struct bac_env *env, const struct bac_entry *head);

/* ---- Blocks ---- */
/* Builds a block on `parent` from the pool and inserts it. Header fields beyond height, round, proposer, time are derived. */
struct bac_entry *bac_env_build(struct bac_env *env, struct bac_entry *parent, uint64_t round, const struct bac_buf *certificate);
/* Packs transactions whose order was agreed, valid ones each, into a block on the committed tip and inserts it. order: of its header round,
 * proposer (node id) and proposed_at count, and the seed where that is agreed, too. NULL: none of these applies. */
struct bac_entry *bac_env_pack(struct bac_env *env, const struct bac_header *order, const struct bac_tx *const *txs, uint32_t count);
/* Decodes a block and its certificate's place in it; NULL and a REJECT when it does not hold. */
struct bac_block *bac_env_decode(struct bac_env *env, const uint8_t *payload, size_t length, uint32_t from);
/* Inserts and reports a REJECT; NULL if it does not fit or its parent is unknown. Takes over the block. */
struct bac_entry *bac_env_insert(struct bac_env *env, struct bac_block *block, uint32_t from);
/* When the next block is due: the pool holds a full block, or block_interval has passed since `since`. */
bac_time bac_env_block_due(const struct bac_env *env, bac_time since);

#endif
