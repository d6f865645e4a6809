/* SPDX-License-Identifier: GPL-2.0-only */
/* Signatures and VRF proofs a hundred times faster than the real ones, for the simulator alone. They stand in for them at link time: a
 * program that asks the linker to wrap the functions below (cmake/standalone.cmake, bac-sim) gets these, every other one has no way to
 * reach them.
 *
 * A signature is a keyed hash of public key and message, a proof one of public key and input; the key stays in this file, and only whoever
 * calls with the secret key gets a tag. So within one process nobody can forge: what a node did not sign does not verify. */
#include "fast_crypto.h"

#include <sodium.h>
#include <string.h>

#include "bac/vrf.h"
#include "wire/message.h"

static bool fast; /* one setting per process: the simulator's, not the core's */
static const uint8_t tag_key[32] = {0x62, 0x61, 0x63, 0x2d, 0x73, 0x69, 0x6d};

void bac_fast_crypto(bool on) { fast = on; }

static void (*watch)(void *context, const struct bac_msg *msg);
static void *watch_context;

void bac_watch_signatures(void (*with)(void *context, const struct bac_msg *msg), void *context) {
  watch = with;
  watch_context = context;
}

static void tag(uint8_t *out, size_t out_length, uint8_t domain, const uint8_t *key, const uint8_t *message, size_t length) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, tag_key, sizeof tag_key, out_length);
  crypto_generichash_update(&state, &domain, 1);
  if (key) crypto_generichash_update(&state, key, 32);
  if (length > 0) crypto_generichash_update(&state, message, length);
  crypto_generichash_final(&state, out, out_length);
}

int __real_crypto_sign_detached(unsigned char *sig, unsigned long long *length, const unsigned char *m, unsigned long long mlen,
                                const unsigned char *sk);
int __real_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen, const unsigned char *pk);
int __real_bac_vrf_prove(uint8_t pi[BAC_VRF_PROOF_BYTES], const uint8_t sk[BAC_VRF_SECRET_KEY_BYTES], const uint8_t *alpha, size_t length);
int __real_bac_vrf_verify(uint8_t beta[BAC_VRF_OUTPUT_BYTES], const uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES], const uint8_t pi[BAC_VRF_PROOF_BYTES],
                          const uint8_t *alpha, size_t length);
int __real_bac_vrf_proof_to_hash(uint8_t beta[BAC_VRF_OUTPUT_BYTES], const uint8_t pi[BAC_VRF_PROOF_BYTES]);

int __wrap_crypto_sign_detached(unsigned char *sig, unsigned long long *length, const unsigned char *m, unsigned long long mlen,
                                const unsigned char *sk);
int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen, const unsigned char *pk);
int __wrap_bac_vrf_prove(uint8_t pi[BAC_VRF_PROOF_BYTES], const uint8_t sk[BAC_VRF_SECRET_KEY_BYTES], const uint8_t *alpha, size_t length);
int __wrap_bac_vrf_verify(uint8_t beta[BAC_VRF_OUTPUT_BYTES], const uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES], const uint8_t pi[BAC_VRF_PROOF_BYTES],
                          const uint8_t *alpha, size_t length);
int __wrap_bac_vrf_proof_to_hash(uint8_t beta[BAC_VRF_OUTPUT_BYTES], const uint8_t pi[BAC_VRF_PROOF_BYTES]);

int __wrap_crypto_sign_detached(unsigned char *sig, unsigned long long *length, const unsigned char *m, unsigned long long mlen,
                                const unsigned char *sk) {
  if (!fast) return __real_crypto_sign_detached(sig, length, m, mlen, sk);
  tag(sig, 64, 1, sk + 32, m, (size_t)mlen);
  if (length) *length = 64;
  return 0;
}

int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen, const unsigned char *pk) {
  if (!fast) return __real_crypto_sign_verify_detached(sig, m, mlen, pk);
  uint8_t expected[64];
  tag(expected, sizeof expected, 1, pk, m, (size_t)mlen);
  return memcmp(expected, sig, sizeof expected) == 0 ? 0 : -1;
}

int __wrap_bac_vrf_prove(uint8_t pi[BAC_VRF_PROOF_BYTES], const uint8_t sk[BAC_VRF_SECRET_KEY_BYTES], const uint8_t *alpha, size_t length) {
  if (!fast) return __real_bac_vrf_prove(pi, sk, alpha, length);
  memset(pi, 0, BAC_VRF_PROOF_BYTES);
  tag(pi, 64, 2, sk + 32, alpha, length);
  return 0;
}

int __wrap_bac_vrf_proof_to_hash(uint8_t beta[BAC_VRF_OUTPUT_BYTES], const uint8_t pi[BAC_VRF_PROOF_BYTES]) {
  if (!fast) return __real_bac_vrf_proof_to_hash(beta, pi);
  tag(beta, BAC_VRF_OUTPUT_BYTES, 3, NULL, pi, BAC_VRF_PROOF_BYTES);
  return 0;
}

int __wrap_bac_vrf_verify(uint8_t beta[BAC_VRF_OUTPUT_BYTES], const uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES], const uint8_t pi[BAC_VRF_PROOF_BYTES],
                          const uint8_t *alpha, size_t length) {
  if (!fast) return __real_bac_vrf_verify(beta, pk, pi, alpha, length);
  uint8_t expected[BAC_VRF_PROOF_BYTES] = {0};
  memset(beta, 0, BAC_VRF_OUTPUT_BYTES);
  tag(expected, 64, 2, pk, alpha, length);
  if (memcmp(expected, pi, sizeof expected) != 0) return BAC_VRF_EMISMATCH;
  return __wrap_bac_vrf_proof_to_hash(beta, pi);
}

void __real_bac_msg_sign(struct bac_msg *msg, const struct bac_keypair *pair, struct bac_cost *cost);
void __wrap_bac_msg_sign(struct bac_msg *msg, const struct bac_keypair *pair, struct bac_cost *cost);

void __wrap_bac_msg_sign(struct bac_msg *msg, const struct bac_keypair *pair, struct bac_cost *cost) {
  __real_bac_msg_sign(msg, pair, cost);
  if (watch) watch(watch_context, msg);
}
