/* SPDX-License-Identifier: GPL-2.0-only */
/* Hashgraph: who said what when, and the one order that follows from it. No networking: a gossip engine brings events, this
 * library says what they mean.
 *
 * Two layers. A `bac_hashgraph_dag` stores every event that any node of the process knows, each once, with all that depends on
 * its ancestry alone (round, witness, strongly seen witnesses, votes). A `bac_hashgraph` is one node's view: which of these
 * events it knows, and how far its order has come. Whatever a view answers depends on the events it was given and on their
 * sequence, never on what other views of the same dag know: one dag for all nodes or one for each gives the same results.
 *
 * Source: L. Baird, The Swirlds Hashgraph Consensus Algorithm, SWIRLDS-TR-2016-01 (divideRounds, decideFame, findOrder), with
 * the rules of design/protocols.md, section 2. */
#ifndef BAC_CONSENSUS_HASHGRAPH_H
#define BAC_CONSENSUS_HASHGRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bac/limits.h"
#include "bac/types.h"
#include "base/bytes.h"

#define BAC_HASHGRAPH_MEMBERS_MAX 1024
#define BAC_HASHGRAPH_COIN_PERIOD 12
#define BAC_HASHGRAPH_DISTANCE_MAX 32 /* buckets of the rounds-to-decide histogram; the last takes all above */

/* ---- Events ---- */

struct bac_hashgraph_event {
  uint64_t epoch;
  uint32_t creator;                     /* roster index */
  uint8_t self_parent[BAC_HASH_BYTES];  /* id of the creator's event before this one; its first event: the creator's root */
  uint8_t other_parent[BAC_HASH_BYTES]; /* id of another creator's event; first event: all zero */
  uint8_t payload_digest[BAC_HASH_BYTES];
  bac_time timestamp; /* ns, grows along a creator's chain */
  uint8_t signature[BAC_SIGNATURE_BYTES];
  uint8_t id[BAC_HASH_BYTES]; /* set by bac_hashgraph_event_identify */
  struct bac_buf *payload;    /* opaque bytes (transactions); may be NULL. The dag takes a reference of its own */
};

/* What the first event of a creator names as its self-parent: H(boundary || key), so that no event fits two epochs. */
void bac_hashgraph_root(uint8_t out[BAC_HASH_BYTES], const uint8_t boundary[BAC_HASH_BYTES],
                        const uint8_t key[BAC_PUBLIC_KEY_BYTES]);
/* What the creator signs: epoch, creator, parents, timestamp and payload digest. */
void bac_hashgraph_event_digest(uint8_t out[BAC_HASH_BYTES], const struct bac_hashgraph_event *event);
/* Sets event->id = H(signed digest || signature). The signature is part of the id because fame (coin rounds) and the order
 * (whitening) read its bits: a creator can make many valid signatures of one content, and two nodes that held different ones
 * under one id would order differently. So a second signature is a second event, and a fork. */
void bac_hashgraph_event_identify(struct bac_hashgraph_event *event);

/* ---- The store that views share ---- */

struct bac_hashgraph_config {
  uint32_t members;                      /* n, 1..BAC_HASHGRAPH_MEMBERS_MAX */
  uint64_t epoch;                        /* the only one whose events are taken */
  const uint8_t (*roots)[BAC_HASH_BYTES]; /* n of them, by roster index; copied */
  uint32_t coin_period;                  /* 0: BAC_HASHGRAPH_COIN_PERIOD; else at least 3, below that a late witness could win */
  uint32_t events_max;                   /* events held at a time; 0: no bound but 2^31 events in the dag's life */
};

struct bac_hashgraph_dag;

/* NULL: a field is out of its range. The caller owns one reference. */
struct bac_hashgraph_dag *bac_hashgraph_dag_new(const struct bac_hashgraph_config *config);
struct bac_hashgraph_dag *bac_hashgraph_dag_ref(struct bac_hashgraph_dag *dag);
void bac_hashgraph_dag_unref(struct bac_hashgraph_dag *dag); /* NULL is ignored; a view holds a reference */
bool bac_hashgraph_dag_last(const struct bac_hashgraph_dag *dag); /* whether there is one reference */

/* Drops what no view needs any more: events that every view has ordered and taken (bac_hashgraph_next) and whose round lies
 * more than `keep_rounds` below that of the view furthest behind, except each creator's last ones, which may still become
 * parents. From then on a new event both of whose parents lie below that floor is STALE, and one with a dropped parent
 * UNKNOWN. Views of one dag agree on that, since what one of them took in, all can take in. Between dags it is a question of
 * liveness, not safety: keep enough rounds for the longest partition to be survived (or prune only with the epoch's end).
 * A view of a node that is gone holds back everybody: free it. Returns the number of events dropped. */
