/* SPDX-License-Identifier: GPL-2.0-only */
#include "mock_env.h"

#include <cstring>

extern "C" {
#include "identity/roster.h"
}

namespace mock {

Digest DigestOf(const uint8_t *bytes) {
  Digest d;
  memcpy(d.data(), bytes, d.size());
  return d;
}

struct bac_msg Message::Msg() const {
  struct bac_msg m = head;
  m.payload = payload.data();
  m.payload_length = payload.size();
  return m;
}

World::World(uint32_t n, uint64_t seed) : members(n), keys(n), nonces(n) {
  std::vector<uint32_t> ids(n);
  for (uint32_t i = 0; i < n; i++) ids[i] = 10 + i;
  bac_members_derive(seed, ids.data(), n, members.data());
  for (uint32_t i = 0; i < n; i++) bac_keypair_derive(&keys[i], seed, ids[i]);
  roster.shard = 3;
  roster.epoch = 2;
  roster.count = n;
  roster.members = members.data();
  shared = bac_shared_new(1 << 14);
  memset(&config, 0, sizeof config);
  config.seed = seed;
  config.block_bytes_max = 100000;
  config.block_interval = BAC_SECOND;
  config.checkpoint_interval = 100;
  config.candidates_permille = 100;
  config.pool_txs_max = 1000;
  config.delta = 250 * BAC_MS;
  config.request_timeout = 4 * BAC_SECOND;
  config.bit_rate_bps = 6000000;
  config.frame_bytes_max = BAC_FRAME_BYTES_MAX;
}

Bytes World::Tx(uint32_t from, uint64_t nonce, uint32_t bytes) {
  struct bac_tx tx;
  struct bac_cost cost = {};
  Bytes wire(BAC_TX_BYTES_MAX);
  struct bac_submit submit = {};
  submit.to = Id((from + 1) % n());
  submit.amount_milli = 5;
  submit.fee_milli = 1;
  submit.bytes = bytes;
  if (nonce == 0) nonce = ++nonces[from];
  if (bac_tx_make(&tx, wire.data(), &submit, Id(from), nonce, 0, &keys[from], &cost) != BAC_OK) abort();
  wire.resize(tx.wire_length);
  return wire;
}

void World::Sign(Message *m, uint32_t sender, const struct bac_protocol *protocol) {
  struct bac_cost cost = {};
  m->head.protocol = protocol->id;
  m->head.shard = roster.shard;
  m->head.epoch = roster.epoch;
  m->head.sender = Id(sender);
  for (size_t i = 0; i < protocol->rule_count; i++)
    if (protocol->rules[i].type == m->head.type && protocol->rules[i].binding == BAC_BIND_HASH)
      bac_payload_digest(m->head.digest, m->payload.data(), m->payload.size(), &cost);
  bac_msg_sign(&m->head, &keys[sender], &cost);
}

/* ---- Engine ---- */

void Engine::Open() {
  env.pool = bac_pool_new(env.world->config.pool_txs_max);
  env.chain = bac_chain_new(&env.world->roster, bac_protocol_seeds(env.protocol, &env.world->config), env.pool, env.world->shared);
  for (auto &t : env.timers) t = BAC_NEVER;
  state.reset(new uint8_t[env.protocol->engine_size]());
  env.protocol->init(state.get(), &env);
}

void Engine::Close() {
  env.protocol->destroy(state.get());
  bac_chain_free(env.chain);
  bac_pool_free(env.pool);
  bac_buf_unref(env.last_object);
  env.last_object = nullptr;
}

Engine::Engine(World *world, const struct bac_protocol *protocol, uint32_t self, bac_time now) {
  env.world = world;
  env.protocol = protocol;
  env.self = self;
  env.now = now;
  env.random = bac_random_stream(world->config.seed, self, BAC_PURPOSE_ENGINE);
  Open();
}

Engine::~Engine() { Close(); }

bool Engine::Deliver(const Message &m) {
  struct bac_msg msg = m.Msg();
  struct bac_cost cost = {};
  const struct bac_msg_rule *rule = nullptr;
  for (size_t i = 0; i < env.protocol->rule_count; i++)
    if (env.protocol->rules[i].type == msg.type) rule = &env.protocol->rules[i];
  uint32_t index = bac_roster_index(&env.world->roster, msg.sender);
  if (!rule || index == BAC_INDEX_NONE || index == env.self || msg.protocol != env.protocol->id ||
      msg.shard != env.world->roster.shard || msg.epoch != env.world->roster.epoch ||
      msg.payload_length > rule->payload_max || !bac_msg_bound(&msg, rule->binding, &cost))
    return false;
  uint8_t digest[BAC_HASH_BYTES];
  bac_msg_signing_digest(digest, &msg);
  if (!bac_verify(env.world->shared, msg.signature, digest, env.world->members[index].sign_key, &cost)) return false;
  env.protocol->receive(state.get(), &msg);
  return true;
}

void Engine::Submit(const Bytes &wire) {
  struct bac_tx tx;
  bool full = false;
  if (!bac_tx_decode(&tx, wire.data(), wire.size(), &env.cost) || bac_state_spent(bac_chain_tip(env.chain)->state, &tx))
    return;
  if (bac_pool_add(env.pool, &tx, bac_chain_tip(env.chain)->state, env.now, &full)) env.protocol->pool_changed(state.get());
}

void Engine::Run(bac_time until) {
  for (int steps = 0; steps < 100000; steps++) {
    uint32_t first = 0;
    for (uint32_t i = 1; i < BAC_ENGINE_TIMERS; i++)
      if (env.timers[i] < env.timers[first]) first = i;
    if (env.timers[first] > until) break;
    if (env.timers[first] > env.now) env.now = env.timers[first];
    env.timers[first] = BAC_NEVER;
    env.protocol->timer(state.get(), first);
  }
  if (until > env.now) env.now = until;
}

void Engine::Restart() {
  Close();
  Open();
  if (!env.record.empty()) env.protocol->restore(state.get(), env.record.data(), env.record.size());
  for (const auto &b : env.blocks) {
    struct bac_buf *payload = bac_buf_new(b.first.data(), b.first.size());
    struct bac_block *block = bac_block_decode(payload, env.world->config.block_bytes_max, &env.cost);
    bac_buf_unref(payload);
    struct bac_entry *at = nullptr;
    if (!block || bac_chain_insert(env.chain, block, env.now, &env.cost, &at) != BAC_REJECT_COUNT) abort();
    bac_chain_certify(at, b.second.data(), b.second.size());
    bac_chain_commit(env.chain, at);
  }
  Start();
}

bool Engine::Certified(const Bytes &payload, const Bytes &certificate) {
  struct bac_block *block = bac_env_decode(&env, payload.data(), payload.size(), BAC_BROADCAST);
  if (!block) return false;
  env.protocol->certified(state.get(), block, certificate.data(), certificate.size());
  return true;
}

Digest Engine::Hash() const {
  uint8_t out[BAC_HASH_BYTES];
  env.protocol->digest(state.get(), out);
  return DigestOf(out);
}

std::vector<Message> Engine::Sent(uint32_t type) const {
  std::vector<Message> out;
  for (const Message &m : env.sent)
    if (m.head.type == type) out.push_back(m);
  return out;
}

std::vector<Message> Engine::Take(uint32_t type) {
  std::vector<Message> out = Sent(type);
  env.sent.clear();
  return out;
}

size_t Engine::Rejects(enum bac_reject reason) const {
  size_t count = 0;
  for (const auto &r : env.rejects) count += r.first == reason;
  return count;
}

void Engine::Forget() {
  env.sent.clear();
  env.rejects.clear();
  env.wanted.clear();
  env.forwarded.clear();
  env.proposed.clear();
}

/* ---- Net ---- */

Net::Net(World *world, const struct bac_protocol *protocol) : down(world->n()) {
  for (uint32_t i = 0; i < world->n(); i++) engines.emplace_back(new Engine(world, protocol, i));
}

void Net::Start() {
  for (auto &e : engines) e->Start();
}

void Net::Pump(const Filter &filter) {
  for (bool busy = true; busy;) {
    busy = false;
    for (uint32_t i = 0; i < engines.size(); i++) {
      std::vector<Message> out;
      out.swap(engines[i]->env.sent);
      for (const Message &m : out) {
        log.push_back(m);
        busy = true;
        for (uint32_t k = 0; k < engines.size(); k++) {
          if (k == i || down[i] || down[k] || (m.to != BAC_INDEX_NONE && m.to != k)) continue;
          if (!filter || filter(i, k, m)) engines[k]->Deliver(m);
        }
      }
    }
  }
}

void Net::Run(bac_time until, const Filter &filter) {
  while (now < until) {
    now += 50 * BAC_MS;
    for (uint32_t i = 0; i < engines.size(); i++) {
      engines[i]->env.now = std::max(engines[i]->env.now, now - 50 * BAC_MS);
      if (!down[i]) engines[i]->Run(now);
    }
    Pump(filter);
  }
}

void Net::SubmitAll(const Bytes &tx) {
  for (uint32_t i = 0; i < engines.size(); i++)
    if (!down[i]) engines[i]->Submit(tx);
}

}  // namespace mock

