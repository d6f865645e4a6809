/* SPDX-License-Identifier: GPL-2.0-only */
/* Routes of unicasts, what RSUs tell the MBS for them, and periodic upkeep. */
#include "link/internal.h"

#define ROUTE_ENTRY_BYTES 3u
#define ROUTE_INTERVAL (BAC_SECOND / 2)
#define HOUSEKEEPING_INTERVAL (BAC_SECOND / 4)
#define DENSITY_LEAST 4u
#define QUALITY_LEAST 32u /* of 255: a worse link is not counted on */
#define LAST_HOP_COST 60u /* in 1/256, what the hop from the best RSU adds: found to need the fewest frames, since RSUs gather */

static bool fresh(const struct bac_link *l, bac_time now, const struct link_neighbour *n) {
  return n && n->used && now - n->at <= l->neighbour_lifetime;
}

const struct link_neighbour *link_rsu_near(const struct bac_link *l, bac_time now) {
  const struct link_neighbour *best = NULL;
  for (uint32_t i = 0; i < l->neighbours.capacity; i++) {
    const struct link_neighbour *n = &l->neighbours.entries[i];
    if (!fresh(l, now, n) || n->kind != BAC_LINK_RSU || n->port != BAC_LINK_AIR) continue;
    if (!best || n->quality > best->quality || (n->quality == best->quality && n->at > best->at)) best = n;
  }
  return best;
}

/* Expected transmissions of a frame over a link, in 1/256 (ETX; De Couto et al., MobiCom 2003, acknowledgements taken as
 * safe). */
static uint32_t cost(const struct link_neighbour *n) {
  return n->port == BAC_LINK_WIRE ? 0 : 256u * 255u / (n->quality > QUALITY_LEAST ? n->quality : QUALITY_LEAST);
}

bool link_route(struct bac_link *l, bac_time now, uint16_t destination, bool from_wire, bool addressed,
                struct link_hop *hop) {
  const struct link_neighbour *n = link_neighbour_find(&l->neighbours, destination);
  bool known = fresh(l, now, n);
  if (l->config.kind == BAC_LINK_MBS) {
    bool via = known && n->via != BAC_BROADCAST;
    *hop = (struct link_hop){BAC_LINK_WIRE, via ? n->via : known ? destination : (uint16_t)BAC_BROADCAST};
    if (!known) l->counters.no_route++; /* all RSUs get it; one may know better */
    return true;
  }
  /* A station that is heard now and then costs retry after retry: a way round over RSUs, where there is one, may be
   * cheaper. */
  const struct link_neighbour *rsu = l->config.kind == BAC_LINK_EV && l->config.backhaul ? link_rsu_near(l, now) : NULL;
  const bool wire = l->config.kind == BAC_LINK_RSU && l->config.backhaul && !from_wire;
  const uint32_t round = rsu ? cost(rsu) + LAST_HOP_COST : wire ? LAST_HOP_COST : UINT32_MAX;
  if (known && cost(n) <= round) {
    *hop = (struct link_hop){n->port, destination};
    return true;
  }
  if (wire) {
    *hop = (struct link_hop){BAC_LINK_WIRE, BAC_BROADCAST};
    return true;
  }
  if (rsu) {
    *hop = (struct link_hop){BAC_LINK_AIR, rsu->id};
    return true;
  }
  l->counters.no_route++;
  if (from_wire && !addressed) return false; /* every RSU got it: not all of them should flood it */
  *hop = (struct link_hop){BAC_LINK_AIR, BAC_BROADCAST};
  return true;
}

