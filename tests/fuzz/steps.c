/* SPDX-License-Identifier: GPL-2.0-only */
/* libFuzzer target: a node of four, any engine, through any sequence of events. The bytes say what comes next; messages are well formed and
 * signed by the other members, so that they reach the engines, and take digests and contents from what the node has said itself. */
#include <stdlib.h>
#include <string.h>

#include "bac/bac.h"
#include "base/bytes.h"
#include "crypto/hash.h"
#include "fast_crypto.h"
#include "link/link.h"
#include "wire/message.h"

#define MEMBERS 4u
#define STEPS_MAX 300
#define KNOWN 8
#define RECORDS_MAX 200
#define EAR 60000u

struct record {
  uint32_t kind;
  struct bac_buf *bytes;
};

struct world {
  struct bac_config config;
  struct bac_member members[MEMBERS];
  struct bac_roster roster;
  struct bac_keypair keys[MEMBERS];
  uint8_t certificates[MEMBERS][BAC_CERTIFICATE_BYTES];
  struct bac_node *node;
  struct bac_link *mouth, *ear; /* of the others; of who listens to the node */
  struct bac_msg said[KNOWN];   /* payloads: into the buffers */
  struct bac_buf *payloads[KNOWN];
  uint32_t said_count;
  struct record records[RECORDS_MAX];
  uint32_t record_count;
  bac_time now, wakeup;
  struct bac_reader in;
  struct bac_cost cost;
};

static void hash(uint8_t out[BAC_HASH_BYTES], const void *bytes, size_t length) { bac_hash(out, BAC_DOMAIN_OBJECT, bytes, length); }

static void heard(void *ctx, const uint8_t *bytes, size_t length, uint32_t source) {
  struct world *w = ctx;
  struct bac_msg msg;
  (void)source;
  if (length == 0 || bytes[0] != BAC_OBJECT_MESSAGE || !bac_msg_decode(&msg, bytes, length)) return;
  const uint32_t at = w->said_count++ % KNOWN;
  bac_buf_unref(w->payloads[at]);
  w->payloads[at] = bac_buf_new(msg.payload, msg.payload_length);
  w->said[at] = msg;
  w->said[at].payload = w->payloads[at]->data;
}

static void nothing(void *ctx, const uint8_t *bytes, size_t length, uint32_t source) {
  (void)ctx;
  (void)bytes;
  (void)length;
  (void)source;
}

static void step(struct world *w, struct bac_event event) {
  struct bac_output out;
  event.now = w->now;
  BAC_ASSERT(bac_node_step(w->node, &event, &out) <= BAC_OK);
  for (size_t i = 0; i < out.effect_count; i++) {
    const struct bac_effect *e = &out.effects[i];
    if (e->type == BAC_EFFECT_FRAME) bac_link_receive(w->ear, w->now, BAC_LINK_AIR, e->frame.bytes, e->frame.length);
    if (e->type == BAC_EFFECT_PERSIST && w->record_count < RECORDS_MAX)
      w->records[w->record_count++] = (struct record){.kind = e->persist.kind, .bytes = bac_buf_new(e->persist.bytes, e->persist.length)};
  }
  w->wakeup = out.wakeup;
}

static void node_start(struct world *w, bool restore) {
  char why[200];
  const struct bac_node_config nc = {.config = &w->config, .roster = &w->roster, .id = 0, .certificate = w->roster.epoch_blocks > 0 ? w->certificates[0] : NULL};
  w->node = bac_node_new(&nc, why, sizeof why);
  BAC_ASSERT(w->node);
  const uint32_t count = w->record_count;
  for (uint32_t i = 0; restore && i < count; i++) {
    struct bac_event e = {.type = BAC_EVENT_RESTORE};
    e.restore.kind = w->records[i].kind;
    e.restore.bytes = w->records[i].bytes->data;
    e.restore.length = w->records[i].bytes->length;
    step(w, e);
  }
  step(w, (struct bac_event){.type = BAC_EVENT_START});
}

static void world_init(struct world *w, uint8_t how) {
  static const char *const protocols[] = {"bac", "pbft", "bac2", "hashgraph"};
  uint32_t ids[MEMBERS];
  bac_fast_crypto(true);
  w->config = bac_config_default();
  w->config.protocol = protocols[how % 4];
  w->config.seed = 1;
  if (how % 4 == 0 && how >= 128) w->config.mode = how >= 192 ? BAC_MODE_TEXT : BAC_MODE_ALG1;
  w->config.vote_rule = how & 4 ? BAC_VOTE_LIGHT : BAC_VOTE_FULL;
  w->config.delivery = how & 8 ? BAC_DELIVERY_UNICAST : BAC_DELIVERY_BROADCAST;
  for (uint32_t i = 0; i < MEMBERS; i++) {
    ids[i] = i;
    bac_keypair_derive(&w->keys[i], 1, i);
    bac_certificate_derive(1, i, 0, 0, BAC_NEVER, w->certificates[i]);
  }
  bac_members_derive(1, ids, MEMBERS, w->members);
  w->roster = (struct bac_roster){.count = MEMBERS, .members = w->members, .epoch_blocks = how & 16 ? 3 : 0};
  if (w->roster.epoch_blocks > 0) bac_ca_derive_key(1, w->roster.ca_key);
  const struct bac_link_callbacks ear = {.deliver = heard}, mouth = {.deliver = nothing};
  struct bac_link_config lc = {.self = EAR, .population = MEMBERS, .seed = 1, .hello_interval = -1, .hash = hash};
  w->ear = bac_link_new(&lc, &ear, w);
  lc.self = 1;
  w->mouth = bac_link_new(&lc, &mouth, w);
}

