/* SPDX-License-Identifier: GPL-2.0-only */
/* Two bounded tables: items seen lately, stations heard lately. Both are set-associative: a key may lie in the entries
 * of its set only, so a full set forgets its oldest entry and a flood of forged keys costs no more than that. */
#include <stdlib.h>

#include "link/internal.h"

#define WAYS 8u
#define SEEN_CAPACITY_FIRST 256u
#define NEIGHBOURS_FIRST 32u
#define QUALITY_WELL 128u /* half */
#define QUALITY_START 64u    /* one frame caught says little: expect the worse */
#define QUALITY_GAP_MOST 16u /* a longer silence is a restart or an absence, not loss alone */
#define NEIGHBOURS_MAX 1024u

static uint32_t now_ms(bac_time now) { return (uint32_t)(now / BAC_MS); }

void link_seen_init(struct link_seen_table *t, uint32_t capacity_max, bac_time lifetime) {
  t->capacity = capacity_max < SEEN_CAPACITY_FIRST ? capacity_max : SEEN_CAPACITY_FIRST;
  t->capacity_max = capacity_max;
  t->lifetime_ms = (uint32_t)(lifetime / BAC_MS);
  t->entries = bac_alloc(t->capacity, sizeof *t->entries);
}

static struct link_seen *seen_set(const struct link_seen_table *t, uint64_t key) {
  uint64_t mixed = key * 0x9e3779b97f4a7c15u;
  return t->entries + ((mixed >> 32) & (t->capacity / WAYS - 1)) * WAYS;
}

static bool seen_fresh(const struct link_seen_table *t, bac_time now, const struct link_seen *s) {
  return s->key != 0 && now_ms(now) - s->at_ms <= t->lifetime_ms;
}

struct link_seen *link_seen_find(struct link_seen_table *t, bac_time now, uint64_t key) {
  struct link_seen *set = seen_set(t, key);
  for (uint32_t i = 0; i < WAYS; i++) {
    if (set[i].key == key && seen_fresh(t, now, &set[i])) return &set[i];
  }
  return NULL;
}

/* A place for `key` in its set: an unused one, or the oldest (*full). */
static struct link_seen *seen_place(struct link_seen_table *t, bac_time now, uint64_t key, bool *full) {
  struct link_seen *set = seen_set(t, key), *oldest = set;
  *full = false;
  for (uint32_t i = 0; i < WAYS; i++) {
    if (!seen_fresh(t, now, &set[i])) return &set[i];
    if (now_ms(now) - set[i].at_ms > now_ms(now) - oldest->at_ms) oldest = &set[i];
  }
  *full = true;
  return oldest;
}

static void seen_grow(struct link_seen_table *t, bac_time now) {
  struct link_seen *old = t->entries;
  uint32_t count = t->capacity;
  t->capacity *= 2;
  t->entries = bac_alloc(t->capacity, sizeof *t->entries);
  for (uint32_t i = 0; i < count; i++) {
    bool full;
    if (seen_fresh(t, now, &old[i])) *seen_place(t, now, old[i].key, &full) = old[i];
  }
  free(old);
}

struct link_seen *link_seen_add(struct link_seen_table *t, bac_time now, uint64_t key) {
  bool full;
  struct link_seen *place = seen_place(t, now, key, &full);
  if (full && t->capacity < t->capacity_max) {
    seen_grow(t, now);
    place = seen_place(t, now, key, &full);
  }
  *place = (struct link_seen){.key = key, .at_ms = now_ms(now)};
  return place;
}

void link_neighbours_init(struct link_neighbours *t) {
  t->capacity = NEIGHBOURS_FIRST;
  t->entries = bac_alloc(t->capacity, sizeof *t->entries);
}

static struct link_neighbour *neighbour_set(const struct link_neighbours *t, uint16_t id) {
  uint32_t mixed = id * 0x9e3779b1u;
  return t->entries + ((mixed >> 12) & (t->capacity / WAYS - 1)) * WAYS;
}

struct link_neighbour *link_neighbour_find(struct link_neighbours *t, uint16_t id) {
  struct link_neighbour *set = neighbour_set(t, id);
  for (uint32_t i = 0; i < WAYS; i++) {
    if (set[i].used && set[i].id == id) return &set[i];
  }
  return NULL;
}

static struct link_neighbour *neighbour_place(const struct link_neighbours *t, uint16_t id, bool *full) {
  struct link_neighbour *set = neighbour_set(t, id), *oldest = set;
  *full = false;
  for (uint32_t i = 0; i < WAYS; i++) {
    if (!set[i].used) return &set[i];
    if (set[i].at < oldest->at) oldest = &set[i];
  }
  *full = true;
  return oldest;
}

static void neighbours_grow(struct link_neighbours *t) {
  struct link_neighbour *old = t->entries;
  uint32_t count = t->capacity;
  t->capacity *= 2;
  t->entries = bac_alloc(t->capacity, sizeof *t->entries);
  for (uint32_t i = 0; i < count; i++) {
    bool full;
    if (old[i].used) *neighbour_place(t, old[i].id, &full) = old[i];
  }
  free(old);
}

bool link_hears_well(struct bac_link *l, uint16_t id) {
  const struct link_neighbour *n = link_neighbour_find(&l->neighbours, id);
  return n && n->quality >= QUALITY_WELL;
}

void link_neighbour_measure(struct link_neighbour *n, uint8_t count) {
  const uint32_t radio = count / LINK_COUNTS;
  const uint8_t gap = n->counted[radio] ? (uint8_t)(count - n->count[radio]) % LINK_COUNTS : 1;
  n->counted[radio] = true;
  n->count[radio] = count;
  if (gap == 0) return;
  for (uint8_t lost = 1; lost < gap && lost <= QUALITY_GAP_MOST; lost++)
    n->quality = (uint8_t)(n->quality - n->quality / 8);
  n->quality = (uint8_t)(n->quality + (255 - n->quality + 7) / 8);
}

struct link_neighbour *link_neighbour_heard(struct link_neighbours *t, bac_time now, uint16_t id, uint8_t kind,
                                            uint8_t port, uint16_t via) {
  struct link_neighbour *n = link_neighbour_find(t, id);
  if (!n) {
    bool full;
    n = neighbour_place(t, id, &full);
    if (full && t->capacity < NEIGHBOURS_MAX) {
      neighbours_grow(t);
      n = neighbour_place(t, id, &full);
    }
    *n = (struct link_neighbour){.id = id, .at = now, .used = true, .quality = QUALITY_START};
  }
  n->at = now;
  n->kind = kind;
  n->port = port;
  n->via = via;
  return n;
}
