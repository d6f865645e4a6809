/* SPDX-License-Identifier: GPL-2.0-only */
/* Votes on their way to a certificate, and certificates that hold up on their own: who signed what, checked against the roster. */
#ifndef BAC_CONSENSUS_QC_H
#define BAC_CONSENSUS_QC_H

#include "base/bitset.h"
#include "wire/message.h"

/* What a certificate vouches for. */
struct bac_qc {
  uint32_t protocol, type, shard;
  uint64_t epoch, view, height;
  uint8_t digest[BAC_HASH_BYTES];
  uint32_t proposer; /* 1 + index of the signer whose vote is its proposal, where the roster does not say who proposes; else 0 */
  struct bac_bitset signers;
  struct bac_buf *signatures; /* 64 bytes each, in the order of the signers' indices; owned */
};

void bac_qc_clear(struct bac_qc *qc);
void bac_qc_copy(struct bac_qc *to, const struct bac_qc *from);

/* Bytes that bac_qc_decode reads; the caller owns them. */
struct bac_buf *bac_qc_encode(const struct bac_qc *qc);
/* Strict; on success the caller clears the certificate. Signatures are not checked. */
bool bac_qc_decode(struct bac_qc *qc, const uint8_t *bytes, size_t length);

/* Fills msg with the fields that member `index` must have signed for the certificate: an engine says what a vote of that member
 * looks like (its type, role and step may depend on who it is). False: this member's vote does not count here. */
typedef bool (*bac_qc_vote)(const void *engine, const struct bac_qc *qc, uint32_t index, struct bac_msg *msg);

/* True if at least `needed` members signed, each signature holds and no bit lies outside the roster. */
bool bac_qc_verify(const struct bac_qc *qc, const struct bac_roster *roster, uint32_t needed, bac_qc_vote vote, const void *engine,
                   struct bac_shared *shared, struct bac_cost *cost);

/* Votes for one (view, height, digest): one per member. */
struct bac_votes {
  struct bac_bitset voted;
  uint32_t count;
  uint8_t (*signatures)[BAC_SIGNATURE_BYTES]; /* by roster index; NULL before the first */
};

/* False: this member has voted. n: roster count. */
bool bac_votes_add(struct bac_votes *votes, uint32_t n, uint32_t index, const uint8_t signature[BAC_SIGNATURE_BYTES]);
void bac_votes_clear(struct bac_votes *votes);
/* A certificate of the first `needed` voters by index. The fields but signers and signatures are taken from `what`. */
void bac_votes_certificate(const struct bac_votes *votes, uint32_t n, uint32_t needed, const struct bac_qc *what, struct bac_qc *out);

#endif
