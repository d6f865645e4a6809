/* SPDX-License-Identifier: GPL-2.0-only */
/* Revocation lists: the certificates that the CA takes back before their time, whole in each list, so that the newest alone counts
 * (protocols.md, section 3, "Identity"). Like joins and leaves they take effect at an epoch's boundary: all members look at the same
 * list in the same epoch. */
#ifndef BAC_IDENTITY_REVOCATION_H
#define BAC_IDENTITY_REVOCATION_H

#include "identity/certificate.h"

/* Serials of one list. Those of expired certificates leave it; a list at its bound goes out in one frame. */
#define BAC_REVOCATION_MAX 64

struct bac_revocation {
  uint64_t number;  /* the epoch from which it holds, > 0; lists of one CA grow strictly. 0: no list yet */
  uint32_t count;   /* 0..BAC_REVOCATION_MAX */
  uint64_t serials[BAC_REVOCATION_MAX]; /* of certificates, ascending, > 0; those from `count` on are zero */
  uint8_t signature[BAC_SIGNATURE_BYTES]; /* of the CA, over number, count and serials */
};

/* u64 number || u32 count || count times u64 serial || signature: 76 bytes and 8 for each serial. */
#define BAC_REVOCATION_BYTES_MIN (8 + 4 + BAC_SIGNATURE_BYTES)
#define BAC_REVOCATION_BYTES_MAX (BAC_REVOCATION_BYTES_MIN + 8 * BAC_REVOCATION_MAX) /* 588 */

/* What the CA signs. */
void bac_revocation_digest(uint8_t digest[BAC_HASH_BYTES], const struct bac_revocation *list);

/* Fills and signs *list. serials: ascending, borrowed for the call, may be NULL when count is 0.
 * Errors: BAC_ELIMIT (count), BAC_EINVAL (number 0, or serials that do not ascend from above 0); then *list is zero. */
int bac_revocation_issue(struct bac_revocation *list, uint64_t number, const uint64_t *serials, uint32_t count,
                         const struct bac_keypair *ca, struct bac_cost *cost);

/* Returns the length written. The list is one that was issued or decoded. */
size_t bac_revocation_encode(const struct bac_revocation *list, uint8_t out[BAC_REVOCATION_BYTES_MAX]);
/* Strict: true only if encoding again gives the same bytes, and every field is in its range. The signature is not checked. On false
 * *list is undefined. */
bool bac_revocation_decode(struct bac_revocation *list, const uint8_t *bytes, size_t length);

/* BAC_REJECT_COUNT: the CA signed it. Else MALFORMED (a field out of range) or SIGNATURE. */
enum bac_reject bac_revocation_verify(const struct bac_revocation *list, const uint8_t ca_public_key[BAC_PUBLIC_KEY_BYTES],
                                      struct bac_shared *shared, struct bac_cost *cost);

/* At the boundary where `epoch` begins: lets a newer list replace the held one, once it is verified. held: zero before the first.
 * BAC_REJECT_COUNT: *held is the list. Otherwise it stays as it is: STALE (older than the held one), DUPLICATE (the held one),
 * EQUIVOCATION (the held one's number and other serials, both signed: the CA contradicts itself), WINDOW (holds from a later epoch
 * only: keep it until then), or what bac_revocation_verify says. */
enum bac_reject bac_revocation_merge(struct bac_revocation *held, const struct bac_revocation *list, uint64_t epoch,
                                     const uint8_t ca_public_key[BAC_PUBLIC_KEY_BYTES], struct bac_shared *shared,
                                     struct bac_cost *cost);

/* Whether the certificate with this serial is revoked by the held list. */
bool bac_revocation_has(const struct bac_revocation *held, uint64_t serial);

#endif
