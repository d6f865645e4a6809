/* SPDX-License-Identifier: GPL-2.0-only */
/* Look-ups in a shard's roster: members are known by node id on the air and by index in quorums. */
#ifndef BAC_IDENTITY_ROSTER_H
#define BAC_IDENTITY_ROSTER_H

#include "bac/bac.h"

#define BAC_INDEX_NONE UINT32_MAX

/* Index of the member with this id, or BAC_INDEX_NONE. */
uint32_t bac_roster_index(const struct bac_roster *roster, uint32_t id);
/* True if the roster is usable: 1..BAC_ROSTER_MAX members, ids ascending and in range. */
bool bac_roster_check(const struct bac_roster *roster);

#endif
