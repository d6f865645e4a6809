/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of the node need: a roster whose every key is known, blocks, votes and certificates signed as any member,
 * and one node under test that hears and says real frames. Nothing here decides what is right: tests do. */
#ifndef BAC_TESTS_SIM_WORLD_H
#define BAC_TESTS_SIM_WORLD_H

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* C lets a function and a struct share a name */
extern "C" {
#include "bac/bac.h"
#include "consensus/env.h"
#include "consensus/qc.h"
#include "consensus/tc.h"
#include "crypto/hash.h"
#include "election/elect.h"
#include "link/link.h"
}
#pragma GCC diagnostic pop

namespace bac_test {

using Bytes = std::vector<uint8_t>;

inline Bytes take(bac_buf *buf) {
  Bytes bytes(buf->data, buf->data + buf->length);
  bac_buf_unref(buf);
  return bytes;
}

constexpr uint32_t kBac = 2; /* protocol id of bac on the air */
enum { kReject = 0, kAccept = 1 };

/* Members 0..n-1 of shard 0, their keys, and the tree of blocks that a test makes up. */
struct World {
  bac_config config = bac_config_default();
  std::vector<bac_member> members;
  std::vector<bac_keypair> keys;
  bac_roster roster = {};
  bac_pool *pool = nullptr;
  bac_chain *chain = nullptr;
  bac_cost cost = {};
  bac_electorate electorate = {}; /* sortition */

  explicit World(uint32_t n, uint64_t seed = 1) : members(n), keys(n) {
    config.seed = seed;
    config.election = BAC_ELECTION_ROUND_ROBIN; /* roles known beforehand; tests of sortition say so */
    std::vector<uint32_t> ids(n);
    for (uint32_t i = 0; i < n; i++) {
      ids[i] = i;
      bac_keypair_derive(&keys[i], seed, i);
    }
    bac_members_derive(seed, ids.data(), n, members.data());
    roster.count = n;
    roster.members = members.data();
    pool = bac_pool_new(100000);
    chain = bac_chain_new(&roster, seeds(), pool, nullptr);
  }
  World(const World &) = delete;
  World &operator=(const World &) = delete;
  ~World() {
    bac_electorate_clear(&electorate);
    bac_chain_free(chain);
    bac_pool_free(pool);
  }

  uint32_t n() const { return roster.count; }
  uint32_t q() const { return bac_quorum(n()); }
  bac_entry *genesis() { return bac_chain_at(chain, 0); }
  /* From now on primaries are elected by sortition. */
  void sortition() {
    config.election = BAC_ELECTION_SORTITION;
    bac_chain_free(chain); /* the roster may have been changed */
    chain = bac_chain_new(&roster, seeds(), pool, nullptr);
    bac_electorate_clear(&electorate);
    bac_electorate_init(&electorate, &roster, BAC_ELECTION_SORTITION, config.candidates_permille, genesis()->block->digest);
  }
  /* As a node of this config has it. */
  bac_seed_rule seeds() const { return bac_protocol_seeds(bac_protocol_find(config.protocol), &config); }
  bool elects() const { return config.election == BAC_ELECTION_SORTITION; }
  /* lambda 0: member i is not elected. */
  bac_claim claim(uint64_t round, uint32_t i) {
    uint8_t alpha[BAC_SORTITION_ALPHA_BYTES];
    bac_ticket ticket;
    bac_claim c = {};
    if (members[i].units == 0) return c;
    bac_electorate_alpha(&electorate, round, alpha);
    bac_sortition_prove(&ticket, &electorate.lottery, members[i].units, keys[i].vrf_secret, alpha, &cost);
    if (ticket.lambda > 0) bac_claim_of_ticket(&c, i, &ticket, &cost);
    return c;
  }
  /* Who is elected in a round, the winner first. */
  std::vector<uint32_t> elected(uint64_t round) {
    std::vector<bac_claim> claims;
    for (uint32_t i = 0; i < n(); i++) {
      bac_claim c = claim(round, i);
      if (c.lambda > 0) claims.push_back(c);
    }
    std::sort(claims.begin(), claims.end(), [this](const bac_claim &a, const bac_claim &b) { return bac_claim_wins(&electorate, &a, &b); });
    std::vector<uint32_t> who;
    for (auto &c : claims) who.push_back(c.index);
    return who;
  }
  Bytes proof(uint64_t round, uint32_t i) {
    if (!elects()) return {};
    bac_claim c = claim(round, i);
    Bytes out(1, c.lambda > 0);
    if (c.lambda == 0) return out;
    out.resize(1 + BAC_CLAIM_BYTES);
    bac_claim_write(&c, out.data() + 1);
    return out;
  }
  uint32_t primary(uint64_t round) const { return bac_elect_primary(n(), 0, round); }
  bac_role role(uint64_t round, uint32_t i) const {
    return bac_elect_role(n(), config.candidates_permille, 0, round, i);
  }
  /* The k-th member with this role in the round. */
  uint32_t with_role(uint64_t round, bac_role r, uint32_t k = 0) const {
    for (uint32_t i = 0; i < n(); i++)
      if (role(round, i) == r && k-- == 0) return i;
    abort();
  }
  std::vector<uint32_t> everyone() const {
    std::vector<uint32_t> all(n());
    for (uint32_t i = 0; i < n(); i++) all[i] = i;
    return all;
  }
  std::vector<uint32_t> quorum_of(const std::vector<uint32_t> &except = {}) const {
    std::vector<uint32_t> some;
    for (uint32_t i = 0; i < n() && some.size() < q(); i++)
      if (std::find(except.begin(), except.end(), i) == except.end()) some.push_back(i);
    return some;
  }

