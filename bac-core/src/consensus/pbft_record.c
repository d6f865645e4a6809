/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT: what outlives a crash, written before the votes that depend on it leave: the view (and what its NEW_VIEW lays
 * down), the proposal taken part in and which votes on it were sent, the prepared certificate, the stable checkpoint,
 * and the bodies of the blocks concerned, without which a prepared block could be lost when everybody restarts. */
#include <stdlib.h>

#include "consensus/pbft_internal.h"
#include "crypto/hash.h"

#define RECORD_VERSION 1

static const struct bac_buf *body_of(const struct pbft *p, const uint8_t *digest) {
  const struct bac_entry *at = bac_chain_find(p->chain, digest);
  return at ? at->block->payload : NULL;
}

static void write_sized(struct bac_writer *w, const struct bac_buf *bytes) {
  bac_write_u32(w, bytes ? (uint32_t)bytes->length : 0);
  if (bytes) bac_write_bytes(w, bytes->data, bytes->length);
}

static void write_view(const struct pbft *p, struct bac_writer *w) {
  bac_write_u8(w, RECORD_VERSION);
  bac_write_u64(w, p->view);
  bac_write_u8(w, p->in_change);
  bac_write_u64(w, p->base_height);
  bac_write_u8(w, (uint8_t)p->prescribed_count);
  for (uint32_t i = 0; i < p->prescribed_count; i++) {
    const struct pbft_prescribed *o = &p->prescribed[i];
    bac_write_u64(w, o->height);
    bac_write_u8(w, o->null);
    bac_write_u64(w, o->view);
    bac_write_bytes(w, o->digest, BAC_HASH_BYTES);
  }
}

static void write_current(const struct pbft_current *c, struct bac_writer *w) {
  bac_write_u8(w, (uint8_t)((c->valid ? 1 : 0) | (c->prepare_sent ? 2 : 0) | (c->commit_sent ? 4 : 0)));
  bac_write_u64(w, c->view);
  bac_write_u64(w, c->height);
  bac_write_bytes(w, c->digest, BAC_HASH_BYTES);
  bac_write_bytes(w, c->signature, BAC_SIGNATURE_BYTES);
}

void pbft_persist(struct pbft *p) {
  const struct pbft_proof *prepared = &p->prepared;
  const struct bac_buf *bodies[2] = {NULL, NULL};
  struct bac_buf *qc = prepared->valid ? bac_qc_encode(&prepared->qc) : NULL;
  if (p->current.valid) bodies[0] = body_of(p, p->current.digest);
  if (prepared->valid) bodies[1] = body_of(p, prepared->digest);
  if (bodies[1] == bodies[0]) bodies[1] = NULL;
  size_t length = 1024 + (qc ? qc->length : 0) + (p->stable.certificate ? p->stable.certificate->length : 0);
  for (int i = 0; i < 2; i++) length += bodies[i] ? bodies[i]->length : 0;
  struct bac_buf *record = bac_buf_new(NULL, length);
  struct bac_writer w = bac_writer_over(record->data, record->length);
  write_view(p, &w);
  write_current(&p->current, &w);
  bac_write_u8(&w, prepared->valid);
  if (prepared->valid) {
    bac_write_u64(&w, prepared->height);
    bac_write_u64(&w, prepared->view);
    bac_write_bytes(&w, prepared->digest, BAC_HASH_BYTES);
    bac_write_bytes(&w, prepared->signature, BAC_SIGNATURE_BYTES);
    write_sized(&w, qc);
  }
  bac_write_u64(&w, p->stable.height);
  bac_write_bytes(&w, p->stable.digest, BAC_HASH_BYTES);
  write_sized(&w, p->stable.certificate);
  write_sized(&w, bodies[0]);
  write_sized(&w, bodies[1]);
  BAC_ASSERT(w.ok);
  bac_env_persist(p->env, record->data, w.length);
  bac_buf_unref(record);
  bac_buf_unref(qc);
}

static bool read_hash(struct bac_reader *r, uint8_t *out, size_t length) {
  const uint8_t *bytes = bac_read_bytes(r, length);
  if (bytes) memcpy(out, bytes, length);
  return bytes != NULL;
}

static bool read_view(struct pbft *p, struct bac_reader *r) {
  if (bac_read_u8(r) != RECORD_VERSION) return false;
  p->view = bac_read_u64(r);
  p->in_change = bac_read_u8(r) != 0;
  p->base_height = bac_read_u64(r);
  p->prescribed_count = bac_read_u8(r);
  if (p->prescribed_count > PBFT_CLAIMS) return false;
  for (uint32_t i = 0; i < p->prescribed_count; i++) {
    struct pbft_prescribed *o = &p->prescribed[i];
    o->height = bac_read_u64(r);
    o->null = bac_read_u8(r) != 0;
    o->view = bac_read_u64(r);
    if (!read_hash(r, o->digest, BAC_HASH_BYTES)) return false;
  }
  return r->ok;
}

