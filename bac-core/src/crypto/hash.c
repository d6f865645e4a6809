/* SPDX-License-Identifier: GPL-2.0-only */
#include "crypto/hash.h"

#include <sodium.h>

void bac_hash2(uint8_t out[BAC_HASH_BYTES], enum bac_domain domain, const void *a, size_t a_length, const void *b,
               size_t b_length) {
  crypto_generichash_state state;
  const uint8_t prefix = (uint8_t)domain;
  crypto_generichash_init(&state, NULL, 0, BAC_HASH_BYTES);
  crypto_generichash_update(&state, &prefix, 1);
  if (a_length > 0) crypto_generichash_update(&state, a, a_length);
  if (b_length > 0) crypto_generichash_update(&state, b, b_length);
  crypto_generichash_final(&state, out, BAC_HASH_BYTES);
}
