/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzz targets of what a host reads: its durable records, its command line, a run's result. */
#include "targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../bac-results/result.h"
#include "../../tools/bac_bound/options.h"
#include "../../tools/bac_sim/options.h"
#include "base/bytes.h"
#include "disk.h"
#include "link/bound.h"
#include "store/file.h"
#include "trace/crc32.h"

/* ---- The store. u8 mode; then a file as it stands (mode bit 0), or steps and a power cut. ---- */

#define HEADER 48 /* of the file, as file.h has it */
#define RECORD 28
#define WRITES_MAX 24

static uint8_t owner[BAC_STORE_OWNER_BYTES] = {7};

static struct bac_store *open_store(struct bac_disk *disk, int *error, char *why, size_t why_size) {
  const struct bac_store_file_config config = {.path = "s", .owner = owner, .dead_bytes_max = 60, .layer = bac_disk_layer(disk)};
  struct bac_store *store = bac_store_file_open(&config, error, why, why_size);
  BAC_ASSERT(store || *error == BAC_EIO || *error == BAC_ECORRUPT);
  BAC_ASSERT(store || (why[0] != '\0' && !strchr(why, '\n')));
  return store;
}

/* The checksums of header and records are made good where bit 1 is set, so that what they guard is read. */
static void any_file(const uint8_t *bytes, size_t length, bool good) {
  struct bac_disk *disk = bac_disk_new(1);
  const struct bac_layer *layer = bac_disk_layer(disk);
  uint8_t *file = bac_alloc(length + 1, 1);
  char why[700] = "";
  int handle, error;
  memcpy(file, bytes, length);
  if (good && length >= HEADER) {
    memcpy(file, "bacstore\1\0\0\0", 12);
    memcpy(file + 12, owner, sizeof owner);
    bac_put_u32(file + HEADER - 4, bac_crc32(file, HEADER - 4));
    for (size_t at = HEADER; length - at >= RECORD;) {
      uint8_t *r = file + at, place[8 + RECORD - 4];
      const size_t left = length - at - RECORD;
      bac_put_u32(r, 0x43524243u);
      if (bac_get_u32(r + 8) > 0xffff00) break; /* one in 256 is as it came */
      const uint32_t payload = bac_get_u32(r + 8) % (uint32_t)(left + 1 < 200 ? left + 1 : 200);
      bac_put_u32(r + 8, payload);
      bac_put_u32(r + 20, bac_crc32(r + RECORD, payload));
      bac_put_u64(place, at);
      memcpy(place + 8, r, RECORD - 4);
      bac_put_u32(r + RECORD - 4, bac_crc32(place, sizeof place));
      at += RECORD + payload;
    }
  }
  BAC_ASSERT(layer->open(layer->ctx, "s", true, &handle) == 0 && layer->write(layer->ctx, handle, 0, file, length) == 0);
  layer->close(layer->ctx, handle);
  struct bac_store *store = open_store(disk, &error, why, sizeof why);
  for (size_t i = 0; store && i < store->count; i++) {
    struct bac_event event;
    BAC_ASSERT(bac_store_read(store, i, &event, why, sizeof why) == BAC_OK);
  }
  /* What is opened takes more, and opens again with it. */
  if (store) {
    BAC_ASSERT(store->table->write(store, BAC_RECORD_BODY, owner, 9, why, sizeof why) == BAC_OK);
    BAC_ASSERT(store->table->sync(store, why, sizeof why) == BAC_OK);
    const size_t count = store->count;
    bac_store_free(store);
    store = open_store(disk, &error, why, sizeof why);
    BAC_ASSERT(store && store->count == count);
  }
  bac_store_free(store);
  bac_disk_free(disk);
  free(file);
}

struct write {
  uint32_t kind;
  const uint8_t *bytes;
  size_t length;
};

/* Whether the store holds what the first `count` writes come to. */
static bool holds(struct bac_store *store, const struct write *writes, uint32_t count) {
  char why[700];
  struct bac_store *model = bac_store_memory_new();
  for (uint32_t i = 0; i < count; i++) model->table->write(model, writes[i].kind, writes[i].bytes, writes[i].length, why, sizeof why);
  bool same = model->count == store->count;
  for (size_t i = 0; i < store->count && same; i++) {
    struct bac_event a, b;
    BAC_ASSERT(bac_store_read(store, i, &a, why, sizeof why) == BAC_OK && bac_store_read(model, i, &b, why, sizeof why) == BAC_OK);
    same = a.restore.kind == b.restore.kind && a.restore.length == b.restore.length && memcmp(a.restore.bytes, b.restore.bytes, a.restore.length) == 0;
  }
  bac_store_free(model);
  return same;
}

