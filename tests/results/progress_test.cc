/* SPDX-License-Identifier: GPL-2.0-only */
#include "progress.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace {

const char *Label(void *, size_t job) { return job == 0 ? "bac seed 1" : "pbft seed 1"; }

struct Progress {
  char *bytes = nullptr;
  size_t length = 0;
  FILE *out = open_memstream(&bytes, &length);
  bac_progress *p;

  explicit Progress(double amount, unsigned jobs) : p(bac_progress_new(out, "run", amount, "s", jobs, Label, nullptr)) {}
  ~Progress() {
    bac_progress_free(p);
    fclose(out);
    free(bytes);
  }
};

}  // namespace

TEST(Progress, NothingKnownYet) {
  Progress progress(60, 2);
  const bac_runner_active active[] = {{0, 0.1, 1}, {1, 0, 1}};
  const bac_runner_state state{0, 4, active, 2};
  EXPECT_LT(bac_progress_left_s(progress.p, &state), 0);
}

/* One job is half done after 10 s, four more wait, two at a time: (10 + 4 * 20 + 10) / 2. */
TEST(Progress, FromWhatRuns) {
  Progress progress(60, 2);
  const bac_runner_active active[] = {{0, 30, 10}, {1, 30, 10}};
  const bac_runner_state state{0, 6, active, 2};
  EXPECT_DOUBLE_EQ(bac_progress_left_s(progress.p, &state), 50);
}

TEST(Progress, FromWhatIsFinished) {
  Progress progress(0, 1); /* jobs that do not tell how far they are */
  bac_progress_finished(progress.p, 4);
  bac_progress_finished(progress.p, 8);
  const bac_runner_active active[] = {{0, 0, 1}};
  const bac_runner_state state{2, 5, active, 1};
  EXPECT_DOUBLE_EQ(bac_progress_left_s(progress.p, &state), 5 + 2 * 6);
  const bac_runner_active late[] = {{0, 0, 100}};
  const bac_runner_state last{4, 5, late, 1};
  EXPECT_DOUBLE_EQ(bac_progress_left_s(progress.p, &last), 0);
}

TEST(Progress, PlainOutputIsLinesNowAndThen) {
  Progress progress(60, 2);
  const bac_runner_active active[] = {{0, 30, 10}};
  const bac_runner_state state{0, 6, active, 1};
  for (int i = 0; i < 100; i++) bac_progress_tick(progress.p, &state); /* less than 10 s apart */
  bac_progress_note(progress.p, "FAILED: %s", "x");
  fflush(progress.out);
  EXPECT_EQ(std::string(progress.bytes, progress.length), "FAILED: x\n");
}
