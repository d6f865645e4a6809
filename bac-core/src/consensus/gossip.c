/* SPDX-License-Identifier: GPL-2.0-only */
#include "consensus/gossip.h"

#include <stdlib.h>

#include "crypto/hash.h"

enum { SYNC_WANT = 1, SYNC_HAVE = 2 };

#define SYNC_RANGE 250u           /* creators of one SYNC_HAVE */
#define SYNC_WANT_MAX 30u         /* ids of one SYNC_WANT */
#define CROWD_WANT_MAX 5u         /* among a crowd: a frame holds so many events without transactions */
#define SYNC_EVENTS_MAX 256u      /* events of one answer */
#define GAP_ORPHANS 4u            /* more than these wait for parents: a gap; among a crowd, more than there are members */
#define SYNC_BYTES 60000u         /* after which an answer ends */
#define SYNC_LONG 32u             /* events after which an answer is taken to have a continuation */
#define CROWD_SYNC_BYTES 16000u   /* the same among a crowd */
#define SERVE_INTERVAL (BAC_SECOND / 4)
#define EVENT_FIXED_BYTES (2u + 2u * BAC_HASH_BYTES + 8u + BAC_SIGNATURE_BYTES + 4u)
#define OBJECT_HEADER_BYTES 20u
#define FRAME_SPARE_BYTES 100u /* of a frame: headers, and the lengths of the transactions */
#define STALL_PERIODS 3 /* without a new event for so long, ask */

/* An event whose parent is not here yet. */
struct bac_gossip_orphan {
  struct bac_hashgraph_event event;
  uint8_t missing[BAC_HASH_BYTES];
  uint32_t from; /* node id of who sent it */
  bac_time ask_at;
};

static bac_time period(const struct bac_gossip *g) { return bac_env_config(g->env)->gossip_period; }
static bool unicast(const struct bac_gossip *g) { return bac_env_config(g->env)->delivery == BAC_DELIVERY_UNICAST; }
/* Among a crowd some members lack an event at any time. What they lack is asked for by name, a few at a time and not by all at once, and by heights seldom:
 * such an answer holds what is on its way anyway, and one member out of reach would have tens of kilobytes sent after it all the time. */
static uint32_t gap_orphans(const struct bac_gossip *g) { return bac_env_tells_crowd(g->env) ? g->members : GAP_ORPHANS; }

/* How long a parent has to arrive by itself. */
static bac_time patience(const struct bac_gossip *g) {
  const bac_time delta = bac_env_config(g->env)->delta;
  return bac_env_tells_crowd(g->env) ? 2 * delta + (bac_time)bac_random_below(bac_env_random(g->env), (uint64_t)(2 * delta)) : delta;
}

static uint32_t orphans_max(const struct bac_gossip *g) { return 64 + 4 * g->members; }

static const struct bac_member *member(const struct bac_gossip *g, uint32_t index) {
  return &bac_env_roster(g->env)->members[g->roster_index[index]];
}

uint32_t bac_gossip_index(const struct bac_gossip *g, uint32_t roster_index) {
  for (uint32_t i = 0; i < g->members; i++)
    if (g->roster_index[i] == roster_index) return i;
  return BAC_INDEX_NONE;
}

bool bac_gossip_turn(const struct bac_gossip *g, const struct bac_pool_entry *tx) {
  const uint32_t rank = (g->self + g->members - bac_get_u32(tx->tx.id) % g->members) % g->members;
  return bac_env_now(g->env) - tx->arrived_at >= (bac_time)(bac_env_tells_crowd(g->env) || rank == 0 ? rank : 1) * BAC_GOSSIP_TAKEOVER;
}

