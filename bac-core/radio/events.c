/* SPDX-License-Identifier: GPL-2.0-only */
#include "events.h"

#include <stdlib.h>

#include "base/bytes.h"

static bool before(const struct bac_radio_event *a, const struct bac_radio_event *b) {
  return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void bac_radio_events_free(struct bac_radio_events *e) {
  free(e->heap);
  *e = (struct bac_radio_events){0};
}

void bac_radio_events_add(struct bac_radio_events *e, bac_time at, enum bac_radio_event_type type, uint32_t subject,
                          uint32_t generation) {
  if (e->count == e->capacity) {
    e->capacity = e->capacity ? e->capacity * 2 : 256;
    e->heap = bac_realloc(e->heap, e->capacity, sizeof *e->heap);
  }
  const struct bac_radio_event added = {at, e->order++, subject, generation, type};
  size_t i = e->count++;
  for (; i > 0 && before(&added, &e->heap[(i - 1) / 2]); i = (i - 1) / 2) e->heap[i] = e->heap[(i - 1) / 2];
  e->heap[i] = added;
}

const struct bac_radio_event *bac_radio_events_first(const struct bac_radio_events *e) { return e->count > 0 ? e->heap : NULL; }

struct bac_radio_event bac_radio_events_take(struct bac_radio_events *e) {
  BAC_ASSERT(e->count > 0);
  const struct bac_radio_event first = e->heap[0], last = e->heap[--e->count];
  size_t i = 0;
  for (size_t child; (child = 2 * i + 1) < e->count; i = child) {
    if (child + 1 < e->count && before(&e->heap[child + 1], &e->heap[child])) child++;
    if (!before(&e->heap[child], &last)) break;
    e->heap[i] = e->heap[child];
  }
  if (e->count > 0) e->heap[i] = last;
  return first;
}
