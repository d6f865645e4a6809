/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/shards.h"

#include "base/bytes.h"

enum bac_shard_policy bac_shards_policy_for(const struct bac_box *area) {
  double width = area->max_x - area->min_x, height = area->max_y - area->min_y;
  double longer = width > height ? width : height, shorter = width > height ? height : width;
  return longer > 0 && longer >= 4 * shorter ? BAC_SHARDS_STRIP : BAC_SHARDS_QUADRANT;
}

const char *bac_shards_policy_name(enum bac_shard_policy policy) {
  return policy == BAC_SHARDS_STRIP ? "strip" : "quadrant";
}

void bac_shards_cells(enum bac_shard_policy policy, const struct bac_box *area, uint32_t shards, uint32_t *columns,
                      uint32_t *rows) {
  BAC_ASSERT(shards >= 1 && shards <= BAC_SHARDS_MAX);
  /* An area without extent counts as one metre wide, so that a straight road can be cut too. */
  double width = area->max_x - area->min_x, height = area->max_y - area->min_y;
  if (!(width > 1)) width = 1;
  if (!(height > 1)) height = 1;
  if (policy == BAC_SHARDS_STRIP) {
    *columns = width >= height ? shards : 1;
    *rows = shards / *columns;
    return;
  }
  double best = -1;
  for (uint32_t c = shards; c >= 1; c--) {
    if (shards % c != 0) continue;
    double cell_width = width / c, cell_height = height / (shards / c);
    double squareness = cell_width < cell_height ? cell_width / cell_height : cell_height / cell_width;
    if (squareness <= best) continue;
    best = squareness;
    *columns = c;
    *rows = shards / c;
  }
}

static uint32_t cell_along(double position, double low, double high, uint32_t cells) {
  if (!(position > low) || !(high > low)) return 0; /* NaN as well */
  double cell = (position - low) / (high - low) * cells;
  return cell >= cells ? cells - 1 : (uint32_t)cell;
}

uint32_t bac_shards_by_position(enum bac_shard_policy policy, const struct bac_box *area, double x, double y,
                                uint32_t shards) {
  uint32_t columns, rows;
  bac_shards_cells(policy, area, shards, &columns, &rows);
  return cell_along(y, area->min_y, area->max_y, rows) * columns + cell_along(x, area->min_x, area->max_x, columns);
}

struct bac_box bac_shards_box(enum bac_shard_policy policy, const struct bac_box *area, uint32_t shards,
                              uint32_t shard) {
  BAC_ASSERT(shard < shards);
  uint32_t columns, rows;
  bac_shards_cells(policy, area, shards, &columns, &rows);
  double width = (area->max_x - area->min_x) / columns, height = (area->max_y - area->min_y) / rows;
  uint32_t column = shard % columns, row = shard / columns;
  return (struct bac_box){.min_x = area->min_x + column * width,
                          .min_y = area->min_y + row * height,
                          .max_x = area->min_x + (column + 1) * width,
                          .max_y = area->min_y + (row + 1) * height};
}
