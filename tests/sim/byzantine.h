/* SPDX-License-Identifier: GPL-2.0-only */
/* The in-process network with byzantine members: members 0..f-1 are silent towards some, have a twin with the same key
 * (after Bano et al., "Twins", 2020: equivocation of every kind), or a liar beside them that signs whatever could hurt.
 * The observer looks at honest members only. */
#ifndef BAC_TESTS_SIM_BYZANTINE_H
#define BAC_TESTS_SIM_BYZANTINE_H

#include "sim/world.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "network.h"
}
#pragma GCC diagnostic pop

namespace bac_test {

enum class Evil { kNone, kSilent, kTwin, kLiar };

/* A member's key and radio in the test's hands, beside the network: what it says goes to chosen members. */
struct Puppet {
  World *w = nullptr;
  bac_sim *sim = nullptr;
  uint32_t id = 0;
  bac_link *link = nullptr;
  std::function<void(const bac_msg &)> on_message;
  std::function<bool(uint32_t)> reaches = [](uint32_t) { return true; };

  static void hash(uint8_t out[BAC_HASH_BYTES], const void *bytes, size_t length) {
    bac_hash(out, BAC_DOMAIN_OBJECT, bytes, length);
  }
  static void delivered(void *ctx, const uint8_t *bytes, size_t length, uint32_t) {
    Puppet *p = static_cast<Puppet *>(ctx);
    bac_msg m;
    if (length > 0 && bytes[0] == BAC_OBJECT_MESSAGE && bac_msg_decode(&m, bytes, length) && p->on_message)
      p->on_message(m);
  }
  void init(World *world, bac_sim *s, uint32_t self) {
    w = world;
    sim = s;
    id = self;
    bac_link_config c = {};
    c.self = self;
    c.population = w->n();
    c.seed = 1000 + self;
    c.hello_interval = -1;
    c.hash = hash;
    bac_link_callbacks callbacks = {};
    callbacks.deliver = delivered;
    link = bac_link_new(&c, &callbacks, this);
  }
  ~Puppet() {
    if (link) bac_link_free(link);
  }
  /* Signs and sends; to BAC_BROADCAST or one member. */
  void say(bac_time now, uint32_t to, bac_msg m, const Bytes &payload = {}) {
    m.payload = payload.data();
    m.payload_length = payload.size();
    w->sign(&m, id);
    Bytes object = take(bac_msg_encode(&m));
    bac_link_send(link, now, to, BAC_LINK_CONTROL, object.data(), object.size(), 0);
  }
  void pump(bac_time now) {
    bac_link_frame f;
    while (bac_link_next_frame(link, now, BAC_LINK_AIR, BAC_LINK_ALL, &f)) {
      Bytes bytes(f.bytes, f.bytes + f.length);
      for (uint32_t to = 0; to < w->n(); to++)
        if (to != id && reaches(to) && (f.destination == BAC_BROADCAST || f.destination == to))
          bac_sim_inject(sim, to, bytes.data(), bytes.size());
    }
  }
};

class Arena {
 public:
  Arena(const bac_sim_config &config, Evil kind) : world(config.nodes, config.node.seed), evil(kind) {
    world.config = config.node;
    char why[200];
    sim = bac_sim_new(&config, why, sizeof why);
    if (!sim) abort();
    count = kind == Evil::kNone ? 0 : bac_faults_max(config.nodes);
    heights.resize(config.nodes);
    random_ = bac_random_stream(config.node.seed, 99, BAC_PURPOSE_FAULTS);
    bac_sim_on_commit(sim, committed, this);
    if (kind == Evil::kNone) return;
    bac_sim_set_filter(sim, filter, this);
    for (uint32_t i = 0; i < count && kind == Evil::kTwin; i++) twins_.emplace_back(new Twin(this, i));
    for (uint32_t i = 0; i < count && kind == Evil::kLiar; i++) {
      liars_.emplace_back(new Puppet);
      Puppet *p = liars_.back().get();
      p->init(&world, sim, i);
      p->on_message = [this, p](const bac_msg &m) { lie(p, m); };
    }
  }
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;
  ~Arena() {
    twins_.clear();
    liars_.clear();
    bac_sim_free(sim);
  }

