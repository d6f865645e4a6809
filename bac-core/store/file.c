/* SPDX-License-Identifier: GPL-2.0-only */
#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "trace/crc32.h"

#define FILE_MAGIC "bacstore"
#define FILE_VERSION 1
#define FILE_HEADER_BYTES (8 + 4 + BAC_STORE_OWNER_BYTES + 4)
#define RECORD_MAGIC 0x43524243u
#define RECORD_HEADER_BYTES 28
#define RECORD_SEAL 0 /* nothing but a `synced`: ends a rewritten file */
#define DEAD_BYTES_MAX 1000000

struct record {
  struct bac_store_key key;
  uint64_t offset; /* of its header */
  uint32_t length, crc;
};

struct file_store {
  struct bac_store base;
  const struct bac_layer *layer;
  char *path, *path_new;
  uint8_t owner[BAC_STORE_OWNER_BYTES];
  int file; /* -1: none */
  bool failed;
  uint64_t end, synced, dead, dead_max;
  struct record *records;
  size_t capacity, lasting; /* lasting: of the first records, whose place nothing takes in this epoch */
  uint64_t epoch;           /* of the EVENT records */
  struct bac_buf *borrowed; /* what the last read gave */
  struct bac_store_file_report report;
};

static int io_error(const struct file_store *f, const char *what, int error, char *why, size_t why_size) {
  if (error == EWOULDBLOCK)
    snprintf(why, why_size, "the store '%.200s' is in use: stop the other process, one node may not live twice", f->path);
  else
    snprintf(why, why_size, "cannot %s the store '%.200s': %s; see to the disk and its free space, then restart the node", what, f->path, strerror(error));
  return BAC_EIO;
}

/* ---- Format. ---- */

static void file_header(const struct file_store *f, uint8_t out[FILE_HEADER_BYTES]) {
  struct bac_writer w = bac_writer_over(out, FILE_HEADER_BYTES);
  bac_write_bytes(&w, FILE_MAGIC, 8);
  bac_write_u32(&w, FILE_VERSION);
  bac_write_bytes(&w, f->owner, sizeof f->owner);
  bac_write_u32(&w, bac_crc32(out, w.length));
}

/* The place is under the checksum: no record passes for one elsewhere. */
static uint32_t header_crc(uint64_t offset, const uint8_t *header) {
  uint8_t bytes[8 + RECORD_HEADER_BYTES - 4];
  bac_put_u64(bytes, offset);
  memcpy(bytes + 8, header, RECORD_HEADER_BYTES - 4);
  return bac_crc32(bytes, sizeof bytes);
}

static void record_header(uint8_t out[RECORD_HEADER_BYTES], const struct record *r, uint64_t synced) {
  struct bac_writer w = bac_writer_over(out, RECORD_HEADER_BYTES);
  bac_write_u32(&w, RECORD_MAGIC);
  bac_write_u32(&w, r->key.kind);
  bac_write_u32(&w, r->length);
  bac_write_u64(&w, synced);
  bac_write_u32(&w, r->crc);
  bac_write_u32(&w, header_crc(r->offset, out));
}

/* A whole record at `offset` of the file's bytes. */
static bool record_at(const uint8_t *bytes, uint64_t size, uint64_t offset, struct record *r, uint64_t *synced) {
  if (size - offset < RECORD_HEADER_BYTES) return false;
  const uint8_t *header = bytes + offset;
  if (bac_get_u32(header) != RECORD_MAGIC || bac_get_u32(header + RECORD_HEADER_BYTES - 4) != header_crc(offset, header)) return false;
  *r = (struct record){.offset = offset, .length = bac_get_u32(header + 8), .crc = bac_get_u32(header + 20)};
  *synced = bac_get_u64(header + 12);
  if (size - offset - RECORD_HEADER_BYTES < r->length || bac_crc32(header + RECORD_HEADER_BYTES, r->length) != r->crc) return false;
  r->key = bac_store_key_of(bac_get_u32(header + 4), header + RECORD_HEADER_BYTES, r->length);
  return true;
}

