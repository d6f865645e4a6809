/* SPDX-License-Identifier: GPL-2.0-only */
/* divideRounds: what an event's ancestry alone decides. Newest known events, sets of creators, round, witness, strongly seen
 * witnesses. Costs O(n) words an event, and n rows of n bits when it may strongly see a quorum of witnesses. */
#include <stdlib.h>

#include "consensus/hashgraph_internal.h"

#define PLANES 11 /* counts up to 2047 */

void hg_max_into(uint32_t *restrict to, const uint32_t *restrict from, size_t count) {
  for (size_t i = 0; i < count; i += HG_LANES)
    for (size_t k = 0; k < HG_LANES; k++) to[i + k] = to[i + k] > from[i + k] ? to[i + k] : from[i + k];
}

/* ---- Counting bits by column ---- */

/* A full adder on 64 columns: a + b + c = 2 * high + low. */
static inline uint64_t add3(uint64_t *high, uint64_t a, uint64_t b, uint64_t c) {
  const uint64_t u = a ^ b;
  *high = (a & b) | (u & c);
  return u ^ c;
}

/* planes[k]: bit k of the count of each of 64 columns (Harley and Seal's carry-save tree, eight rows a turn). */
static void count_word(const uint64_t *const *rows, uint32_t count, uint32_t word, uint64_t planes[PLANES]) {
  memset(planes, 0, PLANES * sizeof *planes);
  uint32_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const uint64_t *const *r = rows + i;
    uint64_t twos_a, twos_b, fours_a, fours_b, carry;
    planes[0] = add3(&twos_a, planes[0], r[0][word], r[1][word]);
    planes[0] = add3(&twos_b, planes[0], r[2][word], r[3][word]);
    planes[1] = add3(&fours_a, planes[1], twos_a, twos_b);
    planes[0] = add3(&twos_a, planes[0], r[4][word], r[5][word]);
    planes[0] = add3(&twos_b, planes[0], r[6][word], r[7][word]);
    planes[1] = add3(&fours_b, planes[1], twos_a, twos_b);
    planes[2] = add3(&carry, planes[2], fours_a, fours_b);
    for (uint32_t k = 3; carry; k++) {
      const uint64_t sum = planes[k] ^ carry;
      carry &= planes[k];
      planes[k] = sum;
    }
  }
  for (; i < count; i++) {
    uint64_t carry = rows[i][word];
    for (uint32_t k = 0; carry; k++) {
      const uint64_t sum = planes[k] ^ carry;
      carry &= planes[k];
      planes[k] = sum;
    }
  }
}

/* Columns whose count is at least `threshold`. */
static uint64_t at_least(const uint64_t planes[PLANES], uint32_t threshold) {
  uint64_t greater = 0, equal = ~(uint64_t)0;
  for (int k = PLANES - 1; k >= 0; k--) {
    const uint64_t t = threshold >> k & 1 ? ~(uint64_t)0 : 0;
    greater |= equal & planes[k] & ~t;
    equal &= ~(planes[k] ^ t);
  }
  return greater | equal;
}

void hg_tally(const uint64_t *const *rows, uint32_t count, uint32_t words, const uint32_t *thresholds, uint64_t *const *out,
              uint32_t outs) {
  BAC_ASSERT(count <= BAC_HASHGRAPH_MEMBERS_MAX);
  uint64_t planes[PLANES];
  for (uint32_t w = 0; w < words; w++) {
    count_word(rows, count, w, planes);
    for (uint32_t t = 0; t < outs; t++) out[t][w] = at_least(planes, thresholds[t]);
  }
}

static uint32_t count_of(const uint64_t *a, const uint64_t *without, uint32_t words) {
  uint32_t count = 0;
  for (uint32_t w = 0; w < words; w++) count += (uint32_t)__builtin_popcountll(a[w] & ~without[w]);
  return count;
}

/* ---- Rounds and their witnesses ---- */

static struct hg_round *round_at(struct bac_hashgraph_dag *dag, uint32_t round) {
  if (round >= dag->round_count) {
    const uint32_t count = round + 16;
    dag->rounds = bac_realloc(dag->rounds, count, sizeof *dag->rounds);
    memset(dag->rounds + dag->round_count, 0, (count - dag->round_count) * sizeof *dag->rounds);
    dag->round_count = count;
  }
  struct hg_round *r = &dag->rounds[round];
  if (!r->witnesses) {
    r->slots = r->capacity = dag->n;
    r->witnesses = bac_alloc(dag->n, sizeof *r->witnesses);
  }
  return r;
}

