/* SPDX-License-Identifier: GPL-2.0-only */
/* Link layer: moves objects (byte strings of 1 to BAC_OBJECT_BYTES_MAX bytes) between nodes over a lossy broadcast
 * radio (port 0) and a reliable wired port (port 1: RSUs and the MBS). No I/O and no clock: the caller passes the time,
 * feeds received frames and polls for frames to send.
 *
 * Small objects travel as items of bundles, flooded with suppression or routed; large ones as symbols of an erasure
 * code, whose receivers ask for what they lack in the manner of NORM (RFC 5740): silent while another has asked for as
 * much. Nothing here is authenticated: an object's bytes are checked against its hash, who sent it is a claim. */
#ifndef BAC_LINK_LINK_H
#define BAC_LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bac/limits.h"
#include "bac/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bac_buf; /* base/bytes.h */

enum bac_link_kind { BAC_LINK_EV, BAC_LINK_RSU, BAC_LINK_MBS };

/* Order of service in the send queue; the values are those of enum bac_frame_class. */
enum bac_link_class { BAC_LINK_CONTROL, BAC_LINK_VOTE, BAC_LINK_BULK };
#define BAC_LINK_CLASSES 3
#define BAC_LINK_ALL ((1u << BAC_LINK_CLASSES) - 1) /* of them, as bits 1 << enum bac_link_class */

enum bac_link_port { BAC_LINK_AIR, BAC_LINK_WIRE };
#define BAC_LINK_PORTS 2

/* Zero in a field marked (d) stands for the default. */
struct bac_link_config {
  uint32_t self;  /* 0..BAC_NODE_ID_MAX */
  uint32_t shard; /* 0..65535 */
  enum bac_link_kind kind;
  uint32_t frame_bytes_max;      /* (d) BAC_FRAME_BYTES_MAX; 256..BAC_FRAME_BYTES_MAX */
  uint64_t bit_rate_bps;         /* (d) 6e6 */
  bac_time frame_overhead_ns;    /* (d) 200 us: preamble, DIFS, mean backoff */
  uint32_t frame_overhead_bytes; /* (d) 50: MAC, LLC and WSMP headers */
  uint32_t population;           /* (d) 32: stations expected within the shard; scales random windows */
  uint64_t seed;
  bool relay;    /* rebroadcast what others flood */
  bool backhaul; /* the shard has RSUs with a wired port */

  uint32_t hop_limit;        /* (d) 6: radio hops of a flooded item */
  uint32_t suppress_copies;  /* (d) 2: further copies heard that make a relay unnecessary */
  bac_time relay_window;     /* (d) from population and airtime */
  bac_time hello_interval;   /* (d) from population, at least 1 s; negative: no HELLO */
  bac_time object_lifetime;  /* (d) 25 s: large objects are kept for repair this long */
  bac_time dedup_lifetime;   /* (d) 30 s */
  uint32_t dedup_entries;    /* (d) 8192, a power of two */
  uint32_t objects_complete; /* (d) 8: large objects kept */
  uint32_t objects_partial;  /* (d) 8: large objects being received */
  uint32_t queue_items;      /* (d) 1024: small objects waiting to be sent */
  size_t complete_bytes;     /* (d) 8e6 */
  size_t partial_bytes;      /* (d) 8e6 */
  size_t queue_bytes;        /* (d) 1e6 */

  /* 32-byte hash that names objects; must not be NULL. */
  void (*hash)(uint8_t out[BAC_HASH_BYTES], const void *bytes, size_t length);
};

struct bac_link_callbacks {
  /* An object for this node, once per object (within dedup_lifetime). `bytes` are borrowed until the callback returns;
   * it may call bac_link_send and bac_link_decline, nothing else of the link. source: claimed originator. */
  void (*deliver)(void *ctx, const uint8_t *bytes, size_t length, uint32_t source);
  /* A frame or object was dropped for a reason that its sender answers for; may be NULL.  from: claimed transmitter, or
   * BAC_BROADCAST. */
  void (*reject)(void *ctx, enum bac_reject reason, uint32_t from);
  /* Optional: a completed large object may be replaced by an equal shared copy. Takes the reference `own`, returns one
   * to a buffer of the same bytes, so that hundreds of nodes in one process keep one copy. */
  struct bac_buf *(*share)(void *ctx, const uint8_t hash[BAC_HASH_BYTES], struct bac_buf *own);
};

/* One frame to put on a port. `bytes` are borrowed until the next call on the link. */
struct bac_link_frame {
  enum bac_link_port port;
  /* MAC next hop: a node, or BAC_BROADCAST (wired: an RSU's goes to the MBS, the MBS's to all RSUs). */
  uint32_t destination;
  uint32_t except; /* wired broadcast of the MBS: not to this RSU; else BAC_BROADCAST */
  enum bac_link_class traffic;
  const uint8_t *bytes;
  size_t length;
};

enum bac_link_frame_type { BAC_LINK_BUNDLE = 1, BAC_LINK_SYMBOL, BAC_LINK_NEED, BAC_LINK_ROUTE };
#define BAC_LINK_FRAME_TYPES 5 /* indices 1.. are used */

