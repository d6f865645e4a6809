/* SPDX-License-Identifier: GPL-2.0-only */
/* What counts as a broken promise of an honest member, and what does not. */
#include <gtest/gtest.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "promises.h"
}
#pragma GCC diagnostic pop

namespace {

class Promises : public ::testing::Test {
 protected:
  Promises() {
    const bool honest[3] = {false, true, true};
    p = bac_promises_new(honest, 3, true);
  }
  ~Promises() override { bac_promises_free(p); }
  /* Whether member `who` contradicts itself by signing this in the step. */
  bool sign(uint32_t who, uint32_t type, uint64_t view, uint64_t height, uint8_t digest, uint64_t step, uint32_t life = 0, uint32_t verdict = 1) {
    bac_msg m = {};
    m.sender = who;
    m.type = type;
    m.view = view;
    m.height = height;
    m.step = verdict;
    m.digest[0] = digest;
    char text[200];
    return bac_promises_sign(p, &m, step, life, text, sizeof text);
  }
  bac_promises *p;
};

TEST_F(Promises, TwoDigestsInOneSlot) {
  EXPECT_FALSE(sign(1, BAC_MSG_PREPARE, 3, 7, 1, 10));
  EXPECT_FALSE(sign(1, BAC_MSG_PREPARE, 3, 7, 1, 11)) << "said again";
  EXPECT_FALSE(sign(1, BAC_MSG_PREPARE, 4, 7, 2, 12)) << "another view";
  EXPECT_FALSE(sign(2, BAC_MSG_PREPARE, 3, 7, 2, 13)) << "another member";
  EXPECT_TRUE(sign(1, BAC_MSG_PREPARE, 3, 7, 2, 14));
}

TEST_F(Promises, ByzantineMembersMaySayWhatTheyLike) {
  EXPECT_FALSE(sign(0, BAC_MSG_PREPARE, 3, 7, 1, 10));
  EXPECT_FALSE(sign(0, BAC_MSG_PREPARE, 3, 7, 2, 11));
}

TEST_F(Promises, WhatACrashCutShortNeverLeft) {
  EXPECT_FALSE(sign(1, BAC_MSG_COMMIT, 3, 7, 1, 10));
  EXPECT_FALSE(sign(1, BAC_MSG_COMMIT, 3, 7, 2, 20, 1)) << "step 10 was the last of its life";
  EXPECT_FALSE(sign(1, BAC_MSG_COMMIT, 9, 9, 2, 21, 1));
  EXPECT_TRUE(sign(1, BAC_MSG_COMMIT, 3, 7, 1, 22, 1));
}

TEST_F(Promises, AStepThatWasCarriedOutCountsAcrossACrash) {
  EXPECT_FALSE(sign(1, BAC_MSG_COMMIT, 3, 7, 1, 10));
  bac_promises_step(p, 1, 11, 0);
  EXPECT_TRUE(sign(1, BAC_MSG_COMMIT, 3, 7, 2, 20, 1));
}

TEST_F(Promises, AVoteARoundWhateverItsRoleAndHeight) {
  EXPECT_FALSE(sign(1, BAC_MSG_CS_CONSENSUS, 3, 7, 1, 10));
  EXPECT_FALSE(sign(1, BAC_MSG_CS_CONSENSUS, 3, 7, 2, 11, 0, 0)) << "a reject accepts nothing";
  EXPECT_FALSE(sign(1, BAC_MSG_CP_VALIDATE, 4, 8, 2, 12));
  EXPECT_TRUE(sign(1, BAC_MSG_BLOCK_REQUEST, 4, 9, 3, 13));
}

TEST_F(Promises, TimeoutsMayReportMore) {
  EXPECT_FALSE(sign(1, BAC_MSG_TIMEOUT, 3, 7, 1, 10));
  EXPECT_FALSE(sign(1, BAC_MSG_TIMEOUT, 3, 7, 2, 11));
}

}  // namespace
