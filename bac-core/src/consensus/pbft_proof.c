/* SPDX-License-Identifier: GPL-2.0-only */
/* PBFT: certificates of decided heights and of prepared blocks, and what a VIEW_CHANGE's signature covers. */
#include <stdlib.h>

#include "consensus/pbft_internal.h"
#include "crypto/hash.h"

/* What member `index` signed for a certificate of PREPAREs, COMMITs or CHECKPOINTs. */
static bool vote_of(const void *engine, const struct bac_qc *qc, uint32_t index, struct bac_msg *msg) {
  const struct pbft *p = engine;
  msg->role = BAC_ROLE_CS;
  return qc->type != BAC_MSG_PREPARE || index != pbft_primary(p, qc->view);
}

static bool certificate_names(const struct pbft *p, const struct bac_qc *qc, uint64_t height, const uint8_t *digest) {
  return qc->protocol == bac_pbft.id && qc->shard == p->roster->shard && qc->epoch == p->roster->epoch &&
         qc->height == height && memcmp(qc->digest, digest, BAC_HASH_BYTES) == 0;
}

bool pbft_check_base(const struct pbft *p, uint64_t height, const uint8_t *digest, const uint8_t *certificate,
                     size_t length) {
  struct bac_qc qc;
  if (!bac_qc_decode(&qc, certificate, length)) return false;
  bool ok = (qc.type == BAC_MSG_COMMIT || (qc.type == BAC_MSG_CHECKPOINT && qc.view == 0)) &&
            certificate_names(p, &qc, height, digest) &&
            bac_qc_verify(&qc, p->roster, p->q, vote_of, p, bac_env_shared(p->env), bac_env_cost(p->env));
  bac_qc_clear(&qc);
  return ok;
}

/* The PRE_PREPARE's signature and Q(n)-1 PREPAREs. */
bool pbft_check_proof(const struct pbft *p, const struct pbft_claim *claim, const uint8_t *signature,
                      const uint8_t *bytes, size_t length, struct pbft_proof *out) {
  struct bac_qc qc;
  if (!bac_qc_decode(&qc, bytes, length)) return false;
  struct bac_msg proposal = pbft_message(p, BAC_MSG_PRE_PREPARE, claim->view, claim->height, claim->digest);
  uint8_t digest[BAC_HASH_BYTES];
  const struct bac_member *primary = &p->roster->members[pbft_primary(p, claim->view)];
  proposal.role = BAC_ROLE_PRIMARY;
  proposal.sender = primary->id;
  bac_msg_signing_digest(digest, &proposal);
  bool ok = qc.type == BAC_MSG_PREPARE && qc.view == claim->view &&
            certificate_names(p, &qc, claim->height, claim->digest) &&
            bac_verify(bac_env_shared(p->env), signature, digest, primary->sign_key, bac_env_cost(p->env)) &&
            bac_qc_verify(&qc, p->roster, p->q - 1, vote_of, p, bac_env_shared(p->env), bac_env_cost(p->env));
  if (!ok) {
    bac_qc_clear(&qc);
    return false;
  }
  *out = (struct pbft_proof){.valid = true, .height = claim->height, .view = claim->view, .qc = qc};
  memcpy(out->digest, claim->digest, BAC_HASH_BYTES);
  memcpy(out->signature, signature, BAC_SIGNATURE_BYTES);
  return true;
}

void pbft_proof_clear(struct pbft_proof *proof) {
  bac_qc_clear(&proof->qc);
  *proof = (struct pbft_proof){0};
}

void pbft_proof_copy(struct pbft_proof *to, const struct pbft_proof *from) {
  struct bac_qc qc = to->qc;
  bac_qc_copy(&qc, &from->qc);
  *to = *from;
  to->qc = qc;
}

/* Takes over the certificate's reference. */
void pbft_base_set(struct pbft_base *base, uint64_t height, const uint8_t *digest, struct bac_buf *certificate) {
  bac_buf_unref(base->certificate);
  base->height = height;
  memcpy(base->digest, digest, BAC_HASH_BYTES);
  base->certificate = certificate;
}

