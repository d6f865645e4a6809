/* SPDX-License-Identifier: GPL-2.0-only */
#include "link_stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "spread.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

#define ON_AIR (10 * BAC_MS) /* longer than any frame lasts and is on its way */
#define NOT_EXPECTED UINT8_MAX
#define NEVER INT64_MIN
#define SINR_LOW_DDB (-200) /* of the first bucket */
#define SINR_BUCKETS 1000   /* of a tenth of a dB */

/* A frame that is or was just on the air. Arrays by station. */
struct frame {
  uint64_t uid;
  bac_time sent;
  uint32_t from;
  uint8_t *bin, *fate;
  int16_t *sinr;
  struct frame *next_free;
  UT_hash_handle hh; /* in the order of transmission */
};

struct bin {
  uint64_t fate[BAC_FATES + 1];
  struct bac_spread gap; /* ns */
  uint64_t locked;
  int64_t sinr_sum; /* tenths of a dB */
  uint64_t *sinr;
};

struct bac_link_stats {
  uint32_t station_count;
  struct frame *on_air, *free, *latest; /* latest: whose receivers are being named */
  bac_time **heard; /* by receiver, then sender: when the newest frame heard began, or NEVER; NULL: nothing yet */
  struct bin bins[BAC_LINK_BINS];
  struct bac_spread age, access; /* ns */
  uint64_t ages_unheard;
};

struct bac_link_stats *bac_link_stats_new(void) { return bac_alloc(1, sizeof(struct bac_link_stats)); }

static void free_frame(struct frame *f) {
  free(f->bin);
  free(f->fate);
  free(f->sinr);
  free(f);
}

void bac_link_stats_free(struct bac_link_stats *s) {
  if (!s) return;
  struct frame *f, *next;
  HASH_ITER(hh, s->on_air, f, next) {
    HASH_DEL(s->on_air, f);
    free_frame(f);
  }
  for (f = s->free; f; f = next) {
    next = f->next_free;
    free_frame(f);
  }
  for (uint32_t i = 0; i < s->station_count; i++) free(s->heard[i]);
  free(s->heard);
  for (int i = 0; i < BAC_LINK_BINS; i++) {
    bac_spread_free(&s->bins[i].gap);
    free(s->bins[i].sinr);
  }
  bac_spread_free(&s->age);
  bac_spread_free(&s->access);
  free(s);
}

void bac_link_add_station(struct bac_link_stats *s) {
  BAC_ASSERT(!s->on_air && !s->free);
  if ((s->station_count & (s->station_count - 1)) == 0)
    s->heard = bac_realloc(s->heard, s->station_count ? 2 * (size_t)s->station_count : 1, sizeof *s->heard);
  s->heard[s->station_count++] = NULL;
}

/* What a receiver in a bin came to. */
static void count(struct bac_link_stats *s, uint8_t bin, uint8_t fate, int16_t sinr) {
  struct bin *b = &s->bins[bin];
  b->fate[fate]++;
  if (sinr == BAC_SINR_NONE) return;
  if (!b->sinr) b->sinr = bac_alloc(SINR_BUCKETS, sizeof *b->sinr);
  const int at = sinr - SINR_LOW_DDB;
  b->sinr[at < 0 ? 0 : at < SINR_BUCKETS ? at : SINR_BUCKETS - 1]++;
  b->sinr_sum += sinr;
  b->locked++;
}

static void retire(struct bac_link_stats *s, struct frame *f) {
  HASH_DEL(s->on_air, f);
  f->next_free = s->free;
  s->free = f;
  if (s->latest == f) s->latest = NULL;
}

/* Over, as far as each reception was told of. */
static void settle(struct bac_link_stats *s, struct frame *f) {
  for (uint32_t i = 0; i < s->station_count; i++)
    if (f->bin[i] != NOT_EXPECTED) count(s, f->bin[i], f->fate[i], f->sinr[i]);
  retire(s, f);
}

