/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames of a host in this process on the 802.11p medium (radio/medium.h): it keeps their bytes while the medium has them, and lets stations
 * send beacons beside them. */
#ifndef BAC_SIM_AIR_H
#define BAC_SIM_AIR_H

#include "bac/bac.h"
#include "radio/medium.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_random; /* base/random.h */

struct bac_air_config {
  struct bac_medium_config medium;
  enum bac_air_mode mode;  /* of all frames */
  uint32_t beacon_millihz; /* beacons of every station, in 1000 s; 0: none */
  uint32_t beacon_bytes;   /* payload of each */
};

/* ns-3.37's WaveNetDevice as BacHelper sets it up (bac_medium_default), 6 Mb/s, no beacons. */
struct bac_air_config bac_air_default(uint64_t seed);

struct bac_air_host {
  void *ctx;
  /* A frame came in; bytes are borrowed until the callback returns.  from: the station that sent it. */
  void (*heard)(void *ctx, bac_time now, uint32_t station, uint32_t from, const uint8_t *bytes, size_t length);
  /* A station's frame has left the MAC: it was on the air, or waited too long. Not called for what a radio that goes off drops. */
  void (*sent)(void *ctx, bac_time now, uint32_t station);
};

struct bac_air;

/* NULL with a line in why when the configuration does not hold. Both are copied. */
struct bac_air *bac_air_new(const struct bac_air_config *config, const struct bac_air_host *host, char *why, size_t why_size);
void bac_air_free(struct bac_air *air); /* NULL is ignored */

/* The next station, 0, 1, ...; its radio is on. channel: 172, 174, ... 184.  Errors: BAC_EINVAL (negative). */
int64_t bac_air_add(struct bac_air *air, uint32_t channel, const double at_m[3]);
void bac_air_set_on(struct bac_air *air, bac_time now, uint32_t station, bool on);
/* Hands a frame to a station's MAC.  to: a station, which acknowledges, or BAC_TO_ALL.  False: the queue is full, or the radio off. */
bool bac_air_send(struct bac_air *air, bac_time now, uint32_t station, uint32_t to, const uint8_t *bytes, size_t length);

/* When something happens next, or BAC_NEVER; letting everything up to a time happen. The medium's own rules hold: callbacks may send. */
bac_time bac_air_next(const struct bac_air *air);
void bac_air_run(struct bac_air *air, bac_time until);

/* A place in a disc around the origin, uniform, antenna at 1.5 m; whole millimetres, so that every machine finds the same one. */
void bac_air_place(struct bac_random *random, uint32_t radius_m, double at_m[3]);

struct bac_medium *bac_air_medium(struct bac_air *air); /* to move stations, to ask for busy times and totals */
uint64_t bac_air_beacons(const struct bac_air *air);    /* sent so far */

#ifdef __cplusplus
}
#endif

#endif
