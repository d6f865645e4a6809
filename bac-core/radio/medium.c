/* SPDX-License-Identifier: GPL-2.0-only */
#include "medium.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "approx.h"
#include "base/bytes.h"
#include "error_rate.h"
#include "fading.h"
#include "internal.h"

/* With fading, mean powers this far below the floor still count: gains above 10 dB have a probability below 3e-4 at m = 0.75. */
#define FADING_MARGIN_DB 10.0
#define THERMAL_W (1.3803e-23 * 290 * 10e6) /* ns-3's Boltzmann constant, 290 K, 10 MHz */

struct bac_medium_config bac_medium_default(void) {
  return (struct bac_medium_config){
      .seed = 1,
      .loss = bac_loss_default(BAC_LOSS_THREE_LOG),
      .nakagami = true,
      .nakagami_m = {1.5, 0.75, 0.75},
      .nakagami_from_m = {80, 200},
      .eirp_dbm = 23,
      .noise_figure_db = 7,
      .floor_dbm = -101 - 3.0102999566398120, /* RxSensitivity, for half of 20 MHz */
      .interference_dbm = -117,
      .sense_dbm = -82 - 3.0102999566398120,  /* CcaSensitivity, likewise */
      .energy_detect_dbm = -62,
      .preamble_dbm = -95,
      .preamble_sinr_db = 4,
      .edca = {{2, 3, 7}, {3, 7, 15}, {6, 15, 1023}, {9, 15, 1023}},
      .queue_frames = 500,
      .queue_lifetime = 500 * BAC_MS,
      .attempts = 7,
  };
}

static bool within(double value, double low, double high) { return value >= low && value <= high; }

static bool is_window(uint32_t w) { return w <= 32767 && (w & (w + 1)) == 0; }

int bac_medium_check(const struct bac_medium_config *c, char *why, size_t why_size) {
  const struct {
    const char *name;
    double value, low, high;
  } ranges[] = {
      {"EIRP (dBm)", c->eirp_dbm, -50, 44.8},
      {"reference loss (dB)", c->loss.reference_loss_db, 0, 200},
      {"noise figure (dB)", c->noise_figure_db, 0, 40},
      {"floor (dBm)", c->floor_dbm, -150, 0},
      {"interference floor (dBm)", c->interference_dbm, -150, c->weak_signals ? c->floor_dbm : 0},
      {"sensing threshold (dBm)", c->sense_dbm, -150, 0},
      {"energy detection threshold (dBm)", c->energy_detect_dbm, -150, 0},
      {"preamble threshold (dBm)", c->preamble_dbm, -150, 0},
      {"preamble SINR (dB)", c->preamble_sinr_db, -20, 60},
      {"Nakagami m near", c->nakagami_m[0], 0.1, 100},
      {"Nakagami m between", c->nakagami_m[1], 0.1, 100},
      {"Nakagami m far", c->nakagami_m[2], 0.1, 100},
      {"queue (frames)", c->queue_frames, 1, 1e6},
      {"attempts", c->attempts, 1, 255},
      {"frame lifetime (ns)", (double)c->queue_lifetime, 1, 1e18},
  };
  for (int a = 0; a < BAC_ACS; a++) {
    const struct bac_edca_parameters *e = &c->edca[a];
    if (e->aifsn >= 2 && e->aifsn <= 15 && is_window(e->window_min) && is_window(e->window_max) && e->window_min <= e->window_max) continue;
    static const char *const NAMES[BAC_ACS] = {"VO", "VI", "BE", "BK"};
    snprintf(why, why_size, "EDCA of %s is %u, %u, %u: give an AIFSN from 2 to 15 and two windows, 0, 1, 3, 7, ... 32767, the smaller first", NAMES[a],
             e->aifsn, e->window_min, e->window_max);
    return BAC_EINVAL;
  }
  for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    if (within(ranges[i].value, ranges[i].low, ranges[i].high)) continue;
    snprintf(why, why_size, "%s is %.9g: give a value from %.9g to %.9g", ranges[i].name, ranges[i].value, ranges[i].low, ranges[i].high);
    return BAC_EINVAL;
  }
  if ((unsigned)c->loss.model >= BAC_LOSSES || (unsigned)c->mask >= BAC_MASKS) {
    snprintf(why, why_size, "loss model %d with mask %d: give one of enum bac_loss and one of enum bac_mask", (int)c->loss.model, (int)c->mask);
    return BAC_EINVAL;
  }
  if (c->vector < 0 || c->vector >= BAC_VECTOR_KINDS || !bac_kernels_of((enum bac_vector)c->vector)) {
    snprintf(why, why_size, "vector instructions %d are not of this processor: give 0 for the best there are", c->vector);
    return BAC_EINVAL;
  }
  return BAC_OK;
}

