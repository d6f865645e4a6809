/* SPDX-License-Identifier: GPL-2.0-only */
/* What members of the next epoch say to each other before this one has got there. Who turns a second after the others would have missed the first block
 * and the votes for it, and have to ask for them: among a crowd so many do that their answers fill the air. */
#ifndef BAC_NODE_EARLY_H
#define BAC_NODE_EARLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BAC_EARLY_BYTES_MAX (256 * 1024) /* some 900 votes, a block and its certificate */

struct bac_buf;

struct bac_early {
  uint64_t epoch; /* of all that is held */
  struct bac_early_object {
    struct bac_buf *object;
    uint32_t source; /* who handed it to this node */
  } * objects; /* in the order in which they came */
  size_t count, capacity, bytes;
};

/* Holds a copy of an object of an epoch; what is held of another one is dropped. False: it is full. */
bool bac_early_hold(struct bac_early *early, uint64_t epoch, const uint8_t *object, size_t length, uint32_t source);
void bac_early_clear(struct bac_early *early);

#endif
