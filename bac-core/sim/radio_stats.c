/* SPDX-License-Identifier: GPL-2.0-only */
#include "radio_stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "link/bound.h"
#include "observer.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

#define SINR_LOW_DB (-20.0) /* of the first bin */
#define SINR_BINS_PER_DB 10
#define SINR_BINS 1000
#define BOUND_OVERHEAD_S 195.5e-6 /* preamble 40 us, DIFS 58 us, mean backoff 97.5 us */
#define ON_AIR (10 * BAC_MS) /* longer than any frame lasts (4 ms at 3 Mb/s) and is on its way */

struct station {
  uint32_t channel;
  bool vehicle, on;
  bac_time since;            /* on since */
  bac_time on_time, busy_time; /* within the window */
  bac_time sending, sampled;   /* has been sending for so long, and had at the model's last sample */
};

/* A frame that is or was just on the air. */
struct sent {
  uint64_t uid;
  uint32_t channel;
  bac_time forget_at;
  double from[3];
  UT_hash_handle hh; /* in the order of transmission */
};

struct channel {
  uint32_t channel;
  bac_time airtime, taken;
  UT_hash_handle hh;
};

struct bac_radio_stats {
  bac_time begin, end;
  double range_m;
  bac_radio_where where;
  void *ctx;
  struct station *stations;
  uint32_t station_count, station_capacity;
  struct sent *on_air;
  struct channel *channels;
  uint64_t frames, bytes, expected, received;
  bac_time airtime; /* all channels */
  uint64_t sinr[SINR_BINS];
  struct bac_link_stats *links;
  struct bac_busy_windows *windows;
  struct bac_model_stats *model; /* NULL: none */
  bac_model_row row;
  void *row_ctx;
};

struct bac_radio_stats *bac_radio_stats_new(bac_time begin, bac_time end, double range_m, bac_radio_where where, void *ctx) {
  struct bac_radio_stats *s = bac_alloc(1, sizeof *s);
  s->begin = begin;
  s->end = end;
  s->range_m = range_m;
  s->where = where;
  s->ctx = ctx;
  s->links = bac_link_stats_new();
  s->windows = bac_busy_windows_new(begin, end);
  return s;
}

void bac_radio_stats_free(struct bac_radio_stats *s) {
  if (!s) return;
  struct sent *f, *next_frame;
  struct channel *c, *next_channel;
  HASH_ITER(hh, s->on_air, f, next_frame) {
    HASH_DEL(s->on_air, f);
    free(f);
  }
  HASH_ITER(hh, s->channels, c, next_channel) {
    HASH_DEL(s->channels, c);
    free(c);
  }
  bac_link_stats_free(s->links);
  bac_busy_windows_free(s->windows);
  bac_model_stats_free(s->model);
  free(s->stations);
  free(s);
}

struct bac_link_stats *bac_radio_links(struct bac_radio_stats *s) { return s->links; }
struct bac_busy_windows *bac_radio_windows(struct bac_radio_stats *s) { return s->windows; }

/* The part of [from, to) within the window. */
static bac_time clip(const struct bac_radio_stats *s, bac_time from, bac_time to) {
  if (from < s->begin) from = s->begin;
  if (to > s->end) to = s->end;
  return to > from ? to - from : 0;
}

static double seconds(bac_time t) { return (double)t * 1e-9; }

static struct channel *channel_at(struct bac_radio_stats *s, uint32_t channel) {
  struct channel *c;
  HASH_FIND(hh, s->channels, &channel, sizeof channel, c);
  if (c) return c;
  c = bac_alloc(1, sizeof *c);
  c->channel = channel;
  HASH_ADD(hh, s->channels, channel, sizeof c->channel, c);
  return c;
}

uint32_t bac_radio_add_station(struct bac_radio_stats *s, uint32_t channel, bool vehicle) {
  if (s->station_count == s->station_capacity) {
    s->station_capacity = s->station_capacity ? s->station_capacity * 2 : 64;
    s->stations = bac_realloc(s->stations, s->station_capacity, sizeof *s->stations);
  }
  s->stations[s->station_count] = (struct station){.channel = channel, .vehicle = vehicle, .on = true};
  bac_link_add_station(s->links);
  bac_busy_windows_add_station(s->windows, channel, vehicle);
  return s->station_count++;
}

void bac_radio_set_on(struct bac_radio_stats *s, uint32_t station, bac_time now, bool on) {
  struct station *at = &s->stations[station];
  if (at->on) at->on_time += clip(s, at->since, now);
  at->on = on;
  at->since = now;
  bac_link_forget_station(s->links, station);
  bac_busy_windows_set_on(s->windows, station, now, on);
}