static uint32_t slot_take(struct bac_hashgraph_dag *dag, const struct hg_event *e) {
  struct hg_round *r = round_at(dag, e->round);
  uint32_t slot = e->event.creator;
  if (r->witnesses[slot] != 0) {
    if (!r->several) r->several = bac_alloc(dag->words, sizeof *r->several);
    hg_put(r->several, slot);
    if (r->slots == r->capacity) {
      r->capacity *= 2;
      r->witnesses = bac_realloc(r->witnesses, r->capacity, sizeof *r->witnesses);
    }
    slot = r->slots++;
  }
  r->witnesses[slot] = e->index + 1;
  return slot;
}

/* ---- Which witness a chain saw, where a creator has several ---- */

static void others_add(struct hg_event *e, uint32_t witness) {
  e->others = bac_realloc(e->others, (size_t)e->other_count + 1, sizeof *e->others);
  e->others[e->other_count++] = witness;
}

/* The round's witness of creator c that the chain of e saw, given that it saw one. */
static uint32_t saw_which(const struct bac_hashgraph_dag *dag, const struct hg_event *e, uint32_t c, uint32_t round) {
  for (uint32_t i = 0; i < e->other_count; i++) {
    const struct hg_event *w = hg_at(dag, e->others[i]);
    if (w && w->event.creator == c && w->round == round) return w->index;
  }
  return dag->rounds[round].witnesses[c] - 1;
}

/* Adds to e->others what e sees first in its chain. before: what the self-parent's chain saw, NULL: nothing. */
static void others_learn(struct bac_hashgraph_dag *dag, struct hg_event *e, const uint64_t *saw, const uint64_t *before, uint32_t round) {
  if (round == 0 || round >= dag->round_count || !dag->rounds[round].several) return;
  for (uint32_t i = 0; i < dag->forker_count; i++) {
    const uint32_t c = dag->forkers[i];
    if (!hg_has(dag->rounds[round].several, c) || !hg_has(saw, c) || (before && hg_has(before, c))) continue;
    const uint32_t w = hg_chain_witness(dag, hg_at(dag, e->tips[c] - 1), round);
    BAC_ASSERT(w != HG_NONE);
    if (hg_at(dag, w)->witness->slot >= dag->n) others_add(e, w);
  }
}

static void others_inherit(const struct bac_hashgraph_dag *dag, struct hg_event *e, const struct hg_event *from, uint32_t oldest) {
  for (uint32_t i = 0; i < from->other_count; i++) {
    const struct hg_event *w = hg_at(dag, from->others[i]);
    if (w && w->round >= oldest) others_add(e, w->index);
  }
}

static void others_forget(const struct bac_hashgraph_dag *dag, struct hg_event *e, uint32_t oldest) {
  uint16_t kept = 0;
  for (uint16_t i = 0; i < e->other_count; i++)
    if (hg_at(dag, e->others[i])->round >= oldest) e->others[kept++] = e->others[i];
  e->other_count = kept;
}

/* ---- Strongly seeing ---- */

/* The rows to count: for each creator of whom e sees events, what its chain saw of the round. e's own sets are those of
 * e->round and of the round before. bits: sum of the rows' saw_count. */
static uint32_t rows_gather(struct bac_hashgraph_dag *dag, const struct hg_event *e, uint32_t round, uint32_t *bits) {
  const uint64_t *forked = hg_set_of(dag, e, HG_FORKED), *now = hg_set_of(dag, e, HG_WITNESS_NOW);
  const uint64_t *before = hg_set_of(dag, e, HG_WITNESS_BEFORE);
  const uint32_t own = e->event.creator;
  uint32_t count = 0;
  *bits = e->saw_count;
  for (uint32_t w = 0; w < dag->words; w++) {
    uint64_t left = (round == e->round ? now[w] : now[w] | before[w]) & ~forked[w];
    for (; left; left &= left - 1) {
      const uint32_t c = w * 64 + (uint32_t)__builtin_ctzll(left);
      if (c == own) continue;
      const struct hg_event *t = hg_at(dag, e->tips[c] - 1);
      *bits += t->saw_count;
      dag->row_events[count] = t;
      dag->rows[count++] = hg_set_of(dag, t, t->round == round ? HG_SAW_NOW : HG_SAW_BEFORE);
    }
  }
  if (!hg_has(forked, own)) {
    dag->row_events[count] = e;
    dag->rows[count++] = hg_set_of(dag, e, e->round == round ? HG_SAW_NOW : HG_SAW_BEFORE);
  }
  return count;
}

