/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/record.h"

bool bac_join_read(struct bac_join *join, const struct bac_tx *tx) {
  uint8_t memo[BAC_TX_MEMO_MAX];
  if (tx->kind != BAC_TX_JOIN || bac_tx_memo(tx, memo) != 8 + BAC_CERTIFICATE_BYTES) return false;
  join->epoch = bac_get_u64(memo);
  return bac_certificate_decode(&join->certificate, memo + 8, BAC_CERTIFICATE_BYTES) && join->certificate.ev_id == tx->from &&
         tx->fee_milli == 0 && tx->nonce == (BAC_JOIN_NONCE | join->epoch);
}

int bac_join_make(struct bac_tx *tx, uint8_t wire[BAC_TX_BYTES_MAX], uint64_t epoch, const struct bac_certificate *certificate, bac_time now,
                  const struct bac_keypair *pair, struct bac_cost *cost) {
  uint8_t memo[8 + BAC_CERTIFICATE_BYTES];
  bac_put_u64(memo, epoch);
  bac_certificate_encode(certificate, memo + 8);
  return bac_tx_make_record(tx, wire, BAC_TX_JOIN, memo, sizeof memo, certificate->ev_id, BAC_JOIN_NONCE | epoch, now, pair, cost);
}
