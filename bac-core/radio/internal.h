/* SPDX-License-Identifier: GPL-2.0-only */
/* What the medium's files share. */
#ifndef BAC_RADIO_INTERNAL_H
#define BAC_RADIO_INTERNAL_H

#include "base/random.h"
#include "events.h"
#include "lanes.h"
#include "medium.h"
#include "v2v.h"

/* A frame in a queue. */
struct bac_queued {
  struct bac_medium_frame frame;
  bac_time expires;
  uint32_t attempts;
  bool received; /* by whom it is for: repetitions are not delivered */
};

/* An access category of a station: its queue, a ring, and its contention. The names are those of ns-3's Txop. */
struct bac_edca {
  struct bac_queued *ring;
  uint32_t first, count, capacity;
  uint32_t slots; /* of the backoff, still to pass */
  uint32_t window;
  bac_time backoff_start;
  bool requested; /* wants to transmit, or is transmitting */
  bool held;      /* until the next interval: its frame would not be over in this one */
};

struct bac_station {
  struct bac_edca edca[BAC_ACS];
  struct bac_random random;
  double at[3];
  uint32_t site;    /* its id in v2v */
  double ln_power; /* W */
  uint32_t channel; /* index, 0 to 6 */
  uint32_t slot;    /* block and lane */
  enum bac_interval interval;
  bool powered; /* by the host; its lane is on where it is awake, too */
  bac_time nav_end, ack_wait_end, tx_end;
  uint32_t access_generation, ack_generation;
  bac_time access_at;     /* of the event that is pending, or BAC_NEVER */
  int sending_access;     /* the access category whose frame is on the air or unacknowledged, or -1 */
  uint32_t ack_to;        /* whom an acknowledgement is due to */
  enum bac_air_mode ack_mode;
  /* The row: mean powers at stations in reach, by block. */
  uint32_t *row_blocks;
  double *row;
  uint8_t *row_own;
  size_t row_count, row_capacity;
  uint64_t row_version;
};

enum bac_flight_kind { BAC_FLIGHT_DATA, BAC_FLIGHT_ACK, BAC_FLIGHT_JAM };

/* A frame on the air. */
struct bac_flight {
  struct bac_medium_frame frame;
  uint32_t from;
  bool used;
  enum bac_flight_kind kind;
  bac_time start, end;
  uint64_t serial;
  uint32_t *blocks;
  double *power;
  uint8_t *own;
  size_t count, capacity;
  /* By station, if somebody wants to know; fate_count: 0 if not. */
  uint8_t *fate;
  int16_t *sinr;
  uint32_t fate_count, fate_capacity;
};

struct bac_reception {
  uint32_t station;
  double sinr;
};

struct bac_medium {
  struct bac_medium_config config;
  struct bac_medium_host host;
  const struct bac_kernels *kernels;
  struct bac_loss_pieces loss;
  bool by_pair; /* path loss is that of v2v, not of the distance alone */
  struct bac_v2v v2v;
  double noise, floor, row_floor, sense, sense_foreign, sense_weak, sense_from, preamble, preamble_ratio, ln_power; /* W and ratios */
  double *errors; /* BAC_AIR_MODES tables */
  double *fading; /* BAC_FADING_CLASSES tables, or NULL */

  struct bac_station *stations;
  uint32_t station_count, station_capacity;
  struct bac_lanes *lanes;
  double *x, *y, *z, *scratch; /* of slots */
  int64_t *sites; /* of slots; of empty ones: -1 */
  uint32_t *block_channel;
  size_t block_count, block_capacity;
  bool laid_out;        /* every station has a slot */
  uint64_t row_version; /* of positions */

  struct bac_flight *flights;
  size_t flight_count;
  uint64_t serial;
  struct bac_radio_events events;
  bool alternates; /* anybody does: an event of each interval's begin is under way */
  bac_time now;
  uint32_t *hits;
  int64_t *ids; /* scratch of fading */
  int64_t *judged; /* scratch of fates */
  struct bac_reception *receptions;
  size_t receptions_capacity;
  struct bac_medium_totals totals;
};

static inline struct bac_lanes *bac_lanes_of(struct bac_medium *m, const struct bac_station *s) { return &m->lanes[s->slot / BAC_LANES]; }
static inline size_t bac_lane_of(const struct bac_station *s) { return s->slot % BAC_LANES; }

/* layout.c */
void bac_layout_ensure(struct bac_medium *m);                        /* gives every station a slot */
void bac_layout_free(struct bac_medium *m);
void bac_layout_row(struct bac_medium *m, struct bac_station *s);    /* brings a row up to date */

/* flight.c */
void bac_flight_begin(struct bac_medium *m, uint32_t from, const struct bac_medium_frame *frame, enum bac_flight_kind kind);
void bac_flight_sense(struct bac_medium *m, uint32_t flight);
void bac_flight_header(struct bac_medium *m, uint32_t flight);
void bac_flight_finish(struct bac_medium *m, uint32_t flight);
/* A station drops what it is locked on, if anything, for this cause. */
void bac_fate_unlock(struct bac_medium *m, uint32_t station, enum bac_fate cause);
/* fate.c; nothing where nobody wants to know. */
void bac_fate_begin(struct bac_medium *m, struct bac_flight *f);
void bac_fate_judge(struct bac_medium *m, struct bac_flight *f, struct bac_pass *p); /* before receivers lock on it, or not */
/* After a pass: what was in error, for this cause, or decoded. */
void bac_fate_settle(struct bac_medium *m, struct bac_flight *f, const struct bac_pass *p, enum bac_fate cause);
/* A single lane after something changed: keeps the books of `busy` and tells the MAC. */
void bac_flight_update_busy(struct bac_medium *m, uint32_t station);

/* edca.c; times are m->now */
void bac_edca_init(const struct bac_medium *m, struct bac_station *s);
int bac_edca_enqueue(struct bac_medium *m, uint32_t station, const struct bac_medium_frame *frame);
void bac_edca_flush(struct bac_medium *m, uint32_t station);
void bac_edca_sleep(struct bac_medium *m, uint32_t station); /* its queues wait */
void bac_edca_wake(struct bac_medium *m, uint32_t station);  /* an interval begins, with its guard interval */
void bac_edca_busy_begins(struct bac_medium *m, uint32_t station); /* before `busy` counts as begun */
void bac_edca_busy_ends(struct bac_medium *m, uint32_t station);
void bac_edca_access(struct bac_medium *m, uint32_t station);      /* a backoff may be over */
void bac_edca_sent(struct bac_medium *m, uint32_t station, const struct bac_medium_frame *frame); /* its data frame is off the air */
void bac_edca_ack_timeout(struct bac_medium *m, uint32_t station);
void bac_edca_acked(struct bac_medium *m, uint32_t station);
/* The queued frame that is on the air or was last. */
struct bac_queued *bac_edca_current(struct bac_station *s);

#endif
