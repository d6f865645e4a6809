/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/receipts.h"

#define RECORD_BYTES (8 + 8 + BAC_HASH_BYTES + 2) /* without bitmap and signatures */

/* ---- Encoding ---- */

static size_t bitmap_length(const struct bac_bitset *set) {
  size_t length = sizeof set->bytes;
  while (length > 0 && set->bytes[length - 1] == 0) length--;
  return length;
}

static size_t signatures_length(const struct bac_receipt *r) {
  return (size_t)bac_bitset_count(&r->members) * BAC_SIGNATURE_BYTES;
}

size_t bac_receipts_bytes(const struct bac_receipts *receipts) {
  size_t length = 1;
  for (uint32_t i = 0; i < receipts->count; i++) {
    const struct bac_receipt *r = &receipts->items[i];
    length += RECORD_BYTES + bitmap_length(&r->members) + signatures_length(r);
  }
  return length;
}

void bac_receipts_encode(const struct bac_receipts *receipts, struct bac_writer *w) {
  BAC_ASSERT(receipts->count <= BAC_RECEIPTS_MAX);
  bac_write_u8(w, (uint8_t)receipts->count);
  for (uint32_t i = 0; i < receipts->count; i++) {
    const struct bac_receipt *r = &receipts->items[i];
    const size_t length = bitmap_length(&r->members);
    BAC_ASSERT(length > 0);
    bac_write_u64(w, r->height);
    bac_write_u64(w, r->round);
    bac_write_bytes(w, r->digest, BAC_HASH_BYTES);
    bac_write_u16(w, (uint16_t)length);
    bac_write_bytes(w, r->members.bytes, length);
    bac_write_bytes(w, r->signatures, signatures_length(r));
  }
}

static bool read_record(struct bac_receipt *r, struct bac_reader *in) {
  *r = (struct bac_receipt){.height = bac_read_u64(in), .round = bac_read_u64(in)};
  const uint8_t *digest = bac_read_bytes(in, BAC_HASH_BYTES);
  const size_t length = bac_read_u16(in);
  const uint8_t *bitmap = bac_read_bytes(in, length);
  if (!bitmap || length == 0 || length > sizeof r->members.bytes || bitmap[length - 1] == 0) return false;
  memcpy(r->digest, digest, BAC_HASH_BYTES);
  memcpy(r->members.bytes, bitmap, length);
  r->signatures = bac_read_bytes(in, signatures_length(r));
  return r->signatures != NULL;
}

static bool ascending(const struct bac_receipt *a, const struct bac_receipt *b) {
  return a->height != b->height ? a->height < b->height : a->round < b->round;
}

bool bac_receipts_decode(struct bac_receipts *receipts, const uint8_t *bytes, size_t length) {
  struct bac_reader in = bac_reader_over(bytes, length);
  receipts->count = bac_read_u8(&in);
  if (receipts->count > BAC_RECEIPTS_MAX) return false;
  for (uint32_t i = 0; i < receipts->count; i++) {
    if (!read_record(&receipts->items[i], &in)) return false;
    if (i > 0 && !ascending(&receipts->items[i - 1], &receipts->items[i])) return false;
  }
  return in.ok && bac_reader_left(&in) == 0;
}

/* ---- The window ---- */

const struct bac_receipt_slot *bac_receipts_slot(const struct bac_receipt_window *window, uint64_t height) {
  for (uint32_t i = 0; i < window->count; i++)
    if (window->slots[i].height == height) return &window->slots[i];
  return NULL;
}

bool bac_receipts_close(struct bac_receipt_window *window, struct bac_receipt_slot *closed) {
  if (window->count == 0) return false;
  *closed = window->slots[0];
  window->count--;
  memmove(&window->slots[0], &window->slots[1], window->count * sizeof window->slots[0]);
  memset(&window->slots[window->count], 0, sizeof window->slots[0]);
  return true;
}

bool bac_receipts_open(struct bac_receipt_window *window, uint64_t epoch, uint64_t height, uint64_t round,
                       const uint8_t digest[BAC_HASH_BYTES], struct bac_receipt_slot *closed) {
  if (window->count > 0) {
    const struct bac_receipt_slot *newest = &window->slots[window->count - 1];
    BAC_ASSERT(newest->epoch == epoch && newest->height + 1 == height);
  }
  const bool full = window->count == BAC_RECEIPT_WINDOW && bac_receipts_close(window, closed);
  struct bac_receipt_slot *slot = &window->slots[window->count++];
  *slot = (struct bac_receipt_slot){.epoch = epoch, .height = height, .round = round};
  memcpy(slot->digest, digest, BAC_HASH_BYTES);
  return full;
}

void bac_receipts_window_encode(const struct bac_receipt_window *window, uint8_t out[BAC_RECEIPT_WINDOW_BYTES]) {
  struct bac_writer w = bac_writer_over(out, BAC_RECEIPT_WINDOW_BYTES);
  bac_write_u32(&w, window->count);
  for (uint32_t i = 0; i < BAC_RECEIPT_WINDOW; i++) {
    const struct bac_receipt_slot *slot = &window->slots[i];
    bac_write_u64(&w, slot->epoch);
    bac_write_u64(&w, slot->height);
    bac_write_u64(&w, slot->round);
    bac_write_bytes(&w, slot->digest, BAC_HASH_BYTES);
    bac_write_bytes(&w, slot->seen.bytes, sizeof slot->seen.bytes);
  }
  BAC_ASSERT(w.ok && w.length == BAC_RECEIPT_WINDOW_BYTES);
}

