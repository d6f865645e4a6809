/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bac-compare: runs every combination of protocols, modes, deliveries and seeds, each in its own process (ns-3's simulator is
 * global), and writes what came out as SQLite, CSV, a picture and a table.
 *
 *   bac-compare --protocols=bac,pbft --delivery=broadcast,unicast --scenario=bologna --evs=80 --seeds=3 --out=DIR
 *
 * The parent alone touches the results; a run hands over a record through a pipe. The parts (processes, store, statistics, table,
 * figure) are in bac-results/.
 */
#include "bac-compare-options.h"
#include "bac-compare-traces.h"

#include "bac/bac.h"
#include "figure.h"
#include "fingerprint.h"
#include "folder.h"
#include "progress.h"
#include "result.h"
#include "results_store.h"
#include "runner.h"
#include "summary.h"
#include "text.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>
#include <unistd.h>

#ifndef BAC_RESULTS_DIR
#define BAC_RESULTS_DIR ""
#endif

namespace fs = std::filesystem;
using bac_compare::BadInput;
using bac_compare::OneLine;
using bac_compare::Request;

namespace
{

enum ExitStatus
{
    EXIT_DONE = 0,
    EXIT_RUN_FAILED = 1,
    EXIT_BAD_INPUT = 2,
    EXIT_CONFLICT = 3,
    EXIT_INTERRUPTED = 130
};

const char STORE[] = "results.sqlite";
const char PREVIOUS[] = "previous";
const char* const FILES[] =
    {STORE, "runs.csv", "blocks.csv", "reputation.csv", "links.csv", "summary.csv", "figure.gp", "figure.png", "figure.pdf", nullptr};
const size_t IDENTITY_COLUMNS = 4; // protocol, mode, delivery, seed: in each row of blocks.csv, reputation.csv and links.csv

/// What went wrong on this machine (a full disk, say), not in the input. Exit status 1.
struct Trouble : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

/// Named texts of the store.
class Fields
{
  public:
    Fields() = default;
    Fields(const Fields&) = delete;
    Fields& operator=(const Fields&) = delete;

    ~Fields()
    {
        bac_fields_free(&fields);
    }

    void Set(const std::string& name, const std::string& value)
    {
        bac_fields_set(&fields, name.c_str(), value.c_str());
    }

    bac_fields fields{}; ///< the list
};

/// One run of the product.
struct Run
{
    std::string protocol;   ///< registered
    std::string mode;       ///< safe, text or alg1
    std::string delivery;   ///< broadcast or unicast
    uint32_t seed;          ///< of everything random
    std::string position;   ///< sorts it among the results
    std::string label;      ///< for people
    std::string command;    ///< repeats it
    ns3::BacRunOptions how; ///< what to simulate
};

/// \return what tells this program from one that may compute something else
std::string
Build()
{
    char text[24];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(bac_fingerprint_program()));
    return text;
}

/// \return the figure's template: in the source tree, or where an installed program has it
std::string
FindFigureTemplate()
{
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
    const fs::path source = fs::path(__FILE__).parent_path() / "../bac-results/figure.gp";
    for (const fs::path& candidate :
         {fs::path(BAC_RESULTS_DIR) / "figure.gp", program / "../share/bac/figure.gp", program / "figure.gp", source})
    {
        if (fs::is_regular_file(candidate, error))
        {
            return candidate.string();
        }
    }
    return source.string();
}

/// A comparison, step by step.
class Comparison
{
  public:
    explicit Comparison(Request request)
        : m_request(std::move(request))
    {
    }

    Comparison(const Comparison&) = delete;
    Comparison& operator=(const Comparison&) = delete;

    ~Comparison()
    {
        bac_store_close(m_store);
        bac_folder_close(m_folder);
    }

    /// \return the exit status \throws BadInput, Trouble
    int Execute();

  private:
    void MakeRuns();
    void OpenFolder();
    void LookAtOldResults();
    bool CheckRuns();
    void CompareInputs();
    void OpenStore();
    void Compute();
    void WriteEverything();
    void PrintTable();
    int CountEnds();

