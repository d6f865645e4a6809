/* SPDX-License-Identifier: GPL-2.0-only */
/* RFC 9381 over libsodium's group operations. Those that multiply take points of the prime-order subgroup alone, while the RFC
 * lets Gamma and the key be any point of the curve (of the key: any of large order). Additions take every point; so a multiple of
 * such a point is put together from its eightfold, which is in the subgroup, and at most three additions: see multiple(). */
#include "bac/vrf.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#define POINT_BYTES 32
#define SCALAR_BYTES 32
#define CHALLENGE_BYTES 16

/* suite_string and the domain separators of RFC 9381, sections 5.4.1.1, 5.4.3, 5.2 and 5.5. */
static const uint8_t suite = 0x03, front_encode = 0x01, front_challenge = 0x02, front_hash = 0x03, back = 0x00;

static const uint8_t identity[POINT_BYTES] = {1};

/* q = 2^252 + 27742317777372353535851937790883648493, little-endian. */
static const uint8_t group_order[SCALAR_BYTES] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/* The encoding is one that RFC 8032, section 5.1.3 accepts: y < 2^255 - 19, and no sign on x = 0 (y = 1 or -1). Says nothing about
 * whether y is on the curve. Public data: need not take constant time. */
static bool is_canonical(const uint8_t p[POINT_BYTES]) {
  const uint8_t top = p[31] & 0x7f;
  bool ones = top == 0x7f, zeros = top == 0;
  for (int i = 1; i < 31; i++) {
    ones = ones && p[i] == 0xff;
    zeros = zeros && p[i] == 0;
  }
  if (ones && p[0] >= 0xed) return false;
  const bool x_is_zero = (zeros && p[0] == 1) || (ones && p[0] == 0xec);
  return !(x_is_zero && p[31] >> 7);
}

/* s < q; public data. */
static bool is_reduced(const uint8_t s[SCALAR_BYTES]) {
  for (int i = SCALAR_BYTES - 1; i >= 0; i--)
    if (s[i] != group_order[i]) return s[i] < group_order[i];
  return false;
}

static bool is_identity(const uint8_t p[POINT_BYTES]) { return memcmp(p, identity, POINT_BYTES) == 0; }

/* doubled = {2p, 4p, 8p} for any point of the curve; -1 if p does not decode. */
static int double_thrice(uint8_t doubled[3][POINT_BYTES], const uint8_t p[POINT_BYTES]) {
  if (!is_canonical(p) || crypto_core_ed25519_add(doubled[0], p, p) != 0) return -1;
  if (crypto_core_ed25519_add(doubled[1], doubled[0], doubled[0]) != 0) return -1;
  return crypto_core_ed25519_add(doubled[2], doubled[1], doubled[1]);
}

/* r = n p for p in the prime-order subgroup and n < q, either of which may be nil. */
static int multiple_in_subgroup(uint8_t r[POINT_BYTES], const uint8_t n[SCALAR_BYTES], const uint8_t p[POINT_BYTES]) {
  memcpy(r, identity, POINT_BYTES);
  if (sodium_is_zero(n, SCALAR_BYTES) || is_identity(p)) return 0;
  return crypto_scalarmult_ed25519_noclamp(r, n, p);
}

/* r = c p for any point p of the curve. -1 if p does not decode, or is of small order although `large_order` asks for more.
 * Nearly all points are in the subgroup, where libsodium does it in one call. Else, with c = 8d + e, c p = d(8p) + e p. */
static int multiple(uint8_t r[POINT_BYTES], const uint8_t c[CHALLENGE_BYTES], const uint8_t p[POINT_BYTES], bool large_order) {
  uint8_t n[SCALAR_BYTES] = {0}, doubled[3][POINT_BYTES];
  memcpy(n, c, CHALLENGE_BYTES);
  /* Refuses what is not canonical, and points of small order. */
  if (crypto_scalarmult_ed25519_noclamp(r, n, p) == 0) return 0;
  if (double_thrice(doubled, p) != 0 || (large_order && is_identity(doubled[2]))) return -1;
  for (int i = 0; i < CHALLENGE_BYTES; i++) n[i] = (uint8_t)(n[i] >> 3 | n[i + 1] << 5);
  if (multiple_in_subgroup(r, n, doubled[2]) != 0) return -1;
  const uint8_t *powers[3] = {p, doubled[0], doubled[1]};
  for (int bit = 0; bit < 3; bit++)
    if ((c[0] >> bit & 1) && crypto_core_ed25519_add(r, r, powers[bit]) != 0) return -1;
  return 0;
}