bool bac_gossip_fits(const struct bac_gossip *g, size_t bytes, const struct bac_tx *tx) {
  const struct bac_config *c = bac_env_config(g->env);
  const bool alone = bytes == tx->wire_length, frame = bytes + EVENT_FIXED_BYTES + OBJECT_HEADER_BYTES + FRAME_SPARE_BYTES <= c->frame_bytes_max;
  return bytes <= c->block_bytes_max && (alone || frame || !bac_env_tells_crowd(g->env));
}

/* ---- Events on the air. ---- */

static size_t event_bytes(const struct bac_hashgraph_event *event) {
  return EVENT_FIXED_BYTES + (event->payload ? event->payload->length : 0);
}

static void event_write(struct bac_writer *w, const struct bac_hashgraph_event *event) {
  bac_write_u16(w, (uint16_t)event->creator);
  bac_write_bytes(w, event->self_parent, BAC_HASH_BYTES);
  bac_write_bytes(w, event->other_parent, BAC_HASH_BYTES);
  bac_write_u64(w, (uint64_t)event->timestamp);
  bac_write_bytes(w, event->signature, BAC_SIGNATURE_BYTES);
  bac_write_u32(w, event->payload ? (uint32_t)event->payload->length : 0);
  if (event->payload) bac_write_bytes(w, event->payload->data, event->payload->length);
}

/* False: torn. On success event->payload is the caller's. */
static bool event_read(struct bac_gossip *g, struct bac_reader *r, struct bac_hashgraph_event *event) {
  *event = (struct bac_hashgraph_event){.epoch = bac_env_roster(g->env)->epoch};
  event->creator = bac_read_u16(r);
  const uint8_t *self_parent = bac_read_bytes(r, BAC_HASH_BYTES), *other_parent = bac_read_bytes(r, BAC_HASH_BYTES);
  event->timestamp = (bac_time)bac_read_u64(r);
  const uint8_t *signature = bac_read_bytes(r, BAC_SIGNATURE_BYTES);
  const size_t length = bac_read_u32(r);
  const uint8_t *payload = bac_read_bytes(r, length);
  if (!r->ok) return false;
  memcpy(event->self_parent, self_parent, BAC_HASH_BYTES);
  memcpy(event->other_parent, other_parent, BAC_HASH_BYTES);
  memcpy(event->signature, signature, BAC_SIGNATURE_BYTES);
  bac_payload_digest(event->payload_digest, payload, length, bac_env_cost(g->env));
  if (length > 0) event->payload = bac_buf_new(payload, length);
  bac_hashgraph_event_identify(event);
  return true;
}

/* The object of some events; the caller owns it. stamp: makes answers that hold the same events different objects, since the link
 * delivers equal ones once. */
static struct bac_buf *object_of(struct bac_gossip *g, const struct bac_hashgraph_event *const *events, size_t count, bac_time stamp) {
  size_t length = OBJECT_HEADER_BYTES;
  for (size_t i = 0; i < count; i++) length += event_bytes(events[i]);
  struct bac_buf *object = bac_buf_new(NULL, length);
  struct bac_writer w = bac_writer_over(object->data, length);
  bac_env_gossip_header(g->env, &w);
  bac_write_u64(&w, (uint64_t)stamp);
  for (size_t i = 0; i < count; i++) event_write(&w, events[i]);
  BAC_ASSERT(w.ok && w.length == length);
  return object;
}

/* ---- Orphans. ---- */

static void orphan_drop(struct bac_gossip *g, uint32_t i) {
  bac_buf_unref(g->orphans[i].event.payload);
  g->orphans[i] = g->orphans[--g->orphan_count];
}

