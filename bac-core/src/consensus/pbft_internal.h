/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT (Castro, Liskov 1999), block by block: state shared by the files pbft*.c. Design rules: protocols.md, section 4.
 *
 * Sequence number = block height, and one block is in flight: the primary cuts h+1 after it committed h, a backup
 * PREPAREs h+1 after it committed h. Hence:
 *  - prepared(h+1) anywhere takes Q(n) members that had committed h, at least f+1 of them honest. So the prev_hash and
 * the state_root that a block carries always refer to a decided block: a view change replaces the block at h+1, never
 * what it is chained to.
 *  - A VIEW_CHANGE needs one certificate (the base: a decided height, which stands for all below) and at most one
 * prepared block.
 *  - There is no gap between prepared certificates while at most f members lie: whoever is prepared at h+1 has base h,
 * and any Q(n) VIEW_CHANGEs contain an honest one of the Q(n) that had committed h. pbft_o_set() fills gaps with null
 * all the same. */
#ifndef BAC_CONSENSUS_PBFT_INTERNAL_H
#define BAC_CONSENSUS_PBFT_INTERNAL_H

#include "consensus/env.h"
#include "consensus/qc.h"

#define PBFT_AHEAD 3       /* heights above the committed one for which votes are kept */
#define PBFT_EARLY 4       /* PRE_PREPAREs kept for later, all senders together */
#define PBFT_CLAIMS 4      /* prepared blocks in one VIEW_CHANGE; an honest member has one */
#define PBFT_DECIDED 16    /* decided blocks held while one below is missing */
#define PBFT_PASSIVE_MAX 8 /* blocks of earlier views taken in at one height */
#define PBFT_BACKOFF_MAX 6 /* timeouts double up to 64 times the configured one */
#define PBFT_FORWARD_MAX 8 /* transactions forwarded to the primary at a time */
#define PBFT_SUMMARY_MAX (8 + 8 + BAC_HASH_BYTES + 1 + PBFT_CLAIMS * (8 + 8 + BAC_HASH_BYTES))

extern const struct bac_protocol bac_pbft;

enum pbft_timer { PBFT_TIMER_BLOCK, PBFT_TIMER_REQUEST, PBFT_TIMER_TICK, PBFT_TIMER_FORWARD, PBFT_TIMER_COUNT };

struct pbft_vote {
  bool used;
  uint64_t view;
  uint8_t digest[BAC_HASH_BYTES], signature[BAC_SIGNATURE_BYTES];
};

/* Votes at one height: the one of the highest view for each member. */
struct pbft_slot {
  uint64_t height;                    /* 0: free */
  struct pbft_vote *prepare, *commit; /* by roster index */
};

/* What this member takes part in at the height in progress. */
struct pbft_current {
  bool valid, prepare_sent, commit_sent;
  uint64_t view, height;
  uint8_t digest[BAC_HASH_BYTES], signature[BAC_SIGNATURE_BYTES]; /* of the PRE_PREPARE */
  bac_time accepted_at;
  struct bac_buf *object; /* primary: the PRE_PREPARE on the air, for resending */
};

/* A block that was prepared, and what proves it. */
struct pbft_proof {
  bool valid;
  uint64_t height, view;
  uint8_t digest[BAC_HASH_BYTES], signature[BAC_SIGNATURE_BYTES]; /* of the PRE_PREPARE */
  struct bac_qc qc;                                               /* Q(n)-1 PREPAREs of others than the primary */
};

/* A decided height: Q(n) COMMITs or CHECKPOINTs. */
struct pbft_base {
  uint64_t height; /* p->origin: needs no certificate */
  uint8_t digest[BAC_HASH_BYTES];
  struct bac_buf *certificate; /* encoded; NULL for the origin */
};

struct pbft_claim {
  uint64_t height, view;
  uint8_t digest[BAC_HASH_BYTES];
};

/* What the signature of a VIEW_CHANGE covers: everything that the new view depends on. Certificates travel beside it,
 * and a NEW_VIEW carries Q(n) of these with one certificate for the highest base and one for each block it prescribes.
 */
struct pbft_summary {
  uint64_t view, base_height;
  uint8_t base_digest[BAC_HASH_BYTES];
  uint32_t count;
  struct pbft_claim claims[PBFT_CLAIMS]; /* heights ascend, base_height < height <= base_height + PBFT_CLAIMS */
};

struct pbft_change {
  bool used, with_proofs;
  uint32_t step; /* counts retransmissions */
  struct pbft_summary summary;
  uint8_t signature[BAC_SIGNATURE_BYTES];
};

/* What NEW_VIEW lays down for a height. */
struct pbft_prescribed {
  uint64_t height;
  bool null;
  uint64_t view; /* of the proof; meaningless for null */
  uint8_t digest[BAC_HASH_BYTES];
};

