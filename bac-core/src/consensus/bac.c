/* SPDX-License-Identifier: GPL-2.0-only */
/* Basic BAC: block request, CP validation, CS consensus, block commit, block on chain (protocols.md, section 1). What both the
 * paper's modes and safe mode share stands here. */
#include <stdlib.h>

#include "consensus/bac_internal.h"
#include "crypto/hash.h"

#define CLOCK_ERROR_MAX BAC_SECOND /* a block proposed further in the future is refused */
#define ROUND_MAX ((uint64_t)1 << 62)  /* sums of rounds cannot overflow */
#define STRETCH_START_PERMILLE 3000
#define STRETCH_MAX_PERMILLE 20000
#define STRETCH_BYTES_MIN 10000

/* ---- Roles, slots, ballots. ---- */

enum bac_role bac_role_of(const struct bac_engine *e, uint64_t round, uint32_t index) {
  return bac_elect_role(e->n, bac_env_config(e->env)->candidates_permille, bac_env_roster(e->env)->epoch, round, index);
}

struct bac_slot *bac_slot_of(struct bac_engine *e, uint64_t round) {
  if (round == 0 || round + 1 < e->round || round > e->round + 2) return NULL;
  struct bac_slot *slot = &e->slots[round % BAC_ROUND_SLOTS];
  if (slot->round != round) {
    free(slot->ballots);
    bac_buf_unref(slot->header);
    *slot = (struct bac_slot){.round = round, .ballots = bac_alloc(e->n, sizeof *slot->ballots)};
  }
  return slot;
}

void bac_count_votes(const struct bac_engine *e, const struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES],
                     enum bac_verdict verdict, uint32_t counts[3]) {
  counts[0] = counts[1] = counts[2] = 0;
  for (uint32_t i = 0; i < e->n; i++) {
    const struct bac_ballot *b = &slot->ballots[i];
    if (b->cast && b->verdict == (uint8_t)verdict && memcmp(b->digest, digest, BAC_HASH_BYTES) == 0)
      counts[bac_role_of(e, slot->round, i)]++;
  }
}

/* One vote per sender counts, whatever arrives. */
static bool ballot_add(struct bac_engine *e, struct bac_slot *slot, uint32_t index, const struct bac_msg *msg) {
  struct bac_ballot *b = &slot->ballots[index];
  if (b->cast) {
    if (memcmp(b->digest, msg->digest, BAC_HASH_BYTES) != 0) bac_env_reject(e->env, BAC_REJECT_EQUIVOCATION, msg->sender);
    return false;
  }
  b->cast = true;
  b->verdict = (uint8_t)msg->step;
  b->height = msg->height;
  memcpy(b->digest, msg->digest, BAC_HASH_BYTES);
  memcpy(b->signature, msg->signature, BAC_SIGNATURE_BYTES);
  return true;
}

static void on_votes(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]) {
  /* Copied: what follows may enter another round and hand the slot to it. */
  uint8_t copy[BAC_HASH_BYTES];
  memcpy(copy, digest, sizeof copy);
  if (e->safe)
    bac_safe_on_votes(e, slot, copy);
  else
    bac_paper_on_votes(e, slot, copy);
}

/* ---- Measured delay. ---- */

static int by_time(const void *a, const void *b) {
  bac_time x = *(const bac_time *)a, y = *(const bac_time *)b;
  return x < y ? -1 : x > y;
}

void bac_delay_observe(struct bac_engine *e, const struct bac_header *header, size_t bytes) {
  struct bac_delay *d = &e->delay;
  bac_time airtime = bac_env_airtime(e->env, bytes), taken = bac_env_now(e->env) - header->proposed_at;
  if (taken < 0) taken = 0;
  if (taken > 10 * BAC_SECOND) taken = 10 * BAC_SECOND;
  if (bytes >= STRETCH_BYTES_MIN && airtime > 0) {
    int64_t stretch = taken * 1000 / airtime;
    if (stretch < 1000) stretch = 1000;
    if (stretch > STRETCH_MAX_PERMILLE) stretch = STRETCH_MAX_PERMILLE;
    d->stretch_permille = (uint32_t)((7 * (int64_t)d->stretch_permille + stretch) / 8);
    return;
  }
  d->samples[d->next] = taken > airtime ? taken - airtime : 0;
  d->next = (d->next + 1) % BAC_DELAY_SAMPLES;
  if (d->count < BAC_DELAY_SAMPLES) d->count++;
  if (d->count < 16) return;
  bac_time sorted[BAC_DELAY_SAMPLES];
  memcpy(sorted, d->samples, d->count * sizeof *sorted);
  qsort(sorted, d->count, sizeof *sorted, by_time);
  d->delta = sorted[(d->count * 99 - 1) / 100];
  if (d->delta < 20 * BAC_MS) d->delta = 20 * BAC_MS;
  if (d->delta > 2 * BAC_SECOND) d->delta = 2 * BAC_SECOND;
}

