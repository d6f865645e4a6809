/* SPDX-License-Identifier: GPL-2.0-only */
/* The paper's link model: distance (eq. 3), SINR (eq. 4) and rate (eq. 5) of a seller i and a buyer j. It knows no frames, no contention and no
 * fading; results report it beside what the radio did.
 *
 * What the paper leaves open, as read here: SPR(i, j) is the mean received power, EIRP less path loss; IE_Agg the mean power of all other
 * stations of the channel, each times the share of time that it sends; N_0, called a power spectral density, is taken over the bandwidth, else
 * eq. 4 would add watts to watts per hertz. In eq. 5, aleph * g_ij is the received power again, F ("SINR disparity") the gap to Shannon's
 * capacity, omega^2 the noise power: eq. 5 has no interference in it. */
#ifndef BAC_RADIO_LINK_MODEL_H
#define BAC_RADIO_LINK_MODEL_H

#include "propagation.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_link_model {
  struct bac_loss_pieces loss;
  double eirp_dbm;
  double noise_w;      /* N_0 W, and omega^2: over the bandwidth, with the receiver's noise figure */
  double bandwidth_hz; /* W */
  double gap;          /* F, a ratio; 1: Shannon's bound */
};

#define BAC_LINK_MODEL_SINR_DB 5.0 /* least SINR of a pair that trades (paper, section VI) */

/* 10 MHz, 290 K (with a noise figure of 7 dB: -97 dBm), no gap. */
struct bac_link_model bac_link_model_of(const struct bac_loss_config *loss, double eirp_dbm, double noise_figure_db);

double bac_link_model_distance_m(const double a_m[3], const double b_m[3]); /* eq. 3: in the plane, of x and y */
double bac_link_model_power_w(const struct bac_link_model *model, double distance_m);
double bac_link_model_sinr(double power_w, double interference_w, const struct bac_link_model *model); /* eq. 4, a ratio */
double bac_link_model_rate_bps(double power_w, const struct bac_link_model *model);                    /* eq. 5 */

#ifdef __cplusplus
}
#endif

#endif
