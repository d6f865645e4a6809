/* SPDX-License-Identifier: GPL-2.0-only */
#define _POSIX_C_SOURCE 200809L /* fsync, fileno */
#include "csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

void bac_csv_cell(FILE *out, bool first, const char *value) {
  if (!first) fputc(',', out);
  if (value[strcspn(value, ",\"\r\n")] == '\0') {
    fputs(value, out);
    return;
  }
  fputc('"', out);
  for (; *value; value++) {
    if (*value == '"') fputc('"', out);
    fputc(*value, out);
  }
  fputc('"', out);
}

int bac_new_file_open(struct bac_new_file *file, const char *folder, const char *name, char *why, size_t why_size) {
  struct bac_text path = {0}, temporary = {0};
  bac_text_printf(&path, "%s/%s", folder, name);
  bac_text_printf(&temporary, "%s/.%s.tmp", folder, name);
  *file = (struct bac_new_file){.path = path.data, .temporary = temporary.data};
  file->stream = fopen(file->temporary, "w");
  if (file->stream) return 0;
  snprintf(why, why_size, "%s: %s", file->temporary, strerror(errno));
  bac_new_file_discard(file);
  return -1;
}

int bac_new_file_commit(struct bac_new_file *file, char *why, size_t why_size) {
  errno = 0;
  bool ok = !ferror(file->stream) && fflush(file->stream) == 0 && fsync(fileno(file->stream)) == 0;
  int error = errno;
  if (fclose(file->stream) != 0 && ok) {
    ok = false;
    error = errno;
  }
  file->stream = NULL;
  if (ok && rename(file->temporary, file->path) != 0) {
    ok = false;
    error = errno;
  }
  /* The stream has lost the errno of an earlier write: a full disk is by far the likeliest. */
  if (!ok) snprintf(why, why_size, "%s: %s", file->path, strerror(error ? error : ENOSPC));
  if (ok) {
    free(file->temporary);
    file->temporary = NULL;
  }
  bac_new_file_discard(file);
  return ok ? 0 : -1;
}

void bac_new_file_discard(struct bac_new_file *file) {
  if (file->stream) fclose(file->stream);
  if (file->temporary) unlink(file->temporary);
  free(file->path);
  free(file->temporary);
  *file = (struct bac_new_file){0};
}
