/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT against members that sign garbage: whatever they send, nothing is committed that was not decided, and nothing
 * breaks. */
#include <gtest/gtest.h>

#include "pbft_case.h"

using mock::Digest;
using mock::Engine;
using mock::Message;
using mock::Net;

namespace {

/* Real messages of all types, of a run with checkpoints, two view changes and a prepared block that survives. */
std::vector<Message> Corpus(PbftCase *c, std::vector<Digest> *decided) {
  Net net(&c->world, &bac_pbft);
  net.Start();
  for (int i = 0; i < 3; i++) {
    net.SubmitAll(c->world.Tx(1));
    net.Run(net.now + 1500 * BAC_MS);
  }
  auto no_commits = [](uint32_t, uint32_t, const Message &m) { return m.head.type != BAC_MSG_COMMIT; };
  for (int i = 0; i < 2; i++) {
    net.SubmitAll(c->world.Tx(1));
    net.Run(net.now + 8 * BAC_SECOND, no_commits);
    net.Run(net.now + 8 * BAC_SECOND);
  }
  for (uint64_t h = 1; h <= net[0].Height(); h++) decided->push_back(net[0].At(h));
  return net.log;
}

/* Recomputes what binds the payload, so that the lie gets past the node to the engine. */
void Bind(Message *m, const struct bac_roster *roster) {
  (void)roster;
  struct bac_reader r = bac_reader_over(m->payload.data(), m->payload.size());
  if (m->head.type == BAC_MSG_PRE_PREPARE) {
    size_t length = bac_read_u16(&r);
    const uint8_t *header = bac_read_bytes(&r, length);
    if (header) bac_header_digest(m->head.digest, header, length);
  } else if (m->head.type == BAC_MSG_VIEW_CHANGE) {
    struct pbft_summary s;
    if (!pbft_summary_read(&r, &s)) return;
    pbft_summary_digest(m->head.digest, &s);
    m->head.view = s.view;
    m->head.height = s.base_height;
  }
}

void Mutate(Message *m, struct bac_random *r) {
  switch (bac_random_below(r, 8)) {
    case 0:
      m->head.view = bac_random_u64(r) >> bac_random_below(r, 64);
      break;
    case 1:
      m->head.height = bac_random_u64(r) >> bac_random_below(r, 64);
      break;
    case 2:
      m->head.digest[bac_random_below(r, 32)] ^= 1;
      break;
    case 3:
      m->head.type = BAC_MSG_PRE_PREPARE + uint32_t(bac_random_below(r, 6));
      break;
    case 4:
      m->payload.resize(bac_random_below(r, m->payload.size() + 9));
      break;
    case 5:
      m->head.step = uint32_t(bac_random_u64(r));
      break;
    default:
      for (uint64_t k = bac_random_below(r, 4); !m->payload.empty() && k < 4; k++)
        m->payload[bac_random_below(r, m->payload.size())] = uint8_t(bac_random_u64(r));
  }
}

TEST(PbftHostile, MutatedMessagesNeverBreakAMember) {
  PbftCase c(4);
  c.world.config.checkpoint_interval = 2;
  std::vector<Digest> decided;
  std::vector<Message> corpus = Corpus(&c, &decided);
  bool types[6] = {};
  for (const Message &m : corpus) types[m.head.type - BAC_MSG_PRE_PREPARE] = true;
  for (int i = 0; i < 6; i++) ASSERT_TRUE(types[i]) << i;
  ASSERT_GE(decided.size(), 5u);
  size_t accepted = 0, rejected = 0;
  for (uint64_t seed = 1; seed <= 30; seed++) {
    SCOPED_TRACE(seed);
    struct bac_random r = bac_random_stream(seed, 0, BAC_PURPOSE_FAULTS);
    Engine e(&c.world, &bac_pbft, 3);
    e.Start();
    for (int i = 0; i < 300; i++) {
      /* In the order of the run, so that it gets somewhere; each message true, and one that was tampered with by its
       * sender. */
      Message m = corpus[size_t(i) * corpus.size() / 300];
      uint32_t sender = m.head.sender - c.world.Id(0);
      if (sender == 3) continue;
      Message lie = corpus[bac_random_below(&r, corpus.size())];
      Mutate(&lie, &r);
      Bind(&lie, &c.world.roster);
      c.world.Sign(&lie, 2, &bac_pbft); /* member 2 is the liar: f = 1 */
      accepted += e.Deliver(lie);
      if (sender != 2) e.Deliver(m);
      if (bac_random_chance(&r, 1, 10)) e.Run(e.env.now + BAC_SECOND);
      if (bac_random_chance(&r, 1, 60)) e.Restart();
    }
    for (uint64_t h = 1; h <= e.Height() && h <= decided.size(); h++) EXPECT_EQ(e.At(h), decided[h - 1]);
    rejected += e.env.rejects.size();
  }
  EXPECT_GT(accepted, 3000u);
  EXPECT_GT(rejected, 1000u);
}

TEST(PbftHostile, CertificatesAndRecordsOfAnyShape) {
  PbftCase c(4);
  Net net(&c.world, &bac_pbft);
  net.Start();
  net.SubmitAll(c.world.Tx(1));
  net.Run(1500 * BAC_MS);
  ASSERT_EQ(net[0].Height(), 1u);
  const auto &block = net[0].env.blocks[0];
  struct bac_random r = bac_random_stream(1, 0, BAC_PURPOSE_FAULTS);
  Message p = c.Proposal();
  for (int i = 0; i < 400; i++) {
    Engine e(&c.world, &bac_pbft, 3);
    mock::Bytes certificate = block.second;
    certificate[bac_random_below(&r, certificate.size())] ^= uint8_t(1 + bac_random_below(&r, 255));
    if (i % 4 == 0) certificate.resize(bac_random_below(&r, certificate.size()));
    e.Start();
    e.Certified(block.first, certificate);
    EXPECT_EQ(e.Height(), 0u);
    e.Deliver(p);
    e.Deliver(c.Vote(BAC_MSG_PREPARE, 1, 0, 1, p.digest()));
    for (int k = 0; k < 3; k++)
      e.env.record[bac_random_below(&r, i % 2 ? 200 : e.env.record.size())] ^= uint8_t(1 + bac_random_below(&r, 255));
    e.Restart();
    e.Run(e.env.now + 10 * BAC_SECOND);
  }
}

/* One liar fills every place that it can: what is kept stays bounded, and the honest go on. */
TEST(PbftHostile, OneLiarCannotFillTheMemory) {
  PbftCase c(4);
  Engine e(&c.world, &bac_pbft, 3);
  e.Start();
  auto *p = reinterpret_cast<struct pbft *>(e.state.get());
  Message proposal = c.Proposal();
  for (uint64_t i = 0; i < 2000; i++) {
    Message m = proposal;
    m.head.view = 2 + 4 * i;
    m.head.height = 1 + i % 3;
    c.world.Sign(&m, 2, &bac_pbft);
    e.Deliver(m);
    Digest d = {uint8_t(i), uint8_t(i >> 8)};
    e.Deliver(c.Vote(BAC_MSG_PREPARE, 2, i, 1 + i % 200, d));
    e.Deliver(c.Vote(BAC_MSG_COMMIT, 2, i, 1 + i % 200, d));
    e.Deliver(c.Change(2, 1 + i));
  }
  size_t early = 0;
  for (auto &k : p->early) early += k.payload != nullptr;
  EXPECT_LE(early, 3u) << "one for each height of one sender";
  EXPECT_EQ(e.Round(), 0u);
  EXPECT_EQ(e.env.sent.size(), 0u);
  e.Deliver(proposal);
  e.Deliver(c.Vote(BAC_MSG_PREPARE, 2, 0, 1, proposal.digest()));
  EXPECT_EQ(e.Sent(BAC_MSG_PREPARE).size(), 1u);
}

}  // namespace
