/* SPDX-License-Identifier: GPL-2.0-only */
/* What honest members sign: never two things where one may be said, whatever crashes lie between, whether or not it does harm.
 *
 * A signature counts once the step in which it was made has been carried out; of a step that a crash cut short nothing has left the node,
 * since records go before frames. */
#ifndef BAC_SIM_PROMISES_H
#define BAC_SIM_PROMISES_H

#include "wire/message.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_promises;

/* vote_a_round: an accepting vote of BAC is one a round, whatever its height (safe mode). */
struct bac_promises *bac_promises_new(const bool *honest, uint32_t count, bool vote_a_round);
void bac_promises_free(struct bac_promises *promises);

/* The member takes the step of this number in its life of this number (a restart begins another): what it signed in an earlier step of the
 * same life has left it. */
void bac_promises_step(struct bac_promises *promises, uint32_t member, uint64_t step, uint32_t life);

/* Member msg->sender signs msg in that step. True: with what it signed in earlier steps that makes two things; text says which. */
bool bac_promises_sign(struct bac_promises *promises, const struct bac_msg *msg, uint64_t step, uint32_t life, char *text, size_t text_size);

#ifdef __cplusplus
}
#endif

#endif
