/* SPDX-License-Identifier: GPL-2.0-only */
/* What a trace holds, for people and for other programs. */
#ifndef BAC_TOOLS_BAC_TRACE_INFO_H
#define BAC_TOOLS_BAC_TRACE_INFO_H

#include "common.h"

namespace bac_trace_tool {

/* A summary on stdout: window, area, vehicles of each of `shards` shards, consumption by model. */
void PrintInfo(const std::string &path, uint32_t shards);

/* Every sample on stdout as CSV. */
void PrintCsv(const std::string &path);

}  // namespace bac_trace_tool

#endif
