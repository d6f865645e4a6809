/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/block.h"

#include <pb_decode.h>
#include <pb_encode.h>
#include <stdlib.h>

#include "bac.pb.h"
#include "crypto/hash.h"
#include "identity/roster.h"
#include "ledger/merkle.h"

_Static_assert(bac_BlockHeader_size <= BAC_HEADER_BYTES_MAX, "BAC_HEADER_BYTES_MAX holds every header");

size_t bac_header_encode(const struct bac_header *h, uint8_t out[BAC_HEADER_BYTES_MAX]) {
  bac_BlockHeader m = {.shard = h->shard,
                       .epoch = h->epoch,
                       .height = h->height,
                       .round = h->round,
                       .proposer = h->proposer,
                       .proposed_ns = (uint64_t)h->proposed_at,
                       .tx_count = h->tx_count,
                       .body_bytes = h->body_bytes};
  memcpy(m.prev_hash, h->prev_hash, BAC_HASH_BYTES);
  memcpy(m.parent_certificate, h->parent_certificate, BAC_HASH_BYTES);
  memcpy(m.tx_root, h->tx_root, BAC_HASH_BYTES);
  memcpy(m.state_root, h->state_root, BAC_HASH_BYTES);
  memcpy(m.seed, h->seed, BAC_HASH_BYTES);
  memcpy(m.next_roster, h->next_roster, BAC_HASH_BYTES);
  if (h->seed_proved) {
    m.seed_proof.size = BAC_VRF_PROOF_BYTES;
    memcpy(m.seed_proof.bytes, h->seed_proof, BAC_VRF_PROOF_BYTES);
  }
  pb_ostream_t stream = pb_ostream_from_buffer(out, BAC_HEADER_BYTES_MAX);
  BAC_ASSERT(pb_encode(&stream, bac_BlockHeader_fields, &m));
  return stream.bytes_written;
}

bool bac_header_decode(struct bac_header *h, const uint8_t *bytes, size_t length) {
  bac_BlockHeader m = bac_BlockHeader_init_zero;
  pb_istream_t stream = pb_istream_from_buffer(bytes, length);
  if (!pb_decode(&stream, bac_BlockHeader_fields, &m) || m.proposed_ns > (uint64_t)INT64_MAX) return false;
  if (m.seed_proof.size != 0 && m.seed_proof.size != BAC_VRF_PROOF_BYTES) return false;
  *h = (struct bac_header){.shard = m.shard,
                           .epoch = m.epoch,
                           .height = m.height,
                           .round = m.round,
                           .proposer = m.proposer,
                           .proposed_at = (bac_time)m.proposed_ns,
                           .tx_count = m.tx_count,
                           .body_bytes = m.body_bytes};
  memcpy(h->prev_hash, m.prev_hash, BAC_HASH_BYTES);
  memcpy(h->parent_certificate, m.parent_certificate, BAC_HASH_BYTES);
  memcpy(h->tx_root, m.tx_root, BAC_HASH_BYTES);
  memcpy(h->state_root, m.state_root, BAC_HASH_BYTES);
  memcpy(h->seed, m.seed, BAC_HASH_BYTES);
  memcpy(h->next_roster, m.next_roster, BAC_HASH_BYTES);
  h->seed_proved = m.seed_proof.size > 0;
  memcpy(h->seed_proof, m.seed_proof.bytes, m.seed_proof.size);
  uint8_t again[BAC_HEADER_BYTES_MAX];
  return bac_header_encode(h, again) == length && memcmp(again, bytes, length) == 0;
}

void bac_header_digest(uint8_t digest[BAC_HASH_BYTES], const uint8_t *bytes, size_t length) {
  bac_hash(digest, BAC_DOMAIN_HEADER, bytes, length);
}

void bac_block_seed(uint8_t seed[BAC_HASH_BYTES], const uint8_t parent_seed[BAC_HASH_BYTES], uint64_t height) {
  uint8_t bytes[8];
  bac_put_u64(bytes, height);
  bac_hash2(seed, BAC_DOMAIN_SEED, parent_seed, BAC_HASH_BYTES, bytes, sizeof bytes);
}

static void tx_root(uint8_t root[BAC_HASH_BYTES], const struct bac_tx *txs, uint32_t count, struct bac_cost *cost) {
  uint8_t *leaves = bac_alloc(count, BAC_HASH_BYTES);
  for (uint32_t i = 0; i < count; i++) {
    bac_hash(leaves + (size_t)i * BAC_HASH_BYTES, BAC_DOMAIN_LEAF, txs[i].wire, txs[i].wire_length);
    cost->hashed_bytes += txs[i].wire_length + 2 * BAC_HASH_BYTES;
  }
  bac_merkle_root(root, leaves, count);
  free(leaves);
}

static void certificate_digest(uint8_t digest[BAC_HASH_BYTES], const uint8_t *certificate, size_t length) {
  if (length == 0)
    memset(digest, 0, BAC_HASH_BYTES);
  else
    bac_hash(digest, BAC_DOMAIN_PAYLOAD, certificate, length);
}

