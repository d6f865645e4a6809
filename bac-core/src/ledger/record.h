/* SPDX-License-Identifier: GPL-2.0-only */
/* Records: transactions that move no money but say who takes part (protocols.md, "Epochs" and section 3). They queue like others and take
 * effect at the epoch's boundary.
 *
 * JOIN   memo: u64 epoch || certificate. Signed with the certificate's key; accepted in that epoch alone, of an EV outside. Its nonce is the
 *        epoch with the highest bit set: a newcomer has no other.
 * HANDOVER  memo: u64 epoch || certificate || hash of the attachment, a passport (passport.h). A JOIN of an EV that comes from another shard:
 *        its reputation, balance and nonces come with it, once. Left for this shard, it is nobody's anywhere else.
 * LEAVE  memo: empty, or an order (struct bac_order) by which the EV leaves for another shard, in that epoch alone: nobody chooses its
 *        shard, lest many of one mind meet in one. Of a member; in its last epoch it goes on voting.
 * CREDENTIAL  memo: u64 epoch || proof[80] || u32 lambda. A member that the lottery has elected into the next epoch's committee.
 * RECEIPT     memo: u64 height || digest of the block there. A member holds the chain up to a checkpoint, a multiple of BAC_RECEIPT_STRETCH;
 *             in one of the next BAC_RECEIPT_WINDOW blocks.
 * EVIDENCE    memo: evidence.h. A member's contradiction in this epoch; convicts it once an epoch.
 * REVOKE      memo: revocation.h. The authority's newest list, whoever passes it on. */
#ifndef BAC_LEDGER_RECORD_H
#define BAC_LEDGER_RECORD_H

#include "election/sortition.h"
#include "identity/certificate.h"
#include "identity/revocation.h"
#include "ledger/evidence.h"
#include "ledger/transaction.h"

#define BAC_JOIN_NONCE ((uint64_t)1 << 63)

struct bac_join {
  uint64_t epoch;
  struct bac_certificate certificate;
};

/* Strict; false if tx is no JOIN or not of the EV that its certificate names. Signatures are not checked. */
bool bac_join_read(struct bac_join *join, const struct bac_tx *tx);
struct bac_credential {
  uint64_t epoch;
  uint8_t pi[BAC_VRF_PROOF_BYTES];
  uint32_t lambda;
};
/* Strict, as bac_join_read; the passport is not read. */
bool bac_handover_read(struct bac_join *join, const struct bac_tx *tx);
/* The caller owns the bytes that tx borrows. NULL: it would be too long. */
struct bac_buf *bac_handover_make(struct bac_tx *tx, uint64_t epoch, const struct bac_certificate *certificate, const uint8_t *passport, size_t length,
                                  bac_time now, const struct bac_keypair *pair, struct bac_cost *cost);

/* The controller's word that an EV belongs to another shard now. Encoded: BAC_ORDER_BYTES, in the order of the fields. */
struct bac_order {
  uint32_t ev, from, to; /* from, to: shards */
  uint64_t epoch;        /* of shard `from`, in which it holds */
  struct bac_certificate controller;
  uint8_t signature[BAC_SIGNATURE_BYTES]; /* of the controller, over all but its certificate */
};
#define BAC_ORDER_BYTES (3 * 4 + 8 + BAC_CERTIFICATE_BYTES + BAC_SIGNATURE_BYTES)
void bac_order_sign(struct bac_order *order, const struct bac_keypair *controller, struct bac_cost *cost);
/* The authority vouches for the controller as such, which has signed. */
bool bac_order_verify(const struct bac_order *order, const uint8_t ca_key[BAC_PUBLIC_KEY_BYTES], struct bac_shared *shared, struct bac_cost *cost);
void bac_order_encode(const struct bac_order *order, uint8_t out[BAC_ORDER_BYTES]);
/* Strict; the two shards differ. */
bool bac_order_decode(struct bac_order *order, const uint8_t *bytes, size_t length);

/* *ordered: it has an order, for the EV that sends it. False: it is no LEAVE, or torn. */
bool bac_leave_read(struct bac_order *order, bool *ordered, const struct bac_tx *tx);
#define BAC_CREDENTIAL_BYTES (8 + BAC_VRF_PROOF_BYTES + 4)
bool bac_credential_read(struct bac_credential *credential, const struct bac_tx *tx);
void bac_credential_write(const struct bac_credential *credential, uint8_t memo[BAC_CREDENTIAL_BYTES]);

#define BAC_RECEIPT_STRETCH 10 /* blocks; each checkpoint is as many tasks */
#define BAC_RECEIPT_WINDOW 8

struct bac_checkpoint_receipt {
  uint64_t height;
  uint8_t digest[BAC_HASH_BYTES];
};
#define BAC_RECEIPT_BYTES (8 + BAC_HASH_BYTES)
bool bac_receipt_read(struct bac_checkpoint_receipt *receipt, const struct bac_tx *tx);
void bac_receipt_write(const struct bac_checkpoint_receipt *receipt, uint8_t memo[BAC_RECEIPT_BYTES]);

bool bac_record_evidence(struct bac_evidence *evidence, const struct bac_tx *tx);
bool bac_record_revocation(struct bac_revocation *list, const struct bac_tx *tx);

/* Errors: those of bac_tx_make_record. */
int bac_join_make(struct bac_tx *tx, uint8_t wire[BAC_TX_BYTES_MAX], uint64_t epoch, const struct bac_certificate *certificate, bac_time now,
                  const struct bac_keypair *pair, struct bac_cost *cost);

#endif
