/* SPDX-License-Identifier: GPL-2.0-only */
/* The buildings of a trace. Host side: floating point, metres. */
#ifndef BAC_TRACE_BUILDINGS_H
#define BAC_TRACE_BUILDINGS_H

#include "trace/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether a place is within a building. */
bool bac_trace_indoors(const struct bac_trace *trace, const double at_m[2]);
/* A place within a building becomes the nearest one where a vehicle of the trace has been outside of all (of equals the first of the trace), so that what
 * stands there is on a street; if there is none, and outside of buildings, it stays. */
void bac_trace_outside(const struct bac_trace *trace, double at_m[2]);

#ifdef __cplusplus
}
#endif

#endif