void bac_radio_tune(struct bac_radio_stats *s, uint32_t station, bac_time now, uint32_t channel) {
  s->stations[station].channel = channel;
  bac_link_forget_station(s->links, station);
  bac_busy_windows_tune(s->windows, station, now, channel);
}

static double between(const double a[3], const double b[3]) {
  double sum = 0;
  for (int i = 0; i < 3; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sqrt(sum);
}

static double distance(const struct bac_radio_stats *s, uint32_t station, const double from[3]) {
  double at[3];
  s->where(s->ctx, station, at);
  return between(at, from);
}

void bac_radio_sent(struct bac_radio_stats *s, bac_time now, uint32_t station, uint64_t uid, uint32_t bytes) {
  if (now < s->begin || now >= s->end) return;
  s->frames++;
  s->bytes += bytes;
  struct sent *f;
  while (s->on_air && s->on_air->forget_at <= now) {
    f = s->on_air;
    HASH_DEL(s->on_air, f);
    free(f);
  }
  HASH_FIND(hh, s->on_air, &uid, sizeof uid, f);
  if (f)
    HASH_DEL(s->on_air, f);
  else
    f = bac_alloc(1, sizeof *f);
  f->uid = uid;
  f->channel = s->stations[station].channel;
  f->forget_at = now + ON_AIR;
  s->where(s->ctx, station, f->from);
  HASH_ADD(hh, s->on_air, uid, sizeof f->uid, f);
  bac_link_sent(s->links, now, station, uid);
  const uint32_t channel = s->stations[station].channel;
  for (uint32_t to = 0; to < s->station_count; to++) {
    if (to == station || !s->stations[to].on || s->stations[to].channel != channel) continue;
    const double metres = distance(s, to, f->from);
    s->expected += metres <= s->range_m;
    bac_link_expect(s->links, to, metres);
  }
}

void bac_radio_heard(struct bac_radio_stats *s, uint32_t station, uint64_t uid, double sinr) {
  struct sent *f;
  HASH_FIND(hh, s->on_air, &uid, sizeof uid, f);
  if (!f) return; /* an acknowledgement, or begun outside the window */
  const double bin = (10 * log10(sinr) - SINR_LOW_DB) * SINR_BINS_PER_DB;
  s->sinr[!(bin > 0) ? 0 : bin < SINR_BINS - 1 ? (size_t)bin : SINR_BINS - 1]++;
  if (s->stations[station].on && s->stations[station].channel == f->channel) s->received += distance(s, station, f->from) <= s->range_m;
}

void bac_radio_busy(struct bac_radio_stats *s, uint32_t station, bac_time start, bac_time duration, bool sending) {
  struct station *at = &s->stations[station];
  const bac_time time = clip(s, start, start + duration);
  at->busy_time += time;
  if (!sending) return;
  at->sending += time;
  channel_at(s, at->channel)->airtime += time;
  s->airtime += time;
}

void bac_radio_sample_ages(struct bac_radio_stats *s, bac_time now) {
  double(*at)[3] = bac_alloc(s->station_count + 1, sizeof *at);
  for (uint32_t i = 0; i < s->station_count; i++)
    if (s->stations[i].on) s->where(s->ctx, i, at[i]);
  for (uint32_t to = 0; to < s->station_count; to++) {
    if (!s->stations[to].vehicle || !s->stations[to].on) continue;
    for (uint32_t from = 0; from < s->station_count; from++)
      if (from != to && s->stations[from].on && s->stations[from].channel == s->stations[to].channel && between(at[from], at[to]) <= s->range_m)
        bac_link_age(s->links, now, to, from);
  }
  free(at);
}

void bac_radio_beside(struct bac_radio_stats *s, uint32_t station, bac_time now, bac_time duration) {
  const bac_time time = clip(s, now, now + duration);
  channel_at(s, s->stations[station].channel)->airtime -= time;
  s->airtime -= time;
}

double bac_radio_delivery(const struct bac_radio_stats *s) { return s->expected > 0 ? (double)s->received / (double)s->expected : NAN; }
double bac_radio_airtime(const struct bac_radio_stats *s) { return seconds(s->airtime); }

void bac_radio_set_model(struct bac_radio_stats *s, const struct bac_link_model *model, bac_model_row row, void *row_ctx) {
  bac_model_stats_free(s->model);
  s->model = bac_model_stats_new(model);
  s->row = row;
  s->row_ctx = row_ctx;
}

void bac_radio_sample_model(struct bac_radio_stats *s, bac_time now) {
  struct bac_model_station *on = bac_alloc(s->station_count + 1, sizeof *on);
  size_t count = 0;
  for (uint32_t i = 0; i < s->station_count; i++) {
    struct station *at = &s->stations[i];
    const double duty = (double)(at->sending - at->sampled) / (double)BAC_MODEL_INTERVAL;
    at->sampled = at->sending;
    if (!at->on) continue;
    on[count] = (struct bac_model_station){.station = i, .channel = at->channel, .duty = duty};
    s->where(s->ctx, i, on[count++].at_m);
  }
  if (s->model) bac_model_sample(s->model, now, on, count, s->row, s->row_ctx);
  free(on);
}

void bac_radio_bin_columns(const struct bac_radio_stats *s, uint32_t bin, const struct bac_columns *to) {
  bac_link_bin_columns(s->links, bin, to);
  if (s->model) bac_model_bin_columns(s->model, bin, to);
}

double bac_radio_take_airtime(struct bac_radio_stats *s, uint32_t channel) {
  struct channel *c = channel_at(s, channel);
  const double since = seconds(c->airtime - c->taken);
  c->taken = c->airtime;
  return since;
}

/* Mean over vehicles. */
static double busy_ratio(const struct bac_radio_stats *s, bac_time now) {
  double sum = 0;
  uint32_t count = 0;
  for (uint32_t i = 0; i < s->station_count; i++) {
    const struct station *at = &s->stations[i];
    const bac_time on = at->on_time + (at->on ? clip(s, at->since, now) : 0);
    if (!at->vehicle || on == 0) continue;
    sum += at->busy_time < on ? seconds(at->busy_time) / seconds(on) : 1;
    count++;
  }
  return count > 0 ? sum / count : NAN;
}

/* Upper edge of the bin where the share q is reached, dB. */
static double sinr_quantile(const struct bac_radio_stats *s, double q) {
  uint64_t total = 0, seen = 0;
  for (size_t i = 0; i < SINR_BINS; i++) total += s->sinr[i];
  for (size_t i = 0; total > 0 && i < SINR_BINS; i++) {
    seen += s->sinr[i];
    if ((double)seen >= q * (double)total) return SINR_LOW_DB + (double)(i + 1) / SINR_BINS_PER_DB;
  }
  return NAN;
}

void bac_radio_columns(const struct bac_radio_stats *s, bac_time now, size_t blocks, const struct bac_columns *to) {
  bac_columns_count(to, "frames", s->frames);
  bac_columns_count(to, "bytes", s->bytes);
  bac_columns_real(to, "airtime_s", seconds(s->airtime));
  bac_columns_real(to, "airtime_per_block_s", blocks > 0 ? seconds(s->airtime) / (double)blocks : NAN);
  bac_columns_real(to, "pdr", bac_radio_delivery(s));
  bac_columns_real(to, "pdr_range_m", s->range_m);
  bac_columns_real(to, "cbr", busy_ratio(s, now));
  bac_columns_real(to, "sinr_p05_db", sinr_quantile(s, 0.05));
  bac_columns_real(to, "sinr_p50_db", sinr_quantile(s, 0.50));
  bac_columns_real(to, "sinr_p95_db", sinr_quantile(s, 0.95));
}

void bac_radio_efficiency_columns(const struct bac_radio_stats *s, const struct bac_observed_block *blocks, size_t count, double rate_bps,
                                  const struct bac_columns *to) {
  const double frame_s = BOUND_OVERHEAD_S + 8 * BAC_FRAME_BYTES_MAX / rate_bps;
  const double loss = s->expected > 0 ? 1 - (double)s->received / (double)s->expected : 0;
  double bytes = 0, useful = 0, bound = 0, frames = 0;
  uint32_t symbols = 0, receivers = 0; /* of `frames` */
  for (size_t i = 0; i < count; i++) {
    const struct bac_observed_block *b = &blocks[i];
    if (b->revoked || b->bytes == 0 || b->members < 2) continue;
    bytes += b->bytes;
    useful += (double)b->bytes * (b->members - 1);
    const uint32_t k = (b->bytes + BAC_FRAME_BYTES_MAX - 1u) / BAC_FRAME_BYTES_MAX;
    if (k != symbols || b->members - 1 != receivers) {
      symbols = k;
      receivers = b->members - 1;
      frames = bac_link_bound_frames(symbols, receivers, loss < 0.99 ? loss : 0.99);
    }
    bound += frames * frame_s;
  }
  bac_columns_real(to, "air_per_block_byte", bytes > 0 ? (double)s->bytes / bytes : NAN);
  bac_columns_real(to, "air_per_useful_byte", useful > 0 ? (double)s->bytes / useful : NAN);
  bac_columns_real(to, "bound_airtime_s", bound > 0 ? bound : NAN);
  bac_columns_real(to, "airtime_over_bound", bound > 0 ? seconds(s->airtime) / bound : NAN);
}
