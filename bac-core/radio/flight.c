/* SPDX-License-Identifier: GPL-2.0-only */
/* A transmission from its first sample to its last, over all its receivers: begin, sense (the preamble is 4 us old), header, finish.
 * Source: ns-3's PhyEntity (StartReceivePreamble, EndPreambleDetectionPeriod, EndReceiveField, EndReceivePayload) and WifiPhy::Send. */
#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "error_rate.h"
#include "internal.h"

enum { DRAW_FADING = 1, DRAW_HEADER, DRAW_PAYLOAD };

/* A key of draws for a transmission and a purpose, mixed as SplitMix64 does. */
static uint64_t key_of(const struct bac_medium *m, const struct bac_flight *f, uint64_t purpose) {
  uint64_t z = m->config.seed * 0x9e3779b97f4a7c15ULL + f->serial * 4 + purpose;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

void bac_flight_update_busy(struct bac_medium *m, uint32_t station) {
  const struct bac_station *s = &m->stations[station];
  struct bac_lanes *l = bac_lanes_of(m, s);
  const size_t k = bac_lane_of(s);
  const int64_t busy = l->on[k] & (l->sending[k] | (l->lock[k] >= 0) | l->energy[k]);
  if (busy == l->busy[k]) return;
  if (busy) {
    if (l->waits[k]) bac_edca_busy_begins(m, station);
    l->busy_since[k] = (double)m->now;
    l->busy[k] = 1;
  } else {
    l->busy_sum[k] += (double)m->now - l->busy_since[k];
    l->idle_since[k] = (double)m->now;
    l->busy[k] = 0;
    if (l->waits[k]) bac_edca_busy_ends(m, station);
  }
}

static struct bac_pass pass_of(struct bac_medium *m, uint32_t flight) {
  struct bac_flight *f = &m->flights[flight];
  return (struct bac_pass){.lanes = m->lanes, .blocks = f->blocks, .count = f->count, .power = f->power, .own = f->own, .hits = m->hits,
                           .errors = m->errors, .now = (double)m->now, .start = (double)f->start, .noise = m->noise,
                           .sense = m->sense, .sense_foreign = m->sense_foreign, .sense_weak = m->sense_weak,
                           .sense_from = m->sense_from, .preamble = m->preamble, .preamble_ratio = m->preamble_ratio,
                           .eifs = (double)(BAC_AIR_SIFS + BAC_AIR_EIFS_WAIT), .flight = flight};
}

static uint32_t new_flight(struct bac_medium *m) {
  for (size_t i = 0; i < m->flight_count; i++)
    if (!m->flights[i].used) return (uint32_t)i;
  m->flights = bac_realloc(m->flights, m->flight_count + 1, sizeof *m->flights);
  m->flights[m->flight_count] = (struct bac_flight){0};
  return (uint32_t)m->flight_count++;
}

/* The powers of a transmission at its receivers: the row, with fading if there is any. */
static void fill(struct bac_medium *m, struct bac_flight *f) {
  struct bac_station *s = &m->stations[f->from];
  bac_layout_row(m, s);
  if (f->capacity < s->row_count) {
    f->capacity = s->row_count + s->row_count / 4;
    f->blocks = bac_realloc(f->blocks, f->capacity, sizeof *f->blocks);
    f->power = bac_realloc(f->power, f->capacity * BAC_LANES, sizeof *f->power);
    f->own = bac_realloc(f->own, f->capacity, sizeof *f->own);
  }
  f->count = s->row_count;
  if (f->count == 0) return;
  memcpy(f->blocks, s->row_blocks, f->count * sizeof *f->blocks);
  memcpy(f->own, s->row_own, f->count);
  if (!m->fading) {
    memcpy(f->power, s->row, f->count * BAC_LANES * sizeof *f->power);
    return;
  }
  for (size_t i = 0; i < f->count; i++) memcpy(m->ids + i * BAC_LANES, m->lanes[f->blocks[i]].id, BAC_LANES * sizeof *m->ids);
  const struct bac_fade_pass p = {.row = s->row, .id = m->ids, .count = f->count, .tables = m->fading, .floor = m->floor,
                                  .key = key_of(m, f, DRAW_FADING), .out = f->power};
  m->kernels->fade(&p);
}

void bac_flight_begin(struct bac_medium *m, uint32_t from, const struct bac_medium_frame *frame, enum bac_flight_kind kind) {
  bac_layout_ensure(m);
  struct bac_station *s = &m->stations[from];
  struct bac_lanes *l = bac_lanes_of(m, s);
  const size_t k = bac_lane_of(s);
  const uint32_t index = new_flight(m);
  struct bac_flight *f = &m->flights[index];
  f->frame = *frame;
  f->from = from;
  f->used = true;
  f->kind = kind;
  f->serial = m->serial++;
  f->start = m->now;
  f->end = m->now + bac_air_duration(frame->psdu_bytes, frame->mode);
  fill(m, f);
  bac_fate_begin(m, f);
  bac_fate_unlock(m, from, BAC_FATE_SENDING);

  l->sending[k] = 1; /* whatever it was receiving is lost */
  l->lock[k] = -1;
  l->payload[k] = 0;
  l->signal[k] = l->rate[k] = l->strongest[k] = l->eifs_end[k] = 0;
  bac_flight_update_busy(m, from);

  struct bac_pass p = pass_of(m, index);
  m->kernels->start(&p);
  bac_radio_events_add(&m->events, f->start + BAC_AIR_DETECT, BAC_RADIO_SENSE, index, 0);
  bac_radio_events_add(&m->events, f->start + BAC_AIR_PREAMBLE + BAC_AIR_HEADER, BAC_RADIO_HEADER, index, 0);
  bac_radio_events_add(&m->events, f->end, BAC_RADIO_FINISH, index, 0);
  m->totals.transmissions += kind == BAC_FLIGHT_DATA;
  m->totals.acks += kind == BAC_FLIGHT_ACK;
  m->totals.jams += kind == BAC_FLIGHT_JAM;
  m->totals.airtime += f->end - f->start;
  m->totals.pairs += f->count * BAC_LANES;
  if (kind == BAC_FLIGHT_ACK && m->host.acknowledges) m->host.acknowledges(m->host.ctx, m->now, from, f->end - f->start);
  if (kind == BAC_FLIGHT_DATA && m->host.begins) m->host.begins(m->host.ctx, m->now, from, frame, f->end - f->start);
}

/* Tells the MACs of stations whose channel became busy or idle in a pass. */
static void tell_changes(struct bac_medium *m, const struct bac_flight *f, const struct bac_pass *p) {
  for (size_t i = 0; i < p->hit_count; i++) {
    struct bac_lanes *l = &m->lanes[f->blocks[p->hits[i]]];
    for (int k = 0; k < BAC_LANES; k++) {
      if (!(l->event[k] & BAC_LANE_CHANGED)) continue;
      if (l->busy[k])
        bac_edca_busy_begins(m, (uint32_t)l->id[k]);
      else
        bac_edca_busy_ends(m, (uint32_t)l->id[k]);
    }
  }
}

void bac_flight_sense(struct bac_medium *m, uint32_t flight) {
  struct bac_flight *f = &m->flights[flight];
  struct bac_pass p = pass_of(m, flight);
  bac_fate_judge(m, f, &p);
  p.rate = (double)bac_air_rate(BAC_MODE_3) * 1e-9;
  p.table = BAC_MODE_3 * BAC_ERROR_SIZE;
  m->kernels->sense(&p);
  tell_changes(m, f, &p);
}

void bac_flight_header(struct bac_medium *m, uint32_t flight) {
  struct bac_flight *f = &m->flights[flight];
  struct bac_pass p = pass_of(m, flight);
  p.rate = (double)bac_air_rate(f->frame.mode) * 1e-9;
  p.table = (int64_t)f->frame.mode * BAC_ERROR_SIZE;
  p.key = key_of(m, f, DRAW_HEADER);
  m->kernels->header(&p);
  for (size_t i = 0; i < p.hit_count; i++) {
    const struct bac_lanes *l = &m->lanes[f->blocks[p.hits[i]]];
    for (int k = 0; k < BAC_LANES; k++) m->totals.header_errors += (l->event[k] & BAC_LANE_FAILED) != 0;
  }
  bac_fate_settle(m, f, &p, BAC_FATE_HEADER);
  tell_changes(m, f, &p);
}

/* Keeps who has decoded the frame. */
static size_t collect(struct bac_medium *m, const struct bac_flight *f, const struct bac_pass *p) {
  size_t count = 0;
  for (size_t i = 0; i < p->hit_count; i++) {
    const struct bac_lanes *l = &m->lanes[f->blocks[p->hits[i]]];
    if (count + BAC_LANES > m->receptions_capacity) {
      m->receptions_capacity = m->receptions_capacity * 2 + 64;
      m->receptions = bac_realloc(m->receptions, m->receptions_capacity, sizeof *m->receptions);
    }
    for (int k = 0; k < BAC_LANES; k++) {
      m->receptions[count] = (struct bac_reception){(uint32_t)l->id[k], l->sinr[k]};
      count += (l->event[k] & BAC_LANE_DECODED) != 0;
      m->totals.payload_errors += (l->event[k] & BAC_LANE_FAILED) != 0;
    }
  }
  m->totals.decoded += count;
  return count;
}

/* A unicast frame reached a station: its receiver acknowledges after SIFS, the others keep quiet for as long (NAV). */
static bool hear_unicast(struct bac_medium *m, const struct bac_flight *f, uint32_t station) {
  struct bac_station *s = &m->stations[station];
  const enum bac_air_mode ack_mode = bac_air_ack_mode(f->frame.mode);
  if (f->kind == BAC_FLIGHT_ACK) {
    if (f->frame.to == station) bac_edca_acked(m, station);
    return false;
  }
  if (f->frame.to != station) {
    const bac_time nav = m->now + BAC_AIR_SIFS + bac_air_duration(BAC_ACK_BYTES, ack_mode);
    if (nav > s->nav_end) s->nav_end = nav;
    return false;
  }
  s->ack_to = f->from;
  s->ack_mode = ack_mode;
  bac_radio_events_add(&m->events, m->now + BAC_AIR_SIFS, BAC_RADIO_ACK, station, 0);
  struct bac_station *sender = &m->stations[f->from];
  if (sender->sending_access < 0 || sender->edca[sender->sending_access].count == 0) return true; /* flushed meanwhile */
  struct bac_queued *q = bac_edca_current(sender);
  const bool first = !q->received;
  q->received = true;
  return first;
}

void bac_flight_finish(struct bac_medium *m, uint32_t flight) {
  struct bac_pass p = pass_of(m, flight);
  p.key = key_of(m, &m->flights[flight], DRAW_PAYLOAD);
  m->kernels->finish(&p);
  bac_fate_settle(m, &m->flights[flight], &p, BAC_FATE_PAYLOAD);
  const struct bac_flight f = m->flights[flight]; /* the callbacks may begin others, which moves the array */
  const size_t count = collect(m, &f, &p);
  struct bac_station *s = &m->stations[f.from];
  struct bac_lanes *l = bac_lanes_of(m, s);
  const size_t k = bac_lane_of(s);
  l->sending[k] = 0;
  l->free_since[k] = p.now;
  l->energy[k] = l->power[k] >= m->sense;
  if (f.frame.to != BAC_TO_ALL) /* before the MACs of others see the channel idle: NAV */
    for (size_t i = 0; i < count; i++) {
      const uint32_t station = m->receptions[i].station;
      if (f.kind == BAC_FLIGHT_DATA && station != f.frame.to) hear_unicast(m, &f, station);
    }
  tell_changes(m, &f, &p);
  bac_flight_update_busy(m, f.from);
  s->tx_end = m->now;
  m->flights[flight].used = false;
  if (f.fate_count > 0) m->host.fates(m->host.ctx, m->now, f.from, f.frame.cookie, f.fate, f.sinr, f.fate_count);
  /* Now the hosts: what they send begins after all of this. The list is theirs until the end: nothing finishes within them. */
  for (size_t i = 0; i < count; i++) {
    const struct bac_reception r = m->receptions[i];
    bool deliver = f.frame.to == BAC_TO_ALL;
    if (f.frame.to == r.station) deliver = hear_unicast(m, &f, r.station);
    if (f.kind == BAC_FLIGHT_DATA && m->host.decoded) m->host.decoded(m->host.ctx, m->now, r.station, f.from, f.frame.cookie, r.sinr, deliver);
  }
  if (f.kind == BAC_FLIGHT_DATA) bac_edca_sent(m, f.from, &f.frame);
}
