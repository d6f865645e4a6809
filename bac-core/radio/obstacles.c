/* SPDX-License-Identifier: GPL-2.0-only */
/* Walls in a grid of square cells: a line looks at the walls of the cells that it passes only. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=off") /* the same answers on every machine */
#elif defined(__clang__)
#pragma clang fp contract(off)
#endif

#include "obstacles.h"

#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"

#define CELL_M 50.0
#define CELLS_MAX 1000000.0 /* the cells grow until they are no more, */
#define PLACES_MAX 16        /* and until a wall is in so many of them on average: buildings may be of any size */
#define SLACK_M 0.001       /* walls and lines belong to all cells as near as this, so that rounding loses none */

struct wall {
  double a[2], b[2];
};

struct bac_obstacles {
  uint32_t polygons, wall_count;
  struct wall *walls;
  double west, south, cell;
  int64_t columns, rows;
  uint32_t *first; /* of each cell, into `of`; one more at the end: PLACES_MAX * wall_count at most */
  uint32_t *of;    /* walls */
};

/* Cells of a row of the grid that the line from a to b passes: [*from, *to), clipped to the grid. */
static void cells_in_row(const struct bac_obstacles *o, const double a[2], const double b[2], int64_t row, int64_t *from, int64_t *to) {
  const double low = o->south + (double)row * o->cell - SLACK_M, high = low + o->cell + 2 * SLACK_M, rise = b[1] - a[1];
  double begin = 0, end = 1; /* of the part of the line in the row */
  if (rise != 0) {
    const double s = (low - a[1]) / rise, t = (high - a[1]) / rise;
    begin = fmax(fmin(s, t), 0);
    end = fmin(fmax(s, t), 1);
  }
  const double x = a[0] + begin * (b[0] - a[0]), y = a[0] + end * (b[0] - a[0]);
  const double west = floor((fmin(x, y) - SLACK_M - o->west) / o->cell), east = floor((fmax(x, y) + SLACK_M - o->west) / o->cell) + 1;
  *from = west > 0 ? west < (double)o->columns ? (int64_t)west : o->columns : 0;
  *to = east > 0 ? east < (double)o->columns ? (int64_t)east : o->columns : 0;
}

/* Rows that the line passes: [*from, *to), clipped to the grid. */
static void rows_of(const struct bac_obstacles *o, const double a[2], const double b[2], int64_t *from, int64_t *to) {
  const double south = floor((fmin(a[1], b[1]) - SLACK_M - o->south) / o->cell), north = floor((fmax(a[1], b[1]) + SLACK_M - o->south) / o->cell) + 1;
  *from = south > 0 ? south < (double)o->rows ? (int64_t)south : o->rows : 0;
  *to = north > 0 ? north < (double)o->rows ? (int64_t)north : o->rows : 0;
}

/* How often walls are in cells, no more than `most`. */
static uint64_t places(const struct bac_obstacles *o, uint64_t most) {
  uint64_t sum = 0;
  for (uint32_t w = 0; w < o->wall_count && sum < most; w++) {
    const struct wall *wall = &o->walls[w];
    int64_t south, north, west, east;
    rows_of(o, wall->a, wall->b, &south, &north);
    for (int64_t row = south; row < north && sum < most; row++) {
      cells_in_row(o, wall->a, wall->b, row, &west, &east);
      if (east > west) sum += (uint64_t)(east - west);
    }
  }
  return sum < most ? sum : most;
}

/* Counts the walls of each cell into first[cell + 1], or puts them in their places. */
static void spread(struct bac_obstacles *o, uint32_t *at) {
  for (uint32_t w = 0; w < o->wall_count; w++) {
    const struct wall *wall = &o->walls[w];
    int64_t south, north, west, east;
    rows_of(o, wall->a, wall->b, &south, &north);
    for (int64_t row = south; row < north; row++) {
      cells_in_row(o, wall->a, wall->b, row, &west, &east);
      for (int64_t c = row * o->columns + west; c < row * o->columns + east; c++) {
        if (at)
          o->of[at[c]++] = w;
        else
          o->first[c + 1]++;
      }
    }
  }
}

