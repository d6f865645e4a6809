/* SPDX-License-Identifier: GPL-2.0-only */
#include "speaker.h"

#include <stdlib.h>

#include "base/quorum.h"
#include "consensus/pbft_internal.h"
#include "consensus/qc.h"
#include "election/committee.h"
#include "election/elect.h"
#include "ledger/block.h"
#include "ledger/seed.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

/* A block that it knows, and the state after it. */
struct known {
  uint8_t digest[BAC_HASH_BYTES];
  struct bac_header header;
  struct bac_buf *certificate; /* what the block stands on; NULL: nothing */
  struct bac_state *state;
  UT_hash_handle hh;
};

struct bac_speaker {
  const struct bac_plan *plan;
  struct bac_random random;
  uint32_t tricks;
  bool healed;
  struct known *blocks;
  struct bac_cost cost;
};

static bool chance(struct bac_speaker *s, uint64_t n, uint64_t d) { return bac_random_chance(&s->random, n, d) != 0; }

struct bac_speaker *bac_speaker_new(const struct bac_plan *plan, const struct bac_roster *genesis) {
  struct bac_speaker *s = bac_alloc(1, sizeof *s);
  struct bac_roster roster = *genesis;
  if (roster.epoch_blocks > 0 && roster.candidates_permille == 0) roster.candidates_permille = plan->config.node.candidates_permille;
  *s = (struct bac_speaker){.plan = plan, .random = bac_random_stream(plan->seed, 7, BAC_PURPOSE_FAULTS)};
  for (int t = 0; t < BAC_TRICKS; t++) s->tricks |= (uint32_t)chance(s, 1, 2) << t;
  if (chance(s, 1, 3)) s->tricks &= ~(1u << BAC_TRICK_MUTE); /* who does not propose shows none of the other proposals */
  if (s->tricks >> BAC_TRICK_PARENT & 1) s->tricks |= 1u << BAC_TRICK_TWO; /* it takes two to choose from */
  /* Four CPs at least keep the bodies of blocks for those who come late: more than one who withholds them is more than that is made for. */
  if (plan->config.byzantine > bac_faults_max(BAC_COMMITTEE_MIN)) s->tricks &= ~(1u << BAC_TRICK_HOLD);
  struct bac_block *block = bac_block_genesis(&roster);
  struct known *k = bac_alloc(1, sizeof *k);
  *k = (struct known){.header = block->header, .state = bac_state_genesis(&roster)};
  memcpy(k->digest, block->digest, BAC_HASH_BYTES);
  HASH_ADD(hh, s->blocks, digest, BAC_HASH_BYTES, k);
  bac_block_free(block);
  return s;
}

void bac_speaker_free(struct bac_speaker *s) {
  if (!s) return;
  struct known *k, *next;
  HASH_ITER(hh, s->blocks, k, next) {
    HASH_DEL(s->blocks, k);
    bac_buf_unref(k->certificate);
    bac_state_free(k->state);
    free(k);
  }
  free(s);
}

void bac_speaker_heal(struct bac_speaker *s) { s->healed = true; }

/* ---- What it knows. ---- */

static struct known *known_at(struct bac_speaker *s, const uint8_t digest[BAC_HASH_BYTES]) {
  struct known *k;
  HASH_FIND(hh, s->blocks, digest, BAC_HASH_BYTES, k);
  return k;
}

static void learn_block(struct bac_speaker *s, const struct bac_block *block) {
  const struct known *parent = known_at(s, block->header.prev_hash);
  if (known_at(s, block->digest) || !parent) return;
  struct bac_state *state = bac_state_copy(parent->state);
  if (bac_block_execute(block, state, NULL, NULL, &s->cost) != BAC_REJECT_COUNT) {
    bac_state_free(state);
    return;
  }
  struct known *k = bac_alloc(1, sizeof *k);
  *k = (struct known){.header = block->header, .state = state};
  memcpy(k->digest, block->digest, BAC_HASH_BYTES);
  if (block->certificate_length > 0) k->certificate = bac_buf_new(block->certificate, block->certificate_length);
  HASH_ADD(hh, s->blocks, digest, BAC_HASH_BYTES, k);
}

static struct bac_block *decode(struct bac_speaker *s, const uint8_t *bytes, size_t length) {
  struct bac_buf *payload = bac_buf_new(bytes, length);
  struct bac_block *block = bac_block_decode(payload, s->plan->config.node.block_bytes_max, &s->cost);
  bac_buf_unref(payload);
  return block;
}