static bool read_current(struct pbft_current *c, struct bac_reader *r) {
  uint8_t flags = bac_read_u8(r);
  c->valid = flags & 1;
  c->prepare_sent = flags & 2;
  c->commit_sent = flags & 4;
  c->view = bac_read_u64(r);
  c->height = bac_read_u64(r);
  return read_hash(r, c->digest, BAC_HASH_BYTES) && read_hash(r, c->signature, BAC_SIGNATURE_BYTES);
}

static bool read_prepared(struct pbft_proof *o, struct bac_reader *r) {
  size_t length;
  if (bac_read_u8(r) == 0) return r->ok;
  o->height = bac_read_u64(r);
  o->view = bac_read_u64(r);
  if (!read_hash(r, o->digest, BAC_HASH_BYTES) || !read_hash(r, o->signature, BAC_SIGNATURE_BYTES)) return false;
  const uint8_t *qc = pbft_read_sized(r, &length);
  o->valid = qc && bac_qc_decode(&o->qc, qc, length);
  return o->valid;
}

static struct bac_buf *read_buf(struct bac_reader *r) {
  size_t length;
  const uint8_t *bytes = pbft_read_sized(r, &length);
  return bytes && length > 0 ? bac_buf_new(bytes, length) : NULL;
}

static bool read_record(struct pbft *p, struct bac_reader *r) {
  uint8_t digest[BAC_HASH_BYTES];
  if (!read_view(p, r) || !read_current(&p->current, r) || !read_prepared(&p->prepared, r)) return false;
  uint64_t height = bac_read_u64(r);
  if (!read_hash(r, digest, BAC_HASH_BYTES)) return false;
  pbft_base_set(&p->stable, height, digest, read_buf(r));
  for (int i = 0; i < 2; i++) p->bodies[i] = read_buf(r);
  return r->ok && bac_reader_left(r) == 0;
}

/* A record that cannot be read leaves a member that does not know what it has voted: it never votes again, it only
 * follows. */
void pbft_restore(void *engine, const uint8_t *record, size_t length) {
  struct pbft *p = engine;
  struct bac_reader r = bac_reader_over(record, length);
  p->current = (struct pbft_current){0};
  pbft_proof_clear(&p->prepared);
  for (int i = 0; i < 2; i++) {
    bac_buf_unref(p->bodies[i]);
    p->bodies[i] = NULL;
  }
  p->follower = !read_record(p, &r);
  if (!p->follower) return;
  p->current.valid = p->in_change = false;
  p->view = p->base_height = p->prescribed_count = 0;
}

static void mix(uint8_t h[BAC_HASH_BYTES], const void *bytes, size_t length) {
  bac_hash2(h, BAC_DOMAIN_NODE, h, BAC_HASH_BYTES, bytes, length);
}

static void mix_u64(uint8_t h[BAC_HASH_BYTES], uint64_t v) {
  uint8_t b[8];
  bac_put_u64(b, v);
  mix(h, b, sizeof b);
}

static void mix_votes(uint8_t h[BAC_HASH_BYTES], const struct pbft_vote *votes, uint32_t n) {
  for (uint32_t i = 0; votes && i < n; i++) {
    if (!votes[i].used) continue;
    mix_u64(h, i);
    mix_u64(h, votes[i].view);
    mix(h, votes[i].digest, BAC_HASH_BYTES);
  }
}

void pbft_digest(const void *engine, uint8_t out[BAC_HASH_BYTES]) {
  const struct pbft *p = engine;
  memset(out, 0, BAC_HASH_BYTES);
  const uint64_t words[] = {p->view,
                            p->in_change,
                            p->works,
                            p->failures,
                            p->stable.height,
                            p->base_height,
                            p->prescribed_count,
                            p->best_base.height,
                            p->vouched_height,
                            p->vouched_view,
                            p->change_step,
                            p->ticks,
                            p->passive,
                            (uint64_t)p->last_commit_at,
                            (uint64_t)p->entered_at,
                            (uint64_t)p->new_view_deadline,
                            (uint64_t)p->tick_at};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) mix_u64(out, words[i]);
  uint8_t current[1 + 8 + 8 + BAC_HASH_BYTES + BAC_SIGNATURE_BYTES];
  struct bac_writer w = bac_writer_over(current, sizeof current);
  write_current(&p->current, &w);
  mix(out, current, w.length);
  if (p->prepared.valid) {
    mix_u64(out, p->prepared.view);
    mix(out, p->prepared.digest, BAC_HASH_BYTES);
  }
  for (uint32_t i = 0; i < PBFT_AHEAD; i++) {
    mix_u64(out, p->slots[i].height);
    mix_votes(out, p->slots[i].prepare, p->n);
    mix_votes(out, p->slots[i].commit, p->n);
  }
  for (uint32_t i = 0; i < p->n; i++) {
    mix_u64(out, p->checkpoints[i].height);
    mix_u64(out, p->changes[i].summary.view);
    mix_u64(out, p->changes[i].summary.base_height);
    mix_u64(out, p->seen_height[i]);
    mix_u64(out, p->seen_view[i]);
  }
  for (uint32_t i = 0; i < PBFT_EARLY; i++)
    if (p->early[i].payload) mix(out, p->early[i].msg.digest, BAC_HASH_BYTES);
}
