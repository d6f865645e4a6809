/* SPDX-License-Identifier: GPL-2.0-only */
/* The durable records of one node, in memory: what PERSIST effects wrote and RESTORE events give back after a crash. */
#ifndef BAC_SIM_JOURNAL_H
#define BAC_SIM_JOURNAL_H

#include "bac/bac.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_journal_record;

/* All zero is the empty journal. */
struct bac_journal {
  struct bac_journal_record *records; /* in the order written */
  size_t count, capacity;
};

/* Keeps what a PERSIST effect asks for; a BAC_RECORD_STATE takes the place of the one before. */
void bac_journal_write(struct bac_journal *journal, const struct bac_effect *persist);
/* The RESTORE event of a record, i < count; its bytes are borrowed until the next write. */
struct bac_event bac_journal_read(const struct bac_journal *journal, size_t i);
void bac_journal_clear(struct bac_journal *journal);

#ifdef __cplusplus
}
#endif

#endif
