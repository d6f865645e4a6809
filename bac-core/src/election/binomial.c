/* SPDX-License-Identifier: GPL-2.0-only */
/* The fast way sums t(k) = C(w,k) p^k q^(w-k), q = 1 - p, upwards from some k0, each from the one before:
 *   t(k+1) = t(k) (w-k)/(k+1) p/q.
 * k0 is 0, or, when the mean is large, about 7 standard deviations below it: t(k0) then comes from Stirling's series, and what lies
 * below k0 is bounded. All numbers are integers with an explicit exponent, so (1-p)^w never underflows.
 *
 * Error bound. Let e = 2^-63. Every operation on `struct real` truncates, so it has a relative error below e; errors of factors add.
 *   p, q and p/q: at most 3e.  p w/k and q w/(w-k): 5e.
 *   A power x^n: n times the error of x, plus (n-1)e.  Hence q^w: 4we; both powers of Stirling's formula together: 6we.
 *   Stirling's series, cut after 1/(1260 n^5) at n >= 64: below 2^-51 = 4096e (see stirling()). The square root and the rest: 20e.
 *   A step of the recurrence: 3e (p/q), e (times w-k), 2e (the reciprocal), 2e (two products): 8e, at most w times.
 * So each t(k) is right within (14w + 4116)e, and, F being at most 1, so is its sum in absolute terms, up to the products of
 * errors, which are smaller by a factor above 2^40. In units of UNIT = 2^-62 = 2e that is less than 7w + 2058; cutting the terms to
 * whole units adds at most w + 1. error_units() allows twice as much. */
#include "election/binomial.h"

#include <gmp.h>

#include "base/bytes.h"

/* ---- Fast: m 2^e with 2^63 <= m < 2^64. ---- */

struct real {
  uint64_t m;
  int32_t e;
};

#define UNIT_BITS 62
#define STIRLING_MIN 64 /* smallest argument of stirling() */
#define DEVIATIONS 7

static int leading_zeros(uint64_t v) { return __builtin_clzll(v); }

static struct real real_of(uint64_t v) {
  const int shift = leading_zeros(v);
  return (struct real){v << shift, -shift};
}

static struct real real_of_wide(unsigned __int128 v) {
  const uint64_t high = (uint64_t)(v >> 64);
  if (high == 0) return real_of((uint64_t)v);
  const int shift = leading_zeros(high);
  return (struct real){(uint64_t)(v >> (64 - shift)), 64 - shift};
}

static inline struct real times(struct real x, struct real y) {
  const unsigned __int128 product = (unsigned __int128)x.m * y.m;
  const uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
  const bool carry = high >> 63; /* else the product is below 2^127; written for speed: no shift by a variable amount */
  return (struct real){carry ? high : high << 1 | low >> 63, x.e + y.e + 63 + carry};
}

static struct real over(struct real x, struct real y) {
  const int shift = x.m >= y.m ? 63 : 64;
  return (struct real){(uint64_t)(((unsigned __int128)x.m << shift) / y.m), x.e - y.e - shift};
}

static struct real power(struct real x, uint32_t n) {
  struct real r = real_of(1);
  for (int bit = 31; bit >= 0; bit--) {
    r = times(r, r);
    if (n >> bit & 1) r = times(r, x);
  }
  return r;
}

/* floor(sqrt(v)), a bit at a time. */
static uint64_t root(unsigned __int128 v) {
  unsigned __int128 rest = v, result = 0;
  for (int bit = 126; bit >= 0; bit -= 2) {
    const unsigned __int128 trial = result + ((unsigned __int128)1 << bit);
    result >>= 1;
    if (rest >= trial) {
      rest -= trial;
      result += (unsigned __int128)1 << bit;
    }
  }
  return (uint64_t)result;
}

static struct real square_root(struct real x) {
  const int shift = (x.e & 1) ? 63 : 64; /* the exponent that remains must be even */
  return (struct real){root((unsigned __int128)x.m << shift), (x.e - shift) / 2};
}

/* 1/d, d <= 2^16. One division gives 2^64 = v d + r; the bits missing from v are those of r/d = r v / 2^64 + (less than 2^-31). */
static inline struct real reciprocal(uint32_t d) {
  const uint64_t v = UINT64_MAX / d, r = UINT64_MAX - v * d + 1; /* 1 <= r <= d, so r v < 2^64 */
  const int shift = leading_zeros(v);
  return (struct real){shift == 0 ? v : (v << shift) + ((r * v) >> (64 - shift)), -64 - shift};
}

