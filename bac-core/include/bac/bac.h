/* SPDX-License-Identifier: GPL-2.0-only */
/* The blockchain node of one vehicle as a deterministic step function: the only header a host needs.
 *
 * A host (ns-3, the in-process simulator, a socket program) feeds events into bac_node_step and carries out the effects it
 * returns. The node does no I/O, reads no clock and draws randomness from its seed alone: the same events give the same bytes.
 *
 * Order: a host carries out the effects of a step in the order given (PERSIST precedes the frames that depend on it), not
 * before the step's cost in CPU time has passed, and steps the node again no earlier. Effects and everything they point to are
 * borrowed until the next step of the same node; an event is borrowed until the step returns. */
#ifndef BAC_BAC_H
#define BAC_BAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bac/limits.h"
#include "bac/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Configuration: one per run, shared by its nodes, which borrow it for their lifetime. ---- */

struct bac_config {
  const char *protocol; /* a name in bac_protocols() */
  enum bac_mode mode;
  enum bac_delivery delivery;
  enum bac_vote_rule vote_rule;
  enum bac_election election;     /* of BAC's primaries; other protocols have their own way */
  bool early_claims;              /* BAC: claims of the next round travel with the votes of this one */
  uint64_t seed;

  uint32_t block_bytes_max;       /* bytes of transactions in a block, <= BAC_BLOCK_BYTES_MAX */
  bac_time block_interval;        /* a block is cut when full or after this long */
  uint32_t candidates_permille;   /* CPs per epoch as a share of the roster; at least one */
  uint32_t full_permille;         /* share of CS that keep whole blocks */
  uint32_t checkpoint_interval;   /* PBFT: blocks between checkpoints (K); the window is 2K */
  uint32_t pool_txs_max;          /* transactions waiting at one node */
  uint32_t bodies_kept;           /* bodies a CS keeps for repair after applying them */
  uint32_t crowd_members;         /* a shard of more is a crowd: what several members need is said once for all, and later */
  bac_time delta;                 /* first estimate of the one-way delay; then measured */
  bac_time gossip_period;         /* hashgraph: time between two events of a member */
  bac_time request_timeout;       /* PBFT: a pending request older than this starts a view change */
  bac_time stall_timeout;         /* BAC 2.0: a committee silent for so long, with transactions waiting, has stalled; among a crowd after four times that */

  uint64_t bit_rate_bps;          /* radio: for airtime estimates (windows, timers) */
  bac_time frame_overhead_ns;     /* radio: preamble, DIFS and mean backoff of one frame */
  uint32_t frame_bytes_max;       /* link frame, <= BAC_FRAME_BYTES_MAX */
  bool relay;                     /* members relay for each other */
  bool backhaul;                  /* the shard has RSUs with a wired port */
};

/* The documented defaults (protocols.md, "Workload"). */
struct bac_config bac_config_default(void);
/* 0, or BAC_EINVAL with a line naming the field, its value and its range in `why`. */
int bac_config_check(const struct bac_config *config, char *why, size_t why_size);

struct bac_member {
  uint32_t id; /* 0..BAC_NODE_ID_MAX, unique in a run */
  uint8_t sign_key[BAC_PUBLIC_KEY_BYTES];
  uint8_t vrf_key[BAC_PUBLIC_KEY_BYTES];
  int64_t balance_milli; /* at genesis, thousandths of the currency unit */
  uint64_t serial;       /* of its certificate */
  uint32_t units;        /* of reputation, which sortition counts: 0..100, frozen for the epoch */
  uint32_t place;        /* in the epoch's committee, 1 the first; 0: not in it, or there is none yet (epoch 0) */
  uint32_t lambda;       /* of the credential that brought it there; 0: the fallback order did */
};

/* What a shard knows of another one: of its newest epoch heard of, the roster's hash, and the roots of the states on which the last ones stand, by
 * epoch modulo (zero: unknown). bac_neighbour_derive fills it for the beginning. */
