/* SPDX-License-Identifier: GPL-2.0-only */
/* The picture of a comparison, drawn by gnuplot from FOLDER/summary.csv. */
#ifndef BAC_RESULTS_FIGURE_H
#define BAC_RESULTS_FIGURE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes FOLDER/figure.gp (the template with a title: "gnuplot figure.gp" in that folder draws it again), figure.png and
 * figure.pdf.  template_path: the figure.gp that stands beside this file.  0, or -1 with a line in `why`. */
int bac_figure_draw(const char *folder, const char *template_path, const char *title, const char *subtitle, char *why,
                    size_t why_size);

#ifdef __cplusplus
}
#endif

#endif
