/* SPDX-License-Identifier: GPL-2.0-only */
/* Path loss by distance: straight pieces over the logarithm of the distance.
 * Source: ns-3's LogDistancePropagationLossModel and ThreeLogDistancePropagationLossModel; of TR 37.885 (v2v.h, which has the rest) the line of sight. */
#ifndef BAC_RADIO_PROPAGATION_H
#define BAC_RADIO_PROPAGATION_H

#ifdef __cplusplus
extern "C" {
#endif

enum bac_loss { BAC_LOSS_LOG_DISTANCE, BAC_LOSS_THREE_LOG, BAC_LOSS_V2V_URBAN, BAC_LOSS_V2V_HIGHWAY, BAC_LOSSES };

struct bac_loss_config {
  enum bac_loss model;
  double reference_loss_db; /* at 1 m; TR 37.885: not used, nor is what follows */
  double exponent[3];       /* log-distance: the first; three log: of each piece */
  double distance_m[3];     /* where the pieces begin; log-distance: the first, within which the loss is the reference's */
};

/* Log-distance with exponent 2.75 and three log with 1.9, 3.8, 3.8 from 1, 80, 200 m on; 47.86 dB at 1 m (5.9 GHz in free space). */
struct bac_loss_config bac_loss_default(enum bac_loss model);

/* The gain as e^(intercept + slope * ln d^2) of the piece that d^2 falls into. */
#define BAC_LOSS_PIECES 4
struct bac_loss_pieces {
  double begin_m2[BAC_LOSS_PIECES]; /* d^2 from which a piece holds; the first: 0 */
  double intercept[BAC_LOSS_PIECES], slope[BAC_LOSS_PIECES];
};
struct bac_loss_pieces bac_loss_pieces_of(const struct bac_loss_config *config);
/* Loss at a distance, dB (>= 0 wherever the models say so). */
double bac_loss_db(const struct bac_loss_pieces *pieces, double distance_m);

#ifdef __cplusplus
}
#endif

#endif
