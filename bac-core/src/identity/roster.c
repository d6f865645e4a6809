/* SPDX-License-Identifier: GPL-2.0-only */
#include "identity/roster.h"

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
