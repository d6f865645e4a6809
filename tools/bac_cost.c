/* SPDX-License-Identifier: GPL-2.0-only */
/* bac-cost: the CPU cost models, and what this machine takes for the same operations. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bac/cost.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "election/sortition.h"
#include "link/erasure.h"

/* CPU time of this process: other programs disturb it less than they do the wall clock. */
static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void show(const struct bac_cost_model *m) {
  printf("%-12s %10.1f %12.1f %14.1f %15.1f %15.3f %15.3f  %s\n", m->name, (double)m->sign_ns / 1e3, (double)m->verify_ns / 1e3,
         (double)m->vrf_prove_ns / 1e3, (double)m->vrf_verify_ns / 1e3, m->hash_ps_per_byte / 1e3, m->code_ps_per_byte / 1e3,
         m->source);
}

static void check(int good) {
  if (good) return;
  fprintf(stderr, "bac-cost: an operation failed\n");
  exit(1);
}

static void measure_signatures(struct bac_cost_model *here) {
  enum { ROUNDS = 2000 };
  struct bac_keypair pair;
  struct bac_cost cost = {0};
  uint8_t digest[BAC_HASH_BYTES] = {1}, signature[BAC_SIGNATURE_BYTES];
  bac_keypair_derive(&pair, 1, 1);
  double t0 = seconds();
  for (int i = 0; i < ROUNDS; i++) bac_sign(signature, digest, &pair, &cost);
  double t1 = seconds();
  int good = 0;
  for (int i = 0; i < ROUNDS; i++) good += bac_verify(NULL, signature, digest, pair.public_key, &cost);
  here->sign_ns = (bac_time)((t1 - t0) / ROUNDS * 1e9);
  here->verify_ns = (bac_time)((seconds() - t1) / ROUNDS * 1e9);
  check(good == ROUNDS);
}

static void measure_vrf(struct bac_cost_model *here) {
  enum { ROUNDS = 500 }; /* an input each: the time depends on it */
  static uint8_t proofs[ROUNDS][BAC_VRF_PROOF_BYTES];
  uint8_t pk[BAC_VRF_PUBLIC_KEY_BYTES], sk[BAC_VRF_SECRET_KEY_BYTES], seed[BAC_VRF_SEED_BYTES] = {1}, beta[BAC_VRF_OUTPUT_BYTES];
  uint8_t alpha[BAC_SORTITION_ALPHA_BYTES] = {0};
  bac_vrf_keypair(pk, sk, seed);
  int bad = 0;
  double t0 = seconds();
  for (int i = 0; i < ROUNDS; i++) {
    memcpy(alpha, &i, sizeof i);
    bad |= bac_vrf_prove(proofs[i], sk, alpha, sizeof alpha);
  }
  double t1 = seconds();
  for (int i = 0; i < ROUNDS; i++) {
    memcpy(alpha, &i, sizeof i);
    bad |= bac_vrf_verify(beta, pk, proofs[i], alpha, sizeof alpha);
  }
  here->vrf_prove_ns = (bac_time)((t1 - t0) / ROUNDS * 1e9);
  here->vrf_verify_ns = (bac_time)((seconds() - t1) / ROUNDS * 1e9);
  check(bad == 0);
}

static void measure_bytes(struct bac_cost_model *here) {
  enum { BYTES = 1 << 20, HASHES = 100 };
  uint8_t digest[BAC_HASH_BYTES], *bytes = calloc(1, BYTES);
  check(bytes != NULL);
  double t0 = seconds();
  for (int i = 0; i < HASHES; i++) bac_hash(digest, BAC_DOMAIN_OBJECT, bytes, BYTES);
  double t1 = seconds();
  /* One parity symbol over 100 data symbols: 100 multiply-accumulates a byte of parity. */
  enum { SYMBOLS = 100, SYMBOL_BYTES = 1300, CODES = 500 };
  uint8_t *data[SYMBOLS], parity[SYMBOL_BYTES];
  for (int i = 0; i < SYMBOLS; i++) data[i] = bytes + i * SYMBOL_BYTES;
  for (int i = 0; i < CODES; i++) bac_link_erasure_encode(SYMBOLS, SYMBOLS + (uint32_t)i % 100, SYMBOL_BYTES, data, parity);
  here->hash_ps_per_byte = (uint32_t)((t1 - t0) / HASHES / BYTES * 1e12);
  here->code_ps_per_byte = (uint32_t)((seconds() - t1) / CODES / SYMBOLS / SYMBOL_BYTES * 1e12);
  free(bytes);
}

static double measure_draw_us(const struct bac_lottery *lottery, uint32_t units) {
  enum { INPUTS = 1000, ROUNDS = 10 };
  static uint8_t betas[INPUTS][BAC_VRF_OUTPUT_BYTES];
  for (int i = 0; i < INPUTS; i++) {
    bac_hash(betas[i], BAC_DOMAIN_SEED, &i, sizeof i);
    bac_hash(betas[i] + BAC_HASH_BYTES, BAC_DOMAIN_NODE, &i, sizeof i);
  }
  int bad = 0;
  uint32_t lambda;
  double t0 = seconds();
  for (int i = 0; i < INPUTS * ROUNDS; i++) bad |= bac_sortition_draw(lottery, units, betas[i % INPUTS], &lambda);
  check(bad == 0);
  return (seconds() - t0) / INPUTS / ROUNDS * 1e6;
}

static void measure(void) {
  static const struct {
    struct bac_lottery lottery;
    uint32_t units;
  } draws[] = {{{5, 1, 10000}, 100}, {{5, 1, 10000}, 10000}, {{200000, 1, 1000000}, 10000}, {{500000, 1, 1000000}, 10000}};
  struct bac_cost_model here = {.name = "here", .source = "this machine, now"};
  measure_signatures(&here);
  measure_vrf(&here);
  measure_bytes(&here);
  show(&here);
  printf("\nhere, in Ed25519 verifications: VRF proof %.2f, VRF verification %.2f\n",
         (double)here.vrf_prove_ns / (double)here.verify_ns, (double)here.vrf_verify_ns / (double)here.verify_ns);
  for (size_t i = 0; i < sizeof draws / sizeof *draws; i++) {
    const struct bac_lottery *l = &draws[i].lottery;
    const double us = measure_draw_us(l, draws[i].units);
    printf("sortition draw of %" PRIu32 " units, R = %" PRIu64 ", tau = %" PRIu64 ": %.2f us, %.4f verifications\n", draws[i].units,
           l->total_units, l->tau_num, us, us * 1e3 / (double)here.verify_ns);
  }
}

int main(int argc, char **argv) {
  if (argc > 1) {
    int help = strcmp(argv[1], "--help") == 0;
    fprintf(help ? stdout : stderr, "usage: bac-cost\nPrints the CPU cost models and measures this machine: microseconds a signature, a "
                                    "verification and the same for the VRF, nanoseconds a byte hashed and a byte coded, and draws of "
                                    "the sortition.\n");
    return help ? 0 : 2;
  }
  printf("%-12s %10s %12s %14s %15s %15s %15s  %s\n", "model", "sign (us)", "verify (us)", "VRF prove (us)", "VRF verify (us)",
         "hash (ns/byte)", "code (ns/byte)", "source");
  for (size_t i = 0; bac_cost_model_at(i); i++) show(bac_cost_model_at(i));
  measure();
  return 0;
}
