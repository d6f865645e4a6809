/* SPDX-License-Identifier: GPL-2.0-only */
/* BAC, safe mode: quorum certificates, two-chain commit, a pacemaker (protocols.md, section 1; the voting rule is that of
 * Jolteon, Gelashvili et al. 2022). */
#include "consensus/bac_internal.h"

/* A round-robin leaves at most f faulty primaries in a row, hence doubling up to 64 times, as PBFT does. A lottery may elect faulty members
 * many times in a row, and a commit needs two honest primaries in a row: with a factor for each failure the time to the next commit has a heavy
 * tail (bac-sim --protocol=bac --seed=412633: eight silent winners in 14 rounds). So each adds half a round, up to 17 rounds; the base itself
 * follows measured delays. */
#define DOUBLINGS_MAX 6
#define HALVES_MAX 32
#define HELP_INTERVAL (BAC_SECOND / 2)
#define HELPERS 2  /* of a crowd, at a time, on average */
#define MORE_MAX 5 /* times that there are twice as many */
#define WHOLE 4    /* of the times to help a crowd: one in so many with the certificates themselves */
#define AGAIN_BYTES 4
#define CROWD_TURN 4 /* times that a certificate takes to those nearby: until a CP of a crowd hears that another one publishes */
#define CROWD_TURNS 6 /* of these all have had theirs, each later one sooner after the one before: it matters only if few have the certificate */

/* ---- Durable state: u64 last_voted || u64 timed_out || certificate. ---- */

void bac_safe_persist(struct bac_engine *e) {
  struct bac_buf *qc = e->high_qc.view > 0 ? bac_qc_encode(&e->high_qc) : bac_buf_new(NULL, 0);
  struct bac_buf *record = bac_buf_new(NULL, 16 + qc->length);
  bac_put_u64(record->data, e->last_voted);
  bac_put_u64(record->data + 8, e->timed_out);
  if (qc->length > 0) memcpy(record->data + 16, qc->data, qc->length);
  bac_env_persist(e->env, record->data, record->length);
  bac_buf_unref(record);
  bac_buf_unref(qc);
}

/* A member that cannot read what it promised must not promise again: it follows what others agree on and says nothing. */
#define FOLLOWS_ONLY UINT64_MAX

void bac_safe_restore(struct bac_engine *e, const uint8_t *record, size_t length) {
  struct bac_qc qc = {0};
  if (length < 16 || (length > 16 && !bac_qc_decode(&qc, record + 16, length - 16))) {
    e->last_voted = e->timed_out = FOLLOWS_ONLY;
    return;
  }
  e->last_voted = bac_get_u64(record);
  e->timed_out = bac_get_u64(record + 8);
  if (length > 16) bac_qc_copy(&e->high_qc, &qc);
  bac_qc_clear(&qc);
}

/* ---- Certificates. ---- */

/* A member's vote for a block: P's is its BLOCK_REQUEST, a CP's CP_VALIDATE, a CS's CS_CONSENSUS. */
static bool vote_of(const void *engine, const struct bac_qc *qc, uint32_t index, struct bac_msg *msg) {
  const struct bac_engine *e = engine;
  const enum bac_role role = e->sortition && index + 1 == qc->proposer ? BAC_ROLE_PRIMARY : bac_role_of(e, qc->view, index);
  msg->role = (uint32_t)role;
  msg->step = VERDICT_ACCEPT;
  msg->type = role == BAC_ROLE_PRIMARY ? BAC_MSG_BLOCK_REQUEST : role == BAC_ROLE_CP ? BAC_MSG_CP_VALIDATE : BAC_MSG_CS_CONSENSUS;
  return true;
}

bool bac_safe_verify_qc(struct bac_engine *e, const struct bac_qc *qc) {
  return qc->type == BAC_MSG_CS_CONSENSUS && qc->view > 0 &&
         bac_qc_verify(qc, bac_env_roster(e->env), bac_quorum(e->n), vote_of, e, bac_env_shared(e->env), bac_env_cost(e->env));
}

