/* SPDX-License-Identifier: GPL-2.0-only */
/* BAC: the primary of each round, elected by sortition (protocols.md, section 3).
 *
 * As a round begins every member draws; who is elected claims. Claims may come for 2 delta and the window over which they are spread; then
 * the member with the lowest priority that it knows of proposes: of itself, if it knows of no better. Where a member knows of no claim at
 * all, the CP whose turn it is proposes, delta later. Members may know of different claims, so that several blocks of a round may come, each
 * with the proof that its proposer was elected (or is that CP: the proof that goes behind all others). A member votes
 *   - at once for the block of the best claim that it knows of,
 *   - else, 2 delta after it came, for the best block that has come,
 * and once a round: with votes split, the round ends by its timer, as it does when the winner stays silent. Nobody steps in for a silent
 * winner within the round. After a failed round, and among a crowd, claims are said several times over: one that is lost splits the votes again, and
 * every failure costs more than the last. So they are in the paper's modes, which end no round by time, and who sees a proposal before it has claimed
 * or proposed itself stays quiet; claims that are lost all the same can, like a dead primary, stop the shard. */
#include <stdlib.h>

#include "consensus/bac_internal.h"

#define CLAIM_FRAMES 20 /* the window of claims: as many of their frames, about four times those expected */
#define CLAIM_FRAME_BYTES 360
#define CLAIMS_AGAIN 4 /* times that a claim is said where losing it costs more than saying it */

/* Among a crowd a block takes its time to come to all, and so do the claims that follow the votes for it. */
static bac_time claim_window(const struct bac_engine *e) {
  const bac_time window = CLAIM_FRAMES * bac_env_airtime(e->env, CLAIM_FRAME_BYTES);
  return bac_env_tells_crowd(e->env) ? window + bac_env_vote_window(e->env, 1) : window;
}

bac_time bac_election_patience(const struct bac_engine *e) { return e->sortition ? 3 * e->delay.delta + claim_window(e) : 0; }

/* ---- Claims of a round, the winner first. ---- */

static const struct bac_claim *claim_of(const struct bac_slot *slot, uint32_t index) {
  for (uint32_t i = 0; i < slot->claim_count; i++)
    if (slot->claims[i].index == index) return &slot->claims[i];
  return NULL;
}

void bac_claim_note(struct bac_engine *e, struct bac_slot *slot, const struct bac_claim *claim) {
  if (claim->index == BAC_INDEX_NONE || claim_of(slot, claim->index)) return;
  if (!slot->claims) slot->claims = bac_alloc(BAC_CLAIMS_KEPT, sizeof *slot->claims);
  if (slot->claim_count == BAC_CLAIMS_KEPT) {
    if (!bac_claim_wins(&e->electorate, claim, &slot->claims[BAC_CLAIMS_KEPT - 1])) return;
    slot->claim_count--;
  }
  uint32_t at = slot->claim_count++;
  for (; at > 0 && bac_claim_wins(&e->electorate, claim, &slot->claims[at - 1]); at--) slot->claims[at] = slot->claims[at - 1];
  slot->claims[at] = *claim;
}

static void draw(struct bac_engine *e, struct bac_slot *slot) {
  struct bac_ticket ticket = {0};
  uint8_t alpha[BAC_SORTITION_ALPHA_BYTES];
  slot->drawn = true;
  slot->drawn_at = bac_env_now(e->env);
  if (e->electorate.lottery.total_units == 0) return;
  bac_electorate_alpha(&e->electorate, slot->round, alpha);
  bac_env_draw(e->env, &ticket, &e->electorate.lottery, alpha);
  bac_env_drawn(e->env, ticket.lambda > 0);
  if (ticket.lambda == 0) return;
  bac_claim_of_ticket(&slot->own, e->self, &ticket, bac_env_cost(e->env));
  slot->has_own = true;
  bac_claim_note(e, slot, &slot->own);
}

/* ---- Saying so. ---- */

