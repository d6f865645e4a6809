/* SPDX-License-Identifier: GPL-2.0-only */
/* findOrder: which events a decided round receives, when, and in which order. A function of the round's famous witnesses and of
 * those of the rounds before it, so computed once for all views with the same history.
 *
 * One sweep from the newest unique famous witness u_j down: each event carries, for every j, the earliest self-ancestor of u_j
 * that descends from it, and passes these on to its parents. An event that has one for every j is received. Only events between
 * being reached and being passed hold such a row. */
#include <stdlib.h>

#include "consensus/hashgraph_internal.h"

/* Places on the chains of the unique famous witnesses, one string of timestamps: chain j starts at u_j and goes down. */
struct sweep {
  struct bac_hashgraph_dag *dag;
  const struct hg_outcome *outcome;
  uint32_t k, stride;       /* unique famous witnesses, and numbers in a row: padded with places that are never missing */
  uint32_t *chain_of;       /* by creator: j + 1 */
  bac_time *times, *sample; /* times[place - 1] */
  uint32_t *places;         /* rows: place of the earliest, 0: none (a greater place of a chain is an earlier event) */
  uint32_t *free_rows;
  uint32_t row_count, row_capacity, free_count, pending;
  struct received {
    bac_time time;
    uint8_t whitened[BAC_SIGNATURE_BYTES];
    struct hg_event *event;
  } * received;
  size_t received_count, received_capacity;
};

static bool waits(const struct hg_event *e) { return e && e->tips && e->received == 0; }

static uint32_t *row_of(struct sweep *s, struct hg_event *e, bool *is_new) {
  *is_new = e->sweep == 0;
  if (*is_new) {
    uint32_t row;
    if (s->free_count > 0) {
      row = s->free_rows[--s->free_count];
    } else {
      if (s->row_count == s->row_capacity) {
        s->row_capacity = s->row_capacity > 0 ? s->row_capacity * 2 : 64;
        s->places = bac_realloc(s->places, (size_t)s->row_capacity * s->stride, sizeof *s->places);
        s->free_rows = bac_realloc(s->free_rows, s->row_capacity, sizeof *s->free_rows);
      }
      row = s->row_count++;
    }
    e->sweep = row + 1;
    s->pending++;
  }
  return s->places + (size_t)(e->sweep - 1) * s->stride;
}

/* Puts the unique famous witnesses and the times of their chains in place. Returns the newest one's index. */
static uint32_t sweep_start(struct sweep *s) {
  uint32_t newest = 0, place = 0, capacity = 0;
  for (uint32_t j = 0; j < s->k; j++) {
    struct hg_event *u = hg_at(s->dag, s->outcome->unique[j]);
    bool is_new;
    uint32_t *row = row_of(s, u, &is_new);
    memset(row, 0, s->stride * sizeof *row);
    for (uint32_t pad = s->k; pad < s->stride; pad++) row[pad] = 1;
    row[j] = place + 1;
    u->on_chain = true;
    s->chain_of[u->event.creator] = j + 1;
    if (u->index > newest) newest = u->index;
    for (const struct hg_event *z = u; waits(z); z = z->self_parent == HG_NONE ? NULL : hg_at(s->dag, z->self_parent)) {
      if (place == capacity) {
        capacity = capacity > 0 ? capacity * 2 : 256;
        s->times = bac_realloc(s->times, capacity, sizeof *s->times);
      }
      s->times[place++] = z->event.timestamp;
    }
  }
  return newest;
}

static void pass_to(struct sweep *s, struct hg_event *from, struct hg_event *to, bool self) {
  if (!waits(to)) return;
  bool is_new;
  uint32_t *row = row_of(s, to, &is_new); /* may move the rows */
  const uint32_t *source = s->places + (size_t)(from->sweep - 1) * s->stride;
  if (is_new)
    memcpy(row, source, s->stride * sizeof *row);
  else
    hg_max_into(row, source, s->stride);
  if (self && from->on_chain) {
    const uint32_t j = s->chain_of[from->event.creator] - 1;
    to->on_chain = true;
    row[j] = source[j] + 1;
  }
}

/* Moves what is less than the pivot (or equal: not more) to the front of a[low..high], without a branch that depends on the data.
 * Returns where the rest starts. */
static size_t partition(bac_time *a, size_t low, size_t high, bac_time pivot, bac_time equal) {
  size_t end = low;
  for (size_t i = low; i <= high; i++) {
    const bac_time t = a[i];
    a[i] = a[end];
    a[end] = t;
    end += t < pivot + equal;
  }
  return end;
}

