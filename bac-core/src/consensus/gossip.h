/* SPDX-License-Identifier: GPL-2.0-only */
/* Gossip of hashgraph events among an electorate (protocols.md, section 2): when to make an event, what to put into it, how to get
 * what one lacks. What the events mean is hashgraph.h's part; what the order means is the engine's.
 *
 * Broadcast delivery: every event goes on the air once and the link spreads it; who lacks a parent asks its sender for it.
 * Unicast delivery: once a period a member tells another, drawn at random, how much it knows; that one sends what is missing; then
 * the first makes an event on the other's newest.
 *
 * An event travels as a self-signed object (BAC_OBJECT_GOSSIP), so that it costs one signature and whoever holds it can pass it on:
 *   u8 kind || u8 protocol || u16 shard || u64 epoch || u64 stamp || events
 *   event: u16 creator || self_parent[32] || other_parent[32] || u64 timestamp ns || signature[64] || u32 length || payload
 * Requests are messages (BAC_MSG_SYNC), by `step`:
 *   SYNC_WANT  payload: ids of events, 32 bytes each
 *   SYNC_HAVE  view: first creator, payload: u32 known height of it and those after it (never more than SYNC_RANGE, so that a
 *              request is one frame for any roster) */
#ifndef BAC_CONSENSUS_GOSSIP_H
#define BAC_CONSENSUS_GOSSIP_H

#include "consensus/env.h"
#include "consensus/hashgraph.h"

#define BAC_GOSSIP_SYNC_PAYLOAD_MAX 1024

struct bac_gossip_callbacks {
  /* Payload of this member's next event, owned by the caller afterwards; NULL: none. */
  struct bac_buf *(*payload)(void *engine);
  /* One more decided round, in sequence. */
  void (*round)(void *engine, const struct bac_hashgraph_round *round);
  /* An event was taken in (own ones too). */
  void (*event)(void *engine, const struct bac_hashgraph_event *event);
};

struct bac_gossip_orphan;

struct bac_gossip {
  struct bac_env *env;
  void *engine;
  const struct bac_gossip_callbacks *callbacks;
  uint32_t timer;   /* the engine's timer that drives it */
  uint32_t members; /* of the electorate */
  uint32_t self;    /* index in it, or BAC_INDEX_NONE: only listens */
  uint16_t *roster_index; /* by index in the electorate, ascending */
  struct bac_hashgraph_dag *dag;
  struct bac_hashgraph *view;

  uint32_t heard_from; /* creator of the newest event of another member */
  bool heard;          /* since the last own event */
  bac_time due;        /* next own event */
  bac_time progress_at; /* last event taken in */
  struct bac_buf *head; /* own last event as it travels: sent again when nobody answers */
  bool mute;            /* its records are torn: it cannot know what it has said, and says nothing */
  bool replays;         /* events come from the records */
  struct bac_gossip_orphan *orphans; /* events that wait for a parent */
  uint32_t orphan_count;
  uint64_t witnesses, witness_rounds; /* whose fame was decided, and how many rounds later, in sum: told so far */
  bool by_heights;         /* the last asking for what they lack */
  bac_time asked_at;       /* last SYNC_HAVE */
  bac_time more_at;        /* a long answer has a continuation: when to ask for it, BAC_NEVER */
  uint32_t more_from;      /* roster index */
  uint32_t have_from;      /* creator with whom the next SYNC_HAVE begins */
  bac_time *served_at;     /* by roster index */
};

/* electorate: roster indices. timer: one of the engine's, for gossip alone. The engine calls _free in its destroy. */
void bac_gossip_init(struct bac_gossip *g, struct bac_env *env, void *engine, const struct bac_gossip_callbacks *callbacks, uint32_t timer,
                     const struct bac_bitset *electorate);
void bac_gossip_free(struct bac_gossip *g);
/* A record of this epoch: an event, after those that it builds on. False: it cannot be read, and this member must not speak again in this epoch. */
bool bac_gossip_replay(struct bac_gossip *g, const uint8_t *record, size_t length);
void bac_gossip_start(struct bac_gossip *g);
void bac_gossip_timer(struct bac_gossip *g);
/* Events from another node; from: node id of the sender. */
void bac_gossip_receive(struct bac_gossip *g, struct bac_reader *events, uint32_t from);
void bac_gossip_sync(struct bac_gossip *g, const struct bac_msg *msg);
/* Whether it is this member's turn to put a transaction, which stands in no event that it knows, into one. Each has a member whose turn it is at once; after
 * BAC_GOSSIP_TAKEOVER it is everybody's, among a crowd one more member's each time, since the event that holds it may not have come to all. */
#define BAC_GOSSIP_TAKEOVER (2 * BAC_SECOND)
bool bac_gossip_turn(const struct bac_gossip *g, const struct bac_pool_entry *tx);
/* Whether an event's payload of so many bytes, the transaction included, is not too long: for a block, and among a crowd for a frame, which floods while two frames
 * are asked for by all who lack one. A transaction alone is never too long for a frame. */
bool bac_gossip_fits(const struct bac_gossip *g, size_t bytes, const struct bac_tx *tx);
/* Electorate index of a roster index, or BAC_INDEX_NONE. */
uint32_t bac_gossip_index(const struct bac_gossip *g, uint32_t roster_index);

#endif
