/* SPDX-License-Identifier: GPL-2.0-only */
/* Inclusion proofs: what a consensus node that dropped a block's body keeps of its own transactions, and shows to others. Whoever
 * holds the root checks one without the other leaves. Generic over what a leaf is: a transaction of a block, an account of a state.
 *
 * A tree is that of ledger/merkle.h over H(BAC_DOMAIN_LEAF, leaf bytes). An inner node cannot be shown as a leaf: it is hashed in
 * another domain. Neither does a root alone say how many leaves there are: index and count decide the shape of a path, so count must
 * come from where the root comes from (a header has both). */
#ifndef BAC_LEDGER_PROOF_H
#define BAC_LEDGER_PROOF_H

#include "ledger/block.h"
#include "ledger/merkle.h"

#define BAC_PROOF_LEAF_BYTES_MAX BAC_TX_BYTES_MAX

struct bac_proof {
  uint32_t index, count; /* of the leaf; of all leaves. index < count */
  const uint8_t *leaf;   /* borrowed from where the proof was made or read */
  uint32_t leaf_length;  /* 1..BAC_PROOF_LEAF_BYTES_MAX */
  uint32_t path_length;  /* the only one that index and count allow */
  uint8_t path[BAC_MERKLE_DEPTH_MAX][BAC_HASH_BYTES]; /* from the leaf up */
};

/* u32 index || u32 count || u16 leaf length || leaf || path. */
#define BAC_PROOF_BYTES_MAX (4 + 4 + 2 + BAC_PROOF_LEAF_BYTES_MAX + BAC_MERKLE_DEPTH_MAX * BAC_HASH_BYTES)

/* The leaf of these bytes in a tree. */
void bac_proof_leaf(uint8_t hash[BAC_HASH_BYTES], const uint8_t *leaf, size_t leaf_length);
/* Hashes in the path of leaf `index` of `count`; index < count. */
uint32_t bac_proof_depth(uint32_t index, uint32_t count);

/* Proof that `leaf` is at `index` of the tree over `count` hashes (BAC_HASH_BYTES each, in a row); leaf is borrowed. The hash at
 * index is that of leaf.  Errors: BAC_EINVAL (index, leaf_length). */
int bac_proof_make(struct bac_proof *proof, const uint8_t *leaf, size_t leaf_length, const uint8_t *hashes, uint32_t count,
                   uint32_t index, struct bac_cost *cost);
/* The same for a transaction of a block whose body is there; the wire bytes are borrowed from txs.  Errors: BAC_EINVAL (index). */
int bac_proof_make_tx(struct bac_proof *proof, const struct bac_tx *txs, uint32_t count, uint32_t index, struct bac_cost *cost);

/* Bytes that it takes. */
size_t bac_proof_bytes(const struct bac_proof *proof);
/* Writes bac_proof_bytes(proof) bytes and returns their number. */
size_t bac_proof_encode(const struct bac_proof *proof, uint8_t out[BAC_PROOF_BYTES_MAX]);
/* Strict: true only if encoding again gives the same bytes, with every field in its range. The leaf is borrowed from `bytes`. On
 * false *proof is undefined. */
bool bac_proof_decode(struct bac_proof *proof, const uint8_t *bytes, size_t length);

/* Whether the leaf is at proof->index of the tree with this root and count. The proof may come from a peer. */
bool bac_proof_verify(const struct bac_proof *proof, const uint8_t root[BAC_HASH_BYTES], uint32_t count, struct bac_cost *cost);
/* Whether it proves that the leaf's bytes are a transaction of the block with this header. That the header is final is another
 * question (its certificate answers it), as is what the bytes say (bac_tx_decode). */
bool bac_proof_verify_tx(const struct bac_proof *proof, const struct bac_header *header, struct bac_cost *cost);

#endif
