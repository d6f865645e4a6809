/* SPDX-License-Identifier: GPL-2.0-only */
/* One node under test among members whose every word the test puts into their mouths: real frames through real links,
 * time in the test's hands, every effect looked at in its order. */
#ifndef BAC_TESTS_SIM_SOLO_H
#define BAC_TESTS_SIM_SOLO_H

#include "sim/world.h"

namespace bac_test {

/* A message that the node sent, as member `to` read it. */
struct Heard {
  uint32_t to;
  bac_time at;
  bac_msg msg; /* payload moved to bytes */
  Bytes payload;
};

class Solo {
 public:
  Solo(World *world, uint32_t self, bac_shared *shared = nullptr) : w(world), self_(self), shared_(shared) {
    peers_.resize(w->n());
    for (uint32_t i = 0; i < w->n(); i++) {
      if (i == self) continue;
      peers_[i].solo = this;
      peers_[i].id = i;
      peers_[i].link = make_link(i);
    }
    boot();
  }
  Solo(const Solo &) = delete;
  Solo &operator=(const Solo &) = delete;
  ~Solo() {
    bac_node_free(node);
    for (auto &p : peers_)
      if (p.link) bac_link_free(p.link);
  }

  void start() {
    bac_event e = {};
    e.type = BAC_EVENT_START;
    step(e);
    settle();
  }
  /* Dies and comes back from what it made durable. */
  void restart() {
    bac_node_free(node);
    boot();
    for (auto &[kind, r] : records) restore(kind, r);
    if (!state.empty()) restore(BAC_RECORD_STATE, state);
    start();
  }
  void restore(uint32_t kind, const Bytes &bytes) {
    bac_event e = {};
    e.type = BAC_EVENT_RESTORE;
    e.restore.kind = kind;
    e.restore.bytes = bytes.data();
    e.restore.length = bytes.size();
    if (step(e) != BAC_OK) abort();
  }
  /* Lets time pass, frames and timers included. */
  void run(bac_time until) {
    settle();
    for (;;) {
      bac_time next = wakeup;
      for (auto &p : peers_)
        if (p.link) next = std::min(next, bac_link_wakeup(p.link, BAC_LINK_AIR, BAC_LINK_ALL));
      if (next > until) break;
      now = std::max(now, next);
      wake();
      settle();
    }
    now = until;
    wake();
    settle();
  }
  /* Member i says this to the node, now. */
  void say(uint32_t i, bac_msg m, const Bytes &payload = {}) {
    m.payload = payload.data();
    m.payload_length = payload.size();
    raw(i, take(bac_msg_encode(&m)));
  }
  void raw(uint32_t i, const Bytes &object) {
    bac_link_send(peers_[i].link, now, w->members[self_].id, BAC_LINK_CONTROL, object.data(), object.size(), 0);
    settle();
  }
  void propose(const bac_entry *at) {
    uint32_t p = at->block->header.proposer;
    say(p, w->vote(at, p), World::payload(at));
  }
  void validate(const bac_entry *at, uint32_t cp, int verdict = kAccept) {
    say(cp, w->vote(at, cp, verdict), w->validation(at));
  }
  void transaction(uint32_t i, const Bytes &wire) {
    Bytes object(1, BAC_OBJECT_TRANSACTION);
    object.insert(object.end(), wire.begin(), wire.end());
    raw(i, object);
  }
  /* A message of the node layer: FETCH or CERTIFIED. */
  void shared_message(uint32_t i, uint32_t type, const Bytes &payload, uint64_t height = 0) {
    bac_msg m = {};
    m.type = type;
    m.height = height;
    bac_payload_digest(m.digest, payload.data(), payload.size(), &w->cost);
    w->sign(&m, i);
    say(i, m, payload);
  }
  void certified(uint32_t i, const bac_entry *at, const Bytes &qc) {
    Bytes payload(4), block = World::payload(at);
    bac_put_u32(payload.data(), static_cast<uint32_t>(block.size()));
    payload.insert(payload.end(), block.begin(), block.end());
    payload.insert(payload.end(), qc.begin(), qc.end());
    shared_message(i, BAC_MSG_CERTIFIED, payload, at->block->header.height);
  }
  /* One of the engine's messages with a hashed payload: QC or TC. */
  void hashed(uint32_t i, uint32_t type, uint64_t view, const Bytes &payload) {
    bac_msg m = {};
    m.protocol = kBac;
    m.type = type;
    m.view = view;
    bac_payload_digest(m.digest, payload.data(), payload.size(), &w->cost);
    w->sign(&m, i);
    say(i, m, payload);
  }

