/* SPDX-License-Identifier: GPL-2.0-only */
#include "run.h"

#include <fcntl.h>
#include <libsumo/libsumo.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sstream>
#include <vector>

#include "recorder.h"

namespace bac_trace_tool {

namespace fs = std::filesystem;

namespace {

struct Log { /* what SUMO and the build script print */
  int fd;

  std::string Text() const {
    std::string text;
    char piece[4096];
    for (off_t at = 0;;) {
      ssize_t got = pread(fd, piece, sizeof piece, at);
      if (got <= 0) return text;
      text.append(piece, static_cast<size_t>(got));
      at += got;
    }
  }

  /* The error messages in one line, else the first line. */
  std::string Reason() const {
    std::istringstream lines(Text());
    std::string reason, first;
    bool in_error = false;
    for (std::string line; std::getline(lines, line) && reason.size() < 300;) {
      if (first.empty()) first = line;
      if (line.rfind("Error:", 0) == 0) {
        reason += " " + line.substr(6);
        in_error = true;
      } else if (in_error && line.rfind(" ", 0) == 0) {
        reason += line;
      } else {
        in_error = false;
      }
    }
    return OneLine(reason.empty() ? first : reason).substr(0, 400);
  }
};

extern "C" char **environ;

void RunBuildScript(const fs::path &script, const fs::path &folder, const Log &log) {
  std::string shell = "/bin/sh", build = script.string(), into = folder.string();
  std::array<char *, 4> arguments = {shell.data(), build.data(), into.data(), nullptr};
  pid_t child = 0;
  int status = 0, error = posix_spawn(&child, shell.c_str(), nullptr, nullptr, arguments.data(), environ);
  if (error != 0) throw Failure("cannot run '" + build + "': " + strerror(error));
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) {
    std::string reason = log.Reason();
    throw Failure("cannot build the scenario with '" + build + "': " + (reason.empty() ? "it failed" : reason));
  }
}

class Progress {
 public:
  Progress(int terminal, std::string name) : m_terminal(terminal), m_name(std::move(name)), m_last(Clock::now()) {}
  ~Progress() {
    if (m_shown) dprintf(m_terminal, "\r\033[K");
  }
  void Show(int64_t now_ms, int64_t end_ms, size_t vehicles) {
    if (m_terminal < 0 || Clock::now() - m_last < std::chrono::milliseconds(250)) return;
    m_last = Clock::now();
    m_shown = true;
    dprintf(m_terminal, "\r\033[Kbac-trace: %s: %s of %s s simulated, %zu vehicles so far", m_name.c_str(),
            Seconds(now_ms).c_str(), Seconds(end_ms).c_str(), vehicles);
  }

