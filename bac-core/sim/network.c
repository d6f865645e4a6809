/* SPDX-License-Identifier: GPL-2.0-only */
#include "network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "air.h"
#include "base/bytes.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "disk.h"
#include "jammer.h"
#include "observer.h"
#include "store/file.h"
#include "store/store.h"

enum kind { KIND_FRAME, KIND_SENT, KIND_WAKE, KIND_SUBMIT, KIND_CPU, KIND_MAC };

#define AIR_CHANNEL 172

#define BACKLOG_MAX 1000 /* frames waiting for a busy CPU: a receive buffer. What comes on top of them is lost. */

struct item {
  bac_time at;
  uint64_t order; /* ties run in the order they were made */
  enum kind kind;
  uint32_t node, life; /* life: of the node when the item was made; a restart makes older ones void */
  struct bac_buf *frame;
  uint32_t to; /* KIND_MAC: the frame's receiver */
  struct bac_submit submit;
};

struct host {
  struct bac_node *node; /* NULL: crashed */
  uint32_t id;           /* a twin's is another host's */
  bool byzantine;
  struct bac_sim_clock clock;
  uint32_t fuse; /* records and frames until it crashes in the middle of a step; 0: none */
  struct bac_workload *workload;
  uint32_t life;
  bac_time cpu_free_at, mac_free_at, wake_at;
  bool wake_waits;      /* in the backlog: no other wake-up is needed */
  struct item *backlog; /* what came while the CPU was busy, in order: a ring */
  size_t backlog_first, backlog_count, backlog_capacity;
  struct bac_store *own, *store; /* the one in use; own: in memory, or on the disk (NULL while the power is off) */
  struct bac_disk *disk;         /* NULL: none */
  uint8_t group;
  uint64_t epoch;
  bool member;
  uint8_t certificate[BAC_CERTIFICATE_BYTES];
  struct bac_buf *passport;
};

struct bac_sim {
  struct bac_sim_config config;
  struct bac_member *members;
  struct bac_roster roster, everybody; /* at genesis; all that may ever be */
  struct bac_shared *shared;
  struct host *hosts;
  struct bac_random random;
  bac_time now;
  struct item *heap;
  size_t heap_count, heap_capacity;
  uint64_t order;
  bac_sim_filter filter;
  void *filter_ctx;
  bac_sim_commit on_commit;
  void *commit_ctx;
  bac_sim_effect on_effect;
  void *effect_ctx;
  uint32_t hosts_count; /* nodes and their twins */
  struct bac_observer *observer;
  struct bac_jammer *jammer; /* NULL: no attack */
  struct bac_air *air;       /* NULL: no radio */
  struct bac_sim_report report;
};

struct bac_sim_config bac_sim_config_default(const char *protocol, uint64_t seed) {
  struct bac_sim_config c = {.node = bac_config_default(),
                             .nodes = 4,
                             .delay_min = BAC_MS,
                             .delay_max = 5 * BAC_MS,
                             .tx_rate_milli = 500,
                             .tx_bytes = 300,
                             .tx_stop = BAC_NEVER,
                             .jam_after = BAC_NEVER,
                             .share = true};
  c.node.protocol = protocol;
  c.node.seed = seed;
  return c;
}

/* ---- The queue: a binary heap by (time, order). ---- */

static bool earlier(const struct item *a, const struct item *b) { return a->at != b->at ? a->at < b->at : a->order < b->order; }

static void push(struct bac_sim *sim, struct item item) {
  if (sim->heap_count == sim->heap_capacity) {
    sim->heap_capacity = sim->heap_capacity ? sim->heap_capacity * 2 : 1024;
    sim->heap = bac_realloc(sim->heap, sim->heap_capacity, sizeof *sim->heap);
  }
  item.order = sim->order++;
  item.life = sim->hosts[item.node].life;
  size_t i = sim->heap_count++;
  while (i > 0 && earlier(&item, &sim->heap[(i - 1) / 2])) {
    sim->heap[i] = sim->heap[(i - 1) / 2];
    i = (i - 1) / 2;
  }
  sim->heap[i] = item;
}