/* ---- Rounds and proposals. ---- */

struct bac_entry *bac_parent_to_extend(struct bac_engine *e) {
  return bac_chain_find(bac_env_chain(e->env), e->safe ? e->high_qc.digest : e->passed);
}

static bool may_propose(struct bac_engine *e) {
  struct bac_slot *slot = bac_slot_of(e, e->round);
  if (bac_role_of(e, e->round, e->self) != BAC_ROLE_PRIMARY || slot->ballots[e->self].cast) return false;
  return !e->safe || e->last_voted < e->round;
}

static void arm_proposal(struct bac_engine *e) {
  struct bac_entry *parent = bac_parent_to_extend(e);
  if (!may_propose(e) || !parent || !parent->state) {
    bac_env_timer(e->env, TIMER_PROPOSE, BAC_NEVER);
    return;
  }
  bac_time since = parent->block->header.height > 0 ? parent->block->header.proposed_at : e->round_started_at;
  /* The first block after the epoch's last one only helps to commit it. */
  const bool urgent = !parent->closing && parent->state->epoch > bac_env_roster(e->env)->epoch;
  bac_env_timer(e->env, TIMER_PROPOSE, urgent ? bac_env_now(e->env) : bac_env_block_due(e->env, since));
}

void bac_enter_round(struct bac_engine *e, uint64_t round) {
  BAC_ASSERT(round > e->round);
  e->round = round;
  e->round_started_at = bac_env_now(e->env);
  e->waiting_round = 0;
  bac_buf_unref(e->own_proposal);
  e->own_proposal = NULL;
  enum bac_role role = bac_role_of(e, round, e->self);
  bac_env_role(e->env, role, round);
  bac_env_timer(e->env, TIMER_CP_WAIT, BAC_NEVER);
  bac_env_timer(e->env, TIMER_RESEND, BAC_NEVER);
  if (e->safe) bac_env_timer(e->env, TIMER_ROUND, e->round_started_at + bac_safe_round_timeout(e));
  arm_proposal(e);
}

/* When to send the own message of this round again if the round has not ended by then. */
static void arm_resend(struct bac_engine *e, size_t bytes) {
  const struct bac_config *c = bac_env_config(e->env);
  uint32_t receivers = c->delivery == BAC_DELIVERY_UNICAST ? e->n : 1;
  bac_time wait = bac_env_vote_window(e->env, c->delivery == BAC_DELIVERY_UNICAST ? bac_elect_candidate_count(e->n, c->candidates_permille) + 2 : 1) +
                  3 * e->delay.delta + bac_env_airtime(e->env, bytes) * receivers * e->delay.stretch_permille / 1000;
  /* Without certificates on the air, only the next block tells that this round is over. */
  if (!e->safe) wait += c->block_interval;
  bac_env_timer(e->env, TIMER_RESEND, bac_env_now(e->env) + wait);
}

