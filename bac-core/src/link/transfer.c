/* SPDX-License-Identifier: GPL-2.0-only */
/* Large objects: sending them, taking in symbols and adverts, passing them on once complete. */
#include "link/internal.h"

#define ADVERT_COPIES_ENOUGH 2u
#define PIGGYBACKS 2u
#define FORWARD_AGAIN_MS 1000u
#define GAP_MOST (50 * BAC_MS)

void link_advert_write(struct bac_writer *w, const struct link_object *o, uint16_t destination) {
  bac_write_u8(w, (uint8_t)(LINK_ITEM_ADVERT | o->traffic << 4));
  bac_write_bytes(w, o->id, LINK_OBJECT_ID_BYTES);
  bac_write_u32(w, o->layout.length);
  bac_write_u16(w, (uint16_t)o->layout.symbol_bytes);
  bac_write_u16(w, o->origin);
  bac_write_u16(w, destination);
}

/* Queues an advert to one next hop. */
static int advert_send(struct bac_link *l, bac_time due, const struct link_object *o, struct link_hop hop,
                       uint16_t except, uint16_t destination) {
  struct link_item *item = link_queue_add(l, LINK_ADVERT_BYTES, hop.port, BAC_LINK_CONTROL, due, false);
  if (!item) return BAC_ELIMIT;
  struct bac_writer w = bac_writer_over(item->bytes, item->length);
  link_advert_write(&w, o, destination);
  BAC_ASSERT(w.ok && w.length == LINK_ADVERT_BYTES);
  item->next_hop = hop.next;
  item->except = except;
  l->counters.adverts_sent++;
  return BAC_OK;
}

/* Starts a first pass: all data symbols, then as many parity symbols as the loss seen lately calls for. */
static int pass_start(struct bac_link *l, bac_time due, struct link_object *o, uint16_t peer, uint16_t destination) {
  struct link_job *job = link_job_get(l, o, BAC_LINK_AIR, peer);
  if (!job) return BAC_ELIMIT;
  job->due = due;
  job->pass = 0;
  job->destination = destination;
  job->answers = false;
  job->outstanding_total = 0;
  for (uint32_t g = 0; g < o->layout.generations; g++) {
    uint32_t loss = peer == BAC_BROADCAST ? l->loss_permille : 0;
    job->outstanding[g] = (uint16_t)(o->generation[g].k * loss / (1000 - loss));
    job->outstanding_total += job->outstanding[g];
  }
  return BAC_OK;
}

/* One hop further to `destination`. The last hop is pushed; others are advertised, since the next holder may have it.
 */
static int unicast_on(struct bac_link *l, bac_time now, bac_time due, struct link_object *o, uint16_t destination,
                      bool from_wire, bool addressed) {
  struct link_hop hop;
  if (!link_route(l, now, destination, from_wire, addressed, &hop)) return BAC_OK;
  uint64_t key = link_object_key(o->id) ^ (uint64_t)(destination + 1u) * 0xd6e8feb86659fd93u;
  if (from_wire) key ^= LINK_RETURNED_KEY; /* it may have come by air before, and gone to the MBS and back */
  struct link_seen *seen = link_seen_find(&l->seen, now, key);
  bool again = seen != NULL;
  if (again && !o->own && (uint32_t)(now / BAC_MS) - seen->at_ms < FORWARD_AGAIN_MS) return BAC_OK;
  if (!again) seen = link_seen_add(&l->seen, now, key);
  seen->at_ms = (uint32_t)(now / BAC_MS);
  if (hop.port == BAC_LINK_AIR && hop.next == BAC_BROADCAST && o->unicast) { /* no route: by broadcast, on its behalf */
    o->unicast = false;
    o->audience = destination;
  }
  if (hop.port == BAC_LINK_AIR && !again && (hop.next == destination || hop.next == BAC_BROADCAST)) {
    return pass_start(l, due, o, hop.next, destination);
  }
  bool all = l->config.kind == BAC_LINK_MBS && hop.next == BAC_BROADCAST && !o->own;
  return advert_send(l, due, o, hop, all ? o->source : (uint16_t)BAC_BROADCAST, destination);
}

