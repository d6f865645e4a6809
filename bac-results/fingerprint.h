/* SPDX-License-Identifier: GPL-2.0-only */
/* Does a stored result still fit the program and the inputs at hand? Not for security: FNV-1a, 64 bits. */
#ifndef BAC_RESULTS_FINGERPRINT_H
#define BAC_RESULTS_FINGERPRINT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of a file's bytes. 0, or -1 (errno). */
int bac_fingerprint_file(const char *path, uint64_t *out);
uint64_t bac_fingerprint_text(const char *text);

/* Of the code that makes results: this program and the loaded libraries whose file name contains "bac" or "ns3", by their build
 * ids (of the linker); a file without one counts with its bytes. */
uint64_t bac_fingerprint_program(void);

#ifdef __cplusplus
}
#endif

#endif