/* ---- The index. ---- */

static uint64_t extent(const struct record *r) { return RECORD_HEADER_BYTES + (uint64_t)r->length; }

static void index_add(struct file_store *f, const struct record *r) {
  if (r->key.kind == RECORD_SEAL) return;
  f->report.records++;
  if (r->key.kind == BAC_RECORD_EVENT && r->key.number > f->epoch) {
    f->epoch = r->key.number;
    f->lasting = 0;
  } else {
    while (f->lasting < f->base.count && !bac_store_passing(&f->records[f->lasting].key)) f->lasting++;
  }
  size_t kept = f->lasting;
  for (size_t i = kept; i < f->base.count; i++) {
    if (bac_store_displaces(&r->key, &f->records[i].key))
      f->dead += extent(&f->records[i]);
    else
      f->records[kept++] = f->records[i];
  }
  f->base.count = kept;
  if (f->base.count == f->capacity) {
    f->capacity = f->capacity ? f->capacity * 2 : 16;
    f->records = bac_realloc(f->records, f->capacity, sizeof *f->records);
  }
  f->records[f->base.count++] = *r;
}

/* ---- Writing. ---- */

static int append(struct file_store *f, int file, uint64_t *end, uint64_t synced, uint32_t kind, const uint8_t *bytes, size_t length, struct record *r) {
  struct bac_buf *whole = bac_buf_new(NULL, RECORD_HEADER_BYTES + length);
  *r = (struct record){.key = bac_store_key_of(kind, bytes, length), .offset = *end, .length = (uint32_t)length, .crc = bac_crc32(bytes, length)};
  record_header(whole->data, r, synced);
  if (length > 0) memcpy(whole->data + RECORD_HEADER_BYTES, bytes, length);
  const int error = f->layer->write(f->layer->ctx, file, *end, whole->data, whole->length);
  bac_buf_unref(whole);
  *end += extent(r);
  return error;
}

static int file_read(struct bac_store *store, size_t i, struct bac_event *event, char *why, size_t why_size);

/* Copies what counts. On success *file is the new one, synced, and records hold their new places. */
static int copy_live(struct file_store *f, int file, struct record *moved, uint64_t *end, char *why, size_t why_size) {
  uint8_t header[FILE_HEADER_BYTES];
  file_header(f, header);
  int error = f->layer->write(f->layer->ctx, file, 0, header, sizeof header);
  *end = sizeof header;
  for (size_t i = 0; i < f->base.count && error == 0; i++) {
    struct bac_event event;
    if (file_read(&f->base, i, &event, why, why_size) != BAC_OK) return BAC_ECORRUPT;
    error = append(f, file, end, 0, event.restore.kind, event.restore.bytes, event.restore.length, &moved[i]);
  }
  if (error == 0) error = f->layer->sync(f->layer->ctx, file);
  if (error == 0 && f->base.count > 0) {
    struct record seal;
    const uint64_t synced = *end;
    error = append(f, file, end, synced, RECORD_SEAL, NULL, 0, &seal);
    if (error == 0) error = f->layer->sync(f->layer->ctx, file);
  }
  return error == 0 ? BAC_OK : io_error(f, "write", error, why, why_size);
}

