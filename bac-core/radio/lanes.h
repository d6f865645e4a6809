/* SPDX-License-Identifier: GPL-2.0-only */
/* Receivers side by side: eight to a block, each field an array, so that a loop over a block is one vector operation with AVX-512, two
 * with AVX2. Stations of a block share a channel and are neighbours (layout.c), so a transmission touches few blocks in vain.
 *
 * Powers are multiples of 2^-62 W (-157 dBm), at most 2^-12 W (-6 dBm) for a single signal, so their sums and differences are exact in a
 * double whatever their order: what comes is what goes, and nothing is left of a frame after its end.
 * Flags are 0 or 1 and times are nanoseconds (exact to 2^53: 104 days), all 64 bits wide like the rest. */
#ifndef BAC_RADIO_LANES_H
#define BAC_RADIO_LANES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_LANES 8

struct bac_lanes {
  double power[BAC_LANES];     /* of all frames now on the air, W */
  double signal[BAC_LANES];    /* of the frame that the receiver is locked on, W; 0: none */
  double from[BAC_LANES];      /* scored up to here */
  double rate[BAC_LANES];      /* bits a nanosecond of the field being scored; 0: none */
  double score[BAC_LANES];     /* ln of the field's success so far */
  double strongest[BAC_LANES]; /* preamble that is less than 4 us old, W */
  double free_since[BAC_LANES];
  double busy_since[BAC_LANES], idle_since[BAC_LANES], busy_sum[BAC_LANES];
  double eifs_end[BAC_LANES]; /* no access before, after a frame in error */
  double sinr[BAC_LANES];     /* of the frame that has just ended */
  int64_t lock[BAC_LANES];    /* flight, or -1 */
  int64_t table[BAC_LANES];   /* offset of the field's error table */
  int64_t payload[BAC_LANES]; /* locked, and past the header */
  int64_t on[BAC_LANES], sending[BAC_LANES], energy[BAC_LANES], busy[BAC_LANES];
  int64_t waits[BAC_LANES]; /* the MAC counts down and must hear when busy changes */
  int64_t id[BAC_LANES];    /* station, for its draws; of empty lanes: -1 */
  int64_t event[BAC_LANES]; /* out: BAC_LANE_... */
};

#define BAC_LANE_CHANGED 1 /* busy changed and the MAC waits */
#define BAC_LANE_DECODED 2
#define BAC_LANE_FAILED 4 /* header or payload in error */

/* What a pass over the receivers of one transmission needs. */
struct bac_pass {
  struct bac_lanes *lanes;
  const uint32_t *blocks; /* in reach */
  size_t count;
  const double *power;  /* of the transmission, BAC_LANES for each block in reach, W */
  const uint8_t *own;   /* for each block in reach: it is on the transmission's channel */
  uint32_t *hits;       /* out: indices (into blocks) of those with an event */
  size_t hit_count;     /* out */
  const double *errors; /* tables of all modes, one behind the other */
  double now, start;    /* ns; of the pass, of the transmission */
  double noise, preamble, preamble_ratio; /* W, W, ratio */
  double sense, sense_foreign, sense_weak, sense_from; /* total power that makes busy once a signal of the own channel came in, of another, of
                                                          less than sense_from; W */
  double rate;          /* bits a nanosecond of the field that begins */
  double eifs;          /* ns from the end of a frame in error */
  uint64_t key;         /* of the draws */
  int64_t flight, table;
  int64_t *judged;      /* out: BAC_LANES for each block in reach on the own channel, enum bac_fate (OPEN: it will be locked on) and from bit 16
                           on the SINR in tenths of a dB, as int16_t */
};

/* What computing a row needs: mean powers at all stations of listed blocks. */
struct bac_row_pass {
  const double *x, *y, *z; /* BAC_LANES for each block, m */
  size_t count;            /* blocks, from the first on */
  double from[3];          /* m */
  double begin_m2[3], intercept[4], slope[4]; /* propagation.h */
  double class_m2[2];      /* d^2 from which fading is of the second, third class */
  double ln_power;         /* of the transmitter, W */
  double *out;             /* BAC_LANES for each block, W */
};

/* The same for one block where each pair has its own loss (v2v.h). */
struct bac_pair_pass {
  const double *x, *y, *z; /* BAC_LANES, m */
  const int64_t *site;     /* BAC_LANES ids; of empty lanes: -1 */
  const int64_t *behind;   /* BAC_LANES: a building is in between */
  double from[3];          /* m */
  uint64_t site_from;
  uint64_t salts[5];       /* v2v_pair.h */
  int64_t urban;
  double class_m2[2], ln_power; /* as above */
  double *out;             /* BAC_LANES, W */
};

struct bac_fade_pass {
  const double *row; /* mean powers, W; the two low bits say which class of fading */
  const int64_t *id; /* of stations, BAC_LANES for each block in reach */
  size_t count;      /* blocks */
  const double *tables;
  double floor;      /* weaker ones are dropped, W */
  uint64_t key;
  double *out;
};

struct bac_kernels {
  const char *name;
  void (*start)(struct bac_pass *);  /* a frame begins: all it meets are scored up to now, then disturbed */
  void (*judge)(struct bac_pass *);  /* what the sense that follows will come to, for whoever wants to know */
  void (*sense)(struct bac_pass *);  /* 4 us later: receivers lock on, or not */
  void (*header)(struct bac_pass *); /* its SIGNAL field ends: those who fail it let go */
  void (*finish)(struct bac_pass *); /* it ends: decoded or not */
  void (*row)(const struct bac_row_pass *);
  void (*pair)(const struct bac_pair_pass *);
  void (*fade)(const struct bac_fade_pass *);
};

/* All kinds compute the same bytes. */
enum bac_vector { BAC_VECTOR_BEST, BAC_VECTOR_NONE, BAC_VECTOR_BASE, BAC_VECTOR_AVX2, BAC_VECTOR_AVX512, BAC_VECTOR_KINDS };
/* The kernels of a kind, or NULL when this processor lacks the instructions. */
const struct bac_kernels *bac_kernels_of(enum bac_vector kind);

#ifdef __cplusplus
}
#endif

#endif