/* Whole units in x; x is a chance, so at most one (2^UNIT_BITS units) but for rounding. */
static inline uint64_t units_of(struct real x) {
  const int shift = -(x.e + UNIT_BITS);
  return shift >= 64 ? 0 : x.m >> shift;
}

static uint64_t floor_of(struct real x) { return x.e <= -64 ? 0 : x.m >> -x.e; } /* x < 2^63 */

#define ONE ((uint64_t)1 << 63) /* of the two functions below */

/* ln n! - (n ln n - n + ln(2 pi n)/2) for n >= STIRLING_MIN, in 1/ONE: 1/(12n) - 1/(360n^3) + 1/(1260n^5), wrong by less than the
 * next term 1/(1680n^7) < 2^-52 (the series envelops) and 4 units. */
static uint64_t stirling(uint64_t n) {
  const uint64_t third = ONE / (360 * n * n * n);
  return ONE / (12 * n) - third + 2 * third / (7 * n * n);
}

/* exp(-u) for 0 <= u < 2^-8, both in 1/ONE: Taylor up to u^5/120, wrong by less than u^6/720 < 2^-57 and 10 units. */
static uint64_t exponential(uint64_t u) {
  uint64_t r = ONE;
  for (uint64_t i = 5; i >= 1; i--) r = ONE - (uint64_t)(((unsigned __int128)r * u) >> 63) / i;
  return r;
}

/* t(k) by Stirling's formula, with s(n) = stirling(n), which falls with n, so that the last exponent is negative:
 *   sqrt(w / (2 pi k (w-k))) (w p/k)^k (w q/(w-k))^(w-k) exp(s(w) - s(k) - s(w-k)),  STIRLING_MIN <= k <= w - STIRLING_MIN. */
static struct real chance(uint32_t w, uint32_t k, struct real p, struct real q) {
  static const struct real two_pi = {0xC90FDAA22168C234u, -61};
  const uint64_t n = w - k;
  const struct real inside = over(real_of(w), times(two_pi, real_of(k * n)));
  const struct real x = over(times(p, real_of(w)), real_of(k)), y = over(times(q, real_of(w)), real_of(n));
  struct real correction = real_of(exponential(stirling(k) + stirling(n) - stirling(w)));
  correction.e -= 63;
  return times(times(square_root(inside), correction), times(power(x, k), power(y, (uint32_t)n)));
}

/* Half-width of the band around a sum of t(k), in units. */
static uint64_t error_units(uint32_t w) { return 16 * (uint64_t)w + 8192; }

/* Where to start: k0 with its t(k0), and in *below a bound in units of what lies under k0. The bound: the ratio of t(k-1) to t(k)
 * falls with k, so the sum is at most t(k0) r/(1-r), r = k0 q/((w-k0+1)p), that is t(k0) k0 q/((w+1)p - k0). With s^2 >= wpq and
 * k0 <= wp - 7s the numerator is below s^2 and the denominator at least 7s: less than t(k0) s/7. */
static struct real start(uint32_t w, struct real p, struct real q, uint32_t *k0, uint64_t *below) {
  const struct real mean = times(p, real_of(w));
  const uint64_t s = root((unsigned __int128)floor_of(times(mean, q)) + 2) + 1;
  const uint64_t middle = floor_of(mean), reach = DEVIATIONS * s + 1;
  uint64_t k = middle > reach ? middle - reach : 0;
  if (k + STIRLING_MIN > w) k = w > STIRLING_MIN ? w - STIRLING_MIN : 0;
  if (k < STIRLING_MIN) {
    *k0 = 0;
    *below = 0;
    return power(q, w);
  }
  const struct real t = chance(w, (uint32_t)k, p, q);
  *k0 = (uint32_t)k;
  *below = (units_of(t) + 1) * s / DEVIATIONS + 1;
  return t;
}

