/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/merkle.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"

/* Largest power of two below count (count > 1). */
static size_t split(size_t count) {
  size_t k = 1;
  while (k * 2 < count) k *= 2;
  return k;
}

static void inner(uint8_t out[BAC_HASH_BYTES], const uint8_t *left, const uint8_t *right) {
  bac_hash2(out, BAC_DOMAIN_INNER, left, BAC_HASH_BYTES, right, BAC_HASH_BYTES);
}

void bac_merkle_root(uint8_t root[BAC_HASH_BYTES], const uint8_t *leaves, size_t count) {
  if (count == 0) {
    bac_hash(root, BAC_DOMAIN_LEAF, NULL, 0);
  } else if (count == 1) {
    memcpy(root, leaves, BAC_HASH_BYTES);
  } else {
    uint8_t left[BAC_HASH_BYTES], right[BAC_HASH_BYTES];
    size_t k = split(count);
    bac_merkle_root(left, leaves, k);
    bac_merkle_root(right, leaves + k * BAC_HASH_BYTES, count - k);
    inner(root, left, right);
  }
}

size_t bac_merkle_proof(uint8_t path[BAC_MERKLE_DEPTH_MAX][BAC_HASH_BYTES], const uint8_t *leaves, size_t count, size_t index) {
  BAC_ASSERT(index < count);
  if (count == 1) return 0;
  size_t k = split(count);
  size_t depth;
  if (index < k) {
    depth = bac_merkle_proof(path, leaves, k, index);
    bac_merkle_root(path[depth], leaves + k * BAC_HASH_BYTES, count - k);
  } else {
    depth = bac_merkle_proof(path, leaves + k * BAC_HASH_BYTES, count - k, index - k);
    bac_merkle_root(path[depth], leaves, k);
  }
  return depth + 1;
}

bool bac_merkle_verify(const uint8_t root[BAC_HASH_BYTES], const uint8_t leaf[BAC_HASH_BYTES], size_t index, size_t count,
                       uint8_t path[][BAC_HASH_BYTES], size_t path_length) {
  if (index >= count) return false;
  uint8_t hash[BAC_HASH_BYTES];
  memcpy(hash, leaf, sizeof hash);
  size_t at = index, last = count - 1;
  for (size_t i = 0; i < path_length; i++) {
    if (last == 0) return false;
    if (at % 2 == 1 || at == last) {
      inner(hash, path[i], hash);
      while (at % 2 == 0 && at != 0) at /= 2, last /= 2;
    } else {
      inner(hash, hash, path[i]);
    }
    at /= 2;
    last /= 2;
  }
  return last == 0 && memcmp(hash, root, sizeof hash) == 0;
}
