/* SPDX-License-Identifier: GPL-2.0-only */
#include "identity/certificate.h"

#include <sodium.h>

#include "base/bytes.h"
#include "crypto/hash.h"

#define SIGNED_BYTES (BAC_CERTIFICATE_BYTES - BAC_SIGNATURE_BYTES)
_Static_assert(BAC_CERTIFICATE_BYTES < 300, "a registration fits into a transaction of the usual size");

static void write_signed(struct bac_writer *w, const struct bac_certificate *cert) {
  bac_write_u32(w, cert->ev_id);
  bac_write_bytes(w, cert->sign_key, BAC_PUBLIC_KEY_BYTES);
  bac_write_bytes(w, cert->vrf_key, BAC_PUBLIC_KEY_BYTES);
  bac_write_u32(w, cert->roles);
  bac_write_u64(w, cert->serial);
  bac_write_u64(w, (uint64_t)cert->not_before);
  bac_write_u64(w, (uint64_t)cert->not_after);
  bac_write_u64(w, (uint64_t)cert->balance_milli);
  bac_write_u32(w, cert->home);
}

void bac_certificate_digest(uint8_t digest[BAC_HASH_BYTES], const struct bac_certificate *cert) {
  uint8_t bytes[SIGNED_BYTES];
  struct bac_writer w = bac_writer_over(bytes, sizeof bytes);
  write_signed(&w, cert);
  BAC_ASSERT(w.ok && w.length == sizeof bytes);
  bac_hash(digest, BAC_DOMAIN_CERTIFICATE, bytes, sizeof bytes);
}

static bool in_range(const struct bac_certificate *cert) {
  return cert->ev_id <= BAC_NODE_ID_MAX && cert->roles != 0 && (cert->roles & ~BAC_CERTIFICATE_ROLES_ALL) == 0 &&
         cert->serial > 0 && cert->not_before >= 0 && cert->not_before < cert->not_after && cert->balance_milli >= 0 &&
         cert->balance_milli <= BAC_CERTIFICATE_BALANCE_MAX;
}

/* One key for both is refused: Ed25519 and the VRF derive their nonces from it in ways that were never examined together. */
static bool keys_hold(const struct bac_certificate *cert) {
  return memcmp(cert->sign_key, cert->vrf_key, BAC_PUBLIC_KEY_BYTES) != 0 && bac_vrf_key_check(cert->vrf_key) == 0;
}

int bac_certificate_issue(struct bac_certificate *cert, const struct bac_keypair *ca, struct bac_cost *cost) {
  memset(cert->signature, 0, sizeof cert->signature);
  if (!in_range(cert) || !keys_hold(cert)) return BAC_EINVAL;
  uint8_t digest[BAC_HASH_BYTES];
  bac_certificate_digest(digest, cert);
  cost->hashed_bytes += SIGNED_BYTES;
  bac_sign(cert->signature, digest, ca, cost);
  return BAC_OK;
}

void bac_certificate_encode(const struct bac_certificate *cert, uint8_t out[BAC_CERTIFICATE_BYTES]) {
  struct bac_writer w = bac_writer_over(out, BAC_CERTIFICATE_BYTES);
  write_signed(&w, cert);
  bac_write_bytes(&w, cert->signature, BAC_SIGNATURE_BYTES);
  BAC_ASSERT(w.ok && w.length == BAC_CERTIFICATE_BYTES);
}

_Static_assert(SIGNED_BYTES + BAC_SIGNATURE_BYTES == BAC_CERTIFICATE_BYTES, "bac/limits.h says how long a certificate is");

bool bac_certificate_decode(struct bac_certificate *cert, const uint8_t *bytes, size_t length) {
  if (length != BAC_CERTIFICATE_BYTES) return false;
  struct bac_reader r = bac_reader_over(bytes, length);
  *cert = (struct bac_certificate){.ev_id = bac_read_u32(&r)};
  memcpy(cert->sign_key, bac_read_bytes(&r, BAC_PUBLIC_KEY_BYTES), BAC_PUBLIC_KEY_BYTES);
  memcpy(cert->vrf_key, bac_read_bytes(&r, BAC_PUBLIC_KEY_BYTES), BAC_PUBLIC_KEY_BYTES);
  cert->roles = bac_read_u32(&r);
  cert->serial = bac_read_u64(&r);
  cert->not_before = (bac_time)bac_read_u64(&r);
  cert->not_after = (bac_time)bac_read_u64(&r);
  cert->balance_milli = (int64_t)bac_read_u64(&r);
  cert->home = bac_read_u32(&r);
  memcpy(cert->signature, bac_read_bytes(&r, BAC_SIGNATURE_BYTES), BAC_SIGNATURE_BYTES);
  return in_range(cert);
}

enum bac_reject bac_certificate_verify(const struct bac_certificate *cert, const uint8_t ca_public_key[BAC_PUBLIC_KEY_BYTES],
                                       struct bac_shared *shared, struct bac_cost *cost) {
  if (!in_range(cert)) return BAC_REJECT_MALFORMED;
  uint8_t digest[BAC_HASH_BYTES];
  bac_certificate_digest(digest, cert);
  cost->hashed_bytes += SIGNED_BYTES;
  if (!bac_verify(shared, cert->signature, digest, ca_public_key, cost)) return BAC_REJECT_SIGNATURE;
  return keys_hold(cert) ? BAC_REJECT_COUNT : BAC_REJECT_CERTIFICATE;
}

bool bac_certificate_valid_at(const struct bac_certificate *cert, bac_time time) {
  return cert->not_before <= time && time < cert->not_after;
}

static void derive(uint64_t seed, struct bac_certificate c, uint8_t certificate[BAC_CERTIFICATE_BYTES]) {
  struct bac_keypair ca, ev;
  struct bac_cost unused = {0};
  bac_ca_derive(&ca, seed);
  bac_keypair_derive(&ev, seed, c.ev_id);
  c.serial = (uint64_t)c.ev_id + 1;
  memcpy(c.sign_key, ev.public_key, sizeof c.sign_key);
  memcpy(c.vrf_key, ev.vrf_public, sizeof c.vrf_key);
  const int issued = bac_certificate_issue(&c, &ca, &unused);
  BAC_ASSERT(issued == BAC_OK);
  bac_certificate_encode(&c, certificate);
  sodium_memzero(&ca, sizeof ca);
  sodium_memzero(&ev, sizeof ev);
}

void bac_certificate_derive(uint64_t seed, uint32_t id, uint32_t home, bac_time not_before, bac_time not_after,
                            uint8_t certificate[BAC_CERTIFICATE_BYTES]) {
  derive(seed,
         (struct bac_certificate){.ev_id = id,
                                  .roles = BAC_CERTIFICATE_MEMBER,
                                  .not_before = not_before,
                                  .not_after = not_after,
                                  .balance_milli = BAC_GENESIS_BALANCE,
                                  .home = home},
         certificate);
}

void bac_controller_certificate_derive(uint64_t seed, uint32_t id, uint8_t certificate[BAC_CERTIFICATE_BYTES]) {
  derive(seed, (struct bac_certificate){.ev_id = id, .roles = BAC_CERTIFICATE_CONTROLLER, .not_after = BAC_NEVER}, certificate);
}

void bac_ca_derive_key(uint64_t seed, uint8_t ca_key[BAC_PUBLIC_KEY_BYTES]) {
  struct bac_keypair ca;
  bac_ca_derive(&ca, seed);
  memcpy(ca_key, ca.public_key, BAC_PUBLIC_KEY_BYTES);
  sodium_memzero(&ca, sizeof ca);
}
