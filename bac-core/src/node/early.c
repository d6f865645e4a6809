/* SPDX-License-Identifier: GPL-2.0-only */
#include "node/early.h"

#include <stdlib.h>

#include "base/bytes.h"

bool bac_early_hold(struct bac_early *early, uint64_t epoch, const uint8_t *object, size_t length, uint32_t source) {
  if (early->epoch != epoch) bac_early_clear(early);
  if (length > BAC_EARLY_BYTES_MAX - early->bytes) return false;
  if (early->count == early->capacity) {
    early->capacity = early->capacity > 0 ? 2 * early->capacity : 16;
    early->objects = bac_realloc(early->objects, early->capacity, sizeof *early->objects);
  }
  early->epoch = epoch;
  early->objects[early->count++] = (struct bac_early_object){bac_buf_new(object, length), source};
  early->bytes += length;
  return true;
}

void bac_early_clear(struct bac_early *early) {
  for (size_t i = 0; i < early->count; i++) bac_buf_unref(early->objects[i].object);
  free(early->objects);
  *early = (struct bac_early){0};
}