/* ---- The calls ---- */

using mock::Message;

namespace {

void Send(struct bac_env *env, struct bac_msg *msg, uint32_t to, bool spread) {
  Message m;
  m.head = *msg;
  m.payload.assign(msg->payload, msg->payload + msg->payload_length);
  m.to = to;
  m.spread = spread;
  m.persists = env->persists;
  env->world->Sign(&m, env->self, env->protocol);
  const uint8_t *payload = msg->payload;
  *msg = m.head;
  msg->payload = payload;
  bac_buf_unref(env->last_object);
  env->last_object = bac_msg_encode(msg);
  env->sent.push_back(m);
}

}  // namespace

extern "C" {

bac_time bac_env_now(const struct bac_env *env) { return env->now; }
const struct bac_config *bac_env_config(const struct bac_env *env) { return &env->world->config; }
const struct bac_roster *bac_env_roster(const struct bac_env *env) { return &env->world->roster; }
uint32_t bac_env_self(const struct bac_env *env) { return env->self; }
struct bac_chain *bac_env_chain(struct bac_env *env) {
  return env->chain;
}
struct bac_pool *bac_env_pool(struct bac_env *env) {
  return env->pool;
}
struct bac_shared *bac_env_shared(struct bac_env *env) {
  return env->world->shared;
}
struct bac_cost *bac_env_cost(struct bac_env *env) {
  return &env->cost;
}
struct bac_random *bac_env_random(struct bac_env *env) {
  return &env->random;
}
bac_time bac_env_airtime(const struct bac_env *env, size_t bytes) {
  return (bac_time)(bytes * 8 * 1000000000 / env->world->config.bit_rate_bps);
}
bac_time bac_env_vote_window(const struct bac_env *env, uint32_t receivers) {
  return env->world->roster.count * (receivers > 0 ? receivers : 1) * bac_env_airtime(env, 256);
}

void bac_env_broadcast(struct bac_env *env, struct bac_msg *msg, bool spread) {
  Send(env, msg, BAC_INDEX_NONE, spread);
}
void bac_env_multicast(struct bac_env *env, struct bac_msg *msg, const struct bac_bitset *to, bool spread) {
  for (uint32_t i = 0; i < env->world->roster.count; i++)
    if (i != env->self && bac_bitset_has(to, i)) Send(env, msg, i, spread);
}
void bac_env_send(struct bac_env *env, struct bac_msg *msg, uint32_t to) { Send(env, msg, to, false); }
void bac_env_resend(struct bac_env *env, const struct bac_buf *object) {
  struct bac_msg msg;
  if (!bac_msg_decode(&msg, object->data, object->length)) abort();
  Message m;
  m.head = msg;
  m.payload.assign(msg.payload, msg.payload + msg.payload_length);
  m.again = true;
  m.persists = env->persists;
  env->sent.push_back(m);
}
struct bac_buf *bac_env_last_object(struct bac_env *env) {
  return env->last_object;
}
void bac_env_forward_tx(struct bac_env *env, const struct bac_tx *tx, uint32_t) {
  env->forwarded.push_back(mock::DigestOf(tx->id));
}

void bac_env_timer(struct bac_env *env, uint32_t timer, bac_time at) {
  BAC_ASSERT(timer < BAC_ENGINE_TIMERS);
  env->timers[timer] = at;
}
void bac_env_persist(struct bac_env *env, const uint8_t *record, size_t length) {
  env->record.assign(record, record + length);
  env->persists++;
}

void bac_env_commit(struct bac_env *env, struct bac_entry *at) {
  const struct bac_block *b = at->block;
  env->blocks.emplace_back(mock::Bytes(b->payload->data, b->payload->data + b->payload->length), mock::Bytes());
  if (at->certificate)
    env->blocks.back().second.assign(at->certificate->data, at->certificate->data + at->certificate->length);
  bac_chain_commit(env->chain, at);
  for (uint32_t i = 0; i < b->header.tx_count; i++) bac_pool_remove(env->pool, b->txs[i].id);
  bac_pool_purge(env->pool, at->state);
}
void bac_env_reject(struct bac_env *env, enum bac_reject reason, uint32_t from) {
  env->rejects.emplace_back(reason, from);
}
void bac_env_proposed(struct bac_env *env, const struct bac_block *block) {
  env->proposed.push_back(mock::DigestOf(block->digest));
}
void bac_env_role(struct bac_env *env, enum bac_role role, uint64_t) { env->roles.push_back(role); }
void bac_env_view_change(struct bac_env *env) { env->view_changes++; }
void bac_env_decided(struct bac_env *, uint64_t, uint64_t) {}
void bac_env_want(struct bac_env *env, uint64_t height) { env->wanted.push_back(height); }
void bac_env_want_from(struct bac_env *env, uint64_t height, uint32_t) { env->wanted.push_back(height); }
void bac_env_serve(struct bac_env *env, const struct bac_entry *head) { env->head = head; }

struct bac_entry *bac_env_build(struct bac_env *env, struct bac_entry *parent, uint64_t round,
                                const struct bac_buf *certificate) {
  struct bac_header header = {};
  header.shard = env->world->roster.shard;
  header.epoch = env->world->roster.epoch;
  header.height = parent->block->header.height + 1;
  header.round = round;
  header.proposer = env->world->Id(env->self);
  header.proposed_at = env->now;
  memcpy(header.prev_hash, parent->block->digest, BAC_HASH_BYTES);
  if (bac_chain_seeds(env->chain) == BAC_SEED_VRF)
    bac_seed_prove(&header, parent->block->header.seed, env->world->keys[env->self].vrf_secret, &env->cost);
  else
    bac_block_seed(header.seed, parent->block->header.seed, header.height);
  struct bac_state *state = bac_state_copy(parent->state);
  struct bac_block *block =
      bac_block_build(&header, env->pool, state, certificate ? certificate->data : nullptr,
                      certificate ? certificate->length : 0, env->world->config.block_bytes_max, &env->cost);
  bac_state_free(state);
  struct bac_entry *at = nullptr;
  bac_chain_insert(env->chain, block, env->now, &env->cost, &at);
  return at;
}
struct bac_block *bac_env_decode(struct bac_env *env, const uint8_t *payload, size_t length, uint32_t from) {
  struct bac_buf *buf = bac_buf_new(payload, length);
  struct bac_block *block = bac_block_decode(buf, env->world->config.block_bytes_max, &env->cost);
  bac_buf_unref(buf);
  if (!block) bac_env_reject(env, BAC_REJECT_BLOCK, from);
  return block;
}
struct bac_entry *bac_env_insert(struct bac_env *env, struct bac_block *block, uint32_t from) {
  struct bac_entry *at = nullptr;
  enum bac_reject reason = bac_chain_insert(env->chain, block, env->now, &env->cost, &at);
  if (reason != BAC_REJECT_COUNT) bac_env_reject(env, reason, from);
  return at;
}
bac_time bac_env_block_due(const struct bac_env *env, bac_time since) {
  bac_time due = since + env->world->config.block_interval;
  if (due < env->now || bac_pool_bytes(env->pool) >= env->world->config.block_bytes_max) return env->now;
  return due;
}

}  // extern "C"
