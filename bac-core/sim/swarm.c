/* SPDX-License-Identifier: GPL-2.0-only */
#include "swarm.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "adversary.h"
#include "base/bytes.h"
#include "base/quorum.h"
#include "base/random.h"
#include "channel.h"
#include "durable.h"
#include "fast_crypto.h"
#include "oracle.h"
#include "promises.h"

#define SLICE (10 * BAC_MS)
#define MEMORY_MAX ((size_t)64 << 20) /* bytes a host may take, its records included */

struct world {
  struct bac_plan plan;
  struct bac_sim *sim;
  struct bac_channel *channel;
  struct bac_adversary *adversary;
  struct bac_checker *checker;
  struct bac_promises *promises;
  struct bac_durable *durable; /* NULL: modes in which nothing is promised */
  struct bac_oracle *oracle;
  struct bac_member *members;
  struct bac_roster genesis;
  struct bac_random random;
  bac_time *up_at, *gone_at; /* by node: when it starts, or goes; BAC_NEVER */
  uint32_t leaves_left;
  bac_time event_at;
  struct bac_random moment; /* of what befalls whoever commits first */
  uint64_t top;             /* the highest height so committed */
  bac_time struck_at;
  size_t memory_before;
  FILE *trace;
  struct bac_verdict *verdict;
};

static bool fault(const struct world *w, enum bac_fault f) { return w->plan.faults >> f & 1; }
static uint64_t below(struct world *w, uint64_t bound) { return bac_random_below(&w->random, bound); }
static uint32_t nodes(const struct world *w) { return w->plan.config.nodes; }
static bool honest(const struct world *w, uint32_t host) { return host >= w->plan.config.byzantine && host < nodes(w); }

static void note(const struct world *w, const char *what, uint32_t node) {
  if (w->trace) fprintf(w->trace, "%11.6f  node %u %s\n", (double)bac_sim_now(w->sim) * 1e-9, node, what);
}

static bool violated(const struct world *w) {
  const char *text;
  return bac_checker_verdict(w->checker, &text) != BAC_CHECK_NONE;
}

/* ---- What the network tells. ---- */

static bool pass(void *ctx, uint32_t from, uint32_t to, uint8_t *bytes, size_t *length) {
  struct world *w = ctx;
  if (w->adversary) bac_adversary_hear(w->adversary, from, to, bytes, *length);
  return bac_channel_pass(w->channel, from, to, bytes, length);
}

static void trace_effect(const struct world *w, bac_time now, uint32_t host, const struct bac_effect *e) {
  const char *twin = host >= nodes(w) ? "'" : "";
  const uint32_t id = host >= nodes(w) ? host - nodes(w) : host;
  const double s = (double)now * 1e-9;
  if (e->type == BAC_EFFECT_COMMIT)
    fprintf(w->trace, "%11.6f  node %u%s commits %" PRIu64 " (epoch %" PRIu64 ", round %" PRIu64 ", by %u, %u transfers, %u records) %02x%02x%02x%02x\n", s, id, twin,
            e->commit.height, e->commit.epoch, e->commit.round, e->commit.proposer, e->commit.tx_count, e->commit.records, e->commit.digest[0], e->commit.digest[1],
            e->commit.digest[2], e->commit.digest[3]);
  else if (e->type == BAC_EFFECT_EPOCH)
    fprintf(w->trace, "%11.6f  node %u%s is in epoch %" PRIu64 " on block %" PRIu64 ", %u members%s%s%s\n", s, id, twin, e->epoch.epoch, e->epoch.base, e->epoch.roster->count,
            e->epoch.member ? "" : ", not one", e->epoch.jumped ? ", by a state from others" : "", e->epoch.recovered ? ", recovered" : "");
  else if (e->type == BAC_EFFECT_PROPOSE)
    fprintf(w->trace, "%11.6f  node %u%s proposes %" PRIu64 " (round %" PRIu64 ", %u transactions) %02x%02x%02x%02x\n", s, id, twin, e->propose.height, e->propose.round,
            e->propose.tx_count, e->propose.digest[0], e->propose.digest[1], e->propose.digest[2], e->propose.digest[3]);
  else if (e->type == BAC_EFFECT_REVOKE)
    fprintf(w->trace, "%11.6f  node %u%s takes back %u blocks above %" PRIu64 "\n", s, id, twin, e->revoke.blocks, e->revoke.height);
  else if (e->type == BAC_EFFECT_REJECT)
    fprintf(w->trace, "%11.6f  node %u%s rejects what %u sent: %s\n", s, id, twin, e->reject.from, bac_reject_name(e->reject.reason));
}

