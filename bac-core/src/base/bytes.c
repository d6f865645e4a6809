/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>

BAC_NORETURN void bac_assert_failed(const char *condition, const char *file, int line) {
  fprintf(stderr, "bac: broken invariant: %s (%s:%d)\n", condition, file, line);
  abort();
}

struct bac_writer bac_writer_over(uint8_t *data, size_t capacity) {
  return (struct bac_writer){.data = data, .capacity = capacity, .ok = true};
}

void bac_write_bytes(struct bac_writer *w, const void *bytes, size_t length) {
  if (!w->ok || length > w->capacity - w->length) {
    w->ok = false;
    return;
  }
  if (length > 0) memcpy(w->data + w->length, bytes, length);
  w->length += length;
}

void bac_write_u8(struct bac_writer *w, uint8_t v) { bac_write_bytes(w, &v, 1); }

void bac_write_u16(struct bac_writer *w, uint16_t v) {
  uint8_t b[2];
  bac_put_u16(b, v);
  bac_write_bytes(w, b, sizeof b);
}

void bac_write_u32(struct bac_writer *w, uint32_t v) {
  uint8_t b[4];
  bac_put_u32(b, v);
  bac_write_bytes(w, b, sizeof b);
}

void bac_write_u64(struct bac_writer *w, uint64_t v) {
  uint8_t b[8];
  bac_put_u64(b, v);
  bac_write_bytes(w, b, sizeof b);
}

struct bac_reader bac_reader_over(const void *data, size_t length) {
  return (struct bac_reader){.data = data, .length = length, .ok = true};
}

const uint8_t *bac_read_bytes(struct bac_reader *r, size_t length) {
  if (!r->ok || length > r->length - r->offset) {
    r->ok = false;
    return NULL;
  }
  const uint8_t *at = r->data + r->offset;
  r->offset += length;
  return at;
}

uint8_t bac_read_u8(struct bac_reader *r) {
  const uint8_t *b = bac_read_bytes(r, 1);
  return b ? *b : 0;
}

uint16_t bac_read_u16(struct bac_reader *r) {
  const uint8_t *b = bac_read_bytes(r, 2);
  return b ? bac_get_u16(b) : 0;
}

uint32_t bac_read_u32(struct bac_reader *r) {
  const uint8_t *b = bac_read_bytes(r, 4);
  return b ? bac_get_u32(b) : 0;
}

uint64_t bac_read_u64(struct bac_reader *r) {
  const uint8_t *b = bac_read_bytes(r, 8);
  return b ? bac_get_u64(b) : 0;
}

void *bac_alloc(size_t count, size_t size) {
  void *p = calloc(count > 0 ? count : 1, size);
  if (!p) bac_assert_failed("out of memory", __FILE__, __LINE__);
  return p;
}

void *bac_realloc(void *old, size_t count, size_t size) {
  BAC_ASSERT(size == 0 || count <= SIZE_MAX / size);
  void *p = realloc(old, count * size > 0 ? count * size : 1);
  if (!p) bac_assert_failed("out of memory", __FILE__, __LINE__);
  return p;
}

struct bac_buf *bac_buf_new(const void *data, size_t length) {
  BAC_ASSERT(length <= SIZE_MAX - sizeof(struct bac_buf));
  struct bac_buf *buf = bac_alloc(1, sizeof *buf + length);
  buf->references = 1;
  buf->length = length;
  if (data && length > 0) memcpy(buf->data, data, length);
  return buf;
}

struct bac_buf *bac_buf_ref(struct bac_buf *buf) {
  buf->references++;
  return buf;
}

void bac_buf_unref(struct bac_buf *buf) {
  if (buf && --buf->references == 0) free(buf);
}