/* Section 5.4.1.1, try and increment, salt = pk. h is in the prime-order subgroup and not the identity.
 * -1 after 256 failures, which happens once in 2^256 inputs. */
static int encode_to_curve(uint8_t h[POINT_BYTES], const uint8_t pk[POINT_BYTES], const uint8_t *alpha, size_t alpha_len) {
  crypto_hash_sha512_state prefix, state;
  crypto_hash_sha512_init(&prefix);
  crypto_hash_sha512_update(&prefix, &suite, 1);
  crypto_hash_sha512_update(&prefix, &front_encode, 1);
  crypto_hash_sha512_update(&prefix, pk, POINT_BYTES);
  if (alpha_len > 0) crypto_hash_sha512_update(&prefix, alpha, alpha_len);
  for (unsigned counter = 0; counter < 256; counter++) {
    const uint8_t tail[2] = {(uint8_t)counter, back};
    uint8_t hash[crypto_hash_sha512_BYTES], doubled[3][POINT_BYTES];
    state = prefix;
    crypto_hash_sha512_update(&state, tail, sizeof tail);
    crypto_hash_sha512_final(&state, hash);
    if (double_thrice(doubled, hash) != 0 || is_identity(doubled[2])) continue;
    memcpy(h, doubled[2], POINT_BYTES);
    return 0;
  }
  return -1;
}

/* Section 5.4.3, in the form of the RFC: drafts up to 10 left the public key out. */
static void challenge(uint8_t c[CHALLENGE_BYTES], const uint8_t *const points[5]) {
  crypto_hash_sha512_state state;
  uint8_t hash[crypto_hash_sha512_BYTES];
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, &suite, 1);
  crypto_hash_sha512_update(&state, &front_challenge, 1);
  for (int i = 0; i < 5; i++) crypto_hash_sha512_update(&state, points[i], POINT_BYTES);
  crypto_hash_sha512_update(&state, &back, 1);
  crypto_hash_sha512_final(&state, hash);
  memcpy(c, hash, CHALLENGE_BYTES);
}

/* Section 5.2, steps 6 to 8: beta of the point 8 Gamma. */
static void output_hash(uint8_t beta[BAC_VRF_OUTPUT_BYTES], const uint8_t cleared[POINT_BYTES]) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, &suite, 1);
  crypto_hash_sha512_update(&state, &front_hash, 1);
  crypto_hash_sha512_update(&state, cleared, POINT_BYTES);
  crypto_hash_sha512_update(&state, &back, 1);
  crypto_hash_sha512_final(&state, beta);
}

void bac_vrf_keypair(uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES], uint8_t sk[BAC_VRF_SECRET_KEY_BYTES],
                     const uint8_t seed[BAC_VRF_SEED_BYTES]) {
  crypto_sign_seed_keypair(pk, sk, seed);
}

int bac_vrf_key_check(const uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES]) {
  uint8_t doubled[3][POINT_BYTES];
  return double_thrice(doubled, pk) == 0 && !is_identity(doubled[2]) ? 0 : BAC_VRF_EKEY;
}

/* Secrets of one proof, in one place so that one call wipes them. */
struct secrets {
  uint8_t expanded[crypto_hash_sha512_BYTES]; /* secret scalar x (first half), key of the nonce (second half) */
  uint8_t nonce_hash[crypto_hash_sha512_BYTES];
  uint8_t nonce[SCALAR_BYTES], product[SCALAR_BYTES];
  crypto_hash_sha512_state state;
};

/* The secret scalar x, clamped, and the nonce k of section 5.4.2.2 (as in RFC 8032). */
static void expand(struct secrets *secret, const uint8_t sk[BAC_VRF_SECRET_KEY_BYTES], const uint8_t h[POINT_BYTES]) {
  crypto_hash_sha512(secret->expanded, sk, BAC_VRF_SEED_BYTES);
  secret->expanded[0] &= 248;
  secret->expanded[31] = (uint8_t)((secret->expanded[31] & 127) | 64);
  crypto_hash_sha512_init(&secret->state);
  crypto_hash_sha512_update(&secret->state, secret->expanded + 32, 32);
  crypto_hash_sha512_update(&secret->state, h, POINT_BYTES);
  crypto_hash_sha512_final(&secret->state, secret->nonce_hash);
  crypto_core_ed25519_scalar_reduce(secret->nonce, secret->nonce_hash);
}

