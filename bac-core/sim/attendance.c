/* SPDX-License-Identifier: GPL-2.0-only */
#include "attendance.h"

#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/quorum.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

struct ev {
  uint32_t id;
  bool absent;
  bool travels;      /* from one shard to another */
  bool was_member;   /* of `shard`, up to left_at */
  uint32_t shard;
  bac_time left_at;
  UT_hash_handle hh;
};

struct shard {
  uint32_t shard;
  uint64_t epoch;
  uint32_t *ids; /* of the roster, ascending */
  uint32_t count, absent;
  bac_time began_at, quorumless_since; /* BAC_NEVER: there is a quorum */
  UT_hash_handle hh;
};

struct bac_attendance {
  struct ev *evs;
  struct shard *shards;
  uint64_t rosters, members;
  bac_time lengths, quorumless, handover_times;
  struct bac_attendance_report report;
};

struct bac_attendance *bac_attendance_new(void) {
  struct bac_attendance *a = bac_alloc(1, sizeof *a);
  a->report.absent_over_f = INT64_MIN;
  return a;
}

void bac_attendance_free(struct bac_attendance *a) {
  if (!a) return;
  struct ev *e, *next_ev;
  struct shard *s, *next_shard;
  HASH_ITER(hh, a->evs, e, next_ev) {
    HASH_DEL(a->evs, e);
    free(e);
  }
  HASH_ITER(hh, a->shards, s, next_shard) {
    HASH_DEL(a->shards, s);
    free(s->ids);
    free(s);
  }
  free(a);
}

static bool has(const struct shard *s, uint32_t id) {
  for (uint32_t low = 0, high = s->count; low < high;) {
    const uint32_t middle = low + (high - low) / 2;
    if (s->ids[middle] == id) return true;
    if (s->ids[middle] < id)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

static bool is_absent(const struct bac_attendance *a, uint32_t id) {
  struct ev *e;
  HASH_FIND(hh, a->evs, &id, sizeof id, e);
  return e && e->absent;
}

static struct ev *ev_at(struct bac_attendance *a, uint32_t id) {
  struct ev *e;
  HASH_FIND(hh, a->evs, &id, sizeof id, e);
  if (e) return e;
  e = bac_alloc(1, sizeof *e);
  e->id = id;
  HASH_ADD(hh, a->evs, id, sizeof e->id, e);
  return e;
}

static void leaves(struct bac_attendance *a, bac_time now, uint32_t id, uint32_t shard) {
  struct ev *e = ev_at(a, id);
  a->report.leaves++;
  e->was_member = true;
  e->shard = shard;
  e->left_at = now;
}

static void joins(struct bac_attendance *a, bac_time now, uint32_t id, uint32_t shard) {
  struct ev *e = ev_at(a, id);
  a->report.joins++;
  if (e->was_member && e->shard != shard) {
    a->report.handovers++;
    a->handover_times += now - e->left_at;
  }
  e->was_member = e->travels = false;
}

void bac_attendance_handover(struct bac_attendance *a, uint32_t id) { ev_at(a, id)->travels = true; }

static void weigh(struct bac_attendance *a, bac_time now, struct shard *s) {
  const int64_t over = (int64_t)s->absent - (int64_t)bac_faults_max(s->count);
  if (over > a->report.absent_over_f) a->report.absent_over_f = over;
  if (over > 0 && s->quorumless_since == BAC_NEVER) s->quorumless_since = now;
  if (over <= 0 && s->quorumless_since != BAC_NEVER) {
    a->quorumless += now - s->quorumless_since;
    s->quorumless_since = BAC_NEVER;
  }
}

void bac_attendance_epoch(struct bac_attendance *a, bac_time now, const struct bac_roster *roster, bool recovered) {
  struct shard *s;
  HASH_FIND(hh, a->shards, &roster->shard, sizeof roster->shard, s);
  if (s && roster->epoch <= s->epoch) return;
  struct shard before = {0};
  if (s) {
    before = *s;
    a->report.epochs += roster->epoch - s->epoch;
    a->report.stalls += recovered;
    a->lengths += now - s->began_at;
  } else {
    s = bac_alloc(1, sizeof *s);
    s->shard = roster->shard;
    s->quorumless_since = BAC_NEVER;
    HASH_ADD(hh, a->shards, shard, sizeof s->shard, s);
  }
  s->epoch = roster->epoch;
  s->began_at = now;
  s->count = roster->count;
  s->ids = bac_alloc(roster->count, sizeof *s->ids);
  s->absent = 0;
  for (uint32_t i = 0; i < roster->count; i++) {
    s->ids[i] = roster->members[i].id;
    s->absent += is_absent(a, s->ids[i]);
    if (before.ids && !has(&before, s->ids[i])) joins(a, now, s->ids[i], roster->shard);
  }
  for (uint32_t i = 0; i < before.count; i++)
    if (!has(s, before.ids[i])) leaves(a, now, before.ids[i], roster->shard);
  free(before.ids);
  a->rosters++;
  a->members += roster->count;
  weigh(a, now, s);
}

void bac_attendance_present(struct bac_attendance *a, bac_time now, uint32_t id, bool present) {
  struct ev *e = ev_at(a, id);
  if (e->absent == !present) return;
  e->absent = !present;
  for (struct shard *s = a->shards; s; s = s->hh.next) {
    if (!has(s, id)) continue;
    s->absent = present ? s->absent - 1 : s->absent + 1;
    weigh(a, now, s);
  }
}

struct bac_attendance_report bac_attendance_sum(const struct bac_attendance *a, bac_time end) {
  struct bac_attendance_report r = a->report;
  bac_time quorumless = a->quorumless;
  for (const struct shard *s = a->shards; s; s = s->hh.next)
    if (s->quorumless_since != BAC_NEVER) quorumless += end - s->quorumless_since;
  r.members_mean = a->rosters > 0 ? (double)a->members / (double)a->rosters : 0;
  r.epoch_s_mean = r.epochs > 0 ? (double)a->lengths * 1e-9 / (double)r.epochs : 0;
  r.quorumless_s = (double)quorumless * 1e-9;
  for (const struct ev *e = a->evs; e; e = e->hh.next) r.handovers_open += e->travels;
  r.handover_s_mean = r.handovers > 0 ? (double)a->handover_times * 1e-9 / (double)r.handovers : NAN;
  if (!a->shards) r.absent_over_f = 0;
  return r;
}

void bac_attendance_columns(const struct bac_attendance *a, bac_time end, const struct bac_columns *to) {
  const struct bac_attendance_report r = bac_attendance_sum(a, end);
  bac_columns_count(to, "epochs", r.epochs);
  bac_columns_count(to, "joins", r.joins);
  bac_columns_count(to, "leaves", r.leaves);
  bac_columns_count(to, "handovers", r.handovers);
  bac_columns_count(to, "handovers_open", r.handovers_open);
  bac_columns_real(to, "handover_s_mean", r.handover_s_mean);
  bac_columns_count(to, "stalls", r.stalls);
  bac_columns_real(to, "roster_mean", r.members_mean);
  bac_columns_real(to, "epoch_s_mean", r.epoch_s_mean);
  bac_columns_real(to, "absent_over_f_max", (double)r.absent_over_f);
  bac_columns_real(to, "quorumless_s", r.quorumless_s);
}
