/* SPDX-License-Identifier: GPL-2.0-only */
/* A broadcast medium of 802.11p stations: positions, path loss and fading, EDCA contention, half duplex, preamble detection, SINR over the
 * timeline of each frame, errors, channels that leak into each other, unicast with acknowledgements.
 *
 * It follows ns-3.37's wifi PHY and MAC (PhyEntity, InterferenceHelper, ChannelAccessManager, QosFrameExchangeManager, OcbWifiMac), which
 * follow IEEE 802.11-2016, but handles one transmission at a time over all its receivers in a few passes, with no event for any receiver.
 * Left out: propagation delay (3.3 us a km), TXOP limits (0 here), RTS/CTS, fragments, aggregation.
 *
 * A host gives it frames and the time, and is called back. Frames are named by cookies; their bytes stay with the host. Floating point here
 * is the host's side of the house, yet the same calls give the same bytes on every machine and with every set of instructions.
 * Times are in ns and never go back. Functions never fail for lack of memory (they abort). Callbacks may send, not more. */
#ifndef BAC_RADIO_MEDIUM_H
#define BAC_RADIO_MEDIUM_H

#include <stdbool.h>
#include <stddef.h>

#include "airtime.h"
#include "channel_plan.h"
#include "fate.h"
#include "obstacles.h"
#include "propagation.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_medium;

enum bac_access { BAC_AC_VO, BAC_AC_VI, BAC_AC_BE, BAC_AC_BK, BAC_ACS }; /* EDCA access categories, highest first */
/* Of a user priority 0..7. Source: IEEE 802.11-2016, table 10-1. */
enum bac_access bac_access_of(uint32_t user_priority);

struct bac_edca_parameters {
  uint32_t aifsn;                  /* 2 to 15 slots after SIFS */
  uint32_t window_min, window_max; /* contention window: backoffs are 0 to window slots; 2^k - 1, at most 32767 */
};

struct bac_medium_config {
  uint64_t seed;
  struct bac_loss_config loss;
  const struct bac_obstacles *obstacles; /* of TR 37.885 (v2v.h), borrowed; NULL: none */
  bool nakagami;              /* fading behind the loss */
  double nakagami_m[3];       /* shape near, between, far */
  double nakagami_from_m[2];  /* from here on between, far */
  double eirp_dbm;            /* of all stations, -50 to 44.8 */
  double noise_figure_db;     /* over 290 K and 10 MHz (-104 dBm) */
  enum bac_mask mask;         /* of all transmitters */
  double floor_dbm;           /* weaker signals do not count at all (ns-3's Yans channel: -104), but see weak_signals */
  bool weak_signals;          /* as in ns-3's SpectrumWifiPhy: signals below the floor interfere, and what leaks in from other channels above
                                 it makes the channel busy like a frame of its own */
  double interference_dbm;    /* with weak_signals: weaker ones do not count at all, at most floor_dbm (-117) */
  double sense_dbm;           /* total power that makes the channel busy, once a frame of it came in (-85) */
  double energy_detect_dbm;   /* the same of power that leaks from other channels (-62) */
  double preamble_dbm;        /* weakest preamble that is detected */
  double preamble_sinr_db;    /* and the SINR that it needs */
  struct bac_edca_parameters edca[BAC_ACS];
  uint32_t queue_frames;      /* for each access category */
  bac_time queue_lifetime;    /* a frame that waits longer is dropped */
  uint32_t attempts;          /* of a unicast frame */
  int vector;                 /* instructions to use, enum bac_vector of lanes.h; 0: the best there are */
};

/* ns-3.37's WaveNetDevice as BacHelper sets it up: three log, 23 dBm, Nakagami, 7 dB noise figure, mask A, -104 (no weak signals), -85, -62, -95 dBm and 4 dB, EDCA by
 * IEEE 802.11-2016, table 9-138 (outside the context of a BSS: 2, 3, 7; 3, 7, 15; 6, 15, 1023; 9, 15, 1023), 500 frames for 500 ms, 7 attempts. */
