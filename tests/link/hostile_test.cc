/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames that a hostile node may send: nothing crashes, memory stays bounded, drops are counted. */
#include <gtest/gtest.h>
#include <isa-l/erasure_code.h>

#include "link/erasure.h"
#include "medium.h"

using namespace bac_test;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr int kRounds = 20000;
#else
constexpr int kRounds = 200000;
#endif

/* A bound on what the defaults allow: 8 MB of complete objects, 8 MB of receptions, 1 MB of queue, tables. */
constexpr size_t kMemoryMost = 19000000;

/* Frames of every type, as a lossy exchange of small and large objects produces them. */
std::vector<Bytes> genuine_frames() {
  std::vector<Bytes> frames;
  Medium m(21, 0.2);
  m.config.backhaul = true;
  for (uint32_t id = 0; id < 6; id++) m.add(id);
  m.add(100, BAC_LINK_RSU), m.add(200, BAC_LINK_MBS);
  int symbols = 0;
  m.tamper = [&](uint32_t, Bytes &frame) {
    bool symbol = (frame[1] & 15) == BAC_LINK_SYMBOL;
    if (!symbol || symbols++ % 8 == 0) frames.push_back(frame);
  };
  m.send(0, BAC_BROADCAST, object_of(100000, 1));
  m.send(0, BAC_BROADCAST, object_of(500000, 2));
  for (uint64_t i = 0; i < 20; i++)
    m.send(static_cast<uint32_t>(i % 6), BAC_BROADCAST, object_of(100 + 10 * i, 10 + i), BAC_LINK_VOTE);
  m.send(1, 4, object_of(3000, 3));
  m.run(4 * BAC_SECOND);
  return frames;
}

uint64_t drops(const bac_link *link) {
  uint64_t total = 0;
  for (uint64_t d : bac_link_counters(link)->drops) total += d;
  return total;
}

void poll(Medium &m, bac_link *link) {
  bac_link_frame frame;
  for (int i = 0; i < 4 && bac_link_next_frame(link, m.now, BAC_LINK_AIR, BAC_LINK_ALL, &frame); i++) ASSERT_LE(frame.length, 1400u);
  for (int i = 0; i < 4 && bac_link_next_frame(link, m.now, BAC_LINK_WIRE, BAC_LINK_ALL, &frame); i++) ASSERT_LE(frame.length, 1400u);
}

TEST(Hostile, RandomBytes) {
  std::mt19937_64 random(1);
  for (bac_link_kind kind : {BAC_LINK_EV, BAC_LINK_RSU, BAC_LINK_MBS}) {
    Medium m(1);
    m.config.backhaul = true;
    bac_link *link = m.add(300, kind).link;
    Bytes frame(2000);
    for (int i = 0; i < kRounds; i++) {
      m.now += BAC_MS;
      size_t length = random() % (random() % 4 ? 80 : 1500);
      for (size_t j = 0; j < length; j++) frame[j] = static_cast<uint8_t>(random());
      if (random() % 8) { /* mostly past the header's checks */
        frame[0] = 0xb1;
        frame[1] = static_cast<uint8_t>(1 + random() % 4);
        frame[2] = frame[3] = 0;
        if (random() % 2) frame[6] = frame[7] = 0xff;
      }
      bac_link_receive(link, m.now, random() % 2 ? BAC_LINK_AIR : BAC_LINK_WIRE, frame.data(), length);
      poll(m, link);
      ASSERT_LT(bac_link_memory(link), kMemoryMost);
    }
    EXPECT_GT(drops(link), static_cast<uint64_t>(kRounds) / 4);
  }
}

TEST(Hostile, BitFlipsOfGenuineFrames) {
  std::vector<Bytes> frames = genuine_frames();
  ASSERT_GT(frames.size(), 50u);
  std::mt19937_64 random(2);
  for (bac_link_kind kind : {BAC_LINK_EV, BAC_LINK_RSU, BAC_LINK_MBS}) {
    Medium m(2);
    m.config.backhaul = true;
    bac_link *link = m.add(300, kind).link;
    for (int i = 0; i < kRounds; i++) {
      m.now += BAC_MS;
      Bytes frame = frames[random() % frames.size()];
      size_t head = std::min<size_t>(frame.size(), 60);
      for (uint64_t flips = random() % 4; flips-- > 0;)
        frame[random() % head] ^= static_cast<uint8_t>(1u << random() % 8);
      if (random() % 4 == 0) frame.resize(random() % (frame.size() + 1));
      if (random() % 16 == 0) frame.resize(frame.size() + random() % 100);
      Bytes exact(frame); /* of its very size, for the address sanitizer */
      bac_link_receive(link, m.now, random() % 4 ? BAC_LINK_AIR : BAC_LINK_WIRE, exact.data(), exact.size());
      poll(m, link);
      ASSERT_LT(bac_link_memory(link), kMemoryMost);
    }
    EXPECT_GT(drops(link), 1000u);
    for (auto &d : m.station(300).deliveries) EXPECT_NE(d.length, 0u);
  }
}

