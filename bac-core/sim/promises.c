/* SPDX-License-Identifier: GPL-2.0-only */
#include "promises.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "consensus/pbft_internal.h"
#include "ledger/evidence.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

/* Where one thing may be said. No padding: compared as bytes. */
struct slot {
  uint32_t sender, protocol, type, role, shard, step;
  uint64_t epoch, view, height;
};

struct said {
  struct slot at;
  uint8_t digest[BAC_HASH_BYTES];
  uint64_t step;     /* number of the simulator's step */
  uint32_t life;
  struct said *next; /* of the same member, not settled yet */
  UT_hash_handle hh;
};

/* What a member has bound itself to beyond single slots, in one epoch. */
struct bound {
  uint64_t epoch;
  uint64_t given_up;               /* rounds or views, below or at: by TIMEOUT (the round), by VIEW_CHANGE (the view before) */
  bool gave_up;
  uint64_t height, view;           /* of its last COMMIT (PBFT); height 0: none */
  uint8_t digest[BAC_HASH_BYTES];
};

struct bac_promises {
  bool *honest;
  uint32_t count;
  bool vote_a_round;
  struct said *settled;
  struct said **open; /* by member: what its latest step signed */
  struct bound *bound; /* by member, by what is settled */
};

struct bac_promises *bac_promises_new(const bool *honest, uint32_t count, bool vote_a_round) {
  struct bac_promises *p = bac_alloc(1, sizeof *p);
  *p = (struct bac_promises){.honest = bac_alloc(count, sizeof *p->honest), .count = count, .vote_a_round = vote_a_round, .open = bac_alloc(count, sizeof *p->open), .bound = bac_alloc(count, sizeof *p->bound)};
  memcpy(p->honest, honest, count * sizeof *honest);
  return p;
}

static void open_drop(struct bac_promises *p, uint32_t member) {
  for (struct said *s = p->open[member], *next; s; s = next) {
    next = s->next;
    free(s);
  }
  p->open[member] = NULL;
}

void bac_promises_free(struct bac_promises *p) {
  if (!p) return;
  struct said *s, *next;
  HASH_ITER(hh, p->settled, s, next) {
    HASH_DEL(p->settled, s);
    free(s);
  }
  for (uint32_t i = 0; i < p->count; i++) open_drop(p, i);
  free(p->open);
  free(p->bound);
  free(p->honest);
  free(p);
}

static struct slot slot_of(const struct bac_promises *p, const struct bac_msg *m) {
  struct slot at = {.sender = m->sender, .protocol = m->protocol, .type = m->type, .role = m->role, .shard = m->shard, .step = m->step, .epoch = m->epoch, .view = m->view, .height = m->height};
  const bool vote = m->type == BAC_MSG_BLOCK_REQUEST || m->type == BAC_MSG_CP_VALIDATE || m->type == BAC_MSG_CS_CONSENSUS;
  if (!p->vote_a_round || !vote || m->step == 0) return at;
  at.type = BAC_MSG_CS_CONSENSUS;
  at.role = 0;
  at.height = 0;
  return at;
}

static void give_up(struct bound *b, uint64_t to) {
  if (!b->gave_up || to > b->given_up) b->given_up = to;
  b->gave_up = true;
}

static void bind(struct bac_promises *p, const struct said *s) {
  struct bound *b = &p->bound[s->at.sender];
  const uint32_t type = s->at.type;
  if (s->at.epoch > b->epoch) *b = (struct bound){.epoch = s->at.epoch};
  if (s->at.epoch < b->epoch) return;
  if (type == BAC_MSG_TIMEOUT) give_up(b, s->at.view);
  if (type == BAC_MSG_VIEW_CHANGE && s->at.view > 0) give_up(b, s->at.view - 1);
  if (type != BAC_MSG_COMMIT || s->at.height < b->height || (s->at.height == b->height && s->at.view < b->view)) return;
  b->height = s->at.height;
  b->view = s->at.view;
  memcpy(b->digest, s->digest, BAC_HASH_BYTES);
}