static void say(struct bac_engine *e, struct bac_slot *slot) {
  uint8_t payload[BAC_CLAIM_BYTES];
  struct bac_msg msg = {.type = BAC_MSG_CLAIM, .role = BAC_ROLE_PRIMARY, .view = slot->round, .payload = payload, .payload_length = sizeof payload};
  bac_claim_write(&slot->own, payload);
  /* In the paper's modes a round ends for those who collect votes: the others hear it from whoever wants to lead the next. */
  if (!e->safe) memcpy(msg.digest, e->passed, BAC_HASH_BYTES);
  slot->said++;
  bac_env_broadcast(e->env, &msg, false);
}

/* Whether this member may lead the round at all. */
static bool may_claim(const struct bac_engine *e, const struct bac_slot *slot) {
  if (!slot->has_own || slot->ballots[e->self].cast) return false;
  return e->safe ? slot->round > e->last_voted : !slot->proposed; /* without timers, who comes late must not split the votes */
}

void bac_election_announce(struct bac_engine *e, uint64_t round) {
  struct bac_slot *slot = e->sortition ? bac_slot_of(e, round) : NULL;
  if (!slot || slot->drawn) return;
  draw(e, slot);
  if (!may_claim(e, slot)) return;
  say(e, slot);
  if (bac_env_tells_crowd(e->env)) bac_env_timer(e->env, TIMER_CLAIM, bac_env_now(e->env) + e->delay.delta / 2);
}

void bac_election_open(struct bac_engine *e) {
  struct bac_slot *slot = bac_slot_of(e, e->round);
  const bac_time now = bac_env_now(e->env), window = claim_window(e);
  if (!slot->drawn) draw(e, slot);
  /* Drawn before, when the votes of the last round were cast: its claims have been on their way since. */
  e->closes_at = slot->drawn_at + 2 * e->delay.delta + window;
  if (e->closes_at < now) e->closes_at = now;
  bac_env_timer(e->env, TIMER_ELECTION, e->closes_at);
  const bool says = may_claim(e, slot) && slot->said < (bac_env_tells_crowd(e->env) ? CLAIMS_AGAIN : 1);
  bac_env_timer(e->env, TIMER_CLAIM, says ? now + window * (bac_time)((e->self + e->round) % e->n) / (bac_time)e->n : BAC_NEVER);
}

void bac_election_claim_timer(struct bac_engine *e) {
  struct bac_slot *slot = bac_slot_of(e, e->round);
  if (!may_claim(e, slot) && bac_env_tells_crowd(e->env)) slot = bac_slot_of(e, e->round + 1); /* drawn early */
  if (!may_claim(e, slot)) return;
  say(e, slot);
  const bool again = !e->safe || e->failures > 0 || bac_env_tells_crowd(e->env);
  if (again && slot->said < CLAIMS_AGAIN) bac_env_timer(e->env, TIMER_CLAIM, bac_env_now(e->env) + e->delay.delta / 2);
}

void bac_election_receive(struct bac_engine *e, const struct bac_msg *msg) {
  const uint32_t index = bac_roster_index(bac_env_roster(e->env), msg->sender);
  struct bac_slot *slot = bac_slot_of(e, msg->view);
  struct bac_claim claim;
  if (!e->sortition || msg->role != BAC_ROLE_PRIMARY || msg->step != 0 || msg->height != 0 || msg->payload_length != BAC_CLAIM_BYTES) {
    bac_env_reject(e->env, BAC_REJECT_MALFORMED, msg->sender);
    return;
  }
  if (!slot) {
    bac_env_reject(e->env, msg->view < e->round ? BAC_REJECT_STALE : BAC_REJECT_WINDOW, msg->sender);
    return;
  }
  if (claim_of(slot, index)) return;
  if (bac_claim_check(&e->electorate, msg->view, index, msg->payload, &claim, bac_env_shared(e->env), bac_env_cost(e->env)) != BAC_OK) {
    bac_env_reject(e->env, BAC_REJECT_CERTIFICATE, msg->sender);
    return;
  }
  bac_claim_note(e, slot, &claim);
  if (!e->safe && msg->view == e->round + 1) {
    memcpy(e->passed, msg->digest, BAC_HASH_BYTES);
    if (!bac_chain_find(bac_env_chain(e->env), e->passed)) bac_env_want_from(e->env, e->round, index); /* here heights are rounds */
    bac_enter_round(e, msg->view);
  }
}

