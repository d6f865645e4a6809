/* SPDX-License-Identifier: GPL-2.0-only */
#include "consensus/microblock.h"

#include <stdlib.h>

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

struct bac_seen_tx {
  uint8_t id[BAC_HASH_BYTES];
  UT_hash_handle hh;
};

struct bac_buf *bac_microblock_encode(const struct bac_tx *const *txs, uint32_t count) {
  size_t length = 0;
  for (uint32_t i = 0; i < count; i++) length += 2 + (size_t)txs[i]->wire_length;
  if (count == 0) return NULL;
  struct bac_buf *payload = bac_buf_new(NULL, length);
  struct bac_writer w = bac_writer_over(payload->data, length);
  for (uint32_t i = 0; i < count; i++) {
    bac_write_u16(&w, (uint16_t)txs[i]->wire_length);
    bac_write_bytes(&w, txs[i]->wire, txs[i]->wire_length);
  }
  return payload;
}

bool bac_microblock_next(struct bac_reader *r, struct bac_tx *tx, bool *torn, struct bac_cost *cost) {
  *torn = false;
  if (bac_reader_left(r) == 0) return false;
  const size_t length = bac_read_u16(r);
  const uint8_t *wire = bac_read_bytes(r, length);
  *torn = !wire || !bac_tx_decode(tx, wire, length, cost);
  return !*torn;
}

void bac_seen_add(struct bac_seen *seen, struct bac_env *env, const struct bac_buf *payload) {
  if (!payload) return;
  struct bac_reader r = bac_reader_over(payload->data, payload->length);
  struct bac_tx tx;
  bool torn;
  while (bac_microblock_next(&r, &tx, &torn, bac_env_cost(env))) {
    if (bac_seen_has(seen, tx.id) || !bac_pool_has(bac_env_pool(env), tx.id)) continue; /* not in the pool: no need to remember */
    struct bac_seen_tx *s = bac_alloc(1, sizeof *s);
    memcpy(s->id, tx.id, BAC_HASH_BYTES);
    HASH_ADD(hh, seen->by_id, id, BAC_HASH_BYTES, s);
  }
}

bool bac_seen_has(const struct bac_seen *seen, const uint8_t id[BAC_HASH_BYTES]) {
  struct bac_seen_tx *s;
  HASH_FIND(hh, seen->by_id, id, BAC_HASH_BYTES, s);
  return s != NULL;
}

void bac_seen_prune(struct bac_seen *seen, struct bac_env *env) {
  struct bac_seen_tx *s, *next;
  HASH_ITER(hh, seen->by_id, s, next) {
    if (env && bac_pool_has(bac_env_pool(env), s->id)) continue;
    HASH_DEL(seen->by_id, s);
    free(s);
  }
}

void bac_seen_clear(struct bac_seen *seen) { bac_seen_prune(seen, NULL); }

static bool has(const struct bac_sequence *s, const struct bac_tx *tx) {
  for (uint32_t i = 0; i < s->count; i++)
    if (s->txs[i].from == tx->from && s->txs[i].nonce == tx->nonce) return true;
  return false;
}

static bool valid(struct bac_env *env, const struct bac_tx *tx) {
  const struct bac_state *state = bac_chain_tip(bac_env_chain(env))->state;
  return bac_pool_holds(bac_env_pool(env), tx, state) ||
         bac_state_authentic(state, tx, bac_env_shared(env), bac_env_cost(env));
}

void bac_sequence_append(struct bac_sequence *s, struct bac_env *env, const struct bac_hashgraph_round *round) {
  s->round = round;
  for (size_t i = 0; i < round->event_count; i++) {
    if (round->events[i].timestamp > s->last) s->last = round->events[i].timestamp;
    struct bac_buf *payload = round->events[i].event->payload;
    if (!payload) continue;
    if (s->payload_count == s->payload_capacity) {
      s->payload_capacity = s->payload_capacity ? 2 * s->payload_capacity : 16;
      s->payloads = bac_realloc(s->payloads, s->payload_capacity, sizeof *s->payloads);
    }
    s->payloads[s->payload_count++] = bac_buf_ref(payload);
    struct bac_reader r = bac_reader_over(payload->data, payload->length);
    struct bac_tx tx;
    bool torn;
    while (bac_microblock_next(&r, &tx, &torn, bac_env_cost(env))) {
      if (tx.wire_length > bac_env_config(env)->block_bytes_max || has(s, &tx) || !valid(env, &tx)) continue;
      if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 64;
        s->txs = bac_realloc(s->txs, s->capacity, sizeof *s->txs);
      }
      s->txs[s->count++] = tx;
    }
  }
}

struct bac_entry *bac_sequence_pack(struct bac_sequence *s, struct bac_env *env, uint64_t round, uint32_t proposer) {
  const struct bac_tx **txs = bac_alloc(s->count, sizeof *txs);
  for (uint32_t i = 0; i < s->count; i++) txs[i] = &s->txs[i];
  struct bac_header order = {.round = round, .proposer = proposer, .proposed_at = s->last};
  const struct bac_chain *chain = bac_env_chain(env);
  if (s->count > 0 && bac_chain_seeds(chain) == BAC_SEED_AGREED)
    bac_seed_agree(order.seed, bac_chain_tip(chain)->block->header.seed, s->round->witness_signatures, s->round->witness_count, bac_env_cost(env));
  struct bac_entry *at = s->count > 0 ? bac_env_pack(env, &order, txs, s->count) : NULL;
  free(txs);
  if (at) return at;
  s->count = 0;
  while (s->payload_count > 0) bac_buf_unref(s->payloads[--s->payload_count]);
  return NULL;
}

void bac_sequence_clear(struct bac_sequence *s) {
  while (s->payload_count > 0) bac_buf_unref(s->payloads[--s->payload_count]);
  free(s->payloads);
  free(s->txs);
  *s = (struct bac_sequence){0};
}
