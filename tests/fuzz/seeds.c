/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes what fuzzing starts from: real messages, blocks, transactions, certificates, states and frames of short runs of each engine.
 * Usage: fuzz-seeds FOLDER (with a folder for each target in it; run.sh makes them) */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/bitset.h"
#include "consensus/qc.h"
#include "crypto/hash.h"
#include "identity/roster.h"
#include "ledger/block.h"
#include "ledger/passport.h"
#include "ledger/state.h"
#include "link/link.h"
#include "network.h"
#include "shard/assignment.h"
#include "wire/message.h"

#define FILES_EACH 12 /* of a protocol and target */
#define BYTES_MAX 3000

static const char *folder, *protocol;
static struct bac_link *ear;
static bac_time now;

static struct {
  const char *target;
  uint32_t count, seen;
} written[32];

/* Every so many, so that a run's whole length is in. */
static void keep(const char *target, uint32_t every, const void *bytes, size_t length) {
  int i = 0;
  while (written[i].target && strcmp(written[i].target, target) != 0) i++;
  written[i].target = target;
  if (length > BYTES_MAX || length == 0 || written[i].count >= FILES_EACH || written[i].seen++ % every != 0) return;
  char path[600];
  snprintf(path, sizeof path, "%s/%s/%s-%" PRIu32, folder, target, protocol, written[i].count++);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) {
    perror(path);
    exit(2);
  }
}

static void heard(void *ctx, const uint8_t *bytes, size_t length, uint32_t source) {
  struct bac_msg msg;
  (void)ctx;
  (void)source;
  if (bytes[0] == BAC_OBJECT_TRANSACTION) keep("transaction", 3, bytes + 1, length - 1);
  if (bytes[0] != BAC_OBJECT_MESSAGE || !bac_msg_decode(&msg, bytes, length)) return;
  keep("message", 17, bytes, length);
  if (msg.type == BAC_MSG_QC || msg.type == BAC_MSG_TC) keep("certificate", 2, msg.payload, msg.payload_length);
  if (msg.type == BAC_MSG_BLOCK_REQUEST || msg.type == BAC_MSG_PRE_PREPARE) keep("block", 1, msg.payload, msg.payload_length);
}

static bool hear(void *ctx, uint32_t from, uint32_t to, uint8_t *bytes, size_t *length) {
  (void)ctx;
  if (to != (from + 1) % 4) return true;
  uint8_t framed[2 + BAC_FRAME_BYTES_MAX];
  bac_put_u16(framed, (uint16_t)*length);
  memcpy(framed + 2, bytes, *length);
  keep("frames", 40, framed, 2 + *length);
  bac_link_receive(ear, now += BAC_MS, BAC_LINK_AIR, bytes, *length);
  return true;
}

static void effect(void *ctx, bac_time at, uint32_t host, const struct bac_effect *e) {
  (void)ctx;
  (void)at;
  if (host != 0) return;
  if (e->type == BAC_EFFECT_PERSIST && e->persist.kind == BAC_RECORD_BLOCK && e->persist.length > 4) {
    const size_t block = bac_get_u32(e->persist.bytes);
    keep("block", 1, e->persist.bytes + 4, block);
    keep("certificate", 1, e->persist.bytes + 4 + block, e->persist.length - 4 - block);
  }
  if (e->type == BAC_EFFECT_EPOCH) {
    struct bac_buf *bytes = bac_roster_encode(e->epoch.roster);
    keep("roster", 1, bytes->data, bytes->length);
    bac_buf_unref(bytes);
    struct bac_state *state = bac_state_genesis(e->epoch.roster);
    bytes = bac_state_encode(state);
    keep("state", 1, bytes->data, bytes->length);
    bac_buf_unref(bytes);
    bac_state_free(state);
  }
}

static void hash(uint8_t out[BAC_HASH_BYTES], const void *bytes, size_t length) { bac_hash(out, BAC_DOMAIN_OBJECT, bytes, length); }

