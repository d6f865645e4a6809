/* SPDX-License-Identifier: GPL-2.0-only */
/* decideFame: votes, which are functions of the voter's ancestry and shared, and what follows for a view from the voters that
 * it knows. */
#include <stdlib.h>

#include "consensus/hashgraph_internal.h"

static uint32_t width_of(const struct bac_hashgraph_dag *dag, uint32_t round) { return (dag->rounds[round].slots + 63) / 64; }

static bool fresh(const struct bac_hashgraph_dag *dag, const struct hg_event *y, uint32_t round) {
  const uint32_t d = y->round - round;
  return d <= y->witness->vote_count && y->witness->votes[d - 1].width >= width_of(dag, round);
}

static struct hg_votes *votes_make(struct bac_hashgraph_dag *dag, struct hg_event *y, uint32_t round) {
  struct hg_witness *w = y->witness;
  const uint32_t d = y->round - round, width = width_of(dag, round);
  if (d > w->vote_count) {
    w->votes = bac_realloc(w->votes, d, sizeof *w->votes);
    memset(w->votes + w->vote_count, 0, (d - w->vote_count) * sizeof *w->votes);
    w->vote_count = d;
  }
  struct hg_votes *v = &w->votes[d - 1];
  free(v->yes);
  v->yes = bac_alloc((size_t)3 * width, sizeof *v->yes);
  v->decided = v->yes + width;
  v->coin = v->decided + width;
  v->width = width;
  return v;
}

/* d = 1: the vote is whether y sees the witness. */
static void vote_by_sight(struct bac_hashgraph_dag *dag, struct hg_event *y, uint32_t round) {
  struct hg_votes *v = votes_make(dag, y, round);
  const uint64_t *forked = hg_set_of(dag, y, HG_FORKED), *witnesses = hg_set_of(dag, y, HG_WITNESS_BEFORE);
  for (uint32_t w = 0; w < dag->words; w++) v->yes[w] = witnesses[w] & ~forked[w];
  const uint64_t *several = dag->rounds[round].several;
  for (uint32_t i = 0; several && i < dag->forker_count; i++) {
    const uint32_t c = dag->forkers[i];
    if (!hg_has(several, c) || !hg_has(v->yes, c)) continue;
    const uint32_t at = hg_chain_witness(dag, hg_at(dag, y->tips[c] - 1), round);
    BAC_ASSERT(at != HG_NONE);
    v->yes[c / 64] &= ~((uint64_t)1 << (c % 64));
    hg_put(v->yes, hg_at(dag, at)->witness->slot);
  }
}

/* d > 1: the votes of the witnesses of the round before y's that y strongly sees, whose votes are fresh. */
static void vote_by_count(struct bac_hashgraph_dag *dag, struct hg_event *y, uint32_t round) {
  struct hg_votes *v = votes_make(dag, y, round);
  const struct hg_witness *w = y->witness;
  const uint32_t d = y->round - round, count = w->strongly_count;
  for (uint32_t i = 0; i < count; i++) dag->rows[i] = hg_at(dag, w->strongly[i])->witness->votes[d - 2].yes;
  /* yes wins a tie; a quorum of yes; too many yes for a quorum of no */
  const uint32_t thresholds[3] = {(count + 1) / 2, dag->quorum, count >= dag->quorum ? count - dag->quorum + 1 : 0};
  uint64_t *outs[3] = {v->yes, v->decided, v->coin};
  hg_tally(dag->rows, count, v->width, thresholds, outs, 3);
  const uint64_t coin = y->event.signature[BAC_SIGNATURE_BYTES / 2] & 1 ? ~(uint64_t)0 : 0; /* a middle bit */
  for (uint32_t i = 0; i < v->width; i++) {
    const uint64_t sure = v->decided[i] | ~v->coin[i];
    if (d % dag->coin_period != 0) {
      v->decided[i] = sure;
      v->coin[i] = 0;
    } else {
      v->yes[i] = (sure & v->yes[i]) | (~sure & coin);
      v->decided[i] = 0;
      v->coin[i] = ~sure;
    }
  }
}

static void vote(struct bac_hashgraph_dag *dag, struct hg_event *y, uint32_t round) {
  if (y->round - round == 1)
    vote_by_sight(dag, y, round);
  else
    vote_by_count(dag, y, round);
}

/* Votes on `round` of all witnesses of the rounds after it, up to and with `last`, in ascending order: no recursion. */
static void fill(struct bac_hashgraph_dag *dag, uint32_t round, uint32_t last) {
  for (uint32_t r = round + 1; r <= last; r++) {
    for (uint32_t slot = 0; slot < dag->rounds[r].slots; slot++) {
      const uint32_t at = dag->rounds[r].witnesses[slot];
      if (at != 0 && !fresh(dag, hg_at(dag, at - 1), round)) vote(dag, hg_at(dag, at - 1), round);
    }
  }
}

static const struct hg_votes *votes_of(struct bac_hashgraph_dag *dag, struct hg_event *y, uint32_t round) {
  if (!fresh(dag, y, round)) {
    const struct hg_witness *w = y->witness;
    for (uint32_t i = 0; y->round - round > 1 && i < w->strongly_count; i++) {
      if (fresh(dag, hg_at(dag, w->strongly[i]), round)) continue;
      fill(dag, round, y->round - 1);
      break;
    }
    vote(dag, y, round);
  }
  return &y->witness->votes[y->round - round - 1];
}

