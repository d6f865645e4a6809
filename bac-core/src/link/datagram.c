/* SPDX-License-Identifier: GPL-2.0-only */
/* Small objects: flooding with suppression (broadcast), forwarding (unicast), delivery once. */
#include "link/internal.h"

#define RELAY_WINDOW_LEAST (5 * BAC_MS)
#define RELAY_WINDOW_MOST (150 * BAC_MS)
#define WEAK_REPEATS 2u
#define GATHER_TIME (100 * BAC_MS)
#define RELAY_FRAME_BYTES 300u /* a bundle of a vote or two */
/* Relays among a crowd: the air over what one station takes, or over what all take together. */
#define TURN_WIRED 2u  /* an RSU on the wire; where there are others, all of its slots, which are half of the time */
#define TURN_ALONE 2u  /* all stations, where no such RSU is heard */
#define TURN_SERVED 6u /* all EVs, where one is */

/* One data item as it stands in a bundle. */
struct datagram {
  uint8_t traffic, attempt, hops;
  uint16_t origin, destination, length;
  const uint8_t *id, *bytes;
};

static uint64_t item_key(const uint8_t *id, uint16_t destination) {
  uint64_t key = bac_get_u64(id) ^ (uint64_t)(destination + 1u) * 0xd6e8feb86659fd93u;
  return key ? key : 1;
}

/* The window in which so many stations could relay and still hear each other. */
static bac_time window_of_all(const struct bac_link *l) { return 6 * (bac_time)l->density * bac_link_airtime_ns(&l->config, RELAY_FRAME_BYTES); }

bool link_crowded(const struct bac_link *l) { return window_of_all(l) > RELAY_WINDOW_MOST; }

bac_time link_crowd_stretch(const struct bac_link *l, bac_time window) {
  return link_crowded(l) ? window * (window_of_all(l) / BAC_US) / (RELAY_WINDOW_MOST / BAC_US) : window;
}

/* The wider, the fewer relays of an item start before they hear each other. */
bac_time link_relay_window(const struct bac_link *l) {
  bac_time window = l->config.relay_window;
  if (window == 0) {
    window = window_of_all(l);
    if (window < RELAY_WINDOW_LEAST) window = RELAY_WINDOW_LEAST;
    if (window > RELAY_WINDOW_MOST) window = RELAY_WINDOW_MOST;
  }
  return l->config.kind == BAC_LINK_RSU ? window / 2 : window; /* an RSU's antenna reaches most: let it be early */
}

/* Among many stations each would have something to relay at any moment, and they would only destroy each other's frames, so that nobody
 * heard a copy and was silenced by it. There relays take half of the air at most: a station takes its turn, with a full frame. RSUs on the wire
 * have turns enough for what comes from all other cells, in slots in which those next to them are silent (wired.c); EVs then relay what no RSU has
 * heard, and wait long enough to hear that one has. */
void link_relay_turn(struct bac_link *l, bac_time now, bool sent) {
  if (!link_crowded(l)) return; /* few: windows suffice */
  const bool wired = l->config.kind == BAC_LINK_RSU && l->config.backhaul;
  const uint32_t frames = wired ? (l->turns ? 1 : TURN_WIRED) : l->rsu_speaks ? TURN_SERVED * l->density : TURN_ALONE * l->density;
  const bac_time turn = link_frames_time(l, frames);
  if (sent)
    l->relay_due = now + turn / 2 + link_jitter(l, turn);
  else if (l->relay_due <= now)
    l->relay_due = now + link_jitter(l, turn);
  else
    return;
  if (wired) l->relay_due = link_slot(l, l->relay_due);
  link_queue_retime(l, BAC_LINK_AIR);
}