    static int CheckRun(void* self, size_t job, FILE* out);
    static int DoRun(void* self, size_t job, FILE* out);
    static int RunChecked(void* self, size_t job, const bac_runner_outcome* outcome);
    static int RunEnded(void* self, size_t job, const bac_runner_outcome* outcome);
    static void Tick(void* self, const bac_runner_state* state);
    static const char* RunLabel(void* self, size_t job);

    void Store(const Run& run, const bac_runner_outcome& outcome);
    bac_runner Runner(size_t count) const;
    std::string Title() const;
    std::string Subtitle();
    void Stored(int result); ///< \param result of a call of the store \throws Trouble

    Request m_request;                      ///< what is asked for
    std::vector<Run> m_runs;                ///< all of the product, in the order of computing
    std::vector<size_t> m_todo;             ///< indices of those without a result
    std::vector<size_t> m_checks;           ///< indices of runs to check
    std::unique_ptr<bac_compare::Traces> m_traces; ///< the traffic
    std::string m_scenario;                 ///< its name in results
    std::string m_shown;                    ///< DIR as it was given; m_request.out is absolute
    bac_folder* m_folder{nullptr};          ///< DIR
    bac_store* m_store{nullptr};            ///< DIR/results.sqlite
    bac_progress* m_progress{nullptr};      ///< on stderr
    bool m_putAside{false};                 ///< what DIR holds goes to DIR/previous
    std::string m_putAsideWhy;              ///< for people
    std::string m_refusal;                  ///< the first bad input that a child found
    std::string m_trouble;                  ///< why nothing more could be stored
};

void
Comparison::Stored(int result)
{
    if (result != 0)
    {
        throw Trouble(bac_store_error(m_store));
    }
}

bac_runner
Comparison::Runner(size_t count) const
{
    bac_runner runner{};
    runner.count = count;
    runner.jobs = static_cast<unsigned>(std::min<size_t>(m_request.jobs, std::max<size_t>(count, 1)));
    runner.relay = std::getenv("NS_LOG") != nullptr;
    runner.context = const_cast<Comparison*>(this);
    return runner;
}

/* ---- The product ---- */

void
Comparison::MakeRuns()
{
    const Request& r = m_request;
    std::vector<std::string> skipped;
    for (uint32_t i = 0; i < r.seeds; i++) // seeds outermost: after Ctrl-C the protocols still compare
    {
        for (const std::string& protocol : r.protocols)
        {
            const int index = bac_compare::ProtocolIndex(protocol);
            for (const std::string& mode : r.modes)
            {
                const int m = bac_compare::ModeIndex(mode);
                if (!(bac_protocol_info_at(static_cast<size_t>(index))->modes >> m & 1))
                {
                    if (i == 0)
                    {
                        skipped.push_back(protocol + " has no mode " + mode);
                    }
                    continue;
                }
                for (const std::string& delivery : r.deliveries)
                {
                    Run run{protocol, mode, delivery, r.firstSeed + i, "", "", "", r.run};
                    char position[160];
                    std::snprintf(position, sizeof position, "%03d-%s/%d-%s/%d-%s/%010u", index, protocol.c_str(), m,
                                  mode.c_str(), bac_compare::DeliveryIndex(delivery), delivery.c_str(), run.seed);
                    run.position = position;
                    run.label = protocol + "/" + mode + "/" + delivery + " seed " + std::to_string(run.seed);
                    run.command = "bac-compare --protocols=" + protocol + " --mode=" + mode + " --delivery=" +
                                  delivery + " --seeds=1 --first-seed=" + std::to_string(run.seed) + r.repeat +
                                  " --out=repeat";
                    run.how.protocol = protocol;
                    run.how.mode = mode;
                    run.how.delivery = delivery;
                    run.how.seed = run.seed;
                    m_runs.push_back(std::move(run));
                }
            }
        }
    }
    // Unicast runs take several times as long: started first within a seed, they leave no core idle at the end.
    std::stable_sort(m_runs.begin(), m_runs.end(), [](const Run& x, const Run& y) {
        return x.seed != y.seed ? x.seed < y.seed : x.delivery == "unicast" && y.delivery != "unicast";
    });
    std::string why;
    for (const std::string& skip : skipped)
    {
        why += (why.empty() ? "" : ", ") + skip;
    }
    if (m_runs.empty())
    {
        throw BadInput("nothing is left to run: " + why + ": see --protocols=help");
    }
    if (!why.empty())
    {
        std::cerr << "bac-compare: skipped: " << why << "\n";
    }
}

