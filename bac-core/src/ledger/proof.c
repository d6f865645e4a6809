/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/proof.h"

#include <stdlib.h>

#include "crypto/hash.h"

#define FIXED_BYTES (4 + 4 + 2)

void bac_proof_leaf(uint8_t hash[BAC_HASH_BYTES], const uint8_t *leaf, size_t leaf_length) {
  bac_hash(hash, BAC_DOMAIN_LEAF, leaf, leaf_length);
}

uint32_t bac_proof_depth(uint32_t index, uint32_t count) {
  BAC_ASSERT(index < count);
  uint32_t depth = 0;
  /* Up the tree: a last node without a sibling moves up unhashed (RFC 9162, 2.1.1). */
  for (uint32_t at = index, last = count - 1; last > 0; at /= 2, last /= 2)
    if (at % 2 == 1 || at < last) depth++;
  return depth;
}

int bac_proof_make(struct bac_proof *proof, const uint8_t *leaf, size_t leaf_length, const uint8_t *hashes, uint32_t count,
                   uint32_t index, struct bac_cost *cost) {
  if (index >= count || leaf_length == 0 || leaf_length > BAC_PROOF_LEAF_BYTES_MAX) return BAC_EINVAL;
  *proof = (struct bac_proof){.index = index, .count = count, .leaf = leaf, .leaf_length = (uint32_t)leaf_length};
  proof->path_length = (uint32_t)bac_merkle_proof(proof->path, hashes, count, index);
  BAC_ASSERT(proof->path_length == bac_proof_depth(index, count));
  /* All inner nodes beside the path, nearly as many as there are leaves. */
  cost->hashed_bytes += (uint64_t)2 * BAC_HASH_BYTES * count;
  return BAC_OK;
}

int bac_proof_make_tx(struct bac_proof *proof, const struct bac_tx *txs, uint32_t count, uint32_t index, struct bac_cost *cost) {
  if (index >= count) return BAC_EINVAL;
  uint8_t *hashes = bac_alloc(count, BAC_HASH_BYTES);
  for (uint32_t i = 0; i < count; i++) {
    bac_proof_leaf(hashes + (size_t)i * BAC_HASH_BYTES, txs[i].wire, txs[i].wire_length);
    cost->hashed_bytes += txs[i].wire_length;
  }
  const int status = bac_proof_make(proof, txs[index].wire, txs[index].wire_length, hashes, count, index, cost);
  free(hashes);
  return status;
}

size_t bac_proof_bytes(const struct bac_proof *proof) {
  return FIXED_BYTES + proof->leaf_length + (size_t)proof->path_length * BAC_HASH_BYTES;
}

size_t bac_proof_encode(const struct bac_proof *proof, uint8_t out[BAC_PROOF_BYTES_MAX]) {
  struct bac_writer w = bac_writer_over(out, BAC_PROOF_BYTES_MAX);
  bac_write_u32(&w, proof->index);
  bac_write_u32(&w, proof->count);
  bac_write_u16(&w, (uint16_t)proof->leaf_length);
  bac_write_bytes(&w, proof->leaf, proof->leaf_length);
  bac_write_bytes(&w, proof->path, (size_t)proof->path_length * BAC_HASH_BYTES);
  BAC_ASSERT(w.ok && w.length == bac_proof_bytes(proof));
  return w.length;
}

bool bac_proof_decode(struct bac_proof *proof, const uint8_t *bytes, size_t length) {
  struct bac_reader r = bac_reader_over(bytes, length);
  memset(proof, 0, sizeof *proof);
  proof->index = bac_read_u32(&r);
  proof->count = bac_read_u32(&r);
  proof->leaf_length = bac_read_u16(&r);
  if (!r.ok || proof->index >= proof->count || proof->leaf_length == 0 || proof->leaf_length > BAC_PROOF_LEAF_BYTES_MAX)
    return false;
  proof->leaf = bac_read_bytes(&r, proof->leaf_length);
  /* index and count decide the length of the path: it is not in the encoding, and no other length is read. */
  proof->path_length = bac_proof_depth(proof->index, proof->count);
  const size_t path_bytes = (size_t)proof->path_length * BAC_HASH_BYTES;
  const uint8_t *path = bac_read_bytes(&r, path_bytes);
  if (!path || bac_reader_left(&r) != 0) return false;
  memcpy(proof->path, path, path_bytes);
  return true;
}

bool bac_proof_verify(const struct bac_proof *proof, const uint8_t root[BAC_HASH_BYTES], uint32_t count, struct bac_cost *cost) {
  if (proof->count != count || proof->index >= count || proof->leaf_length == 0 ||
      proof->leaf_length > BAC_PROOF_LEAF_BYTES_MAX || proof->path_length != bac_proof_depth(proof->index, count))
    return false;
  uint8_t hash[BAC_HASH_BYTES], path[BAC_MERKLE_DEPTH_MAX][BAC_HASH_BYTES];
  bac_proof_leaf(hash, proof->leaf, proof->leaf_length);
  memcpy(path, proof->path, sizeof path); /* bac_merkle_verify takes no const path */
  cost->hashed_bytes += proof->leaf_length + (uint64_t)2 * BAC_HASH_BYTES * proof->path_length;
  return bac_merkle_verify(root, hash, proof->index, count, path, proof->path_length);
}

bool bac_proof_verify_tx(const struct bac_proof *proof, const struct bac_header *header, struct bac_cost *cost) {
  return bac_proof_verify(proof, header->tx_root, header->tx_count, cost);
}
