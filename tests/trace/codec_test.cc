/* SPDX-License-Identifier: GPL-2.0-only */
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "bac/types.h"
#include "sample_trace.h"
#include "trace/crc32.h"

namespace {

SampleTrace Town(bool buildings = true) {
  SampleTrace town;
  if (buildings) {
    town.AddBuilding({{0, 0}, {1000, -5}, {INT32_MAX, INT32_MIN}});
    town.AddBuilding({{10, 10}, {20, 10}, {20, 20}, {10, 20}});
  }
  town.AddVehicle("a", 0, {town.At(-100, 5), town.At(0, 10), town.At(INT32_MAX, -INT32_MAX)});
  town.AddVehicle("b", 2, {town.At(1, 2), SampleTrace::Absent(), town.At(3, 4)});
  town.AddStanding("c, \"quoted\" and \xc3\xbc", 50000, 50000);
  return town;
}

/* The bytes with a checksum that fits, as a careful attacker would send them. */
void Seal(std::vector<uint8_t> &bytes) {
  uint32_t crc = bac_crc32(bytes.data(), bytes.size() - 4);
  for (size_t i = 0; i < 4; i++) bytes[bytes.size() - 4 + i] = static_cast<uint8_t>(crc >> (8 * i));
}

std::vector<uint8_t> Encode(const bac_trace &trace) {
  uint8_t *bytes = nullptr;
  size_t length = 0;
  EXPECT_EQ(bac_trace_encode(&trace, &bytes, &length, nullptr, 0), BAC_OK);
  std::vector<uint8_t> copy(bytes, bytes + length);
  free(bytes);
  return copy;
}

TEST(Crc32, KnownValue) {
  EXPECT_EQ(bac_crc32("123456789", 9), 0xcbf43926u); /* the check value of CRC-32/ISO-HDLC */
  EXPECT_EQ(bac_crc32("", 0), 0u);
}

TEST(TraceCodec, RoundTrip) {
  SampleTrace town = Town();
  std::vector<uint8_t> bytes = town.Bytes();
  TracePointer read = Parse(bytes);
  ASSERT_NE(read, nullptr);
  const bac_trace &t = town.trace();
  EXPECT_EQ(read->seed, t.seed);
  EXPECT_EQ(read->begin_ns, t.begin_ns);
  EXPECT_EQ(read->duration_ns, t.duration_ns);
  EXPECT_EQ(read->step_ns, t.step_ns);
  EXPECT_EQ(read->inputs_digest, t.inputs_digest);
  EXPECT_EQ(read->north_cm, t.north_cm);
  EXPECT_STREQ(read->strings[read->scenario], "town");
  EXPECT_STREQ(read->strings[read->vehicles[2].id], "c, \"quoted\" and \xc3\xbc");
  ASSERT_EQ(read->vehicle_count, 3u);
  ASSERT_EQ(read->sample_count, t.sample_count);
  for (uint64_t i = 0; i < t.sample_count; i++) {
    EXPECT_EQ(memcmp(&read->samples[i], &t.samples[i], sizeof t.samples[i]), 0) << i;
  }
  EXPECT_EQ(Encode(*read), bytes);
  ASSERT_EQ(read->building_count, 2u);
  ASSERT_EQ(read->corner_count, 7u);
  EXPECT_EQ(read->building_corners[1], 4u);
  EXPECT_EQ(memcmp(read->corners_cm, t.corners_cm, 7 * sizeof t.corners_cm[0]), 0);
}

TEST(TraceCodec, WithoutBuildings) {
  const std::vector<uint8_t> bytes = Town(false).Bytes();
  EXPECT_EQ(bytes[8], BAC_TRACE_FORMAT) << "older programs read it";
  EXPECT_EQ(Town().Bytes()[8], BAC_TRACE_FORMAT_BUILDINGS);
  TracePointer read = Parse(bytes);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->building_count, 0u);
  EXPECT_EQ(Encode(*read), bytes);
  std::vector<uint8_t> wrong = bytes; /* one format's number with the other's rows */
  wrong[8] = BAC_TRACE_FORMAT_BUILDINGS;
  Seal(wrong);
  EXPECT_EQ(Parse(wrong), nullptr);
}

TEST(TraceCodec, BytesAreFixed) { /* the format is little-endian on every machine and may not change under its number */
  SampleTrace one;
  one.AddVehicle("v", 1, {one.At(0x01020304, -2)});
  std::vector<uint8_t> bytes = one.Bytes();
  EXPECT_EQ(bytes.size(), 108u + (2 + 4) + (2 + 7) + (2 + 3) + (2 + 6) + (2 + 6) + (2 + 1) + 24 + 20 + 4);
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 8), "BACTRACE");
  EXPECT_EQ(bytes[8], BAC_TRACE_FORMAT);
  const uint8_t x[4] = {4, 3, 2, 1};
  EXPECT_EQ(memcmp(bytes.data() + bytes.size() - 24, x, 4), 0);
  EXPECT_EQ(bac_crc32(bytes.data(), bytes.size()), 0x2144df1cu); /* the residue of bytes that end with their CRC */
}

