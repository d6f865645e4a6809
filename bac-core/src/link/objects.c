/* SPDX-License-Identifier: GPL-2.0-only */
/* Large objects in memory: receptions and what is kept for repair, both bounded. */
#include <stdlib.h>

#include "link/internal.h"

#define PARTIAL_IDLE (10 * BAC_SECOND) /* a reception without progress is given up */
#define PARTIAL_LIFETIME (60 * BAC_SECOND)
#define BUDGET_FACTOR 4u

uint64_t link_object_key(const uint8_t *id) {
  uint64_t key = bac_get_u64(id) ^ 0xa0761d6478bd642fu;
  return key ? key : 1;
}

struct link_object *link_object_find(struct bac_link *l, const uint8_t *id, const struct bac_link_layout *layout) {
  struct link_object *found = NULL;
  for (uint32_t i = 0; i < l->objects_count; i++) {
    struct link_object *o = l->objects[i];
    if (memcmp(o->id, id, LINK_OBJECT_ID_BYTES) != 0) continue;
    if (o->complete) return o;
    /* Layouts are claims: receptions that differ in them do not mix, so that a false one cannot spoil the true one. */
    if (o->layout.length == layout->length && o->layout.symbol_bytes == layout->symbol_bytes) found = o;
  }
  return found;
}

static void symbols_free(struct link_object *o, struct link_generation *gen, uint32_t from) {
  if (!gen->symbols) return;
  for (uint32_t i = from; i < gen->code; i++) {
    if (gen->symbols[i]) o->bytes -= o->layout.symbol_bytes;
    free(gen->symbols[i]);
    gen->symbols[i] = NULL;
  }
  if (from > 0) return;
  free(gen->symbols);
  gen->symbols = NULL;
  o->bytes -= gen->code * sizeof *gen->symbols;
}

void link_object_remove(struct bac_link *l, struct link_object *o) {
  link_jobs_forget(l, o);
  uint32_t at = 0;
  while (l->objects[at] != o) at++;
  l->objects[at] = l->objects[--l->objects_count];
  for (uint32_t g = 0; g < o->layout.generations; g++) symbols_free(o, &o->generation[g], 0);
  bac_buf_unref(o->data);
  free(o->tail);
  free(o->generation);
  free(o);
}

/* Of the objects that are (not) complete: how many, their memory, and the one of `source` (BAC_BROADCAST: any) with the
 * oldest progress, except `keep`. One in its first pass, which nobody else could repair, only if there is no other; an own
 * one in its first pass never. */
struct census {
  uint32_t count;
  size_t bytes;
  struct link_object *oldest;
};

static struct census census_of(const struct bac_link *l, bool complete, uint16_t source,
                               const struct link_object *keep) {
  struct census c = {0};
  struct link_object *passing = NULL;
  for (uint32_t i = 0; i < l->objects_count; i++) {
    struct link_object *o = l->objects[i];
    if (o->complete != complete || (source != BAC_BROADCAST && o->source != source)) continue;
    c.count++;
    c.bytes += o->bytes;
    if (o == keep) continue;
    if (!link_jobs_passing(l, o)) {
      if (!c.oldest || o->progress < c.oldest->progress) c.oldest = o;
    } else if (!o->own && (!passing || o->progress < passing->progress)) {
      passing = o;
    }
  }
  if (!c.oldest) c.oldest = passing;
  return c;
}

static void evict(struct bac_link *l, struct link_object *o) {
  BAC_ASSERT(o);
  l->counters.drops[BAC_LINK_DROP_EVICTED]++;
  link_object_remove(l, o);
}

/* Returns the bytes of memory that they take. */
static size_t generations_new(struct link_object *o) {
  const uint32_t generations = o->layout.generations, bits = (bac_link_code_symbols(bac_link_layout_size(&o->layout, 0)) + 7) / 8;
  const size_t bytes = generations * (sizeof *o->generation + (1 + BAC_LINK_PORTS) * bits);
  o->generation = bac_alloc(1, bytes);
  uint8_t *at = (uint8_t *)(o->generation + generations);
  for (uint32_t g = 0; g < generations; g++) {
    struct link_generation *gen = &o->generation[g];
    gen->k = bac_link_layout_size(&o->layout, g);
    gen->code = bac_link_code_symbols(gen->k);
    gen->heard = at;
    for (int port = 0; port < BAC_LINK_PORTS; port++) gen->pending[port] = at + (1 + port) * (ptrdiff_t)bits;
    at += (1 + BAC_LINK_PORTS) * bits;
  }
  return bytes;
}

