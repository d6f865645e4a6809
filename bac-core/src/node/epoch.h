/* SPDX-License-Identifier: GPL-2.0-only */
/* Epochs (protocols.md, "Epochs"): how a roster ends and the next one begins, the same way under every protocol.
 *
 * An epoch's last block has a fixed height. Who has committed it says so in a CLOSE message, signed; Q(n) of them are the boundary's
 * certificate: since honest members sign what they committed and nothing else, it holds for good and needs no engine to be checked. With
 * it the node's engine is done; the next one starts on that block with the roster that the block names. Until then engines go on as they
 * must to let everybody commit it, with blocks that are empty and never committed.
 *
 * Whoever is outside or behind asks those it hears, by epoch: for boundaries (header, certificate, next roster: a chain of trust from the
 * roster it started with) and then for the state after the newest one, which the header's root vouches for. Both hold up on their own, so
 * it does not matter who sends them. */
#ifndef BAC_NODE_EPOCH_H
#define BAC_NODE_EPOCH_H

#include "consensus/qc.h"
#include "identity/certificate.h"
#include "identity/roster.h"
#include "ledger/block.h"
#include "node/early.h"
#include "node/recovery.h"

#define BAC_EPOCH_HEARD 8
#define BAC_EPOCH_SERVED 64

struct bac_node;

/* What one member said its boundary is. */
struct bac_close {
  bool said;
  uint64_t view; /* 0; or of the recovery that it ends */
  uint64_t height;
  uint8_t digest[BAC_HASH_BYTES], signature[BAC_SIGNATURE_BYTES];
};

struct bac_epoch_state {
  struct bac_roster *roster; /* of this epoch, owned; NULL in the first one, whose roster is the host's */
  struct bac_buf **boundaries; /* of the epochs before this one: payloads of BOUNDARY */
  size_t boundary_count, boundary_capacity;
  struct bac_close *closes; /* by roster index */
  struct bac_qc certificate; /* Q(n) of them; signatures NULL: not yet */
  struct bac_buf *snapshot; /* state on which this epoch stands */
  struct bac_bitset here;   /* members who have signed something in this epoch: not behind, whatever of the one before is still on its way */
  struct bac_header base;   /* behind: header of the block on which this epoch stands */
  bool behind;              /* the chain is not there yet */
  bool turns;               /* the next epoch begins at the end of this step */
  bac_time close_at;        /* next CLOSE; BAC_NEVER: nothing to say */
  bac_time ask_at, join_at;
  struct bac_bitset lagging; /* among a crowd: members who say CLOSE of the epoch before again */
  bac_time publish_at;      /* when it says the boundary before this epoch to all, unless another one does; BAC_NEVER: not */
  bool published;           /* one has */
  bac_time silent_at;       /* member: when it asks whether the others have gone on, since it hears nobody of this epoch */
  uint32_t silences;        /* how often it has, in a row */
  uint64_t heard_epoch;     /* newest on the air */
  uint32_t heard[BAC_EPOCH_HEARD], heard_count; /* who is there: node ids */
  bac_time served_at[BAC_EPOCH_SERVED]; /* by id modulo */
  bac_time began_at, length; /* of this epoch, of the one before */
  bac_time departs_at;       /* when this EV means to leave; BAC_NEVER: not in sight */
  bool left;                 /* its LEAVE is in the pool */
  uint64_t receipt_height;   /* last checkpoint that it has sent a receipt for */
  bool has_certificate;
  struct bac_certificate own; /* by which it may join */
  uint32_t patience;        /* boundaries that may pass by before this member takes the state instead of blocks */
  uint32_t unanswered;      /* requests */
  uint32_t joins;           /* sent in this epoch: it may be a member of the next, and has to follow */
  struct bac_recovery recovery;
  const struct bac_roster *first; /* the host's, with which the boundaries begin */
  bac_time assigned_at;     /* of the newest announcement heard */
  uint32_t towards;         /* 1 + the shard that the controller has sent it to; 0: none */
  struct bac_early early;   /* of the epoch after this one */
  struct bac_buf *passport; /* with which it comes from another shard; NULL: without */
  uint64_t passport_moves;  /* of the account in it */
};

/* Durable records of kind BAC_RECORD_EPOCH: the chain reached the boundary; only the roster did; then the chain was set onto it; what
 * recovery.c keeps. */
enum bac_epoch_record { BAC_EPOCH_TURNED, BAC_EPOCH_FOLLOWED, BAC_EPOCH_JUMPED, BAC_EPOCH_STALLED, BAC_EPOCH_REWOUND };

/* Whether the node is an EV whose shard has epochs. */
bool bac_epoch_enabled(const struct bac_node *node);
void bac_epoch_init(struct bac_node *node);
void bac_epoch_free(struct bac_node *node);
/* The node's records are restored, it starts now. */
void bac_epoch_start(struct bac_node *node);
/* After a commit: says so if the epoch's last block it was. */
void bac_epoch_committed(struct bac_node *node);
/* A well-formed message of this shard and an epoch was heard from a node: signature unchecked. */
void bac_epoch_heard(struct bac_node *node, uint64_t epoch, uint32_t id);
/* One of the next epoch, signed by somebody with an account: it comes in again when this member is there (bac_node_deliver). False: there is no room for it. */
bool bac_epoch_hold(struct bac_node *node, uint64_t epoch, const uint8_t *object, size_t length, uint32_t source);
/* A member's message of this epoch came in. signer: its roster index; BAC_INDEX_NONE: it is not signed. */
void bac_epoch_among_others(struct bac_node *node, uint32_t signer);
/* One of an epoch that is over: its sender has missed the boundary; a few of those who have it answer. msg: the message, not verified yet; NULL: gossip,
 * which sets off no telling of a crowd (its senders ask). */
void bac_epoch_help(struct bac_node *node, uint64_t epoch, uint32_t id, const struct bac_msg *msg);
/* This member's own CLOSE. */
void bac_epoch_say_close(struct bac_node *node, uint64_t view, uint64_t height, const uint8_t digest[BAC_HASH_BYTES]);
void bac_epoch_persist(struct bac_node *node, enum bac_epoch_record how, const struct bac_buf *bytes);
void bac_epoch_close(struct bac_node *node, const struct bac_msg *msg);
void bac_epoch_boundary(struct bac_node *node, const struct bac_msg *msg);
void bac_epoch_snapshot(struct bac_node *node, const struct bac_msg *msg);
/* Fetch what = BAC_FETCH_BOUNDARY or _SNAPSHOT of an epoch, asked by a node id. */
void bac_epoch_serve(struct bac_node *node, uint32_t what, uint64_t epoch, uint32_t to);
/* Whether a block leads to this epoch's certified boundary, if it is on the right branch: it may wait in the chain without a certificate. */
bool bac_epoch_covers(const struct bac_node *node, const struct bac_header *header);
/* The boundary is certified: commits up to it if it is here, else asks for what is missing. */
void bac_epoch_approach(struct bac_node *node);
void bac_epoch_timer(struct bac_node *node);
bac_time bac_epoch_wakeup(const struct bac_node *node);
/* At the end of a step: begins the next epoch if it is time. */
void bac_epoch_turn(struct bac_node *node);
/* A record of kind BAC_RECORD_EPOCH. BAC_OK or BAC_ECORRUPT. */
int bac_epoch_restore(struct bac_node *node, const uint8_t *bytes, size_t length);

#endif
