/* SPDX-License-Identifier: GPL-2.0-only */
#include "election/sortition.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

void bac_sortition_alpha(uint8_t alpha[BAC_SORTITION_ALPHA_BYTES], enum bac_role role, const uint8_t seed[BAC_HASH_BYTES],
                         uint32_t shard, uint64_t epoch, uint64_t round) {
  BAC_ASSERT(role == BAC_ROLE_PRIMARY || role == BAC_ROLE_CP);
  const bool primary = role == BAC_ROLE_PRIMARY;
  struct bac_writer w = bac_writer_over(alpha, BAC_SORTITION_ALPHA_BYTES);
  bac_write_bytes(&w, seed, BAC_HASH_BYTES);
  bac_write_bytes(&w, primary ? "P" : "CP", 2); /* "P" brings its terminating zero */
  bac_write_u32(&w, shard);
  bac_write_u64(&w, epoch);
  bac_write_u64(&w, primary ? round : 0);
  BAC_ASSERT(w.ok && w.length == BAC_SORTITION_ALPHA_BYTES);
}

static bool is_valid(const struct bac_lottery *l, uint32_t units) {
  return l->tau_den > 0 && l->total_units > 0 && units <= l->total_units && units <= BAC_SORTITION_UNITS_MAX;
}

int bac_sortition_draw(const struct bac_lottery *lottery, uint32_t units, const uint8_t beta[BAC_VRF_OUTPUT_BYTES],
                       uint32_t *lambda) {
  *lambda = 0;
  if (!is_valid(lottery, units)) return BAC_EINVAL;
  const struct bac_binomial d = {
      .w = units, .a = lottery->tau_num, .b = (unsigned __int128)lottery->tau_den * lottery->total_units};
  if (units == 0 || d.a == 0) return BAC_OK;
  *lambda = d.a >= d.b ? units : bac_binomial_quantile(&d, beta);
  return BAC_OK;
}

int bac_sortition_prove(struct bac_ticket *ticket, const struct bac_lottery *lottery, uint32_t units,
                        const uint8_t sk[BAC_VRF_SECRET_KEY_BYTES], const uint8_t alpha[BAC_SORTITION_ALPHA_BYTES], struct bac_cost *cost) {
  memset(ticket, 0, sizeof *ticket);
  if (!is_valid(lottery, units)) return BAC_EINVAL;
  cost->vrf_proves++;
  int code = bac_vrf_prove(ticket->pi, sk, alpha, BAC_SORTITION_ALPHA_BYTES);
  if (code == 0) code = bac_vrf_proof_to_hash(ticket->beta, ticket->pi);
  return code != 0 ? code : bac_sortition_draw(lottery, units, ticket->beta, &ticket->lambda);
}

int bac_sortition_verify(const struct bac_ticket *claim, const struct bac_lottery *lottery, uint32_t units,
                         const uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES], const uint8_t alpha[BAC_SORTITION_ALPHA_BYTES],
                         struct bac_shared *shared, struct bac_cost *cost) {
  uint8_t beta[BAC_VRF_OUTPUT_BYTES];
  uint32_t lambda;
  if (!is_valid(lottery, units)) return BAC_EINVAL;
  cost->vrf_verifies++;
  int code = bac_vrf_verify_shared(shared, beta, pk, claim->pi, alpha, BAC_SORTITION_ALPHA_BYTES);
  if (code != 0) return code;
  if (memcmp(beta, claim->beta, sizeof beta) != 0) return BAC_VRF_EMISMATCH;
  code = bac_sortition_draw(lottery, units, beta, &lambda);
  if (code != 0) return code;
  return lambda == claim->lambda ? BAC_OK : BAC_SORTITION_ECLAIM;
}

void bac_sortition_priority(uint8_t out[BAC_HASH_BYTES], const uint8_t beta[BAC_VRF_OUTPUT_BYTES], uint32_t lambda, struct bac_cost *cost) {
  uint8_t hash[BAC_HASH_BYTES], index[4];
  memset(out, 0xff, BAC_HASH_BYTES);
  for (uint32_t j = 1; j <= lambda; j++) {
    bac_put_u32(index, j);
    bac_hash2(hash, BAC_DOMAIN_PRIORITY, beta, BAC_VRF_OUTPUT_BYTES, index, sizeof index);
    if (memcmp(hash, out, sizeof hash) < 0) memcpy(out, hash, sizeof hash);
  }
  cost->hashed_bytes += (uint64_t)lambda * (BAC_VRF_OUTPUT_BYTES + sizeof index);
}
