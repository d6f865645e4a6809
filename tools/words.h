/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of a command line: numbers, and how a refusal shows one. */
#ifndef BAC_TOOLS_WORDS_H
#define BAC_TOOLS_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Digits and nothing else, low <= *out <= high. False: *out stays. */
bool bac_word_whole(const char *text, uint64_t low, uint64_t high, uint64_t *out);
/* A decimal number, with a fraction or an exponent if need be. */
bool bac_word_real(const char *text, double low, double high, double *out);

#define BAC_WORD_BYTES 84
/* A word on one line: what a terminal would not print is '?', what is too long ends in "...". Returns out. */
const char *bac_word_show(const char *word, char out[BAC_WORD_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
