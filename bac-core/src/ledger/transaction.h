/* SPDX-License-Identifier: GPL-2.0-only */
/* A signed transfer between two members, or a record of theirs (record.h). */
#ifndef BAC_LEDGER_TRANSACTION_H
#define BAC_LEDGER_TRANSACTION_H

#include <stdbool.h>

#include "bac/bac.h"
#include "base/bytes.h"
#include "crypto/sign.h"

#define BAC_TX_BYTES_MIN (2 + BAC_SIGNATURE_BYTES) /* a transaction without a signature is none */

enum bac_tx_kind {
  BAC_TX_TRANSFER,
  BAC_TX_JOIN,
  BAC_TX_LEAVE,
  BAC_TX_CREDENTIAL,
  BAC_TX_RECEIPT,
  BAC_TX_EVIDENCE,
  BAC_TX_REVOKE,
  BAC_TX_HANDOVER,
  BAC_TX_KINDS
};
#define BAC_TX_MEMO_MAX 960
/* A HANDOVER travels with more than a memo holds: u8 0 || u16 length || the transaction || attachment, whose hash ends the memo. */
#define BAC_TX_ATTACHED_MAX 60000

struct bac_tx {
  uint32_t kind; /* enum bac_tx_kind */
  uint32_t from, to; /* node ids */
  uint64_t nonce;
  int64_t amount_milli, fee_milli;
  bac_time created_at;
  uint8_t id[BAC_HASH_BYTES]; /* H(all fields but the signature): what is signed */
  const uint8_t *wire;        /* nanopb Transaction, borrowed from where it was read */
  uint32_t wire_length;
};

/* Makes and signs a transaction, padded to submit->bytes on the wire (0, or too small: unpadded). Writes at most
 * BAC_TX_BYTES_MAX bytes to wire and lets tx borrow them.  Errors: BAC_EINVAL. */
int bac_tx_make(struct bac_tx *tx, uint8_t wire[BAC_TX_BYTES_MAX], const struct bac_submit *submit, uint32_t from, uint64_t nonce,
                bac_time now, const struct bac_keypair *pair, struct bac_cost *cost);
/* The same for a record: `memo` is its content. */
int bac_tx_make_record(struct bac_tx *tx, uint8_t wire[BAC_TX_BYTES_MAX], enum bac_tx_kind kind, const uint8_t *memo, size_t memo_length,
                       uint32_t from, uint64_t nonce, bac_time now, const struct bac_keypair *pair, struct bac_cost *cost);
/* The memo of a decoded transaction; returns its length. */
size_t bac_tx_memo(const struct bac_tx *tx, uint8_t memo[BAC_TX_MEMO_MAX]);
/* Envelopes a HANDOVER with its attachment, of which the memo ends with the hash (bac_tx_attachment_hash). The caller owns the bytes, which
 * tx borrows from then on. NULL: it would be longer than BAC_TX_ATTACHED_MAX. */
struct bac_buf *bac_tx_attach(struct bac_tx *tx, const uint8_t *attachment, size_t length);
void bac_tx_attachment_hash(uint8_t out[BAC_HASH_BYTES], const uint8_t *attachment, size_t length);
/* Borrowed from the wire; NULL if there is none. */
const uint8_t *bac_tx_attachment(const struct bac_tx *tx, size_t *length);
/* Strict decoding, bounds of amounts and self-payment included. The signature is not checked. */
bool bac_tx_decode(struct bac_tx *tx, const uint8_t *wire, size_t length, struct bac_cost *cost);
bool bac_tx_verify(const struct bac_tx *tx, const uint8_t public_key[BAC_PUBLIC_KEY_BYTES], struct bac_shared *shared,
                   struct bac_cost *cost);

#endif
