/* SPDX-License-Identifier: GPL-2.0-only */
/* The stores, in memory, in a real file and on a disk that fails: what was kept comes back, a torn tail is cut at every byte, damage below
 * it is refused, an error is told and loses nothing. */
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "disk.h"
#include "store/file.h"

namespace {

int keep(bac_store *store, const std::vector<std::pair<uint32_t, std::string>> &records, std::string *why = nullptr) {
  std::vector<bac_effect> effects;
  for (const auto &[kind, text] : records) {
    bac_effect e{};
    e.type = BAC_EFFECT_PERSIST;
    e.persist.kind = kind;
    e.persist.bytes = reinterpret_cast<const uint8_t *>(text.data());
    e.persist.length = text.size();
    effects.push_back(e);
  }
  bac_output out{};
  out.effects = effects.data();
  out.effect_count = effects.size();
  char line[700] = "";
  const int result = bac_store_keep(store, &out, line, sizeof line);
  if (why) *why = line;
  return result;
}

std::string all(bac_store *store) {
  std::string text;
  for (size_t i = 0; i < store->count; i++) {
    bac_event e{};
    char line[700] = "";
    EXPECT_EQ(BAC_OK, bac_store_read(store, i, &e, line, sizeof line)) << line;
    EXPECT_EQ(BAC_EVENT_RESTORE, e.type);
    text += std::to_string(e.restore.kind) + std::string(reinterpret_cast<const char *>(e.restore.bytes), e.restore.length) + " ";
  }
  return text;
}

std::string at_height(char height, const std::string &text) { return std::string(1, height) + std::string(7, '\0') + text; }

/* A vote's bodies count until a block is committed at their height or above. */
void a_block_takes_the_place_of_bodies(bac_store *store) {
  for (char h : {1, 2, 3}) EXPECT_EQ(BAC_OK, keep(store, {{BAC_RECORD_BODY, at_height(h, "x")}, {BAC_RECORD_STATE, "s"}}));
  EXPECT_EQ(BAC_OK, keep(store, {{BAC_RECORD_EPOCH, "e"}, {BAC_RECORD_BLOCK, at_height(2, "b")}}));
  EXPECT_EQ("4" + at_height(3, "x") + " 1s 3e 2" + at_height(2, "b") + " ", all(store));
}

TEST(MemoryStore, ABlockTakesThePlaceOfBodies) {
  bac_store *store = bac_store_memory_new();
  a_block_takes_the_place_of_bodies(store);
  bac_store_free(store);
}

TEST(MemoryStore, KeepsBlocksAndTheLastState) {
  bac_store *store = bac_store_memory_new();
  for (const auto &[kind, text] : {std::pair{BAC_RECORD_STATE, "old"}, {BAC_RECORD_BLOCK, "b1"}, {BAC_RECORD_STATE, "new"}, {BAC_RECORD_BLOCK, "b2"}})
    EXPECT_EQ(BAC_OK, keep(store, {{kind, text}}));
  EXPECT_EQ("2b1 1new 2b2 ", all(store)) << "in the order written";
  bac_store_free(store);
}

class FileStore : public testing::Test {
 protected:
  void SetUp() override { std::remove(path.c_str()); }
  void TearDown() override {
    bac_store_free(store);
    std::remove(path.c_str());
  }
  bool Open(uint64_t dead = 0) {
    bac_store_free(store);
    char line[700] = "";
    const bac_store_file_config c = {path.c_str(), owner, dead, nullptr};
    store = bac_store_file_open(&c, &error, line, sizeof line);
    why = line;
    return store != nullptr;
  }
  void Keep(uint32_t kind, const std::string &text) {
    std::string line;
    ASSERT_EQ(BAC_OK, keep(store, {{kind, text}}, &line)) << line;
  }
  std::string All() { return all(store); }
  std::string Bytes() {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Put(const std::string &bytes) {
    bac_store_free(store);
    store = nullptr;
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  uint8_t owner[BAC_STORE_OWNER_BYTES] = {7};
  std::string path = testing::TempDir() + "bac-store-test", why;
  bac_store *store = nullptr;
  int error = 0;
};

TEST_F(FileStore, ATornTailIsCutAtEveryByteAndDamageBelowIsRefused) {
  ASSERT_TRUE(Open()) << why;
  Keep(BAC_RECORD_STATE, "old");
  Keep(BAC_RECORD_BLOCK, "b1");
  const size_t before = Bytes().size();
  Keep(BAC_RECORD_STATE, "new");
  EXPECT_EQ("2b1 1new ", All());
  const std::string whole = Bytes();
  for (size_t n = before; n <= whole.size(); n++) {
    Put(whole.substr(0, n));
    ASSERT_TRUE(Open()) << why;
    EXPECT_EQ(n == whole.size() ? "2b1 1new " : "1old 2b1 ", All()) << n;
    EXPECT_EQ(n == whole.size() ? 0 : n - before, bac_store_file_report(store).cut);
  }
  for (size_t i = 0; i < before; i++) { /* "new" shows that all before it was durable */
    std::string bad = whole;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    Put(bad);
    ASSERT_FALSE(Open()) << i;
    EXPECT_EQ(BAC_ECORRUPT, error);
    EXPECT_NE(std::string::npos, why.find(path)) << why;
    EXPECT_NE(std::string::npos, why.find("byte ")) << why;
    EXPECT_NE(std::string::npos, why.find("enrol the EV anew")) << why;
  }
}

TEST_F(FileStore, IsRewrittenWithoutSupersededStatesAndHeldByOneProcess) {
  ASSERT_TRUE(Open(500)) << why;
  Keep(BAC_RECORD_BLOCK, "b1");
  for (int i = 0; i < 100; i++) Keep(BAC_RECORD_STATE, "state " + std::to_string(i));
  EXPECT_GT(bac_store_file_report(store).rewritten, 2u);
  EXPECT_LT(bac_store_file_report(store).bytes, 1500u);
  char line[700] = "";
  const bac_store_file_config c = {path.c_str(), owner, 0, nullptr};
  EXPECT_EQ(nullptr, bac_store_file_open(&c, &error, line, sizeof line));
  EXPECT_NE(nullptr, strstr(line, "in use")) << line;
  ASSERT_TRUE((bac_store_free(store), store = nullptr, Open())) << why;
  EXPECT_EQ("2b1 1state 99 ", All());
}

/* ---- On a disk with faults. ---- */

struct Disk {
  bac_disk *disk;
  bac_store *store = nullptr;
  int error = 0;
  std::string why;
  explicit Disk(bac_disk *d = bac_disk_new(1)) : disk(d) {}
  ~Disk() {
    bac_store_free(store);
    bac_disk_free(disk);
  }
  bool Open() {
    const uint8_t owner[BAC_STORE_OWNER_BYTES] = {7};
    const bac_store_file_config c = {"records", owner, 300, bac_disk_layer(disk)};
    char line[700] = "";
    store = bac_store_file_open(&c, &error, line, sizeof line);
    why = line;
    return store != nullptr;
  }
  void Close() {
    bac_store_free(store);
    store = nullptr;
  }
};

TEST(FileStoreOnDisk, AFullDiskIsToldAndLosesNothing) {
  for (int failure : {ENOSPC, EIO})
    for (uint32_t at : {1u, 2u, 3u}) { /* the first record, the second, the sync */
      Disk d;
      ASSERT_TRUE(d.Open()) << d.why;
      ASSERT_EQ(BAC_OK, keep(d.store, {{BAC_RECORD_BLOCK, "b1"}, {BAC_RECORD_STATE, "old"}}));
      bac_disk_fail(d.disk, at, failure);
      std::string why;
      EXPECT_EQ(BAC_EIO, keep(d.store, {{BAC_RECORD_BLOCK, "b2"}, {BAC_RECORD_STATE, "new"}}, &why));
      EXPECT_NE(std::string::npos, why.find("'records'")) << why;
      EXPECT_NE(std::string::npos, why.find(strerror(failure))) << why;
      EXPECT_NE(std::string::npos, why.find("free space")) << why;
      bac_disk_fail(d.disk, 0, 0);
      EXPECT_EQ(BAC_EIO, keep(d.store, {{BAC_RECORD_STATE, "newer"}})) << "what is durable is not known: it takes no more";
      d.Close();
      bac_disk_cut_at(d.disk, 0);
      ASSERT_TRUE(d.Open()) << d.why;
      EXPECT_EQ("2b1 1old ", all(d.store)) << at;
      EXPECT_EQ(BAC_OK, keep(d.store, {{BAC_RECORD_STATE, "newest"}})) << "a restart goes on";
    }
}

/* The power goes at each operation of a run that rewrites its file, and of what was not synced each number of bytes stays: what was kept is
 * there, with what was about to be kept or without. */
TEST(FileStoreOnDisk, ThePowerGoesAtEveryOperationAndByte) {
  const auto run = [](Disk &d, std::vector<std::string> *states) {
    std::string blocks, held;
    if (d.Open()) states->push_back("");
    for (int i = 0; i < 12 && d.store; i++) {
      const std::string block = "b" + std::to_string(i), state = "state " + std::string(40, static_cast<char>('a' + i));
      const int result = keep(d.store, {{BAC_RECORD_BLOCK, block}, {BAC_RECORD_STATE, state}});
      states->push_back(blocks + "2" + block + " 1" + state + " ");
      blocks += "2" + block + " ";
      if (result != BAC_OK) return;
    }
  };
  Disk whole;
  std::vector<std::string> unused;
  run(whole, &unused);
  EXPECT_GE(bac_store_file_report(whole.store).rewritten, 1u);
  const uint64_t operations = bac_disk_operations(whole.disk);
  uint64_t cuts = 0;
  for (uint32_t at = 1; at <= operations; at++)
    for (uint64_t kept = 0; kept <= 200; kept++) {
      Disk d;
      std::vector<std::string> states;
      bac_disk_fail(d.disk, at, EIO);
      run(d, &states);
      d.Close();
      bac_disk_cut_at(d.disk, kept);
      ASSERT_TRUE(d.Open()) << "operation " << at << ", " << kept << " bytes: " << d.why;
      cuts += bac_store_file_report(d.store).cut > 0;
      const std::string held = all(d.store);
      const size_t n = states.size();
      const std::string before = n < 2 ? "" : states[n - 2], after = n < 1 ? "" : states[n - 1];
      /* Of a step that was cut short the block may be there without the state: nothing of it had left. */
      const std::string between = before + "2b" + std::to_string(n < 2 ? 0 : n - 2) + " ";
      ASSERT_TRUE(held == before || held == between || held == after) << "operation " << at << ", " << kept << " bytes: " << held;
    }
  EXPECT_GT(cuts, 100u);
}

TEST(FileStoreOnDisk, ABlockTakesThePlaceOfBodies) {
  Disk d;
  ASSERT_TRUE(d.Open());
  a_block_takes_the_place_of_bodies(d.store);
  const std::string held = all(d.store);
  d.Close();
  ASSERT_TRUE(d.Open());
  EXPECT_EQ(held, all(d.store));
}

TEST(FileStoreOnDisk, HolesInWhatWasNotSyncedAreCut) {
  int holes = 0;
  for (uint64_t seed = 0; seed < 200; seed++) {
    Disk d(bac_disk_new(seed));
    ASSERT_TRUE(d.Open());
    ASSERT_EQ(BAC_OK, keep(d.store, {{BAC_RECORD_BLOCK, "b1"}}));
    bac_disk_fail(d.disk, 4, EIO); /* three whole records, none synced */
    ASSERT_EQ(BAC_EIO, keep(d.store, {{BAC_RECORD_BLOCK, "b2"}, {BAC_RECORD_BLOCK, "b3"}, {BAC_RECORD_STATE, "s"}}));
    d.Close();
    bac_disk_cut(d.disk);
    ASSERT_TRUE(d.Open()) << d.why;
    const std::string held = all(d.store), whole = "2b1 2b2 2b3 1s ";
    ASSERT_EQ(whole.substr(0, held.size()), held);
    holes += held == "2b1 " && bac_store_file_report(d.store).cut > 60;
  }
  EXPECT_GT(holes, 20) << "the disk tears that way too";
}

}  // namespace
