/* SPDX-License-Identifier: GPL-2.0-only */
/* What counts as said and not kept, and what does not. */
#include <gtest/gtest.h>

#include "sim/world.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "durable.h"
}
#pragma GCC diagnostic pop

using namespace bac_test;

namespace {

class Durable : public ::testing::TestWithParam<bool> { /* light votes */
 protected:
  Durable() {
    const bool honest[2] = {false, true};
    d = bac_durable_new(honest, 2, GetParam(), 100000);
  }
  ~Durable() override { bac_durable_free(d); }
  void say(uint32_t type, uint64_t view, const uint8_t *digest, uint64_t step, uint32_t life = 0, uint32_t who = 1) {
    bac_msg m = {};
    m.sender = who;
    m.type = type;
    m.view = view;
    m.height = 7;
    m.step = 1;
    if (digest) memcpy(m.digest, digest, sizeof m.digest);
    char text[200];
    broken = bac_durable_sign(d, &m, step, life, text, sizeof text) || broken;
  }
  bool effect(bac_effect_type type, uint32_t kind, const Bytes &bytes, uint64_t step, uint32_t life = 0) {
    bac_effect e = {};
    e.type = type;
    e.persist.kind = kind;
    e.persist.bytes = bytes.data();
    e.persist.length = bytes.size();
    char text[200];
    return bac_durable_effect(d, 1, step, life, &e, text, sizeof text);
  }
  bool kept(uint64_t step, uint32_t life = 0) { return effect(BAC_EFFECT_PERSIST, BAC_RECORD_STATE, {1}, step, life); }
  bool later(uint64_t step, uint32_t life = 0) { return effect(BAC_EFFECT_TX_STATUS, 0, {}, step, life); }
  bac_durable *d;
  bool broken = false; /* seen as something was said */
};

TEST_P(Durable, AVoteIsKeptInItsStep) {
  say(BAC_MSG_PREPARE, 1, nullptr, 10);
  EXPECT_FALSE(kept(10));
  EXPECT_FALSE(later(11));
  say(BAC_MSG_PREPARE, 1, nullptr, 12);
  EXPECT_FALSE(later(13)) << "said again";
  say(BAC_MSG_PREPARE, 2, nullptr, 14);
  EXPECT_FALSE(later(14)) << "its record may be yet to come";
  EXPECT_TRUE(later(15));
  EXPECT_FALSE(later(16)) << "once";
  for (uint32_t type : {BAC_MSG_PRE_PREPARE, BAC_MSG_COMMIT, BAC_MSG_VIEW_CHANGE, BAC_MSG_TIMEOUT, BAC_MSG_COMMITTEE_VOTE}) {
    say(type, 3, nullptr, 20 + 2 * type);
    EXPECT_TRUE(later(21 + 2 * type)) << type;
  }
  say(BAC_MSG_CLAIM, 3, nullptr, 500);
  say(BAC_MSG_PREPARE, 3, nullptr, 500, 0, 0);
  EXPECT_FALSE(later(501)) << "a claim binds nobody, nor does anything a byzantine member";
}

TEST_P(Durable, ACrashTakesBackWhatItCutShort) {
  say(BAC_MSG_PREPARE, 1, nullptr, 10);
  EXPECT_FALSE(later(20, 1));
  say(BAC_MSG_PREPARE, 2, nullptr, 21, 1);
  EXPECT_FALSE(kept(21, 1));
  say(BAC_MSG_PREPARE, 2, nullptr, 30, 2); /* from its record */
  EXPECT_FALSE(later(31, 2));
}

TEST_P(Durable, AnAcceptingVoteStandsOnADurableBody) {
  World w(4);
  bac_entry *a = w.build(w.genesis(), 1, w.justification({}), 0), *b = w.build(w.genesis(), 1, w.justification({}), 1);
  Bytes record(8);
  record.insert(record.end(), a->block->payload->data, a->block->payload->data + a->block->payload->length);
  say(BAC_MSG_CS_CONSENSUS, 1, nullptr, 9);
  EXPECT_FALSE(kept(9));
  EXPECT_EQ(!GetParam(), later(10)) << "a light vote does without";
  say(BAC_MSG_CP_VALIDATE, 1, a->block->digest, 10);
  EXPECT_FALSE(kept(10));
  EXPECT_FALSE(effect(BAC_EFFECT_PERSIST, BAC_RECORD_BODY, record, 10)) << "before or after: frames leave when all is written";
  EXPECT_FALSE(later(11));
  say(BAC_MSG_CP_VALIDATE, 2, a->block->digest, 20);
  EXPECT_FALSE(kept(20)) << "it has been there";
  say(BAC_MSG_CP_VALIDATE, 3, b->block->digest, 30);
  EXPECT_FALSE(broken);
  EXPECT_FALSE(kept(30));
  say(BAC_MSG_CP_VALIDATE, 4, a->block->digest, 40);
  EXPECT_TRUE(broken);
}

INSTANTIATE_TEST_SUITE_P(VoteRules, Durable, ::testing::Bool());

}  // namespace
