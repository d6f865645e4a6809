/* SPDX-License-Identifier: GPL-2.0-only */
/* State of a link and what its files call in each other. Not for other folders. */
#ifndef BAC_LINK_INTERNAL_H
#define BAC_LINK_INTERNAL_H

#include "base/bytes.h"
#include "base/random.h"
#include "link/erasure.h"
#include "link/link.h"

/* Every frame starts with (little-endian):
 *   0  u8   version, 0xb1
 *   1  u8   bits 0-3: type (enum bac_link_frame_type); bits 4-6: kind of the transmitter (enum bac_link_kind);
 *           bit 7: the transmitter is weak, it hears LINK_WEAK_NEIGHBOURS stations or fewer
 *   2  u16  shard
 *   4  u16  transmitter
 *   6  u16  next hop, 65535 = all that hear it
 *   8  u8   bits 0-6: frames that the transmitter has broadcast on the air, modulo 128: the gaps tell receivers the loss of the
 *           link; bit 7: counted apart, by a second radio that carries bulk alone (frames of two radios overtake each other)
 * BUNDLE: items until the end. An item is u8   low 4 bits: 1 data, 2 advert; high 4 bits: class data:   u8
 * attempt, u8 hops left, u16 originator, u16 destination, u16 length, id[8], bytes[length] advert: id[16], u32 length,
 * u16 symbol bytes, u16 originator, u16 destination SYMBOL: id[16], u32 length, u16 originator, u16 destination, u8
 * class, u8 burst, u16 remaining, u16 place (bits 0-11: index; bits 12-15: generation), then the symbol: its size is what is left of the frame
 *   class: bit 7 marks a unicast answer to a NEED (who asked knows what the object is for)
 *   burst counts the NEEDs that the transmitter has heard, remaining the symbols it still means to send: they tell
 *   receivers whether a NEED was heard, and when the pause begins
 * NEED: id[16], u32 length, u16 symbol bytes, u16 holder asked first, u8 generations (bit 7: of EVs who hear RSUs the
 *   originator alone is to answer), u16 lacked[generations]
 * ROUTE (RSU to MBS, wired): u16 node heard lately, u8 quality, repeated */
#define LINK_CONTROL_BIT (1u << BAC_LINK_CONTROL) /* of classes: adverts, requests and HELLOs leave with it */
#define LINK_VERSION 0xb1u
#define LINK_HEADER_BYTES 9u
#define LINK_COUNT_AT 8u      /* where the count of broadcast frames stands */
#define LINK_COUNTS 128u      /* its modulus */
#define LINK_ITEM_BYTES 17u   /* of a data item before its bytes */
#define LINK_ADVERT_BYTES 27u /* of an advert item */
#define LINK_SYMBOL_HEADER_BYTES 39u
#define LINK_PLACE_INDEX_BITS 12u
#define LINK_NEED_BYTES 34u /* without the counts */
#define LINK_NEED_OF_RSUS 0x80u
#define LINK_ITEM_ID_BYTES 8u
#define LINK_OBJECT_ID_BYTES 16u
#define LINK_JOBS_MAX 1024u
#define LINK_OBJECT_SLOTS 64u
#define LINK_FORWARDS_MAX 32u
#define LINK_GIVERS_MAX 4u
#define LINK_ANSWER_FLAG 0x80u
#define LINK_RETURNED_KEY 0x2127599bf4325c37u /* marks in the seen table what came back by wire */
#define LINK_WEAK_NEIGHBOURS 4u
#define LINK_WEAK_MAX 8u

enum link_item_kind { LINK_ITEM_DATA = 1, LINK_ITEM_ADVERT = 2 };

struct link_header {
  uint8_t type, kind, count;
  bool weak;
  uint16_t transmitter, next_hop;
};

#define LINK_FLOOD_BUCKETS 64u

/* A small object, or an advert, waiting in the send queue; `bytes` is its encoding in a bundle. */
struct link_item {
  struct link_item *next, *previous;
  struct link_item *flood_next, *flood_prev; /* of those with like keys, the oldest first */
  uint64_t key; /* in the table of seen items; 0 for adverts */
  bac_time due;
  uint16_t next_hop, except;
  uint8_t port, traffic, copies;
  bool relay;      /* someone else's: may be suppressed, first to go when the queue is full */
  bool flood;      /* a broadcast on the air, which others repeat */
  uint8_t repeats; /* times that it may be sent once more if `weak` or `unheard` say so */
  bool sent;       /* at least once */
  bool unheard;    /* this weak station's own, and nobody has repeated it yet */
  uint8_t weak_count;
  uint16_t weak[LINK_WEAK_MAX]; /* weak neighbours not known to have it */
  uint16_t length;
  uint8_t bytes[];
};

