/* SPDX-License-Identifier: GPL-2.0-only */
/* The tree of blocks above the last committed one, and the committed chain below it. */
#ifndef BAC_LEDGER_CHAIN_H
#define BAC_LEDGER_CHAIN_H

#include "ledger/seed.h"

struct bac_chain;

/* A block in its place. Owned by the chain; valid until it is pruned (a commit prunes what does not descend from it). */
struct bac_entry {
  struct bac_block *block;
  struct bac_entry *parent;        /* NULL for genesis and for committed blocks, whose parent is at height - 1 */
  struct bac_state *state;         /* after the block; NULL below the committed tip */
  struct bac_buf *certificate;     /* encoded certificate for this block, NULL while there is none */
  bac_time received_at;
  bool committed;
  bool durable; /* its body is on record, and those of its ancestors */
  bool closing; /* follows its epoch's last block: empty, and never committed */
};

/* seeds: the rule by which blocks have theirs. pool: transactions whose signatures this node has checked already; may be NULL. pool and
 * shared are borrowed, the roster of epoch 0 is not needed any longer. */
struct bac_chain *bac_chain_new(const struct bac_roster *roster, enum bac_seed_rule seeds, const struct bac_pool *pool, struct bac_shared *shared);
enum bac_seed_rule bac_chain_seeds(const struct bac_chain *chain);
void bac_chain_free(struct bac_chain *chain);

struct bac_entry *bac_chain_find(const struct bac_chain *chain, const uint8_t digest[BAC_HASH_BYTES]);
/* Committed block at a height, or NULL; after a jump there is none below the base. */
struct bac_entry *bac_chain_at(const struct bac_chain *chain, uint64_t height);
struct bac_entry *bac_chain_tip(const struct bac_chain *chain);
/* What this epoch stands on: genesis, or the last block of the epoch before. */
struct bac_entry *bac_chain_base(const struct bac_chain *chain);
/* Whether the epoch's last block is committed: nothing more is, until bac_chain_turn. */
bool bac_chain_closed(const struct bac_chain *chain);
/* The next epoch begins on the committed tip, its last block; all others above it go. */
void bac_chain_turn(struct bac_chain *chain);
/* Starts over from the last block of an epoch, of which the header and the state after it are known to be right. Takes the state. */
void bac_chain_jump(struct bac_chain *chain, const struct bac_header *header, struct bac_state *state);

/* Validates and inserts a block whose parent is known: height, shard, epoch, seed, execution, state root. Takes over the block, whatever the result.
 * BAC_REJECT_COUNT: inserted, or known already; *where is set. BAC_REJECT_WINDOW: parent unknown. Else the reason. */
enum bac_reject bac_chain_insert(struct bac_chain *chain, struct bac_block *block, bac_time now, struct bac_cost *cost,
                                 struct bac_entry **where);

/* Takes back committed blocks of this epoch above `height`, which is at the base or above it. state: after the block there; taken over. */
void bac_chain_rewind(struct bac_chain *chain, uint64_t height, struct bac_state *state);
/* The state after the committed block at `height`, of this epoch, executed again from that of the base (taken over); NULL: a body is gone. */
struct bac_state *bac_chain_replay(const struct bac_chain *chain, struct bac_state *base, uint64_t height, struct bac_cost *cost);

/* Keeps a copy of the encoded certificate for a block, unless it has one. */
void bac_chain_certify(struct bac_entry *at, const uint8_t *certificate, size_t length);

/* Commits the block, whose parent must be the committed tip, and prunes every other branch. */
void bac_chain_commit(struct bac_chain *chain, struct bac_entry *at);

/* Drops the bodies and certificates of committed blocks more than `kept` below the tip. */
void bac_chain_drop_bodies(struct bac_chain *chain, uint32_t kept);

/* What the committed chain takes. out: added to. */
void bac_chain_storage(const struct bac_chain *chain, struct bac_storage *out);

/* Most blocks above the committed tip that are held at a time: a peer cannot make the tree grow beyond. One more displaces the
 * oldest that has neither child nor certificate. */
#define BAC_CHAIN_PENDING_MAX 256

#endif
