/* SPDX-License-Identifier: GPL-2.0-only */
/* Asking for symbols and answering, in the manner of NORM (RFC 5740): receivers say how many symbols of each generation
 * they lack, not which; whoever lacks most asks first, and who lacks no more than was asked for stays silent; any
 * holder can answer with symbols not heard before, one of them at a time. */
#include "link/internal.h"

#define NEED_WINDOW_LEAST (3 * BAC_MS)
#define NEED_WINDOW_MOST (30 * BAC_MS)
#define WIRE_DELAY (2 * BAC_MS)
#define WIRE_WAIT (100 * BAC_MS)
#define RETRIES_SHIFT_MAX 5u
#define RETRIES_WIRE 4u /* then the air is asked */
#define RETRIES_TRUSTED 3u
#define RETRIES_RSU 4u  /* then whoever has it */
#define RETRIES_OF_RSUS 2u /* among a crowd: until then other EVs are not to answer */
#define ORIGIN_LEAST 2u /* symbols of a generation with which the originator answers EVs that an RSU will serve */
#define CROWD_LIFETIME (4 * BAC_SECOND) /* of what EVs of a crowd answer for others, and so many times its airtime */
#define CROWD_AIRTIMES 10u
#define LOSS_PERMILLE_MOST 600u
#define LOSS_PERMILLE_UNKNOWN 100u
#define SLOTS_FRAMES 34 /* EVs that have RSUs let them have their slots first, which begin when a quarter of the airtime has passed at the latest */
#define HALVED_LEAST 16u /* symbols that fill an RSU's slot: who lacks no more should not have to ask again */
#define TALK_FRAMES 8 /* frames of silence after which a talker is thought to be done */

/* Grows with the number of stations that may speak up, so that few do at once; where RSUs on the wire answer, in slots, a crowd has time. */
static bac_time need_window(const struct bac_link *l) {
  bac_time window = (bac_time)l->density * bac_link_airtime_ns(&l->config, LINK_NEED_BYTES) / 4;
  if (window < NEED_WINDOW_LEAST) return NEED_WINDOW_LEAST;
  if (window > NEED_WINDOW_MOST) window = NEED_WINDOW_MOST;
  return l->rsu_speaks ? link_crowd_stretch(l, window) : window;
}

/* 16 * log2(1 + x), linear between powers of two. */
static uint32_t log2_16(uint32_t x) {
  uint32_t v = x + 1, whole = 31u - (uint32_t)__builtin_clz(v);
  return 16 * whole + (uint32_t)(((uint64_t)(v - (1u << whole)) << 4) >> whole);
}

static uint32_t deficit_most(const struct link_object *o) {
  uint32_t most = 0;
  for (uint32_t g = 0; g < o->layout.generations; g++) {
    if (link_object_lacks(o, g) > most) most = link_object_lacks(o, g);
  }
  return most;
}

/* Random wait before asking: who lacks more asks earlier. */
static bac_time need_delay(struct bac_link *l, const struct link_object *o) {
  bac_time window = need_window(l);
  uint32_t full = log2_16(BAC_LINK_GENERATION_SYMBOLS), lack = log2_16(deficit_most(o));
  return window * (bac_time)(full - lack) / (2 * (bac_time)full) + link_jitter(l, window / 2);
}

/* How long to wait for an answer. */
static bac_time answer_wait(struct bac_link *l, const struct link_object *o) {
  bac_time wait = o->need_port == BAC_LINK_WIRE ? WIRE_WAIT : link_frames_time(l, 5) + need_window(l) / 2;
  uint32_t shift = o->need_retries < RETRIES_SHIFT_MAX ? o->need_retries : RETRIES_SHIFT_MAX;
  return wait << shift;
}

static bool talking(struct bac_link *l, bac_time now, const struct link_object *o) {
  if (o->talker == BAC_BROADCAST || (o->talker_port == BAC_LINK_AIR && !link_hears_well(l, o->talker))) return false;
  return now < o->talker_at + (bac_time)o->talker_remaining * o->gap + link_frames_time(l, TALK_FRAMES);
}

