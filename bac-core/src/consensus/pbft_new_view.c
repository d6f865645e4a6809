/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT: NEW_VIEW, made by the view's primary and recomputed by everyone else.
 *   u16 count || Q(n) times { u16 member || u32 step || signature || summary }
 *   || u64 height || digest || u32 length || certificate of the base
 *   || u8 count || for each height above the base: u64 height || u8 null || [ u64 view || digest || signature || u32
 * length || PREPAREs ]
 *
 * The summaries are the signed part of Q(n) VIEW_CHANGEs, complete. Of their certificates only those that decide are
 * repeated: one for a base at least as high as any of theirs, and for each height above it one for a prepared block of
 * a view at least as high as any that they claim. Sound: let d be committed at h in view w. Q(n) members were prepared
 * there, so one of any Q(n) summaries is from an honest one of them and has base >= h, or claims h with a view >= w;
 * and by induction over views whatever is prepared at h in a view >= w is d. A claim without a certificate that holds
 * cannot hide anything: it only makes the NEW_VIEW fail. */
#include <stdlib.h>

#include "consensus/pbft_internal.h"

const uint8_t *pbft_read_sized(struct bac_reader *r, size_t *length) {
  *length = bac_read_u32(r);
  return bac_read_bytes(r, *length);
}

/* ---- Making ---- */

/* Whether a proof at hand is at least as high as the claim. */
static const struct pbft_proof *proof_for(const struct pbft *p, uint64_t new_view, uint64_t height, uint64_t view,
                                          const uint8_t *digest) {
  const struct pbft_proof *k = pbft_known_proof(p, height);
  if (!k || k->view >= new_view || k->view < view) return NULL;
  return k->view > view || memcmp(k->digest, digest, BAC_HASH_BYTES) == 0 ? k : NULL;
}

static bool eligible(const struct pbft *p, const struct pbft_change *c, const struct pbft_base *base) {
  const struct pbft_summary *s = &c->summary;
  if (!c->used || s->view != p->view || s->base_height > base->height) return false;
  const struct bac_entry *at = bac_chain_at(p->chain, s->base_height);
  if (at && memcmp(at->block->digest, s->base_digest, BAC_HASH_BYTES) != 0) return false;
  if (s->base_height == base->height && memcmp(s->base_digest, base->digest, BAC_HASH_BYTES) != 0) return false;
  for (uint32_t i = 0; i < s->count; i++) {
    const struct pbft_claim *k = &s->claims[i];
    if (k->height > base->height && !proof_for(p, p->view, k->height, k->view, k->digest)) return false;
  }
  return true;
}

/* Own VIEW_CHANGE and the first eligible others; fewer than Q(n): not yet. */
static uint32_t choose(const struct pbft *p, const struct pbft_base *base, uint32_t chosen[BAC_ROSTER_MAX]) {
  uint32_t count = 0, others = p->q - 1;
  if (!eligible(p, &p->changes[p->self], base)) return 0;
  for (uint32_t i = 0; i < p->n; i++) {
    if (i != p->self && (others == 0 || !eligible(p, &p->changes[i], base))) continue;
    others -= i != p->self;
    chosen[count++] = i;
  }
  return count;
}

static size_t bytes_needed(const struct pbft *p, const struct pbft_base *base, const struct pbft_prescribed *o,
                           uint32_t count) {
  size_t length = 2 + p->q * (2 + 4 + BAC_SIGNATURE_BYTES + (size_t)PBFT_SUMMARY_MAX) + 8 + BAC_HASH_BYTES + 4 + 1;
  if (base->certificate) length += base->certificate->length;
  for (uint32_t i = 0; i < count; i++) {
    length += 8 + 1 + 8 + BAC_HASH_BYTES + BAC_SIGNATURE_BYTES + 4;
    if (!o[i].null) length += 512 + pbft_known_proof(p, o[i].height)->qc.signatures->length;
  }
  return length;
}

static void write_prescribed(const struct pbft *p, struct bac_writer *w, const struct pbft_prescribed *o) {
  bac_write_u64(w, o->height);
  bac_write_u8(w, o->null);
  if (o->null) return;
  const struct pbft_proof *proof = pbft_known_proof(p, o->height);
  struct bac_buf *qc = bac_qc_encode(&proof->qc);
  bac_write_u64(w, proof->view);
  bac_write_bytes(w, proof->digest, BAC_HASH_BYTES);
  bac_write_bytes(w, proof->signature, BAC_SIGNATURE_BYTES);
  bac_write_u32(w, (uint32_t)qc->length);
  bac_write_bytes(w, qc->data, qc->length);
  bac_buf_unref(qc);
}

