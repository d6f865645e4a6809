/* SPDX-License-Identifier: GPL-2.0-only */
/* Records: transactions that move no money but say who takes part (protocols.md, "Epochs" and section 3). They queue like others and take
 * effect at the epoch's boundary.
 *
 * JOIN   memo: u64 epoch || certificate. Signed with the certificate's key; accepted in that epoch alone, of an EV outside. Its nonce is the
 *        epoch with the highest bit set: a newcomer has no other.
 * LEAVE  memo: empty. Of a member; in its last epoch it goes on voting. */
#ifndef BAC_LEDGER_RECORD_H
#define BAC_LEDGER_RECORD_H

#include "identity/certificate.h"
#include "ledger/transaction.h"

#define BAC_JOIN_NONCE ((uint64_t)1 << 63)

struct bac_join {
  uint64_t epoch;
  struct bac_certificate certificate;
};

/* Strict; false if tx is no JOIN or not of the EV that its certificate names. Signatures are not checked. */
bool bac_join_read(struct bac_join *join, const struct bac_tx *tx);
/* Errors: those of bac_tx_make_record. */
int bac_join_make(struct bac_tx *tx, uint8_t wire[BAC_TX_BYTES_MAX], uint64_t epoch, const struct bac_certificate *certificate, bac_time now,
                  const struct bac_keypair *pair, struct bac_cost *cost);

#endif