#define STRIKE_INTERVAL (2 * BAC_SECOND)

/* Somebody has committed a height, and nobody else: the dangerous moment of every protocol. It is cut off, or all others lose power at one of
 * the next things that they write, or both; half of the time it loses power with them. */
static void strike(struct world *w, uint32_t host) {
  const bac_time now = bac_sim_now(w->sim);
  if (w->event_at == BAC_NEVER || now - w->struck_at < STRIKE_INTERVAL) return;
  const bool chosen = bac_random_chance(&w->moment, 1, 2) != 0;
  const bac_time lasting = BAC_MS * (bac_time)(200 + bac_random_below(&w->moment, 8000));
  if (!chosen) return;
  w->struck_at = now;
  if (fault(w, BAC_FAULT_ISOLATE)) {
    note(w, "is cut off", host);
    bac_channel_isolate(w->channel, host, now + lasting);
  }
  if (!fault(w, BAC_FAULT_BLACKOUT)) return;
  const uint32_t writes = bac_random_chance(&w->moment, 1, 2) ? 1 : 2 + (uint32_t)bac_random_below(&w->moment, 8);
  const bool all = bac_random_chance(&w->moment, 1, 2) != 0;
  for (uint32_t i = w->plan.config.byzantine; i < w->plan.config.founders; i++)
    if ((all || i != host) && bac_sim_up(w->sim, i) && w->gone_at[i] == BAC_NEVER) bac_sim_crash_within(w->sim, i, i == host ? writes + 1 : writes);
}

static void effect(void *ctx, bac_time now, uint32_t host, const struct bac_effect *e) {
  struct world *w = ctx;
  if (w->trace) trace_effect(w, now, host, e);
  if (!honest(w, host)) return;
  bac_promises_step(w->promises, host, bac_sim_steps(w->sim), bac_sim_life(w->sim, host));
  bac_checker_effect(w->checker, now, host, e);
  if (e->type == BAC_EFFECT_COMMIT && e->commit.height > w->top) {
    w->top = e->commit.height;
    if (w->channel) strike(w, host);
  }
  char text[200];
  if (w->durable && bac_durable_effect(w->durable, host, bac_sim_steps(w->sim), bac_sim_life(w->sim, host), e, text, sizeof text))
    bac_checker_violation(w->checker, now, BAC_CHECK_PROMISE, text);
  if (bac_oracle_effect(w->oracle, host, bac_sim_steps(w->sim), e, text, sizeof text)) bac_checker_violation(w->checker, now, BAC_CHECK_RULE, text);
}

static void signature(void *ctx, const struct bac_msg *msg) {
  struct world *w = ctx;
  char text[200];
  const bool ours = msg->sender < nodes(w) && honest(w, msg->sender);
  if (bac_oracle_signed(w->oracle, msg, text, sizeof text)) bac_checker_violation(w->checker, w->sim ? bac_sim_now(w->sim) : 0, BAC_CHECK_RULE, text);
  if (!ours) return;
  const uint32_t life = w->sim ? bac_sim_life(w->sim, msg->sender) : 0; /* as the nodes start there is no network yet */
  if (w->durable && bac_durable_sign(w->durable, msg, w->sim ? bac_sim_steps(w->sim) : 0, life, text, sizeof text))
    bac_checker_violation(w->checker, w->sim ? bac_sim_now(w->sim) : 0, BAC_CHECK_PROMISE, text);
  if (bac_promises_sign(w->promises, msg, w->sim ? bac_sim_steps(w->sim) : 0, life, text, sizeof text))
    bac_checker_violation(w->checker, w->sim ? bac_sim_now(w->sim) : 0, BAC_CHECK_PROMISE, text);
}

