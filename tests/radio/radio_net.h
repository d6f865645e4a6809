/* SPDX-License-Identifier: GPL-2.0-only */
/* A medium with a log of all that it reports, for tests. */
#ifndef BAC_TESTS_RADIO_NET_H
#define BAC_TESTS_RADIO_NET_H

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include "radio/medium.h"

class RadioNet {
 public:
  struct Begin {
    bac_time at;
    uint32_t station;
    uint64_t cookie;
    bac_time duration;
  };
  struct Decoded {
    bac_time at;
    uint32_t station, from;
    uint64_t cookie;
    double sinr;
    bool deliver;
  };
  struct Done {
    bac_time at;
    uint32_t station;
    uint64_t cookie;
    bac_medium_outcome outcome;
  };

  struct Fates {
    bac_time at;
    uint32_t from;
    uint64_t cookie;
    std::vector<uint8_t> fate;
    std::vector<int16_t> sinr;
  };

  /* Without fading, log-distance at 20 dBm, unless told otherwise. */
  static bac_medium_config Config() {
    bac_medium_config c = bac_medium_default();
    c.loss = bac_loss_default(BAC_LOSS_LOG_DISTANCE);
    c.eirp_dbm = 20;
    c.nakagami = false;
    return c;
  }

  explicit RadioNet(const bac_medium_config &config = Config()) {
    bac_medium_host host = {};
    host.ctx = this;
    host.begins = [](void *ctx, bac_time now, uint32_t station, const bac_medium_frame *f, bac_time duration) {
      static_cast<RadioNet *>(ctx)->begins.push_back({now, station, f->cookie, duration});
    };
    host.decoded = [](void *ctx, bac_time now, uint32_t station, uint32_t from, uint64_t cookie, double sinr, bool deliver) {
      static_cast<RadioNet *>(ctx)->decoded.push_back({now, station, from, cookie, sinr, deliver});
    };
    host.done = [](void *ctx, bac_time now, uint32_t station, uint64_t cookie, bac_medium_outcome outcome) {
      RadioNet &net = *static_cast<RadioNet *>(ctx);
      net.done.push_back({now, station, cookie, outcome});
      if (net.again) net.Send(now, station, net.again->psdu_bytes, net.again->mode, net.again->access);
    };
    host.fates = [](void *ctx, bac_time now, uint32_t from, uint64_t cookie, const uint8_t *fate, const int16_t *sinr, uint32_t stations) {
      static_cast<RadioNet *>(ctx)->fates.push_back({now, from, cookie, {fate, fate + stations}, {sinr, sinr + stations}});
    };
    m = bac_medium_new(&config, &host);
  }
  ~RadioNet() { bac_medium_free(m); }
  RadioNet(const RadioNet &) = delete;

  uint32_t Add(double x, double y = 0, uint32_t channel = 172) {
    const double at[3] = {x, y, 1.5};
    return static_cast<uint32_t>(bac_medium_add(m, channel, at));
  }
  int Send(bac_time at, uint32_t station, uint32_t psdu_bytes, bac_air_mode mode = BAC_MODE_6, bac_access access = BAC_AC_BE,
           uint32_t to = BAC_TO_ALL) {
    const bac_medium_frame frame = {cookie++, to, psdu_bytes, mode, access};
    return bac_medium_send(m, at, station, &frame);
  }
  void Run(bac_time until) { bac_medium_run(m, until); }
  size_t Heard(uint32_t station, uint32_t from) const {
    size_t count = 0;
    for (const Decoded &d : decoded) count += d.station == station && d.from == from;
    return count;
  }
  size_t Outcomes(bac_medium_outcome outcome) const {
    size_t count = 0;
    for (const Done &d : done) count += d.outcome == outcome;
    return count;
  }
  /* How often frames of a station came to this at another. */
  size_t Fate(uint32_t from, uint32_t to, bac_fate fate) const {
    size_t count = 0;
    for (const Fates &f : fates) count += f.from == from && f.fate[to] == fate;
    return count;
  }
  /* All that was reported, as bytes. */
  std::string Log() const {
    std::string log;
    const auto put = [&log](const auto &value) { log.append(reinterpret_cast<const char *>(&value), sizeof value); };
    for (const Begin &b : begins) put(b.at), put(b.station), put(b.cookie), put(b.duration);
    for (const Decoded &d : decoded) put(d.at), put(d.station), put(d.from), put(d.cookie), put(d.sinr), put(d.deliver);
    for (const Done &d : done) put(d.at), put(d.station), put(d.cookie), put(d.outcome);
    for (const Fates &f : fates) {
      put(f.at), put(f.from), put(f.cookie);
      for (const uint8_t fate : f.fate) put(fate);
      for (const int16_t sinr : f.sinr) put(sinr);
    }
    return log;
  }

  bac_medium *m;
  uint64_t cookie = 0;
  const bac_medium_frame *again = nullptr; /* saturation: another one for each that is done */
  std::vector<Begin> begins;
  std::vector<Decoded> decoded;
  std::vector<Done> done;
  std::vector<Fates> fates;
};

#endif
