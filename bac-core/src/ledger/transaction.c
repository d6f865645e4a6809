/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/transaction.h"

#include <pb_decode.h>
#include <pb_encode.h>

#include "bac.pb.h"
#include "crypto/hash.h"

/* Sums of amounts and balances stay far from overflow. */
#define AMOUNT_MAX ((uint64_t)1 << 48)

static void identify(uint8_t id[BAC_HASH_BYTES], const bac_Transaction *t, struct bac_cost *cost) {
  uint8_t fixed[3 * 4 + 4 * 8];
  struct bac_writer w = bac_writer_over(fixed, sizeof fixed);
  bac_write_u32(&w, t->from);
  bac_write_u32(&w, t->to);
  bac_write_u64(&w, t->nonce);
  bac_write_u64(&w, t->amount_milli);
  bac_write_u64(&w, t->fee_milli);
  bac_write_u64(&w, t->created_ns);
  bac_write_u32(&w, t->kind);
  bac_hash2(id, BAC_DOMAIN_TX, fixed, sizeof fixed, t->memo.bytes, t->memo.size);
  cost->hashed_bytes += sizeof fixed + t->memo.size;
}

static size_t encode(const bac_Transaction *t, uint8_t *out, size_t capacity) {
  pb_ostream_t stream = pb_ostream_from_buffer(out, capacity);
  return pb_encode(&stream, bac_Transaction_fields, t) ? stream.bytes_written : 0;
}

/* What is inside an envelope, or all of it. */
static bool unwrap(struct bac_reader *r, const uint8_t **inner, size_t *length) {
  *length = r->length;
  *inner = r->data;
  if (r->length == 0 || r->data[0] != 0) return true; /* no field has the number 0 */
  bac_read_u8(r);
  *length = bac_read_u16(r);
  *inner = bac_read_bytes(r, *length);
  return *inner && bac_reader_left(r) > 0;
}

void bac_tx_attachment_hash(uint8_t out[BAC_HASH_BYTES], const uint8_t *attachment, size_t length) {
  bac_hash(out, BAC_DOMAIN_PAYLOAD, attachment, length);
}

const uint8_t *bac_tx_attachment(const struct bac_tx *tx, size_t *length) {
  struct bac_reader r = bac_reader_over(tx->wire, tx->wire_length);
  const uint8_t *inner;
  size_t inner_length;
  *length = 0;
  if (!unwrap(&r, &inner, &inner_length) || inner == tx->wire) return NULL;
  *length = bac_reader_left(&r);
  return bac_read_bytes(&r, *length);
}

struct bac_buf *bac_tx_attach(struct bac_tx *tx, const uint8_t *attachment, size_t length) {
  const size_t whole = 3 + (size_t)tx->wire_length + length;
  if (length == 0 || whole > BAC_TX_ATTACHED_MAX) return NULL;
  struct bac_buf *buf = bac_buf_new(NULL, whole);
  struct bac_writer w = bac_writer_over(buf->data, whole);
  bac_write_u8(&w, 0);
  bac_write_u16(&w, (uint16_t)tx->wire_length);
  bac_write_bytes(&w, tx->wire, tx->wire_length);
  bac_write_bytes(&w, attachment, length);
  tx->wire = buf->data;
  tx->wire_length = (uint32_t)whole;
  return buf;
}

/* The transaction proper. It came out of bac_tx_decode or bac_tx_make. */
static void read_again(bac_Transaction *t, const struct bac_tx *tx) {
  struct bac_reader r = bac_reader_over(tx->wire, tx->wire_length);
  const uint8_t *inner;
  size_t length;
  BAC_ASSERT(unwrap(&r, &inner, &length));
  pb_istream_t stream = pb_istream_from_buffer(inner, length);
  BAC_ASSERT(pb_decode(&stream, bac_Transaction_fields, t));
}

static void fill(struct bac_tx *tx, const bac_Transaction *t, const uint8_t *wire, size_t length) {
  tx->kind = t->kind;
  tx->from = t->from;
  tx->to = t->to;
  tx->nonce = t->nonce;
  tx->amount_milli = (int64_t)t->amount_milli;
  tx->fee_milli = (int64_t)t->fee_milli;
  tx->created_at = (bac_time)t->created_ns;
  tx->wire = wire;
  tx->wire_length = (uint32_t)length;
}

static int seal(struct bac_tx *tx, bac_Transaction *t, uint8_t wire[BAC_TX_BYTES_MAX], const struct bac_keypair *pair, struct bac_cost *cost) {
  identify(tx->id, t, cost);
  bac_sign(t->signature, tx->id, pair, cost);
  size_t length = encode(t, wire, BAC_TX_BYTES_MAX);
  if (length == 0) return BAC_EINVAL;
  fill(tx, t, wire, length);
  return BAC_OK;
}

