/* SPDX-License-Identifier: GPL-2.0-only */
/* Timeout certificates: Q(n) members say that a round failed, each naming the highest certificate it knows. */
#ifndef BAC_CONSENSUS_TC_H
#define BAC_CONSENSUS_TC_H

#include "identity/roster.h"
#include "wire/message.h"

/* One member's TIMEOUT. On the air: view = round, height = round of its highest certificate, digest = that certificate's block. */
struct bac_timeout {
  uint64_t round, qc_round; /* round 0: none */
  uint8_t qc_digest[BAC_HASH_BYTES];
  uint8_t signature[BAC_SIGNATURE_BYTES];
};

struct bac_tc {
  uint64_t round, highest_qc_round;
  uint32_t highest_holder;  /* roster index of a member that named it */
  struct bac_buf *encoded;  /* owned; NULL: none */
};

/* A certificate of the `needed` lowest-indexed members whose timeouts[i].round is `round` and who name no certificate above
 * qc_round_max (higher claims are not proven yet: counting them would let one liar block every later proposal); false if there are
 * fewer. On success the caller clears it. */
bool bac_tc_form(struct bac_tc *tc, const struct bac_timeout *timeouts, const struct bac_roster *roster, uint32_t needed, uint64_t round,
                 uint64_t qc_round_max);
/* Reads and verifies: at least `needed` distinct members, all signatures good. On success the caller clears it. */
bool bac_tc_read(struct bac_tc *tc, const uint8_t *bytes, size_t length, const struct bac_roster *roster, uint32_t protocol,
                 uint32_t needed, struct bac_shared *shared, struct bac_cost *cost);
void bac_tc_clear(struct bac_tc *tc);
/* Moves `from` into `to`. */
void bac_tc_take(struct bac_tc *to, struct bac_tc *from);

#endif
