/* SPDX-License-Identifier: GPL-2.0-only */
/* Mean and confidence interval of a few independent repetitions. */
#ifndef BAC_RESULTS_STATS_H
#define BAC_RESULTS_STATS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bac_stats {
  size_t count;      /* values that are finite numbers */
  double mean;       /* NAN without any */
  double deviation;  /* sample standard deviation (divisor count - 1); NAN below two values */
  double half_width; /* of the confidence interval of the mean; NAN below two values */
};

/* NAN and infinite values are left out.  level: of confidence, in (0, 1), e.g. 0.95.
 * Source: Student's t distribution with count - 1 degrees of freedom. */
struct bac_stats bac_stats_over(const double *values, size_t count, double level);

/* Two-sided quantile: |T| <= result with probability `level`, df > 0 degrees of freedom. NAN for other arguments. */
double bac_stats_student_t(double level, double df);

#ifdef __cplusplus
}
#endif

#endif