void bac_propose(struct bac_engine *e) {
  struct bac_entry *parent = bac_parent_to_extend(e);
  if (!may_propose(e) || !parent || !parent->state) return;
  struct bac_buf *justification = e->safe ? bac_safe_justification(e) : NULL;
  struct bac_entry *at = bac_env_build(e->env, parent, e->round, justification);
  bac_buf_unref(justification);
  if (!at) return;
  struct bac_slot *slot = bac_slot_of(e, e->round);
  if (e->safe) {
    e->last_voted = e->round;
    bac_safe_persist(e);
  } else {
    bac_env_serve(e->env, at);
  }
  struct bac_block *block = at->block;
  struct bac_msg msg = {.type = BAC_MSG_BLOCK_REQUEST,
                        .role = BAC_ROLE_PRIMARY,
                        .view = e->round,
                        .height = block->header.height,
                        .step = VERDICT_ACCEPT,
                        .payload = block->payload->data,
                        .payload_length = block->payload->length};
  memcpy(msg.digest, block->digest, BAC_HASH_BYTES);
  bac_env_broadcast(e->env, &msg, false);
  e->own_proposal = bac_buf_ref(bac_env_last_object(e->env));
  bac_env_proposed(e->env, block);
  uint8_t header[BAC_HEADER_BYTES_MAX];
  slot->header = bac_buf_new(header, bac_header_encode(&block->header, header));
  slot->proposed = true;
  memcpy(slot->proposal, msg.digest, BAC_HASH_BYTES);
  memcpy(slot->proposal_signature, msg.signature, BAC_SIGNATURE_BYTES);
  ballot_add(e, slot, e->self, &msg);
  arm_resend(e, block->payload->length);
  on_votes(e, slot, msg.digest);
}

/* ---- Votes. ---- */

/* P, the CPs and the next round's primary, who must build on the result. */
static struct bac_bitset collectors(const struct bac_engine *e, uint64_t round) {
  struct bac_bitset set;
  bac_bitset_clear(&set);
  for (uint32_t i = 0; i < e->n; i++)
    if (bac_role_of(e, round, i) != BAC_ROLE_CS) bac_bitset_add(&set, i);
  bac_bitset_add(&set, bac_elect_primary(e->n, bac_env_roster(e->env)->epoch, round + 1));
  return set;
}

/* Sends this member's vote; the same bytes each time. CP_VALIDATE carries P's signed header, so that a primary that says two
 * things to two members is seen. */
static void send_vote(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES], enum bac_verdict verdict) {
  enum bac_role role = bac_role_of(e, slot->round, e->self);
  struct bac_header header;
  if (!slot->header || !bac_header_decode(&header, slot->header->data, slot->header->length)) return;
  struct bac_msg msg = {.role = (uint32_t)role, .view = slot->round, .height = header.height, .step = (uint32_t)verdict};
  memcpy(msg.digest, digest, BAC_HASH_BYTES);
  if (role == BAC_ROLE_CP) {
    uint8_t payload[2 + BAC_HEADER_BYTES_MAX + BAC_SIGNATURE_BYTES];
    struct bac_writer w = bac_writer_over(payload, sizeof payload);
    bac_write_u16(&w, (uint16_t)slot->header->length);
    bac_write_bytes(&w, slot->header->data, slot->header->length);
    bac_write_bytes(&w, slot->proposal_signature, BAC_SIGNATURE_BYTES);
    msg.type = BAC_MSG_CP_VALIDATE;
    msg.payload = payload;
    msg.payload_length = w.length;
    bac_env_broadcast(e->env, &msg, false);
  } else {
    struct bac_bitset to = collectors(e, slot->round);
    msg.type = BAC_MSG_CS_CONSENSUS;
    bac_env_multicast(e->env, &msg, &to, true);
  }
  ballot_add(e, slot, e->self, &msg);
}

void bac_cast_vote(struct bac_engine *e, uint64_t round, const uint8_t digest[BAC_HASH_BYTES], enum bac_verdict verdict) {
  struct bac_slot *slot = bac_slot_of(e, round);
  if (round != e->round || !slot || slot->ballots[e->self].cast || memcmp(slot->proposal, digest, BAC_HASH_BYTES) != 0) return;
  if (e->safe && verdict == VERDICT_ACCEPT) {
    if (round <= e->last_voted) return;
    e->last_voted = round;
    bac_safe_persist(e);
  }
  e->waiting_round = 0;
  send_vote(e, slot, digest, verdict);
  arm_resend(e, slot->header ? slot->header->length : 0);
  on_votes(e, slot, digest);
}

/* A CS votes once CPs have accepted: the paper's rule for `text` and `alg1`; in safe mode the first accept does, and silent CPs
 * delay it by 2 delta, not for ever. */
static bool cps_accept(const struct bac_engine *e, const struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]) {
  if (!e->safe) return bac_paper_passed(e, slot, digest, BAC_ROLE_CP);
  uint32_t counts[3];
  bac_count_votes(e, slot, digest, VERDICT_ACCEPT, counts);
  return counts[BAC_ROLE_CP] > 0;
}

