/* SPDX-License-Identifier: GPL-2.0-only */
/* The WAVE Short Message header of IEEE Std 1609.3-2016 (WSMP version 3), as hosts put it in front of a frame.
 *
 * On the air, behind LLC/SNAP with ethertype 0x88DC: one octet with subtype 0 (null-networking), no N-extensions and version 3;
 * TPID 0 (a PSID follows, no T-extensions); the p-encoded PSID (IEEE Std 1609.12, 4.2); the length of the message in one octet
 * below 128 and in two otherwise. */
#ifndef BAC_WIRE_WSMP_H
#define BAC_WIRE_WSMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_WSMP_PSID_MAX 0x1020407Fu /* the last that has a p-encoding */
#define BAC_WSMP_LENGTH_MAX 0x3FFFu   /* longest message that the length field can express, octets */
#define BAC_WSMP_BYTES_MAX 8          /* of a header */

/* Writes the header; returns its length. psid <= BAC_WSMP_PSID_MAX, length <= BAC_WSMP_LENGTH_MAX. */
size_t bac_wsmp_encode(uint32_t psid, uint32_t length, uint8_t out[BAC_WSMP_BYTES_MAX]);

/* Reads a header from the first of `size` octets.  True when it has this form; then *used are its octets, else as many as were
 * looked at, never more than there are. */
bool bac_wsmp_decode(const uint8_t *bytes, size_t size, uint32_t *psid, uint32_t *length, size_t *used);

#ifdef __cplusplus
}
#endif

#endif
