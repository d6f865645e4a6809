/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/trace_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bac/types.h"
#include "base/bytes.h"

/* The whole file in *bytes, to be released with free(); 0 or an errno. */
static int read_all(const char *path, uint8_t **bytes, size_t *length) {
  *bytes = NULL;
  *length = 0;
  errno = 0;
  FILE *file = fopen(path, "rb");
  if (!file) return errno != 0 ? errno : EIO;
  size_t capacity = (size_t)1 << 20;
  *bytes = bac_alloc(capacity, 1);
  for (;;) {
    size_t got = fread(*bytes + *length, 1, capacity - *length, file);
    *length += got;
    if (got == 0) break;
    if (*length == capacity) {
      capacity *= 2;
      *bytes = bac_realloc(*bytes, capacity, 1);
    }
  }
  int error = ferror(file) ? (errno != 0 ? errno : EIO) : 0;
  fclose(file);
  return error;
}

int bac_trace_load(const char *path, struct bac_trace **out, char *why, size_t why_size) {
  uint8_t *bytes;
  size_t length;
  *out = NULL;
  int error = read_all(path, &bytes, &length), status = BAC_EINVAL;
  if (error == 0) {
    status = bac_trace_parse(bytes, length, path, out, why, why_size);
  } else if (why) {
    snprintf(why, why_size, "cannot read the trace '%.200s': %s; build it with: bac-trace --scenario=... --out=FILE",
             path, strerror(error));
  }
  free(bytes);
  return status;
}

static int write_all(const char *path, const uint8_t *bytes, size_t length) {
  errno = 0;
  FILE *file = fopen(path, "wb");
  if (!file) return errno != 0 ? errno : EIO;
  bool whole = fwrite(bytes, 1, length, file) == length;
  int error = whole ? 0 : errno;
  if (fclose(file) != 0 && whole) {
    whole = false;
    error = errno;
  }
  return whole ? 0 : error != 0 ? error : EIO;
}

int bac_trace_save(const struct bac_trace *trace, const char *path, char *why, size_t why_size) {
  uint8_t *bytes = NULL;
  size_t length;
  int status = bac_trace_encode(trace, &bytes, &length, why, why_size);
  if (status != BAC_OK) return status;

  size_t partial_size = strlen(path) + sizeof ".partial";
  char *partial = bac_alloc(partial_size, 1);
  snprintf(partial, partial_size, "%s.partial", path);
  int error = write_all(partial, bytes, length);
  if (error == 0 && rename(partial, path) != 0) error = errno;
  if (error != 0) {
    remove(partial);
    if (why) {
      snprintf(why, why_size,
               "cannot write the trace '%.200s': %s; choose a folder that can be written, with room for %zu kB", path,
               strerror(error), length / 1000 + 1);
    }
  }
  free(partial);
  free(bytes);
  return error == 0 ? BAC_OK : BAC_EINVAL;
}
