/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages between members: one signed header whose digest binds the payload. */
#ifndef BAC_WIRE_MESSAGE_H
#define BAC_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bac/bac.h"
#include "base/bytes.h"
#include "crypto/sign.h"

/* First byte of every link object. */
enum bac_object_kind {
  BAC_OBJECT_TRANSACTION = 1,
  BAC_OBJECT_MESSAGE = 2,
  BAC_OBJECT_GOSSIP = 3,       /* carries its own signatures */
  BAC_OBJECT_ANNOUNCEMENT = 4, /* the controller's, over the MBS; carries its signature */
};

enum bac_msg_type {
  BAC_MSG_FETCH = 1,
  BAC_MSG_CERTIFIED = 2, /* a block and the certificate that vouches for it */
  BAC_MSG_CLOSE = 3,     /* this epoch's last block, as its sender committed it */
  BAC_MSG_BOUNDARY = 4,  /* that block's header, Q(n) CLOSE messages, the next roster */
  BAC_MSG_SNAPSHOT = 5,  /* the state after it */
  BAC_MSG_STALL = 6,     /* the committee is silent: the highest committee-final block of its sender (node/recovery.h) */
  BAC_MSG_RECOVER = 7,   /* Q(n) of these, and the block with which the epoch therefore ends */
  BAC_MSG_AGREE = 8,     /* that this follows */

  BAC_MSG_PRE_PREPARE = 16,
  BAC_MSG_PREPARE,
  BAC_MSG_COMMIT,
  BAC_MSG_CHECKPOINT,
  BAC_MSG_VIEW_CHANGE,
  BAC_MSG_NEW_VIEW,

  BAC_MSG_BLOCK_REQUEST = 32,
  BAC_MSG_CP_VALIDATE,
  BAC_MSG_CS_CONSENSUS,
  BAC_MSG_QC,
  BAC_MSG_TIMEOUT,
  BAC_MSG_TC,
  BAC_MSG_CLAIM,

  BAC_MSG_SYNC = 48,
  BAC_MSG_COMMITTEE_VOTE,

  BAC_MSG_FIRST_FREE = 128, /* protocols added by users number theirs from here */
  BAC_MSG_TYPE_MAX = 255
};

struct bac_msg {
  uint32_t protocol, type, role, shard;
  uint64_t epoch, view, height;
  uint32_t step;
  uint8_t digest[BAC_HASH_BYTES];
  uint32_t sender; /* node id */
  uint8_t signature[BAC_SIGNATURE_BYTES];
  const uint8_t *payload; /* borrowed */
  size_t payload_length;
};

/* What binds the payload to the signed digest. */
enum bac_binding {
  BAC_BIND_HASH,   /* digest = H(payload), all-zero when there is none is not allowed: H("") then */
  BAC_BIND_HEADER, /* payload starts with a block header (u16 length first) and digest = H(that header) */
  BAC_BIND_NONE,   /* no payload, or one that carries its own signatures; digest names the block meant */
};

/* H over the fixed-width header without signature: what is signed, and what a certificate's signatures are over. */
void bac_msg_signing_digest(uint8_t out[BAC_HASH_BYTES], const struct bac_msg *msg);
void bac_msg_sign(struct bac_msg *msg, const struct bac_keypair *pair, struct bac_cost *cost);

/* The link object of a signed message. The caller owns the result. */
struct bac_buf *bac_msg_encode(const struct bac_msg *msg);
/* Reads an object (after its kind byte was seen to be MESSAGE). Strict: true only if it re-encodes to the same bytes. The payload
 * is borrowed from `object`. Does not check the signature. */
bool bac_msg_decode(struct bac_msg *msg, const uint8_t *object, size_t length);

/* True if the payload is bound to msg->digest in the given way. */
bool bac_msg_bound(const struct bac_msg *msg, enum bac_binding binding, struct bac_cost *cost);
/* H(payload), for BAC_BIND_HASH. */
void bac_payload_digest(uint8_t out[BAC_HASH_BYTES], const uint8_t *payload, size_t length, struct bac_cost *cost);

#endif