#define BAC_NEIGHBOURS_MAX 8
#define BAC_NEIGHBOUR_ROOTS 8
struct bac_neighbour {
  uint32_t shard;
  uint64_t epoch;
  uint8_t roster_hash[BAC_HASH_BYTES];
  uint8_t roots[BAC_NEIGHBOUR_ROOTS][BAC_HASH_BYTES];
};

/* Members of one shard in one epoch, ordered by id. Borrowed by nodes for their lifetime. */
struct bac_roster {
  uint32_t shard;
  uint64_t epoch;
  uint32_t count; /* 1..BAC_ROSTER_MAX */
  const struct bac_member *members;
  uint8_t seed[BAC_HASH_BYTES];         /* of this epoch's elections: frozen two epochs before */
  uint32_t candidates_permille;         /* the committee's share of the members; 0: config's */
  uint32_t epoch_blocks;                /* after which members may join and leave; 0: never */
  uint8_t ca_key[BAC_PUBLIC_KEY_BYTES]; /* of the authority whose certificates let EVs join */
  const struct bac_neighbour *neighbours; /* epoch 0: shards from which EVs may be handed over */
  uint32_t neighbour_count;               /* <= BAC_NEIGHBOURS_MAX */
};

/* How the shard of this roster, its first, is known to others. */
void bac_neighbour_derive(struct bac_neighbour *neighbour, const struct bac_roster *genesis);

/* Fills members[i] for ids[i]: keys derived from the seed, the genesis balance and units. ids ascend.  Errors: BAC_EINVAL. */
int bac_members_derive(uint64_t seed, const uint32_t *ids, uint32_t count, struct bac_member *members);

/* The certificate of EV `id`, whose account opens in shard `home`, in the run of `seed`, valid in [not_before, not_after); the same of the
 * controller, a macro base station; and the key of the authority that issued both (a roster's ca_key). As bytes: hosts hand them on. */
void bac_certificate_derive(uint64_t seed, uint32_t id, uint32_t home, bac_time not_before, bac_time not_after,
                            uint8_t certificate[BAC_CERTIFICATE_BYTES]);
void bac_controller_certificate_derive(uint64_t seed, uint32_t id, uint8_t certificate[BAC_CERTIFICATE_BYTES]);
void bac_ca_derive_key(uint64_t seed, uint8_t ca_key[BAC_PUBLIC_KEY_BYTES]);

/* Process-wide store of signature verdicts, and of hashgraphs: a verdict is a pure function of its bytes, what follows from events one of
 * these, so sharing changes speed and memory, never results. Optional. `entries` is its size (a power of two is used). One thread at a time. */
struct bac_shared;
struct bac_shared *bac_shared_new(size_t entries);
void bac_shared_free(struct bac_shared *shared);

enum bac_node_kind {
  BAC_NODE_MEMBER, /* an EV: link, ledger and consensus */
  BAC_NODE_RSU,    /* a roadside unit: link on the radio port and the wired port; no vote */
  BAC_NODE_MBS,    /* the macro base station: relays between the wired ports of a shard's RSUs */
};

struct bac_node_config {
  const struct bac_config *config;
  const struct bac_roster *roster;
  uint32_t id;
  enum bac_node_kind kind;
  struct bac_shared *shared; /* may be NULL */
  /* Of an EV that is not in the roster, or may leave and come back: BAC_CERTIFICATE_BYTES by which it joins, copied; NULL: it has none. */
  const uint8_t *certificate;
  /* What the EV takes along from its last shard (bac_node_passport), copied; NULL: it comes from nowhere. */
  const uint8_t *passport;
  size_t passport_length;
};

/* ---- Events ---- */

