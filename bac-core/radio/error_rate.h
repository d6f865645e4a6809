/* SPDX-License-Identifier: GPL-2.0-only */
/* Frame errors by the NIST model: ns-3's NistErrorRateModel, formula by formula.
 * Source: G. Pei, T. Henderson, "Validation of OFDM error rate model in ns-3", 2010; M. B. Pursley, D. J. Taipale,
 * "Error probabilities for spread-spectrum packet radio with convolutional codes and Viterbi decoding", IEEE Trans. Commun., 1987. */
#ifndef BAC_RADIO_ERROR_RATE_H
#define BAC_RADIO_ERROR_RATE_H

#include "airtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Range of the tables: an SINR of 2^-5 (-15 dB) to 2^14 (42 dB). */
#define BAC_ERROR_LOW (-5)
#define BAC_ERROR_HIGH 14
#define BAC_ERROR_SIZE (((BAC_ERROR_HIGH) - (BAC_ERROR_LOW)) * 64 + 2)

/* Natural logarithm of the probability that one bit, after decoding, starts no error event; 0 when none can be, at least -50.
 * sinr: a ratio. Times the bits of a stretch of constant SINR it is the logarithm of that stretch's success. */
double bac_error_ln_success(enum bac_air_mode mode, double sinr);
/* The same as a table for interpolation (approx.h), BAC_ERROR_SIZE entries. Entries hold 24 bits: libraries differ in the last of 53. */
void bac_error_table(enum bac_air_mode mode, double *table);

#ifdef __cplusplus
}
#endif

#endif
