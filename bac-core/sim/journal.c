/* SPDX-License-Identifier: GPL-2.0-only */
#include "journal.h"

#include <stdlib.h>

#include "base/bytes.h"

struct bac_journal_record {
  uint32_t kind;
  struct bac_buf *bytes;
};

static void forget_state(struct bac_journal *j) {
  size_t kept = 0;
  for (size_t i = 0; i < j->count; i++) {
    if (j->records[i].kind == BAC_RECORD_STATE)
      bac_buf_unref(j->records[i].bytes);
    else
      j->records[kept++] = j->records[i];
  }
  j->count = kept;
}

void bac_journal_write(struct bac_journal *j, const struct bac_effect *e) {
  if (e->persist.kind == BAC_RECORD_STATE) forget_state(j);
  if (j->count == j->capacity) {
    j->capacity = j->capacity ? j->capacity * 2 : 16;
    j->records = bac_realloc(j->records, j->capacity, sizeof *j->records);
  }
  j->records[j->count++] =
      (struct bac_journal_record){.kind = e->persist.kind, .bytes = bac_buf_new(e->persist.bytes, e->persist.length)};
}

struct bac_event bac_journal_read(const struct bac_journal *j, size_t i) {
  struct bac_event event = {.type = BAC_EVENT_RESTORE};
  event.restore.kind = j->records[i].kind;
  event.restore.bytes = j->records[i].bytes->data;
  event.restore.length = j->records[i].bytes->length;
  return event;
}

void bac_journal_clear(struct bac_journal *j) {
  for (size_t i = 0; i < j->count; i++) bac_buf_unref(j->records[i].bytes);
  free(j->records);
  *j = (struct bac_journal){0};
}
