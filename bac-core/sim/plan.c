/* SPDX-License-Identifier: GPL-2.0-only */
#include "plan.h"

#include <stdio.h>
#include <string.h>

#include "base/quorum.h"
#include "base/random.h"

static const char *const fault_names[BAC_FAULTS] = {"loss",    "burst",  "delay", "reorder", "duplicate", "corrupt", "replay", "partition",
                                                    "one-way", "hidden", "skew",  "crash",   "cut",       "slow",    "churn", "isolate", "blackout"};
static const char *const attack_names[BAC_ATTACKS] = {"silent", "withhold", "twin", "echo", "lie", "old", "spend", "censor", "speak"};

static bool has(uint32_t set, int i) { return set >> i & 1; }
static uint32_t below(struct bac_random *r, uint32_t bound) { return (uint32_t)bac_random_below(r, bound); }

/* Each is on with probability 1/3, and one at least. */
static uint32_t subset(struct bac_random *r, uint32_t of) {
  uint32_t set = 0;
  for (uint32_t i = 0; i < of; i++)
    if (bac_random_chance(r, 1, 3)) set |= 1u << i;
  return set ? set : 1u << below(r, of);
}

static void draw_rates(struct bac_plan *p, struct bac_random *r) {
  struct bac_sim_config *c = &p->config;
  /* All are drawn, whether on or not: what one seed switches on does not shift the others. */
  p->loss_permille = 1 + below(r, 300);
  p->burst_permille = 1 + below(r, 40);
  p->burst_frames = 2 + below(r, 30);
  p->reorder_permille = 1 + below(r, 200);
  p->reorder_max = BAC_MS * (10 + below(r, 2000));
  p->replay_permille = 1 + below(r, 50);
  p->hidden_permille = 50 + below(r, 250);
  p->event_mean = BAC_MS * (1000 + below(r, 4000));
  const uint32_t delay = 5 + below(r, 200), duplicate = 1 + below(r, 200), corrupt = 1 + below(r, 10), epoch_blocks = 3 + below(r, 8);
  if (has(p->faults, BAC_FAULT_DELAY)) c->delay_max = BAC_MS * delay;
  if (has(p->faults, BAC_FAULT_DUPLICATE)) c->duplicate_permille = duplicate;
  if (has(p->faults, BAC_FAULT_CORRUPT)) c->corrupt_permille = corrupt;
  if (has(p->faults, BAC_FAULT_CHURN)) c->epoch_blocks = epoch_blocks;
  for (uint32_t i = 0; i < c->nodes; i++) {
    const bac_time offset = BAC_MS * (1 + below(r, 500));
    const int32_t drift = (int32_t)below(r, 200) - 100;
    const bool slow = bac_random_chance(r, 1, 4);
    const bac_time slowness = BAC_MS * (1 + below(r, 20));
    if (has(p->faults, BAC_FAULT_SKEW)) p->clocks[i] = (struct bac_sim_clock){.offset = offset, .drift_ppm = drift};
    if (has(p->faults, BAC_FAULT_SLOW) && slow) p->clocks[i].slowness = slowness;
  }
}

/* All within a few hundred metres: farther ones are hidden from each other more often than relays make up for once the faults are over. */
static void put_on_air(struct bac_plan *p) {
  struct bac_random r = bac_random_stream(p->seed, 7, BAC_PURPOSE_FAULTS);
  p->disc_m = 50 + below(&r, 200);
  p->air = bac_air_default(p->seed);
  if (bac_random_chance(&r, 1, 3)) p->air.beacon_millihz = 1000 * (1 + below(&r, 10));
  for (uint32_t i = 0; i < p->config.nodes; i++) bac_air_place(&r, p->disc_m, p->at_m[i]);
  p->config.air = &p->air;
  p->config.at_m = (const double(*)[3])p->at_m;
  p->config.delay_min = 0; /* the medium's own; what the seed has drawn comes on top */
  if (!has(p->faults, BAC_FAULT_DELAY)) p->config.delay_max = 0;
  p->config.twins = 0;
  p->attacks &= ~(1u << BAC_ATTACK_TWIN);
}

