/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>

#include "base/bytes.h"
#include "store.h"

struct record {
  struct bac_store_key key;
  struct bac_buf *bytes;
};

struct memory {
  struct bac_store base;
  struct record *records;
  size_t capacity, lasting; /* lasting: of the first records, whose place nothing takes in this epoch */
  uint64_t epoch;           /* of the EVENT records */
};

static void displace(struct memory *m, const struct bac_store_key *key) {
  if (key->kind == BAC_RECORD_EVENT && key->number > m->epoch) {
    m->epoch = key->number;
    m->lasting = 0;
  } else {
    while (m->lasting < m->base.count && !bac_store_passing(&m->records[m->lasting].key)) m->lasting++;
  }
  size_t kept = m->lasting;
  for (size_t i = kept; i < m->base.count; i++) {
    if (bac_store_displaces(key, &m->records[i].key))
      bac_buf_unref(m->records[i].bytes);
    else
      m->records[kept++] = m->records[i];
  }
  m->base.count = kept;
}

static int memory_write(struct bac_store *store, uint32_t kind, const uint8_t *bytes, size_t length, char *why, size_t why_size) {
  struct memory *m = (struct memory *)store;
  (void)why;
  (void)why_size;
  const struct bac_store_key key = bac_store_key_of(kind, bytes, length);
  displace(m, &key);
  if (m->base.count == m->capacity) {
    m->capacity = m->capacity ? m->capacity * 2 : 16;
    m->records = bac_realloc(m->records, m->capacity, sizeof *m->records);
  }
  m->records[m->base.count++] = (struct record){.key = key, .bytes = bac_buf_new(bytes, length)};
  return BAC_OK;
}

static int memory_sync(struct bac_store *store, char *why, size_t why_size) {
  (void)store;
  (void)why;
  (void)why_size;
  return BAC_OK;
}

static int memory_read(struct bac_store *store, size_t i, struct bac_event *event, char *why, size_t why_size) {
  const struct record *r = &((struct memory *)store)->records[i];
  (void)why;
  (void)why_size;
  *event = (struct bac_event){.type = BAC_EVENT_RESTORE};
  event->restore.kind = r->key.kind;
  event->restore.bytes = r->bytes->data;
  event->restore.length = r->bytes->length;
  return BAC_OK;
}

static void memory_free(struct bac_store *store) {
  struct memory *m = (struct memory *)store;
  for (size_t i = 0; i < m->base.count; i++) bac_buf_unref(m->records[i].bytes);
  free(m->records);
  free(m);
}

struct bac_store *bac_store_memory_new(void) {
  static const struct bac_store_table table = {.write = memory_write, .sync = memory_sync, .read = memory_read, .free = memory_free};
  struct memory *m = bac_alloc(1, sizeof *m);
  m->base.table = &table;
  return &m->base;
}
