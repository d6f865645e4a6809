/* SPDX-License-Identifier: GPL-2.0-only */
/* Balances and used nonces of a shard's accounts. Executing the same blocks gives the same state on every node. */
#ifndef BAC_LEDGER_STATE_H
#define BAC_LEDGER_STATE_H

#include <stdbool.h>

#include "bac/bac.h"
#include "ledger/transaction.h"

/* Nonces may be used out of order within this many of the highest: a lost transaction does not hold up later ones. */
#define BAC_NONCE_WINDOW 64

struct bac_account {
  uint32_t id;
  int64_t balance_milli;
  uint64_t nonce_top;  /* highest nonce used; the first is 1 */
  uint64_t nonce_used; /* bit i: nonce_top - i is used */
};

struct bac_state {
  uint32_t count;
  struct bac_account accounts[]; /* ordered by id */
};

/* The caller frees results with free(). */
struct bac_state *bac_state_genesis(const struct bac_roster *roster);
struct bac_state *bac_state_copy(const struct bac_state *state);
/* NULL if there is none. */
struct bac_account *bac_state_account(struct bac_state *state, uint32_t id);

/* Whether tx would apply: known accounts, unused nonce, balance covers amount and fee. */
bool bac_state_accepts(struct bac_state *state, const struct bac_tx *tx);
/* Moves the amount to the receiver and the fee to the proposer. False, and nothing changed, if tx does not apply. */
bool bac_state_apply(struct bac_state *state, const struct bac_tx *tx, uint32_t proposer);
/* Whether tx's nonce is used or has fallen out of the window: it can never apply again. */
bool bac_state_spent(struct bac_state *state, const struct bac_tx *tx);

void bac_state_root(uint8_t root[BAC_HASH_BYTES], const struct bac_state *state, struct bac_cost *cost);
/* Sum of all balances: constant from genesis on. */
int64_t bac_state_supply(const struct bac_state *state);

#endif
