/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac-compare-options.h"

#include "bac/bac.h"
#include "bac/cost.h"
#include "runner.h"

#include "ns3/bac-channels.h"
#include "ns3/command-line.h"
#include "ns3/config.h"
#include "ns3/global-value.h"
#include "ns3/string.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iostream>
#include <limits>
#include <map>

using namespace ns3;

namespace bac_compare
{

namespace
{

const char USAGE[] =
    "Compares blockchain consensus protocols among electric vehicles that talk over 802.11p: every protocol, mode,\n"
    "delivery and seed of the lists, one process a run. Writes results.sqlite, runs.csv, blocks.csv, reputation.csv, links.csv,\n"
    "summary.csv, figure.png and figure.pdf into a folder and prints a table of means and 95 % confidence intervals over seeds.\n"
    "\n"
    "  bac-compare --protocols=bac,pbft --delivery=broadcast,unicast --evs=80 --seeds=3 --out=DIR\n"
    "\n"
    "A folder holds the runs of one configuration. Runs that it already has are kept, so the same command goes on after\n"
    "Ctrl-C, and more seeds, protocols, modes or deliveries are added to those there; the table is over all of them.\n"
    "Another configuration is refused. --force computes everything again; so does a changed program or scenario. What\n"
    "the folder held is then put aside in DIR/previous. A folder with other files in it is refused.\n"
    "\n"
    "Exit status: 0 done; 1 a run failed or the disk is full; 2 bad input, nothing was written; 3 two honest nodes\n"
    "committed different blocks; 130 interrupted, finished runs are kept. The columns wall_s, events_per_s and\n"
    "peak_memory_mb differ from machine to machine; everything else is the same for the same options.";

const char* const MODES[] = {"safe", "text", "alg1"};
const char* const DELIVERIES[] = {"broadcast", "unicast"};

std::string
NumberText(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.12g", value);
    return text;
}

[[noreturn]] void
Refuse(const std::string& name, const std::string& value, const std::string& remedy)
{
    throw BadInput(OneLine("--" + name + "=" + value) + " " + remedy);
}

/// \param text a decimal \param value of it \return the rest after the number, or null if there is none
const char*
ReadNumber(const std::string& text, double& value)
{
    if (text.empty() || !std::strchr("0123456789.-", text[0]))
    {
        return nullptr;
    }
    char* end = nullptr;
    value = std::strtod(text.c_str(), &end);
    const bool decimal = text.find_first_of("xX") == std::string::npos; // strtod reads hexadecimal, too
    return end == text.c_str() || !decimal || !std::isfinite(value) ? nullptr : end;
}

double
ParseReal(const std::string& name, const std::string& text, double low, double high, const std::string& unit)
{
    double value = 0;
    const char* rest = ReadNumber(text, value);
    const std::string range =
        "give a number from " + NumberText(low) + " to " + NumberText(high) + (unit.empty() ? "" : " " + unit);
    if (!rest || *rest != '\0')
    {
        Refuse(name, text, "is not a number: " + range);
    }
    if (value < low || value > high)
    {
        Refuse(name, text, "is out of range: " + range);
    }
    return value;
}

int64_t
ParseCount(const std::string& name, const std::string& text, int64_t low, int64_t high, const std::string& extra)
{
    errno = 0;
    char* end = nullptr;
    const bool starts = !text.empty() && std::strchr("0123456789-", text[0]) != nullptr;
    const long long value = starts ? std::strtoll(text.c_str(), &end, 10) : 0;
    const std::string range =
        "give a whole number from " + std::to_string(low) + " to " + std::to_string(high) + extra;
    if (!starts || end == text.c_str() || *end != '\0')
    {
        Refuse(name, text, "is not a whole number: " + range);
    }
    if (errno != 0 || value < low || value > high)
    {
        Refuse(name, text, "is out of range: " + range);
    }
    return value;
}

double
ParseSeconds(const std::string& name, const std::string& text, double low, double high)
{
    static const std::map<std::string, double> units =
        {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"min", 60}, {"h", 3600}};
    double value = 0;
    const char* rest = ReadNumber(text, value);
    const auto unit = units.find(rest ? rest : "?");
    if (unit == units.end())
    {
        Refuse(name, text, "is not a time: give seconds, as in --" + name + "=60s (units: ms, s, min, h)");
    }
    value *= unit->second;
    if (value < low || value > high)
    {
        Refuse(name, text, "is out of range: give a time from " + NumberText(low) + "s to " + NumberText(high) + "s");
    }
    return value;
}

bool
ParseFlag(const std::string& name, const std::string& text)
{
    if (text.empty() || text == "1" || text == "true" || text == "yes")
    {
        return true;
    }
    if (text != "0" && text != "false" && text != "no")
    {
        Refuse(name, text, "is neither true nor false: give --" + name + " or --" + name + "=false");
    }
    return false;
}

std::string
Join(const std::vector<std::string>& items, const char* separator = ", ")
{
    std::string text;
    for (const std::string& item : items)
    {
        text += (text.empty() ? "" : separator) + item;
    }
    return text;
}

std::string
ParseChoice(const std::string& name, const std::string& text, const std::vector<std::string>& known)
{
    if (std::find(known.begin(), known.end(), text) == known.end())
    {
        Refuse(name, text, "is unknown: give one of " + Join(known));
    }
    return text;
}

std::vector<std::string>
ParseList(const std::string& name, const std::string& text, const std::vector<std::string>& known)
{
    std::vector<std::string> items;
    for (size_t at = 0; at <= text.size();)
    {
        const size_t comma = std::min(text.find(',', at), text.size());
        const std::string item = text.substr(at, comma - at);
        at = comma + 1;
        if (std::find(known.begin(), known.end(), item) == known.end())
        {
            Refuse(name, text, "has the unknown item \"" + item + "\": give some of " + Join(known));
        }
        if (std::find(items.begin(), items.end(), item) == items.end())
        {
            items.push_back(item);
        }
    }
    return items;
}

std::vector<std::string>
Protocols()
{
    std::vector<std::string> names;
    for (size_t i = 0; bac_protocol_info_at(i); i++)
    {
        names.emplace_back(bac_protocol_info_at(i)->name);
    }
    return names;
}

std::vector<std::string>
CostModels()
{
    std::vector<std::string> names;
    for (size_t i = 0; bac_cost_model_at(i); i++)
    {
        names.emplace_back(bac_cost_model_at(i)->name);
    }
    return names;
}

[[noreturn]] void
PrintProtocols()
{
    for (size_t i = 0; const bac_protocol_info* info = bac_protocol_info_at(i); i++)
    {
        std::cout << info->name << ": " << info->summary << " (modes:";
        for (unsigned m = 0; m < std::size(MODES); m++)
        {
            std::cout << ((info->modes >> m & 1) ? std::string(" ") + MODES[m] : "");
        }
        std::cout << ")\n";
    }
    std::exit(0);
}

/// One option: its text, and how the text is read. The texts of options that results depend on make the configuration.
struct Option
{
    std::string name;                                 ///< without --
    std::string help;                                 ///< with unit
    std::string text;                                 ///< default, then as given
    bool results;                                     ///< whether it belongs to the configuration
    std::function<std::string(const std::string&)> read; ///< stores it and returns it in one spelling
    std::string initial;                              ///< default
};

/// The table of options.
class Options
{
  public:
    explicit Options(Request& request);

