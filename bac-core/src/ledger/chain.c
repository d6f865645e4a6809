/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/chain.h"

#include <stdlib.h>

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>
#include <utlist.h>

struct node {
  struct bac_entry entry; /* first: an entry is a node */
  uint8_t digest[BAC_HASH_BYTES];
  uint32_t children;
  struct node *prev, *next; /* among the pending, in order of insertion */
  UT_hash_handle hh;
};

struct bac_chain {
  uint32_t shard;
  uint64_t epoch;
  enum bac_seed_rule seeds;
  const struct bac_pool *pool;
  struct bac_shared *shared;
  struct node *by_digest;
  struct node **committed; /* by height - first */
  uint64_t first, height;  /* of the oldest committed block here, of the tip */
  uint64_t base;           /* height of the block that the epoch stands on */
  size_t capacity;
  uint64_t bodies_from; /* below, bodies are dropped */
  struct node *pending; /* above the tip */
  uint32_t pending_count;
};

static struct node *add(struct bac_chain *chain, struct bac_block *block) {
  struct node *n = bac_alloc(1, sizeof *n);
  n->entry.block = block;
  memcpy(n->digest, block->digest, BAC_HASH_BYTES);
  HASH_ADD(hh, chain->by_digest, digest, BAC_HASH_BYTES, n);
  return n;
}

static void drop(struct bac_chain *chain, struct node *n) {
  HASH_DEL(chain->by_digest, n);
  bac_block_free(n->entry.block);
  bac_state_free(n->entry.state);
  bac_buf_unref(n->entry.certificate);
  free(n);
}

struct bac_chain *bac_chain_new(const struct bac_roster *roster, enum bac_seed_rule seeds, const struct bac_pool *pool, struct bac_shared *shared) {
  struct bac_chain *chain = bac_alloc(1, sizeof *chain);
  chain->shard = roster->shard;
  chain->epoch = roster->epoch;
  chain->seeds = seeds;
  chain->pool = pool;
  chain->shared = shared;
  chain->capacity = 64;
  chain->committed = bac_alloc(chain->capacity, sizeof *chain->committed);
  chain->bodies_from = 1;
  struct node *genesis = add(chain, bac_block_genesis(roster));
  genesis->entry.state = bac_state_genesis(roster);
  genesis->entry.committed = true;
  chain->committed[0] = genesis;
  return chain;
}

void bac_chain_free(struct bac_chain *chain) {
  if (!chain) return;
  struct node *n, *next;
  HASH_ITER(hh, chain->by_digest, n, next) drop(chain, n);
  free(chain->committed);
  free(chain);
}

enum bac_seed_rule bac_chain_seeds(const struct bac_chain *chain) { return chain->seeds; }

struct bac_entry *bac_chain_find(const struct bac_chain *chain, const uint8_t digest[BAC_HASH_BYTES]) {
  struct node *n;
  HASH_FIND(hh, chain->by_digest, digest, BAC_HASH_BYTES, n);
  return n ? &n->entry : NULL;
}

struct bac_entry *bac_chain_at(const struct bac_chain *chain, uint64_t height) {
  return height >= chain->first && height <= chain->height ? &chain->committed[height - chain->first]->entry : NULL;
}

struct bac_entry *bac_chain_tip(const struct bac_chain *chain) { return &chain->committed[chain->height - chain->first]->entry; }
struct bac_entry *bac_chain_base(const struct bac_chain *chain) { return &chain->committed[chain->base - chain->first]->entry; }
bool bac_chain_closed(const struct bac_chain *chain) { return bac_chain_tip(chain)->state->epoch > chain->epoch; }

static void drop_pending(struct bac_chain *chain, struct node *n) {
  DL_DELETE(chain->pending, n);
  chain->pending_count--;
  drop(chain, n);
}

/* When the tree is full, the oldest failed proposal goes: no child, no certificate, not the one to build on. */
static bool make_room(struct bac_chain *chain, const struct bac_entry *parent) {
  if (chain->pending_count < BAC_CHAIN_PENDING_MAX) return true;
  struct node *n, *oldest = NULL;
  DL_FOREACH(chain->pending, n) {
    if (n->children > 0 || n->entry.certificate || &n->entry == parent) continue;
    if (!oldest || n->entry.block->header.round < oldest->entry.block->header.round) oldest = n;
  }
  if (!oldest) return false;
  ((struct node *)oldest->entry.parent)->children--;
  drop_pending(chain, oldest);
  return true;
}

enum bac_reject bac_chain_insert(struct bac_chain *chain, struct bac_block *block, bac_time now, struct bac_cost *cost,
                                 struct bac_entry **where) {
  *where = bac_chain_find(chain, block->digest);
  if (*where) {
    bac_block_free(block);
    return BAC_REJECT_COUNT;
  }
  const struct bac_header *h = &block->header;
  struct bac_entry *parent = bac_chain_find(chain, h->prev_hash);
  enum bac_reject reason = BAC_REJECT_COUNT;
  if (!parent)
    reason = BAC_REJECT_WINDOW;
  else if (h->shard != chain->shard || h->height != parent->block->header.height + 1)
    reason = BAC_REJECT_BLOCK;
  else if (h->epoch != chain->epoch)
    reason = BAC_REJECT_WRONG_EPOCH;
  else if (!parent->state || h->height <= chain->height)
    reason = BAC_REJECT_STALE;
  struct bac_state *state = NULL;
  if (reason == BAC_REJECT_COUNT) {
    const struct bac_account *proposer = bac_state_account(parent->state, h->proposer);
    if (!proposer || !bac_seed_holds(chain->seeds, h, parent->block->header.seed, proposer->vrf_key, chain->shared, cost)) reason = BAC_REJECT_BLOCK;
  }
  if (reason == BAC_REJECT_COUNT) {
    state = bac_state_copy(parent->state);
    reason = bac_block_execute(block, state, chain->pool, chain->shared, cost);
  }
  if (reason == BAC_REJECT_COUNT && !make_room(chain, parent)) reason = BAC_REJECT_WINDOW;
  if (reason != BAC_REJECT_COUNT) {
    bac_state_free(state);
    bac_block_free(block);
    return reason;
  }
  struct node *n = add(chain, block);
  n->entry.parent = parent;
  n->entry.state = state;
  n->entry.closing = bac_block_closing(h, parent->state);
  n->entry.received_at = now;
  ((struct node *)parent)->children++;
  DL_APPEND(chain->pending, n);
  chain->pending_count++;
  *where = &n->entry;
  return BAC_REJECT_COUNT;
}

