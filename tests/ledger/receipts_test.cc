/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include "sim/world.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "ledger/receipts.h"
}
#pragma GCC diagnostic pop

using namespace bac_test;

namespace {

/* Member 5 may not vote in round 666. */
bool as_cs(const void *, const bac_receipt_slot *, uint32_t index, bac_msg *m) {
  m->protocol = kBac;
  m->type = BAC_MSG_CS_CONSENSUS;
  m->role = BAC_ROLE_CS;
  m->step = 1;
  return index != 5 || m->view != 666;
}

/* A record with the signatures it borrows. */
struct Record {
  bac_receipt r = {};
  Bytes signatures;
};

struct Receipts : ::testing::Test {
  static constexpr uint32_t n = 11;
  World w{n};
  bac_receipt_window window = {};
  std::vector<bac_reputation> reputations = std::vector<bac_reputation>(n);

  void SetUp() override {
    for (bac_reputation &r : reputations) bac_reputation_init(&r, 0, true);
  }
  static bac_reputation *member(void *state, uint32_t index) {
    return &static_cast<std::vector<bac_reputation> *>(state)->at(index);
  }
  static Bytes digest(uint64_t height) {
    Bytes d(BAC_HASH_BYTES);
    bac_put_u64(d.data(), height * 77 + 1);
    return d;
  }
  bool open(uint64_t height, bac_receipt_slot *closed) {
    return bac_receipts_open(&window, 0, height, height, digest(height).data(), closed);
  }
  void open_to(uint64_t last) {
    bac_receipt_slot closed;
    for (uint64_t h = window.count ? window.slots[window.count - 1].height + 1 : 1; h <= last; h++) open(h, &closed);
  }
  Record record(uint64_t height, const std::vector<uint32_t> &members, uint64_t round = 0, uint32_t signer = UINT32_MAX) {
    Record made;
    made.r.height = height;
    made.r.round = round ? round : height;
    memcpy(made.r.digest, digest(height).data(), BAC_HASH_BYTES);
    for (uint32_t i : members) bac_bitset_add(&made.r.members, i);
    for (uint32_t i = 0; i < BAC_ROSTER_MAX; i++) {
      if (!bac_bitset_has(&made.r.members, i)) continue;
      bac_receipt_slot slot = {};
      bac_msg m = {};
      m.view = made.r.round;
      m.height = height;
      memcpy(m.digest, made.r.digest, BAC_HASH_BYTES);
      as_cs(nullptr, &slot, i, &m);
      m.sender = i;
      bac_msg_sign(&m, &w.keys[signer < n ? signer : i < n ? i : 0], &w.cost);
      made.signatures.insert(made.signatures.end(), m.signature, m.signature + BAC_SIGNATURE_BYTES);
    }
    made.r.signatures = made.signatures.data();
    return made;
  }
  static bac_receipts list(const std::vector<const Record *> &records) {
    bac_receipts all = {};
    for (const Record *r : records) {
      all.items[all.count] = r->r;
      all.items[all.count++].signatures = r->signatures.data();
    }
    return all;
  }
  bac_reject take(const bac_receipts &all, uint64_t height) {
    return bac_receipts_take(&window, &all, height, &w.roster, as_cs, nullptr, nullptr, &w.cost);
  }
  bac_reject take(const Record &record, uint64_t height) { return take(list({&record}), height); }
  static Bytes encode(const bac_receipts &all) {
    Bytes out(bac_receipts_bytes(&all));
    bac_writer wr = bac_writer_over(out.data(), out.size());
    bac_receipts_encode(&all, &wr);
    EXPECT_TRUE(wr.ok);
    EXPECT_EQ(out.size(), wr.length);
    return out;
  }
  static Bytes encode(const bac_receipt_window &win) {
    Bytes out(BAC_RECEIPT_WINDOW_BYTES);
    bac_receipts_window_encode(&win, out.data());
    return out;
  }
};

TEST_F(Receipts, InTimeIsHonestAndAbsentIsDoubtfulNeverDishonest) {
  const std::vector<bac_reputation> before = reputations;
  bac_receipt_slot closed;
  for (uint64_t h = 1; h <= 3; h++) ASSERT_FALSE(open(h, &closed)) << h;
  Record r = record(1, {0, 3, 10});
  bac_receipts all = list({&r});
  ASSERT_EQ(BAC_REJECT_COUNT, take(all, 4));
  bac_receipts_credit(&all, 4, member, &reputations);
  for (uint64_t h = 4; h <= 8; h++) ASSERT_FALSE(open(h, &closed)) << h;
  Record late = record(1, {7}); /* block 9 is the last that may */
  all = list({&late});
  ASSERT_EQ(BAC_REJECT_COUNT, take(all, 9));
  bac_receipts_credit(&all, 9, member, &reputations);
  ASSERT_TRUE(open(9, &closed));
  EXPECT_EQ(1u, closed.height);
  bac_receipts_miss(&closed, n, 9, member, &reputations);
  for (uint32_t i = 0; i < n; i++) {
    bool there = i == 0 || i == 3 || i == 7 || i == 10;
    uint64_t counts[3];
    bac_reputation_counts(&reputations[i], 9, counts);
    EXPECT_EQ(there, counts[0] > 0) << i;
    EXPECT_EQ(0u, counts[1]) << i;
    EXPECT_EQ(1u, reputations[i].tasks) << i;
    EXPECT_EQ(there, reputations[i].participated) << i;
    EXPECT_EQ(!there, reputations[i].doubtful > before[i].doubtful) << i;
  }
  Record gone = record(1, {8});
  EXPECT_EQ(BAC_REJECT_STALE, take(gone, 10));
}

TEST_F(Receipts, EveryTaskIsCountedOnceWhateverTheOrder) {
  for (uint64_t seed = 1; seed <= 10; seed++) {
    SCOPED_TRACE(seed);
    bac_random random = bac_random_stream(seed, 0, BAC_PURPOSE_NETWORK);
    SetUp();
    window = {};
    std::map<uint64_t, std::vector<uint32_t>> arrives[200]; /* at a block: height -> members */
    std::vector<uint32_t> honest(n), doubtful(n);
    const uint64_t last = 60;
    for (uint64_t h = 1; h <= last; h++)
      for (uint32_t i = 0; i < n; i++) {
        uint64_t delay = 1 + bac_random_below(&random, 10); /* 9 and 10: never arrives in time */
        if (delay <= 8 && h + delay <= last) arrives[h + delay][h].push_back(i);
        if (delay <= 8 && h + delay <= last) honest[i]++;
        if (h + 8 <= last && delay > 8) doubtful[i]++;
      }
    for (uint64_t h = 1; h <= last; h++) {
      std::vector<Record> records;
      for (auto &[height, members] : arrives[h]) records.push_back(record(height, members));
      std::vector<const Record *> pointers;
      for (const Record &r : records) pointers.push_back(&r);
      bac_receipts all = list(pointers);
      Bytes b = encode(all);
      bac_receipts back;
      ASSERT_TRUE(bac_receipts_decode(&back, b.data(), b.size()));
      ASSERT_EQ(BAC_REJECT_COUNT, take(back, h));
      bac_receipts_credit(&back, h, member, &reputations);
      bac_receipt_slot closed;
      bool one = open(h, &closed);
      ASSERT_EQ(h > 8, one);
      if (one) bac_receipts_miss(&closed, n, h, member, &reputations);
      Bytes canonical = encode(window);
      bac_receipt_window again;
      ASSERT_TRUE(bac_receipts_window_decode(&again, canonical.data(), canonical.size()));
      ASSERT_EQ(canonical, encode(again));
    }
    for (uint32_t i = 0; i < n; i++) {
      EXPECT_EQ(honest[i], reputations[i].participated);
      EXPECT_EQ(honest[i] + doubtful[i], reputations[i].tasks);
      EXPECT_EQ(0u, reputations[i].dishonest);
    }
  }
}

TEST_F(Receipts, RefusalsLeaveTheWindowAsItWas) {
  open_to(20); /* 13..20 */
  Record first = record(15, {1, 2});
  ASSERT_EQ(BAC_REJECT_COUNT, take(first, 21));
  const Bytes before = encode(window);
  auto refused = [&](bac_reject reason, const bac_receipts &all, uint64_t height = 21) {
    EXPECT_EQ(reason, take(all, height));
    EXPECT_EQ(before, encode(window));
  };
  Record good = record(13, {4});
  Record again = record(15, {2, 3}), twice = record(15, {3}, 99);
  refused(BAC_REJECT_DUPLICATE, list({&good, &again})); /* the good one before it is not marked */
  Record third = record(15, {3});
  refused(BAC_REJECT_DUPLICATE, list({&third, &twice})); /* across two records of one block */
  Record old = record(12, {4}), own = record(21, {4}), ahead = record(22, {4});
  refused(BAC_REJECT_STALE, list({&old}));
  refused(BAC_REJECT_WINDOW, list({&own}));
  refused(BAC_REJECT_WINDOW, list({&ahead}));
  Record other = record(16, {4});
  other.r.digest[31] ^= 1;
  refused(BAC_REJECT_BLOCK, list({&other}));
  Record outside = record(16, {4, n});
  refused(BAC_REJECT_UNKNOWN_SENDER, list({&outside}));
  Record top = record(16, {BAC_ROSTER_MAX - 1});
  refused(BAC_REJECT_UNKNOWN_SENDER, list({&top}));
  Record role = record(16, {5}, 666);
  refused(BAC_REJECT_WRONG_ROLE, list({&role}));
  Record forged = record(16, {4, 6}, 0, 4); /* both signed by 4 */
  refused(BAC_REJECT_SIGNATURE, list({&forged}));
  Record round = record(16, {4});
  round.r.round++;
  refused(BAC_REJECT_SIGNATURE, list({&round}));
  for (size_t k = 0; k < 64; k++) {
    Record bad = record(16, {4});
    bad.signatures[k] ^= 1;
    refused(BAC_REJECT_SIGNATURE, list({&bad}));
  }
  Record at13 = record(13, {4});
  refused(BAC_REJECT_STALE, list({&at13}), 22); /* still in the window, nine below */
  w.roster.epoch = 1;
  refused(BAC_REJECT_WRONG_EPOCH, list({&good}));
  w.roster.epoch = 0;
  EXPECT_EQ(BAC_REJECT_COUNT, take(good, 21));
  EXPECT_NE(before, encode(window));
  Record later = record(13, {6}, 40); /* another round's votes for the same block */
  EXPECT_EQ(BAC_REJECT_COUNT, take(later, 21));
}

TEST_F(Receipts, AnEpochEndsWithAnEmptyWindow) {
  open_to(5);
  bac_receipt_slot closed;
  for (uint64_t h = 1; h <= 5; h++) {
    ASSERT_TRUE(bac_receipts_close(&window, &closed));
    EXPECT_EQ(h, closed.height);
    EXPECT_EQ(nullptr, bac_receipts_slot(&window, h));
  }
  EXPECT_FALSE(bac_receipts_close(&window, &closed));
  bac_receipt_window none = {};
  EXPECT_EQ(0, memcmp(&none, &window, sizeof none));
  Record r = record(5, {1});
  EXPECT_EQ(BAC_REJECT_WINDOW, take(r, 6));
  EXPECT_FALSE(bac_receipts_open(&window, 1, 6, 6, digest(6).data(), &closed));
  EXPECT_EQ(1u, bac_receipts_slot(&window, 6)->epoch);
}

TEST_F(Receipts, EncodingIsStrict) {
  open_to(8);
  Record a = record(2, {0, 8}), b = record(2, {1}, 3), c = record(7, {9, 10});
  bac_receipts all = list({&a, &b, &c}), back;
  const Bytes good = encode(all);
  ASSERT_TRUE(bac_receipts_decode(&back, good.data(), good.size()));
  ASSERT_EQ(good, encode(back));
  for (size_t length = 0; length < good.size(); length++) ASSERT_FALSE(bac_receipts_decode(&back, good.data(), length)) << length;
  Bytes more = good;
  more.push_back(0);
  EXPECT_FALSE(bac_receipts_decode(&back, more.data(), more.size()));
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1 << bit % 8);
    if (!bac_receipts_decode(&back, bad.data(), bad.size())) continue;
    ASSERT_EQ(bad, encode(back)) << bit;
    bac_receipt_window saved = window;
    ASSERT_NE(BAC_REJECT_COUNT, take(back, 9)) << bit;
    ASSERT_EQ(0, memcmp(&saved, &window, sizeof saved));
  }
  auto decodes = [&](const bac_receipts &list) {
    Bytes bytes = encode(list);
    return bac_receipts_decode(&back, bytes.data(), bytes.size());
  };
  EXPECT_FALSE(decodes(list({&b, &a}))); /* rounds descend */
  EXPECT_FALSE(decodes(list({&c, &a}))); /* heights descend */
  EXPECT_FALSE(decodes(list({&a, &a})));
  EXPECT_TRUE(decodes(list({})));
  /* Only the last place of a bitmap may not be empty; a record without members is none. */
  Bytes one = encode(list({&b}));
  const size_t at = 1 + 8 + 8 + 32;
  ASSERT_EQ(1, one[at]);
  Bytes padded = one;
  padded[at] = 2;
  padded.insert(padded.begin() + static_cast<long>(at) + 3, 0);
  EXPECT_FALSE(bac_receipts_decode(&back, padded.data(), padded.size()));
  Bytes empty(one.begin(), one.begin() + static_cast<long>(at) + 2);
  empty[at] = 0;
  EXPECT_FALSE(bac_receipts_decode(&back, empty.data(), empty.size()));
  Bytes long_map = one;
  long_map[at] = 65;
  long_map.insert(long_map.begin() + static_cast<long>(at) + 2, 64, 0);
  EXPECT_FALSE(bac_receipts_decode(&back, long_map.data(), long_map.size()));
}