void link_route_receive(struct bac_link *l, bac_time now, uint16_t from, struct bac_reader *r) {
  if (bac_reader_left(r) % ROUTE_ENTRY_BYTES != 0) {
    link_drop(l, BAC_LINK_DROP_TRUNCATED, from);
    return;
  }
  if (l->config.kind != BAC_LINK_MBS) return;
  while (bac_reader_left(r) > 0) {
    uint16_t id = bac_read_u16(r);
    uint8_t quality = bac_read_u8(r);
    const struct link_neighbour *n = link_neighbour_find(&l->neighbours, id);
    /* What has a wire of its own is reached by it. */
    if (n && n->via == BAC_BROADCAST && fresh(l, now, n)) continue;
    /* Another RSU hears it better, and said so lately. */
    if (n && n->via != from && fresh(l, now, n) && n->quality > quality) continue;
    if (id != l->config.self && id != BAC_BROADCAST) {
      link_neighbour_heard(&l->neighbours, now, id, BAC_LINK_EV, BAC_LINK_WIRE, from)->quality = quality;
    }
  }
}

bool link_route_frame(struct bac_link *l, bac_time now, struct bac_link_frame *out) {
  if (l->route_due > now) return false;
  l->route_due = now + ROUTE_INTERVAL;
  struct bac_writer w = link_frame_start(l, BAC_LINK_ROUTE, BAC_BROADCAST);
  for (uint32_t i = 0; i < l->neighbours.capacity && w.length + ROUTE_ENTRY_BYTES <= l->config.frame_bytes_max; i++) {
    const struct link_neighbour *n = &l->neighbours.entries[i];
    /* Heard since the report before last: the MBS takes the RSU that reported last, so stale reports would mislead it.
     */
    if (!fresh(l, now, n) || n->port != BAC_LINK_AIR) continue;
    bac_write_u16(&w, n->id);
    bac_write_u8(&w, n->quality);
  }
  out->traffic = BAC_LINK_CONTROL;
  return link_frame_finish(l, &w, BAC_LINK_ROUTE, out);
}

uint8_t link_weak_neighbours(const struct bac_link *l, bac_time now, uint16_t except, uint16_t weak[LINK_WEAK_MAX]) {
  uint8_t count = 0;
  for (uint32_t i = 0; i < l->neighbours.capacity && count < LINK_WEAK_MAX; i++) {
    const struct link_neighbour *n = &l->neighbours.entries[i];
    if (n->weak && n->id != except && n->port == BAC_LINK_AIR && fresh(l, now, n)) weak[count++] = n->id;
  }
  return count;
}

void link_housekeeping(struct bac_link *l, bac_time now) {
  if (l->housekeeping_due > now) return;
  bool first = l->housekeeping_due == 0;
  l->housekeeping_due = now + HOUSEKEEPING_INTERVAL;
  uint32_t heard = 0;
  l->rsu_speaks = l->config.backhaul && link_rsu_near(l, now);
  if (first) l->born = now;
  for (uint32_t i = 0; i < l->neighbours.capacity; i++) {
    const struct link_neighbour *n = &l->neighbours.entries[i];
    if (fresh(l, now, n) && n->port == BAC_LINK_AIR) heard++;
  }
  /* Until HELLOs had time to come in, expect the whole population. Among a crowd that may be far too many: HELLOs are spread over an interval, so
   * that a part of it tells how many are to be heard. */
  const bac_time hello = l->config.hello_interval, age = now - l->born;
  if (!first && now > l->neighbour_lifetime && (age > l->neighbour_lifetime || !link_crowded(l))) {
    l->density = heard + 1 < l->config.population ? heard + 1 : l->config.population;
    if (l->density < DENSITY_LEAST) l->density = DENSITY_LEAST;
    l->weak = heard > 0 && heard <= LINK_WEAK_NEIGHBOURS && l->config.population > LINK_WEAK_NEIGHBOURS + 1;
  } else if (hello > 0 && age > hello / 8 && link_crowded(l)) {
    const uint64_t expected = age < hello ? (heard + 1) * (uint64_t)hello / (uint64_t)age : heard + 1;
    if (expected < l->density) l->density = expected > DENSITY_LEAST ? (uint32_t)expected : DENSITY_LEAST;
  }
  link_objects_expire(l, now);
}
