/* SPDX-License-Identifier: GPL-2.0-only */
/* Basic BAC: block request, CP validation, CS consensus, block commit, block on chain (protocols.md, section 1): its messages and its life. */
#include <stdlib.h>

#include "consensus/bac_internal.h"
#include "crypto/hash.h"

#define CLOCK_ERROR_MAX BAC_SECOND /* a block proposed further in the future is refused */
#define ROUND_MAX ((uint64_t)1 << 62)  /* sums of rounds cannot overflow */

/* ---- Messages. ---- */

static void adopt(struct bac_engine *e, struct bac_slot *slot, const struct bac_msg *request, const uint8_t *header, size_t length) {
  slot->proposed = true;
  slot->proposer = bac_roster_index(bac_env_roster(e->env), request->sender);
  memcpy(slot->proposal, request->digest, BAC_HASH_BYTES);
  memcpy(slot->proposal_signature, request->signature, BAC_SIGNATURE_BYTES);
  bac_buf_unref(slot->header);
  slot->header = bac_buf_new(header, length);
  if (slot->round == e->round) e->waiting_round = 0; /* what it waited with was another one */
}

/* The paper's CS votes for what the CPs have accepted, be it another elected member's block than it has taken for the best. */
static void follow_candidates(struct bac_engine *e, struct bac_slot *slot, const struct bac_msg *request, const uint8_t *header, size_t length) {
  if (slot->ballots[e->self].cast || memcmp(slot->proposal, request->digest, BAC_HASH_BYTES) == 0 ||
      !bac_paper_passed(e, slot, request->digest, BAC_ROLE_CP) || !bac_chain_find(bac_env_chain(e->env), request->digest))
    return;
  adopt(e, slot, request, header, length);
  bac_consider_vote(e, slot, request->digest);
}

/* Takes in a proposer's signed header, and with it its vote. False: it has shown another one before. */
static bool learn_header(struct bac_engine *e, struct bac_slot *slot, const struct bac_msg *request, const uint8_t *header, size_t length,
                         const struct bac_claim *claim) {
  const uint32_t index = bac_roster_index(bac_env_roster(e->env), request->sender);
  const struct bac_ballot *b = &slot->ballots[index];
  if (b->cast && b->role == BAC_ROLE_PRIMARY) {
    if (memcmp(b->digest, request->digest, BAC_HASH_BYTES) == 0) return true;
    bac_env_reject(e->env, BAC_REJECT_EQUIVOCATION, request->sender);
    return false;
  }
  bac_claim_note(e, slot, claim);
  if (!slot->proposed || (!slot->ballots[e->self].cast && bac_election_better(e, slot, index))) adopt(e, slot, request, header, length);
  bac_ballot_add(e, slot, index, request);
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
  if (may_vote) bac_consider_vote(e, slot, digest);
  slot = bac_slot_of(e, round);
  if (slot) bac_on_votes(e, slot, digest);
  bac_arm_proposal(e);
}

void bac_try_orphan(struct bac_engine *e) {
  if (!e->orphan) return;
  struct bac_buf *payload = e->orphan;
  e->orphan = NULL;
  struct bac_block *block = bac_env_decode(e->env, payload->data, payload->length, e->orphan_from);
  bac_buf_unref(payload);
  if (block) take_block(e, block, e->orphan_from);
}

/* The proof that stands in front of what the block stands on. */
static enum bac_reject check_proof(struct bac_engine *e, const struct bac_block *block, uint32_t index, struct bac_claim *claim) {
  struct bac_reader r = bac_reader_over(block->certificate, block->certificate_length);
  const uint8_t *proof;
  if (!bac_proof_read(e, &r, &proof)) return BAC_REJECT_CERTIFICATE;
  return bac_proof_check(e, block->header.round, index, proof, claim);
}

static bool contradicts(const struct bac_slot *slot, uint32_t index, const uint8_t digest[BAC_HASH_BYTES]) {
  const struct bac_ballot *b = slot ? &slot->ballots[index] : NULL;
  return b && b->cast && b->role == BAC_ROLE_PRIMARY && memcmp(b->digest, digest, BAC_HASH_BYTES) != 0;
}