void bac_speaker_learn(struct bac_speaker *s, const struct bac_msg *m) {
  const uint8_t *bytes = m->payload;
  size_t length = m->payload_length;
  uint8_t digest[BAC_HASH_BYTES];
  if (m->type == BAC_MSG_CERTIFIED) {
    struct bac_reader r = bac_reader_over(m->payload, m->payload_length);
    length = bac_read_u32(&r);
    bytes = bac_read_bytes(&r, length);
  } else if (m->type != BAC_MSG_BLOCK_REQUEST && m->type != BAC_MSG_PRE_PREPARE) {
    return;
  }
  if (!bytes || length < 2 || (size_t)bac_get_u16(bytes) + 2 > length) return;
  bac_header_digest(digest, bytes + 2, bac_get_u16(bytes));
  if (known_at(s, digest)) return;
  struct bac_block *block = decode(s, bytes, length);
  if (block) learn_block(s, block);
  bac_block_free(block);
}

/* ---- Certificates: [ u8 elected || claim ] || u32 length || QC || TC. ---- */

struct stand {
  size_t proof;         /* bytes of the proof in front */
  const uint8_t *bytes; /* the proof, the QC, the TC */
  const uint8_t *qc, *tc;
  size_t qc_length, tc_length;
};

static bool stand_read(const struct bac_speaker *s, const uint8_t *bytes, size_t length, struct stand *out) {
  struct bac_reader r = bac_reader_over(bytes, length);
  const bool sortition = s->plan->config.node.election == BAC_ELECTION_SORTITION;
  if (sortition && bac_read_u8(&r) == 1) bac_read_bytes(&r, BAC_CLAIM_BYTES);
  *out = (struct stand){.bytes = bytes, .proof = length - bac_reader_left(&r)};
  out->qc_length = bac_read_u32(&r);
  out->qc = bac_read_bytes(&r, out->qc_length);
  out->tc_length = bac_reader_left(&r);
  out->tc = bac_read_bytes(&r, out->tc_length);
  return out->qc != NULL;
}

static struct bac_buf *stand_write(const struct stand *at) {
  struct bac_buf *out = bac_buf_new(NULL, at->proof + 4 + at->qc_length + at->tc_length);
  struct bac_writer w = bac_writer_over(out->data, out->length);
  bac_write_bytes(&w, at->bytes, at->proof);
  bac_write_u32(&w, (uint32_t)at->qc_length);
  bac_write_bytes(&w, at->qc, at->qc_length);
  bac_write_bytes(&w, at->tc, at->tc_length);
  return out;
}

/* few: all signers but the first are left out; else one of the signatures is spoilt. NULL: it is no certificate. */
static struct bac_buf *forged(struct bac_speaker *s, const uint8_t *bytes, size_t length, bool few) {
  struct bac_qc qc;
  if (!bac_qc_decode(&qc, bytes, length)) return NULL;
  struct bac_buf *signatures = bac_buf_new(qc.signatures->data, qc.signatures->length);
  const uint32_t count = bac_bitset_count(&qc.signers);
  if (few && count > 1) {
    uint32_t first = 0;
    while (!bac_bitset_has(&qc.signers, first)) first++;
    bac_bitset_clear(&qc.signers);
    bac_bitset_add(&qc.signers, first);
    signatures->length = BAC_SIGNATURE_BYTES;
  } else if (count > 0) {
    signatures->data[bac_random_below(&s->random, signatures->length)] ^= 1;
  }
  bac_buf_unref(qc.signatures);
  qc.signatures = signatures;
  struct bac_buf *out = bac_qc_encode(&qc);
  bac_qc_clear(&qc);
  return out;
}

/* ---- Blocks. ---- */

/* The word's block once more, a nanosecond later or on another parent, standing on those certificates; executed. */
static struct bac_block *rebuild(struct bac_speaker *s, const struct bac_block *of, const struct known *parent, const struct bac_tx *const *txs, uint32_t count, const uint8_t *certificate,
                                 size_t length, const struct bac_keypair *keys) {
  struct bac_header header = of->header;
  struct bac_state *state = bac_state_copy(parent->state);
  header.height = parent->header.height + 1;
  header.proposed_at++;
  if (memcmp(header.prev_hash, parent->digest, BAC_HASH_BYTES) != 0) {
    memcpy(header.prev_hash, parent->digest, BAC_HASH_BYTES);
    if (header.seed_proved)
      bac_seed_prove(&header, parent->header.seed, keys->vrf_secret, &s->cost);
    else
      bac_block_seed(header.seed, parent->header.seed, header.height);
  }
  struct bac_block *block = bac_block_pack(&header, txs, count, state, certificate, length, s->plan->config.node.block_bytes_max, &s->cost);
  bac_state_free(state);
  return block;
}