 private:
  using Clock = std::chrono::steady_clock;
  int m_terminal;
  std::string m_name;
  Clock::time_point m_last;
  bool m_shown = false;
};

/* Whole instants of the window, checked against SUMO's clock. */
bac_trace Window(const Options &o, const Scenario &scenario, int64_t start_ms, int64_t step_ms) {
  int64_t begin_ms = o.begin_ms ? *o.begin_ms : scenario.begin_ms.value_or(start_ms);
  if (begin_ms < start_ms) {
    throw Failure("--begin=" + Seconds(begin_ms) + " is before the scenario begins: choose " + Seconds(start_ms) +
                  " or later");
  }
  if ((begin_ms - start_ms) % step_ms != 0) {
    throw Failure("--begin=" + Seconds(begin_ms) + " is between two steps of " + Seconds(step_ms) + " s: choose " +
                  Seconds(begin_ms - (begin_ms - start_ms) % step_ms));
  }
  int64_t steps = (o.duration_ms + step_ms - 1) / step_ms;
  if (steps >= BAC_TRACE_INSTANTS_MAX) {
    throw Failure("--duration=" + Seconds(o.duration_ms) + " takes more than a million steps of " + Seconds(step_ms) +
                  " s: choose a shorter --duration or a longer --step");
  }
  bac_trace trace{};
  trace.seed = o.seed;
  trace.begin_ns = begin_ms * 1'000'000;
  trace.duration_ns = steps * step_ms * 1'000'000;
  trace.step_ns = step_ms * 1'000'000;
  trace.inputs_digest = scenario.digest;
  trace.ev_share_permille = o.ev_share_permille;
  return trace;
}

void SetArea(bac_trace &trace) {
  libsumo::TraCIPositionVector corners = libsumo::Simulation::getNetBoundary();
  if (corners.value.size() < 2) throw Failure("the scenario's network has no extent: give it a net-file");
  auto cm = [](double m) { return static_cast<int32_t>(std::lround(std::clamp(m, -2e7, 2e7) * 100)); };
  auto [a, b] = std::pair{corners.value[0], corners.value[1]};
  trace.west_cm = cm(std::min(a.x, b.x));
  trace.south_cm = cm(std::min(a.y, b.y));
  trace.east_cm = cm(std::max(a.x, b.x));
  trace.north_cm = cm(std::max(a.y, b.y));
}

std::vector<std::string> SumoArguments(const Options &o, const fs::path &sumocfg) {
  std::vector<std::string> arguments = {"sumo",
                                        "-c",
                                        "./" + sumocfg.filename().string(),
                                        "--seed",
                                        std::to_string(o.seed),
                                        "--random",
                                        "false",
                                        "--no-step-log",
                                        "true",
                                        "--duration-log.disable",
                                        "true"};
  if (o.step_ms) arguments.insert(arguments.end(), {"--step-length", Seconds(*o.step_ms)});
  if (o.scale != 1) arguments.insert(arguments.end(), {"--scale", std::to_string(o.scale)});
  return arguments;
}

void RecordScenario(const Options &o, const Scenario &scenario, const fs::path &work, const Log &log, int terminal) {
  fs::path sumocfg = scenario.sumocfg;
  if (!scenario.build.empty()) {
    RunBuildScript(scenario.build, work, log);
    sumocfg = work / "scenario.sumocfg";
  }
  /* From its own folder: a comma in a longer path would part SUMO's lists of files. */
  fs::current_path(sumocfg.parent_path());
  std::string version = libsumo::Simulation::start(SumoArguments(o, sumocfg)).second;

  int64_t step_ms = std::llround(libsumo::Simulation::getDeltaT() * 1000);
  int64_t start_ms = std::llround(libsumo::Simulation::getTime() * 1000);
  bac_trace trace = Window(o, scenario, start_ms, step_ms);
  SetArea(trace);
  int64_t begin_ms = trace.begin_ns / 1'000'000, end_ms = bac_trace_end(&trace) / 1'000'000;

  Recorder recorder(o, LoadModels(SumoHome()));
  recorder.AddBuildings();
  {
    Progress progress(terminal, scenario.name);
    /* A step moves the vehicles to where SUMO's own outputs have them at the step's beginning (a departing vehicle
     * stands at its departure position then), although its clock then says the end. */
    for (int64_t now_ms = start_ms; now_ms <= end_ms; now_ms += step_ms) {
      libsumo::Simulation::step();
      recorder.Step(now_ms < begin_ms ? -1 : (now_ms - begin_ms) / step_ms, static_cast<double>(step_ms) / 1000);
      progress.Show(now_ms, end_ms, recorder.Seen());
    }
  }
  if (recorder.Samples() == 0) {
    throw Failure(
        "scenario '" + scenario.name + "' has no electric vehicle from " + Seconds(begin_ms) + " s to " +
        Seconds(end_ms) + " s (" + std::to_string(recorder.Seen()) +
        " vehicles of any kind until then): choose another --begin, a longer --duration or a larger --ev-share");
  }
  recorder.Save(trace, scenario.name, version, work / "trace");
  libsumo::Simulation::close();
}

/* In the child. Returns its exit status. */
int RecordInChild(const Options &o, const Scenario &scenario, const fs::path &work, const Log &log) {
  int terminal = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  dup2(log.fd, STDOUT_FILENO);
  dup2(log.fd, STDERR_FILENO);
  std::string reason;
  try {
    RecordScenario(o, scenario, work, log, isatty(terminal) ? terminal : -1);
    return 0;
  } catch (const Failure &failure) {
    reason = failure.what();
  } catch (const std::exception &error) { /* SUMO's */
    std::string said = OneLine(error.what()), logged = log.Reason();
    if (said == "Process Error" || said.empty())
      said = logged;
    else if (said.rfind("Could not load configuration", 0) == 0 && !logged.empty())
      said += " " + logged;
    std::string sumocfg = scenario.sumocfg.empty() ? scenario.name : scenario.sumocfg.string();
    reason = "SUMO cannot run scenario '" + OneLine(sumocfg) + "': " + said +
             (scenario.sumocfg.empty() ? "; install the packages sumo and sumo-tools again"
                                       : "; mend the scenario until this runs: sumo -c '" + OneLine(sumocfg) + "'");
  }
  dprintf(terminal, "bac-trace: %s\n", reason.c_str());
  return 2;
}

volatile std::sig_atomic_t g_interrupted = 0;
volatile std::sig_atomic_t g_child = 0;

extern "C" void Interrupted(int signal) {
  g_interrupted = signal;
  if (g_child > 0) kill(-static_cast<pid_t>(g_child), SIGKILL);
}

/* A folder beside the output that goes when this does. */
struct WorkFolder {
  fs::path path;