void bac_safe_adopt_tip(struct bac_engine *e, const struct bac_entry *tip) {
  struct bac_qc qc;
  if (tip == bac_chain_base(bac_env_chain(e->env)) || !tip->certificate || !bac_qc_decode(&qc, tip->certificate->data, tip->certificate->length)) return;
  if (qc.view > e->high_qc.view) bac_qc_copy(&e->high_qc, &qc);
  bac_qc_clear(&qc);
}

/* The certificate that a certified block carries for its parent was checked by the Q(n) who voted for it. */
static void certify_parent(struct bac_engine *e, struct bac_entry *at) {
  struct bac_reader r = bac_reader_over(at->block->certificate, at->block->certificate_length);
  const uint8_t *proof;
  if (!bac_proof_read(e, &r, &proof)) return;
  size_t length = bac_read_u32(&r);
  const uint8_t *qc = bac_read_bytes(&r, length);
  if (qc && at->parent && length > 0 && at->parent != bac_chain_base(bac_env_chain(e->env))) bac_chain_certify(at->parent, qc, length);
}

/* round: of the certificate that makes it so. */
static void commit_chain(struct bac_engine *e, struct bac_entry *at, uint64_t round) {
  while (at->closing) at = at->parent; /* what follows the epoch's last block only helps to commit it */
  while (!at->committed) {
    struct bac_entry *next = at;
    while (!next->parent->committed) next = next->parent;
    /* Two certified branches above one committed block would mean more than f faulty members: say so by not following. */
    if (next->parent != bac_chain_tip(bac_env_chain(e->env))) return;
    bac_env_decided(e->env, 1, round - next->block->header.round + 1);
    bac_env_commit(e->env, next);
  }
}

/* Commit B when B and its child B' are certified and B'.round == B.round + 1. */
static void two_chain(struct bac_engine *e, struct bac_entry *child) {
  struct bac_entry *block = child->parent;
  if (child->committed || !block || block->committed || !block->certificate) return;
  if (child->block->header.round != block->block->header.round + 1) return;
  commit_chain(e, block, child->block->header.round);
}

void bac_safe_adopt_head(struct bac_engine *e) {
  struct bac_entry *head = bac_chain_find(bac_env_chain(e->env), e->high_qc.digest);
  if (!head || head->committed) return;
  struct bac_buf *encoded = bac_qc_encode(&e->high_qc);
  bac_chain_certify(head, encoded->data, encoded->length);
  bac_buf_unref(encoded);
  for (struct bac_entry *at = head; !at->committed; at = at->parent) certify_parent(e, at);
  bac_env_serve(e->env, head);
  two_chain(e, head); /* the crash may have come between the certificate and the commit */
}

void bac_safe_on_qc(struct bac_engine *e, const struct bac_qc *qc, uint32_t from) {
  struct bac_entry *at = bac_chain_find(bac_env_chain(e->env), qc->digest);
  if (at && !at->certificate) {
    struct bac_buf *encoded = bac_qc_encode(qc);
    bac_chain_certify(at, encoded->data, encoded->length);
    bac_buf_unref(encoded);
    certify_parent(e, at);
  }
  if (qc->view > e->high_qc.view) {
    /* A step back for two rounds in a row, which commit a block. For each single one, a member whose timer is a little too short would go back
     * below what has just sufficed, and every other round would fail for good. */
    if (e->failures > 0 && qc->view == e->high_qc.view + 1) e->failures--;
    bac_qc_copy(&e->high_qc, qc);
  }
  if (at && qc->view == e->high_qc.view) bac_env_serve(e->env, at);
  if (at)
    two_chain(e, at);
  else
    bac_env_want_from(e->env, qc->height, from);
  if (qc->view >= e->round) bac_enter_round(e, qc->view + 1);
}