bool bac_binomial_quantile_fast(const struct bac_binomial *d, const uint8_t h[BAC_BINOMIAL_H_BYTES], uint32_t *j) {
  const struct real a = real_of(d->a), b = real_of_wide(d->b), c = real_of_wide(d->b - d->a);
  const struct real odds = over(a, c);
  uint64_t top = 0; /* h is in [top, top + 1) units */
  for (int i = 0; i < 8; i++) top = top << 8 | h[i];
  top >>= 64 - UNIT_BITS;
  uint32_t k;
  uint64_t below, sum = 0;
  struct real t = start(d->w, over(a, b), over(c, b), &k, &below);
  const uint64_t error = error_units(d->w);
  *j = 0;
  if (top < below) return false; /* else F(k-1) <= h */
  for (;; k++) {
    *j = k;
    if (k == d->w) return true;
    sum += units_of(t);
    if (top + 1 + error <= sum) return true;
    if (top < sum + error + below) return false;
    t = times(t, times(times(odds, real_of(d->w - k)), reciprocal(k + 1)));
  }
}

/* ---- Exact ---- */

/* a, b and c = b - a without their common factor, and h. */
struct exact {
  uint32_t w;
  mpz_t a, b, c, h;
};

/* Over l <= i < r, with x(i) = (w-i+1) a and y(i) = i c: p and q are the products of x and y, and t/q the sum over k of
 * x(l)...x(k) / (y(l)...y(k)). By halves, so that GMP multiplies numbers of like size; the depth is log2 of r - l. */
static void sum_terms(const struct exact *x, uint32_t l, uint32_t r, mpz_t p, mpz_t q, mpz_t t) {
  if (r - l == 1) {
    mpz_mul_ui(p, x->a, x->w - l + 1);
    mpz_mul_ui(q, x->c, l);
    mpz_set(t, p);
    return;
  }
  const uint32_t middle = l + (r - l) / 2;
  mpz_t p2, q2, t2;
  mpz_inits(p2, q2, t2, NULL);
  sum_terms(x, l, middle, p, q, t);
  sum_terms(x, middle, r, p2, q2, t2);
  mpz_mul(t, t, q2);
  mpz_addmul(t, p, t2);
  mpz_mul(p, p, p2);
  mpz_mul(q, q, q2);
  mpz_clears(p2, q2, t2, NULL);
}

/* h < F(j), where F(j) = (c/b)^w (1 + t/q) = c^(w-j) (q + t) / (b^w j!), since q = c^j j!. */
static bool is_below(const struct exact *x, uint32_t j) {
  if (j >= x->w) return true;
  mpz_t p, q, t, left;
  mpz_inits(p, q, t, left, NULL);
  mpz_set_ui(q, 1);
  if (j > 0) sum_terms(x, 1, j + 1, p, q, t);
  mpz_add(t, t, q);
  mpz_pow_ui(p, x->c, x->w - j);
  mpz_mul(t, t, p);
  mpz_mul_2exp(t, t, 8 * BAC_BINOMIAL_H_BYTES);
  mpz_pow_ui(left, x->b, x->w);
  mpz_fac_ui(p, j);
  mpz_mul(left, left, p);
  mpz_mul(left, left, x->h);
  const bool below = mpz_cmp(left, t) < 0;
  mpz_clears(p, q, t, left, NULL);
  return below;
}

static void import_wide(mpz_t to, unsigned __int128 v) {
  const uint64_t words[2] = {(uint64_t)v, (uint64_t)(v >> 64)};
  mpz_import(to, 2, -1, sizeof *words, 0, 0, words);
}

uint32_t bac_binomial_quantile_exact(const struct bac_binomial *d, const uint8_t h[BAC_BINOMIAL_H_BYTES], uint32_t from) {
  struct exact x = {.w = d->w};
  mpz_t common;
  mpz_inits(x.a, x.b, x.c, x.h, common, NULL);
  import_wide(x.a, d->a);
  import_wide(x.b, d->b);
  mpz_gcd(common, x.a, x.b);
  mpz_divexact(x.a, x.a, common);
  mpz_divexact(x.b, x.b, common);
  mpz_sub(x.c, x.b, x.a);
  mpz_import(x.h, BAC_BINOMIAL_H_BYTES, 1, 1, 0, 0, h);
  /* Steps that double, then halving: the answer is mostly `from` or the next. low <= answer <= high throughout. */
  uint32_t low = from, high = from;
  for (uint32_t step = 1; !is_below(&x, high); step *= 2) {
    low = high + 1;
    high = d->w - high > step ? high + step : d->w;
  }
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (is_below(&x, middle))
      high = middle;
    else
      low = middle + 1;
  }
  mpz_clears(x.a, x.b, x.c, x.h, common, NULL);
  return low;
}
