/* SPDX-License-Identifier: GPL-2.0-only */
/* The store of events that all views share: insertion, look-up, walks along chains, pruning. */
#include <stdlib.h>

#include "base/quorum.h"
#include "consensus/hashgraph_internal.h"

#define EVENTS_LIMIT ((uint32_t)1 << 31)
#define FLOOR_MARGIN 2 /* rows of this many rounds below the floor are still read by events just above it */

static uint32_t words_of(uint32_t members) { return (members + 63) / 64; }

static size_t row_bytes(uint32_t members) {
  return hg_padded(members) * sizeof(uint32_t) + (size_t)HG_SETS * words_of(members) * sizeof(uint64_t);
}

size_t bac_hashgraph_event_bytes(uint32_t members) { return sizeof(struct hg_event) + row_bytes(members); }

struct bac_hashgraph_dag *bac_hashgraph_dag_new(const struct bac_hashgraph_config *config) {
  if (!config || !config->roots || config->members == 0 || config->members > BAC_HASHGRAPH_MEMBERS_MAX) return NULL;
  if (config->coin_period != 0 && config->coin_period < 3) return NULL;
  struct bac_hashgraph_dag *dag = bac_alloc(1, sizeof *dag);
  const uint32_t n = config->members;
  dag->references = 1;
  dag->n = n;
  dag->words = words_of(n);
  dag->quorum = bac_quorum(n);
  dag->coin_period = config->coin_period ? config->coin_period : BAC_HASHGRAPH_COIN_PERIOD;
  dag->events_max = config->events_max > 0 && config->events_max < EVENTS_LIMIT ? config->events_max : EVENTS_LIMIT;
  dag->epoch = config->epoch;
  dag->roots = bac_alloc(n, sizeof *dag->roots);
  memcpy(dag->roots, config->roots, (size_t)n * BAC_HASH_BYTES);
  dag->first_events = bac_alloc(n, sizeof *dag->first_events);
  for (uint32_t c = 0; c < n; c++) dag->first_events[c] = HG_NONE;
  dag->forkers = bac_alloc(n, sizeof *dag->forkers);
  dag->forker_set = bac_alloc(dag->words, sizeof *dag->forker_set);
  dag->rows = bac_alloc(n + 1, sizeof *dag->rows);
  dag->row_events = bac_alloc(n + 1, sizeof *dag->row_events);
  dag->scratch = bac_alloc(dag->words, sizeof *dag->scratch);
  dag->root = dag->marked = bac_alloc(1, sizeof *dag->root);
  return dag;
}

struct bac_hashgraph_dag *bac_hashgraph_dag_ref(struct bac_hashgraph_dag *dag) {
  dag->references++;
  return dag;
}

bool bac_hashgraph_dag_last(const struct bac_hashgraph_dag *dag) { return dag->references == 1; }

static void witness_free(struct hg_witness *w) {
  if (!w) return;
  for (uint32_t i = 0; i < w->vote_count; i++) free(w->votes[i].yes);
  free(w->votes);
  free(w->strongly);
  free(w);
}

static void row_take(struct bac_hashgraph_dag *dag, struct hg_event *e) {
  void **row = dag->spare_rows;
  if (row) {
    dag->spare_rows = *row;
  } else {
    row = malloc(row_bytes(dag->n)); /* filled by hg_rows_compute */
    BAC_ASSERT(row != NULL);
    dag->bytes += row_bytes(dag->n);
  }
  e->tips = (uint32_t *)(void *)row;
  e->sets = (uint64_t *)(void *)(e->tips + hg_padded(dag->n));
}

static void row_give(struct bac_hashgraph_dag *dag, struct hg_event *e) {
  void **row = (void **)(void *)e->tips;
  *row = dag->spare_rows;
  dag->spare_rows = row;
  e->tips = NULL;
  e->sets = NULL;
}

/* Frees the part that costs: rows, votes, payload. What walks along chains need stays. */
static void event_strip(struct bac_hashgraph_dag *dag, struct hg_event *e) {
  if (!e->tips) return;
  row_give(dag, e);
  witness_free(e->witness);
  free(e->others);
  bac_buf_unref(e->event.payload);
  e->event.payload = NULL;
  e->witness = NULL;
  e->others = NULL;
  e->other_count = 0;
}

static void event_free(struct bac_hashgraph_dag *dag, struct hg_event *e) {
  event_strip(dag, e);
  dag->events[e->index] = NULL;
  dag->live--;
  dag->bytes -= sizeof *e;
  free(e);
}