const struct pbft_proof *pbft_known_proof(const struct pbft *p, uint64_t height) {
  const struct pbft_proof *best = p->prepared.valid && p->prepared.height == height ? &p->prepared : NULL;
  for (uint32_t i = 0; i < PBFT_CLAIMS; i++) {
    const struct pbft_proof *k = &p->known[i];
    if (k->valid && k->height == height && (!best || k->view > best->view)) best = k;
  }
  return best;
}

/* One proof for each height; when there is no place the lowest height goes. */
void pbft_know_proof(struct pbft *p, const struct pbft_proof *proof) {
  struct pbft_proof *place = &p->known[0];
  for (uint32_t i = 0; i < PBFT_CLAIMS; i++) {
    struct pbft_proof *k = &p->known[i];
    if (k->valid && k->height == proof->height) {
      if (k->view < proof->view) pbft_proof_copy(k, proof);
      return;
    }
    if (!k->valid || (place->valid && k->height < place->height)) place = k;
  }
  if (!place->valid || place->height < proof->height) pbft_proof_copy(place, proof);
}

struct bac_buf *pbft_base_certificate(const struct pbft *p, uint64_t height) {
  const struct bac_entry *at = bac_chain_at(p->chain, height);
  if (height == p->origin) return NULL;
  if (at && at->certificate) return at->certificate;
  if (p->stable.height == height && p->stable.certificate) return p->stable.certificate;
  return p->best_base.height == height ? p->best_base.certificate : NULL;
}

void pbft_summary_write(struct bac_writer *w, const struct pbft_summary *s) {
  bac_write_u64(w, s->view);
  bac_write_u64(w, s->base_height);
  bac_write_bytes(w, s->base_digest, BAC_HASH_BYTES);
  bac_write_u8(w, (uint8_t)s->count);
  for (uint32_t i = 0; i < s->count; i++) {
    bac_write_u64(w, s->claims[i].height);
    bac_write_u64(w, s->claims[i].view);
    bac_write_bytes(w, s->claims[i].digest, BAC_HASH_BYTES);
  }
}

bool pbft_summary_read(struct bac_reader *r, struct pbft_summary *s) {
  *s = (struct pbft_summary){0};
  s->view = bac_read_u64(r);
  s->base_height = bac_read_u64(r);
  const uint8_t *digest = bac_read_bytes(r, BAC_HASH_BYTES);
  s->count = bac_read_u8(r);
  if (!digest || !r->ok || s->count > PBFT_CLAIMS || s->base_height > UINT64_MAX - PBFT_CLAIMS) return false;
  memcpy(s->base_digest, digest, BAC_HASH_BYTES);
  uint64_t above = s->base_height;
  for (uint32_t i = 0; i < s->count; i++) {
    struct pbft_claim *c = &s->claims[i];
    c->height = bac_read_u64(r);
    c->view = bac_read_u64(r);
    digest = bac_read_bytes(r, BAC_HASH_BYTES);
    if (!digest || c->height <= above || c->height - s->base_height > PBFT_CLAIMS || c->view >= s->view) return false;
    memcpy(c->digest, digest, BAC_HASH_BYTES);
    above = c->height;
  }
  return true;
}

void pbft_summary_digest(uint8_t out[BAC_HASH_BYTES], const struct pbft_summary *s) {
  uint8_t bytes[PBFT_SUMMARY_MAX];
  struct bac_writer w = bac_writer_over(bytes, sizeof bytes);
  pbft_summary_write(&w, s);
  BAC_ASSERT(w.ok);
  bac_hash(out, BAC_DOMAIN_PAYLOAD, bytes, w.length);
}

uint32_t pbft_o_set(const struct pbft_summary *const *changes, uint32_t count, uint64_t base_height,
                    struct pbft_prescribed out[PBFT_CLAIMS]) {
  uint32_t length = 0;
  for (uint32_t h = 0; h < PBFT_CLAIMS; h++) {
    out[h] = (struct pbft_prescribed){.height = base_height + 1 + h, .null = true};
    for (uint32_t i = 0; i < count; i++) {
      for (uint32_t k = 0; k < changes[i]->count; k++) {
        const struct pbft_claim *c = &changes[i]->claims[k];
        if (c->height != out[h].height || (!out[h].null && c->view <= out[h].view)) continue;
        out[h].null = false;
        out[h].view = c->view;
        memcpy(out[h].digest, c->digest, BAC_HASH_BYTES);
        length = h + 1;
      }
    }
  }
  return length;
}
