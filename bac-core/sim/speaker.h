/* SPDX-License-Identifier: GPL-2.0-only */
/* How a byzantine member speaks the protocols well: of what its own node means to say it makes other words, complete, rightly signed and
 * executed on the right state, that break one rule. It keeps the blocks that it hears of and the state after each, so that it can build on
 * any of them. */
#ifndef BAC_SIM_SPEAKER_H
#define BAC_SIM_SPEAKER_H

#include "base/random.h"
#include "plan.h"
#include "wire/message.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What it does; a world has a random subset. */
enum bac_trick {
  BAC_TRICK_TWO,     /* two blocks, each to one half */
  BAC_TRICK_ROOT,    /* a block with another state root */
  BAC_TRICK_PARENT,  /* a block on another parent than its certificate is for (BAC) */
  BAC_TRICK_OLD,     /* on an older certificate, and the block that it is for; with a timeout certificate or a gap between rounds (BAC) */
  BAC_TRICK_FORGE,   /* a certificate with a signature that does not hold (BAC, BAC 2.0) */
  BAC_TRICK_FEW,     /* one of its own signature alone (BAC, BAC 2.0) */
  BAC_TRICK_BODY,    /* one header, two bodies, each to one half */
  BAC_TRICK_CLAIM,   /* a VIEW_CHANGE that claims a prepared block which nobody has (PBFT) */
  BAC_TRICK_MUTE,    /* no proposal at all */
  BAC_TRICK_HOLD,    /* no block for who asks for one */
  BAC_TRICKS
};

/* A word to say: msg is signed, its payload in bytes. */
struct bac_word {
  struct bac_msg msg;
  struct bac_buf *bytes;
  uint8_t half; /* 0: to all; 1, 2: to that half */
};

struct bac_speaker;

/* Borrows both. */
struct bac_speaker *bac_speaker_new(const struct bac_plan *plan, const struct bac_roster *genesis);
void bac_speaker_free(struct bac_speaker *speaker); /* NULL is ignored */
/* The faults are over: what BAC's primaries propose is as it should be, three times of four. Each failed round costs more than the last,
 * and no bound on the time of progress could be stated otherwise. */
void bac_speaker_heal(struct bac_speaker *speaker);
/* A message that a byzantine member hears or means to say. */
void bac_speaker_learn(struct bac_speaker *speaker, const struct bac_msg *msg);
/* What to say instead of msg, the word of a byzantine node with those keys: count of words, 2 at most, of which the caller releases the
 * bytes; -1: the word itself. */
int bac_speaker_words(struct bac_speaker *speaker, const struct bac_msg *msg, const struct bac_keypair *keys, struct bac_word words[2]);

#ifdef __cplusplus
}
#endif

#endif
