/* SPDX-License-Identifier: GPL-2.0-only */
/* The durable records of one node: what PERSIST effects wrote, and RESTORE events give back after a crash. One interface, two
 * implementations: in memory, for simulated hosts, and in a file, for a host that can lose power.
 *
 * A host, once a step's cost has passed, first calls bac_store_keep, then carries out the other effects. When that fails, or cannot be
 * known to have succeeded, it stops the node: a frame may never leave before the records that it depends on are durable. */
#ifndef BAC_STORE_STORE_H
#define BAC_STORE_STORE_H

#include <stdbool.h>

#include "bac/bac.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_store;

struct bac_store_table {
  /* Takes a record in; it is durable after the next sync. It takes the place of others as enum bac_record says. */
  int (*write)(struct bac_store *store, uint32_t kind, const uint8_t *bytes, size_t length, char *why, size_t why_size);
  int (*sync)(struct bac_store *store, char *why, size_t why_size);
  /* The RESTORE event of a record, i < count; its bytes are borrowed until the next call. */
  int (*read)(struct bac_store *store, size_t i, struct bac_event *event, char *why, size_t why_size);
  void (*free)(struct bac_store *store);
};

/* Implementations begin with it. */
struct bac_store {
  const struct bac_store_table *table;
  size_t count; /* of records, in the order written */
};

/* Makes the PERSIST effects of a step durable, all with one sync; none: nothing is done.
 * Errors: BAC_EIO with a line in `why`; which of them are durable is not known then, and the store takes no more. */
int bac_store_keep(struct bac_store *store, const struct bac_output *output, char *why, size_t why_size);
/* Errors: BAC_EIO, BAC_ECORRUPT, with a line in `why`. */
int bac_store_read(struct bac_store *store, size_t i, struct bac_event *event, char *why, size_t why_size);
void bac_store_free(struct bac_store *store); /* NULL is ignored */

/* For implementations: what of a record decides whose place it takes. */
struct bac_store_key {
  uint32_t kind;
  uint64_t number; /* height of BLOCK and BODY records, epoch of EVENT records */
};
struct bac_store_key bac_store_key_of(uint32_t kind, const uint8_t *bytes, size_t length);
bool bac_store_displaces(const struct bac_store_key *record, const struct bac_store_key *earlier);
/* Whether a later record of the same epoch may take its place. */
bool bac_store_passing(const struct bac_store_key *record);

/* Records that last as long as the process. */
struct bac_store *bac_store_memory_new(void);

#ifdef __cplusplus
}
#endif

#endif
