/* SPDX-License-Identifier: GPL-2.0-only */
#include "recount.h"

#include <stdlib.h>

#include "crypto/hash.h"
#include "identity/roster.h"
#include "ledger/merkle.h"
#include "ledger/record.h"

bool bac_recount_body(const struct bac_block *block) {
  uint8_t root[BAC_HASH_BYTES];
  uint8_t *leaves = bac_alloc(block->header.tx_count, BAC_HASH_BYTES);
  for (uint32_t i = 0; i < block->header.tx_count; i++)
    bac_hash(leaves + (size_t)i * BAC_HASH_BYTES, BAC_DOMAIN_LEAF, block->txs[i].wire, block->txs[i].wire_length);
  bac_merkle_root(root, leaves, block->header.tx_count);
  free(leaves);
  return memcmp(root, block->header.tx_root, sizeof root) == 0;
}

struct bac_recount_note *bac_recount_notes(const struct bac_block *block, uint32_t *count) {
  struct bac_recount_note *notes = NULL;
  *count = 0;
  for (uint32_t i = 0; i < block->header.tx_count; i++) {
    const struct bac_tx *tx = &block->txs[i];
    struct bac_recount_note note = {.kind = (enum bac_tx_kind)tx->kind, .id = tx->from};
    struct bac_evidence evidence;
    if (tx->kind == BAC_TX_EVIDENCE && bac_record_evidence(&evidence, tx))
      note.id = evidence.sender;
    else if (tx->kind != BAC_TX_LEAVE && tx->kind != BAC_TX_RECEIPT)
      continue;
    notes = bac_realloc(notes, *count + 1, sizeof *notes);
    notes[(*count)++] = note;
  }
  return notes;
}

bool bac_recount_stays(const struct bac_roster *roster, uint32_t id) {
  return bac_roster_index(roster, id) == BAC_INDEX_NONE || roster->count <= BAC_ROSTER_MIN;
}

uint32_t bac_recount_units_max(uint64_t receipts, uint64_t blocks) {
  const uint64_t honest = BAC_RECEIPT_STRETCH * receipts, stretches = blocks / BAC_RECEIPT_STRETCH, missed = stretches > receipts ? stretches - receipts : 0;
  const uint64_t doubtful = 1 + BAC_RECEIPT_STRETCH * missed;
  return (uint32_t)((100 * honest + 50 * doubtful) / (honest + doubtful + BAC_REPUTATION_PENALTY / 2));
}