/* What EV 2 takes along after `boundaries` epochs; the signatures are not real. */
static void passport(uint32_t boundaries) {
  struct bac_member members[5];
  const uint32_t ids[5] = {0, 1, 2, 3, 4};
  struct bac_cost cost = {0};
  bac_members_derive(1, ids, 5, members);
  struct bac_roster roster = {.count = 5, .members = members, .shard = 1, .epoch_blocks = 4};
  bac_ca_derive_key(1, roster.ca_key);
  struct bac_state *state = bac_state_genesis(&roster);
  struct bac_roster *rosters[3] = {bac_state_roster(state, 1)};
  struct bac_passport_boundary b[2];
  struct bac_buf *signatures = bac_buf_new(NULL, 4 * BAC_SIGNATURE_BYTES);
  struct bac_bitset signers;
  bac_bitset_clear(&signers);
  for (uint32_t i = 0; i < 4; i++) bac_bitset_add(&signers, i);
  for (uint32_t i = 0; i < boundaries; i++) {
    const uint8_t seed[BAC_HASH_BYTES] = {(uint8_t)i};
    state->height = state->last;
    if (i == 0) {
      bac_state_account(state, 2)->membership = BAC_LEAVING;
      bac_state_account(state, 2)->towards = 1;
    }
    bac_state_turn(state, seed, state->height, 1);
    rosters[i + 1] = bac_state_roster(state, 1);
    b[i] = (struct bac_passport_boundary){.view = i, .signers = &signers, .signatures = signatures, .next = rosters[i + 1]};
    b[i].header = (struct bac_header){.shard = 1, .epoch = i, .height = state->height, .round = state->height};
    bac_roster_hash(b[i].header.next_roster, rosters[i + 1], &cost);
    bac_state_root(b[i].header.state_root, state, &cost);
  }
  struct bac_buf *bytes = bac_passport_make(rosters[0], b, boundaries, state, 2, &cost);
  keep("passport", 1, bytes->data, bytes->length);
  bac_buf_unref(bytes);
  bac_buf_unref(signatures);
  for (uint32_t i = 0; i <= boundaries; i++) bac_roster_free(rosters[i]);
  bac_state_free(state);
}

static void announcement(uint32_t rows) {
  struct bac_site sites[2] = {{.shard = 4, .at = {.x_cm = -1000}}, {.shard = 7, .at = {.x_cm = 1000}}};
  struct bac_assigned assigned[8] = {{0}};
  struct bac_cost cost = {0};
  struct bac_keypair controller;
  uint8_t certificate[BAC_CERTIFICATE_BYTES];
  bac_keypair_derive(&controller, 1, 65000);
  bac_controller_certificate_derive(1, 65000, certificate);
  struct bac_assignment a = {.from = 4, .epoch = 9, .at = 100, .rule = {5000, 600, 2, sites}, .count = rows, .rows = assigned};
  bac_certificate_decode(&a.controller, certificate, sizeof certificate);
  for (uint32_t i = 0; i < rows; i++) {
    assigned[i].ev = 3 * i;
    assigned[i].motion = (struct bac_motion){.x_cm = i % 2 ? -500 : 500, .vx_cm_s = (int32_t)i * 100};
  }
  struct bac_buf *bytes = bac_assignment_make(&a, &controller, &cost);
  keep("assignment", 1, bytes->data, bytes->length);
  bac_buf_unref(bytes);
}

static void revocation(uint32_t count) {
  struct bac_revocation list;
  struct bac_keypair ca;
  struct bac_cost cost = {0};
  uint64_t serials[BAC_REVOCATION_MAX];
  uint8_t bytes[BAC_REVOCATION_BYTES_MAX];
  bac_ca_derive(&ca, 1);
  for (uint32_t i = 0; i < count; i++) serials[i] = 5 * i + 1;
  bac_revocation_issue(&list, 3 + count % 4, serials, count, &ca, &cost);
  keep("revocation", 1, bytes, bac_revocation_encode(&list, bytes));
}

int main(int argc, char **argv) {
  static const char *const protocols[] = {"bac", "pbft", "bac2", "hashgraph"};
  if (argc != 2) {
    fprintf(stderr, "usage: fuzz-seeds FOLDER\n");
    return 2;
  }
  folder = argv[1];
  uint8_t certificate[BAC_CERTIFICATE_BYTES];
  protocol = "all";
  bac_certificate_derive(1, 2, 0, 0, BAC_NEVER, certificate);
  keep("identity", 1, certificate, sizeof certificate);
  for (uint32_t i = 0; i < 3; i++) {
    passport(i);
    announcement(1 + 3 * i);
    revocation(32 * i);
  }
  for (int i = 0; i < 4; i++) {
    const struct bac_link_config lc = {.self = 60000, .population = 4, .seed = 1, .hello_interval = -1, .hash = hash};
    const struct bac_link_callbacks callbacks = {.deliver = heard};
    struct bac_sim_config config = bac_sim_config_default(protocols[i], 1);
    char why[200];
    memset(written, 0, sizeof written);
    protocol = protocols[i];
    config.epoch_blocks = 4;
    ear = bac_link_new(&lc, &callbacks, NULL);
    struct bac_sim *sim = bac_sim_new(&config, why, sizeof why);
    if (!sim) {
      fprintf(stderr, "fuzz-seeds: %s\n", why);
      return 2;
    }
    bac_sim_set_filter(sim, hear, NULL);
    bac_sim_on_effect(sim, effect, NULL);
    bac_sim_set_loss(sim, 100);
    bac_sim_run(sim, 15 * BAC_SECOND);
    bac_sim_free(sim);
    bac_link_free(ear);
  }
  return 0;
}
