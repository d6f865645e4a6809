/* SPDX-License-Identifier: GPL-2.0-only */
/* Path loss between vehicles on a highway or in a city: line of sight, a vehicle in the way, a building in the way; shadowing.
 * Source: 3GPP TR 37.885, tables 6.2-1 (which state) and 6.2.1-1 (path loss, shadowing, a vehicle's blockage), in the reading of ns-3's
 * ThreeGppV2vUrbanPropagationLossModel and ThreeGppV2vHighwayPropagationLossModel. With the distance d (m, in space), the carrier f (GHz):
 *   LOS, highway         32.4  + 20.0 log10 d + 20.0 log10 f dB
 *   LOS, urban           38.77 + 16.7 log10 d + 18.2 log10 f
 *   NLOS (a building)    36.85 + 30.0 log10 d + 18.9 log10 f
 *   NLOSv (a vehicle)    LOS and max(0, a log-normal number of dB): mean 9 + b, standard deviation 4.5 where both antennas are below the vehicle
 *                        (1.6 m), 5 + b and 4 where one is, none where none is; b = max(0, 15 log10 d - 41)
 *   shadowing            normal in dB, standard deviation 3 (LOS, NLOSv) or 4 (NLOS)
 * A building in the way is NLOS; else it is LOS with a probability that falls with the distance on the ground, or NLOSv.
 *
 * What the tables leave open: state, blockage and shadowing of a pair are fields over where the one is, seen from the other. They stay as they are while
 * the two stand or drive in step, and change as they move. Each is drawn from seed and the pair's two ids alone, the same from either end, at any time
 * and in any order: hosts that give vehicles the same ids and seed see one world. Correlation falls to 1/e at: shadowing, 10 m (LOS) or 13 m (ns-3's, after table 6.2.3-1); state and blockage, 50 m (TR 38.901,
 * 7.6.3.3 and table 7.6.3.1-2, street canyon). It falls as the overlap of a grid's cells does, more slowly than an exponential at first, and is 0
 * from 2.3 times that distance on. Shadowing of one state is independent of that of another. */
#ifndef BAC_RADIO_V2V_H
#define BAC_RADIO_V2V_H

#include <stdint.h>

#include "obstacles.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_V2V_CARRIER_GHZ 5.9
#define BAC_V2V_BLOCKER_M 1.6 /* height of the vehicle in the way, a passenger car */

enum bac_v2v_place { BAC_V2V_URBAN, BAC_V2V_HIGHWAY };
enum bac_v2v_state { BAC_V2V_LOS, BAC_V2V_NLOSV, BAC_V2V_NLOS, BAC_V2V_STATES };

struct bac_v2v {
  enum bac_v2v_place place;
  uint64_t seed;
  const struct bac_obstacles *obstacles; /* borrowed; NULL: no building anywhere, so nothing is NLOS */
};

/* One of two stations: id of what carries it (of a vehicle, say: all its antennas see the same), place (x, y, height; m). */
struct bac_v2v_station {
  uint32_t id;
  double at[3];
};

/* Without blockage and shadowing, dB. Nearer than 1 m: as at 1 m. */
double bac_v2v_path_db(enum bac_v2v_place place, enum bac_v2v_state state, double distance_m);
/* Probability of LOS where no building is in the way.  ground_m: distance in the plane. */
double bac_v2v_los_probability(enum bac_v2v_place place, double ground_m);

/* Of a pair, by the rules above. Pure; a and b can be exchanged. */
enum bac_v2v_state bac_v2v_state_of(const struct bac_v2v *model, const struct bac_v2v_station *a, const struct bac_v2v_station *b);
double bac_v2v_blockage_db(const struct bac_v2v *model, const struct bac_v2v_station *a, const struct bac_v2v_station *b); /* were it NLOSv */
double bac_v2v_shadowing_db(const struct bac_v2v *model, const struct bac_v2v_station *a, const struct bac_v2v_station *b, enum bac_v2v_state state);
/* All of it together. Of one carrier's stations, or nearer than 1 m: line of sight at 1 m, nothing else. */
double bac_v2v_loss_db(const struct bac_v2v *model, const struct bac_v2v_station *a, const struct bac_v2v_station *b);

#ifdef __cplusplus
}
#endif

#endif