    /// All, in the order of --help.
    std::vector<Option> all;

    /// \param name without -- \return the option, or null
    Option* Find(const std::string& name)
    {
        auto found = std::find_if(all.begin(), all.end(), [&](const Option& o) { return o.name == name; });
        return found == all.end() ? nullptr : &*found;
    }

  private:
    void Add(const std::string& name,
             const std::string& text,
             const std::string& help,
             bool results,
             std::function<std::string(const std::string&)> read)
    {
        all.push_back({name, help, text, results, std::move(read), text});
    }

    void Real(const std::string& name, double& to, double low, double high, const std::string& unit, const char* help)
    {
        const std::string full = std::string(help) + (unit.empty() ? "" : " (" + unit + ")");
        Add(name, NumberText(to), full, true, [=, &to](const std::string& text) {
            return NumberText(to = ParseReal(name, text, low, high, unit));
        });
    }

    void Seconds(const std::string& name, double& to, double low, double high, const char* help)
    {
        Add(name, NumberText(to) + "s", help, true, [=, &to](const std::string& text) {
            return NumberText(to = ParseSeconds(name, text, low, high)) + "s";
        });
    }

    template <typename T>
    void Count(const std::string& name, T& to, int64_t low, int64_t high, const char* help, bool results = true)
    {
        Add(name, std::to_string(to), help, results, [=, &to](const std::string& text) {
            to = static_cast<T>(ParseCount(name, text, low, high, ""));
            return std::to_string(to);
        });
    }

