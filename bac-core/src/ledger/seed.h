/* SPDX-License-Identifier: GPL-2.0-only */
/* The seed chain: each block's seed derives from its parent's, and elections two epochs later draw on it (protocols.md, section 3). */
#ifndef BAC_LEDGER_SEED_H
#define BAC_LEDGER_SEED_H

#include "crypto/sign.h"
#include "ledger/block.h"

/* What a chain's blocks derive their seeds by. A block of round BAC_ROUND_RECOVERY, which nobody proposes, has the hash under every rule. */
enum bac_seed_rule {
  BAC_SEED_HASH,   /* H(parent's seed || height): who knows the chain knows all of its seeds */
  BAC_SEED_VRF,    /* H(beta), beta the proposer's VRF output over parent's seed || height; the proof stands in the header. A proposer that
                      leaves it out is refused: it could choose between two seeds */
  BAC_SEED_AGREED, /* whatever the block's certificate vouches for: who signs it has computed it (BAC 2.0) */
};

#define BAC_SEED_ALPHA_BYTES (BAC_HASH_BYTES + 8)

/* Sets seed and proof of a header whose height is set. secret: the proposer's VRF key. Counts one VRF proof. */
void bac_seed_prove(struct bac_header *header, const uint8_t parent_seed[BAC_HASH_BYTES], const uint8_t secret[BAC_VRF_SECRET_KEY_BYTES],
                    struct bac_cost *cost);
/* BAC_SEED_AGREED: H(parent's seed || signatures), BAC_SIGNATURE_BYTES each. */
void bac_seed_agree(uint8_t seed[BAC_HASH_BYTES], const uint8_t parent_seed[BAC_HASH_BYTES], const uint8_t (*signatures)[BAC_SIGNATURE_BYTES],
                    size_t count, struct bac_cost *cost);
/* Whether the header's seed and proof are what the rule demands. vrf_key: the proposer's. Counts a VRF verification where there is one, also
 * where `shared` (may be NULL) knows the verdict. */
bool bac_seed_holds(enum bac_seed_rule rule, const struct bac_header *header, const uint8_t parent_seed[BAC_HASH_BYTES],
                    const uint8_t vrf_key[BAC_VRF_PUBLIC_KEY_BYTES], struct bac_shared *shared, struct bac_cost *cost);

#endif
