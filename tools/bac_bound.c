/* SPDX-License-Identifier: GPL-2.0-only */
/* bac-bound: least airtime to bring one object to many receivers over a lossy broadcast channel. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/bound.h"

#define PREAMBLE_US 40.0
#define DIFS_US 58.0
#define BACKOFF_MEAN_US 97.5 /* 7.5 slots of 13 us */

static const char usage[] =
    "usage: bac-bound [--bytes=2000000] [--receivers=50] [--loss=0.2] [--rate=6] [--frame=1400] [--header=0]\n"
    "Airtime that an ideal erasure code needs until the slowest receiver has the object (802.11p, 10 MHz, broadcast).\n"
    "  --bytes      size of the object, B (1 to 1e9)\n"
    "  --receivers  number of receivers (1 to 1e6)\n"
    "  --loss       probability that a receiver misses a frame, independent (0 to 0.99)\n"
    "  --rate       bit rate, Mb/s (more than 0, up to 1000)\n"
    "  --frame      payload of one frame, B (1 to 65535)\n"
    "  --header     further bytes of each frame on the air, B (0 to 1000)\n";

struct option {
  const char *name;
  double value, least, most;
  int whole;
};

static int parse(struct option *options, size_t count, const char *argument) {
  for (size_t i = 0; i < count; i++) {
    size_t length = strlen(options[i].name);
    if (strncmp(argument, options[i].name, length) != 0 || argument[length] != '=') continue;
    const char *text = argument + length + 1;
    char *end = NULL;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !(value >= options[i].least && value <= options[i].most) ||
        (options[i].whole && value != floor(value))) {
      fprintf(stderr, "bac-bound: %s: '%s' is not %s from %g to %g\n", options[i].name, text,
              options[i].whole ? "a whole number" : "a number", options[i].least, options[i].most);
      return 2;
    }
    options[i].value = value;
    return 0;
  }
  fprintf(stderr, "bac-bound: unknown option '%s'\n%s", argument, usage);
  return 2;
}

int main(int argc, char **argv) {
  struct option options[] = {
      {"--bytes", 2000000, 1, 1e9, 1}, {"--receivers", 50, 1, 1e6, 1}, {"--loss", 0.2, 0, 0.99, 0},
      {"--rate", 6, 1e-3, 1000, 0},    {"--frame", 1400, 1, 65535, 1}, {"--header", 0, 0, 1000, 1},
  };
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0) {
      fputs(usage, stdout);
      return 0;
    }
    int error = parse(options, sizeof options / sizeof options[0], argv[i]);
    if (error) return error;
  }
  double frame = options[4].value;
  double symbols = ceil(options[0].value / frame);
  if (symbols > BAC_LINK_BOUND_SYMBOLS_MAX) {
    fprintf(stderr, "bac-bound: %.0f frames of %.0f B are more than %u\n", symbols, frame, BAC_LINK_BOUND_SYMBOLS_MAX);
    return 2;
  }
  double frame_us = PREAMBLE_US + DIFS_US + BACKOFF_MEAN_US + 8 * (frame + options[5].value) / options[3].value;
  double frames = bac_link_bound_frames((uint32_t)symbols, (uint32_t)options[1].value, options[2].value);
  printf("symbols            %.0f\n", symbols);
  printf("frames, ideal code %.1f\n", frames);
  printf("airtime, loss-free %.4f s\n", symbols * frame_us * 1e-6);
  printf("airtime, bound     %.4f s\n", frames * frame_us * 1e-6);
  printf("ratio              %.3f\n", frames / symbols);
  if (fflush(stdout) != 0 || ferror(stdout)) {
    perror("bac-bound");
    return 1;
  }
  return 0;
}