static struct frame *find(struct bac_link_stats *s, uint64_t uid) {
  struct frame *f;
  HASH_FIND(hh, s->on_air, &uid, sizeof uid, f);
  return f;
}

static struct frame *new_frame(struct bac_link_stats *s) {
  struct frame *f = s->free;
  if (f) {
    s->free = f->next_free;
    return f;
  }
  f = bac_alloc(1, sizeof *f);
  f->bin = bac_alloc(s->station_count, sizeof *f->bin);
  f->fate = bac_alloc(s->station_count, sizeof *f->fate);
  f->sinr = bac_alloc(s->station_count, sizeof *f->sinr);
  return f;
}

void bac_link_sent(struct bac_link_stats *s, bac_time now, uint32_t station, uint64_t uid) {
  while (s->on_air && s->on_air->sent + ON_AIR <= now) settle(s, s->on_air);
  struct frame *f = find(s, uid);
  if (f) settle(s, f);
  f = new_frame(s);
  f->uid = uid;
  f->sent = now;
  f->from = station;
  memset(f->bin, NOT_EXPECTED, s->station_count);
  memset(f->fate, BAC_FATE_WEAK, s->station_count);
  for (uint32_t i = 0; i < s->station_count; i++) f->sinr[i] = BAC_SINR_NONE;
  HASH_ADD(hh, s->on_air, uid, sizeof f->uid, f);
  s->latest = f;
}

void bac_link_expect(struct bac_link_stats *s, uint32_t station, double distance_m) {
  if (distance_m < (double)BAC_LINK_BINS * BAC_LINK_BIN_M) s->latest->bin[station] = (uint8_t)(distance_m / BAC_LINK_BIN_M);
}

/* A receiver has decoded a frame. Whoever is not expected to, by distance, counts for ages all the same. */
static void hear(struct bac_link_stats *s, struct frame *f, uint32_t station) {
  bac_time *row = s->heard[station];
  if (!row) {
    row = s->heard[station] = bac_alloc(s->station_count, sizeof *row);
    for (uint32_t i = 0; i < s->station_count; i++) row[i] = NEVER;
  }
  if (row[f->from] != NEVER && f->bin[station] != NOT_EXPECTED && f->sent > row[f->from])
    bac_spread_add(&s->bins[f->bin[station]].gap, (uint64_t)(f->sent - row[f->from]));
  if (f->sent > row[f->from]) row[f->from] = f->sent;
}

void bac_link_arrives(struct bac_link_stats *s, uint32_t station, uint64_t uid) {
  struct frame *f = find(s, uid);
  if (f && f->fate[station] == BAC_FATE_WEAK) f->fate[station] = BAC_FATE_OPEN;
}

void bac_link_locked(struct bac_link_stats *s, uint32_t station, uint64_t uid, int16_t sinr_ddb) {
  struct frame *f = find(s, uid);
  if (f) f->sinr[station] = sinr_ddb;
}

void bac_link_fate(struct bac_link_stats *s, uint32_t station, uint64_t uid, enum bac_fate fate) {
  struct frame *f = find(s, uid);
  if (!f || f->fate[station] == BAC_FATE_WEAK || f->fate[station] == BAC_FATE_DECODED) return;
  f->fate[station] = (uint8_t)fate;
  if (fate == BAC_FATE_DECODED) hear(s, f, station);
}

void bac_link_fates(struct bac_link_stats *s, uint64_t uid, const uint8_t *fate, const int16_t *sinr_ddb, const uint32_t *station_of,
                    uint32_t stations) {
  struct frame *f = find(s, uid);
  if (!f) return;
  for (uint32_t i = 0; i < stations; i++) {
    const uint32_t station = station_of[i];
    if (station == UINT32_MAX) continue;
    if (fate[i] == BAC_FATE_DECODED) hear(s, f, station);
    if (f->bin[station] != NOT_EXPECTED) count(s, f->bin[station], fate[i], sinr_ddb[i]);
  }
  retire(s, f);
}

