/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/pool.h"

#include <stdlib.h>

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>
#include <utlist.h>

struct node {
  struct bac_pool_entry entry; /* first: a cursor is a node */
  struct node *prev, *next;
  UT_hash_handle hh, by_slot;
  struct slot {
    uint64_t from, nonce;
  } slot;
  uint8_t key[BAC_PUBLIC_KEY_BYTES]; /* the sender's when it came; zero: no account */
  uint8_t wire[];
};

struct bac_pool {
  uint32_t txs_max;
  uint64_t bytes;
  struct node *by_id, *by_slot, *order;
};

struct bac_pool *bac_pool_new(uint32_t txs_max) {
  struct bac_pool *pool = bac_alloc(1, sizeof *pool);
  pool->txs_max = txs_max;
  return pool;
}

static void drop(struct bac_pool *pool, struct node *n) {
  HASH_DEL(pool->by_id, n);
  HASH_DELETE(by_slot, pool->by_slot, n);
  DL_DELETE(pool->order, n);
  pool->bytes -= n->entry.tx.wire_length;
  free(n);
}

void bac_pool_free(struct bac_pool *pool) {
  if (!pool) return;
  while (pool->order) drop(pool, pool->order);
  free(pool);
}

static struct node *find(const struct bac_pool *pool, const uint8_t id[BAC_HASH_BYTES]) {
  struct node *n;
  HASH_FIND(hh, pool->by_id, id, BAC_HASH_BYTES, n);
  return n;
}

static void sender_key(uint8_t key[BAC_PUBLIC_KEY_BYTES], const struct bac_tx *tx, const struct bac_state *state) {
  const struct bac_account *from = bac_state_account(state, tx->from);
  memset(key, 0, BAC_PUBLIC_KEY_BYTES);
  if (from) memcpy(key, from->sign_key, BAC_PUBLIC_KEY_BYTES);
}

bool bac_pool_add(struct bac_pool *pool, const struct bac_tx *tx, const struct bac_state *state, bac_time now, bool *full) {
  *full = false;
  const struct slot slot = {.from = tx->from, .nonce = tx->nonce};
  struct node *taken;
  HASH_FIND(by_slot, pool->by_slot, &slot, sizeof slot, taken);
  if (taken) return false;
  if (HASH_COUNT(pool->by_id) >= pool->txs_max) {
    *full = true;
    return false;
  }
  struct node *n = bac_alloc(1, sizeof *n + tx->wire_length);
  n->entry.tx = *tx;
  memcpy(n->wire, tx->wire, tx->wire_length);
  n->entry.tx.wire = n->wire;
  n->slot = slot;
  sender_key(n->key, tx, state);
  n->entry.arrived_at = n->entry.resent_at = now;
  HASH_ADD(hh, pool->by_id, entry.tx.id, BAC_HASH_BYTES, n);
  HASH_ADD(by_slot, pool->by_slot, slot, sizeof slot, n);
  DL_APPEND(pool->order, n);
  pool->bytes += tx->wire_length;
  return true;
}

bool bac_pool_has(const struct bac_pool *pool, const uint8_t id[BAC_HASH_BYTES]) { return find(pool, id) != NULL; }

bool bac_pool_holds(const struct bac_pool *pool, const struct bac_tx *tx, const struct bac_state *state) {
  const struct node *n = find(pool, tx->id);
  uint8_t key[BAC_PUBLIC_KEY_BYTES];
  sender_key(key, tx, state);
  return n && memcmp(n->key, key, sizeof key) == 0 && n->entry.tx.wire_length == tx->wire_length && memcmp(n->wire, tx->wire, tx->wire_length) == 0;
}

void bac_pool_remove(struct bac_pool *pool, const uint8_t id[BAC_HASH_BYTES]) {
  struct node *n = find(pool, id);
  if (n) drop(pool, n);
}

void bac_pool_purge(struct bac_pool *pool, const struct bac_state *state) {
  struct node *n, *next;
  DL_FOREACH_SAFE(pool->order, n, next) {
    if (bac_state_spent(state, &n->entry.tx)) drop(pool, n);
  }
}

uint32_t bac_pool_count(const struct bac_pool *pool) { return HASH_COUNT(pool->by_id); }
uint64_t bac_pool_bytes(const struct bac_pool *pool) { return pool->bytes; }

struct bac_pool_entry *bac_pool_next(const struct bac_pool *pool, struct bac_pool_entry *cursor) {
  struct node *next = cursor ? ((struct node *)cursor)->next : pool->order;
  return next ? &next->entry : NULL;
}