  explicit WorkFolder(const fs::path &out) {
    std::string name = out.string() + ".build-XXXXXX";
    if (!mkdtemp(name.data())) {
      throw Failure("cannot write --out=" + OneLine(out.string()) + ": " + strerror(errno) +
                    ": choose a folder that exists and can be written");
    }
    path = name;
  }
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  WorkFolder(const WorkFolder &) = delete;
  WorkFolder &operator=(const WorkFolder &) = delete;
};

int RunChild(const Options &o, const Scenario &scenario, const fs::path &work, const Log &log) {
  struct sigaction action = {};
  action.sa_handler = Interrupted;
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  fflush(nullptr);
  pid_t child = fork();
  if (child < 0)
    throw Failure(std::string("cannot start a process: ") + strerror(errno) + ": end other programs first");
  if (child == 0) {
    for (int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
    setpgid(0, 0); /* one group with the build script, to be ended as one */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(RecordInChild(o, scenario, work, log));
  }
  setpgid(child, child);
  g_child = static_cast<std::sig_atomic_t>(child);
  if (g_interrupted) kill(-child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  g_child = 0;
  if (o.verbose) std::cerr << log.Text();
  if (g_interrupted) return 128 + static_cast<int>(g_interrupted);
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  std::string reason = log.Reason();
  throw Failure("SUMO ended with signal " + std::to_string(WTERMSIG(status)) + " in scenario '" + scenario.name + "'" +
                (reason.empty() ? "" : ": " + reason) + ": look at it with --verbose");
}

}  // namespace

int RunScenario(const Options &o, const Scenario &scenario, const fs::path &out) {
  Log log{memfd_create("sumo-log", MFD_CLOEXEC)};
  if (log.fd < 0) throw Failure(std::string("cannot keep SUMO's messages: ") + strerror(errno));
  WorkFolder work(out);
  int status = RunChild(o, scenario, work.path, log);
  close(log.fd);
  if (status == 0 && rename((work.path / "trace").c_str(), out.c_str()) != 0) {
    throw Failure("cannot write --out=" + OneLine(out.string()) + ": " + strerror(errno) + ": choose another file");
  }
  return status;
}

}  // namespace bac_trace_tool