/* ---- The folder and what it has ---- */

void
Comparison::OpenFolder()
{
    static const char* const ours[] = {"traces", "pcap", "link-model", "netanim", PREVIOUS, nullptr};
    char why[1024];
    const std::string path = fs::absolute(m_request.out).lexically_normal().string();
    m_folder = bac_folder_open(path.c_str(), STORE, ours, why, sizeof why);
    if (!m_folder)
    {
        throw BadInput("--out=" + OneLine(m_request.out) + " cannot be used: " + OneLine(why) +
                       (std::strstr(why, "name") ? "" : ": name a folder that can be written"));
    }
    m_shown = m_request.out;
    m_request.out = path;
}

/// Refuses another configuration; finds out whether the program changed.
void
Comparison::LookAtOldResults()
{
    const std::string path = m_request.out + "/" + STORE;
    if (access(path.c_str(), F_OK) != 0)
    {
        return;
    }
    if (m_request.force)
    {
        m_putAside = true;
        m_putAsideWhy = "--force";
        return;
    }
    char why[1024];
    bac_store* old = bac_store_open(path.c_str(), nullptr, 0, why, sizeof why);
    if (!old)
    {
        throw BadInput("--out=" + OneLine(m_shown) + " cannot be used: " + why +
                       ": name another folder, or --force puts it aside");
    }
    Fields had;
    Fields program;
    const bool read = bac_store_get_facts(old, "configuration", &had.fields) == 0 &&
                      bac_store_get_facts(old, "inputs", &program.fields) == 0;
    const std::string error = read ? "" : bac_store_error(old);
    bac_store_close(old);
    if (!read)
    {
        throw BadInput("--out=" + OneLine(m_shown) + " cannot be used: " + error);
    }
    std::string others;
    size_t same = 0;
    for (const auto& [name, value] : m_request.configuration)
    {
        const char* before = bac_fields_get(&had.fields, name.c_str());
        same += before != nullptr;
        if (!before || value != before)
        {
            others += (others.empty() ? "" : ", ") + name + "=" + (before ? before : "(none)");
        }
    }
    for (size_t i = 0; i < had.fields.count && same < had.fields.count; i++)
    {
        const std::string name = had.fields.items[i].name;
        if (std::none_of(m_request.configuration.begin(), m_request.configuration.end(), [&](const auto& c) {
                return c.first == name;
            }))
        {
            others += (others.empty() ? "" : ", ") + name + "=" + had.fields.items[i].value;
        }
    }
    if (!others.empty())
    {
        throw BadInput("--out=" + OneLine(m_shown) + " has results of " + OneLine(others) +
                       ": name another folder, or --force puts them aside");
    }
    const char* before = bac_fields_get(&program.fields, "build");
    m_putAside = !before || Build() != before;
    m_putAsideWhy = "the program has changed";
}

/* ---- Checks before anything is written ---- */

void
Comparison::Tick(void* self, const bac_runner_state* state)
{
    bac_progress_tick(static_cast<Comparison*>(self)->m_progress, state);
}

int
Comparison::CheckRun(void* self, size_t job, FILE*)
{
    auto* c = static_cast<Comparison*>(self);
    try
    {
        ns3::BacRunCheck(c->m_runs[c->m_checks[job]].how);
        return 0;
    }
    catch (const std::exception& error)
    {
        std::cerr << "\n" << OneLine(error.what()) << "\n"; // on a line of its own, the last one
        return EXIT_BAD_INPUT;
    }
}

int
Comparison::RunChecked(void* self, size_t job, const bac_runner_outcome* outcome)
{
    auto* c = static_cast<Comparison*>(self);
    if (outcome->end == BAC_RUNNER_EXITED && outcome->code == 0)
    {
        return 0;
    }
    const Run& run = c->m_runs[c->m_checks[job]];
    char line[512];
    bac_runner_describe(outcome, line, sizeof line);
    c->m_refusal = line + (c->m_request.seeds > 1 ? " (seed " + std::to_string(run.seed) + ")" : std::string());
    return 1;
}