/* A bundle, symbol or need as this file writes it. */
struct Writer {
  Bytes b;
  Writer &u8(uint64_t v) { return b.push_back(static_cast<uint8_t>(v)), *this; }
  Writer &u16(uint64_t v) { return u8(v & 255).u8(v >> 8 & 255); }
  Writer &u32(uint64_t v) { return u16(v & 0xffff).u16(v >> 16 & 0xffff); }
  Writer &fill(size_t n, uint8_t v) { return b.insert(b.end(), n, v), *this; }
  Writer &header(int type, uint32_t from, uint32_t to = BAC_BROADCAST) {
    return u8(0xb1).u8(static_cast<uint64_t>(type)).u16(0).u16(from).u16(to).u8(0);
  }
};

struct Victim {
  Medium m{3};
  bac_link *link;
  Victim() { link = m.add(1).link; }
  void take(const Writer &w, bac_link_port port = BAC_LINK_AIR) {
    bac_link_receive(link, m.now, port, w.b.data(), w.b.size());
  }
  uint64_t dropped(bac_link_drop reason) { return bac_link_counters(link)->drops[reason]; }
};

Writer symbol(uint32_t from, uint8_t id, uint32_t length, size_t bytes, int generation = 0, int index = 0) {
  return Writer()
      .header(BAC_LINK_SYMBOL, from)
      .fill(16, id)
      .u32(length)
      .u16(from)
      .u16(BAC_BROADCAST)
      .u8(2)
      .u8(0)
      .u16(10)
      .u16(static_cast<uint64_t>(index | generation << 12))
      .fill(bytes, 1);
}

TEST(Hostile, EachReasonIsCounted) {
  Victim v;
  v.take(Writer().u8(0xb1).u8(1));
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_TRUNCATED), 1u);
  v.take(Writer().u8(0xb2).u8(1).u16(0).u16(2).u16(BAC_BROADCAST).u8(0));
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_VERSION), 1u);
  v.take(Writer().u8(0xb1).u8(1).u16(7).u16(2).u16(BAC_BROADCAST).u8(0));
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_SHARD), 1u);
  v.take(Writer().header(9, 2));
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_TYPE), 1u);
  v.take(Writer().header(1, 2).fill(1500, 0));
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_LENGTH), 1u);
  v.take(Writer().header(1, 1));
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_ECHO), 1u);
  v.take(Writer().header(1, 2, 77));
  v.take(Writer().header(1, 2), BAC_LINK_WIRE); /* an EV has no wire */
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_ADDRESS), 2u);
  v.take(Writer().header(1, 2).u8(0x11).u8(0).u8(6).u16(2).u16(BAC_BROADCAST).u16(5).fill(8, 0).fill(5, 1)); /* a false
                                                                                                                id */
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_HASH), 1u);
  v.take(Writer().header(1, 2).u8(0x11).u8(0).u8(6).u16(2).u16(BAC_BROADCAST).u16(0).fill(8, 0));
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_LENGTH), 2u);
  v.take(Writer().header(1, 2).u8(0x11).u8(0).u8(6).u16(2).u16(BAC_BROADCAST).u16(600).fill(8, 0).fill(5, 1));
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_TRUNCATED), 2u);
  v.take(symbol(2, 1, 0xffffffff, 1000));
  v.take(symbol(2, 1, 0, 1000));
  v.take(symbol(2, 1, 2000000, 64));
  v.take(symbol(2, 1, 2000, 10));
  v.take(symbol(2, 1, 2000, 1000, 1));
  v.take(symbol(2, 1, 2000, 1000, 0, 136)); /* two symbols have 136 */
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_LAYOUT), 6u);
  auto need = [] { return Writer().header(BAC_LINK_NEED, 2).fill(16, 1).u32(100000).u16(1000).u16(1); };
  v.take(need().u8(2).u16(1).u16(1));
  v.take(need().u8(1).u16(200));
  v.take(need().u8(127).fill(254, 1));
  v.take(need().u8(255).fill(254, 1)); /* bit 7 is no part of the count */
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_LAYOUT), 10u);
  v.take(need().u8(1));
  v.take(need().u8(1).u16(1).u8(1));
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_TRUNCATED), 4u);
  v.take(Writer().header(1, 2).u8(0x22).fill(16, 1).u32(5).u16(0).u16(2).u16(BAC_BROADCAST));
  EXPECT_EQ(v.dropped(BAC_LINK_DROP_LAYOUT), 11u);
  EXPECT_TRUE(v.m.station(1).deliveries.empty());
  EXPECT_GT(v.m.station(1).rejects[BAC_REJECT_FRAME_MALFORMED], 10);
  EXPECT_EQ(v.m.station(1).rejects[BAC_REJECT_FRAME_FOREIGN], 2);
}