static struct bac_block *rebuild_whole(struct bac_speaker *s, const struct bac_block *of, const struct known *parent, const uint8_t *certificate, size_t length, const struct bac_keypair *keys) {
  const struct bac_tx **txs = bac_alloc(of->header.tx_count, sizeof *txs);
  for (uint32_t i = 0; i < of->header.tx_count; i++) txs[i] = &of->txs[i];
  struct bac_block *block = rebuild(s, of, parent, txs, of->header.tx_count, certificate, length, keys);
  free(txs);
  return block;
}

static struct bac_word word_of(struct bac_speaker *s, const struct bac_msg *like, const struct bac_block *block, const struct bac_keypair *keys, uint8_t half) {
  struct bac_word w = {.msg = *like, .bytes = bac_buf_ref(block->payload), .half = half};
  w.msg.height = block->header.height;
  memcpy(w.msg.digest, block->digest, BAC_HASH_BYTES);
  w.msg.payload = w.bytes->data;
  w.msg.payload_length = w.bytes->length;
  bac_msg_sign(&w.msg, keys, &s->cost);
  return w;
}

static struct bac_word word_itself(const struct bac_msg *m, uint8_t half) {
  struct bac_word w = {.msg = *m, .bytes = bac_buf_new(m->payload, m->payload_length), .half = half};
  w.msg.payload = w.bytes->data;
  return w;
}

/* The header is changed in the payload, too; it keeps its length. */
static void spoil_root(struct bac_speaker *s, struct bac_block *block) {
  uint8_t encoded[BAC_HEADER_BYTES_MAX];
  block->header.state_root[bac_random_below(&s->random, BAC_HASH_BYTES)] ^= 1;
  const size_t length = bac_header_encode(&block->header, encoded);
  BAC_ASSERT(length == bac_get_u16(block->payload->data));
  memcpy(block->payload->data + 2, encoded, length);
  bac_header_digest(block->digest, encoded, length);
}

/* Another block at the height of the parent, one that it has the state of. */
static const struct known *sibling(struct bac_speaker *s, const struct known *parent) {
  for (struct known *k = s->blocks; k; k = k->hh.next)
    if (k != parent && k->header.height == parent->header.height && k->header.epoch == parent->header.epoch) return k;
  return NULL;
}

/* One header, two bodies that lead to one state: transfers of its own that differ in their time. 0: it cannot. */
static int two_bodies(struct bac_speaker *s, const struct bac_msg *m, const struct bac_block *of, const struct known *parent, const struct bac_keypair *keys, struct bac_word words[2]) {
  uint8_t wire[2][BAC_TX_BYTES_MAX];
  struct bac_tx tx[2];
  const struct bac_account *own = bac_state_account(parent->state, m->sender);
  const uint32_t n = s->plan->config.founders;
  if (!own || n < 2) return 0;
  const struct bac_submit submit = {.to = (m->sender + 1) % n, .amount_milli = 1};
  for (int i = 0; i < 2; i++)
    if (bac_tx_make(&tx[i], wire[i], &submit, m->sender, own->nonce_top + 1, of->header.proposed_at + i, keys, &s->cost) != BAC_OK) return 0;
  const struct bac_tx *first = &tx[0];
  if (tx[0].wire_length != tx[1].wire_length) return 0;
  struct bac_block *block = rebuild(s, of, parent, &first, 1, of->certificate, of->certificate_length, keys);
  if (block->header.tx_count == 1) {
    words[0] = word_of(s, m, block, keys, 1);
    words[1] = word_of(s, m, block, keys, 2);
    bac_buf_unref(words[1].bytes);
    words[1].bytes = bac_buf_new(block->payload->data, block->payload->length);
    memcpy(words[1].bytes->data + words[1].bytes->length - tx[1].wire_length, wire[1], tx[1].wire_length);
    words[1].msg.payload = words[1].bytes->data;
  }
  const int count = block->header.tx_count == 1 ? 2 : 0;
  bac_block_free(block);
  return count;
}

