/* SPDX-License-Identifier: GPL-2.0-only */
/* Look-ups in a shard's roster: members are known by node id on the air and by index in quorums. */
#ifndef BAC_IDENTITY_ROSTER_H
#define BAC_IDENTITY_ROSTER_H

#include "bac/bac.h"
#include "base/bytes.h"

#define BAC_INDEX_NONE UINT32_MAX

/* Index of the member with this id, or BAC_INDEX_NONE. */
uint32_t bac_roster_index(const struct bac_roster *roster, uint32_t id);
/* True if the roster is usable: 1..BAC_ROSTER_MAX members, ids ascending and in range. */
bool bac_roster_check(const struct bac_roster *roster);

/* A roster on the heap, members and all. NULL is ignored. */
void bac_roster_free(struct bac_roster *roster);
/* All but balances. The caller owns the bytes. */
struct bac_buf *bac_roster_encode(const struct bac_roster *roster);
/* Strict; checked as by bac_roster_check. The caller frees it. NULL: torn. */
struct bac_roster *bac_roster_decode(const uint8_t *bytes, size_t length);
/* H(encoding): what an epoch's last block says of the next epoch. */
void bac_roster_hash(uint8_t out[BAC_HASH_BYTES], const struct bac_roster *roster, struct bac_cost *cost);

#endif