struct bac_medium_config bac_medium_default(void);

#define BAC_TO_ALL UINT32_MAX

struct bac_medium_frame {
  uint64_t cookie;
  uint32_t to;         /* station, or BAC_TO_ALL */
  uint32_t psdu_bytes; /* MAC header, LLC and FCS included: BAC_PSDU_OVERHEAD more than the payload; at most 4095 */
  enum bac_air_mode mode;
  enum bac_access access;
};

/* How a frame ended. */
enum bac_medium_outcome {
  BAC_OUTCOME_SENT,    /* broadcast: it has been on the air */
  BAC_OUTCOME_ACKED,   /* unicast */
  BAC_OUTCOME_GIVEN_UP, /* unicast: no acknowledgement after all attempts */
  BAC_OUTCOME_EXPIRED, /* it waited too long */
  BAC_OUTCOME_FLUSHED, /* the radio went off */
  BAC_OUTCOMES
};

struct bac_medium_host {
  void *ctx;
  /* A data frame begins. A retry is another call. */
  void (*begins)(void *ctx, bac_time now, uint32_t station, const struct bac_medium_frame *frame, bac_time duration);
  /* An acknowledgement begins. */
  void (*acknowledges)(void *ctx, bac_time now, uint32_t station, bac_time duration);
  /* A station has decoded a data frame.  sinr: a ratio.  deliver: it is addressed to the station, or to all, and not a repetition. */
  void (*decoded)(void *ctx, bac_time now, uint32_t station, uint32_t from, uint64_t cookie, double sinr, bool deliver);
  /* A frame that bac_medium_send took is done with, once each; after `decoded` of its last attempt, unless flushed. */
  void (*done)(void *ctx, bac_time now, uint32_t station, uint64_t cookie, enum bac_medium_outcome outcome);
  /* A data frame is over: what became of it at each station (enum bac_fate), and its SINR in tenths of a dB when its preamble was 4 us old
   * where the receiver locked on it (else BAC_SINR_NONE). Stations of other channels count as too weak. Before `decoded`. Without it nothing
   * of this is computed. */
  void (*fates)(void *ctx, bac_time now, uint32_t from, uint64_t cookie, const uint8_t *fate, const int16_t *sinr_ddb, uint32_t stations);
};

/* Checks a configuration. Writes one line to why.  Errors: BAC_EINVAL. */
int bac_medium_check(const struct bac_medium_config *config, char *why, size_t why_size);
/* NULL when the configuration does not hold.  host: copied; NULL members are not called. */
struct bac_medium *bac_medium_new(const struct bac_medium_config *config, const struct bac_medium_host *host);
void bac_medium_free(struct bac_medium *medium); /* NULL is ignored */

/* Has `fates` called for frames that begin from now on.  fates: as in struct bac_medium_host, with its ctx. */
void bac_medium_watch(struct bac_medium *medium, void (*fates)(void *, bac_time, uint32_t, uint64_t, const uint8_t *, const int16_t *, uint32_t));

/* The next station: 0, 1, ... Its radio is on.  channel: 172, 174, ... 184.  Errors: BAC_EINVAL (negative). */
int64_t bac_medium_add(struct bac_medium *medium, uint32_t channel, const double at_m[3]);
uint32_t bac_medium_stations(const struct bac_medium *medium);
/* What carries a station (a vehicle with several radios, say), by which TR 37.885 (v2v.h) names the ends of a pair; else the station's number. Stations of
 * one site hear each other as at 1 m. */
void bac_medium_set_site(struct bac_medium *medium, uint32_t station, uint32_t site);
/* A station is elsewhere; frames on the air keep their powers. Cheap: loss is computed when somebody transmits. */
void bac_medium_move(struct bac_medium *medium, uint32_t station, const double at_m[3]);
/* Off: what it was receiving is lost, what waited is flushed; a frame on the air ends as if on. */
void bac_medium_set_on(struct bac_medium *medium, bac_time now, uint32_t station, bool on);

