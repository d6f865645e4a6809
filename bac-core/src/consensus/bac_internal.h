/* SPDX-License-Identifier: GPL-2.0-only */
/* The BAC engine's own parts: bac.c (messages, life), bac_round.c (rounds, proposals, measured delay), bac_vote.c (ballots, who votes when),
 * bac_election.c (claims, who leads), bac_safe.c (locks, timeouts, two-chain commit), bac_paper.c (the paper's literal rules). */
#ifndef BAC_CONSENSUS_BAC_INTERNAL_H
#define BAC_CONSENSUS_BAC_INTERNAL_H

#include "consensus/env.h"
#include "consensus/qc.h"
#include "consensus/tc.h"
#include "election/elect.h"

#define BAC_PROTOCOL_ID 2
#define BAC_VALIDATION_BYTES_MAX (2 + BAC_HEADER_BYTES_MAX + BAC_SIGNATURE_BYTES + BAC_PROOF_BYTES_MAX)
#define BAC_ROUND_SLOTS 4 /* rounds whose votes are held at a time: the current one, its neighbours, one to spare */

enum bac_timer { TIMER_ROUND, TIMER_PROPOSE, TIMER_CP_WAIT, TIMER_PUBLISH, TIMER_RESEND, TIMER_CLAIM, TIMER_ELECTION };

/* `step` of a vote: what the paper calls CP(c) and CS(c). */
enum bac_verdict { VERDICT_REJECT = 0, VERDICT_ACCEPT = 1 };

/* One member's vote in one round: the first counts. */
struct bac_ballot {
  bool cast;
  uint8_t role; /* in which it was cast: its proposer's ballot is P's */
  uint8_t verdict;
  uint64_t height; /* as signed: a certificate can only name one */
  uint8_t digest[BAC_HASH_BYTES];
  uint8_t signature[BAC_SIGNATURE_BYTES];
};

struct bac_slot {
  uint64_t round;             /* 0: free */
  struct bac_ballot *ballots; /* by roster index; NULL until needed */
  bool proposed;              /* a proposal of the round's primary was seen; of several elected ones, the best until this member votes */
  uint32_t proposer;          /* whose; roster index */
  uint8_t proposal[BAC_HASH_BYTES];
  uint8_t proposal_signature[BAC_SIGNATURE_BYTES];
  struct bac_buf *header; /* its encoding, for CP_VALIDATE and light votes */
  /* sortition */
  struct bac_claim *claims;   /* known and verified, the winner first; NULL: none yet */
  uint32_t claim_count;
  bool drawn;
  bac_time drawn_at;
  bool has_own;
  uint32_t said; /* times that this member has claimed */
  struct bac_claim own;
};

/* The lowest of a round's claims: more would never win, and a peer cannot make the list grow. */
#define BAC_CLAIMS_KEPT 16

/* The measured one-way delay (99th percentile of the last samples) and the stretch of bodies over their airtime. */
#define BAC_DELAY_SAMPLES 64
struct bac_delay {
  bac_time samples[BAC_DELAY_SAMPLES];
  uint32_t count, next;
  bac_time delta;
  uint32_t stretch_permille;
};

struct bac_engine {
  struct bac_env *env;
  uint32_t n, self;
  bool safe;
  bool sortition;
  struct bac_electorate electorate;
  bac_time closes_at; /* sortition: from then on the winner of this round proposes */
  uint64_t led_round; /* sortition: for which this member was told to be P */

  uint64_t round;
  bac_time round_started_at;
  uint64_t last_voted; /* durable */
  uint64_t timed_out;  /* highest round this member gave up */
  uint32_t failures;   /* steps that the round timer has backed off */

  struct bac_qc high_qc; /* round in .view; round 0: genesis */
  struct bac_tc high_tc;
  struct bac_timeout *timeouts; /* by roster index */
  uint32_t timeouts_sent;
  bac_time *helped_at;          /* by roster index: when a member that lags was last answered; among a crowd, which is answered at once, the own one */

  struct bac_slot slots[BAC_ROUND_SLOTS];
  struct bac_buf *orphan; /* payload of the last proposal whose parent is unknown */
  uint32_t orphan_from;
  struct bac_buf *own_proposal; /* object, for sending again */
  uint8_t passed[BAC_HASH_BYTES]; /* paper modes: the block that the next one extends */
  uint64_t waiting_round; /* round in which this CS holds back its vote for a CP's accept; 0: none */
  struct bac_buf *certificate_said; /* the last message with a certificate of high_qc's round or a later one, as somebody said it, unchecked; among a crowd alone */
  bool published;         /* this round's certificate was seen on the air */
  struct bac_delay delay;
};