/* Takes over the event's payload. */
static void orphan_keep(struct bac_gossip *g, const struct bac_hashgraph_event *event, bool self_parent, uint32_t from) {
  for (uint32_t i = 0; i < g->orphan_count; i++) {
    if (memcmp(g->orphans[i].event.id, event->id, BAC_HASH_BYTES) != 0) continue;
    bac_buf_unref(event->payload);
    return;
  }
  if (g->orphan_count == orphans_max(g)) { /* the newest goes: what is far above the gap comes again, what fills it must find room */
    uint32_t newest = 0;
    for (uint32_t i = 1; i < g->orphan_count; i++)
      if (g->orphans[i].event.timestamp > g->orphans[newest].event.timestamp) newest = i;
    if (event->timestamp >= g->orphans[newest].event.timestamp) {
      bac_buf_unref(event->payload);
      return;
    }
    orphan_drop(g, newest);
  }
  struct bac_gossip_orphan *o = &g->orphans[g->orphan_count++];
  /* The parent may be on its way over relays: ask only when it has had its time. */
  *o = (struct bac_gossip_orphan){.event = *event, .from = from, .ask_at = bac_env_now(g->env) + patience(g)};
  memcpy(o->missing, self_parent ? event->self_parent : event->other_parent, BAC_HASH_BYTES);
}

/* ---- Taking events in. ---- */

static void tell_decisions(struct bac_gossip *g) {
  struct bac_hashgraph_statistics s;
  uint64_t witnesses = 0, rounds = 0;
  bac_hashgraph_statistics(g->view, &s);
  for (uint64_t d = 0; d < BAC_HASHGRAPH_DISTANCE_MAX; d++) {
    witnesses += s.rounds_to_decide[d];
    rounds += d * s.rounds_to_decide[d];
  }
  bac_env_decided(g->env, witnesses - g->witnesses, rounds - g->witness_rounds);
  g->witnesses = witnesses;
  g->witness_rounds = rounds;
}

static void conclude(struct bac_gossip *g) {
  struct bac_hashgraph_fork fork;
  while (bac_hashgraph_next_fork(g->view, &fork)) bac_env_reject(g->env, BAC_REJECT_EQUIVOCATION, member(g, fork.creator)->id);
  const struct bac_hashgraph_round *round;
  bool decided = false;
  while ((round = bac_hashgraph_next(g->view)) != NULL) {
    decided = true;
    g->callbacks->round(g->engine, round);
  }
  if (decided) tell_decisions(g);
}

static enum bac_reject reason_of(enum bac_hashgraph_verdict verdict) {
  switch (verdict) {
    case BAC_HASHGRAPH_WRONG_CREATOR:
      return BAC_REJECT_UNKNOWN_SENDER;
    case BAC_HASHGRAPH_WRONG_EPOCH:
      return BAC_REJECT_WRONG_EPOCH;
    case BAC_HASHGRAPH_STALE:
      return BAC_REJECT_STALE;
    case BAC_HASHGRAPH_FULL:
      return BAC_REJECT_WINDOW;
    default:
      return BAC_REJECT_MALFORMED;
  }
}

/* A crash must not take what an own event, or that of a member that has heard it here, builds on: everything. */
static void remember(struct bac_gossip *g, const struct bac_hashgraph_event *event) {
  struct bac_buf *record = bac_buf_new(NULL, event_bytes(event));
  struct bac_writer w = bac_writer_over(record->data, record->length);
  event_write(&w, event);
  bac_env_remember(g->env, record->data, record->length);
  bac_buf_unref(record);
}

/* One event whose signature holds; takes over its payload. True: the graph has grown. */
static bool take(struct bac_gossip *g, const struct bac_hashgraph_event *event, uint32_t from) {
  const struct bac_hashgraph_event *stored;
  const enum bac_hashgraph_verdict verdict = bac_hashgraph_add(g->view, event, &stored);
  if (verdict == BAC_HASHGRAPH_UNKNOWN_SELF_PARENT || verdict == BAC_HASHGRAPH_UNKNOWN_OTHER_PARENT) {
    orphan_keep(g, event, verdict == BAC_HASHGRAPH_UNKNOWN_SELF_PARENT, from);
    return false;
  }
  bac_buf_unref(event->payload);
  if (verdict == BAC_HASHGRAPH_ADDED) {
    if (stored->creator != g->self) {
      g->progress_at = bac_env_now(g->env);
      g->heard = true;
      g->heard_from = stored->creator;
    }
    if (!g->replays) remember(g, stored);
    g->callbacks->event(g->engine, stored);
    return true;
  }
  if (verdict != BAC_HASHGRAPH_DUPLICATE) bac_env_reject(g->env, reason_of(verdict), from);
  return false;
}