/* The height that most accepting votes for a digest were signed with: of Q(n), Q(n) - f are honest and name the right one. */
static uint64_t height_voted(const struct bac_engine *e, const struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]) {
  uint64_t height = 0;
  uint32_t lead = 0;
  for (uint32_t i = 0; i < e->n; i++) { /* the majority's, if there is one (Boyer, Moore 1991) */
    const struct bac_ballot *b = &slot->ballots[i];
    if (!b->cast || b->verdict != VERDICT_ACCEPT || memcmp(b->digest, digest, BAC_HASH_BYTES) != 0) continue;
    if (lead == 0) height = b->height;
    if (b->height == height)
      lead++;
    else
      lead--;
  }
  return height;
}

/* How long a CP waits for others to publish. Certificates of several frames, which differ in their signers, would fill the air if all CPs of a large
 * shard sent theirs: they take turns, in another order each round, and among a crowd begin later: the next block, which carries one, may come before. */
static bac_time publish_wait(const struct bac_engine *e, const struct bac_qc *qc) {
  struct bac_buf *encoded = bac_qc_encode(qc);
  const size_t bytes = encoded->length;
  bac_buf_unref(encoded);
  const bac_time wait = 2 * e->delay.delta;
  if (bytes <= BAC_FRAME_BYTES_MAX) return wait;
  uint64_t before = qc->view;
  for (uint32_t i = 0; i < e->self; i++) before += bac_role_of(e, qc->view, i) == BAC_ROLE_CP;
  const bac_time turn = bac_env_airtime(e->env, bytes) * e->delay.stretch_permille / 1000, place = (bac_time)(before % bac_electorate_candidates(&e->electorate));
  if (!bac_env_tells_crowd(e->env)) return wait + turn * place;
  return wait + bac_env_config(e->env)->block_interval / 2 + CROWD_TURN * turn * CROWD_TURNS * place / (place + CROWD_TURNS);
}

/* More of a crowd than may be faulty vote in the round after the highest certificate's: its block, which carries that certificate, is on its way. */
static bool others_go_on(const struct bac_engine *e) {
  uint32_t votes = 0;
  if (!bac_env_tells_crowd(e->env)) return false;
  const struct bac_slot *next = &e->slots[(e->high_qc.view + 1) % BAC_ROUND_SLOTS];
  for (uint32_t i = 0; next->round == e->high_qc.view + 1 && i < e->n; i++) votes += next->ballots[i].cast;
  return votes > bac_faults_max(e->n);
}

void bac_safe_on_votes(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]) {
  if (slot->round <= e->high_qc.view) return;
  const struct bac_roster *roster = bac_env_roster(e->env);
  struct bac_votes votes = {0};
  struct bac_qc qc, what = {.protocol = BAC_PROTOCOL_ID,
                            .type = BAC_MSG_CS_CONSENSUS,
                            .shard = roster->shard,
                            .epoch = roster->epoch,
                            .view = slot->round,
                            .height = height_voted(e, slot, digest)};
  uint32_t proposer = BAC_INDEX_NONE;
  for (uint32_t i = 0; i < e->n; i++) {
    const struct bac_ballot *b = &slot->ballots[i];
    if (!b->cast || b->verdict != VERDICT_ACCEPT || b->height != what.height || memcmp(b->digest, digest, BAC_HASH_BYTES) != 0) continue;
    if (b->role == BAC_ROLE_PRIMARY) proposer = i;
    bac_votes_add(&votes, e->n, i, b->signature);
  }
  if (votes.count >= bac_quorum(e->n)) {
    const uint64_t round = slot->round;
    memcpy(what.digest, digest, BAC_HASH_BYTES);
    bac_votes_certificate(&votes, e->n, bac_quorum(e->n), &what, &qc);
    if (e->sortition && proposer != BAC_INDEX_NONE && bac_bitset_has(&qc.signers, proposer)) qc.proposer = 1 + proposer;
    const bool leads = proposer == e->self, publishes = leads || bac_role_of(e, round, e->self) != BAC_ROLE_CS;
    bac_safe_on_qc(e, &qc, e->self);
    /* The primary publishes; a CP does when nobody else has (publish_wait), so that one silent collector cannot hide the result. */
    if (publishes && e->high_qc.view == round) {
      e->published = false;
      bac_env_timer(e->env, TIMER_PUBLISH, bac_env_now(e->env) + (leads ? 0 : publish_wait(e, &qc)));
    }
    bac_qc_clear(&qc);
  }
  bac_votes_clear(&votes);
}

