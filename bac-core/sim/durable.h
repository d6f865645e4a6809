/* SPDX-License-Identifier: GPL-2.0-only */
/* What an honest member's signature binds it to is durable before it leaves: each vote and each word by which a round or view is given up
 * comes of a step that has made the engine's state durable, and an accepting vote of BAC with a body stands on a durable body (protocols.md,
 * "Durable before it leaves"). A bug here need not do harm in a world to be seen. */
#ifndef BAC_SIM_DURABLE_H
#define BAC_SIM_DURABLE_H

#include "bac/bac.h"
#include "wire/message.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_durable;

/* light: a CS of BAC may vote without the body. */
struct bac_durable *bac_durable_new(const bool *honest, uint32_t count, bool light, uint32_t block_bytes_max);
void bac_durable_free(struct bac_durable *durable);

/* Member msg->sender signs msg in the step of this number, in its life of this number (a restart begins another). True: an earlier step of the
 * same life has said what it had not made durable; text says what. */
bool bac_durable_sign(struct bac_durable *durable, const struct bac_msg *msg, uint64_t step, uint32_t life, char *text, size_t text_size);

/* An effect of the member's step was carried out. True: as above. */
bool bac_durable_effect(struct bac_durable *durable, uint32_t member, uint64_t step, uint32_t life, const struct bac_effect *effect, char *text,
                        size_t text_size);

#ifdef __cplusplus
}
#endif

#endif
