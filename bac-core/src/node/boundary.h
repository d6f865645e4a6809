/* SPDX-License-Identifier: GPL-2.0-only */
/* The last block of an epoch, what certifies it, and the roster that follows from it: a chain of them leads from a roster that a node trusts to
 * the one of today. */
#ifndef BAC_NODE_BOUNDARY_H
#define BAC_NODE_BOUNDARY_H

#include "consensus/qc.h"
#include "identity/roster.h"
#include "ledger/block.h"

struct bac_boundary {
  struct bac_header header;
  uint8_t digest[BAC_HASH_BYTES];
  struct bac_qc certificate; /* CLOSE of Q(n) */
  struct bac_roster *next; /* NULL: without */
};

/* The caller unrefs it. */
struct bac_buf *bac_boundary_encode(const struct bac_header *header, const struct bac_qc *certificate, const struct bac_roster *next);
/* How much of an encoded one is header and certificate. */
size_t bac_boundary_without_roster(const struct bac_buf *boundary);
/* True: what was read fits together, and the caller clears it; the certificate's signatures are not checked. */
bool bac_boundary_decode(struct bac_boundary *b, const uint8_t *bytes, size_t length, struct bac_cost *cost);
void bac_boundary_clear(struct bac_boundary *b);

#endif
