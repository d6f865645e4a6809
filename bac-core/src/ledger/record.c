/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/record.h"

#include "crypto/hash.h"

bool bac_join_read(struct bac_join *join, const struct bac_tx *tx) {
  uint8_t memo[BAC_TX_MEMO_MAX];
  if (tx->kind != BAC_TX_JOIN || bac_tx_memo(tx, memo) != 8 + BAC_CERTIFICATE_BYTES) return false;
  join->epoch = bac_get_u64(memo);
  return bac_certificate_decode(&join->certificate, memo + 8, BAC_CERTIFICATE_BYTES) && join->certificate.ev_id == tx->from &&
         tx->fee_milli == 0 && tx->nonce == (BAC_JOIN_NONCE | join->epoch);
}

bool bac_handover_read(struct bac_join *join, const struct bac_tx *tx) {
  uint8_t memo[BAC_TX_MEMO_MAX];
  if (tx->kind != BAC_TX_HANDOVER || bac_tx_memo(tx, memo) != 8 + BAC_CERTIFICATE_BYTES + BAC_HASH_BYTES) return false;
  join->epoch = bac_get_u64(memo);
  return bac_certificate_decode(&join->certificate, memo + 8, BAC_CERTIFICATE_BYTES) && join->certificate.ev_id == tx->from &&
         tx->fee_milli == 0 && tx->nonce == (BAC_JOIN_NONCE | join->epoch);
}

struct bac_buf *bac_handover_make(struct bac_tx *tx, uint64_t epoch, const struct bac_certificate *certificate, const uint8_t *passport, size_t length,
                                  bac_time now, const struct bac_keypair *pair, struct bac_cost *cost) {
  uint8_t memo[8 + BAC_CERTIFICATE_BYTES + BAC_HASH_BYTES], wire[BAC_TX_BYTES_MAX];
  bac_put_u64(memo, epoch);
  bac_certificate_encode(certificate, memo + 8);
  bac_tx_attachment_hash(memo + 8 + BAC_CERTIFICATE_BYTES, passport, length);
  cost->hashed_bytes += length;
  if (bac_tx_make_record(tx, wire, BAC_TX_HANDOVER, memo, sizeof memo, certificate->ev_id, BAC_JOIN_NONCE | epoch, now, pair, cost) != BAC_OK)
    return NULL;
  return bac_tx_attach(tx, passport, length);
}

static void order_digest(uint8_t digest[BAC_HASH_BYTES], const struct bac_order *order) {
  uint8_t bytes[3 * 4 + 8];
  bac_put_u32(bytes, order->ev);
  bac_put_u32(bytes + 4, order->from);
  bac_put_u32(bytes + 8, order->to);
  bac_put_u64(bytes + 12, order->epoch);
  bac_hash(digest, BAC_DOMAIN_ORDER, bytes, sizeof bytes);
}

void bac_order_sign(struct bac_order *order, const struct bac_keypair *controller, struct bac_cost *cost) {
  uint8_t digest[BAC_HASH_BYTES];
  order_digest(digest, order);
  bac_sign(order->signature, digest, controller, cost);
}

bool bac_order_verify(const struct bac_order *order, const uint8_t ca_key[BAC_PUBLIC_KEY_BYTES], struct bac_shared *shared, struct bac_cost *cost) {
  uint8_t digest[BAC_HASH_BYTES];
  order_digest(digest, order);
  return (order->controller.roles & BAC_CERTIFICATE_CONTROLLER) != 0 &&
         bac_certificate_verify(&order->controller, ca_key, shared, cost) == BAC_REJECT_COUNT &&
         bac_verify(shared, order->signature, digest, order->controller.sign_key, cost);
}

void bac_order_encode(const struct bac_order *order, uint8_t out[BAC_ORDER_BYTES]) {
  bac_put_u32(out, order->ev);
  bac_put_u32(out + 4, order->from);
  bac_put_u32(out + 8, order->to);
  bac_put_u64(out + 12, order->epoch);
  bac_certificate_encode(&order->controller, out + 20);
  memcpy(out + 20 + BAC_CERTIFICATE_BYTES, order->signature, BAC_SIGNATURE_BYTES);
}