/* Offers waiting events again until none fits any more. */
static void retry_orphans(struct bac_gossip *g) {
  for (bool grown = true; grown;) {
    grown = false;
    for (uint32_t i = 0; i < g->orphan_count;) {
      struct bac_gossip_orphan o = g->orphans[i];
      if (!bac_hashgraph_find(g->view, o.missing)) {
        i++;
        continue;
      }
      g->orphans[i] = g->orphans[--g->orphan_count]; /* take() may put it back, waiting for its other parent */
      grown = true;
      take(g, &o.event, o.from);
    }
  }
}

static bool signature_holds(struct bac_gossip *g, const struct bac_hashgraph_event *event) {
  uint8_t digest[BAC_HASH_BYTES];
  bac_hashgraph_event_digest(digest, event);
  return bac_verify(bac_env_shared(g->env), event->signature, digest, member(g, event->creator)->sign_key, bac_env_cost(g->env));
}

static void make_event(struct bac_gossip *g);
static void arm(struct bac_gossip *g);

void bac_gossip_receive(struct bac_gossip *g, struct bac_reader *r, uint32_t from) {
  if (!g->view) return;
  uint32_t grown = 0, count = 0;
  bac_read_u64(r); /* the stamp */
  while (bac_reader_left(r) > 0) {
    struct bac_hashgraph_event event;
    if (!event_read(g, r, &event)) {
      bac_env_reject(g->env, BAC_REJECT_MALFORMED, from);
      break;
    }
    count++;
    if (event.creator >= g->members) {
      bac_env_reject(g->env, BAC_REJECT_UNKNOWN_SENDER, from);
      bac_buf_unref(event.payload);
    } else if (bac_hashgraph_find(g->view, event.id)) {
      bac_buf_unref(event.payload);
    } else if (!signature_holds(g, &event)) {
      bac_env_reject(g->env, BAC_REJECT_SIGNATURE, from);
      bac_buf_unref(event.payload);
    } else {
      grown += take(g, &event, from);
    }
  }
  if (grown > 0) retry_orphans(g);
  conclude(g);
  if (grown > 0 && unicast(g) && g->heard) make_event(g);
  const uint32_t sender = bac_roster_index(bac_env_roster(g->env), from);
  if (grown > 0 && count >= SYNC_LONG && sender != BAC_INDEX_NONE) {
    g->more_at = bac_env_now(g->env) + (bac_env_tells_crowd(g->env) ? STALL_PERIODS * period(g) : SERVE_INTERVAL);
    g->more_from = sender;
  }
  arm(g);
}

/* ---- Own events. ---- */

/* The newest event of the member that was heard last. If that one has forked, nobody builds on it, and if all have heard it last, all
 * would wait for each other: so of another one, each in turn. */
static const struct bac_hashgraph_event *other_parent(const struct bac_gossip *g) {
  if (!bac_hashgraph_forked(g->view, g->heard_from)) return bac_hashgraph_head(g->view, g->heard_from);
  const uint32_t turn = bac_hashgraph_known(g->view, g->self);
  for (uint32_t k = 0; k < g->members; k++) {
    const uint32_t i = (turn + k) % g->members;
    const struct bac_hashgraph_event *head = i != g->self && !bac_hashgraph_forked(g->view, i) ? bac_hashgraph_head(g->view, i) : NULL;
    if (head) return head;
  }
  return NULL;
}

