/* SPDX-License-Identifier: GPL-2.0-only */
#include "link_model.h"

#include <math.h>

#define BANDWIDTH_HZ 10e6
#define THERMAL_W_HZ (1.3803e-23 * 290) /* as in medium.c */

struct bac_link_model bac_link_model_of(const struct bac_loss_config *loss, double eirp_dbm, double noise_figure_db) {
  return (struct bac_link_model){.loss = bac_loss_pieces_of(loss),
                                 .eirp_dbm = eirp_dbm,
                                 .noise_w = THERMAL_W_HZ * BANDWIDTH_HZ * pow(10, noise_figure_db / 10),
                                 .bandwidth_hz = BANDWIDTH_HZ,
                                 .gap = 1};
}

double bac_link_model_distance_m(const double a[3], const double b[3]) { return hypot(b[0] - a[0], b[1] - a[1]); }

double bac_link_model_power_w(const struct bac_link_model *m, double distance_m) {
  return pow(10, (m->eirp_dbm - bac_loss_db(&m->loss, distance_m) - 30) / 10);
}

double bac_link_model_sinr(double power_w, double interference_w, const struct bac_link_model *m) { return power_w / (interference_w + m->noise_w); }

double bac_link_model_rate_bps(double power_w, const struct bac_link_model *m) {
  return m->bandwidth_hz * log2(1 + power_w / (m->gap * m->noise_w));
}
