/* SPDX-License-Identifier: GPL-2.0-only */
#include "disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/random.h"

#define FILES_MAX 4

struct file {
  char *name; /* NULL: none */
  bool held;
  uint8_t *bytes, *durable; /* as read now; as it is on the disk up to the last sync */
  uint64_t size, durable_size, capacity;
  uint64_t changed_from; /* below, both are the same */
};

struct bac_disk {
  struct bac_layer layer;
  struct bac_random random;
  struct file files[FILES_MAX];
  uint64_t operations, fail_at; /* fail_at: 0: never */
  int error;
};

static void file_clear(struct file *f) {
  free(f->name);
  free(f->bytes);
  free(f->durable);
  *f = (struct file){0};
}

static struct file *named(struct bac_disk *d, const char *path) {
  for (int i = 0; i < FILES_MAX; i++)
    if (d->files[i].name && strcmp(d->files[i].name, path) == 0) return &d->files[i];
  return NULL;
}

static void reserve(struct file *f, uint64_t size) {
  if (size <= f->capacity) return;
  f->capacity = 2 * size;
  f->bytes = bac_realloc(f->bytes, f->capacity, 1);
  f->durable = bac_realloc(f->durable, f->capacity, 1);
}

static char *copy_name(const char *path) {
  char *name = bac_alloc(strlen(path) + 1, 1);
  memcpy(name, path, strlen(path));
  return name;
}

/* 0, or the error that an operation which changes something meets. */
static int changes(struct bac_disk *d) {
  d->operations++;
  return d->fail_at > 0 && d->operations >= d->fail_at ? d->error : 0;
}

/* ---- What the file store calls. ---- */

static int disk_open(void *ctx, const char *path, bool create, int *file) {
  struct bac_disk *d = ctx;
  struct file *f = named(d, path);
  if (!f && !create) return ENOENT;
  if (f && f->held) return EWOULDBLOCK;
  const int error = create ? changes(d) : 0;
  if (error != 0) return error;
  for (int i = 0; i < FILES_MAX && !f; i++) {
    if (d->files[i].name) continue;
    f = &d->files[i];
    f->name = copy_name(path);
  }
  BAC_ASSERT(f);
  if (create) f->size = f->changed_from = 0;
  f->held = true;
  *file = (int)(f - d->files);
  return 0;
}

static int disk_size(void *ctx, int file, uint64_t *size) {
  *size = ((struct bac_disk *)ctx)->files[file].size;
  return 0;
}

static int disk_read(void *ctx, int file, uint64_t offset, void *bytes, size_t length) {
  const struct file *f = &((struct bac_disk *)ctx)->files[file];
  if (offset > f->size || f->size - offset < length) return EIO;
  if (length > 0) memcpy(bytes, f->bytes + offset, length);
  return 0;
}

static int disk_write(void *ctx, int file, uint64_t offset, const void *bytes, size_t length) {
  struct bac_disk *d = ctx;
  struct file *f = &d->files[file];
  const int error = changes(d);
  if (error != 0) length /= 2;
  BAC_ASSERT(offset <= f->size);
  reserve(f, offset + length);
  if (length > 0) memcpy(f->bytes + offset, bytes, length);
  if (f->size < offset + length) f->size = offset + length;
  if (f->changed_from > offset) f->changed_from = offset;
  return error;
}

static int disk_cut(void *ctx, int file, uint64_t size) {
  struct bac_disk *d = ctx;
  struct file *f = &d->files[file];
  const int error = changes(d);
  if (error != 0) return error;
  BAC_ASSERT(size <= f->size);
  f->size = size;
  if (f->changed_from > size) f->changed_from = size;
  return 0;
}

static int disk_sync(void *ctx, int file) {
  struct bac_disk *d = ctx;
  struct file *f = &d->files[file];
  const int error = changes(d);
  if (error != 0) return error;
  if (f->size > f->changed_from) memcpy(f->durable + f->changed_from, f->bytes + f->changed_from, f->size - f->changed_from);
  f->durable_size = f->changed_from = f->size;
  return 0;
}