static void round_free(struct hg_round *r) {
  free(r->witnesses);
  free(r->several);
  *r = (struct hg_round){0};
}

void bac_hashgraph_dag_unref(struct bac_hashgraph_dag *dag) {
  if (!dag || --dag->references > 0) return;
  BAC_ASSERT(!dag->views);
  hg_outcome_free(dag, dag->root);
  HASH_CLEAR(hh, dag->by_id);
  for (uint32_t i = 0; i < dag->count; i++)
    if (dag->events[i]) event_free(dag, dag->events[i]);
  for (void **row = dag->spare_rows, **next; row; row = next) {
    next = *row;
    free(row);
  }
  for (uint32_t r = 0; r < dag->round_count; r++) round_free(&dag->rounds[r]);
  free(dag->events);
  free(dag->rounds);
  free(dag->roots);
  free(dag->first_events);
  free(dag->forkers);
  free(dag->forker_set);
  free(dag->limbo);
  free(dag->rows);
  free(dag->row_events);
  free(dag->scratch);
  free(dag->slot_counts);
  free(dag);
}

struct hg_event *hg_dag_find(const struct bac_hashgraph_dag *dag, const uint8_t id[BAC_HASH_BYTES]) {
  struct hg_event *e;
  HASH_FIND(hh, dag->by_id, id, BAC_HASH_BYTES, e);
  return e;
}

/* A self-ancestor about half way down (skew-binary jump pointers, as in Myers' random access lists). */
static uint32_t jump_of(const struct bac_hashgraph_dag *dag, const struct hg_event *parent) {
  const struct hg_event *once = parent->jump == HG_NONE ? NULL : hg_at(dag, parent->jump);
  const struct hg_event *twice = !once || once->jump == HG_NONE ? NULL : hg_at(dag, once->jump);
  if (once && twice && parent->seq - once->seq == once->seq - twice->seq) return twice->index;
  return parent->index;
}

static void note_sibling(struct bac_hashgraph_dag *dag, struct hg_event *e, uint32_t *head) {
  e->next_sibling = *head;
  *head = e->index;
  const uint32_t c = e->event.creator;
  if (e->next_sibling == HG_NONE || hg_has(dag->forker_set, c)) return;
  hg_put(dag->forker_set, c);
  dag->forkers[dag->forker_count++] = c;
}

struct hg_event *hg_dag_insert(struct bac_hashgraph_dag *dag, const struct bac_hashgraph_event *event, struct hg_event *self_parent,
                               struct hg_event *other_parent) {
  if (dag->live >= dag->events_max || dag->count >= EVENTS_LIMIT) return NULL;
  if (dag->count == dag->capacity) {
    dag->capacity = dag->capacity > 0 ? dag->capacity * 2 : 256;
    dag->events = bac_realloc(dag->events, dag->capacity, sizeof *dag->events);
  }
  struct hg_event *e = bac_alloc(1, sizeof *e);
  e->event = *event;
  if (event->payload) bac_buf_ref(event->payload);
  e->index = dag->count++;
  dag->events[e->index] = e;
  dag->live++;
  dag->bytes += sizeof *e;
  e->self_parent = self_parent ? self_parent->index : HG_NONE;
  e->other_parent = other_parent ? other_parent->index : HG_NONE;
  e->seq = self_parent ? self_parent->seq + 1 : 1;
  e->depth = 1;
  if (self_parent) e->depth += self_parent->depth > other_parent->depth ? self_parent->depth : other_parent->depth;
  e->jump = self_parent ? jump_of(dag, self_parent) : HG_NONE;
  e->first_child = e->next_sibling = HG_NONE;
  note_sibling(dag, e, self_parent ? &self_parent->first_child : &dag->first_events[event->creator]);
  row_take(dag, e);
  HASH_ADD(hh, dag->by_id, event.id, BAC_HASH_BYTES, e);
  hg_rows_compute(dag, e);
  return e;
}

bool hg_self_ancestor(const struct bac_hashgraph_dag *dag, uint32_t a, uint32_t b) {
  if (a >= b) return a == b;
  const struct hg_event *older = hg_at(dag, a), *at = hg_at(dag, b);
  if (!older) return true;
  while (at && at->seq > older->seq) {
    const struct hg_event *far = at->jump == HG_NONE ? NULL : hg_at(dag, at->jump);
    at = far && far->seq >= older->seq ? far : hg_at(dag, at->self_parent);
  }
  return at == older;
}

