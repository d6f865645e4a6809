/* SPDX-License-Identifier: GPL-2.0-only */
/* Micro blocks: the transactions in a hashgraph event, and blocks packed from the agreed order of such events. */
#ifndef BAC_CONSENSUS_MICROBLOCK_H
#define BAC_CONSENSUS_MICROBLOCK_H

#include "consensus/env.h"
#include "consensus/hashgraph.h"

/* Encodes transactions, each u16 length || bytes; NULL when there are none. The caller owns it. */
struct bac_buf *bac_microblock_encode(const struct bac_tx *const *txs, uint32_t count);
/* The next transaction of a payload; false: the end, or the rest does not decode (*torn says which). */
bool bac_microblock_next(struct bac_reader *r, struct bac_tx *tx, bool *torn, struct bac_cost *cost);

/* Transactions that stand in some event of the graph, so that nobody puts them into another one. */
struct bac_seen {
  struct bac_seen_tx *by_id;
};
/* All of a payload that wait in this node's pool. */
void bac_seen_add(struct bac_seen *seen, struct bac_env *env, const struct bac_buf *payload);
bool bac_seen_has(const struct bac_seen *seen, const uint8_t id[BAC_HASH_BYTES]);
/* Those that have left the pool are forgotten. */
void bac_seen_prune(struct bac_seen *seen, struct bac_env *env);
void bac_seen_clear(struct bac_seen *seen);

/* The transactions of one decided round in the agreed order, on their way into blocks: valid ones, each once. Blocks are a function of the
 * round and the state they stand on, so that a member that was away and takes a round up again packs the same ones. */
struct bac_sequence {
  struct bac_tx *txs; /* their bytes stand in `payloads` */
  uint32_t count, capacity;
  struct bac_buf **payloads; /* references */
  uint32_t payload_count, payload_capacity;
  bac_time last; /* greatest consensus timestamp */
  const struct bac_hashgraph_round *round; /* the last appended; borrowed */
};

/* Appends the transactions of a round's events, in their order. What does not decode, or whose signature does not hold, is passed over, by
 * every honest member alike. */
void bac_sequence_append(struct bac_sequence *s, struct bac_env *env, const struct bac_hashgraph_round *round);
/* Packs those that apply on the committed tip, up to a full block, whose seed follows from the round's unique famous witnesses where the
 * chain's rule is BAC_SEED_AGREED; NULL: none does any more, and the sequence is empty now. */
struct bac_entry *bac_sequence_pack(struct bac_sequence *s, struct bac_env *env, uint64_t round, uint32_t proposer);
void bac_sequence_clear(struct bac_sequence *s);

#endif
