/* SPDX-License-Identifier: GPL-2.0-only */
/* What a gossip engine asks a view: heights, heads, tips, and which events another node lacks. */
#include <stdlib.h>

#include "consensus/hashgraph_internal.h"

static struct hg_event *known_at(const struct bac_hashgraph *view, uint32_t index) {
  struct hg_event *e = index / 64 < view->known_words && hg_has(view->known, index) ? hg_at(view->dag, index) : NULL;
  return e && e->tips ? e : NULL;
}

uint32_t bac_hashgraph_known(const struct bac_hashgraph *view, uint32_t creator) {
  return creator < view->dag->n ? view->heights[creator] : 0;
}

const struct bac_hashgraph_event *bac_hashgraph_head(const struct bac_hashgraph *view, uint32_t creator) {
  if (creator >= view->dag->n || view->heads[creator] == 0) return NULL;
  const struct hg_event *e = known_at(view, view->heads[creator] - 1);
  return e ? &e->event : NULL;
}

const struct bac_hashgraph_event *bac_hashgraph_find(const struct bac_hashgraph *view, const uint8_t id[BAC_HASH_BYTES]) {
  const struct hg_event *e = hg_dag_find(view->dag, id);
  return e && known_at(view, e->index) ? &e->event : NULL;
}

static bool is_tip(const struct bac_hashgraph *view, const struct hg_event *e) {
  for (uint32_t child = e->first_child; child != HG_NONE && hg_at(view->dag, child); child = hg_at(view->dag, child)->next_sibling)
    if (child / 64 < view->known_words && hg_has(view->known, child)) return false;
  return true;
}

size_t bac_hashgraph_tips(const struct bac_hashgraph *view, uint32_t creator, uint8_t (*ids)[BAC_HASH_BYTES], size_t max) {
  size_t count = 0;
  if (creator >= view->dag->n || view->heads[creator] == 0) return 0;
  if (!hg_has(view->forked, creator)) {
    const struct bac_hashgraph_event *head = bac_hashgraph_head(view, creator);
    if (head && max > 0) memcpy(ids[0], head->id, BAC_HASH_BYTES);
    return head ? 1 : 0;
  }
  for (uint32_t i = 0; i < view->dag->count; i++) {
    const struct hg_event *e = known_at(view, i);
    if (!e || e->event.creator != creator || !is_tip(view, e)) continue;
    if (count < max) memcpy(ids[count], e->event.id, BAC_HASH_BYTES);
    count++;
  }
  return count;
}

/* Parents before children, and the same in every dag. */
static int by_depth(const void *left, const void *right) {
  const struct hg_event *a = *(struct hg_event *const *)left, *b = *(struct hg_event *const *)right;
  if (a->depth != b->depth) return a->depth < b->depth ? -1 : 1;
  if (a->event.creator != b->event.creator) return a->event.creator < b->event.creator ? -1 : 1;
  return memcmp(a->event.id, b->event.id, BAC_HASH_BYTES);
}

struct list {
  struct hg_event **events;
  size_t count, capacity;
};

static void list_add(struct list *list, struct hg_event *e) {
  if (list->count == list->capacity) {
    list->capacity = list->capacity > 0 ? list->capacity * 2 : 64;
    list->events = bac_realloc(list->events, list->capacity, sizeof(struct hg_event *));
  }
  list->events[list->count++] = e;
}

static struct hg_event *parent_of(const struct bac_hashgraph *view, const struct hg_event *e) {
  return e->self_parent == HG_NONE ? NULL : known_at(view, e->self_parent);
}

/* Adds to a set what its members have among their ancestors, except what is in `but` (NULL: nothing) and below. A parent's index is smaller. */
static void close_below(const struct bac_hashgraph *view, uint64_t *set, const uint64_t *but) {
  for (uint32_t i = view->dag->count; i-- > 0;) {
    const struct hg_event *e = hg_has(set, i) ? known_at(view, i) : NULL;
    if (!e || e->self_parent == HG_NONE) continue;
    const uint32_t parents[2] = {e->self_parent, e->other_parent};
    for (int k = 0; k < 2; k++)
      if (!but || !hg_has(but, parents[k])) hg_put(set, parents[k]);
  }
}

/* Of the creators in `apart`, first what the others' events in the list build on, then (`rest`) what nobody builds on. The other side has
 * what stands below the given tips and below the others' events that it has; what a forker can make without anybody's help never stands
 * in the way of the rest. */
static void missing_apart(const struct bac_hashgraph *view, const struct bac_hashgraph_have *have, const uint64_t *apart, uint64_t *had,
                          struct list *list, struct list *rest) {
  uint64_t *needed = bac_alloc(view->known_words, sizeof *needed);
  for (size_t i = 0; i < have->tip_count; i++) {
    const struct hg_event *e = hg_dag_find(view->dag, have->tips[i]);
    if (e && known_at(view, e->index)) hg_put(had, e->index);
  }
  close_below(view, had, NULL);
  for (size_t i = 0; i < list->count; i++) hg_put(needed, list->events[i]->index);
  close_below(view, needed, had);
  for (uint32_t i = 0; i < view->dag->count; i++) {
    struct hg_event *e = known_at(view, i);
    if (e && hg_has(apart, e->event.creator) && !hg_has(had, i)) list_add(hg_has(needed, i) ? list : rest, e);
  }
  free(needed);
}

static void list_sort(struct list *list) {
  if (list->count > 1) qsort(list->events, list->count, sizeof(struct hg_event *), by_depth);
}

size_t bac_hashgraph_missing(const struct bac_hashgraph *view, const struct bac_hashgraph_have *have,
                             const struct bac_hashgraph_event **out, size_t max) {
  const struct bac_hashgraph_dag *dag = view->dag;
  struct list list = {0}, rest = {0};
  uint64_t *had = bac_alloc(view->known_words + 1, sizeof *had);
  uint64_t *apart = bac_alloc(dag->words, sizeof *apart), any = 0;
  memcpy(apart, view->forked, dag->words * sizeof *apart);
  for (size_t i = 0; i < have->tip_count; i++) {
    const struct bac_hashgraph_event *tip = bac_hashgraph_find(view, have->tips[i]);
    if (tip) hg_put(apart, tip->creator);
  }
  for (uint32_t w = 0; w < dag->words; w++) any |= apart[w];
  for (uint32_t c = 0; c < dag->n; c++) {
    if (hg_has(apart, c) || view->heads[c] == 0) continue;
    struct hg_event *e = known_at(view, view->heads[c] - 1);
    for (; e && e->seq > have->heights[c]; e = parent_of(view, e)) list_add(&list, e);
    if (e) hg_put(had, e->index);
  }
  if (any != 0) missing_apart(view, have, apart, had, &list, &rest);
  free(apart);
  free(had);
  list_sort(&list);
  list_sort(&rest);
  size_t count = 0;
  for (size_t i = 0; i < list.count && count < max; i++) out[count++] = &list.events[i]->event;
  for (size_t i = 0; i < rest.count && count < max && !have->needed_only; i++) out[count++] = &rest.events[i]->event;
  free(list.events);
  free(rest.events);
  return count;
}
