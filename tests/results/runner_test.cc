/* SPDX-License-Identifier: GPL-2.0-only */
#include "runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace {

struct Seen {
  bac_runner_end end;
  int code;
  std::string output, errors, told;
};

/* A sweep whose jobs are a function; keeps what came out. */
struct Sweep {
  std::function<int(size_t, FILE *)> job;
  std::function<void(const bac_runner_state &)> tick;
  std::map<size_t, Seen> seen;
  std::vector<size_t> order;
  size_t stop_after = SIZE_MAX, most_at_once = 0;

  bac_runner_result Execute(size_t count, unsigned jobs) {
    bac_runner r{};
    r.count = count;
    r.jobs = jobs;
    r.context = this;
    r.run = [](void *self, size_t job_index, FILE *out) { return static_cast<Sweep *>(self)->job(job_index, out); };
    r.finished = [](void *self, size_t job_index, const bac_runner_outcome *o) {
      auto *s = static_cast<Sweep *>(self);
      char told[300];
      bac_runner_describe(o, told, sizeof told);
      EXPECT_EQ(s->seen.count(job_index), 0u);
      s->seen[job_index] = {o->end, o->code, std::string(o->output, o->output_length), o->errors, told};
      s->order.push_back(job_index);
      return s->seen.size() >= s->stop_after ? 1 : 0;
    };
    r.tick = [](void *self, const bac_runner_state *state) {
      auto *s = static_cast<Sweep *>(self);
      s->most_at_once = std::max(s->most_at_once, state->active_count);
      if (s->tick) s->tick(*state);
    };
    return bac_runner_execute(&r);
  }
};

void Sleep(double s) { usleep(static_cast<useconds_t>(s * 1e6)); }

double Now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

TEST(Runner, EveryJobGivesItsOutput) {
  Sweep sweep;
  sweep.job = [](size_t i, FILE *out) {
    fprintf(out, "job %zu\nrest", i);
    return 0;
  };
  EXPECT_EQ(sweep.Execute(20, 4), BAC_RUNNER_DONE);
  ASSERT_EQ(sweep.seen.size(), 20u);
  for (size_t i = 0; i < 20; i++) {
    EXPECT_EQ(sweep.seen[i].end, BAC_RUNNER_EXITED);
    EXPECT_EQ(sweep.seen[i].code, 0);
    EXPECT_EQ(sweep.seen[i].output, "job " + std::to_string(i) + "\nrest");
  }
}

TEST(Runner, NoJobsIsDoneAtOnce) { EXPECT_EQ(Sweep().Execute(0, 4), BAC_RUNNER_DONE); }

TEST(Runner, LargeOutputAndMuchNoise) {
  Sweep sweep;
  sweep.job = [](size_t, FILE *out) {
    for (int i = 0; i < 200000; i++) {
      fprintf(out, "line %d\n", i);
      if (i % 100 == 0) fprintf(stderr, "noise %d\n", i);
    }
    printf("printed, too\n");
    return 0;
  };
  sweep.Execute(2, 2);
  EXPECT_EQ(sweep.seen[1].output.size(), 2288890u);
  EXPECT_EQ(sweep.seen[1].output.substr(2288890 - 12), "line 199999\n");
  EXPECT_LE(sweep.seen[1].errors.size(), 8192u);
  EXPECT_NE(sweep.seen[1].errors.find("printed, too"), std::string::npos);
}

TEST(Runner, NeverMoreThanSoManyAtOnce) {
  Sweep sweep;
  sweep.job = [](size_t, FILE *) {
    Sleep(0.3);
    return 0;
  };
  sweep.Execute(6, 3);
  EXPECT_EQ(sweep.most_at_once, 3u);
}

TEST(Runner, ACrashEndsOneJobOnly) {
  Sweep sweep;
  sweep.job = [](size_t i, FILE *out) {
    fprintf(out, "half of");
    fflush(out);
    signal(SIGSEGV, SIG_DFL); /* sanitizers catch it */
    signal(SIGABRT, SIG_DFL);
    if (i == 1) raise(SIGSEGV);
    if (i == 2) {
      fprintf(stderr, "before\nmsg=\"deep trouble\", file=x.cc\nafter\n");
      abort();
    }
    if (i == 3) return 7;
    if (i == 4) {
      fprintf(stderr, "\n\n  shard 3 has \x1b 2 vehicles\n\n");
      return 2;
    }
    return 0;
  };
  EXPECT_EQ(sweep.Execute(6, 2), BAC_RUNNER_DONE);
  EXPECT_EQ(sweep.seen[0].code, 0);
  EXPECT_EQ(sweep.seen[1].end, BAC_RUNNER_KILLED);
  EXPECT_EQ(sweep.seen[1].code, SIGSEGV);
  EXPECT_EQ(sweep.seen[1].output, "half of");
  EXPECT_EQ(sweep.seen[1].told, "ended by signal 11 (Segmentation fault)");
  EXPECT_EQ(sweep.seen[2].told, "ended by signal 6 (Aborted): msg=\"deep trouble\", file=x.cc");
  EXPECT_EQ(sweep.seen[3].told, "ended with status 7");
  EXPECT_EQ(sweep.seen[4].told, "  shard 3 has   2 vehicles");
  EXPECT_EQ(sweep.seen[5].code, 0);
}