static void make_event(struct bac_gossip *g) {
  if (g->self == BAC_INDEX_NONE || g->mute) return;
  const struct bac_hashgraph_event *head = bac_hashgraph_head(g->view, g->self);
  struct bac_hashgraph_event event = {.epoch = bac_env_roster(g->env)->epoch, .creator = g->self, .timestamp = bac_env_now(g->env)};
  if (head) {
    const struct bac_hashgraph_event *other = g->heard ? other_parent(g) : NULL;
    if (!other) return; /* a later event needs someone else's */
    memcpy(event.self_parent, head->id, BAC_HASH_BYTES);
    memcpy(event.other_parent, other->id, BAC_HASH_BYTES);
    if (event.timestamp <= head->timestamp) event.timestamp = head->timestamp + 1;
  } else {
    const struct bac_entry *base = bac_chain_base(bac_env_chain(g->env));
    bac_hashgraph_root(event.self_parent, base->block->digest, member(g, g->self)->sign_key);
  }
  event.payload = g->callbacks->payload(g->engine);
  bac_payload_digest(event.payload_digest, event.payload ? event.payload->data : NULL, event.payload ? event.payload->length : 0,
                     bac_env_cost(g->env));
  uint8_t digest[BAC_HASH_BYTES];
  bac_hashgraph_event_digest(digest, &event);
  bac_env_sign(g->env, event.signature, digest);
  bac_hashgraph_event_identify(&event);
  const struct bac_hashgraph_event *const one[1] = {&event};
  bac_buf_unref(g->head);
  g->head = object_of(g, one, 1, 0);
  g->heard = false;
  if (!unicast(g)) bac_env_gossip(g->env, BAC_INDEX_NONE, g->head);
  take(g, &event, member(g, g->self)->id);
  conclude(g);
}

/* ---- Asking and answering. ---- */

static uint32_t any_other(struct bac_gossip *g) {
  uint32_t i = (uint32_t)bac_random_below(bac_env_random(g->env), g->members - (g->self < g->members ? 1 : 0));
  return g->roster_index[i >= g->self ? i + 1 : i];
}

/* How much this member knows, of as many creators as one frame holds. */
static void send_have(struct bac_gossip *g, uint32_t to) {
  uint8_t payload[4 * SYNC_RANGE];
  struct bac_writer w = bac_writer_over(payload, sizeof payload);
  const uint32_t first = g->have_from < g->members ? g->have_from : 0;
  uint32_t i = first;
  for (; i < g->members && i < first + SYNC_RANGE; i++) bac_write_u32(&w, bac_hashgraph_known(g->view, i));
  g->have_from = i;
  struct bac_msg msg = {.type = BAC_MSG_SYNC,
                        .view = first,
                        .height = (uint64_t)bac_env_now(g->env), /* equal objects are delivered once */
                        .step = SYNC_HAVE,
                        .payload = payload,
                        .payload_length = w.length};
  bac_env_send(g->env, &msg, to);
  g->asked_at = bac_env_now(g->env);
}

/* Brings all of a gap at once. */
static void ask_by_heights(struct bac_gossip *g, bac_time now) {
  uint32_t due = g->orphan_count;
  for (uint32_t i = 0; i < g->orphan_count; i++) {
    if (g->orphans[i].ask_at > now) continue;
    if (due == g->orphan_count) due = i;
    g->orphans[i].ask_at = now + 2 * patience(g);
  }
  if (due == g->orphan_count || now - g->asked_at < (bac_env_tells_crowd(g->env) ? STALL_PERIODS * period(g) : bac_env_config(g->env)->delta)) return;
  const uint32_t from = bac_roster_index(bac_env_roster(g->env), g->orphans[due].from);
  g->orphans[due].from = bac_env_roster(g->env)->members[any_other(g)].id; /* next time somebody else */
  send_have(g, from == BAC_INDEX_NONE || from == bac_env_self(g->env) ? any_other(g) : from);
}

