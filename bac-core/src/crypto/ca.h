/* SPDX-License-Identifier: GPL-2.0-only */
/* The key of a run's certificate authority (CA). */
#ifndef BAC_CRYPTO_CA_H
#define BAC_CRYPTO_CA_H

#include "crypto/sign.h"

/* The CA's signing key in the run of `seed` (libsodium crypto_kdf over BLAKE2b, in a context of its own: no node id gives the same
 * key). The CA takes part in no election, so the VRF keys of the pair are zero. */
void bac_ca_derive(struct bac_keypair *pair, uint64_t seed);

#endif
