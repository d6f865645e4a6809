/* SPDX-License-Identifier: GPL-2.0-only */
#include "ledger/state.h"

#include <stdlib.h>

#include "base/bitset.h"
#include "crypto/hash.h"
#include "election/committee.h"
#include "identity/roster.h"
#include "ledger/passport.h"

static struct bac_account *open_account(struct bac_state *state, uint32_t id) {
  if (state->count == state->capacity) {
    state->capacity = state->capacity + state->capacity / 2 + 4;
    state->accounts = bac_realloc(state->accounts, state->capacity, sizeof *state->accounts);
  }
  uint32_t at = state->count++;
  for (; at > 0 && state->accounts[at - 1].id > id; at--) state->accounts[at] = state->accounts[at - 1];
  state->accounts[at] = (struct bac_account){.id = id};
  return &state->accounts[at];
}

struct bac_state *bac_state_genesis(const struct bac_roster *roster) {
  struct bac_state *state = bac_alloc(1, sizeof *state);
  state->shard = roster->shard;
  state->epoch = roster->epoch;
  state->candidates_permille = roster->candidates_permille;
  state->epoch_blocks = roster->epoch_blocks;
  state->last = roster->epoch_blocks > 0 ? roster->epoch_blocks : UINT64_MAX;
  memcpy(state->ca_key, roster->ca_key, sizeof state->ca_key);
  memcpy(state->seed, roster->seed, sizeof state->seed);
  memcpy(state->next_seed, roster->seed, sizeof state->next_seed);
  state->neighbour_count = roster->neighbour_count;
  if (roster->neighbour_count > 0) memcpy(state->neighbours, roster->neighbours, roster->neighbour_count * sizeof *roster->neighbours);
  state->capacity = roster->count;
  state->accounts = bac_alloc(state->capacity, sizeof *state->accounts);
  for (uint32_t i = 0; i < roster->count; i++) {
    const struct bac_member *m = &roster->members[i];
    struct bac_account *a = open_account(state, m->id);
    a->membership = BAC_MEMBER;
    a->balance_milli = m->balance_milli;
    a->turn = roster->epoch;
    a->serial = m->serial;
    a->certificate_ends = BAC_NEVER;
    memcpy(a->sign_key, m->sign_key, sizeof a->sign_key);
    memcpy(a->vrf_key, m->vrf_key, sizeof a->vrf_key);
    a->units = m->units;
    bac_reputation_init(&a->reputation, 0, true);
  }
  return state;
}

struct bac_state *bac_state_copy(const struct bac_state *state) {
  struct bac_state *copy = bac_alloc(1, sizeof *copy);
  *copy = *state;
  copy->capacity = state->count;
  copy->accounts = bac_alloc(copy->capacity, sizeof *copy->accounts);
  memcpy(copy->accounts, state->accounts, state->count * sizeof *copy->accounts);
  return copy;
}

void bac_state_free(struct bac_state *state) {
  if (!state) return;
  free(state->accounts);
  free(state);
}

