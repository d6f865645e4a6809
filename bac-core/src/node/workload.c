/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac/workload.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/random.h"
#include "identity/roster.h"

struct bac_workload {
  struct bac_workload_config config;
  const struct bac_roster *roster;
  uint32_t id, index; /* BAC_INDEX_NONE: not in the roster */
  struct bac_random random;
  bac_time next;
};

struct bac_workload *bac_workload_new(const struct bac_workload_config *config, const struct bac_roster *roster, uint32_t id) {
  uint32_t index = bac_roster_index(roster, id);
  if (index == BAC_INDEX_NONE) return NULL;
  struct bac_workload *w = bac_alloc(1, sizeof *w);
  w->config = *config;
  w->roster = roster;
  w->id = id;
  w->index = index;
  w->random = bac_random_stream(config->seed, id, BAC_PURPOSE_WORKLOAD);
  w->next = config->start;
  return w;
}

void bac_workload_move(struct bac_workload *w, const struct bac_roster *roster) {
  w->roster = roster;
  w->index = bac_roster_index(roster, w->id);
}

void bac_workload_free(struct bac_workload *w) { free(w); }

bac_time bac_workload_next(struct bac_workload *w, struct bac_submit *submit) {
  const uint32_t others = w->roster->count - (w->index != BAC_INDEX_NONE);
  if (w->config.rate_milli == 0 || others == 0 || w->next == BAC_NEVER) return BAC_NEVER;
  w->next += bac_random_exponential(&w->random, 1000 * BAC_SECOND / w->config.rate_milli);
  if (w->next >= w->config.stop) w->next = BAC_NEVER;
  uint32_t other = (uint32_t)bac_random_below(&w->random, others);
  *submit = (struct bac_submit){
      .to = w->roster->members[other < w->index ? other : other + 1].id,
      .amount_milli = 1 + (int64_t)bac_random_below(&w->random, 5000),
      .fee_milli = (int64_t)bac_random_below(&w->random, 50),
      .bytes = w->config.tx_bytes,
  };
  return w->next;
}
