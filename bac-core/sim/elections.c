/* SPDX-License-Identifier: GPL-2.0-only */
#include "elections.h"

#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/quorum.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

struct shard {
  uint32_t shard;
  uint64_t next_epoch; /* the first that has not begun yet */
  uint64_t rounds;     /* of the node that drew most */
  UT_hash_handle hh;
};

struct bac_elections {
  struct shard *shards;
  uint64_t committees, places, elected;
  double failure; /* NAN: no committee yet */
  uint64_t claims, proposals, fallbacks;
};

/* ln C(n, k) */
static double ln_choose(uint32_t n, uint32_t k) { return lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0); }

double bac_committee_failure(uint32_t n, uint32_t size, double share) {
  const uint32_t bad = (uint32_t)(share * n + 1e-9), most = bad < size ? bad : size;
  double sum = 0;
  for (uint32_t k = bac_faults_max(size) + 1; k <= most; k++)
    if (size - k <= n - bad) sum += exp(ln_choose(bad, k) + ln_choose(n - bad, size - k) - ln_choose(n, size));
  return sum < 1 ? sum : 1;
}

struct bac_elections *bac_elections_new(void) {
  struct bac_elections *e = bac_alloc(1, sizeof *e);
  e->failure = NAN;
  return e;
}

void bac_elections_free(struct bac_elections *e) {
  if (!e) return;
  struct shard *s, *next;
  HASH_ITER(hh, e->shards, s, next) {
    HASH_DEL(e->shards, s);
    free(s);
  }
  free(e);
}

static struct shard *shard_at(struct bac_elections *e, uint32_t shard) {
  struct shard *s;
  HASH_FIND(hh, e->shards, &shard, sizeof shard, s);
  if (s) return s;
  s = bac_alloc(1, sizeof *s);
  s->shard = shard;
  HASH_ADD(hh, e->shards, shard, sizeof s->shard, s);
  return s;
}

void bac_elections_epoch(struct bac_elections *e, const struct bac_roster *roster) {
  struct shard *s = shard_at(e, roster->shard);
  if (roster->epoch < s->next_epoch) return;
  s->next_epoch = roster->epoch + 1;
  uint32_t places = 0, elected = 0;
  for (uint32_t i = 0; i < roster->count; i++) {
    places += roster->members[i].place > 0;
    elected += roster->members[i].place > 0 && roster->members[i].lambda > 0;
  }
  if (places == 0) return;
  e->committees++;
  e->places += places;
  e->elected += elected;
  const double failure = bac_committee_failure(roster->count, places, BAC_COMMITTEE_MALICIOUS_SHARE);
  if (isnan(e->failure) || failure > e->failure) e->failure = failure;
}

void bac_elections_add_totals(struct bac_elections *e, uint32_t shard, const struct bac_counters *counters) {
  struct shard *s = shard_at(e, shard);
  if (counters->draws > s->rounds) s->rounds = counters->draws;
  e->claims += counters->claims;
  e->proposals += counters->proposals;
  e->fallbacks += counters->fallbacks;
}

static double ratio(uint64_t sum, uint64_t count) { return count > 0 ? (double)sum / (double)count : NAN; }

void bac_elections_columns(const struct bac_elections *e, const struct bac_columns *to) {
  uint64_t rounds = 0;
  for (const struct shard *s = e->shards; s; s = s->hh.next) rounds += s->rounds;
  bac_columns_real(to, "claims_per_round", ratio(e->claims, rounds));
  bac_columns_real(to, "proposals_per_round", ratio(e->proposals, rounds));
  bac_columns_count(to, "fallback_proposals", e->fallbacks);
  bac_columns_real(to, "committee_size", ratio(e->places, e->committees));
  bac_columns_real(to, "committee_elected", ratio(e->elected, e->committees));
  bac_columns_real(to, "committee_failure", e->failure);
  bac_columns_real(to, "committee_malicious_share", BAC_COMMITTEE_MALICIOUS_SHARE);
}

void bac_reputation_columns(uint64_t epoch, uint32_t shard, uint32_t id, const struct bac_account_view *account, const struct bac_columns *to) {
  bac_columns_count(to, "epoch", epoch);
  bac_columns_count(to, "shard", shard);
  bac_columns_count(to, "ev", id);
  bac_columns_real(to, "b", account->belief_ppm * 1e-6);
  bac_columns_real(to, "d", account->distrust_ppm * 1e-6);
  bac_columns_real(to, "u", account->uncertainty_ppm * 1e-6);
  bac_columns_real(to, "rho", account->rho_ppm * 1e-6);
  bac_columns_count(to, "units", account->units);
}
