/* SPDX-License-Identifier: GPL-2.0-only */
/* bac-bound's command line. */
#ifndef BAC_TOOLS_BAC_BOUND_OPTIONS_H
#define BAC_TOOLS_BAC_BOUND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bac_bound_options {
  uint32_t symbols;   /* 1..BAC_LINK_BOUND_SYMBOLS_MAX */
  uint32_t receivers;
  double loss;        /* 0..0.99 */
  double frame_us;    /* airtime of one frame, with what comes before it */
  bool help;
};

extern const char bac_bound_usage[];

/* 0, or -1 with one line in why. */
int bac_bound_options_parse(int argc, char *const *argv, struct bac_bound_options *o, char *why, size_t why_size);

#ifdef __cplusplus
}
#endif

#endif