static void keep_said(struct bac_engine *e, struct bac_buf *object) {
  bac_buf_unref(e->certificate_said);
  e->certificate_said = object;
}

void bac_safe_publish(struct bac_engine *e) {
  if (e->published || e->high_qc.view == 0 || others_go_on(e)) return;
  e->published = true;
  struct bac_buf *qc = bac_qc_encode(&e->high_qc);
  struct bac_msg msg = {.type = BAC_MSG_QC, .view = e->high_qc.view, .height = e->high_qc.height, .payload = qc->data, .payload_length = qc->length};
  bac_env_broadcast(e->env, &msg, false);
  if (bac_env_tells_crowd(e->env)) keep_said(e, bac_buf_ref(bac_env_last_object(e->env)));
  bac_buf_unref(qc);
}

/* The certificate that a message brings; the caller clears it. BAC_REJECT_COUNT: it holds. */
static enum bac_reject qc_said(struct bac_engine *e, const struct bac_msg *msg, struct bac_qc *qc) {
  if (!bac_qc_decode(qc, msg->payload, msg->payload_length)) return BAC_REJECT_MALFORMED;
  if (qc->view == msg->view && bac_safe_verify_qc(e, qc)) return BAC_REJECT_COUNT;
  bac_qc_clear(qc);
  return BAC_REJECT_CERTIFICATE;
}

void bac_safe_receive_qc(struct bac_engine *e, const struct bac_msg *msg) {
  struct bac_qc qc;
  if (msg->view < e->high_qc.view) return;
  if (bac_env_tells_crowd(e->env)) keep_said(e, bac_msg_encode(msg));
  /* Who has it looks at another one only if it would publish its own: no false one is to silence it. */
  if (msg->view == e->high_qc.view && (e->published || bac_role_of(e, msg->view, e->self) == BAC_ROLE_CS)) return;
  const enum bac_reject reason = qc_said(e, msg, &qc);
  if (reason != BAC_REJECT_COUNT) {
    bac_env_reject(e->env, reason, msg->sender);
    return;
  }
  e->published = true;
  if (qc.view > e->high_qc.view) bac_safe_on_qc(e, &qc, bac_roster_index(bac_env_roster(e->env), msg->sender));
  bac_qc_clear(&qc);
}

/* ---- What a proposal stands on: u32 length || QC (none: genesis) || TC (none: the round before has a QC). ---- */

struct bac_buf *bac_safe_justification(const struct bac_engine *e) {
  struct bac_buf *qc = e->high_qc.view > 0 ? bac_qc_encode(&e->high_qc) : bac_buf_new(NULL, 0);
  const bool with_tc = e->high_tc.encoded && e->high_tc.round > e->high_qc.view;
  struct bac_buf *out = bac_buf_new(NULL, 4 + qc->length + (with_tc ? e->high_tc.encoded->length : 0));
  struct bac_writer w = bac_writer_over(out->data, out->length);
  bac_write_u32(&w, (uint32_t)qc->length);
  bac_write_bytes(&w, qc->data, qc->length);
  if (with_tc) bac_write_bytes(&w, e->high_tc.encoded->data, e->high_tc.encoded->length);
  bac_buf_unref(qc);
  return out;
}

