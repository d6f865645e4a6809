/* SPDX-License-Identifier: GPL-2.0-only */
#include "error_rate.h"

#include <math.h>

#include "approx.h"

/* Weights of the error events of each code, from the code's free distance on. */
static const double HALF[] = {36, 211, 1404, 11633, 77433, 502690, 3322763, 21292910, 134365911}; /* D^10, D^12, ... */
static const double TWO_THIRDS[] = {3, 70, 285, 1276, 6160, 27128, 117019, 498860, 2103891, 8784123}; /* D^6, D^7, ... */
static const double THREE_QUARTERS[] = {42, 201, 1492, 10469, 62935, 379644, 2253373, 13073811, 75152755, 428005675}; /* D^5, ... */

static double events(const double *weight, int count, double distance, int first, int step) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += weight[i] * pow(distance, first + step * i);
  return sum;
}

/* Bit error rate before decoding. */
static double raw(enum bac_air_mode mode, double sinr) {
  switch (bac_air_bits_per_subcarrier(mode)) {
    case 1: return 0.5 * erfc(sqrt(sinr));
    case 2: return 0.5 * erfc(sqrt(sinr / 2));
    case 4: return 3.0 / 8 * erfc(sqrt(sinr / 10)); /* (b - 1) / (b log2 b) erfc(sqrt(sinr / (2 (M - 1) / 3))), b = 4 */
    default: return 7.0 / 24 * erfc(sqrt(sinr / 42)); /* b = 8 */
  }
}

double bac_error_ln_success(enum bac_air_mode mode, double sinr) {
  const double p = raw(mode, sinr);
  if (p == 0) return 0;
  const double distance = sqrt(4 * p * (1 - p));
  double event;
  switch (bac_air_code_numerator(mode)) {
    case 1: event = 0.5 * events(HALF, 9, distance, 10, 2); break;
    case 2: event = 0.25 * events(TWO_THIRDS, 10, distance, 6, 1); break;
    default: event = 1.0 / 6 * events(THREE_QUARTERS, 10, distance, 5, 1); break;
  }
  if (event >= 1) return -50;
  const double ln = log1p(-event);
  return ln > -50 ? ln : -50;
}

void bac_error_table(enum bac_air_mode mode, double *table) {
  for (int i = 0; i < BAC_ERROR_SIZE; i++) table[i] = (double)(float)bac_error_ln_success(mode, bac_table_argument(BAC_ERROR_LOW, i));
}
