/* SPDX-License-Identifier: GPL-2.0-only */
/* Little-endian integers in byte strings, and a bounds-checked reader and writer over a caller's buffer. */
#ifndef BAC_BASE_BYTES_H
#define BAC_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* An invariant that no peer can break: checked in every build. */
#define BAC_ASSERT(condition) ((condition) ? (void)0 : bac_assert_failed(#condition, __FILE__, __LINE__))
#ifdef __cplusplus
#define BAC_NORETURN [[noreturn]] /* tests are C++ */
#else
#define BAC_NORETURN _Noreturn
#endif
BAC_NORETURN void bac_assert_failed(const char *condition, const char *file, int line);

static inline void bac_put_u16(uint8_t *to, uint16_t v) {
  to[0] = (uint8_t)v;
  to[1] = (uint8_t)(v >> 8);
}

static inline void bac_put_u32(uint8_t *to, uint32_t v) {
  for (int i = 0; i < 4; i++) to[i] = (uint8_t)(v >> (8 * i));
}

static inline void bac_put_u64(uint8_t *to, uint64_t v) {
  for (int i = 0; i < 8; i++) to[i] = (uint8_t)(v >> (8 * i));
}

static inline uint16_t bac_get_u16(const uint8_t *from) { return (uint16_t)(from[0] | (from[1] << 8)); }

static inline uint32_t bac_get_u32(const uint8_t *from) {
  return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static inline uint64_t bac_get_u64(const uint8_t *from) {
  return (uint64_t)bac_get_u32(from) | (uint64_t)bac_get_u32(from + 4) << 32;
}

/* A writer over a caller's buffer. Once something did not fit, `ok` stays false and nothing more is written. */
struct bac_writer {
  uint8_t *data;
  size_t capacity, length;
  bool ok;
};

/* A reader over a caller's bytes. Once something was missing, `ok` stays false and zeros are returned. */
struct bac_reader {
  const uint8_t *data;
  size_t length, offset;
  bool ok;
};

struct bac_writer bac_writer_over(uint8_t *data, size_t capacity);
void bac_write_u8(struct bac_writer *w, uint8_t v);
void bac_write_u16(struct bac_writer *w, uint16_t v);
void bac_write_u32(struct bac_writer *w, uint32_t v);
void bac_write_u64(struct bac_writer *w, uint64_t v);
void bac_write_bytes(struct bac_writer *w, const void *bytes, size_t length);

struct bac_reader bac_reader_over(const void *data, size_t length);
uint8_t bac_read_u8(struct bac_reader *r);
uint16_t bac_read_u16(struct bac_reader *r);
uint32_t bac_read_u32(struct bac_reader *r);
uint64_t bac_read_u64(struct bac_reader *r);
/* Borrowed from the reader's bytes; NULL when fewer than `length` remain. */
const uint8_t *bac_read_bytes(struct bac_reader *r, size_t length);
static inline size_t bac_reader_left(const struct bac_reader *r) { return r->ok ? r->length - r->offset : 0; }

/* Memory of the core: zeroed, never NULL (running out of memory is not something a peer may cause; it aborts). */
void *bac_alloc(size_t count, size_t size);
void *bac_realloc(void *old, size_t count, size_t size);

/* Bytes shared by reference count inside one process. Not for threads. */
struct bac_buf {
  uint32_t references;
  size_t length;
  uint8_t data[];
};

struct bac_buf *bac_buf_new(const void *data, size_t length); /* data may be NULL: zeroed */
struct bac_buf *bac_buf_ref(struct bac_buf *buf);
void bac_buf_unref(struct bac_buf *buf); /* NULL is ignored */

#endif