int bac_vrf_prove(uint8_t pi[BAC_VRF_PROOF_BYTES], const uint8_t sk[BAC_VRF_SECRET_KEY_BYTES], const uint8_t *alpha, size_t alpha_len) {
  const uint8_t *pk = sk + BAC_VRF_SEED_BYTES;
  uint8_t h[POINT_BYTES], u[POINT_BYTES], v[POINT_BYTES], c[SCALAR_BYTES] = {0};
  uint8_t *gamma = pi, *s = pi + POINT_BYTES + CHALLENGE_BYTES;
  struct secrets secret;
  memset(pi, 0, BAC_VRF_PROOF_BYTES);
  if (encode_to_curve(h, pk, alpha, alpha_len) != 0) return BAC_VRF_EMISMATCH;
  expand(&secret, sk, h);
  /* h is in the subgroup; x is no multiple of q, and k is one for a single hash in 2^252. */
  const bool done = crypto_scalarmult_ed25519_noclamp(gamma, secret.expanded, h) == 0 &&
                    crypto_scalarmult_ed25519_base_noclamp(u, secret.nonce) == 0 &&
                    crypto_scalarmult_ed25519_noclamp(v, secret.nonce, h) == 0;
  if (done) {
    challenge(c, (const uint8_t *const[5]){pk, h, gamma, u, v});
    memcpy(pi + POINT_BYTES, c, CHALLENGE_BYTES);
    crypto_core_ed25519_scalar_mul(secret.product, c, secret.expanded);
    crypto_core_ed25519_scalar_add(s, secret.product, secret.nonce);
  }
  sodium_memzero(&secret, sizeof secret);
  if (!done) memset(pi, 0, BAC_VRF_PROOF_BYTES);
  return done ? 0 : BAC_VRF_EMISMATCH;
}

int bac_vrf_proof_to_hash(uint8_t beta[BAC_VRF_OUTPUT_BYTES], const uint8_t pi[BAC_VRF_PROOF_BYTES]) {
  uint8_t doubled[3][POINT_BYTES];
  memset(beta, 0, BAC_VRF_OUTPUT_BYTES);
  if (!is_reduced(pi + POINT_BYTES + CHALLENGE_BYTES) || double_thrice(doubled, pi) != 0) return BAC_VRF_EPROOF;
  output_hash(beta, doubled[2]);
  return 0;
}

int bac_vrf_verify(uint8_t beta[BAC_VRF_OUTPUT_BYTES], const uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES],
                   const uint8_t pi[BAC_VRF_PROOF_BYTES], const uint8_t *alpha, size_t alpha_len) {
  const uint8_t *gamma = pi, *c = pi + POINT_BYTES, *s = pi + POINT_BYTES + CHALLENGE_BYTES;
  uint8_t h[POINT_BYTES], u[POINT_BYTES] = {1}, v[POINT_BYTES], c_key[POINT_BYTES], c_gamma[POINT_BYTES];
  uint8_t expected[CHALLENGE_BYTES], doubled[3][POINT_BYTES];
  memset(beta, 0, BAC_VRF_OUTPUT_BYTES);
  if (multiple(c_key, c, pk, true) != 0) return BAC_VRF_EKEY;
  if (!is_reduced(s) || double_thrice(doubled, gamma) != 0 || multiple(c_gamma, c, gamma, false) != 0) return BAC_VRF_EPROOF;
  if (encode_to_curve(h, pk, alpha, alpha_len) != 0) return BAC_VRF_EMISMATCH;
  /* U = s B - c Y, V = s H - c Gamma */
  if (!sodium_is_zero(s, SCALAR_BYTES) && crypto_scalarmult_ed25519_base_noclamp(u, s) != 0) return BAC_VRF_EMISMATCH;
  if (multiple_in_subgroup(v, s, h) != 0 || crypto_core_ed25519_sub(u, u, c_key) != 0 || crypto_core_ed25519_sub(v, v, c_gamma) != 0)
    return BAC_VRF_EMISMATCH;
  challenge(expected, (const uint8_t *const[5]){pk, h, gamma, u, v});
  if (memcmp(expected, c, CHALLENGE_BYTES) != 0) return BAC_VRF_EMISMATCH;
  output_hash(beta, doubled[2]);
  return 0;
}
