/* SPDX-License-Identifier: GPL-2.0-only */
#include "adversary.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "ledger/block.h"
#include "link/link.h"
#include "speaker.h"

#define PAST 64               /* messages remembered */
#define PAYLOAD_MAX 20000     /* of those */
#define EAR 65000u            /* a node id that is nobody's: hears what byzantine nodes say */
#define SPEND_INTERVAL BAC_SECOND
#define WORDS_PER_SECOND 50 /* of one mouth: a channel has room for so much, and a simulation time */

struct memory {
  struct bac_msg msg; /* payload: into bytes */
  struct bac_buf *bytes;
};

struct mouth {
  struct bac_adversary *adversary;
  uint32_t id;
  struct bac_keypair keys;
  struct bac_link *link;
  bac_time second; /* the current one, and words said in it */
  uint32_t words;
};

/* What one of its nodes means to say, until it is seen whom the frame goes to; or, of what others say, what may be twisted. */
struct meant {
  uint32_t source, to; /* to: BAC_BROADCAST, or a node */
  struct bac_buf *object;
};

struct bac_adversary {
  const struct bac_plan *plan;
  struct bac_sim *sim;
  const struct bac_channel *channel;
  struct bac_random random;
  uint32_t count;
  struct mouth *mouths; /* one for each byzantine member, then the ear */
  struct memory past[PAST];
  uint32_t past_count;
  bac_time spend_at;
  uint64_t nonce;
  struct bac_speaker *speaker; /* NULL: it does not speak */
  struct meant *meant;
  size_t meant_count, meant_capacity, meant_by_frame; /* by_frame: those before the last frame heard */
  struct {
    uint32_t from, to;
    bac_time at;
    size_t length;
  } frame; /* the last one heard of its own nodes */
  struct bac_cost cost;
};

static bool attack(const struct bac_adversary *a, enum bac_attack x) { return a->plan->attacks >> x & 1; }
static bool chance(struct bac_adversary *a, uint64_t n, uint64_t d) { return bac_random_chance(&a->random, n, d) != 0; }
static uint64_t below(struct bac_adversary *a, uint64_t bound) { return bac_random_below(&a->random, bound); }

/* ---- Saying. ---- */

static void say_bytes(struct bac_adversary *a, struct mouth *m, uint32_t to, const uint8_t *bytes, size_t length) {
  const bac_time second = bac_sim_now(a->sim) / BAC_SECOND;
  if (second != m->second) m->words = 0;
  m->second = second;
  if (m->words++ >= WORDS_PER_SECOND) return;
  bac_link_send(m->link, bac_sim_now(a->sim), to, length > BAC_FRAME_BYTES_MAX ? BAC_LINK_BULK : BAC_LINK_CONTROL, bytes, length, 0);
}

/* half: 0: as its node means it, else to that half of the others. */
static void say_own(struct bac_adversary *a, struct mouth *m, uint32_t to, uint8_t half, const struct bac_buf *object) {
  const enum bac_link_class frames = object->length > BAC_FRAME_BYTES_MAX ? BAC_LINK_BULK : BAC_LINK_CONTROL;
  if (half == 0) bac_link_send(m->link, bac_sim_now(a->sim), to, frames, object->data, object->length, 0);
  for (uint32_t i = a->count; i < a->plan->config.nodes && half > 0; i++)
    if (bac_channel_side(a->channel, i) == half - 1u) bac_link_send(m->link, bac_sim_now(a->sim), i, frames, object->data, object->length, 0);
}

static void speak(struct bac_adversary *a, const struct meant *meant) {
  struct bac_word words[2];
  struct bac_msg msg;
  struct mouth *m = &a->mouths[meant->source];
  const bool decoded = meant->object->data[0] == BAC_OBJECT_MESSAGE && bac_msg_decode(&msg, meant->object->data, meant->object->length) && msg.sender == m->id;
  const int count = decoded ? bac_speaker_words(a->speaker, &msg, &m->keys, words) : -1;
  if (count < 0 && a->plan->instead) say_own(a, m, meant->to, 0, meant->object);
  for (int i = 0; i < count; i++) {
    struct bac_buf *object = bac_msg_encode(&words[i].msg);
    say_own(a, m, meant->to, words[i].half, object);
    bac_buf_unref(object);
    bac_buf_unref(words[i].bytes);
  }
}