void bac_chain_certify(struct bac_entry *at, const uint8_t *certificate, size_t length) {
  if (!at->certificate && length > 0) at->certificate = bac_buf_new(certificate, length);
}

/* Whether an uncommitted entry hangs, through uncommitted parents, on the committed tip. */
static bool descends(const struct bac_chain *chain, const struct bac_entry *at) {
  const struct bac_entry *tip = bac_chain_tip(chain);
  while (at && !at->committed) at = at->parent;
  return at == tip;
}

void bac_chain_commit(struct bac_chain *chain, struct bac_entry *at) {
  struct bac_entry *old = bac_chain_tip(chain);
  BAC_ASSERT(!at->committed && !at->closing && at->parent == old);
  if (chain->height + 1 - chain->first == chain->capacity) {
    chain->capacity *= 2;
    chain->committed = bac_realloc(chain->committed, chain->capacity, sizeof *chain->committed);
  }
  chain->committed[++chain->height - chain->first] = (struct node *)at;
  at->committed = true;
  bac_state_free(old->state);
  old->state = NULL;
  DL_DELETE(chain->pending, (struct node *)at);
  chain->pending_count--;
  /* Parents are looked at to decide about children: decide for all first, then free. */
  struct node *n, *doomed[BAC_CHAIN_PENDING_MAX];
  size_t count = 0;
  DL_FOREACH(chain->pending, n) {
    if (!descends(chain, &n->entry)) doomed[count++] = n;
  }
  for (size_t i = 0; i < count; i++) drop_pending(chain, doomed[i]);
  at->parent = NULL;
}

void bac_chain_drop_bodies(struct bac_chain *chain, uint32_t kept) {
  for (; chain->bodies_from + kept <= chain->height; chain->bodies_from++) {
    struct bac_entry *at = &chain->committed[chain->bodies_from - chain->first]->entry;
    bac_block_drop_body(at->block);
    bac_buf_unref(at->certificate); /* it served those who ask for the body */
    at->certificate = NULL;
  }
}

static void drop_all_pending(struct bac_chain *chain) {
  while (chain->pending) drop_pending(chain, chain->pending);
}

void bac_chain_turn(struct bac_chain *chain) {
  BAC_ASSERT(bac_chain_closed(chain));
  drop_all_pending(chain);
  chain->base = chain->height;
  chain->epoch = bac_chain_tip(chain)->state->epoch;
}

void bac_chain_rewind(struct bac_chain *chain, uint64_t height, struct bac_state *state) {
  BAC_ASSERT(height >= chain->base && height < chain->height);
  drop_all_pending(chain);
  while (chain->height > height) drop(chain, chain->committed[chain->height-- - chain->first]);
  bac_chain_tip(chain)->state = state;
  if (chain->bodies_from > height + 1) chain->bodies_from = height + 1;
}

struct bac_state *bac_chain_replay(const struct bac_chain *chain, struct bac_state *base, uint64_t height, struct bac_cost *cost) {
  BAC_ASSERT(height >= chain->base && height <= chain->height);
  for (uint64_t h = chain->base + 1; h <= height; h++) {
    const struct bac_block *block = bac_chain_at(chain, h)->block;
    if (block->payload && bac_block_execute(block, base, chain->pool, chain->shared, cost) == BAC_REJECT_COUNT) continue;
    bac_state_free(base);
    return NULL;
  }
  return base;
}

void bac_chain_jump(struct bac_chain *chain, const struct bac_header *header, struct bac_state *state) {
  struct node *n, *next;
  drop_all_pending(chain);
  HASH_ITER(hh, chain->by_digest, n, next) drop(chain, n);
  n = add(chain, bac_block_of_header(header));
  n->entry.state = state;
  n->entry.committed = true;
  chain->committed[0] = n;
  chain->first = chain->base = chain->height = header->height;
  chain->bodies_from = header->height + 1;
  chain->epoch = state->epoch;
}

void bac_chain_storage(const struct bac_chain *chain, struct bac_storage *out) {
  uint8_t header[BAC_HEADER_BYTES_MAX];
  for (uint64_t h = chain->first; h <= chain->height; h++) {
    const struct bac_entry *at = bac_chain_at(chain, h);
    if (at->block->payload) {
      out->blocks++;
      out->bytes += at->block->payload->length;
    } else {
      out->headers++;
      out->header_bytes += bac_header_encode(&at->block->header, header);
    }
    if (at->certificate) out->certificate_bytes += at->certificate->length;
  }
}
