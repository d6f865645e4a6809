/* SPDX-License-Identifier: GPL-2.0-only */
/* Systematic Cauchy erasure code over GF(2^8), on ISA-L, and how an object is cut into generations.
 * Symbol i < k of a generation is data; symbol k <= i < 255 is parity with the coefficients 1/(i xor j), the matrix of
 * gf_gen_cauchy1_matrix: every square part of it can be inverted, so any k symbols suffice (ISA-L's Vandermonde
 * matrix does not promise that). */
#ifndef BAC_LINK_ERASURE_H
#define BAC_LINK_ERASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_LINK_GENERATION_SYMBOLS 160 /* data symbols of one generation at most; leaves 95 parity symbols */
#define BAC_LINK_CODE_SYMBOLS 255       /* data and parity symbols of one generation */
#define BAC_LINK_GENERATIONS_MAX 16
#define BAC_LINK_SYMBOL_BYTES_MIN 64

/* The cut of `length` bytes into symbols of `symbol_bytes`, and of those into generations whose sizes differ by one at
 * most (the larger ones first). */
struct bac_link_layout {
  uint32_t length, symbol_bytes, symbols, generations;
};

/* False if the sizes are beyond the limits (zero or too long an object, too small a symbol, too many generations). */
bool bac_link_layout_of(uint32_t length, uint32_t symbol_bytes, struct bac_link_layout *layout);
/* Data symbols of generation g < layout->generations. */
uint32_t bac_link_layout_size(const struct bac_link_layout *layout, uint32_t g);
/* Number, within the object, of the first data symbol of generation g <= layout->generations. */
uint32_t bac_link_layout_start(const struct bac_link_layout *layout, uint32_t g);

/* Computes parity symbol `index` (k <= index < 255) from k data symbols of `bytes` bytes each. */
void bac_link_erasure_encode(uint32_t k, uint32_t index, size_t bytes, uint8_t *const *data, uint8_t *parity);

/* Recovers the missing data symbols of a generation. symbols: 255 pointers, NULL where a symbol is absent; at least k
 * present. Missing data symbols are allocated (free() them) and stored in symbols[0..k). Returns false, and changes
 * nothing, if fewer than k are present. */
bool bac_link_erasure_decode(uint32_t k, size_t bytes, uint8_t **symbols);

#ifdef __cplusplus
}
#endif

#endif
