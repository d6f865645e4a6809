/* SPDX-License-Identifier: GPL-2.0-only */
/* Clusters of points after Lloyd, with the start of k-means++ (Arthur, Vassilvitskii 2007) and bounds on the size of a cluster.
 * Integer arithmetic throughout: every machine finds the same clusters. */
#ifndef BAC_TRACE_KMEANS_H
#define BAC_TRACE_KMEANS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BAC_KMEANS_DIMENSIONS 4
#define BAC_KMEANS_POINTS_MAX 65536
#define BAC_KMEANS_VALUE_MAX 1000000000 /* of a coordinate, either side of 0 */
#define BAC_KMEANS_STARTS 8             /* Lloyd's method settles anywhere: the best of so many, by the sum of squared distances */
#define BAC_KMEANS_ITERATIONS 100       /* of one start at most; it has then not settled, which is no error */

struct bac_kmeans_point {
  int32_t value[BAC_KMEANS_DIMENSIONS]; /* in any units: each dimension is standardised (mean 0, variance 1) first */
};

struct bac_kmeans_want {
  uint32_t clusters;    /* 1..points */
  uint32_t least, most; /* points of a cluster; least is lowered to points / clusters when there are too few points */
  uint64_t seed;        /* of the start */
};

/* cluster_of[count]: the cluster of each point, 0..clusters-1, the same for the same points and want.
 * Bounds are kept by moving points at the least cost in squared distance, one cluster after the other: good, not optimal.
 * Errors: BAC_EINVAL (count not in clusters..BAC_KMEANS_POINTS_MAX, clusters 0, a coordinate out of range, least > most),
 * BAC_ELIMIT (clusters * most < count). */
int bac_kmeans(const struct bac_kmeans_point *points, uint32_t count, const struct bac_kmeans_want *want, uint32_t *cluster_of);

/* The square root, rounded down. */
uint64_t bac_kmeans_root(uint64_t square);

#ifdef __cplusplus
}
#endif

#endif
