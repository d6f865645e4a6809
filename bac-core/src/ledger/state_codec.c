/* SPDX-License-Identifier: GPL-2.0-only */
/* A state and its accounts as bytes: for the Merkle root that headers carry, and for who asks for the state. */
#include <stdlib.h>

#include "crypto/hash.h"
#include "ledger/merkle.h"
#include "ledger/state.h"

#define NEIGHBOUR_BYTES (4 + 8 + BAC_HASH_BYTES + BAC_NEIGHBOUR_ROOTS * BAC_HASH_BYTES)
#define NEIGHBOURS_BYTES (BAC_NEIGHBOURS_MAX * NEIGHBOUR_BYTES)
#define FIXED_BYTES (4 + 8 + sizeof ((struct bac_state *)0)->recent + 2 * 8 + 2 * 4 + 3 * 32 + 2 + BAC_REVOCATION_BYTES_MAX + 4 + NEIGHBOURS_BYTES + 4)

static void write_fixed(struct bac_writer *w, const struct bac_state *s) {
  uint8_t list[BAC_REVOCATION_BYTES_MAX] = {0};
  const size_t length = s->revoked.number > 0 ? bac_revocation_encode(&s->revoked, list) : 0;
  bac_write_u32(w, s->shard);
  bac_write_u64(w, s->height);
  bac_write_bytes(w, s->recent, sizeof s->recent);
  bac_write_u64(w, s->epoch);
  bac_write_u64(w, s->last);
  bac_write_u32(w, s->epoch_blocks);
  bac_write_u32(w, s->candidates_permille);
  bac_write_bytes(w, s->ca_key, sizeof s->ca_key);
  bac_write_bytes(w, s->seed, sizeof s->seed);
  bac_write_bytes(w, s->next_seed, sizeof s->next_seed);
  bac_write_u16(w, (uint16_t)length);
  bac_write_bytes(w, list, sizeof list);
  bac_write_u32(w, s->neighbour_count);
  for (uint32_t i = 0; i < BAC_NEIGHBOURS_MAX; i++) {
    bac_write_u32(w, s->neighbours[i].shard);
    bac_write_u64(w, s->neighbours[i].epoch);
    bac_write_bytes(w, s->neighbours[i].roster_hash, BAC_HASH_BYTES);
    bac_write_bytes(w, s->neighbours[i].roots, sizeof s->neighbours[i].roots);
  }
  bac_write_u32(w, s->count);
}

static void write_account(struct bac_writer *w, const struct bac_account *a) {
  uint8_t reputation[BAC_REPUTATION_BYTES];
  bac_reputation_encode(&a->reputation, a->reputation.decayed_at, reputation);
  bac_write_u32(w, a->id);
  bac_write_u8(w, (uint8_t)a->membership);
  bac_write_u8(w, a->revoked);
  bac_write_u64(w, (uint64_t)a->balance_milli);
  bac_write_u64(w, a->nonce_top);
  bac_write_u64(w, a->nonce_used);
  bac_write_u64(w, a->turn);
  bac_write_bytes(w, a->sign_key, sizeof a->sign_key);
  bac_write_bytes(w, a->vrf_key, sizeof a->vrf_key);
  bac_write_u64(w, a->serial);
  bac_write_u64(w, (uint64_t)a->certificate_ends);
  bac_write_bytes(w, reputation, sizeof reputation);
  bac_write_u32(w, a->units);
  bac_write_u32(w, a->place);
  bac_write_u64(w, a->receipt_height);
  bac_write_u64(w, a->convicted_epoch);
  bac_write_u64(w, a->credential_epoch);
  bac_write_u32(w, a->lambda);
  bac_write_bytes(w, a->priority, sizeof a->priority);
  bac_write_u32(w, a->towards);
  bac_write_u64(w, a->moves);
}

void bac_account_encode(const struct bac_account *account, uint8_t out[BAC_ACCOUNT_BYTES]) {
  struct bac_writer w = bac_writer_over(out, BAC_ACCOUNT_BYTES);
  write_account(&w, account);
  BAC_ASSERT(w.ok && w.length == BAC_ACCOUNT_BYTES);
}

uint8_t *bac_state_leaves(const struct bac_state *state, struct bac_cost *cost) {
  uint8_t fixed[FIXED_BYTES], account[BAC_ACCOUNT_BYTES];
  uint8_t *leaves = bac_alloc(state->count + 1, BAC_HASH_BYTES);
  struct bac_writer w = bac_writer_over(fixed, sizeof fixed);
  write_fixed(&w, state);
  bac_hash(leaves, BAC_DOMAIN_LEAF, fixed, w.length);
  for (uint32_t i = 0; i < state->count; i++) {
    w = bac_writer_over(account, sizeof account);
    write_account(&w, &state->accounts[i]);
    bac_hash(leaves + (size_t)(i + 1) * BAC_HASH_BYTES, BAC_DOMAIN_LEAF, account, w.length);
  }
  cost->hashed_bytes += sizeof fixed + (uint64_t)state->count * (sizeof account + 2 * BAC_HASH_BYTES);
  return leaves;
}

void bac_state_root(uint8_t root[BAC_HASH_BYTES], const struct bac_state *state, struct bac_cost *cost) {
  uint8_t *leaves = bac_state_leaves(state, cost);
  bac_merkle_root(root, leaves, state->count + 1);
  free(leaves);
}

