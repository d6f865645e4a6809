/* SPDX-License-Identifier: GPL-2.0-only */
/* CSV cells (quoted as in RFC 4180, lines end with '\n'), and files that appear whole or not at all. */
#ifndef BAC_RESULTS_CSV_H
#define BAC_RESULTS_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes one cell, preceded by a comma unless it is the first of its row. */
void bac_csv_cell(FILE *out, bool first, const char *value);

/* A file under construction beside the one that it will replace. */
struct bac_new_file {
  FILE *stream;
  char *path, *temporary;
};

/* 0, or -1 with a line in `why`. */
int bac_new_file_open(struct bac_new_file *file, const char *folder, const char *name, char *why, size_t why_size);
/* Puts the file in its place once every byte is on disk. 0, or -1 with a line in `why`; the old file is untouched then. */
int bac_new_file_commit(struct bac_new_file *file, char *why, size_t why_size);
void bac_new_file_discard(struct bac_new_file *file);

#ifdef __cplusplus
}
#endif

#endif