uint32_t bac_hashgraph_prune(struct bac_hashgraph_dag *dag, uint32_t keep_rounds);

struct bac_hashgraph_dag_statistics {
  uint32_t events, events_live; /* ever stored; held now */
  size_t bytes;                 /* held now, payloads excluded; rows of dropped events wait for new ones and count */
  size_t event_bytes;           /* of one event without forks; see bac_hashgraph_event_bytes */
  uint32_t forkers;             /* creators with a fork; above floor((n-1)/3) agreement is no longer guaranteed */
  uint32_t weak_witnesses;      /* of round 2 or later, that strongly see 2n/3 or fewer witnesses of the round before (a fork hid
                                   others): their votes follow the published rule, which does not foresee them */
};
void bac_hashgraph_dag_statistics(const struct bac_hashgraph_dag *dag, struct bac_hashgraph_dag_statistics *out);

/* Bytes of one event among n members: 4n for the newest known event of each creator, 5/8 n for five sets of creators, a fixed
 * part; malloc's share excluded. Beside that:
 * - A witness: up to 4n for those it strongly sees, and 3/8 n for each round that it was asked to vote on (about three).
 * - A fork costs no column: an event of a forker takes as much as any other, plus 4 bytes for each forker and round of which a
 *   chain saw another branch than the dag saw first, at most 8 bytes a forker and event. Votes on a round with w witnesses take
 *   3/8 w. So a forker's branches are bounded like anybody's chain, by events_max and by what the gossip engine lets in.
 * - For the dag's life, dropped or not: 8 bytes an event, and one bit an event and view. Of forkers the fixed part stays.
 * - A view: 8n, one bit an event, and 3/8 w for each round it has not closed. */
size_t bac_hashgraph_event_bytes(uint32_t members);

/* ---- A node's view ---- */

struct bac_hashgraph;

/* Takes a reference of the dag. In a dag that was pruned, a view starts at the pruned floor, as from a snapshot. */
struct bac_hashgraph *bac_hashgraph_new(struct bac_hashgraph_dag *dag);
void bac_hashgraph_free(struct bac_hashgraph *view); /* NULL is ignored */

enum bac_hashgraph_verdict {
  BAC_HASHGRAPH_ADDED,
  BAC_HASHGRAPH_DUPLICATE,            /* this view has it */
  BAC_HASHGRAPH_UNKNOWN_SELF_PARENT,  /* fetch it, then offer this event again */
  BAC_HASHGRAPH_UNKNOWN_OTHER_PARENT, /* likewise; the self-parent is there */
  BAC_HASHGRAPH_WRONG_EPOCH,
  BAC_HASHGRAPH_WRONG_CREATOR,        /* no such roster index */
  BAC_HASHGRAPH_WRONG_SELF_PARENT,    /* an event of another creator, or another creator's root */
  BAC_HASHGRAPH_WRONG_OTHER_PARENT,   /* an event of the same creator; one on a first event; none on a later one */
  BAC_HASHGRAPH_WRONG_TIMESTAMP,      /* not after the self-parent's, negative, or BAC_NEVER */
  BAC_HASHGRAPH_STALE,                /* both parents lie below what was pruned */
  BAC_HASHGRAPH_FULL,                 /* events_max: nothing was stored, prune or give up; never a reason to blame the creator */
};

/* Takes an event into the view and draws every conclusion from it. The caller has verified the signature over
 * bac_hashgraph_event_digest and has called bac_hashgraph_event_identify: neither is checked here. The event is copied
 * (payload by reference). Forks are taken in like other events: an honest node may have built on either branch, so refusing one
 * would cut this view off from honest events. A gossip engine may leave out events of known forkers (bac_hashgraph_forked)
 * as long as no other creator's event builds on them, and should not build on them itself.
 * stored: NULL, or the dag's copy, borrowed until it is pruned (ADDED and DUPLICATE; else NULL). */
enum bac_hashgraph_verdict bac_hashgraph_add(struct bac_hashgraph *view, const struct bac_hashgraph_event *event,
                                             const struct bac_hashgraph_event **stored);

/* ---- Results ---- */

struct bac_hashgraph_ordered {
  const struct bac_hashgraph_event *event;
  bac_time timestamp; /* consensus timestamp */
};