/* ---- Events. ---- */

static void crash(struct world *w, uint32_t node) {
  note(w, "crashes", node);
  if (bac_sim_up(w->sim, node)) bac_sim_crash(w->sim, node);
  w->verdict->crashes++;
  /* Half of them are back within the round. */
  w->up_at[node] = bac_sim_now(w->sim) + BAC_MS * (bac_time)(1 + below(w, below(w, 2) == 0 ? 100 : 5000));
}

/* An honest node that is up, or BAC_PLAN_DRAW. */
static uint32_t victim(struct world *w) {
  const uint32_t f = w->plan.config.byzantine, node = f + (uint32_t)below(w, nodes(w) - f);
  return bac_sim_up(w->sim, node) && w->gone_at[node] == BAC_NEVER ? node : BAC_PLAN_DRAW;
}

static void event(struct world *w) {
  const uint32_t node = nodes(w) > w->plan.config.byzantine ? victim(w) : BAC_PLAN_DRAW;
  switch (below(w, 4)) {
    case 0:
      if (!fault(w, BAC_FAULT_PARTITION) && !fault(w, BAC_FAULT_ONE_WAY) && !w->plan.beyond) break;
      if (w->trace) fprintf(w->trace, "%11.6f  the network splits, or not\n", (double)bac_sim_now(w->sim) * 1e-9);
      if (below(w, 3) == 0)
        bac_channel_join(w->channel);
      else
        bac_channel_shuffle(w->channel);
      break;
    case 1:
      if (fault(w, BAC_FAULT_CRASH) && node != BAC_PLAN_DRAW) crash(w, node);
      break;
    case 2:
      if (fault(w, BAC_FAULT_CUT) && node != BAC_PLAN_DRAW) bac_sim_crash_within(w->sim, node, 1 + (uint32_t)below(w, 60));
      break;
    default:
      if (!fault(w, BAC_FAULT_CHURN) || node == BAC_PLAN_DRAW || w->leaves_left == 0) break;
      w->leaves_left--;
      w->gone_at[node] = bac_sim_now(w->sim) + BAC_SECOND * (bac_time)(1 + below(w, 10));
      note(w, "means to leave", node);
      bac_sim_depart(w->sim, node, w->gone_at[node]);
  }
}

static void comings_and_goings(struct world *w) {
  const bac_time now = bac_sim_now(w->sim);
  for (uint32_t i = 0; i < nodes(w); i++) {
    if (w->gone_at[i] <= now && bac_sim_up(w->sim, i)) {
      note(w, "goes", i);
      bac_sim_crash(w->sim, i);
    }
    if (w->gone_at[i] <= now || bac_sim_up(w->sim, i)) continue;
    if (w->up_at[i] == BAC_NEVER && i < w->plan.config.founders) crash(w, i); /* cut in the middle of a step */
    if (w->up_at[i] > now) continue;
    note(w, "starts", i);
    w->up_at[i] = BAC_NEVER;
    bac_sim_restart(w->sim, i);
  }
}

static void look(struct world *w) {
  const bac_time now = bac_sim_now(w->sim);
  for (uint32_t i = 0; i < nodes(w); i++) {
    struct bac_counters counters;
    if (!honest(w, i)) continue;
    bac_sim_counters(w->sim, i, &counters);
    bac_checker_counters(w->checker, now, i, &counters);
  }
  const size_t used = mallinfo2().uordblks;
  if (used > w->memory_before && (used - w->memory_before) / (nodes(w) + w->plan.config.twins) > MEMORY_MAX)
    bac_checker_violation(w->checker, now, BAC_CHECK_MEMORY, "more than 64 MB a node");
}

