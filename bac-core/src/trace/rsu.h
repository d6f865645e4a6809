/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a shard's road-side units stand. Host side: floating point, metres. */
#ifndef BAC_TRACE_RSU_H
#define BAC_TRACE_RSU_H

#include "trace/shards.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_RSU_RADIUS_M 300.0 /* reach of one RSU (the paper's; 6 Mb/s, three log + Nakagami, 23 dBm) */
#define BAC_RSU_MAX 1024       /* RSUs of one shard */

/* RSUs that cover the cell: one for each two radii along either side, so that circles touch along the sides; the
 * corners between four RSUs can be up to 1.41 radii away. A Bologna quadrant takes 4, a 3 km highway segment 5. */
uint32_t bac_rsu_default(const struct bac_box *cell);

/* Writes `count` positions to x[] and y[]: rows of equally spaced RSUs, arranged so that the farthest corner is as near
 * as possible; the rows to and fro. Where they are equally long, of any two neighbours one has an even place, one an odd: they take turns on
 * the air (link/wired.c).  Errors: BAC_EINVAL (count not in 1..BAC_RSU_MAX). */
int bac_rsu_grid(const struct bac_box *cell, uint32_t count, double *x, double *y);

#ifdef __cplusplus
}
#endif

#endif