/* Reads and verifies both parts. qc->view 0: genesis. tc->encoded NULL: none. On success the caller clears both. */
static bool read_justification(struct bac_engine *e, const uint8_t *bytes, size_t length, struct bac_qc *qc, struct bac_tc *tc) {
  struct bac_reader r = bac_reader_over(bytes, length);
  size_t qc_length = bac_read_u32(&r);
  const uint8_t *qc_bytes = bac_read_bytes(&r, qc_length);
  *qc = (struct bac_qc){0};
  *tc = (struct bac_tc){0};
  if (!qc_bytes) return false;
  if (qc_length > 0 && !bac_qc_decode(qc, qc_bytes, qc_length)) return false;
  if (qc_length > 0 && !bac_safe_verify_qc(e, qc)) goto bad;
  if (qc_length == 0) {
    const struct bac_block *base = bac_chain_base(bac_env_chain(e->env))->block;
    memcpy(qc->digest, base->digest, BAC_HASH_BYTES);
    qc->height = base->header.height;
  }
  size_t tc_length = bac_reader_left(&r);
  if (tc_length > 0 && !bac_tc_read(tc, bac_read_bytes(&r, tc_length), tc_length, bac_env_roster(e->env), BAC_PROTOCOL_ID, bac_quorum(e->n),
                                    bac_env_shared(e->env), bac_env_cost(e->env)))
    goto bad;
  return true;
bad:
  bac_qc_clear(qc);
  return false;
}

bool bac_safe_may_vote(const struct bac_engine *e, uint64_t round, uint64_t qc_round, const struct bac_tc *tc) {
  if (round <= e->last_voted) return false;
  return round == qc_round + 1 || (tc->encoded && round == tc->round + 1 && qc_round >= tc->highest_qc_round);
}

/* A timeout certificate counts once the certificate it rests on is here. */
static void adopt_tc(struct bac_engine *e, struct bac_tc *tc) {
  if (tc->highest_qc_round > e->high_qc.view) return;
  uint64_t round = tc->round;
  if (round > e->high_tc.round) bac_tc_take(&e->high_tc, tc);
  if (round >= e->round) bac_enter_round(e, round + 1);
}

bool bac_safe_justify(struct bac_engine *e, const struct bac_block *block, uint32_t from, bool *may_vote) {
  struct bac_qc qc;
  struct bac_tc tc;
  struct bac_reader r = bac_reader_over(block->certificate, block->certificate_length);
  const uint8_t *proof;
  if (!bac_proof_read(e, &r, &proof)) return false;
  const size_t left = bac_reader_left(&r);
  if (!read_justification(e, bac_read_bytes(&r, left), left, &qc, &tc)) return false;
  const uint64_t round = block->header.round;
  bool holds = memcmp(qc.digest, block->header.prev_hash, BAC_HASH_BYTES) == 0 && qc.height + 1 == block->header.height &&
               (round == qc.view + 1 || (tc.encoded && round == tc.round + 1 && qc.view >= tc.highest_qc_round));
  if (holds) {
    *may_vote = bac_safe_may_vote(e, round, qc.view, &tc);
    if (qc.view >= e->high_qc.view) e->published = true;
    if (qc.view > 0) bac_safe_on_qc(e, &qc, from);
    if (tc.encoded) adopt_tc(e, &tc);
  }
  bac_qc_clear(&qc);
  bac_tc_clear(&tc);
  return holds;
}

/* ---- Pacemaker. ---- */

static bac_time round_base(const struct bac_engine *e) {
  const struct bac_config *c = bac_env_config(e->env);
  uint64_t body = bac_pool_bytes(bac_env_pool(e->env)) * 2 + 10000;
  if (body > c->block_bytes_max) body = c->block_bytes_max;
  bac_time bodies = bac_env_airtime(e->env, body) * e->delay.stretch_permille / 1000;
  if (c->delivery == BAC_DELIVERY_UNICAST) bodies *= e->n;
  uint32_t receivers = c->delivery == BAC_DELIVERY_UNICAST ? bac_electorate_candidates(&e->electorate) + 2 : 1;
  return c->block_interval + 4 * e->delay.delta + bac_election_patience(e) + bodies + 2 * bac_env_vote_window(e->env, receivers);
}

bac_time bac_safe_round_timeout(const struct bac_engine *e) {
  const bac_time base = round_base(e);
  return e->sortition ? base + base / 2 * e->failures : base << e->failures;
}

