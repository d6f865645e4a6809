/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzz targets: decoders of bytes that come from others. Where one is strict, what it takes must encode to the same bytes: one encoding for
 * one content. */
#include "targets.h"

#include <stdlib.h>
#include <string.h>

#include "bac/vrf.h"
#include "base/bytes.h"
#include "consensus/microblock.h"
#include "consensus/qc.h"
#include "consensus/tc.h"
#include "crypto/hash.h"
#include "identity/certificate.h"
#include "identity/revocation.h"
#include "identity/roster.h"
#include "ledger/block.h"
#include "ledger/evidence.h"
#include "ledger/passport.h"
#include "ledger/proof.h"
#include "ledger/record.h"
#include "ledger/state.h"
#include "link/link.h"
#include "shard/assignment.h"
#include "trace/trace.h"
#include "wire/message.h"
#include "wire/wsmp.h"

static struct bac_cost cost;

static void same(const struct bac_buf *again, const uint8_t *bytes, size_t length) {
  BAC_ASSERT(again->length == length && memcmp(again->data, bytes, length) == 0);
}

const struct bac_roster *fuzz_members(void) {
  static struct bac_member m[4];
  static struct bac_roster roster;
  if (roster.count > 0) return &roster;
  const uint32_t ids[4] = {0, 1, 2, 3};
  bac_members_derive(1, ids, 4, m);
  roster = (struct bac_roster){.count = 4, .members = m, .epoch_blocks = 20};
  bac_ca_derive_key(1, roster.ca_key);
  return &roster;
}

void fuzz_message(const uint8_t *bytes, size_t length) {
  struct bac_msg msg;
  if (length == 0 || !bac_msg_decode(&msg, bytes, length)) return;
  struct bac_buf *again = bac_msg_encode(&msg);
  same(again, bytes, length);
  bac_buf_unref(again);
}

void fuzz_certificate(const uint8_t *bytes, size_t length) {
  struct bac_qc qc;
  struct bac_tc tc;
  if (bac_tc_read(&tc, bytes, length, fuzz_members(), 2, 3, NULL, &cost)) bac_tc_clear(&tc);
  if (!bac_qc_decode(&qc, bytes, length)) return;
  struct bac_buf *again = bac_qc_encode(&qc);
  same(again, bytes, length);
  bac_buf_unref(again);
  bac_qc_clear(&qc);
}

void fuzz_identity(const uint8_t *bytes, size_t length) {
  struct bac_certificate certificate;
  uint8_t again[BAC_CERTIFICATE_BYTES];
  if (!bac_certificate_decode(&certificate, bytes, length)) return;
  bac_certificate_encode(&certificate, again);
  BAC_ASSERT(length == sizeof again && memcmp(again, bytes, length) == 0);
  bac_certificate_verify(&certificate, fuzz_members()->ca_key, NULL, &cost);
}

/* A list as it comes, and the same signed by the authority: whatever it says, the held one only grows. */
void fuzz_revocation(const uint8_t *bytes, size_t length) {
  struct bac_revocation list, held = {0}, first;
  struct bac_keypair ca;
  uint8_t again[BAC_REVOCATION_BYTES_MAX];
  static const uint64_t serials[] = {3, 9};
  if (!bac_revocation_decode(&list, bytes, length)) return;
  BAC_ASSERT(bac_revocation_encode(&list, again) == length && memcmp(again, bytes, length) == 0);
  bac_ca_derive(&ca, 1);
  BAC_ASSERT(bac_revocation_issue(&first, 2, serials, 2, &ca, &cost) == BAC_OK);
  BAC_ASSERT(bac_revocation_merge(&held, &first, 5, ca.public_key, NULL, &cost) == BAC_REJECT_COUNT);
  const bool taken = bac_revocation_merge(&held, &list, 5, ca.public_key, NULL, &cost) == BAC_REJECT_COUNT; /* signed by whom the bytes say */
  struct bac_revocation issued;
  BAC_ASSERT(bac_revocation_issue(&issued, list.number, list.serials, list.count, &ca, &cost) == BAC_OK);
  list = issued;
  const enum bac_reject verdict = bac_revocation_merge(&held, &list, 5, ca.public_key, NULL, &cost);
  BAC_ASSERT(verdict == (taken ? BAC_REJECT_DUPLICATE : list.number > 2 && list.number <= 5 ? BAC_REJECT_COUNT : verdict));
  BAC_ASSERT((held.number == list.number) == (list.number >= 2 && list.number <= 5));
  for (uint32_t i = 0; i < held.count; i++) BAC_ASSERT(bac_revocation_has(&held, held.serials[i]));
}

