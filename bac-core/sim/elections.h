/* SPDX-License-Identifier: GPL-2.0-only */
/* What the elections of a run came to: committees from the rosters, claims and fallbacks from the nodes' totals. */
#ifndef BAC_SIM_ELECTIONS_H
#define BAC_SIM_ELECTIONS_H

#include "bac/bac.h"
#include "columns.h"

#ifdef __cplusplus
extern "C" {
#endif

/* P(more than floor((size-1)/3) of the committee are malicious) when floor(share * n) of n members are and a committee of `size` is drawn
 * with equal chances and without replacement: the hypergeometric tail, summed exactly but for rounding. 0 < size <= n. A committee elected
 * by units has this chance if malicious members hold no more units than others. */
double bac_committee_failure(uint32_t n, uint32_t size, double share);
/* The share at which results state it. */
#define BAC_COMMITTEE_MALICIOUS_SHARE 0.2

struct bac_elections;

struct bac_elections *bac_elections_new(void);
void bac_elections_free(struct bac_elections *elections); /* NULL is ignored */
/* A node is in an epoch now: the first to say so counts for its shard. */
void bac_elections_epoch(struct bac_elections *elections, const struct bac_roster *roster);
/* At the end, once for each node. */
void bac_elections_add_totals(struct bac_elections *elections, uint32_t shard, const struct bac_counters *counters);
/* claims_per_round, proposals_per_round: over the rounds in which members drew, of the node of each shard that drew most;
 * fallback_proposals; committee_size, committee_elected: means over the epochs that have one, of them by credential; committee_failure: the
 * bound at BAC_COMMITTEE_MALICIOUS_SHARE, the worst epoch's. Empty where there is none. */
void bac_elections_columns(const struct bac_elections *elections, const struct bac_columns *to);

/* A row of reputation over time: epoch, shard, ev, b, d, u, rho, units, as the account stands when the epoch begins. */
void bac_reputation_columns(uint64_t epoch, uint32_t shard, uint32_t id, const struct bac_account_view *account, const struct bac_columns *to);

#ifdef __cplusplus
}
#endif

#endif