/* BAC: on what it does not stand on. NULL: there is nothing of the kind. */
static struct bac_block *lie_about_stand(struct bac_speaker *s, enum bac_trick trick, const struct bac_block *of, const struct known *parent, const struct bac_keypair *keys) {
  struct stand at, below;
  struct bac_buf *qc = NULL;
  const struct known *on = parent;
  if (!stand_read(s, of->certificate, of->certificate_length, &at)) return NULL;
  if (trick == BAC_TRICK_PARENT) {
    on = sibling(s, parent);
  } else if (trick == BAC_TRICK_OLD) {
    on = known_at(s, parent->header.prev_hash);
    if (!on || !parent->certificate || !stand_read(s, parent->certificate->data, parent->certificate->length, &below)) return NULL;
    at.qc = below.qc;
    at.qc_length = below.qc_length;
  } else {
    qc = forged(s, at.qc, at.qc_length, trick == BAC_TRICK_FEW);
    if (!qc) return NULL;
    at.qc = qc->data;
    at.qc_length = qc->length;
  }
  struct bac_buf *certificate = stand_write(&at);
  struct bac_block *block = on ? rebuild_whole(s, of, on, certificate->data, certificate->length, keys) : NULL;
  bac_buf_unref(certificate);
  bac_buf_unref(qc);
  return block;
}

static enum bac_trick draw(struct bac_speaker *s, uint32_t of) {
  const uint32_t left = s->tricks & of;
  if (left == 0 || chance(s, 1, 5)) return BAC_TRICKS;
  for (;;) {
    const uint32_t t = (uint32_t)bac_random_below(&s->random, BAC_TRICKS);
    if (left >> t & 1) return (enum bac_trick)t;
  }
}

/* What there is seldom occasion for comes first. */
static enum bac_trick choose(struct bac_speaker *s, const struct bac_msg *m, const struct bac_block *of, const struct known *parent) {
  const uint32_t any = 1u << BAC_TRICK_TWO | 1u << BAC_TRICK_ROOT | 1u << BAC_TRICK_BODY | 1u << BAC_TRICK_MUTE;
  const uint32_t bac = 1u << BAC_TRICK_PARENT | 1u << BAC_TRICK_OLD | 1u << BAC_TRICK_FORGE | 1u << BAC_TRICK_FEW;
  struct stand at;
  if (m->type != BAC_MSG_BLOCK_REQUEST) return s->tricks >> BAC_TRICK_MUTE & 1 ? BAC_TRICK_MUTE : draw(s, any); /* a primary stays */
  if (s->healed && chance(s, 3, 4)) return BAC_TRICKS;
  if (of && parent && chance(s, 1, 2) && stand_read(s, of->certificate, of->certificate_length, &at)) {
    if (s->tricks >> BAC_TRICK_OLD & 1 && at.tc_length > 0) return BAC_TRICK_OLD;
    if (s->tricks >> BAC_TRICK_PARENT & 1 && sibling(s, parent)) return BAC_TRICK_PARENT;
  }
  return draw(s, any | bac);
}

static int propose(struct bac_speaker *s, const struct bac_msg *m, const struct bac_keypair *keys, struct bac_word words[2]) {
  struct bac_block *of = decode(s, m->payload, m->payload_length), *block = NULL;
  const struct known *parent = of ? known_at(s, of->header.prev_hash) : NULL;
  const enum bac_trick trick = choose(s, m, of, parent);
  int count = trick == BAC_TRICK_MUTE ? 0 : -1;
  if (parent && trick == BAC_TRICK_BODY) {
    count = two_bodies(s, m, of, parent, keys, words);
    if (count == 0) count = -1;
  } else if (parent && trick != BAC_TRICK_MUTE && trick != BAC_TRICKS) {
    block = trick == BAC_TRICK_TWO || trick == BAC_TRICK_ROOT ? rebuild_whole(s, of, parent, of->certificate, of->certificate_length, keys) : lie_about_stand(s, trick, of, parent, keys);
  }
  if (block) {
    if (trick == BAC_TRICK_ROOT)
      spoil_root(s, block);
    else
      learn_block(s, block);
    count = trick == BAC_TRICK_TWO ? 2 : 1;
    words[0] = word_of(s, m, block, keys, trick == BAC_TRICK_TWO);
    if (count == 2) words[1] = word_itself(m, 2);
  }
  bac_block_free(of);
  bac_block_free(block);
  return count;
}

/* ---- Other words. ---- */