/* Items seen lately: a bounded set-associative table that forgets the oldest. */
struct link_seen {
  uint64_t key; /* 0: free */
  uint32_t at_ms;
  uint8_t attempt;
  bool declined; /* the owner had no use for it yet */
};

struct link_seen_table {
  struct link_seen *entries;
  uint32_t capacity, capacity_max, lifetime_ms;
};

/* A station heard lately on the air or the wire; at the MBS also an EV that an RSU reported (`via`). */
struct link_neighbour {
  bac_time at;
  uint16_t id, via;
  uint8_t quality; /* share of its broadcast frames that arrive, in 1/255, exponentially averaged */
  uint8_t count[BAC_RADIOS_MAX]; /* of the last frame it broadcast, by radio */
  uint8_t kind, port;
  bool used, weak, counted[BAC_RADIOS_MAX]; /* counted: `count` is known */
};

struct link_neighbours {
  struct link_neighbour *entries;
  uint32_t capacity;
};

struct link_generation {
  uint32_t k, have;
  uint32_t position;      /* where the search for an unheard index goes on */
  uint32_t sent;          /* symbols of it that this node broadcast on the air */
  uint32_t code;          /* symbols that there are of it, with parity */
  uint32_t wire_position; /* the last one sent on the wire */
  uint16_t asked;         /* what someone has asked for and not got yet */
  bool decoded, prepared; /* prepared: `heard` and `position` are set up for sending */
  bool wired;             /* `wire_position` is set */
  uint8_t *heard;         /* bit i: symbol i was heard, or sent, on the air */
  uint8_t *pending[BAC_LINK_PORTS]; /* bit i: symbol i came by the other port and is to leave by this one */
  uint8_t **symbols;      /* received: `code` pointers, NULL before the first */
};

/* A large object, being received or complete. */
struct link_object {
  uint8_t id[LINK_OBJECT_ID_BYTES];
  struct bac_link_layout layout;
  uint16_t origin, source; /* source: whom the first symbol or advert came from */
  uint16_t trusted;        /* after pollution: the only transmitter listened to; else BAC_BROADCAST */
  struct {
    uint16_t id;
    uint32_t symbols;
  } givers[LINK_GIVERS_MAX]; /* transmitters of the symbols held */
  uint8_t traffic;
  bool complete, delivered, declined, own; /* declined: delivered too early, see bac_link_decline */
  bool passed;          /* broadcast once by this node */
  bool mine;            /* to be delivered here */
  bool unicast;         /* moves hop by hop; else by broadcast to: */
  uint16_t audience;    /* all, or, for want of a route, the one node that relays pass it on for */
  struct bac_buf *data; /* when complete */
  uint8_t *tail;        /* last symbol, padded with zeros; NULL if it needs no padding */
  size_t bytes;         /* memory charged for it */
  bac_time created, progress, complete_at;
  uint32_t decoded;                     /* generations */
  uint32_t pending[BAC_LINK_PORTS];     /* symbols, over all generations */
  uint16_t pending_from;                /* the RSU that they came from by wire; BAC_BROADCAST: several, or by air */
  uint32_t by_air, by_wire;             /* symbols heard from who is heard well; new ones that another RSU passed on */
  bac_time most_at;                     /* when an RSU, or the MBS, had most of it; 0: not yet */
  uint16_t forwards[LINK_FORWARDS_MAX]; /* destinations it is to go on to */
  uint32_t forwards_count;

  /* Whoever sends symbols of it: */
  uint16_t talker;
  uint8_t talker_port, talker_burst;
  uint32_t talker_remaining;
  bac_time talker_at, gap; /* gap: measured time from symbol to symbol */

  /* Asking: */
  bac_time need_due;             /* BAC_NEVER: not waiting to ask */
  bac_time asked_until;          /* `asked` counts until then, unless the talker has heard it */
  uint16_t asked_talker, holder; /* holder: whom to ask first */
  uint8_t asked_burst, need_retries, need_port;

