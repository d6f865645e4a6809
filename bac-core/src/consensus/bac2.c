/* SPDX-License-Identifier: GPL-2.0-only */
/* BAC 2.0 (protocols.md, section 2): a committee agrees by Hashgraph on the order of micro blocks. Block k is a function of that order
 * alone, so the primary that sends it out can neither censor nor reorder; Q of the committee sign it, everyone else (CS) checks the
 * certificate, applies the block and keeps its header. */
#include <stdlib.h>

#include "consensus/gossip.h"
#include "consensus/microblock.h"
#include "consensus/qc.h"
#include "crypto/hash.h"
#include "election/committee.h"

enum { TIMER_GOSSIP, TIMER_PUBLISH, TIMER_VOTE };

#define BAC2_PROTOCOL_ID 5
#define EVENT_TXS_MAX 1024
#define VOTE_RESEND_DELTAS 8
#define AHEAD 16 /* certified blocks that wait for one before them: published once, they are not sent for again */

/* A committee member's signature under the block at a height. */
struct ballot {
  uint64_t height, view;
  uint8_t digest[BAC_HASH_BYTES];
  uint8_t signature[BAC_SIGNATURE_BYTES];
};

struct ahead {
  struct bac_block *block; /* NULL: free */
  struct bac_buf *certificate;
};

struct bac2_engine {
  struct bac_env *env;
  struct bac_gossip gossip;
  struct bac_bitset committee;
  uint32_t size, quorum;
  bool follows_only; /* the durable record is torn */

  const struct bac_hashgraph_round **rounds; /* decided, not yet in a block */
  uint32_t round_count, round_capacity;
  struct bac_sequence sequence;
  uint64_t decided;

  uint8_t signed_digest[BAC_HASH_BYTES]; /* durable */
  uint64_t signed_height;
  struct bac_entry *candidate; /* the block that this member has signed, waiting for Q signatures */
  struct bac_buf *vote;        /* its vote's object */
  struct ballot *ballots;      /* by roster index: the newest */
  uint64_t published;          /* greatest height that was seen on the air */
  struct ahead ahead[AHEAD];   /* by height modulo */

  struct bac_seen seen;
};

extern const struct bac_protocol bac_bac2;

static uint32_t self(const struct bac2_engine *e) { return bac_env_self(e->env); }
static struct bac_entry *tip(const struct bac2_engine *e) { return bac_chain_tip(bac_env_chain(e->env)); }

/* ---- Micro blocks: each transaction is put into an event by one member of the committee. ---- */

static void on_event(void *engine, const struct bac_hashgraph_event *event) {
  struct bac2_engine *e = engine;
  bac_seen_add(&e->seen, e->env, event->payload);
}

static struct bac_buf *make_payload(void *engine) {
  struct bac2_engine *e = engine;
  const struct bac_pool *pool = bac_env_pool(e->env);
  const struct bac_tx *txs[EVENT_TXS_MAX];
  uint32_t count = 0, bytes = 0;
  for (struct bac_pool_entry *p = bac_pool_next(pool, NULL); p && count < EVENT_TXS_MAX; p = bac_pool_next(pool, p)) {
    if (bac_seen_has(&e->seen, p->tx.id) || !bac_gossip_turn(&e->gossip, p)) continue;
    if (!bac_gossip_fits(&e->gossip, bytes + p->tx.wire_length, &p->tx)) break;
    bytes += p->tx.wire_length;
    txs[count++] = &p->tx;
  }
  return bac_microblock_encode(txs, count);
}

/* Durable, beside the events: u64 height signed || its digest. */
static void persist(struct bac2_engine *e) {
  uint8_t record[8 + BAC_HASH_BYTES];
  bac_put_u64(record, e->signed_height);
  memcpy(record + 8, e->signed_digest, BAC_HASH_BYTES);
  bac_env_persist(e->env, record, sizeof record);
}

/* ---- Blocks from the agreed order. ---- */

