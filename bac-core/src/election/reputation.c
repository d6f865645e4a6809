/* SPDX-License-Identifier: GPL-2.0-only */
#include "election/reputation.h"

#include "base/bytes.h"

_Static_assert(sizeof(struct bac_reputation) == BAC_REPUTATION_BYTES, "no padding: copies of a record are equal bytes");

/* round(2^(k / 64) * 2^32) - 2^32, exactly rounded. */
static const uint32_t growth[BAC_REPUTATION_HALF_LIFE] = {
    0x00000000, 0x02c9a3e7, 0x059b0d31, 0x08745187, 0x0b5586d0, 0x0e3ec32d, 0x11301d01, 0x1429aaeb,
    0x172b83c8, 0x1a35beb7, 0x1d487317, 0x2063b886, 0x2387a6e7, 0x26b4565e, 0x29e9df52, 0x2d285a6e,
    0x306fe0a3, 0x33c08b26, 0x371a7374, 0x3a7db34e, 0x3dea64c1, 0x4160a21f, 0x44e08606, 0x486a2b5c,
    0x4bfdad53, 0x4f9b276a, 0x5342b56a, 0x56f4736b, 0x5ab07dd5, 0x5e76f15b, 0x6247eb04, 0x66238825,
    0x6a09e668, 0x6dfb23c6, 0x71f75e8f, 0x75feb564, 0x7a11473f, 0x7e2f336d, 0x82589995, 0x868d99b4,
    0x8ace5423, 0x8f1ae991, 0x93737b0d, 0x97d829fe, 0x9c49182a, 0xa0c667b6, 0xa5503b24, 0xa9e6b558,
    0xae89f996, 0xb33a2b85, 0xb7f76f30, 0xbcc1e905, 0xc199bdd8, 0xc67f12e5, 0xcb720dcf, 0xd072d4a0,
    0xd5818dd0, 0xda9e603e, 0xdfc97338, 0xe502ee79, 0xea4afa2a, 0xefa1bee6, 0xf50765b7, 0xfa7c181a};

/* floor(x * 2^(k / 64)), 0 <= k < 64, x <= BAC_REPUTATION_EVIDENCE_MAX. */
static uint64_t grow(uint64_t x, uint64_t k) {
  const uint64_t f = growth[k];
  return x + (x >> 32) * f + ((x & UINT32_MAX) * f >> 32);
}

/* x * 2^(-k / 64), rounded down, 0 <= k < 64. */
static uint64_t shrink(uint64_t x, uint64_t k) { return k > 0 ? grow(x, BAC_REPUTATION_HALF_LIFE - k) / 2 : x; }

static uint64_t saturate(uint64_t x) { return x < BAC_REPUTATION_EVIDENCE_MAX ? x : BAC_REPUTATION_EVIDENCE_MAX; }

static uint64_t halve(uint64_t x, uint64_t times) { return times < 64 ? x >> times : 0; }

void bac_reputation_advance(struct bac_reputation *r, uint64_t height) {
  BAC_ASSERT(height >= r->decayed_at);
  const uint64_t times = (height - r->decayed_at) / BAC_REPUTATION_HALF_LIFE;
  r->honest = halve(r->honest, times);
  r->dishonest = halve(r->dishonest, times);
  r->doubtful = halve(r->doubtful, times);
  r->decayed_at += times * BAC_REPUTATION_HALF_LIFE;
}

/* Adds `count` behaviours of `height`; the record stands there already. */
static void add(uint64_t *sum, uint64_t count, uint64_t height) {
  *sum = saturate(*sum + count * grow(BAC_REPUTATION_TASK, height % BAC_REPUTATION_HALF_LIFE));
}

void bac_reputation_init(struct bac_reputation *r, uint64_t height, bool genesis) {
  *r = (struct bac_reputation){.decayed_at = height - height % BAC_REPUTATION_HALF_LIFE, .genesis = genesis};
  add(&r->doubtful, 1, height);
}

