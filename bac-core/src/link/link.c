/* SPDX-License-Identifier: GPL-2.0-only */
#include "link/link.h"

#include <stdlib.h>

#include "link/internal.h"

#define HELLO_LEAST BAC_SECOND
#define HELLO_PER_STATION (10 * BAC_MS)
#define TIME_MAX (INT64_MAX / 4) /* so that sums of times cannot overflow */

bac_time bac_link_airtime_ns(const struct bac_link_config *config, size_t frame_bytes) {
  uint64_t rate = config->bit_rate_bps > 0 ? config->bit_rate_bps : 6000000;
  uint64_t bits = 8 * ((uint64_t)frame_bytes + (config->frame_overhead_bytes > 0 ? config->frame_overhead_bytes : 50));
  bac_time overhead = config->frame_overhead_ns > 0 ? config->frame_overhead_ns : 200 * BAC_US;
  return overhead + (bac_time)(bits * 1000000000u / rate);
}

uint32_t bac_link_frames_of(const struct bac_link_config *config, size_t length) {
  size_t frame = config->frame_bytes_max > 0 ? config->frame_bytes_max : BAC_FRAME_BYTES_MAX;
  if (length + LINK_ITEM_BYTES + LINK_HEADER_BYTES <= frame) return 1;
  size_t symbol = frame - LINK_SYMBOL_HEADER_BYTES;
  return (uint32_t)((length + symbol - 1) / symbol);
}

#define DEFAULT(field, value) \
  if (c->field == 0) c->field = (value)

static void config_fill(struct bac_link_config *c) {
  DEFAULT(frame_bytes_max, BAC_FRAME_BYTES_MAX);
  DEFAULT(bit_rate_bps, 6000000);
  DEFAULT(frame_overhead_ns, 200 * BAC_US);
  DEFAULT(frame_overhead_bytes, 50);
  DEFAULT(population, 32);
  DEFAULT(hop_limit, 6);
  DEFAULT(suppress_copies, 2);
  DEFAULT(object_lifetime, 25 * BAC_SECOND);
  DEFAULT(dedup_lifetime, 30 * BAC_SECOND);
  DEFAULT(dedup_entries, 8192);
  DEFAULT(objects_complete, 8);
  DEFAULT(objects_partial, 8);
  DEFAULT(queue_items, 1024);
  DEFAULT(complete_bytes, 8000000);
  DEFAULT(partial_bytes, 8000000);
  DEFAULT(queue_bytes, 1000000);
  bac_time hello = (bac_time)c->population * HELLO_PER_STATION;
  DEFAULT(hello_interval, hello > HELLO_LEAST ? hello : HELLO_LEAST);
}

static bool config_ok(const struct bac_link_config *c) {
  bool ids = c->self <= BAC_NODE_ID_MAX && c->shard <= 0xffff && (unsigned)c->kind <= BAC_LINK_MBS && c->hash;
  bool radio = c->frame_bytes_max >= 256 && c->frame_bytes_max <= BAC_FRAME_BYTES_MAX && c->bit_rate_bps >= 1000 &&
               c->bit_rate_bps <= 1000000000000u && c->frame_overhead_ns > 0 && c->frame_overhead_ns <= BAC_SECOND &&
               c->frame_overhead_bytes <= 65535 && c->population <= 65535;
  bool flood = c->hop_limit <= 255 && c->suppress_copies <= 255 && c->relay_window >= 0;
  bool times = c->relay_window <= TIME_MAX && c->hello_interval <= TIME_MAX && c->object_lifetime > 0 &&
               c->object_lifetime <= TIME_MAX && c->dedup_lifetime > 0 && c->dedup_lifetime <= 3600 * BAC_SECOND;
  bool bounds = c->dedup_entries >= 64 && c->dedup_entries <= 1u << 20 &&
                (c->dedup_entries & (c->dedup_entries - 1)) == 0 && c->objects_complete < LINK_OBJECT_SLOTS &&
                c->objects_partial < LINK_OBJECT_SLOTS &&
                c->objects_complete + c->objects_partial < LINK_OBJECT_SLOTS && c->queue_items <= 1u << 20;
  return ids && radio && flood && times && bounds;
}

struct bac_link *bac_link_new(const struct bac_link_config *config, const struct bac_link_callbacks *callbacks,
                              void *ctx) {
  struct bac_link_config filled = *config;
  config_fill(&filled);
  if (!config_ok(&filled) || !callbacks->deliver) return NULL;
  struct bac_link *l = bac_alloc(1, sizeof *l);
  l->config = filled;
  l->callbacks = *callbacks;
  l->ctx = ctx;
  l->random = bac_random_stream(filled.seed, filled.self, BAC_PURPOSE_LINK);
  link_seen_init(&l->seen, filled.dedup_entries, filled.dedup_lifetime);
  link_neighbours_init(&l->neighbours);
  l->density = filled.population;
  for (uint8_t port = 0; port < BAC_LINK_PORTS; port++) link_queue_retime(l, port);
  bac_time hello = filled.hello_interval > 0 ? filled.hello_interval : HELLO_LEAST;
  l->neighbour_lifetime = hello * 5 / 2;
  bool speaks = filled.kind != BAC_LINK_MBS && filled.hello_interval > 0;
  l->hello_due = speaks ? link_jitter(l, hello) : BAC_NEVER;
  l->route_due = filled.kind == BAC_LINK_RSU && filled.backhaul ? link_jitter(l, BAC_SECOND / 2) : BAC_NEVER;
  return l;
}