/* 24 bits: libraries differ in the last of 53. */
static double watt(double dbm) { return (double)(float)pow(10, (dbm - 30) / 10); }
static double ln_watt(double dbm) { return (double)(float)((dbm - 30) / 10 * 2.302585092994045684); }

static void make_tables(struct bac_medium *m) {
  m->errors = bac_alloc(BAC_AIR_MODES * BAC_ERROR_SIZE, sizeof *m->errors);
  for (int mode = 0; mode < BAC_AIR_MODES; mode++) bac_error_table((enum bac_air_mode)mode, m->errors + mode * BAC_ERROR_SIZE);
  if (!m->config.nakagami) return;
  m->fading = bac_alloc(BAC_FADING_CLASSES * BAC_FADING_SIZE, sizeof *m->fading);
  for (int i = 0; i < BAC_FADING_CLASSES; i++) {
    if (i > 0 && m->config.nakagami_m[i] == m->config.nakagami_m[i - 1])
      memcpy(m->fading + i * BAC_FADING_SIZE, m->fading + (i - 1) * BAC_FADING_SIZE, BAC_FADING_SIZE * sizeof *m->fading);
    else
      bac_fading_table(m->config.nakagami_m[i], m->fading + i * BAC_FADING_SIZE);
  }
}

struct bac_medium *bac_medium_new(const struct bac_medium_config *config, const struct bac_medium_host *host) {
  char why[160];
  if (bac_medium_check(config, why, sizeof why) != BAC_OK) return NULL;
  struct bac_medium *m = bac_alloc(1, sizeof *m);
  m->config = *config;
  m->host = *host;
  m->kernels = bac_kernels_of((enum bac_vector)config->vector);
  m->loss = bac_loss_pieces_of(&config->loss);
  m->by_pair = config->loss.model == BAC_LOSS_V2V_URBAN || config->loss.model == BAC_LOSS_V2V_HIGHWAY;
  m->v2v = (struct bac_v2v){config->loss.model == BAC_LOSS_V2V_URBAN ? BAC_V2V_URBAN : BAC_V2V_HIGHWAY, config->seed, config->obstacles};
  for (int i = 0; i < BAC_LOSS_PIECES; i++) { /* as watt() */
    m->loss.intercept[i] = (double)(float)m->loss.intercept[i];
    m->loss.slope[i] = (double)(float)m->loss.slope[i];
  }
  m->noise = (double)(float)(THERMAL_W * pow(10, config->noise_figure_db / 10));
  const double floor_dbm = config->weak_signals ? config->interference_dbm : config->floor_dbm;
  m->floor = watt(floor_dbm);
  m->row_floor = watt(floor_dbm - (config->nakagami ? FADING_MARGIN_DB : 0));
  m->sense = watt(config->sense_dbm);
  m->sense_weak = watt(config->energy_detect_dbm);
  m->sense_foreign = config->weak_signals ? m->sense : m->sense_weak;
  m->sense_from = config->weak_signals ? watt(config->floor_dbm) : 0;
  m->preamble = watt(config->preamble_dbm);
  m->preamble_ratio = (double)(float)pow(10, config->preamble_sinr_db / 10);
  m->ln_power = ln_watt(config->eirp_dbm);
  make_tables(m);
  m->laid_out = true; /* of nobody */
  m->row_version = 1;
  return m;
}