/* Writes and syncs, an operation of the disk that fails, a power cut; what had been synced is there, and of the rest a first part. */
static void power_cut(struct bac_reader *r) {
  struct bac_disk *disk = bac_disk_new(bac_read_u8(r));
  struct write writes[WRITES_MAX];
  uint32_t count = 0, synced = 0;
  char why[700] = "";
  int error;
  const uint32_t fail = bac_read_u8(r);
  struct bac_store *store = open_store(disk, &error, why, sizeof why);
  BAC_ASSERT(store);
  bac_disk_fail(disk, fail, 5 /* EIO */);
  bool good = true;
  while (good && count < WRITES_MAX && bac_reader_left(r) > 0) {
    const uint8_t what = bac_read_u8(r);
    if (what % 4 == 0) {
      good = store->table->sync(store, why, sizeof why) == BAC_OK;
      if (good) synced = count;
      continue;
    }
    struct write *w = &writes[count++];
    w->kind = 1 + what / 4 % 6;
    w->length = bac_read_u8(r) % 40;
    if (w->length > bac_reader_left(r)) w->length = bac_reader_left(r);
    w->bytes = bac_read_bytes(r, w->length);
    good = store->table->write(store, w->kind, w->bytes, w->length, why, sizeof why) == BAC_OK;
  }
  BAC_ASSERT(good || why[0] != '\0');
  bac_store_free(store);
  bac_disk_cut(disk);
  store = open_store(disk, &error, why, sizeof why);
  BAC_ASSERT(store); /* nothing but a tail was torn */
  bool found = false;
  for (uint32_t k = synced; k <= count && !found; k++) found = holds(store, writes, k);
  BAC_ASSERT(found);
  bac_store_free(store);
  bac_disk_free(disk);
}

void fuzz_store(const uint8_t *bytes, size_t length) {
  struct bac_reader r = bac_reader_over(bytes, length);
  const uint8_t mode = bac_read_u8(&r);
  if (mode & 1)
    any_file(bytes + (length > 0), length - (length > 0), mode & 2);
  else
    power_cut(&r);
}

/* ---- Command lines: u8 program, then words, each ending with a zero. ---- */

static void sim_options(int argc, char **argv) {
  struct bac_sim_options o, again;
  char why[300] = "", repeat[400], *words[8];
  if (bac_sim_options_parse(argc, argv, 2, &o, why, sizeof why) != BAC_OK) {
    BAC_ASSERT(why[0] != '\0' && !strchr(why, '\n'));
    return;
  }
  if (o.help) return;
  bac_sim_options_repeat(&o, "bac", o.plan.seed, repeat, sizeof repeat);
  int count = 0;
  for (char *at = repeat; at && count < 8; at = at ? at + 1 : NULL) {
    words[count++] = at;
    at = strchr(at, ' ');
    if (at) *at = '\0';
  }
  BAC_ASSERT(bac_sim_options_parse(count, words, 2, &again, why, sizeof why) == BAC_OK);
  BAC_ASSERT(again.plan.seed == o.plan.seed && again.plan.nodes == o.plan.nodes && again.plan.byzantine == o.plan.byzantine &&
             again.plan.mode == o.plan.mode && again.plan.time == o.plan.time);
  /* What the command line takes, a plan can be drawn from, or says why not. */
  static struct bac_plan plan;
  o.plan.protocol = o.protocol;
  if (bac_plan_draw(&plan, &o.plan, why, sizeof why) != BAC_OK) BAC_ASSERT(why[0] != '\0' && !strchr(why, '\n'));
}

static void bound_options(int argc, char **argv) {
  struct bac_bound_options o;
  char why[300] = "";
  if (bac_bound_options_parse(argc, argv, &o, why, sizeof why) != 0) {
    BAC_ASSERT(why[0] != '\0' && !strchr(why, '\n'));
    return;
  }
  if (o.help) return;
  BAC_ASSERT(o.frame_us > 0 && o.symbols > 0);
  const double frames = bac_link_bound_frames(o.symbols < 1000 ? o.symbols : 1000, o.receivers, o.loss);
  BAC_ASSERT(frames >= (o.symbols < 1000 ? o.symbols : 1000) && frames < 1e9);
}

void fuzz_options(const uint8_t *bytes, size_t length) {
  char text[1000], *argv[34] = {"program"};
  int argc = 1;
  if (length < 1 || length > sizeof text - 2) return;
  memcpy(text, bytes + 1, length - 1);
  text[length - 1] = '\0';
  for (size_t at = 0; at < length - 1 && argc < 33; at += strlen(text + at) + 1) argv[argc++] = text + at;
  if (bytes[0] % 2)
    sim_options(argc, argv);
  else
    bound_options(argc, argv);
}

/* ---- What a run sends to its parent: taken, it is written as the same again. ---- */

void fuzz_result(const uint8_t *bytes, size_t length) {
  struct bac_result result, again;
  char why[300] = "", *text[2] = {NULL, NULL};
  size_t size[2];
  if (bac_result_read((const char *)bytes, length, &result, why, sizeof why) != 0) {
    BAC_ASSERT(why[0] != '\0');
    bac_result_free(&result);
    return;
  }
  for (int i = 0; i < 2; i++) {
    FILE *out = open_memstream(&text[i], &size[i]);
    BAC_ASSERT(out && bac_result_write(i == 0 ? &result : &again, out) == 0 && fclose(out) == 0);
    if (i == 0) BAC_ASSERT(bac_result_read(text[0], size[0], &again, why, sizeof why) == 0);
  }
  BAC_ASSERT(size[0] == size[1] && memcmp(text[0], text[1], size[0]) == 0);
  for (int i = 0; i < 2; i++) free(text[i]);
  bac_result_free(&result);
  bac_result_free(&again);
}