  Bytes tx(uint32_t from, uint32_t to, uint64_t nonce, int64_t amount = 1000, int64_t fee = 10, uint32_t bytes = 0) {
    bac_submit submit = {};
    submit.to = to;
    submit.amount_milli = amount;
    submit.fee_milli = fee;
    submit.bytes = bytes;
    bac_tx made;
    uint8_t wire[BAC_TX_BYTES_MAX];
    if (bac_tx_make(&made, wire, &submit, from, nonce, 5, &keys[from], &cost) != BAC_OK) abort();
    return Bytes(wire, wire + made.wire_length);
  }
  /* Into the pool from which the next build takes. */
  void pooled(const Bytes &wire) {
    bac_tx t;
    bool full;
    if (!bac_tx_decode(&t, wire.data(), wire.size(), &cost) || !bac_pool_add(pool, &t, bac_chain_tip(chain)->state, 0, &full)) abort();
  }

  /* A block on `parent`, good but for what `spoil` has done to its header. The caller frees it. */
  bac_block *pack(bac_entry *parent, uint64_t round, const Bytes &certificate, bac_time at, uint32_t proposer,
                  std::function<void(bac_header *)> spoil) {
    bac_header h = {};
    h.height = parent->block->header.height + 1;
    h.round = round;
    h.proposer = proposer == UINT32_MAX ? primary(round) : proposer;
    h.proposed_at = at;
    memcpy(h.prev_hash, parent->block->digest, BAC_HASH_BYTES);
    if (bac_chain_seeds(chain) == BAC_SEED_VRF)
      bac_seed_prove(&h, parent->block->header.seed, keys[h.proposer].vrf_secret, &cost);
    else
      bac_block_seed(h.seed, parent->block->header.seed, h.height);
    spoil(&h);
    bac_state *state = bac_state_copy(parent->state);
    bac_block *block =
        bac_block_build(&h, pool, state, certificate.data(), certificate.size(), config.block_bytes_max, &cost);
    bac_state_free(state);
    return block;
  }
  /* A block on `parent`, in its place. */
  bac_entry *build(bac_entry *parent, uint64_t round, const Bytes &certificate, bac_time at = 0,
                   uint32_t proposer = UINT32_MAX) {
    bac_block *block = pack(parent, round, certificate, at, proposer, [](bac_header *) {});
    bac_entry *where = nullptr;
    if (bac_chain_insert(chain, block, 0, &cost, &where) != BAC_REJECT_COUNT) abort();
    return where;
  }
  static Bytes payload(const bac_entry *at) {
    return Bytes(at->block->payload->data, at->block->payload->data + at->block->payload->length);
  }

