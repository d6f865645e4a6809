/* SPDX-License-Identifier: GPL-2.0-only */
/* The money of all shards together, as their newest states have it: each EV's account must be in one shard, or on its way between two, and no
 * handover may mint or lose any. */
#ifndef BAC_SIM_AUDIT_H
#define BAC_SIM_AUDIT_H

#include "bac/bac.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_audit;

struct bac_audit *bac_audit_new(void);
void bac_audit_free(struct bac_audit *audit); /* NULL is ignored */

/* A shard's blocks up to `base` are roster-final: no state before that counts. */
void bac_audit_base(struct bac_audit *audit, uint32_t shard, uint64_t base);
/* The height of a node's state. True: it is the newest of its shard so far, and takes the place of the one before with the accounts that
 * the caller hands over now, each that the node has. */
bool bac_audit_state(struct bac_audit *audit, uint32_t shard, uint64_t height);
void bac_audit_account(struct bac_audit *audit, uint32_t shard, uint32_t id, const struct bac_account_view *account);

struct bac_audit_report {
  bool complete;        /* there is a state of each shard that counts; else nothing below says anything */
  uint32_t accounts;    /* EVs with one somewhere */
  uint32_t doubled;     /* of them, with one in two shards */
  uint32_t travelling;  /* with one that has left and not arrived */
  int64_t excess_milli; /* of all balances over what the accounts opened with, `opening_milli` each */
};
struct bac_audit_report bac_audit_sum(const struct bac_audit *audit, int64_t opening_milli);

#ifdef __cplusplus
}
#endif

#endif