static struct item pop(struct bac_sim *sim) {
  struct item top = sim->heap[0], last = sim->heap[--sim->heap_count];
  size_t i = 0;
  for (;;) {
    size_t child = 2 * i + 1;
    if (child >= sim->heap_count) break;
    if (child + 1 < sim->heap_count && earlier(&sim->heap[child + 1], &sim->heap[child])) child++;
    if (!earlier(&sim->heap[child], &last)) break;
    sim->heap[i] = sim->heap[child];
    i = child;
  }
  sim->heap[i] = last;
  return top;
}

/* ---- Effects. ---- */

static void deliver(struct bac_sim *sim, uint32_t from, uint32_t to, const uint8_t *bytes, size_t length, bac_time at) {
  const struct bac_sim_config *c = &sim->config;
  if (sim->hosts[from].group != sim->hosts[to].group) return;
  if (!sim->hosts[to].node && !sim->hosts[to].byzantine) return;
  if (bac_random_chance(&sim->random, c->loss_permille, 1000)) return;
  struct bac_buf *frame = bac_buf_new(bytes, length);
  if (bac_random_chance(&sim->random, c->corrupt_permille, 1000))
    frame->data[bac_random_below(&sim->random, length)] ^= (uint8_t)(1 + bac_random_below(&sim->random, 255));
  if (sim->filter && !sim->filter(sim->filter_ctx, from, to, frame->data, &frame->length)) {
    bac_buf_unref(frame);
    return;
  }
  uint32_t copies = bac_random_chance(&sim->random, c->duplicate_permille, 1000) ? 2 : 1;
  for (uint32_t i = 0; i < copies; i++) {
    bac_time delay = c->delay_min + (bac_time)bac_random_below(&sim->random, (uint64_t)(c->delay_max - c->delay_min + 1));
    push(sim, (struct item){.at = at + delay, .kind = KIND_FRAME, .node = to, .frame = bac_buf_ref(frame)});
  }
  bac_buf_unref(frame);
}

static void transmit(struct bac_sim *sim, uint32_t from, const struct bac_effect *e, bac_time at, bool jammed) {
  const struct bac_config *c = &sim->config.node;
  struct host *h = &sim->hosts[from];
  sim->report.frames++;
  sim->report.frame_bytes += e->frame.length;
  if (sim->air) {
    push(sim, (struct item){.at = at, .kind = KIND_MAC, .node = from, .to = e->frame.destination, .frame = bac_buf_new(e->frame.bytes, e->frame.length)});
    return;
  }
  bac_time airtime = c->frame_overhead_ns + (bac_time)(e->frame.length * 8 * (uint64_t)BAC_SECOND / c->bit_rate_bps);
  if (h->mac_free_at < at) h->mac_free_at = at;
  h->mac_free_at += airtime;
  push(sim, (struct item){.at = h->mac_free_at, .kind = KIND_SENT, .node = from});
  for (uint32_t to = 0; to < sim->hosts_count && !jammed; to++)
    if (sim->hosts[to].id != h->id && (e->frame.destination == BAC_BROADCAST || e->frame.destination == sim->hosts[to].id))
      deliver(sim, from, to, e->frame.bytes, e->frame.length, h->mac_free_at);
}

/* ---- With a radio: frames go to the MAC when the step is over, and come from the medium. ---- */

static void air_sent(void *ctx, bac_time now, uint32_t station) { push(ctx, (struct item){.at = now, .kind = KIND_SENT, .node = station}); }

static void air_heard(void *ctx, bac_time now, uint32_t station, uint32_t from, const uint8_t *bytes, size_t length) {
  deliver(ctx, from, station, bytes, length, now);
}

static void to_mac(struct bac_sim *sim, const struct item *item) {
  const uint32_t to = item->to == BAC_BROADCAST ? BAC_TO_ALL : item->to;
  if (!bac_air_send(sim->air, sim->now, item->node, to, item->frame->data, item->frame->length)) air_sent(sim, sim->now, item->node); /* dropped */
}

