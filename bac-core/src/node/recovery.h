/* SPDX-License-Identifier: GPL-2.0-only */
/* Stall and recovery (protocols.md, "Epochs"): the committee's certificates make blocks final, so when more than f of it drive away
 * nothing is final any more. The roster then ends the epoch early, at the highest committee-final block that Q(n) signed reports contain.
 *
 * Agreement on that block is PBFT's view change, for one value, among the whole roster:
 *   STALL    view v >= 1. Transactions have waited for config.stall_timeout and no block came, or f+1 others say so. height, digest: the
 *            highest committee-final block here, proven by its header and certificate (payload); or, step = p > 0, what Q(n) agreed to in
 *            view p, proven by their AGREE messages. From then on its sender signs no CLOSE of view 0: Q(n) of these, if they ever were,
 *            have at least one sender in every Q(n) reports, and that one reports the epoch's last block, above which there is none.
 *   RECOVER  by member (epoch + v) mod n, for Q(n) STALL messages of view v: they, and the block that follows from them (bac_recovery_choose).
 *            Payload: u16 count || count times (u16 index || u32 step || u64 height || digest || signature) || the chosen one's proof.
 *   AGREE    height, digest: of that block, held here, and above it nothing is, unless an agreement binds. Once in a view. Q(n) of them bind their receiver in later views.
 *   CLOSE    view v: Q(n) have agreed. height, digest: of the empty block of round BAC_ROUND_RECOVERY on that block, which each member
 *            derives for itself, or of that block, when it is the epoch's last anyway. Q(n) are the boundary's certificate as always.
 * Blocks above are revoked, their transactions wait in the pool again. The next committee has nobody of the silent one, where there are
 * enough others. A view in which Q(n) have said STALL and that has no result ends after a time that doubles; before, STALL is
 * said again. So all it takes is that Q(n) are there. */
#ifndef BAC_NODE_RECOVERY_H
#define BAC_NODE_RECOVERY_H

#include "consensus/qc.h"

struct bac_node;

/* One STALL message. */
struct bac_recovery_report {
  uint64_t view; /* 0: none */
  uint64_t height;
  uint32_t step;
  uint8_t digest[BAC_HASH_BYTES], signature[BAC_SIGNATURE_BYTES];
  struct bac_buf *proof; /* payload */
};

struct bac_recovery_vote {
  uint64_t view, height;
  uint8_t digest[BAC_HASH_BYTES], signature[BAC_SIGNATURE_BYTES];
};

struct bac_recovery_proposal {
  uint64_t view, height;
  uint8_t digest[BAC_HASH_BYTES];
  bool bound; /* by an agreement of an earlier view */
};

struct bac_recovery {
  uint64_t view;           /* of the last STALL that this member said; 0: all is well */
  struct bac_buf *said;    /* that STALL, as it travels */
  bac_time due_at;         /* next look at the committee, or end of the view; BAC_NEVER: nothing to look at */
  bac_time progress_at;    /* last block, or the epoch's begin */
  struct bac_recovery_report *reports; /* by roster index, the newest; NULL before the first */
  struct bac_recovery_vote *votes;     /* AGREE, likewise */
  uint64_t proposed;       /* last view for which this member, its leader, has said RECOVER */
  struct bac_recovery_proposal proposal; /* the newest RECOVER */
  uint64_t agreed;         /* last view of an own AGREE */
  uint64_t closed;         /* last view of an own CLOSE */
  uint64_t bound_view, bound_height; /* what Q(n) agreed to, as far as known here; 0: nothing */
  uint8_t bound_digest[BAC_HASH_BYTES];
  struct bac_buf *bound_proof;
  uint8_t tried[BAC_HASH_BYTES]; /* tip at which the certified boundary was not reached */
};

void bac_recovery_init(struct bac_node *node);
void bac_recovery_clear(struct bac_node *node);
/* A block was committed. */
void bac_recovery_committed(struct bac_node *node);
/* A message of this epoch of type STALL, RECOVER or AGREE whose signature holds. */
void bac_recovery_receive(struct bac_node *node, const struct bac_msg *msg);
void bac_recovery_timer(struct bac_node *node);
/* The boundary is certified in a view: goes there, back if need be, when the block is here. At the end of a step. */
void bac_recovery_finish(struct bac_node *node);
/* Committed blocks above `height` do not hold: their transactions wait again. The chain is the caller's to set back. */
void bac_recovery_revoke(struct bac_node *node, uint64_t height);
/* Durable records of it: what this member has said, and the way back. BAC_OK or BAC_ECORRUPT. */
int bac_recovery_restore(struct bac_node *node, const uint8_t *bytes, size_t length);
int bac_recovery_restore_rewind(struct bac_node *node, const uint8_t *bytes, size_t length);

/* The report, of `count` = Q(n), whose block the epoch ends with: of the greatest step (an agreement binds); else the highest block, of
 * equal ones the one that most report, then the smallest digest. */
uint32_t bac_recovery_choose(const struct bac_recovery_report *reports, uint32_t count);

#endif
