/* SPDX-License-Identifier: GPL-2.0-only */
/* Hashgraph among all members, as a baseline: no leader, no votes on the air; the order follows from who heard what when
 * (protocols.md, section 2). Every decided round that holds transactions is a block, which each member packs for itself. */
#include "consensus/gossip.h"
#include "consensus/microblock.h"
#include "crypto/hash.h"

enum { TIMER_GOSSIP };

struct hashgraph_engine {
  struct bac_env *env;
  struct bac_gossip gossip;
  struct bac_sequence sequence;
  struct bac_seen seen; /* of others: newcomers' and those of members that have gone */
  uint64_t nonce; /* of the last own transaction that went into an event */
  uint64_t round; /* last decided */
};

extern const struct bac_protocol bac_hashgraph_protocol;

/* Whether to put another EV's transaction into an event: it is no member, so it has none of its own; one of the members does it. */
static bool takes(const struct hashgraph_engine *e, const struct bac_pool_entry *p) {
  if (bac_roster_index(bac_env_roster(e->env), p->tx.from) != BAC_INDEX_NONE || bac_seen_has(&e->seen, p->tx.id)) return false;
  return bac_gossip_turn(&e->gossip, p);
}

static struct bac_buf *make_payload(void *engine) {
  struct hashgraph_engine *e = engine;
  const struct bac_pool *pool = bac_env_pool(e->env);
  const uint32_t self = bac_env_roster(e->env)->members[bac_env_self(e->env)].id;
  const struct bac_tx *txs[64];
  uint32_t count = 0, bytes = 0;
  for (struct bac_pool_entry *p = bac_pool_next(pool, NULL); p && count < 64; p = bac_pool_next(pool, p)) {
    if (p->tx.from == self ? p->tx.nonce <= e->nonce : !takes(e, p)) continue;
    if (!bac_gossip_fits(&e->gossip, bytes + p->tx.wire_length, &p->tx)) break;
    bytes += p->tx.wire_length;
    if (p->tx.from == self) e->nonce = p->tx.nonce;
    txs[count++] = &p->tx;
  }
  return bac_microblock_encode(txs, count);
}

/* The block's reward goes to one of those whose witnesses settled the round, each in turn. */
static uint32_t proposer_of(const struct hashgraph_engine *e, const struct bac_hashgraph_round *round) {
  const uint32_t creator = round->witness_creators[round->round % round->witness_count];
  return bac_env_roster(e->env)->members[e->gossip.roster_index[creator]].id;
}

static void on_round(void *engine, const struct bac_hashgraph_round *round) {
  struct hashgraph_engine *e = engine;
  struct bac_chain *chain = bac_env_chain(e->env);
  e->round = round->round;
  /* After a restart the graph is gone through again from its first event, up to the blocks that the durable records hold. A round may
   * have filled more than one block: what the durable ones hold of it does not apply again, the rest does. */
  const struct bac_entry *tip = bac_chain_tip(chain);
  if (bac_chain_closed(chain) || (tip != bac_chain_base(chain) && round->round < tip->block->header.round)) return;
  bac_sequence_append(&e->sequence, e->env, round);
  while (e->sequence.count > 0 && !bac_chain_closed(chain)) {
    struct bac_entry *at = bac_sequence_pack(&e->sequence, e->env, round->round, proposer_of(e, round));
    if (!at) continue;
    if (at->block->header.proposer == bac_env_roster(e->env)->members[bac_env_self(e->env)].id) bac_env_proposed(e->env, at->block);
    bac_env_commit(e->env, at);
    bac_seen_prune(&e->seen, e->env);
  }
}

static void on_event(void *engine, const struct bac_hashgraph_event *event) {
  struct hashgraph_engine *e = engine;
  bac_seen_add(&e->seen, e->env, event->payload);
}

static const struct bac_gossip_callbacks callbacks = {.payload = make_payload, .round = on_round, .event = on_event};

static void engine_init(void *engine, struct bac_env *env) {
  struct hashgraph_engine *e = engine;
  struct bac_bitset all;
  memset(&all, 0xff, sizeof all);
  e->env = env;
  bac_gossip_init(&e->gossip, env, e, &callbacks, TIMER_GOSSIP, &all);
}

static void engine_restore(void *engine, const uint8_t *record, size_t length) {
  (void)record; /* its events are all it writes: there is a record only where they are torn */
  (void)length;
  ((struct hashgraph_engine *)engine)->gossip.mute = true;
}

static bool engine_replay(void *engine, const uint8_t *record, size_t length) {
  return bac_gossip_replay(&((struct hashgraph_engine *)engine)->gossip, record, length);
}

static void engine_start(void *engine) {
  struct hashgraph_engine *e = engine;
  bac_env_role(e->env, BAC_ROLE_CS, 0);
  bac_gossip_start(&e->gossip);
}

static void engine_receive(void *engine, const struct bac_msg *msg) { bac_gossip_sync(&((struct hashgraph_engine *)engine)->gossip, msg); }

static void engine_gossip(void *engine, struct bac_reader *body, uint32_t from) {
  bac_gossip_receive(&((struct hashgraph_engine *)engine)->gossip, body, from);
}

static void engine_timer(void *engine, uint32_t timer) {
  (void)timer;
  bac_gossip_timer(&((struct hashgraph_engine *)engine)->gossip);
}

static void engine_pool_changed(void *engine) { (void)engine; /* the next event takes it */ }

/* Blocks follow from events alone; there is nothing to certify them to somebody without the graph. */
static void engine_certified(void *engine, struct bac_block *block, const uint8_t *certificate, size_t length) {
  struct hashgraph_engine *e = engine;
  (void)certificate;
  (void)length;
  bac_env_reject(e->env, BAC_REJECT_CERTIFICATE, block->header.proposer);
  bac_block_free(block);
}

static void engine_digest(const void *engine, uint8_t out[BAC_HASH_BYTES]) {
  const struct hashgraph_engine *e = engine;
  struct bac_hashgraph_statistics s;
  bac_hashgraph_statistics(e->gossip.view, &s);
  uint8_t numbers[24];
  bac_put_u64(numbers, s.events);
  bac_put_u64(numbers + 8, s.ordered);
  bac_put_u64(numbers + 16, s.rounds_decided);
  bac_hash(out, BAC_DOMAIN_NODE, numbers, sizeof numbers);
}

static uint64_t engine_round(const void *engine) { return ((const struct hashgraph_engine *)engine)->round; }

static void engine_destroy(void *engine) {
  struct hashgraph_engine *e = engine;
  bac_gossip_free(&e->gossip);
  bac_sequence_clear(&e->sequence);
  bac_seen_clear(&e->seen);
}

static const struct bac_msg_rule rules[] = {{BAC_MSG_SYNC, BAC_BIND_HASH, BAC_GOSSIP_SYNC_PAYLOAD_MAX}};

const struct bac_protocol bac_hashgraph_protocol = {
    .id = 4,
    .info = {.name = "hashgraph",
             .summary = "Hashgraph among all members: gossip, virtual voting, no leader",
             .modes = 1u << BAC_MODE_SAFE},
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .election = "none",
    .engine_size = sizeof(struct hashgraph_engine),
    .carries_transactions = true,
    .init = engine_init,
    .replay = engine_replay,
    .restore = engine_restore,
    .start = engine_start,
    .receive = engine_receive,
    .gossip = engine_gossip,
    .timer = engine_timer,
    .pool_changed = engine_pool_changed,
    .certified = engine_certified,
    .digest = engine_digest,
    .round = engine_round,
    .destroy = engine_destroy,
};