static void mean(struct bac_adversary *a, uint32_t source, uint32_t to, const uint8_t *bytes, size_t length) {
  if (a->meant_count == a->meant_capacity) {
    a->meant_capacity = 2 * a->meant_capacity + 16;
    a->meant = bac_realloc(a->meant, a->meant_capacity, sizeof *a->meant);
  }
  a->meant[a->meant_count++] = (struct meant){.source = source, .to = to, .object = bac_buf_new(bytes, length)};
}

static void speak_all(struct bac_adversary *a) {
  for (size_t i = 0; i < a->meant_count; i++) {
    if (a->meant[i].to == BAC_BROADCAST || a->meant[i].to >= a->count) speak(a, &a->meant[i]);
    bac_buf_unref(a->meant[i].object);
  }
  a->meant_count = a->meant_by_frame = 0;
}

/* One of its own nodes' frames, on its way to one of those who hear it: the frame of a broadcast comes once for each. */
static void overhear(struct bac_adversary *a, uint32_t from, uint32_t to, size_t length) {
  const bac_time now = bac_sim_now(a->sim);
  const bool again = a->frame.from == from && a->frame.at == now && a->frame.length == length && a->frame.to != to;
  if (!again) a->meant_by_frame = a->meant_count;
  for (size_t i = a->meant_by_frame; i < a->meant_count && again; i++) a->meant[i].to = BAC_BROADCAST;
  a->frame.from = from;
  a->frame.to = to;
  a->frame.at = now;
  a->frame.length = length;
}

static uint32_t anyone(struct bac_adversary *a, struct mouth *m) {
  if (chance(a, 1, 2)) return BAC_BROADCAST;
  const uint32_t to = (uint32_t)below(a, a->plan->config.nodes);
  return to == m->id ? BAC_BROADCAST : to;
}

static void say(struct bac_adversary *a, struct mouth *m, struct bac_msg msg) {
  msg.sender = m->id;
  bac_msg_sign(&msg, &m->keys, &a->cost);
  struct bac_buf *object = bac_msg_encode(&msg);
  say_bytes(a, m, anyone(a, m), object->data, object->length);
  bac_buf_unref(object);
}

/* ---- Lies. ---- */

static const struct bac_msg *remembered(struct bac_adversary *a) {
  const uint32_t n = a->past_count < PAST ? a->past_count : PAST;
  return n > 0 ? &a->past[below(a, n)].msg : NULL;
}

static uint64_t off_by_some(struct bac_adversary *a, uint64_t v) {
  switch (below(a, 5)) {
    case 0:
      return v + 1;
    case 1:
      return v - 1;
    case 2:
      return v + below(a, 100);
    case 3:
      return below(a, 1ull << 61);
    default:
      return 0;
  }
}

static void bind(struct bac_adversary *a, struct bac_msg *m) {
  if (m->payload_length >= 2 && chance(a, 1, 2)) { /* as blocks are: by the header at the start */
    const size_t header = bac_get_u16(m->payload);
    if (2 + header <= m->payload_length) bac_header_digest(m->digest, m->payload + 2, header);
  } else {
    bac_payload_digest(m->digest, m->payload, m->payload_length, &a->cost);
  }
}

/* Somebody else's block under the liar's own name, perhaps for a later round: it was not elected. */
static struct bac_buf *usurped(struct bac_adversary *a, const struct mouth *mouth, struct bac_msg *m) {
  struct bac_header header;
  uint8_t encoded[BAC_HEADER_BYTES_MAX];
  const size_t old = m->payload_length >= 2 ? bac_get_u16(m->payload) : 0;
  if (old == 0 || 2 + old > m->payload_length || !bac_header_decode(&header, m->payload + 2, old)) return NULL;
  header.proposer = mouth->id;
  header.round += below(a, 2);
  const size_t length = bac_header_encode(&header, encoded), rest = m->payload_length - 2 - old;
  struct bac_buf *changed = bac_buf_new(NULL, 2 + length + rest);
  struct bac_writer w = bac_writer_over(changed->data, changed->length);
  bac_write_u16(&w, (uint16_t)length);
  bac_write_bytes(&w, encoded, length);
  bac_write_bytes(&w, m->payload + 2 + old, rest);
  bac_header_digest(m->digest, encoded, length);
  m->view = header.round;
  m->payload = changed->data;
  m->payload_length = changed->length;
  return changed;
}

