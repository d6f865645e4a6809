/* SPDX-License-Identifier: GPL-2.0-only */
/* Nakagami-m fading: the received power is gamma distributed about its mean, with a shape m that falls with distance.
 * Source: ns-3's NakagamiPropagationLossModel. */
#ifndef BAC_RADIO_FADING_H
#define BAC_RADIO_FADING_H

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_FADING_CLASSES 3 /* near, middle, far; three at most: a row's two low bits say which */
/* Range of the tables: an exponential variate of 2^-34 to 2^5. */
#define BAC_FADING_LOW (-34)
#define BAC_FADING_HIGH 5
#define BAC_FADING_SIZE (((BAC_FADING_HIGH) - (BAC_FADING_LOW)) * 64 + 2)

/* The power, as a multiple of its mean, that is exceeded with probability e^-exponential, for shape m > 0. */
double bac_fading_gain(double m, double exponential);
/* The same as a table for interpolation (approx.h), BAC_FADING_SIZE entries of 24 bits. */
void bac_fading_table(double m, double *table);

#ifdef __cplusplus
}
#endif

#endif
