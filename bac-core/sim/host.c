/* SPDX-License-Identifier: GPL-2.0-only */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "store/store.h"

/* An event that waits for the CPU. */
struct item {
  struct item *next;
  enum bac_event_type type;
  size_t record;  /* RESTORE: its index */
  uint32_t radio; /* SENT */
  struct bac_submit submit;
  bac_time depart_at;
  struct bac_motion own;
  uint32_t port;
  size_t length;
  uint8_t bytes[]; /* of a frame, or an announcement */
};

/* What is left of the EV's time in a shard. */
struct past {
  struct past *next;
  uint32_t shard;
  struct bac_store *store;
};

struct bac_host {
  struct bac_node_config config;
  const struct bac_cost_model *cost;
  struct bac_host_limits limits;
  struct bac_node *node; /* NULL: down */
  struct bac_store *own, *store; /* the store in use; `own`: in memory, of the present shard, unless the caller gave one */
  struct past *pasts; /* in other shards */
  const struct bac_roster *const *shards;
  uint32_t shard_count;
  const struct bac_roster *next; /* the EV is about to be handed over */
  struct bac_buf *passport;      /* with it; or with which it came */
  struct item *first, **last;
  size_t waiting;
  bool busy, wake_waits;
  uint32_t sent[BAC_RADIOS_MAX]; /* frames to report; a SENT waits while > 0 */
  bac_time wakeup;
  struct bac_output output;    /* of the step that the CPU is busy with */
  struct bac_host_totals past; /* counters: of earlier lives */
};

struct bac_host *bac_host_new(const struct bac_node_config *config, const struct bac_cost_model *cost, char *why,
                              size_t why_size) {
  struct bac_node *node = bac_node_new(config, why, why_size);
  if (!node) return NULL;
  bac_node_free(node);
  struct bac_host *h = bac_alloc(1, sizeof *h);
  h->config = *config;
  h->cost = cost;
  h->last = &h->first;
  h->own = h->store = bac_store_memory_new();
  h->wakeup = BAC_NEVER;
  return h;
}

void bac_host_use_store(struct bac_host *h, struct bac_store *store) {
  BAC_ASSERT(!h->node);
  h->store = store ? store : h->own;
}

void bac_host_free(struct bac_host *h) {
  if (!h) return;
  bac_host_crash(h);
  bac_store_free(h->own);
  for (struct past *p = h->pasts, *next; p; p = next) {
    next = p->next;
    bac_store_free(p->store);
    free(p);
  }
  bac_buf_unref(h->passport);
  free(h);
}

/* ---- Events that wait ---- */

static struct item *add(struct bac_host *h, enum bac_event_type type, size_t length) {
  struct item *item = bac_alloc(1, sizeof *item + length);
  item->type = type;
  item->length = length;
  *h->last = item;
  h->last = &item->next;
  h->waiting++;
  return item;
}

static struct item *take(struct bac_host *h) {
  struct item *item = h->first;
  h->first = item->next;
  if (!h->first) h->last = &h->first;
  h->waiting--;
  return item;
}

/* Records that wait to be restored do not count. */
static bool has_room(struct bac_host *h) {
  if (!h->node) return false;
  if (h->waiting < h->limits.queue + h->store->count) return true;
  h->past.overflows++;
  return false;
}

uint8_t *bac_host_frame(struct bac_host *h, uint32_t port, size_t length) {
  if (!has_room(h)) return NULL;
  struct item *item = add(h, BAC_EVENT_FRAME, length);
  item->port = port;
  return item->bytes;
}

void bac_host_submit(struct bac_host *h, const struct bac_submit *submit) {
  if (has_room(h)) add(h, BAC_EVENT_SUBMIT, 0)->submit = *submit;
}

void bac_host_depart(struct bac_host *h, bac_time at) {
  if (has_room(h)) add(h, BAC_EVENT_DEPART, 0)->depart_at = at;
}

void bac_host_assign(struct bac_host *h, const uint8_t *bytes, size_t length, const struct bac_motion *own) {
  if (!has_room(h)) return;
  struct item *item = add(h, BAC_EVENT_ASSIGN, length);
  memcpy(item->bytes, bytes, length);
  item->own = *own;
}

void bac_host_sent(struct bac_host *h, uint32_t radio, uint32_t count) {
  BAC_ASSERT(radio < BAC_RADIOS_MAX);
  if (!h->node || count == 0) return;
  if (h->sent[radio] == 0) add(h, BAC_EVENT_SENT, 0)->radio = radio;
  h->sent[radio] += count;
}

void bac_host_wake(struct bac_host *h) {
  if (!h->node || h->wake_waits) return;
  h->wake_waits = true;
  add(h, BAC_EVENT_WAKE, 0);
}

/* ---- Lives ---- */

void bac_host_boot(struct bac_host *h, const struct bac_host_limits *limits) {
  char why[256];
  BAC_ASSERT(!h->node);
  h->limits = *limits;
  h->node = bac_node_new(&h->config, why, sizeof why);
  BAC_ASSERT(h->node); /* as bac_host_new found out */
  bac_node_set_radios(h->node, limits->radios, limits->frames);
  for (size_t i = 0; i < h->store->count; i++) add(h, BAC_EVENT_RESTORE, 0)->record = i;
  add(h, BAC_EVENT_START, 0);
}