void link_need_schedule(struct bac_link *l, bac_time now, struct link_object *o) {
  bac_time end = now + (bac_time)o->talker_remaining * o->gap;
  o->need_retries = 0;
  o->need_port = o->talker_port;
  o->holder = o->talker;
  o->need_due = end + (o->talker_port == BAC_LINK_WIRE ? WIRE_DELAY : need_delay(l, o));
}

void link_need_wanted(struct bac_link *l, bac_time now, struct link_object *o, enum bac_link_port port,
                      uint16_t holder) {
  bac_time due = now + (port == BAC_LINK_WIRE || o->unicast ? 0 : need_delay(l, o));
  if (port == BAC_LINK_AIR && talking(l, now, o)) return; /* asks when that is over */
  if (port == BAC_LINK_AIR && o->need_due != BAC_NEVER && o->need_port == BAC_LINK_WIRE &&
      o->need_retries < RETRIES_WIRE)
    return;
  bool news = o->holder != holder || o->need_port != port;
  if (o->need_due != BAC_NEVER && !news) return; /* already asking */
  if (o->need_due != BAC_NEVER && due > o->need_due && port == BAC_LINK_AIR) due = o->need_due;
  o->holder = holder;
  o->need_port = (uint8_t)port;
  o->need_due = due;
}

static void asked_fresh(struct link_object *o, bac_time now) {
  bool stale = now >= o->asked_until || o->asked_talker != o->talker || o->asked_burst != o->talker_burst;
  for (uint32_t g = 0; stale && g < o->layout.generations; g++) o->generation[g].asked = 0;
}

static bool covered(struct link_object *o, bac_time now) {
  asked_fresh(o, now);
  for (uint32_t g = 0; g < o->layout.generations; g++) {
    if (link_object_lacks(o, g) > o->generation[g].asked) return false;
  }
  return true;
}

static void asked_note(struct link_object *o, bac_time now, const uint16_t *counts, bac_time until) {
  asked_fresh(o, now);
  for (uint32_t g = 0; g < o->layout.generations; g++) {
    if (counts[g] > o->generation[g].asked) o->generation[g].asked = counts[g];
  }
  o->asked_talker = o->talker;
  o->asked_burst = o->talker_burst;
  o->asked_until = until;
}

static bool need_write(struct bac_link *l, bac_time now, struct link_object *o, struct bac_link_frame *out) {
  bool addressed = o->unicast || o->need_port == BAC_LINK_WIRE;
  uint16_t counts[BAC_LINK_GENERATIONS_MAX];
  const struct link_neighbour *rsu = addressed || o->need_retries >= RETRIES_RSU ? NULL : link_rsu_serving(l, now);
  if (rsu) o->holder = rsu->id;
  out->destination = addressed ? o->holder : BAC_BROADCAST;
  out->traffic = BAC_LINK_CONTROL;
  struct bac_writer w = link_frame_start(l, BAC_LINK_NEED, (uint16_t)out->destination);
  bac_write_bytes(&w, o->id, LINK_OBJECT_ID_BYTES);
  bac_write_u32(&w, o->layout.length);
  bac_write_u16(&w, (uint16_t)o->layout.symbol_bytes);
  bac_write_u16(&w, o->holder);
  bac_write_u8(&w, (uint8_t)(o->layout.generations | (rsu && link_crowded(l) && o->need_retries < RETRIES_OF_RSUS ? LINK_NEED_OF_RSUS : 0)));
  BAC_ASSERT(w.length == LINK_NEED_BYTES);
  for (uint32_t g = 0; g < o->layout.generations; g++) {
    counts[g] = link_object_lacks(o, g);
    bac_write_u16(&w, counts[g]);
  }
  bac_time wait = answer_wait(l, o);
  asked_note(o, now, counts, now + wait);
  if (o->need_retries < UINT8_MAX) o->need_retries++;
  if (o->need_retries > RETRIES_TRUSTED) o->trusted = BAC_BROADCAST; /* it is gone */
  o->need_due = now + wait + (addressed ? 0 : need_delay(l, o));
  if (o->need_port == BAC_LINK_WIRE && o->need_retries >= RETRIES_WIRE && l->config.kind == BAC_LINK_RSU &&
      !o->unicast) {
    o->need_port = BAC_LINK_AIR;
  }
  l->counters.needs_sent++;
  return link_frame_finish(l, &w, BAC_LINK_NEED, out);
}

