/* SPDX-License-Identifier: GPL-2.0-only */
#include "identity/revocation.h"

#include "base/bytes.h"
#include "crypto/hash.h"

_Static_assert(BAC_REVOCATION_BYTES_MAX <= 900, "a list fits into one frame beside its message's header");

static void write_signed(struct bac_writer *w, const struct bac_revocation *list) {
  bac_write_u64(w, list->number);
  bac_write_u32(w, list->count);
  for (uint32_t i = 0; i < list->count; i++) bac_write_u64(w, list->serials[i]);
}

static size_t signed_length(const struct bac_revocation *list) { return 8 + 4 + 8 * (size_t)list->count; }

void bac_revocation_digest(uint8_t digest[BAC_HASH_BYTES], const struct bac_revocation *list) {
  uint8_t bytes[BAC_REVOCATION_BYTES_MAX];
  struct bac_writer w = bac_writer_over(bytes, sizeof bytes);
  BAC_ASSERT(list->count <= BAC_REVOCATION_MAX);
  write_signed(&w, list);
  bac_hash(digest, BAC_DOMAIN_REVOCATION, bytes, w.length);
}

/* Ascending: one encoding for a set, and look-ups by halves. */
static bool in_range(const struct bac_revocation *list) {
  if (list->number == 0 || list->count > BAC_REVOCATION_MAX) return false;
  uint64_t last = 0;
  for (uint32_t i = 0; i < list->count; i++) {
    if (list->serials[i] <= last) return false;
    last = list->serials[i];
  }
  return true;
}

int bac_revocation_issue(struct bac_revocation *list, uint64_t number, const uint64_t *serials, uint32_t count,
                         const struct bac_keypair *ca, struct bac_cost *cost) {
  memset(list, 0, sizeof *list);
  if (count > BAC_REVOCATION_MAX) return BAC_ELIMIT;
  list->number = number;
  list->count = count;
  for (uint32_t i = 0; i < count; i++) list->serials[i] = serials[i];
  if (!in_range(list)) {
    memset(list, 0, sizeof *list);
    return BAC_EINVAL;
  }
  uint8_t digest[BAC_HASH_BYTES];
  bac_revocation_digest(digest, list);
  cost->hashed_bytes += signed_length(list);
  bac_sign(list->signature, digest, ca, cost);
  return BAC_OK;
}

size_t bac_revocation_encode(const struct bac_revocation *list, uint8_t out[BAC_REVOCATION_BYTES_MAX]) {
  BAC_ASSERT(list->count <= BAC_REVOCATION_MAX);
  struct bac_writer w = bac_writer_over(out, BAC_REVOCATION_BYTES_MAX);
  write_signed(&w, list);
  bac_write_bytes(&w, list->signature, BAC_SIGNATURE_BYTES);
  BAC_ASSERT(w.ok);
  return w.length;
}

bool bac_revocation_decode(struct bac_revocation *list, const uint8_t *bytes, size_t length) {
  if (length < BAC_REVOCATION_BYTES_MIN || length > BAC_REVOCATION_BYTES_MAX) return false;
  struct bac_reader r = bac_reader_over(bytes, length);
  memset(list, 0, sizeof *list);
  list->number = bac_read_u64(&r);
  list->count = bac_read_u32(&r);
  if (list->count > BAC_REVOCATION_MAX || length != signed_length(list) + BAC_SIGNATURE_BYTES) return false;
  for (uint32_t i = 0; i < list->count; i++) list->serials[i] = bac_read_u64(&r);
  memcpy(list->signature, bac_read_bytes(&r, BAC_SIGNATURE_BYTES), BAC_SIGNATURE_BYTES);
  return in_range(list);
}

enum bac_reject bac_revocation_verify(const struct bac_revocation *list, const uint8_t ca_public_key[BAC_PUBLIC_KEY_BYTES],
                                      struct bac_shared *shared, struct bac_cost *cost) {
  if (!in_range(list)) return BAC_REJECT_MALFORMED;
  uint8_t digest[BAC_HASH_BYTES];
  bac_revocation_digest(digest, list);
  cost->hashed_bytes += signed_length(list);
  return bac_verify(shared, list->signature, digest, ca_public_key, cost) ? BAC_REJECT_COUNT : BAC_REJECT_SIGNATURE;
}

static bool same_content(const struct bac_revocation *a, const struct bac_revocation *b) {
  return a->number == b->number && a->count == b->count && memcmp(a->serials, b->serials, a->count * sizeof a->serials[0]) == 0;
}

enum bac_reject bac_revocation_merge(struct bac_revocation *held, const struct bac_revocation *list, uint64_t epoch,
                                     const uint8_t ca_public_key[BAC_PUBLIC_KEY_BYTES], struct bac_shared *shared,
                                     struct bac_cost *cost) {
  /* Cheap refusals come before the signature; but nobody is blamed for a contradiction that the CA did not sign. */
  if (!in_range(list)) return BAC_REJECT_MALFORMED;
  if (list->number < held->number) return BAC_REJECT_STALE;
  if (same_content(held, list)) return BAC_REJECT_DUPLICATE;
  const enum bac_reject verdict = bac_revocation_verify(list, ca_public_key, shared, cost);
  if (verdict != BAC_REJECT_COUNT) return verdict;
  if (list->number == held->number) return BAC_REJECT_EQUIVOCATION;
  if (list->number > epoch) return BAC_REJECT_WINDOW;
  *held = *list;
  return BAC_REJECT_COUNT;
}

bool bac_revocation_has(const struct bac_revocation *held, uint64_t serial) {
  for (uint32_t low = 0, high = held->count; low < high;) {
    const uint32_t middle = low + (high - low) / 2;
    if (held->serials[middle] == serial) return true;
    if (held->serials[middle] < serial)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}