static void consider_vote(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]) {
  enum bac_role role = bac_role_of(e, slot->round, e->self);
  if (slot->round != e->round || role == BAC_ROLE_PRIMARY || slot->ballots[e->self].cast) return;
  if (e->safe && slot->round <= e->last_voted) return;
  if (role == BAC_ROLE_CP || cps_accept(e, slot, digest) || e->n == 2) {
    bac_cast_vote(e, slot->round, digest, VERDICT_ACCEPT);
    return;
  }
  e->waiting_round = slot->round;
  if (e->safe) bac_env_timer(e->env, TIMER_CP_WAIT, bac_env_now(e->env) + 2 * e->delay.delta);
}

/* `light`: the header and Q(c+1) validations, P's own among them, stand for the body; only where the header alone shows that the voting rule
 * holds (it extends this member's highest certificate, of the round before). */
static void consider_light_vote(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]) {
  const struct bac_config *c = bac_env_config(e->env);
  struct bac_header header;
  if (!e->safe || c->vote_rule != BAC_VOTE_LIGHT || slot->round != e->round || slot->round <= e->last_voted ||
      bac_role_of(e, slot->round, e->self) != BAC_ROLE_CS || memcmp(slot->proposal, digest, BAC_HASH_BYTES) != 0 ||
      !bac_header_decode(&header, slot->header->data, slot->header->length))
    return;
  if (memcmp(header.prev_hash, e->high_qc.digest, BAC_HASH_BYTES) != 0 || slot->round != e->high_qc.view + 1) return;
  uint32_t counts[3];
  bac_count_votes(e, slot, digest, VERDICT_ACCEPT, counts);
  if (counts[BAC_ROLE_PRIMARY] + counts[BAC_ROLE_CP] >= bac_quorum(bac_elect_candidate_count(e->n, c->candidates_permille) + 1))
    bac_cast_vote(e, slot->round, digest, VERDICT_ACCEPT);
}

/* ---- Messages. ---- */

/* Takes in P's signed header. False: the primary has shown another one before. */
static bool learn_header(struct bac_engine *e, struct bac_slot *slot, const struct bac_msg *request, const uint8_t *header, size_t length) {
  if (slot->proposed) {
    if (memcmp(slot->proposal, request->digest, BAC_HASH_BYTES) == 0) return true;
    bac_env_reject(e->env, BAC_REJECT_EQUIVOCATION, request->sender);
    return false;
  }
  slot->proposed = true;
  memcpy(slot->proposal, request->digest, BAC_HASH_BYTES);
  memcpy(slot->proposal_signature, request->signature, BAC_SIGNATURE_BYTES);
  slot->header = bac_buf_new(header, length);
  ballot_add(e, slot, bac_roster_index(bac_env_roster(e->env), request->sender), request);
  return true;
}

static bool header_fits(const struct bac_engine *e, const struct bac_header *h, const struct bac_msg *msg, uint32_t proposer) {
  return h->round == msg->view && h->height == msg->height && h->proposer == proposer && h->shard == msg->shard && h->epoch == msg->epoch &&
         h->proposed_at <= bac_env_now(e->env) + CLOCK_ERROR_MAX;
}

static void keep_orphan(struct bac_engine *e, const struct bac_block *block, uint32_t from) {
  bac_buf_unref(e->orphan);
  e->orphan = bac_buf_ref(block->payload);
  e->orphan_from = from;
}

