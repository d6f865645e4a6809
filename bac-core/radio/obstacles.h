/* SPDX-License-Identifier: GPL-2.0-only */
/* Buildings as seen from above, and whether one stands between two places. Their height is without end. */
#ifndef BAC_RADIO_OBSTACLES_H
#define BAC_RADIO_OBSTACLES_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bac_obstacles;

/* Polygons: the corners of one after the other, x, y in m; corner_counts[count] says how many each has. The last corner is joined to the first. 2^24
 * corners in all at most. The arrays are the caller's. To be released with bac_obstacles_free. */
struct bac_obstacles *bac_obstacles_new(const double (*corners_m)[2], const uint32_t *corner_counts, uint32_t count);
void bac_obstacles_free(struct bac_obstacles *obstacles); /* NULL is ignored */
uint32_t bac_obstacles_count(const struct bac_obstacles *obstacles); /* polygons; of NULL: 0 */
/* Whether a wall crosses the straight line between two places (x, y in m). NULL: never. Pure. */
bool bac_obstacles_between(const struct bac_obstacles *obstacles, const double a_m[2], const double b_m[2]);

#ifdef __cplusplus
}
#endif

#endif
