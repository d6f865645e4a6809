/* SPDX-License-Identifier: GPL-2.0-only */
#include "attacker.h"

#include <stdlib.h>

#include "election/elect.h"
#include "link/internal.h"
#include "wire/message.h"

#define SEEN 32 /* proposals: what is sent again shows nothing new */

struct bac_attacker {
  struct bac_attack attack;
  struct proposal {
    uint32_t sender;
    uint64_t epoch, view, height;
  } seen[SEEN];
  uint32_t seen_count;
  bool claimed; /* a claim of this round was heard */
  uint64_t epoch, round;
  uint8_t best[BAC_HASH_BYTES];
};

/* ---- Listening. ---- */

/* An object's first bytes. */
static bool read_object(const uint8_t *bytes, size_t length, uint32_t transmitter, struct bac_overheard *out) {
  struct bac_msg msg;
  if (length == 0 || bytes[0] != BAC_OBJECT_MESSAGE || !bac_msg_decode(&msg, bytes, length) || msg.sender != transmitter) return false;
  *out = (struct bac_overheard){.sender = msg.sender, .epoch = msg.epoch, .view = msg.view, .height = msg.height, .claims = msg.type == BAC_MSG_CLAIM};
  if (!out->claims) return msg.type == BAC_MSG_BLOCK_REQUEST || msg.type == BAC_MSG_PRE_PREPARE;
  if (msg.payload_length != BAC_CLAIM_BYTES) return false;
  struct bac_cost unused = {0};
  uint8_t beta[BAC_VRF_OUTPUT_BYTES];
  const uint32_t lambda = bac_get_u32(msg.payload);
  if (lambda == 0 || lambda > BAC_SORTITION_UNITS_MAX || bac_vrf_proof_to_hash(beta, msg.payload + 4) != 0) return false;
  bac_sortition_priority(out->priority, beta, lambda, &unused);
  return true;
}

static size_t read_bundle(struct bac_reader *r, uint32_t transmitter, struct bac_overheard *out, size_t max) {
  size_t count = 0;
  while (count < max && bac_reader_left(r) > 0) {
    if ((bac_read_u8(r) & 0x0f) != LINK_ITEM_DATA) {
      if (!bac_read_bytes(r, LINK_ADVERT_BYTES - 1)) break;
      continue;
    }
    bac_read_bytes(r, 6); /* attempt, hops, originator, destination */
    const size_t length = bac_read_u16(r);
    bac_read_bytes(r, LINK_ITEM_ID_BYTES);
    const uint8_t *bytes = bac_read_bytes(r, length);
    if (!bytes) break;
    count += read_object(bytes, length, transmitter, &out[count]);
  }
  return count;
}

size_t bac_overhear(const uint8_t *frame, size_t length, struct bac_overheard *out, size_t max) {
  struct bac_reader r = bac_reader_over(frame, length);
  if (max == 0 || bac_read_u8(&r) != LINK_VERSION) return 0;
  const uint8_t type = bac_read_u8(&r) & 0x0f;
  bac_read_u16(&r);
  const uint32_t transmitter = bac_read_u16(&r);
  if (!bac_read_bytes(&r, LINK_HEADER_BYTES - 6)) return 0;
  if (type == BAC_LINK_BUNDLE) return read_bundle(&r, transmitter, out, max);
  /* A symbol: the first one of an object starts with the object's own bytes. */
  if (type != BAC_LINK_SYMBOL || length <= LINK_SYMBOL_HEADER_BYTES || frame[LINK_SYMBOL_HEADER_BYTES - 2] != 0 ||
      frame[LINK_SYMBOL_HEADER_BYTES - 1] != 0)
    return 0;
  return read_object(frame + LINK_SYMBOL_HEADER_BYTES, length - LINK_SYMBOL_HEADER_BYTES, transmitter, out);
}

/* ---- Deciding. ---- */

struct bac_attacker *bac_attacker_new(const struct bac_attack *attack) {
  struct bac_attacker *a = bac_alloc(1, sizeof *a);
  a->attack = *attack;
  return a;
}

void bac_attacker_free(struct bac_attacker *a) { free(a); }

static bool attack(const struct bac_attacker *a, bac_time now, uint32_t target, struct bac_jam *jam) {
  *jam = (struct bac_jam){target, now + a->attack.delay, now + a->attack.delay + a->attack.duration};
  return true;
}

static bool is_new(struct bac_attacker *a, const struct bac_overheard *h) {
  for (uint32_t i = 0; i < SEEN && i < a->seen_count; i++)
    if (a->seen[i].sender == h->sender && a->seen[i].epoch == h->epoch && a->seen[i].view == h->view && a->seen[i].height == h->height) return false;
  a->seen[a->seen_count++ % SEEN] = (struct proposal){h->sender, h->epoch, h->view, h->height};
  return true;
}

bool bac_attacker_hears(struct bac_attacker *a, bac_time now, const struct bac_overheard *h, struct bac_jam *jam) {
  if (!h->claims) return is_new(a, h) && attack(a, now, h->sender, jam);
  if (a->attack.on == BAC_ATTACK_ON_BLOCK) return false;
  const bool later = !a->claimed || h->epoch > a->epoch || (h->epoch == a->epoch && h->view > a->round);
  const bool same = a->claimed && h->epoch == a->epoch && h->view == a->round;
  if (!later && !(same && memcmp(h->priority, a->best, sizeof a->best) < 0)) return false;
  a->claimed = true;
  a->epoch = h->epoch;
  a->round = h->view;
  memcpy(a->best, h->priority, sizeof a->best);
  return attack(a, now, h->sender, jam);
}

bool bac_attacker_effect(struct bac_attacker *a, bac_time now, const char *election, uint32_t id, const struct bac_effect *effect,
                         struct bac_jam *jam) {
  return a->attack.on == BAC_ATTACK_ON_SCHEDULE && effect->type == BAC_EFFECT_ROLE && effect->role.role == BAC_ROLE_PRIMARY &&
         strcmp(election, "sortition") != 0 && attack(a, now, id, jam);
}
