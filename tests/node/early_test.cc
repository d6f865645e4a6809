/* SPDX-License-Identifier: GPL-2.0-only */
/* What is held of the next epoch: bounded, in order, of one epoch alone. */
#include <gtest/gtest.h>

#include <vector>

extern "C" {
#include "base/bytes.h"
#include "node/early.h"
}

TEST(Early, HoldsInOrderAndUpToItsBound) {
  bac_early early = {};
  std::vector<uint8_t> object(BAC_EARLY_BYTES_MAX / 4);
  for (uint8_t i = 0; i < 4; i++) {
    object[0] = i;
    EXPECT_TRUE(bac_early_hold(&early, 3, object.data(), object.size(), 10u + i));
  }
  EXPECT_FALSE(bac_early_hold(&early, 3, object.data(), 1, 0));
  ASSERT_EQ(4u, early.count);
  for (uint32_t i = 0; i < 4; i++) {
    EXPECT_EQ(i, early.objects[i].object->data[0]);
    EXPECT_EQ(object.size(), early.objects[i].object->length);
    EXPECT_EQ(10 + i, early.objects[i].source);
  }
  bac_early_clear(&early);
  EXPECT_EQ(0u, early.count + early.bytes);
}

TEST(Early, OfAnotherEpochTakesThePlaceOfWhatIsHeld) {
  bac_early early = {};
  const uint8_t object[2] = {1, 2};
  EXPECT_TRUE(bac_early_hold(&early, 3, object, 2, 0));
  EXPECT_TRUE(bac_early_hold(&early, 4, object, 1, 0));
  EXPECT_EQ(4u, early.epoch);
  EXPECT_EQ(1u, early.count);
  EXPECT_EQ(1u, early.bytes);
  bac_early_clear(&early);
}