/* A block whose header the round's primary signed. Takes it over. */
static void take_block(struct bac_engine *e, struct bac_block *block, uint32_t from_index) {
  const uint64_t round = block->header.round;
  const uint32_t from = bac_env_roster(e->env)->members[from_index].id;
  uint8_t digest[BAC_HASH_BYTES];
  memcpy(digest, block->digest, sizeof digest);
  bool may_vote = true;
  if (e->safe && !bac_safe_justify(e, block, from_index, &may_vote)) {
    bac_env_reject(e->env, BAC_REJECT_CERTIFICATE, from);
    bac_block_free(block);
    return;
  }
  struct bac_entry *parent = bac_chain_find(bac_env_chain(e->env), block->header.prev_hash);
  if (!parent) {
    keep_orphan(e, block, from_index);
    if (block->header.height > 0) bac_env_want_from(e->env, block->header.height - 1, from_index);
    bac_block_free(block);
    return;
  }
  const bool on_base = parent == bac_chain_base(bac_env_chain(e->env));
  if (!e->safe && round != (on_base ? 0 : parent->block->header.round) + 1) { /* no view change: every round makes a block */
    bac_env_reject(e->env, BAC_REJECT_BLOCK, from);
    bac_block_free(block);
    return;
  }
  if (!e->safe && round > e->round) {
    memcpy(e->passed, block->header.prev_hash, BAC_HASH_BYTES);
    bac_enter_round(e, round);
  }
  const bool timely = block->header.proposed_at >= parent->block->header.proposed_at;
  struct bac_entry *at = timely ? bac_env_insert(e->env, block, from) : NULL;
  if (!timely) {
    bac_env_reject(e->env, BAC_REJECT_BLOCK, from);
    bac_block_free(block);
  }
  struct bac_slot *slot = bac_slot_of(e, round);
  if (!slot || memcmp(slot->proposal, digest, sizeof digest) != 0) return;
  if (!at) {
    if (!e->safe || bac_role_of(e, round, e->self) == BAC_ROLE_CP) bac_cast_vote(e, round, digest, VERDICT_REJECT);
    return;
  }
  if (!e->safe)
    bac_env_serve(e->env, at);
  else if (memcmp(e->high_qc.digest, digest, sizeof digest) == 0)
    bac_safe_on_qc(e, &e->high_qc, from_index); /* the certificate came before the body */
  if (may_vote) consider_vote(e, slot, digest);
  slot = bac_slot_of(e, round);
  if (slot) on_votes(e, slot, digest);
  arm_proposal(e);
}

void bac_try_orphan(struct bac_engine *e) {
  if (!e->orphan) return;
  struct bac_buf *payload = e->orphan;
  e->orphan = NULL;
  struct bac_block *block = bac_env_decode(e->env, payload->data, payload->length, e->orphan_from);
  bac_buf_unref(payload);
  if (block) take_block(e, block, e->orphan_from);
}

static void receive_block_request(struct bac_engine *e, const struct bac_msg *msg, uint32_t index) {
  if (bac_role_of(e, msg->view, index) != BAC_ROLE_PRIMARY || msg->role != BAC_ROLE_PRIMARY || msg->step != VERDICT_ACCEPT) {
    bac_env_reject(e->env, BAC_REJECT_WRONG_ROLE, msg->sender);
    return;
  }
  if (msg->view + 1 < e->round) {
    bac_env_reject(e->env, BAC_REJECT_STALE, msg->sender);
    return;
  }
  struct bac_block *block = bac_env_decode(e->env, msg->payload, msg->payload_length, msg->sender);
  if (!block) return;
  if (!header_fits(e, &block->header, msg, msg->sender)) {
    bac_env_reject(e->env, BAC_REJECT_BLOCK, msg->sender);
    bac_block_free(block);
    return;
  }
  struct bac_slot *slot = bac_slot_of(e, msg->view);
  if (slot && slot->proposed && memcmp(slot->proposal, msg->digest, BAC_HASH_BYTES) != 0) {
    bac_env_reject(e->env, BAC_REJECT_EQUIVOCATION, msg->sender);
    bac_block_free(block);
    return;
  }
  bac_delay_observe(e, &block->header, msg->payload_length);
  /* In safe mode what the block stands on may open its round; in the paper's modes the block itself does (take_block). */
  if (!slot && e->safe) {
    bool unused;
    if (!bac_safe_justify(e, block, index, &unused)) {
      bac_env_reject(e->env, BAC_REJECT_CERTIFICATE, msg->sender);
      bac_block_free(block);
      return;
    }
    slot = bac_slot_of(e, msg->view);
  }
  uint8_t header[BAC_HEADER_BYTES_MAX];
  size_t length = bac_header_encode(&block->header, header);
  if (slot) learn_header(e, slot, msg, header, length);
  take_block(e, block, index);
  if (!slot && (slot = bac_slot_of(e, msg->view)) != NULL && learn_header(e, slot, msg, header, length) &&
      bac_chain_find(bac_env_chain(e->env), msg->digest))
    consider_vote(e, slot, msg->digest);
}

