/* SPDX-License-Identifier: GPL-2.0-only */
/* Reputation of one member: decayed evidence from the chain, the opinion that follows from it, and units for sortition
 * (paper, eqs. 7-10; protocols.md, section 3). A record is plain data and part of its account: executing the same blocks
 * gives the same bits on every node. Integers only.
 *
 * Decay. Evidence of height h weighs 2^((h - now) / 64). A record holds sums of weights relative to `decayed_at`, the
 * last multiple of 64: evidence of height h adds 2^((h mod 64) / 64) from a table, and at each multiple of 64 all sums
 * are halved, rounding down. The factor between `decayed_at` and now is common to all sums and cancels in an opinion.
 * floor(floor(x / 2) / 2) = floor(x / 4), so a record that is halved n times in one jump equals, bit for bit, one that
 * is halved at each boundary. Error of a sum against real numbers: below 2^-24 tasks. */
#ifndef BAC_ELECTION_REPUTATION_H
#define BAC_ELECTION_REPUTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bac/types.h"

#define BAC_REPUTATION_HALF_LIFE 64 /* blocks */
#define BAC_REPUTATION_TASKS_MIN 16 /* K_min: tasks a newcomer takes part in before it is eligible */
#define BAC_REPUTATION_PENALTY 10   /* dishonest behaviours that one proven misbehaviour counts for */
#define BAC_REPUTATION_UNITS_MAX 100
#define BAC_REPUTATION_TASK ((uint64_t)1 << 32)         /* one behaviour, now: sums are Q32 */
#define BAC_REPUTATION_EVIDENCE_MAX ((uint64_t)1 << 55) /* a sum saturates here: 2^23 behaviours at once */
/* Evidence of which less than 2^-16 behaviours is left says nothing: the opinion is (0, 0, 1), as without any. */
#define BAC_REPUTATION_EVIDENCE_MIN ((uint64_t)1 << 16)
#define BAC_REPUTATION_BYTES 56 /* canonical encoding */

struct bac_reputation {
  uint64_t honest, dishonest, doubtful; /* Phi, eta, phi: Q32 at decayed_at, <= BAC_REPUTATION_EVIDENCE_MAX */
  uint64_t decayed_at;                  /* height of the last decay, a multiple of BAC_REPUTATION_HALF_LIFE */
  uint64_t banned_until_epoch;          /* not eligible in epochs before this one */
  uint32_t tasks;                       /* K of eq. 7: block consensus tasks since it joined, never decayed */
  uint32_t participated;                /* pi of eq. 7, <= tasks */
  uint32_t convictions;                 /* proven misbehaviours, never decayed */
  uint32_t genesis;                     /* 1: member since genesis, eligible at once; else 0 */
};

/* A fraction, numerator <= denominator, denominator > 0; not reduced. */
struct bac_ratio {
  uint64_t numerator, denominator;
};

/* b, d, u of eq. 8: numerators over their sum `total` > 0 (eq. 9 holds by construction). */
struct bac_opinion {
  uint64_t belief, distrust, uncertainty, total;
};

/* What counts as reputation in sortition. The second is an option and labelled so in results: rho * pi_l * zeta_l. */
enum bac_reputation_rule { BAC_REPUTATION_RHO, BAC_REPUTATION_RHO_PI_ZETA };

/* A member that joins at `height`: one doubtful behaviour, opinion (0, 0, 1). */
void bac_reputation_init(struct bac_reputation *r, uint64_t height, bool genesis);

/* ---- Evidence. Heights never go back: height >= r->decayed_at. ---- */

/* A task of which the chain holds a receipt, at the height of the block that holds it: honest += 1. */
void bac_reputation_honest(struct bac_reputation *r, uint64_t height);
/* A task of which it holds none when its window closes: doubtful += 1. */
void bac_reputation_absent(struct bac_reputation *r, uint64_t height);
/* Proven misbehaviour, in the block at `height` of `epoch`: dishonest += 10, not eligible up to the end of that epoch. */
void bac_reputation_punish(struct bac_reputation *r, uint64_t height, uint64_t epoch);
/* Halves the sums up to `height`. Calling it, at any heights or never, changes no result of this header. */
void bac_reputation_advance(struct bac_reputation *r, uint64_t height);

/* ---- Opinion, as of `height` >= r->decayed_at. ---- */

struct bac_opinion bac_reputation_opinion(const struct bac_reputation *r, uint64_t height);
/* rho = b + u / 2 (eq. 10 with epsilon = 1/2), exact. */
struct bac_ratio bac_reputation_rho(const struct bac_reputation *r, uint64_t height);
/* pi_l = pi / K (eq. 7a) and zeta_l = zeta / pi (eq. 7b), where each conviction is a task without success; 0 / 0 is 1:
 * none missed, none failed. */
struct bac_ratio bac_reputation_participation(const struct bac_reputation *r);
struct bac_ratio bac_reputation_success(const struct bac_reputation *r);
/* floor(100 * rho), or floor(100 * rho * pi_l * zeta_l), exact, in [0, BAC_REPUTATION_UNITS_MAX]. Does not ask whether
 * the member is eligible. */
uint32_t bac_reputation_units(const struct bac_reputation *r, uint64_t height, enum bac_reputation_rule rule);
/* Whether the member may be elected in `epoch`: member since genesis or BAC_REPUTATION_TASKS_MIN tasks taken part in,
 * and not banned. */
bool bac_reputation_eligible(const struct bac_reputation *r, uint64_t epoch);
/* The three sums as of `height`, in behaviours (Q32, rounded down), for reports. */
void bac_reputation_counts(const struct bac_reputation *r, uint64_t height, uint64_t counts[3]);

/* ---- Encoding and handover ---- */

/* Canonical bytes of the record as of `height` (decay applied, so equal whenever it was last advanced), for the state root:
 * u64 honest, dishonest, doubtful, decayed_at, banned_until_epoch, u32 tasks, participated, convictions, genesis. */
void bac_reputation_encode(const struct bac_reputation *r, uint64_t height, uint8_t out[BAC_REPUTATION_BYTES]);
/* Strict: exact length, every field within its documented range. On false *r is undefined. */
bool bac_reputation_decode(struct bac_reputation *r, const uint8_t *bytes, size_t length);

/* Reputation goes with the certificate. Leaving a shard at its `height` and `epoch`, a record is made independent of
 * them: sums as of now, decayed_at 0, banned_until_epoch counted from the epoch left. Encode it with height 0. Entering takes
 * such a record into a shard that stands at another height and epoch. Each rounds the sums down once. Decay pauses between.
 * Enter returns BAC_OK, or BAC_EINVAL if the record did not come from leaving. */
void bac_reputation_leave(struct bac_reputation *r, uint64_t height, uint64_t epoch);
int bac_reputation_enter(struct bac_reputation *r, uint64_t height, uint64_t epoch);

#endif