enum bac_event_type {
  BAC_EVENT_RESTORE, /* before START, after a crash: the PERSIST records in the order they were written */
  BAC_EVENT_START,
  BAC_EVENT_FRAME,  /* a frame arrived */
  BAC_EVENT_SENT,   /* a radio's MAC is done with `count` frames: room for as many more */
  BAC_EVENT_WAKE,   /* the time asked for has come (early is harmless) */
  BAC_EVENT_SUBMIT, /* this EV's owner wants a transfer */
  BAC_EVENT_REVOKE, /* the authority hands out a revocation list: bytes as in identity/revocation.h */
  BAC_EVENT_DEPART, /* the trip's plan: when this EV leaves the shard, for nowhere */
  BAC_EVENT_ASSIGN, /* the controller announces which EVs belong to which shard: bytes as in shard/assignment.h. To the MBS: it says so to all */
};

/* Where an EV is and how it drives: cm and cm/s, x to the east, y to the north. */
struct bac_motion {
  int32_t x_cm, y_cm, vx_cm_s, vy_cm_s;
};

/* Of one shard: an EV belongs to that of the nearest site (shard/assignment.h). */
struct bac_site {
  uint32_t shard;
  struct bac_motion at;
};

struct bac_submit {
  uint32_t to;          /* receiving member's id */
  int64_t amount_milli; /* > 0 */
  int64_t fee_milli;    /* >= 0 */
  uint32_t bytes;       /* size of the whole signed transaction, padded; 0: as small as it gets */
};

struct bac_event {
  bac_time now; /* never before an earlier event of the node */
  enum bac_event_type type;
  union {
    struct {
      uint32_t port; /* 0 radio, 1 wired */
      const uint8_t *bytes;
      size_t length;
    } frame;
    struct {
      uint32_t radio; /* of those that bac_node_set_radios said */
      uint32_t count;
    } sent;
    struct {
      uint32_t kind;
      const uint8_t *bytes;
      size_t length;
    } restore;
    struct bac_submit submit;
    struct {
      const uint8_t *bytes;
      size_t length;
    } revoke;
    struct {
      bac_time at; /* BAC_NEVER: not in sight */
    } depart;
    struct {
      const uint8_t *bytes;
      size_t length;
      struct bac_motion own; /* as this EV measures it; the MBS does not look */
    } assign;
  };
};

/* ---- Effects ---- */

enum bac_effect_type {
  BAC_EFFECT_PERSIST,
  BAC_EFFECT_FRAME,
  BAC_EFFECT_COMMIT,
  BAC_EFFECT_TX_STATUS,
  BAC_EFFECT_PROPOSE, /* this node, as primary, cut a block */
  BAC_EFFECT_ROLE,
  BAC_EFFECT_REJECT,
  BAC_EFFECT_EPOCH, /* this node is in an epoch now: at the start, and whenever the next one begins */
  BAC_EFFECT_REVOKE, /* blocks that were final by the committee's word alone are not, after all */
  BAC_EFFECT_HANDOVER, /* this EV has left for another shard: there its host starts it, with the passport */
  BAC_EFFECT_ANNOUNCED, /* the controller's announcement came in, unchecked: the host answers with ASSIGN, and where this EV is */
};

/* EDCA: what the host maps frames to. */
enum bac_frame_class { BAC_CLASS_CONTROL, BAC_CLASS_VOTE, BAC_CLASS_BULK };

enum bac_role { BAC_ROLE_CS, BAC_ROLE_CP, BAC_ROLE_PRIMARY };

enum bac_tx_status { BAC_TX_POOLED, BAC_TX_COMMITTED, BAC_TX_REFUSED, BAC_TX_REVOKED /* was committed; waits again */ };

struct bac_tx_ref {
  uint8_t id[BAC_HASH_BYTES];
  uint32_t from;
  bac_time created_at; /* by its sender's clock */
};

struct bac_commit {
  uint64_t epoch, height, round; /* round: BAC's round, PBFT's view */
  uint32_t members;              /* of the epoch's roster */
  bool revocable;                /* committee-final: the roster's word comes with the epoch's end */
  bool recovery;                 /* ends an epoch whose committee has stalled */
  uint8_t digest[BAC_HASH_BYTES];
  uint8_t state_root[BAC_HASH_BYTES];
  uint32_t proposer;
  bac_time proposed_at; /* by the proposer's clock */
  uint32_t tx_count, body_bytes; /* transfers; bytes of all that the block holds */
  uint32_t records;              /* joins, leaves, credentials, receipts, evidence, revocations */
  uint32_t light_bytes;          /* header, certificate and Merkle path: what shows one of its transactions to who holds the roster alone; 0: there
                                    is no transaction, or the engine has no certificate */
  const struct bac_tx_ref *txs;
};