  std::vector<Heard> of(uint32_t type, uint64_t view = 0) const {
    std::vector<Heard> found;
    for (auto &h : heard)
      if (h.msg.type == type && (view == 0 || h.msg.view == view)) found.push_back(h);
    return found;
  }
  bool said(uint32_t type, uint64_t view = 0) const { return !of(type, view).empty(); }
  /* Whether it voted (accepting) in this round, in whatever role. */
  bool voted(uint64_t round) const {
    for (auto &h : heard)
      if ((h.msg.type == BAC_MSG_CS_CONSENSUS || h.msg.type == BAC_MSG_CP_VALIDATE ||
           h.msg.type == BAC_MSG_BLOCK_REQUEST) &&
          h.msg.view == round && h.msg.step == kAccept)
        return true;
    return false;
  }
  uint64_t rejects(bac_reject reason) const { return counters().rejects[reason]; }
  uint64_t round() const { return counters().round; }
  uint64_t height() const { return counters().chain_height; }
  bac_counters counters() const {
    bac_counters c;
    bac_node_counters(node, &c);
    return c;
  }
  int step(bac_event e) {
    e.now = now;
    bac_output out = {};
    int result = bac_node_step(node, &e, &out);
    wakeup = out.wakeup;
    steps++;
    cost.vrf_proves += out.cost.vrf_proves;
    cost.vrf_verifies += out.cost.vrf_verifies;
    for (size_t i = 0; i < out.effect_count; i++) {
      if (on_effect) on_effect(out.effects[i]);
      effect(out.effects[i]);
    }
    return result;
  }

  World *const w;
  bac_node *node = nullptr;
  bac_time now = 0, wakeup = BAC_NEVER;
  uint64_t steps = 0;
  bac_cost cost = {}; /* VRF operations alone */
  std::vector<Heard> heard;
  std::vector<std::pair<uint32_t, size_t>> gossiped; /* events of others' and its own: to whom, bytes */
  std::vector<std::pair<uint32_t, Bytes>> records; /* durable, but for the state */
  Bytes state;
  std::vector<std::pair<uint64_t, Bytes>> commits; /* height, digest */
  std::function<void(const Heard &)> on_heard;
  std::function<void(const bac_effect &)> on_effect;
  bool mute = false;         /* frames of the node are lost */
  bool passes_on = false;    /* what it says again of others is heard, too */
  bool durable_first = true; /* no vote or TIMEOUT left before its round was durable */

 private:
  struct Peer {
    Solo *solo = nullptr;
    uint32_t id = 0;
    bac_link *link = nullptr;
  };