static int put_on_air(struct bac_sim *sim, char *why, size_t why_size) {
  const struct bac_sim_config *c = &sim->config;
  if (c->twins > 0 || c->jam_after != BAC_NEVER) {
    snprintf(why, why_size, "twins and jam_after do not go together with a medium: leave one of them out");
    return BAC_EINVAL;
  }
  const struct bac_air_host host = {.ctx = sim, .heard = air_heard, .sent = air_sent};
  sim->air = bac_air_new(c->air, &host, why, why_size);
  if (!sim->air) return BAC_EINVAL;
  for (uint32_t i = 0; i < c->nodes; i++) {
    if (bac_air_add(sim->air, AIR_CHANNEL, c->at_m[i]) < 0) {
      snprintf(why, why_size, "node %u stands nowhere", i);
      return BAC_EINVAL;
    }
  }
  sim->config.air = NULL; /* borrowed for this call */
  sim->config.at_m = NULL;
  return BAC_OK;
}

/* Who is down neither hears nor says anything. A byzantine one's ears stay open. */
static void air_power(struct bac_sim *sim, uint32_t node, bool on) {
  if (sim->air && !sim->hosts[node].byzantine) bac_air_set_on(sim->air, sim->now, node, on);
}

/* A node's clock, and the first moment at which it shows `at`: times far off are good enough as they are. */
static bac_time node_time(const struct bac_sim_clock *c, bac_time now) { return c->offset + now + now * c->drift_ppm / 1000000; }
static bac_time world_time(const struct bac_sim_clock *c, bac_time at) {
  if ((c->offset == 0 && c->drift_ppm == 0) || at > 1000 * BAC_SECOND) return at;
  bac_time guess = (at - c->offset) * 1000000 / (1000000 + c->drift_ppm) - 1;
  while (node_time(c, guess) < at) guess++;
  return guess;
}

static void carry_out_effect(struct bac_sim *sim, uint32_t node, const struct bac_effect *e, bac_time at) {
  struct host *h = &sim->hosts[node];
  const struct bac_observed_node observed = {.id = node, .shard = sim->roster.shard};
  if (sim->jammer) bac_jammer_effect(sim->jammer, node, e);
  if (!h->byzantine) bac_observer_effect(sim->observer, sim->now, &observed, e);
  if (sim->on_effect) sim->on_effect(sim->effect_ctx, sim->now, node, e);
  switch (e->type) {
    case BAC_EFFECT_FRAME:
      transmit(sim, node, e, at, sim->jammer && bac_jammer_frame(sim->jammer, at, node));
      break;
    case BAC_EFFECT_COMMIT:
      if (sim->on_commit) sim->on_commit(sim->commit_ctx, sim->now, node, &e->commit);
      break;
    case BAC_EFFECT_EPOCH:
      sim->report.turns += e->epoch.epoch > h->epoch;
      h->epoch = e->epoch.epoch;
      h->member = e->epoch.member;
      sim->report.stalls += e->epoch.recovered && e->epoch.epoch > sim->report.epoch_max;
      if (e->epoch.epoch > sim->report.epoch_max) sim->report.epoch_max = e->epoch.epoch;
      sim->report.jumps += e->epoch.jumped;
      break;
    case BAC_EFFECT_PERSIST: /* done */
    case BAC_EFFECT_TX_STATUS:
    case BAC_EFFECT_PROPOSE:
    case BAC_EFFECT_ROLE:
    case BAC_EFFECT_REJECT:
    case BAC_EFFECT_REVOKE:
    case BAC_EFFECT_ANNOUNCED: /* no base station */
    case BAC_EFFECT_HANDOVER: /* that is another network's: bac_sim_passport */
      break;
  }
}

#define DISK_DEAD_BYTES 20000 /* small, so that files are rewritten in short runs too */

/* The host's own store: anew, or as the power cut has left it. */
static void open_store(struct bac_sim *sim, struct host *h) {
  if (!h->disk) {
    h->own = bac_store_memory_new();
    return;
  }
  const struct bac_store_file_config fc = {.path = "records",
                                           .owner = sim->members[h->id].sign_key,
                                           .dead_bytes_max = DISK_DEAD_BYTES,
                                           .layer = bac_disk_layer(h->disk)};
  char why[700];
  int error;
  h->own = bac_store_file_open(&fc, &error, why, sizeof why);
  BAC_ASSERT(h->own); /* no power cut damages what was synced */
}

