/* SPDX-License-Identifier: GPL-2.0-only */
/* CPU time of a step: operations counted by the core, times per operation from a published or a measured processor. */
#ifndef BAC_COST_H
#define BAC_COST_H

#include "bac/bac.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_cost_model {
  const char *name, *source;
  bac_time sign_ns, verify_ns;          /* one Ed25519 operation */
  bac_time vrf_prove_ns, vrf_verify_ns; /* one ECVRF operation */
  uint32_t hash_ps_per_byte;            /* BLAKE2b, picoseconds a byte */
  uint32_t code_ps_per_byte;            /* one multiply-accumulate over GF(2^8), picoseconds a byte */
};

/* The i-th known model ("automotive" is the first and the default, "none" costs nothing), or NULL past the last. */
const struct bac_cost_model *bac_cost_model_at(size_t i);
/* By name, or NULL. */
const struct bac_cost_model *bac_cost_model_find(const char *name);
bac_time bac_cost_time(const struct bac_cost_model *model, const struct bac_cost *cost);

#ifdef __cplusplus
}
#endif

#endif