/* The place of a committee member in the order in which they send out the block at a height: 0 is its primary, which earns the fees. */
static uint32_t rank_of(const struct bac2_engine *e, const uint8_t parent_seed[BAC_HASH_BYTES], uint64_t height, uint32_t index,
                        uint32_t *primary) {
  uint8_t seed[BAC_HASH_BYTES];
  uint16_t order[BAC_ROSTER_MAX];
  bac_block_seed(seed, parent_seed, height);
  bac_committee_order(bac_env_roster(e->env), seed, order);
  uint32_t rank = 0, found = BAC_INDEX_NONE;
  for (uint32_t i = 0; i < bac_env_roster(e->env)->count; i++) {
    if (!bac_bitset_has(&e->committee, order[i])) continue;
    if (rank == 0) *primary = order[i];
    if (order[i] == index) found = rank;
    rank++;
  }
  return found;
}

/* What a committee member's signature covers. */
static bool vote_of(const void *engine, const struct bac_qc *qc, uint32_t index, struct bac_msg *msg) {
  const struct bac2_engine *e = engine;
  (void)qc;
  msg->role = BAC_ROLE_CP;
  return bac_bitset_has(&e->committee, index);
}

static void commit(struct bac2_engine *e, struct bac_entry *at, const uint8_t *certificate, size_t length) {
  bac_chain_certify(at, certificate, length);
  bac_env_commit(e->env, at);
  e->candidate = NULL;
  bac_env_timer(e->env, TIMER_VOTE, BAC_NEVER);
  bac_seen_prune(&e->seen, e->env);
}

/* With Q signatures the block is committee-final. Its primary sends it out; the others follow in their order, if nobody has. */
static void weigh(struct bac2_engine *e) {
  if (!e->candidate) return;
  struct bac_entry *at = e->candidate;
  const struct bac_roster *roster = bac_env_roster(e->env);
  struct bac_votes votes = {0};
  for (uint32_t i = 0; i < roster->count; i++) {
    const struct ballot *b = &e->ballots[i];
    if (b->height == at->block->header.height && b->view == at->block->header.round &&
        memcmp(b->digest, at->block->digest, BAC_HASH_BYTES) == 0)
      bac_votes_add(&votes, roster->count, i, b->signature);
  }
  if (votes.count >= e->quorum) {
    struct bac_qc qc, what = {.protocol = BAC2_PROTOCOL_ID,
                              .type = BAC_MSG_COMMITTEE_VOTE,
                              .shard = roster->shard,
                              .epoch = roster->epoch,
                              .view = at->block->header.round,
                              .height = at->block->header.height};
    memcpy(what.digest, at->block->digest, BAC_HASH_BYTES);
    bac_votes_certificate(&votes, roster->count, e->quorum, &what, &qc);
    struct bac_buf *certificate = bac_qc_encode(&qc);
    uint32_t primary;
    const uint32_t rank = rank_of(e, tip(e)->block->header.seed, what.height, self(e), &primary);
    commit(e, at, certificate->data, certificate->length);
    bac_buf_unref(certificate);
    bac_qc_clear(&qc);
    if (e->published < what.height)
      bac_env_timer(e->env, TIMER_PUBLISH, bac_env_now(e->env) + (bac_time)rank * 4 * bac_env_config(e->env)->delta);
  }
  bac_votes_clear(&votes);
}

static void send_vote(struct bac2_engine *e) {
  struct bac_entry *at = e->candidate;
  struct bac_msg msg = {.type = BAC_MSG_COMMITTEE_VOTE, .role = BAC_ROLE_CP, .view = at->block->header.round, .height = at->block->header.height};
  memcpy(msg.digest, at->block->digest, BAC_HASH_BYTES);
  e->signed_height = msg.height;
  memcpy(e->signed_digest, msg.digest, BAC_HASH_BYTES);
  persist(e);
  bac_env_multicast(e->env, &msg, &e->committee, false);
  bac_buf_unref(e->vote);
  e->vote = bac_buf_ref(bac_env_last_object(e->env));
  struct ballot *own = &e->ballots[self(e)];
  own->height = msg.height;
  own->view = msg.view;
  memcpy(own->digest, msg.digest, BAC_HASH_BYTES);
  memcpy(own->signature, msg.signature, BAC_SIGNATURE_BYTES);
  bac_env_timer(e->env, TIMER_VOTE, bac_env_now(e->env) + VOTE_RESEND_DELTAS * bac_env_config(e->env)->delta);
}