static struct link_object *object_add(struct bac_link *l, bac_time now, const uint8_t *id,
                                      const struct bac_link_layout *layout) {
  BAC_ASSERT(l->objects_count < LINK_OBJECT_SLOTS);
  struct link_object *o = bac_alloc(1, sizeof *o);
  memcpy(o->id, id, LINK_OBJECT_ID_BYTES);
  o->layout = *layout;
  o->created = o->progress = now;
  o->need_due = o->advert_due = BAC_NEVER;
  o->holder = o->talker = o->trusted = o->audience = o->pending_from = BAC_BROADCAST;
  o->bytes = sizeof *o + generations_new(o);
  o->gap = bac_link_airtime_ns(&l->config, layout->symbol_bytes + LINK_SYMBOL_HEADER_BYTES);
  o->budget = (uint64_t)BUDGET_FACTOR * layout->symbols + 64;
  l->objects[l->objects_count++] = o;
  return o;
}

/* Room for one more reception: a source may hold half of the places; then the source with most of them loses its
 * oldest. */
static void partial_room(struct bac_link *l, uint16_t source) {
  struct census own = census_of(l, false, source, NULL), all = census_of(l, false, BAC_BROADCAST, NULL);
  if (own.count >= (l->config.objects_partial + 1) / 2) {
    evict(l, own.oldest);
    return;
  }
  if (all.count < l->config.objects_partial) return;
  struct link_object *victim = all.oldest;
  uint32_t most = 1;
  for (uint32_t i = 0; i < l->objects_count; i++) {
    struct link_object *o = l->objects[i];
    if (o->complete) continue;
    struct census of = census_of(l, false, o->source, NULL);
    if (of.count > most) {
      most = of.count;
      victim = of.oldest;
    }
  }
  evict(l, victim);
}

struct link_object *link_object_new(struct bac_link *l, bac_time now, const uint8_t *id,
                                    const struct bac_link_layout *layout, uint16_t origin, uint16_t source) {
  partial_room(l, source);
  struct link_object *o = object_add(l, now, id, layout);
  o->origin = origin;
  o->source = source;
  return o;
}

/* Makes `o` complete with `data` (whose reference it takes), forgets other receptions of its id and, beyond the bounds,
 * the oldest complete ones. */
static void object_complete(struct bac_link *l, bac_time now, struct link_object *o, struct bac_buf *data) {
  for (uint32_t g = 0; g < o->layout.generations; g++) symbols_free(o, &o->generation[g], 0);
  o->complete = true;
  o->data = data;
  o->progress = o->complete_at = now;
  o->need_due = BAC_NEVER;
  o->bytes += o->layout.length;
  uint32_t rest = o->layout.length % o->layout.symbol_bytes;
  if (rest > 0) {
    o->tail = bac_alloc(o->layout.symbol_bytes, 1);
    memcpy(o->tail, data->data + (o->layout.length - rest), rest);
    o->bytes += o->layout.symbol_bytes;
  }
  for (uint32_t i = l->objects_count; i-- > 0;) {
    struct link_object *other = l->objects[i];
    if (other != o && memcmp(other->id, o->id, LINK_OBJECT_ID_BYTES) == 0) link_object_remove(l, other);
  }
  for (;;) {
    struct census c = census_of(l, true, BAC_BROADCAST, o);
    if (!c.oldest || (c.count <= l->config.objects_complete && c.bytes <= l->config.complete_bytes)) break;
    link_object_remove(l, c.oldest);
  }
}

/* First passes may take half of the store: the rest is for what others send. */
static bool passing_too_many(const struct bac_link *l, size_t length) {
  uint32_t count = 0;
  size_t bytes = length;
  for (uint32_t i = 0; i < l->objects_count; i++) {
    if (!link_jobs_passing(l, l->objects[i])) continue;
    count++;
    bytes += l->objects[i]->bytes;
  }
  return count > 0 && (count >= (l->config.objects_complete + 1) / 2 || bytes > l->config.complete_bytes / 2);
}

