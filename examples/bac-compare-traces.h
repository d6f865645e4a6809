/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_COMPARE_TRACES_H
#define BAC_COMPARE_TRACES_H

#include "bac-compare-options.h"

#include "folder.h"
#include "progress.h"
#include "runner.h"

namespace bac_compare
{

/// The traffic of a comparison: a trace for each seed, built by bac-trace unless it is there already, or the user's own.
class Traces
{
  public:
    /**
     * \param request what is asked for, borrowed
     * \param folder of the results, borrowed; it undoes what is made in it
     */
    Traces(const Request& request, bac_folder* folder);

    /// Builds what is missing. \return false after an interrupt \throws BadInput
    bool Build();
    /// \param seed of a run \return the trace's path
    const std::string& PathOf(uint32_t seed) const;
    /// \param seed of a run \return a fingerprint of the trace's bytes
    std::string FingerprintOf(uint32_t seed) const;
    /// \return the scenario's name in results
    std::string ScenarioName() const;

  private:
    void Name();
    static int BuildOne(void* self, size_t job, FILE* out);
    static int Built(void* self, size_t job, const bac_runner_outcome* outcome);
    static void Tick(void* self, const bac_runner_state* state);
    static const char* Label(void* self, size_t job);

    const Request& m_request;          ///< what is asked for
    bac_folder* m_folder;              ///< of the results
    std::string m_builder;             ///< the program bac-trace
    std::vector<std::string> m_paths;  ///< by seed - firstSeed; one for all with --trace
    std::string m_refusal;             ///< why the first of them was not built
    std::string m_label;               ///< what Label returned
    bac_progress* m_progress{nullptr}; ///< on stderr
};

/// Prints the scenarios that bac-trace knows and ends the program. \throws BadInput
[[noreturn]] void PrintScenarios();

} // namespace bac_compare

#endif /* BAC_COMPARE_TRACES_H */
