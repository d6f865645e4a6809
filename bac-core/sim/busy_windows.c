/* SPDX-License-Identifier: GPL-2.0-only */
#include "busy_windows.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "spread.h"

struct station {
  uint32_t channel;
  bool vehicle, on;
  bac_time since;  /* on and on this channel since */
  int64_t window;  /* the one under way */
  bac_time busy;   /* within it */
};

struct bac_busy_windows {
  bac_time begin;
  int64_t count; /* windows */
  struct station *stations;
  uint32_t station_count;
  struct bac_spread all, *channels; /* ns busy of a window */
  uint32_t channel_count;
};

struct bac_busy_windows *bac_busy_windows_new(bac_time begin, bac_time end) {
  struct bac_busy_windows *w = bac_alloc(1, sizeof *w);
  w->begin = begin;
  w->count = end > begin ? (end - begin) / BAC_BUSY_WINDOW : 0;
  return w;
}

void bac_busy_windows_free(struct bac_busy_windows *w) {
  if (!w) return;
  bac_spread_free(&w->all);
  for (uint32_t i = 0; i < w->channel_count; i++) bac_spread_free(&w->channels[i]);
  free(w->channels);
  free(w->stations);
  free(w);
}

static void know_channel(struct bac_busy_windows *w, uint32_t channel) {
  if (channel < w->channel_count) return;
  w->channels = bac_realloc(w->channels, channel + 1, sizeof *w->channels);
  for (; w->channel_count <= channel; w->channel_count++) w->channels[w->channel_count] = (struct bac_spread){0};
}

void bac_busy_windows_add_station(struct bac_busy_windows *w, uint32_t channel, bool vehicle) {
  if ((w->station_count & (w->station_count - 1)) == 0)
    w->stations = bac_realloc(w->stations, w->station_count ? 2 * (size_t)w->station_count : 1, sizeof *w->stations);
  w->stations[w->station_count++] = (struct station){.channel = channel, .vehicle = vehicle, .on = true};
  know_channel(w, channel);
}

static bac_time begin_of(const struct bac_busy_windows *w, int64_t window) { return w->begin + window * BAC_BUSY_WINDOW; }

/* Windows that are over before a time are counted. */
static void advance(struct bac_busy_windows *w, struct station *s, bac_time now) {
  for (; s->window < w->count && begin_of(w, s->window + 1) <= now; s->window++, s->busy = 0) {
    if (!s->vehicle || !s->on || s->since > begin_of(w, s->window)) continue;
    const uint64_t busy = (uint64_t)(s->busy < BAC_BUSY_WINDOW ? s->busy : BAC_BUSY_WINDOW);
    bac_spread_add(&w->all, busy);
    bac_spread_add(&w->channels[s->channel], busy);
  }
}

void bac_busy_windows_set_on(struct bac_busy_windows *w, uint32_t station, bac_time now, bool on) {
  struct station *s = &w->stations[station];
  advance(w, s, now);
  s->on = on;
  s->since = now;
}

void bac_busy_windows_tune(struct bac_busy_windows *w, uint32_t station, bac_time now, uint32_t channel) {
  struct station *s = &w->stations[station];
  advance(w, s, now);
  s->channel = channel;
  s->since = now;
  know_channel(w, channel);
}

void bac_busy_windows_busy(struct bac_busy_windows *w, uint32_t station, bac_time start, bac_time duration) {
  struct station *s = &w->stations[station];
  const bac_time end = start + duration;
  advance(w, s, start);
  while (s->window < w->count && end > begin_of(w, s->window)) {
    const bac_time from = start > begin_of(w, s->window) ? start : begin_of(w, s->window);
    const bac_time to = end < begin_of(w, s->window + 1) ? end : begin_of(w, s->window + 1);
    s->busy += to - from;
    if (end < begin_of(w, s->window + 1)) return;
    advance(w, s, begin_of(w, s->window + 1));
  }
}

static void columns(const struct bac_spread *s, const char *suffix, const struct bac_columns *to) {
  const struct {
    const char *name;
    double value;
  } all[] = {{"mean", bac_spread_mean(s)}, {"p95", bac_spread_quantile(s, 0.95)}, {"max", s->count > 0 ? (double)s->most : bac_spread_mean(s)}};
  char name[40];
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    snprintf(name, sizeof name, "cbr100_%s%s", all[i].name, suffix);
    bac_columns_real(to, name, all[i].value / (double)BAC_BUSY_WINDOW);
  }
}

void bac_busy_windows_columns(struct bac_busy_windows *w, bac_time now, const struct bac_columns *to) {
  for (uint32_t i = 0; i < w->station_count; i++) advance(w, &w->stations[i], now);
  columns(&w->all, "", to);
  for (uint32_t i = 0; i < w->channel_count; i++) {
    char suffix[16];
    snprintf(suffix, sizeof suffix, "_%u", i);
    columns(&w->channels[i], suffix, to);
  }
}