    void Flag(const std::string& name, bool& to, const char* help, bool results = true)
    {
        Add(name, to ? "true" : "false", help, results, [=, &to](const std::string& text) {
            to = ParseFlag(name, text);
            return std::string(to ? "true" : "false");
        });
    }

    void Choice(const std::string& name, std::string& to, const std::vector<std::string>& known, const char* help)
    {
        Add(name, to, std::string(help) + ": " + Join(known), true, [=, &to](const std::string& text) {
            return to = ParseChoice(name, text, known);
        });
    }

    /// As many numbers as there is room for, or fewer where some may be left out.
    template <size_t N>
    void Reals(const std::string& name, std::array<double, N>& to, const std::string& text, size_t least, double low, double high, const std::string& unit, const char* help)
    {
        Add(name, text, std::string(help) + (unit.empty() ? "" : " (" + unit + ")"), true, [=, &to](const std::string& given) {
            std::array<double, N> values{};
            std::string spelled;
            size_t count = 0;
            for (size_t at = 0; at <= given.size() && !given.empty(); count++)
            {
                const size_t comma = std::min(given.find(',', at), given.size());
                if (count == N)
                {
                    Refuse(name, given, "has too many numbers: give " + std::to_string(N) + " at most");
                }
                values[count] = ParseReal(name, given.substr(at, comma - at), low, high, unit);
                spelled += (count > 0 ? "," : "") + NumberText(values[count]);
                at = comma + 1;
            }
            if (count < least)
            {
                Refuse(name, given, "has too few numbers: give " + std::to_string(N) + " of them, with commas");
            }
            to = values;
            return spelled;
        });
    }

    void List(const std::string& name,
              std::vector<std::string>& to,
              const std::string& text,
              const std::vector<std::string>& known,
              const std::string& help)
    {
        Add(name, text, help, false, [=, &to](const std::string& given) {
            to = ParseList(name, given, known);
            return Join(to, ",");
        });
    }

    /// What else is on the air. \param to where the options are stored
    void Interference(BacInterferenceOptions& to);