static struct link_item *enqueue(struct bac_link *l, const struct datagram *d, struct link_hop hop, bac_time due,
                                 bool relay) {
  struct link_item *item = link_queue_add(l, LINK_ITEM_BYTES + d->length, hop.port, d->traffic, due, relay);
  if (!item) return NULL;
  struct bac_writer w = bac_writer_over(item->bytes, item->length);
  bac_write_u8(&w, (uint8_t)(LINK_ITEM_DATA | d->traffic << 4));
  bac_write_u8(&w, d->attempt);
  bac_write_u8(&w, d->hops);
  bac_write_u16(&w, d->origin);
  bac_write_u16(&w, d->destination);
  bac_write_u16(&w, d->length);
  bac_write_bytes(&w, d->id, LINK_ITEM_ID_BYTES);
  bac_write_bytes(&w, d->bytes, d->length);
  BAC_ASSERT(w.ok && w.length == item->length);
  item->key = item_key(d->id, d->destination);
  item->next_hop = hop.next;
  return item;
}

/* Counting copies fails stations at the edge: a relay suppressed because its many neighbours have the item may be the
 * only one that a station with few neighbours hears. So such weak stations say so in every frame, always relay, and an
 * item is not suppressed, but repeated, until the weak ones in reach were heard relaying it. */
static void weak_watch(struct bac_link *l, bac_time now, struct link_item *item, const struct datagram *d,
                       uint16_t from) {
  link_queue_flood(l, item);
  if (!l->config.relay || d->hops <= 1) return;
  item->repeats = WEAK_REPEATS;
  item->weak_count = link_weak_neighbours(l, now, from, item->weak);
  item->unheard = l->weak && !item->relay;
}

int link_datagram_send(struct bac_link *l, bac_time now, uint16_t destination, enum bac_link_class traffic,
                       const uint8_t *object, size_t length, bac_time delay) {
  uint8_t hash[BAC_HASH_BYTES];
  l->config.hash(hash, object, length);
  l->counters.hashed_bytes += length;
  uint64_t key = item_key(hash, destination);
  struct link_seen *seen = link_seen_find(&l->seen, now, key);
  if (seen) {
    seen->attempt++;
    seen->at_ms = (uint32_t)(now / BAC_MS);
    l->counters.attempts++;
  } else {
    seen = link_seen_add(&l->seen, now, key);
  }
  struct datagram d = {(uint8_t)traffic,
                       seen->attempt,
                       (uint8_t)l->config.hop_limit,
                       (uint16_t)l->config.self,
                       destination,
                       (uint16_t)length,
                       hash,
                       object};
  const struct link_hop air = {BAC_LINK_AIR, BAC_BROADCAST}, wire = {BAC_LINK_WIRE, BAC_BROADCAST};
  if (destination != BAC_BROADCAST) {
    struct link_hop hop;
    if (!link_route(l, now, destination, false, true, &hop)) return BAC_OK;
    return enqueue(l, &d, hop, now + delay, false) ? BAC_OK : BAC_ELIMIT;
  }
  bool queued = true;
  if (l->config.kind != BAC_LINK_MBS) {
    struct link_item *item = enqueue(l, &d, air, now + delay, false);
    if (item) weak_watch(l, now, item, &d, BAC_BROADCAST);
    queued = item != NULL;
  }
  bool wired = l->config.kind == BAC_LINK_MBS || (l->config.kind == BAC_LINK_RSU && l->config.backhaul);
  if (wired) queued = enqueue(l, &d, wire, now + delay, false) != NULL && queued;
  return queued ? BAC_OK : BAC_ELIMIT;
}

/* Among a crowd, what an RSU on the wire has said its cell has heard. Who is weak, or is heard by who is, relays all the same. */
static bool served(const struct bac_link *l, const struct link_header *h) {
  return l->config.kind == BAC_LINK_EV && h->kind == BAC_LINK_RSU && l->config.backhaul && !l->weak && link_crowded(l);
}