/* A message with one thing in it that is not so, signed by whoever says it. */
static void lie(struct bac_adversary *a, struct mouth *mouth, struct bac_msg m) {
  const struct bac_msg *other = remembered(a);
  struct bac_buf *changed = NULL;
  switch (below(a, 11)) {
    case 10:
      changed = usurped(a, mouth, &m);
      break;
    case 0:
      m.view = off_by_some(a, m.view);
      break;
    case 1:
      m.height = off_by_some(a, m.height);
      break;
    case 2:
      m.step = (uint32_t)below(a, 3);
      break;
    case 3:
      m.role = (uint32_t)below(a, 3);
      break;
    case 4:
      m.epoch = off_by_some(a, m.epoch);
      break;
    case 5:
      if (other) memcpy(m.digest, other->digest, BAC_HASH_BYTES);
      break;
    case 6:
      m.digest[below(a, BAC_HASH_BYTES)] ^= 1;
      break;
    case 7:
      if (other) m.type = other->type;
      break;
    case 8: /* another message's content */
      if (other) {
        m.payload = other->payload;
        m.payload_length = other->payload_length;
      }
      bind(a, &m);
      break;
    default:
      if (m.payload_length == 0) break;
      changed = bac_buf_new(m.payload, m.payload_length);
      for (uint64_t k = 1 + below(a, 3); k > 0; k--) changed->data[below(a, changed->length)] ^= (uint8_t)(1 + below(a, 255));
      m.payload = changed->data;
      if (chance(a, 1, 4)) m.payload_length = below(a, changed->length + 1);
      bind(a, &m);
  }
  say(a, mouth, m);
  bac_buf_unref(changed);
}

static void remember(struct bac_adversary *a, const struct bac_msg *m) {
  if (m->payload_length > PAYLOAD_MAX) return;
  struct memory *at = &a->past[a->past_count < PAST ? a->past_count : below(a, PAST)];
  a->past_count++;
  bac_buf_unref(at->bytes);
  at->bytes = bac_buf_new(m->payload, m->payload_length);
  at->msg = *m;
  at->msg.payload = at->bytes->data;
}

static void message(struct bac_adversary *a, const struct bac_msg *m) {
  remember(a, m);
  const struct bac_msg *old = remembered(a);
  for (uint32_t i = 0; i < a->count; i++) {
    struct mouth *mouth = &a->mouths[i];
    if (attack(a, BAC_ATTACK_ECHO) && m->type != BAC_MSG_FETCH) say(a, mouth, *m);
    if (attack(a, BAC_ATTACK_LIE) && chance(a, 1, 4)) lie(a, mouth, *m);
    if (attack(a, BAC_ATTACK_OLD) && old && chance(a, 1, 8)) {
      struct bac_msg again = *old;
      if (chance(a, 1, 2)) again.view = m->view;
      if (chance(a, 1, 2)) again.height = m->height;
      if (chance(a, 1, 2)) again.epoch = m->epoch;
      say(a, mouth, again);
    }
  }
}

/* ---- Transactions. ---- */

static void say_tx(struct bac_adversary *a, struct mouth *m, uint32_t to, const struct bac_tx *tx) {
  uint8_t object[1 + BAC_TX_BYTES_MAX];
  object[0] = BAC_OBJECT_TRANSACTION;
  memcpy(object + 1, tx->wire, tx->wire_length);
  say_bytes(a, m, to, object, 1 + (size_t)tx->wire_length);
}

