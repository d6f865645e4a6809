/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/passport.h"

#include <stdlib.h>

#include "base/bitset.h"
#include "base/quorum.h"
#include "crypto/hash.h"
#include "identity/roster.h"
#include "wire/message.h"

/* ---- Reading. ---- */

struct boundary {
  struct bac_header header;
  uint8_t digest[BAC_HASH_BYTES];
  uint64_t view;
  struct bac_bitset signers;
  const uint8_t *signatures;
};

static bool read_boundary(struct bac_reader *r, struct boundary *b) {
  const size_t header_length = bac_read_u16(r);
  const uint8_t *header = bac_read_bytes(r, header_length);
  b->view = bac_read_u64(r);
  const size_t signers_length = bac_read_u16(r);
  const uint8_t *signers = bac_read_bytes(r, signers_length);
  const size_t count = bac_read_u16(r);
  b->signatures = bac_read_bytes(r, count * BAC_SIGNATURE_BYTES);
  bac_bitset_clear(&b->signers);
  if (!header || !signers || !b->signatures || signers_length > sizeof b->signers.bytes || !bac_header_decode(&b->header, header, header_length))
    return false;
  memcpy(b->signers.bytes, signers, signers_length);
  bac_header_digest(b->digest, header, header_length);
  return bac_bitset_count(&b->signers) == count && (signers_length == 0 || signers[signers_length - 1] != 0);
}

static struct bac_roster *read_roster(struct bac_reader *r) {
  const size_t length = bac_read_u32(r);
  const uint8_t *bytes = bac_read_bytes(r, length);
  return bytes ? bac_roster_decode(bytes, length) : NULL;
}

/* Q(n) of the roster have signed CLOSE for it. */
static bool certified(const struct boundary *b, const struct bac_roster *roster, struct bac_shared *shared, struct bac_cost *cost) {
  const uint8_t *signature = b->signatures;
  if (bac_bitset_count(&b->signers) < bac_quorum(roster->count)) return false;
  for (uint32_t i = roster->count; i < BAC_ROSTER_MAX; i++)
    if (bac_bitset_has(&b->signers, i)) return false;
  for (uint32_t i = 0; i < roster->count; i++) {
    if (!bac_bitset_has(&b->signers, i)) continue;
    struct bac_msg close = {.type = BAC_MSG_CLOSE,
                            .shard = roster->shard,
                            .epoch = roster->epoch,
                            .view = b->view,
                            .height = b->header.height,
                            .sender = roster->members[i].id};
    uint8_t digest[BAC_HASH_BYTES];
    memcpy(close.digest, b->digest, BAC_HASH_BYTES);
    bac_msg_signing_digest(digest, &close);
    if (!bac_verify(shared, signature, digest, roster->members[i].sign_key, cost)) return false;
    signature += BAC_SIGNATURE_BYTES;
  }
  return true;
}

/* Boundary i of the passport, on its roster, which becomes the next one. */
static bool follow(struct bac_passport *p, uint32_t i, struct bac_reader *r, struct bac_roster **roster, bool verify, struct bac_shared *shared,
                   struct bac_cost *cost) {
  struct boundary b;
  static const uint8_t none[BAC_HASH_BYTES];
  if (!*roster || !read_boundary(r, &b) || b.header.shard != p->shard || b.header.epoch != p->first + i ||
      memcmp(b.header.next_roster, none, sizeof none) == 0 || (verify && !certified(&b, *roster, shared, cost)))
    return false;
  memcpy(p->epochs[i + 1].roster_hash, b.header.next_roster, BAC_HASH_BYTES);
  memcpy(p->epochs[i + 1].root, b.header.state_root, BAC_HASH_BYTES);
  bac_roster_free(*roster);
  *roster = NULL;
  if (i + 1 == p->boundaries) return true;
  uint8_t hash[BAC_HASH_BYTES];
  *roster = read_roster(r);
  if (!*roster) return false;
  bac_roster_hash(hash, *roster, cost);
  return (*roster)->shard == p->shard && (*roster)->epoch == p->first + i + 1 && memcmp(hash, b.header.next_roster, sizeof hash) == 0;
}

