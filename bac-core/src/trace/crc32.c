/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/crc32.h"

#include <zlib.h>

uint32_t bac_crc32(const void *bytes, size_t length) { return (uint32_t)crc32_z(0, bytes, length); }
