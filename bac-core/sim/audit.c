/* SPDX-License-Identifier: GPL-2.0-only */
#include "audit.h"

#include <stdlib.h>

#include "base/bytes.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

struct account {
  uint32_t id;
  struct bac_account_view view;
  UT_hash_handle hh;
};

struct shard {
  uint32_t shard;
  uint64_t base, height;
  bool seen; /* a state of it */
  struct account *accounts;
  UT_hash_handle hh;
};

struct bac_audit {
  struct shard *shards;
};

/* What is known of one EV over all shards. */
struct ev {
  uint32_t id, live;
  uint64_t moves; /* the newest: of these `balance` is */
  int64_t balance;
  bool gone;
  UT_hash_handle hh;
};

struct bac_audit *bac_audit_new(void) { return bac_alloc(1, sizeof(struct bac_audit)); }

static void clear(struct shard *s) {
  struct account *a, *next;
  HASH_ITER(hh, s->accounts, a, next) {
    HASH_DEL(s->accounts, a);
    free(a);
  }
}

void bac_audit_free(struct bac_audit *audit) {
  if (!audit) return;
  struct shard *s, *next;
  HASH_ITER(hh, audit->shards, s, next) {
    HASH_DEL(audit->shards, s);
    clear(s);
    free(s);
  }
  free(audit);
}

static struct shard *shard_at(struct bac_audit *audit, uint32_t shard) {
  struct shard *s;
  HASH_FIND(hh, audit->shards, &shard, sizeof shard, s);
  if (s) return s;
  s = bac_alloc(1, sizeof *s);
  s->shard = shard;
  HASH_ADD(hh, audit->shards, shard, sizeof s->shard, s);
  return s;
}

void bac_audit_base(struct bac_audit *audit, uint32_t shard, uint64_t base) {
  struct shard *s = shard_at(audit, shard);
  if (base > s->base) s->base = base;
}

bool bac_audit_state(struct bac_audit *audit, uint32_t shard, uint64_t height) {
  struct shard *s = shard_at(audit, shard);
  if (s->seen && height <= s->height) return false;
  clear(s);
  s->seen = true;
  s->height = height;
  return true;
}

void bac_audit_account(struct bac_audit *audit, uint32_t shard, uint32_t id, const struct bac_account_view *account) {
  struct shard *s = shard_at(audit, shard);
  struct account *a = bac_alloc(1, sizeof *a);
  a->id = id;
  a->view = *account;
  HASH_ADD(hh, s->accounts, id, sizeof a->id, a);
}

static void meet(struct ev **evs, const struct account *a) {
  struct ev *e;
  HASH_FIND(hh, *evs, &a->id, sizeof a->id, e);
  if (!e) {
    e = bac_alloc(1, sizeof *e);
    e->id = a->id;
    e->gone = true;
    HASH_ADD(hh, *evs, id, sizeof e->id, e);
  }
  e->live += !a->view.gone;
  /* Left with as many moves as it has arrived with elsewhere: there it is. */
  const bool newer = a->view.moves > e->moves || (a->view.moves == e->moves && e->gone);
  if (!newer) return;
  e->moves = a->view.moves;
  e->balance = a->view.balance_milli;
  e->gone = a->view.gone;
}

struct bac_audit_report bac_audit_sum(const struct bac_audit *audit, int64_t opening_milli) {
  struct bac_audit_report r = {.complete = true};
  struct ev *evs = NULL, *e, *next;
  for (const struct shard *s = audit->shards; s; s = s->hh.next) {
    r.complete = r.complete && s->seen && s->height >= s->base;
    for (const struct account *a = s->accounts; a; a = a->hh.next) meet(&evs, a);
  }
  HASH_ITER(hh, evs, e, next) {
    r.accounts++;
    r.doubled += e->live > 1;
    r.travelling += e->live == 0;
    r.excess_milli += e->balance - opening_milli;
    HASH_DEL(evs, e);
    free(e);
  }
  return r;
}
