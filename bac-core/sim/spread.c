/* SPDX-License-Identifier: GPL-2.0-only */
#include "spread.h"

#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"

enum { SUB_BITS = 5, SUBS = 1 << SUB_BITS, BUCKETS = (64 - SUB_BITS + 1) * SUBS };

void bac_spread_free(struct bac_spread *s) {
  free(s->buckets);
  *s = (struct bac_spread){0};
}

/* Values below SUBS have a bucket each. */
static uint32_t shift_of(uint64_t value) { return value < SUBS ? 0 : (uint32_t)(63 - __builtin_clzll(value)) - SUB_BITS; }

static size_t bucket_of(uint64_t value) { return shift_of(value) * SUBS + (size_t)(value >> shift_of(value)); }

static double middle_of(size_t bucket) {
  if (bucket < 2 * SUBS) return (double)bucket;
  const size_t shift = bucket / SUBS - 1;
  return ((double)(bucket - shift * SUBS) + 0.5) * (double)((uint64_t)1 << shift) - 0.5;
}

void bac_spread_add(struct bac_spread *s, uint64_t value) {
  if (!s->buckets) s->buckets = bac_alloc(BUCKETS, sizeof *s->buckets);
  s->count++;
  s->sum += value;
  if (value > s->most) s->most = value;
  s->buckets[bucket_of(value)]++;
}

double bac_spread_mean(const struct bac_spread *s) { return s->count > 0 ? (double)s->sum / (double)s->count : NAN; }

double bac_spread_quantile(const struct bac_spread *s, double q) {
  uint64_t seen = 0;
  for (size_t i = 0; s->count > 0 && i < BUCKETS; i++) {
    seen += s->buckets[i];
    if ((double)seen < q * (double)s->count) continue;
    const double middle = middle_of(i);
    return middle < (double)s->most ? middle : (double)s->most;
  }
  return NAN;
}