/* Encodes header, certificate and transactions; points the block's parts into the encoding. */
static void assemble(struct bac_block *block, const uint8_t *certificate, size_t certificate_length) {
  uint8_t header[BAC_HEADER_BYTES_MAX];
  size_t header_length = bac_header_encode(&block->header, header);
  size_t length = 2 + header_length + 4 + certificate_length + block->header.body_bytes + 2 * (size_t)block->header.tx_count;
  block->payload = bac_buf_new(NULL, length);
  struct bac_writer w = bac_writer_over(block->payload->data, length);
  bac_write_u16(&w, (uint16_t)header_length);
  bac_write_bytes(&w, header, header_length);
  bac_write_u32(&w, (uint32_t)certificate_length);
  block->certificate = w.data + w.length;
  block->certificate_length = certificate_length;
  bac_write_bytes(&w, certificate, certificate_length);
  for (uint32_t i = 0; i < block->header.tx_count; i++) {
    struct bac_tx *tx = &block->txs[i];
    bac_write_u16(&w, (uint16_t)tx->wire_length);
    const uint8_t *at = w.data + w.length;
    bac_write_bytes(&w, tx->wire, tx->wire_length);
    tx->wire = at;
  }
  BAC_ASSERT(w.ok && w.length == length);
  bac_header_digest(block->digest, header, header_length);
}

struct bac_block *bac_block_genesis(const struct bac_roster *roster) {
  struct bac_block *block = bac_alloc(1, sizeof *block);
  struct bac_cost unused = {0};
  struct bac_state *state = bac_state_genesis(roster);
  block->header.shard = roster->shard;
  block->header.epoch = roster->epoch;
  block->header.proposer = roster->members[0].id;
  tx_root(block->header.tx_root, NULL, 0, &unused);
  bac_state_root(block->header.state_root, state, &unused);
  block->txs = bac_alloc(0, sizeof *block->txs);
  assemble(block, NULL, 0);
  bac_state_free(state);
  return block;
}

bool bac_block_closing(const struct bac_header *header, const struct bac_state *parent) { return parent->epoch > header->epoch; }

/* The epoch ends with this block; out: the hash of the next roster, else zero. */
static void turn(const struct bac_header *header, struct bac_state *state, uint8_t out[BAC_HASH_BYTES], struct bac_cost *cost) {
  memset(out, 0, BAC_HASH_BYTES);
  if (bac_block_closing(header, state)) return;
  if (header->round == BAC_ROUND_RECOVERY)
    bac_state_recover(state, header->seed, header->height, header->proposed_at);
  else if (header->height == state->last)
    bac_state_turn(state, header->seed, header->height, header->proposed_at);
  else
    return;
  struct bac_roster *roster = bac_state_roster(state, header->shard);
  bac_roster_hash(out, roster, cost);
  bac_roster_free(roster);
}

struct bac_block *bac_block_pack(const struct bac_header *header, const struct bac_tx *const *txs, uint32_t count,
                                 struct bac_state *state, const uint8_t *certificate, size_t certificate_length, uint32_t bytes_max,
                                 struct bac_cost *cost) {
  struct bac_block *block = bac_alloc(1, sizeof *block);
  block->header = *header;
  block->header.tx_count = block->header.body_bytes = 0;
  block->txs = bac_alloc(count, sizeof *block->txs);
  if (bac_block_closing(header, state))
    count = 0;
  else
    bac_state_begin(state, header->height, header->prev_hash);
  for (uint32_t i = 0; i < count && txs[i]->wire_length <= bytes_max - block->header.body_bytes; i++) {
    if (!bac_state_apply(state, txs[i], header->proposer)) continue;
    block->txs[block->header.tx_count++] = *txs[i];
    block->header.body_bytes += txs[i]->wire_length;
  }
  certificate_digest(block->header.parent_certificate, certificate, certificate_length);
  tx_root(block->header.tx_root, block->txs, block->header.tx_count, cost);
  turn(header, state, block->header.next_roster, cost);
  bac_state_root(block->header.state_root, state, cost);
  assemble(block, certificate, certificate_length);
  return block;
}

struct bac_block *bac_block_build(const struct bac_header *header, const struct bac_pool *pool, struct bac_state *state,
                                  const uint8_t *certificate, size_t certificate_length, uint32_t bytes_max, struct bac_cost *cost) {
  const struct bac_tx **txs = bac_alloc(bac_pool_count(pool), sizeof *txs);
  uint32_t count = 0;
  for (struct bac_pool_entry *e = bac_pool_next(pool, NULL); e; e = bac_pool_next(pool, e)) txs[count++] = &e->tx;
  struct bac_block *block = bac_block_pack(header, txs, count, state, certificate, certificate_length, bytes_max, cost);
  free(txs);
  return block;
}

