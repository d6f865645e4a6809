/* SPDX-License-Identifier: GPL-2.0-only */
#include "identity/roster.h"

#include <stdlib.h>

#include "crypto/hash.h"

uint32_t bac_roster_index(const struct bac_roster *roster, uint32_t id) {
  for (uint32_t low = 0, high = roster->count; low < high;) {
    uint32_t middle = low + (high - low) / 2;
    if (roster->members[middle].id == id) return middle;
    if (roster->members[middle].id < id)
      low = middle + 1;
    else
      high = middle;
  }
  return BAC_INDEX_NONE;
}

bool bac_roster_check(const struct bac_roster *roster) {
  if (!roster || !roster->members || roster->count == 0 || roster->count > BAC_ROSTER_MAX) return false;
  for (uint32_t i = 0; i < roster->count; i++)
    if (roster->members[i].id > BAC_NODE_ID_MAX || (i > 0 && roster->members[i].id <= roster->members[i - 1].id)) return false;
  return true;
}

void bac_roster_free(struct bac_roster *roster) {
  if (!roster) return;
  free((void *)(uintptr_t)roster->members);
  free(roster);
}

#define FIXED_BYTES (4u + 8u + 4u + 4u + BAC_PUBLIC_KEY_BYTES + BAC_HASH_BYTES + 4u)
#define MEMBER_BYTES (4u + 2u * BAC_PUBLIC_KEY_BYTES + 8u + 3u * 4u)

struct bac_buf *bac_roster_encode(const struct bac_roster *roster) {
  struct bac_buf *bytes = bac_buf_new(NULL, FIXED_BYTES + (size_t)roster->count * MEMBER_BYTES);
  struct bac_writer w = bac_writer_over(bytes->data, bytes->length);
  bac_write_u32(&w, roster->shard);
  bac_write_u64(&w, roster->epoch);
  bac_write_u32(&w, roster->candidates_permille);
  bac_write_u32(&w, roster->epoch_blocks);
  bac_write_bytes(&w, roster->ca_key, sizeof roster->ca_key);
  bac_write_bytes(&w, roster->seed, sizeof roster->seed);
  bac_write_u32(&w, roster->count);
  for (uint32_t i = 0; i < roster->count; i++) {
    const struct bac_member *m = &roster->members[i];
    bac_write_u32(&w, m->id);
    bac_write_bytes(&w, m->sign_key, sizeof m->sign_key);
    bac_write_bytes(&w, m->vrf_key, sizeof m->vrf_key);
    bac_write_u64(&w, m->serial);
    bac_write_u32(&w, m->units);
    bac_write_u32(&w, m->place);
    bac_write_u32(&w, m->lambda);
  }
  BAC_ASSERT(w.ok && w.length == bytes->length);
  return bytes;
}

struct bac_roster *bac_roster_decode(const uint8_t *bytes, size_t length) {
  struct bac_reader r = bac_reader_over(bytes, length);
  struct bac_roster *roster = bac_alloc(1, sizeof *roster);
  roster->shard = bac_read_u32(&r);
  roster->epoch = bac_read_u64(&r);
  roster->candidates_permille = bac_read_u32(&r);
  roster->epoch_blocks = bac_read_u32(&r);
  const uint8_t *ca_key = bac_read_bytes(&r, sizeof roster->ca_key), *seed = bac_read_bytes(&r, sizeof roster->seed);
  const uint32_t count = bac_read_u32(&r);
  if (!r.ok || count > BAC_ROSTER_MAX || bac_reader_left(&r) != (size_t)count * MEMBER_BYTES) {
    bac_roster_free(roster);
    return NULL;
  }
  memcpy(roster->ca_key, ca_key, sizeof roster->ca_key);
  memcpy(roster->seed, seed, sizeof roster->seed);
  struct bac_member *members = bac_alloc(count, sizeof *members);
  roster->members = members;
  roster->count = count;
  for (uint32_t i = 0; i < count; i++) {
    members[i].id = bac_read_u32(&r);
    memcpy(members[i].sign_key, bac_read_bytes(&r, BAC_PUBLIC_KEY_BYTES), BAC_PUBLIC_KEY_BYTES);
    memcpy(members[i].vrf_key, bac_read_bytes(&r, BAC_PUBLIC_KEY_BYTES), BAC_PUBLIC_KEY_BYTES);
    members[i].serial = bac_read_u64(&r);
    members[i].units = bac_read_u32(&r);
    members[i].place = bac_read_u32(&r);
    members[i].lambda = bac_read_u32(&r);
  }
  if (bac_roster_check(roster)) return roster;
  bac_roster_free(roster);
  return NULL;
}

void bac_roster_hash(uint8_t out[BAC_HASH_BYTES], const struct bac_roster *roster, struct bac_cost *cost) {
  struct bac_buf *bytes = bac_roster_encode(roster);
  bac_hash(out, BAC_DOMAIN_ROSTER, bytes->data, bytes->length);
  cost->hashed_bytes += bytes->length;
  bac_buf_unref(bytes);
}
