/* SPDX-License-Identifier: GPL-2.0-only */
/* BAC: rounds, proposals, and the delay that paces them. */
#include <stdlib.h>

#include "consensus/bac_internal.h"

#define STRETCH_START_PERMILLE 3000
#define STRETCH_MAX_PERMILLE 20000
#define STRETCH_BYTES_MIN 10000

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

void bac_delay_init(struct bac_engine *e) {
  e->delay.delta = bac_env_config(e->env)->delta;
  e->delay.stretch_permille = STRETCH_START_PERMILLE;
}

/* ---- Rounds and proposals. ---- */

struct bac_entry *bac_parent_to_extend(struct bac_engine *e) {
  return bac_chain_find(bac_env_chain(e->env), e->safe ? e->high_qc.digest : e->passed);
}

static bool may_propose(struct bac_engine *e) {
  struct bac_slot *slot = bac_slot_of(e, e->round);
  if (slot->ballots[e->self].cast || (e->safe && e->last_voted >= e->round)) return false;
  return bac_election_leads(e);
}

void bac_arm_proposal(struct bac_engine *e) {
  struct bac_entry *parent = bac_parent_to_extend(e);
  if (!may_propose(e) || !parent || !parent->state) {
    bac_env_timer(e->env, TIMER_PROPOSE, BAC_NEVER);
    return;
  }
  if (e->sortition && e->led_round < e->round) { /* only now it knows */
    e->led_round = e->round;
    bac_env_role(e->env, BAC_ROLE_PRIMARY, e->round);
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
  if (e->sortition) bac_election_open(e);
  if (e->safe) bac_env_timer(e->env, TIMER_ROUND, e->round_started_at + bac_safe_round_timeout(e));
  bac_arm_proposal(e);
}

/* When to send the own message of this round again if the round has not ended by then. */
void bac_arm_resend(struct bac_engine *e, size_t bytes) {
  const struct bac_config *c = bac_env_config(e->env);
  uint32_t receivers = c->delivery == BAC_DELIVERY_UNICAST ? e->n : 1;
  bac_time wait = bac_env_vote_window(e->env, c->delivery == BAC_DELIVERY_UNICAST ? bac_electorate_candidates(&e->electorate) + 2 : 1) +
                  3 * e->delay.delta + bac_env_airtime(e->env, bytes) * receivers * e->delay.stretch_permille / 1000;
  /* Without certificates on the air, only the next block tells that this round is over. */
  if (!e->safe) wait += c->block_interval + bac_election_patience(e);
  bac_env_timer(e->env, TIMER_RESEND, bac_env_now(e->env) + wait);
}

/* The proof that this member leads, and in safe mode the certificates. */
static struct bac_buf *what_it_stands_on(struct bac_engine *e, const struct bac_slot *slot) {
  uint8_t proof[BAC_PROOF_BYTES_MAX];
  const size_t length = bac_proof_write(e, slot, e->self, proof);
  struct bac_buf *justification = e->safe ? bac_safe_justification(e) : bac_buf_new(NULL, 0);
  struct bac_buf *out = bac_buf_new(NULL, length + justification->length);
  struct bac_writer w = bac_writer_over(out->data, out->length);
  bac_write_bytes(&w, proof, length);
  bac_write_bytes(&w, justification->data, justification->length);
  bac_buf_unref(justification);
  return out;
}

void bac_propose(struct bac_engine *e) {
  struct bac_entry *parent = bac_parent_to_extend(e);
  if (!may_propose(e) || !parent || !parent->state) return;
  struct bac_slot *slot = bac_slot_of(e, e->round);
  struct bac_buf *stands_on = what_it_stands_on(e, slot);
  struct bac_entry *at = bac_env_build(e->env, parent, e->round, stands_on);
  bac_buf_unref(stands_on);
  if (!at) return;
  if (e->safe) {
    bac_env_keep(e->env, at);
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
  if (e->sortition && slot->claim_count == 0) bac_env_fallback(e->env);
  uint8_t header[BAC_HEADER_BYTES_MAX];
  bac_buf_unref(slot->header); /* of a worse one */
  slot->header = bac_buf_new(header, bac_header_encode(&block->header, header));
  slot->proposed = true;
  slot->proposer = e->self;
  memcpy(slot->proposal, msg.digest, BAC_HASH_BYTES);
  memcpy(slot->proposal_signature, msg.signature, BAC_SIGNATURE_BYTES);
  bac_ballot_add(e, slot, e->self, &msg);
  bac_arm_resend(e, block->payload->length);
  if (bac_env_config(e->env)->early_claims) bac_election_announce(e, e->round + 1);
  bac_on_votes(e, slot, msg.digest);
}

