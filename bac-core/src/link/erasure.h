/* SPDX-License-Identifier: GPL-2.0-only */
/* Systematic random linear code over GF(2^8), on ISA-L, and how an object is cut into generations.
 * Symbol i < k of a generation is data; a later one is parity, whose coefficients, 1 to 255, come from a generator seeded with i, the same for all
 * objects (as those of the RLC scheme of RFC 8681 come from one). k symbols suffice with a probability of 0.996, k + 1 of 0.99998.
 * An MDS code over GF(2^8), such as Cauchy's, has 255 symbols at most: RSUs along a road, each of which says several hundred, would soon say again what
 * has been said, and cut a block into so many generations that somebody always lacks a few symbols of one of them. */
#ifndef BAC_LINK_ERASURE_H
#define BAC_LINK_ERASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_LINK_GENERATION_SYMBOLS 400 /* data symbols of one generation at most: decoding grows with their square */
#define BAC_LINK_GENERATIONS_MAX 8
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

/* Data and parity symbols of a generation with k data symbols, at most 4095: there are enough that nobody says one twice. */
static inline uint32_t bac_link_code_symbols(uint32_t k) { return 4 * k + 128; }

/* Computes parity symbol `index` (k <= index < bac_link_code_symbols(k)) from k data symbols of `bytes` bytes each. */
void bac_link_erasure_encode(uint32_t k, uint32_t index, size_t bytes, uint8_t *const *data, uint8_t *parity);

/* Recovers the missing data symbols of a generation. symbols: bac_link_code_symbols(k) pointers, NULL where a symbol is absent.
 * Missing data symbols are allocated (free() them) and stored in symbols[0..k). Returns false, and changes nothing, if those present do not suffice. */
bool bac_link_erasure_decode(uint32_t k, size_t bytes, uint8_t **symbols);

#ifdef __cplusplus
}
#endif

#endif
