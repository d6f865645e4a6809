/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/seed.h"

#include "bac/vrf.h"
#include "crypto/hash.h"

/* Of another length than what elections draw on (election/sortition.h): no proof serves both. */
static void alpha_of(uint8_t alpha[BAC_SEED_ALPHA_BYTES], const uint8_t parent_seed[BAC_HASH_BYTES], uint64_t height) {
  memcpy(alpha, parent_seed, BAC_HASH_BYTES);
  bac_put_u64(alpha + BAC_HASH_BYTES, height);
}

static void seed_of(uint8_t seed[BAC_HASH_BYTES], const uint8_t beta[BAC_VRF_OUTPUT_BYTES], struct bac_cost *cost) {
  bac_hash(seed, BAC_DOMAIN_SEED, beta, BAC_VRF_OUTPUT_BYTES);
  cost->hashed_bytes += BAC_VRF_OUTPUT_BYTES;
}

void bac_seed_prove(struct bac_header *header, const uint8_t parent_seed[BAC_HASH_BYTES], const uint8_t secret[BAC_VRF_SECRET_KEY_BYTES],
                    struct bac_cost *cost) {
  uint8_t alpha[BAC_SEED_ALPHA_BYTES], beta[BAC_VRF_OUTPUT_BYTES];
  alpha_of(alpha, parent_seed, header->height);
  cost->vrf_proves++;
  /* Neither fails but for an alpha that does not hash to the curve, once in 2^250: that block is refused like any bad one. */
  (void)bac_vrf_prove(header->seed_proof, secret, alpha, sizeof alpha);
  (void)bac_vrf_proof_to_hash(beta, header->seed_proof);
  header->seed_proved = true;
  seed_of(header->seed, beta, cost);
}

void bac_seed_agree(uint8_t seed[BAC_HASH_BYTES], const uint8_t parent_seed[BAC_HASH_BYTES], const uint8_t (*signatures)[BAC_SIGNATURE_BYTES],
                    size_t count, struct bac_cost *cost) {
  bac_hash2(seed, BAC_DOMAIN_SEED, parent_seed, BAC_HASH_BYTES, signatures, count * BAC_SIGNATURE_BYTES);
  cost->hashed_bytes += BAC_HASH_BYTES + count * BAC_SIGNATURE_BYTES;
}

bool bac_seed_holds(enum bac_seed_rule rule, const struct bac_header *header, const uint8_t parent_seed[BAC_HASH_BYTES],
                    const uint8_t vrf_key[BAC_VRF_PUBLIC_KEY_BYTES], struct bac_shared *shared, struct bac_cost *cost) {
  uint8_t seed[BAC_HASH_BYTES];
  if (header->round == BAC_ROUND_RECOVERY) rule = BAC_SEED_HASH;
  if (header->seed_proved != (rule == BAC_SEED_VRF)) return false;
  if (rule == BAC_SEED_AGREED) return true;
  if (rule == BAC_SEED_HASH) {
    bac_block_seed(seed, parent_seed, header->height);
  } else {
    uint8_t alpha[BAC_SEED_ALPHA_BYTES], beta[BAC_VRF_OUTPUT_BYTES];
    alpha_of(alpha, parent_seed, header->height);
    cost->vrf_verifies++;
    if (bac_vrf_verify_shared(shared, beta, vrf_key, header->seed_proof, alpha, sizeof alpha) != 0) return false;
    seed_of(seed, beta, cost);
  }
  return memcmp(seed, header->seed, sizeof seed) == 0;
}
