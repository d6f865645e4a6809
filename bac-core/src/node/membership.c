/* SPDX-License-Identifier: GPL-2.0-only */
#include "node/membership.h"

#include <stdlib.h>

#include "ledger/passport.h"
#include "ledger/record.h"
#include "node/boundary.h"
#include "node/node_internal.h"
#include "shard/assignment.h"

/* ---- Its records. ---- */

bool bac_membership_stays(const struct bac_node *node) {
  const struct bac_epoch_state *e = &node->epochs;
  return e->departs_at == BAC_NEVER || e->departs_at - node->now > 2 * e->length;
}

void bac_membership_draw(struct bac_node *node) {
  const struct bac_state *state = bac_chain_tip(node->chain)->state;
  const struct bac_account *own = bac_state_account(state, node->id);
  const struct bac_lottery lottery = bac_state_lottery(state);
  const bool in_turn = node->protocol->elects_primary && node->config->election == BAC_ELECTION_ROUND_ROBIN;
  if (!node->protocol->elects_committee || in_turn || !node->engine || own->membership != BAC_MEMBER || lottery.total_units == 0 || !bac_membership_stays(node)) return;
  uint8_t alpha[BAC_SORTITION_ALPHA_BYTES], memo[BAC_CREDENTIAL_BYTES];
  struct bac_ticket ticket;
  bac_sortition_alpha(alpha, BAC_ROLE_CP, state->next_seed, state->shard, state->epoch + 1, 0);
  if (bac_sortition_prove(&ticket, &lottery, own->units, node->keys.vrf_secret, alpha, &node->cost) != BAC_OK || ticket.lambda == 0) return;
  struct bac_credential credential = {.epoch = state->epoch + 1, .lambda = ticket.lambda};
  memcpy(credential.pi, ticket.pi, sizeof credential.pi);
  bac_credential_write(&credential, memo);
  bac_node_record(node, BAC_TX_CREDENTIAL, memo, sizeof memo);
}

void bac_membership_acknowledge(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  const uint64_t height = bac_chain_tip(node->chain)->block->header.height, checkpoint = height - height % BAC_RECEIPT_STRETCH;
  const struct bac_entry *at = bac_chain_at(node->chain, checkpoint);
  if (!node->engine || checkpoint == 0 || checkpoint <= e->receipt_height || !at || height < checkpoint + node->self % 3) return;
  struct bac_checkpoint_receipt receipt = {.height = checkpoint};
  uint8_t memo[BAC_RECEIPT_BYTES];
  memcpy(receipt.digest, at->block->digest, BAC_HASH_BYTES);
  bac_receipt_write(&receipt, memo);
  e->receipt_height = checkpoint;
  bac_node_record(node, BAC_TX_RECEIPT, memo, sizeof memo);
}

void bac_membership_witness(struct bac_node *node, const struct bac_msg *msg) {
  struct bac_evidence evidence;
  /* As printed, BAC promises nothing over a crash: an honest member may contradict itself. */
  if (!bac_epoch_enabled(node) || !node->engine || node->config->mode != BAC_MODE_SAFE || !bac_witness_hear(&node->witness, msg, &evidence)) return;
  node->counters.contradictions++;
  const struct bac_account *accused = bac_state_account(bac_chain_tip(node->chain)->state, msg->sender);
  if (!accused || accused->convicted_epoch == msg->epoch + 1) return;
  uint8_t memo[BAC_EVIDENCE_BYTES];
  bac_evidence_encode(&evidence, memo);
  bac_node_record(node, BAC_TX_EVIDENCE, memo, sizeof memo);
}

int bac_membership_revoke(struct bac_node *node, const uint8_t *bytes, size_t length) {
  struct bac_revocation list;
  if (!bac_epoch_enabled(node) || !bac_revocation_decode(&list, bytes, length)) return BAC_EINVAL;
  if (node->engine) bac_node_record(node, BAC_TX_REVOKE, bytes, length);
  return BAC_OK;
}

void bac_membership_hand_over(struct bac_node *node) {
  size_t length;
  const struct bac_account *own = node->epochs.behind ? NULL : bac_state_account(bac_chain_tip(node->chain)->state, node->id);
  if (!own || own->membership != BAC_OUTSIDE || own->towards == 0 || own->moves <= node->epochs.passport_moves) return; /* it may just be back */
  node->epochs.towards = own->towards;
  uint8_t *passport = bac_node_passport(node, &length);
  if (!passport) return;
  struct bac_effect *effect = bac_node_effect(node, BAC_EFFECT_HANDOVER);
  effect->handover.shard = own->towards - 1;
  effect->handover.passport = bac_node_keep(node, passport, length);
  effect->handover.length = length;
  free(passport);
}

/* ---- Joining, leaving, moving. ---- */

/* With the account from the other shard, from what this one knows of it on. False: it cannot be, now or ever. */
static bool send_handover(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  const struct bac_state *state = bac_chain_tip(node->chain)->state;
  struct bac_tx tx;
  for (uint32_t i = 0; i < state->neighbour_count; i++) {
    if (e->passport->length < 4 || state->neighbours[i].shard != bac_get_u32(e->passport->data)) continue;
    struct bac_buf *rest = bac_passport_trim(e->passport->data, e->passport->length, state->neighbours[i].epoch);
    struct bac_buf *wire = rest ? bac_handover_make(&tx, node->roster->epoch, &e->own, rest->data, rest->length, node->now, &node->keys, &node->cost) : NULL;
    const bool good = wire && wire->length <= node->config->block_bytes_max && bac_state_accepts(state, &tx);
    if (good) bac_node_send_tx(node, &tx, BAC_INDEX_NONE);
    bac_buf_unref(rest);
    bac_buf_unref(wire);
    return good;
  }
  return false;
}

