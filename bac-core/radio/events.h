/* SPDX-License-Identifier: GPL-2.0-only */
/* The medium's events, a binary heap in order of time, then of scheduling. There are a handful for each transmission, none for receivers. */
#ifndef BAC_RADIO_EVENTS_H
#define BAC_RADIO_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "bac/types.h"

enum bac_radio_event_type {
  BAC_RADIO_SENSE,       /* a preamble is 4 us old; subject: flight */
  BAC_RADIO_HEADER,      /* a SIGNAL field ends; subject: flight */
  BAC_RADIO_FINISH,      /* a frame ends; subject: flight */
  BAC_RADIO_ACCESS,      /* a backoff may be over; subject: station */
  BAC_RADIO_ACK,         /* an acknowledgement is due; subject: station */
  BAC_RADIO_ACK_TIMEOUT, /* none came; subject: station */
  BAC_RADIO_INTERVAL,    /* of alternating access begins */
};

struct bac_radio_event {
  bac_time at;
  uint64_t order;
  uint32_t subject, generation; /* an event whose generation is not its subject's any more is void */
  enum bac_radio_event_type type;
};

struct bac_radio_events {
  struct bac_radio_event *heap;
  size_t count, capacity;
  uint64_t order;
};

void bac_radio_events_free(struct bac_radio_events *events);
void bac_radio_events_add(struct bac_radio_events *events, bac_time at, enum bac_radio_event_type type, uint32_t subject,
                          uint32_t generation);
/* The first event, or NULL; borrowed until the next call. */
const struct bac_radio_event *bac_radio_events_first(const struct bac_radio_events *events);
struct bac_radio_event bac_radio_events_take(struct bac_radio_events *events); /* there is one */

#endif