bool bac_order_decode(struct bac_order *order, const uint8_t *bytes, size_t length) {
  if (length != BAC_ORDER_BYTES) return false;
  *order = (struct bac_order){.ev = bac_get_u32(bytes), .from = bac_get_u32(bytes + 4), .to = bac_get_u32(bytes + 8), .epoch = bac_get_u64(bytes + 12)};
  memcpy(order->signature, bytes + 20 + BAC_CERTIFICATE_BYTES, BAC_SIGNATURE_BYTES);
  return order->from != order->to && order->to < UINT32_MAX && bac_certificate_decode(&order->controller, bytes + 20, BAC_CERTIFICATE_BYTES);
}

bool bac_leave_read(struct bac_order *order, bool *ordered, const struct bac_tx *tx) {
  uint8_t memo[BAC_TX_MEMO_MAX];
  if (tx->kind != BAC_TX_LEAVE) return false;
  const size_t length = bac_tx_memo(tx, memo);
  *ordered = length > 0;
  return length == 0 || (bac_order_decode(order, memo, length) && order->ev == tx->from);
}

int bac_join_make(struct bac_tx *tx, uint8_t wire[BAC_TX_BYTES_MAX], uint64_t epoch, const struct bac_certificate *certificate, bac_time now,
                  const struct bac_keypair *pair, struct bac_cost *cost) {
  uint8_t memo[8 + BAC_CERTIFICATE_BYTES];
  bac_put_u64(memo, epoch);
  bac_certificate_encode(certificate, memo + 8);
  return bac_tx_make_record(tx, wire, BAC_TX_JOIN, memo, sizeof memo, certificate->ev_id, BAC_JOIN_NONCE | epoch, now, pair, cost);
}

bool bac_credential_read(struct bac_credential *c, const struct bac_tx *tx) {
  uint8_t memo[BAC_TX_MEMO_MAX];
  if (tx->kind != BAC_TX_CREDENTIAL || bac_tx_memo(tx, memo) != BAC_CREDENTIAL_BYTES) return false;
  c->epoch = bac_get_u64(memo);
  memcpy(c->pi, memo + 8, sizeof c->pi);
  c->lambda = bac_get_u32(memo + 8 + sizeof c->pi);
  return c->lambda > 0;
}

void bac_credential_write(const struct bac_credential *c, uint8_t memo[BAC_CREDENTIAL_BYTES]) {
  bac_put_u64(memo, c->epoch);
  memcpy(memo + 8, c->pi, sizeof c->pi);
  bac_put_u32(memo + 8 + sizeof c->pi, c->lambda);
}

bool bac_receipt_read(struct bac_checkpoint_receipt *r, const struct bac_tx *tx) {
  uint8_t memo[BAC_TX_MEMO_MAX];
  if (tx->kind != BAC_TX_RECEIPT || bac_tx_memo(tx, memo) != BAC_RECEIPT_BYTES) return false;
  r->height = bac_get_u64(memo);
  memcpy(r->digest, memo + 8, sizeof r->digest);
  return r->height > 0 && r->height % BAC_RECEIPT_STRETCH == 0;
}

void bac_receipt_write(const struct bac_checkpoint_receipt *r, uint8_t memo[BAC_RECEIPT_BYTES]) {
  bac_put_u64(memo, r->height);
  memcpy(memo + 8, r->digest, sizeof r->digest);
}

bool bac_record_evidence(struct bac_evidence *evidence, const struct bac_tx *tx) {
  uint8_t memo[BAC_TX_MEMO_MAX];
  return tx->kind == BAC_TX_EVIDENCE && bac_evidence_decode(evidence, memo, bac_tx_memo(tx, memo)) &&
         !bac_evidence_exempt_default(NULL, evidence->protocol, evidence->type);
}

bool bac_record_revocation(struct bac_revocation *list, const struct bac_tx *tx) {
  uint8_t memo[BAC_TX_MEMO_MAX];
  return tx->kind == BAC_TX_REVOKE && bac_revocation_decode(list, memo, bac_tx_memo(tx, memo));
}