struct pbft_early {
  struct bac_msg msg;
  struct bac_buf *payload; /* NULL: free */
};

/* A block whose certificate has been checked. */
struct pbft_decided {
  struct bac_block *block; /* NULL: free */
  struct bac_buf *certificate;
};

struct pbft_checkpoint {
  uint64_t height; /* 0: none */
  uint8_t digest[BAC_HASH_BYTES], signature[BAC_SIGNATURE_BYTES];
};

struct pbft {
  struct bac_env *env;
  struct bac_chain *chain;
  const struct bac_roster *roster;
  uint32_t n, q, f, self;

  uint64_t view;
  bool in_change; /* VIEW_CHANGE for `view` was sent, its NEW_VIEW has not been accepted */
  bool works;     /* something was committed in this view */
  bool started;
  bool follower;     /* its durable record could not be read: takes in decided blocks, never votes */
  uint32_t failures; /* view changes since the last progress */

  struct pbft_slot slots[PBFT_AHEAD];
  struct pbft_current current;
  struct pbft_proof prepared; /* this member's own, at the height in progress */
  struct pbft_early early[PBFT_EARLY];
  struct pbft_decided decided[PBFT_DECIDED]; /* by height */
  struct bac_buf *bodies[2];                 /* restored; inserted by start */
  uint32_t passive;

  uint64_t origin;         /* height of the block that the epoch stands on */
  struct pbft_base stable; /* low watermark */
  struct pbft_checkpoint *checkpoints;

  struct pbft_change *changes; /* the newest VIEW_CHANGE of each member; self included */
  uint32_t change_step;
  struct pbft_base best_base;           /* highest verified base above the committed tip */
  struct pbft_proof known[PBFT_CLAIMS]; /* verified proofs of others */
  uint64_t base_height;                 /* of the NEW_VIEW of this view */
  struct pbft_prescribed prescribed[PBFT_CLAIMS];
  uint32_t prescribed_count;
  struct bac_buf *new_view; /* the NEW_VIEW object of this view, for those who missed it */

  uint64_t *seen_height;                 /* by member: it was prepared at this height, or had committed it */
  uint64_t *seen_view;                   /* by member: it has taken part in this view */
  uint64_t vouched_height, vouched_view; /* reached by at least one honest member among those */
  bac_time *answered_at;                 /* by member: when it was last helped */
  struct pbft_claim last_commit;         /* this member's last COMMIT, to show it to those behind */

  bac_time last_commit_at, entered_at, built_at, new_view_deadline, tick_at, forwarded_to, armed[PBFT_TIMER_COUNT];
  bool last_block_full;
  uint32_t ticks; /* since the last progress */
};

/* ---- pbft.c: the normal case ---- */
static inline uint32_t pbft_primary(const struct pbft *p, uint64_t view) { return (uint32_t)(view % p->n); }
static inline bool pbft_is_primary(const struct pbft *p) { return pbft_primary(p, p->view) == p->self; }
uint64_t pbft_tip(const struct pbft *p);
/* Takes every step that the state allows: buffered proposals, prepared, committed, new view, proposal; then arms the
 * timers. */
void pbft_progress(struct pbft *p);
/* Whether this member has a proposal of this view at the height in progress. */
bool pbft_active(const struct pbft *p);
/* The block in progress, or NULL while its body is missing. */
struct bac_entry *pbft_current_entry(const struct pbft *p);
void pbft_current_clear(struct pbft *p);
void pbft_send_vote(struct pbft *p, uint32_t type);
void pbft_send_votes(struct pbft *p);
void pbft_send_proposal(struct pbft *p);
const struct pbft_prescribed *pbft_prescription(const struct pbft *p, uint64_t height);
bool pbft_above_window(const struct pbft *p, uint64_t height);
struct bac_msg pbft_message(const struct pbft *p, uint32_t type, uint64_t view, uint64_t height, const uint8_t *digest);

/* ---- pbft_propose.c: PRE_PREPARE ---- */
void pbft_on_pre_prepare(struct pbft *p, uint32_t index, const struct bac_msg *msg);
/* True if they did something. */
bool pbft_drain_early(struct pbft *p);
bool pbft_propose(struct pbft *p);

/* ---- pbft_checkpoint.c ---- */
void pbft_send_checkpoint(struct pbft *p, uint64_t height);
void pbft_on_checkpoint(struct pbft *p, uint32_t index, const struct bac_msg *msg);

/* ---- pbft_slot.c: votes, and proposals that came too early ---- */
struct pbft_slot *pbft_slot(struct pbft *p, uint64_t height);
/* True if stored; else a REJECT has been reported where one is due. */
bool pbft_vote_add(struct pbft *p, struct pbft_vote *votes, uint32_t index, const struct bac_msg *msg);
uint32_t pbft_vote_count(const struct pbft *p, const struct pbft_vote *votes, uint64_t view, const uint8_t *digest,
                         uint32_t except);