/* Writes the file anew, with what counts alone; also the first time. */
static int rewrite(struct file_store *f, char *why, size_t why_size) {
  int file;
  uint64_t end;
  const int error = f->layer->open(f->layer->ctx, f->path_new, true, &file);
  if (error != 0) return io_error(f, "make", error, why, why_size);
  struct record *moved = bac_alloc(f->base.count + 1, sizeof *moved);
  int result = copy_live(f, file, moved, &end, why, why_size);
  if (result == BAC_OK) {
    const int renamed = f->layer->rename(f->layer->ctx, f->path_new, f->path);
    if (renamed != 0) result = io_error(f, "rename", renamed, why, why_size);
  }
  if (result != BAC_OK) {
    f->layer->close(f->layer->ctx, file);
    free(moved);
    return result;
  }
  if (f->file >= 0) {
    f->layer->close(f->layer->ctx, f->file);
    f->report.rewritten++;
  }
  free(f->records);
  f->records = moved;
  f->capacity = f->base.count + 1;
  f->file = file;
  f->end = f->synced = end;
  f->report.records = f->base.count;
  f->dead = 0;
  return BAC_OK;
}

static int file_write(struct bac_store *store, uint32_t kind, const uint8_t *bytes, size_t length, char *why, size_t why_size) {
  struct file_store *f = (struct file_store *)store;
  struct record r;
  if (f->failed || length > UINT32_MAX) return io_error(f, "write", f->failed ? EIO : EFBIG, why, why_size);
  const int error = append(f, f->file, &f->end, f->synced, kind, bytes, length, &r);
  f->failed = error != 0;
  if (f->failed) return io_error(f, "write", error, why, why_size);
  index_add(f, &r);
  return BAC_OK;
}

/* After a sync that failed nobody knows what is durable (the kernel may have dropped it): the store takes no more. */
static int file_sync(struct bac_store *store, char *why, size_t why_size) {
  struct file_store *f = (struct file_store *)store;
  const int error = f->failed ? EIO : f->layer->sync(f->layer->ctx, f->file);
  f->failed = error != 0;
  if (f->failed) return io_error(f, "sync", error, why, why_size);
  f->synced = f->end;
  if (f->dead <= f->dead_max || 2 * f->dead <= f->end) return BAC_OK;
  const int result = rewrite(f, why, why_size);
  f->failed = result != BAC_OK;
  return result;
}

static int file_read(struct bac_store *store, size_t i, struct bac_event *event, char *why, size_t why_size) {
  struct file_store *f = (struct file_store *)store;
  const struct record *r = &f->records[i];
  bac_buf_unref(f->borrowed);
  f->borrowed = bac_buf_new(NULL, r->length);
  const int error = f->layer->read(f->layer->ctx, f->file, r->offset + RECORD_HEADER_BYTES, f->borrowed->data, r->length);
  if (error != 0) return io_error(f, "read", error, why, why_size);
  if (bac_crc32(f->borrowed->data, r->length) != r->crc) {
    snprintf(why, why_size, "the store '%.200s' has changed at byte %llu since it was opened: see to the disk, then restart the node", f->path,
             (unsigned long long)r->offset);
    return BAC_ECORRUPT;
  }
  *event = (struct bac_event){.type = BAC_EVENT_RESTORE};
  event->restore.kind = r->key.kind;
  event->restore.bytes = f->borrowed->data;
  event->restore.length = r->length;
  return BAC_OK;
}

static void file_free(struct bac_store *store) {
  struct file_store *f = (struct file_store *)store;
  if (f->file >= 0) f->layer->close(f->layer->ctx, f->file);
  bac_buf_unref(f->borrowed);
  free(f->records);
  free(f->path);
  free(f->path_new);
  free(f);
}

/* ---- Opening. ---- */

static int damaged(const struct file_store *f, uint64_t offset, const char *what, char *why, size_t why_size) {
  snprintf(why, why_size,
           "the store '%.200s' is damaged at byte %llu: %s. The node may have voted on what is lost and must not vote again: move the file "
           "away and enrol the EV anew, with a new key",
           f->path, (unsigned long long)offset, what);
  return BAC_ECORRUPT;
}

/* Whether a record that was written once `bad` was durable stands behind it. */
static bool was_synced(const uint8_t *bytes, uint64_t size, uint64_t bad) {
  struct record r;
  uint64_t synced;
  for (uint64_t at = bad + 1; at < size; at++)
    if (record_at(bytes, size, at, &r, &synced) && synced > bad) return true;
  return false;
}