  void sign(bac_msg *m, uint32_t i) {
    m->sender = members[i].id;
    bac_msg_sign(m, &keys[i], &cost);
  }
  /* What member i signs when it votes for a block, whatever its role. */
  bac_msg vote(const bac_entry *at, uint32_t i, int verdict = kAccept) {
    const bac_header &h = at->block->header;
    bac_msg m = {};
    m.protocol = kBac;
    bac_role r = !elects()                       ? role(h.round, i)
                 : h.proposer == members[i].id ? BAC_ROLE_PRIMARY
                                               : bac_electorate_role(&electorate, h.round, i);
    m.type = r == BAC_ROLE_PRIMARY ? BAC_MSG_BLOCK_REQUEST
             : r == BAC_ROLE_CP    ? BAC_MSG_CP_VALIDATE
                                   : BAC_MSG_CS_CONSENSUS;
    m.role = r;
    m.view = h.round;
    m.height = h.height;
    m.step = static_cast<uint32_t>(verdict);
    memcpy(m.digest, at->block->digest, BAC_HASH_BYTES);
    sign(&m, i);
    return m;
  }
  bac_qc qc_struct(const bac_entry *at, std::vector<uint32_t> signers) {
    std::sort(signers.begin(), signers.end());
    bac_qc qc = {};
    qc.protocol = kBac;
    qc.type = BAC_MSG_CS_CONSENSUS;
    qc.view = at->block->header.round;
    qc.height = at->block->header.height;
    memcpy(qc.digest, at->block->digest, BAC_HASH_BYTES);
    Bytes signatures;
    for (uint32_t i : signers) {
      if (elects() && members[i].id == at->block->header.proposer) qc.proposer = 1 + i;
      bac_bitset_add(&qc.signers, i);
      bac_msg m = vote(at, i);
      signatures.insert(signatures.end(), m.signature, m.signature + BAC_SIGNATURE_BYTES);
    }
    qc.signatures = bac_buf_new(signatures.data(), signatures.size());
    return qc;
  }
  Bytes qc(const bac_entry *at, const std::vector<uint32_t> &signers) {
    bac_qc c = qc_struct(at, signers);
    Bytes bytes = take(bac_qc_encode(&c));
    bac_qc_clear(&c);
    return bytes;
  }
  Bytes qc(const bac_entry *at) { return qc(at, quorum_of()); }

  bac_msg timeout(uint32_t i, uint64_t round, uint64_t qc_round, const uint8_t *qc_digest) {
    bac_msg m = {};
    m.protocol = kBac;
    m.type = BAC_MSG_TIMEOUT;
    m.view = round;
    m.height = qc_round;
    memcpy(m.digest, qc_digest, BAC_HASH_BYTES);
    sign(&m, i);
    return m;
  }
  bac_msg timeout(uint32_t i, uint64_t round, const bac_entry *high) {
    return timeout(i, round, high->block->header.round, high->block->digest);
  }
  /* A certificate that `signers` gave up the round, all naming the block `high`. */
  Bytes tc(uint64_t round, const bac_entry *high, const std::vector<uint32_t> &signers) {
    std::vector<bac_timeout> timeouts(n());
    for (uint32_t i : signers) {
      bac_msg m = timeout(i, round, high);
      timeouts[i].round = round;
      timeouts[i].qc_round = m.height;
      memcpy(timeouts[i].qc_digest, m.digest, BAC_HASH_BYTES);
      memcpy(timeouts[i].signature, m.signature, BAC_SIGNATURE_BYTES);
    }
    bac_tc made;
    if (!bac_tc_form(&made, timeouts.data(), &roster, static_cast<uint32_t>(signers.size()), round, UINT64_MAX))
      abort();
    Bytes bytes(made.encoded->data, made.encoded->data + made.encoded->length);
    bac_tc_clear(&made);
    return bytes;
  }
  static Bytes justification(const Bytes &qc, const Bytes &tc = {}) {
    Bytes out(4);
    bac_put_u32(out.data(), static_cast<uint32_t>(qc.size()));
    out.insert(out.end(), qc.begin(), qc.end());
    out.insert(out.end(), tc.begin(), tc.end());
    return out;
  }
  /* P's signed header, as CP_VALIDATE carries it. */
  Bytes validation(const bac_entry *at) {
    uint8_t header[BAC_HEADER_BYTES_MAX];
    size_t length = bac_header_encode(&at->block->header, header);
    Bytes out(2);
    bac_put_u16(out.data(), static_cast<uint16_t>(length));
    out.insert(out.end(), header, header + length);
    bac_msg request = vote(at, elects() ? at->block->header.proposer : primary(at->block->header.round));
    out.insert(out.end(), request.signature, request.signature + BAC_SIGNATURE_BYTES);
    Bytes why = proof(at->block->header.round, at->block->header.proposer);
    out.insert(out.end(), why.begin(), why.end());
    return out;
  }
};

}  // namespace bac_test

#endif