void fuzz_roster(const uint8_t *bytes, size_t length) {
  struct bac_roster *roster = bac_roster_decode(bytes, length);
  if (!roster) return;
  struct bac_buf *again = bac_roster_encode(roster);
  same(again, bytes, length);
  bac_buf_unref(again);
  bac_roster_free(roster);
}

void fuzz_transaction(const uint8_t *bytes, size_t length) {
  struct bac_tx tx;
  if (!bac_tx_decode(&tx, bytes, length, &cost)) return;
  struct bac_state *state = bac_state_genesis(fuzz_members());
  bac_state_authentic(state, &tx, NULL, &cost);
  bac_state_spent(state, &tx);
  bac_state_used(state, &tx);
  bac_state_apply(state, &tx, 1); /* whatever it says, and whoever signed it */
  BAC_ASSERT(bac_state_supply(state) >= 0);
  bac_state_free(state);
}

void fuzz_block(const uint8_t *bytes, size_t length) {
  struct bac_buf *payload = bac_buf_new(bytes, length);
  struct bac_block *block = bac_block_decode(payload, 100000, &cost);
  bac_buf_unref(payload);
  if (!block) return;
  struct bac_state *state = bac_state_genesis(fuzz_members());
  bac_block_execute(block, state, NULL, NULL, &cost);
  bac_state_free(state);
  bac_block_free(block);
}

void fuzz_state(const uint8_t *bytes, size_t length) {
  struct bac_account account;
  bac_account_decode(&account, bytes, length);
  struct bac_state *state = bac_state_decode(bytes, length);
  if (!state) return;
  struct bac_buf *again = bac_state_encode(state);
  BAC_ASSERT(again->length == length);
  bac_buf_unref(again);
  bac_state_free(state);
}

void fuzz_evidence(const uint8_t *bytes, size_t length) {
  struct bac_evidence evidence;
  if (bac_evidence_decode(&evidence, bytes, length)) bac_evidence_verify(&evidence, fuzz_members(), bac_evidence_exempt_default, NULL, NULL, &cost);
}

void fuzz_proof(const uint8_t *bytes, size_t length) {
  struct bac_proof proof;
  uint8_t again[BAC_PROOF_BYTES_MAX];
  if (!bac_proof_decode(&proof, bytes, length)) return;
  BAC_ASSERT(bac_proof_encode(&proof, again) == length && memcmp(again, bytes, length) == 0);
}

/* A passport that is consistent stays so when a part that is known already is cut off, and shows the same account. */
void fuzz_passport(const uint8_t *bytes, size_t length) {
  struct bac_passport *passport = bac_alloc(2, sizeof *passport), *shorter = passport + 1;
  bac_passport_read(passport, bytes, length, true, NULL, &cost);
  const bool good = bac_passport_read(passport, bytes, length, false, NULL, &cost);
  for (uint64_t skip = 0; skip < 4 && skip <= UINT64_MAX - passport->first; skip++) {
    struct bac_buf *rest = bac_passport_trim(bytes, length, passport->first + skip);
    BAC_ASSERT(rest || !good);
    if (good) {
      BAC_ASSERT(bac_passport_read(shorter, rest->data, rest->length, false, NULL, &cost));
      BAC_ASSERT(memcmp(&shorter->account, &passport->account, sizeof shorter->account) == 0);
      BAC_ASSERT(shorter->first + shorter->boundaries == passport->first + passport->boundaries);
    }
    bac_buf_unref(rest);
  }
  free(passport);
}