  void run(bac_time until) {
    if (evil == Evil::kNone || evil == Evil::kSilent) {
      bac_sim_run(sim, until);
      now = until;
      return;
    }
    while (now < until) {
      now = std::min(until, now + 5 * BAC_MS);
      bac_sim_run(sim, now);
      for (auto &t : twins_) t->run(now);
      for (auto &l : liars_) {
        for (auto &frame : inbox_[l->id]) bac_link_receive(l->link, now, BAC_LINK_AIR, frame.data(), frame.size());
        inbox_[l->id].clear();
        l->pump(now);
      }
    }
  }
  bool honest(uint32_t i) const { return i >= count; }
  uint64_t height_min() const {
    uint64_t low = UINT64_MAX;
    for (uint32_t i = count; i < world.n(); i++) low = std::min(low, heights[i]);
    return low;
  }
  uint64_t height_max() const {
    uint64_t high = 0;
    for (uint32_t i = count; i < world.n(); i++) high = std::max(high, heights[i]);
    return high;
  }

  World world;
  bac_sim *sim = nullptr;
  bac_time now = 0;
  Evil evil;
  uint32_t count = 0; /* members 0..count-1 are byzantine */
  uint64_t conflicts = 0, gaps = 0;
  std::vector<uint64_t> heights;

 private:
  /* The same member once more, in touch with the other half of the shard. */
  struct Twin {
    Arena *arena;
    uint32_t id;
    bac_node *node;
    bac_time wakeup = 0;
    Twin(Arena *a, uint32_t i) : arena(a), id(i) {
      char why[200];
      bac_node_config nc = {};
      nc.config = &a->world.config;
      nc.roster = &a->world.roster;
      nc.id = i;
      node = bac_node_new(&nc, why, sizeof why);
      bac_node_set_radios(node, 1, UINT32_MAX);
      bac_event e = {};
      e.type = BAC_EVENT_START;
      step(e, 0);
    }
    ~Twin() { bac_node_free(node); }
    void step(bac_event e, bac_time at) {
      e.now = at;
      bac_output out = {};
      bac_node_step(node, &e, &out);
      wakeup = out.wakeup;
      for (size_t k = 0; k < out.effect_count; k++) {
        const bac_effect &f = out.effects[k];
        if (f.type != BAC_EFFECT_FRAME) continue;
        for (uint32_t to = 0; to < arena->world.n(); to++)
          if (arena->half(to) && to != id && (f.frame.destination == BAC_BROADCAST || f.frame.destination == to) &&
              !bac_random_chance(&arena->random_, 50, 1000))
            bac_sim_inject(arena->sim, to, f.frame.bytes, f.frame.length);
      }
    }
    void run(bac_time until) {
      for (auto &frame : arena->inbox_[id]) {
        bac_event e = {};
        e.type = BAC_EVENT_FRAME;
        e.frame.bytes = frame.data();
        e.frame.length = frame.size();
        step(e, until);
      }
      arena->inbox_[id].clear();
      bac_event e = {};
      e.type = BAC_EVENT_WAKE;
      if (wakeup <= until) step(e, until);
    }
  };

  bool half(uint32_t i) const { return i % 2 == 1; }

  static bool filter(void *ctx, uint32_t from, uint32_t to, uint8_t *bytes, size_t *length) {
    Arena *a = static_cast<Arena *>(ctx);
    if (to < a->count) a->inbox_[to].emplace_back(bytes, bytes + *length);
    if (from >= a->count) return true;
    if (a->evil == Evil::kSilent)
      return a->half(to) && bac_random_chance(&a->random_, 1, 2) != 0; /* some hear some of it */
    if (a->evil == Evil::kTwin) return !a->half(to);                   /* the twin talks to the others */
    return true;
  }
  static void committed(void *ctx, bac_time, uint32_t node, const bac_commit *c) {
    Arena *a = static_cast<Arena *>(ctx);
    if (!a->honest(node)) return;
    a->gaps += c->height != a->heights[node] + 1;
    a->heights[node] = c->height;
    Bytes digest(c->digest, c->digest + BAC_HASH_BYTES);
    auto known = a->chain_.emplace(c->height, digest);
    a->conflicts += known.first->second != digest;
  }