TEST_F(Receipts, AtMostSixteenRecords) {
  std::vector<Record> records;
  for (uint64_t round = 1; round <= BAC_RECEIPTS_MAX; round++) records.push_back(record(1, {0}, round));
  std::vector<const Record *> pointers;
  for (const Record &r : records) pointers.push_back(&r);
  Bytes b = encode(list(pointers));
  bac_receipts back;
  ASSERT_TRUE(bac_receipts_decode(&back, b.data(), b.size()));
  Record next = record(1, {0}, BAC_RECEIPTS_MAX + 1);
  Bytes tail = encode(list({&next}));
  b[0]++;
  b.insert(b.end(), tail.begin() + 1, tail.end());
  EXPECT_FALSE(bac_receipts_decode(&back, b.data(), b.size()));
}

TEST_F(Receipts, TheWindowsEncodingIsStrict) {
  open_to(6);
  Record r = record(3, {0, 9});
  ASSERT_EQ(BAC_REJECT_COUNT, take(r, 7));
  const Bytes good = encode(window);
  bac_receipt_window back;
  ASSERT_TRUE(bac_receipts_window_decode(&back, good.data(), good.size()));
  EXPECT_EQ(good, encode(back));
  EXPECT_TRUE(bac_bitset_has(&bac_receipts_slot(&back, 3)->seen, 9));
  for (size_t length = 0; length < good.size(); length++) ASSERT_FALSE(bac_receipts_window_decode(&back, good.data(), length));
  Bytes more = good;
  more.push_back(0);
  EXPECT_FALSE(bac_receipts_window_decode(&back, more.data(), more.size()));
  const size_t slot = BAC_RECEIPT_SLOT_BYTES;
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1 << bit % 8);
    size_t at = bit / 8 < 4 ? 0 : (bit / 8 - 4) % slot, index = bit / 8 < 4 ? 0 : (bit / 8 - 4) / slot;
    bool is_free = index >= 6, fixed = bit / 8 < 4 || at < 16; /* count, epoch, height */
    bool ok = bac_receipts_window_decode(&back, bad.data(), bad.size());
    ASSERT_EQ(!is_free && !fixed, ok) << bit;
    if (!ok) continue;
    ASSERT_EQ(bad, encode(back));
  }
  bac_receipt_window huge = {};
  bac_receipt_slot closed;
  bac_receipts_open(&huge, 0, UINT64_MAX - 1, 1, digest(1).data(), &closed);
  bac_receipts_open(&huge, 0, UINT64_MAX, 1, digest(2).data(), &closed);
  Bytes wrap = encode(huge);
  EXPECT_TRUE(bac_receipts_window_decode(&back, wrap.data(), wrap.size()));
  bac_put_u64(wrap.data() + 4 + 8, UINT64_MAX);
  bac_put_u64(wrap.data() + 4 + slot + 8, 0);
  EXPECT_FALSE(bac_receipts_window_decode(&back, wrap.data(), wrap.size()));
}

TEST_F(Receipts, TheLargestRosterFits) {
  World big(BAC_ROSTER_MAX);
  Bytes signatures(BAC_ROSTER_MAX * 64);
  bac_receipts all = {}, back;
  for (uint32_t k = 0; k < BAC_RECEIPTS_MAX; k++) {
    all.items[all.count].height = k;
    for (uint32_t i = 0; i < BAC_ROSTER_MAX; i++) bac_bitset_add(&all.items[all.count].members, i);
    all.items[all.count++].signatures = signatures.data();
  }
  Bytes b = encode(all);
  EXPECT_TRUE(bac_receipts_decode(&back, b.data(), b.size()));
}

using ReceiptsDeathTest = Receipts;

TEST_F(ReceiptsDeathTest, BlocksFollowEachOtherWithinAnEpoch) {
  open_to(3);
  bac_receipt_slot closed;
  EXPECT_DEATH(open(5, &closed), "broken invariant");
  EXPECT_DEATH(bac_receipts_open(&window, 1, 4, 4, digest(4).data(), &closed), "broken invariant");
}

}  // namespace
