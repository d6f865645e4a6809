/* SPDX-License-Identifier: GPL-2.0-only */
/* Trace files on disk. Host side: the only part of the library that does I/O. */
#ifndef BAC_TRACE_TRACE_FILE_H
#define BAC_TRACE_TRACE_FILE_H

#include "trace/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads and checks a file. 0 and a trace in *out, to be released with bac_trace_free; BAC_EINVAL when it cannot be
 * read, BAC_ECORRUPT when it is torn, damaged or no trace; each with one line in `why` that names the file and the
 * remedy. */
int bac_trace_load(const char *path, struct bac_trace **out, char *why, size_t why_size);

/* Writes a file whole or not at all (to "<path>.partial" first).
 * Errors: BAC_EINVAL, with one line in `why` that names the file and the reason. */
int bac_trace_save(const struct bac_trace *trace, const char *path, char *why, size_t why_size);

#ifdef __cplusplus
}
#endif

#endif