static void world_free(struct world *w) {
  bac_node_free(w->node);
  bac_link_free(w->ear);
  bac_link_free(w->mouth);
  for (int i = 0; i < KNOWN; i++) bac_buf_unref(w->payloads[i]);
  for (uint32_t i = 0; i < w->record_count; i++) bac_buf_unref(w->records[i].bytes);
  free(w);
}

static void say(struct world *w, const uint8_t *bytes, size_t length) {
  struct bac_link_frame f;
  bac_link_send(w->mouth, w->now, BAC_BROADCAST, length > BAC_FRAME_BYTES_MAX ? BAC_LINK_BULK : BAC_LINK_CONTROL, bytes, length, 0);
  for (int i = 0; i < 16 && bac_link_next_frame(w->mouth, w->now, BAC_LINK_AIR, BAC_LINK_ALL, &f); i++) {
    struct bac_event e = {.type = BAC_EVENT_FRAME};
    e.frame.bytes = f.bytes;
    e.frame.length = f.length;
    step(w, e);
  }
}

static uint64_t number(struct world *w) {
  const uint8_t n = bac_read_u8(&w->in);
  return n < 250 ? n : n < 254 ? (uint64_t)n << 40 : UINT64_MAX - (255 - n);
}

static void message(struct world *w) {
  static const uint8_t types[] = {BAC_MSG_FETCH, BAC_MSG_CERTIFIED, BAC_MSG_CLOSE, BAC_MSG_BOUNDARY, BAC_MSG_SNAPSHOT, BAC_MSG_STALL, BAC_MSG_RECOVER, BAC_MSG_AGREE,
                                  BAC_MSG_PRE_PREPARE, BAC_MSG_PREPARE, BAC_MSG_COMMIT, BAC_MSG_CHECKPOINT, BAC_MSG_VIEW_CHANGE, BAC_MSG_NEW_VIEW, BAC_MSG_BLOCK_REQUEST,
                                  BAC_MSG_CP_VALIDATE, BAC_MSG_CS_CONSENSUS, BAC_MSG_QC, BAC_MSG_TIMEOUT, BAC_MSG_TC, BAC_MSG_CLAIM, BAC_MSG_SYNC, BAC_MSG_COMMITTEE_VOTE};
  const uint32_t known = w->said_count < KNOWN ? w->said_count : KNOWN;
  const uint8_t how = bac_read_u8(&w->in);
  struct bac_msg m = {0};
  if (known > 0 && how & 1) m = w->said[bac_read_u8(&w->in) % known]; /* what the node said, by another, with something changed */
  if (how & 2 || !(how & 1)) {
    static const uint32_t ids[] = {1, 2, 3, 4}; /* pbft, bac, ... : the others are refused */
    m.protocol = how & 1 ? m.protocol : ids[w->config.protocol[0] == 'p' ? 0 : bac_read_u8(&w->in) % 4];
    m.type = types[bac_read_u8(&w->in) % sizeof types];
    m.role = bac_read_u8(&w->in) % 3;
    m.step = bac_read_u8(&w->in) % 3;
  }
  if (how & 4) m.view = number(w);
  if (how & 8) m.height = number(w);
  if (how & 16) m.epoch = number(w);
  if (known > 0 && how & 32) memcpy(m.digest, w->said[bac_read_u8(&w->in) % known].digest, BAC_HASH_BYTES);
  if (how & 64) {
    size_t n = bac_read_u16(&w->in) % 600;
    if (n > bac_reader_left(&w->in)) n = bac_reader_left(&w->in);
    m.payload = bac_read_bytes(&w->in, n);
    m.payload_length = m.payload ? n : 0;
    bac_payload_digest(m.digest, m.payload, m.payload_length, &w->cost);
  }
  m.sender = 1 + bac_read_u8(&w->in) % (MEMBERS - 1);
  bac_msg_sign(&m, &w->keys[m.sender], &w->cost);
  struct bac_buf *object = bac_msg_encode(&m);
  say(w, object->data, object->length);
  bac_buf_unref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct world *w = bac_alloc(1, sizeof *w);
  w->in = bac_reader_over(bytes, length);
  world_init(w, bac_read_u8(&w->in));
  node_start(w, false);
  for (int i = 0; i < STEPS_MAX && bac_reader_left(&w->in) > 0; i++) {
    struct bac_event e = {.type = BAC_EVENT_WAKE};
    switch (bac_read_u8(&w->in) % 8) {
      case 0:
        w->now += BAC_MS * (1 + bac_read_u16(&w->in));
        step(w, e);
        break;
      case 1:
        if (w->wakeup != BAC_NEVER && w->wakeup > w->now) w->now = w->wakeup;
        step(w, e);
        break;
      case 2:
        e.type = BAC_EVENT_SUBMIT;
        e.submit = (struct bac_submit){.to = bac_read_u8(&w->in) % 6, .amount_milli = (int64_t)number(w), .fee_milli = bac_read_u8(&w->in), .bytes = bac_read_u16(&w->in)};
        step(w, e);
        break;
      case 3:
        e.type = BAC_EVENT_SENT;
        e.sent.count = 1;
        step(w, e);
        break;
      case 4:
        bac_node_free(w->node);
        node_start(w, true);
        break;
      case 5: {
        size_t n = bac_read_u8(&w->in);
        if (n > bac_reader_left(&w->in)) n = bac_reader_left(&w->in);
        const uint8_t *raw = bac_read_bytes(&w->in, n);
        if (raw && n > 0) say(w, raw, n);
        break;
      }
      default:
        message(w);
    }
  }
  world_free(w);
  return 0;
}
