/* SPDX-License-Identifier: GPL-2.0-only */
/* What the PBFT tests share: votes and proposals of members that are not run. */
#ifndef BAC_TESTS_CONSENSUS_PBFT_CASE_H
#define BAC_TESTS_CONSENSUS_PBFT_CASE_H

#include <cstring>

#include "mock_env.h"

extern "C" {
#include "consensus/pbft_internal.h"
}

struct PbftCase {
  explicit PbftCase(uint32_t n) : world(n) {}

  mock::Message Vote(uint32_t type, uint32_t sender, uint64_t view, uint64_t height, const mock::Digest &digest) {
    mock::Message m;
    m.head.type = type;
    m.head.view = view;
    m.head.height = height;
    memcpy(m.head.digest, digest.data(), digest.size());
    world.Sign(&m, sender, &bac_pbft);
    return m;
  }
  /* The PRE_PREPARE that a primary makes of a new transaction. */
  mock::Message Proposal(uint32_t primary = 0) {
    mock::Engine e(&world, &bac_pbft, primary);
    e.Start();
    e.Submit(world.Tx(primary));
    e.Run(2 * BAC_SECOND);
    return e.Sent(BAC_MSG_PRE_PREPARE).at(0);
  }
  /* A VIEW_CHANGE that claims nothing but genesis. */
  mock::Message Change(uint32_t sender, uint64_t view, uint32_t step = 0) {
    struct pbft_summary s = {};
    struct bac_block *genesis = bac_block_genesis(&world.roster);
    s.view = view;
    memcpy(s.base_digest, genesis->digest, BAC_HASH_BYTES);
    bac_block_free(genesis);
    return Change(sender, s, {0, 0, 0, 0}, step);
  }
  mock::Message Change(uint32_t sender, const struct pbft_summary &s, const mock::Bytes &proofs, uint32_t step = 0) {
    mock::Message m;
    m.payload.resize(PBFT_SUMMARY_MAX);
    struct bac_writer w = bac_writer_over(m.payload.data(), m.payload.size());
    pbft_summary_write(&w, &s);
    m.payload.resize(w.length);
    m.payload.insert(m.payload.end(), proofs.begin(), proofs.end());
    m.head.type = BAC_MSG_VIEW_CHANGE;
    m.head.view = s.view;
    m.head.height = s.base_height;
    m.head.step = step;
    pbft_summary_digest(m.head.digest, &s);
    world.Sign(&m, sender, &bac_pbft);
    return m;
  }
  /* A certificate over votes of members first..first+count-1. */
  mock::Bytes Certificate(uint32_t type, uint64_t view, uint64_t height, const mock::Digest &digest, uint32_t first,
                          uint32_t count) {
    struct bac_votes votes = {};
    struct bac_qc what = {}, qc = {};
    for (uint32_t i = first; i < first + count; i++)
      bac_votes_add(&votes, world.n(), i, Vote(type, i, view, height, digest).head.signature);
    what.protocol = bac_pbft.id;
    what.type = type;
    what.shard = world.roster.shard;
    what.epoch = world.roster.epoch;
    what.view = view;
    what.height = height;
    memcpy(what.digest, digest.data(), digest.size());
    bac_votes_certificate(&votes, world.n(), count, &what, &qc);
    struct bac_buf *encoded = bac_qc_encode(&qc);
    mock::Bytes out(encoded->data, encoded->data + encoded->length);
    bac_buf_unref(encoded);
    bac_qc_clear(&qc);
    bac_votes_clear(&votes);
    return out;
  }
  mock::World world;
};

#endif