/* The power goes while the step's records are written, at the one the fuse says. Those before it may be durable, none was synced: what
 * they stand for has happened then, and those who watch are told. No frame leaves. */
static void cut_in_records(struct bac_sim *sim, uint32_t node, const struct bac_output *out, bac_time at) {
  struct host *h = &sim->hosts[node];
  char why[512];
  if (h->disk && h->store == h->own) {
    const uint64_t before = bac_store_file_report(h->own).records;
    bac_disk_fail(h->disk, h->fuse, EIO);
    BAC_ASSERT(bac_store_keep(h->store, out, why, sizeof why) == BAC_EIO);
    bac_store_free(h->own);
    bac_disk_cut(h->disk);
    open_store(sim, h);
    h->store = h->own;
    uint64_t durable = bac_store_file_report(h->own).records - before;
    for (size_t i = 0; i < out->effect_count; i++) {
      const struct bac_effect *e = &out->effects[i];
      if (e->type == BAC_EFFECT_PERSIST && durable-- == 0) break;
      if (e->type != BAC_EFFECT_FRAME) carry_out_effect(sim, node, e, at);
    }
  }
  bac_sim_crash(sim, node);
}

static void carry_out(struct bac_sim *sim, uint32_t node, const struct bac_output *out, bac_time at) {
  struct host *h = &sim->hosts[node];
  char why[512];
  uint32_t records = 0;
  for (size_t i = 0; i < out->effect_count; i++) records += out->effects[i].type == BAC_EFFECT_PERSIST;
  if (h->fuse > 0 && h->fuse <= records) {
    cut_in_records(sim, node, out, at);
    return;
  }
  if (h->fuse > 0) h->fuse -= records;
  if (bac_store_keep(h->store, out, why, sizeof why) != BAC_OK) { /* nothing of this step leaves */
    bac_sim_crash(sim, node);
    return;
  }
  for (size_t i = 0; i < out->effect_count; i++) {
    /* What is durable has happened, whoever hears of it: only frames are lost. */
    if (out->effects[i].type == BAC_EFFECT_FRAME && h->fuse > 0 && --h->fuse == 0) {
      bac_sim_crash(sim, node);
      return;
    }
    carry_out_effect(sim, node, &out->effects[i], at);
  }
  const bac_time wakeup = world_time(&h->clock, out->wakeup);
  if (wakeup != BAC_NEVER && !h->wake_waits && (h->wake_at <= sim->now || wakeup < h->wake_at)) {
    h->wake_at = wakeup;
    push(sim, (struct item){.at = wakeup, .kind = KIND_WAKE, .node = node});
  }
}

static int step(struct bac_sim *sim, uint32_t node, struct bac_event event) {
  struct host *h = &sim->hosts[node];
  struct bac_output out;
  event.now = node_time(&h->clock, sim->now);
  sim->report.steps++;
  int result = bac_node_step(h->node, &event, &out);
  bac_time cost = sim->config.cost ? bac_cost_time(sim->config.cost, &out.cost) : 0;
  if (h->clock.slowness > 0) cost += h->clock.slowness;
  h->cpu_free_at = sim->now + cost;
  /* Nothing steps this node before cpu_free_at, so its effects may be scheduled from there right now. */
  carry_out(sim, node, &out, h->cpu_free_at);
  return result;
}

static void submit_next(struct bac_sim *sim, uint32_t node) {
  struct item item = {.kind = KIND_SUBMIT, .node = node};
  item.at = bac_workload_next(sim->hosts[node].workload, &item.submit);
  if (item.at != BAC_NEVER) push(sim, item);
}

/* ---- A busy CPU: what comes meanwhile waits, in order. ---- */

