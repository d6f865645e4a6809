/* SPDX-License-Identifier: GPL-2.0-only */
/* Small objects and adverts waiting to be sent, and the bundles they leave in. */
#include <stdlib.h>

#include <utlist.h>

#include "link/internal.h"

#define PIGGYBACK_LIFETIME (5 * BAC_SECOND)

static bac_time due_of(const struct bac_link *l, const struct link_item *i) {
  return i->relay && i->flood && l->relay_due > i->due ? l->relay_due : i->due;
}

void link_queue_retime(struct bac_link *l, uint8_t port) {
  bac_time *due = l->queue_due[port];
  for (int traffic = 0; traffic < BAC_LINK_CLASSES; traffic++) due[traffic] = BAC_NEVER;
  for (const struct link_item *i = l->queue_first; i; i = i->next) {
    if (i->port == port && due_of(l, i) < due[i->traffic]) due[i->traffic] = due_of(l, i);
  }
}

/* When the first item of these classes is due. */
static bac_time first_due(const struct bac_link *l, enum bac_link_port port, unsigned classes) {
  bac_time at = BAC_NEVER;
  for (int traffic = 0; traffic < BAC_LINK_CLASSES; traffic++)
    if (classes >> traffic & 1 && l->queue_due[port][traffic] < at) at = l->queue_due[port][traffic];
  return at;
}

static struct link_item **bucket(struct bac_link *l, uint64_t key) { return &l->floods[key % LINK_FLOOD_BUCKETS]; }

void link_queue_flood(struct bac_link *l, struct link_item *item) {
  struct link_item **head = bucket(l, item->key);
  item->flood = true;
  DL_APPEND2(*head, item, flood_prev, flood_next);
}

void link_queue_remove(struct bac_link *l, struct link_item *item) {
  if (item->flood) {
    struct link_item **head = bucket(l, item->key);
    DL_DELETE2(*head, item, flood_prev, flood_next);
  }
  if (item->previous) {
    item->previous->next = item->next;
  } else {
    l->queue_first = item->next;
  }
  if (item->next) {
    item->next->previous = item->previous;
  } else {
    l->queue_last = item->previous;
  }
  l->queue_items--;
  l->queue_bytes -= item->length;
  if (due_of(l, item) <= l->queue_due[item->port][item->traffic]) link_queue_retime(l, item->port);
  free(item);
}

static bool full(const struct bac_link *l, size_t length) {
  return l->queue_items >= l->config.queue_items || l->queue_bytes + length > l->config.queue_bytes;
}

struct link_item *link_queue_add(struct bac_link *l, size_t length, uint8_t port, uint8_t traffic, bac_time due, bool relay) {
  /* One's own items come before favours to others: the newest favour goes first. */
  for (struct link_item *i = l->queue_last; !relay && i && full(l, length);) {
    struct link_item *previous = i->previous;
    if (i->relay) {
      l->counters.drops[BAC_LINK_DROP_QUEUE]++;
      link_queue_remove(l, i);
    }
    i = previous;
  }
  if (full(l, length)) {
    l->counters.drops[BAC_LINK_DROP_QUEUE]++;
    return NULL;
  }
  struct link_item *item = bac_alloc(1, sizeof *item + length);
  item->length = (uint16_t)length;
  item->relay = relay;
  item->port = port;
  item->traffic = traffic;
  item->due = due;
  if (due < l->queue_due[port][traffic]) l->queue_due[port][traffic] = due;
  item->except = BAC_BROADCAST;
  item->previous = l->queue_last;
  if (l->queue_last) {
    l->queue_last->next = item;
  } else {
    l->queue_first = item;
  }
  l->queue_last = item;
  l->queue_items++;
  l->queue_bytes += length;
  return item;
}

struct link_item *link_queue_find_flood(struct bac_link *l, uint64_t key) {
  struct link_item *i;
  DL_FOREACH2(*bucket(l, key), i, flood_next)
    if (i->key == key) return i;
  return NULL;
}

struct link_item *link_queue_best(struct bac_link *l, bac_time now, enum bac_link_port port, unsigned classes) {
  struct link_item *best = NULL;
  const bool due = first_due(l, port, classes) <= now;
  for (struct link_item *i = due ? l->queue_first : NULL; i; i = i->next) {
    if (i->port == port && classes >> i->traffic & 1 && due_of(l, i) <= now && (!best || i->traffic < best->traffic)) best = i;
  }
  if (!best && due) link_queue_retime(l, (uint8_t)port); /* what was due has become a relay that waits for its turn */
  return best;
}