  /* Serving: */
  bac_time advert_due; /* advert to all, BAC_NEVER: none */
  uint8_t advert_copies, piggyback, burst;
  uint32_t loss_permille; /* of the worst receiver that asked; 0: unknown */
  uint64_t budget;        /* repair symbols that may still be sent on the air */
  struct link_generation *generation; /* layout.generations of them, and the bits that they point to, in one piece */
};

/* Symbols to send of one object to one next hop. */
struct link_job {
  struct link_object *object;
  bac_time due;
  uint16_t peer, destination;
  uint8_t port;
  bool answers;  /* a NEED that came by unicast */
  bool named;    /* answers a NEED that asks this station first */
  uint32_t turn; /* generation to serve next */
  uint32_t pass; /* next data symbol of the first pass; layout.symbols: done */
  uint32_t outstanding_total;
  uint16_t outstanding[BAC_LINK_GENERATIONS_MAX];
};

struct bac_link {
  struct bac_link_config config;
  struct bac_link_callbacks callbacks;
  void *ctx;
  struct bac_random random;
  struct bac_link_counters counters;
  uint8_t frame[BAC_FRAME_BYTES_MAX];

  struct link_item *queue_first, *queue_last;
  struct link_item *floods[LINK_FLOOD_BUCKETS]; /* of the queue, by key */
  bac_time queue_due[BAC_LINK_PORTS][BAC_LINK_CLASSES]; /* of its items the earliest; BAC_NEVER: there is none */
  uint32_t queue_items;
  size_t queue_bytes;

  struct link_seen_table seen;
  struct link_neighbours neighbours;
  bac_time relay_due; /* no relay goes on the air before */
  uint32_t density; /* stations within earshot, as far as known; counted again with each HELLO timer */
  bac_time born;    /* when it was first counted */
  bool rsu_speaks;  /* an RSU on the wire was heard lately on the air */
  bac_time hello_due, route_due, housekeeping_due;
  bac_time neighbour_lifetime;
  bool weak;               /* hears few stations: see link_item */
  bool turns;              /* an RSU to whom something came by wire from another one: takes turns with it on the air */
  bool declined;           /* what is being delivered */
  bool sent_on_air;        /* since the HELLO timer was set */
  uint8_t radio;                           /* that the next frame leaves by: 1 carries bulk alone */
  uint8_t broadcast_count[BAC_RADIOS_MAX]; /* frames broadcast on the air, modulo 128 */

  struct link_object *objects[LINK_OBJECT_SLOTS];
  uint32_t objects_count;
  struct link_job *jobs;
  uint32_t jobs_count, jobs_capacity;
  uint32_t loss_permille; /* of the worst receiver lately; what repair is inflated by */
};

/* ---- link.c ---- */
void link_drop(struct bac_link *l, enum bac_link_drop reason, uint16_t from);
struct bac_writer link_frame_start(struct bac_link *l, enum bac_link_frame_type type, uint16_t next_hop);
bool link_frame_finish(struct bac_link *l, const struct bac_writer *w, enum bac_link_frame_type type,
                       struct bac_link_frame *out);
/* Time that `frames` full frames take on the air. */
bac_time link_frames_time(const struct bac_link *l, uint32_t frames);
bac_time link_jitter(struct bac_link *l, bac_time window);

/* ---- tables.c ---- */
void link_seen_init(struct link_seen_table *t, uint32_t capacity_max, bac_time lifetime);
struct link_seen *link_seen_find(struct link_seen_table *t, bac_time now, uint64_t key);
struct link_seen *link_seen_add(struct link_seen_table *t, bac_time now, uint64_t key);
void link_neighbours_init(struct link_neighbours *t);
struct link_neighbour *link_neighbour_find(struct link_neighbours *t, uint16_t id);
/* Whether most of what it broadcasts arrives here: one who does not serves others, and somebody nearer may speak beside it. */
bool link_hears_well(struct bac_link *l, uint16_t id);
/* A broadcast frame of n arrived, the count-th: updates the link's quality. */
void link_neighbour_measure(struct link_neighbour *n, uint8_t count);
struct link_neighbour *link_neighbour_heard(struct link_neighbours *t, bac_time now, uint16_t id, uint8_t kind,
                                            uint8_t port, uint16_t via);