int bac_plan_draw(struct bac_plan *p, const struct bac_plan_options *o, char *why, size_t why_size) {
  struct bac_random r = bac_random_stream(o->seed, 0, BAC_PURPOSE_FAULTS);
  static const uint32_t sizes[] = {4, 5, 7, 7, 7, 10};
  *p = (struct bac_plan){.seed = o->seed};
  struct bac_sim_config *c = &p->config;
  *c = bac_sim_config_default(o->protocol, o->seed);
  c->node.mode = o->mode;
  if (o->seed % 5 == 4) c->node.crowd_members = 3; /* what a crowd does, among few */
  p->faults = subset(&r, BAC_FAULT_ISOLATE); /* those before it */
  p->attacks = subset(&r, BAC_ATTACK_SPEAK); /* those before it */
  const uint32_t founders = sizes[below(&r, sizeof sizes / sizeof *sizes)], joiners = below(&r, 3);
  c->founders = o->nodes == BAC_PLAN_DRAW ? founders : o->nodes;
  c->nodes = c->founders + (has(p->faults, BAC_FAULT_CHURN) ? joiners : 0);
  p->time = BAC_SECOND * (8 + below(&r, 16));
  if (o->time > 0) p->time = o->time;
  /* A committee of four decides in BAC 2.0, whoever is in it: one byzantine member is what it is made for, up to twelve members. */
  p->faults_max = bac_faults_max(strcmp(o->protocol, "bac2") == 0 && c->founders < 40 ? 4 : c->founders);
  if (strcmp(o->protocol, "leader") == 0) p->faults_max = 0;
  const uint32_t evil = bac_random_chance(&r, 2, 3) ? below(&r, p->faults_max + 1) : 0;
  c->byzantine = o->byzantine == BAC_PLAN_DRAW ? evil : o->byzantine;
  if (o->radio && (o->mode != BAC_MODE_SAFE || c->byzantine > p->faults_max)) {
    snprintf(why, why_size, "what breaks the paper's rules, or comes of too many byzantine members, are twins, and none are on the air: leave --radio out");
    return BAC_EINVAL;
  }
  if (c->founders < 1 || c->nodes > BAC_ROSTER_MAX / 2 || c->byzantine > c->founders) {
    snprintf(why, why_size, "%u nodes, %u of them byzantine: give 1 to %d nodes, and no more byzantine ones", c->founders, c->byzantine, BAC_ROSTER_MAX / 2 - 2);
    return BAC_EINVAL;
  }
  p->beyond = c->byzantine > p->faults_max;
  if (o->mode != BAC_MODE_SAFE) { /* the rules as printed are broken by members that vote twice: always there, as many as may be */
    if (o->byzantine == BAC_PLAN_DRAW) c->byzantine = p->faults_max;
    p->attacks |= 1u << BAC_ATTACK_TWIN | 1u << BAC_ATTACK_ECHO;
    p->attacks &= ~(1u << BAC_ATTACK_SILENT | 1u << BAC_ATTACK_WITHHOLD);
  }
  if (p->beyond) p->attacks |= 1u << BAC_ATTACK_TWIN;
  if (c->byzantine == 0) p->attacks = 0;
  if (has(p->attacks, BAC_ATTACK_TWIN)) c->twins = c->byzantine;
  c->clocks = p->clocks;
  c->disks = true;
  c->node.delivery = bac_random_chance(&r, 1, 4) ? BAC_DELIVERY_UNICAST : BAC_DELIVERY_BROADCAST;
  c->node.vote_rule = bac_random_chance(&r, 1, 4) ? BAC_VOTE_LIGHT : BAC_VOTE_FULL;
  c->node.block_interval = BAC_MS * (200 + below(&r, 1000));
  c->node.gossip_period = BAC_MS * (200 + below(&r, 600));
  c->node.checkpoint_interval = 2 + below(&r, 20);
  c->node.bodies_kept = 2 + below(&r, 20);
  c->node.full_permille = below(&r, 1001);
  c->node.block_bytes_max = bac_random_chance(&r, 1, 4) ? 1500 : 100000;
  c->tx_rate_milli = 100 + below(&r, 1000);
  p->real_crypto = o->seed % 16 == 0;
  c->share = p->real_crypto;
  draw_rates(p, &r);
  if (bac_random_chance(&r, 1, 3)) p->faults |= 1u << BAC_FAULT_ISOLATE;
  struct bac_random more = bac_random_stream(o->seed, 5, BAC_PURPOSE_FAULTS); /* what came later, without shifting what was there */
  if (bac_random_chance(&more, 1, 6)) p->faults |= 1u << BAC_FAULT_BLACKOUT;
  /* Who speaks well says nothing else, but for transactions: one would hide the other. It knows no words of the hashgraph. Where votes are
   * light no more than the CPs tolerate do: more of them among the CPs can withhold a body that all others have voted for. */
  if (bac_random_chance(&more, 1, 2) && strcmp(o->protocol, "hashgraph") != 0 && o->mode == BAC_MODE_SAFE && p->faults_max > 0 && o->byzantine == BAC_PLAN_DRAW) {
    const bool light = strcmp(o->protocol, "bac") == 0 && c->node.vote_rule == BAC_VOTE_LIGHT;
    c->byzantine = light ? 1 : p->faults_max;
    p->attacks = (p->attacks & 1u << BAC_ATTACK_SPEND) | 1u << BAC_ATTACK_SPEAK;
    p->instead = strcmp(o->protocol, "bac2") != 0; /* gossip is its nodes' own */
    c->twins = 0;
  }
  /* Where all who keep bodies may be byzantine and no epoch ends, with whose state one could go on, who falls far behind stays there. */
  if (c->byzantine > 0 && c->epoch_blocks == 0) c->node.full_permille = 1000;
  if (o->radio) put_on_air(p);
  return bac_config_check(&c->node, why, why_size);
}

static void names(char *text, size_t size, uint32_t set, const char *const *name, int count, const char *between) {
  size_t at = strlen(text);
  bool first = true;
  for (int i = 0; i < count; i++) {
    if (!has(set, i) || at >= size) continue;
    at += (size_t)snprintf(text + at, size - at, "%s%s", first ? "" : between, name[i]);
    first = false;
  }
}

static void add(char *text, size_t size, const char *more) {
  const size_t at = strlen(text);
  snprintf(text + at, size - at, "%s", more);
}

void bac_plan_describe(const struct bac_plan *p, char *text, size_t size) {
  char end[160];
  snprintf(text, size, "%u+%u nodes, ", p->config.founders, p->config.nodes - p->config.founders);
  snprintf(end, sizeof end, "%u byzantine of at most %u (", p->config.byzantine, p->faults_max);
  if (p->config.byzantine > 0) {
    add(text, size, end);
    names(text, size, p->attacks, attack_names, BAC_ATTACKS, " ");
    add(text, size, "), ");
  }
  names(text, size, p->faults, fault_names, BAC_FAULTS, " ");
  if (p->disc_m > 0) {
    snprintf(end, sizeof end, ", 802.11p within %u m, beacons at %u Hz", p->disc_m, p->air.beacon_millihz / 1000);
    add(text, size, end);
  }
  snprintf(end, sizeof end, ", %u s, %s", (unsigned)(p->time / BAC_SECOND), p->real_crypto ? "Ed25519" : "fast signatures");
  add(text, size, end);
}
