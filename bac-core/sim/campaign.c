/* SPDX-License-Identifier: GPL-2.0-only */
#include "campaign.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/quorum.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "election/committee.h"
#include "elections.h"
#include "ledger/state.h"

#define EPOCH_BLOCKS 20

struct campaign {
  struct bac_campaign_options o;
  struct bac_random random;
  struct bac_keypair keys[BAC_ROSTER_MAX];
  struct bac_member members[BAC_ROSTER_MAX];
  uint64_t nonces[BAC_ROSTER_MAX];
  uint16_t drawn[BAC_ROSTER_MAX]; /* the first `byzantine` of it are malicious */
  bool malicious[BAC_ROSTER_MAX];
  struct bac_state *state;
  struct bac_cost cost;
};

static void init(struct campaign *c) {
  uint32_t ids[BAC_ROSTER_MAX];
  for (uint32_t i = 0; i < c->o.members; i++) {
    ids[i] = i;
    c->drawn[i] = (uint16_t)i;
    bac_keypair_derive(&c->keys[i], c->o.seed, i);
  }
  BAC_ASSERT(bac_members_derive(c->o.seed, ids, c->o.members, c->members) == BAC_OK);
  struct bac_roster roster = {.count = c->o.members, .members = c->members, .epoch_blocks = EPOCH_BLOCKS, .candidates_permille = c->o.permille};
  bac_ca_derive_key(c->o.seed, roster.ca_key);
  c->state = bac_state_genesis(&roster);
  c->random = bac_random_stream(c->o.seed, 0, BAC_PURPOSE_FAULTS);
}

/* Without replacement. */
static void draw_adversaries(struct campaign *c) {
  for (uint32_t i = 0; i < c->o.members; i++) c->malicious[i] = false;
  for (uint32_t i = 0; i < c->o.byzantine; i++) {
    if (!c->o.favoured) {
      const uint32_t k = i + (uint32_t)bac_random_below(&c->random, c->o.members - i);
      const uint16_t other = c->drawn[k];
      c->drawn[k] = c->drawn[i];
      c->drawn[i] = other;
    }
    c->malicious[c->drawn[i]] = true;
  }
}

/* Units differ, and change: some take part, some are away. */
static void live(struct campaign *c) {
  for (uint32_t i = 0; i < c->o.members; i++) {
    struct bac_reputation *r = &bac_state_account(c->state, i)->reputation;
    const uint64_t what = bac_random_below(&c->random, 16);
    for (int k = 0; k < BAC_RECEIPT_STRETCH; k++) {
      if (c->o.favoured && !c->malicious[i])
        bac_reputation_absent(r, c->state->height);
      else if (what < 4)
        bac_reputation_honest(r, c->state->height);
      else if (what == 4)
        bac_reputation_absent(r, c->state->height);
    }
  }
}

/* As a node does (node/epoch.c), and as the others take it: off the air. */
static void show_credential(struct campaign *c, uint32_t i) {
  const struct bac_lottery lottery = bac_state_lottery(c->state);
  const struct bac_account *own = bac_state_account(c->state, i);
  uint8_t alpha[BAC_SORTITION_ALPHA_BYTES], memo[BAC_CREDENTIAL_BYTES], wire[BAC_TX_BYTES_MAX];
  struct bac_ticket ticket;
  struct bac_tx tx, heard;
  bac_sortition_alpha(alpha, BAC_ROLE_CP, c->state->next_seed, c->state->shard, c->state->epoch + 1, 0);
  if (bac_sortition_prove(&ticket, &lottery, own->units, c->keys[i].vrf_secret, alpha, &c->cost) != BAC_OK || ticket.lambda == 0) return;
  if (!c->malicious[i] && bac_random_below(&c->random, 1000) < c->o.lost_permille) return;
  struct bac_credential credential = {.epoch = c->state->epoch + 1, .lambda = ticket.lambda};
  memcpy(credential.pi, ticket.pi, sizeof credential.pi);
  bac_credential_write(&credential, memo);
  BAC_ASSERT(bac_tx_make_record(&tx, wire, BAC_TX_CREDENTIAL, memo, sizeof memo, i, ++c->nonces[i], 1, &c->keys[i], &c->cost) == BAC_OK);
  BAC_ASSERT(bac_tx_decode(&heard, tx.wire, tx.wire_length, &c->cost) && bac_state_authentic(c->state, &heard, NULL, &c->cost));
  BAC_ASSERT(bac_state_apply(c->state, &heard, 0));
}

static void end_epoch(struct campaign *c) {
  uint8_t seed[BAC_HASH_BYTES], height[8];
  bac_put_u64(height, c->state->last);
  bac_hash2(seed, BAC_DOMAIN_SEED, c->state->next_seed, BAC_HASH_BYTES, height, sizeof height);
  c->state->height = c->state->last;
  bac_state_turn(c->state, seed, c->state->last, 1);
}

static void count(const struct campaign *c, struct bac_campaign_report *r) {
  uint32_t size = 0, malicious = 0, elected = 0;
  for (uint32_t i = 0; i < c->state->count; i++) {
    const struct bac_account *a = &c->state->accounts[i];
    if (a->place == 0) continue;
    size++;
    malicious += c->malicious[a->id];
    elected += a->lambda > 0 && a->credential_epoch == c->state->epoch;
  }
  BAC_ASSERT(size == r->size);
  r->epochs++;
  r->places += size;
  r->malicious += malicious;
  r->credentials += elected;
  r->failed += malicious > r->faults_max;
}

/* Sum of the binomial's terms from `from` to `to`, each by its logarithm. */
static double binomial(uint64_t n, double p, uint64_t from, uint64_t to) {
  double sum = 0;
  const double trials = (double)n;
  for (uint64_t i = from; i <= to; i++) {
    const double k = (double)i;
    sum += exp(lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1) + k * log(p) + (trials - k) * log1p(-p));
  }
  return sum;
}

double bac_campaign_p_value(uint64_t n, double p, uint64_t k) {
  if (p <= 0) return k == 0 ? 1 : 0;
  if (p >= 1) return k == n ? 1 : 0;
  const double low = binomial(n, p, 0, k), high = binomial(n, p, k, n);
  const double twice = 2 * (low < high ? low : high);
  return twice < 1 ? twice : 1;
}

int bac_campaign_run(const struct bac_campaign_options *o, struct bac_campaign_report *r, char *why, size_t why_size) {
  if (o->members < BAC_ROSTER_MIN || o->members > BAC_ROSTER_MAX || o->byzantine > o->members || o->permille < 1 || o->permille > 1000 || o->lost_permille > 1000) {
    snprintf(why, why_size, "%u members, %u of them byzantine: take from %d to %d members and no more byzantine ones than that", o->members, o->byzantine, BAC_ROSTER_MIN,
             BAC_ROSTER_MAX);
    return BAC_EINVAL;
  }
  struct campaign *c = bac_alloc(1, sizeof *c);
  c->o = *o;
  init(c);
  *r = (struct bac_campaign_report){.size = bac_committee_size(o->members, o->permille)};
  r->faults_max = bac_faults_max(r->size);
  r->expected = bac_committee_failure(o->members, r->size, (double)o->byzantine / o->members);
  for (uint64_t e = 0; e < o->epochs; e++) {
    draw_adversaries(c);
    live(c);
    for (uint32_t i = 0; i < o->members; i++) show_credential(c, i);
    end_epoch(c);
    count(c, r);
  }
  r->p_value = bac_campaign_p_value(r->epochs, r->expected, r->failed);
  bac_state_free(c->state);
  free(c);
  return BAC_OK;
}
