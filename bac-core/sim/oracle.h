/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules of safe BAC (protocols.md, section 1) once more, from the bytes of messages alone and apart from the engine: an honest member
 * votes only for a block that stands on the block that its certificate is for, in the next round, or behind a timeout certificate none of
 * whose members knew a higher one; and commits only what a certified child of the next round decides. Breaking them need not do harm in the
 * world at hand; with byzantine members in the right places it would.
 *
 * It hears all that is signed anywhere in the world, so that it knows each proposal and who of the honest members has voted for it. */
#ifndef BAC_SIM_ORACLE_H
#define BAC_SIM_ORACLE_H

#include "wire/message.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_oracle;

/* genesis, honest: as in bac_checker_new.  NULL where there is nothing to say: another protocol or mode. */
struct bac_oracle *bac_oracle_new(const struct bac_config *config, const struct bac_roster *genesis, const bool *honest, uint32_t count);
void bac_oracle_free(struct bac_oracle *oracle); /* NULL is ignored */

/* A signed message. True: an honest member has voted for what it must not; text says which. */
bool bac_oracle_signed(struct bac_oracle *oracle, const struct bac_msg *msg, char *text, size_t text_size);
/* An effect of honest member `node`, in the simulator's step of that number. True: the last block that it committed in an earlier step was
 * decided by nothing; text says which. */
bool bac_oracle_effect(struct bac_oracle *oracle, uint32_t node, uint64_t step, const struct bac_effect *effect, char *text, size_t text_size);

#ifdef __cplusplus
}
#endif

#endif