/* Reads the records; what a power cut tore is cut off. */
static int scan(struct file_store *f, const uint8_t *bytes, uint64_t size, char *why, size_t why_size) {
  uint8_t header[FILE_HEADER_BYTES];
  file_header(f, header);
  if (size < sizeof header || memcmp(bytes, header, 12) != 0)
    return damaged(f, 0, "it does not begin as a store of this version does", why, why_size);
  if (bac_get_u32(bytes + FILE_HEADER_BYTES - 4) != bac_crc32(bytes, FILE_HEADER_BYTES - 4))
    return damaged(f, 0, "its header fails the checksum", why, why_size);
  if (memcmp(bytes, header, sizeof header) != 0) {
    snprintf(why, why_size, "the store '%.200s' is another node's (byte 12, its key): give each node a file of its own", f->path);
    return BAC_ECORRUPT;
  }
  struct record r;
  uint64_t synced;
  for (f->end = sizeof header; f->end < size && record_at(bytes, size, f->end, &r, &synced); f->end += extent(&r)) index_add(f, &r);
  if (f->end == size) return BAC_OK;
  if (was_synced(bytes, size, f->end)) return damaged(f, f->end, "the record there fails its checksum, and later ones show that it was whole", why, why_size);
  f->report.cut = size - f->end;
  int error = f->layer->cut(f->layer->ctx, f->file, f->end);
  return error == 0 ? BAC_OK : io_error(f, "cut", error, why, why_size);
}

static int load(struct file_store *f, char *why, size_t why_size) {
  uint64_t size;
  int error = f->layer->size(f->layer->ctx, f->file, &size);
  if (error != 0) return io_error(f, "read", error, why, why_size);
  struct bac_buf *bytes = bac_buf_new(NULL, size);
  error = f->layer->read(f->layer->ctx, f->file, 0, bytes->data, size);
  int result = error == 0 ? scan(f, bytes->data, size, why, why_size) : io_error(f, "read", error, why, why_size);
  bac_buf_unref(bytes);
  /* What was read may not be durable yet: it is before anybody acts on it. */
  if (result == BAC_OK && (error = f->layer->sync(f->layer->ctx, f->file)) != 0) result = io_error(f, "sync", error, why, why_size);
  f->synced = f->end;
  return result;
}

struct bac_store *bac_store_file_open(const struct bac_store_file_config *config, int *error, char *why, size_t why_size) {
  static const struct bac_store_table table = {.write = file_write, .sync = file_sync, .read = file_read, .free = file_free};
  struct file_store *f = bac_alloc(1, sizeof *f);
  const size_t length = strlen(config->path);
  f->base.table = &table;
  f->layer = config->layer ? config->layer : &bac_layer_posix;
  f->dead_max = config->dead_bytes_max ? config->dead_bytes_max : DEAD_BYTES_MAX;
  f->file = -1;
  memcpy(f->owner, config->owner, sizeof f->owner);
  f->path = bac_alloc(length + 1, 1);
  f->path_new = bac_alloc(length + 5, 1);
  memcpy(f->path, config->path, length);
  memcpy(f->path_new, config->path, length);
  memcpy(f->path_new + length, ".new", 4);
  const int opened = f->layer->open(f->layer->ctx, f->path, false, &f->file);
  if (opened == ENOENT)
    *error = rewrite(f, why, why_size);
  else
    *error = opened == 0 ? load(f, why, why_size) : io_error(f, "open", opened, why, why_size);
  if (*error == BAC_OK) return &f->base;
  file_free(&f->base);
  return NULL;
}

struct bac_store_file_report bac_store_file_report(const struct bac_store *store) {
  const struct file_store *f = (const struct file_store *)store;
  struct bac_store_file_report report = f->report;
  report.bytes = f->end;
  return report;
}
