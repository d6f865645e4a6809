/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of bac-trace. */
#ifndef BAC_TOOLS_BAC_TRACE_OPTIONS_H
#define BAC_TOOLS_BAC_TRACE_OPTIONS_H

#include "common.h"

namespace bac_trace_tool {

/* The options of a command line, or a Failure. --help prints and exits. */
Options ParseOptions(int argc, char **argv);

/* Seconds from `low` to a million as milliseconds; `name` is the option's in the Failure. */
int64_t ParseMilliseconds(const std::string &name, const std::string &text, double low);

}  // namespace bac_trace_tool

#endif