void bac_membership_join(struct bac_node *node) {
  struct bac_tx tx;
  uint8_t wire[BAC_TX_BYTES_MAX];
  struct bac_epoch_state *e = &node->epochs;
  if (e->passport && e->behind) return; /* the state says what this shard knows of the other */
  if (e->towards > 0) return; /* it is expected elsewhere */
  if (e->passport && send_handover(node)) {
    e->joins++;
    return;
  }
  if (bac_join_make(&tx, wire, node->roster->epoch, &e->own, node->now, &node->keys, &node->cost) == BAC_OK)
    bac_node_send_tx(node, &tx, BAC_INDEX_NONE);
  e->joins++;
}

void bac_membership_consider_leaving(struct bac_node *node) {
  struct bac_epoch_state *e = &node->epochs;
  if (!node->engine || e->left || e->departs_at == BAC_NEVER || bac_chain_closed(node->chain)) return;
  /* In the epoch in which it goes at the latest, counting on the next one to be as long as the last. */
  const bac_time ends = e->began_at + e->length;
  if (e->departs_at > (ends > node->now ? ends : node->now) + e->length) return;
  e->left = bac_node_record(node, BAC_TX_LEAVE, NULL, 0);
}

void bac_membership_depart(struct bac_node *node, bac_time at) {
  node->epochs.departs_at = at;
  if (bac_epoch_enabled(node)) bac_membership_consider_leaving(node);
}

/* Goes, if it finds itself there too, and for so long that it is worth it. */
static void follow_order(struct bac_node *node, const struct bac_assignment *a, const struct bac_assigned *row, const struct bac_motion *own) {
  struct bac_epoch_state *e = &node->epochs;
  if (e->left || bac_chain_closed(node->chain) || !bac_membership_stays(node) || !bac_motion_check(own) || bac_assign(&a->rule, own, a->from) != row->to) return;
  const struct bac_order order = bac_assignment_order(a, row);
  uint8_t memo[BAC_ORDER_BYTES];
  bac_order_encode(&order, memo);
  e->left = bac_node_record(node, BAC_TX_LEAVE, memo, sizeof memo);
  if (e->left) e->towards = row->to + 1;
}

void bac_membership_assign(struct bac_node *node, const uint8_t *bytes, size_t length, const struct bac_motion *own) {
  struct bac_epoch_state *e = &node->epochs;
  struct bac_assignment a;
  if (!bac_epoch_enabled(node)) return;
  if (!bac_assignment_read(&a, bytes, length, &node->cost)) {
    bac_node_reject(node, BAC_REJECT_MALFORMED, BAC_BROADCAST);
    return;
  }
  enum bac_reject reason = BAC_REJECT_COUNT;
  if (a.from != node->roster->shard || a.epoch != node->roster->epoch)
    reason = BAC_REJECT_WRONG_EPOCH;
  else if (a.at <= e->assigned_at)
    reason = BAC_REJECT_STALE;
  else
    reason = bac_assignment_check(&a, node->roster->ca_key, node->shared, &node->cost);
  if (reason != BAC_REJECT_COUNT) {
    bac_node_reject(node, reason, a.controller.ev_id);
  } else {
    e->assigned_at = a.at;
    const struct bac_assigned *row = bac_assignment_of(&a, node->id);
    if (node->engine && row && row->to != a.from) follow_order(node, &a, row, own);
  }
  bac_assignment_clear(&a);
}

void bac_membership_bring(struct bac_node *node, const uint8_t *passport, size_t length) {
  struct bac_passport *read = bac_alloc(1, sizeof *read);
  struct bac_cost unused = {0};
  node->epochs.passport = bac_buf_new(passport, length);
  if (bac_passport_read(read, passport, length, false, NULL, &unused)) node->epochs.passport_moves = read->account.moves;
  free(read);
}

uint8_t *bac_node_passport(const struct bac_node *node, size_t *length) {
  const struct bac_epoch_state *e = &node->epochs;
  *length = 0;
  if (!bac_epoch_enabled(node) || e->behind || node->self != BAC_INDEX_NONE) return NULL;
  const struct bac_state *state = bac_chain_tip(node->chain)->state;
  const struct bac_account *own = bac_state_account(state, node->id);
  if (!own || own->membership != BAC_OUTSIDE || own->towards == 0 || e->boundary_count == 0 || e->boundary_count > BAC_PASSPORT_BOUNDARIES_MAX)
    return NULL;
  struct bac_boundary *b = bac_alloc(e->boundary_count, sizeof *b);
  struct bac_passport_boundary *shown = bac_alloc(e->boundary_count, sizeof *shown);
  struct bac_cost unused = {0};
  uint32_t count = 0;
  for (; count < e->boundary_count; count++) {
    const bool good = bac_boundary_decode(&b[count], e->boundaries[count]->data, e->boundaries[count]->length, &unused);
    BAC_ASSERT(good); /* as it was when it was kept */
    shown[count] = (struct bac_passport_boundary){b[count].header, b[count].certificate.view, &b[count].certificate.signers,
                                                  b[count].certificate.signatures, b[count].next};
  }
  struct bac_buf *made = bac_passport_make(e->first, shown, count, state, node->id, &unused);
  uint8_t *out = made ? bac_alloc(made->length, 1) : NULL;
  if (made) memcpy(out, made->data, made->length);
  if (made) *length = made->length;
  bac_buf_unref(made);
  for (uint32_t i = 0; i < count; i++) bac_boundary_clear(&b[i]);
  free(b);
  free(shown);
  return out;
}