/* Packs the next block of the agreed order, as soon as its parent is committed. */
static void advance(struct bac2_engine *e) {
  struct bac_chain *chain = bac_env_chain(e->env);
  while (!e->candidate && !bac_chain_closed(chain)) {
    if (e->sequence.count == 0) {
      if (e->round_count == 0) return;
      const struct bac_hashgraph_round *round = e->rounds[0];
      memmove(e->rounds, e->rounds + 1, --e->round_count * sizeof *e->rounds);
      if (tip(e) != bac_chain_base(chain) && round->round < tip(e)->block->header.round) continue; /* the committed chain has it */
      e->decided = round->round;
      bac_sequence_append(&e->sequence, e->env, round);
      continue;
    }
    uint32_t primary;
    rank_of(e, tip(e)->block->header.seed, tip(e)->block->header.height + 1, self(e), &primary);
    e->candidate = bac_sequence_pack(&e->sequence, e->env, e->decided, bac_env_roster(e->env)->members[primary].id);
    if (!e->candidate) continue;
    const struct bac_header *h = &e->candidate->block->header;
    /* Signed before a restart, and now another block: the record or the order is wrong; say nothing. */
    if (e->signed_height == h->height && memcmp(e->signed_digest, e->candidate->block->digest, BAC_HASH_BYTES) != 0) e->follows_only = true;
    if (primary == self(e)) {
      bac_env_role(e->env, BAC_ROLE_PRIMARY, h->height);
      bac_env_proposed(e->env, e->candidate->block);
    }
    if (!e->follows_only) send_vote(e);
    weigh(e);
  }
}

static void on_round(void *engine, const struct bac_hashgraph_round *round) {
  struct bac2_engine *e = engine;
  if (e->round_count == e->round_capacity) {
    e->round_capacity = e->round_capacity ? 2 * e->round_capacity : 16;
    e->rounds = bac_realloc(e->rounds, e->round_capacity, sizeof *e->rounds);
  }
  e->rounds[e->round_count++] = round; /* the graph is not pruned within an epoch */
  advance(e);
}

static const struct bac_gossip_callbacks callbacks = {.payload = make_payload, .round = on_round, .event = on_event};

/* ---- Messages. ---- */

static void receive_vote(struct bac2_engine *e, const struct bac_msg *msg) {
  const uint32_t index = bac_roster_index(bac_env_roster(e->env), msg->sender);
  if (!bac_bitset_has(&e->committee, index) || msg->role != BAC_ROLE_CP || msg->step != 0) {
    bac_env_reject(e->env, BAC_REJECT_WRONG_ROLE, msg->sender);
    return;
  }
  struct ballot *b = &e->ballots[index];
  if (msg->height <= tip(e)->block->header.height || msg->height < b->height) return;
  if (msg->height == b->height) { /* one vote per sender counts */
    if (memcmp(b->digest, msg->digest, BAC_HASH_BYTES) != 0) bac_env_reject(e->env, BAC_REJECT_EQUIVOCATION, msg->sender);
    return;
  }
  b->height = msg->height;
  b->view = msg->view;
  memcpy(b->digest, msg->digest, BAC_HASH_BYTES);
  memcpy(b->signature, msg->signature, BAC_SIGNATURE_BYTES);
  /* Its block stands on one that is not here. */
  if (msg->height > tip(e)->block->header.height + 1) bac_env_want_from(e->env, msg->height - 1, index);
  weigh(e);
  advance(e);
}

static void engine_receive(void *engine, const struct bac_msg *msg) {
  struct bac2_engine *e = engine;
  if (msg->type == BAC_MSG_SYNC)
    bac_gossip_sync(&e->gossip, msg);
  else
    receive_vote(e, msg);
}

static void engine_gossip(void *engine, struct bac_reader *body, uint32_t from) {
  struct bac2_engine *e = engine;
  bac_gossip_receive(&e->gossip, body, from); /* members outside the committee only relay */
}