/* At the last count that fits the ratios stay as they are. */
static void count_task(struct bac_reputation *r, uint32_t participated) {
  if (r->tasks == UINT32_MAX) return;
  r->tasks++;
  r->participated += participated;
}

void bac_reputation_honest(struct bac_reputation *r, uint64_t height) {
  bac_reputation_advance(r, height);
  add(&r->honest, 1, height);
  count_task(r, 1);
}

void bac_reputation_absent(struct bac_reputation *r, uint64_t height) {
  bac_reputation_advance(r, height);
  add(&r->doubtful, 1, height);
  count_task(r, 0);
}

static uint64_t later(uint64_t epoch, uint64_t by) { return epoch < UINT64_MAX - by ? epoch + by : UINT64_MAX; }

void bac_reputation_punish(struct bac_reputation *r, uint64_t height, uint64_t epoch) {
  bac_reputation_advance(r, height);
  add(&r->dishonest, BAC_REPUTATION_PENALTY, height);
  if (r->convictions < UINT32_MAX) r->convictions++;
  if (r->banned_until_epoch < later(epoch, 1)) r->banned_until_epoch = later(epoch, 1);
}

struct bac_opinion bac_reputation_opinion(const struct bac_reputation *r, uint64_t height) {
  struct bac_reputation now = *r;
  bac_reputation_advance(&now, height);
  const uint64_t total = now.honest + now.dishonest + now.doubtful;
  if (total < BAC_REPUTATION_EVIDENCE_MIN) return (struct bac_opinion){.uncertainty = 1, .total = 1};
  return (struct bac_opinion){
      .belief = now.honest, .distrust = now.dishonest, .uncertainty = now.doubtful, .total = total};
}

struct bac_ratio bac_reputation_rho(const struct bac_reputation *r, uint64_t height) {
  const struct bac_opinion o = bac_reputation_opinion(r, height);
  return (struct bac_ratio){.numerator = 2 * o.belief + o.uncertainty, .denominator = 2 * o.total};
}

struct bac_ratio bac_reputation_participation(const struct bac_reputation *r) {
  if (r->tasks == 0) return (struct bac_ratio){1, 1};
  return (struct bac_ratio){r->participated, r->tasks};
}

struct bac_ratio bac_reputation_success(const struct bac_reputation *r) {
  if (r->participated == 0) return r->convictions == 0 ? (struct bac_ratio){1, 1} : (struct bac_ratio){0, 1};
  const uint32_t failed = r->convictions < r->participated ? r->convictions : r->participated;
  return (struct bac_ratio){r->participated - failed, r->participated};
}

/* Whether a * x >= b * y, exactly. */
static bool product_reaches(uint64_t a, uint32_t x, uint64_t b, uint32_t y) {
  const uint64_t a_low = (a & UINT32_MAX) * x, b_low = (b & UINT32_MAX) * y;
  const uint64_t a_high = (a >> 32) * x + (a_low >> 32), b_high = (b >> 32) * y + (b_low >> 32);
  return a_high != b_high ? a_high > b_high : (a_low & UINT32_MAX) >= (b_low & UINT32_MAX);
}

uint32_t bac_reputation_units(const struct bac_reputation *r, uint64_t height, enum bac_reputation_rule rule) {
  const struct bac_opinion o = bac_reputation_opinion(r, height);
  /* 100 * rho = hundredfold / o.total; both, and 100 times o.total, are below 2^64 as no sum exceeds 2^55. */
  const uint64_t hundredfold = 100 * o.belief + 50 * o.uncertainty;
  if (rule == BAC_REPUTATION_RHO) return (uint32_t)(hundredfold / o.total);
  const struct bac_ratio pi = bac_reputation_participation(r), zeta = bac_reputation_success(r);
  /* zeta's denominator is pi's numerator, unless one of them stands for 0 / 0 or is 0. */
  const bool none = pi.numerator == 0 || zeta.numerator == 0;
  const uint32_t succeeded = none ? 0 : (uint32_t)zeta.numerator, tasks = (uint32_t)pi.denominator;
  uint32_t units = BAC_REPUTATION_UNITS_MAX;
  while (units > 0 && !product_reaches(hundredfold, succeeded, units * o.total, tasks)) units--;
  return units;
}

