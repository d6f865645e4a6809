/* SPDX-License-Identifier: GPL-2.0-only */
/* The cut of an area into shards by position. Host side: floating point, metres. */
#ifndef BAC_TRACE_SHARDS_H
#define BAC_TRACE_SHARDS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_SHARDS_MAX 1024 /* shards of one run */

/* A rectangle in metres, min <= max. Its height or width may be 0 (a straight road). */
struct bac_box {
  double min_x, min_y, max_x, max_y;
};

enum bac_shard_policy {
  BAC_SHARDS_QUADRANT, /* a grid of equal cells, as square as the number allows: 4 shards of a town are its quadrants */
  BAC_SHARDS_STRIP,    /* equal strips one after the other along the longer side: 3 km segments of a highway */
};

/* STRIP for an area at least four times as long as wide, else QUADRANT. */
enum bac_shard_policy bac_shards_policy_for(const struct bac_box *area);

/* "quadrant" or "strip". */
const char *bac_shards_policy_name(enum bac_shard_policy policy);

/* The columns and rows of cells that the area is cut into; columns * rows == shards. 1 <= shards <= BAC_SHARDS_MAX. */
void bac_shards_cells(enum bac_shard_policy policy, const struct bac_box *area, uint32_t shards, uint32_t *columns,
                      uint32_t *rows);

/* The shard, 0..shards-1, at (x, y): west to east, then south to north. A position outside the area belongs to the
 * nearest cell. 1 <= shards <= BAC_SHARDS_MAX. */
uint32_t bac_shards_by_position(enum bac_shard_policy policy, const struct bac_box *area, double x, double y,
                                uint32_t shards);

/* The cell of one shard, shard < shards. */
struct bac_box bac_shards_box(enum bac_shard_policy policy, const struct bac_box *area, uint32_t shards,
                              uint32_t shard);

#ifdef __cplusplus
}
#endif

#endif