static bool read_account(struct bac_passport *p, struct bac_reader *r, struct bac_cost *cost) {
  struct bac_proof proof;
  const uint8_t *root = p->boundaries > 0 ? p->epochs[p->boundaries].root : bac_read_bytes(r, BAC_HASH_BYTES);
  const size_t left = bac_reader_left(r);
  const uint8_t *bytes = bac_read_bytes(r, left);
  if (!root || !bytes) return false;
  memmove(p->epochs[p->boundaries].root, root, BAC_HASH_BYTES);
  /* How many accounts there are is not certified, and does not matter: the path leads to a leaf of this kind or to none. */
  return bac_proof_decode(&proof, bytes, left) && bac_proof_verify(&proof, p->epochs[p->boundaries].root, proof.count, cost) &&
         bac_account_decode(&p->account, proof.leaf, proof.leaf_length);
}

bool bac_passport_read(struct bac_passport *p, const uint8_t *bytes, size_t length, bool verify, struct bac_shared *shared,
                       struct bac_cost *cost) {
  struct bac_reader r = bac_reader_over(bytes, length);
  memset(p, 0, sizeof *p);
  p->shard = bac_read_u32(&r);
  p->first = bac_read_u64(&r);
  p->boundaries = bac_read_u16(&r);
  if (!r.ok || p->boundaries > BAC_PASSPORT_BOUNDARIES_MAX || p->first > UINT64_MAX - p->boundaries) return false;
  struct bac_roster *roster = p->boundaries > 0 ? read_roster(&r) : NULL;
  bool good = p->boundaries == 0 || (roster && roster->shard == p->shard && roster->epoch == p->first);
  if (good && roster) bac_roster_hash(p->epochs[0].roster_hash, roster, cost);
  for (uint32_t i = 0; good && i < p->boundaries; i++) good = follow(p, i, &r, &roster, verify, shared, cost);
  bac_roster_free(roster);
  return good && read_account(p, &r, cost);
}

/* ---- Writing. ---- */

static struct bac_buf *join(struct bac_buf *head, const void *bytes, size_t length) {
  struct bac_buf *whole = bac_buf_new(NULL, head->length + length);
  memcpy(whole->data, head->data, head->length);
  if (length > 0) memcpy(whole->data + head->length, bytes, length);
  bac_buf_unref(head);
  return whole;
}

static struct bac_buf *join_roster(struct bac_buf *head, const struct bac_roster *roster) {
  struct bac_buf *bytes = bac_roster_encode(roster);
  uint8_t length[4];
  bac_put_u32(length, (uint32_t)bytes->length);
  head = join(join(head, length, sizeof length), bytes->data, bytes->length);
  bac_buf_unref(bytes);
  return head;
}

static struct bac_buf *join_boundary(struct bac_buf *head, const struct bac_passport_boundary *b) {
  uint8_t bytes[2 + BAC_HEADER_BYTES_MAX + 8 + 2 + sizeof b->signers->bytes + 2], header[BAC_HEADER_BYTES_MAX];
  struct bac_writer w = bac_writer_over(bytes, sizeof bytes);
  const size_t length = bac_header_encode(&b->header, header);
  size_t signers = sizeof b->signers->bytes;
  while (signers > 0 && b->signers->bytes[signers - 1] == 0) signers--;
  bac_write_u16(&w, (uint16_t)length);
  bac_write_bytes(&w, header, length);
  bac_write_u64(&w, b->view);
  bac_write_u16(&w, (uint16_t)signers);
  bac_write_bytes(&w, b->signers->bytes, signers);
  bac_write_u16(&w, (uint16_t)(b->signatures->length / BAC_SIGNATURE_BYTES));
  BAC_ASSERT(w.ok);
  return join(join(head, bytes, w.length), b->signatures->data, b->signatures->length);
}

