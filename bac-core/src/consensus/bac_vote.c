/* SPDX-License-Identifier: GPL-2.0-only */
/* BAC: ballots, and when a member casts its own. */
#include <stdlib.h>

#include "consensus/bac_internal.h"

/* ---- Roles, slots, ballots. ---- */

enum bac_role bac_role_of(const struct bac_engine *e, uint64_t round, uint32_t index) {
  return bac_electorate_role(&e->electorate, round, index);
}

struct bac_slot *bac_slot_of(struct bac_engine *e, uint64_t round) {
  if (round == 0 || round + 1 < e->round || round > e->round + 2) return NULL;
  struct bac_slot *slot = &e->slots[round % BAC_ROUND_SLOTS];
  if (slot->round != round) {
    free(slot->ballots);
    free(slot->claims);
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
      counts[b->role]++;
  }
}

/* One vote per sender counts, whatever arrives. */
bool bac_ballot_add(struct bac_engine *e, struct bac_slot *slot, uint32_t index, const struct bac_msg *msg) {
  struct bac_ballot *b = &slot->ballots[index];
  if (b->cast) {
    if (memcmp(b->digest, msg->digest, BAC_HASH_BYTES) != 0) bac_env_reject(e->env, BAC_REJECT_EQUIVOCATION, msg->sender);
    return false;
  }
  b->cast = true;
  b->role = (uint8_t)msg->role;
  b->verdict = (uint8_t)msg->step;
  b->height = msg->height;
  memcpy(b->digest, msg->digest, BAC_HASH_BYTES);
  memcpy(b->signature, msg->signature, BAC_SIGNATURE_BYTES);
  return true;
}

void bac_on_votes(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]) {
  /* Copied: what follows may enter another round and hand the slot to it. */
  uint8_t copy[BAC_HASH_BYTES];
  memcpy(copy, digest, sizeof copy);
  if (e->safe)
    bac_safe_on_votes(e, slot, copy);
  else
    bac_paper_on_votes(e, slot, copy);
}

/* ---- Votes. ---- */

/* P, the CPs and the next round's primary, who must build on the result. Under sortition nobody knows yet who that will be: it learns the
 * result from any of those who collect. */
static struct bac_bitset collectors(const struct bac_engine *e, const struct bac_slot *slot) {
  struct bac_bitset set;
  bac_bitset_clear(&set);
  for (uint32_t i = 0; i < e->n; i++)
    if (bac_role_of(e, slot->round, i) != BAC_ROLE_CS) bac_bitset_add(&set, i);
  bac_bitset_add(&set, e->sortition ? slot->proposer : bac_elect_primary(e->n, bac_env_roster(e->env)->epoch, slot->round + 1));
  return set;
}

/* CP_VALIDATE carries P's signed header, so that a primary that says two things to two members is seen, and the proof that it is P. */
void bac_send_vote(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES], enum bac_verdict verdict) {
  enum bac_role role = bac_role_of(e, slot->round, e->self);
  struct bac_header header;
  if (!slot->header || !bac_header_decode(&header, slot->header->data, slot->header->length)) return;
  struct bac_msg msg = {.role = (uint32_t)role, .view = slot->round, .height = header.height, .step = (uint32_t)verdict};
  memcpy(msg.digest, digest, BAC_HASH_BYTES);
  if (role == BAC_ROLE_CP) {
    uint8_t payload[BAC_VALIDATION_BYTES_MAX], proof[BAC_PROOF_BYTES_MAX];
    struct bac_writer w = bac_writer_over(payload, sizeof payload);
    bac_write_u16(&w, (uint16_t)slot->header->length);
    bac_write_bytes(&w, slot->header->data, slot->header->length);
    bac_write_bytes(&w, slot->proposal_signature, BAC_SIGNATURE_BYTES);
    bac_write_bytes(&w, proof, bac_proof_write(e, slot, slot->proposer, proof));
    msg.type = BAC_MSG_CP_VALIDATE;
    msg.payload = payload;
    msg.payload_length = w.length;
    bac_env_broadcast(e->env, &msg, false);
  } else {
    struct bac_bitset to = collectors(e, slot);
    msg.type = BAC_MSG_CS_CONSENSUS;
    bac_env_multicast(e->env, &msg, &to, true);
  }
  bac_ballot_add(e, slot, e->self, &msg);
}

void bac_cast_vote(struct bac_engine *e, uint64_t round, const uint8_t digest[BAC_HASH_BYTES], enum bac_verdict verdict) {
  struct bac_slot *slot = bac_slot_of(e, round);
  if (round != e->round || !slot || slot->ballots[e->self].cast || memcmp(slot->proposal, digest, BAC_HASH_BYTES) != 0) return;
  if (e->safe) { /* a refusal too is said once: whoever crashes and refuses another proposal would have signed two things */
    if (round <= e->last_voted) return;
    struct bac_entry *at = verdict == VERDICT_ACCEPT ? bac_chain_find(bac_env_chain(e->env), digest) : NULL;
    if (at) bac_env_keep(e->env, at); /* a light vote relies on the CPs for it */
    e->last_voted = round;
    bac_safe_persist(e);
  }
  e->waiting_round = 0;
  bac_send_vote(e, slot, digest, verdict);
  bac_arm_resend(e, slot->header ? slot->header->length : 0);
  if (bac_env_config(e->env)->early_claims && verdict == VERDICT_ACCEPT) bac_election_announce(e, round + 1);
  bac_on_votes(e, slot, digest);
}

