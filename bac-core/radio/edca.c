/* SPDX-License-Identifier: GPL-2.0-only */
/* Channel access: IEEE 802.11-2016, 10.22.2 (EDCA), 10.3.4.3 (backoff), in the reading of ns-3's ChannelAccessManager, Txop and
 * QosFrameExchangeManager, whose names the steps bear. */
#include <stdlib.h>

#include "base/bytes.h"
#include "internal.h"

enum bac_access bac_access_of(uint32_t user_priority) {
  static const enum bac_access OF[8] = {BAC_AC_BE, BAC_AC_BK, BAC_AC_BK, BAC_AC_BE, BAC_AC_VI, BAC_AC_VI, BAC_AC_VO, BAC_AC_VO};
  return OF[user_priority & 7];
}

void bac_edca_init(const struct bac_medium *m, struct bac_station *s) {
  for (int a = 0; a < BAC_ACS; a++) s->edca[a] = (struct bac_edca){.window = m->config.edca[a].window_min};
  s->sending_access = -1;
  s->access_at = BAC_NEVER;
}

struct bac_queued *bac_edca_current(struct bac_station *s) {
  BAC_ASSERT(s->sending_access >= 0);
  struct bac_edca *e = &s->edca[s->sending_access];
  return &e->ring[e->first];
}

static bool busy(struct bac_medium *m, const struct bac_station *s) {
  return bac_lanes_of(m, s)->busy[bac_lane_of(s)] || s->nav_end > m->now;
}

static bac_time later(bac_time a, bac_time b) { return a > b ? a : b; }

/* GetAccessGrantStart: the end of the last SIFS, or EIFS less DIFS, after anything that forbids access. The channel is idle. */
static bac_time grant_start(struct bac_medium *m, const struct bac_station *s) {
  const struct bac_lanes *l = bac_lanes_of(m, s);
  const size_t k = bac_lane_of(s);
  bac_time start = later((bac_time)l->idle_since[k], later(s->nav_end, later(s->ack_wait_end, s->tx_end))) + BAC_AIR_SIFS;
  return later(start, (bac_time)l->eifs_end[k]);
}

static bac_time backoff_start(struct bac_medium *m, const struct bac_station *s, int a) {
  return later(s->edca[a].backoff_start, grant_start(m, s) + m->config.edca[a].aifsn * BAC_AIR_SLOT);
}

static bac_time backoff_end(struct bac_medium *m, const struct bac_station *s, int a) {
  return backoff_start(m, s, a) + s->edca[a].slots * BAC_AIR_SLOT;
}

/* UpdateBackoff: takes off the slots that have passed. EDCA counts one at the end of AIFS already. */
static void update_backoff(struct bac_medium *m, struct bac_station *s) {
  for (int a = 0; a < BAC_ACS; a++) {
    struct bac_edca *e = &s->edca[a];
    const bac_time start = backoff_start(m, s, a);
    if (start > m->now) continue;
    const uint64_t passed = (uint64_t)((m->now - start) / BAC_AIR_SLOT) + 1;
    const uint32_t slots = passed < e->slots ? (uint32_t)passed : e->slots;
    e->slots -= slots;
    e->backoff_start = start + slots * BAC_AIR_SLOT;
  }
}

static void draw_backoff(struct bac_medium *m, struct bac_station *s, int a) {
  s->edca[a].slots = (uint32_t)bac_random_below(&s->random, s->edca[a].window + 1);
  s->edca[a].backoff_start = m->now;
}

/* Whether changes of `busy` matter to the station's contention. */
static void update_waits(struct bac_medium *m, struct bac_station *s) {
  bool waits = false;
  for (int a = 0; a < BAC_ACS; a++) waits |= s->edca[a].requested || s->edca[a].slots > 0;
  bac_lanes_of(m, s)->waits[bac_lane_of(s)] = waits;
}