/* The element that would stand at `rank` if the sample were sorted; reorders it. Times are below INT64_MAX. */
static bac_time select_rank(bac_time *a, size_t count, size_t rank) {
  size_t low = 0, high = count - 1;
  while (low < high) {
    const bac_time x = a[low], y = a[low + (high - low) / 2], z = a[high];
    const bac_time pivot = (x < y) == (y < z) ? y : (x < y) == (z < x) ? x : z;
    const size_t less = partition(a, low, high, pivot, 0);
    if (rank < less) {
      high = less - 1;
      continue;
    }
    low = partition(a, less, high, pivot, 1);
    if (rank < low) return pivot;
  }
  return a[rank];
}

static void receive(struct sweep *s, struct hg_event *e, const uint32_t *row) {
  if (s->received_count == s->received_capacity) {
    s->received_capacity = s->received_capacity > 0 ? s->received_capacity * 2 : 64;
    s->received = bac_realloc(s->received, s->received_capacity, sizeof *s->received);
  }
  for (uint32_t j = 0; j < s->k; j++) s->sample[j] = s->times[row[j] - 1];
  struct received *r = &s->received[s->received_count++];
  r->event = e;
  r->time = select_rank(s->sample, s->k, (s->k - 1) / 2); /* even count: the lower middle */
  memcpy(r->whitened, e->event.signature, sizeof r->whitened);
}

static bool is_full(const uint32_t *row, uint32_t stride) {
  uint32_t missing[HG_LANES] = {0}, any = 0;
  for (uint32_t j = 0; j < stride; j += HG_LANES)
    for (uint32_t lane = 0; lane < HG_LANES; lane++) missing[lane] |= row[j + lane] == 0;
  for (uint32_t lane = 0; lane < HG_LANES; lane++) any |= missing[lane];
  return any == 0;
}

static void sweep_down(struct sweep *s) {
  struct bac_hashgraph_dag *dag = s->dag;
  for (uint32_t i = sweep_start(s); s->pending > 0; i--) {
    struct hg_event *e = hg_at(dag, i);
    if (!e || e->sweep == 0) continue;
    const uint32_t *row = s->places + (size_t)(e->sweep - 1) * s->stride;
    if (is_full(row, s->stride)) receive(s, e, row);
    if (e->self_parent != HG_NONE) {
      pass_to(s, e, hg_at(dag, e->self_parent), true);
      pass_to(s, e, hg_at(dag, e->other_parent), false);
    }
    s->free_rows[s->free_count++] = e->sweep - 1;
    s->pending--;
    e->sweep = 0;
    e->on_chain = false;
  }
}

static int by_order(const void *left, const void *right) {
  const struct received *a = left, *b = right;
  if (a->time != b->time) return a->time < b->time ? -1 : 1;
  const int white = memcmp(a->whitened, b->whitened, sizeof a->whitened);
  return white != 0 ? white : memcmp(a->event->event.id, b->event->event.id, BAC_HASH_BYTES);
}

static void sort_received(struct sweep *s, struct hg_outcome *o) {
  uint8_t white[BAC_SIGNATURE_BYTES] = {0};
  for (uint32_t j = 0; j < s->k; j++)
    for (uint32_t b = 0; b < sizeof white; b++) white[b] ^= o->result.witness_signatures[j][b];
  for (size_t i = 0; i < s->received_count; i++)
    for (uint32_t b = 0; b < sizeof white; b++) s->received[i].whitened[b] ^= white[b];
  if (s->received_count > 1) qsort(s->received, s->received_count, sizeof *s->received, by_order);
  struct bac_hashgraph_ordered *events = bac_alloc(s->received_count, sizeof *events);
  for (size_t i = 0; i < s->received_count; i++) {
    events[i] = (struct bac_hashgraph_ordered){.event = &s->received[i].event->event, .timestamp = s->received[i].time};
    s->received[i].event->received = (uint32_t)o->result.round;
  }
  o->result.events = events;
  o->result.event_count = s->received_count;
}

/* A round without unique famous witnesses receives nothing. */
static void order(struct bac_hashgraph_dag *dag, struct hg_outcome *o) {
  struct sweep s = {.dag = dag, .outcome = o, .k = o->unique_count, .stride = hg_padded(o->unique_count)};
  if (s.k > 0) {
    s.chain_of = bac_alloc(dag->n, sizeof *s.chain_of);
    s.sample = bac_alloc(s.k, sizeof *s.sample);
    sweep_down(&s);
  }
  sort_received(&s, o);
  free(s.chain_of);
  free(s.sample);
  free(s.times);
  free(s.places);
  free(s.free_rows);
  free(s.received);
}

