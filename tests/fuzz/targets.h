/* SPDX-License-Identifier: GPL-2.0-only */
/* The targets of the one program that its links fuzz-NAME stand for (main.c): each reads bytes of others. */
#ifndef BAC_FUZZ_TARGETS_H
#define BAC_FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

#include "bac/bac.h"

/* decoders.c: one decoder each, or those of one subject. */
void fuzz_message(const uint8_t *bytes, size_t length);
void fuzz_certificate(const uint8_t *bytes, size_t length);
void fuzz_identity(const uint8_t *bytes, size_t length);
void fuzz_revocation(const uint8_t *bytes, size_t length);
void fuzz_roster(const uint8_t *bytes, size_t length);
void fuzz_transaction(const uint8_t *bytes, size_t length);
void fuzz_block(const uint8_t *bytes, size_t length);
void fuzz_state(const uint8_t *bytes, size_t length);
void fuzz_evidence(const uint8_t *bytes, size_t length);
void fuzz_proof(const uint8_t *bytes, size_t length);
void fuzz_passport(const uint8_t *bytes, size_t length);
void fuzz_assignment(const uint8_t *bytes, size_t length);
void fuzz_microblock(const uint8_t *bytes, size_t length);
void fuzz_vrf(const uint8_t *bytes, size_t length);
void fuzz_trace(const uint8_t *bytes, size_t length);
void fuzz_frames(const uint8_t *bytes, size_t length);
/* ledger.c: records of members, signed well, one after the other on one state. */
void fuzz_record(const uint8_t *bytes, size_t length);
/* hosts.c: what a host reads. */
void fuzz_store(const uint8_t *bytes, size_t length);
void fuzz_options(const uint8_t *bytes, size_t length);
void fuzz_result(const uint8_t *bytes, size_t length);

/* Four members, the same in every run, in an epoch of 20 blocks. */
const struct bac_roster *fuzz_members(void);

#endif
