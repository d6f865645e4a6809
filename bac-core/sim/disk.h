/* SPDX-License-Identifier: GPL-2.0-only */
/* A disk in memory that can lose power, or be full, under the file store (store/layer.h). What is not synced when the power goes is torn:
 * a part of it is there, drawn, be it the first or the last one, and zeros may stand for the rest. */
#ifndef BAC_SIM_DISK_H
#define BAC_SIM_DISK_H

#include "store/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_disk;

struct bac_disk *bac_disk_new(uint64_t seed);
void bac_disk_free(struct bac_disk *disk); /* NULL is ignored */
/* Its functions, borrowed from it. */
const struct bac_layer *bac_disk_layer(struct bac_disk *disk);

/* The `count`-th operation that changes something from now on (1: the next; write, cut, sync, rename, open of a new file) fails with an
 * errno value, and all after it, until the power goes. A write that fails has written a part. 0: none. */
void bac_disk_fail(struct bac_disk *disk, uint32_t count, int error);
/* Operations since the beginning that changed something. */
uint64_t bac_disk_operations(const struct bac_disk *disk);

/* The power goes, and comes back. Files are to be closed before. */
void bac_disk_cut(struct bac_disk *disk);
/* The same, and the first `kept` bytes since the last sync are there, no others. */
void bac_disk_cut_at(struct bac_disk *disk, uint64_t kept);

/* A file's bytes, for tests: borrowed until the next call; NULL: there is none. */
uint8_t *bac_disk_bytes(struct bac_disk *disk, const char *path, uint64_t *size);
/* Another disk with the same content, all of it durable. */
struct bac_disk *bac_disk_copy(const struct bac_disk *disk);

#ifdef __cplusplus
}
#endif

#endif
