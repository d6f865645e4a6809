/* SPDX-License-Identifier: GPL-2.0-only */
/* The protocols that exist: one line each. Ids are on the air and never reused. */
#include <string.h>

#include "consensus/env.h"

extern const struct bac_protocol bac_pbft;   /* 1 */
extern const struct bac_protocol bac_bac;    /* 2 */
extern const struct bac_protocol bac_leader; /* 3 */
extern const struct bac_protocol bac_hashgraph_protocol; /* 4 */
extern const struct bac_protocol bac_bac2; /* 5 */

const struct bac_protocol *const bac_protocol_table[] = {&bac_bac, &bac_bac2, &bac_pbft, &bac_hashgraph_protocol, &bac_leader, NULL};

const struct bac_protocol *bac_protocol_find(const char *name) {
  for (size_t i = 0; bac_protocol_table[i]; i++)
    if (strcmp(bac_protocol_table[i]->info.name, name) == 0) return bac_protocol_table[i];
  return NULL;
}

const struct bac_protocol_info *bac_protocol_info_at(size_t i) {
  for (size_t k = 0; bac_protocol_table[k]; k++)
    if (k == i) return &bac_protocol_table[k]->info;
  return NULL;
}