static void backlog_add(struct bac_sim *sim, struct host *h, const struct item *item) {
  if (item->kind == KIND_FRAME && h->backlog_count >= BACKLOG_MAX) {
    bac_buf_unref(item->frame);
    return;
  }
  if (h->backlog_count == h->backlog_capacity) {
    struct item *wider = bac_alloc(2 * h->backlog_capacity + 64, sizeof *wider);
    for (size_t i = 0; i < h->backlog_count; i++) wider[i] = h->backlog[(h->backlog_first + i) % h->backlog_capacity];
    free(h->backlog);
    h->backlog = wider;
    h->backlog_first = 0;
    h->backlog_capacity = 2 * h->backlog_capacity + 64;
  }
  h->backlog[(h->backlog_first + h->backlog_count++) % h->backlog_capacity] = *item;
  h->wake_waits |= item->kind == KIND_WAKE;
  if (h->backlog_count == 1) push(sim, (struct item){.at = h->cpu_free_at, .kind = KIND_CPU, .node = item->node});
}

static struct item backlog_take(struct host *h) {
  struct item item = h->backlog[h->backlog_first];
  h->backlog_first = (h->backlog_first + 1) % h->backlog_capacity;
  h->backlog_count--;
  if (item.kind == KIND_WAKE) {
    h->wake_waits = false;
    h->wake_at = 0;
  }
  return item;
}

static void backlog_drop(struct bac_sim *sim, struct host *h) {
  while (h->backlog_count > 0) {
    struct item item = backlog_take(h);
    if (item.kind == KIND_SUBMIT) submit_next(sim, item.node);
    bac_buf_unref(item.frame);
  }
}

/* alive: the node is the one that the item was made for. */
static void perform(struct bac_sim *sim, struct item *item, bool alive) {
  struct host *h = &sim->hosts[item->node];
  if (item->kind == KIND_SUBMIT) {
    if (h->node) step(sim, item->node, (struct bac_event){.type = BAC_EVENT_SUBMIT, .submit = item->submit});
    submit_next(sim, item->node);
  } else if (alive && item->kind == KIND_FRAME) {
    struct bac_event event = {.type = BAC_EVENT_FRAME};
    event.frame.bytes = item->frame->data;
    event.frame.length = item->frame->length;
    step(sim, item->node, event);
  } else if (alive && item->kind == KIND_SENT) {
    struct bac_event event = {.type = BAC_EVENT_SENT};
    event.sent.count = 1;
    step(sim, item->node, event);
  } else if (alive && item->kind == KIND_WAKE) {
    step(sim, item->node, (struct bac_event){.type = BAC_EVENT_WAKE});
  }
  bac_buf_unref(item->frame);
}

static void backlog_next(struct bac_sim *sim, uint32_t node) {
  struct host *h = &sim->hosts[node];
  if (h->cpu_free_at <= sim->now) {
    struct item item = backlog_take(h);
    perform(sim, &item, true);
  }
  if (h->backlog_count > 0) push(sim, (struct item){.at = h->cpu_free_at, .kind = KIND_CPU, .node = node});
}

static void handle(struct bac_sim *sim, struct item *item) {
  struct host *h = &sim->hosts[item->node];
  const bool alive = h->node && item->life == h->life;
  if (item->kind == KIND_CPU) {
    if (alive) backlog_next(sim, item->node);
  } else if (item->kind == KIND_MAC) {
    if (alive) to_mac(sim, item);
    bac_buf_unref(item->frame);
  } else if (alive && (h->backlog_count > 0 || h->cpu_free_at > sim->now)) {
    backlog_add(sim, h, item);
  } else {
    perform(sim, item, alive);
  }
}

static struct bac_node *make_node(struct bac_sim *sim, uint32_t i, char *why, size_t why_size) {
  const struct bac_node_config nc = {.config = &sim->config.node, .roster = &sim->roster, .id = sim->hosts[i].id, .shared = sim->shared, .certificate = sim->config.epoch_blocks > 0 ? sim->hosts[i].certificate : NULL,
                                     .passport = sim->hosts[i].passport ? sim->hosts[i].passport->data : NULL,
                                     .passport_length = sim->hosts[i].passport ? sim->hosts[i].passport->length : 0};
  return bac_node_new(&nc, why, why_size);
}