/* A broadcast seen for the first time in this attempt: on to the wire at once, on to the air after a while. */
static void flood(struct bac_link *l, bac_time now, enum bac_link_port port, const struct link_header *h, struct datagram d) {
  const uint16_t from = h->transmitter;
  if (port == BAC_LINK_WIRE && l->config.kind == BAC_LINK_RSU && d.origin != from && link_crowded(l)) l->turns = true; /* there are others */
  if (l->config.kind == BAC_LINK_MBS ||
      (l->config.kind == BAC_LINK_RSU && l->config.backhaul && port == BAC_LINK_AIR)) {
    struct link_item *item = enqueue(l, &d, (struct link_hop){BAC_LINK_WIRE, BAC_BROADCAST}, now, true);
    if (item && l->config.kind == BAC_LINK_MBS) item->except = from;
  }
  if (l->config.kind == BAC_LINK_MBS || (l->config.kind == BAC_LINK_EV && !l->config.relay)) return;
  if (port == BAC_LINK_AIR) {
    if (d.hops <= 1) return;
    d.hops--;
  }
  uint16_t weak[LINK_WEAK_MAX];
  if (port == BAC_LINK_AIR && served(l, h) && link_weak_neighbours(l, now, h->transmitter, weak) == 0) return;
  bac_time window = link_relay_window(l);
  /* Where RSUs have a wire they go first: they reach most, and EVs that hear them need not speak. Among a crowd RSUs wait for their turns. */
  bac_time head_start = l->config.backhaul && l->config.kind == BAC_LINK_EV ? window / 2 : 0;
  if (l->config.kind == BAC_LINK_EV && l->rsu_speaks && link_crowded(l) && !l->weak) head_start += RELAY_WINDOW_MOST;
  bac_time due = now + head_start + link_jitter(l, window);
  link_relay_turn(l, now, false);
  if (due < l->relay_due) due = l->relay_due;
  if (l->turns && link_crowded(l)) due = link_slot(l, due);
  struct link_item *item = enqueue(l, &d, (struct link_hop){BAC_LINK_AIR, BAC_BROADCAST}, due, true);
  if (item) weak_watch(l, now, item, &d, from);
}

static void forward(struct bac_link *l, bac_time now, enum bac_link_port port, const struct link_header *h,
                    struct datagram d) {
  if (port == BAC_LINK_AIR && h->next_hop == BAC_BROADCAST) {
    flood(l, now, port, h, d);
    return;
  }
  struct link_hop hop;
  if (d.hops <= 1 || !link_route(l, now, d.destination, port == BAC_LINK_WIRE, h->next_hop != BAC_BROADCAST, &hop))
    return;
  d.hops--;
  /* What several stations send to one vehicle over an RSU leaves in one frame. */
  bool gather = port == BAC_LINK_WIRE && hop.port == BAC_LINK_AIR && hop.next != BAC_BROADCAST;
  struct link_item *item = enqueue(l, &d, hop, gather ? now + GATHER_TIME : now, true);
  if (item && l->config.kind == BAC_LINK_MBS && hop.next == BAC_BROADCAST) item->except = h->transmitter;
  if (item) l->counters.items_forwarded++;
}

static bool genuine(struct bac_link *l, const struct datagram *d) {
  uint8_t hash[BAC_HASH_BYTES];
  l->config.hash(hash, d->bytes, d->length);
  l->counters.hashed_bytes += d->length;
  return memcmp(hash, d->id, LINK_ITEM_ID_BYTES) == 0;
}

/* Another copy was heard: perhaps this station need not send its own. */
static void duplicate(struct bac_link *l, enum bac_link_port port, const struct link_header *h, uint64_t key, const struct datagram *d,
                      const struct link_seen *seen) {
  l->counters.items_duplicate++;
  if (port != BAC_LINK_AIR || d->attempt != seen->attempt) return;
  struct link_item *item = link_queue_find_flood(l, key);
  if (!item) return;
  item->unheard = false;
  for (uint8_t i = 0; i < item->weak_count; i++) {
    if (item->weak[i] == h->transmitter) item->weak[i--] = item->weak[--item->weak_count];
  }
  if (item->copies < UINT8_MAX) item->copies++;
  bool enough = item->sent || (item->relay && item->copies >= l->config.suppress_copies && !l->weak);
  if (!enough && item->relay && served(l, h)) enough = genuine(l, d); /* one false copy is not to silence all */
  if (!enough || item->weak_count > 0) return;
  if (!item->sent) l->counters.items_suppressed++;
  link_queue_remove(l, item);
}

/* A unicast that this RSU passed to the MBS, hoping for a better RSU, and got back, since there is none: once an
 * attempt, it is no duplicate. */
