/* SPDX-License-Identifier: GPL-2.0-only */
/* Merkle trees after RFC 6962, section 2.1 (leaf and inner nodes hashed in different domains), over BLAKE2b. */
#ifndef BAC_LEDGER_MERKLE_H
#define BAC_LEDGER_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bac/limits.h"

#define BAC_MERKLE_DEPTH_MAX 32

/* leaves: count hashes of BAC_HASH_BYTES in a row. count 0 gives the hash of the empty string. */
void bac_merkle_root(uint8_t root[BAC_HASH_BYTES], const uint8_t *leaves, size_t count);
/* Audit path of leaf `index`, from the leaf up. Returns its length; index < count. */
size_t bac_merkle_proof(uint8_t path[BAC_MERKLE_DEPTH_MAX][BAC_HASH_BYTES], const uint8_t *leaves, size_t count, size_t index);
/* RFC 9162, section 2.1.3.2. */
bool bac_merkle_verify(const uint8_t root[BAC_HASH_BYTES], const uint8_t leaf[BAC_HASH_BYTES], size_t index, size_t count,
                       uint8_t path[][BAC_HASH_BYTES], size_t path_length);

#endif