struct bac_sim *bac_sim_new(const struct bac_sim_config *config, char *why, size_t why_size) {
  struct bac_sim *sim = bac_alloc(1, sizeof *sim);
  sim->config = *config;
  const uint32_t n = config->nodes;
  sim->hosts_count = n + config->twins;
  sim->members = bac_alloc(n, sizeof *sim->members);
  sim->hosts = bac_alloc(sim->hosts_count, sizeof *sim->hosts);
  for (uint32_t i = 0; i < sim->hosts_count; i++) {
    sim->hosts[i].id = i < n ? i : i - n;
    sim->hosts[i].byzantine = sim->hosts[i].id < config->byzantine;
    if (config->clocks) sim->hosts[i].clock = config->clocks[sim->hosts[i].id];
  }
  sim->random = bac_random_stream(config->node.seed, 0, BAC_PURPOSE_NETWORK);
  uint32_t *ids = bac_alloc(n, sizeof *ids);
  for (uint32_t i = 0; i < n; i++) ids[i] = i;
  bac_members_derive(config->node.seed, ids, n, sim->members);
  free(ids);
  const uint32_t founders = config->founders > 0 && config->founders < n ? config->founders : n;
  sim->everybody = (struct bac_roster){.count = n, .members = sim->members};
  sim->roster = (struct bac_roster){.count = founders, .members = sim->members, .epoch_blocks = config->epoch_blocks, .shard = config->shard,
                                     .neighbours = config->neighbours, .neighbour_count = config->neighbour_count};
  if (config->epoch_blocks > 0) bac_ca_derive_key(config->node.seed, sim->roster.ca_key);
  sim->observer = bac_observer_new(config->node.seed, 0, BAC_NEVER);
  if (config->jam_after != BAC_NEVER) sim->jammer = bac_jammer_new(config->jam_after);
  if (config->air && put_on_air(sim, why, why_size) != BAC_OK) {
    bac_sim_free(sim);
    return NULL;
  }
  if (config->share) sim->shared = bac_shared_new(1 << 16);
  const struct bac_workload_config wc = {
      .seed = config->node.seed, .rate_milli = config->tx_rate_milli, .tx_bytes = config->tx_bytes, .stop = config->tx_stop};
  for (uint32_t i = 0; i < sim->hosts_count; i++) {
    bac_certificate_derive(config->node.seed, sim->hosts[i].id, config->shard, 0, BAC_NEVER, sim->hosts[i].certificate);
    if (config->disks) sim->hosts[i].disk = bac_disk_new(config->node.seed * 1000 + i);
    open_store(sim, &sim->hosts[i]);
    sim->hosts[i].store = sim->hosts[i].own;
    sim->hosts[i].workload = bac_workload_new(&wc, &sim->everybody, sim->hosts[i].id);
    if (sim->hosts[i].id >= founders) continue;
    sim->hosts[i].node = make_node(sim, i, why, why_size);
    if (!sim->hosts[i].node) {
      bac_sim_free(sim);
      return NULL;
    }
  }
  for (uint32_t i = 0; i < sim->hosts_count; i++) {
    sim->hosts[i].member = sim->hosts[i].id < founders;
    if (!sim->hosts[i].node) {
      air_power(sim, i, false);
      submit_next(sim, i);
      continue;
    }
    step(sim, i, (struct bac_event){.type = BAC_EVENT_START});
    submit_next(sim, i);
  }
  return sim;
}

void bac_sim_free(struct bac_sim *sim) {
  if (!sim) return;
  for (size_t i = 0; i < sim->heap_count; i++) bac_buf_unref(sim->heap[i].frame);
  for (uint32_t i = 0; i < sim->hosts_count; i++) {
    struct host *h = &sim->hosts[i];
    bac_node_free(h->node);
    bac_workload_free(h->workload);
    bac_store_free(h->own);
    bac_disk_free(h->disk);
    bac_buf_unref(h->passport);
    for (; h->backlog_count > 0; bac_buf_unref(backlog_take(h).frame)) continue;
    free(h->backlog);
  }
  free(sim->heap);
  free(sim->hosts);
  free(sim->members);
  bac_observer_free(sim->observer);
  bac_jammer_free(sim->jammer);
  bac_air_free(sim->air);
  bac_shared_free(sim->shared);
  free(sim);
}