bool link_need_frame(struct bac_link *l, bac_time now, enum bac_link_port port, struct bac_link_frame *out) {
  for (uint32_t i = 0; i < l->objects_count; i++) {
    struct link_object *o = l->objects[i];
    if (o->complete || o->need_due > now || o->need_port != port) continue;
    if (port == BAC_LINK_WIRE || o->unicast || !covered(o, now)) return need_write(l, now, o, out);
    l->counters.needs_suppressed++;
    o->need_due = o->asked_until + need_delay(l, o);
  }
  return false;
}

bac_time link_need_wakeup(const struct bac_link *l, enum bac_link_port port) {
  bac_time at = BAC_NEVER;
  for (uint32_t i = 0; i < l->objects_count; i++) {
    const struct link_object *o = l->objects[i];
    if (!o->complete && o->need_port == port && o->need_due < at) at = o->need_due;
  }
  return at;
}

/* ---- Answering ---- */

/* The originator learns the loss of the worst receiver from what it lacks after so many symbols were sent. */
static void loss_learn(struct bac_link *l, struct link_object *o, const uint16_t *counts) {
  uint32_t sent = 0, got = 0;
  for (uint32_t g = 0; g < o->layout.generations; g++) {
    const struct link_generation *gen = &o->generation[g];
    if (gen->sent < gen->k || counts[g] == 0 || counts[g] >= gen->k) continue;
    sent += gen->sent;
    got += gen->k - counts[g];
  }
  if (sent == 0 || got >= sent) return;
  uint32_t loss = (sent - got) * 1000 / sent;
  if (loss > LOSS_PERMILLE_MOST) loss = LOSS_PERMILLE_MOST;
  if (o->loss_permille != 0) return;
  o->loss_permille = loss;
  l->loss_permille = l->loss_permille > 0 ? (3 * l->loss_permille + loss) / 4 : loss;
}

/* Whom it asked answers at once; others stand by, and give way as soon as they hear the answer (yield_to). */
static bac_time stand_by(struct bac_link *l, const struct link_object *o, uint16_t holder, bool addressed) {
  if (addressed || holder == l->config.self) return 0;
  bac_time frame = link_frames_time(l, 1);
  if (l->turns) return 0; /* in its turn */
  if (o->own) return 6 * frame + link_jitter(l, 2 * frame);
  if (l->config.kind == BAC_LINK_RSU) return 10 * frame + link_jitter(l, 6 * frame);
  return (18 + (l->config.backhaul ? SLOTS_FRAMES + o->layout.symbols / 4 : 0)) * frame + link_jitter(l, 30 * frame);
}

/* Among a crowd somebody always lacks something that is of no use any more: EVs would serve it to each other one by one for as long as they keep it. */
static bool past(const struct bac_link *l, bac_time now, const struct link_object *o) {
  return l->config.kind == BAC_LINK_EV && !o->own && link_crowded(l) && now - o->created > CROWD_LIFETIME + link_frames_time(l, CROWD_AIRTIMES * o->layout.symbols);
}

