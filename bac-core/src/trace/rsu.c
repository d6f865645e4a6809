/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/rsu.h"

#include <stddef.h>

#include "bac/types.h"

static uint32_t needed_along(double length) {
  double needed = length / (2 * BAC_RSU_RADIUS_M);
  if (!(needed > 1)) return 1;
  if (needed >= BAC_RSU_MAX) return BAC_RSU_MAX;
  uint32_t whole = (uint32_t)needed;
  /* A few metres of overhang need no RSU of their own. */
  return needed - whole > 0.05 ? whole + 1 : whole;
}

uint32_t bac_rsu_default(const struct bac_box *cell) {
  uint64_t count = (uint64_t)needed_along(cell->max_x - cell->min_x) * needed_along(cell->max_y - cell->min_y);
  return count > BAC_RSU_MAX ? BAC_RSU_MAX : (uint32_t)count;
}

/* The number of rows for which the farthest point of any RSU's own rectangle is nearest. */
static uint32_t best_rows(double width, double height, uint32_t count) {
  uint32_t best = 1;
  double best_distance = -1;
  for (uint32_t rows = 1; rows <= count; rows++) {
    double w = width / (count / rows), h = height / rows, distance = w * w + h * h;
    if (best_distance >= 0 && distance >= best_distance) continue;
    best_distance = distance;
    best = rows;
  }
  return best;
}

int bac_rsu_grid(const struct bac_box *cell, uint32_t count, double *x, double *y) {
  if (!cell || !x || !y || count < 1 || count > BAC_RSU_MAX) return BAC_EINVAL;
  double width = cell->max_x - cell->min_x, height = cell->max_y - cell->min_y;
  uint32_t rows = best_rows(width, height, count);
  size_t next = 0;
  for (uint32_t row = 0; row < rows; row++) {
    uint32_t here = count / rows + (row < count % rows);
    for (uint32_t i = 0; i < here; i++, next++) {
      const uint32_t column = row % 2 == 1 ? here - 1 - i : i; /* to and fro, so that neighbours are numbered even and odd */
      x[next] = cell->min_x + width * (column + 0.5) / here;
      y[next] = cell->min_y + height * (row + 0.5) / rows;
    }
  }
  return BAC_OK;
}