/* ---- Who leads. ---- */

bool bac_election_leads(struct bac_engine *e) {
  if (!e->sortition) return bac_role_of(e, e->round, e->self) == BAC_ROLE_PRIMARY;
  const struct bac_slot *slot = bac_slot_of(e, e->round);
  const bac_time now = bac_env_now(e->env);
  if (!e->safe && slot->proposed) return false;
  if (slot->claim_count > 0) return now >= e->closes_at && slot->claims[0].index == e->self;
  return now >= e->closes_at + e->delay.delta && bac_electorate_fallback(&e->electorate, e->round) == e->self;
}

void bac_election_timer(struct bac_engine *e) {
  const struct bac_slot *slot = bac_slot_of(e, e->round);
  const bac_time last = e->closes_at + e->delay.delta;
  if (slot->claim_count == 0 && bac_env_now(e->env) < last) bac_env_timer(e->env, TIMER_ELECTION, last);
  bac_arm_proposal(e);
}

bool bac_election_is_best(const struct bac_engine *e, const struct bac_slot *slot) {
  return !e->sortition || slot->claim_count == 0 || slot->claims[0].index == slot->proposer;
}

bool bac_election_better(const struct bac_engine *e, const struct bac_slot *slot, uint32_t index) {
  const struct bac_claim *now = claim_of(slot, slot->proposer), *then = claim_of(slot, index);
  return then && (!now || bac_claim_wins(&e->electorate, then, now));
}

/* ---- Proofs. ---- */

size_t bac_proof_write(const struct bac_engine *e, const struct bac_slot *slot, uint32_t proposer, uint8_t out[BAC_PROOF_BYTES_MAX]) {
  if (!e->sortition) return 0;
  const struct bac_claim *claim = claim_of(slot, proposer);
  out[0] = claim != NULL;
  if (claim) bac_claim_write(claim, out + 1);
  return claim ? BAC_PROOF_BYTES_MAX : 1;
}

bool bac_proof_read(const struct bac_engine *e, struct bac_reader *r, const uint8_t **proof) {
  *proof = NULL;
  if (!e->sortition) return true;
  const uint8_t *elected = bac_read_bytes(r, 1);
  *proof = elected;
  if (!elected || *elected > 1) return false;
  return *elected == 0 || bac_read_bytes(r, BAC_CLAIM_BYTES) != NULL;
}

enum bac_reject bac_proof_check(struct bac_engine *e, uint64_t round, uint32_t proposer, const uint8_t *proof, struct bac_claim *claim) {
  *claim = (struct bac_claim){.index = BAC_INDEX_NONE};
  if (!e->sortition) return bac_role_of(e, round, proposer) == BAC_ROLE_PRIMARY ? BAC_REJECT_COUNT : BAC_REJECT_WRONG_ROLE;
  if (proof[0] == 0) return bac_electorate_fallback(&e->electorate, round) == proposer ? BAC_REJECT_COUNT : BAC_REJECT_WRONG_ROLE;
  const struct bac_slot *slot = bac_slot_of(e, round);
  const struct bac_claim *known = slot ? claim_of(slot, proposer) : NULL;
  uint8_t bytes[BAC_CLAIM_BYTES];
  if (known) {
    bac_claim_write(known, bytes);
    if (memcmp(bytes, proof + 1, sizeof bytes) == 0) return BAC_REJECT_COUNT;
  }
  if (bac_claim_check(&e->electorate, round, proposer, proof + 1, claim, bac_env_shared(e->env), bac_env_cost(e->env)) == BAC_OK)
    return BAC_REJECT_COUNT;
  *claim = (struct bac_claim){.index = BAC_INDEX_NONE};
  return BAC_REJECT_CERTIFICATE;
}