TEST(Hostile, AFalseItemDoesNotKeepOutTheGenuineOne) {
  Victim v;
  Bytes object = object_of(50, 1);
  uint8_t hash[32];
  test_hash(hash, object.data(), object.size());
  auto item = [&](uint8_t change) {
    Writer w = Writer().header(1, 2).u8(0x11).u8(0).u8(6).u16(2).u16(BAC_BROADCAST).u16(50);
    w.b.insert(w.b.end(), hash, hash + 8);
    w.b.insert(w.b.end(), object.begin(), object.end());
    w.b.back() ^= change;
    return w;
  };
  v.take(item(1));
  EXPECT_EQ(v.m.count(1, object), 0);
  v.take(item(0));
  v.take(item(0));
  EXPECT_EQ(v.m.count(1, object), 1);
}

TEST(Hostile, OneSourceCannotEvictWhatOthersSend) {
  Victim v;
  v.take(symbol(3, 0xaa, 100000, 1000)); /* an honest reception begins */
  size_t before = bac_link_memory(v.link);
  for (int i = 0; i < 100; i++) {
    v.m.now += BAC_MS;
    v.take(symbol(2, static_cast<uint8_t>(i), 2000000, 1300, i % 4, i));
  }
  EXPECT_LT(bac_link_memory(v.link) - before, 80000u); /* four receptions of one symbol and the places of 1,600, half of what there is room for */
  for (int i = 1; i < 100; i++) {
    v.m.now += BAC_MS;
    v.take(symbol(3, 0xaa, 100000, 1000, 0, i));
  }
  /* 100 data symbols of one length decode, to something that does not hash to the id: so none was lost by eviction. */
  EXPECT_EQ(bac_link_counters(v.link)->objects_polluted, 1u);
  EXPECT_GT(v.dropped(BAC_LINK_DROP_EVICTED), 90u);
  EXPECT_LT(bac_link_memory(v.link), 300000u);
}

TEST(Hostile, NeedsCannotMakeANodeSendForever) {
  Victim v;
  Bytes object = object_of(100000, 1);
  ASSERT_EQ(v.m.send(1, BAC_BROADCAST, object), 0);
  uint8_t hash[32];
  test_hash(hash, object.data(), object.size());
  uint64_t frames = 0;
  bac_link_frame frame;
  for (int i = 0; i < 5000; i++) {
    v.m.now += 4 * BAC_MS;
    while (bac_link_next_frame(v.link, v.m.now, BAC_LINK_AIR, BAC_LINK_ALL, &frame)) frames++;
    Writer w = Writer().header(BAC_LINK_NEED, 2);
    w.b.insert(w.b.end(), hash, hash + 16);
    v.take(w.u32(100000).u16(kSymbolBytes).u16(1).u8(1).u16(74));
  }
  EXPECT_GT(v.dropped(BAC_LINK_DROP_BUDGET), 100u);
  EXPECT_LT(frames, 8 * 74u);
}

