/* SPDX-License-Identifier: GPL-2.0-only */
#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *bac_results_realloc(void *old, size_t count, size_t size) {
  void *p = size > 0 && count > SIZE_MAX / size ? NULL : realloc(old, count * size > 0 ? count * size : 1);
  if (!p) {
    fputs("bac-results: out of memory\n", stderr);
    abort();
  }
  return p;
}

char *bac_results_strdup(const char *string) {
  size_t size = strlen(string) + 1;
  return memcpy(bac_results_realloc(NULL, size, 1), string, size);
}

static void reserve(struct bac_text *text, size_t more) {
  size_t need = text->length + more + 1;
  if (need <= text->capacity) return;
  size_t capacity = text->capacity * 2 > need ? text->capacity * 2 : need;
  text->data = bac_results_realloc(text->data, capacity, 1);
  text->capacity = capacity;
}

void bac_text_add(struct bac_text *text, const char *bytes, size_t length) {
  reserve(text, length);
  if (length > 0) memcpy(text->data + text->length, bytes, length);
  text->length += length;
  text->data[text->length] = '\0';
}

void bac_text_puts(struct bac_text *text, const char *string) { bac_text_add(text, string, strlen(string)); }

void bac_text_printf(struct bac_text *text, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (length > 0) {
    reserve(text, (size_t)length);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
    text->length += (size_t)length;
  }
  va_end(again);
}

const char *bac_text_string(const struct bac_text *text) { return text->data ? text->data : ""; }

void bac_text_clear(struct bac_text *text) {
  text->length = 0;
  if (text->data) text->data[0] = '\0';
}

void bac_text_free(struct bac_text *text) {
  free(text->data);
  *text = (struct bac_text){0};
}

size_t bac_text_width(const char *string) {
  size_t width = 0;
  for (; *string; string++) width += ((unsigned char)*string & 0xc0) != 0x80;
  return width;
}
