/* SPDX-License-Identifier: GPL-2.0-only */
/* Certificates: the certificate authority (CA) binds a vehicle's id to its two keys, for a time (protocols.md, section 3,
 * "Identity"). One certificate for each vehicle: nothing else limits how many identities an attacker may have. */
#ifndef BAC_IDENTITY_CERTIFICATE_H
#define BAC_IDENTITY_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/ca.h"

/* What the holder may be, a bit mask. */
enum bac_certificate_role {
  BAC_CERTIFICATE_MEMBER = 1u << 0,   /* in a shard's roster: it votes and may be elected */
  BAC_CERTIFICATE_STANDING = 1u << 1, /* a candidate without election: a regulator or a grid node (the paper's macro-control) */
  BAC_CERTIFICATE_RELAY = 1u << 2,    /* a roadside unit or a base station: it relays, without a vote */
  BAC_CERTIFICATE_CONTROLLER = 1u << 3, /* the macro base station, as the one that says which EV belongs to which shard */
};
#define BAC_CERTIFICATE_ROLES_ALL 15u

struct bac_certificate {
  uint32_t ev_id; /* 0..BAC_NODE_ID_MAX: the vehicle's id in SUMO's trace, on the air and in the ledger */
  uint8_t sign_key[BAC_PUBLIC_KEY_BYTES];
  uint8_t vrf_key[BAC_PUBLIC_KEY_BYTES];
  uint32_t roles;                 /* of enum bac_certificate_role, at least one, no other bit */
  uint64_t serial;                /* > 0, no other certificate of the CA has it: revocation lists name it */
  bac_time not_before, not_after; /* valid in [not_before, not_after); ns, 0 <= not_before < not_after */
  int64_t balance_milli;          /* funds proven at registration, thousandths of the currency unit, 0..BAC_CERTIFICATE_BALANCE_MAX */
  uint32_t home; /* shard in which its account opens with these funds: there alone, so that they are paid out once */
  uint8_t signature[BAC_SIGNATURE_BYTES]; /* of the CA, over all fields above */
};

#define BAC_CERTIFICATE_BALANCE_MAX ((int64_t)1 << 46) /* those of all node ids add up below 2^63 */

/* Encoded: BAC_CERTIFICATE_BYTES (bac/limits.h), fixed width, in the order of the fields. */

/* What the CA signs. */
void bac_certificate_digest(uint8_t digest[BAC_HASH_BYTES], const struct bac_certificate *cert);

/* Signs the fields that the caller has set. Serials, and that a vehicle gets one certificate, are the caller's to keep.
 * Errors: BAC_EINVAL when bac_certificate_verify would refuse it; then cert->signature is zero. */
int bac_certificate_issue(struct bac_certificate *cert, const struct bac_keypair *ca, struct bac_cost *cost);

void bac_certificate_encode(const struct bac_certificate *cert, uint8_t out[BAC_CERTIFICATE_BYTES]);
/* Strict: exact length, every field in the range above. Neither the signature nor the keys are checked. */
bool bac_certificate_decode(struct bac_certificate *cert, const uint8_t *bytes, size_t length);

/* Whether the CA vouches for it; its time is another question. BAC_REJECT_COUNT: it does. Else MALFORMED (a field out of range,
 * as when the times are swapped), SIGNATURE, or CERTIFICATE: the VRF key is no point of large order (its owner could choose what its
 * elections yield; RFC 9381, 5.4.5), or both keys are equal. The key check takes no signature operation and is not in `cost`. */
enum bac_reject bac_certificate_verify(const struct bac_certificate *cert, const uint8_t ca_public_key[BAC_PUBLIC_KEY_BYTES],
                                       struct bac_shared *shared, struct bac_cost *cost);

/* Whether `time` is in its period. Members need it at the start of their epoch; revocation is looked up apart. */
bool bac_certificate_valid_at(const struct bac_certificate *cert, bac_time time);

#endif