struct bac_account *bac_state_account(const struct bac_state *state, uint32_t id) {
  uint32_t low = 0, high = state->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (state->accounts[middle].id < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low < state->count && state->accounts[low].id == id ? &state->accounts[low] : NULL;
}

/* ---- Transactions. ---- */

static bool nonce_free(const struct bac_account *a, uint64_t nonce) {
  if (nonce == 0 || nonce > a->nonce_top + BAC_NONCE_WINDOW) return false;
  if (nonce > a->nonce_top) return true;
  uint64_t back = a->nonce_top - nonce;
  return back < BAC_NONCE_WINDOW && !(a->nonce_used >> back & 1);
}

static void nonce_use(struct bac_account *a, uint64_t nonce) {
  if (nonce > a->nonce_top) {
    uint64_t shift = nonce - a->nonce_top;
    a->nonce_used = shift < 64 ? a->nonce_used << shift : 0;
    a->nonce_top = nonce;
  }
  a->nonce_used |= (uint64_t)1 << (a->nonce_top - nonce);
}

/* It has taken its account along into another shard. */
static bool gone(const struct bac_account *a) { return a->membership == BAC_OUTSIDE && a->towards > 0; }

/* A member in this epoch and the next, as far as anybody knows. */
static bool member(const struct bac_account *a) { return a->membership == BAC_MEMBER && !a->revoked; }
static bool votes(const struct bac_account *a) { return a->membership == BAC_MEMBER || a->membership == BAC_LEAVING; }
static uint64_t base(const struct bac_state *s) { return s->epoch_blocks > 0 ? s->last - s->epoch_blocks : 0; }

static uint32_t units(const struct bac_state *state, const struct bac_account *a) {
  if (!bac_reputation_eligible(&a->reputation, state->epoch)) return 0;
  return bac_reputation_units(&a->reputation, state->height, BAC_REPUTATION_RHO);
}

struct bac_lottery bac_state_lottery(const struct bac_state *state) {
  struct bac_lottery lottery = {.tau_den = 1};
  uint32_t members = 0;
  for (uint32_t i = 0; i < state->count; i++) {
    if (!votes(&state->accounts[i])) continue;
    members++;
    lottery.total_units += state->accounts[i].units;
  }
  lottery.tau_num = bac_committee_size(members, state->candidates_permille);
  return lottery;
}

static bool credential_holds(const struct bac_state *state, const struct bac_account *from, const struct bac_tx *tx, struct bac_shared *shared,
                             struct bac_cost *cost) {
  struct bac_credential c;
  uint8_t alpha[BAC_SORTITION_ALPHA_BYTES];
  const struct bac_lottery lottery = bac_state_lottery(state);
  /* Of its epoch alone: drawn on a seed and units that hold now, it would be taken for good later by those who have it in their pool. */
  if (!bac_credential_read(&c, tx) || c.epoch != state->epoch + 1 || lottery.total_units == 0) return false;
  struct bac_ticket ticket = {.lambda = c.lambda};
  memcpy(ticket.pi, c.pi, sizeof ticket.pi);
  if (bac_vrf_proof_to_hash(ticket.beta, c.pi) != 0) return false;
  bac_sortition_alpha(alpha, BAC_ROLE_CP, state->next_seed, state->shard, c.epoch, 0);
  return bac_sortition_verify(&ticket, &lottery, from->units, from->vrf_key, alpha, shared, cost) == 0;
}

static bool handover_authentic(const struct bac_state *state, const struct bac_tx *tx, struct bac_shared *shared, struct bac_cost *cost) {
  struct bac_join join;
  size_t length;
  const uint8_t *attachment = bac_tx_attachment(tx, &length);
  if (!attachment || !bac_handover_read(&join, tx) || bac_certificate_verify(&join.certificate, state->ca_key, shared, cost) != BAC_REJECT_COUNT ||
      !bac_tx_verify(tx, join.certificate.sign_key, shared, cost))
    return false;
  struct bac_passport *passport = bac_alloc(1, sizeof *passport);
  const bool good = bac_passport_read(passport, attachment, length, true, shared, cost);
  free(passport);
  return good;
}

bool bac_state_authentic(const struct bac_state *state, const struct bac_tx *tx, struct bac_shared *shared, struct bac_cost *cost) {
  if (tx->kind == BAC_TX_JOIN) {
    struct bac_join join;
    return bac_join_read(&join, tx) && bac_certificate_verify(&join.certificate, state->ca_key, shared, cost) == BAC_REJECT_COUNT &&
           bac_tx_verify(tx, join.certificate.sign_key, shared, cost);
  }
  if (tx->kind == BAC_TX_HANDOVER) return handover_authentic(state, tx, shared, cost);
  const struct bac_account *from = bac_state_account(state, tx->from);
  if (!from || !bac_tx_verify(tx, from->sign_key, shared, cost)) return false;
  if (tx->kind == BAC_TX_CREDENTIAL) return credential_holds(state, from, tx, shared, cost);
  if (tx->kind == BAC_TX_LEAVE) {
    struct bac_order order;
    bool ordered;
    return bac_leave_read(&order, &ordered, tx) && (!ordered || bac_order_verify(&order, state->ca_key, shared, cost));
  }
  if (tx->kind == BAC_TX_EVIDENCE) {
    struct bac_evidence e;
    const struct bac_account *accused = bac_record_evidence(&e, tx) ? bac_state_account(state, e.sender) : NULL;
    return accused && bac_evidence_verify_key(&e, accused->sign_key, shared, cost);
  }
  if (tx->kind == BAC_TX_REVOKE) {
    struct bac_revocation list;
    return bac_record_revocation(&list, tx) && bac_revocation_verify(&list, state->ca_key, shared, cost) == BAC_REJECT_COUNT;
  }
  return true;
}

static bool may_join(const struct bac_state *state, const struct bac_join *join) {
  const struct bac_account *a = bac_state_account(state, join->certificate.ev_id);
  if (state->epoch_blocks == 0 || join->epoch != state->epoch) return false;
  if (!(join->certificate.roles & BAC_CERTIFICATE_MEMBER) || bac_revocation_has(&state->revoked, join->certificate.serial)) return false;
  return !a || (a->membership == BAC_OUTSIDE && join->epoch >= a->turn);
}

static struct bac_neighbour *neighbour_of(const struct bac_state *state, uint32_t shard) {
  for (uint32_t i = 0; i < state->neighbour_count; i++)
    if (state->neighbours[i].shard == shard) return (struct bac_neighbour *)(uintptr_t)&state->neighbours[i];
  return NULL;
}

/* The controller sends the member to a shard that will know what it brings. */
static bool order_holds(const struct bac_state *state, const struct bac_order *order) {
  return order->from == state->shard && order->epoch == state->epoch && neighbour_of(state, order->to) &&
         !bac_revocation_has(&state->revoked, order->controller.serial);
}

/* Whether what the passport shows follows from what this shard knows: it goes on from the newest roster known, or ends with a root known. */
static bool anchored(const struct bac_neighbour *n, const struct bac_passport *p) {
  const uint64_t end = p->first + p->boundaries;
  static const uint8_t none[BAC_HASH_BYTES];
  const uint8_t *known = n->roots[end % BAC_NEIGHBOUR_ROOTS];
  if (end <= n->epoch)
    return n->epoch - end < BAC_NEIGHBOUR_ROOTS && memcmp(known, none, sizeof none) != 0 && memcmp(known, p->epochs[p->boundaries].root, BAC_HASH_BYTES) == 0;
  return p->first <= n->epoch && memcmp(p->epochs[n->epoch - p->first].roster_hash, n->roster_hash, BAC_HASH_BYTES) == 0;
}

/* Its account as it left there for here; the caller frees the passport. NULL: it may not be handed over. */
static struct bac_passport *passport_of(const struct bac_state *state, const struct bac_tx *tx, struct bac_join *join) {
  struct bac_cost unused = {0};
  size_t length;
  const uint8_t *attachment = bac_tx_attachment(tx, &length);
  if (!attachment || !bac_handover_read(join, tx)) return NULL;
  struct bac_passport *p = bac_alloc(1, sizeof *p);
  bool good = bac_passport_read(p, attachment, length, false, NULL, &unused);
  const struct bac_neighbour *n = good ? neighbour_of(state, p->shard) : NULL;
  const struct bac_account *there = &p->account, *here = bac_state_account(state, tx->from);
  const struct bac_certificate *c = &join->certificate;
  good = n && anchored(n, p) && there->id == tx->from && gone(there) && there->towards == state->shard + 1 && !there->revoked &&
         there->serial == c->serial && memcmp(there->sign_key, c->sign_key, sizeof c->sign_key) == 0 && (!here || there->moves > here->moves);
  if (good) return p;
  free(p);
  return NULL;
}

bool bac_state_accepts(const struct bac_state *state, const struct bac_tx *tx) {
  if (tx->kind == BAC_TX_JOIN) {
    struct bac_join join;
    /* An account opens in its home shard alone, once; gone from there, it has to be brought back: by HANDOVER. */
    const struct bac_account *a = bac_state_account(state, tx->from);
    return bac_join_read(&join, tx) && (a ? !gone(a) : join.certificate.home == state->shard) && may_join(state, &join);
  }
  if (tx->kind == BAC_TX_HANDOVER) {
    struct bac_join join;
    struct bac_passport *passport = passport_of(state, tx, &join);
    const bool good = passport && may_join(state, &join);
    free(passport);
    return good;
  }
  const struct bac_account *from = bac_state_account(state, tx->from);
  if (!from || gone(from) || !nonce_free(from, tx->nonce) || tx->amount_milli + tx->fee_milli > from->balance_milli) return false;
  switch (tx->kind) {
    case BAC_TX_TRANSFER:
      return bac_state_account(state, tx->to) != NULL && !gone(bac_state_account(state, tx->to));
    case BAC_TX_LEAVE: {
      struct bac_order order;
      bool ordered;
      if (!bac_leave_read(&order, &ordered, tx)) return false;
      if (ordered) return from->membership == BAC_MEMBER && order_holds(state, &order);
      return from->membership == BAC_MEMBER || from->membership == BAC_JOINING;
    }
    case BAC_TX_CREDENTIAL: {
      struct bac_credential c;
      return member(from) && bac_credential_read(&c, tx) && c.epoch == state->epoch + 1 && c.lambda <= from->units && from->credential_epoch != c.epoch;
    }
    case BAC_TX_RECEIPT: {
      struct bac_checkpoint_receipt r;
      return votes(from) && bac_receipt_read(&r, tx) && r.height > from->receipt_height && r.height < state->height &&
             state->height - r.height <= BAC_RECEIPT_WINDOW &&
             memcmp(state->recent[r.height % BAC_RECEIPT_WINDOW], r.digest, BAC_HASH_BYTES) == 0;
    }
    case BAC_TX_EVIDENCE: {
      struct bac_evidence e;
      if (!votes(from) || !bac_record_evidence(&e, tx) || e.shard != state->shard || e.epoch != state->epoch) return false;
      const struct bac_account *accused = bac_state_account(state, e.sender);
      return accused && votes(accused) && accused->convicted_epoch != e.epoch + 1;
    }
    case BAC_TX_REVOKE: {
      struct bac_revocation list;
      return votes(from) && bac_record_revocation(&list, tx) && list.number > state->revoked.number && list.number <= state->epoch + 1;
    }
    default:
      return false;
  }
}

static void admit(struct bac_state *state, struct bac_account *a, const struct bac_join *join) {
  a->membership = BAC_JOINING;
  a->turn = state->epoch + 1;
  a->towards = 0;
  a->serial = join->certificate.serial;
  a->revoked = false; /* with this certificate */
  a->certificate_ends = join->certificate.not_after;
  memcpy(a->sign_key, join->certificate.sign_key, sizeof a->sign_key);
  memcpy(a->vrf_key, join->certificate.vrf_key, sizeof a->vrf_key);
}

static void join_apply(struct bac_state *state, const struct bac_tx *tx, uint32_t proposer) {
  struct bac_join join;
  BAC_ASSERT(bac_join_read(&join, tx)); /* it was accepted */
  struct bac_account *a = bac_state_account(state, join.certificate.ev_id);
  (void)proposer; /* a newcomer pays nothing: it has nothing yet */
  if (!a) { /* one that comes back keeps its balance, its nonces and its reputation */
    a = open_account(state, join.certificate.ev_id);
    a->balance_milli = join.certificate.balance_milli;
    bac_reputation_init(&a->reputation, state->last - state->epoch_blocks, false);
  }
  admit(state, a, &join);
}

/* Its account comes from the other shard, whose boundaries are known from now on. */
static void handover_apply(struct bac_state *state, const struct bac_tx *tx) {
  struct bac_join join;
  struct bac_passport *p = passport_of(state, tx, &join);
  BAC_ASSERT(p); /* it was accepted */
  struct bac_neighbour *n = neighbour_of(state, p->shard);
  for (uint32_t i = 1; i <= p->boundaries; i++) {
    if (p->first + i <= n->epoch) continue;
    n->epoch = p->first + i;
    memcpy(n->roster_hash, p->epochs[i].roster_hash, BAC_HASH_BYTES);
    memcpy(n->roots[n->epoch % BAC_NEIGHBOUR_ROOTS], p->epochs[i].root, BAC_HASH_BYTES);
  }
  struct bac_account *a = bac_state_account(state, p->account.id);
  if (!a) a = open_account(state, p->account.id);
  a->balance_milli = p->account.balance_milli;
  a->nonce_top = p->account.nonce_top;
  a->nonce_used = p->account.nonce_used;
  a->moves = p->account.moves;
  a->reputation = p->account.reputation;
  if (bac_reputation_enter(&a->reputation, state->height, state->epoch) != BAC_OK) bac_reputation_init(&a->reputation, state->height, false);
  admit(state, a, &join);
  free(p);
}

/* Accepted, and paid for. */
static void record_apply(struct bac_state *state, struct bac_account *from, const struct bac_tx *tx) {
  struct bac_credential credential;
  struct bac_checkpoint_receipt receipt;
  struct bac_evidence evidence;
  struct bac_order order;
  bool ordered;
  switch (tx->kind) {
    case BAC_TX_LEAVE:
      BAC_ASSERT(bac_leave_read(&order, &ordered, tx));
      from->towards = ordered ? order.to + 1 : 0;
      if (from->membership == BAC_JOINING) from->turn = state->epoch + 1;
      from->membership = from->membership == BAC_JOINING ? BAC_OUTSIDE : BAC_LEAVING;
      break;
    case BAC_TX_CREDENTIAL: {
      uint8_t beta[BAC_VRF_OUTPUT_BYTES];
      struct bac_cost unused = {0};
      BAC_ASSERT(bac_credential_read(&credential, tx));
      if (bac_vrf_proof_to_hash(beta, credential.pi) != 0) break; /* it was verified */
      from->credential_epoch = credential.epoch;
      from->lambda = credential.lambda;
      bac_sortition_priority(from->priority, beta, credential.lambda, &unused);
      break;
    }
    case BAC_TX_RECEIPT:
      BAC_ASSERT(bac_receipt_read(&receipt, tx));
      from->receipt_height = receipt.height;
      for (int i = 0; i < BAC_RECEIPT_STRETCH; i++) bac_reputation_honest(&from->reputation, state->height);
      break;
    case BAC_TX_EVIDENCE: {
      BAC_ASSERT(bac_record_evidence(&evidence, tx));
      struct bac_account *accused = bac_state_account(state, evidence.sender);
      accused->convicted_epoch = evidence.epoch + 1;
      bac_reputation_punish(&accused->reputation, state->height, state->epoch);
      break;
    }
    case BAC_TX_REVOKE:
      BAC_ASSERT(bac_record_revocation(&state->revoked, tx));
      for (uint32_t i = 0; i < state->count; i++)
        state->accounts[i].revoked = bac_revocation_has(&state->revoked, state->accounts[i].serial);
      break;
    default:
      break;
  }
}

bool bac_state_apply(struct bac_state *state, const struct bac_tx *tx, uint32_t proposer) {
  struct bac_account *earner = bac_state_account(state, proposer);
  if (!earner || !bac_state_accepts(state, tx)) return false;
  if (tx->kind == BAC_TX_JOIN) {
    join_apply(state, tx, proposer);
    return true;
  }
  if (tx->kind == BAC_TX_HANDOVER) {
    handover_apply(state, tx);
    return true;
  }
  struct bac_account *from = bac_state_account(state, tx->from), *to = bac_state_account(state, tx->to);
  from->balance_milli -= tx->amount_milli + tx->fee_milli;
  to->balance_milli += tx->amount_milli;
  earner->balance_milli += tx->fee_milli;
  nonce_use(from, tx->nonce);
  record_apply(state, from, tx);
  return true;
}

bool bac_state_spent(const struct bac_state *state, const struct bac_tx *tx) {
  if (tx->kind == BAC_TX_JOIN) {
    struct bac_join join;
    return !bac_join_read(&join, tx) || (join.epoch <= state->epoch && !bac_state_accepts(state, tx));
  }
  const struct bac_account *from = bac_state_account(state, tx->from);
  if (tx->kind == BAC_TX_HANDOVER) {
    struct bac_join join;
    return !bac_handover_read(&join, tx) || (join.epoch <= state->epoch && !bac_state_accepts(state, tx));
  }
  if (!from || gone(from) || (tx->nonce <= from->nonce_top && !nonce_free(from, tx->nonce))) return true;
  if (tx->kind == BAC_TX_TRANSFER) {
    const struct bac_account *to = bac_state_account(state, tx->to);
    return to && gone(to); /* if it comes back, it may be paid anew */
  }
  struct bac_order order;
  bool ordered;
  if (tx->kind == BAC_TX_LEAVE) return !bac_leave_read(&order, &ordered, tx) || (ordered && order.epoch < state->epoch);
  struct bac_checkpoint_receipt r;
  if (tx->kind == BAC_TX_RECEIPT) return !bac_receipt_read(&r, tx) || r.height + BAC_RECEIPT_WINDOW <= state->height;
  struct bac_credential c;
  if (tx->kind == BAC_TX_CREDENTIAL) return !bac_credential_read(&c, tx) || c.epoch <= state->epoch;
  struct bac_evidence e;
  if (tx->kind == BAC_TX_EVIDENCE) return !bac_record_evidence(&e, tx) || e.epoch < state->epoch;
  struct bac_revocation list;
  if (tx->kind == BAC_TX_REVOKE) return !bac_record_revocation(&list, tx) || list.number <= state->revoked.number;
  return false;
}

bool bac_state_used(const struct bac_state *state, const struct bac_tx *tx) {
  const struct bac_account *from = bac_state_account(state, tx->from);
  return from && tx->kind != BAC_TX_JOIN && tx->kind != BAC_TX_HANDOVER && tx->nonce <= from->nonce_top && from->nonce_top - tx->nonce < BAC_NONCE_WINDOW &&
         !nonce_free(from, tx->nonce);
}

/* ---- Blocks and epochs. ---- */

void bac_state_begin(struct bac_state *state, uint64_t height, const uint8_t prev_hash[BAC_HASH_BYTES]) {
  state->height = height;
  memcpy(state->recent[(height - 1) % BAC_RECEIPT_WINDOW], prev_hash, BAC_HASH_BYTES);
  /* The window of a checkpoint closes with the block before this one. */
  const uint64_t closed = height > BAC_RECEIPT_WINDOW ? height - BAC_RECEIPT_WINDOW - 1 : 0;
  if (state->epoch_blocks == 0 || closed == 0 || closed % BAC_RECEIPT_STRETCH != 0) return;
  for (uint32_t i = 0; i < state->count; i++) {
    struct bac_account *a = &state->accounts[i];
    const bool since_before = a->turn < state->epoch || base(state) + BAC_RECEIPT_STRETCH <= closed;
    if (!votes(a) || !since_before || a->receipt_height >= closed) continue;
    for (int k = 0; k < BAC_RECEIPT_STRETCH; k++) bac_reputation_absent(&a->reputation, height);
  }
}

static bool before(const struct bac_account *a, const struct bac_account *b) {
  const int order = memcmp(a->priority, b->priority, BAC_HASH_BYTES);
  return order != 0 ? order < 0 : memcmp(a->sign_key, b->sign_key, BAC_PUBLIC_KEY_BYTES) < 0;
}

/* The committee of the epoch that has just begun: members with a credential by priority, then the fallback order (protocols.md, section 3).
 * stalled: those of the committee before come last, if at all. */
static void choose_committee(struct bac_state *state, bool stalled) {
  struct bac_roster *roster = bac_state_roster(state, state->shard);
  const uint32_t size = bac_committee_size(roster->count, state->candidates_permille);
  uint16_t order[BAC_ROSTER_MAX];
  struct bac_bitset silent; /* by place in the accounts' order among the roster */
  uint32_t taken = 0;
  bac_bitset_clear(&silent);
  for (uint32_t i = 0; i < roster->count; i++) {
    struct bac_account *a = bac_state_account(state, roster->members[i].id);
    if (stalled && a->place > 0) bac_bitset_add(&silent, i);
  }
  for (uint32_t i = 0; i < state->count; i++) state->accounts[i].place = 0;
  while (taken < size) {
    struct bac_account *best = NULL;
    for (uint32_t i = 0; i < roster->count; i++) {
      struct bac_account *a = bac_state_account(state, roster->members[i].id);
      if (a->place > 0 || a->credential_epoch != state->epoch || bac_bitset_has(&silent, i)) continue;
      if (!best || before(a, best)) best = a;
    }
    if (!best) break;
    best->place = ++taken;
  }
  bac_committee_order(roster, state->seed, order);
  for (int late = 0; late < 2; late++) {
    for (uint32_t i = 0; i < roster->count && taken < size; i++) {
      struct bac_account *a = bac_state_account(state, roster->members[order[i]].id);
      if (a->place > 0 || bac_bitset_has(&silent, order[i]) != late) continue;
      a->place = ++taken;
      a->lambda = 0;
    }
  }
  bac_roster_free(roster);
}

static bool stays(const struct bac_account *a, bac_time time) {
  return (a->membership == BAC_MEMBER || a->membership == BAC_JOINING) && !a->revoked && a->certificate_ends > time;
}

static void turn(struct bac_state *state, const uint8_t seed[BAC_HASH_BYTES], uint64_t height, bac_time time, bool stalled) {
  uint32_t staying = 0;
  for (uint32_t i = 0; i < state->count; i++) staying += stays(&state->accounts[i], time);
  for (uint32_t i = 0, members = 0; i < state->count; i++) {
    struct bac_account *a = &state->accounts[i];
    if (a->membership == BAC_OUTSIDE) continue;
    const bool in = (stays(a, time) || (staying < BAC_ROSTER_MIN && a->membership != BAC_JOINING)) && members < BAC_ROSTER_MAX;
    members += in;
    if (!in) {
      a->membership = BAC_OUTSIDE;
      a->turn = state->epoch + 1;
      if (a->towards > 0) { /* nothing here changes it any more */
        a->moves++;
        bac_reputation_leave(&a->reputation, height, state->epoch);
      }
    } else if (a->membership == BAC_JOINING) {
      a->membership = BAC_MEMBER;
    }
  }
  state->epoch++;
  state->last = height + state->epoch_blocks;
  memcpy(state->seed, state->next_seed, sizeof state->seed);
  memcpy(state->next_seed, seed, sizeof state->next_seed);
  for (uint32_t i = 0; i < state->count; i++) state->accounts[i].units = units(state, &state->accounts[i]);
  choose_committee(state, stalled);
}

void bac_state_turn(struct bac_state *state, const uint8_t seed[BAC_HASH_BYTES], uint64_t height, bac_time time) {
  turn(state, seed, height, time, false);
}

void bac_state_recover(struct bac_state *state, const uint8_t seed[BAC_HASH_BYTES], uint64_t height, bac_time time) {
  turn(state, seed, height, time, true);
}

struct bac_roster *bac_state_roster(const struct bac_state *state, uint32_t shard) {
  struct bac_roster *roster = bac_alloc(1, sizeof *roster);
  struct bac_member *members = bac_alloc(state->count, sizeof *members);
  *roster = (struct bac_roster){.shard = shard, .epoch = state->epoch, .members = members, .epoch_blocks = state->epoch_blocks,
                                .candidates_permille = state->candidates_permille};
  memcpy(roster->ca_key, state->ca_key, sizeof roster->ca_key);
  memcpy(roster->seed, state->seed, sizeof roster->seed);
  for (uint32_t i = 0; i < state->count; i++) {
    const struct bac_account *a = &state->accounts[i];
    if (!votes(a)) continue;
    struct bac_member *m = &members[roster->count++];
    *m = (struct bac_member){.id = a->id, .balance_milli = a->balance_milli, .serial = a->serial, .units = a->units, .place = a->place,
                             .lambda = a->place > 0 ? a->lambda : 0};
    memcpy(m->sign_key, a->sign_key, sizeof m->sign_key);
    memcpy(m->vrf_key, a->vrf_key, sizeof m->vrf_key);
  }
  return roster;
}

int64_t bac_state_supply(const struct bac_state *state) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < state->count; i++)
    if (!gone(&state->accounts[i])) sum += state->accounts[i].balance_milli;
  return sum;
}
