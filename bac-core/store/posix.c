/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE /* flock */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "layer.h"

/* Whether the name still means this file: it may have been renamed over before the lock was there. */
static bool still_there(int fd, const char *path) {
  struct stat a, b;
  return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int posix_open(void *ctx, const char *path, bool create, int *file) {
  (void)ctx;
  const int fd = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);
  if (fd < 0) return errno;
  int error = flock(fd, LOCK_EX | LOCK_NB) == 0 ? (still_there(fd, path) ? 0 : EWOULDBLOCK) : errno;
  if (error == 0 && create && ftruncate(fd, 0) != 0) error = errno; /* not before the lock is held */
  if (error != 0) {
    close(fd);
    return error;
  }
  *file = fd;
  return 0;
}

static int posix_size(void *ctx, int file, uint64_t *size) {
  struct stat s;
  (void)ctx;
  if (fstat(file, &s) != 0) return errno;
  *size = (uint64_t)s.st_size;
  return 0;
}

static int posix_read(void *ctx, int file, uint64_t offset, void *bytes, size_t length) {
  (void)ctx;
  for (size_t done = 0; done < length;) {
    const ssize_t got = pread(file, (uint8_t *)bytes + done, length - done, (off_t)(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got < 0 ? errno : EIO;
    done += (size_t)got;
  }
  return 0;
}

static int posix_write(void *ctx, int file, uint64_t offset, const void *bytes, size_t length) {
  (void)ctx;
  for (size_t done = 0; done < length;) {
    const ssize_t put = pwrite(file, (const uint8_t *)bytes + done, length - done, (off_t)(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return put < 0 ? errno : EIO;
    done += (size_t)put;
  }
  return 0;
}

static int posix_cut(void *ctx, int file, uint64_t size) {
  (void)ctx;
  return ftruncate(file, (off_t)size) == 0 ? 0 : errno;
}

static int posix_sync(void *ctx, int file) {
  (void)ctx;
  return fsync(file) == 0 ? 0 : errno;
}

static int posix_rename(void *ctx, const char *from, const char *to) {
  (void)ctx;
  if (rename(from, to) != 0) return errno;
  /* The name is durable once its folder is. */
  const char *slash = strrchr(to, '/');
  const size_t length = slash ? (size_t)(slash - to) + 1 : 2;
  char *folder = bac_alloc(length + 1, 1);
  memcpy(folder, slash ? to : "./", length);
  const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free(folder);
  if (fd < 0) return errno;
  const int error = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  return error;
}

static void posix_close(void *ctx, int file) {
  (void)ctx;
  close(file);
}

const struct bac_layer bac_layer_posix = {.open = posix_open,
                                          .size = posix_size,
                                          .read = posix_read,
                                          .write = posix_write,
                                          .cut = posix_cut,
                                          .sync = posix_sync,
                                          .rename = posix_rename,
                                          .close = posix_close};
