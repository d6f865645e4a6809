/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAC_COMPARE_OPTIONS_H
#define BAC_COMPARE_OPTIONS_H

#include "ns3/bac-run.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bac_compare
{

/// What the user can mend: one line that names the value and the remedy. Exit status 2.
struct BadInput : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

/// What the command line asks for.
struct Request
{
    std::vector<std::string> protocols;  ///< registered, each once
    std::vector<std::string> modes;      ///< of safe, text, alg1
    std::vector<std::string> deliveries; ///< of broadcast, unicast
    std::string scenario;                ///< a name or a path; empty when a trace is given
    std::string trace;                   ///< a built trace instead
    std::string out;                     ///< folder
    uint32_t seeds;                      ///< number of seeds
    uint32_t firstSeed;                  ///< the first
    uint32_t jobs;                       ///< runs at a time
    bool force;                          ///< compute all again
    bool pcap;                           ///< capture what is computed
    bool netanim;                        ///< write an animation of what is computed
    bool linkModel;                      ///< write the paper's link model of what is computed
    ns3::BacRunOptions run;              ///< what all runs share

    /// Everything else that results depend on, as text. Equal texts: equal results.
    std::vector<std::pair<std::string, std::string>> configuration;
    /// The options among these that are not at their default, quoted for a shell, each with a space before it.
    std::string repeat;
};

/**
 * Reads the command line. For --help, --protocols=help and ns-3's --Print options it prints and ends the program.
 * \param argc count
 * \param argv arguments
 * \return the request
 * \throws BadInput
 */
Request ParseCommandLine(int argc, char* argv[]);

/// \param mode safe, text or alg1 \return its place in enum bac_mode, or -1
int ModeIndex(const std::string& mode);
/// \param delivery broadcast or unicast \return its place in enum bac_delivery, or -1
int DeliveryIndex(const std::string& delivery);
/// \param name of a protocol \return its place in the registry, or -1
int ProtocolIndex(const std::string& name);
/// \param text any \return it with spaces for control characters
std::string OneLine(std::string text);
/// \param text any \return it for a shell
std::string Quote(const std::string& text);

} // namespace bac_compare

#endif /* BAC_COMPARE_OPTIONS_H */