static void receive_cp_validate(struct bac_engine *e, const struct bac_msg *msg, uint32_t index) {
  struct bac_slot *slot = bac_slot_of(e, msg->view);
  if (bac_role_of(e, msg->view, index) != BAC_ROLE_CP || msg->role != BAC_ROLE_CP || msg->step > VERDICT_ACCEPT) {
    bac_env_reject(e->env, BAC_REJECT_WRONG_ROLE, msg->sender);
    return;
  }
  if (!slot) {
    bac_env_reject(e->env, msg->view < e->round ? BAC_REJECT_STALE : BAC_REJECT_WINDOW, msg->sender);
    return;
  }
  struct bac_reader r = bac_reader_over(msg->payload, msg->payload_length);
  size_t length = bac_read_u16(&r);
  const uint8_t *header = bac_read_bytes(&r, length), *signature = bac_read_bytes(&r, BAC_SIGNATURE_BYTES);
  uint32_t primary = bac_elect_primary(e->n, msg->epoch, msg->view);
  const struct bac_member *p = &bac_env_roster(e->env)->members[primary];
  struct bac_header h;
  if (!signature || bac_reader_left(&r) != 0 || !bac_header_decode(&h, header, length) || !header_fits(e, &h, msg, p->id)) {
    bac_env_reject(e->env, BAC_REJECT_MALFORMED, msg->sender);
    return;
  }
  struct bac_msg request = {.protocol = BAC_PROTOCOL_ID, .type = BAC_MSG_BLOCK_REQUEST, .role = BAC_ROLE_PRIMARY, .shard = msg->shard,
                            .epoch = msg->epoch, .view = msg->view, .height = msg->height, .step = VERDICT_ACCEPT, .sender = p->id};
  memcpy(request.digest, msg->digest, BAC_HASH_BYTES);
  memcpy(request.signature, signature, BAC_SIGNATURE_BYTES);
  bool known = slot->proposed && memcmp(slot->proposal, msg->digest, BAC_HASH_BYTES) == 0 &&
               memcmp(slot->proposal_signature, signature, BAC_SIGNATURE_BYTES) == 0;
  if (!known && primary != e->self) {
    uint8_t digest[BAC_HASH_BYTES];
    bac_msg_signing_digest(digest, &request);
    if (!bac_verify(bac_env_shared(e->env), signature, digest, p->sign_key, bac_env_cost(e->env))) {
      bac_env_reject(e->env, BAC_REJECT_CERTIFICATE, msg->sender);
      return;
    }
    if (!learn_header(e, slot, &request, header, length)) return;
  } else if (!known) {
    bac_env_reject(e->env, BAC_REJECT_CERTIFICATE, msg->sender); /* this member proposed nothing like it */
    return;
  }
  if (!ballot_add(e, slot, index, msg)) return;
  if (e->waiting_round == msg->view && cps_accept(e, slot, msg->digest)) bac_cast_vote(e, msg->view, msg->digest, VERDICT_ACCEPT);
  consider_light_vote(e, slot, msg->digest);
  slot = bac_slot_of(e, msg->view);
  if (slot) on_votes(e, slot, msg->digest);
}

static void receive_cs_consensus(struct bac_engine *e, const struct bac_msg *msg, uint32_t index) {
  struct bac_slot *slot = bac_slot_of(e, msg->view);
  if (bac_role_of(e, msg->view, index) != BAC_ROLE_CS || msg->role != BAC_ROLE_CS || msg->step > VERDICT_ACCEPT)
    bac_env_reject(e->env, BAC_REJECT_WRONG_ROLE, msg->sender);
  else if (!slot)
    bac_env_reject(e->env, msg->view < e->round ? BAC_REJECT_STALE : BAC_REJECT_WINDOW, msg->sender);
  else if (ballot_add(e, slot, index, msg))
    on_votes(e, slot, msg->digest);
}