struct link_object *link_object_store(struct bac_link *l, bac_time now, const uint8_t *bytes, size_t length,
                                      bool *known) {
  uint8_t hash[BAC_HASH_BYTES];
  l->config.hash(hash, bytes, length);
  l->counters.hashed_bytes += length;
  struct bac_link_layout layout;
  uint32_t symbol_bytes = l->config.frame_bytes_max - LINK_SYMBOL_HEADER_BYTES;
  if (!bac_link_layout_of((uint32_t)length, symbol_bytes, &layout)) return NULL;
  struct link_object *o = link_object_find(l, hash, &layout);
  *known = o && o->complete;
  if (*known) return o;
  if (passing_too_many(l, length)) return NULL;
  if (o) link_object_remove(l, o);
  o = object_add(l, now, hash, &layout);
  o->own = o->delivered = true;
  o->origin = o->source = (uint16_t)l->config.self;
  struct bac_buf *data = bac_buf_new(bytes, length);
  if (l->callbacks.share) data = l->callbacks.share(l->ctx, hash, data);
  object_complete(l, now, o, data);
  if (!link_seen_find(&l->seen, now, link_object_key(hash))) link_seen_add(&l->seen, now, link_object_key(hash));
  return o;
}

void link_objects_expire(struct bac_link *l, bac_time now) {
  for (uint32_t i = l->objects_count; i-- > 0;) {
    struct link_object *o = l->objects[i];
    if (o->complete) {
      if (now - o->progress > l->config.object_lifetime) link_object_remove(l, o);
    } else if (now - o->progress > PARTIAL_IDLE || now - o->created > PARTIAL_LIFETIME) {
      l->counters.drops[BAC_LINK_DROP_EXPIRED]++;
      link_object_remove(l, o);
    }
  }
}

uint16_t link_object_lacks(const struct link_object *o, uint32_t g) {
  const struct link_generation *gen = &o->generation[g];
  if (o->complete || gen->decoded) return 0;
  return (uint16_t)(gen->have < gen->k ? gen->k - gen->have : 1);
}

uint8_t *link_object_data(const struct link_object *o, uint32_t g, uint32_t index) {
  if (!o->complete) return o->generation[g].symbols[index];
  uint32_t number = bac_link_layout_start(&o->layout, g) + index;
  if (o->tail && number == o->layout.symbols - 1) return o->tail;
  return o->data->data + (size_t)number * o->layout.symbol_bytes;
}

static void giver_note(struct link_object *o, uint16_t from) {
  for (uint32_t i = 0; i < LINK_GIVERS_MAX; i++) {
    if (o->givers[i].symbols > 0 && o->givers[i].id != from) continue;
    o->givers[i].id = from;
    o->givers[i].symbols++;
    return;
  }
}

/* Some symbol was false; which one cannot be told, so all go. Most came from one transmitter: if it is honest,
 * listening to it alone helps against those who inject a few; if not, nothing does, and the object is forgotten. */
static enum link_symbol_result polluted(struct bac_link *l, struct link_object *o, uint16_t from) {
  l->counters.objects_polluted++;
  if (l->callbacks.reject) l->callbacks.reject(l->ctx, BAC_REJECT_OBJECT_POLLUTED, from);
  uint32_t best = 0;
  for (uint32_t i = 1; i < LINK_GIVERS_MAX; i++) {
    if (o->givers[i].symbols > o->givers[best].symbols) best = i;
  }
  if (o->trusted != BAC_BROADCAST) {
    link_object_remove(l, o);
    return LINK_SYMBOL_REMOVED;
  }
  o->trusted = o->givers[best].id;
  memset(o->givers, 0, sizeof o->givers);
  o->decoded = 0;
  for (uint32_t g = 0; g < o->layout.generations; g++) {
    struct link_generation *gen = &o->generation[g];
    symbols_free(o, gen, 0);
    gen->have = 0;
    gen->asked = 0;
    gen->decoded = false;
  }
  return LINK_SYMBOL_KEPT;
}

