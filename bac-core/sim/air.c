/* SPDX-License-Identifier: GPL-2.0-only */
#include "air.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/random.h"
#include "wire/wsmp.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

#define PSID 0x7F /* one octet, as the ns-3 application's */
#define BEACON_COOKIE (1ull << 63)
#define FLUSHED_STAYS (10 * BAC_MS) /* longer than any frame: one that was on the air as its radio went off still ends */

struct frame {
  uint64_t cookie;
  uint32_t station;
  struct bac_buf *bytes;
  bac_time forget_at; /* the radio went off since; else BAC_NEVER */
  UT_hash_handle hh;
};

struct bac_air {
  struct bac_air_config config;
  struct bac_air_host host;
  struct bac_medium *medium;
  struct frame *frames; /* that the medium has, by cookie */
  uint64_t cookie;
  struct bac_random random;
  bac_time *beacon_at; /* by station: its next */
  uint32_t stations, next_beacon;
  uint64_t beacons;
};

struct bac_air_config bac_air_default(uint64_t seed) {
  struct bac_air_config c = {.medium = bac_medium_default(), .mode = BAC_MODE_6, .beacon_bytes = 300};
  c.medium.seed = seed;
  return c;
}

static void forget(struct bac_air *air, struct frame *f) {
  HASH_DEL(air->frames, f);
  bac_buf_unref(f->bytes);
  free(f);
}

static struct frame *frame_of(struct bac_air *air, uint64_t cookie) {
  struct frame *f;
  HASH_FIND(hh, air->frames, &cookie, sizeof cookie, f);
  return f;
}

static void decoded(void *ctx, bac_time now, uint32_t station, uint32_t from, uint64_t cookie, double sinr, bool deliver) {
  (void)sinr;
  struct bac_air *air = ctx;
  struct frame *f = deliver && !(cookie & BEACON_COOKIE) ? frame_of(air, cookie) : NULL;
  if (f) air->host.heard(air->host.ctx, now, station, from, f->bytes->data, f->bytes->length);
}

static void done(void *ctx, bac_time now, uint32_t station, uint64_t cookie, enum bac_medium_outcome outcome) {
  struct bac_air *air = ctx;
  if (cookie & BEACON_COOKIE) return;
  struct frame *f = frame_of(air, cookie);
  const bool ours = f && f->forget_at == BAC_NEVER;
  if (outcome == BAC_OUTCOME_FLUSHED) return;
  if (f) forget(air, f);
  if (ours) air->host.sent(air->host.ctx, now, station);
}

struct bac_air *bac_air_new(const struct bac_air_config *config, const struct bac_air_host *host, char *why, size_t why_size) {
  if (bac_medium_check(&config->medium, why, why_size) != BAC_OK) return NULL;
  if (config->beacon_millihz > 0 && (config->beacon_bytes == 0 || config->beacon_bytes > BAC_FRAME_BYTES_MAX)) {
    snprintf(why, why_size, "beacons of %u bytes: give 1 to %d", config->beacon_bytes, BAC_FRAME_BYTES_MAX);
    return NULL;
  }
  struct bac_air *air = bac_alloc(1, sizeof *air);
  *air = (struct bac_air){.config = *config, .host = *host, .random = bac_random_stream(config->medium.seed, 1, BAC_PURPOSE_NETWORK)};
  const struct bac_medium_host mh = {.ctx = air, .decoded = decoded, .done = done};
  air->medium = bac_medium_new(&config->medium, &mh);
  return air;
}

void bac_air_free(struct bac_air *air) {
  if (!air) return;
  struct frame *f, *next;
  bac_medium_free(air->medium);
  HASH_ITER(hh, air->frames, f, next) forget(air, f);
  free(air->beacon_at);
  free(air);
}

/* Beacons of a station begin at a random moment of their period. */
static bac_time beacon_period(const struct bac_air *air) { return 1000 * BAC_SECOND / air->config.beacon_millihz; }

