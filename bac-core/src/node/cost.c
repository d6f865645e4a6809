/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac/cost.h"

#include <string.h>

/* automotive: Intel Atom A3950 (Goldmont, 1.6 GHz, the automotive grade of Apollo Lake). Ed25519 from the lib25519 speed page of
 * 2023-06-30, OpenSSL 3.1.1 on Goldmont: 226,717 cycles to sign, 740,570 to verify. Hashing: 3.08 cycles a byte on Skylake
 * (blake2.net) scaled by the ratio of the two processors' signing times, 1.80. Coding: an estimate, 0.3 ns a byte
 * (SSE, no AVX). VRF: there is no published figure; the same group operations dominate both, so it is as many Ed25519
 * verifications as libsodium 1.0.18 takes for it on x86-64, VRF_PROVE and VRF_VERIFY hundredths (bac-cost measures them). A draw
 * of the sortition, 2 to 3 us at most on x86-64, is not counted. */
#define VERIFY_NS 462856
#define VRF_PROVE 470
#define VRF_VERIFY 770
static const struct bac_cost_model models[] = {
    {"automotive",
     "Intel Atom A3950 (Goldmont, 1.6 GHz): lib25519 speed page 2023-06-30, OpenSSL row; VRF and hash scaled, coding estimated",
     141698, VERIFY_NS, (bac_time)VERIFY_NS * VRF_PROVE / 100, (bac_time)VERIFY_NS * VRF_VERIFY / 100, 3465, 300},
    {"none", "no CPU time at all", 0, 0, 0, 0, 0, 0},
};

const struct bac_cost_model *bac_cost_model_at(size_t i) { return i < sizeof models / sizeof *models ? &models[i] : NULL; }

const struct bac_cost_model *bac_cost_model_find(const char *name) {
  for (size_t i = 0; i < sizeof models / sizeof *models; i++)
    if (strcmp(models[i].name, name) == 0) return &models[i];
  return NULL;
}

bac_time bac_cost_time(const struct bac_cost_model *m, const struct bac_cost *cost) {
  return cost->signs * m->sign_ns + cost->verifies * m->verify_ns + cost->vrf_proves * m->vrf_prove_ns +
         cost->vrf_verifies * m->vrf_verify_ns + (bac_time)(cost->hashed_bytes * m->hash_ps_per_byte / 1000) +
         (bac_time)(cost->coded_bytes * m->code_ps_per_byte / 1000);
}