struct bac_effect {
  enum bac_effect_type type;
  union {
    struct {
      uint32_t kind; /* enum bac_record; records are appended, and some take the place of earlier ones */
      const uint8_t *bytes;
      size_t length;
    } persist;
    struct {
      uint32_t port;
      uint32_t radio;       /* on the air (port 0): by which */
      uint32_t destination; /* node id, or BAC_BROADCAST */
      uint32_t except;      /* wired broadcast of the MBS: not back to this one; else BAC_BROADCAST */
      enum bac_frame_class frame_class;
      const uint8_t *bytes;
      size_t length;
    } frame;
    struct bac_commit commit;
    struct {
      uint8_t id[BAC_HASH_BYTES];
      enum bac_tx_status status;
      bac_time created_at;
    } tx_status;
    struct {
      uint64_t height, round;
      uint8_t digest[BAC_HASH_BYTES];
      uint32_t tx_count, body_bytes;
      uint32_t pending; /* pool minus included, at block creation (paper, Fig. 12) */
    } propose;
    struct {
      enum bac_role role;
      uint64_t epoch, round;
    } role;
    struct {
      enum bac_reject reason;
      uint32_t from; /* claimed sender, BAC_BROADCAST if unknown */
    } reject;
    struct {
      uint64_t epoch, base; /* base: height of the block on which it stands: all up to there is roster-final */
      uint8_t base_digest[BAC_HASH_BYTES];
      bool recovered;       /* the committee of the epoch before had stalled */
      const struct bac_roster *roster;
      bool member;          /* this node is one */
      bool jumped;          /* its next commit follows base, whatever it committed before */
    } epoch;
    struct {
      uint64_t height; /* of the last block that still stands */
      uint32_t blocks; /* above it that do not */
    } revoke;
    struct {
      uint32_t shard;          /* the other one */
      const uint8_t *passport; /* as bac_node_passport */
      size_t length;
    } handover;
    struct {
      const uint8_t *bytes; /* unchecked */
      size_t length;
    } announced;
  };
};

/* Durable records. Whoever keeps them forgets those whose place is taken, and needs to know no more of them than this. */
enum bac_record {
  BAC_RECORD_STATE = 1, /* what the engine promised; takes the place of the one before */
  BAC_RECORD_BLOCK = 2, /* u64 height || ...: committed; takes the place of BODY records up to its height */
  BAC_RECORD_EPOCH = 3,
  BAC_RECORD_BODY = 4,  /* u64 height || ...: a block that a vote covers */
  BAC_RECORD_EVENT = 5, /* u64 epoch || ...: what the engine has heard and stands on; takes the place of those of earlier epochs */
};

/* Work done in a step; the host turns it into CPU time. */
struct bac_cost {
  uint32_t signs, verifies;
  uint32_t vrf_proves, vrf_verifies;
  uint64_t hashed_bytes;
  uint64_t coded_bytes; /* erasure coding, bytes multiplied over GF(2^8) */
};

struct bac_output {
  const struct bac_effect *effects;
  size_t effect_count;
  bac_time wakeup; /* step with WAKE then, BAC_NEVER: nothing is due */
  struct bac_cost cost;
};

/* ---- The node ---- */

struct bac_node;

/* NULL with a line in `why` when the configuration does not hold. The caller frees it. */
struct bac_node *bac_node_new(const struct bac_node_config *config, char *why, size_t why_size);
void bac_node_free(struct bac_node *node);

/* 0 or a negative bac_error for misuse by the host (a step back in time, a bad submit, FRAME before START). */
int bac_node_step(struct bac_node *node, const struct bac_event *event, struct bac_output *out);

