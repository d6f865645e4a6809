/* SPDX-License-Identifier: GPL-2.0-only */
/* bac_env_* without a node: an engine is driven message by message, and what it sends, persists and rejects is looked
 * at. Works for any engine; link it instead of node/. */
#ifndef BAC_TESTS_CONSENSUS_MOCK_ENV_H
#define BAC_TESTS_CONSENSUS_MOCK_ENV_H

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "consensus/env.h"
#include "consensus/qc.h"
#include "crypto/hash.h"
}

namespace mock {

using Bytes = std::vector<uint8_t>;
using Digest = std::array<uint8_t, BAC_HASH_BYTES>;
Digest DigestOf(const uint8_t *bytes);

/* A message with its payload; what points into what is fixed up by msg(). */
struct Message {
  struct bac_msg head {};
  Bytes payload;
  uint32_t to = BAC_INDEX_NONE; /* roster index; NONE: everybody */
  bool spread = false, again = false;
  size_t persists = 0; /* records written before it was sent */
  struct bac_msg Msg() const;
  Digest digest() const { return DigestOf(head.digest); }
};

/* Members, keys and configuration that several engines share. */
struct World {
  explicit World(uint32_t n, uint64_t seed = 1);
  ~World() { bac_shared_free(shared); }
  uint32_t n() const { return roster.count; }
  uint32_t Id(uint32_t index) const { return members[index].id; }
  /* A transaction of a member, the next nonce unless one is given. */
  Bytes Tx(uint32_t from, uint64_t nonce = 0, uint32_t bytes = 0);
  /* Signs as a member would: for messages of members that are not run here, and for lies. */
  void Sign(Message *m, uint32_t sender, const struct bac_protocol *protocol);
  struct bac_config config;
  std::vector<struct bac_member> members;
  std::vector<struct bac_keypair> keys;
  std::vector<uint64_t> nonces;
  struct bac_roster roster {};
  struct bac_shared *shared = nullptr;
};

struct Engine;

}  // namespace mock

/* The environment of one engine: everything that it did, in order. */
struct bac_env {
  mock::World *world = nullptr;
  const struct bac_protocol *protocol = nullptr;
  uint32_t self = 0;
  bac_time now = 0;
  struct bac_chain *chain = nullptr;
  struct bac_pool *pool = nullptr;
  struct bac_cost cost {};
  struct bac_random random {};
  bac_time timers[BAC_ENGINE_TIMERS];
  struct bac_buf *last_object = nullptr;

  std::vector<mock::Message> sent;
  mock::Bytes record;
  size_t persists = 0;
  std::vector<std::pair<mock::Bytes, mock::Bytes>> blocks; /* committed: payload, certificate */
  std::vector<std::pair<enum bac_reject, uint32_t>> rejects;
  std::vector<uint64_t> wanted;
  std::vector<mock::Digest> forwarded, proposed;
  std::vector<enum bac_role> roles;
  uint32_t view_changes = 0;
  const struct bac_entry *head = nullptr;
};

namespace mock {

/* One engine in its environment. */
struct Engine {
  Engine(World *world, const struct bac_protocol *protocol, uint32_t self, bac_time now = 0);
  ~Engine();
  Engine(const Engine &) = delete;
  void Start() { env.protocol->start(state.get()); }
  /* As the node does: shape, sender, signature and binding first. False: it did not get as far as the engine. */
  bool Deliver(const Message &m);
  /* Adds a transaction to the pool. */
  void Submit(const Bytes &tx);
  /* Moves the clock and runs the timers that are due, each at its time. */
  void Run(bac_time until);
  /* Loses everything but what was persisted and starts again. */
  void Restart();
  bool Certified(const Bytes &block, const Bytes &certificate);

  uint64_t Height() const { return bac_chain_tip(env.chain)->block->header.height; }
  uint64_t Round() const { return env.protocol->round(state.get()); }
  Digest At(uint64_t height) const { return DigestOf(bac_chain_at(env.chain, height)->block->digest); }
  Digest Hash() const;
  /* Messages of a type sent so far; Take also forgets all that was sent. */
  std::vector<Message> Sent(uint32_t type) const;
  std::vector<Message> Take(uint32_t type);
  size_t Rejects(enum bac_reject reason) const;
  void Forget();

  struct bac_env env;
  std::unique_ptr<uint8_t[]> state;

 private:
  void Open();
  void Close();
};

/* Engines that hear each other at once, except where the filter says no. */
struct Net {
  using Filter = std::function<bool(uint32_t from, uint32_t to, const Message &m)>;
  Net(World *world, const struct bac_protocol *protocol);
  Engine &operator[](uint32_t i) { return *engines[i]; }
  void Start();
  /* Delivers until nobody has anything to say. */
  void Pump(const Filter &filter = nullptr);
  /* Moves all clocks in steps and delivers in between. */
  void Run(bac_time until, const Filter &filter = nullptr);
  void SubmitAll(const Bytes &tx);
  bac_time now = 0;
  std::vector<std::unique_ptr<Engine>> engines;
  std::vector<bool> down;
  std::vector<Message> log; /* everything delivered or not, once per sending */
};

}  // namespace mock

#endif