void bac_link_forget_station(struct bac_link_stats *s, uint32_t station) {
  for (uint32_t i = 0; i < s->station_count; i++) {
    if (s->heard[i]) s->heard[i][station] = NEVER;
    if (s->heard[station]) s->heard[station][i] = NEVER;
  }
}

void bac_link_age(struct bac_link_stats *s, bac_time now, uint32_t to, uint32_t from) {
  if (s->heard[to] && s->heard[to][from] != NEVER)
    bac_spread_add(&s->age, (uint64_t)(now - s->heard[to][from]));
  else
    s->ages_unheard++;
}

void bac_link_access(struct bac_link_stats *s, uint64_t uid, bac_time waited) {
  if (find(s, uid)) bac_spread_add(&s->access, (uint64_t)waited);
}

/* Upper edge of the bucket where the share q is reached, dB. */
static double sinr_quantile(const struct bin *b, double q) {
  uint64_t seen = 0;
  for (int i = 0; b->locked > 0 && i < SINR_BUCKETS; i++) {
    seen += b->sinr[i];
    if ((double)seen >= q * (double)b->locked) return (SINR_LOW_DDB + i) / 10.0;
  }
  return NAN;
}

void bac_link_bin_columns(const struct bac_link_stats *s, uint32_t bin, const struct bac_columns *to) {
  const struct bin *b = &s->bins[bin];
  static const struct {
    const char *name;
    enum bac_fate fate;
  } lost[] = {{"lost_weak", BAC_FATE_WEAK},           {"lost_half_duplex", BAC_FATE_SENDING}, {"lost_busy", BAC_FATE_BUSY},
              {"lost_preamble", BAC_FATE_COLLISION},  {"lost_header", BAC_FATE_HEADER},       {"lost_payload", BAC_FATE_PAYLOAD}};
  uint64_t expected = b->fate[BAC_FATE_DECODED];
  for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) expected += b->fate[lost[i].fate];
  bac_columns_count(to, "from_m", bin * BAC_LINK_BIN_M);
  bac_columns_count(to, "to_m", (bin + 1) * BAC_LINK_BIN_M);
  bac_columns_count(to, "expected", expected);
  bac_columns_count(to, "received", b->fate[BAC_FATE_DECODED]);
  bac_columns_real(to, "pdr", expected > 0 ? (double)b->fate[BAC_FATE_DECODED] / (double)expected : NAN);
  for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) bac_columns_count(to, lost[i].name, b->fate[lost[i].fate]);
  bac_columns_real(to, "pir_mean_s", bac_spread_mean(&b->gap) * 1e-9);
  bac_columns_real(to, "pir_p95_s", bac_spread_quantile(&b->gap, 0.95) * 1e-9);
  bac_columns_real(to, "sinr_lock_mean_db", b->locked > 0 ? (double)b->sinr_sum / (double)b->locked / 10 : NAN);
  bac_columns_real(to, "sinr_lock_p05_db", sinr_quantile(b, 0.05));
  bac_columns_real(to, "sinr_lock_p50_db", sinr_quantile(b, 0.50));
  bac_columns_real(to, "sinr_lock_p95_db", sinr_quantile(b, 0.95));
}

void bac_link_columns(const struct bac_link_stats *s, const struct bac_columns *to) {
  bac_columns_real(to, "access_delay_mean_s", bac_spread_mean(&s->access) * 1e-9);
  bac_columns_real(to, "access_delay_p95_s", bac_spread_quantile(&s->access, 0.95) * 1e-9);
  bac_columns_real(to, "aoi_mean_s", bac_spread_mean(&s->age) * 1e-9);
  bac_columns_real(to, "aoi_p95_s", bac_spread_quantile(&s->age, 0.95) * 1e-9);
  const double samples = (double)s->age.count + (double)s->ages_unheard;
  bac_columns_real(to, "aoi_unheard", samples > 0 ? (double)s->ages_unheard / samples : NAN);
}
