/* SPDX-License-Identifier: GPL-2.0-only */
/* The hash of every digest and object id: BLAKE2b with 32 bytes (RFC 7693), with a domain prefix. */
#ifndef BAC_CRYPTO_HASH_H
#define BAC_CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "bac/limits.h"

enum bac_domain {
  BAC_DOMAIN_TX = 1,
  BAC_DOMAIN_LEAF = 2,  /* Merkle leaf */
  BAC_DOMAIN_INNER = 3, /* Merkle inner node */
  BAC_DOMAIN_HEADER = 4,
  BAC_DOMAIN_MESSAGE = 6, /* what a message's signature covers */
  BAC_DOMAIN_PAYLOAD = 7,
  BAC_DOMAIN_OBJECT = 8, /* link object id */
  BAC_DOMAIN_SEED = 9,
  BAC_DOMAIN_VERDICT = 10,
  BAC_DOMAIN_NODE = 11,
  BAC_DOMAIN_PRIORITY = 12,   /* of a ticket in sortition */
  BAC_DOMAIN_ROSTER = 13,
  BAC_DOMAIN_VRF_VERDICT = 14,
  BAC_DOMAIN_GRAPH_ROOT = 24, /* where a member's chain of hashgraph events starts */
  BAC_DOMAIN_EVENT = 25,      /* what a hashgraph event's signature covers */
  BAC_DOMAIN_EVENT_ID = 26,   /* the same with the signature */
  BAC_DOMAIN_EVIDENCE = 40, /* id of a proven equivocation */
  BAC_DOMAIN_CERTIFICATE = 50, /* what the CA's signature under a certificate covers */
  BAC_DOMAIN_REVOCATION = 51,  /* what the CA's signature under a revocation list covers */
  BAC_DOMAIN_ORDER = 52,       /* what the controller's signature under one EV's order covers */
  BAC_DOMAIN_ASSIGNMENT = 53,  /* the same under an announcement of many */
};

/* H(domain || a || b); b may be NULL with b_length 0. */
void bac_hash2(uint8_t out[BAC_HASH_BYTES], enum bac_domain domain, const void *a, size_t a_length, const void *b, size_t b_length);
static inline void bac_hash(uint8_t out[BAC_HASH_BYTES], enum bac_domain domain, const void *a, size_t a_length) {
  bac_hash2(out, domain, a, a_length, NULL, 0);
}

#endif
