/* SPDX-License-Identifier: GPL-2.0-only */
/* Events and their ids, a view's taking in of events, and what it answers. */
#include "consensus/hashgraph.h"

#include <stdlib.h>

#include "consensus/hashgraph_internal.h"
#include "crypto/hash.h"

/* ---- Events ---- */

void bac_hashgraph_root(uint8_t out[BAC_HASH_BYTES], const uint8_t boundary[BAC_HASH_BYTES],
                        const uint8_t key[BAC_PUBLIC_KEY_BYTES]) {
  bac_hash2(out, BAC_DOMAIN_GRAPH_ROOT, boundary, BAC_HASH_BYTES, key, BAC_PUBLIC_KEY_BYTES);
}

void bac_hashgraph_event_digest(uint8_t out[BAC_HASH_BYTES], const struct bac_hashgraph_event *event) {
  uint8_t bytes[8 + 4 + 8 + 3 * BAC_HASH_BYTES];
  struct bac_writer w = bac_writer_over(bytes, sizeof bytes);
  bac_write_u64(&w, event->epoch);
  bac_write_u32(&w, event->creator);
  bac_write_u64(&w, (uint64_t)event->timestamp);
  bac_write_bytes(&w, event->self_parent, BAC_HASH_BYTES);
  bac_write_bytes(&w, event->other_parent, BAC_HASH_BYTES);
  bac_write_bytes(&w, event->payload_digest, BAC_HASH_BYTES);
  BAC_ASSERT(w.ok && w.length == sizeof bytes);
  bac_hash(out, BAC_DOMAIN_EVENT, bytes, sizeof bytes);
}

void bac_hashgraph_event_identify(struct bac_hashgraph_event *event) {
  uint8_t digest[BAC_HASH_BYTES];
  bac_hashgraph_event_digest(digest, event);
  bac_hash2(event->id, BAC_DOMAIN_EVENT_ID, digest, sizeof digest, event->signature, BAC_SIGNATURE_BYTES);
}

/* ---- A view's knowledge ---- */

static bool known(const struct bac_hashgraph *view, const struct hg_event *e) {
  return e->index / 64 < view->known_words && hg_has(view->known, e->index);
}

static void known_add(struct bac_hashgraph *view, uint32_t index) {
  if (index / 64 >= view->known_words) {
    uint32_t words = view->known_words * 2 > 16 ? view->known_words * 2 : 16;
    while (index / 64 >= words) words *= 2;
    view->known = bac_realloc(view->known, words, sizeof *view->known);
    memset(view->known + view->known_words, 0, (words - view->known_words) * sizeof *view->known);
    view->known_words = words;
  }
  hg_put(view->known, index);
}

/* The known self-child of the same self-parent (first events: of the same root) with the smallest id, other than e. */
static const struct hg_event *known_sibling(const struct bac_hashgraph *view, const struct hg_event *e) {
  const struct bac_hashgraph_dag *dag = view->dag;
  const uint32_t first = e->self_parent == HG_NONE ? dag->first_events[e->event.creator]
                         : hg_at(dag, e->self_parent) ? hg_at(dag, e->self_parent)->first_child : HG_NONE;
  const struct hg_event *best = NULL;
  for (uint32_t at = first; at != HG_NONE && hg_at(dag, at); at = hg_at(dag, at)->next_sibling) {
    const struct hg_event *s = hg_at(dag, at);
    if (s == e || !s->tips || !known(view, s)) continue;
    if (!best || memcmp(s->event.id, best->event.id, BAC_HASH_BYTES) < 0) best = s;
  }
  return best;
}

static void note_fork(struct bac_hashgraph *view, const struct hg_event *e) {
  const uint32_t c = e->event.creator;
  if (!hg_has(view->dag->forker_set, c) || hg_has(view->forked, c)) return;
  const struct hg_event *first = known_sibling(view, e);
  if (!first) return;
  hg_put(view->forked, c);
  view->forks = bac_realloc(view->forks, (size_t)view->fork_count + 1, sizeof *view->forks);
  view->forks[view->fork_count++] = (struct bac_hashgraph_fork){.creator = c, .first = &first->event, .second = &e->event};
}