/* One nonce twice, to different receivers, or all the money and more. */
static void spend(struct bac_adversary *a, struct mouth *m) {
  uint8_t wire[BAC_TX_BYTES_MAX];
  struct bac_tx tx;
  const uint32_t n = a->plan->config.founders;
  const uint64_t nonce = chance(a, 1, 4) ? below(a, 100) : ++a->nonce;
  for (uint32_t k = 0; k < 2; k++) {
    const struct bac_submit submit = {.to = (m->id + 1 + (uint32_t)below(a, n - 1)) % n, .amount_milli = chance(a, 1, 2) ? BAC_GENESIS_BALANCE - 5 : 1 + (int64_t)below(a, 2 * (uint64_t)BAC_GENESIS_BALANCE), .fee_milli = (int64_t)below(a, 10)};
    if (submit.to != m->id && bac_tx_make(&tx, wire, &submit, m->id, nonce, bac_sim_now(a->sim), &m->keys, &a->cost) == BAC_OK) say_tx(a, m, anyone(a, m), &tx);
  }
}

/* Somebody else's word, with another one put into its mouth: convicts nobody, if evidence is looked at. */
static void accuse(struct bac_adversary *a, struct mouth *m) {
  const struct bac_msg *word = remembered(a);
  if (!word) return;
  struct bac_msg other = *word;
  struct bac_evidence evidence;
  uint8_t memo[BAC_EVIDENCE_BYTES], wire[BAC_TX_BYTES_MAX];
  struct bac_tx tx;
  other.digest[below(a, BAC_HASH_BYTES)] ^= 1;
  if (!bac_evidence_make(&evidence, word, &other, bac_evidence_exempt_default, NULL)) return;
  bac_evidence_encode(&evidence, memo);
  if (bac_tx_make_record(&tx, wire, BAC_TX_EVIDENCE, memo, sizeof memo, m->id, ++a->nonce, bac_sim_now(a->sim), &m->keys, &a->cost) == BAC_OK)
    say_tx(a, m, BAC_BROADCAST, &tx);
}

/* Elected, and by more than the lottery gave. */
static void claim(struct bac_adversary *a, struct mouth *m) {
  const struct bac_msg *word = remembered(a);
  struct bac_credential credential = {.epoch = word ? word->epoch + 1 : 1, .lambda = 1 + (uint32_t)below(a, 100)};
  uint8_t memo[BAC_CREDENTIAL_BYTES], wire[BAC_TX_BYTES_MAX], alpha[8] = {0};
  struct bac_tx tx;
  if (bac_vrf_prove(credential.pi, m->keys.vrf_secret, alpha, sizeof alpha) != 0) return;
  bac_credential_write(&credential, memo);
  if (bac_tx_make_record(&tx, wire, BAC_TX_CREDENTIAL, memo, sizeof memo, m->id, ++a->nonce, bac_sim_now(a->sim), &m->keys, &a->cost) == BAC_OK)
    say_tx(a, m, BAC_BROADCAST, &tx);
}

/* ---- Hearing. ---- */

static void delivered(void *ctx, const uint8_t *bytes, size_t length, uint32_t source) {
  struct mouth *m = ctx;
  struct bac_adversary *a = m->adversary;
  struct bac_msg msg;
  if (length == 0) return;
  const bool decoded = bytes[0] == BAC_OBJECT_MESSAGE && bac_msg_decode(&msg, bytes, length);
  if (a->speaker) {
    if (decoded) bac_speaker_learn(a->speaker, &msg);
    if (decoded) remember(a, &msg);
    if (a->plan->instead && m->id == EAR && source < a->count) mean(a, source, a->frame.to, bytes, length);
    if (!a->plan->instead && m->id != EAR && decoded) {
      msg.sender = m->id;
      struct bac_buf *object = bac_msg_encode(&msg);
      mean(a, m->id, BAC_BROADCAST, object->data, object->length);
      bac_buf_unref(object);
    }
    return;
  }
  if (bytes[0] == BAC_OBJECT_MESSAGE) {
    if (decoded) message(a, &msg);
  } else if (attack(a, BAC_ATTACK_LIE) && m->id != EAR && chance(a, 1, 8)) { /* gossip or a transaction, not quite as it was */
    struct bac_buf *changed = bac_buf_new(bytes, length);
    changed->data[below(a, length)] ^= (uint8_t)(1 + below(a, 255));
    say_bytes(a, m, anyone(a, m), changed->data, length);
    bac_buf_unref(changed);
  }
}

