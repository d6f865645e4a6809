/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/evidence.h"

#include "crypto/hash.h"
#include "identity/roster.h"

#define SLOT_BYTES (6 * 4 + 3 * 8)

bool bac_evidence_exempt_default(const void *context, uint32_t protocol, uint32_t type) {
  (void)context;
  (void)protocol;
  switch (type) {
    case BAC_MSG_PRE_PREPARE:
    case BAC_MSG_PREPARE:
    case BAC_MSG_COMMIT:
    case BAC_MSG_CHECKPOINT:
    case BAC_MSG_NEW_VIEW:
    case BAC_MSG_BLOCK_REQUEST:
    case BAC_MSG_CP_VALIDATE:
    case BAC_MSG_CS_CONSENSUS:
    case BAC_MSG_COMMITTEE_VOTE:
    case BAC_MSG_AGREE:
    case BAC_MSG_CLOSE: return false;
    default: return true;
  }
}

static bool same_slot(const struct bac_msg *a, const struct bac_msg *b) {
  return a->protocol == b->protocol && a->type == b->type && a->role == b->role && a->shard == b->shard &&
         a->epoch == b->epoch && a->view == b->view && a->height == b->height && a->step == b->step;
}

static void say(struct bac_evidence *e, int which, const struct bac_msg *msg) {
  memcpy(e->said[which].digest, msg->digest, BAC_HASH_BYTES);
  memcpy(e->said[which].signature, msg->signature, BAC_SIGNATURE_BYTES);
}

bool bac_evidence_make(struct bac_evidence *e, const struct bac_msg *a, const struct bac_msg *b, bac_evidence_exempt exempt,
                       const void *context) {
  const int order = memcmp(a->digest, b->digest, BAC_HASH_BYTES);
  if (a->sender != b->sender || !same_slot(a, b) || order == 0 || exempt(context, a->protocol, a->type)) return false;
  *e = (struct bac_evidence){.protocol = a->protocol,
                             .type = a->type,
                             .role = a->role,
                             .shard = a->shard,
                             .epoch = a->epoch,
                             .view = a->view,
                             .height = a->height,
                             .step = a->step,
                             .sender = a->sender};
  say(e, 0, order < 0 ? a : b);
  say(e, 1, order < 0 ? b : a);
  return true;
}

static void write_slot(struct bac_writer *w, const struct bac_evidence *e) {
  bac_write_u32(w, e->protocol);
  bac_write_u32(w, e->type);
  bac_write_u32(w, e->role);
  bac_write_u32(w, e->shard);
  bac_write_u64(w, e->epoch);
  bac_write_u64(w, e->view);
  bac_write_u64(w, e->height);
  bac_write_u32(w, e->step);
  bac_write_u32(w, e->sender);
}

void bac_evidence_encode(const struct bac_evidence *e, uint8_t out[BAC_EVIDENCE_BYTES]) {
  struct bac_writer w = bac_writer_over(out, BAC_EVIDENCE_BYTES);
  write_slot(&w, e);
  for (int i = 0; i < 2; i++) {
    bac_write_bytes(&w, e->said[i].digest, BAC_HASH_BYTES);
    bac_write_bytes(&w, e->said[i].signature, BAC_SIGNATURE_BYTES);
  }
  BAC_ASSERT(w.ok && w.length == BAC_EVIDENCE_BYTES);
}

static bool in_order(const struct bac_evidence *e) {
  return memcmp(e->said[0].digest, e->said[1].digest, BAC_HASH_BYTES) < 0;
}

bool bac_evidence_decode(struct bac_evidence *e, const uint8_t *bytes, size_t length) {
  if (length != BAC_EVIDENCE_BYTES) return false;
  struct bac_reader r = bac_reader_over(bytes, length);
  *e = (struct bac_evidence){0};
  e->protocol = bac_read_u32(&r);
  e->type = bac_read_u32(&r);
  e->role = bac_read_u32(&r);
  e->shard = bac_read_u32(&r);
  e->epoch = bac_read_u64(&r);
  e->view = bac_read_u64(&r);
  e->height = bac_read_u64(&r);
  e->step = bac_read_u32(&r);
  e->sender = bac_read_u32(&r);
  for (int i = 0; i < 2; i++) {
    memcpy(e->said[i].digest, bac_read_bytes(&r, BAC_HASH_BYTES), BAC_HASH_BYTES);
    memcpy(e->said[i].signature, bac_read_bytes(&r, BAC_SIGNATURE_BYTES), BAC_SIGNATURE_BYTES);
  }
  return in_order(e);
}

enum bac_reject bac_evidence_verify(const struct bac_evidence *e, const struct bac_roster *roster, bac_evidence_exempt exempt,
                                    const void *context, struct bac_shared *shared, struct bac_cost *cost) {
  if (!in_order(e) || exempt(context, e->protocol, e->type)) return BAC_REJECT_MALFORMED;
  if (e->shard != roster->shard || e->epoch != roster->epoch) return BAC_REJECT_WRONG_EPOCH;
  const uint32_t index = bac_roster_index(roster, e->sender);
  if (index == BAC_INDEX_NONE) return BAC_REJECT_UNKNOWN_SENDER;
  return bac_evidence_verify_key(e, roster->members[index].sign_key, shared, cost) ? BAC_REJECT_COUNT : BAC_REJECT_SIGNATURE;
}

bool bac_evidence_verify_key(const struct bac_evidence *e, const uint8_t key[BAC_PUBLIC_KEY_BYTES], struct bac_shared *shared,
                             struct bac_cost *cost) {
  for (int i = 0; i < 2; i++) {
    struct bac_msg msg = {.protocol = e->protocol,
                          .type = e->type,
                          .role = e->role,
                          .shard = e->shard,
                          .epoch = e->epoch,
                          .view = e->view,
                          .height = e->height,
                          .step = e->step,
                          .sender = e->sender};
    memcpy(msg.digest, e->said[i].digest, BAC_HASH_BYTES);
    uint8_t digest[BAC_HASH_BYTES];
    bac_msg_signing_digest(digest, &msg);
    if (!bac_verify(shared, e->said[i].signature, digest, key, cost)) return false;
  }
  return true;
}

void bac_evidence_id(uint8_t id[BAC_HASH_BYTES], const struct bac_evidence *e) {
  uint8_t bytes[SLOT_BYTES];
  struct bac_writer w = bac_writer_over(bytes, sizeof bytes);
  write_slot(&w, e);
  BAC_ASSERT(w.ok && w.length == sizeof bytes);
  bac_hash(id, BAC_DOMAIN_EVIDENCE, bytes, sizeof bytes);
}