static void run_to(struct world *w, bac_time until) {
  while (bac_sim_now(w->sim) < until && !violated(w)) {
    const bac_time now = bac_sim_now(w->sim);
    bac_sim_run(w->sim, now + SLICE);
    if (w->adversary) bac_adversary_run(w->adversary);
    comings_and_goings(w);
    if (now / BAC_SECOND != (now + SLICE) / BAC_SECOND) look(w);
    if (w->event_at > now + SLICE) continue;
    event(w);
    w->event_at = now + SLICE + bac_random_exponential(&w->random, w->plan.event_mean);
  }
}

/* ---- Healing. ---- */

static bool progressed(const struct world *w, uint64_t goal) {
  uint32_t members = 0;
  for (uint32_t i = 0; i < nodes(w); i++) {
    uint64_t epoch;
    bool member;
    if (!honest(w, i) || !bac_sim_epoch(w->sim, i, &epoch, &member) || !member) continue;
    if (bac_checker_height(w->checker, i) < goal) return false;
    members++;
  }
  return members > 0;
}

static void stuck(struct world *w, uint64_t goal) {
  char text[300];
  int at = snprintf(text, sizeof text, "no progress to height %" PRIu64 " in %d s after healing; epoch/height/round", goal, (int)(BAC_HEAL_TIME / BAC_SECOND));
  for (uint32_t i = 0; i < nodes(w) && at < (int)sizeof text - 40; i++) {
    uint64_t epoch;
    bool member;
    const bool up = bac_sim_epoch(w->sim, i, &epoch, &member);
    struct bac_counters counters;
    bac_sim_counters(w->sim, i, &counters);
    if (!honest(w, i)) continue;
    at += snprintf(text + at, sizeof text - (size_t)at, " %u:%" PRIu64 "/%" PRIu64 "/%" PRIu64 "%s", i, epoch, bac_checker_height(w->checker, i), counters.round, !up ? " down" : member ? "" : " outside");
  }
  bac_checker_violation(w->checker, bac_sim_now(w->sim), BAC_CHECK_PROGRESS, text);
}

static void heal(struct world *w) {
  if (w->trace) fprintf(w->trace, "%11.6f  all faults end\n", (double)bac_sim_now(w->sim) * 1e-9);
  bac_channel_heal(w->channel);
  bac_sim_calm(w->sim);
  w->event_at = BAC_NEVER;
  for (uint32_t i = 0; i < nodes(w); i++) {
    w->gone_at[i] = BAC_NEVER;
    w->up_at[i] = bac_sim_now(w->sim);
  }
  /* The rules as printed have no view change, and with too many byzantine members nothing is promised. */
  if (w->plan.beyond || w->plan.config.node.mode != BAC_MODE_SAFE) return;
  const bac_time healed = bac_sim_now(w->sim), end = healed + BAC_HEAL_TIME;
  const uint64_t goal = bac_checker_height_max(w->checker) + BAC_HEAL_HEIGHTS;
  do run_to(w, bac_sim_now(w->sim) + BAC_SECOND / 2);
  while (!violated(w) && !progressed(w, goal) && bac_sim_now(w->sim) < end);
  w->verdict->healed_in = bac_sim_now(w->sim) - healed;
  if (!violated(w) && !progressed(w, goal)) stuck(w, goal);
}

/* ---- The world. ---- */

