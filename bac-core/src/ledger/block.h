/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks and their encoding:
 *   u16 header length || BlockHeader (nanopb) || u32 length || certificate of the parent || transactions, each u16 length || bytes
 * The header's hash is the block's digest; tx_root and parent_certificate bind the rest. */
#ifndef BAC_LEDGER_BLOCK_H
#define BAC_LEDGER_BLOCK_H

#include "bac/vrf.h"
#include "ledger/pool.h"
#include "ledger/state.h"

struct bac_header {
  uint32_t shard;
  uint64_t epoch, height, round;
  uint32_t proposer; /* node id */
  bac_time proposed_at;
  uint32_t tx_count, body_bytes; /* body: the transactions' bytes */
  uint8_t prev_hash[BAC_HASH_BYTES];
  uint8_t parent_certificate[BAC_HASH_BYTES]; /* H(certificate), zero when there is none */
  uint8_t tx_root[BAC_HASH_BYTES], state_root[BAC_HASH_BYTES];
  uint8_t seed[BAC_HASH_BYTES];        /* by the rule of ledger/seed.h */
  bool seed_proved;                    /* seed_proof is there */
  uint8_t seed_proof[BAC_VRF_PROOF_BYTES];
  uint8_t next_roster[BAC_HASH_BYTES]; /* in an epoch's last block: bac_roster_hash of the next epoch's; else zero */
};

#define BAC_HEADER_BYTES_MAX 442

/* Round of the empty block that ends an epoch before its last height, once its roster has agreed to (node/recovery.h). Nobody proposes one:
 * it follows from its parent alone. */
#define BAC_ROUND_RECOVERY UINT64_MAX

struct bac_block {
  struct bac_header header;
  uint8_t digest[BAC_HASH_BYTES];
  struct bac_buf *payload; /* the encoding; owned reference; NULL once the body is dropped */
  const uint8_t *certificate;
  size_t certificate_length;
  struct bac_tx *txs; /* header.tx_count, borrowing from payload; NULL once dropped */
};

size_t bac_header_encode(const struct bac_header *header, uint8_t out[BAC_HEADER_BYTES_MAX]);
/* Strict. */
bool bac_header_decode(struct bac_header *header, const uint8_t *bytes, size_t length);
void bac_header_digest(uint8_t digest[BAC_HASH_BYTES], const uint8_t *bytes, size_t length);

/* H(parent's seed || height): the seed of a block that has nobody's VRF behind it (ledger/seed.h). */
void bac_block_seed(uint8_t seed[BAC_HASH_BYTES], const uint8_t parent_seed[BAC_HASH_BYTES], uint64_t height);

/* Genesis: height 0, no transactions, the state of the roster. The caller owns blocks and frees them with bac_block_free. */
struct bac_block *bac_block_genesis(const struct bac_roster *roster);

/* Packs those of `count` transactions that apply on the parent's state, in their order, up to the first that would exceed bytes_max.
 * header: shard, epoch, height, round, proposer, proposed_at, prev_hash, seed and its proof are given, the rest is computed.
 * state: the parent's state; left as the state after the block. */
struct bac_block *bac_block_pack(const struct bac_header *header, const struct bac_tx *const *txs, uint32_t count,
                                 struct bac_state *state, const uint8_t *certificate, size_t certificate_length, uint32_t bytes_max,
                                 struct bac_cost *cost);
/* The same with the pool's transactions, oldest first. */
struct bac_block *bac_block_build(const struct bac_header *header, const struct bac_pool *pool, struct bac_state *state,
                                  const uint8_t *certificate, size_t certificate_length, uint32_t bytes_max, struct bac_cost *cost);

/* Reads a block and checks all that needs no state: strict header, sizes, certificate hash, transaction encoding, Merkle root.
 * Takes a reference to payload. NULL if anything does not fit. */
struct bac_block *bac_block_decode(struct bac_buf *payload, uint32_t bytes_max, struct bac_cost *cost);

/* Executes the block on the parent's state (changed in place); in an epoch's last block the epoch turns. Signatures of transactions that
 * stand in `pool`, byte for byte, were checked before; pool may be NULL. BAC_REJECT_COUNT: valid, the state is the one after the block;
 * else the reason. A block of an epoch that is over (its parent is the last, or follows it) must be empty. */
enum bac_reject bac_block_execute(const struct bac_block *block, struct bac_state *state, const struct bac_pool *pool,
                                  struct bac_shared *shared, struct bac_cost *cost);
/* Whether the block at this header, on this state, follows the last one of its epoch. */
bool bac_block_closing(const struct bac_header *header, const struct bac_state *parent);
/* The block of round BAC_ROUND_RECOVERY on a parent of this digest. state: the parent's, of an epoch that has not ended; left as the one
 * after the block. */
struct bac_block *bac_block_recovery(const struct bac_header *parent, const uint8_t digest[BAC_HASH_BYTES], struct bac_state *state,
                                     struct bac_cost *cost);
/* A block of which only the header is known. */
struct bac_block *bac_block_of_header(const struct bac_header *header);

void bac_block_drop_body(struct bac_block *block);
void bac_block_free(struct bac_block *block);

#endif
