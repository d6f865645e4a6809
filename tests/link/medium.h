/* SPDX-License-Identifier: GPL-2.0-only */
/* A broadcast medium in one process for tests of the link: carrier sense, airtime, independent loss, a topology (who
 * hears whom), wired RSUs. Two modes: SERIAL, one collision domain with one frame on the air at a time; CSMA, where
 * every node listens for itself, and frames that overlap at a receiver are lost (hidden terminals, equal backoffs). */
#ifndef BAC_TESTS_LINK_MEDIUM_H
#define BAC_TESTS_LINK_MEDIUM_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "link/link.h"

namespace bac_test {

/* Not cryptographic, but quick, and good enough to tell objects apart. */
inline void test_hash(uint8_t out[32], const void *bytes, size_t length) {
  uint64_t lane[4] = {length + 1, length ^ 0x1234567u, 0x9e3779b97f4a7c15u, 0xd1b54a32d192ed03u};
  const uint8_t *p = static_cast<const uint8_t *>(bytes);
  size_t i = 0;
  for (; i + 8 <= length; i += 8) {
    uint64_t v;
    std::memcpy(&v, p + i, 8);
    uint64_t &x = lane[(i / 8) % 4];
    x = (x ^ v) * 0xff51afd7ed558ccdu;
    x ^= x >> 32;
  }
  for (; i < length; i++) lane[i % 4] = (lane[i % 4] ^ (p[i] + 1)) * 0xc4ceb9fe1a85ec53u;
  for (int round = 0; round < 3; round++) {
    for (int j = 0; j < 4; j++) {
      lane[j] += lane[(j + 1) % 4] * 0x9fb21c651e98df25u;
      lane[j] ^= lane[j] >> 29;
    }
  }
  std::memcpy(out, lane, 32);
}

using Bytes = std::vector<uint8_t>;

/* Of the frame format in link/internal.h (C only). */
constexpr size_t kHeaderBytes = 9;
constexpr size_t kSymbolHeaderBytes = kHeaderBytes + 30;
constexpr size_t kSymbolIndexAt = kSymbolHeaderBytes - 2; /* 12 bits, then 4 of the generation */
constexpr uint32_t kSymbolBytes = 1400 - kSymbolHeaderBytes;
constexpr uint32_t kItemMost = 1400 - kHeaderBytes - 17; /* the largest object that is sent in one frame */

inline Bytes object_of(size_t length, uint64_t seed) {
  Bytes bytes(length);
  std::mt19937_64 random(seed);
  for (auto &b : bytes) b = static_cast<uint8_t>(random());
  return bytes;
}

struct Delivery {
  bac_time at;
  uint64_t digest;
  size_t length;
  uint32_t source;
};

class Medium;

struct Station {
  Medium *medium = nullptr;
  uint32_t id = 0;
  bac_link *link = nullptr;
  bac_link_kind kind = BAC_LINK_EV;
  std::vector<Delivery> deliveries;
  std::map<int, int> rejects;
  struct Frame {
    uint32_t destination;
    Bytes bytes;
  };
  std::deque<Frame> mac;
  bool dirty = true;
  bool transmitting = false;
  bac_time attempt_at = BAC_NEVER; /* CSMA */
  bac_time busy_until = 0;
  std::function<void(const uint8_t *, size_t, uint32_t)> on_deliver;
};

inline uint64_t digest_of(const uint8_t *bytes, size_t length) {
  uint8_t hash[32];
  test_hash(hash, bytes, length);
  uint64_t digest;
  std::memcpy(&digest, hash, 8);
  return digest;
}

class Medium {
 public:
  enum Mode { SERIAL, CSMA };

  explicit Medium(uint64_t seed, double loss = 0, Mode mode = SERIAL)
      : loss_(loss), mode_(mode), random_(seed), seed_(seed) {}
  ~Medium() {
    for (auto &s : stations_) bac_link_free(s->link);
  }
  Medium(const Medium &) = delete;
  Medium &operator=(const Medium &) = delete;

  bac_link_config config = default_config();
  uint32_t mac_depth = 4;
  bac_time now = 0;
  std::function<bool(uint32_t from, uint32_t to)> hears;   /* default: everybody hears everybody */
  std::function<void(uint32_t from, Bytes &frame)> tamper; /* sees every frame that goes on the air */
  uint64_t air_frames = 0, wire_frames = 0, collisions = 0;
  bac_time air_busy = 0;

  static bac_link_config default_config() {
    bac_link_config c{};
    c.relay = true;
    c.hash = test_hash;
    return c;
  }

