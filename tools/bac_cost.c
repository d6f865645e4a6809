/* SPDX-License-Identifier: GPL-2.0-only */
/* bac-cost: the CPU cost models, and what this machine takes for the same operations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bac/cost.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "link/erasure.h"

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void show(const char *name, double sign_us, double verify_us, double hash_ns, double code_ns, const char *source) {
  printf("%-12s %10.1f %12.1f %16.3f %16.3f  %s\n", name, sign_us, verify_us, hash_ns, code_ns, source);
}

static void measure(void) {
  struct bac_keypair pair;
  struct bac_cost cost = {0};
  uint8_t digest[BAC_HASH_BYTES] = {1}, signature[BAC_SIGNATURE_BYTES];
  enum { ROUNDS = 2000, BYTES = 1 << 20, HASHES = 100 };
  bac_keypair_derive(&pair, 1, 1);
  double t0 = seconds();
  for (int i = 0; i < ROUNDS; i++) bac_sign(signature, digest, &pair, &cost);
  double t1 = seconds();
  int good = 0;
  for (int i = 0; i < ROUNDS; i++) good += bac_verify(NULL, signature, digest, pair.public_key, &cost);
  double t2 = seconds();
  uint8_t *bytes = calloc(1, BYTES);
  if (!bytes || good != ROUNDS) exit(1);
  for (int i = 0; i < HASHES; i++) bac_hash(digest, BAC_DOMAIN_OBJECT, bytes, BYTES);
  double t3 = seconds();
  /* One parity symbol over 100 data symbols: 100 multiply-accumulates a byte of parity. */
  enum { SYMBOLS = 100, SYMBOL_BYTES = 1300, CODES = 500 };
  uint8_t *data[SYMBOLS], parity[SYMBOL_BYTES];
  for (int i = 0; i < SYMBOLS; i++) data[i] = bytes + i * SYMBOL_BYTES;
  for (int i = 0; i < CODES; i++) bac_link_erasure_encode(SYMBOLS, SYMBOLS + (uint32_t)i % 100, SYMBOL_BYTES, data, parity);
  double code_ns = (seconds() - t3) / CODES / SYMBOLS / SYMBOL_BYTES * 1e9;
  free(bytes);
  show("here", (t1 - t0) / ROUNDS * 1e6, (t2 - t1) / ROUNDS * 1e6, (t3 - t2) / HASHES / BYTES * 1e9, code_ns, "this machine, now");
}

int main(int argc, char **argv) {
  if (argc > 1) {
    int help = strcmp(argv[1], "--help") == 0;
    fprintf(help ? stdout : stderr, "usage: bac-cost\nPrints the CPU cost models and measures this machine: microseconds a signature and a "
                                    "verification, nanoseconds a byte hashed and a byte coded.\n");
    return help ? 0 : 2;
  }
  printf("%-12s %10s %12s %16s %16s  %s\n", "model", "sign (us)", "verify (us)", "hash (ns/byte)", "code (ns/byte)", "source");
  for (size_t i = 0; bac_cost_model_at(i); i++) {
    const struct bac_cost_model *m = bac_cost_model_at(i);
    show(m->name, (double)m->sign_ns / 1e3, (double)m->verify_ns / 1e3, m->hash_ps_per_byte / 1e3, m->code_ps_per_byte / 1e3, m->source);
  }
  measure();
  return 0;
}
