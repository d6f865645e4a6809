/* SPDX-License-Identifier: GPL-2.0-only */
/* Certificates by which the authority (CA) lets EVs take part: one per vehicle (protocols.md, section 3, "Identity"). */
#ifndef BAC_IDENTITY_CERTIFICATE_H
#define BAC_IDENTITY_CERTIFICATE_H

#include "bac/bac.h"
#include "crypto/sign.h"

struct bac_certificate {
  uint32_t ev_id;
  uint8_t sign_key[BAC_PUBLIC_KEY_BYTES], vrf_key[BAC_PUBLIC_KEY_BYTES];
  uint32_t roles; /* reserved: 0 */
  uint64_t serial;
  bac_time not_before, not_after; /* valid in [not_before, not_after) */
  int64_t balance_milli;          /* funds proven at registration: the account opens with them */
  uint8_t signature[BAC_SIGNATURE_BYTES];
};

/* The authority's key pair in the run of `seed`. */
void bac_ca_derive(struct bac_keypair *ca, uint64_t seed);
/* Signs what the other fields say. */
void bac_certificate_issue(struct bac_certificate *certificate, const struct bac_keypair *ca, struct bac_cost *cost);
void bac_certificate_encode(const struct bac_certificate *certificate, uint8_t out[BAC_CERTIFICATE_BYTES]);
/* Strict: length, id, times in order, balance, roles. The signature is not checked. */
bool bac_certificate_decode(struct bac_certificate *certificate, const uint8_t *bytes, size_t length);
/* BAC_REJECT_COUNT: the authority signed it and its VRF key is one. Else BAC_REJECT_SIGNATURE or BAC_REJECT_CERTIFICATE. */
enum bac_reject bac_certificate_verify(const struct bac_certificate *certificate, const uint8_t ca_key[BAC_PUBLIC_KEY_BYTES],
                                       struct bac_shared *shared, struct bac_cost *cost);

#endif