/* Who asks already, or waits itself, need not be asked for again. */
static bool named(const struct bac_gossip *g, const uint8_t *ids, uint32_t count, const uint8_t id[BAC_HASH_BYTES]) {
  for (uint32_t k = 0; k < g->orphan_count; k++)
    if (memcmp(g->orphans[k].event.id, id, BAC_HASH_BYTES) == 0) return true;
  for (uint32_t k = 0; k < count; k++)
    if (memcmp(ids + (size_t)k * BAC_HASH_BYTES, id, BAC_HASH_BYTES) == 0) return true;
  return false;
}

/* Of all that came from one sender in one request. Among a crowd of whatever is due soon: each has come from another one, and most members have most of it. */
static void ask_by_name(struct bac_gossip *g, bac_time now) {
  const bool crowd = bac_env_tells_crowd(g->env);
  const bac_time soon = crowd ? now + bac_env_config(g->env)->delta : now;
  const uint32_t most = crowd ? CROWD_WANT_MAX : SYNC_WANT_MAX;
  uint8_t ids[SYNC_WANT_MAX * BAC_HASH_BYTES];
  uint32_t count = 0, from = BAC_BROADCAST;
  bool due = false;
  for (uint32_t i = 0; i < g->orphan_count && !due; i++) due = g->orphans[i].ask_at <= now;
  for (uint32_t i = 0; i < g->orphan_count && count < most && due; i++) {
    struct bac_gossip_orphan *o = &g->orphans[i];
    if (o->ask_at > soon || (!crowd && from != BAC_BROADCAST && o->from != from)) continue;
    o->ask_at = now + 2 * patience(g);
    if (named(g, ids, count, o->missing)) continue;
    if (from == BAC_BROADCAST) from = o->from;
    memcpy(ids + (size_t)count++ * BAC_HASH_BYTES, o->missing, BAC_HASH_BYTES);
  }
  if (count == 0) return;
  uint32_t to = bac_roster_index(bac_env_roster(g->env), from);
  if (to == BAC_INDEX_NONE || to == bac_env_self(g->env)) to = any_other(g);
  struct bac_msg msg = {.type = BAC_MSG_SYNC,
                        .height = (uint64_t)now,
                        .step = SYNC_WANT,
                        .payload = ids,
                        .payload_length = (size_t)count * BAC_HASH_BYTES};
  bac_env_send(g->env, &msg, to);
  for (uint32_t i = 0; i < g->orphan_count; i++) /* next time somebody else */
    if ((crowd || g->orphans[i].from == from) && g->orphans[i].ask_at > now) g->orphans[i].from = bac_env_roster(g->env)->members[any_other(g)].id;
}

/* Asks for the parents that orphans wait for; where many wait there is a gap. Heights do not tell of a branch beside the one that this member has: one
 * asking in two goes by name, whatever the gap. */
static void ask_parents(struct bac_gossip *g) {
  g->by_heights = g->orphan_count > gap_orphans(g) && !g->by_heights;
  if (g->by_heights)
    ask_by_heights(g, bac_env_now(g->env));
  else
    ask_by_name(g, bac_env_now(g->env));
}

static void answer(struct bac_gossip *g, const struct bac_hashgraph_event *const *events, size_t count, uint32_t to) {
  const size_t most = bac_env_tells_crowd(g->env) ? CROWD_SYNC_BYTES : SYNC_BYTES;
  size_t bytes = 0, n = 0;
  while (n < count && bytes < most) bytes += event_bytes(events[n++]);
  if (n == 0) return;
  struct bac_buf *object = object_of(g, events, n, bac_env_now(g->env));
  bac_env_gossip(g->env, to, object);
  bac_buf_unref(object);
}