  /* What a liar makes of a message it has heard. */
  void lie(Puppet *p, const bac_msg &m) {
    if (bac_random_chance(&random_, 1, 2)) return;
    uint32_t to = static_cast<uint32_t>(bac_random_below(&random_, world.n()));
    if (to == p->id) to = BAC_BROADCAST;
    bac_msg x = {};
    x.protocol = kBac;
    x.view = m.view;
    x.height = m.height;
    memcpy(x.digest, m.digest, BAC_HASH_BYTES);
    Bytes payload;
    if (m.payload_length > 0) payload.assign(m.payload, m.payload + m.payload_length);
    bac_role role = m.view > 0 && m.protocol == kBac && !world.elects() ? world.role(m.view, p->id) : BAC_ROLE_CS;
    switch (bac_random_below(&random_, 9)) {
      case 0: /* the right digest at a wrong height */
      case 1: /* a digest of nothing */
        x.type = BAC_MSG_CS_CONSENSUS;
        x.role = role;
        x.step = kAccept;
        if (bac_random_chance(&random_, 1, 2))
          x.height += 7;
        else
          x.digest[3] ^= 1;
        return p->say(now, to, x);
      case 2: /* a TIMEOUT that no certificate can carry */
        x.type = BAC_MSG_TIMEOUT;
        x.step = 1;
        x.height = 0;
        return p->say(now, BAC_BROADCAST, x);
      case 3: /* one that names a certificate from the future, or from nowhere */
        x.type = BAC_MSG_TIMEOUT;
        x.height = bac_random_chance(&random_, 1, 2) ? m.view + 1 : 1ull << 61;
        if (bac_random_chance(&random_, 1, 3)) x.view = 1ull << 61;
        return p->say(now, BAC_BROADCAST, x);
      case 4: /* somebody else's certificate under another name */
        if (m.type != BAC_MSG_QC) return;
        x.type = BAC_MSG_QC;
        x.view = m.view + 1;
        bac_payload_digest(x.digest, payload.data(), payload.size(), &world.cost);
        return p->say(now, to, x, payload);
      case 5: /* a forged one */
        if (m.type != BAC_MSG_QC || payload.empty()) return;
        x.type = BAC_MSG_QC;
        x.view = m.view;
        payload[bac_random_below(&random_, payload.size())] ^= 1;
        bac_payload_digest(x.digest, payload.data(), payload.size(), &world.cost);
        return p->say(now, to, x, payload);
      case 6: { /* a flood of FETCH */
        x.protocol = 0;
        x.type = BAC_MSG_FETCH;
        for (int i = 0; i < 5; i++) {
          payload = {
              8, 1, 24, static_cast<uint8_t>(1 + bac_random_below(&random_, 100)), 32, static_cast<uint8_t>(1 + i)};
          bac_payload_digest(x.digest, payload.data(), payload.size(), &world.cost);
          p->say(now, to, x, payload);
        }
        return;
      }
      case 7: /* a block that was never certified, with whatever stands for a certificate */
        if (m.type != BAC_MSG_BLOCK_REQUEST) return;
        {
          Bytes wrapped(4);
          bac_put_u32(wrapped.data(), static_cast<uint32_t>(payload.size()));
          wrapped.insert(wrapped.end(), payload.begin(), payload.end());
          x.protocol = 0;
          x.type = BAC_MSG_CERTIFIED;
          bac_payload_digest(x.digest, wrapped.data(), wrapped.size(), &world.cost);
          return p->say(now, to, x, wrapped);
        }
      default: /* a vote for a round far away */
        x.type = BAC_MSG_CS_CONSENSUS;
        x.role = BAC_ROLE_CS;
        x.step = kAccept;
        x.view = m.view + bac_random_below(&random_, 1ull << 40);
        return p->say(now, to, x);
    }
  }

  bac_random random_;
  std::vector<std::unique_ptr<Twin>> twins_;
  std::vector<std::unique_ptr<Puppet>> liars_;
  std::map<uint32_t, std::vector<Bytes>> inbox_;
  std::map<uint64_t, Bytes> chain_;
};

}  // namespace bac_test

#endif
