/* SPDX-License-Identifier: GPL-2.0-only */
#include "identity/certificate.h"

#include <sodium.h>

#include "base/bytes.h"
#include "crypto/hash.h"

#define BALANCE_MAX ((uint64_t)1 << 48)

static void write_content(struct bac_writer *w, const struct bac_certificate *c) {
  bac_write_u32(w, c->ev_id);
  bac_write_bytes(w, c->sign_key, sizeof c->sign_key);
  bac_write_bytes(w, c->vrf_key, sizeof c->vrf_key);
  bac_write_u32(w, c->roles);
  bac_write_u64(w, c->serial);
  bac_write_u64(w, (uint64_t)c->not_before);
  bac_write_u64(w, (uint64_t)c->not_after);
  bac_write_u64(w, (uint64_t)c->balance_milli);
}

static void content_digest(uint8_t digest[BAC_HASH_BYTES], const struct bac_certificate *c) {
  uint8_t content[BAC_CERTIFICATE_BYTES - BAC_SIGNATURE_BYTES];
  struct bac_writer w = bac_writer_over(content, sizeof content);
  write_content(&w, c);
  BAC_ASSERT(w.ok && w.length == sizeof content);
  bac_hash(digest, BAC_DOMAIN_CERTIFICATE, content, sizeof content);
}

void bac_ca_derive(struct bac_keypair *ca, uint64_t seed) { bac_keypair_derive(ca, seed, BAC_BROADCAST); } /* nobody's id */

void bac_certificate_issue(struct bac_certificate *c, const struct bac_keypair *ca, struct bac_cost *cost) {
  uint8_t digest[BAC_HASH_BYTES];
  content_digest(digest, c);
  bac_sign(c->signature, digest, ca, cost);
}

void bac_certificate_encode(const struct bac_certificate *c, uint8_t out[BAC_CERTIFICATE_BYTES]) {
  struct bac_writer w = bac_writer_over(out, BAC_CERTIFICATE_BYTES);
  write_content(&w, c);
  bac_write_bytes(&w, c->signature, sizeof c->signature);
  BAC_ASSERT(w.ok && w.length == BAC_CERTIFICATE_BYTES);
}

bool bac_certificate_decode(struct bac_certificate *c, const uint8_t *bytes, size_t length) {
  struct bac_reader r = bac_reader_over(bytes, length);
  if (length != BAC_CERTIFICATE_BYTES) return false;
  c->ev_id = bac_read_u32(&r);
  memcpy(c->sign_key, bac_read_bytes(&r, sizeof c->sign_key), sizeof c->sign_key);
  memcpy(c->vrf_key, bac_read_bytes(&r, sizeof c->vrf_key), sizeof c->vrf_key);
  c->roles = bac_read_u32(&r);
  c->serial = bac_read_u64(&r);
  const uint64_t not_before = bac_read_u64(&r), not_after = bac_read_u64(&r), balance = bac_read_u64(&r);
  memcpy(c->signature, bac_read_bytes(&r, sizeof c->signature), sizeof c->signature);
  c->not_before = (bac_time)not_before;
  c->not_after = (bac_time)not_after;
  c->balance_milli = (int64_t)balance;
  return c->ev_id <= BAC_NODE_ID_MAX && c->roles == 0 && not_before < not_after && not_after <= (uint64_t)INT64_MAX && balance <= BALANCE_MAX;
}

enum bac_reject bac_certificate_verify(const struct bac_certificate *c, const uint8_t ca_key[BAC_PUBLIC_KEY_BYTES], struct bac_shared *shared,
                                       struct bac_cost *cost) {
  uint8_t digest[BAC_HASH_BYTES];
  content_digest(digest, c);
  if (!bac_verify(shared, c->signature, digest, ca_key, cost)) return BAC_REJECT_SIGNATURE;
  return bac_vrf_key_check(c->vrf_key) == 0 ? BAC_REJECT_COUNT : BAC_REJECT_CERTIFICATE;
}

void bac_certificate_derive(uint64_t seed, uint32_t id, bac_time not_before, bac_time not_after, uint8_t certificate[BAC_CERTIFICATE_BYTES]) {
  struct bac_keypair ca, ev;
  struct bac_cost unused = {0};
  bac_ca_derive(&ca, seed);
  bac_keypair_derive(&ev, seed, id);
  struct bac_certificate c = {.ev_id = id, .serial = id, .not_before = not_before, .not_after = not_after, .balance_milli = BAC_GENESIS_BALANCE};
  memcpy(c.sign_key, ev.public_key, sizeof c.sign_key);
  memcpy(c.vrf_key, ev.vrf_public, sizeof c.vrf_key);
  bac_certificate_issue(&c, &ca, &unused);
  bac_certificate_encode(&c, certificate);
  sodium_memzero(&ca, sizeof ca);
  sodium_memzero(&ev, sizeof ev);
}

void bac_ca_derive_key(uint64_t seed, uint8_t ca_key[BAC_PUBLIC_KEY_BYTES]) {
  struct bac_keypair ca;
  bac_ca_derive(&ca, seed);
  memcpy(ca_key, ca.public_key, BAC_PUBLIC_KEY_BYTES);
  sodium_memzero(&ca, sizeof ca);
}
