/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes what fuzzing starts from: real messages, blocks, transactions, certificates, states and frames of short runs of each engine.
 * Usage: fuzz-seeds FOLDER (with a folder for each target in it; run.sh makes them) */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "consensus/qc.h"
#include "crypto/hash.h"
#include "identity/roster.h"
#include "ledger/block.h"
#include "ledger/state.h"
#include "link/link.h"
#include "network.h"
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