/* ---- route.c ---- */
struct link_hop {
  uint8_t port;
  uint16_t next;
};
/* Where a unicast goes next; false if this node should drop it. `from_wire`: it came in by wire, `addressed`: to this
 * node alone. */
bool link_route(struct bac_link *l, bac_time now, uint16_t destination, bool from_wire, bool addressed,
                struct link_hop *hop);
/* The RSU within earshot that is heard best, or NULL. */
const struct link_neighbour *link_rsu_near(const struct bac_link *l, bac_time now);
void link_route_receive(struct bac_link *l, bac_time now, uint16_t from, struct bac_reader *r);
bool link_route_frame(struct bac_link *l, bac_time now, struct bac_link_frame *out);
void link_housekeeping(struct bac_link *l, bac_time now);

/* Up to LINK_WEAK_MAX weak stations heard lately on the air, `except` not among them. */
uint8_t link_weak_neighbours(const struct bac_link *l, bac_time now, uint16_t except, uint16_t weak[LINK_WEAK_MAX]);

/* ---- queue.c ---- */
/* An item has another time to leave, or relay_due is another. */
void link_queue_retime(struct bac_link *l, uint8_t port);
/* At the end of the queue, to leave by the port from `due` on. NULL if full. */
struct link_item *link_queue_add(struct bac_link *l, size_t length, uint8_t port, uint8_t traffic, bac_time due, bool relay);
void link_queue_remove(struct bac_link *l, struct link_item *item);
/* An item that others repeat on the air, so that it is found by its key. */
void link_queue_flood(struct bac_link *l, struct link_item *item);
/* The item waiting to be flooded on the air, or NULL. */
struct link_item *link_queue_find_flood(struct bac_link *l, uint64_t key);
/* Below, `classes` are bits 1 << enum bac_link_class: what may leave. */
struct link_item *link_queue_best(struct bac_link *l, bac_time now, enum bac_link_port port, unsigned classes);
bool link_bundle_frame(struct bac_link *l, bac_time now, unsigned classes, struct link_item *first, bool hello, struct bac_link_frame *out);
bac_time link_queue_wakeup(const struct bac_link *l, enum bac_link_port port, unsigned classes);

/* ---- datagram.c ---- */
/* How far relays are spread in time. */
bac_time link_relay_window(const struct bac_link *l);
/* More stations are in earshot than windows of time can keep apart. */
bool link_crowded(const struct bac_link *l);
/* A window, as much wider among a crowd as the crowd is larger. */
bac_time link_crowd_stretch(const struct bac_link *l, bac_time window);
/* A relay is waiting, or has been sent: when this station may relay on the air (relay_due). */
void link_relay_turn(struct bac_link *l, bac_time now, bool sent);
int link_datagram_send(struct bac_link *l, bac_time now, uint16_t destination, enum bac_link_class traffic,
                       const uint8_t *object, size_t length, bac_time delay);
void link_bundle_receive(struct bac_link *l, bac_time now, enum bac_link_port port, const struct link_header *h,
                         struct bac_reader *r);

/* ---- objects.c ---- */
uint64_t link_object_key(const uint8_t *id);
/* The complete object of that id, else the reception of that id and layout, else NULL. */
struct link_object *link_object_find(struct bac_link *l, const uint8_t *id, const struct bac_link_layout *layout);
/* A new reception; gives up another one when there are too many. */
struct link_object *link_object_new(struct bac_link *l, bac_time now, const uint8_t *id,
                                    const struct bac_link_layout *layout, uint16_t origin, uint16_t source);
/* A complete object of this node's own, or the one that is there (known). NULL if too many are being sent. */
struct link_object *link_object_store(struct bac_link *l, bac_time now, const uint8_t *bytes, size_t length,
                                      bool *known);
void link_object_remove(struct bac_link *l, struct link_object *o);
void link_objects_expire(struct bac_link *l, bac_time now);
enum link_symbol_result { LINK_SYMBOL_KEPT, LINK_SYMBOL_SURPLUS, LINK_SYMBOL_COMPLETED, LINK_SYMBOL_REMOVED };
/* Takes one received symbol. When the object proves polluted, all symbols go: the first time the reception starts again
 * from the transmitter that gave most of them alone (KEPT); the second time the object is gone (REMOVED). */