/* Whether the message takes part in what its sender has given up. */
static bool takes_part(const struct bound *b, const struct bac_msg *m) {
  if (!b->gave_up || m->epoch != b->epoch || m->view > b->given_up) return false;
  const bool pbft = m->type == BAC_MSG_PRE_PREPARE || m->type == BAC_MSG_PREPARE || m->type == BAC_MSG_COMMIT;
  const bool bac = m->type == BAC_MSG_BLOCK_REQUEST || m->type == BAC_MSG_CP_VALIDATE || m->type == BAC_MSG_CS_CONSENSUS;
  return pbft || (bac && m->step == 1);
}

/* Whether a VIEW_CHANGE hides the block for which its sender has said COMMIT: it neither stands on it nor claims it of that view or later. */
static bool hides(const struct bound *b, const struct bac_msg *m) {
  struct bac_reader r = bac_reader_over(m->payload, m->payload_length);
  struct pbft_summary s;
  if (m->type != BAC_MSG_VIEW_CHANGE || b->height == 0 || m->epoch != b->epoch || m->view <= b->view || !pbft_summary_read(&r, &s)) return false;
  if (s.base_height >= b->height) return false;
  for (uint32_t i = 0; i < s.count; i++) {
    const struct pbft_claim *c = &s.claims[i];
    if (c->height == b->height && (c->view > b->view || (c->view == b->view && memcmp(c->digest, b->digest, BAC_HASH_BYTES) == 0))) return false;
  }
  return true;
}

static struct said *settled_at(struct bac_promises *p, const struct slot *at) {
  struct said *s;
  HASH_FIND(hh, p->settled, at, sizeof *at, s);
  return s;
}

void bac_promises_step(struct bac_promises *p, uint32_t member, uint64_t step, uint32_t life) {
  if (member >= p->count || !p->open[member] || (p->open[member]->step == step && p->open[member]->life == life)) return;
  if (p->open[member]->life != life) open_drop(p, member);
  for (struct said *s = p->open[member], *next; s; s = next) {
    next = s->next;
    bind(p, s);
    if (settled_at(p, &s->at))
      free(s);
    else
      HASH_ADD(hh, p->settled, at, sizeof s->at, s);
  }
  p->open[member] = NULL;
}

bool bac_promises_sign(struct bac_promises *p, const struct bac_msg *m, uint64_t step, uint32_t life, char *text, size_t text_size) {
  const bool gives_up = m->type == BAC_MSG_TIMEOUT || m->type == BAC_MSG_VIEW_CHANGE;
  if (m->sender >= p->count || !p->honest[m->sender] || (bac_evidence_exempt_default(NULL, m->protocol, m->type) && !gives_up)) return false;
  bac_promises_step(p, m->sender, step, life);
  const struct slot at = slot_of(p, m);
  const struct said *before = settled_at(p, &at);
  const struct bound *bound = &p->bound[m->sender];
  if (hides(bound, m)) {
    snprintf(text, text_size, "node %u hides in its VIEW_CHANGE for view %" PRIu64 " the block %" PRIu64 " for which it has said COMMIT in view %" PRIu64, m->sender, m->view, bound->height, bound->view);
    return true;
  }
  if (!before && takes_part(bound, m)) {
    snprintf(text, text_size, "node %u takes part (type %u) in round %" PRIu64 " of epoch %" PRIu64 ", height %" PRIu64 ": it has given up rounds to %" PRIu64, m->sender, m->type, m->view, m->epoch,
             m->height, bound->given_up);
    return true;
  }
  if (!gives_up && before && memcmp(before->digest, m->digest, BAC_HASH_BYTES) != 0) {
    snprintf(text, text_size, "node %u signs two things: type %u, epoch %" PRIu64 ", round %" PRIu64 ", height %" PRIu64 ": %02x%02x%02x%02x and %02x%02x%02x%02x", m->sender, m->type,
             m->epoch, m->view, m->height, before->digest[0], before->digest[1], before->digest[2], before->digest[3], m->digest[0], m->digest[1], m->digest[2], m->digest[3]);
    return true;
  }
  if (before) return false;
  struct said *s = bac_alloc(1, sizeof *s);
  s->at = at;
  s->step = step;
  s->life = life;
  s->next = p->open[m->sender];
  memcpy(s->digest, m->digest, BAC_HASH_BYTES);
  p->open[m->sender] = s;
  return false;
}