void bac_sim_run(struct bac_sim *sim, bac_time until) {
  for (;;) {
    const bac_time item_at = sim->heap_count > 0 ? sim->heap[0].at : BAC_NEVER, air_at = sim->air ? bac_air_next(sim->air) : BAC_NEVER;
    if (item_at > until && air_at > until) break;
    if (air_at < item_at) {
      sim->now = air_at;
      bac_air_run(sim->air, air_at);
      continue;
    }
    struct item item = pop(sim);
    sim->now = item.at;
    handle(sim, &item);
  }
  if (sim->now < until) sim->now = until;
}

void bac_sim_set_loss(struct bac_sim *sim, uint32_t loss_permille) { sim->config.loss_permille = loss_permille; }

void bac_sim_calm(struct bac_sim *sim) {
  const struct bac_sim_config calm = bac_sim_config_default(sim->config.node.protocol, sim->config.node.seed);
  sim->config.loss_permille = sim->config.duplicate_permille = sim->config.corrupt_permille = 0;
  sim->config.delay_min = calm.delay_min;
  sim->config.delay_max = calm.delay_max;
  for (uint32_t i = 0; i < sim->hosts_count; i++) {
    sim->hosts[i].clock.slowness = 0;
    sim->hosts[i].fuse = 0;
  }
}

void bac_sim_partition(struct bac_sim *sim, const uint8_t *group) {
  for (uint32_t i = 0; i < sim->config.nodes; i++) sim->hosts[i].group = group ? group[i] : 0;
}

void bac_sim_crash(struct bac_sim *sim, uint32_t node) {
  struct host *h = &sim->hosts[node];
  bac_node_free(h->node);
  h->node = NULL;
  h->life++;
  air_power(sim, node, false);
  backlog_drop(sim, h);
  if (!h->disk || h->store != h->own) return;
  bac_store_free(h->own);
  h->own = h->store = NULL;
  bac_disk_cut(h->disk);
}

void bac_sim_restart(struct bac_sim *sim, uint32_t node) {
  struct host *h = &sim->hosts[node];
  char why[512];
  BAC_ASSERT(!h->node);
  if (!h->store) {
    open_store(sim, h);
    h->store = h->own;
  }
  h->node = make_node(sim, node, why, sizeof why);
  BAC_ASSERT(h->node);
  h->cpu_free_at = h->mac_free_at = h->wake_at = sim->now;
  h->fuse = 0;
  air_power(sim, node, true);
  for (size_t i = 0; i < h->store->count; i++) {
    struct bac_event event;
    BAC_ASSERT(bac_store_read(h->store, i, &event, why, sizeof why) == BAC_OK);
    const int result = step(sim, node, event);
    BAC_ASSERT(result == BAC_OK);
  }
  h->cpu_free_at = sim->now;
  step(sim, node, (struct bac_event){.type = BAC_EVENT_START});
}

struct bac_medium *bac_sim_medium(struct bac_sim *sim) { return sim->air ? bac_air_medium(sim->air) : NULL; }

void bac_sim_use_store(struct bac_sim *sim, uint32_t node, struct bac_store *store) { sim->hosts[node].store = store ? store : sim->hosts[node].own; }

void bac_sim_depart(struct bac_sim *sim, uint32_t node, bac_time at) {
  struct bac_event event = {.type = BAC_EVENT_DEPART};
  event.depart.at = at;
  if (sim->hosts[node].node) step(sim, node, event);
}

void bac_sim_assign(struct bac_sim *sim, uint32_t node, const uint8_t *bytes, size_t length, const struct bac_motion *own) {
  struct bac_event event = {.type = BAC_EVENT_ASSIGN};
  event.assign.bytes = bytes;
  event.assign.length = length;
  event.assign.own = *own;
  if (sim->hosts[node].node) step(sim, node, event);
}

uint8_t *bac_sim_passport(const struct bac_sim *sim, uint32_t node, size_t *length) {
  return sim->hosts[node].node ? bac_node_passport(sim->hosts[node].node, length) : NULL;
}

void bac_sim_arrive(struct bac_sim *sim, uint32_t node, const uint8_t *passport, size_t length) {
  bac_buf_unref(sim->hosts[node].passport);
  sim->hosts[node].passport = bac_buf_new(passport, length);
  bac_sim_restart(sim, node);
}

