/* SPDX-License-Identifier: GPL-2.0-only */
/* BAC as printed: modes `text` (accepts from more than 50 % of CS) and `alg1` (Algorithm 1: more accepts than rejects among the
 * votes received). No locks, no view change: a dead primary stops the shard (protocols.md, section 1, rows 1 to 5). */
#include "consensus/bac_internal.h"

/* Those who vote in a role on a block of the slot's round: all that have it, but for its primary. */
static uint32_t members_in_role(const struct bac_engine *e, const struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES], enum bac_role role) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < e->n; i++) {
    const struct bac_ballot *b = &slot->ballots[i];
    const bool proposes = b->cast && b->role == BAC_ROLE_PRIMARY && memcmp(b->digest, digest, BAC_HASH_BYTES) == 0;
    count += !proposes && bac_role_of(e, slot->round, i) == role;
  }
  return count;
}

/* Whether the voters of a role (CS in Block-commit, CP in Block-on-chain) approve of a block by the mode's rule. */
bool bac_paper_passed(const struct bac_engine *e, const struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES], enum bac_role role) {
  uint32_t accepts[3], rejects[3];
  bac_count_votes(e, slot, digest, VERDICT_ACCEPT, accepts);
  bac_count_votes(e, slot, digest, VERDICT_REJECT, rejects);
  uint32_t voters = members_in_role(e, slot, digest, role);
  if (voters == 0) return true; /* a shard of one or two has nobody in this role */
  if (bac_env_config(e->env)->mode == BAC_MODE_ALG1) return accepts[role] > rejects[role];
  return accepts[role] >= bac_majority(voters);
}

/* Block-on-chain: the CPs approve of block(i+1), so block(i) is published. */
void bac_paper_publish(struct bac_engine *e, struct bac_entry *child) {
  struct bac_chain *chain = bac_env_chain(e->env);
  struct bac_entry *block = child->parent;
  while (block && block->closing) block = block->parent;
  while (block && !block->committed) {
    struct bac_entry *next = block;
    while (next->parent && !next->parent->committed) next = next->parent;
    if (next->parent != bac_chain_tip(chain)) return; /* this node has published another branch: nothing in the paper helps */
    bac_env_decided(e->env, 1, child->block->header.round - next->block->header.round + 1);
    bac_env_commit(e->env, next);
  }
}

void bac_paper_on_votes(struct bac_engine *e, struct bac_slot *slot, const uint8_t digest[BAC_HASH_BYTES]) {
  struct bac_entry *at = bac_chain_find(bac_env_chain(e->env), digest);
  if (!at) { /* its primary may have gone on and not send it again: whoever accepts it holds it (here heights are rounds) */
    for (uint32_t i = 0; i < e->n; i++) {
      const struct bac_ballot *b = &slot->ballots[i];
      if (i == e->self || !b->cast || b->verdict != VERDICT_ACCEPT || memcmp(b->digest, digest, BAC_HASH_BYTES) != 0) continue;
      bac_env_want_from(e->env, slot->round, i);
      break;
    }
    return;
  }
  if (bac_paper_passed(e, slot, digest, BAC_ROLE_CP)) bac_paper_publish(e, at);
  /* Block-commit: those who collect go on to the next round. The others follow when they see its block. */
  bool collects = bac_role_of(e, slot->round, e->self) != BAC_ROLE_CS || slot->ballots[e->self].role == BAC_ROLE_PRIMARY ||
                  (e->sortition ? bac_env_config(e->env)->delivery == BAC_DELIVERY_BROADCAST /* all hear the votes, any may lead next */
                                : bac_role_of(e, slot->round + 1, e->self) == BAC_ROLE_PRIMARY);
  if (collects && slot->round >= e->round && bac_paper_passed(e, slot, digest, BAC_ROLE_CS)) {
    memcpy(e->passed, digest, BAC_HASH_BYTES);
    bac_enter_round(e, slot->round + 1);
  }
}