struct bac_hashgraph *bac_hashgraph_new(struct bac_hashgraph_dag *dag) {
  struct bac_hashgraph *view = bac_alloc(1, sizeof *view);
  view->dag = bac_hashgraph_dag_ref(dag);
  view->heights = bac_alloc(dag->n, sizeof *view->heights);
  view->heads = bac_alloc(dag->n, sizeof *view->heads);
  view->forked = bac_alloc(dag->words, sizeof *view->forked);
  view->outcome = view->taken = dag->root;
  view->closed = view->round_max = dag->floor;
  view->next_view = dag->views;
  if (dag->views) dag->views->previous_view = view;
  dag->views = view;
  for (uint32_t i = 0; dag->floor > 0 && i < dag->count; i++) { /* a snapshot: what lies at or below the floor */
    struct hg_event *e = hg_at(dag, i);
    if (!e || e->received == 0 || e->received > dag->floor) continue;
    known_add(view, i);
    if (!e->tips) continue;
    if (e->seq > view->heights[e->event.creator]) {
      view->heights[e->event.creator] = e->seq;
      view->heads[e->event.creator] = i + 1;
    }
    note_fork(view, e);
    view->statistics.events++;
  }
  return view;
}

void bac_hashgraph_free(struct bac_hashgraph *view) {
  if (!view) return;
  if (view->previous_view)
    view->previous_view->next_view = view->next_view;
  else
    view->dag->views = view->next_view;
  if (view->next_view) view->next_view->previous_view = view->previous_view;
  hg_open_free(view);
  free(view->known);
  free(view->heights);
  free(view->heads);
  free(view->forked);
  free(view->forks);
  bac_hashgraph_dag_unref(view->dag);
  free(view);
}

/* ---- Taking in an event ---- */

static bool is_zero(const uint8_t *bytes, size_t length) {
  uint8_t any = 0;
  for (size_t i = 0; i < length; i++) any |= bytes[i];
  return any == 0;
}

static bool is_root(const struct bac_hashgraph_dag *dag, const uint8_t id[BAC_HASH_BYTES]) {
  for (uint32_t c = 0; c < dag->n; c++)
    if (memcmp(dag->roots[c], id, BAC_HASH_BYTES) == 0) return true;
  return false;
}

static struct hg_event *find_known(const struct bac_hashgraph *view, const uint8_t id[BAC_HASH_BYTES]) {
  struct hg_event *e = hg_dag_find(view->dag, id);
  return e && known(view, e) ? e : NULL;
}

/* Checks an event that is new to the view, and finds its parents. */
static enum bac_hashgraph_verdict check(const struct bac_hashgraph *view, const struct bac_hashgraph_event *event,
                                        struct hg_event **self_parent, struct hg_event **other_parent) {
  const struct bac_hashgraph_dag *dag = view->dag;
  *self_parent = *other_parent = NULL;
  if (event->timestamp < 0 || event->timestamp == BAC_NEVER) return BAC_HASHGRAPH_WRONG_TIMESTAMP;
  if (memcmp(event->self_parent, dag->roots[event->creator], BAC_HASH_BYTES) == 0) {
    if (!is_zero(event->other_parent, BAC_HASH_BYTES)) return BAC_HASHGRAPH_WRONG_OTHER_PARENT;
    const bool late = dag->floor > 0 && dag->first_events[event->creator] != HG_NONE;
    return late ? BAC_HASHGRAPH_STALE : BAC_HASHGRAPH_ADDED;
  }
  if (is_zero(event->other_parent, BAC_HASH_BYTES)) return BAC_HASHGRAPH_WRONG_OTHER_PARENT;
  struct hg_event *p = find_known(view, event->self_parent);
  if (!p) return is_root(dag, event->self_parent) ? BAC_HASHGRAPH_WRONG_SELF_PARENT : BAC_HASHGRAPH_UNKNOWN_SELF_PARENT;
  if (p->event.creator != event->creator) return BAC_HASHGRAPH_WRONG_SELF_PARENT;
  if (event->timestamp <= p->event.timestamp) return BAC_HASHGRAPH_WRONG_TIMESTAMP;
  struct hg_event *q = find_known(view, event->other_parent);
  if (!q) return is_root(dag, event->other_parent) ? BAC_HASHGRAPH_WRONG_OTHER_PARENT : BAC_HASHGRAPH_UNKNOWN_OTHER_PARENT;
  if (q->event.creator == event->creator) return BAC_HASHGRAPH_WRONG_OTHER_PARENT;
  if (p->round < dag->floor && q->round < dag->floor) return BAC_HASHGRAPH_STALE;
  *self_parent = p;
  *other_parent = q;
  return BAC_HASHGRAPH_ADDED;
}

/* Of an event that the dag has for another view's sake: whether this view knows its parents (a dropped event is known to all). */
static enum bac_hashgraph_verdict check_stored(const struct bac_hashgraph *view, const struct hg_event *e) {
  if (e->self_parent == HG_NONE) return BAC_HASHGRAPH_ADDED;
  const struct hg_event *p = hg_at(view->dag, e->self_parent), *q = hg_at(view->dag, e->other_parent);
  if (p && p->tips && !known(view, p)) return BAC_HASHGRAPH_UNKNOWN_SELF_PARENT;
  if (q && q->tips && !known(view, q)) return BAC_HASHGRAPH_UNKNOWN_OTHER_PARENT;
  return BAC_HASHGRAPH_ADDED;
}

