/* SPDX-License-Identifier: GPL-2.0-only */
#include "shard/assignment.h"

#include <stdlib.h>

#include "crypto/hash.h"

/* ---- The rule. ---- */

bool bac_motion_check(const struct bac_motion *m) {
  return m->x_cm >= -BAC_ASSIGN_CM_MAX && m->x_cm <= BAC_ASSIGN_CM_MAX && m->y_cm >= -BAC_ASSIGN_CM_MAX && m->y_cm <= BAC_ASSIGN_CM_MAX &&
         m->vx_cm_s >= -BAC_ASSIGN_CM_S_MAX && m->vx_cm_s <= BAC_ASSIGN_CM_S_MAX && m->vy_cm_s >= -BAC_ASSIGN_CM_S_MAX &&
         m->vy_cm_s <= BAC_ASSIGN_CM_S_MAX;
}

static uint32_t nearest(const struct bac_assign_rule *rule, const struct bac_motion *m, int64_t ahead_ms) {
  const int64_t x = m->x_cm + m->vx_cm_s * ahead_ms / 1000, y = m->y_cm + m->vy_cm_s * ahead_ms / 1000;
  int64_t least = INT64_MAX;
  uint32_t shard = 0;
  for (uint32_t i = 0; i < rule->site_count; i++) {
    const struct bac_motion *s = &rule->sites[i].at;
    /* At most 4 * 10^9 cm and 2 * 10^5 cm/s for 600 s: below 2^63. */
    const int64_t dx = x - s->x_cm, dy = y - s->y_cm, u = (m->vx_cm_s - s->vx_cm_s) * (int64_t)rule->weight_ms / 1000,
                  v = (m->vy_cm_s - s->vy_cm_s) * (int64_t)rule->weight_ms / 1000, away = dx * dx + dy * dy + u * u + v * v;
    if (away >= least) continue;
    least = away;
    shard = rule->sites[i].shard;
  }
  return shard;
}

uint32_t bac_assign(const struct bac_assign_rule *rule, const struct bac_motion *motion, uint32_t from) {
  const uint32_t now = nearest(rule, motion, 0);
  return now != from && nearest(rule, motion, rule->horizon_ms) == now ? now : from;
}

/* ---- Bytes. ---- */

#define MOTION_BYTES 16
#define HEAD_BYTES (4 + 8 + 8 + 4 + 4 + 2 + 2 + BAC_CERTIFICATE_BYTES)
#define SITE_BYTES (4 + MOTION_BYTES)
#define ROW_BYTES (4 + MOTION_BYTES + 4) /* without a signature */

static void write_motion(struct bac_writer *w, const struct bac_motion *m) {
  bac_write_u32(w, (uint32_t)m->x_cm);
  bac_write_u32(w, (uint32_t)m->y_cm);
  bac_write_u32(w, (uint32_t)m->vx_cm_s);
  bac_write_u32(w, (uint32_t)m->vy_cm_s);
}

static bool read_motion(struct bac_reader *r, struct bac_motion *m) {
  m->x_cm = (int32_t)bac_read_u32(r);
  m->y_cm = (int32_t)bac_read_u32(r);
  m->vx_cm_s = (int32_t)bac_read_u32(r);
  m->vy_cm_s = (int32_t)bac_read_u32(r);
  return bac_motion_check(m);
}

struct bac_order bac_assignment_order(const struct bac_assignment *a, const struct bac_assigned *row) {
  struct bac_order order = {.ev = row->ev, .from = a->from, .to = row->to, .epoch = a->epoch, .controller = a->controller};
  memcpy(order.signature, row->signature, sizeof order.signature);
  return order;
}

struct bac_buf *bac_assignment_make(struct bac_assignment *a, const struct bac_keypair *controller, struct bac_cost *cost) {
  size_t length = HEAD_BYTES + (size_t)a->rule.site_count * SITE_BYTES + (size_t)a->count * ROW_BYTES;
  for (uint32_t i = 0; i < a->count; i++) {
    a->rows[i].to = bac_assign(&a->rule, &a->rows[i].motion, a->from);
    if (a->rows[i].to != a->from) length += BAC_SIGNATURE_BYTES;
  }
  struct bac_buf *bytes = bac_buf_new(NULL, length + BAC_SIGNATURE_BYTES);
  struct bac_writer w = bac_writer_over(bytes->data, bytes->length);
  uint8_t certificate[BAC_CERTIFICATE_BYTES];
  bac_certificate_encode(&a->controller, certificate);
  bac_write_u32(&w, a->from);
  bac_write_u64(&w, a->epoch);
  bac_write_u64(&w, (uint64_t)a->at);
  bac_write_u32(&w, a->rule.horizon_ms);
  bac_write_u32(&w, a->rule.weight_ms);
  bac_write_u16(&w, (uint16_t)a->rule.site_count);
  bac_write_u16(&w, (uint16_t)a->count);
  bac_write_bytes(&w, certificate, sizeof certificate);
  for (uint32_t i = 0; i < a->rule.site_count; i++) {
    bac_write_u32(&w, a->rule.sites[i].shard);
    write_motion(&w, &a->rule.sites[i].at);
  }
  for (uint32_t i = 0; i < a->count; i++) {
    struct bac_assigned *row = &a->rows[i];
    bac_write_u32(&w, row->ev);
    write_motion(&w, &row->motion);
    bac_write_u32(&w, row->to);
    memset(row->signature, 0, sizeof row->signature);
    if (row->to == a->from) continue;
    struct bac_order order = bac_assignment_order(a, row);
    bac_order_sign(&order, controller, cost);
    memcpy(row->signature, order.signature, sizeof row->signature);
    bac_write_bytes(&w, row->signature, sizeof row->signature);
  }
  bac_hash(a->digest, BAC_DOMAIN_ASSIGNMENT, bytes->data, length);
  cost->hashed_bytes += length;
  bac_sign(a->signature, a->digest, controller, cost);
  bac_write_bytes(&w, a->signature, sizeof a->signature);
  BAC_ASSERT(w.ok && w.length == bytes->length);
  return bytes;
}