/* DoRestartAccessTimeoutIfNeeded: an event when the first backoff will be over if the channel stays idle. */
static void arm(struct bac_medium *m, uint32_t station) {
  struct bac_station *s = &m->stations[station];
  update_waits(m, s);
  bac_time first = BAC_NEVER;
  const bool idle = !bac_lanes_of(m, s)->busy[bac_lane_of(s)] && s->sending_access < 0;
  for (int a = 0; a < BAC_ACS && idle; a++) {
    if (!s->edca[a].requested || s->edca[a].held) continue;
    const bac_time end = backoff_end(m, s, a);
    if (end < first) first = end;
  }
  if (first == s->access_at) return;
  s->access_generation++; /* what was scheduled is void */
  s->access_at = first;
  if (first != BAC_NEVER) bac_radio_events_add(&m->events, later(first, m->now), BAC_RADIO_ACCESS, station, s->access_generation);
}

static void tell_done(struct bac_medium *m, uint32_t station, uint64_t cookie, enum bac_medium_outcome outcome) {
  m->totals.outcome[outcome]++;
  if (m->host.done) m->host.done(m->host.ctx, m->now, station, cookie, outcome);
}

/* Takes the first frame off the queue. The host may queue another when told. */
static void pop(struct bac_medium *m, uint32_t station, int a, enum bac_medium_outcome outcome) {
  struct bac_edca *e = &m->stations[station].edca[a];
  const uint64_t cookie = e->ring[e->first].frame.cookie;
  e->first = (e->first + 1) % e->capacity;
  e->count--;
  tell_done(m, station, cookie, outcome);
}

static void drop_expired(struct bac_medium *m, uint32_t station, int a) {
  struct bac_station *s = &m->stations[station];
  while (s->edca[a].count > 0 && s->edca[a].ring[s->edca[a].first].expires < m->now) pop(m, station, a, BAC_OUTCOME_EXPIRED);
}

static void request(struct bac_medium *m, uint32_t station, int a);

/* NotifyChannelReleased: a new backoff, in use or not; the next frame if there is one. */
static void release(struct bac_medium *m, uint32_t station, int a) {
  struct bac_station *s = &m->stations[station];
  s->edca[a].requested = false;
  draw_backoff(m, s, a);
  if (s->edca[a].count > 0) request(m, station, a);
}

static void widen(const struct bac_medium *m, struct bac_edca *e, int a) {
  const uint32_t window = 2 * (e->window + 1) - 1, most = m->config.edca[a].window_max;
  e->window = window < most ? window : most;
}

/* NotifyInternalCollision */
static void lose_internally(struct bac_medium *m, uint32_t station, int a) {
  struct bac_station *s = &m->stations[station];
  struct bac_edca *e = &s->edca[a];
  m->totals.internal_collisions++;
  if (e->count > 0) {
    struct bac_queued *q = &e->ring[e->first];
    if (q->frame.to != BAC_TO_ALL && ++q->attempts >= m->config.attempts) {
      e->window = m->config.edca[a].window_min;
      pop(m, station, a, BAC_OUTCOME_GIVEN_UP);
    } else {
      widen(m, e, a);
    }
  }
  release(m, station, a);
}

/* Whether a frame that begins now, and its acknowledgement, would be over before the station's interval. WaveFrameExchangeManager::StartTransmission */
static bool fits(const struct bac_medium *m, const struct bac_station *s, const struct bac_medium_frame *frame) {
  if (s->interval == BAC_INTERVAL_ANY) return true;
  const bac_time left = BAC_CCH_INTERVAL - m->now % BAC_CCH_INTERVAL; /* SCH intervals are as long */
  bac_time needs = bac_air_duration(frame->psdu_bytes, frame->mode);
  if (frame->to != BAC_TO_ALL) needs += BAC_AIR_SIFS + bac_air_duration(BAC_ACK_BYTES, bac_air_ack_mode(frame->mode));
  return needs < left;
}

