/* SPDX-License-Identifier: GPL-2.0-only */
#include "crypto/ca.h"

#include <sodium.h>

#include "base/bytes.h"
#include "crypto/hash.h"

void bac_ca_derive(struct bac_keypair *pair, uint64_t seed) {
  static const char context[crypto_kdf_CONTEXTBYTES] = {'b', 'a', 'c', '-', 'c', 'a', '-', '-'};
  uint8_t master[crypto_kdf_KEYBYTES], key_seed[crypto_sign_SEEDBYTES], seed_bytes[8];
  bac_put_u64(seed_bytes, seed);
  bac_hash(master, BAC_DOMAIN_SEED, seed_bytes, sizeof seed_bytes);
  BAC_ASSERT(crypto_kdf_derive_from_key(key_seed, sizeof key_seed, 0, context, master) == 0);
  memset(pair, 0, sizeof *pair);
  crypto_sign_seed_keypair(pair->public_key, pair->secret_key, key_seed);
  sodium_memzero(master, sizeof master);
  sodium_memzero(key_seed, sizeof key_seed);
}