/* account: room for the leaf. */
static bool prove(struct bac_proof *proof, uint8_t account[BAC_ACCOUNT_BYTES], uint8_t root[BAC_HASH_BYTES], const struct bac_state *state,
                  uint32_t id, struct bac_cost *cost) {
  const struct bac_account *a = bac_state_account(state, id);
  if (!a) return false;
  bac_account_encode(a, account);
  uint8_t *leaves = bac_state_leaves(state, cost);
  const int status = bac_proof_make(proof, account, BAC_ACCOUNT_BYTES, leaves, state->count + 1, (uint32_t)(a - state->accounts) + 1, cost);
  bac_merkle_root(root, leaves, state->count + 1);
  free(leaves);
  return status == BAC_OK;
}

struct bac_buf *bac_passport_make(const struct bac_roster *roster, const struct bac_passport_boundary *boundaries, uint32_t count,
                                  const struct bac_state *state, uint32_t id, struct bac_cost *cost) {
  uint8_t head[4 + 8 + 2], root[BAC_HASH_BYTES], account[BAC_ACCOUNT_BYTES], path[BAC_PROOF_BYTES_MAX];
  struct bac_proof proof;
  if (count > BAC_PASSPORT_BOUNDARIES_MAX || !prove(&proof, account, root, state, id, cost)) return NULL;
  bac_put_u32(head, roster->shard);
  bac_put_u64(head + 4, roster->epoch);
  bac_put_u16(head + 12, (uint16_t)count);
  struct bac_buf *out = bac_buf_new(head, sizeof head);
  if (count > 0) out = join_roster(out, roster);
  for (uint32_t i = 0; i < count; i++) {
    out = join_boundary(out, &boundaries[i]);
    if (i + 1 < count) out = join_roster(out, boundaries[i].next);
  }
  if (count == 0) out = join(out, root, sizeof root);
  return join(out, path, bac_proof_encode(&proof, path));
}

struct bac_buf *bac_passport_trim(const uint8_t *bytes, size_t length, uint64_t epoch) {
  struct bac_reader r = bac_reader_over(bytes, length);
  const uint32_t shard = bac_read_u32(&r);
  const uint64_t first = bac_read_u64(&r);
  const uint32_t boundaries = bac_read_u16(&r);
  if (!r.ok || epoch < first || first > UINT64_MAX - boundaries) return NULL;
  const uint64_t end = first + boundaries;
  if (epoch > end) epoch = end;
  /* At r: the roster of `first`, then boundaries, each followed by a roster but the last one. */
  size_t roster_at = r.offset;
  uint8_t root[BAC_HASH_BYTES];
  if (boundaries > 0) bac_read_bytes(&r, bac_read_u32(&r));
  for (uint64_t e = first; e < epoch; e++) {
    struct boundary b;
    if (!read_boundary(&r, &b)) return NULL;
    roster_at = r.offset;
    memcpy(root, b.header.state_root, sizeof root);
    if (e + 1 < end) bac_read_bytes(&r, bac_read_u32(&r));
  }
  if (!r.ok) return NULL;
  uint8_t head[4 + 8 + 2];
  bac_put_u32(head, shard);
  bac_put_u64(head + 4, epoch);
  bac_put_u16(head + 12, (uint16_t)(end - epoch));
  struct bac_buf *out = bac_buf_new(head, sizeof head);
  if (epoch == end && boundaries > 0) out = join(out, root, sizeof root);
  const size_t from = epoch < end ? roster_at : r.offset;
  return join(out, bytes + from, length - from);
}

void bac_neighbour_derive(struct bac_neighbour *neighbour, const struct bac_roster *genesis) {
  struct bac_cost unused = {0};
  *neighbour = (struct bac_neighbour){.shard = genesis->shard, .epoch = genesis->epoch};
  bac_roster_hash(neighbour->roster_hash, genesis, &unused);
}
