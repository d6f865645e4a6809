/* SPDX-License-Identifier: GPL-2.0-only */
/* What a shard's chain has come to: balances, used nonces, who takes part, and until which height the epoch goes. Executing the same
 * blocks gives the same state on every node; its root stands in each block's header. */
#ifndef BAC_LEDGER_STATE_H
#define BAC_LEDGER_STATE_H

#include <stdbool.h>

#include "bac/bac.h"
#include "election/reputation.h"
#include "ledger/record.h"

/* Nonces may be used out of order within this many of the highest: a lost transaction does not hold up later ones. */
#define BAC_NONCE_WINDOW 64

enum bac_membership {
  BAC_OUTSIDE, /* has an account, no vote */
  BAC_JOINING, /* a member from the next epoch on */
  BAC_MEMBER,
  BAC_LEAVING, /* a member up to the end of this epoch */
};

struct bac_account {
  uint32_t id;
  enum bac_membership membership;
  bool revoked;
  int64_t balance_milli;
  uint64_t nonce_top;  /* highest nonce used; the first is 1 */
  uint64_t nonce_used; /* bit i: nonce_top - i is used */
  uint64_t turn;       /* MEMBER, LEAVING: epoch since which; JOINING: from which; OUTSIDE: first epoch in which it may ask to join again */
  uint8_t sign_key[BAC_PUBLIC_KEY_BYTES], vrf_key[BAC_PUBLIC_KEY_BYTES];
  uint64_t serial;           /* of its certificate */
  bac_time certificate_ends; /* its not_after */
  struct bac_reputation reputation;
  uint32_t units;            /* of it, frozen for this epoch */
  uint32_t place;            /* in this epoch's committee, 1 the first; 0: not in it */
  uint64_t receipt_height;   /* last checkpoint with its receipt */
  uint64_t convicted_epoch;  /* 1 + the last epoch in which it was convicted; 0: never */
  uint64_t credential_epoch; /* for which it has shown that it is elected */
  uint32_t lambda;
  uint8_t priority[BAC_HASH_BYTES];
  uint32_t towards; /* LEAVING, OUTSIDE: 1 + the shard that it leaves, or has left, for, with its balance and reputation; 0: none */
  uint64_t moves;   /* from shard to shard, of its whole life: a passport is used once */
};

#define BAC_ACCOUNT_BYTES (4 + 2 + 4 * 8 + 2 * BAC_PUBLIC_KEY_BYTES + 2 * 8 + BAC_REPUTATION_BYTES + 2 * 4 + 3 * 8 + 4 + BAC_HASH_BYTES + 4 + 8)

struct bac_state {
  uint32_t shard;
  uint64_t height;       /* of the last block executed */
  uint8_t recent[BAC_RECEIPT_WINDOW][BAC_HASH_BYTES]; /* digests of the blocks before it, by height modulo */
  uint64_t epoch;        /* of the next block */
  uint64_t last;         /* height of that epoch's last block, its boundary; UINT64_MAX: epochs do not end */
  uint32_t epoch_blocks; /* 0: epochs do not end */
  uint32_t candidates_permille;
  uint8_t ca_key[BAC_PUBLIC_KEY_BYTES];
  uint8_t seed[BAC_HASH_BYTES];      /* of this epoch's elections */
  uint8_t next_seed[BAC_HASH_BYTES]; /* of the next epoch's: known a whole epoch before */
  struct bac_revocation revoked; /* the newest list */
  uint32_t neighbour_count;
  struct bac_neighbour neighbours[BAC_NEIGHBOURS_MAX];
  uint32_t count, capacity;
  struct bac_account *accounts; /* ordered by id */
};

/* The caller frees results with bac_state_free. The roster is that of epoch 0: its members are the accounts. */
struct bac_state *bac_state_genesis(const struct bac_roster *roster);
struct bac_state *bac_state_copy(const struct bac_state *state);
void bac_state_free(struct bac_state *state); /* NULL is ignored */
/* NULL if there is none. Valid until the next account is opened. */
struct bac_account *bac_state_account(const struct bac_state *state, uint32_t id);

/* Whether tx's signature holds under its sender's key: the account's, or of one that joins, the certificate's, which the CA signed. */
bool bac_state_authentic(const struct bac_state *state, const struct bac_tx *tx, struct bac_shared *shared, struct bac_cost *cost);
/* Whether tx would apply: known accounts, unused nonce, balance covers amount and fee; of a record, what record.h says. Signatures are the
 * caller's to check. */
bool bac_state_accepts(const struct bac_state *state, const struct bac_tx *tx);
/* Moves the amount to the receiver and the fee to the proposer, or carries out the record. False, and nothing changed, if tx does not
 * apply. */
bool bac_state_apply(struct bac_state *state, const struct bac_tx *tx, uint32_t proposer);
/* Whether tx can never apply again: its nonce is used or has fallen out of the window, or a record's time is over. */
bool bac_state_spent(const struct bac_state *state, const struct bac_tx *tx);

/* The block at header begins: its parent's digest is known now, and stretches without a receipt that are over count as doubtful. */
void bac_state_begin(struct bac_state *state, uint64_t height, const uint8_t prev_hash[BAC_HASH_BYTES]);
/* The lottery for the next epoch's committee; accounts[].units are its units. */
struct bac_lottery bac_state_lottery(const struct bac_state *state);
/* Whether the nonce of a transfer is used, so that it, or another one of its sender in its place, was applied. */
bool bac_state_used(const struct bac_state *state, const struct bac_tx *tx);

/* Ends the epoch, in the block at its last height: joins and leaves take effect, certificates that end by `time` and revoked ones go, units
 * are counted anew. Below BAC_ROSTER_MIN members nobody is let go. seed, time: of that block. */
void bac_state_turn(struct bac_state *state, const uint8_t seed[BAC_HASH_BYTES], uint64_t height, bac_time time);
/* The same before that height, since the committee fell silent: it makes way for others, where there are enough. */
void bac_state_recover(struct bac_state *state, const uint8_t seed[BAC_HASH_BYTES], uint64_t height, bac_time time);
#define BAC_ROSTER_MIN 4

/* The members of state->epoch in a roster of its own; freed with bac_roster_free. */
struct bac_roster *bac_state_roster(const struct bac_state *state, uint32_t shard);

/* Root of a tree: its first leaf is the state's own fields, the others are the accounts in their order (protocols.md, section 7: a proof
 * for one account goes to other shards). */
void bac_state_root(uint8_t root[BAC_HASH_BYTES], const struct bac_state *state, struct bac_cost *cost);
/* The leaves' hashes, one more than there are accounts; the caller frees them. */
uint8_t *bac_state_leaves(const struct bac_state *state, struct bac_cost *cost);
/* An account's leaf. Decoding is strict. */
void bac_account_encode(const struct bac_account *account, uint8_t out[BAC_ACCOUNT_BYTES]);
bool bac_account_decode(struct bac_account *account, const uint8_t *bytes, size_t length);
/* Canonical bytes of all of it, for a node that joins; the caller owns them. */
struct bac_buf *bac_state_encode(const struct bac_state *state);
/* Strict. NULL if the bytes are torn; whether they are right, the root says. */
struct bac_state *bac_state_decode(const uint8_t *bytes, size_t length);
/* Sum of the balances of those who have not left for another shard: constant but for what joining members bring in and those take along. */
int64_t bac_state_supply(const struct bac_state *state);

#endif