int link_transfer_send(struct bac_link *l, bac_time now, uint16_t destination, enum bac_link_class traffic,
                       const uint8_t *object, size_t length, bac_time delay) {
  struct bac_link_layout layout;
  if (!bac_link_layout_of((uint32_t)length, l->config.frame_bytes_max - LINK_SYMBOL_HEADER_BYTES, &layout))
    return BAC_EINVAL;
  bool known;
  struct link_object *o = link_object_store(l, now, object, length, &known);
  if (!o) return BAC_ELIMIT;
  o->progress = now; /* kept for repair from now on */
  if (known) {
    l->counters.attempts++;
  } else {
    o->traffic = (uint8_t)traffic;
    o->unicast = destination != BAC_BROADCAST;
  }
  if (destination != BAC_BROADCAST) return unicast_on(l, now, now + delay, o, destination, false, true);
  o->unicast = false;
  o->audience = BAC_BROADCAST;
  o->piggyback = PIGGYBACKS;
  if (l->config.kind == BAC_LINK_MBS || (l->config.kind == BAC_LINK_RSU && l->config.backhaul)) {
    struct link_hop wire = {BAC_LINK_WIRE, BAC_BROADCAST};
    int error = advert_send(l, now + delay, o, wire, BAC_BROADCAST, BAC_BROADCAST);
    if (error || l->config.kind == BAC_LINK_MBS) return error;
  }
  if (o->own && !o->passed) {
    o->passed = true;
    return pass_start(l, now + delay, o, BAC_BROADCAST, BAC_BROADCAST);
  }
  o->advert_due = now + delay; /* who lacks it will ask */
  return BAC_OK;
}

static bool concerns(const struct bac_link *l, uint16_t destination) {
  return destination == BAC_BROADCAST || destination == l->config.self;
}

/* Notes what is to become of an object addressed to `destination`, on a frame for this node (addressed) or for all. */
static void object_addressed(struct bac_link *l, struct link_object *o, uint16_t destination, bool addressed) {
  if (concerns(l, destination)) {
    o->mine = true;
  } else if (addressed) {
    for (uint32_t i = 0; i < o->forwards_count; i++) {
      if (o->forwards[i] == destination) return;
    }
    if (o->forwards_count < LINK_FORWARDS_MAX) {
      o->forwards[o->forwards_count++] = destination;
    } else {
      l->counters.no_route++;
    }
  }
}

static void forwards_go(struct bac_link *l, bac_time now, struct link_object *o, bool from_wire) {
  for (uint32_t i = 0; i < o->forwards_count; i++) (void)unicast_on(l, now, now, o, o->forwards[i], from_wire, true);
  o->forwards_count = 0;
}

/* After the current burst and a random while: the channel is the talker's until its receivers are served. */
static bac_time advert_time(struct bac_link *l, bac_time now, const struct link_object *o) {
  bac_time burst = o->talker_port == BAC_LINK_AIR ? (bac_time)o->talker_remaining * o->gap : 0;
  bac_time quiet = link_frames_time(l, 8);
  return now + burst + quiet + link_jitter(l, quiet + (bac_time)l->density * bac_link_airtime_ns(&l->config, 100));
}

/* The last symbol came: tell those who have not got it. */
static void completed(struct bac_link *l, bac_time now, struct link_object *o, enum bac_link_port port) {
  if (!o->unicast) {
    struct link_hop wire = {BAC_LINK_WIRE, BAC_BROADCAST};
    o->piggyback = PIGGYBACKS;
    if (l->config.kind == BAC_LINK_MBS) {
      (void)advert_send(l, now, o, wire, o->source, o->audience);
    } else if (l->config.relay || l->config.kind == BAC_LINK_RSU) {
      o->advert_due = advert_time(l, now, o);
    }
    if (l->config.kind == BAC_LINK_RSU && l->config.backhaul && port == BAC_LINK_AIR) {
      (void)advert_send(l, now, o, wire, BAC_BROADCAST, o->audience);
    }
  }
  forwards_go(l, now, o, port == BAC_LINK_WIRE);
  link_object_deliver(l, now, o);
}

/* Keeps the rule of one active sender: the originator goes on, of others the lower id does. RSUs that are wired take turns instead, and EVs
 * give way to them, but for one that was asked by name. */
