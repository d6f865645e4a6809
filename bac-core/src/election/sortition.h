/* SPDX-License-Identifier: GPL-2.0-only */
/* Cryptographic sortition: every reputation unit of a shard is drawn with the same chance p = tau/R, and a member of w units is
 * elected lambda times, lambda being what its VRF output says of Binomial(w, p).
 *
 * The rule: h = beta/2^512, lambda = the smallest j with h < F(j), F the distribution function of Binomial(w, p). All members agree
 * to the bit: lambda is that of exact rational arithmetic. (Paper, eqs. 11-12 and Algorithms 2-3. Its intervals start at F(0), which
 * leaves h < F(0) without a lambda, so that Algorithm 2 never ends for a member that is not elected: here those h mean 0.) */
#ifndef BAC_ELECTION_SORTITION_H
#define BAC_ELECTION_SORTITION_H

#include <stdint.h>

#include "bac/bac.h"
#include "bac/vrf.h"
#include "election/binomial.h"

#define BAC_SORTITION_UNITS_MAX BAC_BINOMIAL_TRIALS_MAX /* units of one member */
#define BAC_SORTITION_ALPHA_BYTES 54
#define BAC_SORTITION_ECLAIM (-32) /* the proof holds, but gives another lambda than claimed */

/* Frozen per epoch. tau = tau_num/tau_den, the expected elected units; where it exceeds total_units, all are elected. */
struct bac_lottery {
  uint64_t tau_num, tau_den; /* tau_den > 0 */
  uint64_t total_units;      /* R > 0, the units of all members together */
};

struct bac_ticket {
  uint8_t pi[BAC_VRF_PROOF_BYTES], beta[BAC_VRF_OUTPUT_BYTES];
  uint32_t lambda; /* 0: not elected */
};

/* What a member evaluates its VRF on. Fixed width, so that no two elections share an input:
 *   seed (32) || role (2: "P\0" or "CP") || shard (4) || epoch (8) || round (8), integers little-endian.
 * role: BAC_ROLE_PRIMARY, once per round, or BAC_ROLE_CP, once per epoch, where round is ignored (0 is encoded). */
void bac_sortition_alpha(uint8_t alpha[BAC_SORTITION_ALPHA_BYTES], enum bac_role role, const uint8_t seed[BAC_HASH_BYTES],
                         uint32_t shard, uint64_t epoch, uint64_t round);

/* lambda in [0, units] for a VRF output (64 bytes, the first the most significant).
 * Errors: BAC_EINVAL if tau_den or total_units is 0, units > total_units or units > BAC_SORTITION_UNITS_MAX. */
int bac_sortition_draw(const struct bac_lottery *lottery, uint32_t units, const uint8_t beta[BAC_VRF_OUTPUT_BYTES],
                       uint32_t *lambda);

/* Algorithm 2: this member's ticket, elected or not. Counts one VRF proof.
 * Errors: those of bac_sortition_draw and bac_vrf_prove; the ticket is then all zeros. */
int bac_sortition_prove(struct bac_ticket *ticket, const struct bac_lottery *lottery, uint32_t units,
                        const uint8_t sk[BAC_VRF_SECRET_KEY_BYTES], const uint8_t alpha[BAC_SORTITION_ALPHA_BYTES], struct bac_cost *cost);

/* Algorithm 3: 0 if `claim`, which may come from a peer, holds: pi proves beta for alpha and pk, and beta gives lambda. A claim of
 * lambda 0 can hold: its sender is not elected. Counts one VRF verification, also where `shared` (may be NULL) knows the verdict.
 * Errors: BAC_EINVAL as for bac_sortition_draw, a negative enum bac_vrf_error, BAC_SORTITION_ECLAIM. */
int bac_sortition_verify(const struct bac_ticket *claim, const struct bac_lottery *lottery, uint32_t units,
                         const uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES], const uint8_t alpha[BAC_SORTITION_ALPHA_BYTES],
                         struct bac_shared *shared, struct bac_cost *cost);

/* The lowest H(beta || j), 1 <= j <= lambda, in the order of memcmp; j as 4 bytes little-endian, H the core's hash in its own domain.
 * Among tickets the lowest wins (ties: by key, which is the caller's). With lambda 0 all bytes are 0xff: it never wins.
 * Counts the bytes hashed. */
void bac_sortition_priority(uint8_t out[BAC_HASH_BYTES], const uint8_t beta[BAC_VRF_OUTPUT_BYTES], uint32_t lambda, struct bac_cost *cost);

#endif