/* How many radios this node has on the air, and how many frames the MAC of each may hold at a time; SENT gives one back. Default: one, 4 frames.
 * With two, control frames and votes leave by radio 1 and the rest by radio 0, and neither waits for the other.
 * 1 <= radios <= BAC_RADIOS_MAX.  frames: UINT32_MAX is no limit. */
void bac_node_set_radios(struct bac_node *node, uint32_t radios, uint32_t frames);

/* Running totals since bac_node_new. */
struct bac_counters {
  uint64_t messages_sent, message_bytes_sent; /* consensus messages, once per receiver when unicast */
  uint64_t messages_received;
  uint64_t consensus_sent; /* of messages_sent, those of the engine (no transactions, no fetches) */
  uint64_t frames_sent[3], frame_bytes_sent[3]; /* radio frames by class */
  uint64_t wired_frames_sent;
  uint64_t relayed, suppressed, repair_symbols;
  uint64_t contradictions; /* of others, heard */
  uint64_t blocks_revoked;
  uint64_t blocks_committed, empty_blocks, txs_committed, view_changes;
  uint64_t draws, claims;        /* BAC under sortition: rounds in which this node drew, those that elected it */
  uint64_t decisions, decision_rounds; /* rounds that agreement took, in sum. bac: from a block's round to the one whose certificate commits it,
                                          both counted; hashgraph, bac2: from a witness's round to that of the event which decides its fame */
  uint64_t proposals, fallbacks; /* blocks it proposed; of them, as the CP whose turn it was since nobody was elected */
  uint64_t rejects[BAC_REJECT_COUNT];
  uint64_t chain_height, round;
  uint32_t pool_txs;
};
void bac_node_counters(const struct bac_node *node, struct bac_counters *out);
/* Adds the totals of `one` to `sum`; chain_height, round and pool_txs, which are no totals, become those of `one`. */
void bac_counters_add(struct bac_counters *sum, const struct bac_counters *one);

/* What an EV that has just left its shard for another one takes along; the caller owns the bytes (free). NULL: it is a member still, has
 * left for nowhere, or does not know the state that shows it any longer. */
uint8_t *bac_node_passport(const struct bac_node *node, size_t *length);

/* An account at the node's committed tip, for results. False: there is none. */
struct bac_account_view {
  bool member;
  int64_t balance_milli;
  uint32_t units;   /* of reputation, as of this epoch's beginning */
  uint32_t rho_ppm; /* reputation now, in millionths */
  uint32_t belief_ppm, distrust_ppm, uncertainty_ppm; /* b, d, u of which it is made */
  uint32_t tasks, participated, convictions;
  uint64_t moves;   /* from shard to shard */
  bool gone;        /* into another shard */
};
bool bac_node_account(const struct bac_node *node, uint32_t id, struct bac_account_view *out);

/* What a member keeps of its committed chain, in bytes; nothing at an RSU. */
struct bac_storage {
  bool whole;             /* it keeps whole blocks: P and CPs of BAC, every member of other engines; else a light node */
  uint64_t blocks, bytes; /* whole blocks, their encoding */
  uint64_t headers, header_bytes; /* of the others */
  uint64_t certificate_bytes;
};
void bac_node_storage(const struct bac_node *node, struct bac_storage *out);

/* Digest over chain, engine and pool, for tests of determinism. */
void bac_node_digest(const struct bac_node *node, uint8_t out[BAC_HASH_BYTES]);

/* ---- Protocols ---- */

struct bac_protocol_info {
  const char *name, *summary;
  unsigned modes; /* bit m: enum bac_mode m is offered */
};
/* The i-th registered protocol, or NULL past the last. */
const struct bac_protocol_info *bac_protocol_info_at(size_t i);

/* How a run with this configuration finds who leads, as results name it: "sortition", "round-robin", ...  "" if the protocol is unknown. */
const char *bac_election_name(const struct bac_config *config);

/* Version of this software, as every result carries it. */
const char *bac_version(void);

#ifdef __cplusplus
}
#endif

#endif