/* A CS votes once CPs have accepted: the paper's rule for `text` and `alg1`; in safe mode the first accept does, and silent CPs
 * delay it by 2 delta, not for ever. */
static bool cps_accept(const struct bac_engine *e, const struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]) {
  if (!e->safe) return bac_paper_passed(e, slot, digest, BAC_ROLE_CP);
  uint32_t counts[3];
  bac_count_votes(e, slot, digest, VERDICT_ACCEPT, counts);
  return counts[BAC_ROLE_CP] > 0;
}

void bac_consider_vote(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]) {
  enum bac_role role = bac_role_of(e, slot->round, e->self);
  if (slot->round != e->round || role == BAC_ROLE_PRIMARY || slot->ballots[e->self].cast) return;
  if (e->safe && slot->round <= e->last_voted) return;
  if (memcmp(slot->proposal, digest, BAC_HASH_BYTES) != 0) return;
  /* The paper's CS follows the majority of the CPs, which have waited for the best. */
  const bool best = bac_election_is_best(e, slot) || (!e->safe && role == BAC_ROLE_CS);
  if (best && (role == BAC_ROLE_CP || cps_accept(e, slot, digest) || e->n == 2)) {
    bac_cast_vote(e, slot->round, digest, VERDICT_ACCEPT);
    return;
  }
  e->waiting_round = slot->round;
  if (e->safe || role == BAC_ROLE_CP) bac_env_timer(e->env, TIMER_CP_WAIT, bac_env_now(e->env) + 2 * e->delay.delta);
}

/* P and the CPs of a block. */
static uint32_t validators(const struct bac_engine *e, const struct bac_slot *slot) {
  const bool among = e->sortition && bac_role_of(e, slot->round, slot->proposer) == BAC_ROLE_CP;
  return bac_electorate_candidates(&e->electorate) + !among;
}

/* The seed of a block whose body is not here: by its parent's, of the round before, or that one's header. */
static bool seed_holds(struct bac_engine *e, const struct bac_slot *slot, const struct bac_header *h) {
  const struct bac_chain *chain = bac_env_chain(e->env);
  const struct bac_entry *parent = bac_chain_find(chain, h->prev_hash);
  const struct bac_slot *before = bac_slot_of(e, slot->round - 1);
  struct bac_header shown;
  const uint8_t *seed = parent ? parent->block->header.seed : NULL;
  if (!seed && before && before->header && memcmp(before->proposal, h->prev_hash, BAC_HASH_BYTES) == 0 &&
      bac_header_decode(&shown, before->header->data, before->header->length))
    seed = shown.seed;
  return seed && bac_seed_holds(bac_chain_seeds(chain), h, seed, bac_env_roster(e->env)->members[slot->proposer].vrf_key, bac_env_shared(e->env),
                                bac_env_cost(e->env));
}

/* `light`: the header and Q(c+1) validations, P's own among them, stand for the body; only where the header alone shows that the voting rule
 * holds (it extends this member's highest certificate, of the round before). */
void bac_consider_light_vote(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]) {
  const struct bac_config *c = bac_env_config(e->env);
  struct bac_header header;
  if (!e->safe || c->vote_rule != BAC_VOTE_LIGHT || slot->round != e->round || slot->round <= e->last_voted ||
      bac_role_of(e, slot->round, e->self) != BAC_ROLE_CS || memcmp(slot->proposal, digest, BAC_HASH_BYTES) != 0 ||
      !bac_election_is_best(e, slot) || !bac_header_decode(&header, slot->header->data, slot->header->length))
    return;
  if (memcmp(header.prev_hash, e->high_qc.digest, BAC_HASH_BYTES) != 0 || slot->round != e->high_qc.view + 1) return;
  uint32_t counts[3];
  bac_count_votes(e, slot, digest, VERDICT_ACCEPT, counts);
  if (counts[BAC_ROLE_PRIMARY] + counts[BAC_ROLE_CP] >= bac_quorum(validators(e, slot)) && seed_holds(e, slot, &header))
    bac_cast_vote(e, slot->round, digest, VERDICT_ACCEPT);
}

void bac_consider_waiting(struct bac_engine *e, const uint8_t digest[BAC_HASH_BYTES]) {
  struct bac_slot *slot = bac_slot_of(e, e->round);
  if (e->waiting_round != e->round || memcmp(slot->proposal, digest, BAC_HASH_BYTES) != 0) return;
  if (cps_accept(e, slot, digest) && (!e->safe || bac_election_is_best(e, slot))) bac_cast_vote(e, e->round, digest, VERDICT_ACCEPT);
}

void bac_vote_timer(struct bac_engine *e) {
  if (e->waiting_round != e->round) return;
  const struct bac_slot *slot = bac_slot_of(e, e->round);
  uint8_t digest[BAC_HASH_BYTES];
  memcpy(digest, slot->proposal, sizeof digest);
  bac_cast_vote(e, e->round, digest, VERDICT_ACCEPT);
}
