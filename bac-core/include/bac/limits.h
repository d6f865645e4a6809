/* SPDX-License-Identifier: GPL-2.0-only */
/* Bounds that hold in every build. A peer can make a node drop a message, never grow without limit. */
#ifndef BAC_LIMITS_H
#define BAC_LIMITS_H

#define BAC_ROSTER_MAX 1000            /* members of one shard's roster; nanopb counts a certificate's signatures in 16 bits */
#define BAC_NODE_ID_MAX 65534          /* node ids fit 16 bits on the air; 65535 is broadcast */
#define BAC_BROADCAST 0xffffu
#define BAC_FRAME_BYTES_MAX 1400       /* one frame's payload, WSMP header excluded */
#define BAC_BLOCK_BYTES_MAX 2000000    /* transactions of one block */
#define BAC_OBJECT_BYTES_MAX 2200000   /* one link object: a block of the largest size with its envelope */
#define BAC_RADIOS_MAX 2               /* of a station, on the air */
#define BAC_TX_BYTES_MAX 1024
#define BAC_HASH_BYTES 32
#define BAC_SIGNATURE_BYTES 64
#define BAC_PUBLIC_KEY_BYTES 32
#define BAC_CERTIFICATE_BYTES 172
#define BAC_GENESIS_BALANCE 1000000000 /* with which an account opens, thousandths of the currency unit */
#define BAC_GENESIS_UNITS 50           /* of reputation: floor(100 rho) of the opinion (0, 0, 1) */

#endif