/* ---- A view's rounds ---- */

void hg_open_free(struct bac_hashgraph *view) {
  for (uint32_t i = 0; i < view->open_count; i++) free(view->open[i].known);
  free(view->open);
  view->open = NULL;
  view->open_count = view->open_capacity = 0;
}

static struct hg_open *open_at(struct bac_hashgraph *view, uint32_t round) {
  const uint32_t i = round - view->closed - 1;
  while (view->open_count <= i) {
    if (view->open_count == view->open_capacity) {
      view->open_capacity = view->open_capacity > 0 ? view->open_capacity * 2 : 4;
      view->open = bac_realloc(view->open, view->open_capacity, sizeof *view->open);
    }
    view->open[view->open_count++] = (struct hg_open){0};
  }
  struct hg_open *o = &view->open[i];
  const uint32_t width = width_of(view->dag, round);
  if (o->width < width) {
    struct hg_open wide = {.width = width, .known = bac_alloc((size_t)3 * width, sizeof *wide.known)};
    wide.decided = wide.known + width;
    wide.famous = wide.decided + width;
    for (uint32_t w = 0; w < o->width; w++) {
      wide.known[w] = o->known[w];
      wide.decided[w] = o->decided[w];
      wide.famous[w] = o->famous[w];
    }
    free(o->known);
    *o = wide;
  }
  return o;
}

/* What y decides of the round's known witnesses. */
static void hear(struct bac_hashgraph *view, uint32_t round, struct hg_event *y) {
  struct hg_open *o = &view->open[round - view->closed - 1];
  const struct hg_votes *v = votes_of(view->dag, y, round);
  uint32_t decided = 0, coins = 0;
  for (uint32_t w = 0; w < o->width; w++) {
    const uint64_t open = o->known[w] & ~o->decided[w], now = open & v->decided[w];
    decided += (uint32_t)__builtin_popcountll(now);
    coins += (uint32_t)__builtin_popcountll(open & v->coin[w]);
    o->decided[w] |= now;
    o->famous[w] |= now & v->yes[w];
  }
  const uint32_t d = y->round - round, last = BAC_HASHGRAPH_DISTANCE_MAX - 1;
  view->statistics.witnesses_decided += decided;
  view->statistics.coins += coins;
  view->statistics.rounds_to_decide[d < last ? d : last] += decided;
}

static bool closable(const struct bac_hashgraph *view) {
  if (view->open_count == 0 || view->round_max < view->closed + 3) return false;
  const struct hg_open *o = &view->open[0];
  uint64_t known = 0, undecided = 0;
  for (uint32_t w = 0; w < o->width; w++) {
    known |= o->known[w];
    undecided |= o->known[w] & ~o->decided[w];
  }
  return known != 0 && undecided == 0;
}

static bool before(const struct hg_event *a, const struct hg_event *b) {
  if (a->event.creator != b->event.creator) return a->event.creator < b->event.creator;
  return memcmp(a->event.id, b->event.id, BAC_HASH_BYTES) < 0;
}

static void close_round(struct bac_hashgraph *view) {
  struct bac_hashgraph_dag *dag = view->dag;
  const struct hg_open *o = &view->open[0];
  const uint32_t round = view->closed + 1;
  uint32_t count = 0, *famous = bac_alloc(dag->rounds[round].slots, sizeof *famous);
  for (uint32_t w = 0; w < o->width; w++) {
    for (uint64_t left = o->famous[w]; left; left &= left - 1) {
      const uint32_t at = dag->rounds[round].witnesses[w * 64 + (uint32_t)__builtin_ctzll(left)] - 1;
      uint32_t i = count++;
      for (; i > 0 && before(hg_at(dag, at), hg_at(dag, famous[i - 1])); i--) famous[i] = famous[i - 1];
      famous[i] = at;
    }
  }
  view->outcome = hg_outcome_follow(dag, view->outcome, famous, count);
  free(famous);
  free(view->open[0].known);
  memmove(view->open, view->open + 1, --view->open_count * sizeof *view->open);
  view->closed = round;
  const uint32_t d = view->round_max - round, last = BAC_HASHGRAPH_DISTANCE_MAX - 1;
  view->statistics.rounds_to_close[d < last ? d : last]++;
}

void hg_view_learn(struct bac_hashgraph *view, struct hg_event *e) {
  if (e->round > view->round_max) view->round_max = e->round;
  if (!e->witness || e->round <= view->closed) return; /* a witness of a closed round cannot be famous */
  struct hg_open *o = open_at(view, e->round);
  hg_put(o->known, e->witness->slot);
  for (uint32_t r = view->closed + 1; r + 2 <= e->round; r++) hear(view, r, e);
  const struct bac_hashgraph_dag *dag = view->dag;
  for (uint32_t r = e->round + 2; r <= view->closed + view->open_count; r++) { /* a late witness: who has voted on it? */
    const struct hg_open *voters = &view->open[r - view->closed - 1];
    for (uint32_t w = 0; w < voters->width; w++)
      for (uint64_t left = voters->known[w]; left; left &= left - 1)
        hear(view, e->round, hg_at(dag, dag->rounds[r].witnesses[w * 64 + (uint32_t)__builtin_ctzll(left)] - 1));
  }
  while (closable(view)) close_round(view);
}