  Station &add(uint32_t id, bac_link_kind kind = BAC_LINK_EV) {
    auto s = std::make_unique<Station>();
    s->medium = this;
    s->id = id;
    s->kind = kind;
    bac_link_config c = config;
    c.self = id;
    c.kind = kind;
    c.seed = seed_;
    bac_link_callbacks callbacks{};
    callbacks.deliver = [](void *ctx, const uint8_t *bytes, size_t length, uint32_t source) {
      auto *self = static_cast<Station *>(ctx);
      self->deliveries.push_back({self->medium->now, digest_of(bytes, length), length, source});
      if (self->on_deliver) self->on_deliver(bytes, length, source);
    };
    callbacks.reject = [](void *ctx, bac_reject reason, uint32_t) { static_cast<Station *>(ctx)->rejects[reason]++; };
    s->link = bac_link_new(&c, &callbacks, s.get());
    stations_.push_back(std::move(s));
    index_[id] = stations_.size() - 1;
    return *stations_.back();
  }

  Station &station(uint32_t id) { return *stations_[index_.at(id)]; }
  std::vector<std::unique_ptr<Station>> &stations() { return stations_; }

  int send(uint32_t from, uint32_t to, const Bytes &object, bac_link_class traffic = BAC_LINK_BULK,
           bac_time delay = 0) {
    Station &s = station(from);
    s.dirty = true;
    return bac_link_send(s.link, now, to, traffic, object.data(), object.size(), delay);
  }

  int count(uint32_t id, const Bytes &object) {
    uint64_t digest = digest_of(object.data(), object.size());
    int n = 0;
    for (auto &d : station(id).deliveries) n += d.digest == digest && d.length == object.size();
    return n;
  }

  /* Runs until `until` or until `done` holds, tested after every event. Returns whether it held. */
  bool run(bac_time until, const std::function<bool()> &done = nullptr) {
    for (;;) {
      poll();
      if (done && done()) return true;
      bac_time next = next_event();
      if (next > until) {
        now = until;
        return false;
      }
      now = std::max(now, next);
      events();
    }
  }

  template <class F>
  uint64_t sum(F field) {
    uint64_t total = 0;
    for (auto &s : stations_) total += field(*bac_link_counters(s->link));
    return total;
  }

 private:
  struct Transmission {
    size_t from;
    bac_time start, end;
    Station::Frame frame;
    std::vector<std::pair<size_t, bool>> receivers; /* station, spoilt */
  };
  struct Wired {
    bac_time at;
    size_t to;
    Bytes bytes;
  };

  bool reaches(size_t from, size_t to) {
    if (from == to || stations_[from]->kind == BAC_LINK_MBS || stations_[to]->kind == BAC_LINK_MBS) return false;
    return !hears || hears(stations_[from]->id, stations_[to]->id);
  }

  static bac_time bits_time(size_t bytes) { return 40000 + static_cast<bac_time>((bytes + 50) * 8 * 1000 / 6); }
  bac_time backoff() { return static_cast<bac_time>(random_() % 16) * 13000; }

  void wire(size_t from, const bac_link_frame &frame) {
    wire_frames++;
    for (size_t to = 0; to < stations_.size(); to++) {
      const Station &t = *stations_[to];
      if (to == from || t.kind == BAC_LINK_EV || t.id == frame.except) continue;
      bool up = stations_[from]->kind == BAC_LINK_RSU;
      bool meant = frame.destination == BAC_BROADCAST ? (t.kind == BAC_LINK_MBS) == up : t.id == frame.destination;
      if (meant) wired_.push_back({now + BAC_MS, to, Bytes(frame.bytes, frame.bytes + frame.length)});
    }
  }

  void poll() {
    for (size_t i = 0; i < stations_.size(); i++) {
      Station &s = *stations_[i];
      bool due = s.dirty || (s.mac.size() < mac_depth && bac_link_wakeup(s.link, BAC_LINK_AIR, BAC_LINK_ALL) <= now) ||
                 (s.kind != BAC_LINK_EV && bac_link_wakeup(s.link, BAC_LINK_WIRE, BAC_LINK_ALL) <= now);
      if (!due) continue;
      s.dirty = false;
      bac_link_frame frame;
      while (s.mac.size() < mac_depth && bac_link_next_frame(s.link, now, BAC_LINK_AIR, BAC_LINK_ALL, &frame)) {
        s.mac.push_back({frame.destination, Bytes(frame.bytes, frame.bytes + frame.length)});
      }
      while (bac_link_next_frame(s.link, now, BAC_LINK_WIRE, BAC_LINK_ALL, &frame)) wire(i, frame);
    }
    start();
  }