static void hash(uint8_t out[BAC_HASH_BYTES], const void *bytes, size_t length) { bac_hash(out, BAC_DOMAIN_OBJECT, bytes, length); }

struct bac_adversary *bac_adversary_new(const struct bac_plan *plan, struct bac_sim *sim, const struct bac_channel *channel, const struct bac_roster *genesis) {
  const uint32_t speaks = 1u << BAC_ATTACK_SPEAK | 1u << BAC_ATTACK_ECHO | 1u << BAC_ATTACK_LIE | 1u << BAC_ATTACK_OLD | 1u << BAC_ATTACK_SPEND;
  if (plan->config.byzantine == 0 || (plan->attacks & speaks) == 0) return NULL;
  struct bac_adversary *a = bac_alloc(1, sizeof *a);
  *a = (struct bac_adversary){.plan = plan, .sim = sim, .channel = channel, .count = plan->config.byzantine, .random = bac_random_stream(plan->seed, 2, BAC_PURPOSE_FAULTS)};
  if (attack(a, BAC_ATTACK_SPEAK)) a->speaker = bac_speaker_new(plan, genesis);
  a->mouths = bac_alloc(a->count + 1, sizeof *a->mouths);
  for (uint32_t i = 0; i <= a->count; i++) {
    struct mouth *m = &a->mouths[i];
    *m = (struct mouth){.adversary = a, .id = i < a->count ? i : EAR};
    if (i < a->count) bac_keypair_derive(&m->keys, plan->seed, i);
    const struct bac_link_config lc = {.self = m->id, .population = plan->config.nodes, .seed = plan->seed + 1000 + i, .hello_interval = -1, .hash = hash};
    const struct bac_link_callbacks callbacks = {.deliver = delivered};
    m->link = bac_link_new(&lc, &callbacks, m);
  }
  return a;
}

void bac_adversary_free(struct bac_adversary *a) {
  if (!a) return;
  for (uint32_t i = 0; i <= a->count; i++) bac_link_free(a->mouths[i].link);
  for (int i = 0; i < PAST; i++) bac_buf_unref(a->past[i].bytes);
  for (size_t i = 0; i < a->meant_count; i++) bac_buf_unref(a->meant[i].object);
  free(a->meant);
  bac_speaker_free(a->speaker);
  free(a->mouths);
  free(a);
}

void bac_adversary_hear(struct bac_adversary *a, uint32_t from, uint32_t to, const uint8_t *bytes, size_t length) {
  const uint32_t n = a->plan->config.nodes;
  const bool ours = from < a->count || from >= n;
  if (ours && a->speaker) overhear(a, from, to, length);
  if (ours)
    bac_link_receive(a->mouths[a->count].link, bac_sim_now(a->sim), BAC_LINK_AIR, bytes, length);
  else if (to < a->count)
    bac_link_receive(a->mouths[to].link, bac_sim_now(a->sim), BAC_LINK_AIR, bytes, length);
}

void bac_adversary_run(struct bac_adversary *a) {
  const bac_time now = bac_sim_now(a->sim);
  if (a->speaker && now >= a->plan->time) bac_speaker_heal(a->speaker);
  speak_all(a);
  if (attack(a, BAC_ATTACK_SPEND) && a->spend_at <= now) {
    a->spend_at = now + SPEND_INTERVAL;
    for (uint32_t i = 0; i < a->count; i++) {
      spend(a, &a->mouths[i]);
      if (chance(a, 1, 4)) accuse(a, &a->mouths[i]);
      if (chance(a, 1, 4)) claim(a, &a->mouths[i]);
    }
  }
  for (uint32_t i = 0; i < a->count; i++) {
    struct bac_link_frame f;
    while (bac_link_next_frame(a->mouths[i].link, now, BAC_LINK_AIR, BAC_LINK_ALL, &f))
      for (uint32_t to = a->count; to < a->plan->config.nodes; to++)
        if (f.destination == BAC_BROADCAST || f.destination == to)
          bac_sim_inject_after(a->sim, to, f.bytes, f.length, BAC_MS * (bac_time)(1 + below(a, 20)));
  }
}