/* With two symbols lost, two parity symbols that are multiples of each other in them do not suffice: a third one does. */
TEST(Hostile, DependentSymbolsDoNotEndAReception) {
  const uint32_t k = 20, bytes = 1000, lost = 2;
  const Bytes object = object_of(k * bytes, 4);
  std::vector<uint8_t *> data;
  for (uint32_t i = 0; i < k; i++) data.push_back(const_cast<uint8_t *>(object.data()) + i * bytes);
  const auto coefficients = [&](uint32_t index) { /* of the lost columns */
    Bytes row(lost), unit(k * 64, 0), parity(64);
    std::vector<uint8_t *> columns;
    for (uint32_t i = 0; i < k; i++) columns.push_back(unit.data() + i * 64);
    for (uint32_t c = 0; c < lost; c++) unit[c * 64 + c] = 1;
    bac_link_erasure_encode(k, index, 64, columns.data(), parity.data());
    std::copy(parity.begin(), parity.begin() + lost, row.begin());
    return row;
  };
  const Bytes first = coefficients(k);
  uint32_t second = k + 1;
  while (second < bac_link_code_symbols(k) && gf_mul(first[0], coefficients(second)[1]) != gf_mul(first[1], coefficients(second)[0])) second++;
  ASSERT_LT(second, bac_link_code_symbols(k));
  Victim v;
  uint8_t hash[32];
  test_hash(hash, object.data(), object.size());
  const auto take = [&](uint32_t index) {
    Bytes s(bytes);
    if (index < k) {
      std::copy(data[index], data[index] + bytes, s.begin());
    } else {
      bac_link_erasure_encode(k, index, bytes, data.data(), s.data());
    }
    Writer w = Writer().header(BAC_LINK_SYMBOL, 3);
    w.b.insert(w.b.end(), hash, hash + 16);
    w.u32(k * bytes).u16(3).u16(BAC_BROADCAST).u8(2).u8(0).u16(0).u16(index);
    w.b.insert(w.b.end(), s.begin(), s.end());
    v.take(w);
  };
  for (uint32_t i = lost; i < k; i++) take(i);
  take(k);
  take(second);
  EXPECT_EQ(0, v.m.count(1, object));
  v.m.now += BAC_SECOND; /* it asks for one more */
  bac_link_frame frame;
  bool asked = false;
  while (bac_link_next_frame(v.link, v.m.now, BAC_LINK_AIR, BAC_LINK_ALL, &frame)) {
    if ((frame.bytes[1] & 15) != BAC_LINK_NEED) continue;
    asked = true;
    EXPECT_EQ(1, frame.bytes[frame.length - 2]);
    EXPECT_EQ(0, frame.bytes[frame.length - 1]);
  }
  EXPECT_TRUE(asked);
  take(second + 1);
  EXPECT_EQ(1, v.m.count(1, object));
  EXPECT_EQ(0u, bac_link_counters(v.link)->objects_polluted);
}

/* An RSU whose channel stays busy: what it relays to an EV never finishes its first pass, and still has to make room. */
/* Anybody can say that EVs are not to answer: where no RSU is heard they do. */
TEST(Hostile, ARequestOfRsusSilencesNobodyWhereThereIsNone) {
  Medium m(3);
  m.config.population = 8;
  bool deaf = false, gone = false;
  m.hears = [&](uint32_t a, uint32_t b) { return !(gone && (a == 1 || b == 1)) && !(deaf && b == 8); };
  for (uint32_t id = 1; id <= 8; id++) m.add(id);
  m.run(3 * BAC_SECOND);
  Bytes need;
  m.tamper = [&](uint32_t, Bytes &frame) {
    if ((frame[1] & 15) == BAC_LINK_SYMBOL && need.empty()) need.assign(frame.begin() + kHeaderBytes, frame.begin() + kHeaderBytes + 16);
  };
  const Bytes object = object_of(30000, 7);
  m.send(1, BAC_BROADCAST, object, BAC_LINK_BULK);
  const bac_time start = m.now;
  m.run(start + 25 * BAC_MS);
  deaf = true;
  m.run(start + 80 * BAC_MS);
  gone = true, deaf = false; /* 8 lacks the end, the originator is away */
  ASSERT_EQ(0, m.count(8, object));
  bac_link_layout layout;
  ASSERT_TRUE(bac_link_layout_of(30000, kSymbolBytes, &layout));
  Writer w;
  w.header(BAC_LINK_NEED, 77);
  for (uint8_t byte : need) w.u8(byte);
  w.u32(30000).u16(kSymbolBytes).u16(999).u8(0x80u | layout.generations);
  for (uint32_t g = 0; g < layout.generations; g++) w.u16(bac_link_layout_size(&layout, g));
  for (int i = 0; i < 100 && m.count(8, object) == 0; i++) {
    for (uint32_t id = 2; id <= 8; id++) {
      bac_link_receive(m.station(id).link, m.now, BAC_LINK_AIR, w.b.data(), w.b.size());
      m.station(id).dirty = true;
    }
    m.run(m.now + 20 * BAC_MS);
  }
  EXPECT_EQ(1, m.count(8, object));
}