/* Of a creator with several witnesses: which of them a quorum of rows saw; HG_NONE: none. At most one does, since a row names
 * one and rows are one a creator. */
static uint32_t recount(struct bac_hashgraph_dag *dag, uint32_t row_count, uint32_t c, uint32_t round) {
  const uint32_t slots = dag->rounds[round].slots;
  if (slots > dag->slot_capacity) {
    dag->slot_counts = bac_realloc(dag->slot_counts, slots, sizeof *dag->slot_counts);
    dag->slot_capacity = slots;
  }
  memset(dag->slot_counts, 0, slots * sizeof *dag->slot_counts);
  for (uint32_t i = 0; i < row_count; i++) {
    if (!hg_has(dag->rows[i], c)) continue;
    const uint32_t w = saw_which(dag, dag->row_events[i], c, round);
    if (++dag->slot_counts[hg_at(dag, w)->witness->slot] == dag->quorum) return w;
  }
  return HG_NONE;
}

/* The witnesses of the round (e's own or the one before) that e strongly sees; at most n. Returns their number; of its own
 * round perhaps 0 when they are less than a quorum. */
static uint32_t strongly_see(struct bac_hashgraph_dag *dag, const struct hg_event *e, uint32_t round, uint32_t *out) {
  uint32_t bits;
  const uint32_t row_count = rows_gather(dag, e, round, &bits);
  if (row_count < dag->quorum) return 0;
  /* A quorum of witnesses, each in a quorum of rows, of which each counts for a quorum at most: fewer do not matter here. */
  if (round == e->round && bits < dag->quorum * dag->quorum) return 0;
  const uint32_t thresholds[1] = {dag->quorum};
  uint64_t *outs[1] = {dag->scratch};
  hg_tally(dag->rows, row_count, dag->words, thresholds, outs, 1);
  const struct hg_round *r = &dag->rounds[round];
  uint32_t count = 0;
  for (uint32_t w = 0; w < dag->words; w++) {
    for (uint64_t left = dag->scratch[w]; left; left &= left - 1) {
      const uint32_t c = w * 64 + (uint32_t)__builtin_ctzll(left);
      const uint32_t at = r->several && hg_has(r->several, c) ? recount(dag, row_count, c, round) : r->witnesses[c] - 1;
      if (at != HG_NONE) out[count++] = at;
    }
  }
  return count;
}

/* ---- An event's rows ---- */

static void count_saw(const struct bac_hashgraph_dag *dag, struct hg_event *e) {
  const uint64_t *saw = hg_set_of(dag, e, HG_SAW_NOW);
  uint32_t count = 0;
  for (uint32_t w = 0; w < dag->words; w++) count += (uint32_t)__builtin_popcountll(saw[w]);
  e->saw_count = (uint16_t)(count < dag->quorum ? count : dag->quorum);
}

static const uint64_t *set_in_round(const struct bac_hashgraph_dag *dag, const struct hg_event *e, enum hg_set now, uint32_t round) {
  if (e->round == round) return hg_set_of(dag, e, now);
  if (e->round == round + 1) return hg_set_of(dag, e, (enum hg_set)(now + 1));
  return NULL;
}

static void join(uint64_t *to, const uint64_t *a, const uint64_t *b, uint32_t words) {
  for (uint32_t w = 0; w < words; w++) to[w] = (a ? a[w] : 0) | (b ? b[w] : 0);
}

