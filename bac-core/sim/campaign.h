/* SPDX-License-Identifier: GPL-2.0-only */
/* A campaign of adversaries: epoch after epoch some members of a roster, drawn anew with equal chances, are malicious; everybody draws by
 * sortition whether it is in the next committee, shows its credential to the ledger, and the ledger chooses the committee, all of it by the
 * core's own code. How often more than f of the committee are malicious, beside the hypergeometric prediction (elections.h). No consensus
 * runs: it is the election that is on trial. */
#ifndef BAC_SIM_CAMPAIGN_H
#define BAC_SIM_CAMPAIGN_H

#include <stddef.h>

#include "bac/bac.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_campaign_options {
  uint64_t seed, epochs;
  uint32_t members;         /* 1..BAC_ROSTER_MAX */
  uint32_t byzantine;       /* <= members */
  uint32_t permille;        /* committee's share of the roster */
  uint32_t lost_permille;   /* of honest members' credentials that do not reach the chain in time; malicious ones' all do */
  bool favoured;            /* for tests: the first `byzantine` members are always the malicious ones, and honest ones lose reputation */
};

struct bac_campaign_report {
  uint32_t size, faults_max; /* of the committee */
  uint64_t epochs, failed;   /* failed: with more than faults_max of it malicious */
  uint64_t places, malicious, credentials; /* sums over epochs: members of it, malicious ones, those elected by credential */
  double expected;           /* chance of a failed epoch, hypergeometric */
  double p_value;            /* that so many epochs fail, or so few: two-sided, exact binomial */
};

/* BAC_OK, or BAC_EINVAL with a line in why. */
int bac_campaign_run(const struct bac_campaign_options *options, struct bac_campaign_report *report, char *why, size_t why_size);

/* The chance, doubled and at most 1, of k or more successes in n trials of chance p, or of k or fewer, whichever is less. */
double bac_campaign_p_value(uint64_t n, double p, uint64_t k);

#ifdef __cplusplus
}
#endif

#endif