static void yield_to(struct bac_link *l, bac_time now, struct link_object *o, const struct link_header *h) {
  struct link_job *job = link_job_find(l, o, BAC_LINK_AIR, BAC_BROADCAST);
  if (!job || job->pass < o->layout.symbols || l->turns || !link_hears_well(l, h->transmitter)) return;
  bool keeps = o->own ? h->transmitter != o->origin : h->transmitter != o->origin && l->config.self < h->transmitter;
  if (l->config.backhaul && h->kind == BAC_LINK_RSU) keeps = job->named && !o->own;
  if (job->due > now || !keeps) link_job_remove(l, job);
}

static void talker_note(struct link_object *o, bac_time now, enum bac_link_port port, uint16_t from, uint8_t burst,
                        uint32_t remaining) {
  if (o->talker == from && o->talker_port == port && o->talker_remaining > remaining && now > o->talker_at) {
    bac_time sample = (now - o->talker_at) / (bac_time)(o->talker_remaining - remaining);
    o->gap = (3 * o->gap + (sample < GAP_MOST ? sample : GAP_MOST)) / 4;
  }
  o->talker = from;
  o->talker_port = (uint8_t)port;
  o->talker_burst = burst;
  o->talker_remaining = remaining;
  o->talker_at = now;
}

struct symbol {
  const uint8_t *id, *bytes;
  struct bac_link_layout layout;
  uint16_t origin, destination;
  uint8_t traffic, burst;
  uint16_t generation, index;
  bool answers;
  uint32_t remaining;
};

static bool symbol_read(struct bac_link *l, const struct link_header *h, struct bac_reader *r, struct symbol *s) {
  s->id = bac_read_bytes(r, LINK_OBJECT_ID_BYTES);
  uint32_t length = bac_read_u32(r);
  s->origin = bac_read_u16(r);
  s->destination = bac_read_u16(r);
  s->traffic = bac_read_u8(r);
  s->answers = s->traffic & LINK_ANSWER_FLAG;
  s->traffic &= 0xff & ~LINK_ANSWER_FLAG;
  s->burst = bac_read_u8(r);
  s->remaining = bac_read_u16(r);
  const uint16_t place = bac_read_u16(r);
  s->generation = (uint16_t)(place >> LINK_PLACE_INDEX_BITS);
  s->index = (uint16_t)(place & ((1u << LINK_PLACE_INDEX_BITS) - 1));
  size_t left = bac_reader_left(r);
  s->bytes = bac_read_bytes(r, left);
  if (!r->ok || left == 0) {
    link_drop(l, BAC_LINK_DROP_TRUNCATED, h->transmitter);
    return false;
  }
  if (!bac_link_layout_of(length, (uint32_t)left, &s->layout) || s->generation >= s->layout.generations ||
      s->index >= bac_link_code_symbols(bac_link_layout_size(&s->layout, s->generation)) || s->traffic >= BAC_LINK_CLASSES) {
    link_drop(l, BAC_LINK_DROP_LAYOUT, h->transmitter);
    return false;
  }
  return true;
}

