/* SPDX-License-Identifier: GPL-2.0-only */
/* Durable records in a file: appended, each with checksums, synced before any frame of the step leaves.
 *
 *   file:   "bacstore" || u32 version || owner[32] || u32 CRC-32 of the 44 bytes before
 *   record: u32 magic || u32 kind || u32 length || u64 synced || u32 CRC-32 of the payload || u32 CRC-32 of place and header || payload
 *
 * `synced` says up to where the file was durable when the record was written. So a reader can tell what a power cut tore (a bad
 * record that nothing written after a later sync follows: it had not been synced, no frame that depends on it has left, it is cut off)
 * from damage (a bad record that had been synced: the node may have voted on it, the file is refused). The last records that were
 * synced are not told from torn ones: nothing behind them says that they were.
 *
 * A new file, and one that is rewritten because records whose place others took fill most of it, is written beside and takes its place by rename. */
#ifndef BAC_STORE_FILE_H
#define BAC_STORE_FILE_H

#include "layer.h"
#include "store.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_STORE_OWNER_BYTES BAC_PUBLIC_KEY_BYTES

struct bac_store_file_config {
  const char *path;      /* copied; "<path>.new" is used too */
  const uint8_t *owner;  /* BAC_STORE_OWNER_BYTES: the node's public key, so that no node starts from another's promises */
  uint64_t dead_bytes_max; /* of records whose place others took, before the file is rewritten (if they are more than half of it); 0: 1 MB */
  const struct bac_layer *layer; /* NULL: the operating system's */
};

struct bac_store_file_report {
  uint64_t cut;       /* bytes that a power cut had torn, cut off when the file was opened */
  uint64_t rewritten; /* times, since */
  uint64_t records;   /* in the file, those whose place others took included */
  uint64_t bytes;     /* the file's size */
};

/* Opens the file, or makes it. NULL with a line in `why` that names file, place and remedy, and *error: BAC_EIO (it cannot be read or
 * written, another process has it), BAC_ECORRUPT (damaged, or another node's). */
struct bac_store *bac_store_file_open(const struct bac_store_file_config *config, int *error, char *why, size_t why_size);
struct bac_store_file_report bac_store_file_report(const struct bac_store *store);

#ifdef __cplusplus
}
#endif

#endif