void bac_host_crash(struct bac_host *h) {
  h->past = bac_host_sum(h);
  bac_node_free(h->node);
  h->node = NULL;
  while (h->first) free(take(h));
  h->output = (struct bac_output){.wakeup = BAC_NEVER};
  h->wakeup = BAC_NEVER;
  h->busy = h->wake_waits = false;
  h->next = NULL;
  memset(h->sent, 0, sizeof h->sent);
}

bool bac_host_is_up(const struct bac_host *h) { return h->node != NULL; }

/* ---- Shards ---- */

void bac_host_set_shards(struct bac_host *h, const struct bac_roster *const *shards, uint32_t count) {
  h->shards = shards;
  h->shard_count = count;
}

uint32_t bac_host_shard(const struct bac_host *h) { return h->config.roster->shard; }

bool bac_host_account(const struct bac_host *h, uint32_t id, struct bac_account_view *out) { return h->node && bac_node_account(h->node, id, out); }

static void prepare_handover(struct bac_host *h, const struct bac_effect *e) {
  for (uint32_t i = 0; i < h->shard_count; i++) {
    if (h->shards[i]->shard != e->handover.shard) continue;
    h->next = h->shards[i];
    bac_buf_unref(h->passport);
    h->passport = bac_buf_new(e->handover.passport, e->handover.length);
  }
}

/* Into the other shard: with the records of its last time there, if it has been. */
static void hand_over(struct bac_host *h) {
  const struct bac_roster *next = h->next;
  bac_host_crash(h);
  struct past *old = bac_alloc(1, sizeof *old);
  *old = (struct past){.shard = h->config.roster->shard, .store = h->own, .next = h->pasts};
  h->pasts = old;
  h->own = NULL;
  for (struct past **at = &h->pasts; *at; at = &(*at)->next) {
    struct past *p = *at;
    if (p->shard != next->shard) continue;
    h->own = p->store;
    *at = p->next;
    free(p);
    break;
  }
  if (!h->own) h->own = bac_store_memory_new();
  h->store = h->own;
  h->config.roster = next;
  h->config.passport = h->passport->data;
  h->config.passport_length = h->passport->length;
}

struct bac_host_totals bac_host_sum(const struct bac_host *h) {
  struct bac_host_totals totals = h->past;
  struct bac_counters now = {0};
  if (!h->node) return totals;
  bac_node_counters(h->node, &now);
  bac_counters_add(&totals.counters, &now);
  return totals;
}

bool bac_host_storage(const struct bac_host *h, struct bac_storage *out) {
  if (h->node) bac_node_storage(h->node, out);
  return h->node != NULL;
}

/* ---- Steps ---- */

static int step(struct bac_host *h, bac_time now, const struct item *item, char *why, size_t why_size) {
  struct bac_event event = {.type = item->type};
  int error;
  switch (item->type) {
    case BAC_EVENT_RESTORE:
      error = bac_store_read(h->store, item->record, &event, why, why_size);
      if (error != BAC_OK) return error;
      break;
    case BAC_EVENT_FRAME:
      event.frame.port = item->port;
      event.frame.bytes = item->bytes;
      event.frame.length = item->length;
      break;
    case BAC_EVENT_SENT:
      event.sent.radio = item->radio;
      event.sent.count = h->sent[item->radio];
      h->sent[item->radio] = 0;
      break;
    case BAC_EVENT_WAKE:
      h->wake_waits = false;
      break;
    case BAC_EVENT_SUBMIT:
      event.submit = item->submit;
      break;
    case BAC_EVENT_DEPART:
      event.depart.at = item->depart_at;
      break;
    case BAC_EVENT_ASSIGN:
      event.assign.bytes = item->bytes;
      event.assign.length = item->length;
      event.assign.own = item->own;
      break;
    case BAC_EVENT_REVOKE: /* no host hands one out yet */
    case BAC_EVENT_START:
      break;
  }
  event.now = now;
  error = bac_node_step(h->node, &event, &h->output);
  if (error != BAC_OK)
    snprintf(why, why_size, "node %u fails with %d on event %d at %lld ns: a bug, please report it", h->config.id, error, (int)item->type,
             (long long)now);
  return error;
}

int bac_host_step(struct bac_host *h, bac_time now, bac_time *cost, char *why, size_t why_size) {
  while (!h->busy && h->first) {
    struct item *item = take(h);
    const enum bac_event_type type = item->type;
    const int error = step(h, now, item, why, why_size);
    free(item);
    if (error == BAC_ELIMIT && type == BAC_EVENT_SUBMIT) continue;
    if (error != BAC_OK) return error;
    *cost = bac_cost_time(h->cost, &h->output.cost);
    h->past.busy += *cost;
    h->busy = true;
    return 1;
  }
  return 0;
}

const struct bac_output *bac_host_finish(struct bac_host *h, char *why, size_t why_size) {
  h->wakeup = h->output.wakeup;
  if (h->limits.keep_records && bac_store_keep(h->store, &h->output, why, why_size) != BAC_OK) {
    bac_host_crash(h);
    return NULL;
  }
  for (size_t i = 0; i < h->output.effect_count; i++) {
    const struct bac_effect *e = &h->output.effects[i];
    if (e->type == BAC_EFFECT_HANDOVER) prepare_handover(h, e);
  }
  return &h->output;
}

bool bac_host_done(struct bac_host *h) {
  const bool moves = h->next != NULL;
  h->busy = false;
  if (moves) hand_over(h);
  return moves;
}

bac_time bac_host_wakeup(const struct bac_host *h) { return h->wake_waits ? BAC_NEVER : h->wakeup; }
