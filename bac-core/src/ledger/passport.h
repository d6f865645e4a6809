/* SPDX-License-Identifier: GPL-2.0-only */
/* What an EV takes along from one shard into another (protocols.md, "Epochs"): its account there, proven against the state on which an
 * epoch stands, and the boundaries from an epoch that the other shard knows up to that one, each certified by the roster before it.
 *
 *   u32 shard || u64 epoch of the first roster || u16 boundaries
 *   if there are any: u32 length || that roster
 *   each boundary: u16 length || header || u64 view || u16 length || signers || u16 count || signatures; all but the last one followed by
 *                  u32 length || next roster
 *   without boundaries: root of the state on which the first epoch stands
 *   proof of the account (ledger/proof.h) in the state after the last boundary, or under that root
 *
 * Each shard keeps of every other one the newest epoch that it has seen so, its roster's hash, and the roots of the last states (struct
 * bac_neighbour): so a chain of boundaries is shown once, and whoever comes next needs its account's proof alone. */
#ifndef BAC_LEDGER_PASSPORT_H
#define BAC_LEDGER_PASSPORT_H

#include "ledger/proof.h"

#define BAC_PASSPORT_BOUNDARIES_MAX 256

/* Read, and consistent: what it shows, if its signatures hold. Borrows the bytes. */
struct bac_passport {
  uint32_t shard;
  uint64_t first; /* epoch of its first roster */
  uint32_t boundaries;
  struct {
    uint8_t roster_hash[BAC_HASH_BYTES]; /* of epoch first + i; i = 0: zero without boundaries */
    uint8_t root[BAC_HASH_BYTES];        /* of the state on which it stands; i = 0: zero with boundaries. The last one proves the account */
  } epochs[BAC_PASSPORT_BOUNDARIES_MAX + 1];
  struct bac_account account;
};

/* Strict. Signatures are checked when `verify`; whether anybody knows the first roster is bac_state_accepts' question. */
bool bac_passport_read(struct bac_passport *passport, const uint8_t *bytes, size_t length, bool verify, struct bac_shared *shared,
                       struct bac_cost *cost);

/* One boundary as an EV keeps it. */
struct bac_passport_boundary {
  struct bac_header header;
  uint64_t view;
  const struct bac_bitset *signers;
  const struct bac_buf *signatures;
  const struct bac_roster *next;
};
/* boundaries[count]: of epochs roster->epoch on; state: after the last one.  The caller owns the bytes. NULL: no such account. */
struct bac_buf *bac_passport_make(const struct bac_roster *roster, const struct bac_passport_boundary *boundaries, uint32_t count,
                                  const struct bac_state *state, uint32_t id, struct bac_cost *cost);
/* The same from a later epoch on, up to its own last one. The caller owns the bytes. NULL: it does not reach there. */
struct bac_buf *bac_passport_trim(const uint8_t *bytes, size_t length, uint64_t epoch);

#endif