TEST(TraceCodec, TornAnywhereIsRefused) {
  std::vector<uint8_t> bytes = Town().Bytes();
  for (size_t length = 0; length < bytes.size(); length++) {
    std::string why;
    std::vector<uint8_t> torn(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    ASSERT_EQ(Parse(torn, &why), nullptr) << length;
    ASSERT_NE(why.find("'test.trace'"), std::string::npos);
    ASSERT_NE(why.find("rebuild it with: bac-trace"), std::string::npos);
    ASSERT_EQ(why.find('\n'), std::string::npos);
  }
  bytes.push_back(0);
  EXPECT_EQ(Parse(bytes), nullptr);
}

TEST(TraceCodec, AnyFlippedBitIsRefused) {
  std::vector<uint8_t> bytes = Town().Bytes();
  for (size_t i = 0; i < bytes.size() * 8; i++) {
    bytes[i / 8] ^= static_cast<uint8_t>(1u << (i % 8));
    ASSERT_EQ(Parse(bytes), nullptr) << "bit " << i;
    bytes[i / 8] ^= static_cast<uint8_t>(1u << (i % 8));
  }
}

/* Damage behind a checksum that fits: refused, or a valid trace that encodes to the very same bytes. Never a crash. */
void SealedDamage(const std::vector<uint8_t> &whole) {
  std::mt19937_64 random(1);
  size_t accepted = 0;
  for (int round = 0; round < 30000; round++) {
    std::vector<uint8_t> bytes = whole;
    size_t changes = 1 + random() % 4;
    for (size_t i = 0; i < changes; i++) {
      size_t at = random() % (bytes.size() - 4);
      bytes[at] = static_cast<uint8_t>(random() % 3 == 0 ? 0xff : random());
    }
    if (random() % 8 == 0) { /* a shorter file that states its length */
      bytes.resize(std::max<size_t>(bytes.size() - random() % 200, 112));
      for (size_t i = 0; i < 8; i++) bytes[16 + i] = static_cast<uint8_t>(uint64_t{bytes.size()} >> (8 * i));
    }
    Seal(bytes);
    TracePointer read = Parse(bytes);
    if (!read) continue;
    accepted++;
    ASSERT_EQ(Encode(*read), bytes);
    for (uint32_t v = 0; v < read->vehicle_count; v++) {
      bac_trace_state state;
      int64_t begin, end;
      for (int64_t t = 0; t < 4; t++)
        bac_trace_position(read.get(), v, read->begin_ns + t * (read->duration_ns / 3), &state);
      bac_trace_presence(read.get(), v, INT64_MIN, &begin, &end);
    }
  }
  EXPECT_GT(accepted, 100u); /* the checks behind the checksum were reached */
}

TEST(TraceCodec, SealedDamageIsRefusedOrCanonical) {
  SealedDamage(Town(false).Bytes());
  SealedDamage(Town(true).Bytes());
}

void ExpectBroken(SampleTrace &town, const char *rule) {
  char why[BAC_TRACE_WHY_SIZE] = "";
  EXPECT_EQ(bac_trace_check(&town.trace(), why, sizeof why), BAC_EINVAL);
  EXPECT_NE(std::string(why).find(rule), std::string::npos) << why;
  EXPECT_TRUE(town.Bytes().empty());
}

TEST(TraceCodec, WriterRefusesBrokenRules) {
  SampleTrace t = Town();
  t.trace().step_ns = 3 * kSecond;
  ExpectBroken(t, "multiple of the step");
  t = Town(), t.trace().begin_ns = -1;
  ExpectBroken(t, "negative");
  t = Town(), t.trace().begin_ns = INT64_MAX;
  ExpectBroken(t, "too long");
  t = Town(), t.trace().west_cm = 100001;
  ExpectBroken(t, "inside out");
  t = Town(), t.trace().scenario = 99;
  ExpectBroken(t, "no string");
  t = Town(), t.m_vehicles.clear();
  ExpectBroken(t, "no vehicle");
  t = Town(), t.m_vehicles[0].capacity_wh = 0;
  ExpectBroken(t, "no battery");
  t = Town(), t.m_vehicles[2].first_instant = 1;
  ExpectBroken(t, "after the end");
  t = Town(), t.m_vehicles[1].first_sample = 0;
  ExpectBroken(t, "do not add up");
  t = Town(), t.m_samples.push_back(t.At(0, 0));
  ExpectBroken(t, "do not add up");
  t = Town(), t.m_samples[5] = SampleTrace::Absent();
  ExpectBroken(t, "first or last sample is absent");
  t = Town(), t.m_samples[4].y_cm = 1;
  ExpectBroken(t, "not blank");
  t = Town(), t.m_samples[0].heading_cdeg = 36000;
  ExpectBroken(t, "360");
  t = Town(), t.m_samples[0].lane = 99;
  ExpectBroken(t, "lane");
  t = Town(), t.m_samples[0].charge_dwh = 580001;
  ExpectBroken(t, "capacity");
  t = Town(), t.m_building_corners[0] = 2;
  ExpectBroken(t, "three corners");
  t = Town(), t.m_building_corners[0] = 4;
  ExpectBroken(t, "corners do not add up");
  t = Town(), t.m_building_corners[0] = BAC_TRACE_CORNERS_MAX + 1;
  ExpectBroken(t, "more than 16777216 corners");
  t = Town(), t.m_strings[0] = "two\nlines";
  ExpectBroken(t, "control characters");
  t = Town(), t.m_strings[0] = std::string(BAC_TRACE_STRING_MAX + 1, 'x');
  ExpectBroken(t, "too long");
}

}  // namespace
