/* SPDX-License-Identifier: GPL-2.0-only */
#include "store.h"

#include "base/bytes.h"

struct bac_store_key bac_store_key_of(uint32_t kind, const uint8_t *bytes, size_t length) {
  const bool numbered = (kind == BAC_RECORD_BLOCK || kind == BAC_RECORD_BODY || kind == BAC_RECORD_EVENT) && length >= 8;
  return (struct bac_store_key){.kind = kind, .number = numbered ? bac_get_u64(bytes) : 0};
}

bool bac_store_displaces(const struct bac_store_key *record, const struct bac_store_key *earlier) {
  if (record->kind == BAC_RECORD_STATE) return earlier->kind == BAC_RECORD_STATE;
  if (record->kind == BAC_RECORD_EVENT) return earlier->kind == BAC_RECORD_EVENT && earlier->number < record->number;
  return record->kind == BAC_RECORD_BLOCK && earlier->kind == BAC_RECORD_BODY && earlier->number <= record->number;
}

bool bac_store_passing(const struct bac_store_key *record) { return record->kind == BAC_RECORD_STATE || record->kind == BAC_RECORD_BODY; }

int bac_store_keep(struct bac_store *store, const struct bac_output *output, char *why, size_t why_size) {
  int result = BAC_OK;
  bool wrote = false;
  for (size_t i = 0; i < output->effect_count && result == BAC_OK; i++) {
    const struct bac_effect *e = &output->effects[i];
    if (e->type != BAC_EFFECT_PERSIST) continue;
    wrote = true;
    result = store->table->write(store, e->persist.kind, e->persist.bytes, e->persist.length, why, why_size);
  }
  return wrote && result == BAC_OK ? store->table->sync(store, why, why_size) : result;
}

int bac_store_read(struct bac_store *store, size_t i, struct bac_event *event, char *why, size_t why_size) {
  return store->table->read(store, i, event, why, why_size);
}

void bac_store_free(struct bac_store *store) {
  if (store) store->table->free(store);
}
