/* SPDX-License-Identifier: GPL-2.0-only */
/* bac-bound: least airtime to bring one object to many receivers over a lossy broadcast channel. */
#include <stdio.h>

#include "bac_bound/options.h"
#include "link/bound.h"

int main(int argc, char **argv) {
  struct bac_bound_options o;
  char why[300];
  if (bac_bound_options_parse(argc, argv, &o, why, sizeof why) != 0) {
    fprintf(stderr, "bac-bound: %s\n", why);
    return 2;
  }
  if (o.help) {
    fputs(bac_bound_usage, stdout);
    return 0;
  }
  double frames = bac_link_bound_frames(o.symbols, o.receivers, o.loss);
  printf("symbols            %u\n", o.symbols);
  printf("frames, ideal code %.1f\n", frames);
  printf("airtime, loss-free %.4f s\n", o.symbols * o.frame_us * 1e-6);
  printf("airtime, bound     %.4f s\n", frames * o.frame_us * 1e-6);
  printf("ratio              %.3f\n", frames / o.symbols);
  if (fflush(stdout) != 0 || ferror(stdout)) {
    perror("bac-bound");
    return 1;
  }
  return 0;
}
