/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the hashgraph share: the dag's rows, the rounds, the outcomes and a view's progress.
 *
 * Sets of creators are bit strings of `words` 64-bit words. An event is named by its index, its place in the sequence in which
 * the dag stored it: parents come before children. Indices never reach a result.
 *
 * Why one newest event for each creator is enough, forks included: the events of creator c among x's ancestors form a chain
 * unless they hold a fork, and then x sees no event of c at all, so nobody asks for them. And why one bit a creator tells which
 * witness of a round a chain ever saw: an event that sees a witness of c has a chain of c below it, which holds one witness of
 * a round at most; a later event of the same chain that saw another one would have both below it, and see neither. */
#ifndef BAC_CONSENSUS_HASHGRAPH_INTERNAL_H
#define BAC_CONSENSUS_HASHGRAPH_INTERNAL_H

#include "consensus/hashgraph.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

/* Ids are hashes: four of their bytes are as good as a hash of all. */
#undef HASH_FUNCTION
#define HASH_FUNCTION(key, length, hash) ((hash) = bac_get_u32((const uint8_t *)(key)))

#define HG_NONE UINT32_MAX
#define HG_LANES 8 /* rows of 32-bit numbers are padded to a multiple, so that plain loops over them become vector code */

/* Sets of creators that each event carries. "Now": of the event's own round; "before": of the round before that. */
enum hg_set {
  HG_FORKED,          /* creators with a fork among the ancestors */
  HG_WITNESS_NOW,     /* creators with a witness among the ancestors */
  HG_WITNESS_BEFORE,
  HG_SAW_NOW,         /* creators a witness of whom was seen by a self-ancestor */
  HG_SAW_BEFORE,
  HG_SETS
};

/* Votes of one witness on those of an earlier round, by slot; a function of its ancestry. Computed when first asked for, and
 * again when the round has more slots than then (a fork's witness came in later). */
struct hg_votes {
  uint32_t width;   /* words; 0: not computed */
  uint64_t *yes;    /* the three strings lie in one allocation that starts here */
  uint64_t *decided; /* t > 2n/3 in a round that is no coin round: fame = the vote */
  uint64_t *coin;   /* the vote is a bit of the signature */
};

struct hg_witness {
  uint32_t slot;           /* in its round: its creator, or n and above for a fork's second, third, ... witness */
  uint32_t strongly_count; /* witnesses of the round before that it strongly sees */
  uint32_t *strongly;      /* their indices */
  uint32_t vote_count;
  struct hg_votes *votes;  /* votes[d-1]: on the round d before its own */
};

struct hg_event {
  struct bac_hashgraph_event event; /* first: the public part */
  UT_hash_handle hh;
  uint32_t index, self_parent, other_parent; /* HG_NONE: a first event */
  uint32_t seq;                              /* length of its chain, from 1 */
  uint32_t jump;                             /* a self-ancestor further down, for walks in logarithmic time; HG_NONE */
  uint32_t depth;                            /* longest path to a first event, from 1: parents before children in any dag */
  uint32_t round, received;                  /* received: in the outcome chain that the dag has marked; 0: not yet */
  uint32_t chain_witness;                    /* newest witness among its self-ancestors, itself included */
  uint32_t first_child, next_sibling;        /* its self-children; HG_NONE ends */
  uint32_t sweep;                            /* scratch of the ordering */
  uint16_t other_count;
  uint16_t saw_count;                        /* size of HG_SAW_NOW, at most the quorum */
  bool on_chain;                             /* scratch of the ordering */
  uint32_t *others;           /* witnesses that its chain saw (rounds now and before) and that are not their creator's slot's first */
  struct hg_witness *witness; /* NULL: none */
  uint32_t *tips;             /* by creator: index + 1 of its newest event among the ancestors, itself included; 0: none */
  uint64_t *sets;             /* HG_SETS strings, in tips' allocation */
};

struct hg_round {
  uint32_t slots, capacity;
  uint32_t *witnesses; /* by slot: index + 1; 0: none yet */
  uint64_t *several;   /* creators with more than one witness; NULL: none */
};

/* A decided round after all those before it: a node in a tree whose only branch, while at most f members fork, is a line. Views
 * with the same history share it; were they ever to disagree, they would part here and each keep its own. */
struct hg_outcome {
  struct bac_hashgraph_round result; /* first: the public part */
  struct hg_outcome *parent, *child, *sibling;
  uint32_t unique_count, famous_count;
  uint32_t *unique, *famous; /* indices, ascending by creator */
};