/* The window is one that blocks can have led to: free slots are zero, heights grow by one, the epoch is the same. */
static bool window_holds(const struct bac_receipt_window *window) {
  static const uint8_t zero[BAC_RECEIPT_SLOT_BYTES] = {0};
  _Static_assert(sizeof window->slots[0] == BAC_RECEIPT_SLOT_BYTES, "no padding");
  if (window->count > BAC_RECEIPT_WINDOW) return false;
  for (uint32_t i = 0; i < BAC_RECEIPT_WINDOW; i++) {
    const struct bac_receipt_slot *slot = &window->slots[i];
    if (i >= window->count) {
      if (memcmp(slot, zero, sizeof zero) != 0) return false;
    } else if (i > 0 && (slot->height == 0 || slot->height - 1 != slot[-1].height || slot->epoch != slot[-1].epoch)) {
      return false;
    }
  }
  return true;
}

bool bac_receipts_window_decode(struct bac_receipt_window *window, const uint8_t *bytes, size_t length) {
  if (length != BAC_RECEIPT_WINDOW_BYTES) return false;
  struct bac_reader in = bac_reader_over(bytes, length);
  window->count = bac_read_u32(&in);
  for (uint32_t i = 0; i < BAC_RECEIPT_WINDOW; i++) {
    struct bac_receipt_slot *slot = &window->slots[i];
    slot->epoch = bac_read_u64(&in);
    slot->height = bac_read_u64(&in);
    slot->round = bac_read_u64(&in);
    memcpy(slot->digest, bac_read_bytes(&in, BAC_HASH_BYTES), BAC_HASH_BYTES);
    memcpy(slot->seen.bytes, bac_read_bytes(&in, sizeof slot->seen.bytes), sizeof slot->seen.bytes);
  }
  return window_holds(window);
}

/* ---- Checking and accounting ---- */

/* All that needs no signature. */
static enum bac_reject check_record(const struct bac_receipt_window *window, const struct bac_receipt *r, uint64_t height,
                                    const struct bac_roster *roster, const struct bac_receipt_slot **slot) {
  if (r->height >= height) return BAC_REJECT_WINDOW;
  if (height - r->height > BAC_RECEIPT_WINDOW) return BAC_REJECT_STALE;
  *slot = bac_receipts_slot(window, r->height);
  if (!*slot) return BAC_REJECT_WINDOW;
  if ((*slot)->epoch != roster->epoch) return BAC_REJECT_WRONG_EPOCH;
  if (memcmp((*slot)->digest, r->digest, BAC_HASH_BYTES) != 0) return BAC_REJECT_BLOCK;
  for (uint32_t i = 0; i < BAC_ROSTER_MAX; i++) {
    if (!bac_bitset_has(&r->members, i)) continue;
    if (i >= roster->count) return BAC_REJECT_UNKNOWN_SENDER;
    if (bac_bitset_has(&(*slot)->seen, i)) return BAC_REJECT_DUPLICATE;
  }
  return BAC_REJECT_COUNT;
}

static enum bac_reject check_signatures(const struct bac_receipt *r, const struct bac_receipt_slot *slot,
                                        const struct bac_roster *roster, bac_receipts_vote vote, const void *engine,
                                        struct bac_shared *shared, struct bac_cost *cost) {
  const uint8_t *signature = r->signatures;
  for (uint32_t i = 0; i < roster->count; i++) {
    if (!bac_bitset_has(&r->members, i)) continue;
    struct bac_msg msg = {.shard = roster->shard,
                          .epoch = slot->epoch,
                          .view = r->round,
                          .height = slot->height,
                          .sender = roster->members[i].id};
    memcpy(msg.digest, slot->digest, BAC_HASH_BYTES);
    if (!vote(engine, slot, i, &msg)) return BAC_REJECT_WRONG_ROLE;
    uint8_t digest[BAC_HASH_BYTES];
    bac_msg_signing_digest(digest, &msg);
    if (!bac_verify(shared, signature, digest, roster->members[i].sign_key, cost)) return BAC_REJECT_SIGNATURE;
    signature += BAC_SIGNATURE_BYTES;
  }
  return BAC_REJECT_COUNT;
}

enum bac_reject bac_receipts_take(struct bac_receipt_window *window, const struct bac_receipts *receipts, uint64_t height,
                                  const struct bac_roster *roster, bac_receipts_vote vote, const void *engine,
                                  struct bac_shared *shared, struct bac_cost *cost) {
  struct bac_receipt_window after = *window;
  for (uint32_t i = 0; i < receipts->count; i++) {
    const struct bac_receipt *r = &receipts->items[i];
    const struct bac_receipt_slot *slot;
    enum bac_reject reason = check_record(&after, r, height, roster, &slot);
    if (reason == BAC_REJECT_COUNT) reason = check_signatures(r, slot, roster, vote, engine, shared, cost);
    if (reason != BAC_REJECT_COUNT) return reason;
    struct bac_bitset *seen = &after.slots[slot - after.slots].seen;
    for (size_t k = 0; k < sizeof seen->bytes; k++) seen->bytes[k] |= r->members.bytes[k];
  }
  *window = after;
  return BAC_REJECT_COUNT;
}

void bac_receipts_credit(const struct bac_receipts *receipts, uint64_t height, bac_receipts_member member, void *state) {
  for (uint32_t i = 0; i < receipts->count; i++)
    for (uint32_t k = 0; k < BAC_ROSTER_MAX; k++)
      if (bac_bitset_has(&receipts->items[i].members, k)) bac_reputation_honest(member(state, k), height);
}

void bac_receipts_miss(const struct bac_receipt_slot *closed, uint32_t n, uint64_t height, bac_receipts_member member,
                       void *state) {
  for (uint32_t i = 0; i < n; i++)
    if (!bac_bitset_has(&closed->seen, i)) bac_reputation_absent(member(state, i), height);
}
