/* SPDX-License-Identifier: GPL-2.0-only */
/* Transactions waiting for a block, in order of arrival; bounded. */
#ifndef BAC_LEDGER_POOL_H
#define BAC_LEDGER_POOL_H

#include "ledger/state.h"

struct bac_pool;

struct bac_pool *bac_pool_new(uint32_t txs_max);
void bac_pool_free(struct bac_pool *pool);

/* Copies the transaction's bytes; on `state` it is authentic. One per sender and nonce: the first stays, since no more than one can ever apply.
 * False: that place is taken, or the pool is full (*full tells). */
bool bac_pool_add(struct bac_pool *pool, const struct bac_tx *tx, const struct bac_state *state, bac_time now, bool *full);
bool bac_pool_has(const struct bac_pool *pool, const uint8_t id[BAC_HASH_BYTES]);
/* Whether these very bytes, signature included, are in the pool and the sender's key is still the one for which they were authentic: who
 * leaves may come back with another certificate, and then they must be checked again, as by those who do not hold them. */
bool bac_pool_holds(const struct bac_pool *pool, const struct bac_tx *tx, const struct bac_state *state);
void bac_pool_remove(struct bac_pool *pool, const uint8_t id[BAC_HASH_BYTES]);
/* Drops what can never apply on this state any more. */
void bac_pool_purge(struct bac_pool *pool, const struct bac_state *state);
uint32_t bac_pool_count(const struct bac_pool *pool);
uint64_t bac_pool_bytes(const struct bac_pool *pool);

struct bac_pool_entry {
  struct bac_tx tx; /* wire points to the pool's own copy */
  bac_time arrived_at;
  bac_time resent_at; /* last time this node put it on the air, for its own transactions */
};
/* Walks in order of arrival: cursor NULL starts, the result is the next cursor, NULL ends. Valid until the pool changes. */
struct bac_pool_entry *bac_pool_next(const struct bac_pool *pool, struct bac_pool_entry *cursor);

#endif