static bool returned(struct bac_link *l, bac_time now, enum bac_link_port port, const struct link_header *h,
                     const struct datagram *d, uint64_t key) {
  if (l->config.kind != BAC_LINK_RSU || port != BAC_LINK_WIRE || h->next_hop == BAC_BROADCAST) return false;
  if (d->destination == BAC_BROADCAST || d->destination == l->config.self) return false;
  uint64_t mark = key ^ LINK_RETURNED_KEY ^ ((uint64_t)d->attempt << 56);
  if (link_seen_find(&l->seen, now, mark)) return false;
  link_seen_add(&l->seen, now, mark);
  return true;
}

static void datagram_receive(struct bac_link *l, bac_time now, enum bac_link_port port, const struct link_header *h,
                             struct datagram d) {
  uint16_t self = (uint16_t)l->config.self;
  uint64_t key = item_key(d.id, d.destination);
  struct link_seen *seen = link_seen_find(&l->seen, now, key);
  if (seen) seen->at_ms = (uint32_t)(now / BAC_MS); /* while it goes around, it is not forgotten */
  uint8_t later = seen ? (uint8_t)(d.attempt - seen->attempt) : 1;
  if (seen && later == 0 && returned(l, now, port, h, &d, key)) {
    forward(l, now, port, h, d);
    return;
  }
  if (seen && (later == 0 || later > 127 || d.origin == self)) {
    duplicate(l, port, h, key, &d, seen);
    return;
  }
  if (d.origin == self) return; /* sent before a restart, or a lie */
  /* The id is checked before it is remembered: else a forged item would keep out the genuine one. */
  if (!genuine(l, &d)) {
    link_drop(l, BAC_LINK_DROP_HASH, h->transmitter);
    return;
  }
  bool first = !seen || seen->declined;
  if (!seen) seen = link_seen_add(&l->seen, now, key);
  seen->attempt = d.attempt;
  if (d.hops > l->config.hop_limit) d.hops = (uint8_t)l->config.hop_limit;
  bool mine = d.destination == BAC_BROADCAST || d.destination == self;
  if (d.destination == BAC_BROADCAST) {
    flood(l, now, port, h, d);
  } else if (!mine) {
    forward(l, now, port, h, d);
  }
  if (!first) l->counters.items_duplicate++;
  if (!mine || !first) return;
  uint16_t other = d.destination == self ? (uint16_t)BAC_BROADCAST : self;
  const struct link_seen *same = link_seen_find(&l->seen, now, item_key(d.id, other));
  if (same && !same->declined) return; /* broadcast and unicast to me: once */
  l->counters.items_delivered++;
  l->declined = false;
  l->callbacks.deliver(l->ctx, d.bytes, d.length, d.origin);
  seen = link_seen_find(&l->seen, now, key); /* the callback may have sent, and so moved it */
  if (seen) seen->declined = l->declined;
}

void link_bundle_receive(struct bac_link *l, bac_time now, enum bac_link_port port, const struct link_header *h,
                         struct bac_reader *r) {
  while (bac_reader_left(r) > 0) {
    uint8_t first = bac_read_u8(r), kind = first & 15, traffic = first >> 4;
    if ((kind != LINK_ITEM_DATA && kind != LINK_ITEM_ADVERT) || traffic >= BAC_LINK_CLASSES) {
      link_drop(l, BAC_LINK_DROP_TYPE, h->transmitter);
      return;
    }
    if (kind == LINK_ITEM_ADVERT) {
      link_advert_receive(l, now, port, h, r, traffic);
    } else {
      struct datagram d = {.traffic = traffic};
      d.attempt = bac_read_u8(r);
      d.hops = bac_read_u8(r);
      d.origin = bac_read_u16(r);
      d.destination = bac_read_u16(r);
      d.length = bac_read_u16(r);
      d.id = bac_read_bytes(r, LINK_ITEM_ID_BYTES);
      d.bytes = bac_read_bytes(r, d.length);
      if (r->ok && d.length == 0) {
        link_drop(l, BAC_LINK_DROP_LENGTH, h->transmitter);
        return;
      }
      if (r->ok) datagram_receive(l, now, port, h, d);
    }
    if (!r->ok) {
      link_drop(l, BAC_LINK_DROP_TRUNCATED, h->transmitter);
      return;
    }
  }
}