void bac_medium_free(struct bac_medium *m) {
  if (!m) return;
  for (uint32_t i = 0; i < m->station_count; i++) {
    struct bac_station *s = &m->stations[i];
    for (int a = 0; a < BAC_ACS; a++) free(s->edca[a].ring);
    free(s->row_blocks);
    free(s->row);
    free(s->row_own);
  }
  for (size_t i = 0; i < m->flight_count; i++) {
    free(m->flights[i].blocks);
    free(m->flights[i].power);
    free(m->flights[i].own);
    free(m->flights[i].fate);
    free(m->flights[i].sinr);
  }
  bac_layout_free(m);
  bac_radio_events_free(&m->events);
  free(m->flights);
  free(m->stations);
  free(m->errors);
  free(m->fading);
  free(m->receptions);
  free(m);
}

void bac_medium_watch(struct bac_medium *m, void (*fates)(void *, bac_time, uint32_t, uint64_t, const uint8_t *, const int16_t *, uint32_t)) {
  m->host.fates = fates;
}

int64_t bac_medium_add(struct bac_medium *m, uint32_t channel, const double at[3]) {
  if (!bac_channel_valid(channel)) return BAC_EINVAL;
  if (m->station_count == m->station_capacity) {
    m->station_capacity = m->station_capacity ? m->station_capacity * 2 : 64;
    m->stations = bac_realloc(m->stations, m->station_capacity, sizeof *m->stations);
  }
  struct bac_station *s = &m->stations[m->station_count];
  *s = (struct bac_station){.at = {at[0], at[1], at[2]}, .channel = (channel - BAC_CHANNEL_FIRST) / 2, .slot = UINT32_MAX,
                            .ln_power = m->ln_power, .site = m->station_count, .powered = true};
  s->random = bac_random_stream(m->config.seed, m->station_count, BAC_PURPOSE_NETWORK);
  bac_edca_init(m, s);
  m->laid_out = false;
  return m->station_count++;
}

uint32_t bac_medium_stations(const struct bac_medium *m) { return m->station_count; }

void bac_medium_set_site(struct bac_medium *m, uint32_t station, uint32_t site) {
  BAC_ASSERT(station < m->station_count);
  m->stations[station].site = site;
  m->laid_out = false;
}

void bac_medium_move(struct bac_medium *m, uint32_t station, const double at[3]) {
  BAC_ASSERT(station < m->station_count);
  struct bac_station *s = &m->stations[station];
  if (s->at[0] == at[0] && s->at[1] == at[1] && s->at[2] == at[2]) return;
  for (int i = 0; i < 3; i++) s->at[i] = at[i];
  m->laid_out = false;
}

/* ---- Who is there. ---- */

static void advance(struct bac_medium *m, bac_time now) {
  BAC_ASSERT(now >= m->now);
  bac_medium_run(m, now - 1);
  m->now = now;
  bac_layout_ensure(m);
}

static bac_time later(bac_time a, bac_time b) { return a > b ? a : b; }

static bool is_its_turn(const struct bac_station *s, bac_time now) {
  const bool control = now % (BAC_CCH_INTERVAL + BAC_SCH_INTERVAL) < BAC_CCH_INTERVAL;
  return s->interval == BAC_INTERVAL_ANY || (s->interval == BAC_INTERVAL_CCH) == control;
}

/* The station comes or goes, whether by the host's wish (`flushes` its queues) or by the clock. */
static void appear(struct bac_medium *m, uint32_t station, bool flushes) {
  struct bac_station *s = &m->stations[station];
  struct bac_lanes *l = bac_lanes_of(m, s);
  const size_t k = bac_lane_of(s);
  const bool on = s->powered && is_its_turn(s, m->now);
  if (on && s->interval != BAC_INTERVAL_ANY) s->nav_end = later(s->nav_end, m->now - m->now % BAC_CCH_INTERVAL + BAC_GUARD_INTERVAL);
  if (l->on[k] != on) {
    bac_fate_unlock(m, station, BAC_FATE_OFF);
    l->on[k] = on;
    l->free_since[k] = (double)m->now;
    l->lock[k] = -1;
    l->payload[k] = 0;
    l->signal[k] = l->rate[k] = l->strongest[k] = l->eifs_end[k] = 0;
    l->energy[k] = l->power[k] >= m->sense;
    if (!on) bac_edca_sleep(m, station);
    bac_flight_update_busy(m, station);
  }
  if (flushes) bac_edca_flush(m, station);
}