static void send_timeout(struct bac_engine *e) {
  struct bac_msg msg = {.type = BAC_MSG_TIMEOUT, .view = e->round, .height = e->high_qc.view};
  memcpy(msg.digest, e->high_qc.digest, BAC_HASH_BYTES);
  /* The link delivers equal bytes once, but whoever has gone on must hear that this member has not: a count tells them apart. */
  uint8_t again[AGAIN_BYTES];
  bac_put_u32(again, e->timeouts_sent++);
  msg.payload = again;
  msg.payload_length = sizeof again;
  bac_env_broadcast(e->env, &msg, true);
  struct bac_timeout *own = &e->timeouts[e->self];
  own->round = msg.view;
  own->qc_round = msg.height;
  memcpy(own->qc_digest, msg.digest, BAC_HASH_BYTES);
  memcpy(own->signature, msg.signature, BAC_SIGNATURE_BYTES);
}

/* With Q(n) timeouts of a round it is over; with f + 1 of this round or later ones this member gives up too. */
static void weigh_timeouts(struct bac_engine *e) {
  uint32_t ahead = 0;
  for (uint32_t i = 0; i < e->n; i++) ahead += e->timeouts[i].round >= e->round && i != e->self;
  if (ahead > bac_faults_max(e->n) && e->timed_out < e->round) {
    bac_safe_timeout(e);
    return;
  }
  struct bac_tc tc;
  if (bac_tc_form(&tc, e->timeouts, bac_env_roster(e->env), bac_quorum(e->n), e->round, e->high_qc.view)) {
    adopt_tc(e, &tc);
    bac_tc_clear(&tc);
  }
}

void bac_safe_timeout(struct bac_engine *e) {
  if (e->last_voted == FOLLOWS_ONLY) return;
  if (e->timed_out < e->round) {
    e->timed_out = e->round;
    if (e->last_voted < e->round) e->last_voted = e->round;
    e->waiting_round = 0;
    if (e->failures < (e->sortition ? HALVES_MAX : DOUBLINGS_MAX)) e->failures++;
    bac_env_view_change(e->env);
  }
  bac_safe_persist(e);
  send_timeout(e);
  /* Said again at the pace of a round, however far the timer has backed off: it may have been lost, and a partition may heal. */
  bac_env_timer(e->env, TIMER_ROUND, bac_env_now(e->env) + round_base(e));
  weigh_timeouts(e);
}

/* Whether it is this member's turn to help those of a crowd who are behind. Drawn anew with each interval, so that faulty ones cannot stand in the way
 * for long, and more of them the longer the round lasts, since few may be ahead; nothing that a member says changes it. */
static bool helps_now(const struct bac_engine *e, bac_time now) {
  struct bac_random draw = bac_random_stream((uint64_t)(now / HELP_INTERVAL), e->self, BAC_PURPOSE_ENGINE);
  const bac_time longer = (now - e->round_started_at) / (8 * HELP_INTERVAL);
  const uint32_t among = e->n >> (longer < MORE_MAX ? longer : MORE_MAX);
  return bac_random_below(&draw, among > 0 ? among : 1) < HELPERS;
}

/* Says this round's proposal again, byte for byte, where it is here: it carries what brought its proposer here, and who has it need not hear it again. */
static bool say_proposal_again(struct bac_engine *e) {
  const struct bac_slot *slot = bac_slot_of(e, e->round);
  const struct bac_entry *at = slot->proposed ? bac_chain_find(bac_env_chain(e->env), slot->proposal) : NULL;
  if (!at || !at->block->payload) return false;
  const struct bac_header *h = &at->block->header;
  struct bac_msg msg = {.protocol = BAC_PROTOCOL_ID,
                        .type = BAC_MSG_BLOCK_REQUEST,
                        .role = BAC_ROLE_PRIMARY,
                        .shard = h->shard,
                        .epoch = h->epoch,
                        .view = h->round,
                        .height = h->height,
                        .step = VERDICT_ACCEPT,
                        .sender = h->proposer,
                        .payload = at->block->payload->data,
                        .payload_length = at->block->payload->length};
  memcpy(msg.digest, slot->proposal, BAC_HASH_BYTES);
  memcpy(msg.signature, slot->proposal_signature, BAC_SIGNATURE_BYTES);
  struct bac_buf *object = bac_msg_encode(&msg);
  bac_env_resend(e->env, object);
  bac_buf_unref(object);
  return true;
}

