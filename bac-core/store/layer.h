/* SPDX-License-Identifier: GPL-2.0-only */
/* What the file store needs of an operating system, so that tests can put a disk with faults in its place. All return 0 or an errno
 * value; files are small numbers >= 0. */
#ifndef BAC_STORE_LAYER_H
#define BAC_STORE_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bac_layer {
  void *ctx;
  /* Opens for reading and writing, and holds it against other processes (EWOULDBLOCK: one has it). create: anew, empty. */
  int (*open)(void *ctx, const char *path, bool create, int *file);
  int (*size)(void *ctx, int file, uint64_t *size);
  int (*read)(void *ctx, int file, uint64_t offset, void *bytes, size_t length); /* all of it, or an error */
  int (*write)(void *ctx, int file, uint64_t offset, const void *bytes, size_t length);
  int (*cut)(void *ctx, int file, uint64_t size);
  int (*sync)(void *ctx, int file);
  int (*rename)(void *ctx, const char *from, const char *to); /* atomic, and durable on return */
  void (*close)(void *ctx, int file);
};

extern const struct bac_layer bac_layer_posix;

#ifdef __cplusplus
}
#endif

#endif