static bool decode_txs(struct bac_block *block, struct bac_reader *r, struct bac_cost *cost) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < block->header.tx_count; i++) {
    size_t length = bac_read_u16(r);
    const uint8_t *wire = bac_read_bytes(r, length);
    if (!wire || !bac_tx_decode(&block->txs[i], wire, length, cost)) return false;
    bytes += length;
  }
  return r->ok && bac_reader_left(r) == 0 && bytes == block->header.body_bytes;
}

struct bac_block *bac_block_decode(struct bac_buf *payload, uint32_t bytes_max, struct bac_cost *cost) {
  struct bac_reader r = bac_reader_over(payload->data, payload->length);
  size_t header_length = bac_read_u16(&r);
  const uint8_t *header = bac_read_bytes(&r, header_length);
  struct bac_block *block = bac_alloc(1, sizeof *block);
  block->payload = bac_buf_ref(payload);
  if (!header || !bac_header_decode(&block->header, header, header_length)) goto bad;
  bac_header_digest(block->digest, header, header_length);
  block->certificate_length = bac_read_u32(&r);
  block->certificate = bac_read_bytes(&r, block->certificate_length);
  if (!block->certificate || block->header.body_bytes > bytes_max) goto bad;
  uint8_t digest[BAC_HASH_BYTES];
  certificate_digest(digest, block->certificate, block->certificate_length);
  if (memcmp(digest, block->header.parent_certificate, sizeof digest) != 0) goto bad;
  /* No allocation beyond what the payload could hold. */
  if (block->header.tx_count > bac_reader_left(&r) / (2 + BAC_TX_BYTES_MIN)) goto bad;
  block->txs = bac_alloc(block->header.tx_count, sizeof *block->txs);
  if (!decode_txs(block, &r, cost)) goto bad;
  uint8_t root[BAC_HASH_BYTES];
  tx_root(root, block->txs, block->header.tx_count, cost);
  if (memcmp(root, block->header.tx_root, sizeof root) != 0) goto bad;
  return block;
bad:
  bac_block_free(block);
  return NULL;
}

enum bac_reject bac_block_execute(const struct bac_block *block, struct bac_state *state, const struct bac_pool *pool,
                                  struct bac_shared *shared, struct bac_cost *cost) {
  const bool closing = bac_block_closing(&block->header, state), recovery = block->header.round == BAC_ROUND_RECOVERY;
  if ((closing || recovery) && block->header.tx_count > 0) return BAC_REJECT_BLOCK;
  if (recovery && (closing || state->epoch_blocks == 0)) return BAC_REJECT_BLOCK;
  if (!closing) bac_state_begin(state, block->header.height, block->header.prev_hash);
  for (uint32_t i = 0; i < block->header.tx_count; i++) {
    const struct bac_tx *tx = &block->txs[i];
    bool known = pool && bac_pool_holds(pool, tx, state);
    if (!known && !bac_state_authentic(state, tx, shared, cost)) return BAC_REJECT_TRANSACTION;
    if (!bac_state_apply(state, tx, block->header.proposer)) return BAC_REJECT_TRANSACTION;
  }
  uint8_t root[BAC_HASH_BYTES];
  turn(&block->header, state, root, cost);
  if (memcmp(root, block->header.next_roster, sizeof root) != 0) return BAC_REJECT_BLOCK;
  bac_state_root(root, state, cost);
  return memcmp(root, block->header.state_root, sizeof root) == 0 ? BAC_REJECT_COUNT : BAC_REJECT_BLOCK;
}

struct bac_block *bac_block_recovery(const struct bac_header *parent, const uint8_t digest[BAC_HASH_BYTES], struct bac_state *state,
                                     struct bac_cost *cost) {
  struct bac_header header = {.shard = parent->shard,
                              .epoch = state->epoch,
                              .height = parent->height + 1,
                              .round = BAC_ROUND_RECOVERY,
                              .proposer = parent->proposer,
                              .proposed_at = parent->proposed_at};
  memcpy(header.prev_hash, digest, BAC_HASH_BYTES);
  bac_block_seed(header.seed, parent->seed, header.height);
  return bac_block_pack(&header, NULL, 0, state, NULL, 0, 0, cost);
}

struct bac_block *bac_block_of_header(const struct bac_header *header) {
  uint8_t bytes[BAC_HEADER_BYTES_MAX];
  struct bac_block *block = bac_alloc(1, sizeof *block);
  block->header = *header;
  bac_header_digest(block->digest, bytes, bac_header_encode(header, bytes));
  return block;
}

void bac_block_drop_body(struct bac_block *block) {
  bac_buf_unref(block->payload);
  free(block->txs);
  block->payload = NULL;
  block->txs = NULL;
  block->certificate = NULL;
  block->certificate_length = 0;
}

void bac_block_free(struct bac_block *block) {
  if (!block) return;
  bac_buf_unref(block->payload);
  free(block->txs);
  free(block);
}