void bac_assignment_clear(struct bac_assignment *a) {
  free((void *)(uintptr_t)a->rule.sites);
  free(a->rows);
  *a = (struct bac_assignment){0};
}

/* Everything between the head and the signature. */
static bool read_lists(struct bac_assignment *a, struct bac_reader *r) {
  struct bac_site *sites = bac_alloc(a->rule.site_count, sizeof *sites);
  a->rule.sites = sites;
  a->rows = bac_alloc(a->count, sizeof *a->rows);
  for (uint32_t i = 0; i < a->rule.site_count; i++) {
    sites[i].shard = bac_read_u32(r);
    if (!read_motion(r, &sites[i].at)) return false;
  }
  for (uint32_t i = 0; i < a->count; i++) {
    struct bac_assigned *row = &a->rows[i];
    row->ev = bac_read_u32(r);
    if (!read_motion(r, &row->motion) || (i > 0 && row->ev <= a->rows[i - 1].ev)) return false;
    row->to = bac_read_u32(r);
    if (row->to == a->from) continue;
    const uint8_t *signature = bac_read_bytes(r, BAC_SIGNATURE_BYTES);
    if (!signature) return false;
    memcpy(row->signature, signature, sizeof row->signature);
  }
  return true;
}

bool bac_assignment_read(struct bac_assignment *a, const uint8_t *bytes, size_t length, struct bac_cost *cost) {
  struct bac_reader r = bac_reader_over(bytes, length);
  *a = (struct bac_assignment){.from = bac_read_u32(&r)};
  a->epoch = bac_read_u64(&r);
  a->at = (bac_time)bac_read_u64(&r);
  a->rule.horizon_ms = bac_read_u32(&r);
  a->rule.weight_ms = bac_read_u32(&r);
  a->rule.site_count = bac_read_u16(&r);
  a->count = bac_read_u16(&r);
  const uint8_t *certificate = bac_read_bytes(&r, BAC_CERTIFICATE_BYTES);
  if (!certificate || !bac_certificate_decode(&a->controller, certificate, BAC_CERTIFICATE_BYTES) || a->at < 0 ||
      a->rule.horizon_ms > BAC_ASSIGN_MS_MAX || a->rule.weight_ms > BAC_ASSIGN_MS_MAX || a->rule.site_count == 0 ||
      a->rule.site_count > BAC_SITES_MAX || a->count == 0 || a->count > BAC_ROSTER_MAX ||
      bac_reader_left(&r) < (size_t)a->rule.site_count * SITE_BYTES + (size_t)a->count * ROW_BYTES + BAC_SIGNATURE_BYTES)
    return false;
  if (!read_lists(a, &r) || bac_reader_left(&r) != BAC_SIGNATURE_BYTES) {
    bac_assignment_clear(a);
    return false;
  }
  bac_hash(a->digest, BAC_DOMAIN_ASSIGNMENT, bytes, length - BAC_SIGNATURE_BYTES);
  cost->hashed_bytes += length;
  memcpy(a->signature, bytes + length - BAC_SIGNATURE_BYTES, BAC_SIGNATURE_BYTES);
  return true;
}

enum bac_reject bac_assignment_check(const struct bac_assignment *a, const uint8_t ca_key[BAC_PUBLIC_KEY_BYTES], struct bac_shared *shared,
                                     struct bac_cost *cost) {
  if (!(a->controller.roles & BAC_CERTIFICATE_CONTROLLER) || !bac_certificate_valid_at(&a->controller, a->at) ||
      bac_certificate_verify(&a->controller, ca_key, shared, cost) != BAC_REJECT_COUNT)
    return BAC_REJECT_CERTIFICATE;
  if (!bac_verify(shared, a->signature, a->digest, a->controller.sign_key, cost)) return BAC_REJECT_SIGNATURE;
  for (uint32_t i = 0; i < a->count; i++)
    if (bac_assign(&a->rule, &a->rows[i].motion, a->from) != a->rows[i].to) return BAC_REJECT_CERTIFICATE;
  return BAC_REJECT_COUNT;
}

const struct bac_assigned *bac_assignment_of(const struct bac_assignment *a, uint32_t ev) {
  for (uint32_t i = 0; i < a->count; i++)
    if (a->rows[i].ev == ev) return &a->rows[i];
  return NULL;
}
