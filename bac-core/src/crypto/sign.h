/* SPDX-License-Identifier: GPL-2.0-only */
/* Ed25519 signatures (RFC 8032), key derivation, and the process-wide store of verdicts. */
#ifndef BAC_CRYPTO_SIGN_H
#define BAC_CRYPTO_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bac/bac.h"
#include "bac/vrf.h"

#define BAC_SECRET_KEY_BYTES 64

struct bac_keypair {
  uint8_t public_key[BAC_PUBLIC_KEY_BYTES];
  uint8_t secret_key[BAC_SECRET_KEY_BYTES];
  uint8_t vrf_public[BAC_VRF_PUBLIC_KEY_BYTES];
  uint8_t vrf_secret[BAC_VRF_SECRET_KEY_BYTES];
};

/* Signing and VRF keys of node `id` in the run of `seed` (libsodium crypto_kdf over BLAKE2b). */
void bac_keypair_derive(struct bac_keypair *pair, uint64_t seed, uint32_t id);

/* Signs a 32-byte digest, and counts it in cost. */
void bac_sign(uint8_t signature[BAC_SIGNATURE_BYTES], const uint8_t digest[BAC_HASH_BYTES], const struct bac_keypair *pair,
              struct bac_cost *cost);

/* True if the signature holds. Looks in `shared` first (may be NULL) and keeps the verdict there; the cost is counted either
 * way, since on a vehicle each node verifies for itself. */
bool bac_verify(struct bac_shared *shared, const uint8_t signature[BAC_SIGNATURE_BYTES], const uint8_t digest[BAC_HASH_BYTES],
                const uint8_t public_key[BAC_PUBLIC_KEY_BYTES], struct bac_cost *cost);

/* bac_vrf_verify by way of `shared`, which may be NULL. The cost is the caller's to count. */
int bac_vrf_verify_shared(struct bac_shared *shared, uint8_t beta[BAC_VRF_OUTPUT_BYTES], const uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES],
                          const uint8_t pi[BAC_VRF_PROOF_BYTES], const uint8_t *alpha, size_t alpha_length);

/* Objects that depend on their key alone, and so are one for all nodes of the process. Who puts one in owns it, and drops it before it is
 * freed. NULL: there is none, or nothing is shared. */
void *bac_shared_object(const struct bac_shared *shared, const uint8_t key[BAC_HASH_BYTES]);
void bac_shared_put(struct bac_shared *shared, const uint8_t key[BAC_HASH_BYTES], void *object);
void bac_shared_drop(struct bac_shared *shared, const void *object);

#endif