struct bac_buf *bac_state_encode(const struct bac_state *state) {
  struct bac_buf *bytes = bac_buf_new(NULL, FIXED_BYTES + (size_t)state->count * BAC_ACCOUNT_BYTES);
  struct bac_writer w = bac_writer_over(bytes->data, bytes->length);
  write_fixed(&w, state);
  for (uint32_t i = 0; i < state->count; i++) write_account(&w, &state->accounts[i]);
  BAC_ASSERT(w.ok && w.length == bytes->length);
  return bytes;
}

static bool read_account(struct bac_reader *r, struct bac_account *a) {
  *a = (struct bac_account){.id = bac_read_u32(r)};
  const uint32_t membership = bac_read_u8(r), revoked = bac_read_u8(r);
  a->membership = (enum bac_membership)membership;
  a->revoked = revoked == 1;
  a->balance_milli = (int64_t)bac_read_u64(r);
  a->nonce_top = bac_read_u64(r);
  a->nonce_used = bac_read_u64(r);
  a->turn = bac_read_u64(r);
  const uint8_t *sign_key = bac_read_bytes(r, BAC_PUBLIC_KEY_BYTES), *vrf_key = bac_read_bytes(r, BAC_PUBLIC_KEY_BYTES);
  a->serial = bac_read_u64(r);
  a->certificate_ends = (bac_time)bac_read_u64(r);
  const uint8_t *reputation = bac_read_bytes(r, BAC_REPUTATION_BYTES);
  a->units = bac_read_u32(r);
  a->place = bac_read_u32(r);
  a->receipt_height = bac_read_u64(r);
  a->convicted_epoch = bac_read_u64(r);
  a->credential_epoch = bac_read_u64(r);
  a->lambda = bac_read_u32(r);
  const uint8_t *priority = bac_read_bytes(r, BAC_HASH_BYTES);
  a->towards = bac_read_u32(r);
  a->moves = bac_read_u64(r);
  if (!priority || !r->ok || membership > BAC_LEAVING || revoked > 1 || !bac_reputation_decode(&a->reputation, reputation, BAC_REPUTATION_BYTES))
    return false;
  memcpy(a->sign_key, sign_key, sizeof a->sign_key);
  memcpy(a->vrf_key, vrf_key, sizeof a->vrf_key);
  memcpy(a->priority, priority, sizeof a->priority);
  return true;
}

static void read_neighbours(struct bac_state *s, const uint8_t *bytes) {
  struct bac_reader r = bac_reader_over(bytes, NEIGHBOURS_BYTES);
  for (uint32_t i = 0; i < BAC_NEIGHBOURS_MAX; i++) {
    struct bac_neighbour *n = &s->neighbours[i];
    n->shard = bac_read_u32(&r);
    n->epoch = bac_read_u64(&r);
    memcpy(n->roster_hash, bac_read_bytes(&r, BAC_HASH_BYTES), BAC_HASH_BYTES);
    memcpy(n->roots, bac_read_bytes(&r, sizeof n->roots), sizeof n->roots);
  }
}

bool bac_account_decode(struct bac_account *account, const uint8_t *bytes, size_t length) {
  struct bac_reader r = bac_reader_over(bytes, length);
  return length == BAC_ACCOUNT_BYTES && read_account(&r, account);
}

struct bac_state *bac_state_decode(const uint8_t *bytes, size_t length) {
  struct bac_reader r = bac_reader_over(bytes, length);
  struct bac_state *s = bac_alloc(1, sizeof *s);
  s->shard = bac_read_u32(&r);
  s->height = bac_read_u64(&r);
  const uint8_t *recent = bac_read_bytes(&r, sizeof s->recent);
  s->epoch = bac_read_u64(&r);
  s->last = bac_read_u64(&r);
  s->epoch_blocks = bac_read_u32(&r);
  s->candidates_permille = bac_read_u32(&r);
  const uint8_t *fixed = bac_read_bytes(&r, 3 * 32);
  const size_t list_length = bac_read_u16(&r);
  const uint8_t *list = bac_read_bytes(&r, BAC_REVOCATION_BYTES_MAX);
  s->neighbour_count = bac_read_u32(&r);
  const uint8_t *neighbours = bac_read_bytes(&r, NEIGHBOURS_BYTES);
  s->count = s->capacity = bac_read_u32(&r);
  bool good = fixed && list && neighbours && r.ok && s->neighbour_count <= BAC_NEIGHBOURS_MAX && list_length <= BAC_REVOCATION_BYTES_MAX && bac_reader_left(&r) == (size_t)s->count * BAC_ACCOUNT_BYTES && s->last >= s->epoch_blocks;
  if (good) {
    memcpy(s->recent, recent, sizeof s->recent);
    if (list_length > 0) good = bac_revocation_decode(&s->revoked, list, list_length);
    memcpy(s->ca_key, fixed, 32);
    memcpy(s->seed, fixed + 32, 32);
    memcpy(s->next_seed, fixed + 64, 32);
    read_neighbours(s, neighbours);
    s->accounts = bac_alloc(s->count, sizeof *s->accounts);
  }
  for (uint32_t i = 0; good && i < s->count; i++)
    good = read_account(&r, &s->accounts[i]) && (i == 0 || s->accounts[i].id > s->accounts[i - 1].id);
  if (good) return s;
  bac_state_free(s);
  return NULL;
}
