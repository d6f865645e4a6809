/* SPDX-License-Identifier: GPL-2.0-only */
/* The smallest engine there is: the roster's first member orders all transactions, the others follow. It tolerates no fault at all.
 * It is the worked example of ns3-module/doc/add-a-protocol.rst, and a lower bound on what any agreement costs on the air. */
#include "consensus/env.h"
#include "crypto/hash.h"

enum { MSG_BLOCK = BAC_MSG_FIRST_FREE }; /* from the leader: a block */
enum { TIMER_PROPOSE, TIMER_RESEND };
enum { LEADER = 0 };

struct leader_engine {
  struct bac_env *env;
  struct bac_buf *last; /* the last block's message, for sending again */
};

extern const struct bac_protocol bac_leader;

static bool leads(const struct leader_engine *e) { return bac_env_self(e->env) == LEADER; }

/* The next block is due when one interval has passed since the last one, or when the pool holds a full one. */
static void arm(struct leader_engine *e) {
  struct bac_entry *tip = bac_chain_tip(bac_env_chain(e->env));
  if (leads(e) && !bac_chain_closed(bac_env_chain(e->env)) && bac_pool_count(bac_env_pool(e->env)) > 0)
    bac_env_timer(e->env, TIMER_PROPOSE, bac_env_block_due(e->env, tip->block->header.proposed_at));
}

/* Commits, and keeps the leader's signature as the block's certificate: it is what lets a member vouch for the block to others. */
static void commit(struct leader_engine *e, struct bac_entry *at, const uint8_t signature[BAC_SIGNATURE_BYTES]) {
  bac_chain_certify(at, signature, BAC_SIGNATURE_BYTES);
  bac_env_commit(e->env, at);
  bac_env_serve(e->env, NULL);
}

static struct bac_msg block_message(const struct leader_engine *e, const struct bac_block *block) {
  const struct bac_roster *roster = bac_env_roster(e->env);
  struct bac_msg msg = {.protocol = bac_leader.id,
                        .type = MSG_BLOCK,
                        .shard = roster->shard,
                        .epoch = roster->epoch,
                        .height = block->header.height,
                        .sender = roster->members[LEADER].id,
                        .payload = block->payload->data,
                        .payload_length = block->payload->length};
  memcpy(msg.digest, block->digest, BAC_HASH_BYTES);
  return msg;
}

static void propose(struct leader_engine *e) {
  if (bac_chain_closed(bac_env_chain(e->env))) return;
  struct bac_entry *at = bac_env_build(e->env, bac_chain_tip(bac_env_chain(e->env)), 0, NULL);
  if (!at) return;
  struct bac_msg msg = block_message(e, at->block);
  bac_env_broadcast(e->env, &msg, false);
  bac_buf_unref(e->last);
  e->last = bac_buf_ref(bac_env_last_object(e->env));
  bac_env_proposed(e->env, at->block);
  commit(e, at, msg.signature);
  bac_env_timer(e->env, TIMER_RESEND, bac_env_now(e->env) + bac_env_config(e->env)->block_interval);
  arm(e);
}

/* A block with the leader's signature, from the leader or from a member that was asked for it. Takes the block over. */
static void follow(struct leader_engine *e, struct bac_block *block, const uint8_t signature[BAC_SIGNATURE_BYTES], uint32_t from) {
  struct bac_chain *chain = bac_env_chain(e->env);
  const uint64_t tip = bac_chain_tip(chain)->block->header.height, height = block->header.height;
  if (height != tip + 1) {
    if (height > tip) bac_env_want(e->env, height); /* blocks are missing: fetch them, this one with them */
    bac_block_free(block);
    return;
  }
  struct bac_entry *at = bac_env_insert(e->env, block, from);
  if (at) commit(e, at, signature);
}

static void leader_receive(void *engine, const struct bac_msg *msg) {
  struct leader_engine *e = engine;
  const struct bac_roster *roster = bac_env_roster(e->env);
  if (msg->sender != roster->members[LEADER].id || msg->view != 0 || msg->role != 0 || msg->step != 0) {
    bac_env_reject(e->env, BAC_REJECT_WRONG_ROLE, msg->sender);
    return;
  }
  struct bac_block *block = bac_env_decode(e->env, msg->payload, msg->payload_length, msg->sender);
  if (!block) return;
  if (block->header.proposer == msg->sender && block->header.height == msg->height) {
    follow(e, block, msg->signature, msg->sender);
  } else {
    bac_env_reject(e->env, BAC_REJECT_BLOCK, msg->sender);
    bac_block_free(block);
  }
}

static void leader_certified(void *engine, struct bac_block *block, const uint8_t *certificate, size_t length) {
  struct leader_engine *e = engine;
  const struct bac_member *leader = &bac_env_roster(e->env)->members[LEADER];
  struct bac_msg msg = block_message(e, block);
  uint8_t digest[BAC_HASH_BYTES];
  bac_msg_signing_digest(digest, &msg);
  if (length == BAC_SIGNATURE_BYTES && bac_verify(bac_env_shared(e->env), certificate, digest, leader->sign_key, bac_env_cost(e->env))) {
    follow(e, block, certificate, leader->id);
  } else {
    bac_env_reject(e->env, BAC_REJECT_CERTIFICATE, block->header.proposer);
    bac_block_free(block);
  }
}

static void leader_timer(void *engine, uint32_t timer) {
  struct leader_engine *e = engine;
  if (timer == TIMER_PROPOSE)
    propose(e);
  else if (e->last)
    bac_env_resend(e->env, e->last); /* once: a member that misses it again asks when the next block comes */
}

static void leader_init(void *engine, struct bac_env *env) { ((struct leader_engine *)engine)->env = env; }

static void leader_restore(void *engine, const uint8_t *record, size_t length) {
  (void)engine; /* blocks are all it needs to remember, and those the node restores */
  (void)record;
  (void)length;
}

static void leader_start(void *engine) {
  struct leader_engine *e = engine;
  bac_env_role(e->env, leads(e) ? BAC_ROLE_PRIMARY : BAC_ROLE_CS, 0);
}

static void leader_pool_changed(void *engine) { arm(engine); }

static void leader_digest(const void *engine, uint8_t out[BAC_HASH_BYTES]) {
  (void)engine;
  bac_hash(out, BAC_DOMAIN_NODE, "leader", 6);
}

static uint64_t leader_round(const void *engine) {
  (void)engine;
  return 0;
}

static void leader_destroy(void *engine) { bac_buf_unref(((struct leader_engine *)engine)->last); }

static const struct bac_msg_rule rules[] = {{MSG_BLOCK, BAC_BIND_HEADER, BAC_OBJECT_BYTES_MAX}};

const struct bac_protocol bac_leader = {
    .id = 3,
    .info = {.name = "leader",
             .summary = "example: one fixed leader orders, nobody votes; tolerates no fault, a lower bound on cost",
             .modes = 1u << BAC_MODE_SAFE},
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .election = "fixed",
    .engine_size = sizeof(struct leader_engine),
    .init = leader_init,
    .restore = leader_restore,
    .start = leader_start,
    .receive = leader_receive,
    .timer = leader_timer,
    .pool_changed = leader_pool_changed,
    .certified = leader_certified,
    .digest = leader_digest,
    .round = leader_round,
    .destroy = leader_destroy,
};
