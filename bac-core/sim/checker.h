/* SPDX-License-Identifier: GPL-2.0-only */
/* What must hold, whatever byzantine members and the network do: looked at from outside the nodes, through the effects of honest ones
 * alone. Every block that an honest node has committed is executed here once more, on a state of the checker's own. */
#ifndef BAC_SIM_CHECKER_H
#define BAC_SIM_CHECKER_H

#include "bac/bac.h"

#ifdef __cplusplus
extern "C" {
#endif

enum bac_check {
  BAC_CHECK_NONE,
  BAC_CHECK_AGREEMENT,   /* two honest nodes committed different blocks at one height, or stand on different ones in an epoch */
  BAC_CHECK_ORDER,       /* a commit does not follow the node's last one, or its block the one below */
  BAC_CHECK_SUBMITTED,   /* a transfer of an honest member that it never submitted */
  BAC_CHECK_TWICE,       /* a transaction a second time in one chain */
  BAC_CHECK_EXECUTION,   /* a block that does not execute, or to another state root than its header says, or whose body is another's */
  BAC_CHECK_BALANCE,     /* less than nothing in an account */
  BAC_CHECK_SUPPLY,      /* money made or lost */
  BAC_CHECK_CERTIFICATE, /* a certificate that does not hold on its own */
  BAC_CHECK_RULE,        /* an honest member votes for, or commits, what the rules do not let it (oracle.h) */
  BAC_CHECK_PROMISE,     /* an honest member signed two things where it may say one */
  BAC_CHECK_CONVICTION,  /* an honest member convicted */
  BAC_CHECK_ELECTION,    /* somebody leads or sits who was not elected, or by a seed that is not the epoch's */
  BAC_CHECK_ROSTER,      /* an epoch's roster, reputation units included, is not what the chain says */
  BAC_CHECK_MEMORY,      /* a bound exceeded */
  BAC_CHECK_PROGRESS,    /* faults have healed, and nothing moves */
  BAC_CHECK_CRASH,       /* the process died */
  BAC_CHECKS
};
const char *bac_check_name(enum bac_check check);

struct bac_checker;

/* genesis: as the nodes got it, borrowed.  honest[i]: of node id i, count of them, copied. */
struct bac_checker *bac_checker_new(const struct bac_config *config, const struct bac_roster *genesis, const bool *honest, uint32_t count);
void bac_checker_free(struct bac_checker *checker);

/* An effect of an honest node. */
void bac_checker_effect(struct bac_checker *checker, bac_time now, uint32_t node, const struct bac_effect *effect);
/* The state after a block, as the checker has executed it; called by bac_checker_effect. */
struct bac_state;
void bac_checker_state(struct bac_checker *checker, bac_time now, uint64_t height, const struct bac_state *state);
void bac_checker_counters(struct bac_checker *checker, bac_time now, uint32_t node, const struct bac_counters *counters);
/* Whether the member signed some vote for what the certificate names: of what type and role, is the engine's business. */
struct bac_qc;
bool bac_checker_signed(const struct bac_qc *qc, const struct bac_member *member, const uint8_t *signature);
/* A violation found elsewhere. The first is kept. */
void bac_checker_violation(struct bac_checker *checker, bac_time now, enum bac_check check, const char *text);

/* The first violation, BAC_CHECK_NONE if there is none; text: what, where, when. */
enum bac_check bac_checker_verdict(const struct bac_checker *checker, const char **text);
/* Last height that an honest node has committed; the highest of all. */
uint64_t bac_checker_height(const struct bac_checker *checker, uint32_t node);
uint64_t bac_checker_height_max(const struct bac_checker *checker);
/* Over all that was looked at, in its order. */
void bac_checker_digest(const struct bac_checker *checker, uint8_t digest[BAC_HASH_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