    void Text(const std::string& name, std::string& to, const std::string& help, bool results)
    {
        Add(name, to, help, results, [&to](const std::string& text) { return to = text; });
    }
};

Options::Options(Request& r)
{
    BacRunOptions& run = r.run;
    BacRadioOptions& radio = run.radio;
    List("protocols", r.protocols, "bac,pbft", Protocols(), "list of protocols; help: those there are");
    List("delivery", r.deliveries, "broadcast,unicast", {"broadcast", "unicast"}, "list of broadcast, unicast");
    List("mode", r.modes, "safe", {"safe", "text", "alg1"}, "list of safe, text, alg1 (the paper's rules)");
    Text("scenario", r.scenario, "bologna, highway, grid, manhattan or the path of a .sumocfg; help: those there are", true);
    Text("trace", r.trace, "a trace made by bac-trace, instead of a scenario", true);
    Count("evs", run.evs, 1, BAC_NODE_ID_MAX, "electric vehicles, over all shards");
    Count("shards", run.shards, 1, BacHelper::SHARDS_MAX, "shards");
    Choice("sharding", run.sharding, {"quadrant", "rsu", "kmeans"}, "shards by place, nearest roadside unit, or place and velocity");
    Seconds("time", run.time_s, 0.001, 86400, "simulated time that is measured (ms, s, min, h)");
    Count("seeds", r.seeds, 1, 1000000, "number of seeds, one run each", false);
    Count("first-seed", r.firstSeed, 0, INT32_MAX, "the first seed; of traffic, radio and transactions", false);
    Text("out", r.out, "folder for the results", false);
    Count("jobs", r.jobs, 1, BAC_RUNNER_JOBS_MAX, "runs at a time", false);
    Flag("force", r.force, "compute again what the folder has", false);
    Flag("pcap", r.pcap, "capture what one station of each shard hears, in DIR/pcap, of the runs that are computed now", false);
    Flag("netanim", r.netanim, "write an animation for NetAnim (positions, shards, roles) into DIR/netanim, of the runs that are computed now", false);
    Flag("link-model", r.linkModel, "write the paper's link model, a row for each pair and second, into DIR/link-model, of the runs that are computed now", false);
    Flag("churn", run.churn, "take vehicles that come and go; --churn=false: those that are there all the time");
    Count("epoch", run.epoch_blocks, 0, 1000000, "with churn: blocks after which members join and leave; 0: never, leavers count as crashed");
    Flag("handover", run.handover, "with epochs: vehicles that drive into another shard change over; --handover=false: they keep theirs");
    Choice("election", run.election, {"sortition", "round-robin"}, "who leads a round of bac; other protocols have their own way");
    Flag("early-claims", run.earlyClaims, "bac, sortition: claims of the next round travel with the votes of this one");
    Choice("vote-rule", run.voteRule, {"full", "light"}, "what a consensus node votes with");
    Choice("attack", run.attack, {"none", "dos", "sybil"}, "dos: jam each shard's primary; sybil: one EV of each shard has several identities");
    Choice("attack-on", run.dos.on, {"block", "claim", "schedule"},
           "dos: what shows who leads: a proposal's first frame, a claim's, or (without sortition) the turn that all know");
    Seconds("attack-delay", run.dos.delay_s, 0, 3600, "dos: from the end of that frame to the first jamming frame");
    Seconds("attack-duration", run.dos.duration_s, 0.001, 3600, "dos: how long a primary is jammed, unless another is meanwhile");
    Real("attack-power", run.dos.eirp_dbm, -50, 44.8, "dBm", "dos: transmit power of the jamming station, 5 m beside its target, on the target's channel and with channels=per-shard+cch on the CCH");
    Count("sybil-identities", run.identities, 2, BAC_ROSTER_MAX, "sybil: members that are one EV's");
    Choice("sybil-units", run.sybilUnits, {"split", "fresh"}, "sybil: at genesis the identities share one member's units, or each has a member's");
    Add("begin", "", "time of the traffic when the simulation begins, s; default: the scenario's", true, [&](const std::string& t) {
        return t.empty() ? t : NumberText(run.begin_s = ParseSeconds("begin", t, 0, 1e6)) + "s";
    });
    Seconds("warmup", run.warmup_s, 0, 86400, "simulated time before the measured time");
    Real("tx-rate", run.tx_rate, 0, 1000, "1/s", "transactions of an EV");
    Count("tx-bytes", run.tx_bytes, 1, BAC_TX_BYTES_MAX, "size of a transaction, bytes");
    Count("block-bytes", run.block_bytes, 1000, BAC_BLOCK_BYTES_MAX, "transactions of a block, at most, bytes");
    Seconds("block-interval", run.block_interval_s, 0.001, 3600, "a block is cut when full or after this time");
    Count("rsus", run.rsus, -1, 1000, "roadside units of a shard; -1: as many as its area needs");
    Flag("relay", run.relay, "members relay for each other");
    Choice("cost", run.cost, CostModels(), "CPU times");
    const std::vector<std::string> rates = {"3", "4.5", "6", "9", "12", "18", "24", "27"};
    Add("rate", NumberText(radio.rate_mbps), "rate of frames, Mb/s: " + Join(rates), true, [=, &radio](const std::string& t) {
        radio.rate_mbps = std::strtod(ParseChoice("rate", t, rates).c_str(), nullptr);
        return t;
    });
    Choice("radio", radio.radio, {"wave", "fast"}, "wave: ns-3's own; fast: the medium of bac-core/radio, validated against it");
    Choice("channels", radio.channels, BacChannels::Names(), "per-shard: a service channel for each shard, beyond six shards those far from each other share one; single: one for all; per-shard+cch: a second radio has control frames and votes on the CCH");
    Choice("access", radio.access, BacHelper::Accesses(), "to channels: continuous, or alternating (IEEE 1609.4: CCH and SCH intervals of 50 ms in turn, the first 4 ms of each a guard interval): a station has one radio, which is on the CCH and on its service channel in turn");
    Real("eirp", radio.eirp_dbm, -50, 44.8, "dBm", "transmit power with antenna (23: ETSI EN 302 571 allows 33 in all; 3GPP TR 37.885 has 23)");
    Choice("loss", radio.loss, BacHelper::Losses(),
           "path loss: threelog 1.9/3.8/3.8 from 1/80/200 m (ns-3's exponents, the distances those of its Nakagami model), logdistance 2.75, or by 3GPP TR 37.885 table 6.2.1-1 at 5.9 GHz: a building of the trace in the way is "
           "NLOS (a trace without buildings has none), else LOS or behind a vehicle, by distance (table 6.2-1); shadowing of 3 or 4 dB");
    Real("reference-loss", radio.reference_loss_db, 0, 200, "dB", "threelog, logdistance: path loss at 1 m (47.86: free space at 5.9 GHz)");
    Reals("exponents", radio.exponents, "", 0, 0.01, 20, "", "threelog, logdistance: exponents of the pieces in place of those above; logdistance has one");
    Reals("loss-from", radio.loss_from_m, "1,80,200", 3, 0.001, 1e6, "m", "threelog: where its pieces begin, rising");
    Flag("nakagami", radio.nakagami, "fast fading behind the loss");
    Reals("nakagami-m", radio.nakagami_m, "1.5,0.75,0.75", 3, 0.1, 100, "", "shape of the fading near, between and far; 1: Rayleigh (ns-3's NakagamiPropagationLossModel, as the distances)");
    Reals("nakagami-from", radio.nakagami_from_m, "80,200", 2, 0, 1e6, "m", "distances from which the shape is that between, far");
    Choice("error-model", radio.error_model, {"nist", "table"}, "frame errors: NIST's formulas, or tables of link simulations (3 to 4.6 dB apart in SNR); both are ns-3's, --radio=fast has nist only");
    Real("sensitivity", radio.sensitivity_dbm, -114, 0, "dBm in 20 MHz", "weaker signals do not count at all, unless --weak-signals; in 10 MHz 3 dB less (-101: ns-3's RxSensitivity)");
    Real("cca", radio.cca_dbm, -110, 0, "dBm in 20 MHz", "total power that makes the channel busy where a frame is in it; in 10 MHz 3 dB less (-82, hence -85: IEEE 802.11-2016, 17.3.10.6; ns-3's CcaSensitivity)");
    Real("energy-detect", radio.energy_detect_dbm, -110, 0, "dBm", "power of any kind that makes the channel busy (-62: IEEE 802.11-2016, 17.3.10.6, for 20 MHz; ns-3's CcaEdThreshold)");
    Real("preamble", radio.preamble_dbm, -110, 0, "dBm", "weakest preamble that is detected (-95: 2 dB above the noise of 10 MHz at 7 dB; ns-3's own default is -82)");
    Real("preamble-sinr", radio.preamble_sinr_db, -20, 60, "dB", "and the SINR that it needs (4: ns-3's ThresholdPreambleDetectionModel)");
    Real("noise-figure", radio.noise_figure_db, 0, 50, "dB", "of receivers over thermal noise in 10 MHz (7: ns-3's RxNoiseFigure)");
    Flag("weak-signals", radio.weak_signals, "signals too weak to be detected, and those of adjacent channels, count as interference, as in ns-3's SpectrumWifiPhy");
    Choice("mask", radio.mask, BacHelper::Masks(),
           "class of the transmit spectrum mask (IEEE 802.11-2016, table D-5): what leaks into the next channel, the next but one: A, B -25, -57 dB (ns-3's default), C, that of ETSI EN 302 571, "
           "-36.5, -67, D -50, -82");
    Count("control-priority", radio.control_priority, 0, 7, "EDCA user priority of control frames; 0: best effort (IEEE 802.11-2016, table 10-1)");
    Count("vote-priority", radio.vote_priority, 0, 7, "EDCA user priority of votes; as above");
    Count("bulk-priority", radio.bulk_priority, 0, 7, "EDCA user priority of bodies, the bulk data; as above");
    static const char* const names[] = {"edca-vo", "edca-vi", "edca-be", "edca-bk"};
    static const char* const usual[] = {"2,3,7", "3,7,15", "6,15,1023", "9,15,1023"};
    static const char* const who[] = {"voice, user priorities 6 and 7", "video, 4 and 5", "best effort, 0 and 3", "background, 1 and 2"};
    for (size_t a = 0; a < radio.edca.size(); a++)
    {
        Reals(names[a], radio.edca[a], usual[a], 3, 0, 32767, "", (std::string("EDCA of ") + who[a] + ": AIFSN, CWmin, CWmax (IEEE 802.11-2016, table 9-138)").c_str());
    }
    Interference(run.interference);
    Real("wire-rate", radio.wire_gbps, 0.001, 1000, "Gb/s", "backhaul of roadside units");
    Real("wire-delay", radio.wire_delay_ms, 0, 10000, "ms", "backhaul of roadside units, one way");
}

void
Options::Interference(BacInterferenceOptions& to)
{
    Real("beacon-rate", to.beacon_hz, 0, 1000, "1/s", "beacons of every EV beside the consensus traffic; 0: none. CAM: 1 to 10 (ETSI EN 302 637-2), BSM: 10 (SAE J2945/1)");
    Count("beacon-bytes", to.beacon_bytes, BacBeacons::LEAST_BYTES, BacBeacons::MOST_BYTES, "size of a beacon with its WSMP header, bytes (300: 3GPP TR 37.885)");
    Count("beacon-priority", to.beacon_priority, 0, 7, "EDCA user priority of beacons; 0: best effort, as CAM (ETSI TS 102 636-4-2)");
    Count("bystanders", to.bystanders, 0, 30000, "EVs of the trace that take no part and send beacons, on the channel of the nearest shard");
    Real("bystander-rate", to.bystander_hz, 0.001, 1000, "1/s", "their beacons");
    Count("adjacent", to.adjacent, 0, 30000, "EVs of the trace that take no part and send on free channels next to the shards'; --radio=wave: with --weak-signals only");
    Real("adjacent-rate", to.adjacent_hz, 0.001, 1000, "1/s", "their frames");
    Count("adjacent-bytes", to.adjacent_bytes, BacBeacons::LEAST_BYTES, BacBeacons::MOST_BYTES, "size of such a frame with its WSMP header, bytes");
    Choice("jammer", to.jammer, {"none", "constant", "duty", "reactive"}, "all the time, a share of each period, or a burst when a frame is on the air");
    Count("jammer-shard", to.jammer_shard, -1, BacHelper::SHARDS_MAX - 1, "jam this shard; -1: every shard, by a jammer each");
    Text("jammer-channel", to.jammer_channel,
         "channels that a jammer jams, with a radio each: shard (its shard's), cch, or 172, 174, ... 184, with commas; where nobody is, it disturbs neighbours (--radio=wave: with --weak-signals only)", true);
    Text("jammer-at", to.jammer_at, "where a jammer is: centre (of its shard), drives (beside its shard's first EV) or X,Y (m)", true);
    Real("jammer-power", to.jammer_eirp_dbm, -50, 44.8, "dBm", "jammer: transmit power with antenna");
    Seconds("jammer-period", to.jammer_period_s, 0.001, 3600, "duty: period (s, ms)");
    Real("jammer-share", to.jammer_share, 0, 1, "", "duty: share of each period that is jammed");
    Seconds("jammer-delay", to.jammer_delay_s, 0, 1, "reactive: from the begin of a frame to the burst; preamble and SIGNAL field take 40 us (IEEE 802.11-2016, 17.3)");
    Seconds("jammer-burst", to.jammer_burst_s, BacJammer::LEAST_S, 3600, "reactive: length of a burst");
    Real("jammer-sense", to.jammer_sense_dbm, -110, 0, "dBm", "reactive: weakest mean power of a frame that is answered (-85: CCA at 10 MHz, IEEE 802.11-2016, 17.3.10.6)");
}

/// An option of ns-3 itself. \param name without -- \param value of it \return whether results depend on it
bool
CheckNs3Option(const std::string& name, const std::string& value)
{
    static const std::vector<std::string> printing = {"help",        "h",           "PrintHelp",
                                                      "PrintVersion", "PrintGlobals", "PrintTypeIds",
                                                      "PrintGroups", "PrintGroup",  "PrintAttributes",
                                                      "version"};
    if (std::find(printing.begin(), printing.end(), name) != printing.end())
    {
        return false;
    }
    const bool attribute = name.rfind("ns3::", 0) == 0;
    const std::string remedy =
        attribute ? "is no attribute of ns-3, or not a value of it: see --PrintTypeIds and --PrintAttributes=ns3::..."
                  : "is not a value of this ns-3 global: see --PrintGlobals";
    if (attribute)
    {
        if (!Config::SetDefaultFailSafe(name, StringValue(value)))
        {
            Refuse(name, value, remedy);
        }
        return true;
    }
    for (auto i = GlobalValue::Begin(); i != GlobalValue::End(); ++i)
    {
        if ((*i)->GetName() == name)
        {
            if (!GlobalValue::BindFailSafe(name, StringValue(value)))
            {
                Refuse(name, value, remedy);
            }
            return true;
        }
    }
    throw BadInput("there is no option --" + name + ": see bac-compare --help");
}

/// \param name of an option \param text of it \return the same for the same file
std::string
Spelled(const std::string& name, const std::string& text)
{
    const bool path = name == "trace" || (name == "scenario" && text.find_first_of("/.") != std::string::npos);
    return path && !text.empty() ? std::filesystem::absolute(text).lexically_normal().string() : text;
}

/// Looks at every argument first: ns-3 itself would end with status 1 and a page of text.
/// \return arguments that make ns-3 print something
std::vector<char*>
Scan(int argc, char* argv[], Options& options, Request& request)
{
    std::vector<char*> printing;
    for (int i = 1; i < argc; i++)
    {
        const std::string argument = argv[i];
        const size_t dashes = argument.rfind("--", 0) == 0 ? 2 : 0;
        const bool plain = argument.find_first_of("\n\r\t\033") == std::string::npos;
        if ((dashes == 0 && argument != "-h") || !plain)
        {
            throw BadInput("\"" + (plain ? argument : "(control characters)") +
                           "\" is no option: give --name=value, see bac-compare --help");
        }
        const size_t equals = std::min(argument.find('='), argument.size());
        const std::string name = argument.substr(dashes, equals - dashes);
        const std::string value = equals < argument.size() ? argument.substr(equals + 1) : "";
        if (Option* option = options.Find(name))
        {
            const bool flag = option->initial == "true" || option->initial == "false";
            if (value.empty() && !flag)
            {
                throw BadInput("--" + name + " needs a value: give --" + name + "=..., see bac-compare --help");
            }
            option->text = value;
        }
        else if (name == "RngRun") // what other programs call the seed
        {
            options.Find("first-seed")->text = value;
        }
        else if (argument == "-h" || !CheckNs3Option(name, value))
        {
            printing.push_back(argv[i]);
        }
        else
        {
            request.configuration.emplace_back("--" + name, value);
        }
    }
    return printing;
}

void
CheckTogether(const Request& r)
{
    if (r.pcap && r.run.radio.radio != "wave")
    {
        Refuse("radio", r.run.radio.radio, "writes no captures: give --radio=wave, or leave --pcap out");
    }
    if (r.run.shards > r.run.evs)
    {
        Refuse("shards", std::to_string(r.run.shards),
               "is more than --evs=" + std::to_string(r.run.evs) + ": give at least one EV for each shard");
    }
    if (int64_t{r.firstSeed} + r.seeds - 1 > INT32_MAX)
    {
        Refuse("first-seed", std::to_string(r.firstSeed), "leaves no room for --seeds=" + std::to_string(r.seeds) +
                                                               ": the last seed is at most 2147483647");
    }
    const bool fits = r.run.evs <= r.run.shards * uint32_t{BAC_ROSTER_MAX};
    if (!fits)
    {
        Refuse("evs", std::to_string(r.run.evs), "is more than " + std::to_string(BAC_ROSTER_MAX) +
                                                      " for each shard: give more --shards or fewer EVs");
    }
}

} // namespace

