/* SPDX-License-Identifier: GPL-2.0-only */
#include "controller.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "shard/assignment.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

struct shard {
  uint32_t shard;
  uint64_t epoch;
  uint32_t count;
  uint32_t *ids; /* of the roster, ascending */
  bool *ordered; /* in this epoch */
  bac_time quiet_until; /* for what the last announcement has taken */
  UT_hash_handle hh;
};

struct bac_controller {
  struct bac_controller_config config;
  struct bac_keypair keys;
  struct bac_certificate certificate;
  struct bac_site *sites;
  uint32_t site_count, weight_ms;
  struct shard *shards;
  struct bac_buf *last;
  uint64_t orders;
};

struct bac_controller *bac_controller_new(const struct bac_controller_config *config) {
  struct bac_controller *c = bac_alloc(1, sizeof *c);
  uint8_t certificate[BAC_CERTIFICATE_BYTES];
  c->config = *config;
  bac_keypair_derive(&c->keys, config->seed, config->id);
  bac_controller_certificate_derive(config->seed, config->id, certificate);
  const bool decoded = bac_certificate_decode(&c->certificate, certificate, sizeof certificate);
  BAC_ASSERT(decoded && config->horizon_ms <= BAC_ASSIGN_MS_MAX);
  return c;
}

static void forget(struct shard *s) {
  free(s->ids);
  free(s->ordered);
}

void bac_controller_free(struct bac_controller *c) {
  if (!c) return;
  struct shard *s, *next;
  HASH_ITER(hh, c->shards, s, next) {
    HASH_DEL(c->shards, s);
    forget(s);
    free(s);
  }
  free(c->sites);
  bac_buf_unref(c->last);
  free(c);
}

void bac_controller_set_sites(struct bac_controller *c, const struct bac_site *sites, uint32_t count, uint32_t weight_ms) {
  BAC_ASSERT(count >= 1 && count <= BAC_SITES_MAX && weight_ms <= BAC_ASSIGN_MS_MAX);
  free(c->sites);
  c->sites = bac_alloc(count, sizeof *c->sites);
  memcpy(c->sites, sites, count * sizeof *sites);
  c->site_count = count;
  c->weight_ms = weight_ms;
}

void bac_controller_epoch(struct bac_controller *c, const struct bac_roster *roster) {
  struct shard *s;
  HASH_FIND(hh, c->shards, &roster->shard, sizeof roster->shard, s);
  if (s && roster->epoch <= s->epoch) return;
  if (!s) {
    s = bac_alloc(1, sizeof *s);
    s->shard = roster->shard;
    HASH_ADD(hh, c->shards, shard, sizeof s->shard, s);
  }
  forget(s);
  s->epoch = roster->epoch;
  s->count = roster->count;
  s->ids = bac_alloc(roster->count, sizeof *s->ids);
  s->ordered = bac_alloc(roster->count, sizeof *s->ordered);
  for (uint32_t i = 0; i < roster->count; i++) s->ids[i] = roster->members[i].id;
}

const uint8_t *bac_controller_announce(struct bac_controller *c, bac_time now, uint32_t shard, bac_controller_where where, void *ctx,
                                       size_t *length) {
  struct shard *s;
  HASH_FIND(hh, c->shards, &shard, sizeof shard, s);
  if (!s || c->site_count == 0 || now < s->quiet_until) return NULL;
  struct bac_cost unused = {0}; /* the base station's */
  struct bac_assigned *rows = bac_alloc(s->count, sizeof *rows);
  uint32_t *index = bac_alloc(s->count, sizeof *index);
  struct bac_assignment a = {.from = shard,
                             .epoch = s->epoch,
                             .at = now,
                             .rule = {c->config.horizon_ms, c->weight_ms, c->site_count, c->sites},
                             .controller = c->certificate,
                             .rows = rows};
  for (uint32_t i = 0; i < s->count; i++) {
    struct bac_motion motion;
    if (!where(ctx, s->ids[i], &motion) || !bac_motion_check(&motion)) continue;
    index[a.count] = i;
    rows[a.count++] = (struct bac_assigned){.ev = s->ids[i], .motion = motion};
  }
  bac_buf_unref(c->last);
  c->last = a.count > 0 ? bac_assignment_make(&a, &c->keys, &unused) : NULL;
  for (uint32_t i = 0; i < a.count; i++) {
    if (rows[i].to == shard || s->ordered[index[i]]) continue;
    s->ordered[index[i]] = true;
    c->orders++;
  }
  free(rows);
  free(index);
  *length = c->last ? c->last->length : 0;
  if (c->config.bytes_per_s > 0) s->quiet_until = now + (bac_time)(*length * BAC_SECOND / c->config.bytes_per_s);
  return c->last ? c->last->data : NULL;
}

uint64_t bac_controller_orders(const struct bac_controller *c) { return c->orders; }
