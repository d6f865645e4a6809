/* SPDX-License-Identifier: GPL-2.0-only */
/* One program for all targets of targets.h: the name by which it is called, fuzz-NAME, says which one it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "targets.h"

#define TARGET(name) \
  { #name, fuzz_##name }
static const struct {
  const char *name;
  void (*run)(const uint8_t *bytes, size_t length);
} targets[] = {TARGET(message), TARGET(certificate), TARGET(identity), TARGET(revocation), TARGET(roster), TARGET(transaction), TARGET(block),
               TARGET(state),   TARGET(evidence),    TARGET(proof),    TARGET(passport),   TARGET(assignment), TARGET(microblock), TARGET(vrf),
               TARGET(trace),   TARGET(frames),      TARGET(record),   TARGET(store),      TARGET(options),     TARGET(result)};

static void (*run)(const uint8_t *bytes, size_t length);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
  const char *dash = strrchr((*argv)[0], '-');
  (void)argc;
  for (size_t i = 0; dash && i < sizeof targets / sizeof targets[0]; i++)
    if (strcmp(dash + 1, targets[i].name) == 0) run = targets[i].run;
  if (run) return 0;
  fprintf(stderr, "%s: no target: call it fuzz-NAME, as tests/fuzz/run.sh does\n", (*argv)[0]);
  exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  run(bytes, length);
  return 0;
}