static struct bac_buf *encode(const struct pbft *p, const uint32_t *chosen, const struct pbft_base *base,
                              const struct pbft_prescribed *o, uint32_t count) {
  struct bac_buf *out = bac_buf_new(NULL, bytes_needed(p, base, o, count));
  struct bac_writer w = bac_writer_over(out->data, out->length);
  bac_write_u16(&w, (uint16_t)p->q);
  for (uint32_t i = 0; i < p->q; i++) {
    const struct pbft_change *c = &p->changes[chosen[i]];
    bac_write_u16(&w, (uint16_t)chosen[i]);
    bac_write_u32(&w, c->step);
    bac_write_bytes(&w, c->signature, BAC_SIGNATURE_BYTES);
    pbft_summary_write(&w, &c->summary);
  }
  bac_write_u64(&w, base->height);
  bac_write_bytes(&w, base->digest, BAC_HASH_BYTES);
  bac_write_u32(&w, base->certificate ? (uint32_t)base->certificate->length : 0);
  if (base->certificate) bac_write_bytes(&w, base->certificate->data, base->certificate->length);
  bac_write_u8(&w, (uint8_t)count);
  for (uint32_t i = 0; i < count; i++) write_prescribed(p, &w, &o[i]);
  BAC_ASSERT(w.ok);
  out->length = w.length;
  return out;
}

/* The committed tip, or a higher decided block that a VIEW_CHANGE has shown. */
static struct pbft_base base_at(const struct pbft *p, bool highest) {
  const struct bac_entry *tip = bac_chain_tip(p->chain);
  if (highest) return p->best_base;
  struct pbft_base base = {.height = tip->block->header.height};
  memcpy(base.digest, tip->block->digest, BAC_HASH_BYTES);
  base.certificate = pbft_base_certificate(p, base.height);
  return base;
}

bool pbft_make_new_view(struct pbft *p) {
  uint32_t chosen[BAC_ROSTER_MAX];
  struct pbft_base base = base_at(p, false);
  uint32_t count = base.height == p->origin || base.certificate ? choose(p, &base, chosen) : 0;
  if (count < p->q && p->best_base.height > base.height) {
    base = base_at(p, true);
    count = choose(p, &base, chosen);
  }
  if (count < p->q) return false;
  const struct pbft_summary *summaries[BAC_ROSTER_MAX];
  for (uint32_t i = 0; i < p->q; i++) summaries[i] = &p->changes[chosen[i]].summary;
  struct pbft_prescribed o[PBFT_CLAIMS];
  uint32_t o_count = pbft_o_set(summaries, p->q, base.height, o);
  for (uint32_t i = 0; i < o_count; i++) {
    if (o[i].null) continue;
    const struct pbft_proof *proof = proof_for(p, p->view, o[i].height, o[i].view, o[i].digest);
    if (!proof) return false; /* two claims of one height and view: more than f members lie */
    memcpy(o[i].digest, proof->digest, BAC_HASH_BYTES);
    o[i].view = proof->view;
  }
  struct bac_buf *payload = encode(p, chosen, &base, o, o_count);
  const uint8_t zero[BAC_HASH_BYTES] = {0};
  struct bac_msg msg = pbft_message(p, BAC_MSG_NEW_VIEW, p->view, 0, zero);
  msg.role = BAC_ROLE_PRIMARY;
  msg.payload = payload->data;
  msg.payload_length = payload->length;
  pbft_enter_view(p, p->view, &base, o, o_count, NULL); /* durable first */
  bac_env_broadcast(p->env, &msg, false);
  bac_buf_unref(payload);
  p->new_view = bac_buf_ref(bac_env_last_object(p->env));
  return true;
}

/* ---- Checking ---- */