std::string
OneLine(std::string text)
{
    std::replace_if(
        text.begin(),
        text.end(),
        [](unsigned char c) { return c < 0x20 || c == 0x7f; },
        ' ');
    return text;
}

int
ModeIndex(const std::string& mode)
{
    const auto found = std::find(std::begin(MODES), std::end(MODES), mode);
    return found == std::end(MODES) ? -1 : static_cast<int>(found - std::begin(MODES));
}

int
DeliveryIndex(const std::string& delivery)
{
    const auto found = std::find(std::begin(DELIVERIES), std::end(DELIVERIES), delivery);
    return found == std::end(DELIVERIES) ? -1 : static_cast<int>(found - std::begin(DELIVERIES));
}

int
ProtocolIndex(const std::string& name)
{
    for (int i = 0; bac_protocol_info_at(static_cast<size_t>(i)); i++)
    {
        if (name == bac_protocol_info_at(static_cast<size_t>(i))->name)
        {
            return i;
        }
    }
    return -1;
}

std::string
Quote(const std::string& text)
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:";
    if (!text.empty() && text.find_first_not_of(harmless) == std::string::npos)
    {
        return text;
    }
    std::string quoted = "'";
    for (const char c : text)
    {
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + "'";
}

Request
ParseCommandLine(int argc, char* argv[])
{
    Request request{};
    request.scenario = "bologna";
    request.out = "results";
    request.seeds = 3;
    request.firstSeed = 1;
    request.jobs = bac_runner_processors();
    Options options(request);
    std::vector<char*> printing = Scan(argc, argv, options, request);
    if (options.Find("protocols")->text == "help")
    {
        PrintProtocols();
    }
    CommandLine cmd("bac-compare.cc");
    cmd.Usage(USAGE);
    std::vector<std::string> sink(options.all.size()); // for the defaults in --help
    for (size_t i = 0; i < options.all.size(); i++)
    {
        sink[i] = options.all[i].initial;
        cmd.AddValue(options.all[i].name, options.all[i].help, sink[i]);
    }
    printing.insert(printing.begin(), argv[0]);
    cmd.Parse(static_cast<int>(printing.size()), printing.data());
    if (options.Find("trace")->text != "")
    {
        if (options.Find("scenario")->text != options.Find("scenario")->initial)
        {
            Refuse("trace", options.Find("trace")->text, "comes with --scenario: give one of the two");
        }
        options.Find("scenario")->text.clear();
    }
    std::vector<std::pair<std::string, std::string>> configuration;
    for (Option& option : options.all)
    {
        const std::string text = option.read(option.text);
        const bool changed = text != option.initial;
        if (option.results)
        {
            configuration.emplace_back("--" + option.name, Spelled(option.name, text));
            request.repeat += changed && !text.empty() ? " " + Quote("--" + option.name + "=" + text) : "";
        }
    }
    for (const auto& [name, value] : request.configuration) // ns-3's own, found by Scan
    {
        configuration.emplace_back(name, value);
        request.repeat += " " + Quote(name + "=" + value);
    }
    for (const char* variable : {"NS_ATTRIBUTE_DEFAULT", "NS_GLOBAL_VALUE"})
    {
        if (const char* value = std::getenv(variable))
        {
            configuration.emplace_back(variable, value);
        }
    }
    request.configuration = std::move(configuration);
    CheckTogether(request);
    return request;
}

} // namespace bac_compare
