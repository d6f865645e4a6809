/* SPDX-License-Identifier: GPL-2.0-only */
/* What the checkers count for themselves, from the bytes of blocks alone, where asking the ledger's own code would find no mistake of it. */
#ifndef BAC_SIM_RECOUNT_H
#define BAC_SIM_RECOUNT_H

#include "ledger/block.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether the body is the one that the header's tx_root names. */
bool bac_recount_body(const struct bac_block *block);

/* A record that bears on the next epoch's roster: `id` leaves (BAC_TX_LEAVE), is convicted (BAC_TX_EVIDENCE), or has shown that it holds the
 * chain (BAC_TX_RECEIPT). */
struct bac_recount_note {
  enum bac_tx_kind kind;
  uint32_t id;
};
/* Those of a block, *count of them; the caller frees them. */
struct bac_recount_note *bac_recount_notes(const struct bac_block *block, uint32_t *count);

/* Whether a member that has left in the epoch before may stand in the roster: only if nobody could be let go. */
bool bac_recount_stays(const struct bac_roster *roster, uint32_t id);
/* The most units that a member may have which was convicted in one of the last 64 blocks, with so many receipts so far and so many blocks
 * in the chain: each receipt stands for ten honest tasks at most, each stretch without one for ten doubtful ones, having come for one, the conviction for five
 * dishonest ones at least (ten, half decayed). */
uint32_t bac_recount_units_max(uint64_t receipts, uint64_t blocks);

#ifdef __cplusplus
}
#endif

#endif
