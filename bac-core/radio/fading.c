/* SPDX-License-Identifier: GPL-2.0-only */
#include "fading.h"

#include <math.h>

#include "approx.h"

/* ln P(X > x) for gamma(m, 1), by the series of the lower tail for small x, by the continued fraction of the upper tail (Lentz) else.
 * Source: Press et al., Numerical Recipes, 6.2. */
static double ln_upper(double m, double x) {
  const double scale = -x + m * log(x) - lgamma(m);
  if (x < m + 1) {
    double term = 1 / m, sum = term;
    for (int n = 1; n < 500 && term > sum * 1e-17; n++) {
      term *= x / (m + n);
      sum += term;
    }
    return log1p(-exp(scale) * sum);
  }
  double b = x + 1 - m, c = 1e300, d = 1 / b, h = d;
  for (int i = 1; i < 500; i++) {
    const double a = -i * (i - m);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    const double factor = d * c;
    h *= factor;
    if (fabs(factor - 1) < 1e-16) break;
  }
  return scale + log(h);
}

double bac_fading_gain(double m, double exponential) {
  double low = 0, high = 1;
  while (ln_upper(m, high) > -exponential) high *= 2;
  for (int i = 0; i < 200 && high - low > high * 1e-13; i++) {
    const double middle = 0.5 * (low + high);
    if (ln_upper(m, middle) > -exponential)
      low = middle;
    else
      high = middle;
  }
  return 0.5 * (low + high) / m;
}

void bac_fading_table(double m, double *table) {
  for (int i = 0; i < BAC_FADING_SIZE; i++) table[i] = (double)(float)bac_fading_gain(m, bac_table_argument(BAC_FADING_LOW, i));
}