void bac_link_free(struct bac_link *l) {
  if (!l) return;
  while (l->queue_first) link_queue_remove(l, l->queue_first);
  while (l->objects_count > 0) link_object_remove(l, l->objects[0]);
  free(l->jobs);
  free(l->seen.entries);
  free(l->neighbours.entries);
  free(l);
}

const struct bac_link_counters *bac_link_counters(const struct bac_link *l) { return &l->counters; }

size_t bac_link_memory(const struct bac_link *l) {
  size_t bytes = sizeof *l + l->queue_bytes + l->queue_items * sizeof(struct link_item);
  bytes += l->seen.capacity * sizeof *l->seen.entries + l->neighbours.capacity * sizeof *l->neighbours.entries;
  bytes += l->jobs_capacity * sizeof *l->jobs;
  for (uint32_t i = 0; i < l->objects_count; i++) bytes += l->objects[i]->bytes;
  return bytes;
}

bac_time link_frames_time(const struct bac_link *l, uint32_t frames) {
  return bac_link_airtime_ns(&l->config, l->config.frame_bytes_max) * (bac_time)frames;
}

bac_time link_jitter(struct bac_link *l, bac_time window) {
  return window > 0 ? (bac_time)bac_random_below(&l->random, (uint64_t)window) : 0;
}

void link_drop(struct bac_link *l, enum bac_link_drop reason, uint16_t from) {
  l->counters.drops[reason]++;
  if (!l->callbacks.reject) return;
  switch (reason) {
    case BAC_LINK_DROP_TRUNCATED:
    case BAC_LINK_DROP_TYPE:
    case BAC_LINK_DROP_LENGTH:
    case BAC_LINK_DROP_LAYOUT:
      l->callbacks.reject(l->ctx, BAC_REJECT_FRAME_MALFORMED, from);
      break;
    case BAC_LINK_DROP_VERSION:
    case BAC_LINK_DROP_SHARD:
      l->callbacks.reject(l->ctx, BAC_REJECT_FRAME_FOREIGN, from);
      break;
    case BAC_LINK_DROP_HASH:
      l->callbacks.reject(l->ctx, BAC_REJECT_OBJECT_POLLUTED, from);
      break;
    default: /* local bounds, or nobody's fault */
      break;
  }
}

struct bac_writer link_frame_start(struct bac_link *l, enum bac_link_frame_type type, uint16_t next_hop) {
  struct bac_writer w = bac_writer_over(l->frame, l->config.frame_bytes_max);
  bac_write_u8(&w, LINK_VERSION);
  bac_write_u8(&w, (uint8_t)((unsigned)type | (unsigned)l->config.kind << 4 | (l->weak ? 0x80u : 0)));
  bac_write_u16(&w, (uint16_t)l->config.shard);
  bac_write_u16(&w, (uint16_t)l->config.self);
  bac_write_u16(&w, next_hop);
  bac_write_u8(&w, 0); /* the count is known when the frame is sent for sure */
  return w;
}

bool link_frame_finish(struct bac_link *l, const struct bac_writer *w, enum bac_link_frame_type type,
                       struct bac_link_frame *out) {
  BAC_ASSERT(w->ok);
  out->bytes = l->frame;
  out->length = w->length;
  l->counters.frames_sent[out->port][type]++;
  l->counters.bytes_sent[out->port][type] += w->length;
  if (out->port == BAC_LINK_AIR) l->sent_on_air = true;
  uint8_t *count = &l->broadcast_count[l->radio];
  if (out->port == BAC_LINK_AIR && out->destination == BAC_BROADCAST) *count = (*count + 1) % LINK_COUNTS;
  l->frame[LINK_COUNT_AT] = (uint8_t)(l->radio * LINK_COUNTS + *count);
  return true;
}

int bac_link_send(struct bac_link *l, bac_time now, uint32_t destination, enum bac_link_class traffic,
                  const uint8_t *object, size_t length, bac_time delay) {
  if (!object || length == 0 || length > BAC_OBJECT_BYTES_MAX || (unsigned)traffic >= BAC_LINK_CLASSES)
    return BAC_EINVAL;
  if (destination == l->config.self || destination > BAC_BROADCAST || delay < 0 || delay > TIME_MAX) return BAC_EINVAL;
  if (length + LINK_ITEM_BYTES + LINK_HEADER_BYTES <= l->config.frame_bytes_max) {
    return link_datagram_send(l, now, (uint16_t)destination, traffic, object, length, delay);
  }
  return link_transfer_send(l, now, (uint16_t)destination, traffic, object, length, delay);
}

