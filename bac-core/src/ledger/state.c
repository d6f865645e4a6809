/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/state.h"

#include <stdlib.h>

#include "crypto/hash.h"

static size_t state_bytes(uint32_t count) { return sizeof(struct bac_state) + count * sizeof(struct bac_account); }

struct bac_state *bac_state_genesis(const struct bac_roster *roster) {
  struct bac_state *state = bac_alloc(1, state_bytes(roster->count));
  state->count = roster->count;
  for (uint32_t i = 0; i < roster->count; i++) {
    state->accounts[i].id = roster->members[i].id;
    state->accounts[i].balance_milli = roster->members[i].balance_milli;
  }
  return state;
}

struct bac_state *bac_state_copy(const struct bac_state *state) {
  struct bac_state *copy = bac_alloc(1, state_bytes(state->count));
  memcpy(copy, state, state_bytes(state->count));
  return copy;
}

struct bac_account *bac_state_account(struct bac_state *state, uint32_t id) {
  uint32_t low = 0, high = state->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (state->accounts[middle].id < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low < state->count && state->accounts[low].id == id ? &state->accounts[low] : NULL;
}

static bool nonce_free(const struct bac_account *a, uint64_t nonce) {
  if (nonce == 0 || nonce > a->nonce_top + BAC_NONCE_WINDOW) return false;
  if (nonce > a->nonce_top) return true;
  uint64_t back = a->nonce_top - nonce;
  return back < BAC_NONCE_WINDOW && !(a->nonce_used >> back & 1);
}

static void nonce_use(struct bac_account *a, uint64_t nonce) {
  if (nonce > a->nonce_top) {
    uint64_t shift = nonce - a->nonce_top;
    a->nonce_used = shift < 64 ? a->nonce_used << shift : 0;
    a->nonce_top = nonce;
  }
  a->nonce_used |= (uint64_t)1 << (a->nonce_top - nonce);
}

bool bac_state_accepts(struct bac_state *state, const struct bac_tx *tx) {
  const struct bac_account *from = bac_state_account(state, tx->from);
  return from && bac_state_account(state, tx->to) && nonce_free(from, tx->nonce) &&
         tx->amount_milli + tx->fee_milli <= from->balance_milli;
}

bool bac_state_apply(struct bac_state *state, const struct bac_tx *tx, uint32_t proposer) {
  struct bac_account *earner = bac_state_account(state, proposer);
  if (!earner || !bac_state_accepts(state, tx)) return false;
  struct bac_account *from = bac_state_account(state, tx->from), *to = bac_state_account(state, tx->to);
  from->balance_milli -= tx->amount_milli + tx->fee_milli;
  to->balance_milli += tx->amount_milli;
  earner->balance_milli += tx->fee_milli;
  nonce_use(from, tx->nonce);
  return true;
}

bool bac_state_spent(struct bac_state *state, const struct bac_tx *tx) {
  const struct bac_account *from = bac_state_account(state, tx->from);
  return !from || (tx->nonce <= from->nonce_top && !nonce_free(from, tx->nonce));
}

void bac_state_root(uint8_t root[BAC_HASH_BYTES], const struct bac_state *state, struct bac_cost *cost) {
  size_t entry = 4 + 3 * 8;
  struct bac_buf *bytes = bac_buf_new(NULL, state->count * entry);
  struct bac_writer w = bac_writer_over(bytes->data, bytes->length);
  for (uint32_t i = 0; i < state->count; i++) {
    bac_write_u32(&w, state->accounts[i].id);
    bac_write_u64(&w, (uint64_t)state->accounts[i].balance_milli);
    bac_write_u64(&w, state->accounts[i].nonce_top);
    bac_write_u64(&w, state->accounts[i].nonce_used);
  }
  bac_hash(root, BAC_DOMAIN_STATE, bytes->data, bytes->length);
  cost->hashed_bytes += bytes->length;
  bac_buf_unref(bytes);
}

int64_t bac_state_supply(const struct bac_state *state) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < state->count; i++) sum += state->accounts[i].balance_milli;
  return sum;
}
