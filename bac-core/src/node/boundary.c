/* SPDX-License-Identifier: GPL-2.0-only */
/* On the air and in records: u16 length || header || u32 length || certificate || roster of the next epoch. A member that is about to get there itself is
 * told it without the roster, which is two thirds of it. */
#include "node/boundary.h"

struct bac_buf *bac_boundary_encode(const struct bac_header *header, const struct bac_qc *certificate, const struct bac_roster *next) {
  uint8_t bytes[BAC_HEADER_BYTES_MAX];
  const size_t length = bac_header_encode(header, bytes);
  struct bac_buf *qc = bac_qc_encode(certificate), *roster = bac_roster_encode(next);
  struct bac_buf *out = bac_buf_new(NULL, 2 + length + 4 + qc->length + roster->length);
  struct bac_writer w = bac_writer_over(out->data, out->length);
  bac_write_u16(&w, (uint16_t)length);
  bac_write_bytes(&w, bytes, length);
  bac_write_u32(&w, (uint32_t)qc->length);
  bac_write_bytes(&w, qc->data, qc->length);
  bac_write_bytes(&w, roster->data, roster->length);
  BAC_ASSERT(w.ok && w.length == out->length);
  bac_buf_unref(qc);
  bac_buf_unref(roster);
  return out;
}

size_t bac_boundary_without_roster(const struct bac_buf *boundary) {
  struct bac_reader r = bac_reader_over(boundary->data, boundary->length);
  const size_t header = bac_read_u16(&r);
  bac_read_bytes(&r, header);
  const size_t qc = bac_read_u32(&r);
  return 2 + header + 4 + qc;
}

void bac_boundary_clear(struct bac_boundary *b) {
  bac_qc_clear(&b->certificate);
  bac_roster_free(b->next);
}

bool bac_boundary_decode(struct bac_boundary *b, const uint8_t *bytes, size_t length, struct bac_cost *cost) {
  struct bac_reader r = bac_reader_over(bytes, length);
  *b = (struct bac_boundary){0};
  const size_t header_length = bac_read_u16(&r);
  const uint8_t *header = bac_read_bytes(&r, header_length);
  const size_t qc_length = bac_read_u32(&r);
  const uint8_t *qc = bac_read_bytes(&r, qc_length);
  const size_t roster_length = bac_reader_left(&r);
  const uint8_t *roster = bac_read_bytes(&r, roster_length);
  uint8_t hash[BAC_HASH_BYTES];
  if (!header || !qc || !bac_header_decode(&b->header, header, header_length) || !bac_qc_decode(&b->certificate, qc, qc_length))
    return false;
  bac_header_digest(b->digest, header, header_length);
  bool good = b->certificate.height == b->header.height && b->certificate.epoch == b->header.epoch &&
              memcmp(b->certificate.digest, b->digest, sizeof b->digest) == 0;
  if (good && roster_length > 0) {
    b->next = bac_roster_decode(roster, roster_length);
    if (b->next) bac_roster_hash(hash, b->next, cost);
    good = b->next && memcmp(hash, b->header.next_roster, sizeof hash) == 0 && b->next->epoch == b->header.epoch + 1 && b->next->shard == b->header.shard;
  }
  if (good) return true;
  bac_boundary_clear(b);
  return false;
}