/* DoGrantDcfAccess */
static void grant(struct bac_medium *m, uint32_t station) {
  struct bac_station *s = &m->stations[station];
  if (s->sending_access >= 0 || busy(m, s)) return;
  bool over[BAC_ACS];
  for (int a = 0; a < BAC_ACS; a++) over[a] = s->edca[a].requested && !s->edca[a].held && backoff_end(m, s, a) <= m->now;
  for (int a = 0; a < BAC_ACS; a++) {
    if (!over[a]) continue;
    drop_expired(m, station, a);
    if (s->edca[a].count == 0) { /* expired while it waited */
      s->edca[a].requested = false;
      draw_backoff(m, s, a);
      continue;
    }
    const struct bac_medium_frame frame = s->edca[a].ring[s->edca[a].first].frame;
    if (!fits(m, s, &frame)) {
      s->edca[a].held = true;
      continue;
    }
    s->sending_access = a;
    bac_flight_begin(m, station, &frame, BAC_FLIGHT_DATA);
    for (int b = a + 1; b < BAC_ACS; b++)
      if (over[b]) lose_internally(m, station, b);
    return;
  }
}

/* RequestAccess: aligns to the station's slots and sends at once if the channel has been idle for long. */
static void request(struct bac_medium *m, uint32_t station, int a) {
  struct bac_station *s = &m->stations[station];
  struct bac_edca *e = &s->edca[a];
  if (!busy(m, s)) {
    const bac_time start = grant_start(m, s) + m->config.edca[a].aifsn * BAC_AIR_SLOT;
    if (e->backoff_start > start) e->backoff_start = start + ((e->backoff_start - start) / BAC_AIR_SLOT + 1) * BAC_AIR_SLOT;
    update_backoff(m, s);
  }
  e->requested = true;
  grant(m, station);
  arm(m, station);
}

/* Txop::Queue with NeedBackoffUponAccess */
int bac_edca_enqueue(struct bac_medium *m, uint32_t station, const struct bac_medium_frame *frame) {
  struct bac_station *s = &m->stations[station];
  const int a = (int)frame->access;
  struct bac_edca *e = &s->edca[a];
  if (a != s->sending_access) drop_expired(m, station, a);
  if (e->count >= m->config.queue_frames) return BAC_ELIMIT;
  const bool is_busy = busy(m, s);
  if (!is_busy) update_backoff(m, s);
  if (e->count == 0 && !e->requested && e->slots == 0) {
    if (is_busy)
      draw_backoff(m, s, a);
    else
      e->backoff_start = m->now;
  }
  if (e->count == e->capacity) {
    const uint32_t capacity = e->capacity ? e->capacity * 2 : 4;
    struct bac_queued *ring = bac_alloc(capacity, sizeof *ring);
    for (uint32_t i = 0; i < e->count; i++) ring[i] = e->ring[(e->first + i) % e->capacity];
    free(e->ring);
    e->ring = ring;
    e->first = 0;
    e->capacity = capacity;
  }
  e->ring[(e->first + e->count++) % e->capacity] = (struct bac_queued){.frame = *frame, .expires = m->now + m->config.queue_lifetime};
  if (!e->requested && bac_lanes_of(m, s)->on[bac_lane_of(s)]) request(m, station, a); /* else when it wakes */
  return BAC_OK;
}

/* NotifySleepNow */
void bac_edca_sleep(struct bac_medium *m, uint32_t station) {
  struct bac_station *s = &m->stations[station];
  for (int a = 0; a < BAC_ACS; a++) {
    struct bac_edca *e = &s->edca[a];
    e->requested = e->held = false;
    e->slots = 0;
    e->window = m->config.edca[a].window_min;
  }
  s->sending_access = -1;
  s->ack_wait_end = 0;
  s->ack_generation++;
  arm(m, station);
}

void bac_edca_flush(struct bac_medium *m, uint32_t station) {
  bac_edca_sleep(m, station);
  for (int a = 0; a < BAC_ACS; a++)
    for (uint32_t left = m->stations[station].edca[a].count; left > 0; left--) pop(m, station, a, BAC_OUTCOME_FLUSHED);
}

