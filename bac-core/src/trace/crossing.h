/* SPDX-License-Identifier: GPL-2.0-only */
/* When vehicles drive into another shard of a map of fixed geometry: what handovers need. Host side. */
#ifndef BAC_TRACE_CROSSING_H
#define BAC_TRACE_CROSSING_H

#include "trace/sharding.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_crossing {
  int64_t at_ns;     /* trace time at which it is first in `to`, exact to 1 ns on the trace's straight lines */
  uint32_t from, to; /* shards; each crossing's `from` is the `to` of the one before */
};

/* The crossings of a vehicle in [begin_ns, end_ns], in order of time. `home` is the shard where it is first there; a stay in another
 * shard counts when it lasts hold_ns (>= 0) or longer before the vehicle drives on, goes away or the window ends, so that one who
 * drives along a border is not handed over all the time. Nobody knows of a crossing before at_ns + hold_ns. One who goes away and
 * comes back elsewhere crosses when it comes back. A stay shorter than the trace's step may go unseen, whatever hold_ns.
 *
 * crossings: room for `capacity`, may be NULL when that is 0. *count: how many there are; those beyond capacity are not written.
 * False, with nothing counted, when the vehicle is never there in the window. */
bool bac_crossings(const struct bac_shard_map *map, const struct bac_trace *trace, uint32_t vehicle, int64_t begin_ns, int64_t end_ns,
                   int64_t hold_ns, uint32_t *home, struct bac_crossing *crossings, uint32_t capacity, uint32_t *count);

#ifdef __cplusplus
}
#endif

#endif