static void answer(struct bac_link *l, bac_time now, enum bac_link_port port, const struct link_header *h,
                   struct link_object *o, uint16_t holder, bool of_rsus, const uint16_t *counts) {
  bool addressed = h->next_hop != BAC_BROADCAST;
  if (!addressed && l->config.kind == BAC_LINK_EV && !l->config.relay && !o->own) return;
  if (o->layout.symbol_bytes + LINK_SYMBOL_HEADER_BYTES > l->config.frame_bytes_max) return;
  if (port == BAC_LINK_AIR && o->budget == 0) {
    link_drop(l, BAC_LINK_DROP_BUDGET, h->transmitter);
    return;
  }
  const struct link_neighbour *rsu = addressed || h->kind != BAC_LINK_EV ? NULL : link_rsu_serving(l, now);
  if (rsu && holder == rsu->id && !(of_rsus && o->own)) return;
  if (of_rsus && l->config.kind == BAC_LINK_EV && !o->own) return;
  if (!addressed && past(l, now, o)) return;
  struct link_job *job = link_job_get(l, o, (uint8_t)port, addressed ? h->transmitter : (uint16_t)BAC_BROADCAST);
  if (!job) return;
  if (o->own && !addressed) loss_learn(l, o, counts);
  uint32_t loss = o->loss_permille ? o->loss_permille : l->loss_permille ? l->loss_permille : LOSS_PERMILLE_UNKNOWN;
  bool reliable = addressed; /* the wire, or a MAC that retries */
  for (uint32_t g = 0; g < o->layout.generations; g++) {
    uint32_t lacks = counts[g], passes = 0;
    if (job->pass < o->layout.symbols) { /* what the rest of the first pass will bring anyway */
      uint32_t generations = o->layout.generations;
      passes = o->generation[g].k - (job->pass + generations - 1 - g) / generations;
    }
    lacks = lacks > passes ? lacks - passes : 0;
    uint32_t want = reliable || lacks == 0 ? lacks : (lacks * 1000 + 999 - loss) / (1000 - loss);
    if (rsu && o->own && want > ORIGIN_LEAST) want = ORIGIN_LEAST;
    if (l->turns && !reliable && want > HALVED_LEAST) want = want > 2 * HALVED_LEAST ? (want + 1) / 2 : HALVED_LEAST; /* the RSU on the other side sends as many */
    if (want <= job->outstanding[g]) continue;
    job->outstanding_total += want - job->outstanding[g];
    job->outstanding[g] = (uint16_t)want;
  }
  o->burst++;
  l->counters.needs_answered++;
  if (job->outstanding_total == 0 && job->pass == o->layout.symbols) {
    link_job_remove(l, job);
    return;
  }
  if (holder == l->config.self) job->named = true;
  bac_time due = now + stand_by(l, o, holder, addressed);
  if (due < job->due) job->due = due;
}

void link_need_receive(struct bac_link *l, bac_time now, enum bac_link_port port, const struct link_header *h,
                       struct bac_reader *r) {
  const uint8_t *id = bac_read_bytes(r, LINK_OBJECT_ID_BYTES);
  uint32_t length = bac_read_u32(r), symbol_bytes = bac_read_u16(r);
  uint16_t holder = bac_read_u16(r);
  const uint8_t asked = bac_read_u8(r), generations = asked & (LINK_NEED_OF_RSUS - 1u);
  const bool of_rsus = asked & LINK_NEED_OF_RSUS, heeded = of_rsus && l->rsu_speaks && link_crowded(l); /* anybody can set the bit */
  uint16_t counts[LINK_NEED_OF_RSUS];
  for (uint32_t g = 0; g < generations; g++) counts[g] = bac_read_u16(r);
  struct bac_link_layout layout;
  if (!r->ok || bac_reader_left(r) > 0) {
    link_drop(l, BAC_LINK_DROP_TRUNCATED, h->transmitter);
    return;
  }
  bool sound = bac_link_layout_of(length, symbol_bytes, &layout) && generations == layout.generations;
  for (uint32_t g = 0; sound && g < generations; g++) sound = counts[g] <= bac_link_layout_size(&layout, g);
  if (!sound) {
    link_drop(l, BAC_LINK_DROP_LAYOUT, h->transmitter);
    return;
  }
  struct link_object *o = link_object_find(l, id, &layout);
  if (!o) return;
  if (o->complete) {
    if (o->layout.symbol_bytes == symbol_bytes && o->layout.length == length)
      answer(l, now, port, h, o, holder, heeded, counts);
    return;
  }
  if (of_rsus && !link_rsu_serving(l, now)) return; /* the answer will not be heard here */
  if (port == BAC_LINK_AIR && h->next_hop == BAC_BROADCAST) asked_note(o, now, counts, now + answer_wait(l, o));
}