void bac_medium_set_on(struct bac_medium *m, bac_time now, uint32_t station, bool on) {
  BAC_ASSERT(station < m->station_count);
  advance(m, now);
  struct bac_station *s = &m->stations[station];
  if (s->powered == on) return;
  s->powered = on;
  appear(m, station, !on);
}

int bac_medium_alternate(struct bac_medium *m, bac_time now, uint32_t station, enum bac_interval interval) {
  if (station >= m->station_count || (unsigned)interval >= BAC_INTERVALS) return BAC_EINVAL;
  advance(m, now);
  struct bac_station *s = &m->stations[station];
  if (bac_lanes_of(m, s)->sending[bac_lane_of(s)] || bac_medium_queued(m, station) > 0) return BAC_ESTATE;
  s->interval = interval;
  bac_edca_sleep(m, station); /* what was held is held no more */
  appear(m, station, false);
  if (m->alternates || interval == BAC_INTERVAL_ANY) return BAC_OK;
  m->alternates = true;
  bac_radio_events_add(&m->events, now + BAC_CCH_INTERVAL - now % BAC_CCH_INTERVAL, BAC_RADIO_INTERVAL, 0, 0);
  return BAC_OK;
}

static void begin_interval(struct bac_medium *m) {
  _Static_assert(BAC_CCH_INTERVAL == BAC_SCH_INTERVAL, "as events come");
  bac_radio_events_add(&m->events, m->now + BAC_CCH_INTERVAL, BAC_RADIO_INTERVAL, 0, 0);
  for (uint32_t i = 0; i < m->station_count; i++)
    if (m->stations[i].interval != BAC_INTERVAL_ANY) appear(m, i, false);
  for (uint32_t i = 0; i < m->station_count; i++) /* when all are there whom it may hear */
    if (m->stations[i].interval != BAC_INTERVAL_ANY && m->stations[i].powered && is_its_turn(&m->stations[i], m->now)) bac_edca_wake(m, i);
}

int bac_medium_tune(struct bac_medium *m, bac_time now, uint32_t station, uint32_t channel) {
  BAC_ASSERT(station < m->station_count);
  if (!bac_channel_valid(channel)) return BAC_EINVAL;
  advance(m, now);
  struct bac_station *s = &m->stations[station];
  if (s->powered || bac_lanes_of(m, s)->sending[bac_lane_of(s)]) return BAC_ESTATE;
  s->channel = (channel - BAC_CHANNEL_FIRST) / 2;
  m->laid_out = false;
  return BAC_OK;
}

int bac_medium_send(struct bac_medium *m, bac_time now, uint32_t station, const struct bac_medium_frame *frame) {
  if (station >= m->station_count || frame->psdu_bytes == 0 || frame->psdu_bytes > 4095 || (unsigned)frame->access >= BAC_ACS ||
      (unsigned)frame->mode >= BAC_AIR_MODES || frame->to == station || (frame->to != BAC_TO_ALL && frame->to >= m->station_count))
    return BAC_EINVAL;
  advance(m, now);
  if (!m->stations[station].powered) return BAC_ESTATE;
  return bac_edca_enqueue(m, station, frame);
}

int bac_medium_jam(struct bac_medium *m, bac_time now, uint32_t station, uint32_t psdu_bytes, enum bac_air_mode mode) {
  if (station >= m->station_count || psdu_bytes == 0 || psdu_bytes > 4095 || (unsigned)mode >= BAC_AIR_MODES) return BAC_EINVAL;
  advance(m, now);
  const struct bac_station *s = &m->stations[station];
  const struct bac_lanes *l = bac_lanes_of(m, s);
  if (!l->on[bac_lane_of(s)] || l->sending[bac_lane_of(s)]) return BAC_ESTATE;
  const struct bac_medium_frame frame = {.to = BAC_TO_ALL, .psdu_bytes = psdu_bytes, .mode = mode, .access = BAC_AC_VO};
  bac_flight_begin(m, station, &frame, BAC_FLIGHT_JAM);
  return BAC_OK;
}

void bac_medium_set_power(struct bac_medium *m, uint32_t station, double eirp_dbm) {
  BAC_ASSERT(station < m->station_count && within(eirp_dbm, -50, 44.8));
  m->stations[station].ln_power = ln_watt(eirp_dbm);
  m->stations[station].row_version = 0; /* computed anew */
}

