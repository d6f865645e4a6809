/* SPDX-License-Identifier: GPL-2.0-only */
/* What members said lately, so that who says two things where it may say one is found out (ledger/evidence.h). */
#ifndef BAC_NODE_WITNESS_H
#define BAC_NODE_WITNESS_H

#include "ledger/evidence.h"

#define BAC_WITNESS_SLOTS 1024

struct bac_witness {
  struct bac_said {
    bool used;
    struct bac_msg msg; /* header alone */
  } * said; /* by slot, direct-mapped: a newer word displaces an older one; NULL until the first */
};

void bac_witness_clear(struct bac_witness *witness);
/* A message whose signature holds. True: its sender has said another thing before, and *evidence shows both. */
bool bac_witness_hear(struct bac_witness *witness, const struct bac_msg *msg, struct bac_evidence *evidence);

#endif