/* bac_vote.c */
struct bac_slot *bac_slot_of(struct bac_engine *e, uint64_t round);
/* In a round. Under sortition CP or CS: P is who proves to be it. */
enum bac_role bac_role_of(const struct bac_engine *e, uint64_t round, uint32_t index);
/* One vote per sender counts. False: it has cast one. */
bool bac_ballot_add(struct bac_engine *e, struct bac_slot *slot, uint32_t index, const struct bac_msg *msg);
void bac_on_votes(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]);
void bac_cast_vote(struct bac_engine *e, uint64_t round, const uint8_t digest[BAC_HASH_BYTES], enum bac_verdict verdict);
/* Sends this member's vote, the same bytes each time. */
void bac_send_vote(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES], enum bac_verdict verdict);
/* Votes for a block that is here and may be voted for, or waits for what should come first. */
void bac_consider_vote(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]);
void bac_consider_light_vote(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]);
/* A CP's word on a block has come. */
void bac_consider_waiting(struct bac_engine *e, const uint8_t digest[BAC_HASH_BYTES]);
/* It has waited long enough. */
void bac_vote_timer(struct bac_engine *e);
/* Accept votes for a digest in a slot, by role: counts[role]. */
void bac_count_votes(const struct bac_engine *e, const struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES],
                     enum bac_verdict verdict, uint32_t counts[3]);

/* bac_round.c */
void bac_enter_round(struct bac_engine *e, uint64_t round);
void bac_arm_proposal(struct bac_engine *e);
void bac_arm_resend(struct bac_engine *e, size_t bytes);
void bac_propose(struct bac_engine *e);
/* The block to build on next, or NULL while it is not here. */
struct bac_entry *bac_parent_to_extend(struct bac_engine *e);
void bac_delay_observe(struct bac_engine *e, const struct bac_header *header, size_t bytes);
void bac_delay_init(struct bac_engine *e);

/* bac_election.c: only under sortition, unless it says otherwise. */
/* Draws for a round and, if elected, says so `spread` over a short window. */
void bac_election_announce(struct bac_engine *e, uint64_t round);
/* This round has begun: claims may come until closes_at. */
void bac_election_open(struct bac_engine *e);
void bac_election_claim_timer(struct bac_engine *e);
void bac_election_timer(struct bac_engine *e);
bac_time bac_election_patience(const struct bac_engine *e); /* how much longer a round may last; 0 under round-robin */
/* Whether this member leads its round, as far as it knows. Either election. */
bool bac_election_leads(struct bac_engine *e);
/* Whether nobody known to be elected goes before the proposer of the slot's proposal. Either election. */
bool bac_election_is_best(const struct bac_engine *e, const struct bac_slot *slot);
/* Whether a proposal of `index` goes before the slot's. */
bool bac_election_better(const struct bac_engine *e, const struct bac_slot *slot, uint32_t index);
void bac_election_receive(struct bac_engine *e, const struct bac_msg *msg);

/* How a proposer proves that it leads: u8 1 || claim, or u8 0: nobody is elected, it is the CP whose turn it is. Under round-robin nothing. */
#define BAC_PROOF_BYTES_MAX (1 + BAC_CLAIM_BYTES)
size_t bac_proof_write(const struct bac_engine *e, const struct bac_slot *slot, uint32_t proposer, uint8_t out[BAC_PROOF_BYTES_MAX]);
/* Takes it off the front of r; false: it is torn. */
bool bac_proof_read(const struct bac_engine *e, struct bac_reader *r, const uint8_t **proof);
/* BAC_REJECT_COUNT if it holds; `claim`, index BAC_INDEX_NONE where there is none, is then to be noted. */
enum bac_reject bac_proof_check(struct bac_engine *e, uint64_t round, uint32_t proposer, const uint8_t *proof, struct bac_claim *claim);
void bac_claim_note(struct bac_engine *e, struct bac_slot *slot, const struct bac_claim *claim);

/* bac.c */
void bac_try_orphan(struct bac_engine *e);

/* bac_safe.c */
void bac_safe_restore(struct bac_engine *e, const uint8_t *record, size_t length);
void bac_safe_persist(struct bac_engine *e);
/* After a restart the committed tip's certificate may be newer than the one of the last vote. */
void bac_safe_adopt_tip(struct bac_engine *e, const struct bac_entry *tip);
/* After a restart: what is restored up to the block of the highest certificate is certified, and can be served to others. */
void bac_safe_adopt_head(struct bac_engine *e);
bac_time bac_safe_round_timeout(const struct bac_engine *e);
bool bac_safe_may_vote(const struct bac_engine *e, uint64_t round, uint64_t qc_round, const struct bac_tc *tc);
/* Checks and takes in what a proposal stands on. False: it does not hold. */
bool bac_safe_justify(struct bac_engine *e, const struct bac_block *block, uint32_t from, bool *may_vote);
void bac_safe_on_votes(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]);
void bac_safe_on_qc(struct bac_engine *e, const struct bac_qc *qc, uint32_t from);
bool bac_safe_verify_qc(struct bac_engine *e, const struct bac_qc *qc);
void bac_safe_receive_qc(struct bac_engine *e, const struct bac_msg *msg);
void bac_safe_receive_timeout(struct bac_engine *e, const struct bac_msg *msg);
void bac_safe_receive_tc(struct bac_engine *e, const struct bac_msg *msg);
void bac_safe_timeout(struct bac_engine *e);
void bac_safe_publish(struct bac_engine *e);
struct bac_buf *bac_safe_justification(const struct bac_engine *e);

/* bac_paper.c */
void bac_paper_on_votes(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]);
bool bac_paper_passed(const struct bac_engine *e, const struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES], enum bac_role role);
void bac_paper_publish(struct bac_engine *e, struct bac_entry *child);

#endif