  void start() {
    if (mode_ == SERIAL) {
      if (!active_.empty()) return;
      std::vector<size_t> contenders;
      for (size_t i = 0; i < stations_.size(); i++) {
        if (!stations_[i]->mac.empty()) contenders.push_back(i);
      }
      if (contenders.empty()) return;
      begin(contenders[random_() % contenders.size()], now + 58000 + backoff());
      return;
    }
    for (auto &s : stations_) {
      if (!s->mac.empty() && !s->transmitting && s->attempt_at == BAC_NEVER) {
        s->attempt_at = std::max(now, s->busy_until) + 58000 + backoff();
      }
    }
  }

  void begin(size_t from, bac_time at) {
    Station &s = *stations_[from];
    Transmission t{from, at, at + bits_time(s.mac.front().bytes.size()), s.mac.front(), {}};
    s.mac.pop_front();
    s.transmitting = true;
    air_frames++;
    air_busy += t.end - t.start;
    if (tamper) tamper(s.id, t.frame.bytes);
    for (size_t r = 0; r < stations_.size(); r++) {
      if (!reaches(from, r)) continue;
      bool spoilt = mode_ == CSMA && stations_[r]->transmitting;
      if (mode_ == CSMA) {
        for (auto &other : active_) {
          for (auto &[receiver, hit] : other.receivers) {
            if (receiver == r) hit = spoilt = true;
          }
        }
        stations_[r]->busy_until = std::max(stations_[r]->busy_until, t.end);
      }
      t.receivers.push_back({r, spoilt});
    }
    for (auto &other : active_) { /* who transmits hears nothing */
      for (auto &[receiver, hit] : other.receivers) hit = hit || receiver == from;
    }
    active_.push_back(std::move(t));
  }

  bac_time next_event() {
    bac_time next = BAC_NEVER;
    for (auto &t : active_) next = std::min(next, t.end);
    for (auto &w : wired_) next = std::min(next, w.at);
    for (auto &s : stations_) {
      if (s->mac.size() < mac_depth) next = std::min(next, bac_link_wakeup(s->link, BAC_LINK_AIR, BAC_LINK_ALL));
      if (s->kind != BAC_LINK_EV) next = std::min(next, bac_link_wakeup(s->link, BAC_LINK_WIRE, BAC_LINK_ALL));
      next = std::min(next, s->attempt_at);
    }
    return next;
  }

  void events() {
    for (size_t i = 0; i < active_.size();) {
      if (active_[i].end > now) {
        i++;
        continue;
      }
      Transmission t = std::move(active_[i]);
      active_.erase(active_.begin() + static_cast<long>(i));
      end(t);
    }
    while (!wired_.empty() && wired_.front().at <= now) { /* equal latency: first in, first out */
      Wired w = std::move(wired_.front());
      wired_.pop_front();
      Station &s = *stations_[w.to];
      s.dirty = true;
      bac_link_receive(s.link, now, BAC_LINK_WIRE, w.bytes.data(), w.bytes.size());
    }
    for (size_t i = 0; i < stations_.size(); i++) {
      Station &s = *stations_[i];
      if (s.attempt_at > now) continue;
      s.attempt_at = BAC_NEVER;
      /* A frame that began within this slot is not sensed yet. */
      bool busy = false;
      for (auto &t : active_) busy = busy || (t.start < now && reaches(t.from, i));
      if (busy) {
        s.attempt_at = std::max(now, s.busy_until) + 58000 + backoff();
      } else {
        begin(i, now);
      }
    }
  }

  void end(const Transmission &t) {
    stations_[t.from]->transmitting = false;
    stations_[t.from]->dirty = true;
    std::uniform_real_distribution<double> uniform(0, 1);
    for (auto &[r, spoilt] : t.receivers) {
      Station &s = *stations_[r];
      bool unicast = t.frame.destination != BAC_BROADCAST;
      if (unicast && t.frame.destination != s.id) continue;
      /* The MAC repeats a unicast up to seven times. */
      double p = unicast ? std::pow(loss_, 7) : loss_;
      if (uniform(random_) < p) continue;
      if (spoilt && !unicast) {
        collisions++;
        continue;
      }
      s.dirty = true;
      bac_link_receive(s.link, now, BAC_LINK_AIR, t.frame.bytes.data(), t.frame.bytes.size());
    }
  }

  double loss_;
  Mode mode_;
  std::mt19937_64 random_;
  uint64_t seed_;
  std::vector<std::unique_ptr<Station>> stations_;
  std::map<uint32_t, size_t> index_;
  std::vector<Transmission> active_;
  std::deque<Wired> wired_;
};

} // namespace bac_test

#endif
