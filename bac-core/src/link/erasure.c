/* SPDX-License-Identifier: GPL-2.0-only */
#include "link/erasure.h"

#include <isa-l/erasure_code.h>
#include <stdlib.h>
#include <string.h>

#include "bac/limits.h"
#include "base/bytes.h"

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

static uint8_t coefficient(uint32_t row, uint32_t column) { return gf_inv((unsigned char)(row ^ column)); }

void bac_link_erasure_encode(uint32_t k, uint32_t index, size_t bytes, uint8_t *const *data, uint8_t *parity) {
  BAC_ASSERT(k > 0 && k <= BAC_LINK_GENERATION_SYMBOLS && index >= k && index < BAC_LINK_CODE_SYMBOLS);
  uint8_t row[BAC_LINK_GENERATION_SYMBOLS];
  uint8_t tables[BAC_LINK_GENERATION_SYMBOLS * ISAL_TABLE_BYTES];
  uint8_t *sources[BAC_LINK_GENERATION_SYMBOLS]; /* ISA-L takes pointers to mutable bytes, but only reads */
  for (uint32_t j = 0; j < k; j++) row[j] = coefficient(index, j);
  memcpy(sources, data, k * sizeof *sources);
  ec_init_tables((int)k, 1, row, tables);
  uint8_t *targets[1] = {parity};
  ec_encode_data((int)bytes, (int)k, 1, tables, sources, targets);
}

/* What a decoding works on: the present data symbols (known), the missing ones (lost), as many parity symbols. */
struct decoding {
  uint32_t k, known_count, lost_count;
  uint32_t known[BAC_LINK_GENERATION_SYMBOLS], lost[BAC_LINK_GENERATION_SYMBOLS], parity[BAC_LINK_GENERATION_SYMBOLS];
};

static bool decoding_plan(struct decoding *d, uint32_t k, uint8_t **symbols) {
  d->k = k;
  for (uint32_t i = 0; i < k; i++) {
    if (symbols[i]) {
      d->known[d->known_count++] = i;
    } else {
      d->lost[d->lost_count++] = i;
    }
  }
  uint32_t found = 0;
  for (uint32_t i = k; i < BAC_LINK_CODE_SYMBOLS && found < d->lost_count; i++) {
    if (symbols[i]) d->parity[found++] = i;
  }
  return found == d->lost_count;
}

/* syndromes = parity symbols minus what the known data symbols contribute to them */
static void decoding_syndromes(const struct decoding *d, size_t bytes, uint8_t **symbols, uint8_t **syndromes) {
  if (d->known_count > 0) {
    size_t cells = (size_t)d->lost_count * d->known_count;
    uint8_t *matrix = bac_alloc(cells, 1), *tables = bac_alloc(cells, ISAL_TABLE_BYTES);
    uint8_t *sources[BAC_LINK_GENERATION_SYMBOLS];
    for (uint32_t r = 0; r < d->lost_count; r++) {
      for (uint32_t c = 0; c < d->known_count; c++) {
        matrix[r * d->known_count + c] = coefficient(d->parity[r], d->known[c]);
      }
    }
    for (uint32_t c = 0; c < d->known_count; c++) sources[c] = symbols[d->known[c]];
    ec_init_tables((int)d->known_count, (int)d->lost_count, matrix, tables);
    ec_encode_data((int)bytes, (int)d->known_count, (int)d->lost_count, tables, sources, syndromes);
    free(matrix);
    free(tables);
  }
  for (uint32_t r = 0; r < d->lost_count; r++) {
    const uint8_t *parity = symbols[d->parity[r]];
    for (size_t i = 0; i < bytes; i++) syndromes[r][i] ^= parity[i];
  }
}

bool bac_link_erasure_decode(uint32_t k, size_t bytes, uint8_t **symbols) {
  BAC_ASSERT(k > 0 && k <= BAC_LINK_GENERATION_SYMBOLS);
  struct decoding d = {0};
  if (!decoding_plan(&d, k, symbols)) return false;
  uint32_t lost = d.lost_count;
  if (lost == 0) return true;
  /* Only the lost columns are inverted: lost^3 steps instead of k^3. */
  uint8_t *matrix = bac_alloc((size_t)lost * lost, 1), *inverse = bac_alloc((size_t)lost * lost, 1);
  uint8_t *tables = bac_alloc((size_t)lost * lost, ISAL_TABLE_BYTES), *work = bac_alloc(lost, bytes);
  uint8_t *syndromes[BAC_LINK_GENERATION_SYMBOLS], *results[BAC_LINK_GENERATION_SYMBOLS];
  for (uint32_t r = 0; r < lost; r++) {
    syndromes[r] = work + (size_t)r * bytes;
    results[r] = bac_alloc(bytes, 1);
    for (uint32_t c = 0; c < lost; c++) matrix[r * lost + c] = coefficient(d.parity[r], d.lost[c]);
  }
  decoding_syndromes(&d, bytes, symbols, syndromes);
  BAC_ASSERT(gf_invert_matrix(matrix, inverse, (int)lost) == 0);
  ec_init_tables((int)lost, (int)lost, inverse, tables);
  ec_encode_data((int)bytes, (int)lost, (int)lost, tables, syndromes, results);
  for (uint32_t r = 0; r < lost; r++) symbols[d.lost[r]] = results[r];
  free(matrix);
  free(inverse);
  free(tables);
  free(work);
  return true;
}