enum link_symbol_result link_object_symbol(struct bac_link *l, bac_time now, struct link_object *o, uint32_t g,
                                           uint32_t index, const uint8_t *symbol, uint16_t from);
/* Delivers if it is complete, for this node and not delivered yet. Last thing to do: the object may be gone afterwards.
 */
void link_object_deliver(struct bac_link *l, bac_time now, struct link_object *o);
/* Symbols still lacked of generation g. */
uint16_t link_object_lacks(const struct link_object *o, uint32_t g);
/* Data symbol `index` of generation g, of a complete object or a decoded generation. */
uint8_t *link_object_data(const struct link_object *o, uint32_t g, uint32_t index);

/* ---- transfer.c ---- */
int link_transfer_send(struct bac_link *l, bac_time now, uint16_t destination, enum bac_link_class traffic,
                       const uint8_t *object, size_t length, bac_time delay);
void link_symbol_receive(struct bac_link *l, bac_time now, enum bac_link_port port, const struct link_header *h,
                         struct bac_reader *r);
void link_advert_receive(struct bac_link *l, bac_time now, enum bac_link_port port, const struct link_header *h,
                         struct bac_reader *r, uint8_t traffic);
void link_advert_write(struct bac_writer *w, const struct link_object *o, uint16_t destination);

/* ---- repair.c ---- */
/* An advert was heard of an object that this node lacks (part of): ask its sender, soon. */
void link_need_wanted(struct bac_link *l, bac_time now, struct link_object *o, enum bac_link_port port,
                      uint16_t holder);
/* A symbol was heard: ask when the burst it belongs to is over. */
void link_need_schedule(struct bac_link *l, bac_time now, struct link_object *o);
void link_need_receive(struct bac_link *l, bac_time now, enum bac_link_port port, const struct link_header *h,
                       struct bac_reader *r);
bool link_need_frame(struct bac_link *l, bac_time now, enum bac_link_port port, struct bac_link_frame *out);
bac_time link_need_wakeup(const struct bac_link *l, enum bac_link_port port);

/* ---- wired.c ---- */
/* A symbol of a broadcast object came that was new here: from the air it goes on by wire, from the wire on the air; at the MBS from wire to wire.
 * Nothing for EVs, and without a wire. */
void link_pass_on(struct bac_link *l, bac_time now, enum bac_link_port port, struct link_object *o, uint32_t g, uint32_t index, uint16_t from);
/* The next symbol to pass on, taken off the list. False: none. */
bool link_pass_next(const struct bac_link *l, struct link_object *o, enum bac_link_port port, uint32_t *g, uint32_t *index);
/* Who is heard well said it on the air: it need not be said again. */
void link_pass_heard(struct bac_link *l, struct link_object *o, uint32_t g, uint32_t index);
/* An RSU that hears most of the object well, as do the EVs around it. */
bool link_served(const struct link_object *o);
/* When this station may speak on the air for others, `now` or later: RSUs have slots in turn. */
bac_time link_slot(const struct bac_link *l, bac_time now);
/* When it may speak for this object, `now` or later. */
bac_time link_turn(const struct bac_link *l, bac_time now, const struct link_object *o);
/* The RSU that an EV hears well, or among a crowd fairly, and leaves repair to; NULL: there is none. */
const struct link_neighbour *link_rsu_serving(struct bac_link *l, bac_time now);

/* ---- jobs.c ---- */
/* The job of (object, port, peer), made if absent (due: never). NULL if there are too many. */
struct link_job *link_job_get(struct bac_link *l, struct link_object *o, uint8_t port, uint16_t peer);
struct link_job *link_job_find(struct bac_link *l, const struct link_object *o, uint8_t port, uint16_t peer);
void link_job_remove(struct bac_link *l, struct link_job *job);
/* Whether a first pass of the object is still to be sent. */
bool link_jobs_passing(const struct bac_link *l, const struct link_object *o);
void link_jobs_forget(struct bac_link *l, const struct link_object *o);
struct link_job *link_job_best(struct bac_link *l, bac_time now, enum bac_link_port port, unsigned classes);
bool link_symbol_frame(struct bac_link *l, struct link_job *job, struct bac_link_frame *out);
bac_time link_jobs_wakeup(const struct bac_link *l, enum bac_link_port port, unsigned classes);

#endif
