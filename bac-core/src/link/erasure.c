/* SPDX-License-Identifier: GPL-2.0-only */
#include "link/erasure.h"

#include <isa-l/erasure_code.h>
#include <stdlib.h>
#include <string.h>

#include "bac/limits.h"
#include "base/bytes.h"
#include "base/random.h"

#define ISAL_TABLE_BYTES 32u /* of one coefficient, see ec_init_tables */

bool bac_link_layout_of(uint32_t length, uint32_t symbol_bytes, struct bac_link_layout *layout) {
  if (length == 0 || length > BAC_OBJECT_BYTES_MAX) return false;
  if (symbol_bytes < BAC_LINK_SYMBOL_BYTES_MIN || symbol_bytes > BAC_FRAME_BYTES_MAX) return false;
  uint32_t symbols = (length + symbol_bytes - 1) / symbol_bytes;
  uint32_t generations = (symbols + BAC_LINK_GENERATION_SYMBOLS - 1) / BAC_LINK_GENERATION_SYMBOLS;
  if (generations > BAC_LINK_GENERATIONS_MAX) return false;
  *layout = (struct bac_link_layout){length, symbol_bytes, symbols, generations};
  return true;
}

uint32_t bac_link_layout_size(const struct bac_link_layout *layout, uint32_t g) {
  return layout->symbols / layout->generations + (g < layout->symbols % layout->generations ? 1 : 0);
}

uint32_t bac_link_layout_start(const struct bac_link_layout *layout, uint32_t g) {
  uint32_t larger = layout->symbols % layout->generations;
  return g * (layout->symbols / layout->generations) + (g < larger ? g : larger);
}

static void coefficients(uint32_t index, uint32_t k, uint8_t *row) {
  struct bac_random random = bac_random_stream(index, 0, BAC_PURPOSE_LINK);
  for (uint32_t j = 0; j < k; j += 8) {
    uint64_t x = bac_random_u64(&random);
    for (uint32_t c = j; c < k && c < j + 8; c++, x >>= 8) row[c] = (uint8_t)(1 + (x & 0xff) % 255);
  }
}

void bac_link_erasure_encode(uint32_t k, uint32_t index, size_t bytes, uint8_t *const *data, uint8_t *parity) {
  BAC_ASSERT(k > 0 && k <= BAC_LINK_GENERATION_SYMBOLS && index >= k && index < bac_link_code_symbols(k));
  uint8_t row[BAC_LINK_GENERATION_SYMBOLS];
  uint8_t tables[BAC_LINK_GENERATION_SYMBOLS * ISAL_TABLE_BYTES];
  uint8_t *sources[BAC_LINK_GENERATION_SYMBOLS]; /* ISA-L takes pointers to mutable bytes, but only reads */
  coefficients(index, k, row);
  memcpy(sources, data, k * sizeof *sources);
  ec_init_tables((int)k, 1, row, tables);
  uint8_t *targets[1] = {parity};
  ec_encode_data((int)bytes, (int)k, 1, tables, sources, targets);
}

/* What a decoding works on: the present data symbols (known), the missing ones (lost), as many parity symbols whose rows are independent. */
struct decoding {
  uint32_t k, known_count, lost_count, parity_count;
  uint32_t known[BAC_LINK_GENERATION_SYMBOLS], lost[BAC_LINK_GENERATION_SYMBOLS], parity[BAC_LINK_GENERATION_SYMBOLS];
  uint8_t *rows; /* the whole rows of the parity symbols, k bytes each */
};

/* target += factor * row */
static void row_add(uint8_t *target, uint8_t *row, uint8_t factor, uint32_t count) {
  uint8_t table[ISAL_TABLE_BYTES];
  ec_init_tables(1, 1, &factor, table);
  ec_encode_data_update((int)count, 1, 1, 0, table, row, &target);
}

/* Takes the next parity symbol if its row, of the lost columns, is independent of those taken before. echelon: these, reduced; each has a 1 in the column
 * pivot[r], where later ones have 0. */
static void parity_take(struct decoding *d, uint32_t index, uint8_t *echelon, uint32_t *pivot) {
  const uint32_t lost = d->lost_count, at = d->parity_count;
  uint8_t *row = d->rows + (size_t)at * d->k, *reduced = echelon + (size_t)at * lost;
  coefficients(index, d->k, row);
  for (uint32_t c = 0; c < lost; c++) reduced[c] = row[d->lost[c]];
  for (uint32_t r = 0; r < at; r++) {
    if (reduced[pivot[r]]) row_add(reduced, echelon + (size_t)r * lost, reduced[pivot[r]], lost);
  }
  uint32_t first = 0;
  while (first < lost && reduced[first] == 0) first++;
  if (first == lost) return;
  const uint8_t scale = gf_inv(reduced[first]);
  for (uint32_t c = 0; c < lost; c++) reduced[c] = gf_mul(reduced[c], scale);
  pivot[at] = first;
  d->parity[d->parity_count++] = index;
}

