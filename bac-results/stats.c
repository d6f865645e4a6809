/* SPDX-License-Identifier: GPL-2.0-only */
#include "stats.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

double bac_stats_student_t(double level, double df) {
  if (!(level > 0) || !(level < 1) || !(df > 0)) return NAN;
  return gsl_cdf_tdist_Pinv(0.5 + level / 2, df);
}

struct bac_stats bac_stats_over(const double *values, size_t count, double level) {
  struct bac_stats s = {.count = 0, .mean = NAN, .deviation = NAN, .half_width = NAN};
  double mean = 0, squares = 0; /* Welford: no cancellation when the spread is small against the mean */
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(values[i])) continue;
    s.count++;
    double step = values[i] - mean;
    mean += step / (double)s.count;
    squares += step * (values[i] - mean);
  }
  if (s.count == 0) return s;
  s.mean = mean;
  if (s.count == 1) return s;
  double df = (double)(s.count - 1);
  s.deviation = sqrt(squares / df);
  s.half_width = bac_stats_student_t(level, df) * s.deviation / sqrt((double)s.count);
  return s;
}
