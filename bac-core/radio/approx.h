/* SPDX-License-Identifier: GPL-2.0-only */
/* Logarithm, exponential and hash from exact operations alone, so that every build and machine computes the same bits, and so that
 * compilers turn loops over them into vector code. No fused multiply-add may be formed: see kernels.c. */
#ifndef BAC_RADIO_APPROX_H
#define BAC_RADIO_APPROX_H

#include <stdint.h>
#include <string.h>

#define BAC_APPROX static inline __attribute__((always_inline))

BAC_APPROX uint64_t bac_bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

BAC_APPROX double bac_of_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* Natural logarithm of a normal number above 0; relative error below 1e-13 away from 1.
 * x = m * 2^e with m in [sqrt(1/2), sqrt(2)); ln m = 2 atanh((m - 1) / (m + 1)). */
BAC_APPROX double bac_ln(double x) {
  const uint64_t shifted = bac_bits_of(x) - 0x3fe6a09e667f3bcdULL + 0x3ff0000000000000ULL; /* m = 1 where x = sqrt(1/2) */
  const double e = bac_of_bits((shifted >> 52) | 0x4330000000000000ULL) - (4503599627370496.0 + 1023.0);
  const double m = bac_of_bits((shifted & 0xfffffffffffffULL) + 0x3fe6a09e667f3bcdULL);
  const double s = (m - 1.0) / (m + 1.0), q = s * s;
  const double series =
      1.0 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9 + q * (1.0 / 11 + q * (1.0 / 13 + q * (1.0 / 15)))))));
  return e * 0.69314718055994530942 + 2.0 * s * series;
}

/* e^x for x in [-700, 700]; relative error below 1e-13. */
BAC_APPROX double bac_exp(double x) {
  const double shift = 6755399441055744.0; /* 1.5 * 2^52: its sum with k has k in the low bits */
  const double shifted = x * 1.44269504088896340736 + shift;
  const double k = shifted - shift;
  const double r = x - k * 0.69314718055994530942;
  const double p =
      1.0 + r * (1.0 + r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120 + r * (1.0 / 720 +
      r * (1.0 / 5040 + r * (1.0 / 40320 + r * (1.0 / 362880 + r * (1.0 / 3628800))))))))));
  return p * bac_of_bits((bac_bits_of(shifted) + 1023) << 52);
}

/* 1 / sqrt(x) of a normal number above 0; relative error below 1e-14; something finite at 0. By Newton's method: sqrt() may set errno, which keeps
 * compilers from vector code. */
BAC_APPROX double bac_rsqrt(double x) {
  double y = bac_of_bits(0x5fe6eb50c7b537a9ULL - (bac_bits_of(x) >> 1)); /* within 4 % */
  y = y * (1.5 - 0.5 * x * y * y);
  y = y * (1.5 - 0.5 * x * y * y);
  y = y * (1.5 - 0.5 * x * y * y);
  return y * (1.5 - 0.5 * x * y * y);
}

BAC_APPROX double bac_sqrt(double x) { return x * bac_rsqrt(x); }

/* 32 well mixed bits of x, which has 32. Source: M. O'Neill's and C. Wellons' search for low-bias integer hashes (lowbias32). */
BAC_APPROX uint64_t bac_mix32(uint64_t x) {
  x ^= x >> 16;
  x = (x * 0x7feb352dULL) & 0xffffffffULL;
  x ^= x >> 15;
  x = (x * 0x846ca68bULL) & 0xffffffffULL;
  x ^= x >> 16;
  return x;
}

/* A draw from (0, 1) for a station and a purpose with a 64-bit key. */
BAC_APPROX double bac_uniform(uint64_t station, uint64_t key) {
  const uint64_t h = bac_mix32(bac_mix32(station ^ (key & 0xffffffffULL)) ^ (key >> 32));
  return (bac_of_bits(h | 0x4330000000000000ULL) - 4503599627370496.0 + 0.5) * 0x1p-32;
}

/* A table of a function of a positive number, with a fixed count of entries per octave, for linear interpolation. */
#define BAC_TABLE_STEPS_LOG2 6
#define BAC_TABLE_STEPS (1 << BAC_TABLE_STEPS_LOG2)
/* Entries from 2^low up to 2^high, one more to interpolate towards. */
#define BAC_TABLE_SIZE(low, high) (((high) - (low)) * BAC_TABLE_STEPS + 2)
/* The argument of entry i. */
BAC_APPROX double bac_table_argument(int low, int i) {
  return bac_of_bits(((uint64_t)(low + 1023) << 52) + ((uint64_t)i << (52 - BAC_TABLE_STEPS_LOG2)));
}
/* The value at x; outside of the range that of its end.  size: entries. */
BAC_APPROX double bac_table_at(const double *table, int64_t offset, int low, int size, double x) {
  const uint64_t first = (uint64_t)(low + 1023) << BAC_TABLE_STEPS_LOG2;
  const uint64_t bits = bac_bits_of(x);
  int64_t i = (int64_t)(bits >> (52 - BAC_TABLE_STEPS_LOG2)) - (int64_t)first;
  double t = bac_of_bits(((bits << BAC_TABLE_STEPS_LOG2) & 0xfffffffffffffULL) | 0x3ff0000000000000ULL) - 1.0;
  t = i < 0 ? 0.0 : i > size - 2 ? 1.0 : t;
  i = i < 0 ? 0 : i > size - 2 ? size - 2 : i;
  const double a = table[offset + i], b = table[offset + i + 1];
  return a + t * (b - a);
}

#endif
