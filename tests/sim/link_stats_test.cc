/* SPDX-License-Identifier: GPL-2.0-only */
/* Bins, causes, gaps, ages of hand-made receptions. */
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "link_stats.h"

namespace {

using Columns = std::map<std::string, std::string>;

class LinkStatsTest : public testing::Test {
 protected:
  LinkStatsTest() {
    for (int i = 0; i < 5; i++) bac_link_add_station(s.get());
  }
  static bac_columns To(Columns &all) {
    return {[](void *ctx, const char *n, const char *value) { (*static_cast<Columns *>(ctx))[n] = value; }, &all};
  }
  Columns Bin(uint32_t bin) {
    Columns all;
    const bac_columns to = To(all);
    bac_link_bin_columns(s.get(), bin, &to);
    return all;
  }
  Columns Run() {
    Columns all;
    const bac_columns to = To(all);
    bac_link_columns(s.get(), &to);
    return all;
  }
  /* Station 0 sends to station 1 at so many metres. */
  void Send(bac_time at, uint64_t uid, double metres, bac_fate fate) {
    bac_link_sent(s.get(), at, 0, uid);
    bac_link_expect(s.get(), 1, metres);
    bac_link_arrives(s.get(), 1, uid);
    bac_link_fate(s.get(), 1, uid, fate);
  }
  void Settle() { bac_link_sent(s.get(), 1000 * BAC_SECOND, 4, 999999); }

