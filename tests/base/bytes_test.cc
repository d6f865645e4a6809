/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include <vector>

#include "sim/world.h"

namespace {

TEST(Bytes, LittleEndianRoundTrip) {
  uint8_t b[14];
  bac_writer w = bac_writer_over(b, sizeof b);
  bac_write_u16(&w, 0x1234);
  bac_write_u32(&w, 0xdeadbeef);
  bac_write_u64(&w, 0x0102030405060708);
  EXPECT_TRUE(w.ok);
  EXPECT_EQ(14u, w.length);
  const uint8_t expected[] = {0x34, 0x12, 0xef, 0xbe, 0xad, 0xde, 8, 7, 6, 5, 4, 3, 2, 1};
  EXPECT_EQ(0, memcmp(expected, b, sizeof b));
  bac_reader r = bac_reader_over(b, sizeof b);
  EXPECT_EQ(0x1234, bac_read_u16(&r));
  EXPECT_EQ(0xdeadbeefu, bac_read_u32(&r));
  EXPECT_EQ(0x0102030405060708u, bac_read_u64(&r));
  EXPECT_EQ(0u, bac_reader_left(&r));
  EXPECT_TRUE(r.ok);
}

TEST(Bytes, WriterStopsAtTheEndForGood) {
  uint8_t b[4] = {9, 9, 9, 9};
  bac_writer w = bac_writer_over(b, 3);
  bac_write_u32(&w, 1);
  EXPECT_FALSE(w.ok);
  bac_write_u8(&w, 1);
  EXPECT_FALSE(w.ok);
  EXPECT_EQ(0u, w.length);
  EXPECT_EQ(9, b[0]);
  w = bac_writer_over(b, 3);
  bac_write_u8(&w, 1);
  bac_write_bytes(&w, nullptr, 0);
  bac_write_bytes(&w, b, SIZE_MAX);
  EXPECT_FALSE(w.ok);
}

TEST(Bytes, ReaderStopsAtTheEndForGood) {
  const uint8_t b[3] = {1, 2, 3};
  bac_reader r = bac_reader_over(b, 3);
  EXPECT_EQ(1, bac_read_u8(&r));
  EXPECT_EQ(0u, bac_read_u32(&r));
  EXPECT_FALSE(r.ok);
  EXPECT_EQ(0, bac_read_u8(&r));
  EXPECT_EQ(0u, bac_reader_left(&r));
  r = bac_reader_over(b, 3);
  EXPECT_EQ(nullptr, bac_read_bytes(&r, SIZE_MAX));
  r = bac_reader_over(nullptr, 0);
  EXPECT_EQ(0, bac_read_u8(&r));
}

TEST(Bytes, SharedBuffers) {
  bac_buf *a = bac_buf_new("abc", 3);
  EXPECT_EQ(a, bac_buf_ref(a));
  bac_buf_unref(a);
  EXPECT_EQ(0, memcmp(a->data, "abc", 3));
  bac_buf_unref(a);
  bac_buf_unref(nullptr);
  bac_buf *zero = bac_buf_new(nullptr, 5);
  EXPECT_EQ(0, memcmp(zero->data, "\0\0\0\0\0", 5));
  bac_buf_unref(zero);
}

TEST(BytesDeath, AssertionsHoldInEveryBuild) { EXPECT_DEATH(BAC_ASSERT(1 == 2), "broken invariant: 1 == 2"); }

}  // namespace