uint32_t hg_chain_witness(const struct bac_hashgraph_dag *dag, const struct hg_event *e, uint32_t round) {
  while (e) {
    const struct hg_event *w = hg_at(dag, e->chain_witness);
    if (!w || w->round < round) return HG_NONE;
    if (w->round == round) return w->index;
    e = w->self_parent == HG_NONE ? NULL : hg_at(dag, w->self_parent);
  }
  return HG_NONE;
}

/* ---- Pruning ---- */

/* The newest outcome that every view has passed on to its caller, `keep` rounds back. NULL: nothing above the floor. */
static struct hg_outcome *common_outcome(const struct bac_hashgraph_dag *dag, uint32_t keep) {
  struct hg_outcome *common = NULL;
  for (const struct bac_hashgraph *v = dag->views; v; v = v->next_view) {
    struct hg_outcome *other = v->taken;
    if (!common) common = other;
    while (other->result.round > common->result.round) other = other->parent;
    while (common->result.round > other->result.round) common = common->parent;
    while (common != other) {
      common = common->parent;
      other = other->parent;
    }
  }
  for (; common && common != dag->root && keep > 0; keep--) common = common->parent;
  return common == dag->root ? NULL : common;
}

static void limbo_add(struct bac_hashgraph_dag *dag, uint32_t index) {
  if (dag->limbo_count == dag->limbo_capacity) {
    dag->limbo_capacity = dag->limbo_capacity > 0 ? dag->limbo_capacity * 2 : 64;
    dag->limbo = bac_realloc(dag->limbo, dag->limbo_capacity, sizeof *dag->limbo);
  }
  dag->limbo[dag->limbo_count++] = index;
}

/* Everything ordered up to and with `floor` goes to limbo; what hangs beside the way there is nobody's. */
static void outcomes_drop(struct bac_hashgraph_dag *dag, struct hg_outcome *floor) {
  struct hg_outcome *keep = floor;
  for (struct hg_outcome *o = floor; o != dag->root; o = o->parent)
    for (size_t i = 0; i < o->result.event_count; i++) limbo_add(dag, ((const struct hg_event *)o->result.events[i].event)->index);
  for (struct hg_outcome *o = floor->parent; o; o = o->parent) {
    for (struct hg_outcome *child = o->child, *next; child; child = next) {
      next = child->sibling;
      if (child != keep) hg_outcome_free(dag, child);
    }
    if (keep != floor) {
      keep->child = NULL;
      hg_outcome_free(dag, keep);
    }
    keep = o;
  }
  dag->root->child = NULL;
  hg_outcome_free(dag, dag->root);
  floor->parent = floor->sibling = NULL;
  dag->root = floor;
}

uint32_t bac_hashgraph_prune(struct bac_hashgraph_dag *dag, uint32_t keep_rounds) {
  struct hg_outcome *floor = common_outcome(dag, keep_rounds);
  if (!floor) return 0;
  struct hg_outcome *marked = dag->marked;
  while (marked->result.round > floor->result.round) marked = marked->parent;
  if (marked != floor) hg_outcome_mark(dag, floor); /* that of a view that was freed, after views had parted */
  outcomes_drop(dag, floor);
  dag->floor = (uint32_t)floor->result.round;
  uint32_t dropped = 0, kept = 0;
  for (uint32_t i = 0; i < dag->limbo_count; i++) {
    struct hg_event *e = hg_at(dag, dag->limbo[i]);
    if (e->first_child == HG_NONE || e->round + FLOOR_MARGIN > dag->floor) {
      dag->limbo[kept++] = dag->limbo[i];
      continue;
    }
    HASH_DELETE(hh, dag->by_id, e);
    dropped++;
    if (hg_has(dag->forker_set, e->event.creator))
      event_strip(dag, e);
    else
      event_free(dag, e);
  }
  dag->limbo_count = kept;
  for (uint32_t r = 1; r + FLOOR_MARGIN <= dag->floor && r < dag->round_count; r++) round_free(&dag->rounds[r]);
  return dropped;
}

void bac_hashgraph_dag_statistics(const struct bac_hashgraph_dag *dag, struct bac_hashgraph_dag_statistics *out) {
  *out = (struct bac_hashgraph_dag_statistics){.events = dag->count,
                                              .events_live = dag->live,
                                              .bytes = dag->bytes + (size_t)dag->capacity * sizeof *dag->events,
                                              .event_bytes = bac_hashgraph_event_bytes(dag->n),
                                              .forkers = dag->forker_count,
                                              .weak_witnesses = dag->weak_witnesses};
}
