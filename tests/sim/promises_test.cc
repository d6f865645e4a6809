/* SPDX-License-Identifier: GPL-2.0-only */
/* What counts as a broken promise of an honest member, and what does not. */
#include <gtest/gtest.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "consensus/pbft_internal.h"
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

TEST_F(Promises, WhoHasGivenUpARoundTakesNoPartInIt) {
  EXPECT_FALSE(sign(1, BAC_MSG_CS_CONSENSUS, 4, 7, 1, 10));
  EXPECT_FALSE(sign(1, BAC_MSG_TIMEOUT, 5, 3, 1, 11));
  EXPECT_FALSE(sign(1, BAC_MSG_CS_CONSENSUS, 4, 7, 1, 12)) << "said before";
  EXPECT_FALSE(sign(1, BAC_MSG_CS_CONSENSUS, 5, 7, 1, 12, 0, 0)) << "a reject accepts nothing";
  EXPECT_FALSE(sign(1, BAC_MSG_CS_CONSENSUS, 6, 7, 1, 12));
  EXPECT_TRUE(sign(1, BAC_MSG_CS_CONSENSUS, 5, 7, 1, 13));
}

TEST_F(Promises, WhoHasLeftAViewTakesNoPartInIt) {
  EXPECT_FALSE(sign(1, BAC_MSG_VIEW_CHANGE, 3, 7, 1, 10));
  EXPECT_FALSE(sign(1, BAC_MSG_PREPARE, 2, 8, 1, 20, 1)) << "a crash cut the VIEW_CHANGE short";
  EXPECT_FALSE(sign(1, BAC_MSG_VIEW_CHANGE, 5, 7, 1, 21, 1));
  EXPECT_FALSE(sign(1, BAC_MSG_PREPARE, 5, 8, 1, 22, 1));
  EXPECT_TRUE(sign(1, BAC_MSG_PREPARE, 4, 8, 1, 23, 1));
}

TEST_F(Promises, AViewChangeClaimsWhatItsSenderHasCommittedTo) {
  bac_msg m = {};
  m.sender = 1;
  m.type = BAC_MSG_VIEW_CHANGE;
  char text[200];
  auto change = [&](uint64_t view, uint64_t base, uint64_t claimed_view, uint8_t digest) {
    pbft_summary s = {};
    s.view = m.view = view;
    s.base_height = m.height = base;
    s.count = claimed_view < view;
    s.claims[0].height = base + 1;
    s.claims[0].view = claimed_view;
    s.claims[0].digest[0] = digest;
    uint8_t bytes[PBFT_SUMMARY_MAX];
    bac_writer out = bac_writer_over(bytes, sizeof bytes);
    pbft_summary_write(&out, &s);
    m.payload = bytes;
    m.payload_length = out.length;
    return bac_promises_sign(p, &m, 50, 0, text, sizeof text);
  };
  EXPECT_FALSE(sign(1, BAC_MSG_COMMIT, 3, 7, 1, 10));
  bac_promises_step(p, 1, 11, 0);
  EXPECT_FALSE(change(4, 6, 3, 1));
  EXPECT_FALSE(change(5, 6, 4, 2)) << "prepared again, in a later view";
  EXPECT_FALSE(change(6, 7, UINT64_MAX, 0)) << "it stands on the block";
  EXPECT_TRUE(change(7, 6, UINT64_MAX, 0)) << "hidden";
  EXPECT_TRUE(change(8, 6, 3, 2)) << "another block of that view";
  EXPECT_TRUE(change(9, 6, 2, 1)) << "of an earlier one";
}

}  // namespace