  static void delivered(void *ctx, const uint8_t *bytes, size_t length, uint32_t) {
    Peer *p = static_cast<Peer *>(ctx);
    Heard h = {};
    if (length > 0 && bytes[0] == BAC_OBJECT_GOSSIP) p->solo->gossiped.emplace_back(p->id, length);
    if (length == 0 || bytes[0] != BAC_OBJECT_MESSAGE || !bac_msg_decode(&h.msg, bytes, length)) return;
    if (!p->solo->passes_on && h.msg.sender != p->solo->w->members[p->solo->self_].id) return;
    h.to = p->id;
    h.at = p->solo->now;
    if (h.msg.payload_length > 0) h.payload.assign(h.msg.payload, h.msg.payload + h.msg.payload_length);
    h.msg.payload = nullptr;
    if (!p->solo->passes_on) p->solo->check_durable(h.msg);
    p->solo->heard.push_back(h);
    if (p->solo->on_heard) p->solo->on_heard(h);
  }
  void check_durable(const bac_msg &m) {
    if (w->config.mode != BAC_MODE_SAFE || m.protocol != kBac || m.type == BAC_MSG_QC || m.type == BAC_MSG_TC) return;
    bool vote = m.type != BAC_MSG_TIMEOUT && m.step == kAccept;
    if (vote || m.type == BAC_MSG_TIMEOUT)
      durable_first = durable_first && state.size() >= 24 && bac_get_u64(state.data() + 8) >= m.view;
  }
  static void link_hash(uint8_t out[BAC_HASH_BYTES], const void *bytes, size_t length) {
    bac_hash(out, BAC_DOMAIN_OBJECT, bytes, length);
  }
  bac_link *make_link(uint32_t i) {
    bac_link_config c = {};
    c.self = w->members[i].id;
    c.shard = w->roster.shard;
    c.frame_bytes_max = w->config.frame_bytes_max;
    c.bit_rate_bps = w->config.bit_rate_bps;
    c.frame_overhead_ns = w->config.frame_overhead_ns;
    c.population = w->n();
    c.seed = 77;
    c.hello_interval = -1;
    c.hash = link_hash;
    bac_link_callbacks callbacks = {};
    callbacks.deliver = delivered;
    return bac_link_new(&c, &callbacks, &peers_[i]);
  }
  void boot() {
    char why[200];
    bac_node_config nc = {};
    nc.config = &w->config;
    nc.roster = &w->roster;
    nc.id = w->members[self_].id;
    nc.shared = shared_;
    node = bac_node_new(&nc, why, sizeof why);
    if (!node) abort();
    bac_node_set_radios(node, 1, UINT32_MAX);
  }
  void wake() {
    bac_event e = {};
    e.type = BAC_EVENT_WAKE;
    step(e);
  }
  void effect(const bac_effect &e) {
    if (e.type == BAC_EFFECT_PERSIST) {
      Bytes bytes(e.persist.bytes, e.persist.bytes + e.persist.length);
      if (e.persist.kind == BAC_RECORD_STATE)
        state = bytes;
      else
        records.emplace_back(e.persist.kind, bytes);
    } else if (e.type == BAC_EFFECT_FRAME && !mute) {
      Bytes bytes(e.frame.bytes, e.frame.bytes + e.frame.length);
      for (auto &p : peers_)
        if (p.link && (e.frame.destination == BAC_BROADCAST || e.frame.destination == w->members[p.id].id))
          bac_link_receive(p.link, now, BAC_LINK_AIR, bytes.data(), bytes.size());
    } else if (e.type == BAC_EFFECT_COMMIT) {
      commits.emplace_back(e.commit.height, Bytes(e.commit.digest, e.commit.digest + BAC_HASH_BYTES));
    }
  }
  /* Frames of the peers reach the node until nobody has any left. */
  void settle() {
    for (bool again = true; again;) {
      again = false;
      for (auto &p : peers_) {
        bac_link_frame f;
        while (p.link && bac_link_next_frame(p.link, now, BAC_LINK_AIR, BAC_LINK_ALL, &f)) {
          Bytes bytes(f.bytes, f.bytes + f.length);
          bool ours = f.destination == BAC_BROADCAST || f.destination == w->members[self_].id;
          bac_event e = {};
          e.type = BAC_EVENT_FRAME;
          e.frame.bytes = bytes.data();
          e.frame.length = bytes.size();
          if (ours) step(e);
          again = true;
        }
      }
    }
  }

  uint32_t self_;
  bac_shared *shared_;
  std::deque<Peer> peers_;
};

}  // namespace bac_test

#endif
