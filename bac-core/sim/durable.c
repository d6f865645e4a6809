/* SPDX-License-Identifier: GPL-2.0-only */
#include "durable.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "ledger/block.h"

#define uthash_fatal(message) bac_assert_failed(message, __FILE__, __LINE__)
#include <uthash.h>

/* What was said, or a body: type 0. No padding: compared as bytes. */
struct key {
  uint32_t sender, protocol, type, step;
  uint64_t epoch, view, height;
  uint8_t digest[BAC_HASH_BYTES];
};

struct fact {
  struct key at;
  struct fact *next; /* said in the same step */
  UT_hash_handle hh;
};

struct member {
  struct fact *said; /* in its latest step */
  bool kept;         /* the engine's state is durable, in that step */
  uint64_t step;
  uint32_t life;
};

struct bac_durable {
  struct fact *facts; /* that are durable */
  struct member *members;
  bool *honest;
  uint32_t count;
  bool light;
  uint32_t block_bytes_max;
};

struct bac_durable *bac_durable_new(const bool *honest, uint32_t count, bool light, uint32_t block_bytes_max) {
  struct bac_durable *d = bac_alloc(1, sizeof *d);
  *d = (struct bac_durable){.members = bac_alloc(count, sizeof *d->members), .honest = bac_alloc(count, sizeof *d->honest), .count = count, .light = light, .block_bytes_max = block_bytes_max};
  memcpy(d->honest, honest, count * sizeof *honest);
  return d;
}

void bac_durable_free(struct bac_durable *d) {
  if (!d) return;
  struct fact *f, *next;
  HASH_ITER(hh, d->facts, f, next) {
    HASH_DEL(d->facts, f);
    free(f);
  }
  for (uint32_t i = 0; i < d->count; i++)
    for (struct fact *s = d->members[i].said; s; s = next) {
      next = s->next;
      free(s);
    }
  free(d->members);
  free(d->honest);
  free(d);
}

static struct fact *known(const struct bac_durable *d, const struct key *at) {
  struct fact *f;
  HASH_FIND(hh, d->facts, at, sizeof *at, f);
  return f;
}

static bool binds(const struct bac_msg *m) {
  switch (m->type) {
    case BAC_MSG_PRE_PREPARE:
    case BAC_MSG_PREPARE:
    case BAC_MSG_COMMIT:
    case BAC_MSG_VIEW_CHANGE:
    case BAC_MSG_BLOCK_REQUEST:
    case BAC_MSG_CP_VALIDATE:
    case BAC_MSG_CS_CONSENSUS:
    case BAC_MSG_TIMEOUT:
    case BAC_MSG_COMMITTEE_VOTE:
      return true;
    default:
      return false;
  }
}

static void add(struct bac_durable *d, struct fact *f) {
  if (known(d, &f->at))
    free(f);
  else
    HASH_ADD(hh, d->facts, at, sizeof f->at, f);
}

static bool has_body(const struct bac_durable *d, const struct key *vote) {
  struct key at = {.sender = vote->sender};
  memcpy(at.digest, vote->digest, BAC_HASH_BYTES);
  return known(d, &at) != NULL;
}

/* u64 height || block. */
static void add_body(struct bac_durable *d, uint32_t member, const uint8_t *bytes, size_t length) {
  struct bac_cost unused = {0};
  if (length < 8) return;
  struct bac_buf *payload = bac_buf_new(bytes + 8, length - 8);
  struct bac_block *block = bac_block_decode(payload, d->block_bytes_max, &unused);
  bac_buf_unref(payload);
  if (!block) return;
  struct fact *f = bac_alloc(1, sizeof *f);
  f->at.sender = member;
  memcpy(f->at.digest, block->digest, BAC_HASH_BYTES);
  add(d, f);
  bac_block_free(block);
}

/* The member's latest step has ended, or a crash has cut it short: then nothing of it has left, and what is durable binds all the same. True:
 * it has said what it had not made durable. */
static bool settle(struct bac_durable *d, struct member *by, bool cut, char *text, size_t text_size) {
  bool broken = false;
  for (struct fact *s = by->said, *next; s; s = next) {
    next = s->next;
    const struct key *at = &s->at;
    const bool vote = at->type == BAC_MSG_BLOCK_REQUEST || at->type == BAC_MSG_CP_VALIDATE || at->type == BAC_MSG_CS_CONSENSUS;
    const bool body = !vote || at->step != 1 || (d->light && at->type == BAC_MSG_CS_CONSENSUS) || has_body(d, at);
    if (!cut && (!by->kept || !body)) {
      snprintf(text, text_size, "node %u has said type %u (epoch %" PRIu64 ", round %" PRIu64 ", height %" PRIu64 ") and keeps no %s", at->sender, at->type, at->epoch, at->view,
               at->height, by->kept ? "body for it" : "record of it");
      broken = true;
    }
    if (by->kept)
      add(d, s);
    else
      free(s);
  }
  by->said = NULL;
  by->kept = false;
  return broken;
}

/* Another step, or another life. */
static bool step_on(struct bac_durable *d, struct member *by, uint64_t step, uint32_t life, char *text, size_t text_size) {
  const bool broken = (by->step != step || by->life != life) && settle(d, by, by->life != life, text, text_size);
  by->step = step;
  by->life = life;
  return broken;
}

bool bac_durable_sign(struct bac_durable *d, const struct bac_msg *m, uint64_t step, uint32_t life, char *text, size_t text_size) {
  if (m->sender >= d->count || !d->honest[m->sender] || !binds(m)) return false;
  struct member *by = &d->members[m->sender];
  const bool broken = step_on(d, by, step, life, text, text_size);
  struct key at = {.sender = m->sender, .protocol = m->protocol, .type = m->type, .step = m->step, .epoch = m->epoch, .view = m->view, .height = m->height};
  memcpy(at.digest, m->digest, BAC_HASH_BYTES);
  if (m->type == BAC_MSG_VIEW_CHANGE) { /* the view binds; what it claims may grow, the step counts repetitions */
    at.step = 0;
    at.height = 0;
    memset(at.digest, 0, sizeof at.digest);
  }
  if (known(d, &at)) return broken; /* said again */
  struct fact *s = bac_alloc(1, sizeof *s);
  s->at = at;
  s->next = by->said;
  by->said = s;
  return broken;
}

bool bac_durable_effect(struct bac_durable *d, uint32_t member, uint64_t step, uint32_t life, const struct bac_effect *e, char *text, size_t text_size) {
  if (member >= d->count || !d->honest[member]) return false;
  struct member *by = &d->members[member];
  const bool broken = step_on(d, by, step, life, text, text_size);
  if (e->type != BAC_EFFECT_PERSIST) return broken;
  if (e->persist.kind == BAC_RECORD_BODY) add_body(d, member, e->persist.bytes, e->persist.length);
  if (e->persist.kind == BAC_RECORD_STATE) by->kept = true;
  return broken;
}
