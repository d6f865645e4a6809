/* SPDX-License-Identifier: GPL-2.0-only */
/* Golden traces: a fixed run of each protocol and mode has one digest over every frame and every commit. A change of
 * behaviour shows here first; if it is meant, BAC_RECORD_GOLDEN=1 writes tests/golden anew. And: same seed, same bytes;
 * sharing changes nothing. */
#include <gtest/gtest.h>

#include <fstream>

#include "sim/byzantine.h"

using namespace bac_test;

namespace {

struct Trace {
  uint8_t digest[32] = {0};
  uint64_t frames = 0, commits = 0;
  void add(const void *a, size_t a_length, const void *b, size_t b_length) {
    bac_hash2(digest, BAC_DOMAIN_NODE, digest, 32, a, a_length);
    bac_hash2(digest, BAC_DOMAIN_NODE, digest, 32, b, b_length);
  }
};

Trace trace(const std::string &protocol, bac_mode mode, uint64_t seed, bool share,
            bac_delivery delivery = BAC_DELIVERY_BROADCAST, bac_election election = BAC_ELECTION_SORTITION) {
  bac_sim_config c = bac_sim_config_default(protocol.c_str(), seed);
  c.nodes = 5;
  c.node.mode = mode;
  c.node.delivery = delivery;
  c.node.election = election;
  c.share = share;
  c.loss_permille = 50;
  c.cost = bac_cost_model_at(0);
  char why[200];
  bac_sim *sim = bac_sim_new(&c, why, sizeof why);
  Trace t;
  bac_sim_set_filter(
      sim,
      [](void *ctx, uint32_t from, uint32_t to, uint8_t *bytes, size_t *length) {
        Trace *x = static_cast<Trace *>(ctx);
        uint8_t ends[8];
        bac_put_u32(ends, from);
        bac_put_u32(ends + 4, to);
        x->add(ends, 8, bytes, *length);
        x->frames++;
        return true;
      },
      &t);
  bac_sim_on_commit(
      sim,
      [](void *ctx, bac_time now, uint32_t node, const bac_commit *commit) {
        Trace *x = static_cast<Trace *>(ctx);
        uint8_t where[20];
        bac_put_u64(where, static_cast<uint64_t>(now));
        bac_put_u64(where + 8, commit->height);
        bac_put_u32(where + 16, node);
        x->add(where, 20, commit->digest, 32);
        x->commits++;
      },
      &t);
  bac_sim_run(sim, 8 * BAC_SECOND);
  uint8_t state[32];
  bac_sim_digest(sim, state);
  t.add(state, 32, state, 0);
  bac_sim_free(sim);
  return t;
}

std::string text(const Trace &t) {
  std::string s;
  for (uint8_t b : t.digest) {
    char hex[3];
    snprintf(hex, sizeof hex, "%02x", b);
    s += hex;
  }
  return s + " frames " + std::to_string(t.frames) + " commits " + std::to_string(t.commits);
}

std::vector<std::pair<std::string, bac_mode>> variants() {
  std::vector<std::pair<std::string, bac_mode>> all;
  for (size_t i = 0; bac_protocol_info_at(i); i++)
    for (int m = BAC_MODE_SAFE; m <= BAC_MODE_ALG1; m++)
      if (bac_protocol_table[i]->init && bac_protocol_info_at(i)->modes >> m & 1)
        all.emplace_back(bac_protocol_info_at(i)->name, static_cast<bac_mode>(m));
  return all;
}

TEST(Golden, TracesAreUnchanged) {
  static const char *const modes[] = {"safe", "text", "alg1"};
  for (auto &v : variants()) {
    for (bac_election election : {BAC_ELECTION_SORTITION, BAC_ELECTION_ROUND_ROBIN}) {
      if (election == BAC_ELECTION_ROUND_ROBIN && v.first != "bac") continue;
      std::string path = std::string(BAC_TESTS_DIR) + "/golden/" + v.first + "-" + modes[v.second] +
                         (election == BAC_ELECTION_ROUND_ROBIN ? "-round-robin" : "") + ".txt";
      Trace t = trace(v.first, v.second, 42, true, BAC_DELIVERY_BROADCAST, election);
      EXPECT_GT(t.commits, 5u) << path;
      std::string now = text(t), recorded;
      if (getenv("BAC_RECORD_GOLDEN")) std::ofstream(path) << now << "\n";
      std::ifstream in(path);
      std::getline(in, recorded);
      EXPECT_EQ(recorded, now) << path << ": if the change of behaviour is meant, run once with BAC_RECORD_GOLDEN=1";
    }
  }
}

TEST(Determinism, SameSeedSameBytesAndSharingChangesNothing) {
  for (auto &v : variants())
    for (bac_delivery d : {BAC_DELIVERY_BROADCAST, BAC_DELIVERY_UNICAST}) {
      std::string first = text(trace(v.first, v.second, 7, true, d));
      EXPECT_EQ(first, text(trace(v.first, v.second, 7, true, d)));
      EXPECT_EQ(first, text(trace(v.first, v.second, 7, false, d))) << "without sharing";
      EXPECT_NE(first, text(trace(v.first, v.second, 8, true, d)));
    }
}

TEST(Sim, SupplyStaysConstantAndTransactionsArrive) {
  bac_sim_config c = bac_sim_config_default("bac", 11);
  c.nodes = 7;
  c.tx_stop = 20 * BAC_SECOND;
  Arena a(c, Evil::kNone);
  a.run(30 * BAC_SECOND);
  struct bac_sim_report r = bac_sim_report(a.sim);
  EXPECT_EQ(0u, r.conflicts);
  EXPECT_EQ(0u, r.gaps);
  EXPECT_GT(r.txs_submitted, 30u);
  EXPECT_EQ(r.txs_submitted, r.txs_committed); /* each once, none lost */
}

TEST(Sim, ACrashIsForgottenButForItsRecords) {
  bac_sim_config c = bac_sim_config_default("bac", 12);
  Arena a(c, Evil::kNone);
  a.run(10 * BAC_SECOND);
  bac_sim_crash(a.sim, 2);
  a.run(20 * BAC_SECOND);
  EXPECT_EQ(0u, a.conflicts);
  bac_sim_restart(a.sim, 2);
  a.run(40 * BAC_SECOND);
  EXPECT_EQ(0u, a.gaps);
  EXPECT_GE(a.height_min() + 2, a.height_max());
}

TEST(Sim, RefusesABadConfiguration) {
  char why[200];
  bac_sim_config c = bac_sim_config_default("nothing", 1);
  EXPECT_EQ(nullptr, bac_sim_new(&c, why, sizeof why));
  EXPECT_NE(nullptr, strstr(why, "nothing"));
}

}  // namespace