bac_time link_queue_wakeup(const struct bac_link *l, enum bac_link_port port, unsigned classes) {
  bac_time at = first_due(l, port, classes);
  for (uint32_t i = 0; port == BAC_LINK_AIR && classes & LINK_CONTROL_BIT && i < l->objects_count; i++) {
    if (l->objects[i]->advert_due < at) at = l->objects[i]->advert_due;
  }
  return at;
}

/* Adverts of completed objects: those that are due, then those that may ride along for nothing. */
static uint32_t adverts_write(struct bac_link *l, bac_time now, struct bac_writer *w, bool due) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < l->objects_count && w->length + LINK_ADVERT_BYTES <= l->config.frame_bytes_max; i++) {
    struct link_object *o = l->objects[i];
    if (!o->complete || o->unicast) continue;
    bool rides = !due && o->piggyback > 0 && now - o->progress <= PIGGYBACK_LIFETIME;
    if (!(due && o->advert_due <= now) && !rides) continue;
    if (rides) o->piggyback--;
    o->advert_due = BAC_NEVER;
    link_advert_write(w, o, o->audience);
    l->counters.adverts_sent++;
    count++;
  }
  return count;
}

static bool may_leave(const struct bac_link *l, const struct link_item *i, bac_time now, bool broadcast) {
  if (i->relay && i->flood && l->relay_due > now) return false; /* not this station's turn: it would make others' frames long */
  return i->due <= now || !broadcast || (i->relay && !i->sent);
}

/* A bundle of `first` and what else may go with it; or of adverts, or empty as a HELLO; false if there is nothing to
 * say. */
bool link_bundle_frame(struct bac_link *l, bac_time now, unsigned classes, struct link_item *first, bool hello, struct bac_link_frame *out) {
  uint16_t next_hop = first ? first->next_hop : (uint16_t)BAC_BROADCAST;
  uint16_t except = first ? first->except : (uint16_t)BAC_BROADCAST;
  bool broadcast = out->port == BAC_LINK_AIR && next_hop == BAC_BROADCAST;
  const bool advertises = broadcast && classes & LINK_CONTROL_BIT;
  struct bac_writer w = link_frame_start(l, BAC_LINK_BUNDLE, next_hop);
  size_t room = l->config.frame_bytes_max;
  uint32_t adverts = 0;
  const bool turn = first && first->relay && first->flood;
  out->traffic = first ? (enum bac_link_class)first->traffic : BAC_LINK_CONTROL;
  if (advertises) adverts = adverts_write(l, now, &w, true);
  if (!first && adverts == 0 && !hello) return false;
  /* `first` is the first of its class in the queue, so that it is always taken; then the rest in order of class. Relays
   * that still wait ride along, and so does all that waits for the same next hop: the preamble and the backoff are paid
   * for. */
  for (unsigned traffic = out->traffic; first && traffic < BAC_LINK_CLASSES; traffic++) {
    for (struct link_item *i = l->queue_first, *next; i; i = next) {
      next = i->next;
      if (i->traffic != traffic || !(classes >> traffic & 1) || i->port != out->port || i->next_hop != next_hop || i->except != except || !may_leave(l, i, now, broadcast)) continue;
      if (w.length + i->length > room) continue;
      bac_write_bytes(&w, i->bytes, i->length);
      l->counters.items_sent++;
      if (i->relay) l->counters.items_relayed++;
      if (i->repeats > 0 && (i->weak_count > 0 || i->unheard)) {
        i->repeats--;
        i->sent = true;
        i->due = now + link_relay_window(l) + link_jitter(l, link_relay_window(l));
        link_queue_retime(l, i->port);
      } else {
        link_queue_remove(l, i);
      }
    }
  }
  if (turn) link_relay_turn(l, now, true);
  if (advertises) adverts_write(l, now, &w, false);
  if (!first && adverts == 0) l->counters.hellos_sent++;
  out->destination = next_hop;
  out->except = except;
  return link_frame_finish(l, &w, BAC_LINK_BUNDLE, out);
}