void bac_gossip_sync(struct bac_gossip *g, const struct bac_msg *msg) {
  if (!g->view) return;
  const uint32_t to = bac_roster_index(bac_env_roster(g->env), msg->sender);
  const struct bac_hashgraph_event *events[SYNC_EVENTS_MAX];
  size_t count = 0;
  if (msg->step == SYNC_WANT && msg->payload_length % BAC_HASH_BYTES == 0) {
    for (size_t at = 0; at < msg->payload_length && count < SYNC_WANT_MAX; at += BAC_HASH_BYTES) {
      events[count] = bac_hashgraph_find(g->view, msg->payload + at);
      /* Each of two members may wait for what waits at the other. */
      for (uint32_t i = 0; i < g->orphan_count && !events[count]; i++)
        if (memcmp(g->orphans[i].event.id, msg->payload + at, BAC_HASH_BYTES) == 0) events[count] = &g->orphans[i].event;
      if (events[count]) count++;
    }
  } else if (msg->step == SYNC_HAVE && msg->payload_length % 4 == 0 && msg->view <= g->members &&
             msg->payload_length / 4 <= g->members - msg->view) {
    if (bac_env_now(g->env) - g->served_at[to] < SERVE_INTERVAL) return;
    g->served_at[to] = bac_env_now(g->env);
    uint32_t *heights = bac_alloc(g->members, sizeof *heights);
    for (uint32_t i = 0; i < g->members; i++) {
      const bool told = i >= msg->view && i < msg->view + msg->payload_length / 4;
      heights[i] = told ? bac_get_u32(msg->payload + 4 * (i - msg->view)) : UINT32_MAX;
    }
    /* A forker makes as many branches as it likes: on what no other member has built, no other member waits. */
    const struct bac_hashgraph_have have = {.heights = heights, .needed_only = true};
    count = bac_hashgraph_missing(g->view, &have, events, SYNC_EVENTS_MAX);
    free(heights);
  } else {
    bac_env_reject(g->env, BAC_REJECT_MALFORMED, msg->sender);
    return;
  }
  answer(g, events, count, to);
}

/* ---- Time. ---- */

static bac_time stall_at(const struct bac_gossip *g) {
  const bac_time since = g->progress_at > g->asked_at ? g->progress_at : g->asked_at;
  return since + STALL_PERIODS * period(g);
}

static void arm(struct bac_gossip *g) {
  bac_time at = stall_at(g);
  if (g->due < at) at = g->due;
  if (g->more_at < at) at = g->more_at;
  for (uint32_t i = 0; i < g->orphan_count; i++)
    if (g->orphans[i].ask_at < at) at = g->orphans[i].ask_at;
  bac_env_timer(g->env, g->timer, at);
}

void bac_gossip_timer(struct bac_gossip *g) {
  const bac_time now = bac_env_now(g->env);
  if (!g->view) return;
  if (g->due <= now) {
    while (g->due <= now) g->due += period(g);
    if (unicast(g) && bac_hashgraph_known(g->view, g->self) > 0) {
      if (g->members > 1) send_have(g, any_other(g));
    } else {
      make_event(g);
    }
  }
  ask_parents(g);
  if (g->more_at <= now) {
    g->more_at = BAC_NEVER;
    send_have(g, g->more_from);
  }
  if (stall_at(g) <= now && g->members > 1) {
    /* Nothing new for a while: perhaps others have not heard this member's last event either. */
    if (g->head && !unicast(g)) bac_env_gossip(g->env, BAC_INDEX_NONE, g->head);
    send_have(g, any_other(g));
  }
  arm(g);
}

/* ---- Life. ---- */

/* One graph for all nodes of the process: what follows from events alone is worked out once, and which of them it knows is a node's own. */
static struct bac_hashgraph_dag *take_dag(struct bac_env *env, const struct bac_hashgraph_config *config) {
  struct bac_shared *shared = bac_env_shared(env);
  uint8_t key[BAC_HASH_BYTES];
  /* The roots are hashes of the epoch's base, and of the members' keys in their order. */
  bac_hash(key, BAC_DOMAIN_NODE, config->roots, (size_t)config->members * BAC_HASH_BYTES);
  struct bac_hashgraph_dag *dag = bac_shared_object(shared, key);
  if (dag) return bac_hashgraph_dag_ref(dag);
  dag = bac_hashgraph_dag_new(config);
  BAC_ASSERT(dag);
  if (shared) bac_shared_put(shared, key, dag);
  return dag;
}