bool bac_reputation_eligible(const struct bac_reputation *r, uint64_t epoch) {
  return epoch >= r->banned_until_epoch && (r->genesis || r->participated >= BAC_REPUTATION_TASKS_MIN);
}

void bac_reputation_counts(const struct bac_reputation *r, uint64_t height, uint64_t counts[3]) {
  struct bac_reputation now = *r;
  bac_reputation_advance(&now, height);
  const uint64_t k = height - now.decayed_at;
  counts[0] = shrink(now.honest, k);
  counts[1] = shrink(now.dishonest, k);
  counts[2] = shrink(now.doubtful, k);
}

void bac_reputation_encode(const struct bac_reputation *r, uint64_t height, uint8_t out[BAC_REPUTATION_BYTES]) {
  struct bac_reputation now = *r;
  bac_reputation_advance(&now, height);
  struct bac_writer w = bac_writer_over(out, BAC_REPUTATION_BYTES);
  bac_write_u64(&w, now.honest);
  bac_write_u64(&w, now.dishonest);
  bac_write_u64(&w, now.doubtful);
  bac_write_u64(&w, now.decayed_at);
  bac_write_u64(&w, now.banned_until_epoch);
  bac_write_u32(&w, now.tasks);
  bac_write_u32(&w, now.participated);
  bac_write_u32(&w, now.convictions);
  bac_write_u32(&w, now.genesis);
  BAC_ASSERT(w.ok && w.length == BAC_REPUTATION_BYTES);
}

bool bac_reputation_decode(struct bac_reputation *r, const uint8_t *bytes, size_t length) {
  if (length != BAC_REPUTATION_BYTES) return false;
  struct bac_reader in = bac_reader_over(bytes, length);
  r->honest = bac_read_u64(&in);
  r->dishonest = bac_read_u64(&in);
  r->doubtful = bac_read_u64(&in);
  r->decayed_at = bac_read_u64(&in);
  r->banned_until_epoch = bac_read_u64(&in);
  r->tasks = bac_read_u32(&in);
  r->participated = bac_read_u32(&in);
  r->convictions = bac_read_u32(&in);
  r->genesis = bac_read_u32(&in);
  return r->honest <= BAC_REPUTATION_EVIDENCE_MAX && r->dishonest <= BAC_REPUTATION_EVIDENCE_MAX &&
         r->doubtful <= BAC_REPUTATION_EVIDENCE_MAX && r->decayed_at % BAC_REPUTATION_HALF_LIFE == 0 &&
         r->participated <= r->tasks && r->genesis <= 1;
}

void bac_reputation_leave(struct bac_reputation *r, uint64_t height, uint64_t epoch) {
  uint64_t counts[3];
  bac_reputation_counts(r, height, counts);
  r->honest = counts[0];
  r->dishonest = counts[1];
  r->doubtful = counts[2];
  r->decayed_at = 0;
  r->banned_until_epoch = r->banned_until_epoch > epoch ? r->banned_until_epoch - epoch : 0;
}

int bac_reputation_enter(struct bac_reputation *r, uint64_t height, uint64_t epoch) {
  if (r->decayed_at != 0) return BAC_EINVAL;
  const uint64_t k = height % BAC_REPUTATION_HALF_LIFE;
  r->honest = saturate(grow(r->honest, k));
  r->dishonest = saturate(grow(r->dishonest, k));
  r->doubtful = saturate(grow(r->doubtful, k));
  r->decayed_at = height - k;
  if (r->banned_until_epoch > 0) r->banned_until_epoch = later(epoch, r->banned_until_epoch);
  return BAC_OK;
}
