/* SPDX-License-Identifier: GPL-2.0-only */
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool bac_word_whole(const char *text, uint64_t low, uint64_t high, uint64_t *out) {
  if (*text == '\0' || strspn(text, "0123456789") != strlen(text)) return false;
  errno = 0;
  const unsigned long long v = strtoull(text, NULL, 10);
  if (errno != 0 || v < low || v > high) return false;
  *out = v;
  return true;
}

bool bac_word_real(const char *text, double low, double high, double *out) {
  if (*text == '\0' || strspn(text, "0123456789.eE+-") != strlen(text)) return false; /* strtod also takes blanks, hexadecimals and "nan" */
  char *end;
  errno = 0;
  const double v = strtod(text, &end);
  if (*end != '\0' || errno != 0 || !(v >= low && v <= high)) return false;
  *out = v;
  return true;
}

const char *bac_word_show(const char *word, char out[BAC_WORD_BYTES]) {
  const size_t length = strlen(word), shown = length < BAC_WORD_BYTES ? length : BAC_WORD_BYTES - 4;
  for (size_t i = 0; i < shown; i++) out[i] = (unsigned char)word[i] < ' ' || word[i] == 127 ? '?' : word[i];
  strcpy(out + shown, shown < length ? "..." : "");
  return out;
}