/* A certified block on the tip; taken over. */
static bool follow(struct bac2_engine *e, struct bac_block *block, const uint8_t *certificate, size_t length) {
  struct bac_entry *at = bac_env_insert(e->env, block, BAC_BROADCAST);
  if (!at || at->closing) return false;
  if (at->block->header.round > e->decided) bac_sequence_clear(&e->sequence); /* all that it held stands in blocks */
  commit(e, at, certificate, length);
  return true;
}

static struct ahead *ahead_at(struct bac2_engine *e) { return &e->ahead[(tip(e)->block->header.height + 1) % AHEAD]; }

static void ahead_clear(struct ahead *a) {
  bac_block_free(a->block);
  bac_buf_unref(a->certificate);
  *a = (struct ahead){0};
}

/* next: the height that is waited for. */
static void keep_ahead(struct bac2_engine *e, struct bac_block *block, const uint8_t *certificate, size_t length, uint64_t next) {
  struct ahead *a = &e->ahead[block->header.height % AHEAD];
  const bool kept = a->block && a->block->header.height >= next;
  if (block->header.height - next >= AHEAD || kept) {
    bac_block_free(block);
    return;
  }
  ahead_clear(a);
  *a = (struct ahead){.block = block, .certificate = bac_buf_new(certificate, length)};
}

static bool engine_vouches(void *engine, const struct bac_header *header, const uint8_t digest[BAC_HASH_BYTES], const uint8_t *certificate,
                           size_t length) {
  struct bac2_engine *e = engine;
  struct bac_qc qc = {0};
  const bool decoded = bac_qc_decode(&qc, certificate, length);
  const bool holds = decoded && qc.protocol == BAC2_PROTOCOL_ID && qc.type == BAC_MSG_COMMITTEE_VOTE && qc.height == header->height &&
                     qc.view == header->round && memcmp(qc.digest, digest, BAC_HASH_BYTES) == 0 &&
                     bac_qc_verify(&qc, bac_env_roster(e->env), e->quorum, vote_of, e, bac_env_shared(e->env), bac_env_cost(e->env));
  if (decoded) bac_qc_clear(&qc);
  return holds;
}

static void engine_certified(void *engine, struct bac_block *block, const uint8_t *certificate, size_t length) {
  struct bac2_engine *e = engine;
  const uint64_t height = block->header.height, next = tip(e)->block->header.height + 1;
  if (height < next) {
    bac_block_free(block);
    return;
  }
  if (!engine_vouches(e, &block->header, block->digest, certificate, length)) {
    bac_env_reject(e->env, BAC_REJECT_CERTIFICATE, BAC_BROADCAST);
    bac_block_free(block);
    return;
  }
  if (height > e->published) e->published = height;
  if (height > next) {
    keep_ahead(e, block, certificate, length, next);
    bac_env_want(e->env, height);
    return;
  }
  if (!follow(e, block, certificate, length)) return;
  for (struct ahead *a = ahead_at(e); a->block && a->block->header.height == tip(e)->block->header.height + 1; a = ahead_at(e)) {
    struct ahead taken = *a;
    *a = (struct ahead){0};
    const bool followed = !bac_chain_closed(bac_env_chain(e->env)) && follow(e, taken.block, taken.certificate->data, taken.certificate->length);
    bac_buf_unref(taken.certificate);
    if (!followed) break;
  }
  advance(e);
}

static void engine_timer(void *engine, uint32_t timer) {
  struct bac2_engine *e = engine;
  if (timer == TIMER_GOSSIP) {
    bac_gossip_timer(&e->gossip);
  } else if (timer == TIMER_VOTE) {
    if (!e->candidate || !e->vote) return;
    bac_env_resend(e->env, e->vote);
    bac_env_timer(e->env, TIMER_VOTE, bac_env_now(e->env) + VOTE_RESEND_DELTAS * bac_env_config(e->env)->delta);
  } else if (tip(e)->block->header.height > e->published && tip(e)->certificate) {
    e->published = tip(e)->block->header.height;
    bac_env_publish(e->env, tip(e));
  }
}

/* ---- Life. ---- */