static bool world_init(struct world *w, char *why, size_t why_size) {
  const struct bac_sim_config *c = &w->plan.config;
  bool is_honest[BAC_ROSTER_MAX];
  uint32_t ids[BAC_ROSTER_MAX];
  w->random = bac_random_stream(w->plan.seed, 3, BAC_PURPOSE_FAULTS);
  w->moment = bac_random_stream(w->plan.seed, 6, BAC_PURPOSE_FAULTS);
  w->struck_at = -STRIKE_INTERVAL;
  w->memory_before = mallinfo2().uordblks;
  w->up_at = bac_alloc(c->nodes, sizeof *w->up_at);
  w->gone_at = bac_alloc(c->nodes, sizeof *w->gone_at);
  w->members = bac_alloc(c->nodes, sizeof *w->members);
  for (uint32_t i = 0; i < c->nodes; i++) {
    ids[i] = i;
    is_honest[i] = honest(w, i);
    w->gone_at[i] = BAC_NEVER;
    w->up_at[i] = i < c->founders ? BAC_NEVER : BAC_MS * (bac_time)below(w, (uint64_t)(w->plan.time / BAC_MS));
  }
  bac_fast_crypto(!w->plan.real_crypto);
  bac_members_derive(w->plan.seed, ids, c->nodes, w->members);
  w->genesis = (struct bac_roster){.count = c->founders, .members = w->members, .epoch_blocks = c->epoch_blocks};
  if (c->epoch_blocks > 0) bac_ca_derive_key(w->plan.seed, w->genesis.ca_key);
  /* As many may leave as keep the byzantine members a third at most. */
  for (uint32_t left = c->founders; left > 4 && bac_faults_max(left - 1) >= c->byzantine; left--) w->leaves_left++;
  w->event_at = bac_random_exponential(&w->random, w->plan.event_mean);
  w->checker = bac_checker_new(&w->plan.config.node, &w->genesis, is_honest, c->nodes);
  w->promises = bac_promises_new(is_honest, c->nodes, c->node.mode == BAC_MODE_SAFE);
  if (c->node.mode == BAC_MODE_SAFE)
    w->durable = bac_durable_new(is_honest, c->nodes, c->node.vote_rule == BAC_VOTE_LIGHT, c->node.block_bytes_max);
  w->oracle = bac_oracle_new(&w->plan.config.node, &w->genesis, is_honest, c->nodes);
  bac_watch_signatures(signature, w);
  w->sim = bac_sim_new(c, why, why_size);
  if (!w->sim) return false;
  w->channel = bac_channel_new(&w->plan, w->sim);
  w->adversary = bac_adversary_new(&w->plan, w->sim, w->channel, &w->genesis);
  bac_sim_set_filter(w->sim, pass, w);
  bac_sim_on_effect(w->sim, effect, w);
  if (w->plan.beyond) bac_channel_shuffle(w->channel);
  return true;
}

static void world_free(struct world *w) {
  if (w->sim) {
    bac_adversary_free(w->adversary);
    bac_channel_free(w->channel);
    bac_sim_free(w->sim);
  }
  bac_watch_signatures(NULL, NULL);
  bac_promises_free(w->promises);
  bac_durable_free(w->durable);
  bac_oracle_free(w->oracle);
  bac_checker_free(w->checker);
  free(w->members);
  free(w->up_at);
  free(w->gone_at);
  bac_fast_crypto(false);
}

int bac_swarm_run(const struct bac_plan_options *options, FILE *trace, struct bac_verdict *verdict, char *why, size_t why_size) {
  struct world *w = bac_alloc(1, sizeof *w);
  *verdict = (struct bac_verdict){.check = BAC_CHECK_NONE};
  w->trace = trace;
  w->verdict = verdict;
  int result = bac_plan_draw(&w->plan, options, why, why_size);
  if (result == BAC_OK) {
    bac_plan_describe(&w->plan, verdict->plan, sizeof verdict->plan);
    result = world_init(w, why, why_size) ? BAC_OK : BAC_EINVAL;
    if (result == BAC_OK) {
      run_to(w, w->plan.time);
      if (!violated(w)) heal(w);
      const char *text;
      verdict->check = bac_checker_verdict(w->checker, &text);
      snprintf(verdict->text, sizeof verdict->text, "%s", text);
      const struct bac_sim_report report = bac_sim_report(w->sim);
      verdict->height = bac_checker_height_max(w->checker);
      verdict->epochs = report.epoch_max;
      verdict->frames = report.frames;
      verdict->steps = report.steps;
      verdict->txs_submitted = report.txs_submitted;
      verdict->txs_committed = report.txs_committed;
      bac_checker_digest(w->checker, verdict->digest);
    }
    world_free(w);
  }
  free(w);
  return result;
}