/* The same for the certificate by which this round was entered. */
static bool say_certificate_again(struct bac_engine *e) {
  struct bac_msg msg;
  struct bac_qc qc;
  if (!e->certificate_said || !bac_msg_decode(&msg, e->certificate_said->data, e->certificate_said->length) || msg.view + 1 != e->round ||
      qc_said(e, &msg, &qc) != BAC_REJECT_COUNT)
    return false;
  bac_qc_clear(&qc);
  bac_env_resend(e->env, e->certificate_said);
  return true;
}

/* Tells a member that is behind what brought this one here. Among a crowd few do, and tell all, since others will be behind, too, and only if the round
 * lasts: as long as blocks follow each other, the next one brings it to those as well. Mostly the proposal is enough; now and then the certificates
 * themselves are said, for whom it is none: its proposer, back after a crash, and those to whom a faulty one has shown another. */
static void help(struct bac_engine *e, uint32_t index) {
  const bac_time now = bac_env_now(e->env);
  const bool all = bac_env_tells_crowd(e->env);
  bac_time *helped_at = &e->helped_at[all ? e->self : index];
  if (now - *helped_at < HELP_INTERVAL) return;
  if (all && now - e->round_started_at < 2 * bac_env_config(e->env)->block_interval) return;
  if (bac_env_crowded(e->env) && !helps_now(e, now)) return;
  *helped_at = now;
  if (all && now / HELP_INTERVAL % WHOLE != 0 && say_proposal_again(e)) return;
  if (all && say_certificate_again(e)) return;
  struct bac_buf *justification = bac_safe_justification(e);
  struct bac_msg msg = {.type = BAC_MSG_TC, .view = e->round, .payload = justification->data, .payload_length = justification->length};
  if (all)
    bac_env_broadcast(e->env, &msg, false);
  else
    bac_env_send(e->env, &msg, index);
  bac_buf_unref(justification);
}

void bac_safe_receive_timeout(struct bac_engine *e, const struct bac_msg *msg) {
  uint32_t index = bac_roster_index(bac_env_roster(e->env), msg->sender);
  struct bac_timeout *t = &e->timeouts[index];
  if (msg->role != 0 || msg->step != 0) { /* a certificate does not carry them: no other member could check it */
    bac_env_reject(e->env, BAC_REJECT_MALFORMED, msg->sender);
    return;
  }
  if (msg->view < e->round) help(e, index);
  if (msg->view <= t->round) return;
  t->round = msg->view;
  t->qc_round = msg->height;
  memcpy(t->qc_digest, msg->digest, BAC_HASH_BYTES);
  memcpy(t->signature, msg->signature, BAC_SIGNATURE_BYTES);
  /* It names a certificate that is not here: pull the blocks and certificates that lead to it. */
  if (t->qc_round > e->high_qc.view) bac_env_want_from(e->env, e->high_qc.height + 1, index);
  weigh_timeouts(e);
}

void bac_safe_receive_tc(struct bac_engine *e, const struct bac_msg *msg) {
  struct bac_qc qc;
  struct bac_tc tc;
  if (msg->view <= e->round) return;
  if (!read_justification(e, msg->payload, msg->payload_length, &qc, &tc)) {
    bac_env_reject(e->env, BAC_REJECT_CERTIFICATE, msg->sender);
    return;
  }
  if (qc.view > e->high_qc.view) bac_safe_on_qc(e, &qc, bac_roster_index(bac_env_roster(e->env), msg->sender));
  if (tc.encoded) adopt_tc(e, &tc);
  bac_qc_clear(&qc);
  bac_tc_clear(&tc);
}