/// Every protocol, mode and delivery with the first seed, every seed with the first of these. \return false after an interrupt
bool
Comparison::CheckRuns()
{
    m_scenario = m_traces->ScenarioName();
    for (Run& run : m_runs)
    {
        run.how.scenario = m_scenario;
        run.how.traceFile = m_traces->PathOf(run.seed);
        run.how.begin_s = m_request.trace.empty() ? -1 : m_request.run.begin_s; // a built trace begins there
    }
    for (size_t i = 0; i < m_runs.size(); i++)
    {
        const bool first = m_runs[i].seed == m_request.firstSeed;
        if (first || m_runs[i].seed != m_runs[i - 1].seed)
        {
            m_checks.push_back(i);
        }
    }
    bac_runner runner = Runner(m_checks.size());
    runner.run = CheckRun;
    runner.finished = RunChecked;
    bac_runner_execute(&runner);
    if (!m_refusal.empty() && !bac_runner_interrupted())
    {
        throw BadInput(m_refusal);
    }
    return !bac_runner_interrupted();
}

/* ---- Storing ---- */

/// Other traces than those the results came from: the scenario changed.
void
Comparison::CompareInputs()
{
    const std::string path = m_request.out + "/" + STORE;
    if (m_putAside || access(path.c_str(), F_OK) != 0)
    {
        return;
    }
    char why[1024];
    bac_store* old = bac_store_open(path.c_str(), nullptr, 0, why, sizeof why);
    if (!old)
    {
        throw Trouble(why);
    }
    Fields inputs;
    bac_store_get_facts(old, "inputs", &inputs.fields);
    bac_store_close(old);
    for (uint32_t i = 0; i < m_request.seeds; i++)
    {
        const uint32_t seed = m_request.firstSeed + i;
        const char* before = bac_fields_get(&inputs.fields, ("trace of seed " + std::to_string(seed)).c_str());
        if (before && m_traces->FingerprintOf(seed) != before)
        {
            m_putAside = true;
            m_putAsideWhy = "the traffic of seed " + std::to_string(seed) + " has changed";
        }
    }
}

void
Comparison::OpenStore()
{
    char why[1024];
    if (m_putAside)
    {
        std::cerr << "bac-compare: " << m_putAsideWhy << ": earlier results are now in " << m_shown << "/"
                  << PREVIOUS << "\n";
        if (bac_folder_put_aside(m_folder, PREVIOUS, FILES, why, sizeof why) != 0)
        {
            throw Trouble(why);
        }
    }
    std::vector<Fields> columns(m_runs.size());
    std::vector<bac_planned_run> planned;
    for (size_t i = 0; i < m_runs.size(); i++)
    {
        const Run& run = m_runs[i];
        columns[i].Set("protocol", run.protocol);
        columns[i].Set("mode", run.mode);
        columns[i].Set("delivery", run.delivery);
        columns[i].Set("seed", std::to_string(run.seed));
        columns[i].Set("scenario", m_scenario);
        columns[i].Set("evs", std::to_string(run.how.evs));
        columns[i].Set("shards", std::to_string(run.how.shards));
        char time[32];
        std::snprintf(time, sizeof time, "%.12g", run.how.time_s);
        columns[i].Set("time_s", time);
        planned.push_back({run.position.c_str(), run.command.c_str(), columns[i].fields});
    }
    const std::string path = m_request.out + "/" + STORE;
    if (access(path.c_str(), F_OK) != 0)
    {
        bac_folder_track(m_folder, path.c_str()); // until it holds the plan
    }
    m_store = bac_store_open(path.c_str(), &planned[0].columns, IDENTITY_COLUMNS, why, sizeof why);
    if (!m_store)
    {
        throw Trouble(why);
    }
    Fields configuration;
    for (const auto& [name, value] : m_request.configuration)
    {
        configuration.Set(name, value);
    }
    Fields inputs;
    Stored(bac_store_get_facts(m_store, "inputs", &inputs.fields)); // traces of other seeds stay
    inputs.Set("version", bac_version());
    inputs.Set("build", Build());
    for (uint32_t i = 0; i < m_request.seeds; i++)
    {
        const uint32_t seed = m_request.firstSeed + i;
        inputs.Set("trace of seed " + std::to_string(seed), m_traces->FingerprintOf(seed));
    }
    Stored(bac_store_set_facts(m_store, "configuration", &configuration.fields));
    Stored(bac_store_set_facts(m_store, "inputs", &inputs.fields));
    Stored(bac_store_plan(m_store, planned.data(), planned.size(), "not finished"));
    for (const auto& [wanted, folder] : {std::pair(m_request.pcap, "/pcap"), std::pair(m_request.linkModel, "/link-model"),
                                       std::pair(m_request.netanim, "/netanim")})
    {
        if (wanted && bac_folder_make(m_folder, (m_request.out + folder).c_str(), why, sizeof why) != 0)
        {
            throw Trouble(why);
        }
    }
    for (size_t i = 0; i < m_runs.size(); i++)
    {
        Run& run = m_runs[i];
        const std::string name = run.protocol + "-" + run.mode + "-" + run.delivery + "-seed" + std::to_string(run.seed);
        run.how.pcap = m_request.pcap ? m_request.out + "/pcap/" + name : "";
        run.how.netanim = m_request.netanim ? m_request.out + "/netanim/" + name + ".xml" : "";
        run.how.linkModel = m_request.linkModel ? m_request.out + "/link-model/" + name + ".csv" : "";
        const bac_run_status status = bac_store_status(m_store, run.position.c_str());
        if (status != BAC_RUN_OK && status != BAC_RUN_CONFLICT)
        {
            m_todo.push_back(i);
        }
    }
}