  std::unique_ptr<bac_link_stats, decltype(&bac_link_stats_free)> s{bac_link_stats_new(), &bac_link_stats_free};
};

TEST_F(LinkStatsTest, EachCauseInItsBin) {
  const std::vector<std::pair<bac_fate, std::string>> causes = {
      {BAC_FATE_SENDING, "lost_half_duplex"}, {BAC_FATE_BUSY, "lost_busy"},       {BAC_FATE_COLLISION, "lost_preamble"},
      {BAC_FATE_HEADER, "lost_header"},       {BAC_FATE_PAYLOAD, "lost_payload"}, {BAC_FATE_DECODED, "received"}};
  uint64_t uid = 0;
  for (size_t i = 0; i < causes.size(); i++)
    for (size_t n = 0; n <= i; n++) Send(BAC_SECOND, uid++, 149.9, causes[i].first);
  bac_link_sent(s.get(), BAC_SECOND, 0, uid); /* nothing arrives */
  bac_link_expect(s.get(), 1, 149.9);
  bac_link_locked(s.get(), 1, uid, 55);
  Send(BAC_SECOND, ++uid, 149.9, BAC_FATE_OFF);
  Send(BAC_SECOND, ++uid, 149.9, BAC_FATE_OPEN);
  Send(BAC_SECOND, ++uid, 150, BAC_FATE_DECODED);
  Send(BAC_SECOND, ++uid, 1000, BAC_FATE_DECODED); /* too far to count */
  Settle();
  Columns bin = Bin(2);
  EXPECT_EQ(bin["from_m"], "100");
  EXPECT_EQ(bin["to_m"], "150");
  for (size_t i = 0; i < causes.size(); i++) EXPECT_EQ(bin[causes[i].second], std::to_string(i + 1)) << causes[i].second;
  EXPECT_EQ(bin["lost_weak"], "1");
  EXPECT_EQ(bin["expected"], "22") << "whoever is off, or has not heard of the end, does not count";
  EXPECT_EQ(bin["pdr"], "0.272727273");
  EXPECT_EQ(Bin(3)["pdr"], "1");
  EXPECT_EQ(Bin(4)["pdr"], "");
  EXPECT_EQ(Bin(19)["expected"], "0");
}

TEST_F(LinkStatsTest, ARetryIsAnotherAttempt) {
  Send(BAC_SECOND, 7, 10, BAC_FATE_PAYLOAD);
  Send(BAC_SECOND + BAC_MS, 7, 10, BAC_FATE_DECODED);
  Settle();
  EXPECT_EQ(Bin(0)["received"], "1");
  EXPECT_EQ(Bin(0)["lost_payload"], "1");
}

TEST_F(LinkStatsTest, TheSameFromARadioThatTellsOfAllAtOnce) {
  const uint8_t fate[] = {BAC_FATE_SENDING, BAC_FATE_DECODED, BAC_FATE_BUSY, BAC_FATE_DECODED};
  const int16_t sinr[] = {BAC_SINR_NONE, 123, BAC_SINR_NONE, 77};
  const uint32_t station_of[] = {0, 1, 2, UINT32_MAX}; /* the last is a jammer */
  for (uint64_t uid = 0; uid < 2; uid++) {
    bac_link_sent(s.get(), static_cast<bac_time>(uid + 1) * BAC_SECOND, 0, uid);
    bac_link_expect(s.get(), 1, 20);
    bac_link_expect(s.get(), 2, 70);
    bac_link_fates(s.get(), uid, fate, sinr, station_of, 4);
    bac_link_fates(s.get(), uid, fate, sinr, station_of, 4); /* it is over, and counts once */
  }
  EXPECT_EQ(Bin(0)["received"], "2");
  EXPECT_EQ(Bin(1)["lost_busy"], "2");
  EXPECT_EQ(Bin(0)["expected"], "2");
  EXPECT_EQ(Bin(0)["sinr_lock_mean_db"], "12.3");
  EXPECT_EQ(Bin(0)["sinr_lock_p50_db"], "12.3");
  EXPECT_EQ(Bin(1)["sinr_lock_mean_db"], "");
  EXPECT_EQ(Bin(0)["pir_mean_s"], "1");
}

TEST_F(LinkStatsTest, GapsAreBetweenFramesOfOneSenderToOneReceiver) {
  Send(1 * BAC_SECOND, 1, 10, BAC_FATE_DECODED);
  Send(2 * BAC_SECOND, 2, 10, BAC_FATE_PAYLOAD);
  Send(3 * BAC_SECOND, 3, 60, BAC_FATE_DECODED); /* 2 s, in the bin where it is now */
  bac_link_sent(s.get(), 4 * BAC_SECOND, 2, 4);   /* another sender */
  bac_link_expect(s.get(), 1, 60);
  bac_link_arrives(s.get(), 1, 4);
  bac_link_fate(s.get(), 1, 4, BAC_FATE_DECODED);
  Send(4 * BAC_SECOND, 5, 60, BAC_FATE_DECODED); /* 1 s */
  EXPECT_EQ(Bin(0)["pir_mean_s"], "");
  EXPECT_EQ(Bin(1)["pir_mean_s"], "1.5");
  EXPECT_NEAR(std::stod(Bin(1)["pir_p95_s"]), 2, 0.06);
  bac_link_forget_station(s.get(), 0); /* it was away */
  Send(50 * BAC_SECOND, 6, 60, BAC_FATE_DECODED);
  EXPECT_EQ(Bin(1)["pir_mean_s"], "1.5");
}

TEST_F(LinkStatsTest, AgeIsSinceTheNewestFrameHeardBegan) {
  bac_link_age(s.get(), BAC_SECOND, 1, 0);
  EXPECT_EQ(Run()["aoi_mean_s"], "");
  EXPECT_EQ(Run()["aoi_unheard"], "1");
  Send(2 * BAC_SECOND, 1, 2000, BAC_FATE_DECODED);
  Send(3 * BAC_SECOND, 2, 2000, BAC_FATE_PAYLOAD);
  bac_link_age(s.get(), 4 * BAC_SECOND, 1, 0); /* 2 s */
  bac_link_age(s.get(), 4 * BAC_SECOND, 1, 2); /* never heard */
  bac_link_age(s.get(), 4 * BAC_SECOND, 0, 1); /* the other way */
  EXPECT_EQ(Run()["aoi_mean_s"], "2");
  EXPECT_EQ(Run()["aoi_unheard"], "0.75");
}

TEST_F(LinkStatsTest, AccessDelay) {
  EXPECT_EQ(Run()["access_delay_mean_s"], "");
  bac_link_sent(s.get(), 0, 0, 5);
  bac_link_access(s.get(), 5, 1 * BAC_MS);
  bac_link_sent(s.get(), 0, 0, 6);
  bac_link_access(s.get(), 6, 3 * BAC_MS);
  bac_link_access(s.get(), 7, 9 * BAC_MS); /* a beacon, say, of which nobody has told */
  EXPECT_EQ(Run()["access_delay_mean_s"], "0.002");
}

}  // namespace