/* ---- The tree of outcomes ---- */

static size_t outcome_bytes(const struct hg_outcome *o) {
  return sizeof *o + o->result.event_count * sizeof *o->result.events +
         o->unique_count * (BAC_SIGNATURE_BYTES + 2 * sizeof(uint32_t)) + o->famous_count * sizeof(uint32_t);
}

void hg_outcome_mark(struct bac_hashgraph_dag *dag, struct hg_outcome *outcome) {
  for (uint32_t i = 0; i < dag->count; i++) {
    struct hg_event *e = hg_at(dag, i);
    if (e && e->received > dag->floor) e->received = 0;
  }
  for (const struct hg_outcome *o = outcome; o != dag->root; o = o->parent)
    for (size_t i = 0; i < o->result.event_count; i++)
      hg_at(dag, ((const struct hg_event *)(const void *)o->result.events[i].event)->index)->received = (uint32_t)o->result.round;
  dag->marked = outcome;
}

static void outcome_free_one(struct bac_hashgraph_dag *dag, struct hg_outcome *o) {
  dag->bytes -= o == dag->root && !o->famous ? 0 : outcome_bytes(o);
  free((void *)(uintptr_t)o->result.events);
  free((void *)(uintptr_t)o->result.witness_creators);
  free((void *)(uintptr_t)o->result.witness_signatures);
  free(o->unique);
  free(o->famous);
  free(o);
}

void hg_outcome_free(struct bac_hashgraph_dag *dag, struct hg_outcome *outcome) {
  for (struct hg_outcome *at = outcome;;) {
    if (at->child) {
      struct hg_outcome *child = at->child;
      at->child = child->sibling;
      child->sibling = NULL;
      at = child;
      continue;
    }
    struct hg_outcome *parent = at->parent;
    const bool last = at == outcome;
    outcome_free_one(dag, at);
    if (last) return;
    at = parent;
  }
}

/* Unique: the only famous witness of its creator in the round. */
static void unique_find(struct bac_hashgraph_dag *dag, struct hg_outcome *o) {
  const uint32_t count = o->famous_count;
  o->unique = bac_alloc(count, sizeof *o->unique);
  uint32_t *creators = bac_alloc(count, sizeof *creators);
  uint8_t(*signatures)[BAC_SIGNATURE_BYTES] = bac_alloc(count, sizeof *signatures);
  for (uint32_t i = 0; i < count; i++) {
    const struct hg_event *w = hg_at(dag, o->famous[i]);
    const uint32_t c = w->event.creator;
    if (i > 0 && hg_at(dag, o->famous[i - 1])->event.creator == c) continue;
    if (i + 1 < count && hg_at(dag, o->famous[i + 1])->event.creator == c) continue;
    creators[o->unique_count] = c;
    memcpy(signatures[o->unique_count], w->event.signature, BAC_SIGNATURE_BYTES);
    o->unique[o->unique_count++] = o->famous[i];
  }
  o->result.witness_count = o->unique_count;
  o->result.witness_creators = creators;
  o->result.witness_signatures = (const uint8_t(*)[BAC_SIGNATURE_BYTES])signatures;
}

struct hg_outcome *hg_outcome_follow(struct bac_hashgraph_dag *dag, struct hg_outcome *parent, const uint32_t *famous, uint32_t count) {
  for (struct hg_outcome *o = parent->child; o; o = o->sibling)
    if (o->famous_count == count && (count == 0 || memcmp(o->famous, famous, count * sizeof *famous) == 0)) return o;
  if (dag->marked != parent) hg_outcome_mark(dag, parent);
  struct hg_outcome *o = bac_alloc(1, sizeof *o);
  o->parent = parent;
  o->sibling = parent->child;
  parent->child = o;
  o->result.round = parent->result.round + 1;
  o->result.first = parent->result.first + parent->result.event_count;
  o->famous = bac_alloc(count, sizeof *famous);
  o->famous_count = count;
  if (count > 0) memcpy(o->famous, famous, count * sizeof *famous);
  unique_find(dag, o);
  order(dag, o);
  dag->marked = o;
  dag->bytes += outcome_bytes(o);
  return o;
}