static void engine_receive(void *engine, const struct bac_msg *msg) {
  struct bac_engine *e = engine;
  uint32_t index = bac_roster_index(bac_env_roster(e->env), msg->sender);
  if (msg->view == 0 || msg->view > ROUND_MAX || (!e->safe && msg->type >= BAC_MSG_QC)) {
    bac_env_reject(e->env, BAC_REJECT_MALFORMED, msg->sender);
    return;
  }
  switch (msg->type) {
    case BAC_MSG_BLOCK_REQUEST:
      receive_block_request(e, msg, index);
      break;
    case BAC_MSG_CP_VALIDATE:
      receive_cp_validate(e, msg, index);
      break;
    case BAC_MSG_CS_CONSENSUS:
      receive_cs_consensus(e, msg, index);
      break;
    case BAC_MSG_QC:
      bac_safe_receive_qc(e, msg);
      break;
    case BAC_MSG_TIMEOUT:
      bac_safe_receive_timeout(e, msg);
      break;
    case BAC_MSG_TC:
      bac_safe_receive_tc(e, msg);
      break;
    default:
      break;
  }
}

/* Blocks come with the certificate that their child carries. Uncertified ones (the paper has no certificates) are only stored. */
static void engine_certified(void *engine, struct bac_block *block, const uint8_t *certificate, size_t length) {
  struct bac_engine *e = engine;
  const uint32_t from = BAC_BROADCAST; /* whoever sent it: not to be blamed on the proposer that it names */
  struct bac_qc qc = {0};
  uint8_t digest[BAC_HASH_BYTES];
  memcpy(digest, block->digest, sizeof digest);
  if (e->safe && (!bac_qc_decode(&qc, certificate, length) || memcmp(qc.digest, digest, sizeof digest) != 0 ||
                  qc.view != block->header.round || qc.height != block->header.height || !bac_safe_verify_qc(e, &qc))) {
    bac_env_reject(e->env, BAC_REJECT_CERTIFICATE, from);
    bac_block_free(block);
    bac_qc_clear(&qc);
    return;
  }
  struct bac_entry *at = bac_env_insert(e->env, block, from);
  if (at && e->safe) bac_safe_on_qc(e, &qc, BAC_INDEX_NONE);
  bac_qc_clear(&qc);
  if (!at) return;
  struct bac_slot *slot = e->safe ? NULL : bac_slot_of(e, at->block->header.round);
  if (slot) {
    if (memcmp(slot->proposal, digest, sizeof digest) == 0) consider_vote(e, slot, digest);
    on_votes(e, slot, digest);
  }
  bac_try_orphan(e);
  arm_proposal(e);
}

/* ---- Timers and life. ---- */

static void resend(struct bac_engine *e) {
  struct bac_slot *slot = bac_slot_of(e, e->round);
  if (e->own_proposal) {
    bac_env_resend(e->env, e->own_proposal);
    arm_resend(e, e->own_proposal->length);
  } else if (slot->ballots[e->self].cast) {
    uint8_t digest[BAC_HASH_BYTES];
    memcpy(digest, slot->ballots[e->self].digest, sizeof digest);
    slot->ballots[e->self].cast = false; /* cast again below, with the same bytes */
    send_vote(e, slot, digest, (enum bac_verdict)slot->ballots[e->self].verdict);
    arm_resend(e, 0);
  }
}

static void engine_timer(void *engine, uint32_t timer) {
  struct bac_engine *e = engine;
  switch (timer) {
    case TIMER_ROUND:
      bac_safe_timeout(e);
      break;
    case TIMER_PROPOSE:
      bac_propose(e);
      break;
    case TIMER_CP_WAIT:
      if (e->waiting_round == e->round) {
        const struct bac_slot *slot = bac_slot_of(e, e->round);
        uint8_t digest[BAC_HASH_BYTES];
        memcpy(digest, slot->proposal, sizeof digest);
        bac_cast_vote(e, e->round, digest, VERDICT_ACCEPT);
      }
      break;
    case TIMER_PUBLISH:
      bac_safe_publish(e);
      break;
    case TIMER_RESEND:
      resend(e);
      break;
    default:
      break;
  }
}

