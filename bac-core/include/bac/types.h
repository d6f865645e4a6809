/* SPDX-License-Identifier: GPL-2.0-only */
/* Time, errors and the choices that every result carries. */
#ifndef BAC_TYPES_H
#define BAC_TYPES_H

#include <stdint.h>

/* Simulated time in nanoseconds. */
typedef int64_t bac_time;

#define BAC_US ((bac_time)1000)
#define BAC_MS ((bac_time)1000000)
#define BAC_SECOND ((bac_time)1000000000)
#define BAC_NEVER INT64_MAX

/* What a caller did wrong. Bad input from a peer is never an error: it is a REJECT effect. */
enum bac_error {
  BAC_OK = 0,
  BAC_EINVAL = -1,   /* an argument is out of its documented range */
  BAC_ELIMIT = -2,   /* a bound of the configuration is reached */
  BAC_ESTATE = -3,   /* the call does not fit the node's state (stepped before START, started twice) */
  BAC_ECORRUPT = -4, /* a durable record does not hold what it should */
  BAC_EUNKNOWN = -5, /* no such protocol */
  BAC_EIO = -6,      /* a durable record could not be written or read */
};

/* Which rules an engine follows: the paper's text (">50 % of CS"), its Algorithm 1 ("accept > reject"), or what a
 * protocol engineer could defend. Engines without paper variants accept SAFE only. */
enum bac_mode { BAC_MODE_SAFE, BAC_MODE_TEXT, BAC_MODE_ALG1 };

/* One frame per sender, or one per receiver (the paper's message count). */
enum bac_delivery { BAC_DELIVERY_BROADCAST, BAC_DELIVERY_UNICAST };

/* When a consensus node votes: holding the body, or holding the header and Q(c+1) validations of it. */
enum bac_vote_rule { BAC_VOTE_FULL, BAC_VOTE_LIGHT };

/* Who leads a round of BAC: whom the lottery over reputation elects, or everybody in turn. */
enum bac_election { BAC_ELECTION_SORTITION, BAC_ELECTION_ROUND_ROBIN };

/* Why something that a peer sent was dropped. */
enum bac_reject {
  BAC_REJECT_FRAME_MALFORMED, /* the link could not read the frame */
  BAC_REJECT_FRAME_FOREIGN,   /* another shard's or another version's frame */
  BAC_REJECT_OBJECT_POLLUTED, /* a decoded object does not hash to its id */
  BAC_REJECT_MALFORMED,       /* a message that does not decode, or not to the same bytes */
  BAC_REJECT_OVERSIZED,
  BAC_REJECT_UNKNOWN_SENDER, /* not in the roster */
  BAC_REJECT_SIGNATURE,
  BAC_REJECT_WRONG_EPOCH,
  BAC_REJECT_WRONG_ROLE,   /* the sender may not send this in this round */
  BAC_REJECT_STALE,        /* replayed or too old to matter */
  BAC_REJECT_WINDOW,       /* too far ahead to be stored */
  BAC_REJECT_DUPLICATE,    /* one vote per sender counts */
  BAC_REJECT_EQUIVOCATION, /* a second, different message for the same slot */
  BAC_REJECT_CERTIFICATE,  /* a certificate or proof that does not hold */
  BAC_REJECT_BLOCK,        /* header, Merkle root, state root or size does not fit */
  BAC_REJECT_TRANSACTION,  /* bad signature, nonce or balance */
  BAC_REJECT_POOL_FULL,
  BAC_REJECT_COUNT
};

#ifdef __cplusplus
extern "C" {
#endif

/* A stable lower-case name for results and logs, "?" if out of range. */
const char *bac_reject_name(enum bac_reject reason);

#ifdef __cplusplus
}
#endif

#endif
