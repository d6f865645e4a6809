/* SPDX-License-Identifier: GPL-2.0-only */
#include "wire/wsmp.h"

#include "base/bytes.h"

#define NULL_NETWORKING_VERSION_3 0x03 /* subtype 0, no option indicator, version 3 */
#define TPID_PSID 0x00

/* The PSIDs of n octets begin where those of n - 1 end; the leading one bits tell n. */
static const uint32_t psid_base[] = {0x0, 0x80, 0x4080, 0x204080, BAC_WSMP_PSID_MAX + 1};

size_t bac_wsmp_encode(uint32_t psid, uint32_t length, uint8_t out[BAC_WSMP_BYTES_MAX]) {
  BAC_ASSERT(psid <= BAC_WSMP_PSID_MAX && length <= BAC_WSMP_LENGTH_MAX);
  uint32_t octets = 1;
  while (psid >= psid_base[octets]) octets++;
  const uint32_t marker = (0xFF00u >> (octets - 1)) & 0xFFu; /* 0, 0x80, 0xC0, 0xE0 */
  const uint32_t code = (psid - psid_base[octets - 1]) | marker << (8 * (octets - 1));
  struct bac_writer w = bac_writer_over(out, BAC_WSMP_BYTES_MAX);
  bac_write_u8(&w, NULL_NETWORKING_VERSION_3);
  bac_write_u8(&w, TPID_PSID);
  for (uint32_t i = octets; i-- > 0;) bac_write_u8(&w, (uint8_t)(code >> (8 * i)));
  if (length >= 0x80) bac_write_u8(&w, (uint8_t)(0x80 | length >> 8));
  bac_write_u8(&w, (uint8_t)length);
  return w.length;
}

static bool read_psid(struct bac_reader *r, uint32_t *psid) {
  uint32_t code = bac_read_u8(r), octets = 1;
  if (code >= 0xF0) return false;
  while (octets < 4 && (code & (0x80u >> (octets - 1))) != 0) octets++;
  code &= 0xFFu >> octets;
  for (uint32_t i = 1; i < octets; i++) code = code << 8 | bac_read_u8(r);
  *psid = code + psid_base[octets - 1];
  return true;
}

static bool read_length(struct bac_reader *r, uint32_t *length) {
  *length = bac_read_u8(r);
  if (*length < 0x80) return true;
  if (*length >= 0xC0) return false;
  *length = (*length & 0x3Fu) << 8 | bac_read_u8(r);
  return *length >= 0x80; /* a short one has the short form */
}

bool bac_wsmp_decode(const uint8_t *bytes, size_t size, uint32_t *psid, uint32_t *length, size_t *used) {
  struct bac_reader r = bac_reader_over(bytes, size);
  const uint8_t version = bac_read_u8(&r), tpid = bac_read_u8(&r);
  const bool fits = version == NULL_NETWORKING_VERSION_3 && tpid == TPID_PSID && read_psid(&r, psid) && read_length(&r, length);
  *used = r.offset;
  return fits && r.ok;
}
