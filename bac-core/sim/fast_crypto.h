/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulator's stand-ins for Ed25519 and ECVRF (fast_crypto.c), in programs that are linked for them. */
#ifndef BAC_SIM_FAST_CRYPTO_H
#define BAC_SIM_FAST_CRYPTO_H

#include <stdbool.h>

/* For the whole process, between worlds only: what one kind signed, the other does not verify. */
void bac_fast_crypto(bool on);

#endif
