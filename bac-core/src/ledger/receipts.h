/* SPDX-License-Identifier: GPL-2.0-only */
/* Receipts: the signatures under members' votes for a block, packed into one of the next 8 blocks (protocols.md, section 3).
 * A certificate names only the fastest Q(n); receipts let the chain count the rest. A member with a receipt did its task: honest
 * += 1. One without when the window closes is doubtful, never dishonest: its vote may have been lost.
 *
 * Order in the block at height H: its receipts, for the blocks H-8..H-1, then the window takes in H and closes H-8. Roster
 * indices belong to one epoch: at its boundary the window is emptied with bac_receipts_close. */
#ifndef BAC_LEDGER_RECEIPTS_H
#define BAC_LEDGER_RECEIPTS_H

#include "base/bitset.h"
#include "election/reputation.h"
#include "wire/message.h"

#define BAC_RECEIPT_WINDOW 8
#define BAC_RECEIPTS_MAX 16 /* records in one block */

/* A block for which receipts still count. */
struct bac_receipt_slot {
  uint64_t epoch, height, round; /* round: as in the block's header */
  uint8_t digest[BAC_HASH_BYTES];
  struct bac_bitset seen; /* roster indices that have a receipt */
};

/* The last blocks, ascending heights without gaps; part of the ledger state, plain data. All zero: empty. */
struct bac_receipt_window {
  uint32_t count;
  struct bac_receipt_slot slots[BAC_RECEIPT_WINDOW]; /* those from `count` on are zero */
};

/* Signatures of some members' votes in one round for one block. The round stands in the record since a block that outlives a
 * view change (PBFT) gathers votes of several rounds. */
struct bac_receipt {
  uint64_t height, round;
  uint8_t digest[BAC_HASH_BYTES];
  struct bac_bitset members;
  const uint8_t *signatures; /* BAC_SIGNATURE_BYTES each, in the order of the members' indices; borrowed */
};

struct bac_receipts {
  uint32_t count;
  struct bac_receipt items[BAC_RECEIPTS_MAX]; /* ascending by height, then round */
};

/* ---- Encoding: u8 count || count times { u64 height || u64 round || digest || u16 length || bitmap of that length, its last byte
 * not zero || signatures }. ---- */

/* Bytes of `receipts`. */
size_t bac_receipts_bytes(const struct bac_receipts *receipts);
/* Writes what bac_receipts_decode reads. Each item has a member. */
void bac_receipts_encode(const struct bac_receipts *receipts, struct bac_writer *w);
/* Strict: true only if encoding again gives the same bytes. Signatures are borrowed from `bytes` and not checked. */
bool bac_receipts_decode(struct bac_receipts *receipts, const uint8_t *bytes, size_t length);

/* ---- The window ---- */

/* The slot of the block at a height, or NULL. */
const struct bac_receipt_slot *bac_receipts_slot(const struct bac_receipt_window *window, uint64_t height);
/* Takes out the oldest block. False: there is none. */
bool bac_receipts_close(struct bac_receipt_window *window, struct bac_receipt_slot *closed);
/* Takes in a block, the height after the newest and of its epoch. True: the oldest had to go, *closed is it. */
bool bac_receipts_open(struct bac_receipt_window *window, uint64_t epoch, uint64_t height, uint64_t round,
                       const uint8_t digest[BAC_HASH_BYTES], struct bac_receipt_slot *closed);

/* Canonical encoding, for the state root and snapshots, of fixed width: u32 count || 8 slots, each as its fields stand above. */
#define BAC_RECEIPT_SLOT_BYTES (3 * 8 + BAC_HASH_BYTES + (BAC_ROSTER_MAX + 7) / 8)
#define BAC_RECEIPT_WINDOW_BYTES (4 + BAC_RECEIPT_WINDOW * BAC_RECEIPT_SLOT_BYTES)
void bac_receipts_window_encode(const struct bac_receipt_window *window, uint8_t out[BAC_RECEIPT_WINDOW_BYTES]);
/* Strict. On false *window is undefined. */
bool bac_receipts_window_decode(struct bac_receipt_window *window, const uint8_t *bytes, size_t length);

/* ---- Checking and accounting ---- */

/* Fills msg with what member `index` signs when it votes for the block in the receipt's round: an engine sets protocol, type, role
 * and step; the rest is set. False: a vote of that member or round does not count. */
typedef bool (*bac_receipts_vote)(const void *engine, const struct bac_receipt_slot *block, uint32_t index,
                                  struct bac_msg *msg);
/* The reputation of the roster's member `index`, never NULL. */
typedef struct bac_reputation *(*bac_receipts_member)(void *state, uint32_t index);

/* Checks the receipts that the block at `height` carries, and marks them in the window. BAC_REJECT_COUNT: all hold. Else why the
 * block must be refused, and the window is as before: BAC_REJECT_STALE (block more than 8 below), WINDOW (not below `height`, or
 * closed at an epoch's boundary), BLOCK (another digest), WRONG_EPOCH (block or roster of another epoch), UNKNOWN_SENDER (a bit outside the
 * roster), DUPLICATE (that member has its receipt: whoever packs knows), WRONG_ROLE (the engine refused the vote), SIGNATURE. */
enum bac_reject bac_receipts_take(struct bac_receipt_window *window, const struct bac_receipts *receipts, uint64_t height,
                                  const struct bac_roster *roster, bac_receipts_vote vote, const void *engine,
                                  struct bac_shared *shared, struct bac_cost *cost);
/* Each receipt, taken by the block at `height`: honest += 1. */
void bac_receipts_credit(const struct bac_receipts *receipts, uint64_t height, bac_receipts_member member, void *state);
/* Each of `n` members without a receipt for a block that the block at `height` closed: doubtful += 1. */
void bac_receipts_miss(const struct bac_receipt_slot *closed, uint32_t n, uint64_t height, bac_receipts_member member,
                       void *state);

#endif