enum bac_link_drop {
  BAC_LINK_DROP_TRUNCATED, /* frame or item shorter than it says, or bytes left over */
  BAC_LINK_DROP_VERSION,
  BAC_LINK_DROP_SHARD,
  BAC_LINK_DROP_TYPE,
  BAC_LINK_DROP_LENGTH,  /* frame too long, item empty */
  BAC_LINK_DROP_LAYOUT,  /* a length, symbol size, generation or index that cannot be */
  BAC_LINK_DROP_HASH,    /* a small object whose bytes do not hash to its id */
  BAC_LINK_DROP_ECHO,    /* claims to be sent by this node */
  BAC_LINK_DROP_ADDRESS, /* for another next hop, or a port this node does not have */
  BAC_LINK_DROP_EXPIRED, /* unfinished reception given up */
  BAC_LINK_DROP_EVICTED, /* unfinished reception that gave way to another */
  BAC_LINK_DROP_QUEUE,   /* send queue full */
  BAC_LINK_DROP_BUDGET,  /* NEED beyond what one object may cost in repair */
  BAC_LINK_DROPS
};

struct bac_link_counters {
  uint64_t frames_sent[BAC_LINK_PORTS][BAC_LINK_FRAME_TYPES], bytes_sent[BAC_LINK_PORTS][BAC_LINK_FRAME_TYPES];
  uint64_t frames_received[BAC_LINK_FRAME_TYPES];
  uint64_t items_sent, items_delivered, items_duplicate;     /* small objects, per transmission and per reception */
  uint64_t items_relayed, items_suppressed, items_forwarded; /* flooded on, not flooded on after all, routed on */
  uint64_t attempts;                                         /* retransmissions by the originator (this node) */
  uint64_t symbols_sent, repair_symbols_sent;                /* the second is part of the first */
  uint64_t symbols_useful, symbols_duplicate;
  uint64_t symbols_surplus; /* received of an object or generation already complete */
  uint64_t needs_sent, needs_suppressed, needs_answered, adverts_sent, adverts_suppressed, hellos_sent;
  uint64_t objects_completed, objects_delivered, objects_polluted;
  uint64_t hashed_bytes, coded_bytes; /* CPU work: bytes hashed, bytes multiplied over GF(2^8) */
  uint64_t no_route;
  uint64_t drops[BAC_LINK_DROPS];
};

struct bac_link;

/* NULL if the configuration is out of range. Copies both structures; ctx is passed to the callbacks. */
struct bac_link *bac_link_new(const struct bac_link_config *config, const struct bac_link_callbacks *callbacks,
                              void *ctx);
void bac_link_free(struct bac_link *link);

/* Queues an object (copied) for a node or BAC_BROADCAST, to go on air not before now + delay (delay >= 0 spreads
 * votes). Sending equal bytes again is a retransmission: flooded anew (a large object: advertised anew, sent to those
 * who lack it), delivered once (but see bac_link_decline).  Errors: BAC_EINVAL (empty, bad destination, own id, longer than
 * BAC_OBJECT_BYTES_MAX or 3200 * (frame_bytes_max - 39)), BAC_ELIMIT (queue full, or too many large objects being
 * sent). */
int bac_link_send(struct bac_link *link, bac_time now, uint32_t destination, enum bac_link_class traffic,
                  const uint8_t *object, size_t length, bac_time delay);

/* Within the callback `deliver`: the owner has no use for the object yet (a later epoch's, beyond a window). When it is sent
 * again (a large one: advertised), it is delivered again. */
void bac_link_decline(struct bac_link *link);

/* A frame came in. Anything may be in it. */
void bac_link_receive(struct bac_link *link, bac_time now, enum bac_link_port port, const uint8_t *frame,
                      size_t length);

/* The next frame of some classes (bits) for `port`, or false if there is none now; nothing of other classes rides along. Poll while the MAC has
 * room, that of each radio for the classes that it carries; wired frames of all classes, without limit. */
bool bac_link_next_frame(struct bac_link *link, bac_time now, enum bac_link_port port, unsigned classes, struct bac_link_frame *out);

/* When to poll `port` again for these classes, BAC_NEVER if nothing is due: later than `now` once next_frame has returned false at `now`.
 * (While the MAC is full, wait for room instead.) */
bac_time bac_link_wakeup(const struct bac_link *link, enum bac_link_port port, unsigned classes);

/* Running totals, borrowed for the link's lifetime. */
const struct bac_link_counters *bac_link_counters(const struct bac_link *link);
/* Bytes of memory held now, for tests of the bounds. */
size_t bac_link_memory(const struct bac_link *link);

/* Mean airtime in ns of a frame of `frame_bytes`, from the configuration (defaults filled in). */
bac_time bac_link_airtime_ns(const struct bac_link_config *config, size_t frame_bytes);
/* Frames it takes to send `length` bytes once over one radio hop without loss, for timers: items share frames. */
uint32_t bac_link_frames_of(const struct bac_link_config *config, size_t length);

#ifdef __cplusplus
}
#endif

#endif
