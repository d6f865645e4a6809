/* SPDX-License-Identifier: GPL-2.0-only */
#include "node/witness.h"

#include <stdlib.h>

void bac_witness_clear(struct bac_witness *w) {
  free(w->said);
  w->said = NULL;
}

static uint64_t mix(uint64_t h, uint64_t v) {
  h = (h ^ v) * 0xff51afd7ed558ccdu;
  return h ^ h >> 32;
}

bool bac_witness_hear(struct bac_witness *w, const struct bac_msg *msg, struct bac_evidence *evidence) {
  if (bac_evidence_exempt_default(NULL, msg->protocol, msg->type)) return false;
  if (!w->said) w->said = bac_alloc(BAC_WITNESS_SLOTS, sizeof *w->said);
  uint64_t h = mix(msg->protocol, msg->type);
  h = mix(mix(h, msg->role), msg->sender);
  h = mix(mix(mix(h, msg->view), msg->height), msg->step);
  struct bac_said *s = &w->said[h % BAC_WITNESS_SLOTS];
  if (s->used && bac_evidence_make(evidence, &s->msg, msg, bac_evidence_exempt_default, NULL)) return true;
  s->used = true;
  s->msg = *msg;
  s->msg.payload = NULL;
  s->msg.payload_length = 0;
  return false;
}