static void receive_block_request(struct bac_engine *e, const struct bac_msg *msg, uint32_t index) {
  const bool in_turn = e->sortition || bac_role_of(e, msg->view, index) == BAC_ROLE_PRIMARY;
  if (!in_turn || msg->role != BAC_ROLE_PRIMARY || msg->step != VERDICT_ACCEPT) {
    bac_env_reject(e->env, BAC_REJECT_WRONG_ROLE, msg->sender);
    return;
  }
  if (msg->view + 1 < e->round) {
    bac_env_reject(e->env, BAC_REJECT_STALE, msg->sender);
    return;
  }
  struct bac_block *block = bac_env_decode(e->env, msg->payload, msg->payload_length, msg->sender);
  if (!block) return;
  struct bac_claim claim;
  struct bac_slot *slot = bac_slot_of(e, msg->view);
  enum bac_reject reason = header_fits(e, &block->header, msg, msg->sender) ? BAC_REJECT_COUNT : BAC_REJECT_BLOCK;
  if (reason == BAC_REJECT_COUNT && contradicts(slot, index, msg->digest)) reason = BAC_REJECT_EQUIVOCATION;
  if (reason == BAC_REJECT_COUNT) reason = check_proof(e, block, index, &claim);
  if (reason != BAC_REJECT_COUNT) {
    bac_env_reject(e->env, reason, msg->sender);
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
  if (slot) learn_header(e, slot, msg, header, length, &claim);
  take_block(e, block, index);
  if (!slot && (slot = bac_slot_of(e, msg->view)) != NULL && learn_header(e, slot, msg, header, length, &claim) &&
      bac_chain_find(bac_env_chain(e->env), msg->digest))
    bac_consider_vote(e, slot, msg->digest);
}

static uint32_t id_in_turn(const struct bac_engine *e, uint64_t round) {
  const struct bac_roster *roster = bac_env_roster(e->env);
  return roster->members[bac_elect_primary(e->n, roster->epoch, round)].id;
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
  const uint8_t *proof;
  struct bac_header h;
  if (!signature || !bac_proof_read(e, &r, &proof) || bac_reader_left(&r) != 0 || !bac_header_decode(&h, header, length) ||
      !header_fits(e, &h, msg, e->sortition ? h.proposer : id_in_turn(e, msg->view)) ||
      bac_roster_index(bac_env_roster(e->env), h.proposer) == BAC_INDEX_NONE) {
    bac_env_reject(e->env, BAC_REJECT_MALFORMED, msg->sender);
    return;
  }
  const uint32_t primary = bac_roster_index(bac_env_roster(e->env), h.proposer);
  const struct bac_member *p = &bac_env_roster(e->env)->members[primary];
  struct bac_msg request = {.protocol = BAC_PROTOCOL_ID, .type = BAC_MSG_BLOCK_REQUEST, .role = BAC_ROLE_PRIMARY, .shard = msg->shard,
                            .epoch = msg->epoch, .view = msg->view, .height = msg->height, .step = VERDICT_ACCEPT, .sender = p->id};
  memcpy(request.digest, msg->digest, BAC_HASH_BYTES);
  memcpy(request.signature, signature, BAC_SIGNATURE_BYTES);
  const struct bac_ballot *own = &slot->ballots[primary];
  struct bac_claim claim;
  bool known = own->cast && own->role == BAC_ROLE_PRIMARY && memcmp(own->digest, msg->digest, BAC_HASH_BYTES) == 0 &&
               memcmp(own->signature, signature, BAC_SIGNATURE_BYTES) == 0;
  if (!known && primary != e->self) {
    uint8_t digest[BAC_HASH_BYTES];
    bac_msg_signing_digest(digest, &request);
    if (!bac_verify(bac_env_shared(e->env), signature, digest, p->sign_key, bac_env_cost(e->env)) ||
        bac_proof_check(e, msg->view, primary, proof, &claim) != BAC_REJECT_COUNT) {
      bac_env_reject(e->env, BAC_REJECT_CERTIFICATE, msg->sender);
      return;
    }
    if (!learn_header(e, slot, &request, header, length, &claim)) return;
  } else if (!known) {
    bac_env_reject(e->env, BAC_REJECT_CERTIFICATE, msg->sender); /* this member proposed nothing like it */
    return;
  }
  if (!bac_ballot_add(e, slot, index, msg)) return;
  if (!e->safe) follow_candidates(e, slot, &request, header, length);
  if (msg->view == e->round) bac_consider_waiting(e, msg->digest);
  slot = bac_slot_of(e, msg->view);
  if (!slot) return;
  bac_consider_light_vote(e, slot, msg->digest);
  slot = bac_slot_of(e, msg->view);
  if (slot) bac_on_votes(e, slot, msg->digest);
}

static void receive_cs_consensus(struct bac_engine *e, const struct bac_msg *msg, uint32_t index) {
  struct bac_slot *slot = bac_slot_of(e, msg->view);
  if (bac_role_of(e, msg->view, index) != BAC_ROLE_CS || msg->role != BAC_ROLE_CS || msg->step > VERDICT_ACCEPT)
    bac_env_reject(e->env, BAC_REJECT_WRONG_ROLE, msg->sender);
  else if (!slot)
    bac_env_reject(e->env, msg->view < e->round ? BAC_REJECT_STALE : BAC_REJECT_WINDOW, msg->sender);
  else if (bac_ballot_add(e, slot, index, msg))
    bac_on_votes(e, slot, msg->digest);
}

static void engine_receive(void *engine, const struct bac_msg *msg) {
  struct bac_engine *e = engine;
  uint32_t index = bac_roster_index(bac_env_roster(e->env), msg->sender);
  if (msg->view == 0 || msg->view > ROUND_MAX || (!e->safe && msg->type >= BAC_MSG_QC && msg->type != BAC_MSG_CLAIM)) {
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
    case BAC_MSG_CLAIM:
      bac_election_receive(e, msg);
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
    if (memcmp(slot->proposal, digest, sizeof digest) == 0) bac_consider_vote(e, slot, digest);
    bac_on_votes(e, slot, digest);
  }
  bac_try_orphan(e);
  bac_arm_proposal(e);
}

/* ---- Timers and life. ---- */

static void resend(struct bac_engine *e) {
  struct bac_slot *slot = bac_slot_of(e, e->round);
  if (e->own_proposal) {
    bac_env_resend(e->env, e->own_proposal);
    bac_arm_resend(e, e->own_proposal->length);
  } else if (slot->ballots[e->self].cast) {
    uint8_t digest[BAC_HASH_BYTES];
    memcpy(digest, slot->ballots[e->self].digest, sizeof digest);
    slot->ballots[e->self].cast = false; /* cast again below, with the same bytes */
    bac_send_vote(e, slot, digest, (enum bac_verdict)slot->ballots[e->self].verdict);
    bac_arm_resend(e, 0);
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
      bac_vote_timer(e);
      break;
    case TIMER_PUBLISH:
      bac_safe_publish(e);
      break;
    case TIMER_RESEND:
      resend(e);
      break;
    case TIMER_CLAIM:
      bac_election_claim_timer(e);
      break;
    case TIMER_ELECTION:
      bac_election_timer(e);
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
  e->sortition = bac_env_config(env)->election == BAC_ELECTION_SORTITION;
  bac_delay_init(e);
  const struct bac_block *base = bac_chain_base(bac_env_chain(env))->block;
  bac_electorate_init(&e->electorate, bac_env_roster(env), bac_env_config(env)->election, bac_env_config(env)->candidates_permille, base->digest);
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
  bac_enter_round(e, below + 1);
  if (!e->safe) return;
  bac_safe_adopt_head(e);
  if (!bac_chain_find(bac_env_chain(e->env), e->high_qc.digest)) bac_env_want(e->env, e->high_qc.height);
}

static void engine_pool_changed(void *engine) {
  struct bac_engine *e = engine;
  if (bac_election_leads(e)) bac_arm_proposal(e);
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
    free(e->slots[i].claims);
    bac_buf_unref(e->slots[i].header);
  }
  bac_electorate_clear(&e->electorate);
  free(e->timeouts);
  free(e->helped_at);
  bac_buf_unref(e->orphan);
  bac_buf_unref(e->own_proposal);
  bac_buf_unref(e->certificate_said);
  bac_qc_clear(&e->high_qc);
  bac_tc_clear(&e->high_tc);
}

static const struct bac_msg_rule rules[] = {
    {BAC_MSG_BLOCK_REQUEST, BAC_BIND_HEADER, BAC_OBJECT_BYTES_MAX},
    {BAC_MSG_CP_VALIDATE, BAC_BIND_HEADER, BAC_VALIDATION_BYTES_MAX},
    {BAC_MSG_CS_CONSENSUS, BAC_BIND_NONE, 0},
    {BAC_MSG_QC, BAC_BIND_HASH, 40000},
    {BAC_MSG_TIMEOUT, BAC_BIND_NONE, 4},
    {BAC_MSG_TC, BAC_BIND_HASH, 100000},
    {BAC_MSG_CLAIM, BAC_BIND_NONE, BAC_CLAIM_BYTES},
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
    .election = "round-robin",
    .seeds = BAC_SEED_VRF,
    .elects_primary = true,
    .elects_committee = true,
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