/* All generations are decoded: puts the object together and compares it with its id. */
static enum link_symbol_result assemble(struct bac_link *l, bac_time now, struct link_object *o, uint16_t from) {
  struct bac_buf *data = bac_buf_new(NULL, o->layout.length);
  size_t at = 0, symbol_bytes = o->layout.symbol_bytes;
  for (uint32_t g = 0; g < o->layout.generations; g++) {
    for (uint32_t i = 0; i < o->generation[g].k; i++) {
      size_t left = data->length - at, take = left < symbol_bytes ? left : symbol_bytes;
      memcpy(data->data + at, o->generation[g].symbols[i], take);
      at += take;
    }
  }
  uint8_t hash[BAC_HASH_BYTES];
  l->config.hash(hash, data->data, data->length);
  l->counters.hashed_bytes += data->length;
  if (memcmp(hash, o->id, LINK_OBJECT_ID_BYTES) != 0) {
    bac_buf_unref(data);
    return polluted(l, o, from);
  }
  if (l->callbacks.share) data = l->callbacks.share(l->ctx, hash, data);
  object_complete(l, now, o, data);
  l->counters.objects_completed++;
  return LINK_SYMBOL_COMPLETED;
}

enum link_symbol_result link_object_symbol(struct bac_link *l, bac_time now, struct link_object *o, uint32_t g,
                                           uint32_t index, const uint8_t *symbol, uint16_t from) {
  struct link_generation *gen = &o->generation[g];
  size_t symbol_bytes = o->layout.symbol_bytes;
  if (gen->decoded || (gen->symbols && gen->symbols[index])) {
    if (gen->decoded) {
      l->counters.symbols_surplus++;
    } else {
      l->counters.symbols_duplicate++;
    }
    return LINK_SYMBOL_SURPLUS;
  }
  struct census c = census_of(l, false, BAC_BROADCAST, o);
  while (c.bytes + symbol_bytes + gen->code * sizeof *gen->symbols > l->config.partial_bytes && c.oldest) {
    evict(l, c.oldest);
    c = census_of(l, false, BAC_BROADCAST, o);
  }
  if (!gen->symbols) {
    gen->symbols = bac_alloc(gen->code, sizeof *gen->symbols);
    o->bytes += gen->code * sizeof *gen->symbols;
  }
  gen->symbols[index] = bac_alloc(symbol_bytes, 1);
  memcpy(gen->symbols[index], symbol, symbol_bytes);
  o->bytes += symbol_bytes;
  o->progress = now;
  giver_note(o, from);
  l->counters.symbols_useful++;
  if (++gen->have < gen->k) return LINK_SYMBOL_KEPT;
  uint32_t present = 0;
  for (uint32_t i = 0; i < gen->k; i++) present += gen->symbols[i] ? 1u : 0u;
  if (!bac_link_erasure_decode(gen->k, symbol_bytes, gen->symbols)) return LINK_SYMBOL_KEPT; /* they are dependent: one more */
  l->counters.coded_bytes += (uint64_t)(gen->k - present) * gen->k * symbol_bytes;
  o->bytes += (gen->k - present) * symbol_bytes;
  symbols_free(o, gen, gen->k);
  gen->decoded = true;
  return ++o->decoded < o->layout.generations ? LINK_SYMBOL_KEPT : assemble(l, now, o, from);
}

void link_object_deliver(struct bac_link *l, bac_time now, struct link_object *o) {
  if (!o->complete || !o->mine || o->delivered) return;
  o->delivered = true;
  uint64_t key = link_object_key(o->id);
  if (!link_seen_find(&l->seen, now, key)) link_seen_add(&l->seen, now, key);
  l->counters.objects_delivered++;
  struct bac_buf *data = bac_buf_ref(o->data); /* the callback may send, and so push `o` out of the store */
  const struct bac_link_layout layout = o->layout;
  uint8_t id[LINK_OBJECT_ID_BYTES];
  memcpy(id, o->id, sizeof id);
  l->declined = false;
  l->callbacks.deliver(l->ctx, data->data, data->length, o->origin);
  bac_buf_unref(data);
  o = link_object_find(l, id, &layout);
  if (o) o->declined = l->declined;
  struct link_seen *seen = link_seen_find(&l->seen, now, key);
  if (seen) seen->declined = l->declined;
}
