/* SPDX-License-Identifier: GPL-2.0-only */
#include "consensus/qc.h"

#include <pb_decode.h>
#include <pb_encode.h>
#include <stdlib.h>

#include "bac.pb.h"

void bac_qc_clear(struct bac_qc *qc) {
  bac_buf_unref(qc->signatures);
  *qc = (struct bac_qc){0};
}

void bac_qc_copy(struct bac_qc *to, const struct bac_qc *from) {
  struct bac_buf *signatures = from->signatures ? bac_buf_ref(from->signatures) : NULL;
  bac_buf_unref(to->signatures);
  *to = *from;
  to->signatures = signatures;
}

/* The bitset without trailing zero bytes: one encoding for one set. */
static size_t signers_length(const struct bac_bitset *set) {
  size_t length = sizeof set->bytes;
  while (length > 0 && set->bytes[length - 1] == 0) length--;
  return length;
}

struct bac_buf *bac_qc_encode(const struct bac_qc *qc) {
  bac_Certificate *c = bac_alloc(1, sizeof *c);
  c->protocol = qc->protocol;
  c->type = qc->type;
  c->shard = qc->shard;
  c->epoch = qc->epoch;
  c->view = qc->view;
  c->height = qc->height;
  c->proposer = qc->proposer;
  memcpy(c->digest, qc->digest, BAC_HASH_BYTES);
  c->signers.size = (pb_size_t)signers_length(&qc->signers);
  memcpy(c->signers.bytes, qc->signers.bytes, c->signers.size);
  BAC_ASSERT(qc->signatures->length <= sizeof c->signatures.bytes);
  c->signatures.size = (pb_size_t)qc->signatures->length;
  memcpy(c->signatures.bytes, qc->signatures->data, qc->signatures->length);
  size_t length = 0;
  BAC_ASSERT(pb_get_encoded_size(&length, bac_Certificate_fields, c));
  struct bac_buf *out = bac_buf_new(NULL, length);
  pb_ostream_t stream = pb_ostream_from_buffer(out->data, length);
  BAC_ASSERT(pb_encode(&stream, bac_Certificate_fields, c));
  free(c);
  return out;
}

bool bac_qc_decode(struct bac_qc *qc, const uint8_t *bytes, size_t length) {
  bac_Certificate *c = bac_alloc(1, sizeof *c);
  pb_istream_t stream = pb_istream_from_buffer(bytes, length);
  bool ok = length <= bac_Certificate_size && pb_decode(&stream, bac_Certificate_fields, c);
  *qc = (struct bac_qc){0};
  if (ok) {
    qc->protocol = c->protocol;
    qc->type = c->type;
    qc->shard = c->shard;
    qc->epoch = c->epoch;
    qc->view = c->view;
    qc->height = c->height;
    qc->proposer = c->proposer;
    memcpy(qc->digest, c->digest, BAC_HASH_BYTES);
    memcpy(qc->signers.bytes, c->signers.bytes, c->signers.size);
    ok = c->signatures.size == bac_bitset_count(&qc->signers) * BAC_SIGNATURE_BYTES;
  }
  if (ok) {
    qc->signatures = bac_buf_new(c->signatures.bytes, c->signatures.size);
    struct bac_buf *again = bac_qc_encode(qc);
    ok = again->length == length && memcmp(again->data, bytes, length) == 0;
    bac_buf_unref(again);
    if (!ok) bac_qc_clear(qc);
  }
  free(c);
  return ok;
}

bool bac_qc_verify(const struct bac_qc *qc, const struct bac_roster *roster, uint32_t needed, bac_qc_vote vote, const void *engine,
                   struct bac_shared *shared, struct bac_cost *cost) {
  if (qc->shard != roster->shard || qc->epoch != roster->epoch || bac_bitset_count(&qc->signers) < needed) return false;
  for (uint32_t i = roster->count; i < BAC_ROSTER_MAX; i++)
    if (bac_bitset_has(&qc->signers, i)) return false;
  const uint8_t *signature = qc->signatures->data;
  for (uint32_t i = 0; i < roster->count; i++) {
    if (!bac_bitset_has(&qc->signers, i)) continue;
    struct bac_msg msg = {.protocol = qc->protocol,
                          .type = qc->type,
                          .shard = qc->shard,
                          .epoch = qc->epoch,
                          .view = qc->view,
                          .height = qc->height,
                          .sender = roster->members[i].id};
    memcpy(msg.digest, qc->digest, BAC_HASH_BYTES);
    if (!vote(engine, qc, i, &msg)) return false;
    uint8_t digest[BAC_HASH_BYTES];
    bac_msg_signing_digest(digest, &msg);
    if (!bac_verify(shared, signature, digest, roster->members[i].sign_key, cost)) return false;
    signature += BAC_SIGNATURE_BYTES;
  }
  return true;
}

bool bac_votes_add(struct bac_votes *votes, uint32_t n, uint32_t index, const uint8_t signature[BAC_SIGNATURE_BYTES]) {
  BAC_ASSERT(index < n && n <= BAC_ROSTER_MAX);
  if (bac_bitset_has(&votes->voted, index)) return false;
  if (!votes->signatures) votes->signatures = bac_alloc(n, sizeof *votes->signatures);
  bac_bitset_add(&votes->voted, index);
  memcpy(votes->signatures[index], signature, BAC_SIGNATURE_BYTES);
  votes->count++;
  return true;
}

void bac_votes_clear(struct bac_votes *votes) {
  free(votes->signatures);
  *votes = (struct bac_votes){0};
}

void bac_votes_certificate(const struct bac_votes *votes, uint32_t n, uint32_t needed, const struct bac_qc *what, struct bac_qc *out) {
  BAC_ASSERT(votes->count >= needed);
  *out = *what;
  bac_bitset_clear(&out->signers);
  out->signatures = bac_buf_new(NULL, (size_t)needed * BAC_SIGNATURE_BYTES);
  uint32_t taken = 0;
  for (uint32_t i = 0; i < n && taken < needed; i++) {
    if (!bac_bitset_has(&votes->voted, i)) continue;
    bac_bitset_add(&out->signers, i);
    memcpy(out->signatures->data + (size_t)taken * BAC_SIGNATURE_BYTES, votes->signatures[i], BAC_SIGNATURE_BYTES);
    taken++;
  }
}