/* First (view, digest) with at least `needed` votes, or NULL. */
const struct pbft_vote *pbft_vote_quorum(const struct pbft *p, const struct pbft_vote *votes, uint32_t needed);
void pbft_vote_certificate(const struct pbft *p, const struct pbft_vote *votes, uint32_t needed, uint32_t except,
                           struct bac_qc *qc);
void pbft_early_keep(struct pbft *p, const struct bac_msg *msg);
void pbft_slots_free(struct pbft *p);
/* The (f+1)-th highest of values, own entry left out: at least one honest member has reached it. */
uint64_t pbft_vouched(const struct pbft *p, const uint64_t *values);

/* ---- pbft_proof.c: certificates and payloads ---- */
bool pbft_check_base(const struct pbft *p, uint64_t height, const uint8_t *digest, const uint8_t *certificate,
                     size_t length);
bool pbft_check_proof(const struct pbft *p, const struct pbft_claim *claim, const uint8_t *signature, const uint8_t *qc,
                      size_t length, struct pbft_proof *out);
void pbft_proof_clear(struct pbft_proof *proof);
void pbft_proof_copy(struct pbft_proof *to, const struct pbft_proof *from);
void pbft_base_set(struct pbft_base *base, uint64_t height, const uint8_t *digest, struct bac_buf *certificate);
/* The verified proof (own or another's) of the highest view at a height, or NULL. */
const struct pbft_proof *pbft_known_proof(const struct pbft *p, uint64_t height);
void pbft_know_proof(struct pbft *p, const struct pbft_proof *proof);
/* Certificate of a decided height that this member can show; NULL when it has none (and for the origin). */
struct bac_buf *pbft_base_certificate(const struct pbft *p, uint64_t height);

void pbft_summary_write(struct bac_writer *w, const struct pbft_summary *s);
bool pbft_summary_read(struct bac_reader *r, struct pbft_summary *s);
void pbft_summary_digest(uint8_t out[BAC_HASH_BYTES], const struct pbft_summary *s);
/* O of the paper: for each height above the base up to the highest claimed, the claim of the highest view, or null. */
uint32_t pbft_o_set(const struct pbft_summary *const *changes, uint32_t count, uint64_t base_height,
                    struct pbft_prescribed out[PBFT_CLAIMS]);

/* ---- pbft_view.c ---- */
void pbft_start_change(struct pbft *p, uint64_t view);
void pbft_send_change(struct pbft *p);
/* Enters a view whose NEW_VIEW holds (or was made here). Takes over the object's reference. */
void pbft_enter_view(struct pbft *p, uint64_t view, const struct pbft_base *base,
                     const struct pbft_prescribed *prescribed, uint32_t count, struct bac_buf *object);
void pbft_on_view_change(struct pbft *p, uint32_t index, const struct bac_msg *msg);
void pbft_on_new_view(struct pbft *p, uint32_t index, const struct bac_msg *msg);
/* Joins a view that others vouch for, and makes NEW_VIEW when this member leads it. True if something changed. */
bool pbft_view_progress(struct pbft *p);
uint32_t pbft_change_count(const struct pbft *p, uint64_t view);

/* ---- pbft_new_view.c ---- */
bool pbft_make_new_view(struct pbft *p);
/* True if the payload is a NEW_VIEW for `view`: base and prescribed are what it lays down. */
bool pbft_check_new_view(struct pbft *p, uint64_t view, const uint8_t *payload, size_t length, struct pbft_base *base,
                         struct pbft_prescribed prescribed[PBFT_CLAIMS], uint32_t *count);
/* Reads u32 length || bytes. */
const uint8_t *pbft_read_sized(struct bac_reader *r, size_t *length);

/* ---- pbft_timer.c ---- */
bac_time pbft_timeout(const struct pbft *p);
bac_time pbft_tick_interval(const struct pbft *p);
void pbft_arm(struct pbft *p);
void pbft_timer(void *engine, uint32_t timer);
/* Since when the next block collects transactions. */
bac_time pbft_block_since(const struct pbft *p, const struct bac_pool_entry *oldest);
/* The oldest transaction of the pool that could go into a block now, or NULL. */
struct bac_pool_entry *pbft_oldest(const struct pbft *p);

/* ---- pbft_record.c: the durable state ---- */
void pbft_persist(struct pbft *p);
void pbft_restore(void *engine, const uint8_t *record, size_t length);
void pbft_digest(const void *engine, uint8_t out[BAC_HASH_BYTES]);

#endif