void link_symbol_receive(struct bac_link *l, bac_time now, enum bac_link_port port, const struct link_header *h,
                         struct bac_reader *r) {
  struct symbol s;
  if (!symbol_read(l, h, r, &s)) return;
  bool addressed = h->next_hop != BAC_BROADCAST;
  struct link_object *o = link_object_find(l, s.id, &s.layout);
  if (!o) {
    const struct link_seen *seen = link_seen_find(&l->seen, now, link_object_key(s.id));
    if (s.answers || (seen && !seen->declined)) {
      l->counters.symbols_surplus++; /* did not ask, or had it and has forgotten it */
      return;
    }
    o = link_object_new(l, now, s.id, &s.layout, s.origin, h->transmitter);
    o->traffic = s.traffic;
    o->unicast = addressed && s.destination != BAC_BROADCAST;
    o->audience = s.destination;
  } else if (o->layout.symbol_bytes != s.layout.symbol_bytes || o->layout.length != s.layout.length ||
             (o->trusted != BAC_BROADCAST && o->trusted != h->transmitter && !o->complete)) {
    l->counters.symbols_surplus++;
    return;
  }
  if (!addressed) o->unicast = false;
  if (!s.answers && s.destination == BAC_BROADCAST) o->audience = BAC_BROADCAST;
  if (!s.answers) object_addressed(l, o, s.destination, addressed);
  const bool passed = port == BAC_LINK_WIRE && !addressed;
  /* What it waits for is on the air; or what it hears there another RSU says, and had by wire: to wait for that to end would be in vain. */
  const bool beside = (passed && link_served(o)) || (l->turns && port == BAC_LINK_AIR && h->kind == BAC_LINK_RSU);
  if (passed && l->config.kind == BAC_LINK_RSU) l->turns = true; /* there are others */
  if (!beside) talker_note(o, now, port, h->transmitter, s.burst, s.remaining);
  if (port == BAC_LINK_AIR) {
    if (l->config.backhaul && link_hears_well(l, h->transmitter)) link_pass_heard(l, o, s.generation, s.index);
    uint8_t *byte = &o->generation[s.generation].heard[s.index / 8];
    *byte = (uint8_t)(*byte | 1u << (s.index % 8));
  }
  if (o->complete) {
    l->counters.symbols_surplus++;
    if (port == BAC_LINK_AIR && !addressed) yield_to(l, now, o, h);
    if (o->advert_due != BAC_NEVER) o->advert_due = advert_time(l, now, o);
    forwards_go(l, now, o, port == BAC_LINK_WIRE);
    link_object_deliver(l, now, o);
    return;
  }
  const enum link_symbol_result result = link_object_symbol(l, now, o, s.generation, s.index, s.bytes, h->transmitter);
  if (result == LINK_SYMBOL_REMOVED) return;
  if (result != LINK_SYMBOL_SURPLUS) {
    if (passed) o->by_wire++;
    link_pass_on(l, now, port, o, s.generation, s.index, h->transmitter);
  }
  if (result == LINK_SYMBOL_COMPLETED)
    completed(l, now, o, port);
  else if (!beside)
    link_need_schedule(l, now, o);
}

void link_advert_receive(struct bac_link *l, bac_time now, enum bac_link_port port, const struct link_header *h,
                         struct bac_reader *r, uint8_t traffic) {
  const uint8_t *id = bac_read_bytes(r, LINK_OBJECT_ID_BYTES);
  uint32_t length = bac_read_u32(r), symbol_bytes = bac_read_u16(r);
  uint16_t origin = bac_read_u16(r), destination = bac_read_u16(r);
  if (!r->ok) return; /* the caller counts it */
  struct bac_link_layout layout;
  if (!bac_link_layout_of(length, symbol_bytes, &layout)) {
    link_drop(l, BAC_LINK_DROP_LAYOUT, h->transmitter);
    return;
  }
  bool addressed = h->next_hop != BAC_BROADCAST || (port == BAC_LINK_WIRE && l->config.kind == BAC_LINK_MBS);
  if (!addressed && !concerns(l, destination) && (port == BAC_LINK_WIRE || !l->config.relay)) return;
  struct link_object *o = link_object_find(l, id, &layout);
  if (!o) {
    const struct link_seen *seen = link_seen_find(&l->seen, now, link_object_key(id));
    if (concerns(l, destination) && seen && !seen->declined) return;
    o = link_object_new(l, now, id, &layout, origin, h->transmitter);
    o->traffic = traffic;
    o->unicast = addressed && destination != BAC_BROADCAST;
    o->audience = destination;
  }
  if (destination == BAC_BROADCAST) {
    o->unicast = false;
    o->audience = BAC_BROADCAST;
  }
  object_addressed(l, o, destination, addressed);
  if (!o->complete) {
    link_need_wanted(l, now, o, port, h->transmitter);
    return;
  }
  if (port == BAC_LINK_AIR && o->advert_due != BAC_NEVER && ++o->advert_copies >= ADVERT_COPIES_ENOUGH) {
    o->advert_due = BAC_NEVER;
    l->counters.adverts_suppressed++;
  }
  if (o->declined) o->delivered = false; /* it is advertised anew */
  forwards_go(l, now, o, port == BAC_LINK_WIRE);
  link_object_deliver(l, now, o);
}