TEST(Runner, ProgressIsReportedAndNotPartOfTheOutput) {
  Sweep sweep;
  double most = 0;
  sweep.job = [](size_t, FILE *out) {
    for (int i = 1; i <= 8; i++) {
      bac_runner_report(out, i);
      Sleep(0.12);
    }
    fprintf(out, "result\n");
    return 0;
  };
  sweep.tick = [&](const bac_runner_state &state) {
    if (state.active_count > 0) most = std::max(most, state.active[0].done);
  };
  sweep.Execute(1, 1);
  EXPECT_EQ(sweep.seen[0].output, "result\n");
  EXPECT_GT(most, 2);
}

TEST(Runner, StopsWhenToldTo) {
  Sweep sweep;
  sweep.stop_after = 3;
  sweep.job = [](size_t i, FILE *) {
    Sleep(i > 4 ? 60 : 0.05);
    return 0;
  };
  const double begin = Now();
  EXPECT_EQ(sweep.Execute(100, 2), BAC_RUNNER_STOPPED);
  EXPECT_EQ(sweep.seen.size(), 3u);
  EXPECT_LT(Now() - begin, 10);
}

TEST(Runner, AGrandchildThatHoldsThePipeDoesNotMatter) {
  Sweep sweep;
  sweep.job = [](size_t, FILE *out) {
    if (fork() == 0) {
      Sleep(5);
      _exit(0);
    }
    fprintf(out, "done\n");
    return 0;
  };
  const double begin = Now();
  sweep.Execute(1, 1);
  EXPECT_EQ(sweep.seen[0].output, "done\n");
  EXPECT_LT(Now() - begin, 4);
}

TEST(Runner, ExecKeepsWhatIsPrinted) {
  Sweep sweep;
  sweep.job = [](size_t, FILE *) {
    execl("/bin/sh", "sh", "-c", "echo out; echo oops >&2; exit 3", nullptr);
    return 127;
  };
  sweep.Execute(1, 1);
  EXPECT_EQ(sweep.seen[0].code, 3);
  EXPECT_EQ(sweep.seen[0].told, "oops");
}

/* Interrupts are sticky in a process, so each case has its own. */
namespace {

int InterruptedSweep(int number) {
  bac_runner_catch_signals();
  Sweep sweep;
  sweep.job = [](size_t i, FILE *) {
    if (i == 1) signal(SIGTERM, SIG_IGN); /* hangs for good */
    Sleep(i == 0 ? 0.05 : 60);
    return 0;
  };
  bool sent = false;
  sweep.tick = [&](const bac_runner_state &state) {
    if (!sent && state.finished >= 1 && state.active_count == 2) {
      sent = true;
      kill(getpid(), number);
    }
  };
  const double begin = Now();
  if (sweep.Execute(6, 2) != BAC_RUNNER_WAS_INTERRUPTED || !bac_runner_interrupted()) return 1;
  if (Now() - begin > 10) return 2;
  if (sweep.seen.size() != 6 || sweep.seen[0].end != BAC_RUNNER_EXITED) return 3;
  for (size_t i : {1u, 2u})
    if (sweep.seen[i].end != BAC_RUNNER_INTERRUPTED) return 4;
  for (size_t i : {3u, 4u, 5u})
    if (sweep.seen[i].end != BAC_RUNNER_NOT_STARTED) return 5;
  return 42;
}

}  // namespace

TEST(RunnerDeathTest, InterruptEndsAHangingChild) {
  EXPECT_EXIT(exit(InterruptedSweep(SIGINT)), testing::ExitedWithCode(42), "");
  EXPECT_EXIT(exit(InterruptedSweep(SIGTERM)), testing::ExitedWithCode(42), "");
}

TEST(RunnerDeathTest, AnEarlierInterruptStartsNothing) {
  EXPECT_EXIT(
      {
        bac_runner_catch_signals();
        raise(SIGINT);
        Sweep sweep;
        sweep.job = [](size_t, FILE *) { return 0; };
        bac_runner_result result = sweep.Execute(3, 2);
        bool none = sweep.seen.size() == 3;
        for (auto &[i, s] : sweep.seen) none = none && s.end == BAC_RUNNER_NOT_STARTED;
        exit(result == BAC_RUNNER_WAS_INTERRUPTED && none ? 42 : 1);
      },
      testing::ExitedWithCode(42), "");
}

namespace {

/* No pipe can be made. */
int SweepWithoutDescriptors() {
  Sweep sweep;
  sweep.job = [](size_t, FILE *) { return 0; };
  const int free = dup(0);
  close(free);
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = static_cast<rlim_t>(free);
  setrlimit(RLIMIT_NOFILE, &limit);
  sweep.Execute(2, 2);
  limit.rlim_cur = before;
  setrlimit(RLIMIT_NOFILE, &limit);
  const bool told = sweep.seen.size() == 2 && sweep.seen[0].end == BAC_RUNNER_NOT_STARTED &&
                    sweep.seen[1].told == "cannot start a process: Too many open files";
  return told ? 42 : 1;
}

}  // namespace

TEST(RunnerDeathTest, AProcessThatCannotBeStartedFailsAlone) {
  EXPECT_EXIT(exit(SweepWithoutDescriptors()), testing::ExitedWithCode(42), "");
}