static void engine_init(void *engine, struct bac_env *env) {
  struct bac2_engine *e = engine;
  const struct bac_roster *roster = bac_env_roster(env);
  e->env = env;
  e->size = bac_committee_size(roster->count, bac_env_config(env)->candidates_permille);
  e->quorum = bac_quorum(e->size);
  bac_bitset_clear(&e->committee);
  bool elected = false; /* the first epoch has nobody before it to elect */
  for (uint32_t i = 0; i < roster->count; i++) {
    if (roster->members[i].place == 0) continue;
    bac_bitset_add(&e->committee, i);
    elected = true;
  }
  if (!elected) bac_committee_fallback(roster, bac_chain_base(bac_env_chain(env))->block->digest, e->size, &e->committee);
  e->ballots = bac_alloc(roster->count, sizeof *e->ballots);
  bac_gossip_init(&e->gossip, env, e, &callbacks, TIMER_GOSSIP, &e->committee);
}

static void engine_restore(void *engine, const uint8_t *record, size_t length) {
  struct bac2_engine *e = engine;
  if (length != 8 + BAC_HASH_BYTES) {
    e->follows_only = true;
    return;
  }
  e->signed_height = bac_get_u64(record);
  memcpy(e->signed_digest, record + 8, BAC_HASH_BYTES);
}

static bool engine_replay(void *engine, const uint8_t *record, size_t length) {
  return bac_gossip_replay(&((struct bac2_engine *)engine)->gossip, record, length);
}

static void engine_start(void *engine) {
  struct bac2_engine *e = engine;
  if (e->follows_only) e->gossip.mute = true;
  e->published = tip(e)->block->header.height;
  bac_env_role(e->env, bac_bitset_has(&e->committee, self(e)) ? BAC_ROLE_CP : BAC_ROLE_CS, 0);
  bac_gossip_start(&e->gossip);
}

static void engine_pool_changed(void *engine) { (void)engine; /* the committee's next events take it */ }

static void engine_digest(const void *engine, uint8_t out[BAC_HASH_BYTES]) {
  const struct bac2_engine *e = engine;
  struct bac_hashgraph_statistics s = {0};
  if (e->gossip.view) bac_hashgraph_statistics(e->gossip.view, &s);
  uint8_t numbers[32];
  bac_put_u64(numbers, s.events);
  bac_put_u64(numbers + 8, s.ordered);
  bac_put_u64(numbers + 16, e->signed_height);
  bac_put_u64(numbers + 24, e->published);
  bac_hash2(out, BAC_DOMAIN_NODE, numbers, sizeof numbers, e->signed_digest, BAC_HASH_BYTES);
}

static uint64_t engine_round(const void *engine) { return ((const struct bac2_engine *)engine)->decided; }

static void engine_destroy(void *engine) {
  struct bac2_engine *e = engine;
  bac_gossip_free(&e->gossip);
  bac_sequence_clear(&e->sequence);
  bac_seen_clear(&e->seen);
  for (int i = 0; i < AHEAD; i++) ahead_clear(&e->ahead[i]);
  free(e->rounds);
  free(e->ballots);
  bac_buf_unref(e->vote);
}

static const struct bac_msg_rule rules[] = {
    {BAC_MSG_SYNC, BAC_BIND_HASH, BAC_GOSSIP_SYNC_PAYLOAD_MAX},
    {BAC_MSG_COMMITTEE_VOTE, BAC_BIND_NONE, 0},
};

const struct bac_protocol bac_bac2 = {
    .id = BAC2_PROTOCOL_ID,
    .info = {.name = "bac2",
             .summary = "BAC 2.0: a committee agrees by Hashgraph on micro blocks, everyone else follows its certificates",
             .modes = 1u << BAC_MODE_SAFE},
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .election = "sortition",
    .seeds = BAC_SEED_AGREED,
    .engine_size = sizeof(struct bac2_engine),
    .elects_committee = true,
    .light_members = true,
    .init = engine_init,
    .replay = engine_replay,
    .restore = engine_restore,
    .start = engine_start,
    .receive = engine_receive,
    .gossip = engine_gossip,
    .timer = engine_timer,
    .pool_changed = engine_pool_changed,
    .certified = engine_certified,
    .vouches = engine_vouches,
    .digest = engine_digest,
    .round = engine_round,
    .destroy = engine_destroy,
};
