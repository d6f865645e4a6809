/* SPDX-License-Identifier: GPL-2.0-only */
/* CRC-32 (ISO-HDLC, as in zlib): detects torn and damaged files, not forgery. */
#ifndef BAC_TRACE_CRC32_H
#define BAC_TRACE_CRC32_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The checksum of `length` bytes. */
uint32_t bac_crc32(const void *bytes, size_t length);

#ifdef __cplusplus
}
#endif

#endif