/* False: there are too few, or too few that are independent. */
static bool decoding_plan(struct decoding *d, uint32_t k, uint8_t **symbols) {
  d->k = k;
  for (uint32_t i = 0; i < k; i++) {
    if (symbols[i]) {
      d->known[d->known_count++] = i;
    } else {
      d->lost[d->lost_count++] = i;
    }
  }
  if (d->lost_count == 0) return true;
  d->rows = bac_alloc(d->lost_count, k);
  uint8_t *echelon = bac_alloc(d->lost_count, d->lost_count);
  uint32_t pivot[BAC_LINK_GENERATION_SYMBOLS];
  for (uint32_t i = k; i < bac_link_code_symbols(k) && d->parity_count < d->lost_count; i++) {
    if (symbols[i]) parity_take(d, i, echelon, pivot);
  }
  free(echelon);
  return d->parity_count == d->lost_count;
}

/* Of the rows, the columns of some data symbols: parity_count * count bytes, to be freed. */
static uint8_t *columns_of(const struct decoding *d, const uint32_t *columns, uint32_t count) {
  uint8_t *matrix = bac_alloc(d->parity_count, count);
  for (uint32_t r = 0; r < d->parity_count; r++) {
    for (uint32_t c = 0; c < count; c++) matrix[(size_t)r * count + c] = d->rows[(size_t)r * d->k + columns[c]];
  }
  return matrix;
}

/* targets[lost_count] = matrix * sources[count] */
static void multiply(const struct decoding *d, uint8_t *matrix, uint32_t count, size_t bytes, uint8_t **sources, uint8_t **targets) {
  uint8_t *tables = bac_alloc((size_t)d->lost_count * count, ISAL_TABLE_BYTES);
  ec_init_tables((int)count, (int)d->lost_count, matrix, tables);
  ec_encode_data((int)bytes, (int)count, (int)d->lost_count, tables, sources, targets);
  free(tables);
}

/* syndromes = parity symbols minus what the known data symbols contribute to them */
static void decoding_syndromes(const struct decoding *d, size_t bytes, uint8_t **symbols, uint8_t **syndromes) {
  if (d->known_count > 0) {
    uint8_t *matrix = columns_of(d, d->known, d->known_count), *sources[BAC_LINK_GENERATION_SYMBOLS];
    for (uint32_t c = 0; c < d->known_count; c++) sources[c] = symbols[d->known[c]];
    multiply(d, matrix, d->known_count, bytes, sources, syndromes);
    free(matrix);
  }
  for (uint32_t r = 0; r < d->lost_count; r++) {
    const uint8_t *parity = symbols[d->parity[r]];
    for (size_t i = 0; i < bytes; i++) syndromes[r][i] ^= parity[i];
  }
}

bool bac_link_erasure_decode(uint32_t k, size_t bytes, uint8_t **symbols) {
  BAC_ASSERT(k > 0 && k <= BAC_LINK_GENERATION_SYMBOLS);
  struct decoding d = {0};
  const bool enough = decoding_plan(&d, k, symbols);
  const uint32_t lost = d.lost_count;
  if (enough && lost > 0) {
    /* Only the lost columns are inverted: lost^3 steps instead of k^3. */
    uint8_t *matrix = columns_of(&d, d.lost, lost), *inverse = bac_alloc(lost, lost), *work = bac_alloc(lost, bytes);
    uint8_t *syndromes[BAC_LINK_GENERATION_SYMBOLS], *results[BAC_LINK_GENERATION_SYMBOLS];
    for (uint32_t r = 0; r < lost; r++) {
      syndromes[r] = work + (size_t)r * bytes;
      results[r] = bac_alloc(bytes, 1);
    }
    decoding_syndromes(&d, bytes, symbols, syndromes);
    BAC_ASSERT(gf_invert_matrix(matrix, inverse, (int)lost) == 0);
    multiply(&d, inverse, lost, bytes, syndromes, results);
    for (uint32_t r = 0; r < lost; r++) symbols[d.lost[r]] = results[r];
    free(matrix);
    free(inverse);
    free(work);
  }
  free(d.rows);
  return enough;
}