/* NotifyWakeupNow, in the guard interval, which counts as busy. Unlike ns-3.37's, whoever has waited draws a backoff, since its channel is busy: without, all who have would
 * begin at once when the guard interval is over. */
void bac_edca_wake(struct bac_medium *m, uint32_t station) {
  struct bac_station *s = &m->stations[station];
  for (int a = 0; a < BAC_ACS; a++) {
    drop_expired(m, station, a);
    if (s->edca[a].count == 0 || s->edca[a].requested) continue;
    draw_backoff(m, s, a);
    request(m, station, a);
  }
}

void bac_edca_busy_begins(struct bac_medium *m, uint32_t station) {
  struct bac_station *s = &m->stations[station];
  update_backoff(m, s);
  s->access_generation++;
  s->access_at = BAC_NEVER;
  update_waits(m, s);
}

void bac_edca_busy_ends(struct bac_medium *m, uint32_t station) { arm(m, station); }

void bac_edca_access(struct bac_medium *m, uint32_t station) {
  struct bac_station *s = &m->stations[station];
  s->access_at = BAC_NEVER;
  if (!busy(m, s)) update_backoff(m, s);
  grant(m, station);
  arm(m, station);
}

void bac_edca_sent(struct bac_medium *m, uint32_t station, const struct bac_medium_frame *frame) {
  struct bac_station *s = &m->stations[station];
  if (s->sending_access < 0) return; /* flushed meanwhile */
  const int a = s->sending_access;
  if (frame->to == BAC_TO_ALL) {
    s->sending_access = -1;
    s->edca[a].requested = false; /* the host may queue another when told */
    draw_backoff(m, s, a);
    pop(m, station, a, BAC_OUTCOME_SENT);
    if (!s->edca[a].requested && s->edca[a].count > 0) request(m, station, a);
    arm(m, station);
    return;
  }
  s->ack_wait_end = m->now + BAC_AIR_SIFS + BAC_AIR_SLOT + BAC_AIR_PREAMBLE + BAC_AIR_HEADER;
  bac_radio_events_add(&m->events, s->ack_wait_end, BAC_RADIO_ACK_TIMEOUT, station, ++s->ack_generation);
}

/* NormalAckTimeout, unless a frame is being received that may be the acknowledgement: then when it ends. */
void bac_edca_ack_timeout(struct bac_medium *m, uint32_t station) {
  struct bac_station *s = &m->stations[station];
  const struct bac_lanes *l = bac_lanes_of(m, s);
  const size_t k = bac_lane_of(s);
  if (l->payload[k]) {
    const bac_time end = m->flights[l->lock[k]].end + 1;
    s->ack_wait_end = m->now;
    bac_radio_events_add(&m->events, end, BAC_RADIO_ACK_TIMEOUT, station, ++s->ack_generation);
    return;
  }
  const int a = s->sending_access;
  struct bac_edca *e = &s->edca[a];
  s->sending_access = -1;
  if (++e->ring[e->first].attempts >= m->config.attempts) {
    e->window = m->config.edca[a].window_min;
    e->requested = false;
    draw_backoff(m, s, a);
    pop(m, station, a, BAC_OUTCOME_GIVEN_UP);
    if (!e->requested && e->count > 0) request(m, station, a);
  } else {
    widen(m, e, a);
    release(m, station, a);
  }
  arm(m, station);
}

void bac_edca_acked(struct bac_medium *m, uint32_t station) {
  struct bac_station *s = &m->stations[station];
  const int a = s->sending_access;
  if (a < 0 || s->edca[a].count == 0) return;
  s->ack_generation++;
  s->ack_wait_end = m->now;
  s->sending_access = -1;
  s->edca[a].window = m->config.edca[a].window_min;
  s->edca[a].requested = false;
  draw_backoff(m, s, a);
  pop(m, station, a, BAC_OUTCOME_ACKED);
  if (!s->edca[a].requested && s->edca[a].count > 0) request(m, station, a);
  arm(m, station);
}