/* BAC 2.0: the block that its committee has decided, with a certificate of its own making. */
static int certify(struct bac_speaker *s, const struct bac_msg *m, const struct bac_keypair *keys, struct bac_word words[2]) {
  const enum bac_trick trick = draw(s, 1u << BAC_TRICK_FORGE | 1u << BAC_TRICK_FEW);
  struct bac_reader r = bac_reader_over(m->payload, m->payload_length);
  const size_t block = 4 + (size_t)bac_read_u32(&r);
  if (trick == BAC_TRICKS || block >= m->payload_length) return -1;
  struct bac_buf *qc = forged(s, m->payload + block, m->payload_length - block, trick == BAC_TRICK_FEW);
  if (!qc) return -1;
  words[0] = (struct bac_word){.msg = *m, .bytes = bac_buf_new(NULL, block + qc->length)};
  memcpy(words[0].bytes->data, m->payload, block);
  memcpy(words[0].bytes->data + block, qc->data, qc->length);
  bac_buf_unref(qc);
  words[0].msg.payload = words[0].bytes->data;
  words[0].msg.payload_length = words[0].bytes->length;
  bac_payload_digest(words[0].msg.digest, words[0].msg.payload, words[0].msg.payload_length, &s->cost);
  bac_msg_sign(&words[0].msg, keys, &s->cost);
  return 1;
}

/* PBFT: nothing below the view is higher than the block that it claims to have been prepared for, and nobody has it. */
static int claim(struct bac_speaker *s, const struct bac_msg *m, const struct bac_keypair *keys, struct bac_word words[2]) {
  struct bac_reader r = bac_reader_over(m->payload, m->payload_length);
  struct pbft_summary summary;
  if ((s->tricks >> BAC_TRICK_CLAIM & 1) == 0 || !pbft_summary_read(&r, &summary) || summary.view == 0) return -1;
  const size_t base_length = bac_read_u32(&r);
  const uint8_t *base = bac_read_bytes(&r, base_length);
  if (!base) return -1;
  summary.count = 1;
  summary.claims[0] = (struct pbft_claim){.height = summary.base_height + 1, .view = summary.view - 1};
  for (size_t i = 0; i < BAC_HASH_BYTES; i++) summary.claims[0].digest[i] = (uint8_t)bac_random_below(&s->random, 256);
  struct bac_qc qc = {.protocol = m->protocol, .type = BAC_MSG_PREPARE, .shard = m->shard, .epoch = m->epoch, .view = summary.view - 1, .height = summary.base_height + 1};
  memcpy(qc.digest, summary.claims[0].digest, BAC_HASH_BYTES);
  const uint32_t signers = bac_quorum(s->plan->config.founders) - 1;
  for (uint32_t i = 1; i <= signers; i++) bac_bitset_add(&qc.signers, i);
  qc.signatures = bac_buf_new(NULL, (size_t)signers * BAC_SIGNATURE_BYTES);
  memset(qc.signatures->data, 1, qc.signatures->length);
  struct bac_buf *encoded = bac_qc_encode(&qc);
  bac_qc_clear(&qc);
  words[0] = (struct bac_word){.msg = *m, .bytes = bac_buf_new(NULL, PBFT_SUMMARY_MAX + 4 + base_length + BAC_SIGNATURE_BYTES + 4 + encoded->length)};
  struct bac_writer w = bac_writer_over(words[0].bytes->data, words[0].bytes->length);
  pbft_summary_write(&w, &summary);
  bac_write_u32(&w, (uint32_t)base_length);
  bac_write_bytes(&w, base, base_length);
  bac_write_bytes(&w, m->signature, BAC_SIGNATURE_BYTES); /* of something else */
  bac_write_u32(&w, (uint32_t)encoded->length);
  bac_write_bytes(&w, encoded->data, encoded->length);
  bac_buf_unref(encoded);
  words[0].msg.payload = words[0].bytes->data;
  words[0].msg.payload_length = w.length;
  pbft_summary_digest(words[0].msg.digest, &summary);
  bac_msg_sign(&words[0].msg, keys, &s->cost);
  return 1;
}

int bac_speaker_words(struct bac_speaker *s, const struct bac_msg *m, const struct bac_keypair *keys, struct bac_word words[2]) {
  switch (m->type) {
    case BAC_MSG_BLOCK_REQUEST:
    case BAC_MSG_PRE_PREPARE:
      return propose(s, m, keys, words);
    case BAC_MSG_CERTIFIED:
      if (s->tricks >> BAC_TRICK_HOLD & 1) return 0;
      return certify(s, m, keys, words);
    case BAC_MSG_VIEW_CHANGE:
      return claim(s, m, keys, words);
    default:
      return -1;
  }
}
