/* SPDX-License-Identifier: GPL-2.0-only */
#include "promises.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
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

struct bac_promises {
  bool *honest;
  uint32_t count;
  bool vote_a_round;
  struct said *settled;
  struct said **open; /* by member: what its latest step signed */
};

struct bac_promises *bac_promises_new(const bool *honest, uint32_t count, bool vote_a_round) {
  struct bac_promises *p = bac_alloc(1, sizeof *p);
  *p = (struct bac_promises){.honest = bac_alloc(count, sizeof *p->honest), .count = count, .vote_a_round = vote_a_round, .open = bac_alloc(count, sizeof *p->open)};
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
    if (settled_at(p, &s->at))
      free(s);
    else
      HASH_ADD(hh, p->settled, at, sizeof s->at, s);
  }
  p->open[member] = NULL;
}

bool bac_promises_sign(struct bac_promises *p, const struct bac_msg *m, uint64_t step, uint32_t life, char *text, size_t text_size) {
  if (m->sender >= p->count || !p->honest[m->sender] || bac_evidence_exempt_default(NULL, m->protocol, m->type)) return false;
  bac_promises_step(p, m->sender, step, life);
  const struct slot at = slot_of(p, m);
  const struct said *before = settled_at(p, &at);
  if (before && memcmp(before->digest, m->digest, BAC_HASH_BYTES) != 0) {
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