static void find_next_beacon(struct bac_air *air) {
  for (uint32_t i = air->next_beacon = 0; i < air->stations; i++)
    if (air->beacon_at[i] < air->beacon_at[air->next_beacon]) air->next_beacon = i;
}

int64_t bac_air_add(struct bac_air *air, uint32_t channel, const double at_m[3]) {
  const int64_t station = bac_medium_add(air->medium, channel, at_m);
  if (station < 0 || air->config.beacon_millihz == 0) return station;
  air->beacon_at = bac_realloc(air->beacon_at, air->stations + 1, sizeof *air->beacon_at);
  air->beacon_at[air->stations++] = (bac_time)bac_random_below(&air->random, (uint64_t)beacon_period(air));
  find_next_beacon(air);
  return station;
}

void bac_air_set_on(struct bac_air *air, bac_time now, uint32_t station, bool on) {
  struct frame *f, *next;
  HASH_ITER(hh, air->frames, f, next) {
    if (f->forget_at <= now)
      forget(air, f);
    else if (!on && f->station == station && f->forget_at == BAC_NEVER)
      f->forget_at = now + FLUSHED_STAYS;
  }
  bac_medium_set_on(air->medium, now, station, on);
}

static struct bac_medium_frame on_air(const struct bac_air *air, uint64_t cookie, uint32_t to, size_t length) {
  uint8_t header[BAC_WSMP_BYTES_MAX];
  const size_t bytes = bac_wsmp_encode(PSID, (uint32_t)length, header) + length + BAC_PSDU_OVERHEAD;
  return (struct bac_medium_frame){.cookie = cookie, .to = to, .psdu_bytes = (uint32_t)bytes, .mode = air->config.mode, .access = BAC_AC_BE};
}

bool bac_air_send(struct bac_air *air, bac_time now, uint32_t station, uint32_t to, const uint8_t *bytes, size_t length) {
  struct frame *f = bac_alloc(1, sizeof *f);
  *f = (struct frame){.cookie = air->cookie++, .station = station, .bytes = bac_buf_new(bytes, length), .forget_at = BAC_NEVER};
  HASH_ADD(hh, air->frames, cookie, sizeof f->cookie, f);
  const struct bac_medium_frame mf = on_air(air, f->cookie, to, length);
  if (bac_medium_send(air->medium, now, station, &mf) == BAC_OK) return true;
  forget(air, f);
  return false;
}

bac_time bac_air_next(const struct bac_air *air) {
  const bac_time next = bac_medium_next(air->medium);
  return air->stations > 0 && air->beacon_at[air->next_beacon] < next ? air->beacon_at[air->next_beacon] : next;
}

void bac_air_run(struct bac_air *air, bac_time until) {
  while (air->stations > 0 && air->beacon_at[air->next_beacon] <= until) {
    const uint32_t station = air->next_beacon;
    const bac_time at = air->beacon_at[station];
    const struct bac_medium_frame mf = on_air(air, BEACON_COOKIE, BAC_TO_ALL, air->config.beacon_bytes);
    bac_medium_run(air->medium, at);
    air->beacons += bac_medium_send(air->medium, at, station, &mf) == BAC_OK; /* none while the radio is off */
    air->beacon_at[station] += beacon_period(air);
    find_next_beacon(air);
  }
  bac_medium_run(air->medium, until);
}

void bac_air_place(struct bac_random *random, uint32_t radius_m, double at_m[3]) {
  const int64_t r = (int64_t)radius_m * 1000;
  int64_t x, y;
  do {
    x = (int64_t)bac_random_below(random, 2 * (uint64_t)r + 1) - r;
    y = (int64_t)bac_random_below(random, 2 * (uint64_t)r + 1) - r;
  } while (x * x + y * y > r * r);
  at_m[0] = (double)x / 1000;
  at_m[1] = (double)y / 1000;
  at_m[2] = 1.5;
}

struct bac_medium *bac_air_medium(struct bac_air *air) { return air->medium; }
uint64_t bac_air_beacons(const struct bac_air *air) { return air->beacons; }