/* The header, or false: dropped and counted. */
static bool header_read(struct bac_link *l, enum bac_link_port port, struct bac_reader *r, struct link_header *h) {
  uint8_t version = bac_read_u8(r), type = bac_read_u8(r);
  uint16_t shard = bac_read_u16(r);
  h->transmitter = bac_read_u16(r);
  h->next_hop = bac_read_u16(r);
  h->count = bac_read_u8(r);
  h->type = type & 15;
  h->kind = type >> 4 & 7;
  h->weak = type >> 7;
  enum bac_link_drop reason = BAC_LINK_DROPS;
  bool wired = l->config.kind != BAC_LINK_EV;
  if (!r->ok) {
    reason = BAC_LINK_DROP_TRUNCATED;
  } else if (version != LINK_VERSION) {
    reason = BAC_LINK_DROP_VERSION;
  } else if (shard != l->config.shard) {
    reason = BAC_LINK_DROP_SHARD;
  } else if (h->type < BAC_LINK_BUNDLE || h->type > BAC_LINK_ROUTE || h->kind > BAC_LINK_MBS) {
    reason = BAC_LINK_DROP_TYPE;
  } else if (r->length > BAC_FRAME_BYTES_MAX || h->transmitter == BAC_BROADCAST) {
    reason = BAC_LINK_DROP_LENGTH;
  } else if (h->transmitter == l->config.self) {
    reason = BAC_LINK_DROP_ECHO;
  } else if ((h->next_hop != BAC_BROADCAST && h->next_hop != l->config.self) ||
             (port == BAC_LINK_WIRE ? !wired : l->config.kind == BAC_LINK_MBS)) {
    reason = BAC_LINK_DROP_ADDRESS;
  }
  if (reason == BAC_LINK_DROPS) return true;
  link_drop(l, reason, r->ok && h->transmitter != BAC_BROADCAST ? h->transmitter : (uint16_t)BAC_BROADCAST);
  return false;
}

void bac_link_decline(struct bac_link *l) { l->declined = true; }

void bac_link_receive(struct bac_link *l, bac_time now, enum bac_link_port port, const uint8_t *frame, size_t length) {
  struct bac_reader r = bac_reader_over(frame, length);
  struct link_header h;
  if ((unsigned)port >= BAC_LINK_PORTS || !header_read(l, port, &r, &h)) return;
  l->counters.frames_received[h.type]++;
  struct link_neighbour *n =
      link_neighbour_heard(&l->neighbours, now, h.transmitter, h.kind, (uint8_t)port, BAC_BROADCAST);
  n->weak = h.weak;
  if (port == BAC_LINK_AIR && h.next_hop == BAC_BROADCAST) link_neighbour_measure(n, h.count);
  link_housekeeping(l, now);
  switch (h.type) {
    case BAC_LINK_BUNDLE:
      link_bundle_receive(l, now, port, &h, &r);
      break;
    case BAC_LINK_SYMBOL:
      link_symbol_receive(l, now, port, &h, &r);
      break;
    case BAC_LINK_NEED:
      link_need_receive(l, now, port, &h, &r);
      break;
    case BAC_LINK_ROUTE:
      if (port == BAC_LINK_WIRE) link_route_receive(l, now, h.transmitter, &r);
      break;
    default:
      break;
  }
}

bool bac_link_next_frame(struct bac_link *l, bac_time now, enum bac_link_port port, unsigned classes, struct bac_link_frame *out) {
  if ((unsigned)port >= BAC_LINK_PORTS) return false;
  if (port == BAC_LINK_AIR ? l->config.kind == BAC_LINK_MBS : l->config.kind == BAC_LINK_EV) return false;
  link_housekeeping(l, now);
  *out = (struct bac_link_frame){.port = port, .destination = BAC_BROADCAST, .except = BAC_BROADCAST};
  const bool control = classes & LINK_CONTROL_BIT;
  l->radio = control ? 0 : 1;
  if (port == BAC_LINK_WIRE && link_route_frame(l, now, out)) return true;
  if (control && link_need_frame(l, now, port, out)) return true;
  struct link_item *item = link_queue_best(l, now, port, classes);
  struct link_job *job = link_job_best(l, now, port, classes);
  if (job && (!item || job->object->traffic < item->traffic)) return link_symbol_frame(l, job, out);
  bool hello = control && port == BAC_LINK_AIR && l->hello_due <= now;
  if (hello) {
    bac_time interval = l->config.hello_interval;
    hello = !l->sent_on_air; /* whoever was heard anyway need not say hello */
    l->sent_on_air = false;
    l->hello_due = now + interval * 3 / 4 + link_jitter(l, interval / 2);
  }
  return link_bundle_frame(l, now, classes, item, hello, out);
}

bac_time bac_link_wakeup(const struct bac_link *l, enum bac_link_port port, unsigned classes) {
  const bool control = classes & LINK_CONTROL_BIT;
  bac_time at = port == BAC_LINK_WIRE ? l->route_due : control ? l->hello_due : BAC_NEVER;
  bac_time others[3] = {link_queue_wakeup(l, port, classes), control ? link_need_wakeup(l, port) : BAC_NEVER, link_jobs_wakeup(l, port, classes)};
  for (size_t i = 0; i < 3; i++) at = others[i] < at ? others[i] : at;
  return at;
}
