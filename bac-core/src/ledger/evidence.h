/* SPDX-License-Identifier: GPL-2.0-only */
/* Proof that a member said two things where it may say one: two of its signed message headers, equal in (protocol, type, role,
 * shard, epoch, view or round, height or sequence, step), with different digests (protocols.md, "Evidence"). Whoever sees it can
 * check it with the sender's key alone. A vote's verdict is its `step`: accept and reject of one block are two slots, as are votes
 * for blocks of different heights. */
#ifndef BAC_LEDGER_EVIDENCE_H
#define BAC_LEDGER_EVIDENCE_H

#include "wire/message.h"

struct bac_evidence {
  uint32_t protocol, type, role, shard;
  uint64_t epoch, view, height;
  uint32_t step, sender;
  struct {
    uint8_t digest[BAC_HASH_BYTES];
    uint8_t signature[BAC_SIGNATURE_BYTES];
  } said[2]; /* ascending digests */
};

/* Fixed width: u32 protocol, type, role, shard, u64 epoch, view, height, u32 step, sender, then twice digest || signature. */
#define BAC_EVIDENCE_BYTES (6 * 4 + 3 * 8 + 2 * (BAC_HASH_BYTES + BAC_SIGNATURE_BYTES))

/* Message types that honest members may send twice in a slot with different content: no evidence. Given by the engine or
 * its host; a type that it does not know must be exempt. */
typedef bool (*bac_evidence_exempt)(const void *context, uint32_t protocol, uint32_t type);
/* Exempt in every protocol of this core: TIMEOUT and VIEW_CHANGE (what they report may grow before the round or view ends), and
 * messages that pass on what others signed: FETCH, CERTIFIED, QC, TC. Types from BAC_MSG_FIRST_FREE on belong to protocols of
 * users and are exempt, too, until their engine says otherwise. context: unused, may be NULL. */
bool bac_evidence_exempt_default(const void *context, uint32_t protocol, uint32_t type);

/* Whether a and b, signed by one member, contradict each other; then *e is the evidence, the same whichever comes first.
 * Signatures are not checked. */
bool bac_evidence_make(struct bac_evidence *e, const struct bac_msg *a, const struct bac_msg *b, bac_evidence_exempt exempt,
                       const void *context);

void bac_evidence_encode(const struct bac_evidence *e, uint8_t out[BAC_EVIDENCE_BYTES]);
/* Strict: exact length, ascending digests. Nothing else is checked. */
bool bac_evidence_decode(struct bac_evidence *e, const uint8_t *bytes, size_t length);

/* Whether it convicts, in the roster of the evidence's epoch. BAC_REJECT_COUNT: it does. Else MALFORMED (digests not ascending, or
 * an exempt type), WRONG_EPOCH (another shard's or epoch's roster), UNKNOWN_SENDER, SIGNATURE. */
enum bac_reject bac_evidence_verify(const struct bac_evidence *e, const struct bac_roster *roster, bac_evidence_exempt exempt,
                                    const void *context, struct bac_shared *shared, struct bac_cost *cost);

/* Whether both signatures hold under the sender's key. */
bool bac_evidence_verify_key(const struct bac_evidence *e, const uint8_t key[BAC_PUBLIC_KEY_BYTES], struct bac_shared *shared,
                             struct bac_cost *cost);

/* H over the slot and the sender, neither digests nor signatures: one penalty for a sender, epoch and slot, however many things it
 * said there and however often it signed them. */
void bac_evidence_id(uint8_t id[BAC_HASH_BYTES], const struct bac_evidence *e);

#endif