static void engine_init(void *engine, struct bac_env *env) {
  struct bac_engine *e = engine;
  e->env = env;
  e->n = bac_env_roster(env)->count;
  e->self = bac_env_self(env);
  e->safe = bac_env_config(env)->mode == BAC_MODE_SAFE;
  e->timeouts = bac_alloc(e->n, sizeof *e->timeouts);
  e->helped_at = bac_alloc(e->n, sizeof *e->helped_at);
  for (uint32_t i = 0; i < e->n; i++) e->helped_at[i] = -BAC_SECOND;
  e->delay.delta = bac_env_config(env)->delta;
  e->delay.stretch_permille = STRETCH_START_PERMILLE;
  const struct bac_block *base = bac_chain_base(bac_env_chain(env))->block;
  memcpy(e->high_qc.digest, base->digest, BAC_HASH_BYTES);
  e->high_qc.height = base->header.height;
  memcpy(e->passed, e->high_qc.digest, BAC_HASH_BYTES);
}

static void engine_restore(void *engine, const uint8_t *record, size_t length) {
  struct bac_engine *e = engine;
  if (e->safe) bac_safe_restore(e, record, length);
}

static void engine_start(void *engine) {
  struct bac_engine *e = engine;
  struct bac_entry *tip = bac_chain_tip(bac_env_chain(e->env));
  if (e->safe)
    bac_safe_adopt_tip(e, tip);
  else
    memcpy(e->passed, tip->block->digest, BAC_HASH_BYTES);
  const bool at_base = tip == bac_chain_base(bac_env_chain(e->env));
  uint64_t below = e->safe ? e->high_qc.view : at_base ? 0 : tip->block->header.round;
  if (e->safe && e->high_qc.height > tip->block->header.height) bac_env_want(e->env, e->high_qc.height);
  bac_enter_round(e, below + 1);
}

static void engine_pool_changed(void *engine) {
  struct bac_engine *e = engine;
  if (bac_role_of(e, e->round, e->self) == BAC_ROLE_PRIMARY) arm_proposal(e);
}

static void engine_digest(const void *engine, uint8_t out[BAC_HASH_BYTES]) {
  const struct bac_engine *e = engine;
  uint8_t numbers[24];
  bac_put_u64(numbers, e->round);
  bac_put_u64(numbers + 8, e->last_voted);
  bac_put_u64(numbers + 16, e->high_qc.view);
  bac_hash2(out, BAC_DOMAIN_NODE, numbers, sizeof numbers, e->high_qc.digest, BAC_HASH_BYTES);
}

static uint64_t engine_round(const void *engine) { return ((const struct bac_engine *)engine)->round; }

static void engine_destroy(void *engine) {
  struct bac_engine *e = engine;
  for (int i = 0; i < BAC_ROUND_SLOTS; i++) {
    free(e->slots[i].ballots);
    bac_buf_unref(e->slots[i].header);
  }
  free(e->timeouts);
  free(e->helped_at);
  bac_buf_unref(e->orphan);
  bac_buf_unref(e->own_proposal);
  bac_qc_clear(&e->high_qc);
  bac_tc_clear(&e->high_tc);
}

static const struct bac_msg_rule rules[] = {
    {BAC_MSG_BLOCK_REQUEST, BAC_BIND_HEADER, BAC_OBJECT_BYTES_MAX},
    {BAC_MSG_CP_VALIDATE, BAC_BIND_HEADER, 2 + BAC_HEADER_BYTES_MAX + BAC_SIGNATURE_BYTES},
    {BAC_MSG_CS_CONSENSUS, BAC_BIND_NONE, 0},
    {BAC_MSG_QC, BAC_BIND_HASH, 40000},
    {BAC_MSG_TIMEOUT, BAC_BIND_NONE, 4},
    {BAC_MSG_TC, BAC_BIND_HASH, 100000},
};

extern const struct bac_protocol bac_bac;
const struct bac_protocol bac_bac = {
    .id = BAC_PROTOCOL_ID,
    .info = {.name = "bac",
             .summary = "basic Block Alliance Consensus: primary, candidates, consensus nodes; finality after two rounds",
             .modes = 1u << BAC_MODE_SAFE | 1u << BAC_MODE_TEXT | 1u << BAC_MODE_ALG1},
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .engine_size = sizeof(struct bac_engine),
    .light_members = true,
    .init = engine_init,
    .restore = engine_restore,
    .start = engine_start,
    .receive = engine_receive,
    .timer = engine_timer,
    .pool_changed = engine_pool_changed,
    .certified = engine_certified,
    .digest = engine_digest,
    .round = engine_round,
    .destroy = engine_destroy,
};