/* One decided round: the same in every view that decided it. */
struct bac_hashgraph_round {
  uint64_t round; /* 1, 2, ... without gaps */
  uint64_t first; /* events ordered before this round: position of events[0] */
  size_t event_count;
  const struct bac_hashgraph_ordered *events; /* received in this round, in final order */
  size_t witness_count;
  const uint32_t *witness_creators;                    /* of the unique famous witnesses, ascending */
  const uint8_t (*witness_signatures)[BAC_SIGNATURE_BYTES]; /* in the same order: what the seed hashes */
};

/* The next round that this view has decided and not yet returned; NULL: none. Borrowed until the dag is pruned or freed. */
const struct bac_hashgraph_round *bac_hashgraph_next(struct bac_hashgraph *view);

/* Two events of one creator with equal self-parent, each signed: proof of a fork. Borrowed until the dag is pruned or freed.
 * Each creator is reported once a view, when the fork becomes known to it. False: nothing new. */
struct bac_hashgraph_fork {
  uint32_t creator;
  const struct bac_hashgraph_event *first, *second; /* in the sequence in which the view learned them */
};
bool bac_hashgraph_next_fork(struct bac_hashgraph *view, struct bac_hashgraph_fork *out);
/* True if this view knows a fork of the creator. */
bool bac_hashgraph_forked(const struct bac_hashgraph *view, uint32_t creator);

struct bac_hashgraph_statistics {
  uint64_t events;          /* known */
  uint64_t ordered;         /* of these, with a place in the order */
  uint64_t rounds_decided;  /* greatest r such that rounds 1..r are decided */
  uint64_t round_max;       /* greatest round of a known event */
  uint64_t witnesses_decided;
  uint64_t coins; /* coin votes (a middle bit of the signature) that this view's decisions looked at */
  uint64_t rounds_to_decide[BAC_HASHGRAPH_DISTANCE_MAX]; /* witnesses by round of the deciding voter minus their own */
  uint64_t rounds_to_close[BAC_HASHGRAPH_DISTANCE_MAX];  /* rounds by round_max minus their own when they were closed */
};
void bac_hashgraph_statistics(const struct bac_hashgraph *view, struct bac_hashgraph_statistics *out);

/* What the view makes of an event that it knows. famous: -1 undecided or no witness, 0, 1. received: 0 while undecided. */
struct bac_hashgraph_facts {
  uint64_t round, received;
  bool witness;
  int famous;
  bac_time timestamp; /* consensus timestamp; 0 while undecided */
};
bool bac_hashgraph_facts(const struct bac_hashgraph *view, const uint8_t id[BAC_HASH_BYTES], struct bac_hashgraph_facts *out);

/* ---- Gossip ---- */

/* Length of the longest chain of the creator that the view knows: 0 none, 1 its first event, ... */
uint32_t bac_hashgraph_known(const struct bac_hashgraph *view, uint32_t creator);
/* The last event of that chain (of several: the one learned first); NULL: none. What the next event's parents should be:
 * the head of oneself, and the head of the one just heard unless it has forked. */
const struct bac_hashgraph_event *bac_hashgraph_head(const struct bac_hashgraph *view, uint32_t creator);
/* A known event by id, to serve a fetch; NULL: the view does not know it, or it was pruned. */
const struct bac_hashgraph_event *bac_hashgraph_find(const struct bac_hashgraph *view, const uint8_t id[BAC_HASH_BYTES]);
/* Ids of the known events of a creator that have no known self-child: one without forks, more with. Fills at most `max`,
 * returns how many there are. Costs a walk over the creator's events if it has forked. */
size_t bac_hashgraph_tips(const struct bac_hashgraph *view, uint32_t creator, uint8_t (*ids)[BAC_HASH_BYTES], size_t max);

/* What the other side has. heights: n of them, by creator (its bac_hashgraph_known). tips: ids of its tips, needed for creators
 * of whom it knows a fork only (a height does not tell which branch); may be NULL with tip_count 0. */
struct bac_hashgraph_have {
  const uint32_t *heights;
  const uint8_t (*tips)[BAC_HASH_BYTES];
  size_t tip_count;
  bool needed_only; /* of creators that forked, only what others' events to be sent build on */
};
/* Known events that the other side lacks, parents before children, at most `max`; returns how many were written. First those of creators
 * above their heights, with what they build on; then the other events of creators that forked, or of whom tips are given. Of these the
 * other side has what is an ancestor of a given tip, or of an event at the others' heights. While a
 * fork is known to neither side but they hold different branches, heights mislead: the receiver then sees an UNKNOWN parent
 * and fetches it by id. The sequence depends on the known events alone. Borrowed until pruned. */
size_t bac_hashgraph_missing(const struct bac_hashgraph *view, const struct bac_hashgraph_have *have,
                             const struct bac_hashgraph_event **out, size_t max);

#endif