/* To another channel. What is on the air there already goes unheard.  Errors: BAC_EINVAL (no such channel), BAC_ESTATE (the radio is on, or a
 * frame of its on the air). */
int bac_medium_tune(struct bac_medium *medium, bac_time now, uint32_t station, uint32_t channel);

/* Alternating access (IEEE 1609.4-2016, 6.2): time is divided into CCH and SCH intervals in turn, from 0 on, each of which begins with a guard
 * interval. One radio that alternates between two channels is two stations, each on its channel in its interval and deaf and mute in the other, when its
 * queues wait. In the guard interval its channel counts as busy, so whoever has waited draws a backoff; nothing begins that would not be over, its
 * acknowledgement included, before the interval is. */
#define BAC_CCH_INTERVAL (50 * BAC_MS)
#define BAC_SCH_INTERVAL (50 * BAC_MS)
#define BAC_GUARD_INTERVAL (4 * BAC_MS)
enum bac_interval { BAC_INTERVAL_ANY /* continuous access, at first */, BAC_INTERVAL_CCH, BAC_INTERVAL_SCH, BAC_INTERVALS };
/* The station is there in these intervals only, from now on.  Errors: BAC_EINVAL, BAC_ESTATE (frames of its wait or are on the air). */
int bac_medium_alternate(struct bac_medium *medium, bac_time now, uint32_t station, enum bac_interval interval);

/* Queue a frame.  Errors: BAC_EINVAL (no such station, too long), BAC_ESTATE (the radio is off), BAC_ELIMIT (the queue is full). */
int bac_medium_send(struct bac_medium *medium, bac_time now, uint32_t station, const struct bac_medium_frame *frame);
/* A station jams: a frame for nobody goes on the air at once, whatever its channel is like. Others see a busy channel and lose what they are
 * receiving, as by any frame; none is told of it.  Errors: BAC_EINVAL, BAC_ESTATE (the radio is off, or sending). */
int bac_medium_jam(struct bac_medium *medium, bac_time now, uint32_t station, uint32_t psdu_bytes, enum bac_air_mode mode);
/* Transmit power of one station from its next frame on, in place of the configured one. -50 <= eirp_dbm <= 44.8. */
void bac_medium_set_power(struct bac_medium *medium, uint32_t station, double eirp_dbm);
/* Frames that a station's queues hold. */
size_t bac_medium_queued(const struct bac_medium *medium, uint32_t station);

/* When something happens next, or BAC_NEVER. */
bac_time bac_medium_next(const struct bac_medium *medium);
/* Let everything up to and including a time happen. */
void bac_medium_run(struct bac_medium *medium, bac_time until);

/* How long a station has seen its channel busy since the beginning (its own frames, frames it was locked on, power above the threshold). */
bac_time bac_medium_busy(const struct bac_medium *medium, bac_time now, uint32_t station);
/* Mean power that a station receives from another, shadowing included, fading left out, dBm; -INFINITY where it does not count. */
double bac_medium_power_dbm(struct bac_medium *medium, uint32_t from, uint32_t to);

struct bac_medium_totals {
  uint64_t transmissions, acks, jams; /* frames begun: data, acknowledgements, a jammer's */
  uint64_t decoded, header_errors, payload_errors;
  uint64_t outcome[BAC_OUTCOMES];
  uint64_t internal_collisions; /* two access categories of a station at once */
  uint64_t pairs;               /* receivers in reach of transmissions, in sum */
  bac_time airtime;
  size_t memory_bytes;          /* of rows and stations, about */
  const char *vector;           /* instructions in use */
};
struct bac_medium_totals bac_medium_sum(const struct bac_medium *medium);

#ifdef __cplusplus
}
#endif

#endif