static int disk_rename(void *ctx, const char *from, const char *to) {
  struct bac_disk *d = ctx;
  struct file *f = named(d, from), *old = named(d, to);
  const int error = changes(d);
  if (error != 0 || !f) return error != 0 ? error : ENOENT;
  if (old) { /* who holds it still reads it; nobody finds it */
    free(old->name);
    old->name = copy_name("");
  }
  free(f->name);
  f->name = copy_name(to);
  return 0;
}

static void disk_close(void *ctx, int file) {
  struct file *f = &((struct bac_disk *)ctx)->files[file];
  f->held = false;
  if (f->name[0] == '\0') file_clear(f);
}

/* ---- Faults. ---- */

struct bac_disk *bac_disk_new(uint64_t seed) {
  struct bac_disk *d = bac_alloc(1, sizeof *d);
  d->random = bac_random_stream(seed, 4, BAC_PURPOSE_FAULTS);
  d->layer = (struct bac_layer){.ctx = d,
                                .open = disk_open,
                                .size = disk_size,
                                .read = disk_read,
                                .write = disk_write,
                                .cut = disk_cut,
                                .sync = disk_sync,
                                .rename = disk_rename,
                                .close = disk_close};
  return d;
}

void bac_disk_free(struct bac_disk *d) {
  if (!d) return;
  for (int i = 0; i < FILES_MAX; i++) file_clear(&d->files[i]);
  free(d);
}

const struct bac_layer *bac_disk_layer(struct bac_disk *d) { return &d->layer; }

void bac_disk_fail(struct bac_disk *d, uint32_t count, int error) {
  d->fail_at = count > 0 ? d->operations + count : 0;
  d->error = error;
}

uint64_t bac_disk_operations(const struct bac_disk *d) { return d->operations; }

/* Of what was changed since the last sync [changed_from, size), what lies in [from, to) is on the disk; zeros: before it as well. */
static void tear(struct file *f, uint64_t from, uint64_t to) {
  const uint64_t size = to > f->durable_size ? to : f->durable_size;
  if (from > f->durable_size) memset(f->durable + f->durable_size, 0, from - f->durable_size);
  if (to > from) memcpy(f->durable + from, f->bytes + from, to - from);
  if (size > 0) memcpy(f->bytes, f->durable, size);
  f->size = f->durable_size = f->changed_from = size;
}

static void power_back(struct bac_disk *d) {
  d->fail_at = 0;
  for (int i = 0; i < FILES_MAX; i++) BAC_ASSERT(!d->files[i].held);
}

void bac_disk_cut(struct bac_disk *d) {
  power_back(d);
  for (int i = 0; i < FILES_MAX; i++) {
    struct file *f = &d->files[i];
    if (!f->name || (f->changed_from == f->size && f->size == f->durable_size)) continue;
    const uint64_t at = f->changed_from + bac_random_below(&d->random, f->size - f->changed_from + 1);
    if (bac_random_chance(&d->random, 1, 4))
      tear(f, at, f->size);
    else
      tear(f, f->changed_from, at);
  }
}

void bac_disk_cut_at(struct bac_disk *d, uint64_t kept) {
  power_back(d);
  for (int i = 0; i < FILES_MAX; i++) {
    struct file *f = &d->files[i];
    if (!f->name) continue;
    const uint64_t left = f->size - f->changed_from;
    tear(f, f->changed_from, f->changed_from + (kept < left ? kept : left));
  }
}

uint8_t *bac_disk_bytes(struct bac_disk *d, const char *path, uint64_t *size) {
  struct file *f = named(d, path);
  *size = f ? f->size : 0;
  return f ? f->bytes : NULL;
}

struct bac_disk *bac_disk_copy(const struct bac_disk *d) {
  struct bac_disk *copy = bac_disk_new(0);
  copy->random = d->random;
  for (int i = 0; i < FILES_MAX; i++) {
    const struct file *from = &d->files[i];
    struct file *to = &copy->files[i];
    if (!from->name || from->name[0] == '\0') continue;
    to->name = copy_name(from->name);
    reserve(to, from->size);
    if (from->size > 0) memcpy(to->bytes, from->bytes, from->size);
    if (from->size > 0) memcpy(to->durable, from->bytes, from->size);
    to->size = to->durable_size = to->changed_from = from->size;
  }
  return copy;
}