struct bac_hashgraph_dag {
  uint32_t references, n, words, quorum, coin_period, events_max;
  uint64_t epoch;
  uint8_t (*roots)[BAC_HASH_BYTES];
  struct hg_event **events, *by_id; /* events: by index, NULL: dropped */
  uint32_t count, capacity, live;
  size_t bytes;
  void **spare_rows;       /* rows of dropped events, each starting with a pointer to the next */
  uint32_t *first_events; /* by creator: a first event, head of the list of siblings; HG_NONE */
  uint32_t *forkers, forker_count;
  uint64_t *forker_set;
  struct hg_round *rounds; /* by round; [0] is unused */
  uint32_t round_count;
  uint32_t floor;             /* rounds up to here are decided and taken by all, and pruned */
  uint32_t weak_witnesses;
  struct hg_outcome *root;    /* the outcome of the floor */
  struct hg_outcome *marked;  /* events' `received` tell this outcome's history */
  uint32_t *limbo, limbo_count, limbo_capacity; /* ordered at or below the floor, but kept */
  struct bac_hashgraph *views;
  const uint64_t **rows; /* scratch, n + 1 */
  const struct hg_event **row_events;
  uint64_t *scratch; /* one string */
  uint32_t *slot_counts, slot_capacity;
};

/* A round that a view has not closed: strings by slot. */
struct hg_open {
  uint32_t width; /* words of each */
  uint64_t *known, *decided, *famous; /* one allocation, starts at known */
};

struct bac_hashgraph {
  struct bac_hashgraph_dag *dag;
  struct bac_hashgraph *next_view, *previous_view;
  uint64_t *known; /* by index */
  uint32_t known_words;
  uint32_t *heights, *heads; /* heads: index + 1 */
  uint64_t *forked;
  struct bac_hashgraph_fork *forks;
  uint32_t fork_count, fork_taken;
  struct hg_open *open; /* open[i]: round closed + 1 + i */
  uint32_t open_count, open_capacity;
  uint32_t closed, round_max;
  struct hg_outcome *outcome, *taken;
  struct bac_hashgraph_statistics statistics;
};

static inline bool hg_has(const uint64_t *set, uint32_t i) { return set[i / 64] >> (i % 64) & 1; }
static inline void hg_put(uint64_t *set, uint32_t i) { set[i / 64] |= (uint64_t)1 << (i % 64); }
static inline uint32_t hg_padded(uint32_t count) { return (count + HG_LANES - 1) / HG_LANES * HG_LANES; }
static inline uint64_t *hg_set_of(const struct bac_hashgraph_dag *dag, const struct hg_event *e, enum hg_set which) {
  return e->sets + (size_t)which * dag->words;
}
static inline struct hg_event *hg_at(const struct bac_hashgraph_dag *dag, uint32_t index) { return dag->events[index]; }

/* ---- hashgraph_dag.c ---- */
/* Stores an event whose parents (NULL: a first event) are live and were checked; returns its row, NULL when the dag is full. */
struct hg_event *hg_dag_insert(struct bac_hashgraph_dag *dag, const struct bac_hashgraph_event *event, struct hg_event *self_parent,
                               struct hg_event *other_parent);
struct hg_event *hg_dag_find(const struct bac_hashgraph_dag *dag, const uint8_t id[BAC_HASH_BYTES]);
/* True if a is b or a self-ancestor of b; both of one creator, named by index. Of two events of a creator that were dropped
 * before it ever forked, and of a dropped and a held one, the older is: they were one chain. */
bool hg_self_ancestor(const struct bac_hashgraph_dag *dag, uint32_t a, uint32_t b);
/* The self-ancestor of e, e included, that is a witness of this round; HG_NONE: none held. */
uint32_t hg_chain_witness(const struct bac_hashgraph_dag *dag, const struct hg_event *e, uint32_t round);

/* ---- hashgraph_rounds.c ---- */
/* to[i] = the greater of both; count: a multiple of HG_LANES. */
void hg_max_into(uint32_t *restrict to, const uint32_t *restrict from, size_t count);
/* For each of `words` words: how many of the rows have each bit, compared with thresholds: out[t] gets the bits of columns whose
 * count is at least thresholds[t]. count <= BAC_HASHGRAPH_MEMBERS_MAX. */
void hg_tally(const uint64_t *const *rows, uint32_t count, uint32_t words, const uint32_t *thresholds, uint64_t *const *out,
              uint32_t outs);
/* Fills in tips, sets, others, round and witness of a new event. */
void hg_rows_compute(struct bac_hashgraph_dag *dag, struct hg_event *e);

/* ---- hashgraph_fame.c ---- */
/* Draws the conclusions from an event that the view now knows: votes, fame, closed rounds. */
void hg_view_learn(struct bac_hashgraph *view, struct hg_event *e);
void hg_open_free(struct bac_hashgraph *view);

/* ---- hashgraph_order.c ---- */
/* The outcome that follows `parent` with these famous witnesses, unique ones first computed from them; shared if it exists. */
struct hg_outcome *hg_outcome_follow(struct bac_hashgraph_dag *dag, struct hg_outcome *parent, const uint32_t *famous, uint32_t count);
/* Makes the events' `received` tell this outcome's history. */
void hg_outcome_mark(struct bac_hashgraph_dag *dag, struct hg_outcome *outcome);
void hg_outcome_free(struct bac_hashgraph_dag *dag, struct hg_outcome *outcome); /* with all that follow */

#endif