size_t bac_medium_queued(const struct bac_medium *m, uint32_t station) {
  size_t count = 0;
  for (int a = 0; a < BAC_ACS; a++) count += m->stations[station].edca[a].count;
  return count;
}

bac_time bac_medium_next(const struct bac_medium *m) {
  const struct bac_radio_event *first = bac_radio_events_first(&m->events);
  return first ? first->at : BAC_NEVER;
}

/* An acknowledgement goes out whatever the channel is like, unless its station is sending or off. */
static void acknowledge(struct bac_medium *m, uint32_t station) {
  const struct bac_station *s = &m->stations[station];
  const struct bac_lanes *l = bac_lanes_of(m, s);
  if (!l->on[bac_lane_of(s)] || l->sending[bac_lane_of(s)]) return;
  const struct bac_medium_frame frame = {.to = s->ack_to, .psdu_bytes = BAC_ACK_BYTES, .mode = s->ack_mode, .access = BAC_AC_VO};
  bac_flight_begin(m, station, &frame, BAC_FLIGHT_ACK);
}

static void handle(struct bac_medium *m, const struct bac_radio_event *e) {
  switch (e->type) {
    case BAC_RADIO_SENSE: bac_flight_sense(m, e->subject); break;
    case BAC_RADIO_HEADER: bac_flight_header(m, e->subject); break;
    case BAC_RADIO_FINISH: bac_flight_finish(m, e->subject); break;
    case BAC_RADIO_ACCESS:
      if (e->generation == m->stations[e->subject].access_generation) bac_edca_access(m, e->subject);
      break;
    case BAC_RADIO_ACK: acknowledge(m, e->subject); break;
    case BAC_RADIO_ACK_TIMEOUT:
      if (e->generation == m->stations[e->subject].ack_generation) bac_edca_ack_timeout(m, e->subject);
      break;
    case BAC_RADIO_INTERVAL: begin_interval(m); break;
  }
}

void bac_medium_run(struct bac_medium *m, bac_time until) {
  const struct bac_radio_event *first;
  while ((first = bac_radio_events_first(&m->events)) && first->at <= until) {
    const struct bac_radio_event e = bac_radio_events_take(&m->events);
    bac_layout_ensure(m);
    m->now = e.at;
    handle(m, &e);
  }
  if (until > m->now && until != BAC_NEVER) m->now = until;
}

bac_time bac_medium_busy(const struct bac_medium *m, bac_time now, uint32_t station) {
  const struct bac_station *s = &m->stations[station];
  if (s->slot == UINT32_MAX) return 0;
  const struct bac_lanes *l = &m->lanes[s->slot / BAC_LANES];
  const size_t k = s->slot % BAC_LANES;
  return (bac_time)(l->busy_sum[k] + (l->busy[k] ? (double)now - l->busy_since[k] : 0));
}

double bac_medium_power_dbm(struct bac_medium *m, uint32_t from, uint32_t to) {
  bac_layout_ensure(m);
  struct bac_station *s = &m->stations[from];
  bac_layout_row(m, s);
  const uint32_t slot = m->stations[to].slot;
  for (size_t i = 0; i < s->row_count; i++)
    if (s->row_blocks[i] == slot / BAC_LANES && s->row[i * BAC_LANES + slot % BAC_LANES] > 0)
      return 10 * log10(s->row[i * BAC_LANES + slot % BAC_LANES]) + 30;
  return -INFINITY;
}

struct bac_medium_totals bac_medium_sum(const struct bac_medium *m) {
  struct bac_medium_totals t = m->totals;
  t.vector = m->kernels->name;
  t.memory_bytes = m->block_count * (sizeof *m->lanes + BAC_LANES * 5 * sizeof(double)) + m->station_capacity * sizeof *m->stations;
  for (uint32_t i = 0; i < m->station_count; i++)
    t.memory_bytes += m->stations[i].row_capacity * (BAC_LANES * sizeof(double) + sizeof(uint32_t) + 1);
  for (size_t i = 0; i < m->flight_count; i++)
    t.memory_bytes += m->flights[i].capacity * (BAC_LANES * sizeof(double) + sizeof(uint32_t) + 1);
  return t;
}
