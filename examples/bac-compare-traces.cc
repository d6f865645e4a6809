/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-compare-traces.h"

#include "fingerprint.h"
#include "trace/trace_file.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <unistd.h>

namespace fs = std::filesystem;

namespace bac_compare
{

namespace
{

/// The program that builds traces: beside this one, in the build tree, or in $PATH.
std::string
FindBuilder()
{
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
    std::vector<fs::path> candidates;
    std::string twin = program.filename().string(); // in an ns-3 tree, ns3.37-bac-compare-default and the like
    if (const size_t at = twin.find("bac-compare"); at != std::string::npos)
    {
        twin.replace(at, std::strlen("bac-compare"), "bac-trace");
    }
    for (const char* folder : {".", "../tools", "../bin", ".."})
    {
        candidates.push_back(program.parent_path() / folder / "bac-trace");
        candidates.push_back(program.parent_path() / folder / twin);
    }
    const char* path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');)
    {
        candidates.push_back(fs::path(folder) / "bac-trace");
    }
    for (const fs::path& candidate : candidates)
    {
        std::error_code error;
        if (fs::is_regular_file(candidate, error) && access(candidate.c_str(), X_OK) == 0)
        {
            return candidate.lexically_normal().string();
        }
    }
    throw BadInput("bac-trace, which builds traces, is neither beside " + program.string() +
                   " nor in $PATH: build it, or give --trace=FILE");
}

/// What a trace has to cover: the nodes start after 0.1 s, and warm up. \return whole seconds
double
Duration(const ns3::BacRunOptions& run)
{
    return std::ceil(run.warmup_s + run.time_s + 0.5);
}

std::string
Text(const char* format, double value)
{
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::string
Hexadecimal(uint64_t value)
{
    char text[24];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
    return text;
}

} // namespace

Traces::Traces(const Request& request, bac_folder* folder)
    : m_request(request),
      m_folder(folder)
{
    Name();
}

/// Where the traces are: bac-trace itself finds out whether one that is there is still the right one.
void
Traces::Name()
{
    const Request& r = m_request;
    if (!r.trace.empty())
    {
        m_paths = {r.trace};
        return;
    }
    m_builder = FindBuilder();
    const char* given = std::getenv("BAC_TRACE_DIR");
    const bool cache = given && *given;
    const std::string folder = cache ? given : r.out + "/traces";
    char why[1024];
    if (bac_folder_make(m_folder, folder.c_str(), why, sizeof why) != 0 || access(folder.c_str(), W_OK) != 0)
    {
        throw BadInput("no trace can be written to " + OneLine(folder) +
                       ": set BAC_TRACE_DIR to a folder that can be written");
    }
    std::string name = fs::path(r.scenario).stem().string();
    std::replace_if(
        name.begin(),
        name.end(),
        [](unsigned char c) { return !std::isalnum(c) && c != '-' && c != '_'; },
        '_');
    if (r.scenario.find('/') != std::string::npos || fs::path(r.scenario).has_extension())
    {
        name += "-" + Hexadecimal(bac_fingerprint_text(fs::absolute(r.scenario).lexically_normal().c_str()));
    }
    name += r.run.begin_s < 0 ? "" : Text("-from%.0fms", r.run.begin_s * 1000);
    name += Text("-%.0fs", Duration(r.run));
    for (uint32_t i = 0; i < r.seeds; i++)
    {
        m_paths.push_back(folder + "/" + name + "-seed" + std::to_string(r.firstSeed + i) + ".trace");
        if (!cache && access(m_paths.back().c_str(), F_OK) != 0)
        {
            bac_folder_track(m_folder, m_paths.back().c_str());
        }
    }
}

int
Traces::BuildOne(void* self, size_t job, FILE*)
{
    const auto* t = static_cast<Traces*>(self);
    const Request& r = t->m_request;
    std::vector<std::string> words = {t->m_builder,
                                      "--scenario=" + r.scenario,
                                      Text("--duration=%.0f", Duration(r.run)),
                                      "--seed=" + std::to_string(r.firstSeed + job),
                                      "--shards=" + std::to_string(r.run.shards),
                                      "--out=" + t->m_paths[job],
                                      "--reuse"};
    if (r.run.begin_s >= 0)
    {
        words.push_back(Text("--begin=%.12g", r.run.begin_s));
    }
    std::vector<char*> arguments;
    for (std::string& word : words)
    {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    std::cerr << "cannot run " << t->m_builder << ": " << std::strerror(errno) << "\n";
    return 127;
}

int
Traces::Built(void* self, size_t, const bac_runner_outcome* outcome)
{
    auto* t = static_cast<Traces*>(self);
    bac_progress_finished(t->m_progress, outcome->wall_s);
    if (outcome->end == BAC_RUNNER_EXITED && outcome->code == 0)
    {
        return 0;
    }
    char line[512];
    bac_runner_describe(outcome, line, sizeof line);
    const std::string own = "bac-trace: ";
    t->m_refusal = std::string(line).rfind(own, 0) == 0 ? line + own.size() : std::string("bac-trace failed: ") + line;
    return 1;
}

void
Traces::Tick(void* self, const bac_runner_state* state)
{
    bac_progress_tick(static_cast<Traces*>(self)->m_progress, state);
}

const char*
Traces::Label(void* self, size_t job)
{
    auto* t = static_cast<Traces*>(self);
    t->m_label = t->m_request.scenario + " seed " + std::to_string(t->m_request.firstSeed + job);
    return t->m_label.c_str();
}

bool
Traces::Build()
{
    if (!m_request.trace.empty())
    {
        return true;
    }
    bac_runner runner{};
    runner.count = m_paths.size();
    runner.jobs = m_request.jobs;
    runner.context = this;
    runner.run = BuildOne;
    runner.finished = Built;
    runner.tick = Tick;
    m_progress = bac_progress_new(stderr, "traffic trace", 0, "", runner.jobs, Label, this);
    bac_runner_execute(&runner);
    bac_progress_free(m_progress);
    m_progress = nullptr;
    if (bac_runner_interrupted())
    {
        return false;
    }
    if (!m_refusal.empty())
    {
        throw BadInput(m_refusal);
    }
    return true;
}

const std::string&
Traces::PathOf(uint32_t seed) const
{
    return m_request.trace.empty() ? m_paths[seed - m_request.firstSeed] : m_paths[0];
}

std::string
Traces::FingerprintOf(uint32_t seed) const
{
    uint64_t value = 0;
    bac_fingerprint_file(PathOf(seed).c_str(), &value);
    return Hexadecimal(value);
}

std::string
Traces::ScenarioName() const
{
    std::string name = fs::path(m_request.scenario).stem().string();
    bac_trace* trace = nullptr;
    char why[BAC_TRACE_WHY_SIZE];
    if (bac_trace_load(m_paths[0].c_str(), &trace, why, sizeof why) == 0)
    {
        name = trace->strings[trace->scenario];
        bac_trace_free(trace);
    }
    return name;
}

void
PrintScenarios()
{
    std::string program = FindBuilder();
    std::string option = "--scenario=help";
    char* arguments[] = {program.data(), option.data(), nullptr};
    execv(arguments[0], arguments);
    throw BadInput("cannot run " + program + ": " + std::strerror(errno));
}

} // namespace bac_compare
