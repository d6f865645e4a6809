/* SPDX-License-Identifier: GPL-2.0-only */
/* A string that grows. Running out of memory ends the process with a line on stderr. */
#ifndef BAC_RESULTS_TEXT_H
#define BAC_RESULTS_TEXT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All zero is the empty text; `data` is NULL then and zero-terminated from the first addition on. */
struct bac_text {
  char *data;
  size_t length, capacity;
};

void bac_text_add(struct bac_text *text, const char *bytes, size_t length);
void bac_text_puts(struct bac_text *text, const char *string);
__attribute__((format(printf, 2, 3))) void bac_text_printf(struct bac_text *text, const char *format, ...);
const char *bac_text_string(const struct bac_text *text); /* never NULL; borrowed until the text changes */
void bac_text_clear(struct bac_text *text);               /* empty, memory kept */
void bac_text_free(struct bac_text *text);

/* Columns on a terminal of a UTF-8 string (code points: no wide or combining characters are used here). */
size_t bac_text_width(const char *string);

/* realloc and strdup that do not fail. */
void *bac_results_realloc(void *old, size_t count, size_t size);
char *bac_results_strdup(const char *string);

#ifdef __cplusplus
}
#endif

#endif
