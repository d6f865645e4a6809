/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulator's stand-ins for Ed25519 and ECVRF (fast_crypto.c), in programs that are linked for them. */
#ifndef BAC_SIM_FAST_CRYPTO_H
#define BAC_SIM_FAST_CRYPTO_H

#include <stdbool.h>

struct bac_msg;

/* For the whole process, between worlds only: what one kind signed, the other does not verify. */
void bac_fast_crypto(bool on);

/* Called with each message that is signed in this process, by whom ever; NULL: no longer. */
void bac_watch_signatures(void (*watch)(void *context, const struct bac_msg *msg), void *context);

#endif