static enum bac_hashgraph_verdict take_in(struct bac_hashgraph *view, const struct bac_hashgraph_event *event, struct hg_event **row) {
  struct bac_hashgraph_dag *dag = view->dag;
  if (event->epoch != dag->epoch) return BAC_HASHGRAPH_WRONG_EPOCH;
  if (event->creator >= dag->n) return BAC_HASHGRAPH_WRONG_CREATOR;
  struct hg_event *e = hg_dag_find(dag, event->id), *p, *q;
  if (e) {
    if (!e->event.payload && event->payload) e->event.payload = bac_buf_ref(event->payload);
    *row = e;
    return known(view, e) ? BAC_HASHGRAPH_DUPLICATE : check_stored(view, e);
  }
  const enum bac_hashgraph_verdict verdict = check(view, event, &p, &q);
  if (verdict != BAC_HASHGRAPH_ADDED) return verdict;
  *row = hg_dag_insert(dag, event, p, q);
  return *row ? BAC_HASHGRAPH_ADDED : BAC_HASHGRAPH_FULL;
}

enum bac_hashgraph_verdict bac_hashgraph_add(struct bac_hashgraph *view, const struct bac_hashgraph_event *event,
                                             const struct bac_hashgraph_event **stored) {
  struct hg_event *e = NULL;
  const enum bac_hashgraph_verdict verdict = take_in(view, event, &e);
  const bool held = verdict == BAC_HASHGRAPH_ADDED || verdict == BAC_HASHGRAPH_DUPLICATE;
  if (stored) *stored = held ? &e->event : NULL;
  if (verdict != BAC_HASHGRAPH_ADDED) return verdict;
  known_add(view, e->index);
  view->statistics.events++;
  if (e->seq > view->heights[e->event.creator]) {
    view->heights[e->event.creator] = e->seq;
    view->heads[e->event.creator] = e->index + 1;
  }
  note_fork(view, e);
  hg_view_learn(view, e);
  return BAC_HASHGRAPH_ADDED;
}

/* ---- Results ---- */

const struct bac_hashgraph_round *bac_hashgraph_next(struct bac_hashgraph *view) {
  if (view->taken == view->outcome) return NULL;
  struct hg_outcome *o = view->outcome;
  while (o->parent != view->taken) o = o->parent;
  view->taken = o;
  return &o->result;
}

bool bac_hashgraph_next_fork(struct bac_hashgraph *view, struct bac_hashgraph_fork *out) {
  if (view->fork_taken == view->fork_count) return false;
  *out = view->forks[view->fork_taken++];
  return true;
}

bool bac_hashgraph_forked(const struct bac_hashgraph *view, uint32_t creator) {
  return creator < view->dag->n && hg_has(view->forked, creator);
}

void bac_hashgraph_statistics(const struct bac_hashgraph *view, struct bac_hashgraph_statistics *out) {
  *out = view->statistics;
  out->ordered = view->outcome->result.first + view->outcome->result.event_count;
  out->rounds_decided = view->closed;
  out->round_max = view->round_max;
}

static int famous_of(const struct bac_hashgraph *view, const struct hg_event *e) {
  if (!e->witness) return -1;
  if (e->round > view->closed) {
    const struct hg_open *o = &view->open[e->round - view->closed - 1];
    return hg_has(o->decided, e->witness->slot) ? hg_has(o->famous, e->witness->slot) : -1;
  }
  const struct hg_outcome *o = view->outcome;
  while (o && o->result.round > e->round) o = o->parent;
  for (uint32_t i = 0; o && i < o->famous_count; i++)
    if (o->famous[i] == e->index) return 1;
  return o ? 0 : -1;
}

bool bac_hashgraph_facts(const struct bac_hashgraph *view, const uint8_t id[BAC_HASH_BYTES], struct bac_hashgraph_facts *out) {
  const struct hg_event *e = find_known(view, id);
  if (!e) return false;
  *out = (struct bac_hashgraph_facts){.round = e->round, .witness = e->witness != NULL, .famous = famous_of(view, e)};
  for (const struct hg_outcome *o = view->outcome; o && o->result.round >= e->round; o = o->parent) {
    for (size_t i = 0; i < o->result.event_count; i++) {
      if (o->result.events[i].event != &e->event) continue;
      out->received = o->result.round;
      out->timestamp = o->result.events[i].timestamp;
    }
  }
  return true;
}
