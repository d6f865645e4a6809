/* SPDX-License-Identifier: GPL-2.0-only */
#include "wire/message.h"

#include <pb_decode.h>
#include <pb_encode.h>

#include "bac.pb.h"
#include "crypto/hash.h"

#define ENVELOPE_BYTES_MAX bac_Envelope_size

void bac_msg_signing_digest(uint8_t out[BAC_HASH_BYTES], const struct bac_msg *msg) {
  uint8_t bytes[6 * 4 + 3 * 8 + BAC_HASH_BYTES];
  struct bac_writer w = bac_writer_over(bytes, sizeof bytes);
  bac_write_u32(&w, msg->protocol);
  bac_write_u32(&w, msg->type);
  bac_write_u32(&w, msg->role);
  bac_write_u32(&w, msg->shard);
  bac_write_u64(&w, msg->epoch);
  bac_write_u64(&w, msg->view);
  bac_write_u64(&w, msg->height);
  bac_write_u32(&w, msg->step);
  bac_write_bytes(&w, msg->digest, BAC_HASH_BYTES);
  bac_write_u32(&w, msg->sender);
  BAC_ASSERT(w.ok && w.length == sizeof bytes);
  bac_hash(out, BAC_DOMAIN_MESSAGE, bytes, sizeof bytes);
}

void bac_msg_sign(struct bac_msg *msg, const struct bac_keypair *pair, struct bac_cost *cost) {
  uint8_t digest[BAC_HASH_BYTES];
  bac_msg_signing_digest(digest, msg);
  bac_sign(msg->signature, digest, pair, cost);
}

static size_t envelope_encode(const struct bac_msg *msg, uint8_t out[ENVELOPE_BYTES_MAX]) {
  bac_Envelope e = {.protocol = msg->protocol,
                    .type = msg->type,
                    .role = msg->role,
                    .shard = msg->shard,
                    .epoch = msg->epoch,
                    .view = msg->view,
                    .height = msg->height,
                    .step = msg->step,
                    .sender = msg->sender};
  memcpy(e.digest, msg->digest, sizeof e.digest);
  memcpy(e.signature, msg->signature, sizeof e.signature);
  pb_ostream_t stream = pb_ostream_from_buffer(out, ENVELOPE_BYTES_MAX);
  BAC_ASSERT(pb_encode(&stream, bac_Envelope_fields, &e));
  return stream.bytes_written;
}

struct bac_buf *bac_msg_encode(const struct bac_msg *msg) {
  uint8_t envelope[ENVELOPE_BYTES_MAX];
  size_t length = envelope_encode(msg, envelope);
  struct bac_buf *object = bac_buf_new(NULL, 3 + length + msg->payload_length);
  struct bac_writer w = bac_writer_over(object->data, object->length);
  bac_write_u8(&w, BAC_OBJECT_MESSAGE);
  bac_write_u16(&w, (uint16_t)length);
  bac_write_bytes(&w, envelope, length);
  bac_write_bytes(&w, msg->payload, msg->payload_length);
  BAC_ASSERT(w.ok && w.length == object->length);
  return object;
}

bool bac_msg_decode(struct bac_msg *msg, const uint8_t *object, size_t length) {
  struct bac_reader r = bac_reader_over(object, length);
  if (bac_read_u8(&r) != BAC_OBJECT_MESSAGE) return false;
  size_t envelope_length = bac_read_u16(&r);
  const uint8_t *envelope = bac_read_bytes(&r, envelope_length);
  if (!envelope || envelope_length > ENVELOPE_BYTES_MAX) return false;
  bac_Envelope e = bac_Envelope_init_zero;
  pb_istream_t stream = pb_istream_from_buffer(envelope, envelope_length);
  if (!pb_decode(&stream, bac_Envelope_fields, &e)) return false;
  *msg = (struct bac_msg){.protocol = e.protocol,
                          .type = e.type,
                          .role = e.role,
                          .shard = e.shard,
                          .epoch = e.epoch,
                          .view = e.view,
                          .height = e.height,
                          .step = e.step,
                          .sender = e.sender};
  memcpy(msg->digest, e.digest, sizeof e.digest);
  memcpy(msg->signature, e.signature, sizeof e.signature);
  uint8_t again[ENVELOPE_BYTES_MAX];
  if (envelope_encode(msg, again) != envelope_length || memcmp(again, envelope, envelope_length) != 0) return false;
  msg->payload_length = bac_reader_left(&r);
  msg->payload = bac_read_bytes(&r, msg->payload_length);
  return true;
}

void bac_payload_digest(uint8_t out[BAC_HASH_BYTES], const uint8_t *payload, size_t length, struct bac_cost *cost) {
  bac_hash(out, BAC_DOMAIN_PAYLOAD, payload, length);
  cost->hashed_bytes += length;
}

bool bac_msg_bound(const struct bac_msg *msg, enum bac_binding binding, struct bac_cost *cost) {
  uint8_t digest[BAC_HASH_BYTES];
  if (binding == BAC_BIND_NONE) return true;
  if (binding == BAC_BIND_HASH) {
    bac_payload_digest(digest, msg->payload, msg->payload_length, cost);
  } else {
    struct bac_reader r = bac_reader_over(msg->payload, msg->payload_length);
    size_t length = bac_read_u16(&r);
    const uint8_t *header = bac_read_bytes(&r, length);
    if (!header) return false;
    bac_hash(digest, BAC_DOMAIN_HEADER, header, length);
    cost->hashed_bytes += length;
  }
  return memcmp(digest, msg->digest, sizeof digest) == 0;
}
