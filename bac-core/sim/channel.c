/* SPDX-License-Identifier: GPL-2.0-only */
#include "channel.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/random.h"

#define HISTORY 64 /* frames kept for replay */

struct bac_channel {
  const struct bac_plan *plan;
  struct bac_sim *sim;
  struct bac_random random;
  uint32_t nodes, victim;
  uint32_t isolated; /* node */
  bac_time isolated_until;
  bool healed, split, both_ways;
  uint8_t *group, *side; /* by node */
  uint8_t *silent;       /* byzantine nodes */
  bool *hidden, *bad;    /* by pair: never hear each other; in a burst of losses */
  struct bac_buf *past[HISTORY];
  uint32_t past_count;
};

static bool fault(const struct bac_channel *c, enum bac_fault f) { return !c->healed && (c->plan->faults >> f & 1); }
static bool attack(const struct bac_channel *c, enum bac_attack a) { return c->plan->attacks >> a & 1; }

struct bac_channel *bac_channel_new(const struct bac_plan *plan, struct bac_sim *sim) {
  struct bac_channel *c = bac_alloc(1, sizeof *c);
  const uint32_t n = plan->config.nodes;
  *c = (struct bac_channel){.plan = plan, .sim = sim, .nodes = n, .random = bac_random_stream(plan->seed, 1, BAC_PURPOSE_FAULTS)};
  c->group = bac_alloc(n, 1);
  c->side = bac_alloc(n, 1);
  c->silent = bac_alloc(n, 1);
  c->hidden = bac_alloc((size_t)n * n, sizeof *c->hidden);
  c->bad = bac_alloc((size_t)n * n, sizeof *c->bad);
  for (uint32_t a = 0; a < n; a++)
    for (uint32_t b = 0; b < a; b++)
      c->hidden[a * n + b] = c->hidden[b * n + a] = bac_random_chance(&c->random, plan->hidden_permille, 1000);
  /* Halves of the honest members, in a random order. */
  const uint32_t turn = (uint32_t)bac_random_below(&c->random, n);
  for (uint32_t i = 0; i < n; i++) c->side[i] = (uint8_t)((i + turn) % 2);
  const bool all = plan->attacks == 1u << BAC_ATTACK_SILENT;
  for (uint32_t i = 0; i < plan->config.byzantine; i++) c->silent[i] = all || bac_random_chance(&c->random, 1, 2);
  if (plan->config.byzantine < n) c->victim = plan->config.byzantine + (uint32_t)bac_random_below(&c->random, n - plan->config.byzantine);
  return c;
}

void bac_channel_free(struct bac_channel *c) {
  for (int i = 0; i < HISTORY; i++) bac_buf_unref(c->past[i]);
  free(c->group);
  free(c->side);
  free(c->silent);
  free(c->hidden);
  free(c->bad);
  free(c);
}

void bac_channel_shuffle(struct bac_channel *c) {
  c->both_ways = fault(c, BAC_FAULT_PARTITION) && (!fault(c, BAC_FAULT_ONE_WAY) || bac_random_chance(&c->random, 1, 2));
  c->split = fault(c, BAC_FAULT_PARTITION) || fault(c, BAC_FAULT_ONE_WAY);
  const uint64_t share = 1 + bac_random_below(&c->random, 3);
  for (uint32_t i = 0; i < c->nodes; i++) c->group[i] = bac_random_chance(&c->random, share, 4) != 0;
  if (c->plan->beyond) { /* what twins need to do harm: each half hears its own */
    c->split = c->both_ways = !c->healed;
    for (uint32_t i = 0; i < c->nodes; i++) c->group[i] = c->side[i];
  }
}

void bac_channel_join(struct bac_channel *c) { c->split = false; }

void bac_channel_heal(struct bac_channel *c) {
  c->healed = true;
  c->split = false;
  c->isolated_until = 0;
}

void bac_channel_isolate(struct bac_channel *c, uint32_t node, bac_time until) {
  c->isolated = node;
  c->isolated_until = until;
}

uint32_t bac_channel_side(const struct bac_channel *c, uint32_t node) { return c->side[node]; }

/* Whether byzantine members let it through. Hosts past the nodes are twins. */
static bool told(struct bac_channel *c, uint32_t from, uint32_t to) {
  const uint32_t n = c->nodes, f = c->plan->config.byzantine;
  const bool from_evil = from >= n || from < f, to_evil = to >= n || to < f;
  if (from_evil && !to_evil && c->plan->instead) return false; /* the speaker says it, in its own words */
  if (from_evil && attack(c, BAC_ATTACK_SILENT) && c->silent[from >= n ? from - n : from]) return false;
  if (to_evil && !from_evil && attack(c, BAC_ATTACK_CENSOR) && from == c->victim) return false;
  if (from_evil && attack(c, BAC_ATTACK_TWIN) && (to_evil ? (from >= n) != (to >= n) : c->side[to] != (from >= n))) return false;
  return !(from_evil && attack(c, BAC_ATTACK_WITHHOLD) && bac_random_chance(&c->random, 1, 2));
}

static bool lost(struct bac_channel *c, uint32_t from, uint32_t to) {
  const struct bac_plan *p = c->plan;
  const uint32_t pair = from * c->nodes + to;
  if (c->isolated_until > bac_sim_now(c->sim) && (from == c->isolated || to == c->isolated)) return true;
  if (fault(c, BAC_FAULT_HIDDEN) && c->hidden[pair]) return true;
  const bool evil = from < p->config.byzantine || to < p->config.byzantine;
  if (c->split && c->group[from] != c->group[to] && (c->both_ways || c->group[from] == 0) && !(p->beyond && evil)) return true;
  if (fault(c, BAC_FAULT_LOSS) && bac_random_chance(&c->random, p->loss_permille, 1000)) return true;
  if (!fault(c, BAC_FAULT_BURST)) return false;
  if (c->bad[pair])
    c->bad[pair] = !bac_random_chance(&c->random, 1, p->burst_frames);
  else
    c->bad[pair] = bac_random_chance(&c->random, p->burst_permille, 1000);
  return c->bad[pair];
}

bool bac_channel_pass(void *channel, uint32_t from, uint32_t to, uint8_t *bytes, size_t *length) {
  struct bac_channel *c = channel;
  const struct bac_plan *p = c->plan;
  if (!told(c, from, to)) return false;
  const uint32_t a = from >= c->nodes ? from - c->nodes : from, b = to >= c->nodes ? to - c->nodes : to;
  if (a != b && lost(c, a, b)) return false;
  if (fault(c, BAC_FAULT_REPLAY)) {
    struct bac_buf **slot = &c->past[c->past_count++ % HISTORY];
    if (*slot && bac_random_chance(&c->random, p->replay_permille, 1000))
      bac_sim_inject_after(c->sim, to, (*slot)->data, (*slot)->length, BAC_MS * (bac_time)bac_random_below(&c->random, 5000));
    if (!*slot || bac_random_chance(&c->random, 1, 16)) { /* some are old when they come again */
      bac_buf_unref(*slot);
      *slot = bac_buf_new(bytes, *length);
    }
  }
  if (fault(c, BAC_FAULT_REORDER) && bac_random_chance(&c->random, p->reorder_permille, 1000)) {
    bac_sim_inject_after(c->sim, to, bytes, *length, (bac_time)bac_random_below(&c->random, (uint64_t)p->reorder_max));
    return false;
  }
  return true;
}
