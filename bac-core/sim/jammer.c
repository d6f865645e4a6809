/* SPDX-License-Identifier: GPL-2.0-only */
#include "jammer.h"

#include <stdlib.h>

#include "base/bytes.h"

struct bac_jammer {
  bac_time after;
  struct target {
    bool leads;
    bac_time first; /* frame as a primary of its round; BAC_NEVER: none yet */
  } targets[BAC_NODE_ID_MAX + 1];
  uint64_t count;
};

struct bac_jammer *bac_jammer_new(bac_time after) {
  struct bac_jammer *j = bac_alloc(1, sizeof *j);
  j->after = after;
  return j;
}

void bac_jammer_free(struct bac_jammer *j) { free(j); }

void bac_jammer_effect(struct bac_jammer *j, uint32_t id, const struct bac_effect *effect) {
  if (effect->type != BAC_EFFECT_ROLE || id > BAC_NODE_ID_MAX) return;
  j->targets[id] = (struct target){.leads = effect->role.role == BAC_ROLE_PRIMARY, .first = BAC_NEVER};
}

bool bac_jammer_frame(struct bac_jammer *j, bac_time now, uint32_t id) {
  if (id > BAC_NODE_ID_MAX || !j->targets[id].leads) return false;
  struct target *t = &j->targets[id];
  if (t->first == BAC_NEVER) t->first = now;
  const bool jammed = now - t->first >= j->after;
  j->count += jammed;
  return jammed;
}

uint64_t bac_jammer_count(const struct bac_jammer *j) { return j->count; }