static bool read_changes(const struct pbft *p, uint64_t view, struct bac_reader *r, struct pbft_summary *summaries) {
  uint32_t count = bac_read_u16(r), previous = 0;
  if (count != p->q) return false;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t index = bac_read_u16(r), step = bac_read_u32(r);
    const uint8_t *signature = bac_read_bytes(r, BAC_SIGNATURE_BYTES);
    if (!signature || index >= p->n || (i > 0 && index <= previous)) return false; /* each member once */
    if (!pbft_summary_read(r, &summaries[i]) || summaries[i].view != view) return false;
    uint8_t digest[BAC_HASH_BYTES];
    pbft_summary_digest(digest, &summaries[i]);
    struct bac_msg msg = pbft_message(p, BAC_MSG_VIEW_CHANGE, view, summaries[i].base_height, digest);
    msg.step = step;
    msg.sender = p->roster->members[index].id;
    bac_msg_signing_digest(digest, &msg);
    if (!bac_verify(bac_env_shared(p->env), signature, digest, p->roster->members[index].sign_key,
                    bac_env_cost(p->env)))
      return false;
    previous = index;
  }
  return true;
}

/* At least as high as every base in the summaries, and decided. */
static bool read_base(const struct pbft *p, struct bac_reader *r, const struct pbft_summary *summaries,
                      struct pbft_base *base) {
  size_t length;
  uint64_t height = bac_read_u64(r);
  const uint8_t *digest = bac_read_bytes(r, BAC_HASH_BYTES), *certificate = pbft_read_sized(r, &length);
  if (!certificate) return false;
  const struct bac_entry *at = bac_chain_at(p->chain, height);
  bool decided = at && memcmp(at->block->digest, digest, BAC_HASH_BYTES) == 0;
  if (at && !decided) return false;
  for (uint32_t i = 0; i < p->q; i++) {
    if (summaries[i].base_height > height) return false;
    if (summaries[i].base_height == height && memcmp(summaries[i].base_digest, digest, BAC_HASH_BYTES) != 0)
      return false;
  }
  if (!decided && !pbft_check_base(p, height, digest, certificate, length)) return false;
  pbft_base_set(base, height, digest, length > 0 ? bac_buf_new(certificate, length) : NULL);
  return true;
}

static bool read_prescribed(struct pbft *p, uint64_t view, struct bac_reader *r, struct pbft_prescribed *o) {
  size_t length;
  uint64_t height = bac_read_u64(r);
  uint8_t null = bac_read_u8(r);
  if (!r->ok || height != o->height || null != o->null) return false;
  if (o->null) return true;
  struct pbft_claim claim = {.height = height, .view = bac_read_u64(r)};
  const uint8_t *digest = bac_read_bytes(r, BAC_HASH_BYTES), *signature = bac_read_bytes(r, BAC_SIGNATURE_BYTES);
  const uint8_t *qc = pbft_read_sized(r, &length);
  if (!qc || claim.view < o->view || claim.view >= view) return false;
  memcpy(claim.digest, digest, BAC_HASH_BYTES);
  if (claim.view == o->view && memcmp(digest, o->digest, BAC_HASH_BYTES) != 0) return false;
  const struct pbft_proof *known = pbft_known_proof(p, height);
  if (!known || known->view != claim.view || memcmp(known->digest, digest, BAC_HASH_BYTES) != 0) {
    struct pbft_proof proof;
    if (!pbft_check_proof(p, &claim, signature, qc, length, &proof)) return false;
    pbft_know_proof(p, &proof);
    pbft_proof_clear(&proof);
  }
  o->view = claim.view;
  memcpy(o->digest, digest, BAC_HASH_BYTES);
  return true;
}

bool pbft_check_new_view(struct pbft *p, uint64_t view, const uint8_t *payload, size_t length, struct pbft_base *base,
                         struct pbft_prescribed prescribed[PBFT_CLAIMS], uint32_t *count) {
  struct bac_reader r = bac_reader_over(payload, length);
  struct pbft_summary *summaries = bac_alloc(p->q, sizeof *summaries);
  const struct pbft_summary *pointers[BAC_ROSTER_MAX];
  for (uint32_t i = 0; i < p->q; i++) pointers[i] = &summaries[i];
  bool ok = read_changes(p, view, &r, summaries) && read_base(p, &r, summaries, base);
  if (ok) {
    *count = pbft_o_set(pointers, p->q, base->height, prescribed);
    ok = bac_read_u8(&r) == *count;
    for (uint32_t i = 0; ok && i < *count; i++) ok = read_prescribed(p, view, &r, &prescribed[i]);
    ok = ok && r.ok && bac_reader_left(&r) == 0;
  }
  free(summaries);
  return ok;
}