/* Among a crowd EVs answer for others for some seconds, its originator as long as it keeps it. */
TEST(Hostile, AmongACrowdOldObjectsAreNotAskedFromOneToTheNext) {
  for (uint32_t evs : {8u, 60u}) {
    Medium m(3);
    m.config.population = evs;
    for (uint32_t id = 1; id <= evs; id++) m.add(id);
    m.run(5 * BAC_SECOND);
    Bytes id_bytes;
    m.tamper = [&](uint32_t, Bytes &frame) {
      if ((frame[1] & 15) == BAC_LINK_SYMBOL && id_bytes.empty()) id_bytes.assign(frame.begin() + kHeaderBytes, frame.begin() + kHeaderBytes + 16);
    };
    m.send(1, BAC_BROADCAST, object_of(30000, 7), BAC_LINK_BULK);
    bac_link_layout layout;
    ASSERT_TRUE(bac_link_layout_of(30000, kSymbolBytes, &layout));
    const auto answers = [&](uint32_t of) {
      Writer w;
      w.header(BAC_LINK_NEED, 77);
      for (uint8_t byte : id_bytes) w.u8(byte);
      w.u32(30000).u16(kSymbolBytes).u16(of).u8(layout.generations);
      for (uint32_t g = 0; g < layout.generations; g++) w.u16(3);
      const auto *c = bac_link_counters(m.station(of).link);
      const uint64_t before = c->needs_answered;
      bac_link_receive(m.station(of).link, m.now, BAC_LINK_AIR, w.b.data(), w.b.size());
      m.station(of).dirty = true;
      m.run(m.now + BAC_SECOND / 2);
      return c->needs_answered > before;
    };
    m.run(m.now + 3 * BAC_SECOND);
    EXPECT_TRUE(answers(1));
    EXPECT_TRUE(answers(5));
    m.run(m.now + 6 * BAC_SECOND);
    EXPECT_TRUE(answers(1)) << "the originator";
    EXPECT_EQ(evs == 8, answers(6)) << evs;
  }
}

TEST(Hostile, ARelayThatNeverGetsToTheAirKeepsItsBounds) {
  Medium m(1);
  m.config.backhaul = true;
  m.add(5), m.add(100, BAC_LINK_RSU), m.add(200, BAC_LINK_MBS);
  m.send(5, 200, object_of(100, 1), BAC_LINK_VOTE); /* the others learn the way to 5 */
  m.run(BAC_SECOND);
  ASSERT_EQ(1u, m.station(200).deliveries.size());
  m.mac_depth = 0;
  for (uint64_t i = 0; i < 150; i++) {
    ASSERT_EQ(0, m.send(200, 5, object_of(4000, 10 + i)));
    m.run(m.now + 20 * BAC_MS);
    ASSERT_LT(bac_link_memory(m.station(100).link), kMemoryMost);
  }
  EXPECT_EQ(150u, bac_link_counters(m.station(100).link)->objects_completed);
}

TEST(Hostile, ReplaysAreDeliveredOnce) {
  std::vector<Bytes> frames = genuine_frames();
  Medium m(4);
  m.add(300);
  for (int round = 0; round < 20; round++) {
    for (auto &frame : frames) {
      m.now += BAC_MS;
      bac_link_receive(m.station(300).link, m.now, BAC_LINK_AIR, frame.data(), frame.size());
    }
  }
  std::map<uint64_t, int> times;
  for (auto &d : m.station(300).deliveries) times[d.digest]++;
  EXPECT_GT(times.size(), 10u);
  for (auto &[digest, n] : times) EXPECT_EQ(n, 1);
}

TEST(Hostile, SameEventsGiveTheSameFrames) {
  auto trace = [] {
    Medium m(5, 0.2);
    Bytes all;
    m.tamper = [&](uint32_t, Bytes &frame) { all.insert(all.end(), frame.begin(), frame.end()); };
    for (uint32_t id = 0; id < 6; id++) m.add(id);
    m.send(0, BAC_BROADCAST, object_of(100000, 1));
    for (uint64_t i = 0; i < 20; i++)
      m.send(static_cast<uint32_t>(i % 6), BAC_BROADCAST, object_of(200, i), BAC_LINK_VOTE);
    m.run(3 * BAC_SECOND);
    return digest_of(all.data(), all.size());
  };
  EXPECT_EQ(trace(), trace());
}

} // namespace
