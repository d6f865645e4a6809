/* SPDX-License-Identifier: GPL-2.0-only */
/* Verifiable random function: ECVRF-EDWARDS25519-SHA512-TAI of RFC 9381 (suite 0x03). The owner of a secret key alone can compute
 * beta for an input alpha; with the proof pi everyone can check it, and no other beta passes for the same key and input.
 *
 * alpha is public: the time of try-and-increment depends on it. NULL is accepted for an empty alpha. */
#ifndef BAC_VRF_H
#define BAC_VRF_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_VRF_SEED_BYTES 32
#define BAC_VRF_PUBLIC_KEY_BYTES 32
#define BAC_VRF_SECRET_KEY_BYTES 64 /* seed || public key, as in Ed25519 */
#define BAC_VRF_PROOF_BYTES 80      /* Gamma (32) || c (16, little-endian) || s (32, little-endian) */
#define BAC_VRF_OUTPUT_BYTES 64

/* Why a key or a proof was refused; apart from the values of enum bac_error. */
enum bac_vrf_error {
  BAC_VRF_EKEY = -16,      /* the public key is no point, not encoded canonically, or of small order */
  BAC_VRF_EPROOF = -17,    /* Gamma is no point or not encoded canonically, or s >= q */
  BAC_VRF_EMISMATCH = -18, /* well-formed, but not a proof of this alpha by this key */
};

/* Key pair of a 32-byte seed (the SK of RFC 9381, section 5.5). Deterministic; an Ed25519 pair of the same seed is equal, so
 * never use one seed for both. */
void bac_vrf_keypair(uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES], uint8_t sk[BAC_VRF_SECRET_KEY_BYTES],
                     const uint8_t seed[BAC_VRF_SEED_BYTES]);

/* 0 if pk is a canonically encoded point of large order (RFC 9381, section 5.4.5), else BAC_VRF_EKEY. */
int bac_vrf_key_check(const uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES]);

/* Proof for alpha (section 5.1). Deterministic; sk must come from bac_vrf_keypair.
 * Errors: BAC_VRF_EMISMATCH, with a proof of zeros, if alpha does not hash to the curve: once in 2^250 inputs, in theory. */
int bac_vrf_prove(uint8_t pi[BAC_VRF_PROOF_BYTES], const uint8_t sk[BAC_VRF_SECRET_KEY_BYTES], const uint8_t *alpha, size_t alpha_len);

/* 0 and beta if pi proves it for alpha and pk (section 5.3, key validation on), else a negative enum bac_vrf_error and a beta of
 * zeros. All inputs may come from a peer. */
int bac_vrf_verify(uint8_t beta[BAC_VRF_OUTPUT_BYTES], const uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES],
                   const uint8_t pi[BAC_VRF_PROOF_BYTES], const uint8_t *alpha, size_t alpha_len);

/* beta of a proof that is known to hold, such as one's own (section 5.2). Errors: BAC_VRF_EPROOF, with a beta of zeros. */
int bac_vrf_proof_to_hash(uint8_t beta[BAC_VRF_OUTPUT_BYTES], const uint8_t pi[BAC_VRF_PROOF_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