int bac_tx_make(struct bac_tx *tx, uint8_t wire[BAC_TX_BYTES_MAX], const struct bac_submit *submit, uint32_t from, uint64_t nonce,
                bac_time now, const struct bac_keypair *pair, struct bac_cost *cost) {
  if (submit->amount_milli <= 0 || (uint64_t)submit->amount_milli > AMOUNT_MAX || submit->fee_milli < 0 ||
      (uint64_t)submit->fee_milli > AMOUNT_MAX || submit->to == from || submit->bytes > BAC_TX_BYTES_MAX || now < 0)
    return BAC_EINVAL;
  bac_Transaction t = bac_Transaction_init_zero;
  t.from = from;
  t.to = submit->to;
  t.nonce = nonce;
  t.amount_milli = (uint64_t)submit->amount_milli;
  t.fee_milli = (uint64_t)submit->fee_milli;
  t.created_ns = (uint64_t)now;
  memset(t.signature, 1, sizeof t.signature); /* an all-zero field would be left out while measuring */
  /* A guess, a correction for the memo's own prefix, and one more where that prefix has changed its length. */
  for (int pass = 0; pass < 3; pass++) {
    size_t length = 0; /* measured, not written: the first guess may be longer than a transaction may be */
    BAC_ASSERT(pb_get_encoded_size(&length, bac_Transaction_fields, &t));
    size_t memo = t.memo.size + (submit->bytes > length ? submit->bytes - length : 0);
    if (pass == 1 && length > submit->bytes && t.memo.size >= length - submit->bytes) memo = t.memo.size - (length - submit->bytes);
    if (memo > sizeof t.memo.bytes) memo = sizeof t.memo.bytes;
    t.memo.size = (pb_size_t)memo;
  }
  return seal(tx, &t, wire, pair, cost);
}

int bac_tx_make_record(struct bac_tx *tx, uint8_t wire[BAC_TX_BYTES_MAX], enum bac_tx_kind kind, const uint8_t *memo, size_t memo_length,
                       uint32_t from, uint64_t nonce, bac_time now, const struct bac_keypair *pair, struct bac_cost *cost) {
  bac_Transaction t = bac_Transaction_init_zero;
  if (memo_length > sizeof t.memo.bytes || now < 0) return BAC_EINVAL;
  t.kind = kind;
  t.from = t.to = from;
  t.nonce = nonce;
  t.created_ns = (uint64_t)now;
  t.memo.size = (pb_size_t)memo_length;
  if (memo_length > 0) memcpy(t.memo.bytes, memo, memo_length);
  return seal(tx, &t, wire, pair, cost);
}

size_t bac_tx_memo(const struct bac_tx *tx, uint8_t memo[BAC_TX_MEMO_MAX]) {
  bac_Transaction t = bac_Transaction_init_zero;
  read_again(&t, tx);
  memcpy(memo, t.memo.bytes, t.memo.size);
  return t.memo.size;
}

bool bac_tx_decode(struct bac_tx *tx, const uint8_t *wire, size_t length, struct bac_cost *cost) {
  struct bac_reader r = bac_reader_over(wire, length);
  const uint8_t *inner;
  size_t inner_length;
  if (length > BAC_TX_ATTACHED_MAX || !unwrap(&r, &inner, &inner_length)) return false;
  if (inner_length < BAC_TX_BYTES_MIN || inner_length > BAC_TX_BYTES_MAX) return false;
  bac_Transaction t = bac_Transaction_init_zero;
  pb_istream_t stream = pb_istream_from_buffer(inner, inner_length);
  if (!pb_decode(&stream, bac_Transaction_fields, &t)) return false;
  uint8_t again[BAC_TX_BYTES_MAX];
  if (encode(&t, again, sizeof again) != inner_length || memcmp(again, inner, inner_length) != 0) return false;
  if ((inner != wire) != (t.kind == BAC_TX_HANDOVER)) return false;
  if (inner != wire) {
    uint8_t hash[BAC_HASH_BYTES];
    const size_t left = bac_reader_left(&r);
    bac_tx_attachment_hash(hash, bac_read_bytes(&r, left), left);
    cost->hashed_bytes += left;
    if (t.memo.size < BAC_HASH_BYTES || memcmp(hash, t.memo.bytes + t.memo.size - BAC_HASH_BYTES, sizeof hash) != 0) return false;
  }
  const bool transfer = t.kind == BAC_TX_TRANSFER;
  if (t.kind >= BAC_TX_KINDS || (t.amount_milli == 0) == transfer || (t.from == t.to) == transfer || t.amount_milli > AMOUNT_MAX ||
      t.fee_milli > AMOUNT_MAX || t.created_ns > (uint64_t)INT64_MAX)
    return false;
  fill(tx, &t, wire, length);
  identify(tx->id, &t, cost);
  return true;
}

bool bac_tx_verify(const struct bac_tx *tx, const uint8_t public_key[BAC_PUBLIC_KEY_BYTES], struct bac_shared *shared,
                   struct bac_cost *cost) {
  bac_Transaction t = bac_Transaction_init_zero;
  read_again(&t, tx);
  return bac_verify(shared, t.signature, tx->id, public_key, cost);
}
