/* SPDX-License-Identifier: GPL-2.0-only */
#include "consensus/tc.h"

/* u64 round || u16 count || count times { u16 index || u64 qc_round || digest || signature }, indices ascending. */
#define ENTRY_BYTES (2 + 8 + BAC_HASH_BYTES + BAC_SIGNATURE_BYTES)

static void raise_highest(struct bac_tc *tc, uint64_t qc_round, uint32_t index) {
  if (tc->highest_holder != BAC_INDEX_NONE && qc_round <= tc->highest_qc_round) return;
  tc->highest_qc_round = qc_round;
  tc->highest_holder = index;
}

static bool counts(const struct bac_timeout *t, uint64_t round, uint64_t qc_round_max) {
  return t->round == round && t->qc_round <= qc_round_max;
}

bool bac_tc_form(struct bac_tc *tc, const struct bac_timeout *timeouts, const struct bac_roster *roster, uint32_t needed, uint64_t round,
                 uint64_t qc_round_max) {
  uint32_t have = 0;
  for (uint32_t i = 0; i < roster->count; i++) have += counts(&timeouts[i], round, qc_round_max);
  if (have < needed) return false;
  *tc = (struct bac_tc){.round = round, .highest_holder = BAC_INDEX_NONE};
  tc->encoded = bac_buf_new(NULL, 8 + 2 + (size_t)needed * ENTRY_BYTES);
  struct bac_writer w = bac_writer_over(tc->encoded->data, tc->encoded->length);
  bac_write_u64(&w, round);
  bac_write_u16(&w, (uint16_t)needed);
  for (uint32_t i = 0, taken = 0; i < roster->count && taken < needed; i++) {
    const struct bac_timeout *t = &timeouts[i];
    if (!counts(t, round, qc_round_max)) continue;
    taken++;
    bac_write_u16(&w, (uint16_t)i);
    bac_write_u64(&w, t->qc_round);
    bac_write_bytes(&w, t->qc_digest, BAC_HASH_BYTES);
    bac_write_bytes(&w, t->signature, BAC_SIGNATURE_BYTES);
    raise_highest(tc, t->qc_round, i);
  }
  BAC_ASSERT(w.ok && w.length == tc->encoded->length);
  return true;
}

bool bac_tc_read(struct bac_tc *tc, const uint8_t *bytes, size_t length, const struct bac_roster *roster, uint32_t protocol,
                 uint32_t needed, struct bac_shared *shared, struct bac_cost *cost) {
  struct bac_reader r = bac_reader_over(bytes, length);
  *tc = (struct bac_tc){.round = bac_read_u64(&r), .highest_holder = BAC_INDEX_NONE};
  uint32_t count = bac_read_u16(&r);
  if (!r.ok || count < needed || count > roster->count || bac_reader_left(&r) != (size_t)count * ENTRY_BYTES) return false;
  for (uint32_t k = 0, next = 0; k < count; k++) {
    uint32_t index = bac_read_u16(&r);
    if (index < next || index >= roster->count) return false;
    next = index + 1;
    struct bac_msg msg = {.protocol = protocol,
                          .type = BAC_MSG_TIMEOUT,
                          .shard = roster->shard,
                          .epoch = roster->epoch,
                          .view = tc->round,
                          .height = bac_read_u64(&r),
                          .sender = roster->members[index].id};
    memcpy(msg.digest, bac_read_bytes(&r, BAC_HASH_BYTES), BAC_HASH_BYTES);
    uint8_t digest[BAC_HASH_BYTES];
    bac_msg_signing_digest(digest, &msg);
    if (!bac_verify(shared, bac_read_bytes(&r, BAC_SIGNATURE_BYTES), digest, roster->members[index].sign_key, cost)) return false;
    raise_highest(tc, msg.height, index);
  }
  tc->encoded = bac_buf_new(bytes, length);
  return true;
}

void bac_tc_clear(struct bac_tc *tc) {
  bac_buf_unref(tc->encoded);
  *tc = (struct bac_tc){0};
}

void bac_tc_take(struct bac_tc *to, struct bac_tc *from) {
  bac_tc_clear(to);
  *to = *from;
  *from = (struct bac_tc){0};
}