/* An announcement, and the same signed by the controller. */
void fuzz_assignment(const uint8_t *bytes, size_t length) {
  struct bac_assignment a;
  struct bac_keypair controller;
  uint8_t certificate[BAC_CERTIFICATE_BYTES];
  if (!bac_assignment_read(&a, bytes, length, &cost)) return;
  bac_assignment_check(&a, fuzz_members()->ca_key, NULL, &cost);
  for (uint32_t i = 0; i < a.count; i++) BAC_ASSERT(bac_assignment_of(&a, a.rows[i].ev) == &a.rows[i]);
  if (a.count <= 8 && a.at < BAC_NEVER) {
    bac_keypair_derive(&controller, 1, 65000);
    bac_controller_certificate_derive(1, 65000, certificate);
    BAC_ASSERT(bac_certificate_decode(&a.controller, certificate, sizeof certificate));
    struct bac_buf *made = bac_assignment_make(&a, &controller, &cost);
    bac_assignment_clear(&a);
    BAC_ASSERT(bac_assignment_read(&a, made->data, made->length, &cost));
    BAC_ASSERT(bac_assignment_check(&a, fuzz_members()->ca_key, NULL, &cost) == BAC_REJECT_COUNT);
    bac_buf_unref(made);
  }
  bac_assignment_clear(&a);
}

void fuzz_microblock(const uint8_t *bytes, size_t length) {
  struct bac_reader r = bac_reader_over(bytes, length);
  struct bac_tx tx;
  bool torn = false;
  while (bac_microblock_next(&r, &tx, &torn, &cost)) continue;
}

void fuzz_vrf(const uint8_t *bytes, size_t length) {
  uint8_t beta[BAC_VRF_OUTPUT_BYTES];
  if (length < BAC_VRF_PROOF_BYTES + BAC_VRF_PUBLIC_KEY_BYTES) return;
  bac_vrf_proof_to_hash(beta, bytes);
  bac_vrf_verify(beta, bytes + BAC_VRF_PROOF_BYTES, bytes, bytes, length);
  bac_vrf_verify(beta, fuzz_members()->members[0].vrf_key, bytes, bytes, length);
}

void fuzz_trace(const uint8_t *bytes, size_t length) {
  struct bac_trace *trace;
  char why[200];
  if (bac_trace_parse(bytes, length, "fuzz", &trace, why, sizeof why) != 0) return;
  struct bac_trace_state at;
  for (uint32_t i = 0; i < 4; i++) bac_trace_position(trace, i, bac_trace_end(trace) / 2, &at);
  bac_trace_free(trace);
}

static void hash(uint8_t out[BAC_HASH_BYTES], const void *bytes, size_t length) { bac_hash(out, BAC_DOMAIN_OBJECT, bytes, length); }
static void delivered(void *ctx, const uint8_t *bytes, size_t length, uint32_t source) {
  (void)ctx;
  (void)bytes;
  (void)source;
  BAC_ASSERT(length > 0 && length <= BAC_OBJECT_BYTES_MAX);
}

/* Frames, each u16 length || bytes, a millisecond apart. */
void fuzz_frames(const uint8_t *bytes, size_t length) {
  const struct bac_link_config config = {.self = 3, .population = 4, .seed = 1, .relay = true, .hash = hash, .objects_partial = 2, .partial_bytes = 100000};
  const struct bac_link_callbacks callbacks = {.deliver = delivered};
  struct bac_link *link = bac_link_new(&config, &callbacks, NULL);
  struct bac_link_frame frame;
  struct bac_reader r = bac_reader_over(bytes, length);
  uint32_t psid, size;
  size_t used;
  bac_time now = 0;
  bac_wsmp_decode(bytes, length, &psid, &size, &used);
  for (int i = 0; i < 64 && bac_reader_left(&r) >= 2; i++, now += BAC_MS) {
    size_t n = bac_read_u16(&r);
    if (n > bac_reader_left(&r)) n = bac_reader_left(&r);
    const uint8_t *one = bac_read_bytes(&r, n);
    if (one && n > 0) bac_link_receive(link, now, (enum bac_link_port)(i % 2), one, n);
    for (int k = 0; k < 8 && bac_link_next_frame(link, now, BAC_LINK_AIR, BAC_LINK_ALL, &frame); k++) continue;
  }
  bac_link_free(link);
}
