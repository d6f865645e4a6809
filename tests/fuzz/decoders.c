/* SPDX-License-Identifier: GPL-2.0-only */
/* libFuzzer targets for what reads bytes of others: compiled once for each, BAC_TARGET names it. Where a decoder is strict, what it takes
 * must encode to the same bytes: one encoding for one content. */
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
#include "ledger/receipts.h"
#include "ledger/record.h"
#include "ledger/state.h"
#include "link/link.h"
#include "trace/trace.h"
#include "wire/message.h"
#include "wire/wsmp.h"

static struct bac_cost cost;

static void same(const struct bac_buf *again, const uint8_t *bytes, size_t length) {
  BAC_ASSERT(again->length == length && memcmp(again->data, bytes, length) == 0);
}

/* Four members, and a state on them, the same in every run. */
static const struct bac_roster *members(void) {
  static struct bac_member m[4];
  static struct bac_roster roster;
  if (roster.count > 0) return &roster;
  const uint32_t ids[4] = {0, 1, 2, 3};
  bac_members_derive(1, ids, 4, m);
  roster = (struct bac_roster){.count = 4, .members = m, .epoch_blocks = 20};
  bac_ca_derive_key(1, roster.ca_key);
  return &roster;
}

static void fuzz_message(const uint8_t *bytes, size_t length) {
  struct bac_msg msg;
  if (length == 0 || !bac_msg_decode(&msg, bytes, length)) return;
  struct bac_buf *again = bac_msg_encode(&msg);
  same(again, bytes, length);
  bac_buf_unref(again);
}

static void fuzz_certificate(const uint8_t *bytes, size_t length) {
  struct bac_qc qc;
  struct bac_tc tc;
  if (bac_tc_read(&tc, bytes, length, members(), 2, 3, NULL, &cost)) bac_tc_clear(&tc);
  if (!bac_qc_decode(&qc, bytes, length)) return;
  struct bac_buf *again = bac_qc_encode(&qc);
  same(again, bytes, length);
  bac_buf_unref(again);
  bac_qc_clear(&qc);
}

static void fuzz_identity(const uint8_t *bytes, size_t length) {
  struct bac_certificate certificate;
  struct bac_revocation list;
  if (bac_certificate_decode(&certificate, bytes, length)) bac_certificate_verify(&certificate, members()->ca_key, NULL, &cost);
  if (bac_revocation_decode(&list, bytes, length)) bac_revocation_verify(&list, members()->ca_key, NULL, &cost);
}

static void fuzz_roster(const uint8_t *bytes, size_t length) {
  struct bac_roster *roster = bac_roster_decode(bytes, length);
  if (!roster) return;
  struct bac_buf *again = bac_roster_encode(roster);
  same(again, bytes, length);
  bac_buf_unref(again);
  bac_roster_free(roster);
}

static void fuzz_transaction(const uint8_t *bytes, size_t length) {
  struct bac_tx tx;
  if (!bac_tx_decode(&tx, bytes, length, &cost)) return;
  struct bac_state *state = bac_state_genesis(members());
  bac_state_authentic(state, &tx, NULL, &cost);
  bac_state_spent(state, &tx);
  bac_state_used(state, &tx);
  bac_state_apply(state, &tx, 1); /* whatever it says, and whoever signed it */
  BAC_ASSERT(bac_state_supply(state) >= 0);
  bac_state_free(state);
}

static void fuzz_block(const uint8_t *bytes, size_t length) {
  struct bac_buf *payload = bac_buf_new(bytes, length);
  struct bac_block *block = bac_block_decode(payload, 100000, &cost);
  bac_buf_unref(payload);
  if (!block) return;
  struct bac_state *state = bac_state_genesis(members());
  bac_block_execute(block, state, NULL, NULL, &cost);
  bac_state_free(state);
  bac_block_free(block);
}

static void fuzz_state(const uint8_t *bytes, size_t length) {
  struct bac_account account;
  bac_account_decode(&account, bytes, length);
  struct bac_state *state = bac_state_decode(bytes, length);
  if (!state) return;
  struct bac_buf *again = bac_state_encode(state);
  BAC_ASSERT(again->length == length);
  bac_buf_unref(again);
  bac_state_free(state);
}

static void fuzz_evidence(const uint8_t *bytes, size_t length) {
  struct bac_evidence evidence;
  struct bac_receipts receipts;
  struct bac_receipt_window window;
  if (bac_evidence_decode(&evidence, bytes, length)) bac_evidence_verify(&evidence, members(), bac_evidence_exempt_default, NULL, NULL, &cost);
  bac_receipts_decode(&receipts, bytes, length);
  bac_receipts_window_decode(&window, bytes, length);
}

static void fuzz_proof(const uint8_t *bytes, size_t length) {
  struct bac_proof proof;
  bac_proof_decode(&proof, bytes, length);
  struct bac_passport *passport = bac_alloc(1, sizeof *passport);
  bac_passport_read(passport, bytes, length, true, NULL, &cost);
  free(passport);
}

static void fuzz_microblock(const uint8_t *bytes, size_t length) {
  struct bac_reader r = bac_reader_over(bytes, length);
  struct bac_tx tx;
  bool torn = false;
  while (bac_microblock_next(&r, &tx, &torn, &cost)) continue;
}

static void fuzz_vrf(const uint8_t *bytes, size_t length) {
  uint8_t beta[BAC_VRF_OUTPUT_BYTES];
  if (length < BAC_VRF_PROOF_BYTES + BAC_VRF_PUBLIC_KEY_BYTES) return;
  bac_vrf_proof_to_hash(beta, bytes);
  bac_vrf_verify(beta, bytes + BAC_VRF_PROOF_BYTES, bytes, bytes, length);
  bac_vrf_verify(beta, members()->members[0].vrf_key, bytes, bytes, length);
}

static void fuzz_trace(const uint8_t *bytes, size_t length) {
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
static void fuzz_frames(const uint8_t *bytes, size_t length) {
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
    for (int k = 0; k < 8 && bac_link_next_frame(link, now, BAC_LINK_AIR, &frame); k++) continue;
  }
  bac_link_free(link);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  static void (*const targets[])(const uint8_t *, size_t) = {fuzz_message, fuzz_certificate, fuzz_identity,   fuzz_roster, fuzz_transaction, fuzz_block, fuzz_state,
                                                             fuzz_evidence, fuzz_proof,      fuzz_microblock, fuzz_vrf,    fuzz_trace,       fuzz_frames};
  (void)targets; /* so that none is unused in the build of another */
  BAC_TARGET(bytes, length);
  return 0;
}