/* ---- Running ---- */

int
Comparison::DoRun(void* self, size_t job, FILE* out)
{
    auto* c = static_cast<Comparison*>(self);
    try
    {
        const ns3::BacRunResult result = ns3::BacRun(c->m_runs[c->m_todo[job]].how, [out](double seconds, auto&&...) {
            bac_runner_report(out, seconds);
        });
        bac_result record{};
        for (const auto& [name, value] : result.columns)
        {
            bac_fields_set(&record.columns, name.c_str(), value.c_str());
        }
        const auto addRows = [&record](const std::vector<ns3::BacRow>& rows, bac_sheet sheet) {
            for (const ns3::BacRow& row : rows)
            {
                bac_fields* fields = bac_result_add(&record, sheet);
                for (const auto& [name, value] : row)
                {
                    bac_fields_set(fields, name.c_str(), value.c_str());
                }
            }
        };
        addRows(result.blocks, BAC_SHEET_BLOCKS);
        addRows(result.reputations, BAC_SHEET_REPUTATION);
        addRows(result.links, BAC_SHEET_LINKS);
        bac_result_set_conflicts(&record, result.conflicts, result.conflictText.c_str());
        const int written = bac_result_write(&record, out);
        bac_result_free(&record);
        return written == 0 ? 0 : EXIT_RUN_FAILED;
    }
    catch (const std::exception& error)
    {
        std::cerr << "\n" << OneLine(error.what()) << "\n";
        return EXIT_RUN_FAILED;
    }
}

const char*
Comparison::RunLabel(void* self, size_t job)
{
    const auto* c = static_cast<Comparison*>(self);
    return c->m_runs[c->m_todo[job]].label.c_str();
}

void
Comparison::Store(const Run& run, const bac_runner_outcome& outcome)
{
    bac_result record{};
    char why[512] = "";
    bac_run_status status = BAC_RUN_FAILED;
    std::string error;
    if (outcome.end != BAC_RUNNER_EXITED || outcome.code != 0)
    {
        bac_runner_describe(&outcome, why, sizeof why);
        error = why;
    }
    else if (bac_result_read(outcome.output, outcome.output_length, &record, why, sizeof why) != 0)
    {
        error = why;
    }
    else
    {
        status = record.conflicts > 0 ? BAC_RUN_CONFLICT : BAC_RUN_OK;
        error = record.conflict_text ? OneLine(record.conflict_text) : "";
    }
    const bac_result* found = status == BAC_RUN_FAILED ? nullptr : &record;
    if (bac_store_put(m_store, run.position.c_str(), status, error.c_str(), found) != 0 ||
        bac_store_write_csv(m_store, m_request.out.c_str(), false) != 0)
    {
        m_trouble = bac_store_error(m_store);
    }
    bac_result_free(&record);
    if (status == BAC_RUN_CONFLICT)
    {
        bac_progress_note(m_progress, "bac-compare: CONFLICT in %s: %s; repeat: %s", run.label.c_str(), error.c_str(), run.command.c_str());
    }
    else if (status == BAC_RUN_FAILED && outcome.end != BAC_RUNNER_INTERRUPTED && !bac_runner_interrupted())
    {
        bac_progress_note(m_progress, "bac-compare: FAILED: %s: %s; repeat: %s", run.label.c_str(), error.c_str(), run.command.c_str());
    }
    else if (status == BAC_RUN_OK)
    {
        bac_progress_finished(m_progress, outcome.wall_s);
    }
}