void bac_gossip_init(struct bac_gossip *g, struct bac_env *env, void *engine, const struct bac_gossip_callbacks *callbacks, uint32_t timer,
                     const struct bac_bitset *electorate) {
  const struct bac_roster *roster = bac_env_roster(env);
  *g = (struct bac_gossip){.env = env, .engine = engine, .callbacks = callbacks, .timer = timer, .self = BAC_INDEX_NONE, .more_at = BAC_NEVER};
  g->roster_index = bac_alloc(roster->count, sizeof *g->roster_index);
  uint8_t(*roots)[BAC_HASH_BYTES] = bac_alloc(roster->count, sizeof *roots);
  const struct bac_entry *base = bac_chain_base(bac_env_chain(env));
  for (uint32_t i = 0; i < roster->count; i++) {
    if (!bac_bitset_has(electorate, i)) continue;
    if (i == bac_env_self(env)) g->self = g->members;
    bac_hashgraph_root(roots[g->members], base->block->digest, roster->members[i].sign_key);
    g->roster_index[g->members++] = (uint16_t)i;
  }
  g->orphans = bac_alloc(orphans_max(g), sizeof *g->orphans);
  g->served_at = bac_alloc(roster->count, sizeof *g->served_at);
  for (uint32_t i = 0; i < roster->count; i++) g->served_at[i] = -SERVE_INTERVAL;
  /* Only the electorate keeps the graph. */
  if (g->self != BAC_INDEX_NONE) {
    const struct bac_hashgraph_config config = {
        .members = g->members, .epoch = roster->epoch, .roots = (const uint8_t(*)[BAC_HASH_BYTES])roots};
    g->dag = take_dag(env, &config);
    g->view = bac_hashgraph_new(g->dag);
  }
  free(roots);
}

void bac_gossip_free(struct bac_gossip *g) {
  while (g->orphan_count > 0) orphan_drop(g, g->orphan_count - 1);
  bac_hashgraph_free(g->view);
  struct bac_shared *shared = bac_env_shared(g->env);
  if (g->dag && shared && bac_hashgraph_dag_last(g->dag)) bac_shared_drop(shared, g->dag);
  bac_hashgraph_dag_unref(g->dag);
  bac_buf_unref(g->head);
  free(g->orphans);
  free(g->roster_index);
  free(g->served_at);
}

bool bac_gossip_replay(struct bac_gossip *g, const uint8_t *record, size_t length) {
  struct bac_reader r = bac_reader_over(record, length);
  struct bac_hashgraph_event event;
  if (!g->view || !event_read(g, &r, &event)) return false;
  if (bac_reader_left(&r) > 0) {
    bac_buf_unref(event.payload);
    return false;
  }
  g->replays = true;
  const bool good = take(g, &event, member(g, g->self)->id);
  g->replays = false;
  return good;
}

void bac_gossip_start(struct bac_gossip *g) {
  const bac_time now = bac_env_now(g->env);
  if (g->self == BAC_INDEX_NONE) return;
  g->progress_at = now;
  g->asked_at = now;
  /* Everyone has a place in the period, so that events follow, and see, each other. */
  g->due = now + period(g) * (bac_time)g->self / (bac_time)g->members;
  const struct bac_hashgraph_event *head = bac_hashgraph_head(g->view, g->self);
  if (head) { /* a restart: others may not have heard its last event, and it has missed theirs */
    g->head = object_of(g, &head, 1, 0);
    if (g->members > 1) send_have(g, any_other(g));
    conclude(g);
  }
  arm(g);
}
