/* SPDX-License-Identifier: GPL-2.0-only */
/* What RSUs that a wire joins do for a broadcast object.
 *
 * Cut-through: a symbol that one of them hears on the air goes on by wire at once, and RSUs say on the air what came so, unless they hear most of
 * the object well themselves: cells far from the originator are served while the first one still is. Once they have the object they say parity in place of
 * what is left to pass on: who is halfway between two of them may have heard those symbols from the other.
 *
 * Turns: two RSUs that do not hear each other, both heard halfway between, would be heard by nobody there if they spoke at once. RSUs of even id
 * go first. Those of odd id begin when most of the object has come, with what came last, since what came before may have been heard in their cells, too.
 * When the first are through, they speak in slots, even and odd in turn, and among a crowd relay small objects in them, too. RSUs that hear each
 * other share the air as any stations do; then the object comes slowly since the second ones began, they go on, and the first answer nobody until
 * those are through. So RSUs are to be numbered such that neighbours
 * differ (trace/rsu.h does). Slots ask for clocks that agree within a frame or so, which the wire gives them; where they do not, frames collide, and are
 * asked for again. */
#include "link/internal.h"

#define SLOT_EVEN_FRAMES 16u
#define SLOT_ODD_FRAMES 18u /* those of odd id have said less so far */
#define QUALITY_FAIR 32u /* of 255: of eight frames one arrives */
#define SLOT_GUARD 3u /* frames before its end: what the MAC still has must leave, too */

static bool get(const uint8_t *bits, uint32_t i) { return bits[i / 8] >> (i % 8) & 1; }

static bool second(const struct bac_link *l) { return l->config.self % 2 == 1; }

static void flip(struct link_object *o, enum bac_link_port port, uint32_t g, uint32_t i) {
  uint8_t *byte = &o->generation[g].pending[port][i / 8];
  *byte = (uint8_t)(*byte ^ 1u << (i % 8));
}

static void job_end(struct bac_link *l, const struct link_object *o, enum bac_link_port port) {
  struct link_job *job = link_job_find(l, o, (uint8_t)port, BAC_BROADCAST);
  if (job && job->outstanding_total == 0 && job->pass == o->layout.symbols) link_job_remove(l, job);
}

static void put(struct bac_link *l, bac_time due, struct link_object *o, enum bac_link_port port, uint32_t g, uint32_t index) {
  if (get(o->generation[g].pending[port], index)) return;
  struct link_job *job = link_job_get(l, o, (uint8_t)port, BAC_BROADCAST);
  if (!job) return;
  flip(o, port, g, index);
  o->pending[port]++;
  if (due < job->due) job->due = due;
}

/* Somebody sends false symbols: others are to get it when it is whole. */
static void pass_nothing(struct bac_link *l, struct link_object *o) {
  for (int port = 0; port < BAC_LINK_PORTS; port++) {
    if (o->pending[port] == 0) continue;
    o->pending[port] = 0;
    for (uint32_t g = 0; g < o->layout.generations; g++) memset(o->generation[g].pending[port], 0, (o->generation[g].code + 7) / 8);
    job_end(l, o, (enum bac_link_port)port);
  }
}

/* Three fifths: if those of odd id began earlier, they would disturb the others for longer halfway; later, they would be late. */
static bool has_most(const struct link_object *o) {
  uint32_t lacks = 0;
  for (uint32_t g = 0; g < o->layout.generations; g++) lacks += link_object_lacks(o, g);
  return 5 * lacks <= 2 * o->layout.symbols;
}

void link_pass_on(struct bac_link *l, bac_time now, enum bac_link_port port, struct link_object *o, uint32_t g, uint32_t index, uint16_t from) {
  if (l->config.kind == BAC_LINK_EV || !l->config.backhaul) return;
  if (o->trusted != BAC_BROADCAST) {
    pass_nothing(l, o);
    return;
  }
  if (o->unicast || o->audience != BAC_BROADCAST) return;
  if (o->most_at == 0 && has_most(o)) o->most_at = now;
  if (l->config.kind == BAC_LINK_MBS || port == BAC_LINK_AIR) {
    const uint16_t origin = port == BAC_LINK_WIRE ? from : (uint16_t)BAC_BROADCAST;
    o->pending_from = o->pending[BAC_LINK_WIRE] == 0 || o->pending_from == origin ? origin : (uint16_t)BAC_BROADCAST;
    put(l, now, o, BAC_LINK_WIRE, g, index);
  } else if (!link_served(o)) {
    put(l, second(l) && o->most_at == 0 ? BAC_NEVER : now, o, BAC_LINK_AIR, g, index);
  }
}

bool link_pass_next(const struct bac_link *l, struct link_object *o, enum bac_link_port port, uint32_t *g, uint32_t *index) {
  const uint32_t code = o->generation[0].code; /* no other has more */
  const bool last_first = port == BAC_LINK_AIR && second(l);
  for (uint32_t i = 0; o->pending[port] > 0 && i < code; i++) {
    *index = last_first ? code - 1 - i : i;
    for (*g = 0; *g < o->layout.generations; ++*g) {
      if (*index >= o->generation[*g].code || !get(o->generation[*g].pending[port], *index)) continue;
      flip(o, port, *g, *index);
      o->pending[port]--;
      return true;
    }
  }
  return false;
}

void link_pass_heard(struct bac_link *l, struct link_object *o, uint32_t g, uint32_t index) {
  o->by_air++;
  if (!get(o->generation[g].pending[BAC_LINK_AIR], index)) return;
  flip(o, BAC_LINK_AIR, g, index);
  if (--o->pending[BAC_LINK_AIR] == 0) job_end(l, o, BAC_LINK_AIR);
}

bool link_served(const struct link_object *o) { return o->by_air > 0 && o->by_air >= o->by_wire; }

bac_time link_slot(const struct bac_link *l, bac_time now) {
  if (!l->turns) return now;
  const bac_time even = link_frames_time(l, SLOT_EVEN_FRAMES), odd = link_frames_time(l, SLOT_ODD_FRAMES);
  const bac_time slot = second(l) ? odd : even, first = second(l) ? even : 0;
  const bac_time begin = now - (now + odd + even - first) % (odd + even); /* of the last one that is this station's */
  return now < begin + slot - link_frames_time(l, SLOT_GUARD) ? now : begin + odd + even;
}

bac_time link_turn(const struct bac_link *l, bac_time now, const struct link_object *o) {
  if (!l->turns || (o->pending[BAC_LINK_AIR] > 0 && !second(l))) return now;
  const bac_time least = link_frames_time(l, o->layout.symbols * 3 / 5), took = o->most_at - o->created;
  const bac_time most = took < least ? least : took < 2 * least ? took : 2 * least; /* an object that came with long pauses must not silence anybody for long */
  const bool shared = (o->complete ? o->complete_at : now) > o->most_at + most; /* the rest, two fifths, took longer than the most */
  const bac_time through = o->most_at + (shared ? 2 * most : most + most / 8);
  if (now < through) return second(l) ? now : through;
  return link_slot(l, now);
}

const struct link_neighbour *link_rsu_serving(struct bac_link *l, bac_time now) {
  if (l->config.kind != BAC_LINK_EV || !l->config.backhaul) return NULL;
  const struct link_neighbour *rsu = link_rsu_near(l, now);
  if (!rsu) return NULL;
  return link_hears_well(l, rsu->id) || (link_crowded(l) && rsu->quality >= QUALITY_FAIR) ? rsu : NULL;
}