int
Comparison::RunEnded(void* self, size_t job, const bac_runner_outcome* outcome)
{
    auto* c = static_cast<Comparison*>(self);
    if (outcome->end == BAC_RUNNER_NOT_STARTED && outcome->code == 0) // its planned row says so
    {
        return 0;
    }
    c->Store(c->m_runs[c->m_todo[job]], *outcome);
    return c->m_trouble.empty() ? 0 : 1;
}

void
Comparison::Compute()
{
    const size_t kept = m_runs.size() - m_todo.size();
    if (kept > 0)
    {
        std::cerr << "bac-compare: " << kept << " of " << m_runs.size() << " runs are in " << m_shown
                  << " already and kept (--force computes them again)\n";
    }
    bac_runner runner = Runner(m_todo.size());
    runner.run = DoRun;
    runner.finished = RunEnded;
    runner.tick = Tick;
    const double amount = m_request.run.warmup_s + m_request.run.time_s;
    m_progress = bac_progress_new(stderr, "run", amount, "s", runner.jobs, RunLabel, this);
    bac_runner_execute(&runner);
    bac_progress_free(m_progress);
    m_progress = nullptr;
}

/* ---- What the user gets ---- */

std::string
Comparison::Title() const
{
    const ns3::BacRunOptions& run = m_request.run;
    char text[256];
    std::snprintf(text, sizeof text, "%s: %u EVs, %u shard%s, %g s%s", m_scenario.c_str(), run.evs, run.shards,
                  run.shards == 1 ? "" : "s", run.time_s, run.churn ? ", vehicles come and go" : "");
    return text;
}

/// What the folder has, which may be more than was asked for now.
struct Contents
{
    std::set<std::string> modes; ///< of any run
    std::set<long> seeds;        ///< of any run
};

std::string
Comparison::Subtitle()
{
    Contents contents;
    const char* const names[] = {"mode", "seed"};
    const auto add = [](void* context, const char* const* values) {
        auto* c = static_cast<Contents*>(context);
        c->modes.insert(values[0]);
        c->seeds.insert(std::strtol(values[1], nullptr, 10));
    };
    Stored(bac_store_each_run(m_store, names, 2, add, &contents));
    std::string modes;
    for (const std::string& mode : contents.modes)
    {
        modes += (modes.empty() ? "" : ", ") + mode;
    }
    const bool several = contents.seeds.size() > 1;
    const ns3::BacRadioOptions& radio = m_request.run.radio;
    char text[512];
    std::snprintf(text, sizeof text, "%zu seed%s; 802.11p %g Mb/s, %g dBm, %s%s, %s; mode %s; bac %s%s", contents.seeds.size(),
                  several ? "s" : "", radio.rate_mbps, radio.eirp_dbm, radio.loss.c_str(),
                  radio.nakagami ? " + Nakagami" : "", radio.error_model.c_str(), modes.c_str(), bac_version(),
                  several ? "; mean and 95 % confidence interval" : "");
    return text;
}

void
Comparison::WriteEverything()
{
    Stored(bac_store_write_csv(m_store, m_request.out.c_str(), true));
    bac_summary summary{};
    const int read = bac_summary_read(m_store, &summary);
    char why[1024];
    const int written = read == 0 ? bac_summary_write_csv(&summary, m_request.out.c_str(), why, sizeof why) : 0;
    bac_summary_free(&summary);
    Stored(read);
    if (written != 0)
    {
        throw Trouble(why);
    }
    if (m_trouble.empty() &&
        bac_figure_draw(m_request.out.c_str(), FindFigureTemplate().c_str(), Title().c_str(), Subtitle().c_str(), why,
                        sizeof why) != 0)
    {
        std::cerr << "bac-compare: no figure: " << OneLine(why) << "\n";
    }
}