void bac_sim_neighbour(const struct bac_sim *sim, struct bac_neighbour *out) { bac_neighbour_derive(out, &sim->roster); }

bool bac_sim_account(const struct bac_sim *sim, uint32_t node, uint32_t id, struct bac_account_view *out) {
  return sim->hosts[node].node && bac_node_account(sim->hosts[node].node, id, out);
}

bool bac_sim_epoch(const struct bac_sim *sim, uint32_t node, uint64_t *epoch, bool *member) {
  *epoch = sim->hosts[node].epoch;
  *member = sim->hosts[node].member;
  return sim->hosts[node].node != NULL;
}

void bac_sim_set_filter(struct bac_sim *sim, bac_sim_filter filter, void *ctx) {
  sim->filter = filter;
  sim->filter_ctx = ctx;
}

void bac_sim_crash_within(struct bac_sim *sim, uint32_t node, uint32_t writes) { sim->hosts[node].fuse = writes; }

void bac_sim_inject(struct bac_sim *sim, uint32_t to, const uint8_t *bytes, size_t length) { bac_sim_inject_after(sim, to, bytes, length, 0); }

void bac_sim_inject_after(struct bac_sim *sim, uint32_t to, const uint8_t *bytes, size_t length, bac_time delay) {
  push(sim, (struct item){.at = sim->now + delay, .kind = KIND_FRAME, .node = to, .frame = bac_buf_new(bytes, length)});
}

void bac_sim_on_commit(struct bac_sim *sim, bac_sim_commit on_commit, void *ctx) {
  sim->on_commit = on_commit;
  sim->commit_ctx = ctx;
}

void bac_sim_on_effect(struct bac_sim *sim, bac_sim_effect on_effect, void *ctx) {
  sim->on_effect = on_effect;
  sim->effect_ctx = ctx;
}

struct bac_sim_report bac_sim_report(const struct bac_sim *sim) {
  const struct bac_observer_report seen = bac_observer_sum(sim->observer);
  struct bac_sim_report report = sim->report;
  report.conflicts = seen.conflicts;
  report.gaps = seen.gaps;
  report.txs_submitted = seen.txs_pooled;
  report.txs_committed = seen.txs_confirmed;
  report.txs_revoked = seen.txs_revoked;
  report.blocks_revoked = seen.blocks_revoked;
  report.height_min = UINT64_MAX;
  for (uint32_t i = 0; i < sim->config.nodes; i++) {
    if (!sim->hosts[i].node) continue;
    const uint64_t height = bac_observer_height(sim->observer, i);
    if (height < report.height_min) report.height_min = height;
    if (height > report.height_max) report.height_max = height;
  }
  return report;
}

bac_time bac_sim_now(const struct bac_sim *sim) { return sim->now; }

uint64_t bac_sim_steps(const struct bac_sim *sim) { return sim->report.steps; }
uint32_t bac_sim_life(const struct bac_sim *sim, uint32_t node) { return sim->hosts[node].life; }

bool bac_sim_up(const struct bac_sim *sim, uint32_t host) { return sim->hosts[host].node != NULL; }

const char *bac_sim_conflict(const struct bac_sim *sim) { return bac_observer_conflict(sim->observer); }

void bac_sim_counters(const struct bac_sim *sim, uint32_t node, struct bac_counters *out) {
  if (sim->hosts[node].node)
    bac_node_counters(sim->hosts[node].node, out);
  else
    *out = (struct bac_counters){0};
}

void bac_sim_digest(const struct bac_sim *sim, uint8_t out[BAC_HASH_BYTES]) {
  memset(out, 0, BAC_HASH_BYTES);
  for (uint32_t i = 0; i < sim->config.nodes; i++) {
    uint8_t digest[BAC_HASH_BYTES] = {0};
    if (sim->hosts[i].node) bac_node_digest(sim->hosts[i].node, digest);
    bac_hash2(out, BAC_DOMAIN_NODE, out, BAC_HASH_BYTES, digest, sizeof digest);
  }
}
