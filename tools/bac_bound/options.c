/* SPDX-License-Identifier: GPL-2.0-only */
#include "bac_bound/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "link/bound.h"
#include "words.h"

#define PREAMBLE_US 40.0
#define DIFS_US 58.0
#define BACKOFF_MEAN_US 97.5 /* 7.5 slots of 13 us */

const char bac_bound_usage[] =
    "usage: bac-bound [--bytes=2000000] [--receivers=50] [--loss=0.2] [--rate=6] [--frame=1400] [--header=0]\n"
    "Airtime that an ideal erasure code needs until the slowest receiver has the object (802.11p, 10 MHz, broadcast).\n"
    "  --bytes      size of the object, B (1 to 1e9)\n"
    "  --receivers  number of receivers (1 to 1e6)\n"
    "  --loss       probability that a receiver misses a frame, independent (0 to 0.99)\n"
    "  --rate       bit rate, Mb/s (0.001 to 1000)\n"
    "  --frame      payload of one frame, B (1 to 65535)\n"
    "  --header     further bytes of each frame on the air, B (0 to 1000)\n";

enum { BYTES, RECEIVERS, LOSS, RATE, FRAME, HEADER, OPTIONS };

struct option {
  const char *name;
  double value, least, most;
  bool whole;
};

static bool take(struct option *options, const char *argument, char *why, size_t why_size) {
  char shown[BAC_WORD_BYTES];
  for (int i = 0; i < OPTIONS; i++) {
    struct option *o = &options[i];
    const size_t length = strlen(o->name);
    if (strncmp(argument, o->name, length) != 0 || argument[length] != '=') continue;
    const char *text = argument + length + 1;
    double value;
    if (bac_word_real(text, o->least, o->most, &value) && (!o->whole || value == floor(value))) {
      o->value = value;
      return true;
    }
    snprintf(why, why_size, "%s: '%s' is not %s from %g to %g", o->name, bac_word_show(text, shown), o->whole ? "a whole number" : "a number", o->least, o->most);
    return false;
  }
  snprintf(why, why_size, "there is no option '%s': see bac-bound --help", bac_word_show(argument, shown));
  return false;
}

int bac_bound_options_parse(int argc, char *const *argv, struct bac_bound_options *o, char *why, size_t why_size) {
  struct option options[OPTIONS] = {
      [BYTES] = {"--bytes", 2000000, 1, 1e9, true}, [RECEIVERS] = {"--receivers", 50, 1, 1e6, true}, [LOSS] = {"--loss", 0.2, 0, 0.99, false},
      [RATE] = {"--rate", 6, 1e-3, 1000, false},    [FRAME] = {"--frame", 1400, 1, 65535, true},     [HEADER] = {"--header", 0, 0, 1000, true},
  };
  *o = (struct bac_bound_options){0};
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0) {
      o->help = true;
      return 0;
    }
    if (!take(options, argv[i], why, why_size)) return -1;
  }
  const double symbols = ceil(options[BYTES].value / options[FRAME].value);
  if (symbols > BAC_LINK_BOUND_SYMBOLS_MAX) {
    snprintf(why, why_size, "%.0f frames of %.0f B are more than %u: use a larger --frame or fewer --bytes", symbols, options[FRAME].value, BAC_LINK_BOUND_SYMBOLS_MAX);
    return -1;
  }
  *o = (struct bac_bound_options){.symbols = (uint32_t)symbols, .receivers = (uint32_t)options[RECEIVERS].value, .loss = options[LOSS].value};
  o->frame_us = PREAMBLE_US + DIFS_US + BACKOFF_MEAN_US + 8 * (options[FRAME].value + options[HEADER].value) / options[RATE].value;
  return 0;
}