void
Comparison::PrintTable()
{
    bac_summary summary{};
    bac_text text{};
    const int read = bac_summary_read(m_store, &summary);
    if (read == 0)
    {
        bac_summary_print(&summary, &text);
        std::cout << "\n" << Title() << "\n" << Subtitle() << "\n\n" << bac_text_string(&text);
    }
    bac_text_free(&text);
    bac_summary_free(&summary);
    Stored(read);
}

int
Comparison::CountEnds()
{
    size_t failed = 0;
    size_t conflicts = 0;
    for (const Run& run : m_runs)
    {
        const bac_run_status status = bac_store_status(m_store, run.position.c_str());
        failed += status == BAC_RUN_FAILED || status == BAC_RUN_ABSENT;
        conflicts += status == BAC_RUN_CONFLICT;
    }
    if (failed > 0)
    {
        std::cerr << "bac-compare: " << failed << " of " << m_runs.size() << " runs "
                  << (bac_runner_interrupted() || !m_trouble.empty() ? "are not finished: the same command goes on with them"
                                               : "failed: column \"command\" of runs.csv repeats each")
                  << "\n";
    }
    if (conflicts > 0)
    {
        std::cerr << "bac-compare: SAFETY VIOLATED in " << conflicts << " of " << m_runs.size()
                  << " runs: honest nodes committed different blocks at one height; see the rows with status \"conflict\" "
                     "in runs.csv\n";
    }
    return bac_runner_interrupted() ? EXIT_INTERRUPTED
           : conflicts > 0          ? EXIT_CONFLICT
           : failed > 0             ? EXIT_RUN_FAILED
                                    : EXIT_DONE;
}

int
Comparison::Execute()
{
    MakeRuns();
    OpenFolder();
    try
    {
        LookAtOldResults();
        bac_runner_catch_signals();
        m_traces = std::make_unique<bac_compare::Traces>(m_request, m_folder);
        if (!m_traces->Build() || !CheckRuns())
        {
            bac_folder_undo(m_folder);
            std::cerr << "bac-compare: interrupted before the first run\n";
            return EXIT_INTERRUPTED;
        }
        CompareInputs();
        OpenStore();
    }
    catch (...)
    {
        bac_folder_undo(m_folder);
        throw;
    }
    Compute();
    try
    {
        WriteEverything();
    }
    catch (const Trouble& trouble)
    {
        m_trouble = m_trouble.empty() ? trouble.what() : m_trouble;
    }
    PrintTable();
    if (m_trouble.empty())
    {
        std::cout << "\nfiles in " << m_shown << ": runs.csv, blocks.csv, reputation.csv, links.csv (a row per run, per block, per epoch and EV, per 50 m), "
                  << STORE << " (the same), summary.csv (this table), figure.png, figure.pdf\n";
    }
    std::cout << std::flush;
    const int status = CountEnds();
    if (!m_trouble.empty())
    {
        throw Trouble(m_trouble);
    }
    return status;
}

} // namespace

int
main(int argc, char* argv[])
{
    std::signal(SIGXFSZ, SIG_IGN); // a limit on the size of files is told like a full disk
    try
    {
        Request request = bac_compare::ParseCommandLine(argc, argv);
        if (request.scenario == "help")
        {
            bac_compare::PrintScenarios();
        }
        return Comparison(std::move(request)).Execute();
    }
    catch (const BadInput& error)
    {
        std::cerr << "bac-compare: " << OneLine(error.what()) << "\n";
        return EXIT_BAD_INPUT;
    }
    catch (const std::exception& error)
    {
        std::cerr << "bac-compare: " << OneLine(error.what()) << ": finished runs are kept; mend that, then repeat the command\n";
        return bac_runner_interrupted() ? EXIT_INTERRUPTED : EXIT_RUN_FAILED;
    }
}