static void merge_parents(struct bac_hashgraph_dag *dag, struct hg_event *e, const struct hg_event *p, const struct hg_event *q) {
  const uint32_t words = dag->words;
  memcpy(e->tips, p->tips, hg_padded(dag->n) * sizeof *e->tips);
  hg_max_into(e->tips, q->tips, hg_padded(dag->n));
  uint64_t *forked = hg_set_of(dag, e, HG_FORKED);
  join(forked, hg_set_of(dag, p, HG_FORKED), hg_set_of(dag, q, HG_FORKED), words);
  for (uint32_t i = 0; i < dag->forker_count; i++) {
    const uint32_t c = dag->forkers[i], a = p->tips[c], b = q->tips[c];
    if (a == 0 || b == 0 || a == b || hg_has(forked, c)) continue;
    const bool own = c == e->event.creator; /* e stands on its self-parent: what q brings may not lie beyond that */
    if ((own && b > a) || !hg_self_ancestor(dag, (a < b ? a : b) - 1, (a < b ? b : a) - 1)) hg_put(forked, c);
  }
  e->tips[e->event.creator] = e->index + 1;
  e->round = p->round > q->round ? p->round : q->round;
  for (uint32_t back = 0; back < 2; back++) {
    const uint32_t round = e->round - back;
    uint64_t *witness = hg_set_of(dag, e, back ? HG_WITNESS_BEFORE : HG_WITNESS_NOW);
    uint64_t *saw = hg_set_of(dag, e, back ? HG_SAW_BEFORE : HG_SAW_NOW);
    const uint64_t *saw_before = set_in_round(dag, p, HG_SAW_NOW, round);
    join(witness, set_in_round(dag, p, HG_WITNESS_NOW, round), set_in_round(dag, q, HG_WITNESS_NOW, round), words);
    for (uint32_t w = 0; w < words; w++) saw[w] = (saw_before ? saw_before[w] : 0) | (witness[w] & ~forked[w]);
    others_learn(dag, e, saw, saw_before, round);
  }
  count_saw(dag, e);
  if (p->other_count > 0) others_inherit(dag, e, p, e->round - 1);
}

static void become_witness(struct bac_hashgraph_dag *dag, struct hg_event *e, const uint32_t *strongly, uint32_t count) {
  e->witness = bac_alloc(1, sizeof *e->witness);
  e->witness->slot = slot_take(dag, e);
  e->witness->strongly_count = count;
  if (count > 0) {
    e->witness->strongly = bac_alloc(count, sizeof *strongly);
    memcpy(e->witness->strongly, strongly, count * sizeof *strongly);
  }
  if (e->round > 1 && count < dag->quorum) dag->weak_witnesses++;
  e->chain_witness = e->index;
  const uint32_t own = e->event.creator;
  hg_put(hg_set_of(dag, e, HG_WITNESS_NOW), own);
  if (hg_has(hg_set_of(dag, e, HG_FORKED), own)) return; /* an event on top of its own creator's fork does not even see itself */
  hg_put(hg_set_of(dag, e, HG_SAW_NOW), own);
  count_saw(dag, e);
  if (e->witness->slot >= dag->n) others_add(e, e->index);
}

/* The sets of the new round, in which e is the first event of its ancestry. */
static void advance(struct bac_hashgraph_dag *dag, struct hg_event *e) {
  const size_t bytes = dag->words * sizeof(uint64_t);
  memcpy(hg_set_of(dag, e, HG_WITNESS_BEFORE), hg_set_of(dag, e, HG_WITNESS_NOW), bytes);
  memcpy(hg_set_of(dag, e, HG_SAW_BEFORE), hg_set_of(dag, e, HG_SAW_NOW), bytes);
  memset(hg_set_of(dag, e, HG_WITNESS_NOW), 0, bytes);
  memset(hg_set_of(dag, e, HG_SAW_NOW), 0, bytes);
  if (e->other_count > 0) others_forget(dag, e, e->round);
  e->saw_count = 0;
  e->round++;
}

void hg_rows_compute(struct bac_hashgraph_dag *dag, struct hg_event *e) {
  if (e->self_parent == HG_NONE) {
    memset(e->tips, 0, hg_padded(dag->n) * sizeof *e->tips);
    memset(e->sets, 0, (size_t)HG_SETS * dag->words * sizeof *e->sets);
    e->tips[e->event.creator] = e->index + 1;
    e->round = 1;
    become_witness(dag, e, NULL, 0);
    return;
  }
  const struct hg_event *p = hg_at(dag, e->self_parent), *q = hg_at(dag, e->other_parent);
  uint32_t strongly[BAC_HASHGRAPH_MEMBERS_MAX], count = 0;
  e->chain_witness = p->chain_witness;
  merge_parents(dag, e, p, q);
  const uint64_t *forked = hg_set_of(dag, e, HG_FORKED), *witnesses = hg_set_of(dag, e, HG_WITNESS_NOW);
  /* rows: chains with an event of this round, and e's own */
  if (count_of(witnesses, forked, dag->words) + 1 >= dag->quorum) count = strongly_see(dag, e, e->round, strongly);
  if (count >= dag->quorum) {
    advance(dag, e);
    become_witness(dag, e, strongly, count);
  } else if (p->round < e->round) {
    count = e->round > 1 ? strongly_see(dag, e, e->round - 1, strongly) : 0;
    become_witness(dag, e, strongly, count);
  }
}