static void make_grid(struct bac_obstacles *o) {
  double east = -INFINITY, north = -INFINITY;
  o->west = o->south = INFINITY;
  for (uint32_t w = 0; w < o->wall_count; w++) { /* each corner begins a wall */
    o->west = fmin(o->west, o->walls[w].a[0]);
    o->south = fmin(o->south, o->walls[w].a[1]);
    east = fmax(east, o->walls[w].a[0]);
    north = fmax(north, o->walls[w].a[1]);
  }
  const uint64_t most = (uint64_t)PLACES_MAX * o->wall_count + 1;
  for (o->cell = CELL_M;; o->cell *= 2) {
    const double columns = floor((east - o->west) / o->cell) + 1, rows = floor((north - o->south) / o->cell) + 1;
    if (columns * rows > CELLS_MAX) continue;
    o->columns = (int64_t)columns;
    o->rows = (int64_t)rows;
    if (places(o, most) < most) break;
  }
  const size_t cells = (size_t)(o->columns * o->rows);
  o->first = bac_alloc(cells + 1, sizeof *o->first);
  spread(o, NULL);
  for (size_t c = 0; c < cells; c++) o->first[c + 1] += o->first[c];
  o->of = bac_alloc(o->first[cells] + 1, sizeof *o->of);
  uint32_t *at = bac_alloc(cells, sizeof *at);
  memcpy(at, o->first, cells * sizeof *at);
  spread(o, at);
  free(at);
}

struct bac_obstacles *bac_obstacles_new(const double (*corners)[2], const uint32_t *corner_counts, uint32_t count) {
  struct bac_obstacles *o = bac_alloc(1, sizeof *o);
  o->polygons = count;
  for (uint32_t p = 0; p < count; p++) o->wall_count += corner_counts[p];
  o->walls = bac_alloc((size_t)o->wall_count + 1, sizeof *o->walls);
  uint32_t wall = 0, first = 0;
  for (uint32_t p = 0; p < count; p++) {
    for (uint32_t i = 0; i < corner_counts[p]; i++) {
      const uint32_t next = first + (i + 1 < corner_counts[p] ? i + 1 : 0);
      o->walls[wall++] = (struct wall){{corners[first + i][0], corners[first + i][1]}, {corners[next][0], corners[next][1]}};
    }
    first += corner_counts[p];
  }
  if (o->wall_count > 0) make_grid(o);
  return o;
}

void bac_obstacles_free(struct bac_obstacles *o) {
  if (!o) return;
  free(o->walls);
  free(o->first);
  free(o->of);
  free(o);
}

uint32_t bac_obstacles_count(const struct bac_obstacles *o) { return o ? o->polygons : 0; }

/* Twice the area of a, b, c, signed. */
static double side(const double a[2], const double b[2], const double c[2]) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

static bool crosses(const struct wall *w, const double a[2], const double b[2]) {
  return (side(w->a, w->b, a) > 0) != (side(w->a, w->b, b) > 0) && (side(a, b, w->a) > 0) != (side(a, b, w->b) > 0);
}

bool bac_obstacles_between(const struct bac_obstacles *o, const double a[2], const double b[2]) {
  if (!o || o->wall_count == 0) return false;
  if (a[0] > b[0] || (a[0] == b[0] && a[1] > b[1])) { /* a line that touches a corner is as much in the way from either end */
    const double *end = a;
    a = b;
    b = end;
  }
  int64_t south, north, west, east;
  rows_of(o, a, b, &south, &north);
  for (int64_t row = south; row < north; row++) {
    cells_in_row(o, a, b, row, &west, &east);
    if (west >= east) continue;
    const uint32_t end = o->first[row * o->columns + east]; /* cells of a row are neighbours */
    for (uint32_t i = o->first[row * o->columns + west]; i < end; i++)
      if (crosses(&o->walls[o->of[i]], a, b)) return true;
  }
  return false;
}
